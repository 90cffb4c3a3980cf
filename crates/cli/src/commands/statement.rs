//! `trueup statement`: what a partner earned in a period, why, and what is still open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_books::{Account, Booked};
use trueup_engine::explain::{Figure, no_answer};
use trueup_engine::world::PartnerIx;
use trueup_plan::tree::{Grant, Plan, Reference};

use crate::args::{ScopeArgs, StatementArgs, StatementFormat};
use crate::beside::Beside;
use crate::compute::{self, Figures, Prepared};
use crate::earned::{Earned, exact_at};
use crate::failure::Failure;
use crate::locked::{self, Basis, Standing};
use crate::output;
use crate::progress::Progress;
use crate::refusals;
use crate::seen::{Scope, Seen};

mod paper;

/// Prints a statement for each partner and period asked for.
pub fn run(args: &StatementArgs, progress: &Progress) -> Result<(), Failure> {
    let Some(partner) = &args.scope.partner else {
        return Err(Failure::Use(
            "a statement is one partner's; name it with --partner ID".to_owned(),
        ));
    };
    let writer = paper::writer(args.format);
    if args.out.is_some() != writer.is_some() {
        return Err(Failure::Use(
            "a PDF or XLSX is written into a file, and nothing else is: --format pdf --out FILE"
                .to_owned(),
        ));
    }
    let bases = locked::bases(&args.scope, Seen::of)?;
    let told = told(&bases, &args.scope, partner, progress)?;
    if let (Some(writer), Some(out)) = (writer, &args.out) {
        return paper::write(out, writer, &bases, &told, partner);
    }
    match args.format {
        // Written above, into their file.
        StatementFormat::Pdf | StatementFormat::Xlsx => Ok(()),
        StatementFormat::Table => {
            let page = |(prepared, own): &(Prepared<'_>, Vec<Statement>)| {
                own.iter()
                    .map(|one| page(prepared, one))
                    .collect::<Vec<_>>()
            };
            let pages: Vec<String> = told.iter().flat_map(page).collect();
            output::print(&pages.join("\n"))
        }
        StatementFormat::Json => output::json(&all_as_json(&told)),
        StatementFormat::Csv => output::csv(
            &[
                "partner",
                "period",
                "component",
                "status",
                "to_date",
                "before",
                "posted",
                "currency",
                "open",
            ],
            told.iter()
                .flat_map(|(_, own)| own)
                .flat_map(|one| &one.lines)
                .map(|line| {
                    vec![
                        line.partner.as_str().to_owned(),
                        line.period.clone(),
                        line.component.to_string(),
                        line.status.word().to_owned(),
                        line.to_date
                            .as_ref()
                            .map(|figure| line.exact(figure))
                            .unwrap_or_default(),
                        line.exact(&line.before),
                        line.posted_text(),
                        line.currency.code().to_owned(),
                        line.open.join("; "),
                    ]
                }),
        ),
    }
}

/// A partner's statements as a document, by the facts as they are looked at; none of a format that is printed.
pub fn document(
    args: &ScopeArgs,
    format: StatementFormat,
    look: locked::Look,
) -> Result<Option<Vec<u8>>, Failure> {
    let (Some(partner), Some(writer)) = (&args.partner, paper::writer(format)) else {
        return Ok(None);
    };
    let bases = locked::bases(args, look)?;
    let told = told(&bases, args, partner, &Progress::new(true))?;
    let papers = paper::papers(&bases, &told, partner)?;
    paper::bytes(writer, &papers).map(Some)
}

/// Statements by what they go by.
type Told<'b> = Vec<(Prepared<'b>, Vec<Statement>)>;

/// A partner's statements, each by what its period goes by, or why there is none.
fn told<'b>(
    bases: &'b [Basis],
    args: &ScopeArgs,
    partner: &str,
    progress: &Progress,
) -> Result<Told<'b>, Failure> {
    let mut told = Vec::new();
    for basis in bases {
        let (folder, seen) = (&basis.folder, &basis.seen);
        let mut prepared = compute::prepare_partner(folder, args, partner, seen, progress)?;
        prepared.standing = basis.standing;
        let mut own = statements(&prepared, partner, &seen.scope)?;
        own.retain(|statement| basis.holds(statement.last));
        // What corrects closed periods falls on the first open day.
        let open_from = basis.after.and_then(|after| after.tomorrow().ok());
        if let (Standing::Open, Some(first)) = (basis.standing, own.first_mut())
            && open_from.is_some_and(|open| first.first <= open)
        {
            first.corrections = corrections(&prepared, partner, basis, &basis.booked)?;
        }
        told.push((prepared, own));
    }
    match (
        told.iter().any(|(_, own)| !own.is_empty()),
        told.last(),
        bases.last(),
    ) {
        (false, Some((prepared, _)), Some(basis)) => Err(none(
            prepared,
            partner,
            &basis.seen.scope,
            args.period.as_deref(),
        )),
        (_, _, _) => Ok(told),
    }
}

