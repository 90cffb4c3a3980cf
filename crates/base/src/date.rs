//! Days: reading, printing, counting them.
//!
//! A [`Date`] is a day of the proleptic Gregorian calendar, from 0001-01-01 to 9999-12-31. This module must never know today.
//! What would leave these years is no date (`None`), and a text that is no date is refused ([`DateTextError`]).

use std::fmt;
use std::str::FromStr;

pub use jiff::civil::Date;

use crate::exact::excerpt;

/// A text that is no date.
///
/// ```
/// use trueup_base::date::{DateTextError, parse_date};
///
/// assert_eq!(parse_date("31.3.2026"), Err(DateTextError::Form("31.3.2026".to_owned())));
/// assert_eq!(parse_date("2026-02-29"), Err(DateTextError::NoSuchDay("2026-02-29".to_owned())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateTextError {
    /// Not of the form YYYY-MM-DD.
    #[error("`{0}` is no date; write year, month and day, such as 2026-03-31")]
    Form(String),
    /// Of that form, but the calendar has no such day.
    #[error("there is no day {0} in the calendar")]
    NoSuchDay(String),
}

/// Reads `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31, and nothing else.
///
/// ```
/// use trueup_base::date::parse_date;
///
/// assert_eq!(parse_date("2024-02-29")?.to_string(), "2024-02-29");
/// assert!(parse_date("2023-02-29").is_err());
/// assert!(parse_date("2024-2-29").is_err());
/// # Ok::<(), trueup_base::date::DateTextError>(())
/// ```
pub fn parse_date(text: &str) -> Result<Date, DateTextError> {
    let form = || DateTextError::Form(excerpt(text));
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else {
        return Err(form());
    };
    let year = number(&[a, b, c, d]).ok_or_else(form)?;
    let month = number(&[e, f]).ok_or_else(form)?;
    let day = number(&[g, h]).ok_or_else(form)?;
    date_of(year, month, day).ok_or_else(|| DateTextError::NoSuchDay(excerpt(text)))
}

/// The day so many days later (earlier, if negative).
///
/// ```
/// use trueup_base::date::{add_days, parse_date};
///
/// assert_eq!(add_days(parse_date("2024-02-28")?, 2), Some(parse_date("2024-03-01")?));
/// # Ok::<(), trueup_base::date::DateTextError>(())
/// ```
pub fn add_days(date: Date, days: i64) -> Option<Date> {
    from_day_number(
        day_number(date)
            .checked_add(days)
            .filter(|number| (0..=4_000_000).contains(number))?,
    )
}

/// The same day of the month so many months later (earlier, if negative), or that month's last day if it is shorter.
///
/// ```
/// use trueup_base::date::{add_months, parse_date};
///
/// assert_eq!(add_months(parse_date("2024-01-31")?, 1), Some(parse_date("2024-02-29")?));
/// assert_eq!(add_months(parse_date("2024-02-29")?, -12), Some(parse_date("2023-02-28")?));
/// # Ok::<(), trueup_base::date::DateTextError>(())
/// ```
pub fn add_months(date: Date, months: i64) -> Option<Date> {
    // A month beyond all dates is no date; it must not overflow on the way.
    let month = month_number(date)
        .checked_add(months)
        .filter(|month| (0..=120_000).contains(month))?;
    day_of_month(month, date.day())
}

/// The days from `from` to `until`: the first day counts, the last does not; negative if `until` is earlier.
///
/// ```
/// use trueup_base::date::{days_between, parse_date};
///
/// assert_eq!(days_between(parse_date("2024-02-28")?, parse_date("2024-03-01")?), 2);
/// # Ok::<(), trueup_base::date::DateTextError>(())
/// ```
pub fn days_between(from: Date, until: Date) -> i64 {
    day_number(until) - day_number(from)
}

