//! A thing taken out of a plan that nothing asks for: what stands behind it goes by its new position.

use std::collections::BTreeSet;

use crate::diff::names::List;
use crate::diff::uses::{mentioned, of_target};
use crate::tree::walk::{formulas_of_governance_mut, formulas_of_table_mut, parts_mut};
use crate::tree::{ComponentId, Expr, Form, LimitId, Name, Plan, Reference, Target};

/// Takes a component or limit out; nothing where something asks for it, or changes it.
pub(super) fn remove(plan: &mut Plan, list: List, at: usize) -> Option<()> {
    let id = u16::try_from(at).ok()?;
    let thing = (list, at);
    let mut asked = BTreeSet::new();
    for_each_formula(plan, &mut |formula| mentioned(formula, &mut asked));
    let is_changed = plan
        .triggers()
        .flat_map(|trigger| plan.changes(trigger))
        .any(|change| of_target(change.target) == thing);
    if asked.contains(&thing) || is_changed {
        return None;
    }
    retarget(plan, list, id);
    match list {
        List::Components => {
            plan.components.remove(at);
            for limit in &mut plan.limits {
                limit
                    .on
                    .retain(|on| *on != Reference::Component(ComponentId(id)));
                if limit.on.is_empty() {
                    return None;
                }
                for on in &mut limit.on {
                    if let Reference::Component(ComponentId(other)) = on
                        && *other > id
                    {
                        *other -= 1;
                    }
                }
            }
            for component in &mut plan.components {
                component.stacks_with.retain(|other| other.0 != id);
                for other in &mut component.stacks_with {
                    if other.0 > id {
                        other.0 -= 1;
                    }
                }
            }
            for objective in &mut plan.objectives {
                objective
                    .by
                    .retain(|by| *by != Reference::Component(ComponentId(id)));
                for by in &mut objective.by {
                    if let Reference::Component(ComponentId(other)) = by
                        && *other > id
                    {
                        *other -= 1;
                    }
                }
            }
            for_each_formula(plan, &mut |formula| {
                each_name(formula, &mut |name| {
                    if let Name::Component(ComponentId(other)) = name
                        && *other > id
                    {
                        *other -= 1;
                    }
                });
            });
            Some(())
        }
        List::Limits => {
            plan.limits.remove(at);
            let lists = plan.limits.iter_mut().map(|limit| &mut limit.on).chain(
                plan.objectives
                    .iter_mut()
                    .map(|objective| &mut objective.by),
            );
            for list in lists {
                list.retain(|on| *on != Reference::Limit(LimitId(id)));
                for on in list {
                    if let Reference::Limit(LimitId(other)) = on
                        && *other > id
                    {
                        *other -= 1;
                    }
                }
            }
            for_each_formula(plan, &mut |formula| {
                each_name(formula, &mut |name| {
                    if let Name::Limit(LimitId(other)) = name
                        && *other > id
                    {
                        *other -= 1;
                    }
                });
            });
            Some(())
        }
        List::Kinds | List::Terms | List::Measures | List::Values | List::Tables => None,
    }
}

/// Lets changes beforehand name what stands behind a thing that goes by its new position.
fn retarget(plan: &mut Plan, list: List, id: u16) {
    let contingencies = plan.contingencies.iter_mut().map(|own| &mut own.changes);
    let guardrails = plan.guardrails.iter_mut().map(|own| &mut own.changes);
    for change in contingencies.chain(guardrails).flatten() {
        match (&mut change.target, list) {
            (Target::Component(ComponentId(at), _), List::Components)
            | (Target::Limit(LimitId(at), _), List::Limits)
                if *at > id =>
            {
                *at -= 1;
            }
            (Target::Term(_) | Target::Value(_) | Target::Component(..) | Target::Limit(..), _) => {
            }
        }
    }
}

fn each_name(expr: &mut Expr, with: &mut dyn FnMut(&mut Name)) {
    if let Form::Name(name) = &mut expr.form {
        with(name);
    }
    for part in parts_mut(expr) {
        each_name(part, with);
    }
}

/// Every formula of a plan, those of governance too.
fn for_each_formula(plan: &mut Plan, with: &mut dyn FnMut(&mut Expr)) {
    for term in &mut plan.terms {
        term.agreed.iter_mut().for_each(&mut *with);
    }
    for measure in &mut plan.measures {
        let own = measure.of.iter_mut().chain(&mut measure.filter);
        own.chain(&mut measure.by).for_each(&mut *with);
    }
    for value in &mut plan.values {
        with(&mut value.formula);
    }
    for table in &mut plan.tables {
        for formula in formulas_of_table_mut(table) {
            with(formula);
        }
    }
    for component in &mut plan.components {
        let once = component
            .applies
            .iter_mut()
            .chain(&mut component.gate)
            .chain(&mut component.at_least)
            .chain(&mut component.at_most);
        once.for_each(&mut *with);
        with(&mut component.pays);
        let filter = component.each.iter_mut().flat_map(|each| &mut each.filter);
        filter.for_each(&mut *with);
        let conditions = component
            .paid
            .iter_mut()
            .flat_map(|line| &mut line.condition);
        conditions.for_each(&mut *with);
    }
    for limit in &mut plan.limits {
        let bounds = limit.at_most.iter_mut().chain(&mut limit.at_least);
        bounds.for_each(&mut *with);
    }
    for formula in formulas_of_governance_mut(plan) {
        with(formula);
    }
    for block in &mut plan.governance {
        for (_, formula) in &mut block.formulas {
            with(formula);
        }
    }
}
