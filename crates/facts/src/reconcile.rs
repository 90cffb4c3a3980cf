//! Reconciliation: what was delivered is what was kept and what was not, in rows and in money, against the owner's totals.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::decimal;
use crate::error::Fault;
use crate::ingest::{FileOutcome, Outcome};
use crate::program::{ColumnType, Kind, Program, Source};
use crate::store::{Delivery, TallyText};
use crate::tally::{Tally, TooLarge};

/// How what was delivered adds up, source by source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// Each source, in the order declared.
    pub sources: Vec<SourceReconciled>,
}

impl Reconciliation {
    /// Whether every source agrees with its control totals.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.sources
            .iter()
            .all(|source| source.control.iter().all(|line| line.agrees))
    }
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceReconciled {
    /// The source.
    pub source: String,
    /// The kind of its facts.
    pub kind: String,
    /// The files it adds up, each by the name it was delivered under.
    pub files: Vec<String>,
    /// Files that were refused as a whole: nothing of them is in these figures.
    pub refused: Vec<RefusedFile>,
    /// What is counted and summed: the first column counts rows, the others are sums.
    pub columns: Vec<SummedColumn>,
    /// Rows read, then what became of them: they add up.
    pub lines: Vec<Line>,
    /// Known rows withdrawn by corrections.
    pub withdrawn: Line,
    /// Numbers that had more digits than are kept and were rounded, by column of the file; empty when none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rounded: BTreeMap<String, u64>,
    /// What the owner says beside what was read.
    pub control: Vec<ControlLine>,
}

/// A file that was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedFile {
    /// The file.
    pub file: String,
    /// A stable code.
    pub code: String,
    /// Why.
    pub says: String,
}

/// A column that is summed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SummedColumn {
    /// Its name.
    pub name: String,
    /// What it counts: `money` or `count`.
    pub unit: String,
    /// Its decimals.
    pub scale: u8,
}

/// What became of some rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What: `read`, `accepted`, `corrected`, `cancelled`, `duplicate`, `outdated`, `quarantined`, `withdrawn`.
    pub what: String,
    /// How many rows.
    pub rows: u64,
    /// The sum of each column, as exact text.
    pub sums: Vec<String>,
    /// In how many rows a column could not be read and is not in its sum, by column; empty when in none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<String, u64>,
}

/// A control total beside what was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlLine {
    /// `rows`, or the column.
    pub what: String,
    /// What the owner says.
    pub stated: String,
    /// What was read.
    pub read: String,
    /// What was read less what is stated.
    pub difference: String,
    /// Whether they are the same.
    pub agrees: bool,
}

/// Adds up the files of each source that were at hand.
///
/// # Errors
/// When a sum leaves its room.
pub fn reconcile(program: &Program, files: &[FileOutcome]) -> Result<Reconciliation, Fault> {
    let mut sources = Vec::new();
    for source in &program.sources {
        let Some(kind) = program.kinds.get(source.kind) else {
            continue;
        };
        let of: Vec<&FileOutcome> = files
            .iter()
            .filter(|file| file.source.as_deref() == Some(&*source.name))
            .collect();
        if of.is_empty() {
            continue;
        }
        let reconciled =
            reconcile_source(source, kind, &of).map_err(|error| Fault::DoesNotAddUp {
                file: source.name.to_string(),
                what: error.to_string(),
            })?;
        sources.push(reconciled);
    }
    Ok(Reconciliation { sources })
}

fn summed(kind: &Kind) -> Vec<(usize, SummedColumn)> {
    kind.numbers()
        .enumerate()
        .filter_map(|(number, (_, column, room))| match column.of {
            ColumnType::Number { unit, .. } if unit.adds_up() => {
                let column = SummedColumn {
                    name: column.name.to_string(),
                    unit: unit.word().to_owned(),
                    scale: room.scale,
                };
                Some((number, column))
            }
            _ => None,
        })
        .collect()
}

