//! Questions about other partners and other rows: totals, teams, ranks, shared sums, running sums.
//!
//! What is the same for everyone in a window is worked out once and remembered beside the partner's own memory.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_base::share;
use trueup_plan::tree::{Allocation, Comparison, Expr, KindId};

use crate::evaluate::{Evaluator, Place, RowPlace};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Truth};
use crate::value::Value;
use crate::world::{PartnerIx, RowIx, date_of};

/// What was worked out for all partners or all rows at once.
#[derive(Clone, Debug)]
pub(crate) struct Shared<N: Number> {
    totals: BTreeMap<(usize, Place), Value<N>>,
    parts: BTreeMap<(usize, Place), BTreeMap<PartnerIx, N>>,
    running: BTreeMap<(usize, Place), BTreeMap<RowIx, N>>,
    row_parts: BTreeMap<(usize, Place), BTreeMap<RowIx, N>>,
}

impl<N: Number> Default for Shared<N> {
    fn default() -> Self {
        Self {
            totals: BTreeMap::new(),
            parts: BTreeMap::new(),
            running: BTreeMap::new(),
            row_parts: BTreeMap::new(),
        }
    }
}

/// Tells one formula of the plan from another for as long as the plan is borrowed; it orders nothing that is shown.
fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// The place without the partner, for what is the same for everyone.
fn for_everyone(at: &Place) -> Place {
    Place {
        partner: PartnerIx(0),
        row: None,
        ..*at
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
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
                holds.patched(crate::number::Patch::Both, &N::Truth::known(false))
            }
        }
    }

    pub(crate) fn total(&mut self, x: &'p Expr, filter: Option<&'p Expr>, at: &Place) -> Value<N> {
        let key = (address(x), for_everyone(at));
        if let Some(total) = self.shared.totals.get(&key) {
            return total.clone();
        }
        let mut sum = N::known(Exact::ZERO);
        for partner in self.world().all() {
            let place = Place {
                partner,
                row: None,
                ..*at
            };
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
        let below: Vec<PartnerIx> = self
            .world()
            .all()
            .filter(|partner| self.world().upline(*partner).contains(&at.partner))
            .collect();
        let mut sum = N::known(Exact::ZERO);
        for partner in below {
            sum = sum.plus(
                &self
                    .aside(
                        x,
                        &Place {
                            partner,
                            row: None,
                            ..*at
                        },
                    )
                    .number(),
            );
        }
        Value::Number(sum)
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
        let own = self.aside(x, &here);
        if let Some(reason) = own.reason() {
            return Value::None(reason.clone());
        }
        let group = within.map(|within| self.aside(within, &here));
        let mut place = N::known(Exact::ONE);
        for partner in self.world().all().filter(|partner| *partner != at.partner) {
            let there = Place {
                partner,
                row: None,
                ..*at
            };
            let mut counts = self.takes_part(filter, &there);
            if let (Some(within), Some(group)) = (within, &group) {
                let same = self
                    .aside(within, &there)
                    .compared(Comparison::Equal, group);
                counts =
                    counts.and(&same.patched(crate::number::Patch::Both, &N::Truth::known(false)));
            }
            if counts.all() == Some(false) {
                continue;
            }
            let above = self.aside(x, &there).compared(Comparison::More, &own);
            // Somebody without a figure stands above nobody.
            let above = above
                .patched(crate::number::Patch::Both, &N::Truth::known(false))
                .and(&counts);
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
        let total = self.eval(&allocation.total, &here, None).number();
        let group = allocation
            .within
            .as_ref()
            .map(|within| self.aside(within, &here));
        let is_grouped = group.is_some();
        let key = (
            address(allocation),
            if is_grouped { here } else { for_everyone(at) },
        );
        if !self.shared.parts.contains_key(&key) {
            let mut members = Vec::new();
            for partner in self.world().all() {
                let there = Place { partner, ..here };
                if self.takes_part(allocation.filter.as_ref(), &there).all() == Some(false) {
                    continue;
                }
                if let (Some(within), Some(group)) = (&allocation.within, &group) {
                    let same = self
                        .aside(within, &there)
                        .compared(Comparison::Equal, group);
                    if same.all() != Some(true) {
                        continue;
                    }
                }
                members.push((partner, self.aside(&allocation.by, &there).number()));
            }
            let rest = allocation.rest;
            if rest != share::Rest::InOrder {
                members.sort_by(|a, b| self.id_of(a.0).cmp(&self.id_of(b.0)));
            }
            let step = allocation
                .to
                .as_ref()
                .map(|to| self.eval(to, &here, None).number());
            let parts = match parts(&total, members, step.as_ref(), rest) {
                Ok(parts) => parts,
                Err(reason) => return Value::None(reason),
            };
            self.shared.parts.insert(key, parts);
        }
        match self
            .shared
            .parts
            .get(&key)
            .and_then(|parts| parts.get(&at.partner))
        {
            Some(part) => Value::Number(part.clone()),
            None => Value::exact(Exact::ZERO),
        }
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
        // The rows that share are those of the window and the role this row is asked in.
        let key = (
            address(allocation),
            Place {
                row: Some(RowPlace {
                    row: RowIx(0),
                    level: 0,
                    ..row
                }),
                ..*at
            },
        );
        if !self.shared.row_parts.contains_key(&key) {
            let total = self
                .eval(&allocation.total, &Place { row: None, ..*at }, None)
                .number();
            let mut members = Vec::new();
            for credited in self.rows_in_order(kind, row.role, at) {
                let there = Place {
                    row: Some(credited),
                    ..*at
                };
                if self.takes_part(allocation.filter.as_ref(), &there).all() == Some(false) {
                    continue;
                }
                members.push((credited.row, self.aside(&allocation.by, &there).number()));
            }
            let step = allocation
                .to
                .as_ref()
                .map(|to| self.eval(to, at, None).number());
            let parts = match parts(&total, members, step.as_ref(), allocation.rest) {
                Ok(parts) => parts,
                Err(reason) => return Value::None(reason),
            };
            self.shared.row_parts.insert(key, parts);
        }
        match self
            .shared
            .row_parts
            .get(&key)
            .and_then(|parts| parts.get(&row.row))
        {
            Some(part) => Value::Number(part.clone()),
            None => Value::exact(Exact::ZERO),
        }
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
            .map(|credit| RowPlace::new(kind, role, credit))
            .collect()
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
        self.shared.row_parts.clear();
    }
}

/// Orders the rows of a running sum; rows that tie keep their order by date and id.
fn order_key<N: Number>(value: &Value<N>) -> (u8, Option<Exact>, Option<String>) {
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

/// The parts of a total by weight: exact without a step, whole multiples of the step with one.
fn parts<N: Number, K: Ord + Copy>(
    total: &N,
    members: Vec<(K, N)>,
    step: Option<&N>,
    rest: share::Rest,
) -> Result<BTreeMap<K, N>, NoAnswer> {
    let Some(step) = step else {
        let all = members
            .iter()
            .fold(N::known(Exact::ZERO), |sum, (_, weight)| sum.plus(weight));
        return Ok(members
            .into_iter()
            .map(|(member, weight)| (member, total.times(&weight).over(&all)))
            .collect());
    };
    let single = |number: &N| {
        number.figure().cloned().ok_or_else(|| {
            number.reason().cloned().unwrap_or_else(|| {
                NoAnswer::undefined("a sum shared in whole units differs between futures")
            })
        })
    };
    let mut weights = Vec::with_capacity(members.len());
    for (_, weight) in &members {
        weights.push(single(weight)?);
    }
    let shared = share::allocate(&single(total)?, &weights, &single(step)?, rest)
        .map_err(|error| NoAnswer::missing(error.to_string()))?;
    Ok(members
        .into_iter()
        .zip(shared)
        .map(|((member, _), part)| (member, N::known(part)))
        .collect())
}
