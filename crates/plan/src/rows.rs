//! Bands of large tables that stand in a CSV file beside the plan: `rows: rates.csv`.
//!
//! The first line names the columns. A table of one argument has a column `from`, `above`, `at` or `equals`, whose cells
//! are what would stand after that word in a band, and one column for each column of the table. A grid has a column
//! for each argument, whose cells are bounds as in its lists (`equals A`, `from 10%`), and a column `cell`; every
//! combination of bounds stands in one line. Cells are formulas. The module opens no file: its caller adds them to the
//! [`Sources`] under the name the plan says, relative to the plan's folder.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Sources};
use crate::document::{BandsText, BoundText, CellsText, PlanText, Reader, TableText};
use crate::keys::BOUNDS;
use crate::span::{FileId, Span};
use crate::yaml::{Entry, Node, NodeKind, Scalar};

/// How many lines a file of rows may have.
pub const LINES_MAX: usize = 50_000;

/// The files that a plan's tables name: paths relative to the plan's folder, as written.
pub fn wanted(plan: &PlanText) -> impl Iterator<Item = &Scalar> {
    plan.tables.iter().filter_map(|table| match &table.bands {
        BandsText::Rows(file) => Some(file),
        BandsText::Bands(_) | BandsText::Grid { .. } | BandsText::None => None,
    })
}

/// Reads the bands of every table that names a file. `folder` is the plan's own, as it stands before the names of the
/// sources: empty, or ending in `/`.
pub fn fill(
    plan: &mut PlanText,
    folder: &str,
    sources: &Sources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for table in &mut plan.tables {
        let BandsText::Rows(name) = &table.bands else {
            continue;
        };
        let bands = match sources.find(&format!("{folder}{}", name.text)) {
            Some(file) => read(sources, file, table, diagnostics),
            None => {
                let message = format!("there is no file `{}` beside the plan", name.text);
                let help = "put it there, or write the bands in the plan";
                diagnostics.push(Diagnostic::error("B1", name.span, message).help(help));
                BandsText::None
            }
        };
        table.bands = bands;
    }
}

/// Reads the bands of one table from a file.
fn read(
    sources: &Sources,
    file: FileId,
    table: &TableText,
    diagnostics: &mut Vec<Diagnostic>,
) -> BandsText {
    let Some(lines) = lines(sources.file_text(file), file, diagnostics) else {
        return BandsText::None;
    };
    let mut lines = lines.into_iter();
    let start = Span {
        file,
        start: 0,
        end: 0,
    };
    let Some(head) = lines.next() else {
        let help = "begin with a line of column names: from,rate";
        diagnostics.push(Diagnostic::error("B2", start, "the file is empty").help(help));
        return BandsText::None;
    };
    let rows: Vec<Vec<Scalar>> = lines.collect();
    if !head_holds(&head, diagnostics) || !widths_hold(&head, &rows, diagnostics) {
        return BandsText::None;
    }
    let before = diagnostics.len();
    let mut reader = Reader {
        diagnostics,
        before,
        partial: false,
    };
    if head.iter().any(|name| BOUNDS.contains(&&*name.text)) {
        return BandsText::Bands(bands(&head, &rows, table, &mut reader));
    }
    grid(&head, &rows, table, &mut reader).unwrap_or(BandsText::None)
}

fn head_holds(head: &[Scalar], diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut seen = BTreeMap::new();
    for name in head {
        if let Some(first) = seen.insert(&*name.text, name.span) {
            let message = format!("the column `{}` stands there twice", name.text);
            diagnostics.push(Diagnostic::error("B2", name.span, message).also(first, "first here"));
            return false;
        }
    }
    true
}

fn widths_hold(head: &[Scalar], rows: &[Vec<Scalar>], diagnostics: &mut Vec<Diagnostic>) -> bool {
    for row in rows {
        if row.len() != head.len() {
            let span = row.last().map(|cell| cell.span).unwrap_or_default();
            let message = format!(
                "the line has {} cells, and the first line names {}",
                row.len(),
                head.len()
            );
            let help = "put a cell that holds a comma in double quotes";
            diagnostics.push(Diagnostic::error("B3", span, message).help(help));
            return false;
        }
    }
    true
}

