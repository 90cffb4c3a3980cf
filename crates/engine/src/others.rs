//! Questions about other partners and other rows: totals, teams, ranks, shared sums, running sums.
//!
//! What is the same for everyone in a window is worked out once and remembered beside the partner's own memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use trueup_base::exact::Exact;
use trueup_base::share;
use trueup_plan::tree::{Allocation, Comparison, Expr, KindId};

use crate::evaluate::{Evaluator, Place, RowPlace};
use crate::graph::What;
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::value::Value;
use crate::versions::is_of_same_plan;
use crate::world::{PartnerIx, RowIx, date_of};

/// The order of groups, and of rows in a running sum.
type OrderKey = (u8, Option<Exact>, Option<String>);

/// One partner's, or one row's, answer among all.
#[derive(Clone, Debug)]
struct Standing<N: Number, K> {
    who: K,
    /// Whether a condition lets it take part.
    counts: N::Truth,
    group: Option<Value<N>>,
    answer: Value<N>,
}

/// All who may take part, worked out once.
type Standings<N, K> = Arc<[Standing<N, K>]>;

impl<N: Number, K> Standing<N, K> {
    /// Whether it takes part, in this group.
    fn is_in(&self, group: Option<&Value<N>>) -> N::Truth {
        match (&self.group, group) {
            (Some(own), Some(group)) => {
                let same = own.compared(Comparison::Equal, group);
                // Whose group is not known is in none.
                same.patched(Patch::Both, &N::Truth::known(false))
                    .and(&self.counts)
            }
            (Some(_) | None, _) => self.counts.clone(),
        }
    }
}

/// Everyone's parts of a shared sum.
#[derive(Clone, Debug)]
struct Parts<N: Number, K> {
    parts: BTreeMap<K, N>,
    /// All weights together.
    all: N,
}

impl<N: Number, K: Ord> Parts<N, K> {
    fn of(&self, member: K) -> Option<Value<N>> {
        self.parts.get(&member).cloned().map(Value::Number)
    }
}

/// Tells the parts of one shared sum from another's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PartsKey<P> {
    allocation: usize,
    common: P,
    group: Option<OrderKey>,
    total: Option<Exact>,
    step: Option<Exact>,
}

/// What was worked out for all partners or all rows at once.
#[derive(Clone, Debug)]
pub(crate) struct Shared<N: Number> {
    totals: BTreeMap<(usize, AskedOfAll), Value<N>>,
    standings: BTreeMap<(usize, AskedOfAll), Standings<N, PartnerIx>>,
    parts: BTreeMap<PartsKey<AskedOfAll>, Parts<N, PartnerIx>>,
    running: BTreeMap<(usize, Place), BTreeMap<RowIx, N>>,
    row_standings: BTreeMap<(usize, Place), Standings<N, RowIx>>,
    row_parts: BTreeMap<PartsKey<Place>, Parts<N, RowIx>>,
    /// The sum that each row of a window names, where it is one of the row's group.
    row_sums: BTreeMap<(usize, Place), BTreeMap<RowIx, N>>,
}

impl<N: Number> Default for Shared<N> {
    fn default() -> Self {
        Self {
            totals: BTreeMap::new(),
            standings: BTreeMap::new(),
            parts: BTreeMap::new(),
            running: BTreeMap::new(),
            row_standings: BTreeMap::new(),
            row_parts: BTreeMap::new(),
            row_sums: BTreeMap::new(),
        }
    }
}

