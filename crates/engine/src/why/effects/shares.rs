//! What a settlement posts for single windows of its component.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::{ComponentId, LimitId, Name, Plan};

use super::Side;
use crate::evaluate::Place;
use crate::limit::{Earner, Nest};
use crate::measure::Measurer;
use crate::number::{Answer, Number};
use crate::why::ledger::{LineKey, earner_of};

/// What a settlement posts for the component's own windows.
#[derive(Default)]
pub(super) struct Shares {
    /// By the first day of the full window: its end, its name and what is posted for it.
    windows: BTreeMap<Date, (Date, String, Exact)>,
    /// The settlement's first day.
    settles_from: Option<Date>,
    /// The window begun last.
    current: Option<Date>,
    /// Whether a limit settles the component together with others.
    pub(super) is_limited: bool,
    /// Whether the windows add up to the line.
    adds_up: bool,
}

impl Shares {
    /// The windows that have another share in the second, oldest first; the current one where none has.
    pub(super) fn that_differ(&self, other: &Self) -> Vec<Date> {
        let share = |shares: &Self, starts: &Date| {
            shares
                .windows
                .get(starts)
                .map(|(_, _, share)| share.clone())
        };
        let starts: BTreeSet<Date> = self
            .windows
            .keys()
            .chain(other.windows.keys())
            .copied()
            .filter(|starts| share(self, starts) != share(other, starts))
            .collect();
        match starts.is_empty() {
            true => other.current.or(self.current).into_iter().collect(),
            false => starts.into_iter().collect(),
        }
    }

    /// By how much more the second corrects windows that ended before the settlement began.
    pub(super) fn corrections(&self, other: &Self) -> Vec<(String, Exact)> {
        if !(self.adds_up && other.adds_up) {
            return Vec::new();
        }
        let mut corrects: BTreeMap<Date, (String, Exact)> = BTreeMap::new();
        for (shares, sign) in [(self, -1), (other, 1)] {
            for (starts, (ends, label, share)) in &shares.windows {
                if shares.settles_from.is_some_and(|from| *ends > from) {
                    continue;
                }
                let (_, sum) = corrects
                    .entry(*starts)
                    .or_insert_with(|| (label.clone(), Exact::ZERO));
                *sum = &*sum + &(&Exact::from_int(sign) * share);
            }
        }
        corrects
            .into_values()
            .filter(|(_, sum)| !sum.is_zero())
            .collect()
    }
}

impl<M: Measurer<Answer>> Side<'_, '_, M> {
    /// What the settlement posts for the component's own windows.
    pub(super) fn shares(&mut self, key: &LineKey) -> Shares {
        let plan = self.evaluator.plan();
        let line = self.line;
        let mut shares = Shares {
            settles_from: line.map(|line| line.starts),
            current: line.map(|line| line.place.window.full_starts),
            ..Shares::default()
        };
        let limited = match earner_of(plan, &key.earner) {
            Some(Earner::Component(id)) => outermost_limit(plan, id).map(|_| id),
            Some(Earner::TopUp(_)) | None => None,
        };
        let (Some(id), Some(partner)) = (limited, self.partner) else {
            shares.windows = line
                .into_iter()
                .flat_map(|line| &line.windows)
                .map(|(starts, posted)| {
                    let share = (
                        posted.window.ends,
                        posted.label.clone(),
                        posted.posted.clone(),
                    );
                    (*starts, share)
                })
                .collect();
            shares.adds_up = true;
            return shares;
        };
        shares.is_limited = true;
        let Some(starts) = self.evaluator.agreement_starts(partner) else {
            return shares;
        };
        let earlier = line.map(|line| (line.starts, -1));
        for (until, sign) in [(key.ends, 1)].into_iter().chain(earlier) {
            let known_before = self.evaluator.has_history().then_some(until);
            let windows = self
                .evaluator
                .agreement_windows(partner, plan[id].over, starts, until);
            for window in windows {
                let place = Place {
                    known_before,
                    ..Place::new(partner, window)
                };
                let entitled = self.evaluator.named(Name::Component(id), &place).number();
                let Some(entitled) = entitled.figure() else {
                    continue;
                };
                let (ends, _, share) = shares
                    .windows
                    .entry(window.full_starts)
                    .or_insert_with(|| (window.ends, plan.calendar.label(&window), Exact::ZERO));
                *ends = window.ends.max(*ends);
                *share = &*share + &(&Exact::from_int(sign) * entitled);
            }
        }
        shares.windows.retain(|_, (_, _, share)| !share.is_zero());
        let sum = shares
            .windows
            .values()
            .fold(Exact::ZERO, |sum, (_, _, share)| &sum + share);
        shares.adds_up = line.map_or(Exact::ZERO, |line| line.posted.clone()) == sum;
        shares
    }
}

/// The limit over a component that no other holds.
pub(super) fn outermost_limit(plan: &Plan, id: ComponentId) -> Option<LimitId> {
    let nest = Nest::of(plan);
    let mut outermost = nest.outermost().into_iter();
    outermost.find(|limit| nest.components(*limit).any(|held| held == id))
}
