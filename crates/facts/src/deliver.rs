//! One delivered file, from its first byte to its commit, or not at all.
//!
//! Rows are read once, standardised and gathered in chunks; when the whole file is read, each row is judged against
//! what is known, and what is kept is committed at once. Whatever ends the work before that leaves nothing behind.

mod recall;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use jiff::Timestamp;

use crate::csv_in::{CsvError, CsvIn, CsvStyle, Record};
use crate::digest::Digest;
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::input::{Bomb, Content, Input, digest_of_file};
use crate::judge::{Entry, Verdict, Verdicts, judge};
use crate::parquet_in::ParquetIn;
use crate::program::{Format, Kind, Program, Source};
use crate::quarantine::{QuarantineWriter, QuarantinedRow};
use crate::standardise::{Cell, Cells, Problem, StandardRow, Standardiser};
use crate::store::{
    CHUNK_ROWS, Chunk, Commit, Delivery, FactColumns, FactTable, FileWritten, Tables, read_file,
    write_file,
};
use crate::tally::{Tally, TooLarge};

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

/// A file to deliver.
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
    /// Where it lies.
    pub path: PathBuf,
    /// Its digest as it lies there.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// When it is taken.
    pub now: Timestamp,
}

/// What a delivery works with.
pub struct Bench<'a> {
    /// The tables.
    pub tables: &'a Tables,
    /// Whom to tell how far it is.
    pub progress: &'a mut dyn FnMut(Progress<'_>),
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

/// Delivers a file: reads, judges, commits.
///
/// # Errors
/// Why it was not delivered; nothing of it is kept then.
pub fn deliver(
    parcel: &Parcel<'_>,
    table: &mut FactTable,
    bench: &mut Bench<'_>,
) -> Result<Delivery, NotDelivered> {
    let staging = bench.tables.staging();
    let mut intake = match parcel.source.format {
        Format::Csv { style, .. } => read_csv(parcel, style, &staging, bench)?,
        Format::Parquet => read_parquet(parcel, &staging, bench)?,
    };
    bench.tell(parcel, Stage::Comparing, intake.read.rows, parcel.bytes)?;
    let files = table.files_of(&parcel.source.name)?;
    let known = recall::known(table, &files, &intake.entries)?;
    let verdicts = judge(&mut intake.entries, &known);
    bench.tell(parcel, Stage::Writing, intake.read.rows, parcel.bytes)?;
    let commit = keep(parcel, intake, table, &verdicts, bench)?;
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

impl Cells for Record {
    fn cell(&self, at: usize) -> Cell<'_> {
        match self.get(at) {
            Some(text) if !text.is_empty() => Cell::Text(text),
            Some(_) | None => Cell::Missing,
        }
    }
}

fn read_csv<'a>(
    parcel: &Parcel<'a>,
    style: CsvStyle,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let (input, content) = Input::open(&parcel.path).map_err(Fault::read(&parcel.path))?;
    let other = |found| {
        Err(FileRefusal::OtherFormat {
            found,
            declared: "CSV",
        }
        .into())
    };
    let packed = match content {
        Content::Empty => return Err(FileRefusal::Empty.into()),
        Content::Parquet => return other("a Parquet file"),
        Content::Zip => return other("a zip archive or workbook"),
        Content::Gzip => true,
        Content::Other => false,
    };
    let failed = |error| csv_failed(&parcel.path, packed, error);
    let mut csv = CsvIn::new(input, style).map_err(failed)?;
    let mut record = Record::default();
    if !csv.read(&mut record).map_err(failed)? {
        return Err(FileRefusal::Empty.into());
    }
    let header = Header::new(record.cells())?;
    let width = header.len();
    let standardiser = Standardiser::new(parcel.program, parcel.kind, parcel.source, header)?;
    let mut intake = Intake::new(parcel, standardiser, staging);
    while csv.read(&mut record).map_err(failed)? {
        let line = record.line();
        if record.len() != width {
            let says = format!("has {} cells where the header has {width}", record.len());
            let help =
                "look for a delimiter inside a text that is not quoted, or a line that was cut";
            intake.set_aside(line, Problem::new("", "", "ragged_row", says, help))?;
        } else if let Some(at) = record.stray_quote() {
            let name = intake
                .standardiser
                .header()
                .name(at)
                .unwrap_or_default()
                .to_owned();
            let says = "has a quote in the middle of unquoted text";
            let help = "quote the whole cell, and write a quote inside it twice";
            intake.set_aside(
                line,
                Problem::new(
                    &name,
                    record.get(at).unwrap_or_default(),
                    "stray_quote",
                    says,
                    help,
                ),
            )?;
        } else {
            intake.take(&record, line, bench.tables)?;
        }
        if intake.read.rows.is_multiple_of(8_192) {
            let bytes = csv.source().packed_bytes();
            bench.tell(parcel, Stage::Reading, intake.read.rows, bytes)?;
        }
    }
    if csv.source().finish().map_err(Fault::read(&parcel.path))? != parcel.digest {
        return Err(FileRefusal::Changed.into());
    }
    Ok(intake)
}

