//! The one binary `trueup`.
fn main() {}
