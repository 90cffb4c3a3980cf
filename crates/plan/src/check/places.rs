//! Where each formula is asked, held to where it stands: a measure reads rows of one kind, a gate is asked once.

use std::collections::BTreeSet;

use crate::check::components;
use crate::check::governed;
use crate::check::graph;
use crate::check::kinds;
use crate::check::levels::{Found, Levels, Reach, mark_shared_rows};
use crate::check::names::{Thing, id};
use crate::check::types::Ty;
use crate::diagnostic::Diagnostic;
use crate::document::{MeasureText, PlanText};
use crate::tree::walk::{formulas_of_governance_mut, formulas_of_table_mut};
use crate::tree::{
    ColumnId, ComponentId, Expr, FactKind, Fold, KindId, Level, LimitId, Measure, MeasureId, Plan,
    TermId, ValueId,
};

/// Finds where each formula can be asked, and what follows from it.
pub(super) fn find_levels(
    text: &PlanText,
    plan: &mut Plan,
    broken: &BTreeSet<Thing>,
    order: &graph::Order,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let found_on = plan.clone();
    let mut levels = Levels::of(&found_on, broken, &order.sorted);
    place_measures(text, plan, broken, &mut levels, diagnostics);
    for (component, at) in plan.components.iter().zip(0..) {
        if broken.contains(&Thing::Component(ComponentId(at))) {
            continue;
        }
        check_component(component, &found_on, &mut levels);
    }
    for (limit, at) in plan.limits.iter().zip(0..) {
        if broken.contains(&Thing::Limit(LimitId(at))) {
            continue;
        }
        for formula in limit.at_least.iter().chain(&limit.at_most) {
            partner_only(&mut levels, formula, "a limit is asked for a partner");
        }
    }
    for (term, at) in plan.terms.iter().zip(0..) {
        if let Some(agreed) = &term.agreed
            && !broken.contains(&Thing::Term(TermId(at)))
        {
            partner_only(&mut levels, agreed, "a term is agreed with a partner");
        }
    }
    governed::place(text, plan, &mut levels, diagnostics);
    place_values(text, plan, order, &mut levels, diagnostics);
    mark_rows(plan, &mut levels);
    diagnostics.append(&mut levels.diagnostics);
}

pub(super) fn partner_only(levels: &mut Levels<'_>, formula: &Expr, why: &str) {
    let found = levels.of_expr(formula);
    if found.is_row() {
        levels.refuse_row(
            found,
            formula,
            why,
            "put it into a measure, and use the measure",
        );
    }
}

/// Every measure reads one kind of fact.
fn place_measures(
    text: &PlanText,
    plan: &mut Plan,
    broken: &BTreeSet<Thing>,
    levels: &mut Levels<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for at in 0..plan.measures.len() {
        let (Some(measure), Some(written)) = (plan.measures.get(at), text.measures.get(at)) else {
            continue;
        };
        if broken.contains(&Thing::Measure(MeasureId(id(at)))) {
            continue;
        }
        let Some(kind) = measure_kind(measure, written, &plan.kinds, levels, diagnostics) else {
            continue;
        };
        for formula in measure.of.iter().chain(&measure.filter).chain(&measure.by) {
            levels.assign(formula, kind);
        }
        let Some(known) = plan.kinds.get(kind.index()) else {
            continue;
        };
        let role = components::role(written.role.as_ref(), known, diagnostics);
        let at_column = measure_date(written, kind, known, text, diagnostics);
        if let Some(measure) = plan.measures.get_mut(at) {
            measure.kind = kind;
            measure.role = role;
            measure.at = at_column;
        }
    }
}

fn measure_date(
    written: &MeasureText,
    kind: KindId,
    known: &FactKind,
    text: &PlanText,
    diagnostics: &mut Vec<Diagnostic>,
) -> ColumnId {
    let (Some(at), Some(kind_text)) = (&written.at, text.facts.get(kind.index())) else {
        return known.dated;
    };
    let columns = kinds::names_of(known);
    kinds::column_of(
        (&at.text, at.span),
        &kind_text.name,
        &columns,
        &Ty::Date,
        diagnostics,
    )
    .unwrap_or(known.dated)
}

