//! A program served: pages say what the commands say, and steps taken on pages are the commands' own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::serving::Server;
use crate::story::Story;

const PASSWORD: &str = "four words are good";

/// The starter with a journal, its agreements signed, and the first quarter closed.
pub fn closed() -> Story {
    let story = Story::with_starter();
    let told = story.sh(
        "set -e
        trueup journal open --program program --by u-17
        trueup ingest --program program
        for partner in P-100 P-200 P-300; do trueup keys add --custodial partner/$partner --program program; done
        trueup agreement propose --all --because 'terms of 2026' --program program
        for partner in P-100 P-200 P-300; do trueup agreement accept --all --for partner/$partner --program program; done
        trueup run --program program
        trueup period calculate --until 2026-Q1 --program program --by u-17
        trueup period approve --total '5440 USD' --program program --by u-4
        trueup period close --program program --by u-17",
    );
    told.expect_code(0);
    story
}

/// Somebody who has signed on.
pub struct Someone<'s> {
    server: &'s Server,
    cookie: String,
}

impl Someone<'_> {
    pub fn ask(&self, line: &str, body: &Value) -> (u16, Value) {
        let headers = format!(
            "cookie: {}\r\ncontent-type: application/json\r\n",
            self.cookie
        );
        let text = match body {
            Value::Null => String::new(),
            said => said.to_string(),
        };
        let (status, body) = self.server.ask_with(line, &headers, text.as_bytes());
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    pub fn read(&self, path: &str) -> Value {
        let (status, said) = self.ask(&format!("GET {path}"), &Value::Null);
        assert_eq!(status, 200, "{path}: {said}");
        said
    }

    /// Reads until the server has seen what a command did beside it: while it reads a change, it answers by what was before.
    pub fn read_once(&self, path: &str, is_seen: impl Fn(&Value) -> bool) -> Value {
        let began = std::time::Instant::now();
        loop {
            let said = self.read(path);
            if is_seen(&said) {
                return said;
            }
            assert!(began.elapsed() < SEEN_WITHIN, "not seen: {said}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// How long a server may take to see what a command did.
const SEEN_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);

/// Adds somebody at the command line and signs on.
pub fn signed<'s>(story: &Story, server: &'s Server, name: &str, roles: &[&str]) -> Someone<'s> {
    let mut args = vec!["people", "add", name, "--program", "program"];
    args.extend(roles);
    let mut command = story.command(&args);
    command
        .env("TRUEUP_PASSWORD", PASSWORD)
        .env("TRUEUP_PASSWORD_COST", "64:1");
    let told = command.output().expect("added");
    assert!(told.status.success(), "{told:?}");
    let body = json!({ "name": name, "password": PASSWORD }).to_string();
    let json = "content-type: application/json\r\n";
    let (head, _) = server.told("POST /v1/session", json, body.as_bytes());
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .unwrap_or_else(|| panic!("no cookie in {head}"));
    Someone {
        server,
        cookie: cookie.to_owned(),
    }
}

/// A line as both the command and the page have it.
fn lines(statement: &Value, settled_on: &str) -> Vec<[String; 5]> {
    let text = |line: &Value, name: &str| line[name].as_str().unwrap_or("none").to_owned();
    let lines = statement["lines"].as_array().expect("lines").iter();
    let mut all: Vec<[String; 5]> = lines
        .map(|line| {
            [
                text(line, "component"),
                text(line, settled_on),
                text(line, "to_date"),
                text(line, "before"),
                text(line, "posted"),
            ]
        })
        .collect();
    all.sort();
    all
}

#[test]
fn every_statement_on_a_page_is_the_commands() {
    let story = closed();
    let server = Server::start(&story);
    let auditor = signed(&story, &server, "auditor", &["--role", "auditor"]);
    let partners = auditor.read("/v1/partners");
    assert_eq!(partners["total"], 3, "{partners}");
    for partner in ["P-100", "P-200", "P-300"] {
        let args = ["statement", "--program", "program", "--partner", partner];
        let told = story.trueup(&[&args[..], &["--format", "json"]].concat());
        let told: Value = serde_json::from_str(&told.expect_code(0).out).expect("JSON");
        let told = told.as_array().expect("statements");
        let list = auditor.read(&format!("/v1/partners/{partner}/statements"));
        let listed = list["statements"].as_array().expect("statements");
        assert_eq!(listed.len(), told.len(), "{list}");
        for one in told {
            let period = one["period"].as_str().expect("a period");
            let page = auditor.read(&format!("/v1/partners/{partner}/statements/{period}"));
            let place = format!("{partner} {period}");
            assert_eq!(
                lines(&page, "settled_on"),
                lines(one, "settled_until"),
                "{place}"
            );
            assert_eq!(page["total"]["amount"], one["total"], "{place}");
            let short = listed.iter().find(|short| short["period"] == period);
            let short = short.unwrap_or_else(|| panic!("{place} is not in {list}"));
            assert_eq!(short["total"], page["total_with_corrections"], "{place}");
            assert_eq!(short["starts_on"], page["starts_on"], "{place}");
            assert_eq!(short["ends_on"], page["ends_on"], "{place}");
            assert_eq!(short["standing"], page["standing"], "{place}");
            let lines = page["lines"].as_array().expect("lines").iter();
            let open = lines.filter(|line| line["status"] != "known").count();
            assert_eq!(short["open_lines"], open, "{place}");
            let is_closed = period == "2026-Q1";
            let standing = if is_closed { "closed" } else { "provisional" };
            assert_eq!(page["standing"], standing, "{place}");
            for line in page["lines"].as_array().expect("lines") {
                let id = line["id"].as_str().expect("an id");
                assert!(
                    !line["clause"]["text"]
                        .as_str()
                        .unwrap_or_default()
                        .is_empty()
                );
                for rows in ["", "?rows=true"] {
                    let why = auditor.read(&format!(
                        "/v1/partners/{partner}/statements/{period}/lines/{id}/explanation{rows}"
                    ));
                    assert_eq!(why["posted"], line["posted"], "{place} {id}");
                    assert!(!why["words"].as_array().expect("words").is_empty());
                }
            }
        }
    }
    let compared = auditor.read("/v1/partners/P-100/statements/2026-Q2/compare");
    let parts = compared["components"].as_array().expect("components");
    assert!(
        parts
            .iter()
            .any(|one| one["because"].as_array().is_some_and(|all| !all.is_empty()))
    );
    let (first, _) = auditor.ask(
        "GET /v1/partners/P-100/statements/2026-Q1/compare",
        &Value::Null,
    );
    assert_eq!(first, 404, "there is none before the first");
}

#[test]
fn a_home_says_where_the_money_stands_by_the_books() {
    let story = closed();
    let server = Server::start(&story);
    let partner = ["--role", "partner-viewer", "--partner", "P-100"];
    let viewer = signed(&story, &server, "viewer", &partner);
    let home = viewer.read("/v1/partners/P-100/home");
    let money = &home["money"][0];
    let balances = story.trueup(&[
        "books",
        "balances",
        "--program",
        "program",
        "--format",
        "csv",
    ]);
    let balances = balances.expect_code(0).out.clone();
    let cents = |text: &str| text.replace('.', "").parse::<i64>().expect("cents");
    let on = |account: &str| -> i64 {
        let of = |line: &&str| line.starts_with(account) && line.contains("P-100");
        let lines = balances.lines().filter(of);
        lines
            .map(|line| cents(line.split(',').nth(3).expect("an amount")))
            .sum()
    };
    let told = |name: &str| cents(money[name].as_str().expect("an amount"));
    assert_eq!(told("payable"), -on("payable"), "{money} {balances}");
    let kept = told("held") + told("payable") + told("ordered") + told("paid") - told("owed_back");
    assert_eq!(told("earned"), told("open") + kept, "{money}");
    assert!(told("open") > 0 && told("payable") > 0, "{money}");
    assert_eq!(home["now"]["standing"], "provisional");
    assert!(
        !home["progress"].as_array().expect("progress").is_empty(),
        "{home}"
    );
    assert!(
        !home["freshness"]["sources"]
            .as_array()
            .expect("sources")
            .is_empty()
    );
    let (status, _) = viewer.ask("GET /v1/partners/P-200/home", &Value::Null);
    assert_eq!(status, 404);
    let (status, _) = viewer.ask("GET /v1/overview", &Value::Null);
    assert_eq!(status, 403);
}

/// A receiver of webhooks: where it is, and the bodies that come.
fn receiver() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    let (told, come) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                let lower = line.to_lowercase();
                if let Some(said) = lower.strip_prefix("content-length: ") {
                    length = said.trim().parse().expect("a length");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("read");
            let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
            reader.into_inner().write_all(answer).expect("answered");
            let body = serde_json::from_slice(&body).expect("JSON");
            if told.send(body).is_err() {
                return;
            }
        }
    });
    (format!("http://{address}/"), come)
}

