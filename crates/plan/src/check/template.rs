//! Templates: a plan takes everything of one, changes named things where it says so, and adds its own.
//!
//! The expansion works on text that was read and not yet checked, so what is checked, shown and signed is the whole
//! plan; every part keeps the file it was written in. What a plan changes stands under `overrides` and nowhere else.

use std::collections::BTreeSet;

use crate::check::spelling::{HelpIf, shown};
use crate::check::uses;
use crate::check::was::with_was;
use crate::diagnostic::Diagnostic;
use crate::document::{GovernanceText, OverrideText, PlanText, ReadingText};
use crate::formula::Formula;
use crate::nearest::nearest;
use crate::span::FileId;
use crate::tree::{Override, Use};
use crate::yaml::Scalar;

/// Templates that build on templates are followed so far.
const MOST_STEPS: usize = 4;

/// A change as the tree keeps it.
pub(super) fn told(line: &OverrideText) -> Override {
    Override {
        target: line.target.text.clone(),
        written: line
            .formula
            .as_ref()
            .map(|formula| formula.to_string().into()),
        span: line.target.span,
    }
}

/// A plan with everything of its template, and the files it is made of, its own first.
pub(super) struct Expanded {
    pub(super) text: PlanText,
    pub(super) files: Vec<FileId>,
    /// The templates that were put in, in the order of their uses.
    pub(super) used: Vec<Used>,
}

/// A template that was put in.
pub(super) struct Used {
    /// Its file.
    pub(super) file: FileId,
    /// The use as the tree keeps it.
    pub(super) told: Use,
}

