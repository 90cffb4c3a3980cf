//! What an agreement leaves open is assumed, and named as assumed: figures that rise in the order of the terms, so that
//! bounds made of them rise too.

use trueup_base::date::add_days;
use trueup_base::exact::Exact;
use trueup_engine::world::{Cell, Partner};
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{
    AttributeId, BoundKind, Call, Comparison, Expr, Form, Literal, Name, Plan, TermId, Text, Type,
    Unit,
};

/// Fills what an agreement leaves open; the names of what was assumed.
pub(crate) fn assume(plan: &Plan, partner: &mut Partner) -> Vec<String> {
    let mut assumed = Vec::new();
    let mut numbers = 0i64;
    let starts = partner.agreement.starts;
    for (term, at) in plan.terms.iter().zip(0u16..) {
        if !term.declared || term.agreed.is_some() {
            continue;
        }
        let is_open = match partner.agreement.terms.get(usize::from(at)) {
            Some(Some(cell)) => *cell == Cell::Empty,
            Some(None) | None => true,
        };
        let has_periods = partner
            .agreement
            .stated
            .keys()
            .any(|(stated, _)| *stated == TermId(at));
        if !is_open || has_periods {
            continue;
        }
        let cell = match term.of {
            Type::Number(unit) => {
                numbers += 1;
                Cell::Number(number(unit, numbers))
            }
            Type::Date => Cell::Date(add_days(starts, 180).unwrap_or(starts)),
            Type::Flag => Cell::Flag(true),
            Type::Text => Cell::Text(
                texts_of(plan, Name::Term(TermId(at)))
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "some".into()),
            ),
            Type::Partner => Cell::Partner(partner.id.clone()),
            Type::Duration => Cell::Empty,
        };
        if let Some(slot) = partner.agreement.terms.get_mut(usize::from(at)) {
            *slot = Some(cell);
            assumed.push(term.name.to_string());
        }
    }
    for (attribute, at) in plan.attributes.iter().zip(0u16..) {
        let slot = match partner.attributes.get_mut(usize::from(at)) {
            Some(slot) => slot,
            None => {
                partner.attributes.push(Cell::Empty);
                match partner.attributes.last_mut() {
                    Some(slot) => slot,
                    None => continue,
                }
            }
        };
        if *slot != Cell::Empty || ["starts", "ends"].contains(&&*attribute.name) {
            continue;
        }
        *slot = match attribute.of {
            Type::Number(unit) => Cell::Number(number(unit, 1)),
            Type::Date => Cell::Date(starts),
            Type::Flag => Cell::Flag(true),
            Type::Text => Cell::Text(
                texts_of(plan, Name::Attribute(AttributeId(at)))
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "some".into()),
            ),
            Type::Partner => Cell::Partner(partner.id.clone()),
            Type::Duration => Cell::Empty,
        };
        assumed.push(format!("partner.{}", attribute.name));
    }
    assumed
}

/// A figure for a unit: round, not small, and larger for every further one.
fn number(unit: Unit, nth: i64) -> Exact {
    match unit {
        Unit::MONEY => Exact::from_int(100_000 * nth),
        Unit::COUNT => Exact::from_int(100 * nth),
        Unit::SCORE => Exact::from_int(3 + nth.min(6)),
        Unit::RATIO => Exact::ratio(nth.min(20), 20).unwrap_or(Exact::ONE),
        _ => Exact::from_int(10 * nth),
    }
}

/// The texts a name is compared with anywhere in a plan, in the order written.
pub(crate) fn texts_of(plan: &Plan, name: Name) -> Vec<Text> {
    let mut found = Vec::new();
    for formula in formulas(plan) {
        compared_in(plan, formula, name, &mut found);
    }
    found
}

fn compared_in(plan: &Plan, formula: &Expr, name: Name, found: &mut Vec<Text>) {
    let is_name = |expr: &Expr| matches!(&expr.form, Form::Name(it) if *it == name);
    let mut take = |expr: &Expr| {
        if let Form::Literal(Literal::Text(text)) = &expr.form
            && !found.contains(text)
        {
            found.push(text.clone());
        }
    };
    match &formula.form {
        Form::Compared(Comparison::Equal | Comparison::NotEqual, left, right) => {
            if is_name(left) {
                take(right);
            }
            if is_name(right) {
                take(left);
            }
        }
        Form::In(x, list) if is_name(x) => list.iter().for_each(take),
        Form::Call(Call::Table(id, arguments)) => {
            for (argument, axis) in arguments.iter().zip(&plan[*id].axes) {
                if is_name(argument) {
                    for bound in &axis.bounds {
                        if let BoundKind::Equals(key) = &bound.is {
                            take(key);
                        }
                    }
                }
            }
        }
        _ => {}
    }
    for part in parts(formula) {
        compared_in(plan, part, name, found);
    }
}
