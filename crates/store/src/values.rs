//! The places of values in a statement that writes many rows.

/// `($1, $2), ($3, $4)`: places for so many rows of so many columns. Numbers and nothing else are put into the text.
///
/// A statement has few rows: SQLite looks for the number of a place among all of a statement's each time one is filled.
pub(crate) fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns)
            .map(|column| format!("${}", row * columns + column))
            .collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    rows.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_through_all_rows() {
        assert_eq!(places(1, 3), "($1, $2, $3)");
        assert_eq!(places(2, 2), "($1, $2), ($3, $4)");
        assert_eq!(places(0, 2), "");
    }
}