/// Tells one formula of the plan from another for as long as the plan is borrowed; it orders nothing that is shown.
fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// What is asked of everyone, wherever one of them asks it from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AskedOfAll {
    place: Place,
    /// Whether only those take part whose agreements have a part in the window.
    is_of_members: bool,
    /// The edition that asks: only those take part who are under the same plan, in whichever version.
    asked_by: Option<u16>,
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// What is common to all who ask a formula from places like this one.
    fn common(&self, x: &Expr, at: &Place) -> AskedOfAll {
        let window = self
            .days_of(at.partner)
            .and_then(|days| days.of_everyone(at));
        AskedOfAll {
            place: Place {
                partner: PartnerIx(0),
                row: None,
                window: window.unwrap_or(at.window),
                under: None,
                ..*at
            },
            is_of_members: window.is_some(),
            asked_by: self.edition_in(x),
        }
    }

    /// Where each partner is asked, for those who take part.
    fn everyone(&self, common: &AskedOfAll) -> Vec<Place> {
        self.world()
            .all()
            .filter_map(|partner| self.there(partner, common))
            .collect()
    }

    /// Where one partner is asked; none where its agreement has no part in the window.
    fn there(&self, partner: PartnerIx, common: &AskedOfAll) -> Option<Place> {
        let days = self.days_of(partner)?;
        let window = match common.is_of_members {
            true => days.within(common.place.window)?,
            false => common.place.window,
        };
        if !is_of_same_plan(self.plan(), days, common.asked_by, &window) {
            return None;
        }
        Some(Place {
            partner,
            window,
            under: self.edition_at(partner, &window),
            ..common.place
        })
    }

    /// A formula asked for one other partner, in this window or, outside its agreement, in the same days.
    pub(crate) fn asked_of(&mut self, partner: PartnerIx, x: &'p Expr, at: &Place) -> Value<N> {
        let common = self.common(x, at);
        let place = self.there(partner, &common).unwrap_or(Place {
            partner,
            row: None,
            under: self.edition_at(partner, &at.window),
            ..*at
        });
        let days = self.days_of(partner);
        if days
            .is_some_and(|days| !is_of_same_plan(self.plan(), days, common.asked_by, &place.window))
        {
            let who = self
                .id_of(partner)
                .map_or("", trueup_base::id::PartnerId::as_str);
            return Value::None(NoAnswer::missing(format!(
                "partner {who} is under another plan"
            )));
        }
        self.eval(x, &place, None)
    }

    /// Asks a formula for another partner without making that walk a part of this one's explanation.
    fn aside(&mut self, x: &'p Expr, at: &Place) -> Value<N> {
        let opened = self.graph.begin();
        let value = self.eval(x, at, None);
        self.graph.forget_inputs(opened);
        value
    }

    /// Whether a partner takes part; one whose condition has no answer does not.
    fn takes_part(&mut self, filter: Option<&'p Expr>, at: &Place) -> N::Truth {
        match filter {
            None => N::Truth::known(true),
            Some(filter) => {
                let holds = self.aside(filter, at).truth();
                holds.patched(Patch::Both, &N::Truth::known(false))
            }
        }
    }

    pub(crate) fn total(&mut self, x: &'p Expr, filter: Option<&'p Expr>, at: &Place) -> Value<N> {
        let common = self.common(x, at);
        let key = (address(x), common);
        if let Some(total) = self.shared.totals.get(&key) {
            return total.clone();
        }
        let mut sum = N::known(Exact::ZERO);
        for place in self.everyone(&common) {
            let counts = self.takes_part(filter, &place);
            if counts.all() == Some(false) {
                continue;
            }
            let part = self.aside(x, &place).number();
            sum = sum.plus(&N::select(&counts, &part, &N::known(Exact::ZERO)));
        }
        let total = Value::Number(sum);
        self.shared.totals.insert(key, total.clone());
        total
    }

    pub(crate) fn team(&mut self, x: &'p Expr, at: &Place) -> Value<N> {
        let mut sum = N::known(Exact::ZERO);
        for place in self.everyone(&self.common(x, at)) {
            if self.world().upline(place.partner).contains(&at.partner) {
                sum = sum.plus(&self.aside(x, &place).number());
            }
        }
        Value::Number(sum)
    }

    /// What everyone's answer to a formula is, and whose group each belongs to; those that a condition leaves out are not
    /// in it. It is worked out once for all who ask.
    fn standings(
        &mut self,
        x: &'p Expr,
        within: Option<&'p Expr>,
        filter: Option<&'p Expr>,
        common: &AskedOfAll,
    ) -> Standings<N, PartnerIx> {
        let key = (address(x), *common);
        if let Some(standings) = self.shared.standings.get(&key) {
            return standings.clone();
        }
        let mut standings = Vec::new();
        for there in self.everyone(common) {
            let counts = self.takes_part(filter, &there);
            if counts.all() == Some(false) {
                continue;
            }
            standings.push(Standing {
                who: there.partner,
                counts,
                group: within.map(|within| self.aside(within, &there)),
                answer: self.aside(x, &there),
            });
        }
        let standings: Standings<N, PartnerIx> = standings.into();
        self.shared.standings.insert(key, standings.clone());
        standings
    }

    /// How many of the same group stand above, plus one.
    pub(crate) fn rank(
        &mut self,
        x: &'p Expr,
        within: Option<&'p Expr>,
        filter: Option<&'p Expr>,
        at: &Place,
    ) -> Value<N> {
        let here = Place { row: None, ..*at };
        if self.takes_part(filter, &here).all() == Some(false) {
            return Value::None(NoAnswer::undefined("this partner is not ranked"));
        }
        let own = self.eval(x, &here, None);
        let group = within.map(|within| self.eval(within, &here, None));
        if let Some(reason) = group.as_ref().and_then(Value::reason).or(own.reason()) {
            return Value::None(reason.clone());
        }
        let mut place = N::known(Exact::ONE);
        for other in &*self.standings(x, within, filter, &self.common(x, at)) {
            if other.who == at.partner {
                continue;
            }
            // Somebody without a figure stands above nobody.
            let above = other
                .answer
                .compared(Comparison::More, &own)
                .patched(Patch::Both, &N::Truth::known(false))
                .and(&other.is_in(group.as_ref()));
            if above.all() == Some(false) {
                continue;
            }
            let one = N::select(&above, &N::known(Exact::ONE), &N::known(Exact::ZERO));
            place = place.plus(&one);
        }
        Value::Number(place)
    }

    /// This partner's, or this row's, part of a shared sum.
    pub(crate) fn allocate(&mut self, allocation: &'p Allocation, at: &Place) -> Value<N> {
        match (allocation.rows, at.row) {
            (Some(kind), Some(row)) => self.allocate_rows(allocation, kind, row, at),
            (Some(_), None) => Value::None(NoAnswer::undefined(
                "a row's part is asked where there is no row",
            )),
            (None, _) => self.allocate_partners(allocation, at),
        }
    }

    fn allocate_partners(&mut self, allocation: &'p Allocation, at: &Place) -> Value<N> {
        let here = Place { row: None, ..*at };
        let total = self.eval(&allocation.total, &here, None).into_number();
        let step = allocation
            .to
            .as_ref()
            .map(|to| self.eval(to, &here, None).into_number());
        let (within, filter) = (allocation.within.as_ref(), allocation.filter.as_ref());
        let group = within.map(|within| self.aside(within, &here));
        if let Some(reason) = group.as_ref().and_then(Value::reason) {
            return Value::None(reason.clone());
        }
        let common = self.common(&allocation.by, at);
        // What is shared and in which steps may be agreed apart; where it is the same, so are the parts.
        let key = PartsKey {
            allocation: address(allocation),
            common,
            group: group.as_ref().map(order_key),
            total: total.figure().cloned(),
            step: step.as_ref().and_then(Number::figure).cloned(),
        };
        let is_kept = key.total.is_some() && key.step.is_some() == step.is_some();
        if is_kept && let Some(parts) = self.shared.parts.get(&key) {
            let (part, all) = (parts.of(at.partner), parts.all.clone());
            self.show_weights(&allocation.by, &here, &part, all);
            return part.unwrap_or_else(nothing);
        }
        let standings = self.standings(&allocation.by, within, filter, &common);
        let mut members = members(&standings, group.as_ref());
        if allocation.rest != share::Rest::InOrder {
            members.sort_by(|a, b| self.id_of(a.0).cmp(&self.id_of(b.0)));
        }
        let parts = match parts(&total, members, step.as_ref(), allocation.rest) {
            Ok(parts) => parts,
            Err(reason) => return Value::None(reason),
        };
        let (part, all) = (parts.of(at.partner), parts.all.clone());
        self.show_weights(&allocation.by, &here, &part, all);
        if is_kept {
            self.shared.parts.insert(key, parts);
        }
        part.unwrap_or_else(nothing)
    }

    /// Keeps the own weight and everyone's together, of which a part is made.
    fn show_weights(&mut self, by: &'p Expr, at: &Place, part: &Option<Value<N>>, all: N) {
        if part.is_some() {
            self.eval(by, at, None);
        }
        let opened = self.graph.begin();
        self.graph
            .end(opened, What::OfAll(by), at, &Value::Number(all));
    }

    fn id_of(&self, partner: PartnerIx) -> Option<&'p trueup_base::id::PartnerId> {
        self.world().partner(partner).map(|partner| &partner.id)
    }

    fn allocate_rows(
        &mut self,
        allocation: &'p Allocation,
        kind: KindId,
        row: RowPlace,
        at: &Place,
    ) -> Value<N> {
        // A sum of one group, such as the freight of an order, is asked on its rows; any other once for all of them.
        let total = match allocation.within {
            Some(_) => self.eval(&allocation.total, at, None),
            None => self.eval(&allocation.total, &Place { row: None, ..*at }, None),
        }
        .number();
        let step = allocation
            .to
            .as_ref()
            .map(|to| self.eval(to, at, None).into_number());
        let group = allocation
            .within
            .as_ref()
            .map(|within| self.aside(within, at));
        if let Some(reason) = group.as_ref().and_then(Value::reason) {
            return Value::None(reason.clone());
        }
        if let Some(reason) = total.reason() {
            return match self.takes_part(allocation.filter.as_ref(), at).all() {
                Some(false) => nothing(),
                Some(true) | None => Value::None(reason.clone()),
            };
        }
        // The rows that share are those of the window and the role this row is asked in.
        let common = Place {
            row: Some(RowPlace {
                row: RowIx(0),
                line: 0,
                level: 0,
                ..row
            }),
            ..*at
        };
        let key = PartsKey {
            allocation: address(allocation),
            common,
            group: group.as_ref().map(order_key),
            total: total.figure().cloned(),
            step: step.as_ref().and_then(Number::figure).cloned(),
        };
        let is_kept = key.total.is_some() && key.step.is_some() == step.is_some();
        if is_kept && let Some(parts) = self.shared.row_parts.get(&key) {
            let (part, all) = (parts.of(row.row), parts.all.clone());
            self.show_weights(&allocation.by, at, &part, all);
            return part.unwrap_or_else(nothing);
        }
        let standings = self.row_standings(allocation, kind, row.role, &common);
        let mut members = members(&standings, group.as_ref());
        if allocation.within.is_some()
            && let Some(reason) = self.differing_sums(allocation, &common, &members, &total)
        {
            return Value::None(reason);
        }
        if allocation.rest != share::Rest::InOrder
            && let Some(facts) = self.world().kind(kind)
        {
            // A tie goes to the smaller id, whatever the day.
            members.sort_by_key(|(row, _)| facts.rows.get(row.0 as usize).map(|row| &row.id));
        }
        let parts = match parts(&total, members, step.as_ref(), allocation.rest) {
            Ok(parts) => parts,
            Err(reason) => return Value::None(reason),
        };
        let (part, all) = (parts.of(row.row), parts.all.clone());
        self.show_weights(&allocation.by, at, &part, all);
        if is_kept {
            self.shared.row_parts.insert(key, parts);
        }
        part.unwrap_or_else(nothing)
    }

    /// What every row of a window weighs, and whose group it belongs to, worked out once for all of them.
    fn row_standings(
        &mut self,
        allocation: &'p Allocation,
        kind: KindId,
        role: u16,
        common: &Place,
    ) -> Standings<N, RowIx> {
        let key = (address(allocation), *common);
        if let Some(standings) = self.shared.row_standings.get(&key) {
            return standings.clone();
        }
        let mut standings = Vec::new();
        let mut sums = BTreeMap::new();
        for credited in self.rows_in_order(kind, role, common) {
            let there = Place {
                row: Some(credited),
                ..*common
            };
            let counts = self.takes_part(allocation.filter.as_ref(), &there);
            if counts.all() == Some(false) {
                continue;
            }
            let within = allocation.within.as_ref();
            if within.is_some() {
                let sum = self.aside(&allocation.total, &there);
                sums.insert(credited.row, sum.into_number());
            }
            standings.push(Standing {
                who: credited.row,
                counts,
                group: within.map(|within| self.aside(within, &there)),
                answer: self.aside(&allocation.by, &there),
            });
        }
        let standings: Standings<N, RowIx> = standings.into();
        self.shared.row_sums.insert(key, sums);
        self.shared.row_standings.insert(key, standings.clone());
        standings
    }

    /// Why a group's sum is not shared: its rows name different ones, whose parts would add up to none of them.
    fn differing_sums(
        &self,
        allocation: &'p Allocation,
        common: &Place,
        members: &[(RowIx, N)],
        total: &N,
    ) -> Option<NoAnswer> {
        let sums = self.shared.row_sums.get(&(address(allocation), *common))?;
        let differs = |(row, _): &(RowIx, N)| {
            let other = sums.get(row)?;
            let differs = total.compared(Comparison::NotEqual, other);
            (differs.all() == Some(true)).then_some((*row, other))
        };
        let (row, other) = members.iter().find_map(differs)?;
        let facts = self.world().kind(allocation.rows?)?;
        let id = &facts.rows.get(row.0 as usize)?.id;
        Some(NoAnswer::undefined(
            match (total.figure(), other.figure()) {
                (Some(total), Some(other)) => format!(
                    "the rows of one group name different sums to be shared: {total}, and {other} in {id}"
                ),
                (_, _) => {
                    format!("the rows of one group name different sums to be shared, such as {id}")
                }
            },
        ))
    }

    /// A partner's rows of a kind in a window and role, by date and then fact id.
    fn rows_in_order(&self, kind: KindId, role: u16, at: &Place) -> Vec<RowPlace> {
        let shape = &self.plan()[kind];
        let Some(facts) = self.world().kind(kind) else {
            return Vec::new();
        };
        facts
            .credits(role, at.partner)
            .iter()
            .filter(|credit| facts.is_known(credit.row, at.known_before))
            .filter(|credit| {
                facts
                    .rows
                    .get(credit.row.0 as usize)
                    .and_then(|row| date_of(row, shape.dated))
                    .is_some_and(|day| at.window.starts <= day && day < at.window.ends)
            })
            .filter(|credit| self.is_there(kind, credit.row))
            // A row credited by several lines of one role is one row all the same; its credits stand together.
            .fold(Vec::new(), |mut rows: Vec<RowPlace>, credit| {
                if rows.last().is_none_or(|last| last.row != credit.row) {
                    rows.push(RowPlace::new(kind, role, credit));
                }
                rows
            })
    }

    /// The sum over the partner's rows in the window up to and including this one.
    pub(crate) fn running(
        &mut self,
        x: &'p Expr,
        in_order: Option<&'p Expr>,
        at: &Place,
    ) -> Value<N> {
        let Some(row) = at.row else {
            return Value::None(NoAnswer::undefined(
                "a running sum is asked where there is no row",
            ));
        };
        let key = (
            address(x),
            Place {
                row: Some(RowPlace {
                    row: RowIx(0),
                    line: 0,
                    level: 0,
                    ..row
                }),
                ..*at
            },
        );
        if !self.shared.running.contains_key(&key) {
            let mut rows = self.rows_in_order(row.kind, row.role, at);
            if let Some(in_order) = in_order {
                let mut keyed = Vec::with_capacity(rows.len());
                for credited in rows {
                    let order = self.aside(
                        in_order,
                        &Place {
                            row: Some(credited),
                            ..*at
                        },
                    );
                    keyed.push((order_key(&order), credited));
                }
                keyed.sort_by(|a, b| a.0.cmp(&b.0));
                rows = keyed.into_iter().map(|(_, credited)| credited).collect();
            }
            let mut sums = BTreeMap::new();
            let mut sum = N::known(Exact::ZERO);
            for credited in rows {
                let next = self
                    .aside(
                        x,
                        &Place {
                            row: Some(credited),
                            ..*at
                        },
                    )
                    .number();
                sum = sum.plus(&next);
                sums.insert(credited.row, sum.clone());
            }
            self.shared.running.insert(key, sums);
        }
        match self
            .shared
            .running
            .get(&key)
            .and_then(|sums| sums.get(&row.row))
        {
            Some(sum) => Value::Number(sum.clone()),
            None => Value::None(NoAnswer::undefined("the row lies outside the window")),
        }
    }

    /// Forgets running sums and row shares, which belong to one partner.
    pub(crate) fn forget_rows(&mut self) {
        self.shared.running.clear();
        self.shared.row_standings.clear();
        self.shared.row_parts.clear();
        self.shared.row_sums.clear();
    }
}

