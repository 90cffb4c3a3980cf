//! Workbooks in (Office Open XML, `.xlsx`): the same rows as from CSV, each number as its digits stand in the file.
//!
//! The libraries the field uses give a cell's number as a float, and 0.57999999999999996 is then all that is left of the
//! 0.58 that was entered. Here a number is its decimal text, rounded to the 15 digits that spreadsheet programs show, so
//! what counts is what its author saw. Whatever a workbook needs not have (a DTD, entities, a thousand attributes, cells
//! out of their order) is refused; so is what is cut short, too large or not agreed on by the archive around it.
//!
//! It reads one sheet, in a cage. Formulas are not computed: their stored value counts, and one without is set aside.

mod number;
mod sheet;
mod styles;
mod texts;
mod xml;

use std::fs::File;
use std::io::{BufReader, Write};

use crate::archive::{Archive, ArchiveError, Bounds, Entry};
use crate::cage::{Frames, Refusal, Undecoded, Wanted};
use crate::words::shown;
use xml::{Piece, Xml};

/// What all parts of a workbook may unpack to.
const UNPACKED_MAX: u64 = 200 << 20;
/// Unpacked bytes of a part for each packed one.
const RATIO_MAX: u64 = 100;

/// Which rows of a workbook are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The columns that are read.
    pub columns: &'a [Wanted],
    /// The sheet; none where there is one only.
    pub sheet: Option<&'a str>,
    /// The row that holds the names of the columns, from 1.
    pub header_row: u32,
}

/// What a workbook says of itself.
struct Book {
    /// Its sheets: names, and the parts they are in.
    sheets: Vec<(String, String)>,
    /// Whether days are counted from 1904.
    from_1904: bool,
    texts: Option<String>,
    styles: Option<String>,
}

/// Reads the rows that are asked for.
///
/// # Errors
/// Why the workbook is refused.
pub fn read<W: Write>(
    file: File,
    asked: &Asked<'_>,
    frames: &mut Frames<W>,
) -> Result<(), Undecoded> {
    let bounds = Bounds {
        unpacked_max: Some(UNPACKED_MAX),
        ratio_max: RATIO_MAX,
    };
    let bytes = file.metadata().map_err(Refusal::unreadable)?.len();
    let mut archive = Archive::open(file, &bounds).map_err(refused)?;
    let book = book(&mut archive)?;
    let part = chosen(&book, asked.sheet)?;
    let texts = match &book.texts {
        Some(part) => texts::read(&mut open(&mut archive, part)?)?,
        None => texts::Texts::default(),
    };
    let styles = match &book.styles {
        Some(part) => styles::read(&mut open(&mut archive, part)?)?,
        None => styles::Styles::default(),
    };
    let around = sheet::Around {
        texts: &texts,
        styles: &styles,
        from_1904: book.from_1904,
        bytes,
    };
    sheet::read(&mut open(&mut archive, &part)?, &around, asked, frames)
}

fn refused(error: ArchiveError) -> Refusal {
    error.into_refusal(Refusal::workbook)
}

/// A part as XML.
type Part<'a> = Xml<BufReader<Entry<'a>>>;

fn open<'a>(archive: &'a mut Archive, part: &str) -> Result<Part<'a>, Refusal> {
    let entry = archive.entry(part).map_err(refused)?;
    Ok(Xml::new(BufReader::with_capacity(64 << 10, entry)))
}

/// A relation of a part to another.
struct Relation {
    id: String,
    /// The last word of its type.
    of: String,
    /// The other part.
    part: String,
}

