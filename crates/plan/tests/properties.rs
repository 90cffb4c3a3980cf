//! What holds for every text: nothing panics, every place lies in the file, what is printed reads the same.

use proptest::prelude::*;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::diagnostic::{Diagnostic, Sources, render, to_json};
use trueup_plan::document::read_plan;
use trueup_plan::formula::{self, Argument, Formula, FormulaKind, Suffix};
use trueup_plan::span::Span;
use trueup_plan::tree::{Comparison, NoAnswerKind, Operator};
use trueup_plan::yaml::{self, Node, NodeKind};

fn formula(is: FormulaKind) -> Formula {
    Formula {
        is,
        span: Span::default(),
    }
}

fn leaf() -> impl Strategy<Value = Formula> {
    let suffix = prop_oneof![
        3 => Just(Suffix::None),
        1 => Just(Suffix::Percent),
        1 => Just(Suffix::Currency("USD".into())),
        1 => prop::sample::select(vec!["days", "weeks", "months", "quarters", "years"])
            .prop_map(|unit| Suffix::Duration(unit.into())),
    ];
    prop_oneof![
        (0i64..10_000_000, 0u32..5, suffix).prop_map(|(unscaled, scale, suffix)| {
            FormulaKind::Number {
                value: Exact::from_scaled(i128::from(unscaled), scale),
                suffix,
            }
        }),
        "[a-z' ÄÖ]{0,8}".prop_map(|text| FormulaKind::Text(text.as_str().into())),
        (1i16..9999, 1i8..12, 1i8..28).prop_map(|(year, month, day)| {
            FormulaKind::Date(Date::new(year, month, day).expect("every month has 28 days"))
        }),
        Just(FormulaKind::True),
        Just(FormulaKind::False),
        prop::sample::select(vec![
            "sales",
            "sale.amount",
            "sale.seller.size",
            "window.final",
            "date",
            "x_1"
        ])
        .prop_map(|name| FormulaKind::Name(name.into())),
    ]
    .prop_map(formula)
}

fn any_formula() -> impl Strategy<Value = Formula> {
    leaf().prop_recursive(5, 40, 4, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let argument =
            (prop::option::of("[a-z]{2,5}_"), inner.clone()).prop_map(|(word, value)| Argument {
                word: word.map(|word| (word.as_str().into(), Span::default())),
                value,
            });
        let operator = prop::sample::select(vec![
            Operator::Plus,
            Operator::Minus,
            Operator::Times,
            Operator::Over,
        ]);
        let comparison = prop::sample::select(vec![
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::AtMost,
            Comparison::More,
            Comparison::AtLeast,
        ]);
        let kind = prop::sample::select(vec![NoAnswerKind::Missing, NoAnswerKind::Undefined]);
        prop_oneof![
            (
                prop::sample::select(vec!["least", "rates", "previous"]),
                prop::collection::vec(argument, 0..4)
            )
                .prop_map(|(name, arguments)| FormulaKind::Call {
                    name: name.into(),
                    name_span: Span::default(),
                    arguments
                }),
            (boxed(), boxed()).prop_map(|(x, key)| FormulaKind::Keyed(x, key)),
            boxed().prop_map(FormulaKind::Negated),
            boxed().prop_map(FormulaKind::Not),
            (operator, boxed(), boxed())
                .prop_map(|(operator, x, y)| FormulaKind::Arithmetic(operator, x, y)),
            (comparison, boxed(), boxed())
                .prop_map(|(comparison, x, y)| FormulaKind::Compared(comparison, x, y)),
            (boxed(), boxed(), boxed(), any::<bool>())
                .prop_map(|(x, low, high, not)| FormulaKind::Between { x, low, high, not }),
            (
                boxed(),
                prop::collection::vec(inner.clone(), 1..4),
                any::<bool>()
            )
                .prop_map(|(x, list, not)| FormulaKind::In { x, list, not }),
            (boxed(), kind, any::<bool>()).prop_map(|(x, kind, not)| FormulaKind::Is {
                x,
                kind,
                not
            }),
            prop::collection::vec(inner.clone(), 2..4).prop_map(FormulaKind::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(FormulaKind::Or),
            (
                prop::collection::vec((inner.clone(), inner.clone()), 1..3),
                boxed()
            )
                .prop_map(|(arms, otherwise)| FormulaKind::Case { arms, otherwise }),
        ]
        .prop_map(formula)
    })
}

