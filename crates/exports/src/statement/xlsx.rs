//! A statement as a workbook: the sheet `Statement` to read, the sheet `Lines` to calculate with. Of several papers each has
//! a sheet to read, named for its period, and all their lines are on one.
//!
//! An amount is a number where a spreadsheet holds all its digits (fifteen), and a text where it would not. Words are
//! written as texts and marked as such, so that none becomes a formula when somebody edits its cell.

use std::collections::BTreeSet;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};
use trueup_base::Exact;

use super::{
    About, Grants, Group, Line, PaperRefusal, Standing, StatementPaper, exact_places, shown,
};
use crate::guard::guarded;
use crate::spreadsheet::{CELL_MAX, ROWS_MAX, number};

/// The colours of headings and rules, as in the PDF.
const ACCENT: u32 = 0x14_50_7A;
const GREY: u32 = 0x5B_64_70;
const PALE: u32 = 0xE8_EE_F3;

/// The bytes of a workbook.
///
/// # Errors
/// When a text or the number of rows is more than a workbook holds.
///
/// See the [module above](super) for an example.
pub fn write(papers: &[StatementPaper]) -> Result<Vec<u8>, PaperRefusal> {
    let about = About::of(papers)?;
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(&about));
    let mut names = BTreeSet::from(["lines".to_owned()]);
    for paper in papers {
        let name = match papers.len() {
            1 => "Statement".to_owned(),
            _ => sheet_name(&paper.period.name, &mut names),
        };
        let mut statement = Sheet::new(paper, &name, workbook.add_worksheet())?;
        summary(&mut statement)?;
    }
    let mut lines = Sheet::new(about.last, "Lines", workbook.add_worksheet())?;
    table(&mut lines, papers)?;
    let bytes = workbook.save_to_buffer();
    bytes.map_err(|error| format_refused(about.last, &error))
}

/// A period's name as a sheet may be called, and no other sheet is.
fn sheet_name(period: &str, names: &mut BTreeSet<String>) -> String {
    let plain = period.chars().map(|sign| match sign {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'' => '-',
        sign if sign.is_control() => '-',
        sign => sign,
    });
    let plain: String = plain.take(24).collect();
    let mut name = if plain.is_empty() {
        "Statement".to_owned()
    } else {
        plain.clone()
    };
    let mut number = 2;
    // Sheets whose names differ in case alone are one to a spreadsheet.
    while !names.insert(name.to_lowercase()) {
        name = format!("{plain} ({number})");
        number += 1;
    }
    name
}

fn format_refused(paper: &StatementPaper, error: &rust_xlsxwriter::XlsxError) -> PaperRefusal {
    PaperRefusal::Format {
        partner: paper.partner.id.clone(),
        why: error.to_string(),
    }
}

/// The last period's last day stands for the day it was made.
fn properties(about: &About<'_>) -> DocProperties {
    let last = about.last.period.last;
    let made = u16::try_from(last.year()).ok().and_then(|year| {
        let month = u8::try_from(last.month()).ok()?;
        let day = u8::try_from(last.day()).ok()?;
        ExcelDateTime::from_ymd(year, month, day).ok()
    });
    let properties = DocProperties::new()
        .set_title(&about.title)
        .set_subject(&about.subject)
        .set_author("Trueup");
    let begun = ExcelDateTime::from_ymd(1900, 1, 1).ok();
    match made.or(begun) {
        Some(made) => properties.set_creation_datetime(&made),
        None => properties,
    }
}

struct Sheet<'a> {
    paper: &'a StatementPaper,
    sheet: &'a mut Worksheet,
    row: u32,
}

type Written = Result<(), PaperRefusal>;

impl<'a> Sheet<'a> {
    fn new(
        paper: &'a StatementPaper,
        name: &str,
        sheet: &'a mut Worksheet,
    ) -> Result<Self, PaperRefusal> {
        let named = sheet.set_name(name).map(|_| ());
        named.map_err(|error| format_refused(paper, &error))?;
        sheet.set_paper_size(9); // A4
        Ok(Self {
            paper,
            sheet,
            row: 0,
        })
    }

    fn taken<T>(&self, written: Result<T, rust_xlsxwriter::XlsxError>) -> Written {
        match written {
            Ok(_) => Ok(()),
            Err(error) => Err(format_refused(self.paper, &error)),
        }
    }

    fn next(&mut self) -> Written {
        self.row += 1;
        match self.row < ROWS_MAX {
            true => Ok(()),
            false => Err(PaperRefusal::TooManyRows {
                partner: self.paper.partner.id.clone(),
                max: ROWS_MAX,
            }),
        }
    }

