//! What a pass added up, kept so that a window's answer costs a search and not a sum.
//!
//! Groups lie in the order of partner, key, day of knowledge and step of days. Sums and counts are kept as running totals, so
//! a window is the difference of two; the smallest, largest and latest as ranks under a tree of maxima. The memory is that of
//! the groups, whatever is asked.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::datatypes::i256;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::world::PartnerIx;
use trueup_plan::tree::Fold;

use super::edges::{Edges, Step};
use super::gather::Slots;
use super::number::exact_wide;
use super::parallel;

/// A key or a value as it was grouped by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Nothing.
    Empty,
    /// A number.
    Number(Exact),
    /// Text or a partner.
    Text(Arc<str>),
    /// A day, counted from 1970.
    Date(i32),
    /// True or false.
    Flag(bool),
}

/// Which group a row of answers is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The partner.
    pub partner: PartnerIx,
    /// The key.
    pub key: u32,
    /// How many days of knowledge lie on or before the day it became known.
    pub known: u32,
    /// The step of days.
    pub step: Step,
    /// The value, where different ones are counted.
    pub value: u32,
}

/// The answers of one slot, one for each group, in the groups' order.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Numbers of rows.
    Counts(Vec<i64>),
    /// Sums in steps of 10^-scale.
    Sums(Vec<i128>, u32),
    /// The same in the executor's wide type.
    WideSums(Vec<i256>, u32),
    /// The smallest or largest, if any.
    Extremes(Vec<Option<Exact>>, bool),
    /// The latest: its day, its fact's id, its number; the outer none where there is no row.
    Latest(Vec<Option<Last>>),
}

/// The latest row of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Last {
    /// Its day.
    pub dated: Option<i32>,
    /// Its fact's id.
    pub id: Arc<str>,
    /// What it says, if it says anything.
    pub of: Option<Exact>,
}

/// What a pass added up.
#[derive(Debug)]
pub struct Partials {
    edges: Edges,
    known_before: Vec<Date>,
    keys: BTreeMap<Arc<str>, u32>,
    values: Vec<Value>,
    /// Where each partner's groups begin, and where the last one's end.
    starts: Vec<u32>,
    groups: Vec<Group>,
    slots: Vec<Kept>,
}

/// A slot as it is kept.
#[derive(Debug)]
enum Kept {
    Counts(Vec<i64>),
    Sums(Vec<i128>, u32),
    WideSums(Vec<i256>, u32),
    Ranked(Ranked),
}

/// Ranks over the groups, and what each rank stands for.
#[derive(Debug)]
struct Ranked {
    /// A tree of maxima: the leaves, one for each group, are the second half. Zero is nothing.
    tree: Vec<u32>,
    /// What the ranks stand for, from one on.
    best: Vec<Best>,
}

/// The smallest, largest or latest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Best {
    /// The smallest.
    Least(Exact),
    /// The largest.
    Most(Exact),
    /// The latest.
    Last(Last),
}

impl Best {
    /// Which of two wins.
    pub fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Least(one), Self::Least(two)) => two.cmp(one),
            (Self::Most(one), Self::Most(two)) => one.cmp(two),
            (Self::Last(one), Self::Last(two)) => (one.dated, &one.id).cmp(&(two.dated, &two.id)),
            (Self::Least(_) | Self::Most(_) | Self::Last(_), _) => Ordering::Equal,
        }
    }

    /// The order in which all of them lie, those that win alike beside each other.
    fn in_full(&self, other: &Self) -> Ordering {
        let number = |best: &Self| match best {
            Self::Last(last) => last.of.clone(),
            Self::Least(_) | Self::Most(_) => None,
        };
        self.cmp(other)
            .then_with(|| number(self).cmp(&number(other)))
    }

    /// Its number, if it has one.
    pub fn number(&self) -> Option<&Exact> {
        match self {
            Self::Least(number) | Self::Most(number) => Some(number),
            Self::Last(last) => last.of.as_ref(),
        }
    }
}

/// Everything a pass answered, in no order.
#[derive(Debug, Default)]
pub struct Gathered {
    /// The groups.
    pub groups: Vec<Group>,
    /// The answers, slot by slot.
    pub slots: Vec<Answers>,
    /// Keys as text, by their number in the groups.
    pub keys: BTreeMap<Arc<str>, u32>,
    /// Values, by their number in the groups.
    pub values: Vec<Value>,
}

impl Gathered {
    /// The number of a key, new or known; none for one that no question can name.
    pub fn key(&mut self, key: &Value) -> Option<u32> {
        let text: Arc<str> = match key {
            Value::Text(text) => text.clone(),
            Value::Number(number) => number.to_string().into(),
            Value::Empty | Value::Date(_) | Value::Flag(_) => return None,
        };
        let next = u32::try_from(self.keys.len()).ok()?;
        Some(*self.keys.entry(text).or_insert(next))
    }
}