/// The relations of a part.
fn relations(archive: &mut Archive, part: &str) -> Result<Vec<Relation>, Refusal> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let listed = match folder {
        "" => format!("_rels/{name}.rels"),
        folder => format!("{folder}/_rels/{name}.rels"),
    };
    let mut relations = Vec::new();
    let mut xml = open(archive, &listed)?;
    loop {
        match xml.next()? {
            Piece::Start(tag) if tag.is("Relationship") => {
                let target = tag.attribute("Target")?.unwrap_or_default();
                let of = tag.attribute("Type")?.unwrap_or_default();
                relations.push(Relation {
                    id: tag.attribute("Id")?.unwrap_or_default(),
                    of: of.rsplit('/').next().unwrap_or_default().to_owned(),
                    part: resolved(folder, &target),
                });
            }
            Piece::Finished => return Ok(relations),
            Piece::Start(_) | Piece::End(_) | Piece::Text(_) => {}
        }
    }
}

/// A target as the name of a part.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            name => path.push(name),
        }
    }
    path.join("/")
}

fn book(archive: &mut Archive) -> Result<Book, Refusal> {
    let ends = |end: &str| archive.names().iter().any(|name| name.ends_with(end));
    if ends("workbook.bin") {
        let what = "it is a binary workbook (.xlsb); save it as .xlsx";
        return Err(Refusal::workbook(what));
    }
    if archive.has("mimetype") {
        let what = "it is an OpenDocument file; save it as .xlsx";
        return Err(Refusal::workbook(what));
    }
    let no_workbook = || Refusal::workbook("it is a zip archive and no workbook");
    if !archive.has("_rels/.rels") {
        return Err(no_workbook());
    }
    let root = relations(archive, "")?;
    let root = root.into_iter().find(|of| of.of == "officeDocument");
    let root = root.ok_or_else(no_workbook)?.part;
    let listed = relations(archive, &root)?;
    let mut xml = open(archive, &root)?;
    let mut sheets = Vec::new();
    let mut from_1904 = false;
    let mut is_first = true;
    loop {
        match xml.next()? {
            Piece::Start(tag) => {
                if std::mem::take(&mut is_first) && !tag.is("workbook") {
                    return Err(Refusal::workbook(
                        "it is an office document of another kind",
                    ));
                }
                if tag.is("workbookPr") {
                    let said = tag.attribute("date1904")?;
                    from_1904 = matches!(said.as_deref(), Some("1" | "true"));
                }
                if tag.is("sheet") {
                    let id = tag.attribute("id")?.unwrap_or_default();
                    let part = listed.iter().find(|relation| relation.id == id);
                    let part = part.ok_or_else(|| {
                        Refusal::workbook("one of its sheets is in no part of it")
                    })?;
                    let name = tag.attribute("name")?.unwrap_or_default();
                    sheets.push((name, part.part.clone()));
                }
            }
            Piece::Finished => break,
            Piece::End(_) | Piece::Text(_) => {}
        }
    }
    let part_of = |of: &str| {
        let found = listed.iter().find(|relation| relation.of == of);
        found.map(|relation| relation.part.clone())
    };
    Ok(Book {
        sheets,
        from_1904,
        texts: part_of("sharedStrings"),
        styles: part_of("styles"),
    })
}

/// The part of the sheet that is asked for.
fn chosen(book: &Book, asked: Option<&str>) -> Result<String, Refusal> {
    let names = || {
        let names: Vec<String> = book.sheets.iter().map(|(name, _)| shown(name)).collect();
        names.join(", ")
    };
    let what = match (asked, book.sheets.as_slice()) {
        (None, [(_, part)]) => return Ok(part.clone()),
        (None, []) => "has no sheet".to_owned(),
        (None, _) => format!(
            "has several sheets ({}); declare `xlsx: {{ sheet: … }}`",
            names()
        ),
        (Some(asked), sheets) => match sheets.iter().find(|(name, _)| name == asked) {
            Some((_, part)) => return Ok(part.clone()),
            None => format!("has no sheet `{asked}`; its sheets are: {}", names()),
        },
    };
    Err(Refusal::Layout { what })
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn a_target_is_found_from_its_folder_or_from_the_root() {
        assert_eq!(
            resolved("xl", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml"
        );
        assert_eq!(resolved("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("xl/a", "../b/./c.xml"), "xl/b/c.xml");
        assert_eq!(resolved("", "../../x"), "x");
    }
}
