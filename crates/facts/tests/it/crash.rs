//! Killed at every boundary, refused by the disk at every call: the same command again ends in the same state.
//!
//! The test program runs itself again under a small shim (`kill_shim.c`) that counts what it does to the program's
//! folder and kills it, or fails the call, at a given count.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use trueup_facts::store::Delivery;

use crate::bench::{Bench, said};
use crate::shim::shim;

pub const FOLDER: &str = "TRUEUP_TEST_FOLDER";

/// What the child does: ingests the folder it is told, or, as an ordinary test, one of its own.
#[test]
fn a_child_ingests_a_folder() {
    match std::env::var_os(FOLDER) {
        Some(folder) => {
            let bench = Bench::at(PathBuf::from(folder));
            match bench.try_ingest(&trueup_facts::ingest::Files::Declared) {
                Ok(ingested) => println!("{}", said(&ingested).join("\n")),
                Err(fault) => {
                    eprintln!("fault: {fault}");
                    std::process::exit(3);
                }
            }
        }
        None => {
            let bench = story();
            assert!(child(bench.path(), &[]).success());
            assert_eq!(bench.state("sale"), finished().state);
        }
    }
}

/// Something known, then a delivery with new rows, a correction, a cancellation, a duplicate, a conflict and a row that cannot be read.
fn story() -> Bench {
    let bench =
        Bench::declaring("    revision: units\n    cancelled: { column: note, values: [void] }");
    bench.deliver(
        "a.csv",
        "1,P1,2026-03-01,10.00,1,Y,\n2,P1,2026-03-01,5.00,1,Y,\n3,P2,2026-03-01,7.00,1,N,\n6,P2,2026-03-02,3.00,1,N,\n",
    );
    bench.ingest();
    bench.deliver(
        "b.csv",
        "1,P2,2026-03-05,11.00,2,Y,\n2,P1,2026-03-01,5.00,1,Y,\n3,P2,2026-03-01,8.00,1,N,\n4,P3,2026-03-09,NaN,1,N,\n5,P3,2026-03-09,1.00,1,N,\n6,P2,2026-03-02,3.00,2,N,void\n",
    );
    bench
}

/// All there is to see of a program's facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    state: Vec<String>,
    deliveries: Vec<Delivery>,
    open: Vec<String>,
    digest: String,
}

fn seen(bench: &Bench) -> Seen {
    let snapshot = bench.snapshot();
    snapshot.verify().expect("every file is whole");
    let deliveries = snapshot
        .kind("sale")
        .map(|facts| facts.deliveries().to_vec())
        .unwrap_or_default();
    if deliveries.is_empty() {
        return Seen::default();
    }
    let open = snapshot.quarantined().expect("readable");
    Seen {
        state: bench.state("sale"),
        deliveries,
        open: open.iter().map(|open| format!("{open:?}")).collect(),
        digest: snapshot.digest().to_string(),
    }
}

/// What is seen after each delivery of the story, from nothing on.
fn stages() -> Vec<Seen> {
    let bench = story();
    let first = seen(&bench);
    let ingested = bench.ingest();
    assert_eq!(
        said(&ingested)[1],
        "data/b.csv: 6 read = 1 accepted + 1 corrected + 1 cancelled + 1 duplicate + 2 quarantined"
    );
    vec![Seen::default(), first, seen(&bench)]
}

fn finished() -> Seen {
    stages().pop().unwrap_or_default()
}

/// The story before anything was ingested.
fn untold() -> Bench {
    let bench = copy_of(&story());
    fs::remove_dir_all(bench.path().join(".trueup")).expect("removed");
    bench
}

