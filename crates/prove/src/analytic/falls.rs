//! Places where more of something pays less.
//!
//! What counts is all pay together: a true-up that falls because another component rises is no fault. An input that only
//! ever lowers pay is better the lower it is, and no fault either; a fault is pay that goes one way and then the other.
//! Where the fall is there only because a mean gets worse (more rows, and poorer ones), it is a note.

use std::collections::BTreeMap;

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Plan};

use crate::analytic::evidence::{Question, Side, counterexample, part, under};
use crate::analytic::origin::{Change, Origin};
use crate::analytic::scene::Scene;
use crate::analytic::survey::{Seen, Way, is_by_mixture};
use crate::analytic::words::paid;
use crate::registry::Kind;
use crate::study::Study;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::settle::Earner;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "more pays less",
    codes: &["P4"],
    what: "all pay together falls where an input rises that elsewhere raises it, or the other way round",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Span, (Exact, Diagnostic)> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for ((way, key), seen) in &look.seen {
            if *way != Way::Against {
                continue;
            }
            for one in seen {
                if is_agreed(study.subject.plan, &one.origin, one.earner) {
                    continue;
                }
                let Some((by, told)) = told(scene, one) else {
                    continue;
                };
                let heavier = found
                    .get(key)
                    .is_none_or(|(before, known)| (known.severity, before) > (told.severity, &by));
                if heavier {
                    found.insert(*key, (by, told));
                }
                break;
            }
        }
    }
    found.into_values().map(|(_, told)| told).collect()
}

/// Whether both sides agreed to a cliff here.
pub(crate) fn is_agreed(plan: &Plan, origin: &Origin, earner: Earner) -> bool {
    let of_component = |id: ComponentId| plan[id].cliff.is_some();
    let by_table = match origin {
        Origin::Table { table, .. } => plan[*table].cliff.is_some(),
        Origin::Gate(id) | Origin::For(id) | Origin::Component(id) => of_component(*id),
        Origin::Case(_)
        | Origin::Where(_)
        | Origin::Change(_)
        | Origin::Rank(_)
        | Origin::Formula(_)
        | Origin::Limit(_) => false,
    };
    let by_component = match earner {
        Earner::Component(id) => of_component(id),
        Earner::TopUp(_) => false,
    };
    by_table || by_component
}

/// The figures on both sides of a change, in steps of its input.
fn figures(scene: &Scene<'_>, seen: &Seen, change: &Change) -> (Exact, Exact) {
    let step = scene.step(seen.variable);
    let snapped = |x: &Exact, mode| x.round_to(&step, mode).unwrap_or_else(|| x.clone());
    match change {
        Change::Jump(at) => {
            let on = snapped(at, Rounding::Ceiling);
            let below = &on - &step;
            (below, on)
        }
        Change::Stretch(from, to) => (
            snapped(from, Rounding::Ceiling),
            snapped(to, Rounding::Floor),
        ),
    }
}

/// Both sides of a change as the evaluator pays them; none where it does not come out as drawn.
pub(crate) fn sides(
    scene: &Scene<'_>,
    seen: &Seen,
    question: &Question<'_>,
) -> Option<(Side, Side, Exact)> {
    let (before, after, by) =
        come_true(scene, seen, &seen.change, seen.by.is_negative(), question)?;
    if let Some(opposite) = &seen.opposite {
        come_true(scene, seen, opposite, !seen.by.is_negative(), question)?;
    }
    Some((before, after, by))
}

/// Both sides of one change, if it comes out as drawn.
fn come_true(
    scene: &Scene<'_>,
    seen: &Seen,
    change: &Change,
    is_down: bool,
    question: &Question<'_>,
) -> Option<(Side, Side, Exact)> {
    let (from, to) = figures(scene, seen, change);
    let step = scene.step(seen.variable);
    // A bound that belongs to the band below is crossed one step later.
    let tries = [(from.clone(), to.clone()), (to.clone(), &to + &step)];
    tries
        .into_iter()
        .take(match change {
            Change::Jump(_) => 2,
            Change::Stretch(..) => 1,
        })
        .filter(|(from, _)| !from.is_negative())
        .find_map(|(from, to)| {
            let (before, after) = (question.ask(scene, &from)?, question.ask(scene, &to)?);
            let by = &after.paid.total(scene, seen.grant) - &before.paid.total(scene, seen.grant);
            let is_as_drawn = by.is_negative() == is_down && by.abs() > seen.slack;
            is_as_drawn.then_some((before, after, by))
        })
}

