//! Plan files to checked plans: templates are told from plans, and each plan is checked with them at hand.

use trueup_plan::check::{self, Strictness, Templates};
use trueup_plan::diagnostic::{Diagnostic, Sources};
use trueup_plan::document::read_plan;
use trueup_plan::span::FileId;
use trueup_plan::tree::Plan;

/// The plans of the files, in their order; nothing for a template or a plan with mistakes.
pub fn checked(
    sources: &Sources,
    files: &[FileId],
    strictness: Strictness,
    found: &mut Vec<Diagnostic>,
) -> Vec<Option<Plan>> {
    let mut templates = Templates::new();
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        match read_plan(sources, *file, found) {
            Some(text) if text.is_template => {
                templates.insert(text.name.text.to_string(), text);
                texts.push(None);
            }
            other => texts.push(other),
        }
    }
    texts
        .into_iter()
        .map(|text| text.and_then(|text| check::plan(sources, &text, &templates, strictness, found)))
        .collect()
}
