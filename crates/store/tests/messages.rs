//! The contract of the store of messages, to webhooks and to people, on SQLite and on PostgreSQL alike.

mod both;

use std::collections::{BTreeMap, BTreeSet};

use both::Bench;
use trueup_store::{Message, MessageState, NewMessage, Person, Reader, Tried, Webhook};

fn webhook(id: &str) -> Webhook {
    Webhook {
        id: id.to_owned(),
        address: "https://receiver.example/hook".to_owned(),
        kinds: vec!["dispute.opened".to_owned(), "statement.ready".to_owned()],
        secret: "whsec_x".to_owned(),
        made_at: 1_000,
        next_act: 0,
    }
}

fn person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        name: format!("{id}@example.org"),
        shown_name: id.to_owned(),
        password: "none".to_owned(),
        authenticator: None,
        is_active: true,
        grants: Vec::new(),
    }
}

fn message(receiver: &str, event: &str) -> NewMessage {
    NewMessage {
        receiver: receiver.to_owned(),
        event: event.to_owned(),
        kind: "dispute.opened".to_owned(),
        at: "2026-04-02T09:00:00Z".to_owned(),
    }
}

fn tried(state: MessageState, tries: u32, next_at: i64) -> Tried<'static> {
    Tried {
        state,
        tries,
        next_at,
        said: "answered 500",
    }
}

fn events(all: &[Message]) -> Vec<&str> {
    all.iter().map(|one| one.event.as_str()).collect()
}

#[tokio::test]
async fn what_is_to_be_told_is_noted_once_and_stays_until_it_arrived() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        on.add_webhook(&webhook("w-1")).await.expect("added");
        let add = async |next: u64, acts: &[&str]| {
            let new: Vec<NewMessage> = acts.iter().map(|act| message("w-1", act)).collect();
            on.note_messages(Reader::Webhook("w-1"), (next, 1_000), &new)
                .await
                .expect("noted");
        };
        add(3, &["0", "2"]).await;
        // Somebody who was behind notes nothing again.
        add(3, &["0", "1", "2"]).await;
        add(2, &["1"]).await;
        let is_due = async |now: i64, which: &[&str]| {
            let due = on.due_messages(now, 10).await.expect("read");
            assert_eq!(events(&due), which, "{name}");
        };
        is_due(999, &[]).await;
        is_due(1_000, &["0", "2"]).await;
        let try_it = async |event: &str, tried: &Tried<'_>| {
            on.tried_message(("w-1", event), tried)
                .await
                .expect("noted")
        };
        assert!(try_it("0", &tried(MessageState::Waiting, 1, 1_005)).await);
        assert!(try_it("2", &tried(MessageState::Arrived, 1, 1_000)).await);
        assert!(!try_it("9", &tried(MessageState::Arrived, 1, 1_000)).await);
        is_due(1_004, &[]).await;
        is_due(1_005, &["0"]).await;
        assert!(try_it("0", &tried(MessageState::Dead, 8, 1_005)).await);
        is_due(9_999, &[]).await;
        let all = on.webhooks().await.expect("read");
        let counts: Vec<_> = all
            .iter()
            .map(|one| (one.waiting, one.dead, one.webhook.next_act))
            .collect();
        assert_eq!(counts, [(0, 1, 3)], "{name}");
        assert_eq!(all[0].webhook.kinds, webhook("w-1").kinds, "{name}");
        add(11, &["10"]).await;
        let told = on.messages_to("w-1", 10).await.expect("read");
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.event.as_str(), one.state, one.tries, one.said.as_str()))
            .collect();
        let all = [
            ("10", MessageState::Waiting, 0, ""),
            ("2", MessageState::Arrived, 1, "answered 500"),
            ("0", MessageState::Dead, 8, "answered 500"),
        ];
        assert_eq!(told, all, "{name}");
        assert!(on.remove_webhook("w-1").await.expect("removed"));
        assert!(!on.remove_webhook("w-1").await.expect("removed"));
        let left = on.messages_to("w-1", 10).await.expect("read");
        assert!(left.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn people_are_told_from_when_mail_was_set_up_and_decline_kinds() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        assert_eq!(on.mail_from().await.expect("read"), 0, "{name}");
        for id in ["u-1", "u-2"] {
            assert!(on.add_person(&person(id), false).await.expect("added"));
        }
        let new = [message("u-1", "0"), message("u-2", "0")];
        on.note_messages(Reader::Mail, (1, 1_000), &new)
            .await
            .expect("noted");
        assert_eq!(on.mail_from().await.expect("read"), 1, "{name}");
        let told = on.messages_to_people(10).await.expect("read");
        assert_eq!(told.len(), 2, "{name}");
        // Set up again, it begins with what is there then.
        on.end_mail().await.expect("ended");
        assert_eq!(on.mail_from().await.expect("read"), 0, "{name}");
        on.decline("u-1", &["dispute.opened", "feed.late"])
            .await
            .expect("noted");
        on.decline("u-1", &["feed.late"]).await.expect("noted");
        let declined = on.declined().await.expect("read");
        let only = BTreeMap::from([("u-1".to_owned(), BTreeSet::from(["feed.late".to_owned()]))]);
        assert_eq!(declined, only, "{name}");
    }
}

#[tokio::test]
async fn what_is_late_is_kept_until_it_is_not() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        on.add_webhook(&webhook("w-1")).await.expect("added");
        let shop = BTreeMap::from([("shop".to_owned(), "2026-04-01".to_owned())]);
        let new = [message("w-1", "late.shop.2026-04-01")];
        for _ in 0..2 {
            on.note_late_feeds(&shop, &new, 1_000).await.expect("noted");
        }
        assert_eq!(on.late_feeds().await.expect("read"), shop, "{name}");
        assert_eq!(on.due_messages(1_000, 9).await.expect("read").len(), 1);
        on.note_late_feeds(&BTreeMap::new(), &[], 1_000)
            .await
            .expect("noted");
        assert!(on.late_feeds().await.expect("read").is_empty(), "{name}");
    }
}
