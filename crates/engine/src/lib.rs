//! What a plan means: the reference measurer, the evaluator and explanations.
//!
//! [`Evaluator`] answers any name of a plan for a partner in a window, and records the graph it walked; that graph is
//! the explanation, so the two cannot disagree. [`settle`] turns entitlements into postings. Rows reach the evaluator
//! through [`world::KindFacts`], or through a faster [`Measurer`] that must agree with it to the last digit.
//!
//! The crate is pure: it must never know a file, a clock, a database or how facts were stored. It keeps three
//! promises: evaluation of a checked plan ends and cannot fault, no answer is never zero, and the order in which facts
//! are given changes nothing.
#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]

pub mod asks;
pub mod cases;
pub mod cell;
mod changes;
mod component;
mod evaluate;
pub mod explain;
mod functions;
pub mod funds;
mod graph;
mod keyed;
mod limit;
mod measure;
mod memory;
pub mod number;
mod others;
pub mod payouts;
pub mod schedule;
pub mod settle;
mod table;
mod terms;
pub mod value;
mod versions;
pub mod whatif;
pub mod why;
mod windows;
pub mod world;

pub use evaluate::{Evaluator, Place, RowPlace};
pub use graph::{BandNames, Graph, InBand, Node, NodeId, What};
pub use measure::{Ask, Measurer, Reference};
pub use number::{Answer, NoAnswer, Number, Truth, Verdict};
pub use value::Value;