impl Partials {
    /// Keeps what a pass answered about so many partners.
    pub fn keep(
        gathered: Gathered,
        edges: Edges,
        known_before: Vec<Date>,
        partners: usize,
    ) -> Self {
        let Gathered {
            groups,
            slots,
            keys,
            values,
        } = gathered;
        let mut order: Vec<u32> = (0u32..).take(groups.len()).collect();
        order
            .sort_unstable_by(|one, two| groups.get(*one as usize).cmp(&groups.get(*two as usize)));
        let groups = in_order(&groups, &order);
        let mut starts = Vec::with_capacity(partners + 1);
        for partner in (0u32..).map(PartnerIx).take(partners + 1) {
            let start = groups.partition_point(|group: &Group| group.partner < partner);
            starts.push(u32::try_from(start).unwrap_or(u32::MAX));
        }
        let slots = parallel::each(slots, |slot| Kept::of(slot, &order));
        Self {
            edges,
            known_before,
            keys,
            values,
            starts,
            groups,
            slots,
        }
    }

    /// The groups of a partner and key in a window as known before a day, as stretches; none where the pass cannot tell.
    pub fn stretches(
        &self,
        asked: PartnerIx,
        owner: PartnerIx,
        key: Option<&str>,
        window: (Date, Date),
        known_before: Option<Date>,
    ) -> Option<Vec<Range<usize>>> {
        let from = self.edges.step(asked, window.0)?;
        let until = self.edges.step(asked, window.1)?;
        let known_until = match known_before {
            Some(day) if !self.known_before.is_empty() => {
                // What became known before the n-th day lies behind at most n of them.
                u32::try_from(self.known_before.binary_search(&day).ok()?).ok()?
            }
            Some(_) | None => u32::MAX,
        };
        let key = match key {
            None => 0,
            Some(key) => match self.keys.get(key) {
                Some(key) => *key,
                None => return Some(Vec::new()),
            },
        };
        let mut stretches = Vec::new();
        let mut rest = self.of_partner(owner);
        rest = self.narrowed(rest, |group| group.key < key, |group| group.key <= key);
        while let Some(first) = self.groups.get(rest.start).filter(|_| !rest.is_empty()) {
            if first.known > known_until {
                break;
            }
            let same = self.narrowed(rest.clone(), |_| false, |group| group.known == first.known);
            let inside = self.narrowed(
                same.clone(),
                |group| group.step < from,
                |group| group.step < until,
            );
            if !inside.is_empty() {
                stretches.push(inside);
            }
            rest = same.end..rest.end;
        }
        Some(stretches)
    }

