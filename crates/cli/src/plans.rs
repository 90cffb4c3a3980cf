//! Plan files to checked plans: templates are told from plans, bands are read from the files that tables name, and
//! each plan is checked with its templates at hand.

use std::path::{Component, Path};

use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Diagnostic, Sources};
use trueup_plan::document::{PlanText, read_plan};
use trueup_plan::rows;
use trueup_plan::span::FileId;
use trueup_plan::tree::Plan;
use trueup_plan::yaml::Scalar;

/// Reads a file that a table names, by its path as the sources know it; nothing when it cannot be read.
pub type ReadRows<'r> = &'r mut dyn FnMut(&str) -> Option<String>;

/// What a file of plans/ says it is.
pub struct Standing {
    /// The name it gives itself, and where.
    pub name: Scalar,
    /// The plan, if it passed its check.
    pub plan: Option<Plan>,
}

/// The plans of the files, in their order, without templates and what is no plan at all.
pub fn checked(
    sources: &mut Sources,
    files: &[FileId],
    strictness: Strictness,
    read_rows: ReadRows<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Standing> {
    let mut templates = Vec::new();
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        let mut own = Vec::new();
        match read(sources, *file, read_rows, &mut own) {
            Some(text) if text.is_template => {
                templates.push(text);
                found.append(&mut own);
            }
            Some(text) => texts.push((text, own)),
            None => found.append(&mut own),
        }
    }
    let mut plans = Vec::with_capacity(texts.len());
    for (text, mut own) in texts {
        // Each plan has its own findings: a mistake in one refuses that one alone.
        plans.push(Standing {
            plan: check::plan(sources, &text, &templates, strictness, &mut own),
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

/// One plan, wherever it stands, and what is wrong with it; mistakes of templates that it does not take over are not
/// its own.
pub fn alone(
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
    let folder = path
        .rfind('/')
        .and_then(|slash| path.get(..=slash))
        .unwrap_or("");
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