/// One band for each line, as if each were written `{ from: 0, rate: 1% }`.
fn bands(
    head: &[Scalar],
    rows: &[Vec<Scalar>],
    table: &TableText,
    reader: &mut Reader<'_>,
) -> Vec<crate::document::BandText> {
    let items: Vec<Node> = rows
        .iter()
        .map(|row| {
            let entries: Vec<Entry> = head
                .iter()
                .zip(row)
                // An empty cell under a bound's word says that another word holds in this line.
                .filter(|(name, cell)| !cell.text.is_empty() || !BOUNDS.contains(&&*name.text))
                .map(|(name, cell)| Entry {
                    key: name.clone(),
                    value: Node {
                        span: cell.span,
                        is: NodeKind::Scalar(cell.clone()),
                    },
                })
                .collect();
            let span = match (row.first(), row.last()) {
                (Some(first), Some(last)) => Span {
                    end: last.span.end,
                    ..first.span
                },
                (None, _) | (_, None) => Span::default(),
            };
            Node {
                span,
                is: NodeKind::Map(entries),
            }
        })
        .collect();
    let whole = head.first().map(|name| name.span).unwrap_or_default();
    reader.band_list(&items, &table.of, whole)
}

/// A grid out of the lines of all its combinations.
fn grid(
    head: &[Scalar],
    rows: &[Vec<Scalar>],
    table: &TableText,
    reader: &mut Reader<'_>,
) -> Option<BandsText> {
    let place = |name: &str| head.iter().position(|column| &*column.text == name);
    let whole = head.first().map(|name| name.span).unwrap_or_default();
    let mut axis_columns = Vec::new();
    for argument in &table.of {
        match place(&argument.text) {
            Some(column) => axis_columns.push(column),
            None => {
                let message = format!("no column holds the bounds of `{}`", argument.text);
                reader.error(
                    "B2",
                    whole,
                    message,
                    format!("name one `{}`", argument.text),
                );
                return None;
            }
        }
    }
    let Some(cell_column) = place("cell") else {
        reader.error(
            "B2",
            whole,
            "no column is named `cell`",
            "a grid's cells stand in a column `cell`",
        );
        return None;
    };
    for (at, name) in head.iter().enumerate() {
        if at != cell_column && !axis_columns.contains(&at) {
            let message = format!("`{}` is neither an argument nor `cell`", name.text);
            reader.error("B2", name.span, message, "take the column out");
            return None;
        }
    }
    // Bounds in the order in which they come first.
    let mut axes: Vec<(Scalar, Vec<BoundText>)> = table
        .of
        .iter()
        .map(|argument| (argument.clone(), Vec::new()))
        .collect();
    let mut known: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); axes.len()];
    let mut cells: BTreeMap<Vec<usize>, Scalar> = BTreeMap::new();
    for row in rows {
        let mut at = Vec::with_capacity(axes.len());
        for ((column, axis), known) in axis_columns.iter().zip(&mut axes).zip(&mut known) {
            let written = row.get(*column)?;
            let position = match known.get(&*written.text) {
                Some(position) => *position,
                None => {
                    axis.1.push(reader.bound_text(written)?);
                    known.insert(written.text.to_string(), axis.1.len() - 1);
                    axis.1.len() - 1
                }
            };
            at.push(position);
        }
        let cell = row.get(cell_column)?;
        if let Some(first) = cells.insert(at, cell.clone()) {
            let message = "this combination of bounds stands there twice";
            let told = Diagnostic::error("B3", cell.span, message).also(first.span, "first here");
            reader
                .diagnostics
                .push(told.help("keep one of the two lines"));
            return None;
        }
    }
    let sizes: Vec<usize> = axes.iter().map(|(_, bounds)| bounds.len()).collect();
    let all: usize = sizes.iter().product();
    if cells.len() != all || all == 0 {
        let message = format!(
            "{} combinations of bounds are missing",
            all.saturating_sub(cells.len())
        );
        let help = missing_help(&axes, &sizes, &cells.keys().cloned().collect());
        reader.error("B3", whole, message, help);
        return None;
    }
    let cells = nested(&mut Vec::new(), &sizes, &cells, reader, whole);
    Some(BandsText::Grid { axes, cells })
}

