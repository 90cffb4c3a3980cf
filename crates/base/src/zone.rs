//! From instants to days.
//!
//! An instant becomes a date in the program's declared zone, by the zone table that is built in: never by the host's clock,
//! zone files, environment or language (LAW-31). This module must never know now. It refuses zones that the table does not list
//! and instants without an offset, which name no instant at all.

use std::fmt;
use std::str::FromStr;

pub use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::date::Date;
use crate::exact::excerpt;

/// A time zone of the built-in table.
///
/// ```
/// use trueup_base::Zone;
/// use trueup_base::zone::parse_instant;
///
/// let pacific = Zone::parse("America/Los_Angeles")?;
/// let sold_at = parse_instant("2024-04-01T06:59:59Z")?;
/// assert_eq!(pacific.date_of(sold_at).map(|date| date.to_string()).as_deref(), Some("2024-03-31"));
/// # Ok::<(), trueup_base::zone::ZoneTextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    zone: TimeZone,
}

/// A text that is no zone or no instant.
///
/// ```
/// use trueup_base::zone::{ZoneTextError, parse_instant};
///
/// let without_offset = "2026-03-31T18:00:00";
/// assert_eq!(parse_instant(without_offset), Err(ZoneTextError::Form(without_offset.to_owned())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ZoneTextError {
    /// Not listed in the built-in table under exactly this name.
    #[error(
        "`{0}` is no time zone; write a name of the IANA table, such as America/Los_Angeles or UTC"
    )]
    UnknownZone(String),
    /// Not a date, a time and an offset.
    #[error(
        "`{0}` is no instant; write date, time and offset, such as 2026-03-31T18:00:00Z or 2026-03-31T18:00:00+02:00"
    )]
    Form(String),
    /// Of that form, but there is no such day or time.
    #[error("there is no instant {0}")]
    NoSuchInstant(String),
}

impl Zone {
    /// Looks a name up in the built-in table.
    pub fn parse(name: &str) -> Result<Zone, ZoneTextError> {
        let zone = TimeZoneDatabase::bundled().get(name).ok();
        // The table is looked up without regard to capitals; a declaration has one spelling.
        let zone = zone.filter(|zone| zone.iana_name() == Some(name));
        zone.map(|zone| Zone { zone })
            .ok_or_else(|| ZoneTextError::UnknownZone(excerpt(name)))
    }

    /// Its name in the table.
    pub fn name(&self) -> &str {
        self.zone
            .iana_name()
            .expect("every zone was found by its name")
    }

    /// The day of an instant here; `None` outside the years 1 to 9999.
    pub fn date_of(&self, instant: Timestamp) -> Option<Date> {
        let date = instant.to_zoned(self.zone.clone()).date();
        if (1..=9999).contains(&date.year()) {
            Some(date)
        } else {
            None
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Zone {
    type Err = ZoneTextError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Zone::parse(name)
    }
}

/// Reads an instant of RFC 3339: `2026-03-31T18:00:00Z`, with up to nine digits of a second's fraction and `Z` or an offset
/// `+02:00`. Without an offset it is refused, and a leap second is read as the second before it.
///
/// ```
/// use trueup_base::zone::parse_instant;
///
/// assert_eq!(parse_instant("2026-03-31T18:00:00+02:00")?, parse_instant("2026-03-31T16:00:00.000Z")?);
/// assert!(parse_instant("2026-03-31T18:00:00").is_err());
/// # Ok::<(), trueup_base::zone::ZoneTextError>(())
/// ```
pub fn parse_instant(text: &str) -> Result<Timestamp, ZoneTextError> {
    if !is_instant(text.as_bytes()) {
        return Err(ZoneTextError::Form(excerpt(text)));
    }
    text.parse()
        .map_err(|_| ZoneTextError::NoSuchInstant(excerpt(text)))
}

/// Whether a text has the form of RFC 3339; the values are checked by reading it.
fn is_instant(text: &[u8]) -> bool {
    let (Some(time), Some(rest)) = (text.get(..19), text.get(19..)) else {
        return false;
    };
    let same = |(form, byte): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => form == byte,
    };
    if !b"0000-00-00T00:00:00".iter().zip(time).all(same) {
        return false;
    }
    let offset = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    match offset {
        b"Z" => true,
        [b'+' | b'-', rest @ ..] => rest.len() == 5 && b"00:00".iter().zip(rest).all(same),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_one_spelling() {
        for name in [
            "",
            "america/los_angeles",
            "Mars/Olympus",
            "PST8PDT8",
            "+02:00",
            "Europe/Berlin ",
        ] {
            assert_eq!(
                Zone::parse(name),
                Err(ZoneTextError::UnknownZone(name.to_owned())),
                "{name}"
            );
        }
        for name in ["UTC", "Europe/Berlin", "Asia/Kathmandu", "Pacific/Apia"] {
            assert_eq!(
                Zone::parse(name).map(|zone| zone.to_string()).as_deref(),
                Ok(name)
            );
        }
    }

    #[test]
    fn the_offset_and_the_zone_decide_the_day() {
        let date = |zone: &str, instant: &str| {
            let instant = parse_instant(instant).unwrap();
            Zone::parse(zone)
                .unwrap()
                .date_of(instant)
                .unwrap()
                .to_string()
        };
        assert_eq!(date("UTC", "2024-04-01T01:30:00+02:00"), "2024-03-31");
        assert_eq!(
            date("Europe/Berlin", "2024-04-01T01:30:00+02:00"),
            "2024-04-01"
        );
        // Samoa left out 30 December 2011.
        assert_eq!(date("Pacific/Apia", "2011-12-30T09:59:59Z"), "2011-12-29");
        assert_eq!(date("Pacific/Apia", "2011-12-30T10:00:00Z"), "2011-12-31");
    }

    #[test]
    fn only_rfc_3339_is_an_instant() {
        for text in [
            "",
            "2024-04-01",
            "2024-04-01T00:00Z",
            "2024-04-01 00:00:00Z",
            "2024-04-01T00:00:00",
            "2024-04-01t00:00:00z",
            "2024-04-01T00:00:00.Z",
            "2024-04-01T00:00:00.1234567890Z",
            "2024-04-01T00:00:00+02",
            "2024-04-01T00:00:00+0200",
            "2024-04-01T00:00:00[Europe/Berlin]",
            "1711929600",
        ] {
            assert_eq!(
                parse_instant(text),
                Err(ZoneTextError::Form(excerpt(text))),
                "{text}"
            );
        }
        for text in [
            "2023-02-29T00:00:00Z",
            "2024-04-01T24:00:00Z",
            "2024-04-01T00:60:00Z",
            "2024-13-01T00:00:00Z",
        ] {
            assert_eq!(
                parse_instant(text),
                Err(ZoneTextError::NoSuchInstant(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            parse_instant("2016-12-31T23:59:60Z")
                .map(|at| at.to_string())
                .as_deref(),
            Ok("2016-12-31T23:59:59Z")
        );
    }
}
