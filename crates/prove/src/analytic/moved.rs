//! Gain from moving a sale over the end of a period: pulled in or held back, it pays another sum in total.
//!
//! Where tiers begin anew with each period, a sale earns at the rate of the period it falls in, and moving it changes the
//! pay by at most the difference between the lowest and the highest rate on it. That is inevitable. What is reported is
//! more than that: a jump that one sale wins in one period and not in the other.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::Number;
use trueup_engine::settle::Earner;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Grant, Type};

use crate::analytic::course::{highest, slopes};
use crate::analytic::curve::{Course, Curve};
use crate::analytic::draw::{Drawing, paid_along, together};
use crate::analytic::evidence::{Side, counterexample, under};
use crate::analytic::falls::is_agreed;
use crate::analytic::origin::{Change, Origin, find as find_origin};
use crate::analytic::scene::{Measured, Scene, Situation, Slots, Variable, Varied, middle};
use crate::analytic::survey::Look;
use crate::analytic::words::{paid, shown_of};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "bunching",
    codes: &["P10"],
    what: "a sale moved over the end of a period changes all pay by more than the spread of rates on it",
    find,
};

/// The most ends of periods that are looked at for one input.
const ENDS_MAX: usize = 2;

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let mut found: BTreeMap<Span, (Exact, Diagnostic)> = BTreeMap::new();
    for (scene, look) in study.looks() {
        for variable in &look.variables {
            let Varied::Column(column) = variable.what else {
                continue;
            };
            let Some(sort) = scene.sorts.get(variable.sort) else {
                continue;
            };
            let of = scene.plan[sort.kind].column(column).of;
            let adds_up = matches!(of, Type::Number(unit) if unit.money > 0 || unit.count > 0);
            if !adds_up {
                continue;
            }
            let levels = look.levels.get(variable).map_or(&[][..], Vec::as_slice);
            let pairs = ends(scene, *variable).into_iter().flat_map(|ends| {
                // Two periods that are alike pay alike; one of them is held where there is little.
                levels.iter().map(move |level| (ends, level))
            });
            for ((early, late), level) in pairs {
                let Some((key, by, told)) = moved(scene, look, *variable, (early, late), level)
                else {
                    continue;
                };
                let is_more = found.get(&key).is_none_or(|(known, before)| {
                    (before.severity, known) > (told.severity, &by)
                        || (before.severity == told.severity && *known < by)
                });
                if is_more {
                    found.insert(key, (by, told));
                }
            }
        }
    }
    found.into_values().map(|(_, told)| told).collect()
}

/// Pairs of windows on both sides of the end of a window of some component that the input moves.
fn ends(scene: &Scene<'_>, variable: Variable) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let Some(moves) = scene.moves.get(variable.sort) else {
        return found;
    };
    let first = scene.slots().start;
    for id in &moves.components {
        let over = scene.plan[*id].over;
        for (slot, nth) in scene.horizon.slots.iter().zip(first..) {
            let here = scene.plan.calendar.window_at(over, slot.starts);
            let is_last = here.is_some_and(|here| here.ends <= slot.ends);
            let pair = (nth, nth + 1);
            if is_last && scene.slots().contains(&pair.1) {
                if !found.contains(&pair) {
                    found.push(pair);
                }
                break;
            }
        }
    }
    found.truncate(ENDS_MAX);
    found
}

fn moved(
    scene: &Scene<'_>,
    look: &Look,
    variable: Variable,
    (early, late): (usize, usize),
    level: &Exact,
) -> Option<(Span, Exact, Diagnostic)> {
    let situation = &look.situation_for(variable).with(variable, &Exact::ZERO);
    let measured = Measured::default();
    let input = Curve::input(Course {
        lowest: Some(Exact::ZERO),
        ..Course::default()
    });
    let with = |slot: usize| {
        let there = Curve::known(level.clone());
        let varied = match slot == late {
            true => vec![(variable, Slots::One(late), there.plus(&input))],
            false => vec![
                (variable, Slots::One(early), input.clone()),
                (variable, Slots::One(late), there),
            ],
        };
        let entitled = paid_along(scene, situation, &measured, varied);
        together(scene, &entitled, Grant::Money)
    };
    let (in_early, in_late) = (with(early), with(late));
    let ((low, high), (other_low, other_high)) = (slopes(&in_early)?, slopes(&in_late)?);
    let spread = &high.max(other_high) - &low.min(other_low);
    let by = in_late.minus(&in_early);
    let inevitable = input.times(&Curve::known(spread));
    let excess = by.abs().minus(&inevitable);
    let tolerance = &excess.slack + &scene.plan.money.to;
    let (x, height) = highest(&excess, &Exact::ZERO)?;
    if height <= tolerance {
        return None;
    }
    let step = scene.step(variable);
    let down = x.round_to(&step, Rounding::Floor)?;
    let tries = [down.clone(), &down + &step];
    tries.iter().filter(|x| x.is_positive()).find_map(|x| {
        told(
            scene,
            situation,
            variable,
            (early, late),
            (level, x),
            &tolerance,
        )
    })
}

