//! A snapshot: the facts as they were at one version of each table, to be read again and again with the same answer.
//!
//! It is a list of immutable files, each with its digest; what it reads is checked against that. It never writes, and
//! never sees a delivery that is not committed.

mod difference;
mod kind;
mod revisions;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trueup_base::date::Date;
use trueup_engine::world::{Complete, Row};
use trueup_plan::tree::FactKind;

use crate::digest::{Digest, PartsHasher};
use crate::disk::Disk;
use crate::error::Fault;
use crate::measure::KeptLayers;
use crate::program::Program;
use crate::quarantine::{QuarantinedRow, read_list};
use crate::replay::RowName;
use crate::store::{FACT_ID, Tables, read_file};

pub use difference::{KindDifference, Moved, RowChange, Said, Wanted, What};
pub use kind::KindSnapshot;
pub use revisions::Revisions;

/// The facts of a program at one version of each table.
#[derive(Debug)]
pub struct Snapshot {
    kinds: BTreeMap<Arc<str>, KindSnapshot>,
    layers: Arc<KeptLayers>,
}

/// Why a plan cannot read a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRefusal {
    /// A column that the facts do not have.
    #[error(
        "the plan reads `{kind}.{column}`, and the stored facts of `{kind}` have no such column; they have: {known}"
    )]
    NoColumn {
        /// The kind.
        kind: String,
        /// The column.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// A column that holds something else.
    #[error(
        "the plan reads `{kind}.{column}` as another type than the stored {found}; declare the same type in both"
    )]
    OtherType {
        /// The kind.
        kind: String,
        /// The column.
        column: String,
        /// What is stored.
        found: String,
    },
}

/// Why rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The plan and the facts do not fit.
    #[error(transparent)]
    Refused(#[from] ReadRefusal),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What holding a snapshot's files to their digests came to.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many files were read.
    pub files: usize,
    /// Those that are damaged or cannot be read.
    pub damaged: Vec<Fault>,
}

/// A quarantined row that nobody has put right yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OpenRow {
    /// The kind it was to be a fact of.
    pub kind: String,
    /// Its source.
    pub source: String,
    /// The file it came in.
    pub file: String,
    /// The digest of that file.
    pub digest: Digest,
    /// The number of the delivery that set it aside.
    pub delivery: u64,
    /// The day it was taken.
    pub taken_on: String,
    /// The row and its problems.
    #[serde(flatten)]
    pub row: QuarantinedRow,
}

impl OpenRow {
    /// How it is named.
    #[must_use]
    pub fn row_name(&self) -> RowName {
        RowName {
            delivery: self.delivery,
            row: self.row.row,
        }
    }
}

