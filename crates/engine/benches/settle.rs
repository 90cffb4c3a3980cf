//! One partner, three years of months, ten components: how long it takes to settle every month once measures are known.
//!
//! Prints the median of many settlements, each from an empty memory, with the graph of its explanation and without. Seven
//! components have windows of a month, one of a quarter and one of a year that are settled every month, and a limit holds
//! three of them.

use std::time::{Duration, Instant};

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Cell, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer};
use trueup_plan::agreement::terms;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::Plan;
use trueup_plan::yaml;

const PLAN: &str = include_str!("ten_monthly.yaml");
const TERMS: &str = "{ target.net_sales: 40_000_000, term.retainer: 2_500 }";
const ROUNDS: usize = 300;

/// Measures known beforehand, as a fast measurer has them: odd cents for every month since the year 2000.
struct Known;

impl Measurer<Answer> for Known {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        let months = trueup_base::date::months_between(ask.window.starts, ask.window.ends);
        let year = i64::from(ask.window.starts.year()) - 2_000;
        let cents = 1_234_567 + i128::from(ask.measure.0) * 7_919;
        let many = Exact::from_int(months * (year + i64::from(ask.window.starts.month())));
        Some(Answer::Known(&Exact::from_scaled(cents, 2) * &many))
    }
}

fn main() {
    let mut sources = Sources::new();
    let (plan, found) = read(
        &mut sources,
        &[("ten_monthly.yaml", PLAN)],
        Strictness::Draft,
    );
    let plan = plan.unwrap_or_else(|| panic!("{}", render(&sources, &found)));
    assert_eq!(
        plan.components.len(),
        10,
        "the plan of this bench has ten components"
    );
    let world = one_partner(&plan);
    let with = Evaluator::new(&plan, &world, &Known);
    let without = Evaluator::new(&plan, &world, &Known).without_explanation();
    for (name, evaluator) in [
        ("with its explanation", with),
        ("the figures alone", without),
    ] {
        let (median, fastest, lines, nodes) = timed(evaluator);
        println!(
            "36 months, 10 components, {name}: median {median:?}, fastest {fastest:?}, {lines} lines, {nodes} nodes, {:.0} partners \
             a second and core ({ROUNDS} rounds)",
            1.0 / median.as_secs_f64()
        );
    }
}

/// The median and the fastest time of many settlements, each from an empty memory; how many lines and answers there were.
fn timed(mut evaluator: Evaluator<'_, Answer, Known>) -> (Duration, Duration, usize, usize) {
    let until = parse_date("2026-01-01").expect("a day as written above");
    let mut took = Vec::with_capacity(ROUNDS);
    let mut count = 0;
    for _ in 0..ROUNDS {
        evaluator.forget_partner();
        let begun = Instant::now();
        let lines = evaluator.settle(PartnerIx(0), until);
        took.push(begun.elapsed());
        assert!(
            lines.iter().all(|line| line.open.is_empty()),
            "every window has an answer"
        );
        count = lines.len();
    }
    assert_eq!(count, 360, "each component settles every month");
    took.sort();
    (took[ROUNDS / 2], took[0], count, evaluator.graph().len())
}

fn one_partner(plan: &Plan) -> World {
    let mut sources = Sources::new();
    let file = sources.add("terms", TERMS);
    let mut found = Vec::new();
    let node = yaml::read(&sources, file, &mut found).expect("the terms above are YAML");
    let stated = terms(plan, &node, &mut found);
    assert!(found.is_empty(), "{found:?}");
    let starts = parse_date("2023-01-01").expect("a day as written above");
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: plan.attributes.iter().map(|_| Cell::Empty).collect(),
        agreement: Agreement::new(plan, starts, None, &stated),
    };
    World::new(plan, vec![partner])
}
