//! What goes wrong with a database.

use trueup_journal::{CheckpointError, ProofError, RingRefusal};

/// A database that cannot be reached, refuses, or does not hold what it should.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// It cannot be opened.
    #[error("the database at {place} cannot be opened")]
    Open {
        /// Where, without a password.
        place: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Its tables cannot be brought to this version.
    #[error(
        "the database at {place} was written by another version of Trueup or its tables were changed; use the version that wrote it"
    )]
    Version {
        /// Where, without a password.
        place: String,
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// Something is in it already.
    #[error("the database at {place} is not empty; what is restored has a database of its own")]
    NotEmpty {
        /// Where, without a password.
        place: String,
    },
    /// It does not last as it must.
    #[error(
        "the database at {place} runs with {setting} = {found} and not {should}; what is acknowledged would not last"
    )]
    Setting {
        /// Where.
        place: String,
        /// Which setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        should: &'static str,
    },
    /// A statement failed.
    #[error("the database failed {doing}")]
    Sql {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// What is stored is not a journal.
    #[error("the journal is damaged: {what}; `trueup verify` says where")]
    Damaged {
        /// What.
        what: String,
    },
    /// The journal does not take an act.
    #[error("act {at} cannot be appended")]
    Refused {
        /// The place it was to have.
        at: u64,
        /// Why.
        #[source]
        source: RingRefusal,
    },
    /// None of the keys at hand can sign for the vendor now.
    #[error(
        "none of the keys at hand is one of the vendor's that count now; the key that signs lies in the program's keys"
    )]
    NoKey,
    /// The checkpoint cannot be signed.
    #[error("the checkpoint over {size} acts cannot be signed")]
    Checkpoint {
        /// How many acts.
        size: u64,
        /// Why.
        #[source]
        source: CheckpointError,
    },
    /// A proof cannot be made.
    #[error("the proof cannot be made")]
    Proof(#[source] ProofError),
}

impl StoreFault {
    /// For `map_err`: a statement that failed.
    pub(crate) fn sql(doing: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Sql { doing, source }
    }
}
