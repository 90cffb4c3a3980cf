//! Terminal output: tables for people, JSON and CSV for programs.

use std::io::{IsTerminal, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;

use crate::failure::Failure;

/// A line under the heads and one at the end, none between rows.
const LINES: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// A table whose columns after the first `words` hold figures, set to the right.
pub fn table(heads: &[&str], words: usize, rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(LINES);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(
        heads
            .iter()
            .enumerate()
            .map(|(at, head)| aligned(head, at >= words)),
    );
    for row in rows {
        table.add_row(
            row.iter()
                .enumerate()
                .map(|(at, text)| aligned(text, at >= words)),
        );
    }
    table
}

fn aligned(text: &str, is_figure: bool) -> Cell {
    let alignment = if is_figure {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    };
    Cell::new(text).set_alignment(alignment)
}

/// Money for people: grouped, at the currency's places.
pub fn money(amount: &Exact, places: u32) -> String {
    amount.to_grouped(places, Rounding::HalfAway)
}

/// Writes lines of comma-separated values.
pub fn csv(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let write = || -> Result<(), csv::Error> {
        writer.write_record(heads)?;
        for row in rows {
            writer.write_record(&row)?;
        }
        writer.flush()?;
        Ok(())
    };
    write().map_err(|error| Failure::fault("writing CSV", &error))?;
    let bytes = writer
        .into_inner()
        .map_err(|error| Failure::Fault(format!("writing CSV: {error}")))?;
    print(&String::from_utf8_lossy(&bytes))
}

/// Writes JSON, indented.
pub fn json(value: &serde_json::Value) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::fault("writing JSON", &error))?;
    text.push('\n');
    print(&text)
}

/// Writes text to standard output. A reader that went away (`trueup run | head`) ends the command quietly.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => Err(Failure::fault("writing to standard output", &error)),
    }
}

/// Whether standard error is a terminal, so that progress can be shown on it.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
