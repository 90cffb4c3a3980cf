//! Closing and paying when the power fails, the disk is full, the database goes away or everybody does it at once: each step is
//! taken once, whole, or not at all, and the same command again ends in the same books (RG-1, RG-3, RG-8, RG-20).

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _};

use crate::journal::postgres;
use crate::shim::shim;
use crate::story::{Ended, Story, ended};

/// A step of money: its words, and the kind of act it leaves.
struct StepTaken {
    words: Vec<&'static str>,
    leaves: &'static str,
}

fn step(words: &str, leaves: &'static str) -> StepTaken {
    StepTaken {
        words: words
            .split(' ')
            .map(|word| &*word.replace('_', " ").leak())
            .collect(),
        leaves,
    }
}

/// From a kept run to what was paid, one act each.
fn steps() -> Vec<StepTaken> {
    vec![
        step(
            "period calculate --until 2026-Q1 --by u-1",
            "period.calculated",
        ),
        step(
            "period approve --total 5440_USD --by u-2",
            "period.approved",
        ),
        step("period close --by u-1", "period.closed"),
        step(
            "period accept --for partner/P-100 --by u-3",
            "statement.accepted",
        ),
        step("payout prepare --on 2026-04-15 --by u-1", "payout.prepared"),
        step(
            "payout approve --total 4200_USD --by u-2",
            "payout.approved",
        ),
        step("payout order --by u-1", "payout.ordered"),
        step(
            "payout report 1 --word paid --because statement --by u-1",
            "payment.reported",
        ),
    ]
}

/// A program with signed agreements, a kept run and a profile, in which nothing was calculated yet.
fn begun(with: &[(&str, &str)]) -> Story {
    let story = Story::with_starter();
    let script = "set -e
        trueup journal open --program program
        trueup ingest --program program
        trueup keys add --custodial everyone --program program
        trueup agreement propose --all --because 'a new year' --program program
        trueup agreement accept --all --for everyone --program program
        trueup run --program program
        trueup profile set --partner P-100 --name Northwind --route credit_note --program program --by u-1
        trueup profile confirm --partner P-100 --program program --by u-2";
    let mut command = Command::new("sh");
    command.args(["-c", script]).envs(with.iter().copied());
    story.at_home(&mut command);
    command.envs(with.iter().copied());
    ended(command).expect_code(0);
    story
}

fn taken(story: &Story, program: &str, step: &StepTaken, with: &[(&str, &str)]) -> Ended {
    ended(command(story, program, step, with))
}

fn command(story: &Story, program: &str, step: &StepTaken, with: &[(&str, &str)]) -> Command {
    story.command_on(program, with, &step.words)
}

/// What the books and the journal say, without when it was.
fn seen(story: &Story, program: &str, with: &[(&str, &str)]) -> String {
    let asked: [&[&str]; 4] = [
        &["books", "balances", "--format", "csv"],
        &["period", "status"],
        &["payout", "status"],
        &["journal", "log", "--format", "csv"],
    ];
    let mut text = String::new();
    for args in asked {
        let out = ended(story.command_on(program, with, args))
            .expect_code(0)
            .out;
        match args[0] {
            "journal" => {
                let kinds = out.lines().filter_map(|line| line.split(',').nth(4));
                text.extend(kinds.map(|kind| format!("{kind}\n")));
            }
            "period" => text.extend(
                out.lines()
                    .filter(|line| !line.contains("the last one until")),
            ),
            _ => text.push_str(&out),
        }
    }
    text
}

fn holds(story: &Story, program: &str, with: &[(&str, &str)], after: &str) {
    for args in [&["verify"][..], &["rebuild", "--check"]] {
        let ended = ended(story.command_on(program, with, args));
        assert_eq!(ended.code(), Some(0), "after {after}: {ended:#?}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("listed");
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => {
                fs::copy(entry.path(), to).expect("copied");
            }
        }
    }
}

/// Takes a step under the shim.
fn shimmed(story: &Story, step: &StepTaken, told: &[(&str, String)]) -> std::process::ExitStatus {
    let state = story
        .path("now")
        .canonicalize()
        .expect("there")
        .join(".trueup");
    let mut command = command(story, "now", step, &[]);
    command
        .env("LD_PRELOAD", shim())
        .env("KILL_UNDER", state)
        .envs(told.iter().map(|(name, value)| (*name, value)))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().expect("it starts")
}

/// At how many boundaries of a step it is tried: at all of them in a long run.
fn tried(boundaries: usize) -> Vec<usize> {
    let is_long = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse::<u32>().ok())
        .is_some_and(|cases| cases > 256);
    let stride = match is_long {
        true => 1,
        false => boundaries.div_ceil(6).max(1),
    };
    // The last one is where what was done becomes true.
    let mut all: Vec<usize> = (1..=boundaries).step_by(stride).collect();
    all.push(boundaries);
    all.dedup();
    all
}

