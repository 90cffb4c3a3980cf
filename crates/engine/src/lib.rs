//! What a plan means: the reference measurer, the evaluator and explanations.

#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]
