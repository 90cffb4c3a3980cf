//! Answers as people read them: with a unit, and exact wherever digits end.

use std::fmt;

use trueup_base::date::{Date, Duration};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::{NoAnswerKind, Type, Unit};

use crate::number::{Number, Truth};
use crate::value::Value;

/// An answer and its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// A number.
    Number {
        /// Exactly.
        exact: Exact,
        /// Its unit.
        unit: Unit,
        /// The plan's currency, which money is in.
        currency: Currency,
    },
    /// True or false.
    Flag(bool),
    /// A day.
    Date(Date),
    /// A length of time.
    Duration(Duration),
    /// Text, or a partner's id.
    Text(String),
    /// No answer.
    None {
        /// Which kind.
        kind: NoAnswerKind,
        /// Why.
        why: String,
    },
    /// Simulated futures differ.
    Differs,
}

impl Figure {
    /// A value as a figure of its type.
    pub fn of<N: Number>(value: &Value<N>, of: Type, currency: Currency) -> Self {
        if let Some(reason) = value.reason() {
            return Self::None {
                kind: reason.kind,
                why: reason.why.to_string(),
            };
        }
        match value {
            Value::Number(number) => match (number.figure(), of) {
                (Some(exact), Type::Number(unit)) => Self::Number {
                    exact: exact.clone(),
                    unit,
                    currency,
                },
                (
                    Some(exact),
                    Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner,
                ) => Self::Number {
                    exact: exact.clone(),
                    unit: Unit::RATIO,
                    currency,
                },
                (None, _) => Self::Differs,
            },
            Value::Flag(truth) => truth.all().map_or(Self::Differs, Self::Flag),
            Value::Date(day) => Self::Date(*day),
            Value::Duration(length) => Self::Duration(*length),
            Value::Text(text) => Self::Text(text.to_string()),
            Value::Partner(partner) => Self::Text(partner.to_string()),
            Value::None(_) => Self::Differs,
        }
    }

    /// The figure exactly, as it may be written in a plan: `0.05`, `2/3`, `2026-01-31`, `missing`.
    #[must_use]
    pub fn exact(&self) -> String {
        match self {
            Self::Number { exact, .. } => exact.to_string(),
            Self::Flag(holds) => holds.to_string(),
            Self::Date(day) => day.to_string(),
            Self::Duration(length) => length.to_string(),
            Self::Text(text) => text.clone(),
            Self::None { kind, .. } => no_answer(*kind).to_owned(),
            Self::Differs => "differs between futures".to_owned(),
        }
    }

    /// The unit in words: `USD`, `USD per count`; empty for what has none.
    #[must_use]
    pub fn unit(&self) -> String {
        match self {
            Self::Number { unit, currency, .. } => unit_words(*unit, *currency),
            Self::Flag(_)
            | Self::Date(_)
            | Self::Duration(_)
            | Self::Text(_)
            | Self::None { .. }
            | Self::Differs => String::new(),
        }
    }
}

/// The word for a kind of no answer.
#[must_use]
pub fn no_answer(kind: NoAnswerKind) -> &'static str {
    match kind {
        NoAnswerKind::Missing => "missing",
        NoAnswerKind::Undefined => "undefined",
    }
}

/// As people read it: money with its places and currency, a ratio in percent, `≈` where digits do not end.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number {
                exact,
                unit,
                currency,
            } if *unit == Unit::RATIO => {
                let _ = currency;
                let percent = exact * &Exact::from_int(100);
                write!(f, "{}%", digits(&percent, 0, 4))
            }
            Self::Number {
                exact,
                unit,
                currency,
            } => {
                let places = if unit.money == 0 {
                    0
                } else {
                    currency.places()
                };
                let digits = digits(exact, places, 6);
                match unit_words(*unit, *currency) {
                    words if words == "count" => f.write_str(&digits),
                    words => write!(f, "{digits} {words}"),
                }
            }
            Self::None { kind, why } => write!(f, "{}: {why}", no_answer(*kind)),
            Self::Flag(_) | Self::Date(_) | Self::Duration(_) | Self::Text(_) | Self::Differs => {
                f.write_str(&self.exact())
            }
        }
    }
}

/// Digits with thousands set apart: at least so many places, exact up to the most, rounded and marked beyond.
fn digits(exact: &Exact, places_min: u32, places_max: u32) -> String {
    let places = (places_min..=places_max).find(|places| exact.to_scaled(*places).is_some());
    match places {
        Some(places) => exact.to_grouped(places, Rounding::HalfAway),
        None => format!("≈ {}", exact.to_grouped(places_max, Rounding::HalfAway)),
    }
}

/// A unit in words: what stands above, then what stands below.
fn unit_words(unit: Unit, currency: Currency) -> String {
    let powers = [
        (unit.money, currency.code()),
        (unit.count, "count"),
        (unit.score, "score"),
    ];
    let side = |sign: i8| {
        let words: Vec<String> = powers
            .iter()
            .filter(|(power, _)| power.signum() == sign)
            .map(|(power, word)| match power.unsigned_abs() {
                1 => (*word).to_owned(),
                times => format!("{word}^{times}"),
            })
            .collect();
        words.join(" ")
    };
    match (side(1), side(-1)) {
        (above, below) if below.is_empty() => above,
        (above, below) if above.is_empty() => format!("per {below}"),
        (above, below) => format!("{above} per {below}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, unit: Unit) -> String {
        Figure::Number {
            exact: text.parse().unwrap(),
            unit,
            currency: Currency::parse("USD").unwrap(),
        }
        .to_string()
    }

    #[test]
    fn money_shows_its_places_a_ratio_is_a_percentage_and_digits_that_do_not_end_say_so() {
        assert_eq!(shown("22250", Unit::MONEY), "22,250.00 USD");
        assert_eq!(shown("0.0625", Unit::MONEY), "0.0625 USD");
        assert_eq!(shown("1/3", Unit::MONEY), "≈ 0.333333 USD");
        assert_eq!(shown("1.1", Unit::RATIO), "110%");
        assert_eq!(shown("1/3", Unit::RATIO), "≈ 33.3333%");
        assert_eq!(shown("12", Unit::COUNT), "12");
        let each = Unit {
            money: 1,
            count: -1,
            score: 0,
        };
        assert_eq!(shown("1.5", each), "1.50 USD per count");
        let squared = Unit {
            money: 0,
            count: -2,
            score: 1,
        };
        assert_eq!(shown("2", squared), "2 score per count^2");
    }
}