#[test]
fn killed_at_any_boundary_a_step_is_taken_whole_or_not_at_all() {
    let story = begun(&[]);
    let mut last = "program".to_owned();
    for (number, step) in steps().iter().enumerate() {
        let fresh = || {
            let _ = fs::remove_dir_all(story.path("now"));
            copy(&story.path(&last), &story.path("now"));
        };
        fresh();
        let before = seen(&story, "now", &[]);
        let log = story.path("calls.txt");
        let _ = fs::remove_file(&log);
        let status = shimmed(&story, step, &[("KILL_LOG", log.display().to_string())]);
        assert!(status.success(), "{:?}: {status}", step.words);
        let calls = fs::read_to_string(&log).expect("written");
        let calls: Vec<&str> = calls.lines().collect();
        assert!(calls.len() > 5, "the shim counts: {calls:#?}");
        let after = seen(&story, "now", &[]);
        assert_ne!(before, after, "{:?}", step.words);
        let done = format!("step-{number}");
        copy(&story.path("now"), &story.path(&done));
        let mut killed = 0;
        for at in tried(calls.len()) {
            for fault in ["killed", "no space", "no disk"] {
                // A disk that fails at one call in three is enough of each.
                if fault != "killed" && at % 3 != 0 {
                    continue;
                }
                fresh();
                let told = match fault {
                    "killed" => vec![("KILL_AT", at.to_string())],
                    // ENOSPC for ever, and EIO once.
                    "no space" => vec![
                        ("FAIL_AT", at.to_string()),
                        ("FAIL_WITH", "28".to_owned()),
                        ("FAIL_ALWAYS", "1".to_owned()),
                    ],
                    _ => vec![("FAIL_AT", at.to_string()), ("FAIL_WITH", "5".to_owned())],
                };
                let status = shimmed(&story, step, &told);
                let what = format!("{fault} at {at} ({}) of {:?}", calls[at - 1], step.words);
                // The database may do with a call or two less than last time.
                if fault == "killed" {
                    assert!(status.signal() == Some(9) || status.success(), "{what}");
                    killed += usize::from(status.signal() == Some(9));
                }
                let now = seen(&story, "now", &[]);
                assert!(now == before || now == after, "half is done, {what}: {now}");
                // What was said to be done is done.
                assert!(!status.success() || now == after, "{what}: {now}");
                holds(&story, "now", &[], &what);
                if now == before {
                    taken(&story, "now", step, &[]).expect_code(0);
                }
                assert_eq!(seen(&story, "now", &[]), after, "{what}");
                assert_eq!(after.matches(step.leaves).count(), 1, "{what}");
            }
        }
        assert!(killed > 3, "{:?} was killed {killed} times", step.words);
        last = done;
    }
}

/// Many take the same step at once.
fn race(story: &Story, with: &[(&str, &str)], clients: usize) {
    for step in steps() {
        let running: Vec<_> = (0..clients)
            .map(|_| {
                let mut command = command(story, "program", &step, with);
                command.stdout(Stdio::null()).stderr(Stdio::piped());
                command.spawn().expect("started")
            })
            .collect();
        for client in running {
            let output = client.wait_with_output().expect("ended");
            let says = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!says.contains("panicked"), "{says}");
            // Whoever lost is refused by a rule or told to try again; nobody is told of what did not happen.
            assert!(
                matches!(output.status.code(), Some(0..=3)),
                "{:?}: {:?} {says}",
                step.words,
                output.status
            );
        }
        let after = seen(story, "program", with);
        let count = after.matches(step.leaves).count();
        // A calculation or a payout that takes the place of another is a step of its own.
        match step.leaves {
            "period.calculated" | "payout.prepared" => assert!(count >= 1, "{after}"),
            _ => assert_eq!(count, 1, "{:?}: {after}", step.words),
        }
    }
    holds(story, "program", with, "everybody at once");
    let balances = ["books", "balances", "--format", "csv"];
    let books = ended(story.command_on("program", with, &balances));
    let books = books.expect_code(0).out;
    assert!(books.contains("paid,P-100,USD,-4200.00"), "{books}");
    assert_eq!(books.matches(",P-100,").count(), 2, "{books}");
}

