//! The journal from outside: on both databases, and against whoever changes a bit of anything that is kept.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{Connection as _, Executor as _};

use crate::story::Story;

const POSTGRES: &str = "TRUEUP_TEST_POSTGRES";

/// A program with signed agreements, facts and a kept run.
fn signed(story: &Story, with: &[(&str, &str)]) {
    let done = |args: &[&str]| {
        let mut command = story.command(args);
        command.envs(with.iter().copied());
        crate::story::ended(command).expect_code(0);
    };
    done(&["journal", "open", "--program", "program"]);
    done(&["ingest", "--program", "program"]);
    for partner in ["partner/P-100", "partner/P-200", "partner/P-300"] {
        done(&[
            "keys",
            "add",
            "--custodial",
            partner,
            "--program",
            "program",
        ]);
    }
    done(&[
        "agreement",
        "propose",
        "--all",
        "--because",
        "a new year",
        "--program",
        "program",
    ]);
    for partner in ["partner/P-100", "partner/P-200", "partner/P-300"] {
        done(&[
            "agreement",
            "accept",
            "--all",
            "--for",
            partner,
            "--program",
            "program",
        ]);
    }
    done(&["run", "--program", "program"]);
    done(&["books", "post", "--program", "program"]);
    done(&[
        "period",
        "calculate",
        "--until",
        "2026-Q1",
        "--program",
        "program",
        "--by",
        "u-1",
    ]);
    done(&[
        "period",
        "approve",
        "--total",
        "5440 USD",
        "--program",
        "program",
        "--by",
        "u-2",
    ]);
    done(&["period", "close", "--program", "program", "--by", "u-1"]);
}

#[test]
fn the_same_story_is_told_on_postgres() {
    let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
        panic!("{POSTGRES} says no address; run the tests by `scripts/with_postgres.sh cargo nextest run …`")
    });
    let name = format!("story_{}", std::process::id());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        sqlx::any::install_default_drivers();
        let mut admin = sqlx::AnyConnection::connect(&server)
            .await
            .expect("connected");
        let made = admin
            .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
            .await;
        made.expect("a database");
    });
    let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
    let elsewhere = [("TRUEUP_DATABASE", url.as_str())];
    let story = Story::with_starter();
    signed(&story, &elsewhere);
    let asked = |args: &[&str]| {
        let mut command = story.command(args);
        command.envs(elsewhere);
        crate::story::ended(command)
    };
    assert!(
        !story.path("program/.trueup/trueup.db").exists(),
        "nothing lies in the folder"
    );
    let verified = asked(&["verify", "--program", "program"]).expect_code(0);
    assert!(
        verified.out.contains("Agreements: 3 versions signed"),
        "{}",
        verified.out
    );
    assert!(
        verified.out.ends_with("Nothing was changed\n"),
        "{}",
        verified.out
    );
    assert!(
        verified.out.contains("Books: 2 batches, 16 postings"),
        "{}",
        verified.out
    );
    asked(&["books", "post", "--program", "program"]).expect_code(0);
    let balances = asked(&[
        "books",
        "balances",
        "--program",
        "program",
        "--format",
        "csv",
    ]);
    let balances = balances.expect_code(0);
    assert!(
        balances.out.contains("expense,P-100,USD,10890.00"),
        "{}",
        balances.out
    );
    asked(&["rebuild", "--check", "--program", "program"]).expect_code(0);
    // Whoever changes a posting past the database's refusals is found.
    runtime.block_on(async {
        let mut admin = sqlx::AnyConnection::connect(&url).await.expect("connected");
        for sql in [
            "alter table postings disable trigger user",
            "update postings set amount = amount + sign(amount) where line < 2",
            "alter table postings enable trigger user",
        ] {
            admin.execute(sql).await.expect("changed");
        }
    });
    let found = asked(&["verify", "--program", "program"]).expect_code(1);
    assert!(
        found.out.contains("batch 1 of the books was changed"),
        "{}",
        found.out
    );
    // The journal of one program does not serve another.
    story.trueup(&["init", "other"]).expect_code(0);
    story.edit("other/program.yaml", "program: starter", "program: another");
    asked(&["journal", "open", "--program", "other"]).expect_code(2);
    asked(&["journal", "log", "--program", "other"]).expect_code(2);
    // Without its database the program has no journal, and says so.
    story
        .trueup(&["journal", "log", "--program", "program"])
        .expect_code(2);
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Files that hold nothing of their own: they are made again, or are there to be waited for.
fn holds_nothing(path: &Path) -> bool {
    let name = path.to_string_lossy();
    name.contains("/cache/")
        || name.ends_with(".lock")
        || name.ends_with("-shm")
        || name.ends_with("-wal")
}

/// What a reader of the program sees: its journal, its agreements, what its facts come to, its runs.
fn seen(story: &Story) -> String {
    let asked: [&[&str]; 8] = [
        &["period", "status", "--program", "program"],
        &[
            "books",
            "balances",
            "--program",
            "program",
            "--format",
            "json",
        ],
        &[
            "books",
            "show",
            "1",
            "--program",
            "program",
            "--format",
            "json",
        ],
        &["journal", "log", "--program", "program", "--format", "json"],
        &["keys", "list", "--program", "program", "--format", "json"],
        &[
            "agreement",
            "list",
            "--program",
            "program",
            "--format",
            "json",
        ],
        &["facts", "log", "--program", "program", "--format", "json"],
        &[
            "run",
            "--program",
            "program",
            "--again",
            "latest",
            "--format",
            "csv",
        ],
    ];
    let told = |args: &&[&str]| {
        let ended = story.trueup(args);
        format!("{:?}\n{}{}", ended.code(), ended.out, ended.err)
    };
    asked.iter().map(told).collect()
}

#[test]
fn a_flipped_bit_of_any_kept_file_is_found_or_changes_nothing() {
    /// In each file, spread over it.
    const FLIPS_A_FILE: usize = 6;
    let story = Story::with_starter();
    signed(&story, &[]);
    let before = seen(&story);
    let mut all = Vec::new();
    files(&story.path("program/.trueup"), &mut all);
    all.retain(|path| !holds_nothing(path));
    all.sort();
    let (mut noticed, mut tried) = (0, 0);
    for path in &all {
        let whole = fs::read(path).expect("read");
        for flip in 0..FLIPS_A_FILE.min(whole.len()) {
            let at = flip * whole.len() / FLIPS_A_FILE;
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(path, &bytes).expect("written");
            let _ = fs::remove_dir_all(story.path("program/.trueup/cache"));
            let verified = story.trueup(&["verify", "--program", "program"]);
            verified.expect_no_panic();
            tried += 1;
            if verified.code() != Some(0) {
                noticed += 1;
            } else {
                let after = seen(&story);
                assert_eq!(
                    before,
                    after,
                    "{}: byte {at} changes what is seen, and nothing says so",
                    path.display()
                );
            }
            fs::write(path, &whole).expect("written back");
        }
    }
    story
        .trueup(&["verify", "--program", "program"])
        .expect_code(0);
    assert!(noticed * 2 > tried, "{noticed} of {tried} were noticed");
}