/// Expands a plan; nothing when its template cannot be found, which is told.
pub(super) fn expand(
    text: &PlanText,
    templates: &[PlanText],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expanded> {
    let mut expanded = expand_within(text, templates, &mut BTreeSet::new(), diagnostics)?;
    for used in std::mem::take(&mut expanded.text.uses) {
        let template = used
            .template
            .as_ref()
            .and_then(|named| find(named, templates, diagnostics));
        if let Some(template) = template {
            uses::put_in(&mut expanded, template, &used, diagnostics);
        }
    }
    for fixed in &expanded.text.fixed {
        let (block, rest) = fixed.text.split_once('.').unwrap_or((&fixed.text, ""));
        let names = names_of(&expanded.text, block);
        if !names.iter().any(|name| covers(&name.text, rest)) {
            let near = near_name(&expanded.text, block, rest);
            diagnostics.push(
                Diagnostic::error(
                    "O2",
                    fixed.span,
                    format!(
                        "nothing is called `{}` that could be fixed",
                        shown(&fixed.text)
                    ),
                )
                .help_if(near, |near| format!("did you mean {near}?")),
            );
        }
    }
    Some(expanded)
}

fn expand_within(
    text: &PlanText,
    templates: &[PlanText],
    passed: &mut BTreeSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Expanded> {
    let Some(from) = &text.from_template else {
        if let Some(first) = text.overrides.first() {
            diagnostics.push(
                Diagnostic::error("O1", first.target.span, "there is no template to override")
                    .help("from_template: name@version, or write the thing itself"),
            );
        }
        return Some(Expanded {
            text: text.clone(),
            files: files_of(text),
            used: Vec::new(),
        });
    };
    let template = find(from, templates, diagnostics)?;
    if passed.len() >= MOST_STEPS || !passed.insert(from.text.to_string()) {
        diagnostics.push(
            Diagnostic::error(
                "O1",
                from.span,
                format!(
                    "the template `{}` builds on itself, or on too many others",
                    shown(&template.name.text)
                ),
            )
            .help(format!(
                "templates build on at most {MOST_STEPS} others, one after the other"
            )),
        );
        return None;
    }
    if let Some(parameter) = template.parameters.first() {
        diagnostics.push(
            Diagnostic::error(
                "O6",
                from.span,
                format!(
                    "the template `{}` has parameters",
                    shown(&template.name.text)
                ),
            )
            .also(parameter.name.span, "the first of them")
            .help(format!(
                "use it: uses: [ {{ template: {}, as: a_prefix, with: {{ … }} }} ]",
                shown(&from.text)
            )),
        );
        return None;
    }
    let base = expand_within(template, templates, passed, diagnostics)?;
    let mut files = files_of(text);
    files.extend(base.files);
    let mut whole = base.text;
    change(&mut whole, text, diagnostics);
    add(&mut whole, text, diagnostics);
    Some(Expanded {
        text: whole,
        files,
        used: Vec::new(),
    })
}

/// The files a plan's own text stands in: its own, and those of its tables' rows.
pub(super) fn files_of(text: &PlanText) -> Vec<FileId> {
    let mut files = vec![text.span.file];
    for table in &text.tables {
        if let Some(file) = crate::check::tables::file_of_rows(table)
            && !files.contains(&file)
        {
            files.push(file);
        }
    }
    files
}

/// The template a plan names, in the version it names.
fn find<'t>(
    from: &Scalar,
    templates: &'t [PlanText],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'t PlanText> {
    let Some((name, version)) = from.text.split_once('@') else {
        diagnostics.push(
            Diagnostic::error(
                "O1",
                from.span,
                "a plan names its template with its version",
            )
            .help(format!("from_template: {}@version", shown(&from.text))),
        );
        return None;
    };
    let version_of = |text: &PlanText| {
        text.version
            .as_ref()
            .map_or("", |version| &*version.text)
            .to_owned()
    };
    let called: Vec<&PlanText> = templates
        .iter()
        .filter(|text| &*text.name.text == name)
        .collect();
    let of_version: Vec<&PlanText> = called
        .iter()
        .copied()
        .filter(|text| version_of(text) == version)
        .collect();
    if let [template, second, ..] = of_version.as_slice() {
        diagnostics.push(
            Diagnostic::error(
                "O1",
                second.name.span,
                format!("two templates are called `{}`", shown(&from.text)),
            )
            .also(template.name.span, "the other")
            .help("give one of them another version"),
        );
        return None;
    }
    let Some(template) = of_version.first().copied() else {
        diagnostics.push(match called.first() {
            Some(other) => Diagnostic::error(
                "O1",
                from.span,
                format!(
                    "the template `{}` is at version {}, not {}",
                    shown(name),
                    shown(&version_of(other)),
                    shown(version)
                ),
            )
            .also(
                other.version.as_ref().unwrap_or(&other.name).span,
                "its version",
            )
            .help("look at what changed, then name the version that this plan builds on"),
            None => {
                let near = nearest(name, templates.iter().map(|text| &*text.name.text));
                Diagnostic::error(
                    "O1",
                    from.span,
                    format!("there is no template `{}`", shown(name)),
                )
                .help_if(near, |near| format!("did you mean {near}?"))
            }
        });
        return None;
    };
    if !template.is_template {
        diagnostics.push(
            Diagnostic::error(
                "O1",
                from.span,
                format!("`{}` is a plan, not a template", shown(name)),
            )
            .also(template.name.span, "begin it with `template:`"),
        );
        return None;
    }
    Some(template)
}

/// Applies what a plan overrides.
fn change(whole: &mut PlanText, own: &PlanText, diagnostics: &mut Vec<Diagnostic>) {
    let mut changed: BTreeSet<&str> = BTreeSet::new();
    for line in &own.overrides {
        if !changed.insert(&line.target.text) {
            continue;
        }
        if let Some(fixed) = whole
            .fixed
            .iter()
            .find(|fixed| covers(&fixed.text, &line.target.text))
        {
            diagnostics.push(
                Diagnostic::error(
                    "O3",
                    line.target.span,
                    format!("`{}` is fixed by the template", shown(&line.target.text)),
                )
                .also(fixed.span, "here"),
            );
            continue;
        }
        if !line.is_none && line.formula.is_none() {
            continue;
        }
        if let Err(mistake) = apply(whole, line) {
            diagnostics.push(mistake);
        }
    }
}

/// Whether a fixed name speaks of what a line changes: the thing itself or a part of it.
fn covers(fixed: &str, target: &str) -> bool {
    target
        .strip_prefix(fixed)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn apply(whole: &mut PlanText, line: &OverrideText) -> Result<(), Diagnostic> {
    let target = &*line.target.text;
    let Some((block, rest)) = target.split_once('.') else {
        return Err(not_changed(line, None));
    };
    let (name, part) = match block {
        // Terms have names with dots.
        "terms" => (rest, None),
        _ => match rest.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (rest, None),
        },
    };
    if line.is_none && part.is_none() {
        return remove(whole, block, name)
            .ok_or_else(|| not_changed(line, near_name(whole, block, name)));
    }
    let near = near_name(whole, block, name);
    let slot = slot(whole, block, name, part).ok_or_else(|| not_changed(line, near))?;
    let Some(formula) = &line.formula else {
        *slot = None;
        return Ok(());
    };
    *slot = Some(with_was(formula, slot.as_ref(), line)?);
    Ok(())
}

fn not_changed(line: &OverrideText, near: Option<String>) -> Diagnostic {
    Diagnostic::error(
        "O2",
        line.target.span,
        format!("the template has nothing called `{}` that can be changed", shown(&line.target.text)),
    )
    .help(match near {
        Some(near) => format!("did you mean {near}?"),
        None => "values.name, terms.name, measures.name, tables.name, components.name.at_most, limits.name".to_owned(),
    })
}

/// The names of a block.
pub(super) fn names_of<'t>(text: &'t PlanText, block: &str) -> Vec<&'t Scalar> {
    match block {
        "facts" => text.facts.iter().map(|thing| &thing.name).collect(),
        "terms" => text.terms.iter().map(|thing| &thing.name).collect(),
        "measures" => text.measures.iter().map(|thing| &thing.name).collect(),
        "values" => text.values.iter().map(|thing| &thing.name).collect(),
        "tables" => text.tables.iter().map(|thing| &thing.name).collect(),
        "components" => text.components.iter().map(|thing| &thing.name).collect(),
        "limits" => text.limits.iter().map(|thing| &thing.name).collect(),
        _ => Vec::new(),
    }
}

