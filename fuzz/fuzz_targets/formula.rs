//! Any text as a formula over a plan's names: the check ends, and what the parser prints it reads as the same.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trueup_base::date::parse_date;
use trueup_engine::cases;
use trueup_engine::world::World;
use trueup_engine::{Answer, Evaluator, Place, Reference};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::Plan;

const PLAN: &str = include_str!("../../cases/language/first-plan/plan.yaml");
const FACTS: &str = include_str!("../../cases/language/first-plan/facts.yaml");

fn program() -> &'static (Plan, World) {
    static PROGRAM: OnceLock<(Plan, World)> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut sources = Sources::new();
        let (plan, _) = check::read(&mut sources, &[("plan.yaml", PLAN)], Strictness::Draft);
        let plan = plan.expect("the plan of the page is right");
        let starts = parse_date("2026-01-01").expect("the first of January is a day");
        let world = cases::world(&plan, FACTS, starts).expect("its facts too");
        (plan, world)
    })
}

fuzz_target!(|text: &str| {
    let (plan, world) = program();
    let mut sources = Sources::new();
    let Ok(formula) = check::formula_in(plan, &mut sources, "asked", text, check::Place::Partner)
    else {
        return;
    };
    // What passes the check has an answer or a reason, in any window.
    let mut evaluator: Evaluator<'_, Answer, Reference> = Evaluator::new(plan, world, &Reference);
    for period in ["2026-Q1", "2026-02", "2026"] {
        let window = plan
            .calendar
            .parse_period(period)
            .expect("the periods above are of this calendar");
        let partner = world.all().next().expect("the page's facts name a partner");
        let node = evaluator.ask(&formula, &Place::new(partner, window));
        let _ = evaluator.answer(node);
    }
});
