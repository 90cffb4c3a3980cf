//! Tables: words to the left, figures to the right, a line under each row, and the heads again on every page.

use super::layout::{Flow, Ink, Kind, PartIx, Pt, Style, WIDTH, X_LEFT};

const HEAD: Style = Style::new(720, true, Ink::Grey);

/// Above and below the words of a row.
const INSIDE: Pt = 320;
/// Between the words of a cell and the next column.
const BETWEEN: Pt = 800;

/// The least room that words keep when figures need more of theirs.
const WORDS_MIN: Pt = 12_000;

/// A column.
#[derive(Clone)]
pub struct Column {
    head: Option<String>,
    width: Pt,
    is_right: bool,
}

impl Column {
    /// Of words.
    pub fn words(head: &str, width: Pt) -> Self {
        Self {
            head: Some(head.to_owned()),
            width,
            is_right: false,
        }
    }

    /// Of figures.
    pub fn figures(head: String, width: Pt) -> Self {
        Self {
            head: Some(head),
            width,
            is_right: true,
        }
    }

    /// Without a head.
    pub fn untitled(width: Pt, is_right: bool) -> Self {
        Self {
            head: None,
            width,
            is_right,
        }
    }
}

/// A cell: one text below the other.
pub struct Cell {
    texts: Vec<(Style, String)>,
    over: u32,
}

impl Cell {
    /// A text.
    pub fn of(style: Style, text: impl Into<String>) -> Self {
        Self {
            texts: vec![(style, text.into())],
            over: 1,
        }
    }

    /// Another text below.
    pub fn and(mut self, style: Style, text: impl Into<String>) -> Self {
        self.texts.push((style, text.into()));
        self
    }

    /// Over so many columns.
    pub fn over(mut self, columns: u32) -> Self {
        self.over = columns;
        self
    }
}

/// How much a row is set apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing below it.
    Light,
    /// A fine rule below it.
    Plain,
    /// A rule above it, and none below.
    Total,
}

/// A row.
pub struct Row {
    cells: Vec<Cell>,
    weight: Weight,
}

impl Row {
    /// A row like others.
    pub fn body(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            weight: Weight::Plain,
        }
    }

    /// What the rows above come to.
    pub fn total(cells: Vec<Cell>) -> Self {
        Self {
            cells,
            weight: Weight::Total,
        }
    }

    /// Set apart more or less.
    pub fn weighing(mut self, weight: Weight) -> Self {
        self.weight = weight;
        self
    }
}

/// A cell in lines.
struct Set {
    /// Its left edge, and its right.
    edges: (Pt, Pt),
    is_right: bool,
    over: u32,
    /// How they look, what they say, and which of the cell's texts they are of.
    lines: Vec<(Style, String, usize)>,
}

/// A row in lines.
struct SetRow {
    cells: Vec<Set>,
    /// The height of each line, over all cells.
    heights: Vec<Pt>,
    weight: Weight,
}

impl SetRow {
    fn of(flow: &mut Flow<'_>, columns: &[Column], row: Row) -> Self {
        let mut cells = Vec::new();
        let mut columns = columns.iter();
        let mut left = X_LEFT;
        for cell in row.cells {
            let mut right = left;
            let mut is_right = false;
            for column in columns.by_ref().take(cell.over as usize) {
                right += column.width;
                is_right = column.is_right && cell.over == 1;
            }
            let width = right - left - if right < X_LEFT + WIDTH { BETWEEN } else { 0 };
            // Figures stand to the end of their column, words keep away from the next.
            let edges = match is_right {
                true => (left, right),
                false => (left, left + width),
            };
            let mut lines = Vec::new();
            for (at, (style, text)) in cell.texts.into_iter().enumerate() {
                let broken = flow.broken(style, &text, width);
                lines.extend(broken.into_iter().map(|line| (style, line, at)));
            }
            cells.push(Set {
                edges,
                is_right,
                over: cell.over,
                lines,
            });
            left = right;
        }
        let count = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let height = |at: usize| {
            let lines = cells.iter().filter_map(|cell| cell.lines.get(at));
            lines.map(|(style, ..)| style.leading()).max().unwrap_or(0)
        };
        let heights = (0..count).map(height).collect();
        Self {
            cells,
            heights,
            weight: row.weight,
        }
    }

    fn height(&self) -> Pt {
        self.heights.iter().sum::<Pt>() + 2 * INSIDE
    }
}

/// Draws a table. A row stays on one page if any page has room for it, and a total with the row before it.
pub fn draw(flow: &mut Flow<'_>, columns: &[Column], rows: Vec<Row>) {
    let columns = &fitted(flow, columns, &rows);
    let heads: Option<Vec<Cell>> = columns
        .iter()
        .map(|column| column.head.as_ref().map(|head| Cell::of(HEAD, head)))
        .collect();
    let heads = heads.map(|cells| SetRow::of(flow, columns, Row::body(cells)));
    let rows: Vec<SetRow> = rows
        .into_iter()
        .map(|row| SetRow::of(flow, columns, row))
        .collect();
    let table = flow.part(Kind::Table, None);
    let first = rows.first().map_or(0, SetRow::height);
    let needed = heads.as_ref().map_or(0, SetRow::height) + first;
    if needed < Flow::room_max() {
        flow.keep(needed);
    }
    if let Some(heads) = &heads {
        let part = flow.part(Kind::Heads, Some(table));
        row(flow, heads, Some((part, true)), None);
    }
    let body = flow.part(Kind::Rows, Some(table));
    for (at, one) in rows.iter().enumerate() {
        let after = rows.get(at + 1);
        let total = after.filter(|after| after.weight == Weight::Total);
        let needed = one.height() + total.map_or(0, SetRow::height);
        if needed > flow.room() && needed < Flow::room_max() - 4_000 {
            flow.turn();
            again(flow, heads.as_ref());
        }
        row(flow, one, Some((body, false)), heads.as_ref());
    }
}

