//! Every delivery makes a snapshot: each is numbered, found by its day, opened again as it was, and compared with others.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_facts::disk::Disk;
use trueup_facts::error::Fault;
use trueup_facts::ingest::Files;
use trueup_facts::ledger::{Ledger, NoSnapshot};
use trueup_facts::snapshot::{RowChange, Said, Snapshot, Wanted};
use trueup_facts::store::Tables;

use crate::bench::Bench;

const TWO_KINDS: &str = r#"
program: shop
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns: { partner: partner, sold_on: date, amount: { type: money, scale: 2 } }
  visit:
    is: A visit
    dated: made_on
    columns: { partner: partner, made_on: date, minutes: count }
sources:
  till:
    is: The till
    owner: finance
    kind: sale
    files: data/sale*.csv
    id: [number]
    revision: revision
    map: { partner: partner, sold_on: day, amount: figure }
  diary:
    is: The diary
    owner: field
    kind: visit
    files: data/visit*.csv
    id: [number]
    revision: revision
    map: { partner: partner, made_on: day, minutes: figure }
"#;

/// A row of either kind; a revision says one thing.
#[derive(Clone, Copy, Debug)]
struct Row {
    key: u8,
    revision: u8,
}

impl Row {
    fn line(self) -> String {
        let (key, revision) = (self.key, self.revision);
        let partner = 1 + (key + revision) % 3;
        let figure = i64::from(key) * 100 - i64::from(revision) * 33;
        format!(
            "{key},{revision},P{partner},2026-03-{:02},{figure}\n",
            key + 1
        )
    }
}

/// A delivery: of sales or of visits, on a day of 2026-11 whatever came before.
#[derive(Clone, Debug)]
struct Delivery {
    is_sale: bool,
    day: u8,
    rows: Vec<Row>,
}

fn history() -> impl Strategy<Value = Vec<Delivery>> {
    let row = (0..6_u8, 1..4_u8).prop_map(|(key, revision)| Row { key, revision });
    let delivery = (any::<bool>(), 1..29_u8, prop::collection::vec(row, 1..6))
        .prop_map(|(is_sale, day, rows)| Delivery { is_sale, day, rows });
    prop::collection::vec(delivery, 1..7)
}

fn take(bench: &Bench, at: usize, delivery: &Delivery) {
    let (source, kind) = match delivery.is_sale {
        true => ("till", "sale"),
        false => ("diary", "visit"),
    };
    let lines: String = delivery.rows.iter().map(|row| row.line()).collect();
    // The place makes each file another one, so that each is a delivery.
    let text = format!(
        "number,revision,partner,day,figure,at{at}\n{}",
        lines.replace('\n', ",\n")
    );
    let file = bench.write(&format!("data/{kind}{at}.csv"), text);
    let files = Files::Of {
        source: source.into(),
        files: vec![file],
    };
    let now = format!("2026-11-{:02}T22:30:00Z", delivery.day);
    bench.try_ingest_at(&files, &now).expect("no fault");
}

const KINDS: [&str; 2] = ["sale", "visit"];

fn states(snapshot: &Snapshot) -> Vec<Vec<String>> {
    KINDS
        .map(|kind| Bench::state_of(snapshot, kind))
        .into_iter()
        .collect()
}

/// Rows by `id@revision` as the text of their cells.
fn cells(said: &Said, id: &str) -> String {
    let cells: Vec<String> = said
        .cells
        .iter()
        .map(|cell| cell.clone().unwrap_or_default())
        .collect();
    format!("{id}@{} {}", said.revision, cells.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]

    #[test]
    fn any_earlier_snapshot_is_opened_as_it_was_and_told_from_any_other(history in history()) {
        let bench = Bench::of(TWO_KINDS);
        let mut seen = vec![(Snapshot::open(bench.path()).expect("readable").digest(), vec![Vec::new(); 2])];
        for (at, delivery) in history.iter().enumerate() {
            take(&bench, at, delivery);
            let snapshot = bench.snapshot();
            prop_assert_eq!(snapshot.number(), at as u64 + 1);
            seen.push((snapshot.digest(), states(&snapshot)));
        }
        let ledger = Ledger::read(bench.path()).expect("readable");
        prop_assert_eq!(ledger.last(), history.len() as u64);
        let mut snapshots = vec![Snapshot::open_at(bench.path(), &BTreeMap::new()).expect("readable")];
        for number in 1..=ledger.last() {
            let versions = ledger.versions_at(number).expect("a snapshot");
            let snapshot = Snapshot::open_at(bench.path(), &versions).expect("readable");
            let (digest, state) = &seen[number as usize];
            prop_assert_eq!(&snapshot.digest(), digest);
            prop_assert_eq!(&states(&snapshot), state);
            prop_assert_eq!(snapshot.number(), number);
            snapshots.push(snapshot);
        }
        let program = bench.program();
        let wanted = Wanted { partner: None, rows_max: usize::MAX };
        for (from, before) in snapshots.iter().enumerate() {
            for (to, after) in snapshots.iter().enumerate() {
                let found = after.difference(before, &program, wanted).expect("readable");
                for (kind, at) in KINDS.iter().zip(0..) {
                    let side = |number: usize| seen[number].1[at].iter().cloned().collect::<BTreeSet<String>>();
                    let (was, is) = (side(from), side(to));
                    let of_kind = found.iter().find(|found| &*found.kind == *kind);
                    let told = |pick: &dyn Fn(&RowChange) -> Option<String>| -> BTreeSet<String> {
                        of_kind.iter().flat_map(|found| &found.rows).filter_map(pick).collect()
                    };
                    let gone = told(&|row| Some(cells(row.before.as_ref()?, &row.id)));
                    let new = told(&|row| Some(cells(row.after.as_ref()?, &row.id)));
                    prop_assert_eq!(gone, was.difference(&is).cloned().collect::<BTreeSet<String>>());
                    prop_assert_eq!(new, is.difference(&was).cloned().collect::<BTreeSet<String>>());
                    // What partners' sums change by adds up to what the sum of the column changes by.
                    let steps = if at == 0 { 100 } else { 1 };
                    let sum = |state: &BTreeSet<String>| -> i64 {
                        let figures = state.iter().filter_map(|row| row.rsplit(' ').next());
                        figures.filter_map(|figure| figure.replace('.', "").parse::<i64>().ok()).sum()
                    };
                    let moved = sum(&is) - sum(&was);
                    if let Some(found) = of_kind {
                        let by_partner: Exact =
                            found.by_partner.values().flat_map(|moved| moved.sums.first()).sum();
                        prop_assert_eq!(&found.total.sums[0], &by_partner);
                        prop_assert_eq!(&by_partner * &Exact::from(steps), Exact::from(moved));
                        let counted = found.total.added + found.total.changed + found.total.gone;
                        prop_assert_eq!(found.rows.len() as u64, counted);
                    } else {
                        prop_assert_eq!(moved, 0);
                    }
                }
            }
        }
    }
}

