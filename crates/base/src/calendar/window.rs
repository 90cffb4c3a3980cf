//! A window: a half-open stretch of whole days that knows its unit and its full period.

use std::fmt;
use std::str::FromStr;

use crate::date::{Date, day_number, days_between, from_day_number};
use crate::exact::excerpt;
use crate::invariant;

/// What a window is one of.
///
/// ```
/// use trueup_base::WindowUnit;
///
/// assert_eq!("half_month".parse(), Ok(WindowUnit::HalfMonth));
/// assert_eq!(WindowUnit::Quarter.to_string(), "quarter");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowUnit {
    /// One day.
    Day,
    /// Monday to Sunday.
    Week,
    /// The first fifteen days of a month, or its rest.
    HalfMonth,
    /// A twelfth of a year.
    Month,
    /// Three months.
    Quarter,
    /// Six months.
    Half,
    /// A program year.
    Year,
    /// A period that the calendar lists.
    Period,
    /// An agreement's whole time, or another span of its own.
    Agreement,
}

/// The name of a unit that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no unit of time; write one of day, week, half_month, month, quarter, half, year, period, agreement"
)]
///
/// ```
/// let error = "months".parse::<trueup_base::WindowUnit>().err().map(|error| error.to_string());
/// assert!(error.is_some_and(|said| said.starts_with("`months` is no unit of time; write one of day, week")));
/// ```
pub struct UnitNameError(String);

impl WindowUnit {
    /// All of them, from short to long.
    pub const ALL: [WindowUnit; 9] = [
        WindowUnit::Day,
        WindowUnit::Week,
        WindowUnit::HalfMonth,
        WindowUnit::Month,
        WindowUnit::Quarter,
        WindowUnit::Half,
        WindowUnit::Year,
        WindowUnit::Period,
        WindowUnit::Agreement,
    ];

    /// The name used in plans.
    pub const fn name(self) -> &'static str {
        match self {
            WindowUnit::Day => "day",
            WindowUnit::Week => "week",
            WindowUnit::HalfMonth => "half_month",
            WindowUnit::Month => "month",
            WindowUnit::Quarter => "quarter",
            WindowUnit::Half => "half",
            WindowUnit::Year => "year",
            WindowUnit::Period => "period",
            WindowUnit::Agreement => "agreement",
        }
    }
}

impl fmt::Display for WindowUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for WindowUnit {
    type Err = UnitNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let same = |unit: &WindowUnit| unit.name() == text;
        WindowUnit::ALL
            .into_iter()
            .find(same)
            .ok_or_else(|| UnitNameError(excerpt(text)))
    }
}

/// A half-open stretch of whole days, `starts..ends`, inside the full period of which it is a part: an agreement that ends
/// in a quarter cuts it, and the quarter so far is cut at today.
///
/// It keeps WN1: `full_starts <= starts < ends <= full_ends`.
///
/// ```
/// use trueup_base::date::parse_date;
/// use trueup_base::{Window, WindowUnit};
///
/// let april = Window::whole(WindowUnit::Month, parse_date("2024-04-01")?, parse_date("2024-05-01")?).ok_or("empty")?;
/// let so_far = april.cut(april.starts, parse_date("2024-04-11")?).ok_or("empty")?;
/// assert_eq!((so_far.days(), so_far.full_days()), (10, 30));
/// assert!(april.is_final() && !so_far.is_final());
/// assert_eq!(so_far.last(), parse_date("2024-04-10")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// What it is one of.
    pub unit: WindowUnit,
    /// Its first day.
    pub starts: Date,
    /// The day after its last.
    pub ends: Date,
    /// The first day of the full period.
    pub full_starts: Date,
    /// The day after the last of the full period.
    pub full_ends: Date,
}

impl Window {
    /// A full period; `None` if it holds no day.
    pub fn whole(unit: WindowUnit, starts: Date, ends: Date) -> Option<Window> {
        let window = Window {
            unit,
            starts,
            ends,
            full_starts: starts,
            full_ends: ends,
        };
        if starts < ends { Some(window) } else { None }
    }

