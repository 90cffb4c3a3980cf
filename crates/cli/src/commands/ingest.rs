//! `trueup ingest`: facts in, every row and every cent accounted for.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use trueup_facts::cage::{Cage, Decoding};
use trueup_facts::deliver::{Progress as Step, Stage};
use trueup_facts::disk::Disk;
use trueup_facts::ingest::{FileOutcome, Files, Ingested, Means, Outcome, ingest};
use trueup_facts::program::Program;
use trueup_facts::quarantine::{QuarantinedRow, read_list};
use trueup_facts::reconcile::SourceReconciled;
use trueup_facts::store::{Delivery, Tables};
use trueup_plan::diagnostic::{any_error, render};

use crate::args::{Format, IngestArgs};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::refusals::no_source;

/// How many quarantined rows are shown; all are kept and listed by `--format json`.
const SHOWN_ROWS: usize = 20;

/// How a shell knows that a command was interrupted.
const INTERRUPTED: i32 = 130;

/// Takes in facts and prints how they add up.
pub fn run(args: &IngestArgs, progress: &Progress) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    let files = match &args.source {
        None => Files::Declared,
        Some(source) if program.source(source).is_some() => {
            if let Some(file) = args.files.iter().find(|file| !file.is_file()) {
                return Err(Failure::Use(format!("there is no file {}", file.display())));
            }
            Files::Of {
                source: Arc::from(source.as_str()),
                files: args.files.clone(),
            }
        }
        Some(source) => return Err(no_source(&program, source)),
    };
    let stop = stop_on_interrupt()?;
    let bar = progress.count("", 0);
    let mut tell = |step: Step<'_>| {
        bar.set_length(step.bytes_total);
        bar.set_position(step.bytes.min(step.bytes_total));
        let stage = match step.stage {
            Stage::Reading => "reading",
            Stage::Comparing => "comparing",
            Stage::Writing => "writing",
        };
        bar.set_message(format!("{stage} {} ({} rows)", step.file, step.rows));
    };
    let means = means()?;
    let done = ingest(&program, &files, now(), &means, &mut tell, &stop)
        .map_err(|fault| Failure::fault("taking in facts", &fault))?;
    bar.finish_and_clear();
    crate::record::facts(&program.folder)?;

    let rows = quarantined(&program, &done)?;
    match args.format {
        Format::Table => output::print(&as_text(&done, &rows))?,
        Format::Json => output::json(&as_json(&done, &rows))?,
        Format::Csv => as_csv(&done)?,
    }
    if done.stopped {
        return Err(Failure::Stopped);
    }
    let only_quarantine = done.refused() == 0 && done.reconciliation.agrees();
    if done.is_clean() || (args.allow_quarantine && only_quarantine) {
        Ok(())
    } else {
        Err(Failure::Findings)
    }
}

/// The program's declarations, or everything that is wrong with them.
pub fn declared(dir: &Path) -> Result<Program, Failure> {
    crate::folder::refuse_unless_program(dir)?;
    let read =
        Program::read(dir).map_err(|error| Failure::fault("reading program.yaml", &error))?;
    match read.program {
        Some(program) if !any_error(&read.diagnostics) => Ok(program),
        Some(_) | None => Err(Failure::Found(
            render(&read.sources, &read.diagnostics)
                .trim_end()
                .to_owned(),
        )),
    }
}

/// The disk, and this program again for what comes packed from outside.
pub fn means() -> Result<Means, Failure> {
    let cage =
        Cage::of_this_program().map_err(|error| Failure::fault("finding this program", &error))?;
    Ok(Means {
        decoding: Decoding::Caged(cage),
        ..Means::default()
    })
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A wish to stop that is set when the user interrupts; the work ends between two batches with nothing half done.
fn stop_on_interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::fault("listening for an interrupt", &error))?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                set.store(true, Ordering::Relaxed);
            }
            // Who asks twice does not want to wait; a delivery is there whole or not, at any moment.
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(INTERRUPTED);
            }
        });
    });
    Ok(stop)
}

/// A row set aside, with the file it came in.
struct SetAside {
    source: String,
    file: String,
    row: QuarantinedRow,
}

fn quarantined(program: &Program, done: &Ingested) -> Result<Vec<SetAside>, Failure> {
    let fault = |fault| Failure::fault("reading the quarantine", &fault);
    if done.quarantined() == 0 {
        return Ok(Vec::new());
    }
    let tables = Tables::of(&program.folder, Disk::default()).map_err(fault)?;
    let mut rows = Vec::new();
    for file in &done.files {
        let Some(delivery) = delivery_of(file) else {
            continue;
        };
        let kind = program
            .source(&delivery.source)
            .and_then(|source| program.kinds.get(source.kind));
        let (Some(list), Some(kind)) = (&delivery.quarantine, kind) else {
            continue;
        };
        if let Some(table) = tables.open(&kind.name).map_err(fault)? {
            for row in read_list(&table, list).map_err(fault)? {
                rows.push(SetAside {
                    source: delivery.source.clone(),
                    file: file.file.clone(),
                    row,
                });
            }
        }
    }
    rows.sort_by(|a, b| (&a.source, &a.file, a.row.row).cmp(&(&b.source, &b.file, b.row.row)));
    Ok(rows)
}

