//! The two kinds of no answer (LANGUAGE §16), as truth tables over formulas.

use crate::support::{Got, Program, number};

const PLAN: &str = "
plan: no-answers
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, paid: flag } }
  visit: { columns: { partner: partner, on: date } }
terms:
  term.unsaid: { unit: ratio }
  term.unsaid_flag: { unit: flag }
  term.one: { unit: ratio, agreed: 1 }
measures:
  sales: { is: Sales, sum: sale.amount }
  paid:  { is: Sales paid, sum: sale.amount, where: sale.paid }
  visits: { is: Visits, count: visit }
values:
  m: term.unsaid
  u: term.one / (term.one - 1)
  mf: term.unsaid_flag
  uf: u > 0
  t: term.one = 1
  f: term.one = 0
";
const FACTS: &str = "
partners: { p: {} }
facts:
  sale:
    - { id: a, partner: p, on: 2026-01-05, amount: 100, paid: true }
    - { id: b, partner: p, on: 2026-01-06, amount: 10 }
    - { id: c, partner: p, on: 2026-01-07, amount: 1, paid: false }
    - { id: d, partner: p, on: 2026-02-07, paid: true }
complete: { sale: { from: 2026-01-01, until: 2026-03-01 }, visit: [] }
";

fn answers(formula: &str) -> Got {
    Program::new(PLAN, FACTS).ask(formula, "2026-01")
}

fn all(table: &[(&str, Got)]) {
    let program = Program::new(PLAN, FACTS);
    for (formula, expected) in table {
        assert_eq!(program.ask(formula, "2026-01"), *expected, "{formula}");
    }
}

const YES: Got = Got::Flag(true);
const NO: Got = Got::Flag(false);

#[test]
fn false_decides_and_and_true_decides_or_and_missing_wins_over_undefined() {
    all(&[
        ("f and mf", NO),
        ("mf and f", NO),
        ("f and uf", NO),
        ("uf and f", NO),
        ("t and mf", Got::Missing),
        ("t and uf", Got::Undefined),
        ("mf and uf", Got::Missing),
        ("uf and mf", Got::Missing),
        ("uf and uf", Got::Undefined),
        ("t and t and f", NO),
        ("uf and mf and f", NO),
        ("t or mf", YES),
        ("mf or t", YES),
        ("t or uf", YES),
        ("uf or t", YES),
        ("f or mf", Got::Missing),
        ("f or uf", Got::Undefined),
        ("mf or uf", Got::Missing),
        ("uf or mf", Got::Missing),
        ("uf or mf or t", YES),
        ("not mf", Got::Missing),
        ("not uf", Got::Undefined),
        ("not (f and mf)", YES),
    ]);
}

#[test]
fn arithmetic_comparisons_and_functions_of_no_answer_have_none() {
    let forms = [
        "@ + 1",
        "1 - @",
        "@ * 0",
        "0 / @",
        "-@",
        "abs(@)",
        "least(@, 1)",
        "greatest(1, @)",
        "clamp(@, 0, 1)",
        "clamp(0, @, 1)",
        "clamp(0, 0, @)",
        "round(@, to => 1)",
        "round(1, to => @)",
        "weighted(@ => 50%, term.one => 50%)",
        "@ = @",
        "@ < 1",
        "1 <> @",
        "@ between 0 and 1",
        "0 between @ and 1",
        "@ in (1, 2)",
        "1 in (2, @)",
        "sum_by(@, month)",
        "previous(@)",
        "trailing(@, 2 months)",
        "total(@)",
    ];
    let program = Program::new(PLAN, FACTS);
    for form in forms {
        let of = |name: &str| program.ask(&form.replace('@', name), "2026-01");
        assert_eq!(of("m"), Got::Missing, "{form}");
        assert_eq!(of("u"), Got::Undefined, "{form}");
    }
    all(&[
        ("m + u", Got::Missing),
        ("u + m", Got::Missing),
        ("least(u, m)", Got::Missing),
        ("m < u", Got::Missing),
        ("m / 0", Got::Missing),
    ]);
}

