//! Rows that are set aside, each with its place, its value, the reason and what to do; the others are kept.

use crate::bench::{Bench, said};

/// Delivers one good row and this one; says what is open.
fn aside(row: &str) -> Vec<String> {
    let bench = Bench::new();
    bench.deliver("x.csv", &format!("0,P1,2026-03-01,1,1,Y,good\n{row}\n"));
    let ingested = bench.ingest();
    assert_eq!(
        said(&ingested),
        ["data/x.csv: 2 read = 1 accepted + 1 quarantined"],
        "{row}"
    );
    let open = bench.snapshot().quarantined().expect("readable");
    assert_eq!(open.len(), 1);
    assert_eq!(
        (
            open[0].row.row,
            open[0].file.as_str(),
            open[0].source.as_str()
        ),
        (3, "data/x.csv", "till")
    );
    let say = |problem: &trueup_facts::standardise::Problem| {
        assert!(!problem.help.is_empty());
        format!(
            "{}: `{}` {} [{}]",
            problem.column, problem.value, problem.says, problem.code
        )
    };
    open[0].row.problems.iter().map(say).collect()
}

fn check(row: &str, says: &str) {
    assert_eq!(aside(row), [says], "{row}");
}

#[test]
fn numbers_that_are_none_are_set_aside() {
    check(
        "1,P1,2026-03-01,NaN,1,Y,",
        "amount: `NaN` is not a number [not_a_number]",
    );
    check(
        "1,P1,2026-03-01,inf,1,Y,",
        "amount: `inf` is not a number [not_a_number]",
    );
    check(
        "1,P1,2026-03-01,1e400,1,Y,",
        "amount: `1e400` is written with an exponent [exponent]",
    );
    check(
        "1,P1,2026-03-01,1e5,1,Y,",
        "amount: `1e5` is written with an exponent [exponent]",
    );
    check(
        "1,P1,2026-03-01,\"1.234,56\",1,Y,",
        "amount: `1.234,56` has a thousands separator, or another decimal mark than the declared `.` [not_a_number]",
    );
    check(
        "1,P1,2026-03-01,+5,1,Y,",
        "amount: `+5` has `+` where a digit belongs [not_a_number]",
    );
    check(
        "1,P1,2026-03-01, 5,1,Y,",
        "amount: ` 5` has ` ` where a digit belongs [not_a_number]",
    );
    check(
        "1,P1,2026-03-01,1.255,1,Y,",
        "amount: `1.255` has 3 decimals where the column keeps 2 [too_many_decimals]",
    );
    check(
        "1,P1,2026-03-01,1,1.5,Y,",
        "units: `1.5` has 1 decimals where the column keeps 0 [too_many_decimals]",
    );
    let forty = "9".repeat(40);
    check(
        &format!("1,P1,2026-03-01,{forty},1,Y,"),
        &format!(
            "amount: `{forty}` has 40 digits before the decimal mark where the column keeps 26 [too_many_digits]"
        ),
    );
    let long = "7".repeat(10_000);
    let said = aside(&format!("1,P1,2026-03-01,{long},1,Y,"));
    assert!(
        said[0].len() < 300 && said[0].contains("has 10000 digits"),
        "{said:?}"
    );
}

#[test]
fn numbers_that_are_odd_and_fine_are_kept() {
    let bench = Bench::new();
    bench.deliver(
        "x.csv",
        "1,P1,2026-03-01,-0,9007199254740993.0,Y,\n2,P1,2026-03-01,1.50000,007,Y,\n3,P1,2026-03-01,99999999999999999999999999.99,1,Y,\n",
    );
    assert!(bench.ingest().is_clean());
    assert_eq!(
        bench.state("sale"),
        [
            "1@1 P1 2026-03-01 0.00 9007199254740993 true ",
            "2@1 P1 2026-03-01 1.50 7 true ",
            "3@1 P1 2026-03-01 99999999999999999999999999.99 1 true ",
        ]
    );
}

#[test]
fn a_decimal_comma_is_read_where_the_source_declares_it() {
    let bench = Bench::declaring("    csv: { delimiter: \";\", decimal: \",\" }");
    bench.write("data/x.csv", "number;partner;day;amount;units;rush;note\n1;P1;2026-03-01;1234,56;1;Y;a,b\n2;P1;2026-03-01;1.234,56;1;Y;\n");
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 2 read = 1 accepted + 1 quarantined"]
    );
    assert_eq!(
        bench.state("sale"),
        ["1@1 P1 2026-03-01 1234.56 1 true a,b"]
    );
}

