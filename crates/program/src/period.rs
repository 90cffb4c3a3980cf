//! From a calculation to a closed period.
//!
//! A closing is a day: everything that falls on it or before is closed for good, so closings follow one another. Somebody
//! calculates what lies between the last closing and a day; somebody else approves just these figures, naming their totals; then
//! it can be closed. A further calculation takes the place of the one before, and its approvals fall with it: an approval is of
//! a content and not of a name.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use serde::{Deserialize, Serialize};
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_journal::{Act, Organisation};

/// Working out what a period comes to.
pub const CALCULATED: &str = "period.calculated";
/// Approving it.
pub const APPROVED: &str = "period.approved";
/// Closing it.
pub const CLOSED: &str = "period.closed";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 3] = [CALCULATED, APPROVED, CLOSED];

/// How many people besides the one who calculated approve before a period is closed; one more does where its size is unusual.
const APPROVALS: usize = 1;

/// How many times the period before is unusual.
const UNUSUAL: i128 = 2;

/// What [`CALCULATED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calculated {
    /// The last day of the period.
    pub until: String,
    /// The run it follows.
    pub run: String,
    /// The digest of its lines.
    pub sha256: String,
    /// What they come to, by currency.
    pub totals: BTreeMap<String, String>,
    /// What becomes payable by closing it, by currency.
    pub payable: BTreeMap<String, String>,
    /// How many lines there are.
    pub lines: u64,
    /// How many partners they are of.
    pub partners: u64,
    /// How many lines are open: nothing is posted for them.
    pub open: u64,
    /// How many lines are left out because an agreement is not signed.
    pub unsigned: u64,
    /// What in its size is unusual, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
}

/// What [`APPROVED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The place of the calculation.
    pub calculation: u64,
    /// Its digest.
    pub sha256: String,
    /// The totals, as whoever approves stated them.
    pub totals: BTreeMap<String, String>,
}

/// What [`CLOSED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The place of the calculation.
    pub calculation: u64,
    /// The last day of the period.
    pub until: String,
    /// Its digest.
    pub sha256: String,
}

/// A calculation that waits to be approved and closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calculation {
    /// The place of its act.
    pub at: u64,
    /// Who calculated.
    pub by: String,
    /// The last day of the period.
    pub until: Date,
    /// What it says.
    pub says: Calculated,
    /// Who approved.
    pub approved_by: Vec<String>,
}

impl Calculation {
    /// How many approvals it needs: one more where something in its size is unusual.
    #[must_use]
    pub fn needs(&self) -> usize {
        APPROVALS + usize::from(!self.says.checks.is_empty())
    }
}

/// Periods, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Periods {
    /// The calculation that waits.
    pub waiting: Option<Calculation>,
    /// Closings, the latest last.
    pub closings: Vec<Closing>,
}

/// A closed period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The place of its act.
    pub at: u64,
    /// Its last day.
    pub until: Date,
    /// The run that was approved.
    pub run: String,
    /// When it was closed.
    pub on: String,
    /// What it came to, by currency.
    pub totals: BTreeMap<String, String>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PeriodRefusal {
    /// What the act says cannot be read.
    #[error("what it says of a period cannot be read")]
    Says(#[source] serde_json::Error),
    /// Not a day.
    #[error("`{0}` is no day")]
    Day(String),
    /// A partner's act.
    #[error("the vendor closes periods, and this is in the name of {0}")]
    VendorOnly(Organisation),
    /// Already closed.
    #[error(
        "{until} lies in what was closed on {closed_on}; what is closed stays closed, and corrections post into the open period"
    )]
    Closed {
        /// The day asked for.
        until: Date,
        /// The last day that is closed.
        closed_on: Date,
    },
    /// Nothing waits there.
    #[error(
        "no calculation at {0} waits: it was closed, or a later one took its place and its approvals fell"
    )]
    NotWaiting(u64),
    /// Other figures than were calculated.
    #[error("what is approved is not what was calculated at {0}")]
    Other(u64),
    /// Other totals than were calculated.
    #[error("the totals of the calculation are {calculated}, and you state {stated}")]
    Totals {
        /// As calculated.
        calculated: String,
        /// As stated.
        stated: String,
    },
    /// The same person.
    #[error("{0} calculated it; somebody else approves")]
    Own(String),
    /// Twice the same person.
    #[error("{0} approved it already")]
    Twice(String),
    /// Not approved.
    #[error("it has {found} of {needs} approvals; `trueup period approve` gives them")]
    NotApproved {
        /// How many it has.
        found: usize,
        /// How many it needs.
        needs: usize,
    },
}

