//! The plan language: text in, a checked plan or every mistake in it out.
//!
//! The crate reads plan text ([`yaml`], [`formula`]), resolves names, infers units and levels, and hands on a typed
//! tree ([`tree`]). It must never know a partner's name, a fact, a clock or a file: its caller gives it text.
#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]

pub mod agreement;
pub mod between;
pub mod check;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod elsewhere;
pub mod formula;
pub mod identity;
pub mod keys;
pub mod nearest;
pub mod rows;
pub mod schema;
pub mod span;
pub mod tree;
pub mod versions;
pub mod words;
pub mod written;
pub mod yaml;
