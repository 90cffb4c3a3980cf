//! The ledger: what was delivered to all tables, in the order it was taken. Each delivery makes a snapshot, which has its
//! number.
//!
//! The number stands in the commit itself and is given under the right to write, so it depends on no clock and never
//! changes. A number that is missing or there twice means that a table was lost or somebody else wrote to it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use trueup_base::date::{Date, parse_date};

use crate::disk::Disk;
use crate::error::Fault;
use crate::store::{Delivery, Tables};

/// A delivery and where it stands.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The kind of its rows.
    pub kind: Arc<str>,
    /// The version of the kind's table that it made.
    pub version: u64,
    /// What it did.
    pub delivery: Delivery,
}

/// All deliveries of a program, by number.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    taken: Vec<Taken>,
}

/// A snapshot that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSnapshot {
    /// No delivery has that number.
    #[error("there is no snapshot {asked}: {}", there_are(*.last))]
    Number {
        /// What was asked for.
        asked: u64,
        /// The last one there is.
        last: u64,
    },
    /// Nothing had been taken in.
    #[error("nothing was known on {day}: {}", match first {
        Some(first) => format!("the first facts were taken in on {first}"),
        None => "no facts were taken in yet".to_owned(),
    })]
    Day {
        /// What was asked for.
        day: Date,
        /// When the first facts were taken in.
        first: Option<String>,
    },
}

fn there_are(last: u64) -> String {
    match last {
        0 => "no facts were taken in yet".to_owned(),
        1 => "there is one, 1".to_owned(),
        _ => format!("they go from 1 to {last}"),
    }
}

impl Ledger {
    /// Reads the logs of all tables.
    ///
    /// # Errors
    /// When a table cannot be opened, or the deliveries are not numbered without a gap.
    pub fn of(tables: &Tables) -> Result<Self, Fault> {
        let mut taken = Vec::new();
        for kind in tables.kinds()? {
            let Some(table) = tables.open(&kind)? else {
                continue;
            };
            taken.extend(table.logged().map(|(version, delivery)| Taken {
                kind: table.kind().clone(),
                version,
                delivery: delivery.clone(),
            }));
        }
        taken.sort_by_key(|taken| taken.delivery.number);
        let wrong = (1..)
            .zip(&taken)
            .find(|(number, taken)| taken.delivery.number != *number);
        match wrong {
            None => Ok(Self { taken }),
            Some((number, other)) => Err(Fault::Damaged {
                path: tables.state().join("facts"),
                what: if other.delivery.number < number {
                    format!("two deliveries have the number {}", other.delivery.number)
                } else {
                    format!("delivery {number} is in no table's log")
                },
            }),
        }
    }

    /// Reads the ledger of the program in a folder.
    ///
    /// # Errors
    /// As [`Ledger::of`].
    pub fn read(program: &Path) -> Result<Self, Fault> {
        Self::of(&Tables::of(program, Disk::default())?)
    }

    /// The deliveries, oldest first.
    #[must_use]
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// The number of the last delivery; 0 where there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.taken.last().map_or(0, |taken| taken.delivery.number)
    }

    /// The version of each table after a delivery. Kinds that had no facts then are not named.
    ///
    /// # Errors
    /// When no delivery has that number.
    pub fn versions_at(&self, number: u64) -> Result<BTreeMap<Arc<str>, u64>, NoSnapshot> {
        let last = self.last();
        if !(1..=last).contains(&number) {
            return Err(NoSnapshot::Number {
                asked: number,
                last,
            });
        }
        let known = self.taken.iter();
        Ok(known
            .take_while(|taken| taken.delivery.number <= number)
            .map(|taken| (taken.kind.clone(), taken.version))
            .collect())
    }

    /// The last snapshot of a day: what was known when it ended in the program's time zone. A delivery that was taken
    /// while the clock stood later than a following one counts with that one.
    ///
    /// # Errors
    /// When nothing had been taken in.
    pub fn known_on(&self, day: Date) -> Result<u64, NoSnapshot> {
        let by_then = |taken: &&Taken| {
            parse_date(&taken.delivery.taken_on).is_ok_and(|taken_on| taken_on <= day)
        };
        match self.taken.iter().rfind(by_then) {
            Some(taken) => Ok(taken.delivery.number),
            None => Err(NoSnapshot::Day {
                day,
                first: self
                    .taken
                    .first()
                    .map(|first| first.delivery.taken_on.clone()),
            }),
        }
    }
}
