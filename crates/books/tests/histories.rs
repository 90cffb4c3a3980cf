//! Random histories of closings, payouts, what banks say of them, disputes and exceptions: whatever happens in whatever order, money is
//! neither made nor lost.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{
    Account, Batch, BatchKind, Booked, Key, Moves, Payment, Posting, excepted, on, payments,
    reported, settle,
};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    /// A closing, by what a run then says of each key: earned, the part released of twelve, the part lost of twelve.
    Close(BTreeMap<(u8, u8), (i64, i64, i64)>),
    /// Everything payable is ordered, but for one disputed key.
    Pay((u8, u8)),
    /// A bank says of one of the payments that are open, or paid, that it was paid or came back.
    Report(usize, bool),
    /// An exception.
    Except((u8, u8), i64),
}

fn place() -> impl Strategy<Value = (u8, u8)> {
    (0u8..3, 1u8..4)
}

fn step() -> impl Strategy<Value = Step> {
    let said = (0i64..100_000, 0i64..=8, 0i64..=4);
    prop_oneof![
        prop::collection::btree_map(place(), said, 1..8).prop_map(Step::Close),
        place().prop_map(Step::Pay),
        (any::<usize>(), any::<bool>()).prop_map(|(which, is_paid)| Step::Report(which, is_paid)),
        (place(), -5_000i64..5_000).prop_map(|(place, amount)| Step::Except(place, amount)),
    ]
}

fn key((partner, month): (u8, u8), plan: &str) -> Key {
    Key {
        partner: PartnerId::new(format!("P-{partner}")).expect("a partner"),
        plan: plan.to_owned(),
        component: "bonus".to_owned(),
        settled_on: parse_date(&format!("2026-{month:02}-28")).expect("a day"),
        currency: Currency::parse(["JPY", "EUR", "KWD"][usize::from(partner)]).expect("a currency"),
    }
}

/// A payment on its way.
struct Sent {
    payment: Payment,
    ordered: Vec<Posting>,
    /// Paid, or nothing said yet; gone from the list once it came back.
    is_paid: bool,
}

/// The books, and beside them what any accountant would keep by hand.
#[derive(Default)]
struct World {
    /// What every batch posted, by kind and account and key.
    runs: Booked,
    all: Booked,
    batches: u64,
    sent: Vec<Sent>,
    /// By hand: what exceptions came to for each partner.
    excepted: BTreeMap<PartnerId, i64>,
    said: BTreeMap<Key, Moves>,
}

