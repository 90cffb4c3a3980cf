//! Ten components of one partner beside the same as ten decision tables of a rules engine.
//!
//! What the plan works out from other windows (last year's sales, the most ever, the other quarters' bonus) and the ratios that
//! several components share are given to the rules engine as inputs, so that it is asked less. Both must pay the same cents.

#[path = "../../../crates/engine/benches/ten/mod.rs"]
mod ten;

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use ten::{Known, ROUNDS, asked, one_partner, plan, quarter_and_year, timed};
use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::world::PartnerIx;
use trueup_engine::{Ask, Evaluator, Measurer, Place};
use trueup_plan::tree::{MeasureId, Plan};
use zen_engine::model::GraphContent;
use zen_engine::{Decision, EvaluationOptions};

/// One decision table: the input it looks at, and for each rule its test and what it pays.
struct Table {
    name: &'static str,
    looks_at: &'static str,
    rules: &'static [(&'static str, &'static str)],
}

const TABLES: &[Table] = &[
    Table {
        name: "retainer",
        looks_at: "retainer",
        rules: &[("", "retainer")],
    },
    Table {
        name: "volume_bonus",
        looks_at: "share_of_target",
        rules: &[
            (
                "> 1.25",
                "growth < 0 ? 0 : min([60000, target * 0.01 + target * 0.25 * 0.025 + (sales - target * 1.25) * 0.04])",
            ),
            (
                "> 1",
                "growth < 0 ? 0 : min([60000, target * 0.01 + (sales - target) * 0.025])",
            ),
            ("", "growth < 0 ? 0 : min([60000, sales * 0.01])"),
        ],
    },
    Table {
        name: "whole_bonus",
        looks_at: "share_of_target",
        rules: &[
            (">= 1.2", "min([90000, sales * 0.03])"),
            (">= 1", "min([90000, sales * 0.02])"),
            (">= 0.8", "min([90000, sales * 0.01])"),
            ("", "0"),
        ],
    },
    Table {
        name: "growth_bonus",
        looks_at: "grown",
        rules: &[("> 0", "min([25000, grown * 0.03])"), ("", "0")],
    },
    Table {
        name: "new_customers",
        looks_at: "new_deals",
        rules: &[("", "new_deals * 500 / 1000")],
    },
    Table {
        name: "margin_bonus",
        looks_at: "margin",
        rules: &[(">= 0.2", "sales * 0.01"), ("", "0")],
    },
    Table {
        name: "score_bonus",
        looks_at: "score",
        rules: &[
            (">= 1.5", "16000"),
            (">= 1", "10000 + (score - 1) / 0.5 * 6000"),
            (">= 0.5", "(score - 0.5) / 0.5 * 10000"),
            ("", "0"),
        ],
    },
    Table {
        name: "high_water",
        looks_at: "above_most",
        rules: &[("", "above_most * 0.01")],
    },
    Table {
        name: "year_bonus",
        looks_at: "year_share_of_target",
        rules: &[(">= 1", "min([200000, year_sales * 0.01])"), ("", "0")],
    },
    Table {
        name: "true_up",
        looks_at: "year_share_of_target",
        rules: &[
            (">= 1.2", "max([0, year_sales * 0.03 - whole_bonuses])"),
            (">= 1", "max([0, year_sales * 0.02 - whole_bonuses])"),
            (">= 0.8", "max([0, year_sales * 0.01 - whole_bonuses])"),
            ("", "0"),
        ],
    },
];

fn main() {
    let plan = plan();
    let world = one_partner(&plan);
    let known = Known::of(&plan);
    let windows = asked(&plan);
    let mut evaluator = Evaluator::new(&plan, &world, &known);
    let paid: Vec<Exact> = windows
        .iter()
        .map(|(component, window)| {
            let node = evaluator.ask_component(*component, &Place::new(PartnerIx(0), *window));
            evaluator.answer(node).number()
        })
        .map(|answer| {
            trueup_engine::Number::figure(&answer)
                .expect("an answer")
                .clone()
        })
        .collect();
    let inputs = inputs(&plan, &known, &paid);
    let mut decision = decision();
    decision.compile();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let result = runtime
        .block_on(decision.evaluate(inputs.clone().into()))
        .expect("the decision tables answer");
    let result: Value = serde_json::to_value(&result.result).expect("a JSON value");
    for (table, paid) in TABLES.iter().zip(&paid) {
        let said = result
            .get(table.name)
            .map(Value::to_string)
            .unwrap_or_default();
        let said = Exact::parse(&said).expect("a number");
        let cent = Exact::from_scaled(1, 2);
        let said = said
            .round_to(&cent, Rounding::HalfAway)
            .expect("a cent is above zero");
        assert_eq!(&said, paid, "{} differs", table.name);
    }
    for (name, evaluator) in [
        (
            "with its explanation",
            Evaluator::new(&plan, &world, &known),
        ),
        (
            "the figures alone",
            Evaluator::new(&plan, &world, &known).without_explanation(),
        ),
    ] {
        let (median, ..) = timed(evaluator, &windows);
        told("Trueup", name, median);
    }
    for (name, trace) in [("with trace", true), ("without trace", false)] {
        let options = EvaluationOptions {
            trace,
            ..Default::default()
        };
        let mut took = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let given = inputs.clone().into();
            let begun = Instant::now();
            let answered = runtime.block_on(decision.evaluate_with_opts(given, options));
            took.push(begun.elapsed());
            assert!(answered.is_ok(), "the decision tables answer");
        }
        took.sort();
        told("zen-engine", name, took[ROUNDS / 2]);
    }
}