#[test]
fn a_partner_disputes_a_line_and_the_vendor_answers() {
    let story = closed();
    let server = Server::start(&story);
    let (address, come) = receiver();
    let administrator = signed(&story, &server, "root", &["--role", "administrator"]);
    let asked = json!({ "address": address, "kinds": ["dispute.opened", "dispute.answered", "statement.ready"] });
    let (status, made) = administrator.ask("POST /v1/webhooks", &asked);
    assert_eq!(status, 200, "{made}");
    let partner = ["--role", "partner-manager", "--partner", "P-200"];
    let manager = signed(&story, &server, "manager", &partner);
    let finance = signed(&story, &server, "finance", &["--role", "finance"]);
    let statement = manager.read("/v1/partners/P-200/statements/2026-Q1");
    let line = statement["lines"]
        .as_array()
        .expect("lines")
        .iter()
        .find(|line| line["may_dispute"]["is_allowed"] == true)
        .unwrap_or_else(|| panic!("no line may be disputed: {statement}"));
    let asked = json!({
        "partner": "P-200", "component": line["component"], "settled_on": line["settled_on"],
        "because": "an invoice is missing"
    });
    let (status, opened) = manager.ask("POST /v1/disputes", &asked);
    assert_eq!(
        (status, &opened["in_the_name_of"]),
        (200, &json!("partner/P-200")),
        "{opened}"
    );
    assert_eq!(opened["may_answer"]["is_allowed"], false);
    let (twice, said) = manager.ask("POST /v1/disputes", &asked);
    assert_eq!((twice, &said["code"]), (409, &json!("refused")), "{said}");
    let path = format!("/v1/disputes/{}/answer", opened["id"]);
    let answer = json!({ "outcome": "rejected", "because": "it was invoiced to P-300" });
    let (status, _) = manager.ask(&format!("POST {path}"), &answer);
    assert_eq!(status, 409, "a partner answers no dispute");
    let inbox = finance.read("/v1/disputes?is_open=true");
    assert_eq!(inbox["disputes"].as_array().map(Vec::len), Some(1));
    assert_eq!(inbox["disputes"][0]["may_answer"]["is_allowed"], true);
    let waiting = finance.read("/v1/overview")["waiting"].clone();
    assert!(waiting.to_string().contains("dispute"), "{waiting}");
    let (status, answered) = finance.ask(&format!("POST {path}"), &answer);
    assert_eq!(
        (status, &answered["state"]),
        (200, &json!("rejected")),
        "{answered}"
    );
    // Whoever is told of acts was told of both, and of nothing that was before.
    for (kind, act) in [
        ("dispute.opened", Some(&opened["id"])),
        ("dispute.answered", None),
    ] {
        let message = come.recv_timeout(Duration::from_secs(30)).expect("it came");
        assert_eq!(message["type"], kind, "{message}");
        assert!(
            act.is_none_or(|act| *act == message["data"]["act"]),
            "{message}"
        );
        let keys: Vec<_> = message["data"].as_object().expect("data").keys().collect();
        assert_eq!(keys, ["program", "act"], "{message}");
    }
    let statement = manager.read("/v1/partners/P-200/statements/2026-Q1");
    assert!(
        statement.to_string().contains("\"state\":\"rejected\""),
        "{statement}"
    );
    // The acts are those of the commands, and name nobody by name.
    let told = story.trueup(&["dispute", "list", "--program", "program", "--format", "csv"]);
    let told = told.expect_code(0).out.clone();
    assert!(
        told.contains("rejected") && !told.contains("manager"),
        "{told}"
    );
    story
        .trueup(&["verify", "--program", "program"])
        .expect_code(0);
    let (status, said) = manager.ask(
        "POST /v1/disputes",
        &json!({ "partner": "P-200", "component": "volume_bonus", "settled_on": "2026-06-30", "because": "x" }),
    );
    assert_eq!(status, 409, "nothing is posted for it: {said}");
}

