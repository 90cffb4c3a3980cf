//! What whoever runs the server sees of it: ids of requests, the log and the meters; and what they never see there.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use trueup_server::wire::Role;

use crate::bench::Bench;

const OPERATOR: &str = "authorization: Bearer the operator's own";

impl Bench {
    /// The lines of the log so far, each as JSON.
    fn lines(&self) -> Vec<Value> {
        let log = self.log.lock().expect("the log");
        let line = |line: &String| serde_json::from_str(line).expect("a line is JSON");
        log.iter().map(line).collect()
    }
}

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let bench = Bench::new().await;
    let lines = [
        "GET /healthz",
        "GET /v1/session",
        "GET /",
        "GET /v1/nothing",
        "DELETE /healthz",
    ];
    for line in lines {
        let given = bench.ask(line, "x-request-id: abc-1.2", "").await;
        assert_eq!(given.head["x-request-id"], "abc-1.2", "{line}");
        let made = bench.ask(line, "", "").await.head["x-request-id"].clone();
        let other = bench
            .ask(line, "x-request-id: not { plain }", "")
            .await
            .head["x-request-id"]
            .clone();
        assert_eq!((made.len(), other.len()), (22, 22), "{line}");
        assert_ne!(made, other, "{line}");
    }
}

#[tokio::test]
async fn the_log_has_a_line_for_each_request_and_nothing_of_what_it_said() {
    let bench = Bench::new().await;
    let cookie = bench.signed("ada@example.org", Role::Finance, None).await;
    let dispute = "{\"partner\":\"P-1\",\"component\":\"bonus\",\"settled_on\":\"2026-03-31\",\"because\":\"1.00 EUR is missing\"}";
    for (line, route, status, body) in [
        (
            "GET /v1/partners/P-1/statements/2026-Q1?partner=P-1",
            "/v1/partners/{partner}/statements/{period}",
            200,
            "",
        ),
        (
            "GET /v1/partners/P-9/home",
            "/v1/partners/{partner}/home",
            404,
            "",
        ),
        ("POST /v1/disputes", "/v1/disputes", 200, dispute),
        ("GET /P-1/secret.js", "(file)", 404, ""),
        ("GET /v1/P-1", "(file)", 404, ""),
    ] {
        let headers =
            format!("cookie: {cookie}\ncontent-type: application/json\nx-request-id: r.7");
        let answer = bench.ask(line, &headers, body).await;
        assert_eq!(answer.status, status, "{line}: {}", answer.body);
        let said = bench.lines().pop().expect("a line");
        assert_eq!(said["event"], "request", "{line}");
        assert_eq!(said["route"], route, "{line}");
        assert_eq!(said["status"], status, "{line}");
        assert_eq!(said["request"], "r.7", "{line}");
        assert!(said["ms"].is_u64() && said["at"].is_string(), "{said}");
        assert_eq!(said["code"].is_null(), status == 200, "{said}");
    }
    // A time of day may look like an amount.
    let untimed = |mut line: serde_json::Value| {
        line["at"].take();
        line.to_string()
    };
    let log: Vec<String> = bench.lines().into_iter().map(untimed).collect();
    let log = log.join("\n");
    let holds = cookie.split('=').nth(1).expect("a value");
    for secret in ["P-1", "P-9", "EUR", "1.00", "ada", "bonus", holds] {
        assert!(!log.contains(secret), "{secret} stands in {log}");
    }
}

#[tokio::test]
async fn what_failed_is_found_in_the_log_by_the_id_that_was_answered() {
    let bench = Bench::new().await;
    let cookie = bench.signed("ada", Role::Finance, None).await;
    bench.database.close().await;
    let headers = format!("cookie: {cookie}\nx-request-id: r.8");
    let answer = bench.ask("GET /v1/session", &headers, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "fault"));
    assert_eq!(answer.json()["request"], "r.8");
    let lines = bench.lines();
    let fault = lines.iter().find(|line| line["event"] == "fault");
    let fault = fault.expect("the fault is said");
    assert_eq!(
        (&fault["request"], &fault["level"]),
        (&"r.8".into(), &"error".into())
    );
    assert!(
        fault["says"]
            .as_str()
            .is_some_and(|says| says.contains("looking for a session"))
    );
    // What is no fault is nobody's case.
    let refused = bench.ask("GET /v1/nothing", "", "").await;
    assert!(refused.json().get("request").is_none());
}

/// What a Prometheus server would have read.
struct Read(Vec<(String, Value, f64)>);