/// Why there is no statement.
fn none(prepared: &Prepared, partner: &str, scope: &Scope, period: Option<&str>) -> Failure {
    match period {
        Some(period) => refusals::nothing_ends_in(period, scope, [prepared.plan]),
        None => Failure::Found(format!(
            "partner {partner} has no statement yet: no period of its agreement ended by {}",
            scope.until
        )),
    }
}

fn all_as_json(told: &Told<'_>) -> Value {
    let data = told
        .iter()
        .flat_map(|(prepared, own)| own.iter().map(|one| as_json(prepared, one)));
    Value::Array(data.collect())
}

/// One partner's period.
pub struct Statement {
    /// The period.
    pub window: Window,
    /// The period as the calendar names it.
    pub period: String,
    /// From its first to its last day.
    pub days: (String, String),
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// The plan's title, what it is worked out under, and the plan and its version.
    pub under: Under,
    /// Progress toward the objectives: what it is, and the figure.
    pub measured: Vec<(String, Vec<(String, Figure)>)>,
    /// The day each objective is to be reached by, and the names that show it, in the same order.
    pub shown_by: Vec<(Option<Date>, Vec<String>)>,
    /// Its lines.
    pub lines: Vec<Earned>,
    /// What corrects closed periods and falls into this one.
    pub corrections: Vec<Correction>,
    /// What stands beside them.
    pub beside: Beside,
}

/// What became known of a closed settlement after it was closed.
pub struct Correction {
    /// The component.
    pub component: String,
    /// The settlement's last day.
    pub settled_on: Date,
    /// What it adds.
    pub amount: Exact,
}

/// What is earned for closed settlements as it is known now, less what was posted for them while they were open.
pub fn corrections(
    prepared: &Prepared,
    partner: &str,
    basis: &Basis,
    booked: &Booked,
) -> Result<Vec<Correction>, Failure> {
    let Some(closed_on) = basis.after else {
        return Ok(Vec::new());
    };
    let at = prepared.partner(partner)?;
    let all = Scope {
        period: None,
        until: basis.seen.scope.until,
    };
    let mut differs: BTreeMap<(Date, String, String), Exact> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for line in Figures::new(prepared).earned(at, &all) {
        let day = line.settlement.last();
        if day > closed_on || line.grants != Grant::Money {
            continue;
        }
        let key = (day, line.component.to_string(), line.plan.to_string());
        match &line.posted {
            // Nothing can be said of it, so nothing is taken back.
            None => {
                open.insert(key);
            }
            Some(posted) => {
                let sum = differs.entry(key).or_insert(Exact::ZERO);
                *sum = &*sum + posted;
            }
        }
    }
    let expense = booked
        .iter()
        .filter(|((account, _), _)| *account == Account::Expense);
    for ((_, key), units) in expense {
        let amount = Exact::from_scaled(i128::from(*units), key.currency.places());
        let place = (key.settled_on, key.component.clone(), key.plan.clone());
        let sum = differs.entry(place).or_insert(Exact::ZERO);
        *sum = &*sum - &amount;
    }
    let made = differs
        .into_iter()
        .filter(|(key, amount)| !amount.is_zero() && !open.contains(key))
        .map(|((settled_on, component, _), amount)| Correction {
            component,
            settled_on,
            amount,
        });
    Ok(made.collect())
}

/// What a statement is worked out under.
pub struct Under {
    /// The plan's title.
    pub title: String,
    /// The plan, its agreement and the facts.
    pub says: String,
    /// The plan's name and version.
    pub plan: (String, String),
    /// What the program calls the plan.
    pub called: String,
}

fn under(prepared: &Prepared, at: PartnerIx, window: &Window) -> Under {
    let plan = prepared.plan;
    let version = prepared.version_in(at, window);
    let edition = version.and_then(|version| plan.edition(version.edition));
    let (title, name, version_text) = match edition {
        Some(edition) => (&edition.title, &edition.name, &edition.version),
        None => (&plan.title, &plan.name, &plan.version),
    };
    Under {
        title: if title.is_empty() { name } else { title }.to_string(),
        says: prepared.under_in(at, window),
        plan: (name.to_string(), version_text.to_string()),
        called: version.map_or_else(|| plan.name.to_string(), |version| version.called.clone()),
    }
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
        let (mut measured, mut shown_by) = (Vec::new(), Vec::new());
        let under = under(prepared, at, &window);
        for objective in objectives_in(prepared, at, &window) {
            let mut shown = Vec::new();
            for by in &objective.by {
                let (name, is) = named(prepared.plan, *by);
                let figure = figures.figure(*by, at, window);
                shown.push((if is.is_empty() { name } else { is }, figure));
            }
            measured.push((objective.goal.to_string(), shown));
            let names = objective.by.iter().map(|by| named(prepared.plan, *by).0);
            shown_by.push((objective.until, names.collect()));
        }
        statements.push(Statement {
            window,
            period: prepared.plan.calendar.label(&window),
            days: (window.starts.to_string(), window.last().to_string()),
            first: window.starts,
            last: window.last(),
            under,
            measured,
            shown_by,
            lines: own,
            corrections: Vec::new(),
            beside: figures.beside(at, window),
        });
    }
    Ok(statements)
}

