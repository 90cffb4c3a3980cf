//! Generated plans, and a second reading of them that shares nothing with the engine but the typed tree.

pub mod dice;
pub mod plans;
pub mod slow;
