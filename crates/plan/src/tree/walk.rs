//! Ways through formulas: all of a plan's, all of a table's, the parts of one. Whoever looks for something in formulas
//! takes one of these, so that no part of a formula is forgotten.

use std::collections::BTreeSet;

use crate::tree::{
    BoundKind, Call, ComponentId, Elsewhere, Expr, Form, Limit, LimitId, Plan, RateKind, Reading,
    Reference, Table,
};

/// The components that a limit holds, itself or by limits that it lists; a circle of limits is gone through once.
pub(crate) fn held_by(limits: &[Limit], limit: LimitId) -> BTreeSet<ComponentId> {
    let mut held = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![limit];
    while let Some(limit) = open.pop() {
        if !seen.insert(limit) {
            continue;
        }
        for reference in limits.get(limit.index()).map_or(&[][..], |limit| &limit.on) {
            match reference {
                Reference::Component(component) => {
                    held.insert(*component);
                }
                Reference::Limit(inner) => open.push(*inner),
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_) => {}
            }
        }
    }
    held
}

/// The formulas directly inside a formula, in the order written.
#[must_use]
pub fn parts<T>(expr: &Expr<T>) -> Vec<&Expr<T>> {
    match &expr.form {
        Form::Literal(_) | Form::Name(_) => Vec::new(),
        Form::Negated(x) | Form::Not(x) | Form::Is(x, _) => vec![&**x],
        Form::Arithmetic(_, a, b) | Form::Compared(_, a, b) => vec![&**a, &**b],
        Form::Between(x, low, high) => vec![&**x, &**low, &**high],
        Form::In(x, list) => std::iter::once(&**x).chain(list).collect(),
        Form::And(parts) | Form::Or(parts) => parts.iter().collect(),
        Form::Case(arms, otherwise) => arms
            .iter()
            .flat_map(|(test, answer)| [test, answer])
            .chain([&**otherwise])
            .collect(),
        Form::Call(call) => parts_of_call(call),
    }
}

/// The formulas directly inside a call, in the order written.
pub(crate) fn parts_of_call<T>(call: &Call<T>) -> Vec<&Expr<T>> {
    match call {
        Call::Least(parts)
        | Call::Greatest(parts)
        | Call::Coalesce(parts)
        | Call::Table(_, parts) => parts.iter().collect(),
        Call::Clamp { x, low, high } => vec![&**x, &**low, &**high],
        Call::Abs(x)
        | Call::Ever(x)
        | Call::Team(x)
        | Call::FoldedBy(_, x, _)
        | Call::FoldedKeys(_, x) => vec![&**x],
        Call::Round { x, to, .. } => vec![&**x, &**to],
        Call::Otherwise(a, b)
        | Call::DaysBetween(a, b)
        | Call::MonthsBetween(a, b)
        | Call::Keyed(a, b)
        | Call::Of(a, b) => vec![&**a, &**b],
        Call::Weighted(parts) => parts.iter().map(|(part, _)| part).collect(),
        Call::Asked(elsewhere, x) => {
            let first = match elsewhere {
                Elsewhere::Previous(_, first) => first.as_deref(),
                Elsewhere::PreviousYear
                | Elsewhere::YearToDate
                | Elsewhere::SinceStart
                | Elsewhere::Trailing(_)
                | Elsewhere::Full
                | Elsewhere::ToDate => None,
            };
            std::iter::once(&**x).chain(first).collect()
        }
        Call::Running { x, in_order } => std::iter::once(&**x).chain(in_order.as_deref()).collect(),
        Call::Total { x, filter } => std::iter::once(&**x).chain(filter.as_deref()).collect(),
        Call::Rank { x, within, filter } => std::iter::once(&**x)
            .chain(within.as_deref())
            .chain(filter.as_deref())
            .collect(),
        Call::Allocate(allocation) => [&allocation.total, &allocation.by]
            .into_iter()
            .chain(&allocation.to)
            .chain(&allocation.within)
            .chain(&allocation.filter)
            .collect(),
        Call::Convert(conversion) => {
            let on = match &conversion.rate {
                RateKind::On(on) => Some(on),
                RateKind::MonthAverage | RateKind::Plan => None,
            };
            std::iter::once(&conversion.x).chain(on).collect()
        }
    }
}

