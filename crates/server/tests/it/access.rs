//! Every operation asked as every role, with another partner's id in each place where an id can travel.

use std::collections::BTreeMap;

use serde_json::Value;
use trueup_server::wire::Role;

use crate::bench::{Answer, Bench};

/// What each role may do, by the words of operations: written by hand here, and held against what the server does.
const MAY: [(Role, &str, &str); 9] = [
    (
        Role::PartnerViewer,
        "partner_viewer",
        "session keys:read partners:list partners:read whatif:ask facts:read bundles:issue disputes:read \
         announcements:acknowledge acts:sign events:read",
    ),
    (
        Role::PartnerManager,
        "partner_manager",
        "session keys:read partners:list partners:read whatif:ask facts:read facts:doubt statements:accept agreements:answer \
         bundles:issue disputes:read disputes:open disputes:answer announcements:acknowledge acts:sign \
         keys:hold events:read",
    ),
    (
        Role::AccountManager,
        "account_manager",
        "session keys:read partners:list partners:read whatif:ask facts:read facts:doubt bundles:issue disputes:read disputes:open disputes:answer events:read",
    ),
    (
        Role::ProgramDesigner,
        "program_designer",
        "session keys:read partners:list partners:read whatif:ask facts:read feeds:read overview:read plans:read plans:check \
         sources:read announcements:list announcements:make events:read",
    ),
    (
        Role::Finance,
        "finance",
        "session keys:read partners:list partners:read whatif:ask facts:read facts:doubt feeds:read bundles:issue disputes:read \
         disputes:open disputes:answer overview:read periods:read periods:calculate periods:close payouts:read payouts:prepare \
         payouts:order payouts:file exceptions:read exceptions:propose journal:read plans:read plans:check sources:read \
         facts:push rows:mend rows:replay announcements:list announcements:make events:read",
    ),
    (
        Role::Approver,
        "approver",
        "session keys:read partners:list partners:read facts:read bundles:issue disputes:read disputes:answer overview:read \
         periods:read periods:approve payouts:read payouts:approve exceptions:read exceptions:approve plans:read \
         announcements:list events:read",
    ),
    (
        Role::Auditor,
        "auditor",
        "session keys:read partners:list partners:read facts:read feeds:read bundles:issue disputes:read overview:read \
         periods:read payouts:read exceptions:read journal:read plans:read sources:read announcements:list events:read",
    ),
    (
        Role::Executive,
        "executive",
        "session keys:read partners:list partners:read overview:read periods:read announcements:list events:read",
    ),
    (
        Role::Administrator,
        "administrator",
        "session keys:read feeds:read rows:replay people:manage webhooks:manage",
    ),
];

/// One operation as the description has it.
struct Described {
    method: String,
    path: String,
    /// The word of the operation; none of what is open to everybody.
    word: Option<String>,
    /// The roles that the description names.
    roles: Vec<String>,
    query: Vec<String>,
    body: Option<Value>,
}

/// Every operation, with a body that its schema takes.
fn described(bench: &Bench) -> Vec<Described> {
    let description: Value = serde_json::from_str(&bench.server.openapi()).expect("JSON");
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().expect("paths") {
        for (method, said) in methods.as_object().expect("methods") {
            let parameters = said["parameters"].as_array().cloned().unwrap_or_default();
            let query = parameters
                .iter()
                .filter(|one| one["in"] == "query")
                .filter_map(|one| one["name"].as_str().map(str::to_owned));
            let named = said["operationId"].as_str().unwrap_or_default();
            all.push(Described {
                method: method.to_uppercase(),
                path: path.clone(),
                word: said["x-trueup-operation"].as_str().map(str::to_owned),
                roles: said["x-trueup-roles"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|role| role.as_str().map(str::to_owned))
                    .collect(),
                query: query.collect(),
                body: said.get("requestBody").map(|_| body(named)),
            });
        }
    }
    all
}

