//! What a closing makes of what was earned: held, payable, lost, or owed back.
//!
//! Of each key a run says what it posted and what became of that until a day ([`Moves`]): what a payment schedule released, what
//! was lost, what was taken back and from where. That is a balance on every account; a closing posts the difference to what is
//! booked, as an accrual does ([`settle`]). Each key balances by itself, so that one may be left out without harm.

use std::collections::BTreeMap;

use trueup_base::date::Date;

use crate::posting::{Account, Booked, Key, Posting, posting};

/// What became of a key's money by a day, in minor units. What a component posted is each at least zero; what a fund set aside,
/// gave and lost in one of its periods may lie below zero, where that corrects periods before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// What it posted above zero.
    pub earned: i64,
    /// What it posted below zero, without its sign.
    pub taken_back: i64,
    /// What became payable.
    pub released: i64,
    /// What was lost because a condition was false.
    pub forfeited: i64,
    /// What others that were taken back took of what it held.
    pub taken_from_held: i64,
    /// What was taken from payouts for it.
    pub taken_from_payouts: i64,
    /// What is invoiced for it.
    pub invoiced: i64,
    /// What a fund set aside.
    pub set_aside: i64,
    /// What claims got of a fund.
    pub reimbursed: i64,
    /// What of a fund expired.
    pub expired: i64,
    /// Whether nothing can be said of it yet: it stays as it is booked.
    pub is_open: bool,
}

impl Moves {
    /// What each account comes to.
    ///
    /// What others took of what it held stands against what they owe: over a partner's keys, recoverable is what is not made
    /// good yet.
    fn balances(&self) -> [(Account, i64); 9] {
        let held = self.earned - self.released - self.forfeited - self.taken_from_held;
        let recoverable =
            self.taken_back - self.taken_from_payouts - self.invoiced - self.taken_from_held;
        [
            (Account::Expense, self.earned - self.taken_back),
            (Account::Accrued, 0),
            (Account::Held, -held),
            (Account::Forfeited, -self.forfeited),
            (
                Account::Payable,
                self.taken_from_payouts - self.released - self.reimbursed,
            ),
            (Account::Recoverable, recoverable),
            (Account::Invoiced, self.invoiced),
            (Account::SetAside, self.set_aside - self.expired),
            (
                Account::Fund,
                self.reimbursed + self.expired - self.set_aside,
            ),
        ]
    }
}

/// What is booked of a key on an account.
type Side = (Account, i64);

/// What was posted of one key so far; an account may stand in it several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedKey {
    /// The key.
    pub key: Key,
    /// What was posted.
    pub sides: Vec<(Account, i64)>,
}

/// What is to be posted so that everything that is booked is as the moves say, for the keys covered, in the order of keys and
/// accounts. What once became payable stays payable: where it was too much, the difference is overpaid and is taken from later
/// payments.
#[must_use]
pub fn settle(
    moves: &BTreeMap<Key, Moves>,
    booked: &Booked,
    open_from: Option<Date>,
    is_covered: &dyn Fn(&Key) -> bool,
) -> Vec<Posting> {
    let sides = booked
        .iter()
        .map(|((account, key), amount)| (key, (*account, *amount)));
    settle_sides(moves, sides, open_from, is_covered)
}

/// The same of some keys alone, beside what was posted of them one by one: what is everyone's is settled partner by partner.
#[must_use]
pub fn settle_some(
    moves: &BTreeMap<Key, Moves>,
    booked: &[BookedKey],
    open_from: Option<Date>,
    is_covered: &dyn Fn(&Key) -> bool,
) -> Vec<Posting> {
    let sides = booked
        .iter()
        .flat_map(|of| of.sides.iter().map(|side| (&of.key, *side)));
    settle_sides(moves, sides, open_from, is_covered)
}

