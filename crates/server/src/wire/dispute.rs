//! Disputes: lines that one side does not accept.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shared::Permitted;

/// What became of a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DisputeState {
    /// Nobody answered it yet; the line's money is held back.
    Open,
    /// The objection was right.
    Upheld,
    /// The line stands.
    Rejected,
    /// Whoever opened it took it back.
    Withdrawn,
}

/// How a dispute is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DisputeOutcome {
    /// The objection was right.
    Upheld,
    /// The line stands.
    Rejected,
    /// Whoever opened it takes it back.
    Withdrawn,
}

/// A dispute as a line shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisputeShort {
    /// Its number: the place of the act that opened it.
    pub id: u64,
    /// What became of it.
    pub state: DisputeState,
    /// Why it was opened.
    pub because: String,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Dispute {
    /// Its number: the place of the act that opened it.
    pub id: u64,
    /// The partner whose line it is.
    pub partner: String,
    /// What the directory calls the partner.
    pub partner_name: String,
    /// The line's plan.
    pub plan: String,
    /// The line's component.
    pub component: String,
    /// The last day of what the line settles.
    pub settled_on: String,
    /// Why it was opened.
    pub because: String,
    /// The day it was opened.
    pub opened_on: String,
    /// Who opened it, as acts name people.
    pub opened_by: String,
    /// In whose name: `vendor` or `partner/ID`.
    pub in_the_name_of: String,
    /// What became of it.
    pub state: DisputeState,
    /// What the answer says; none while it is open.
    pub answer: Option<String>,
    /// Who answered, as acts name people; none while it is open.
    pub answered_by: Option<String>,
    /// Whether the one who asks may answer it now.
    pub may_answer: Permitted,
    /// Whether the one who asks may take it back now.
    pub may_withdraw: Permitted,
}

/// Which disputes are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DisputesAsked {
    /// Only those about this partner's lines.
    #[param(max_length = 200)]
    pub partner: Option<String>,
    /// Only those that are open, or only those that are not.
    pub is_open: Option<bool>,
}

/// Disputes, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisputeList {
    /// The disputes.
    pub disputes: Vec<Dispute>,
}

/// What a dispute is opened with.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// The partner whose line it is.
    #[schema(max_length = 200)]
    pub partner: String,
    /// The line's component.
    #[schema(max_length = 200)]
    pub component: String,
    /// The last day of what the line settles.
    #[schema(max_length = 10, example = "2026-03-31")]
    pub settled_on: String,
    /// Why the line is not accepted. It becomes part of the journal, where nothing is ever removed: no personal data.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}

/// How a dispute is answered, and why.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeAnswer {
    /// The outcome.
    pub outcome: DisputeOutcome,
    /// Why. It becomes part of the journal, where nothing is ever removed: no personal data.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}
