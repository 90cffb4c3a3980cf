//! Who can reach what: the tiers of every table by size and type of partner, and how the pay is spread.
//!
//! A tier is a band that pays otherwise than the one below it. A partner has reached it when its figure did in some past
//! period; it is within reach when the figure it takes is at most one and a half times the best of its past periods.
//! Targets are each partner's own, so distances are too. Where the directory names no size, partners are divided into
//! thirds by what they sold, in the first measure of money that is paid by.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::explain::Figure;
use trueup_engine::settle::Earner;
use trueup_engine::world::{Cell, PartnerIx};
use trueup_engine::{Answer, Evaluator, Measurer, Place, What};
use trueup_plan::diagnostic::{Diagnostic, Severity};
use trueup_plan::span::Span;
use trueup_plan::tree::{
    BoundKind, Expr, Form, Grant, Literal, MeasureId, Name, Plan, Table, TableId, Type,
};

use crate::listing::ground::Ground;
use crate::listing::reads::{Reads, name_at, of_components};
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

/// How many times its best past period a partner may be short of a tier that is within reach, in halves.
const REACH_IN_HALVES: i64 = 3;

/// How far a partner is from a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Distance {
    /// It was there.
    Reached,
    /// So many times its best past period.
    Times(Exact),
    /// There is nothing to measure it by.
    NoHistory,
}

impl Distance {
    fn is_within_reach(&self) -> bool {
        match self {
            Self::Reached => true,
            Self::Times(times) => (times * &Exact::from_int(2)) <= Exact::from_int(REACH_IN_HALVES),
            Self::NoHistory => false,
        }
    }

    fn nearer(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Reached, _) | (_, Self::NoHistory) => self,
            (_, Self::Reached) | (Self::NoHistory, _) => other,
            (Self::Times(one), Self::Times(two)) => {
                if two < one {
                    other
                } else {
                    self
                }
            }
        }
    }
}

/// A band that pays otherwise than the one below.
#[derive(Clone, Copy, Debug)]
struct Tier<'p> {
    /// The bound, and whether it belongs to the tier.
    bound: &'p Expr,
    holds_bound: bool,
}

/// What one partner did.
struct Record<'a> {
    id: &'a str,
    class: Class,
    paid: Exact,
    sold: Exact,
    /// For each table that was asked, how far it is from each tier.
    distances: BTreeMap<TableId, Vec<Distance>>,
}

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
        found.extend(out_of_reach(table, *id, &asked, is_program, is_thirds));
    }
    if is_program {
        found.extend(spread(plan, &records));
    }
    found
}

/// The tiers of a table with one argument that rises.
fn tiers(table: &Table) -> Vec<Tier<'_>> {
    let [axis] = table.axes.as_slice() else {
        return Vec::new();
    };
    let width = table.columns.len();
    let cells = |band: usize| table.cells.get(band * width..(band + 1) * width);
    let is_same = |one: Option<&[Expr]>, other: Option<&[Expr]>| match (one, other) {
        (Some(one), Some(other)) => {
            one.iter()
                .zip(other)
                .all(|(one, other)| match (&one.form, &other.form) {
                    (Form::Literal(one), Form::Literal(other)) => one == other,
                    (_, _) => false,
                })
        }
        (_, _) => false,
    };
    axis.bounds
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(band, _)| !is_same(cells(*band), cells(band - 1)))
        .filter_map(|(_, bound)| {
            let (bound, holds_bound) = match &bound.is {
                BoundKind::From(bound) | BoundKind::At(bound) => (bound, true),
                BoundKind::Above(bound) => (bound, false),
                BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => return None,
            };
            matches!(bound.of, Type::Number(_)).then_some(Tier { bound, holds_bound })
        })
        .collect()
}

/// What everyone of a ground did.
fn recorded<'a>(
    plan: &'a Plan,
    ground: &Ground<'a>,
    given: &[Class],
    tiers: &BTreeMap<TableId, Vec<Tier<'a>>>,
) -> Vec<Record<'a>> {
    let volume = volume(plan);
    let measurer = ground.measurer;
    let mut evaluator = Evaluator::new(plan, ground.world, &measurer);
    let mut records = Vec::with_capacity(ground.world.partners.len());
    for partner in ground.world.all() {
        evaluator.forget_partner();
        let Some(who) = ground.world.partner(partner) else {
            continue;
        };
        let class = match given.get(partner.0 as usize) {
            Some(class) => class.clone(),
            None => class_of(plan, &who.attributes),
        };
        let mut paid = Exact::ZERO;
        for line in evaluator.settle(partner, ground.until) {
            let is_money = match line.earner {
                Earner::Component(id) => plan[id].grants == Grant::Money,
                Earner::TopUp(_) => true,
            };
            if let (true, Answer::Known(posted)) = (is_money, &line.posted) {
                paid = &paid + posted;
            }
        }
        records.push(Record {
            id: who.id.as_str(),
            class,
            paid,
            sold: sold(plan, &evaluator, partner, volume),
            distances: distances(&mut evaluator, partner, tiers),
        });
    }
    records
}

