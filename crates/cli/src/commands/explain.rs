//! `trueup explain`: a figure down to the clause, the formula and the rows.

use std::fmt::Write as _;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::exact::Exact;
use trueup_engine::explain::{Explanation, Figure};
use trueup_engine::world::PartnerIx;
use trueup_engine::{Evaluator, Place};
use trueup_plan::check::{Place as Asked, formula_in};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::{Component, Edition, Expr, Grant, Plan, Reference, Trigger};

use crate::args::{ExplainArgs, ScopeArgs, TreeFormat};
use crate::compute::{self, Figures, Prepared};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked;
use crate::output;
use crate::progress::Progress;
use crate::seen::Seen;

/// How many lines stand under one another before the rest is counted.
const WIDTH_MAX: usize = 60;

/// Explains a name for a partner in a period.
pub fn run(args: &ExplainArgs, progress: &Progress) -> Result<(), Failure> {
    // Of a closed period what was approved is explained; without a period the latest one there is.
    let basis = locked::bases(&args.scope, Seen::of)?
        .pop()
        .ok_or_else(|| Failure::Fault("there is nothing to go by".to_owned()))?;
    run_by(
        &basis.folder,
        basis.seen,
        &args.scope,
        (&args.name, args.rows, args.format),
        progress,
    )
}

/// Explains in a program that is already read, as it is known now.
pub fn run_in(
    folder: &Folder,
    args: &ScopeArgs,
    name: &str,
    with_rows: bool,
    format: TreeFormat,
    progress: &Progress,
) -> Result<(), Failure> {
    let seen = Seen::of(args, folder)?;
    run_by(folder, seen, args, (name, with_rows, format), progress)
}

fn run_by(
    folder: &Folder,
    seen: Seen,
    args: &ScopeArgs,
    (name, with_rows, format): (&str, bool, TreeFormat),
    progress: &Progress,
) -> Result<(), Failure> {
    let Some(partner) = &args.partner else {
        return Err(Failure::Use(
            "a figure is one partner's; name it with --partner ID".to_owned(),
        ));
    };
    let prepared = compute::prepare_partner(folder, args, partner, &seen, progress)?;
    let at = prepared.partner(partner)?;
    let scope = seen.scope;
    let last = || Figures::new(&prepared).periods(at, &scope).pop();
    let Some(period) = scope.period.or_else(last) else {
        return Err(Failure::Found(format!(
            "there is nothing to explain to partner {partner} yet: no period of its agreement ended by {}",
            scope.until
        )));
    };
    let line = Figures::new(&prepared)
        .earned(at, &scope)
        .into_iter()
        .rfind(|line| *line.component == *name);
    let explained = Explained::of((folder, &prepared), (at, period), (name, line), with_rows)?;
    let Explained {
        explanation,
        since,
        window,
        line,
    } = &explained;
    match format {
        TreeFormat::Json => output::json(&explanation.to_json()),
        TreeFormat::Table => {
            let own = own_in(&prepared, at, &period);
            let since = since.as_ref().map(ToString::to_string);
            let under = prepared.under_in(at, &period);
            let heading = (own, &*prepared.whose, &*under);
            let settled = line.as_ref().map(|line| (line, since.as_deref()));
            let mut text = page(heading, name, window, settled, explanation);
            // What a fund accrues is explained above; what it holds follows from it and from its claims.
            if own.fund_named(name).is_some() {
                let mut beside = Figures::new(&prepared).beside(at, *window);
                beside.funds.retain(|fund| fund.fund == name);
                beside.on.clear();
                beside.paid.clear();
                text.push_str(&beside.to_text(prepared.plan.currency.places()));
            }
            for note in &prepared.notes {
                let _ = writeln!(text, "Note: {note}");
            }
            output::print(&text)
        }
    }
}

/// The plan of the version in force when a period began.
pub fn own_in<'p>(prepared: &'p Prepared<'_>, at: PartnerIx, period: &Window) -> &'p Plan {
    let version = prepared.version_in(at, period);
    version.map_or(prepared.plan, |version| &version.own)
}

/// A name explained.
pub struct Explained {
    /// The evaluated graph, with what was known when it was settled.
    pub explanation: Explanation,
    /// The figure with all that is known since then, where it is another.
    pub since: Option<Figure>,
    /// The window it is asked in.
    pub window: Window,
    /// The settlement's line, of what is settled.
    pub line: Option<Earned>,
}

