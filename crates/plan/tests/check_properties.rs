//! What holds for every plan text: the check ends without a panic, a plan comes back exactly when nothing refuses it,
//! every place it marks lies in its file, and neither the order of names nor asking twice changes the answer.

use proptest::prelude::*;
use trueup_plan::check::{Place, Strictness, formula_in, read};
use trueup_plan::diagnostic::{Diagnostic, Severity, Sources, render};
use trueup_plan::tree::{KindId, Level, Plan, Type, Unit};

const HEAD: &str = "\
plan: soup
currency: USD
period: quarter
facts:
  sale:
    columns: { id: text, partner: partner, seller: partner, on: date, amount: money, quantity: count, product: text, new: flag }
    credited:
      - { to: sale.partner, role: sold }
      - { to: upline(sale.partner), role: above, overlay: yes }
  payment: { columns: { partner: partner, on: date, amount: money, sale: text } }
terms:
  target.net_sales: { is: Agreed sales, unit: money, per: year }
  term.rate: { is: Agreed rate, unit: ratio }
measures:
  net_sales: { is: Sales, sum: sale.amount }
  units: { is: Units, sum: sale.quantity }
  deals: { is: Deals, count: sale, where: sale.new }
  paid_on: { is: Paid on each sale, sum: payment.amount, by: payment.sale }
tables:
  rates:
    is: Rates
    of: x
    each_band: rate * slice
    bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 1% }, { from: 1_000, rate: 2% } ]
  level: { is: Level, of: of_what, one_band: cell, bands: [ { equals: A, cell: 1 }, { otherwise: yes, cell: 2 } ] }
";

/// Formulas that parse: the grammar over names that exist, names that do not, and each other.
fn formula() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        4 => prop::sample::select(vec![
            "net_sales", "units", "deals", "paid_on", "target.net_sales", "term.rate", "sale.amount", "sale.quantity",
            "sale.product", "sale.on", "sale.seller", "payment.amount", "window.last", "window.days", "window.final",
            "credit.level", "v0", "v1", "v2", "v3", "v4", "c0", "c1", "nothing", "rates", "slice", "was",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["0", "1", "2_500", "0.5", "5%", "100 USD", "3 EUR", "6 months", "90 days"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["'A'", "true", "missing", "date '2026-01-31'", "partner"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let three = (inner.clone(), inner.clone(), inner.clone());
        prop_oneof![
            4 => (two.clone(), prop::sample::select(vec!["+", "-", "*", "/"]))
                .prop_map(|((a, b), sign)| format!("({a} {sign} {b})")),
            1 => (two.clone(), prop::sample::select(vec!["=", "<>", "<", ">=", "and", "or"]))
                .prop_map(|((a, b), sign)| format!("({a} {sign} {b})")),
            1 => three.clone().prop_map(|(a, b, c)| format!("case when {a} then {b} else {c} end")),
            1 => three.clone().prop_map(|(a, b, c)| format!("({a} between {b} and {c})")),
            1 => inner.clone().prop_map(|a| format!("(-{a})")),
            1 => inner.clone().prop_map(|a| format!("({a} is not missing)")),
            3 => (inner.clone(), prop::sample::select(vec![
                "previous", "previous_year", "year_to_date", "since_start", "full", "to_date", "ever", "running",
                "total", "team", "rank", "abs", "sum_of", "rates", "level", "not",
            ])).prop_map(|(a, name)| format!("{name}({a})")),
            2 => (two.clone(), prop::sample::select(vec![
                "least", "greatest", "coalesce", "otherwise", "days_between", "allocate", "of", "rates",
            ])).prop_map(|((a, b), name)| format!("{name}({a}, {b})")),
            1 => two.clone().prop_map(|(a, b)| format!("previous({a}, first => {b})")),
            1 => two.clone().prop_map(|(a, b)| format!("round({a}, to => {b}, mode => down)")),
            1 => two.clone().prop_map(|(a, b)| format!("rank({a}, within => partner.size, where => {b})")),
            1 => two.clone().prop_map(|(a, b)| format!("{a}[{b}]")),
            1 => inner.clone().prop_map(|a| format!("sum_by({a}, month)")),
            1 => inner.clone().prop_map(|a| format!("trailing({a}, 12 months)")),
            1 => inner.prop_map(|a| format!("convert({a}, into => 'EUR', on => window.last)")),
        ]
    })
    .boxed()
}

/// What a formula is made to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Money,
    Count,
    Ratio,
    Flag,
    Date,
}