    fn words(&mut self, column: u16, text: &str, format: &Format) -> Written {
        let characters = text.encode_utf16().count();
        if characters > CELL_MAX {
            return Err(PaperRefusal::TextTooLong {
                partner: self.paper.partner.id.clone(),
                characters,
                max: CELL_MAX,
                begins: text.chars().take(40).collect(),
            });
        }
        let marked = match guarded(text) == text {
            true => format.clone(),
            false => format.clone().set_quote_prefix(),
        };
        let written = self
            .sheet
            .write_string_with_format(self.row, column, text, &marked);
        let written = written.map(|_| ());
        self.taken(written)
    }

    /// An amount as a number if a number holds it.
    fn amount(&mut self, column: u16, amount: &Exact, grants: Grants, format: &Format) -> Written {
        let least = self.paper.places(grants);
        let format = format.clone().set_align(FormatAlign::Right);
        let places = exact_places(amount, least);
        let number = places.and_then(|places| Some((places, number(amount, places)?)));
        let Some((places, number)) = number else {
            return self.words(column, &shown(amount, least), &format);
        };
        let decimals = match places {
            0 => String::new(),
            places => format!(".{}", "0".repeat(places as usize)),
        };
        let shape = match grants {
            Grants::Money | Grants::Fund => {
                format!("#,##0{decimals} [${}]", self.paper.currency.code())
            }
            Grants::Count => format!("#,##0{decimals}"),
        };
        let format = format.set_num_format(shape);
        let written = self
            .sheet
            .write_number_with_format(self.row, column, number, &format);
        let written = written.map(|_| ());
        self.taken(written)
    }

    fn maybe_amount(
        &mut self,
        column: u16,
        amount: Option<&Exact>,
        grants: Grants,
        format: &Format,
    ) -> Written {
        match amount {
            Some(amount) => self.amount(column, amount, grants, format),
            None => {
                let right = format.clone().set_align(FormatAlign::Right);
                self.words(column, "open", &right)
            }
        }
    }

    fn width(&mut self, column: u16, width: u32) -> Written {
        let set = self.sheet.set_column_width(column, width).map(|_| ());
        self.taken(set)
    }

    fn heading(&mut self, title: &str) -> Written {
        self.next()?;
        for column in 0..3 {
            let text = if column == 0 { title } else { "" };
            self.words(column, text, &heading())?;
        }
        self.next()
    }

    fn group(&mut self, group: &Group) -> Written {
        self.words(0, &group.title, &bold())?;
        self.next()?;
        for row in &group.rows {
            self.words(0, &row.is, &plain().set_indent(1))?;
            if let Some(figure) = &row.figure {
                self.words(1, figure, &plain().set_align(FormatAlign::Right))?;
            }
            if let Some(note) = &row.note {
                self.words(2, note, &quiet())?;
            }
            self.next()?;
        }
        Ok(())
    }

    fn total(&mut self, what: &str, amount: &Exact) -> Written {
        let format = bold().set_border_top(FormatBorder::Thin);
        self.words(0, what, &format)?;
        self.amount(1, amount, Grants::Money, &format)?;
        self.next()
    }
}

fn plain() -> Format {
    Format::new()
        .set_font_name("Calibri")
        .set_align(FormatAlign::Top)
        .set_text_wrap()
}

fn bold() -> Format {
    plain().set_bold()
}

fn quiet() -> Format {
    plain().set_font_color(GREY)
}

fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(ACCENT)
        .set_background_color(PALE)
}

