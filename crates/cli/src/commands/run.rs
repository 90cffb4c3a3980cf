//! `trueup run`: what everyone earned, settlement by settlement.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_facts::digest::Digest;
use trueup_facts::kept::Kept;

use crate::args::{AsOfArgs, Format, RunArgs, ScopeArgs};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::runs::{self, KeptLine};
use crate::seen::Seen;
use crate::settling::{self, Done};

/// Evaluates and prints.
pub fn run(args: &RunArgs, progress: &Progress) -> Result<(), Failure> {
    match &args.again {
        Some(said) => again(args, said, progress),
        None => {
            let folder = crate::folder::open(&args.scope.program.program)?;
            let seen = Seen::of(&args.scope, &folder)?;
            let done = settling::run(&folder, &args.scope, &seen, progress)?;
            let kept = runs::kept(&args.scope.program.program);
            print(&done, &kept, args.format)
        }
    }
}

/// Repeats a kept run and holds it to what it came to.
fn again(args: &RunArgs, said: &str, progress: &Progress) -> Result<(), Failure> {
    let again = runs::again(&args.scope.program.program, said)?;
    let scope_args = ScopeArgs {
        program: args.scope.program.clone(),
        partner: again.manifest.partner.clone(),
        period: again.manifest.period.clone(),
        as_of: AsOfArgs::default(),
        measurer: args.scope.measurer,
    };
    let seen = Seen {
        facts: again.facts,
        scope: again.scope,
        late: Vec::new(),
    };
    let done = settling::evaluated(&again.folder, &scope_args, &seen, progress)?;
    let kept = runs::kept(&args.scope.program.program);
    print(&done, &kept, args.format)?;
    if is_same(&done, &kept, again.hash)? {
        if args.format == Format::Table {
            output::print(&format!(
                "The same as run {}, to the last digit\n",
                again.hash.short()
            ))?;
        }
        return Ok(());
    }
    Err(Failure::Found(format!(
        "run {} was made by Trueup {} and came to other lines; .trueup/runs/{}/lines.json says where they are",
        again.hash.short(),
        again.manifest.engine,
        again.hash
    )))
}

/// Whether a kept run came to the same lines; whatever it has of them is read and held to its digest.
fn is_same(done: &Done, kept: &Kept, hash: Digest) -> Result<bool, Failure> {
    if runs::parts(kept, hash)?.is_some_and(|parts| parts == done.parts()) {
        for part in done.parts() {
            runs::text_of(kept, &part)?;
        }
        return Ok(true);
    }
    // Another version may have written the same lines in another way.
    let was: Vec<Value> = runs::lines(kept, hash)?;
    let is: Vec<Value> = done.lines(kept)?;
    Ok(was == is)
}

fn print(done: &Done, kept: &Kept, format: Format) -> Result<(), Failure> {
    match format {
        Format::Csv => output::csv(
            &[
                "partner",
                "period",
                "component",
                "status",
                "posted",
                "currency",
                "plan",
                "settled_until",
                "open",
            ],
            done.lines::<KeptLine>(kept)?.into_iter().map(|line| {
                vec![
                    line.partner,
                    line.period,
                    line.component,
                    line.status,
                    line.posted.unwrap_or_default(),
                    line.currency,
                    line.plan,
                    line.settled_until,
                    line.open.join("; "),
                ]
            }),
        ),
        Format::Json => output::json(&json!({
            "run": done.hash,
            "manifest": done.manifest,
            "lines": done.lines::<Value>(kept)?,
            "notes": done.notes,
        })),
        Format::Table => output::print(&summary(done)),
    }
}

/// Totals by plan, period and component, and what is open.
pub fn summary(done: &Done) -> String {
    let mut text = done.summary.told();
    for note in &done.notes {
        let _ = writeln!(text, "Note: {note}");
    }
    let _ = writeln!(
        text,
        "{} for {} on snapshot {} of the facts; run {}",
        output::counted(done.summary.lines, "line"),
        output::counted(done.summary.partners.len(), "partner"),
        done.snapshot,
        done.hash
    );
    text
}
