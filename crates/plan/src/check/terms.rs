//! Terms: what an agreement fills in, and how a figure for a long window is shared out to shorter ones.

use crate::check::components::text_of;
use crate::check::constant;
use crate::check::header;
use crate::check::settle::settled;
use crate::check::spelling::shown;
use crate::check::typer::{Draft, Typer};
use crate::check::types::Ty;
use crate::check::words;
use crate::diagnostic::Diagnostic;
use crate::document::{PlanText, SpreadText, TermText};
use crate::tree::{Spread, Term, Type};
use trueup_base::calendar::WindowUnit;
use trueup_base::exact::Exact;

pub(super) fn build(
    text: &PlanText,
    drafts: Vec<Option<Draft>>,
    typer: &mut Typer<'_>,
) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::with_capacity(text.terms.len());
    for (at, (term, draft)) in text.terms.iter().zip(drafts).enumerate() {
        let of = typer.names.terms.get(at).cloned().unwrap_or(Ty::Wrong);
        let settled_type = typer.types.settled(&of);
        let per = words::window(term.per.as_ref());
        check_per(term, settled_type, &mut typer.diagnostics);
        let spread = spread(term, per, &mut typer.diagnostics);
        let currency = typer.currency.clone();
        let within = header::within(
            term.within.as_ref(),
            settled_type,
            &currency,
            &mut typer.diagnostics,
        );
        terms.push(Term {
            name: term.name.text.clone(),
            is: text_of(term.is.as_ref()),
            of: settled_type,
            per,
            spread,
            agreed: draft.map(|draft| settled(&typer.types, draft)),
            within,
            declared: true,
            span: term.span,
        });
    }
    for (at, (name, span)) in typer.names.undeclared.iter().enumerate() {
        let of = typer
            .names
            .terms
            .get(text.terms.len() + at)
            .cloned()
            .unwrap_or(Ty::Wrong);
        terms.push(Term {
            name: name.clone(),
            is: "".into(),
            of: typer.types.settled(&of),
            per: None,
            spread: Spread::Even,
            agreed: None,
            within: None,
            declared: false,
            span: *span,
        });
    }
    terms
}

/// How a term is shared out; weights divide its window into parts of equally many months.
fn spread(term: &TermText, per: Option<WindowUnit>, diagnostics: &mut Vec<Diagnostic>) -> Spread {
    let Some(spread) = &term.spread else {
        return Spread::Even;
    };
    match spread {
        SpreadText::Word(word) if &*word.text == "days" => Spread::Days,
        SpreadText::Word(_) => Spread::Even,
        SpreadText::Weights(formulas, span) => {
            let mut weights = Vec::with_capacity(formulas.len());
            for formula in formulas {
                match constant::of_formula(formula) {
                    Some(weight) if !weight.is_negative() => weights.push(weight),
                    _ => diagnostics.push(
                        Diagnostic::error(
                            "S5",
                            formula.span,
                            "a weight is a number that is not negative, written in the plan",
                        )
                        .help("spread: [20%, 25%, 25%, 30%]"),
                    ),
                }
            }
            if weights.len() == formulas.len() && weights.iter().all(Exact::is_zero) {
                diagnostics.push(Diagnostic::error(
                    "S5",
                    *span,
                    "the weights are all zero, so nothing is shared out",
                ));
            }
            if let Some(months) = per.and_then(months_of)
                && !months.is_multiple_of(formulas.len())
            {
                diagnostics.push(
                    Diagnostic::error(
                        "S5",
                        *span,
                        format!(
                            "{} weights do not divide {months} months into equal parts",
                            formulas.len()
                        ),
                    )
                    .help("a year is divided by 2, 4 or 12 weights, a quarter by 3"),
                );
            }
            Spread::Weights(weights)
        }
    }
}

/// Only a number can be shared out, and only over a stated window.
fn check_per(term: &TermText, of: Type, diagnostics: &mut Vec<Diagnostic>) {
    match (&term.per, &term.spread) {
        (Some(per), _) if !matches!(of, Type::Number(_)) => diagnostics.push(
            Diagnostic::error(
                "S5",
                per.span,
                format!(
                    "{} is no number, so it cannot be shared out",
                    shown(&term.name.text)
                ),
            )
            .help("take `per` out: the term is the same in every window"),
        ),
        (None, Some(SpreadText::Word(word))) => diagnostics.push(no_per(term, word.span)),
        (None, Some(SpreadText::Weights(_, span))) => diagnostics.push(no_per(term, *span)),
        (Some(_) | None, _) => {}
    }
}

fn no_per(term: &TermText, span: crate::span::Span) -> Diagnostic {
    Diagnostic::error(
        "S5",
        span,
        format!(
            "{} says how it is shared out and not over what",
            shown(&term.name.text)
        ),
    )
    .help("per: year")
}

/// The months of a window that always has as many.
fn months_of(unit: WindowUnit) -> Option<usize> {
    match unit {
        WindowUnit::Month => Some(1),
        WindowUnit::Quarter => Some(3),
        WindowUnit::Half => Some(6),
        WindowUnit::Year => Some(12),
        WindowUnit::Day
        | WindowUnit::Week
        | WindowUnit::HalfMonth
        | WindowUnit::Period
        | WindowUnit::Agreement => None,
    }
}
