//! What a form needs to ask: columns as the program declares them, and what is known to stand in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use trueup_engine::world::{Cell, KindFacts};
use trueup_facts::program::{ColumnType, Kind, Mapping, NumberUnit, Program, Typed, Unlisted};
use trueup_plan::tree::{ColumnId, FactKind, Type};
use trueup_server::wire::{
    ColumnHolds, WhatIfChoice, WhatIfColumn, WhatIfForm, WhatIfKind, WhatIfPick,
};

use super::given::is_needed;
use super::{Ground, kind_named};
use crate::failure::Failure;

/// How many different texts are still a list that somebody picks from.
const OFFERED_MAX: usize = 40;
/// How many things may be picked.
const CHOICES_MAX: usize = 400;

/// A column, and what each value of the source's column fills into it.
type Filled<'p> = (&'p str, &'p BTreeMap<Arc<str>, Option<Typed>>);

/// What a form needs.
pub fn of(ground: &Ground<'_, '_>) -> Result<WhatIfForm, Failure> {
    let folder = &ground.floor.basis.folder;
    let program = &folder.program;
    let plan = ground.prepared.plan;
    let known = ground.floor.basis.seen.scope.until;
    let latest = known.yesterday().unwrap_or(known);
    let kinds = plan.kinds.iter().filter_map(|shape| {
        let declared = program.kind(&shape.name)?;
        let facts = ground.rows.kind(kind_named(plan, &shape.name)?)?;
        Some(kind(ground, (shape, declared), facts))
    });
    let agreement = ground.prepared.world.partner(ground.at);
    let has_end = agreement.is_some_and(|who| who.agreement.until.is_some());
    Ok(WhatIfForm {
        partner: ground.partner.to_owned(),
        partner_name: super::super::name_of(folder, ground.partner),
        plan_title: plan.title.to_string(),
        currency: plan.currency.code().to_owned(),
        from: ground.from.to_string(),
        closed_until: ground.closed_on.map(|day| day.to_string()),
        last: has_end.then(|| ground.last.to_string()),
        suggested_on: latest
            .clamp(ground.from, ground.last.max(ground.from))
            .to_string(),
        kinds: kinds.collect(),
    })
}

fn kind(
    ground: &Ground<'_, '_>,
    (shape, declared): (&FactKind, &Kind),
    facts: &KindFacts,
) -> WhatIfKind {
    let program = &ground.floor.basis.folder.program;
    let picks = picks(program, (shape, declared));
    let picked: BTreeSet<&str> = picks
        .iter()
        .flat_map(|pick| pick.fills.iter().map(String::as_str))
        .collect();
    let dated = shape.columns.get(shape.dated.index());
    let mut owner_is_said = false;
    let columns = (0u16..)
        .map(ColumnId)
        .zip(&shape.columns)
        .map(|(at, column)| {
            let held = declared.type_of(&column.name);
            let own = own_texts(facts, at);
            let is_listed = column.of == Type::Text && !picked.contains(&*column.name);
            let is_short = own.len() <= OFFERED_MAX;
            let is_owner = column.of == Type::Partner && !owner_is_said;
            owner_is_said |= is_owner;
            WhatIfColumn {
                name: column.name.to_string(),
                holds: holds(held, column.of),
                places: match held {
                    Some(ColumnType::Number { room, .. }) => Some(room.scale),
                    _ => None,
                },
                is_needed: is_needed(column.of) || is_owner,
                fixed: is_owner.then(|| ground.partner.to_owned()),
                // A long list names single things, such as orders: what happens anew has a name of its own.
                suggested: (is_listed && (!is_short || own.is_empty())).then(|| "new".to_owned()),
                offered: match is_listed && is_short {
                    true => own.into_iter().collect(),
                    false => Vec::new(),
                },
            }
        });
    WhatIfKind {
        kind: shape.name.to_string(),
        is: match shape.is.is_empty() {
            true => declared.is.to_string(),
            false => shape.is.to_string(),
        },
        dated: dated.map(|one| one.name.to_string()).unwrap_or_default(),
        columns: columns.collect(),
        picks,
    }
}

