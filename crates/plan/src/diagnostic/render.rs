//! Diagnostics as a person reads them: the line, the marks under it, what would be right.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

use super::{Diagnostic, Mark, Severity, Sources, in_order};
use crate::span::{FileId, Span};

/// Columns of a line that are shown at most; a longer one is shown around its first mark.
const COLUMNS: usize = 110;
/// Columns a tab takes.
const TAB: usize = 4;

/// Diagnostics as text, in the order of their places.
///
/// ```
/// use trueup_plan::diagnostic::{Diagnostic, Sources, render};
/// use trueup_plan::span::Span;
///
/// let mut sources = Sources::new();
/// let file = sources.add("plan.yaml", "values:\n  pay: net_sales + growth\n");
/// let place = |start, end| Span { file, start, end };
/// let mixed = Diagnostic::error("U2", place(15, 24), "cannot add money (USD) and ratio")
///     .also(place(27, 33), "growth is a ratio")
///     .help("multiply: net_sales * growth");
/// let shown = "\
/// plan.yaml:2:8 U2  cannot add money (USD) and ratio
///     2 |   pay: net_sales + growth
///       |        ---------   ------ growth is a ratio
///    help: multiply: net_sales * growth
/// ";
/// assert_eq!(render(&sources, &[mixed]), shown);
/// ```
#[must_use]
pub fn render(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in in_order(diagnostics) {
        one(&mut text, sources, diagnostic);
    }
    text
}

fn one(to: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let span = diagnostic.span();
    let (line, column) = sources.line_column(span);
    let weight = match diagnostic.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
        Severity::Note => "note: ",
    };
    let path = harmless(sources.path(span.file));
    let message = harmless(&diagnostic.message);
    say(
        to,
        format_args!(
            "{path}:{line}:{column} {}  {weight}{message}\n",
            diagnostic.code
        ),
    );
    excerpt(to, sources, diagnostic);
    if let Some(help) = &diagnostic.help {
        let mut lines = help.lines();
        say(
            to,
            format_args!("   help: {}\n", harmless(lines.next().unwrap_or(""))),
        );
        for line in lines {
            say(to, format_args!("         {}\n", harmless(line)));
        }
    }
}

fn say(to: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = to.write_fmt(what);
}

/// The marked lines of a diagnostic, file by file, the file of its first mark first.
fn excerpt(to: &mut String, sources: &Sources, diagnostic: &Diagnostic) {
    let own = diagnostic.span().file;
    let mut files: Vec<FileId> = diagnostic.marks.iter().map(|mark| mark.span.file).collect();
    files.sort_unstable_by_key(|file| (*file != own, *file));
    files.dedup();
    for file in files {
        let marks: Vec<&Mark> = diagnostic
            .marks
            .iter()
            .filter(|mark| mark.span.file == file)
            .collect();
        if file != own
            && let Some(first) = marks.first()
        {
            let (line, column) = sources.line_column(first.span);
            say(
                to,
                format_args!("   {}:{line}:{column}\n", harmless(sources.path(file))),
            );
        }
        let mut lines: Vec<usize> = marks
            .iter()
            .map(|mark| sources.line_column(mark.span).0)
            .collect();
        lines.sort_unstable();
        lines.dedup();
        let mut before = None;
        for line in lines {
            if before.is_some_and(|before| before + 1 < line) {
                to.push_str("      …\n");
            }
            before = Some(line);
            marked_line(to, sources, file, line, &marks);
        }
    }
}

/// A mark on the shown line: columns `from..until` and what is said.
struct Shown<'a> {
    from: usize,
    until: usize,
    label: &'a str,
}

fn marked_line(to: &mut String, sources: &Sources, file: FileId, line: usize, marks: &[&Mark]) {
    let (start, text) = sources.line(file, line);
    let drawn = Drawn::of(text);
    let mut shown: Vec<Shown<'_>> = marks
        .iter()
        .filter(|mark| sources.line_column(mark.span).0 == line)
        .map(|mark| drawn.mark(start, mark.span, &mark.label))
        .collect();
    shown.sort_by_key(|mark| (mark.from, mark.until));
    let wanted = marks
        .first()
        .filter(|mark| sources.line_column(mark.span).0 == line);
    let around = wanted.map_or_else(
        || shown.first().map_or(0, |mark| mark.from),
        |mark| drawn.column_at((mark.span.start as usize).saturating_sub(start)),
    );
    let (cut, visible) = drawn.window(around);
    for mark in &mut shown {
        let clip = |column: usize| {
            column
                .saturating_sub(cut.skipped)
                .clamp(cut.first, cut.last)
                - cut.first
        };
        let (from, until) = (clip(mark.from), clip(mark.until));
        mark.from = from + cut.shift;
        mark.until = (until + cut.shift).max(mark.from + 1);
    }
    let whole = format!("{line:>5} | {visible}");
    say(to, format_args!("{}\n", whole.trim_end()));
    under(to, &shown);
}