/// Orders the rows of a running sum; rows that tie keep their order by date and id.
fn order_key<N: Number>(value: &Value<N>) -> OrderKey {
    match value {
        Value::Number(number) => (0, number.figure().cloned(), None),
        Value::Date(day) => (0, None, Some(day.to_string())),
        Value::Text(text) => (0, None, Some(text.to_string())),
        Value::Partner(partner) => (0, None, Some(partner.as_str().to_owned())),
        Value::Flag(truth) => (
            0,
            truth.all().map(|holds| Exact::from_int(i64::from(holds))),
            None,
        ),
        Value::Duration(_) | Value::None(_) => (1, None, None),
    }
}

/// Who shares in a group, each with its weight.
fn members<N: Number, K: Copy>(
    standings: &[Standing<N, K>],
    group: Option<&Value<N>>,
) -> Vec<(K, N)> {
    let mut members = Vec::new();
    for standing in standings {
        let counts = standing.is_in(group);
        if counts.all() != Some(false) {
            let weight = standing.answer.number();
            let weight = N::select(&counts, &weight, &N::known(Exact::ZERO));
            members.push((standing.who, weight));
        }
    }
    members
}

/// The parts of a total by weight: exact without a step, whole multiples of the step with one.
fn parts<N: Number, K: Ord + Copy>(
    total: &N,
    members: Vec<(K, N)>,
    step: Option<&N>,
    rest: share::Rest,
) -> Result<Parts<N, K>, NoAnswer> {
    let all = members
        .iter()
        .fold(N::known(Exact::ZERO), |sum, (_, weight)| sum.plus(weight));
    let Some(step) = step else {
        if let Some(reason) = members.iter().find_map(|(_, weight)| below_zero(weight)) {
            return Err(reason);
        }
        let parts = members
            .into_iter()
            .map(|(member, weight)| (member, total.times(&weight.over(&all))))
            .collect();
        return Ok(Parts { parts, all });
    };
    let weights: Vec<N> = members.iter().map(|(_, weight)| weight.clone()).collect();
    let shared = N::shared(total, &weights, step, rest)?;
    let parts = members
        .into_iter()
        .zip(shared)
        .map(|((member, _), part)| (member, part))
        .collect();
    Ok(Parts { parts, all })
}

/// What who takes no part gets.
fn nothing<N: Number>() -> Value<N> {
    Value::exact(Exact::ZERO)
}

fn below_zero<N: Number>(weight: &N) -> Option<NoAnswer> {
    let is_below = weight.compared(Comparison::Less, &N::known(Exact::ZERO));
    (is_below.all() == Some(true)).then(|| NoAnswer::undefined("a weight is below zero"))
}
