//! One rate table with five bands, asked about sixteen amounts: a component of Trueup with its rounding, and the same table
//! as a decision table of zen-engine, each with and without a trace of how the figure came about.
//!
//! Both answer with the partner's pay for the amount. Trueup counts in exact rationals and rounds once to the cent;
//! zen-engine is built as it comes, with 28-digit decimals. Every answer is compared before anything is timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Place};
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{ComponentId, Plan};
use zen_engine::Decision;
use zen_engine::EvaluationOptions;
use zen_engine::model::GraphContent;

const PLAN: &str = "
plan: one-table
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
tables:
  reached:
    is: The rate reached
    of: sold
    one_band: rate
    bands:
      - { from: lowest,    rate: 0% }
      - { from: 10_000,    rate: 1% }
      - { from: 50_000,    rate: 2% }
      - { from: 100_000,   rate: 3% }
      - { above: 500_000,  rate: 4.5% }
components:
  bonus: { is: All sales at the rate reached, pays: sales * reached(sales) }
";

/// Whole dollars, so that both engines hold them exactly; the bounds and their neighbours are among them.
const AMOUNTS: [i64; 16] = [
    0, 9_999, 10_000, 10_001, 25_000, 49_999, 50_000, 77_777, 99_999, 100_000, 250_000, 499_999,
    500_000, 500_001, 750_000, 1_000_000,
];

/// How long each is timed.
const TIMED: Duration = Duration::from_secs(3);
/// How often the four take turns, so that a busy moment hits them alike.
const ROUNDS: usize = 5;

struct Known(Exact);

impl Measurer<Answer> for Known {
    fn measure(&self, _ask: &Ask<'_>) -> Option<Answer> {
        Some(Answer::Known(self.0.clone()))
    }
}

fn main() {
    let (plan, world) = program();
    let known: Vec<Known> = AMOUNTS
        .iter()
        .map(|amount| Known(Exact::from_int(*amount)))
        .collect();
    let window = plan.calendar.parse_period("2026-01").expect("a period");
    let at = Place::new(PartnerIx(0), window);
    let decision = decision();
    agree(&plan, &world, &known, &at, &decision);

    let mut explained: Vec<_> = known
        .iter()
        .map(|known| Evaluator::new(&plan, &world, known))
        .collect();
    let mut bare: Vec<_> = known
        .iter()
        .map(|known| Evaluator::new(&plan, &world, known).without_explanation())
        .collect();
    let inputs: Vec<Value> = AMOUNTS
        .iter()
        .map(|amount| json!({ "sales": amount }))
        .collect();
    let mut rates: [Vec<f64>; 4] = Default::default();
    for _ in 0..ROUNDS {
        let mut ask = |evaluators: &mut Vec<Evaluator<'_, Answer, Known>>| {
            per_second(|| {
                for evaluator in evaluators.iter_mut() {
                    evaluator.forget_partner();
                    let node = evaluator.ask_component(ComponentId(0), &at);
                    black_box(evaluator.answer(node));
                }
            })
        };
        rates[0].push(ask(&mut explained));
        rates[1].push(ask(&mut bare));
        for (slot, trace) in [(2, true), (3, false)] {
            rates[slot].push(per_second(|| {
                for input in &inputs {
                    black_box(asked(&decision, input, trace));
                }
            }));
        }
    }
    let names = [
        "Trueup, with its explanation",
        "Trueup, the figure alone",
        "zen-engine, with its trace",
        "zen-engine, the figure alone",
    ];
    for (name, rates) in names.iter().zip(&mut rates) {
        rates.sort_by(f64::total_cmp);
        println!("  {:>12.0} a second on one core: {name}", rates[ROUNDS / 2]);
    }
    println!(
        "ratio {:.1} with and {:.1} without",
        rates[0][ROUNDS / 2] / rates[2][ROUNDS / 2],
        rates[1][ROUNDS / 2] / rates[3][ROUNDS / 2]
    );
}

/// How many amounts a second `round` answers, which asks about each once.
fn per_second(mut round: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut rounds = 0u32;
    while begun.elapsed() < TIMED / 5 {
        for _ in 0..100 {
            round();
        }
        rounds += 100;
    }
    f64::from(rounds) * 16.0 / begun.elapsed().as_secs_f64()
}

fn program() -> (Plan, World) {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", PLAN)], Strictness::Draft);
    let plan =
        plan.unwrap_or_else(|| panic!("{}", trueup_plan::diagnostic::render(&sources, &found)));
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: Vec::new(),
        agreement: Agreement::new(&plan, parse_date("2026-01-01").expect("a day"), None, &[]),
    };
    let world = World::new(&plan, vec![partner]);
    (plan, world)
}

fn decision() -> Decision {
    let rule = |id: &str, when: &str, rate: &str| json!({ "_id": id, "i1": when, "o1": format!("sales * {rate}") });
    let content: GraphContent = serde_json::from_value(json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode", "content": {} },
            {
                "id": "table", "name": "table", "type": "decisionTableNode",
                "content": {
                    "hitPolicy": "first",
                    "inputs": [{ "id": "i1", "name": "Sales", "field": "sales" }],
                    "outputs": [{ "id": "o1", "name": "Pay", "field": "pay" }],
                    "rules": [
                        rule("r1", "< 10000", "0"),
                        rule("r2", "[10000..50000)", "0.01"),
                        rule("r3", "[50000..100000)", "0.02"),
                        rule("r4", "[100000..500000]", "0.03"),
                        rule("r5", "> 500000", "0.045"),
                    ]
                }
            },
            { "id": "out", "name": "out", "type": "outputNode", "content": {} }
        ],
        "edges": [
            { "id": "e1", "sourceId": "in", "targetId": "table" },
            { "id": "e2", "sourceId": "table", "targetId": "out" }
        ]
    }))
    .expect("a decision table as above");
    let mut decision = Decision::from(content);
    decision.compile();
    decision
}

fn asked(decision: &Decision, input: &Value, trace: bool) -> Value {
    let options = EvaluationOptions {
        trace,
        ..Default::default()
    };
    let answer = pollster::block_on(decision.evaluate_with_opts(input.clone().into(), options))
        .expect("an answer");
    assert_eq!(answer.trace.is_some(), trace);
    answer.result.to_value()
}

/// Both must pay the same before they are timed.
fn agree(plan: &Plan, world: &World, known: &[Known], at: &Place, decision: &Decision) {
    for (known, amount) in known.iter().zip(AMOUNTS) {
        let mut evaluator = Evaluator::new(plan, world, known);
        let node = evaluator.ask_component(ComponentId(0), at);
        let ours = match evaluator.answer(node) {
            trueup_engine::Value::Number(Answer::Known(figure)) => figure,
            other => panic!("{other:?}"),
        };
        let theirs = asked(decision, &json!({ "sales": amount }), false);
        let theirs = Exact::parse(&theirs["pay"].to_string()).expect("a number");
        assert_eq!(ours, theirs, "pay on {amount}");
    }
}
