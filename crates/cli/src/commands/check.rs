//! `trueup check`: everything that is wrong with plans or whole programs.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity, Sources, any_error, render, to_json};

use crate::args::{CheckArgs, Format};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::{folder, output, plans, proofs};

/// What checking one path found.
struct Checked {
    shown: String,
    /// The program's folder, for what is named inside it.
    folder: Option<PathBuf>,
    /// What a program holds, in words.
    holds: String,
    parts: Vec<(Sources, Vec<Diagnostic>)>,
}

impl Checked {
    /// A path as somebody who stands here sees it.
    fn path(&self, inside: &str) -> String {
        match &self.folder {
            Some(folder) if folder != Path::new(".") => folder.join(inside).display().to_string(),
            Some(_) | None => inside.to_owned(),
        }
    }
}

/// Checks plan files and program folders.
pub fn run(args: &CheckArgs) -> Result<(), Failure> {
    let strictness = if args.for_signature {
        Strictness::Signature
    } else {
        Strictness::Draft
    };
    let mut all = Vec::new();
    for path in &args.paths {
        all.push(if path.is_dir() {
            folder_found(path, strictness, !args.without_facts)?
        } else {
            plan_found(path, strictness)?
        });
    }
    match args.format {
        Format::Json => output::json(&Value::Array(all.iter().map(as_json).collect()))?,
        Format::Csv => as_csv(&all)?,
        Format::Table => as_text(&all, args.notes)?,
    }
    let has_error = all
        .iter()
        .flat_map(|checked| &checked.parts)
        .any(|(_, found)| any_error(found));
    if has_error {
        Err(Failure::Findings)
    } else {
        Ok(())
    }
}

fn folder_found(path: &Path, strictness: Strictness, with_facts: bool) -> Result<Checked, Failure> {
    let mut found = folder::read(path, strictness)?;
    // Proofs are about plans that hold together; while something is wrong with them it comes first.
    if let (Some(folder), false) = (&found.folder, found.has_error()) {
        found
            .written
            .extend(proofs::of_program(folder, path, strictness, with_facts)?);
    }
    Ok(Checked {
        shown: path.display().to_string(),
        folder: Some(path.to_owned()),
        holds: found.folder.as_ref().map(holds).unwrap_or_default(),
        parts: vec![found.declared, (found.sources, found.written)],
    })
}

fn holds(folder: &Folder) -> String {
    let listed = folder.program.partners().map_or(0, |list| list.rows.len());
    format!(
        "{}, {}, {} of {} under an agreement",
        output::counted(folder.plans.len(), "plan"),
        output::counted(folder.agreements.len(), "agreement"),
        folder.matched.len(),
        output::counted(listed, "partner"),
    )
}

fn plan_found(path: &Path, strictness: Strictness) -> Result<Checked, Failure> {
    let (plan, sources, mut found) = plans::at(path, strictness)?;
    if let Some(plan) = &plan {
        found.extend(proofs::of_plan(plan, path, strictness)?);
    }
    Ok(Checked {
        shown: path.display().to_string(),
        folder: None,
        holds: String::new(),
        parts: vec![(sources, found)],
    })
}

fn as_text(all: &[Checked], with_notes: bool) -> Result<(), Failure> {
    for checked in all {
        let (mut errors, mut warnings) = (0usize, 0usize);
        for (sources, found) in &checked.parts {
            let shown: Vec<Diagnostic> = found
                .iter()
                .filter(|told| with_notes || told.severity != Severity::Note)
                .cloned()
                .collect();
            output::print(&render(sources, &shown))?;
            for diagnostic in found {
                match diagnostic.severity {
                    Severity::Error => errors += 1,
                    Severity::Warning => warnings += 1,
                    Severity::Note => {}
                }
            }
        }
        let said = match (errors, warnings) {
            (0, 0) if checked.holds.is_empty() => "fine".to_owned(),
            (0, 0) => format!("fine: {}", checked.holds),
            (errors, warnings) => format!(
                "{}, {}",
                output::counted(errors, "error"),
                output::counted(warnings, "warning")
            ),
        };
        output::print(&format!("{}: {said}\n", checked.shown))?;
    }
    Ok(())
}

fn as_json(checked: &Checked) -> Value {
    let found: Vec<Value> = checked
        .parts
        .iter()
        .flat_map(|(sources, found)| match to_json(sources, found) {
            Value::Array(list) => list,
            other => vec![other],
        })
        .collect();
    json!({ "path": checked.shown, "found": found })
}

fn as_csv(all: &[Checked]) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (checked, (sources, found)) in all
        .iter()
        .flat_map(|checked| checked.parts.iter().map(move |part| (checked, part)))
    {
        for diagnostic in found {
            let span = diagnostic.span();
            let (line, column) = sources.line_column(span);
            rows.push(vec![
                checked.path(sources.path(span.file)),
                line.to_string(),
                column.to_string(),
                diagnostic.severity.word().to_owned(),
                diagnostic.code.to_owned(),
                diagnostic.message.clone(),
                diagnostic.help.clone().unwrap_or_default(),
            ]);
        }
    }
    output::csv(
        &[
            "file", "line", "column", "severity", "code", "message", "help",
        ],
        rows,
    )
}
