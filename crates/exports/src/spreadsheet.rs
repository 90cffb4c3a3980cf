//! What a spreadsheet holds.

use trueup_base::{Exact, Rounding};

/// How many characters a cell holds.
pub(crate) const CELL_MAX: usize = 32_767;
/// How many rows a sheet has.
pub(crate) const ROWS_MAX: u32 = 1_048_576;

/// How many digits of a number a spreadsheet keeps.
const DIGITS_MAX: usize = 15;

/// The float nearest to a decimal of at most [`DIGITS_MAX`] digits, from which a spreadsheet shows just these digits.
#[expect(
    clippy::disallowed_types,
    reason = "a workbook's numbers are floats; one of fifteen digits comes back as it was"
)]
pub(crate) fn number(amount: &Exact, places: u32) -> Option<f64> {
    let text = amount.to_fixed(places, Rounding::HalfAway);
    let digits = text.trim_start_matches(['-', '0', '.']);
    let digits = digits.chars().filter(char::is_ascii_digit).count();
    match digits <= DIGITS_MAX {
        true => text.parse().ok(),
        false => None,
    }
}
