//! `trueup why`: every cent between two runs, by its cause.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use trueup_base::exact::Exact;
use trueup_engine::why::{Depth, Effect};

use crate::args::{Format, WhyArgs};
use crate::compare::{Compared, FactTold, Line, LineName, Part, Question, Told};
use crate::earned::exact_at;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::runs::Again;

/// How many facts a page lists under one part; --format json and csv have them all.
const FACTS_SHOWN: usize = 8;
/// How many figures a page lists under one part, besides bands, conditions, bounds and limits.
const FIGURES_SHOWN: usize = 6;
/// How many partners a summary lists.
const PARTNERS_SHOWN: usize = 10;
/// How many changed keys a summary lists under one cause.
const DETAILS_SHOWN: usize = 8;

/// Compares and prints.
pub fn run(args: &WhyArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program.program;
    crate::folder::refuse_unless_program(program)?;
    // A summary has no room for what each cause did on the way.
    let depth = match (&args.partner, args.format) {
        (None, Format::Table) => Depth::Amounts,
        (Some(_), _) | (None, Format::Json | Format::Csv) => Depth::Effects,
    };
    let question = Question {
        program,
        run_a: &args.run_a,
        run_b: &args.run_b,
        partner: args.partner.as_deref(),
        period: args.period.as_deref(),
        component: args.component.as_deref(),
        depth,
    };
    let compared = Compared::of(&question, progress)?;
    match args.format {
        Format::Json => output::json(&as_json(&compared)),
        Format::Csv => as_csv(&compared),
        Format::Table => output::print(&page(&compared, args)),
    }
}

/// A currency, or what goods are counted in, and how many places its figures have.
fn unit(name: &LineName) -> (String, u32) {
    let unit = match name.grants.as_str() {
        "money" => name.currency.clone(),
        "fund" => format!("{} of funds", name.currency),
        other => other.to_owned(),
    };
    (unit, name.places())
}

fn page(compared: &Compared, args: &WhyArgs) -> String {
    let (before, after) = (&compared.before, &compared.after);
    let mut text = format!(
        "Why run {} posts other figures than run {}\n{}\n",
        after.hash.short(),
        before.hash.short(),
        asked(compared, args)
    );
    if before.hash == after.hash {
        text.push_str("\nThey are one run: the same inputs, the same lines.\n");
        return text;
    }
    if compared.lines.is_empty() {
        let _ = writeln!(
            text,
            "\nNothing differs in {}.",
            output::counted(compared.lines_in_all, "line")
        );
        return text;
    }
    match &args.partner {
        Some(_) => {
            for line in &compared.lines {
                text.push('\n');
                of_line(compared, line, &mut text);
            }
        }
        None => {
            text.push('\n');
            text.push_str(&largest(compared));
        }
    }
    text.push('\n');
    text.push_str(&causes(compared));
    if args.partner.is_none() {
        let _ = writeln!(
            text,
            "\nLine by line, with what each cause did on the way: trueup why {} {} --program {} --partner ID",
            before.hash.short(),
            after.hash.short(),
            output::quoted(&args.program.program)
        );
    }
    text
}

fn asked(compared: &Compared, args: &WhyArgs) -> String {
    let whom = match &args.partner {
        Some(partner) => match named(&compared.after, partner).or(named(&compared.before, partner))
        {
            Some(name) => format!("{name}, partner {partner}"),
            None => format!("Partner {partner}"),
        },
        None => "Everyone".to_owned(),
    };
    let when = match &args.period {
        Some(period) => period.clone(),
        None => "every period".to_owned(),
    };
    let what = match &args.component {
        Some(component) => component.clone(),
        None => "every component".to_owned(),
    };
    format!("{whom} · {when} · {what}")
}

/// What a run's directory calls a partner.
fn named(again: &Again, partner: &str) -> Option<String> {
    let mut matched = again.folder.matched.iter();
    let one = matched.find(|one| one.listed.id.as_str() == partner)?;
    one.listed.columns.get("name").cloned()
}

