//! E-mail: what somebody wants to be told by it, and for administrators what became of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};

use super::session::unprocessable;
use super::webhooks::{SHOWN, message};
use crate::access::Caller;
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{EventKind, Mail, MailChoice, MailDeclined, MailKind, MailList};
use crate::{Shared, mail, telling};

/// What one is told by e-mail.
#[utoipa::path(get, path = "/v1/session/mail", tag = "session",
    responses((status = 200, description = "The kinds of events that one's roles are told.", body = MailChoice)))]
pub async fn own_mail(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<MailChoice>, Refused> {
    choice(&shared, &caller).await.map(Json)
}

/// Chooses what one is told by e-mail.
#[utoipa::path(put, path = "/v1/session/mail", tag = "session", request_body = MailDeclined,
    responses((status = 200, description = "What one is told from now on.", body = MailChoice),
        (status = 422, description = "A kind is named twice.", body = Problem, content_type = "application/problem+json")))]
pub async fn decline_mail(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Said(asked): Said<MailDeclined>,
) -> Result<Json<MailChoice>, Refused> {
    let declined: BTreeSet<EventKind> = asked.declined.iter().copied().collect();
    if declined.len() < asked.declined.len() {
        return Err(unprocessable("name each kind of event once"));
    }
    let words: Vec<&str> = declined.iter().map(|kind| kind.word()).collect();
    let noted = shared.gate.database.decline(&caller.person, &words).await;
    noted.map_err(|fault| shared.fault("noting what somebody declines", &fault))?;
    choice(&shared, &caller).await.map(Json)
}

async fn choice(shared: &Shared, caller: &Caller) -> Result<MailChoice, Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("reading what somebody is told", &fault);
    let people = database.people().await.map_err(fault)?;
    let own = people.iter().find(|person| person.id == caller.person);
    let declined = database.declined().await.map_err(fault)?;
    let declined = declined.get(&caller.person);
    let kinds = EventKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| telling::is_for(*kind, caller));
    Ok(MailChoice {
        is_set_up: shared.teller.mail.is_some(),
        address: own
            .and_then(mail::address_of)
            .map(|address| address.to_string()),
        kinds: kinds
            .map(|kind| MailKind {
                kind,
                is_wanted: !declined.is_some_and(|words| words.contains(kind.word())),
            })
            .collect(),
    })
}

/// What became of e-mails to everybody.
#[utoipa::path(get, path = "/v1/mails", tag = "webhooks",
    responses((status = 200, description = "The e-mails, the latest first.", body = MailList)))]
pub async fn mails(State(shared): State<Arc<Shared>>) -> Result<Json<MailList>, Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("reading mails", &fault);
    let people = database.people().await.map_err(fault)?;
    let known = database.messages_to_people(SHOWN).await.map_err(fault)?;
    let mails = known.iter().filter_map(|known| {
        let person = people.iter().find(|person| person.id == known.receiver)?;
        Some(Mail {
            person: person.id.clone(),
            name: person.name.clone(),
            message: message(known),
        })
    });
    Ok(Json(MailList {
        is_set_up: shared.teller.mail.is_some(),
        mails: mails.collect(),
    }))
}

/// Sends an e-mail again, as if it had not been tried.
#[utoipa::path(post, path = "/v1/mails/{person}/{event}/again", tag = "webhooks",
    params(("person" = String, Path, description = "The person's id."), ("event" = String, Path, description = "What the e-mail tells of.")),
    responses((status = 204, description = "It is sent again."),
        (status = 404, description = "There is no such e-mail.", body = Problem, content_type = "application/problem+json")))]
pub async fn mail_again(
    State(shared): State<Arc<Shared>>,
    Path((person, event)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let none = || Refused::not_found("there is no such e-mail");
    let fault = |fault| shared.fault("noting a mail", &fault);
    // The ids of webhooks are no people's.
    let people = shared.gate.database.people().await.map_err(fault)?;
    if !people.iter().any(|one| one.id == person) {
        return Err(none());
    }
    match telling::again(&shared, &person, &event)
        .await
        .map_err(fault)?
    {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}
