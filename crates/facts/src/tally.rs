//! Rows and sums, added exactly: what reconciliation stands on.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Decimal128Type;

use crate::decimal::{self, DecimalMark, Room};
use crate::program::Kind;
use crate::store::TallyText;

/// Rows, and the sum of each number column of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many rows.
    pub rows: u64,
    /// The sum of each number, in the order of the kind's numbers and in their smallest steps.
    pub sums: Vec<i128>,
    /// How many rows had a number that could not be read, by number.
    pub unreadable: Vec<u64>,
}

/// A sum beyond 38 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sum has more than 38 digits")]
pub struct TooLarge;

impl Tally {
    /// Nothing yet.
    #[must_use]
    pub fn of(kind: &Kind) -> Self {
        let numbers = kind.numbers().count();
        Self {
            rows: 0,
            sums: vec![0; numbers],
            unreadable: vec![0; numbers],
        }
    }

    /// Adds to the sum of one number.
    ///
    /// # Errors
    /// When the sum leaves its room.
    pub fn add(&mut self, number: usize, value: i128) -> Result<(), TooLarge> {
        if let Some(sum) = self.sums.get_mut(number) {
            *sum = sum.checked_add(value).ok_or(TooLarge)?;
        }
        Ok(())
    }

    /// Counts a number that could not be read.
    pub fn add_unreadable(&mut self, number: usize) {
        if let Some(count) = self.unreadable.get_mut(number) {
            *count += 1;
        }
    }

    /// Adds the rows of a stored batch.
    ///
    /// # Errors
    /// When a sum leaves its room.
    pub fn add_batch(&mut self, kind: &Kind, batch: &RecordBatch) -> Result<(), TooLarge> {
        self.rows += batch.num_rows() as u64;
        for (number, (at, _, _)) in kind.numbers().enumerate() {
            let array = batch
                .columns()
                .get(at)
                .and_then(|array| array.as_primitive_opt::<Decimal128Type>());
            for value in array.into_iter().flatten().flatten() {
                self.add(number, value)?;
            }
        }
        Ok(())
    }

    /// Adds another tally of the same kind.
    ///
    /// # Errors
    /// When a sum leaves its room.
    pub fn plus(&mut self, other: &Self) -> Result<(), TooLarge> {
        self.rows += other.rows;
        for (number, sum) in other.sums.iter().enumerate() {
            self.add(number, *sum)?;
        }
        for (mine, theirs) in self.unreadable.iter_mut().zip(&other.unreadable) {
            *mine += theirs;
        }
        Ok(())
    }

    /// As a commit says it.
    #[must_use]
    pub fn to_text(&self, kind: &Kind) -> TallyText {
        let numbers = || {
            kind.numbers()
                .map(|(_, column, room)| (column.name.to_string(), room))
        };
        let sums = numbers()
            .zip(&self.sums)
            .map(|((name, room), sum)| (name, decimal::write(*sum, room.scale)));
        let unreadable = numbers()
            .zip(&self.unreadable)
            .filter(|(_, count)| **count > 0);
        TallyText {
            rows: self.rows,
            sums: sums.collect(),
            unreadable: unreadable
                .map(|((name, _), count)| (name, *count))
                .collect(),
        }
    }

    /// From what a commit says; a number the kind has gained since counts as 0.
    ///
    /// # Errors
    /// When a sum is no number of its column.
    pub fn from_text(kind: &Kind, text: &TallyText) -> Result<Self, TooLarge> {
        let mut tally = Self::of(kind);
        tally.rows = text.rows;
        for (number, (_, column, room)) in kind.numbers().enumerate() {
            let name: &str = &column.name;
            if let Some(sum) = text.sums.get(name) {
                let wide = Room {
                    scale: room.scale,
                    digits: 38,
                };
                let sum = decimal::parse(sum, DecimalMark::Point, wide).map_err(|_| TooLarge)?;
                tally.add(number, sum)?;
            }
            if let (Some(count), Some(slot)) =
                (text.unreadable.get(name), tally.unreadable.get_mut(number))
            {
                *slot = *count;
            }
        }
        Ok(tally)
    }
}
