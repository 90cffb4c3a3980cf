//! The answers of the passes, as the engine asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher};
use std::ops::Range;

use trueup_base::exact::Exact;
use trueup_engine::number::NoAnswer;
use trueup_engine::world::{PartnerIx, World};
use trueup_engine::{Answer, Ask, Measurer};
use trueup_plan::tree::{Fold, KindId, MeasureId, Plan};

use super::gather::{Answered, Line, Slots};
use super::partials::{Best, Partials, Value};
use super::reason::Reason;

/// Measures, worked out beforehand for every partner and every window that a plan asks.
///
/// What it cannot answer it leaves to the rows, which the world that came with it holds.
#[derive(Debug)]
pub struct Measured {
    pub(super) passes: Vec<Partials>,
    pub(super) measures: BTreeMap<MeasureId, Answered>,
    pub(super) left: BTreeMap<MeasureId, Reason>,
    /// Partners whose rows answer a measure all the same.
    pub(super) by_rows: BTreeMap<MeasureId, BTreeSet<PartnerIx>>,
    /// The only partner it answers for, if it is one.
    pub(super) only: Option<PartnerIx>,
    /// Everyone below a partner, where credits go up the hierarchy.
    pub(super) below: BTreeMap<PartnerIx, Vec<PartnerIx>>,
}

/// Where an answer lies: the groups of one credit line and one partner named by the rows.
struct Found<'a> {
    partials: &'a Partials,
    slots: &'a Slots,
    share: &'a Exact,
    stretches: Vec<Range<usize>>,
}

impl Found<'_> {
    fn rows(&self) -> i64 {
        self.partials.count(self.slots.rows, &self.stretches)
    }

    fn gaps(&self) -> i64 {
        self.slots
            .gaps
            .map_or(0, |gaps| self.partials.count(gaps, &self.stretches))
    }
}

impl Measured {
    /// The measures that are left to the rows, and why.
    #[must_use]
    pub fn left(&self) -> &BTreeMap<MeasureId, Reason> {
        &self.left
    }

