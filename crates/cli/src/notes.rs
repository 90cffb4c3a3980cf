//! What a reader of figures should know about the facts behind them: sources that delivered nothing, rows set aside.

use std::collections::BTreeMap;

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
    Ok(notes)
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
