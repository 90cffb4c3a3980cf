//! The rows of one sheet, as they come.

use std::io::{BufRead, Write};

use super::Asked;
use super::number::{self, NoDay, NoNumber};
use super::styles::{Shows, Styles};
use super::texts::{Text, Texts, finished, push_bounded};
use super::xml::{Piece, Tag, Xml};
use crate::cage::{Frames, Names, Oddity, Refusal, RowsOut, Undecoded, positions};
use crate::decimal;
use crate::standardise::Cell;
use crate::words::shown;

/// The last row of a sheet, by the format.
const ROW_MAX: u32 = 1_048_576;
/// How many columns a sheet has, by the format.
const COLUMNS_MAX: u32 = 16_384;

/// What a sheet's cells are read with.
pub struct Around<'a> {
    pub texts: &'a Texts,
    pub styles: &'a Styles,
    pub from_1904: bool,
    /// The size of the workbook.
    pub bytes: u64,
}

/// What a cell holds, as its `t` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Number,
    Text,
    Shared,
    Inline,
    Flag,
    Error,
    Date,
}

/// A cell as it stands in the sheet.
#[derive(Debug)]
struct Found {
    /// From 0.
    column: u32,
    holds: Holds,
    style: usize,
    value: Option<String>,
    inline: Text,
    is_formula: bool,
}

/// What a cell comes to.
#[derive(Debug)]
enum Come<'a> {
    Cell(Cell<'a>),
    Text(String),
    Rounded {
        unscaled: i128,
        scale: u8,
        written: &'a str,
    },
    Odd(Oddity, &'a str),
}

/// Reads a sheet's header and rows.
pub fn read<R: BufRead, W: Write>(
    xml: &mut Xml<R>,
    around: &Around<'_>,
    asked: &Asked<'_>,
    frames: &mut Frames<W>,
) -> Result<(), Undecoded> {
    let mut rows = Rows {
        xml,
        row: 0,
        is_inside: false,
    };
    let mut cells = Vec::new();
    let no_header = || Refusal::Layout {
        what: format!(
            "has nothing in row {} of its sheet, where the header is declared; declare `xlsx: {{ header_row: … }}`",
            asked.header_row
        ),
    };
    let names = loop {
        match rows.next(&mut cells)? {
            Some(row) if row < asked.header_row => {}
            Some(row) if row == asked.header_row => break header(&cells, around)?,
            Some(_) | None => return Err(no_header().into()),
        }
    };
    if names.is_empty() {
        return Err(no_header().into());
    }
    let width = names.len();
    let found = positions(asked.columns, &names);
    let names = Names {
        rows: None,
        sent: found.iter().map(|(at, _)| *at).collect(),
        names,
    };
    if !frames.columns(&names).map_err(Undecoded::Gone)? {
        return Err(Refusal::workbook("it has more columns than are taken").into());
    }
    let mut out = RowsOut::new(frames);
    while let Some(row) = rows.next(&mut cells)? {
        let holds_something = |cell: &&Found| cell.holds_something();
        let Some(last) = cells.iter().filter(holds_something).map(Found::at).max() else {
            continue;
        };
        out.begin(u64::from(row), last >= width);
        let mut left = cells.iter().peekable();
        for (at, wanted) in &found {
            while left.next_if(|cell| cell.at() < *at).is_some() {}
            match left.next_if(|cell| cell.at() == *at) {
                Some(cell) => put(&mut out, come(cell, wanted.scale, around)?),
                None => out.cell(Cell::Missing),
            }
        }
        // How far it is in the file is not known; rows are what is told.
        out.end_row(0)?;
    }
    out.flush(around.bytes)
}

fn put<W: Write>(out: &mut RowsOut<'_, W>, come: Come<'_>) {
    match come {
        Come::Cell(cell) => out.cell(cell),
        Come::Text(text) if text.is_empty() => out.cell(Cell::Missing),
        Come::Text(text) => out.cell(Cell::Text(&text)),
        Come::Rounded {
            unscaled,
            scale,
            written,
        } => out.rounded(unscaled, scale, written),
        Come::Odd(how, written) => out.odd(how, written),
    }
}

/// The names of the columns, up to the last that has one.
fn header(cells: &[Found], around: &Around<'_>) -> Result<Vec<String>, Refusal> {
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let name = match come(cell, None, around)? {
            Come::Cell(cell) => cell.text(),
            Come::Text(text) => text,
            Come::Rounded {
                unscaled, scale, ..
            } => decimal::write(unscaled, scale),
            Come::Odd(_, written) => written.to_owned(),
        };
        if !name.is_empty() {
            names.resize(cell.at(), String::new());
            names.push(name);
        }
    }
    Ok(names)
}

