//! What the engine promises, beyond the figures of the worked examples: laws over generated facts, truth tables,
//! windows, explanations, and what the runner of worked examples refuses.

mod beyond;
mod cents;
mod columns;
mod everyone;
mod explanations;
mod generated;
mod given;
mod laws;
mod missing;
#[path = "../reading/mod.rs"]
mod reading;
mod runner;
mod second_reading;
mod settlement;
mod shared_out;
mod support;
mod tables;
mod versions;
mod whatif;
mod why;
mod windows;
mod worked_lines;
