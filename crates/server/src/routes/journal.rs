//! The journal: acts, proofs, looking through everything, and checking a bundle that somebody has.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};

use crate::Shared;
use crate::answer::{File, Problem, Refused};
use crate::body::whole;
use crate::wire::{ActShown, BundleVerdict, JournalAsked, JournalPage, LookedThrough};

/// The longest bundle that is checked.
const BUNDLE_MAX: usize = 32 << 20;

/// Acts, the newest first, with the checkpoint over all of them.
#[utoipa::path(get, path = "/v1/journal", tag = "journal", params(JournalAsked),
    responses((status = 200, description = "A page of acts.", body = JournalPage),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The program has no journal, or there is no such partner.", body = Problem, content_type = "application/problem+json")))]
pub async fn journal(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<JournalAsked>, QueryRejection>,
) -> Result<Json<JournalPage>, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    if asked.limit.is_some_and(|limit| !(1..=200).contains(&limit)) {
        return Err(Refused::bad_request("a page has 1 to 200 acts"));
    }
    // The description's numbers are of 64 bits with a sign.
    if asked.before.is_some_and(|at| i64::try_from(at).is_err()) {
        return Err(Refused::bad_request("no journal is that long"));
    }
    if let Some(partner) = asked.partner.clone() {
        shared.ask(move |app| app.partner(&partner)).await?;
    }
    shared.ask(move |app| app.journal(&asked)).await.map(Json)
}

/// One act as it was signed, and who signed it.
#[utoipa::path(get, path = "/v1/journal/{act}", tag = "journal",
    params(("act" = u64, Path, description = "The act's place.")),
    responses((status = 200, description = "The act.", body = ActShown),
        (status = 404, description = "There is no such act.", body = Problem, content_type = "application/problem+json")))]
pub async fn act(
    State(shared): State<Arc<Shared>>,
    act: Result<Path<u64>, PathRejection>,
) -> Result<Json<ActShown>, Refused> {
    let Path(act) = act.map_err(|_| none())?;
    shared.ask(move |app| app.act(act)).await.map(Json)
}

/// The proof that an act lies below the latest checkpoint; `trueup verify FILE --key KEY` checks it.
#[utoipa::path(get, path = "/v1/journal/{act}/proof", tag = "journal",
    params(("act" = u64, Path, description = "The act's place.")),
    responses((status = 200, description = "The proof, with the act.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such act.", body = Problem, content_type = "application/problem+json")))]
pub async fn act_proof(
    State(shared): State<Arc<Shared>>,
    act: Result<Path<u64>, PathRejection>,
) -> Result<File, Refused> {
    let Path(act) = act.map_err(|_| none())?;
    shared.ask(move |app| app.act_proof(act)).await
}

/// Looks through everything: each act against its hash and its signatures, agreements, books, facts and runs. Changes nothing.
#[utoipa::path(post, path = "/v1/journal/check", tag = "journal",
    responses((status = 200, description = "What was looked through, and what was found.", body = LookedThrough)))]
pub async fn look_through(
    State(shared): State<Arc<Shared>>,
) -> Result<Json<LookedThrough>, Refused> {
    shared.ask(|app| app.look_through()).await.map(Json)
}

/// Checks a bundle with the vendor's key that the journal has, as `trueup verify` does, and keeps nothing of it.
#[utoipa::path(post, path = "/v1/bundles/check", tag = "journal",
    request_body(content = String, content_type = "text/plain", description = "The bundle, at most 32 MiB."),
    responses((status = 200, description = "The verdict.", body = BundleVerdict),
        (status = 409, description = "It is no bundle.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too long.", body = Problem, content_type = "application/problem+json")))]
pub async fn check_bundle(
    State(shared): State<Arc<Shared>>,
    body: Body,
) -> Result<Json<BundleVerdict>, Refused> {
    let bundle = whole(body, BUNDLE_MAX).await?;
    let verdict = shared.ask(move |app| app.check_bundle(&bundle));
    verdict.await.map(Json)
}

fn none() -> Refused {
    Refused::not_found("there is no such act")
}
