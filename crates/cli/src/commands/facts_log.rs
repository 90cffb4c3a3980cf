//! `trueup facts log`: the deliveries, the latest last.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_facts::ledger::{Ledger, Taken};

use crate::args::{FactsLogArgs, Format};
use crate::failure::Failure;
use crate::output;

/// Lists.
pub fn run(args: &FactsLogArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    crate::folder::refuse_unless_program(program)?;
    let ledger =
        Ledger::read(program).map_err(|fault| Failure::fault("reading the ledger", &fault))?;
    let taken: Vec<&Taken> = ledger
        .taken()
        .iter()
        .filter(|taken| match &args.source {
            Some(source) => taken.delivery.source == *source,
            None => true,
        })
        .collect();
    match args.format {
        Format::Table if taken.is_empty() && ledger.last() > 0 => {
            let mut sources: Vec<&str> = ledger
                .taken()
                .iter()
                .map(|taken| taken.delivery.source.as_str())
                .collect();
            sources.sort_unstable();
            sources.dedup();
            Err(Failure::Use(format!(
                "no source of that name delivered anything; these did: {}",
                sources.join(", ")
            )))
        }
        Format::Table if taken.is_empty() => output::print(&format!(
            "nothing was taken in yet: trueup ingest --program {}\n",
            output::quoted(program)
        )),
        Format::Table => {
            let heads = &HEADS[..TABLE_WORDS + TABLE_NUMBERS];
            let rows = taken.iter().map(|taken| {
                let mut cells = words(taken);
                cells.extend(numbers(taken).into_iter().map(|rows| match rows {
                    0 => String::new(),
                    rows => output::grouped(&rows.to_string()),
                }));
                cells
            });
            output::print(&format!(
                "{}\n{}",
                output::table(heads, TABLE_WORDS, rows),
                settled(&taken)
            ))
        }
        Format::Json => output::json(&Value::Array(
            taken.iter().map(|one| as_json(one)).collect(),
        )),
        Format::Csv => output::csv(
            &[
                &HEADS[..],
                &["sha256", "bytes", "taken_on", "table_version"],
            ]
            .concat(),
            taken.iter().map(|taken| {
                let mut cells = words(taken);
                cells.extend(numbers(taken).iter().map(u64::to_string));
                cells.extend([
                    taken.delivery.digest.to_string(),
                    taken.delivery.bytes.to_string(),
                    taken.delivery.taken_on.clone(),
                    taken.version.to_string(),
                ]);
                cells
            }),
        ),
    }
}

/// What deliveries settled of rows that were set aside: who, what and why.
fn settled(taken: &[&Taken]) -> String {
    let mut text = String::new();
    for delivery in taken.iter().map(|taken| &taken.delivery) {
        let Some(repair) = &delivery.repair else {
            continue;
        };
        for row in &repair.rows {
            let changes: Vec<String> = row
                .changes
                .iter()
                .map(|(column, change)| {
                    let was = change.was.as_deref().unwrap_or("nothing");
                    format!("{column} {was} → {}", change.is)
                })
                .collect();
            let what = match (row.rejected, changes.is_empty()) {
                (true, _) => "rejected".to_owned(),
                (false, true) => "taken in as it came".to_owned(),
                (false, false) => changes.join(", "),
            };
            let _ = write!(
                text,
                "{}: {}:{} {what}",
                delivery.number, delivery.file, row.row
            );
            if let (Some(by), Some(because)) = (&repair.by, &repair.because) {
                let _ = write!(text, ", by {by}: {because}");
            }
            text.push('\n');
        }
    }
    text
}

const HEADS: [&str; 13] = [
    "snapshot",
    "taken",
    "kind",
    "source",
    "file",
    "read",
    "accepted",
    "corrected",
    "cancelled",
    "duplicate",
    "outdated",
    "quarantined",
    "withdrawn",
];
const TABLE_WORDS: usize = 5;
const TABLE_NUMBERS: usize = 8;

fn words(taken: &Taken) -> Vec<String> {
    let delivery = &taken.delivery;
    vec![
        delivery.number.to_string(),
        delivery.taken_at.clone(),
        taken.kind.to_string(),
        delivery.source.clone(),
        delivery.file.clone(),
    ]
}

fn numbers(taken: &Taken) -> [u64; TABLE_NUMBERS] {
    let delivery = &taken.delivery;
    [
        delivery.read.rows,
        delivery.accepted.rows,
        delivery.corrected.rows,
        delivery.cancelled.rows,
        delivery.duplicate.rows,
        delivery.outdated.rows,
        delivery.quarantined.rows,
        delivery.withdrawn.rows,
    ]
}

fn as_json(taken: &Taken) -> Value {
    let delivery = &taken.delivery;
    json!({
        "snapshot": delivery.number,
        "taken_at": delivery.taken_at,
        "taken_on": delivery.taken_on,
        "kind": &*taken.kind,
        "table_version": taken.version,
        "source": delivery.source,
        "file": delivery.file,
        "sha256": delivery.digest.to_string(),
        "bytes": delivery.bytes,
        "read": delivery.read,
        "accepted": delivery.accepted,
        "corrected": delivery.corrected,
        "cancelled": delivery.cancelled,
        "duplicate": delivery.duplicate,
        "outdated": delivery.outdated,
        "quarantined": delivery.quarantined,
        "withdrawn": delivery.withdrawn,
        "repair": delivery.repair,
    })
}
