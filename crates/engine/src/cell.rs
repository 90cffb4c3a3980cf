//! Text to a cell: how facts and the partner directory are read where they stand as text.
//!
//! Reading is strict: a text that is not a figure of the declared type is refused with what would be right, and nothing
//! is ever guessed, trimmed or rounded. The module must never know where a text stands; its caller marks the place.

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_plan::tree::{Type, Unit};

use crate::world::Cell;

/// Reads a fact's cell, or a column of the partner directory, as its declared type.
///
/// ```
/// use trueup_base::exact::Exact;
/// use trueup_engine::cell;
/// use trueup_engine::world::Cell;
/// use trueup_plan::tree::{Type, Unit};
///
/// let ratio = Type::Number(Unit::RATIO);
/// assert_eq!(cell::of_fact("12.5%", ratio), Ok(Cell::Number(Exact::from_scaled(125, 3))));
/// assert!(cell::of_fact("12.5%", Type::Number(Unit::MONEY)).is_err());
/// assert!(cell::of_fact("1.234,56", Type::Number(Unit::MONEY)).is_err());
/// assert!(cell::of_fact("yes", Type::Flag).is_err());
/// ```
///
/// # Errors
/// What is wrong with the text, and what would be right.
pub fn of_fact(text: &str, of: Type) -> Result<Cell, String> {
    match of {
        Type::Number(unit) => number(text, unit).map(Cell::Number),
        Type::Date => day(text).map(Cell::Date),
        Type::Flag => flag(text).map(Cell::Flag),
        Type::Text => Ok(Cell::Text(text.into())),
        Type::Partner => PartnerId::new(text)
            .map(Cell::Partner)
            .map_err(|error| error.to_string()),
        Type::Duration => Err(format!("`{text}`: a length of time can't be a cell")),
    }
}

/// Reads a day, `2026-01-31`.
///
/// # Errors
/// What is wrong with the text, and what would be right.
pub fn day(text: &str) -> Result<Date, String> {
    parse_date(text).map_err(|error| error.to_string())
}

/// Reads `true` or `false`.
///
/// # Errors
/// What is wrong with the text, and what would be right.
pub fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is no flag; write true or false")),
    }
}

fn number(text: &str, unit: Unit) -> Result<Exact, String> {
    let (figure, is_percent) = match text.strip_suffix('%') {
        Some(figure) => (figure, true),
        None => (text, false),
    };
    if is_percent && unit != Unit::RATIO {
        return Err(format!(
            "`{text}` is a share, and a plain number is asked for here"
        ));
    }
    let figure = Exact::parse(figure).map_err(|error| error.to_string())?;
    Ok(match is_percent {
        true => &figure * &Exact::from_scaled(1, 2),
        false => figure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_is_not_written_strictly_is_refused() {
        for text in [
            "", " 1", "1 ", "1e5", "NaN", "1,000", "1.234,56", "+1", ".5", "5.", "0x10", "∞",
        ] {
            assert!(number(text, Unit::MONEY).is_err(), "{text:?}");
        }
        assert_eq!(
            number("-1_234.50", Unit::MONEY),
            Exact::parse("-1234.5").map_err(|e| e.to_string())
        );
    }

    #[test]
    fn a_day_that_does_not_exist_is_refused() {
        assert!(day("2025-02-29").is_err());
        assert!(day("2024-02-29").is_ok());
    }
}
