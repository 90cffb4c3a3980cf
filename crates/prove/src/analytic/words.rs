//! Figures as a message shows them.

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::{Grant, Type, Unit};

/// A figure for people: its whole part in groups, no more places than it has, a ratio in percent.
pub(crate) fn shown(figure: &Exact, unit: Unit) -> String {
    match unit {
        Unit::RATIO => format!("{}%", grouped(&(figure * &Exact::from_int(100)), 4)),
        Unit::MONEY => {
            let text = grouped(figure, 4);
            match text.rsplit_once('.') {
                Some((_, places)) if places.len() == 1 => format!("{text}0"),
                Some(_) | None => text,
            }
        }
        _ => grouped(figure, 4),
    }
}

/// A figure of what a formula answers.
pub(crate) fn shown_of(figure: &Exact, of: Type) -> String {
    match of {
        Type::Number(unit) => shown(figure, unit),
        Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => figure.to_string(),
    }
}

/// What a component pays.
pub(crate) fn paid(figure: &Exact, grant: Grant) -> String {
    match grant {
        Grant::Money | Grant::Fund => shown(figure, Unit::MONEY),
        Grant::Count | Grant::Flag => shown(figure, Unit::COUNT),
    }
}

fn grouped(figure: &Exact, places_max: u32) -> String {
    let places = (0..places_max)
        .find(|places| figure.to_scaled(*places).is_some())
        .unwrap_or(places_max);
    figure.to_grouped(places, Rounding::HalfAway)
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How many there are of something: `1 input`, `2 inputs`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
