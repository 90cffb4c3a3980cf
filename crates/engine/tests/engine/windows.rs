//! Windows (LANGUAGE §7): the same value asked elsewhere, terms shared out, carried values.

use crate::support::{Got, Program, number};

const PLAN: &str = "
plan: windows
currency: USD
period: quarter
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money } }
terms:
  target.year: { unit: money, per: year }
  target.days: { unit: money, per: year, spread: days }
  target.seasons: { unit: money, per: year, spread: [1, 2, 3, 4] }
  term.once: { unit: money }
measures:
  sales: { is: Sales, sum: sale.amount }
values:
  owed: { every: quarter, formula: \"previous(owed, first => 5) + sales\" }
  counted: { every: month, formula: \"previous(counted, first => 0) + 1\" }
  early: sales >= 500
  unsure: sales / sales = 1
components:
  yearly: { is: A tenth of the year so far, over: year, every: quarter, pays: 10% * sales }
";

/// The agreement runs from the middle of a quarter to the middle of another.
const FACTS: &str = "
partners:
  p:
    starts: 2026-02-15
    until: 2027-05-16
    terms: { target.year: 1_200, target.days: 365, target.seasons: 1_000, term.once: 7 }
facts:
  sale:
    - { id: b1, partner: p, on: 2025-02-10, amount: 1 }
    - { id: b2, partner: p, on: 2025-02-20, amount: 2 }
    - { id: b3, partner: p, on: 2025-05-01, amount: 4 }
    - { id: b4, partner: p, on: 2026-01-31, amount: 8 }
    - { id: s1, partner: p, on: 2026-02-15, amount: 100 }
    - { id: s2, partner: p, on: 2026-05-01, amount: 200 }
    - { id: s3, partner: p, on: 2026-06-30, amount: 400 }
    - { id: s4, partner: p, on: 2026-07-01, amount: 800 }
";

fn all(table: &[(&str, &str, &str)]) {
    let program = Program::new(PLAN, FACTS);
    for (formula, period, expected) in table {
        assert_eq!(
            program.ask(formula, period),
            number(expected),
            "{formula} in {period}"
        );
    }
}

#[test]
fn a_value_is_asked_in_the_window_its_function_names() {
    all(&[
        ("sales", "2026-Q1", "100"),
        ("sales", "2026-Q2", "600"),
        ("previous(sales)", "2026-Q3", "600"),
        ("previous(sales, 2)", "2026-Q4", "600"),
        // A baseline looks at facts before the agreement, in whole windows.
        ("previous(sales)", "2026-Q2", "108"),
        ("previous(sales, 4)", "2026-Q1", "3"),
        ("previous(sales, first => 0)", "2026-Q1", "0"),
        // The first window is the agreement's part of its quarter.
        ("previous(sales, first => 0)", "2026-Q2", "100"),
        ("previous(sales, 2, first => 9)", "2026-Q2", "9"),
        ("year_to_date(sales)", "2026-Q2", "700"),
        ("year_to_date(sales)", "2026-06", "700"),
        ("since_start(sales)", "2026-Q3", "1500"),
        ("since_start(sales)", "2026-Q1", "100"),
        ("trailing(sales, 12 months)", "2026-Q2", "708"),
        ("trailing(sales, 1 month)", "2026-Q2", "400"),
        ("trailing(sales, 60 days)", "2026-Q2", "400"),
        ("trailing(sales, 61 days)", "2026-Q2", "600"),
        ("previous(trailing(sales, 3 months))", "2026-Q3", "600"),
        ("sum_by(sales, month)", "2026-Q2", "600"),
        ("max_by(sales, month)", "2026-Q2", "400"),
        ("min_by(sales, month)", "2026-Q2", "0"),
        ("max_by(sales, week)", "2026-Q2", "400"),
    ]);
}

#[test]
fn the_year_before_of_a_cut_window_is_cut_alike() {
    all(&[
        // 15 February to the quarter's end, a year earlier.
        ("previous_year(sales)", "2026-Q1", "2"),
        ("previous_year(sales)", "2026-Q2", "4"),
        // The year before is whole: it lies before the agreement, which cuts nothing there.
        ("previous_year(year_to_date(sales))", "2026-Q2", "7"),
        ("year_to_date(previous_year(sales))", "2026-Q2", "6"),
    ]);
}

#[test]
fn what_lies_before_the_calendar_or_the_agreement_is_undefined() {
    let program = Program::new(PLAN, FACTS);
    for formula in ["since_start(sales)", "yearly"] {
        assert_eq!(program.ask(formula, "2025-Q1"), Got::Undefined, "{formula}");
    }
    assert_eq!(
        program.ask("trailing(sales, 30_000 months)", "2026-Q1"),
        Got::Undefined
    );
}

#[test]
fn a_component_is_the_sum_of_its_windows_in_a_longer_one_and_nothing_in_a_shorter_one() {
    let program = Program::new(PLAN, FACTS);
    assert_eq!(program.ask("yearly", "2026"), number("150"));
    assert_eq!(
        program.ask("yearly", "2026-01-01..2027-12-31"),
        number("150")
    );
    assert_eq!(program.ask("yearly", "2026-Q2"), Got::Undefined);
}

#[test]
fn a_term_is_shared_out_and_an_agreement_that_cuts_a_window_prorates_it() {
    all(&[
        ("to_date(target.year)", "2026-Q2", "300"),
        // From 15 February: 14 of its 28 days and March.
        ("to_date(target.year)", "2026-Q1", "150"),
        ("to_date(target.year)", "2026", "1050"),
        ("to_date(target.days)", "2026-Q1", "45"),
        ("to_date(target.days)", "2026-Q2", "91"),
        ("to_date(target.days)", "2026", "320"),
        ("to_date(target.seasons)", "2026-Q1", "50"),
        ("to_date(target.seasons)", "2026-Q2", "200"),
        ("to_date(target.seasons)", "2026-06", "200/3"),
        // To 15 May: April and 15 of 31 days.
        ("to_date(target.year)", "2027-Q2", "4600/31"),
        ("full(target.year)", "2026-Q2", "300"),
        ("term.once", "2026-Q2", "7"),
        ("year_to_date(target.year)", "2026-Q2", "450"),
        ("since_start(to_date(target.year))", "2027-01", "1150"),
        ("trailing(target.year, 12 months)", "2026-Q4", "1200"),
    ]);
}

#[test]
fn a_carried_value_starts_with_the_agreement_and_answers_for_the_last_step() {
    all(&[
        ("owed", "2026-Q1", "105"),
        ("owed", "2026-Q2", "705"),
        ("owed", "2026-Q4", "1505"),
        ("owed", "2026", "1505"),
        ("previous(owed, first => 5)", "2026-Q1", "5"),
        ("counted", "2026-02", "1"),
        ("counted", "2026-Q1", "2"),
        ("counted", "2027-05", "16"),
    ]);
    let program = Program::new(PLAN, FACTS);
    // One figure for each quarter: a month has none.
    assert_eq!(program.ask("owed", "2026-04"), Got::Undefined);
}

#[test]
fn ever_remembers_and_windows_without_an_answer_show_nothing() {
    let program = Program::new(PLAN, FACTS);
    let asked = |formula: &str, period: &str| program.ask(formula, period);
    assert_eq!(asked("ever(early)", "2026-Q1"), Got::Flag(false));
    assert_eq!(asked("ever(early)", "2026-Q2"), Got::Flag(true));
    assert_eq!(asked("early", "2026-Q4"), Got::Flag(false));
    assert_eq!(asked("ever(early)", "2026-Q4"), Got::Flag(true));
    assert_eq!(asked("ever(unsure)", "2026-Q4"), Got::Flag(true));
    assert_eq!(asked("ever(not unsure)", "2026-Q4"), Got::Undefined);
}

#[test]
fn a_leap_day_and_month_ends_clamp() {
    let facts = "
partners: { p: { starts: 2023-01-01 } }
facts:
  sale:
    - { id: a, partner: p, on: 2023-02-28, amount: 1 }
    - { id: b, partner: p, on: 2024-02-29, amount: 2 }
    - { id: c, partner: p, on: 2025-02-28, amount: 4 }
";
    let program = Program::new(PLAN, facts);
    for (formula, period, expected) in [
        ("previous_year(sales)", "2024-02", "1"),
        ("previous_year(sales)", "2025-02", "2"),
        ("previous_year(sales)", "2024-02-29", "1"),
        ("trailing(sales, 12 months)", "2025-02", "4"),
        ("trailing(sales, 366 days)", "2025-02", "6"),
        ("window.days", "2024-02", "29"),
        ("window.days", "2024-Q1", "91"),
    ] {
        assert_eq!(
            program.ask(formula, period),
            number(expected),
            "{formula} in {period}"
        );
    }
}

/// Debts of every day of thirty years, asked on the last: the walk must not grow as deep as the agreement is long.
#[test]
fn a_value_carried_over_ten_thousand_windows_is_answered() {
    let plan = "
plan: daily
currency: USD
period: day
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
values:
  owed: { every: day, formula: \"previous(owed, first => 0) + 1 - lent\" }
  lent: { every: day, formula: \"previous(repaid, first => 0)\" }
  repaid: { every: day, formula: \"0 * previous(lent, first => 0)\" }
components:
  high: { is: The day's debt, pays: \"owed + 0 * previous(high, first => 0)\" }
";
    let program = Program::new(plan, "partners: { p: { starts: 2000-01-01 } }");
    assert_eq!(program.ask("owed", "2029-12-31"), number("10958"));
    assert_eq!(program.ask("high", "2027-05-18"), number("10000"));
}

/// As deep as the check lets names build on one another, and then so in every window.
#[test]
fn the_longest_chain_of_names_is_answered_in_every_window_of_a_carried_value() {
    let mut plan = "plan: chain\ncurrency: USD\nvalues:\n".to_owned();
    plan.push_str("  v0: { every: month, formula: \"previous(v126, first => 0) + 1\" }\n");
    for at in 1..=126 {
        plan.push_str(&format!(
            "  v{at}: {{ every: month, formula: v{} + 1 }}\n",
            at - 1
        ));
    }
    let program = Program::new(&plan, "partners: { p: { starts: 2020-01-01 } }");
    assert_eq!(program.ask("v126", "2026-12"), number("10668"));
}

#[test]
fn names_that_each_ask_the_next_one_window_earlier_are_answered() {
    let mut plan = "plan: chain\ncurrency: USD\nvalues:\n  v0: 1\n".to_owned();
    for at in 1..=84 {
        plan.push_str(&format!(
            "  v{at}: \"previous(v{}, first => 0) + 1\"\n",
            at - 1
        ));
    }
    let program = Program::new(&plan, "partners: { p: { starts: 2010-01-01 } }");
    assert_eq!(program.ask("v84", "2026-12"), number("85"));
    assert_eq!(program.ask("v84", "2010-03"), number("3"));
}

#[test]
fn a_number_that_squares_itself_every_month_ends_without_an_answer() {
    let plan = "
plan: squares
currency: USD
values:
  doubling: { every: month, formula: \"2 * previous(doubling, first => 1)\" }
  squaring: { every: month, formula: \"previous(squaring, first => 3) * previous(squaring, first => 3) / 2\" }
  shrinking: { every: month, formula: \"previous(shrinking, first => 3) / (1 + previous(shrinking, first => 3) * previous(shrinking, first => 3))\" }
";
    let program = Program::new(plan, "partners: { p: { starts: 2000-01-01 } }");
    assert_eq!(program.ask("squaring", "2000-03"), number("6561/128"));
    assert_eq!(program.ask("squaring", "2029-12"), Got::Undefined);
    assert_eq!(program.ask("shrinking", "2029-12"), Got::Undefined);
    let bits = program.figure("doubling", "2029-12").bits();
    assert_eq!(bits, 362);
}
