//! Figures without a unit: which unit each was taken for.
//!
//! A plain number takes the unit its place asks for. Money, a count, or money for each of what is counted is what a reader
//! expects; a product of two such units is mostly a slip: `5_000 * csat` makes the 5,000 money times count for each score.

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
            Diagnostic::warning(
                "U9",
                formula.span,
                format!("this figure was taken for {shown}, so that the formula adds up"),
            )
            .help("let a table say what each level pays, or divide by a term of the same unit, so that a ratio is left")
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
