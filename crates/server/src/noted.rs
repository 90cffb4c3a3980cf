//! What is noted of every request: an id that its answer, its refusal and the log share; how long it took; what it came to.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::answer::Code;
use crate::log::{self, Level};
use crate::meters::Asked;
use crate::{Shared, password};

/// The header by which a request is named, in what comes in and in what goes out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from outside.
const ID_MAX: usize = 100;

/// Names a request, answers it, and says in the log and to the meters what became of it.
pub async fn noted(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let id: Arc<str> = id_of(request.headers()).into();
    let asked = Asked {
        route: route_of(&request),
        method: method_of(request.method()),
    };
    let began = Instant::now();
    let mut response = log::within(id.clone(), next.run(request)).await;
    let took = began.elapsed();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let status = response.status();
    let code = response.extensions().get::<Code>().map(|code| code.0);
    shared.meters.answered(&asked, status, took, code);
    let level = match status.is_server_error() {
        true => Level::Error,
        false => Level::Info,
    };
    let mut says = vec![
        ("method", asked.method.into()),
        ("route", asked.route.into()),
        ("status", status.as_u16().into()),
        (
            "ms",
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into(),
        ),
    ];
    if let Some(code) = code {
        says.push(("code", code.into()));
    }
    let line = async { shared.log.line((shared.now)(), level, "request", says) };
    log::within(id, line).await;
    response
}

/// The id that came in, if it is one that can stand in a header and a log; else a new one.
fn id_of(headers: &HeaderMap) -> String {
    let given = headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let is_plain = |id: &&str| {
        (1..=ID_MAX).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    };
    match given.filter(is_plain) {
        Some(id) => id.to_owned(),
        None => password::random_id().unwrap_or_else(|| "unnamed".to_owned()),
    }
}

/// The route as it is registered. What is no route is a file of the app or nothing, whatever its path says.
fn route_of(request: &Request) -> String {
    match request.extensions().get::<MatchedPath>() {
        Some(route) => route.as_str().to_owned(),
        None => "(file)".to_owned(),
    }
}

/// A method by its name; all that nobody needs are one.
fn method_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_if_it_is_plain_and_made_if_it_is_not() {
        let with = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(id));
            id_of(&headers)
        };
        assert_eq!(with("4bf92f35-77b3.4da6:a3_ce"), "4bf92f35-77b3.4da6:a3_ce");
        for odd in ["", "two words", "a\"b", "a,b"] {
            assert_eq!(with(odd).len(), 22, "{odd}");
        }
        let long = "x".repeat(101);
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, long.parse().expect("a value"));
        assert_eq!(id_of(&headers).len(), 22);
        assert_ne!(id_of(&HeaderMap::new()), id_of(&HeaderMap::new()));
    }
}
