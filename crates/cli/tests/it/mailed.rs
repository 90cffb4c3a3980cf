//! What people are told by e-mail by a server of a program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::json;

use crate::served::{closed, signed};
use crate::serving::Server;

/// A relay of mails: where it is, and to whom which text comes.
fn relay() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("an address");
    let (told, come) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let reading = BufReader::new(stream.try_clone().expect("cloned"));
            let (mut to, mut text) = (String::new(), None::<String>);
            stream.write_all(b"220 here\r\n").expect("said");
            for line in reading.lines().map_while(Result::ok) {
                let answer = match (&mut text, line.as_str()) {
                    (Some(whole), ".") => {
                        let _ = told.send((to.clone(), std::mem::take(whole)));
                        text = None;
                        "250 taken"
                    }
                    (Some(whole), line) => {
                        whole.push_str(line);
                        whole.push('\n');
                        continue;
                    }
                    (None, "DATA") => {
                        text = Some(String::new());
                        "354 go on"
                    }
                    (None, "QUIT") => break,
                    (None, line) => {
                        if let Some(said) = line.strip_prefix("RCPT TO:") {
                            to = said.trim_matches(['<', '>']).to_owned();
                        }
                        "250 fine"
                    }
                };
                stream
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .expect("said");
            }
        }
    });
    (format!("smtp://{address}"), come)
}

#[test]
fn people_are_told_by_mail_of_what_they_may_see_and_of_nothing_else() {
    let story = closed();
    let (relay, come) = relay();
    let server = Server::start_with(
        &story,
        &["--address", "https://trueup.example.org"],
        &[
            ("TRUEUP_SMTP", &relay),
            ("TRUEUP_MAIL_FROM", "trueup@example.org"),
        ],
    );
    let of = |partner: &'static str| ["--role", "partner-manager", "--partner", partner];
    let manager = signed(&story, &server, "ada@two.example", &of("P-200"));
    for (name, roles) in [
        ("bob@two.example", &of("P-200")[..]),
        ("cy@three.example", &of("P-300")),
        ("fin@example.org", &["--role", "finance"]),
        ("app@example.org", &["--role", "approver"]),
        ("root@example.org", &["--role", "administrator"]),
    ] {
        signed(&story, &server, name, roles);
    }
    let statement = manager.read("/v1/partners/P-200/statements/2026-Q1");
    let lines = statement["lines"].as_array().expect("lines").iter();
    let mut lines = lines.filter(|line| line["may_dispute"]["is_allowed"] == true);
    let line = lines.next().expect("a line that may be disputed");
    let asked = json!({
        "partner": "P-200", "component": line["component"], "settled_on": line["settled_on"],
        "because": "an invoice of Zed Ltd is missing"
    });
    assert_eq!(manager.ask("POST /v1/disputes", &asked).0, 200);
    // What commands do is told too.
    story
        .sh("set -e
            trueup period calculate --until 2026-Q2 --program program --by u-17
            trueup announce make --title 'Prices of Zed' --text 'They rise.' --partner P-300 --program program --by u-17")
        .expect_code(0);
    let mut told = Vec::new();
    while let Ok((to, text)) = come.recv_timeout(Duration::from_secs(8)) {
        let subject = text.lines().find_map(|line| line.strip_prefix("Subject: "));
        let link = text
            .lines()
            .find_map(|line| line.strip_prefix("https://trueup.example.org"));
        let subject = subject.and_then(|subject| subject.rsplit(": ").next());
        told.push(format!(
            "{to}: {}, {}",
            subject.unwrap_or_default(),
            link.unwrap_or_default()
        ));
        for never in ["P-200", "Zed", "USD", "5440", "ada@", "volume"] {
            let body = text.split_once("\n\n").expect("a head").1;
            assert!(!body.contains(never), "{never} in {text}");
        }
    }
    told.sort();
    assert_eq!(
        told,
        [
            "app@example.org: a dispute was opened, /disputes",
            "app@example.org: something waits for approval, /close",
            "bob@two.example: a dispute was opened, /disputes",
            "cy@three.example: there is an announcement, /partners/P-300",
            "fin@example.org: a dispute was opened, /disputes",
        ]
    );
}