/// Whether it is the file that is wrong, or the world.
fn csv_failed(path: &Path, packed: bool, error: CsvError) -> NotDelivered {
    let CsvError::Unreadable { at, source } = error else {
        return FileRefusal::Csv(error).into();
    };
    if source.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        return FileRefusal::Bomb.into();
    }
    let damaged = matches!(
        source.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    );
    if packed && damaged {
        return FileRefusal::Gzip {
            unpacked: at,
            source,
        }
        .into();
    }
    Fault::read(path)(source).into()
}

fn read_parquet<'a>(
    parcel: &Parcel<'a>,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let (_, content) = Input::open(&parcel.path).map_err(Fault::read(&parcel.path))?;
    let other = |found| {
        Err(FileRefusal::OtherFormat {
            found,
            declared: "Parquet",
        }
        .into())
    };
    match content {
        Content::Parquet => {}
        Content::Empty => return Err(FileRefusal::Empty.into()),
        Content::Gzip => return other("packed with gzip"),
        Content::Zip => return other("a zip archive or workbook"),
        Content::Other => return other("no Parquet file (CSV, perhaps)"),
    }
    let file = File::open(&parcel.path).map_err(Fault::read(&parcel.path))?;
    let (parquet, header) = ParquetIn::open(file)?;
    let standardiser = Standardiser::new(parcel.program, parcel.kind, parcel.source, header)?;
    let columns = standardiser.reads();
    let mut batches = parquet.read(&columns, |at| standardiser.reads_number(at))?;
    let mut intake = Intake::new(parcel, standardiser, staging);
    let mut at = 0;
    while let Some(rows) = batches.read_rows()? {
        for row in rows.iter() {
            at += 1;
            intake.take(&row, at, bench.tables)?;
        }
        bench.tell(parcel, Stage::Reading, at, 0)?;
    }
    // Its parts were read in no order that could be hashed on the way.
    let (digest, _) = digest_of_file(&parcel.path).map_err(Fault::read(&parcel.path))?;
    if digest != parcel.digest {
        return Err(FileRefusal::Changed.into());
    }
    Ok(intake)
}

/// What of a file was read so far.
struct Intake<'a> {
    parcel: Parcel<'a>,
    standardiser: Standardiser,
    row: StandardRow,
    chunk: Chunk,
    /// The first and the last place in the delivered file of the chunk's rows.
    span: (u64, u64),
    staged: Vec<Staged>,
    entries: Vec<Entry>,
    staging: PathBuf,
    aside: QuarantineWriter,
    read: Tally,
    quarantined: Tally,
}

/// A chunk of candidate rows, on disk or still in memory.
struct Staged {
    path: PathBuf,
    /// The file, if it was written.
    written: Option<FileWritten>,
    /// The rows, if they were not.
    rows: Option<RecordBatch>,
    /// The sums of the rows, taken from the columns themselves.
    tally: Tally,
    /// The first and the last place in the delivered file.
    span: (u64, u64),
}

fn too_large(parcel: &Parcel<'_>) -> impl Fn(TooLarge) -> Fault {
    let file = parcel.file.to_string();
    move |error| Fault::DoesNotAddUp {
        file: file.clone(),
        what: error.to_string(),
    }
}

