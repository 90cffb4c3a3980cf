//! Keeping files few: small ones are written anew as one, and what nobody needs any more can be removed.
//!
//! Compacting changes no figure and no snapshot: each is still the delivered files it was, and reads whichever files hold
//! their rows. Files of a source are merged when there are eight of about one size, so that a row is written anew a few
//! times in its life, however often facts come. Removing is asked for, and leaves what the facts as they are now and every
//! kept run need; other snapshots can no longer be opened then, and say so.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::RecordBatch;
use jiff::Timestamp;

use crate::digest::Digest;
use crate::disk::is_staged;
use crate::error::Fault;
use crate::program::{Kind, Program};
use crate::store::{
    CHUNK_ROWS, COMPACTION_FORM, Compaction, CompactionCommit, FactTable, StoredFile, Tables,
    in_order, read_file, skip_by, write_file,
};

/// So many files of about one size are merged by themselves.
const ALIKE_MAX: usize = 8;

/// Which files are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Eight of about one size, wherever there are so many.
    Many,
    /// All that are smaller than a file may be.
    All,
}

/// What became of a source's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// The kind.
    pub kind: Arc<str>,
    /// The source.
    pub source: Arc<str>,
    /// How many files it had.
    pub files_before: usize,
    /// How many it has.
    pub files_after: usize,
    /// How many rows were written anew.
    pub rows: u64,
}

/// Merges small files of every source. Whoever compacts has the right to write.
///
/// # Errors
/// When the world fails; what was merged before that is whole.
pub fn compact(
    tables: &Tables,
    program: &Program,
    merge: Merge,
    now: Timestamp,
) -> Result<Vec<Compacted>, Fault> {
    let mut done = Vec::new();
    for kind in &program.kinds {
        if !tables.has(&kind.name) {
            continue;
        }
        // As for a delivery: what a killed process left is cleared away, and what it committed made lasting.
        let Ok(mut table) = tables.open_or_make(kind)? else {
            continue;
        };
        for source in &program.sources {
            let is_of = program.kinds.get(source.kind).map(|of| &of.name) == Some(&kind.name);
            if is_of {
                done.extend(one(tables, &mut table, kind, &source.name, merge, now)?);
            }
        }
    }
    Ok(done)
}

fn one(
    tables: &Tables,
    table: &mut FactTable,
    kind: &Kind,
    source: &Arc<str>,
    merge: Merge,
    now: Timestamp,
) -> Result<Option<Compacted>, Fault> {
    let mut files = table.files_of(source)?;
    let (files_before, mut rows) = (files.len(), 0);
    // What was merged may be one of eight in its turn.
    while let Some(group) = group(&files, merge) {
        let merged = merged(tables, table, (kind, source), &group, now)?;
        rows += merged.compaction.file.rows;
        tables.commit_compaction(table, &merged, &group)?;
        files = table.files_of(source)?;
    }
    Ok((rows > 0).then(|| Compacted {
        kind: kind.name.clone(),
        source: source.clone(),
        files_before,
        files_after: files.len(),
        rows,
    }))
}

/// The next files to be merged: the smallest first, as many as fit into one.
fn group(files: &[StoredFile], merge: Merge) -> Option<Vec<StoredFile>> {
    let full = CHUNK_ROWS as u64;
    let mut small: Vec<&StoredFile> = files.iter().filter(|file| file.rows < full / 2).collect();
    small.sort_by_key(|file| (file.rows, file.digest));
    let alike = match merge {
        Merge::All => small,
        Merge::Many => {
            let mut by_size: BTreeMap<u32, Vec<&StoredFile>> = BTreeMap::new();
            for file in small {
                // Sizes are about one when they have as many digits in base eight.
                let size = file.rows.checked_ilog(ALIKE_MAX as u64).unwrap_or(0);
                by_size.entry(size).or_default().push(file);
            }
            by_size
                .into_values()
                .find(|alike| alike.len() >= ALIKE_MAX)?
        }
    };
    let mut rows = 0;
    let fits = alike.into_iter().take_while(|file| {
        rows += file.rows;
        rows <= full
    });
    let group: Vec<StoredFile> = fits.cloned().collect();
    (group.len() > 1).then_some(group)
}

