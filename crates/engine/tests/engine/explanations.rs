//! Explanations of published cases, as a reader sees them.

use std::fs;
use std::path::Path;

use trueup_engine::explain::{Explanation, Subject};

use crate::support::Program;

/// A published case as a program.
fn published(name: &str) -> Program {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/published").join(name);
    let text = |file: &str| fs::read_to_string(folder.join(file)).expect("a file of the case");
    Program::new(&text("plan.yaml"), &text("facts.yaml"))
}

fn explained(program: &Program, formula: &str, partner: &str, period: &str) -> Explanation {
    let asked = program.formula(formula);
    let sources = program.sources.borrow().clone();
    let (evaluator, node) = program.walked(&asked, partner, period);
    let text = |span| sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ");
    Explanation::of(&evaluator, node, &text).expect("a node that was asked")
}

#[test]
fn print_them() {
    let program = published("example-reseller");
    println!("{}", explained(&program, "volume_bonus", "ada", "2026-Q1").to_text());
    println!("{}", explained(&program, "year_end_true_up", "ada", "2026").to_text());
    println!("{}", explained(&program, "influence_bonus", "bob", "2026-Q1").to_text());
    println!("{}", explained(&program, "volume_bonus", "bob", "2026-Q1").to_text());
    let program = published("mlm-level-commission-lower-of-two-plans");
    println!("{}", explained(&program, "level_commission", "A", "2026-01").to_text());
    let program = published("siebel-recoverable-draw-six-months");
    println!("{}", explained(&program, "draw", "p", "2002-06").to_text());
    let program = published("linear-taper-between-bands");
    println!("{}", explained(&program, "net", "v14", "2026").to_text());
    let program = published("example-distribution");
    println!("{}", explained(&program, "override", "dis", "2026-Q1").to_text());
    println!("{}", explained(&program, "growth_pool", "sml", "2026-Q1").to_text());
    println!("{:?}", Subject::Row);
}
