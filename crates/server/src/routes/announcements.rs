//! Announcements: made, read, said to be read, taken back. Each step is an act on the journal, under the rules of `trueup announce`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};

use super::session::unprocessable;
use crate::access::{Caller, Operation};
use crate::answer::{Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{
    Announcement, AnnouncementList, AnnouncementWithdrawal, NewAnnouncement,
    PartnerAnnouncementList, Permitted,
};
use crate::{Actor, Shared};

/// Announcements, and who has read them.
#[utoipa::path(get, path = "/v1/announcements", tag = "announcements",
    responses((status = 200, description = "The announcements, the latest first.", body = AnnouncementList)))]
pub async fn announcements(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<AnnouncementList>, Refused> {
    listed(&shared, &caller).await.map(Json)
}

async fn listed(shared: &Arc<Shared>, caller: &Caller) -> Result<AnnouncementList, Refused> {
    let mut all: Vec<Announcement> = shared.ask(|app| app.announcements()).await?;
    let people = shared.gate.database.people().await;
    let people = people.map_err(|fault| shared.fault("reading people", &fault))?;
    let may_announce = caller.permitted(Operation::Announce, None);
    for one in &mut all {
        one.may_withdraw = match (&one.withdrawn, may_announce.is_allowed) {
            (Some(_), true) => Permitted::no("it was taken back already"),
            (Some(_) | None, _) => may_announce.clone(),
        };
        for reader in one.partners.iter_mut().flat_map(|one| &mut one.readers) {
            let mut known = people.iter().filter(|person| person.id == reader.person);
            reader.called = known.next().map(|person| person.shown_name.clone());
        }
    }
    Ok(AnnouncementList {
        announcements: all,
        may_announce,
    })
}

/// Makes an announcement.
#[utoipa::path(post, path = "/v1/announcements", tag = "announcements", request_body = NewAnnouncement,
    responses((status = 200, description = "The announcements, with the new one.", body = AnnouncementList),
        (status = 409, description = "A rule says no, such as that it is to nobody.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn announce(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<NewAnnouncement>,
) -> Result<Json<AnnouncementList>, Refused> {
    is_said("a title", (&asked.title, 200))?;
    if asked.title.contains('\n') {
        return Err(unprocessable("a title is one line"));
    }
    is_said("a text", (&asked.text, 4000))?;
    let who = Actor::of_vendor(&caller);
    shared.ask(move |app| app.announce(&who, &asked)).await?;
    shared.changed().await;
    listed(&shared, &caller).await.map(Json)
}

/// Takes an announcement back. What it said stays on the journal.
#[utoipa::path(post, path = "/v1/announcements/{announcement}/withdraw", tag = "announcements", request_body = AnnouncementWithdrawal,
    params(("announcement" = u64, Path, description = "The announcement's number.")),
    responses((status = 200, description = "The announcements.", body = AnnouncementList),
        (status = 404, description = "There is no such announcement.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that it was taken back already.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn withdraw_announcement(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    announcement: Result<Path<u64>, axum::extract::rejection::PathRejection>,
    Said(asked): Said<AnnouncementWithdrawal>,
) -> Result<Json<AnnouncementList>, Refused> {
    let Path(announcement) = announcement.map_err(|_| none())?;
    is_said("why", (&asked.because, 2000))?;
    let who = Actor::of_vendor(&caller);
    let step = move |app: &dyn crate::App| app.withdraw_announcement(&who, announcement, &asked);
    shared.ask(step).await?;
    shared.changed().await;
    listed(&shared, &caller).await.map(Json)
}

/// Announcements to a partner.
#[utoipa::path(get, path = "/v1/partners/{partner}/announcements", tag = "announcements",
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "The announcements that stand, the latest first.", body = PartnerAnnouncementList),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn partner_announcements(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
) -> Result<Json<PartnerAnnouncementList>, Refused> {
    of_partner(&shared, &caller, partner).await.map(Json)
}

async fn of_partner(
    shared: &Arc<Shared>,
    caller: &Caller,
    partner: String,
) -> Result<PartnerAnnouncementList, Refused> {
    let permitted = caller.permitted(Operation::Acknowledge, Some(&partner));
    let person = caller.person.clone();
    let mut list = shared
        .ask(move |app| app.partner_announcements(&partner, &person))
        .await?;
    for one in &mut list.announcements {
        if !permitted.is_allowed {
            one.may_acknowledge = permitted.clone();
        }
    }
    Ok(list)
}

/// Says in a partner's name that one has read an announcement.
#[utoipa::path(post, path = "/v1/partners/{partner}/announcements/{announcement}/acknowledge", tag = "announcements",
    params(("partner" = String, Path, description = "The partner's id."), ("announcement" = u64, Path, description = "The announcement's number.")),
    responses((status = 200, description = "The announcements that stand, the latest first.", body = PartnerAnnouncementList),
        (status = 404, description = "There is no such partner that the caller may see, or no such announcement.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A rule says no, such as that it is not to this partner.", body = Problem, content_type = "application/problem+json")))]
pub async fn acknowledge(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    place: Result<Path<(String, u64)>, axum::extract::rejection::PathRejection>,
) -> Result<Json<PartnerAnnouncementList>, Refused> {
    let Path((partner, announcement)) = place.map_err(|_| none())?;
    let who = Actor {
        person: caller.person.clone(),
        partner: Some(partner.clone()),
    };
    let whose = partner.clone();
    shared
        .ask(move |app| app.acknowledge(&who, &whose, announcement))
        .await?;
    shared.changed().await;
    of_partner(&shared, &caller, partner).await.map(Json)
}

fn none() -> Refused {
    Refused::not_found("there is no such announcement that you may see")
}

fn is_said(what: &str, (text, most): (&str, usize)) -> Result<(), Refused> {
    match is_text(text, most) {
        true => Ok(()),
        false => Err(unprocessable(format!(
            "say {what} in 1 to {most} characters, none of them a control character"
        ))),
    }
}
