//! Names say what a thing is in the words of the contract, and tests are sentences.

use super::{Finding, House};
use crate::rust::Source;

/// Words that say nothing as (the last part of) the name of a type, module or file.
const EMPTY_WORDS: &[&str] = &[
    "common",
    "data",
    "factory",
    "handler",
    "helper",
    "helpers",
    "impl",
    "info",
    "item",
    "items",
    "manager",
    "misc",
    "processor",
    "singleton",
    "util",
    "utils",
    "utility",
    "visitor",
    "wrapper",
];

/// Words that say nothing as the first part of a function's name.
const EMPTY_VERBS: &[&str] = &["do", "handle", "perform", "process"];

pub fn find(house: &House<'_>) -> Vec<Finding> {
    house.sources.iter().flat_map(in_source).collect()
}

fn in_source(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let file = source
        .path
        .rsplit('/')
        .next()
        .unwrap_or(source.path)
        .trim_end_matches(".rs");
    if EMPTY_WORDS.contains(&last_part(file).as_str()) {
        findings.push(Finding::file(
            source.path,
            format!("`{file}` says nothing as the name of a file"),
        ));
    }
    let mut words = source.words().peekable();
    while let Some((offset, word)) = words.next() {
        let Some(&(_, name)) = words.peek() else {
            break;
        };
        let says = match word {
            "struct" | "enum" | "trait" | "type" | "union" | "mod"
                if EMPTY_WORDS.contains(&last_part(name).as_str()) =>
            {
                format!("`{name}` says nothing: name it after what it is in the contract")
            }
            "fn" if EMPTY_VERBS.contains(&first_part(name)) => {
                format!("`{name}` says nothing: name it after what it does")
            }
            _ => continue,
        };
        findings.push(Finding::at(source.path, source.line_of(offset), says));
    }
    findings
}

/// The last word of a name: `RateInfo` → `info`, `rate_util` → `util`.
fn last_part(name: &str) -> String {
    let start = name
        .rfind(|c: char| c.is_ascii_uppercase() || c == '_')
        .unwrap_or(0);
    name[start..].trim_start_matches('_').to_ascii_lowercase()
}

/// The first word of a function's name.
fn first_part(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, code: &str, expected: &[&str]) {
        let found = in_source(&Source::new(path, code));
        assert_eq!(found.len(), expected.len(), "{code}: {found:?}");
        for (finding, name) in found.iter().zip(expected) {
            assert!(finding.says.contains(&format!("`{name}`")), "{finding:?}");
        }
    }

    #[test]
    fn a_type_that_says_nothing_is_found() {
        check("a.rs", "pub struct RateManager;", &["RateManager"]);
        check(
            "a.rs",
            "enum Info { A }\ntrait LineItem {}",
            &["Info", "LineItem"],
        );
        check("a.rs", "type PartnerData = u8;", &["PartnerData"]);
    }

    #[test]
    fn a_module_or_file_that_says_nothing_is_found() {
        check("a.rs", "mod utils;", &["utils"]);
        check("crates/base/src/rate_helpers.rs", "", &["rate_helpers"]);
    }

    #[test]
    fn a_function_that_says_nothing_is_found() {
        check(
            "a.rs",
            "fn process_rows() {}\nfn handle() {}",
            &["process_rows", "handle"],
        );
    }

    #[test]
    fn names_that_only_contain_such_a_word_are_left_alone() {
        check(
            "metadata.rs",
            "struct Database; struct Metadata; fn processed() {} fn domain() {} struct DataFusionPlan;",
            &[],
        );
        check(
            "a.rs",
            "// struct RateManager\nlet a = \"struct Info\";",
            &[],
        );
    }
}