#[test]
fn a_period_is_closed_on_pages_by_two_people() {
    let story = closed();
    let server = Server::start(&story);
    let finance = signed(&story, &server, "finance", &["--role", "finance"]);
    let both = ["--role", "approver", "--role", "finance"];
    let other = signed(&story, &server, "other", &both);
    let periods = finance.read("/v1/periods");
    assert_eq!(periods["closed_until"], "2026-03-31");
    let until = periods["may_be_closed"][0]["ends_on"].clone();
    assert_eq!(until, "2026-06-30", "{periods}");
    let (status, said) = finance.ask("POST /v1/periods/close", &Value::Null);
    assert_eq!(status, 409, "{said}");
    let (status, calculated) = other.ask("POST /v1/periods/calculate", &json!({ "until": until }));
    assert_eq!(status, 200, "{calculated}");
    let totals = calculated["waiting"]["totals"].clone();
    assert_eq!(
        calculated["steps"]["approve"]["is_allowed"], false,
        "who calculated does not approve"
    );
    let (status, said) = other.ask("POST /v1/periods/approve", &json!({ "totals": totals }));
    assert_eq!(status, 409, "{said}");
    let third = signed(&story, &server, "third", &["--role", "approver"]);
    let (status, said) = third.ask(
        "POST /v1/periods/approve",
        &json!({ "totals": { "USD": "1.00" } }),
    );
    assert_eq!(status, 409, "{said}");
    let (status, said) = third.ask("POST /v1/periods/approve", &json!({ "totals": totals }));
    assert_eq!(status, 200, "{said}");
    let (status, closed) = finance.ask("POST /v1/periods/close", &Value::Null);
    assert_eq!((status, &closed["closed_until"]), (200, &until), "{closed}");
    let statement = finance.read("/v1/partners/P-100/statements/2026-Q2");
    assert_eq!(statement["standing"], "closed");
    story
        .trueup(&["verify", "--program", "program"])
        .expect_code(0);
}

