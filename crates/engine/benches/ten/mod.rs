//! The plan of ten components that benches evaluate, with its one partner and all that is measured of it.

mod partner;

use std::time::{Duration, Instant};

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::{Date, months_between, parse_date};
use trueup_base::exact::Exact;
use trueup_engine::world::{PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Place, What};
use trueup_plan::tree::{ComponentId, Name, Plan};

const TERMS: &str = "{ target.net_sales: 4_000_000, term.retainer: 2_500 }";

/// How often each evaluation is repeated.
pub const ROUNDS: usize = 2_000;

/// The plan.
pub fn plan() -> Plan {
    partner::plan(
        "ten_components.yaml",
        include_str!("../ten_components.yaml"),
    )
}

/// Its one partner.
pub fn one_partner(plan: &Plan) -> World {
    partner::one_partner(plan, TERMS, "2025-01-01")
}

/// The last quarter of 2026, and that year.
pub fn quarter_and_year(plan: &Plan) -> (Window, Window) {
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
    (quarter, year)
}

/// Every component with the window that it is asked in.
pub fn asked(plan: &Plan) -> Vec<(ComponentId, Window)> {
    let (quarter, year) = quarter_and_year(plan);
    (0u16..)
        .zip(&plan.components)
        .map(|(at, component)| {
            let is_yearly = component.over == WindowUnit::Year;
            (ComponentId(at), if is_yearly { year } else { quarter })
        })
        .collect()
}

/// Measures known beforehand, as a fast measurer has them: for each measure its windows, in their order.
pub struct Known(Vec<Vec<(Date, Date, Exact)>>);

impl Known {
    /// Every quarter and year that the plan may ask for.
    pub fn of(plan: &Plan) -> Self {
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

/// The median and the fastest time of many evaluations, each from an empty memory, how many answers were kept, and how many of
/// these are components in a window of their own.
pub fn timed(
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

/// Odd cents, so that products do not stay round.
fn figure(at: u16) -> Exact {
    Exact::from_scaled(1_234_567 + i128::from(at) * 7_919, 2)
}