    /// All groups of a partner.
    pub fn of_partner(&self, partner: PartnerIx) -> Range<usize> {
        let at = partner.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(until)) => *from as usize..*until as usize,
            (_, None) | (None, _) => 0..0,
        }
    }

    fn narrowed(
        &self,
        range: Range<usize>,
        is_before: impl Fn(&Group) -> bool,
        is_inside: impl Fn(&Group) -> bool,
    ) -> Range<usize> {
        let groups = self.groups.get(range.clone()).unwrap_or_default();
        let from = groups.partition_point(is_before);
        let until = from
            + groups
                .get(from..)
                .unwrap_or_default()
                .partition_point(is_inside);
        range.start + from..range.start + until
    }

    /// How many rows.
    pub fn count(&self, slot: usize, stretches: &[Range<usize>]) -> i64 {
        match self.slots.get(slot) {
            Some(Kept::Counts(totals)) => stretches
                .iter()
                .map(|range| at(totals, range.end) - at(totals, range.start))
                .sum(),
            Some(Kept::Sums(..) | Kept::WideSums(..) | Kept::Ranked(_)) | None => 0,
        }
    }

    /// What they add up to.
    pub fn sum(&self, slot: usize, stretches: &[Range<usize>]) -> Exact {
        let mut sum = Exact::ZERO;
        for range in stretches {
            let part = match self.slots.get(slot) {
                Some(Kept::Sums(totals, scale)) => {
                    Exact::from_scaled(at(totals, range.end) - at(totals, range.start), *scale)
                }
                Some(Kept::WideSums(totals, scale)) => exact_wide(
                    at(totals, range.end).wrapping_sub(at(totals, range.start)),
                    *scale,
                ),
                Some(Kept::Counts(_) | Kept::Ranked(_)) | None => Exact::ZERO,
            };
            sum = &sum + &part;
        }
        sum
    }

    /// The one that wins.
    pub fn best(&self, slot: usize, stretches: &[Range<usize>]) -> Option<&Best> {
        let Some(Kept::Ranked(ranked)) = self.slots.get(slot) else {
            return None;
        };
        let rank = stretches
            .iter()
            .map(|range| ranked.most(range.clone()))
            .max()?;
        ranked.best.get(rank.checked_sub(1)? as usize)
    }

    /// The different values that still count.
    pub fn values(&self, slot: usize, stretches: &[Range<usize>]) -> BTreeSet<&Value> {
        let mut weights: BTreeMap<u32, i64> = BTreeMap::new();
        for range in stretches {
            for group in range.clone() {
                let one = group..group + 1;
                let weight = self.count(slot, std::slice::from_ref(&one));
                if let Some(group) = self.groups.get(group) {
                    *weights.entry(group.value).or_default() += weight;
                }
            }
        }
        let standing = weights.into_iter().filter(|(_, weight)| *weight > 0);
        standing
            .filter_map(|(value, _)| self.values.get(value as usize))
            .collect()
    }

    /// Whether a partner's own rows must answer: a row says nothing for a reason of its own, or withdraws another and may be
    /// the one that answered.
    pub fn needs_rows(&self, owner: PartnerIx, slots: &Slots, fold: Fold) -> bool {
        let mut groups = self.of_partner(owner).map(|group| group..group + 1);
        let is_any = |slot: Option<usize>| {
            let mut groups = groups.clone();
            slot.is_some_and(|slot| groups.any(|group| self.count(slot, &[group]) != 0))
        };
        if is_any(slots.withdrawals) && !self.survives(owner, slots) {
            return true;
        }
        if !slots.has_gaps || slots.because.is_some() {
            return false;
        }
        match fold {
            Fold::Sum | Fold::Min | Fold::Max => is_any(slots.gaps),
            Fold::Count => false,
            Fold::CountDistinct => groups.any(|group| {
                let value = self.groups.get(group.start).map_or(0, |group| group.value);
                self.values.get(value as usize) == Some(&Value::Empty)
                    && self.count(slots.rows, &[group]) != 0
            }),
            Fold::Latest => groups.any(|group| {
                let best = slots.of.and_then(|of| self.best(of, &[group]));
                best.is_some_and(|best| best.number().is_none())
            }),
        }
    }

    /// Whether the smallest, largest or latest of every window survives what was withdrawn of a partner's rows.
    ///
    /// It does when each step in which something was withdrawn has a row that beats all of it and was known no later. A row
    /// that beats all that was withdrawn in its step was not withdrawn itself, since a withdrawal says what its row said; and a
    /// window is made of whole steps, so its winner is such a row, or one of a step without withdrawals.
    fn survives(&self, owner: PartnerIx, slots: &Slots) -> bool {
        let (Some(of), Some(withdrawn)) = (slots.of, slots.withdrawn) else {
            return false;
        };
        let groups = || {
            let range = self.of_partner(owner);
            range.filter_map(|at| Some((at..at + 1, self.groups.get(at)?)))
        };
        // By key and step: the best that was withdrawn, and since when anything was.
        let mut out: BTreeMap<(u32, Step), (&Best, u32)> = BTreeMap::new();
        for (range, group) in groups() {
            let Some(best) = self.best(withdrawn, std::slice::from_ref(&range)) else {
                continue;
            };
            let slot = out
                .entry((group.key, group.step))
                .or_insert((best, group.known));
            if slot.0.cmp(best).is_lt() {
                slot.0 = best;
            }
            slot.1 = slot.1.min(group.known);
        }
        for (range, group) in groups() {
            let step = (group.key, group.step);
            let Some((worst, since)) = out.get(&step) else {
                continue;
            };
            let best = self.best(of, std::slice::from_ref(&range));
            if group.known <= *since && best.is_some_and(|best| best.cmp(worst).is_gt()) {
                out.remove(&step);
            }
        }
        out.is_empty()
    }

    /// How many partners it knows.
    pub fn partners(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }
}

fn in_order<T: Clone>(all: &[T], order: &[u32]) -> Vec<T> {
    order
        .iter()
        .filter_map(|at| all.get(*at as usize).cloned())
        .collect()
}

/// A running total; before the first it is nothing.
fn at<T: Copy + Default>(totals: &[T], end: usize) -> T {
    end.checked_sub(1)
        .and_then(|last| totals.get(last))
        .copied()
        .unwrap_or_default()
}

