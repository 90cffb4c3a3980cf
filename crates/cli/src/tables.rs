//! Small CSV files that people write: a heading, then a row for each thing, each refused with its line.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::failure::Failure;

/// Takes each row of a file with just these columns.
///
/// # Errors
/// When the heading is another, a row is not of its form, or the taker refuses one: with the file and the line.
pub fn take_rows(
    path: &Path,
    bytes: &[u8],
    columns: &[&str],
    mut take: impl FnMut(&StringRecord) -> Result<(), String>,
) -> Result<(), Failure> {
    let wrong =
        |line: u64, what: String| Failure::Use(format!("{}:{line}: {what}", path.display()));
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let heads = reader
        .headers()
        .map_err(|error| wrong(1, error.to_string()))?;
    if heads.iter().ne(columns.iter().copied()) {
        return Err(wrong(
            1,
            format!("its columns have to be {}", columns.join(", ")),
        ));
    }
    for row in reader.records() {
        let row = row.map_err(|error| {
            let line = error.position().map_or(1, csv::Position::line);
            wrong(line, error.to_string())
        })?;
        let line = row.position().map_or(1, csv::Position::line);
        take(&row).map_err(|what| wrong(line, what))?;
    }
    Ok(())
}
