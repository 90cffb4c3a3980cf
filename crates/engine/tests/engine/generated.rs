//! What the laws are tried on: amounts in cents, days and rows. Ties, zeros, round amounts and days at a period's edge come
//! often.

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_engine::explain::Figure;

pub fn cents(amount: i64) -> Exact {
    Exact::from_scaled(i128::from(amount), 2)
}

/// An amount: often a round one, often zero, rarely large.
pub fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => 1i64..5_000_000,
        2 => prop::sample::select(vec![0, 1, 10_000, 99_999, 100_000, 100_001, 500_000]),
        1 => 1i64..100_000_000_000,
    ]
}

/// A day of 2026, often at a month's edge.
pub fn day_of_year() -> impl Strategy<Value = String> {
    (
        1u32..=12,
        prop_oneof![2 => 1u32..=28, 1 => Just(1), 1 => Just(28)],
    )
        .prop_map(|(month, day)| format!("2026-{month:02}-{day:02}"))
}

pub fn month_of(on: &str) -> usize {
    on[5..7].parse().expect("a month")
}

pub fn sales(rows: &[(String, i64)]) -> String {
    let mut facts = "partners: { p: { starts: 2026-01-01 } }\nfacts:\n  sale:\n".to_owned();
    for (at, (on, amount)) in rows.iter().enumerate() {
        facts.push_str(&format!(
            "    - {{ id: s{at:03}, partner: p, on: {on}, amount: {} }}\n",
            cents(*amount)
        ));
    }
    facts
}

/// The number of a figure that must be one.
pub fn amount_of(figure: &Figure) -> Exact {
    match figure {
        Figure::Number { exact, .. } => exact.clone(),
        other @ (Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::None { .. }
        | Figure::Differs) => panic!("{other:?} is no number"),
    }
}
