//! Parquet in: exact or refused, and never trusted.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, ListArray,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::Int64Type;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::bench::{Bench, said};

type Columns = Vec<(&'static str, ArrayRef)>;

/// Two good rows, and one column in another form.
fn columns(other: Option<(&'static str, ArrayRef)>) -> Columns {
    let decimal = |values: [i128; 2], scale| -> ArrayRef {
        Arc::new(
            Decimal128Array::from(values.to_vec())
                .with_precision_and_scale(18, scale)
                .expect("fits"),
        )
    };
    let mut columns: Columns = vec![
        ("number", Arc::new(Int64Array::from(vec![1, 2]))),
        ("partner", Arc::new(StringArray::from(vec!["P1", "EINS"]))),
        ("day", Arc::new(Date32Array::from(vec![20_513, 20_514]))),
        ("amount", decimal([1_050, -300], 2)),
        ("units", Arc::new(Int64Array::from(vec![Some(2), None]))),
        ("rush", Arc::new(StringArray::from(vec!["Y", "N"]))),
        (
            "note",
            Arc::new(StringArray::from(vec![Some("first"), Some("")])),
        ),
    ];
    if let Some((name, array)) = other {
        for column in &mut columns {
            if column.0 == name {
                column.1 = array.clone();
            }
        }
    }
    columns
}

fn file_of(columns: Columns, properties: WriterProperties) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).expect("one length");
    let mut bytes = Vec::new();
    let group = properties.max_row_group_row_count().unwrap_or(usize::MAX);
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    // One group at a time: the writer goes one call deeper for each further group of a batch.
    for start in (0..batch.num_rows()).step_by(group) {
        writer
            .write(&batch.slice(start, group.min(batch.num_rows() - start)))
            .expect("written");
    }
    writer.close().expect("closed");
    bytes
}

fn parquet(columns: Columns) -> Vec<u8> {
    file_of(columns, WriterProperties::default())
}

fn bench() -> Bench {
    Bench::declaring("    format: parquet")
}

fn check(other: (&'static str, ArrayRef), says: &str) {
    let bench = bench();
    bench.write("data/x.csv", parquet(columns(Some(other))));
    assert_eq!(said(&bench.ingest()), [format!("data/x.csv: {says}")]);
}

#[test]
fn parquet_and_csv_say_the_same() {
    let bench = bench();
    bench.write("data/x.csv", parquet(columns(None)));
    assert_eq!(said(&bench.ingest()), ["data/x.csv: 2 read = 2 accepted"]);
    let from_csv = Bench::new();
    from_csv.deliver(
        "x.csv",
        "1,P1,2026-03-01,10.50,2,Y,first\n2,EINS,2026-03-02,-3,,N,\n",
    );
    from_csv.ingest();
    assert_eq!(bench.state("sale"), from_csv.state("sale"));
    assert_eq!(
        bench.state("sale")[0],
        "1@1 P1 2026-03-01 10.50 2 true first"
    );
}

#[test]
fn every_exact_form_of_a_column_is_read() {
    let forms: Vec<(&'static str, ArrayRef)> = vec![
        (
            "amount",
            Arc::new(StringArray::from(vec!["10.50", "-3.00"])),
        ),
        (
            "amount",
            Arc::new(
                Decimal128Array::from(vec![105_000, -30_000])
                    .with_precision_and_scale(20, 4)
                    .expect("fits"),
            ),
        ),
        ("number", Arc::new(StringArray::from(vec!["1", "2"]))),
        (
            "day",
            Arc::new(StringArray::from(vec!["2026-03-01", "2026-03-02"])),
        ),
        (
            "day",
            Arc::new(TimestampMicrosecondArray::from(vec![
                20_513 * 86_400_000_000,
                20_514 * 86_400_000_000 + 5,
            ])),
        ),
        // 23:30 in UTC the day before is past midnight in Berlin.
        (
            "day",
            Arc::new(
                TimestampMicrosecondArray::from(vec![
                    20_513 * 86_400_000_000 - 1_800_000_000,
                    20_514 * 86_400_000_000,
                ])
                .with_timezone("UTC"),
            ),
        ),
    ];
    let plain = bench();
    plain.write("data/x.csv", parquet(columns(None)));
    plain.ingest();
    for form in forms {
        let bench = bench();
        let name = form.0;
        bench.write("data/x.csv", parquet(columns(Some(form))));
        assert!(bench.ingest().is_clean(), "{name}");
        assert_eq!(bench.state("sale"), plain.state("sale"), "{name}");
    }
}

#[test]
fn floats_and_other_inexact_forms_are_refused() {
    check(
        ("amount", Arc::new(Float64Array::from(vec![10.5, -3.0]))),
        "has the column `amount` as DOUBLE, which cannot hold amounts exactly (0.1 is none of its values); write it as DECIMAL(28, s) or as text",
    );
    check(
        ("number", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
        "has the column `number` as a float, which has no exact text; write it as an integer or as text",
    );
    check(
        (
            "note",
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
                Some(vec![Some(1)]),
                None,
            ])),
        ),
        "has the column `note` as List(Int64), which is no plain column; write text, integers, decimals or dates",
    );
}

#[test]
fn a_scale_that_does_not_fit_sets_the_row_aside() {
    let bench = bench();
    let amounts = Decimal128Array::from(vec![105_001, -30_000])
        .with_precision_and_scale(20, 4)
        .expect("fits");
    bench.write(
        "data/x.csv",
        parquet(columns(Some(("amount", Arc::new(amounts))))),
    );
    assert_eq!(
        said(&bench.ingest()),
        ["data/x.csv: 2 read = 1 accepted + 1 quarantined"]
    );
    let open = bench.snapshot().quarantined().expect("readable");
    assert_eq!(
        open[0].row.problems[0].says,
        "has 4 decimals where the column keeps 2"
    );
    assert_eq!((open[0].row.row, open[0].row.id.as_str()), (1, "1"));
}

