//! Workbooks in: the same rows as from CSV, digits as they stand, and every doubt refused or set aside.

use std::io::{Seek as _, Write as _};
use std::sync::atomic::AtomicBool;

use trueup_facts::cage::{Decoded, Decoding, Job, Row, Wanted};
use trueup_facts::standardise::Cells as _;

use crate::bench::{Bench, said};
use crate::zips::{BOOK, HEADER, Part, archive_of, part, parts, row, workbook, zip};

fn bench() -> Bench {
    Bench::declaring("    format: xlsx")
}

/// What ingesting a file says.
fn says(bytes: impl AsRef<[u8]>) -> String {
    let bench = bench();
    bench.write("data/x.csv", bytes);
    said(&bench.ingest()).concat()
}

fn facts(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let bench = bench();
    bench.write("data/x.csv", bytes);
    bench.ingest();
    bench.state("sale")
}

/// The code and the column of each problem that ingesting a file finds.
fn problems(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let bench = bench();
    bench.write("data/x.csv", bytes);
    let ingested = bench.ingest();
    bench
        .quarantined(&ingested)
        .iter()
        .flat_map(|row| {
            row.problems
                .iter()
                .map(move |problem| format!("{} {} {}", row.row, problem.column, problem.code))
        })
        .collect()
}

