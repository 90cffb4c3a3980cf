//! Pure crates hold no float, clock, file, environment, random source, unordered map or printing.
//!
//! Clippy bars the types it can resolve (clippy.toml); this check sees what it lets through: a bare `0.5`, a whole
//! module imported under another name, and a crate that forgot to deny the lints.

use super::{Finding, House};
use crate::rust::Source;
use crate::walls::WALLS;

/// What each pure crate's lib.rs denies, without the blanks a formatter may put in.
const DENIES: &str =
    "#![deny(clippy::disallowed_types,clippy::disallowed_methods,clippy::float_arithmetic";

/// Words that name what a pure crate may not hold.
const BARRED_WORDS: &[(&str, &str)] = &[
    ("f32", "a float is not exact"),
    ("f64", "a float is not exact"),
    ("HashMap", "its order is random; use BTreeMap"),
    ("HashSet", "its order is random; use BTreeSet"),
    ("SystemTime", "time is an argument"),
    ("Instant", "time is an argument"),
    ("RandomState", "nothing random decides a figure"),
    ("async", "pure crates are not asynchronous"),
    ("println", "pure crates do not print"),
    ("eprintln", "pure crates do not print"),
    ("include_bytes", "the caller reads"),
];

/// Modules of the standard library that a pure crate may not touch.
const BARRED_MODULES: &[(&str, &str)] = &[
    ("env", "a setting is an argument"),
    ("fs", "the caller reads and writes"),
    ("io", "the caller reads and writes"),
    ("net", "a pure crate knows no network"),
    ("process", "a pure crate starts and ends nothing"),
    ("thread", "order must not depend on threads"),
    ("time", "time is an argument"),
];

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for wall in WALLS.iter().filter(|wall| wall.is_pure) {
        let root = format!("{}/src/lib.rs", wall.folder);
        let denies = house
            .tree
            .text(&root)
            .is_some_and(|text| text.split_whitespace().collect::<String>().contains(DENIES));
        if !denies {
            findings.push(Finding::file(
                &root,
                format!("a pure crate opens with {DENIES})]"),
            ));
        }
        let inside = format!("{}/src/", wall.folder);
        for source in house
            .sources
            .iter()
            .filter(|source| source.path.starts_with(&inside))
        {
            findings.extend(in_source(source));
        }
    }
    findings
}

fn in_source(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |offset: usize, says: String| {
        if !source.is_test(offset) {
            findings.push(Finding::at(source.path, source.line_of(offset), says));
        }
    };
    for (offset, word) in source.words() {
        if let Some((_, why)) = BARRED_WORDS.iter().find(|(barred, _)| *barred == word) {
            note(offset, format!("`{word}` in a pure crate: {why}"));
        } else if is_float_literal(source, offset, word) {
            note(
                offset,
                format!("the literal at `{word}` is a float: write it as text or a ratio"),
            );
        }
    }
    for offset in source.places("std::") {
        let after = &source.code[offset + "std::".len()..];
        for (module, why) in modules_named(after) {
            note(offset, format!("`std::{module}` in a pure crate: {why}"));
        }
    }
    findings
}

/// `1.5`, `2.`, `1e3`, `1f64`: a number the compiler takes for a float. `x.0.1` and `0..1` are none.
fn is_float_literal(source: &Source<'_>, offset: usize, word: &str) -> bool {
    let code = source.code.as_bytes();
    let before = offset.checked_sub(1).and_then(|at| code.get(at));
    if !word.starts_with(|first: char| first.is_ascii_digit()) || before == Some(&b'.') {
        return false;
    }
    if word.starts_with("0x") || word.starts_with("0b") || word.starts_with("0o") {
        return false;
    }
    let after = &code[offset + word.len()..];
    let is_fraction = match after {
        [b'.', next, ..] => !(*next == b'.' || *next == b'_' || next.is_ascii_alphabetic()),
        [b'.'] => true,
        _ => false,
    };
    let digits = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let has_exponent = word
        .split_once(['e', 'E'])
        .is_some_and(|(number, power)| digits(number) && digits(power));
    is_fraction || has_exponent || word.ends_with("f64") || word.ends_with("f32")
}

