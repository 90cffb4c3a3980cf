//! `trueup words`: a plan in plain English, alone or under an agreement.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trueup_plan::agreement::{self, AgreementText, Whose};
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Sources, any_error, render};
use trueup_plan::nearest::nearest;
use trueup_plan::tree::Plan;
use trueup_plan::words::document::Document;
use trueup_plan::words::{self, Agreed, DeclaredKind, ExampleFiles, Length, Subject, figure};
use trueup_plan::yaml;

use crate::args::{PageFormat, WordsArgs};
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::{output, plans};

/// Says plans in plain English.
pub fn run(args: &WordsArgs) -> Result<(), Failure> {
    let length = if args.short {
        Length::Short
    } else {
        Length::Full
    };
    let documents = if args.path.is_dir() {
        of_program(args, length)?
    } else {
        if let Some(plan) = &args.plan {
            return Err(Failure::Use(format!(
                "--plan {plan} chooses among the plans of a program's folder, and {} is a file",
                args.path.display()
            )));
        }
        vec![of_file(&args.path, length)?]
    };
    let said = match args.format {
        PageFormat::Md => words::markdown::render(&documents),
        PageFormat::Html => words::html::render(&documents),
    };
    match &args.out {
        None => output::print(&said),
        Some(out) => {
            std::fs::write(out, said)
                .map_err(|error| Failure::fault(format!("writing {}", out.display()), &error))?;
            let what = output::counted(documents.len(), "plan");
            output::print(&format!("{}: {what} in words\n", out.display()))
        }
    }
}

/// The plans of a program's folder, or the one that is named.
fn of_program(args: &WordsArgs, length: Length) -> Result<Vec<Document>, Failure> {
    let folder = open(&args.path)?;
    let kinds = declared(&folder);
    let chosen: Vec<&Plan> = match &args.plan {
        None => folder.plans.values().collect(),
        Some(name) => vec![named(&folder.plans, name)?],
    };
    if chosen.is_empty() {
        return Err(Failure::Found(format!(
            "there is no plan in {}; put one into plans/",
            args.path.display()
        )));
    }
    Ok(chosen
        .into_iter()
        .map(|plan| {
            let examples = examples(plan, &[args.path.join("cases")]);
            said(plan, &folder.sources, &kinds, &examples, None, length)
        })
        .collect())
}

fn named<'p>(plans: &'p BTreeMap<String, Plan>, name: &str) -> Result<&'p Plan, Failure> {
    plans.get(name).ok_or_else(|| {
        let known: Vec<&str> = plans.keys().map(String::as_str).collect();
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("its plans are {}", known.join(", ")),
        };
        Failure::Use(format!("the program has no plan `{name}`; {help}"))
    })
}

/// A plan's file, or an agreement's.
fn of_file(path: &Path, length: Length) -> Result<Document, Failure> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    if text.lines().any(|line| line.starts_with("agreement:")) {
        return of_agreement(path, length);
    }
    let (plan, sources, found) = plans::at(path, Strictness::Draft)?;
    match plan {
        Some(plan) if !any_error(&found) => {
            let folder = path.parent().unwrap_or(Path::new(""));
            let near = [
                folder.to_owned(),
                folder.join("cases"),
                folder.join("../cases"),
            ];
            let examples = examples(&plan, &near);
            Ok(said(&plan, &sources, &[], &examples, None, length))
        }
        Some(_) | None => Err(mended_first(render(&sources, &found), path)),
    }
}

/// A plan under one of the agreements of its program.
fn of_agreement(path: &Path, length: Length) -> Result<Document, Failure> {
    let dir = program_of(path)?;
    let folder = open(&dir)?;
    let file = path.file_name().unwrap_or_default();
    let is_this = |agreement: &&AgreementText| {
        let shown = folder.sources.path(agreement.name.span.file);
        Path::new(shown).file_name() == Some(file)
    };
    let agreement = folder.agreements.iter().find(is_this).ok_or_else(|| {
        Failure::Use(format!(
            "{} is no agreement of the program in {}; agreements stand in its folder agreements/",
            path.display(),
            dir.display()
        ))
    })?;
    let plan = named(&folder.plans, &agreement.plan.text)?;
    let stated = match &agreement.terms {
        // What is wrong with the terms was told when the folder was read.
        Some(terms) => agreement::terms(plan, terms, &mut Vec::new()),
        None => Vec::new(),
    };
    let approved = match &agreement.contingencies {
        Some(contingencies) => agreement::approved(plan, contingencies, &mut Vec::new()),
        None => Vec::new(),
    };
    let shown = folder.sources.path(agreement.name.span.file);
    let agreed = Agreed {
        text: agreement,
        stated,
        approved,
        columns: columns(&folder, plan, agreement),
        identity: folder.digest(shown).unwrap_or_default(),
    };
    Ok(said(
        plan,
        &folder.sources,
        &declared(&folder),
        &examples(plan, &[dir.join("cases")]),
        Some(&agreed),
        length,
    ))
}