/// A body that an operation takes; one that a test forgot is found, because it is refused.
fn body(operation: &str) -> Value {
    match operation {
        "open_dispute" => serde_json::json!({
            "partner": "P-1", "component": "bonus", "settled_on": "2026-03-31", "because": "an order is missing"
        }),
        "answer_dispute" => {
            serde_json::json!({ "outcome": "rejected", "because": "it was credited" })
        }
        "propose_exception" => serde_json::json!({
            "partner": "P-1", "amount": "250.00", "currency": "EUR", "reason": "goodwill", "because": "the portal was down"
        }),
        "mend_row" => {
            serde_json::json!({ "cells": { "amount": "1250.00" }, "because": "as the invoice has it" })
        }
        "reject_row" => serde_json::json!({ "because": "it never happened" }),
        "replay_rows" => serde_json::json!({}),
        "hold_key" => serde_json::json!({ "request": "trueup key 1" }),
        "sign_step" => serde_json::json!({
            "key": "1a2b3c4d", "step": { "does": "acknowledge_announcement", "announcement": 7 }
        }),
        "doubt_fact" => serde_json::json!({ "fact": "shop/1", "because": "it was returned" }),
        "answer_agreement" => serde_json::json!({ "proposal": 7, "outcome": "accepted" }),
        "whatif" => serde_json::json!({
            "rows": [{ "kind": "sale", "cells": { "partner": "P-1", "invoiced_on": "2026-03-31", "amount": "1.00" } }]
        }),
        "accept" => serde_json::json!({ "until": "2026-03-31" }),
        "approve_payout" => serde_json::json!({ "totals": { "EUR": "1.00" } }),
        "prepare_payout" => serde_json::json!({ "on": "2026-05-15" }),
        "payment_file" => {
            serde_json::json!({ "debtor": "Alliance GmbH", "iban": "DE75512108001245126199" })
        }
        "report_payments" => {
            serde_json::json!({ "word": "paid", "because": "the bank's statement" })
        }
        "calculate" => serde_json::json!({ "until": "2026-03-31" }),
        "approve" => serde_json::json!({ "totals": { "EUR": "1.00" } }),
        "check_plan" => serde_json::json!({ "plan": "plan", "text": "plan: plan" }),
        "make_token" => {
            serde_json::json!({ "is_for": "a test", "scopes": ["partners:read"], "days": 1 })
        }
        "use_authenticator" => {
            serde_json::json!({ "secret": "GEZDGNBVGY3TQOJQ", "code": "000000" })
        }
        "add_person" => serde_json::json!({
            "name": "somebody", "shown_name": "Somebody", "password": "four words are good", "grants": []
        }),
        "add_webhook" => {
            serde_json::json!({ "address": "https://receiver.example/hook", "kinds": ["dispute.opened"] })
        }
        "announce" => serde_json::json!({
            "title": "Targets", "text": "They are in the agreements.", "to": { "whom": "everybody" }
        }),
        "withdraw_announcement" => serde_json::json!({ "because": "the day was wrong" }),
        "decline_mail" => serde_json::json!({ "declined": ["feed.late"] }),
        "change_access" => serde_json::json!({ "is_active": true, "grants": [] }),
        "push" => {
            serde_json::json!([{ "number": "1", "revision": 1, "customer": "P-1", "day": "2026-01-02", "amount": "1.00" }])
        }
        _ => Value::Null,
    }
}

/// A path with its parameters filled in.
fn filled(path: &str, partner: &str) -> String {
    path.replace("{partner}", partner)
        .replace("{period}", "2026-Q1")
        .replace("{line}", "bonus@2026-03-31")
        .replace("{paper}", "pdf")
        .replace("{payout}", "1")
        .replace("{act}", "1")
        .replace("{agreement}", "terms")
        .replace("{dispute}", "7")
        .replace("{exception}", "9")
        .replace("{plan}", "plan")
        .replace("{source}", "shop")
        .replace("{token}", "t-none")
        .replace("{row}", "1:4")
        .replace("{person}", "u-none")
        .replace("{webhook}", "w-none")
        .replace("{event}", "17")
        .replace("{announcement}", "7")
}

async fn ask(bench: &Bench, cookie: &str, one: &Described, path: &str) -> Answer {
    let body = one.body.as_ref().map(Value::to_string).unwrap_or_default();
    let line = format!("{} {path}", one.method);
    bench.ask_as(cookie, &line, &body).await
}

