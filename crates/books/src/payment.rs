//! What is paid: everything payable of a partner in one currency, less what was overpaid before.
//!
//! A payment takes each payable amount whole, so that every cent of it leads to the settlement that earned it, and what was
//! overpaid in closed periods as far as the plan allows. Nothing is paid that is not above zero: what a partner owes waits for a
//! later payment (LAW-36).

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;

use crate::posting::{Account, Booked, Key, Posting, posting};
use trueup_base::date::Date;

/// One payment to a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// To whom.
    pub partner: PartnerId,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units, above zero.
    pub amount: i64,
    /// What is payable and goes with it, by what it is for.
    pub payable: BTreeMap<Key, i64>,
    /// What was overpaid and is taken from it; below zero where too much was taken before.
    pub recovered: BTreeMap<Key, i64>,
}

/// What may be paid of the balances of all accounts. What is held back is left where it is, whichever side it favours. Of each
/// payment at most a part goes to what was overpaid, the oldest settlement first, rounded down to minor units.
#[must_use]
pub fn payments(
    balances: &Booked,
    is_held_back: &dyn Fn(&Key) -> bool,
    at_most: &dyn Fn(&Key) -> Exact,
) -> Vec<Payment> {
    let mut found: BTreeMap<(&PartnerId, Currency), Payment> = BTreeMap::new();
    let mut overpaid: Vec<(&Key, i64)> = Vec::new();
    for ((account, key), amount) in balances {
        if *amount == 0 || is_held_back(key) {
            continue;
        }
        match account {
            Account::Payable => {
                let payment = of(&mut found, key);
                payment.payable.insert(key.clone(), -amount);
                payment.amount = payment.amount.saturating_sub(*amount);
            }
            Account::Overpaid => {
                of(&mut found, key);
                overpaid.push((key, *amount));
            }
            Account::Expense
            | Account::Accrued
            | Account::Held
            | Account::Forfeited
            | Account::Recoverable
            | Account::Invoiced
            | Account::Ordered
            | Account::Paid
            | Account::SetAside
            | Account::Fund
            | Account::WrittenOff => {}
        }
    }
    overpaid.sort_by_key(|(key, _)| (key.settled_on, *key));
    // What was taken and should not have been comes first: it is paid back whole, and what is then paid can bear more.
    let (back, owed): (Vec<_>, Vec<_>) = overpaid.into_iter().partition(|(_, amount)| *amount < 0);
    for (key, amount) in back {
        let payment = of(&mut found, key);
        payment.amount = payment.amount.saturating_sub(amount);
        payment.recovered.insert(key.clone(), amount);
    }
    let whole: BTreeMap<(PartnerId, Currency), i64> = found
        .values()
        .map(|one| ((one.partner.clone(), one.currency), one.amount))
        .collect();
    for (key, amount) in owed {
        let place = (key.partner.clone(), key.currency);
        let whole = whole.get(&place).copied().unwrap_or_default();
        let payment = of(&mut found, key);
        let most = &at_most(key) * &Exact::from_scaled(i128::from(whole), 0);
        let most = most.floor().to_i64().unwrap_or_default();
        let taken = whole.saturating_sub(payment.amount);
        let room = most.saturating_sub(taken).max(0);
        let part = amount.min(room);
        if part > 0 {
            payment.amount -= part;
            payment.recovered.insert(key.clone(), part);
        }
    }
    found
        .into_values()
        .filter(|payment| payment.amount > 0)
        .collect()
}

fn of<'k, 'p>(
    found: &'p mut BTreeMap<(&'k PartnerId, Currency), Payment>,
    key: &'k Key,
) -> &'p mut Payment {
    found
        .entry((&key.partner, key.currency))
        .or_insert_with(|| Payment {
            partner: key.partner.clone(),
            currency: key.currency,
            amount: 0,
            payable: BTreeMap::new(),
            recovered: BTreeMap::new(),
        })
}

impl Payment {
    /// What ordering it posts: it is no longer payable, and what was recovered is no longer overpaid.
    #[must_use]
    pub fn ordered(&self, open_from: Option<Date>) -> Vec<Posting> {
        let both = |account, key: &Key, amount: i64| {
            [
                posting(account, key, amount, open_from),
                posting(Account::Ordered, key, -amount, open_from),
            ]
        };
        let payable = self.payable.iter();
        let recovered = self.recovered.iter();
        payable
            .flat_map(|(key, amount)| both(Account::Payable, key, *amount))
            .chain(recovered.flat_map(|(key, amount)| both(Account::Overpaid, key, -amount)))
            .collect()
    }
}

