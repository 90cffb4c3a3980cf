//! What can go wrong while measuring.

use datafusion::error::DataFusionError;

use crate::error::Fault;

/// Why rows could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureFault {
    /// The executor refused or failed.
    #[error("cannot {doing} the facts of kind {kind}")]
    Executor {
        /// What was being done.
        doing: &'static str,
        /// The kind.
        kind: String,
        /// What it said.
        #[source]
        source: Box<DataFusionError>,
    },
    /// A plan that would count in floating point.
    #[error("the executor's plan for kind {kind} holds a floating-point value: {found}")]
    Float {
        /// The kind.
        kind: String,
        /// Where.
        found: String,
    },
    /// A plan whose sum could overflow.
    #[error("the executor's plan for kind {kind} has no room for its sum: {found}")]
    Room {
        /// The kind.
        kind: String,
        /// Which sum.
        found: String,
    },
    /// An answer of another type than asked for.
    #[error("the executor answered {found} where kind {kind} was asked for {wanted}")]
    Answer {
        /// The kind.
        kind: String,
        /// What came.
        found: String,
        /// What should have come.
        wanted: &'static str,
    },
    /// Rows that count neither once nor as a withdrawal.
    #[error(
        "the table of kind {kind} has rows whose weight is neither 1 nor -1; it was not written by Trueup"
    )]
    Weights {
        /// The kind.
        kind: String,
    },
    /// A column that the plan reads and the table lacks.
    #[error("the table of kind {kind} has no column {column} of the type the plan declares")]
    Column {
        /// The kind.
        kind: String,
        /// The column.
        column: String,
    },
    /// A file that is not as it was when it was stored, or cannot be read.
    #[error(transparent)]
    Facts(#[from] Fault),
    /// A file whose end cannot be read.
    #[error("cannot read the end of {path}, where Parquet says what it holds")]
    Footer {
        /// The file.
        path: String,
        /// What was wrong.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The executor's threads.
    #[error("cannot start the threads that measure")]
    Threads(#[source] std::io::Error),
    /// An id that is none.
    #[error("the table of kind {kind} has a fact whose id is none: {id}")]
    Id {
        /// The kind.
        kind: String,
        /// The id.
        id: String,
        /// What is wrong with it.
        #[source]
        source: trueup_base::id::IdError,
    },
}

impl MeasureFault {
    /// What the executor said while something was done with a kind.
    pub(super) fn executor<'a>(
        doing: &'static str,
        kind: &'a str,
    ) -> impl FnOnce(DataFusionError) -> Self + use<'a> {
        move |source| Self::Executor {
            doing,
            kind: kind.to_owned(),
            source: Box::new(source),
        }
    }
}
