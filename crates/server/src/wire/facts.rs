//! What is answered to pushed facts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::shared::Permitted;
use super::whatif::ColumnHolds;

/// A source that may be pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PushedSource {
    /// Its name.
    pub source: String,
    /// What it is, in words.
    pub is: String,
    /// The kind of its facts.
    pub kind: String,
    /// The columns that are read of an event.
    pub reads: Vec<String>,
}

/// The sources that may be pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PushedSources {
    /// The sources.
    pub sources: Vec<PushedSource>,
}

/// What is wrong with one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventProblem {
    /// The event's column, or columns joined with a comma; empty where the event as a whole is meant.
    pub column: String,
    /// The cell as it came.
    pub value: String,
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub help: String,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventOutcome {
    /// `accepted`, `corrected`, `cancelled`, `duplicate`, `outdated`, `received`, `wrong` or `conflict`.
    pub outcome: String,
    /// What is wrong with it, one by one; empty where nothing is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<EventProblem>,
    /// What to do about a conflict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// What became of the events of one request, each in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pushed {
    /// How many events came to each outcome.
    pub counts: BTreeMap<String, u64>,
    /// The outcomes, in the order of the events.
    pub outcomes: Vec<EventOutcome>,
}

/// A delivery of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedDelivery {
    /// Its number: the snapshot it made.
    pub snapshot: u64,
    /// When it was taken, as an instant in UTC.
    pub taken_at: String,
    /// The file, by the name it was delivered under.
    pub file: String,
    /// How many rows were read.
    pub read: u64,
    /// Of them, new ones.
    pub accepted: u64,
    /// Of them, those that took the place of known ones.
    pub corrected: u64,
    /// Of them, those that took a known one out.
    pub cancelled: u64,
    /// Of them, those known already.
    pub duplicate: u64,
    /// Of them, those of which a later revision was known.
    pub outdated: u64,
    /// Of them, those set aside.
    pub quarantined: u64,
    /// Who settled rows that were set aside before, and why; none of a delivery of the source itself.
    pub settled_by: Option<String>,
}

/// A source of facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Feed {
    /// The source.
    pub source: String,
    /// What it is, in words.
    pub is: String,
    /// Who answers for it.
    pub owner: String,
    /// The kind of its rows.
    pub kind: String,
    /// The day of its last delivery; none where nothing was delivered.
    pub last_delivery_on: Option<String>,
    /// The day by which the next one is due; none where the source promises nothing.
    pub due_on: Option<String>,
    /// By how many days it is late; none where it is not.
    pub late_days: Option<i64>,
    /// The first day from which on it is declared complete; none where it declares nothing.
    pub complete_from: Option<String>,
    /// The last day for which it is declared complete.
    pub complete_until: Option<String>,
    /// How many of its rows are set aside.
    pub set_aside: u64,
    /// How many deliveries it made.
    pub delivered: u64,
    /// The latest of them, the newest first, at most 20.
    pub deliveries: Vec<FeedDelivery>,
}

/// What is wrong with a row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowProblem {
    /// The source's column, or columns joined with a comma; empty when the row as a whole is meant.
    pub column: String,
    /// The cell as it came; none to whoever reads no facts.
    pub value: Option<String>,
    /// A stable code.
    pub code: String,
    /// What is wrong; none to whoever reads no facts.
    pub says: Option<String>,
    /// What to do.
    pub help: String,
}

/// A row that was set aside and does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetAside {
    /// How commands name it.
    pub name: String,
    /// Its source.
    pub source: String,
    /// The file it came in.
    pub file: String,
    /// Its line or row there.
    pub line: u64,
    /// What names it, as far as that could be read.
    pub id: String,
    /// The day it was taken.
    pub taken_on: String,
    /// What is wrong with it.
    pub problems: Vec<RowProblem>,
    /// The cells that its source reads, as they came; none to who sees no figures, or where they could not be told apart.
    pub cells: Vec<SetAsideCell>,
    /// Whether the one who asks may put it right.
    pub may_mend: Permitted,
}

/// A cell of a row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SetAsideCell {
    /// The source's name of the column.
    pub column: String,
    /// What stood in it; empty where nothing did.
    pub value: String,
}

/// A row that was set aside, put right.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MendAsked {
    /// The cells that are others, by the source's own names of columns.
    #[schema(example = json!({ "reseller": "P-100" }))]
    pub cells: BTreeMap<String, String>,
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}