/// The program an agreement belongs to: the nearest folder above that holds program.yaml.
fn program_of(path: &Path) -> Result<PathBuf, Failure> {
    let here = |folder: &Path| {
        if folder.as_os_str().is_empty() {
            PathBuf::from(".")
        } else {
            folder.to_owned()
        }
    };
    let full = std::path::absolute(path)
        .map_err(|error| Failure::fault(format!("finding {}", path.display()), &error))?;
    // As it was named where that leads there, so that messages speak of what was typed.
    let named = path.ancestors().skip(1).map(here);
    let above = full.ancestors().skip(1).map(Path::to_owned);
    named
        .chain(above)
        .find(|folder| folder.join("program.yaml").is_file())
        .ok_or_else(|| {
            Failure::Use(format!(
                "{} is an agreement, and no folder above it holds program.yaml; its plan is looked for there",
                path.display()
            ))
        })
}

/// A plan of a program in full, as Markdown.
pub fn markdown(folder: &Folder, plan: &Plan) -> String {
    let kinds = declared(folder);
    let examples = examples(plan, &[folder.program.folder.join("cases")]);
    let said = said(plan, &folder.sources, &kinds, &examples, None, Length::Full);
    words::markdown::render(&[said])
}

/// A program's folder, or everything that is wrong in it.
fn open(dir: &Path) -> Result<Folder, Failure> {
    let mut found = folder::read(dir, Strictness::Draft)?;
    match found.folder.take() {
        Some(folder) if !found.has_error() => Ok(folder),
        Some(_) | None => Err(mended_first(found.rendered(), dir)),
    }
}

fn mended_first(said: String, path: &Path) -> Failure {
    Failure::Found(format!(
        "{}\n{} can't be put into words before this is mended",
        said.trim_end(),
        path.display()
    ))
}

fn said(
    plan: &Plan,
    sources: &Sources,
    kinds: &[DeclaredKind],
    examples: &[ExampleFiles],
    agreed: Option<&Agreed<'_>>,
    length: Length,
) -> Document {
    let template = check::unchanged(sources, plan);
    let subject = Subject {
        plan,
        sources,
        kinds,
        examples,
        template: template.as_ref(),
        agreed,
    };
    words::document(&subject, length)
}

/// The files of a plan's worked examples: each lies in a folder of its name, in the first of these that has it. What cannot
/// be read is left to `trueup test`, which says why.
fn examples(plan: &Plan, folders: &[PathBuf]) -> Vec<ExampleFiles> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(path).ok()?;
        let mut sources = Sources::new();
        let file = sources.add("example", &text);
        yaml::read(&sources, file, &mut Vec::new())
    };
    plan.examples
        .iter()
        .filter_map(|example| {
            let mut known = folders.iter().map(|folder| folder.join(&*example.case));
            let folder = known.find(|folder| folder.join("expected.yaml").is_file())?;
            Some(ExampleFiles {
                name: example.case.to_string(),
                facts: read(folder.join("facts.yaml")),
                expected: read(folder.join("expected.yaml")),
            })
        })
        .collect()
}

/// What the directory says of an agreement's own partner: its name, and what the plan reads.
fn columns(folder: &Folder, plan: &Plan, agreement: &AgreementText) -> Vec<(String, String)> {
    let Whose::Partner(id) = &agreement.whose else {
        return Vec::new();
    };
    let listed = folder
        .matched
        .iter()
        .map(|matched| &matched.listed)
        .find(|listed| listed.id.as_str() == &*id.text);
    let Some(listed) = listed else {
        return Vec::new();
    };
    let is_read = |column: &str| {
        column == "name"
            || plan
                .attributes
                .iter()
                .any(|attribute| *attribute.name == *column)
    };
    listed
        .columns
        .iter()
        .filter(|(column, _)| is_read(column))
        .map(|(column, says)| (column.clone(), says.clone()))
        .collect()
}

/// What the program says of its kinds of fact, and where their facts come from.
fn declared(folder: &Folder) -> Vec<DeclaredKind> {
    let program = &folder.program;
    program
        .kinds
        .iter()
        .enumerate()
        .map(|(at, kind)| DeclaredKind {
            name: kind.name.to_string(),
            is: kind.is.to_string(),
            sources: program
                .sources
                .iter()
                .filter(|source| source.kind == at)
                .map(|source| {
                    let is = if source.is.is_empty() {
                        String::new()
                    } else {
                        format!(" ({})", source.is.trim_end_matches('.'))
                    };
                    let fresh = source.fresh.map_or_else(String::new, |fresh| {
                        format!(", and promised within {}", figure::length(fresh))
                    });
                    format!(
                        "It comes from the source “{}”{is}, which {} owns{fresh}",
                        source.name, source.owner
                    )
                })
                .collect(),
        })
        .collect()
}
