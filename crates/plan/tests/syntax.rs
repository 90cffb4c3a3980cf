//! What plan text is accepted, and what is said otherwise: `good` holds plans that read without a word, `bad` plans with
//! one mistake each (or several on purpose) and, beside each, the whole message.
//!
//! After a change of messages run with `TRUEUP_WRITE=1` to write them anew, and read every one that moved.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::document::read_plan;

/// Plans of a folder, by name.
fn plans(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no plan in {folder:?}", folder = found);
    found
}

/// What is said about a plan.
fn said(path: &Path) -> String {
    let bytes = fs::read(path).expect("the plan can be read");
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    if let Some(file) = sources.add_bytes("plan.yaml", &bytes, &mut diagnostics) {
        read_plan(&sources, file, &mut diagnostics);
    }
    render(&sources, &diagnostics)
}

#[test]
fn good_plans_read_without_a_word() {
    for plan in plans("good") {
        assert_eq!(said(&plan), "", "{}", plan.display());
    }
}

#[test]
fn bad_plans_are_told_what_would_be_right() {
    let write = std::env::var_os("TRUEUP_WRITE").is_some();
    let mut moved = String::new();
    for plan in plans("bad") {
        let said = said(&plan);
        assert_ne!(said, "", "nothing is said about {}", plan.display());
        let expected = plan.with_extension("txt");
        if write {
            fs::write(&expected, &said).expect("the message can be written");
        }
        let wanted = fs::read_to_string(&expected).unwrap_or_default();
        if said != wanted {
            moved.push_str(&format!(
                "{}\n--- expected\n{wanted}--- said\n{said}\n",
                plan.display()
            ));
        }
    }
    assert_eq!(moved, "");
}
