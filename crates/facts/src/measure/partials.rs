//! What a pass added up, kept so that a window's answer costs a search and not a sum.
//!
//! Groups lie in the order of partner, key, day of knowledge and step of days. Sums and counts are kept as running totals, so
//! a window is the difference of two; the smallest, largest and latest of each step, less what was withdrawn, as ranks under a
//! tree of maxima. The memory is that of the groups, whatever is asked.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher};
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::datatypes::i256;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::world::PartnerIx;
use trueup_plan::tree::Fold;

use super::edges::{Edges, Step};
use super::few::{Few, Wins};
use super::gather::Slots;
use super::number::exact_wide;
use super::parallel;
use super::winners::Winners;

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
    /// The largest few in steps of 10^-scale, or the smallest with their signs turned.
    Extremes(Vec<Few<i64>>, u32, bool),
    /// The same in the executor's wide type.
    WideExtremes(Vec<Few<i256>>, u32, bool),
    /// The latest few.
    Latest(Vec<Few<Last>>),
}

/// The latest row of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Last {
    /// Its day.
    pub dated: Option<i32>,
    /// Its fact's id.
    pub id: Arc<str>,
    /// What it says, if it says anything.
    pub of: Option<Exact>,
}

impl Wins for Last {
    /// A fact that was corrected, or moved to another partner, is the latest under one day and id, and says something else.
    fn ties(&self, other: &Self) -> bool {
        (self.dated, &self.id) == (other.dated, &other.id)
    }
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
    /// Winners of steps in which a winner was withdrawn when more became known, by their groups.
    falls: Vec<Fall>,
    /// Partners for whom what is kept does not tell the winner of every window.
    unclear: BTreeSet<PartnerIx>,
}

/// Who wins in a step from when a group became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fall {
    /// The group.
    group: usize,
    /// Which of the steps.
    step: u32,
    /// The winner's rank; zero is nobody.
    rank: u32,
}

/// Where a winner is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Leaf(usize),
    Fall(usize),
}

/// The smallest, largest or latest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Best {
    /// The smallest.
    Least(Exact),
    /// The largest.
    Most(Exact),
    /// The latest.
    Last(Last),
}

impl Best {
    /// The best of a score: a number of which the greatest wins, so the smallest are kept with their signs turned.
    fn of_score<S>(
        score: S,
        turned: impl Fn(S) -> S,
        number: impl Fn(S) -> Exact,
        least: bool,
    ) -> Self {
        match least {
            true => Self::Least(number(turned(score))),
            false => Self::Most(number(score)),
        }
    }

