//! Taking over balances of the system before: proposed by one, approved by another over their totals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trueup_journal::{Act, Organisation};

use crate::period::in_words;

/// Proposing to take balances over.
pub const PROPOSED: &str = "opening.proposed";
/// Approving it, which posts them.
pub const APPROVED: &str = "opening.approved";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 2] = [PROPOSED, APPROVED];

/// What [`PROPOSED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The SHA-256 of the list.
    pub sha256: String,
    /// How many lines it has.
    pub lines: u64,
    /// How many partners they are of.
    pub partners: u64,
    /// What they come to as earned, by currency.
    pub totals: BTreeMap<String, String>,
    /// Where they come from, in words.
    pub because: String,
}

/// What [`APPROVED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The place of the act that proposes it.
    pub opening: u64,
    /// The totals, as whoever approves stated them.
    pub totals: BTreeMap<String, String>,
    /// The batches that post it.
    pub batches: Vec<u64>,
}

/// Balances to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The place of the act that proposes it: its number.
    pub at: u64,
    /// Who proposed it.
    pub by: String,
    /// What it says.
    pub says: Proposed,
    /// Who approved it; none while it waits.
    pub approved_by: Option<String>,
}

/// What was taken over, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings {
    all: Vec<Opening>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum OpeningRefusal {
    /// What the act says cannot be read.
    #[error("what it says of opening balances cannot be read")]
    Says(#[source] serde_json::Error),
    /// A partner's act.
    #[error("the vendor takes balances over, and this is in the name of {0}")]
    VendorOnly(Organisation),
    /// The same list once more.
    #[error("these balances were proposed already, in act {0}")]
    Twice(u64),
    /// No such opening, or it was approved.
    #[error("no opening {0} waits to be approved")]
    NotWaiting(u64),
    /// Other totals than were proposed.
    #[error("the totals of the balances are {proposed}, and you state {stated}")]
    Totals {
        /// As proposed.
        proposed: String,
        /// As stated.
        stated: String,
    },
    /// The same person.
    #[error("{0} proposed it; somebody else approves")]
    Own(String),
    /// No reason.
    #[error("say where the balances come from: auditors ask for nothing more often")]
    NoReason,
}

impl Openings {
    /// Everything that was proposed, in its order.
    #[must_use]
    pub fn all(&self) -> &[Opening] {
        &self.all
    }

    /// An opening that waits to be approved.
    #[must_use]
    pub fn waiting(&self, at: u64) -> Option<&Opening> {
        let mut waiting = self.all.iter().filter(|one| one.approved_by.is_none());
        waiting.find(|one| one.at == at)
    }

    /// Whether an act may be done, and what it makes of the openings; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), OpeningRefusal> {
        let kind = act.kind().as_str();
        if !KINDS.contains(&kind) {
            return Ok(());
        }
        if *act.behalf() != Organisation::Vendor {
            return Err(OpeningRefusal::VendorOnly(act.behalf().clone()));
        }
        match kind {
            PROPOSED => self.propose(at, act),
            _ => self.approve(act),
        }
    }

    fn propose(&mut self, at: u64, act: &Act) -> Result<(), OpeningRefusal> {
        let says: Proposed = serde_json::from_str(act.says()).map_err(OpeningRefusal::Says)?;
        if says.because.trim().is_empty() {
            return Err(OpeningRefusal::NoReason);
        }
        if let Some(before) = self.all.iter().find(|one| one.says.sha256 == says.sha256) {
            return Err(OpeningRefusal::Twice(before.at));
        }
        self.all.push(Opening {
            at,
            by: act.by().to_owned(),
            says,
            approved_by: None,
        });
        Ok(())
    }

    fn approve(&mut self, act: &Act) -> Result<(), OpeningRefusal> {
        let says: Approved = serde_json::from_str(act.says()).map_err(OpeningRefusal::Says)?;
        let number = says.opening;
        let mut waiting = self.all.iter_mut().filter(|one| one.approved_by.is_none());
        let found = waiting
            .find(|one| one.at == number)
            .ok_or(OpeningRefusal::NotWaiting(number))?;
        if found.by == act.by() {
            return Err(OpeningRefusal::Own(found.by.clone()));
        }
        if found.says.totals != says.totals {
            return Err(OpeningRefusal::Totals {
                proposed: in_words(&found.says.totals),
                stated: in_words(&says.totals),
            });
        }
        found.approved_by = Some(act.by().to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_base::id::PartnerId;
    use trueup_journal::SecretKey;
    use trueup_journal::testing::Dice;

    fn act<T: Serialize>(behalf: &Organisation, by: &str, kind: &str, says: &T) -> Act {
        let key = SecretKey::new(&mut Dice::new(1), "alliance", behalf).expect("a key");
        crate::testing::act(&key, (by, behalf), (kind, 1), says)
    }

    #[test]
    fn balances_are_taken_over_once_by_two_people_who_agree_on_their_totals() {
        let vendor = Organisation::Vendor;
        let partner = Organisation::Partner(PartnerId::new("P-1").expect("a partner"));
        let totals = |euros: &str| BTreeMap::from([("EUR".to_owned(), euros.to_owned())]);
        let proposed = Proposed {
            sha256: "a list".to_owned(),
            lines: 3,
            partners: 2,
            totals: totals("4200.00"),
            because: "spreadsheet of 2026-04-01".to_owned(),
        };
        let approved = |euros: &str| Approved {
            opening: 5,
            totals: totals(euros),
            batches: vec![1, 2],
        };
        let silent = Proposed {
            because: " ".to_owned(),
            ..proposed.clone()
        };
        let mut openings = Openings::default();
        let mut refused = |at, act: &Act| openings.judge(at, act).expect_err("refused");
        assert!(matches!(
            refused(5, &act(&partner, "ada", PROPOSED, &proposed)),
            OpeningRefusal::VendorOnly(_)
        ));
        assert!(matches!(
            refused(5, &act(&vendor, "ada", PROPOSED, &silent)),
            OpeningRefusal::NoReason
        ));
        assert!(matches!(
            refused(5, &act(&vendor, "bob", APPROVED, &approved("4200.00"))),
            OpeningRefusal::NotWaiting(5)
        ));
        openings
            .judge(5, &act(&vendor, "ada", PROPOSED, &proposed))
            .expect("proposed");
        let mut refused = |at, act: &Act| openings.judge(at, act).expect_err("refused");
        assert!(matches!(
            refused(6, &act(&vendor, "ada", PROPOSED, &proposed)),
            OpeningRefusal::Twice(5)
        ));
        assert!(matches!(
            refused(6, &act(&vendor, "ada", APPROVED, &approved("4200.00"))),
            OpeningRefusal::Own(_)
        ));
        assert!(matches!(
            refused(6, &act(&vendor, "bob", APPROVED, &approved("4200.01"))),
            OpeningRefusal::Totals { .. }
        ));
        openings
            .judge(6, &act(&vendor, "bob", APPROVED, &approved("4200.00")))
            .expect("approved");
        assert!(matches!(
            openings.judge(7, &act(&vendor, "bob", APPROVED, &approved("4200.00"))),
            Err(OpeningRefusal::NotWaiting(5))
        ));
    }
}