fn of_line(compared: &Compared, line: &Line, text: &mut String) {
    let (unit, places) = unit(&line.name);
    let _ = writeln!(
        text,
        "{} {}: {} → {}, {} {unit}",
        line.period,
        line.name.component,
        output::shown(&line.before, places),
        output::shown(&line.after, places),
        output::signed(&(&line.after - &line.before), places),
    );
    let amounts: Vec<String> = line
        .parts
        .iter()
        .map(|part| output::signed(&part.amount, places))
        .collect();
    let width = amounts
        .iter()
        .map(|amount| amount.chars().count())
        .max()
        .unwrap_or(0);
    let indent = " ".repeat(width + 4);
    for (part, amount) in line.parts.iter().zip(amounts) {
        let told = compared.causes.get(part.cause);
        let _ = writeln!(
            text,
            "  {amount:>width$}  {}",
            told.map(heading).unwrap_or_default()
        );
        let details = told.map_or(&[][..], |told| &told.details);
        for more in details_shown(details)
            .into_iter()
            .chain(below(part, places))
        {
            let _ = writeln!(text, "{indent}{more}");
        }
    }
}

fn heading(told: &Told) -> String {
    format!("{}: {}", told.group.word(), told.what)
}

fn details_shown(details: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = details.iter().take(DETAILS_SHOWN).cloned().collect();
    if details.len() > DETAILS_SHOWN {
        shown.push(format!("and {} more", details.len() - DETAILS_SHOWN));
    }
    shown
}

/// What a page says below a part.
fn below(part: &Part, places: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let is_together = part.facts.len() > 1 && part.facts.iter().all(|(_, amount)| amount.is_none());
    if is_together {
        lines.push("together, because they do not add up one by one:".to_owned());
    }
    for (fact, amount) in part.facts.iter().take(FACTS_SHOWN) {
        let amount = match amount {
            Some(amount) if part.facts.len() > 1 => format!("{} ", output::signed(amount, places)),
            Some(_) | None => String::new(),
        };
        lines.push(format!("{amount}{}", of_fact(fact)));
    }
    if part.facts.len() > FACTS_SHOWN {
        lines.push(format!(
            "and {} more; --format csv lists them",
            part.facts.len() - FACTS_SHOWN
        ));
    }
    let figures = part.effects.iter().filter(|effect| effect.kind.is_figure());
    let left_out = figures.clone().count().saturating_sub(FIGURES_SHOWN);
    let shown = figures.take(FIGURES_SHOWN);
    let others = part
        .effects
        .iter()
        .filter(|effect| !effect.kind.is_figure());
    let (conditions, rest): (Vec<&Effect>, Vec<&Effect>) =
        others.partition(|effect| effect.kind.is_condition());
    lines.extend(conditions.iter().map(ToString::to_string));
    lines.extend(shown.map(ToString::to_string));
    if left_out > 0 {
        lines.push(format!(
            "and {left_out} more figures; --format json lists them"
        ));
    }
    lines.extend(rest.iter().map(ToString::to_string));
    for (window, amount) in &part.corrects {
        lines.push(format!(
            "of which {} corrects {window}",
            output::signed(amount, places)
        ));
    }
    lines
}

/// A fact on one line: its id, its day, and what of it is new or different.
fn of_fact(fact: &FactTold) -> String {
    let says: Vec<String> = fact
        .says
        .iter()
        .map(
            |(column, before, after)| match (before.as_str(), after.as_str()) {
                ("", after) => format!("{column} {after}"),
                (before, "") => format!("{column} was {before}"),
                (before, after) => format!("{column} {before} → {after}"),
            },
        )
        .collect();
    let on = fact.on.map(|on| format!(" on {on}")).unwrap_or_default();
    match says.is_empty() {
        true => format!("{}{on}", fact.id),
        false => format!("{}{on}: {}", fact.id, says.join(", ")),
    }
}

