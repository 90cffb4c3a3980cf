//! Files of facts as they come: packed, columnar, damaged, forged, repeated. What is refused leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::basic::Compression as ParquetCompression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::story::{Ended, Story};

/// No damaged file takes longer to refuse than this.
const BOUND: Duration = Duration::from_secs(20);

/// The day of the Parquet rows, 2026-01-15, counted from 1970.
const DAY: i32 = 20_468;

/// Takes a file in for the starter's invoices.
fn ingest(story: &Story, file: &str) -> Ended {
    let ended = story.trueup(&[
        "ingest",
        "--program",
        "program",
        "--source",
        "invoices",
        file,
    ]);
    ended.expect_no_panic();
    ended.expect_within(BOUND)
}

/// The files of facts that stand in the program's state.
fn kept(story: &Story) -> BTreeSet<String> {
    let folder = story.path("program/.trueup/facts/sale");
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".parquet"))
        .collect()
}

/// The amounts that everyone's invoices come to, as the statement has them.
fn net_sales(story: &Story) -> String {
    let args = [
        "--program",
        "program",
        "--partner",
        "P-100",
        "--period",
        "2026-Q1",
    ];
    let explained = [&["explain"], &args[..], &["net_sales", "--format", "json"]].concat();
    let ended = story.trueup(&explained).expect_code(0);
    let at = ended.out.find("\"exact\"").expect("a figure");
    ended.out[at..].lines().next().expect("a line").to_owned()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory is writable");
    encoder.finish().expect("memory is writable")
}

#[test]
fn a_packed_file_is_known_by_its_content() {
    let story = Story::with_starter();
    let plain = fs::read(story.path("program/data/sales.csv")).expect("the starter's sales");
    story.write("late.csv", gzipped(&plain));
    ingest(&story, "late.csv")
        .expect_code(0)
        .expect_said("accepted       11  1,012,650.00");
    // The same rows, now not packed: every one is known.
    ingest(&story, "program/data/sales.csv")
        .expect_code(0)
        .expect_said("duplicate      11  1,012,650.00");
}

#[test]
fn a_packed_file_cut_short_anywhere_is_refused() {
    let story = Story::with_starter();
    let plain = fs::read(story.path("program/data/sales.csv")).expect("the starter's sales");
    let whole = gzipped(&plain);
    for kept_bytes in (3..whole.len()).step_by(7).chain([whole.len() - 1]) {
        story.write("late.csv", &whole[..kept_bytes]);
        ingest(&story, "late.csv")
            .expect_code(1)
            .expect_said("refused");
    }
    assert_eq!(kept(&story), BTreeSet::new());
}

#[test]
fn a_packed_file_that_unpacks_without_end_is_refused() {
    let story = Story::with_starter();
    let mut text = b"invoice,line,invoice_date,reseller,product,net_amount\n".to_vec();
    text.resize(64 << 20, b'a');
    story.write("late.csv", gzipped(&text));
    ingest(&story, "late.csv")
        .expect_code(1)
        .expect_said("refused");
    assert_eq!(kept(&story), BTreeSet::new());
}

