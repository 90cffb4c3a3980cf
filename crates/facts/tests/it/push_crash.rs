//! Pushed facts, with the process killed at every boundary and the disk refusing at every call: what was answered is there,
//! nothing is there twice, and nobody need repair anything.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use trueup_facts::disk::Disk;
use trueup_facts::error::Fault;
use trueup_facts::push::{Counter, Desk, Fold, NotTaken, Outcome, Push, settle};
use trueup_facts::store::Tables;

use crate::bench::Bench;
use crate::crash::{FOLDER, child_of, copy_of};

const PROGRAM: &str = r#"
program: shop
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns: { partner: partner, sold_on: date, amount: { type: money, scale: 2 } }
sources:
  shop:
    is: The shop
    owner: finance
    kind: sale
    format: json
    id: [number]
    revision: revision
    cancelled: { column: state, values: [void] }
    map: { partner: partner, sold_on: day, amount: amount }
"#;

/// What is pushed, group by group: new rows, a correction, a cancellation, and something sent again.
const GROUPS: [&[&str]; 3] = [
    &["1 1 10.00", "2 1 5.00"],
    &["3 1 7.00", "1 2 11.00", "2 1 5.00"],
    &["2 2 void", "4 1 1.00"],
];
/// What then counts.
const COUNTS: [&str; 3] = [
    "1@2 P1 2026-03-01 11.00",
    "3@1 P1 2026-03-01 7.00",
    "4@1 P1 2026-03-01 1.00",
];