/// The full months from `from` to `until`: the most that can be added to `from` (see [`add_months`]) without going past
/// `until`. Negative, and counted the same way from the other end, if `until` is earlier.
///
/// ```
/// use trueup_base::date::{months_between, parse_date};
///
/// assert_eq!(months_between(parse_date("2024-01-15")?, parse_date("2024-03-14")?), 1);
/// assert_eq!(months_between(parse_date("2024-01-31")?, parse_date("2024-02-29")?), 1);
/// # Ok::<(), trueup_base::date::DateTextError>(())
/// ```
pub fn months_between(from: Date, until: Date) -> i64 {
    if until < from {
        return -months_between(until, from);
    }
    let months = month_number(until) - month_number(from);
    match add_months(from, months) {
        Some(reached) if reached <= until => months,
        Some(_) | None => months - 1,
    }
}

/// A length of time as plans write it: months, or days, or both.
///
/// ```
/// use trueup_base::Duration;
/// use trueup_base::date::parse_date;
///
/// let half_a_year = Duration::parse("2 quarters")?;
/// assert_eq!(half_a_year, Duration { months: 6, days: 0 });
/// assert_eq!(half_a_year.after(parse_date("2024-08-31")?), Some(parse_date("2025-02-28")?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Two durations have no order: whether 30 days are more than a month depends on the month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Duration {
    /// Calendar months.
    pub months: i32,
    /// Days, added after the months.
    pub days: i32,
}

/// A text that is no duration.
///
/// ```
/// use trueup_base::Duration;
/// use trueup_base::date::DurationTextError;
///
/// assert_eq!(Duration::parse("half a year"), Err(DurationTextError::Form("half a year".to_owned())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationTextError {
    /// Not a number and a unit.
    #[error(
        "`{0}` is no duration; write a whole number and days, weeks, months, quarters or years, such as 6 months"
    )]
    Form(String),
    /// More than can be counted.
    #[error("`{0}` is longer than the calendar")]
    TooLong(String),
}

impl Duration {
    /// `count` of a unit: `day(s)`, `week(s)`, `month(s)`, `quarter(s)`, `year(s)`.
    ///
    /// ```
    /// use trueup_base::Duration;
    ///
    /// assert_eq!(Duration::of(2, "weeks")?, Duration { months: 0, days: 14 });
    /// assert!(Duration::of(2, "moons").is_err());
    /// # Ok::<(), trueup_base::date::DurationTextError>(())
    /// ```
    pub fn of(count: i64, unit: &str) -> Result<Duration, DurationTextError> {
        let text = || format!("{count} {}", excerpt(unit));
        let (months, days) = match unit {
            "day" | "days" => (0, 1),
            "week" | "weeks" => (0, 7),
            "month" | "months" => (1, 0),
            "quarter" | "quarters" => (3, 0),
            "year" | "years" => (12, 0),
            _ => return Err(DurationTextError::Form(text())),
        };
        // 0001-01-01 to 9999-12-31 has 3,652,058 days.
        let times = |unit: i64| count.checked_mul(unit).filter(|n| n.abs() <= 3_652_058);
        let (Some(months), Some(days)) = (times(months), times(days)) else {
            return Err(DurationTextError::TooLong(text()));
        };
        match (i32::try_from(months), i32::try_from(days)) {
            (Ok(months), Ok(days)) => Ok(Duration { months, days }),
            _ => Err(DurationTextError::TooLong(text())),
        }
    }

    /// Reads `6 months`: a whole number, one space and a unit (see [`of`](Duration::of)).
    pub fn parse(text: &str) -> Result<Duration, DurationTextError> {
        let form = || DurationTextError::Form(excerpt(text));
        let (count, unit) = text.split_once(' ').ok_or_else(form)?;
        if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        let count = count
            .parse()
            .map_err(|_| DurationTextError::TooLong(excerpt(text)))?;
        Duration::of(count, unit).map_err(|error| match error {
            DurationTextError::Form(_) => form(),
            DurationTextError::TooLong(_) => DurationTextError::TooLong(excerpt(text)),
        })
    }

    /// The day this much later: first the months, clamped to the month's end, then the days.
    pub fn after(self, date: Date) -> Option<Date> {
        add_days(
            add_months(date, i64::from(self.months))?,
            i64::from(self.days),
        )
    }

