//! One change at a time: each made to the plans before, and everyone settled again.

use std::collections::BTreeMap;

use trueup_plan::diff::Weight;
use trueup_plan::tree::Plan;

use super::{Own, PaidByPair, Work, all_after, all_before, component_order};
use crate::effects::{ClassBy, Known, Paid, effects};
use crate::failure::Failure;

impl Work<'_> {
    /// Every change that can be made alone, settled by itself; what else is told stays for the rest.
    #[allow(
        clippy::type_complexity,
        reason = "the three answers are taken apart where they are asked for"
    )]
    pub(super) fn alone(
        &mut self,
        before: &PaidByPair,
        known: &BTreeMap<String, Known>,
        by: &[ClassBy],
    ) -> Result<(Vec<Own>, Vec<usize>, String), Failure> {
        let weighty: Vec<usize> = self
            .plans
            .diff
            .told
            .iter()
            .enumerate()
            .filter(|(_, told)| told.change.weight == Weight::Meaning && !told.members.is_empty())
            .map(|(at, _)| at)
            .collect();
        let units = self.units(&weighty);
        let mut not_alone: Vec<usize> = weighty
            .iter()
            .filter(|at| !units.iter().any(|unit| unit.contains(at)) && self.may_move_money(**at))
            .copied()
            .collect();
        // One change is all there is, and is told by the whole.
        if weighty.len() < 2 {
            return Ok((Vec::new(), Vec::new(), String::new()));
        }
        if units.len() > self.asked.alone_max {
            let because = format!(
                "{} changes could be made one at a time, and at most {} are worked out so; --alone {} works out all",
                units.len(),
                self.asked.alone_max,
                units.len()
            );
            return Ok((Vec::new(), weighty, because));
        }
        let mut own = Vec::new();
        let order = component_order(self.plans);
        let currency = self.currency();
        let sum = before.sum();
        for unit in units {
            match self.unit_paid(&unit)? {
                Some(other) => own.push(Own {
                    effects: effects(&sum, &before.with(&other), known, by, &order, currency),
                    told: unit,
                }),
                None => not_alone.extend(unit),
            }
        }
        not_alone.sort_unstable();
        // What moves the most comes first.
        own.sort_by_key(|own: &Own| {
            (
                std::cmp::Reverse(own.effects.all.change().abs()),
                own.told.clone(),
            )
        });
        Ok((own, not_alone, String::new()))
    }

    /// What is made alone: each change by itself, with those that are made by doing the same; or else all of one thing
    /// together.
    fn units(&self, weighty: &[usize]) -> Vec<Vec<usize>> {
        let mut alike: BTreeMap<Vec<(usize, usize)>, Vec<usize>> = BTreeMap::new();
        for at in weighty.iter().filter(|at| self.may_move_money(**at)) {
            alike.entry(self.made_with(*at)).or_default().push(*at);
        }
        let mut units: Vec<Vec<usize>> = Vec::new();
        let mut left: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
        for several in alike.into_values() {
            if self.can_be_made(&several) {
                units.push(several);
                continue;
            }
            let first = several.first().and_then(|at| self.plans.diff.told.get(*at));
            if let Some(told) = first {
                let thing = (told.change.block.to_string(), told.change.name.to_string());
                left.entry(thing).or_default().extend(several);
            }
        }
        for several in left.into_values() {
            if several.len() > 1 && self.can_be_made(&several) {
                units.push(several);
            }
        }
        units.sort();
        units
    }

    /// By which changes, pair by pair, a told one is made.
    fn made_with(&self, told: usize) -> Vec<(usize, usize)> {
        let members = self.plans.diff.told.get(told).map(|told| &told.members);
        members
            .into_iter()
            .flatten()
            .map(|(pair, change)| {
                let diff = self.plans.diff.pairs.get(*pair);
                let diff = diff.and_then(|pair| pair.diff.as_ref());
                (*pair, diff.map_or(*change, |diff| diff.made_with(*change)))
            })
            .collect()
    }

    fn may_move_money(&self, told: usize) -> bool {
        let members = self.plans.diff.told.get(told).map(|told| &told.members);
        members.into_iter().flatten().any(|(pair, change)| {
            let pair = self.plans.diff.pairs.get(*pair);
            pair.and_then(|pair| pair.diff.as_ref())
                .is_some_and(|diff| diff.may_move_money(*change))
        })
    }

    fn can_be_made(&self, told: &[usize]) -> bool {
        let by_pair = self.by_pair(told);
        !by_pair.is_empty()
            && by_pair
                .iter()
                .all(|(pair, changes)| self.made(*pair, changes).is_some())
    }

    /// The changes of some told ones, by the pair they are in.
    fn by_pair(&self, told: &[usize]) -> BTreeMap<usize, Vec<usize>> {
        let mut by_pair: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in told {
            for (pair, change) in self
                .plans
                .diff
                .told
                .get(*at)
                .into_iter()
                .flat_map(|told| &told.members)
            {
                by_pair.entry(*pair).or_default().push(*change);
            }
        }
        by_pair
    }

    fn made(&self, pair: usize, changes: &[usize]) -> Option<Plan> {
        let diff = self.plans.diff.pairs.get(pair)?.diff.as_ref()?;
        let (old, _) = all_before(self.plans, pair)?;
        let (new, _) = all_after(self.plans, pair)?;
        diff.alone(old, new, changes)
    }

    /// What the pairs that a unit touches would pay; nothing where an agreement lacks what the change asks for.
    fn unit_paid(&mut self, told: &[usize]) -> Result<Option<BTreeMap<usize, Paid>>, Failure> {
        let mut other = BTreeMap::new();
        for (pair, changes) in self.by_pair(told) {
            let Some(plan) = self.made(pair, &changes) else {
                return Ok(None);
            };
            let Some((_, side)) = all_before(self.plans, pair) else {
                return Ok(None);
            };
            match self.paid_under(pair, &plan, side) {
                Ok(paid) => {
                    other.insert(pair, paid);
                }
                Err(Failure::Found(_)) => return Ok(None),
                Err(failure) => return Err(failure),
            }
        }
        Ok(Some(other))
    }
}
