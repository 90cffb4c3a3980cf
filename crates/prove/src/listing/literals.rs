//! Figures without a unit: which unit each was taken for.
//!
//! A plain number takes the unit its place asks for. Money, a count, or money for each of what is counted is what a reader
//! expects; a product of two such units is mostly a slip: `5_000 * csat` makes the 5,000 money times count for each score.

use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::Figure;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{Expr, Form, Literal, Type, Unit};

use crate::registry::Kind;
use crate::study::Study;

/// Inferred units of figures.
pub(crate) const KIND: Kind = Kind {
    name: "units of figures",
    codes: &["U9", "U10"],
    what: "Figures that took a unit nobody expects, and the unit of every other figure that has one.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let governed = plan.governance.iter().flat_map(|block| &block.formulas);
    let mut open: Vec<&Expr> = formulas(plan);
    open.extend(governed.map(|(_, formula)| formula));
    let mut found = Vec::new();
    while let Some(formula) = open.pop() {
        open.extend(parts(formula));
        let (Form::Literal(Literal::Number(figure)), Type::Number(unit)) =
            (&formula.form, formula.of)
        else {
            continue;
        };
        // Nothing is nothing in any unit.
        if unit == Unit::RATIO || figure.is_zero() {
            continue;
        }
        let shown = Figure::Number {
            exact: figure.clone(),
            unit,
            currency: plan.currency,
        };
        found.push(if is_expected(unit) {
            let written = match unit {
                Unit::COUNT => format!("{shown} count"),
                _ => shown.to_string(),
            };
            Diagnostic::note("U10", formula.span, format!("this figure is {written}"))
        } else {
            let message = format!(
                "this figure is taken for {}, so that the formula adds up",
                in_words(figure, unit, plan.currency)
            );
            Diagnostic::warning("U9", formula.span, message).help(help(unit))
        });
    }
    // In the order they are written, each once: a template's formula may stand in several places.
    found.sort_by_key(|told| (told.span().file, told.span().start));
    found.dedup();
    found
}

/// What a term may hold: a unit, or one unit for each of another.
fn is_expected(unit: Unit) -> bool {
    let of = |money, count, score| Unit {
        money,
        count,
        score,
    };
    [
        Unit::MONEY,
        Unit::COUNT,
        Unit::SCORE,
        of(1, -1, 0),
        of(1, 0, -1),
        of(0, -1, 1),
    ]
    .contains(&unit)
}

/// What would be right.
fn help(unit: Unit) -> &'static str {
    if unit.count > 0 && unit.score < 0 {
        "let a table say what each score pays, or divide by a term that says what a full score is, so that a ratio is left"
    } else {
        "pay for one of the two, and make the other a ratio, a gate or the argument of a table"
    }
}

/// A figure with an odd unit, as one says it: `5,000 USD times count for each score`.
fn in_words(figure: &Exact, unit: Unit, currency: Currency) -> String {
    let powers = [
        (unit.money, currency.code()),
        (unit.count, "count"),
        (unit.score, "score"),
    ];
    let mut words = match figure.to_scaled(0) {
        Some(_) => figure.to_grouped(0, Rounding::HalfAway),
        None => figure.to_string(),
    };
    let mut before = " ";
    for (power, word) in powers {
        for _ in 0..power.max(0) {
            words.push_str(before);
            words.push_str(word);
            before = " times ";
        }
    }
    for (power, word) in powers {
        for _ in 0..power.min(0).unsigned_abs() {
            words.push_str(" for each ");
            words.push_str(word);
        }
    }
    words
}
