//! Every plan of the repository, with the text it was read from.
#![allow(dead_code, reason = "each suite takes what it needs")]

use std::fs;
use std::path::{Path, PathBuf};

use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Diagnostic, Sources, render};
use trueup_plan::tree::Plan;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every folder of the repository that holds plans: their texts, with the name of each.
pub fn folders_of_plans() -> Vec<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut open = vec![root().join("cases"), root().join("examples")];
    while let Some(folder) = open.pop() {
        let mut texts = Vec::new();
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if path.is_dir() && !name.starts_with('.') {
                open.push(path);
            } else if is_of_plan(&path) {
                texts.push((name, fs::read_to_string(&path).expect("a text")));
            }
        }
        if !texts.is_empty() {
            found.push(texts);
        }
    }
    found
}

fn is_of_plan(path: &Path) -> bool {
    let name = path.file_name().expect("a name").to_string_lossy();
    name.ends_with(".csv") && !path.to_string_lossy().contains("/data/")
        || name.ends_with(".yaml")
            && !["facts.yaml", "expected.yaml", "program.yaml"].contains(&&*name)
}

/// The plans of a folder, each with the text it was read from.
pub fn plans(texts: &[(String, String)]) -> Vec<(Plan, Sources)> {
    (0..texts.len())
        .filter_map(|at| read_with(texts, at))
        .collect()
}

/// One plan of a folder, by its file's position, with everything beside it at hand.
pub fn read_with(texts: &[(String, String)], at: usize) -> Option<(Plan, Sources)> {
    if texts.get(at)?.0.ends_with(".csv") {
        return None;
    }
    let mut files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    files.swap(0, at);
    let mut sources = Sources::new();
    let (plan, _) = read(&mut sources, &files, Strictness::Draft);
    plan.map(|plan| (plan, sources))
}

/// What was found in the first plan of some texts.
pub fn found(texts: &[(String, String)]) -> (Sources, Vec<Diagnostic>) {
    let files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let mut sources = Sources::new();
    let (_, found) = read(&mut sources, &files, Strictness::Draft);
    (sources, found)
}

/// The same as text.
pub fn told(texts: &[(String, String)]) -> String {
    let (sources, found) = found(texts);
    render(&sources, &found)
}