fn told(who: &str, how: &str, median: Duration) {
    let rate = 10.0 / median.as_secs_f64();
    println!(
        "ten components, {who}, {how}: median {median:?}, {rate:.0} components asked a second and core ({ROUNDS} rounds)"
    );
}

/// All tables side by side: each reads the inputs, and the output holds what all of them say.
fn decision() -> Decision {
    let mut nodes = vec![
        json!({ "id": "in", "name": "in", "type": "inputNode", "content": {} }),
        json!({ "id": "out", "name": "out", "type": "outputNode", "content": {} }),
    ];
    let mut edges = Vec::new();
    for table in TABLES {
        let rules = table.rules.iter().enumerate();
        let rules: Vec<Value> = rules
            .map(|(at, (when, pays))| json!({ "_id": format!("{}{at}", table.name), "i": when, "o": pays }))
            .collect();
        nodes.push(json!({
            "id": table.name, "name": table.name, "type": "decisionTableNode",
            "content": {
                "hitPolicy": "first",
                "inputs": [{ "id": "i", "name": table.looks_at, "field": table.looks_at }],
                "outputs": [{ "id": "o", "name": table.name, "field": table.name }],
                "rules": rules,
            }
        }));
        edges.push(
            json!({ "id": format!("in-{}", table.name), "sourceId": "in", "targetId": table.name }),
        );
        edges.push(json!({ "id": format!("{}-out", table.name), "sourceId": table.name, "targetId": "out" }));
    }
    let content: GraphContent = serde_json::from_value(json!({ "nodes": nodes, "edges": edges }))
        .expect("a decision graph");
    Decision::from(Arc::new(content))
}

/// What the tables read, worked out beforehand.
fn inputs(plan: &Plan, known: &Known, paid: &[Exact]) -> Value {
    let (quarter, year) = quarter_and_year(plan);
    let measure = |name: &str, window: Window| {
        let at = plan
            .measures
            .iter()
            .position(|measure| &*measure.name == name);
        let measure =
            MeasureId(u16::try_from(at.expect("a measure of the plan")).expect("few measures"));
        let ask = Ask {
            measure,
            partner: PartnerIx(0),
            window,
            known_before: None,
            key: None,
        };
        let answer = known.measure(&ask).expect("it is known");
        trueup_engine::Number::figure(&answer)
            .expect("a figure")
            .clone()
    };
    let over = |a: &Exact, b: &Exact| a.checked_div(b).expect("no zero is divided by");
    let calendar = &plan.calendar;
    let back = |by| calendar.shift(&quarter, by).expect("a quarter before");
    let sales = measure("net_sales", quarter);
    let year_sales = measure("net_sales", year);
    let target = Exact::from_int(1_000_000);
    let last_year = measure("net_sales", back(-4));
    let most_before = calendar
        .windows_in(
            WindowUnit::Quarter,
            trueup_base::date::parse_date("2025-01-01").expect("a day"),
            quarter.starts,
        )
        .into_iter()
        .map(|window| measure("net_sales", window))
        .max()
        .expect("quarters before");
    let margin = over(&(&sales - &measure("cost", quarter)), &sales);
    let share = over(&sales, &target);
    let weight = |number: &Exact, percent| number * &Exact::from_scaled(percent, 2);
    let score = &weight(&share, 60) + &weight(&margin, 40);
    let whole_bonuses = (-3..=0).map(|by| {
        let sales = measure("net_sales", back(by));
        let rate = match over(&sales, &target) {
            share if share >= Exact::from_scaled(120, 2) => 3,
            share if share >= Exact::ONE => 2,
            share if share >= Exact::from_scaled(80, 2) => 1,
            _ => 0,
        };
        let bonus = weight(&sales, rate).min(Exact::from_int(90_000));
        bonus
            .round_to(&Exact::from_scaled(1, 2), Rounding::HalfAway)
            .expect("a cent is above zero")
    });
    let figures = [
        ("retainer", paid[0].clone()),
        ("growth", over(&(&sales - &last_year), &last_year)),
        ("grown", &sales - &last_year),
        ("new_deals", measure("new_deals", quarter)),
        ("margin", margin),
        ("score", score),
        ("above_most", (&sales - &most_before).max(Exact::ZERO)),
        ("share_of_target", share),
        (
            "year_share_of_target",
            over(&year_sales, &Exact::from_int(4_000_000)),
        ),
        (
            "whole_bonuses",
            whole_bonuses.fold(Exact::ZERO, |sum, next| &sum + &next),
        ),
        ("sales", sales),
        ("year_sales", year_sales),
        ("target", target),
    ];
    let number = |figure: Exact| {
        let rounded = figure
            .round_to(&Exact::from_scaled(1, 15), Rounding::HalfAway)
            .expect("a step above zero");
        serde_json::from_str(&rounded.to_string()).expect("a decimal number")
    };
    let object: Map<String, Value> = figures
        .into_iter()
        .map(|(name, figure)| (name.to_owned(), number(figure)))
        .collect();
    Value::Object(object)
}
