//! What many answers are made of: money, figures, and whether something may be done.

use serde::Serialize;
use utoipa::ToSchema;

/// An amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Money {
    /// The amount as a decimal text in the currency's major unit, such as `-1234.50`; never a float.
    #[schema(example = "1234.50")]
    pub amount: String,
    /// The currency's ISO 4217 code.
    #[schema(example = "USD")]
    pub currency: String,
}

/// Why something has no answer. No answer is not zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NoAnswer {
    /// `missing`: something that should be there is not; `undefined`: the plan does not say what then holds.
    pub kind: NoAnswerWord,
    /// Why, in words.
    pub why: String,
}

/// The two kinds of no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoAnswerWord {
    /// A fact, rate or term that should be there is not.
    Missing,
    /// The rule itself has no answer.
    Undefined,
}

/// A figure of the plan: a number with its unit, a day, a flag, a text, or no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Figure {
    /// What it is.
    pub kind: FigureKind,
    /// The figure exactly, as a plan would write it: `0.05`, `2/3`, `2026-01-31`, `true`; none where there is no answer.
    pub exact: Option<String>,
    /// The unit in words: a currency's code, `USD per count`, or empty for what has none.
    pub unit: String,
    /// The figure as a person reads it in English, its unit with it: `1,234.50 USD`, `7.5 %`.
    pub shown: String,
    /// Why there is no answer; none where there is one.
    pub no_answer: Option<NoAnswer>,
}

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FigureKind {
    /// A number with a unit.
    Number,
    /// True or false.
    Flag,
    /// A day, as `2026-01-31`.
    Date,
    /// A length of time.
    Duration,
    /// A text, or a partner's id.
    Text,
    /// No answer.
    None,
}

/// A figure with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NamedFigure {
    /// What it is called in the plan.
    pub name: String,
    /// What it comes to.
    pub figure: Figure,
}

/// Whether the one who asks may do something now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Permitted {
    /// Whether it may be done.
    pub is_allowed: bool,
    /// Why not, in words; none where it may be done.
    pub why_not: Option<String>,
}

impl Permitted {
    /// It may be done.
    #[must_use]
    pub const fn yes() -> Self {
        Self {
            is_allowed: true,
            why_not: None,
        }
    }

    /// It may not be done, and why.
    #[must_use]
    pub fn no(why: impl Into<String>) -> Self {
        Self {
            is_allowed: false,
            why_not: Some(why.into()),
        }
    }
}

/// Whether figures can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The period is closed: its figures are as they were approved, for good.
    Closed,
    /// The period is open: its figures are provisional.
    Provisional,
    /// The program closes no periods yet, and nothing is to be said against the facts behind the figures.
    Unsaid,
}