/// The first combination that is not written.
fn missing_help(
    axes: &[(Scalar, Vec<BoundText>)],
    sizes: &[usize],
    written: &BTreeSet<Vec<usize>>,
) -> String {
    let mut at = vec![0; sizes.len()];
    loop {
        if !written.contains(&at) {
            let bounds = axes.iter().zip(&at).filter_map(|((argument, bounds), at)| {
                bounds
                    .get(*at)
                    .map(|bound| format!("{} {}", argument.text, bound.described()))
            });
            return format!("add the line of {}", bounds.collect::<Vec<_>>().join(", "));
        }
        let Some(axis) = (0..sizes.len())
            .rev()
            .find(|axis| at[*axis] + 1 < sizes[*axis])
        else {
            return "write a line for each combination".to_owned();
        };
        at[axis] += 1;
        at.iter_mut().skip(axis + 1).for_each(|later| *later = 0);
    }
}

fn nested(
    at: &mut Vec<usize>,
    sizes: &[usize],
    cells: &BTreeMap<Vec<usize>, Scalar>,
    reader: &mut Reader<'_>,
    whole: Span,
) -> CellsText {
    let Some(size) = sizes.get(at.len()) else {
        return match cells.get(at) {
            Some(cell) => {
                CellsText::Cell(crate::formula::parse(cell, reader.diagnostics), cell.span)
            }
            None => CellsText::Cell(None, whole),
        };
    };
    let mut list = Vec::with_capacity(*size);
    for position in 0..*size {
        at.push(position);
        list.push(nested(at, sizes, cells, reader, whole));
        at.pop();
    }
    CellsText::List(list, whole)
}

/// The cells of each line that holds any.
fn lines(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Vec<Scalar>>> {
    let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let mut lines = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.find('\n').unwrap_or(rest.len());
        let line = rest.get(..end).unwrap_or("").trim_end_matches('\r');
        if !line.trim().is_empty() {
            if lines.len() > LINES_MAX {
                let span = Span {
                    file,
                    start: narrow(at),
                    end: narrow(at),
                };
                let message = format!("the file has more than {LINES_MAX} lines");
                let help = "a table that large is better a measure over facts";
                diagnostics.push(Diagnostic::error("B3", span, message).help(help));
                return None;
            }
            lines.push(cells(line, at, file, diagnostics)?);
        }
        at += end + 1;
    }
    Some(lines)
}

/// The cells of a line that begins at a byte.
fn cells(
    line: &str,
    start: usize,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Scalar>> {
    let span = |from: usize, until: usize| Span {
        file,
        start: u32::try_from(start + from).unwrap_or(u32::MAX),
        end: u32::try_from(start + until).unwrap_or(u32::MAX),
    };
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let rest = line.get(at..).unwrap_or("");
        let open = at + (rest.len() - rest.trim_start().len());
        let (cell, end) = if line.get(open..).is_some_and(|cell| cell.starts_with('"')) {
            let Some((said, end)) = quoted(line, open) else {
                let message = "a quote is opened and not closed in its line";
                let help = "close it; a cell stands in one line";
                diagnostics.push(Diagnostic::error("B3", span(open, open + 1), message).help(help));
                return None;
            };
            let as_it_is = said.len() + 2 == end - open;
            (
                Scalar::between_quotes(&said, span(open, end), as_it_is),
                end,
            )
        } else {
            let end = at + rest.find(',').unwrap_or(rest.len());
            let text = line.get(open.min(end)..end).unwrap_or("").trim_end();
            (
                Scalar::plain(text, file, span(open.min(end), end).start),
                end,
            )
        };
        cells.push(cell);
        let after = line.get(end..).unwrap_or("");
        let blank = after.len() - after.trim_start().len();
        match after.trim_start().chars().next() {
            None => return Some(cells),
            Some(',') => at = end + blank + 1,
            Some(_) => {
                let message = "text stands after the closing quote";
                let help = "put the whole cell in quotes; a quote inside is doubled";
                diagnostics
                    .push(Diagnostic::error("B3", span(end, line.len()), message).help(help));
                return None;
            }
        }
    }
}

/// What stands between the quote at a byte and the one that closes it, and the byte after that.
fn quoted(line: &str, open: usize) -> Option<(String, usize)> {
    let mut said = String::new();
    let mut at = open + 1;
    loop {
        let rest = line.get(at..)?;
        let close = rest.find('"')?;
        said.push_str(rest.get(..close)?);
        at += close + 1;
        if !line.get(at..)?.starts_with('"') {
            return Some((said, at));
        }
        said.push('"');
        at += 1;
    }
}