impl Explained {
    /// Explains a name to a partner in a period; of what is settled, with its line.
    pub fn of(
        (folder, prepared): (&Folder, &Prepared<'_>),
        (at, period): (PartnerIx, Window),
        (name, line): (&str, Option<Earned>),
        with_rows: bool,
    ) -> Result<Self, Failure> {
        // A name is one of the version in force in the period.
        let version = prepared.version_in(at, &period);
        let edition = version.and_then(|version| prepared.plan.edition(version.edition));
        let own = own_in(prepared, at, &period);
        let asked_in = window_of(own, name, period);

        let mut sources = folder.sources.clone();
        let question = question(own, edition, &mut sources, name)?;
        let mut evaluator = Evaluator::new(prepared.plan, &prepared.world, &prepared.source);
        if with_rows {
            evaluator = evaluator.with_rows();
        }
        let window = evaluator
            .agreement_windows(at, asked_in.unit, asked_in.starts, asked_in.ends)
            .pop()
            .ok_or_else(|| {
                Failure::Use(format!(
                    "partner {} has no agreement in {}",
                    prepared.partner_shown,
                    prepared.plan.calendar.label(&period)
                ))
            })?;
        let now = Place::new(at, window);
        // What was posted was worked out from what was known then.
        let then = Place {
            known_before: line
                .as_ref()
                .and_then(|line| evaluator.known_at(line.settlement.ends)),
            ..now
        };
        let mut asked = |place: &Place| match &question {
            Question::Trigger(trigger) => evaluator.ask_trigger(*trigger, place),
            Question::Formula(formula) => evaluator.ask(formula, place),
        };
        let (node, node_now) = (asked(&then), asked(&now));
        let text = |span| sources.text(span).to_owned();
        let Some(explanation) = Explanation::of(&evaluator, node, &text) else {
            return Err(Failure::Found(format!(
                "there is nothing to explain about `{name}`"
            )));
        };
        let since = Explanation::of(&evaluator, node_now, &text)
            .map(|since| since.figure)
            .filter(|since| *since != explanation.figure);
        Ok(Self {
            explanation,
            since,
            window,
            line,
        })
    }
}

/// What a name asks.
enum Question {
    /// Whether a contingency or guardrail is on.
    Trigger(Trigger),
    /// A formula over the plan's names; of a fund what it accrues.
    Formula(Box<Expr>),
}

fn question(
    plan: &Plan,
    edition: Option<&Edition>,
    sources: &mut Sources,
    name: &str,
) -> Result<Question, Failure> {
    let in_tree = |formula: Expr| match edition {
        Some(edition) => edition.formula(formula),
        None => formula,
    };
    let contingency = plan.contingency_named(name).map(Trigger::Contingency);
    let guardrail = plan.guardrail_named(name).map(Trigger::Guardrail);
    if let Some(trigger) = contingency.or(guardrail) {
        let trigger = edition.map_or(trigger, |edition| edition.trigger(trigger));
        return Ok(Question::Trigger(trigger));
    }
    if let Some(fund) = plan.fund_named(name) {
        let accrues = in_tree(plan[fund].accrues.clone());
        return Ok(Question::Formula(Box::new(accrues)));
    }
    formula_in(plan, sources, "the question", name, Asked::Partner)
        .map(|formula| Question::Formula(Box::new(in_tree(formula))))
        .map_err(|found| {
            Failure::Use(format!(
                "`{name}` is nothing that plan {} can explain\n{}",
                plan.name,
                render(sources, &found).trim_end()
            ))
        })
}

/// The window a name is asked in: a component's or limit's own, when the period lies inside it; else the period.
fn window_of(plan: &Plan, name: &str, period: Window) -> Window {
    let calendar = &plan.calendar;
    match over(plan, name) {
        Some(over) if over != period.unit => {
            calendar
                .window_at(over, period.last())
                .filter(|own| own.starts <= period.starts && period.ends <= own.ends)
                .map_or(period, |own| {
                    // The part of the longer window up to the period's end.
                    own.cut(own.starts, period.ends).unwrap_or(own)
                })
        }
        Some(_) | None => period,
    }
}

/// The windows that a component or limit is settled over.
fn over(plan: &Plan, name: &str) -> Option<WindowUnit> {
    let limit = || plan.limits.iter().find(|limit| &*limit.name == name);
    component(plan, name)
        .map(|component| component.over)
        .or_else(|| limit().map(|limit| limit.over))
}

fn component<'p>(plan: &'p Plan, name: &str) -> Option<&'p Component> {
    plan.components
        .iter()
        .find(|component| &*component.name == name)
}

fn page(
    (plan, whose, under): (&Plan, &str, &str),
    name: &str,
    window: &Window,
    settled: Option<(&Earned, Option<&str>)>,
    explanation: &Explanation,
) -> String {
    let mut text = String::new();
    let title = if plan.title.is_empty() {
        &plan.name
    } else {
        &plan.title
    };
    let _ = writeln!(text, "{title}\n{whose}\n{under}\n");
    if let Some(component) = component(plan, name)
        && !component.is.is_empty()
    {
        let _ = writeln!(text, "{}: {}\n", component.name, component.is);
    }
    if let Some((line, since)) = settled {
        text.push_str(&settlement(plan, name, line, since));
    } else if over(plan, name).is_some() && !window.is_final() {
        let _ = writeln!(
            text,
            "As it stands on {}; it is settled for good when its {} is over.\n",
            window.last(),
            window.unit.to_string().replace('_', " "),
        );
    }
    text.push_str(&explanation.to_text_within(usize::MAX, WIDTH_MAX));
    text
}

/// What was posted and why it is not simply what the window entitles to.
fn settlement(plan: &Plan, name: &str, line: &Earned, since: Option<&str>) -> String {
    let money = |figure: &Exact| line.shown(figure);
    let unit = match line.grants {
        Grant::Money | Grant::Fund => plan.currency.code(),
        Grant::Count | Grant::Flag => "",
    };
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
        let shown = format!("{what:<width$}  {figure:>14} {unit}");
        let _ = writeln!(text, "{}", shown.trim_end());
    }
    for reason in &line.open {
        let _ = writeln!(text, "open: {}: {reason}", line.status.word());
    }
    match since {
        Some(since) => {
            let day = line.settlement.last();
            let _ = writeln!(
                text,
                "\nworked out as, with what was known on {day} (with all that is known since then: {since}; the next settlement \
                 posts the difference)"
            );
        }
        None => text.push_str("\nworked out as\n"),
    }
    text
}