#[test]
fn zero_divides_nothing_and_a_rounding_needs_a_step_above_zero() {
    all(&[
        ("term.one / (term.one - 1)", Got::Undefined),
        ("0 / (term.one - 1)", Got::Undefined),
        ("round(1, to => term.one - 1)", Got::Undefined),
        ("round(1, to => term.one - 2)", Got::Undefined),
        ("otherwise(term.one / (term.one - 1), 7)", number("7")),
    ]);
}

#[test]
fn otherwise_answers_for_undefined_only_and_coalesce_for_both() {
    all(&[
        ("otherwise(u, 5)", number("5")),
        ("otherwise(m, 5)", Got::Missing),
        ("otherwise(term.one, m)", number("1")),
        ("otherwise(u, m)", Got::Missing),
        ("otherwise(m + u, 5)", Got::Missing),
        ("coalesce(u, 5)", number("5")),
        ("coalesce(m, 5)", number("5")),
        ("coalesce(m, u, 5)", number("5")),
        ("coalesce(term.one, m)", number("1")),
        ("coalesce(m, u)", Got::Undefined),
        ("coalesce(mf, t)", YES),
        ("otherwise(uf, f)", NO),
    ]);
}

#[test]
fn is_asks_which_kind_of_no_answer() {
    all(&[
        ("m is missing", YES),
        ("u is missing", NO),
        ("term.one is missing", NO),
        ("m is undefined", NO),
        ("u is undefined", YES),
        ("m + u is missing", YES),
        ("m is not missing", NO),
        ("mf is missing", YES),
    ]);
}

#[test]
fn a_case_whose_test_has_no_answer_has_none_and_arms_not_taken_do_not_matter() {
    all(&[
        ("case when mf then 1 else 2 end", Got::Missing),
        ("case when uf then 1 else 2 end", Got::Undefined),
        ("case when f then m else 2 end", number("2")),
        ("case when t then 1 else u end", number("1")),
        ("case when t then 1 when mf then 2 else 3 end", number("1")),
        ("case when f then 1 when mf then 2 else 3 end", Got::Missing),
        ("case when t then m else 2 end", Got::Missing),
    ]);
}

#[test]
fn a_row_whose_condition_has_no_answer_is_left_out_of_a_measure_and_an_amount_without_one_is_not() {
    let program = Program::new(PLAN, FACTS);
    assert_eq!(program.ask("paid", "2026-01"), number("100"));
    assert_eq!(program.ask("sales", "2026-01"), number("111"));
    // In February the one sale has no amount: what the month's sales are is not known.
    assert_eq!(program.ask("sales", "2026-02"), Got::Missing);
    assert_eq!(program.ask("paid", "2026-02"), Got::Missing);
}

#[test]
fn no_rows_are_zero_only_where_the_feed_is_complete() {
    let program = Program::new(PLAN, FACTS);
    assert_eq!(program.ask("paid - paid", "2026-01"), number("0"));
    assert_eq!(program.ask("sales", "2026-03"), Got::Missing);
    assert_eq!(program.ask("otherwise(sales, 0)", "2026-03"), Got::Missing);
    assert_eq!(program.ask("visits", "2026-01"), Got::Missing);
    let always = Program::new(PLAN, "partners: { p: {} }");
    assert_eq!(always.ask("sales", "2026-03"), number("0"));
    assert_eq!(always.ask("visits", "2026-03"), number("0"));
}

#[test]
fn a_table_of_no_answer_has_none() {
    let plan = format!(
        "{PLAN}\ntables:\n  steps: {{ of: x, one_band: y, bands: [ {{ from: 0, y: 1 }}, {{ from: 10, y: m }} ] }}\n"
    );
    let program = Program::new(&plan, FACTS);
    for (formula, expected) in [
        ("steps(m)", Got::Missing),
        ("steps(u)", Got::Undefined),
        ("steps(5)", number("1")),
        ("steps(10)", Got::Missing),
        ("steps(-1)", Got::Undefined),
    ] {
        assert_eq!(program.ask(formula, "2026-01"), expected, "{formula}");
    }
    assert_eq!(answers("t"), YES);
}
