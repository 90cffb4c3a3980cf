//! Date and time texts to days, by the format a source declares.
//!
//! Strict: each part of a format is written with all its digits, nothing stands before or after, and a day that the
//! calendar lacks is refused. An instant becomes the day it has in the program's zone; a wall time that the zone skips
//! is refused, since it names no instant.

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// How a source writes its dates: a subset of `strftime`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    MonthName,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Offset,
    Literal(char),
}

/// Why a format is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A directive outside the subset.
    #[error(
        "`%{found}` is not read here; formats are made of %Y %m %b %d %H %M %S %f %z and plain characters"
    )]
    Directive {
        /// The directive, without its percent sign.
        found: String,
    },
    /// A part twice.
    #[error("`{directive}` is named twice")]
    Twice {
        /// The directive.
        directive: &'static str,
    },
    /// No full date.
    #[error("a date needs %Y, a month (%m or %b) and %d")]
    Incomplete,
    /// A part that has no meaning without another.
    #[error("`{directive}` needs `{needs}` before it")]
    Lacks {
        /// The directive.
        directive: &'static str,
        /// What it needs.
        needs: &'static str,
    },
}

/// Why a text is no date of a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Written another way.
    #[error("is not written as `{format}`")]
    Form {
        /// The declared format.
        format: String,
    },
    /// A day no calendar has.
    #[error("names a day that does not exist")]
    NoSuchDay,
    /// An hour, minute or second out of range, such as 24:00 or a leap second.
    #[error("names a time of day that does not exist")]
    NoSuchTime,
    /// An offset out of range.
    #[error("names an offset from UTC that does not exist")]
    NoSuchOffset,
    /// A wall time that the zone skips.
    #[error("names a time that {zone} skipped when its clocks went forward")]
    Skipped {
        /// The zone.
        zone: String,
    },
}

impl DateError {
    /// A stable code for lists and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "date_form",
            Self::NoSuchDay | Self::NoSuchTime | Self::NoSuchOffset => "no_such_date",
            Self::Skipped { .. } => "skipped_time",
        }
    }
}

impl Default for DateFormat {
    fn default() -> Self {
        use Part::{Day, Literal, Month, Year};
        Self {
            text: "%Y-%m-%d".to_owned(),
            parts: vec![Year, Literal('-'), Month, Literal('-'), Day],
        }
    }
}

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// What is wrong about it.
    pub fn from_text(text: &str) -> Result<Self, FormatError> {
        let mut parts = Vec::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character != '%' {
                parts.push(Part::Literal(character));
                continue;
            }
            let part = match characters.next() {
                Some('Y') => Part::Year,
                Some('m') => Part::Month,
                Some('b') => Part::MonthName,
                Some('d') => Part::Day,
                Some('H') => Part::Hour,
                Some('M') => Part::Minute,
                Some('S') => Part::Second,
                Some('f') => Part::Fraction,
                Some('z') => Part::Offset,
                Some('%') => Part::Literal('%'),
                other => {
                    let found = other.map(String::from).unwrap_or_default();
                    return Err(FormatError::Directive { found });
                }
            };
            parts.push(part);
        }
        Self::complete(&parts)?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    fn complete(parts: &[Part]) -> Result<(), FormatError> {
        let times = |part: Part| parts.iter().filter(|other| **other == part).count();
        for (part, directive) in [
            (Part::Year, "%Y"),
            (Part::Month, "%m"),
            (Part::MonthName, "%b"),
            (Part::Day, "%d"),
            (Part::Hour, "%H"),
            (Part::Minute, "%M"),
            (Part::Second, "%S"),
            (Part::Fraction, "%f"),
            (Part::Offset, "%z"),
        ] {
            if times(part) > 1 {
                return Err(FormatError::Twice { directive });
            }
        }
        if times(Part::Month) + times(Part::MonthName) > 1 {
            return Err(FormatError::Twice { directive: "%m" });
        }
        if times(Part::Year) + times(Part::Month) + times(Part::MonthName) + times(Part::Day) < 3 {
            return Err(FormatError::Incomplete);
        }
        for (part, directive, before, needs) in [
            (Part::Minute, "%M", Part::Hour, "%H"),
            (Part::Second, "%S", Part::Minute, "%M"),
            (Part::Fraction, "%f", Part::Second, "%S"),
            (Part::Offset, "%z", Part::Minute, "%M"),
            (Part::Hour, "%H", Part::Minute, "%M"),
        ] {
            if times(part) > times(before) {
                return Err(FormatError::Lacks { directive, needs });
            }
        }
        Ok(())
    }

    /// The format as declared.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The day a text names, in a zone.
    ///
    /// # Errors
    /// What is wrong about the text.
    pub fn day(&self, text: &str, zone: &TimeZone) -> Result<Date, DateError> {
        let read = self.read(text)?;
        let date = Date::new(read.year, read.month, read.day).map_err(|_| DateError::NoSuchDay)?;
        if read.year < 1 {
            return Err(DateError::NoSuchDay);
        }
        let Some((hour, minute, second)) = read.time else {
            return Ok(date);
        };
        let wall = DateTime::new(read.year, read.month, read.day, hour, minute, second, 0)
            .map_err(|_| DateError::NoSuchTime)?;
        match read.offset {
            Some(offset) => {
                let instant = offset
                    .to_timestamp(wall)
                    .map_err(|_| DateError::NoSuchDay)?;
                Ok(zone.to_datetime(instant).date())
            }
            None => wall_day(wall, zone),
        }
    }

    fn read(&self, text: &str) -> Result<Read, DateError> {
        let form = || DateError::Form {
            format: self.text.clone(),
        };
        let mut rest = text;
        let mut read = Read {
            year: 0,
            month: 0,
            day: 0,
            time: None,
            offset: None,
        };
        for part in &self.parts {
            match part {
                Part::Literal(character) => {
                    rest = rest.strip_prefix(*character).ok_or_else(form)?
                }
                Part::MonthName => {
                    let name = rest.get(..3).ok_or_else(form)?;
                    let month = MONTHS
                        .iter()
                        .position(|month| *month == name)
                        .ok_or_else(form)?;
                    read.month = i8::try_from(month + 1).map_err(|_| form())?;
                    rest = rest.get(3..).ok_or_else(form)?;
                }
                Part::Fraction => {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                    if digits == 0 || digits > 9 {
                        return Err(form());
                    }
                    rest = rest.get(digits..).ok_or_else(form)?;
                }
                Part::Offset => {
                    let (offset, after) = read_offset(rest).ok_or_else(form)?;
                    read.offset = Some(offset?);
                    rest = after;
                }
                Part::Year => read.year = digits(&mut rest, 4).ok_or_else(form)?,
                Part::Month => read.month = narrow(digits(&mut rest, 2)).ok_or_else(form)?,
                Part::Day => read.day = narrow(digits(&mut rest, 2)).ok_or_else(form)?,
                Part::Hour => {
                    let hour = narrow(digits(&mut rest, 2)).ok_or_else(form)?;
                    if hour > 23 {
                        return Err(DateError::NoSuchTime);
                    }
                    read.time = Some((hour, 0, 0));
                }
                Part::Minute | Part::Second => {
                    let value = narrow(digits(&mut rest, 2)).ok_or_else(form)?;
                    if value > 59 {
                        return Err(DateError::NoSuchTime);
                    }
                    let (hour, minute, _) = read.time.unwrap_or_default();
                    read.time = Some(if *part == Part::Minute {
                        (hour, value, 0)
                    } else {
                        (hour, minute, value)
                    });
                }
            }
        }
        if rest.is_empty() {
            Ok(read)
        } else {
            Err(form())
        }
    }
}