    /// Which of two wins.
    pub fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Least(one), Self::Least(two)) => two.cmp(one),
            (Self::Most(one), Self::Most(two)) => one.cmp(two),
            (Self::Last(one), Self::Last(two)) => (one.dated, &one.id).cmp(&(two.dated, &two.id)),
            (Self::Least(_) | Self::Most(_) | Self::Last(_), _) => Ordering::Equal,
        }
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
        let slots = parallel::each(slots, |slot| Kept::of(slot, &order, &groups));
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
        let steady = stretches.iter().map(|range| ranked.most(range.clone()));
        let rank = steady.max()?.max(ranked.most_of_falls(stretches));
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

    /// Whether a partner's own rows must answer: a row says nothing for a reason of its own, or withdraws another where what
    /// is kept does not tell which wins now.
    pub fn needs_rows(&self, owner: PartnerIx, slots: &Slots, fold: Fold) -> bool {
        if slots.of.is_some_and(|of| self.is_unclear(owner, of)) {
            return true;
        }
        if !slots.has_gaps || slots.because.is_some() {
            return false;
        }
        let mut groups = self.of_partner(owner).map(|group| group..group + 1);
        match fold {
            Fold::Sum | Fold::Min | Fold::Max => slots
                .gaps
                .is_some_and(|gaps| groups.any(|group| self.count(gaps, &[group]) != 0)),
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

    /// Whether the smallest, largest or latest of some window of a partner is not known from what is kept.
    fn is_unclear(&self, owner: PartnerIx, slot: usize) -> bool {
        match self.slots.get(slot) {
            Some(Kept::Ranked(ranked)) => ranked.unclear.contains(&owner),
            Some(Kept::Counts(_) | Kept::Sums(..) | Kept::WideSums(..)) | None => false,
        }
    }

    /// How many partners it knows.
    pub fn partners(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// What every answer hangs on, whoever is asked about: where days are told apart, and what is kept of them.
    pub fn hash_shared(&self, into: &mut impl Hasher) {
        self.edges.shared.hash(into);
        self.known_before.hash(into);
        self.slots.len().hash(into);
        for slot in &self.slots {
            match slot {
                Kept::Counts(_) => 0_u8.hash(into),
                Kept::Sums(_, scale) | Kept::WideSums(_, scale) => (1_u8, scale).hash(into),
                Kept::Ranked(_) => 2_u8.hash(into),
            }
        }
    }

    /// Everything that a partner's own groups say, in an order that hangs on nobody else. Numbers of keys and values are given
    /// out as rows are met, so their texts are hashed and not the numbers. Groups of one key, day of knowledge, step and value,
    /// such as the months of a quarter, lie beside each other in any order, and no window parts them: they are hashed as one.
    pub fn hash_partner(&self, partner: PartnerIx, keys: &[&str], into: &mut impl Hasher) {
        self.edges.own.get(&partner).hash(into);
        let told = |place: usize| {
            self.groups.get(place).map(|group| {
                let key = keys.get(group.key as usize).copied();
                let value = self.values.get(group.value as usize);
                (key, group.known, group.step, value)
            })
        };
        let all = self.of_partner(partner);
        let mut end = all.start;
        let groups = self.groups.get(all).unwrap_or_default();
        let alike = groups.chunk_by(|one, two| one == two).map(|alike| {
            let from = end;
            end += alike.len();
            from..end
        });
        let mut alike: Vec<Range<usize>> = alike.collect();
        if !(keys.is_empty() && self.values.is_empty()) {
            alike.sort_by(|one, two| told(one.start).cmp(&told(two.start)));
        }
        alike.len().hash(into);
        for alike in &alike {
            told(alike.start).hash(into);
        }
        for slot in &self.slots {
            slot.hash_alike(partner, &alike, into);
        }
    }

    /// Keys as text, by their numbers.
    pub fn key_texts(&self) -> Vec<&str> {
        let mut keys = vec![""; self.keys.len()];
        for (text, number) in &self.keys {
            if let Some(slot) = keys.get_mut(*number as usize) {
                *slot = text;
            }
        }
        keys
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
    fn of(answers: Answers, order: &[u32], groups: &[Group]) -> Self {
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
                            return Self::of(Answers::WideSums(wide, scale), order, groups);
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
            Answers::Extremes(few, scale, least) => {
                let number = |score| Exact::from_scaled(i128::from(score), scale);
                Self::Ranked(Ranked::of(&few, order, groups, |score| {
                    Best::of_score(*score, i64::wrapping_neg, number, least)
                }))
            }
            Answers::WideExtremes(few, scale, least) => {
                let number = |score| exact_wide(score, scale);
                Self::Ranked(Ranked::of(&few, order, groups, |score| {
                    Best::of_score(*score, i256::wrapping_neg, number, least)
                }))
            }
            Answers::Latest(few) => Self::Ranked(Ranked::of(&few, order, groups, |last: &Last| {
                Best::Last(last.clone())
            })),
        }
    }

    /// What groups of a partner say, those that are alike together: totals and ranks hang on the partners before.
    fn hash_alike(&self, partner: PartnerIx, all: &[Range<usize>], into: &mut impl Hasher) {
        match self {
            Self::Counts(totals) => all
                .iter()
                .for_each(|alike| (at(totals, alike.end) - at(totals, alike.start)).hash(into)),
            // A sum is hashed as the number it is: other partners' sums may have made all of them wide.
            Self::Sums(totals, scale) => all.iter().for_each(|alike| {
                let sum = at(totals, alike.end) - at(totals, alike.start);
                Exact::from_scaled(sum, *scale).hash(into);
            }),
            Self::WideSums(totals, scale) => all.iter().for_each(|alike| {
                let sum = at(totals, alike.end).wrapping_sub(at(totals, alike.start));
                exact_wide(sum, *scale).hash(into);
            }),
            Self::Ranked(ranked) => ranked.hash_alike(partner, all, into),
        }
    }
}

impl Ranked {
    /// Ranks the winners of groups that lie in this order.
    fn of<V: Wins>(
        few: &[Few<V>],
        order: &[u32],
        groups: &[Group],
        best_of: impl Fn(&V) -> Best,
    ) -> Self {
        let few = |at: usize| order.get(at).and_then(|at| few.get(*at as usize));
        let winners = Winners::of(few, groups);
        let mut falls: Vec<Fall> = Vec::with_capacity(winners.falling.len());
        let mut sorted: Vec<(V, Place)> = winners
            .standing
            .into_iter()
            .map(|(winner, group)| (winner, Place::Leaf(group)))
            .collect();
        for falling in winners.falling {
            let at = Place::Fall(falls.len());
            sorted.extend(falling.winner.map(|winner| (winner, at)));
            falls.push(Fall {
                group: falling.place,
                step: falling.step,
                rank: 0,
            });
        }
        sorted.sort_unstable();
        let leaves = groups.len();
        let mut tree = vec![0_u32; 2 * leaves];
        let mut best: Vec<Best> = Vec::new();
        let mut last: Option<V> = None;
        for (winner, place) in sorted {
            if last.as_ref() != Some(&winner) {
                best.push(best_of(&winner));
                last = Some(winner);
            }
            let slot = match place {
                Place::Leaf(group) => tree.get_mut(leaves + group),
                Place::Fall(fall) => falls.get_mut(fall).map(|fall| &mut fall.rank),
            };
            if let Some(slot) = slot {
                *slot = u32::try_from(best.len()).unwrap_or(u32::MAX);
            }
        }
        falls.sort_unstable();
        for parent in (1..leaves).rev() {
            let most = at_leaf(&tree, 2 * parent).max(at_leaf(&tree, 2 * parent + 1));
            if let Some(slot) = tree.get_mut(parent) {
                *slot = most;
            }
        }
        Self {
            tree,
            best,
            falls,
            unclear: winners.unclear,
        }
    }

    /// What wins in groups of a partner, and which falls became known with them.
    fn hash_alike(&self, partner: PartnerIx, all: &[Range<usize>], into: &mut impl Hasher) {
        let best = |rank: u32| self.best.get(rank.checked_sub(1)? as usize);
        self.unclear.contains(&partner).hash(into);
        // Steps are numbered through all partners; here they are by the order in which they come.
        let mut steps: BTreeMap<u32, usize> = BTreeMap::new();
        for alike in all {
            best(self.most(alike.clone())).hash(into);
            let falls = self.last_falls(std::slice::from_ref(alike));
            falls.len().hash(into);
            for (step, rank) in falls {
                let next = steps.len();
                (steps.entry(step).or_insert(next), best(rank)).hash(into);
            }
        }
    }

    /// The greatest rank of steps in which a winner fell, among groups that lie by when they became known.
    fn most_of_falls(&self, stretches: &[Range<usize>]) -> u32 {
        self.last_falls(stretches).into_values().max().unwrap_or(0)
    }

    /// The winner of each step in which one fell: what became known last says who wins.
    fn last_falls(&self, stretches: &[Range<usize>]) -> BTreeMap<u32, u32> {
        let mut last: BTreeMap<u32, u32> = BTreeMap::new();
        if self.falls.is_empty() {
            return last;
        }
        for range in stretches {
            let from = self.falls.partition_point(|fall| fall.group < range.start);
            let inside = self.falls.get(from..).unwrap_or_default().iter();
            for fall in inside.take_while(|fall| fall.group < range.end) {
                last.insert(fall.step, fall.rank);
            }
        }
        last
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

    fn groups(count: usize) -> Vec<Group> {
        let group = |step| Group {
            partner: PartnerIx(0),
            key: 0,
            known: 0,
            step: Step::new(step, 0),
            value: 0,
        };
        (0u32..).map(group).take(count).collect()
    }

    fn ranked(answers: Answers, count: usize) -> Ranked {
        let order: Vec<u32> = (0u32..).take(count).collect();
        match Kept::of(answers, &order, &groups(count)) {
            Kept::Ranked(ranked) => ranked,
            Kept::Counts(_) | Kept::Sums(..) | Kept::WideSums(..) => panic!("these are ranked"),
        }
    }

    fn only<V: Wins>(value: Option<V>) -> Few<V> {
        let mut few = Few::default();
        if let Some(value) = value {
            few.add(value, 1);
        }
        few
    }

    #[test]
    fn the_latest_of_two_groups_under_one_id_are_two() {
        // Found by generation: a correction that moves a fact from one partner to another leaves its day and its id.
        let last = |of| {
            only(Some(Last {
                dated: Some(1),
                id: "till/8".into(),
                of: number(of),
            }))
        };
        let ranked = ranked(Answers::Latest(vec![last(2), last(0)]), 2);
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
    fn a_winner_counts_until_its_withdrawal_became_known() {
        let mut groups = groups(4);
        for (group, (known, step)) in groups.iter_mut().zip([(0, 1), (0, 2), (3, 1), (5, 2)]) {
            (group.known, group.step) = (known, Step::new(step, 0));
        }
        let few = |rows: &[(i64, i64)]| {
            let mut few = Few::default();
            for (value, weight) in rows {
                few.add(*value, *weight);
            }
            few
        };
        let answers = Answers::Extremes(
            vec![
                few(&[(9, 1), (4, 1)]),
                few(&[(6, 1)]),
                few(&[(9, -1)]),
                few(&[(6, -1)]),
            ],
            0,
            false,
        );
        let kept = Kept::of(answers, &[0, 1, 2, 3], &groups);
        let partials = Partials {
            edges: Edges::default(),
            known_before: Vec::new(),
            keys: BTreeMap::new(),
            values: Vec::new(),
            starts: Vec::new(),
            groups,
            slots: vec![kept],
        };
        let best = |stretches: &[Range<usize>]| {
            let best = partials.best(0, stretches)?;
            best.number().cloned()
        };
        assert_eq!(
            best(std::slice::from_ref(&(0..2))),
            number(9),
            "before anything was withdrawn"
        );
        assert_eq!(
            best(&[0..2, 2..3]),
            number(6),
            "the first step fell to four"
        );
        assert_eq!(
            best(&[0..2, 2..3, 3..4]),
            number(4),
            "and nothing is left of the second"
        );
        assert_eq!(best(&[0..1, 2..3]), number(4), "in the first step alone");
        assert_eq!(best(&[1..2, 3..4]), None, "in the second step alone");
    }

    #[test]
    fn the_tree_of_maxima_answers_as_a_walk_over_the_groups_does() {
        for count in 1..40_usize {
            let numbers: Vec<Option<i64>> = (0..count)
                .map(|at| (at % 5 != 3).then(|| i64::try_from((at * 7919) % 11).unwrap()))
                .collect();
            for least in [true, false] {
                let score = |number: i64| if least { -number } else { number };
                let few = numbers.iter().map(|number| only(number.map(score)));
                let ranked = ranked(Answers::Extremes(few.collect(), 1, least), count);
                for from in 0..=count {
                    for until in from..=count {
                        let walked = numbers.get(from..until).unwrap().iter().flatten();
                        let walked = if least { walked.min() } else { walked.max() };
                        let walked =
                            walked.map(|number| Exact::from_scaled(i128::from(*number), 1));
                        let rank = ranked.most(from..until) as usize;
                        let found = rank
                            .checked_sub(1)
                            .map(|rank| ranked.best.get(rank).unwrap().number().unwrap());
                        assert_eq!(found, walked.as_ref(), "{from}..{until} of {count}");
                    }
                }
            }
        }
    }
}
