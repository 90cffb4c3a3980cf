//! What becomes of a delivery's rows, and of the second attempt.

use crate::bench::{Bench, said};

#[test]
fn rows_are_standardised_and_kept() {
    let bench = Bench::new();
    bench.deliver("a.csv", "1,P1,2026-03-01,10.50,2,Y,first\n2,EINS,2026-03-02,-3,,N,\"say \"\"hi\"\"\"\n3,,2026-03-03,,0,,\n");
    assert_eq!(said(&bench.ingest()), ["data/a.csv: 3 read = 3 accepted"]);
    assert_eq!(
        bench.state("sale"),
        [
            "1@1 P1 2026-03-01 10.50 2 true first",
            "2@1 P1 2026-03-02 -3.00  false say \"hi\"",
            "3@1  2026-03-03  0  ",
        ]
    );
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let bench = Bench::new();
    bench.deliver("a.csv", "1,P1,2026-03-01,10.50,2,Y,first\n");
    bench.ingest();
    let before = bench.snapshot();
    assert_eq!(said(&bench.ingest()), ["data/a.csv: taken before"]);
    bench.deliver("b.csv", "1,P1,2026-03-01,10.50,2,Y,first\n");
    assert_eq!(
        said(&bench.ingest()),
        ["data/a.csv: taken before", "data/b.csv: taken before"]
    );
    assert_eq!(before.versions(), bench.snapshot().versions());
}

#[test]
fn the_same_rows_in_another_file_are_duplicates() {
    let bench = Bench::new();
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.50,2,Y,first\n2,P2,2026-03-01,1.00,1,N,\n",
    );
    bench.ingest();
    let state = bench.state("sale");
    bench.deliver("b.csv", "2,P2,2026-03-01,1,1,N,\n1,EINS,2026-03-01,10.5,2,Y,first\n3,P3,2026-03-02,7,1,N,\n3,P3,2026-03-02,7,1,N,\n");
    assert_eq!(
        said(&bench.ingest())[1],
        "data/b.csv: 4 read = 1 accepted + 3 duplicate"
    );
    let after = bench.state("sale");
    assert_eq!(after[..2], state[..]);
    assert_eq!(after[2..], ["3@1 P3 2026-03-02 7.00 1 false "]);
}

#[test]
fn a_higher_revision_corrects_and_a_lower_one_is_outdated() {
    let bench = Bench::declaring("    revision: units");
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.00,1,Y,\n2,P1,2026-03-01,5.00,2,Y,\n",
    );
    bench.ingest();
    bench.deliver(
        "b.csv",
        "1,P2,2026-03-05,11.00,3,Y,\n2,P1,2026-03-01,6.00,1,Y,\n",
    );
    let ingested = bench.ingest();
    assert_eq!(
        said(&ingested)[1],
        "data/b.csv: 2 read = 1 corrected + 1 outdated"
    );
    assert_eq!(
        bench.state("sale"),
        [
            "1@3 P2 2026-03-05 11.00 3 true ",
            "2@2 P1 2026-03-01 5.00 2 true "
        ]
    );
    let source = &ingested.reconciliation.sources[0];
    assert_eq!(
        (source.withdrawn.rows, source.withdrawn.sums[0].as_str()),
        (1, "10.00")
    );
    let sums: Vec<(&str, u64, &str)> = source
        .lines
        .iter()
        .map(|line| (line.what.as_str(), line.rows, line.sums[0].as_str()))
        .collect();
    assert_eq!(
        sums,
        [
            ("read", 4, "32.00"),
            ("accepted", 2, "15.00"),
            ("corrected", 1, "11.00"),
            ("duplicate", 0, "0.00"),
            ("outdated", 1, "6.00"),
            ("quarantined", 0, "0.00"),
        ]
    );
}

#[test]
fn other_content_under_one_revision_is_a_conflict() {
    let bench = Bench::new();
    bench.deliver("a.csv", "1,P1,2026-03-01,10.00,1,Y,\n");
    bench.ingest();
    bench.deliver(
        "b.csv",
        "1,P1,2026-03-01,12.00,1,Y,\n2,P1,2026-03-01,1,1,Y,\n2,P1,2026-03-01,2,1,Y,\n",
    );
    let ingested = bench.ingest();
    assert_eq!(said(&ingested)[1], "data/b.csv: 3 read = 3 quarantined");
    assert_eq!(bench.state("sale"), ["1@1 P1 2026-03-01 10.00 1 true "]);
    let open = bench.snapshot().quarantined().expect("readable");
    let says: Vec<String> = open
        .iter()
        .map(|open| {
            format!(
                "{} {}: {} {} {}",
                open.row.row,
                open.row.id,
                open.row.problems[0].column,
                open.row.problems[0].value,
                open.row.problems[0].says
            )
        })
        .collect();
    assert_eq!(
        says,
        [
            "2 1: amount 12.00 row 2 of data/a.csv, taken before, says 10.00 under the same id and revision",
            "3 2: amount 1.00 row 4 of the same file says 2.00 under the same id and revision",
            "4 2: amount 2.00 row 3 of the same file says 1.00 under the same id and revision",
        ]
    );
}

