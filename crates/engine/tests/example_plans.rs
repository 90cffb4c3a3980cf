//! The plans under `examples/plans/` are fit for signature, name their worked examples, and each of these comes out.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_engine::cases::{self, CaseFiles, Report};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Sources, render};

/// Folders inside a folder, by name.
fn folders(within: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(within)
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn plans() -> Vec<PathBuf> {
    folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/plans"))
}

fn plan_text(folder: &Path) -> String {
    fs::read_to_string(folder.join("plan.yaml")).expect("a plan.yaml in every folder")
}

fn name(folder: &Path) -> String {
    folder
        .file_name()
        .expect("a folder's name")
        .to_string_lossy()
        .into_owned()
}

/// A worked example, with the plan it names.
fn case(folder: &Path, plan: &str) -> CaseFiles {
    let files = fs::read_dir(folder)
        .expect("a case's folder")
        .map(|entry| entry.expect("a readable file").path())
        .map(|path| (name(&path), fs::read_to_string(&path).expect("a text")));
    let case = CaseFiles::new(name(folder), files);
    assert_eq!(
        case.names_plan().as_deref(),
        folder.parent().and_then(Path::parent).map(name).as_deref(),
        "{}",
        folder.display()
    );
    case.with("plan.yaml", plan)
}

#[test]
fn every_example_plan_is_fit_for_signature_without_a_word_from_the_check() {
    for folder in plans() {
        let mut sources = Sources::new();
        let text = plan_text(&folder);
        let (plan, told) =
            check::read(&mut sources, &[("plan.yaml", &text)], Strictness::Signature);
        assert!(
            told.is_empty(),
            "{}:\n{}",
            folder.display(),
            render(&sources, &told)
        );
        let plan = plan.expect("a plan where nothing is told");
        assert_eq!(*plan.name, *name(&folder), "a plan is called as its folder");
        let mut signed: Vec<&str> = plan.examples.iter().map(|example| &*example.case).collect();
        signed.sort_unstable();
        let lying: Vec<String> = folders(&folder.join("cases"))
            .iter()
            .map(|case| name(case))
            .collect();
        assert_eq!(signed, lying, "{}", folder.display());
    }
}

#[test]
fn every_worked_example_of_the_example_plans_comes_out_to_the_last_digit() {
    let reports: Vec<Report> = plans()
        .iter()
        .flat_map(|folder| {
            let plan = plan_text(folder);
            folders(&folder.join("cases"))
                .iter()
                .map(|lying| cases::run(&case(lying, &plan)))
                .collect::<Vec<_>>()
        })
        .collect();
    let failed: Vec<String> = reports
        .iter()
        .filter(|report| !report.is_passed())
        .map(Report::to_text)
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // An example or a check that goes missing must not go unnoticed.
    let checks: usize = reports.iter().map(|report| report.checks().len()).sum();
    assert_eq!((plans().len(), reports.len(), checks), (21, 63, 386));
}