/// A test of this program as a child on a folder, with the shim told what.
pub fn child_of(test: &str, folder: &Path, told: &[(&str, String)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .env("LD_PRELOAD", shim())
        .env(
            "KILL_UNDER",
            folder.canonicalize().expect("there").join(".trueup"),
        )
        .envs(told.iter().map(|(name, value)| (*name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn child(folder: &Path, told: &[(&str, String)]) -> ExitStatus {
    child_of("crash::a_child_ingests_a_folder", folder, told)
        .status()
        .expect("it starts")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

pub fn copy_of(bench: &Bench) -> Bench {
    let fresh = Bench::empty();
    copy(bench.path(), fresh.path());
    fresh
}

#[test]
fn killed_at_every_boundary_the_same_command_again_ends_in_the_same_state() {
    let stages = stages();
    for (story, stages_seen) in [(untold(), 3), (story(), 2)] {
        sweep(&story, &stages, stages_seen);
    }
}

fn sweep(story: &Bench, stages: &[Seen], stages_seen: usize) {
    let log = story.path().join("calls.txt");
    let logged = copy_of(story);
    assert!(child(logged.path(), &[("KILL_LOG", log.display().to_string())]).success());
    let calls: Vec<String> = fs::read_to_string(&log)
        .expect("written")
        .lines()
        .map(str::to_owned)
        .collect();
    let boundaries = calls.len();
    assert!(boundaries > 15, "the shim counts: {calls:#?}");
    let mut visible = BTreeMap::<usize, usize>::new();
    for at in 1..=boundaries {
        let bench = copy_of(story);
        let status = child(bench.path(), &[("KILL_AT", at.to_string())]);
        assert_eq!(status.signal(), Some(9), "killed at {at} of {boundaries}");
        let now = seen(&bench);
        let Some(stage) = stages.iter().position(|stage| *stage == now) else {
            panic!(
                "half a delivery is visible after a kill at {at} ({}): {now:#?}",
                calls[at - 1]
            )
        };
        *visible.entry(stage).or_default() += 1;
        // The second start is killed too, somewhere else.
        child(
            bench.path(),
            &[("KILL_AT", (at * 7 % boundaries + 1).to_string())],
        );
        bench.ingest();
        assert_eq!(
            Some(&seen(&bench)),
            stages.last(),
            "after a kill at {at} ({})",
            calls[at - 1]
        );
        assert_eq!(
            leftovers(&bench),
            Vec::<String>::new(),
            "after a kill at {at} ({})",
            calls[at - 1]
        );
    }
    println!(
        "killed at each of {boundaries} boundaries; deliveries visible then, and how often: {visible:?}"
    );
    assert_eq!(visible.len(), stages_seen, "{visible:?}");
}

/// Files half-written that nobody will ever finish.
pub fn leftovers(bench: &Bench) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![bench.path().join(".trueup")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("staged")
                || path.to_string_lossy().contains("staging")
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn a_disk_that_refuses_at_any_call_is_a_fault_and_half_of_nothing() {
    const EIO: i32 = 5;
    const ENOSPC: i32 = 28;
    let (story, stages) = (untold(), stages());
    let finished = stages.last();
    let mut faults = 0;
    for (errno, always) in [(EIO, false), (ENOSPC, true)] {
        for at in (1..).step_by(if always { 3 } else { 1 }) {
            let bench = copy_of(&story);
            let told = [
                ("FAIL_AT", at.to_string()),
                ("FAIL_WITH", errno.to_string()),
                ("FAIL_ALWAYS", i32::from(always).to_string()),
            ];
            let status = child(bench.path(), &told);
            let now = seen(&bench);
            match status.code() {
                Some(0) => assert_eq!(
                    Some(&now),
                    finished,
                    "acknowledged with errno {errno} at {at}"
                ),
                Some(3) => {
                    faults += 1;
                    assert!(
                        stages.contains(&now),
                        "half a delivery after errno {errno} at {at}: {now:#?}"
                    );
                }
                _ => panic!("neither done nor refused with errno {errno} at {at}: {status}"),
            }
            bench.ingest();
            assert_eq!(Some(&seen(&bench)), finished, "after errno {errno} at {at}");
            if status.success() && at > 50 {
                break;
            }
        }
    }
    assert!(faults > 40, "{faults} faults");
}