impl Periods {
    /// The last day that is closed.
    #[must_use]
    pub fn closed_on(&self) -> Option<Date> {
        self.closings.last().map(|closing| closing.until)
    }

    /// The first day that is open; none where nothing is closed.
    #[must_use]
    pub fn open_from(&self) -> Option<Date> {
        self.closed_on().and_then(|day| day.tomorrow().ok())
    }

    /// Whether an act may be done, and what it makes of the periods; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), PeriodRefusal> {
        let kind = act.kind().as_str();
        if !KINDS.contains(&kind) {
            return Ok(());
        }
        if *act.behalf() != Organisation::Vendor {
            return Err(PeriodRefusal::VendorOnly(act.behalf().clone()));
        }
        match kind {
            CALCULATED => self.calculate(at, act),
            APPROVED => self.approve(act),
            _ => self.close(at, act),
        }
    }

    fn calculate(&mut self, at: u64, act: &Act) -> Result<(), PeriodRefusal> {
        let says: Calculated = said(act)?;
        let until = self.opened(&says.until)?;
        self.waiting = Some(Calculation {
            at,
            by: act.by().to_owned(),
            until,
            says,
            approved_by: Vec::new(),
        });
        Ok(())
    }

    fn approve(&mut self, act: &Act) -> Result<(), PeriodRefusal> {
        let Approved {
            calculation,
            sha256,
            totals,
        } = said(act)?;
        let waiting = self.waiting_at(calculation)?;
        if waiting.says.sha256 != sha256 {
            return Err(PeriodRefusal::Other(calculation));
        }
        if waiting.says.totals != totals {
            return Err(PeriodRefusal::Totals {
                calculated: in_words(&waiting.says.totals),
                stated: in_words(&totals),
            });
        }
        let by = act.by().to_owned();
        if waiting.by == by {
            return Err(PeriodRefusal::Own(by));
        }
        if waiting.approved_by.contains(&by) {
            return Err(PeriodRefusal::Twice(by));
        }
        waiting.approved_by.push(by);
        Ok(())
    }

    fn close(&mut self, at: u64, act: &Act) -> Result<(), PeriodRefusal> {
        let Closed {
            calculation,
            until,
            sha256,
        } = said(act)?;
        let until = self.opened(&until)?;
        let waiting = self.waiting_at(calculation)?;
        if waiting.says.sha256 != sha256 || waiting.until != until {
            return Err(PeriodRefusal::Other(calculation));
        }
        let (found, needs) = (waiting.approved_by.len(), waiting.needs());
        if found < needs {
            return Err(PeriodRefusal::NotApproved { found, needs });
        }
        let (run, totals) = (waiting.says.run.clone(), waiting.says.totals.clone());
        self.waiting = None;
        self.closings.push(Closing {
            at,
            until,
            run,
            on: act.at().to_string(),
            totals,
        });
        Ok(())
    }

    /// A day that is not closed yet.
    fn opened(&self, text: &str) -> Result<Date, PeriodRefusal> {
        let until = parse_date(text).map_err(|_| PeriodRefusal::Day(text.to_owned()))?;
        match self.closed_on() {
            Some(closed_on) if until <= closed_on => {
                Err(PeriodRefusal::Closed { until, closed_on })
            }
            Some(_) | None => Ok(until),
        }
    }

    fn waiting_at(&mut self, calculation: u64) -> Result<&mut Calculation, PeriodRefusal> {
        self.waiting
            .as_mut()
            .filter(|waiting| waiting.at == calculation)
            .ok_or(PeriodRefusal::NotWaiting(calculation))
    }
}

