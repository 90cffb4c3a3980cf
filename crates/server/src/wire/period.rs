//! Periods, and the steps of closing one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shared::Permitted;

/// A closed period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClosedPeriod {
    /// Its last day.
    pub until: String,
    /// The run that was approved, by its hash.
    pub run: String,
    /// The place of the act that closed it.
    pub act: u64,
}

/// A calculation that waits to be approved and closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WaitingCalculation {
    /// The place of its act.
    pub act: u64,
    /// The last day of the period.
    pub until: String,
    /// Who calculated, as acts name people.
    pub by: String,
    /// The run it follows, by its hash.
    pub run: String,
    /// The digest of its lines.
    pub sha256: String,
    /// The control totals: what falls into the period, as a decimal text by currency.
    pub totals: BTreeMap<String, String>,
    /// What becomes payable by closing it, as a decimal text by currency.
    pub payable: BTreeMap<String, String>,
    /// How many lines there are.
    pub lines: u64,
    /// How many partners they are of.
    pub partners: u64,
    /// How many lines have no figure: nothing is posted for them.
    pub open: u64,
    /// How many lines are left out because an agreement is not signed.
    pub unsigned: u64,
    /// Who approved, as acts name people.
    pub approved_by: Vec<String>,
    /// How many approvals it needs.
    pub approvals_needed: u64,
}

/// A step of closing a period, and whether the one who asks may take it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PeriodSteps {
    /// Calculate.
    pub calculate: Permitted,
    /// Approve the calculation that waits.
    pub approve: Permitted,
    /// Close the period that was approved.
    pub close: Permitted,
}

/// Where the program's periods stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Periods {
    /// Whether the program has a journal: without one nothing is closed.
    pub has_journal: bool,
    /// The last day that is closed; none where nothing is.
    pub closed_until: Option<String>,
    /// Last days of periods that ended and may be calculated next, the earliest first.
    pub may_be_closed: Vec<EndingPeriod>,
    /// The calculation that waits; none where none does.
    pub waiting: Option<WaitingCalculation>,
    /// Closed periods, the latest first.
    pub closed: Vec<ClosedPeriod>,
    /// What the one who asks may do.
    pub steps: PeriodSteps,
}

/// A period that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EndingPeriod {
    /// The period as the calendar names it.
    pub period: String,
    /// Its last day.
    pub ends_on: String,
}

/// What is to be calculated.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalculateAsked {
    /// The last day of the period.
    #[schema(max_length = 10, example = "2026-03-31")]
    pub until: String,
}

/// The totals that whoever approves has looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveAsked {
    /// The control totals, as a decimal text by currency. They are typed or read again, so that nobody approves what they
    /// have not seen.
    pub totals: BTreeMap<String, String>,
}
