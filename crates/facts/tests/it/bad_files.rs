//! Files that are refused as a whole, by their text; nothing of them is kept.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use flate2::Compression;
use flate2::write::GzEncoder;
use trueup_facts::ingest::{Files, Means, ingest};

use crate::bench::{Bench, HEADER, said};

fn check(content: impl AsRef<[u8]>, says: &str) {
    let bench = Bench::new();
    bench.write("data/x.csv", content);
    let ingested = bench.ingest();
    let found = said(&ingested);
    let [found] = found.as_slice() else {
        panic!("one file: {found:?}")
    };
    let found = found.strip_prefix("data/x.csv: ").unwrap_or_default();
    assert!(
        found.starts_with(says),
        "expected: {says}\n   found: {found}"
    );
    assert!(!ingested.is_clean());
    assert_eq!(bench.state("sale"), Vec::<String>::new(), "{says}");
    assert!(
        said(&bench.ingest())[0].contains(says),
        "refused the second time too: nothing was noted as taken"
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

fn rows(count: usize) -> String {
    (0..count).fold(HEADER.to_owned(), |mut text, row| {
        text.push_str(&format!("{row},P1,2026-03-01,{row}.25,1,Y,note {row}\n"));
        text
    })
}

#[test]
fn text_whose_structure_is_in_doubt_is_refused() {
    check("", "is empty");
    check("\n\n", "is empty");
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,\"open\n2,P1,2026-03-01,1,1,Y,\n"),
        "opens a quote on line 2 and never closes it",
    );
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,\"open\n2,P1,2026-03-01,1,1,Y,\"x\"\n"),
        "has text after a closing quote on line 3, in the cell whose quote opens on line 2",
    );
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,"),
        "ends in the middle of line 2",
    );
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,{}", "x".repeat(2 << 20)),
        "has a record of more than 1 MiB from line 2 on",
    );
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,\"{}", "x\n".repeat(1_000)),
        "has a record over more than 100 lines from line 2 on",
    );
}

#[test]
fn another_encoding_is_refused_at_its_byte() {
    let utf16: Vec<u8> = "\u{feff}number,partner\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    check(
        utf16,
        "is not UTF-8 at byte 0 (it is UTF-16); save it as UTF-8",
    );
    let mut latin1 = format!("{HEADER}1,P1,2026-03-01,1,1,Y,caf").into_bytes();
    let at = latin1.len();
    latin1.extend(b"\xe9\n");
    check(
        latin1,
        &format!("is not UTF-8 at byte {at} (it may be Latin-1 or Windows-1252)"),
    );
    check(b"number\xc0\xaf\n", "is not UTF-8 at byte 6");
    check(
        format!("{HEADER}1,P1,2026-03-01,1,1,Y,a\0b\n"),
        "has a NUL byte at byte 65 (line 2)",
    );
}

#[test]
fn headers_that_are_not_what_they_seem_are_refused() {
    check(
        "number,partner,day,amount,units,rush,note,amount\n",
        "has two columns named `amount`, columns 4 and 8; a name must be unique",
    );
    check(
        "number,partner,day,amount ,units,rush,note\n",
        "has a column name with blanks around it: `amount `, column 4",
    );
    check(
        "number,partner,day,аmount,units,rush,note\n",
        "has the column `аmount` (column 4), which only looks like `amount`",
    );
    check(
        "number,partner,day,amount,units,rush,note,а\u{200b}mount\n",
        "has the column",
    );
    check(
        "number,partner,day,betrag,units,rush,note\n",
        "lacks the column `amount`; it has: number, partner, day, betrag",
    );
    check(
        "number,partner,day,amoutn,units,rush,note\n",
        "lacks the column `amount`; it has `amoutn`: did you mean that one?",
    );
    check(
        "number,partner,day,,units,rush,note\n",
        "has a column without a name, column 4",
    );
    check(
        "number;partner;day;amount;units;rush;note\n",
        "lacks the column `partner`",
    );
}

#[test]
fn a_byte_order_mark_is_taken() {
    let bench = Bench::new();
    bench.write(
        "data/x.csv",
        format!("\u{feff}{HEADER}1,P1,2026-03-01,1,1,Y,\r\n"),
    );
    assert_eq!(said(&bench.ingest()), ["data/x.csv: 1 read = 1 accepted"]);
}