/// What in the size of totals is unusual beside those of the period before: more than twice as much, or less than half.
#[must_use]
pub fn unusual(
    totals: &BTreeMap<String, String>,
    before: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for (currency, amount) in totals {
        let Some(earlier) = before.get(currency) else {
            found.push(format!(
                "{amount} {currency}, and nothing in that currency in the period before"
            ));
            continue;
        };
        let (Ok(now), Ok(then)) = (Exact::from_str(amount), Exact::from_str(earlier)) else {
            continue;
        };
        let (now, then, times) = (now.abs(), then.abs(), Exact::from_scaled(UNUSUAL, 0));
        let how = match () {
            () if now > &then * &times => "more than twice",
            () if &now * &times < then => "less than half of",
            () => continue,
        };
        found.push(format!(
            "{amount} {currency} is {how} the {earlier} {currency} of the period before"
        ));
    }
    found
}

/// Totals as a person reads them: `11920.00 USD, 300.00 EUR`.
#[must_use]
pub fn in_words(totals: &BTreeMap<String, String>) -> String {
    let words: Vec<String> = totals
        .iter()
        .map(|(currency, amount)| format!("{amount} {currency}"))
        .collect();
    match words.is_empty() {
        true => "nothing".to_owned(),
        false => words.join(", "),
    }
}

