//! What would be paid if more happened: the form to say it by, the rows that are said, and what the engine answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::partner::{CapProgress, Progress};
use super::shared::Money;
use super::statement::{LineGrants, LinePaid};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnHolds {
    /// Text, verbatim.
    Text,
    /// A partner's id.
    Partner,
    /// A day.
    Date,
    /// `true` or `false`.
    Flag,
    /// An amount in the program's currency.
    Money,
    /// A count.
    Count,
    /// A score.
    Score,
    /// A ratio, such as `0.05`.
    Ratio,
}

/// A column of a kind of fact that a plan reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: ColumnHolds,
    /// How many digits a number has after the mark; none of what is no number.
    pub places: Option<u8>,
    /// Whether a row must say it.
    pub is_needed: bool,
    /// The only thing that may stand there; none where anything may.
    pub fixed: Option<String>,
    /// What stood there in the partner's own rows, where that is a short list.
    pub offered: Vec<String>,
    /// What a form may begin with; none where there is nothing to propose.
    pub suggested: Option<String>,
}

/// Something that is picked from a list of the program and fills several columns at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfPick {
    /// The source's column that it is picked by.
    pub by: String,
    /// The columns that it fills.
    pub fills: Vec<String>,
    /// What may be picked.
    pub choices: Vec<WhatIfChoice>,
}

/// One thing that may be picked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfChoice {
    /// What it is called.
    pub called: String,
    /// What it fills in, by column; a column that it leaves empty is not among them.
    pub cells: BTreeMap<String, String>,
}

/// A kind of fact that the partner's plan reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfKind {
    /// Its name.
    pub kind: String,
    /// What one of its rows is, in words.
    pub is: String,
    /// The column that says when it happens.
    pub dated: String,
    /// Its columns.
    pub columns: Vec<WhatIfColumn>,
    /// What may be picked to fill columns.
    pub picks: Vec<WhatIfPick>,
}

/// What a form needs to ask what would be if.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfForm {
    /// The partner.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// The plan, by its title.
    pub plan_title: String,
    /// The currency of every amount.
    pub currency: String,
    /// The first day that something may happen on: the agreement's.
    pub from: String,
    /// The day until which everything is closed: of what lies before, an answer is what it would have been. None where nothing
    /// is closed.
    pub closed_until: Option<String>,
    /// The last day that something may happen on; none where the agreement has no end.
    pub last: Option<String>,
    /// A day to begin with: the last one that facts are known for, or that may be said.
    pub suggested_on: String,
    /// The kinds of fact that the plan reads.
    pub kinds: Vec<WhatIfKind>,
}

/// A row that would come in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfRow {
    /// The kind of fact.
    #[schema(example = "sale")]
    pub kind: String,
    /// Its cells, by column, as text: `"1234.50"`, `"2026-01-31"`, `"true"`. A column that is not named is empty.
    pub cells: BTreeMap<String, String>,
}

/// What is asked: rows that would come in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIfAsked {
    /// The rows, at most 200.
    pub rows: Vec<WhatIfRow>,
}

/// What a component would pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfLine {
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// What it is, in words.
    pub is: String,
    /// What it grants. Of `money` and `fund` the amounts below are in the currency, of the others they are numbers.
    pub grants: LineGrants,
    /// What is settled, as the calendar names it.
    pub period: String,
    /// The last day of what is settled.
    pub settled_on: String,
    /// What it posts without the rows, as a decimal text; none where nothing can be said.
    pub before: Option<String>,
    /// What it would post with them; none where nothing can be said.
    pub after: Option<String>,
    /// How much that is more, or less; none where one of them has no answer.
    pub more: Option<String>,
    /// Why it has no figure, in words.
    pub open: Vec<String>,
    /// What would become of its money, by day.
    pub paid: Vec<LinePaid>,
}

/// A rate table, where it stands and where it would stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfTier {
    /// Where it stands; none where it is not asked without the rows.
    pub before: Option<Progress>,
    /// Where it would stand.
    pub after: Progress,
    /// Whether another band would be reached.
    pub is_other: bool,
}

/// A cap, how far it is used and would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfCap {
    /// How far it would be used.
    pub after: CapProgress,
    /// Whether it would be reached.
    pub is_reached: bool,
    /// Whether it is reached without the rows.
    pub was_reached: bool,
}

/// What would be paid if the rows came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhatIfAnswer {
    /// The partner.
    pub partner: String,
    /// The currency of every amount.
    pub currency: String,
    /// The last day of the period that the question reaches into.
    pub until: String,
    /// The day until which everything is closed, where a row is dated before: the answer is then what would have been, and
    /// changes nothing. None where every row lies in what is open.
    pub closed_until: Option<String>,
    /// The day from which on nothing is known yet, so that both figures take it that nothing but the rows happens; none where
    /// everything is known.
    pub nothing_else_from: Option<String>,
    /// What the settlements that the rows can touch post without them.
    pub before: Money,
    /// What they would post with them.
    pub after: Money,
    /// How much that is more, or less.
    pub more: Money,
    /// Each component's settlements that the rows can touch.
    pub lines: Vec<WhatIfLine>,
    /// Rate tables of the last period, where they stand and would stand.
    pub tiers: Vec<WhatIfTier>,
    /// Caps of the last period.
    pub caps: Vec<WhatIfCap>,
    /// What would go another way, in the plan's own words.
    pub because: Vec<String>,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}