/// The same formula as if written nowhere.
fn placeless(x: Formula) -> Formula {
    let one = |x: Box<Formula>| Box::new(placeless(*x));
    let all = |list: Vec<Formula>| list.into_iter().map(placeless).collect();
    formula(match x.is {
        FormulaKind::Call {
            name, arguments, ..
        } => FormulaKind::Call {
            name,
            name_span: Span::default(),
            arguments: arguments
                .into_iter()
                .map(|argument| Argument {
                    word: argument.word.map(|(word, _)| (word, Span::default())),
                    value: placeless(argument.value),
                })
                .collect(),
        },
        FormulaKind::Keyed(x, key) => FormulaKind::Keyed(one(x), one(key)),
        FormulaKind::Negated(x) => FormulaKind::Negated(one(x)),
        FormulaKind::Not(x) => FormulaKind::Not(one(x)),
        FormulaKind::Arithmetic(operator, x, y) => {
            FormulaKind::Arithmetic(operator, one(x), one(y))
        }
        FormulaKind::Compared(comparison, x, y) => {
            FormulaKind::Compared(comparison, one(x), one(y))
        }
        FormulaKind::Between { x, low, high, not } => FormulaKind::Between {
            x: one(x),
            low: one(low),
            high: one(high),
            not,
        },
        FormulaKind::In { x, list, not } => FormulaKind::In {
            x: one(x),
            list: all(list),
            not,
        },
        FormulaKind::Is { x, kind, not } => FormulaKind::Is {
            x: one(x),
            kind,
            not,
        },
        FormulaKind::And(parts) => FormulaKind::And(all(parts)),
        FormulaKind::Or(parts) => FormulaKind::Or(all(parts)),
        FormulaKind::Case { arms, otherwise } => FormulaKind::Case {
            arms: arms
                .into_iter()
                .map(|(test, answer)| (placeless(test), placeless(answer)))
                .collect(),
            otherwise: one(otherwise),
        },
        leaf @ (FormulaKind::Number { .. }
        | FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_)) => leaf,
    })
}

/// Every place lies in its file, between whole characters, and every message can be shown.
fn places_hold(sources: &Sources, diagnostics: &[Diagnostic]) {
    for mark in diagnostics.iter().flat_map(|diagnostic| &diagnostic.marks) {
        let text = sources.file_text(mark.span.file);
        assert!(mark.span.start <= mark.span.end, "{mark:?}");
        let place = mark.span.start as usize..mark.span.end as usize;
        assert!(
            text.get(place).is_some(),
            "{mark:?} in {} bytes",
            text.len()
        );
    }
    let shown = render(sources, diagnostics);
    assert!(
        shown.chars().all(|char| char == '\n' || !char.is_control()),
        "{shown:?}"
    );
    assert_eq!(
        to_json(sources, diagnostics).as_array().map(Vec::len),
        Some(diagnostics.len())
    );
}

fn scalars_hold(sources: &Sources, node: &Node) {
    match &node.is {
        NodeKind::Scalar(scalar) => {
            let text = sources.file_text(node.span.file);
            for (at, char) in scalar.text.char_indices() {
                let place = scalar.place(at, at + char.len_utf8());
                let written = text.get(place.start as usize..place.end as usize);
                assert!(written.is_some(), "{scalar:?} at {at}");
                assert!(
                    place.start >= scalar.span.start && place.end <= scalar.span.end,
                    "{scalar:?} at {at}"
                );
                if !char.is_whitespace() && !scalar.quoted {
                    assert_eq!(written, Some(&*char.to_string()), "{scalar:?} at {at}");
                }
            }
        }
        NodeKind::List(items) => items.iter().for_each(|item| scalars_hold(sources, item)),
        NodeKind::Map(entries) => entries
            .iter()
            .for_each(|entry| scalars_hold(sources, &entry.value)),
        NodeKind::Empty => {}
    }
}

