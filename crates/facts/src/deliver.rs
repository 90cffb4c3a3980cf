//! One delivered file, from its first byte to its commit, or not at all.
//!
//! Rows are read once, standardised and gathered in chunks; when the whole file is read, each row is judged against
//! what is known, and what is kept is committed at once. Whatever ends the work before that leaves nothing behind.

mod decode;
mod intake;
mod keep;
mod keys;
mod read;
mod recall;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array as _, RecordBatch};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use jiff::Timestamp;

use crate::cage::{Decoding, NotDecoded};
use crate::digest::Digest;
use crate::error::{Fault, FileRefusal};
use crate::judge::judge;
use crate::program::{Format, Kind, Program, Source};
use crate::raw::RawRow;
use crate::standardise::Problem;
use crate::store::{Delivery, FactTable, FlagAct, Repair, Tables, TallyText, read_file};

pub use recall::{Index, ROWS_AT_HAND};

/// How far a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The source.
    pub source: &'a str,
    /// The file.
    pub file: &'a str,
    /// What is being done to it.
    pub stage: Stage,
    /// Rows read.
    pub rows: u64,
    /// Bytes read, as the file lies there.
    pub bytes: u64,
    /// Its size.
    pub bytes_total: u64,
}

/// What is being done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its rows are read.
    Reading,
    /// Its rows are compared with what is known.
    Comparing,
    /// What is kept is written.
    Writing,
}

/// Why a file was not delivered.
#[derive(Debug)]
pub enum NotDelivered {
    /// The file is refused as a whole.
    Refused(FileRefusal),
    /// The world failed.
    Fault(Fault),
    /// Somebody asked to stop.
    Stopped,
}

impl From<FileRefusal> for NotDelivered {
    fn from(refusal: FileRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for NotDelivered {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<NotDecoded> for NotDelivered {
    fn from(not: NotDecoded) -> Self {
        match not {
            NotDecoded::Refused(refusal) => Self::Refused(refusal),
            NotDecoded::Fault(fault) => Self::Fault(fault),
            NotDecoded::Stopped => Self::Stopped,
        }
    }
}

/// What is to be delivered.
#[derive(Clone, Debug)]
pub struct Parcel<'a> {
    /// The program.
    pub program: &'a Program,
    /// The source it belongs to.
    pub source: &'a Source,
    /// The kind of its rows.
    pub kind: &'a Kind,
    /// The name it is delivered under.
    pub file: Arc<str>,
    /// Where its rows are.
    pub content: Content<'a>,
    /// Its digest as it lies there.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// When it is taken.
    pub now: Timestamp,
    /// Its number among the deliveries of all kinds.
    pub number: u64,
    /// The quarantined rows that it settles.
    pub repair: Option<Repair>,
    /// The rows that somebody doubts.
    pub flag: Option<FlagAct>,
}

/// Where the rows of a delivery are.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// In a file of the source's format.
    File(PathBuf),
    /// At hand.
    Rows(&'a [RawRow]),
}

impl Parcel<'_> {
    /// The day it is taken, in the program's time zone.
    #[must_use]
    pub fn today(&self) -> i32 {
        self.program.today(self.now)
    }
}

/// What a delivery works with.
pub struct Bench<'a> {
    /// The tables.
    pub tables: &'a Tables,
    /// Whom to tell how far it is.
    pub progress: &'a mut dyn FnMut(Progress<'_>),
    /// Where decoders run.
    pub decoding: &'a Decoding,
    /// Set when somebody asks to stop.
    pub stop: &'a AtomicBool,
}

impl Bench<'_> {
    fn tell(
        &mut self,
        parcel: &Parcel<'_>,
        stage: Stage,
        rows: u64,
        bytes: u64,
    ) -> Result<(), NotDelivered> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(NotDelivered::Stopped);
        }
        (self.progress)(Progress {
            source: &parcel.source.name,
            file: &parcel.file,
            stage,
            rows,
            bytes,
            bytes_total: parcel.bytes,
        });
        Ok(())
    }
}

/// Delivers what nobody watches and nobody can ask to stop: what people settle, and what was pushed.
///
/// # Errors
/// As [`deliver`].
pub fn deliver_unwatched(
    parcel: &Parcel<'_>,
    table: &mut FactTable,
    index: &mut Index,
    tables: &Tables,
) -> Result<Delivery, NotDelivered> {
    let mut bench = Bench {
        tables,
        progress: &mut |_| {},
        decoding: &Decoding::Here,
        stop: &AtomicBool::new(false),
    };
    deliver(parcel, table, index, &mut bench)
}