/// Writes some files anew as one, in the folder for what is being written.
fn merged(
    tables: &Tables,
    table: &FactTable,
    (kind, source): (&Kind, &Arc<str>),
    group: &[StoredFile],
    now: Timestamp,
) -> Result<CompactionCommit, Fault> {
    let mut from: Vec<Digest> = group.iter().map(|file| file.digest).collect();
    from.sort_unstable();
    let mut batches: Vec<RecordBatch> = Vec::new();
    for file in group {
        for batch in read_file(table.folder(), file, None)? {
            batches.push(batch.map_err(Fault::columns("read", table.kind()))?);
        }
    }
    let all = in_order(kind, &batches).map_err(Fault::columns("order", table.kind()))?;
    let path = tables.staging().join("compacted.parquet");
    let written = write_file(tables.disk(), &path, all.as_slice(), &skip_by(kind))?;
    let expected: u64 = group.iter().map(|file| file.rows).sum();
    if written.file.rows != expected {
        return Err(Fault::DoesNotAddUp {
            file: source.to_string(),
            what: format!(
                "{expected} rows are to be written anew and {} were",
                written.file.rows
            ),
        });
    }
    let compaction = Compaction {
        form: COMPACTION_FORM,
        at: now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        source: source.to_string(),
        file: written.file.clone(),
        from,
    };
    Ok(CompactionCommit {
        path,
        stats: written.stats,
        compaction,
        at_ms: now.as_millisecond(),
    })
}

/// A file that can be removed, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unneeded {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// The files that neither the facts as they are now nor any kept run needs: those that were written anew as others, and
/// what a killed process left. Each kept run is the version of each table that it saw. Whoever asks has the right to write.
///
/// # Errors
/// When a table cannot be opened, or what a kept run needs is not there.
pub fn unneeded(
    tables: &Tables,
    kept_runs: &[BTreeMap<Arc<str>, u64>],
) -> Result<Vec<Unneeded>, Fault> {
    let mut unneeded = Vec::new();
    for kind in tables.kinds()? {
        let Some(table) = tables.open(&kind)? else {
            continue;
        };
        let there = files_there(&table)?;
        let is_there = |file: &StoredFile| there.contains_key(&file.digest);
        let mut needed: BTreeSet<Digest> = digests(table.files()?);
        let lineage = table.lineage();
        let mut seen: BTreeSet<u64> = BTreeSet::new();
        for version in kept_runs.iter().filter_map(|run| run.get(&*kind)) {
            if !seen.insert(*version) {
                continue;
            }
            let delivered = table.delivered_until(*version);
            // What is needed anyway is enough, if it holds just these rows; or else all of what it saw stays.
            let of_needed = lineage.cover(&delivered, |file| needed.contains(&file.digest));
            let cover = match of_needed {
                Some(cover) => Some(cover),
                None => lineage.cover(&delivered, is_there),
            };
            let cover = cover.ok_or_else(|| table.vacuumed())?;
            needed.extend(digests(cover));
        }
        for (digest, (path, bytes)) in there {
            if !needed.contains(&digest) {
                unneeded.push(Unneeded { path, bytes });
            }
        }
    }
    unneeded.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(unneeded)
}

fn digests(files: impl IntoIterator<Item = StoredFile>) -> BTreeSet<Digest> {
    files.into_iter().map(|file| file.digest).collect()
}

type There = BTreeMap<Digest, (PathBuf, u64)>;

/// The data files in a table's folder; others are not Trueup's.
fn files_there(table: &FactTable) -> Result<There, Fault> {
    let folder = table.folder();
    let mut there = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(Fault::read(folder))? {
        let entry = entry.map_err(Fault::read(folder))?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let digest = name.strip_suffix(".parquet").and_then(Digest::parse);
        if let Some(digest) = digest.filter(|_| !is_staged(&entry.path())) {
            let bytes = entry.metadata().map_err(Fault::read(folder))?.len();
            there.insert(digest, (entry.path(), bytes));
        }
    }
    Ok(there)
}

/// Removes files. Whoever removes has the right to write since [`unneeded`] found them.
///
/// # Errors
/// When one cannot be removed; those before it are gone.
pub fn remove(files: &[Unneeded]) -> Result<(), Fault> {
    for file in files {
        fs::remove_file(&file.path).map_err(Fault::write(&file.path))?;
    }
    Ok(())
}
