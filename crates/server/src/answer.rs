//! What a request is answered when it is refused, as RFC 9457 has it: a status, a stable code, what is wrong and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::log;

/// A text as it stands in an address.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// As much of a text that somebody sent as an answer repeats.
#[must_use]
pub fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

/// A file to be kept by whoever asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl IntoResponse for File {
    fn into_response(self) -> Response {
        // A name is what a header takes, whatever a partner is called.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        let plain = |letter| if is_plain(letter) { letter } else { '_' };
        let name: String = self.name.chars().map(plain).collect();
        let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
        let mut response = self.bytes.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media));
        if let Ok(disposition) = disposition {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-store"),
        );
        response
    }
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// A stable code.
    pub code: &'static str,
    /// What is wrong, and what to do.
    pub says: String,
    /// After how many seconds it may be tried again.
    pub retry_after: Option<u16>,
    /// What is wrong with which part of the body; nothing where it is not about parts.
    pub errors: Vec<FieldError>,
}

/// What is wrong with a part of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Which part, as a JSON pointer in a fragment.
    #[schema(example = "#/rows/0/cells/amount")]
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

/// A refusal as it is written: a problem of RFC 9457, in `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// What kind of problem it is: `about:blank`, so the status says it.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    /// The status in words.
    #[schema(example = "Not Found")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 404)]
    pub status: u16,
    /// What is wrong, and what to do.
    pub detail: String,
    /// A stable code, which programs may act on.
    #[schema(example = "not_found")]
    pub code: String,
    /// By which id the server's log knows the request; said where the server failed, and in each answer's header x-request-id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mVZ0pS7bT0qk0m5C0Yw1Eg")]
    pub request: Option<String>,
    /// What is wrong with which part of the body, where it is about parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The code of a refusal, for whoever counts them.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static str);

impl Refused {
    /// A refusal that trying again does not change.
    pub fn new(status: StatusCode, code: &'static str, says: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            code,
            says: says.into(),
            retry_after: None,
            errors: Vec::new(),
        }
    }

    /// Parts of the body are wrong, each for a reason of its own.
    #[must_use]
    pub fn parts(errors: Vec<FieldError>) -> Self {
        let says = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            several => format!(
                "{} parts of the body are wrong; `errors` says which",
                several.len()
            ),
        };
        Self {
            errors,
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unprocessable", says)
        }
    }

    /// There is no such thing, or the one who asks may not know of it.
    #[must_use]
    pub fn not_found(says: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", says)
    }

    /// The request itself is wrong.
    #[must_use]
    pub fn bad_request(says: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", says)
    }

    /// A rule of the business says no.
    #[must_use]
    pub fn conflict(says: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "refused", says)
    }

    /// The one who asks may not do this.
    #[must_use]
    pub fn forbidden(says: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", says)
    }

    /// Nobody signed on.
    #[must_use]
    pub fn stranger() -> Self {
        let says = "sign on first: POST /v1/session, or send a token: Authorization: Bearer …";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorised", says)
    }

    /// The world behind the server failed.
    #[must_use]
    pub fn fault(says: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "fault", says).after(5)
    }

    /// The same, to be tried again after some seconds.
    #[must_use]
    pub fn after(self, seconds: u16) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let request = log::request().filter(|_| status.is_server_error());
        let body = Json(Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: status.as_u16(),
            detail: self.says,
            code: self.code.to_owned(),
            request: request.map(|id| id.to_string()),
            errors: self.errors,
        });
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(Code(self.code));
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"trueup\""),
            );
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