impl<'a> Intake<'a> {
    fn new(parcel: &Parcel<'a>, standardiser: Standardiser, staging: &Path) -> Self {
        Self {
            standardiser,
            row: StandardRow::default(),
            chunk: Chunk::new(parcel.kind, &parcel.source.name, &parcel.file),
            span: (0, 0),
            staged: Vec::new(),
            entries: Vec::new(),
            staging: staging.to_owned(),
            aside: QuarantineWriter::new(staging.join("quarantine.jsonl")),
            read: Tally::of(parcel.kind),
            quarantined: Tally::of(parcel.kind),
            parcel: parcel.clone(),
        }
    }

    /// Takes a row, or sets it aside with all its problems.
    fn take(&mut self, cells: &dyn Cells, at: u64, tables: &Tables) -> Result<(), NotDelivered> {
        self.standardiser.read(cells, &mut self.row);
        self.count(self.row.problems.is_empty())?;
        if !self.row.problems.is_empty() {
            let row = QuarantinedRow {
                row: at,
                id: self.row.id.clone(),
                problems: std::mem::take(&mut self.row.problems),
            };
            self.aside.add(&row)?;
            return Ok(());
        }
        let content = self.row.content(cells);
        let key = Digest::of(self.row.id.as_bytes()).half();
        self.entries.push(Entry {
            key,
            revision: self.row.revision,
            content,
            row: at,
        });
        self.span = if self.chunk.is_empty() {
            (at, at)
        } else {
            (self.span.0, at)
        };
        self.chunk.push(&self.row, cells, content, at);
        if self.chunk.len() >= CHUNK_ROWS {
            self.stage(true, tables)?;
        }
        Ok(())
    }

    /// Sets a row aside whose cells mean nothing.
    fn set_aside(&mut self, at: u64, problem: Problem) -> Result<(), NotDelivered> {
        for tally in [&mut self.read, &mut self.quarantined] {
            tally.rows += 1;
            tally.unreadable.iter_mut().for_each(|count| *count += 1);
        }
        self.aside.add(&QuarantinedRow {
            row: at,
            id: String::new(),
            problems: vec![problem],
        })?;
        Ok(())
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

    /// Ends the chunk; on disk unless it is the last one.
    fn stage(&mut self, to_disk: bool, tables: &Tables) -> Result<(), Fault> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let kind = self.parcel.kind;
        let batch = self
            .chunk
            .finish()
            .map_err(Fault::columns("build", &kind.name))?;
        let mut tally = Tally::of(kind);
        tally
            .add_batch(kind, &batch)
            .map_err(too_large(&self.parcel))?;
        let path = self
            .staging
            .join(format!("chunk-{:06}.parquet", self.staged.len()));
        let (written, rows) = if to_disk {
            let written = write_file(
                tables.disk(),
                &path,
                std::slice::from_ref(&batch),
                &skip_by(kind),
            )?;
            (Some(written), None)
        } else {
            (None, Some(batch))
        };
        self.staged.push(Staged {
            path,
            written,
            rows,
            tally,
            span: self.span,
        });
        Ok(())
    }
}

/// The columns that whole files are skipped by.
fn skip_by(kind: &Kind) -> Vec<&str> {
    [kind.partner(), Some(kind.dated)]
        .into_iter()
        .flatten()
        .filter_map(|at| kind.columns.get(at))
        .map(|column| &*column.name)
        .collect()
}

/// The tallies of what becomes of a delivery's rows.
struct Kept {
    accepted: Tally,
    corrected: Tally,
    duplicate: Tally,
    outdated: Tally,
    conflict: Tally,
    withdrawn: Tally,
    /// The day each correcting row became known, by its place in the file.
    recorded_by: HashMap<u64, i32>,
}

impl Kept {
    fn of(&mut self, verdict: Verdict) -> &mut Tally {
        match verdict {
            Verdict::Accepted => &mut self.accepted,
            Verdict::Corrected => &mut self.corrected,
            Verdict::Duplicate => &mut self.duplicate,
            Verdict::Outdated => &mut self.outdated,
            Verdict::Conflict => &mut self.conflict,
        }
    }
}

