//! What the trade calls a table: its name is found from the shape of its formula, never from what the plan calls it.
//!
//! The language says what happens (`each_band`, `one_band`, `line`); contracts and other systems say marginal, whole or
//! interpolated. The shapes are those that the page of the language lists.

use crate::tree::walk::{formulas, parts};
use crate::tree::{
    BoundKind, Call, Expr, Form, Literal, Name, Operator, Plan, Reading, Table, TableId, Type, Unit,
};
use trueup_base::rounding::Rounding;

/// The trade's name of a table, if its shape has one.
pub(super) fn of(plan: &Plan, id: TableId, table: &Table) -> Option<&'static str> {
    match &table.reading {
        Reading::Line(_) => Some("interpolated: a payout curve, or a taper where it falls"),
        Reading::EachBand(formula) => each_band(table, formula),
        Reading::OneBand(formula) => one_band(plan, id, table, formula),
    }
}

fn each_band(table: &Table, formula: &Expr) -> Option<&'static str> {
    if is_rate_of_slice(formula) {
        return Some("marginal, stepped, graduated or a slab: each slice at its own rate");
    }
    if column(formula).is_some() {
        return Some("a lump sum for each tier reached");
    }
    if let Some((a, b)) = times(formula)
        && pair(a, b, is_column, |b| named(b, Name::Argument(0)))
    {
        return Some("every tier reached on the full value (total)");
    }
    if let Some((a, b)) = times(formula)
        && pair(a, b, is_column, is_own_ceiling)
    {
        return Some("every tier reached up to its own ceiling (rolling)");
    }
    if let Some((over, below)) = divided(formula)
        && is_rate_of_slice(over)
    {
        if named(below, Name::Width) {
            return Some(if is_ratio(table) {
                "interpolated rates that add up as their bands fill"
            } else {
                "interpolated amounts"
            });
        }
        if is_column(below) {
            return Some("interpolated, with a qualifier that differs from what is paid on");
        }
    }
    if let Some((a, b)) = plus(formula) {
        let entry = [(a, b), (b, a)]
            .into_iter()
            .find(|(rate, entry)| is_rate_of_slice(rate) && is_column(entry))
            .and_then(|(_, entry)| column(entry));
        if let Some(entry) = entry {
            return Some(if mentions_lower(table, entry) {
                "a tier that pays back to the first unit"
            } else {
                "an entry amount plus a rate on the slice"
            });
        }
    }
    if let Some((a, b)) = times(formula)
        && pair(a, b, is_column, is_package)
    {
        return Some("packages, counted tier by tier");
    }
    match &formula.form {
        Form::Call(Call::Round { x, .. }) if is_rate_of_slice(x) => {
            Some("marginal, rounded slice by slice")
        }
        _ => None,
    }
}

fn one_band(plan: &Plan, id: TableId, table: &Table, formula: &Expr) -> Option<&'static str> {
    let is_keyed = table
        .axes
        .iter()
        .flat_map(|axis| &axis.bounds)
        .any(|bound| matches!(bound.is, BoundKind::Equals(_)));
    if table.axes.len() > 1 && is_column(formula) {
        return Some("a grid: a look-up by several dimensions");
    }
    if let Some((a, b)) = plus(formula) {
        let whole = |x: &Expr| {
            times(x).is_some_and(|(a, b)| pair(a, b, is_column, |b| named(b, Name::Argument(0))))
        };
        if pair(a, b, whole, is_column) {
            return Some("an entry amount plus a rate on the whole");
        }
    }
    if let Some((a, b)) = times(formula)
        && pair(a, b, is_column, |b| named(b, Name::Argument(0)))
    {
        return Some(
            "whole amount, top tier, from the first unit: the rate reached holds for all of it",
        );
    }
    if !is_column(formula) {
        return None;
    }
    if is_keyed {
        return Some("a look-up");
    }
    if formulas(plan)
        .into_iter()
        .any(|formula| is_factor(formula, id))
    {
        return Some(
            "whole amount, top tier, from the first unit: the rate reached holds for all of it",
        );
    }
    match table.answers {
        Type::Number(Unit::MONEY) => Some("a lump sum for the last tier reached"),
        Type::Number(_) | Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => {
            None
        }
    }
}

/// Whether a formula multiplies something by what the table answers.
fn is_factor(formula: &Expr, id: TableId) -> bool {
    let asks = |x: &Expr| matches!(&x.form, Form::Call(Call::Table(asked, _)) if *asked == id);
    let mut open = vec![formula];
    while let Some(expr) = open.pop() {
        if let Some((a, b)) = times(expr)
            && (asks(a) || asks(b))
        {
            return true;
        }
        open.extend(parts(expr));
    }
    false
}

fn is_ratio(table: &Table) -> bool {
    table.answers == Type::Number(Unit::RATIO)
}

fn is_rate_of_slice(expr: &Expr) -> bool {
    times(expr).is_some_and(|(a, b)| pair(a, b, is_column, |b| named(b, Name::Slice)))
}

/// `case when filled then upper else x end`
fn is_own_ceiling(expr: &Expr) -> bool {
    match &expr.form {
        Form::Case(arms, otherwise) => match arms.as_slice() {
            [(test, answer)] => {
                named(test, Name::Filled)
                    && named(answer, Name::Upper)
                    && named(otherwise, Name::Argument(0))
            }
            _ => false,
        },
        _ => false,
    }
}

/// `round(slice / n, to => 1, mode => up)`
fn is_package(expr: &Expr) -> bool {
    match &expr.form {
        Form::Call(Call::Round { x, mode, .. }) => {
            matches!(mode, Rounding::Up | Rounding::Ceiling)
                && divided(x).is_some_and(|(over, below)| {
                    named(over, Name::Slice)
                        && matches!(below.form, Form::Literal(Literal::Number(_)))
                })
        }
        _ => false,
    }
}

/// Whether a column's cells are worked out from their band's lower bound.
fn mentions_lower(table: &Table, column: u16) -> bool {
    let columns = table.columns.len().max(1);
    table
        .cells
        .iter()
        .enumerate()
        .filter(|(at, _)| at % columns == usize::from(column))
        .any(|(_, cell)| {
            let mut open = vec![cell];
            while let Some(expr) = open.pop() {
                if named(expr, Name::Lower) {
                    return true;
                }
                open.extend(parts(expr));
            }
            false
        })
}

fn column(expr: &Expr) -> Option<u16> {
    match expr.form {
        Form::Name(Name::BandColumn(at)) => Some(at),
        _ => None,
    }
}

fn is_column(expr: &Expr) -> bool {
    column(expr).is_some()
}

fn named(expr: &Expr, name: Name) -> bool {
    matches!(&expr.form, Form::Name(known) if *known == name)
}

/// Whether one of two is this and the other that.
fn pair(a: &Expr, b: &Expr, this: impl Fn(&Expr) -> bool, that: impl Fn(&Expr) -> bool) -> bool {
    this(a) && that(b) || this(b) && that(a)
}

fn times(expr: &Expr) -> Option<(&Expr, &Expr)> {
    of_operator(expr, Operator::Times)
}

fn plus(expr: &Expr) -> Option<(&Expr, &Expr)> {
    of_operator(expr, Operator::Plus)
}

fn divided(expr: &Expr) -> Option<(&Expr, &Expr)> {
    of_operator(expr, Operator::Over)
}

fn of_operator(expr: &Expr, operator: Operator) -> Option<(&Expr, &Expr)> {
    match &expr.form {
        Form::Arithmetic(is, a, b) if *is == operator => Some((&**a, &**b)),
        _ => None,
    }
}
