//! Exceptions: one line that no rule gives, with a reason, by two people.

use serde::{Deserialize, Serialize};
use trueup_base::id::PartnerId;
use trueup_journal::{Act, Organisation};

/// Proposing an exception.
pub const PROPOSED: &str = "exception.proposed";
/// Approving one, which posts it.
pub const APPROVED: &str = "exception.approved";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 2] = [PROPOSED, APPROVED];

/// What [`PROPOSED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// Whose.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
    /// How much, in the currency's places; below zero takes back.
    pub amount: String,
    /// In which currency.
    pub currency: String,
    /// The reason code: `goodwill`, `correction`.
    pub reason: String,
    /// Why, in words.
    pub because: String,
    /// The day it is of.
    pub on: String,
    /// What is given up of what the partner owes, where it is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gives_up: Option<GivesUp>,
}

/// A settlement for which something is owed that is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivesUp {
    /// The plan.
    pub plan: String,
    /// The component.
    pub component: String,
    /// The last day of the settlement.
    pub settled_on: String,
}

/// What [`APPROVED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The place of the act that proposes it.
    pub exception: u64,
    /// The batch that posts it.
    pub batch: u64,
}

/// An exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The place of the act that proposes it: its number.
    pub at: u64,
    /// Who proposed it.
    pub by: String,
    /// What it says.
    pub says: Proposed,
    /// Who approved it, and the batch that posts it.
    pub approved: Option<(String, u64)>,
}

/// Exceptions, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    all: Vec<Exception>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum ExceptionRefusal {
    /// What the act says cannot be read.
    #[error("what it says of an exception cannot be read")]
    Says(#[source] serde_json::Error),
    /// A partner's act.
    #[error("the vendor makes exceptions, and this is in the name of {0}")]
    VendorOnly(Organisation),
    /// No such exception, or it was approved.
    #[error("no exception {0} waits to be approved")]
    NotWaiting(u64),
    /// The same person.
    #[error("{0} proposed it; somebody else approves")]
    Own(String),
    /// No reason.
    #[error("say why, with a reason code and in words: auditors ask for nothing more often")]
    NoReason,
}

impl Exceptions {
    /// Every exception, in the order in which they were proposed.
    #[must_use]
    pub fn all(&self) -> &[Exception] {
        &self.all
    }

    /// An exception that waits to be approved.
    #[must_use]
    pub fn waiting(&self, at: u64) -> Option<&Exception> {
        let mut waiting = self.all.iter().filter(|one| one.approved.is_none());
        waiting.find(|one| one.at == at)
    }

    /// Whether an act may be done, and what it makes of the exceptions; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), ExceptionRefusal> {
        let kind = act.kind().as_str();
        if !KINDS.contains(&kind) {
            return Ok(());
        }
        if *act.behalf() != Organisation::Vendor {
            return Err(ExceptionRefusal::VendorOnly(act.behalf().clone()));
        }
        match kind {
            PROPOSED => {
                let says: Proposed =
                    serde_json::from_str(act.says()).map_err(ExceptionRefusal::Says)?;
                if says.because.trim().is_empty() || says.reason.trim().is_empty() {
                    return Err(ExceptionRefusal::NoReason);
                }
                self.all.push(Exception {
                    at,
                    by: act.by().to_owned(),
                    says,
                    approved: None,
                });
            }
            _ => {
                let says: Approved =
                    serde_json::from_str(act.says()).map_err(ExceptionRefusal::Says)?;
                let number = says.exception;
                let mut waiting = self.all.iter_mut().filter(|one| one.approved.is_none());
                let found = waiting.find(|one| one.at == number);
                let found = found.ok_or(ExceptionRefusal::NotWaiting(number))?;
                if found.by == act.by() {
                    return Err(ExceptionRefusal::Own(found.by.clone()));
                }
                found.approved = Some((act.by().to_owned(), says.batch));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_journal::SecretKey;
    use trueup_journal::testing::Dice;

    fn act<T: Serialize>(behalf: &Organisation, by: &str, kind: &str, says: &T) -> Act {
        let key = SecretKey::new(&mut Dice::new(1), "alliance", behalf).expect("a key");
        crate::testing::act(&key, (by, behalf), (kind, 1), says)
    }

    #[test]
    fn one_proposes_with_a_reason_another_approves_once() {
        let vendor = Organisation::Vendor;
        let proposed = Proposed {
            partner: PartnerId::new("P-1").expect("a partner"),
            amount: "250.00".to_owned(),
            currency: "EUR".to_owned(),
            reason: "goodwill".to_owned(),
            because: "the portal was down for a week".to_owned(),
            gives_up: None,
            on: "2026-04-02".to_owned(),
        };
        let approved = Approved {
            exception: 5,
            batch: 2,
        };
        let mut exceptions = Exceptions::default();
        let silent = Proposed {
            because: " ".to_owned(),
            ..proposed.clone()
        };
        let refused = exceptions.judge(5, &act(&vendor, "ada", PROPOSED, &silent));
        assert!(matches!(refused, Err(ExceptionRefusal::NoReason)));
        let own = Organisation::Partner(proposed.partner.clone());
        let refused = exceptions.judge(5, &act(&own, "ada", PROPOSED, &proposed));
        assert!(matches!(refused, Err(ExceptionRefusal::VendorOnly(_))));
        let refused = exceptions.judge(5, &act(&vendor, "bob", APPROVED, &approved));
        assert!(matches!(refused, Err(ExceptionRefusal::NotWaiting(5))));
        exceptions
            .judge(5, &act(&vendor, "ada", PROPOSED, &proposed))
            .expect("proposed");
        let refused = exceptions.judge(6, &act(&vendor, "ada", APPROVED, &approved));
        assert!(matches!(refused, Err(ExceptionRefusal::Own(_))));
        exceptions
            .judge(6, &act(&vendor, "bob", APPROVED, &approved))
            .expect("approved");
        let refused = exceptions.judge(7, &act(&vendor, "bob", APPROVED, &approved));
        assert!(matches!(refused, Err(ExceptionRefusal::NotWaiting(5))));
    }
}