/// The objectives of the version in force.
fn objectives_in<'p>(
    prepared: &'p Prepared<'_>,
    at: PartnerIx,
    window: &Window,
) -> &'p [trueup_plan::tree::Objective] {
    let plan = prepared.plan;
    let version = prepared.version_in(at, window);
    match version.and_then(|version| plan.edition(version.edition)) {
        Some(edition) => plan
            .objectives
            .get(edition.objectives.clone())
            .unwrap_or_default(),
        None => &plan.objectives,
    }
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

/// The longest line of an objective's words, of what a component is, and of a reason.
const WORDS_MAX: usize = 70;
const IS_MAX: usize = 56;
const WHY_MAX: usize = 110;

/// A statement as a page of text.
pub fn page(prepared: &Prepared, statement: &Statement) -> String {
    let plan = prepared.plan;
    let mut text = String::new();
    let _ = writeln!(text, "{}", statement.under.title);
    let _ = writeln!(
        text,
        "{} · {} ({} to {})",
        prepared.whose, statement.period, statement.days.0, statement.days.1
    );
    let _ = writeln!(text, "{}", statement.under.says);
    match prepared.standing {
        Standing::Locked(day) => {
            let _ = writeln!(
                text,
                "Locked: as approved when everything until {day} was closed; what came in since counts in later periods"
            );
        }
        Standing::Open => text.push_str("Provisional: the period is not closed yet\n"),
        Standing::Unsaid if !prepared.notes.is_empty() => {
            text.push_str("Provisional: see the notes below\n");
        }
        Standing::Unsaid => {}
    }
    text.push('\n');
    if !statement.measured.is_empty() {
        let _ = writeln!(text, "{}", objectives(statement));
    }
    let _ = writeln!(text, "{}", lines(prepared, statement));
    text.push_str(&corrected(statement, plan));
    text.push_str(&statement.beside.to_text(plan.currency.places()));
    text.push_str(&open(&statement.lines));
    for (at, note) in prepared.notes.iter().enumerate() {
        let _ = writeln!(text, "{}Note: {note}", if at == 0 { "\n" } else { "" });
    }
    let _ = writeln!(
        text,
        "\nEvery figure opens: trueup explain --program {} --partner {} --period {} COMPONENT --rows",
        prepared.program_shown, prepared.partner_shown, statement.period
    );
    text
}

/// What corrects closed periods, and what the period comes to with it.
fn corrected(statement: &Statement, plan: &Plan) -> String {
    if statement.corrections.is_empty() {
        return String::new();
    }
    let places = plan.currency.places();
    let mut sum = total(&statement.lines);
    let mut rows = Vec::new();
    for correction in &statement.corrections {
        sum = &sum + &correction.amount;
        rows.push(vec![
            correction.component.clone(),
            correction.settled_on.to_string(),
            output::signed(&correction.amount, places),
        ]);
    }
    rows.push(vec![
        format!("Total with corrections in {}", plan.currency.code()),
        String::new(),
        output::money(&sum, places),
    ]);
    format!(
        "\nCorrections of closed periods, for what came in since\n{}\n",
        output::table(&["component", "settled on", "correction"], 2, rows)
    )
}

/// Progress toward the objectives: words to the left, the figures of all of them in one column to the right.
fn objectives(statement: &Statement) -> String {
    let mut rows = Vec::new();
    for (goal, shown) in &statement.measured {
        rows.push((goal.clone(), None));
        for (what, figure) in shown {
            let mut words = output::wrapped(what, WORDS_MAX - 2).into_iter();
            let first = words.next().unwrap_or_default();
            rows.push((format!("  {first}"), Some(short(figure))));
            rows.extend(words.map(|more| (format!("  {more}"), None)));
            if let Figure::None { why, .. } = figure {
                let why = output::wrapped(&format!("({why})"), WHY_MAX);
                rows.extend(why.into_iter().map(|line| (format!("    {line}"), None)));
            }
        }
    }
    let width = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let left = width(&mut rows.iter().filter(|row| row.1.is_some()).map(|row| &row.0));
    let right = width(&mut rows.iter().filter_map(|row| row.1.as_ref()));
    let mut text = String::new();
    for (words, figure) in &rows {
        let _ = match figure {
            Some(figure) => writeln!(text, "{words:<left$}  {figure:>right$}"),
            None => writeln!(text, "{words}"),
        };
    }
    text
}