#[test]
fn a_changed_plan_is_looked_at_before_anybody_signs_it() {
    let story = closed();
    let server = Server::start(&story);
    let designer = signed(&story, &server, "designer", &["--role", "program-designer"]);
    let plans = designer.read("/v1/plans");
    let name = plans["plans"][0]["name"]
        .as_str()
        .expect("a plan")
        .to_owned();
    let plan = designer.read(&format!("/v1/plans/{name}"));
    let text = plan["text"].as_str().expect("text");
    assert!(
        plan["words"]
            .as_str()
            .is_some_and(|words| words.len() > 200)
    );
    let check = |text: &str| {
        let (status, said) = designer.ask(
            "POST /v1/plan/check",
            &json!({ "plan": name, "text": text }),
        );
        assert_eq!(status, 200, "{said}");
        said
    };
    let same = check(text);
    assert_eq!(
        (&same["is_usable"], &same["changes"]),
        (&json!(true), &json!([])),
        "{same}"
    );
    assert_eq!(same["effect"]["difference"]["amount"], "0.00");
    let lower = check(&text.replacen("at_most: 25_000", "at_most: 100", 1));
    assert!(
        !lower["changes"].as_array().expect("changes").is_empty(),
        "{lower}"
    );
    let effect = &lower["effect"];
    assert!(
        effect["losers"].as_u64().is_some_and(|losers| losers > 0),
        "{effect}"
    );
    assert_eq!(effect["winners"], 0);
    let broken = check(&text.replacen("at_most: 25_000", "at_most: 25_000 +", 1));
    assert_eq!(broken["is_usable"], false);
    let place = &broken["findings"][0]["place"];
    assert!(
        place["line"].as_u64().is_some_and(|line| line > 1),
        "{broken}"
    );
    // Nothing of it was stored.
    assert_eq!(
        designer.read(&format!("/v1/plans/{name}"))["text"],
        plan["text"]
    );
}

#[test]
fn a_change_of_the_folder_is_seen_and_half_a_change_is_not() {
    let story = closed();
    let server = Server::start(&story);
    let auditor = signed(&story, &server, "auditor", &["--role", "auditor"]);
    let read = || auditor.read("/v1/partners/P-100/statements/2026-Q2");
    let before = read();
    let plan = story.read("program/plans/reseller.yaml");
    story.write("program/plans/reseller.yaml", "plan: half a pl");
    // Long enough to be looked at several times.
    let began = std::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_millis(700) {
        assert_eq!(read()["lines"], before["lines"]);
    }
    let changed = plan.replacen("at_most: 25_000", "at_most: 100", 1);
    story.write("program/plans/reseller.yaml", changed);
    let began = std::time::Instant::now();
    while read()["total"] == before["total"] {
        assert!(began.elapsed().as_secs() < 30, "the change is not seen");
    }
    let closed = auditor.read("/v1/partners/P-100/statements/2026-Q1");
    assert_eq!(
        closed["standing"], "closed",
        "and what is closed says the same"
    );
}

