//! `trueup schema`: the JSON Schema of a plan file.

use crate::failure::Failure;
use crate::output;

/// Prints the schema.
pub fn run() -> Result<(), Failure> {
    output::json(&trueup_plan::schema::json_schema())
}
