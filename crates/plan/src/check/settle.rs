//! The end of the search: every part of a formula gets the type that was found for it.

use crate::check::typer::Draft;
use crate::check::types::Types;
use crate::tree::{Allocation, Call, Conversion, Elsewhere, Expr, Form, RateKind};

/// A formula with its types.
pub(super) fn settled(types: &Types, draft: Draft) -> Expr {
    Expr {
        form: form(types, draft.form),
        of: types.settled(&draft.of),
        span: draft.span,
    }
}

fn boxed(types: &Types, draft: Draft) -> Box<Expr> {
    Box::new(settled(types, draft))
}

fn maybe(types: &Types, draft: Option<Box<Draft>>) -> Option<Box<Expr>> {
    draft.map(|draft| boxed(types, *draft))
}

fn all(types: &Types, drafts: Vec<Draft>) -> Vec<Expr> {
    drafts
        .into_iter()
        .map(|draft| settled(types, draft))
        .collect()
}

fn form(types: &Types, form: Form<crate::check::types::Ty>) -> Form {
    match form {
        Form::Literal(literal) => Form::Literal(literal),
        Form::Name(name) => Form::Name(name),
        Form::Negated(x) => Form::Negated(boxed(types, *x)),
        Form::Arithmetic(operator, a, b) => {
            Form::Arithmetic(operator, boxed(types, *a), boxed(types, *b))
        }
        Form::Compared(how, a, b) => Form::Compared(how, boxed(types, *a), boxed(types, *b)),
        Form::Between(x, low, high) => {
            Form::Between(boxed(types, *x), boxed(types, *low), boxed(types, *high))
        }
        Form::In(x, list) => Form::In(boxed(types, *x), all(types, list)),
        Form::Is(x, kind) => Form::Is(boxed(types, *x), kind),
        Form::Not(x) => Form::Not(boxed(types, *x)),
        Form::And(parts) => Form::And(all(types, parts)),
        Form::Or(parts) => Form::Or(all(types, parts)),
        Form::Case(arms, otherwise) => Form::Case(
            arms.into_iter()
                .map(|(test, answer)| (settled(types, test), settled(types, answer)))
                .collect(),
            boxed(types, *otherwise),
        ),
        Form::Call(called) => Form::Call(call(types, called)),
    }
}

fn call(types: &Types, call: Call<crate::check::types::Ty>) -> Call {
    match call {
        Call::Least(parts) => Call::Least(all(types, parts)),
        Call::Greatest(parts) => Call::Greatest(all(types, parts)),
        Call::Clamp { x, low, high } => Call::Clamp {
            x: boxed(types, *x),
            low: boxed(types, *low),
            high: boxed(types, *high),
        },
        Call::Abs(x) => Call::Abs(boxed(types, *x)),
        Call::Round { x, to, mode } => Call::Round {
            x: boxed(types, *x),
            to: boxed(types, *to),
            mode,
        },
        Call::Coalesce(parts) => Call::Coalesce(all(types, parts)),
        Call::Otherwise(x, y) => Call::Otherwise(boxed(types, *x), boxed(types, *y)),
        Call::Weighted(parts) => Call::Weighted(
            parts
                .into_iter()
                .map(|(part, weight)| (settled(types, part), weight))
                .collect(),
        ),
        Call::DaysBetween(a, b) => Call::DaysBetween(boxed(types, *a), boxed(types, *b)),
        Call::MonthsBetween(a, b) => Call::MonthsBetween(boxed(types, *a), boxed(types, *b)),
        Call::Asked(elsewhere, x) => Call::Asked(place(types, elsewhere), boxed(types, *x)),
        Call::FoldedBy(fold, x, unit) => Call::FoldedBy(fold, boxed(types, *x), unit),
        Call::Ever(x) => Call::Ever(boxed(types, *x)),
        Call::Running { x, in_order } => Call::Running {
            x: boxed(types, *x),
            in_order: maybe(types, in_order),
        },
        Call::Table(id, arguments) => Call::Table(id, all(types, arguments)),
        Call::Keyed(x, key) => Call::Keyed(boxed(types, *x), boxed(types, *key)),
        Call::FoldedKeys(fold, x) => Call::FoldedKeys(fold, boxed(types, *x)),
        Call::Total { x, filter } => Call::Total {
            x: boxed(types, *x),
            filter: maybe(types, filter),
        },
        Call::Team(x) => Call::Team(boxed(types, *x)),
        Call::Rank { x, within, filter } => Call::Rank {
            x: boxed(types, *x),
            within: maybe(types, within),
            filter: maybe(types, filter),
        },
        Call::Allocate(allocation) => Call::Allocate(Box::new(Allocation {
            total: settled(types, allocation.total),
            by: settled(types, allocation.by),
            to: allocation.to.map(|to| settled(types, to)),
            rest: allocation.rest,
            within: allocation.within.map(|within| settled(types, within)),
            filter: allocation.filter.map(|filter| settled(types, filter)),
            rows: allocation.rows,
        })),
        Call::Of(partner, x) => Call::Of(boxed(types, *partner), boxed(types, *x)),
        Call::Convert(conversion) => Call::Convert(Box::new(Conversion {
            x: settled(types, conversion.x),
            from: conversion.from,
            into: conversion.into,
            rate: match conversion.rate {
                RateKind::On(date) => RateKind::On(settled(types, date)),
                RateKind::MonthAverage => RateKind::MonthAverage,
                RateKind::Plan => RateKind::Plan,
            },
        })),
    }
}

fn place(types: &Types, elsewhere: Elsewhere<crate::check::types::Ty>) -> Elsewhere {
    match elsewhere {
        Elsewhere::Previous(back, first) => Elsewhere::Previous(back, maybe(types, first)),
        Elsewhere::PreviousYear => Elsewhere::PreviousYear,
        Elsewhere::YearToDate => Elsewhere::YearToDate,
        Elsewhere::SinceStart => Elsewhere::SinceStart,
        Elsewhere::Trailing(long) => Elsewhere::Trailing(long),
        Elsewhere::Full => Elsewhere::Full,
        Elsewhere::ToDate => Elsewhere::ToDate,
    }
}
