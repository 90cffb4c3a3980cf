//! The routes, and what each answers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use trueup_facts::digest::Digest;
use trueup_facts::push::{NotTaken, Outcome, Push};

use crate::answer::Refused;
use crate::{Shared, events};

/// The longest body.
const BODY_MAX: usize = 8 << 20;
/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

pub fn routes(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/health", get(health))
        .route("/v1/sources", get(sources))
        .route("/v1/facts/{source}", post(push))
        .route("/v1/statements/{partner}", get(statements))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_so)
        .layer(middleware::from_fn_with_state(shared.clone(), admitted))
        .with_state(shared)
}

async fn nothing_here(request: Request) -> Refused {
    let path = request.uri().path();
    Refused::not_found(format!("there is nothing at {path}"))
}

async fn not_so(request: Request) -> Refused {
    let says = format!(
        "{} is not done to {}",
        request.method(),
        request.uri().path()
    );
    Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method", says)
}

/// Lets in whoever bears the token, if there is one.
async fn admitted(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let borne = request.headers().get(header::AUTHORIZATION);
    let borne = borne.map(|value| Digest::of(value.as_bytes()));
    match shared.token {
        Some(token) if borne != Some(token) => {
            let says = "send the server's token: Authorization: Bearer …";
            Refused::new(StatusCode::UNAUTHORIZED, "unauthorised", says).into_response()
        }
        Some(_) | None => next.run(request).await,
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({ "program": &*shared.program.name, "ok": true }))
}

/// The sources that may be pushed to.
async fn sources(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let sources = shared.counter.sources().iter().filter_map(|name| {
        let (source, kind) = shared.program.source_and_kind(name)?;
        Some(json!({
            "source": &**name,
            "is": &*source.is,
            "kind": &*kind.name,
            "reads": source.columns_read().iter().map(ToString::to_string).collect::<Vec<String>>(),
        }))
    });
    Json(Value::Array(sources.collect()))
}

/// Takes events of a source. What is answered as accepted lasts, and counts in the next evaluation.
async fn push(
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
    let read = tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_MAX)).await;
    let body = match read {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => {
            let says = format!(
                "the body broke off or is longer than {BODY_MAX} bytes; send less at a time"
            );
            return Err(Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                says,
            ));
        }
        Err(_) => {
            let says = format!("the body took longer than {} s", BODY_TIME.as_secs());
            return Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "too_slow", says));
        }
    };
    let text = std::str::from_utf8(&body).map_err(|error| {
        Refused::bad_request(format!(
            "the body is no UTF-8 from its byte {} on",
            error.valid_up_to() + 1
        ))
    })?;
    let events = events::of(&headers, text)?;
    match shared.counter.push(Push { source, events }).await {
        Ok(outcomes) => Ok(told(&outcomes)),
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
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome.word()).or_default() += 1;
    }
    let each: Vec<Value> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Wrong(problems) => json!({ "outcome": outcome.word(), "problems": problems }),
            Outcome::Conflict => json!({
                "outcome": outcome.word(),
                "says": "another row says otherwise under the same id and revision; send the true one with a higher revision",
            }),
            _ => json!({ "outcome": outcome.word() }),
        })
        .collect();
    (status, Json(json!({ "counts": counts, "outcomes": each }))).into_response()
}

/// A partner's statements, with everything that was acknowledged until now.
async fn statements(
    State(shared): State<Arc<Shared>>,
    Path(partner): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, Refused> {
    if let Some(other) = query.keys().find(|key| *key != "period") {
        return Err(Refused::bad_request(format!(
            "a statement is asked for by `period`, not by `{other}`"
        )));
    }
    shared.counter.fold().await.map_err(Refused::fault)?;
    let asked = tokio::task::spawn_blocking(move || {
        shared
            .app
            .statements(&partner, query.get("period").map(String::as_str))
    });
    match asked.await {
        Ok(answer) => answer.map(Json),
        Err(_) => Err(Refused::fault("the evaluation broke off")),
    }
}
