//! No answer is not an accident: no bare `unwrap`, no `expect` or `panic!` without its reason, nothing left to do.

use super::{Finding, House};
use crate::rust::Source;

/// Calls that take their reason as a sentence.
const WITH_REASON: &[&str] = &[".expect(", "panic!(", "unreachable!("];

/// How many words make a reason.
const REASON_WORDS: usize = 3;

/// Code that is not finished, wherever it stands.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// Comments that put something off. Put together here, so that this file does not put anything off.
const PUT_OFF: [[&str; 2]; 4] = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"]];

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = house.sources.iter().flat_map(in_source).collect();
    for (path, text) in house
        .tree
        .files()
        .filter(|(path, _)| !path.ends_with(".rs") && is_ours(path))
    {
        for (number, line) in text.lines().enumerate() {
            findings.extend(put_off(line).map(|word| put_off_at(path, number + 1, &word)));
        }
    }
    findings
}

/// Texts of others (licences, data) may say what they like.
fn is_ours(path: &str) -> bool {
    const OURS: &[&str] = &[
        ".md", ".py", ".sh", ".toml", ".yaml", ".yml", "Makefile", ".ci/run",
    ];
    OURS.iter().any(|ending| path.ends_with(ending))
}

fn in_source(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut note = |offset: usize, says: String| {
        findings.push(Finding::at(source.path, source.line_of(offset), says))
    };
    for offset in source
        .places(".unwrap()")
        .chain(source.places(".unwrap_err()"))
    {
        if !source.is_test(offset) {
            note(
                offset,
                "a bare `unwrap` outside tests: answer for nothing, or say why it cannot be"
                    .to_owned(),
            );
        }
    }
    for call in WITH_REASON {
        for offset in source
            .places(call)
            .filter(|offset| begins_word(source, call, *offset))
        {
            // An `expect` of several arguments is a method of our own.
            if *call == ".expect(" && source.arguments_at(offset + call.len() - 1) > 1 {
                continue;
            }
            let reason = source.literal_at(offset + call.len());
            let words = reason.map_or(0, |reason| reason.split_whitespace().count());
            if !source.is_test(offset) && words < REASON_WORDS {
                let call = call.trim_start_matches('.').trim_end_matches('(');
                note(
                    offset,
                    format!("`{call}` needs a sentence that says why this cannot happen"),
                );
            }
        }
    }
    for word in UNFINISHED {
        for offset in source
            .places(word)
            .filter(|offset| begins_word(source, word, *offset))
        {
            note(
                offset,
                format!("`{}` is not finished work", word.trim_start_matches("#[")),
            );
        }
    }
    for offset in source.places("#[allow(").chain(source.places("#![allow(")) {
        let attribute = source.code[offset..].split(']').next().unwrap_or_default();
        if !attribute.contains("reason") {
            note(
                offset,
                "an `allow` says why: `#[allow(lint, reason = \"…\")]`".to_owned(),
            );
        }
    }
    for (number, line) in source.comments.lines().enumerate() {
        findings.extend(put_off(line).map(|word| put_off_at(source.path, number + 1, &word)));
    }
    findings
}

/// `no_panic!(` and `.not_todo!` are other words.
fn begins_word(source: &Source<'_>, said: &str, offset: usize) -> bool {
    let before = offset
        .checked_sub(1)
        .and_then(|at| source.code.as_bytes().get(at));
    !said.starts_with(|c: char| c.is_ascii_alphabetic())
        || !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn put_off(line: &str) -> impl Iterator<Item = String> {
    let said: Vec<&str> = line
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    PUT_OFF
        .iter()
        .map(|parts| parts.concat())
        .filter(move |word| said.contains(&word.as_str()))
}

fn put_off_at(path: &str, line: usize, word: &str) -> Finding {
    Finding::at(
        path,
        line,
        format!("{word} puts off what belongs into this change or into an issue"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    #[track_caller]
    fn check(code: &str, expected: &[&str]) {
        let found = in_source(&Source::new("src/a.rs", code));
        assert_eq!(found.len(), expected.len(), "{code}: {found:?}");
        for (finding, part) in found.iter().zip(expected) {
            assert!(finding.says.contains(part), "{finding:?}");
        }
    }

    #[test]
    fn a_bare_unwrap_is_found_outside_tests() {
        check("let a = b.unwrap();", &["`unwrap`"]);
        check("#[cfg(test)]\nmod tests { fn a() { b.unwrap() } }", &[]);
        check("let a = b.unwrap_or(c).unwrap_or_default();", &[]);
    }

    #[test]
    fn an_expect_needs_a_sentence() {
        check("a.expect(\"bad\");", &["`expect`"]);
        check("a.expect(why);", &["`expect`"]);
        check(
            "a.expect(\n    \"the list was just checked not to be empty\",\n);",
            &[],
        );
        check("#[expect(dead_code)]", &[]);
        check("typer.expect(formula, &scope)", &[]);
        check("panic!(\"{x}\")", &["`panic!`"]);
        check("unreachable!()", &["`unreachable!`"]);
        check(
            "unreachable!(\"the check refuses bands that do not rise: {x}\")",
            &[],
        );
    }

    #[test]
    fn unfinished_work_is_found_even_in_tests() {
        check("fn a() { todo!() }", &["`todo!`"]);
        check("#[test]\n#[ignore = \"slow\"]\nfn a() {}", &["`ignore"]);
        check("fn a() { dbg!(b) }", &["`dbg!`"]);
        check("let a = \"todo!()\"; not_todo!();", &[]);
    }

    #[test]
    fn an_allow_says_why() {
        check("#[allow(dead_code)]\nfn a() {}", &["an `allow` says why"]);
        check(
            "#[allow(dead_code, reason = \"read by the schema\")]\nfn a() {}",
            &[],
        );
    }

    #[test]
    fn a_comment_that_puts_off_is_found_in_any_text_of_ours() {
        let word = PUT_OFF[0].concat();
        let comment = format!("// {word}: later\nlet a = \"{word}\";");
        check(&comment, &["puts off"]);
        let shell = format!("a=1\n# {word} later\n");
        let tree = Tree::from([
            ("a.sh", shell.as_str()),
            ("data/notes.csv", shell.as_str()),
            ("b.md", "METHODOLOGY"),
        ]);
        let findings = find(&House::new(&tree));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!((findings[0].path.as_str(), findings[0].line), ("a.sh", 2));
    }
}
