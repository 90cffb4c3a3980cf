//! A plan of some 2,000 lines, from its text to everything that is found in it.
//!
//! The plan has the lines of business of `one_line.yaml` as often as it takes, each with its own facts, tables, components
//! and limit. Prints how long reading and checking the text took, and how long looking for faults of pay.

use std::time::Instant;

use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Sources, any_error, render};
use trueup_prove::{KINDS, Study, Subject};

const ONE_LINE: &str = include_str!("one_line.yaml");
const LINES: usize = 2_000;
const ROUNDS: usize = 5;

/// The plan's text: each block with the entries of all lines of business.
fn plan(count: usize) -> String {
    let mut text = "plan: many-lines\ntitle: Many lines\nversion: 2026.1\nis: What partners earn in many lines\n\
                    currency: USD\nperiod: quarter\n"
        .to_owned();
    let lines: Vec<&str> = ONE_LINE
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let mut at = 0;
    while let Some(head) = lines.get(at) {
        let entries: Vec<&str> = lines
            .iter()
            .skip(at + 1)
            .take_while(|line| line.starts_with(' '))
            .copied()
            .collect();
        at += 1 + entries.len();
        text.push_str(head);
        text.push('\n');
        for nth in 1..=count {
            for entry in &entries {
                text.push_str(&entry.replace('@', &nth.to_string()));
                text.push('\n');
            }
        }
    }
    text
}

fn main() {
    let per_line = ONE_LINE.lines().count() - 9;
    let text = plan(LINES.div_ceil(per_line));
    let (mut reading, mut looking) = (Vec::new(), Vec::new());
    let mut by_kind = vec![Vec::new(); KINDS.len()];
    let mut found = 0;
    for _ in 0..ROUNDS {
        let mut sources = Sources::new();
        let begun = Instant::now();
        let (plan, told) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
        reading.push(begun.elapsed());
        assert!(!any_error(&told), "{}", render(&sources, &told));
        let plan = plan.expect("a plan without mistakes");
        let subject = Subject::new(&plan, Strictness::Draft);
        let begun = Instant::now();
        let study = Study::new(&subject);
        found = 0;
        for (kind, took) in KINDS.iter().zip(&mut by_kind) {
            let begun = Instant::now();
            found += (kind.find)(&study).len();
            took.push(begun.elapsed());
        }
        looking.push(begun.elapsed());
    }
    for times in [&mut reading, &mut looking].into_iter().chain(&mut by_kind) {
        times.sort();
    }
    let (reading, looking) = (reading[ROUNDS / 2], looking[ROUNDS / 2]);
    println!("{} lines, {found} findings", text.lines().count());
    println!("reading and checking the text  {reading:?}");
    println!("looking for faults of pay      {looking:?}");
    for (kind, times) in KINDS.iter().zip(&by_kind) {
        println!("  {:<28} {:?}", kind.name, times[ROUNDS / 2]);
    }
    println!(
        "together                       {:?} (budget 200 ms)",
        reading + looking
    );
}
