//! `trueup facts quality`: how good the facts of each source are.

use std::fmt::Write as _;

use serde_json::json;
use trueup_base::date::{Date, parse_date};
use trueup_facts::quality::{SourceQuality, Wanted, look};

use crate::args::{FactsQualityArgs, Format};
use crate::commands::ingest::declared;
use crate::failure::Failure;
use crate::notes;
use crate::output;
use crate::progress::Progress;
use crate::refusals::no_source;
use crate::seen;

/// Looks and tells.
pub fn run(args: &FactsQualityArgs, progress: &Progress) -> Result<(), Failure> {
    let program = declared(&args.program.program)?;
    if let Some(name) = &args.source
        && program.source(name).is_none()
    {
        return Err(no_source(&program, name));
    }
    let on = match &args.on {
        Some(text) => {
            parse_date(text).map_err(|error| Failure::Use(format!("--on {text}: {error}")))?
        }
        None => notes::today(&program)?,
    };
    let snapshot = seen::snapshot(&program.folder)?;
    let step = progress.step("looking at the facts".to_owned());
    let wanted = Wanted {
        source: args.source.as_deref(),
        top: args.top,
    };
    let found = look(&program, &snapshot, on, wanted)
        .map_err(|fault| Failure::fault("looking at the facts", &fault))?;
    step.finish_and_clear();
    match args.format {
        Format::Table => output::print(&page(&found, on, args.top)),
        Format::Json => output::json(&json!({ "on": on.to_string(), "sources": found })),
        Format::Csv => output::csv(
            &["source", "what", "of", "value"],
            found.iter().flat_map(as_rows),
        ),
    }
}

fn page(found: &[SourceQuality], on: Date, top: usize) -> String {
    let heads = [
        "source",
        "kind",
        "owner",
        "delivered",
        "fresh",
        "rows",
        "duplicate",
        "set aside",
        "twins",
        "far out",
        "odd or empty months",
    ];
    let number = |rows: u64| match rows {
        0 => String::new(),
        rows => output::grouped(&rows.to_string()),
    };
    let rows = found.iter().map(|one| {
        let odd = one
            .months
            .iter()
            .filter(|month| !month.odd.is_empty())
            .count();
        vec![
            one.source.clone(),
            one.kind.clone(),
            one.owner.clone(),
            one.freshness
                .last_delivery
                .clone()
                .unwrap_or_else(|| "never".to_owned()),
            fresh(one),
            output::grouped(&one.rows.to_string()),
            number(one.duplicates),
            number(one.set_aside),
            number(one.twin_rows),
            number(one.far_out),
            number((odd + one.empty_months.len()) as u64),
        ]
    });
    let mut text = format!("The facts on {on}\n\n{}\n", output::table(&heads, 5, rows));
    for one in found {
        let found = findings(one, top);
        if !found.is_empty() {
            let _ = writeln!(text, "\n{}: {}", one.source, one.owner);
            for finding in found {
                let _ = writeln!(text, "  {finding}");
            }
        }
    }
    text
}

fn fresh(one: &SourceQuality) -> String {
    match (&one.freshness.due, one.freshness.late_days) {
        (Some(_), Some(days)) => format!("late by {}", days_of(days)),
        (Some(due), None) => format!("until {due}"),
        (None, _) => String::new(),
    }
}

fn days_of(days: i64) -> String {
    match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// What somebody should look at, each in a line.
pub fn findings(one: &SourceQuality, top: usize) -> Vec<String> {
    let mut found = Vec::new();
    if let (Some(due), Some(days)) = (&one.freshness.due, one.freshness.late_days) {
        found.push(format!(
            "late: the next delivery was due by {due}, {} ago",
            days_of(days)
        ));
    }
    if one.freshness.last_delivery.is_none() {
        found.push("nothing was ever delivered".to_owned());
    }
    if let Some(((from, until), (first, last))) = one.complete.as_ref().zip(one.days.as_ref())
        && (last < from || first > until)
    {
        found.push(format!(
            "declared complete from {from} to {until}, and has rows from {first} to {last} only"
        ));
    }
    if one.set_aside > 0 {
        found.push(format!(
            "{} set aside: trueup quarantine list --source {}",
            output::grouped(&one.set_aside.to_string()),
            one.source
        ));
    }
    if !one.empty_months.is_empty() {
        found.push(format!("no row in {}", one.empty_months.join(", ")));
    }
    for month in one.months.iter().filter(|month| !month.odd.is_empty()) {
        let figures: Vec<String> = month
            .odd
            .iter()
            .map(|what| match month.sums.get(what) {
                Some(sum) => format!("{what} {}", output::grouped(sum)),
                None => format!("{} rows", output::grouped(&month.rows.to_string())),
            })
            .collect();
        found.push(format!(
            "{} is unlike other months: {}",
            month.month,
            figures.join(", ")
        ));
    }
    for twins in one.twins.iter().take(top) {
        found.push(format!(
            "say the same: {} ({})",
            twins.ids.join(", "),
            twins.says
        ));
    }
    for outlier in &one.outliers {
        found.push(format!(
            "far out: {} ({}:{}) {} {}, {} deviations from the month's median {}",
            outlier.id,
            outlier.file,
            outlier.row,
            outlier.column,
            output::grouped(&outlier.value),
            output::grouped(&(outlier.deviations_tenths / 10).to_string()),
            output::grouped(&outlier.median)
        ));
    }
    if one.every > 1 {
        found.push(format!(
            "medians and equal rows were looked for among one row in {}",
            one.every
        ));
    }
    found
}

fn as_rows(one: &SourceQuality) -> Vec<Vec<String>> {
    let row = |what: &str, of: &str, value: String| {
        vec![one.source.clone(), what.to_owned(), of.to_owned(), value]
    };
    let mut rows = vec![
        row(
            "last_delivery",
            "",
            one.freshness.last_delivery.clone().unwrap_or_default(),
        ),
        row("due", "", one.freshness.due.clone().unwrap_or_default()),
        row(
            "late_days",
            "",
            one.freshness.late_days.unwrap_or(0).to_string(),
        ),
        row("rows", "", one.rows.to_string()),
        row("delivered", "", one.delivered.to_string()),
        row("duplicates", "", one.duplicates.to_string()),
        row("corrected", "", one.corrected.to_string()),
        row("cancelled", "", one.cancelled.to_string()),
        row("set_aside", "", one.set_aside.to_string()),
        row("twin_rows", "", one.twin_rows.to_string()),
        row("far_out", "", one.far_out.to_string()),
    ];
    for month in &one.months {
        rows.push(row("month_rows", &month.month, month.rows.to_string()));
        for (column, sum) in &month.sums {
            rows.push(row(&format!("month_{column}"), &month.month, sum.clone()));
        }
        for odd in &month.odd {
            rows.push(row("odd_month", &month.month, odd.clone()));
        }
    }
    for month in &one.empty_months {
        rows.push(row("empty_month", month, String::new()));
    }
    for twins in &one.twins {
        rows.push(row("twins", &twins.ids.join(" "), twins.says.clone()));
    }
    for outlier in &one.outliers {
        rows.push(row(
            &format!("far_out_{}", outlier.column),
            &outlier.id,
            outlier.value.clone(),
        ));
    }
    rows
}
