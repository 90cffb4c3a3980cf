//! Files written anew as few: every figure and every snapshot stays, and what a kept run needs is never removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use trueup_facts::compact::{Merge, compact, remove, unneeded};
use trueup_facts::ledger::Ledger;
use trueup_facts::snapshot::{Snapshot, Wanted};
use trueup_facts::store::Tables;

use crate::bench::Bench;
use crate::crash::{FOLDER, child_of, copy_of, leftovers};

type Versions = BTreeMap<Arc<str>, u64>;

fn bench() -> Bench {
    Bench::declaring("    revision: units\n    cancelled: { column: note, values: [void] }")
}

/// Merges the files of the bench's source.
pub fn merge(bench: &Bench, merge: Merge) -> usize {
    let tables = Tables::of(bench.path(), bench.disk.clone()).expect("tables");
    let _lock = tables.lock().expect("nobody else writes");
    let now = Timestamp::UNIX_EPOCH;
    let done = compact(&tables, &bench.program(), merge, now).expect("compacted");
    done.iter()
        .map(|done| done.files_before - done.files_after)
        .sum()
}

/// Removes what neither the facts as they are nor these need.
fn vacuum(bench: &Bench, runs: &[Versions]) -> usize {
    let tables = Tables::of(bench.path(), bench.disk.clone()).expect("tables");
    let _lock = tables.lock().expect("nobody else writes");
    let files = unneeded(&tables, runs).expect("found");
    remove(&files).expect("removed");
    files.len()
}

fn files(bench: &Bench) -> usize {
    let snapshot = bench.snapshot();
    snapshot.kind("sale").map_or(0, |facts| facts.files().len())
}

/// Delivers files of one row each: a row of its own, then now and again a correction or a cancellation of an earlier one.
fn deliver(bench: &Bench, count: usize) {
    for at in 0..count {
        let amount = format!("{at}.50");
        let line = match at % 5 {
            3 => format!("{},P2,2026-03-02,{amount},2,Y,moved\n", at - 1),
            4 => format!("{},P1,2026-03-02,{amount},2,Y,void\n", at - 4),
            _ => format!("{at},P1,2026-03-01,{amount},1,Y,\n"),
        };
        bench.deliver(&format!("{at:03}.csv"), &line);
    }
    bench.ingest();
}

/// Every snapshot there is, as what its facts add up to, with its digest.
fn history(bench: &Bench) -> Vec<(Vec<String>, String)> {
    let ledger = Ledger::read(bench.path()).expect("a ledger");
    (1..=ledger.last())
        .map(|number| {
            let versions = ledger.versions_at(number).expect("it is there");
            let snapshot = Snapshot::open_at(bench.path(), &versions).expect("readable");
            snapshot.verify().expect("whole");
            (
                Bench::state_of(&snapshot, "sale"),
                snapshot.digest().to_string(),
            )
        })
        .collect()
}

#[test]
fn files_become_one_and_no_snapshot_changes() {
    let bench = bench();
    deliver(&bench, 20);
    let (before, was, versions) = (history(&bench), files(&bench), bench.snapshot().versions());
    assert_eq!(merge(&bench, Merge::All), was - 1);
    assert_eq!(files(&bench), 1);
    assert_eq!(merge(&bench, Merge::All), 0, "there is nothing left to do");
    assert_eq!(history(&bench), before);
    assert_eq!(bench.snapshot().versions(), versions);
    // Delivered again, everything is known; and later facts are judged against what was written anew.
    assert!(bench.ingest().is_clean());
    bench.deliver(
        "late.csv",
        "0,P1,2026-03-01,0.50,1,Y,\n1,P3,2026-03-01,7.00,9,Y,\n",
    );
    let said = crate::bench::said(&bench.ingest());
    assert_eq!(
        said.last().map(String::as_str),
        Some("data/late.csv: 2 read = 1 corrected + 1 duplicate")
    );
    assert_eq!(files(&bench), 3, "the new row, and what it took out");
}

#[test]
fn eight_files_of_about_one_size_are_merged_by_themselves() {
    let bench = bench();
    deliver(&bench, 3);
    assert_eq!(merge(&bench, Merge::Many), 0);
    deliver(&bench, 40);
    assert!(merge(&bench, Merge::Many) > 30);
    assert!(files(&bench) < 16, "{}", files(&bench));
}

#[test]
fn what_a_kept_run_saw_is_never_removed() {
    let bench = bench();
    deliver(&bench, 20);
    merge(&bench, Merge::All);
    let before = history(&bench);
    let ledger = Ledger::read(bench.path()).expect("a ledger");
    let at = |number: u64| ledger.versions_at(number).expect("it is there");
    let (kept, last) = (at(7), at(ledger.last()));
    let removed = vacuum(&bench, &[kept.clone(), last]);
    assert!(removed > 5, "{removed}");
    assert_eq!(
        vacuum(&bench, std::slice::from_ref(&kept)),
        0,
        "the rest is needed"
    );
    let seen = |versions: &Versions| {
        let snapshot = Snapshot::open_at(bench.path(), versions)?;
        snapshot.verify()?;
        Ok::<_, trueup_facts::error::Fault>((
            Bench::state_of(&snapshot, "sale"),
            snapshot.digest().to_string(),
        ))
    };
    assert_eq!(seen(&kept).expect("a run was kept of it"), before[6]);
    assert_eq!(
        &seen(&at(ledger.last())).expect("now"),
        before.last().expect("many")
    );
    let gone = seen(&at(12)).expect_err("nobody needed it");
    assert!(
        gone.to_string()
            .contains("were removed by `trueup facts vacuum`"),
        "{gone}"
    );
    // What a difference is of was removed on one side, and it is the same.
    assert!(vacuum(&bench, &[]) > 0);
    assert_eq!(files(&bench), 1);
}

