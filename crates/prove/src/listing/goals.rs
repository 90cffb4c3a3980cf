//! Goals without pay, and pay without a goal.
//!
//! A goal is paid for when a component, or a fund, reads a measure that the goal is shown by, or pays row by row on the
//! facts such a measure counts. A component serves a goal in the same way. One that reads no fact at all is a fixed
//! part and serves none; that is not a fault.

use std::collections::BTreeSet;

use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Grant, Objective, Plan, Reference};

use crate::listing::reads::{Reads, listed, name_at, of_components};
use crate::registry::Kind;
use crate::study::Study;

/// What goals and pay have to do with one another.
pub(crate) const KIND: Kind = Kind {
    name: "goals and pay",
    codes: &["G4", "G5", "G6", "W6"],
    what: "Goals that nothing is paid for, names of a goal that pay nothing, and components that serve no goal.",
    find,
};

/// A goal with what it is shown by.
struct Goal<'p> {
    objective: &'p Objective,
    shown_by: Vec<(&'p str, Reads)>,
}

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let strictness = study.subject.strictness;
    let components = of_components(plan);
    let goals: Vec<Goal<'_>> = plan
        .objectives
        .iter()
        .map(|objective| Goal {
            objective,
            shown_by: objective
                .by
                .iter()
                .map(|by| (called(plan, *by), Reads::of_reference(plan, *by)))
                .collect(),
        })
        .collect();
    let mut found = Vec::new();
    let mut paid = Reads::default();
    for (_, reads) in &components {
        paid.extend(reads.clone());
    }
    for fund in &plan.funds {
        paid.extend(Reads::of_formula(plan, &fund.accrues));
        // What a fund pays, it pays on claims one by one.
        paid.rows
            .extend(fund.claims.iter().map(|claims| claims.kind));
    }
    paid.components.extend(all_components(plan));
    for goal in &goals {
        unpaid(plan, goal, &paid, strictness, &mut found);
    }
    if goals.is_empty() && !components.is_empty() {
        found.extend(no_goals(plan, strictness));
    } else {
        for (component, reads) in &components {
            if reads.no_fact() {
                let message = format!(
                    "{} is a fixed part: no fact changes it, and it serves no goal of its own",
                    component.name
                );
                let place = name_at(component.span, &component.name);
                found.push(Diagnostic::note("G5", place, message));
            } else {
                found.extend(without_goal(plan, component, reads, &goals));
            }
        }
    }
    found
}

/// What a name of a goal is called.
fn called(plan: &Plan, reference: Reference) -> &str {
    match reference {
        Reference::Term(id) => &plan[id].name,
        Reference::Measure(id) => &plan[id].name,
        Reference::Value(id) => &plan[id].name,
        Reference::Table(id) => &plan[id].name,
        Reference::Component(id) => &plan[id].name,
        Reference::Limit(id) => &plan[id].name,
    }
}

fn all_components(plan: &Plan) -> impl Iterator<Item = trueup_plan::tree::ComponentId> {
    (0u16..)
        .zip(&plan.components)
        .map(|(at, _)| trueup_plan::tree::ComponentId(at))
}

/// Whether what one reads, the other reads too: a measure, or rows of the facts it counts, or a component.
fn meet(plan: &Plan, one: &Reads, other: &Reads) -> bool {
    let kinds = |reads: &Reads| -> BTreeSet<_> { reads.kinds(plan) };
    !one.measures.is_disjoint(&other.measures)
        || !one.rows.is_disjoint(&kinds(other))
        || !other.rows.is_disjoint(&kinds(one))
}

fn unpaid(
    plan: &Plan,
    goal: &Goal<'_>,
    paid: &Reads,
    strictness: Strictness,
    found: &mut Vec<Diagnostic>,
) {
    let words = &goal.objective.goal;
    if goal.shown_by.is_empty() {
        let message = format!("nothing shows whether the goal `{words}` is reached");
        let told = Diagnostic::warning("W6", goal.objective.span, message)
            .help("by: the measures or values that both sides will look at");
        found.push(Diagnostic {
            severity: match strictness {
                Strictness::Draft => Severity::Warning,
                Strictness::Signature => Severity::Error,
            },
            ..told
        });
        return;
    }
    let pays = |reads: &Reads| meet(plan, reads, paid) || !reads.components.is_empty();
    let (paying, idle): (Vec<_>, Vec<_>) = goal.shown_by.iter().partition(|(_, reads)| pays(reads));
    let names = listed(idle.iter().map(|(name, _)| *name));
    if paying.is_empty() {
        let message = format!("nothing is paid for the goal `{words}`: no component reads {names}");
        found.push(
            Diagnostic::warning("G4", goal.objective.span, message).help(
                "let a gate, a scorecard or a component of its own read it, or take the goal out",
            ),
        );
    } else if !idle.is_empty() {
        let message = format!("{names} shows the goal `{words}`, and nothing is paid by it");
        found.push(
            Diagnostic::warning("G6", goal.objective.span, message)
                .help("let something that pays read it, or take it out of `by`"),
        );
    }
}

/// A plan that names no goal at all is told once, and not for each component.
fn no_goals(plan: &Plan, strictness: Strictness) -> Vec<Diagnostic> {
    let message = format!("{} names no goal that its pay serves", plan.name);
    let place = plan
        .components
        .first()
        .map_or_else(Span::default, |first| name_at(first.span, &first.name));
    let told = match strictness {
        Strictness::Draft => Diagnostic::note("G5", place, message),
        Strictness::Signature => Diagnostic::warning("G5", place, message),
    };
    vec![told.help("objectives: [ { goal: in words, by: [the measures that show it] } ]")]
}

fn without_goal(
    plan: &Plan,
    component: &trueup_plan::tree::Component,
    reads: &Reads,
    goals: &[Goal<'_>],
) -> Option<Diagnostic> {
    // Goods and standings are how a partner gets ready, and no pay.
    if matches!(component.grants, Grant::Count | Grant::Flag) {
        return None;
    }
    let place = name_at(component.span, &component.name);
    let shown_by = || {
        goals
            .iter()
            .flat_map(|goal| goal.shown_by.iter().map(|(_, reads)| reads))
    };
    let is_named = shown_by().any(|goal| {
        goal.components
            .iter()
            .any(|id| plan[*id].name == component.name)
    });
    if is_named || shown_by().any(|goal| meet(plan, goal, reads)) {
        return None;
    }
    let kinds = reads.kinds(plan);
    let near = goals.iter().find(|goal| {
        goal.shown_by
            .iter()
            .any(|(_, reads)| !reads.kinds(plan).is_disjoint(&kinds))
    });
    // Goals are shown by what is measured; of rows that are paid on, that is a measure of their kind.
    let measures = reads.measures.iter();
    let measures = measures.map(|id| plan[*id].name.to_string());
    let rows = reads.rows.iter();
    let rows = rows.map(|id| format!("a measure of {}", plan[*id].name));
    let names: Vec<String> = measures.chain(rows).collect();
    let names = listed(names.iter().map(String::as_str));
    Some(match near {
        // The same facts, counted otherwise: a goal is near, if nobody named it.
        Some(goal) => Diagnostic::note(
            "G5",
            place,
            format!(
                "{} serves the goal `{}` by its facts alone: no goal is shown by {names}",
                component.name, goal.objective.goal
            ),
        )
        .help("name under `by` of the goal what shows it"),
        None => Diagnostic::warning(
            "G5",
            place,
            format!(
                "{} serves no goal: no goal is shown by {names}",
                component.name
            ),
        )
        .help("name what it rewards under `by` of a goal, or take the component out"),
    })
}
