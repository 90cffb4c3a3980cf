//! Settling quarantined rows: put right by a person, tried again as declarations stand now, or rejected with a reason.
//!
//! Nothing is changed in place. A row that was put right is delivered once more, under the name of the file it came in and
//! with its line; the delivery says who changed which cell and why, and which quarantined row it settles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::deliver::{Content, Index, NotDelivered, Parcel, deliver_unwatched};
use crate::digest::Digest;
use crate::disk::Disk;
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::ledger::Ledger;
use crate::program::{Kind, Program, Source};
use crate::raw::{InOrder, RawCell, RawRow};
use crate::snapshot::{OpenRow, Snapshot};
use crate::standardise::{Problem, StandardRow, Standardiser};
use crate::store::{Change, Delivery, Repair, RepairedRow, Tables};

/// A quarantined row, as a list names it: the delivery that set it aside and its line, `12:4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowName {
    /// The number of the delivery.
    pub delivery: u64,
    /// The row's line in the delivered file.
    pub row: u64,
}

impl RowName {
    /// Reads a row's name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (delivery, row) = text.split_once(':')?;
        Some(Self {
            delivery: delivery.parse().ok()?,
            row: row.parse().ok()?,
        })
    }
}

impl std::fmt::Display for RowName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.delivery, self.row)
    }
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Order {
    /// Deliver a row with other cells, by the source's own column names.
    Fix(RowName, BTreeMap<String, String>),
    /// Deliver open rows again as they came: of one source, or of all.
    Replay(Option<Arc<str>>),
    /// Rows never count.
    Reject(Vec<RowName>),
}

/// Who orders it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub by: String,
    /// Why.
    pub because: String,
}

/// Why it was not done; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No such row is open.
    #[error("{0} is no open row; `trueup quarantine list` has those there are")]
    NotOpen(RowName),
    /// Its source does not read such a column.
    #[error("{name} has no column `{column}`; it has {known}")]
    NoColumn {
        /// Which row.
        name: RowName,
        /// The column.
        column: String,
        /// Those there are.
        known: String,
    },
    /// Its cells were not kept.
    #[error("{name} cannot be delivered again: {why}")]
    NoCells {
        /// Which row.
        name: RowName,
        /// Why.
        why: &'static str,
    },
    /// Its source is no longer declared.
    #[error("{name} is of the source `{source_name}`, which program.yaml no longer declares")]
    NoSource {
        /// Which row.
        name: RowName,
        /// The source.
        source_name: String,
    },
    /// It is still wrong.
    #[error("{name} is still wrong: {}", said(problems))]
    StillWrong {
        /// Which row.
        name: RowName,
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// The rows of a file no longer fit the source.
    #[error("{file}: its rows {refusal}")]
    File {
        /// The file.
        file: String,
        /// Why.
        refusal: FileRefusal,
    },
}

fn said(problems: &[Problem]) -> String {
    let each = problems
        .iter()
        .map(|problem| format!("{problem}; {}", problem.help));
    each.collect::<Vec<String>>().join(" · ")
}

/// What was done.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The deliveries it took, one for each file.
    pub deliveries: Vec<Delivery>,
    /// Rows that are still wrong and were left alone.
    pub left: usize,
}

/// Rows of one file that are to be delivered.
#[derive(Default)]
struct Group {
    rows: Vec<RawRow>,
    repaired: Vec<RepairedRow>,
}

/// Settles quarantined rows.
///
/// # Errors
/// When the world fails; inside, why it was refused. What was delivered before either is whole.
pub fn settle(
    program: &Program,
    order: &Order,
    signed: Option<&Signed>,
    now: Timestamp,
) -> Result<Result<Settled, Refusal>, Fault> {
    let tables = Tables::of(&program.folder, Disk::default())?;
    let _lock = tables.lock()?;
    settle_in((program, &tables), order, signed, now)
}

/// The same for whoever has the right to write already.
pub(crate) fn settle_in(
    (program, tables): (&Program, &Tables),
    order: &Order,
    signed: Option<&Signed>,
    now: Timestamp,
) -> Result<Result<Settled, Refusal>, Fault> {
    let open = Snapshot::open(&program.folder)?.quarantined()?;
    let mut groups: BTreeMap<(String, String), Group> = BTreeMap::new();
    let mut left = 0;
    let gathered = gather(program, order, &open, now, &mut groups, &mut left);
    if let Err(refusal) = gathered {
        return Ok(Err(refusal));
    }
    let mut number = Ledger::of(tables)?.last();
    let mut deliveries = Vec::new();
    for ((name, file), group) in groups {
        let Some((source, kind)) = program.source_and_kind(&name) else {
            continue;
        };
        number += 1;
        let refused = |refusal| {
            let file = file.clone();
            Ok(Err(Refusal::File { file, refusal }))
        };
        let repair = Repair {
            by: signed.map(|signed| signed.by.clone()),
            because: signed.map(|signed| signed.because.clone()),
            rows: group.repaired,
        };
        let written = serde_json::to_vec(&(&group.rows, &repair)).unwrap_or_default();
        let parcel = Parcel {
            program,
            source,
            kind,
            file: file.as_str().into(),
            content: Content::Rows(&group.rows),
            digest: Digest::of(&written),
            bytes: written.len() as u64,
            now,
            number,
            repair: Some(repair),
            flag: None,
        };
        let mut table = match tables.open_or_make(kind)? {
            Ok(table) => table,
            Err(refusal) => return refused(refusal),
        };
        match deliver_unwatched(&parcel, &mut table, &mut Index::default(), tables) {
            Ok(delivery) => deliveries.push(delivery),
            Err(NotDelivered::Refused(refusal)) => return refused(refusal),
            Err(NotDelivered::Fault(fault)) => return Err(fault),
            // Nobody can ask to stop.
            Err(NotDelivered::Stopped) => {}
        }
    }
    Ok(Ok(Settled { deliveries, left }))
}

