//! Reading a delivered file's rows, from CSV or Parquet, into an intake.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use super::intake::Intake;
use super::{Bench, NotDelivered, Parcel, Stage};
use crate::csv_in::{CsvError, CsvIn, CsvStyle, Record};
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::input::{Bomb, Content, Input, digest_of_file};
use crate::json_in::{self, EVENT_BYTES_MAX};
use crate::parquet_in::ParquetIn;
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

fn standardiser(parcel: &Parcel<'_>, header: Header) -> Result<Standardiser, FileRefusal> {
    let Parcel {
        program,
        kind,
        source,
        ..
    } = *parcel;
    Standardiser::new(program, kind, source, header, parcel.today())
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
    let (input, content) = Input::open(path).map_err(Fault::read(path))?;
    let packed = is_packed(content, "CSV")?;
    let failed = |error| csv_failed(path, packed, error);
    let mut csv = CsvIn::new(input, style).map_err(failed)?;
    let mut record = Record::default();
    if !csv.read(&mut record).map_err(failed)? {
        return Err(FileRefusal::Empty.into());
    }
    let header = Header::new(record.cells())?;
    let width = header.len();
    let standardiser = standardiser(parcel, header)?;
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
    if csv.source().finish().map_err(Fault::read(path))? != parcel.digest {
        return Err(FileRefusal::Changed.into());
    }
    Ok(intake)
}

/// Whether a text is packed, by the first bytes of its file.
fn is_packed(content: Content, declared: &'static str) -> Result<bool, FileRefusal> {
    let other = |found| Err(FileRefusal::OtherFormat { found, declared });
    match content {
        Content::Empty => Err(FileRefusal::Empty),
        Content::Parquet => other("a Parquet file"),
        Content::Zip => other("a zip archive or workbook"),
        Content::Gzip => Ok(true),
        Content::Other => Ok(false),
    }
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

/// The longest list of events that is read at once.
const LIST_BYTES_MAX: usize = 64 << 20;

/// Reads a file of JSON events, plain or packed: one a line, or all in a list.
pub fn json<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let (input, content) = Input::open(path).map_err(Fault::read(path))?;
    let packed = is_packed(content, "JSON")?;
    let read = parcel.source.columns_read();
    let header = Header::new(read.iter().map(|name| &**name))?;
    let mut intake = Intake::new(parcel, standardiser(parcel, header)?, staging);
    let mut input = BufReader::new(input);
    let is_list = loop {
        let bytes = input
            .fill_buf()
            .map_err(|error| unpacking(path, packed, error))?;
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
        if read.map_err(|error| unpacking(path, packed, error))? == 0 {
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
            let bytes = input.get_ref().packed_bytes();
            bench.tell(parcel, Stage::Reading, intake.read.rows, bytes)?;
        }
    }
    if input.get_mut().finish().map_err(Fault::read(path))? != parcel.digest {
        return Err(FileRefusal::Changed.into());
    }
    Ok(intake)
}

/// Whether it is the packing that is wrong, or the world.
fn unpacking(path: &Path, packed: bool, error: io::Error) -> NotDelivered {
    csv_failed(
        path,
        packed,
        CsvError::Unreadable {
            at: 0,
            source: error,
        },
    )
}

/// Reads a Parquet file.
pub fn parquet<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let (_, content) = Input::open(path).map_err(Fault::read(path))?;
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
    let file = File::open(path).map_err(Fault::read(path))?;
    let (parquet, header) = ParquetIn::open(file)?;
    let all = parquet.rows();
    let standardiser = standardiser(parcel, header)?;
    let columns = standardiser.reads();
    let mut batches = parquet.read(&columns, |at| standardiser.reads_number(at))?;
    let mut intake = Intake::new(parcel, standardiser, staging);
    let mut at = 0;
    while let Some(rows) = batches.read_rows()? {
        for row in rows.iter() {
            at += 1;
            intake.take(&row, at, bench.tables)?;
        }
        // A share of the rows stands for a share of the bytes.
        let bytes = u128::from(parcel.bytes) * u128::from(at) / u128::from(all.max(1));
        bench.tell(
            parcel,
            Stage::Reading,
            at,
            u64::try_from(bytes).unwrap_or(parcel.bytes),
        )?;
    }
    // Its parts were read in no order that could be hashed on the way.
    let (digest, _) = digest_of_file(path).map_err(Fault::read(path))?;
    if digest != parcel.digest {
        return Err(FileRefusal::Changed.into());
    }
    Ok(intake)
}
