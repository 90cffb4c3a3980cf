//! Who can reach what: the tiers of every table by size and type of partner, and how the pay is spread.
//!
//! A tier is a band that pays otherwise than the one below it. A partner has reached it when its figure did in some past
//! period; it is within reach when the figure it takes is at most one and a half times the best of its past periods.
//! Targets are each partner's own, so distances are too. Where the directory names no size, partners are divided into
//! thirds by what they sold, in the first measure of money that is paid by.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::Figure;
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{Form, Literal, Plan, Table, TableId, Type, Unit};

use crate::listing::ground::Ground;
use crate::listing::history::{Distance, Record, Tier, recorded, tiers};
use crate::listing::reads::name_at;
use crate::registry::Kind;
use crate::study::Study;
use crate::subject::Class;

/// Tiers and those who can't reach them.
pub(crate) const KIND: Kind = Kind {
    name: "tiers within reach",
    codes: &["H1", "H2", "H3"],
    what: "Kinds of partner that have no tier within reach, who reached which tier, and how the pay is spread over partners.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let subject = study.subject;
    let plan = subject.plan;
    let (grounds, is_program) = match subject.facts {
        Some(facts) => (vec![Ground::of_facts(facts)], true),
        None => (Ground::of_examples(subject), false),
    };
    let given = subject.facts.map(|facts| facts.classes).unwrap_or_default();
    let tiers: BTreeMap<TableId, Vec<Tier<'_>>> = (0u16..)
        .zip(&plan.tables)
        .map(|(at, table)| (TableId(at), tiers(table)))
        .filter(|(_, tiers)| !tiers.is_empty())
        .collect();
    let mut records = Vec::new();
    for ground in &grounds {
        records.extend(recorded(plan, ground, given, &tiers));
    }
    if records.is_empty() {
        return Vec::new();
    }
    let is_thirds = is_program && divide_into_thirds(&mut records);
    let mut found = Vec::new();
    for (id, tiers) in &tiers {
        let table = &plan[*id];
        let asked: Vec<&Record<'_>> = records
            .iter()
            .filter(|record| record.distances.contains_key(id))
            .collect();
        if asked.is_empty() {
            continue;
        }
        found.push(by_tier(plan, *id, tiers, &asked, is_program));
        let all: Vec<&Record<'_>> = records.iter().collect();
        found.extend(out_of_reach(
            table, *id, &asked, &all, is_program, is_thirds,
        ));
    }
    if is_program {
        found.extend(spread(plan, &records));
    }
    found
}

