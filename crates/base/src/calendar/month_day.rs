//! A day of the year.

use std::fmt;
use std::str::FromStr;

use super::CalendarError;
use crate::date::{date_of, number};
use crate::exact::excerpt;

/// A day of the year, such as the first of December.
///
/// ```
/// use trueup_base::MonthDay;
///
/// let first: MonthDay = "12-01".parse()?;
/// assert_eq!((first.month(), first.day()), (12, 1));
/// assert!("02-30".parse::<MonthDay>().is_err());
/// # Ok::<(), trueup_base::CalendarError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthDay {
    month: i8,
    day: i8,
}

impl MonthDay {
    /// 1 January.
    pub const NEW_YEAR: MonthDay = MonthDay { month: 1, day: 1 };

    /// A month (1 to 12) and a day it has in some year; 29 February means the 28th where there is none.
    pub fn new(month: i8, day: i8) -> Option<MonthDay> {
        // 2000 was a leap year.
        date_of(2000, i64::from(month), i64::from(day)).map(|_| MonthDay { month, day })
    }

    /// 1 to 12.
    pub const fn month(self) -> i8 {
        self.month
    }

    /// 1 to 31.
    pub const fn day(self) -> i8 {
        self.day
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:02}-{:02}", self.month, self.day))
    }
}

impl fmt::Debug for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MonthDay {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || CalendarError::MonthDay(excerpt(text));
        let &[a, b, b'-', c, d] = text.as_bytes() else {
            return Err(refused());
        };
        let (month, day) = (
            number(&[a, b]).ok_or_else(refused)?,
            number(&[c, d]).ok_or_else(refused)?,
        );
        match (i8::try_from(month), i8::try_from(day)) {
            (Ok(month), Ok(day)) => MonthDay::new(month, day).ok_or_else(refused),
            _ => Err(refused()),
        }
    }
}
