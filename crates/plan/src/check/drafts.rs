//! All formulas of a plan, name by name, while their types are being found.

use std::collections::BTreeSet;

use crate::check::keyed;
use crate::check::names::Thing;
use crate::check::spelling::shown;
use crate::check::tables::{self, TableDraft};
use crate::check::typer::{Draft, Scope, Typer};
use crate::check::types::Ty;
use crate::check::words;
use crate::diagnostic::{Diagnostic, any_error};
use crate::document::{ComponentText, MeasureText, PlanText, TermText};
use crate::formula::{Formula, FormulaKind};
use crate::tree::{Fold, Grant, KindId, LimitId, MeasureId, TermId};
use crate::yaml::Scalar;

/// The formulas of a measure.
#[derive(Default)]
pub(super) struct MeasureDraft {
    /// The kind that `count` names.
    pub(super) counts: Option<KindId>,
    pub(super) of: Option<Draft>,
    pub(super) filter: Option<Draft>,
    pub(super) by: Option<Draft>,
    /// What one key, or all rows, answer.
    pub(super) answers: Option<Ty>,
}

/// The formulas of a component.
#[derive(Default)]
pub(super) struct ComponentDraft {
    pub(super) applies: Option<Draft>,
    pub(super) gate: Option<Draft>,
    pub(super) filter: Option<Draft>,
    pub(super) pays: Option<Draft>,
    pub(super) at_least: Option<Draft>,
    pub(super) at_most: Option<Draft>,
    pub(super) conditions: Vec<Option<Draft>>,
    pub(super) grants: Option<Grant>,
}

/// The formulas of a limit.
#[derive(Default)]
pub(super) struct LimitDraft {
    pub(super) at_most: Option<Draft>,
    pub(super) at_least: Option<Draft>,
}

/// All formulas of a plan.
#[derive(Default)]
pub(super) struct Drafts {
    pub(super) terms: Vec<Option<Draft>>,
    pub(super) measures: Vec<MeasureDraft>,
    pub(super) values: Vec<Option<Draft>>,
    pub(super) tables: Vec<TableDraft>,
    pub(super) components: Vec<ComponentDraft>,
    pub(super) limits: Vec<LimitDraft>,
    /// What holds a mistake that was told.
    pub(super) broken: BTreeSet<Thing>,
}

/// Looks at every formula, those that others build on first.
pub(super) fn draft(text: &PlanText, sorted: &[Thing], typer: &mut Typer<'_>) -> Drafts {
    let mut drafts = Drafts::default();
    drafts.terms.resize_with(text.terms.len(), || None);
    drafts
        .measures
        .resize_with(text.measures.len(), MeasureDraft::default);
    drafts.values.resize_with(text.values.len(), || None);
    drafts
        .tables
        .resize_with(text.tables.len(), TableDraft::default);
    drafts
        .components
        .resize_with(text.components.len(), ComponentDraft::default);
    drafts
        .limits
        .resize_with(text.limits.len(), LimitDraft::default);
    // What the plan states about types is known before any formula is looked at.
    declare_terms(text, typer);
    declare_components(text, typer, &mut drafts);
    keyed::declare(text, typer);
    tables::declare(text, typer, &mut drafts.tables);
    for thing in sorted {
        let before = typer.diagnostics.len();
        one(text, *thing, typer, &mut drafts);
        if typer.diagnostics.get(before..).is_some_and(any_error) || lacks_its_formula(text, *thing)
        {
            drafts.broken.insert(*thing);
        }
    }
    drafts
}