/// Writes what is kept and says what became of the rest.
fn keep(
    parcel: &Parcel<'_>,
    mut intake: Intake<'_>,
    table: &FactTable,
    verdicts: &Verdicts,
    bench: &mut Bench<'_>,
) -> Result<Commit, NotDelivered> {
    let kind = parcel.kind;
    let tables = bench.tables;
    let none = || Tally::of(kind);
    let mut kept = Kept {
        accepted: none(),
        corrected: none(),
        duplicate: none(),
        outdated: none(),
        conflict: none(),
        withdrawn: none(),
        recorded_by: HashMap::new(),
    };
    intake.stage(false, tables)?;
    let mut files: Vec<(PathBuf, FileWritten)> = Vec::new();
    let mut conflicts: Vec<RecordBatch> = Vec::new();
    for staged in std::mem::take(&mut intake.staged) {
        bench.tell(parcel, Stage::Writing, intake.read.rows, parcel.bytes)?;
        let first = verdicts
            .others
            .partition_point(|(row, _)| *row < staged.span.0);
        let untouched = verdicts
            .others
            .get(first)
            .is_none_or(|(row, _)| *row > staged.span.1);
        if untouched {
            kept.accepted
                .plus(&staged.tally)
                .map_err(too_large(parcel))?;
            match (staged.written, staged.rows) {
                (Some(written), _) => files.push((staged.path, written)),
                (None, Some(rows)) => {
                    let written = write_file(tables.disk(), &staged.path, &[rows], &skip_by(kind))?;
                    files.push((staged.path, written));
                }
                (None, None) => {}
            }
            continue;
        }
        let remaining = sift(
            parcel,
            &intake.staging,
            staged,
            verdicts,
            &mut kept,
            &mut conflicts,
        )?;
        if let Some((path, batches)) = remaining {
            let written = write_file(tables.disk(), &path, &batches, &skip_by(kind))?;
            files.push((path, written));
        }
    }
    if !verdicts.withdrawn.is_empty() {
        let batches = recall::withdrawals(table, parcel, verdicts, &kept.recorded_by)?;
        for batch in &batches {
            kept.withdrawn
                .add_batch(kind, batch)
                .map_err(too_large(parcel))?;
        }
        let path = intake.staging.join("withdrawn.parquet");
        let written = write_file(tables.disk(), &path, &batches, &skip_by(kind))?;
        files.push((path, written));
    }
    if !conflicts.is_empty() {
        for row in recall::explain_conflicts(table, parcel, &conflicts)? {
            intake.aside.add(&row)?;
        }
    }
    adds_up(parcel, &intake, &kept, verdicts)?;
    intake
        .quarantined
        .plus(&kept.conflict)
        .map_err(too_large(parcel))?;
    let list = intake.aside.finish(tables.disk())?;
    let (quarantine_path, quarantine) = list.unzip();
    let text = |tally: &Tally| tally.to_text(kind);
    let delivery = Delivery {
        form: 1,
        source: parcel.source.name.to_string(),
        file: parcel.file.to_string(),
        digest: parcel.digest,
        bytes: parcel.bytes,
        reading: parcel.source.reading,
        taken_on: parcel
            .program
            .zone
            .to_datetime(parcel.now)
            .date()
            .to_string(),
        read: text(&intake.read),
        accepted: text(&kept.accepted),
        corrected: text(&kept.corrected),
        duplicate: text(&kept.duplicate),
        outdated: text(&kept.outdated),
        quarantined: text(&intake.quarantined),
        withdrawn: text(&kept.withdrawn),
        files: files
            .iter()
            .map(|(_, written)| written.file.clone())
            .collect(),
        quarantine,
    };
    Ok(Commit {
        delivery,
        files,
        quarantine: quarantine_path,
        at_ms: parcel.now.as_millisecond(),
    })
}

