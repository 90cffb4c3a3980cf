//! The stored rows of a kind, as a pass reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use trueup_engine::world::Complete;

/// The source a fact came from.
pub const FACT_SOURCE: &str = "fact_source";
/// What names it there.
pub const FACT_ID: &str = "fact_id";
/// Its revision.
pub const FACT_REVISION: &str = "fact_revision";
/// 1 for a fact, -1 for one withdrawn by a correction.
pub const FACT_WEIGHT: &str = "fact_weight";
/// The day it became known; the first of all days where it was known from the start.
pub const FACT_RECORDED_ON: &str = "fact_recorded_on";

/// The stored rows of one kind as of a snapshot.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The rows: the declared columns, and those that every fact has.
    pub rows: Arc<dyn TableProvider>,
    /// No more rows than these.
    pub rows_max: u64,
    /// Whether any row withdraws another.
    pub has_corrections: bool,
    /// Whether the day a row became known can matter: it was corrected, or its source says the day.
    pub has_history: bool,
    /// Spans the feed is complete for; none means always.
    pub complete: Option<Vec<Complete>>,
    /// A column that holds the month of a date, as years times twelve plus months since January.
    pub month: Option<MonthColumn>,
}

/// A column that holds the month of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthColumn {
    /// The column of months.
    pub column: String,
    /// The column of dates.
    pub of: String,
}

impl Stored {
    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

/// The stored rows of a program by kind; a kind that is not listed has no rows and no complete feed.
pub type Snapshot = BTreeMap<String, Stored>;
