//! Rows set aside: listed with their reasons beside the delivery they came in, until they are sent right.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::digest::{Digest, HashingWriter};
use crate::disk::Disk;
use crate::error::Fault;
use crate::raw::RawCells;
use crate::standardise::Problem;
use crate::store::{FactTable, QuarantineFile};

/// A row set aside.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuarantinedRow {
    /// Its line in a CSV file, its row in a Parquet file, from 1.
    pub row: u64,
    /// What names it, as far as that could be read.
    pub id: String,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// The cells that its source reads, as they came; none where they do not belong to the columns, or where it could be read
    /// and another row says otherwise.
    #[serde(default, skip_serializing_if = "RawCells::is_empty")]
    pub cells: RawCells,
}

impl QuarantinedRow {
    /// Whether it was set aside because another row says otherwise.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.code == "conflict")
    }
}

/// Writes the list of one delivery, row by row.
#[derive(Debug)]
pub struct QuarantineWriter {
    path: PathBuf,
    out: Option<HashingWriter<BufWriter<File>>>,
    rows: u64,
}

impl QuarantineWriter {
    /// A list that is begun with its first row.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            out: None,
            rows: 0,
        }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn add(&mut self, row: &QuarantinedRow) -> Result<(), Fault> {
        let out = match &mut self.out {
            Some(out) => out,
            none => {
                let file = File::create(&self.path).map_err(Fault::write(&self.path))?;
                none.insert(HashingWriter::new(BufWriter::new(file)))
            }
        };
        let mut line =
            serde_json::to_vec(row).map_err(|error| Fault::write(&self.path)(error.into()))?;
        line.push(b'\n');
        out.write_all(&line).map_err(Fault::write(&self.path))?;
        self.rows += 1;
        Ok(())
    }

    /// Syncs the list; none when no row was set aside.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn finish(self, disk: &Disk) -> Result<Option<(PathBuf, QuarantineFile)>, Fault> {
        let Some(out) = self.out else {
            return Ok(None);
        };
        let (buffered, digest, _) = out.finish();
        let file = buffered
            .into_inner()
            .map_err(|error| Fault::write(&self.path)(error.into_error()))?;
        disk.sync_file(&file, &self.path)
            .map_err(Fault::write(&self.path))?;
        Ok(Some((
            self.path,
            QuarantineFile {
                digest,
                rows: self.rows,
            },
        )))
    }
}

/// The rows of a list, after checking that it is the one its name says.
///
/// # Errors
/// When it cannot be read or was damaged.
pub fn read_list(table: &FactTable, list: &QuarantineFile) -> Result<Vec<QuarantinedRow>, Fault> {
    let path = table.quarantine_path(list);
    let damaged = |what: String| Fault::Damaged {
        path: path.clone(),
        what,
    };
    let found = digest_of(&path)?;
    if found != list.digest {
        return Err(damaged(format!(
            "its digest is {} and not its name",
            found.short()
        )));
    }
    read_rows(&path)
}

/// The rows of a list in a file.
///
/// # Errors
/// When it cannot be read or holds something else.
pub fn read_rows(path: &Path) -> Result<Vec<QuarantinedRow>, Fault> {
    let file = File::open(path).map_err(Fault::read(path))?;
    let mut rows = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(Fault::read(path))?;
        rows.push(serde_json::from_str(&line).map_err(|error| Fault::Damaged {
            path: path.to_owned(),
            what: error.to_string(),
        })?);
    }
    Ok(rows)
}

fn digest_of(path: &Path) -> Result<Digest, Fault> {
    crate::input::digest_of_file(path)
        .map(|(digest, _)| digest)
        .map_err(Fault::read(path))
}
