//! Numbers as a workbook writes them, and the days that they count.

use crate::standardise::Cell;

/// The digits that spreadsheet programs keep and show.
const DIGITS_SHOWN: usize = 15;
/// More digits than any column keeps.
const DIGITS_MAX: usize = 38;

/// A number as its author saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub unscaled: i128,
    pub scale: u8,
    /// Whether it is another number than the workbook holds.
    pub is_rounded: bool,
}

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoNumber {
    /// It is written as none.
    Form,
    /// It has more digits than any column keeps.
    TooLarge,
}

/// Reads a number, rounded to the 15 digits that are shown and then to a column's decimals, halves away from zero as
/// spreadsheet programs do.
pub fn read(text: &str, scale: Option<u8>) -> Result<Written, NoNumber> {
    let (is_negative, text) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = Digits::read(whole, fraction)?;
    digits.power += exponent;
    let mut is_rounded = digits.round_to(DIGITS_SHOWN) && !digits.name(text);
    if let Some(scale) = scale {
        let beyond = -i64::from(scale) - digits.power;
        if beyond > 0 {
            let kept = i64::try_from(digits.of.len()).unwrap_or(i64::MAX) - beyond;
            is_rounded |= match usize::try_from(kept) {
                Ok(kept) => digits.round_to(kept),
                Err(_) => digits.vanish(),
            };
        }
    }
    let (unscaled, scale) = digits.value().ok_or(NoNumber::TooLarge)?;
    Ok(Written {
        unscaled: if is_negative { -unscaled } else { unscaled },
        scale,
        is_rounded,
    })
}

/// An exponent; one beyond all measure is as good as another.
fn read_exponent(text: &str) -> Result<i64, NoNumber> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NoNumber::Form);
    }
    let measure = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000);
    Ok(if text.starts_with('-') {
        -measure
    } else {
        measure
    })
}

/// Decimal digits times a power of ten, without zeros at either end.
struct Digits {
    of: Vec<u8>,
    power: i64,
}

impl Digits {
    fn read(whole: &str, fraction: &str) -> Result<Self, NoNumber> {
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !all().all(|byte| byte.is_ascii_digit()) {
            return Err(NoNumber::Form);
        }
        let of = all()
            .map(|byte| byte - b'0')
            .skip_while(|digit| *digit == 0);
        let mut digits = Self {
            of: of.collect(),
            power: -i64::try_from(fraction.len()).unwrap_or(i64::MAX),
        };
        digits.trim();
        Ok(digits)
    }

    fn trim(&mut self) {
        while self.of.last() == Some(&0) {
            self.of.pop();
            self.power += 1;
        }
    }

    /// Keeps so many digits; whether that changed it.
    fn round_to(&mut self, kept: usize) -> bool {
        let dropped = self.of.len().saturating_sub(kept);
        if dropped == 0 {
            return false;
        }
        let rises = self.of.get(kept).is_some_and(|digit| *digit >= 5);
        self.of.truncate(kept);
        self.power += i64::try_from(dropped).unwrap_or(i64::MAX);
        if rises {
            self.rise();
        }
        self.trim();
        true
    }

    fn rise(&mut self) {
        for digit in self.of.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.of.insert(0, 1);
    }

    /// Whether these digits name the binary number that a text stands for. A workbook holds binary numbers, and some
    /// programs write all their digits: 0.57999999999999996 and 0.58 are one number to it, and nothing was lost. Of a whole
    /// number with more digits than are shown, some are.
    fn name(&self, text: &str) -> bool {
        let digits: String = self
            .of
            .iter()
            .map(|digit| char::from(b'0' + digit))
            .collect();
        let named = format!("{digits}e{}", self.power).parse::<f64>();
        self.power <= 0 && named.is_ok() && named == text.parse::<f64>()
    }

    /// Becomes nothing; whether that changed it.
    fn vanish(&mut self) -> bool {
        let changes = !self.of.is_empty();
        self.of.clear();
        changes
    }

    /// The number in steps of a power of ten, if that has no more digits than any column.
    fn value(&self) -> Option<(i128, u8)> {
        if self.of.is_empty() {
            return Some((0, 0));
        }
        let digits = self.of.iter();
        let number = digits.fold(0_i128, |number, digit| number * 10 + i128::from(*digit));
        match usize::try_from(self.power) {
            Ok(power) if self.of.len() + power <= DIGITS_MAX => {
                let factor = 10_i128.pow(u32::try_from(power).ok()?);
                Some((number.checked_mul(factor)?, 0))
            }
            Ok(_) => None,
            Err(_) => {
                let scale = u8::try_from(-self.power).ok()?;
                (usize::from(scale) <= DIGITS_MAX).then_some((number, scale))
            }
        }
    }
}

/// Why a number counts no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDay {
    /// It is a time alone.
    Time,
    /// No calendar has it.
    NoSuchDay,
}

const SECONDS_IN_DAY: i128 = 86_400;
/// 31 December 9999, counted from 1900: the last day a workbook can hold.
const LAST_DAY: i128 = 2_958_465;
/// 30 December 1899 is day 0 for all days after February 1900.
const DAY_0: i128 = -25_569;
/// Days between the two counts: from 1900, and from 1904.
const FROM_1904: i128 = 1_462;
/// 29 February 1900, which the count has and the calendar has not.
const NO_DAY: i128 = 60;

