//! Disputes: a line of a statement that one side does not accept.
//!
//! A dispute is of one line, what one component came to in one settlement, and holds back the money of that line alone until it
//! is resolved: with an adjustment that is made as facts or terms, or with a reason.

use serde::{Deserialize, Serialize};
use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_journal::{Act, Organisation};

/// Opening a dispute.
pub const OPENED: &str = "dispute.opened";
/// Resolving one.
pub const RESOLVED: &str = "dispute.resolved";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 2] = [OPENED, RESOLVED];

/// What [`OPENED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened {
    /// Whose line.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
    /// Under which plan.
    pub plan: String,
    /// Of which component.
    pub component: String,
    /// The settlement's last day.
    pub settled_on: String,
    /// What is wrong with it.
    pub because: String,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The line was wrong, and is put right.
    Upheld,
    /// The line was right.
    Rejected,
    /// Whoever opened it takes it back.
    Withdrawn,
}

impl Outcome {
    /// The outcome as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Upheld => "upheld",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What [`RESOLVED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// The place of the act that opened it.
    pub dispute: u64,
    /// How it ends.
    pub outcome: Outcome,
    /// Why, or what was put right.
    pub because: String,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispute {
    /// The place of the act that opened it: its number.
    pub at: u64,
    /// Who opened it, by the id of a person.
    pub by: String,
    /// In whose name.
    pub behalf: Organisation,
    /// When.
    pub on: String,
    /// The last day of the settlement.
    pub settled_on: Date,
    /// What it says.
    pub says: Opened,
    /// How it ended, by whom; none while it is open.
    pub resolved: Option<(Resolved, String)>,
}

/// Disputes, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disputes {
    all: Vec<Dispute>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum DisputeRefusal {
    /// What the act says cannot be read.
    #[error("what it says of a dispute cannot be read")]
    Says(#[source] serde_json::Error),
    /// Not a day.
    #[error("`{0}` is no day")]
    Day(String),
    /// Another partner's line.
    #[error("the line is {line}'s, and this is in the name of {behalf}")]
    NotYours {
        /// Whose line.
        line: PartnerId,
        /// In whose name.
        behalf: Organisation,
    },
    /// Twice.
    #[error("the line is disputed already, by dispute {0}")]
    Twice(u64),
    /// No such dispute, or it is over.
    #[error("no dispute {0} is open")]
    NotOpen(u64),
    /// A partner resolves.
    #[error("the vendor answers a dispute; whoever opened it can only withdraw it")]
    VendorAnswers,
    /// Someone else withdraws.
    #[error("dispute {at} was opened in the name of {behalf}, which alone can withdraw it")]
    NotTheirs {
        /// Its number.
        at: u64,
        /// In whose name it was opened.
        behalf: Organisation,
    },
    /// The same person.
    #[error("{0} opened it; somebody else answers")]
    Own(String),
    /// No reason.
    #[error("say why: both sides want to know later")]
    NoReason,
}

impl Disputes {
    /// Every dispute, in the order in which they were opened.
    #[must_use]
    pub fn all(&self) -> &[Dispute] {
        &self.all
    }

    /// The open dispute of a line.
    #[must_use]
    pub fn open_of(
        &self,
        partner: &PartnerId,
        plan: &str,
        component: &str,
        settled_on: Date,
    ) -> Option<&Dispute> {
        self.all.iter().find(|one| {
            one.resolved.is_none()
                && one.says.partner == *partner
                && one.says.plan == plan
                && one.says.component == component
                && one.settled_on == settled_on
        })
    }

    /// Whether an act may be done, and what it makes of the disputes; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), DisputeRefusal> {
        match act.kind().as_str() {
            OPENED => self.open(at, act),
            RESOLVED => self.resolve(act),
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: u64, act: &Act) -> Result<(), DisputeRefusal> {
        let says: Opened = serde_json::from_str(act.says()).map_err(DisputeRefusal::Says)?;
        let settled_on = parse_date(&says.settled_on)
            .map_err(|_| DisputeRefusal::Day(says.settled_on.clone()))?;
        if !act.behalf().is_side_of(&says.partner) {
            return Err(DisputeRefusal::NotYours {
                line: says.partner,
                behalf: act.behalf().clone(),
            });
        }
        if says.because.trim().is_empty() {
            return Err(DisputeRefusal::NoReason);
        }
        if let Some(known) = self.open_of(&says.partner, &says.plan, &says.component, settled_on) {
            return Err(DisputeRefusal::Twice(known.at));
        }
        self.all.push(Dispute {
            at,
            by: act.by().to_owned(),
            behalf: act.behalf().clone(),
            on: act.at().to_string(),
            settled_on,
            says,
            resolved: None,
        });
        Ok(())
    }

    fn resolve(&mut self, act: &Act) -> Result<(), DisputeRefusal> {
        let says: Resolved = serde_json::from_str(act.says()).map_err(DisputeRefusal::Says)?;
        let number = says.dispute;
        let open = self
            .all
            .iter_mut()
            .find(|one| one.at == number && one.resolved.is_none())
            .ok_or(DisputeRefusal::NotOpen(number))?;
        if says.because.trim().is_empty() {
            return Err(DisputeRefusal::NoReason);
        }
        let behalf = act.behalf();
        match says.outcome {
            Outcome::Withdrawn if *behalf != open.behalf => {
                return Err(DisputeRefusal::NotTheirs {
                    at: number,
                    behalf: open.behalf.clone(),
                });
            }
            Outcome::Withdrawn => {}
            Outcome::Upheld | Outcome::Rejected if *behalf != Organisation::Vendor => {
                return Err(DisputeRefusal::VendorAnswers);
            }
            Outcome::Upheld | Outcome::Rejected if open.by == act.by() => {
                return Err(DisputeRefusal::Own(open.by.clone()));
            }
            Outcome::Upheld | Outcome::Rejected => {}
        }
        open.resolved = Some((says, act.by().to_owned()));
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

    fn opened() -> Opened {
        Opened {
            partner: PartnerId::new("P-1").expect("a partner"),
            plan: "reseller".to_owned(),
            component: "volume_bonus".to_owned(),
            settled_on: "2026-03-31".to_owned(),
            because: "an invoice is missing".to_owned(),
        }
    }

    fn resolved(outcome: Outcome) -> Resolved {
        Resolved {
            dispute: 7,
            outcome,
            because: "the invoice was found".to_owned(),
        }
    }

    #[test]
    fn a_line_is_disputed_by_its_side_answered_by_the_vendor_and_over_once() {
        let (mine, other) = (
            Organisation::Partner(PartnerId::new("P-1").expect("a partner")),
            Organisation::Partner(PartnerId::new("P-2").expect("a partner")),
        );
        let vendor = Organisation::Vendor;
        let day = parse_date("2026-03-31").expect("a day");
        let partner = opened().partner;
        let mut disputes = Disputes::default();
        let is_open = |disputes: &Disputes| {
            disputes
                .open_of(&partner, "reseller", "volume_bonus", day)
                .is_some()
        };
        let refused = disputes.judge(7, &act(&other, "u-9", OPENED, &opened()));
        assert!(matches!(refused, Err(DisputeRefusal::NotYours { .. })));
        disputes
            .judge(7, &act(&mine, "u-1", OPENED, &opened()))
            .expect("opened");
        assert!(is_open(&disputes));
        let refused = disputes.judge(8, &act(&vendor, "u-2", OPENED, &opened()));
        assert!(matches!(refused, Err(DisputeRefusal::Twice(7))));
        let upheld = resolved(Outcome::Upheld);
        let refused = disputes.judge(8, &act(&mine, "u-3", RESOLVED, &upheld));
        assert!(matches!(refused, Err(DisputeRefusal::VendorAnswers)));
        let refused = disputes.judge(8, &act(&vendor, "u-1", RESOLVED, &upheld));
        assert!(matches!(refused, Err(DisputeRefusal::Own(_))));
        let withdrawn = resolved(Outcome::Withdrawn);
        let refused = disputes.judge(8, &act(&vendor, "u-2", RESOLVED, &withdrawn));
        assert!(matches!(refused, Err(DisputeRefusal::NotTheirs { .. })));
        disputes
            .judge(8, &act(&vendor, "u-2", RESOLVED, &upheld))
            .expect("answered");
        assert!(!is_open(&disputes));
        let refused = disputes.judge(9, &act(&vendor, "u-2", RESOLVED, &upheld));
        assert!(matches!(refused, Err(DisputeRefusal::NotOpen(7))));
        disputes
            .judge(9, &act(&mine, "u-1", OPENED, &opened()))
            .expect("disputed again");
    }
}
