//! What of a delivered file was read so far: standard rows in chunks, problems in a list, sums of both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use arrow::array::RecordBatch;

use super::recall::key_of;
use super::{NotDelivered, Parcel};
use crate::disk::Disk;
use crate::error::Fault;
use crate::json_in;
use crate::judge::Entry;
use crate::program::Kind;
use crate::quarantine::{QuarantineWriter, QuarantinedRow};
use crate::raw::{InOrder, RawCell, RawCells};
use crate::standardise::{Cells, Problem, StandardRow, Standardiser};
use crate::store::{CHUNK_ROWS, Chunk, FactColumns, FileWritten, Tables, skip_by, write_file};
use crate::tally::{Tally, TooLarge};

/// What of a file was read so far.
pub struct Intake<'a> {
    parcel: Parcel<'a>,
    pub standardiser: Standardiser,
    /// The columns it reads.
    reads: Vec<usize>,
    /// The names of all columns.
    names: Arc<[String]>,
    row: StandardRow,
    chunk: Chunk,
    /// The first and the last place in the delivered file of the chunk's rows.
    span: (u64, u64),
    pub staged: Vec<Staged>,
    /// The chunk that is being written.
    beside: Option<Beside>,
    pub staging: PathBuf,
    pub aside: QuarantineWriter,
    pub read: Tally,
    pub quarantined: Tally,
    /// Numbers that had more digits than are kept, by column of the file.
    pub rounded: BTreeMap<String, u64>,
}

/// A chunk of candidate rows, on disk or still in memory.
pub struct Staged {
    pub path: PathBuf,
    /// The file, if it was written.
    pub written: Option<FileWritten>,
    /// The rows, if they were not.
    pub rows: Option<RecordBatch>,
    /// What each row is and says, in order.
    pub entries: Vec<Entry>,
    /// The sums of the rows, taken from the columns themselves.
    pub tally: Tally,
    /// The first and the last place in the delivered file.
    pub span: (u64, u64),
}

/// A sum that leaves its room, as a fault of the delivery.
pub fn too_large(parcel: &Parcel<'_>) -> impl Fn(TooLarge) -> Fault {
    let file = parcel.file.clone();
    move |error| does_not_add_up(&file, error)
}

fn does_not_add_up(file: &str, error: TooLarge) -> Fault {
    Fault::DoesNotAddUp {
        file: file.to_owned(),
        what: error.to_string(),
    }
}

impl<'a> Intake<'a> {
    pub fn new(parcel: &Parcel<'a>, standardiser: Standardiser, staging: &Path) -> Self {
        Self {
            reads: standardiser.reads(),
            names: standardiser.header().names().into(),
            standardiser,
            row: StandardRow::default(),
            chunk: Chunk::new(parcel.kind, &parcel.source.name, &parcel.file),
            span: (0, 0),
            staged: Vec::new(),
            beside: None,
            staging: staging.to_owned(),
            aside: QuarantineWriter::new(staging.join("quarantine.jsonl")),
            read: Tally::of(parcel.kind),
            quarantined: Tally::of(parcel.kind),
            rounded: BTreeMap::new(),
            parcel: parcel.clone(),
        }
    }

    /// Takes a row, or sets it aside with all its problems.
    pub fn take(
        &mut self,
        cells: &dyn Cells,
        at: u64,
        tables: &Tables,
    ) -> Result<(), NotDelivered> {
        self.standardiser.read(cells, &mut self.row);
        self.count(self.row.problems.is_empty())?;
        if !self.row.problems.is_empty() {
            let row = QuarantinedRow {
                row: at,
                id: self.row.id.clone(),
                problems: std::mem::take(&mut self.row.problems),
                cells: self.raw(cells),
            };
            self.aside.add(&row)?;
            return Ok(());
        }
        let content = self.row.content(cells);
        self.span = if self.chunk.is_empty() {
            (at, at)
        } else {
            (self.span.0, at)
        };
        self.chunk.push(&self.row, cells, content, at);
        if self.chunk.len() >= CHUNK_ROWS {
            self.stage_beside(tables)?;
        }
        Ok(())
    }