/// A formula that is right by construction: it answers what it is made to, for a partner, and mentions money values
/// below `known`.
fn right(made: Made, depth: u32, known: usize) -> BoxedStrategy<String> {
    let names: Vec<String> = match made {
        Made::Money => [
            "net_sales",
            "to_date(target.net_sales)",
            "0",
            "2_500",
            "100 USD",
        ]
        .into_iter()
        .map(str::to_owned)
        .chain((0..known).map(|value| format!("v{value}")))
        .collect(),
        Made::Count => [
            "units",
            "deals",
            "window.days",
            "12",
            "days_between(window.starts, window.last)",
        ]
        .map(str::to_owned)
        .to_vec(),
        Made::Ratio => ["term.rate", "5%", "0.5", "1/3"]
            .map(str::to_owned)
            .to_vec(),
        Made::Flag => ["window.final", "true", "partner.type = 'reseller'"]
            .map(str::to_owned)
            .to_vec(),
        Made::Date => ["window.starts", "date '2026-01-31'", "partner.ends"]
            .map(str::to_owned)
            .to_vec(),
    };
    let leaf = prop::sample::select(names).boxed();
    if depth == 0 {
        return leaf;
    }
    let one = |made: Made| right(made, depth - 1, known);
    let number = prop::sample::select(vec![Made::Money, Made::Count, Made::Ratio, Made::Date]);
    let same = (
        one(made),
        one(made),
        prop::sample::select(vec!["least", "greatest", "coalesce", "otherwise"]),
    )
        .prop_map(|(a, b, name)| format!("{name}({a}, {b})"));
    let case = (one(Made::Flag), one(made), one(made))
        .prop_map(|(test, a, b)| format!("case when {test} then {a} else {b} end"));
    let first = (one(made), one(made)).prop_map(|(a, b)| format!("previous({a}, first => {b})"));
    let elsewhere = (
        one(made),
        prop::sample::select(vec![
            "previous",
            "previous_year",
            "year_to_date",
            "since_start",
        ]),
    )
        .prop_map(|(a, name)| format!("{name}({a})"));
    match made {
        Made::Money | Made::Count | Made::Ratio => {
            let added = (one(made), one(made), prop::sample::select(vec!["+", "-"]))
                .prop_map(|(a, b, sign)| format!("({a} {sign} {b})"));
            let part = (one(made), one(Made::Ratio)).prop_map(|(a, b)| format!("({a} * {b})"));
            let per = (one(made), one(Made::Count), one(Made::Count))
                .prop_map(|(a, b, c)| format!("({a} / ({b}) * ({c}))"));
            let folded = (one(made), prop::sample::select(vec!["total", "team"]))
                .prop_map(|(a, name)| format!("{name}({a})"));
            let shared =
                (one(made), one(Made::Count)).prop_map(|(a, b)| format!("allocate({a}, {b})"));
            let rounded = one(made).prop_map(|a| format!("round({a}, to => 0.01)"));
            let own = match made {
                Made::Money => one(Made::Money).prop_map(|a| format!("rates({a})")).boxed(),
                Made::Count => one(Made::Money).prop_map(|a| format!("rank({a})")).boxed(),
                Made::Ratio | Made::Flag | Made::Date => (one(Made::Money), one(Made::Money))
                    .prop_map(|(a, b)| format!("(({a}) / ({b}))"))
                    .boxed(),
            };
            prop_oneof![
                leaf, added, part, per, folded, shared, rounded, own, same, case, first, elsewhere
            ]
            .boxed()
        }
        Made::Flag => {
            let compared = number
                .prop_flat_map(move |made| {
                    (right(made, depth - 1, known), right(made, depth - 1, known))
                })
                .prop_map(|(a, b)| format!("({a} <= {b})"));
            let joined =
                (one(Made::Flag), one(Made::Flag)).prop_map(|(a, b)| format!("({a} and not {b})"));
            let ever = one(Made::Flag).prop_map(|a| format!("ever({a})"));
            let known_now = one(Made::Money).prop_map(|a| format!("({a} is missing)"));
            prop_oneof![leaf, compared, joined, ever, known_now, case].boxed()
        }
        Made::Date => {
            let later = one(Made::Date).prop_map(|a| format!("({a} + 3 months)"));
            prop_oneof![leaf, later, case, first].boxed()
        }
    }
}

/// Values that build on those before them, each right by construction.
fn right_names() -> impl Strategy<Value = Names> {
    // A sum with sales is money whatever its other part may be taken for.
    let value = |known: usize| {
        right(Made::Money, 3, known).prop_map(|formula| (format!("net_sales + {formula}"), false))
    };
    (value(0), value(1), value(2), value(3), value(4)).prop_map(|(a, b, c, d, component)| Names {
        values: vec![a, b, c, d],
        components: vec![component],
    })
}

/// Anything in a formula's place.
fn soup() -> BoxedStrategy<String> {
    let piece = prop::sample::select(vec![
        "net_sales",
        "sale.amount",
        "v0",
        "(",
        ")",
        "[",
        "]",
        ",",
        " + ",
        " - ",
        " * ",
        " / ",
        "5%",
        "0",
        "previous",
        "first => ",
        "round",
        "to => ",
        "case when ",
        " then ",
        " else ",
        " end",
        " and ",
        "not ",
        "'A'",
        "date ",
        "=>",
        "weighted",
        " is missing",
        ".",
        "%",
        "USD",
    ]);
    prop::collection::vec(
        prop_oneof![9 => piece.prop_map(str::to_owned), 1 => "\\PC{0,2}"],
        0..14,
    )
    .prop_map(|pieces| pieces.concat())
    .boxed()
}

