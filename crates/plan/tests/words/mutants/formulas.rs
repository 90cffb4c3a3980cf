//! Changes of formulas: what each part of one could be instead.

use trueup_base::date::{Duration, add_days};
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_base::share::Rest;
use trueup_plan::tree::{
    BoundKind, Call, Comparison, Elsewhere, Expr, FoldBy, Form, Literal, Name, NoAnswerKind,
    Operator, Plan, RateKind, Reading, Type, Unit, WindowPart,
};

use super::{Mutants, more, other_text, other_units};

impl Mutants<'_> {
    /// Changes of every part of every formula.
    pub(super) fn formulas(&mut self) {
        let mut count = 0;
        let mut plan = self.plan.clone();
        each_part(&mut plan, &mut |_, _| count += 1);
        for site in 0..count {
            let mut changes = Vec::new();
            let mut at = 0;
            each_part(&mut plan, &mut |expr, in_table| {
                if at == site {
                    changes = changed(expr, self.plan, in_table);
                }
                at += 1;
            });
            for (what, change) in changes {
                self.push(format!("{what}, part {site}"), |plan| {
                    let mut at = 0;
                    let mut change = Some(change);
                    each_part(plan, &mut |expr, _| {
                        if at == site
                            && let Some(change) = change.take()
                        {
                            *expr = change;
                        }
                        at += 1;
                    });
                });
            }
        }
    }
}

/// Every part of every formula, its whole first,
/// and whether it stands in a table.
fn each_part(plan: &mut Plan, visit: &mut dyn FnMut(&mut Expr, bool)) {
    for (formula, in_table) in formulas(plan) {
        walk(formula, in_table, visit);
    }
}

fn walk(expr: &mut Expr, in_table: bool, visit: &mut dyn FnMut(&mut Expr, bool)) {
    visit(expr, in_table);
    for part in parts(expr) {
        walk(part, in_table, visit);
    }
}

fn formulas(plan: &mut Plan) -> Vec<(&mut Expr, bool)> {
    let mut found: Vec<&mut Expr> = Vec::new();
    let mut in_tables: Vec<&mut Expr> = Vec::new();
    found.extend(
        plan.terms
            .iter_mut()
            .filter_map(|term| term.agreed.as_mut()),
    );
    for measure in &mut plan.measures {
        found.extend(
            measure
                .of
                .iter_mut()
                .chain(&mut measure.filter)
                .chain(&mut measure.by),
        );
    }
    found.extend(plan.values.iter_mut().map(|value| &mut value.formula));
    for table in &mut plan.tables {
        match &mut table.reading {
            Reading::EachBand(formula) | Reading::OneBand(formula) => in_tables.push(formula),
            Reading::Line(_) => {}
        }
        for bound in table.axes.iter_mut().flat_map(|axis| &mut axis.bounds) {
            match &mut bound.is {
                BoundKind::From(x)
                | BoundKind::Above(x)
                | BoundKind::At(x)
                | BoundKind::Equals(x) => {
                    in_tables.push(x);
                }
                BoundKind::Lowest | BoundKind::Otherwise => {}
            }
        }
        in_tables.extend(&mut table.cells);
    }
    for component in &mut plan.components {
        found.push(&mut component.pays);
        found.extend(
            component
                .each
                .iter_mut()
                .filter_map(|each| each.filter.as_mut()),
        );
        let once = [
            &mut component.applies,
            &mut component.gate,
            &mut component.at_least,
            &mut component.at_most,
        ];
        found.extend(once.into_iter().flatten());
        found.extend(
            component
                .paid
                .iter_mut()
                .filter_map(|line| line.condition.as_mut()),
        );
    }
    for limit in &mut plan.limits {
        found.extend(limit.at_least.iter_mut().chain(&mut limit.at_most));
    }
    let contingencies = plan
        .contingencies
        .iter_mut()
        .map(|one| (&mut one.when, &mut one.changes));
    let guardrails = plan
        .guardrails
        .iter_mut()
        .map(|one| (&mut one.when, &mut one.changes));
    for (when, changes) in contingencies.chain(guardrails) {
        found.push(when);
        for change in changes {
            found.push(&mut change.to);
            found.extend(change.lowest.iter_mut().chain(&mut change.highest));
        }
    }
    for fund in &mut plan.funds {
        found.push(&mut fund.accrues);
        found.extend(&mut fund.reimburses);
        if let Some(claims) = &mut fund.claims {
            found.push(&mut claims.of);
            found.extend(&mut claims.filter);
        }
    }
    for block in &mut plan.governance {
        // Of these what is evaluated is said, and not how it is written.
        if !matches!(&*block.block, "contingencies" | "guardrails" | "funds") {
            found.extend(block.formulas.iter_mut().map(|(_, formula)| formula));
        }
    }
    let tables = in_tables.into_iter().map(|formula| (formula, true));
    found
        .into_iter()
        .map(|formula| (formula, false))
        .chain(tables)
        .collect()
}