#[test]
fn a_partner_accepts_what_is_closed_and_disputes_it_no_more() {
    let story = closed();
    let server = Server::start(&story);
    let own = ["--role", "partner-manager", "--partner", "P-200"];
    let manager = signed(&story, &server, "manager", &own);
    let viewer = ["--role", "partner-viewer", "--partner", "P-200"];
    let viewer = signed(&story, &server, "viewer", &viewer);
    let place = "/v1/partners/P-200/statements/2026-Q1";
    let before = manager.read(place)["acceptance"].clone();
    assert_eq!(before["state"], "open", "{before}");
    assert_eq!(before["until"], "2026-03-31", "{before}");
    assert_eq!(before["is_custodial"], true, "{before}");
    assert_eq!(before["may_accept"]["is_allowed"], true, "{before}");
    let open = manager.read("/v1/partners/P-200/statements/2026-Q2")["acceptance"].clone();
    assert_eq!(open["state"], "not_closed", "{open}");
    assert_eq!(
        viewer.read(place)["acceptance"]["may_accept"]["is_allowed"],
        false
    );
    let line = "POST /v1/partners/P-200/acceptance";
    let asked = json!({ "until": "2026-03-31" });
    let (status, said) = viewer.ask(line, &asked);
    assert_eq!(status, 403, "{said}");
    let (status, said) = manager.ask(line, &json!({ "until": "2025-12-31" }));
    assert_eq!(
        status, 409,
        "what was not looked at is not accepted: {said}"
    );
    let (status, said) = manager.ask(line, &asked);
    assert_eq!(status, 200, "{said}");
    let (status, said) = manager.ask(line, &asked);
    assert_eq!(status, 409, "twice is once too often: {said}");
    let after = manager.read(place);
    assert_eq!(after["acceptance"]["state"], "accepted", "{after}");
    assert_eq!(
        after["acceptance"]["accepted_by_name"], "manager",
        "{after}"
    );
    let lines = after["lines"].as_array().expect("lines").iter();
    assert_eq!(
        lines
            .filter(|line| line["may_dispute"]["is_allowed"] == true)
            .count(),
        0
    );
    // The act is the command's: in the partner's name, and by an id.
    let told = story.trueup(&[
        "journal",
        "log",
        "--program",
        "program",
        "--kind",
        "statement.accepted",
        "--format",
        "json",
    ]);
    let told: Value = serde_json::from_str(&told.expect_code(0).out).expect("JSON");
    assert_eq!(told[0]["for"], "partner/P-200", "{told}");
    assert_eq!(told[0]["says"]["until"], "2026-03-31", "{told}");
    assert!(
        told[0]["by"]
            .as_str()
            .is_some_and(|by| by.starts_with("u-"))
    );
}

#[test]
fn a_statement_is_taken_home_as_a_document_and_as_a_bundle_that_verifies() {
    let story = closed();
    let server = Server::start(&story);
    let own = ["--role", "partner-viewer", "--partner", "P-100"];
    let viewer = signed(&story, &server, "viewer", &own);
    let cookie = format!("cookie: {}\r\n", viewer.cookie);
    let place = "/v1/partners/P-100/statements/2026-Q1";
    for (paper, begins) in [("pdf", &b"%PDF-"[..]), ("xlsx", &b"PK"[..])] {
        let line = format!("GET {place}/document/{paper}");
        let (head, page) = server.bytes(&line, &cookie);
        assert!(head.contains(" 200 "), "{head}");
        let named = format!("attachment; filename=\"statement-P-100-2026-Q1.{paper}\"");
        assert!(head.contains(&named), "{head}");
        assert!(head.contains("cache-control: private, no-store"), "{head}");
        assert!(page.starts_with(begins));
        let told = story.trueup(&[
            "statement",
            "--program",
            "program",
            "--partner",
            "P-100",
            "--period",
            "2026-Q1",
            "--format",
            paper,
            "--out",
            "told",
        ]);
        told.expect_code(0);
        let told = std::fs::read(story.path("told")).expect("written");
        assert!(told == page, "{paper}: the page's file is the command's");
    }
    let (head, bundle) = server.bytes(&format!("POST {place}/bundle"), &cookie);
    assert!(head.contains(" 200 "), "{head}");
    let (_, key) = server.bytes("GET /v1/vendor-key", &cookie);
    story.write("P-100.bundle", &bundle);
    story.write("vendor.key", &key);
    let told = story.trueup(&["verify", "P-100.bundle", "--key", "vendor.key"]);
    let told = told.expect_code(0).out;
    assert!(told.contains("Everything holds"), "{told}");
    // Asked for again it is the same, and nothing more is stated.
    let (_, again) = server.bytes(&format!("POST {place}/bundle"), &cookie);
    let stated = |text: &[u8]| {
        String::from_utf8_lossy(text)
            .matches("bundle.issued")
            .count()
    };
    assert_eq!(stated(&bundle), stated(&again));
    let (status, said) = viewer.ask(
        "POST /v1/partners/P-100/statements/2026-Q2/bundle",
        &Value::Null,
    );
    assert_eq!(status, 409, "what is open is in no bundle: {said}");
    for line in [
        "GET /v1/partners/P-200/statements/2026-Q1/document/pdf",
        "POST /v1/partners/P-200/statements/2026-Q1/bundle",
    ] {
        let (status, _) = viewer.ask(line, &Value::Null);
        assert_eq!(status, 404, "{line}");
    }
}

