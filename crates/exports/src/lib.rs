//! What leaves the house, as bytes: payment files for the bank, journals for the ledger, statements for partners, workbooks
//! that people fill in.
//!
//! Whoever calls says everything, the time too, so the same contents come to the same bytes on every machine and in every
//! year. What a format can't hold is refused with the place, never cut or rounded; what banks and ledgers get can be read back
//! ([`pain001::parse`], [`ledger_csv::parse`]) and comes to the same contents.
//!
//! The crate must never know a clock, a file, the network, a plan or a database.

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod fill_in;
mod guard;
pub mod ledger_csv;
pub mod pain001;
mod spreadsheet;
pub mod statement;