/// The values and components of a plan.
#[derive(Clone, Debug)]
struct Names {
    values: Vec<(String, bool)>,
    components: Vec<(String, bool)>,
}

fn names(formula: BoxedStrategy<String>) -> impl Strategy<Value = Names> {
    let values = prop::collection::vec((formula.clone(), any::<bool>()), 1..5);
    let components = prop::collection::vec((formula, any::<bool>()), 0..3);
    (values, components).prop_map(|(values, components)| Names { values, components })
}

fn quoted(formula: &str) -> String {
    format!("\"{}\"", formula.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Names {
    fn text(&self, turned: bool) -> String {
        let mut values: Vec<String> = self
            .values
            .iter()
            .enumerate()
            .map(|(at, (formula, every))| {
                let every = if *every { "every: quarter, " } else { "" };
                format!(
                    "  v{at}: {{ is: A value, {every}formula: {} }}\n",
                    quoted(formula)
                )
            })
            .collect();
        let mut components: Vec<String> = self
            .components
            .iter()
            .enumerate()
            .map(|(at, (formula, each))| {
                let each = if *each { "each: sale, " } else { "" };
                format!(
                    "  c{at}: {{ is: A component, {each}pays: {} }}\n",
                    quoted(formula)
                )
            })
            .collect();
        if turned {
            values.reverse();
            components.reverse();
        }
        let blocks = [
            format!("values:\n{}", values.concat()),
            if components.is_empty() {
                String::new()
            } else {
                format!("components:\n{}", components.concat())
            },
        ];
        if turned {
            format!("{HEAD}{}{}", blocks[1], blocks[0])
        } else {
            format!("{HEAD}{}{}", blocks[0], blocks[1])
        }
    }
}

fn checked(text: &str) -> (Sources, Option<Plan>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let (plan, diagnostics) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
    let refused = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(
        plan.is_none(),
        refused,
        "{text}\n{}",
        render(&sources, &diagnostics)
    );
    for mark in diagnostics.iter().flat_map(|diagnostic| &diagnostic.marks) {
        let place = mark.span.start as usize..mark.span.end as usize;
        assert!(
            sources.file_text(mark.span.file).get(place).is_some(),
            "{mark:?}"
        );
    }
    (sources, plan, diagnostics)
}

proptest! {
    #[test]
    fn every_formula_over_a_plan_is_typed_or_told(names in names(formula())) {
        let (mut sources, plan, _) = checked(&names.text(false));
        if let Some(plan) = plan {
            for (formula, _) in &names.values {
                for place in [Place::Partner, Place::Row(KindId(0)), Place::Row(KindId(1))] {
                    let _ = formula_in(&plan, &mut sources, "question", formula, place);
                }
            }
        }
    }

    #[test]
    fn right_plans_are_taken_in_any_order_and_their_values_are_money(names in right_names()) {
        for turned in [false, true] {
            let (sources, plan, told) = checked(&names.text(turned));
            let plan = plan.unwrap_or_else(|| panic!("{}\n{}", names.text(turned), render(&sources, &told)));
            for value in &plan.values {
                prop_assert_eq!(value.formula.of, Type::Number(Unit::MONEY), "{}", value.name);
                prop_assert_eq!(value.level, Level::Partner, "{}", value.name);
            }
        }
    }

    #[test]
    fn whatever_stands_in_a_formula_is_told(names in names(soup())) {
        checked(&names.text(false));
    }

    #[test]
    fn the_order_of_names_decides_nothing(names in names(formula())) {
        // The directory is left out: what a column of it is may be decided by the first use.
        let text = |turned: bool| names.text(turned).replace("partner.size", "term.rate");
        let (sources, plan, told) = checked(&text(false));
        let (turned_sources, turned, turned_told) = checked(&text(true));
        prop_assert_eq!(
            plan.is_some(), turned.is_some(),
            "{}\n{}\n{}", names.text(false), render(&sources, &told), render(&turned_sources, &turned_told)
        );
    }

    #[test]
    fn a_plan_with_lines_lost_or_twice_is_told(
        plan in prop::sample::select(vec![
            include_str!("good/reseller.yaml"),
            include_str!("good/technology_partner.yaml"),
            include_str!("good/distribution.yaml"),
            include_str!("found/units.yaml"),
        ]),
        lost in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        twice in prop::collection::vec(any::<prop::sample::Index>(), 0..2),
        swapped in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3),
    ) {
        let mut lines: Vec<String> = plan.lines().map(str::to_owned).collect();
        for (a, b) in swapped {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            let word = |line: &str| line.split_whitespace().last().unwrap_or("").to_owned();
            let (first, second) = (word(&lines[a]), word(&lines[b]));
            if !first.is_empty() && !second.is_empty() {
                lines[a] = lines[a].replace(&first, &second);
            }
        }
        for at in twice {
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
        }
        for at in lost {
            lines.remove(at.index(lines.len()));
        }
        checked(&lines.join("\n"));
    }
}
