//! One partner, ten components, with its explanation graph: how long an evaluation takes once its measures are known.
//!
//! Prints the median of many evaluations, each from an empty memory. The plan below uses every common kind of component:
//! sliced and whole tables, a line, a gate, caps, growth, a carried value, a scorecard, a true-up and a limit.

use std::time::{Duration, Instant};

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::{Date, months_between, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_engine::world::{Agreement, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Place, What};
use trueup_plan::agreement::terms;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::tree::{ComponentId, Name, Plan};
use trueup_plan::yaml;

const PLAN: &str = include_str!("ten_components.yaml");
const TERMS: &str = "{ target.net_sales: 4_000_000, term.retainer: 2_500 }";
const ROUNDS: usize = 2_000;

/// Measures known beforehand, as a fast measurer has them: for each measure its windows, in their order.
struct Known(Vec<Vec<(Date, Date, Exact)>>);

impl Known {
    /// Every quarter and year that the plan may ask for.
    fn of(plan: &Plan) -> Self {
        let from = parse_date("2023-01-01").expect("a day as written above");
        let until = parse_date("2027-01-01").expect("a day as written above");
        let calendar = &plan.calendar;
        let windows = [WindowUnit::Quarter, WindowUnit::Year]
            .into_iter()
            .flat_map(|unit| calendar.windows_in(unit, from, until));
        // Windows of other lengths and years differ, so that growth and true-up have something to do.
        let times = windows.map(|window| {
            let months = months_between(window.starts, window.ends);
            let year = i64::from(window.starts.year()) - 2_000;
            (window.starts, window.ends, Exact::from_int(months * year))
        });
        let mut times: Vec<_> = times.collect();
        times.sort();
        let of_measure = |at: u16| {
            let one = figure(at);
            let windows = times.iter();
            windows
                .map(|(starts, ends, times)| (*starts, *ends, &one * times))
                .collect()
        };
        let measures = (0u16..).zip(&plan.measures);
        Self(measures.map(|(at, _)| of_measure(at)).collect())
    }
}

impl Measurer<Answer> for Known {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        let windows = self.0.get(ask.measure.index())?;
        let days = (ask.window.starts, ask.window.ends);
        let at = windows.binary_search_by(|(starts, ends, _)| (*starts, *ends).cmp(&days));
        Some(Answer::Known(windows.get(at.ok()?)?.2.clone()))
    }
}

fn main() {
    let mut sources = Sources::new();
    let (plan, found) = read(
        &mut sources,
        &[("ten_components.yaml", PLAN)],
        Strictness::Draft,
    );
    let plan =
        plan.unwrap_or_else(|| panic!("{}", trueup_plan::diagnostic::render(&sources, &found)));
    assert_eq!(
        plan.components.len(),
        10,
        "the plan of this bench has ten components"
    );
    let world = one_partner(&plan);
    let known = Known::of(&plan);
    let quarter = plan
        .calendar
        .window_at(
            WindowUnit::Quarter,
            parse_date("2026-11-30").expect("a day as written above"),
        )
        .expect("every day lies in a quarter");
    let year = plan
        .calendar
        .window_at(WindowUnit::Year, quarter.starts)
        .expect("every day lies in a year");

    let windows: Vec<_> = (0u16..)
        .zip(&plan.components)
        .map(|(at, component)| {
            let is_yearly = component.over == WindowUnit::Year;
            (ComponentId(at), if is_yearly { year } else { quarter })
        })
        .collect();
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

/// The median and the fastest time of many evaluations, each from an empty memory, how many answers were kept, and how many of
/// these are components in a window of their own.
fn timed(
    mut evaluator: Evaluator<'_, Answer, Known>,
    windows: &[(ComponentId, Window)],
) -> (Duration, Duration, usize, u32) {
    let mut took = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        evaluator.forget_partner();
        let begun = Instant::now();
        for (component, window) in windows {
            let node = evaluator.ask_component(*component, &Place::new(PartnerIx(0), *window));
            assert!(
                evaluator.answer(node).reason().is_none(),
                "every component has an answer"
            );
        }
        took.push(begun.elapsed());
    }
    took.sort();
    let nodes = evaluator.graph().nodes();
    let in_own_window = nodes.filter(|node| match node.what {
        What::Name(Name::Component(id)) => node.place.window.unit == evaluator.plan()[id].over,
        _ => false,
    });
    let evaluated = in_own_window.map(|_| 1).sum();
    (
        took[ROUNDS / 2],
        took[0],
        evaluator.graph().len(),
        evaluated,
    )
}

fn one_partner(plan: &Plan) -> World {
    let mut sources = Sources::new();
    let file = sources.add("terms", TERMS);
    let mut found = Vec::new();
    let node = yaml::read(&sources, file, &mut found).expect("the terms above are YAML");
    let stated = terms(plan, &node, &mut found);
    assert!(found.is_empty(), "{found:?}");
    let starts = parse_date("2025-01-01").expect("a day as written above");
    let partner = Partner {
        id: PartnerId::new("p").expect("a short id"),
        parent: None,
        attributes: plan
            .attributes
            .iter()
            .map(|_| trueup_engine::world::Cell::Empty)
            .collect(),
        agreement: Agreement::new(plan, starts, None, &stated),
    };
    World::new(plan, vec![partner])
}

/// Odd cents, so that products do not stay round.
fn figure(at: u16) -> Exact {
    Exact::from_scaled(1_234_567 + i128::from(at) * 7_919, 2)
}