pub(super) const BLOCKS: &[&str] = &[
    "facts",
    "terms",
    "measures",
    "values",
    "tables",
    "components",
    "limits",
];

/// What was probably meant: the same name in another block, or a name that is close.
fn near_name(text: &PlanText, block: &str, name: &str) -> Option<String> {
    for other in BLOCKS {
        if *other != block
            && names_of(text, other)
                .iter()
                .any(|known| &*known.text == name)
        {
            return Some(format!("{other}.{name}"));
        }
    }
    let known = names_of(text, block);
    let near = nearest(name, known.iter().map(|name| &*name.text))?;
    Some(format!("{block}.{near}"))
}

/// Takes a thing out.
fn remove(text: &mut PlanText, block: &str, name: &str) -> Option<()> {
    fn take<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> Option<()> {
        let at = list.iter().position(is)?;
        list.remove(at);
        Some(())
    }
    match block {
        "facts" => take(&mut text.facts, |thing| &*thing.name.text == name),
        "terms" => take(&mut text.terms, |thing| &*thing.name.text == name),
        "measures" => take(&mut text.measures, |thing| &*thing.name.text == name),
        "values" => take(&mut text.values, |thing| &*thing.name.text == name),
        "tables" => take(&mut text.tables, |thing| &*thing.name.text == name),
        "components" => take(&mut text.components, |thing| &*thing.name.text == name),
        "limits" => take(&mut text.limits, |thing| &*thing.name.text == name),
        _ => take(&mut text.governance, |entry| is_entry(entry, block, name)),
    }
}

fn is_entry(entry: &GovernanceText, block: &str, name: &str) -> bool {
    &*entry.block.text == block
        && entry
            .name
            .as_ref()
            .is_some_and(|known| &*known.text == name)
}

/// The formula that an override changes.
fn slot<'t>(
    text: &'t mut PlanText,
    block: &str,
    name: &str,
    part: Option<&str>,
) -> Option<&'t mut Option<Formula>> {
    match (block, part) {
        ("values", None) => {
            let value = text
                .values
                .iter_mut()
                .find(|value| &*value.name.text == name)?;
            Some(&mut value.formula)
        }
        ("terms", None) => {
            let term = text
                .terms
                .iter_mut()
                .find(|term| &*term.name.text == name)?;
            Some(&mut term.agreed)
        }
        ("measures", part) => {
            let measure = text
                .measures
                .iter_mut()
                .find(|measure| &*measure.name.text == name)?;
            match part {
                None => measure.fold.as_mut().map(|fold| &mut fold.of),
                Some("where") => Some(&mut measure.filter),
                Some(_) => None,
            }
        }
        ("tables", None) => {
            let table = text
                .tables
                .iter_mut()
                .find(|table| &*table.name.text == name)?;
            match table.reading.as_mut()? {
                ReadingText::EachBand(formula) | ReadingText::OneBand(formula) => Some(formula),
                ReadingText::Line(_) => None,
            }
        }
        ("components", part) => {
            let component = text
                .components
                .iter_mut()
                .find(|component| &*component.name.text == name)?;
            match part {
                None | Some("pays") => Some(&mut component.pays),
                Some("for") => Some(&mut component.applies),
                Some("gate") => Some(&mut component.gate),
                Some("where") => Some(&mut component.filter),
                Some("at_least") => Some(&mut component.at_least),
                Some("at_most") => Some(&mut component.at_most),
                Some(_) => None,
            }
        }
        ("limits", part) => {
            let limit = text
                .limits
                .iter_mut()
                .find(|limit| &*limit.name.text == name)?;
            match part {
                None | Some("at_most") => Some(&mut limit.at_most),
                Some("at_least") => Some(&mut limit.at_least),
                Some(_) => None,
            }
        }
        _ => None,
    }
}

