//! `trueup quarantine`: rows that were set aside, and what becomes of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use trueup_facts::program::Program;
use trueup_facts::replay::{Order, RowName, Settled, Signed, settle};
use trueup_facts::snapshot::{OpenRow, Snapshot};
use trueup_facts::store::Delivery;

use crate::args::{
    Format, ProgramArgs, QuarantineCommand, QuarantineFixArgs, QuarantineListArgs,
    QuarantineRejectArgs, QuarantineReplayArgs,
};
use crate::commands::ingest::declared;
use crate::failure::Failure;
use crate::output;

/// Lists or settles.
pub fn run(command: &QuarantineCommand) -> Result<(), Failure> {
    match command {
        QuarantineCommand::List(args) => list(args),
        QuarantineCommand::Fix(args) => fix(args),
        QuarantineCommand::Replay(args) => replay(args),
        QuarantineCommand::Reject(args) => reject(args),
    }
}

fn open_rows(program: &ProgramArgs) -> Result<Vec<OpenRow>, Failure> {
    let fault = |fault| Failure::fault("reading the quarantine", &fault);
    let snapshot = Snapshot::open(&program.program).map_err(fault)?;
    let mut rows = snapshot.quarantined().map_err(fault)?;
    rows.sort_by_key(OpenRow::row_name);
    Ok(rows)
}

fn list(args: &QuarantineListArgs) -> Result<(), Failure> {
    crate::folder::refuse_unless_program(&args.program.program)?;
    let mut rows = open_rows(&args.program)?;
    rows.retain(|row| match &args.source {
        Some(source) => row.source == *source,
        None => true,
    });
    match args.format {
        Format::Table if rows.is_empty() => output::print("No row is set aside.\n"),
        Format::Table => output::print(&as_text(&rows)),
        Format::Json => output::json(&Value::Array(rows.iter().map(as_json).collect())),
        Format::Csv => output::csv(
            &[
                "row", "source", "file", "line", "id", "column", "value", "code", "says", "help",
            ],
            rows.iter().flat_map(|row| {
                row.row.problems.iter().map(|problem| {
                    vec![
                        row.row_name().to_string(),
                        row.source.clone(),
                        row.file.clone(),
                        row.row.row.to_string(),
                        row.row.id.clone(),
                        problem.column.clone(),
                        problem.value.clone(),
                        problem.code.clone(),
                        problem.says.clone(),
                        problem.help.clone(),
                    ]
                })
            }),
        ),
    }
}

/// By source, each row with all that is wrong with it.
fn as_text(rows: &[OpenRow]) -> String {
    let mut text = String::new();
    let mut by_source: BTreeMap<(&str, &str), Vec<&OpenRow>> = BTreeMap::new();
    for row in rows {
        by_source
            .entry((&row.source, &row.kind))
            .or_default()
            .push(row);
    }
    for ((source, kind), rows) in &by_source {
        let _ = writeln!(
            text,
            "{source} -> {kind}: {}\n",
            output::counted(rows.len(), "row")
        );
        for row in rows {
            let id = match row.row.id.is_empty() {
                true => String::new(),
                false => format!(", id {}", row.row.id),
            };
            let _ = writeln!(
                text,
                "  {}  {}:{}{id}, taken on {}",
                row.row_name(),
                row.file,
                row.row.row,
                row.taken_on
            );
            for problem in &row.row.problems {
                let _ = writeln!(text, "      {problem}; {}", problem.help);
            }
        }
        text.push('\n');
    }
    text
}

fn as_json(row: &OpenRow) -> Value {
    let mut value = json!(row);
    if let Some(map) = value.as_object_mut() {
        map.insert("name".to_owned(), json!(row.row_name().to_string()));
    }
    value
}

fn fix(args: &QuarantineFixArgs) -> Result<(), Failure> {
    let mut cells = BTreeMap::new();
    for change in &args.changes {
        let Some((column, value)) = change.split_once('=') else {
            return Err(Failure::Use(format!(
                "`{change}` changes no cell; write COLUMN=VALUE, with the column's name as its source has it"
            )));
        };
        cells.insert(column.to_owned(), value.to_owned());
    }
    let order = Order::Fix(named(&args.row)?, cells);
    settled(
        &args.program,
        &order,
        Some(signed(&args.by, &args.because)?),
        args.format,
    )
}