impl Snapshot {
    /// The facts as they are now.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub fn open(program: &Path) -> Result<Self, Fault> {
        let tables = Tables::of(program, Disk::default())?;
        let mut kinds = BTreeMap::new();
        for kind in tables.kinds()? {
            // A table to which nothing was delivered yet is what a refused first delivery leaves.
            if let Some(table) = tables
                .open(&kind)?
                .filter(|table| !table.deliveries().is_empty())
            {
                kinds.insert(kind.as_str().into(), KindSnapshot::of(table)?);
            }
        }
        Ok(Self {
            kinds,
            layers: Arc::new(KeptLayers::in_folder(tables.state())),
        })
    }

    /// The facts as they were at these versions; kinds that are not named have none.
    ///
    /// # Errors
    /// When a table cannot be opened or never had that version.
    pub fn open_at(program: &Path, versions: &BTreeMap<Arc<str>, u64>) -> Result<Self, Fault> {
        let tables = Tables::of(program, Disk::default())?;
        let mut kinds = BTreeMap::new();
        for (kind, version) in versions {
            let table = match tables.open(kind)? {
                Some(now) => KindSnapshot::at(now, || tables.open_at(kind, *version), *version)?,
                None => KindSnapshot::of(tables.open_at(kind, *version)?)?,
            };
            kinds.insert(kind.clone(), table);
        }
        Ok(Self {
            kinds,
            layers: Arc::new(KeptLayers::in_folder(tables.state())),
        })
    }

    /// The same facts, with what a longer-lived process keeps of what they add up to.
    #[must_use]
    pub fn with_layers(self, layers: Arc<KeptLayers>) -> Self {
        Self { layers, ..self }
    }

    /// What was kept of what the facts add up to.
    #[must_use]
    pub fn layers(&self) -> &Arc<KeptLayers> {
        &self.layers
    }

    /// Its number: how many deliveries it holds, of all kinds; 0 where there are none.
    #[must_use]
    pub fn number(&self) -> u64 {
        let deliveries = self.kinds.values().flat_map(KindSnapshot::deliveries);
        deliveries
            .map(|delivery| delivery.number)
            .max()
            .unwrap_or(0)
    }

    /// The version of each table that the last delivery made: writing files anew makes no other snapshot.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<Arc<str>, u64> {
        self.kinds
            .iter()
            .map(|(kind, facts)| (kind.clone(), facts.version()))
            .collect()
    }

    /// The digest of the list of delivered files, whichever hold their rows now: two snapshots of one digest hold the same facts.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = PartsHasher::new("trueup snapshot 1");
        for (kind, facts) in &self.kinds {
            hasher.text(kind);
            hasher.fixed(&(facts.delivered.len() as u64).to_be_bytes());
            facts
                .delivered
                .iter()
                .for_each(|file| hasher.fixed(&file.digest.0));
        }
        hasher.finish()
    }

    /// The kinds that have facts.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<str>> {
        self.kinds.keys()
    }

    /// One kind's facts.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Option<&KindSnapshot> {
        self.kinds.get(kind)
    }

    /// The newest day of any fact, by the column that dates its kind; none where there are no facts.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn last_day(&self, program: &Program) -> Result<Option<Date>, Fault> {
        let mut newest = None;
        for (name, facts) in &self.kinds {
            let dated = program
                .kind(name)
                .and_then(|kind| kind.columns.get(kind.dated));
            let Some(dated) = dated else { continue };
            newest = newest.max(facts.last_day(&dated.name)?);
        }
        Ok(newest)
    }

    /// The rows of a plan's kind, every version of every fact, for the reference measurer.
    ///
    /// # Errors
    /// When the facts lack a column the plan reads, or cannot be read.
    pub fn rows(&self, kind: &FactKind) -> Result<Vec<Row>, ReadError> {
        self.kind(&kind.name)
            .map_or_else(|| Ok(Vec::new()), |facts| facts.rows(kind))
    }

    /// Checks every file of the snapshot against its digest.
    ///
    /// # Errors
    /// The first file that is damaged or cannot be read.
    pub fn verify(&self) -> Result<(), Fault> {
        match self.verified().damaged.into_iter().next() {
            None => Ok(()),
            Some(damaged) => Err(damaged),
        }
    }

    /// Holds every file of the snapshot to its digest: how many there are, and what is damaged or gone.
    #[must_use]
    pub fn verified(&self) -> Verified {
        let mut verified = Verified::default();
        for facts in self.kinds.values() {
            let deliveries = facts.table.deliveries();
            let lists = deliveries.iter().filter_map(|one| one.quarantine.as_ref());
            let files = facts
                .files
                .iter()
                .map(|file| read_file(facts.table.folder(), file, Some(&[FACT_ID])).map(drop));
            for held in files.chain(lists.map(|list| read_list(&facts.table, list).map(drop))) {
                verified.files += 1;
                verified.damaged.extend(held.err());
            }
        }
        verified
    }

    /// The quarantined rows that nobody has put right: of each delivered file its latest reading, without rows whose id
    /// has become a fact since. Conflicts stay until a later revision settles them.
    ///
    /// # Errors
    /// When a list or a table cannot be read.
    pub fn quarantined(&self) -> Result<Vec<OpenRow>, Fault> {
        let mut open = Vec::new();
        for (kind, facts) in &self.kinds {
            facts.open_rows(kind, &mut open)?;
        }
        Ok(open)
    }
}

impl Program {
    /// The spans for which every source of a kind is declared complete; where one source says nothing, none.
    #[must_use]
    pub fn complete(&self, kind: &str) -> Vec<Complete> {
        let at = self.kinds.iter().position(|known| &*known.name == kind);
        let mut span: Option<(Date, Date)> = None;
        let mut any = false;
        for source in self.sources.iter().filter(|source| Some(source.kind) == at) {
            let Some(complete) = source.complete else {
                return Vec::new();
            };
            span = match span {
                None if !any => Some((complete.from, complete.until)),
                None => None,
                Some((from, until)) => {
                    let both = (from.max(complete.from), until.min(complete.until));
                    (both.0 < both.1).then_some(both)
                }
            };
            any = true;
        }
        span.map(|(from, until)| Complete { from, until })
            .into_iter()
            .collect()
    }
}