#[test]
fn a_flag_may_be_a_flag() {
    let program = crate::bench::PROGRAM
        .replace("{more}", "    format: parquet")
        .replace("{ column: rush, values: { Y: yes, N: no } }", "rush");
    let bench = Bench::of(&program);
    bench.write("partners.csv", "key,name\nP1,One\n");
    bench.write("aliases.csv", "alias,partner,certified_by\nEINS,P1,Ada\n");
    bench.write(
        "data/x.csv",
        parquet(columns(Some((
            "rush",
            Arc::new(BooleanArray::from(vec![true, false])),
        )))),
    );
    assert!(bench.ingest().is_clean());
    assert_eq!(
        bench.state("sale")[0],
        "1@1 P1 2026-03-01 10.50 2 true first"
    );
}

#[test]
fn a_forged_footer_is_an_error_and_no_panic() {
    let good = parquet(columns(None));
    let footer = u32::from_le_bytes(
        good[good.len() - 8..good.len() - 4]
            .try_into()
            .expect("four bytes"),
    ) as usize;
    let with_tail = |tail: &[u8], length: u32| {
        [b"PAR1".as_slice(), tail, &length.to_le_bytes(), b"PAR1"].concat()
    };
    let forged: Vec<(&str, Vec<u8>)> = vec![
        ("nothing but its magic", b"PAR1PAR1".to_vec()),
        ("a footer longer than the file", with_tail(b"", u32::MAX)),
        // Field 2, a list of 2^31 - 1 structs.
        (
            "a list of two thousand million elements",
            with_tail(&[0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07], 7),
        ),
        ("a footer of zeros", with_tail(&[0; 64], 64)),
        ("nesting without end", with_tail(&[0x1c; 4_096], 4_096)),
        (
            "the footer of another file",
            [&good[..40], &good[good.len() - footer - 8..]].concat(),
        ),
        ("the file cut short", good[..good.len() - 1].to_vec()),
        (
            "its pages gone",
            [
                b"PAR1".as_slice(),
                &vec![0; good.len() - footer - 12],
                &good[good.len() - footer - 8..],
            ]
            .concat(),
        ),
        (
            "encrypted",
            [b"PARE".as_slice(), &good[4..good.len() - 4], b"PARE"].concat(),
        ),
    ];
    for (name, bytes) in forged {
        let bench = bench();
        bench.write("data/x.csv", bytes);
        let says = said(&bench.ingest());
        assert!(
            says[0].starts_with("data/x.csv: cannot be decoded as Parquet ("),
            "{name}: {says:?}"
        );
        assert_eq!(bench.state("sale"), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn any_flipped_bit_is_an_error_or_rows_that_are_counted() {
    let good = parquet(columns(None));
    let (mut refused, mut read) = (0, 0);
    // A prime step meets every byte class and every bit; the sweep of all of them is a torture.
    for bit in (0..good.len() * 8).step_by(101) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let bench = bench();
        bench.write("data/x.csv", bytes);
        let ingested = bench.ingest();
        match ingested.refused() {
            0 => {
                read += 1;
                let lines = &ingested.reconciliation.sources[0].lines;
                assert_eq!(
                    lines[0].rows,
                    lines[1..].iter().map(|line| line.rows).sum::<u64>()
                );
            }
            _ => refused += 1,
        }
    }
    assert!(refused > 20 && read > 20, "{refused} refused, {read} read");
}

#[test]
fn statistics_that_lie_change_nothing() {
    let honest = parquet(columns(None));
    let mut lying = honest.clone();
    let footer = u32::from_le_bytes(
        honest[honest.len() - 8..honest.len() - 4]
            .try_into()
            .expect("four bytes"),
    ) as usize;
    let start = honest.len() - 8 - footer;
    let mut changed = 0;
    // The smallest and greatest partner, `EINS` and `P1`, as the statistics write them.
    for (said, lie) in [(b"\x04EINS", b"\x04zzzz")] {
        while let Some(at) = lying[start..]
            .windows(said.len())
            .position(|window| window == said)
        {
            lying[start + at..start + at + said.len()].copy_from_slice(lie);
            changed += 1;
        }
    }
    assert!(changed > 0, "there are statistics to forge");
    let bench = bench();
    bench.write("data/x.csv", lying);
    assert_eq!(said(&bench.ingest()), ["data/x.csv: 2 read = 2 accepted"]);
    assert_eq!(bench.state("sale").len(), 2);
}

#[test]
fn thousands_of_small_row_groups_are_read() {
    let rows = 3_000;
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let same = |text: &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..rows).map(|_| text)))
    };
    let columns: Columns = vec![
        ("number", ids.clone()),
        ("partner", same("P1")),
        ("day", same("2026-03-01")),
        ("amount", same("0.01")),
        ("units", ids),
        ("rush", same("Y")),
        ("note", same("")),
    ];
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(1))
        .set_compression(Compression::UNCOMPRESSED)
        .build();
    let bench = bench();
    bench.write("data/x.csv", file_of(columns, properties));
    let ingested = bench.ingest();
    assert_eq!(said(&ingested), ["data/x.csv: 3000 read = 3000 accepted"]);
    assert_eq!(ingested.reconciliation.sources[0].lines[1].sums[0], "30.00");
}
