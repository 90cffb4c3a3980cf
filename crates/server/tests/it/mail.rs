//! E-mail: told to who may see it and wants it, until a relay has it, in words that nobody else chose.

use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use trueup_server::wire::Role;

use crate::bench::{Bench, PASSWORD};

/// A letter that came to a relay: to whom by the envelope, and its text.
type Came = (Vec<String>, String);

/// A relay that answers each recipient with the next of some answers, the last one for ever.
async fn relay(answers: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let (told, come) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut at = 0;
        while let Ok((stream, _)) = listener.accept().await {
            let (reading, mut writing) = stream.into_split();
            let mut lines = BufReader::new(reading).lines();
            let mut say = async |text: &str| {
                let _ = writing.write_all(format!("{text}\r\n").as_bytes()).await;
            };
            let mut to = Vec::new();
            say("220 here").await;
            while let Ok(Some(line)) = lines.next_line().await {
                match line.split([' ', ':']).next().unwrap_or_default() {
                    "EHLO" => say("250 here").await,
                    "RCPT" => {
                        let answer = answers[at.min(answers.len() - 1)];
                        at += 1;
                        to.push(line);
                        say(answer).await;
                    }
                    "DATA" => {
                        say("354 go on").await;
                        let mut text = String::new();
                        while let Ok(Some(line)) = lines.next_line().await {
                            if line == "." {
                                break;
                            }
                            text.push_str(&line);
                            text.push('\n');
                        }
                        let _ = told.send((std::mem::take(&mut to), text));
                        say("250 taken").await;
                    }
                    "QUIT" => break,
                    _ => say("250 fine").await,
                }
            }
        }
    });
    (format!("smtp://{address}"), come)
}

fn late(bench: &Bench, due: &[&str]) {
    let late = due.iter().map(|due| ("shop".to_owned(), (*due).to_owned()));
    *bench.world.late.lock().expect("kept") = late.collect();
}

#[tokio::test]
async fn a_late_feed_is_told_once_to_who_may_see_sources_and_wants_to_know() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock = || jiff::Timestamp::from_second(NOW.load(Ordering::SeqCst)).expect("an instant");
    let (relay, mut come) = relay(&["250 fine"]).await;
    let bench = Bench::with_mail(&relay, clock).await;
    for (name, role, partner) in [
        ("finance@example.org", Role::Finance, None),
        ("one@partner.example", Role::PartnerManager, Some("P-1")),
        ("narrow@example.org", Role::Finance, Some("P-1")),
        ("no address", Role::Finance, None),
    ] {
        bench.signed(name, role, partner).await;
    }
    let designer = bench
        .signed("designer@example.org", Role::ProgramDesigner, None)
        .await;
    let chosen = bench
        .ask_as(
            &designer,
            "PUT /v1/session/mail",
            "{\"declined\":[\"feed.late\"]}",
        )
        .await
        .json();
    assert_eq!(chosen["address"], "designer@example.org");
    assert_eq!(
        chosen["kinds"].to_string(),
        r#"[{"kind":"statement.ready","is_wanted":true},{"kind":"feed.late","is_wanted":false}]"#
    );
    let root = bench
        .signed("root@example.org", Role::Administrator, None)
        .await;
    let hook =
        serde_json::json!({ "address": "https://receiver.example/", "kinds": ["feed.late"] });
    let hook = bench
        .ask_as(&root, "POST /v1/webhooks", &hook.to_string())
        .await;
    let hook = hook.json()["webhook"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    // What is late is late for long, and told once.
    late(&bench, &["1970-01-10"]);
    for _ in 0..3 {
        bench.server.tell().await.expect("told");
        NOW.fetch_add(61, Ordering::SeqCst);
    }
    let (to, text) = come.recv().await.expect("it came");
    assert_eq!(to, ["RCPT TO:<finance@example.org>"]);
    assert!(come.try_recv().is_err(), "once, and to nobody else");
    let (head, body) = text.split_once("\n\n").expect("a head");
    for line in [
        "From: Alliance <trueup@example.org>",
        "To: finance@example.org",
        "Subject: Alliance: a feed is late",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(head.lines().any(|one| one == line), "{line} in {head}");
    }
    assert!(
        body.contains("\nhttps://trueup.example.org/feeds\n"),
        "{body}"
    );
    let noted = bench.database.messages_to(&hook, 9).await.expect("read");
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].event, "late.shop.1970-01-10");
    // On time again it is forgotten, so the next time it is late is told.
    for due in [&[][..], &["1970-01-20"]] {
        late(&bench, due);
        NOW.fetch_add(61, Ordering::SeqCst);
        bench.server.tell().await.expect("told");
    }
    assert!(come.recv().await.is_some());
    assert!(come.try_recv().is_err());
    let noted = bench.database.messages_to(&hook, 9).await.expect("read");
    assert_eq!(noted.len(), 2);
}