impl Found {
    fn at(&self) -> usize {
        usize::try_from(self.column).unwrap_or(usize::MAX)
    }

    fn holds_something(&self) -> bool {
        self.is_formula || self.value.is_some() || !self.inline.is_empty()
    }
}

/// What a cell comes to in a column of so many decimals.
fn come<'a>(cell: &'a Found, scale: Option<u8>, around: &Around<'a>) -> Result<Come<'a>, Refusal> {
    if cell.holds == Holds::Inline {
        return Ok(Come::Text(cell.inline.text()?));
    }
    let Some(value) = cell.value.as_deref() else {
        return Ok(match cell.is_formula {
            true => Come::Odd(Oddity::NoValue, ""),
            false => Come::Cell(Cell::Missing),
        });
    };
    Ok(match cell.holds {
        Holds::Error => Come::Odd(Oddity::Error, value),
        Holds::Text | Holds::Inline => Come::Text(finished(value.to_owned())?),
        Holds::Shared => {
            let text = value.parse().ok().and_then(|at| around.texts.get(at));
            let text =
                text.ok_or_else(|| Refusal::workbook("a cell names a text that is not there"))?;
            Come::Cell(match text {
                "" => Cell::Missing,
                text => Cell::Text(text),
            })
        }
        Holds::Flag => match value {
            "1" | "true" => Come::Cell(Cell::Flag(true)),
            "0" | "false" => Come::Cell(Cell::Flag(false)),
            _ => return Err(Refusal::workbook("a cell of true or false holds neither")),
        },
        Holds::Date => Come::Cell(match (value.parse(), value.parse::<jiff::civil::Date>()) {
            (_, Ok(day)) if value.len() == 10 => Cell::Day(crate::dates::day_number(day)),
            (Ok(wall), _) => Cell::Wall(wall),
            _ => return Err(Refusal::workbook("a cell of a date holds none")),
        }),
        Holds::Number => {
            let shows = around.styles.get(cell.style);
            // A day's share must not be rounded as an amount is.
            let scale = scale.filter(|_| shows == Shows::Number);
            let written = match number::read(value, scale) {
                Ok(written) => written,
                Err(NoNumber::TooLarge) => return Ok(Come::Odd(Oddity::TooLarge, value)),
                Err(NoNumber::Form) => {
                    let what = format!("a cell of a number holds `{}`", shown(value));
                    return Err(Refusal::workbook(what));
                }
            };
            match shows {
                Shows::Time => Come::Odd(Oddity::NoDate, value),
                Shows::Day => match number::day(written, around.from_1904) {
                    Ok(day) => Come::Cell(day),
                    Err(NoDay::Time) => Come::Odd(Oddity::NoDate, value),
                    Err(NoDay::NoSuchDay) => Come::Odd(Oddity::NoDay, value),
                },
                Shows::Number if written.is_rounded => Come::Rounded {
                    unscaled: written.unscaled,
                    scale: written.scale,
                    written: value,
                },
                Shows::Number => Come::Cell(Cell::Number {
                    unscaled: written.unscaled,
                    scale: written.scale,
                }),
            }
        }
    })
}

/// Rows being read.
struct Rows<'a, R> {
    xml: &'a mut Xml<R>,
    /// The number of the last row.
    row: u32,
    /// Whether rows may come.
    is_inside: bool,
}

