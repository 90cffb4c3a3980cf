//! Files to keep: statements as documents and as bundles that anyone can verify, and the key to verify them with.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};

use crate::access::Caller;
use crate::answer::{File, Problem, Refused};
use crate::wire::Paper;
use crate::{Actor, Shared};

/// A statement as a document, to read and keep.
#[utoipa::path(get, path = "/v1/partners/{partner}/statements/{period}/document/{paper}", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id."),
        ("period" = String, Path, description = "The period as the calendar names it, such as `2026-Q1`."),
        ("paper" = inline(Paper), Path, description = "As what it is written.")),
    responses((status = 200, description = "The document.", body = [u8], content_type = "application/octet-stream"),
        (status = 404, description = "There is no such partner that the caller may see, no statement of this period, or no such document.", body = Problem, content_type = "application/problem+json")))]
pub async fn document(
    State(shared): State<Arc<Shared>>,
    Path((partner, period, paper)): Path<(String, String, String)>,
) -> Result<File, Refused> {
    let paper = match paper.as_str() {
        "pdf" => Paper::Pdf,
        "xlsx" => Paper::Xlsx,
        _ => {
            let says = "a statement is written as pdf or xlsx";
            return Err(Refused::not_found(says));
        }
    };
    let asked = shared.ask(move |app| app.document(&partner, &period, paper));
    asked.await
}

/// A closed statement in one file that anyone can verify without us: the partner's own facts, plan, agreement, every step,
/// postings and proofs. The first time it is stated on the journal, which is why it is asked for by POST.
#[utoipa::path(post, path = "/v1/partners/{partner}/statements/{period}/bundle", tag = "statements",
    params(("partner" = String, Path, description = "The partner's id."),
        ("period" = String, Path, description = "The period as the calendar names it, such as `2026-Q1`.")),
    responses((status = 200, description = "The bundle; `trueup verify FILE --key KEY` checks it.", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such partner that the caller may see, or no statement of this period.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The period is not closed, or a rule says no.", body = Problem, content_type = "application/problem+json")))]
pub async fn bundle(
    State(shared): State<Arc<Shared>>,
    Extension(caller): Extension<Caller>,
    Path((partner, period)): Path<(String, String)>,
) -> Result<File, Refused> {
    // Whoever asks, it is the vendor who states it.
    let who = Actor::of_vendor(&caller);
    let asked = shared.ask(move |app| app.bundle(&who, &partner, &period));
    let file = asked.await?;
    shared.changed().await;
    Ok(file)
}

/// The vendor's public key, with which bundles and proofs are verified.
#[utoipa::path(get, path = "/v1/vendor-key", tag = "journal",
    responses((status = 200, description = "The key, as it is published.", body = String, content_type = "text/plain"),
        (status = 404, description = "The program has no journal.", body = Problem, content_type = "application/problem+json")))]
pub async fn vendor_key(State(shared): State<Arc<Shared>>) -> Result<File, Refused> {
    shared.ask(|app| app.vendor_key()).await
}