/// A workbook of one sheet, each row as its cells stand in it.
fn workbook(rows: &[&str]) -> Vec<u8> {
    let related = |of: &str, part: &str| {
        format!(
            r#"<Relationships><Relationship Id="r" Type="http://x/{of}" Target="{part}"/></Relationships>"#
        )
    };
    let rows: String = rows.iter().map(|row| format!("<row>{row}</row>")).collect();
    let parts = [
        ("_rels/.rels", related("officeDocument", "xl/workbook.xml")),
        (
            "xl/_rels/workbook.xml.rels",
            related("worksheet", "sheet1.xml"),
        ),
        (
            "xl/workbook.xml",
            r#"<workbook><sheets><sheet name="Sales" id="r"/></sheets></workbook>"#.to_owned(),
        ),
        (
            "xl/sheet1.xml",
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"),
        ),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in parts {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).expect("memory");
        zip.write_all(content.as_bytes()).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

/// A row of text cells.
fn text_cells(cells: &[&str]) -> String {
    let cell = |text: &&str| format!(r#"<c t="str"><v>{text}</v></c>"#);
    cells.iter().map(cell).collect()
}

#[test]
fn a_workbook_is_read_in_a_cage_and_says_what_it_rounded() {
    let story = Story::with_starter();
    let program = fs::read_to_string(story.path("program/program.yaml")).expect("the starter's");
    let declared = program.replacen("    format: csv\n", "    format: xlsx\n", 1);
    assert_ne!(program, declared);
    story.write("program/program.yaml", declared);
    let header = text_cells(&[
        "invoice",
        "line",
        "invoice_date",
        "reseller",
        "product",
        "net_amount",
    ]);
    let row = |invoice: &str, amount: &str| {
        let texts = text_cells(&[invoice, "1", "2026-01-15", "P-100", "suite"]);
        format!("{texts}<c><v>{amount}</v></c>")
    };
    let rows = [
        header,
        row("W-1", "0.57999999999999996"),
        row("W-2", "1E2"),
        row("W-3", "0.125"),
    ];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    story.write("late.xlsx", workbook(&rows));
    ingest(&story, "late.xlsx")
        .expect_code(0)
        .expect_said("accepted        3  100.71")
        .expect_said("net_amount: 1 number had more digits than are kept and were rounded");
    // The same workbook, damaged where it is packed.
    let mut damaged = workbook(&rows);
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    story.write("damaged.xlsx", damaged);
    ingest(&story, "damaged.xlsx")
        .expect_code(1)
        .expect_said("refused: it cannot be read as a workbook");
}

#[test]
fn one_text_in_a_zip_archive_is_taken_as_the_text() {
    let story = Story::with_starter();
    let plain = fs::read(story.path("program/data/sales.csv")).expect("the starter's sales");
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("sales.csv", options).expect("memory");
    zip.write_all(&plain).expect("memory");
    story.write("late.csv", zip.finish().expect("memory").into_inner());
    ingest(&story, "late.csv")
        .expect_code(0)
        .expect_said("accepted       11  1,012,650.00");
}

#[test]
fn one_line_without_an_end_is_refused() {
    let story = Story::with_starter();
    let mut text = b"invoice,line,invoice_date,reseller,product,net_amount\n".to_vec();
    text.resize(20 << 20, b'a');
    story.write("late.csv", text);
    ingest(&story, "late.csv")
        .expect_code(1)
        .expect_said("refused");
}

#[test]
fn the_same_rows_under_another_name_or_in_another_order_change_nothing() {
    let story = Story::with_starter();
    story
        .trueup(&["ingest", "--program", "program"])
        .expect_code(0);
    let (files, before) = (kept(&story), net_sales(&story));
    let text = story.read("program/data/sales.csv");
    let mut rows: Vec<&str> = text.lines().collect();
    rows[1..].reverse();
    story.write("renamed.csv", &text);
    story.write("turned.csv", rows.join("\n") + "\n");
    for known in ["program/data/sales.csv", "renamed.csv"] {
        ingest(&story, known)
            .expect_code(0)
            .expect_said("nothing changes");
    }
    ingest(&story, "turned.csv")
        .expect_code(0)
        .expect_said("duplicate      11  1,012,650.00");
    assert_eq!(kept(&story), files);
    assert_eq!(net_sales(&story), before);
}

#[test]
fn a_file_cut_at_the_end_of_a_row_differs_from_its_control_totals() {
    let story = Story::with_starter();
    story.edit(
        "program/program.yaml",
        "    id: [invoice, line]",
        "    control: { rows: 11, sums: { amount: 1012650.00 } }\n    id: [invoice, line]",
    );
    let text = story.read("program/data/sales.csv");
    ingest(&story, "program/data/sales.csv")
        .expect_code(0)
        .expect_said("control total of amount: stated 1,012,650.00, read 1,012,650.00: agrees");
    let cut = Story::with_starter();
    cut.write("program/program.yaml", story.read("program/program.yaml"));
    let rows: Vec<&str> = text.lines().collect();
    cut.write(
        "program/data/sales.csv",
        rows[..rows.len() - 1].join("\n") + "\n",
    );
    ingest(&cut, "program/data/sales.csv")
        .expect_code(1)
        .expect_said("control total of rows: stated 11, read 10: DIFFERS by -1")
        .expect_said("DIFFERS by -171,000.00");
}

/// What the amounts of a Parquet file are written as.
#[derive(Clone, Copy, PartialEq)]
enum Amounts {
    Decimals,
    Doubles,
}

/// A starter whose invoices come as Parquet.
fn with_parquet() -> Story {
    let story = Story::with_starter();
    story.edit(
        "program/program.yaml",
        "    files: data/sales.csv\n    format: csv",
        "    files: data/sales.parquet\n    format: parquet",
    );
    story
}

/// Two rows of invoices: 100.25 and -0.25 of partner P-100.
fn parquet_file(amounts: Amounts) -> Vec<u8> {
    let amount = match amounts {
        Amounts::Decimals => "required int64 net_amount (decimal(12,2));",
        Amounts::Doubles => "required double net_amount;",
    };
    let schema = format!(
        "message invoices {{
            required binary invoice (utf8);
            required int32 line;
            required int32 invoice_date (date);
            required binary reseller (utf8);
            required binary product (utf8);
            {amount}
        }}"
    );
    let schema = Arc::new(parse_message_type(&schema).expect("a schema"));
    let properties = WriterProperties::builder()
        .set_compression(ParquetCompression::UNCOMPRESSED)
        .set_created_by("a test".to_owned())
        .build();
    let mut file = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut file, schema, Arc::new(properties)).expect("a writer");
    let mut group = writer.next_row_group().expect("a row group");
    texts(&mut group, &["Q-1", "Q-2"]);
    column::<Int32Type>(&mut group, &[1, 1]);
    column::<Int32Type>(&mut group, &[DAY, DAY]);
    texts(&mut group, &["P-100", "P-100"]);
    texts(&mut group, &["suite", "suite"]);
    match amounts {
        Amounts::Decimals => column::<Int64Type>(&mut group, &[10_025, -25]),
        Amounts::Doubles => column::<DoubleType>(&mut group, &[100.25, -0.25]),
    }
    group.close().expect("the group is written");
    writer.close().expect("the file is written");
    file
}

