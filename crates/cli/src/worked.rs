//! Worked examples on the disk: each a folder with an expected.yaml, whose plan lies beside it or is a program's.

use std::path::{Path, PathBuf};

use trueup_engine::cases::CaseFiles;

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

/// A case of a program names one of the program's plans; the plan and the templates beside it join the case.
fn with_plan(mut case: CaseFiles, folder: &Path, named: &str) -> Result<CaseFiles, Failure> {
    let expected = folder.join("expected.yaml");
    let absolute = std::path::absolute(folder)
        .map_err(|error| Failure::fault(format!("reading {}", folder.display()), &error))?;
    let Some(program) = absolute
        .ancestors()
        .find(|above| above.join("program.yaml").is_file())
    else {
        return Err(Failure::Found(format!(
            "{}: it names the plan {named} of a program, and no folder above it holds a program.yaml; put plan.yaml \
             beside it",
            expected.display()
        )));
    };
    let mut known = Vec::new();
    let mut found = None;
    for path in entries(&program.join("plans"))? {
        if !(path.is_file() && file_name(&path).ends_with(".yaml")) {
            continue;
        }
        let text = text(&path)?;
        match (says(&text, "plan"), says(&text, "template")) {
            (Some(plan), _) if plan == named => found = Some(text),
            (Some(plan), _) => known.push(plan.to_owned()),
            (None, Some(_)) => case = case.with(&file_name(&path), &text),
            (None, None) => {}
        }
    }
    match found {
        Some(plan) => Ok(case.with("plan.yaml", &plan)),
        None => Err(Failure::Found(format!(
            "{}: the program has no plan {named}; its plans are {}",
            expected.display(),
            known.join(", ")
        ))),
    }
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
