//! Calendars: which windows of time there are, where each begins, and what they are called.
//!
//! A calendar cuts all time into windows of each unit, without gap or overlap (LAW-30): every boundary is computed from
//! the calendar alone, never from the boundary before, so a year that starts on the 31st does not drift. It must never know a
//! zone, an agreement or today; agreement windows are built by the engine. It refuses declarations that cut time in no clear way
//! ([`CalendarError`]) and texts that name no window ([`PeriodTextError`]).
//!
//! **Months.** A program year starts on `year_starts`; its months start on that day of each month, or on the last day of a shorter
//! month. Quarters, halves and years are 3, 6 and 12 of them. A half month is the first fifteen days of a month, or its rest.
//!
//! **Weeks** are ISO weeks: Monday to Sunday.
//!
//! **4-4-5** (and 4-5-4, 5-4-4): the year starts on the Monday nearest to `year_starts`, each quarter has 13 weeks and its
//! months 4, 4 and 5 of them. A year of 53 weeks gives the extra week to its last month, and so to its last quarter and half.
//!
//! **Names.** Calendar years: `2013`, `2013-H1`, `2013-Q1`, `2013-04`, `2013-04-a`, `2013-W07`, `2013-04-05`. Program years that do not start on
//! 1 January, or are made of weeks: `FY2013`, `FY2013-H1`, `FY2013-Q1`, named for the calendar year in which the year ends (a 4-4-5 year
//! from 1 January for that year), and where months are no calendar months `FY2013-P04`, `FY2013-P04-a`, `FY2013-W07`. A listed period is named by its
//! first day, any other span by its first and last: `2013-01-15..2013-12-31`.

mod labels;
mod month_day;
mod weeks;
mod window;

use std::cmp::Ordering;

use crate::date::{
    Date, add_months, day_number, day_number_in_month, day_of_month, from_day_number, month_number,
};
use crate::exact::excerpt;

use weeks::{first_of_week, week_number, week_year, week_year_starts};

pub use labels::PeriodTextError;
pub use month_day::MonthDay;
pub use window::{UnitNameError, Window, WindowUnit};

/// Why a calendar cannot be.
///
/// ```
/// let said = trueup_base::Calendar::default().with_weeks_text("4-4-4").err().map(|error| error.to_string());
/// let expected = "`4-4-4` does not divide a quarter of 13 weeks into three months; write 4-4-5, 4-5-4 or 5-4-4";
/// assert_eq!(said.as_deref(), Some(expected));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not a day of the year.
    #[error("`{0}` is no day of the year; write month and day, such as 12-01")]
    MonthDay(String),
    /// Not the weeks of a quarter's three months.
    #[error(
        "`{0}` does not divide a quarter of 13 weeks into three months; write 4-4-5, 4-5-4 or 5-4-4"
    )]
    Weeks(String),
    /// A single date bounds nothing.
    #[error(
        "a list of periods needs at least two dates: where each starts, and where the last one ends"
    )]
    TooFewPeriods,
    /// Dates that do not rise.
    #[error("period dates must rise, and {later} follows {earlier}")]
    PeriodsFall {
        /// The date listed first.
        earlier: Date,
        /// The date listed after it.
        later: Date,
    },
}

/// How a program cuts time into windows. The default is the ordinary calendar.
///
/// ```
/// use trueup_base::date::parse_date;
/// use trueup_base::{Calendar, WindowUnit};
///
/// let calendar = Calendar::default().starting("12-01".parse()?);
/// let quarter = calendar.window_at(WindowUnit::Quarter, parse_date("2013-01-15")?).ok_or("no window")?;
/// assert_eq!(quarter.to_string(), "2012-12-01..2013-02-28");
/// assert_eq!(calendar.label(&quarter), "FY2013-Q1");
/// assert_eq!(calendar.parse_period("FY2013-Q1")?, quarter);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Calendar {
    year_starts: MonthDay,
    weeks: Option<[u8; 3]>,
    periods: Vec<Date>,
}

impl Default for Calendar {
    fn default() -> Self {
        Calendar {
            year_starts: MonthDay::NEW_YEAR,
            weeks: None,
            periods: Vec::new(),
        }
    }
}

