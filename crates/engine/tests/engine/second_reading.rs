//! The evaluator held to two other readings of the same plans: a slow one over big rationals, to the last digit, and
//! itself over columns of floats, to nine digits away from thresholds.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use trueup_base::exact::Exact;
use trueup_engine::world::World;
use trueup_engine::{Ask, Evaluator, Measurer, Place, Value};
use trueup_plan::tree::{Name, NoAnswerKind, Plan};

use crate::columns::{Column, Flags};
use crate::reading::dice::Dice;
use crate::reading::plans::{MEASURES, Rounds, plan};
use crate::reading::slow::{Read, big};
use crate::reading::{self, Known, as_read, asked, checked, january, measures, names, world};

/// The same in each lane.
struct Lanes<'m>(&'m [Vec<Option<f64>>]);

impl Measurer<Column> for Lanes<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Column> {
        self.0
            .get(ask.measure.index())
            .map(|lanes| Column::of(lanes.iter().copied()))
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 40..600)
}

proptest! {
    /// Whatever a plan says, the evaluator answers what a slow reading over big rationals answers: the same figure to
    /// the last digit, or no answer of the same kind.
    #[test]
    fn the_evaluator_answers_what_a_slow_reading_answers(bytes in bytes()) {
        reading::agree(&bytes);
    }

    /// Lanes of floats come to what exact figures come to, lane by lane, to nine digits: where no comparison is so near
    /// that a change of a measure in the ninth digit decides it, and where nothing is rounded.
    #[test]
    fn columns_of_floats_come_to_the_exact_figures(bytes in bytes(), lanes in 1usize..5) {
        let mut dice = Dice::new(&bytes);
        let futures: Vec<Vec<Option<Exact>>> = (0..lanes).map(|_| measures(&mut dice)).collect();
        let text = plan(&mut dice, Rounds::No);
        let plan = checked(&text);
        let (world, at) = (world(&plan), january(&plan));
        let by_measure: Vec<Vec<Option<f64>>> = (0..MEASURES)
            .map(|measure| futures.iter().map(|future| future[measure].as_ref().map(float)).collect())
            .collect();
        let measurer = Lanes(&by_measure);
        let mut columns = Evaluator::new(&plan, &world, &measurer);
        for name in names(&plan) {
            let column = asked(&mut columns, name, &at);
            for (lane, future) in futures.iter().enumerate() {
                let exact = exactly(&plan, &world, &at, future, name);
                if stands_at_a_threshold(&plan, &world, &at, future, name, &exact) {
                    continue;
                }
                let float = lane_of(&column, lane);
                prop_assert!(is_close(&exact, &float, 1e-9), "{:?} in lane {}: {:?} and {:?} of\n{}", name, lane, exact, float, &text);
            }
        }
    }
}

/// Whether a change of all measures in the ninth digit changes the figure by more than such a change can.
fn stands_at_a_threshold(
    plan: &Plan,
    world: &World,
    at: &Place,
    measures: &[Option<Exact>],
    name: Name,
    exact: &Read,
) -> bool {
    [999_999_999, 1_000_000_001].into_iter().any(|nine| {
        let factor = Exact::ratio(nine, 1_000_000_000).expect("not over zero");
        let moved: Vec<_> = measures
            .iter()
            .map(|one| one.as_ref().map(|one| one * &factor))
            .collect();
        !is_close(exact, &exactly(plan, world, at, &moved, name), 1e-6)
    })
}

fn exactly(plan: &Plan, world: &World, at: &Place, measures: &[Option<Exact>], name: Name) -> Read {
    let known = Known(measures);
    as_read(&asked(&mut Evaluator::new(plan, world, &known), name, at))
}

fn float(figure: &Exact) -> f64 {
    big(figure).to_f64().value()
}

/// Within a part of the larger, or of one where both are small: differences of large sums lose digits for good.
fn is_close(a: &Read, b: &Read, part: f64) -> bool {
    match (a, b) {
        (Read::Number(a), Read::Number(b)) => {
            let (a, b) = (a.to_f64().value(), b.to_f64().value());
            (a - b).abs() <= part * a.abs().max(b.abs()).max(10_000.0)
        }
        (a, b) => a == b,
    }
}

fn lane_of(value: &Value<Column>, lane: usize) -> Read {
    match value {
        Value::Number(column) => match column.lane(lane) {
            Ok(figure) => Read::Number(
                dashu_ratio::RBig::try_from(figure)
                    .unwrap_or_else(|_| panic!("{figure} is a number")),
            ),
            Err(kind) => Read::None(kind),
        },
        Value::Flag(flags) => match Flags::lane(flags, lane) {
            Ok(holds) => Read::Flag(holds),
            Err(kind) => Read::None(kind),
        },
        Value::None(reason) => Read::None(reason.kind),
        other => panic!("{other:?} is not made"),
    }
}

/// What the tests above are tried on is worth it: most names answer, some do not, and few stand where a comparison with
/// floats is left out.
#[test]
fn generated_plans_mostly_answer_and_rarely_stand_at_a_threshold() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut answers, mut none, mut at_a_threshold) = (0u32, 0u32, 0u32);
    for _ in 0..200 {
        let tree = bytes().new_tree(&mut runner).expect("bytes");
        let bytes = tree.current();
        let mut dice = Dice::new(&bytes);
        let measures = measures(&mut dice);
        let plan = checked(&plan(&mut dice, Rounds::No));
        let (world, at) = (world(&plan), january(&plan));
        for name in names(&plan) {
            let exact = exactly(&plan, &world, &at, &measures, name);
            match &exact {
                Read::None(NoAnswerKind::Missing | NoAnswerKind::Undefined) => none += 1,
                Read::Number(_) | Read::Flag(_) => answers += 1,
            }
            if stands_at_a_threshold(&plan, &world, &at, &measures, name, &exact) {
                at_a_threshold += 1;
            }
        }
    }
    let all = answers + none;
    assert!(
        none * 2 < all && none * 20 > all,
        "{none} of {all} without an answer"
    );
    assert!(
        at_a_threshold * 5 < all,
        "{at_a_threshold} of {all} at a threshold"
    );
}
