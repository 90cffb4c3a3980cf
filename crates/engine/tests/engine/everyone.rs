//! The laws of RELIABILITY where partners meet: totals, ranks, shared sums, limits, late facts, joiners and leavers, in one
//! generated program.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::asks::asks;
use trueup_engine::explain::{Explanation, Subject};
use trueup_engine::world::PartnerIx;
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Reference};
use trueup_plan::tree::MeasureId;

use crate::generated::{amount_of, cents, day_of_year};
use crate::support::{Got, Program, day, exact, got, number, sum};

const WORLD: &str = "
plan: everything
currency: USD
facts:
  sale:
    columns: { id: text, partner: partner, introducer: partner, on: date, amount: money, product: text, paid_on: date }
    credited:
      - { to: sale.partner, role: sold }
      - { to: sale.introducer, role: introduced, share: 30%, overlay: yes }
      - { to: upline(sale.partner), role: above, overlay: yes }
measures:
  sales:    { is: Sales, sum: sale.amount }
  rows:     { is: Rows, count: sale }
  products: { is: Products, count_distinct: sale.product }
  largest:  { is: The largest, max: sale.amount }
  smallest: { is: The smallest, min: sale.amount, where: sale.amount > 10 }
  last:     { is: The last paid, latest: sale.amount, at: sale.paid_on }
  by_product: { is: Sales of each product, sum: sale.amount, by: sale.product, keys: [A, B] }
  introduced: { is: Introduced, sum: sale.amount, role: introduced }
  above:    { is: Below me, sum: sale.amount, role: above }
values:
  so_far: running(sale.amount)
  sums:   otherwise(max_by(sales, month), 0)
  place:  rank(sales)
  all:    total(sales)
  score:  otherwise(coalesce(largest, 0) + coalesce(smallest, 0) + coalesce(last, 0) + by_product['A'] + 2 * products, 0)
