//! A formula as text, with the brackets it needs and no others: what is printed parses to the same formula.

use std::fmt;

use super::{Argument, Formula, FormulaKind, Suffix};
use crate::tree::{Comparison, NoAnswerKind, Operator};

impl fmt::Display for Formula {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.is.fmt(to)
    }
}

/// How strongly a form holds together, from `or` to an atom.
fn strength(is: &FormulaKind) -> u8 {
    match is {
        FormulaKind::Or(_) => 1,
        FormulaKind::And(_) => 2,
        FormulaKind::Not(_) => 3,
        FormulaKind::Compared(..)
        | FormulaKind::Between { .. }
        | FormulaKind::In { .. }
        | FormulaKind::Is { .. } => 4,
        FormulaKind::Arithmetic(Operator::Plus | Operator::Minus, ..) => 5,
        FormulaKind::Arithmetic(Operator::Times | Operator::Over, ..) => 6,
        FormulaKind::Negated(_) => 7,
        FormulaKind::Keyed(..) => 8,
        FormulaKind::Number { .. }
        | FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_)
        | FormulaKind::Call { .. }
        | FormulaKind::Case { .. } => 9,
    }
}

/// A part, in brackets if it would not hold together without.
struct Held<'a>(&'a Formula, u8);

impl fmt::Display for Held<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        if strength(&self.0.is) < self.1 {
            write!(to, "({})", self.0)
        } else {
            self.0.fmt(to)
        }
    }
}

impl fmt::Display for FormulaKind {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |not: &bool| if *not { "not " } else { "" };
        match self {
            Self::Number { value, suffix } => {
                let digits = value.to_decimal().unwrap_or_else(|| value.to_string());
                write!(to, "{}", grouped(&digits))?;
                match suffix {
                    Suffix::None => Ok(()),
                    Suffix::Percent => to.write_str("%"),
                    Suffix::Currency(code) => write!(to, " {code}"),
                    Suffix::Duration(unit) if digits == "1" => {
                        write!(to, " {}", unit.trim_end_matches('s'))
                    }
                    Suffix::Duration(unit) => write!(to, " {unit}"),
                }
            }
            Self::Text(text) => write!(to, "'{}'", text.replace('\'', "''")),
            Self::Date(date) => write!(to, "date '{date}'"),
            Self::True => to.write_str("true"),
            Self::False => to.write_str("false"),
            Self::Missing => to.write_str("missing"),
            Self::Name(name) => to.write_str(name),
            Self::Call {
                name, arguments, ..
            } => {
                write!(to, "{name}(")?;
                separated(to, arguments)?;
                to.write_str(")")
            }
            Self::Keyed(x, key) => write!(to, "{}[{key}]", Held(x, 9)),
            Self::Negated(x) => write!(to, "-{}", Held(x, 7)),
            Self::Not(x) => write!(to, "not {}", Held(x, 3)),
            Self::Arithmetic(operator, left, right) => {
                let (sign, own) = match operator {
                    Operator::Plus => ("+", 5),
                    Operator::Minus => ("-", 5),
                    Operator::Times => ("*", 6),
                    Operator::Over => ("/", 6),
                };
                write!(to, "{} {sign} {}", Held(left, own), Held(right, own + 1))
            }
            Self::Compared(comparison, left, right) => {
                let sign = match comparison {
                    Comparison::Equal => "=",
                    Comparison::NotEqual => "<>",
                    Comparison::Less => "<",
                    Comparison::AtMost => "<=",
                    Comparison::More => ">",
                    Comparison::AtLeast => ">=",
                };
                write!(to, "{} {sign} {}", Held(left, 5), Held(right, 5))
            }
            Self::Between {
                x,
                low,
                high,
                not: negated,
            } => {
                write!(
                    to,
                    "{} {}between {} and {}",
                    Held(x, 5),
                    not(negated),
                    Held(low, 5),
                    Held(high, 5)
                )
            }
            Self::In {
                x,
                list,
                not: negated,
            } => {
                write!(to, "{} {}in (", Held(x, 5), not(negated))?;
                for (at, item) in list.iter().enumerate() {
                    write!(to, "{}{}", if at > 0 { ", " } else { "" }, Held(item, 5))?;
                }
                to.write_str(")")
            }
            Self::Is {
                x,
                kind,
                not: negated,
            } => {
                let kind = match kind {
                    NoAnswerKind::Missing => "missing",
                    NoAnswerKind::Undefined => "undefined",
                };
                write!(to, "{} is {}{kind}", Held(x, 5), not(negated))
            }
            Self::And(parts) => joined(to, parts, " and ", 3),
            Self::Or(parts) => joined(to, parts, " or ", 2),
            Self::Case { arms, otherwise } => {
                to.write_str("case")?;
                for (test, answer) in arms {
                    write!(to, " when {test} then {answer}")?;
                }
                write!(to, " else {otherwise} end")
            }
        }
    }
}

fn joined(to: &mut fmt::Formatter<'_>, parts: &[Formula], word: &str, own: u8) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        write!(to, "{}{}", if at > 0 { word } else { "" }, Held(part, own))?;
    }
    Ok(())
}

fn separated(to: &mut fmt::Formatter<'_>, arguments: &[Argument]) -> fmt::Result {
    for (at, argument) in arguments.iter().enumerate() {
        if at > 0 {
            to.write_str(", ")?;
        }
        if let Some((word, _)) = &argument.word {
            write!(to, "{word} => ")?;
        }
        write!(to, "{}", argument.value)?;
    }
    Ok(())
}

/// `_` between the thousands of a whole part of four digits or more.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::with_capacity(digits.len() + whole.len() / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    grouped + rest
}
