//! One partner, ten components, with its explanation graph: how long an evaluation takes once its measures are known.
//!
//! Prints the median of many evaluations, each from an empty memory. The plan uses every common kind of component: sliced and
//! whole tables, a line, a gate, caps, growth, a carried value, a scorecard, a true-up and a limit.

mod ten;

use trueup_engine::Evaluator;

use ten::{Known, ROUNDS, asked, one_partner, plan, timed};

fn main() {
    let plan = plan();
    let world = one_partner(&plan);
    let known = Known::of(&plan);
    let windows = asked(&plan);
    let with = Evaluator::new(&plan, &world, &known);
    let without = Evaluator::new(&plan, &world, &known).without_explanation();
    for (name, evaluator) in [
        ("with its explanation", with),
        ("the figures alone", without),
    ] {
        let (median, fastest, nodes, evaluated) = timed(evaluator, &windows);
        println!(
            "one partner, 10 components, {name}: median {median:?}, fastest {fastest:?}, {nodes} nodes, {evaluated} components \
             evaluated (the true-up asks one of the ten in each quarter), {:.0} a second and core ({ROUNDS} rounds)",
            f64::from(evaluated) / median.as_secs_f64()
        );
    }
}
