//! Every worked example as bundles of its partners.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trueup_base::exact::Exact;
use trueup_bundle::record::{Asked, Counted, Fact, Line, Node, Place, Record, Said};
use trueup_bundle::verify;
use trueup_engine::world::{Cell, PartnerIx};

use crate::support::{Example, examples};

/// Every text in a bundle that stands as a whole value.
fn values(text: &str) -> BTreeSet<String> {
    fn walk(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::String(text) => {
                found.insert(text.clone());
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            serde_json::Value::Object(entries) => {
                entries.values().for_each(|value| walk(value, found));
            }
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {
            }
        }
    }
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("a line");
        // Plan and agreement are what both sides signed, to the letter.
        if record.get("text").is_none() && record.get("tree").is_none() {
            walk(&record, &mut found);
        }
    }
    found
}

/// The facts of others, and their ids, of which nothing may stand in a partner's bundle.
fn strange(example: &Example, partner: PartnerIx) -> BTreeSet<String> {
    let world = &example.world;
    let mut own = BTreeSet::new();
    let mut strange = BTreeSet::new();
    for facts in &world.facts {
        for (_, whose, credit) in facts.all_credits() {
            let id = facts.rows[credit.row.0 as usize].id.to_string();
            match whose == partner {
                true => own.insert(id),
                false => strange.insert(id),
            };
        }
    }
    let is_own = |id: &str| {
        world
            .partner(partner)
            .is_some_and(|one| one.id.as_str() == id)
    };
    let ids = world.partners.iter().map(|other| other.id.to_string());
    let mut strange: BTreeSet<String> = strange.difference(&own).cloned().collect();
    strange.extend(ids.filter(|id| !is_own(id)));
    // What the partner's own facts say in words is its own, whoever is called the same.
    let texts = world.facts.iter().flat_map(|facts| {
        let rows = facts.all_credits().filter(|one| one.1 == partner);
        rows.flat_map(|(_, _, credit)| &facts.rows[credit.row.0 as usize].cells)
    });
    let said = world.partner(partner).into_iter();
    for cell in texts.chain(said.flat_map(|one| &one.attributes)) {
        if let Cell::Text(text) = cell {
            strange.remove(&**text);
        }
    }
    strange
}

