//! What the evaluator relies on in a tree, held once more for one that was put together from two.

use std::collections::BTreeSet;

use crate::check::{constant, divides};
use crate::diff::names::List;
use crate::diff::uses::{mentioned, of_target};
use crate::tree::walk::{formulas_of_table, held_by, parts};
use crate::tree::{BoundKind, Call, ComponentId, Elsewhere, Expr, Form, LimitId, Plan, Reference};

/// Whether the evaluator may follow the plan.
pub(super) fn holds(plan: &Plan) -> bool {
    let windows = plan
        .components
        .iter()
        .all(|component| divides(component.every, component.over, &plan.calendar));
    windows && limits_hold(plan) && bounds_rise(plan) && !reaches_itself(plan)
}

fn limits_hold(plan: &Plan) -> bool {
    let ids = (0u16..).take(plan.limits.len()).map(LimitId);
    let sets: Vec<BTreeSet<ComponentId>> = ids.map(|limit| held_by(&plan.limits, limit)).collect();
    let nest = sets.iter().enumerate().all(|(at, one)| {
        let later = sets.iter().skip(at + 1);
        later
            .into_iter()
            .all(|other| one.is_disjoint(other) || one.is_subset(other) || other.is_subset(one))
    });
    let fit = plan.limits.iter().zip(&sets).all(|(limit, held)| {
        held.iter()
            .all(|id| divides(plan[*id].over, limit.over, &plan.calendar))
    });
    nest && fit
}

fn bounds_rise(plan: &Plan) -> bool {
    plan.tables
        .iter()
        .flat_map(|table| &table.axes)
        .all(|axis| {
            let figures: Vec<_> = axis
                .bounds
                .iter()
                .filter_map(|bound| match &bound.is {
                    BoundKind::From(formula)
                    | BoundKind::Above(formula)
                    | BoundKind::At(formula) => constant::of_expr(formula),
                    BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => None,
                })
                .collect();
            figures.is_sorted_by(|lower, upper| lower < upper)
        })
}

/// Whether a name reaches itself otherwise than through `previous` with a first answer.
fn reaches_itself(plan: &Plan) -> bool {
    type Thing = (List, usize);
    fn now(expr: &Expr, found: &mut BTreeSet<Thing>) {
        if let Form::Call(Call::Asked(Elsewhere::Previous(_, Some(first)), _)) = &expr.form {
            now(first, found);
            return;
        }
        if let Form::Call(Call::Ever(x)) = &expr.form {
            return now(x, found);
        }
        let mut own = BTreeSet::new();
        let alone = Expr {
            form: match &expr.form {
                Form::Name(name) => Form::Name(*name),
                Form::Call(Call::Table(id, _)) => Form::Call(Call::Table(*id, Vec::new())),
                _ => Form::And(Vec::new()),
            },
            of: expr.of,
            span: expr.span,
        };
        mentioned(&alone, &mut own);
        found.extend(own);
        for part in parts(expr) {
            now(part, found);
        }
    }
    let asks = |(list, at): Thing| -> BTreeSet<Thing> {
        let mut found = BTreeSet::new();
        let mut all = |formulas: Vec<&Expr>| {
            for formula in formulas {
                now(formula, &mut found);
            }
        };
        match list {
            List::Kinds => {}
            List::Terms => all(plan.terms[at].agreed.iter().collect()),
            List::Measures => {
                let measure = &plan.measures[at];
                all(measure
                    .of
                    .iter()
                    .chain(&measure.filter)
                    .chain(&measure.by)
                    .collect());
            }
            List::Values => all(vec![&plan.values[at].formula]),
            List::Tables => all(formulas_of_table(&plan.tables[at])),
            List::Components => {
                let component = &plan.components[at];
                let once = component.applies.iter().chain(&component.gate);
                let bounds = component.at_least.iter().chain(&component.at_most);
                let filter = component
                    .each
                    .iter()
                    .filter_map(|each| each.filter.as_ref());
                all(once
                    .chain(bounds)
                    .chain(filter)
                    .chain([&component.pays])
                    .collect());
            }
            List::Limits => {
                let limit = &plan.limits[at];
                all(limit.at_most.iter().chain(&limit.at_least).collect());
                for on in &limit.on {
                    match on {
                        Reference::Component(id) => {
                            found.insert((List::Components, id.index()));
                        }
                        Reference::Limit(id) => {
                            found.insert((List::Limits, id.index()));
                        }
                        Reference::Term(_)
                        | Reference::Measure(_)
                        | Reference::Value(_)
                        | Reference::Table(_) => {}
                    }
                }
            }
        }
        // What is changed while something is on asks for what it then comes to; when it is on is asked as agreed.
        for trigger in plan.triggers() {
            for change in plan.changes(trigger) {
                if of_target(change.target) == (list, at) {
                    now(&change.to, &mut found);
                    for bound in change.lowest.iter().chain(&change.highest) {
                        now(bound, &mut found);
                    }
                }
            }
        }
        found
    };
    let mut done: BTreeSet<Thing> = BTreeSet::new();
    let mut on_the_way: BTreeSet<Thing> = BTreeSet::new();
    for list in List::ALL {
        for at in 0..list.names(plan).len() {
            let mut open = vec![((list, at), false)];
            while let Some((thing, is_left)) = open.pop() {
                if is_left {
                    on_the_way.remove(&thing);
                    done.insert(thing);
                    continue;
                }
                if done.contains(&thing) {
                    continue;
                }
                if !on_the_way.insert(thing) {
                    return true;
                }
                open.push((thing, true));
                for next in asks(thing) {
                    if on_the_way.contains(&next) {
                        return true;
                    }
                    open.push((next, false));
                }
            }
        }
    }
    false
}
