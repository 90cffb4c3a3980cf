//! What holds when an agreement goes over from one version of a plan to another.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::{Earner, Line};
use trueup_engine::world::{Agreement, InForce, Partner, PartnerIx, World};
use trueup_engine::{Answer, Evaluator, Number, Reference, cases};
use trueup_plan::tree::Plan;

use crate::generated::{amount, day_of_year};
use crate::reading::checked;
use crate::reading::dice::Dice;
use crate::reading::plans::{Rounds, plan};
use crate::support::day;

/// One version: its plan, its first day, and whether it splits windows.
struct Version<'p> {
    plan: &'p Plan,
    from: Date,
    splits: bool,
}

/// What each component posts in all, by name; none where a window has no answer.
fn posted(versions: &[Version<'_>], until: Date, facts: &str) -> BTreeMap<String, Option<Exact>> {
    let plans: Vec<&Plan> = versions.iter().map(|version| version.plan).collect();
    let whole = Plan::of_several(&plans).expect("a tree of both");
    let first = versions.first().expect("a version").from;
    let given = cases::world(&whole, facts, first).expect("facts");
    let in_force = versions
        .iter()
        .zip(0u16..)
        .map(|(version, edition)| InForce {
            edition,
            from: version.from,
            until: Some(until),
            splits: version.splits,
        });
    let agreement = Agreement {
        versions: in_force.collect(),
        ..Agreement::new(&whole, first, Some(until), &[])
    };
    let partners: Vec<Partner> = given
        .partners
        .iter()
        .map(|partner| Partner {
            agreement: agreement.clone(),
            ..partner.clone()
        })
        .collect();
    let mut world = World::new(&whole, partners);
    for (kind, at) in given.facts.iter().zip(0u16..) {
        let kind_id = trueup_plan::tree::KindId(at);
        world.give(&whole, kind_id, kind.rows.clone(), kind.complete.clone());
    }
    let measurer = Reference;
    let mut evaluator: Evaluator<'_, Answer> = Evaluator::new(&whole, &world, &measurer);
    let mut all: BTreeMap<String, Option<Exact>> = BTreeMap::new();
    if world.partners.is_empty() {
        return all;
    }
    for line in evaluator.settle(PartnerIx(0), until) {
        add(&whole, &mut all, &line);
    }
    all
}

fn add(plan: &Plan, all: &mut BTreeMap<String, Option<Exact>>, line: &Line<Answer>) {
    let Earner::Component(id) = line.earner else {
        return;
    };
    let sum = all
        .entry(plan[id].name.to_string())
        .or_insert(Some(Exact::ZERO));
    let figure = line.posted.figure().filter(|_| line.open.is_empty());
    *sum = match (&sum, figure) {
        (Some(sum), Some(figure)) => Some(sum + figure),
        (Some(_) | None, _) => None,
    };
}

fn together(
    a: BTreeMap<String, Option<Exact>>,
    b: BTreeMap<String, Option<Exact>>,
) -> BTreeMap<String, Option<Exact>> {
    let mut all = a;
    for (name, figure) in b {
        let sum = all.entry(name).or_insert(Some(Exact::ZERO));
        *sum = match (&sum, figure) {
            (Some(sum), Some(figure)) => Some(sum + &figure),
            (Some(_) | None, _) => None,
        };
    }
    all
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 40..400)
}

/// Rows of the columns a generated plan reads.
fn rows() -> impl Strategy<Value = String> {
    prop::collection::vec((day_of_year(), amount(), amount(), 0i64..9), 1..14).prop_map(|rows| {
        let rows: Vec<String> = rows
            .into_iter()
            .map(|(on, a, b, n)| format!("{{ partner: ada, on: {on}, a: {a}, b: {b}, n: {n} }}"))
            .collect();
        format!("facts: {{ sale: [ {} ] }}", rows.join(", "))
    })
}

const MONTHS: [&str; 13] = [
    "2026-01-01",
    "2026-02-01",
    "2026-03-01",
    "2026-04-01",
    "2026-05-01",
    "2026-06-01",
    "2026-07-01",
    "2026-08-01",
    "2026-09-01",
    "2026-10-01",
    "2026-11-01",
    "2026-12-01",
    "2027-01-01",
];

proptest! {
    /// LAW-44: where the second version splits the windows it begins in, both together post what the first posts of the facts
    /// before that day and the second of the facts from it on.
    #[test]
    fn versions_that_split_post_what_each_posts_of_its_own_days(
        first in bytes(), second in bytes(), on in day_of_year(), facts in rows(),
    ) {
        let on = day(&on);
        prop_assume!(on > day("2026-01-01"));
        let a = checked(&plan(&mut Dice::new(&first), Rounds::Yes));
        let b = checked(&plan(&mut Dice::new(&second), Rounds::Yes));
        let (starts, ends) = (day("2026-01-01"), day("2027-01-01"));
        let own = Version { plan: &a, from: starts, splits: false };
        let later = |splits| Version { plan: &b, from: on, splits };
        let both = posted(&[own, later(true)], ends, &facts);
        let own = Version { plan: &a, from: starts, splits: false };
        let apart = together(posted(&[own], on, &facts), posted(&[later(false)], ends, &facts));
        prop_assert_eq!(both, apart);
    }

    /// Without a split the second version begins with the first window that begins on its day or later.
    #[test]
    fn a_version_begins_with_the_next_window(
        first in bytes(), second in bytes(), on in day_of_year(), facts in rows(),
    ) {
        let on = day(&on);
        prop_assume!(on > day("2026-01-01"));
        let a = checked(&plan(&mut Dice::new(&first), Rounds::Yes));
        let b = checked(&plan(&mut Dice::new(&second), Rounds::Yes));
        let next = MONTHS.iter().map(|month| day(month)).find(|month| *month >= on).expect("a month");
        let (starts, ends) = (day("2026-01-01"), day("2027-01-01"));
        let own = || Version { plan: &a, from: starts, splits: false };
        let both = posted(&[own(), Version { plan: &b, from: on, splits: false }], ends, &facts);
        let before = posted(&[own()], next, &facts);
        let after = match next < ends {
            true => posted(&[Version { plan: &b, from: next, splits: false }], ends, &facts),
            false => BTreeMap::new(),
        };
        let mut apart = together(before, after);
        apart.retain(|name, _| both.contains_key(name));
        prop_assert_eq!(both, apart);
    }

    /// A version of the same plan with the same terms changes nothing, whenever it begins.
    #[test]
    fn a_version_that_says_the_same_changes_nothing(
        bytes in bytes(), on in day_of_year(), facts in rows(),
    ) {
        let on = day(&on);
        prop_assume!(on > day("2026-01-01"));
        let a = checked(&plan(&mut Dice::new(&bytes), Rounds::Yes));
        let (starts, ends) = (day("2026-01-01"), day("2027-01-01"));
        let own = || Version { plan: &a, from: starts, splits: false };
        let amended = posted(&[own(), Version { plan: &a, from: on, splits: false }], ends, &facts);
        prop_assert_eq!(amended, posted(&[own()], ends, &facts));
    }
}
