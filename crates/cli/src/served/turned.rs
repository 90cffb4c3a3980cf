//! What would go another way, as a page says it: a plan's own words for what its tables and values are, and formulas as sentences.

use trueup_engine::whatif::Turn;
use trueup_plan::diagnostic::Sources;
use trueup_plan::span::Span;
use trueup_plan::tree::{Axis, BoundKind, Expr, Plan, walk};
use trueup_plan::words::{self, Subject};

/// What went another way as a page says it: what tables and values are in the plan's words, and formulas as sentences.
pub fn turn_on_a_page(plan: &Plan, sources: &Sources, turn: &Turn) -> String {
    let subject = Subject {
        plan,
        sources,
        kinds: &[],
        template: None,
        examples: &[],
        agreed: None,
    };
    let said = |formula: &Expr| words::formula(&subject, formula, None).text();
    match turn {
        Turn::Band { table, reached } => {
            let table = &plan[*table];
            let what = named(&table.is, &table.name);
            let Some(bands) = reached else {
                return format!("{what}: no answer");
            };
            let band = |(axis, band): (&Axis, &usize)| match axis.bounds.get(*band) {
                None => "no band".to_owned(),
                Some(bound) => match &bound.is {
                    BoundKind::Lowest => "the lowest band".to_owned(),
                    BoundKind::From(formula) => format!("the band from {}", said(formula)),
                    BoundKind::Above(formula) => format!("the band above {}", said(formula)),
                    BoundKind::At(formula) => format!("the band at {}", said(formula)),
                    BoundKind::Equals(formula) => format!("the band of {}", said(formula)),
                    BoundKind::Otherwise => "the band of the rest".to_owned(),
                },
            };
            let bands: Vec<String> = table.axes.iter().zip(bands).map(band).collect();
            format!("{what}: {} is reached", bands.join(" and "))
        }
        Turn::Condition { span, holds } => {
            let what = condition_on_a_page(plan, sources, *span, said);
            match holds {
                Some(true) => format!("{what}: this holds now"),
                Some(false) => format!("{what}: this no longer holds"),
                None => format!("{what}: this has no answer"),
            }
        }
    }
}

/// A condition by what its value is; else by what it is a gate of, or as it stands, in a sentence.
fn condition_on_a_page(
    plan: &Plan,
    sources: &Sources,
    span: Span,
    said: impl Fn(&Expr) -> String,
) -> String {
    let mut values = plan.values.iter();
    if let Some(value) = values.find(|value| value.formula.span == span && !value.is.is_empty()) {
        return value.is.to_string();
    }
    let formulas = walk::formulas(plan);
    let found = formulas
        .into_iter()
        .find_map(|formula| part_at(formula, span));
    let words = match found {
        Some(formula) => said(formula),
        None => sources
            .text(span)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    };
    let is_gate = |gate: &Option<Expr>| gate.as_ref().is_some_and(|gate| gate.span == span);
    match plan.components.iter().find(|one| is_gate(&one.gate)) {
        Some(one) => format!("{}, where {words}", named(&one.is, &one.name)),
        None => words,
    }
}

/// The formula at a place, or the one inside it.
fn part_at(formula: &Expr, span: Span) -> Option<&Expr> {
    match formula.span == span {
        true => Some(formula),
        false => walk::parts(formula)
            .into_iter()
            .find_map(|part| part_at(part, span)),
    }
}

fn named(is: &str, name: &str) -> String {
    match is.is_empty() {
        true => name.replace(['_', '.'], " "),
        false => is.to_owned(),
    }
}
