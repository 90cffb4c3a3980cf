//! Flags: somebody says that a row is in doubt. The row counts all the same; whoever reads its figures sees the flag, and can
//! follow what becomes of the row.
//!
//! A flag is an entry of the ledger like a delivery, without rows. It holds the revision that is in doubt: a later revision, or none,
//! is an answer to it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{Int8Type, Int64Type};
use jiff::Timestamp;
use serde::Serialize;

use crate::deliver::{Content, Index, NotDelivered, Parcel, deliver_unwatched};
use crate::digest::Digest;
use crate::disk::Disk;
use crate::error::Fault;
use crate::ledger::Ledger;
use crate::program::Program;
use crate::replay::Signed;
use crate::snapshot::Snapshot;
use crate::store::{
    Delivery, FACT_ID, FACT_REVISION, FACT_WEIGHT, FactTable, FlagAct, FlaggedRow, Tables,
    read_file,
};

/// A row as somebody names it: `invoices/I-2001/1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactName {
    /// The source.
    pub source: String,
    /// What names it there.
    pub id: String,
}

impl FactName {
    /// Reads a row's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (source, id) = text.split_once('/')?;
        Some(Self {
            source: source.to_owned(),
            id: id.to_owned(),
        })
    }
}

impl std::fmt::Display for FactName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.source, self.id)
    }
}

/// Why nothing was flagged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFlagged {
    /// No such source.
    #[error("{0} is of no source that program.yaml declares")]
    NoSource(FactName),
    /// No such row counts.
    #[error("{0} is no row that counts")]
    NoRow(FactName),
    /// It is not flagged.
    #[error("{0} is not flagged")]
    NoFlag(FactName),
}

/// What became of a flagged row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Nothing yet.
    Open,
    /// It was corrected.
    Corrected,
    /// It no longer counts.
    Gone,
    /// The flag was lifted.
    Lifted {
        /// Who did.
        by: String,
        /// Why.
        because: String,
    },
}

/// A flag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// The row, as it is named.
    pub row: String,
    /// The source.
    pub source: String,
    /// The kind of the row.
    pub kind: String,
    /// Who doubts it.
    pub by: String,
    /// Why.
    pub because: String,
    /// The day.
    pub on: String,
    /// The snapshot that the flag made.
    pub snapshot: u64,
    /// What became of the row.
    pub fate: Fate,
}

/// Flags rows, or lifts their flags.
///
/// # Errors
/// When the world fails; inside, why nothing was flagged.
pub fn flag(
    program: &Program,
    rows: &[FactName],
    is_lifted: bool,
    signed: &Signed,
    now: Timestamp,
) -> Result<Result<Vec<Delivery>, NotFlagged>, Fault> {
    let tables = Tables::of(&program.folder, Disk::default())?;
    let _lock = tables.lock()?;
    flag_in((program, &tables), rows, is_lifted, signed, now)
}

/// The same by whoever holds the lock of the tables.
pub(crate) fn flag_in(
    (program, tables): (&Program, &Tables),
    rows: &[FactName],
    is_lifted: bool,
    signed: &Signed,
    now: Timestamp,
) -> Result<Result<Vec<Delivery>, NotFlagged>, Fault> {
    let snapshot = Snapshot::open(&program.folder)?;
    let open: BTreeSet<String> = flags(&snapshot)?
        .into_iter()
        .filter(|flag| flag.fate == Fate::Open)
        .map(|flag| flag.row)
        .collect();
    let mut by_source: BTreeMap<&str, BTreeSet<&FactName>> = BTreeMap::new();
    for row in rows {
        by_source.entry(&row.source).or_default().insert(row);
    }
    let mut acts = Vec::new();
    for (name, rows) in by_source {
        let Some((source, kind)) = program.source_and_kind(name) else {
            let row = rows.first().copied().cloned();
            let row = row.unwrap_or(FactName {
                source: name.to_owned(),
                id: String::new(),
            });
            return Ok(Err(NotFlagged::NoSource(row)));
        };
        let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let standing = match snapshot.kind(&kind.name) {
            Some(facts) => revisions(facts.table(), name, &ids)?,
            None => BTreeMap::new(),
        };
        let mut flagged = Vec::new();
        for row in rows {
            let Some(revision) = standing.get(row.id.as_str()) else {
                return Ok(Err(NotFlagged::NoRow(row.clone())));
            };
            if is_lifted && !open.contains(&row.to_string()) {
                return Ok(Err(NotFlagged::NoFlag(row.clone())));
            }
            flagged.push(FlaggedRow {
                id: row.id.clone(),
                revision: *revision,
            });
        }
        acts.push((source, kind, flagged));
    }
    let mut number = Ledger::of(tables)?.last();
    let mut deliveries = Vec::new();
    for (source, kind, rows) in acts {
        number += 1;
        let act = FlagAct {
            by: signed.by.clone(),
            because: signed.because.clone(),
            lifted: is_lifted,
            rows,
        };
        let written = serde_json::to_vec(&(&act, number)).unwrap_or_default();
        let parcel = Parcel {
            program,
            source,
            kind,
            file: "flag".into(),
            content: Content::Rows(&[]),
            digest: Digest::of(&written),
            bytes: written.len() as u64,
            now,
            number,
            repair: None,
            flag: Some(act),
        };
        let Ok(mut table) = tables.open_or_make(kind)? else {
            continue;
        };
        match deliver_unwatched(&parcel, &mut table, &mut Index::default(), tables) {
            Ok(delivery) => deliveries.push(delivery),
            Err(NotDelivered::Fault(fault)) => return Err(fault),
            // It has no rows that could be refused, and nobody can ask to stop.
            Err(NotDelivered::Refused(_) | NotDelivered::Stopped) => {}
        }
    }
    Ok(Ok(deliveries))
}