impl Kept {
    fn of(answers: Answers, order: &[u32]) -> Self {
        match answers {
            Answers::Counts(counts) => {
                let mut total = 0_i64;
                let mut totals = in_order(&counts, order);
                for count in &mut totals {
                    total += *count;
                    *count = total;
                }
                Self::Counts(totals)
            }
            Answers::Sums(sums, scale) => {
                let mut total = 0_i128;
                let mut totals = in_order(&sums, order);
                for sum in &mut totals {
                    match total.checked_add(*sum) {
                        Some(more) => total = more,
                        None => {
                            let wide = sums.iter().map(|sum| i256::from_i128(*sum)).collect();
                            return Self::of(Answers::WideSums(wide, scale), order);
                        }
                    }
                    *sum = total;
                }
                Self::Sums(totals, scale)
            }
            Answers::WideSums(sums, scale) => {
                let mut total = i256::ZERO;
                let mut totals = in_order(&sums, order);
                for sum in &mut totals {
                    total = total.wrapping_add(*sum);
                    *sum = total;
                }
                Self::WideSums(totals, scale)
            }
            Answers::Extremes(extremes, least) => {
                let best = |number: Exact| {
                    if least {
                        Best::Least(number)
                    } else {
                        Best::Most(number)
                    }
                };
                let all = in_order(&extremes, order)
                    .into_iter()
                    .map(|number| number.map(best))
                    .collect();
                Self::Ranked(Ranked::of(all))
            }
            Answers::Latest(latest) => {
                let all = in_order(&latest, order)
                    .into_iter()
                    .map(|last| last.map(Best::Last))
                    .collect();
                Self::Ranked(Ranked::of(all))
            }
        }
    }
}

impl Ranked {
    fn of(all: Vec<Option<Best>>) -> Self {
        let mut sorted: Vec<(Best, usize)> = all
            .iter()
            .enumerate()
            .filter_map(|(group, best)| Some((best.clone()?, group)))
            .collect();
        sorted.sort_by(|one, two| one.0.in_full(&two.0));
        let leaves = all.len();
        let mut tree = vec![0_u32; 2 * leaves];
        let mut best: Vec<Best> = Vec::new();
        for (candidate, group) in sorted {
            // A fact that was moved to another partner is the latest of both under one id, and says something else of each.
            if best.last() != Some(&candidate) {
                best.push(candidate);
            }
            if let Some(leaf) = tree.get_mut(leaves + group) {
                *leaf = u32::try_from(best.len()).unwrap_or(u32::MAX);
            }
        }
        for parent in (1..leaves).rev() {
            let most = at_leaf(&tree, 2 * parent).max(at_leaf(&tree, 2 * parent + 1));
            if let Some(slot) = tree.get_mut(parent) {
                *slot = most;
            }
        }
        Self { tree, best }
    }

    /// The greatest rank among some groups; zero where there is none.
    fn most(&self, range: Range<usize>) -> u32 {
        let leaves = self.tree.len() / 2;
        let (mut from, mut until) = (range.start + leaves, range.end + leaves);
        let mut most = 0;
        while from < until {
            if from % 2 == 1 {
                most = most.max(at_leaf(&self.tree, from));
                from += 1;
            }
            if until % 2 == 1 {
                until -= 1;
                most = most.max(at_leaf(&self.tree, until));
            }
            from /= 2;
            until /= 2;
        }
        most
    }
}

fn at_leaf(tree: &[u32], at: usize) -> u32 {
    tree.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(whole: i64) -> Option<Exact> {
        Some(Exact::from_int(whole))
    }

    #[test]
    fn the_latest_of_two_partners_under_one_id_are_two() {
        // Found by generation: a correction that moves a fact from one partner to another leaves its day and its id.
        let last = |of| {
            Some(Last {
                dated: Some(1),
                id: "till/8".into(),
                of: number(of),
            })
        };
        let Kept::Ranked(ranked) = Kept::of(Answers::Latest(vec![last(2), last(0)]), &[0, 1])
        else {
            panic!("the latest are ranked");
        };
        for (group, of) in [(0, 2), (1, 0)] {
            let rank = ranked.most(group..group + 1) as usize;
            assert_eq!(
                ranked.best[rank - 1].number(),
                number(of).as_ref(),
                "group {group}"
            );
        }
    }

    #[test]
    fn the_tree_of_maxima_answers_as_a_walk_over_the_groups_does() {
        for count in 1..40_usize {
            let numbers: Vec<Option<Exact>> = (0..count)
                .map(|at| {
                    if at % 5 == 3 {
                        None
                    } else {
                        number(i64::try_from((at * 7919) % 11).unwrap())
                    }
                })
                .collect();
            let order: Vec<u32> = (0u32..).take(count).collect();
            for least in [true, false] {
                let Kept::Ranked(ranked) =
                    Kept::of(Answers::Extremes(numbers.clone(), least), &order)
                else {
                    panic!("extremes are ranked");
                };
                for from in 0..=count {
                    for until in from..=count {
                        let walked = numbers.get(from..until).unwrap().iter().flatten();
                        let walked = if least { walked.min() } else { walked.max() };
                        let rank = ranked.most(from..until) as usize;
                        let found = rank
                            .checked_sub(1)
                            .map(|rank| ranked.best.get(rank).unwrap().number().unwrap());
                        assert_eq!(found, walked, "{from}..{until} of {count}");
                    }
                }
            }
        }
    }
}
