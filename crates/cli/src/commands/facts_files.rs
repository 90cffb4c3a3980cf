//! `trueup facts compact` and `trueup facts vacuum`: few files, and none that nobody needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use trueup_facts::compact::{Merge, compact, remove, unneeded};
use trueup_facts::disk::Disk;
use trueup_facts::error::Fault;
use trueup_facts::store::Tables;

use crate::args::{FactsCompactArgs, FactsVacuumArgs};
use crate::commands::ingest::declared;
use crate::failure::Failure;
use crate::{output, runs};

/// Merges small files.
pub fn merge(args: &FactsCompactArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let fault = |fault: Fault| Failure::fault("compacting", &fault);
    let tables = Tables::of(&program.folder, Disk::default()).map_err(fault)?;
    let _lock = tables.lock().map_err(fault)?;
    let now = jiff::Timestamp::now();
    let done = compact(&tables, &program, Merge::All, now).map_err(fault)?;
    crate::record::facts(&program.folder)?;
    if done.is_empty() {
        return output::print("Nothing to do: no source has two small files\n");
    }
    let mut text = String::new();
    for source in &done {
        let _ = writeln!(
            text,
            "{} -> {}: {} became {}",
            source.source,
            source.kind,
            output::counted(source.files_before, "file"),
            source.files_after
        );
    }
    output::print(&text)
}

/// Lists files that nobody needs, or removes them.
pub fn vacuum(args: &FactsVacuumArgs) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let fault = |fault: Fault| Failure::fault("looking for files that nobody needs", &fault);
    let tables = Tables::of(&program.folder, Disk::default()).map_err(fault)?;
    let _lock = tables.lock().map_err(fault)?;
    let seen = seen_by_runs(&program.folder)?;
    let files = unneeded(&tables, &seen).map_err(fault)?;
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    let what = format!(
        "{} of {} KiB",
        output::counted(files.len(), "file"),
        output::grouped(&bytes.div_ceil(1_024).to_string())
    );
    if files.is_empty() {
        return output::print("Nothing to remove: every file is needed\n");
    }
    if !args.delete {
        return output::print(&format!(
            "{what} can go; neither the facts as they are nor {} need them.\n\
             Earlier snapshots that no run was made of could not be opened then. Remove them with --delete\n",
            output::counted(seen.len(), "kept run")
        ));
    }
    remove(&files).map_err(fault)?;
    output::print(&format!("Removed {what}\n"))
}

/// The version of each table that each kept run saw.
fn seen_by_runs(program: &Path) -> Result<Vec<BTreeMap<Arc<str>, u64>>, Failure> {
    let kept = runs::kept(program);
    let all = kept
        .runs()
        .map_err(|fault| Failure::fault("listing the runs", &fault))?;
    all.iter()
        .map(|run| Ok(runs::manifest(&kept, run.hash)?.facts.versions))
        .collect()
}
