//! From a request's body to events: plain JSON and CloudEvents, one, several, or one a line.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use trueup_facts::json_in;

use crate::answer::Refused;

/// The media types that are taken.
const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, application/cloudevents-batch+json";

/// Takes a body apart into events, each as it is written.
///
/// # Errors
/// When its type is not taken or it is no JSON.
pub fn of(headers: &HeaderMap, body: &str) -> Result<Vec<String>, Refused> {
    let text = |name: &header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let unsupported =
        |says: String| Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", says);
    if let Some(encoding) =
        text(&header::CONTENT_ENCODING).filter(|encoding| *encoding != "identity")
    {
        return Err(unsupported(format!(
            "the content encoding {encoding} is not taken; send the body as it is"
        )));
    }
    let (media, parameters) = match text(&header::CONTENT_TYPE) {
        Some(all) => all.split_once(';').unwrap_or((all, "")),
        None => {
            return Err(unsupported(format!(
                "the content type is missing; send one of {TAKEN}"
            )));
        }
    };
    let charset = parameters
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, charset)| charset.trim_matches('"'));
    if charset.is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(unsupported(
            "events are UTF-8; send no other charset".to_owned(),
        ));
    }
    let no_json = |error: json_in::JsonError| {
        Refused::new(
            StatusCode::BAD_REQUEST,
            "no_json",
            format!("the body {error}"),
        )
    };
    let events: Vec<String> = match media.trim().to_ascii_lowercase().as_str() {
        "application/json" if headers.contains_key("ce-specversion") => {
            vec![enveloped(headers, body)?]
        }
        "application/json"
        | "application/cloudevents+json"
        | "application/cloudevents-batch+json" => {
            let events = json_in::events(body).map_err(no_json)?;
            events.into_iter().map(str::to_owned).collect()
        }
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => body
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
        other => {
            return Err(unsupported(format!(
                "the content type {other} is not taken; send one of {TAKEN}"
            )));
        }
    };
    match events.is_empty() {
        true => Err(Refused::bad_request("the body holds no event")),
        false => Ok(events),
    }
}

/// A CloudEvent whose attributes came as headers, as one whose attributes stand in it.
fn enveloped(headers: &HeaderMap, body: &str) -> Result<String, Refused> {
    let mut attributes = serde_json::Map::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(json_in::ATTRIBUTE) else {
            continue;
        };
        let value = value.to_str().map_err(|_| {
            Refused::bad_request(format!(
                "the header {}{name} is no plain text",
                json_in::ATTRIBUTE
            ))
        })?;
        if name == "data" {
            return Err(Refused::bad_request("a CloudEvent has no attribute `data`"));
        }
        if attributes
            .insert(name.to_owned(), Value::String(value.to_owned()))
            .is_some()
        {
            return Err(Refused::bad_request(format!(
                "the header {}{name} is there twice",
                json_in::ATTRIBUTE
            )));
        }
    }
    // The data goes in as it is written, so that its numbers keep their digits.
    let mut event = Value::Object(attributes).to_string();
    event.pop();
    event.push_str(",\"data\":");
    event.push_str(body);
    event.push('}');
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers are written `name: value`, one a line.
    fn check(headers: &str, body: &str, says: &str) {
        let mut map = HeaderMap::new();
        for line in headers.lines() {
            let (name, value) = line.split_once(": ").expect("a header");
            let name: header::HeaderName = name.parse().expect("a name");
            map.append(name, value.parse().expect("a value"));
        }
        let told = match of(&map, body) {
            Ok(events) => events.join(" | "),
            Err(refused) => format!("{} {}: {}", refused.status, refused.code, refused.says),
        };
        assert_eq!(told, says, "{headers}\n{body}");
    }

    #[test]
    fn a_body_is_taken_apart_as_its_type_says() {
        let json = "content-type: application/json; charset=UTF-8";
        check(json, r#"{"a":1.10}"#, r#"{"a":1.10}"#);
        check(json, r#" [{"a":1.10}, {"a":2}]"#, r#"{"a":1.10} | {"a":2}"#);
        check(
            "content-type: application/x-ndjson",
            "{\"a\":1}\n\n{\"a\":2}\r\n",
            r#"{"a":1} | {"a":2}"#,
        );
        check(
            "content-type: application/cloudevents-batch+json",
            r#"[{"specversion":"1.0"}]"#,
            r#"{"specversion":"1.0"}"#,
        );
        check(
            "content-type: application/json\nce-specversion: 1.0\nce-id: 7\nce-source: /shop",
            r#"{"a":1.10}"#,
            r#"{"specversion":"1.0","id":"7","source":"/shop","data":{"a":1.10}}"#,
        );
    }

    #[test]
    fn what_is_not_taken_is_refused_with_what_is() {
        check(
            "accept: */*",
            "{}",
            &format!("415 media_type: the content type is missing; send one of {TAKEN}"),
        );
        check(
            "content-type: text/plain",
            "{}",
            &format!(
                "415 media_type: the content type text/plain is not taken; send one of {TAKEN}"
            ),
        );
        check(
            "content-type: application/json; charset=utf-7",
            "{}",
            "415 media_type: events are UTF-8; send no other charset",
        );
        check(
            "content-type: application/json\ncontent-encoding: gzip",
            "{}",
            "415 media_type: the content encoding gzip is not taken; send the body as it is",
        );
        check(
            "content-type: application/json",
            "[]",
            "400 bad_request: the body holds no event",
        );
        check(
            "content-type: application/x-ndjson",
            "\n",
            "400 bad_request: the body holds no event",
        );
        check(
            "content-type: application/json",
            "[1",
            "400 no_json: the body is no JSON: EOF while parsing a list at line 1 column 2",
        );
        check(
            "content-type: application/json\nce-specversion: 1.0\nce-id: 7\nce-id: 8",
            "{}",
            "400 bad_request: the header ce-id is there twice",
        );
    }
}