/// What the directory's columns say, as far as the plan reads them.
fn class_of(plan: &Plan, attributes: &[Cell]) -> Class {
    let said = |name: &str| {
        let at = plan
            .attributes
            .iter()
            .position(|attribute| &*attribute.name == name)?;
        match attributes.get(at)? {
            Cell::Text(text) => Some(text.to_string()),
            Cell::Number(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Partner(_) | Cell::Empty => {
                None
            }
        }
    };
    Class {
        partner_type: said("type"),
        size: said("size"),
    }
}

/// The measure that says how much a partner sold.
fn volume(plan: &Plan) -> Option<MeasureId> {
    let mut paid_by = Reads::default();
    for (_, reads) in of_components(plan) {
        paid_by.extend(reads);
    }
    paid_by.measures.into_iter().find(
        |id| matches!(plan[*id].answers, Type::Number(unit) if unit == trueup_plan::tree::Unit::MONEY),
    )
}

/// How much a partner sold in the plan's periods that were asked about.
fn sold<M: Measurer<Answer>>(
    plan: &Plan,
    evaluator: &Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    volume: Option<MeasureId>,
) -> Exact {
    let Some(volume) = volume else {
        return Exact::ZERO;
    };
    let mut periods: BTreeMap<Date, Exact> = BTreeMap::new();
    for node in nodes(evaluator) {
        let What::Name(Name::Measure(id)) = node.what else {
            continue;
        };
        let place = &node.place;
        let is_period = place.window.unit == plan.period && place.trailing.is_none();
        if let (true, true, Answer::Known(figure)) = (
            id == volume && is_period,
            place.partner == partner,
            node.value.number(),
        ) {
            periods.insert(place.window.starts, figure);
        }
    }
    periods
        .into_values()
        .fold(Exact::ZERO, |sum, figure| &sum + &figure)
}

fn nodes<'e, 'p, M: Measurer<Answer>>(
    evaluator: &'e Evaluator<'p, Answer, M>,
) -> impl Iterator<Item = &'e trueup_engine::Node<'p, Answer>> {
    let graph = evaluator.graph();
    let count = u32::try_from(graph.len()).unwrap_or(u32::MAX);
    (0..count).filter_map(move |at| graph.node(trueup_engine::NodeId(at)))
}

/// How far a partner is from each tier of the tables that were asked about it: the nearest of all its periods.
fn distances<'p, M: Measurer<Answer>>(
    evaluator: &mut Evaluator<'p, Answer, M>,
    partner: PartnerIx,
    tiers: &BTreeMap<TableId, Vec<Tier<'p>>>,
) -> BTreeMap<TableId, Vec<Distance>> {
    let mut asked: BTreeMap<(TableId, Place), Exact> = BTreeMap::new();
    for node in nodes(evaluator) {
        let What::Band(table, names) = node.what else {
            continue;
        };
        // A row's tier is about the size of a deal, not of a partner.
        if node.place.partner != partner || node.place.row.is_some() || !tiers.contains_key(&table)
        {
            continue;
        }
        let argument = evaluator
            .graph()
            .band(names)
            .and_then(|names| names.arguments.first())
            .map(trueup_engine::Value::number);
        if let Some(Answer::Known(argument)) = argument {
            asked.insert((table, node.place), argument);
        }
    }
    let mut distances: BTreeMap<TableId, Vec<Distance>> = BTreeMap::new();
    for ((table, place), argument) in asked {
        let Some(tiers) = tiers.get(&table) else {
            continue;
        };
        let so_far = distances
            .entry(table)
            .or_insert_with(|| vec![Distance::NoHistory; tiers.len()]);
        for (slot, tier) in so_far.iter_mut().zip(tiers) {
            let node = evaluator.ask(tier.bound, &place);
            let Answer::Known(bound) = evaluator.answer(node).number() else {
                continue;
            };
            *slot = slot.clone().nearer(distance(&argument, &bound, tier));
        }
    }
    distances
}

fn distance(argument: &Exact, bound: &Exact, tier: &Tier<'_>) -> Distance {
    if argument > bound || tier.holds_bound && argument == bound {
        return Distance::Reached;
    }
    match bound.checked_div(argument) {
        Some(times) if argument.is_positive() => Distance::Times(times),
        Some(_) | None => Distance::NoHistory,
    }
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

/// Kinds of partner of whom nobody has a tier within reach.
fn out_of_reach(
    table: &Table,
    id: TableId,
    asked: &[&Record<'_>],
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
        for (group, members) in groups(asked, of) {
            if members.iter().any(has_one) {
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
    let told = Diagnostic::warning("H1", place, format!("{message}{example}")).help(format!(
        "begin {} lower, or measure them against targets of their own, or give them a table of their own",
        table.name
    ));
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
    let names: BTreeSet<&str> = records.iter().map(|record| record.id).collect();
    let percent = (&part * &Exact::from_int(100)).to_grouped(1, Rounding::HalfAway);
    let money = Figure::Number {
        exact: total.clone(),
        unit: trueup_plan::tree::Unit::MONEY,
        currency: plan.currency,
    };
    let message = format!(
        "{money} paid to {} partners so far: Gini coefficient {}, and the best paid tenth ({tenth}) has {percent}%",
        names.len(),
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
