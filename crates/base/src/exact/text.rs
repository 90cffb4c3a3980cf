//! Numbers as text: the strict decimals of plans and feeds in, exact decimals out.
//!
//! A text is read whole or refused: no exponent, no grouping but `_`, no sign but `-`, nothing rounded, nothing dropped.

use std::fmt;
use std::str::FromStr;

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Repr::{Big, Small};
use super::{Exact, SCALE_MAX, big_pow10, pow10};
use crate::invariant;
use crate::rounding::Rounding;

/// The most digits a number's text may have.
pub const DIGITS_MAX: usize = 1_000;

/// Why a text is no number.
///
/// ```
/// let said = trueup_base::Exact::parse("1.234,56").err().map(|error| error.to_string());
/// let expected = "`1.234,56` is not a number: ',' at character 6; write digits with a point, such as 1_234.56";
/// assert_eq!(said.as_deref(), Some(expected));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberTextError {
    /// There is nothing to read.
    #[error("a number is expected and there is none; write digits, such as 1_234.56")]
    Empty,
    /// A character that does not belong there.
    #[error(
        "`{text}` is not a number: {found:?} at character {at}; write digits with a point, such as 1_234.56"
    )]
    Character {
        /// The text, cut short if long.
        text: String,
        /// The character.
        found: char,
        /// Its place, counted from 1.
        at: usize,
    },
    /// It ends where a digit must follow.
    #[error(
        "`{text}` is not a number: it ends where a digit is expected; write digits with a point, such as 1_234.56"
    )]
    Unfinished {
        /// The text, cut short if long.
        text: String,
    },
    /// More than [`DIGITS_MAX`] digits.
    #[error("`{text}` is too long for a number: at most {DIGITS_MAX} digits are read")]
    TooLong {
        /// The text, cut short.
        text: String,
    },
    /// A ratio over zero.
    #[error("`{text}` is not a number: its denominator is zero")]
    OverZero {
        /// The text, cut short if long.
        text: String,
    },
}

impl Exact {
    /// Reads the strict decimal text of plans and feeds: `-?digits[.digits]`, where a `_` may stand between two digits
    /// before the point.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// assert_eq!(Exact::parse("-1_234.50")?, Exact::from_scaled(-123_450, 2));
    /// for refused in ["", "NaN", "1e5", "1.234,56", "+1", ".5", "5.", "1__0", "١"] {
    ///     assert!(Exact::parse(refused).is_err());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Exact, NumberTextError> {
        let (negative, places, digits) = scan(text)?;
        if let Some(value) = digits.small {
            return Ok(Exact::from_scaled(
                if negative { -value } else { value },
                places,
            ));
        }
        let kept: String = text.chars().filter(char::is_ascii_digit).collect();
        let magnitude =
            UBig::from_str_radix(&kept, 10).expect("at least one digit is left, and nothing else");
        let numerator = if negative {
            -IBig::from(magnitude)
        } else {
            IBig::from(magnitude)
        };
        Ok(Exact::from_big(RBig::from_parts(
            numerator,
            big_pow10(places),
        )))
    }

    /// The decimal text, if there is a finite one: `0.05`, `-12.5`, `3`; `None` for one third.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// assert_eq!(Exact::parse("0.050")?.to_decimal(), Some("0.05".to_owned()));
    /// assert_eq!(Exact::ratio(1, 3).and_then(|third| third.to_decimal()), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_decimal(&self) -> Option<String> {
        match &self.0 {
            Small(numerator, denominator) => {
                let places = places_of(denominator.get())?;
                match pow10(places).map(|power| power / u128::from(denominator.get())) {
                    // The factor is below 10^places / denominator <= 5^62, the product may still be too wide.
                    Some(factor) => {
                        match factor.checked_mul(u128::from(numerator.unsigned_abs())) {
                            Some(magnitude) => {
                                Some(point(*numerator < 0, &magnitude.to_string(), places))
                            }
                            None => Some(self.decimal_of_big(places)),
                        }
                    }
                    None => Some(self.decimal_of_big(places)),
                }
            }
            Big(big) => {
                let mut rest = big.denominator().clone();
                let twos = rest.remove(&UBig::from(2_u8)).unwrap_or(0);
                let fives = rest.remove(&UBig::from(5_u8)).unwrap_or(0);
                if !rest.is_one() {
                    return None;
                }
                Some(self.decimal_of_big(u32::try_from(twos.max(fives)).ok()?))
            }
        }
    }

    /// The decimal text with exactly `scale` places, rounded as named: for people to read.
    ///
    /// # Panics
    ///
    /// If `scale` is above [`SCALE_MAX`] (EX1).
    ///
    /// ```
    /// use trueup_base::{Exact, Rounding};
    ///
    /// let share = Exact::ratio(2, 3).ok_or("no such ratio")?;
    /// assert_eq!(share.to_fixed(4, Rounding::HalfAway), "0.6667");
    /// assert_eq!(Exact::from_int(5).to_fixed(2, Rounding::HalfAway), "5.00");
    /// assert_eq!(Exact::parse("-0.001")?.to_fixed(2, Rounding::HalfAway), "0.00");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_fixed(&self, scale: u32, how: Rounding) -> String {
        invariant!(EX1, scale <= SCALE_MAX, "scale {scale}");
        let power = Exact::from_big(RBig::from(big_pow10(scale)));
        let units = (self * power).to_whole(how);
        point(units.is_negative(), &units.abs().whole_text(), scale)
    }

    /// As [`to_fixed`](Exact::to_fixed), with the thousands set apart by commas: for people to read, never to be parsed.
    ///
    /// ```
    /// use trueup_base::{Exact, Rounding};
    ///
    /// assert_eq!(Exact::parse("-1234567.8")?.to_grouped(2, Rounding::HalfAway), "-1,234,567.80");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_grouped(&self, scale: u32, how: Rounding) -> String {
        let fixed = self.to_fixed(scale, how);
        let whole_len = fixed.find('.').unwrap_or(fixed.len());
        let mut grouped = String::with_capacity(fixed.len() + whole_len / 3);
        for (at, character) in fixed.chars().enumerate() {
            let after_digit = grouped.ends_with(|c: char| c.is_ascii_digit());
            if at < whole_len && after_digit && (whole_len - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(character);
        }
        grouped
    }

    fn decimal_of_big(&self, places: u32) -> String {
        let units = &*self.big() * RBig::from(big_pow10(places));
        let negative = self.is_negative();
        let (numerator, _) = units.into_parts();
        point(
            negative,
            numerator.to_string().trim_start_matches('-'),
            places,
        )
    }

    /// The numerator's text: all there is of a whole number.
    fn whole_text(&self) -> String {
        match &self.0 {
            Small(numerator, _) => numerator.to_string(),
            Big(big) => big.numerator().to_string(),
        }
    }
}