#[test]
fn gzip_is_found_by_content_and_taken_whole() {
    let bench = Bench::new();
    bench.write("data/x.csv", gzip(rows(100).as_bytes()));
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 100 read = 100 accepted"]
    );
    bench.write(
        "data/y.csv",
        [
            gzip(rows(3).as_bytes()),
            gzip(b"100,P1,2026-03-01,1,1,Y,\n"),
        ]
        .concat(),
    );
    assert_eq!(
        said(&bench.ingest())[1],
        "data/y.csv: 4 read = 1 accepted + 3 duplicate",
        "of several members"
    );
}

#[test]
fn gzip_that_is_cut_or_damaged_or_followed_by_something_is_refused() {
    let whole = gzip(rows(500).as_bytes());
    for cut in [
        11,
        40,
        whole.len() / 2,
        whole.len() - 9,
        whole.len() - 8,
        whole.len() - 1,
    ] {
        check(
            &whole[..cut],
            "is cut short or damaged where it is packed (gzip)",
        );
    }
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let bench = Bench::new();
    bench.write("data/x.csv", flipped);
    assert_eq!(
        bench.ingest().refused(),
        1,
        "a flipped bit breaks the text or the checksum"
    );
    let mut sum = whole.clone();
    let at = sum.len() - 6;
    sum[at] ^= 1;
    check(sum, "is cut short or damaged where it is packed (gzip)");
    check(
        [whole, b"x".to_vec()].concat(),
        "is cut short or damaged where it is packed (gzip)",
    );
}

#[test]
fn gzip_that_unpacks_without_end_is_refused() {
    let line = format!("{}\n", ",".repeat(1_000)).repeat(40_000);
    check(
        gzip(format!("{HEADER}{line}").as_bytes()),
        "unpacks to more than 200 times its size",
    );
}

#[test]
fn content_decides_what_a_file_is() {
    check(b"PK\x03\x04rest", "cannot be unpacked as a zip archive (");
    check(
        b"PAR1rest",
        "is a Parquet file, and the source declares CSV",
    );
    let bench = Bench::declaring("    format: parquet");
    for (content, says) in [
        (
            rows(1).into_bytes(),
            "data/x.csv: is no Parquet file (CSV, perhaps), and the source declares Parquet",
        ),
        (
            gzip(b"x"),
            "data/x.csv: is packed with gzip, and the source declares Parquet",
        ),
        (
            Vec::new(),
            "data/x.csv: is empty; a delivery has a header at least",
        ),
    ] {
        bench.write("data/x.csv", content);
        let ingested = bench.ingest();
        assert!(
            said(&ingested)[0].starts_with(says),
            "{:?}",
            said(&ingested)
        );
    }
}

#[test]
fn a_file_cut_at_any_byte_is_refused_or_differs_from_its_control_totals() {
    let whole = rows(30);
    let bench = Bench::declaring("    control: { rows: 30, sums: { amount: 442.50 } }");
    let mut refused = 0;
    // Every byte of the last three rows and every 97th before.
    let cuts = (0..whole.len()).filter(|at| at % 97 == 0 || at + 120 > whole.len());
    for at in cuts {
        let _ = std::fs::remove_dir_all(bench.path().join(".trueup"));
        bench.write("data/x.csv", &whole[..at]);
        let ingested = bench.ingest();
        assert!(!ingested.is_clean(), "cut at {at}: {ingested:?}");
        refused += ingested.refused();
    }
    assert!(refused > 100, "{refused}");
    let _ = std::fs::remove_dir_all(bench.path().join(".trueup"));
    bench.write("data/x.csv", &whole);
    assert!(bench.ingest().is_clean());
}

