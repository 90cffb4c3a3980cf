//! Steps in a partner's name that are signed where the partner's own key is: the server sees texts and signatures, no secret.

use serde_json::{Value, json};
use trueup_journal::SecretKey;
use trueup_journal::testing::bare;

use crate::served::{Someone, closed, signed};
use crate::serving::Server;
use crate::story::Story;

const PLACE: &str = "/v1/partners/P-100/agreements";

/// A key that a partner made at home, and the request for it.
fn key(story: &Story, partner: &str, file: &str) -> (SecretKey, String) {
    let made = format!("trueup keys new --of starter --for partner/{partner} --out {file}");
    story.sh(&made).expect_code(0);
    let read = |ending: &str| {
        std::fs::read_to_string(story.path(&format!("{file}.{ending}"))).expect("written")
    };
    let key = SecretKey::parse(&read("key")).expect("a key");
    (key, read("request"))
}

/// Asks for a step with what is signed of it; the status and what was answered.
fn ask(who: &Someone<'_>, key: &SecretKey, step: &Value, signed: &[Value]) -> (u16, Value) {
    let body = json!({ "key": key.public().id(), "step": step, "signed": signed });
    who.ask("POST /v1/partners/P-100/signing", &body)
}

/// What is to be signed next.
fn to_sign(answer: &(u16, Value)) -> String {
    let (status, said) = answer;
    assert_eq!(*status, 200, "{said}");
    assert_eq!(said["is_done"], false, "{said}");
    said["to_sign"]["text"].as_str().expect("a text").to_owned()
}

fn by(key: &SecretKey, text: &str) -> Value {
    json!({ "text": text, "signature": bare(text, key) })
}

/// Takes a step to its end, as a browser does; each text that was signed.
fn taken(who: &Someone<'_>, key: &SecretKey, step: &Value) -> Vec<Value> {
    let mut signed = Vec::new();
    loop {
        let answer = ask(who, key, step, &signed);
        if answer.1["is_done"] == true {
            return signed;
        }
        signed.push(by(key, &to_sign(&answer)));
    }
}

