//! What was asked before: a name at a place is computed once.

use std::collections::BTreeMap;

use trueup_plan::tree::{ComponentId, LimitId, MeasureId, Plan, TermId, Trigger, ValueId};

use crate::evaluate::Place;
use crate::graph::NodeId;

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
const LISTED_MAX: usize = 12;

/// The places one name was asked at.
#[derive(Debug, Default)]
struct Asked {
    listed: Vec<(Place, NodeId)>,
    more: BTreeMap<Place, NodeId>,
}

/// The answers known so far, by name and place.
#[derive(Debug)]
pub(crate) struct Memory {
    names: Vec<Asked>,
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
        let names = (0..guardrails_at + plan.guardrails.len())
            .map(|_| Asked::default())
            .collect();
        Self {
            names,
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

    /// The node of a name's answer at a place.
    pub fn get(&self, subject: Subject, place: &Place) -> Option<NodeId> {
        let asked = self.names.get(self.position(subject))?;
        let listed = asked.listed.iter().find(|(at, _)| at == place);
        listed
            .map(|(_, id)| *id)
            .or_else(|| asked.more.get(place).copied())
    }

    /// Remembers a node.
    pub fn keep(&mut self, subject: Subject, place: Place, id: NodeId) {
        let position = self.position(subject);
        if let Some(asked) = self.names.get_mut(position) {
            if asked.listed.len() < LISTED_MAX {
                asked.listed.push((place, id));
            } else {
                asked.more.insert(place, id);
            }
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for asked in &mut self.names {
            asked.listed.clear();
            asked.more.clear();
        }
    }
}
