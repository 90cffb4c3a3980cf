//! Formulas that are numbers written in the plan: shares, weights, bounds that hold for every agreement.

use crate::formula::{Formula, FormulaKind, Suffix};
use crate::tree::{Call, Expr, Form, Literal, Operator};
use trueup_base::exact::Exact;

/// The number a formula writes out, if it writes one: `30%`, `1/3`, `25% / 3`.
pub(super) fn of_formula(formula: &Formula) -> Option<Exact> {
    number(formula, &|_| true)
}

/// The number a formula writes out, if it writes one and every currency in it is one that `takes` takes.
pub(crate) fn number(formula: &Formula, takes: &dyn Fn(&str) -> bool) -> Option<Exact> {
    match &formula.is {
        FormulaKind::Number { value, suffix } => match suffix {
            Suffix::None => Some(value.clone()),
            Suffix::Currency(code) => takes(code).then(|| value.clone()),
            Suffix::Percent => value.checked_div(&Exact::from_int(100)),
            Suffix::Duration(_) => None,
        },
        FormulaKind::Negated(x) => Some(-number(x, takes)?),
        FormulaKind::Arithmetic(operator, left, right) => {
            folded(*operator, number(left, takes)?, number(right, takes)?)
        }
        FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_)
        | FormulaKind::Call { .. }
        | FormulaKind::Keyed(..)
        | FormulaKind::Not(_)
        | FormulaKind::Compared(..)
        | FormulaKind::Between { .. }
        | FormulaKind::In { .. }
        | FormulaKind::Is { .. }
        | FormulaKind::And(_)
        | FormulaKind::Or(_)
        | FormulaKind::Case { .. } => None,
    }
}

/// The number a typed formula writes out, if it writes one.
pub(crate) fn of_expr<T>(expr: &Expr<T>) -> Option<Exact> {
    match &expr.form {
        Form::Literal(Literal::Number(value)) => Some(value.clone()),
        Form::Negated(x) => Some(-of_expr(x)?),
        Form::Arithmetic(operator, left, right) => {
            folded(*operator, of_expr(left)?, of_expr(right)?)
        }
        Form::Call(Call::Least(parts)) => parts
            .iter()
            .map(of_expr)
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .min(),
        Form::Call(Call::Greatest(parts)) => parts
            .iter()
            .map(of_expr)
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .max(),
        Form::Literal(
            Literal::Text(_)
            | Literal::Date(_)
            | Literal::Duration(_)
            | Literal::Flag(_)
            | Literal::Missing,
        )
        | Form::Name(_)
        | Form::Compared(..)
        | Form::Between(..)
        | Form::In(..)
        | Form::Is(..)
        | Form::Not(_)
        | Form::And(_)
        | Form::Or(_)
        | Form::Case(..)
        | Form::Call(_) => None,
    }
}

fn folded(operator: Operator, left: Exact, right: Exact) -> Option<Exact> {
    match operator {
        Operator::Plus => Some(left + right),
        Operator::Minus => Some(left - right),
        Operator::Times => Some(left * right),
        Operator::Over => left.checked_div(&right),
    }
}

/// A share as a reader says it: `98%`, or a fraction where it is not finite.
pub(crate) fn in_percent(share: &Exact) -> String {
    let hundredfold = share.clone() * Exact::from_int(100);
    match hundredfold.to_decimal() {
        Some(decimal) => format!("{decimal}%"),
        None => share.to_string(),
    }
}
