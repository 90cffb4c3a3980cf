//! The bounds of a table's argument: of one convention, each once, rising.

use std::collections::BTreeMap;

use crate::check::constant;
use crate::check::spelling::shown;
use crate::check::typer::{Draft, Scope, Typer, part};
use crate::check::types::Ty;
use crate::check::units::Origin;
use crate::diagnostic::Diagnostic;
use crate::document::{BoundText, BoundWord};
use crate::formula::FormulaKind;
use crate::span::Span;
use crate::tree::{Form, Literal, TableId};
use trueup_base::exact::Exact;

/// The figure of a bound, asked for the argument's type.
pub(super) fn draft_bound(
    bound: &BoundText,
    id: TableId,
    at: usize,
    argument: &Ty,
    typer: &mut Typer<'_>,
) -> Option<Draft> {
    let draft = match bound.is {
        BoundWord::Lowest => {
            if typer.types.as_number(argument, Origin::Name).is_none()
                && !matches!(typer.types.resolved(argument), Ty::Date | Ty::Wrong)
            {
                let is = typer.with_article(argument);
                let message = format!("`from` has an order, and the argument is {is}");
                typer
                    .diagnostics
                    .push(Diagnostic::error("T4", bound.span, message).help("equals: …"));
            }
            return None;
        }
        BoundWord::Otherwise => return None,
        BoundWord::From | BoundWord::Above | BoundWord::At => {
            let formula = bound.formula.as_ref()?;
            let word = match bound.is {
                BoundWord::From => "`from`",
                BoundWord::Above => "`above`",
                BoundWord::At | BoundWord::Equals | BoundWord::Lowest | BoundWord::Otherwise => {
                    "`at`"
                }
            };
            let draft = typer.typed_as(formula, &Scope::default(), argument, word);
            typer.ordered.push((argument.clone(), bound.span));
            draft
        }
        BoundWord::Equals => equals(bound, argument, typer),
    };
    typer.decided(id, at, bound.span);
    Some(draft)
}

/// `equals: gold` is the text gold; `equals: 1` the number.
fn equals(bound: &BoundText, argument: &Ty, typer: &mut Typer<'_>) -> Draft {
    let span = bound.written.span;
    let literal = bound.formula.as_ref().filter(|formula| match &formula.is {
        FormulaKind::Name(_) => false,
        FormulaKind::Number { .. }
        | FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Negated(_) => true,
        FormulaKind::Missing
        | FormulaKind::Call { .. }
        | FormulaKind::Keyed(..)
        | FormulaKind::Not(_)
        | FormulaKind::Arithmetic(..)
        | FormulaKind::Compared(..)
        | FormulaKind::Between { .. }
        | FormulaKind::In { .. }
        | FormulaKind::Is { .. }
        | FormulaKind::And(_)
        | FormulaKind::Or(_)
        | FormulaKind::Case { .. } => {
            !matches!(typer.types.resolved(argument), Ty::Text | Ty::Unknown(_))
        }
    });
    // A name may be meant where a number is asked for; a text argument is never compared with one.
    let is_text = matches!(
        typer.types.resolved(argument),
        Ty::Text | Ty::Unknown(_) | Ty::Wrong
    );
    let meant = match (&bound.formula, literal) {
        (_, Some(literal)) => Some(literal),
        (Some(formula), None) if !is_text => Some(formula),
        _ => None,
    };
    match meant {
        Some(formula) => typer.typed_as(formula, &Scope::default(), argument, "`equals`"),
        None => {
            let text = part(
                Form::Literal(Literal::Text(bound.written.text.clone())),
                Ty::Text,
                span,
            );
            typer.ask(&text, argument, "`equals`");
            text
        }
    }
}

/// Bounds of one argument: of one convention, each once, rising where they are numbers written in the plan.
pub(super) fn check_axis(
    axis: &[(BoundWord, Option<Draft>, Span)],
    lined: bool,
    typer: &mut Typer<'_>,
) {
    let is_key = |word: BoundWord| matches!(word, BoundWord::Equals | BoundWord::Otherwise);
    let keyed = axis.first().is_some_and(|(word, ..)| is_key(*word));
    for (at, (word, _, span)) in axis.iter().enumerate() {
        match word {
            BoundWord::At if !lined => typer.diagnostics.push(
                Diagnostic::error("T7", *span, "`at` is a point of a line")
                    .help("from: …, or `line: column` above"),
            ),
            BoundWord::Lowest
            | BoundWord::From
            | BoundWord::Above
            | BoundWord::Equals
            | BoundWord::Otherwise
                if lined =>
            {
                typer.diagnostics.push(
                    Diagnostic::error("T7", *span, "a line is drawn between points").help("at: …"),
                );
            }
            BoundWord::Lowest if at > 0 => typer.diagnostics.push(Diagnostic::error(
                "T2",
                *span,
                "`from: lowest` is open below, so it can only come first",
            )),
            _ if is_key(*word) != keyed => typer.diagnostics.push(
                Diagnostic::error("T4", *span, "bounds and keys do not mix in one table").help(
                    if keyed {
                        "equals: … or otherwise: yes"
                    } else {
                        "from: … or above: …"
                    },
                ),
            ),
            BoundWord::Otherwise if at + 1 < axis.len() => {
                typer.diagnostics.push(Diagnostic::error(
                    "T2",
                    *span,
                    "`otherwise` answers for all other keys, so it comes last",
                ))
            }
            _ => {}
        }
    }
    if keyed {
        check_keys(axis, typer);
    } else {
        check_rising(axis, typer);
    }
}

fn check_keys(axis: &[(BoundWord, Option<Draft>, Span)], typer: &mut Typer<'_>) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for (_, draft, span) in axis {
        let key = match draft.as_ref().map(|draft| &draft.form) {
            Some(Form::Literal(Literal::Text(text))) => format!("'{text}'"),
            Some(Form::Literal(Literal::Number(number))) => number.to_string(),
            Some(Form::Literal(Literal::Date(date))) => date.to_string(),
            _ => continue,
        };
        if let Some(first) = seen.get(&key) {
            typer.diagnostics.push(
                Diagnostic::error("T2", *span, format!("two bands answer to {}", shown(&key)))
                    .also(*first, "the first"),
            );
        } else {
            seen.insert(key, *span);
        }
    }
}

/// Bounds that are numbers or days written in the plan rise; those with terms are checked when terms are known.
fn check_rising(axis: &[(BoundWord, Option<Draft>, Span)], typer: &mut Typer<'_>) {
    /// A bound's figure and whether it leaves the figure itself to the band below.
    #[derive(PartialEq, PartialOrd)]
    enum Figure {
        Number(Exact, bool),
        Date(trueup_base::date::Date, bool),
    }
    let mut last: Option<(Figure, Span)> = None;
    for (word, draft, span) in axis {
        let above = *word == BoundWord::Above;
        let figure = match draft {
            Some(draft) => match &draft.form {
                Form::Literal(Literal::Date(date)) => Some(Figure::Date(*date, above)),
                _ => constant::of_expr(draft).map(|number| Figure::Number(number, above)),
            },
            None => None,
        };
        let Some(figure) = figure else {
            continue;
        };
        if let Some((before, place)) = &last
            && figure <= *before
        {
            let message = if figure == *before {
                "two bands begin at the same bound"
            } else {
                "bounds must rise, and this one is not above the one before"
            };
            typer.diagnostics.push(
                Diagnostic::error("T2", *span, message)
                    .also(*place, "the bound before")
                    .help("write bands from the lowest bound to the highest"),
            );
        }
        last = Some((figure, *span));
    }
}
