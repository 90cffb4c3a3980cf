//! Terminal output: tables for people, JSON and CSV for programs.

use std::io::{IsTerminal, Write};
use std::path::Path;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::Value;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;

use crate::args::Format;
use crate::earned::exact_at;
use crate::failure::Failure;

/// A line under the heads; the one at the end is drawn as long as that.
const LINES: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// How far columns stand apart.
const GAP: u16 = 2;

/// A table whose columns after the first `words` hold figures, set to the right. No line ends in blanks, and the last
/// has no line end.
pub fn table(heads: &[&str], words: usize, rows: impl IntoIterator<Item = Vec<String>>) -> String {
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
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if at == 0 { 0 } else { GAP }, 0));
    }
    let text = table.trim_fmt();
    let rule = text.lines().find(|line| line.starts_with('─'));
    match rule {
        Some(rule) => format!("{text}\n{rule}"),
        None => text,
    }
}

/// Text in lines of at most so many characters, broken between words; a longer word has a line of its own.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && needed > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// How many there are of something, in words: `1 row`, `2 rows`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// An exact decimal for people: its whole part in groups of three.
pub fn grouped(decimal: &str) -> String {
    let places = decimal.split_once('.').map_or(0, |(_, tail)| tail.len());
    match (Exact::parse(decimal), u32::try_from(places)) {
        (Ok(exact), Ok(places)) => exact.to_grouped(places, Rounding::HalfAway),
        (_, _) => decimal.to_owned(),
    }
}

/// A path as a shell reads it again.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
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

/// A figure with all its digits, at the currency's places at least.
pub fn shown(amount: &Exact, places: u32) -> String {
    grouped(&exact_at(amount, places))
}

/// A difference: with all its digits and its sign.
pub fn signed(amount: &Exact, places: u32) -> String {
    let shown = shown(amount, places);
    if amount.is_negative() || amount.is_zero() {
        shown
    } else {
        format!("+{shown}")
    }
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

/// Writes a list as it is asked for: a table whose first columns are text, or what is said where there is nothing; values set apart
/// by commas; or objects whose values are texts.
pub fn list(
    format: Format,
    (heads, texts): (&[&str], usize),
    rows: Vec<Vec<String>>,
    nothing: &str,
) -> Result<(), Failure> {
    match format {
        Format::Table if rows.is_empty() => print(&format!("{nothing}\n")),
        Format::Table => print(&format!("{}\n", table(heads, texts, rows))),
        Format::Csv => csv(heads, rows),
        Format::Json => json(&Value::Array(
            rows.into_iter()
                .map(|row| {
                    let named = heads.iter().zip(row);
                    let fields =
                        named.map(|(head, cell)| ((*head).to_owned(), Value::String(cell)));
                    Value::Object(fields.collect())
                })
                .collect(),
        )),
    }
}

/// Writes JSON, indented.
pub fn json(value: &Value) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::fault("writing JSON", &error))?;
    text.push('\n');
    print(&text)
}

/// Writes text to standard output. To a reader that went away (`trueup run | head`) nothing more is said; the command
/// goes on to its end and its exit code.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::fault("writing to standard output", &error)),
    }
}

/// Whether standard error is a terminal, so that progress can be shown on it.
pub fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
