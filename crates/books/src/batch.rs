//! Batches: what is posted in one step, balanced in each currency.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueup_base::invariant;

use crate::posting::Posting;

/// What a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BatchKind {
    /// What a run says is earned, less what was posted before.
    Accrual,
    /// What a closing makes of what was earned: held, payable, lost or owed back.
    Closing,
    /// What a payout moves: from payable to ordered, from ordered to paid or back.
    Payment,
    /// One line that no rule gives.
    Exception,
    /// What the system before kept for partners, as a run and a closing would have posted it.
    Opening,
}

impl BatchKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Accrual,
        Self::Closing,
        Self::Payment,
        Self::Exception,
        Self::Opening,
    ];

    /// The kind as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accrual => "accrual",
            Self::Closing => "closing",
            Self::Payment => "payment",
            Self::Exception => "exception",
            Self::Opening => "opening",
        }
    }
}

/// Postings that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its number; they follow each other without a gap from one on.
    pub number: u64,
    /// What it is.
    pub kind: BatchKind,
    /// The hash of the run it follows; of a payment, of what is paid; of an exception, which one; of balances taken over, their list.
    pub run: String,
    postings: Vec<Posting>,
}

impl Batch {
    /// A batch of postings that balance.
    ///
    /// # Panics
    /// When they do not: whoever makes postings makes them in balance.
    #[must_use]
    pub fn new(number: u64, kind: BatchKind, run: String, postings: Vec<Posting>) -> Self {
        let batch = Self {
            number,
            kind,
            run,
            postings,
        };
        invariant!(BK1, batch.is_balanced());
        batch
    }

    /// The postings, in their order.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// Whether debits and credits of each currency are equal.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.sums(|_| true).values().all(|sum| *sum == 0)
    }

    /// What some postings come to in each currency, in minor units.
    #[must_use]
    pub fn sums(&self, is_meant: impl Fn(&Posting) -> bool) -> BTreeMap<&'static str, i128> {
        let mut sums = BTreeMap::new();
        for posting in self.postings.iter().filter(|posting| is_meant(posting)) {
            *sums.entry(posting.key.currency.code()).or_default() += i128::from(posting.amount);
        }
        sums
    }

    /// The batch as it is hashed: a title, and a line for each posting, its cells set apart by tabs.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "trueup batch 1\n{}\t{}\t{}\n",
            self.number,
            self.kind.word(),
            self.run
        );
        for posting in &self.postings {
            let key = &posting.key;
            let _ = writeln!(
                text,
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                posting.account,
                key.partner,
                key.plan,
                key.component,
                key.settled_on,
                posting.falls_on,
                key.currency.code(),
                posting.amount
            );
        }
        text
    }
}
