//! Checks and code generation of this workspace.
fn main() {}
