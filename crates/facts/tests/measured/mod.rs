//! Generated programs: a plan as text, partners with agreements, facts with corrections, and the same facts as stored.

pub mod dice;
pub mod facts;
pub mod formulas;
pub mod program;
