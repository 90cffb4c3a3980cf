//! The joint board: what both sides work for and what each contributed, in the same figures for both.

use serde::Serialize;
use utoipa::ToSchema;

use super::partner::{
    Freshness, MoneyStanding, NextDate, ObjectiveProgress, Partner, PeriodEarned, Progress,
};
use super::shared::Figure;

/// A target that both sides agreed, and how far it was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BoardTarget {
    /// The term, by its name in the plan.
    pub term: String,
    /// What was agreed, in words.
    pub is: String,
    /// For which period, as the calendar names it.
    pub period: String,
    /// The target.
    pub target: Figure,
    /// How far it was reached.
    pub reached: Figure,
    /// How much of it that is, of 100, rounded down and never more than 100. For drawing only.
    pub percent: Option<u8>,
}

/// A partner's joint board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Board {
    /// The partner.
    pub partner: Partner,
    /// The latest period; none before the first one ends.
    pub now: Option<PeriodEarned>,
    /// Objectives, and how far they are.
    pub objectives: Vec<ObjectiveProgress>,
    /// What the partner contributed: the targets that both sides agreed, for the latest period and for its year.
    pub targets: Vec<BoardTarget>,
    /// What the vendor contributed: where the partner's money stands, a line for each currency.
    pub money: Vec<MoneyStanding>,
    /// The way to next bands.
    pub progress: Vec<Progress>,
    /// The latest periods, the earliest first, at most eight.
    pub periods: Vec<PeriodEarned>,
    /// What happens next, by day.
    pub next_dates: Vec<NextDate>,
    /// How many disputes are open between the two.
    pub open_disputes: u64,
    /// How fresh the facts are.
    pub freshness: Freshness,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}
