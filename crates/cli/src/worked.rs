//! Worked examples on the disk: each a folder with an expected.yaml, whose plan lies beside it, or above it, or is a
//! program's.

use std::path::{Path, PathBuf};

use trueup_engine::cases::CaseFiles;
use trueup_plan::diagnostic::Sources;
use trueup_plan::document::read_plan;
use trueup_plan::rows;

use crate::failure::Failure;

/// Every worked example below a folder.
pub fn find(path: &Path, folders: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        return Err(Failure::Use(format!(
            "there is no folder {}",
            path.display()
        )));
    }
    if path.join("expected.yaml").is_file() {
        folders.push(path.to_owned());
        return Ok(());
    }
    for entry in entries(path)? {
        let is_state = entry
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if entry.is_dir() && !is_state {
            find(&entry, folders)?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let fault =
        |error: std::io::Error| Failure::fault(format!("reading {}", folder.display()), &error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        paths.push(entry.map_err(fault)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// A worked example's texts.
pub fn read(folder: &Path) -> Result<CaseFiles, Failure> {
    let mut files = Vec::new();
    for path in entries(folder)? {
        let name = file_name(&path);
        if path.is_file() && CaseFiles::takes(&name) {
            files.push((name, text(&path)?));
        }
    }
    let name = folder
        .components()
        .next_back()
        .map(|last| last.as_os_str().to_string_lossy().into_owned());
    let mut case = CaseFiles::new(name.unwrap_or_default(), files);
    if let Some(named) = case.names_plan() {
        case = with_plan(case, folder, &named)?;
    }
    Ok(case)
}

/// A case in a program names one of the program's plans, a case below a plan's folder that plan; the plan, the
/// templates beside it and the rows its tables name join the case.
fn with_plan(mut case: CaseFiles, folder: &Path, named: &str) -> Result<CaseFiles, Failure> {
    let expected = folder.join("expected.yaml");
    let absolute = std::path::absolute(folder)
        .map_err(|error| Failure::fault(format!("reading {}", folder.display()), &error))?;
    let Some(plans) = absolute.ancestors().find_map(plans_of) else {
        return Err(Failure::Found(format!(
            "{}: it names the plan {named}, and no folder above it holds a program.yaml or a plan.yaml; put plan.yaml \
             beside it",
            expected.display()
        )));
    };
    let mut known = Vec::new();
    let mut found = None;
    for path in entries(&plans)? {
        if !(path.is_file() && file_name(&path).ends_with(".yaml")) {
            continue;
        }
        let text = text(&path)?;
        match (says(&text, "plan"), says(&text, "template")) {
            (Some(plan), _) => {
                let called = says(&text, "version").map(|version| format!("{plan}@{version}"));
                // The first of that name, where the example names none of its versions.
                let is_named = plan == named && found.is_none();
                if is_named || called.as_deref() == Some(named) {
                    found = Some(text);
                } else if called.is_some_and(|called| case.mentions(&called)) {
                    case = with_rows(case.with(&file_name(&path), &text), &plans, &text);
                } else {
                    known.push(plan.to_owned());
                }
            }
            (None, Some(_)) => case = with_rows(case.with(&file_name(&path), &text), &plans, &text),
            (None, None) => {}
        }
    }
    match found {
        Some(plan) => Ok(with_rows(case.with("plan.yaml", &plan), &plans, &plan)),
        None => Err(Failure::Found(format!(
            "{}: there is no plan {named} above it; known are {}",
            expected.display(),
            known.join(", ")
        ))),
    }
}

/// Where the plans lie that cases below a folder may name: a program's folder of plans, or the folder of one plan.
fn plans_of(above: &Path) -> Option<PathBuf> {
    if above.join("program.yaml").is_file() {
        return Some(above.join("plans"));
    }
    above
        .join("plan.yaml")
        .is_file()
        .then(|| above.to_path_buf())
}

/// The case with the files of rows that a plan's tables name. One that can't be read is left for the plan's own check.
fn with_rows(case: CaseFiles, plans: &Path, plan: &str) -> CaseFiles {
    let mut sources = Sources::new();
    let file = sources.add("plan.yaml", plan);
    let Some(plan) = read_plan(&sources, file, &mut Vec::new()) else {
        return case;
    };
    rows::wanted(&plan).fold(case, |case, wanted| {
        match std::fs::read_to_string(plans.join(&*wanted.text)) {
            Ok(text) => case.with(&wanted.text, &text),
            Err(_) => case,
        }
    })
}

/// What a top-level key of a YAML file says, on one line.
pub fn says<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    let value = line.split(" #").next()?.trim();
    Some(value.trim_matches(['\'', '"']))
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
    String::from_utf8(bytes).map_err(|error| {
        Failure::Found(format!(
            "{}: byte {} is not UTF-8; save the file as UTF-8",
            path.display(),
            error.utf8_error().valid_up_to() + 1
        ))
    })
}
