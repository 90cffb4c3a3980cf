//! What single facts of a step did to a partner's lines.
//!
//! Facts are told one by one where what each does alone adds up to what they do together; then the line is settled
//! with the facts added one after the other, by day and id, so that the parts add up to the cent. Where it does not add
//! up (a band was crossed, a gate opened, a cap was reached), the facts are told together. Roundings of components are
//! left out of the question whether it adds up, since a cent of rounding is nobody's.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_plan::tree::{KindId, Plan};

use super::facts::FactChange;
use super::ledger::{self, Ledger, LineKey};
use super::parts::{KindParts, Parts};
use super::steps::with_facts;
use crate::evaluate::Evaluator;
use crate::measure::Reference;
use crate::number::Answer;
use crate::world::{PartnerIx, Row, World};

/// Which facts of a step a line is about, by their position in the step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FactsTold {
    /// The step is about no facts.
    #[default]
    None,
    /// What each did.
    Each(Vec<(usize, Exact)>),
    /// What all of them did together.
    Together(Vec<usize>),
}

/// More facts than these are told together.
pub const FACTS_MAX: usize = 200;

/// More than so many rows, settled so often, take too long; then facts are told together.
const ROWS_SETTLED_MAX: usize = 4_000_000;

/// A step's facts as one partner sees them.
pub(super) struct OneByOne<'s> {
    pub(super) plan: &'s Plan,
    pub(super) before: &'s World,
    pub(super) after: &'s World,
    pub(super) kind: KindId,
    pub(super) facts: &'s [FactChange],
    pub(super) until: Date,
    pub(super) reads_others: bool,
}

impl OneByOne<'_> {
    /// What each fact did to each of some lines of a partner that the step changed.
    pub(super) fn told(
        &self,
        partner: &PartnerId,
        moved: &BTreeMap<LineKey, Exact>,
    ) -> BTreeMap<LineKey, FactsTold> {
        let own = self.own_facts(partner);
        let together = |key: &LineKey| {
            let in_time = own.iter().filter(|at| {
                let on = self.facts.get(**at).and_then(|fact| fact.on);
                on.is_none_or(|on| on < key.ends)
            });
            FactsTold::Together(in_time.copied().collect())
        };
        if let [only] = own.as_slice() {
            return moved
                .iter()
                .map(|(key, amount)| (key.clone(), FactsTold::Each(vec![(*only, amount.clone())])))
                .collect();
        }
        let parts = self.one_by_one(partner, &own);
        moved
            .iter()
            .map(|(key, amount)| {
                let each = parts.as_ref().and_then(|parts| parts.get(key));
                let told = match each {
                    Some(each) if sum(each) == *amount => FactsTold::Each(
                        own.iter()
                            .zip(each)
                            .filter(|(_, part)| !part.is_zero())
                            .map(|(at, part)| (*at, part.clone()))
                            .collect(),
                    ),
                    Some(_) | None => together(key),
                };
                (key.clone(), told)
            })
            .collect()
    }

    /// The step's facts that are credited to a partner on either side; all of them where a plan looks at others.
    fn own_facts(&self, partner: &PartnerId) -> Vec<usize> {
        let credited = |world: &World| -> BTreeSet<FactId> {
            let (Some(at), Some(facts)) = (world.find(partner), world.kind(self.kind)) else {
                return BTreeSet::new();
            };
            facts
                .all_credits()
                .filter(|(_, whose, _)| *whose == at)
                .filter_map(|(_, _, credit)| {
                    Some(facts.rows.get(credit.row.0 as usize)?.id.clone())
                })
                .collect()
        };
        let (was, is) = (credited(self.before), credited(self.after));
        let own: Vec<usize> = (0..)
            .zip(self.facts)
            .filter(|(_, fact)| was.contains(&fact.id) || is.contains(&fact.id))
            .map(|(at, _)| at)
            .collect();
        match own.is_empty() {
            true => (0..self.facts.len()).collect(),
            false => own,
        }
    }

    /// For each line where it adds up, what each of the facts did; none where it would take too long.
    fn one_by_one(
        &self,
        partner: &PartnerId,
        own: &[usize],
    ) -> Option<BTreeMap<LineKey, Vec<Exact>>> {
        if own.len() > FACTS_MAX {
            return None;
        }
        let mut bench = Bench::of(self, partner)?;
        let effort = if self.reads_others {
            self.before.partners.len()
        } else {
            1
        };
        let rows = bench.rows.len().max(1);
        if rows.saturating_mul(own.len()).saturating_mul(effort) > ROWS_SETTLED_MAX {
            return None;
        }
        let mut in_order: Vec<&FactChange> =
            own.iter().filter_map(|at| self.facts.get(*at)).collect();
        let positions: BTreeMap<&FactId, usize> = in_order
            .iter()
            .zip(0..)
            .map(|(fact, at)| (&fact.id, at))
            .collect();
        let unrounded = without_rounding(self.plan);
        let nothing = bench.settled(&unrounded, &[]);
        let all = bench.settled(&unrounded, &in_order);
        let mut alone: Vec<Ledger> = Vec::with_capacity(in_order.len());
        for fact in &in_order {
            alone.push(bench.settled(&unrounded, &[fact]));
        }
        let adds_up: BTreeSet<LineKey> = ledger::lines_that_differ(&nothing, &all)
            .into_iter()
            .chain(
                alone
                    .iter()
                    .flat_map(|one| ledger::lines_that_differ(&nothing, one)),
            )
            .filter(|key| {
                let each = alone
                    .iter()
                    .map(|one| ledger::difference(&nothing, one, key));
                let together = ledger::difference(&nothing, &all, key);
                each.fold(Exact::ZERO, |sum, part| &sum + &part) == together
            })
            .collect();
        let mut parts: BTreeMap<LineKey, Vec<Exact>> = adds_up
            .into_iter()
            .map(|key| (key, vec![Exact::ZERO; own.len()]))
            .collect();
        if parts.is_empty() {
            return Some(parts);
        }
        in_order.sort_by(|one, other| (one.on, &one.id).cmp(&(other.on, &other.id)));
        let mut last = bench.settled(self.plan, &[]);
        for count in 1..=in_order.len() {
            let (taken, _) = in_order.split_at(count);
            let next = bench.settled(self.plan, taken);
            let at = taken.last().and_then(|fact| positions.get(&fact.id));
            for (key, each) in &mut parts {
                if let Some(slot) = at.and_then(|at| each.get_mut(*at)) {
                    *slot = ledger::difference(&last, &next, key);
                }
            }
            last = next;
        }
        Some(parts)
    }
}