#[tokio::test]
async fn what_a_relay_does_not_take_is_tried_again_and_what_it_never_takes_is_not() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock = || jiff::Timestamp::from_second(NOW.load(Ordering::SeqCst)).expect("an instant");
    let (relay, mut come) = relay(&["450 later", "250 fine", "550 nobody of that name"]).await;
    let bench = Bench::with_mail(&relay, clock).await;
    bench.signed("ada@example.org", Role::Finance, None).await;
    let root = bench.signed("root", Role::Administrator, None).await;
    late(&bench, &["1970-01-10"]);
    bench.server.tell().await.expect("told");
    assert!(come.try_recv().is_err());
    NOW.fetch_add(5, Ordering::SeqCst);
    bench.server.tell().await.expect("told");
    assert!(come.try_recv().is_ok());
    let shown = bench.ask_as(&root, "GET /v1/mails", "").await.json();
    let mail = &shown["mails"][0];
    assert_eq!(
        (&mail["name"], &mail["state"], &mail["tries"], &mail["said"]),
        (
            &"ada@example.org".into(),
            &"arrived".into(),
            &2.into(),
            &"taken by the relay (250)".into()
        )
    );
    // An administrator has it told again, and the relay says that it never will be.
    let person = mail["person"].as_str().expect("a person");
    let again = format!("POST /v1/mails/{person}/late.shop.1970-01-10/again");
    assert_eq!(bench.ask_as(&root, &again, "").await.status, 204);
    bench.server.tell().await.expect("told");
    let shown = bench.ask_as(&root, "GET /v1/mails", "").await.json();
    let mail = &shown["mails"][0];
    assert_eq!(mail["state"], "dead");
    assert_eq!(mail["said"], "refused by the relay (550)");
    let none = format!("POST /v1/mails/{person}/late.shop.1970-01-11/again");
    assert_eq!(bench.ask_as(&root, &none, "").await.status, 404);
}

#[tokio::test]
async fn who_may_not_see_it_any_longer_is_not_told() {
    static NOW: AtomicI64 = AtomicI64::new(1_000_000);
    let clock = || jiff::Timestamp::from_second(NOW.load(Ordering::SeqCst)).expect("an instant");
    let (relay, mut come) = relay(&["450 later", "250 fine"]).await;
    let bench = Bench::with_mail(&relay, clock).await;
    bench.signed("ada@example.org", Role::Finance, None).await;
    late(&bench, &["1970-01-10"]);
    bench.server.tell().await.expect("told");
    let people = bench.database.people().await.expect("read");
    let ada = people.first().expect("somebody");
    let changed = bench.database.change_access(&ada.id, true, &[]).await;
    assert!(changed.expect("changed"));
    NOW.fetch_add(100, Ordering::SeqCst);
    bench.server.tell().await.expect("told");
    assert!(come.try_recv().is_err());
    let told = bench.database.messages_to(&ada.id, 9).await.expect("read");
    assert_eq!(
        told[0].said,
        "not sent: the person may not see it any longer"
    );
    assert!(bench.sign_on("ada@example.org", PASSWORD).await.is_some());
}
