//! Three years of reseller sales, to the publisher's last digit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde_json::Value;
use trueup_facts::ingest::{Files, Means, Outcome, ingest};
use trueup_facts::program::Program;
use trueup_plan::diagnostic::render;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/adventureworks")
}

/// The example's declarations and data in a folder of their own, so that no state is left beside the example.
fn copy_of_example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("made");
    for name in [
        "program.yaml",
        "data/sales.csv",
        "data/partners.csv",
        "data/products.csv",
    ] {
        fs::copy(example().join(name), folder.path().join(name)).expect("copied");
    }
    folder
}

#[test]
fn every_row_and_cent_of_the_published_sales_is_there() {
    let folder = copy_of_example();
    let read = Program::read(folder.path()).expect("readable");
    let program = read
        .program
        .unwrap_or_else(|| panic!("{}", render(&read.sources, &read.diagnostics)));
    let now = "2026-11-23T12:00:00Z".parse().expect("an instant");
    let begun = std::time::Instant::now();
    let ingested = ingest(
        &program,
        &Files::Declared,
        now,
        &Means::default(),
        &mut |_| {},
        &AtomicBool::new(false),
    )
    .expect("no fault");
    println!("ingested in {:?}", begun.elapsed());
    assert!(ingested.is_clean(), "{ingested:?}");
    let source = &ingested.reconciliation.sources[0];
    let totals: Value = serde_json::from_str(
        &fs::read_to_string(example().join("data/control_totals.json")).expect("there"),
    )
    .expect("JSON");
    let text = totals.to_string();
    for line in &source.lines[..2] {
        assert_eq!(
            (line.rows, &*line.sums[0], &*line.sums[1]),
            (60_855, "80450596.9823", "214378"),
            "{}",
            line.what
        );
    }
    assert!(
        text.contains("80450596.9823") && text.contains("60855"),
        "the published totals say so too"
    );
    assert!(
        source.control.iter().all(|line| line.agrees),
        "{:?}",
        source.control
    );
    let Outcome::Taken(delivery) = &ingested.files[0].outcome else {
        panic!("not taken")
    };
    assert_eq!(
        delivery.files.iter().map(|file| file.rows).sum::<u64>(),
        60_855
    );
    let found = crate::other_readers::read_elsewhere(&folder.path().join(".trueup/facts/sale"));
    assert_eq!(
        (&found["facts"], &found["odd"]),
        (&60_855.into(), &0.into())
    );
    assert_eq!(found["sums"]["amount"], "80450596.9823");
    assert_eq!(found["sums"]["quantity"], "214378");
}