impl Read {
    /// The value of a sample by its name and some of its labels, each `name=value`.
    fn value(&self, name: &str, labels: &str) -> Option<f64> {
        let fits = |said: &Value| {
            labels.split_whitespace().all(|label| {
                let (name, value) = label.split_once('=').expect("a label");
                said[name] == value
            })
        };
        let mut found = self
            .0
            .iter()
            .filter(|(named, said, _)| named == name && fits(said));
        found.next().map(|(_, _, value)| *value)
    }
}

fn read(text: &str) -> Read {
    let python = std::env::var_os("TRUEUP_PYTHON").map(PathBuf::from);
    let python = python.unwrap_or_else(|| {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
        cache.expect("a home").join("trueup/python/bin/python")
    });
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/meters.py");
    let mut parser = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the Python of the tests is there; `make setup` installs it");
    let mut to = parser.stdin.take().expect("piped");
    to.write_all(text.as_bytes()).expect("written");
    drop(to);
    let out = parser.wait_with_output().expect("parsed");
    assert!(out.status.success(), "not OpenMetrics: {text}");
    let samples: Vec<(String, Value, f64)> = serde_json::from_slice(&out.stdout).expect("JSON");
    Read(samples)
}

#[tokio::test]
async fn the_meters_are_read_by_a_strict_parser_and_count_what_happened() {
    let bench = Bench::new().await;
    let cookie = bench.signed("ada", Role::Finance, None).await;
    for _ in 0..3 {
        assert_eq!(
            bench
                .ask_as(&cookie, "GET /v1/partners/P-1/home", "")
                .await
                .status,
            200
        );
    }
    assert_eq!(
        bench
            .ask_as(&cookie, "GET /v1/partners/P-9/home", "")
            .await
            .status,
        404
    );
    assert_eq!(
        bench.ask_as(&cookie, "GET /v1/people", "").await.status,
        403
    );
    assert!(bench.sign_on("ada", "not her password").await.is_none());
    let open = bench.opened(&cookie, "/v1/events").await;
    let fact = "[{\"number\":\"1\",\"revision\":1,\"customer\":\"P-1\",\"day\":\"2026-01-02\",\"amount\":\"1.00\"}]";
    assert_eq!(
        bench
            .ask_as(&cookie, "POST /v1/facts/shop", fact)
            .await
            .status,
        200
    );
    let meters = bench.ask("GET /metrics", OPERATOR, "").await;
    assert_eq!(
        meters.head["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let first = read(&meters.body);
    let home = "route=/v1/partners/{partner}/home method=GET";
    let asked = |status: &str| {
        first.value(
            "trueup_http_requests_total",
            &format!("{home} status={status}"),
        )
    };
    assert_eq!((asked("2xx"), asked("4xx")), (Some(3.0), Some(1.0)));
    assert_eq!(
        first.value("trueup_http_request_duration_seconds_count", home),
        Some(4.0)
    );
    assert_eq!(
        first.value(
            "trueup_http_request_duration_seconds_bucket",
            &format!("{home} le=+Inf")
        ),
        Some(4.0)
    );
    let refused = |code: &str| first.value("trueup_refusals_total", &format!("code={code}"));
    assert_eq!(
        (refused("not_found"), refused("forbidden")),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(
        first.value("trueup_sign_on_failures_total", "way=password why=wrong"),
        Some(1.0)
    );
    assert_eq!(first.value("trueup_event_streams", ""), Some(1.0));
    let facts = |read: &Read| {
        (
            read.value("trueup_facts_waiting", ""),
            read.value("trueup_facts_folded_total", ""),
        )
    };
    assert_eq!(facts(&first), (Some(1.0), Some(0.0)));
    // Whoever asks for a figure is told with everything that was pushed.
    assert_eq!(
        bench
            .ask_as(&cookie, "GET /v1/partners/P-1/home", "")
            .await
            .status,
        200
    );
    drop(open);
    let second = read(&bench.ask("GET /metrics", OPERATOR, "").await.body);
    assert_eq!(facts(&second), (Some(0.0), Some(1.0)));
    assert_eq!(second.value("trueup_event_streams", ""), Some(0.0));
    for secret in ["P-1", "P-9", "ada", "1.00"] {
        assert!(!meters.body.contains(secret), "{secret}: {}", meters.body);
    }
}

#[tokio::test]
async fn only_the_operators_token_reads_the_meters() {
    let bench = Bench::new().await;
    let administrator = bench.signed("root", Role::Administrator, None).await;
    assert_eq!(bench.ask("GET /metrics", "", "").await.status, 401);
    assert_eq!(
        bench
            .ask_as(&administrator, "GET /metrics", "")
            .await
            .status,
        401
    );
    assert_eq!(
        bench
            .ask("GET /metrics", "authorization: Bearer guessed", "")
            .await
            .status,
        401
    );
    assert_eq!(bench.ask("GET /metrics", OPERATOR, "").await.status, 200);
}
