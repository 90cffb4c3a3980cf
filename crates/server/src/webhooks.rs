//! Webhooks: whoever outside is to know of it is told of acts, as Standard Webhooks has it.
//!
//! What happened stands on the journal, and how far each receiver was told in the store, so nothing is lost when the server
//! stops; a message that is told twice has the same id. It holds the kind and the number of the act: no name and no amount.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Client;
use ring::hmac;
use trueup_store::{Delivery, DeliveryState, NewDelivery, Page, StoreFault, Tried, Webhook};

use crate::Shared;
use crate::outside::Reach;

/// The kinds of events, and the acts that they are.
pub const KINDS: [(&str, &[&str]); 6] = [
    ("statement.ready", &["period.closed"]),
    (
        "approval.needed",
        &[
            "period.calculated",
            "payout.prepared",
            "exception.proposed",
            "opening.proposed",
        ],
    ),
    ("dispute.opened", &["dispute.opened"]),
    ("dispute.answered", &["dispute.resolved"]),
    ("payout.ordered", &["payout.ordered"]),
    ("payment.reported", &["payment.reported"]),
];
/// What a secret begins with.
const SECRET: &str = "whsec_";
/// How long to wait after each try that came to nothing, in seconds; after the last try a message is given up.
const WAITS: [i64; 7] = [5, 30, 120, 600, 3_600, 14_400, 43_200];
/// How often it is looked for something to tell.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many acts are looked at together.
const ACTS: u32 = 500;
/// How many messages are under way at once.
const AT_ONCE: u32 = 16;

/// What tells others.
pub struct Teller {
    /// Which addresses may be told.
    pub reach: Reach,
    client: Client,
}

impl Teller {
    /// One that reaches so far; none where no connection can be made ready.
    #[must_use]
    pub fn new(reach: Reach) -> Option<Self> {
        let client = reach.client()?;
        Some(Self { reach, client })
    }
}

/// A new secret, as it is shown once; none where the system gives no randomness.
#[must_use]
pub fn secret() -> Option<String> {
    let random = crate::password::random_bytes::<32>()?;
    Some(format!("{SECRET}{}", STANDARD.encode(random)))
}

/// The kind of event that an act is.
fn kind_of(act: &str) -> Option<&'static str> {
    let kind = KINDS.iter().find(|(_, acts)| acts.contains(&act));
    kind.map(|(kind, _)| *kind)
}

/// Tells for as long as the server runs.
pub async fn tell_on(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(fault) = tell(&shared).await {
            // What it was goes to the log.
            let _ = shared.fault("telling webhooks", &fault);
        }
    }
}

/// Notes what happened, and tells what is due.
///
/// # Errors
/// When the database fails.
pub async fn tell(shared: &Shared) -> Result<(), StoreFault> {
    let database = &shared.gate.database;
    let webhooks = database.webhooks().await?;
    let webhooks: Vec<Webhook> = webhooks.into_iter().map(|one| one.webhook).collect();
    for webhook in &webhooks {
        note(shared, webhook).await?;
    }
    let due = database.due_deliveries(shared.seconds(), AT_ONCE).await?;
    let telling = due.iter().filter_map(|delivery| {
        let webhook = webhooks.iter().find(|one| one.id == delivery.webhook)?;
        Some(try_once(shared, webhook, delivery))
    });
    for told in futures::future::join_all(telling).await {
        told?;
    }
    Ok(())
}

/// Notes which acts since the last look a webhook is to be told of.
async fn note(shared: &Shared, webhook: &Webhook) -> Result<(), StoreFault> {
    let database = &shared.gate.database;
    let mut from = webhook.next_act;
    loop {
        let acts = database.acts(Page { from, most: ACTS }).await?;
        let Some(last) = acts.last() else {
            return Ok(());
        };
        let next = last.seq + 1;
        let new = acts.iter().filter_map(|act| {
            let kind = kind_of(&act.kind)?;
            let is_wanted = webhook.kinds.iter().any(|one| one == kind);
            is_wanted.then(|| NewDelivery {
                act: act.seq,
                kind: kind.to_owned(),
                at: act.at.clone(),
            })
        });
        let new: Vec<NewDelivery> = new.collect();
        let now = shared.seconds();
        database
            .add_deliveries(&webhook.id, (next, now), &new)
            .await?;
        from = next;
    }
}

