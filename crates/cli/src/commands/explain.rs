//! `trueup explain`: a figure down to the clause, the formula and the rows.

use std::fmt::Write as _;

use trueup_base::calendar::Window;
use trueup_engine::explain::Explanation;
use trueup_engine::{Evaluator, Place};
use trueup_plan::check::{Place as Asked, formula_in};
use trueup_plan::diagnostic::render;
use trueup_plan::tree::{Component, Plan};

use crate::args::{ExplainArgs, Format, ScopeArgs};
use crate::compute::{self, Figures, Prepared, Scope};
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
    let asked_in = window_of(&prepared, name, scope.period.unwrap_or(period), period);

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
        Format::Table => output::print(&page(&prepared, name, &explanation)),
    }
}

/// The window a name is asked in: a component's own, when the period lies inside it; else the period.
fn window_of(prepared: &Prepared<'_>, name: &str, period: Window, last: Window) -> Window {
    let calendar = &prepared.plan.calendar;
    match component(prepared.plan, name) {
        Some(component) if component.over != period.unit => {
            calendar
                .window_at(component.over, last.last())
                .filter(|own| own.ends > period.ends)
                .map_or(period, |own| {
                    // The part of the longer window up to the period's end.
                    own.cut(own.starts, period.ends).unwrap_or(own)
                })
        }
        Some(_) | None => period,
    }
}

fn component<'p>(plan: &'p Plan, name: &str) -> Option<&'p Component> {
    plan.components
        .iter()
        .find(|component| &*component.name == name)
}

fn page(prepared: &Prepared<'_>, name: &str, explanation: &Explanation) -> String {
    let mut text = String::new();
    let title = if prepared.plan.title.is_empty() {
        &prepared.plan.name
    } else {
        &prepared.plan.title
    };
    let _ = writeln!(text, "{title}\n{}\n{}\n", prepared.whose, prepared.under);
    if let Some(component) = component(prepared.plan, name)
        && !component.is.is_empty()
    {
        let _ = writeln!(text, "{}: {}\n", component.name, component.is);
    }
    text.push_str(&explanation.to_text_within(usize::MAX, WIDTH_MAX));
    text
}