#[test]
fn what_is_named_by_no_log_is_removed() {
    let bench = bench();
    deliver(&bench, 2);
    let orphan = bench
        .snapshot()
        .kind("sale")
        .map(|facts| facts.folder().to_owned());
    let orphan: PathBuf = orphan
        .expect("facts")
        .join(format!("{}.parquet", "ab".repeat(32)));
    fs::write(&orphan, b"left by a killed process").expect("written");
    assert_eq!(vacuum(&bench, &[]), 1);
    assert!(!orphan.exists());
}

#[test]
fn a_snapshot_is_read_from_files_that_were_written_after_it() {
    let bench = bench();
    deliver(&bench, 10);
    let (first, first_state) = (bench.snapshot().versions(), bench.state("sale"));
    merge(&bench, Merge::All);
    bench.deliver("late.csv", "0,P3,2026-03-09,1.00,9,Y,\n");
    bench.ingest();
    vacuum(&bench, std::slice::from_ref(&first));
    let then = Snapshot::open_at(bench.path(), &first).expect("readable");
    assert_eq!(Bench::state_of(&then, "sale"), first_state);
    let now = bench.snapshot();
    let wanted = Wanted {
        partner: None,
        rows_max: 9,
    };
    let moved = now
        .difference(&then, &bench.program(), wanted)
        .expect("readable");
    let rows: BTreeSet<String> = moved
        .iter()
        .flat_map(|kind| {
            kind.rows
                .iter()
                .map(|row| format!("{:?} {}", row.what(), row.id))
        })
        .collect();
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), ["Added 0"]);
}

/// What the child does: merges the files of a folder.
#[test]
fn a_child_merges_the_files_of_a_folder() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let bench = Bench::at(PathBuf::from(folder));
        let tables = Tables::of(bench.path(), bench.disk.clone()).expect("tables");
        let done = tables.lock().and_then(|_lock| {
            let now = Timestamp::UNIX_EPOCH;
            compact(&tables, &bench.program(), Merge::All, now)
        });
        std::process::exit(if done.is_ok() { 0 } else { 3 });
    }
}

/// Runs the child with a shim told what, sees that the facts are the same whatever became of it, and that doing it again
/// does it.
fn merged_with(
    bench: &Bench,
    expected: &[(Vec<String>, String)],
    told: &[(&str, String)],
) -> ExitStatus {
    let bench = copy_of(bench);
    let status = child_of(
        "compact::a_child_merges_the_files_of_a_folder",
        bench.path(),
        told,
    )
    .status()
    .expect("it starts");
    assert_eq!(history(&bench), expected, "{told:?}");
    merge(&bench, Merge::All);
    assert_eq!(files(&bench), 1, "{told:?}");
    assert_eq!(history(&bench), expected, "{told:?}");
    vacuum(&bench, &[bench.snapshot().versions()]);
    assert_eq!(leftovers(&bench), Vec::<String>::new(), "{told:?}");
    status
}

#[test]
fn killed_or_refused_at_any_call_no_row_is_lost_or_counted_twice() {
    let bench = bench();
    deliver(&bench, 4);
    let expected = history(&bench);
    let log = bench.path().join("calls.txt");
    let told = [("KILL_LOG", log.display().to_string())];
    assert!(merged_with(&bench, &expected, &told).success());
    let calls = fs::read_to_string(&log).expect("written").lines().count();
    assert!(calls > 8, "the shim counts: {calls}");
    for at in 1..=calls {
        let killed = merged_with(&bench, &expected, &[("KILL_AT", at.to_string())]);
        assert_eq!(killed.signal(), Some(9), "killed at {at} of {calls}");
        let told = [
            ("FAIL_AT", at.to_string()),
            ("FAIL_WITH", "28".to_owned()),
            ("FAIL_ALWAYS", "1".to_owned()),
        ];
        let refused = merged_with(&bench, &expected, &told);
        assert!(
            matches!(refused.code(), Some(0 | 3)),
            "refused at {at}: {refused}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 16))]

    /// However deliveries, merging and removing follow one another, the facts are those without merging, and so is every
    /// snapshot that something was kept of.
    #[test]
    fn merging_changes_nothing(steps in proptest::collection::vec(0..4_u8, 1..9), rows in 1..4_usize) {
        let (merged, plain) = (bench(), bench());
        let mut kept: Vec<(Versions, Vec<String>)> = Vec::new();
        let mut delivered = 0;
        for step in steps {
            match step {
                0 => drop(merge(&merged, Merge::All)),
                1 => {
                    let runs: Vec<Versions> = kept.iter().map(|(seen, _)| seen.clone()).collect();
                    vacuum(&merged, &runs);
                }
                2 => kept.push((merged.snapshot().versions(), merged.state("sale"))),
                _ => {
                    delivered += rows;
                    deliver(&merged, delivered);
                    deliver(&plain, delivered);
                }
            }
            prop_assert_eq!(merged.state("sale"), plain.state("sale"));
            prop_assert_eq!(merged.snapshot().digest(), plain.snapshot().digest());
            for (seen, state) in &kept {
                let snapshot = Snapshot::open_at(merged.path(), seen).expect("readable");
                prop_assert_eq!(&Bench::state_of(&snapshot, "sale"), state);
            }
        }
    }
}
