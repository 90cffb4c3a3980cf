//! JSON events as a source's files: however they are wrapped they are the same rows, and no number passes through a float.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::bench::{Bench, said};

const PROGRAM: &str = r#"
program: shop
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns:
      partner: partner
      sold_on: date
      amount: { type: money, scale: 2 }
      units: count
      mark: { type: score, scale: 1 }
      rush: flag
sources:
  shop:
    is: The shop
    owner: finance
    kind: sale
    format: json
    files: data/*.json
    id: [number]
    map:
      partner: customer.id
      sold_on: day
      amount: amount
      units: units
      mark: mark
      rush: { column: rush, values: { "true": yes, "false": no } }
"#;

const ROW: &str = r#"{"number":"A-1","customer":{"id":"P1","name":"One"},"day":"2026-03-01","amount":"10.50","units":2,"mark":4.5,"rush":true,"more":[1]}"#;
const STORED: &str = "A-1@1 P1 2026-03-01 10.50 2 4.5 true";

fn taken(name: &str, content: impl AsRef<[u8]>) -> (Bench, Vec<String>) {
    let bench = Bench::of(PROGRAM);
    bench.write(&format!("data/{name}"), content);
    let said = said(&bench.ingest());
    (bench, said)
}

#[test]
fn an_event_is_the_same_row_however_it_is_wrapped() {
    let cloud =
        format!(r#"{{"specversion":"1.0","id":"e1","source":"/shop","type":"sold","data":{ROW}}}"#);
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed
        .write_all(ROW.as_bytes())
        .expect("memory is writable");
    let packed = packed.finish().expect("memory is writable");
    let files: [Vec<u8>; 6] = [
        ROW.into(),
        format!("\n{ROW}\n\n").into(),
        format!(" \n[{ROW}]").into(),
        format!("[\n{cloud},\n{ROW}]").into(),
        cloud.into(),
        packed,
    ];
    for file in files {
        let (bench, told) = taken("a.json", &file);
        assert_eq!(
            bench.state("sale"),
            [STORED],
            "{told:?} of {}",
            String::from_utf8_lossy(&file)
        );
    }
}

#[test]
fn an_attribute_of_a_cloud_event_may_name_the_row() {
    let bench = Bench::of(&PROGRAM.replace("id: [number]", "id: [ce-source, ce-id]"));
    let event = |id: u8| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"/shop","data":{{"day":"2026-03-01","amount":"1"}}}}"#
        )
    };
    bench.write("data/a.json", format!("{}\n{}\n", event(1), event(2)));
    bench.ingest();
    assert_eq!(
        bench.state("sale"),
        [
            "/shop/1@1  2026-03-01 1.00   ",
            "/shop/2@1  2026-03-01 1.00   "
        ]
    );
}

/// What is said of a row's one problem.
fn check(row: &str, says: &str) {
    let (bench, told) = taken("a.json", format!("{row}\n"));
    assert_eq!(told, ["data/a.json: 1 read = 1 quarantined"], "{row}");
    let open = bench.snapshot().quarantined().expect("readable");
    let problems: Vec<String> = open[0]
        .row
        .problems
        .iter()
        .map(|problem| {
            format!("{} `{}` {}", problem.column, problem.value, problem.says)
                .trim()
                .to_owned()
        })
        .collect();
    assert_eq!(problems, [says], "{row}");
}

#[test]
fn what_is_no_exact_row_is_set_aside_with_the_reason() {
    let money = "amount `9007199254740993.0` is money written as a number, which most programs hold as a float before they write it";
    check(
        r#"{"number":"1","day":"2026-03-01","amount":9007199254740993.0}"#,
        money,
    );
    check(
        r#"{"number":"1","day":"2026-03-01","mark":1e1}"#,
        "mark `1e1` is written with an exponent",
    );
    check(
        r#"{"number":"1","day":"2026-03-01","mark":[4]}"#,
        "mark `[4]` has `[` where a digit belongs",
    );
    check(
        r#"{"number":"1","number":"2","day":"2026-03-01"}"#,
        "`` has the field `number` twice",
    );
    check(
        r#"{"number":"1","customer":{"id":"P1"},"customer.id":"P2","day":"2026-03-01"}"#,
        "`` has the field `customer.id` twice",
    );
    check(
        r#"["x"]"#,
        "`` is a text and not an object with the fields of a row",
    );
    check(
        "7",
        "`` is a number and not an object with the fields of a row",
    );
    check(
        r#"{"number":"1","day":"2026-03-01""#,
        "`` is no JSON: EOF while parsing an object at line 2 column 0",
    );
    check(
        r#"{"number":"\ud800","day":"2026-03-01"}"#,
        "`` is no JSON: unexpected end of hex escape at line 1 column 8",
    );
    check(
        &format!("{}1{}", r#"{"a":"#.repeat(17), "}".repeat(17)),
        "`` has objects inside objects more than 16 deep",
    );
    check(
        r#"{"specversion":"1.0","id":"1","source":"x","data":"text"}"#,
        "`` is a CloudEvent whose data is no JSON object: it is something else",
    );
    check(
        r#"{"specversion":"1.0","id":"1","source":"x","data_base64":"AAAA"}"#,
        "`` is a CloudEvent whose data is no JSON object: it is written in base64",
    );
    let many: Vec<String> = (0..5_000).map(|at| format!("\"f{at}\":1")).collect();
    check(
        &format!("{{{}}}", many.join(",")),
        "`` has more than 4096 fields",
    );
}

#[test]
fn a_row_that_was_set_aside_is_put_right_like_any_other() {
    let (bench, _) = taken(
        "a.json",
        r#"{"number":"1","day":"2026-03-01","amount":7,"customer":{"id":"P1"}}"#,
    );
    let open = bench.snapshot().quarantined().expect("readable");
    let cells = &open[0].row.cells;
    assert_eq!(
        cells.keys().map(String::as_str).collect::<Vec<_>>(),
        ["amount", "customer.id", "day", "number"]
    );
}

#[test]
fn a_file_that_is_no_text_or_has_no_bounds_is_refused() {
    let told = |content: &[u8]| taken("a.json", content).1.remove(0);
    assert_eq!(
        told(b""),
        "data/a.json: is empty; a delivery has a header at least"
    );
    assert_eq!(
        told(b"{\"number\":\"1\"}\n{\"\xff\"}"),
        "data/a.json: line 2 is no UTF-8 from its byte 3 on"
    );
    assert_eq!(
        told(b"[{\"number\":1}"),
        "data/a.json: line 1 is no JSON: EOF while parsing a list at line 1 column 13"
    );
    let long = vec![b' '; (1 << 20) + 2];
    let long = [b"{\"number\":\"1\"}\n{".as_slice(), &long].concat();
    assert_eq!(
        told(&long),
        "data/a.json: line 2 is longer than 1048576 bytes"
    );
    assert_eq!(
        told(b"PAR1"),
        "data/a.json: is a Parquet file, and the source declares JSON; change `format:` or send the other"
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(told(deep.as_bytes()), "data/a.json: 1 read = 1 quarantined");
}