/// The finite decimal if there is one, else `numerator/denominator`; [`FromStr`] reads both. A width pads it; a precision is
/// ignored, because it would round or cut without a name.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.to_decimal() {
            Some(decimal) => decimal,
            None => format!("{}/{}", self.whole_text(), self.denominator().whole_text()),
        };
        match f.precision() {
            Some(_) => f.write_str(&text),
            None => f.pad(&text),
        }
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what [`Display`](fmt::Display) writes: a decimal, or two whole numbers with a `/` between.
impl FromStr for Exact {
    type Err = NumberTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((numerator, denominator)) = text.split_once('/') else {
            return Exact::parse(text);
        };
        if let Some(at) = text.find('.') {
            return Err(character(text, at));
        }
        if denominator.starts_with('-') {
            return Err(character(text, numerator.len() + 1));
        }
        let (top, bottom) = (Exact::parse(numerator)?, Exact::parse(denominator)?);
        top.checked_div(&bottom)
            .ok_or_else(|| NumberTextError::OverZero {
                text: excerpt(text),
            })
    }
}

struct Digits {
    /// All digits as one number, if it fits.
    small: Option<i128>,
}

/// Checks the text and returns its sign, its decimal places and its digits.
fn scan(text: &str) -> Result<(bool, u32, Digits), NumberTextError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if text.is_empty() {
        return Err(NumberTextError::Empty);
    }
    let mut value = Some(0_i128);
    let (mut digits, mut places, mut after_point) = (0_usize, 0_u32, false);
    let mut after_digit = false;
    let start = text.len() - unsigned.len();
    for (at, byte) in unsigned.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if digits > DIGITS_MAX {
                    return Err(NumberTextError::TooLong {
                        text: excerpt(text),
                    });
                }
                places += u32::from(after_point);
                let digit = i128::from(byte - b'0');
                value = value.and_then(|value| value.checked_mul(10)?.checked_add(digit));
                after_digit = true;
            }
            b'_' if after_digit && !after_point => after_digit = false,
            b'.' if after_digit && !after_point => (after_digit, after_point) = (false, true),
            _ => return Err(character(text, start + at)),
        }
    }
    if !after_digit {
        return Err(unfinished(text));
    }
    Ok((negative, places, Digits { small: value }))
}

fn unfinished(text: &str) -> NumberTextError {
    NumberTextError::Unfinished {
        text: excerpt(text),
    }
}

/// The character at this byte does not belong there.
fn character(text: &str, byte: usize) -> NumberTextError {
    let here = text
        .char_indices()
        .enumerate()
        .find(|(_, (start, found))| start + found.len_utf8() > byte);
    match here {
        Some((before, (_, found))) => NumberTextError::Character {
            text: excerpt(text),
            found,
            at: before + 1,
        },
        None => unfinished(text),
    }
}

