//! Golden files. After a change of words run with `TRUEUP_WRITE=1` to write them anew, and read every one that moved as
//! somebody reads it who has to sign it.

use std::fs;

use trueup_plan::words::{Length, document::Document, html, markdown};

use crate::support::{checked, root};

fn same(name: &str, document: Document) {
    let said = if name.ends_with(".html") {
        html::render(&[document])
    } else {
        markdown::render(&[document])
    };
    let path = root().join("crates/plan/tests/words/golden").join(name);
    if std::env::var_os("TRUEUP_WRITE").is_some() {
        fs::write(&path, &said).expect("the golden file can be written");
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        said == wanted,
        "{name} has moved; run again with TRUEUP_WRITE=1 and read it"
    );
}

fn both(name: &str, path: &str) {
    let checked = checked(path).expect("the plan passes its check");
    same(&format!("{name}.md"), checked.document(Length::Full));
    same(&format!("{name}.short.md"), checked.document(Length::Short));
}

#[test]
fn the_plans_of_the_language_read_as_prose() {
    for name in ["reseller", "technology_partner", "distribution"] {
        both(name, &format!("crates/plan/tests/good/{name}.yaml"));
    }
}

#[test]
fn the_starter_reads_as_prose_and_under_its_agreement() {
    let path = "crates/cli/starter/plans/reseller.yaml";
    both("starter", path);
    let mut starter = checked(path).expect("the starter passes its check");
    let columns = [("name", "Northwind Traders"), ("type", "reseller")];
    for (name, length) in [
        ("northwind.md", Length::Full),
        ("northwind.short.md", Length::Short),
        ("northwind.html", Length::Full),
    ] {
        let document = starter.under(
            "crates/cli/starter/agreements/northwind.yaml",
            &columns,
            length,
        );
        same(name, document);
    }
}

#[test]
fn every_construct_reads_as_prose() {
    both(
        "everything",
        "crates/plan/tests/words/plans/everything.yaml",
    );
}

#[test]
fn an_agreement_stands_in_every_sentence_it_decides() {
    let mut plan = checked("crates/plan/tests/words/plans/everything.yaml")
        .expect("the plan passes its check");
    let columns = [
        ("name", "Ada & Sons"),
        ("type", "reseller"),
        ("size", "small"),
    ];
    let path = "crates/plan/tests/words/plans/agreed.agreement";
    let document = plan.under(path, &columns, Length::Full);
    same("everything.agreed.md", document);
}

#[test]
fn the_example_program_reads_as_prose() {
    for name in ["warehouse", "specialty_bike_shop", "value_added_reseller"] {
        both(name, &format!("examples/adventureworks/plans/{name}.yaml"));
    }
    let mut shop = checked("examples/adventureworks/plans/value_added_reseller.yaml")
        .expect("the plan passes its check");
    let document = shop.under(
        "examples/adventureworks/agreements/brakes_and_gears.yaml",
        &[
            ("name", "Brakes and Gears"),
            ("type", "value added reseller"),
        ],
        Length::Full,
    );
    same("brakes_and_gears.md", document);
}