/// Sums by cause, one table for each currency.
fn causes(compared: &Compared) -> String {
    let mut text = String::new();
    for ((unit, places), by_cause) in by_unit(compared) {
        let mut total = Exact::ZERO;
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut by_cause: Vec<(usize, Sums<'_>)> = by_cause.into_iter().collect();
        by_cause
            .sort_by_key(|(cause, _)| (compared.causes.get(*cause).map(|told| told.group), *cause));
        for (cause, sums) in by_cause {
            total = &total + &sums.amount;
            let told = compared.causes.get(cause);
            let mut what = vec![told.map(heading).unwrap_or_default()];
            what.extend(
                told.map(|told| details_shown(&told.details))
                    .unwrap_or_default()
                    .into_iter()
                    .map(|detail| format!("  {detail}")),
            );
            rows.push(vec![
                what.join("\n"),
                sums.partners.len().to_string(),
                sums.lines.to_string(),
                output::signed(&sums.amount, places),
            ]);
        }
        rows.push(vec![
            "all causes".to_owned(),
            String::new(),
            String::new(),
            output::signed(&total, places),
        ]);
        let heads = ["cause", "partners", "lines", unit.as_str()];
        let _ = writeln!(text, "{}", output::table(&heads, 1, rows));
    }
    text
}

/// What a cause came to.
#[derive(Default)]
struct Sums<'c> {
    amount: Exact,
    lines: usize,
    partners: std::collections::BTreeSet<&'c str>,
}

type ByCause<'c> = BTreeMap<usize, Sums<'c>>;

fn by_unit(compared: &Compared) -> BTreeMap<(String, u32), ByCause<'_>> {
    let mut units: BTreeMap<(String, u32), ByCause<'_>> = BTreeMap::new();
    for line in &compared.lines {
        let by_cause = units.entry(unit(&line.name)).or_default();
        for part in &line.parts {
            let sums = by_cause.entry(part.cause).or_default();
            sums.amount = &sums.amount + &part.amount;
            sums.lines += 1;
            sums.partners.insert(&line.name.partner);
        }
    }
    units
}

/// A partner and the unit of its figures.
type Whose<'c> = (&'c str, (String, u32));

/// A difference, in all and by cause.
type Difference = (Exact, BTreeMap<usize, Exact>);