#[test]
fn a_file_that_is_named_besides_the_declared_ones_is_not_held_to_their_control_totals() {
    let bench = Bench::declaring("    control: { rows: 30, sums: { amount: 442.50 } }");
    bench.write("data/x.csv", rows(30));
    assert!(bench.ingest().is_clean());
    let late = bench.write("late.csv", format!("{HEADER}30,P1,2026-03-01,1,1,Y,late\n"));
    let source = "till".into();
    let named = Files::Of {
        source,
        files: vec![late],
    };
    let now = "2026-11-23T12:00:00Z".parse().expect("an instant");
    let ingested = ingest(
        &bench.program(),
        &named,
        now,
        &Means::default(),
        &mut |_| {},
        &AtomicBool::new(false),
    )
    .expect("no fault");
    assert_eq!(said(&ingested), ["late.csv: 1 read = 1 accepted"]);
    assert!(ingested.is_clean(), "{ingested:?}");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused() {
    let bench = Bench::new();
    let path = bench.write("data/x.csv", rows(20_000));
    let mut changed = false;
    let mut change = |_: trueup_facts::deliver::Progress<'_>| {
        if !std::mem::replace(&mut changed, true) {
            let mut file = std::fs::File::options()
                .append(true)
                .open(&path)
                .expect("there");
            file.write_all(b"20000,P1,2026-03-01,1,1,Y,late\n")
                .expect("written");
        }
    };
    let now = "2026-11-23T12:00:00Z".parse().expect("an instant");
    let ingested = ingest(
        &bench.program(),
        &Files::Declared,
        now,
        &Means::default(),
        &mut change,
        &AtomicBool::new(false),
    )
    .expect("no fault");
    assert_eq!(
        said(&ingested),
        [
            "data/x.csv: changed while it was read; nothing of it was kept, ingest it when it is complete"
        ]
    );
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 20001 read = 20001 accepted"]
    );
}

#[test]
fn names_of_files_are_names_and_nothing_else() {
    let bench = Bench::new();
    let names = [
        "CON.csv",
        "quote\" and\r\n.csv",
        "..csv",
        "$(touch x).csv",
        "\u{202e}vsc.csv",
    ];
    for (row, name) in names.iter().enumerate() {
        bench.deliver(name, &format!("{row},P1,2026-03-01,1,1,Y,\n"));
    }
    let hidden = 1;
    let ingested = bench.ingest();
    assert_eq!(
        ingested.files.len(),
        names.len() - hidden,
        "{:?}",
        said(&ingested)
    );
    assert!(ingested.is_clean());
    assert_eq!(bench.state("sale").len(), names.len() - hidden);
    let inside = |path: &std::path::Path| path.starts_with(bench.path());
    assert!(
        bench
            .snapshot()
            .kind("sale")
            .expect("there")
            .paths()
            .all(|path| inside(&path))
    );
}

#[test]
fn files_named_on_the_command_belong_to_a_source_or_are_refused() {
    let bench = Bench::new();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let outside = elsewhere.path().join("sales.csv");
    std::fs::write(&outside, rows(1)).expect("written");
    let named =
        |files: Vec<PathBuf>| said(&bench.try_ingest(&Files::Named(files)).expect("no fault"));
    assert_eq!(
        named(vec![outside.clone(), bench.path().join("data/none.csv")]),
        [
            "sales.csv: belongs to no declared source; declare it under `sources`, or name the source",
            "data/none.csv: does not exist",
        ]
    );
    let of = Files::Of {
        source: Arc::from("till"),
        files: vec![outside],
    };
    assert_eq!(
        said(&bench.try_ingest(&of).expect("no fault")),
        ["sales.csv: 1 read = 1 accepted"]
    );
    let declared = bench.ingest();
    assert_eq!(
        said(&declared),
        ["data/*.csv: does not exist"],
        "a source that delivers nothing is said, not skipped"
    );
}

#[test]
fn another_shape_of_a_kind_is_refused_before_anything_is_read() {
    let bench = Bench::new();
    bench.deliver("a.csv", "1,P1,2026-03-01,1,1,Y,\n");
    bench.ingest();
    let program = std::fs::read_to_string(bench.path().join("program.yaml")).expect("there");
    bench.write("program.yaml", program.replace("scale: 2", "scale: 3"));
    bench.deliver("b.csv", "2,P1,2026-03-01,1,1,Y,\n");
    let says = said(&bench.ingest());
    assert!(says[1].contains("declares the column `amount` as decimal(28,3) where its table has `amount` as decimal(28,2)"), "{says:?}");
}
