//! The best few of some rows, each with the weight it stands with: what a smallest, largest or latest is worked out from when
//! rows are withdrawn.
//!
//! A list says everything about the values that are no worse than its last one, and nothing about those below it where it
//! was cut. Lists of different rows add up to the list of them all, in any order. What was withdrawn cancels what came, so
//! the winner is the first value that still has weight, and only where none is left in a list that was cut must the rows
//! themselves say which it is.

use std::cmp::Ordering;

use datafusion::arrow::datatypes::i256;
use smallvec::{SmallVec, smallvec};

/// So many different values are kept.
const KEPT: usize = 4;
/// The weight of a value that was withdrawn some number of times and may have come more often.
const WITHDRAWN: i64 = i64::MIN / 4;

/// Something of which the greatest wins.
pub trait Wins: Ord + Clone {
    /// Whether neither of two beats the other, though they may not be the same.
    fn ties(&self, other: &Self) -> bool {
        self == other
    }
}

impl Wins for i64 {}
impl Wins for i256 {}

/// Values with their weights; there is one list in each cell, so the usual ones lie in the list itself.
type Standing<V> = SmallVec<[(V, i64); KEPT]>;

/// The best few values of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Few<V> {
    /// From the best on; the last may have no weight where the list was cut.
    standing: Standing<V>,
    /// Whether there may be more below the last.
    is_cut: bool,
}

/// What some rows come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Winner<V> {
    /// There is no row.
    Nobody,
    /// This one wins.
    Is(V),
    /// The list does not tell.
    Unclear,
}

impl<V> Default for Few<V> {
    fn default() -> Self {
        Self {
            standing: SmallVec::new(),
            is_cut: false,
        }
    }
}

impl Few<i64> {
    /// The same list in the wide type.
    pub fn widened(&self) -> Few<i256> {
        let wide = |(value, weight): &(i64, i64)| (i256::from_i128(i128::from(*value)), *weight);
        Few {
            standing: self.standing.iter().map(wide).collect(),
            is_cut: self.is_cut,
        }
    }
}

impl<V: Wins> Few<V> {
    /// A list as it was taken apart; none where it is not in order.
    pub fn from_parts(standing: impl IntoIterator<Item = (V, i64)>, is_cut: bool) -> Option<Self> {
        let standing: Standing<V> = standing.into_iter().collect();
        let in_order = standing.is_sorted_by(|(one, _), (two, _)| one > two);
        (in_order && !(is_cut && standing.is_empty())).then_some(Self { standing, is_cut })
    }

    /// What is known where only the best that came and the best that was withdrawn are.
    ///
    /// A row that beats all that was withdrawn was not withdrawn itself, since a withdrawal says what its row said.
    pub fn of_best(came: Option<V>, withdrawn: Option<V>) -> Self {
        let beats = |came: &V, out: &V| came > out && !came.ties(out);
        let only = match (came, withdrawn) {
            (None, None) => return Self::default(),
            (Some(came), None) => (came, 1),
            (Some(came), Some(out)) if beats(&came, &out) => (came, 1),
            (_, Some(out)) => (out, WITHDRAWN),
        };
        Self {
            standing: smallvec![only],
            is_cut: true,
        }
    }

    /// The values with their weights, from the best on.
    pub fn standing(&self) -> &[(V, i64)] {
        &self.standing
    }

    /// Whether there may be more below the last.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The last value, where nothing below it matters any more.
    pub fn floor(&self) -> Option<&V> {
        let last = self.standing.last().filter(|_| self.is_cut);
        last.map(|(value, _)| value)
    }

    /// Adds a row of some weight.
    pub fn add(&mut self, value: V, weight: i64) {
        if let Some(floor) = self.floor()
            && value < *floor
            && !value.ties(floor)
        {
            return;
        }
        let at = self.standing.partition_point(|(known, _)| *known > value);
        let is_floor = self.is_cut && at + 1 == self.standing.len();
        match self.standing.get_mut(at) {
            Some((known, sum)) if *known == value => {
                *sum = sum.saturating_add(weight);
                if *sum == 0 && !is_floor {
                    self.standing.remove(at);
                }
            }
            Some(_) | None => {
                self.standing.insert(at, (value, weight));
                self.cut();
            }
        }
    }

    /// Adds what another list says of other rows.
    pub fn merge(&mut self, other: &Self) {
        if other.standing.is_empty() {
            return;
        }
        if self.standing.is_empty() {
            self.clone_from(other);
            return;
        }
        let floor = self.floor().max(other.floor()).cloned();
        let mut all: Standing<V> = SmallVec::new();
        let (mut ours, mut theirs) = (self.standing.iter(), other.standing.iter());
        let (mut one, mut two) = (ours.next(), theirs.next());
        loop {
            let order = match (one, two) {
                (None, None) => break,
                (Some(_), None) => Ordering::Greater,
                (None, Some(_)) => Ordering::Less,
                (Some((one, _)), Some((two, _))) => one.cmp(two),
            };
            let mut sum = 0_i64;
            let mut value = None;
            if order.is_ge() {
                if let Some((known, weight)) = one {
                    (value, sum) = (Some(known), *weight);
                }
                one = ours.next();
            }
            if order.is_le() {
                if let Some((known, weight)) = two {
                    (value, sum) = (Some(known), sum.saturating_add(*weight));
                }
                two = theirs.next();
            }
            let Some(value) = value else { break };
            let is_below = floor
                .as_ref()
                .is_some_and(|floor| value < floor && !value.ties(floor));
            if is_below {
                break;
            }
            all.push((value.clone(), sum));
        }
        self.is_cut = floor.is_some();
        let last = all.len().saturating_sub(1);
        let is_cut = self.is_cut;
        let mut at = 0..;
        all.retain(|(_, weight)| {
            let is_floor = at.next() == Some(last) && is_cut;
            *weight != 0 || is_floor
        });
        self.standing = all;
        self.cut();
    }