/// The day and time that a number counts.
pub fn day(written: Written, from_1904: bool) -> Result<Cell<'static>, NoDay> {
    let step = 10_i128
        .checked_pow(u32::from(written.scale))
        .ok_or(NoDay::NoSuchDay)?;
    let whole = written.unscaled.div_euclid(step);
    let part = written.unscaled.rem_euclid(step);
    // Half a second up: times are kept as shares of a day.
    let seconds = part
        .checked_mul(SECONDS_IN_DAY)
        .map(|share| (2 * share + step).div_euclid(2 * step))
        .ok_or(NoDay::NoSuchDay)?;
    let (whole, seconds) = match seconds {
        SECONDS_IN_DAY => (whole + 1, 0),
        seconds => (whole, seconds),
    };
    if whole == 0 {
        return Err(NoDay::Time);
    }
    let counted = match from_1904 {
        true => whole + FROM_1904,
        false if whole == NO_DAY => return Err(NoDay::NoSuchDay),
        false if whole < NO_DAY => whole + 1,
        false => whole,
    };
    if whole < 0 || counted > LAST_DAY {
        return Err(NoDay::NoSuchDay);
    }
    let day = counted + DAY_0;
    if seconds == 0 {
        return i32::try_from(day)
            .map(Cell::Day)
            .map_err(|_| NoDay::NoSuchDay);
    }
    let instant = i64::try_from(day * SECONDS_IN_DAY + seconds)
        .ok()
        .and_then(|instant| jiff::Timestamp::from_second(instant).ok())
        .ok_or(NoDay::NoSuchDay)?;
    Ok(Cell::Wall(jiff::tz::Offset::UTC.to_datetime(instant)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal;

    fn check(text: &str, scale: Option<u8>, says: &str) {
        let said = match read(text, scale) {
            Ok(written) => {
                let rounded = if written.is_rounded { " rounded" } else { "" };
                format!(
                    "{}{rounded}",
                    decimal::write(written.unscaled, written.scale)
                )
            }
            Err(no) => format!("{no:?}"),
        };
        assert_eq!(said, says, "{text}");
    }

    #[test]
    fn a_number_is_the_one_its_author_saw() {
        check("0.57999999999999996", None, "0.58");
        check("75829.929999999993", Some(2), "75829.93");
        check("0.30000000000000004", None, "0.3 rounded");
        check("4.0000000000000007E-4", None, "0.0004 rounded");
        check("12345678901234567", None, "12345678901234600 rounded");
        check("99999999999999999", None, "100000000000000000 rounded");
        check("-1.50", None, "-1.5");
        check("1E+3", None, "1000");
        check("-0", None, "0");
        check("0.000", Some(2), "0");
        check("007", None, "7");
    }

    #[test]
    fn decimals_beyond_the_column_are_rounded_halves_away_from_zero() {
        check("0.125", Some(2), "0.13 rounded");
        check("-0.125", Some(2), "-0.13 rounded");
        check("0.12", Some(2), "0.12");
        check("0.005", Some(2), "0.01 rounded");
        check("0.0049", Some(2), "0 rounded");
        check("0.0005", Some(2), "0 rounded");
        check("9.999", Some(2), "10 rounded");
        check("0.1E-300", Some(2), "0 rounded");
        // Rounding to what is shown comes first: 1.005 is what its author saw.
        check("1.00499999999999989", Some(2), "1.01 rounded");
    }

    #[test]
    fn what_is_no_number_or_beyond_all_is_told() {
        for text in [
            "", ".", "-", "x", "1e", "1e+", "1.2.3", "0x1", "1 ", "NaN", "1e5.0",
        ] {
            check(text, None, "Form");
        }
        for text in ["1e400", "1e38", "1e-39", "1e99999999999999999999"] {
            check(text, None, "TooLarge");
        }
        check(&"9".repeat(10_000), Some(2), "TooLarge");
    }

    #[test]
    fn days_are_those_of_either_count() {
        let of = |text: &str, from_1904| {
            day(read(text, None).expect("a number"), from_1904).map(|cell| cell.text())
        };
        for (text, from_1904, says) in [
            ("1", false, "1900-01-01"),
            ("59", false, "1900-02-28"),
            ("61", false, "1900-03-01"),
            ("46082", false, "2026-03-01"),
            ("44620", true, "2026-03-01"),
            ("46082.75", false, "2026-03-01T18:00:00"),
            ("46081.999999", false, "2026-03-01"),
            ("2958465", false, "9999-12-31"),
            ("1", true, "1904-01-02"),
        ] {
            assert_eq!(of(text, from_1904).as_deref(), Ok(says), "{text}");
        }
        assert_eq!(of("60", false), Err(NoDay::NoSuchDay));
        assert_eq!(of("-1", false), Err(NoDay::NoSuchDay));
        assert_eq!(of("2958466", false), Err(NoDay::NoSuchDay));
        assert_eq!(of("1e30", false), Err(NoDay::NoSuchDay));
        assert_eq!(of("0.5", false), Err(NoDay::Time));
    }
}