/// The dashes under a line, the last label beside them, the others below with a line up to their mark.
fn under(to: &mut String, marks: &[Shown<'_>]) {
    let mut dashes = String::new();
    for mark in marks {
        put(
            &mut dashes,
            mark.from,
            &"-".repeat(mark.until.saturating_sub(mark.from)),
        );
    }
    let beside = marks.last().filter(|last| {
        !last.label.is_empty()
            && marks
                .iter()
                .rev()
                .skip(1)
                .all(|mark| mark.until <= last.from)
    });
    if let Some(last) = beside {
        dashes.push(' ');
        dashes.push_str(&harmless(last.label));
    }
    say(to, format_args!("      | {dashes}\n"));
    let left = if beside.is_some() {
        marks.len().saturating_sub(1)
    } else {
        marks.len()
    };
    let labelled: Vec<&Shown<'_>> = marks
        .iter()
        .take(left)
        .filter(|mark| !mark.label.is_empty())
        .collect();
    for at in (0..labelled.len()).rev() {
        let mut bars = String::new();
        for mark in labelled.iter().take(at) {
            put(&mut bars, mark.from, "|");
        }
        if let Some(mark) = labelled.get(at) {
            put(&mut bars, mark.from, &harmless(mark.label));
        }
        say(to, format_args!("      | {bars}\n"));
    }
}

/// Writes at a column, over what stands there.
fn put(line: &mut String, column: usize, what: &str) {
    let have = line.chars().count();
    if have < column {
        line.extend(std::iter::repeat_n(' ', column - have));
        line.push_str(what);
        return;
    }
    let mut kept: String = line.chars().take(column).collect();
    let width = what.chars().count();
    kept.push_str(what);
    kept.extend(line.chars().skip(column + width));
    *line = kept;
}

/// A line as it is drawn: each character's byte, column and look.
struct Drawn {
    cells: Vec<Cell>,
    /// Bytes and columns of the whole line.
    bytes: usize,
    columns: usize,
}

struct Cell {
    byte: usize,
    column: usize,
    width: usize,
    look: char,
}

/// Which columns of a line are shown.
struct Cut {
    /// Columns left out at the beginning.
    skipped: usize,
    /// The first and the last column that is shown, after the skipped ones.
    first: usize,
    last: usize,
    /// Columns the sign for what is left out takes.
    shift: usize,
}

impl Drawn {
    fn of(text: &str) -> Self {
        let mut cells = Vec::new();
        let mut column = 0;
        for (byte, char) in text.char_indices() {
            let (look, width) = match char {
                '\t' => (' ', TAB - column % TAB),
                _ => {
                    let look = harmless_char(char);
                    (look, look.width().unwrap_or(0))
                }
            };
            cells.push(Cell {
                byte,
                column,
                width,
                look,
            });
            column += width;
        }
        Self {
            cells,
            bytes: text.len(),
            columns: column,
        }
    }

    fn column_at(&self, byte: usize) -> usize {
        if byte >= self.bytes {
            return self.columns + (byte - self.bytes).min(1);
        }
        let found = self.cells.partition_point(|cell| cell.byte <= byte);
        found
            .checked_sub(1)
            .and_then(|at| self.cells.get(at))
            .map_or(0, |cell| cell.column)
    }

    fn mark<'a>(&self, line_start: usize, span: Span, label: &'a str) -> Shown<'a> {
        let from = self.column_at((span.start as usize).saturating_sub(line_start));
        let until = self
            .column_at((span.end as usize).saturating_sub(line_start))
            .min(self.columns);
        Shown {
            from,
            until: until.max(from + 1),
            label,
        }
    }

    /// The part of the line around a column, and its text.
    fn window(&self, around: usize) -> (Cut, String) {
        let skipped = if self.columns <= COLUMNS || around < COLUMNS * 3 / 4 {
            0
        } else {
            let wanted = around - COLUMNS / 2;
            // Never in the middle of a wide character.
            self.cells
                .iter()
                .find(|cell| cell.column >= wanted)
                .map_or(wanted, |cell| cell.column)
        };
        let mut text = String::new();
        let shift = usize::from(skipped > 0) * 2;
        if shift > 0 {
            text.push_str("… ");
        }
        let mut shown = 0;
        for cell in self.cells.iter().filter(|cell| cell.column >= skipped) {
            if cell.column + cell.width > skipped + COLUMNS {
                text.push_str(" …");
                break;
            }
            text.push(cell.look);
            text.extend(std::iter::repeat_n(
                ' ',
                if cell.look == ' ' {
                    cell.width.saturating_sub(1)
                } else {
                    0
                },
            ));
            shown = cell.column + cell.width - skipped;
        }
        (
            Cut {
                skipped,
                first: 0,
                last: shown + 1,
                shift,
            },
            text,
        )
    }
}

