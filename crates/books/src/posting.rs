//! Accounts, postings, and what is to be posted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;

/// An account. What the program costs, and what partners owe it, is a debit; what it owes a credit: debits are above zero,
/// credits below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What the program costs: what partners earned.
    Expense,
    /// What partners earned in what is not closed yet.
    Accrued,
    /// What a payment schedule keeps of what was earned.
    Held,
    /// What was lost because a schedule's condition was false: it lowers the cost.
    Forfeited,
    /// What is to be paid.
    Payable,
    /// What was taken back and is not made good yet.
    Recoverable,
    /// What was taken back and is invoiced.
    Invoiced,
    /// What became payable in a closed period and by what came in since was too much.
    Overpaid,
    /// What a bank was told to pay and has not said to have paid.
    Ordered,
    /// What was paid.
    Paid,
    /// What funds set aside for partners, less what expired: it is a cost.
    SetAside,
    /// What partners may still claim of what was set aside.
    Fund,
    /// What partners owed and was given up: it is a loss.
    WrittenOff,
}

impl Account {
    /// Every account.
    pub const ALL: [Self; 13] = [
        Self::Expense,
        Self::Accrued,
        Self::Held,
        Self::Forfeited,
        Self::Payable,
        Self::Recoverable,
        Self::Invoiced,
        Self::Overpaid,
        Self::Ordered,
        Self::Paid,
        Self::SetAside,
        Self::Fund,
        Self::WrittenOff,
    ];

    /// The account as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Expense => "expense",
            Self::Accrued => "accrued",
            Self::Held => "held",
            Self::Forfeited => "forfeited",
            Self::Payable => "payable",
            Self::Recoverable => "recoverable",
            Self::Invoiced => "invoiced",
            Self::Overpaid => "overpaid",
            Self::Ordered => "ordered",
            Self::Paid => "paid",
            Self::SetAside => "set_aside",
            Self::Fund => "fund",
            Self::WrittenOff => "written_off",
        }
    }

    /// The account of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|account| account.word() == word)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a posting is for: one component of one partner in one settlement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Who earned it.
    pub partner: PartnerId,
    /// Under which plan.
    pub plan: String,
    /// By which component.
    pub component: String,
    /// The settlement's last day.
    pub settled_on: Date,
    /// In which currency.
    pub currency: Currency,
}

/// An amount on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: Account,
    /// What it is for.
    pub key: Key,
    /// The day whose period it falls into: the settlement's last, or the first open one where that is closed.
    pub falls_on: Date,
    /// In minor units of the currency; debits are above zero.
    pub amount: i64,
}

impl Posting {
    /// The same where days before one are closed: it falls on that day at the earliest.
    #[must_use]
    pub fn within(mut self, open_from: Option<Date>) -> Self {
        let own = self.key.settled_on;
        self.falls_on = open_from.map_or(own, |open| open.max(own));
        self
    }
}

/// An amount that cannot be booked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountRefusal {
    /// Finer than the currency.
    #[error(
        "{amount} {currency} of {component} for {partner} is no whole number of minor units; let the component round to the currency's"
    )]
    Finer {
        /// Who earned it.
        partner: PartnerId,
        /// By which component.
        component: String,
        /// How much.
        amount: String,
        /// In which currency.
        currency: &'static str,
    },
    /// Beyond what books hold.
    #[error("{amount} {currency} of {component} for {partner} is more than books hold")]
    Beyond {
        /// Who earned it.
        partner: PartnerId,
        /// By which component.
        component: String,
        /// How much.
        amount: String,
        /// In which currency.
        currency: &'static str,
    },
    /// Two amounts for one key.
    #[error("{component} of {partner} stands twice in one settlement")]
    Twice {
        /// Who earned it.
        partner: PartnerId,
        /// By which component.
        component: String,
    },
}

/// What a run says is earned, in minor units, by what it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    amounts: BTreeMap<Key, i64>,
}

