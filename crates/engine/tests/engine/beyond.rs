//! Credits that go up from partners who are under another plan.

use trueup_base::id::PartnerId;
use trueup_engine::world::World;

use crate::support::Program;

const PLAN: &str = "
plan: above
currency: USD
facts:
  sale:
    columns: { id: text, partner: partner, on: date, amount: money }
    credited:
      - { to: sale.partner, role: sold }
      - { to: upline(sale.partner), role: below, overlay: yes }
measures:
  below: { is: Sold below, sum: sale.amount, role: below }
components:
  override: { is: One percent of what is sold below, pays: 1% * below }
";
const FACTS: &str = "
partners:
  top: { starts: 2026-01-01 }
  mid: { starts: 2026-01-01, parent: away }
facts:
  sale:
    - { id: s1, partner: mid, on: 2026-01-05, amount: 10 }
    - { id: s2, partner: away, on: 2026-01-06, amount: 100 }
    - { id: s3, partner: far, on: 2026-01-07, amount: 1_000 }
";

fn id(name: &str) -> PartnerId {
    PartnerId::new(name).expect("a short id")
}

/// A world of top and mid; between them stands one who is under another plan, and another one stands below mid.
fn world(program: &Program) -> World {
    let given = &program.world;
    let here = given
        .partners
        .iter()
        .filter(|partner| ["top", "mid"].contains(&partner.id.as_str()));
    let mut world = World::new(&program.plan, here.cloned().collect());
    world.beyond = [(id("away"), id("top")), (id("far"), id("mid"))].into();
    for (kind, facts) in given.facts.iter().enumerate() {
        let kind = trueup_plan::tree::KindId(u16::try_from(kind).expect("few kinds"));
        world.give(&program.plan, kind, facts.rows.clone(), None);
    }
    world
}

#[test]
fn who_is_above_is_found_through_partners_under_another_plan() {
    let program = Program::new(PLAN, FACTS);
    let world = world(&program);
    let above = |name: &str| -> Vec<(String, u32)> {
        world
            .above(&id(name))
            .into_iter()
            .map(|(at, level)| (world.partners[at.0 as usize].id.as_str().to_owned(), level))
            .collect()
    };
    assert_eq!(above("mid"), [("top".to_owned(), 2)]);
    assert_eq!(above("away"), [("top".to_owned(), 1)]);
    assert_eq!(above("far"), [("mid".to_owned(), 1), ("top".to_owned(), 3)]);
    assert_eq!(above("top"), []);
}

#[test]
fn what_partners_under_another_plan_sell_is_credited_to_all_above_them() {
    let program = Program::new(PLAN, FACTS);
    let world = world(&program);
    let credited = |name: &str, role: u16| -> usize {
        let at = world.find(&id(name)).expect("a partner of this world");
        world.facts[0].credits(role, at).len()
    };
    // mid's own row, away's and far's for top; far's for mid, and its own row in the role in which it sold it.
    assert_eq!((credited("top", 0), credited("top", 1)), (0, 3));
    assert_eq!((credited("mid", 0), credited("mid", 1)), (1, 1));
}

#[test]
fn partners_under_another_plan_who_stand_above_one_another_in_a_circle_end_the_way_up() {
    let program = Program::new(PLAN, FACTS);
    let mut world = world(&program);
    world.beyond = [(id("away"), id("far")), (id("far"), id("away"))].into();
    assert_eq!(world.above(&id("mid")), []);
}
