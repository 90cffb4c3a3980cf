//! Webhooks, for administrators: added, looked at, told again, removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use trueup_store::{CountedWebhook, Message as Known, MessageState as Standing};

use super::session::{instant, no_randomness, unprocessable};
use crate::answer::{Problem, Refused};
use crate::body::Said;
use crate::wire::{
    EventKind, MadeWebhook, Message, MessageList, MessageState, NewWebhook, Webhook, WebhookList,
};
use crate::{Shared, password, telling, webhooks as hooks};

/// How many webhooks there may be.
const WEBHOOKS_MAX: usize = 50;
/// How many messages are shown.
pub const SHOWN: u32 = 100;

/// Whoever outside is told what happens.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks",
    responses((status = 200, description = "The webhooks, the earliest first; never their secrets.", body = WebhookList)))]
pub async fn webhooks(State(shared): State<Arc<Shared>>) -> Result<Json<WebhookList>, Refused> {
    let all = shared.gate.database.webhooks().await;
    let all = all.map_err(|fault| shared.fault("reading webhooks", &fault))?;
    Ok(Json(WebhookList {
        webhooks: all.iter().map(told).collect(),
    }))
}

/// Adds a webhook, which is told what happens from now on. Messages are signed as Standard Webhooks has it.
#[utoipa::path(post, path = "/v1/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 200, description = "The webhook, and its secret, shown this once.", body = MadeWebhook),
        (status = 409, description = "There are as many as there may be.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The address may not be told, or no kinds are named.", body = Problem, content_type = "application/problem+json")))]
pub async fn add_webhook(
    State(shared): State<Arc<Shared>>,
    Said(asked): Said<NewWebhook>,
) -> Result<Json<MadeWebhook>, Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("adding a webhook", &fault);
    let url = shared.teller.reach.url(&asked.address);
    let url = url.map_err(|why| unprocessable(format!("the address may not be told: {why}")))?;
    let kinds: BTreeSet<EventKind> = asked.kinds.iter().copied().collect();
    if kinds.is_empty() || kinds.len() < asked.kinds.len() {
        return Err(unprocessable(
            "name at least one kind of event, and each once",
        ));
    }
    if database.webhooks().await.map_err(fault)?.len() >= WEBHOOKS_MAX {
        return Err(Refused::conflict(format!(
            "there are {WEBHOOKS_MAX} webhooks already; remove one"
        )));
    }
    let id = password::person_id().ok_or_else(no_randomness)?;
    let webhook = trueup_store::Webhook {
        id: id.replacen("u-", "w-", 1),
        address: url.into(),
        kinds: kinds.iter().map(|kind| kind.word().to_owned()).collect(),
        secret: hooks::secret().ok_or_else(no_randomness)?,
        made_at: shared.seconds(),
        next_act: 0,
    };
    database.add_webhook(&webhook).await.map_err(fault)?;
    let secret = webhook.secret.clone();
    let webhook = CountedWebhook {
        webhook,
        waiting: 0,
        dead: 0,
    };
    Ok(Json(MadeWebhook {
        webhook: told(&webhook),
        secret,
    }))
}

/// Removes a webhook. What it was not told yet it is not told.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "webhooks",
    params(("webhook" = String, Path, description = "The webhook's id.")),
    responses((status = 204, description = "It is removed."),
        (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json")))]
pub async fn remove_webhook(
    State(shared): State<Arc<Shared>>,
    Path(webhook): Path<String>,
) -> Result<StatusCode, Refused> {
    let removed = shared.gate.database.remove_webhook(&webhook).await;
    match removed.map_err(|fault| shared.fault("removing a webhook", &fault))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(none()),
    }
}

/// What became of messages to a webhook.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/messages", tag = "webhooks",
    params(("webhook" = String, Path, description = "The webhook's id.")),
    responses((status = 200, description = "The messages, the latest first.", body = MessageList),
        (status = 404, description = "There is no such webhook.", body = Problem, content_type = "application/problem+json")))]
pub async fn messages(
    State(shared): State<Arc<Shared>>,
    Path(webhook): Path<String>,
) -> Result<Json<MessageList>, Refused> {
    let database = &shared.gate.database;
    let fault = |fault| shared.fault("reading messages", &fault);
    let all = database.webhooks().await.map_err(fault)?;
    if !all.iter().any(|one| one.webhook.id == webhook) {
        return Err(none());
    }
    let messages = database.messages_to(&webhook, SHOWN).await.map_err(fault)?;
    Ok(Json(MessageList {
        messages: messages.iter().map(message).collect(),
    }))
}

/// Tells a message again, as if it had not been tried, under the same id.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/messages/{event}/again", tag = "webhooks",
    params(("webhook" = String, Path, description = "The webhook's id."), ("event" = String, Path, description = "What the message tells of.")),
    responses((status = 204, description = "It is told again."),
        (status = 404, description = "There is no such message.", body = Problem, content_type = "application/problem+json")))]
pub async fn tell_again(
    State(shared): State<Arc<Shared>>,
    Path((webhook, event)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let noted = telling::again(&shared, &webhook, &event).await;
    match noted.map_err(|fault| shared.fault("noting a message", &fault))? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Refused::not_found("there is no such message")),
    }
}

fn none() -> Refused {
    Refused::not_found("there is no such webhook")
}

fn told(counted: &CountedWebhook) -> Webhook {
    let webhook = &counted.webhook;
    let kinds = EventKind::ALL.into_iter();
    Webhook {
        id: webhook.id.clone(),
        address: webhook.address.clone(),
        kinds: kinds
            .filter(|kind| webhook.kinds.iter().any(|word| word == kind.word()))
            .collect(),
        made_at: instant(webhook.made_at),
        waiting: counted.waiting,
        dead: counted.dead,
    }
}

/// A message as it is told.
pub fn message(known: &Known) -> Message {
    Message {
        id: format!("{}.{}", known.receiver, known.event),
        event: known.event.clone(),
        kind: known.kind.clone(),
        happened_at: known.at.clone(),
        state: match known.state {
            Standing::Waiting => MessageState::Waiting,
            Standing::Arrived => MessageState::Arrived,
            Standing::Dead => MessageState::Dead,
        },
        tries: known.tries,
        next_at: (known.state == Standing::Waiting).then(|| instant(known.next_at)),
        said: known.said.clone(),
    }
}