impl<R: BufRead> Rows<'_, R> {
    /// The next row's number, and its cells; none at the end.
    fn next(&mut self, cells: &mut Vec<Found>) -> Result<Option<u32>, Refusal> {
        cells.clear();
        loop {
            match self.xml.next()? {
                Piece::Start(tag) if tag.is("sheetData") => self.is_inside = true,
                Piece::End(tag) if tag.is("sheetData") => self.is_inside = false,
                Piece::Start(tag) if self.is_inside && tag.is("row") => {
                    let row = match tag.attribute("r")? {
                        Some(row) => row.parse().unwrap_or(0),
                        None => self.row + 1,
                    };
                    if row <= self.row || row > ROW_MAX {
                        return Err(Refusal::workbook("its rows do not come in their order"));
                    }
                    self.row = row;
                    self.cells(cells)?;
                    return Ok(Some(row));
                }
                Piece::Finished => return Ok(None),
                Piece::Start(_) | Piece::End(_) | Piece::Text(_) => {}
            }
        }
    }

    fn cells(&mut self, cells: &mut Vec<Found>) -> Result<(), Refusal> {
        let mut next = 0;
        let mut cell: Option<Found> = None;
        let mut is_value = false;
        loop {
            match self.xml.next()? {
                Piece::Start(tag) if tag.is("c") => {
                    let found = begun(&tag, next)?.ok_or_else(|| {
                        let what = format!(
                            "the cells of its row {} do not come in their order",
                            self.row
                        );
                        Refusal::workbook(what)
                    })?;
                    next = found.column + 1;
                    cell = Some(found);
                }
                Piece::Start(tag) => match &mut cell {
                    Some(_) if tag.is("v") => is_value = true,
                    Some(cell) if tag.is("f") => cell.is_formula = true,
                    Some(cell) => cell.inline.begin(tag.name()),
                    None => {}
                },
                Piece::End(tag) if tag.is("row") => return Ok(()),
                Piece::End(tag) if tag.is("c") => cells.extend(cell.take()),
                Piece::End(tag) if tag.is("v") => is_value = false,
                Piece::End(tag) => {
                    if let Some(cell) = &mut cell {
                        cell.inline.end(tag.name());
                    }
                }
                Piece::Text(text) => match &mut cell {
                    Some(cell) if is_value && !text.is_empty() => {
                        push_bounded(cell.value.get_or_insert_default(), &text)?;
                    }
                    Some(cell) => cell.inline.push(&text)?,
                    None => {}
                },
                Piece::Finished => return Ok(()),
            }
        }
    }
}

/// A cell that begins; none where it stands before `next` or beyond the sheet.
fn begun(tag: &Tag<'_>, next: u32) -> Result<Option<Found>, Refusal> {
    let column = match tag.attribute("r")? {
        Some(place) => column_of(&place),
        None => Some(next),
    };
    let Some(column) = column.filter(|column| (next..COLUMNS_MAX).contains(column)) else {
        return Ok(None);
    };
    let of = tag.attribute("t")?;
    let holds = match of.as_deref() {
        None | Some("n") => Holds::Number,
        Some("str") => Holds::Text,
        Some("s") => Holds::Shared,
        Some("inlineStr") => Holds::Inline,
        Some("b") => Holds::Flag,
        Some("e") => Holds::Error,
        Some("d") => Holds::Date,
        Some(other) => {
            let what = format!("a cell is of the unknown type `{}`", shown(other));
            return Err(Refusal::workbook(what));
        }
    };
    let style = tag.attribute("s")?.and_then(|style| style.parse().ok());
    Ok(Some(Found {
        column,
        holds,
        style: style.unwrap_or(0),
        value: None,
        inline: Text::default(),
        is_formula: false,
    }))
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> Option<u32> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    let column = letters.fold(0_u32, |column, letter| {
        column
            .saturating_mul(26)
            .saturating_add(u32::from(letter - b'A') + 1)
    });
    column.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::column_of;

    #[test]
    fn columns_are_counted_in_letters() {
        for (place, column) in [
            ("A1", Some(0)),
            ("Z9", Some(25)),
            ("AA10", Some(26)),
            ("XFD1048576", Some(16_383)),
            ("1", None),
            ("", None),
            (&"Z".repeat(1_000), Some(u32::MAX - 1)),
        ] {
            assert_eq!(column_of(place), column, "{place}");
        }
    }
}
