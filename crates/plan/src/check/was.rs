//! `was` in an override: the new formula with the old one in it.

use crate::diagnostic::Diagnostic;
use crate::document::OverrideText;
use crate::formula::{Argument, DEPTH_MAX, Formula, FormulaKind};

/// A formula may grow so far by what `was` brings into it.
const MOST_PARTS: usize = 20_000;

/// The new formula, with the old one where it says `was`.
pub(super) fn with_was(
    formula: &Formula,
    old: Option<&Formula>,
    line: &OverrideText,
) -> Result<Formula, Diagnostic> {
    substituted(formula, old, line, &mut 0, 1)
}

fn substituted(
    formula: &Formula,
    old: Option<&Formula>,
    line: &OverrideText,
    parts: &mut usize,
    depth: usize,
) -> Result<Formula, Diagnostic> {
    *parts += 1;
    if *parts > MOST_PARTS || depth > DEPTH_MAX {
        return Err(Diagnostic::error(
            "O4",
            line.target.span,
            "with what the template said in it, the formula is too large",
        )
        .help("give a part of it a name"));
    }
    let is_was = matches!(&formula.is, FormulaKind::Name(name) if &**name == "was");
    if is_was {
        return match old {
            // What was there is counted too; it holds no further `was`.
            Some(old) => substituted(old, None, line, parts, depth),
            None => Err(
                Diagnostic::error("O2", formula.span, "there is nothing that it was")
                    .help("the template says nothing here; write the formula without `was`"),
            ),
        };
    }
    let mut inner = |part: &Formula| substituted(part, old, line, parts, depth + 1);
    let mut boxed = |part: &Formula| inner(part).map(Box::new);
    let is = match &formula.is {
        FormulaKind::Number { .. }
        | FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_) => formula.is.clone(),
        FormulaKind::Call {
            name,
            name_span,
            arguments,
        } => FormulaKind::Call {
            name: name.clone(),
            name_span: *name_span,
            arguments: arguments
                .iter()
                .map(|argument| {
                    Ok(Argument {
                        word: argument.word.clone(),
                        value: inner(&argument.value)?,
                    })
                })
                .collect::<Result<_, Diagnostic>>()?,
        },
        FormulaKind::Keyed(x, key) => FormulaKind::Keyed(boxed(x)?, boxed(key)?),
        FormulaKind::Negated(x) => FormulaKind::Negated(boxed(x)?),
        FormulaKind::Not(x) => FormulaKind::Not(boxed(x)?),
        FormulaKind::Arithmetic(operator, a, b) => {
            FormulaKind::Arithmetic(*operator, boxed(a)?, boxed(b)?)
        }
        FormulaKind::Compared(how, a, b) => FormulaKind::Compared(*how, boxed(a)?, boxed(b)?),
        FormulaKind::Between { x, low, high, not } => FormulaKind::Between {
            x: boxed(x)?,
            low: boxed(low)?,
            high: boxed(high)?,
            not: *not,
        },
        FormulaKind::In { x, list, not } => FormulaKind::In {
            x: boxed(x)?,
            list: list.iter().map(&mut inner).collect::<Result<_, _>>()?,
            not: *not,
        },
        FormulaKind::Is { x, kind, not } => FormulaKind::Is {
            x: boxed(x)?,
            kind: *kind,
            not: *not,
        },
        FormulaKind::And(parts) => {
            FormulaKind::And(parts.iter().map(&mut inner).collect::<Result<_, _>>()?)
        }
        FormulaKind::Or(parts) => {
            FormulaKind::Or(parts.iter().map(&mut inner).collect::<Result<_, _>>()?)
        }
        FormulaKind::Case { arms, otherwise } => {
            let mut typed = Vec::with_capacity(arms.len());
            for (test, answer) in arms {
                typed.push((inner(test)?, inner(answer)?));
            }
            FormulaKind::Case {
                arms: typed,
                otherwise: Box::new(inner(otherwise)?),
            }
        }
    };
    Ok(Formula {
        is,
        span: formula.span,
    })
}
