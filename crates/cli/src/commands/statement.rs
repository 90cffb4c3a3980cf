//! `trueup statement`: what a partner earned in a period, why, and what is still open.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::exact::Exact;
use trueup_engine::explain::Figure;
use trueup_plan::tree::{Grant, Plan, Reference};

use crate::args::{Format, StatementArgs};
use crate::compute::{self, Figures, Prepared, Scope};
use crate::earned::{Earned, Status};
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;

/// Prints a statement for each partner and period asked for.
pub fn run(args: &StatementArgs, progress: &Progress) -> Result<(), Failure> {
    let Some(partner) = &args.scope.partner else {
        return Err(Failure::Use(
            "a statement is one partner's; name it with --partner ID".to_owned(),
        ));
    };
    let folder = crate::folder::open(&args.scope.program.program)?;
    let scope = Scope::of(&args.scope, &folder)?;
    let prepared = compute::prepare_partner(&folder, &args.scope, partner, progress)?;
    let statements = statements(&prepared, partner, &scope)?;
    match args.format {
        Format::Table => {
            let pages: Vec<String> = statements.iter().map(|one| page(&prepared, one)).collect();
            output::print(&pages.join("\n"))
        }
        Format::Json => output::json(&Value::Array(
            statements
                .iter()
                .map(|one| as_json(&prepared, one))
                .collect(),
        )),
        Format::Csv => output::csv(
            &[
                "partner",
                "period",
                "component",
                "status",
                "to_date",
                "before",
                "posted",
            ],
            statements.iter().flat_map(|one| &one.lines).map(|line| {
                vec![
                    line.partner.as_str().to_owned(),
                    line.period.clone(),
                    line.component.to_string(),
                    line.status.word().to_owned(),
                    line.to_date
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                    line.before.to_string(),
                    line.posted_text(),
                ]
            }),
        ),
    }
}

/// One partner's period.
pub struct Statement {
    /// The period as the calendar names it.
    pub period: String,
    /// From its first to its last day.
    pub days: (String, String),
    /// Progress toward the objectives: what it is, and the figure.
    pub measured: Vec<(String, Vec<(String, Figure)>)>,
    /// Its lines.
    pub lines: Vec<Earned>,
}

/// A statement for each period of the scope.
pub fn statements(
    prepared: &Prepared,
    partner: &str,
    scope: &Scope,
) -> Result<Vec<Statement>, Failure> {
    let at = prepared.partner(partner)?;
    let mut figures = Figures::new(prepared);
    let lines = figures.earned(at, scope);
    let mut statements = Vec::new();
    for window in figures.periods(at, scope) {
        let own: Vec<Earned> = lines
            .iter()
            .filter(|line| {
                window.starts < line.settlement.ends && line.settlement.ends <= window.ends
            })
            .cloned()
            .collect();
        let mut measured = Vec::new();
        for objective in &prepared.plan.objectives {
            let mut shown = Vec::new();
            for by in &objective.by {
                let (name, is) = named(prepared.plan, *by);
                let figure = figures.figure(*by, at, window);
                shown.push((if is.is_empty() { name } else { is }, figure));
            }
            measured.push((objective.goal.to_string(), shown));
        }
        statements.push(Statement {
            period: prepared.plan.calendar.label(&window),
            days: (window.starts.to_string(), window.last().to_string()),
            measured,
            lines: own,
        });
    }
    Ok(statements)
}

fn named(plan: &Plan, reference: Reference) -> (String, String) {
    let (name, is) = match reference {
        Reference::Term(id) => (&plan[id].name, &plan[id].is),
        Reference::Measure(id) => (&plan[id].name, &plan[id].is),
        Reference::Value(id) => (&plan[id].name, &plan[id].is),
        Reference::Table(id) => (&plan[id].name, &plan[id].is),
        Reference::Component(id) => (&plan[id].name, &plan[id].is),
        Reference::Limit(id) => (&plan[id].name, &plan[id].is),
    };
    (name.to_string(), is.to_string())
}

/// A statement as a page of text.
pub fn page(prepared: &Prepared, statement: &Statement) -> String {
    let plan = prepared.plan;
    let mut text = String::new();
    let title = if plan.title.is_empty() {
        &plan.name
    } else {
        &plan.title
    };
    let _ = writeln!(text, "{title}");
    let _ = writeln!(
        text,
        "{}   {} ({} to {})",
        prepared.whose, statement.period, statement.days.0, statement.days.1
    );
    let _ = writeln!(text, "{}\n", prepared.under);
    for (goal, shown) in &statement.measured {
        let _ = writeln!(text, "{goal}");
        let width = shown
            .iter()
            .map(|(what, _)| what.chars().count())
            .max()
            .unwrap_or(0)
            .min(78);
        for (what, figure) in shown {
            let _ = writeln!(text, "  {what:<width$}  {:>18}", figure.to_string());
        }
    }
    if !statement.measured.is_empty() {
        text.push('\n');
    }
    let places = plan.currency.places();
    let rows = statement.lines.iter().map(|line| {
        vec![
            line.component.to_string(),
            line.is.to_string(),
            line.to_date
                .as_ref()
                .map_or_else(|| "open".to_owned(), |figure| output::money(figure, places)),
            output::money(&line.before, places),
            match &line.posted {
                Some(posted) => output::money(posted, places),
                None => "open".to_owned(),
            },
        ]
    });
    let mut table = output::table(
        &[
            "component",
            "what it is",
            "earned to date",
            "posted before",
            "posted now",
        ],
        2,
        rows,
    );
    if let Some(column) = table.column_mut(1) {
        column.set_constraint(comfy_table::ColumnConstraint::UpperBoundary(
            comfy_table::Width::Fixed(58),
        ));
    }
    table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic);
    table.set_width(132);
    let _ = writeln!(text, "{table}");
    let total = total(&statement.lines);
    let _ = writeln!(
        text,
        "{:>1$}",
        format!(
            "Total for {}: {} {}",
            statement.period,
            output::money(&total, places),
            plan.currency.code()
        ),
        100
    );
    for line in statement
        .lines
        .iter()
        .filter(|line| line.status != Status::Known)
    {
        for reason in &line.open {
            let _ = writeln!(
                text,
                "Open: {}: {} {reason}",
                line.component,
                line.status.said()
            );
        }
    }
    let _ = writeln!(
        text,
        "\nEvery figure opens: trueup explain --program {} --partner {} --period {} COMPONENT --rows",
        prepared.program_shown, prepared.partner_shown, statement.period
    );
    text
}

fn total(lines: &[Earned]) -> Exact {
    lines
        .iter()
        .filter(|line| line.grants == Grant::Money)
        .filter_map(|line| line.posted.as_ref())
        .fold(Exact::ZERO, |sum, posted| &sum + posted)
}

fn as_json(prepared: &Prepared, statement: &Statement) -> Value {
    json!({
        "partner": prepared.partner_shown,
        "plan": &*prepared.plan.name,
        "version": &*prepared.plan.version,
        "period": statement.period,
        "from": statement.days.0,
        "to": statement.days.1,
        "currency": prepared.plan.currency.code(),
        "objectives": statement.measured.iter().map(|(goal, shown)| json!({
            "goal": goal,
            "by": shown.iter().map(|(what, figure)| json!({ "is": what, "figure": figure.exact(), "unit": figure.unit() })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "lines": statement.lines.iter().map(Earned::to_json).collect::<Vec<_>>(),
        "total": total(&statement.lines).to_string(),
    })
}
