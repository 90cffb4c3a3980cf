//! Calendars of every shape.

use trueup_base::date::{Date, parse_date};
use trueup_base::{Calendar, MonthDay};

/// Reads a date.
pub fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

/// Years that start on the first, in the middle and on the last days of every month; made of months and of weeks.
pub fn calendars() -> Vec<Calendar> {
    let mut calendars = Vec::new();
    for month in 1..=12 {
        for day in [1, 15, 28, 29, 30, 31] {
            let Some(year_starts) = MonthDay::new(month, day) else {
                continue;
            };
            let calendar = Calendar::default().starting(year_starts);
            if day == 1 || day == 31 {
                let weeks = if month % 2 == 0 { [4, 4, 5] } else { [5, 4, 4] };
                calendars.push(calendar.clone().with_weeks(&weeks).unwrap());
            }
            calendars.push(calendar);
        }
    }
    calendars.push(Calendar::default().with_weeks(&[4, 5, 4]).unwrap());
    calendars
}

/// Says which calendar it is.
pub fn name(calendar: &Calendar) -> String {
    format!("{} {:?}", calendar.year_starts(), calendar.weeks())
}