impl World {
    fn post(&mut self, kind: BatchKind, postings: &[Posting]) {
        if postings.is_empty() {
            return;
        }
        self.batches += 1;
        let batch = Batch::new(
            self.batches,
            kind,
            "what is said".to_owned(),
            postings.to_vec(),
        );
        let mut keys: BTreeMap<&Key, i64> = BTreeMap::new();
        for posting in batch.postings() {
            *keys.entry(&posting.key).or_default() += posting.amount;
            let place = (posting.account, posting.key.clone());
            if kind == BatchKind::Closing {
                *self.runs.entry(place.clone()).or_default() += posting.amount;
            }
            *self.all.entry(place).or_default() += posting.amount;
        }
        // LAW-16, of each key alone: a payment opens down to what earned it.
        assert!(keys.values().all(|sum| *sum == 0), "{keys:?}");
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Close(said) => {
                for (place, (earned, released, lost)) in said {
                    let moves = Moves {
                        earned: *earned,
                        released: earned * released / 12,
                        forfeited: earned * lost / 12,
                        ..Moves::default()
                    };
                    self.said.insert(key(*place, "reseller"), moves);
                }
                let postings = settle(&self.said, &self.runs, None, &|_| true);
                self.post(BatchKind::Closing, &postings);
                assert!(settle(&self.said, &self.runs, None, &|_| true).is_empty());
            }
            Step::Pay(disputed) => {
                let disputed = key(*disputed, "reseller");
                let half = |_: &Key| Exact::from_scaled(5, 1);
                let found = payments(&self.all, &|key| *key == disputed, &half);
                let before = on(&self.all, Account::Payable, &disputed);
                for payment in found {
                    assert!(payment.amount > 0, "LAW-36");
                    let ordered = payment.ordered(None);
                    self.post(BatchKind::Payment, &ordered);
                    self.sent.push(Sent {
                        payment,
                        ordered,
                        is_paid: false,
                    });
                }
                assert_eq!(on(&self.all, Account::Payable, &disputed), before);
            }
            Step::Report(which, is_paid) => {
                let Some(count) = Some(self.sent.len()).filter(|count| *count > 0) else {
                    return;
                };
                let sent = self.sent.swap_remove(which % count);
                // What is paid already can only come back.
                let is_paid = *is_paid && !sent.is_paid;
                let postings = reported(&sent.ordered, sent.is_paid, is_paid, None);
                self.post(BatchKind::Payment, &postings);
                if is_paid {
                    self.sent.push(Sent { is_paid, ..sent });
                }
            }
            Step::Except(_, 0) => {}
            Step::Except(place, amount) => {
                let key = key(*place, "exception");
                *self.excepted.entry(key.partner.clone()).or_default() += amount;
                let postings = excepted(&key, *amount, None);
                self.post(BatchKind::Exception, &postings);
            }
        }
    }

    fn sum(&self, partner: &PartnerId, account: Account) -> i64 {
        let of = self
            .all
            .iter()
            .filter(|((one, key), _)| *one == account && key.partner == *partner);
        of.map(|(_, amount)| amount).sum()
    }

    fn holds(&self) {
        let partners: BTreeSet<&PartnerId> = self.all.keys().map(|(_, key)| &key.partner).collect();
        for partner in partners {
            let sum = |account| self.sum(partner, account);
            let said = self.said.iter().filter(|(key, _)| key.partner == *partner);
            let (mut earned, mut held, mut lost) = (0, 0, 0);
            for (_, moves) in said {
                earned += moves.earned;
                held += moves.earned - moves.released - moves.forfeited;
                lost += moves.forfeited;
            }
            let excepted = self.excepted.get(partner).copied().unwrap_or_default();
            // What was earned is what the last run says, and what exceptions give.
            assert_eq!(sum(Account::Expense), earned + excepted);
            assert_eq!(-sum(Account::Held), held);
            assert_eq!(-sum(Account::Forfeited), lost);
            // LAW-34: what is to be paid, less what was too much, and what was ordered and paid is all that was released.
            let due = -sum(Account::Payable) - sum(Account::Overpaid);
            let gone = -sum(Account::Ordered) - sum(Account::Paid);
            assert_eq!(due + gone, earned - held - lost + excepted);
            // LAW-35: what is ordered and paid is what the payments say that did not come back.
            let mine = self
                .sent
                .iter()
                .filter(|one| one.payment.partner == *partner);
            let (mut ordered, mut paid) = (0, 0);
            for one in mine {
                match one.is_paid {
                    true => paid += one.payment.amount,
                    false => ordered += one.payment.amount,
                }
            }
            assert_eq!(
                (-sum(Account::Ordered), -sum(Account::Paid)),
                (ordered, paid)
            );
        }
    }
}

proptest! {
    /// LAW-16, LAW-18 to LAW-20, LAW-34 to LAW-36.
    #[test]
    fn money_is_neither_made_nor_lost(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::default();
        for step in &steps {
            world.take(step);
            world.holds();
        }
    }

    /// Whatever a bank said meanwhile and whatever was disputed, paying until nothing is left pays all that was earned and released,
    /// unless the partner owes more than it earns.
    #[test]
    fn in_the_end_everybody_has_what_they_earned(steps in prop::collection::vec(step(), 1..20)) {
        let mut world = World::default();
        for step in &steps {
            world.take(step);
        }
        // No line of this partner is there: nothing is disputed.
        for _ in 0..80 {
            world.take(&Step::Pay((0, 9)));
        }
        world.holds();
        let partners: BTreeSet<PartnerId> = world.all.keys().map(|(_, key)| key.partner.clone()).collect();
        for partner in partners {
            prop_assert_eq!(world.sum(&partner, Account::Payable), 0, "all that is payable was ordered");
        }
    }
}
