//! A workbook that people fill in: what stands fixed, what stands beside to compare with, and what is to be filled in.
//!
//! The sheet is protected without a password, so that only what is to be filled in is changed by mistake, and whoever wants
//! to may lift it. A number that a spreadsheet cannot hold with all its digits is written as text.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
    XlsxError,
};
use trueup_base::Exact;
use trueup_base::date::Date;

use crate::guard::guarded;
use crate::spreadsheet::{CELL_MAX, ROWS_MAX, number};
use crate::statement::exact_places;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Says which row it is.
    Fixed,
    /// Stands beside, to compare with.
    Shown,
    /// Is to be filled in.
    Filled,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: String,
    /// What it is for.
    pub of: Use,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Number(Exact),
    /// A day.
    Day(Date),
}

/// A sheet to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillIn {
    /// What it is about; its first sheet has this name.
    pub name: String,
    /// How it is filled in, a line each: the second sheet.
    pub how: Vec<String>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// Why there is no workbook of it.
#[derive(Debug, thiserror::Error)]
pub enum FillInRefusal {
    /// More rows than a sheet has.
    #[error("a sheet has no more than {ROWS_MAX} rows; leave out some partners")]
    TooManyRows,
    /// A longer text than a cell holds.
    #[error("row {row}: `{begins}…` is longer than a cell, {CELL_MAX} characters")]
    TooLong {
        /// The row, from 1.
        row: usize,
        /// How the text begins.
        begins: String,
    },
    /// What the library says.
    #[error("the workbook cannot be made")]
    Format(#[source] XlsxError),
}

/// The bytes of the workbook.
///
/// # Errors
/// When a text or the number of rows is more than a workbook holds.
///
/// ```
/// use trueup_exports::fill_in::{Cell, Column, FillIn, Use, write};
///
/// let sheet = FillIn {
///     name: "Targets".to_owned(),
///     how: vec!["Change the blue cells.".to_owned()],
///     columns: vec![
///         Column { name: "partner".to_owned(), of: Use::Fixed },
///         Column { name: "target".to_owned(), of: Use::Filled },
///     ],
///     rows: vec![vec![Cell::Text("P-100".to_owned()), Cell::Number("1.5".parse()?)]],
/// };
/// assert_eq!(write(&sheet)?, write(&sheet)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write(sheet: &FillIn) -> Result<Vec<u8>, FillInRefusal> {
    let mut workbook = Workbook::new();
    if let Ok(begun) = ExcelDateTime::from_ymd(1900, 1, 1) {
        let properties = DocProperties::new().set_title(&sheet.name);
        workbook.set_properties(&properties.set_creation_datetime(&begun));
    }
    rows(workbook.add_worksheet(), sheet)?;
    let how = workbook.add_worksheet();
    how.set_name("How").map_err(FillInRefusal::Format)?;
    how.set_column_width(0, 100)
        .map_err(FillInRefusal::Format)?;
    let wraps = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (row, line) in (0u32..).zip(&sheet.how) {
        how.write_string_with_format(row, 0, line, &wraps)
            .map_err(FillInRefusal::Format)?;
    }
    workbook.save_to_buffer().map_err(FillInRefusal::Format)
}

fn rows(into: &mut Worksheet, sheet: &FillIn) -> Result<(), FillInRefusal> {
    into.set_name(&sheet.name).map_err(FillInRefusal::Format)?;
    let heading = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0xE8_EE_F3))
        .set_border_bottom(FormatBorder::Thin);
    for (at, column) in (0u16..).zip(&sheet.columns) {
        into.write_string_with_format(0, at, &column.name, &heading)
            .map_err(FillInRefusal::Format)?;
        let width = u32::try_from(column.name.chars().count()).unwrap_or(u32::MAX);
        into.set_column_width(at, width.clamp(12, 32) + 2)
            .map_err(FillInRefusal::Format)?;
    }
    for (row, cells) in (1usize..).zip(&sheet.rows) {
        let at = u32::try_from(row)
            .ok()
            .filter(|row| *row < ROWS_MAX)
            .ok_or(FillInRefusal::TooManyRows)?;
        for ((column, of), cell) in (0u16..).zip(&sheet.columns).zip(cells) {
            cell_in(into, (at, column), &looks(of.of), cell)?;
        }
    }
    into.set_freeze_panes(1, 0).map_err(FillInRefusal::Format)?;
    into.protect();
    Ok(())
}

fn looks(of: Use) -> Format {
    match of {
        Use::Fixed => Format::new(),
        Use::Shown => Format::new().set_font_color(Color::RGB(0x5B_64_70)),
        Use::Filled => Format::new()
            .set_unlocked()
            .set_font_color(Color::RGB(0x14_50_7A)),
    }
}

fn cell_in(
    into: &mut Worksheet,
    (row, column): (u32, u16),
    format: &Format,
    cell: &Cell,
) -> Result<(), FillInRefusal> {
    let text = |into: &mut Worksheet, text: &str| {
        let characters = text.encode_utf16().count();
        if characters > CELL_MAX {
            return Err(FillInRefusal::TooLong {
                row: row as usize + 1,
                begins: text.chars().take(40).collect(),
            });
        }
        let format = match guarded(text) == text {
            true => format.clone(),
            false => format.clone().set_quote_prefix(),
        };
        let written = into.write_string_with_format(row, column, text, &format);
        written.map(|_| ()).map_err(FillInRefusal::Format)
    };
    match cell {
        Cell::Empty => {
            let written = into.write_blank(row, column, format);
            written.map(|_| ()).map_err(FillInRefusal::Format)
        }
        Cell::Text(says) => text(into, says),
        Cell::Day(day) => text(into, &day.to_string()),
        Cell::Number(figure) => {
            match exact_places(figure, 0).and_then(|places| Some((places, number(figure, places)?)))
            {
                Some((places, number)) => {
                    let decimals = match places {
                        0 => String::new(),
                        places => format!(".{}", "0".repeat(places as usize)),
                    };
                    let format = format.clone().set_num_format(format!("#,##0{decimals}"));
                    let written = into.write_number_with_format(row, column, number, &format);
                    written.map(|_| ()).map_err(FillInRefusal::Format)
                }
                None => text(into, &figure.to_string()),
            }
        }
    }
}
