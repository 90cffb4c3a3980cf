//! Webhooks: told until they know, signed, and never told to look inside.

use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trueup_server::Reach;
use trueup_server::wire::Role;
use trueup_store::{NewMessage, Reader};

use crate::bench::Bench;

/// What came to a receiver: its head and its body.
type Came = (String, String);

/// A receiver that answers each message with the next of some answers, the last one for ever.
async fn receiver(answers: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let (told, come) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut at = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            let body = loop {
                let mut some = [0u8; 4096];
                let count = stream.read(&mut some).await.unwrap_or(0);
                read.extend_from_slice(&some[..count]);
                let text = String::from_utf8_lossy(&read).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.to_lowercase();
                    let length = length
                        .split("content-length: ")
                        .nth(1)
                        .and_then(|rest| rest.split("\r\n").next()?.parse().ok());
                    if body.len() >= length.unwrap_or(0) || count == 0 {
                        break (head.to_lowercase(), body.to_owned());
                    }
                }
            };
            let _ = told.send(body);
            let answer = answers[at.min(answers.len() - 1)];
            at += 1;
            let _ = stream
                .write_all(
                    format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                        .as_bytes(),
                )
                .await;
        }
    });
    (format!("http://{address}/hook"), come)
}

/// A webhook at an address: its id and secret.
async fn added(bench: &Bench, cookie: &str, address: &str) -> (String, String) {
    let asked =
        serde_json::json!({ "address": address, "kinds": ["dispute.opened", "statement.ready"] });
    let made = bench
        .ask_as(cookie, "POST /v1/webhooks", &asked.to_string())
        .await;
    assert_eq!(made.status, 200, "{}", made.body);
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let made = made.json();
    (text(&made["webhook"]["id"]), text(&made["secret"]))
}

async fn happened(bench: &Bench, webhook: &str, act: u64) {
    let event = NewMessage {
        receiver: webhook.to_owned(),
        event: act.to_string(),
        kind: "dispute.opened".to_owned(),
        at: "2026-04-02T09:00:00Z".to_owned(),
    };
    let noted = bench
        .database
        .note_messages(Reader::Webhook(webhook), (act + 1, 0), &[event])
        .await;
    noted.expect("noted");
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let found = head
        .lines()
        .find_map(|line| line.strip_prefix(&format!("{name}: ")));
    found.unwrap_or_else(|| panic!("no {name} in {head}"))
}

async fn administrator(bench: &Bench) -> String {
    bench.signed("root", Role::Administrator, None).await
}

#[tokio::test]
async fn a_message_is_told_again_until_it_arrives_under_one_id_and_signed_anew() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock = || jiff::Timestamp::from_second(NOW.load(Ordering::SeqCst)).expect("an instant");
    let bench = Bench::with_reach(Reach::AndThisMachine, clock).await;
    let cookie = administrator(&bench).await;
    let (address, mut come) = receiver(&[
        "500 Oh",
        "307 Elsewhere\r\nlocation: http://127.0.0.1:1/",
        "204 Fine",
    ])
    .await;
    let (id, secret) = added(&bench, &cookie, &address).await;
    happened(&bench, &id, 17).await;
    let mut seen = Vec::new();
    for wait in [0, 5, 30] {
        // Before its time nothing is told.
        if wait > 0 {
            NOW.fetch_add(wait - 1, Ordering::SeqCst);
            bench.server.tell().await.expect("told");
            assert!(come.try_recv().is_err());
            NOW.fetch_add(1, Ordering::SeqCst);
        }
        bench.server.tell().await.expect("told");
        seen.push(come.recv().await.expect("it came"));
    }
    NOW.fetch_add(100_000, Ordering::SeqCst);
    bench.server.tell().await.expect("told");
    assert!(
        come.try_recv().is_err(),
        "it arrived, and no redirect was followed"
    );
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").expect("a secret"))
        .expect("base 64");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    for ((head, body), at) in seen.iter().zip([1_000_000, 1_000_005, 1_000_035]) {
        let told = header(head, "webhook-timestamp");
        assert_eq!(told, at.to_string());
        let signed = format!("{id}.17.{told}.{body}");
        // Headers were made small to be compared; the signature is compared as such.
        let by = STANDARD.encode(ring::hmac::sign(&key, signed.as_bytes()));
        assert_eq!(
            header(head, "webhook-signature"),
            format!("v1,{by}").to_lowercase()
        );
        assert_eq!(header(head, "webhook-id"), format!("{id}.17"));
        assert_eq!(
            body,
            "{\"type\":\"dispute.opened\",\"timestamp\":\"2026-04-02T09:00:00Z\",\"data\":{\"program\":\"alliance\",\"act\":17}}"
        );
    }
    // The session is over by then.
    let cookie = bench
        .sign_on("root", crate::bench::PASSWORD)
        .await
        .expect("signed on");
    let line = format!("GET /v1/webhooks/{id}/messages");
    let shown = bench.ask_as(&cookie, &line, "").await.json();
    let shown = &shown["messages"][0];
    assert_eq!(
        (&shown["state"], &shown["tries"]),
        (&"arrived".into(), &3.into())
    );
    assert_eq!(shown["said"], "answered 204");
}

