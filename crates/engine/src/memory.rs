//! What was asked before: a name at a place is computed once.

use trueup_base::date::Date;
use trueup_plan::tree::{ComponentId, LimitId, MeasureId, Plan, TermId, Trigger, ValueId};

use crate::evaluate::Place;
use crate::graph::{Graph, Node, NodeId};
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

/// No entry.
const NONE: u32 = u32::MAX;

/// How many chains there are at first.
const CHAINS_MIN: usize = 64;

/// One name at one place. The place itself stands with the node.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    node: NodeId,
    /// The entry of the same chain made before.
    before: u32,
}

/// A name at a place, as it is looked up: the name's position, and a number that two places seldom share, with its digits
/// spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    spread: u64,
    position: u32,
}

/// An odd number near 2^64 over the golden ratio: the upper half of a product with it depends on every digit.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The answers known so far, by name and place.
///
/// Entries stand in the order in which they were made. Each is also a link of one of many short chains, the one its key
/// leads to, so that it is found however many there are. Nothing ever goes through the chains: no order comes from them.
#[derive(Debug)]
pub(crate) struct Memory {
    entries: Vec<Entry>,
    /// The entry of each chain made last; a power of two of them, or none.
    chains: Vec<u32>,
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
        Self {
            entries: Vec::new(),
            chains: Vec::new(),
            measures_at,
            values_at,
            components_at,
            limits_at,
            contingencies_at,
            guardrails_at: contingencies_at + plan.contingencies.len(),
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
        // A plan has fewer names than that many times over.
        let position = u32::try_from(self.position(subject)).unwrap_or(NONE);
        let tag = tag_of(place) ^ u64::from(position).wrapping_mul(SPREAD);
        Key {
            spread: tag.wrapping_mul(SPREAD),
            position,
        }
    }

    /// The node of a name's answer at a place; a node's own place says whether it is that one.
    pub fn get<N: Number>(&self, key: Key, place: &Place, graph: &Graph<'_, N>) -> Option<NodeId> {
        let mut at = *self.chains.get(self.chain(key))?;
        while let Some(entry) = self.entries.get(at as usize) {
            let is_it = |node: &Node<'_, N>| node.place == *place;
            if entry.key == key && graph.node(entry.node).is_some_and(is_it) {
                return Some(entry.node);
            }
            at = entry.before;
        }
        None
    }

    /// Remembers a node, which stands at the place of the key.
    pub fn keep(&mut self, key: Key, node: NodeId) {
        let next = u32::try_from(self.entries.len()).unwrap_or(NONE);
        if next == NONE {
            // It is worked out again; so many answers do not fit in memory anyway.
            return;
        }
        self.entries.push(Entry {
            key,
            node,
            before: NONE,
        });
        match self.entries.len() > self.chains.len() {
            true => self.lengthen(),
            false => self.link(next),
        }
    }

    /// Puts an entry at the head of its chain.
    fn link(&mut self, at: u32) {
        let chain = self
            .entries
            .get(at as usize)
            .map(|entry| self.chain(entry.key));
        let head = chain.and_then(|chain| self.chains.get_mut(chain));
        if let (Some(entry), Some(head)) = (self.entries.get_mut(at as usize), head) {
            entry.before = std::mem::replace(head, at);
        }
    }

    /// Twice as many chains, with all entries.
    fn lengthen(&mut self) {
        let chains = (self.chains.len() * 2).max(CHAINS_MIN);
        self.chains = vec![NONE; chains];
        for (_, at) in (0..self.entries.len()).zip(0u32..) {
            self.link(at);
        }
    }

    /// The chain a key leads to.
    fn chain(&self, key: Key) -> usize {
        let last = self.chains.len().wrapping_sub(1);
        usize::try_from(key.spread >> 32).unwrap_or(0) & last
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.chains.fill(NONE);
    }
}

/// A number that two places seldom share: places are compared where it is the same.
fn tag_of(place: &Place) -> u64 {
    // The years are 1 to 9999, so that the three do not meet.
    let day = |day: Date| {
        let (year, month, day) = (day.year(), day.month(), day.day());
        u64::from(year.cast_unsigned()) << 9
            | u64::from(month.cast_unsigned()) << 5
            | u64::from(day.cast_unsigned())
    };
    let days = day(place.window.starts) << 32 | day(place.window.ends);
    let plain = days ^ u64::from(place.partner.0) << 48;
    if place.is_plain() {
        return plain;
    }
    let row = place.row.map_or(0, |row| u64::from(row.row.0) + 1);
    let key = place.key.map_or(0, |key| u64::from(key.0) + 1);
    let known = place.known_before.map_or(0, day);
    plain ^ row << 8 ^ key << 40 ^ known << 20
}