impl Calendar {
    /// With years that start on this day (4-4-5: on the Monday nearest to it).
    #[must_use]
    pub fn starting(self, year_starts: MonthDay) -> Calendar {
        Calendar {
            year_starts,
            ..self
        }
    }

    /// With months of whole weeks: how many weeks each month of a quarter has.
    ///
    /// ```
    /// use trueup_base::Calendar;
    ///
    /// assert!(Calendar::default().with_weeks(&[4, 4, 5]).is_ok());
    /// assert!(Calendar::default().with_weeks(&[4, 4, 4]).is_err());
    /// ```
    pub fn with_weeks(self, weeks: &[u8]) -> Result<Calendar, CalendarError> {
        match *weeks {
            [a, b, c] if [a, b, c].iter().all(|n| (1..=13).contains(n)) && a + b + c == 13 => {
                Ok(Calendar {
                    weeks: Some([a, b, c]),
                    ..self
                })
            }
            _ => {
                let written: Vec<String> = weeks.iter().take(13).map(u8::to_string).collect();
                Err(CalendarError::Weeks(written.join("-")))
            }
        }
    }

    /// As [`with_weeks`](Calendar::with_weeks), from the text of a declaration: `4-4-5`.
    ///
    /// ```
    /// use trueup_base::Calendar;
    ///
    /// assert_eq!(Calendar::default().with_weeks_text("4-4-5")?.weeks(), Some([4, 4, 5]));
    /// # Ok::<(), trueup_base::CalendarError>(())
    /// ```
    pub fn with_weeks_text(self, text: &str) -> Result<Calendar, CalendarError> {
        let refused = || CalendarError::Weeks(excerpt(text));
        let weeks: Option<Vec<u8>> = text.split('-').map(|part| part.parse().ok()).collect();
        self.with_weeks(&weeks.ok_or_else(refused)?)
            .map_err(|_| refused())
    }