/// What was posted so far on each account for each key, by what follows from runs: payments are not among it.
pub type Booked = BTreeMap<(Account, Key), i64>;

/// The largest amount of one posting: differences of two of them, and sums of a million, fit.
const AMOUNT_MAX: i64 = i64::MAX >> 22;

/// An amount of a key in minor units of its currency.
///
/// # Errors
/// When it is finer than the currency, or beyond what books hold.
pub fn in_units(key: &Key, amount: &Exact) -> Result<i64, AmountRefusal> {
    let (partner, component) = (key.partner.clone(), key.component.clone());
    let currency = key.currency.code();
    let Some(units) = amount.to_scaled(key.currency.places()) else {
        return Err(AmountRefusal::Finer {
            partner,
            component,
            amount: amount.to_string(),
            currency,
        });
    };
    let units = i64::try_from(units)
        .ok()
        .filter(|units| (-AMOUNT_MAX..=AMOUNT_MAX).contains(units));
    units.ok_or_else(|| AmountRefusal::Beyond {
        partner,
        component,
        amount: amount.to_string(),
        currency,
    })
}

impl Target {
    /// Takes what a run says.
    ///
    /// # Errors
    /// When an amount cannot be booked.
    pub fn of(amounts: impl IntoIterator<Item = (Key, Exact)>) -> Result<Self, AmountRefusal> {
        let mut target = Self::default();
        for (key, amount) in amounts {
            let (partner, component) = (key.partner.clone(), key.component.clone());
            let units = in_units(&key, &amount)?;
            if target.amounts.insert(key, units).is_some() {
                return Err(AmountRefusal::Twice { partner, component });
            }
        }
        Ok(target)
    }

    /// What is earned for a key; nothing where the run says nothing of it.
    #[must_use]
    pub fn amount(&self, key: &Key) -> i64 {
        self.amounts.get(key).copied().unwrap_or_default()
    }
}

/// What is to be posted so that the expense that is booked becomes what a run says, for the keys that the run covers: of each an
/// expense and what is accrued for it, in the order of keys. What was booked and is earned no longer is taken back. What belongs
/// to a closed period falls on the first day that is open (LAW-20, LAW-21).
#[must_use]
pub fn converge(
    target: &Target,
    booked: &Booked,
    open_from: Option<Date>,
    is_covered: &dyn Fn(&Key) -> bool,
) -> Vec<Posting> {
    let expensed = booked
        .keys()
        .filter(|(account, _)| *account == Account::Expense)
        .map(|(_, key)| key);
    let keys: BTreeSet<&Key> = target.amounts.keys().chain(expensed).collect();
    let mut postings = Vec::new();
    for key in keys.into_iter().filter(|key| is_covered(key)) {
        // Both are within AMOUNT_MAX or sums of such, far from the ends.
        let amount = target
            .amount(key)
            .saturating_sub(on(booked, Account::Expense, key));
        if amount == 0 {
            continue;
        }
        for (account, amount) in [(Account::Expense, amount), (Account::Accrued, -amount)] {
            postings.push(posting(account, key, amount, open_from));
        }
    }
    postings
}

/// What is booked on an account for a key.
#[must_use]
pub fn on(booked: &Booked, account: Account, key: &Key) -> i64 {
    booked
        .get(&(account, key.clone()))
        .copied()
        .unwrap_or_default()
}

pub(crate) fn posting(
    account: Account,
    key: &Key,
    amount: i64,
    open_from: Option<Date>,
) -> Posting {
    let posting = Posting {
        account,
        key: key.clone(),
        falls_on: key.settled_on,
        amount,
    };
    posting.within(open_from)
}

/// What an exception posts: it is payable at once, or, below zero, taken from later payments.
#[must_use]
pub fn excepted(key: &Key, amount: i64, open_from: Option<Date>) -> Vec<Posting> {
    let against = match amount > 0 {
        true => Account::Payable,
        false => Account::Overpaid,
    };
    vec![
        posting(Account::Expense, key, amount, open_from),
        posting(against, key, -amount, open_from),
    ]
}

