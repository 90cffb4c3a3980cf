//! What the runner of worked examples passes, fails and refuses.

use trueup_engine::cases::{self, CaseFiles, Outcome, Report};

const PLAN: &str = "
plan: small
currency: USD
facts:
  sale: { columns: { id: text, partner: partner, on: date, amount: money, new: flag, rate: ratio } }
  visit: { columns: { id: text, partner: partner, on: date } }
terms:
  target.sales: { unit: money, per: quarter }
measures:
  sales: { is: Sales, sum: sale.amount }
tables:
  rates: { of: x, each_band: rate * slice, bands: [ { from: 0, rate: 1% }, { from: 100, rate: 2% } ] }
values:
  size: case when partner.size = 'small' then 1 else 2 end
  half: sale.amount / 2
components:
  bonus: { is: Ten percent, pays: 10% * sales, paid: [ { share: 50% }, { share: 50%, on: 2027-01-01 } ] }
  year:  { is: A tenth of the year, over: year, pays: 10% * sales }
limits:
  both: { is: Together, on: [bonus], at_most: 25 }
";
const FACTS: &str = "
partners: { ada: { size: small }, bob: { terms: { target.sales: 300 } } }
facts:
  sale:
    - { id: s1, partner: ada, on: 2026-01-10, amount: 100, new: true, rate: 5% }
    - { id: s2, partner: ada, on: 2026-02-10, amount: 200 }
  visit: [ { id: s1, partner: bob, on: 2026-01-10 } ]
";

fn run(facts: &str, expected: &str) -> Report {
    let files = [
        ("plan.yaml", PLAN),
        ("facts.yaml", facts),
        ("expected.yaml", expected),
    ];
    cases::run(&CaseFiles::new("small", files))
}

fn checks(list: &str) -> Report {
    run(FACTS, &format!("period: 2026-01\nchecks:\n{list}"))
}

fn refused(report: &Report, code: &str, says: &str) {
    let text = report.to_text();
    assert_eq!(report.outcome, Outcome::Refused, "{text}");
    assert!(!report.is_passed());
    assert!(
        report
            .diagnostics
            .iter()
            .any(|one| one.code == code && one.message.contains(says)),
        "{code} {says}: {text}"
    );
}