    /// Takes an event as it is written, or sets it aside.
    pub fn take_event(&mut self, text: &str, at: u64, tables: &Tables) -> Result<(), NotDelivered> {
        let Parcel { source, kind, .. } = self.parcel;
        let event = match json_in::read(text, source, kind) {
            Ok(event) => event,
            Err(error) => {
                let help = "send one JSON object a row, with the fields that the source maps";
                let problem = Problem::new("", "", "not_an_event", error.to_string(), help);
                return self.set_aside(at, problem);
            }
        };
        let names = self.names.clone();
        if !event.problems.is_empty() {
            let mut cells = event.cells;
            cells.retain(|name, _| names.contains(name));
            return self.refuse(at, event.problems, cells);
        }
        let cells = InOrder::of(&event.cells, names.iter().map(String::as_str));
        self.take(&cells, at, tables)
    }

    /// Sets a row aside that was not even to be standardised, with its cells.
    pub fn refuse(
        &mut self,
        at: u64,
        problems: Vec<Problem>,
        cells: RawCells,
    ) -> Result<(), NotDelivered> {
        self.put_aside(QuarantinedRow {
            row: at,
            id: String::new(),
            problems,
            cells,
        })
    }

    /// Sets a row aside with odd cells, which are not to be read again; its id says which it is.
    pub fn refuse_odd(
        &mut self,
        at: u64,
        problems: Vec<Problem>,
        cells: &dyn Cells,
    ) -> Result<(), NotDelivered> {
        self.standardiser.read(cells, &mut self.row);
        self.put_aside(QuarantinedRow {
            row: at,
            id: self.row.id.clone(),
            problems,
            cells: RawCells::new(),
        })
    }

    fn put_aside(&mut self, row: QuarantinedRow) -> Result<(), NotDelivered> {
        for tally in [&mut self.read, &mut self.quarantined] {
            tally.rows += 1;
            tally.unreadable.iter_mut().for_each(|count| *count += 1);
        }
        self.aside.add(&row)?;
        Ok(())
    }

    /// Sets a row aside whose cells mean nothing.
    pub fn set_aside(&mut self, at: u64, problem: Problem) -> Result<(), NotDelivered> {
        self.refuse(at, vec![problem], RawCells::new())
    }

    /// The cells that are read of a row, as they came.
    fn raw(&self, cells: &dyn Cells) -> RawCells {
        let header = self.standardiser.header();
        let read = self.reads.iter();
        read.filter_map(|at| Some((header.name(*at)?.to_owned(), RawCell::of(cells.cell(*at))?)))
            .collect()
    }

    fn count(&mut self, fine: bool) -> Result<(), Fault> {
        let kind = self.parcel.kind;
        let failed = too_large(&self.parcel);
        self.read.rows += 1;
        self.quarantined.rows += u64::from(!fine);
        for (number, (at, _, _)) in kind.numbers().enumerate() {
            if let Some(value) = self.row.number(at) {
                self.read.add(number, value).map_err(&failed)?;
                if !fine {
                    self.quarantined.add(number, value).map_err(&failed)?;
                }
            } else if !fine && self.row.unread(at) {
                self.read.add_unreadable(number);
                self.quarantined.add_unreadable(number);
            }
        }
        Ok(())
    }

    /// Ends a full chunk: it is put in order and written while the next one is read.
    fn stage_beside(&mut self, tables: &Tables) -> Result<(), Fault> {
        self.settle()?;
        let work = self.take_chunk();
        let disk = tables.disk().clone();
        self.beside = Some(Beside::start(move || work.staged(Some(&disk))));
        Ok(())
    }

