//! A partner's agreements: what each says in plain words, what was signed, and what is proposed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::plan::PlanChange;
use super::shared::Permitted;

/// A version that both sides signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SignedAgreement {
    /// The place of the act that proposed it.
    pub proposed_at: u64,
    /// The place of the act that accepted it.
    pub accepted_at: u64,
    /// When it was accepted.
    pub signed_on: String,
    /// Whether the partner's side was signed with a key that the service keeps.
    pub is_custodial: bool,
}

/// A proposal that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedAgreement {
    /// The place of its act.
    pub proposal: u64,
    /// In whose name it was proposed.
    pub by: String,
    /// Why.
    pub because: String,
    /// When.
    pub proposed_on: String,
    /// What the plan would say, in plain words (Markdown).
    pub words: String,
    /// What it changes against what is signed, in words; nothing where nothing was signed.
    pub changes: Vec<PlanChange>,
}

/// An agreement of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgreementShown {
    /// Its name.
    pub name: String,
    /// The plan's title.
    pub plan_title: String,
    /// The plan, by name and version.
    pub plan: String,
    /// Its first day.
    pub starts_on: String,
    /// The day after its last; none where it has no end.
    pub ends_until: Option<String>,
    /// Where it stands: `draft`, `proposed`, `signed`, `changed`, `declined` or `without a key`.
    pub state: String,
    /// What is to be said of that.
    pub says: String,
    /// The agreement's own text with its terms: as it was signed, or as it stands where nothing is signed.
    pub text: String,
    /// The plan in plain words (Markdown): as it was signed, or as it stands where nothing is signed.
    pub words: String,
    /// Whether text and words are those that were signed.
    pub is_as_signed: bool,
    /// The versions that were signed, the latest first.
    pub signed: Vec<SignedAgreement>,
    /// What the latest signed version changed against the one before it, in words.
    pub changes: Vec<PlanChange>,
    /// The proposal that waits; none where none does.
    pub proposal: Option<ProposedAgreement>,
    /// Whether the one who asks may answer it.
    pub may_answer: Permitted,
}

/// A partner's agreements.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgreementList {
    /// The partner's id.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// The agreements, the latest first.
    pub agreements: Vec<AgreementShown>,
}

/// What is answered to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgreementOutcome {
    /// It is signed.
    Accepted,
    /// It is not.
    Declined,
}

/// An answer to a proposal.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreementAnswer {
    /// The place of the proposal's act, as it was shown; refused where another took its place.
    pub proposal: u64,
    /// What is answered.
    pub outcome: AgreementOutcome,
    /// Why it is declined; nothing where it is accepted.
    #[schema(max_length = 2000)]
    pub because: Option<String>,
}