    /// Its last day.
    pub fn last(&self) -> Date {
        self.check();
        let last = from_day_number(day_number(self.ends) - 1);
        last.expect("a window starts before it ends, so the day before its end is one of its days")
    }

    /// How many days it has.
    pub fn days(&self) -> i64 {
        self.check();
        days_between(self.starts, self.ends)
    }

    /// How many days its full period has.
    pub fn full_days(&self) -> i64 {
        self.check();
        days_between(self.full_starts, self.full_ends)
    }

    /// Whether it is its full period.
    pub fn is_whole(&self) -> bool {
        self.starts == self.full_starts && self.ends == self.full_ends
    }

    /// Whether it reaches the end of its full period.
    pub fn is_final(&self) -> bool {
        self.ends == self.full_ends
    }

    /// Whether the day lies in it.
    pub fn contains(&self, date: Date) -> bool {
        self.starts <= date && date < self.ends
    }

    /// Its part inside `from..until`, which knows the same full period; `None` if there is none.
    pub fn cut(&self, from: Date, until: Date) -> Option<Window> {
        self.check();
        let window = Window {
            starts: self.starts.max(from),
            ends: self.ends.min(until),
            ..*self
        };
        if window.starts < window.ends {
            Some(window)
        } else {
            None
        }
    }

    /// Its full period.
    #[must_use]
    pub fn full(&self) -> Window {
        Window {
            starts: self.full_starts,
            ends: self.full_ends,
            ..*self
        }
    }

    fn check(&self) {
        let rises = self.full_starts <= self.starts
            && self.starts < self.ends
            && self.ends <= self.full_ends;
        invariant!(WN1, rises, "{self:?}");
    }
}

/// Its first and its last day: `2024-04-01..2024-04-30`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}..{}", self.starts, self.last()))
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}, {})", self.unit, self.starts, self.ends)?;
        if self.is_whole() {
            Ok(())
        } else {
            write!(f, " of [{}, {})", self.full_starts, self.full_ends)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::parse_date;

    fn window(starts: &str, ends: &str) -> Option<Window> {
        Window::whole(
            WindowUnit::Month,
            parse_date(starts).unwrap(),
            parse_date(ends).unwrap(),
        )
    }

    #[test]
    fn every_unit_reads_back() {
        for unit in WindowUnit::ALL {
            assert_eq!(unit.to_string().parse(), Ok(unit));
        }
        let error = "months".parse::<WindowUnit>().unwrap_err().to_string();
        assert!(
            error.starts_with("`months` is no unit of time; write one of day, week, half_month"),
            "{error}"
        );
    }

    #[test]
    fn a_cut_keeps_the_full_period_and_never_widens() {
        let april = window("2024-04-01", "2024-05-01").unwrap();
        let date = |text| parse_date(text).unwrap();
        assert_eq!(
            april.cut(date("2024-01-01"), date("2025-01-01")),
            Some(april)
        );
        let part = april.cut(date("2024-04-10"), date("2024-04-20")).unwrap();
        assert_eq!(
            (
                part.days(),
                part.full_days(),
                part.is_whole(),
                part.is_final()
            ),
            (10, 30, false, false)
        );
        assert_eq!(
            part.cut(date("2024-04-01"), date("2024-04-15"))
                .map(|cut| cut.days()),
            Some(5)
        );
        assert_eq!(part.full(), april);
        assert_eq!(april.cut(date("2024-05-01"), date("2024-06-01")), None);
        assert!(april.contains(date("2024-04-30")) && !april.contains(date("2024-05-01")));
        assert_eq!(
            format!("{part:?}"),
            "month [2024-04-10, 2024-04-20) of [2024-04-01, 2024-05-01)"
        );
        assert_eq!(window("2024-04-01", "2024-04-01"), None);
    }

    #[test]
    #[should_panic(expected = "invariant WN1 is broken")]
    fn a_window_made_by_hand_is_checked_where_it_is_used() {
        let april = window("2024-04-01", "2024-05-01").unwrap();
        let _ = Window {
            ends: april.starts,
            ..april
        }
        .days();
    }
}
