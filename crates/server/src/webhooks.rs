//! Webhooks: whoever outside is to know of it is told what happened, as Standard Webhooks has it.
//!
//! A message that is told twice has the same id. It holds the kind of event and the number of the act: no name and no amount.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use trueup_store::{Message, Webhook};

use crate::Shared;
use crate::telling::{NotTold, innermost, late_feed};

/// What a secret begins with.
const SECRET: &str = "whsec_";

/// A new secret, as it is shown once; none where the system gives no randomness.
#[must_use]
pub fn secret() -> Option<String> {
    let random = crate::password::random_bytes::<32>()?;
    Some(format!("{SECRET}{}", STANDARD.encode(random)))
}

/// Sends a message: what came of it in words, of which none are the receiver's.
///
/// # Errors
/// Why it did not arrive.
pub async fn send(
    shared: &Shared,
    webhook: &Webhook,
    message: &Message,
) -> Result<String, NotTold> {
    let sent = sent(shared, webhook, message).await;
    sent.map_err(NotTold::Yet)
}

async fn sent(shared: &Shared, webhook: &Webhook, message: &Message) -> Result<String, String> {
    let teller = &shared.teller;
    let url = teller.reach.url(&webhook.address);
    let url = url.map_err(|why| format!("not sent: {why}"))?;
    let body = body(&shared.program.name, message);
    let id = format!("{}.{}", message.receiver, message.event);
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

/// What is told of an event: its kind, when it was, and by which number the program knows the act, or which feed it is.
fn body(program: &str, message: &Message) -> String {
    let about = match late_feed(&message.event) {
        Some((source, due)) => {
            serde_json::json!({ "program": program, "source": source, "due_on": due })
        }
        None => {
            let act: Option<u64> = message.event.parse().ok();
            serde_json::json!({ "program": program, "act": act })
        }
    };
    serde_json::json!({ "type": message.kind, "timestamp": message.at, "data": about }).to_string()
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
    use trueup_store::MessageState;

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
    fn a_message_says_which_act_or_feed_and_nothing_more() {
        let told = |event: &str, kind: &str| {
            let message = Message {
                receiver: "w-1".to_owned(),
                event: event.to_owned(),
                kind: kind.to_owned(),
                at: "2026-04-02T09:00:00Z".to_owned(),
                state: MessageState::Waiting,
                tries: 0,
                next_at: 0,
                said: String::new(),
            };
            body("alliance", &message)
        };
        assert_eq!(
            told("17", "dispute.opened"),
            r#"{"type":"dispute.opened","timestamp":"2026-04-02T09:00:00Z","data":{"program":"alliance","act":17}}"#
        );
        assert_eq!(
            told("late.shop.2026-04-01", "feed.late"),
            r#"{"type":"feed.late","timestamp":"2026-04-02T09:00:00Z","data":{"program":"alliance","source":"shop","due_on":"2026-04-01"}}"#
        );
    }
}
