//! The documents a newcomer needs are there, and they speak of what is there.

use std::collections::BTreeMap;

use super::{Finding, House};
use crate::tree::Tree;
use crate::walls::{WALLS, Wall};

/// Pages that must stand, each with a heading it must have.
const PAGES: &[(&str, &str)] = &[
    ("README.md", "# "),
    ("ARCHITECTURE.md", "# "),
    ("CONTRIBUTING.md", "# "),
    ("CHANGELOG.md", "## Unreleased"),
    ("LICENSE", "Apache License"),
    ("docs/README.md", "# "),
    ("docs/glossary.md", "# "),
    ("docs/reliability.md", "# "),
];

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings = pages(house.tree);
    findings.extend(crates(house.tree, WALLS));
    findings.extend(modules(house));
    findings.extend(book(house.tree));
    findings.extend(
        house
            .tree
            .text("docs/glossary.md")
            .into_iter()
            .flat_map(glossary),
    );
    findings
}

fn pages(tree: &Tree) -> Vec<Finding> {
    let lacks = |path: &str, heading: &str| match tree.text(path) {
        None => Some("is missing".to_owned()),
        Some(text) if !text.lines().any(|line| line.contains(heading)) => {
            Some(format!("has no line with `{heading}`"))
        }
        Some(_) => None,
    };
    PAGES
        .iter()
        .filter_map(|(path, heading)| Some(Finding::file(path, lacks(path, heading)?)))
        .collect()
}

/// ARCHITECTURE.md has a heading for every crate.
fn crates(tree: &Tree, walls: &[Wall]) -> Vec<Finding> {
    let Some(map) = tree.text("ARCHITECTURE.md") else {
        return Vec::new();
    };
    let is_described = |wall: &Wall| {
        let name = wall.folder.trim_start_matches("crates/");
        map.lines()
            .any(|line| line.starts_with("### ") && line.contains(&format!("`{name}`")))
    };
    walls
        .iter()
        .filter(|wall| !is_described(wall))
        .map(|wall| {
            Finding::file(
                "ARCHITECTURE.md",
                format!("has no `### …` heading for {}", wall.folder),
            )
        })
        .collect()
}

/// Every module opens with what it is for.
fn modules(house: &House<'_>) -> Vec<Finding> {
    let is_module =
        |path: &str| path.contains("/src/") && !path.split('/').any(|folder| folder == "tests");
    house
        .sources
        .iter()
        .filter(|source| is_module(source.path) && !source.is_test_file())
        .filter(|source| !source.text.trim_start().starts_with("//! "))
        .map(|source| {
            Finding::at(
                source.path,
                1,
                "opens with `//!`: what it is for and what it must never know",
            )
        })
        .collect()
}

/// docs/README.md leads to every page of the book.
fn book(tree: &Tree) -> Vec<Finding> {
    let Some(index) = tree.text("docs/README.md") else {
        return Vec::new();
    };
    tree.ending(".md")
        .filter_map(|(path, _)| Some((path, path.strip_prefix("docs/")?)))
        .filter(|(_, page)| *page != "README.md" && !index.contains(&format!("]({page})")))
        .map(|(path, _)| Finding::file(path, "docs/README.md does not lead here"))
        .collect()
}

/// Every word is explained once: entries read `**word**: what it means.`
fn glossary(text: &str) -> Vec<Finding> {
    const PATH: &str = "docs/glossary.md";
    let mut findings = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let Some((word, meaning)) = line
            .strip_prefix("- **")
            .and_then(|line| line.split_once("**"))
        else {
            continue;
        };
        if let Some(first) = seen.insert(word, at + 1) {
            findings.push(Finding::at(
                PATH,
                at + 1,
                format!("`{word}` is explained in line {first} already"),
            ));
        }
        if meaning.split_whitespace().count() < 3 {
            findings.push(Finding::at(
                PATH,
                at + 1,
                format!("`{word}` has no sentence that says what it means"),
            ));
        }
    }
    if seen.is_empty() {
        findings.push(Finding::file(
            PATH,
            "explains no word: `- **word**: what it means.`",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(findings: &[Finding]) -> Vec<String> {
        findings
            .iter()
            .map(|finding| format!("{}: {}", finding.path, finding.says))
            .collect()
    }

    #[test]
    fn a_missing_page_is_found() {
        let findings = says(&pages(&Tree::from([
            ("README.md", "# Trueup"),
            ("CHANGELOG.md", "# Changes\n"),
        ])));
        assert!(
            !findings.iter().any(|says| says.starts_with("README.md")),
            "{findings:?}"
        );
        assert!(
            findings.contains(&"CHANGELOG.md: has no line with `## Unreleased`".to_owned()),
            "{findings:?}"
        );
        assert!(
            findings.contains(&"LICENSE: is missing".to_owned()),
            "{findings:?}"
        );
    }

    #[test]
    fn a_crate_that_the_map_leaves_out_is_found() {
        let map: String = WALLS[1..]
            .iter()
            .map(|wall| format!("### `{}`\n", wall.folder.trim_start_matches("crates/")))
            .collect();
        let findings = says(&crates(
            &Tree::from([("ARCHITECTURE.md", map.as_str())]),
            WALLS,
        ));
        assert_eq!(
            findings,
            ["ARCHITECTURE.md: has no `### …` heading for crates/base"]
        );
    }

    #[test]
    fn a_module_without_a_word_about_itself_is_found() {
        let tree = Tree::from([
            (
                "crates/a/src/lib.rs",
                "#![deny(warnings)]\n//! late\n#[cfg(test)]\nmod golden;",
            ),
            ("crates/a/src/golden.rs", "fn a() {}"),
            ("crates/a/src/rates.rs", "//! Rates.\n"),
            ("crates/a/tests/all.rs", "fn a() {}"),
        ]);
        let findings = modules(&House::new(&tree));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].path, "crates/a/src/lib.rs");
    }

    #[test]
    fn a_page_outside_the_index_is_found() {
        let tree = Tree::from([
            ("docs/README.md", "[a](a.md)"),
            ("docs/a.md", ""),
            ("docs/b/c.md", ""),
            ("other.md", ""),
        ]);
        assert_eq!(
            says(&book(&tree)),
            ["docs/b/c.md: docs/README.md does not lead here"]
        );
    }

    #[test]
    fn a_word_is_explained_once_and_in_a_sentence() {
        assert!(
            glossary("- **gate**: a condition on pay.\n- **cap**: the most it pays.\n").is_empty()
        );
        assert_eq!(
            glossary("- **gate**: a condition on pay.\n- **gate**: another thing altogether.\n")
                .len(),
            1
        );
        assert_eq!(glossary("- **gate**: yes.\n").len(), 1);
        assert_eq!(glossary("nothing\n").len(), 1);
    }
}
