//! What is sent by whoever means no good, or means nothing.

use trueup_server::wire::Role;

use crate::bench::Bench;

const JSON: &str = "content-type: application/json";

#[tokio::test]
async fn another_site_cannot_change_anything_with_somebodys_cookie() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    for said in [
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
        "origin: https://evil.example\nhost: trueup.example",
        "origin: null\nhost: trueup.example",
    ] {
        let headers = format!("{JSON}\ncookie: {cookie}\n{said}");
        for line in [
            "POST /v1/periods/close",
            "DELETE /v1/session",
            "POST /v1/session",
        ] {
            let answer = bench
                .ask(line, &headers, "{\"name\":\"a\",\"password\":\"b\"}")
                .await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (403, "cross_site"),
                "{line} {said}"
            );
        }
        // Reading is no harm: the other site cannot see the answer.
        let read = bench.ask("GET /v1/periods", &headers, "").await;
        assert_eq!(read.status, 200);
        assert!(read.head.get("access-control-allow-origin").is_none());
    }
    let here = format!("{JSON}\ncookie: {cookie}\nsec-fetch-site: same-origin");
    let answer = bench.ask("POST /v1/periods/close", &here, "").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn bodies_that_are_too_long_or_of_another_type_are_refused() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    let ask = async |headers: &str, body: &str| {
        let headers = format!("cookie: {cookie}\n{headers}");
        let answer = bench.ask("POST /v1/disputes", &headers, body).await;
        (answer.status, answer.code())
    };
    let long = format!("{{\"because\":\"{}\"}}", "x".repeat(3 << 20));
    assert_eq!(ask(JSON, &long).await, (413, "too_large".to_owned()));
    let other = "content-type: text/plain";
    assert_eq!(ask(other, "{}").await, (415, "media_type".to_owned()));
    let packed = "content-type: application/json\ncontent-encoding: gzip";
    assert_eq!(ask(packed, "{}").await, (415, "media_type".to_owned()));
    assert_eq!(ask(JSON, "{").await, (400, "no_json".to_owned()));
    assert_eq!(ask(JSON, "{}").await, (422, "unprocessable".to_owned()));
    let more = "{\"partner\":\"P-1\",\"component\":\"c\",\"settled_on\":\"d\",\"because\":\"e\",\"role\":\"finance\"}";
    assert_eq!(ask(JSON, more).await, (422, "unprocessable".to_owned()));
    // JSON that is none of what is described, though the reader stumbles over it as if it were none at all.
    let odd = "{\"partner\":\"P-1\",\"component\":\"c\",\"settled_on\":{},\"because\":[]}";
    assert_eq!(ask(JSON, odd).await, (422, "unprocessable".to_owned()));
    // Nesting that would exhaust a stack.
    let deep = "[".repeat(200_000);
    assert_eq!(ask(JSON, &deep).await.0, 422);
}

