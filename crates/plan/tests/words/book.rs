//! The page of the words shows what is said: its excerpts and its table of formulas are held to the plans they name.

use std::fs;

use trueup_base::calendar::WindowUnit;
use trueup_plan::check::{Place, formula_in};
use trueup_plan::words::{self, Length, Subject, document::Document, document::Piece, markdown};

use crate::support::{checked, root};

fn page() -> String {
    fs::read_to_string(root().join("docs/words.md")).expect("the page is there")
}

fn document(named: &str) -> Document {
    match named.split_once(" under ") {
        None => checked(named)
            .expect("the plan passes")
            .document(Length::Full),
        Some((plan, agreement)) => {
            let mut plan = checked(plan).expect("the plan passes");
            plan.under(agreement, &[], Length::Full)
        }
    }
}

#[test]
fn every_excerpt_on_the_page_is_said_of_the_plan_it_names() {
    let page = page();
    let mut excerpts = 0;
    for piece in page.split("<!-- words of ").skip(1) {
        let (named, rest) = piece
            .split_once(" -->\n```md\n")
            .expect("an excerpt follows its plan");
        let (block, _) = rest.split_once("```").expect("an excerpt ends");
        let said = markdown::render(&[document(named)]);
        let mut lines = said.lines();
        for line in block.lines() {
            assert!(
                lines.any(|said| said == line),
                "the words of {named} do not say, in this order: {line}"
            );
        }
        excerpts += 1;
    }
    assert!(excerpts >= 3, "only {excerpts} excerpts on the page");
}

#[test]
fn every_formula_on_the_page_is_said_as_written() {
    let page = page();
    let (_, rest) = page
        .split_once("<!-- formulas of ")
        .expect("the table begins");
    let (named, rest) = rest.split_once(" -->\n").expect("the table names its plan");
    let (table, _) = rest.split_once("\n\n").expect("the table ends");
    let mut checked = checked(named).expect("the plan passes");
    let mut wrong = String::new();
    let mut rows = 0;
    for line in table.lines().skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [written, wanted] = cells.as_slice() else {
            panic!("{line} is no row of two cells");
        };
        let written = written.trim_matches('`');
        let formula = formula_in(
            &checked.plan,
            &mut checked.sources,
            written,
            written,
            Place::Partner,
        )
        .unwrap_or_else(|why| panic!("{written}: {why:?}"));
        let subject = Subject {
            plan: &checked.plan,
            sources: &checked.sources,
            kinds: &[],
            examples: &[],
            template: None,
            agreed: None,
        };
        let line = words::formula(&subject, &formula, Some(WindowUnit::Quarter));
        let said: String = line
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Name { text, .. } => format!("[{text}]"),
                other => other.text().to_owned(),
            })
            .collect();
        if said != *wanted {
            wrong.push_str(&format!(
                "{written}\n  is said {said}\n  and not {wanted}\n"
            ));
        }
        rows += 1;
    }
    assert!(rows > 20, "only {rows} formulas on the page");
    assert_eq!(wrong, "");
}
