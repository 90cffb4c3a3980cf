//! Texts that a spreadsheet must not take for formulas.
//!
//! A partner's name may begin with `=`, and whoever opens the file is not asked before it runs. A text that a program may
//! take for a formula gets an apostrophe before it, as spreadsheets themselves mark a text; so does one that begins with an
//! apostrophe, so that the guard can be taken away again.

/// What formulas begin with in one program or another, the wide forms of East Asian keyboards too, and what is skipped before.
fn begins_a_formula(first: char) -> bool {
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' | '\''
    )
}

/// A text as it may stand in a cell.
pub(crate) fn guarded(text: &str) -> String {
    let first = text
        .trim_start_matches([' ', '\u{a0}', '\u{feff}'])
        .chars()
        .next();
    match first.is_some_and(begins_a_formula) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// The text of a cell; none where no guarded text would stand so.
pub(crate) fn unguarded(cell: &str) -> Option<&str> {
    let text = cell.strip_prefix('\'').unwrap_or(cell);
    (guarded(text) == cell).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_formula_begins_with_an_apostrophe() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            "＝1+1",
            " =1+1",
            "\u{a0}=1",
            "\u{feff}=1",
            "'=1",
            "=cmd|'/c calc'!A1",
        ] {
            let cell = guarded(text);
            assert_eq!(cell, format!("'{text}"));
            assert_eq!(unguarded(&cell), Some(text));
        }
    }

    #[test]
    fn other_texts_stand_as_they_are() {
        for text in [
            "",
            "Contoso",
            "a=b",
            "1-2",
            "O'Neill",
            " x",
            "é",
            "株式会社",
        ] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), Some(text));
        }
        assert_eq!(unguarded("=1"), None);
        assert_eq!(unguarded("'plain"), None);
    }
}
