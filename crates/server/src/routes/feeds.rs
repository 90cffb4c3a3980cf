//! The sources of facts, rows that were set aside, and the facts of one partner.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use trueup_facts::flags::FactName;
use trueup_facts::replay::Signed;

use crate::Shared;
use crate::access::{Caller, Operation};
use crate::answer::{FieldError, Problem, Refused};
use crate::body::{Said, is_text};
use crate::wire::{DoubtAsked, FactPage, FactsAsked, FeedQuality, Feeds};

/// Every source: whose it is, how fresh, until when complete, what it delivered, and the rows that are set aside and why.
#[utoipa::path(get, path = "/v1/feeds", tag = "facts",
    responses((status = 200, description = "The sources, and the rows that are set aside.", body = Feeds)))]
pub async fn feeds(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Feeds>, Refused> {
    let mut feeds = shared.ask(|app| app.feeds()).await?;
    let may_mend = caller.permitted(Operation::MendRows, None);
    feeds.may_settle = may_mend.clone();
    feeds.may_replay = caller.permitted(Operation::ReplayRows, None);
    let is_allowed = may_mend.is_allowed;
    let rows = feeds.quarantine.iter_mut();
    for row in rows.filter(|row| row.may_mend.is_allowed && !is_allowed) {
        row.may_mend = may_mend.clone();
    }
    // An administrator sees that something is wrong and what to do, and no figures.
    if caller.may(Operation::ReadSources).is_err() {
        for problem in feeds
            .quarantine
            .iter_mut()
            .flat_map(|row| &mut row.problems)
        {
            problem.value = None;
            problem.says = None;
        }
        for row in &mut feeds.quarantine {
            row.cells.clear();
        }
    }
    Ok(Json(feeds))
}

/// How good the facts of a source are: what somebody should look at. Every row is looked at for it.
#[utoipa::path(get, path = "/v1/feeds/{source}/quality", tag = "facts",
    params(("source" = String, Path, description = "The source's name.")),
    responses((status = 200, description = "What was found.", body = FeedQuality),
        (status = 404, description = "There is no such source.", body = Problem, content_type = "application/problem+json")))]
pub async fn feed_quality(
    State(shared): State<Arc<Shared>>,
    Path(source): Path<String>,
) -> Result<Json<FeedQuality>, Refused> {
    let quality = shared.ask(move |app| app.feed_quality(&source)).await;
    quality.map(Json)
}

/// The facts that are credited to a partner, the newest first.
#[utoipa::path(get, path = "/v1/partners/{partner}/facts", tag = "partners",
    params(("partner" = String, Path, description = "The partner's id."), FactsAsked),
    responses((status = 200, description = "A page of facts.", body = FactPage),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such partner that the caller may see, or its plan reads no such kind.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A day is none.", body = Problem, content_type = "application/problem+json")))]
pub async fn partner_facts(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
    asked: Result<Query<FactsAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<FactPage>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    let may_doubt = caller.permitted(Operation::DoubtFact, Some(&partner));
    let page = shared.ask(move |app| app.partner_facts(&partner, &asked));
    let mut page = page.await?;
    page.may_doubt = may_doubt;
    Ok(Json(page))
}

/// Says that a row of the partner's is in doubt, and why. It counts all the same until its source corrects it; whoever answers
/// for the source sees it.
#[utoipa::path(post, path = "/v1/partners/{partner}/facts/doubt", tag = "partners", request_body = DoubtAsked,
    params(("partner" = String, Path, description = "The partner's id.")),
    responses((status = 200, description = "It is on record.", body = DoubtAsked),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The row is none of the partner's, or no longer counts.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is not what is described.", body = Problem, content_type = "application/problem+json")))]
pub async fn doubt_fact(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path(partner): Path<String>,
    Said(asked): Said<DoubtAsked>,
) -> Result<Json<DoubtAsked>, Refused> {
    if !is_text(&asked.because, 2000) {
        return Err(Refused::parts(vec![FieldError {
            pointer: "#/because".to_owned(),
            detail: "say why, in at most 2000 characters".to_owned(),
        }]));
    }
    let none = || Refused::conflict(format!("{} names no fact", asked.fact));
    let named = FactName::parse(&asked.fact).ok_or_else(none)?;
    let fact = asked.fact.clone();
    let is_own = shared.ask(move |app| app.is_fact_of(&partner, &fact));
    is_own.await?;
    let signed = Signed {
        by: caller.person.clone(),
        because: asked.because.trim().to_owned(),
    };
    let flagged = shared.counter.flag(vec![named], signed, (shared.now)());
    let flagged = flagged.await.map_err(Refused::fault)?;
    flagged.map_err(|why| Refused::conflict(why.to_string()))?;
    shared.changed().await;
    Ok(Json(asked))
}