#[test]
fn a_payout_is_prepared_approved_ordered_and_reported_on_pages_by_two_people() {
    let story = closed();
    let told = story.sh(
        "set -e
        trueup profile set --partner P-100 --name 'Northwind Trading GmbH' --iban 'DE89 3704 0044 0532 0130 00' --country DE --program program --by u-17
        trueup profile confirm --partner P-100 --program program --by u-4
        trueup period accept --for partner/P-100 --program program --by u-31",
    );
    told.expect_code(0);
    let server = Server::start(&story);
    let finance = signed(&story, &server, "finance", &["--role", "finance"]);
    let approver = signed(&story, &server, "approver", &["--role", "approver"]);
    let own = ["--role", "partner-viewer", "--partner", "P-100"];
    let viewer = signed(&story, &server, "viewer", &own);
    let preview = finance.read("/v1/payout-preview?on=2026-05-15");
    assert_eq!(
        preview["payments"][0]["route"], "bank transfer",
        "{preview}"
    );
    let waits = preview["waits"].to_string();
    assert!(waits.contains("P-200"), "what waits says why: {waits}");
    let amount = preview["totals"]["USD"]
        .as_str()
        .expect("a total")
        .to_owned();
    let waiting = viewer.read("/v1/partners/P-100/payments");
    assert_eq!(waiting["account"], "DE89 … 3000", "{waiting}");
    assert_eq!(waiting["money"][0]["payable"], amount, "{waiting}");
    assert!(
        !waiting.to_string().contains("0532"),
        "an account is never whole"
    );

    let (status, said) = approver.ask("POST /v1/payouts/prepare", &json!({ "on": "2026-05-15" }));
    assert_eq!(status, 403, "{said}");
    let (status, said) = finance.ask("POST /v1/payouts/prepare", &json!({ "on": "2026-05-15" }));
    assert_eq!(
        (status, &said["waiting"]["totals"]["USD"]),
        (200, &json!(amount)),
        "{said}"
    );
    assert_eq!(said["steps"]["order"]["is_allowed"], false, "{said}");
    let totals = json!({ "totals": { "USD": amount } });
    let (status, _) = finance.ask("POST /v1/payouts/approve", &totals);
    assert_eq!(status, 403);
    let (status, said) = approver.ask(
        "POST /v1/payouts/approve",
        &json!({ "totals": { "USD": "1" } }),
    );
    assert_eq!(status, 409, "other totals are refused: {said}");
    let (status, said) = approver.ask("POST /v1/payouts/approve", &totals);
    assert_eq!(status, 200, "{said}");
    let (status, said) = finance.ask("POST /v1/payouts/order", &Value::Null);
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["ordered"][0]["open"], 1, "{said}");
    let (twice, _) = finance.ask("POST /v1/payouts/order", &Value::Null);
    assert_eq!(twice, 409, "nothing is ordered twice");

    let asked = json!({ "debtor": "Alliance GmbH", "iban": "DE75512108001245126199" });
    let cookie = format!(
        "cookie: {}\r\ncontent-type: application/json\r\n",
        finance.cookie
    );
    let (head, file) = server.told(
        "POST /v1/payouts/1/file",
        &cookie,
        asked.to_string().as_bytes(),
    );
    assert!(head.contains("filename=\"payout-1.xml\""), "{head}");
    let written = story.trueup(&[
        "payout",
        "file",
        "1",
        "--debtor",
        "Alliance GmbH",
        "--iban",
        "DE75512108001245126199",
        "--out",
        "payout.xml",
        "--program",
        "program",
    ]);
    written.expect_code(0);
    assert!(
        file == story.read("payout.xml"),
        "the page's file is the command's"
    );

    let asked = json!({ "word": "paid", "because": "the bank's statement of 15 May" });
    let (status, said) = finance.ask("POST /v1/payouts/1/report", &asked);
    assert_eq!(
        (status, &said["payout"]["paid"]),
        (200, &json!(1)),
        "{said}"
    );
    let (status, _) = finance.ask("POST /v1/payouts/9/report", &asked);
    assert_eq!(status, 404);
    let paid = viewer.read("/v1/partners/P-100/payments");
    assert_eq!(paid["payments"][0]["state"], "paid", "{paid}");
    assert_eq!(paid["money"][0]["paid"], amount, "{paid}");
    let (status, _) = viewer.ask("GET /v1/payouts", &Value::Null);
    assert_eq!(status, 403);
}

