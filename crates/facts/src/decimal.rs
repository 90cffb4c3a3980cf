//! Decimal text to an exact number at a declared scale, and back.
//!
//! Money never goes through a float or a lenient parser: arrow's own drops digits beyond the scale and takes `1e5`. A
//! cell is digits, perhaps a `-` before and one decimal mark inside, or it is refused with what is wrong about it. The
//! module knows nothing of files or columns.

use std::fmt::Write as _;

/// The most digits a stored number has: a sum of ten thousand million of them still fits 38.
pub const DIGITS_MAX: u8 = 28;

/// The character between a number's whole part and its decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1234.56`
    #[default]
    Point,
    /// `1234,56`
    Comma,
}

impl DecimalMark {
    /// The character.
    #[must_use]
    pub fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// The numbers a column holds: so many digits, so many of them after the decimal mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Digits after the mark.
    pub scale: u8,
    /// Digits in all.
    pub digits: u8,
}

/// Why a text is no number of a column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// A character that has no place in a number.
    #[error("has `{found}` where a digit belongs")]
    Character {
        /// The character.
        found: char,
    },
    /// `NaN`, `inf` and their kin.
    #[error("is not a number")]
    NotANumber,
    /// `1e5`.
    #[error("is written with an exponent")]
    Exponent,
    /// `1,234.56`.
    #[error("has a thousands separator, or another decimal mark than the declared `{declared}`")]
    Separator {
        /// The mark the source declares.
        declared: char,
    },
    /// `12.` or `.5` or a bare sign.
    #[error("lacks a digit before or after the decimal mark")]
    LacksDigit,
    /// More decimals than the column keeps, and not zeros.
    #[error("has {found} decimals where the column keeps {scale}")]
    Decimals {
        /// The decimals that matter.
        found: usize,
        /// The decimals of the column.
        scale: u8,
    },
    /// More digits than the column keeps.
    #[error("has {found} digits before the decimal mark where the column keeps {room}")]
    Digits {
        /// The digits before the mark.
        found: usize,
        /// The digits the column keeps there.
        room: u8,
    },
}

impl DecimalError {
    /// A stable code for lists and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Character { .. }
            | Self::NotANumber
            | Self::Separator { .. }
            | Self::LacksDigit => "not_a_number",
            Self::Exponent => "exponent",
            Self::Decimals { .. } => "too_many_decimals",
            Self::Digits { .. } => "too_many_digits",
        }
    }
}

/// Reads a number of a column; the answer counts the column's smallest steps.
///
/// # Errors
/// What is wrong about the text.
pub fn parse(text: &str, mark: DecimalMark, room: Room) -> Result<i128, DecimalError> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mark_byte = match mark {
        DecimalMark::Point => b'.',
        DecimalMark::Comma => b',',
    };
    let mut split = digits.splitn(2, |byte| *byte == mark_byte);
    let whole = split.next().unwrap_or_default();
    let decimals = split.next();
    if !whole
        .iter()
        .chain(decimals.unwrap_or_default())
        .all(u8::is_ascii_digit)
    {
        return Err(what_is_wrong(text, mark));
    }
    if whole.is_empty() || decimals.is_some_and(<[u8]>::is_empty) {
        return Err(DecimalError::LacksDigit);
    }
    let whole = trim_start_zeros(whole);
    let decimals = trim_end_zeros(decimals.unwrap_or_default());
    let room_before = room.digits.saturating_sub(room.scale);
    if decimals.len() > usize::from(room.scale) {
        return Err(DecimalError::Decimals {
            found: decimals.len(),
            scale: room.scale,
        });
    }
    if whole.len() > usize::from(room_before) {
        return Err(DecimalError::Digits {
            found: whole.len(),
            room: room_before,
        });
    }
    // At most 28 digits follow (program.rs refuses wider columns), so nothing here can overflow an i128.
    let unscaled = accumulate(accumulate(0, whole), decimals)
        * 10_i128.pow(u32::from(room.scale) - u32::try_from(decimals.len()).unwrap_or(0));
    Ok(if negative { -unscaled } else { unscaled })
}

/// Digits in front of more digits; most numbers fit 18 and never leave a machine word.
fn accumulate(start: i128, digits: &[u8]) -> i128 {
    let mut sum = start;
    for group in digits.chunks(18) {
        let mut part = 0_u64;
        let mut power = 1_u64;
        for digit in group {
            part = part * 10 + u64::from(digit - b'0');
            power *= 10;
        }
        sum = sum * i128::from(power) + i128::from(part);
    }
    sum
}

fn trim_start_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

fn trim_end_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits
        .iter()
        .rev()
        .take_while(|digit| **digit == b'0')
        .count();
    digits.get(..digits.len() - zeros).unwrap_or_default()
}

