//! Reading a delivery's rows that are text, or at hand, into an intake.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;
use std::sync::mpsc::sync_channel;

use super::decode::{decoded, other_format, unchanged};
use super::intake::Intake;
use super::{Bench, NotDelivered, Parcel, Stage};
use crate::cage::{CagedText, Job, NotDecoded};
use crate::csv_in::{CsvError, CsvIn, CsvStyle, Record};
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::input::{Content, Input};
use crate::json_in::{self, EVENT_BYTES_MAX};
use crate::raw::{InOrder, RawRow};
use crate::standardise::{Cell, Cells, Problem, Standardiser};

impl Cells for Record {
    fn cell(&self, at: usize) -> Cell<'_> {
        match self.get(at) {
            Some(text) if !text.is_empty() => Cell::Text(text),
            Some(_) | None => Cell::Missing,
        }
    }
}

pub fn standardiser(parcel: &Parcel<'_>, header: Header) -> Result<Standardiser, FileRefusal> {
    let Parcel {
        program,
        kind,
        source,
        ..
    } = *parcel;
    Standardiser::new(program, kind, source, header, parcel.today())
}

/// The text of a file: as it lies there, or as it comes out of a cage.
enum Text<'a> {
    Plain(Box<Input>),
    Caged(Box<CagedText<'a>>),
}

impl<'b> Text<'b> {
    /// Opens a file whose first bytes say whether it is packed.
    fn open(
        parcel: &Parcel<'_>,
        path: &Path,
        declared: &'static str,
        bench: &Bench<'b>,
    ) -> Result<Self, NotDelivered> {
        let (input, content) = Input::open(path).map_err(Fault::read(path))?;
        let job = match content {
            Content::Other => return Ok(Self::Plain(Box::new(input))),
            Content::Gzip => Job::Gzip,
            Content::Zip => Job::Zip,
            other => return Err(other_format(other, declared).into()),
        };
        let decoded = decoded(parcel, path, &job, declared, bench)?;
        Ok(Self::Caged(Box::new(CagedText::new(decoded))))
    }

    /// How many bytes of the file were read.
    fn progress(&self) -> u64 {
        match self {
            Self::Plain(input) => input.packed_bytes(),
            Self::Caged(text) => text.progress(),
        }
    }

    /// Refuses a file that was changed while it was read.
    fn finish(&mut self, parcel: &Parcel<'_>, path: &Path) -> Result<(), NotDelivered> {
        match self {
            Self::Plain(input) => {
                if input.finish().map_err(Fault::read(path))? != parcel.digest {
                    return Err(FileRefusal::Changed.into());
                }
                Ok(())
            }
            Self::Caged(_) => unchanged(parcel, path),
        }
    }
}

impl Read for Text<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(into),
            Self::Caged(text) => text.read(into),
        }
    }
}

/// Why text could not be read: what its decoder found, or the world.
fn unread(path: &Path, error: io::Error) -> NotDelivered {
    match error.downcast::<NotDecoded>() {
        Ok(not_decoded) => not_decoded.into(),
        Err(error) => Fault::read(path)(error).into(),
    }
}

/// Reads rows that are at hand.
pub fn rows<'a>(
    parcel: &Parcel<'a>,
    rows: &[RawRow],
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let read = parcel.source.columns_read();
    let mut columns: BTreeSet<&str> = read.iter().map(|name| &**name).collect();
    columns.extend(
        rows.iter()
            .flat_map(|row| row.cells.keys())
            .map(String::as_str),
    );
    let standardiser = standardiser(parcel, Header::new(columns.iter().copied())?)?;
    let mut intake = Intake::new(parcel, standardiser, staging);
    for row in rows {
        let cells = InOrder::of(&row.cells, columns.iter().copied());
        intake.take(&cells, row.at, bench.tables)?;
        if intake.read.rows.is_multiple_of(8_192) {
            bench.tell(parcel, Stage::Reading, intake.read.rows, 0)?;
        }
    }
    Ok(intake)
}

/// Reads a CSV file, plain or packed.
pub fn csv<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    style: CsvStyle,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let text = Text::open(parcel, path, "CSV", bench)?;
    let failed = |error| match error {
        CsvError::Unreadable { source, .. } => unread(path, source),
        error => FileRefusal::Csv(error).into(),
    };
    let mut csv = CsvIn::new(text, style).map_err(failed)?;
    let mut record = Record::default();
    if !csv.read(&mut record).map_err(failed)? {
        return Err(FileRefusal::Empty.into());
    }
    let header = Header::new(record.cells())?;
    let width = header.len();
    let standardiser = standardiser(parcel, header)?;
    let mut intake = Intake::new(parcel, standardiser, staging);
    each_block(&mut csv, |block| {
        for record in block.records() {
            take_record(&mut intake, record, width, bench)?;
            if intake.read.rows.is_multiple_of(8_192) {
                bench.tell(parcel, Stage::Reading, intake.read.rows, block.bytes)?;
            }
        }
        Ok(())
    })
    .map_err(|stopped| match stopped {
        Halt::Csv(error) => failed(error),
        Halt::Taker(not_delivered) => not_delivered,
    })?;
    csv.source().finish(parcel, path)?;
    Ok(intake)
}