/// The barred modules named right after `std::`, alone or in braces.
fn modules_named(after: &str) -> Vec<(&'static str, &'static str)> {
    let listed = match after.strip_prefix('{') {
        Some(group) => group.split(';').next().unwrap_or(group),
        None => {
            let end = after
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(after.len());
            &after[..end]
        }
    };
    // In a group only names that begin an entry are modules of `std`: `{env, fmt::Write}`.
    let begins = |name: &str| {
        let name = name.trim().trim_start_matches('{');
        name.split("::")
            .next()
            .unwrap_or(name)
            .trim_end_matches(['}', ' ', '\n'])
            .to_owned()
    };
    let entries: Vec<String> = listed.split(',').map(begins).collect();
    BARRED_MODULES
        .iter()
        .copied()
        .filter(|(module, _)| entries.iter().any(|entry| entry == module))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn says(code: &str) -> Vec<String> {
        in_source(&Source::new("a.rs", code))
            .into_iter()
            .map(|finding| finding.says)
            .collect()
    }

    #[track_caller]
    fn check(code: &str, expected: &[&str]) {
        let found = says(code);
        assert_eq!(found.len(), expected.len(), "{code}: {found:?}");
        for (finding, part) in found.iter().zip(expected) {
            assert!(finding.contains(part), "{code}: {finding}");
        }
    }

    #[test]
    fn what_is_barred_is_found_where_it_is_code() {
        check("fn a(x: f64) {}", &["`f64`"]);
        check("use std::collections::HashMap;", &["`HashMap`"]);
        check("let now = SystemTime::now();", &["`SystemTime`"]);
        check("let home = std::env::var(name);", &["`std::env`"]);
        check(
            "use std::{env, fmt::Write, fs};",
            &["`std::env`", "`std::fs`"],
        );
        check("use std::time::Duration;", &["`std::time`"]);
        check("async fn a() {}", &["`async`"]);
        check("println!(\"{x}\");", &["`println`"]);
    }

    #[test]
    fn a_float_written_as_a_number_is_found() {
        check("let rate = 0.075;", &["`0`"]);
        check("let rate = 1e3;", &["`1e3`"]);
        check("let rate = 2f64;", &["`2f64`"]);
        check("let rate = 2.;", &["`2`"]);
    }

    #[test]
    fn what_only_looks_like_a_float_is_not() {
        check(
            "let a = pair.0.1; for i in 0..10 {} let b = 1.max(2); let c = 0xfe; let d = 10_000;",
            &[],
        );
        check("let a = 3usize + 4isize;", &[]);
        check("// 0.5 as f64\nlet text = \"0.5 HashMap std::env\";", &[]);
        check("use std::{collections::BTreeMap, fmt};", &[]);
    }

    #[test]
    fn tests_may_do_as_they_like() {
        check(
            "#[cfg(test)]\nmod tests { use std::fs; const A: f64 = 0.5; }",
            &[],
        );
    }

    #[test]
    fn a_pure_crate_denies_the_lints() {
        let bare = Tree::from([("crates/base/src/lib.rs", "//! Numbers.\n")]);
        let paths = |tree: &Tree| -> Vec<String> {
            find(&House::new(tree))
                .into_iter()
                .map(|finding| finding.path)
                .collect()
        };
        assert!(paths(&bare).contains(&"crates/base/src/lib.rs".to_owned()));
        let lints = "clippy::disallowed_types,\n    clippy::disallowed_methods,\n    clippy::float_arithmetic";
        let text = format!("#![deny(\n    {lints}\n)]\n");
        let denying = Tree::from([("crates/base/src/lib.rs", text.as_str())]);
        assert!(!paths(&denying).contains(&"crates/base/src/lib.rs".to_owned()));
    }
}