fn delivery_of(file: &FileOutcome) -> Option<&Delivery> {
    match &file.outcome {
        Outcome::Taken(delivery) | Outcome::TakenBefore(delivery) => Some(delivery),
        Outcome::Refused(_) => None,
    }
}

fn as_text(done: &Ingested, rows: &[SetAside]) -> String {
    let mut text = String::new();
    for file in &done.files {
        let said = match &file.outcome {
            Outcome::Taken(delivery) => format!("{} read", rows_of(delivery.read.rows)),
            Outcome::TakenBefore(delivery) => {
                format!("taken in before, on {}: nothing changes", delivery.taken_on)
            }
            Outcome::Refused(refusal) => format!("refused: it {refusal}"),
        };
        let _ = writeln!(text, "{}: {said}", file.file);
    }
    for source in &done.reconciliation.sources {
        let _ = writeln!(text, "\n{} -> {}", source.source, source.kind);
        if source.files.is_empty() {
            text.push_str("nothing was taken in\n");
            continue;
        }
        let _ = writeln!(text, "{}", adds_up(source));
        for (column, rows) in source
            .lines
            .iter()
            .take(1)
            .flat_map(|read| &read.unreadable)
        {
            let _ = writeln!(
                text,
                "{column} could not be read in {} and is in no sum for them",
                rows_of(*rows)
            );
        }
        for (column, numbers) in &source.rounded {
            let numbers =
                output::counted(usize::try_from(*numbers).unwrap_or(usize::MAX), "number");
            let _ = writeln!(
                text,
                "{column}: {numbers} had more digits than are kept and were rounded"
            );
        }
        for line in &source.control {
            let said = if line.agrees {
                "agrees".to_owned()
            } else {
                format!("DIFFERS by {}", output::grouped(&line.difference))
            };
            let _ = writeln!(
                text,
                "control total of {}: stated {}, read {}: {said}",
                line.what,
                output::grouped(&line.stated),
                output::grouped(&line.read)
            );
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(text, "\nQuarantined, and therefore not counted:");
        for aside in rows.iter().take(SHOWN_ROWS) {
            for problem in &aside.row.problems {
                let cell = if problem.column.is_empty() {
                    String::new()
                } else {
                    format!(" {} `{}`", problem.column, problem.value)
                };
                let _ = writeln!(
                    text,
                    "  {}:{}{cell}: {}; {}",
                    aside.file, aside.row.row, problem.says, problem.help
                );
            }
        }
        if rows.len() > SHOWN_ROWS {
            let _ = writeln!(
                text,
                "  and {} more rows; --format json lists them all",
                rows.len() - SHOWN_ROWS
            );
        }
    }
    text
}

fn rows_of(rows: u64) -> String {
    if rows == 1 {
        "1 row".to_owned()
    } else {
        format!("{} rows", output::grouped(&rows.to_string()))
    }
}

/// Rows and sums in, and what became of them.
fn adds_up(source: &SourceReconciled) -> String {
    let mut heads = vec!["", "rows"];
    heads.extend(source.columns.iter().map(|column| column.name.as_str()));
    let rows = source
        .lines
        .iter()
        .chain((source.withdrawn.rows > 0).then_some(&source.withdrawn))
        .map(|line| {
            let mut cells = vec![line.what.clone(), output::grouped(&line.rows.to_string())];
            cells.extend(line.sums.iter().map(|sum| output::grouped(sum)));
            cells
        });
    output::table(&heads, 1, rows)
}

fn as_json(done: &Ingested, rows: &[SetAside]) -> serde_json::Value {
    json!({
        "files": done.files.iter().map(|file| {
            let (outcome, says) = match &file.outcome {
                Outcome::Taken(_) => ("taken", None),
                Outcome::TakenBefore(_) => ("taken_before", None),
                Outcome::Refused(refusal) => ("refused", Some(refusal.to_string())),
            };
            json!({ "file": file.file, "source": file.source.as_deref(), "outcome": outcome, "says": says })
        }).collect::<Vec<_>>(),
        "reconciliation": done.reconciliation,
        "quarantined": rows.iter().map(|aside| json!({
            "source": aside.source,
            "file": aside.file,
            "row": aside.row.row,
            "id": aside.row.id,
            "problems": aside.row.problems.iter().map(|problem| json!({
                "column": problem.column,
                "value": problem.value,
                "code": problem.code,
                "says": problem.says,
                "help": problem.help,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn as_csv(done: &Ingested) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for source in &done.reconciliation.sources {
        for line in source.lines.iter().chain([&source.withdrawn]) {
            rows.push(vec![
                source.source.clone(),
                line.what.clone(),
                "rows".to_owned(),
                line.rows.to_string(),
            ]);
            for (column, sum) in source.columns.iter().zip(&line.sums) {
                rows.push(vec![
                    source.source.clone(),
                    line.what.clone(),
                    column.name.clone(),
                    sum.clone(),
                ]);
            }
        }
    }
    output::csv(&["source", "what", "column", "figure"], rows)
}
