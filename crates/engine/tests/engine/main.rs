//! What the engine promises, beyond the figures of the worked examples: laws over generated facts, truth tables,
//! windows, explanations, and what the runner of worked examples refuses.

mod everyone;
mod explanations;
mod generated;
mod given;
mod laws;
mod missing;
mod runner;
mod settlement;
mod support;
mod tables;
mod windows;