/// Gives everyone a third by what it sold, where the directory names no sizes and there are enough to divide.
fn divide_into_thirds(records: &mut [Record<'_>]) -> bool {
    const FEWEST: usize = 6;
    let has_sizes = records.iter().any(|record| record.class.size.is_some());
    if has_sizes || records.len() < FEWEST || records.iter().all(|record| record.sold.is_zero()) {
        return false;
    }
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by(|one, other| {
        let key = |at: &usize| records.get(*at).map(|record| (&record.sold, record.id));
        key(one).cmp(&key(other))
    });
    let third = records.len().div_ceil(3);
    for (place, at) in order.into_iter().enumerate() {
        if let Some(record) = records.get_mut(at) {
            let size = match place / third {
                0 => "smallest third",
                1 => "middle third",
                _ => "largest third",
            };
            record.class.size = Some(size.to_owned());
        }
    }
    true
}

/// Partners by a column of the directory.
fn groups<'r, 'a>(
    records: &[&'r Record<'a>],
    of: fn(&Class) -> Option<&String>,
) -> BTreeMap<String, Vec<&'r Record<'a>>> {
    let mut groups: BTreeMap<String, Vec<&Record<'_>>> = BTreeMap::new();
    for record in records {
        if let Some(group) = of(&record.class) {
            groups.entry(group.clone()).or_default().push(record);
        }
    }
    groups
}

fn type_of(class: &Class) -> Option<&String> {
    class.partner_type.as_ref()
}

fn size_of(class: &Class) -> Option<&String> {
    class.size.as_ref()
}

/// Kinds of partner of whom nobody has a tier within reach. Where fewer than half of a kind ever came so far that the table
/// was asked, it is not the table that keeps them out, and the note on tiers has to do.
fn out_of_reach(
    table: &Table,
    id: TableId,
    asked: &[&Record<'_>],
    all: &[&Record<'_>],
    is_program: bool,
    is_thirds: bool,
) -> Vec<Diagnostic> {
    let has_one = |record: &&Record<'_>| {
        record
            .distances
            .get(&id)
            .is_some_and(|distances| distances.iter().any(Distance::is_within_reach))
    };
    let place = name_at(table.span, &table.name);
    if !asked.iter().any(has_one) {
        let who = match asked.len() {
            1 => "the one partner that is paid by it".to_owned(),
            count => format!("any of {count} partners"),
        };
        return vec![unreached(
            table,
            place,
            &format!("no tier of {} is within reach of {who}", table.name),
            id,
            asked,
            is_program,
        )];
    }
    let mut found = Vec::new();
    for (column, of) in [
        ("type", type_of as fn(&Class) -> Option<&String>),
        ("size", size_of),
    ] {
        let whole = groups(all, of);
        for (group, members) in groups(asked, of) {
            let whole = whole.get(&group).map_or(0, Vec::len);
            if members.iter().any(has_one) || members.len() * 2 < whole {
                continue;
            }
            let who = match (column, is_thirds) {
                ("size", true) => format!("in the {group} by sales"),
                (_, _) => format!("of {column} {group}"),
            };
            let count = match members.len() {
                1 => "the one partner".to_owned(),
                count => format!("any of the {count} partners"),
            };
            let message = format!("no tier of {} is within reach of {count} {who}", table.name);
            found.push(unreached(table, place, &message, id, &members, is_program));
        }
    }
    found
}

fn unreached(
    table: &Table,
    place: Span,
    message: &str,
    id: TableId,
    members: &[&Record<'_>],
    is_program: bool,
) -> Diagnostic {
    let nearest = members
        .iter()
        .filter_map(|record| {
            let first = record.distances.get(&id)?.first()?;
            match first {
                Distance::Times(times) => Some((times, record.id)),
                Distance::Reached | Distance::NoHistory => None,
            }
        })
        .min();
    let example = match nearest {
        Some((times, who)) => format!(
            ": the nearest, {who}, would need {} times its best past period",
            times.to_grouped(1, Rounding::Ceiling)
        ),
        None => ": none has a past period to begin from".to_owned(),
    };
    let mut told = Diagnostic::warning("H1", place, format!("{message}{example}"))
        .help(format!(
            "begin {} lower, or measure them against targets of their own, or give them a table of their own",
            table.name
        ))
        .figure("partners", members.len().to_string());
    if let Some((times, who)) = nearest {
        told = told.figure(who, times.to_string());
    }
    // Worked examples are chosen to show a rule and not to be like the program's partners.
    Diagnostic {
        severity: if is_program {
            Severity::Warning
        } else {
            Severity::Note
        },
        ..told
    }
}

/// Who reached which tier of a table.
fn by_tier(
    plan: &Plan,
    id: TableId,
    tiers: &[Tier<'_>],
    asked: &[&Record<'_>],
    is_program: bool,
) -> Diagnostic {
    let table = &plan[id];
    let mut said = Vec::new();
    let mut figures = Vec::new();
    for (at, tier) in tiers.iter().enumerate() {
        let name = tier_name(plan, at, tier);
        let count = |members: &[&Record<'_>]| {
            let distances = members
                .iter()
                .filter_map(|record| record.distances.get(&id)?.get(at));
            let (mut reached, mut within) = (0u32, 0u32);
            for distance in distances {
                match distance {
                    Distance::Reached => reached += 1,
                    near if near.is_within_reach() => within += 1,
                    Distance::Times(_) | Distance::NoHistory => {}
                }
            }
            (reached, within)
        };
        let (reached, within) = count(asked);
        figures.push((format!("{name}: reached"), reached.to_string()));
        figures.push((format!("{name}: within reach"), within.to_string()));
        let mut parts = Vec::new();
        for of in [type_of as fn(&Class) -> Option<&String>, size_of] {
            let groups = groups(asked, of);
            if groups.len() < 2 {
                continue;
            }
            for (group, members) in groups {
                let (reached, within) = count(&members);
                figures.push((
                    format!("{name}, {group}: partners"),
                    members.len().to_string(),
                ));
                figures.push((format!("{name}, {group}: reached"), reached.to_string()));
                figures.push((format!("{name}, {group}: within reach"), within.to_string()));
                parts.push(format!("{group} {reached} + {within} of {}", members.len()));
            }
        }
        let by_group = match parts.is_empty() {
            true => String::new(),
            false => format!(" ({})", parts.join(", ")),
        };
        said.push(format!("{name}: {reached} + {within}{by_group}"));
    }
    let who = match (is_program, asked.len()) {
        (_, 1) => "1 partner".to_owned(),
        (_, count) => format!("{count} partners"),
    };
    let at = match is_program {
        true => String::new(),
        false => " of the worked examples".to_owned(),
    };
    let message = format!(
        "tiers of {} for {who}{at}, reached + within reach besides: {}",
        table.name,
        said.join("; ")
    );
    let mut note = Diagnostic::note("H2", name_at(table.span, &table.name), message)
        .figure("partners", asked.len().to_string());
    for (name, exact) in figures {
        note = note.figure(name, exact);
    }
    note
}

/// A tier as a reader finds it: by its bound where that is a figure, else by its number.
fn tier_name(plan: &Plan, at: usize, tier: &Tier<'_>) -> String {
    match (&tier.bound.form, tier.bound.of) {
        (Form::Literal(Literal::Number(figure)), Type::Number(unit)) => {
            let figure = Figure::Number {
                exact: figure.clone(),
                unit,
                currency: plan.currency,
            };
            match tier.holds_bound {
                true => format!("from {figure}"),
                false => format!("above {figure}"),
            }
        }
        (_, _) => format!("tier {}", at + 1),
    }
}

/// How the pay is spread over partners: the Gini coefficient and the part of the best paid tenth.
fn spread(plan: &Plan, records: &[Record<'_>]) -> Option<Diagnostic> {
    let mut paid: Vec<&Exact> = records.iter().map(|record| &record.paid).collect();
    paid.sort();
    let count = i64::try_from(paid.len()).ok()?;
    let total = paid.iter().fold(Exact::ZERO, |sum, one| &sum + *one);
    if count < 2 || !total.is_positive() {
        return None;
    }
    // Over incomes in rising order: twice the sum of place times income over count times total, less (count + 1) / count.
    let mut ranked = Exact::ZERO;
    for (place, one) in (1i64..).zip(&paid) {
        ranked = &ranked + &(&Exact::from_int(place) * *one);
    }
    let spread_out =
        (&ranked * &Exact::from_int(2)).checked_div(&(&Exact::from_int(count) * &total))?;
    let even = Exact::from_int(count + 1).checked_div(&Exact::from_int(count))?;
    let gini = &spread_out - &even;
    let tenth = paid.len().div_ceil(10);
    let best = paid.iter().rev().take(tenth);
    let best = best.fold(Exact::ZERO, |sum, one| &sum + *one);
    let part = best.checked_div(&total)?;
    let percent = (&part * &Exact::from_int(100)).to_grouped(1, Rounding::HalfAway);
    let money = Figure::Number {
        exact: total.clone(),
        unit: Unit::MONEY,
        currency: plan.currency,
    };
    let message = format!(
        "{money} paid to {} partners so far: Gini coefficient {}, and the best paid tenth ({tenth}) has {percent}%",
        records.len(),
        gini.to_grouped(2, Rounding::HalfAway)
    );
    let top = plan
        .components
        .first()
        .map_or_else(Span::default, |first| name_at(first.span, &first.name));
    Some(
        Diagnostic::note("H3", top, message)
            .figure("gini", gini.to_string())
            .figure("best_paid_tenth", part.to_string())
            .figure("paid", total.to_string()),
    )
}
