//! `trueup explain`: a figure down to the clause, the formula and the rows.

use std::fmt::Write as _;

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::explain::Explanation;
use trueup_engine::{Evaluator, Place};
use trueup_plan::check::{Place as Asked, formula_in};
use trueup_plan::diagnostic::render;
use trueup_plan::tree::{Component, Plan, Reference};

use crate::args::{ExplainArgs, Format, ScopeArgs};
use crate::compute::{self, Figures, Prepared, Scope};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::output;
use crate::progress::Progress;

/// How many lines stand under one another before the rest is counted.
const WIDTH_MAX: usize = 60;

/// Explains a name for a partner in a period.
pub fn run(args: &ExplainArgs, progress: &Progress) -> Result<(), Failure> {
    let folder = folder::open(&args.scope.program.program)?;
    run_in(
        &folder,
        &args.scope,
        &args.name,
        args.rows,
        args.format,
        progress,
    )
}

/// Explains in a program that is already read.
pub fn run_in(
    folder: &Folder,
    args: &ScopeArgs,
    name: &str,
    with_rows: bool,
    format: Format,
    progress: &Progress,
) -> Result<(), Failure> {
    let Some(partner) = &args.partner else {
        return Err(Failure::Use(
            "a figure is one partner's; name it with --partner ID".to_owned(),
        ));
    };
    let prepared = compute::prepare_partner(folder, args, partner, progress)?;
    let at = prepared.partner(partner)?;
    let scope = Scope::of(args, folder)?;
    let Some(period) = Figures::new(&prepared).periods(at, &scope).pop() else {
        return Err(Failure::Use(format!(
            "partner {partner} has no agreement in that period"
        )));
    };
    let asked_in = window_of(&prepared, name, scope.period.unwrap_or(period));

    let mut sources = folder.sources.clone();
    let formula = formula_in(
        prepared.plan,
        &mut sources,
        "the question",
        name,
        Asked::Partner,
    )
    .map_err(|found| Failure::Use(render(&sources, &found)))?;
    let mut evaluator = Evaluator::new(prepared.plan, &prepared.world, &prepared.source);
    if with_rows {
        evaluator = evaluator.with_rows();
    }
    let window = evaluator
        .agreement_windows(at, asked_in.unit, asked_in.starts, asked_in.ends)
        .pop()
        .unwrap_or(asked_in);
    let node = evaluator.ask(&formula, &Place::new(at, window));
    let text = |span| sources.text(span).to_owned();
    let Some(explanation) = Explanation::of(&evaluator, node, &text) else {
        return Err(Failure::Found(format!(
            "there is nothing to explain about `{name}`"
        )));
    };
    match format {
        Format::Json => output::json(&explanation.to_json()),
        Format::Csv => Err(Failure::Use(
            "an explanation is a tree; print it as table or json".to_owned(),
        )),
        Format::Table => {
            let mut figures = Figures::new(&prepared);
            let lines: Vec<Earned> = figures
                .earned(at, &scope)
                .into_iter()
                .filter(|line| *line.component == *name)
                .collect();
            output::print(&page(&prepared, name, lines.last(), &explanation))
        }
    }
}

/// The window a name is asked in: a longer window of a component's own, up to the period's end; else the period.
fn window_of(prepared: &Prepared<'_>, name: &str, period: Window) -> Window {
    let calendar = &prepared.plan.calendar;
    component(prepared.plan, name)
        .filter(|component| component.over != period.unit)
        .and_then(|component| calendar.window_at(component.over, period.last()))
        .filter(|own| own.starts <= period.starts && period.ends <= own.ends)
        .and_then(|own| own.cut(own.starts, period.ends))
        .unwrap_or(period)
}

fn component<'p>(plan: &'p Plan, name: &str) -> Option<&'p Component> {
    plan.components
        .iter()
        .find(|component| &*component.name == name)
}

fn page(
    prepared: &Prepared<'_>,
    name: &str,
    settled: Option<&Earned>,
    explanation: &Explanation,
) -> String {
    let plan = prepared.plan;
    let mut text = String::new();
    let title = if plan.title.is_empty() {
        &plan.name
    } else {
        &plan.title
    };
    let _ = writeln!(text, "{title}\n{}\n{}\n", prepared.whose, prepared.under);
    if let Some(component) = component(plan, name)
        && !component.is.is_empty()
    {
        let _ = writeln!(text, "{}: {}\n", component.name, component.is);
    }
    if let Some(line) = settled {
        text.push_str(&settlement(plan, name, line));
    }
    text.push_str(&explanation.to_text_within(usize::MAX, WIDTH_MAX));
    text
}

/// What was posted and why it is not simply what the window entitles to.
fn settlement(plan: &Plan, name: &str, line: &Earned) -> String {
    let money = |figure: &Exact| output::money(figure, plan.currency.places());
    let limits: Vec<&str> = plan
        .limits
        .iter()
        .filter(|limit| {
            limit
                .on
                .iter()
                .any(|on| matches!(on, Reference::Component(id) if *plan[*id].name == *name))
        })
        .map(|limit| &*limit.name)
        .collect();
    let under = if limits.is_empty() {
        String::new()
    } else {
        format!(", under {}", limits.join(" and "))
    };
    let to_date = line
        .to_date
        .as_ref()
        .map_or_else(|| "open".to_owned(), &money);
    let posted = line
        .posted
        .as_ref()
        .map_or_else(|| "open".to_owned(), &money);
    let rows = [
        (format!("earned since the agreement began{under}"), to_date),
        (
            "less what was posted before".to_owned(),
            money(&line.before),
        ),
        (format!("posted for {}", line.period), posted),
    ];
    let width = rows
        .iter()
        .map(|(what, _)| what.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (what, figure) in rows {
        let _ = writeln!(
            text,
            "{what:<width$}  {figure:>14} {}",
            plan.currency.code()
        );
    }
    for reason in &line.open {
        let _ = writeln!(text, "open: {} {reason}", line.status.said());
    }
    text.push_str("\nThe window asked about entitles to:\n");
    text
}