#[tokio::test]
async fn what_never_arrives_is_given_up_and_told_again_when_an_administrator_says_so() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock = || jiff::Timestamp::from_second(NOW.load(Ordering::SeqCst)).expect("an instant");
    let bench = Bench::with_reach(Reach::AndThisMachine, clock).await;
    let (address, mut come) = receiver(&["503 Busy"]).await;
    let cookie = administrator(&bench).await;
    let (id, _) = added(&bench, &cookie, &address).await;
    happened(&bench, &id, 17).await;
    let mut tries = 0;
    for _ in 0..12 {
        bench.server.tell().await.expect("told");
        while come.try_recv().is_ok() {
            tries += 1;
        }
        NOW.fetch_add(50_000, Ordering::SeqCst);
    }
    assert_eq!(tries, 8);
    // The session is over by then.
    let cookie = bench
        .sign_on("root", crate::bench::PASSWORD)
        .await
        .expect("signed on");
    let list = bench.ask_as(&cookie, "GET /v1/webhooks", "").await.json();
    let counts = &list["webhooks"][0];
    assert_eq!(
        (&counts["dead"], &counts["waiting"]),
        (&1.into(), &0.into())
    );
    let again = format!("POST /v1/webhooks/{id}/messages/17/again");
    assert_eq!(bench.ask_as(&cookie, &again, "").await.status, 204);
    bench.server.tell().await.expect("told");
    assert!(come.try_recv().is_ok());
    let none = format!("POST /v1/webhooks/{id}/messages/18/again");
    assert_eq!(bench.ask_as(&cookie, &none, "").await.status, 404);
    assert_eq!(
        bench
            .ask_as(&cookie, &format!("DELETE /v1/webhooks/{id}"), "")
            .await
            .status,
        204
    );
    let gone = bench
        .ask_as(&cookie, &format!("GET /v1/webhooks/{id}/messages"), "")
        .await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn nobody_makes_the_server_ask_inside_its_own_network() {
    let bench = Bench::new().await;
    let cookie = administrator(&bench).await;
    for address in [
        "http://receiver.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://2130706433/",
        "https://user:word@receiver.example/",
        "gopher://receiver.example/",
        "",
    ] {
        let asked = serde_json::json!({ "address": address, "kinds": ["dispute.opened"] });
        let odd = bench
            .ask_as(&cookie, "POST /v1/webhooks", &asked.to_string())
            .await;
        assert_eq!(
            (odd.status, odd.code().as_str()),
            (422, "unprocessable"),
            "{address}: {}",
            odd.body
        );
    }
    // A name that leads inside is found out when it is looked up, and nobody is connected to.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let (id, _) = added(&bench, &cookie, &format!("https://localhost:{port}/hook")).await;
    happened(&bench, &id, 17).await;
    bench.server.tell().await.expect("told");
    let line = format!("GET /v1/webhooks/{id}/messages");
    let shown = bench.ask_as(&cookie, &line, "").await.json();
    let said = shown["messages"][0]["said"].as_str().expect("text");
    assert!(said.ends_with("is no public address"), "{said}");
    let nobody = futures::FutureExt::now_or_never(listener.accept());
    assert!(nobody.is_none(), "somebody connected");
}

#[tokio::test]
async fn a_secret_is_shown_once_and_kinds_are_those_that_there_are() {
    let bench = Bench::new().await;
    let cookie = administrator(&bench).await;
    let (_, secret) = added(&bench, &cookie, "https://receiver.example/hook").await;
    let list = bench.ask_as(&cookie, "GET /v1/webhooks", "").await;
    assert!(!list.body.contains(&secret) && !list.body.contains("whsec_"));
    for kinds in [
        "[]",
        "[\"dispute.opened\",\"dispute.opened\"]",
        "[\"money\"]",
    ] {
        let asked = format!("{{\"address\":\"https://receiver.example/\",\"kinds\":{kinds}}}");
        let odd = bench.ask_as(&cookie, "POST /v1/webhooks", &asked).await;
        assert_eq!(odd.status, 422, "{kinds}");
    }
}