#[test]
fn dates_that_are_none_are_set_aside() {
    let form = "is not written as `%Y-%m-%d` [date_form]";
    for date in [
        "03/04/2026",
        "2026-3-4",
        "10000-01-01",
        "2026-03-01T00:00:00Z",
        "24:00",
        "2026-03-29T02:30",
    ] {
        check(
            &format!("1,P1,{date},1,1,Y,"),
            &format!("day: `{date}` {form}"),
        );
    }
    for date in ["2026-02-30", "0000-00-00", "2026-13-01"] {
        check(
            &format!("1,P1,{date},1,1,Y,"),
            &format!("day: `{date}` names a day that does not exist [no_such_date]"),
        );
    }
    check(
        "1,P1,,1,1,Y,",
        "sold_on: `` no date places the row in a window [no_date]",
    );
}

#[test]
fn instants_become_days_in_the_programs_zone() {
    let program = crate::bench::PROGRAM.replace("{more}", "").replace(
        "sold_on: day",
        "sold_on: { column: day, format: \"%Y-%m-%dT%H:%M%z\" }",
    );
    let bench = Bench::of(&program);
    bench.write("partners.csv", "key,name\nP1,One\n");
    bench.write("aliases.csv", "alias,partner,certified_by\n");
    bench.deliver("x.csv", "1,P1,2025-12-31T23:30Z,1,1,Y,\n2,P1,2026-01-01T00:30+02:00,1,1,Y,\n3,P1,2026-03-01T12:00+25:00,1,1,Y,\n4,P1,2026-03-01T24:00Z,1,1,Y,\n");
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 4 read = 2 accepted + 2 quarantined"]
    );
    assert_eq!(
        bench.state("sale"),
        [
            "1@1 P1 2026-01-01 1.00 1 true ",
            "2@1 P1 2025-12-31 1.00 1 true "
        ]
    );
}

#[test]
fn identities_match_exactly_or_by_a_certified_alias() {
    let unknown = |value: &str| {
        format!("partner: `{value}` is nobody the directory `partners` knows [unknown_identity]")
    };
    check("1,P9,2026-03-01,1,1,Y,", &unknown("P9"));
    check("1,p1,2026-03-01,1,1,Y,", &unknown("p1"));
    check("1,P1 ,2026-03-01,1,1,Y,", &unknown("P1 "));
    check("1,P1\u{200b},2026-03-01,1,1,Y,", &unknown("P1\\u{200b}"));
    check("1,Р1,2026-03-01,1,1,Y,", &unknown("Р1"));
}

#[test]
fn values_outside_the_declared_ones_and_rows_that_name_nothing_are_set_aside() {
    check(
        "1,P1,2026-03-01,1,1,y,",
        "rush: `y` is not among the declared values [unknown_value]",
    );
    check(
        ",P1,2026-03-01,1,1,Y,",
        "number: `` is empty, and names the row [no_id]",
    );
    check(
        "\"a\tb\",P1,2026-03-01,1,1,Y,",
        "number: `a\\tb` has a control character or a blank at its end [bad_id]",
    );
    let long = "x".repeat(300);
    let said = aside(&format!("{long},P1,2026-03-01,1,1,Y,"));
    assert!(
        said[0].ends_with("is longer than an id may be [bad_id]"),
        "{said:?}"
    );
    check(
        "1,P1,2026-03-01,1,1,Y",
        ": `` has 6 cells where the header has 7 [ragged_row]",
    );
    check(
        "1,P1,2026-03-01,1,1,Y,,",
        ": `` has 8 cells where the header has 7 [ragged_row]",
    );
    check(
        "1,P1,2026-03-01,1,1,Y,5\" pipe",
        "note: `5\" pipe` has a quote in the middle of unquoted text [stray_quote]",
    );
}

#[test]
fn every_mistake_of_a_row_is_found() {
    assert_eq!(
        aside("1,P9,2026-02-30,NaN,x,?,"),
        [
            "partner: `P9` is nobody the directory `partners` knows [unknown_identity]",
            "day: `2026-02-30` names a day that does not exist [no_such_date]",
            "amount: `NaN` is not a number [not_a_number]",
            "units: `x` has `x` where a digit belongs [not_a_number]",
            "rush: `?` is not among the declared values [unknown_value]",
        ]
    );
}

