//! Every worked example under `cases/` is run as it lies there, and every figure in it must come out.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_engine::cases::{self, CaseFiles, Report};

fn shelf(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../cases")
        .join(name)
}

/// The folders of a shelf that hold expected figures, by name.
fn folders(shelf: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(shelf) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.join("expected.yaml").exists() || path.join("plan.yaml").exists())
        .collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> CaseFiles {
    let name = folder
        .file_name()
        .expect("a folder's name")
        .to_string_lossy();
    let files = fs::read_dir(folder)
        .expect("a case's folder")
        .map(|entry| entry.expect("a readable file").path())
        .filter(|path| CaseFiles::takes(&path.to_string_lossy()))
        .map(|path| {
            let file = path
                .file_name()
                .expect("a file's name")
                .to_string_lossy()
                .into_owned();
            (file, fs::read_to_string(&path).expect("a text"))
        });
    CaseFiles::new(name, files)
}

fn run_all(shelf: &Path) -> Vec<Report> {
    folders(shelf)
        .iter()
        .map(|folder| cases::run(&read(folder)))
        .collect()
}

/// Fails with every case that did not pass.
fn all_pass(reports: &[Report]) {
    let failed: Vec<String> = reports
        .iter()
        .filter(|report| !report.is_passed())
        .map(Report::to_text)
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} cases did not pass:\n{}",
        failed.len(),
        reports.len(),
        failed.join("\n")
    );
}

#[test]
fn every_published_case_comes_out_to_the_last_digit() {
    let reports = run_all(&shelf("published"));
    all_pass(&reports);
    // A case or a check that goes missing must not go unnoticed.
    let checks: usize = reports.iter().map(|report| report.checks().len()).sum();
    assert_eq!((reports.len(), checks), (73, 362));
}

#[test]
fn every_case_of_the_language_and_of_its_edges_comes_out_to_the_last_digit() {
    all_pass(&run_all(&shelf("language")));
    let edges = run_all(&shelf("edges"));
    assert!(!edges.is_empty());
    all_pass(&edges);
}

#[test]
fn every_case_of_a_mechanic_comes_out_to_the_last_digit() {
    let mechanics = run_all(&shelf("mechanics"));
    all_pass(&mechanics);
    // Boundaries are what these cases are for: one check each would not do.
    let checks: usize = mechanics.iter().map(|report| report.checks().len()).sum();
    assert!(
        mechanics.len() >= 70 && checks >= 500,
        "{} cases, {checks} checks",
        mechanics.len()
    );
}
