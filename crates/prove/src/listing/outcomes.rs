//! Milestones that leave out what comes of them, and pay for activity alone.
//!
//! A milestone is what is reached once: a component over the whole agreement, or one whose gate counts from the day on
//! which it first held, or a goal with a day. It has to rest on revenue, profitability or a customer outcome, if only in
//! a part of its condition. So has every other component that reads facts. What may show either is no fault; it is told
//! that it could not be decided.

use trueup_base::calendar::WindowUnit;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::tree::{Component, Grant, Plan};

use crate::listing::reads::{Reads, listed, name_at, of_components};
use crate::listing::showing::{self, Shown};
use crate::registry::Kind;
use crate::study::Study;

/// Pay without an outcome.
pub(crate) const KIND: Kind = Kind {
    name: "pay without an outcome",
    codes: &["G2", "G3"],
    what: "Milestones that leave out revenue, profitability and customer outcome, and components that pay for activity \
           alone.",
    find,
};

const TIE: &str = "tie it to what comes of it, by a gate, a factor or a part of a scorecard; or say what the measure \
                   already `shows`";

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found: Vec<Diagnostic> = of_components(plan)
        .iter()
        .filter_map(|(component, reads)| of_component(plan, component, reads))
        .collect();
    for objective in plan.objectives.iter().filter(|goal| goal.until.is_some()) {
        let mut reads = Reads::default();
        for by in &objective.by {
            reads.extend(Reads::of_reference(plan, *by));
        }
        let shown = facts_of(plan, &reads);
        if !shown.is_empty() && shown.iter().all(|(_, shown)| shown.is_activity()) {
            let message = format!(
                "the goal `{}` has a day and leaves out revenue, profitability and customer outcome: it is shown by {}, \
                 and that is activity",
                objective.goal,
                names(&shown)
            );
            found.push(Diagnostic::warning("G2", objective.span, message).help(
                "name under `by` what comes of it too; or say what the measure already `shows`",
            ));
        }
    }
    if study.subject.strictness == Strictness::Signature {
        for told in &mut found {
            if told.severity == Severity::Warning {
                told.severity = Severity::Error;
            }
        }
    }
    found
}

/// What the facts that are read show, each with the name of its measure or kind.
fn facts_of<'p>(plan: &'p Plan, reads: &Reads) -> Vec<(&'p str, Shown)> {
    let measured = reads
        .measures
        .iter()
        .map(|id| (&*plan[*id].name, showing::of_measure(plan, *id)));
    let rows = reads
        .rows
        .iter()
        .map(|id| (&*plan[*id].name, showing::of_rows(plan, *id, reads)));
    measured.chain(rows).collect()
}

fn names(shown: &[(&str, Shown)]) -> String {
    listed(shown.iter().map(|(name, _)| *name))
}

fn of_component(plan: &Plan, component: &Component, reads: &Reads) -> Option<Diagnostic> {
    match component.grants {
        Grant::Money | Grant::Fund => {}
        // A badge or a course for work done is how a partner gets ready; it is no pay.
        Grant::Count | Grant::Flag => return None,
    }
    let is_milestone = component.over == WindowUnit::Agreement && component.gate.is_some()
        || component
            .gate
            .as_ref()
            .is_some_and(|gate| Reads::of_formula(plan, gate).ever);
    let shown = facts_of(plan, reads);
    let place = name_at(component.span, &component.name);
    if shown.iter().any(|(_, shown)| shown.is_outcome()) {
        return None;
    }
    let name = &component.name;
    if shown.is_empty() {
        // Without a fact it is a fixed part, unless somebody's word decides whether it was reached.
        let rests_on = component
            .gate
            .as_ref()
            .map(|gate| Reads::of_formula(plan, gate).terms)
            .unwrap_or_default();
        if !is_milestone || rests_on.is_empty() {
            return None;
        }
        let terms = listed(rests_on.iter().map(|id| &*plan[*id].name));
        let message = format!(
            "{name} is a milestone that leaves out revenue, profitability and customer outcome: it rests on {terms} and no \
             fact"
        );
        return Some(Diagnostic::warning("G2", place, message).help(TIE));
    }
    let undecided: Vec<_> = shown
        .iter()
        .filter(|(_, shown)| shown.shows.is_none())
        .cloned()
        .collect();
    let code = if is_milestone { "G2" } else { "G3" };
    if !undecided.is_empty() {
        let message = format!(
            "{name} may pay for activity alone: whether {} shows an outcome is not decided",
            names(&undecided)
        );
        return Some(Diagnostic::note(code, place, message).help("say what it `shows`"));
    }
    let message = if is_milestone {
        format!(
            "{name} is a milestone that leaves out revenue, profitability and customer outcome: it rests on {}, and that is \
             activity",
            names(&shown)
        )
    } else {
        match shown.as_slice() {
            [(only, _)] => {
                format!("{name} pays for activity alone: {only} counts, whatever comes of it")
            }
            _ => format!(
                "{name} pays for activity alone: {} count, whatever comes of them",
                names(&shown)
            ),
        }
    };
    Some(Diagnostic::warning(code, place, message).help(TIE))
}
