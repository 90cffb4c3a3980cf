//! A plan of ten components and a partner under it, from their texts.

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Cell, Partner, World};
use trueup_plan::agreement::terms;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::Plan;
use trueup_plan::yaml;

/// The plan of a text.
pub fn plan(name: &str, text: &str) -> Plan {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[(name, text)], Strictness::Draft);
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&sources, &found)));
    assert_eq!(
        plan.components.len(),
        10,
        "the plan of this bench has ten components"
    );
    plan
}

/// A world of one partner, with an agreement of these terms from a day on.
pub fn one_partner(plan: &Plan, agreed: &str, starts: &str) -> World {
    let mut sources = Sources::new();
    let file = sources.add("terms", agreed);
    let mut found = Vec::new();
    let node = yaml::read(&sources, file, &mut found).expect("the terms are YAML");
    let stated = terms(plan, &node, &mut found);
    assert!(found.is_empty(), "{found:?}");
    let starts = parse_date(starts).expect("a day of the bench");
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: plan.attributes.iter().map(|_| Cell::Empty).collect(),
        agreement: Agreement::new(plan, starts, None, &stated),
    };
    World::new(plan, vec![partner])
}
