//! A partner's statement in one file, and checking it with nothing else at hand.
//!
//! A bundle carries a partner's own facts, the plan's text and its typed tree, the agreement with both signatures, what was
//! earned with every step of the explanation, postings, and acts with their proofs. [`verify()`] reads the plan again,
//! evaluates it over the facts and holds every step, line and posting to what comes out; what is about other partners stands in
//! it as the vendor's word and is named as such. [`gather`] makes a bundle's content of a program's world.
//!
//! The crate is pure: it must never know a file, a clock or how facts are stored. It keeps one promise: what it calls sound is
//! what the plan's text comes to over the bundle's facts, and every byte of it is the vendor's signed word.
#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod declared;
pub mod gather;
pub mod lines;
pub mod recompute;
pub mod record;
mod said;
mod setting;
mod signed;
pub mod tree;
pub mod verify;

pub use gather::{Gathered, Sources};
pub use lines::{Content, Issue};
pub use recompute::Until;
pub use record::head_of;
pub use verify::{Verdict, verify};
