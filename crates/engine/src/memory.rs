//! What was asked before: a name at a place is computed once.

use std::collections::BTreeSet;

use trueup_base::date::Date;
use trueup_plan::tree::{ComponentId, LimitId, MeasureId, Plan, TermId, Trigger, ValueId};

use crate::evaluate::Place;
use crate::graph::{Graph, NodeId};
use crate::number::Number;

/// A name that is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Term(TermId),
    Measure(MeasureId),
    Value(ValueId),
    Component(ComponentId),
    Limit(LimitId),
    Trigger(Trigger),
}

/// Most names are asked at a handful of places; a list of those is searched faster than a tree. A carried value over
/// thousands of days moves into a tree.
const LISTED_MAX: u32 = 12;

/// No entry.
const NONE: u32 = u32::MAX;

/// The places one name was asked at.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The entry made last.
    last: u32,
    /// How many there are in the list.
    listed: u32,
}

const NOWHERE: Asked = Asked {
    last: NONE,
    listed: 0,
};

/// One place a name was asked at. The place itself stands with the node.
#[derive(Clone, Copy, Debug)]
struct Entry {
    tag: u64,
    node: NodeId,
    /// The entry of the same name made before.
    before: u32,
}

/// A name at a place, as it is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    position: usize,
    tag: u64,
}

/// The answers known so far, by name and place.
#[derive(Debug)]
pub(crate) struct Memory {
    names: Vec<Asked>,
    entries: Vec<Entry>,
    /// Those that are too many for a list: by name, tag and node.
    more: BTreeSet<(u32, u64, NodeId)>,
    /// Where each kind of name begins in the list.
    measures_at: usize,
    values_at: usize,
    components_at: usize,
    limits_at: usize,
    contingencies_at: usize,
    guardrails_at: usize,
}

impl Memory {
    /// An empty memory for the names of a plan.
    pub fn new(plan: &Plan) -> Self {
        let measures_at = plan.terms.len();
        let values_at = measures_at + plan.measures.len();
        let components_at = values_at + plan.values.len();
        let limits_at = components_at + plan.components.len();
        let contingencies_at = limits_at + plan.limits.len();
        let guardrails_at = contingencies_at + plan.contingencies.len();
        Self {
            names: vec![NOWHERE; guardrails_at + plan.guardrails.len()],
            entries: Vec::new(),
            more: BTreeSet::new(),
            measures_at,
            values_at,
            components_at,
            limits_at,
            contingencies_at,
            guardrails_at,
        }
    }

    fn position(&self, subject: Subject) -> usize {
        match subject {
            Subject::Term(id) => id.index(),
            Subject::Measure(id) => self.measures_at + id.index(),
            Subject::Value(id) => self.values_at + id.index(),
            Subject::Component(id) => self.components_at + id.index(),
            Subject::Limit(id) => self.limits_at + id.index(),
            Subject::Trigger(Trigger::Contingency(id)) => self.contingencies_at + id.index(),
            Subject::Trigger(Trigger::Guardrail(id)) => self.guardrails_at + id.index(),
        }
    }

    /// What a name at a place is looked up and remembered by.
    pub fn key(&self, subject: Subject, place: &Place) -> Key {
        Key {
            position: self.position(subject),
            tag: tag_of(place),
        }
    }

    /// The node of a name's answer at a place; a node's own place says whether it is that one.
    pub fn get<N: Number>(
        &self,
        Key { position, tag }: Key,
        place: &Place,
        graph: &Graph<'_, N>,
    ) -> Option<NodeId> {
        let asked = self.names.get(position)?;
        let is_it = |node: NodeId| graph.node(node).is_some_and(|node| node.place == *place);
        let mut at = asked.last;
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.tag == tag && is_it(entry.node) {
                return Some(entry.node);
            }
            at = entry.before;
        }
        if asked.listed < LISTED_MAX {
            return None;
        }
        let name = u32::try_from(position).ok()?;
        let tagged = (name, tag, NodeId(0))..=(name, tag, NodeId(u32::MAX));
        let nodes = self.more.range(tagged).map(|(_, _, node)| *node);
        nodes.into_iter().find(|node| is_it(*node))
    }

    /// Remembers a node, which stands at the place of the key.
    pub fn keep(&mut self, Key { position, tag }: Key, node: NodeId) {
        let (Some(asked), Ok(name)) = (self.names.get_mut(position), u32::try_from(position))
        else {
            return;
        };
        let next = u32::try_from(self.entries.len()).unwrap_or(NONE);
        if asked.listed < LISTED_MAX && next != NONE {
            self.entries.push(Entry {
                tag,
                node,
                before: asked.last,
            });
            asked.last = next;
            asked.listed += 1;
        } else {
            self.more.insert((name, tag, node));
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.names.fill(NOWHERE);
        self.entries.clear();
        self.more.clear();
    }
}

/// A number that two places seldom share: places are compared where it is the same.
fn tag_of(place: &Place) -> u64 {
    let day = |day: Date| {
        let (year, month, day) = (day.year(), day.month(), day.day());
        (i64::from(year) * 512 + i64::from(month) * 32 + i64::from(day)).cast_unsigned()
    };
    let row = place.row.map_or(0, |row| u64::from(row.row.0) + 1);
    let key = place.key.map_or(0, |key| u64::from(key.0) + 1);
    let known = place.known_before.map_or(0, day);
    let days = day(place.window.starts) << 32 | day(place.window.ends);
    days ^ row << 8 ^ key << 40 ^ known << 20 ^ u64::from(place.partner.0) << 48
}
