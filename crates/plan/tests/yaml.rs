//! What YAML says here: every scalar is text, in every way of writing it, and what hides meaning is refused.

use trueup_plan::diagnostic::Sources;
use trueup_plan::document::read_plan;
use trueup_plan::yaml::{self, Limits, Node, NodeKind};

/// The codes of what is said about a text, and its root.
fn read(text: &str) -> (Option<Node>, Vec<&'static str>) {
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", text);
    let mut diagnostics = Vec::new();
    let node = yaml::read(&sources, file, &mut diagnostics);
    (
        node,
        diagnostics
            .iter()
            .map(|diagnostic| diagnostic.code)
            .collect(),
    )
}

/// What a key of a text's root says.
fn text_of(text: &str, key: &str) -> Option<String> {
    let (node, codes) = read(text);
    assert_eq!(codes, [""; 0], "{text:?}");
    node?.get(key)?.as_text().map(str::to_owned)
}

#[test]
fn words_and_numbers_of_other_schemas_are_text() {
    for word in [
        "NO",
        "no",
        "on",
        "yes",
        "~",
        "null",
        "1.10",
        "0x1F",
        "010",
        "1e3",
        "2026-01-05",
        ".inf",
        "1_000",
    ] {
        assert_eq!(text_of(&format!("a: {word}\n"), "a").as_deref(), Some(word));
    }
    assert_eq!(text_of("on: 1\n", "on").as_deref(), Some("1"));
}

#[test]
fn line_ends_of_windows_and_a_mark_at_the_start_change_nothing() {
    let text = "\u{feff}plan: test\r\ncurrency: USD\r\nvalues:\r\n  ä: 1 +\r\n     2\r\n";
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", text);
    let mut diagnostics = Vec::new();
    let plan = read_plan(&sources, file, &mut diagnostics).expect("the plan reads");
    assert_eq!(diagnostics, []);
    let formula = plan.values[0].formula.as_ref().expect("a formula");
    assert_eq!(formula.to_string(), "1 + 2");
    assert_eq!(sources.text(formula.span), "1 +\r\n     2");
    assert_eq!(sources.line_column(formula.span), (4, 6));
    assert_eq!(
        sources.line_column(plan.currency.expect("a currency").span),
        (2, 11)
    );
}

#[test]
fn every_style_of_writing_says_the_same() {
    for written in [
        "it's 5%",
        "'it''s 5%'",
        "\"it's 5%\"",
        "\"it\\x27s\\u00205\\\n  %\"",
        ">-\n  it's\n  5%",
        "|-\n  it's 5%",
    ] {
        assert_eq!(
            text_of(&format!("a: {written}\n"), "a").as_deref(),
            Some("it's 5%"),
            "{written}"
        );
    }
}

#[test]
fn a_block_of_text_ends_without_its_line_break() {
    let mut sources = Sources::new();
    let file = sources.add(
        "plan.yaml",
        "plan: test\ncurrency: USD\nis: >\n  Two lines\n  folded\n",
    );
    let plan = read_plan(&sources, file, &mut Vec::new()).expect("the plan reads");
    assert_eq!(
        plan.is.map(|is| is.text.to_string()).as_deref(),
        Some("Two lines folded")
    );
}

#[test]
fn nothing_written_is_neither_text_nor_a_mistake_of_yaml() {
    let (node, codes) = read("a:\nb: ''\n");
    assert_eq!(codes, [""; 0]);
    let node = node.expect("two keys");
    assert!(node.get("a").is_some_and(Node::is_empty));
    assert_eq!(node.get("b").and_then(Node::as_text), Some(""));
}

#[test]
fn what_hides_meaning_is_refused_by_its_own_code() {
    for (text, code) in [
        ("a: &x 1\n", "Y2"),
        ("a: *x\n", "Y2"),
        ("a: &x 1\nb: *x\n", "Y2"),
        ("a: !!int 1\n", "Y3"),
        ("a: !x { b: 1 }\n", "Y3"),
        ("<<: { b: 1 }\n", "Y4"),
        ("a: 1\nb: 2\na: 3\n", "Y5"),
        ("{ a: 1, 'a': 2 }\n", "Y5"),
        ("a: 1\n---\nb: 2\n", "Y6"),
        ("%YAML 1.1\n---\na: 1\n", "Y6"),
        ("%¡---\n---\n''", "Y6"),
        ("a:\n\tb: 1\n", "Y7"),
        ("a: \u{202e}1\n", "Y8"),
        ("a: 1\rb: 2\n", "Y8"),
        ("a: \0\n", "Y8"),
        ("a: x\u{feff}y\n", "Y8"),
        ("? [a, b]\n: 1\n", "Y10"),
        (": 1\n", "Y10"),
    ] {
        assert_eq!(read(text).1.first(), Some(&code), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_apart() {
    for (bytes, message) in [
        (
            &b"a: \xe9t\xe9\n"[..],
            "the file is not UTF-8: byte 0xE9 begins no character",
        ),
        (&b"\xff\xfea\0:\0"[..], "the file is UTF-16 and not UTF-8"),
    ] {
        let mut sources = Sources::new();
        let mut diagnostics = Vec::new();
        assert_eq!(
            sources.add_bytes("plan.yaml", bytes, &mut diagnostics),
            None
        );
        assert_eq!(diagnostics[0].message, message);
        assert_eq!(diagnostics[0].code, "Y8");
    }
}

#[test]
fn a_caller_may_raise_how_much_a_file_holds() {
    let many = format!("a: [{}]\n", "x, ".repeat(30_000));
    let mut sources = Sources::new();
    let file = sources.add("facts.yaml", &many);
    assert!(yaml::read(&sources, file, &mut Vec::new()).is_none());
    let node = yaml::read_within(&sources, file, Limits::FACTS, &mut Vec::new())
        .expect("it is not too much");
    assert!(
        matches!(&node.get("a").expect("a list").is, NodeKind::List(items) if items.len() == 30_000)
    );
}

#[test]
fn mistakes_in_two_blocks_are_both_told_and_nothing_is_handed_on() {
    let text = "plan: test\ncurrency: USD\nterms:\n  a: { unit: money\nvalues:\n  x: (1\ntables:\n  t: ] \n";
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", text);
    let mut diagnostics = Vec::new();
    assert!(read_plan(&sources, file, &mut diagnostics).is_none());
    let told: Vec<(&str, usize)> = diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code, sources.line_column(diagnostic.span()).0))
        .collect();
    assert!(told.contains(&("F1", 6)), "{told:?}");
    assert_eq!(
        told.iter().filter(|(code, _)| *code == "Y10").count(),
        2,
        "{told:?}"
    );
}
