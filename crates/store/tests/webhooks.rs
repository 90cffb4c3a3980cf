//! The contract of the store of webhooks, on SQLite and on PostgreSQL alike.

mod both;

use both::Bench;
use trueup_store::{DeliveryState, NewDelivery, Tried, Webhook};

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

fn event(act: u64) -> NewDelivery {
    NewDelivery {
        act,
        kind: "dispute.opened".to_owned(),
        at: "2026-04-02T09:00:00Z".to_owned(),
    }
}

#[tokio::test]
async fn what_is_to_be_told_is_noted_once_and_stays_until_it_arrived() {
    for bench in Bench::both().await {
        let (name, on) = (bench.name, &bench.database);
        on.add_webhook(&webhook("w-1")).await.expect("added");
        let add = async |next: u64, events: &[NewDelivery]| {
            on.add_deliveries("w-1", (next, 1_000), events)
                .await
                .expect("noted");
        };
        add(3, &[event(0), event(2)]).await;
        // Somebody who was behind notes nothing again.
        add(3, &[event(0), event(1), event(2)]).await;
        add(2, &[event(1)]).await;
        let due = async |now: i64| {
            let due = on.due_deliveries(now, 10).await.expect("read");
            due.iter().map(|one| one.act).collect::<Vec<u64>>()
        };
        assert_eq!(due(999).await, [] as [u64; 0], "{name}");
        assert_eq!(due(1_000).await, [0, 2], "{name}");
        let tried = |state, tries, next_at| Tried {
            state,
            tries,
            next_at,
            said: "answered 500",
        };
        let later = tried(DeliveryState::Waiting, 1, 1_005);
        assert!(on.tried_delivery(("w-1", 0), &later).await.expect("noted"));
        let arrived = tried(DeliveryState::Arrived, 1, 1_000);
        assert!(
            on.tried_delivery(("w-1", 2), &arrived)
                .await
                .expect("noted")
        );
        assert!(
            !on.tried_delivery(("w-1", 9), &arrived)
                .await
                .expect("noted")
        );
        assert_eq!(due(1_004).await, [] as [u64; 0], "{name}");
        assert_eq!(due(1_005).await, [0], "{name}");
        let dead = tried(DeliveryState::Dead, 8, 1_005);
        assert!(on.tried_delivery(("w-1", 0), &dead).await.expect("noted"));
        assert_eq!(due(9_999).await, [] as [u64; 0], "{name}");
        let all = on.webhooks().await.expect("read");
        let counts: Vec<_> = all
            .iter()
            .map(|one| (one.waiting, one.dead, one.webhook.next_act))
            .collect();
        assert_eq!(counts, [(0, 1, 3)], "{name}");
        assert_eq!(all[0].webhook.kinds, webhook("w-1").kinds, "{name}");
        let told = on.deliveries_to("w-1", 10).await.expect("read");
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.act, one.state, one.tries, one.said.as_str()))
            .collect();
        let both = [
            (2, DeliveryState::Arrived, 1, "answered 500"),
            (0, DeliveryState::Dead, 8, "answered 500"),
        ];
        assert_eq!(told, both, "{name}");
        assert!(on.remove_webhook("w-1").await.expect("removed"));
        assert!(!on.remove_webhook("w-1").await.expect("removed"));
        assert!(
            on.deliveries_to("w-1", 10).await.expect("read").is_empty(),
            "{name}"
        );
    }
}