/// Takes a record, or sets it aside.
fn take_record(
    intake: &mut Intake<'_>,
    record: &Record,
    width: usize,
    bench: &Bench<'_>,
) -> Result<(), NotDelivered> {
    let line = record.line();
    if record.len() != width {
        let says = format!("has {} cells where the header has {width}", record.len());
        let help = "look for a delimiter inside a text that is not quoted, or a line that was cut";
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
        intake.take(record, line, bench.tables)?;
    }
    Ok(())
}

/// Records that were read together.
#[derive(Debug, Default)]
struct Block {
    records: Vec<Record>,
    /// How many of them count; the others are kept for their room.
    count: usize,
    /// How many bytes of the file were read by then.
    bytes: u64,
}

impl Block {
    fn records(&self) -> &[Record] {
        self.records.get(..self.count).unwrap_or_default()
    }
}

/// How many records are read together.
const BLOCK_RECORDS: usize = 1_024;
/// How many blocks lie ready.
const BLOCKS_READY: usize = 4;

/// Why records were not taken to the end.
enum Halt {
    /// The file's structure is in doubt.
    Csv(CsvError),
    /// Whoever takes them wants no more.
    Taker(NotDelivered),
}

/// Reads records beside whoever takes them, in their order.
fn each_block(
    csv: &mut CsvIn<Text<'_>>,
    mut take: impl FnMut(&Block) -> Result<(), NotDelivered>,
) -> Result<(), Halt> {
    let (give, taken) = sync_channel::<Result<Block, CsvError>>(BLOCKS_READY);
    let (give_back, room) = sync_channel::<Block>(2 * BLOCKS_READY);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            loop {
                let mut block = room.try_recv().unwrap_or_default();
                let ended = fill(csv, &mut block);
                let is_last = !matches!(ended, Ok(true));
                if give.send(Ok(block)).is_err() {
                    return;
                }
                if let Err(error) = ended {
                    // Who takes no more needs no reason.
                    let _ = give.send(Err(error));
                }
                if is_last {
                    return;
                }
            }
        });
        // The reader ends once nobody takes its blocks; it is waited for.
        let taken = taken;
        for block in &taken {
            let block = block.map_err(Halt::Csv)?;
            take(&block).map_err(Halt::Taker)?;
            // Where there is room enough, the block's is given up.
            let _ = give_back.try_send(block);
        }
        Ok(())
    })
}

/// Fills a block; whether more may come.
fn fill(csv: &mut CsvIn<Text<'_>>, block: &mut Block) -> Result<bool, CsvError> {
    block.count = 0;
    block.records.resize_with(BLOCK_RECORDS, Record::default);
    for record in &mut block.records {
        if !csv.read(record)? {
            block.bytes = csv.source().progress();
            return Ok(false);
        }
        block.count += 1;
    }
    block.bytes = csv.source().progress();
    Ok(true)
}

/// The longest list of events that is read at once.
const LIST_BYTES_MAX: usize = 64 << 20;

/// Reads a file of JSON events, plain or packed: one a line, or all in a list.
pub fn json<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let text = Text::open(parcel, path, "JSON", bench)?;
    let read = parcel.source.columns_read();
    let header = Header::new(read.iter().map(|name| &**name))?;
    let mut intake = Intake::new(parcel, standardiser(parcel, header)?, staging);
    let mut input = BufReader::new(text);
    let is_list = loop {
        let bytes = input.fill_buf().map_err(|error| unread(path, error))?;
        match bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => break bytes.get(at) == Some(&b'['),
            None if bytes.is_empty() => break false,
            None => {
                let blank = bytes.len();
                input.consume(blank);
            }
        }
    };
    let longest = match is_list {
        true => LIST_BYTES_MAX,
        false => EVENT_BYTES_MAX,
    };
    let mut line = Vec::new();
    let mut at = 0;
    loop {
        at += 1;
        line.clear();
        let mut bounded = (&mut input).take(longest as u64 + 1);
        let read = match is_list {
            true => bounded.read_to_end(&mut line),
            false => bounded.read_until(b'\n', &mut line),
        };
        if read.map_err(|error| unread(path, error))? == 0 {
            break;
        }
        let refused = |what: String| FileRefusal::Json { line: at, what };
        if line.len() > longest {
            let what = match is_list {
                true => format!(
                    "begins a list of more than {LIST_BYTES_MAX} bytes; send one event a line"
                ),
                false => format!("is longer than {EVENT_BYTES_MAX} bytes"),
            };
            return Err(refused(what).into());
        }
        let text = std::str::from_utf8(&line).map_err(|error| {
            refused(format!(
                "is no UTF-8 from its byte {} on",
                error.valid_up_to() + 1
            ))
        })?;
        if text.trim().is_empty() {
            continue;
        }
        if is_list {
            let events = json_in::events(text).map_err(|error| refused(error.to_string()))?;
            for (event, place) in events.into_iter().zip(1..) {
                intake.take_event(event, place, bench.tables)?;
            }
        } else {
            intake.take_event(text, at, bench.tables)?;
        }
        if intake.read.rows.is_multiple_of(8_192) {
            let bytes = input.get_ref().progress();
            bench.tell(parcel, Stage::Reading, intake.read.rows, bytes)?;
        }
    }
    input.get_mut().finish(parcel, path)?;
    Ok(intake)
}
