//! What would have to be done to the plan before to make one change alone.

use crate::diff::names::List;
use crate::tree::Text;

/// One change as something that can be done to a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// Nothing that a figure depends on.
    Nothing,
    /// A part of a thing becomes what it is on the other side.
    Slot {
        list: List,
        before: usize,
        after: usize,
        part: &'static str,
    },
    /// A part of the head.
    Head(&'static str),
    /// Who is credited for a kind of fact.
    Credits { before: usize, after: usize },
    /// Something of a table.
    Table {
        before: usize,
        after: usize,
        of: TableEdit,
    },
    /// A new thing.
    Add { list: List, after: usize },
    /// A thing less.
    Remove { list: List, before: usize },
    /// A contingency, guardrail, fund or another entry of governance, all of it.
    Block {
        /// The block, as in the plan.
        block: Text,
        /// The entry; empty where the block has none.
        name: Text,
    },
    /// It can only be made together with others.
    Together,
}

/// One change of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TableEdit {
    /// The whole table.
    Whole,
    /// How its bands become one number.
    Reading,
    /// Where a band begins: its axis and the band on each side.
    Bound {
        axis: usize,
        before: usize,
        after: usize,
    },
    /// What a band says in one column; bands are given by axis.
    Cell {
        before: (Vec<usize>, usize),
        after: (Vec<usize>, usize),
    },
    /// A band more, before the band that stood there.
    AddBand { at: usize, after: usize },
    /// Bands less: from the first up to the second.
    RemoveBands { from: usize, until: usize },
}
