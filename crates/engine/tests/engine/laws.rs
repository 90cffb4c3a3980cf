//! The laws of RELIABILITY that the engine keeps for one partner, over generated facts.

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::{Explanation, Subject};
use trueup_engine::{Answer, Evaluator, Number, Reference};

use crate::generated::{amount, amount_of, cents, day_of_year, month_of, sales};
use crate::support::{Program, day, exact, sum};

const TIERS: &str = "
plan: tiers
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
tables:
  sliced:
    of: x
    each_band: rate * slice
    bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 1% }, { from: 1_000, rate: 3% }, { above: 5_000, rate: 4.5% } ]
  whole: { of: x, one_band: rate, bands: [ { from: lowest, rate: 1% }, { from: 1_000, rate: 3% }, { from: 5_000, rate: 2% } ] }
components:
  slices:    { is: By slices, over: year, every: month, pays: sliced(sales) }
  wholes:    { is: All at the rate reached, over: year, every: month, pays: sales * whole(sales) }
  flat:      { is: Five percent, over: year, every: month, pays: 5% * sales }
  capped:    { is: Five percent and at most 500, over: year, every: month, pays: 5% * sales, at_most: 500 }
  once:      { is: By slices once a year, over: year, pays: sliced(sales) }
  quarterly: { is: By slices, over: year, every: quarter, pays: sliced(sales) }
";
const CUMULATIVE: [&str; 5] = ["slices", "wholes", "flat", "capped", "quarterly"];

