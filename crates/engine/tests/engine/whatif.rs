//! What would be if: a change of a measure is what one more row would be, and the nearest changes stand at the thresholds.

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_engine::whatif::{Change, Changed, Turn, WhatIf};
use trueup_engine::{Evaluator, Reference};
use trueup_plan::tree::{MeasureId, Name, TermId};

use crate::generated::{amount, cents, day_of_year, sales};
use crate::support::{Program, exact, sum};

const PLAN: &str = "
plan: tiers
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
terms:
  target.sales: { is: Agreed sales, unit: money, per: year, agreed: 40_000 }
measures:
  sales: { is: Sales, sum: sale.amount }
tables:
  sliced:
    of: x
    each_band: rate * slice
    bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 1% }, { from: target.sales, rate: 3% }, { above: 50_000, rate: 4.5% } ]
components:
  slices:  { is: By slices, pays: sliced(sales) }
  reached: { is: For the target, gate: sales >= target.sales, pays: 500 }
  year:    { is: Two percent of the year at most 3_000, over: year, every: quarter, pays: 2% * sales, at_most: 3_000 }
";

fn questions(program: &Program) -> WhatIf<'_, Reference> {
    let evaluator = Evaluator::new(&program.plan, &program.world, &Reference);
    WhatIf::new(
        evaluator,
        program.partner("p"),
        program.place("p", "2026-Q2"),
        &[],
    )
}

fn more_sales(was: &Exact, added: &Exact) -> Change {
    Change {
        of: Changed::Measure(MeasureId(0)),
        was: was.clone(),
        becomes: was + added,
    }
}

proptest! {
    /// A measure that is so much higher pays what a further row of so much on the period's last day pays: in the quarter's
    /// own figure and in the year so far.
    #[test]
    fn a_change_of_a_measure_pays_what_a_further_row_pays(
        rows in prop::collection::vec((day_of_year(), amount()), 0..8),
        added in amount().prop_flat_map(|a| prop::sample::select(vec![a, -a])),
    ) {
        let program = Program::new(PLAN, &sales(&rows));
        let mut with = rows.clone();
        with.push(("2026-06-30".to_owned(), added));
        let with = Program::new(PLAN, &sales(&with));
        let questions = questions(&program);
        let was = questions.was(Name::Measure(MeasureId(0))).expect("a sum");
        let changed = questions.posted(&[more_sales(&was, &cents(added))]);
        let posted: Vec<Exact> = ["slices", "reached", "year"]
            .iter()
            .map(|name| with.posted(name, "2026-07-01").pop().expect("the second quarter"))
            .collect();
        prop_assert_eq!(changed, sum(&posted));
    }

    /// Nothing changed changes nothing.
    #[test]
    fn no_change_pays_what_is_settled(rows in prop::collection::vec((day_of_year(), amount()), 0..8)) {
        let program = Program::new(PLAN, &sales(&rows));
        let posted: Vec<Exact> = ["slices", "reached", "year"]
            .iter()
            .map(|name| program.posted(name, "2026-07-01").pop().expect("the second quarter"))
            .collect();
        let questions = questions(&program);
        prop_assert_eq!(questions.posted(&[]), sum(&posted));
        let was = questions.was(Name::Measure(MeasureId(0))).expect("a sum");
        prop_assert_eq!(questions.posted(&[more_sales(&was, &Exact::ZERO)]), sum(&posted));
    }

    /// Each change that is found pays more, and a step less goes the way it went before.
    #[test]
    fn a_nearest_change_pays_more_and_stands_right_at_a_turn(rows in prop::collection::vec((day_of_year(), 1i64..6_000_000), 0..8)) {
        let program = Program::new(PLAN, &sales(&rows));
        let questions = questions(&program);
        for nearest in questions.nearest() {
            prop_assert!(nearest.after > nearest.before);
            prop_assert_eq!(&questions.posted(std::slice::from_ref(&nearest.change)), &nearest.after);
            prop_assert!(!nearest.turns.is_empty());
            let to = &nearest.change.becomes;
            let stands_at = ["10_000", "50_000.01"].map(|bound| exact(&bound.replace('_', "")));
            prop_assert!(stands_at.contains(to), "{} is no bound", to);
        }
    }
}

#[test]
fn the_nearest_changes_are_the_next_thresholds() {
    let rows = [("2026-05-10".to_owned(), 600_000)];
    let program = Program::new(PLAN, &sales(&rows));
    let nearest = questions(&program).nearest();
    let found: Vec<(String, String)> = nearest
        .iter()
        .map(|one| {
            (
                one.change.added().to_string(),
                (&one.after - &one.before).to_string(),
            )
        })
        .collect();
    // 6,000 so far. At 10,000, a fourth of the target: 1% and 2% on 4,000 more, and 500 for the gate. Just above 50,000:
    // 40 and 3% of 40,000, 500, 4.5% of a cent, and 2% of 44,000.01 in the year.
    assert_eq!(
        found,
        [
            ("4000".to_owned(), "620".to_owned()),
            ("44000.01".to_owned(), "2620".to_owned())
        ]
    );
    assert!(nearest[0].turns.iter().any(|turn| matches!(
        turn,
        Turn::Condition {
            holds: Some(true),
            ..
        }
    )));
    assert!(
        nearest[1].turns.iter().all(
            |turn| matches!(turn, Turn::Band { reached: Some(bands), .. } if *bands == vec![3])
        )
    );
}

#[test]
fn a_term_that_is_shared_out_changes_by_its_part_of_the_period() {
    let rows = [("2026-05-10".to_owned(), 900_000)];
    let program = Program::new(PLAN, &sales(&rows));
    let questions = questions(&program);
    let was = questions
        .was(Name::Term(TermId(0)))
        .expect("the target of a quarter");
    assert_eq!(was, exact("10000"));
    let lower = Change {
        of: Changed::Term(TermId(0)),
        was,
        becomes: exact("9000"),
    };
    // The target of the quarter is met now: 500 more; the slices are as they were, all below it.
    let more = &questions.posted(&[lower]) - &questions.posted(&[]);
    assert_eq!(more, exact("500"));
}
