//! LAW-13, LAW-14 and LAW-15 on generated histories: whatever way true rows are cut into files, repeated and shuffled,
//! the same facts are left, and every row and cent is accounted for.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trueup_facts::ingest::Outcome;

use crate::bench::Bench;

/// A true row: what its source says of a key at a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct True {
    key: u8,
    revision: u8,
}

impl True {
    /// A revision never says two things.
    fn line(self) -> String {
        let cents = self.cents();
        let sign = if cents < 0 { "-" } else { "" };
        let (whole, rest) = (cents.abs() / 100, cents.abs() % 100);
        let partner = 1 + (self.key + self.revision) % 3;
        let day = 1 + self.key % 28;
        let note = if self.takes_back() { "void" } else { "" };
        format!(
            "{},P{partner},2026-03-{day:02},{sign}{whole}.{rest:02},{},Y,{note}\n",
            self.key, self.revision
        )
    }

    fn takes_back(self) -> bool {
        (self.key + self.revision).is_multiple_of(4)
    }

    fn cents(self) -> i64 {
        i64::from(self.key) * 1_000 - i64::from(self.revision) * 777
    }
}

fn file() -> impl Strategy<Value = Vec<True>> {
    prop::collection::vec(
        (0..12_u8, 1..5_u8).prop_map(|(key, revision)| True { key, revision }),
        1..12,
    )
}

/// Files in one order and in another, some of them twice.
fn schedules() -> impl Strategy<Value = (Vec<Vec<True>>, Vec<Vec<True>>)> {
    prop::collection::vec(file(), 1..5).prop_flat_map(|files| {
        let twice: Vec<Vec<True>> = files.iter().chain(&files).cloned().collect();
        (Just(files), Just(twice).prop_shuffle())
    })
}

/// The shared program with revisions; `units` carries them.
fn bench(files: &[Vec<True>]) -> Bench {
    let bench =
        Bench::declaring("    revision: units\n    cancelled: { column: note, values: [void] }");
    for (at, rows) in files.iter().enumerate() {
        bench.deliver(
            &format!("{at:03}.csv"),
            &rows.iter().map(|row| row.line()).collect::<String>(),
        );
    }
    bench
}

fn expected(files: &[Vec<True>]) -> Vec<String> {
    let mut latest: BTreeMap<u8, u8> = BTreeMap::new();
    for row in files.iter().flatten() {
        let revision = latest.entry(row.key).or_default();
        *revision = row.revision.max(*revision);
    }
    let mut lines: Vec<String> = latest
        .into_iter()
        .filter(|(key, revision)| {
            let (key, revision) = (*key, *revision);
            !True { key, revision }.takes_back()
        })
        .map(|(key, revision)| {
            let line = True { key, revision }.line();
            let cells: Vec<&str> = line.trim_end().split(',').collect();
            format!(
                "{key}@{revision} {} {} {} {revision} true ",
                cells[1], cells[2], cells[3]
            )
        })
        .collect();
    lines.sort_unstable();
    lines
}

fn sum(text: &str) -> i64 {
    text.replace('.', "").parse().expect("a sum")
}

proptest! {
    // Each case is a program on disk; the pure laws of judging run many more (judge.rs).
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_repetition_and_order_of_deliveries_leaves_the_same_facts((files, shuffled) in schedules()) {
        let whole = bench(&[files.concat()]);
        let (cut, other) = (bench(&files), bench(&shuffled));
        for bench in [&whole, &cut, &other] {
            prop_assert!(bench.ingest().is_clean());
            prop_assert_eq!(bench.state("sale"), expected(&files));
        }
        let versions = other.snapshot().versions();
        other.ingest();
        prop_assert_eq!(other.snapshot().versions(), versions);
    }

    #[test]
    fn every_row_and_cent_read_is_accounted_for(files in prop::collection::vec(file(), 1..4)) {
        let bench = bench(&files);
        // Some rows cannot be read, some name nobody.
        bench.deliver("900.csv", "77,P9,2026-03-01,1.00,1,Y,\n78,P1,2026-03-01,x,1,Y,\n79,P1,2026-03-01,2.50,1,Y,\n");
        let ingested = bench.ingest();
        for (outcome, rows) in ingested.files.iter().zip(&files) {
            let Outcome::Taken(delivery) = &outcome.outcome else {
                // The same bytes were there before.
                continue;
            };
            prop_assert_eq!(delivery.read.rows, rows.len() as u64);
            prop_assert_eq!(sum(&delivery.read.sums["amount"]), rows.iter().map(|row| row.cents()).sum::<i64>());
        }
        let source = &ingested.reconciliation.sources[0];
        let (read, parts) = source.lines.split_first().expect("lines");
        prop_assert_eq!(read.rows, parts.iter().map(|line| line.rows).sum::<u64>());
        for column in 0..source.columns.len() {
            prop_assert_eq!(sum(&read.sums[column]), parts.iter().map(|line| sum(&line.sums[column])).sum::<i64>());
        }
        // What is kept is what came in less what was withdrawn.
        let kept: i64 = bench.state("sale").iter().map(|line| sum(line.split(' ').nth(3).expect("an amount"))).sum();
        let of = |what: &str| sum(&source.lines.iter().find(|line| line.what == what).expect("there").sums[0]);
        prop_assert_eq!(kept, of("accepted") + of("corrected") - sum(&source.withdrawn.sums[0]));
    }
}