fn reconcile_source(
    source: &Source,
    kind: &Kind,
    files: &[&FileOutcome],
) -> Result<SourceReconciled, TooLarge> {
    let columns = summed(kind);
    let mut deliveries: Vec<&Delivery> = Vec::new();
    let mut names = Vec::new();
    let mut refused = Vec::new();
    for file in files {
        match &file.outcome {
            Outcome::Taken(delivery) | Outcome::TakenBefore(delivery) => {
                names.push(file.file.clone());
                deliveries.push(delivery);
            }
            Outcome::Refused(refusal) => refused.push(RefusedFile {
                file: file.file.clone(),
                code: refusal.code().to_owned(),
                says: refusal.to_string(),
            }),
        }
    }
    let total = |part: fn(&Delivery) -> &TallyText| -> Result<Tally, TooLarge> {
        let mut total = Tally::of(kind);
        for delivery in &deliveries {
            total.plus(&Tally::from_text(kind, part(delivery))?)?;
        }
        Ok(total)
    };
    let read = total(|delivery| &delivery.read)?;
    let line = |what: &str, tally: &Tally| line(what, kind, &columns, tally);
    let mut lines = vec![
        line("read", &read),
        line("accepted", &total(|delivery| &delivery.accepted)?),
        line("corrected", &total(|delivery| &delivery.corrected)?),
    ];
    let cancelled = total(|delivery| &delivery.cancelled)?;
    if source.cancelled.is_some() || cancelled.rows > 0 {
        lines.push(line("cancelled", &cancelled));
    }
    lines.extend([
        line("duplicate", &total(|delivery| &delivery.duplicate)?),
        line("outdated", &total(|delivery| &delivery.outdated)?),
        line("quarantined", &total(|delivery| &delivery.quarantined)?),
    ]);
    let withdrawn = line("withdrawn", &total(|delivery| &delivery.withdrawn)?);
    let mut rounded = BTreeMap::new();
    for (column, numbers) in deliveries.iter().flat_map(|delivery| &delivery.rounded) {
        *rounded.entry(column.clone()).or_default() += numbers;
    }
    // What the owner states is stated of the declared files; one that is named besides adds up to something else.
    let control = match names.iter().all(|name| source.declares(name)) {
        true => control(source, kind, &read)?,
        false => Vec::new(),
    };
    Ok(SourceReconciled {
        source: source.name.to_string(),
        kind: kind.name.to_string(),
        files: names,
        refused,
        control,
        columns: columns.into_iter().map(|(_, column)| column).collect(),
        lines,
        withdrawn,
        rounded,
    })
}

fn line(what: &str, kind: &Kind, columns: &[(usize, SummedColumn)], tally: &Tally) -> Line {
    let sum = |(number, column): &(usize, SummedColumn)| {
        decimal::write(tally.sums.get(*number).copied().unwrap_or(0), column.scale)
    };
    Line {
        what: what.to_owned(),
        rows: tally.rows,
        sums: columns.iter().map(sum).collect(),
        unreadable: tally.to_text(kind).unreadable,
    }
}

fn control(source: &Source, kind: &Kind, read: &Tally) -> Result<Vec<ControlLine>, TooLarge> {
    let Some(control) = &source.control else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    let mut compare = |what: &str, stated: i128, read: i128, scale: u8| -> Result<(), TooLarge> {
        let difference = read.checked_sub(stated).ok_or(TooLarge)?;
        lines.push(ControlLine {
            what: what.to_owned(),
            stated: decimal::write(stated, scale),
            read: decimal::write(read, scale),
            difference: decimal::write(difference, scale),
            agrees: difference == 0,
        });
        Ok(())
    };
    if let Some(rows) = control.rows {
        compare("rows", i128::from(rows), i128::from(read.rows), 0)?;
    }
    for (number, (at, column, room)) in kind.numbers().enumerate() {
        if let Some(stated) = control.sums.get(&at) {
            compare(
                &column.name,
                *stated,
                read.sums.get(number).copied().unwrap_or(0),
                room.scale,
            )?;
        }
    }
    Ok(lines)
}