    /// Ends the last chunk; in memory, or on disk where it is to be read again.
    pub fn stage_last(&mut self, to_disk: bool, tables: &Tables) -> Result<(), Fault> {
        self.settle()?;
        if self.chunk.is_empty() {
            return Ok(());
        }
        let staged = self.take_chunk().staged(to_disk.then(|| tables.disk()))?;
        self.staged.push(staged);
        Ok(())
    }

    /// What each row is and says, in order. All chunks are staged by then.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        let of_chunks = self.staged.iter_mut();
        let mut entries: Vec<Entry> = of_chunks
            .flat_map(|staged| std::mem::take(&mut staged.entries))
            .collect();
        // Stable, and fast on ordered runs.
        entries.sort();
        entries
    }

    /// Takes out the rows gathered so far.
    fn take_chunk(&mut self) -> ChunkWork {
        let Parcel {
            kind, source, file, ..
        } = &self.parcel;
        let next = Chunk::new(kind, &source.name, file);
        let name = format!("chunk-{:06}.parquet", self.staged.len());
        ChunkWork {
            chunk: std::mem::replace(&mut self.chunk, next),
            kind: self.parcel.kind.clone(),
            file: self.parcel.file.clone(),
            path: self.staging.join(name),
            span: self.span,
        }
    }

    /// Waits for the chunk that is being written.
    fn settle(&mut self) -> Result<(), Fault> {
        if let Some(beside) = self.beside.take() {
            self.staged.extend(beside.wait()?);
        }
        Ok(())
    }
}

/// A chunk with all it takes to stage it.
struct ChunkWork {
    chunk: Chunk,
    kind: Kind,
    file: Arc<str>,
    path: PathBuf,
    span: (u64, u64),
}

impl ChunkWork {
    /// Puts the chunk in order, adds it up and writes it, if there is a disk to write it to.
    fn staged(mut self, disk: Option<&Disk>) -> Result<Staged, Fault> {
        let kind = &self.kind;
        let batch = self
            .chunk
            .finish()
            .map_err(Fault::columns("build", &kind.name))?;
        let mut tally = Tally::of(kind);
        tally
            .add_batch(kind, &batch)
            .map_err(|error| does_not_add_up(&self.file, error))?;
        let entries = entries(&batch).ok_or_else(|| Fault::DoesNotAddUp {
            file: self.file.to_string(),
            what: "its rows lack the columns of facts".to_owned(),
        })?;
        let (written, rows) = match disk {
            Some(disk) => {
                let batches = std::slice::from_ref(&batch);
                let written = write_file(disk, &self.path, batches, &skip_by(kind))?;
                (Some(written), None)
            }
            None => (None, Some(batch)),
        };
        Ok(Staged {
            path: self.path,
            written,
            rows,
            entries,
            tally,
            span: self.span,
        })
    }
}

/// What each row of a chunk is and says, in order; none where it lacks a column.
fn entries(batch: &RecordBatch) -> Option<Vec<Entry>> {
    let facts = FactColumns::of(batch)?;
    let entry = |at: usize| Entry {
        key: key_of(&facts, at),
        revision: facts.revision.value(at),
        content: facts.content_at(at),
        row: u64::try_from(facts.row.value(at)).unwrap_or(0),
    };
    let mut entries: Vec<Entry> = (0..facts.len()).map(entry).collect();
    entries.sort_unstable();
    Some(entries)
}

/// A chunk being staged beside the reading of the next. Nobody goes on while it is: its file's name may be used again.
struct Beside(Option<JoinHandle<Result<Staged, Fault>>>);

impl Beside {
    fn start(work: impl FnOnce() -> Result<Staged, Fault> + Send + 'static) -> Self {
        Self(Some(std::thread::spawn(work)))
    }

    fn wait(mut self) -> Result<Option<Staged>, Fault> {
        match self.0.take().map(JoinHandle::join) {
            Some(Ok(staged)) => staged.map(Some),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(None),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take() {
            // What it came to is nobody's any more.
            let _ = handle.join();
        }
    }
}
