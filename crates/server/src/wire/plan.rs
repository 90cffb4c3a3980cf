//! Plans: their text, and what a change to it would do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Money;

/// A plan of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanShort {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// The plan in one sentence.
    pub is: String,
    /// The file inside the program's folder.
    pub file: String,
    /// How many partners have an agreement under it.
    pub partners: u64,
}

/// The plans of the program, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanList {
    /// The plans.
    pub plans: Vec<PlanShort>,
}

/// A plan's text and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanText {
    /// The plan.
    pub plan: PlanShort,
    /// The text of its file.
    pub text: String,
    /// The plan in plain words, as Markdown.
    pub words: String,
}

/// A changed text of a plan, to be looked at before anybody signs it. Nothing is stored.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCheckAsked {
    /// The plan whose text it replaces, by name.
    #[schema(max_length = 200)]
    pub plan: String,
    /// The changed text of the plan's file.
    #[schema(max_length = 1000000)]
    pub text: String,
    /// Whether to work out what everyone would have been paid: true where nothing is said. What takes longer than a check.
    pub with_effect: Option<bool>,
}

/// How grave a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The plan cannot be used.
    Error,
    /// It can be used and probably does not do what was meant.
    Warning,
    /// It is good to know.
    Note,
}

/// A place in the plan's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line it begins in, from 1.
    pub line: u32,
    /// The character of the line it begins with, from 1.
    pub column: u32,
    /// The line it ends in.
    pub end_line: u32,
    /// The character of that line behind its last one.
    pub end_column: u32,
}

/// A mistake, or something good to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// A stable code.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong.
    pub says: String,
    /// What would be right; none where nothing is known.
    pub help: Option<String>,
    /// Where it stands; none where it stands nowhere in this text.
    pub place: Option<Place>,
}

/// One thing that changed between the plan as it is and the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanChange {
    /// What changed, in words.
    pub says: String,
    /// Whether it may change what somebody is paid.
    pub may_move_money: bool,
}

/// What one partner would have been paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartnerEffect {
    /// The partner's id.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// What it is paid as the plan is.
    pub before: Money,
    /// What it would be paid under the text.
    pub after: Money,
    /// The difference.
    pub difference: Money,
}

/// What everyone would have been paid over all periods with facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanEffect {
    /// What all are paid as the plan is.
    pub before: Money,
    /// What all would be paid under the text.
    pub after: Money,
    /// The difference: what the change costs.
    pub difference: Money,
    /// How many partners would be paid more.
    pub winners: u64,
    /// How many would be paid less.
    pub losers: u64,
    /// How many would be paid the same.
    pub unchanged: u64,
    /// The partners who gain most, at most 25.
    pub most_gained: Vec<PartnerEffect>,
    /// The partners who lose most, at most 25.
    pub most_lost: Vec<PartnerEffect>,
}

/// What a changed text of a plan says and does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanChecked {
    /// Whether the text is a plan that could be used.
    pub is_usable: bool,
    /// Every mistake, in the order of its place.
    pub findings: Vec<Finding>,
    /// The plan in plain words, as Markdown; none where it cannot be used.
    pub words: Option<String>,
    /// What differs from the plan as it is; empty where nothing does or the text cannot be used.
    pub changes: Vec<PlanChange>,
    /// What everyone would have been paid; none where it was not asked for, or cannot be worked out.
    pub effect: Option<PlanEffect>,
    /// Why there is no effect where one was asked for.
    pub no_effect: Option<String>,
}
