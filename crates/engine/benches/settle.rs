//! One partner, three years of months, ten components: how long it takes to settle every month once measures are known.
//!
//! Prints the median of many settlements, each from an empty memory, with the graph of its explanation and without. Seven
//! components have windows of a month, one of a quarter and one of a year that are settled every month, and a limit holds
//! three of them.

#[path = "ten/partner.rs"]
mod partner;

use std::time::{Duration, Instant};

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_engine::world::PartnerIx;
use trueup_engine::{Answer, Ask, Evaluator, Measurer};

use partner::{one_partner, plan};

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
    let plan = plan("ten_monthly.yaml", include_str!("ten_monthly.yaml"));
    let world = one_partner(&plan, TERMS, "2023-01-01");
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