fn column<T: parquet::data_type::DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: &[T::T],
) {
    let mut column = group
        .next_column()
        .expect("a column")
        .expect("one more column");
    column
        .typed::<T>()
        .write_batch(values, None, None)
        .expect("the values are written");
    column.close().expect("the column is written");
}

fn texts(group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>, values: &[&str]) {
    let values: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(*text)).collect();
    column::<ByteArrayType>(group, &values);
}

#[test]
fn decimals_come_in_from_parquet() {
    let story = with_parquet();
    story.write(
        "program/data/sales.parquet",
        parquet_file(Amounts::Decimals),
    );
    story
        .trueup(&["ingest", "--program", "program"])
        .expect_code(0)
        .expect_said("accepted        2  100.00");
    assert!(
        net_sales(&story).contains("\"100\""),
        "{}",
        net_sales(&story)
    );
}

#[test]
fn an_amount_that_is_a_double_is_refused() {
    let story = with_parquet();
    story.write("program/data/sales.parquet", parquet_file(Amounts::Doubles));
    ingest(&story, "program/data/sales.parquet")
        .expect_code(1)
        .expect_said("refused")
        .expect_said("net_amount");
    assert_eq!(kept(&story), BTreeSet::new());
}

#[test]
fn parquet_declared_as_csv_and_csv_as_parquet_are_refused() {
    let story = with_parquet();
    ingest(&story, "program/data/sales.csv")
        .expect_code(1)
        .expect_said("refused");
    let story = Story::with_starter();
    story.write("late.csv", parquet_file(Amounts::Decimals));
    ingest(&story, "late.csv")
        .expect_code(1)
        .expect_said("refused");
}

#[test]
fn a_forged_footer_is_refused() {
    let story = with_parquet();
    let good = parquet_file(Amounts::Decimals);
    let end = good.len();
    let footer =
        u32::from_le_bytes(good[end - 8..end - 4].try_into().expect("four bytes")) as usize;
    let lengths = [
        0,
        1,
        footer as u32 - 1,
        footer as u32 + 1,
        end as u32,
        u32::MAX,
        1 << 31,
    ];
    let mut forged: Vec<Vec<u8>> = lengths
        .iter()
        .map(|length| {
            let mut file = good.clone();
            file[end - 8..end - 4].copy_from_slice(&length.to_le_bytes());
            file
        })
        .collect();
    // The magic, the whole footer, its first bytes, and everything before it.
    for range in [
        end - 4..end,
        end - 8 - footer..end - 8,
        end - 8 - footer..end - footer,
        4..end - 8 - footer,
    ] {
        for byte in [0x00, 0xff] {
            let mut file = good.clone();
            file[range.clone()].fill(byte);
            forged.push(file);
        }
    }
    // A list of two thousand million elements, in a footer of a few bytes.
    let mut list = b"PAR1".to_vec();
    let claim = [0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00];
    list.extend_from_slice(&claim);
    list.extend_from_slice(&(claim.len() as u32).to_le_bytes());
    list.extend_from_slice(b"PAR1");
    forged.push(list);
    forged.extend((4..end).step_by(23).map(|cut| good[..cut].to_vec()));
    for file in forged {
        story.write("program/data/sales.parquet", file);
        ingest(&story, "program/data/sales.parquet")
            .expect_code(1)
            .expect_said("refused");
    }
    assert_eq!(kept(&story), BTreeSet::new());
}

#[test]
fn a_flipped_bit_is_refused_or_set_aside_or_reads_as_another_value_but_never_panics() {
    let good = parquet_file(Amounts::Decimals);
    let story = with_parquet();
    let mut refused = 0;
    for at in (0..good.len()).step_by(37) {
        let mut file = good.clone();
        file[at] ^= 1 << (at % 8);
        story.write("program/data/sales.parquet", &file);
        let ended = ingest(&story, "program/data/sales.parquet");
        assert!(matches!(ended.code(), Some(0 | 1)), "byte {at}: {ended:#?}");
        refused += usize::from(ended.code() == Some(1));
    }
    assert!(
        refused > 5,
        "only {refused} of the damaged files were refused"
    );
}
