//! Settlements go on from windows that are over and leave them behind. What they post is what they would post if every
//! settlement asked for every window again, as it does where facts have a past that changes.

#[path = "worked/mod.rs"]
mod worked;

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;
use trueup_engine::settle::Line;
use trueup_engine::world::World;
use trueup_engine::{Answer, Evaluator, Reference};
use trueup_plan::tree::Plan;

use worked::{examples, until};

/// Everything every partner's settlements say, but for the day by which it was known.
fn lines(plan: &Plan, world: &World) -> Vec<String> {
    let mut evaluator: Evaluator<'_, Answer, Reference> = Evaluator::new(plan, world, &Reference);
    let until = until(plan, world);
    let mut said = Vec::new();
    for partner in world.all() {
        for mut line in evaluator.settle(partner, until) {
            line.place.known_before = None;
            let Line {
                earner,
                settlement,
                place,
                to_date,
                before,
                posted,
                open,
                parts,
            } = line;
            said.push(format!(
                "{partner:?} {earner:?} {settlement:?} {place:?} {to_date:?} {before:?} {posted:?} {open:?} {parts:?}"
            ));
        }
        evaluator.forget_partner();
    }
    said
}

/// As it is, settled every month, and with corrections that soon no longer reach back.
fn variants(plan: &Plan) -> [Plan; 4] {
    let mut monthly = plan.clone();
    for component in &mut monthly.components {
        if component.over > WindowUnit::Month && component.over != WindowUnit::Period {
            component.every = WindowUnit::Month;
        }
    }
    let short = |mut plan: Plan| {
        plan.reach_back = Some(Duration { months: 1, days: 0 });
        plan
    };
    [
        plan.clone(),
        short(plan.clone()),
        monthly.clone(),
        short(monthly),
    ]
}

#[test]
fn a_window_left_behind_is_settled_as_if_it_were_asked_again() {
    let (mut compared, mut open) = (0, 0);
    for (plan, world) in examples() {
        if world.facts.iter().any(|facts| facts.has_history) {
            continue;
        }
        let mut asked_again = world.clone();
        for facts in &mut asked_again.facts {
            facts.has_history = true;
        }
        for plan in variants(&plan) {
            let (once, again) = (lines(&plan, &world), lines(&plan, &asked_again));
            assert_eq!(once, again, "{}", plan.name);
            compared += once.len();
            open += once.iter().filter(|line| line.contains("NoAnswer")).count();
        }
    }
    assert!(compared > 10_000, "only {compared} lines");
    assert!(open > 100, "only {open} lines without an answer");
}
