//! What windows are called, and which window a name means. The forms stand at the top of [`crate::calendar`].

use crate::date::{Date, date_of, day_number, number, parse_date};
use crate::exact::excerpt;

use super::weeks::{week_number, week_year, week_year_starts};
use super::{Calendar, MonthDay, Window, WindowUnit};

/// Why a text names no window of a calendar.
///
/// ```
/// let calendar = trueup_base::Calendar::default();
/// let said = calendar.parse_period("FY2013-Q1").err().map(|error| error.to_string());
/// assert_eq!(said.as_deref(), Some("`FY2013-Q1` does not fit this program's calendar; write 2013-Q1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodTextError {
    /// No form of a period.
    #[error(
        "`{0}` is no period; write a year, half, quarter, month, week or day, such as 2013, 2013-H1, FY2013-Q1, 2013-04, 2013-W07, 2013-04-05"
    )]
    Form(String),
    /// The right form, but there is no such period.
    #[error("the calendar has no period {0}")]
    NoSuchPeriod(String),
    /// A form that other calendars use.
    #[error("`{text}` does not fit this program's calendar; write {write}")]
    OtherForm {
        /// The text.
        text: String,
        /// What to write for it, or an example.
        write: String,
    },
}

impl Calendar {
    /// What the window is called; a cut window is called as its full period.
    ///
    /// ```
    /// use trueup_base::date::parse_date;
    /// use trueup_base::{Calendar, WindowUnit};
    ///
    /// let label = |calendar: &Calendar, unit| {
    ///     let date = parse_date("2013-04-05").ok()?;
    ///     calendar.window_at(unit, date).map(|window| calendar.label(&window))
    /// };
    /// let ordinary = Calendar::default();
    /// assert_eq!(label(&ordinary, WindowUnit::HalfMonth).as_deref(), Some("2013-04-a"));
    /// assert_eq!(label(&ordinary, WindowUnit::Week).as_deref(), Some("2013-W14"));
    /// let retail = ordinary.with_weeks(&[4, 4, 5])?;
    /// assert_eq!(label(&retail, WindowUnit::Month).as_deref(), Some("FY2013-P04"));
    /// # Ok::<(), trueup_base::CalendarError>(())
    /// ```
    pub fn label(&self, window: &Window) -> String {
        let starts = window.full_starts;
        let month = self.month_at(starts);
        let year = format!(
            "{}{:04}",
            if self.has_own_years() { "FY" } else { "" },
            self.year_name(month.div_euclid(12))
        );
        match window.unit {
            WindowUnit::Day | WindowUnit::Period => starts.to_string(),
            WindowUnit::Week => self.week_label(day_number(starts)),
            WindowUnit::HalfMonth => {
                let half = if day_number(starts) == self.month_starts(month) {
                    "a"
                } else {
                    "b"
                };
                format!("{}-{half}", self.month_label(month, starts))
            }
            WindowUnit::Month => self.month_label(month, starts),
            WindowUnit::Quarter => format!("{year}-Q{}", month.rem_euclid(12) / 3 + 1),
            WindowUnit::Half => format!("{year}-H{}", month.rem_euclid(12) / 6 + 1),
            WindowUnit::Year => year,
            WindowUnit::Agreement => window.full().to_string(),
        }
    }

    /// The whole window that a text names, in the forms that [`label`](Calendar::label) writes.
    ///
    /// Where a listed period starts on a day, the day's text means the period. A span `2013-01-15..2013-12-31` (both days
    /// included) is a window of unit agreement. Where the program's years are its own, `FY2013-P04` also names a calendar month.
    pub fn parse_period(&self, text: &str) -> Result<Window, PeriodTextError> {
        let form = || PeriodTextError::Form(excerpt(text));
        let none = || PeriodTextError::NoSuchPeriod(excerpt(text));
        if let Some((first, last)) = text.split_once("..") {
            let (first, last) = (
                parse_date(first).map_err(|_| form())?,
                parse_date(last).map_err(|_| form())?,
            );
            let ends = crate::date::add_days(last, 1).ok_or_else(none)?;
            return Window::whole(WindowUnit::Agreement, first, ends).ok_or_else(none);
        }
        let (own, unprefixed) = match text.strip_prefix("FY") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (year, part) = match *unprefixed.as_bytes() {
            [a, b, c, d] => (number(&[a, b, c, d]), None),
            [a, b, c, d, b'-', ref part @ ..] => (number(&[a, b, c, d]), Some(part)),
            _ => (None, None),
        };
        let year = year.ok_or_else(form)?;
        let part = match part {
            None => Part::Year,
            Some(part) => Part::read(part).ok_or_else(form)?,
        };
        if let Some(write) = self.other_form(own, year, part, unprefixed) {
            let text = excerpt(text);
            return Err(PeriodTextError::OtherForm { text, write });
        }
        self.find(own, year, part).ok_or_else(none)
    }

