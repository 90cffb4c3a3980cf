//! Programs to measure: generated ones (a plan as text, partners with agreements, facts with corrections, and the same facts
//! as stored), the worked examples, and what is lowered or refused.

pub mod dice;
pub mod facts;
pub mod formulas;
mod lowering;
pub mod program;
mod worked;