proptest! {
    /// LAW-25: what a period pays is the cumulative pay at its end less that at its start.
    #[test]
    fn what_a_period_pays_is_the_cumulative_pay_at_its_end_less_that_at_its_start(
        rows in prop::collection::vec((day_of_year(), amount().prop_flat_map(|a| prop::sample::select(vec![a, -a]))), 0..12),
    ) {
        let program = Program::new(TIERS, &sales(&rows));
        for (component, formula) in [
            ("slices", "sliced(x)"),
            ("wholes", "x * whole(x)"),
            ("flat", "5% * x"),
            ("capped", "least(500, 5% * x)"),
        ] {
            let mut before = Exact::ZERO;
            for (month, posted) in (1..=12).zip(program.posted(component, "2027-01-01")) {
                let so_far: i64 = rows.iter().filter(|(on, _)| month_of(on) <= month).map(|(_, amount)| amount).sum();
                let of_x = formula.replace('x', &format!("({} USD)", cents(so_far)));
                let paid = program.figure(&format!("round({of_x}, to => 0.01)"), "2026");
                prop_assert_eq!(&posted, &(&paid - &before), "{} in month {}", component, month);
                before = paid;
            }
        }
    }

    /// LAW-25: a path from zero back to zero pays nothing, whatever it went through.
    #[test]
    fn a_path_from_zero_to_zero_pays_nothing(
        rows in prop::collection::vec((day_of_year(), amount().prop_flat_map(|a| prop::sample::select(vec![a, -a]))), 1..10),
        last in day_of_year(),
    ) {
        let back: i64 = rows.iter().map(|(_, amount)| amount).sum();
        let rows: Vec<_> = rows.into_iter().chain([(last, -back)]).collect();
        let program = Program::new(TIERS, &sales(&rows));
        for component in CUMULATIVE {
            prop_assert_eq!(sum(&program.posted(component, "2027-01-01")), Exact::ZERO, "{}", component);
        }
    }

    /// LAW-25: a sale split in two pays what it paid whole.
    #[test]
    fn a_sale_split_in_two_changes_nothing(
        rows in prop::collection::vec((day_of_year(), amount()), 1..8),
        cut in 0i64..=100,
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(rows.len());
        let (on, whole) = rows[at].clone();
        let first = whole * cut / 100;
        let mut split = rows.clone();
        split[at].1 = first;
        split.push((on, whole - first));
        let (whole, split) = (Program::new(TIERS, &sales(&rows)), Program::new(TIERS, &sales(&split)));
        for component in CUMULATIVE {
            prop_assert_eq!(whole.posted(component, "2027-01-01"), split.posted(component, "2027-01-01"), "{}", component);
        }
    }

    /// LAW-28: a sale and its return, whole or in parts, in any order and any months, leave nothing.
    #[test]
    fn a_sale_and_its_returns_leave_what_was_there_without_them(
        rows in prop::collection::vec((day_of_year(), amount()), 0..6),
        sold in (day_of_year(), amount()),
        parts in prop::collection::vec((day_of_year(), 0i64..=100), 1..4),
    ) {
        let all: i64 = parts.iter().map(|(_, part)| part).sum();
        let mut with = rows.clone();
        with.push(sold.clone());
        let mut left = sold.1;
        for (at, (on, part)) in parts.iter().enumerate() {
            let back = if at + 1 == parts.len() { left } else { sold.1 / all.max(1) * part };
            left -= back;
            with.push((on.clone(), -back));
        }
        let (with, without) = (Program::new(TIERS, &sales(&with)), Program::new(TIERS, &sales(&rows)));
        for component in CUMULATIVE {
            prop_assert_eq!(
                sum(&with.posted(component, "2027-01-01")),
                sum(&without.posted(component, "2027-01-01")),
                "{}", component
            );
        }
    }

    /// LAW-28, by versions: a sale that turns out to be returned leaves nothing, also where each month stands alone.
    #[test]
    fn a_sale_known_to_be_returned_leaves_nothing_in_any_month(
        rows in prop::collection::vec((day_of_year(), amount()), 0..5),
        sold in (day_of_year(), amount()),
        known in 1u32..=12,
    ) {
        let plan = format!("{TIERS}  alone: {{ is: Each month alone, pays: sales * whole(sales) }}\n  rows: {{ is: Each sale alone, each: sale, pays: sliced(sale.amount) }}\n");
        let base = sales(&rows);
        let with = format!(
            "{base}    - {{ id: r, partner: p, on: {on}, amount: {amount} }}\n    - {{ id: r, partner: p, on: {on}, amount: 0, recorded_on: 2026-{known:02}-15 }}\n",
            on = sold.0, amount = cents(sold.1)
        );
        let (with, without) = (Program::new(&plan, &with), Program::new(&plan, if rows.is_empty() { "partners: { p: { starts: 2026-01-01 } }" } else { &base }));
        for component in CUMULATIVE.into_iter().chain(["alone", "rows"]) {
            prop_assert_eq!(
                sum(&with.posted(component, "2027-02-01")),
                sum(&without.posted(component, "2027-02-01")),
                "{}", component
            );
        }
    }

    /// A year settled in quarters or months comes to what it comes to when settled once.
    #[test]
    fn a_year_settled_in_parts_comes_to_the_year_settled_once(
        rows in prop::collection::vec((day_of_year(), amount().prop_flat_map(|a| prop::sample::select(vec![a, -a]))), 0..10),
    ) {
        let program = Program::new(TIERS, &sales(&rows));
        let once = sum(&program.posted("once", "2027-01-01"));
        prop_assert_eq!(sum(&program.posted("quarterly", "2027-01-01")), once.clone());
        prop_assert_eq!(sum(&program.posted("slices", "2027-01-01")), once);
    }

    /// Settling later repeats every earlier settlement to the cent and posts nothing for what was posted.
    #[test]
    fn settling_further_repeats_what_was_settled(
        rows in prop::collection::vec((day_of_year(), amount(), prop::option::of(1u32..=12)), 0..8),
        until in 1usize..=11,
    ) {
        let mut facts = "partners: { p: { starts: 2026-01-01 } }\nfacts:\n  sale:\n    - { id: x, partner: p, on: 2026-01-01, amount: 1 }\n".to_owned();
        for (at, (on, amount, known)) in rows.iter().enumerate() {
            let known = known.map_or(String::new(), |month| format!(", recorded_on: 2026-{month:02}-28"));
            facts.push_str(&format!("    - {{ id: s{at:03}, partner: p, on: {on}, amount: {}{known} }}\n", cents(*amount)));
        }
        let program = Program::new(TIERS, &facts);
        for component in ["slices", "wholes", "capped"] {
            let all = program.posted(component, "2027-02-01");
            let some = program.posted(component, &format!("2026-{:02}-01", until + 1));
            prop_assert_eq!(&some[..], &all[..until], "{}", component);
            prop_assert_eq!(all.len(), 13);
            prop_assert!(all[12].is_zero());
        }
    }
}

const LIMITS: &str = "
plan: limits
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, a: money, b: money, c: money } }
measures:
  a: { is: A, sum: sale.a }
  b: { is: B, sum: sale.b }
  c: { is: C, sum: sale.c }
components:
  one:   { is: One, pays: a }
  two:   { is: Two, pays: b }
  three: { is: Three, pays: c }
  alone: { is: A and at most 900 in a year, over: year, every: month, pays: a, at_most: 900 }
limits:
  year: { is: A year of two, on: [one, two], over: year, at_most: 1_000, cut: CUT }
  all:  { is: A year of all, on: [year, three], over: year, at_most: 1_500 }
";

fn three_amounts(signed: bool) -> impl Strategy<Value = (String, [i64; 3])> {
    let amount = move || {
        let small = prop_oneof![2 => 0i64..60_000, 1 => Just(0), 1 => Just(50_000)];
        small.prop_flat_map(move |a| {
            prop::sample::select(if signed { vec![a, -a] } else { vec![a] })
        })
    };
    (day_of_year(), [amount(), amount(), amount()])
}