/// A figure in a column: without its reason, and without a unit that its words already say.
fn short(figure: &Figure) -> String {
    match figure {
        Figure::None { kind, .. } => no_answer(*kind).to_owned(),
        Figure::Number { unit, .. } if unit.money == 0 => {
            let shown = figure.to_string();
            let unit = figure.unit();
            shown
                .strip_suffix(unit.as_str())
                .map_or(shown.as_str(), str::trim_end)
                .to_owned()
        }
        Figure::Number { .. }
        | Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::Differs => figure.to_string(),
    }
}

/// The lines as a table, with their total below its last column.
fn lines(prepared: &Prepared, statement: &Statement) -> String {
    let plan = prepared.plan;
    let rows = statement.lines.iter().map(|line| {
        let figure = |figure: &Option<Exact>| {
            figure
                .as_ref()
                .map_or_else(|| "open".to_owned(), |figure| line.shown(figure))
        };
        // A line of another version than the period's says which.
        let component = match *line.plan == *statement.under.called {
            true => line.component.to_string(),
            false => format!("{} ({})", line.component, line.plan),
        };
        vec![
            component,
            output::wrapped(&line.is, IS_MAX).join("\n"),
            figure(&line.to_date),
            line.shown(&line.before),
            figure(&line.posted),
        ]
    });
    let table = output::table(
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
    let width = table
        .lines()
        .map(|line| line.chars().count())
        .max()
        .unwrap_or(0);
    let total = format!(
        "Total of {} in {}   {}",
        statement.period,
        plan.currency.code(),
        output::money(&total(&statement.lines), plan.currency.places())
    );
    format!("{table}\n{total:>width$}")
}

/// What is open, each reason once with everything that waits for it.
fn reasons(lines: &[Earned]) -> Vec<(String, Vec<&str>)> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for line in lines {
        for reason in &line.open {
            let said = format!("{}: {reason}", line.status.word());
            match reasons.iter_mut().find(|known| known.0 == said) {
                Some(known) => known.1.push(&line.component),
                None => reasons.push((said, vec![&line.component])),
            }
        }
    }
    reasons
}

/// What is open, as lines of text.
fn open(lines: &[Earned]) -> String {
    let mut text = String::new();
    for (at, (said, components)) in reasons(lines).iter().enumerate() {
        if at == 0 {
            text.push_str("\nOpen, and therefore not posted:\n");
        }
        let _ = writeln!(text, "  {}: {said}", components.join(", "));
    }
    text
}

/// What lines of money post.
pub fn total(lines: &[Earned]) -> Exact {
    lines
        .iter()
        .filter(|line| line.grants == Grant::Money)
        .filter_map(|line| line.posted.as_ref())
        .fold(Exact::ZERO, |sum, posted| &sum + posted)
}

fn progress_json(what: &str, figure: &Figure) -> Value {
    match figure {
        Figure::None { why, .. } => json!({ "is": what, "figure": figure.exact(), "why": why }),
        Figure::Number { .. }
        | Figure::Flag(_)
        | Figure::Date(_)
        | Figure::Duration(_)
        | Figure::Text(_)
        | Figure::Differs => {
            json!({ "is": what, "figure": figure.exact(), "unit": figure.unit() })
        }
    }
}

fn as_json(prepared: &Prepared, statement: &Statement) -> Value {
    let mut said = json!({
        "partner": prepared.partner_shown,
        "plan": statement.under.plan.0,
        "version": statement.under.plan.1,
        "period": statement.period,
        "from": statement.days.0,
        "to": statement.days.1,
        "currency": prepared.plan.currency.code(),
        "objectives": statement.measured.iter().map(|(goal, shown)| json!({
            "goal": goal,
            "by": shown.iter().map(|(what, figure)| progress_json(what, figure)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "lines": statement.lines.iter().map(Earned::to_json).collect::<Vec<_>>(),
        "total": exact_at(&total(&statement.lines), prepared.plan.currency.places()),
        "corrections": statement.corrections.iter().map(|correction| json!({
            "component": correction.component,
            "settled_on": correction.settled_on.to_string(),
            "amount": exact_at(&correction.amount, prepared.plan.currency.places()),
        })).collect::<Vec<_>>(),
        "provisional": match prepared.standing {
            Standing::Locked(_) => false,
            Standing::Open => true,
            Standing::Unsaid => !prepared.notes.is_empty(),
        },
        "notes": prepared.notes,
    });
    if let Value::Object(fields) = &mut said {
        if let Standing::Locked(day) = prepared.standing {
            fields.insert("closed_until".to_owned(), json!(day.to_string()));
        }
        statement
            .beside
            .add_to(fields, prepared.plan.currency.places());
    }
    said
}