/// The same, to change them.
#[must_use]
pub fn parts_mut<T>(expr: &mut Expr<T>) -> Vec<&mut Expr<T>> {
    match &mut expr.form {
        Form::Literal(_) | Form::Name(_) => Vec::new(),
        Form::Negated(x) | Form::Not(x) | Form::Is(x, _) => vec![&mut **x],
        Form::Arithmetic(_, a, b) | Form::Compared(_, a, b) => vec![&mut **a, &mut **b],
        Form::Between(x, low, high) => vec![&mut **x, &mut **low, &mut **high],
        Form::In(x, list) => std::iter::once(&mut **x).chain(list).collect(),
        Form::And(parts) | Form::Or(parts) => parts.iter_mut().collect(),
        Form::Case(arms, otherwise) => arms
            .iter_mut()
            .flat_map(|(test, answer)| [test, answer])
            .chain([&mut **otherwise])
            .collect(),
        Form::Call(call) => parts_of_call_mut(call),
    }
}

fn parts_of_call_mut<T>(call: &mut Call<T>) -> Vec<&mut Expr<T>> {
    match call {
        Call::Least(parts)
        | Call::Greatest(parts)
        | Call::Coalesce(parts)
        | Call::Table(_, parts) => parts.iter_mut().collect(),
        Call::Clamp { x, low, high } => vec![&mut **x, &mut **low, &mut **high],
        Call::Abs(x)
        | Call::Ever(x)
        | Call::Team(x)
        | Call::FoldedBy(_, x, _)
        | Call::FoldedKeys(_, x) => {
            vec![&mut **x]
        }
        Call::Round { x, to, .. } => vec![&mut **x, &mut **to],
        Call::Otherwise(a, b)
        | Call::DaysBetween(a, b)
        | Call::MonthsBetween(a, b)
        | Call::Keyed(a, b)
        | Call::Of(a, b) => vec![&mut **a, &mut **b],
        Call::Weighted(parts) => parts.iter_mut().map(|(part, _)| part).collect(),
        Call::Asked(elsewhere, x) => {
            let first = match elsewhere {
                Elsewhere::Previous(_, first) => first.as_deref_mut(),
                Elsewhere::PreviousYear
                | Elsewhere::YearToDate
                | Elsewhere::SinceStart
                | Elsewhere::Trailing(_)
                | Elsewhere::Full
                | Elsewhere::ToDate => None,
            };
            std::iter::once(&mut **x).chain(first).collect()
        }
        Call::Running { x, in_order } => std::iter::once(&mut **x)
            .chain(in_order.as_deref_mut())
            .collect(),
        Call::Total { x, filter } => std::iter::once(&mut **x)
            .chain(filter.as_deref_mut())
            .collect(),
        Call::Rank { x, within, filter } => std::iter::once(&mut **x)
            .chain(within.as_deref_mut())
            .chain(filter.as_deref_mut())
            .collect(),
        Call::Allocate(allocation) => [&mut allocation.total, &mut allocation.by]
            .into_iter()
            .chain(&mut allocation.to)
            .chain(&mut allocation.within)
            .chain(&mut allocation.filter)
            .collect(),
        Call::Convert(conversion) => {
            let on = match &mut conversion.rate {
                RateKind::On(on) => Some(on),
                RateKind::MonthAverage | RateKind::Plan => None,
            };
            std::iter::once(&mut conversion.x).chain(on).collect()
        }
    }
}

/// Every formula of a table.
#[must_use]
pub fn formulas_of_table(table: &Table) -> Vec<&Expr> {
    let mut formulas = Vec::new();
    match &table.reading {
        Reading::EachBand(formula) | Reading::OneBand(formula) => formulas.push(formula),
        Reading::Line(_) => {}
    }
    for bound in table.axes.iter().flat_map(|axis| &axis.bounds) {
        match &bound.is {
            BoundKind::From(formula)
            | BoundKind::Above(formula)
            | BoundKind::At(formula)
            | BoundKind::Equals(formula) => formulas.push(formula),
            BoundKind::Lowest | BoundKind::Otherwise => {}
        }
    }
    formulas.extend(&table.cells);
    formulas
}