/// What giving up an amount posts that a partner owes for a key: of what was overpaid first, which would be taken from later
/// payments, then of what is recoverable. None where it owes less.
#[must_use]
pub fn written_off(
    key: &Key,
    amount: i64,
    balances: &Booked,
    open_from: Option<Date>,
) -> Option<Vec<Posting>> {
    let owed = |account| on(balances, account, key).max(0);
    let overpaid = amount.min(owed(Account::Overpaid));
    let recoverable = amount - overpaid;
    if amount <= 0 || owed(Account::Recoverable) < recoverable {
        return None;
    }
    let mut postings = vec![posting(Account::WrittenOff, key, amount, open_from)];
    for (account, part) in [
        (Account::Overpaid, overpaid),
        (Account::Recoverable, recoverable),
    ] {
        if part != 0 {
            postings.push(posting(account, key, -part, open_from));
        }
    }
    Some(postings)
}

/// The postings that take others back: the same accounts, equal and opposite amounts (LAW-19).
#[must_use]
pub fn opposite(postings: &[Posting]) -> Vec<Posting> {
    let turned = postings.iter().map(|posting| Posting {
        amount: -posting.amount,
        ..posting.clone()
    });
    turned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trueup_base::date::parse_date;

    fn key(partner: u8, component: u8, month: u8) -> Key {
        Key {
            partner: PartnerId::new(format!("P-{partner}")).expect("a partner"),
            plan: "reseller".to_owned(),
            component: format!("c{component}"),
            settled_on: parse_date(&format!("2026-{month:02}-28")).expect("a day"),
            currency: Currency::parse(if partner == 0 { "JPY" } else { "EUR" })
                .expect("a currency"),
        }
    }

    #[test]
    fn what_is_owed_and_no_more_is_written_off_what_was_overpaid_first() {
        let key = key(1, 1, 3);
        let balances = Booked::from([
            ((Account::Overpaid, key.clone()), 300),
            ((Account::Recoverable, key.clone()), 200),
            ((Account::Payable, key.clone()), -900),
        ]);
        let posted = |amount| {
            let postings = written_off(&key, amount, &balances, None)?;
            assert_eq!(postings.iter().map(|one| one.amount).sum::<i64>(), 0);
            let amounts = postings.iter().map(|one| (one.account, one.amount));
            Some(amounts.collect::<Vec<_>>())
        };
        use Account::{Overpaid, Recoverable, WrittenOff};
        assert_eq!(posted(250), Some(vec![(WrittenOff, 250), (Overpaid, -250)]));
        assert_eq!(
            posted(500),
            Some(vec![
                (WrittenOff, 500),
                (Overpaid, -300),
                (Recoverable, -200)
            ])
        );
        for amount in [501, 0, -5, i64::MAX, i64::MIN] {
            assert_eq!(posted(amount), None, "{amount}");
        }
    }

    /// Adds postings to what is booked, as the database does, and to every account.
    fn book(
        booked: &mut Booked,
        accounts: &mut BTreeMap<(Account, &'static str), i64>,
        postings: &[Posting],
    ) {
        for posting in postings {
            *accounts
                .entry((posting.account, posting.key.currency.code()))
                .or_default() += posting.amount;
            *booked
                .entry((posting.account, posting.key.clone()))
                .or_default() += posting.amount;
        }
    }

    fn run() -> impl Strategy<Value = BTreeMap<(u8, u8, u8), i64>> {
        prop::collection::btree_map((0u8..3, 0u8..3, 1u8..5), -100_000i64..100_000, 0..12)
    }

    fn target(amounts: &BTreeMap<(u8, u8, u8), i64>) -> Target {
        let exact = |(place, units): (&(u8, u8, u8), &i64)| {
            let key = key(place.0, place.1, place.2);
            let amount = Exact::from_scaled(i128::from(*units), key.currency.places());
            (key, amount)
        };
        Target::of(amounts.iter().map(exact)).expect("bookable")
    }

    proptest! {
        /// LAW-16, LAW-18, LAW-20: every batch balances; posting again posts nothing; whatever runs came before, the books end
        /// at what the last one says.
        #[test]
        fn whatever_came_before_the_books_end_at_the_last_run(runs in prop::collection::vec(run(), 1..6)) {
            let (mut booked, mut accounts) = (Booked::new(), BTreeMap::new());
            for amounts in &runs {
                let target = target(amounts);
                let postings = converge(&target, &booked, None, &|_| true);
                book(&mut booked, &mut accounts, &postings);
                for currency in ["EUR", "JPY"] {
                    let sum: i64 = Account::ALL.iter().filter_map(|one| accounts.get(&(*one, currency))).sum();
                    prop_assert_eq!(sum, 0);
                }
                prop_assert!(converge(&target, &booked, None, &|_| true).is_empty());
            }
            let last = runs.last().expect("one run");
            for ((account, key), amount) in &booked {
                let sign = if *account == Account::Expense { 1 } else { -1 };
                prop_assert_eq!(sign * *amount, target(last).amount(key));
            }
        }

        /// What a run does not cover stays as it is.
        #[test]
        fn what_is_not_covered_is_not_touched(before in run(), after in run()) {
            let (mut booked, mut accounts) = (Booked::new(), BTreeMap::new());
            book(&mut booked, &mut accounts, &converge(&target(&before), &Booked::new(), None, &|_| true));
            let is_covered = |key: &Key| key.partner.as_str() == "P-1";
            let postings = converge(&target(&after), &booked, None, &is_covered);
            prop_assert!(postings.iter().all(|posting| is_covered(&posting.key)));
        }

        /// LAW-19: taken back, every account is as it was.
        #[test]
        fn what_is_taken_back_leaves_every_account_as_it_was(before in run(), after in run()) {
            let (mut booked, mut accounts) = (Booked::new(), BTreeMap::new());
            book(&mut booked, &mut accounts, &converge(&target(&before), &Booked::new(), None, &|_| true));
            let was = accounts.clone();
            let postings = converge(&target(&after), &booked, None, &|_| true);
            book(&mut booked, &mut accounts, &postings);
            book(&mut booked, &mut accounts, &opposite(&postings));
            accounts.retain(|_, sum| *sum != 0);
            prop_assert_eq!(accounts, was.into_iter().filter(|(_, sum)| *sum != 0).collect::<BTreeMap<_, _>>());
        }
    }

    #[test]
    fn what_belongs_to_a_closed_period_falls_into_the_open_one() {
        let target = target(&BTreeMap::from([((1, 1, 1), 500), ((1, 1, 4), 700)]));
        let open = parse_date("2026-04-01").expect("a day");
        let postings = converge(&target, &Booked::new(), Some(open), &|_| true);
        let days: Vec<String> = postings
            .iter()
            .map(|posting| posting.falls_on.to_string())
            .collect();
        assert_eq!(
            days,
            ["2026-04-01", "2026-04-01", "2026-04-28", "2026-04-28"]
        );
    }

    #[test]
    fn amounts_that_cannot_be_booked_are_refused_by_name() {
        let one = |partner, text: &str| {
            Target::of([(key(partner, 1, 1), Exact::parse(text).expect("a number"))])
        };
        assert!(matches!(one(1, "0.005"), Err(AmountRefusal::Finer { .. })));
        assert!(
            matches!(one(0, "0.5"), Err(AmountRefusal::Finer { .. })),
            "a yen has no parts"
        );
        assert!(matches!(
            one(1, "100000000000000000"),
            Err(AmountRefusal::Beyond { .. })
        ));
        let twice = [(key(1, 1, 1), Exact::ZERO), (key(1, 1, 1), Exact::ZERO)];
        assert!(matches!(
            Target::of(twice),
            Err(AmountRefusal::Twice { .. })
        ));
    }
}
