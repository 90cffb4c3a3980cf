//! `trueup run`: what everyone earned, settlement by settlement.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::exact::Exact;

use crate::args::{AsOfArgs, Format, RunArgs, ScopeArgs};
use crate::compute::{self, Done, Seen};
use crate::earned::{Earned, Status, totals};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::runs;

/// The row that sums all periods.
const ALL: &str = "all";

/// How many reasons a summary shows; --format csv has them all.
const REASONS_SHOWN: usize = 20;

/// Evaluates and prints.
pub fn run(args: &RunArgs, progress: &Progress) -> Result<(), Failure> {
    match &args.again {
        Some(said) => again(args, said, progress),
        None => {
            let folder = crate::folder::open(&args.scope.program.program)?;
            let seen = Seen::of(&args.scope, &folder)?;
            let done = compute::run(&folder, &args.scope, &seen, progress)?;
            print(&done, args.format)
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
    let done = compute::evaluated(&again.folder, &scope_args, &seen, progress)?;
    print(&done, args.format)?;
    let kept = runs::kept_lines(&args.scope.program.program, again.hash)?;
    if kept == runs::as_kept(&done.lines) {
        if args.format == Format::Table {
            output::print(&format!(
                "The same as run {}, to the last digit\n",
                again.hash.short()
            ))?;
        }
        return Ok(());
    }
    Err(Failure::Found(format!(
        "run {} was made by Trueup {} and came to other lines; they are in .trueup/runs/{}/lines.json",
        again.hash.short(),
        again.manifest.engine,
        again.hash
    )))
}

fn print(done: &Done, format: Format) -> Result<(), Failure> {
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
            done.lines.iter().map(|line| {
                vec![
                    line.partner.as_str().to_owned(),
                    line.period.clone(),
                    line.component.to_string(),
                    line.status.word().to_owned(),
                    line.posted_text(),
                    line.currency.code().to_owned(),
                    line.plan.to_string(),
                    line.settlement.last().to_string(),
                    line.open.join("; "),
                ]
            }),
        ),
        Format::Json => output::json(&json!({
            "run": done.hash,
            "manifest": done.manifest,
            "lines": done.lines.iter().map(Earned::to_json).collect::<Vec<Value>>(),
            "notes": done.notes,
        })),
        Format::Table => output::print(&summary(done)),
    }
}

/// Totals by plan, period and component, and what is open.
pub fn summary(done: &Done) -> String {
    let lines = &done.lines;
    let mut text = String::new();
    let plans: BTreeMap<String, Vec<&Earned>> =
        lines.iter().fold(BTreeMap::new(), |mut plans, line| {
            plans
                .entry(format!("{} ({})", line.plan, line.currency.code()))
                .or_insert_with(Vec::new)
                .push(line);
            plans
        });
    for (plan, lines) in &plans {
        let _ = writeln!(text, "{plan}\n{}\n", by_period(lines));
    }
    let open: Vec<&Earned> = lines
        .iter()
        .filter(|line| line.status != Status::Known)
        .collect();
    if !open.is_empty() {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for line in &open {
            for reason in &line.open {
                let said = format!("{}: {}: {reason}", line.component, line.status.word());
                *reasons.entry(said).or_default() += 1;
            }
        }
        let _ = writeln!(text, "Open, and therefore not posted:");
        for (reason, count) in reasons.iter().take(REASONS_SHOWN) {
            let _ = writeln!(text, "  {count:>6} x {reason}");
        }
        if reasons.len() > REASONS_SHOWN {
            let _ = writeln!(
                text,
                "  and {} more reasons; --format csv lists every line",
                reasons.len() - REASONS_SHOWN
            );
        }
        text.push('\n');
    }
    let mut partners: Vec<&str> = lines.iter().map(|line| line.partner.as_str()).collect();
    partners.sort_unstable();
    partners.dedup();
    for note in &done.notes {
        let _ = writeln!(text, "Note: {note}");
    }
    let _ = writeln!(
        text,
        "{} for {} on snapshot {} of the facts; run {}",
        output::counted(lines.len(), "line"),
        output::counted(partners.len(), "partner"),
        done.snapshot,
        done.hash
    );
    text
}

/// A table of posted money: a row for each period, a column for each component.
pub fn by_period(lines: &[&Earned]) -> String {
    let mut components: Vec<&str> = Vec::new();
    for line in lines {
        if !components.contains(&&*line.component) {
            components.push(&line.component);
        }
    }
    let places = lines.first().map_or(2, |line| line.currency.places());
    // Where lines are and none of them posts, the figure is open and not zero.
    let posts: BTreeSet<(&str, &str)> = lines
        .iter()
        .filter(|line| line.posted.is_some())
        .flat_map(|line| [line.period.as_str(), ALL].map(|period| (period, &*line.component)))
        .collect();
    let sums = totals(lines.iter().copied(), |line| {
        (
            line.settlement.ends,
            line.period.clone(),
            line.component.to_string(),
        )
    });
    let by_component = totals(lines.iter().copied(), |line| line.component.to_string());
    let mut periods: BTreeMap<(trueup_base::date::Date, String), BTreeMap<&str, &Exact>> =
        BTreeMap::new();
    for ((ends, period, component), sum) in &sums {
        periods
            .entry((*ends, period.clone()))
            .or_default()
            .insert(component, sum);
    }
    let row = |name: &str, of: &dyn Fn(&str) -> Option<Exact>| {
        let mut cells = vec![name.to_owned()];
        let mut total = Exact::ZERO;
        for component in &components {
            match of(component) {
                Some(_) if !posts.contains(&(name, *component)) => {
                    cells.push("open".to_owned());
                }
                Some(sum) => {
                    total = &total + &sum;
                    cells.push(output::money(&sum, places));
                }
                None => cells.push(String::new()),
            }
        }
        cells.push(output::money(&total, places));
        cells
    };
    let mut rows: Vec<Vec<String>> = periods
        .iter()
        .map(|((_, period), sums)| {
            row(period, &|component| {
                sums.get(component).map(|sum| (*sum).clone())
            })
        })
        .collect();
    rows.push(row(ALL, &|component| by_component.get(component).cloned()));
    let mut heads = vec!["period"];
    heads.extend(components.iter().copied());
    heads.push("total");
    output::table(&heads, 1, rows)
}
