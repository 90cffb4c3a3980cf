//! Bodies of requests: JSON of the type that is described, no longer than it needs to be and not slower than a person waits.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use crate::answer::Refused;

/// How long a body may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The longest body that is not pushed facts.
pub const SAID_MAX: usize = 2 << 20;

/// Whether somebody said something in so many characters at most: no control characters but the ends of lines.
#[must_use]
pub fn is_text(text: &str, most: usize) -> bool {
    let is_odd = |sign: char| sign.is_control() && sign != '\n';
    (1..=most).contains(&text.trim().chars().count()) && !text.chars().any(is_odd)
}

/// A body, whole.
///
/// # Errors
/// When it is too long, takes too long or breaks off.
pub async fn whole(body: Body, bytes_max: usize) -> Result<axum::body::Bytes, Refused> {
    match tokio::time::timeout(BODY_TIME, to_bytes(body, bytes_max)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(_)) => {
            let says = format!(
                "the body broke off or is longer than {bytes_max} bytes; send less at a time"
            );
            Err(Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                says,
            ))
        }
        Err(_) => {
            let says = format!("the body took longer than {} s", BODY_TIME.as_secs());
            Err(Refused::new(StatusCode::REQUEST_TIMEOUT, "too_slow", says))
        }
    }
}

/// What a body says.
pub struct Said<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Said<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        is_json(request.headers())?;
        let body = whole(request.into_body(), SAID_MAX).await?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let says = format!("the body is not what is described: {error}");
            // What is JSON and does not fit is told from what is none.
            let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
            match error.is_data() || is_json {
                true => Refused::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", says),
                false => Refused::new(StatusCode::BAD_REQUEST, "no_json", says),
            }
        })
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Refused> {
    let unsupported =
        |says: String| Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", says);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(encoding) = text(header::CONTENT_ENCODING).filter(|said| *said != "identity") {
        return Err(unsupported(format!(
            "the content encoding {encoding} is not taken; send the body as it is"
        )));
    }
    let media = text(header::CONTENT_TYPE).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    match media.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(unsupported("send the body as application/json".to_owned())),
    }
}
