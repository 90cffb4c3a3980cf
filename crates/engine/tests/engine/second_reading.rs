//! The evaluator held to two other readings of the same plans: a slow one over big rationals, to the last digit, and
//! itself over columns of floats, to nine digits away from thresholds.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, NoAnswer, Number, Place, Truth, Value};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::{ComponentId, Name, NoAnswerKind, Plan, ValueId};

use crate::columns::{Column, Flags};
use crate::reading::dice::Dice;
use crate::reading::plans::{MEASURES, Rounds, plan};
use crate::reading::slow::{Read, Slow, big};

/// Measures known beforehand.
struct Known<'m>(&'m [Option<Exact>]);

impl Measurer<Answer> for Known<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        Some(match self.0.get(ask.measure.index()) {
            Some(Some(figure)) => Answer::Known(figure.clone()),
            _ => Answer::None(NoAnswer::missing("no rows")),
        })
    }
}

/// The same in each lane.
struct Lanes<'m>(&'m [Vec<Option<f64>>]);

impl Measurer<Column> for Lanes<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Column> {
        self.0
            .get(ask.measure.index())
            .map(|lanes| Column::of(lanes.iter().copied()))
    }
}

fn checked(text: &str) -> Plan {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
    plan.unwrap_or_else(|| panic!("{}\n{text}", render(&sources, &found)))
}

fn world(plan: &Plan) -> World {
    let starts = parse_date("2026-01-01").expect("a day");
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: Vec::new(),
        agreement: Agreement::new(plan, starts, None, &[]),
    };
    World::new(plan, vec![partner])
}

fn january(plan: &Plan) -> Place {
    let window = plan.calendar.parse_period("2026-01").expect("a period");
    Place::new(PartnerIx(0), window)
}

/// Everything a plan names, in one window.
fn names(plan: &Plan) -> Vec<Name> {
    let values = (0u16..)
        .zip(&plan.values)
        .map(|(at, _)| Name::Value(ValueId(at)));
    let components = (0u16..)
        .zip(&plan.components)
        .map(|(at, _)| Name::Component(ComponentId(at)));
    values.chain(components).collect()
}

fn asked<N: Number, M: Measurer<N>>(
    evaluator: &mut Evaluator<'_, N, M>,
    name: Name,
    at: &Place,
) -> Value<N> {
    let node = evaluator.ask_name(name, at);
    evaluator.answer(node)
}

fn as_read(value: &Value<Answer>) -> Read {
    if let Some(reason) = value.reason() {
        return Read::None(reason.kind);
    }
    match value {
        Value::Number(number) => Read::Number(big(number.figure().expect("one lane"))),
        Value::Flag(truth) => Read::Flag(truth.all().expect("one lane")),
        other => panic!("{other:?} is not made"),
    }
}

fn slowly(slow: &Slow<'_>, name: Name) -> Read {
    match name {
        Name::Value(id) => slow.formula(&slow.plan[id].formula),
        Name::Component(id) => slow.component(&slow.plan[id]),
        other => panic!("{other:?} is not asked"),
    }
}

/// Amounts in cents and counts; one in six is missing. Figures that bounds and literals stand at come often.
fn measures(dice: &mut Dice<'_>) -> Vec<Option<Exact>> {
    (0..MEASURES)
        .map(|at| {
            if dice.hits(6) {
                return None;
            }
            let whole = dice.wide() % 4_000 - 500;
            Some(match (at < 2, dice.hits(3)) {
                (true, true) => Exact::from_int(whole / 500 * 500),
                (true, false) => Exact::from_scaled(i128::from(whole * 100 + dice.wide() % 100), 2),
                (false, _) => Exact::from_int(whole.rem_euclid(12)),
            })
        })
        .collect()
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 40..600)
}

proptest! {
    /// Whatever a plan says, the evaluator answers what a slow reading over big rationals answers: the same figure to
    /// the last digit, or no answer of the same kind.
    #[test]
    fn the_evaluator_answers_what_a_slow_reading_answers(bytes in bytes()) {
        let mut dice = Dice::new(&bytes);
        let measures = measures(&mut dice);
        let text = plan(&mut dice, Rounds::Yes);
        let plan = checked(&text);
        let (world, known, at) = (world(&plan), Known(&measures), january(&plan));
        let slow = Slow { plan: &plan, measures: &measures };
        let mut evaluator = Evaluator::new(&plan, &world, &known);
        let mut bare = Evaluator::new(&plan, &world, &known).without_explanation();
        for name in names(&plan) {
            let quick = as_read(&asked(&mut evaluator, name, &at));
            prop_assert_eq!(&quick, &slowly(&slow, name), "{:?} of\n{}\n{:?}", name, &text, &measures);
            // What keeps no explanation answers the same.
            prop_assert_eq!(&quick, &as_read(&asked(&mut bare, name, &at)), "{:?} of\n{}", name, &text);
        }
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
