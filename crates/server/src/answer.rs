//! What a request is answered when it is refused: a status, a stable code, what is wrong and what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

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
}

impl Refused {
    /// A refusal that trying again does not change.
    pub fn new(status: StatusCode, code: &'static str, says: impl Into<String>) -> Self {
        Self {
            status: status.as_u16(),
            code,
            says: says.into(),
            retry_after: None,
        }
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(says: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", says)
    }

    /// The request itself is wrong.
    #[must_use]
    pub fn bad_request(says: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", says)
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
        let body = Json(json!({ "code": self.code, "says": self.says }));
        let mut response = (status, body).into_response();
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