fn told(
    scene: &Scene<'_>,
    situation: &Situation,
    variable: Variable,
    (early, late): (usize, usize),
    (level, x): (&Exact, &Exact),
    tolerance: &Exact,
) -> Option<(Span, Exact, Diagnostic)> {
    let windows: Vec<_> = scene.windows().copied().collect();
    let (early_window, late_window) = (windows.get(early)?, windows.get(late)?);
    let sale = |slot: usize| -> Option<Side> {
        let there = Some((variable, Slots::One(late), level));
        let mut planned = scene.planned(variable.sort, situation, there);
        let mut row = planned
            .iter()
            .find(|one| one.sort == variable.sort && one.slot == late)?
            .clone();
        row.slot = slot;
        for (column, figure) in &mut row.figures {
            if variable.what == Varied::Column(*column) {
                *figure = x.clone();
            }
        }
        planned.push(row);
        let trial = scene.trial(variable.sort, &planned)?;
        Some(Side {
            x: x.clone(),
            paid: trial.paid(),
            measures: Vec::new(),
            rows: trial.rows(),
            left_out: 0,
        })
    };
    let (one, other) = (sale(early)?, sale(late)?);
    let column = match variable.what {
        Varied::Column(column) => column,
        Varied::Copies => return None,
    };
    let kind = &scene.plan[scene.sorts.get(variable.sort)?.kind];
    let (name, of) = (&kind.column(column).name, kind.column(column).of);
    let totals = (
        one.paid.total(scene, Grant::Money),
        other.paid.total(scene, Grant::Money),
    );
    let by = &totals.1 - &totals.0;
    if by.abs() <= *tolerance {
        return None;
    }
    // The jump that is won on one side and not on the other.
    let (slot, from) = match by.is_negative() {
        true => (early, Exact::ZERO),
        false => (late, level.clone()),
    };
    let to = &from + x;
    let (origin, earner) = jump_near(scene, situation, variable, slot, &from, &to)?;
    if is_agreed(scene.plan, &origin, earner) {
        return None;
    }
    let severity = match origin {
        Origin::Gate(_)
        | Origin::For(_)
        | Origin::Where(_)
        | Origin::Change(_)
        | Origin::Rank(_) => Severity::Note,
        _ => Severity::Warning,
    };
    let (better, worse) = match by.is_negative() {
        true => ((early_window, &totals.0), (late_window, &totals.1)),
        false => ((late_window, &totals.1), (early_window, &totals.0)),
    };
    let message = format!(
        "moving a row over the end of a period pays: a {} of {} {name} on {} and not on {} makes all pay {} and not {}, more than any rate on it{}",
        kind.name,
        shown_of(x, of),
        middle(better.0),
        middle(worse.0),
        paid(better.1, Grant::Money),
        paid(worse.1, Grant::Money),
        under(scene)
    );
    let name = match (&origin, earner) {
        (Origin::Table { table, .. }, _) => &scene.plan[*table].name,
        (_, Earner::Component(id)) => &scene.plan[id].name,
        (_, Earner::TopUp(id)) => &scene.plan[id].name,
    };
    let told = Diagnostic {
        severity,
        ..Diagnostic::warning("P10", origin.span(scene.plan), message)
    }
    .help(format!(
        "slice with each_band, or let it count over a longer window; where both sides mean it, state `cliff: agreed, why` on {name}"
    ))
    .shown_by(counterexample(scene, &[&one, &other]));
    Some((origin.key(scene.plan), by.abs(), told))
}

/// Where the largest jump of all pay between two figures of an input in one window comes from.
fn jump_near(
    scene: &Scene<'_>,
    situation: &Situation,
    variable: Variable,
    slot: usize,
    from: &Exact,
    to: &Exact,
) -> Option<(Origin, Earner)> {
    let measured = Measured::default();
    let drawing = Drawing {
        scene,
        situation,
        measured: &measured,
        variable,
        slots: Slots::One(slot),
        held_at: None,
        with_rows: false,
    };
    let step = scene.step(variable);
    drawing
        .draw(
            |id| drawing.moves(id),
            |drawn| {
                let total = drawn.total(scene, Grant::Money);
                let knots = total.pieces()?.knots.clone();
                let (knot, _) = knots
                    .into_iter()
                    .filter(|knot| from <= knot && *knot <= to + &step)
                    .filter_map(|knot| total.jump(&knot).map(|by| (knot, by.abs())))
                    .max_by(|a, b| a.1.cmp(&b.1))?;
                let change = Change::Jump(knot.clone());
                let mut found: Option<(Exact, Earner, trueup_base::calendar::Window)> = None;
                for one in &drawn.entitled {
                    if let Some(by) = one.amount.jump(&knot)
                        && found.as_ref().is_none_or(|(most, _, _)| *most < by.abs())
                    {
                        found = Some((by.abs(), one.earner, one.window));
                    }
                }
                let (_, earner, window) = found?;
                Some((find_origin(scene, drawn, earner, &window, &change), earner))
            },
        )
        .flatten()
}
