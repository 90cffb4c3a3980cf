//! Which row wins in each step of days, once what was withdrawn is taken out.
//!
//! A withdrawal says what its row said, so it lies in the step of its row, though mostly in another group: it became known
//! later, or came in other files. The groups of a step are therefore taken together, as far as they were known by each day of
//! knowledge, and the winner is written to the group in which it became known. A window is made of whole steps, so
//! its winner is the best of theirs.

use std::collections::BTreeSet;

use trueup_engine::world::PartnerIx;

use super::few::{Few, Winner, Wins};
use super::partials::Group;

/// The winners of groups.
#[derive(Debug)]
pub struct Winners<V> {
    /// Each with the place of the group it is written to: the best of the groups known by a day wins.
    pub standing: Vec<(V, usize)>,
    /// The winners of steps in which a winner was withdrawn when more became known: the last of the groups known by a day
    /// says who wins.
    pub falling: Vec<Falling<V>>,
    /// Partners with a step whose winner is not known.
    pub unclear: BTreeSet<PartnerIx>,
}

/// Who wins in a step, from when a group became known.
#[derive(Debug)]
pub struct Falling<V> {
    /// The place of the group.
    pub place: usize,
    /// Which of the steps.
    pub step: u32,
    /// The winner, if there is one.
    pub winner: Option<V>,
}

impl<V: Wins> Winners<V> {
    /// The winners of groups in order, given what each of them says.
    pub fn of<'f>(few: impl Fn(usize) -> Option<&'f Few<V>>, groups: &[Group]) -> Self
    where
        V: 'f,
    {
        let mut winners = Self {
            standing: Vec::new(),
            falling: Vec::new(),
            unclear: BTreeSet::new(),
        };
        let mut at = 0;
        for of_key in groups.chunk_by(|one, two| (one.partner, one.key) == (two.partner, two.key)) {
            let mut places: Vec<usize> = (at..at + of_key.len()).collect();
            at += of_key.len();
            let group = |place: &usize| groups.get(*place).map(|group| (group.step, group.known));
            // Mostly everything was known from the start, and the groups lie by their steps already.
            if !places.is_sorted_by_key(group) {
                places.sort_by_key(group);
            }
            let is_one_step = |one: &usize, two: &usize| {
                group(one).map(|(step, _)| step) == group(two).map(|(step, _)| step)
            };
            for of_step in places.chunk_by(is_one_step) {
                winners.step(&few, groups, of_step);
            }
        }
        winners
    }

    /// Adds the winners of the groups of one step, which lie by when they became known.
    fn step<'f>(
        &mut self,
        few: &impl Fn(usize) -> Option<&'f Few<V>>,
        groups: &[Group],
        of_step: &[usize],
    ) where
        V: 'f,
    {
        let known = |place: &usize| groups.get(*place).map(|group| group.known);
        let mut so_far: Few<V> = Few::default();
        let mut by_known: Vec<(Option<V>, usize)> = Vec::new();
        for together in of_step.chunk_by(|one, two| known(one) == known(two)) {
            for few in together.iter().filter_map(|place| few(*place)) {
                so_far.merge(few);
            }
            let winner = match so_far.winner() {
                Winner::Is(winner) => Some(winner),
                Winner::Nobody => None,
                Winner::Unclear => return self.give_up(groups, together),
            };
            by_known.extend(together.first().map(|place| (winner, *place)));
        }
        if by_known.is_sorted_by(|(one, _), (two, _)| one <= two) {
            let standing = by_known.into_iter();
            self.standing
                .extend(standing.filter_map(|(winner, place)| Some((winner?, place))));
            return;
        }
        let step = match self.falling.last() {
            Some(last) => last.step.saturating_add(1),
            None => 0,
        };
        let falling = by_known.into_iter().map(|(winner, place)| Falling {
            place,
            step,
            winner,
        });
        self.falling.extend(falling);
    }

    fn give_up(&mut self, groups: &[Group], together: &[usize]) {
        let groups = together.iter().filter_map(|place| groups.get(*place));
        self.unclear.extend(groups.map(|group| group.partner));
    }
}

#[cfg(test)]
mod tests {
    use super::super::edges::Step;
    use super::*;

    fn group(partner: u32, known: u32, step: u32) -> Group {
        Group {
            partner: PartnerIx(partner),
            key: 0,
            known,
            step: Step::new(step, 0),
            value: 0,
        }
    }

    fn of(groups: &[(Group, &[(i64, i64)])]) -> Winners<i64> {
        let few: Vec<Few<i64>> = groups
            .iter()
            .map(|(_, rows)| {
                let mut few = Few::default();
                for (value, weight) in *rows {
                    few.add(*value, *weight);
                }
                few
            })
            .collect();
        let groups: Vec<Group> = groups.iter().map(|(group, _)| group.clone()).collect();
        Winners::of(|at| few.get(at), &groups)
    }

    fn winners(groups: &[(Group, &[(i64, i64)])]) -> (Vec<(i64, usize)>, Vec<u32>) {
        let winners = of(groups);
        assert!(winners.falling.is_empty());
        let unclear = winners.unclear.into_iter().map(|partner| partner.0);
        (winners.standing, unclear.collect())
    }

    #[test]
    fn what_is_withdrawn_in_another_group_of_the_step_does_not_win() {
        let found = winners(&[
            (group(0, 0, 1), &[(9, 1), (7, 1)]),
            (group(0, 0, 1), &[(9, -1)]),
            (group(0, 0, 2), &[(5, 1)]),
            (group(1, 0, 1), &[(9, 1)]),
        ]);
        assert_eq!(found, (vec![(7, 0), (5, 2), (9, 3)], vec![]));
    }

    #[test]
    fn what_becomes_known_later_wins_from_then_on() {
        let found = winners(&[
            (group(0, 0, 1), &[(7, 1)]),
            (group(0, 0, 2), &[(3, 1)]),
            (group(0, 2, 1), &[(9, 1)]),
        ]);
        assert_eq!(found, (vec![(7, 0), (9, 2), (3, 1)], vec![]));
    }

    #[test]
    fn a_winner_that_was_withdrawn_later_wins_until_then() {
        let found = of(&[
            (group(3, 0, 1), &[(9, 1), (7, 1)]),
            (group(3, 1, 1), &[(9, -1)]),
            (group(3, 2, 1), &[(7, -1)]),
            (group(4, 0, 1), &[(7, 1)]),
            (group(4, 1, 1), &[(7, -1)]),
        ]);
        let falling: Vec<(u32, usize, Option<i64>)> = found
            .falling
            .iter()
            .map(|falling| (falling.step, falling.place, falling.winner))
            .collect();
        assert_eq!(
            falling,
            [
                (0, 0, Some(9)),
                (0, 1, Some(7)),
                (0, 2, None),
                (1, 3, Some(7)),
                (1, 4, None)
            ]
        );
        assert_eq!((found.standing, found.unclear), (vec![], BTreeSet::new()));
    }

    #[test]
    fn a_loser_that_was_withdrawn_leaves_the_winner() {
        let found = winners(&[
            (group(3, 0, 1), &[(9, 1), (7, 1)]),
            (group(3, 1, 1), &[(7, -1)]),
        ]);
        assert_eq!(found, (vec![(9, 0), (9, 1)], vec![]));
    }

    #[test]
    fn a_withdrawal_of_what_never_came_leaves_the_partner_to_the_rows() {
        let found = winners(&[(group(4, 0, 1), &[(9, 1), (8, -1)])]);
        assert_eq!(found, (vec![], vec![4]));
    }
}
