//! What a reader of figures should know about the facts behind them: sources that delivered nothing, rows set aside.

use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_facts::dates::day_of_number;
use trueup_facts::flags::{Fate, flags};
use trueup_facts::program::Program;
use trueup_facts::quality::freshness;
use trueup_facts::snapshot::Snapshot;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::output;

/// What is to be said about a program's facts; nothing where all is in.
pub fn of(folder: &Folder, snapshot: &Snapshot) -> Result<Vec<String>, Failure> {
    let program = &folder.program;
    let mut notes = Vec::new();
    let silent: Vec<&str> = program
        .sources
        .iter()
        .filter(|source| !has_delivered(folder, snapshot, &source.name))
        .map(|source| &*source.name)
        .collect();
    if !silent.is_empty() {
        notes.push(format!(
            "nothing was taken in yet from {}: trueup ingest --program {}",
            silent.join(", "),
            output::quoted(&program.folder)
        ));
    }
    let open = snapshot
        .quarantined()
        .map_err(|fault| Failure::fault("reading the quarantine", &fault))?;
    let mut aside: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &open {
        *aside.entry(&row.source).or_default() += 1;
    }
    for (source, rows) in aside {
        notes.push(format!(
            "set aside and not counted: {} of {source}",
            output::counted(rows, "row")
        ));
    }
    let mut flagged: BTreeMap<String, usize> = BTreeMap::new();
    for flag in flags(snapshot).map_err(|fault| Failure::fault("reading the flags", &fault))? {
        if flag.fate == Fate::Open {
            *flagged.entry(flag.source).or_default() += 1;
        }
    }
    for (source, rows) in flagged {
        notes.push(format!(
            "in doubt and counted all the same: {} of {source}; trueup facts flags says who doubts what",
            output::counted(rows, "row")
        ));
    }
    Ok(notes)
}

/// A feed that is late.
#[derive(Clone, Debug)]
pub struct LateFeed {
    /// The kind of its rows.
    pub kind: String,
    /// What is to be said of it.
    pub says: String,
}

/// The feeds that have delivered and are late today.
pub fn late(folder: &Folder, snapshot: &Snapshot) -> Result<Vec<LateFeed>, Failure> {
    let program = &folder.program;
    let today = today(program)?;
    let late = program.sources.iter().filter_map(|source| {
        let kind = program.kinds.get(source.kind)?;
        let facts = snapshot.kind(&kind.name)?;
        let fresh = freshness(source, facts.deliveries(), today);
        let (due, last) = (fresh.due?, fresh.last_delivery?);
        fresh.late_days?;
        Some(LateFeed {
            kind: kind.name.to_string(),
            says: format!(
                "{} is late: it delivered last on {last}, and the next delivery was due by {due}",
                source.name
            ),
        })
    });
    Ok(late.collect())
}

/// The day it is in the program's time zone.
pub fn today(program: &Program) -> Result<Date, Failure> {
    day_of_number(program.today(jiff::Timestamp::now()))
        .ok_or_else(|| Failure::Fault("the clock shows no day of the years 1 to 9999".to_owned()))
}

/// Whether a source has delivered anything.
pub fn has_delivered(folder: &Folder, snapshot: &Snapshot, source: &str) -> bool {
    let program = &folder.program;
    program
        .source(source)
        .and_then(|source| program.kinds.get(source.kind))
        .and_then(|kind| snapshot.kind(&kind.name))
        .is_some_and(|facts| facts.deliveries().iter().any(|one| one.source == source))
}
