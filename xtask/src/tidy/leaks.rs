//! What belongs to one machine stays on it: no absolute paths of somebody's disk, no private registry.

use super::{Finding, House};
use crate::rust::Source;
use crate::tree::Tree;

/// First folders of paths that exist on one machine only.
const PLACES: [&str; 6] = ["home", "root", "tmp", "work", "Users", "mnt"];

/// What points cargo, pip or npm at a registry of somebody's own.
const REGISTRIES: [(&str, &str); 6] = [
    (".cargo/config.toml", "[source"),
    (".cargo/config.toml", "[registr"),
    (".txt", "index-url"),
    (".txt", "find-links"),
    (".npmrc", "registry"),
    ("lock.json", "\"resolved\""),
];

/// Where every locked package comes from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn find(house: &House<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in house.tree.files().filter(|(path, _)| is_checked(path)) {
        let source = house.sources.iter().find(|source| source.path == path);
        findings.extend(machine_paths(path, text, source));
    }
    findings.extend(registries(house.tree));
    findings
}

/// Tests may name any path; licences and data are other people's.
fn is_checked(path: &str) -> bool {
    let is_text = [
        ".md", ".rs", ".py", ".sh", ".toml", ".yaml", ".yml", ".json", "Makefile", ".ci/run",
    ]
    .iter()
    .any(|ending| path.ends_with(ending));
    is_text
        && !path
            .split('/')
            .any(|folder| folder == "tests" || folder == "data")
}

fn machine_paths(path: &str, text: &str, source: Option<&Source<'_>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut from = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        for place in PLACES {
            let said = format!("/{place}/");
            let begins = line
                .match_indices(&said)
                .find(|(at, _)| begins_path(line, *at));
            let is_test = begins
                .is_some_and(|(at, _)| source.is_some_and(|source| source.is_test(from + at)));
            if begins.is_some() && !is_test {
                findings.push(Finding::at(
                    path,
                    number + 1,
                    format!("`{said}…` is a path of one machine"),
                ));
            }
        }
        from += line.len();
    }
    findings
}

/// `https://example.org/work/` and `$dir/tmp/` name something below, not a root.
fn begins_path(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back();
    !before.is_some_and(|c| {
        c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | ')' | '/' | '~' | '*')
    })
}

fn registries(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (ending, said) in REGISTRIES {
        for (path, text) in tree.ending(ending) {
            let place = text.lines().position(|line| line.contains(said));
            findings.extend(place.map(|number| {
                Finding::at(
                    path,
                    number + 1,
                    format!("`{said}` names a registry of one's own"),
                )
            }));
        }
    }
    for (path, text) in tree.ending("Cargo.lock") {
        for (number, line) in text.lines().enumerate() {
            let source = line
                .strip_prefix("source = ")
                .map(|source| source.trim_matches('"'));
            if let Some(source) = source.filter(|source| *source != CRATES_IO) {
                findings.push(Finding::at(
                    path,
                    number + 1,
                    format!("a package comes from {source}, not from crates.io"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(path: &str, text: &str) -> Vec<usize> {
        let tree = Tree::from([(path, text)]);
        find(&House::new(&tree))
            .into_iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_path_of_one_machine_is_found_in_code_and_documents() {
        assert_eq!(lines("docs/a.md", "run it\nin `/home/ada/trueup`\n"), [2]);
        assert_eq!(lines("Makefile", "out:\n\tcp x /tmp/y\n"), [2]);
        assert_eq!(lines("src/a.rs", "const A: &str = \"/root/.cache\";"), [1]);
        assert_eq!(lines("src/a.rs", "// see /work/notes\n"), [1]);
    }

    #[test]
    fn what_only_ends_like_one_is_left_alone() {
        assert!(
            lines(
                "docs/a.md",
                "https://example.org/work/x ~/tmp/x ${dir}/tmp/x a/home/b"
            )
            .is_empty()
        );
    }

    #[test]
    fn tests_may_name_any_path() {
        assert!(
            lines(
                "crates/facts/tests/full_disk.rs",
                "const A: &str = \"/tmp/x\";"
            )
            .is_empty()
        );
        assert!(
            lines(
                "src/a.rs",
                "#[cfg(test)]\nmod tests { const A: &str = \"/tmp/x\"; }"
            )
            .is_empty()
        );
    }

    #[test]
    fn a_registry_of_ones_own_is_found() {
        assert_eq!(
            lines(".cargo/config.toml", "[alias]\n[source.crates-io]\n"),
            [2]
        );
        assert_eq!(
            lines("tests/python/requirements.txt", "--index-url https://x\n"),
            [1]
        );
        assert_eq!(
            lines("web/package-lock.json", "{\n\"resolved\": \"https://x\"}"),
            [2]
        );
        assert_eq!(
            lines(
                "Cargo.lock",
                "source = \"registry+https://crates.example.org\"\n"
            ),
            [1]
        );
        assert!(lines("Cargo.lock", &format!("source = \"{CRATES_IO}\"\n")).is_empty());
    }
}
