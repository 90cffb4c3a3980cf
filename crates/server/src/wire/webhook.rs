//! Webhooks and e-mail, and what became of their messages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook to add.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where it is told: an address that begins with `https://` and is public.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "https://receiver.example/trueup"
    )]
    pub address: String,
    /// The kinds of events that it is told.
    #[schema(min_items = 1)]
    pub kinds: Vec<EventKind>,
}

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum EventKind {
    /// A period was closed, so statements are final.
    #[serde(rename = "statement.ready")]
    StatementReady,
    /// Somebody prepared what somebody else has to approve.
    #[serde(rename = "approval.needed")]
    ApprovalNeeded,
    /// A dispute was opened.
    #[serde(rename = "dispute.opened")]
    DisputeOpened,
    /// A dispute was answered or taken back.
    #[serde(rename = "dispute.answered")]
    DisputeAnswered,
    /// A payout was ordered.
    #[serde(rename = "payout.ordered")]
    PayoutOrdered,
    /// The bank said what became of payments.
    #[serde(rename = "payment.reported")]
    PaymentReported,
    /// A source should have delivered and did not.
    #[serde(rename = "feed.late")]
    FeedLate,
    /// An announcement was made.
    #[serde(rename = "announcement.made")]
    AnnouncementMade,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::StatementReady,
        Self::ApprovalNeeded,
        Self::DisputeOpened,
        Self::DisputeAnswered,
        Self::PayoutOrdered,
        Self::PaymentReported,
        Self::FeedLate,
        Self::AnnouncementMade,
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::StatementReady => "statement.ready",
            Self::ApprovalNeeded => "approval.needed",
            Self::DisputeOpened => "dispute.opened",
            Self::DisputeAnswered => "dispute.answered",
            Self::PayoutOrdered => "payout.ordered",
            Self::PaymentReported => "payment.reported",
            Self::FeedLate => "feed.late",
            Self::AnnouncementMade => "announcement.made",
        }
    }
}

/// A webhook; never with its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is told.
    pub address: String,
    /// The kinds of events that it is told.
    pub kinds: Vec<EventKind>,
    /// When it was added.
    pub made_at: String,
    /// How many messages wait to be told, or to be told again.
    pub waiting: u64,
    /// How many messages were given up.
    pub dead: u64,
}

/// A webhook that was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MadeWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// The secret with which its messages are signed, shown this once.
    pub secret: String,
}

/// The webhooks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WebhookList {
    /// The webhooks, the earliest first.
    pub webhooks: Vec<Webhook>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// It is told, or told again.
    Waiting,
    /// The receiver has it.
    Arrived,
    /// It was tried often enough.
    Dead,
}

/// A message to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Message {
    /// The id that it carries in the header `webhook-id`, however often it is told.
    pub id: String,
    /// What it tells of: the number of an act, or a feed that is late with the day it missed.
    pub event: String,
    /// The kind of event.
    pub kind: String,
    /// When it happened.
    pub happened_at: String,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next; none where it is not.
    pub next_at: Option<String>,
    /// What came of the last try; empty before the first.
    pub said: String,
}

/// The messages to a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageList {
    /// The messages, the latest first; at most a hundred.
    pub messages: Vec<Message>,
}

/// What somebody is told by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailChoice {
    /// Whether the operator set up e-mail.
    pub is_set_up: bool,
    /// Where the person is told: the name that the person signs on with; none where that is no address.
    pub address: Option<String>,
    /// The kinds of events that the person's roles are told, and whether the person wants them.
    pub kinds: Vec<MailKind>,
}

/// A kind of event, and whether somebody is told it by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailKind {
    /// The kind.
    pub kind: EventKind,
    /// Whether the person wants it.
    pub is_wanted: bool,
}

/// What somebody does not want to be told by e-mail.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailDeclined {
    /// The kinds of events; each once.
    pub declined: Vec<EventKind>,
}

/// An e-mail, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Mail {
    /// The person, as acts name people.
    pub person: String,
    /// The name that the person signs on with.
    pub name: String,
    /// The message.
    #[serde(flatten)]
    pub message: Message,
}

/// E-mails to everybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailList {
    /// Whether the operator set up e-mail.
    pub is_set_up: bool,
    /// The e-mails, the latest first; at most a hundred.
    pub mails: Vec<Mail>,
}