    /// The day this much earlier: first the months, clamped to the month's end, then the days.
    pub fn before(self, date: Date) -> Option<Date> {
        add_days(
            add_months(date, -i64::from(self.months))?,
            -i64::from(self.days),
        )
    }

    /// Whether it is nothing at all.
    pub const fn is_zero(self) -> bool {
        self.months == 0 && self.days == 0
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: i32, unit: &str| match count {
            1 => format!("1 {unit}"),
            _ => format!("{count} {unit}s"),
        };
        let months = match self.months % 12 {
            0 => counted(self.months / 12, "year"),
            _ => counted(self.months, "month"),
        };
        let days = counted(self.days, "day");
        match (self.months, self.days) {
            (0, _) => f.pad(&days),
            (_, 0) => f.pad(&months),
            _ => f.pad(&format!("{months} {days}")),
        }
    }
}

impl FromStr for Duration {
    type Err = DurationTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Duration::parse(text)
    }
}

/// The day, if it exists and lies in the years 1 to 9999.
pub(crate) fn date_of(year: i64, month: i64, day: i64) -> Option<Date> {
    if !(1..=9999).contains(&year) {
        return None;
    }
    Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()
}

/// Months since January of the year 0.
pub(crate) fn month_number(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month()) - 1
}

/// This day of the month with this number (see [`month_number`]), or its last day if the month is shorter.
pub(crate) fn day_of_month(month_number: i64, day: i8) -> Option<Date> {
    let (year, month) = (month_number.div_euclid(12), month_number.rem_euclid(12));
    if day <= 28 {
        return date_of(year, month + 1, i64::from(day));
    }
    let first = date_of(year, month + 1, 1)?;
    date_of(year, month + 1, i64::from(day.min(first.days_in_month())))
}

/// As [`day_of_month`], as a day number, which has no end at the year 9999.
pub(crate) fn day_number_in_month(month_number: i64, day: i8) -> i64 {
    let first = first_of_month(month_number);
    let last = first_of_month(month_number + 1) - 1;
    (first + i64::from(day) - 1).min(last)
}

fn first_of_month(month_number: i64) -> i64 {
    // Years begin in March, so that a leap day is a year's last.
    let (year, month) = (
        (month_number - 2).div_euclid(12),
        (month_number - 2).rem_euclid(12),
    );
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (153 * month + 2) / 5
}

/// Days since 0000-03-01. Counted here rather than by spans of jiff, because every row asks it; a test compares each day.
pub(crate) fn day_number(date: Date) -> i64 {
    first_of_month(month_number(date)) + i64::from(date.day()) - 1
}

/// The day with this number (see [`day_number`]).
pub(crate) fn from_day_number(number: i64) -> Option<Date> {
    const CYCLE: i64 = 146_097; // days in 400 years
    let (cycle, day) = (number.div_euclid(CYCLE), number.rem_euclid(CYCLE));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = cycle * 400 + year;
    if month < 10 {
        date_of(year, month + 3, day)
    } else {
        date_of(year + 1, month - 9, day)
    }
}