#[tokio::test]
async fn every_role_does_what_it_may_and_nothing_else() {
    let bench = Bench::new().await;
    let all = described(&bench);
    assert!(all.len() > 30, "operations are described");
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for (role, word, may) in MAY {
        let partner = word.starts_with("partner_").then_some("P-1");
        let cookie = bench.signed(word, role, partner).await;
        for one in all.iter().filter(|one| one.word.is_some()) {
            let operation = one.word.as_deref().expect("a word");
            let is_allowed = may.split_whitespace().any(|word| word == operation);
            let said = one.roles.iter().any(|role| role == word);
            let cell = format!("{word} {} {}", one.method, one.path);
            assert_eq!(said, is_allowed, "{cell}: the description says otherwise");
            let answer = ask(&bench, &cookie, one, &filled(&one.path, "P-1")).await;
            match is_allowed {
                true => {
                    assert!(
                        ![401, 403].contains(&answer.status),
                        "{cell}: {}",
                        answer.body
                    );
                    // Let in, and refused by a rule that is not about roles.
                    let is_body =
                        ["wrong_code", "refused"].contains(&answer.code_or_none().as_str());
                    let is_none = ["{token}", "{person}", "{webhook}"]
                        .iter()
                        .any(|name| one.path.contains(name));
                    let is_fine = answer.status < 300 || is_body || is_none;
                    assert!(is_fine, "{cell}: {} {}", answer.status, answer.body);
                }
                false => assert_eq!(answer.status, 403, "{cell}: {}", answer.body),
            }
            *counted.entry(word).or_default() += 1;
        }
    }
    assert_eq!(counted.len(), 9);
}

impl Answer {
    fn code_or_none(&self) -> String {
        let parsed: Option<Value> = serde_json::from_str(&self.body).ok();
        let code = parsed.and_then(|said| said["code"].as_str().map(str::to_owned));
        code.unwrap_or_default()
    }
}

