//! Reading a delivered file's rows from a typed format, out of a cage.

use std::fs::File;
use std::path::Path;

use super::intake::Intake;
use super::read::standardiser;
use super::{Bench, NotDelivered, Parcel, Stage};
use crate::cage::{Decoded, Job, Oddity, Row};
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::input::{Content, Input, OLD_WORKBOOK, digest_of_file};
use crate::standardise::Problem;

/// The refusal of what is not of the declared format.
pub fn other_format(content: Content, declared: &'static str) -> FileRefusal {
    let found = match content {
        Content::Empty => return FileRefusal::Empty,
        Content::Gzip => "packed with gzip",
        Content::Parquet => "a Parquet file",
        Content::Zip => "a zip archive or workbook",
        Content::Compound => OLD_WORKBOOK,
        Content::Other if declared == PARQUET => "no Parquet file (CSV, perhaps)",
        Content::Other => "no workbook (CSV, perhaps)",
    };
    FileRefusal::OtherFormat { found, declared }
}

const PARQUET: &str = "Parquet";
const WORKBOOK: &str = "xlsx";

/// Starts decoding a file.
pub fn decoded<'b>(
    parcel: &Parcel<'_>,
    path: &Path,
    job: &Job,
    declared: &'static str,
    bench: &Bench<'b>,
) -> Result<Decoded<'b>, NotDelivered> {
    let file = File::open(path).map_err(Fault::read(path))?;
    let file = (file, parcel.bytes);
    Ok(Decoded::begin(
        bench.decoding,
        job,
        file,
        declared,
        bench.stop,
    )?)
}

/// Refuses a file that was changed: what a decoder read, it read out of this process's sight.
pub fn unchanged(parcel: &Parcel<'_>, path: &Path) -> Result<(), NotDelivered> {
    let (digest, _) = digest_of_file(path).map_err(Fault::read(path))?;
    match digest == parcel.digest {
        true => Ok(()),
        false => Err(FileRefusal::Changed.into()),
    }
}

/// Reads a Parquet file.
pub fn parquet<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    match Input::content_of(path).map_err(Fault::read(path))? {
        Content::Parquet => {}
        other => return Err(other_format(other, PARQUET).into()),
    }
    let columns = parcel.source.columns_wanted(parcel.kind);
    let job = Job::Parquet { columns };
    rows(parcel, path, (&job, PARQUET), staging, bench)
}

/// Reads a workbook: its sheet, and the row of its header.
pub fn workbook<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    (sheet, header_row): (Option<&str>, u32),
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    match Input::content_of(path).map_err(Fault::read(path))? {
        Content::Zip => {}
        other => return Err(other_format(other, WORKBOOK).into()),
    }
    let job = Job::Workbook {
        columns: parcel.source.columns_wanted(parcel.kind),
        sheet: sheet.map(str::to_owned),
        header_row,
    };
    rows(parcel, path, (&job, WORKBOOK), staging, bench)
}

fn rows<'a>(
    parcel: &Parcel<'a>,
    path: &Path,
    (job, declared): (&Job, &'static str),
    staging: &Path,
    bench: &mut Bench<'_>,
) -> Result<Intake<'a>, NotDelivered> {
    let mut decoded = decoded(parcel, path, job, declared, bench)?;
    let header = Header::new(decoded.names()?.iter().map(String::as_str))?;
    let mut intake = Intake::new(parcel, standardiser(parcel, header)?, staging);
    let mut row = Row::default();
    while decoded.row(&mut row)? {
        let problems = odd_cells(&row, &mut intake);
        if problems.is_empty() {
            intake.take(&row, row.at, bench.tables)?;
        } else {
            intake.refuse_odd(row.at, problems, &row)?;
        }
        if intake.read.rows.is_multiple_of(8_192) {
            let bytes = decoded.progress();
            bench.tell(parcel, Stage::Reading, intake.read.rows, bytes)?;
        }
    }
    drop(decoded);
    unchanged(parcel, path)?;
    Ok(intake)
}

/// What is wrong with a row's cells before they mean anything; a number that lost digits is only counted.
fn odd_cells(row: &Row, intake: &mut Intake<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    if row.is_ragged {
        let width = intake.standardiser.header().len();
        let says = format!("has cells beyond the {width} columns of the header");
        let help = "give the column a name, or take the cells away";
        problems.push(Problem::new("", "", "ragged_row", says, help));
    }
    for odd in &row.odd {
        let name = intake.standardiser.header().name(odd.at);
        let name = name.unwrap_or_default().to_owned();
        if odd.how == Oddity::Rounded && intake.standardiser.reads_number(odd.at) {
            *intake.rounded.entry(name).or_default() += 1;
            continue;
        }
        let (code, says, help) = told(odd.how);
        problems.push(Problem::new(&name, &odd.written, code, says, help));
    }
    problems
}

fn told(how: Oddity) -> (&'static str, &'static str, &'static str) {
    match how {
        Oddity::Rounded => (
            "rounded_text",
            "is a number of more digits than a workbook keeps, where a text is read",
            "enter it as text in the workbook",
        ),
        Oddity::Error => (
            "error_cell",
            "is an error in the workbook, and no value",
            "mend the formula, or clear the cell",
        ),
        Oddity::NoValue => (
            "no_value",
            "is a formula whose value was not stored",
            "open the workbook in a spreadsheet program and save it",
        ),
        Oddity::NoDay => (
            "no_such_day",
            "is a day of no calendar",
            "correct the date in the workbook",
        ),
        Oddity::NoDate => (
            "no_date",
            "is a time without its day",
            "enter a date in the workbook",
        ),
        Oddity::TooLarge => (
            "too_many_digits",
            "is too large or too small a number",
            "no column keeps so many digits; look for a mistake at the source",
        ),
    }
}