fn refused(answer: &(u16, Value), says: &str) {
    let (status, said) = answer;
    assert_eq!(*status, 409, "{said}");
    let detail = said["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(says), "{detail} does not say: {says}");
}

/// How many acts there are.
fn acts(story: &Story) -> usize {
    let told = story.trueup(&["journal", "log", "--program", "program", "--format", "csv"]);
    told.expect_code(0).out.lines().count()
}

fn proposed(story: &Story, who: &Someone<'_>, because: &str) -> (String, u64) {
    let list = who.read(PLACE);
    let name = list["agreements"][0]["name"].as_str().expect("a name");
    let propose = format!(
        "trueup agreement propose {name} --partner P-100 --because '{because}' --program program --by u-17"
    );
    story.sh(&propose).expect_code(0);
    let is_there = |list: &Value| list["agreements"][0]["proposal"]["because"] == because;
    let list = who.read_once(PLACE, is_there);
    let at = &list["agreements"][0]["proposal"]["proposal"];
    (name.to_owned(), at.as_u64().expect("a proposal"))
}

fn raised(story: &Story, rate: &str) {
    let plans = std::fs::read_dir(story.path("program/plans")).expect("plans");
    for plan in plans.filter_map(Result::ok) {
        let text = std::fs::read_to_string(plan.path()).expect("read");
        if text.contains("volume_bonus") {
            let from = text.find("rate: ").expect("a rate");
            let until = from + text[from..].find('%').expect("percent");
            let changed = format!("{}rate: {rate}{}", &text[..from], &text[until..]);
            std::fs::write(plan.path(), changed).expect("written");
            return;
        }
    }
    panic!("no plan of the starter has a volume bonus");
}

#[test]
fn a_partner_brings_its_own_key_and_signs_an_agreement_with_it() {
    let story = closed();
    let server = Server::start(&story);
    let of = |partner| ["--role", "partner-manager", "--partner", partner];
    let manager = signed(&story, &server, "manager", &of("P-100"));
    let other = signed(&story, &server, "other", &of("P-200"));
    let viewer = ["--role", "partner-viewer", "--partner", "P-100"];
    let viewer = signed(&story, &server, "viewer", &viewer);

    // The key is brought by whoever may, for their own partner, and signed by itself.
    let (own, request) = key(&story, "P-100", "own");
    let (stranger, strange) = key(&story, "P-200", "stranger");
    let keys = "/v1/partners/P-100/keys";
    let bring = |who: &Someone<'_>, request: &str| {
        who.ask(&format!("POST {keys}"), &json!({ "request": request }))
    };
    assert_eq!(bring(&other, &request).0, 404);
    assert_eq!(bring(&viewer, &request).0, 403);
    refused(&bring(&manager, &strange), "you act for partner/P-100");
    let broken = request.replacen(&own.public().id(), &stranger.public().id(), 1);
    assert_eq!(bring(&manager, &broken).0, 409);
    assert_eq!(manager.read(keys)["keys"][0]["is_custodial"], true);
    assert_eq!(viewer.read(keys)["may_hold"]["is_allowed"], false);
    let (status, said) = bring(&manager, &request);
    assert_eq!(status, 200, "{said}");
    assert_eq!(said["keys"][0]["id"], own.public().id().as_str(), "{said}");
    assert_eq!(said["keys"][0]["is_custodial"], false);
    assert_eq!(said["keys"][0]["signs_now"], true);
    assert!(said["keys"][1]["retired_at"].is_u64(), "{said}");
    refused(&bring(&manager, &request), "a key of its own already");

    // Without the key, nobody signs for the partner any longer.
    raised(&story, "5");
    let (name, at) = proposed(&story, &manager, "a higher rate");
    let plain = json!({ "proposal": at, "outcome": "accepted" });
    let (status, said) = manager.ask(&format!("POST {PLACE}/{name}/answer"), &plain);
    assert_eq!(status, 409, "the server has no key to sign with: {said}");

    let before = acts(&story);
    let step = json!({ "does": "accept_agreement", "agreement": name, "proposal": at });
    let first = ask(&manager, &own, &step, &[]);
    let seal = to_sign(&first);
    assert!(seal.contains("partner P-100"), "{seal}");
    let texts = first.1["to_sign"]["texts"].as_array().expect("texts");
    assert!(texts.iter().any(|text| {
        text["text"]
            .as_str()
            .is_some_and(|text| text.contains("volume_bonus"))
    }));

    // What is not signed by this key over these bytes is refused, and says why; nothing is written.
    let wrong = json!({ "text": seal, "signature": bare("another text\n", &own) });
    refused(&ask(&manager, &own, &step, &[wrong]), "no signature of");
    let by_another = json!({ "text": seal, "signature": bare(&seal, &stranger) });
    refused(
        &ask(&manager, &own, &step, &[by_another]),
        "no signature of",
    );
    refused(
        &ask(&manager, &stranger, &step, &[]),
        "no key of the partner's own",
    );
    let altered = seal.replacen("2026", "2027", 1);
    refused(
        &ask(&manager, &own, &step, &[by(&own, &altered)]),
        "not what is proposed",
    );
    assert_eq!(ask(&other, &own, &step, &[]).0, 404);
    assert_eq!(ask(&viewer, &own, &step, &[]).0, 403);
    let sealed = by(&own, &seal);
    let act = to_sign(&ask(&manager, &own, &step, std::slice::from_ref(&sealed)));
    let forged = act.replacen("\nby ", "\nby x", 1);
    refused(
        &ask(&manager, &own, &step, &[sealed.clone(), by(&own, &forged)]),
        "not what this step says now",
    );
    assert_eq!(acts(&story), before, "nothing was written");

    // Another proposal takes its place: what was signed for the first is stale.
    raised(&story, "6");
    let (_, next) = proposed(&story, &manager, "a still higher rate");
    refused(
        &ask(&manager, &own, &step, &[sealed.clone(), by(&own, &act)]),
        "waits no longer",
    );
    let step = json!({ "does": "accept_agreement", "agreement": name, "proposal": next });
    refused(
        &ask(&manager, &own, &step, &[sealed, by(&own, &act)]),
        "not what is proposed",
    );
    let signed = taken(&manager, &own, &step);
    assert_eq!(signed.len(), 2, "the seal and the act");
    refused(&ask(&manager, &own, &step, &signed), "waits no longer");
    let list = manager.read(PLACE);
    assert_eq!(list["agreements"][0]["state"], "signed", "{list}");
    assert_eq!(list["agreements"][0]["signed"][0]["is_custodial"], false);

    // Whoever has nothing but the vendor's key sees that the partner signed by a key of its own.
    let told = story.sh(&format!(
        "set -e
        trueup verify --program program
        trueup agreement show {name} --partner P-100 --program program > signed.agreement
        trueup keys list --program program --format csv | grep '^vendor,' | head -1 | cut -d, -f6 > vendor.key
        trueup verify signed.agreement --key \"$(cat vendor.key)\""
    ));
    let told = told.expect_code(0).out.clone();
    assert!(
        told.contains("the partner signed it by a key of its own"),
        "{told}"
    );
}