/// Adds what is the plan's own.
fn add(whole: &mut PlanText, own: &PlanText, diagnostics: &mut Vec<Diagnostic>) {
    whole.name = own.name.clone();
    whole.is_template = own.is_template;
    whole.from_template.clone_from(&own.from_template);
    whole.span = own.span;
    for (slot, own) in [
        (&mut whole.title, &own.title),
        (&mut whole.version, &own.version),
        (&mut whole.is, &own.is),
        (&mut whole.currency, &own.currency),
        (&mut whole.period, &own.period),
    ] {
        if own.is_some() {
            slot.clone_from(own);
        }
    }
    if own.calendar.is_some() {
        whole.calendar.clone_from(&own.calendar);
    }
    if own.money.is_some() {
        whole.money.clone_from(&own.money);
    }
    if own.corrections.is_some() {
        whole.corrections.clone_from(&own.corrections);
    }
    whole.overrides.clear();
    whole.fixed.extend(own.fixed.iter().cloned());
    whole.uses.extend(own.uses.iter().cloned());
    whole.objectives.extend(own.objectives.iter().cloned());
    for block in BLOCKS {
        refuse_twice(whole, own, block, diagnostics);
    }
    fn extend<T: Clone>(list: &mut Vec<T>, own: &[T], name: impl Fn(&T) -> &Scalar) {
        for thing in own {
            if !list.iter().any(|known| name(known) == name(thing)) {
                list.push(thing.clone());
            }
        }
    }
    extend(&mut whole.facts, &own.facts, |thing| &thing.name);
    extend(&mut whole.terms, &own.terms, |thing| &thing.name);
    extend(&mut whole.measures, &own.measures, |thing| &thing.name);
    extend(&mut whole.values, &own.values, |thing| &thing.name);
    extend(&mut whole.tables, &own.tables, |thing| &thing.name);
    extend(&mut whole.components, &own.components, |thing| &thing.name);
    extend(&mut whole.limits, &own.limits, |thing| &thing.name);
    for entry in &own.governance {
        match &entry.name {
            // A block without entries says one thing; the plan's own word replaces the template's.
            None => whole
                .governance
                .retain(|known| known.name.is_some() || known.block != entry.block),
            Some(name) => {
                let twice = whole
                    .governance
                    .iter()
                    .find(|known| is_entry(known, &entry.block.text, &name.text));
                if let Some(first) = twice.and_then(|known| known.name.as_ref()) {
                    diagnostics.push(from_template(&entry.block.text, name, first));
                    continue;
                }
            }
        }
        whole.governance.push(entry.clone());
    }
    whole.examples.extend(own.examples.iter().cloned());
}

fn refuse_twice(whole: &PlanText, own: &PlanText, block: &str, diagnostics: &mut Vec<Diagnostic>) {
    let known = names_of(whole, block);
    for name in names_of(own, block) {
        if let Some(first) = known.iter().find(|first| **first == name) {
            diagnostics.push(from_template(block, name, first));
        }
    }
}

fn from_template(block: &str, name: &Scalar, first: &Scalar) -> Diagnostic {
    Diagnostic::error(
        "O5",
        name.span,
        format!("`{}` comes from the template already", shown(&name.text)),
    )
    .also(first.span, "here")
    .help(format!(
        "change it under `overrides`: {block}.{}: …",
        shown(&name.text)
    ))
}