    /// What to write where a form with (`own`) or without `FY` belongs to another calendar; `None` if it belongs to this one.
    fn other_form(&self, own: bool, year: i64, part: Part, unprefixed: &str) -> Option<String> {
        let own_years = self.has_own_years();
        let with_prefix = || Some(format!("FY{unprefixed}"));
        let without_prefix = || Some(unprefixed.to_owned());
        match part {
            Part::Year | Part::Half(_) | Part::Quarter(_) if own == own_years => None,
            Part::Year | Part::Half(_) | Part::Quarter(_) if own_years => with_prefix(),
            Part::Year | Part::Half(_) | Part::Quarter(_) => without_prefix(),
            Part::Week(_) if own == self.weeks.is_some() => None,
            Part::Week(_) if own => without_prefix(),
            Part::Week(_) => Some("a week of the program year, such as FY2013-W07".to_owned()),
            Part::Month(..) if !self.has_calendar_months() => {
                Some("a month of the program year, such as FY2013-P04".to_owned())
            }
            Part::Month(..) if own => without_prefix(),
            Part::OwnMonth(month, _) if !own_years => Some(format!("{year:04}-{month:02}")),
            Part::OwnMonth(..) if !own => with_prefix(),
            Part::Day(..) if own => without_prefix(),
            Part::Month(..) | Part::OwnMonth(..) | Part::Day(..) => None,
        }
    }

    fn find(&self, own: bool, year: i64, part: Part) -> Option<Window> {
        // The calendar year in which the named year starts.
        let starts_in = year - self.year_name(0);
        let month_of = |month: i64, half: Option<i64>| match half {
            None => self.window(WindowUnit::Month, month),
            Some(half) => self.window(WindowUnit::HalfMonth, 2 * month + half),
        };
        match part {
            Part::Year => self.window(WindowUnit::Year, starts_in),
            Part::Half(half) => self.window(WindowUnit::Half, 2 * starts_in + half - 1),
            Part::Quarter(quarter) => self.window(WindowUnit::Quarter, 4 * starts_in + quarter - 1),
            Part::OwnMonth(month, half) => month_of(12 * starts_in + month - 1, half),
            Part::Month(month, half) => {
                month_of(12 * year + month - 1 - self.months_before(), half)
            }
            Part::Week(week) => {
                let year = if own { starts_in } else { year };
                let first = |year| week_number(week_year_starts(self.week_anchor(), year));
                let index = first(year) + week - 1;
                self.window(WindowUnit::Week, index)
                    .filter(|_| index < first(year + 1))
            }
            Part::Day(month, day) => {
                let date = date_of(year, month, day)?;
                let period = self
                    .window_at(WindowUnit::Period, date)
                    .filter(|period| period.starts == date);
                period.or_else(|| self.window_at(WindowUnit::Day, date))
            }
        }
    }

    fn month_label(&self, month: i64, starts: Date) -> String {
        match self.has_calendar_months() {
            true => format!("{:04}-{:02}", starts.year(), starts.month()),
            false => format!(
                "FY{:04}-P{:02}",
                self.year_name(month.div_euclid(12)),
                month.rem_euclid(12) + 1
            ),
        }
    }

    fn week_label(&self, day: i64) -> String {
        let year = week_year(self.week_anchor(), day);
        let week = week_number(day) - week_number(week_year_starts(self.week_anchor(), year)) + 1;
        match self.weeks {
            None => format!("{year:04}-W{week:02}"),
            Some(_) => format!("FY{:04}-W{week:02}", self.year_name(year)),
        }
    }

    /// The name of the program year that starts in this calendar year: the calendar year in which it ends.
    fn year_name(&self, starts_in: i64) -> i64 {
        if self.year_starts == MonthDay::NEW_YEAR {
            starts_in
        } else {
            starts_in + 1
        }
    }