fn of_three(rows: &[(String, [i64; 3])]) -> String {
    let mut facts = "partners: { p: { starts: 2026-01-01 } }\nfacts:\n  sale:\n".to_owned();
    for (at, (on, [a, b, c])) in rows.iter().enumerate() {
        let (a, b, c) = (cents(*a), cents(*b), cents(*c));
        facts.push_str(&format!(
            "    - {{ id: s{at:03}, partner: p, on: {on}, a: {a}, b: {b}, c: {c} }}\n"
        ));
    }
    facts
}

proptest! {
    /// LAW-23: under a cap, what was paid by any day is the lesser of the cap and what there was, also after reversals.
    #[test]
    fn under_a_cap_the_lesser_of_cap_and_total_is_paid_by_any_day(
        rows in prop::collection::vec(three_amounts(true), 1..8),
        in_proportion in any::<bool>(),
    ) {
        let cut = if in_proportion { "pro_rata" } else { "last_first" };
        let program = Program::new(&LIMITS.replace("CUT", cut), &of_three(&rows));
        let [one, two, three, alone] = ["one", "two", "three", "alone"].map(|name| program.posted(name, "2027-01-01"));
        let mut totals = [0i64; 3];
        for month in 1..=12usize {
            for (on, amounts) in &rows {
                if month_of(on) == month {
                    for (total, amount) in totals.iter_mut().zip(amounts) {
                        *total += amount;
                    }
                }
            }
            let paid = |posted: &[Exact]| sum(&posted[..month]);
            let of_two = paid(&one) + paid(&two);
            prop_assert_eq!(&of_two, &cents((totals[0] + totals[1]).min(100_000)));
            let of_all = of_two + paid(&three);
            let expected = (totals[0] + totals[1]).min(100_000) + totals[2];
            prop_assert_eq!(of_all, cents(expected.min(150_000)));
            prop_assert_eq!(paid(&alone), cents(totals[0].min(90_000)));
        }
    }

    /// What windows entitle to by a day, under all limits, is what all settlements until then post.
    #[test]
    fn what_windows_entitle_to_is_what_settlements_post(
        rows in prop::collection::vec(three_amounts(true), 1..8),
        in_proportion in any::<bool>(),
        month in 1u32..=12,
    ) {
        let cut = if in_proportion { "pro_rata" } else { "last_first" };
        let program = Program::new(&LIMITS.replace("CUT", cut), &of_three(&rows));
        let until = trueup_base::date::add_months(day("2026-01-01"), i64::from(month)).expect("a month of 2026");
        let mut evaluator = Evaluator::<Answer>::new(&program.plan, &program.world, &Reference);
        let partner = program.partner("p");
        let add = |sum: Exact, amount: &Answer| match amount.figure() {
            Some(figure) => &sum + figure,
            None => sum,
        };
        let posted = evaluator.settle(partner, until).iter().fold(Exact::ZERO, |sum, line| add(sum, &line.posted));
        let entitled = evaluator.entitled(partner, until, |_| true).iter().fold(Exact::ZERO, |sum, one| add(sum, &one.amount));
        prop_assert_eq!(entitled, posted);
    }

    /// LAW-23: the order in which sales come changes nothing of what is paid in the end.
    #[test]
    fn under_a_cap_the_order_of_sales_changes_nothing_in_the_end(
        rows in prop::collection::vec(three_amounts(false), 1..8),
        days in prop::collection::vec(day_of_year(), 8),
    ) {
        let moved: Vec<_> = rows.iter().zip(days).map(|((_, amounts), on)| (on, *amounts)).collect();
        let plan = LIMITS.replace("CUT", "last_first");
        let (as_listed, moved) = (Program::new(&plan, &of_three(&rows)), Program::new(&plan, &of_three(&moved)));
        for name in ["one", "two", "three", "alone"] {
            prop_assert_eq!(sum(&as_listed.posted(name, "2027-01-01")), sum(&moved.posted(name, "2027-01-01")));
        }
    }

    /// LAW-24: a guarantee is paid, a draw's balance is never below zero, and no more is recovered than was advanced.
    #[test]
    fn a_guarantee_is_paid_and_a_draw_recovers_no_more_than_it_advanced(
        earned in prop::collection::vec(prop_oneof![Just(0i64), 0i64..500_000, Just(100_000)], 12),
    ) {
        let plan = "
plan: draw
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
measures:
  earned: { is: Commission, sum: sale.amount }
values:
  owed: { every: month, formula: \"greatest(0, previous(owed, first => 0) + 1_000 - earned)\" }
components:
  commission: { is: Commission, pays: earned }
  draw: { is: The change in what is owed, pays: \"owed - previous(owed, first => 0)\" }
  floored: { is: At least 700 a month, pays: earned, at_least: 700 }
  base: { is: Commission again, pays: earned }
limits:
  guarantee: { is: At least 800 a month, on: [base], at_least: 800 }
";
        let rows: Vec<_> = earned.iter().enumerate().map(|(at, amount)| (format!("2026-{:02}-10", at + 1), *amount)).collect();
        let program = Program::new(plan, &sales(&rows));
        let (draw, floored, base, top_up) = (
            program.posted("draw", "2027-01-01"),
            program.posted("floored", "2027-01-01"),
            program.posted("base", "2027-01-01"),
            program.posted("guarantee.top_up", "2027-01-01"),
        );
        let mut balance = Exact::ZERO;
        for (at, amount) in earned.iter().enumerate() {
            let owed = program.figure("owed", &format!("2026-{:02}", at + 1));
            balance = &balance + &draw[at];
            prop_assert!(!owed.is_negative());
            prop_assert_eq!(&owed, &balance, "advanced less recovered");
            // What is paid out is at least the draw, or all that was earned beyond what is recovered.
            let paid = cents(*amount) + draw[at].clone();
            prop_assert!(paid >= cents(100_000), "{} in month {}", paid, at + 1);
            prop_assert_eq!(&floored[at], &cents((*amount).max(70_000)));
        }
        let topped = sum(&base) + sum(&top_up);
        let guaranteed: i64 = earned.iter().map(|amount| (*amount).max(80_000)).sum();
        prop_assert_eq!(topped, cents(guaranteed));
    }

    /// LAW-9: a component is rounded once: at most half a unit from the exact figure, and less than a whole one.
    #[test]
    fn a_component_lies_within_its_one_rounding_of_the_exact_figure(
        amount in amount().prop_flat_map(|a| prop::sample::select(vec![a, -a])),
        divisor in 1i64..1_000,
        step in prop::sample::select(vec!["0.01", "1", "0.05", "1/3"]),
    ) {
        let modes = ["half_away", "half_even", "up", "down", "floor", "ceiling"];
        let mut plan = format!("
plan: rounded
currency: USD
facts:
  sale: {{ columns: {{ partner: partner, on: date, amount: money }} }}
measures:
  sales: {{ is: Sales, sum: sale.amount }}
values:
  part: sales / {divisor}
components:
");
        let step_text = if step == "1/3" { "0.25" } else { step };
        for mode in modes {
            plan.push_str(&format!("  {mode}_part: {{ is: A part, pays: part, rounding: {{ to: {step_text}, mode: {mode} }} }}\n"));
        }
        let program = Program::new(&plan, &sales(&[("2026-01-10".to_owned(), amount)]));
        let part = program.figure("part", "2026-01");
        prop_assert_eq!(&part, &(&cents(amount) * &Exact::ratio(1, divisor).expect("not over zero")));
        let unit = exact(step_text);
        for mode in modes {
            let rounded = program.figure(&format!("{mode}_part"), "2026-01");
            let off = (&rounded - &part).abs();
            let how: Rounding = mode.parse().expect("a rounding");
            prop_assert!(rounded.checked_div(&unit).is_some_and(|times| times.is_integer()));
            prop_assert_eq!(Some(rounded.clone()), part.round_to(&unit, how));
            if mode.starts_with("half") {
                prop_assert!(&off + &off <= unit, "{} {} from {}", mode, rounded, part);
            } else {
                prop_assert!(off < unit, "{} {} from {}", mode, rounded, part);
            }
        }
    }
}

proptest! {
    /// LAW-40: the bands of a table add up to what it answers.
    #[test]
    fn the_bands_of_a_table_add_up_to_its_answer(amount in amount().prop_flat_map(|a| prop::sample::select(vec![a, -a]))) {
        let program = Program::new(TIERS, &sales(&[("2026-01-10".to_owned(), amount)]));
        let sources = program.sources.borrow().clone();
        let formula = program.formula("sliced(sales)");
        let (evaluator, node) = program.walked(&formula, "p", "2026-01");
        let said = Explanation::of(&evaluator, node, &|span| sources.text(span).to_owned()).expect("a node");
        let bands: Vec<Exact> = said
            .inputs
            .iter()
            .filter(|input| input.subject == Subject::Band)
            .map(|band| amount_of(&band.figure))
            .collect();
        prop_assert!(!bands.is_empty());
        prop_assert_eq!(sum(&bands), amount_of(&said.figure));
        // Their slices add up to the argument.
        let slices: Vec<Exact> = said
            .inputs
            .iter()
            .filter_map(|input| input.band.as_ref())
            .flat_map(|band| band.bounds.iter().filter(|named| named.name == "slice"))
            .map(|slice| amount_of(&slice.figure))
            .collect();
        prop_assert_eq!(sum(&slices), cents(amount));
    }
}