fn said<T: serde::de::DeserializeOwned>(act: &Act) -> Result<T, PeriodRefusal> {
    serde_json::from_str(act.says()).map_err(PeriodRefusal::Says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Judges, Table};
    use proptest::prelude::*;

    impl Judges for Periods {
        type Refusal = PeriodRefusal;

        fn judged(&mut self, at: u64, act: &Act) -> Result<(), PeriodRefusal> {
            self.judge(at, act)
        }
    }

    impl Table<Periods> {
        fn calculate(&mut self, by: &str, until: &str, sum: &str) -> Result<u64, PeriodRefusal> {
            let says = Calculated {
                until: until.to_owned(),
                run: "a run".to_owned(),
                sha256: format!("of {sum}"),
                totals: BTreeMap::from([("EUR".to_owned(), sum.to_owned())]),
                payable: BTreeMap::new(),
                lines: 3,
                partners: 2,
                open: 0,
                unsigned: 0,
                checks: Vec::new(),
            };
            self.done(by, CALCULATED, &says)
        }

        fn approve(&mut self, by: &str, calculation: u64, sum: &str) -> Result<u64, PeriodRefusal> {
            let sha256 = self
                .stands
                .waiting
                .as_ref()
                .map(|one| one.says.sha256.clone())
                .unwrap_or_default();
            let totals = BTreeMap::from([("EUR".to_owned(), sum.to_owned())]);
            self.done(
                by,
                APPROVED,
                &Approved {
                    calculation,
                    sha256,
                    totals,
                },
            )
        }

        fn close(&mut self, calculation: u64) -> Result<u64, PeriodRefusal> {
            let waiting = self.stands.waiting.clone();
            let (until, sha256) = waiting
                .map(|one| (one.until.to_string(), one.says.sha256))
                .unwrap_or_default();
            let until = if until.is_empty() {
                "2030-01-01".to_owned()
            } else {
                until
            };
            self.done(
                "ada",
                CLOSED,
                &Closed {
                    calculation,
                    until,
                    sha256,
                },
            )
        }
    }

    #[test]
    fn what_one_calculates_another_approves_and_then_it_is_closed() {
        let mut table = Table::<Periods>::new();
        let first = table
            .calculate("ada", "2026-03-31", "100.00")
            .expect("calculated");
        assert!(matches!(
            table.close(first),
            Err(PeriodRefusal::NotApproved { found: 0, needs: 1 })
        ));
        assert!(matches!(
            table.approve("ada", first, "100.00"),
            Err(PeriodRefusal::Own(_))
        ));
        assert!(matches!(
            table.approve("bob", first, "10.00"),
            Err(PeriodRefusal::Totals { .. })
        ));
        table.approve("bob", first, "100.00").expect("approved");
        assert!(matches!(
            table.approve("bob", first, "100.00"),
            Err(PeriodRefusal::Twice(_))
        ));
        table.close(first).expect("closed");
        assert_eq!(table.stands.closed_on(), parse_date("2026-03-31").ok());
        assert!(matches!(
            table.calculate("ada", "2026-02-28", "1.00"),
            Err(PeriodRefusal::Closed { .. })
        ));
        assert!(matches!(
            table.close(first),
            Err(PeriodRefusal::NotWaiting(_))
        ));
    }

    #[test]
    fn approvals_fall_when_the_figures_change() {
        let mut table = Table::<Periods>::new();
        let first = table
            .calculate("ada", "2026-03-31", "100.00")
            .expect("calculated");
        table.approve("bob", first, "100.00").expect("approved");
        let second = table
            .calculate("ada", "2026-03-31", "120.00")
            .expect("calculated again");
        assert!(matches!(
            table.close(first),
            Err(PeriodRefusal::NotWaiting(_))
        ));
        assert!(matches!(
            table.close(second),
            Err(PeriodRefusal::NotApproved { found: 0, needs: 1 })
        ));
    }

    #[test]
    fn a_period_of_unusual_size_needs_two() {
        let totals = |euros: &str, dollars: Option<&str>| {
            let euros = ("EUR".to_owned(), euros.to_owned());
            let dollars = dollars.map(|dollars| ("USD".to_owned(), dollars.to_owned()));
            BTreeMap::from_iter([euros].into_iter().chain(dollars))
        };
        let before = totals("100.00", None);
        for (euros, dollars, found) in [
            ("200.00", None, 0),
            ("50.00", None, 0),
            ("200.01", None, 1),
            ("49.99", None, 1),
            ("-200.01", None, 1),
            ("100.00", Some("1.00"), 1),
        ] {
            let checks = unusual(&totals(euros, dollars), &before);
            assert_eq!(checks.len(), found, "{checks:?}");
        }
        let mut table = Table::<Periods>::new();
        let says = Calculated {
            until: "2026-03-31".to_owned(),
            run: "a run".to_owned(),
            sha256: "of 250.00".to_owned(),
            totals: totals("250.00", None),
            payable: BTreeMap::new(),
            lines: 3,
            partners: 2,
            open: 0,
            unsigned: 0,
            checks: unusual(&totals("250.00", None), &before),
        };
        let at = table.done("ada", CALCULATED, &says).expect("calculated");
        table.approve("bob", at, "250.00").expect("approved");
        assert!(matches!(
            table.close(at),
            Err(PeriodRefusal::NotApproved { found: 1, needs: 2 })
        ));
        table.approve("cyd", at, "250.00").expect("approved");
        table.close(at).expect("closed");
        let closing = table.stands.closings.last().expect("there");
        assert_eq!(closing.totals, totals("250.00", None));
    }

    proptest! {
        /// LAW-21, LAW-37, LAW-38: closings only grow and go forward; nothing is closed without an approval of just these
        /// figures by another person than the one who calculated them.
        #[test]
        fn nothing_is_closed_but_what_another_approved(
            steps in prop::collection::vec((0u8..3, 0u8..3, 1u8..5, 0u8..3), 1..30)
        ) {
            let people = ["ada", "bob", "cyd"];
            let mut table = Table::<Periods>::new();
            let mut last = 0;
            for (step, who, month, sum) in steps {
                let by = people[usize::from(who)];
                let before = table.stands.clone();
                let sum = format!("{sum}.00");
                let done = match step {
                    0 => table.calculate(by, &format!("2026-{month:02}-28"), &sum).inspect(|at| last = *at),
                    1 => table.approve(by, last, &sum),
                    _ => table.close(last),
                };
                let after = &table.stands;
                match done {
                    Err(_) => prop_assert_eq!(after, &before),
                    Ok(_) if step == 2 => {
                        let was = before.waiting.expect("it waited");
                        prop_assert!(was.approved_by.iter().any(|by| *by != was.by));
                        prop_assert_eq!(after.closed_on(), Some(was.until));
                        prop_assert!(before.closings.last().is_none_or(|closing| closing.until < was.until));
                    }
                    Ok(_) => prop_assert_eq!(&after.closings, &before.closings),
                }
            }
        }
    }
}