/// What a file would come to.
#[derive(Clone, Debug)]
pub struct Preview {
    /// All rows read.
    pub read: TallyText,
    /// Rows that would be set aside.
    pub set_aside: TallyText,
    /// The problems of the first of them, with their lines.
    pub problems: Vec<(u64, Problem)>,
    /// The first rows as they would be stored, in the order of the kind's columns.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Reads a file as it would be delivered, and keeps nothing. Works in the staging folder: whoever asks has the right to write.
///
/// # Errors
/// Why it would not be delivered.
pub fn preview(
    parcel: &Parcel<'_>,
    bench: &mut Bench<'_>,
    rows_max: usize,
) -> Result<Preview, NotDelivered> {
    let staging = bench.tables.staging();
    let mut intake = read_all(parcel, &staging, bench)?;
    intake.stage_last(true, bench.tables)?;
    let mut rows = Vec::new();
    for staged in &intake.staged {
        let Some(written) = staged.written.as_ref().filter(|_| rows.len() < rows_max) else {
            break;
        };
        let name = staging.join(written.file.name());
        std::fs::rename(&staged.path, &name).map_err(Fault::write(&name))?;
        for batch in read_file(&staging, &written.file, None)? {
            let batch = batch.map_err(Fault::columns("read", &parcel.kind.name))?;
            let shown = shown_rows(&batch, parcel.kind, rows_max - rows.len());
            rows.extend(shown.map_err(Fault::columns("show", &parcel.kind.name))?);
        }
    }
    let text = |tally: &crate::tally::Tally| tally.to_text(parcel.kind);
    let (read, set_aside) = (text(&intake.read), text(&intake.quarantined));
    let list = intake.aside.finish(bench.tables.disk())?;
    let mut problems = Vec::new();
    if let Some((path, _)) = list {
        let rows = crate::quarantine::read_rows(&path)?;
        problems.extend(rows.into_iter().flat_map(|row| {
            let at = row.row;
            row.problems.into_iter().map(move |problem| (at, problem))
        }));
        problems.truncate(rows_max);
    }
    Ok(Preview {
        read,
        set_aside,
        problems,
        rows,
    })
}

fn shown_rows(
    batch: &RecordBatch,
    kind: &Kind,
    rows_max: usize,
) -> Result<Vec<Vec<Option<String>>>, ArrowError> {
    let options = FormatOptions::default();
    let mut rows = Vec::new();
    for at in 0..batch.num_rows().min(rows_max) {
        let mut cells = Vec::new();
        for (array, _) in batch.columns().iter().zip(&kind.columns) {
            let shown = ArrayFormatter::try_new(array.as_ref(), &options)?;
            cells.push(array.is_valid(at).then(|| shown.value(at).to_string()));
        }
        rows.push(cells);
    }
    Ok(rows)
}

fn read_all<'a>(
    parcel: &Parcel<'a>,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<intake::Intake<'a>, NotDelivered> {
    match (&parcel.content, &parcel.source.format) {
        (Content::Rows(rows), _) => read::rows(parcel, rows, staging, bench),
        (Content::File(path), Format::Csv { style, .. }) => {
            read::csv(parcel, path, *style, staging, bench)
        }
        (Content::File(path), Format::Json) => read::json(parcel, path, staging, bench),
        (Content::File(path), Format::Parquet) => decode::parquet(parcel, path, staging, bench),
        (Content::File(path), Format::Workbook { sheet, header_row }) => {
            let sheet = sheet.as_deref();
            decode::workbook(parcel, path, (sheet, *header_row), staging, bench)
        }
    }
}

/// Delivers a file: reads, judges, commits. The index is the source's, empty or from its delivery before.
///
/// # Errors
/// Why it was not delivered; nothing of it is kept then.
pub fn deliver(
    parcel: &Parcel<'_>,
    table: &mut FactTable,
    index: &mut Index,
    bench: &mut Bench<'_>,
) -> Result<Delivery, NotDelivered> {
    let staging = bench.tables.staging();
    let mut intake = read_all(parcel, &staging, bench)?;
    bench.tell(parcel, Stage::Comparing, intake.read.rows, parcel.bytes)?;
    intake.stage_last(false, bench.tables)?;
    let mut entries = intake.take_entries();
    index.look_up(table, &parcel.source.name, &entries)?;
    let verdicts = judge(&mut entries, index.rows());
    drop(entries);
    bench.tell(parcel, Stage::Writing, intake.read.rows, parcel.bytes)?;
    let commit = keep::keep(parcel, intake, (table, index), &verdicts, bench)?;
    // The last chance to stop: from here on the delivery is whole.
    bench.tell(
        parcel,
        Stage::Writing,
        commit.delivery.read.rows,
        parcel.bytes,
    )?;
    let delivery = commit.delivery.clone();
    bench.tables.commit(table, commit)?;
    Ok(delivery)
}
