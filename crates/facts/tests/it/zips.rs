//! Zip archives and workbooks, made byte by byte so that each of them can be wrong in one way.

use std::io::Write as _;

use flate2::Compression;
use flate2::Crc;
use flate2::write::DeflateEncoder;

/// One entry, as its headers tell it; a test changes what it wants to be a lie.
#[derive(Clone)]
pub struct Part {
    pub name: String,
    pub packed: Vec<u8>,
    pub unpacked: u32,
    pub crc: u32,
    pub local_name: String,
    pub local_unpacked: u32,
    pub flags: u16,
}

/// An entry that tells the truth.
pub fn part(name: &str, content: &[u8]) -> Part {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("memory");
    let mut crc = Crc::new();
    crc.update(content);
    let unpacked = u32::try_from(content.len()).expect("small");
    Part {
        name: name.to_owned(),
        packed: encoder.finish().expect("memory"),
        unpacked,
        crc: crc.sum(),
        local_name: name.to_owned(),
        local_unpacked: unpacked,
        flags: 0,
    }
}

fn numbers16(out: &mut Vec<u8>, numbers: &[u16]) {
    numbers
        .iter()
        .for_each(|number| out.extend(number.to_le_bytes()));
}

fn numbers32(out: &mut Vec<u8>, numbers: &[u32]) {
    numbers
        .iter()
        .for_each(|number| out.extend(number.to_le_bytes()));
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("small")
}

/// An archive of these parts; `shared` lets every entry of the directory point at the first one's bytes.
pub fn archive_of(parts: &[Part], shared: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let at = if shared { 0 } else { length(&out) };
        if !shared || out.is_empty() {
            out.extend(b"PK\x03\x04");
            numbers16(&mut out, &[20, part.flags, 8, 0, 0]);
            numbers32(
                &mut out,
                &[part.crc, length(&part.packed), part.local_unpacked],
            );
            numbers16(&mut out, &[part.local_name.len() as u16, 0]);
            out.extend(part.local_name.as_bytes());
            out.extend(&part.packed);
        }
        directory.extend(b"PK\x01\x02");
        numbers16(&mut directory, &[20, 20, part.flags, 8, 0, 0]);
        numbers32(
            &mut directory,
            &[part.crc, length(&part.packed), part.unpacked],
        );
        numbers16(&mut directory, &[part.name.len() as u16, 0, 0, 0, 0]);
        numbers32(&mut directory, &[0, at]);
        directory.extend(part.name.as_bytes());
    }
    let begins = length(&out);
    out.extend(&directory);
    out.extend(b"PK\x05\x06");
    let count = parts.len() as u16;
    numbers16(&mut out, &[0, 0, count, count]);
    numbers32(&mut out, &[length(&directory), begins]);
    numbers16(&mut out, &[0]);
    out
}

/// An honest archive.
pub fn zip(parts: &[Part]) -> Vec<u8> {
    archive_of(parts, false)
}

const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">"#;

/// The parts of a workbook around the inside of its one sheet's `sheetData`; strings are its shared texts.
pub fn parts(book: &str, strings: &str, sheet: &str) -> Vec<Part> {
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relation = |id: &str, of: &str, target: &str| {
        format!(r#"<Relationship Id="{id}" Type="{kind}/{of}" Target="{target}"/>"#)
    };
    let root = format!(
        "{RELATIONS}{}</Relationships>",
        relation("rId1", "officeDocument", "xl/workbook.xml")
    );
    let inner = format!(
        "{RELATIONS}{}{}{}</Relationships>",
        relation("rId1", "worksheet", "worksheets/sheet1.xml"),
        relation("rId2", "sharedStrings", "sharedStrings.xml"),
        relation("rId3", "styles", "/xl/styles.xml")
    );
    let styles = r#"<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/></numFmts>
        <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="46"/></cellXfs></styleSheet>"#;
    vec![
        part("[Content_Types].xml", b"<Types/>"),
        part("_rels/.rels", root.as_bytes()),
        part("xl/workbook.xml", book.as_bytes()),
        part("xl/_rels/workbook.xml.rels", inner.as_bytes()),
        part("xl/styles.xml", styles.as_bytes()),
        part(
            "xl/sharedStrings.xml",
            format!("<sst>{strings}</sst>").as_bytes(),
        ),
        part(
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>").as_bytes(),
        ),
    ]
}

/// A book of one sheet.
pub const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

/// The header of the shared program, as the first row of a sheet.
pub const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>number</t></is></c><c r="B1" t="inlineStr"><is><t>partner</t></is></c><c r="C1" t="inlineStr"><is><t>day</t></is></c><c r="D1" t="inlineStr"><is><t>amount</t></is></c><c r="E1" t="inlineStr"><is><t>units</t></is></c><c r="F1" t="inlineStr"><is><t>rush</t></is></c><c r="G1" t="inlineStr"><is><t>note</t></is></c></row>"#;

/// A workbook of the shared program with some rows.
pub fn workbook(rows: &str) -> Vec<u8> {
    zip(&parts(BOOK, "", &format!("{HEADER}{rows}")))
}

/// A row: the cells after the id and the partner, each as it stands in the part.
pub fn row(at: u32, cells: &str) -> String {
    format!(
        r#"<row r="{at}"><c r="A{at}" t="str"><v>{at}</v></c><c r="B{at}" t="str"><v>P1</v></c>{cells}</row>"#
    )
}
