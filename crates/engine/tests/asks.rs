//! What is asked of the measures while a plan is settled was listed before: every worked example, every partner.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use trueup_base::date::{Date, add_months};
use trueup_engine::asks::{Asks, asks};
use trueup_engine::cases::{CaseFiles, setting};
use trueup_engine::world::{PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer};
use trueup_plan::tree::{MeasureId, Plan};

/// A measure, for whom, from when until when, for which key.
type Question = (MeasureId, PartnerIx, Date, Date, Option<String>);

/// Leaves every question to the rows, and remembers it.
#[derive(Default)]
struct Recorder {
    asked: RefCell<BTreeSet<Question>>,
}

impl Measurer<Answer> for Recorder {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        self.asked.borrow_mut().insert((
            ask.measure,
            ask.partner,
            ask.window.starts,
            ask.window.ends,
            ask.key.map(str::to_owned),
        ));
        None
    }
}

fn is_listed(asks: &Asks, (measure, partner, starts, ends, key): &Question) -> bool {
    let Some(asked) = asks.measures.get(measure) else {
        return false;
    };
    let is_key = match key {
        None => asked.whole,
        Some(key) => asked.any_key || asked.keys.contains(key.as_str()),
    };
    let cohort = asks
        .cohorts
        .iter()
        .position(|cohort| cohort.partners.contains(partner));
    let edges = cohort.and_then(|cohort| asked.edges.get(&cohort));
    is_key && edges.is_some_and(|edges| edges.contains(starts) && edges.contains(ends))
}

/// Settles everyone and says which questions were not listed, and how many there were.
fn settle(plan: &Plan, world: &World, until: Date) -> (Vec<String>, usize) {
    let listed = asks(plan, &world.partners, until, &[]);
    let recorder = Recorder::default();
    let mut evaluator = Evaluator::<Answer, Recorder>::new(plan, world, &recorder);
    for partner in world.all() {
        for line in evaluator.settle(partner, until) {
            if let trueup_engine::settle::Earner::Component(id) = line.earner {
                evaluator.schedule(id, &line.place, line.settlement.ends);
            }
        }
        evaluator.forget_partner();
    }
    let asked = recorder.asked.into_inner();
    let missed = asked
        .iter()
        .filter(|ask| !is_listed(&listed, ask))
        .map(|ask| format!("{}: {ask:?}", plan[ask.0].name))
        .collect();
    (missed, asked.len())
}

#[test]
fn every_question_of_the_worked_examples_was_listed_before() {
    let mut asked = 0;
    let mut missed = Vec::new();
    for shelf in ["published", "language", "edges", "mechanics"] {
        let shelf = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../cases")
            .join(shelf);
        for folder in fs::read_dir(shelf).unwrap() {
            let folder = folder.unwrap().path();
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            let files = entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| CaseFiles::takes(&path.to_string_lossy()))
                .map(|path| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (name, fs::read_to_string(&path).unwrap())
                });
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let Some((plan, world)) = setting(&CaseFiles::new(name.clone(), files)) else {
                continue;
            };
            let starts = world
                .partners
                .iter()
                .map(|partner| partner.agreement.starts);
            let Some(until) = starts.min().and_then(|first| add_months(first, 30)) else {
                continue;
            };
            let (misses, questions) = settle(&plan, &world, until);
            asked += questions;
            missed.extend(misses.into_iter().map(|miss| format!("{name}: {miss}")));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(asked > 1_000, "only {asked} questions were asked");
}