fn sum(parts: &[Exact]) -> Exact {
    parts.iter().fold(Exact::ZERO, |sum, part| &sum + part)
}

fn without_rounding(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for component in &mut plan.components {
        component.rounding = None;
    }
    plan
}

/// A small world with what one partner's pay depends on, in which facts are swapped.
struct Bench {
    world: World,
    kind: KindId,
    kind_parts: KindParts,
    rows: Vec<Row>,
    partner: PartnerIx,
    until: Date,
}

impl Bench {
    fn of(step: &OneByOne<'_>, partner: &PartnerId) -> Option<Self> {
        let at = step.before.find(partner)?;
        let mut parts = Parts::of(step.before);
        if !step.reads_others {
            let changed: BTreeSet<&FactId> = step.facts.iter().map(|fact| &fact.id).collect();
            for (kind, facts) in parts.kinds.iter_mut().zip(&step.before.facts) {
                let own: BTreeSet<FactId> = facts
                    .all_credits()
                    .filter(|(_, whose, _)| *whose == at)
                    .filter_map(|(_, _, credit)| {
                        Some(facts.rows.get(credit.row.0 as usize)?.id.clone())
                    })
                    .collect();
                kind.rows
                    .retain(|row| own.contains(&row.id) || changed.contains(&row.id));
            }
        }
        let kind_parts = parts.kinds.get(step.kind.index())?.clone();
        let rows = kind_parts.rows.clone();
        Some(Self {
            world: parts.world(step.plan),
            kind: step.kind,
            kind_parts,
            rows,
            partner: at,
            until: step.until,
        })
    }

    /// The partner's lines under a plan of the same shape, with some facts as the second run knows them.
    fn settled(&mut self, plan: &Plan, facts: &[&FactChange]) -> Ledger {
        let owned: Vec<FactChange> = facts.iter().map(|fact| (*fact).clone()).collect();
        let rows = with_facts(&self.rows, &owned);
        self.kind_parts.give(&mut self.world, plan, self.kind, rows);
        let mut evaluator: Evaluator<'_, Answer, Reference> =
            Evaluator::new(plan, &self.world, &Reference);
        ledger::settled(&mut evaluator, self.partner, self.until)
    }
}
