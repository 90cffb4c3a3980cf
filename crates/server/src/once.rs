//! Steps that are taken once, however often they are sent: `Idempotency-Key`, as the IETF's draft has it.
//!
//! A key is its person's: nobody finds out by it what others sent. A step goes on to its end even if whoever sent it hung up, and
//! what it was answered is kept for a day; what failed for the world is forgotten, so that it can be sent again.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use trueup_facts::digest::Digest;
use trueup_store::{KeptAnswer, KeyedStep, KnownStep};

use crate::access::Caller;
use crate::answer::Refused;
use crate::body::{self, SAID_MAX};
use crate::{Shared, log, password};

/// The header that holds a key.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key.
pub const KEY_MAX: usize = 255;
/// What is said of the header.
pub const SAID: &str = "A key of one's own making for this step, such as a UUID. The same step sent again with the same key within a day \
    is answered again and not taken again; the answer then has the header `idempotency-replayed: true`. The same key with another \
    request is answered 422 (`key_reused`), a step that is under way 409 (`under_way`).";
/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an answer is kept: a day.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// A step with its key, as it is kept.
struct Keyed {
    person: String,
    key: String,
    request: String,
    server: String,
    began_at: i64,
}

impl Keyed {
    fn step(&self) -> KeyedStep<'_> {
        KeyedStep {
            person: &self.person,
            key: &self.key,
            request: &self.request,
            server: &self.server,
            began_at: self.began_at,
            kept_since: self.began_at - KEPT_SECONDS,
        }
    }
}

/// Takes a step that has a key once.
pub async fn once(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    if !request.headers().contains_key(&KEY) {
        return next.run(request).await;
    }
    match keyed(shared, request, next).await {
        Ok(response) => response,
        Err(refused) => refused.into_response(),
    }
}

async fn keyed(shared: Arc<Shared>, request: Request, next: Next) -> Result<Response, Refused> {
    let key = key_of(request.headers())?;
    let caller = request.extensions().get::<Caller>();
    let person = caller.map(|caller| caller.person.clone());
    let person = person.ok_or_else(Refused::stranger)?;
    let (parts, body) = request.into_parts();
    let body = body::whole(body, SAID_MAX).await?;
    let media = parts.headers.get(header::CONTENT_TYPE);
    let said = [
        parts.method.as_str().as_bytes(),
        parts.uri.to_string().as_bytes(),
        media.map_or(&[][..], HeaderValue::as_bytes),
        &body[..],
    ]
    .map(|part| Digest::of(part).to_string())
    .concat();
    let keyed = Keyed {
        person,
        key: password::kept_as(&key),
        request: password::kept_as(&said),
        server: shared.start.clone(),
        began_at: shared.seconds(),
    };
    let known = shared.gate.database.begin_step(&keyed.step()).await;
    match known.map_err(|fault| shared.fault("beginning a step", &fault))? {
        KnownStep::New => {}
        KnownStep::Other => {
            let says = "this key was sent with another request; a key is for one request, so take a new one";
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Err(Refused::new(status, "key_reused", says));
        }
        KnownStep::UnderWay => {
            let says =
                "the step with this key is under way; send it again to be told what came of it";
            return Err(Refused::new(StatusCode::CONFLICT, "under_way", says).after(1));
        }
        KnownStep::Unfinished => {
            let says = "the server stopped while the step with this key was under way; look whether it was taken, and take a new \
                        key if it was not";
            return Err(Refused::new(StatusCode::CONFLICT, "unfinished", says));
        }
        KnownStep::Answered(answer) => return replayed(&answer),
    }
    let request = Request::from_parts(parts, Body::from(body));
    // Whoever hangs up must not break off a step in the middle.
    let id = log::request().unwrap_or_else(|| "unnamed".into());
    let kept_by = shared.clone();
    let taking = tokio::spawn(log::within(id, async move {
        let answered = kept(&kept_by, &keyed, next.run(request)).await;
        answered.unwrap_or_else(IntoResponse::into_response)
    }));
    taking
        .await
        .map_err(|broken| shared.fault("taking a step", &broken))
}

/// Keeps what a step is answered, unless the world failed.
async fn kept(
    shared: &Arc<Shared>,
    keyed: &Keyed,
    answering: impl Future<Output = Response>,
) -> Result<Response, Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("keeping what a step was answered", &fault);
    let response = answering.await;
    let status = response.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        database.forget_step(&keyed.step()).await.map_err(fault)?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let broken = |_| Refused::fault("the answer broke off");
    let body = to_bytes(body, usize::MAX).await.map_err(broken)?;
    let media = parts.headers.get(header::CONTENT_TYPE);
    let answer = KeptAnswer {
        status: status.as_u16(),
        media: media
            .and_then(|media| media.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let kept = database.keep_answer(&keyed.step(), &answer).await;
    kept.map_err(fault)?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// An answer that was given before, word for word.
fn replayed(answer: &KeptAnswer) -> Result<Response, Refused> {
    let odd = || Refused::fault("what was kept is no answer");
    let status = StatusCode::from_u16(answer.status).map_err(|_| odd())?;
    let mut response = (status, answer.body.clone()).into_response();
    let media = HeaderValue::from_str(&answer.media).map_err(|_| odd())?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media);
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn key_of(headers: &HeaderMap) -> Result<String, Refused> {
    let odd = || {
        let says = format!("a key has 1 to {KEY_MAX} visible characters, and there is one of it");
        Refused::new(StatusCode::BAD_REQUEST, "bad_key", says)
    };
    let mut all = headers.get_all(&KEY).iter();
    let (Some(key), None) = (all.next(), all.next()) else {
        return Err(odd());
    };
    let key = key.as_bytes();
    let is_plain = (1..=KEY_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    match is_plain {
        true => Ok(String::from_utf8_lossy(key).into_owned()),
        false => Err(odd()),
    }
}