/// Whether the reader has told what must be written of a thing and is not.
fn lacks_its_formula(text: &PlanText, thing: Thing) -> bool {
    match thing {
        Thing::Measure(id) => text
            .measures
            .get(id.index())
            .is_some_and(|measure| measure.fold.as_ref().is_none_or(|fold| fold.of.is_none())),
        Thing::Value(id) => text
            .values
            .get(id.index())
            .is_some_and(|value| value.formula.is_none()),
        Thing::Component(id) => text
            .components
            .get(id.index())
            .is_some_and(|component| component.pays.is_none()),
        Thing::Table(id) => text
            .tables
            .get(id.index())
            .is_some_and(|table| table.reading.is_none()),
        Thing::Kind(_) | Thing::Term(_) | Thing::Limit(_) => false,
    }
}

fn one(text: &PlanText, thing: Thing, typer: &mut Typer<'_>, drafts: &mut Drafts) {
    match thing {
        Thing::Kind(_) => {}
        Thing::Term(id) => {
            if let (Some(term), Some(slot)) =
                (text.terms.get(id.index()), drafts.terms.get_mut(id.index()))
            {
                *slot = draft_term(term, id, typer);
            }
        }
        Thing::Measure(id) => {
            if let (Some(measure), Some(slot)) = (
                text.measures.get(id.index()),
                drafts.measures.get_mut(id.index()),
            ) {
                *slot = draft_measure(measure, id, typer);
            }
        }
        Thing::Value(id) => {
            let (Some(value), Some(slot)) = (
                text.values.get(id.index()),
                drafts.values.get_mut(id.index()),
            ) else {
                return;
            };
            let of = typer
                .names
                .values
                .get(id.index())
                .cloned()
                .unwrap_or(Ty::Wrong);
            match &value.formula {
                Some(formula) => {
                    let scope = Scope {
                        key: keyed::column(value, &typer.names),
                        ..Scope::default()
                    };
                    let draft = typer.formula(formula, &scope);
                    if let Some(unit) = &value.unit {
                        parameter(&value.name.text, unit, &draft, typer);
                    }
                    let one = keyed::of_one_key(&of, &typer.types);
                    define(typer, &value.name.text, &one, &draft);
                    *slot = Some(draft);
                }
                None => typer.types.spoil(&of),
            }
        }
        Thing::Table(id) => tables::draft(text, id, typer, &mut drafts.tables),
        Thing::Component(id) => {
            if let (Some(component), Some(slot)) = (
                text.components.get(id.index()),
                drafts.components.get_mut(id.index()),
            ) {
                let of = typer
                    .names
                    .components
                    .get(id.index())
                    .cloned()
                    .unwrap_or(Ty::Wrong);
                draft_component(component, &of, typer, slot);
            }
        }
        Thing::Limit(id) => draft_limit(text, id, typer, drafts),
    }
}

/// What is given for a parameter of a template is of the type that the template asks for.
fn parameter(name: &str, unit: &Scalar, draft: &Draft, typer: &mut Typer<'_>) {
    let Some(of) = words::type_of(unit) else {
        return;
    };
    let before = typer.diagnostics.len();
    typer.ask(draft, &of, name);
    if let Some(told) = typer.diagnostics.get_mut(before) {
        *told = told
            .clone()
            .also(unit.span, "the template asks for it here");
    }
}

/// A name is what its formula answers; when that does not fit what its uses ask for, the formula is marked.
fn define(typer: &mut Typer<'_>, name: &str, of: &Ty, draft: &Draft) {
    let used_as = typer.types.resolved(of);
    if let Ty::Keyed(..) = typer.types.resolved(&draft.of) {
        typer.refuse_keyed(draft);
        typer.types.spoil(of);
        return;
    }
    if typer.types.resolved(&draft.of) == Ty::Wrong {
        typer.types.spoil(of);
        return;
    }
    if !typer.types.equate(of, &draft.of) {
        let (was, is) = (typer.with_article(&used_as), typer.with_article(&draft.of));
        let code = typer.mismatch_code(&used_as, &draft.of);
        typer.diagnostics.push(Diagnostic::error(
            code,
            draft.span,
            format!("{name} is {was} where it is carried over, and its formula answers {is}"),
        ));
    }
}

