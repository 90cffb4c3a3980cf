//! Inside the cage: one file in, frames out.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd as _;
use std::process::ExitCode;

use super::WORD;
use super::frame::{Frames, Names};
use super::job::{Job, Wanted};
use super::lock::lock;
use super::packed;
use super::refusal::Refusal;
use super::rows::RowsOut;
use crate::parquet_in::ParquetIn;
use crate::standardise::Cells as _;
use crate::workbook;

/// Why a file was not decoded to its end.
#[derive(Debug)]
pub enum Undecoded {
    /// The file is refused.
    Refused(Refusal),
    /// Nobody takes the frames any more.
    Gone(io::Error),
}

impl From<Refusal> for Undecoded {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Decodes, if this process was started to do so; its exit code then.
///
/// A program that decodes in a cage calls this first thing in `main`, before it starts any thread.
#[must_use]
pub fn decoder_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != WORD {
        return None;
    }
    let job = arguments.next().unwrap_or_default();
    Some(match decode_input(&job.to_string_lossy()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn decode_input(job: &str) -> io::Result<()> {
    let job: Job = serde_json::from_str(job).map_err(io::Error::other)?;
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    if let Err(error) = lock(file.metadata()?.len()) {
        let what = error.to_string();
        return Frames::new(out).refusal(&Refusal::NotCaged { what });
    }
    decode(&job, file, out)
}

/// Decodes a file and writes what it gives.
///
/// # Errors
/// When nobody takes it.
pub fn decode(job: &Job, file: File, out: impl Write) -> io::Result<()> {
    let mut frames = Frames::new(out);
    let decoded = match job {
        Job::Gzip => packed::gzip(file, &mut frames),
        Job::Zip => packed::zip(file, &mut frames),
        Job::Parquet { .. } => parquet(job, file, &mut frames),
        Job::Workbook {
            columns,
            sheet,
            header_row,
        } => {
            let asked = workbook::Asked {
                columns,
                sheet: sheet.as_deref(),
                header_row: *header_row,
            };
            workbook::read(file, &asked, &mut frames)
        }
    };
    match decoded {
        Ok(()) => frames.end(),
        Err(Undecoded::Refused(refusal)) => frames.refusal(&refusal),
        Err(Undecoded::Gone(error)) => Err(error),
    }
}

/// The positions of the wanted columns among a file's, rising, and what is wanted of each.
pub fn positions<'a>(columns: &'a [Wanted], names: &[String]) -> Vec<(usize, &'a Wanted)> {
    let found = |(at, name): (usize, &String)| {
        let wanted = columns.iter().find(|wanted| wanted.name == *name)?;
        Some((at, wanted))
    };
    names.iter().enumerate().filter_map(found).collect()
}

fn parquet<W: Write>(job: &Job, file: File, frames: &mut Frames<W>) -> Result<(), Undecoded> {
    let bytes = file.metadata().map_err(Refusal::unreadable)?.len();
    let (parquet, names) = ParquetIn::open(file).map_err(Refusal::of)?;
    let rows = parquet.rows();
    let found = positions(job.columns(), &names);
    let sent: Vec<usize> = found.iter().map(|(at, _)| *at).collect();
    let names = Names {
        rows: Some(rows),
        names,
        sent: sent.clone(),
    };
    if !frames.columns(&names).map_err(Undecoded::Gone)? {
        let what = "it has more columns than are taken".to_owned();
        return Err(Refusal::Parquet { what }.into());
    }
    let is_number = |at: usize| {
        let found = found.iter().find(|(known, _)| *known == at);
        found.is_some_and(|(_, wanted)| wanted.scale.is_some())
    };
    let mut batches = parquet.read(&sent, is_number).map_err(Refusal::of)?;
    let mut out = RowsOut::new(frames);
    let mut at = 0;
    while let Some(batch) = batches.read_rows().map_err(Refusal::of)? {
        // A share of the rows stands for a share of the bytes.
        let read = u128::from(bytes) * u128::from(at) / u128::from(rows.max(1));
        let read = u64::try_from(read).unwrap_or(bytes);
        for row in batch.iter() {
            at += 1;
            out.begin(at, false);
            sent.iter().for_each(|column| out.cell(row.cell(*column)));
            out.end_row(read)?;
        }
    }
    out.flush(bytes)
}
