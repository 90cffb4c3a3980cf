//! The program's overview, for the people who run it.

use serde::Serialize;
use utoipa::ToSchema;

use super::partner::{Freshness, PeriodEarned};
use super::shared::{Money, Permitted};

/// What one component costs in one period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComponentCost {
    /// The plan, by name.
    pub plan: String,
    /// The component.
    pub component: String,
    /// What it posts for all partners.
    pub money: Money,
    /// How many partners have something posted by it.
    pub partners: u64,
}

/// What a period costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodCost {
    /// The period, with what all partners' lines post; corrections of closed periods stand on the statements.
    pub period: PeriodEarned,
    /// How many partners have lines in it.
    pub partners: u64,
    /// What each component costs, by plan and component.
    pub components: Vec<ComponentCost>,
}

/// How many partners stand in a band of a table, in the latest period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BandCount {
    /// The plan, by name.
    pub plan: String,
    /// The component that reads the table.
    pub component: String,
    /// The table.
    pub table: String,
    /// The band, in words; `below the first band` where none is reached.
    pub band: String,
    /// How many partners stand in it.
    pub partners: u64,
}

/// Why a partner is on the watch list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchReason {
    /// It is close to the next band of a table.
    NearNextBand,
    /// It is close to the most a component pays, or there.
    NearCap,
    /// It posts less than half of what it posted in the period before.
    FallingBehind,
}

/// A partner that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Watched {
    /// The partner's id.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// Why it is here.
    pub reason: WatchReason,
    /// The same in words, with the figures.
    pub says: String,
    /// The component it is about; none where it is about the whole statement.
    pub component: Option<String>,
}

/// What waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingKind {
    /// A period that ended and is not calculated.
    PeriodToCalculate,
    /// A calculation that nobody approved.
    PeriodToApprove,
    /// A calculation that was approved and is not closed.
    PeriodToClose,
    /// Disputes that nobody answered.
    Disputes,
    /// Rows that are set aside.
    Quarantine,
    /// Lines without a figure.
    OpenLines,
    /// Feeds that are late.
    LateFeeds,
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Waiting {
    /// What.
    pub kind: WaitingKind,
    /// The same in words.
    pub says: String,
    /// How many.
    pub count: u64,
    /// Whether the one who asks may do something about it.
    pub may_act: Permitted,
}

/// An objective of a plan, and how its partners stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProgramObjective {
    /// The plan, by name.
    pub plan: String,
    /// The goal, in words.
    pub goal: String,
    /// The day it is to be reached by; none where the plan names none.
    pub until: Option<String>,
    /// What shows it, in words, and for how many partners it has an answer.
    pub by: Vec<ObjectiveSpread>,
}

/// How a figure that shows an objective spreads over partners, in the latest period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ObjectiveSpread {
    /// What is measured, in words.
    pub is: String,
    /// The unit in words; empty for what has none.
    pub unit: String,
    /// For how many partners it has an answer.
    pub partners: u64,
    /// For how many it has none.
    pub without: u64,
    /// The smallest figure, exactly; none where nobody has one.
    pub least: Option<String>,
    /// The figure in the middle, exactly; of two the smaller.
    pub middle: Option<String>,
    /// The greatest figure, exactly.
    pub most: Option<String>,
    /// The three as a person reads them: `0 % to 140 %, half below 62 %`.
    pub shown: String,
}

/// The program's overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overview {
    /// The program's title.
    pub program_title: String,
    /// How many partners take part.
    pub partners: u64,
    /// What each period costs, the earliest first.
    pub periods: Vec<PeriodCost>,
    /// Objectives, and how partners stand.
    pub objectives: Vec<ProgramObjective>,
    /// Bands, and how many partners stand in each.
    pub bands: Vec<BandCount>,
    /// What waits.
    pub waiting: Vec<Waiting>,
    /// Partners to look at, at most 50 of each reason.
    pub watched: Vec<Watched>,
    /// How fresh the facts are.
    pub freshness: Freshness,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}