fn replay(args: &QuarantineReplayArgs) -> Result<(), Failure> {
    let order = Order::Replay(args.source.as_deref().map(Arc::from));
    settled(&args.program, &order, None, args.format)
}

fn reject(args: &QuarantineRejectArgs) -> Result<(), Failure> {
    let names = args.rows.iter().map(|row| named(row));
    let order = Order::Reject(names.collect::<Result<Vec<RowName>, Failure>>()?);
    settled(
        &args.program,
        &order,
        Some(signed(&args.by, &args.because)?),
        args.format,
    )
}

fn named(text: &str) -> Result<RowName, Failure> {
    RowName::parse(text).ok_or_else(|| {
        Failure::Use(format!(
            "`{text}` names no row; `trueup quarantine list` names them, such as 12:4"
        ))
    })
}

/// Who says something and why; both must be there.
pub fn signed(by: &str, because: &str) -> Result<Signed, Failure> {
    for (what, said) in [("--by", by), ("--because", because)] {
        if said.trim().is_empty() {
            return Err(Failure::Use(format!(
                "{what} is empty; whoever reads the facts later wants to know"
            )));
        }
    }
    Ok(Signed {
        by: by.trim().to_owned(),
        because: because.trim().to_owned(),
    })
}

fn settled(
    program: &ProgramArgs,
    order: &Order,
    signed: Option<Signed>,
    format: Format,
) -> Result<(), Failure> {
    let program: Program = declared(&program.program)?;
    let done = settle(&program, order, signed.as_ref(), jiff::Timestamp::now())
        .map_err(|fault| Failure::fault("settling quarantined rows", &fault))?
        .map_err(|refusal| Failure::Found(refusal.to_string()))?;
    crate::record::facts(&program.folder)?;
    match format {
        Format::Table => output::print(&told(&done)),
        Format::Json => output::json(&json!({
            "deliveries": done.deliveries,
            "left": done.left,
        })),
        Format::Csv => output::csv(
            &[
                "snapshot",
                "source",
                "file",
                "rows",
                "accepted",
                "corrected",
                "cancelled",
                "duplicate",
                "outdated",
                "quarantined",
                "rejected",
            ],
            done.deliveries.iter().map(|delivery| {
                let mut cells = vec![
                    delivery.number.to_string(),
                    delivery.source.clone(),
                    delivery.file.clone(),
                    delivery.read.rows.to_string(),
                ];
                cells.extend(outcomes(delivery).map(|(_, rows)| rows.to_string()));
                cells
            }),
        ),
    }
}

fn outcomes(delivery: &Delivery) -> [(&'static str, u64); 7] {
    let rejected = delivery.repair.iter().flat_map(|repair| &repair.rows);
    let rejected = rejected.filter(|row| row.rejected).count() as u64;
    [
        ("accepted", delivery.accepted.rows),
        ("corrected", delivery.corrected.rows),
        ("cancelled", delivery.cancelled.rows),
        ("duplicate", delivery.duplicate.rows),
        ("outdated", delivery.outdated.rows),
        ("quarantined again", delivery.quarantined.rows),
        ("rejected", rejected),
    ]
}

fn told(done: &Settled) -> String {
    let mut text = String::new();
    for delivery in &done.deliveries {
        let parts: Vec<String> = outcomes(delivery)
            .into_iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(what, rows)| format!("{rows} {what}"))
            .collect();
        let _ = writeln!(
            text,
            "{} of {}: {}; snapshot {}",
            delivery.file,
            delivery.source,
            parts.join(", "),
            delivery.number
        );
    }
    if done.deliveries.is_empty() {
        text.push_str("Nothing changed.\n");
    }
    if done.left > 0 {
        let _ = writeln!(
            text,
            "{} still wrong; `trueup quarantine list` says why",
            match done.left {
                1 => "1 row is".to_owned(),
                rows => format!("{rows} rows are"),
            }
        );
    }
    text
}