/// Splits a chunk by what becomes of its rows; what is left of it is to be written.
fn sift(
    parcel: &Parcel<'_>,
    staging: &Path,
    staged: Staged,
    verdicts: &Verdicts,
    kept: &mut Kept,
    conflicts: &mut Vec<RecordBatch>,
) -> Result<Option<(PathBuf, Vec<RecordBatch>)>, NotDelivered> {
    let kind = parcel.kind;
    let columns_fault = |doing| Fault::columns(doing, &kind.name);
    let batches = match (staged.rows, &staged.written) {
        (Some(rows), _) => vec![rows],
        (None, Some(written)) => {
            // Written under its own digest's name, it is checked on the way back like any stored file.
            let name = staging.join(written.file.name());
            std::fs::rename(&staged.path, &name).map_err(Fault::write(&name))?;
            let batches: Result<Vec<RecordBatch>, _> =
                read_file(staging, &written.file, None)?.collect();
            batches.map_err(columns_fault("read"))?
        }
        (None, None) => Vec::new(),
    };
    let mut remaining = Vec::new();
    for batch in &batches {
        let facts = FactColumns::of(batch).ok_or_else(|| Fault::Damaged {
            path: staged.path.clone(),
            what: "it lacks the columns of facts".to_owned(),
        })?;
        let of_row: Vec<Verdict> = facts
            .row
            .values()
            .iter()
            .map(|row| verdicts.of(u64::try_from(*row).unwrap_or(0)))
            .collect();
        for (at, _) in of_row
            .iter()
            .enumerate()
            .filter(|(_, of)| **of == Verdict::Corrected)
        {
            let row = u64::try_from(facts.row.value(at)).unwrap_or(0);
            kept.recorded_by
                .insert(row, recall::known_since(&facts, at, parcel));
        }
        for verdict in [
            Verdict::Accepted,
            Verdict::Corrected,
            Verdict::Duplicate,
            Verdict::Outdated,
            Verdict::Conflict,
        ] {
            let chosen: BooleanArray = of_row.iter().map(|of| Some(*of == verdict)).collect();
            if chosen.true_count() == 0 {
                continue;
            }
            let rows = filter_record_batch(batch, &chosen).map_err(columns_fault("filter"))?;
            kept.of(verdict)
                .add_batch(kind, &rows)
                .map_err(too_large(parcel))?;
            if verdict == Verdict::Conflict {
                conflicts.push(rows);
            }
        }
        let stays: BooleanArray = of_row
            .iter()
            .map(|of| Some(matches!(of, Verdict::Accepted | Verdict::Corrected)))
            .collect();
        if stays.true_count() > 0 {
            let rows =
                recall::date_corrections(batch, &of_row, parcel).map_err(columns_fault("date"))?;
            remaining.push(filter_record_batch(&rows, &stays).map_err(columns_fault("filter"))?);
        }
    }
    let path = staged.path.with_extension("sifted.parquet");
    Ok((!remaining.is_empty()).then_some((path, remaining)))
}

/// LAW-15: what was read is what was kept and what was not, in rows and in every sum, each counted on its own way.
fn adds_up(
    parcel: &Parcel<'_>,
    intake: &Intake<'_>,
    kept: &Kept,
    verdicts: &Verdicts,
) -> Result<(), Fault> {
    let mut out = Tally::of(parcel.kind);
    let parts = [
        &kept.accepted,
        &kept.corrected,
        &kept.duplicate,
        &kept.outdated,
        &kept.conflict,
        &intake.quarantined,
    ];
    for part in parts {
        out.plus(part).map_err(too_large(parcel))?;
    }
    let fail = |what: String| {
        Err(Fault::DoesNotAddUp {
            file: parcel.file.to_string(),
            what,
        })
    };
    if out.rows != intake.read.rows {
        return fail(format!(
            "{} rows were read and {} accounted for",
            intake.read.rows, out.rows
        ));
    }
    if let Some(number) = out
        .sums
        .iter()
        .zip(&intake.read.sums)
        .position(|(out, read)| out != read)
    {
        let name = parcel
            .kind
            .numbers()
            .nth(number)
            .map_or("", |(_, column, _)| &*column.name);
        return fail(format!(
            "the sum of `{name}` that was read is not the sum that is accounted for"
        ));
    }
    for (verdict, tally) in [
        (Verdict::Corrected, &kept.corrected),
        (Verdict::Duplicate, &kept.duplicate),
        (Verdict::Outdated, &kept.outdated),
        (Verdict::Conflict, &kept.conflict),
    ] {
        let judged = verdicts
            .others
            .iter()
            .filter(|(_, of)| *of == verdict)
            .count() as u64;
        if judged != tally.rows {
            return fail(format!(
                "{judged} rows were judged {verdict:?} and {} found",
                tally.rows
            ));
        }
    }
    if kept.withdrawn.rows != verdicts.withdrawn.len() as u64 {
        return fail(format!(
            "{} rows are to be withdrawn and {} were found",
            verdicts.withdrawn.len(),
            kept.withdrawn.rows
        ));
    }
    Ok(())
}