#[test]
fn text_stays_as_it_came() {
    let bench = Bench::new();
    let cells = [
        "=1+1",
        "+2",
        "-3",
        "@SUM(A1)",
        "\ttab",
        "＝1",
        "'",
        "<script>",
        "é\u{301}",
        " blank ",
        "\"two\nlines\"",
    ];
    for (row, cell) in cells.iter().enumerate() {
        bench.deliver(
            &format!("{row}.csv"),
            &format!("{row:02},P1,2026-03-01,1,1,Y,{cell}\n"),
        );
    }
    bench.deliver("cr.csv", "11,P1,2026-03-01,1,1,Y,a\rb\n");
    assert!(bench.ingest().is_clean());
    let notes: Vec<String> = bench
        .state("sale")
        .iter()
        .map(|line| line.split_once(" true ").expect("a flag").1.to_owned())
        .collect();
    assert_eq!(notes[..10], cells[..10]);
    assert_eq!(notes[10..], ["two\nlines", "a\rb"]);
}

#[test]
fn money_that_cannot_be_read_is_counted_as_rows_only() {
    let bench = Bench::new();
    bench.deliver("x.csv", "1,P1,2026-03-01,10.00,1,Y,\n2,P9,2026-03-01,5.00,1,Y,\n3,P1,2026-03-01,NaN,2,Y,\n4,P1,2026-03-01\n");
    let ingested = bench.ingest();
    let source = &ingested.reconciliation.sources[0];
    let line = |what: &str| {
        source
            .lines
            .iter()
            .find(|line| line.what == what)
            .expect("there")
    };
    assert_eq!(
        (line("read").rows, line("read").sums.join(" ")),
        (4, "15.00 4".to_owned())
    );
    assert_eq!(
        (line("accepted").rows, line("accepted").sums.join(" ")),
        (1, "10.00 1".to_owned())
    );
    let aside = line("quarantined");
    assert_eq!((aside.rows, aside.sums.join(" ")), (3, "5.00 3".to_owned()));
    assert_eq!(
        format!("{:?}", aside.unreadable),
        r#"{"amount": 2, "units": 1}"#
    );
}

#[test]
fn what_was_set_aside_is_put_right_by_the_same_file_or_another() {
    let bench = Bench::new();
    bench.deliver(
        "x.csv",
        "1,P9,2026-03-01,1,1,Y,\n2,P1,2026-03-01,2,1,Y,\n3,P1,2026-03-01,NaN,1,Y,\n",
    );
    bench.ingest();
    assert_eq!(bench.snapshot().quarantined().expect("readable").len(), 2);
    bench.write("partners.csv", "key,name\nP1,One\nP9,Nine\n");
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 3 read = 1 accepted + 1 duplicate + 1 quarantined"]
    );
    assert_eq!(said(&bench.ingest()), ["data/x.csv: taken before"]);
    let ids = || -> Vec<String> {
        bench
            .snapshot()
            .quarantined()
            .expect("readable")
            .into_iter()
            .map(|open| open.row.id)
            .collect()
    };
    assert_eq!(ids(), ["3"]);
    bench.deliver("y.csv", "3,P1,2026-03-01,3.00,1,Y,\n");
    assert_eq!(said(&bench.ingest())[1], "data/y.csv: 1 read = 1 accepted");
    assert_eq!(ids(), Vec::<String>::new());
}

#[test]
fn a_mapping_never_moves_a_kept_fact() {
    let bench = Bench::new();
    bench.deliver("x.csv", "1,P1,2026-03-01,1,1,Y,one\n");
    bench.ingest();
    let program = std::fs::read_to_string(bench.path().join("program.yaml")).expect("there");
    bench.write(
        "program.yaml",
        program.replace("Y: yes, N: no", "Y: no, N: yes"),
    );
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 1 read = 1 quarantined"]
    );
    assert_eq!(bench.state("sale"), ["1@1 P1 2026-03-01 1.00 1 true one"]);
    let open = bench.snapshot().quarantined().expect("readable");
    assert_eq!(
        open[0].row.problems[0].says,
        "row 2 of data/x.csv, taken before, says true under the same id and revision"
    );
}