#[test]
fn statements_disputes_and_announcements_are_signed_with_the_own_key_too() {
    let story = closed();
    let server = Server::start(&story);
    let manager = ["--role", "partner-manager", "--partner", "P-100"];
    let manager = signed(&story, &server, "manager", &manager);
    let (own, request) = key(&story, "P-100", "own");
    let (status, said) = manager.ask(
        "POST /v1/partners/P-100/keys",
        &json!({ "request": request }),
    );
    assert_eq!(status, 200, "{said}");

    let line = json!({
        "does": "open_dispute", "component": "volume_bonus", "settled_on": "2026-03-31",
        "because": "invoice I-2001 is missing"
    });
    let opened = taken(&manager, &own, &line);
    // The very same act, sent again after the dispute was taken back, opens no second one.
    let disputes = manager.read("/v1/disputes");
    let id = disputes["disputes"][0]["id"].as_u64().expect("a dispute");
    let back = json!({ "does": "withdraw_dispute", "dispute": id, "because": "it was found" });
    let none = json!({ "does": "withdraw_dispute", "dispute": 1, "because": "it was found" });
    assert_eq!(ask(&manager, &own, &none, &[]).0, 404);
    taken(&manager, &own, &back);
    refused(&ask(&manager, &own, &line, &opened), "not taken twice");

    let made =
        "trueup announce make --title Targets --text 'They are out.' --program program --by u-17";
    story.sh(made).expect_code(0);
    let announced = "/v1/partners/P-100/announcements";
    let is_there = |said: &Value| said["announcements"][0]["id"].is_u64();
    let said = manager.read_once(announced, is_there);
    assert_eq!(
        said["announcements"][0]["may_acknowledge"]["is_allowed"],
        true
    );
    let at = &said["announcements"][0]["id"];
    taken(
        &manager,
        &own,
        &json!({ "does": "acknowledge_announcement", "announcement": at }),
    );
    assert!(manager.read(announced)["announcements"][0]["read_at"].is_string());

    let statement = "/v1/partners/P-100/statements/2026-Q1";
    assert_eq!(manager.read(statement)["acceptance"]["is_custodial"], false);
    let accept = json!({ "does": "accept_statements", "until": "2026-03-31" });
    let accepted = taken(&manager, &own, &accept);
    assert_eq!(manager.read(statement)["acceptance"]["state"], "accepted");
    refused(&ask(&manager, &own, &accept, &accepted), "already");
    // A signature is of its moment.
    let old = accepted[0]["text"].as_str().expect("a text");
    let day = old.find("\nat ").expect("a day") + 4;
    let old = format!("{}2026-01-01{}", &old[..day], &old[day + 10..]);
    story.sh("trueup verify --program program").expect_code(0);
    let viewed = ask(
        &manager,
        &own,
        &json!({
            "does": "open_dispute", "component": "volume_bonus", "settled_on": "2026-03-31", "because": "late"
        }),
        &[by(&own, &old)],
    );
    assert_eq!(viewed.0, 409, "{}", viewed.1);
}