/// An event, written as number, revision and amount.
fn event(text: &str) -> String {
    let cells: Vec<&str> = text.split(' ').collect();
    let (number, revision) = (cells[0], cells[1]);
    match cells[2] {
        "void" => format!(r#"{{"number":"{number}","revision":{revision},"state":"void"}}"#),
        amount => format!(
            r#"{{"number":"{number}","revision":{revision},"partner":"P1","day":"2026-03-01","amount":"{amount}"}}"#
        ),
    }
}

fn push(events: &[&str]) -> Push {
    Push {
        source: "shop".into(),
        events: events.iter().map(|text| event(text)).collect(),
    }
}

/// Pushes the groups from one on, folding after each of them, and prints each as soon as it was answered.
fn run(bench: &Bench) -> Result<(), Fault> {
    let program = Arc::new(bench.program());
    let disk = Disk::default();
    let tables = Tables::of(bench.path(), disk.clone())?;
    let _lock = tables.lock()?;
    let mut fold = Fold::new(&program, &tables);
    fold.all(&trueup_facts::push::segments(tables.state())?)?;
    let mut desk = Desk::open(program.clone(), &tables, &disk)?;
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("an instant");
    for (at, group) in GROUPS.iter().enumerate() {
        let outcomes = desk.take(&[push(group)], now)?;
        assert!(outcomes[0].iter().all(|outcome| !outcome.is_refused()));
        println!("answered {at}");
        // The second group waits for the third.
        if at != 1 {
            desk.seal();
            fold.all(&trueup_facts::push::segments(tables.state())?)?;
        }
    }
    Ok(())
}

/// What the child does; as an ordinary test, in a folder of its own.
#[test]
fn a_child_pushes_and_folds() {
    match std::env::var_os(FOLDER) {
        Some(folder) => {
            if let Err(fault) = run(&Bench::at(PathBuf::from(folder))) {
                eprintln!("fault: {fault}");
                std::process::exit(3);
            }
        }
        None => {
            let bench = Bench::of(PROGRAM);
            run(&bench).expect("no fault");
            assert_eq!(bench.state("sale"), COUNTS);
            assert_eq!(bench.snapshot().number(), 2);
        }
    }
}

fn child(folder: &Path, told: &[(&str, String)]) -> Output {
    child_of("push_crash::a_child_pushes_and_folds", folder, told)
        .stdout(Stdio::piped())
        .output()
        .expect("it starts")
}

/// How many groups were answered.
fn answered(output: &Output) -> usize {
    String::from_utf8_lossy(&output.stdout)
        .matches("answered")
        .count()
}

/// Holds what is left of a folder to what was answered, and then finishes the story there.
fn hold(bench: &Bench, answered: usize, at: &str) {
    settle(&bench.program()).unwrap_or_else(|fault| panic!("{at}: {fault}"));
    let counted = bench.state("sale");
    // Of what was answered every last revision is there; what was not answered may be there, since it was sent.
    let state_after = |groups: usize| -> BTreeSet<String> {
        let mut rows: Vec<(&str, &str, &str)> = Vec::new();
        for text in GROUPS.iter().take(groups).flat_map(|group| group.iter()) {
            let cells: Vec<&str> = text.split(' ').collect();
            rows.retain(|row| row.0 != cells[0] || row.1 > cells[1]);
            rows.push((cells[0], cells[1], cells[2]));
        }
        rows.retain(|row| row.2 != "void");
        rows.iter()
            .map(|(number, revision, amount)| format!("{number}@{revision} P1 2026-03-01 {amount}"))
            .collect()
    };
    let counted: BTreeSet<String> = counted.into_iter().collect();
    let is_one_of =
        (answered..=GROUPS.len().min(answered + 1)).any(|groups| state_after(groups) == counted);
    assert!(is_one_of, "{at}, {answered} answered: {counted:#?}");
    let before = bench.snapshot().digest();
    settle(&bench.program()).expect("nothing waits");
    assert_eq!(bench.snapshot().digest(), before, "{at}: settling twice");
    assert!(child(bench.path(), &[]).status.success(), "{at}: again");
    assert_eq!(bench.state("sale"), COUNTS, "{at}: again");
    bench.snapshot().verify().expect("every file is whole");
}

#[test]
fn killed_at_every_boundary_what_was_answered_counts_once() {
    let story = Bench::of(PROGRAM);
    let log = story.path().join("calls.txt");
    let logged = copy_of(&story);
    let whole = child(logged.path(), &[("KILL_LOG", log.display().to_string())]);
    assert!(whole.status.success());
    let boundaries = fs::read_to_string(&log).expect("written").lines().count();
    assert!(boundaries > 30, "the shim counts {boundaries}");
    for at in 1..=boundaries {
        let bench = copy_of(&story);
        let killed = child(bench.path(), &[("KILL_AT", at.to_string())]);
        assert_eq!(
            killed.status.signal(),
            Some(9),
            "killed at {at} of {boundaries}"
        );
        hold(
            &bench,
            answered(&killed),
            &format!("killed at {at} of {boundaries}"),
        );
    }
    println!("killed at {boundaries} boundaries");
}

#[test]
fn a_disk_that_refuses_at_any_call_answers_nothing_it_does_not_keep() {
    let story = Bench::of(PROGRAM);
    let mut faults = 0;
    for (errno, always, step) in [(5, false, 1), (28, true, 3)] {
        for at in (1..).step_by(step) {
            let bench = copy_of(&story);
            let told = [
                ("FAIL_AT", at.to_string()),
                ("FAIL_WITH", errno.to_string()),
                ("FAIL_ALWAYS", i32::from(always).to_string()),
            ];
            let ended = child(bench.path(), &told);
            hold(&bench, answered(&ended), &format!("errno {errno} at {at}"));
            match ended.status.code() {
                Some(3) => faults += 1,
                Some(0) if answered(&ended) == GROUPS.len() => break,
                code => panic!("errno {errno} at {at}: {code:?}"),
            }
        }
    }
    assert!(faults > 30, "{faults} faults");
}

#[test]
fn a_segment_of_a_source_that_is_gone_waits_and_says_so() {
    let bench = Bench::of(PROGRAM);
    let program = Arc::new(bench.program());
    let disk = Disk::default();
    let tables = Tables::of(bench.path(), disk.clone()).expect("there");
    let lock = tables.lock().expect("free");
    let mut desk = Desk::open(program, &tables, &disk).expect("opened");
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("an instant");
    let outcomes = desk.take(&[push(GROUPS[0])], now).expect("kept");
    assert_eq!(outcomes, [[Outcome::Accepted, Outcome::Accepted]]);
    drop((desk, lock));
    bench.write("program.yaml", PROGRAM.replace("  shop:", "  other:"));
    let fault = settle(&bench.program()).expect_err("nobody takes it");
    assert!(fault.to_string().contains("no longer declares"), "{fault}");
    bench.write("program.yaml", PROGRAM);
    settle(&bench.program()).expect("folded");
    assert_eq!(bench.state("sale").len(), 2);
}

#[test]
fn more_than_can_be_kept_is_refused_and_nothing_else_is() {
    let bench = Bench::of(PROGRAM);
    let program = Arc::new(bench.program());
    let clock = || "2026-11-23T12:00:00Z".parse().expect("an instant");
    let counter = Counter::open(&program, &Disk::default(), clock).expect("opened");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let blank = " ".repeat(1 << 20);
        let much = Push {
            source: "shop".into(),
            events: vec![blank; 65],
        };
        assert_eq!(counter.push(much).await, Err(NotTaken::Busy));
        let taken = counter.push(push(GROUPS[0])).await;
        assert_eq!(taken, Ok(vec![Outcome::Accepted, Outcome::Accepted]));
        counter.fold().await.expect("folded");
    });
    assert_eq!(bench.state("sale").len(), 2);
    assert!(
        Counter::open(&program, &Disk::default(), clock).is_err(),
        "one at a time"
    );
    counter.close();
    assert!(Counter::open(&program, &Disk::default(), clock).is_ok());
}