#[test]
fn every_worked_example_holds_as_bundles_and_shows_nobody_else() {
    let (mut bundles, mut refused) = (0, Vec::new());
    for example in examples() {
        for partner in example.partners() {
            let made = match example.made(partner) {
                Ok(made) => made,
                Err(why) => {
                    refused.push(format!("{}: {why}", example.name));
                    continue;
                }
            };
            let verdict = verify(made.text.as_bytes(), &made.key);
            assert!(
                verdict.holds(),
                "{}: {:?}",
                example.name,
                verdict.report.found
            );
            let strange = strange(&example, partner);
            let there = values(&made.text);
            let shown: Vec<&String> = strange.intersection(&there).collect();
            assert!(shown.is_empty(), "{}: {shown:?}", example.name);
            bundles += 1;
        }
    }
    assert!(
        refused.is_empty(),
        "{} refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
    assert!(bundles > 150, "only {bundles} bundles");
}

/// The steps, places, tree and lines of a bundle, as they are written.
#[derive(Default)]
struct Told {
    nodes: Vec<Node>,
    places: Vec<Place>,
    tree: BTreeMap<String, Value>,
    lines: Vec<Line>,
    facts: Vec<Fact>,
}

fn told(text: &str) -> Told {
    let mut told = Told::default();
    for line in text.lines() {
        match serde_json::from_str(line).expect("a line") {
            Record::Node(one) => told.nodes.push(one),
            Record::Place(one) => told.places.push(one),
            Record::Tree(one) => {
                told.tree.insert(one.part, one.holds);
            }
            Record::Line(one) => told.lines.push(one),
            Record::Fact(one) => told.facts.push(one),
            Record::Bundle(_)
            | Record::Text(_)
            | Record::Declaration(_)
            | Record::Seal(_)
            | Record::Directory(_)
            | Record::Kind(_)
            | Record::Rate(_)
            | Record::Input(_)
            | Record::Posting(_)
            | Record::Acts(_)
            | Record::Lines(_)
            | Record::Act(_)
            | Record::Checkpoint(_) => {}
        }
    }
    told
}

fn figure(says: &Said) -> Option<Exact> {
    match says {
        Said::Number(text) => Some(text.parse().expect("a number")),
        Said::Flag(_)
        | Said::Date(_)
        | Said::Duration(..)
        | Said::Text(_)
        | Said::Partner(_)
        | Said::Missing(_)
        | Said::Undefined(_) => None,
    }
}

/// The facts under a sum, each with its share, come to the sum (LAW-40).
#[test]
fn the_facts_under_a_measure_add_up_to_it() {
    let mut compared = 0;
    for example in examples() {
        for partner in example.partners() {
            let made = example.made(partner).expect("a bundle");
            let told = told(&made.text);
            for node in &told.nodes {
                let Asked::Measure(name) = &node.asks else {
                    continue;
                };
                let measure = &told.tree[&format!("measure {name}")];
                let Some(total) = figure(&node.says) else {
                    continue;
                };
                // Of several versions a stretch is added up from its parts.
                if measure["fold"] != "sum" || !node.from.is_empty() {
                    continue;
                }
                let kind =
                    &told.tree[&format!("kind {}", measure["kind"].as_str().expect("a kind"))];
                let mut sum = Exact::ZERO;
                for Counted((fact, _, line, _), adds, _) in &node.rows {
                    let share = kind["credited"][usize::from(*line)]["share"].as_str();
                    let share: Exact = share.expect("a share").parse().expect("a number");
                    assert!(told.facts.len() > *fact as usize);
                    // What is left out adds nothing and says why.
                    if let Some(adds) = figure(adds) {
                        sum = &sum + &(&adds * &share);
                    }
                }
                assert_eq!(sum, total, "{}: {name}", example.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared}");
}

/// What the windows of a component come to is what its settlements post, all together (LAW-40).
#[test]
fn what_the_windows_of_a_component_show_is_what_its_lines_post() {
    let mut compared = 0;
    for example in examples().iter().filter(|one| one.plan.editions.is_empty()) {
        for partner in example.partners() {
            let made = example.made(partner).expect("a bundle");
            let told = told(&made.text);
            let held: BTreeSet<&str> = told
                .tree
                .iter()
                .filter(|(part, _)| part.starts_with("limit "))
                .flat_map(|(_, limit)| limit["on"].as_array().expect("a list"))
                .filter_map(|on| on[1].as_str())
                .collect();
            let mut posted: BTreeMap<&str, (Exact, &Line)> = BTreeMap::new();
            for line in &told.lines {
                let sum = posted.entry(&line.component).or_insert((Exact::ZERO, line));
                sum.0 = &sum.0 + &figure(&line.posted).unwrap_or(Exact::ZERO);
                sum.1 = line;
            }
            for (component, (posted, last)) in posted {
                let Some(node) = last.node else { continue };
                let is_open = last.open.iter().any(|open| figure(open).is_none());
                if is_open || held.contains(component) || example.plan.reach_back.is_some() {
                    continue;
                }
                let at = &told.places[told.nodes[node as usize].at as usize];
                // Of windows that began together the one that reaches furthest.
                let mut windows: BTreeMap<&str, (&str, Exact)> = BTreeMap::new();
                for node in told.nodes.iter().filter(|node| node.row.is_none()) {
                    let place = &told.places[node.at as usize];
                    let is_its = node.asks == Asked::Component(component.to_owned())
                        && place.unit == at.unit
                        && (&place.known_before, place.as_agreed)
                            == (&at.known_before, at.as_agreed);
                    if let (true, Some(amount)) = (is_its, figure(&node.says)) {
                        let ends = place.window.1.as_str();
                        let furthest = windows
                            .entry(&place.window.0)
                            .or_insert((ends, amount.clone()));
                        if furthest.0 < ends {
                            *furthest = (ends, amount);
                        }
                    }
                }
                let sum = windows
                    .values()
                    .fold(Exact::ZERO, |sum, (_, amount)| &sum + amount);
                assert_eq!(posted, sum, "{}: {component}", example.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}