fn declare_terms(text: &PlanText, typer: &mut Typer<'_>) {
    for (at, term) in text.terms.iter().enumerate() {
        let Some(unit) = &term.unit else {
            continue;
        };
        let of = words::type_of(unit).unwrap_or(Ty::Wrong);
        if let Some(slot) = typer.names.terms.get_mut(at) {
            *slot = of;
        }
    }
}

fn draft_term(term: &TermText, id: TermId, typer: &mut Typer<'_>) -> Option<Draft> {
    let of = typer.names.terms.get(id.index()).cloned()?;
    let agreed = term.agreed.as_ref()?;
    Some(typer.typed_as(agreed, &Scope::default(), &of, &term.name.text))
}

fn draft_measure(measure: &MeasureText, id: MeasureId, typer: &mut Typer<'_>) -> MeasureDraft {
    let mut draft = MeasureDraft::default();
    let scope = Scope::default();
    draft.filter = measure
        .filter
        .as_ref()
        .map(|filter| typer.flag(filter, &scope, "where"));
    draft.by = measure.by.as_ref().map(|by| typer.formula(by, &scope));
    check_keys(measure, typer);
    let answers = match &measure.fold {
        None => Ty::Wrong,
        Some(fold) => match (&fold.of, fold.fold) {
            (None, _) => Ty::Wrong,
            (Some(of), Fold::Count) => {
                draft.counts = counted_kind(of, typer);
                Ty::count()
            }
            (Some(of), Fold::CountDistinct) => {
                let of = typer.formula(of, &scope);
                typer.refuse_keyed(&of);
                draft.of = Some(of);
                Ty::count()
            }
            (Some(of), Fold::Sum) => {
                let mut of = typer.formula(of, &scope);
                typer.must_be_number(&mut of, "`sum`");
                let answers = of.of.clone();
                draft.of = Some(of);
                answers
            }
            (Some(of), Fold::Min | Fold::Max) => {
                let of = typer.formula(of, &scope);
                typer.ordered.push((of.of.clone(), of.span));
                let answers = of.of.clone();
                draft.of = Some(of);
                answers
            }
            (Some(of), Fold::Latest) => {
                let of = typer.formula(of, &scope);
                typer.refuse_keyed(&of);
                let answers = of.of.clone();
                draft.of = Some(of);
                answers
            }
        },
    };
    let whole = match &draft.by {
        Some(by) => Ty::Keyed(Box::new(answers.clone()), Box::new(by.of.clone())),
        None => answers.clone(),
    };
    // A measure reads no name that reads it back inside one window, so nothing has asked about its type yet.
    if let Some(slot) = typer.names.measures.get_mut(id.index()) {
        *slot = whole;
    }
    draft.answers = Some(answers);
    draft
}

/// Keys belong to a measure with `by`, each once.
fn check_keys(measure: &MeasureText, typer: &mut Typer<'_>) {
    if let (Some(first), None) = (measure.keys.first(), &measure.by) {
        typer.diagnostics.push(
            Diagnostic::error(
                "M3",
                first.span,
                format!("{} has keys and does not say of what", measure.name.text),
            )
            .help("by: sale.product"),
        );
    }
    for (at, key) in measure.keys.iter().enumerate() {
        if let Some(first) = measure.keys.iter().take(at).find(|first| *first == key) {
            typer.diagnostics.push(
                Diagnostic::error(
                    "M3",
                    key.span,
                    format!("the key `{}` is listed twice", shown(&key.text)),
                )
                .also(first.span, "first here"),
            );
        }
    }
}

