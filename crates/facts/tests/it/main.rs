//! Facts end to end: a program's folder in, Delta tables out, and whatever may go wrong between.

mod adventureworks;
mod bad_files;
mod bad_program;
mod bad_rows;
mod bench;
mod cage;
mod compact;
mod crash;
mod delivery;
mod disk;
mod json;
mod laws;
mod measures;
mod other_readers;
mod parquet;
mod push_crash;
mod shim;
mod through_time;
mod workbook;
mod zips;