#[tokio::test]
async fn strangers_are_answered_401_and_nothing_more() {
    let bench = Bench::new().await;
    for one in described(&bench).iter().filter(|one| one.word.is_some()) {
        let path = filled(&one.path, "P-1");
        for headers in [
            "content-type: application/json",
            "content-type: application/json\ncookie: trueup=made-up",
            "content-type: application/json\nauthorization: Bearer made-up",
            "content-type: application/json\nauthorization: Basic b3BlcmF0b3I=",
        ] {
            let body = one.body.as_ref().map(Value::to_string).unwrap_or_default();
            let line = format!("{} {path}", one.method);
            let answer = bench.ask(&line, headers, &body).await;
            assert_eq!(answer.status, 401, "{line} with {headers}: {}", answer.body);
            assert!(!answer.body.contains("P-1"), "{line}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn another_partner_is_answered_as_one_that_there_is_not() {
    let bench = Bench::new().await;
    // A fact that can be doubted.
    let bearing = "authorization: Bearer the operator's own\ncontent-type: application/json";
    let pushed = body("push").to_string();
    let pushed = bench.ask("POST /v1/facts/shop", bearing, &pushed).await;
    assert_eq!(pushed.status, 200, "{}", pushed.body);
    for (role, word, may) in MAY {
        // A role of the vendor that is granted for one partner sees no other either.
        let cookie = bench.signed(word, role, Some("P-1")).await;
        for one in described(&bench) {
            let operation = one.word.as_deref().unwrap_or_default();
            if !may.split_whitespace().any(|word| word == operation) {
                continue;
            }
            let cell = format!("{word} {} {}", one.method, one.path);
            if one.path.contains("{partner}") {
                let other = ask(&bench, &cookie, &one, &filled(&one.path, "P-2")).await;
                let none = ask(&bench, &cookie, &one, &filled(&one.path, "P-9")).await;
                assert_eq!(other.status, 404, "{cell}");
                assert_eq!(other.body.replace("P-2", "P-9"), none.body, "{cell}");
                let own = ask(&bench, &cookie, &one, &filled(&one.path, "P-1")).await;
                assert_eq!(own.status, 200, "{cell}: {}", own.body);
                // Written otherwise, it is the same partner.
                let hidden = filled(&one.path, "P%2D2");
                let hidden = ask(&bench, &cookie, &one, &hidden).await;
                assert_eq!(hidden.status, 404, "{cell}");
            }
            let is_shut = async || {
                let path = filled(&one.path, "P-1");
                bench.status_of(&cookie, &path).await.as_u16() == 403
            };
            // What is about everybody is shut to whoever sees one partner, whatever is asked.
            if one.query.iter().any(|name| name == "partner") && is_shut().await {
                let path = format!("{}?partner=P-2", filled(&one.path, "P-1"));
                let other = ask(&bench, &cookie, &one, &path).await;
                assert_eq!(other.status, 403, "{cell}: {}", other.body);
                assert!(!other.body.contains("P-2"), "{cell}: {}", other.body);
            } else if one.query.iter().any(|name| name == "partner") {
                for query in [
                    "partner=P-2",
                    "partner=P%2D2",
                    "%70artner=P-2",
                    "partner=P-1&partner=P-2",
                ] {
                    let path = format!("{}?{query}", filled(&one.path, "P-1"));
                    let status = match one.path.ends_with("/events") {
                        true => bench.status_of(&cookie, &path).await.as_u16(),
                        false => ask(&bench, &cookie, &one, &path).await.status,
                    };
                    assert!([400, 404].contains(&status), "{cell}?{query}: {status}");
                }
            }
            if let Some(body) = one
                .body
                .as_ref()
                .filter(|body| body.get("partner").is_some())
            {
                let mut other = body.clone();
                other["partner"] = "P-2".into();
                let line = format!("{} {}", one.method, one.path);
                let answer = bench.ask_as(&cookie, &line, &other.to_string()).await;
                assert_eq!(answer.status, 404, "{cell}: {}", answer.body);
            }
        }
        let list = bench.ask_as(&cookie, "GET /v1/partners", "").await;
        assert!(!list.body.contains("P-2"), "{word}: {}", list.body);
        let disputes = bench.ask_as(&cookie, "GET /v1/disputes", "").await;
        assert!(!disputes.body.contains("P-2"), "{word}: {}", disputes.body);
        let exceptions = bench.ask_as(&cookie, "GET /v1/exceptions", "").await;
        assert!(
            !exceptions.body.contains("P-2"),
            "{word}: {}",
            exceptions.body
        );
        // Exception 10 is the other partner's.
        let other = bench
            .ask_as(&cookie, "POST /v1/exceptions/10/approve", "")
            .await;
        let none = bench
            .ask_as(&cookie, "POST /v1/exceptions/99/approve", "")
            .await;
        assert_eq!(
            (other.status, other.body),
            (none.status, none.body),
            "{word}"
        );
        // Dispute 8 is the other partner's.
        let answer = "{\"outcome\":\"withdrawn\",\"because\":\"a mistake\"}";
        let other = bench
            .ask_as(&cookie, "POST /v1/disputes/8/answer", answer)
            .await;
        let none = bench
            .ask_as(&cookie, "POST /v1/disputes/99/answer", answer)
            .await;
        assert!([403, 404].contains(&other.status), "{word}: {}", other.body);
        assert_eq!(
            (other.status, other.body),
            (none.status, none.body),
            "{word}"
        );
    }
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_owner_may() {
    let bench = Bench::new().await;
    let finance = bench.signed("finance", Role::Finance, None).await;
    let asked =
        "{\"is_for\":\"the shop\",\"scopes\":[\"partners:read\",\"people:manage\"],\"days\":1}";
    let made = bench.ask_as(&finance, "POST /v1/tokens", asked).await;
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let bearing = format!("authorization: Bearer {token}");
    let status = async |line: &str| bench.ask(line, &bearing, "").await.status;
    assert_eq!(status("GET /v1/partners/P-1/home").await, 200);
    assert_eq!(status("GET /v1/overview").await, 403, "not in its scopes");
    assert_eq!(status("GET /v1/people").await, 403, "not its owner's to do");
    // A wrong token is not made good by a cookie.
    let both = format!("authorization: Bearer wrong\ncookie: {finance}");
    assert_eq!(bench.ask("GET /v1/overview", &both, "").await.status, 401);
    let listed = bench.ask_as(&finance, "GET /v1/tokens", "").await;
    assert!(listed.body.contains(&id) && !listed.body.contains(&token));
    // Somebody else neither sees nor ends it.
    let other = bench.signed("auditor", Role::Auditor, None).await;
    let line = format!("DELETE /v1/tokens/{id}");
    assert_eq!(bench.ask_as(&other, &line, "").await.status, 404);
    assert_eq!(bench.ask_as(&finance, &line, "").await.status, 204);
    assert_eq!(status("GET /v1/partners/P-1/home").await, 401);
}

#[tokio::test]
async fn the_operators_token_pushes_and_reads_and_does_nothing_else() {
    let bench = Bench::new().await;
    let bearing = "authorization: Bearer the operator's own\ncontent-type: application/json";
    let body = body("push").to_string();
    let pushed = bench.ask("POST /v1/facts/shop", bearing, &body).await;
    assert_eq!(pushed.status, 200, "{}", pushed.body);
    let home = bench.ask("GET /v1/partners/P-1/home", bearing, "").await;
    assert_eq!(home.status, 200);
    for line in [
        "GET /v1/people",
        "POST /v1/periods/close",
        "GET /v1/overview",
    ] {
        assert_eq!(bench.ask(line, bearing, "").await.status, 403, "{line}");
    }
}

#[tokio::test]
async fn access_that_is_taken_away_is_gone_at_once() {
    let bench = Bench::new().await;
    let administrator = bench
        .signed("administrator", Role::Administrator, None)
        .await;
    let finance = bench.signed("finance", Role::Finance, None).await;
    assert_eq!(
        bench.ask_as(&finance, "GET /v1/overview", "").await.status,
        200
    );
    let people = bench
        .ask_as(&administrator, "GET /v1/people", "")
        .await
        .json();
    let id_of = |name: &str| {
        let mut people = people["people"].as_array().expect("people").iter();
        let found = people.find(|one| one["name"] == name);
        found.expect("there")["id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    let line = format!("PUT /v1/people/{}/access", id_of("finance"));
    let none = "{\"is_active\":false,\"grants\":[]}";
    assert_eq!(bench.ask_as(&administrator, &line, none).await.status, 204);
    assert_eq!(
        bench.ask_as(&finance, "GET /v1/overview", "").await.status,
        401
    );
    assert!(
        bench
            .sign_on("finance", crate::bench::PASSWORD)
            .await
            .is_none()
    );
    // Nobody changes their own access, not even to less.
    let line = format!("PUT /v1/people/{}/access", id_of("administrator"));
    assert_eq!(bench.ask_as(&administrator, &line, none).await.status, 409);
    let odd = "{\"name\":\"x\",\"shown_name\":\"X\",\"password\":\"four words are good\",\
               \"grants\":[{\"role\":\"partner_viewer\"}]}";
    let refused = bench.ask_as(&administrator, "POST /v1/people", odd).await;
    assert_eq!(
        refused.status, 422,
        "a partner's own people need their partner"
    );
}

#[tokio::test]
async fn a_body_whose_parts_are_wrong_says_which() {
    let bench = Bench::new().await;
    let viewer = bench
        .signed("viewer", Role::PartnerViewer, Some("P-1"))
        .await;
    let answer = bench
        .ask_as(&viewer, "POST /v1/partners/P-1/whatif", "{\"rows\":[]}")
        .await;
    assert_eq!(answer.status, 422);
    let said = answer.json();
    assert_eq!(said["errors"][0]["pointer"], "#/rows");
    assert_eq!(said["code"], "unprocessable");
    // What is not about parts names none.
    let other = bench.ask_as(&viewer, "GET /v1/partners/P-2", "").await;
    assert!(other.json().get("errors").is_none());
}

#[tokio::test]
async fn an_administrator_sees_what_to_do_about_a_row_and_no_figure() {
    let bench = Bench::new().await;
    let finance = bench.signed("finance", Role::Finance, None).await;
    let told = bench.ask_as(&finance, "GET /v1/feeds", "").await;
    assert!(told.body.contains("1,250.00"), "{}", told.body);
    let administrator = bench
        .signed("administrator", Role::Administrator, None)
        .await;
    let told = bench.ask_as(&administrator, "GET /v1/feeds", "").await;
    assert!(!told.body.contains("1,250.00"), "{}", told.body);
    assert!(told.body.contains("write 1250.00"), "{}", told.body);
}