    /// With listed periods: each date starts one and ends the one before; the last date only ends.
    ///
    /// ```
    /// use trueup_base::date::parse_date;
    /// use trueup_base::{Calendar, WindowUnit};
    ///
    /// let dates = ["2021-09-29", "2021-10-29", "2021-11-29"].map(parse_date).into_iter().collect::<Result<Vec<_>, _>>()?;
    /// let calendar = Calendar::default().with_periods(dates)?;
    /// let first = calendar.parse_period("2021-09-29")?;
    /// assert_eq!((first.unit, first.days()), (WindowUnit::Period, 30));
    /// assert_eq!(calendar.window_at(WindowUnit::Period, parse_date("2021-11-29")?), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_periods(self, periods: Vec<Date>) -> Result<Calendar, CalendarError> {
        if periods.len() < 2 {
            return Err(CalendarError::TooFewPeriods);
        }
        for pair in periods.windows(2) {
            if let &[earlier, later] = pair
                && earlier >= later
            {
                return Err(CalendarError::PeriodsFall { earlier, later });
            }
        }
        Ok(Calendar { periods, ..self })
    }

    /// The day on which its years start.
    pub fn year_starts(&self) -> MonthDay {
        self.year_starts
    }

    /// The weeks of a quarter's three months, if its months are made of weeks.
    pub fn weeks(&self) -> Option<[u8; 3]> {
        self.weeks
    }

    /// The listed period dates, or none.
    pub fn periods(&self) -> &[Date] {
        &self.periods
    }

    /// The whole window of this unit that holds the date. `None` for agreement windows, outside the listed periods, and
    /// where the window would leave the years 1 to 9999.
    pub fn window_at(&self, unit: WindowUnit, date: Date) -> Option<Window> {
        self.window(unit, self.index_at(unit, date)?)
    }

    /// The whole window of the same unit `n` windows later (earlier, if negative); of a cut window too.
    ///
    /// ```
    /// use trueup_base::Calendar;
    ///
    /// let calendar = Calendar::default();
    /// let march = calendar.parse_period("2024-03")?;
    /// assert_eq!(calendar.shift(&march, -1), Some(calendar.parse_period("2024-02")?));
    /// # Ok::<(), trueup_base::PeriodTextError>(())
    /// ```
    pub fn shift(&self, window: &Window, n: i64) -> Option<Window> {
        self.window(
            window.unit,
            self.index_at(window.unit, window.full_starts)?
                .checked_add(n)?,
        )
    }

    /// How many windows later a window begins than another of the same unit (earlier, if negative). `None` for agreement
    /// windows, windows of different units and outside the listed periods.
    ///
    /// ```
    /// use trueup_base::Calendar;
    ///
    /// let calendar = Calendar::default();
    /// let (march, june) = (calendar.parse_period("2024-03")?, calendar.parse_period("2024-06")?);
    /// assert_eq!(calendar.windows_between(&march, &june), Some(3));
    /// # Ok::<(), trueup_base::PeriodTextError>(())
    /// ```
    pub fn windows_between(&self, from: &Window, until: &Window) -> Option<i64> {
        if from.unit != until.unit {
            return None;
        }
        Some(
            self.index_at(until.unit, until.full_starts)?
                - self.index_at(from.unit, from.full_starts)?,
        )
    }

    /// How many months lie between two days, if a month begins on each of them; `None` too where months are made of weeks.
    ///
    /// ```
    /// use trueup_base::Calendar;
    /// use trueup_base::date::parse_date;
    ///
    /// let (from, until) = (parse_date("2024-01-01")?, parse_date("2024-04-01")?);
    /// assert_eq!(Calendar::default().whole_months(from, until), Some(3));
    /// assert_eq!(Calendar::default().whole_months(from, parse_date("2024-04-02")?), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn whole_months(&self, from: Date, until: Date) -> Option<i64> {
        let starts = self.year_starts.day();
        let begins = |date: Date| match date.day().cmp(&starts) {
            Ordering::Less => date.day() == date.days_in_month(),
            Ordering::Equal => true,
            Ordering::Greater => false,
        };
        let counts = self.weeks.is_none() && begins(from) && begins(until);
        counts.then(|| month_number(until) - month_number(from))
    }

    /// The same window a year earlier; of a cut window the part that has elapsed alike.
    ///
    /// The same month, quarter, week … by its number in the year, week 53 being answered by week 52 where there is none. Of a cut
    /// window each cut moves back by twelve months (clamped to the month's end), in windows made of weeks and in listed periods by
    /// as many days as it lies after the window's start; neither leaves the earlier window. A listed period is answered by the one
    /// that starts nearest to the same date a year earlier, at most a week away. An agreement's window moves back as it is.
    /// `None` where there is no such window or nothing of it is left.
    ///
    /// ```
    /// use trueup_base::Calendar;
    /// use trueup_base::date::parse_date;
    ///
    /// let calendar = Calendar::default();
    /// let quarter = calendar.parse_period("2024-Q1")?;
    /// let so_far = quarter.cut(quarter.starts, parse_date("2024-02-16")?).ok_or("empty")?;
    /// let earlier = calendar.year_earlier(&so_far).ok_or("no such window")?;
    /// assert_eq!(earlier.to_string(), "2023-01-01..2023-02-15");
    /// assert_eq!(earlier.full_ends, parse_date("2023-04-01")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn year_earlier(&self, window: &Window) -> Option<Window> {
        let index = || self.index_at(window.unit, window.full_starts);
        let whole = match window.unit {
            WindowUnit::Day => self.day_a_year_earlier(window.full_starts)?,
            WindowUnit::Week => self.window(window.unit, self.week_a_year_earlier(index()?))?,
            WindowUnit::HalfMonth => self.window(window.unit, index()? - 24)?,
            WindowUnit::Month => self.window(window.unit, index()? - 12)?,
            WindowUnit::Quarter => self.window(window.unit, index()? - 4)?,
            WindowUnit::Half => self.window(window.unit, index()? - 2)?,
            WindowUnit::Year => self.window(window.unit, index()? - 1)?,
            WindowUnit::Period => self.period_a_year_earlier(window.full_starts)?,
            WindowUnit::Agreement => Window::whole(
                window.unit,
                add_months(window.full_starts, -12)?,
                add_months(window.full_ends, -12)?,
            )?,
        };
        let by_months = match window.unit {
            WindowUnit::Day | WindowUnit::Week | WindowUnit::Period => false,
            WindowUnit::Agreement => true,
            WindowUnit::HalfMonth
            | WindowUnit::Month
            | WindowUnit::Quarter
            | WindowUnit::Half
            | WindowUnit::Year => self.weeks.is_none(),
        };
        let moved = |cut: Date| match by_months {
            true => add_months(cut, -12),
            false => from_day_number(
                day_number(whole.starts) + day_number(cut) - day_number(window.full_starts),
            ),
        };
        let starts = if window.starts == window.full_starts {
            whole.starts
        } else {
            moved(window.starts)?
        };
        let ends = if window.ends == window.full_ends {
            whole.ends
        } else {
            moved(window.ends)?
        };
        whole.cut(starts, ends)
    }

    /// Every whole window of this unit that holds a day of `from..until`, in order.
    ///
    /// ```
    /// use trueup_base::date::parse_date;
    /// use trueup_base::{Calendar, WindowUnit};
    ///
    /// let calendar = Calendar::default();
    /// let months = calendar.windows_in(WindowUnit::Month, parse_date("2024-01-31")?, parse_date("2024-03-01")?);
    /// let labels: Vec<String> = months.iter().map(|month| calendar.label(month)).collect();
    /// assert_eq!(labels, ["2024-01", "2024-02"]);
    /// # Ok::<(), trueup_base::date::DateTextError>(())
    /// ```
    pub fn windows_in(&self, unit: WindowUnit, from: Date, until: Date) -> Vec<Window> {
        if from >= until {
            return Vec::new();
        }
        if let WindowUnit::Period = unit {
            let all = self.periods.windows(2).filter_map(|pair| match *pair {
                [starts, ends] => Window::whole(unit, starts, ends),
                _ => None,
            });
            return all
                .filter(|window| window.starts < until && from < window.ends)
                .collect();
        }
        let last = from_day_number(day_number(until) - 1);
        match (
            self.index_at(unit, from),
            last.and_then(|last| self.index_at(unit, last)),
        ) {
            (Some(first), Some(last)) => (first..=last)
                .filter_map(|index| self.window(unit, index))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The window of this unit with this number.
    #[inline]
    fn window(&self, unit: WindowUnit, index: i64) -> Option<Window> {
        if let WindowUnit::Period = unit {
            let at = usize::try_from(index).ok()?;
            return Window::whole(
                unit,
                *self.periods.get(at)?,
                *self.periods.get(at.checked_add(1)?)?,
            );
        }
        // Far beyond any date; numbers below this cannot overflow on the way.
        if index.abs() > 8_000_000 {
            return None;
        }
        if let Some(months) = self.plain_months(unit) {
            let starts = self.month_starts_on(months * index)?;
            return Window::whole(unit, starts, self.month_starts_on(months * (index + 1))?);
        }
        let starts = from_day_number(self.starts(unit, index)?)?;
        Window::whole(
            unit,
            starts,
            from_day_number(self.starts(unit, index + 1)?)?,
        )
    }

    /// How many months a unit has, where months are those of the calendar: their first days need no counting of days.
    fn plain_months(&self, unit: WindowUnit) -> Option<i64> {
        if self.weeks.is_some() {
            return None;
        }
        match unit {
            WindowUnit::Month => Some(1),
            WindowUnit::Quarter => Some(3),
            WindowUnit::Half => Some(6),
            WindowUnit::Year => Some(12),
            WindowUnit::Day
            | WindowUnit::Week
            | WindowUnit::HalfMonth
            | WindowUnit::Period
            | WindowUnit::Agreement => None,
        }
    }

    /// The first day of a program month that is a month of the calendar.
    fn month_starts_on(&self, month: i64) -> Option<Date> {
        day_of_month(month + self.months_before(), self.year_starts.day())
    }

    /// The number of the window that holds the date; it counts the unit's windows through all time.
    fn index_at(&self, unit: WindowUnit, date: Date) -> Option<i64> {
        Some(match unit {
            WindowUnit::Day => day_number(date),
            WindowUnit::Week => week_number(day_number(date)),
            WindowUnit::HalfMonth => {
                let day = day_number(date);
                let month = self.month_at(date);
                2 * month + i64::from(day >= self.month_starts(month) + HALF_MONTH_DAYS)
            }
            WindowUnit::Month => self.month_at(date),
            WindowUnit::Quarter => self.month_at(date).div_euclid(3),
            WindowUnit::Half => self.month_at(date).div_euclid(6),
            WindowUnit::Year => self.month_at(date).div_euclid(12),
            WindowUnit::Period => {
                let after = self.periods.partition_point(|starts| *starts <= date);
                i64::try_from(after)
                    .ok()?
                    .checked_sub(1)
                    .filter(|index| *index >= 0)?
            }
            WindowUnit::Agreement => return None,
        })
    }

    /// The day number on which the window with this number starts.
    fn starts(&self, unit: WindowUnit, index: i64) -> Option<i64> {
        Some(match unit {
            WindowUnit::Day => index,
            WindowUnit::Week => first_of_week(index),
            WindowUnit::HalfMonth => {
                self.month_starts(index.div_euclid(2)) + index.rem_euclid(2) * HALF_MONTH_DAYS
            }
            WindowUnit::Month => self.month_starts(index),
            WindowUnit::Quarter => self.month_starts(3 * index),
            WindowUnit::Half => self.month_starts(6 * index),
            WindowUnit::Year => self.month_starts(12 * index),
            WindowUnit::Period | WindowUnit::Agreement => return None,
        })
    }

    /// Whether a day lies before the one on which its calendar month's month begins.
    fn is_before_its_month(&self, date: Date) -> bool {
        let starts = self.year_starts.day();
        date.day() < starts && date.day() < date.days_in_month()
    }

    /// The number of the program month that holds the date: twelve times the calendar year in which its program year starts, and 0
    /// to 11.
    fn month_at(&self, date: Date) -> i64 {
        match self.weeks {
            None => {
                let month = month_number(date) - self.months_before();
                match self.is_before_its_month(date) {
                    true => month - 1,
                    false => month,
                }
            }
            Some(_) => {
                let day = day_number(date);
                let year = week_year(self.year_starts, day);
                let first = 12 * year;
                // Twelve steps at most; the last month takes what is left.
                (first..first + 12)
                    .rev()
                    .find(|month| self.month_starts(*month) <= day)
                    .unwrap_or(first)
            }
        }
    }

    /// The day number on which the program month with this number starts.
    fn month_starts(&self, month: i64) -> i64 {
        match self.weeks {
            None => day_number_in_month(month + self.months_before(), self.year_starts.day()),
            Some([a, b, _]) => {
                let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
                let in_quarter = match month % 3 {
                    0 => 0,
                    1 => a,
                    _ => a + b,
                };
                week_year_starts(self.year_starts, year)
                    + 7 * (month / 3 * 13 + i64::from(in_quarter))
            }
        }
    }

    fn months_before(&self) -> i64 {
        i64::from(self.year_starts.month()) - 1
    }

    fn day_a_year_earlier(&self, date: Date) -> Option<Window> {
        let earlier = match self.weeks {
            None => add_months(date, -12)?,
            Some(_) => {
                let day = day_number(date);
                let year = week_year(self.year_starts, day);
                let starts = |year| week_year_starts(self.year_starts, year);
                from_day_number((starts(year - 1) + day - starts(year)).min(starts(year) - 1))?
            }
        };
        self.window_at(WindowUnit::Day, earlier)
    }

    fn week_a_year_earlier(&self, week: i64) -> i64 {
        let year = week_year(self.week_anchor(), first_of_week(week));
        let first = |year| week_number(week_year_starts(self.week_anchor(), year));
        (first(year - 1) + week - first(year)).min(first(year) - 1)
    }

    fn period_a_year_earlier(&self, starts: Date) -> Option<Window> {
        let wanted = day_number(add_months(starts, -12)?);
        let away = |date: &Date| (day_number(*date) - wanted).abs();
        let nearest = self
            .periods
            .iter()
            .min_by_key(|date| away(date))
            .filter(|date| away(date) <= 7)?;
        self.window_at(WindowUnit::Period, *nearest)
    }

    /// Where the years begin whose weeks are counted: ISO counts from the Monday nearest to 1 January.
    fn week_anchor(&self) -> MonthDay {
        match self.weeks {
            None => MonthDay::NEW_YEAR,
            Some(_) => self.year_starts,
        }
    }
}

/// The days of a month's first half.
const HALF_MONTH_DAYS: i64 = 15;