/// The one kind whose rows a measure reads.
fn measure_kind(
    measure: &Measure,
    written: &MeasureText,
    kinds: &[FactKind],
    levels: &mut Levels<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<KindId> {
    let counted = (measure.fold == Fold::Count).then_some(measure.kind);
    let mut found = counted;
    let mut unknown = false;
    for formula in measure.of.iter().chain(&measure.filter).chain(&measure.by) {
        let one: Found = levels.of_expr(formula);
        match one.reach {
            Reach::Unknown => unknown = true,
            Reach::At(Level::Row(kind)) => match found {
                Some(known) if known != kind => {
                    let name =
                        |kind: KindId| kinds.get(kind.index()).map_or("", |kind| &*kind.name);
                    diagnostics.push(
                        Diagnostic::error(
                            "L2",
                            one.row.unwrap_or(formula.span),
                            format!(
                                "a measure reads one kind of fact: {} here, {} elsewhere",
                                name(kind),
                                name(known)
                            ),
                        )
                        .help("look at the other kind through a measure with a key"),
                    );
                    return None;
                }
                _ => found = Some(kind),
            },
            Reach::SomeRow | Reach::At(Level::Constant | Level::Program | Level::Partner) => {}
        }
    }
    if found.is_none() && !unknown {
        // Rows are only read through names whose kind their uses decide: with one kind there is no doubt.
        if let [_] = kinds {
            return Some(KindId(0));
        }
        diagnostics.push(
            Diagnostic::error(
                "M2",
                written.name.span,
                format!("{} reads no column of any fact", measure.name),
            )
            .help("name a column: sum: sale.amount; a formula without columns is a value"),
        );
    }
    found
}

fn check_component(component: &crate::tree::Component, plan: &Plan, levels: &mut Levels<'_>) {
    let once = format!("{} pays once per {}", component.name, component.over.name());
    for (formula, why) in [
        (&component.applies, "`for` is asked about a partner"),
        (&component.gate, "a gate is asked once for the window"),
        (
            &component.at_least,
            "the floor is asked once for the window",
        ),
        (&component.at_most, "the cap is asked once for the window"),
    ] {
        if let Some(formula) = formula {
            partner_only(levels, formula, why);
        }
    }
    for condition in component
        .paid
        .iter()
        .filter_map(|line| line.condition.as_ref())
    {
        partner_only(levels, condition, "a release is asked about a partner");
    }
    match &component.each {
        None => {
            let found = levels.of_expr(&component.pays);
            if found.is_row() {
                let kind = match found.reach {
                    Reach::At(Level::Row(kind)) => {
                        plan.kinds.get(kind.index()).map_or("…", |kind| &*kind.name)
                    }
                    Reach::SomeRow | Reach::Unknown | Reach::At(_) => "…",
                };
                let help = format!("pay on each {kind} (each: {kind}), or sum it in a measure");
                levels.refuse_row(found, &component.pays, &once, &help);
            }
        }
        Some(each) => {
            for formula in std::iter::once(&component.pays).chain(&each.filter) {
                let found = levels.of_expr(formula);
                if let Reach::At(Level::Row(kind)) = found.reach
                    && kind != each.kind
                {
                    let name = plan
                        .kinds
                        .get(each.kind.index())
                        .map_or("", |kind| &*kind.name);
                    let why = format!("{} pays on each {name}", component.name);
                    levels.refuse_row(
                        found,
                        formula,
                        &why,
                        "look at the other kind through a measure with a key",
                    );
                } else {
                    levels.assign(formula, each.kind);
                }
            }
        }
    }
}

/// Writes the levels that were found into the values and tables.
fn place_values(
    text: &PlanText,
    plan: &mut Plan,
    order: &graph::Order,
    levels: &mut Levels<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for at in 0..plan.values.len() {
        let Some(found) = levels.values.get(at).copied() else {
            continue;
        };
        if let (Reach::At(Level::Row(kind)), Some(value)) = (found.reach, plan.values.get(at)) {
            levels.assign(&value.formula, kind);
        }
    }
    for (at, value) in plan.values.iter().enumerate() {
        let found = levels.values.get(at).copied();
        if let Some(found) = found.filter(|found| value.each.is_some() && found.is_row()) {
            levels.refuse_row(
                found,
                &value.formula,
                "a value with keys is asked for a partner and a key",
                "sum it in a measure by the same key, and ask that: by_contract[sale.contract]",
            );
        }
    }
    let only = (plan.kinds.len() == 1).then_some(KindId(0));
    for (at, value) in plan.values.iter_mut().enumerate() {
        let id = ValueId(id(at));
        value.carried = order.carried.contains(&Thing::Value(id));
        let Some(found) = levels.values.get(at) else {
            continue;
        };
        value.level = match found.reach {
            Reach::At(level) => level,
            Reach::Unknown => Level::Constant,
            Reach::SomeRow => match levels.kinds.get(&id).copied().or(only) {
                Some(kind) => Level::Row(kind),
                None => {
                    let span = text
                        .values
                        .get(at)
                        .map_or(value.span, |value| value.name.span);
                    diagnostics.push(
                        Diagnostic::error(
                            "L2",
                            span,
                            format!("nothing says on which kind of fact {} is asked", value.name),
                        )
                        .help("mention a column of the kind in it"),
                    );
                    Level::Constant
                }
            },
        };
    }
    for (at, table) in plan.tables.iter_mut().enumerate() {
        if let Some(Found {
            reach: Reach::At(level),
            ..
        }) = levels.tables.get(at)
        {
            table.level = *level;
        }
    }
}

/// Says in every `allocate` of the plan whether rows share.
fn mark_rows(plan: &mut Plan, levels: &mut Levels<'_>) {
    let row_of = |level: Level| match level {
        Level::Row(kind) => Some(kind),
        Level::Constant | Level::Program | Level::Partner => None,
    };
    for term in &mut plan.terms {
        term.agreed
            .iter_mut()
            .for_each(|formula| mark_shared_rows(levels, formula, None));
    }
    for measure in &mut plan.measures {
        let kind = Some(measure.kind);
        for formula in measure
            .of
            .iter_mut()
            .chain(&mut measure.filter)
            .chain(&mut measure.by)
        {
            mark_shared_rows(levels, formula, kind);
        }
    }
    for value in &mut plan.values {
        let kind = row_of(value.level);
        mark_shared_rows(levels, &mut value.formula, kind);
    }
    for table in &mut plan.tables {
        for formula in formulas_of_table_mut(table) {
            mark_shared_rows(levels, formula, None);
        }
    }
    for component in &mut plan.components {
        let kind = component.each.as_ref().map(|each| each.kind);
        mark_shared_rows(levels, &mut component.pays, kind);
        for formula in component
            .each
            .iter_mut()
            .filter_map(|each| each.filter.as_mut())
        {
            mark_shared_rows(levels, formula, kind);
        }
        let once = [
            &mut component.applies,
            &mut component.gate,
            &mut component.at_least,
            &mut component.at_most,
        ];
        for formula in once.into_iter().flatten() {
            mark_shared_rows(levels, formula, None);
        }
        for formula in component
            .paid
            .iter_mut()
            .filter_map(|line| line.condition.as_mut())
        {
            mark_shared_rows(levels, formula, None);
        }
    }
    for limit in &mut plan.limits {
        for formula in limit.at_least.iter_mut().chain(&mut limit.at_most) {
            mark_shared_rows(levels, formula, None);
        }
    }
    for formula in formulas_of_governance_mut(plan) {
        mark_shared_rows(levels, formula, None);
    }
}
