//! Tables (LANGUAGE §8): each reading on its boundaries, below the lowest band, and where bounds fall.

use proptest::prelude::*;
use trueup_base::exact::Exact;

use crate::support::{Got, Program, exact, number};

const PLAN: &str = "
plan: tables
currency: USD
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
terms:
  target.low: { unit: money }
  target.high: { unit: money }
measures:
  sales: { is: Sales, sum: sale.amount }
tables:
  from_one:  { of: x, one_band: rate, bands: [ { from: 0, rate: 1% }, { from: 100, rate: 2% }, { from: 200, rate: 3% } ] }
  above_one: { of: x, one_band: rate, bands: [ { above: 0, rate: 1% }, { above: 100, rate: 2% }, { above: 200, rate: 3% } ] }
  from_each:  { of: x, each_band: entry + rate * slice, bands: [ { from: 0, rate: 1%, entry: 0 }, { from: 100, rate: 2%, entry: 5 } ] }
  above_each: { of: x, each_band: entry + rate * slice, bands: [ { from: 0, rate: 1%, entry: 0 }, { above: 100, rate: 2%, entry: 5 } ] }
  open:     { of: x, each_band: rate * slice, bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 2% }, { from: 100, rate: 3% } ] }
  points:   { of: x, line: y, bands: [ { at: 0, y: 10 }, { at: 100, y: 20 }, { at: 200, y: 0 } ] }
  by_terms: { of: x, one_band: rate, bands: [ { from: 0, rate: 1% }, { from: target.low, rate: 2% }, { from: target.high, rate: 3% } ] }
  names:    { of: x, each_band: width + (case when filled then 1_000 else 0 end) + slice, bands: [ { from: 0, z: 0 }, { from: 100, z: 0 }, { from: 300, z: 0 } ] }
  grid:
    of: [x, level]
    one_band: cell
    bands: { x: [from 0, above 100], level: [equals gold, otherwise] }
    cells: [ [1, 2], [3, 4] ]
";

fn all(table: &[(&str, &str)]) {
    let program = Program::new(
        PLAN,
        "partners: { p: { terms: { target.low: 100, target.high: 200 } } }",
    );
    for (formula, expected) in table {
        assert_eq!(
            program.ask(formula, "2026-01"),
            number(expected),
            "{formula}"
        );
    }
}

#[test]
fn the_word_of_a_bound_says_who_owns_it() {
    all(&[
        ("from_one(0)", "1/100"),
        ("from_one(99.99)", "1/100"),
        ("from_one(100)", "2/100"),
        ("from_one(100.01)", "2/100"),
        ("from_one(199.99)", "2/100"),
        ("from_one(200)", "3/100"),
        // The lowest bound always belongs to the first band.
        ("above_one(0)", "1/100"),
        ("above_one(99.99)", "1/100"),
        ("above_one(100)", "1/100"),
        ("above_one(100.01)", "2/100"),
        ("above_one(200)", "2/100"),
        ("above_one(200.01)", "3/100"),
    ]);
}

#[test]
fn a_band_is_entered_where_its_bound_says_and_its_slice_starts_there() {
    all(&[
        ("from_each(0)", "0"),
        ("from_each(99.99)", "0.9999"),
        ("from_each(100)", "6"),
        ("from_each(100.01)", "6.0002"),
        ("above_each(100)", "1"),
        ("above_each(100.01)", "6.0002"),
    ]);
}

#[test]
fn returns_beyond_sales_take_money_back_in_the_lowest_open_band() {
    all(&[
        ("open(-50)", "-0.5"),
        ("open(0)", "0"),
        ("open(-0.01)", "-0.0001"),
        ("open(50)", "1"),
        ("open(150)", "3.5"),
    ]);
}

#[test]
fn a_line_is_straight_between_its_points_and_level_outside() {
    all(&[
        ("points(-1)", "10"),
        ("points(0)", "10"),
        ("points(0.01)", "10.001"),
        ("points(50)", "15"),
        ("points(99.99)", "19.999"),
        ("points(100)", "20"),
        ("points(100.01)", "19.998"),
        ("points(200)", "0"),
        ("points(201)", "0"),
    ]);
}

#[test]
fn the_names_inside_a_band_are_those_of_the_band() {
    let program = Program::new(PLAN, "partners: { p: {} }");
    assert_eq!(program.ask("names(50)", "2026-01"), number("150"));
    // The first band is filled (1,000 more), 100 wide and 100 deep; the second 200 wide and 50 deep.
    assert_eq!(program.ask("names(150)", "2026-01"), number("1450"));
    // The last band is open above and has no width.
    assert_eq!(program.ask("names(300)", "2026-01"), Got::Undefined);
}

#[test]
fn a_grid_takes_one_band_of_each_argument() {
    all(&[
        ("grid(0, 'gold')", "1"),
        ("grid(100, 'silver')", "2"),
        ("grid(100.01, 'gold')", "3"),
        ("grid(500, '')", "4"),
    ]);
}

#[test]
fn below_the_first_band_there_is_no_answer() {
    let program = Program::new(PLAN, "partners: { p: {} }");
    for formula in [
        "from_one(-0.01)",
        "above_one(-0.01)",
        "from_each(-1)",
        "grid(-1, 'gold')",
    ] {
        assert_eq!(program.ask(formula, "2026-01"), Got::Undefined, "{formula}");
    }
}

