//! Facts that are pushed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use trueup_facts::push::{NotTaken, Outcome, Push};

use crate::answer::{Problem, Refused};
use crate::wire::{EventOutcome, EventProblem, Pushed, PushedSource, PushedSources};
use crate::{Shared, body, events};

/// The longest body of events.
const BODY_MAX: usize = 8 << 20;

/// The sources that may be pushed to.
#[utoipa::path(get, path = "/v1/sources", tag = "facts",
    responses((status = 200, description = "The sources.", body = PushedSources)))]
pub async fn sources(State(shared): State<Arc<Shared>>) -> Json<PushedSources> {
    let sources = shared.counter.sources().iter().filter_map(|name| {
        let (source, kind) = shared.program.source_and_kind(name)?;
        Some(PushedSource {
            source: name.to_string(),
            is: source.is.to_string(),
            kind: kind.name.to_string(),
            reads: source
                .columns_read()
                .iter()
                .map(ToString::to_string)
                .collect(),
        })
    });
    Json(PushedSources {
        sources: sources.collect(),
    })
}

/// Takes events of a source. What is answered as accepted lasts, and counts in the next answer. An event that was taken
/// before changes nothing, so whoever does not know whether it arrived sends it again.
#[utoipa::path(post, path = "/v1/facts/{source}", tag = "facts",
    params(("source" = String, Path, description = "The source's name.")),
    request_body(description = "Events: one JSON object, an array, a line each, or CloudEvents.",
        content(("application/json"), ("application/x-ndjson"), ("application/cloudevents+json"), ("application/cloudevents-batch+json"))),
    responses((status = 200, description = "All were taken.", body = Pushed),
        (status = 207, description = "Some were refused: each outcome says so.", body = Pushed),
        (status = 400, description = "The body is not what its type says.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such source takes events.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body took too long.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "All say otherwise than what is known under their ids and revisions.", body = Pushed),
        (status = 413, description = "The body is too long.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The type or encoding is not taken.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "All were refused.", body = Pushed),
        (status = 429, description = "Too much is under way; the header Retry-After says when to come again.", body = Problem, content_type = "application/problem+json")))]
pub async fn push(
    State(shared): State<Arc<Shared>>,
    Path(source): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let known = shared.counter.sources();
    let Some(source) = known.iter().find(|known| ***known == *source).cloned() else {
        let known: Vec<&str> = known.iter().map(|name| &**name).collect();
        return Err(Refused::not_found(format!(
            "no source `{source}` takes events; these do: {}",
            known.join(", ")
        )));
    };
    let body = body::whole(body, BODY_MAX).await?;
    let text = std::str::from_utf8(&body).map_err(|error| {
        Refused::bad_request(format!(
            "the body is no UTF-8 from its byte {} on",
            error.valid_up_to() + 1
        ))
    })?;
    let events = events::of(&headers, text)?;
    match shared.counter.push(Push { source, events }).await {
        Ok(outcomes) => {
            shared.pushed();
            Ok(told(&outcomes))
        }
        Err(busy @ NotTaken::Busy) => {
            let refused = Refused::new(StatusCode::TOO_MANY_REQUESTS, "busy", busy.to_string());
            Err(refused.after(1))
        }
        Err(other) => Err(Refused::fault(other.to_string())),
    }
}

/// All taken: 200. Some refused: 207. All refused: 409 where others said otherwise, else 422.
fn told(outcomes: &[Outcome]) -> Response {
    let refused = outcomes
        .iter()
        .filter(|outcome| outcome.is_refused())
        .count();
    let is_conflict = |outcome: &Outcome| matches!(outcome, Outcome::Conflict);
    let status = match refused {
        0 => StatusCode::OK,
        some if some < outcomes.len() => StatusCode::MULTI_STATUS,
        _ if outcomes.iter().all(is_conflict) => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome.word().to_owned()).or_default() += 1;
    }
    let told = |outcome: &Outcome| {
        EventOutcome {
        outcome: outcome.word().to_owned(),
        problems: match outcome {
            Outcome::Wrong(problems) => problems
                .iter()
                .map(|one| EventProblem {
                    column: one.column.clone(),
                    value: one.value.clone(),
                    code: one.code.clone(),
                    says: one.says.clone(),
                    help: one.help.clone(),
                })
                .collect(),
            _ => Vec::new(),
        },
        says: is_conflict(outcome).then(|| {
            "another row says otherwise under the same id and revision; send the true one with a higher revision"
                .to_owned()
        }),
    }
    };
    let outcomes = outcomes.iter().map(told).collect();
    (status, Json(Pushed { counts, outcomes })).into_response()
}