fn settle_sides<'k>(
    moves: &'k BTreeMap<Key, Moves>,
    booked: impl Iterator<Item = (&'k Key, Side)>,
    open_from: Option<Date>,
    is_covered: &dyn Fn(&Key) -> bool,
) -> Vec<Posting> {
    let nothing = Moves::default();
    let mut postings = Vec::new();
    // Both sides are walked through once, each in the order of keys: years of closed periods are among them.
    let mut keys: Vec<(&Key, Option<Side>)> = moves.keys().map(|key| (key, None)).collect();
    keys.extend(booked.map(|(key, side)| (key, Some(side))));
    // Stable, and made for what is in order by parts.
    keys.sort_by(|one, other| one.0.cmp(other.0));
    for of_key in keys.chunk_by(|one, other| one.0 == other.0) {
        let Some((key, _)) = of_key.first() else {
            continue;
        };
        let said = moves.get(key).unwrap_or(&nothing);
        if said.is_open || !is_covered(key) {
            continue;
        }
        let on = |account: Account| -> i64 {
            let sides = of_key.iter().filter_map(|(_, side)| *side);
            let on = sides.filter(|(found, _)| *found == account);
            on.map(|(_, amount)| amount).sum()
        };
        let mut overpaid = 0;
        for (account, mut balance) in said.balances() {
            let so_far = on(account);
            if account == Account::Payable && so_far < 0 && so_far < balance {
                overpaid = balance - so_far;
                balance = so_far;
            }
            post(&mut postings, (account, key), balance - so_far, open_from);
        }
        let so_far = on(Account::Overpaid);
        post(
            &mut postings,
            (Account::Overpaid, key),
            overpaid - so_far,
            open_from,
        );
    }
    postings
}