/// The formulas directly inside a formula.
pub fn parts(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut expr.form {
        Form::Literal(_) | Form::Name(_) => Vec::new(),
        Form::Negated(x) | Form::Not(x) | Form::Is(x, _) => vec![x],
        Form::Arithmetic(_, a, b) | Form::Compared(_, a, b) => vec![a, b],
        Form::Between(x, low, high) => vec![x, low, high],
        Form::In(x, list) => std::iter::once(&mut **x).chain(list).collect(),
        Form::And(parts) | Form::Or(parts) => parts.iter_mut().collect(),
        Form::Case(arms, otherwise) => {
            let mut found: Vec<&mut Expr> = arms
                .iter_mut()
                .flat_map(|(test, answer)| [test, answer])
                .collect();
            found.push(otherwise);
            found
        }
        Form::Call(call) => match call {
            Call::Least(of) | Call::Greatest(of) | Call::Coalesce(of) | Call::Table(_, of) => {
                of.iter_mut().collect()
            }
            Call::Clamp { x, low, high } => vec![x, low, high],
            Call::Abs(x)
            | Call::Ever(x)
            | Call::Team(x)
            | Call::FoldedBy(_, x, _)
            | Call::FoldedKeys(_, x) => vec![x],
            Call::Round { x, to, .. } => vec![x, to],
            Call::Otherwise(a, b)
            | Call::DaysBetween(a, b)
            | Call::MonthsBetween(a, b)
            | Call::Keyed(a, b)
            | Call::Of(a, b) => vec![a, b],
            Call::Weighted(of) => of.iter_mut().map(|(x, _)| x).collect(),
            Call::Asked(elsewhere, x) => {
                let mut found = vec![&mut **x];
                if let Elsewhere::Previous(_, Some(first)) = elsewhere {
                    found.push(first);
                }
                found
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
            Call::Allocate(share) => [&mut share.total, &mut share.by]
                .into_iter()
                .chain(&mut share.to)
                .chain(&mut share.within)
                .chain(&mut share.filter)
                .collect(),
            Call::Convert(conversion) => {
                let mut found = vec![&mut conversion.x];
                if let RateKind::On(day) = &mut conversion.rate {
                    found.push(day);
                }
                found
            }
        },
    }
}

/// What one part of a formula could be instead.
fn changed(expr: &Expr, plan: &Plan, in_table: bool) -> Vec<(String, Expr)> {
    let mut found: Vec<(String, Form)> = Vec::new();
    let mut push = |what: &str, form: Form| found.push((what.to_owned(), form));
    match &expr.form {
        Form::Literal(literal) => match literal {
            Literal::Number(number) => {
                push(
                    "a little more",
                    Form::Literal(Literal::Number(more(number))),
                );
                push(
                    "ten times",
                    Form::Literal(Literal::Number(number * &Exact::from_int(10))),
                );
                push(
                    "less",
                    Form::Literal(Literal::Number(number - &Exact::from_int(1_000))),
                );
            }
            Literal::Text(text) => {
                push("other text", Form::Literal(Literal::Text(other_text(text))))
            }
            Literal::Date(day) => {
                push(
                    "next day",
                    Form::Literal(Literal::Date(add_days(*day, 1).unwrap())),
                );
            }
            Literal::Duration(length) => push(
                "a day more",
                Form::Literal(Literal::Duration(Duration {
                    days: length.days + 1,
                    ..*length
                })),
            ),
            Literal::Flag(flag) => push("the contrary", Form::Literal(Literal::Flag(!flag))),
            Literal::Missing => {}
        },
        Form::Name(name) => {
            for other in other_names(*name, plan) {
                push("another name", Form::Name(other));
            }
        }
        Form::Negated(x) => push("without minus", x.form.clone()),
        Form::Arithmetic(operator, a, b) => {
            for other in [
                Operator::Plus,
                Operator::Minus,
                Operator::Times,
                Operator::Over,
            ] {
                if other != *operator {
                    push(
                        "another operator",
                        Form::Arithmetic(other, a.clone(), b.clone()),
                    );
                }
            }
            if a != b {
                push("swapped", Form::Arithmetic(*operator, b.clone(), a.clone()));
            }
        }
        Form::Compared(how, a, b) => {
            let all = [
                Comparison::Equal,
                Comparison::NotEqual,
                Comparison::Less,
                Comparison::AtMost,
                Comparison::More,
                Comparison::AtLeast,
            ];
            for other in all {
                if other != *how {
                    push(
                        "another comparison",
                        Form::Compared(other, a.clone(), b.clone()),
                    );
                }
            }
        }
        Form::Between(x, low, high) => {
            push(
                "swapped ends",
                Form::Between(x.clone(), high.clone(), low.clone()),
            );
            push("negated", Form::Not(Box::new(expr.clone())));
        }
        Form::In(x, list) => {
            push(
                "fewer",
                Form::In(x.clone(), list.iter().skip(1).cloned().collect()),
            );
            push("negated", Form::Not(Box::new(expr.clone())));
        }
        Form::Is(x, kind) => {
            let other = match kind {
                NoAnswerKind::Missing => NoAnswerKind::Undefined,
                NoAnswerKind::Undefined => NoAnswerKind::Missing,
            };
            push("the other kind", Form::Is(x.clone(), other));
            push("negated", Form::Not(Box::new(expr.clone())));
        }
        Form::Not(x) => push("without not", x.form.clone()),
        Form::And(parts) => {
            push("or", Form::Or(parts.clone()));
            push("fewer", Form::And(parts.iter().skip(1).cloned().collect()));
        }
        Form::Or(parts) => {
            push("and", Form::And(parts.clone()));
            push("fewer", Form::Or(parts.iter().skip(1).cloned().collect()));
        }
        Form::Case(arms, otherwise) => {
            let mut swapped = arms.clone();
            let mut other = (**otherwise).clone();
            std::mem::swap(&mut swapped[0].1, &mut other);
            if arms[0].1.form != otherwise.form {
                push("swapped answers", Form::Case(swapped, Box::new(other)));
            }
            push(
                "one arm fewer",
                Form::Case(arms.iter().skip(1).cloned().collect(), otherwise.clone()),
            );
            push("always the last", otherwise.form.clone());
        }
        Form::Call(call) => {
            for other in other_calls(call, plan) {
                push("another function", Form::Call(other));
            }
        }
    }
    let shape = shape(&expr.form);
    let mut found: Vec<(String, Expr)> = found
        .into_iter()
        .filter(|(_, form)| !is_empty(form))
        .map(|(what, form)| {
            let what = format!("{shape}: {what}");
            let part = Expr {
                form,
                ..expr.clone()
            };
            (what, part)
        })
        .collect();
    // A table's column has one unit for all its figures; nothing makes two of them.
    if let (Form::Literal(Literal::Number(_)), Type::Number(unit)) = (&expr.form, expr.of)
        && !in_table
    {
        let other = Unit {
            count: unit.count + 1,
            ..unit
        };
        let part = Expr {
            of: Type::Number(other),
            ..expr.clone()
        };
        found.push(("another unit".to_owned(), part));
    }
    found
}

/// What a form is called in the tree: `Compared`, `Call Least`.
fn shape(form: &Form) -> String {
    let text = format!("{form:?}");
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    match (words.next(), words.next()) {
        (Some("Call"), Some(call)) => format!("Call {call}"),
        (Some(first), _) => first.to_owned(),
        (None, _) => text.clone(),
    }
}

/// A form the parser makes of nothing.
fn is_empty(form: &Form) -> bool {
    match form {
        Form::And(parts) | Form::Or(parts) => parts.len() < 2,
        Form::In(_, list) => list.is_empty(),
        Form::Case(arms, _) => arms.is_empty(),
        Form::Call(Call::Least(of) | Call::Greatest(of) | Call::Coalesce(of)) => of.len() < 2,
        _ => false,
    }
}

fn other_names(name: Name, plan: &Plan) -> Vec<Name> {
    fn next(id: u16, count: usize) -> u16 {
        (id + 1) % u16::try_from(count.max(1)).unwrap()
    }
    let mut others = match name {
        Name::Column(kind, mut column) => {
            column.0 = next(column.0, plan[kind].columns.len());
            vec![Name::Column(kind, column)]
        }
        Name::Followed(kind, column, mut attribute) => {
            attribute.0 = next(attribute.0, plan.attributes.len());
            vec![
                Name::Followed(kind, column, attribute),
                Name::Column(kind, column),
            ]
        }
        Name::Term(mut id) => {
            id.0 = next(id.0, plan.terms.len());
            vec![Name::Term(id)]
        }
        Name::Measure(mut id) => {
            id.0 = next(id.0, plan.measures.len());
            vec![Name::Measure(id)]
        }
        Name::Value(mut id) => {
            id.0 = next(id.0, plan.values.len());
            vec![Name::Value(id)]
        }
        Name::Component(mut id) => {
            id.0 = next(id.0, plan.components.len());
            vec![Name::Component(id)]
        }
        Name::Limit(mut id) => {
            id.0 = next(id.0, plan.limits.len());
            vec![Name::Limit(id)]
        }
        Name::Attribute(mut id) => {
            id.0 = next(id.0, plan.attributes.len());
            vec![Name::Attribute(id)]
        }
        Name::Window(part) => {
            let all = [
                WindowPart::Starts,
                WindowPart::Ends,
                WindowPart::Last,
                WindowPart::Days,
                WindowPart::FullDays,
                WindowPart::Final,
            ];
            all.into_iter()
                .filter(|other| *other != part)
                .map(Name::Window)
                .collect()
        }
        Name::Lower | Name::Upper | Name::Width | Name::Slice => {
            vec![
                Name::Lower,
                Name::Upper,
                Name::Width,
                Name::Slice,
                Name::Argument(0),
            ]
        }
        Name::Argument(_) | Name::BandColumn(_) => vec![Name::Lower, Name::Slice],
        Name::Was => vec![Name::Agreed],
        Name::Agreed => vec![Name::Was],
        Name::Key(kind, column) => vec![Name::Column(kind, column)],
        Name::Partner | Name::CreditLevel | Name::Filled => Vec::new(),
    };
    others.retain(|other| *other != name);
    others
}

fn other_calls(call: &Call, plan: &Plan) -> Vec<Call> {
    let folds = [FoldBy::Sum, FoldBy::Min, FoldBy::Max];
    let mut others: Vec<Call> = match call {
        Call::Least(of) => vec![
            Call::Greatest(of.clone()),
            Call::Least(of.iter().rev().cloned().collect()),
        ],
        Call::Greatest(of) => vec![
            Call::Least(of.clone()),
            Call::Greatest(of.iter().skip(1).cloned().collect()),
        ],
        Call::Clamp { x, low, high } => vec![Call::Clamp {
            x: x.clone(),
            low: high.clone(),
            high: low.clone(),
        }],
        Call::Abs(_) => Vec::new(),
        Call::Round { x, to, mode } => Rounding::ALL
            .into_iter()
            .filter(|other| other != mode)
            .map(|mode| Call::Round {
                x: x.clone(),
                to: to.clone(),
                mode,
            })
            .collect(),
        Call::Coalesce(of) => match of.as_slice() {
            [a, b] => vec![Call::Otherwise(Box::new(a.clone()), Box::new(b.clone()))],
            of => vec![Call::Coalesce(of.iter().skip(1).cloned().collect())],
        },
        Call::Otherwise(a, b) => vec![
            Call::Coalesce(vec![(**a).clone(), (**b).clone()]),
            Call::Otherwise(b.clone(), a.clone()),
        ],
        Call::Weighted(of) => {
            let mut other = of.clone();
            other[0].1 = more(&other[0].1);
            vec![Call::Weighted(other)]
        }
        Call::DaysBetween(a, b) => vec![
            Call::MonthsBetween(a.clone(), b.clone()),
            Call::DaysBetween(b.clone(), a.clone()),
        ],
        Call::MonthsBetween(a, b) => vec![
            Call::DaysBetween(a.clone(), b.clone()),
            Call::MonthsBetween(b.clone(), a.clone()),
        ],
        Call::Asked(elsewhere, x) => other_windows(elsewhere)
            .into_iter()
            .map(|other| Call::Asked(other, x.clone()))
            .collect(),
        Call::FoldedBy(fold, x, unit) => folds
            .into_iter()
            .map(|fold| Call::FoldedBy(fold, x.clone(), *unit))
            .chain(other_units(*unit).map(|unit| Call::FoldedBy(*fold, x.clone(), unit)))
            .collect(),
        Call::Ever(_) | Call::Team(_) => Vec::new(),
        Call::Running { x, in_order } => match in_order {
            Some(_) => vec![Call::Running {
                x: x.clone(),
                in_order: None,
            }],
            None => vec![Call::Running {
                x: x.clone(),
                in_order: Some(x.clone()),
            }],
        },
        Call::Table(id, of) => {
            let mut other = *id;
            other.0 = (id.0 + 1) % u16::try_from(plan.tables.len()).unwrap();
            vec![Call::Table(other, of.clone())]
        }
        Call::Keyed(..) => Vec::new(),
        Call::FoldedKeys(_, x) => folds
            .into_iter()
            .map(|fold| Call::FoldedKeys(fold, x.clone()))
            .collect(),
        Call::Total { x, .. } => vec![
            Call::Total {
                x: x.clone(),
                filter: None,
            },
            Call::Team(x.clone()),
        ],
        Call::Rank { x, within, filter } => vec![
            Call::Rank {
                x: x.clone(),
                within: None,
                filter: filter.clone(),
            },
            Call::Rank {
                x: x.clone(),
                within: within.clone(),
                filter: None,
            },
        ],
        Call::Allocate(share) => {
            let mut all = Vec::new();
            if share.to.is_some() {
                for rest in [Rest::Largest, Rest::InOrder, Rest::Stays] {
                    let mut other = share.clone();
                    other.rest = rest;
                    all.push(Call::Allocate(other));
                }
            }
            let mut swapped = share.clone();
            std::mem::swap(&mut swapped.total, &mut swapped.by);
            all.push(Call::Allocate(swapped));
            for drops in [0, 1, 2] {
                let mut other = share.clone();
                match drops {
                    0 => {
                        other.to = None;
                        other.rest = Rest::Largest;
                    }
                    1 => other.within = None,
                    _ => other.filter = None,
                }
                all.push(Call::Allocate(other));
            }
            all
        }
        Call::Of(_, x) => vec![Call::Team(x.clone())],
        Call::Convert(conversion) => {
            let mut other = conversion.clone();
            std::mem::swap(&mut other.from, &mut other.into);
            let mut all = vec![Call::Convert(other)];
            for rate in [RateKind::MonthAverage, RateKind::Plan] {
                let mut other = conversion.clone();
                other.rate = rate;
                all.push(Call::Convert(other));
            }
            all
        }
    };
    others.retain(|other| other != call);
    let mut different: Vec<Call> = Vec::with_capacity(others.len());
    for other in others {
        if !different.contains(&other) {
            different.push(other);
        }
    }
    different
}

fn other_windows(elsewhere: &Elsewhere) -> Vec<Elsewhere> {
    let mut all = vec![
        Elsewhere::Previous(1, None),
        Elsewhere::Previous(2, None),
        Elsewhere::PreviousYear,
        Elsewhere::YearToDate,
        Elsewhere::SinceStart,
        Elsewhere::Trailing(Duration { months: 5, days: 0 }),
        Elsewhere::Trailing(Duration { months: 0, days: 5 }),
        Elsewhere::Full,
        Elsewhere::ToDate,
    ];
    if let Elsewhere::Previous(count, Some(first)) = elsewhere {
        all.push(Elsewhere::Previous(count + 1, Some(first.clone())));
        all.push(Elsewhere::Previous(*count, None));
    }
    all.retain(|other| other != elsewhere);
    all
}
