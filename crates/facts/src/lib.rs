//! Facts: declared sources in, standardised facts in Delta Lake tables out.
#![forbid(unsafe_code)]

mod archive;
pub mod cage;
pub mod compact;
pub mod csv_in;
pub mod dates;
pub mod decimal;
pub mod deliver;
pub mod digest;
pub mod disk;
pub mod durable;
pub mod error;
pub mod flags;
pub mod glob;
pub mod header;
pub mod ingest;
pub mod input;
pub mod json_in;
pub mod judge;
pub mod kept;
pub mod ledger;
pub mod measure;
pub mod parquet_in;
pub mod program;
pub mod push;
pub mod quality;
pub mod quarantine;
pub mod raw;
pub mod reconcile;
pub mod replay;
pub mod snapshot;
pub mod standardise;
pub mod store;
pub mod tally;
pub mod texts;
pub mod words;
mod workbook;
