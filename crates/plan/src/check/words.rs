//! Words of the plan that stand for something fixed: windows, types, roundings, days.
//!
//! The reader has told every word that is not in its list, so here such a word is silently nothing; only the types of
//! columns are left to be told.

use crate::check::spelling::shown;
use crate::check::types::Ty;
use crate::check::units::{Base, Powers};
use crate::diagnostic::Diagnostic;
use crate::elsewhere;
use crate::nearest::nearest;
use crate::tree::Shows;
use crate::yaml::Scalar;
use trueup_base::calendar::WindowUnit;
use trueup_base::date::{Date, parse_date};
use trueup_base::rounding::Rounding;

/// A window, such as `quarter`.
pub(super) fn window(scalar: Option<&Scalar>) -> Option<WindowUnit> {
    let word = scalar?;
    WindowUnit::ALL
        .into_iter()
        .find(|unit| unit.name() == &*word.text)
}

/// A way to round.
pub(super) fn rounding(scalar: Option<&Scalar>) -> Option<Rounding> {
    let word = scalar?;
    Rounding::ALL
        .into_iter()
        .find(|mode| mode.name() == &*word.text)
}

/// What figures show, such as `revenue`.
pub(super) fn shows(scalar: Option<&Scalar>) -> Option<Shows> {
    let word = scalar?;
    Shows::ALL
        .into_iter()
        .find(|shows| shows.word() == &*word.text)
}

/// A day, `2026-01-31`.
pub(super) fn date(scalar: &Scalar) -> Option<Date> {
    parse_date(&scalar.text).ok()
}

/// The words for types that are no number.
const PLAIN: &[(&str, Ty)] = &[
    ("date", Ty::Date),
    ("duration", Ty::Duration),
    ("flag", Ty::Flag),
    ("text", Ty::Text),
    ("partner", Ty::Partner),
];

/// The words for units.
const UNITS: &[&str] = &["money", "count", "score", "ratio"];

/// A type: `money`, `text`, `money per count`, …
pub(super) fn type_of(scalar: &Scalar) -> Option<Ty> {
    if let Some((_, plain)) = PLAIN.iter().find(|(word, _)| *word == &*scalar.text) {
        return Some(plain.clone());
    }
    let unit = match scalar.text.split_once(" per ") {
        None => unit(&scalar.text)?,
        Some((above, below)) => unit(above)?.over(&unit(below)?).ok()?,
    };
    Some(Ty::Number(unit))
}

/// The type of a column; a word that is none is told.
pub(super) fn type_of_column(scalar: &Scalar, diagnostics: &mut Vec<Diagnostic>) -> Ty {
    if let Some(of) = type_of(scalar) {
        return of;
    }
    let known: Vec<&str> = UNITS
        .iter()
        .copied()
        .chain(PLAIN.iter().map(|(word, _)| *word))
        .collect();
    let meant = elsewhere::type_of(&scalar.text);
    let help = match (meant, nearest(&scalar.text, known.iter().copied())) {
        (Some(meant), _) => format!("write {meant}"),
        (None, Some(near)) => format!("did you mean {near}?"),
        (None, None) => format!(
            "it is one of {}, or a unit per unit such as money per count",
            known.join(", ")
        ),
    };
    let message = format!("`{}` is no type of a column", shown(&scalar.text));
    diagnostics.push(Diagnostic::error("D4", scalar.span, message).help(help));
    Ty::Wrong
}

fn unit(word: &str) -> Option<Powers> {
    match word {
        "money" => Some(Powers::of(Base::Money)),
        "count" => Some(Powers::of(Base::Count)),
        "score" => Some(Powers::of(Base::Score)),
        "ratio" => Some(Powers::ratio()),
        _ => None,
    }
}
