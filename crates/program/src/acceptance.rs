//! Accepting statements: a partner says that it takes what was closed as right.
//!
//! An acceptance is of everything that is closed when it is given. What a partner neither accepts nor disputes in the time that
//! its plan states counts as accepted; that needs no act, and is for whoever knows the plan and the day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_journal::{Act, Organisation};

use crate::Periods;

/// Accepting what is closed.
pub const STATEMENT_ACCEPTED: &str = "statement.accepted";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 1] = [STATEMENT_ACCEPTED];

/// What [`STATEMENT_ACCEPTED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementAccepted {
    /// Whose statements.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
    /// The place of the closing up to which they are accepted.
    pub closing: u64,
    /// The last day of what it closed.
    pub until: String,
}

/// What partners accepted, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptances {
    given: BTreeMap<PartnerId, Vec<Accepted>>,
}

/// That a partner accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The last day of what it accepted.
    pub until: Date,
    /// Who said so.
    pub by: String,
    /// When.
    pub on: String,
}

/// Why nothing is accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptanceRefusal {
    /// What the act says cannot be read.
    #[error("what it says of statements cannot be read")]
    Says(#[source] serde_json::Error),
    /// Not a day.
    #[error("`{0}` is no day")]
    Day(String),
    /// Somebody else's statements.
    #[error(
        "the statements are {partner}'s, who alone accepts them, and this is in the name of {behalf}"
    )]
    NotYours {
        /// Whose.
        partner: PartnerId,
        /// In whose name.
        behalf: Organisation,
    },
    /// No such closing.
    #[error("act {closing} closed nothing until {until}")]
    NoClosing {
        /// The place.
        closing: u64,
        /// The day.
        until: Date,
    },
    /// Accepted before.
    #[error("{partner} accepted everything until {until} already")]
    Twice {
        /// Who.
        partner: PartnerId,
        /// Until when.
        until: Date,
    },
}

impl Acceptances {
    /// The last day of what a partner accepted; none where it accepted nothing.
    #[must_use]
    pub fn until(&self, partner: &PartnerId) -> Option<Date> {
        self.given.get(partner)?.last().map(|last| last.until)
    }

    /// How a partner accepted what was settled on a day; none where it did not.
    #[must_use]
    pub fn of(&self, partner: &PartnerId, settled_on: Date) -> Option<&Accepted> {
        let mut given = self.given.get(partner)?.iter();
        given.find(|one| settled_on <= one.until)
    }

    /// Whether an act may be done after these closings, and what is accepted with it; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, act: &Act, periods: &Periods) -> Result<(), AcceptanceRefusal> {
        if act.kind().as_str() != STATEMENT_ACCEPTED {
            return Ok(());
        }
        let says: StatementAccepted =
            serde_json::from_str(act.says()).map_err(AcceptanceRefusal::Says)?;
        let until =
            parse_date(&says.until).map_err(|_| AcceptanceRefusal::Day(says.until.clone()))?;
        let StatementAccepted {
            partner, closing, ..
        } = says;
        if *act.behalf() != Organisation::Partner(partner.clone()) {
            let behalf = act.behalf().clone();
            return Err(AcceptanceRefusal::NotYours { partner, behalf });
        }
        let is_it = |one: &crate::period::Closing| one.at == closing && one.until == until;
        if !periods.closings.iter().any(is_it) {
            return Err(AcceptanceRefusal::NoClosing { closing, until });
        }
        match self.until(&partner) {
            Some(before) if until <= before => Err(AcceptanceRefusal::Twice {
                partner,
                until: before,
            }),
            Some(_) | None => {
                let accepted = Accepted {
                    until,
                    by: act.by().to_owned(),
                    on: act.at().to_string(),
                };
                self.given.entry(partner).or_default().push(accepted);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Closing;
    use trueup_journal::SecretKey;
    use trueup_journal::testing::Dice;

    fn closed(at: u64, until: &str) -> Closing {
        Closing {
            at,
            until: parse_date(until).expect("a day"),
            run: "run".to_owned(),
            on: "2026-04-02T09:00:00Z".to_owned(),
            totals: BTreeMap::new(),
        }
    }

    fn act(behalf: &Organisation, partner: &str, (closing, until): (u64, &str)) -> Act {
        let key = SecretKey::new(&mut Dice::new(1), "alliance", behalf).expect("a key");
        let says = StatementAccepted {
            partner: PartnerId::new(partner).expect("a partner"),
            closing,
            until: until.to_owned(),
        };
        crate::testing::act(&key, ("u-31", behalf), (STATEMENT_ACCEPTED, 9), &says)
    }

    #[test]
    fn a_partner_alone_accepts_what_was_closed_and_only_what_is_new() {
        let partner = PartnerId::new("P-1").expect("a partner");
        let mine = Organisation::Partner(partner.clone());
        let mut periods = Periods::default();
        periods.closings.push(closed(4, "2026-03-31"));
        periods.closings.push(closed(8, "2026-06-30"));
        let mut accepted = Acceptances::default();
        assert_eq!(accepted.until(&partner), None);

        let refused = accepted.judge(
            &act(&Organisation::Vendor, "P-1", (4, "2026-03-31")),
            &periods,
        );
        assert!(matches!(refused, Err(AcceptanceRefusal::NotYours { .. })));
        let refused = accepted.judge(&act(&mine, "P-2", (4, "2026-03-31")), &periods);
        assert!(matches!(refused, Err(AcceptanceRefusal::NotYours { .. })));
        let refused = accepted.judge(&act(&mine, "P-1", (4, "2026-06-30")), &periods);
        assert!(matches!(refused, Err(AcceptanceRefusal::NoClosing { .. })));
        assert_eq!(accepted, Acceptances::default());

        accepted
            .judge(&act(&mine, "P-1", (8, "2026-06-30")), &periods)
            .expect("accepted");
        assert_eq!(accepted.until(&partner), parse_date("2026-06-30").ok());
        let day = |text: &str| parse_date(text).expect("a day");
        let first = accepted.of(&partner, day("2026-03-31"));
        assert_eq!(first.map(|one| one.by.as_str()), Some("u-31"));
        assert_eq!(accepted.of(&partner, day("2026-07-01")), None);
        let refused = accepted.judge(&act(&mine, "P-1", (4, "2026-03-31")), &periods);
        assert!(matches!(refused, Err(AcceptanceRefusal::Twice { .. })));
    }
}
