//! The check: a plan's text to its typed tree, or every mistake in it.
//!
//! In this order: the head; every name, once; the graph of names (nothing reaches itself inside one window); types and
//! units of all formulas together; then where each formula can be asked; then what must hold of tables, components and
//! limits. A mistake is told once and does not spread. The check never knows a fact, an agreement or a clock: what
//! depends on an agreement's terms (bounds that mention them) is asked again when the terms are known.

mod axes;
mod build;
mod calls;
mod components;
pub(crate) mod constant;
mod drafts;
mod functions;
mod governance;
mod governed;
mod graph;
mod grids;
mod header;
mod keyed;
mod kinds;
mod levels;
mod messages;
mod names;
mod places;
mod question;
mod resolve;
mod settle;
mod sharing;
mod spelling;
mod tables;
mod template;
mod terms;
mod typer;
mod types;
mod units;
mod unsaid;
mod uses;
mod was;
mod windows;
mod wording;
mod words;

pub(crate) use components::divides;
pub use question::{Place, formula_in, formula_of};
pub use spelling::reserved_words;

use crate::diagnostic::{Diagnostic, Sources, any_error};
use crate::document::{PlanText, read_plan};
use crate::identity::identity;
use crate::rows;
use crate::span::FileId;
use crate::tree::Plan;

/// What a plan is checked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strictness {
    /// A draft: missing words are warnings.
    Draft,
    /// A plan that both sides are to sign: missing words are mistakes.
    Signature,
}

/// Checks a plan's text: the typed tree, or nothing and every mistake. The templates are those it may name, in any order.
///
/// Warnings and mistakes are added to `diagnostics`; a plan that is returned has no mistake.
#[must_use]
pub fn plan(
    sources: &Sources,
    text: &PlanText,
    templates: &[PlanText],
    strictness: Strictness,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Plan> {
    let mut told = Vec::new();
    let mut plan = None;
    if let Some(expanded) = template::expand(text, templates, &mut told) {
        plan = build::plan(sources, &expanded.text, &mut told).map(|plan| Plan {
            identity: identity(sources, &expanded.files).into(),
            overrides: text.overrides.iter().map(template::told).collect(),
            uses: expanded.used.iter().map(|used| used.told.clone()).collect(),
            ..plan
        });
        // While a draft has mistakes, its missing words can wait.
        if strictness == Strictness::Signature || !(any_error(&told) || any_error(diagnostics)) {
            wording::check(&expanded.text, strictness, &mut told);
        }
        uses::told_where(&expanded.used, &mut told);
    }
    diagnostics.append(&mut told);
    plan.filter(|_| !any_error(diagnostics))
}

/// A plan as it would stand without its overrides: what its words set beside each change. It is read again from the
/// sources the plan came from. Nothing for a plan that changes nothing, or where the rest does not stand by itself.
#[must_use]
pub fn unchanged(sources: &Sources, changed: &Plan) -> Option<Plan> {
    if changed.overrides.is_empty() {
        return None;
    }
    let read = |file| {
        let mut text = read_plan(sources, file, &mut Vec::new())?;
        let path = sources.path(file);
        let folder = path.rfind('/').and_then(|slash| path.get(..=slash));
        rows::fill(&mut text, folder.unwrap_or(""), sources, &mut Vec::new());
        Some(text)
    };
    let own = PlanText {
        overrides: Vec::new(),
        ..read(changed.span.file)?
    };
    let is_template = |file: &FileId| {
        let mut lines = sources.file_text(*file).lines();
        lines.any(|line| line.starts_with("template:"))
    };
    let templates: Vec<PlanText> = sources
        .files()
        .filter(is_template)
        .filter_map(read)
        .collect();
    let mut untold = Vec::new();
    plan(sources, &own, &templates, Strictness::Draft, &mut untold)
}

/// A plan's text with everything of its template; nothing when that cannot be made, which whoever checks it is told.
pub(crate) fn expanded(text: &PlanText, templates: &[PlanText]) -> Option<PlanText> {
    let mut told = Vec::new();
    let expanded = template::expand(text, templates, &mut told)?;
    (!any_error(&told)).then_some(expanded.text)
}

/// The typed tree of a text whose templates are expanded, if it passes its check. Its identity is that of no file.
pub(crate) fn built(sources: &Sources, text: &PlanText) -> Option<Plan> {
    let mut told = Vec::new();
    let plan = build::plan(sources, text, &mut told);
    plan.filter(|_| !any_error(&told))
}

/// Reads and checks a plan: its own file first, then its templates and, as `.csv`, the rows its tables name; each as a
/// path and a text.
///
/// ```
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
///
/// let text = "\
/// plan: cash-back
/// currency: USD
/// facts:
///   sale: { columns: { partner: partner, on: date, amount: money } }
/// measures:
///   sales: { is: What was bought, sum: sale.amount }
/// components:
///   rebate: { is: Two percent of it, pays: 2% * sales }
/// ";
/// let mut sources = Sources::new();
/// let (plan, diagnostics) = read(&mut sources, &[("cash-back.yaml", text)], Strictness::Draft);
/// let plan = plan.unwrap();
/// assert_eq!(&*plan.components[0].name, "rebate");
/// // A draft may leave words out; who validates the measure is asked for.
/// assert!(diagnostics.iter().all(|diagnostic| diagnostic.code.starts_with('W')));
/// ```
#[must_use]
pub fn read(
    sources: &mut Sources,
    files: &[(&str, &str)],
    strictness: Strictness,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let ids: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, sources.add(path, text)))
        .collect();
    let mut texts = Vec::with_capacity(ids.len());
    for (path, file) in ids.into_iter().filter(|(path, _)| !path.ends_with(".csv")) {
        let mut text = read_plan(sources, file, &mut diagnostics);
        if let Some(text) = &mut text {
            let folder = path.rfind('/').and_then(|slash| path.get(..=slash));
            rows::fill(text, folder.unwrap_or(""), sources, &mut diagnostics);
        }
        texts.push(text);
    }
    let mut texts = texts.into_iter();
    let Some(Some(own)) = texts.next() else {
        return (None, diagnostics);
    };
    let templates: Vec<PlanText> = texts.flatten().collect();
    let plan = plan(sources, &own, &templates, strictness, &mut diagnostics);
    (plan, diagnostics)
}
