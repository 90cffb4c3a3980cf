//! Jumps of pay that go the way everything goes: a little more, and a lot is won. They are no mistake, but both sides
//! should know of them, since people wait for the one sale that brings it, or bring it forward.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{BoundKind, Plan, TableId};

use crate::analytic::evidence::{Question, counterexample, under};
use crate::analytic::falls::{is_agreed, pay_moves, sides, where_it_is};
use crate::analytic::origin::Origin;
use crate::analytic::scene::Scene;
use crate::analytic::survey::{Seen, Way};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "cliffs",
    codes: &["P8"],
    what: "pay jumps at one place of an input, in the direction in which it goes anyway",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Span, (Exact, Diagnostic)> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for ((way, key), seen) in &look.seen {
            if *way != Way::Along {
                continue;
            }
            for one in seen {
                if is_agreed(study.subject.plan, &one.origin, one.earner) {
                    continue;
                }
                let Some((by, told)) = told(scene, one) else {
                    continue;
                };
                if found.get(key).is_none_or(|(before, _)| *before < by) {
                    found.insert(*key, (by, told));
                }
                break;
            }
        }
    }
    found.into_values().map(|(_, told)| told).collect()
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
    let severity = match seen.origin {
        // A gate says in so many words that all or nothing is meant, and so does a condition on rows.
        Origin::Gate(_)
        | Origin::For(_)
        | Origin::Where(_)
        | Origin::Change(_)
        | Origin::Rank(_) => Severity::Note,
        // One of a list of keys, such as a place: there is nothing between two of them.
        Origin::Table { table, .. } if is_keyed(plan, table) => Severity::Note,
        Origin::Table { .. }
        | Origin::Case(_)
        | Origin::Formula(_)
        | Origin::Limit(_)
        | Origin::Component(_) => Severity::Warning,
    };
    let name = match &seen.origin {
        Origin::Table { table, .. } => &plan[*table].name,
        _ => match seen.earner {
            Earner::Component(id) => &plan[id].name,
            Earner::TopUp(id) => &plan[id].name,
        },
    };
    let message = format!(
        "a cliff: when {driver} goes from {low} to {high}, {what}{}",
        under(scene)
    );
    let span = seen.origin.span(plan);
    let told = Diagnostic {
        severity,
        ..Diagnostic::warning("P8", span, message)
    };
    Some((
        by.abs(),
        told.label(where_it_is(plan, seen))
            .help(format!(
                "slice with each_band or draw a line between points; where both sides mean it, state `cliff: agreed, why` on {name}"
            ))
            .shown_by(counterexample(scene, &[&before, &after])),
    ))
}

fn is_keyed(plan: &Plan, table: TableId) -> bool {
    plan[table].axes.iter().any(|axis| {
        axis.bounds
            .iter()
            .any(|bound| matches!(bound.is, BoundKind::Equals(_) | BoundKind::Otherwise))
    })
}
