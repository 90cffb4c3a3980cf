//! Plan text made to break its reader: it is refused in words and within a time, and nothing panics or overflows.

use std::fmt::Write as _;
use std::time::Duration;

use crate::story::Story;

/// Far above what a refusal takes, far below what a reader that walks in circles takes.
const BOUND: Duration = Duration::from_secs(20);

const BEGINNING: &str = "\
plan: hostile
is: Text made to break its reader
currency: USD
period: quarter
facts:
  sale: { dated: sale.sold_on, columns: { partner: partner, sold_on: date, amount: money } }
measures:
  net_sales: { is: Sales, sum: sale.amount, validated_by: finance }
";

/// Checks a plan, and says what was said.
fn refused(rest: &str) -> String {
    let story = Story::new();
    story.write("hostile.yaml", format!("{BEGINNING}{rest}"));
    let ended = story
        .trueup(&["check", "hostile.yaml"])
        .expect_code(1)
        .expect_within(BOUND);
    assert_eq!(ended.err, "", "what is found goes to standard output");
    // However large the plan, what is said about it can be read.
    assert!(ended.out.len() < 100_000, "{} bytes said", ended.out.len());
    ended.out
}

#[track_caller]
fn check_refused(rest: &str, says: &str) {
    let said = refused(rest);
    assert!(said.contains(says), "`{says}` is not said:\n{said}");
}

#[test]
fn two_hundred_thousand_nested_brackets_are_too_deep() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let nested = format!(
            "values: {}1{}\n",
            open.repeat(200_000),
            close.repeat(200_000)
        );
        check_refused(&nested, "64 deep inside one another");
    }
}

#[test]
fn nested_brackets_that_never_close_are_too_deep() {
    check_refused(
        &format!("values: {}\n", "[".repeat(200_000)),
        "64 deep inside one another",
    );
}

#[test]
fn blocks_nested_two_thousand_deep_are_too_deep() {
    let mut nested = "values:\n".to_owned();
    for depth in 1..2_000 {
        let _ = writeln!(nested, "{}a:", " ".repeat(depth));
    }
    check_refused(&nested, "64 deep inside one another");
}

#[test]
fn a_formula_ten_thousand_deep_is_too_deep() {
    let formulas = [
        format!("{}net_sales{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}net_sales{}", "abs(".repeat(10_000), ")".repeat(10_000)),
        format!("{}net_sales", "-".repeat(10_000)),
        format!("{}true", "not ".repeat(10_000)),
        format!("{}1", "case when true then ".repeat(10_000)),
    ];
    for formula in formulas {
        let said = refused(&format!(
            "components:\n  bonus: {{ is: Deep, pays: \"{formula}\" }}\n"
        ));
        assert!(said.contains("more than 128 levels deep"), "{said}");
    }
}

#[test]
fn a_formula_ten_thousand_wide_is_answered() {
    let formula = vec!["net_sales"; 10_000].join(" + ");
    check_refused(
        &format!("components:\n  bonus: {{ is: Wide, pays: {formula} }}\n"),
        "more than 128 levels deep",
    );
}

#[test]
fn values_that_build_on_one_another_without_end_are_answered() {
    let chain = |length: usize| {
        let mut values = "values:\n  v0: { is: The first, formula: net_sales }\n".to_owned();
        for at in 1..length {
            let before = at - 1;
            let _ = writeln!(
                values,
                "  v{at}: {{ is: The next, formula: v{before} + v{before} }}"
            );
        }
        let last = length - 1;
        format!("{values}components:\n  bonus: {{ is: Deep, pays: v{last} }}\n")
    };
    check_refused(&chain(10_000), "more than 20000 values");
    check_refused(&chain(2_000), "build");
}

#[test]
fn a_billion_laughs_are_refused_at_the_first_alias() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for at in 1..10 {
        let before = format!("*a{}", at - 1);
        let _ = writeln!(laughs, "a{at}: &a{at} [{}]", vec![before; 9].join(", "));
    }
    check_refused(&laughs, "an alias hides what is meant");
}

#[test]
fn thousands_of_bands_are_read_to_the_one_that_does_not_rise() {
    let bands = |count: usize| {
        let mut bands = "tables:\n  rates:\n    is: Many bands\n    of: sales\n    each_band: rate * slice\n    bands:\n      \
                         - { from: lowest, rate: 1% }\n"
            .to_owned();
        for at in 0..count {
            let _ = writeln!(bands, "      - {{ from: {at}, rate: 1% }}");
        }
        bands.push_str("      - { from: 5, rate: 1% }\n");
        bands
    };
    check_refused(&bands(3_000), "bounds must rise");
    check_refused(&bands(50_000), "more than 20000 values");
}

#[test]
fn a_key_of_a_megabyte_is_cut_short_where_it_is_shown() {
    check_refused(
        &format!("{}: 1\n", "k".repeat(1 << 20)),
        "the line has no `key: value`",
    );
}

#[test]
fn a_number_of_a_hundred_thousand_digits_is_refused() {
    let digits = "9".repeat(100_000);
    check_refused(
        &format!("components:\n  bonus: {{ is: Long, pays: \"net_sales * {digits}\" }}\n"),
        "a number has at most 1,000 digits",
    );
}

#[test]
fn names_that_look_alike_are_not_one() {
    // The second `net_sales` has a Cyrillic е.
    check_refused(
        "components:\n  bonus: { is: Alike, pays: 1% * n\u{435}t_sales }\n",
        "`\u{435}t_sales` means nothing in a formula",
    );
}