/// The partners whose pay differs most, with the cause that did most of it.
fn largest(compared: &Compared) -> String {
    let mut partners: BTreeMap<Whose<'_>, Difference> = BTreeMap::new();
    for line in &compared.lines {
        let key = (line.name.partner.as_str(), unit(&line.name));
        let (sum, by_cause) = partners
            .entry(key)
            .or_insert_with(|| (Exact::ZERO, BTreeMap::new()));
        for part in &line.parts {
            *sum = &*sum + &part.amount;
            let of_cause = by_cause.entry(part.cause).or_insert(Exact::ZERO);
            *of_cause = &*of_cause + &part.amount;
        }
    }
    let count = partners.len();
    let mut sorted: Vec<_> = partners.into_iter().collect();
    // The largest first; among equals the smaller id.
    sorted.sort_by(|one, other| {
        let size = |entry: &(Whose<'_>, Difference)| entry.1.0.abs();
        size(other)
            .cmp(&size(one))
            .then_with(|| one.0.cmp(&other.0))
    });
    let rows =
        sorted
            .iter()
            .take(PARTNERS_SHOWN)
            .map(|((partner, (unit, places)), (sum, by_cause))| {
                let most = by_cause
                    .iter()
                    .max_by(|one, other| one.1.abs().cmp(&other.1.abs()).then(other.0.cmp(one.0)));
                let told = most.and_then(|(cause, _)| compared.causes.get(*cause));
                let name = named(&compared.after, partner)
                    .or_else(|| named(&compared.before, partner))
                    .unwrap_or_default();
                vec![
                    (*partner).to_owned(),
                    name,
                    told.map(heading).unwrap_or_default(),
                    format!("{} {unit}", output::signed(sum, *places)),
                ]
            });
    let mut text = format!(
        "{}\n",
        output::table(&["partner", "", "most of it by", "difference"], 3, rows)
    );
    if count > PARTNERS_SHOWN {
        let _ = writeln!(
            text,
            "and {} more; --format csv lists every line",
            count - PARTNERS_SHOWN
        );
    }
    text
}

fn as_json(compared: &Compared) -> Value {
    let causes: Vec<Value> = compared
        .causes
        .iter()
        .map(|told| {
            json!({
                "group": told.group.word(),
                "what": told.what,
                "details": told.details,
            })
        })
        .collect();
    let totals: Vec<Value> = by_unit(compared)
        .into_iter()
        .map(|((unit, places), by_cause)| {
            let all = by_cause
                .values()
                .fold(Exact::ZERO, |sum, sums| &sum + &sums.amount);
            let by_cause: Vec<Value> = by_cause
                .iter()
                .map(|(cause, sums)| {
                    json!({
                        "cause": cause,
                        "partners": sums.partners.len(),
                        "lines": sums.lines,
                        "amount": exact_at(&sums.amount, places),
                    })
                })
                .collect();
            json!({ "unit": unit, "difference": exact_at(&all, places), "by_cause": by_cause })
        })
        .collect();
    json!({
        "run_a": compared.before.hash.to_string(),
        "run_b": compared.after.hash.to_string(),
        "causes": causes,
        "totals": totals,
        "lines": compared.lines.iter().map(line_json).collect::<Vec<_>>(),
    })
}

fn line_json(line: &Line) -> Value {
    let places = line.name.places();
    let exact = |figure: &Exact| exact_at(figure, places);
    let parts: Vec<Value> = line
        .parts
        .iter()
        .map(|part| {
            json!({
                "cause": part.cause,
                "amount": exact(&part.amount),
                "corrects": part.corrects.iter().map(|(window, amount)| json!({
                    "period": window,
                    "amount": exact(amount),
                })).collect::<Vec<_>>(),
                "facts": part.facts.iter().map(|(fact, amount)| json!({
                    "id": fact.id,
                    "on": fact.on.map(|on| on.to_string()),
                    "says": fact.says.iter().map(|(column, before, after)| json!({
                        "column": column,
                        "before": before,
                        "after": after,
                    })).collect::<Vec<_>>(),
                    "amount": amount.as_ref().map(exact),
                })).collect::<Vec<_>>(),
                "effects": part.effects.iter().map(|effect| json!({
                    "kind": effect.kind.word(),
                    "name": effect.name,
                    "place": effect.place,
                    "before": effect.before,
                    "after": effect.after,
                    "said": effect.said,
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "partner": line.name.partner,
        "plan": line.name.plan,
        "period": line.period,
        "settled_until": last_day(&line.name),
        "component": line.name.component,
        "currency": line.name.currency,
        "grants": line.name.grants,
        "before": exact(&line.before),
        "after": exact(&line.after),
        "difference": exact(&(&line.after - &line.before)),
        "parts": parts,
    })
}

fn last_day(name: &LineName) -> String {
    name.ends
        .yesterday()
        .map(|day| day.to_string())
        .unwrap_or_default()
}

/// One line for each part, or for each fact where facts add up; the amounts of a line add up to its difference.
fn as_csv(compared: &Compared) -> Result<(), Failure> {
    let heads = [
        "partner",
        "plan",
        "period",
        "settled_until",
        "component",
        "currency",
        "grants",
        "group",
        "cause",
        "facts",
        "amount",
    ];
    let mut rows = Vec::new();
    for line in &compared.lines {
        for part in &line.parts {
            let told = compared.causes.get(part.cause);
            let row = |facts: String, amount: &Exact| {
                vec![
                    line.name.partner.clone(),
                    line.name.plan.clone(),
                    line.period.clone(),
                    last_day(&line.name),
                    line.name.component.clone(),
                    line.name.currency.clone(),
                    line.name.grants.clone(),
                    told.map(|told| told.group.word().to_owned())
                        .unwrap_or_default(),
                    told.map(|told| told.what.clone()).unwrap_or_default(),
                    facts,
                    exact_at(amount, line.name.places()),
                ]
            };
            let is_each = !part.facts.is_empty() && part.facts.iter().all(|(_, one)| one.is_some());
            if is_each {
                for (fact, amount) in &part.facts {
                    rows.push(row(
                        fact.id.clone(),
                        amount.as_ref().unwrap_or(&Exact::ZERO),
                    ));
                }
            } else {
                let ids: Vec<&str> = part.facts.iter().map(|(fact, _)| &*fact.id).collect();
                rows.push(row(ids.join(" "), &part.amount));
            }
        }
    }
    output::csv(&heads, rows)
}
