//! What partners did in the past, and how far each is from every tier.

use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::{Cell, PartnerIx};
use trueup_engine::{Answer, Evaluator, Measurer, Node, NodeId, Place, Value, What};
use trueup_plan::tree::{
    BoundKind, Expr, Form, Grant, MeasureId, Name, Plan, Table, TableId, Type, Unit,
};

use crate::listing::ground::Ground;
use crate::listing::reads::{Reads, of_components};
use crate::subject::Class;

/// How many times its best past period a partner may be short of a tier that is within reach, in halves.
const REACH_IN_HALVES: i64 = 3;

/// How far a partner is from a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Distance {
    /// It was there.
    Reached,
    /// So many times its best past period.
    Times(Exact),
    /// There is nothing to measure it by.
    NoHistory,
}

impl Distance {
    pub(crate) fn is_within_reach(&self) -> bool {
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
pub(crate) struct Tier<'p> {
    /// The figure it begins with.
    pub(crate) bound: &'p Expr,
    /// Whether that figure belongs to it.
    pub(crate) holds_bound: bool,
}

/// What one partner did.
pub(crate) struct Record<'a> {
    /// Who.
    pub(crate) id: &'a str,
    /// Which kinds of partner it belongs to.
    pub(crate) class: Class,
    /// What it was paid.
    pub(crate) paid: Exact,
    /// What it sold.
    pub(crate) sold: Exact,
    /// For each table that was asked, how far it is from each tier.
    pub(crate) distances: BTreeMap<TableId, Vec<Distance>>,
}

/// The tiers of a table with one argument that rises.
pub(crate) fn tiers(table: &Table) -> Vec<Tier<'_>> {
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
pub(crate) fn recorded<'a>(
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
    paid_by
        .measures
        .into_iter()
        .find(|id| matches!(plan[*id].answers, Type::Number(unit) if unit == Unit::MONEY))
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
) -> impl Iterator<Item = &'e Node<'p, Answer>> {
    let graph = evaluator.graph();
    let count = u32::try_from(graph.len()).unwrap_or(u32::MAX);
    (0..count).filter_map(move |at| graph.node(NodeId(at)))
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
            .map(Value::number);
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