/// Text as people and fuzzers write it: pieces of plans in a wrong order.
fn soup(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => "\\PC{0,3}"],
        0..30,
    )
    .prop_map(|pieces| pieces.concat())
}

const YAML: &[&str] = &[
    "plan: ",
    "components:\n",
    "  bonus: ",
    "{ ",
    " }",
    "[",
    "]",
    ", ",
    ": ",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "pays: ",
    "\"",
    "'",
    "''",
    "\\",
    "\\n",
    "\\u00e4",
    "|\n",
    ">\n",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "# ",
    "\t",
    "\r\n",
    "? ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "least(1, 2)",
    "5% * sales",
    "ä",
    "日本",
    "\u{feff}",
    "~",
    "on: ",
    "1.10",
    " ",
];

const FORMULA: &[&str] = &[
    "1",
    "1_000",
    "0.5",
    "%",
    " USD",
    " days",
    "'a'",
    "'",
    "date '2026-06-20'",
    "sales",
    "sale.amount",
    "x.",
    "(",
    ")",
    "[",
    "]",
    ",",
    "=>",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "&&",
    "+",
    "-",
    "*",
    "/",
    " and ",
    " or ",
    " not ",
    " between ",
    " in ",
    " is ",
    "missing",
    "undefined",
    "case ",
    " when ",
    " then ",
    " else ",
    " end",
    " ",
    "least(",
    "first => ",
    "\"",
    "ü",
    "1e5",
    "AND",
    "?",
    "1,0",
];

proptest! {
    #[test]
    fn a_printed_formula_reads_as_itself(formula in any_formula()) {
        let text = formula.to_string();
        let mut diagnostics = Vec::new();
        let read = formula::parse_text(&text, &mut diagnostics);
        prop_assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        prop_assert_eq!(read.map(placeless), Some(placeless(formula)), "{}", text);
    }

    #[test]
    fn a_soup_of_tokens_is_read_or_told_wrong(text in soup(FORMULA)) {
        let mut sources = Sources::new();
        sources.add("formula", &text);
        let mut diagnostics = Vec::new();
        let read = formula::parse_text(&text, &mut diagnostics);
        prop_assert_eq!(read.is_none(), !diagnostics.is_empty(), "{}", text);
        places_hold(&sources, &diagnostics);
    }

    #[test]
    fn a_soup_of_yaml_is_read_or_told_wrong(text in soup(YAML)) {
        let mut sources = Sources::new();
        let file = sources.add("plan.yaml", &text);
        let mut diagnostics = Vec::new();
        let node = yaml::read(&sources, file, &mut diagnostics);
        places_hold(&sources, &diagnostics);
        if let Some(node) = node {
            scalars_hold(&sources, &node);
        }
        let mut diagnostics = Vec::new();
        let plan = read_plan(&sources, file, &mut diagnostics);
        prop_assert!(plan.is_some() || !diagnostics.is_empty(), "{text:?}");
        places_hold(&sources, &diagnostics);
    }

    #[test]
    fn any_bytes_are_read_or_told_wrong(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut sources = Sources::new();
        let mut diagnostics = Vec::new();
        if let Some(file) = sources.add_bytes("plan.yaml", &bytes, &mut diagnostics) {
            let plan = read_plan(&sources, file, &mut diagnostics);
            prop_assert!(plan.is_some() || !diagnostics.is_empty());
        } else {
            prop_assert!(!diagnostics.is_empty());
        }
        places_hold(&sources, &diagnostics);
    }

    #[test]
    fn a_text_written_in_any_style_says_the_same_and_knows_its_places(
        words in prop::collection::vec("[a-zäöü日*+(),'\"\\\\]{1,6}", 1..8),
        style in 0..5usize,
    ) {
        let says = words.join(" ");
        let written = match style {
            0 => format!("\"{}\"", words.join(" ").replace('\\', "\\\\").replace('"', "\\\"")),
            1 => format!("'{}'", words.join(" ").replace('\'', "''")),
            2 => format!("\"{}\"", words.iter().map(|word| word.replace('\\', "\\\\").replace('"', "\\\"")).collect::<Vec<_>>().join("\n    ")),
            3 => format!("'{}'", words.join("\n   ").replace('\'', "''")),
            _ => format!(">-\n    {}", words.join("\n    ")),
        };
        let mut sources = Sources::new();
        let file = sources.add("plan.yaml", &format!("a:\n  key: {written}\n"));
        let mut diagnostics = Vec::new();
        let node = yaml::read(&sources, file, &mut diagnostics);
        let value = node.as_ref().and_then(|node| node.get("a")).and_then(|inner| inner.get("key"));
        let scalar = value.and_then(Node::as_scalar);
        prop_assert_eq!(scalar.map(|scalar| &*scalar.text), Some(says.as_str()), "{}", written);
        let Some(scalar) = scalar else { return Ok(()) };
        let text = sources.file_text(file);
        for (at, char) in says.char_indices().filter(|(_, char)| !matches!(char, ' ' | '\'' | '"' | '\\')) {
            let place = scalar.place(at, at + char.len_utf8());
            prop_assert_eq!(&text[place.start as usize..place.end as usize], char.to_string(), "{} at {}", written, at);
        }
    }
}