/// Columns in which no figure is broken, as long as the first has room to give.
fn fitted(flow: &Flow<'_>, columns: &[Column], rows: &[Row]) -> Vec<Column> {
    let mut columns = columns.to_vec();
    for row in rows {
        let mut at = 0;
        for cell in &row.cells {
            let is_one = cell.over == 1;
            let widest = cell
                .texts
                .iter()
                .map(|(style, text)| flow.fonts.width(*style, text));
            let needed = widest.max().unwrap_or(0) + BETWEEN;
            let short = columns.get(at).filter(|column| is_one && column.is_right);
            let short = short.map_or(0, |column| (needed - column.width).max(0));
            if let Some(first) = columns.first_mut().filter(|first| !first.is_right) {
                let given = short.min((first.width - WORDS_MIN).max(0));
                first.width -= given;
                if let Some(column) = columns.get_mut(at) {
                    column.width += given;
                }
            }
            at += cell.over as usize;
        }
    }
    columns
}

/// The heads on a further page, which only decorate.
fn again(flow: &mut Flow<'_>, heads: Option<&SetRow>) {
    if let Some(heads) = heads {
        row(flow, heads, None, None);
    }
}

fn row(flow: &mut Flow<'_>, set: &SetRow, within: Option<(PartIx, bool)>, heads: Option<&SetRow>) {
    let parts: Vec<Vec<PartIx>> = match within {
        None => Vec::new(),
        Some((within, is_head)) => {
            let row = flow.part(Kind::Row, Some(within));
            let cells = set.cells.iter();
            cells.map(|cell| parts(flow, cell, row, is_head)).collect()
        }
    };
    if set.weight == Weight::Total {
        flow.area(X_LEFT, flow.y() - 40, WIDTH, 90, Ink::Dark);
    }
    let inside = match set.weight {
        Weight::Light => 0,
        Weight::Plain | Weight::Total => INSIDE,
    };
    flow.down(inside);
    for (at, height) in set.heights.iter().enumerate() {
        if *height > flow.room() {
            flow.turn();
            again(flow, heads);
            flow.down(inside);
        }
        let top = flow.y();
        for (place, cell) in set.cells.iter().enumerate() {
            let Some((style, text, of)) = cell.lines.get(at) else {
                continue;
            };
            if !text.is_empty() {
                let x = match cell.is_right {
                    true => cell.edges.1,
                    false => cell.edges.0,
                };
                // Letters of all sizes in a row stand on one line.
                let most = set.cells.iter().filter_map(|cell| cell.lines.get(at));
                let rise = most.map(|(style, ..)| style.rise()).max().unwrap_or(0);
                let part = parts.get(place).and_then(|parts| parts.get(*of)).copied();
                flow.line(
                    x,
                    top + rise - style.rise(),
                    *style,
                    text,
                    cell.is_right,
                    part,
                );
            }
        }
        flow.down(*height);
    }
    flow.down(inside);
    if set.weight == Weight::Plain {
        flow.area(X_LEFT, flow.y(), WIDTH, 40, Ink::Pale);
    }
}

/// A cell in the structure: one text is the cell itself, several are paragraphs in it.
fn parts(flow: &mut Flow<'_>, cell: &Set, row: PartIx, is_head: bool) -> Vec<PartIx> {
    let kind = match is_head {
        true => Kind::Head,
        false => Kind::Cell(cell.over),
    };
    let around = flow.part(kind, Some(row));
    match cell.lines.last() {
        Some((.., last)) if *last > 0 => (0..=*last)
            .map(|_| flow.part(Kind::Paragraph, Some(around)))
            .collect(),
        _ => vec![around],
    }
}

/// A band of some cells on a wash, the last to the right.
pub fn band(flow: &mut Flow<'_>, widths: &[Pt], cells: Vec<Cell>) {
    const PADDING: Pt = 1_200;
    let columns = widths
        .iter()
        .enumerate()
        .map(|(at, width)| Column::untitled(*width, at + 1 == widths.len()));
    let columns: Vec<Column> = columns.collect();
    let mut set = Vec::new();
    let mut left = X_LEFT + PADDING;
    for (column, cell) in columns.iter().zip(cells) {
        let width = column.width - if column.is_right { 0 } else { BETWEEN };
        let mut lines = Vec::new();
        for (style, text) in cell.texts {
            let broken = flow.broken(style, &text, width);
            lines.extend(broken.into_iter().map(|line| (style, line)));
        }
        set.push((left, column, lines));
        left += column.width;
    }
    let height_of =
        |lines: &[(Style, String)]| -> Pt { lines.iter().map(|(style, _)| style.leading()).sum() };
    let height = set.iter().map(|(_, _, lines)| height_of(lines)).max();
    let height = height.unwrap_or(0) + 2 * PADDING * 3 / 4;
    let is_low = height <= flow.room();
    if is_low {
        flow.area(X_LEFT, flow.y(), WIDTH, height, Ink::Wash);
        flow.area(X_LEFT, flow.y(), 250, height, Ink::Accent);
        let top = flow.y() + PADDING * 3 / 4;
        for (left, column, lines) in set {
            let part = flow.part(Kind::Paragraph, None);
            let mut y = top;
            for (style, text) in lines {
                let x = if column.is_right {
                    left + column.width
                } else {
                    left
                };
                flow.line(x, y, style, &text, column.is_right, Some(part));
                y += style.leading();
            }
        }
        flow.down(height);
    } else {
        // A name that fills pages has no place in a band.
        for (style, text) in set.into_iter().flat_map(|(_, _, lines)| lines) {
            flow.paragraph(style, &text);
        }
    }
}