/// Why a row never counts.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RowRejection {
    /// Why.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}

/// Which rows are tried again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayAsked {
    /// Of which source; of all where none is named.
    pub source: Option<String>,
}

/// What became of rows that were set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowsSettled {
    /// The number of the latest delivery that it took; none where nothing changed.
    pub snapshot: Option<u64>,
    /// Rows that count now: new, corrected or taken back.
    pub counted: u64,
    /// Rows that were known already, or known later.
    pub known: u64,
    /// Rows that were set aside once more.
    pub set_aside: u64,
    /// Rows that never count.
    pub rejected: u64,
    /// Rows that are still wrong and were left alone.
    pub left: u64,
}

/// The sources of a program, and the rows that are set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Feeds {
    /// The number of the snapshot, which grows by one with each delivery.
    pub snapshot: u64,
    /// The day it is in the program's time zone.
    pub on: String,
    /// The sources.
    pub feeds: Vec<Feed>,
    /// How many rows are set aside in all.
    pub set_aside: u64,
    /// They, at most 200.
    pub quarantine: Vec<SetAside>,
    /// Whether the one who asks may settle one: put it right, or reject it.
    pub may_settle: Permitted,
    /// Whether the one who asks may try them again.
    pub may_replay: Permitted,
}

/// How good the facts of a source are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedQuality {
    /// The source.
    pub source: String,
    /// Rows that count.
    pub rows: u64,
    /// Rows delivered, all told.
    pub delivered: u64,
    /// Of those, rows that were known already.
    pub duplicates: u64,
    /// Rows that correct others.
    pub corrected: u64,
    /// Rows that take others back.
    pub cancelled: u64,
    /// Rows that say the same under different ids.
    pub twin_rows: u64,
    /// How many values lie far out.
    pub far_out: u64,
    /// The day of its first fact; none where it has none.
    pub first_day: Option<String>,
    /// The day of its last fact.
    pub last_day: Option<String>,
    /// What somebody should look at, in words.
    pub findings: Vec<String>,
}

/// Which facts are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FactsAsked {
    /// The kind of fact; the first one that the partner's plan reads, where none is named.
    pub kind: Option<String>,
    /// Only rows that hold this text in some column, or in their id, whatever its capital letters.
    #[param(max_length = 200)]
    pub holds: Option<String>,
    /// Only rows from this day on.
    pub from: Option<String>,
    /// Only rows until this day.
    pub until: Option<String>,
    /// How many rows to skip.
    pub skip: Option<u64>,
    /// How many rows at most; 50 where nothing is said, never more than 200.
    pub limit: Option<u64>,
}

/// A row that somebody doubts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactDoubt {
    /// Why.
    pub because: String,
    /// Since when.
    pub on: String,
}

/// A fact that is credited to a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fact {
    /// Its source and its id there.
    pub id: String,
    /// The day it is of.
    pub on: String,
    /// Its cells, in the order of the columns; none where a cell is empty.
    pub cells: Vec<Option<String>>,
    /// Which part of it is credited to the partner, of 1.
    pub share: String,
    /// Whether somebody doubts it; it counts all the same until its source corrects it.
    pub doubted: Option<FactDoubt>,
}

/// A partner's facts, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactPage {
    /// The partner.
    pub partner: String,
    /// What the directory calls it.
    pub partner_name: String,
    /// The currency of amounts.
    pub currency: String,
    /// The kinds of fact that the partner's plan reads.
    pub kinds: Vec<String>,
    /// The kind shown.
    pub kind: String,
    /// What one of its rows is, in words.
    pub is: String,
    /// The columns, by name, and what each holds.
    pub columns: Vec<FactColumn>,
    /// How many rows there are in all, as asked.
    pub count: u64,
    /// The rows of this page.
    pub facts: Vec<Fact>,
    /// How many to skip for the next page; none on the last.
    pub next: Option<u64>,
    /// Whether the one who asks may doubt a row.
    pub may_doubt: Permitted,
}

/// A column of a kind of fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FactColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub holds: ColumnHolds,
}

/// A row that is doubted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoubtAsked {
    /// The row: its source and its id there.
    #[schema(max_length = 400)]
    pub fact: String,
    /// Why it is in doubt.
    #[schema(min_length = 1, max_length = 2000)]
    pub because: String,
}