/// What the reader says of a text, and within which time.
fn codes(text: &str) -> Vec<&'static str> {
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", text);
    let mut diagnostics = Vec::new();
    let plan = read_plan(&sources, file, &mut diagnostics);
    assert!(plan.is_none() || diagnostics.is_empty() || !diagnostics.is_empty());
    places_hold(&sources, &diagnostics);
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn two_hundred_thousand_brackets_are_one_clear_error() {
    let brackets = "[".repeat(200_000);
    for text in [
        brackets.clone(),
        format!("plan: {brackets}"),
        format!("plan: {}", "{".repeat(200_000)),
    ] {
        let codes = codes(&text);
        assert!(codes.contains(&"Y9"), "{codes:?}");
    }
    assert_eq!(
        codes(&format!("plan: {}", "- ".repeat(200_000))).first(),
        Some(&"Y10")
    );
    assert_eq!(
        codes(&format!("plan:\n {}", "- ".repeat(200_000))).first(),
        Some(&"Y9")
    );
    let steps: String = (0..2_000)
        .map(|step| format!("{}a:\n", " ".repeat(step)))
        .collect();
    assert_eq!(codes(&steps).first(), Some(&"Y9"));
    assert_eq!(codes(&"? ".repeat(100_000)).first(), Some(&"Y9"));
}

#[test]
fn a_formula_ten_thousand_deep_is_one_clear_error() {
    for text in [
        format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("1{}", " + 1".repeat(10_000)),
        format!("{}x", "-".repeat(10_000)),
        format!("{}x", "not ".repeat(10_000)),
        format!("{}1{}", "least(".repeat(10_000), ")".repeat(10_000)),
        format!(
            "{}1{}",
            "case when a then 1 else ".repeat(10_000),
            " end".repeat(10_000)
        ),
        format!("x{}", "[x".repeat(10_000)),
    ] {
        let mut diagnostics = Vec::new();
        assert!(formula::parse_text(&text, &mut diagnostics).is_none());
        let codes: Vec<&str> = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect();
        assert_eq!(
            codes,
            ["F9"],
            "{}",
            text.chars().take(20).collect::<String>()
        );
    }
    let wide = format!("least({})", vec!["x + 1"; 10_000].join(", "));
    assert!(formula::parse_text(&wide, &mut Vec::new()).is_some());
    let deep = format!("{}1{}", "(".repeat(120), ")".repeat(120));
    assert!(formula::parse_text(&deep, &mut Vec::new()).is_some());
}

#[test]
fn a_file_with_too_many_values_is_told_so() {
    let many = format!("plan: [{}]", "a, ".repeat(20_001));
    assert_eq!(codes(&many).first(), Some(&"Y9"));
}
