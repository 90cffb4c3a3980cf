//! Facts pushed to a server: what was answered lasts and counts once, whatever becomes of the process.

use crate::serving::Server;
use crate::story::Story;

const SHOP: &str = "sources:
  shop:
    is: The web shop
    owner: finance
    kind: sale
    format: json
    id: [number]
    revision: revision
    cancelled: { column: state, values: [void] }
    complete: { from: 2026-01-01, until: 2026-07-01 }
    map:
      partner: { column: customer.id, identity: partners }
      invoiced_on: day
      amount: amount
";

/// The starter with a source that is pushed to, and its files taken in.
fn story() -> Story {
    let story = Story::with_starter();
    story.edit("program/program.yaml", "sources:\n", SHOP);
    let told = story.trueup(&["ingest", "--program", "program"]);
    told.expect_code(0);
    story
}

impl Server {
    fn push_as(&self, media: &str, body: &str) -> (u16, String) {
        let headers = format!("content-type: {media}\r\n");
        self.ask("POST /v1/facts/shop", &headers, body.as_bytes())
    }

    /// The status, and each outcome in a word.
    fn push(&self, body: &str) -> String {
        let (status, body) = self.push_as("application/json", body);
        let outcomes: Vec<&str> = body
            .split("\"outcome\":\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        format!("{status} {}", outcomes.join(" "))
    }

    /// What the server says P-100 earned in the first quarter.
    fn earned(&self) -> String {
        let (status, body) = self.ask("GET /v1/partners/P-100/statements/2026-Q1", "", b"");
        assert_eq!(status, 200, "{body}");
        posted(&body)
    }
}

/// The first figure that was posted, in a statement as JSON.
fn posted(statement: &str) -> String {
    let after = statement.split("\"posted\":").nth(1).expect("a line");
    let figure = after.split([',', '}']).next().expect("a figure");
    figure.trim().trim_matches('"').to_owned()
}

fn statement(story: &Story) -> String {
    let args = [
        "statement",
        "--program",
        "program",
        "--partner",
        "P-100",
        "--period",
        "2026-Q1",
        "--format",
        "json",
    ];
    posted(&story.trueup(&args).expect_code(0).out)
}

fn event(number: &str, revision: u8, amount: &str) -> String {
    format!(
        r#"{{"number":"{number}","revision":{revision},"customer":{{"id":"P-100"}},"day":"2026-03-28","amount":"{amount}"}}"#
    )
}

#[test]
fn an_event_counts_once_and_at_once_for_whoever_evaluates() {
    let story = story();
    let server = Server::start(&story);
    assert_eq!(server.push(&event("S-1", 1, "40000.00")), "200 accepted");
    assert_eq!(server.earned(), "5450.00");
    assert_eq!(statement(&story), "5450.00");
    assert_eq!(server.push(&event("S-1", 1, "40000.00")), "200 duplicate");
    assert_eq!(server.push(&event("S-1", 1, "50000.00")), "409 conflict");
    assert_eq!(statement(&story), "5450.00");
    // While the server lives another process sees what was acknowledged before it began.
    assert_eq!(server.push(&event("S-2", 1, "1000.00")), "200 accepted");
    assert_eq!(statement(&story), "5490.00");
    assert_eq!(server.push(&event("S-1", 0, "9.00")), "200 outdated");
    let log = story.trueup(&[
        "facts",
        "log",
        "--program",
        "program",
        "--source",
        "shop",
        "--format",
        "csv",
    ]);
    assert_eq!(
        log.expect_code(0).out.lines().count(),
        3,
        "two folds, no delivery for what changed nothing"
    );
}

#[test]
fn events_come_one_several_or_wrapped_and_each_is_answered() {
    let story = story();
    let server = Server::start(&story);
    let (one, two) = (event("S-1", 1, "40000.00"), event("S-2", 1, "500.00"));
    let wrong =
        r#"{"number":"S-3","revision":1,"customer":{"id":"nobody"},"day":"2026-02-30","amount":7}"#;
    assert_eq!(
        server.push(&format!("[{one},{wrong},{two}]")),
        "207 accepted wrong accepted"
    );
    let (status, said) = server.push_as("application/json", wrong);
    assert_eq!(status, 422);
    assert!(said.contains("money_as_number"), "{said}");
    let lines = format!("{one}\n{}\n", event("S-4", 1, "1.00"));
    let (status, said) = server.push_as("application/x-ndjson", &lines);
    assert_eq!(
        (
            status,
            said.contains(r#""counts":{"accepted":1,"duplicate":1}"#)
        ),
        (200, true),
        "{said}"
    );
    let cloud = format!(
        r#"{{"specversion":"1.0","id":"1","source":"/s","type":"sold","data":{}}}"#,
        event("S-5", 1, "1.00")
    );
    let (status, said) = server.push_as("application/cloudevents+json", &cloud);
    assert_eq!((status, said.contains("accepted")), (200, true), "{said}");
    let headers =
        "content-type: application/json\r\nce-specversion: 1.0\r\nce-id: 2\r\nce-source: /s\r\n";
    let (status, said) = server.ask(
        "POST /v1/facts/shop",
        headers,
        event("S-6", 1, "1.00").as_bytes(),
    );
    assert_eq!((status, said.contains("accepted")), (200, true), "{said}");
    // A correction, and a cancellation that comes before what it takes back.
    assert_eq!(server.push(&event("S-1", 2, "40001.00")), "200 corrected");
    assert_eq!(
        server.push(r#"{"number":"S-9","revision":2,"state":"void"}"#),
        "200 cancelled"
    );
    assert_eq!(server.push(&event("S-9", 1, "9.00")), "200 outdated");
    assert_eq!(
        server.push(r#"{"number":"S-2","revision":3,"state":"void"}"#),
        "200 cancelled"
    );
    server.earned();
    let amounts = story.trueup(&[
        "facts",
        "diff",
        "2",
        "--program",
        "program",
        "--without-pay",
        "--partner",
        "P-100",
    ]);
    let out = amounts.expect_code(0).out;
    assert!(out.contains("+40,004"), "{out}");
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let story = story();
    let mut server = Server::start(&story);
    for at in 0..20 {
        assert_eq!(
            server.push(&event(&format!("S-{at}"), 1, "2000.00")),
            "200 accepted"
        );
    }
    server.child.kill().expect("killed");
    server.child.wait().expect("gone");
    // The next process takes in what was left, once.
    assert_eq!(statement(&story), "5450.00");
    assert_eq!(statement(&story), "5450.00");
    let mut server = Server::start(&story);
    assert_eq!(server.push(&event("S-7", 1, "2000.00")), "200 duplicate");
    assert_eq!(server.push(&event("S-20", 1, "1000.00")), "200 accepted");
    server.child.kill().expect("killed");
    server.child.wait().expect("gone");
    let server = Server::start(&story);
    assert_eq!(server.push(&event("S-20", 1, "1000.00")), "200 duplicate");
    assert_eq!(server.earned(), "5490.00");
}

#[test]
fn one_process_writes_and_the_others_are_told() {
    let story = story();
    let _server = Server::start(&story);
    for args in [
        &["serve", "--program", "program", "--listen", "127.0.0.1:0"][..],
        &["ingest", "--program", "program"],
        &["quarantine", "replay", "--program", "program"],
    ] {
        story
            .trueup(args)
            .expect_code(3)
            .expect_said("another process");
    }
}

#[test]
fn what_is_no_push_is_refused_and_changes_nothing() {
    let story = story();
    let server = Server::start(&story);
    let json = "content-type: application/json\r\n";
    let status = |line: &str, headers: &str, body: &[u8]| server.ask(line, headers, body).0;
    assert_eq!(status("POST /v1/facts/invoices", json, b"{}"), 404);
    assert_eq!(
        status("POST /v1/facts/shop", "content-type: text/plain\r\n", b"{}"),
        415
    );
    assert_eq!(
        status(
            "POST /v1/facts/shop",
            &format!("{json}content-encoding: gzip\r\n"),
            b"{}"
        ),
        415
    );
    assert_eq!(
        status("POST /v1/facts/shop", json, b"{\"a\":\"\xff\"}"),
        400
    );
    assert_eq!(status("POST /v1/facts/shop", json, b"[{"), 400);
    assert_eq!(
        status("POST /v1/facts/shop", json, "[".repeat(100_000).as_bytes()),
        400
    );
    assert_eq!(
        status("POST /v1/facts/shop", json, &vec![b' '; (8 << 20) + 1]),
        413
    );
    assert_eq!(status("GET /v1/facts/shop", "", b""), 405);
    assert_eq!(status("GET /v1/none", "", b""), 404);
    assert_eq!(status("GET /v1/partners/P-999/statements", "", b""), 404);
    assert_eq!(status("GET /v1/partners?hold=a", "", b""), 400);
    assert_eq!(server.ask_with("GET /healthz", "", b"").0, 200);
    assert_eq!(server.ask_with("GET /readyz", "", b"").0, 200);
    let log = story.trueup(&["facts", "log", "--program", "program", "--format", "csv"]);
    assert_eq!(
        log.expect_code(0).out.lines().count(),
        3,
        "the two files of the starter"
    );
}

#[test]
fn strangers_are_let_in_nowhere_and_passwords_cross_no_network() {
    let story = story();
    let server = Server::start(&story);
    let json = "content-type: application/json\r\n";
    let body = event("S-1", 1, "1.00");
    let push = |headers: &str| {
        let headers = format!("{json}{headers}");
        server
            .ask_with("POST /v1/facts/shop", &headers, body.as_bytes())
            .0
    };
    assert_eq!(push(""), 401);
    assert_eq!(push("authorization: Bearer secre\r\n"), 401);
    assert_eq!(push("authorization: Bearer secret\r\n"), 200);
    drop(server);
    let open = story.trueup(&["serve", "--program", "program", "--listen", "0.0.0.0:0"]);
    open.expect_code(2)
        .expect_said("passwords would cross the network");
}
