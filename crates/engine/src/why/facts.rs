//! Which facts differ between two worlds of one plan, and what became of each.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::id::{FactId, PartnerId};
use trueup_plan::tree::{KindId, Plan};

use crate::evaluate::{Evaluator, Place, RowPlace};
use crate::measure::Reference;
use crate::number::Answer;
use crate::world::{Cell, KindFacts, Row, World, date_of};

/// What became of a fact between the two runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactBecame {
    /// The first run did not know it.
    Late,
    /// It says something else.
    Corrected,
    /// It counts for nothing any more.
    Cancelled,
}

impl FactBecame {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Corrected => "corrected",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A fact that differs between the two runs.
#[derive(Clone, Debug)]
pub struct FactChange {
    /// Its id.
    pub id: FactId,
    /// The day that places it: as the second run knows it, or else as the first did.
    pub on: Option<Date>,
    /// What its columns say differently, as text: the column, before, after.
    pub says: Vec<(String, String, String)>,
    pub(super) after: Vec<Row>,
}

/// The facts of one kind that became the same.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) kind: KindId,
    pub(super) became: FactBecame,
    pub(super) facts: Vec<FactChange>,
}

/// Versions of the facts of one kind, by id.
type Versions<'w> = BTreeMap<&'w FactId, Vec<&'w Row>>;

fn versions(facts: &KindFacts) -> Versions<'_> {
    let mut versions = Versions::new();
    for row in &facts.rows {
        versions.entry(&row.id).or_default().push(row);
    }
    versions
}

/// What differs in the facts of one kind: late facts, then corrected, then cancelled ones.
pub(super) fn changed(plan: &Plan, before: &World, after: &World, kind: KindId) -> Vec<Changed> {
    let (Some(old), Some(new)) = (before.kind(kind), after.kind(kind)) else {
        return Vec::new();
    };
    if old.rows == new.rows {
        return Vec::new();
    }
    let (had, has) = (versions(old), versions(new));
    let ids: BTreeSet<&FactId> = had
        .keys()
        .chain(has.keys())
        .copied()
        .filter(|id| had.get(id) != has.get(id))
        .collect();
    let (counted, counts) = (
        that_count(plan, before, kind, &ids),
        that_count(plan, after, kind, &ids),
    );
    let mut groups: BTreeMap<FactBecame, Vec<FactChange>> = BTreeMap::new();
    for id in ids {
        let (was, is) = (had.get(id), has.get(id));
        let became = match (was, is) {
            (None, _) => FactBecame::Late,
            (Some(_), None) => FactBecame::Cancelled,
            (Some(_), Some(_)) if counted.contains(id) && !counts.contains(id) => {
                FactBecame::Cancelled
            }
            (Some(_), Some(_)) => FactBecame::Corrected,
        };
        let rows = |versions: Option<&Vec<&Row>>| -> Vec<Row> {
            let versions = versions.into_iter().flatten();
            versions.map(|row| (*row).clone()).collect()
        };
        let (was, is) = (rows(was), rows(is));
        groups
            .entry(became)
            .or_default()
            .push(change(plan, kind, id, was, is));
    }
    groups
        .into_iter()
        .map(|(became, facts)| Changed {
            kind,
            became,
            facts,
        })
        .collect()
}

fn change(plan: &Plan, kind: KindId, id: &FactId, before: Vec<Row>, after: Vec<Row>) -> FactChange {
    let shape = &plan[kind];
    let day = |rows: &[Row]| rows.iter().rev().find_map(|row| date_of(row, shape.dated));
    let (was, is) = (current(&before), current(&after));
    let mut says = Vec::new();
    for (column, at) in shape.columns.iter().zip(0usize..) {
        let (was, is) = (cell(was, at), cell(is, at));
        if was != is {
            let text = |cell: Option<&Cell>| cell.map_or_else(String::new, shown);
            says.push((column.name.to_string(), text(was), text(is)));
        }
    }
    FactChange {
        id: id.clone(),
        on: day(&after).or_else(|| day(&before)),
        says,
        after,
    }
}

fn cell(row: Option<&Row>, at: usize) -> Option<&Cell> {
    row.and_then(|row| row.cells.get(at))
}

/// The version that became known last.
fn current(rows: &[Row]) -> Option<&Row> {
    rows.iter().max_by_key(|row| row.recorded_on)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => number.to_decimal().unwrap_or_else(|| number.to_string()),
        Cell::Text(text) => text.to_string(),
        Cell::Date(day) => day.to_string(),
        Cell::Flag(holds) => holds.to_string(),
        Cell::Partner(partner) => partner.to_string(),
        Cell::Empty => String::new(),
    }
}

/// Which facts count for anything in a world: in a measure that takes their row in with anything but nothing, or in a
/// component that pays on it.
fn that_count<'i>(
    plan: &Plan,
    world: &World,
    kind: KindId,
    ids: &BTreeSet<&'i FactId>,
) -> BTreeSet<&'i FactId> {
    let mut count = BTreeSet::new();
    let Some(facts) = world.kind(kind) else {
        return count;
    };
    let mut evaluator: Evaluator<'_, Answer, Reference> = Evaluator::new(plan, world, &Reference);
    for (role, partner, credit) in facts.all_credits() {
        let Some(row) = facts.rows.get(credit.row.0 as usize) else {
            continue;
        };
        let Some(id) = ids.get(&row.id) else {
            continue;
        };
        if count.contains(id) || !facts.is_known(credit.row, None) {
            continue;
        }
        let day = date_of(row, plan[kind].dated);
        let Some(window) = day.and_then(|day| plan.calendar.window_at(plan.period, day)) else {
            continue;
        };
        evaluator.forget_partner();
        let place = Place {
            row: Some(RowPlace::new(kind, role, credit)),
            ..Place::new(partner, window)
        };
        if evaluator.does_row_count(kind, role, &place) {
            count.insert(*id);
        }
    }
    count
}

/// The partners that any of some facts is credited to.
pub(super) fn credited(
    world: &World,
    kind: KindId,
    ids: &BTreeSet<&FactId>,
) -> BTreeSet<PartnerId> {
    let Some(facts) = world.kind(kind) else {
        return BTreeSet::new();
    };
    facts
        .all_credits()
        .filter(|(_, _, credit)| {
            facts
                .rows
                .get(credit.row.0 as usize)
                .is_some_and(|row| ids.contains(&row.id))
        })
        .filter_map(|(_, partner, _)| Some(world.partner(partner)?.id.clone()))
        .collect()
}