/// Says what a reader of the cell would want to hear; off the fast path.
fn what_is_wrong(text: &str, mark: DecimalMark) -> DecimalError {
    let bare = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
    if matches!(
        bare.as_str(),
        "nan" | "inf" | "infinity" | "null" | "none" | "n/a" | "#n/a" | "-"
    ) {
        return DecimalError::NotANumber;
    }
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+');
    if bare.starts_with(|c: char| c.is_ascii_digit())
        && bare.matches('e').count() == 1
        && bare.chars().all(|c| numeric(c) || c == 'e')
    {
        return DecimalError::Exponent;
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let separators = ['.', ',', '\'', '_', ' ', '\u{a0}', '\u{202f}', '\u{2019}'];
    if unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.ends_with(|c: char| c.is_ascii_digit())
        && unsigned
            .chars()
            .all(|c| c.is_ascii_digit() || separators.contains(&c))
    {
        return DecimalError::Separator {
            declared: mark.character(),
        };
    }
    let sign = usize::from(text.starts_with('-'));
    let found = text
        .chars()
        .skip(sign)
        .find(|c| !c.is_ascii_digit() && *c != mark.character())
        .unwrap_or_else(|| mark.character());
    DecimalError::Character { found }
}

/// Writes a number of a column with exactly its decimals: `-12.5000`.
#[must_use]
pub fn write(unscaled: i128, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    let mut text = String::with_capacity(digits.len() + scale + 3);
    if unscaled < 0 {
        text.push('-');
    }
    let whole = digits.len().saturating_sub(scale);
    if whole == 0 {
        text.push('0');
    }
    text.push_str(digits.get(..whole).unwrap_or_default());
    if scale > 0 {
        text.push('.');
        for _ in digits.len()..scale {
            text.push('0');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{}", digits.get(whole..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONEY: Room = Room {
        scale: 4,
        digits: DIGITS_MAX,
    };

    fn check(text: &str, says: &str) {
        let found = match parse(text, DecimalMark::Point, MONEY) {
            Ok(unscaled) => write(unscaled, MONEY.scale),
            Err(refused) => refused.to_string(),
        };
        assert_eq!(found, says, "{text}");
    }

    #[test]
    fn a_decimal_is_kept_to_its_last_digit() {
        check("80450596.9823", "80450596.9823");
        check("-0.0001", "-0.0001");
        check("0", "0.0000");
        check("-0", "0.0000");
        check("007", "7.0000");
        check("12.500000000000", "12.5000");
        check(
            "999999999999999999999999.9999",
            "999999999999999999999999.9999",
        );
        check(
            "-999999999999999999999999.9999",
            "-999999999999999999999999.9999",
        );
        check("123456789012345678.9", "123456789012345678.9000");
    }

    #[test]
    fn whatever_is_not_plain_digits_is_refused_by_name() {
        check("NaN", "is not a number");
        check("inf", "is not a number");
        check("-Infinity", "is not a number");
        check("1e400", "is written with an exponent");
        check("1e5", "is written with an exponent");
        check("1.5E-3", "is written with an exponent");
        let separator = "has a thousands separator, or another decimal mark than the declared `.`";
        check("1.234,56", separator);
        check("1,234.56", separator);
        check("1 234.56", separator);
        check("1_000", separator);
        check("1.2.3", separator);
        check("+5", "has `+` where a digit belongs");
        check(" 5", "has ` ` where a digit belongs");
        check("$5", "has `$` where a digit belongs");
        check("--5", "has `-` where a digit belongs");
        check("5-", "has `-` where a digit belongs");
        check("(5)", "has `(` where a digit belongs");
        check("−5", "has `−` where a digit belongs");
        check("٣", "has `٣` where a digit belongs");
        check("0x10", "has `x` where a digit belongs");
        check("-", "lacks a digit before or after the decimal mark");
        check(".5", "lacks a digit before or after the decimal mark");
        check("5.", "lacks a digit before or after the decimal mark");
        check(".", "lacks a digit before or after the decimal mark");
    }

    #[test]
    fn digits_beyond_the_column_are_refused_and_never_dropped() {
        check("0.00005", "has 5 decimals where the column keeps 4");
        check(
            "9007199254740993.0000000000000000001",
            "has 19 decimals where the column keeps 4",
        );
        check(
            "1000000000000000000000000",
            "has 25 digits before the decimal mark where the column keeps 24",
        );
        check(
            &"9".repeat(10_000),
            "has 10000 digits before the decimal mark where the column keeps 24",
        );
    }

    #[test]
    fn a_comma_is_a_decimal_mark_only_where_the_source_says_so() {
        let read = |text| parse(text, DecimalMark::Comma, MONEY);
        assert_eq!(read("1234,56"), Ok(12_345_600));
        assert_eq!(
            read("1.234,56"),
            Err(DecimalError::Separator { declared: ',' })
        );
        assert_eq!(
            read("1234.56"),
            Err(DecimalError::Separator { declared: ',' })
        );
    }

    #[test]
    fn a_column_may_keep_no_decimals_or_nothing_else() {
        assert_eq!(
            parse(
                "12.00",
                DecimalMark::Point,
                Room {
                    scale: 0,
                    digits: 2
                }
            ),
            Ok(12)
        );
        assert_eq!(
            parse(
                "0.12",
                DecimalMark::Point,
                Room {
                    scale: 2,
                    digits: 2
                }
            ),
            Ok(12)
        );
        assert_eq!(
            parse(
                "1.12",
                DecimalMark::Point,
                Room {
                    scale: 2,
                    digits: 2
                }
            ),
            Err(DecimalError::Digits { found: 1, room: 0 })
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(unscaled in -10_i128.pow(28) + 1..10_i128.pow(28), scale in 0..=28_u8) {
            let room = Room { scale, digits: DIGITS_MAX };
            let text = write(unscaled, scale);
            prop_assert_eq!(parse(&text, DecimalMark::Point, room), Ok(unscaled));
            prop_assert_eq!(parse(&text.replace('.', ","), DecimalMark::Comma, room), Ok(unscaled));
        }

        #[test]
        fn a_number_is_read_as_exact_numbers_are_or_refused(text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?[e+ ]?") {
            let read = parse(&text, DecimalMark::Point, Room { scale: 6, digits: 20 });
            if let Ok(unscaled) = read {
                let exact = trueup_base::Exact::parse(&text).expect("exact numbers read what columns read");
                prop_assert_eq!(trueup_base::Exact::from_scaled(unscaled, 6), exact);
            } else if let Ok(exact) = trueup_base::Exact::parse(&text) {
                let fits = exact.to_scaled(6).is_some_and(|steps| steps.unsigned_abs() < 10_u128.pow(20));
                prop_assert!(!fits, "{} is refused and fits", text);
            }
        }
    }
}