    /// Leaves the best few, and whatever ties with the last of them.
    fn cut(&mut self) {
        let mut until = KEPT;
        while let (Some((last, _)), Some((next, _))) =
            (self.standing.get(until - 1), self.standing.get(until))
        {
            if !last.ties(next) {
                self.standing.truncate(until);
                self.is_cut = true;
                return;
            }
            until += 1;
        }
    }

    /// Who wins.
    pub fn winner(&self) -> Winner<V> {
        if self.standing.iter().any(|(_, weight)| *weight < 0) {
            return Winner::Unclear;
        }
        match self.standing.iter().find(|(_, weight)| *weight > 0) {
            Some((value, _)) => Winner::Is(value.clone()),
            None if self.is_cut => Winner::Unclear,
            None => Winner::Nobody,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Names tie where their first letters are the same.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Named(u8, u8);

    impl Wins for Named {
        fn ties(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }

    fn listed<V: Wins>(rows: &[(V, i64)]) -> Few<V> {
        let mut few = Few::default();
        for (value, weight) in rows {
            few.add(value.clone(), *weight);
        }
        few
    }

    /// What a list must say of rows: everything, down to its last value.
    fn held<V: Wins + std::fmt::Debug>(few: &Few<V>, rows: &[(V, i64)]) {
        let mut weights: BTreeMap<V, i64> = BTreeMap::new();
        for (value, weight) in rows {
            *weights.entry(value.clone()).or_default() += weight;
        }
        let is_told = |value: &V| {
            few.floor()
                .is_none_or(|floor| value >= floor || value.ties(floor))
        };
        let expected: Vec<(V, i64)> = weights
            .into_iter()
            .rev()
            .filter(|(value, weight)| is_told(value) && *weight != 0)
            .collect();
        let told: Vec<(V, i64)> = few
            .standing()
            .iter()
            .filter(|(_, weight)| *weight != 0)
            .cloned()
            .collect();
        assert_eq!(told, expected, "{few:?} of {rows:?}");
    }

    fn rows() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0_i64..12, prop_oneof![Just(1_i64), Just(-1)]), 0..40)
    }

    proptest! {
        #[test]
        fn a_list_says_everything_down_to_its_last_value(rows in rows()) {
            held(&listed(&rows), &rows);
            let named: Vec<(Named, i64)> = rows
                .iter()
                .map(|(value, weight)| {
                    let value = u8::try_from(*value).unwrap();
                    (Named(value / 3, value % 3), *weight)
                })
                .collect();
            held(&listed(&named), &named);
        }

        #[test]
        fn lists_of_parts_add_up_to_a_list_of_all(parts in prop::collection::vec(rows(), 0..6)) {
            let mut sum = Few::default();
            for part in &parts {
                sum.merge(&listed(part));
            }
            held(&sum, &parts.concat());
        }

        #[test]
        fn what_wins_is_what_stands(came in prop::collection::vec(0_i64..30, 0..40), out in any::<u64>()) {
            // Every other row or so is withdrawn later.
            let withdrawn = came
                .iter()
                .enumerate()
                .filter(|(at, _)| out >> at & 1 == 1)
                .map(|(_, value)| (*value, -1));
            let rows: Vec<(i64, i64)> = came.iter().map(|value| (*value, 1)).chain(withdrawn).collect();
            let stands = came
                .iter()
                .enumerate()
                .filter(|(at, _)| out >> at & 1 == 0)
                .map(|(_, value)| *value)
                .max();
            match (listed(&rows).winner(), stands) {
                (Winner::Is(value), stands) => prop_assert_eq!(Some(value), stands),
                (Winner::Nobody, stands) => prop_assert_eq!(None, stands),
                (Winner::Unclear, _) => {}
            }
        }
    }

    #[test]
    fn a_withdrawn_winner_is_followed_by_the_next() {
        let mut few = listed(&[(5_i64, 1), (9, 1), (7, 1)]);
        assert_eq!(few.winner(), Winner::Is(9));
        few.add(9, -1);
        assert_eq!(few.winner(), Winner::Is(7));
        few.add(7, -1);
        few.add(5, -1);
        assert_eq!(few.winner(), Winner::Nobody);
    }

    #[test]
    fn a_list_that_was_cut_and_used_up_does_not_tell() {
        let rows: Vec<(i64, i64)> = (0..9).map(|value| (value, 1)).collect();
        let mut few = listed(&rows);
        for value in (5..9).rev() {
            assert_eq!(few.winner(), Winner::Is(value));
            few.add(value, -1);
        }
        assert_eq!(few.winner(), Winner::Unclear);
        few.add(8, 1);
        assert_eq!(few.winner(), Winner::Is(8), "a better one came since");
    }

    #[test]
    fn of_the_best_alone_a_withdrawn_one_that_does_not_lose_is_unclear() {
        let winner = |came, out| Few::<i64>::of_best(came, out).winner();
        assert_eq!(winner(None, None), Winner::Nobody);
        assert_eq!(winner(Some(3), None), Winner::Is(3));
        assert_eq!(winner(Some(3), Some(2)), Winner::Is(3));
        assert_eq!(winner(Some(3), Some(3)), Winner::Unclear);
        assert_eq!(winner(None, Some(3)), Winner::Unclear);
        let mut earlier = Few::of_best(Some(4_i64), None);
        earlier.merge(&Few::of_best(Some(1), Some(3)));
        assert_eq!(earlier.winner(), Winner::Is(4));
        earlier.merge(&Few::of_best(None, Some(4)));
        assert_eq!(earlier.winner(), Winner::Unclear);
    }
}
