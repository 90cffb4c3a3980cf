//! Which band of one table is which of the other: the pairing that leaves the least to be said.

use crate::diff::bands::Band;

/// A band of each side, or of one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pair {
    /// Both have it, by position.
    Both(usize, usize),
    /// Only the first has it.
    Gone(usize),
    /// Only the second has it.
    Come(usize),
}

/// What it costs to say that a bound lies elsewhere, or that a band pays otherwise.
const CHANGED: u32 = 10;
/// Both at once is said only where a band less and a band more would say more.
const BOTH: u32 = 22;
/// A band that one side has alone.
const ALONE: u32 = 13;

/// Beyond this many pairs of bands they are paired by their bounds alone, or by position.
const PAIRS_MAX: usize = 4_000_000;

/// Pairs bands in their order.
///
/// The pairing does not depend on which side is called the first: it is always looked for from the side whose texts
/// come first in their order, and turned back.
pub(super) fn aligned(
    (before, old): (&[Band], &[String]),
    (after, new): (&[Band], &[String]),
) -> Vec<Pair> {
    if old <= new {
        return from_first(before, after);
    }
    from_first(after, before)
        .into_iter()
        .map(|pair| match pair {
            Pair::Both(one, other) => Pair::Both(other, one),
            Pair::Gone(one) => Pair::Come(one),
            Pair::Come(one) => Pair::Gone(one),
        })
        .collect()
}

fn from_first(left: &[Band], right: &[Band]) -> Vec<Pair> {
    // Long tables differ in few places: what is the same at both ends is paired without a search.
    let same = |(one, other): &(&Band, &Band)| one.bound == other.bound && one.cells == other.cells;
    let head = left.iter().zip(right).take_while(same).count();
    let (rest_left, rest_right) = (
        left.get(head..).unwrap_or_default(),
        right.get(head..).unwrap_or_default(),
    );
    let tail = rest_left
        .iter()
        .rev()
        .zip(rest_right.iter().rev())
        .take_while(same)
        .count();
    let middle = (
        rest_left.get(..rest_left.len() - tail).unwrap_or_default(),
        rest_right
            .get(..rest_right.len() - tail)
            .unwrap_or_default(),
    );
    let mut pairs: Vec<Pair> = (0..head).map(|at| Pair::Both(at, at)).collect();
    if middle.0.len() * middle.1.len() > PAIRS_MAX {
        pairs.extend(by_bound(middle.0, middle.1, head));
    } else {
        pairs.extend(searched(middle.0, middle.1, head));
    }
    let (one, other) = (left.len() - tail, right.len() - tail);
    pairs.extend((0..tail).map(|at| Pair::Both(one + at, other + at)));
    pairs
}

/// The cheapest way, from the end to the beginning, then read forward.
fn searched(left: &[Band], right: &[Band], head: usize) -> Vec<Pair> {
    let width = right.len() + 1;
    let mut cost = vec![0u32; (left.len() + 1) * width];
    let at = |one: usize, other: usize| one * width + other;
    let get = |cost: &[u32], one: usize, other: usize| cost.get(at(one, other)).copied();
    for one in (0..=left.len()).rev() {
        for other in (0..=right.len()).rev() {
            let both = match (left.get(one), right.get(other)) {
                (Some(a), Some(b)) => {
                    get(&cost, one + 1, other + 1).map(|rest| rest + paired(a, b))
                }
                (_, _) => None,
            };
            let gone = (one < left.len())
                .then(|| get(&cost, one + 1, other))
                .flatten()
                .map(|rest| rest + ALONE);
            let come = (other < right.len())
                .then(|| get(&cost, one, other + 1))
                .flatten()
                .map(|rest| rest + ALONE);
            let least = [both, gone, come].into_iter().flatten().min();
            if let Some(slot) = cost.get_mut(at(one, other)) {
                *slot = least.unwrap_or(0);
            }
        }
    }
    let mut pairs = Vec::with_capacity(left.len().max(right.len()));
    let (mut one, mut other) = (0, 0);
    while one < left.len() || other < right.len() {
        let here = get(&cost, one, other);
        let is_both = match (left.get(one), right.get(other)) {
            (Some(a), Some(b)) => {
                get(&cost, one + 1, other + 1).map(|rest| rest + paired(a, b)) == here
            }
            (_, _) => false,
        };
        let is_gone =
            one < left.len() && get(&cost, one + 1, other).map(|rest| rest + ALONE) == here;
        if is_both {
            pairs.push(Pair::Both(head + one, head + other));
            (one, other) = (one + 1, other + 1);
        } else if is_gone {
            pairs.push(Pair::Gone(head + one));
            one += 1;
        } else {
            pairs.push(Pair::Come(head + other));
            other += 1;
        }
    }
    pairs
}

fn paired(one: &Band, other: &Band) -> u32 {
    match (one.bound == other.bound, one.cells == other.cells) {
        (true, true) => 0,
        (true, false) | (false, true) => CHANGED,
        (false, false) => BOTH,
    }
}

/// Pairs equal bounds; what lies between is alone.
fn by_bound(left: &[Band], right: &[Band], head: usize) -> Vec<Pair> {
    use std::collections::BTreeMap;
    let places: BTreeMap<_, usize> = right
        .iter()
        .enumerate()
        .map(|(at, band)| (band.bound, at))
        .collect();
    let mut pairs = Vec::new();
    let mut next = 0;
    for (one, band) in left.iter().enumerate() {
        match places.get(&band.bound) {
            Some(at) if *at >= next => {
                pairs.extend((next..*at).map(|other| Pair::Come(head + other)));
                pairs.push(Pair::Both(head + one, head + at));
                next = at + 1;
            }
            Some(_) | None => pairs.push(Pair::Gone(head + one)),
        }
    }
    pairs.extend((next..right.len()).map(|other| Pair::Come(head + other)));
    pairs
}