/// What a calculation keeps for its closing is a shortcut: without it, and with another in its place, the same is posted. So it is
/// where the journal has more since that might change what is closed.
#[test]
fn a_closing_posts_what_was_approved_whatever_became_of_what_was_kept_for_it() {
    let story = begun(&[]);
    let steps = steps();
    let [calculate, approve, close, ..] = steps.as_slice() else {
        panic!("there are steps");
    };
    for step in [calculate, approve] {
        taken(&story, "program", step, &[]).expect_code(0);
    }
    let kept_in = |program: &str| -> Vec<std::path::PathBuf> {
        let folder = story.path(program).join(".trueup/cache/periods");
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("listed").path()).collect()
    };
    let [kept] = &*kept_in("program") else {
        panic!("one content is kept");
    };
    let text = fs::read_to_string(kept).expect("read");
    assert_eq!(text.matches("\tP-").count(), 6, "{text}");
    let programs = ["as-it-was", "without", "changed", "more"];
    for program in programs {
        copy(&story.path("program"), &story.path(program));
    }
    fs::remove_file(&kept_in("without")[0]).expect("removed");
    let more = text.replace("420000", "920000");
    assert_ne!(more, text);
    fs::write(&kept_in("changed")[0], more).expect("written");
    let exception = "exception propose --partner P-200 --amount 250.00_USD --reason goodwill --because sorry --by u-1";
    let exception = step(exception, "exception.proposed");
    taken(&story, "more", &exception, &[]).expect_code(0);
    let posted = programs.map(|program| {
        taken(&story, program, close, &[]).expect_code(0);
        assert!(kept_in(program).is_empty(), "{program}: it was closed");
        holds(&story, program, &[], "closing");
        let show = ["books", "show", "1", "--format", "csv"];
        ended(story.command_on(program, &[], &show))
            .expect_code(0)
            .out
    });
    for (program, other) in programs.iter().zip(&posted) {
        assert_eq!(*other, posted[0], "{program}");
    }
}

#[test]
fn of_many_who_take_a_step_at_once_one_does() {
    let story = begun(&[]);
    race(&story, &[], 16);
}

#[test]
fn of_many_who_take_a_step_at_once_one_does_on_postgres() {
    let url = postgres("race");
    let with = [("TRUEUP_DATABASE", url.as_str())];
    let story = begun(&with);
    race(&story, &with, 16);
}

#[test]
fn a_database_that_goes_away_in_the_middle_leaves_a_step_whole_or_undone() {
    let base = postgres("gone");
    let with = [("TRUEUP_DATABASE", base.as_str())];
    let story = begun(&with);
    let steps = steps();
    let [calculate, approve, close, ..] = steps.as_slice() else {
        panic!("there are steps");
    };
    for step in [calculate, approve] {
        taken(&story, "program", step, &with).expect_code(0);
    }
    let before = seen(&story, "program", &with);
    let name = format!("gone_{}", std::process::id());
    let server = std::env::var("TRUEUP_TEST_POSTGRES").expect("said by the runner");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let asked = |sql: String| {
        runtime.block_on(async {
            let mut admin = sqlx::AnyConnection::connect(&server)
                .await
                .expect("connected");
            let done = admin.execute(sqlx::AssertSqlSafe(sql)).await;
            done.expect("done");
        });
    };
    let (mut undone, mut after) = (0, None);
    let mut whole = Duration::ZERO;
    for round in 0..14 {
        asked(format!("create database {name}_{round} template {name}"));
        let url = base.replacen(&format!("/{name}?"), &format!("/{name}_{round}?"), 1);
        let with = [("TRUEUP_DATABASE", url.as_str())];
        let _ = fs::remove_dir_all(story.path("now"));
        copy(&story.path("program"), &story.path("now"));
        let go_away = || {
            asked(format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}_{round}'"
            ));
        };
        let mut running = command(&story, "now", close, &with);
        running.stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let mut running = running.spawn().expect("started");
        match round {
            // As often as it comes back, so that nothing can be done.
            0 => {
                while running.try_wait().expect("a child to wait for").is_none() {
                    go_away();
                }
            }
            // Not at all: so long does it take here.
            1 => {
                running.wait().expect("ended");
                whole = begun.elapsed();
            }
            // Once, at a moment of that time.
            _ => {
                std::thread::sleep(whole * (round - 1) / 12);
                go_away();
            }
        }
        let status = running.wait().expect("ended");
        let now = seen(&story, "now", &with);
        assert!(!status.success() || now != before, "it said that it closed");
        if now == before {
            undone += 1;
            taken(&story, "now", close, &with).expect_code(0);
        }
        let closed = seen(&story, "now", &with);
        let closed_before = after.get_or_insert_with(|| closed.clone());
        assert_eq!(&closed, closed_before, "round {round}");
        assert_eq!(closed.matches("period.closed").count(), 1, "round {round}");
        holds(&story, "now", &with, &format!("round {round}"));
    }
    assert!(undone > 0, "the database never went away in time");
}
