//! Weeks, and years made of them.

use super::MonthDay;
use crate::date::day_number_in_month;

/// Weeks are counted from the Monday 0001-01-01, whose day number is 306.
pub(super) fn week_number(day: i64) -> i64 {
    (day - 306).div_euclid(7)
}

pub(super) fn first_of_week(week: i64) -> i64 {
    week * 7 + 306
}

/// The day number of the Monday nearest to this day of this year.
pub(super) fn week_year_starts(anchor: MonthDay, year: i64) -> i64 {
    let day = day_number_in_month(12 * year + i64::from(anchor.month()) - 1, anchor.day());
    first_of_week(week_number(day + 3))
}

/// The year of whole weeks that holds a day, by the calendar year of its anchor.
pub(super) fn week_year(anchor: MonthDay, day: i64) -> i64 {
    // 0000-01-01 has the day number -60, and 400 years have 146,097 days: one year after the day's own is late enough.
    let mut year = ((day + 60) * 400).div_euclid(146_097) + 1;
    while week_year_starts(anchor, year) > day {
        year -= 1;
    }
    year
}