fn summary(sheet: &mut Sheet<'_>) -> Written {
    let paper = sheet.paper;
    for (column, width) in [(0, 58), (1, 24), (2, 60)] {
        sheet.width(column, width)?;
    }
    let title = Format::new()
        .set_bold()
        .set_font_size(16)
        .set_font_color(ACCENT);
    sheet.words(0, &paper.title, &title)?;
    sheet.next()?;
    let party = format!("{} ({})", paper.partner.name, paper.partner.id);
    sheet.words(0, &party, &bold().set_font_size(12))?;
    sheet.next()?;
    let period = &paper.period;
    let days = format!("{}: {} to {}", period.name, period.first, period.last);
    sheet.words(0, &days, &plain())?;
    sheet.next()?;
    for phrase in &paper.under {
        sheet.words(0, phrase, &quiet())?;
        sheet.next()?;
    }
    match &paper.standing {
        Standing::Unsaid => {}
        Standing::Provisional(why) | Standing::Locked(why) => {
            let word = match paper.standing {
                Standing::Locked(_) => "Locked",
                Standing::Provisional(_) | Standing::Unsaid => "Provisional",
            };
            sheet.words(0, &format!("{word}: {why}"), &bold())?;
            sheet.next()?;
        }
    }
    let frozen = sheet.sheet.set_freeze_panes(3, 0).map(|_| ());
    sheet.taken(frozen)?;
    if !paper.objectives.is_empty() {
        sheet.heading("Objectives")?;
        for group in &paper.objectives {
            sheet.group(group)?;
        }
    }
    sheet.heading("Earnings")?;
    for line in &paper.lines {
        sheet.words(0, &line.component, &plain())?;
        sheet.maybe_amount(1, line.now.as_ref(), line.grants, &plain())?;
        sheet.words(2, &line.is, &quiet())?;
        sheet.next()?;
    }
    let currency = paper.currency.code();
    sheet.total(
        &format!("Total of {} in {currency}", period.name),
        &paper.total(),
    )?;
    if !paper.corrections.is_empty() {
        sheet.heading("Corrections of closed periods")?;
        for correction in &paper.corrections {
            sheet.words(0, &correction.component, &plain())?;
            sheet.amount(1, &correction.amount, Grants::Money, &plain())?;
            sheet.words(
                2,
                &format!("settled on {}", correction.settled_on),
                &quiet(),
            )?;
            sheet.next()?;
        }
        let what = format!("Total with corrections in {currency}");
        sheet.total(&what, &paper.total_with_corrections())?;
    }
    if !paper.balances.is_empty() {
        sheet.heading("Balances")?;
        for balance in &paper.balances {
            sheet.words(0, &balance.what, &plain())?;
            sheet.amount(1, &balance.amount, Grants::Money, &plain())?;
            sheet.next()?;
        }
    }
    if !paper.beside.is_empty() {
        sheet.heading("Beside the lines")?;
        for group in &paper.beside {
            sheet.group(group)?;
        }
    }
    said(sheet)
}

/// What is open, what is to be said, and how all of it is checked.
fn said(sheet: &mut Sheet<'_>) -> Written {
    let paper = sheet.paper;
    if !paper.open.is_empty() {
        sheet.heading("Open, and therefore not posted")?;
        for open in &paper.open {
            sheet.words(0, &open.components.join(", "), &plain())?;
            sheet.words(2, &open.why, &plain())?;
            sheet.next()?;
        }
    }
    for (title, texts) in [
        ("Notes", &paper.notes),
        ("How to check this", &paper.checks),
    ] {
        if !texts.is_empty() {
            sheet.heading(title)?;
            for text in texts {
                sheet.words(0, text, &plain())?;
                sheet.next()?;
            }
        }
    }
    if !paper.hashes.is_empty() {
        sheet.heading("Worked out from")?;
        for (what, hash) in &paper.hashes {
            sheet.words(0, what, &plain())?;
            sheet.words(2, hash, &quiet())?;
            sheet.next()?;
        }
    }
    Ok(())
}

/// One row a line and nothing else, so that it can be filtered and added up.
fn table<'p>(sheet: &mut Sheet<'p>, papers: &'p [StatementPaper]) -> Written {
    let columns = [
        ("partner", 14),
        ("period", 12),
        ("component", 26),
        ("what it is", 52),
        ("earned to date", 20),
        ("posted before", 20),
        ("posted now", 20),
        ("currency", 10),
        ("why", 70),
    ];
    for (column, (name, width)) in (0..).zip(columns) {
        sheet.width(column, width)?;
        let format = match column {
            4..=6 => heading().set_align(FormatAlign::Right),
            _ => heading(),
        };
        sheet.words(column, name, &format)?;
    }
    let frozen = sheet.sheet.set_freeze_panes(1, 3).map(|_| ());
    sheet.taken(frozen)?;
    for paper in papers {
        for line in &paper.lines {
            sheet.next()?;
            row(sheet, paper, line)?;
        }
    }
    let last = sheet.row;
    let filtered = sheet.sheet.autofilter(0, 0, last, 8).map(|_| ());
    sheet.taken(filtered)?;
    sheet.sheet.set_landscape();
    let repeated = sheet.sheet.set_repeat_rows(0, 0).map(|_| ());
    sheet.taken(repeated)
}

fn row<'p>(sheet: &mut Sheet<'p>, paper: &'p StatementPaper, line: &Line) -> Written {
    sheet.paper = paper;
    sheet.words(0, &paper.partner.id, &plain())?;
    sheet.words(1, &paper.period.name, &plain())?;
    sheet.words(2, &line.component, &plain())?;
    sheet.words(3, &line.is, &plain())?;
    sheet.maybe_amount(4, line.to_date.as_ref(), line.grants, &plain())?;
    sheet.amount(5, &line.before, line.grants, &plain())?;
    sheet.maybe_amount(6, line.now.as_ref(), line.grants, &plain())?;
    let currency = match line.grants {
        Grants::Money | Grants::Fund => paper.currency.code(),
        Grants::Count => "",
    };
    sheet.words(7, currency, &plain())?;
    sheet.words(8, line.why.as_deref().unwrap_or_default(), &plain())
}
