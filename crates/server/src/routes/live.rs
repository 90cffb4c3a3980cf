//! What changed, told to open pages as it happens.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Shared;
use crate::answer::{Problem, Refused};

/// How long nothing is said at most: whoever stands between must not think that nobody is there.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// Whose changes are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsAsked {
    /// Only what may touch this partner.
    #[param(max_length = 200)]
    pub partner: Option<String>,
}

/// What an event of the name `changed` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changed {
    /// How many changes the server has seen since it was started.
    pub version: u64,
}

/// What changed, as server-sent events. Each event of the name `changed` says that figures may be other now and should be
/// asked for again; its data is a `Changed` as JSON. Whoever comes back with `Last-Event-ID` is told at once what it missed.
#[utoipa::path(get, path = "/v1/events", tag = "server",
    params(EventsAsked, ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen.")),
    responses((status = 200, description = "Events, as long as the connection lasts.", body = Changed, content_type = "text/event-stream"),
        (status = 400, description = "The query is not one that is described.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such partner that the caller may see.", body = Problem, content_type = "application/problem+json")))]
pub async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Query<EventsAsked>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Refused> {
    let Query(asked) = asked.map_err(|wrong| Refused::bad_request(wrong.body_text()))?;
    if let Some(partner) = asked.partner.clone() {
        shared.ask(move |app| app.partner(&partner)).await?;
    }
    let mut told = shared.version.subscribe();
    let started = shared.started.as_millisecond();
    let id = move |version: u64| format!("{started}.{version}");
    let seen = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    // Whoever missed something, or saw another start of the server, is told at once.
    let now = *told.borrow_and_update();
    let has_missed = seen.is_some_and(|seen| seen != id(now));
    if has_missed {
        told.mark_changed();
    }
    let stopping = shared.stopping.subscribe();
    let listening = shared.meters.listening();
    let whose = Whose {
        shared: shared.clone(),
        partner: asked.partner,
        // What was missed is told whomever it touched.
        since: (!has_missed).then_some(now),
    };
    let stream = stream::unfold(
        (told, stopping, listening, whose),
        move |(mut told, mut stopping, listening, mut whose)| async move {
            let version = loop {
                tokio::select! {
                    changed = told.changed() => changed.ok()?,
                    // Open connections must not keep the server from stopping.
                    _ = stopping.wait_for(|is_stopping| *is_stopping) => return None,
                }
                let version = *told.borrow_and_update();
                if whose.is_touched(version) {
                    break version;
                }
            };
            let event = Event::default()
                .event("changed")
                .id(id(version))
                .json_data(Changed { version })
                .ok()?;
            Some((
                Ok::<Event, Infallible>(event),
                (told, stopping, listening, whose),
            ))
        },
    );
    let events = Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE_EVERY));
    let mut response = events.into_response();
    // Whoever stands between must not gather what is meant for now.
    response.headers_mut().insert(
        header::HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(response)
}

/// Whose changes a stream tells, and up to which they were looked at.
struct Whose {
    shared: Arc<Shared>,
    partner: Option<String>,
    /// None where the next change is told whomever it touches.
    since: Option<u64>,
}

impl Whose {
    /// Whether the changes until a number may touch whom the stream is about.
    fn is_touched(&mut self, version: u64) -> bool {
        let since = self.since.replace(version);
        let (Some(partner), Some(since)) = (&self.partner, since) else {
            return true;
        };
        self.shared.app.is_touched(partner, (since, version))
    }
}