#[tokio::test]
async fn no_path_leads_out_of_the_app() {
    let bench = Bench::new().await;
    for path in [
        "/../program.yaml",
        "/%2e%2e/program.yaml",
        "/..%2fprogram.yaml",
        "/assets/../../program.yaml",
        "/assets/%2e%2e/%2e%2e/people.db",
        "//people.db",
        "/assets/app-1.js%00",
        "/index.html/..",
    ] {
        let answer = bench.ask(&format!("GET {path}"), "", "").await;
        assert!(!answer.body.contains("alliance"), "{path}: {}", answer.body);
        assert!(
            answer.status == 404 || answer.body.starts_with("<meta"),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
    }
    let cookie = bench.signed("auditor", Role::Auditor, None).await;
    for path in ["/v1/plans/%FF", "/v1/partners/%C3%28/home"] {
        let odd = bench.ask_as(&cookie, &format!("GET {path}"), "").await;
        assert_eq!(
            (odd.status, odd.code().as_str()),
            (404, "not_found"),
            "{path}"
        );
    }
    let long = format!("GET /v1/partners?holds={}", "x".repeat(201));
    assert_eq!(bench.ask_as(&cookie, &long, "").await.status, 400);
    let none = bench.ask("GET /v1/nothing", "", "").await;
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
    let not_so = bench.ask("DELETE /healthz", "", "").await;
    assert_eq!((not_so.status, not_so.code().as_str()), (405, "method"));
}

#[tokio::test]
async fn every_answer_tells_browsers_what_they_must_not_do() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    for line in [
        "GET /v1/overview",
        "GET /v1/nothing",
        "GET /",
        "GET /assets/app-1.js",
    ] {
        let answer = bench.ask_as(&cookie, line, "").await;
        for (header, says) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
        ] {
            let found = answer
                .head
                .get(header)
                .and_then(|value| value.to_str().ok());
            assert_eq!(found, Some(says), "{line}");
        }
    }
    let page = bench.ask("GET /", "", "").await;
    let policy = page.head["content-security-policy"].to_str().expect("text");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("a nonce");
    assert!(
        page.body.contains(nonce),
        "the page has the nonce of its policy"
    );
    let scripts = policy
        .split("; ")
        .find(|part| part.starts_with("script-src"));
    assert_eq!(scripts, Some("script-src 'self'"), "{policy}");
    // An address of the app's own begins from the same page.
    assert_eq!(bench.ask("GET /partners/P-1", "", "").await.status, 200);
    assert_eq!(bench.ask("GET /missing.js", "", "").await.status, 404);
}

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let bench = Bench::new().await;
    let cookie = bench.signed("finance", Role::Finance, None).await;
    let first = bench.ask_as(&cookie, "GET /v1/overview", "").await;
    let tag = first.head["etag"].to_str().expect("text").to_owned();
    let headers = format!("cookie: {cookie}\nif-none-match: {tag}");
    let again = bench.ask("GET /v1/overview", &headers, "").await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(first.head["cache-control"], "private, no-cache");
    let headers = format!("cookie: {cookie}\nif-none-match: \"another\"");
    assert_eq!(
        bench.ask("GET /v1/overview", &headers, "").await.status,
        200
    );
}

#[tokio::test]
async fn names_that_would_be_markup_or_headers_come_back_as_text() {
    let bench = Bench::new().await;
    let cookie = bench
        .signed("administrator", Role::Administrator, None)
        .await;
    let name = "<script>alert(1)</script>";
    let body = serde_json::json!({
        "name": "mallory", "shown_name": name, "password": "four words are good", "grants": []
    });
    let added = bench
        .ask_as(&cookie, "POST /v1/people", &body.to_string())
        .await;
    assert_eq!(added.status, 200, "{}", added.body);
    let listed = bench.ask_as(&cookie, "GET /v1/people", "").await;
    assert_eq!(listed.head["content-type"], "application/json");
    assert!(listed.body.contains(name));
    for wrong in ["a\r\nset-cookie: x=1", "\u{0}", ""] {
        let body = serde_json::json!({
            "name": wrong, "shown_name": "X", "password": "four words are good", "grants": []
        });
        let answer = bench
            .ask_as(&cookie, "POST /v1/people", &body.to_string())
            .await;
        assert_eq!(answer.status, 422, "{wrong:?}");
    }
    let odd = bench
        .ask_as(&cookie, "GET /v1/partners/%0d%0aset-cookie:%20x=1", "")
        .await;
    assert!(odd.head.get("set-cookie").is_none());
}

#[tokio::test]
async fn no_answer_holds_a_secret() {
    let bench = Bench::new().await;
    let cookie = bench
        .signed("administrator", Role::Administrator, None)
        .await;
    for line in ["GET /v1/people", "GET /v1/session", "GET /v1/tokens"] {
        let answer = bench.ask_as(&cookie, line, "").await;
        assert_eq!(answer.status, 200, "{line}");
        let holds = cookie.split('=').nth(1).expect("a value");
        for secret in ["argon2", "$m=", holds] {
            assert!(!answer.body.contains(secret), "{line}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_file_has_a_plain_name_and_is_in_nobodys_cache() {
    let bench = Bench::new().await;
    let viewer = bench
        .signed("viewer", Role::PartnerViewer, Some("P-1"))
        .await;
    let line = "GET /v1/partners/P-1/statements/2026-Q1/document/pdf";
    let answer = bench.ask_as(&viewer, line, "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let header = |name: &str| answer.head[name].to_str().expect("text");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename=\"statement-P-1-2026-Q1__x____.pdf\""
    );
    assert_eq!(header("cache-control"), "private, no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let none = line.replace("/pdf", "/exe");
    assert_eq!(bench.ask_as(&viewer, &none, "").await.status, 404);
}
