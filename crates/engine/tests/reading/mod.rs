//! Generated plans, and a second reading of them that shares nothing with the engine but the typed tree.

pub mod dice;
pub mod plans;
pub mod slow;

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, NoAnswer, Number, Place, Truth, Value};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::{ComponentId, Name, Plan, ValueId};

use dice::Dice;
use plans::{MEASURES, Rounds, plan};
use slow::{Read, Slow, big};

/// Makes a plan and its measures of bytes, and holds the evaluator, with and without explanations, to the slow reading:
/// the same figure to the last digit, or no answer of the same kind.
pub fn agree(bytes: &[u8]) {
    let mut dice = Dice::new(bytes);
    let measures = measures(&mut dice);
    let text = plan(&mut dice, Rounds::Yes);
    let plan = checked(&text);
    let (world, known, at) = (world(&plan), Known(&measures), january(&plan));
    let slow = Slow {
        plan: &plan,
        measures: &measures,
    };
    let mut evaluator = Evaluator::new(&plan, &world, &known);
    let mut bare = Evaluator::new(&plan, &world, &known).without_explanation();
    for name in names(&plan) {
        let quick = as_read(&asked(&mut evaluator, name, &at));
        assert_eq!(
            quick,
            slowly(&slow, name),
            "{name:?} of\n{text}\n{measures:?}"
        );
        let bare = as_read(&asked(&mut bare, name, &at));
        assert_eq!(
            quick, bare,
            "{name:?} without an explanation, of\n{text}\n{measures:?}"
        );
    }
}

/// Measures known beforehand.
pub struct Known<'m>(pub &'m [Option<Exact>]);

impl Measurer<Answer> for Known<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        Some(match self.0.get(ask.measure.index()) {
            Some(Some(figure)) => Answer::Known(figure.clone()),
            _ => Answer::None(NoAnswer::missing("no rows")),
        })
    }
}

pub fn checked(text: &str) -> Plan {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
    plan.unwrap_or_else(|| panic!("{}\n{text}", render(&sources, &found)))
}

pub fn world(plan: &Plan) -> World {
    let starts = parse_date("2026-01-01").expect("a day");
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: Vec::new(),
        agreement: Agreement::new(plan, starts, None, &[]),
    };
    World::new(plan, vec![partner])
}

pub fn january(plan: &Plan) -> Place {
    let window = plan.calendar.parse_period("2026-01").expect("a period");
    Place::new(PartnerIx(0), window)
}

/// Everything a plan names, in one window.
pub fn names(plan: &Plan) -> Vec<Name> {
    let values = (0u16..)
        .zip(&plan.values)
        .map(|(at, _)| Name::Value(ValueId(at)));
    let components = (0u16..)
        .zip(&plan.components)
        .map(|(at, _)| Name::Component(ComponentId(at)));
    values.chain(components).collect()
}

pub fn asked<N: Number, M: Measurer<N>>(
    evaluator: &mut Evaluator<'_, N, M>,
    name: Name,
    at: &Place,
) -> Value<N> {
    let node = evaluator.ask_name(name, at);
    evaluator.answer(node)
}

pub fn as_read(value: &Value<Answer>) -> Read {
    if let Some(reason) = value.reason() {
        return Read::None(reason.kind);
    }
    match value {
        Value::Number(number) => Read::Number(big(number.figure().expect("one lane"))),
        Value::Flag(truth) => Read::Flag(truth.all().expect("one lane")),
        other => panic!("{other:?} is not made"),
    }
}

pub fn slowly(slow: &Slow<'_>, name: Name) -> Read {
    match name {
        Name::Value(id) => slow.formula(&slow.plan[id].formula),
        Name::Component(id) => slow.component(&slow.plan[id]),
        other => panic!("{other:?} is not asked"),
    }
}

/// Amounts in cents and counts; one in six is missing. Figures that bounds and literals stand at come often.
pub fn measures(dice: &mut Dice<'_>) -> Vec<Option<Exact>> {
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
