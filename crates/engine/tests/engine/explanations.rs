//! Explanations of published cases, as a reader sees them.

use std::fs;
use std::path::Path;

use trueup_engine::explain::Explanation;

use crate::support::Program;

/// A published case as a program.
fn published(name: &str) -> Program {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../cases/published")
        .join(name);
    let text = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the case");
    Program::new(&text("plan.yaml"), &text("facts.yaml"))
}

fn explained(program: &Program, formula: &str, partner: &str, period: &str) -> Explanation {
    let asked = program.formula(formula);
    let sources = program.sources.borrow().clone();
    let (evaluator, node) = program.walked(&asked, partner, period);
    let text = |span| {
        sources
            .text(span)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    Explanation::of(&evaluator, node, &text).expect("a node that was asked")
}

/// Compares with a page that was read before it was kept; run with `TRUEUP_WRITE=1` after a change that is meant.
fn is_kept(name: &str, said: &Explanation) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/explained")
        .join(name);
    let text = said.to_text();
    if std::env::var_os("TRUEUP_WRITE").is_some() {
        fs::write(&path, &text).expect("a page to keep");
    }
    let kept = fs::read_to_string(&path).expect("a kept page");
    assert_eq!(text, kept, "{name}");
}

#[test]
fn a_bonus_by_slices_is_explained_down_to_its_rows_and_bands() {
    let program = published("example-reseller");
    is_kept(
        "volume_bonus.txt",
        &explained(&program, "volume_bonus", "ada", "2026-Q1"),
    );
}

#[test]
fn a_credited_share_is_explained_by_the_row_and_its_share() {
    let program = published("example-reseller");
    is_kept(
        "influence_bonus.txt",
        &explained(&program, "influence_bonus", "bob", "2026-Q1"),
    );
}

#[test]
fn what_has_no_answer_is_explained_by_its_reason() {
    let program = published("example-reseller");
    is_kept(
        "no_answer.txt",
        &explained(&program, "volume_bonus", "bob", "2026-Q1"),
    );
}

#[test]
fn a_part_of_a_pool_is_explained_by_the_pool_and_the_weights() {
    let program = published("example-distribution");
    is_kept(
        "growth_pool.txt",
        &explained(&program, "growth_pool", "sml", "2026-Q1"),
    );
}

#[test]
fn a_carried_debt_is_explained_back_to_the_first_month() {
    let program = published("siebel-recoverable-draw-six-months");
    is_kept("draw.txt", &explained(&program, "draw", "p", "2002-04"));
}

#[test]
fn a_component_on_rows_is_explained_row_by_row() {
    let program = published("mlm-level-commission-lower-of-two-plans");
    is_kept(
        "level_commission.txt",
        &explained(&program, "level_commission", "A", "2026-01"),
    );
}

#[test]
fn a_name_reached_twice_is_spelled_out_once() {
    let program = published("example-reseller");
    let said = explained(&program, "year_end_true_up", "ada", "2026");
    let mut open = vec![&said];
    let (mut spelled_out, mut repeated) = (0, 0);
    while let Some(line) = open.pop() {
        if line.name == "net_sales" && line.period == "2026" {
            match line.is_repeated {
                true => repeated += 1,
                false => spelled_out += 1,
            }
            assert_eq!(line.is_repeated, line.inputs.is_empty());
        }
        open.extend(&line.inputs);
    }
    assert_eq!((spelled_out, repeated), (1, 1));
}

#[test]
fn a_walk_that_goes_back_for_years_is_cut_and_says_so() {
    let plan = "
plan: long
currency: USD
values:
  counted: { every: month, formula: \"previous(counted, first => 0) + 1\" }
";
    let program = Program::new(plan, "partners: { p: { starts: 2000-01-01 } }");
    let text = explained(&program, "counted", "p", "2026-12").to_text();
    assert!(text.starts_with("counted = 32,400% "), "{}", &text[..80]);
    assert!(
        text.ends_with("and so on)\n"),
        "{}",
        &text[text.len() - 80..]
    );
}

#[test]
fn as_data_it_says_the_same() {
    let program = published("example-reseller");
    let said = explained(&program, "influence_bonus", "bob", "2026-Q1").to_json();
    assert_eq!(said["name"], "influence_bonus");
    let row = &said["inputs"][0]["inputs"][0];
    assert_eq!(row["row"]["id"], "s1");
    assert_eq!(row["row"]["share"], "0.3");
    assert_eq!(said["figure"]["exact"], "7800");
}