fn told(scene: &Scene<'_>, seen: &Seen) -> Option<(Exact, Diagnostic)> {
    let plan = scene.plan;
    let question = Question {
        situation: &seen.situation,
        variable: seen.variable,
        slots: seen.slots,
        window: &seen.window,
    };
    let (before, after, by) = sides(scene, seen, &question)?;
    let component = match seen.earner {
        Earner::Component(id) => Some(id),
        Earner::TopUp(_) => None,
    };
    let hint = match &seen.origin {
        Origin::Table { argument, .. } => argument.as_deref(),
        _ => None,
    };
    let (driver, low, high) = question.driver(scene, component, hint, &before, &after);
    let what = pay_moves(scene, seen, &before, &after);
    let is_mixture = is_by_mixture(scene, seen);
    let begins = match (seen.by.is_negative(), is_mixture) {
        (true, false) => "earning more pays less",
        (false, false) => "doing worse pays more",
        (true, true) => "more of the same pays less because a mean gets worse",
        (false, true) => "more of the same pays more because a mean moves, and elsewhere less",
    };
    let message = format!(
        "{begins}: when {driver} goes from {low} to {high}, {what}{}",
        under(scene)
    );
    let span = seen.origin.span(plan);
    // A guardrail or contingency says in so many words that something else holds now.
    let is_change = matches!(seen.origin, Origin::Change(_));
    let told = match is_mixture || is_change {
        true => Diagnostic::note("P4", span, message),
        false => Diagnostic::error("P4", span, message),
    };
    Some((
        by.abs(),
        told.label(where_it_is(plan, seen))
            .help(what_helps(plan, seen))
            .shown_by(counterexample(scene, &[&before, &after])),
    ))
}

/// How pay moves: the component it comes from, and all pay where that is something else.
pub(crate) fn pay_moves(scene: &Scene<'_>, seen: &Seen, before: &Side, after: &Side) -> String {
    let totals = (
        before.paid.total(scene, seen.grant),
        after.paid.total(scene, seen.grant),
    );
    let word = |from: &Exact, to: &Exact| match to < from {
        true => "falls",
        false => "rises",
    };
    let all = |joint: &str| {
        format!(
            "{joint} {} from {} to {}",
            word(&totals.0, &totals.1),
            paid(&totals.0, seen.grant),
            paid(&totals.1, seen.grant)
        )
    };
    let name = crate::analytic::draw::name_of(scene, seen.earner);
    match part(before, after, seen.earner, &seen.window) {
        Some((from, to)) if from != to => {
            let own = format!(
                "{name} {} from {} to {}",
                word(&from, &to),
                paid(&from, seen.grant),
                paid(&to, seen.grant)
            );
            let is_alone = (&totals.1 - &totals.0) == (&to - &from);
            match is_alone {
                true => own,
                false => format!("{own} and {}", all("all pay")),
            }
        }
        Some(_) | None => all("all pay"),
    }
}

/// What is said beside the place.
pub(crate) fn where_it_is(plan: &Plan, seen: &Seen) -> String {
    match &seen.origin {
        Origin::Table { table, bound, .. } => match bound {
            Some(_) => format!("here a band of {} begins", plan[*table].name),
            None => format!("{} answers unevenly", plan[*table].name),
        },
        Origin::Case(_) => "here the case turns".to_owned(),
        Origin::Gate(_) => "here the gate turns".to_owned(),
        Origin::For(_) => "here it is decided who has it".to_owned(),
        Origin::Where(_) => "here it is decided whether a row counts".to_owned(),
        Origin::Change(_) => "here something is changed".to_owned(),
        Origin::Rank(_) => "here the place among others changes".to_owned(),
        Origin::Formula(_) => "here it turns".to_owned(),
        Origin::Limit(_) => "this limit holds it".to_owned(),
        Origin::Component(_) => String::new(),
    }
}

fn what_helps(plan: &Plan, seen: &Seen) -> String {
    let name = match seen.earner {
        Earner::Component(id) => plan[id].name.to_string(),
        Earner::TopUp(id) => plan[id].name.to_string(),
    };
    match &seen.origin {
        Origin::Table { table, .. } => format!(
            "slice with each_band or let the bands rise; where both sides mean it, state `cliff: agreed, why` on {}",
            plan[*table].name
        ),
        Origin::Gate(_) | Origin::For(_) => format!(
            "let the condition hold upward too; where both sides mean it, state `cliff: agreed, why` on {name}"
        ),
        _ => format!(
            "let it go on from where it was; where both sides mean it, state `cliff: agreed, why` on {name}"
        ),
    }
}
