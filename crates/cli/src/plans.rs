//! Plan files to checked plans: templates are told from plans, bands are read from the files that tables name, and
//! each plan is checked with its templates at hand.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Diagnostic, Sources};
use trueup_plan::document::{PlanText, read_plan};
use trueup_plan::rows;
use trueup_plan::span::FileId;
use trueup_plan::tree::Plan;
use trueup_plan::yaml::Scalar;

use crate::failure::Failure;

/// Reads a file that a table names, by its path as the sources know it; nothing when it cannot be read.
pub type ReadRows<'r> = &'r mut dyn FnMut(&str) -> Option<String>;

/// What a file of plans/ says it is.
pub struct Standing {
    /// The name it gives itself, and where.
    pub name: Scalar,
    /// The plan, if it passed its check.
    pub plan: Option<Plan>,
    /// The paths of the texts it stands on: its own, those of what it takes over, and the rows that its tables name.
    pub texts: BTreeSet<String>,
}

/// What the files of plans/ say, before it is checked.
#[derive(Default)]
pub struct Written {
    /// Plans, in the order of their files, each with what was found in reading it.
    pub plans: Vec<(PlanText, Vec<Diagnostic>)>,
    /// Templates.
    pub templates: Vec<PlanText>,
}

/// Reads the files; what is wrong in templates, and what is no plan at all, is among what is found.
pub fn written(
    sources: &mut Sources,
    files: &[FileId],
    read_rows: ReadRows<'_>,
    found: &mut Vec<Diagnostic>,
) -> Written {
    let mut written = Written::default();
    for file in files {
        let mut own = Vec::new();
        match read(sources, *file, read_rows, &mut own) {
            Some(text) if text.is_template => {
                written.templates.push(text);
                found.append(&mut own);
            }
            Some(text) => written.plans.push((text, own)),
            None => found.append(&mut own),
        }
    }
    written
}

/// The plans of the files, in their order, without templates and what is no plan at all.
pub fn checked(
    sources: &mut Sources,
    files: &[FileId],
    strictness: Strictness,
    read_rows: ReadRows<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Standing> {
    let Written {
        plans: texts,
        templates,
    } = written(sources, files, read_rows, found);
    let mut plans = Vec::with_capacity(texts.len());
    for (text, mut own) in texts {
        // Each plan has its own findings: a mistake in one refuses that one alone.
        plans.push(Standing {
            plan: check::plan(sources, &text, &templates, strictness, &mut own),
            texts: stands_on(sources, &text, &templates),
            name: text.name,
        });
        // A mistake in a template is found again with every plan that takes it over.
        found.extend(
            own.into_iter()
                .filter(|told| !found.contains(told))
                .collect::<Vec<_>>(),
        );
    }
    plans
}

/// The texts that a plan or template stands on.
fn stands_on(sources: &Sources, text: &PlanText, templates: &[PlanText]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    let mut open = vec![text];
    while let Some(text) = open.pop() {
        let path = sources.path(text.name.span.file).to_owned();
        let folder = folder_of(&path);
        paths.extend(rows::wanted(text).map(|name| format!("{folder}{}", name.text)));
        let uses = text.uses.iter().filter_map(|used| used.template.as_ref());
        let named = text.from_template.iter().chain(uses);
        if paths.insert(path) {
            open.extend(named.filter_map(|named| {
                let name = named.text.split('@').next();
                templates
                    .iter()
                    .find(|template| name == Some(&*template.name.text))
            }));
        }
    }
    paths
}

/// The folder of a path, with its last slash; nothing where there is none.
fn folder_of(path: &str) -> &str {
    path.rfind('/')
        .and_then(|slash| path.get(..=slash))
        .unwrap_or("")
}

/// The plan of a file, with its templates beside it: the plan where nothing refuses it, the text, and what was found.
pub fn at(
    path: &Path,
    strictness: Strictness,
) -> Result<(Option<Plan>, Sources, Vec<Diagnostic>), Failure> {
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::Use(format!("there is no file or folder {}", path.display()))
        }
        _ => Failure::fault(format!("reading {}", path.display()), &error),
    })?;
    let mut sources = Sources::new();
    let mut found = Vec::new();
    let Some(file) = sources.add_bytes(&path.display().to_string(), &bytes, &mut found) else {
        return Ok((None, sources, found));
    };
    let beside = templates_beside(path, &mut sources)?;
    let mut read_rows = |path: &str| std::fs::read_to_string(path).ok();
    let (plan, mistakes) = alone(&mut sources, file, &beside, strictness, &mut read_rows);
    found.extend(mistakes);
    Ok((plan, sources, found))
}

/// A plan's template stands in a file beside it.
fn templates_beside(path: &Path, sources: &mut Sources) -> Result<Vec<FileId>, Failure> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let mut files = Vec::new();
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Failure::fault(format!("reading {}", folder.display()), &error))?;
    let mut paths: Vec<_> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    for beside in paths {
        let is_yaml = beside
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml
            && beside.file_name() != path.file_name()
            && let Ok(text) = std::fs::read_to_string(&beside)
            && text.lines().any(|line| line.starts_with("template:"))
        {
            files.push(sources.add(&beside.display().to_string(), &text));
        }
    }
    Ok(files)
}

/// One plan, wherever it stands, and what is wrong with it; mistakes of templates that it does not take over are not
/// its own.
fn alone(
    sources: &mut Sources,
    file: FileId,
    beside: &[FileId],
    strictness: Strictness,
    read_rows: ReadRows<'_>,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut own = Vec::new();
    let text = read(sources, file, read_rows, &mut own);
    let templates: Vec<PlanText> = beside
        .iter()
        .filter_map(|file| {
            let mut its_own = Vec::new();
            let Some(template) = read(sources, *file, read_rows, &mut its_own) else {
                // It may be the one that is named; its mistakes then say why it is not found.
                own.append(&mut its_own);
                return None;
            };
            let named = text.as_ref().and_then(|text| text.from_template.as_ref());
            let is_named = named
                .is_some_and(|named| named.text.split('@').next() == Some(&template.name.text));
            if is_named {
                own.append(&mut its_own);
            }
            template.is_template.then_some(template)
        })
        .collect();
    let plan = text.and_then(|text| check::plan(sources, &text, &templates, strictness, &mut own));
    (plan, own)
}

/// A plan's text with the bands of its tables.
fn read(
    sources: &mut Sources,
    file: FileId,
    read_rows: ReadRows<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<PlanText> {
    let mut text = read_plan(sources, file, found)?;
    let path = sources.path(file).to_owned();
    let folder = folder_of(&path);
    let named: Vec<String> = rows::wanted(&text)
        .map(|name| name.text.to_string())
        .collect();
    for name in named {
        let path = format!("{folder}{name}");
        // A plan names files beside it or below, never above.
        let is_below = Path::new(&name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if is_below
            && sources.find(&path).is_none()
            && let Some(rows) = read_rows(&path)
        {
            sources.add(&path, &rows);
        }
    }
    rows::fill(&mut text, folder, sources, found);
    Some(text)
}
