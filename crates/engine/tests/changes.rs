//! What a difference says of the way it moves the pay holds in every worked example of the repository: plans with one
//! thing changed pay their examples again, and nobody is paid otherwise than was said.

#[path = "../../plan/tests/mutants/mod.rs"]
mod mutants;

#[path = "worked/mod.rs"]
mod worked;

use std::sync::LazyLock;

use proptest::prelude::*;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::{PartnerIx, World};
use trueup_engine::{Answer, Evaluator, Number, Reference};
use trueup_plan::diagnostic::Sources;
use trueup_plan::diff::{Side, Weight, plans};
use trueup_plan::tree::{Grant, Plan};

use mutants::{Draw, mutant};
use worked::until;

/// Every worked example that runs: its plan and its world.
static EXAMPLES: LazyLock<Vec<(Plan, World)>> = LazyLock::new(worked::examples);

/// What a partner is paid in money by a day; nothing where a line is open.
fn paid(plan: &Plan, world: &World, partner: PartnerIx, until: Date) -> Option<Exact> {
    let mut evaluator: Evaluator<'_, Answer, Reference> = Evaluator::new(plan, world, &Reference);
    let mut sum = Exact::ZERO;
    for line in evaluator.settle(partner, until) {
        let is_money = match line.earner {
            Earner::Component(id) => plan[id].grants == Grant::Money,
            Earner::TopUp(_) => true,
        };
        if !line.open.is_empty() {
            return None;
        }
        if is_money {
            sum = &sum + line.posted.figure()?;
        }
    }
    Some(sum)
}

proptest! {
    #[test]
    fn nobody_is_paid_otherwise_than_a_difference_says(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (plan, world) = at.get(&EXAMPLES);
        let Some(mutant) = mutant(plan, &mut Draw(seed)) else {
            return Ok(());
        };
        let sources = Sources::new();
        let side = |plan| Side { plan, sources: &sources };
        let diff = plans(side(plan), side(&mutant.plan));
        let weighty: Vec<_> = diff.changes.iter().filter(|change| change.weight == Weight::Meaning).collect();
        let [change] = weighty.as_slice() else {
            return Ok(());
        };
        let (never_less, never_more) = (
            change.pays.starts_with("nobody is paid less"),
            change.pays.starts_with("nobody is paid more"),
        );
        // What has to be assumed is not asked here.
        if !(never_less || never_more) || change.pays.contains("as long as") {
            return Ok(());
        }
        let until = until(plan, world);
        for partner in world.all() {
            let (before, after) = (
                paid(plan, world, partner, until),
                paid(&mutant.plan, world, partner, until),
            );
            if let (Some(before), Some(after)) = (before, after) {
                prop_assert!(!never_less || after >= before, "{}: {}: {before} -> {after}", plan.name, change.says);
                prop_assert!(!never_more || after <= before, "{}: {}: {before} -> {after}", plan.name, change.says);
            }
        }
    }
}

#[test]
fn something_is_said_of_many_changes() {
    let (mut changes, mut said, mut without_assumption) = (0, 0, 0);
    for (at, (plan, _)) in EXAMPLES.iter().enumerate() {
        for round in 0..12u64 {
            let seed = u64::try_from(at).expect("few examples") * 100 + round;
            let Some(mutant) = mutant(plan, &mut Draw(seed)) else {
                continue;
            };
            let sources = Sources::new();
            let side = |plan| Side {
                plan,
                sources: &sources,
            };
            for change in plans(side(plan), side(&mutant.plan)).changes {
                // What is declared for the check moves no figure either way.
                if change.weight == Weight::Meaning && change.part != "within" {
                    changes += 1;
                    said += usize::from(!change.pays.is_empty());
                    let is_plain = !change.pays.is_empty() && !change.pays.contains("as long as");
                    without_assumption += usize::from(is_plain);
                }
            }
        }
    }
    assert!(changes > 300, "only {changes} changes");
    assert!(said * 14 > changes, "{said} of {changes}");
    assert!(
        without_assumption * 10 > changes,
        "{without_assumption} of {changes}"
    );
}