/// All flags of a snapshot, oldest first, each with what became of its row.
///
/// # Errors
/// When a file is damaged or cannot be read.
pub fn flags(snapshot: &Snapshot) -> Result<Vec<Flag>, Fault> {
    let mut all = Vec::new();
    for name in snapshot.kinds() {
        let Some(facts) = snapshot.kind(name) else {
            continue;
        };
        let acts = || {
            facts.deliveries().iter().flat_map(|delivery| {
                let act = delivery.flag.iter();
                act.flat_map(move |act| act.rows.iter().map(move |row| (delivery, act, row)))
            })
        };
        let sources: BTreeSet<&str> = acts()
            .map(|(delivery, _, _)| delivery.source.as_str())
            .collect();
        for source in sources {
            let of_source = || acts().filter(|(delivery, _, _)| delivery.source == source);
            let ids: BTreeSet<&str> = of_source().map(|(_, _, row)| row.id.as_str()).collect();
            let standing = revisions(facts.table(), source, &ids)?;
            for (delivery, act, row) in of_source().filter(|(_, act, _)| !act.lifted) {
                let lifted = of_source().find(|(later, act, other)| {
                    act.lifted && later.number > delivery.number && other.id == row.id
                });
                let fate = match (lifted, standing.get(row.id.as_str())) {
                    (Some((_, act, _)), _) => Fate::Lifted {
                        by: act.by.clone(),
                        because: act.because.clone(),
                    },
                    (None, None) => Fate::Gone,
                    (None, Some(revision)) if *revision > row.revision => Fate::Corrected,
                    (None, Some(_)) => Fate::Open,
                };
                all.push(Flag {
                    row: format!("{source}/{}", row.id),
                    source: source.to_owned(),
                    kind: name.to_string(),
                    by: act.by.clone(),
                    because: act.because.clone(),
                    on: delivery.taken_on.clone(),
                    snapshot: delivery.number,
                    fate,
                });
            }
        }
    }
    all.sort_by(|one, two| (one.snapshot, &one.row).cmp(&(two.snapshot, &two.row)));
    Ok(all)
}

/// The revision of each of these rows that counts.
fn revisions<'i>(
    table: &FactTable,
    source: &str,
    ids: &BTreeSet<&'i str>,
) -> Result<BTreeMap<&'i str, i64>, Fault> {
    let mut weights: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for file in table.files_of(source)? {
        let columns = [FACT_ID, FACT_REVISION, FACT_WEIGHT];
        for batch in read_file(table.folder(), &file, Some(&columns))? {
            let batch = batch.map_err(Fault::columns("read", table.kind()))?;
            let found = batch
                .column_by_name(FACT_ID)
                .and_then(|column| column.as_string_opt::<i32>());
            let revisions = batch
                .column_by_name(FACT_REVISION)
                .and_then(|column| column.as_primitive_opt::<Int64Type>());
            let weighed = batch
                .column_by_name(FACT_WEIGHT)
                .and_then(|column| column.as_primitive_opt::<Int8Type>());
            let (Some(found), Some(revisions), Some(weighed)) = (found, revisions, weighed) else {
                return Err(table.lacks_columns(&file));
            };
            for at in 0..found.len() {
                if let Some(id) = ids.get(found.value(at)) {
                    let weight = weights.entry((id, revisions.value(at))).or_default();
                    *weight += i64::from(weighed.value(at));
                }
            }
        }
    }
    let standing = weights.into_iter().filter(|(_, weight)| *weight > 0);
    Ok(standing.map(|((id, revision), _)| (id, revision)).collect())
}