/// The day of a wall time; refused where the zone skips it.
///
/// # Errors
/// [`DateError::Skipped`].
pub fn wall_day(wall: DateTime, zone: &TimeZone) -> Result<Date, DateError> {
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Gap { .. } => Err(DateError::Skipped {
            zone: zone.iana_name().unwrap_or("the zone").to_owned(),
        }),
        // Told twice, an hour still has one day, as zones change clocks well away from midnight or name one day twice.
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => Ok(wall.date()),
    }
}

/// The day's number in Arrow's Date32: days since 1970-01-01.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    // Dates span the years -9999 to 9999, some seven million days.
    date.duration_since(epoch)
        .as_hours()
        .div_euclid(24)
        .try_into()
        .unwrap_or(i32::MAX)
}

/// The day of an Arrow Date32, if it is one a calendar of four-digit years has.
#[must_use]
pub fn day_of_number(number: i32) -> Option<Date> {
    let epoch = Date::constant(1970, 1, 1);
    let date = epoch
        .checked_add(jiff::SignedDuration::from_hours(i64::from(number) * 24))
        .ok()?;
    (date.year() >= 1).then_some(date)
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

struct Read {
    year: i16,
    month: i8,
    day: i8,
    time: Option<(i8, i8, i8)>,
    offset: Option<Offset>,
}

fn digits(rest: &mut &str, count: usize) -> Option<i16> {
    let text = rest.get(..count)?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = rest.get(count..)?;
    text.parse().ok()
}

fn narrow(value: Option<i16>) -> Option<i8> {
    i8::try_from(value?).ok()
}

/// `Z`, `+01:00` or `+0100`; the outer answer is whether it is written so, the inner whether it exists.
fn read_offset(rest: &str) -> Option<(Result<Offset, DateError>, &str)> {
    if let Some(after) = rest.strip_prefix('Z') {
        return Some((Ok(Offset::UTC), after));
    }
    let negative = rest.starts_with('-');
    let mut rest = rest.strip_prefix(['+', '-'])?;
    let hours = digits(&mut rest, 2)?;
    rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = digits(&mut rest, 2)?;
    // No place on earth is further from UTC than 14 hours.
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return Some((Err(DateError::NoSuchOffset), rest));
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    let offset = Offset::from_seconds(if negative { -seconds } else { seconds })
        .map_err(|_| DateError::NoSuchOffset);
    Some((offset, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, text: &str, says: &str) {
        let zone = TimeZone::get("Europe/Berlin").expect("the table has Berlin");
        let format = DateFormat::from_text(format).expect("a format");
        let found = match format.day(text, &zone) {
            Ok(day) => day.to_string(),
            Err(refused) => refused.to_string(),
        };
        assert_eq!(found, says, "{text}");
    }

    #[test]
    fn a_date_is_read_by_the_declared_format_only() {
        check("%Y-%m-%d", "2013-11-29", "2013-11-29");
        check("%Y-%m-%d", "2024-02-29", "2024-02-29");
        check("%d.%m.%Y", "29.11.2013", "2013-11-29");
        check("%d-%b-%Y", "29-Nov-2013", "2013-11-29");
        check("%Y%m%d", "20131129", "2013-11-29");
        check("%Y-%m-%d", "03/04/2026", "is not written as `%Y-%m-%d`");
        check("%Y-%m-%d", "2026-3-4", "is not written as `%Y-%m-%d`");
        check("%Y-%m-%d", "2026-03-04 ", "is not written as `%Y-%m-%d`");
        check(
            "%Y-%m-%d",
            "2026-03-04T00:00",
            "is not written as `%Y-%m-%d`",
        );
        check("%Y-%m-%d", "10000-01-01", "is not written as `%Y-%m-%d`");
        check("%Y-%m-%d", "-001-01-01", "is not written as `%Y-%m-%d`");
        check("%Y-%m-%d", "２０２６-01-01", "is not written as `%Y-%m-%d`");
        check("%d-%b-%Y", "29-NOV-2013", "is not written as `%d-%b-%Y`");
    }

    #[test]
    fn a_day_or_time_that_does_not_exist_is_refused() {
        check("%Y-%m-%d", "2026-02-30", "names a day that does not exist");
        check("%Y-%m-%d", "0000-00-00", "names a day that does not exist");
        check("%Y-%m-%d", "0000-01-01", "names a day that does not exist");
        check(
            "%Y-%m-%dT%H:%M",
            "2026-03-01T24:00",
            "names a time of day that does not exist",
        );
        check(
            "%Y-%m-%dT%H:%M:%S",
            "2016-12-31T23:59:60",
            "names a time of day that does not exist",
        );
        check(
            "%Y-%m-%dT%H:%M%z",
            "2026-03-01T12:00+25:00",
            "names an offset from UTC that does not exist",
        );
        check(
            "%Y-%m-%dT%H:%M",
            "2026-03-29T02:30",
            "names a time that Europe/Berlin skipped when its clocks went forward",
        );
    }

    #[test]
    fn an_instant_has_the_day_it_has_in_the_programs_zone() {
        check("%Y-%m-%dT%H:%M:%S%z", "2025-12-31T23:30:00Z", "2026-01-01");
        check(
            "%Y-%m-%dT%H:%M:%S%z",
            "2026-01-01T00:30:00+02:00",
            "2025-12-31",
        );
        check(
            "%Y-%m-%dT%H:%M:%S.%f%z",
            "2025-12-31T22:59:59.999999+0000",
            "2025-12-31",
        );
        check("%Y-%m-%dT%H:%M", "2026-10-25T02:30", "2026-10-25");
    }

    #[test]
    fn a_format_that_leaves_the_day_open_is_refused() {
        let says = |format| {
            DateFormat::from_text(format)
                .expect_err("no format")
                .to_string()
        };
        assert_eq!(says("%Y-%m"), "a date needs %Y, a month (%m or %b) and %d");
        assert_eq!(says("%Y-%m-%d %d"), "`%d` is named twice");
        assert_eq!(says("%Y-%m-%d %M"), "`%M` needs `%H` before it");
        assert_eq!(says("%Y-%m-%d %H"), "`%H` needs `%M` before it");
        assert!(says("%y-%m-%d").starts_with("`%y` is not read here"));
        assert!(says("%Y-%m-%d%").starts_with("`%` is not read here"));
    }

    #[test]
    fn day_numbers_go_both_ways() {
        for (date, number) in [
            (Date::constant(1970, 1, 1), 0),
            (Date::constant(1969, 12, 31), -1),
        ] {
            assert_eq!(day_number(date), number);
            assert_eq!(day_of_number(number), Some(date));
        }
        assert_eq!(
            day_of_number(day_number(Date::constant(9999, 12, 31))),
            Some(Date::constant(9999, 12, 31))
        );
        assert_eq!(day_of_number(day_number(Date::constant(1, 1, 1)) - 1), None);
        assert_eq!(day_of_number(i32::MAX), None);
    }
}