/// The rows that an order is about, as they are to be delivered.
fn gather(
    program: &Program,
    order: &Order,
    open: &[OpenRow],
    now: Timestamp,
    groups: &mut BTreeMap<(String, String), Group>,
    left: &mut usize,
) -> Result<(), Refusal> {
    let find = |name: RowName| {
        open.iter()
            .find(|row| row.row_name() == name)
            .ok_or(Refusal::NotOpen(name))
    };
    match order {
        Order::Fix(name, cells) => {
            let row = find(*name)?;
            let read = source_of(program, row)?.0.columns_read();
            let known = |column: &String| {
                row.row.cells.contains_key(column) || read.iter().any(|name| **name == **column)
            };
            if let Some(column) = cells.keys().find(|column| !known(column)) {
                return Err(Refusal::NoColumn {
                    name: *name,
                    column: column.clone(),
                    known: read.join(", "),
                });
            }
            let (raw, changes) = changed(row, cells)?;
            let problems = problems(program, row, &raw, now)?;
            if !problems.is_empty() {
                return Err(Refusal::StillWrong {
                    name: *name,
                    problems,
                });
            }
            add(groups, row, Some(raw), changes);
        }
        Order::Replay(source) => {
            for row in open {
                if source.as_deref().is_some_and(|source| source != row.source) {
                    continue;
                }
                // Rows whose cells mean nothing, and conflicts, cannot come right by themselves.
                let raw = match changed(row, &BTreeMap::new()) {
                    Ok((raw, _)) => raw,
                    Err(_) => {
                        *left += 1;
                        continue;
                    }
                };
                match problems(program, row, &raw, now) {
                    Ok(problems) if problems.is_empty() => {
                        add(groups, row, Some(raw), BTreeMap::new());
                    }
                    Ok(_) | Err(_) => *left += 1,
                }
            }
        }
        Order::Reject(names) => {
            for name in names.iter().collect::<BTreeSet<&RowName>>() {
                let row = find(*name)?;
                source_of(program, row)?;
                add(groups, row, None, BTreeMap::new());
            }
        }
    }
    Ok(())
}

fn add(
    groups: &mut BTreeMap<(String, String), Group>,
    row: &OpenRow,
    raw: Option<RawRow>,
    changes: BTreeMap<String, Change>,
) {
    let group = groups
        .entry((row.source.clone(), row.file.clone()))
        .or_default();
    group.repaired.push(RepairedRow {
        file: row.digest,
        row: row.row.row,
        rejected: raw.is_none(),
        changes,
    });
    group.rows.extend(raw);
}

/// A row with some of its cells changed, and what was changed.
fn changed(
    row: &OpenRow,
    cells: &BTreeMap<String, String>,
) -> Result<(RawRow, BTreeMap<String, Change>), Refusal> {
    let no_cells = |why| Refusal::NoCells {
        name: row.row_name(),
        why,
    };
    if row.row.is_conflict() {
        let why = "another row says otherwise under its id and revision; send the true one with a higher revision, or reject it";
        return Err(no_cells(why));
    }
    if row.row.cells.is_empty() {
        return Err(no_cells(
            "its cells do not belong to the columns of its file; send the row again, or reject it",
        ));
    }
    let mut raw = RawRow {
        at: row.row.row,
        cells: row.row.cells.clone(),
    };
    let mut changes = BTreeMap::new();
    for (column, is) in cells {
        let was = raw
            .cells
            .insert(column.clone(), RawCell::Text(is.clone()))
            .map(|cell| cell.text());
        let is = is.clone();
        changes.insert(column.clone(), Change { was, is });
    }
    Ok((raw, changes))
}

fn source_of<'p>(program: &'p Program, row: &OpenRow) -> Result<(&'p Source, &'p Kind), Refusal> {
    program
        .source_and_kind(&row.source)
        .ok_or_else(|| Refusal::NoSource {
            name: row.row_name(),
            source_name: row.source.clone(),
        })
}

/// What is wrong with a row as declarations stand now.
fn problems(
    program: &Program,
    row: &OpenRow,
    raw: &RawRow,
    now: Timestamp,
) -> Result<Vec<Problem>, Refusal> {
    let (source, kind) = source_of(program, row)?;
    let refused = |refusal| Refusal::File {
        file: row.file.clone(),
        refusal,
    };
    let names = source.columns_read();
    let columns: Vec<&str> = raw
        .cells
        .keys()
        .map(String::as_str)
        .chain(names.iter().map(|name| &**name))
        .collect::<BTreeSet<&str>>()
        .into_iter()
        .collect();
    let header = Header::new(columns.iter().copied()).map_err(refused)?;
    let today = program.today(now);
    let mut standardiser =
        Standardiser::new(program, kind, source, header, today).map_err(refused)?;
    let mut standard = StandardRow::default();
    standardiser.read(
        &InOrder::of(&raw.cells, columns.iter().copied()),
        &mut standard,
    );
    Ok(standard.problems)
}