#[test]
fn a_hundred_deliveries_leave_a_log_that_reads_the_same_from_its_checkpoint() {
    let bench = Bench::declaring("    revision: units");
    for file in 0..104 {
        bench.deliver(
            &format!("{file:03}.csv"),
            &format!("{},P1,2026-03-01,{file}.00,{file},Y,\n", file % 7),
        );
    }
    let ingested = bench.ingest();
    assert!(ingested.is_clean());
    let log = bench.path().join(".trueup/facts/sale/_delta_log");
    let checkpoints = std::fs::read_dir(&log).expect("there").filter(|entry| {
        entry
            .as_ref()
            .expect("listed")
            .file_name()
            .to_string_lossy()
            .ends_with(".checkpoint.parquet")
    });
    assert!(
        checkpoints.count() == 1,
        "there is a checkpoint to read from"
    );
    assert!(log.join("_last_checkpoint").is_file());
    assert_eq!(
        bench
            .snapshot()
            .kind("sale")
            .expect("there")
            .deliveries()
            .len(),
        104
    );
    let state = bench.state("sale");
    assert_eq!(state.len(), 7);
    assert!(
        state[0].starts_with("0@98 P1 2026-03-01 98.00"),
        "{state:?}"
    );
    let found = crate::other_readers::read_elsewhere(&bench.path().join(".trueup/facts/sale"));
    assert_eq!((&found["net"], &found["odd"]), (&7.into(), &0.into()));
    assert!(
        crate::bench::said(&bench.ingest())
            .iter()
            .all(|said| said.ends_with("taken before"))
    );
}

const CANCELS: &str = "    cancelled: { column: note, values: [void, returned] }";

#[test]
fn a_cancellation_needs_an_id_only_and_stays_known() {
    let bench = Bench::declaring(&format!("    revision: units\n{CANCELS}"));
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.00,1,Y,\n2,P2,2026-03-02,5.00,1,Y,\n",
    );
    bench.ingest();
    // The second says nothing else and comes before its row; the third names nobody that is known.
    bench.deliver(
        "b.csv",
        "1,P1,2026-03-01,10.00,2,Y,returned\n3,,,,2,,void\n4,Nobody,never,much,7,,void\n",
    );
    assert_eq!(said(&bench.ingest())[1], "data/b.csv: 3 read = 3 cancelled");
    assert_eq!(bench.state("sale"), ["2@1 P2 2026-03-02 5.00 1 true "]);
    bench.deliver(
        "c.csv",
        "3,P3,2026-03-09,7.00,1,Y,\n1,P1,2026-03-01,10.00,1,Y,\n3,P1,2026-04-01,1,2,,void\n",
    );
    assert_eq!(
        said(&bench.ingest())[2],
        "data/c.csv: 3 read = 2 duplicate + 1 outdated"
    );
    bench.deliver(
        "d.csv",
        "3,P3,2026-03-09,7.00,3,Y,\n1,P1,2026-03-01,9.00,2,Y,\n",
    );
    assert_eq!(
        said(&bench.ingest())[3],
        "data/d.csv: 2 read = 1 accepted + 1 quarantined"
    );
    assert_eq!(
        bench.state("sale"),
        [
            "2@1 P2 2026-03-02 5.00 1 true ",
            "3@3 P3 2026-03-09 7.00 3 true "
        ]
    );
}

#[test]
fn a_source_without_revisions_says_a_thing_once_and_may_take_it_back() {
    let bench = Bench::declaring(CANCELS);
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.00,1,Y,\n2,P2,2026-03-02,5.00,1,Y,\n",
    );
    bench.ingest();
    bench.deliver("b.csv", "1,P1,2026-03-01,10.00,1,Y,void\n");
    assert_eq!(said(&bench.ingest())[1], "data/b.csv: 1 read = 1 cancelled");
    bench.deliver("c.csv", "1,P1,2026-03-01,10.00,1,Y,\n");
    assert_eq!(said(&bench.ingest())[2], "data/c.csv: 1 read = 1 duplicate");
    assert_eq!(bench.state("sale"), ["2@1 P2 2026-03-02 5.00 1 true "]);
}

#[test]
fn a_source_is_late_from_the_day_after_its_next_delivery_was_due() {
    let bench = Bench::declaring("    fresh: 2 days");
    let late = |day: &str| {
        let (program, snapshot) = (bench.program(), bench.snapshot());
        let deliveries = snapshot
            .kind("sale")
            .map_or(&[][..], |facts| facts.deliveries());
        let today = trueup_base::date::parse_date(day).expect("a day");
        let source = program.source("till").expect("declared");
        let fresh = trueup_facts::quality::freshness(source, deliveries, today);
        (fresh.due, fresh.late_days)
    };
    assert_eq!(
        late("2026-11-30"),
        (None, None),
        "nothing was promised before the first"
    );
    bench.deliver("a.csv", "1,P1,2026-03-01,10.00,1,Y,\n");
    bench.ingest();
    let due = Some("2026-11-25".to_owned());
    assert_eq!(late("2026-11-23"), (due.clone(), None));
    assert_eq!(late("2026-11-25"), (due.clone(), None));
    assert_eq!(late("2026-11-26"), (due.clone(), Some(1)));
    assert_eq!(late("2026-12-05"), (due, Some(10)));
}
