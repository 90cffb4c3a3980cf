//! Transcripts that run. In a file of `tests/*.md`,
//!
//! - a block marked `console` is a dialogue: after `$ ` (and `> ` for further lines) a command, then everything it
//!   prints on both outputs, then `? 2` where its exit code is not 0;
//! - any other block whose mark names a file, as in `yaml plans/bad.yaml`, is written to that file first;
//! - all blocks of a file share one folder, which begins empty.
//!
//! `[..]` stands for any text within a line, and a line `...` for any lines. With TRUEUP_WRITE set, what was printed
//! is written into the transcript; read it before you keep it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::story::{Story, repository};

/// One step of a transcript.
enum Step {
    /// Text that is only read.
    Prose(String),
    /// A file that is written.
    File { mark: String, text: String },
    /// A command, and what is to be printed.
    Command { script: String, expected: String },
    /// The end of a dialogue.
    DialogueEnds,
    /// The beginning of one.
    DialogueBegins,
}

#[test]
fn bad_facts_are_set_aside_or_refused_as_written() {
    run("bad_facts");
}

#[test]
fn bad_plans_are_refused_as_written() {
    run("bad_plans");
}

#[test]
fn bad_programs_are_refused_as_written() {
    run("bad_programs");
}

#[test]
fn the_check_goes_by_facts_as_written() {
    run("checks");
}

#[test]
fn mappings_are_certified_as_written() {
    run("certify");
}

#[test]
fn announcements_are_made_and_read_as_written() {
    run("announcements");
}

#[test]
fn agreements_are_signed_as_written() {
    run("agreements");
}

#[test]
fn the_books_are_kept_as_written() {
    run("books");
}

#[test]
fn statements_become_documents_as_written() {
    run("papers");
}

#[test]
fn periods_are_closed_as_written() {
    run("periods");
}

#[test]
fn payouts_are_made_as_written() {
    run("payouts");
}

#[test]
fn offices_consent_to_large_payouts_as_written() {
    run("payout_consents");
}

#[test]
fn terms_of_many_partners_go_through_a_workbook_as_written() {
    run("agreement_sheets");
}

#[test]
fn funds_are_in_the_books_as_written() {
    run("funds");
}

#[test]
fn what_is_owed_is_given_up_as_written() {
    run("write_offs");
}

#[test]
fn the_journal_is_kept_as_written() {
    run("journal");
}

#[test]
fn differences_are_told_as_written() {
    run("diff");
}

#[test]
fn data_comes_in_its_formats_as_written() {
    run("formats");
}

#[test]
fn rows_are_doubted_as_written() {
    run("flags");
}

#[test]
fn facts_go_through_time_as_written() {
    run("facts");
}

#[test]
fn the_help_says_what_is_written() {
    run("help");
}

#[test]
fn quality_is_told_as_written() {
    run("quality");
}

#[test]
fn a_statement_as_a_file_is_verified_as_written() {
    run("bundle");
}

#[test]
fn balances_are_taken_over_as_written() {
    run("opening");
}

#[test]
fn a_program_is_backed_up_and_restored_as_written() {
    run("backup");
}

#[test]
fn rows_set_aside_are_settled_as_written() {
    run("quarantine");
}

#[test]
fn rates_prices_and_a_hierarchy_reach_a_run_as_written() {
    run("rates");
}

#[test]
fn the_starter_goes_as_written() {
    run("starter");
}

#[test]
fn worked_examples_are_found_as_written() {
    run("worked_examples");
}

#[test]
fn what_would_be_if_is_answered_as_written() {
    run("whatif");
}

#[test]
fn plans_are_said_in_words_as_written() {
    run("words");
}

#[test]
fn two_runs_are_told_apart_as_written() {
    run("why");
}

#[test]
fn wrong_use_is_answered_as_written() {
    run("wrong_use");
}

#[test]
fn every_transcript_is_run() {
    let own = include_str!("transcripts.rs");
    for entry in fs::read_dir(folder()).expect("the folder of the transcripts") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            let name = path.file_stem().expect("a name").to_string_lossy();
            assert!(
                own.contains(&format!("run(\"{name}\")")),
                "{name} is not run"
            );
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.md"))
}