fn told(day: &str) -> Date {
    parse_date(day).expect("a day")
}

#[test]
fn a_day_ends_in_the_programs_time_zone_and_the_clock_may_go_back() {
    let bench = Bench::of(TWO_KINDS);
    let row = |key| vec![Row { key, revision: 1 }];
    for (at, day) in [3, 5, 4, 9].into_iter().enumerate() {
        let is_sale = at % 2 == 0;
        take(
            &bench,
            at,
            &Delivery {
                is_sale,
                day,
                rows: row(at as u8),
            },
        );
    }
    let ledger = Ledger::read(bench.path()).expect("readable");
    let known = |day| ledger.known_on(told(day)).map_err(|why| why.to_string());
    assert_eq!(
        known("2026-11-02"),
        Err(
            "nothing was known on 2026-11-02: the first facts were taken in on 2026-11-03"
                .to_owned()
        )
    );
    assert_eq!(known("2026-11-03"), Ok(1));
    // The third was taken while the clock stood a day earlier than for the second, and after it.
    assert_eq!(known("2026-11-04"), Ok(3));
    assert_eq!(known("2026-11-05"), Ok(3));
    assert_eq!(known("2026-11-30"), Ok(4));
    assert_eq!(
        ledger.versions_at(5),
        Err(NoSnapshot::Number { asked: 5, last: 4 })
    );
    assert_eq!(
        ledger.versions_at(0),
        Err(NoSnapshot::Number { asked: 0, last: 4 })
    );
}

#[test]
fn a_lost_table_is_found_before_anything_is_numbered_after_it() {
    let bench = Bench::of(TWO_KINDS);
    for (at, is_sale) in [true, false, true].into_iter().enumerate() {
        let rows = vec![Row {
            key: at as u8,
            revision: 1,
        }];
        take(
            &bench,
            at,
            &Delivery {
                is_sale,
                day: 3,
                rows,
            },
        );
    }
    std::fs::remove_dir_all(bench.path().join(".trueup/facts/visit")).expect("removed");
    let error = Ledger::read(bench.path()).expect_err("a gap");
    assert!(
        matches!(&error, Fault::Damaged { what, .. } if what == "delivery 2 is in no table's log"),
        "{error}"
    );
    let before = bench.state("sale");
    bench.write(
        "data/sale9.csv",
        "number,revision,partner,day,figure\n9,1,P1,2026-03-01,1\n",
    );
    assert!(bench.try_ingest(&Files::Declared).is_err());
    assert_eq!(bench.state("sale"), before);
}

#[test]
fn a_refused_first_delivery_leaves_no_kind_of_fact_behind() {
    let bench = Bench::of(TWO_KINDS);
    take(
        &bench,
        0,
        &Delivery {
            is_sale: true,
            day: 3,
            rows: vec![Row {
                key: 1,
                revision: 1,
            }],
        },
    );
    let before = bench.snapshot().digest();
    bench.write("data/visit1.csv", "");
    bench.ingest();
    assert!(
        Tables::of(bench.path(), Disk::default())
            .expect("there")
            .kinds()
            .expect("listed")
            .contains(&"visit".to_owned())
    );
    assert_eq!(bench.snapshot().digest(), before);
    assert!(bench.snapshot().kind("visit").is_none());
}