    /// How many groups are kept.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.passes.iter().map(Partials::len).sum()
    }

    /// A measure's answer, if the passes have it.
    #[must_use]
    pub fn answer(&self, ask: &Ask<'_>) -> Option<Answer> {
        if self.only.is_some_and(|only| only != ask.partner) {
            return None;
        }
        let answered = self.measures.get(&ask.measure)?;
        if self
            .by_rows
            .get(&ask.measure)
            .is_some_and(|partners| partners.contains(&ask.partner))
        {
            return None;
        }
        let mut found = Vec::new();
        for line in &answered.lines {
            self.find(line, ask, &mut found)?;
        }
        let rows: i64 = found.iter().map(Found::rows).sum();
        let (from, until) = (ask.window.starts, ask.window.ends);
        let kind = &answered.kind;
        match answered.fold {
            Fold::Sum | Fold::Count | Fold::CountDistinct if rows == 0 => {
                let is_complete = answered.complete.as_ref().is_none_or(|spans| {
                    spans
                        .iter()
                        .any(|span| span.from <= from && until <= span.until)
                });
                return Some(if is_complete {
                    Answer::Known(Exact::ZERO)
                } else {
                    Answer::None(NoAnswer::missing(format!(
                        "no {kind} between {from} and {until}, and its feed is not complete"
                    )))
                });
            }
            Fold::Min | Fold::Max | Fold::Latest if rows == 0 => {
                return Some(Answer::None(NoAnswer::missing(format!(
                    "no {kind} between {from} and {until}"
                ))));
            }
            Fold::Sum
            | Fold::Count
            | Fold::CountDistinct
            | Fold::Min
            | Fold::Max
            | Fold::Latest => {}
        }
        match answered.fold {
            Fold::Count => {
                let mut count = Exact::ZERO;
                for found in &found {
                    count = &count + &(found.share * &Exact::from_int(found.rows()));
                }
                Some(Answer::Known(count))
            }
            Fold::Sum => self.sum(&found),
            Fold::CountDistinct => self.distinct(&found),
            Fold::Min | Fold::Max | Fold::Latest => self.best(&found),
        }
    }

    /// The groups that answer a credit line; none where the passes cannot tell.
    fn find<'a>(&'a self, line: &'a Line, ask: &Ask<'_>, found: &mut Vec<Found<'a>>) -> Option<()> {
        let (slots, key) = match ask.key {
            None => (line.whole.as_ref()?, None),
            Some(key) => match (line.keys.get(key), &line.by) {
                (Some(slots), _) => (slots, None),
                (None, Some(by)) => (by, Some(key)),
                (None, None) => return None,
            },
        };
        let partials = self.passes.get(slots.pass)?;
        let own = [ask.partner];
        let owners = if line.upline {
            self.below.get(&ask.partner).map_or(&[][..], Vec::as_slice)
        } else {
            &own
        };
        let window = (ask.window.starts, ask.window.ends);
        for owner in owners {
            let stretches =
                partials.stretches(ask.partner, *owner, key, window, ask.known_before)?;
            found.push(Found {
                partials,
                slots,
                share: &line.share,
                stretches,
            });
        }
        Some(())
    }

    /// The one reason why rows say nothing, where some do; none where the rows themselves must say.
    fn gap(&self, found: &[Found<'_>]) -> Option<Option<Answer>> {
        let mut with_gaps = found.iter().filter(|found| found.gaps() != 0);
        match with_gaps.next() {
            None => Some(None),
            Some(first) => Some(Some(reason(first)?)),
        }
    }

    fn sum(&self, found: &[Found<'_>]) -> Option<Answer> {
        if let Some(gap) = self.gap(found)? {
            return Some(gap);
        }
        let mut sum = Exact::ZERO;
        for found in found {
            // Without a summand rows are added up, one each.
            let part = match found.slots.of {
                Some(of) => found.partials.sum(of, &found.stretches),
                None => Exact::from_int(found.rows()),
            };
            sum = &sum
                + &if *found.share == Exact::ONE {
                    part
                } else {
                    found.share * &part
                };
        }
        Some(Answer::Known(sum))
    }

    fn distinct(&self, found: &[Found<'_>]) -> Option<Answer> {
        let mut values: BTreeSet<&Value> = BTreeSet::new();
        for found in found {
            let these = found.partials.values(found.slots.rows, &found.stretches);
            if these.contains(&Value::Empty) {
                return reason(found);
            }
            values.extend(these);
        }
        Some(Answer::Known(Exact::from_int(
            i64::try_from(values.len()).unwrap_or(i64::MAX),
        )))
    }

    fn best(&self, found: &[Found<'_>]) -> Option<Answer> {
        if let Some(gap) = self.gap(found)? {
            return Some(gap);
        }
        let mut best: Option<(&Best, &Found<'_>)> = None;
        for found in found {
            let next = found
                .slots
                .of
                .and_then(|of| found.partials.best(of, &found.stretches));
            if let Some(next) = next
                && best.is_none_or(|(best, _)| best.cmp(next).is_lt())
            {
                best = Some((next, found));
            }
        }
        let (best, found) = best?;
        match best.number() {
            Some(number) => Some(Answer::Known(number.clone())),
            None => reason(found),
        }
    }

    /// Works out whose rows must be read for a measure that the passes answer for the others: rows that say nothing for
    /// reasons of their own, and corrections where the smallest, largest or latest counts.
    pub(super) fn find_by_rows(&mut self) {
        let mut by_rows: BTreeMap<MeasureId, BTreeSet<PartnerIx>> = BTreeMap::new();
        let partners: u32 = self
            .passes
            .iter()
            .map(Partials::partners)
            .max()
            .unwrap_or(0);
        for (id, answered) in &self.measures {
            for line in &answered.lines {
                for slots in line.whole.iter().chain(line.keys.values()).chain(&line.by) {
                    let Some(partials) = self.passes.get(slots.pass) else {
                        continue;
                    };
                    for owner in (0..partners).map(PartnerIx) {
                        if !partials.needs_rows(owner, slots, answered.fold) {
                            continue;
                        }
                        let asking = by_rows.entry(*id).or_default();
                        if line.upline {
                            asking.extend(self.above(owner));
                        } else {
                            asking.insert(owner);
                        }
                    }
                }
            }
        }
        self.by_rows = by_rows;
    }

    /// What everybody's answers hang on: where each measure finds them.
    pub(super) fn hash_shared(&self, into: &mut impl Hasher) {
        self.measures.hash(into);
        self.left.keys().collect::<Vec<_>>().hash(into);
        self.passes.len().hash(into);
        for partials in &self.passes {
            partials.hash_shared(into);
        }
    }

    /// What one partner's answers hang on, where credits do not go up the hierarchy.
    pub(super) fn hash_partner(
        &self,
        partner: PartnerIx,
        keys: &[Vec<&str>],
        into: &mut impl Hasher,
    ) {
        self.only.is_none_or(|only| only == partner).hash(into);
        let is_by_rows = |of: &(&MeasureId, &BTreeSet<PartnerIx>)| of.1.contains(&partner);
        let by_rows = self.by_rows.iter().filter(is_by_rows);
        by_rows.map(|(id, _)| id).collect::<Vec<_>>().hash(into);
        for (partials, keys) in self.passes.iter().zip(keys) {
            partials.hash_partner(partner, keys, into);
        }
    }

    /// The keys of each pass, by their numbers.
    pub(super) fn key_texts(&self) -> Vec<Vec<&str>> {
        self.passes.iter().map(Partials::key_texts).collect()
    }

    fn above(&self, owner: PartnerIx) -> impl Iterator<Item = PartnerIx> + '_ {
        let above = self
            .below
            .iter()
            .filter(move |(_, below)| below.contains(&owner));
        above.map(|(partner, _)| *partner)
    }

    /// Whose rows must be read, by kind; none means everyone's.
    pub(super) fn rows_needed(&self, plan: &Plan) -> BTreeMap<KindId, Option<BTreeSet<PartnerIx>>> {
        let mut needed: BTreeMap<KindId, Option<BTreeSet<PartnerIx>>> = BTreeMap::new();
        for (id, partners) in &self.by_rows {
            if let Some(some) = needed
                .entry(plan[*id].kind)
                .or_insert_with(|| Some(BTreeSet::new()))
            {
                some.extend(partners.iter().copied());
            }
        }
        for id in self.left.keys() {
            needed.insert(plan[*id].kind, None);
        }
        needed
    }
}

fn reason(found: &Found<'_>) -> Option<Answer> {
    let because = found.slots.because.as_ref()?;
    Some(Answer::None(NoAnswer::missing(because.clone())))
}

impl Measurer<Answer> for Measured {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        self.answer(ask)
    }
}

/// Everyone below each partner.
pub(super) fn below(world: &World) -> BTreeMap<PartnerIx, Vec<PartnerIx>> {
    let mut below: BTreeMap<PartnerIx, Vec<PartnerIx>> = BTreeMap::new();
    for partner in world.all() {
        for above in world.upline(partner) {
            below.entry(above).or_default().push(partner);
        }
    }
    below
}