async fn try_once(
    shared: &Shared,
    webhook: &Webhook,
    delivery: &Delivery,
) -> Result<(), StoreFault> {
    let sent = send(shared, webhook, delivery).await;
    let tries = delivery.tries.saturating_add(1);
    let now = shared.seconds();
    let wait = WAITS.get(delivery.tries as usize);
    let (state, next_at, said) = match (&sent, wait) {
        (Ok(said), _) => (DeliveryState::Arrived, now, said),
        (Err(said), Some(wait)) => (DeliveryState::Waiting, now + wait, said),
        (Err(said), None) => (DeliveryState::Dead, now, said),
    };
    let tried = Tried {
        state,
        tries,
        next_at,
        said,
    };
    let database = &shared.gate.database;
    let place = (delivery.webhook.as_str(), delivery.act);
    // Where it is gone meanwhile there is nothing to note.
    database.tried_delivery(place, &tried).await.map(drop)
}

/// Sends a message: what came of it in words, of which none are the receiver's.
async fn send(shared: &Shared, webhook: &Webhook, delivery: &Delivery) -> Result<String, String> {
    let teller = &shared.teller;
    let url = teller.reach.url(&webhook.address);
    let url = url.map_err(|why| format!("not sent: {why}"))?;
    let body = message(&shared.program.name, delivery);
    let id = format!("{}.{}", delivery.webhook, delivery.act);
    let at = shared.seconds();
    let signature = signature(&webhook.secret, (&id, at), &body);
    let signature = signature.ok_or("not sent: the secret is none")?;
    let asking = teller
        .client
        .post(url)
        .header("content-type", "application/json")
        .header("user-agent", "trueup")
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", signature)
        .body(body);
    // What it answers besides is not read, however long it is.
    match asking.send().await {
        Ok(answer) if answer.status().is_success() => {
            Ok(format!("answered {}", answer.status().as_u16()))
        }
        Ok(answer) => Err(format!("answered {}", answer.status().as_u16())),
        Err(failed) if failed.is_timeout() => Err("took too long".to_owned()),
        Err(failed) => Err(format!("not reached: {}", innermost(&failed))),
    }
}

fn innermost(failed: &dyn std::error::Error) -> String {
    let mut cause = failed;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string().chars().take(200).collect()
}

/// What is told of an act: its kind, when it was, and by which number the program knows it.
fn message(program: &str, delivery: &Delivery) -> String {
    serde_json::json!({
        "type": delivery.kind,
        "timestamp": delivery.at,
        "data": { "program": program, "act": delivery.act },
    })
    .to_string()
}

/// The signature of Standard Webhooks over id, time and body; none where the secret is not one.
fn signature(secret: &str, (id, at): (&str, i64), body: &str) -> Option<String> {
    let secret = STANDARD.decode(secret.strip_prefix(SECRET)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let by = hmac::sign(&key, format!("{id}.{at}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(by)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_signed_as_the_standard_has_it() {
        // The example of the specification, standard-webhooks/standard-webhooks.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = "{\"test\": 2432232314}";
        let told = signature(
            secret,
            ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330),
            body,
        );
        assert_eq!(
            told.as_deref(),
            Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        );
        assert_eq!(signature("another", ("id", 0), ""), None);
        let made = secret_of_one();
        assert_ne!(made, secret_of_one());
        assert!(signature(&made, ("id", 0), "").is_some());
    }

    fn secret_of_one() -> String {
        super::secret().expect("random")
    }

    #[test]
    fn every_act_is_of_one_kind_at_most_and_what_is_nobodys_is_none() {
        let mut acts: Vec<&str> = KINDS
            .iter()
            .flat_map(|(_, acts)| acts.iter().copied())
            .collect();
        let all = acts.len();
        acts.sort_unstable();
        acts.dedup();
        assert_eq!(acts.len(), all);
        assert_eq!(kind_of("period.closed"), Some("statement.ready"));
        assert_eq!(kind_of("profile.stated"), None);
    }

    #[test]
    fn a_message_says_which_act_and_nothing_more() {
        let delivery = Delivery {
            webhook: "w-1".to_owned(),
            act: 17,
            kind: "dispute.opened".to_owned(),
            at: "2026-04-02T09:00:00Z".to_owned(),
            state: DeliveryState::Waiting,
            tries: 0,
            next_at: 0,
            said: String::new(),
        };
        assert_eq!(
            message("alliance", &delivery),
            r#"{"type":"dispute.opened","timestamp":"2026-04-02T09:00:00Z","data":{"program":"alliance","act":17}}"#
        );
    }
}