fn day(at: u32) -> String {
    format!(r#"<c r="C{at}" s="2"><v>46082</v></c>"#)
}

#[test]
fn a_workbook_and_csv_say_the_same() {
    let rows = format!(
        "{}<row r=\"3\"/>{}",
        row(
            2,
            r#"<c r="C2" s="1"><v>46082</v></c><c r="D2"><v>10.5</v></c><c r="E2"><v>2</v></c><c r="F2" t="s"><v>0</v></c><c r="G2" t="s"><v>1</v></c>"#
        ),
        row(
            4,
            r#"<c r="C4" t="str"><v>2026-03-02</v></c><c r="D4"><f>1-4</f><v>-3</v></c><c r="F4" t="inlineStr"><is><t>N</t></is></c>"#
        ),
    );
    let strings = "<si><t>Y</t></si><si><r><t>fir</t></r><r><rPr/><t>st &amp; &#x6c;ast</t></r><rPh><t>no</t></rPh></si>";
    let book = zip(&parts(BOOK, strings, &format!("{HEADER}{rows}")));
    let from_csv = Bench::new();
    from_csv.deliver(
        "x.csv",
        "2,P1,2026-03-01,10.50,2,Y,first & last\n4,P1,2026-03-02,-3,,N,\n",
    );
    from_csv.ingest();
    assert_eq!(says(&book), "data/x.csv: 2 read = 2 accepted");
    assert_eq!(facts(&book), from_csv.state("sale"));
}

#[test]
fn a_number_is_what_its_author_saw_and_lost_digits_are_told() {
    let amounts = [
        "0.57999999999999996",
        "4E-1",
        "0.125",
        "-0.30000000000000004",
    ];
    let rows: String = amounts
        .iter()
        .zip(2..)
        .map(|(amount, at)| {
            let amount = format!(r#"<c r="D{at}"><v>{amount}</v></c>"#);
            row(at, &format!("{}{amount}", day(at)))
        })
        .collect();
    let bench = bench();
    bench.write("data/x.csv", workbook(&rows));
    let ingested = bench.ingest();
    assert_eq!(
        bench.state("sale"),
        [
            "2@1 P1 2026-03-01 0.58   ",
            "3@1 P1 2026-03-01 0.40   ",
            "4@1 P1 2026-03-01 0.13   ",
            "5@1 P1 2026-03-01 -0.30   "
        ]
    );
    let trueup_facts::ingest::Outcome::Taken(delivery) = &ingested.files[0].outcome else {
        panic!("taken")
    };
    // The first is 0.58 written with all the digits of a binary number, and lost nothing.
    assert_eq!(
        delivery.rounded.iter().collect::<Vec<_>>(),
        [(&"amount".to_owned(), &2)]
    );
}

#[test]
fn days_are_counted_as_the_workbook_counts_them() {
    let book = BOOK.replace("<sheets>", "<workbookPr date1904=\"1\"/><sheets>");
    let rows = row(
        2,
        r#"<c r="C2" s="1"><v>44620</v></c><c r="D2"><v>1</v></c>"#,
    );
    let from_1904 = zip(&parts(&book, "", &format!("{HEADER}{rows}")));
    let from_1900 = workbook(&row(2, &format!(r#"{}<c r="D2"><v>1</v></c>"#, day(2))));
    assert_eq!(facts(from_1904), facts(from_1900));
    let cell = |value: &str, style: u32| {
        workbook(&row(
            2,
            &format!(r#"<c r="C2" s="{style}"><v>{value}</v></c>"#),
        ))
    };
    assert_eq!(problems(cell("60", 1)), ["2 day no_such_day"]);
    assert_eq!(problems(cell("0.5", 1)), ["2 day no_date"]);
    assert_eq!(problems(cell("1.5", 3)), ["2 day no_date"]);
    assert_eq!(problems(cell("46082", 0)), ["2 day date_form"]);
}

#[test]
fn a_cell_without_a_value_is_never_read_as_nothing() {
    let amount = |cell: &str| problems(workbook(&row(2, &format!("{}{cell}", day(2)))));
    assert_eq!(
        amount(r#"<c r="D2" t="e"><v>#DIV/0!</v></c>"#),
        ["2 amount error_cell"]
    );
    assert_eq!(
        amount(r#"<c r="D2"><f>A1+1</f></c>"#),
        ["2 amount no_value"]
    );
    assert_eq!(
        amount(r#"<c r="D2"><v>1e400</v></c>"#),
        ["2 amount too_many_digits"]
    );
    assert_eq!(amount(r#"<c r="H2"><v>1</v></c>"#), ["2  ragged_row"]);
    // An error where nobody reads is nobody's.
    assert_eq!(amount(r#"<c r="D2"><v>1</v></c>"#), [""; 0]);
}

#[test]
fn an_id_must_be_text() {
    let rows = r#"<row r="2"><c r="A2"><v>17</v></c><c r="B2" t="str"><v>P1</v></c><c r="C2" s="1"><v>46082</v></c></row>
        <row r="3"><c r="A3" t="str"><v>18</v></c><c r="B3"><v>12345678901234567</v></c><c r="C3" s="1"><v>46082</v></c></row>"#;
    assert_eq!(
        problems(workbook(rows)),
        ["2 number id_not_text", "3 partner rounded_text"]
    );
}

#[test]
fn the_declared_sheet_and_header_are_read_or_said_to_be_missing() {
    let rows = row(5, &format!(r#"{}<c r="D5"><v>1</v></c>"#, day(5)));
    let header = HEADER.replace("r=\"1\"", "r=\"4\"");
    let header = ["A", "B", "C", "D", "E", "F", "G"]
        .iter()
        .fold(header, |header, column| {
            header.replace(&format!("\"{column}1\""), &format!("\"{column}4\""))
        });
    let book = BOOK.replace(
        "<sheets>",
        "<sheets><sheet name=\"Other\" sheetId=\"2\" r:id=\"rId2\"/>",
    );
    let bytes = zip(&parts(&book, "", &format!("{header}{rows}")));
    let try_with = |xlsx: &str| {
        let bench = Bench::declaring(&format!("    format: xlsx\n{xlsx}"));
        bench.write("data/x.csv", &bytes);
        said(&bench.ingest()).concat()
    };
    assert_eq!(
        try_with("    xlsx: { sheet: Sales, header_row: 4 }"),
        "data/x.csv: 1 read = 1 accepted"
    );
    assert_eq!(
        try_with("    xlsx: { sheet: Sales }"),
        "data/x.csv: has nothing in row 1 of its sheet, where the header is declared; declare `xlsx: { header_row: … }`"
    );
    assert_eq!(
        try_with("    xlsx: { header_row: 4 }"),
        "data/x.csv: has several sheets (Other, Sales); declare `xlsx: { sheet: … }`"
    );
    assert_eq!(
        try_with("    xlsx: { sheet: Sale, header_row: 4 }"),
        "data/x.csv: has no sheet `Sale`; its sheets are: Other, Sales"
    );
}

#[test]
fn what_is_no_workbook_is_refused_by_its_content() {
    let other = |bytes: &[u8]| {
        let said = says(bytes);
        said.split(", and the source")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        other(b"number,partner\n"),
        "data/x.csv: is no workbook (CSV, perhaps)"
    );
    assert_eq!(
        other(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"),
        "data/x.csv: is an old workbook (.xls), or one with a password"
    );
    let refused = |parts: &[Part]| {
        let said = says(zip(parts));
        said.trim_start_matches("data/x.csv: cannot be read as a workbook (")
            .split(')')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        refused(&[part("xl/workbook.bin", b"")]),
        "it is a binary workbook (.xlsb"
    );
    assert_eq!(
        refused(&[part("mimetype", b"")]),
        "it is an OpenDocument file; save it as .xlsx"
    );
    assert_eq!(
        refused(&[part("a.csv", b"")]),
        "it is a zip archive and no workbook"
    );
}

/// What a workbook with one of its parts changed is refused for.
fn refused_with(change: impl Fn(&mut Vec<Part>)) -> String {
    let mut parts = parts(BOOK, "<si><t>a</t></si>", HEADER);
    change(&mut parts);
    let said = says(zip(&parts));
    said.trim_start_matches("data/x.csv: cannot be read as a workbook (")
        .trim_end_matches("); save it anew as .xlsx, or send it as CSV")
        .to_owned()
}

#[test]
fn an_archive_in_doubt_or_beyond_measure_is_refused() {
    assert_eq!(refused_with(|_| {}), "data/x.csv: 0 read = ");
    let disagrees = "an entry's own header and the directory disagree";
    assert_eq!(
        refused_with(|parts| parts[6].local_name = "xl/worksheets/sheet2.xml".to_owned()),
        disagrees
    );
    assert_eq!(
        refused_with(|parts| parts[6].local_unpacked += 1),
        disagrees
    );
    assert_eq!(
        refused_with(|parts| parts[5].flags = 1),
        "it is encrypted; send it without a password"
    );
    assert_eq!(
        refused_with(|parts| parts.push(part("xl/styles.xml", b"<a/>"))),
        "two of its entries have one name"
    );
    let lie = |unpacked: i64| {
        refused_with(|parts| {
            let told = u32::try_from(i64::from(parts[6].unpacked) + unpacked).expect("small");
            parts[6].unpacked = told;
            parts[6].local_unpacked = told;
        })
    };
    assert!(
        lie(1).contains("unpacks to less than it promises"),
        "{}",
        lie(1)
    );
    assert!(
        lie(-1).contains("larger than its declared uncompressed size"),
        "{}",
        lie(-1)
    );
    let crc = refused_with(|parts| {
        parts[6].crc ^= 1;
    });
    assert!(crc.contains("checksum"), "{crc}");
    let bomb = refused_with(|parts| parts.push(part("xl/media/x.xml", &vec![b' '; 8 << 20])));
    assert_eq!(
        bomb,
        "one of its entries unpacks to more than 100 times its size"
    );
    let vast = refused_with(|parts| {
        let mut noise = part("noise", b"x");
        noise.unpacked = 201 << 20;
        noise.local_unpacked = noise.unpacked;
        parts.push(noise);
    });
    assert!(vast.contains("bytes and 209715200 are taken"), "{vast}");
    let many =
        refused_with(|parts| parts.extend((0..2_000).map(|at| part(&format!("x{at}"), b""))));
    assert_eq!(many, "it has more than 2000 entries");
    let shared = says(archive_of(
        &[
            part("[Content_Types].xml", b"<a/>"),
            part("[Content_Types].xml2", b"<a/>"),
        ],
        true,
    ));
    assert!(shared.contains("disagree"), "{shared}");
}

#[test]
fn xml_that_no_workbook_needs_is_refused() {
    let sheet = |content: &str| {
        refused_with(|parts| parts[6] = part("xl/worksheets/sheet1.xml", content.as_bytes()))
    };
    let sheet_data = |rows: &str| {
        sheet(&format!(
            "<worksheet><sheetData>{HEADER}{rows}</sheetData></worksheet>"
        ))
    };
    assert_eq!(
        sheet("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><worksheet/>"),
        "it has a DTD, which no workbook needs"
    );
    assert_eq!(
        sheet_data("<row r=\"2\"><c r=\"A2\" t=\"str\"><v>&x;</v></c></row>"),
        "it declares entities of its own, which no workbook needs"
    );
    let flood: String = (0..1_000_000).map(|at| format!(" a{at}=\"\"")).collect();
    assert_eq!(
        sheet(&format!("<worksheet{flood}/>")),
        "one of its elements has more attributes than any workbook's"
    );
    let spaces: String = (0..100_000)
        .map(|at| format!(" xmlns:a{at}=\"{at}\""))
        .collect();
    assert_eq!(
        sheet(&format!("<worksheet{spaces}/>")),
        "one of its elements has more attributes than any workbook's"
    );
    assert_eq!(
        sheet(&"<a>".repeat(100)),
        "one of its parts nests without end"
    );
    assert_eq!(
        sheet("<worksheet><sheetData>"),
        "one of its parts is cut short"
    );
    assert_eq!(
        sheet_data("<row r=\"1\"/>"),
        "its rows do not come in their order"
    );
    assert_eq!(
        sheet_data("<row r=\"2000000\"/>"),
        "its rows do not come in their order"
    );
    assert_eq!(
        sheet_data("<row r=\"2\"><c r=\"B2\"/><c r=\"A2\"/></row>"),
        "the cells of its row 2 do not come in their order"
    );
    assert_eq!(
        sheet_data("<row r=\"2\"><c r=\"A2\" t=\"s\"><v>9</v></c></row>"),
        "a cell names a text that is not there"
    );
    let long = format!(
        "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>{}</v></c></row>",
        "x y".repeat(20_000)
    );
    assert_eq!(
        sheet_data(&long),
        "one of its cells has more than 32767 characters"
    );
}

#[test]
fn forged_counts_and_far_apart_cells_cost_nothing() {
    let strings = refused_with(|parts| {
        parts[5] = part(
            "xl/sharedStrings.xml",
            b"<sst count=\"4000000000\" uniqueCount=\"4000000000\"/>",
        );
    });
    assert_eq!(strings, "data/x.csv: 0 read = ");
    let far = r#"<row r="2"><c r="A2" t="str"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    assert_eq!(problems(workbook(far)).len(), 2);
}

/// All that a workbook gives: its columns and rows, or that it is refused.
fn decoded(bytes: &[u8]) -> Option<Vec<String>> {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("a file");
    let wanted = ["number", "day", "amount"].map(|name| Wanted {
        name: name.to_owned(),
        scale: (name == "amount").then_some(2),
    });
    let job = Job::Workbook {
        columns: wanted.to_vec(),
        sheet: None,
        header_row: 1,
    };
    let stop = AtomicBool::new(false);
    let file = (file, bytes.len() as u64);
    let mut decoded = Decoded::begin(&Decoding::Here, &job, file, "xlsx", &stop).expect("begun");
    let mut given = decoded.names().ok()?.to_vec();
    let mut row = Row::default();
    while decoded.row(&mut row).ok()? {
        given.push(format!("{} {} {:?}", row.at, row.is_ragged, row.odd));
        given.extend((0..7).map(|at| format!("{:?}", row.cell(at))));
    }
    Some(given)
}

#[test]
fn a_flipped_bit_is_refused_or_changes_nothing() {
    let whole = workbook(&row(2, &format!(r#"{}<c r="D2"><v>10.5</v></c>"#, day(2))));
    let expected = decoded(&whole).expect("it is whole");
    assert!(expected.len() > 7);
    let mut refused = 0;
    // A bit of every byte, each time another.
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        match decoded(&flipped) {
            Some(given) => assert_eq!(given, expected, "byte {at}"),
            None => refused += 1,
        }
    }
    assert!(refused > whole.len() / 2, "{refused} of {}", whole.len());
    for cut in (0..whole.len()).step_by(7) {
        assert_eq!(decoded(&whole[..cut]), None, "cut at {cut}");
    }
}
