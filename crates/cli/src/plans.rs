//! Plan files to checked plans: templates are told from plans, and each plan is checked with them at hand.

use trueup_plan::check::{self, Strictness};
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
    let mut templates = Vec::new();
    let mut texts = Vec::with_capacity(files.len());
    for file in files {
        let mut own = Vec::new();
        match read_plan(sources, *file, &mut own) {
            Some(text) if text.is_template => {
                templates.push(text);
                found.append(&mut own);
                texts.push((None, Vec::new()));
            }
            text => texts.push((text, own)),
        }
    }
    let mut plans = Vec::with_capacity(texts.len());
    for (text, mut own) in texts {
        // Each plan has its own findings: a mistake in one refuses that one alone.
        plans.push(
            text.and_then(|text| check::plan(sources, &text, &templates, strictness, &mut own)),
        );
        found.append(&mut own);
    }
    plans
}
