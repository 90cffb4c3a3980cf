//! The evaluated graph: what was asked, where, what it answered, and from what.
//!
//! It is the explanation. Each name is one node however often it is used; its inputs are the nodes it was made from.

use trueup_plan::tree::{Change, Expr, Name, TableId, Target, Trigger};

use crate::evaluate::Place;
use crate::number::Number;
use crate::value::Value;
use crate::world::RowIx;

/// How many answers an explanation has at least, so that few need not be moved as it grows.
const NODES_EXPECTED: usize = 64;

/// A node by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// The names known inside a band, by their position in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InBand(u32);

/// The names known inside a band of a table that was looked at.
#[derive(Clone, Debug)]
pub struct BandNames<N: Number> {
    /// The band's position on each axis, lowest first.
    pub bands: Vec<usize>,
    /// The table's arguments.
    pub arguments: Vec<Value<N>>,
    /// The band's lower bound.
    pub lower: Value<N>,
    /// The band's upper bound.
    pub upper: Value<N>,
    /// The part of the argument in the band.
    pub slice: Value<N>,
    /// The band's columns.
    pub cells: Vec<Value<N>>,
}

/// What a node stands for.
#[derive(Clone, Copy, Debug)]
pub enum What<'p> {
    /// A named thing of the plan.
    Name(Name),
    /// A formula inside a named thing.
    Formula(&'p Expr),
    /// A band of a table, and the names known inside it.
    Band(TableId, InBand),
    /// What a formula adds up to over all who share.
    OfAll(&'p Expr),
    /// Whether a contingency or guardrail is on.
    Trigger(Trigger),
    /// What holds without the changes that are on.
    Was(Target),
    /// What a change makes of it.
    Changed(Trigger, &'p Change),
    /// A credited row.
    Row(RowIx),
    /// A row left out, and why (its value).
    LeftOut(RowIx),
}

/// One answer and what it was made from.
#[derive(Clone, Debug)]
pub struct Node<'p, N: Number> {
    /// What was asked.
    pub what: What<'p>,
    /// Where.
    pub place: Place,
    /// The answer.
    pub value: Value<N>,
    inputs: (u32, u32),
}

/// Every answer of an evaluation.
#[derive(Clone, Debug)]
pub struct Graph<'p, N: Number> {
    nodes: Vec<Node<'p, N>>,
    edges: Vec<NodeId>,
    open: Vec<NodeId>,
    bands: Vec<BandNames<N>>,
    answers_only: bool,
}

/// Where a node's inputs begin while it is still being made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    open: usize,
}

impl<'p, N: Number> Graph<'p, N> {
    pub(crate) fn new() -> Self {
        Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            open: Vec::new(),
            bands: Vec::new(),
            answers_only: false,
        }
    }

    /// From here on only what was asked by name is kept, without what it was made from.
    pub(crate) fn keep_answers_only(&mut self) {
        self.answers_only = true;
    }

    /// Whether every step is kept.
    pub(crate) fn explains(&self) -> bool {
        !self.answers_only
    }

    pub(crate) fn clear(&mut self) {
        self.nodes.clear();
        self.edges.clear();
        self.open.clear();
        self.bands.clear();
    }

    /// Keeps the names of a band for the node that is about to be closed.
    pub(crate) fn keep_band(&mut self, names: BandNames<N>) -> InBand {
        let at = InBand(index(self.bands.len()));
        self.bands.push(names);
        at
    }

    /// The names known inside a band.
    #[must_use]
    pub fn band(&self, at: InBand) -> Option<&BandNames<N>> {
        self.bands.get(at.0 as usize)
    }

    pub(crate) fn begin(&self) -> Opened {
        Opened {
            open: self.open.len(),
        }
    }

    /// Closes a step of the explanation: everything opened since `begin` becomes its inputs.
    pub(crate) fn end(&mut self, opened: Opened, what: What<'p>, place: &Place, value: &Value<N>) {
        if self.answers_only {
            self.open.truncate(opened.open);
        } else {
            self.end_answer(opened, what, place, value.clone());
        }
    }

    /// The same for an answer that is asked for by its node, which is kept in any case.
    pub(crate) fn end_answer(
        &mut self,
        opened: Opened,
        what: What<'p>,
        place: &Place,
        value: Value<N>,
    ) -> NodeId {
        let from = self.edges.len();
        if self.answers_only {
            self.open.truncate(opened.open);
        } else {
            self.edges.extend(self.open.drain(opened.open..));
        }
        let inputs = (index(from), index(self.edges.len()));
        let id = NodeId(index(self.nodes.len()));
        if self.nodes.capacity() == 0 && self.explains() {
            self.nodes.reserve(NODES_EXPECTED);
        }
        self.nodes.push(Node {
            what,
            place: *place,
            value,
            inputs,
        });
        self.open.push(id);
        id
    }

    /// Uses a node once more, as an input of whatever is open.
    pub(crate) fn reuse(&mut self, id: NodeId) {
        self.open.push(id);
    }

    /// The node made or used last since `begin`.
    pub(crate) fn last_open(&self, opened: Opened) -> Option<NodeId> {
        self.open
            .get(opened.open..)
            .and_then(<[NodeId]>::last)
            .copied()
    }

    /// Leaves out what was asked since `begin`: it stays known, but is no input of what is open.
    pub(crate) fn forget_inputs(&mut self, opened: Opened) {
        self.open.truncate(opened.open);
    }

    /// What was asked from outside, in the order asked: everything that counts follows into one of these.
    #[must_use]
    pub fn asked(&self) -> &[NodeId] {
        &self.open
    }

    /// A node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node<'p, N>> {
        self.nodes.get(id.0 as usize)
    }

    /// Every node, in the order in which they were answered.
    pub fn nodes(&self) -> impl Iterator<Item = &Node<'p, N>> {
        self.nodes.iter()
    }

    /// What a node was made from, in the order it was asked.
    #[must_use]
    pub fn inputs(&self, id: NodeId) -> &[NodeId] {
        self.node(id)
            .and_then(|node| {
                self.edges
                    .get(node.inputs.0 as usize..node.inputs.1 as usize)
            })
            .unwrap_or(&[])
    }

    /// How many answers it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing was asked yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

fn index(at: usize) -> u32 {
    // Four thousand million answers for one partner do not fit in memory.
    u32::try_from(at).unwrap_or(u32::MAX)
}
