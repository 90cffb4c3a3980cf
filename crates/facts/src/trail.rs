//! The trail that facts leave: every entry of every table's log, by its digest, so that a record elsewhere can pin them.
//!
//! An entry names the files it adds with their digests, so whoever holds the entries' digests holds all facts. Entries are never
//! written again; one that is missing, or another, means that somebody changed the past.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::error::Fault;
use crate::store::{Tables, entry_path};

/// An entry of a table's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// The kind of fact.
    pub kind: Arc<str>,
    /// The version of its table that the entry made.
    pub version: u64,
    /// The delivery it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<u64>,
    /// The digest of its bytes.
    pub sha256: Digest,
}

/// The entries of all logs behind a version of each table; of tables that are not named, all.
///
/// # Errors
/// When a log cannot be read.
pub fn entries_after(
    tables: &Tables,
    seen: &BTreeMap<Arc<str>, u64>,
) -> Result<Vec<LogEntry>, Fault> {
    let mut entries = Vec::new();
    for kind in tables.kinds()? {
        let Some(table) = tables.open(&kind)? else {
            continue;
        };
        let deliveries: BTreeMap<u64, u64> = table
            .logged()
            .map(|(version, delivery)| (version, delivery.number))
            .collect();
        let first = seen.get(table.kind()).map_or(0, |seen| seen + 1);
        for version in first..=table.version() {
            let path = entry_path(table.folder(), version);
            let bytes = fs::read(&path).map_err(Fault::read(&path))?;
            entries.push(LogEntry {
                kind: table.kind().clone(),
                version,
                delivery: deliveries.get(&version).copied(),
                sha256: Digest::of(&bytes),
            });
        }
    }
    Ok(entries)
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trail {
    /// It is as it was.
    Same,
    /// It is gone.
    Gone,
    /// Something else stands there.
    Other {
        /// The digest of what stands there.
        found: Digest,
    },
}

/// What became of an entry that was recorded.
///
/// # Errors
/// When the log cannot be read.
pub fn held(tables: &Tables, entry: &LogEntry) -> Result<Trail, Fault> {
    let path = entry_path(&tables.folder(&entry.kind), entry.version);
    match fs::read(&path) {
        Ok(bytes) => Ok(match Digest::of(&bytes) {
            found if found == entry.sha256 => Trail::Same,
            found => Trail::Other { found },
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Trail::Gone),
        Err(error) => Err(Fault::read(&path)(error)),
    }
}
