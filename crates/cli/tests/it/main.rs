//! The command from outside, as its users meet it: the binary, a folder, what it prints and how it ends.
//!
//! Transcripts (`tests/*.md`) hold what is printed, the modules here what takes more than printing to prove.

mod backup;
mod differences;
mod facts_in;
mod faults;
mod hostile_plans;
mod journal;
mod mailed;
mod mended;
mod push;
mod served;
mod serving;
mod settled_again;
mod sheets;
#[path = "../../../facts/tests/it/shim.rs"]
mod shim;
mod signing;
mod story;
mod transcripts;