components:
  pool:    { is: A pool by sales, pays: \"coalesce(allocate(1_000, greatest(0, sales), to => 0.01), 0)\" }
  exactly: { is: A pool, pays: \"coalesce(allocate(1_000, greatest(0, sales)), 0)\" }
  lines:   { is: Each sale, each: sale, pays: 7.77% * sale.amount + 0.01 * so_far / 1_000 }
  split:   { is: Each sale's part of a hundred, each: sale, pays: \"coalesce(allocate(100, abs(sale.amount), to => 0.01), 0)\" }
  below:   { is: Of those below, pays: 1% * (above + introduced + team(sales)) }
  other:   { is: Everything else, pays: score + 3 * place + all / 1_000 + sums + 2 * rows }
limits:
  both: { is: Two together, on: [lines, below], over: quarter, at_most: 400, cut: pro_rata }
";
const PARTNERS: [(&str, &str); 5] = [
    ("ada", "{ starts: 2026-01-01 }"),
    ("bob", "{ starts: 2026-01-01, parent: ada }"),
    ("cyd", "{ starts: 2026-02-10, parent: bob }"),
    ("dan", "{ starts: 2026-01-01, until: 2026-03-20 }"),
    ("eve", "{ starts: 2026-01-01, parent: ada }"),
];

/// Listens to what is asked and leaves it to the rows.
#[derive(Debug, Default)]
struct Listener {
    heard: RefCell<BTreeSet<Heard>>,
}

/// Which measure, of whom, in which window, as known before which day, for which key.
type Heard = (MeasureId, PartnerIx, Window, Option<Date>, Option<String>);

impl Measurer<Answer> for Listener {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        let key = ask.key.map(str::to_owned);
        self.heard.borrow_mut().insert((
            ask.measure,
            ask.partner,
            ask.window,
            ask.known_before,
            key,
        ));
        None
    }
}

#[derive(Clone, Debug)]
struct Sale {
    partner: usize,
    introducer: Option<usize>,
    on: String,
    amount: i64,
    product: &'static str,
    paid: Option<u32>,
    recorded: Option<u32>,
}

fn sale() -> impl Strategy<Value = Sale> {
    (
        0usize..5,
        prop::option::of(0usize..5),
        day_of_year(),
        prop_oneof![3 => 0i64..200_000, 1 => Just(50_000), 1 => -100_000i64..0],
        prop::sample::select(vec!["A", "B", "C", ""]),
        prop::option::of(1u32..=28),
        prop::option::of(1u32..=12),
    )
        .prop_map(
            |(partner, introducer, on, amount, product, paid, recorded)| Sale {
                partner,
                introducer,
                on,
                amount,
                product,
                paid,
                recorded,
            },
        )
}

fn everything(partners: &[usize], sales: &[(usize, &Sale)]) -> String {
    let mut facts = "partners:\n".to_owned();
    for at in partners {
        let (id, says) = PARTNERS[*at];
        facts.push_str(&format!("  {id}: {says}\n"));
    }
    facts.push_str("facts:\n  sale:\n");
    for (at, sale) in sales {
        let mut row = format!(
            "{{ id: s{at:03}, partner: {}, on: {}, amount: {}, product: '{}'",
            PARTNERS[sale.partner].0,
            sale.on,
            cents(sale.amount),
            sale.product
        );
        if let Some(introducer) = sale.introducer {
            row.push_str(&format!(", introducer: {}", PARTNERS[introducer].0));
        }
        if let Some(day) = sale.paid {
            row.push_str(&format!(", paid_on: 2026-03-{day:02}"));
        }
        facts.push_str(&format!("    - {row} }}\n"));
        if let Some(month) = sale.recorded {
            let row = row.replace(&format!("amount: {}", cents(sale.amount)), "amount: 17.17");
            facts.push_str(&format!(
                "    - {row}, recorded_on: 2026-{month:02}-07 }}\n"
            ));
        }
    }
    facts
}

proptest! {
    /// LAW-10: the order in which facts and partners are given changes nothing.
    #[test]
    fn the_order_of_facts_and_partners_changes_nothing(
        sales in prop::collection::vec(sale(), 1..14),
        order in Just((0..14usize).collect::<Vec<_>>()).prop_shuffle(),
        partners in Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let listed: Vec<_> = sales.iter().enumerate().collect();
        let shuffled: Vec<_> = order.iter().filter_map(|at| listed.get(*at).copied()).collect();
        let (first, second) = (
            Program::new(WORLD, &everything(&[0, 1, 2, 3, 4], &listed)),
            Program::new(WORLD, &everything(&partners, &shuffled)),
        );
        prop_assert_eq!(first.all_lines("2026-04-01"), second.all_lines("2026-04-01"));
    }

    /// What was asked before changes no answer: one evaluator asked in any order answers as a fresh one does.
    #[test]
    fn the_order_of_questions_changes_nothing(
        sales in prop::collection::vec(sale(), 1..10),
        questions in prop::collection::vec((0usize..5, 0usize..12, 0usize..6), 1..25),
    ) {
        let listed: Vec<_> = sales.iter().enumerate().collect();
        let program = Program::new(WORLD, &everything(&[0, 1, 2, 3, 4], &listed));
        let formulas = [
            "pool", "exactly", "lines", "below", "other", "sums", "place", "score", "both",
            "previous(pool, first => 0)", "previous_year(all)", "since_start(sales)",
        ]
        .map(|text| program.formula(text));
        let periods = ["2026-01", "2026-02", "2026-03", "2026-Q1", "2026", "2025-12"];
        let mut one = Evaluator::new(&program.plan, &program.world, &Reference);
        for (partner, formula, period) in questions {
            let place = program.place(PARTNERS[partner].0, periods[period]);
            let node = one.ask(&formulas[formula], &place);
            let mut fresh = Evaluator::new(&program.plan, &program.world, &Reference);
            let other = fresh.ask(&formulas[formula], &place);
            prop_assert_eq!(got(&one.answer(node)), got(&fresh.answer(other)));
            if partner == 0 {
                one.forget_partner();
            }
        }
    }

    /// Whatever settling asks of measures was listed beforehand: what a faster measurer prepares is enough.
    #[test]
    fn what_is_listed_beforehand_is_all_that_is_asked(sales in prop::collection::vec(sale(), 1..6)) {
        let listed: Vec<_> = sales.iter().enumerate().collect();
        let program = Program::new(WORLD, &everything(&[0, 1, 2, 3, 4], &listed));
        let until = day("2026-05-01");
        let asks = asks(&program.plan, &program.world.partners, until, &[]);
        prop_assert!(!asks.is_cut_short);
        let listener = Listener::default();
        let mut evaluator: Evaluator<'_, Answer, _> = Evaluator::new(&program.plan, &program.world, &listener);
        for partner in program.world.all() {
            evaluator.settle(partner, until);
        }
        let heard = listener.heard.into_inner();
        prop_assert!(!heard.is_empty());
        for (measure, partner, window, known_before, key) in heard {
            let asked = asks.measures.get(&measure);
            let name = &program.plan[measure].name;
            let cohort = asks.cohorts.iter().position(|cohort| cohort.partners.contains(&partner));
            let edges = asked.and_then(|asked| asked.edges.get(&cohort?));
            prop_assert!(
                edges.is_some_and(|edges| edges.contains(&window.starts) && edges.contains(&window.ends)),
                "{name} of {partner:?} in {window}"
            );
            prop_assert!(known_before.is_none_or(|day| asks.known_before.contains(&day)), "{known_before:?}");
            let is_listed = asked.is_some_and(|asked| match &key {
                None => asked.whole,
                Some(key) => asked.any_key || asked.keys.iter().any(|listed| **listed == **key),
            });
            prop_assert!(is_listed, "{name} with key {key:?}");
        }
    }

    /// Allocations conserve (LAW-1): a pool's parts add up to it, whoever is asked, also where members join and leave.
    #[test]
    fn the_parts_of_a_pool_add_up_to_it(sales in prop::collection::vec(sale(), 1..14), month in 1u32..=6) {
        let listed: Vec<_> = sales.iter().enumerate().collect();
        let program = Program::new(WORLD, &everything(&[0, 1, 2, 3, 4], &listed));
        // Only those who are members in all of the month: who leaves in it is settled on its last day, from what there was.
        let period = format!("2026-{month:02}");
        let members: Vec<&str> = PARTNERS
            .iter()
            .map(|(id, _)| *id)
            .filter(|id| *id != "dan" || month < 3)
            .filter(|id| *id != "cyd" || month >= 2)
            .collect();
        if month == 3 {
            return Ok(());
        }
        for component in ["pool", "exactly"] {
            let parts: Vec<Got> = members.iter().map(|id| program.ask_of(id, component, &period)).collect();
            let all = sum(parts.iter().filter_map(|part| match part {
                Got::Number(part) => Some(part),
                Got::Flag(_) | Got::Other(_) | Got::Missing | Got::Undefined => None,
            }));
            let nobody = parts.iter().all(|part| *part == number("0"));
            if component == "pool" {
                prop_assert!(nobody || all == exact("1000"), "{all} {parts:?}");
            } else {
                // Each exact part is rounded once, to the cent.
                prop_assert!(nobody || (all - exact("1000")).abs() <= exact("0.025"));
            }
        }
    }

    /// LAW-40: what an explanation shows under a figure adds up to it: rows to a sum, bands to a table, rows to a component.
    #[test]
    fn the_leaves_of_an_explanation_add_up_to_its_figure(sales in prop::collection::vec(sale(), 1..14), month in 1u32..=6) {
        let listed: Vec<_> = sales.iter().enumerate().collect();
        let program = Program::new(WORLD, &everything(&[0, 1, 2, 3, 4], &listed));
        let sources = program.sources.borrow().clone();
        for (partner, _) in PARTNERS {
            for name in ["sales", "introduced", "above", "lines", "rows"] {
                let formula = program.formula(name);
                let period = format!("2026-{month:02}");
                let (evaluator, node) = program.walked(&formula, partner, &period);
                let said = Explanation::of(&evaluator, node, &|span| sources.text(span).to_owned()).expect("a node");
                let rows: Vec<&Explanation> = said.inputs.iter().filter(|input| input.subject == Subject::Row).collect();
                let is_weighted = said.subject == Subject::Measure;
                let parts: Vec<Exact> = rows
                    .iter()
                    .map(|row| {
                        let share = row.row.as_ref().map_or(Exact::ONE, |row| row.share.clone());
                        let amount = amount_of(&row.figure);
                        if is_weighted { amount * share } else { amount }
                    })
                    .collect();
                prop_assert_eq!(sum(&parts), amount_of(&said.figure), "{} of {}", name, partner);
                // The walk down to the rows comes to what the walk without them comes to.
                prop_assert_eq!(Got::Number(amount_of(&said.figure)), program.ask_of(partner, name, &period));
            }
        }
    }
}
