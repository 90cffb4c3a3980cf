//! Opening balances: what another system kept for partners before, taken over on a day.

use trueup_base::date::Date;

use crate::posting::{Account, Key, Posting, posting};

/// The accounts on which something can be taken over.
pub const TAKEN_OVER: [Account; 7] = [
    Account::Accrued,
    Account::Held,
    Account::Forfeited,
    Account::Payable,
    Account::Paid,
    Account::Recoverable,
    Account::Overpaid,
];

/// What another system kept for a key on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What it is for.
    pub key: Key,
    /// One of [`TAKEN_OVER`].
    pub account: Account,
    /// In minor units of the currency, above zero; on recoverable and overpaid it is what the partner owes.
    pub amount: i64,
}

/// What taking over posts: first what was earned and what became of it, as a run and a closing would have posted it, then what was
/// paid of it. So a run over facts of the time before posts its difference and nothing twice.
#[must_use]
pub fn opened(openings: &[Opening], open_from: Option<Date>) -> (Vec<Posting>, Vec<Posting>) {
    let (mut earned, mut paid) = (Vec::new(), Vec::new());
    for Opening {
        key,
        account,
        amount,
    } in openings
    {
        let (on, amount) = match account {
            Account::Recoverable | Account::Overpaid => (*account, -amount),
            Account::Paid => (Account::Payable, *amount),
            Account::Expense
            | Account::Accrued
            | Account::Held
            | Account::Forfeited
            | Account::Payable
            | Account::Invoiced
            | Account::Ordered
            | Account::SetAside
            | Account::Fund
            | Account::WrittenOff => (*account, *amount),
        };
        earned.push(posting(Account::Expense, key, amount, open_from));
        earned.push(posting(on, key, -amount, open_from));
        if *account == Account::Paid {
            paid.push(posting(Account::Payable, key, amount, open_from));
            paid.push(posting(Account::Paid, key, -amount, open_from));
        }
    }
    (earned, paid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use trueup_base::date::parse_date;
    use trueup_base::id::PartnerId;
    use trueup_base::money::Currency;

    fn key(component: u8) -> Key {
        Key {
            partner: PartnerId::new("P-1").expect("a partner"),
            plan: "reseller".to_owned(),
            component: format!("component_{component}"),
            settled_on: parse_date("2026-03-31").expect("a day"),
            currency: Currency::parse("EUR").expect("a currency"),
        }
    }

    proptest! {
        /// LAW-11: both batches come to zero for each key, and each account comes to what was taken over.
        #[test]
        fn what_is_taken_over_balances_and_stands_where_it_stood(
            taken in prop::collection::btree_map((0u8..3, 0usize..7), 1i64..1_000_000, 1..12)
        ) {
            let openings: Vec<Opening> = taken
                .iter()
                .map(|((component, account), amount)| Opening {
                    key: key(*component),
                    account: TAKEN_OVER[*account],
                    amount: *amount,
                })
                .collect();
            let (earned, paid) = opened(&openings, None);
            let mut sums: BTreeMap<(Account, Key), i64> = BTreeMap::new();
            for batch in [&earned, &paid] {
                let mut rests: BTreeMap<&Key, i64> = BTreeMap::new();
                for posting in batch {
                    *rests.entry(&posting.key).or_default() += posting.amount;
                    *sums.entry((posting.account, posting.key.clone())).or_default() += posting.amount;
                }
                prop_assert!(rests.values().all(|rest| *rest == 0));
            }
            for opening in &openings {
                let owed = matches!(opening.account, Account::Recoverable | Account::Overpaid);
                let should = if owed { opening.amount } else { -opening.amount };
                prop_assert_eq!(sums.get(&(opening.account, opening.key.clone())), Some(&should));
            }
        }
    }
}
