//! Delivered rows that are kept or sent outside a file: cells by column name, each as it came.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::decimal;
use crate::standardise::{Cell, Cells};

/// A cell as it came, owned. Text is written as text, so that a list of rows is read like the file it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawCell {
    /// Text.
    Text(String),
    /// Something that a typed format holds.
    Typed(TypedCell),
}

/// A cell of a typed format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypedCell {
    /// An exact number, as decimal text.
    Number(String),
    /// A day's number, from 1970-01-01.
    Day(i32),
    /// Whole seconds from 1970-01-01T00:00Z.
    Instant(i64),
    /// A wall time without a zone.
    Wall(String),
    /// True or false.
    Flag(bool),
}

impl RawCell {
    /// A cell as it is to be kept; none where nothing is in it.
    #[must_use]
    pub fn of(cell: Cell<'_>) -> Option<Self> {
        Some(match cell {
            Cell::Missing => return None,
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Number { unscaled, scale } => {
                Self::Typed(TypedCell::Number(decimal::write(unscaled, scale)))
            }
            Cell::Day(day) => Self::Typed(TypedCell::Day(day)),
            Cell::Instant(seconds) => Self::Typed(TypedCell::Instant(seconds)),
            Cell::Wall(wall) => Self::Typed(TypedCell::Wall(wall.to_string())),
            Cell::Flag(flag) => Self::Typed(TypedCell::Flag(flag)),
        })
    }

    /// The cell as it came.
    #[must_use]
    pub fn cell(&self) -> Cell<'_> {
        match self {
            Self::Text(text) if text.is_empty() => Cell::Missing,
            Self::Text(text) => Cell::Text(text),
            // What is no exact number goes on as the text it is, and is refused as that.
            Self::Typed(TypedCell::Number(text)) => match number(text) {
                Some((unscaled, scale)) => Cell::Number { unscaled, scale },
                None => Cell::Text(text),
            },
            Self::Typed(TypedCell::Day(day)) => Cell::Day(*day),
            Self::Typed(TypedCell::Instant(seconds)) => Cell::Instant(*seconds),
            Self::Typed(TypedCell::Wall(text)) => match text.parse::<DateTime>() {
                Ok(wall) => Cell::Wall(wall),
                Err(_) => Cell::Text(text),
            },
            Self::Typed(TypedCell::Flag(flag)) => Cell::Flag(*flag),
        }
    }

    /// The cell as text.
    #[must_use]
    pub fn text(&self) -> String {
        self.cell().text()
    }
}

/// Decimal text as steps of a power of ten; none where it is none or has more digits than fit.
fn number(text: &str) -> Option<(i128, u8)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let bare = whole.strip_prefix('-').unwrap_or(whole);
    if bare.is_empty() || !digits(bare) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let unscaled = format!("{whole}{fraction}").parse().ok()?;
    Some((unscaled, u8::try_from(fraction.len()).ok()?))
}

/// The cells of a row by the names of their columns.
pub type RawCells = BTreeMap<String, RawCell>;

/// A row and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawRow {
    /// Its line or row where it came from.
    pub at: u64,
    /// Its cells.
    pub cells: RawCells,
}

/// A row's cells in the order of a header.
pub struct InOrder<'a> {
    cells: Vec<Option<&'a RawCell>>,
}

impl<'a> InOrder<'a> {
    /// Puts a row's cells in the order of the columns.
    pub fn of(row: &'a RawCells, columns: impl Iterator<Item = &'a str>) -> Self {
        Self {
            cells: columns.map(|name| row.get(name)).collect(),
        }
    }
}

impl Cells for InOrder<'_> {
    fn cell(&self, at: usize) -> Cell<'_> {
        match self.cells.get(at) {
            Some(Some(cell)) => cell.cell(),
            Some(None) | None => Cell::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_cell_is_the_one_that_came() {
        let cells = [
            Cell::Text("x, \"y\""),
            Cell::Number {
                unscaled: -1_250,
                scale: 2,
            },
            Cell::Number {
                unscaled: 5,
                scale: 3,
            },
            Cell::Number {
                unscaled: i128::MAX,
                scale: 0,
            },
            Cell::Day(20_000),
            Cell::Instant(-7),
            Cell::Wall("2026-01-02T03:04:05".parse().expect("a wall time")),
            Cell::Flag(true),
        ];
        for cell in cells {
            let kept = RawCell::of(cell).expect("something");
            let text = serde_json::to_string(&kept).expect("written");
            let read: RawCell = serde_json::from_str(&text).expect("read");
            assert_eq!(read.cell(), cell, "{text}");
        }
        assert_eq!(RawCell::of(Cell::Missing), None);
    }

    #[test]
    fn a_number_beyond_any_column_goes_on_as_text() {
        for text in ["1e5", "", "-", "1.", ".5", "+1", "1.2.3", &"9".repeat(40)] {
            let cell = RawCell::Typed(TypedCell::Number(text.to_owned()));
            assert_eq!(cell.cell(), Cell::Text(text));
        }
    }
}
