//! A partner's keys, and steps that are signed where the partner's own key is: the server hands out texts and takes signatures.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Permitted;

/// A key that signs for a partner, or did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerKey {
    /// Eight hexadecimal digits that tell the partner's keys apart.
    #[schema(example = "1a2b3c4d")]
    pub id: String,
    /// The key that checks signatures, as signed notes write it: name, id and key.
    pub key: String,
    /// Whether the service keeps its secret, so that what it signs shows no more than that the service did.
    pub is_custodial: bool,
    /// The place of the act that added it.
    pub added_at: u64,
    /// The place of the act after which it counts no longer; none where it counts.
    pub retired_at: Option<u64>,
    /// Whether it is the one that signs for the partner now.
    pub signs_now: bool,
}

/// A partner's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerKeys {
    /// The partner's id.
    pub partner: String,
    /// The name that a new key of the partner has.
    #[schema(example = "alliance/partner/P-100")]
    pub key_name: String,
    /// The keys, the latest first.
    pub keys: Vec<PartnerKey>,
    /// Whether the one who asks may bring a key that the partner made itself.
    pub may_hold: Permitted,
}

/// A key that a partner made itself.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// The request: the key in a signed note, signed by the key itself. The secret is in none of it.
    #[schema(min_length = 1, max_length = 2000)]
    pub request: String,
}

/// A step in a partner's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub enum PartnerStep {
    /// Accepts what the other side proposed.
    AcceptAgreement {
        /// The agreement's name.
        agreement: String,
        /// The place of the proposal's act, as it was shown.
        proposal: u64,
    },
    /// Declines it, or withdraws one's own.
    DeclineAgreement {
        /// The agreement's name.
        agreement: String,
        /// The place of the proposal's act, as it was shown.
        proposal: u64,
        /// Why.
        #[schema(max_length = 2000)]
        because: String,
    },
    /// Accepts everything that is closed.
    AcceptStatements {
        /// The last day of what is closed, as it was shown.
        until: String,
    },
    /// Opens a dispute on a line.
    OpenDispute {
        /// The component that the line is of.
        component: String,
        /// The last day of the period that it was settled for.
        settled_on: String,
        /// What is wrong.
        #[schema(max_length = 2000)]
        because: String,
    },
    /// Takes a dispute back.
    WithdrawDispute {
        /// The dispute's number.
        dispute: u64,
        /// Why.
        #[schema(max_length = 2000)]
        because: String,
    },
    /// Says that one has read an announcement.
    AcknowledgeAnnouncement {
        /// The announcement's number.
        announcement: u64,
    },
}

/// A text and its signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedText {
    /// The text, byte for byte as it was handed out.
    pub text: String,
    /// The Ed25519 signature of its bytes, in base64.
    #[schema(max_length = 200)]
    pub signature: String,
}

/// A step that is signed with the partner's own key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SigningAsked {
    /// The id of the key that signs.
    #[schema(max_length = 8)]
    pub key: String,
    /// The step.
    pub step: PartnerStep,
    /// What was handed out for it and is signed, in that order; nothing the first time.
    #[serde(default)]
    pub signed: Vec<SignedText>,
}

/// A text whose digest stands in what both sides sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SealedText {
    /// Its path in the program's folder.
    #[schema(example = "agreements/northwind.yaml")]
    pub path: String,
    /// What it says, to be held against its SHA-256 in the text that is signed.
    pub text: String,
}

/// What is to be signed next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TextToSign {
    /// The id of the key.
    pub key: String,
    /// The text: its bytes in UTF-8 are what is signed.
    pub text: String,
    /// The texts that it is about, where it holds their digests.
    pub texts: Vec<SealedText>,
}

/// How far a step has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SigningAnswer {
    /// Whether the step is taken.
    pub is_done: bool,
    /// What is to be signed before it is; none where it is taken.
    pub to_sign: Option<TextToSign>,
}

impl SigningAnswer {
    /// The step is taken.
    #[must_use]
    pub fn done() -> Self {
        Self {
            is_done: true,
            to_sign: None,
        }
    }

    /// Something is to be signed first.
    #[must_use]
    pub fn next(text: TextToSign) -> Self {
        Self {
            is_done: false,
            to_sign: Some(text),
        }
    }
}