/// What a bank's word on a payment posts, from what ordering it posted: paid, it has left; returned, everything is as it was
/// before it was ordered (LAW-19). A payment that was said to be paid may still come back.
#[must_use]
pub fn reported(
    ordered: &[Posting],
    was_paid: bool,
    is_paid: bool,
    open_from: Option<Date>,
) -> Vec<Posting> {
    let from = match was_paid {
        true => Account::Paid,
        false => Account::Ordered,
    };
    let mut postings = Vec::new();
    for one in ordered {
        let (account, amount) = match (one.account, is_paid) {
            (Account::Ordered, true) => (Account::Paid, one.amount),
            (Account::Ordered, false) => continue,
            (_, true) => continue,
            (account, false) => (account, -one.amount),
        };
        postings.push(posting(account, &one.key, amount, open_from));
        postings.push(posting(from, &one.key, -amount, open_from));
    }
    postings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Batch, BatchKind};
    use crate::testing::{book, key};
    use proptest::prelude::*;

    fn half(_: &Key) -> Exact {
        Exact::from_scaled(5, 1)
    }

    #[test]
    fn a_payment_takes_all_that_is_payable_and_half_of_it_for_what_was_overpaid() {
        let balances = Booked::from([
            ((Account::Payable, key(1, 1)), -900),
            ((Account::Payable, key(1, 2)), -101),
            ((Account::Overpaid, key(1, 3)), 800),
            ((Account::Held, key(1, 2)), -5_000),
        ]);
        let found = payments(&balances, &|_| false, &half);
        assert_eq!(found.len(), 1);
        let payment = found.first().expect("one");
        assert_eq!(
            payment.amount, 501,
            "half of 1001 goes, rounded down to 500"
        );
        assert_eq!(payment.recovered, BTreeMap::from([(key(1, 3), 500)]));
        // A dispute of one line holds that money and no other.
        let held_back = payments(&balances, &|one| *one == key(1, 1), &half);
        assert_eq!(held_back.first().map(|one| one.amount), Some(51));
    }

    #[test]
    fn what_a_partner_owes_waits() {
        let balances = Booked::from([
            ((Account::Payable, key(1, 1)), 300),
            ((Account::Payable, key(1, 2)), -200),
            ((Account::Payable, key(2, 2)), -200),
        ]);
        let found = payments(&balances, &|_| false, &half);
        let partners: Vec<&str> = found.iter().map(|one| one.partner.as_str()).collect();
        assert_eq!(partners, ["P-2"]);
    }

    #[test]
    fn what_was_taken_too_much_is_paid_back() {
        let balances = Booked::from([((Account::Overpaid, key(1, 1)), -300)]);
        let found = payments(&balances, &|_| false, &half);
        assert_eq!(found.first().map(|one| one.amount), Some(300));
    }

    proptest! {
        /// LAW-16, LAW-18, LAW-19, LAW-34 to LAW-36: a payment is above zero and takes no more than a half of what is payable; its
        /// postings balance and come to its amount; ordered once, nothing is left to order; returned, everything is as it was.
        #[test]
        fn a_payment_is_what_its_postings_come_to_and_comes_back_whole(
            amounts in prop::collection::btree_map((any::<bool>(), 0u8..3, 1u8..6), -10_000i64..10_000, 0..16)
        ) {
            let mut balances: Booked = amounts
                .iter()
                .filter(|(_, amount)| **amount != 0)
                .map(|((overpaid, partner, month), amount)| {
                    let account = if *overpaid { Account::Overpaid } else { Account::Payable };
                    ((account, key(*partner, *month)), *amount)
                })
                .collect();
            let before = balances.clone();
            for payment in payments(&balances.clone(), &|_| false, &half) {
                prop_assert!(payment.amount > 0);
                let ordered = payment.ordered(None);
                prop_assert!(Batch::new(1, BatchKind::Payment, String::new(), ordered.clone()).is_balanced());
                let sum: i64 = ordered.iter().filter(|one| one.account == Account::Ordered).map(|one| one.amount).sum();
                prop_assert_eq!(-sum, payment.amount);
                let taken: i64 = payment.recovered.values().filter(|one| **one > 0).sum();
                prop_assert!(taken <= payment.amount + 1);
                book(&mut balances, &ordered);
                let again = payments(&balances, &|_| false, &half);
                prop_assert!(again.iter().all(|one| one.partner != payment.partner));
                for was_paid in [false, true] {
                    let mut later = balances.clone();
                    if was_paid {
                        book(&mut later, &reported(&ordered, false, true, None));
                        let paid = later.iter().filter(|((account, key), _)| {
                            *account == Account::Paid && key.partner == payment.partner
                        });
                        prop_assert_eq!(-paid.map(|(_, amount)| *amount).sum::<i64>(), payment.amount);
                    }
                    book(&mut later, &reported(&ordered, was_paid, false, None));
                    let of = |all: &Booked| all.iter().filter(|((_, key), _)| key.partner == payment.partner)
                        .map(|(place, amount)| (place.clone(), *amount)).collect::<Booked>();
                    prop_assert_eq!(of(&later), of(&before));
                }
            }
        }
    }
}