#[test]
fn an_auditor_reads_the_journal_takes_a_proof_and_checks_a_bundle() {
    let story = closed();
    let server = Server::start(&story);
    let auditor = signed(&story, &server, "auditor", &["--role", "auditor"]);
    let manager = ["--role", "partner-manager", "--partner", "P-100"];
    let manager = signed(&story, &server, "manager", &manager);
    let page = auditor.read("/v1/journal?limit=5");
    let acts = page["acts"].as_array().expect("acts");
    let size = page["size"].as_u64().expect("a size");
    assert_eq!(acts.len(), 5);
    assert_eq!(acts[0]["act"], size - 1, "the newest first: {page}");
    let next = page["next"].as_u64().expect("more");
    let older = auditor.read(&format!("/v1/journal?limit=5&before={next}"));
    assert_eq!(older["acts"][0]["act"], next - 1, "{older}");
    let closings = auditor.read("/v1/journal?kind=period.closed");
    assert_eq!(closings["acts"].as_array().map(Vec::len), Some(1));
    let own = auditor.read("/v1/journal?partner=P-200&limit=200");
    let own = own["acts"].as_array().expect("acts");
    assert!(!own.is_empty() && own.iter().all(|act| act["partner"] == "P-200"));
    let (status, _) = auditor.ask("GET /v1/journal?partner=P-999", &Value::Null);
    assert_eq!(status, 404);
    let (status, _) = manager.ask("GET /v1/journal", &Value::Null);
    assert_eq!(status, 403);
    // What the command lists is what the page lists.
    let told = story.trueup(&["journal", "log", "--program", "program", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.expect_code(0).out).expect("JSON");
    assert_eq!(told.as_array().map(|all| all.len() as u64), Some(size));

    let at = closings["acts"][0]["act"].as_u64().expect("a place");
    let act = auditor.read(&format!("/v1/journal/{at}"));
    assert_eq!(act["signers"][0]["in_the_name_of"], "vendor", "{act}");
    assert_eq!(act["wrong"], Value::Null, "{act}");
    let cookie = format!("cookie: {}\r\n", auditor.cookie);
    let (head, proof) = server.bytes(&format!("GET /v1/journal/{at}/proof"), &cookie);
    assert!(head.contains(".tlog-proof\""), "{head}");
    let (_, key) = server.bytes("GET /v1/vendor-key", &cookie);
    story.write("act.proof", &proof);
    story.write("vendor.key", &key);
    let held = story.trueup(&["verify", "act.proof", "--key", "vendor.key"]);
    assert!(held.expect_code(0).out.contains(&format!("Act {at} of")));

    let (status, whole) = auditor.ask("POST /v1/journal/check", &Value::Null);
    assert_eq!((status, &whole["is_whole"]), (200, &json!(true)), "{whole}");
    let (_, bundle) = server.bytes("POST /v1/partners/P-100/statements/2026-Q1/bundle", &cookie);
    let text = String::from_utf8(bundle).expect("text");
    let check = |text: &str| {
        let (status, body) = server.ask_with("POST /v1/bundles/check", &cookie, text.as_bytes());
        let body: Value = serde_json::from_str(&body).expect("JSON");
        (status, body)
    };
    let (status, good) = check(&text);
    assert_eq!((status, &good["holds"]), (200, &json!(true)), "{good}");
    assert!(
        good["says"]
            .as_str()
            .is_some_and(|says| says.ends_with("Everything holds\n"))
    );
    let (status, bad) = check(&text.replacen("volume_bonus", "volume_bonux", 1));
    assert_eq!((status, &bad["holds"]), (200, &json!(false)), "{bad}");
    assert!(
        bad["says"]
            .as_str()
            .is_some_and(|says| says.contains("does not hold"))
    );
    assert_eq!(check("no bundle").0, 409);
}

#[test]
fn a_partner_reads_what_it_signed_and_answers_what_is_proposed() {
    let story = closed();
    let server = Server::start(&story);
    let manager = ["--role", "partner-manager", "--partner", "P-100"];
    let manager = signed(&story, &server, "manager", &manager);
    let viewer = ["--role", "partner-viewer", "--partner", "P-100"];
    let viewer = signed(&story, &server, "viewer", &viewer);
    let place = "/v1/partners/P-100/agreements";
    let list = manager.read(place);
    let first = &list["agreements"][0];
    assert_eq!(first["state"], "signed", "{list}");
    assert_eq!(first["is_as_signed"], true);
    assert_eq!(first["signed"].as_array().map(Vec::len), Some(1));
    assert_eq!(first["may_answer"]["is_allowed"], false);
    let words = first["words"].as_str().expect("words").to_owned();
    assert!(words.len() > 200, "{words}");
    // The plan changes in the folder and is proposed; what was signed is still what is shown.
    let plan = std::fs::read_dir(story.path("program/plans"))
        .expect("plans")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| std::fs::read_to_string(path).is_ok_and(|text| text.contains("volume_bonus")))
        .expect("a plan");
    let text = std::fs::read_to_string(&plan).expect("read");
    let changed = text.replacen("rate: 3%", "rate: 5%", 1);
    assert_ne!(changed, text);
    std::fs::write(&plan, changed).expect("written");
    let name = first["name"].as_str().expect("a name").to_owned();
    let propose = format!(
        "trueup agreement propose {name} --partner P-100 --because 'a higher rate' --program program --by u-17"
    );
    story.sh(&propose).expect_code(0);
    let is_proposed = |list: &Value| list["agreements"][0]["state"] == "proposed";
    let proposed = manager.read_once(place, is_proposed)["agreements"][0].clone();
    assert_eq!(
        proposed["words"], words,
        "what is signed is what is in force"
    );
    let proposal = &proposed["proposal"];
    assert_eq!(proposal["because"], "a higher rate");
    assert_ne!(proposal["words"], words);
    let changes = proposal["changes"].as_array().expect("changes");
    assert!(
        changes.iter().any(|one| one["may_move_money"] == true),
        "{proposal}"
    );
    let line = format!("POST {place}/{name}/answer");
    let at = proposal["proposal"].clone();
    let accept = json!({ "proposal": at, "outcome": "accepted" });
    let (status, said) = viewer.ask(&line, &accept);
    assert_eq!(status, 403, "{said}");
    let (status, said) = manager.ask(&line, &json!({ "proposal": 1, "outcome": "accepted" }));
    assert_eq!(status, 409, "what was not looked at is not signed: {said}");
    let (status, said) = manager.ask(&line, &json!({ "proposal": at, "outcome": "declined" }));
    assert_eq!(status, 409, "a no has its reason: {said}");
    let no = json!({ "proposal": at, "outcome": "declined", "because": "the cap is missing" });
    let (status, said) = manager.ask(&line, &no);
    assert_eq!(status, 200, "{said}");
    story.sh(&propose).expect_code(0);
    let again =
        manager.read_once(place, is_proposed)["agreements"][0]["proposal"]["proposal"].clone();
    assert_ne!(again, at);
    let (status, said) = manager.ask(&line, &json!({ "proposal": again, "outcome": "accepted" }));
    assert_eq!(status, 200, "{said}");
    let after = &said["agreements"][0];
    assert_eq!(after["state"], "signed", "{after}");
    assert_eq!(after["signed"].as_array().map(Vec::len), Some(2));
    assert_eq!(after["signed"][0]["is_custodial"], true);
    assert!(!after["changes"].as_array().expect("changes").is_empty());
    assert_ne!(after["words"], words);
}