/// `count: sale` names a kind.
fn counted_kind(of: &Formula, typer: &mut Typer<'_>) -> Option<KindId> {
    if let FormulaKind::Name(name) = &of.is {
        if let Some(kind) = typer.names.kind(name) {
            return Some(kind);
        }
        if let Some((kind, _)) = name.split_once('.')
            && typer.names.kind(kind).is_some()
        {
            typer.diagnostics.push(
                Diagnostic::error("M1", of.span, "`count` counts rows of a kind, not a column")
                    .help(format!("count: {kind}, or count_distinct: {name}")),
            );
            return None;
        }
    }
    let kinds: Vec<String> = typer
        .names
        .kinds
        .iter()
        .map(|kind| kind.name.to_string())
        .collect();
    typer.diagnostics.push(
        Diagnostic::error("M1", of.span, "`count` counts the rows of a kind of fact")
            .help(format!("the kinds are {}", kinds.join(", "))),
    );
    None
}

fn declare_components(text: &PlanText, typer: &mut Typer<'_>, drafts: &mut Drafts) {
    for (at, component) in text.components.iter().enumerate() {
        let grants = match component.unit.as_ref().map(|unit| &*unit.text) {
            None | Some("money") => Some(Grant::Money),
            Some("count") => Some(Grant::Count),
            Some("fund") => Some(Grant::Fund),
            Some("flag") => Some(Grant::Flag),
            Some(_) => None,
        };
        let of = match grants {
            Some(Grant::Money | Grant::Fund) => Ty::money(),
            Some(Grant::Count) => Ty::count(),
            Some(Grant::Flag) => Ty::Flag,
            None => Ty::Wrong,
        };
        if let Some(slot) = typer.names.components.get_mut(at) {
            *slot = of;
        }
        if let Some(slot) = drafts.components.get_mut(at) {
            slot.grants = grants;
        }
    }
}

fn draft_component(
    component: &ComponentText,
    of: &Ty,
    typer: &mut Typer<'_>,
    draft: &mut ComponentDraft,
) {
    let scope = Scope::default();
    let mut flag = |formula: &Option<Formula>, asked: &str| {
        formula
            .as_ref()
            .map(|formula| typer.flag(formula, &scope, asked))
    };
    draft.applies = flag(&component.applies, "for");
    draft.gate = flag(&component.gate, "gate");
    draft.filter = flag(&component.filter, "where");
    draft.conditions = component
        .paid
        .iter()
        .map(|line| flag(&line.condition, "if"))
        .collect();
    let mut amount = |formula: &Option<Formula>, asked: &str| {
        formula
            .as_ref()
            .map(|formula| typer.typed_as(formula, &scope, of, asked))
    };
    draft.pays = amount(&component.pays, "`pays`");
    draft.at_least = amount(&component.at_least, "`at_least`");
    draft.at_most = amount(&component.at_most, "`at_most`");
}

fn draft_limit(text: &PlanText, id: LimitId, typer: &mut Typer<'_>, drafts: &mut Drafts) {
    let (Some(limit), Some(slot)) = (
        text.limits.get(id.index()),
        drafts.limits.get_mut(id.index()),
    ) else {
        return;
    };
    // A limit holds what its first component grants; that all grant the same is checked with the limit.
    let of = limit
        .on
        .iter()
        .find_map(|name| match typer.names.get(&name.text)?.thing {
            Thing::Component(id) => typer.names.components.get(id.index()).cloned(),
            Thing::Limit(other) if other != id => typer.names.limits.get(other.index()).cloned(),
            Thing::Limit(_)
            | Thing::Kind(_)
            | Thing::Term(_)
            | Thing::Measure(_)
            | Thing::Value(_)
            | Thing::Table(_) => None,
        })
        .unwrap_or(Ty::Wrong);
    if let Some(known) = typer.names.limits.get(id.index()).cloned() {
        typer.types.equate(&known, &of);
    }
    let scope = Scope::default();
    slot.at_most = limit
        .at_most
        .as_ref()
        .map(|formula| typer.typed_as(formula, &scope, &of, "`at_most`"));
    slot.at_least = limit
        .at_least
        .as_ref()
        .map(|formula| typer.typed_as(formula, &scope, &of, "`at_least`"));
}