#[test]
fn bounds_that_fall_for_an_agreement_leave_it_without_an_answer_and_others_with_theirs() {
    let facts = "
partners:
  rising:  { terms: { target.low: 100, target.high: 200 } }
  falling: { terms: { target.low: 200, target.high: 100 } }
  level:   { terms: { target.low: 100, target.high: 100 } }
  unsaid:  { terms: { target.low: 100 } }
";
    let program = Program::new(PLAN, facts);
    let asked = |partner: &str, formula: &str| program.ask_of(partner, formula, "2026-01");
    assert_eq!(asked("rising", "by_terms(150)"), number("0.02"));
    for formula in ["by_terms(50)", "by_terms(150)", "by_terms(250)"] {
        assert_eq!(asked("falling", formula), Got::Undefined, "{formula}");
        assert_eq!(asked("level", formula), Got::Undefined, "{formula}");
        assert_eq!(asked("unsaid", formula), Got::Missing, "{formula}");
    }
}

/// Rising thresholds in cents, each with its convention, and a rate in hundredths of a percent for each band.
fn ladder() -> impl Strategy<Value = Vec<(i64, bool, i64)>> {
    prop::collection::vec((1i64..500_000, any::<bool>(), 0i64..3_000), 1..6).prop_map(|steps| {
        let mut at = 0;
        steps
            .into_iter()
            .enumerate()
            .map(|(number, (rise, is_above, rate))| {
                at += if number == 0 { 0 } else { rise };
                (at, is_above, rate)
            })
            .collect()
    })
}

fn cents(amount: i64) -> Exact {
    Exact::from_scaled(i128::from(amount), 2)
}

fn laddered(steps: &[(i64, bool, i64)]) -> Program {
    let bands: Vec<String> = steps
        .iter()
        .map(|(at, is_above, rate)| {
            let word = if *is_above { "above" } else { "from" };
            let rate = Exact::from_scaled(i128::from(*rate), 2);
            format!("{{ {word}: {}, rate: {rate}% }}", cents(*at))
        })
        .collect();
    let bands = bands.join(", ");
    let plan = format!(
        "plan: ladder\ncurrency: USD\nvalues: {{ one: 1 USD }}\ntables:\n  \
         whole: {{ of: x, one_band: rate, bands: [ {bands} ] }}\n  \
         sliced: {{ of: x, each_band: rate * slice, bands: [ {bands} ] }}\n"
    );
    Program::new(&plan, "partners: { p: {} }")
}

/// The band an amount is in, worked out the plain way.
fn band_of(steps: &[(i64, bool, i64)], amount: i64) -> usize {
    steps
        .iter()
        .enumerate()
        .filter(
            |(number, (at, is_above, _))| match *is_above && *number > 0 {
                true => amount > *at,
                false => amount >= *at,
            },
        )
        .map(|(number, _)| number)
        .next_back()
        .expect("the first band begins at zero")
}

proptest! {
    /// LAW-26: a value exactly at a threshold falls on the declared side, one cent on either side does not move it.
    #[test]
    fn at_every_threshold_the_declared_side_wins(steps in ladder()) {
        let program = laddered(&steps);
        for (at, _, _) in &steps {
            for amount in [at - 1, *at, at + 1] {
                if amount < 0 {
                    continue;
                }
                let (_, _, rate) = steps[band_of(&steps, amount)];
                let rate = Exact::from_scaled(i128::from(rate), 4);
                prop_assert_eq!(program.figure(&format!("whole({} USD)", cents(amount)), "2026-01"), rate);
            }
        }
    }

    /// LAW-27: slices at rates that are not negative never pay less for more, and never jump.
    #[test]
    fn slices_at_rates_that_are_not_negative_rise_without_a_jump(
        steps in ladder(),
        amounts in prop::collection::vec(0i64..3_000_000, 2..6),
    ) {
        let program = laddered(&steps);
        let highest = steps.iter().map(|(_, _, rate)| *rate).max().unwrap_or(0);
        let highest = Exact::from_scaled(i128::from(highest), 4);
        let edges = steps.iter().flat_map(|(at, _, _)| [at - 1, *at, at + 1]);
        let mut amounts: Vec<i64> = amounts.into_iter().chain(edges).filter(|at| *at >= 0).collect();
        amounts.sort_unstable();
        let paid: Vec<Exact> = amounts
            .iter()
            .map(|amount| program.figure(&format!("sliced({} USD)", cents(*amount)), "2026-01"))
            .collect();
        for (pair, pays) in amounts.windows(2).zip(paid.windows(2)) {
            let more = &pays[1] - &pays[0];
            prop_assert!(!more.is_negative(), "{pair:?} {pays:?}");
            let at_most = &highest * &(cents(pair[1]) - cents(pair[0]));
            prop_assert!(more <= at_most, "a jump between {pair:?}: {pays:?}");
        }
        // Worked out the plain way: the integral of the rates.
        for (amount, paid) in amounts.iter().zip(&paid) {
            let mut sum = Exact::ZERO;
            for (number, (at, _, rate)) in steps.iter().enumerate() {
                let until = steps.get(number + 1).map_or(*amount, |next| next.0.min(*amount));
                if until > *at {
                    sum = &sum + &(Exact::from_scaled(i128::from(*rate), 4) * (cents(until) - cents(*at)));
                }
            }
            prop_assert_eq!(paid, &sum);
        }
    }
}

#[test]
fn a_band_that_pays_the_whole_less_is_seen_to_fall() {
    // The law of slices does not hold for whole amounts: a rate that falls pays less for more.
    let steps = [(0, false, 500), (10_000, false, 100)];
    let program = laddered(&steps);
    let pays =
        |amount: &str| program.figure(&format!("{amount} USD * whole({amount} USD)"), "2026-01");
    assert_eq!(pays("99.99"), exact("4.9995"));
    assert_eq!(pays("100"), exact("1"));
}
