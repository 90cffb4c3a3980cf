//! A difference in money is what running both programs says, partner by partner, and adds up every way to the cent.

use std::collections::BTreeMap;

use serde_json::Value;
use trueup_base::exact::Exact;

use crate::story::Story;

/// The starter with its facts taken in, and beside it a proposal with several changes.
fn story() -> Story {
    let story = Story::with_starter();
    story
        .trueup(&["ingest", "--program", "program"])
        .expect_code(0);
    story.sh("cp -r program proposal").expect_code(0);
    let plan = "proposal/plans/reseller.yaml";
    story.edit(
        plan,
        "125% * target.net_sales, rate: 4%",
        "120% * target.net_sales, rate: 4.5%",
    );
    story.edit(plan, "satisfaction >= 4,", "satisfaction >= 4.2,");
    story.edit(plan, "at_least: 0\n", "at_least: 300\n");
    story.edit(
        plan,
        "  year_end_bonus:\n",
        "  quick_bonus:\n    is: A part of each line of an invoice\n    each: sale\n    pays: share_of(sale.amount)\n    \
         at_most: 700\n  year_end_bonus:\n",
    );
    story.edit(
        plan,
        "components:\n",
        "  share_of:\n    is: The part of one line\n    of: line\n    each_band: rate * slice\n    \
         bands: [ { from: lowest, rate: 0% }, { from: 0, rate: 0% }, { from: 10_000, rate: 0.7% } ]\n\ncomponents:\n",
    );
    story
}

fn exact(value: &Value) -> Exact {
    Exact::parse(value.as_str().expect("a figure")).expect("a decimal")
}

/// What `trueup run` posts, by partner.
fn posted(story: &Story, program: &str) -> BTreeMap<String, Exact> {
    let ran = story
        .trueup(&["run", "--program", program, "--format", "json"])
        .expect_code(0);
    let run: Value = serde_json::from_str(&ran.out).expect("JSON");
    let mut sums = BTreeMap::new();
    for line in run["lines"].as_array().expect("lines") {
        let partner = line["partner"].as_str().expect("a partner").to_owned();
        let slot = sums.entry(partner).or_insert(Exact::ZERO);
        if !line["posted"].is_null() {
            *slot = &*slot + &exact(&line["posted"]);
        }
    }
    sums
}

fn difference(story: &Story) -> Value {
    let args = [
        "diff", "program", "proposal", "--facts", "program", "--format", "json",
    ];
    let told = story.trueup(&args).expect_code(1);
    serde_json::from_str(&told.out).expect("JSON")
}

#[test]
fn a_difference_is_what_running_both_says() {
    let story = story();
    let (before, after) = (posted(&story, "program"), posted(&story, "proposal"));
    assert_ne!(before, after);
    let money = &difference(&story)["money"];
    let partners = money["partners"].as_array().expect("partners");
    assert_eq!(partners.len(), before.len());
    for partner in partners {
        let id = partner["partner"].as_str().expect("an id");
        assert_eq!(exact(&partner["before"]), before[id], "{id}");
        assert_eq!(exact(&partner["after"]), after[id], "{id}");
    }
}

#[test]
fn every_table_of_a_difference_adds_up_to_the_cent() {
    let story = story();
    let money = difference(&story)["money"].clone();
    let (before, after) = (
        exact(&money["everyone"]["before"]),
        exact(&money["everyone"]["after"]),
    );
    let change = exact(&money["everyone"]["change"]);
    assert_eq!(&after - &before, change);
    let sum = |list: &Value, key: &str| -> Exact {
        let list = list.as_array().expect("a list");
        list.iter().map(|one| exact(&one[key])).sum()
    };
    let mut tables = vec![money["components"].clone(), money["partners"].clone()];
    for by in money["by"].as_array().expect("classes") {
        tables.push(by["classes"].clone());
    }
    assert!(tables.len() >= 4);
    for table in &tables {
        assert_eq!(sum(table, "before"), before);
        assert_eq!(sum(table, "after"), after);
        assert_eq!(sum(table, "change"), change);
    }
    // Each change alone, and what they do together beyond that, is all.
    let alone = money["alone"].as_array().expect("single changes");
    assert!(alone.len() >= 4, "{alone:?}");
    let own: Exact = alone
        .iter()
        .map(|own| exact(&own["everyone"]["change"]))
        .sum();
    assert_eq!(&own + &exact(&money["together"]), change);
}

#[test]
fn a_single_change_alone_is_what_running_it_says() {
    let story = story();
    let money = difference(&story)["money"].clone();
    let before = posted(&story, "program");
    // The floor by itself, made by hand in a program of its own.
    story.sh("cp -r program floor").expect_code(0);
    story.edit(
        "floor/plans/reseller.yaml",
        "at_least: 0\n",
        "at_least: 300\n",
    );
    let total = |sums: &BTreeMap<String, Exact>| -> Exact { sums.values().sum() };
    let by_hand = &total(&posted(&story, "floor")) - &total(&before);
    let alone = money["alone"].as_array().expect("single changes");
    let floor = alone
        .iter()
        .find(|own| own["says"].is_string() && own["changes"][0].to_string().contains("floor"))
        .expect("the floor alone");
    assert_eq!(exact(&floor["everyone"]["change"]), by_hand);
    assert!(by_hand.is_positive());
}