#[test]
fn every_kind_of_check_passes_on_the_right_figure() {
    let report = checks(
        "  - { of: bonus, is: 10 }
  - { of: bonus, is: 10 USD }
  - { of: year, is: 10 }
  - { of: sales / 3, is: 100/3 }
  - { of: 1% * 1, is: 1% }
  - { of: window.last, is: 2026-01-31 }
  - { of: sales > 50, is: true }
  - { of: partner, is: ada }
  - { of: target.sales, is: missing }
  - { of: sales / (sales - 100), is: undefined }
  - { of: sales / (sales - 100), is: missing }
  - { partner: bob, of: to_date(target.sales), is: 100 }
  - { row: s1, of: half, is: 50 }
  - { row: s1, of: sale.rate, is: 5% }
  - { row: s1, of: sale.new, is: \"true\" }
  - { row: s2, of: sale.new, is: missing }
  - { period: 2026-02, row: s2, of: half, is: 100 }
  - { settled: bonus, span: 2026-01 to 2026-03, is: [10, 20, 0] }
  - { settled: both, span: 2026-02 to 2026-02, is: [20] }
  - { schedule: bonus, is: { 2026-02-01: 5, 2027-01-01: 5 } }
  - { schedule: bonus, earned: 2026-01-31, is: { 2026-01-31: 5, 2027-01-01: 5 } }
  - { period: 2026-02, limited: both, is: { bonus: 20 } }
  - { bands: rates(sales + 50), is: [1, 1] }
  - { period: 2026-Q1, groups: sale, is: [[s1], [s2]] }
",
    );
    assert!(report.is_passed(), "{}", report.to_text());
    assert_eq!(report.to_text(), "passed  small (24 checks)\n");
}

#[test]
fn a_wrong_figure_fails_with_what_came_out_and_why() {
    let report = checks("  - { of: bonus, is: 10.01 }\n  - { of: bonus, is: 10 }\n");
    assert!(!report.is_passed());
    let text = report.to_text();
    assert!(
        text.starts_with(
            "failed  small (1 of 2 checks)\n  expected.yaml:3:5  of: bonus (ada, 2026-01)\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("    expected  10.01\n    got       10\n"),
        "{text}"
    );
    assert!(text.contains("sales = 100.00 USD (1 row)"), "{text}");
    let data = report.to_json();
    assert_eq!(data["outcome"], "failed");
    assert_eq!(data["checks"][0]["expected"], "10.01");
    assert_eq!(data["checks"][0]["got"], "10");
    assert_eq!(data["checks"][0]["met"], false);
    assert_eq!(data["checks"][1]["met"], true);
}

#[test]
fn figures_are_compared_exactly_and_no_answer_is_no_figure() {
    for wrong in [
        "{ of: bonus, is: missing }",
        "{ of: bonus, is: 0 }",
        "{ of: target.sales, is: 0 }",
        "{ of: target.sales, is: undefined }",
        "{ of: sales / 3, is: 33.333333333333 }",
        "{ of: partner, is: bob }",
        "{ of: window.last, is: 2026-02-01 }",
        "{ of: sales > 50, is: false }",
        "{ bands: rates(sales), is: [1] }",
        "{ bands: rates(sales), is: [1, 0, 0] }",
        "{ settled: year, span: 2026 to 2026, is: [30, 0] }",
        "{ schedule: bonus, is: { 2026-02-01: 5 } }",
        "{ schedule: bonus, is: { 2026-02-01: 5, 2027-01-01: 5, 2028-01-01: 0 } }",
        "{ schedule: bonus, is: { 2026-02-01: waits, 2027-01-01: 5 } }",
        "{ limited: both, is: { bonus: 10, top_up: 0 } }",
        "{ groups: sale, is: [[s1, s2]] }",
        "{ groups: sale, is: [] }",
    ] {
        let report = checks(&format!("  - {wrong}\n"));
        let met: Vec<bool> = report.checks().iter().map(|check| check.is_met).collect();
        assert_eq!(met, [false], "{wrong}: {}", report.to_text());
        assert!(!report.is_passed());
    }
}

#[test]
fn nothing_passes_by_not_being_asked() {
    refused(&run(FACTS, "checks: []"), "E6", "checks nothing");
    refused(&run(FACTS, "period: 2026-01"), "E6", "checks nothing");
    refused(&run(FACTS, "{}"), "E6", "checks nothing");
    refused(&run(FACTS, "[]"), "E2", "a map of keys");
    let files = [("plan.yaml", PLAN), ("facts.yaml", FACTS)];
    refused(
        &cases::run(&CaseFiles::new("small", files)),
        "E6",
        "no expected.yaml",
    );
    let files = [("facts.yaml", FACTS), ("expected.yaml", "checks: []")];
    refused(
        &cases::run(&CaseFiles::new("small", files)),
        "E2",
        "no plan.yaml",
    );
    refused(&checks("  - { is: 10 }\n"), "E6", "asks nothing");
    refused(&checks("  - { of: bonus }\n"), "E6", "what it `is`");
    refused(&checks("  - { of: bonus, is: }\n"), "E6", "what it `is`");
    refused(
        &checks("  - { of: bonus, bands: rates(sales), is: 10 }\n"),
        "E6",
        "one check asks one thing",
    );
    refused(
        &checks("  - { of: bonus, is: 10, tolerance: 1 }\n"),
        "E1",
        "`tolerance` is no key",
    );
    refused(
        &checks("  - { of: bonus, span: 2026-01 to 2026-02, is: 10 }\n"),
        "E1",
        "`span` is no key",
    );
    refused(
        &run(
            FACTS,
            "period: 2026-01\nnote: x\nchecks: [ { of: bonus, is: 10 } ]",
        ),
        "E1",
        "`note` is no key",
    );
    refused(
        &run(FACTS, "checks: [ { of: bonus, is: 10 } ]"),
        "E2",
        "says no period",
    );
    refused(&checks("  - bonus\n"), "E2", "a map of keys");
}

#[test]
fn one_mistake_of_a_day_is_told_once() {
    let said = run(FACTS, "checks: [ { period: 2026Q1, of: bonus, is: 10 } ]").to_text();
    assert!(said.contains("`2026Q1` is no period"), "{said}");
    assert!(!said.contains("says no period"), "{said}");
    let on = |written: &str| {
        let row = format!("{{ id: s1, partner: ada, {written}, amount: 100 }}");
        let facts = format!("facts: {{ sale: [ {row} ] }}");
        run(&facts, "checks: [ { period: 2026-01, of: bonus, is: 10 } ]").to_text()
    };
    for word in ["date", "day", "dated"] {
        let said = on(&format!("{word}: 2026-01-10"));
        let slip = format!("sale has no column `{word}`, and this row has no `on`");
        assert!(said.contains(&slip), "{said}");
        assert!(!said.contains("the day that places it"), "{said}");
    }
    // A slip elsewhere does not hide that the day is not there.
    let said = on("ratee: 5%");
    assert!(said.contains("and this row has no `rate`"), "{said}");
    assert!(
        said.contains("has no `on`, the day that places it"),
        "{said}"
    );
}

#[test]
fn a_question_that_matches_nothing_is_refused() {
    refused(
        &checks("  - { settled: year, span: 2026-01 to 2026-02, is: [] }\n"),
        "E6",
        "matches nothing",
    );
    refused(
        &checks("  - { period: 2025-01, groups: sale, is: [] }\n"),
        "E6",
        "matches nothing",
    );
    refused(&checks("  - { of: bonuss, is: 10 }\n"), "N1", "bonuss");
    refused(
        &checks("  - { settled: bonuss, span: 2026-01 to 2026-02, is: [10] }\n"),
        "E5",
        "no component `bonuss`",
    );
    refused(
        &checks("  - { limited: bonus, is: {} }\n"),
        "E5",
        "no limit `bonus`",
    );
    refused(
        &checks("  - { schedule: sales, is: {} }\n"),
        "E5",
        "no component `sales`",
    );
    refused(
        &checks("  - { groups: sales, is: [] }\n"),
        "E5",
        "no kind of fact `sales`",
    );
    refused(
        &checks("  - { partner: bab, of: bonus, is: 10 }\n"),
        "E5",
        "no partner",
    );
    refused(
        &checks("  - { row: s9, of: half, is: 10 }\n"),
        "E5",
        "no fact has the id `s9`",
    );
    refused(
        &checks("  - { partner: bob, row: s2, of: half, is: 10 }\n"),
        "E6",
        "not credited",
    );
    refused(&checks("  - { of: half, is: 10 }\n"), "L1", "");
    refused(
        &checks("  - { bands: sales, is: [10] }\n"),
        "E6",
        "asks a table",
    );
    refused(
        &checks("  - { period: 2026, limited: both, is: { bonus: 10 } }\n"),
        "E6",
        "holds over each month",
    );
    refused(
        &checks("  - { of: bonus, period: 2026-13, is: 10 }\n"),
        "E3",
        "",
    );
    refused(
        &checks("  - { settled: bonus, span: 2026-02 to 2026-01, is: [10] }\n"),
        "E3",
        "before it starts",
    );
    refused(
        &checks("  - { settled: bonus, span: 2026-02, is: [10] }\n"),
        "E3",
        "no span",
    );
}

#[test]
fn an_expected_figure_that_cannot_be_read_is_refused() {
    for wrong in [
        "\"1.234,56\"",
        "1e3",
        "ten",
        "10 EUR",
        "[10]",
        "{ a: 10 }",
        "sales",
    ] {
        let report = checks(&format!("  - {{ of: bonus, is: {wrong} }}\n"));
        assert_eq!(
            report.outcome,
            Outcome::Refused,
            "{wrong}: {}",
            report.to_text()
        );
    }
    refused(
        &checks("  - { of: window.last, is: 31.01.2026 }\n"),
        "E3",
        "",
    );
    refused(
        &checks("  - { of: sales > 50, is: yes }\n"),
        "E3",
        "no flag",
    );
    refused(
        &checks("  - { bands: rates(sales), is: 10 }\n"),
        "E3",
        "a list",
    );
    refused(&checks("  - { schedule: bonus, is: 10 }\n"), "E3", "a map");
}

#[test]
fn facts_are_read_strictly() {
    let expected = "{ period: 2026-01, checks: [ { of: bonus, is: 10 } ] }";
    let sale = |row: &str| {
        format!("facts: {{ sale: [ {{ partner: ada, on: 2026-01-10, amount: 100, {row} }} ] }}")
    };
    for (facts, code, says) in [
        (sale("amount: 1"), "Y", ""),
        (sale("ammount: 1").replace("amount: 100, ", ""), "E1", "no column `ammount`"),
        (sale("new: NO"), "E3", "no flag"),
        (sale("rate: abc"), "E3", "abc"),
        (sale("id: ''"), "E3", "an id is empty"),
        (sale("rate: [1]"), "E2", "a cell is text"),
        (sale("").replace("amount: 100", "amount: 1.234e5"), "E3", "1.234e5"),
        (sale("").replace("amount: 100", "amount: 5%"), "E3", "a share"),
        (sale("").replace("amount: 100", "amount: NaN"), "E3", "NaN"),
        (sale("").replace("2026-01-10", "2026-02-30"), "E3", "2026-02-30"),
        (sale("").replace("on: 2026-01-10, ", ""), "E2", "no `on`"),
        (sale("").replace("sale:", "sales:"), "E5", "no kind of fact `sales`"),
        ("facts: { sale: 5 }".to_owned(), "E2", "are a list"),
        ("facts: [ 5 ]".to_owned(), "E2", "a map of keys"),
        ("factz: {}".to_owned(), "E1", "`factz` is no key"),
        ("partners: { ada: { terms: { target.sale: 5 } } }".to_owned(), "A3", "target.sale"),
        ("partners: { ada: { terms: { target.sales: { 2026-01: 5 } } } }".to_owned(), "A3", "quarter"),
        ("partners: { ada: { terms: { target.sales: lots } } }".to_owned(), "A3", "number"),
        ("partners: { ada: { parent: eve } }".to_owned(), "E5", "no partner"),
        ("partners: { ada: { starts: 2026-05-01, until: 2026-05-01 } }".to_owned(), "E3", "ends before"),
        ("partners: { ada: { ends: 2026-05-01 } }".to_owned(), "E1", "until"),
        ("fx: [ { from: EUR, into: USD, rate: 0 } ]".to_owned(), "E3", "not above zero"),
        ("fx: [ { from: EUR, into: US, rate: 1 } ]".to_owned(), "E3", "US"),
        ("fx: [ { from: EUR, into: USD, rate: 1 }, { from: EUR, into: USD, rate: 2 } ]".to_owned(), "E3", "second rate"),
        ("complete: { sale: { from: 2026-02-01, until: 2026-01-01 } }".to_owned(), "E3", "ends before"),
        ("complete: { sale: { from: 2026-02-01 } }".to_owned(), "E2", "`until`"),
        (
            "facts: { sale: [ { id: a, partner: p, on: 2026-01-01 }, { id: a, partner: p, on: 2026-01-02 } ] }".to_owned(),
            "E7",
            "became known from the start",
        ),
    ] {
        let report = run(&facts, expected);
        assert_eq!(report.outcome, Outcome::Refused, "{facts}");
        assert!(
            report.diagnostics.iter().any(|one| one.code.starts_with(code) && one.message.contains(says)),
            "{facts}: {}",
            report.to_text()
        );
    }
}

#[test]
fn rows_may_lie_in_a_table_of_their_own() {
    let run = |csv: &str| {
        let files = [
            ("plan.yaml", PLAN),
            ("sale.csv", csv),
            (
                "expected.yaml",
                "{ period: 2026-01, checks: [ { of: bonus, is: 10 } ] }",
            ),
        ];
        cases::run(&CaseFiles::new("small", files))
    };
    let report = run(
        "id,partner,on,amount,new,extra\ns1,ada,2026-01-10,100,,\"a, b\"\ns2,ada,2026-02-10,,true,\n",
    );
    assert!(report.is_passed(), "{}", report.to_text());
    let refused_at = |csv: &str| {
        let report = run(csv);
        let first = report
            .diagnostics
            .iter()
            .find(|one| one.code.starts_with('E'))
            .expect("a mistake");
        let (line, column) = report.sources.line_column(first.span());
        format!("{}:{line}:{column}", report.sources.path(first.span().file))
    };
    assert_eq!(
        refused_at("id,partner,on,amount\ns1,ada,2026-01-10,1oo\n"),
        "sale.csv:2:19"
    );
    assert_eq!(
        refused_at("id,partner,on,amount\ns1,ada,2026-01-10\n"),
        "sale.csv:2:1"
    );
    assert_eq!(
        refused_at("id,partner,on,amount\ns1,ada,\"2026-01-10,100\n"),
        "sale.csv:2:8"
    );
    let files = [
        ("plan.yaml", PLAN),
        ("sold.csv", "id\n1\n"),
        (
            "expected.yaml",
            "{ period: 2026-01, checks: [ { of: bonus, is: 10 } ] }",
        ),
    ];
    refused(
        &cases::run(&CaseFiles::new("small", files)),
        "E5",
        "no kind of fact `sold`",
    );
}

#[test]
fn the_order_of_files_changes_nothing() {
    let expected = "{ period: 2026-01, checks: [ { of: bonus, is: 11 } ] }";
    let files = [
        ("plan.yaml", PLAN),
        ("facts.yaml", FACTS),
        ("expected.yaml", expected),
    ];
    let mut turned = files;
    turned.reverse();
    let (one, other) = (
        cases::run(&CaseFiles::new("small", files)),
        cases::run(&CaseFiles::new("small", turned)),
    );
    assert_eq!(one.to_text(), other.to_text());
    assert_eq!(one.to_json(), other.to_json());
}