/// A text for an error message: without control characters, and only its beginning if it is long.
pub(crate) fn excerpt(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// How many decimal places 1/denominator has, if finitely many.
fn places_of(denominator: u64) -> Option<u32> {
    let twos = denominator.trailing_zeros();
    let (mut rest, mut fives) = (denominator >> twos, 0);
    while rest.is_multiple_of(5) {
        rest /= 5;
        fives += 1;
    }
    if rest == 1 {
        Some(twos.max(fives))
    } else {
        None
    }
}

/// Sets the decimal point `places` digits from the right.
fn point(negative: bool, digits: &str, places: u32) -> String {
    let places = places as usize;
    let mut text = String::with_capacity(digits.len().max(places) + 3);
    if negative {
        text.push('-');
    }
    match digits.len().checked_sub(places).filter(|whole| *whole > 0) {
        Some(whole) => {
            let (whole, fraction) = digits.split_at(whole);
            text.push_str(whole);
            if !fraction.is_empty() {
                text.push('.');
                text.push_str(fraction);
            }
        }
        None => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', places - digits.len()));
            text.push_str(digits);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_no_decimal_are_refused_with_their_place() {
        let said = |text: &str| Exact::parse(text).unwrap_err().to_string();
        assert_eq!(
            said(""),
            "a number is expected and there is none; write digits, such as 1_234.56"
        );
        assert_eq!(
            said("1.234,56"),
            "`1.234,56` is not a number: ',' at character 6; write digits with a point, such as 1_234.56"
        );
        for (text, found, at) in [
            ("NaN", 'N', 1),
            ("inf", 'i', 1),
            ("1e5", 'e', 2),
            ("+1", '+', 1),
            (".5", '.', 1),
            ("_1", '_', 1),
            ("1__0", '_', 3),
            ("1.0_0", '_', 4),
            ("1.2.3", '.', 4),
            ("--1", '-', 2),
            ("-é", 'é', 2),
            ("1 ", ' ', 2),
            ("1/3", '/', 2),
            ("½", '½', 1),
            ("1٣", '٣', 2),
        ] {
            assert_eq!(
                Exact::parse(text),
                Err(NumberTextError::Character {
                    text: text.to_owned(),
                    found,
                    at
                }),
                "{text}"
            );
        }
        for text in ["5.", "1_", "-", "1_."] {
            assert!(Exact::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_thousand_digits_are_read_and_one_more_is_refused() {
        let most = "9".repeat(DIGITS_MAX);
        assert_eq!(Exact::parse(&most).unwrap().to_string(), most);
        assert!(matches!(
            Exact::parse(&format!("{most}9")),
            Err(NumberTextError::TooLong { .. })
        ));
        assert!(matches!(
            Exact::parse(&format!("0.{most}")),
            Err(NumberTextError::TooLong { .. })
        ));
    }

    #[test]
    fn decimals_print_shortest_and_thirds_as_ratios() {
        for (text, printed) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("007.10", "7.1"),
            ("1_000_000", "1000000"),
            ("0.05", "0.05"),
            ("-12.5", "-12.5"),
            (
                "-0.000000000000000000000000000000000000000000001",
                "-0.000000000000000000000000000000000000000000001",
            ),
            (
                "170141183460469231731687303715884105728.5",
                "170141183460469231731687303715884105728.5",
            ),
        ] {
            assert_eq!(Exact::parse(text).unwrap().to_string(), printed, "{text}");
        }
        assert_eq!(Exact::ratio(-2, 6).unwrap().to_string(), "-1/3");
        let tiny = Exact::ratio(1, 1 << 62).unwrap();
        assert_eq!(tiny.to_string().parse(), Ok(tiny));
    }

    #[test]
    fn a_precision_never_cuts_a_number() {
        let due = Exact::parse("1234.567").unwrap();
        assert_eq!(
            format!("{due:.2}|{due:>10}|{due:?}"),
            "1234.567|  1234.567|1234.567"
        );
    }

    #[test]
    fn ratios_read_back_and_nothing_else_with_a_slash() {
        assert_eq!("-1/3".parse::<Exact>().ok(), Exact::ratio(-1, 3));
        for text in ["1/0", "1/-3", "1.5/3", "1/3/5", "/3", "1/"] {
            assert!(text.parse::<Exact>().is_err(), "{text}");
        }
    }

    #[test]
    fn fixed_places_round_and_pad_and_group() {
        let fixed = |text: &str, scale| {
            Exact::parse(text)
                .unwrap()
                .to_fixed(scale, Rounding::HalfAway)
        };
        assert_eq!(fixed("0.005", 2), "0.01");
        assert_eq!(fixed("-0.005", 2), "-0.01");
        assert_eq!(fixed("-0.0049", 2), "0.00");
        assert_eq!(fixed("99.995", 2), "100.00");
        assert_eq!(fixed("1234.5", 0), "1235");
        let grouped = |text: &str, scale| {
            Exact::parse(text)
                .unwrap()
                .to_grouped(scale, Rounding::HalfAway)
        };
        assert_eq!(grouped("999", 0), "999");
        assert_eq!(grouped("-1000", 0), "-1,000");
        assert_eq!(grouped("123456", 3), "123,456.000");
        assert_eq!(grouped("0.1234567", 7), "0.1234567");
    }
}