    fn has_own_years(&self) -> bool {
        self.year_starts != MonthDay::NEW_YEAR || self.weeks.is_some()
    }

    fn has_calendar_months(&self) -> bool {
        self.year_starts.day() == 1 && self.weeks.is_none()
    }
}

/// What follows the year in a period's name.
#[derive(Clone, Copy)]
enum Part {
    Year,
    Half(i64),
    Quarter(i64),
    /// A month by its number in the program year, and its half.
    OwnMonth(i64, Option<i64>),
    /// A month by its number in the calendar year, and its half.
    Month(i64, Option<i64>),
    Week(i64),
    Day(i64, i64),
}

impl Part {
    fn read(part: &[u8]) -> Option<Part> {
        let within = |number: i64, most: i64| {
            if (1..=most).contains(&number) {
                Some(number)
            } else {
                None
            }
        };
        let half = |letter: u8| match letter {
            b'a' => Some(Some(0)),
            b'b' => Some(Some(1)),
            _ => None,
        };
        Some(match *part {
            [b'H', a] => Part::Half(within(number(&[a])?, 2)?),
            [b'Q', a] => Part::Quarter(within(number(&[a])?, 4)?),
            [b'W', a, b] => Part::Week(within(number(&[a, b])?, 53)?),
            [b'P', a, b] => Part::OwnMonth(within(number(&[a, b])?, 12)?, None),
            [b'P', a, b, b'-', letter] => {
                Part::OwnMonth(within(number(&[a, b])?, 12)?, half(letter)?)
            }
            [a, b] => Part::Month(within(number(&[a, b])?, 12)?, None),
            [a, b, b'-', letter] => Part::Month(within(number(&[a, b])?, 12)?, half(letter)?),
            [a, b, b'-', c, d] => Part::Day(number(&[a, b])?, number(&[c, d])?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(calendar: &Calendar, text: &str) -> String {
        calendar.parse_period(text).unwrap_err().to_string()
    }

    #[test]
    fn a_form_of_another_calendar_is_answered_with_the_right_one() {
        let ordinary = Calendar::default();
        let december = Calendar::default().starting("12-01".parse().unwrap());
        let retail = Calendar::default().with_weeks(&[4, 4, 5]).unwrap();
        let late = Calendar::default().starting("01-31".parse().unwrap());
        let written = |text: &str, write: &str| {
            format!("`{text}` does not fit this program's calendar; write {write}")
        };
        for (calendar, text, write) in [
            (&ordinary, "FY2013", "2013"),
            (&ordinary, "FY2013-Q1", "2013-Q1"),
            (&ordinary, "FY2013-P04", "2013-04"),
            (&ordinary, "FY2013-W04", "2013-W04"),
            (&december, "2013", "FY2013"),
            (&december, "2013-H2", "FY2013-H2"),
            (&december, "2013-P04", "FY2013-P04"),
            (&december, "FY2013-04", "2013-04"),
            (&december, "FY2013-04-05", "2013-04-05"),
            (
                &retail,
                "2013-W07",
                "a week of the program year, such as FY2013-W07",
            ),
            (
                &retail,
                "2013-04",
                "a month of the program year, such as FY2013-P04",
            ),
            (
                &late,
                "2013-04-a",
                "a month of the program year, such as FY2013-P04",
            ),
        ] {
            assert_eq!(refused(calendar, text), written(text, write));
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_is_said() {
        let calendar = Calendar::default();
        for text in [
            "2013-W53",
            "2013-02-29",
            "0000",
            "9999",
            "0000-12",
            "2013-02-01..2013-01-01",
        ] {
            assert_eq!(
                refused(&calendar, text),
                format!("the calendar has no period {text}")
            );
        }
        for text in [
            "",
            "13",
            "20130",
            "FY",
            "2013-",
            "2013-Q5",
            "2013-Q",
            "2013-13",
            "2013-00",
            "2013-4",
            "2013-W54",
            "2013-04-c",
            "2013-H3",
            " 2013",
            "2013-Q1 ",
            "２013",
            "2013..2014",
            "fy2013",
        ] {
            assert_eq!(
                calendar.parse_period(text),
                Err(PeriodTextError::Form(text.to_owned())),
                "{text}"
            );
        }
    }
}
