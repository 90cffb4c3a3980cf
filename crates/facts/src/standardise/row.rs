//! A delivered row's cells, and the standard row made of them.

use std::fmt;

use jiff::civil::DateTime;

use crate::dates::day_of_number;
use crate::decimal;
use crate::digest::PartsHasher;
use crate::judge::CANCELLED;
use crate::program::Typed;
use crate::words::shown;

/// A cell of a delivered row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Nothing in it.
    Missing,
    /// Text.
    Text(&'a str),
    /// An exact number: `unscaled` steps of ten to the power of minus `scale`.
    Number {
        /// How many steps.
        unscaled: i128,
        /// How small a step is.
        scale: u8,
    },
    /// A day's number, from 1970-01-01.
    Day(i32),
    /// A point in time, in whole seconds from 1970-01-01T00:00Z, rounded down.
    Instant(i64),
    /// A wall time without a zone.
    Wall(DateTime),
    /// True or false.
    Flag(bool),
}

impl Cell<'_> {
    /// The cell as text, for ids, keys and messages.
    pub(super) fn write(&self, text: &mut String) {
        match self {
            Self::Missing => {}
            Self::Text(cell) => text.push_str(cell),
            Self::Number { unscaled, scale } => {
                let written = decimal::write(*unscaled, *scale);
                // 12.0 and 12 name the same row.
                let whole = written.contains('.');
                let bare = if whole {
                    written.trim_end_matches('0').trim_end_matches('.')
                } else {
                    &written
                };
                text.push_str(bare);
            }
            Self::Day(number) => match day_of_number(*number) {
                Some(day) => text.push_str(&day.to_string()),
                None => text.push_str(&number.to_string()),
            },
            Self::Instant(seconds) => match jiff::Timestamp::from_second(*seconds) {
                Ok(instant) => text.push_str(&instant.to_string()),
                Err(_) => text.push_str(&seconds.to_string()),
            },
            Self::Wall(wall) => text.push_str(&wall.to_string()),
            Self::Flag(flag) => text.push_str(if *flag { "true" } else { "false" }),
        }
    }

    /// The cell as text; empty where nothing is in it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }
}

/// A delivered row.
pub trait Cells {
    /// The cell in a column of the file.
    fn cell(&self, at: usize) -> Cell<'_>;
}

/// What is wrong with one cell of a row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// The source's column, or columns joined with a comma; empty when the row as a whole is meant.
    pub column: String,
    /// The cell as it came.
    pub value: String,
    /// A stable code for lists and filters.
    pub code: String,
    /// What is wrong.
    pub says: String,
    /// What to do.
    pub help: String,
}

impl Problem {
    /// One problem; the value is kept as it may be shown.
    #[must_use]
    pub fn new(
        column: &str,
        value: &str,
        code: &str,
        says: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            column: shown(column),
            value: shown(value),
            code: code.to_owned(),
            says: says.into(),
            help: help.into(),
        }
    }
}

impl fmt::Display for Problem {
    /// The cell, where one is meant, and what is wrong with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.column.is_empty() {
            write!(f, "{} `{}` ", self.column, self.value)?;
        }
        f.write_str(&self.says)
    }
}

/// A value in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// None.
    Missing,
    /// The text of a column of the file, as it came.
    Verbatim(usize),
    /// Another value.
    Value(Typed),
}

/// A standard row. It is filled again for every delivered row; texts kept as they came stay in that.
#[derive(Debug, Default)]
pub struct StandardRow {
    /// What names the row in its source.
    pub id: String,
    /// Its revision.
    pub revision: i64,
    /// The day it became known, if the source says.
    pub recorded_on: Option<i32>,
    /// Whether it takes back what was said under its id.
    pub cancelled: bool,
    /// Its values, by the position of the kind's column.
    pub slots: Vec<Slot>,
    /// What is wrong; the rest is incomplete unless this is empty.
    pub problems: Vec<Problem>,
    /// The positions of the columns whose cells could not be read.
    pub(super) unread: Vec<usize>,
}

impl StandardRow {
    /// A text or partner, wherever it is kept.
    pub fn text<'a>(&'a self, at: usize, cells: &'a dyn Cells) -> Option<&'a str> {
        match self.slots.get(at)? {
            Slot::Verbatim(column) => match cells.cell(*column) {
                Cell::Text(text) => Some(text),
                _ => None,
            },
            Slot::Value(Typed::Text(text)) => Some(text),
            Slot::Missing | Slot::Value(_) => None,
        }
    }

    /// A number.
    #[must_use]
    pub fn number(&self, at: usize) -> Option<i128> {
        match self.slots.get(at)? {
            Slot::Value(Typed::Number(number)) => Some(*number),
            Slot::Missing | Slot::Verbatim(_) | Slot::Value(_) => None,
        }
    }

    /// Whether a column has no value because what stood there could not be read.
    #[must_use]
    pub fn unread(&self, at: usize) -> bool {
        self.unread.contains(&at)
    }

    /// A day.
    #[must_use]
    pub fn day(&self, at: usize) -> Option<i32> {
        match self.slots.get(at)? {
            Slot::Value(Typed::Day(day)) => Some(*day),
            Slot::Missing | Slot::Verbatim(_) | Slot::Value(_) => None,
        }
    }

    /// A flag.
    #[must_use]
    pub fn flag(&self, at: usize) -> Option<bool> {
        match self.slots.get(at)? {
            Slot::Value(Typed::Flag(flag)) => Some(*flag),
            Slot::Missing | Slot::Verbatim(_) | Slot::Value(_) => None,
        }
    }

    /// The digest of what the row says, by which a duplicate is told from a change; half of it is kept.
    #[must_use]
    pub fn content(&self, cells: &dyn Cells) -> u128 {
        if self.cancelled {
            return CANCELLED;
        }
        let mut hasher = PartsHasher::new("trueup row 1");
        for at in 0..self.slots.len() {
            match self.slots.get(at) {
                None | Some(Slot::Missing) => hasher.fixed(&[0]),
                Some(Slot::Verbatim(_) | Slot::Value(Typed::Text(_))) => {
                    hasher.fixed(&[1]);
                    hasher.text(self.text(at, cells).unwrap_or_default());
                }
                Some(Slot::Value(Typed::Number(number))) => {
                    hasher.fixed(&[2]);
                    hasher.fixed(&number.to_be_bytes());
                }
                Some(Slot::Value(Typed::Day(day))) => {
                    hasher.fixed(&[3]);
                    hasher.fixed(&day.to_be_bytes());
                }
                Some(Slot::Value(Typed::Flag(flag))) => hasher.fixed(&[4, u8::from(*flag)]),
            }
        }
        hasher.finish().half()
    }
}