/// The texts of the partner's rows in a column, up to one more than are offered.
fn own_texts(facts: &KindFacts, column: ColumnId) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for row in &facts.rows {
        if let Some(Cell::Text(text)) = row.cells.get(column.index()) {
            texts.insert(text.to_string());
        }
        if texts.len() > OFFERED_MAX {
            break;
        }
    }
    texts
}

/// What of a kind's columns is filled by one column of a source, whose every value is listed beforehand.
fn picks(program: &Program, (shape, declared): (&FactKind, &Kind)) -> Vec<WhatIfPick> {
    let mut picks: Vec<WhatIfPick> = Vec::new();
    let kind = program
        .kinds
        .iter()
        .position(|one| one.name == declared.name);
    for source in program.sources.iter().filter(|one| Some(one.kind) == kind) {
        let mut listed: BTreeMap<&str, Vec<Filled<'_>>> = BTreeMap::new();
        for (column, mapping) in declared.columns.iter().zip(&source.map) {
            let is_read = shape.column_named(&column.name).is_some();
            if let Some(Mapping::Listed {
                column: by,
                values,
                unlisted: Unlisted::Key { .. } | Unlisted::Value,
            }) = mapping
                && is_read
                && column.of == ColumnType::Text
            {
                listed.entry(by).or_default().push((&column.name, values));
            }
        }
        for (by, filled) in listed {
            let fills: Vec<String> = filled.iter().map(|(name, _)| (*name).to_owned()).collect();
            if picks
                .iter()
                .any(|pick| pick.fills.iter().any(|one| fills.contains(one)))
            {
                continue;
            }
            let choices = choices(&filled);
            if !choices.is_empty() {
                picks.push(WhatIfPick {
                    by: by.to_owned(),
                    fills,
                    choices,
                });
            }
        }
    }
    picks
}

/// Each combination of what is filled in, once.
fn choices(filled: &[Filled<'_>]) -> Vec<WhatIfChoice> {
    let keys: BTreeSet<&str> = filled
        .iter()
        .flat_map(|(_, values)| values.keys().map(|key| &**key))
        .collect();
    let mut all: BTreeMap<Vec<Option<&str>>, WhatIfChoice> = BTreeMap::new();
    for key in keys {
        let cells: Vec<Option<&str>> = filled
            .iter()
            .map(|(_, values)| match values.get(key) {
                Some(Some(Typed::Text(text))) => Some(&**text),
                _ => None,
            })
            .collect();
        let said: Vec<&str> = cells.iter().rev().copied().flatten().collect();
        if said.is_empty() {
            continue;
        }
        let choice = WhatIfChoice {
            called: said.join(" · "),
            cells: filled
                .iter()
                .zip(&cells)
                .filter_map(|((name, _), text)| Some(((*name).to_owned(), (*text)?.to_owned())))
                .collect(),
        };
        all.insert(cells, choice);
    }
    let mut choices: Vec<WhatIfChoice> = all.into_values().take(CHOICES_MAX).collect();
    choices.sort_by(|a, b| a.called.cmp(&b.called));
    choices
}

/// What a column holds, as the program declares it and the plan reads it.
pub fn holds(declared: Option<ColumnType>, of: Type) -> ColumnHolds {
    match (declared, of) {
        (Some(ColumnType::Number { unit, .. }), _) => match unit {
            NumberUnit::Money => ColumnHolds::Money,
            NumberUnit::Count => ColumnHolds::Count,
            NumberUnit::Score => ColumnHolds::Score,
            NumberUnit::Ratio => ColumnHolds::Ratio,
        },
        (_, Type::Date) => ColumnHolds::Date,
        (_, Type::Flag) => ColumnHolds::Flag,
        (_, Type::Partner) => ColumnHolds::Partner,
        (_, Type::Number(_)) => ColumnHolds::Score,
        (_, Type::Text | Type::Duration) => ColumnHolds::Text,
    }
}