/// Digits as a number; `None` if one is no digit.
pub(crate) fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + i64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn every_day_of_ten_thousand_years_counts_as_jiff_counts() {
        let (mut day, last) = (date("0001-01-01"), date("9999-12-31"));
        let mut number = day_number(day);
        loop {
            assert_eq!(from_day_number(number), Some(day));
            if day == last {
                break;
            }
            day = day.tomorrow().unwrap();
            number += 1;
            assert_eq!(day_number(day), number, "{day}");
        }
        assert_eq!(from_day_number(number + 1), None);
        assert_eq!(add_days(date("0001-01-01"), -1), None);
        assert_eq!(add_days(last, i64::MAX), None);
        assert_eq!(add_months(last, i64::MAX), None);
        assert_eq!(add_months(last, 1), None);
    }

    #[test]
    fn only_the_one_form_is_a_date() {
        for text in [
            "",
            "2024-2-29",
            "24-02-29",
            "2024/02/29",
            "2024-02-29 ",
            "+024-02-29",
            "2024-02-29T00:00",
            "２024-02",
        ] {
            assert_eq!(
                parse_date(text),
                Err(DateTextError::Form(text.to_owned())),
                "{text}"
            );
        }
        for text in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "0000-01-01",
            "2100-02-29",
        ] {
            assert_eq!(
                parse_date(text),
                Err(DateTextError::NoSuchDay(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(date("2000-02-29").to_string(), "2000-02-29");
        assert_eq!(date("0001-01-01").to_string(), "0001-01-01");
    }

    #[test]
    fn full_months_count_to_the_day() {
        for (from, until, months) in [
            ("2024-01-15", "2024-02-15", 1),
            ("2024-01-15", "2024-02-14", 0),
            ("2024-01-31", "2024-02-29", 1),
            ("2024-01-31", "2024-02-28", 0),
            ("2024-02-29", "2025-02-28", 12),
            ("2023-12-01", "2024-12-01", 12),
            ("2024-03-01", "2024-01-15", -1),
            ("2024-03-01", "2024-03-01", 0),
        ] {
            assert_eq!(
                months_between(date(from), date(until)),
                months,
                "{from} {until}"
            );
        }
    }

    #[test]
    fn full_months_are_the_most_that_fit() {
        for start in 0..80 {
            let from = add_days(date("2023-12-20"), start).unwrap();
            for days in 0..430 {
                let until = add_days(from, days).unwrap();
                let months = months_between(from, until);
                let fits = add_months(from, months).unwrap() <= until;
                let one_more = add_months(from, months + 1).unwrap() <= until;
                assert_eq!((fits, one_more), (true, false), "{from} {until} {months}");
                assert_eq!(months_between(until, from), -months);
            }
        }
    }

    #[test]
    fn durations_move_both_ways() {
        let month_and_a_day = Duration { months: 1, days: 1 };
        for (duration, from, after, before) in [
            (month_and_a_day, "2024-01-31", "2024-03-01", "2023-12-30"),
            (
                Duration {
                    months: 12,
                    days: 0,
                },
                "2024-02-29",
                "2025-02-28",
                "2023-02-28",
            ),
            (
                Duration {
                    months: 0,
                    days: 14,
                },
                "2024-03-01",
                "2024-03-15",
                "2024-02-16",
            ),
        ] {
            let from = date(from);
            assert_eq!(
                duration.after(from),
                Some(date(after)),
                "{duration} after {from}"
            );
            assert_eq!(
                duration.before(from),
                Some(date(before)),
                "{duration} before {from}"
            );
        }
        assert_eq!(month_and_a_day.to_string(), "1 month 1 day");
        assert_eq!(month_and_a_day.after(date("9999-12-01")), None);
        assert_eq!(month_and_a_day.before(date("0001-01-31")), None);
        assert!(Duration::default().is_zero() && !month_and_a_day.is_zero());
    }

    #[test]
    fn durations_read_and_print() {
        for (text, months, days, printed) in [
            ("1 day", 0, 1, "1 day"),
            ("90 days", 0, 90, "90 days"),
            ("2 weeks", 0, 14, "14 days"),
            ("3 months", 3, 0, "3 months"),
            ("1 quarter", 3, 0, "3 months"),
            ("1 year", 12, 0, "1 year"),
            ("0 days", 0, 0, "0 days"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(
                (duration, duration.to_string().as_str()),
                (Duration { months, days }, printed),
                "{text}"
            );
        }
        for text in [
            "",
            "6",
            "months",
            "six months",
            "-1 days",
            "1.5 years",
            "1  day",
            " 1 day",
            "1 day ",
            "1 fortnight",
        ] {
            assert_eq!(
                Duration::parse(text),
                Err(DurationTextError::Form(text.to_owned())),
                "{text}"
            );
        }
        for text in ["99999999999999999999 days", "3652059 days", "9999999 years"] {
            assert_eq!(
                Duration::parse(text),
                Err(DurationTextError::TooLong(text.to_owned())),
                "{text}"
            );
        }
    }
}
