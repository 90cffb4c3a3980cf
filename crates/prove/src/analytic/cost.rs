//! What a plan may cost: components without an upper bound, and the worst that one partner may cost.
//!
//! That there is a bound is proved by the bounds of every value; that there is none, by an input along which the pay
//! grows without end. What is neither is named as not decided.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::{Evaluator, Number, Place, Value};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::tree::{ComponentId, Grant, Limit, LimitId, Plan, Reference};

use crate::analytic::draw::grant_of;
use crate::analytic::evidence::{Question, counterexample, part, under};
use crate::analytic::range::Range;
use crate::analytic::scene::{Scene, Situation, Slots, Variable};
use crate::analytic::wide::Wide;
use crate::analytic::words::{listed, paid};
use crate::registry::Kind;
use crate::study::Study;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "cost",
    codes: &["P11", "P12"],
    what: "a component has no upper bound and does not say why; the worst that one partner may cost, and what that passes",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found: BTreeMap<ComponentId, Diagnostic> = BTreeMap::new();
    let mut worst: Option<(Range, String, String)> = None;
    let mut open: BTreeSet<ComponentId> = BTreeSet::new();
    for (scene, look) in study.looks() {
        let costs = Costs::of(scene);
        for (id, range) in &costs.components {
            if range.is_unbounded_above() && !is_held(plan, *id) {
                open.insert(*id);
            }
        }
        for id in open.iter().copied() {
            if plan[id].uncapped.is_some() || found.get(&id).is_some_and(is_heavy) {
                continue;
            }
            let told = match look.grows.get(&id) {
                Some((variable, slots, situation)) => unbounded(
                    scene,
                    id,
                    *variable,
                    *slots,
                    situation,
                    study.subject.strictness,
                ),
                None => None,
            };
            // Where there was more to look at than is ever looked at, what moves it is tried far out.
            let mut others = look.variables.iter().filter(|variable| {
                let moves = scene.moves.get(variable.sort);
                moves.is_some_and(|moves| moves.components.contains(&id))
            });
            let told = told.or_else(|| {
                others.find_map(|variable| {
                    let situation = look.situation_for(*variable);
                    let strictness = study.subject.strictness;
                    unbounded(scene, id, *variable, Slots::All, &situation, strictness)
                })
            });
            let told = told.or_else(|| {
                (!found.contains_key(&id)).then(|| {
                    Diagnostic::note(
                        "P11",
                        plan[id].pays.span,
                        format!(
                            "whether {} has an upper bound was not decided",
                            plan[id].name
                        ),
                    )
                    .help("at_most: a figure, or `uncapped: why`")
                })
            });
            if let Some(told) = told {
                found.insert(id, told);
            }
        }
        let is_worse = match (&worst, &costs.together.high()) {
            (None, _) => true,
            (Some((so_far, _, _)), Some(high)) => so_far.high().is_some_and(|known| known < *high),
            (Some((so_far, _, _)), None) => !so_far.is_unbounded_above(),
        };
        if is_worse {
            worst = Some((costs.together, costs.label, under(scene)));
        }
    }
    let mut all: Vec<Diagnostic> = found.into_values().collect();
    if let Some((range, label, under)) = worst {
        all.extend(worst_case(plan, &range, &label, &under, &open));
    }
    all
}

fn is_heavy(told: &Diagnostic) -> bool {
    told.severity != Severity::Note
}

/// The bounds of what is paid.
struct Costs {
    components: BTreeMap<ComponentId, Range>,
    /// All money together, to the end of the horizon.
    together: Range,
    label: String,
}

impl Costs {
    fn of(scene: &Scene<'_>) -> Self {
        let wide = Wide::of(scene);
        let mut evaluator = Evaluator::new(scene.plan, &scene.world, &wide);
        let entitled = evaluator.entitled(scene.partner, scene.horizon.ends, |_| true);
        let mut components: BTreeMap<ComponentId, Range> = BTreeMap::new();
        let mut together = Range::known(Exact::ZERO);
        let mut held: BTreeMap<(LimitId, Date), Range> = BTreeMap::new();
        for one in &entitled {
            if grant_of(scene, one.earner) == Grant::Money {
                // What may have no answer may have one.
                let amount = one.amount.answered();
                match limit_over(scene.plan, one.earner, one.window.unit) {
                    Some(limit) => {
                        let so_far = held
                            .entry((limit, one.window.starts))
                            .or_insert_with(|| Range::known(Exact::ZERO));
                        *so_far = so_far.plus(&amount);
                    }
                    None => together = together.plus(&amount),
                }
            }
            if let Earner::Component(id) = one.earner {
                let joined = match components.remove(&id) {
                    Some(so_far) => so_far.or_else(&one.amount),
                    None => one.amount.clone(),
                };
                components.insert(id, joined);
            }
        }
        // What a limit holds is bounded together, whoever gets it.
        for ((limit, starts), amount) in held {
            let most = scene.plan[limit].at_most.as_ref();
            let window = entitled.iter().find(|one| one.window.starts == starts);
            let bound = most.zip(window).map(|(most, one)| {
                let node = evaluator.ask(most, &Place::new(scene.partner, one.window));
                match evaluator.answer(node) {
                    Value::Number(bound) => bound.answered(),
                    _ => Range::anything(),
                }
            });
            together = together.plus(&match bound {
                Some(bound) => amount.at_most(&bound),
                None => amount,
            });
        }
        Self {
            components,
            together,
            label: format!("from {} until {}", scene.horizon.starts, scene.horizon.ends),
        }
    }
}