fn run(name: &str) {
    let path = file(name);
    let text = fs::read_to_string(&path).expect("a transcript");
    let story = Story::new();
    let mut written = String::new();
    let mut differs = Vec::new();
    for step in steps(&text) {
        match step {
            Step::Prose(line) => written.push_str(&format!("{line}\n")),
            Step::DialogueBegins => written.push_str("```console\n"),
            Step::DialogueEnds => written.push_str("```\n"),
            Step::File { mark, text } => {
                let name = mark.split_whitespace().nth(1).expect("a file's name");
                story.write(name, &text);
                written.push_str(&format!("```{mark}\n{text}```\n"));
            }
            Step::Command { script, expected } => {
                let printed = printed(&story, &script);
                if !is_as_expected(&expected, &printed) {
                    differs.push(format!(
                        "$ {script}\n--- expected\n{expected}--- printed\n{printed}---"
                    ));
                }
                let kept = if is_as_expected(&expected, &printed) {
                    &expected
                } else {
                    &printed
                };
                written.push_str(&format!("$ {}\n{kept}", script.replace('\n', "\n> ")));
            }
        }
    }
    if std::env::var_os("TRUEUP_WRITE").is_some() {
        fs::write(&path, written).expect("the transcript is written");
    } else {
        assert!(
            differs.is_empty(),
            "{} differs:\n{}",
            path.display(),
            differs.join("\n")
        );
        assert_eq!(text, written, "{} does not read back", path.display());
    }
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(mark) = line.strip_prefix("```") else {
            steps.push(Step::Prose(line.to_owned()));
            continue;
        };
        let mut block = Vec::new();
        for inner in lines.by_ref().take_while(|inner| *inner != "```") {
            block.push(inner);
        }
        if mark == "console" {
            dialogue(&block, &mut steps);
        } else if mark.contains(' ') {
            steps.push(Step::File {
                mark: mark.to_owned(),
                text: block.iter().map(|line| format!("{line}\n")).collect(),
            });
        } else {
            panic!("a block marked `{mark}` is neither a dialogue nor a file");
        }
    }
    steps
}

fn dialogue(block: &[&str], steps: &mut Vec<Step>) {
    steps.push(Step::DialogueBegins);
    let mut command: Option<(String, String)> = None;
    let mut is_asking = false;
    for line in block {
        if let Some(first) = line.strip_prefix("$ ") {
            steps.extend(command.take().map(as_step));
            command = Some((first.to_owned(), String::new()));
            is_asking = true;
            continue;
        }
        let (script, expected) = command
            .as_mut()
            .expect("a dialogue begins with a command: `$ trueup …`");
        match line.strip_prefix("> ") {
            Some(more) if is_asking => script.push_str(&format!("\n{more}")),
            _ => {
                is_asking = false;
                expected.push_str(&format!("{line}\n"));
            }
        }
    }
    steps.extend(command.map(as_step));
    steps.push(Step::DialogueEnds);
}

fn as_step((script, expected): (String, String)) -> Step {
    Step::Command { script, expected }
}

/// What a command printed on both outputs, in its order, and its exit code unless that is 0.
fn printed(story: &Story, script: &str) -> String {
    let ended = story.sh(&format!("exec 2>&1\n{script}"));
    ended.expect_no_panic();
    let mut text = ended.out.clone();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str("\n[no line end]\n");
    }
    match ended.code() {
        Some(0) => {}
        Some(code) => text.push_str(&format!("? {code}\n")),
        None => panic!("`{script}` was ended by a signal: {ended:#?}"),
    }
    let here = repository().canonicalize().expect("the repository");
    let home = story.dir().canonicalize().expect("the story's folder");
    text.replace(&*home.to_string_lossy(), "[folder]")
        .replace(&*here.to_string_lossy(), "[repository]")
}

fn is_as_expected(expected: &str, printed: &str) -> bool {
    let expected: Vec<&str> = expected.lines().collect();
    let printed: Vec<&str> = printed.lines().collect();
    lines_match(&expected, &printed)
}

fn lines_match(expected: &[&str], printed: &[&str]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((&"...", rest)) => (0..=printed.len()).any(|at| lines_match(rest, &printed[at..])),
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| line_matches(line, first) && lines_match(rest, others)),
    }
}

fn line_matches(expected: &str, printed: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == printed,
        Some((before, after)) => printed.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

#[test]
fn a_transcript_that_says_something_else_is_told_apart() {
    let same = |expected: &str, printed: &str| is_as_expected(expected, printed);
    assert!(same("a\nb\n", "a\nb\n"));
    assert!(!same("a\nb\n", "a\n"));
    assert!(!same("a\n", "a\nb\n"));
    assert!(same("a\n...\nz\n", "a\nb\nc\nz\n"));
    assert!(!same("a\n...\nz\n", "a\nb\nc\n"));
    assert!(same("on [..]: fine\n", "on 2026-11-23: fine\n"));
    assert!(!same("on [..]: fine\n", "on 2026-11-23: bad\n"));
}

#[test]
fn a_transcript_shows_both_outputs_and_the_exit_code() {
    let story = Story::new();
    assert_eq!(
        printed(&story, "echo one; echo two >&2; exit 3"),
        "one\ntwo\n? 3\n"
    );
    assert_eq!(printed(&story, "true"), "");
    assert_eq!(printed(&story, "printf x"), "x\n[no line end]\n");
}
