//! `cargo xtask tidy`: the rules of the house that a machine can check.
//!
//! Each rule is one file with its tests and one line in [`CHECKS`]. A finding is a wall: tidy fails. A mark (a long
//! file, a long function) is printed for the reviewer and fails nothing.

mod answers;
pub mod decisions;
mod documents;
mod generated;
mod leaks;
mod links;
mod manifests;
mod names;
mod pure;
mod sentences;
mod sizes;

use std::fmt;

use crate::rust::{self, Source};
use crate::tree::Tree;

/// What a check reads: all files, and the Rust files cut into code and comments.
pub struct House<'a> {
    /// Every text file.
    pub tree: &'a Tree,
    /// Every Rust file.
    pub sources: Vec<Source<'a>>,
}

impl<'a> House<'a> {
    /// Cuts the Rust files of a tree.
    pub fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            sources: rust::sources(tree),
        }
    }
}

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file.
    pub path: String,
    /// The line from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong and what would be right.
    pub says: String,
}

impl Finding {
    /// A finding about one line.
    pub fn at(path: &str, line: usize, says: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            says: says.into(),
        }
    }

    /// A finding about a whole file.
    pub fn file(path: &str, says: impl Into<String>) -> Self {
        Self::at(path, 0, says)
    }
}

/// One rule.
struct Check {
    name: &'static str,
    find: fn(&House<'_>) -> Vec<Finding>,
}

/// Every rule, in the order in which findings are printed.
const CHECKS: &[Check] = &[
    Check {
        name: "walls",
        find: manifests::find,
    },
    Check {
        name: "pure",
        find: pure::find,
    },
    Check {
        name: "names",
        find: names::find,
    },
    Check {
        name: "answers",
        find: answers::find,
    },
    Check {
        name: "tests",
        find: sentences::find,
    },
    Check {
        name: "leaks",
        find: leaks::find,
    },
    Check {
        name: "documents",
        find: documents::find,
    },
    Check {
        name: "decisions",
        find: decisions::find,
    },
    Check {
        name: "links",
        find: links::find,
    },
    Check {
        name: "sizes",
        find: sizes::find,
    },
    Check {
        name: "generated",
        find: generated::find,
    },
];

/// A place where a rule does not hold, and why that is right. The list is reviewed like code and should shrink.
struct Exception {
    check: &'static str,
    path: &'static str,
    says: &'static str,
    why: &'static str,
}

/// Every exception; one that no longer excuses anything is itself a finding.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        check: "pure",
        path: "crates/exports/src/statement/pdf/canvas.rs",
        says: "`f32`",
        why: "the PDF's writer takes lengths as floats; they are whole hundredths of a point until here",
    },
    Exception {
        check: "pure",
        path: "crates/exports/src/spreadsheet.rs",
        says: "`f64`",
        why: "a workbook's numbers are floats; what has more than fifteen digits is written as text",
    },
];

/// What tidy found.
pub struct Report {
    findings: Vec<(&'static str, Finding)>,
    marks: Vec<String>,
}

impl Report {
    /// Whether no rule is broken.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (check, Finding { path, line, says }) in &self.findings {
            match line {
                0 => writeln!(f, "{path}: {check}: {says}")?,
                line => writeln!(f, "{path}:{line}: {check}: {says}")?,
            }
        }
        for mark in &self.marks {
            writeln!(f, "mark: {mark}")?;
        }
        match self.findings.len() {
            0 => writeln!(f, "tidy: {} checks hold", CHECKS.len()),
            1 => writeln!(f, "tidy: 1 finding"),
            several => writeln!(f, "tidy: {several} findings"),
        }
    }
}

/// Checks everything.
pub fn check(tree: &Tree) -> Report {
    let house = House::new(tree);
    let found = CHECKS.iter().flat_map(|check| {
        let mut findings = (check.find)(&house);
        findings.sort();
        findings
            .into_iter()
            .map(|finding| (check.name, finding))
            .collect::<Vec<_>>()
    });
    Report {
        findings: without_exceptions(found.collect(), EXCEPTIONS),
        marks: sizes::marks(&house),
    }
}

fn without_exceptions(
    mut findings: Vec<(&'static str, Finding)>,
    exceptions: &[Exception],
) -> Vec<(&'static str, Finding)> {
    for exception in exceptions {
        let before = findings.len();
        findings.retain(|(check, finding)| {
            *check != exception.check
                || finding.path != exception.path
                || !finding.says.contains(exception.says)
        });
        if findings.len() == before {
            let says = format!(
                "`{}` needs no exception any more ({})",
                exception.says, exception.why
            );
            findings.push((exception.check, Finding::file(exception.path, says)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken() -> Vec<(&'static str, Finding)> {
        vec![("pure", Finding::at("a.rs", 3, "`f64` is a float"))]
    }

    #[test]
    fn an_exception_excuses_what_it_names_and_nothing_else() {
        let exception = |path, says| Exception {
            check: "pure",
            path,
            says,
            why: "lanes",
        };
        assert!(without_exceptions(broken(), &[exception("a.rs", "f64")]).is_empty());
        assert_eq!(
            without_exceptions(broken(), &[exception("b.rs", "f64")]).len(),
            2
        );
        assert_eq!(
            without_exceptions(broken(), &[exception("a.rs", "HashMap")]).len(),
            2
        );
    }

    #[test]
    fn an_exception_that_excuses_nothing_is_a_finding() {
        let idle = Exception {
            check: "pure",
            path: "a.rs",
            says: "f64",
            why: "lanes",
        };
        let findings = without_exceptions(Vec::new(), &[idle]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].1.says.contains("no exception any more"));
    }

    #[test]
    fn a_report_names_the_place_and_the_rule() {
        let report = Report {
            findings: broken(),
            marks: vec!["a.rs has 700 lines".to_owned()],
        };
        assert!(!report.is_clean());
        let text = report.to_string();
        assert_eq!(
            text,
            "a.rs:3: pure: `f64` is a float\nmark: a.rs has 700 lines\ntidy: 1 finding\n"
        );
    }

    #[test]
    fn an_empty_repository_is_not_tidy() {
        assert!(!check(&Tree::default()).is_clean());
    }
}