/// The limit with a maximum that holds an earner over just this window.
fn limit_over(plan: &Plan, earner: Earner, unit: WindowUnit) -> Option<LimitId> {
    let mut those =
        plan.limits
            .iter()
            .zip((0u16..).map(LimitId))
            .filter(|(limit, id)| match earner {
                Earner::Component(component) => holds(plan, limit, component, 0),
                Earner::TopUp(of) => of == *id,
            });
    those
        .find(|(limit, _)| limit.over == unit && limit.at_most.is_some())
        .map(|(_, id)| id)
}

/// Whether a limit with a maximum holds a component, alone or with others.
fn is_held(plan: &Plan, id: ComponentId) -> bool {
    plan.limits
        .iter()
        .any(|limit| limit.at_most.is_some() && holds(plan, limit, id, 0))
}

fn holds(plan: &Plan, limit: &Limit, id: ComponentId, depth: usize) -> bool {
    limit.on.iter().any(|on| match on {
        Reference::Component(of) => *of == id,
        Reference::Limit(inner) => {
            depth < plan.limits.len() && holds(plan, &plan[*inner], id, depth + 1)
        }
        Reference::Term(_) | Reference::Measure(_) | Reference::Value(_) | Reference::Table(_) => {
            false
        }
    })
}

/// A component that grows along an input, shown at two figures far apart.
fn unbounded(
    scene: &Scene<'_>,
    id: ComponentId,
    variable: Variable,
    slots: Slots,
    situation: &Situation,
    strictness: Strictness,
) -> Option<Diagnostic> {
    let component = &scene.plan[id];
    let window = first_window(scene, id)?;
    let question = Question {
        situation,
        variable,
        slots,
        window: &window,
    };
    let (before, after) = (
        question.ask(scene, &Exact::from_int(1_000_000))?,
        question.ask(scene, &Exact::from_int(1_000_000_000))?,
    );
    let earner = Earner::Component(id);
    let (from, to) = part(&before, &after, earner, &window)?;
    // Ten times as much or more for a thousand times as much: no cap holds it in between.
    if to < &from * &Exact::from_int(10) || !to.is_positive() {
        return None;
    }
    let (driver, low, high) = question.driver(scene, Some(id), None, &before, &after);
    let message = format!(
        "{} has no upper bound: at {driver} {low} it pays {}, at {high} {}{}",
        component.name,
        paid(&from, component.grants),
        paid(&to, component.grants),
        under(scene)
    );
    let severity = match strictness {
        Strictness::Draft => Severity::Warning,
        Strictness::Signature => Severity::Error,
    };
    Some(
        Diagnostic {
            severity,
            ..Diagnostic::warning("P11", component.pays.span, message)
        }
        .help(format!(
            "at_most: a figure, a limit with at_most that holds {0}, or `uncapped: why` on {0}",
            component.name
        ))
        .shown_by(counterexample(scene, &[&before, &after])),
    )
}

fn first_window(scene: &Scene<'_>, id: ComponentId) -> Option<Window> {
    let wide = Wide::of(scene);
    let evaluator: Evaluator<'_, Range, _> = Evaluator::new(scene.plan, &scene.world, &wide);
    let over = scene.plan[id].over;
    let windows = evaluator.agreement_windows(
        scene.partner,
        over,
        scene.horizon.starts,
        scene.horizon.ends,
    );
    windows.first().copied()
}

/// The worst that one partner may cost, against what the plan says needs consent.
fn worst_case(
    plan: &Plan,
    together: &Range,
    label: &str,
    under: &str,
    open: &BTreeSet<ComponentId>,
) -> Vec<Diagnostic> {
    let Some(high) = together.high() else {
        let names: Vec<String> = open.iter().map(|id| plan[*id].name.to_string()).collect();
        let because = match names.is_empty() {
            true => "no bound of all pay was found".to_owned(),
            false => format!("{} may grow without end", listed(&names)),
        };
        let message = format!("what one partner may cost {label} has no upper bound: {because}");
        return vec![
            Diagnostic::note("P12", plan.span, message).help(
                "cap them, or declare with `within` between which figures their measures lie",
            ),
        ];
    };
    let figure = paid(high, Grant::Money);
    let mut told = vec![Diagnostic::note(
        "P12",
        plan.span,
        format!("one partner may cost no more than {figure} {label}{under}"),
    )];
    for block in plan
        .governance
        .iter()
        .filter(|block| &*block.block == "approvals")
    {
        let above = block.formulas.iter().find(|(key, _)| &**key == "above");
        let Some((_, formula)) = above else { continue };
        if let trueup_plan::tree::Form::Literal(trueup_plan::tree::Literal::Number(budget)) =
            &formula.form
            && high > budget
            && &*block.name == "payout"
        {
            // The threshold is there for this, and a year has many payouts: it is good to know, and no more.
            told.push(Diagnostic::note(
                "P12",
                formula.span,
                format!(
                    "one partner may cost up to {figure} {label}; a payout above {} needs consent{under}",
                    paid(budget, Grant::Money)
                ),
            ));
        }
    }
    told
}
