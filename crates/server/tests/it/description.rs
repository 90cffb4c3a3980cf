//! The description that is committed is the one that the code makes.

use std::path::Path;

use serde_json::Value;

use crate::bench::Bench;

#[tokio::test]
async fn the_committed_description_is_the_codes_own() {
    let bench = Bench::new().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let made = bench.server.openapi();
    if std::env::var_os("TRUEUP_BLESS").is_some() {
        std::fs::write(&path, &made).expect("written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == made,
        "docs/openapi.json is stale; TRUEUP_BLESS=1 cargo nextest run -p trueup-server description writes it"
    );
    let answer = bench.ask("GET /openapi.json", "", "").await;
    let answered: Value = answer.json();
    let committed: Value = serde_json::from_str(&made).expect("JSON");
    assert_eq!(answered, committed);
}

/// Every schema that is reached says what each of its fields is, and none is free.
#[tokio::test]
async fn every_field_is_described_and_none_is_free() {
    let bench = Bench::new().await;
    let description: Value = serde_json::from_str(&bench.server.openapi()).expect("JSON");
    let schemas = description["components"]["schemas"]
        .as_object()
        .expect("schemas");
    assert!(schemas.len() > 60);
    for (name, schema) in schemas {
        assert!(schema["description"].is_string(), "{name} is described");
        let properties = schema["properties"].as_object();
        for (field, said) in properties.into_iter().flatten() {
            // What may be nothing is described where it is something.
            let parts = said["oneOf"].as_array().into_iter().flatten();
            let is_described = said["description"].is_string()
                || parts.clone().any(|part| part["description"].is_string());
            assert!(is_described, "{name}.{field} is described");
            let is_typed = ["type", "$ref", "oneOf", "allOf", "items"]
                .iter()
                .any(|key| said.get(key).is_some());
            assert!(is_typed, "{name}.{field} is free: {said}");
        }
    }
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, said) in methods.as_object().expect("methods") {
            let place = format!("{method} {path}");
            assert!(said["operationId"].is_string(), "{place} has a name");
            let has_words = said["summary"].is_string() || said["description"].is_string();
            assert!(has_words, "{place} says what it does");
            for (status, answer) in said["responses"].as_object().expect("answers") {
                let media = answer["content"].as_object();
                let is_problem =
                    media.is_some_and(|media| media.contains_key("application/problem+json"));
                let is_refusal = status.starts_with(['4', '5']);
                let is_pushed = path.starts_with("/v1/facts/");
                assert!(is_refusal == is_problem || is_pushed, "{place} {status}");
            }
        }
    }
}