/// Text without anything that could move the cursor, colour the terminal or turn the writing around.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|char| {
            if char == '\t' {
                ' '
            } else {
                harmless_char(char)
            }
        })
        .collect()
}

fn harmless_char(char: char) -> char {
    match char {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' => '\u{fffd}',
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> (Sources, impl Fn(&str) -> Span) {
        let mut sources = Sources::new();
        let file = sources.add("plan.yaml", text);
        let text = text.to_owned();
        let find = move |what: &str| {
            let start = text.find(what).expect("the text holds it");
            let narrow = |at| u32::try_from(at).expect("a short text");
            Span {
                file,
                start: narrow(start),
                end: narrow(start + what.len()),
            }
        };
        (sources, find)
    }

    #[test]
    fn labels_that_do_not_fit_beside_stand_below_their_marks() {
        let (sources, at) = sources("pays: sales + growth\n");
        let shown = Diagnostic::error("U2", at("sales"), "cannot add money and ratio")
            .label("money")
            .also(at("growth"), "a ratio");
        assert_eq!(
            render(&sources, &[shown]),
            "plan.yaml:1:7 U2  cannot add money and ratio\n    1 | pays: sales + growth\n      |       -----   ------ a ratio\n      |       money\n"
        );
    }

    #[test]
    fn marks_on_lines_far_apart_show_both_lines_and_the_gap() {
        let (sources, at) = sources("a: 1\nb: 2\nc: 3\na2: 4\n");
        let shown = Diagnostic::error("Y5", at("a2"), "twice")
            .label("again here")
            .also(at("a"), "first here");
        assert_eq!(
            render(&sources, &[shown]),
            "plan.yaml:4:1 Y5  twice\n    1 | a: 1\n      | - first here\n      …\n    4 | a2: 4\n      | -- again here\n"
        );
    }

    #[test]
    fn a_place_of_several_lines_is_marked_to_the_end_of_its_first() {
        let (sources, at) = sources("pays: a +\n  b\n");
        let shown = Diagnostic::error("F1", at("a +\n  b"), "too much");
        assert_eq!(
            render(&sources, &[shown]),
            "plan.yaml:1:7 F1  too much\n    1 | pays: a +\n      |       ---\n"
        );
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_marks_below_their_text() {
        let (sources, at) = sources("is:\t日本 x\n");
        let shown = Diagnostic::error("F1", at("x"), "here");
        assert_eq!(
            render(&sources, &[shown]),
            "plan.yaml:1:8 F1  here\n    1 | is: 日本 x\n      |          -\n"
        );
    }

    #[test]
    fn what_could_move_the_cursor_is_drawn_and_not_sent() {
        let (sources, at) = sources("is: a\u{1b}[2Jb\u{202e}c\n");
        let shown = Diagnostic::error("Y8", at("a"), "the name \u{1b}]0;x\u{7} is odd")
            .help("take\u{8} it out");
        let text = render(&sources, &[shown]);
        assert!(
            text.chars().all(|char| char == '\n' || !char.is_control()),
            "{text:?}"
        );
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.contains("a␛[2Jb\u{fffd}c"), "{text}");
    }

    #[test]
    fn a_long_line_is_shown_around_its_mark() {
        let long = format!("pays: {}here{}", "a + ".repeat(400), " + b".repeat(400));
        let (sources, at) = sources(&long);
        let text = render(
            &sources,
            &[Diagnostic::error("N1", at("here"), "unknown").label("this")],
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines.iter().all(|line| line.chars().count() < 140),
            "{text}"
        );
        let column =
            |line: &str, what: &str| line.split(what).next().map(|before| before.chars().count());
        assert_eq!(column(lines[1], "here"), column(lines[2], "----"), "{text}");
        assert!(lines[0].starts_with("plan.yaml:1:1607 N1"), "{text}");
    }

    #[test]
    fn places_outside_any_file_are_survived() {
        let nowhere = Span {
            file: FileId(7),
            start: 5,
            end: 900,
        };
        let text = render(&Sources::new(), &[Diagnostic::error("N1", nowhere, "lost")]);
        assert!(text.starts_with(":1:1 N1  lost\n"), "{text}");
        let (sources, _) = sources("a: b");
        let beyond = Span {
            file: FileId(0),
            start: 50,
            end: 90,
        };
        assert!(render(&sources, &[Diagnostic::error("N1", beyond, "late")]).contains("late"));
    }
}