fn post(
    postings: &mut Vec<Posting>,
    (account, key): (Account, &Key),
    amount: i64,
    open_from: Option<Date>,
) {
    if amount != 0 {
        postings.push(posting(account, key, amount, open_from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Batch, BatchKind};
    use crate::posting::on;
    use crate::testing::{book, key};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Moves that can be: no more is released, lost and taken than was earned, and no more made good than was taken back.
    fn moves() -> impl Strategy<Value = Moves> {
        (0i64..100_000, 0i64..100_000, 0i64..=4, 0i64..=4, 0i64..=4).prop_map(
            |(earned, taken_back, first, second, third)| Moves {
                earned,
                taken_back,
                released: earned * first / 12,
                forfeited: earned * second / 12,
                taken_from_held: earned * third / 12,
                taken_from_payouts: taken_back * second / 8,
                invoiced: taken_back * third / 8,
                ..Moves::default()
            },
        )
    }

    fn world() -> impl Strategy<Value = BTreeMap<(u8, u8), Moves>> {
        prop::collection::btree_map((0u8..3, 1u8..5), moves(), 0..10)
    }

    fn keyed(world: &BTreeMap<(u8, u8), Moves>) -> BTreeMap<Key, Moves> {
        world
            .iter()
            .map(|((partner, month), moves)| (key(*partner, *month), *moves))
            .collect()
    }

    #[test]
    fn a_fund_sets_aside_gives_and_loses_and_what_is_open_stays_as_it_is() {
        let key = key(1, 3);
        let mut booked = Booked::new();
        let mut closed = |moves: Moves| {
            let moves = BTreeMap::from([(key.clone(), moves)]);
            let postings = settle(&moves, &booked, None, &|_| true);
            book(&mut booked, &postings);
            let posted = postings.iter().map(|one| (one.account, one.amount));
            posted.collect::<Vec<_>>()
        };
        use Account::{Fund, Overpaid, Payable, SetAside};
        let mut moves = Moves {
            set_aside: 1_000,
            ..Moves::default()
        };
        assert_eq!(closed(moves), [(SetAside, 1_000), (Fund, -1_000)]);
        moves.reimbursed = 300;
        assert_eq!(closed(moves), [(Payable, -300), (Fund, 300)]);
        moves.expired = 200;
        assert_eq!(closed(moves), [(SetAside, -200), (Fund, 200)]);
        let open = Moves {
            is_open: true,
            ..Moves::default()
        };
        assert_eq!(closed(open), []);
        // A claim that was corrected: what is payable stays so, and the rest is overpaid.
        moves.reimbursed = 100;
        assert_eq!(closed(moves), [(Fund, -200), (Overpaid, 200)]);
    }

    #[test]
    fn a_fifth_is_held_until_it_is_released_and_what_was_too_much_is_overpaid() {
        let key = key(1, 3);
        let mut booked = Booked::new();
        let mut closed = |moves: Moves| {
            let postings = settle(
                &BTreeMap::from([(key.clone(), moves)]),
                &booked,
                None,
                &|_| true,
            );
            book(&mut booked, &postings);
            let posted = postings.iter().map(|one| (one.account, one.amount));
            posted.collect::<Vec<_>>()
        };
        let mut moves = Moves {
            earned: 1_000,
            released: 800,
            ..Moves::default()
        };
        use Account::{Expense, Held, Overpaid, Payable};
        assert_eq!(
            closed(moves),
            [(Expense, 1_000), (Held, -200), (Payable, -800)]
        );
        assert_eq!(closed(moves), []);
        moves.released = 1_000;
        assert_eq!(closed(moves), [(Held, 200), (Payable, -200)]);
        // What came in since says that it was 400 and no more.
        moves = Moves {
            earned: 400,
            released: 400,
            ..Moves::default()
        };
        assert_eq!(closed(moves), [(Expense, -600), (Overpaid, 600)]);
        // And then that it was 700 after all.
        moves = Moves {
            earned: 700,
            released: 700,
            ..Moves::default()
        };
        assert_eq!(closed(moves), [(Expense, 300), (Overpaid, -300)]);
    }

    proptest! {
        /// LAW-16, LAW-18, LAW-20, LAW-34: whatever was closed before, every batch balances, closing again posts nothing, the
        /// expense is what the last run says, what is payable only grows but for what is recovered, and what became payable less what
        /// was overpaid is what the last run releases.
        #[test]
        fn whatever_was_closed_before_the_books_are_as_the_last_run_says(
            worlds in prop::collection::vec(world(), 1..6)
        ) {
            let mut booked = Booked::new();
            let mut one_by_one: Vec<BookedKey> = Vec::new();
            for (world, number) in worlds.iter().zip(1u64..) {
                let moves = keyed(world);
                let postings = settle(&moves, &booked, None, &|_| true);
                // Partner by partner, beside what was posted one by one, it is the same.
                let partners: BTreeSet<_> = moves.keys().chain(one_by_one.iter().map(|one| &one.key)).map(|key| key.partner.clone()).collect();
                let apart: Vec<_> = partners.iter().flat_map(|partner| {
                    let moves: BTreeMap<_, _> = moves.iter().filter(|(key, _)| key.partner == *partner).map(|(key, of)| (key.clone(), *of)).collect();
                    let booked: Vec<_> = one_by_one.iter().filter(|one| one.key.partner == *partner).cloned().collect();
                    settle_some(&moves, &booked, None, &|_| true)
                }).collect();
                prop_assert_eq!(&apart, &postings);
                let batch = Batch::new(number, BatchKind::Closing, "a run".to_owned(), postings.clone());
                prop_assert!(batch.is_balanced());
                for posting in &postings {
                    let so_far = on(&booked, posting.account, &posting.key);
                    prop_assert!(posting.account != Account::Payable || so_far >= 0 || posting.amount <= 0);
                }
                one_by_one.extend(postings.iter().map(|posting| BookedKey {
                    key: posting.key.clone(),
                    sides: vec![(posting.account, posting.amount)],
                }));
                book(&mut booked, &postings);
                prop_assert!(settle(&moves, &booked, None, &|_| true).is_empty());
                let keys: BTreeSet<&Key> = booked.keys().map(|(_, key)| key).collect();
                for key in keys {
                    let said = moves.get(key).copied().unwrap_or_default();
                    let sum: i64 = Account::ALL.iter().map(|one| on(&booked, *one, key)).sum();
                    prop_assert_eq!(sum, 0);
                    prop_assert_eq!(on(&booked, Account::Expense, key), said.earned - said.taken_back);
                    prop_assert_eq!(
                        on(&booked, Account::Payable, key) + on(&booked, Account::Overpaid, key),
                        said.taken_from_payouts - said.released
                    );
                    prop_assert!(on(&booked, Account::Overpaid, key) >= 0);
                }
            }
        }
    }
}