/// The same, to change them.
#[must_use]
pub fn formulas_of_table_mut(table: &mut Table) -> Vec<&mut Expr> {
    let mut formulas = Vec::new();
    match &mut table.reading {
        Reading::EachBand(formula) | Reading::OneBand(formula) => formulas.push(formula),
        Reading::Line(_) => {}
    }
    for bound in table.axes.iter_mut().flat_map(|axis| &mut axis.bounds) {
        match &mut bound.is {
            BoundKind::From(formula)
            | BoundKind::Above(formula)
            | BoundKind::At(formula)
            | BoundKind::Equals(formula) => formulas.push(formula),
            BoundKind::Lowest | BoundKind::Otherwise => {}
        }
    }
    formulas.extend(&mut table.cells);
    formulas
}

/// Every formula of a plan, except those of governance.
#[must_use]
pub fn formulas(plan: &Plan) -> Vec<&Expr> {
    let mut formulas: Vec<&Expr> = Vec::new();
    formulas.extend(plan.terms.iter().filter_map(|term| term.agreed.as_ref()));
    for measure in &plan.measures {
        formulas.extend(measure.of.iter().chain(&measure.filter).chain(&measure.by));
    }
    formulas.extend(plan.values.iter().map(|value| &value.formula));
    formulas.extend(plan.tables.iter().flat_map(formulas_of_table));
    for component in &plan.components {
        formulas.push(&component.pays);
        formulas.extend(
            component
                .each
                .iter()
                .filter_map(|each| each.filter.as_ref()),
        );
        let once = [
            &component.applies,
            &component.gate,
            &component.at_least,
            &component.at_most,
        ];
        formulas.extend(once.into_iter().flatten());
        formulas.extend(
            component
                .paid
                .iter()
                .filter_map(|line| line.condition.as_ref()),
        );
    }
    for limit in &plan.limits {
        formulas.extend(limit.at_least.iter().chain(&limit.at_most));
    }
    formulas
}

/// Every formula that is evaluated of what holds beside the rules: contingencies, guardrails, funds.
#[must_use]
pub fn formulas_of_governance(plan: &Plan) -> Vec<&Expr> {
    let mut formulas: Vec<&Expr> = Vec::new();
    for trigger in plan.triggers() {
        formulas.push(plan.when(trigger));
        for change in plan.changes(trigger) {
            formulas.push(&change.to);
            formulas.extend(change.lowest.iter().chain(&change.highest));
        }
    }
    for fund in &plan.funds {
        formulas.push(&fund.accrues);
        formulas.extend(&fund.reimburses);
        if let Some(claims) = &fund.claims {
            formulas.push(&claims.of);
            formulas.extend(&claims.filter);
        }
    }
    formulas
}

/// The same, to change them.
pub(crate) fn formulas_of_governance_mut(plan: &mut Plan) -> Vec<&mut Expr> {
    let mut formulas: Vec<&mut Expr> = Vec::new();
    let contingencies = plan
        .contingencies
        .iter_mut()
        .map(|one| (&mut one.when, &mut one.changes));
    let guardrails = plan
        .guardrails
        .iter_mut()
        .map(|one| (&mut one.when, &mut one.changes));
    for (when, changes) in contingencies.chain(guardrails) {
        formulas.push(when);
        for change in changes {
            formulas.push(&mut change.to);
            formulas.extend(change.lowest.iter_mut().chain(&mut change.highest));
        }
    }
    for fund in &mut plan.funds {
        formulas.push(&mut fund.accrues);
        formulas.extend(&mut fund.reimburses);
        if let Some(claims) = &mut fund.claims {
            formulas.push(&mut claims.of);
            formulas.extend(&mut claims.filter);
        }
    }
    formulas
}
