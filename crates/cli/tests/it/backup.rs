//! Backups: a program comes back as it was, from one kind of database into the other too, all of it or nothing.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::journal::{postgres, signed};
use crate::story::{Story, ended};

/// What a reader sees of a program: its keys, journal, books, periods and a statement.
fn seen(story: &Story, program: &str, with: &[(&str, &str)]) -> String {
    let asked: [&[&str]; 6] = [
        &["journal", "checkpoint"],
        &["journal", "log", "--format", "csv"],
        &["books", "balances", "--format", "csv"],
        &["period", "status"],
        &["runs", "--format", "csv"],
        &["statement", "--partner", "P-100", "--format", "json"],
    ];
    let mut text = String::new();
    for args in asked {
        let ended = ended(story.command_on(program, with, args));
        text.push_str(&ended.expect_code(0).out);
    }
    text
}

fn backed_up() -> Story {
    let story = Story::with_starter();
    signed(&story, &[]);
    story
        .trueup(&["backup", "--program", "program", "--out", "a.backup"])
        .expect_code(0);
    story
}

#[test]
fn a_program_comes_back_as_it_was_and_goes_on() {
    let story = backed_up();
    let before = seen(&story, "program", &[]);
    fs::remove_dir_all(story.path("program")).expect("lost");
    let restored = story
        .trueup(&["restore", "a.backup", "--program", "program"])
        .expect_code(0);
    assert!(
        restored.out.ends_with("Nothing was changed\n"),
        "{restored:?}"
    );
    assert_eq!(seen(&story, "program", &[]), before);
    // Its keys came back with it, so the journal goes on.
    story
        .trueup(&[
            "period",
            "calculate",
            "--until",
            "2026-Q2",
            "--program",
            "program",
        ])
        .expect_code(0);
    // Nothing is written over: neither a backup nor a program.
    story
        .trueup(&["backup", "--program", "program", "--out", "a.backup"])
        .expect_code(2);
    story
        .trueup(&["restore", "a.backup", "--program", "program"])
        .expect_code(2);
}

#[test]
fn a_program_moves_from_a_file_to_postgres_and_back() {
    let story = backed_up();
    let before = seen(&story, "program", &[]);
    let url = postgres("moved");
    let elsewhere = [("TRUEUP_DATABASE", url.as_str())];
    let asked = |args: &[&str]| {
        let mut command = story.command(args);
        command.envs(elsewhere);
        ended(command)
    };
    asked(&["restore", "a.backup", "--program", "moved"]).expect_code(0);
    assert!(!story.path("moved/.trueup/trueup.db").exists());
    assert_eq!(seen(&story, "moved", &elsewhere), before);
    asked(&["rebuild", "--check", "--program", "moved"]).expect_code(0);
    // An attempt that was killed once the database had everything goes on from there; another program's does not.
    fs::remove_dir_all(story.path("moved")).expect("lost");
    asked(&["restore", "a.backup", "--program", "moved"]).expect_code(0);
    asked(&[
        "period",
        "calculate",
        "--until",
        "2026-Q2",
        "--program",
        "moved",
    ])
    .expect_code(0);
    asked(&["restore", "a.backup", "--program", "again"]).expect_code(2);
    assert!(!story.path("again").exists());
    asked(&["backup", "--program", "moved", "--out", "b.backup"]).expect_code(0);
    let moved = seen(&story, "moved", &elsewhere);
    story
        .trueup(&["restore", "b.backup", "--program", "back"])
        .expect_code(0);
    assert_eq!(seen(&story, "back", &[]), moved);
}

#[test]
fn a_changed_backup_restores_nothing_that_is_not_as_it_was() {
    let story = backed_up();
    let before = seen(&story, "program", &[]);
    let whole = fs::read(story.path("a.backup")).expect("written");
    let mut refused = 0;
    let steps = 60;
    for step in 0..steps {
        let at = whole.len() * step / steps + step % 7;
        let mut changed = whole.clone();
        changed[at] ^= 1 << (step % 8);
        story.write("changed.backup", &changed);
        let ended = story.trueup(&["restore", "changed.backup", "--program", "changed"]);
        ended.expect_no_panic();
        match ended.code() {
            // A time or an attribute in the archive's own lists: the files are the same.
            Some(0) => assert_eq!(seen(&story, "changed", &[]), before, "byte {at}"),
            Some(1) | Some(3) => {
                refused += 1;
                assert!(!story.path("changed").exists(), "byte {at}: {ended:?}");
            }
            _ => panic!("byte {at}: {ended:?}"),
        }
        let _ = fs::remove_dir_all(story.path("changed"));
    }
    assert!(refused > steps / 2, "{refused} of {steps} were refused");
    // Cut off anywhere it is no backup.
    for part in 1..8 {
        story.write("cut.backup", &whole[..whole.len() * part / 8]);
        story
            .trueup(&["restore", "cut.backup", "--program", "cut"])
            .expect_code(1);
        assert!(!story.path("cut").exists());
    }
}

#[test]
fn whenever_it_is_killed_there_is_all_of_it_or_nothing() {
    let story = backed_up();
    let before = seen(&story, "program", &[]);
    // Kills are spread over the time that a backup takes here, and a bit beyond.
    let begun = Instant::now();
    story
        .trueup(&["backup", "--program", "program", "--out", "b.backup"])
        .expect_code(0);
    let whole = begun.elapsed();
    let (mut backups, mut programs) = (0, 0);
    for step in 0..20 {
        let after = whole * step / 13;
        let _ = fs::remove_file(story.path("b.backup"));
        killed(
            &story,
            &["backup", "--program", "program", "--out", "b.backup"],
            after,
        );
        if story.path("b.backup").exists() {
            backups += 1;
            story
                .trueup(&["restore", "b.backup", "--program", "b"])
                .expect_code(0);
            assert_eq!(seen(&story, "b", &[]), before);
            fs::remove_dir_all(story.path("b")).expect("removed");
        }
        killed(&story, &["restore", "a.backup", "--program", "c"], after);
        match story.path("c").exists() {
            true => programs += 1,
            // The next attempt starts anew.
            false => {
                story
                    .trueup(&["restore", "a.backup", "--program", "c"])
                    .expect_code(0);
            }
        }
        assert_eq!(seen(&story, "c", &[]), before, "after {after:?}");
        fs::remove_dir_all(story.path("c")).expect("removed");
    }
    // Both outcomes were met, or nothing was tried.
    assert!(backups > 0 && programs < 20, "{backups} and {programs}");
}

/// Runs a command and kills it after a while, as the power does.
fn killed(story: &Story, args: &[&str], after: Duration) {
    let mut command = story.command(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("started");
    std::thread::sleep(after);
    let _ = child.kill();
    let _ = child.wait();
}
