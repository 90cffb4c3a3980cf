//! A partner's statement as a document: what it says ([`StatementPaper`]), and two ways to write it, as a page to read and
//! keep ([`pdf`]) and as a workbook to calculate with ([`xlsx`]).
//!
//! Several papers, such as a year's quarters, go into one document, in the order given.
//!
//! Whoever makes a paper hands over words and exact amounts; sums are worked out here, so both writers say the same. The
//! only date in a document is that of its last period: the same paper is the same bytes in every year.
//!
//! ```
//! use trueup_base::{Currency, Exact, date::parse_date};
//! use trueup_exports::statement::{Grants, Line, Party, Period, Standing, StatementPaper, pdf, xlsx};
//!
//! let mut paper = StatementPaper::new(
//!     "Reseller plan",
//!     Party { id: "P-100".into(), name: "Northwind Trading".into() },
//!     Period { name: "2026-Q2".into(), first: parse_date("2026-04-01")?, last: parse_date("2026-06-30")? },
//!     Standing::Provisional("The period is not closed yet.".into()),
//!     Currency::parse("USD")?,
//! );
//! paper.lines.push(Line {
//!     component: "volume_bonus".into(),
//!     is: "Quarterly bonus on net sales".into(),
//!     why: None,
//!     grants: Grants::Money,
//!     to_date: Some(Exact::parse("10890")?),
//!     before: Exact::parse("4200")?,
//!     now: Some(Exact::parse("6690")?),
//! });
//! assert_eq!(paper.total().to_string(), "6690");
//! let papers = [paper];
//! assert!(pdf::write(&papers)?.starts_with(b"%PDF-1.7"));
//! assert_eq!(xlsx::write(&papers)?, xlsx::write(&papers)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use trueup_base::{Currency, Date, Exact, Rounding};

pub mod pdf;
pub mod xlsx;

/// What a statement says.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementPaper {
    /// The title of the program or plan.
    pub title: String,
    /// Whose it is.
    pub partner: Party,
    /// For when.
    pub period: Period,
    /// Under which plan, agreement and facts, each as a phrase.
    pub under: Vec<String>,
    /// Whether its figures can still change.
    pub standing: Standing,
    /// What its money is in.
    pub currency: Currency,
    /// Progress, one group for each objective.
    pub objectives: Vec<Group>,
    /// What was earned, a line for each component.
    pub lines: Vec<Line>,
    /// What corrects periods that are closed and falls into this one.
    pub corrections: Vec<Correction>,
    /// What is held, payable or paid, in the currency.
    pub balances: Vec<Balance>,
    /// What stands beside the lines, each under its own heading: what is on, funds.
    pub beside: Vec<Group>,
    /// What is open, and therefore not posted.
    pub open: Vec<Open>,
    /// What is to be said of the facts behind the figures.
    pub notes: Vec<String>,
    /// How a reader checks it, a paragraph each.
    pub checks: Vec<String>,
    /// What it was worked out from: what it is, and its hash.
    pub hashes: Vec<(String, String)>,
}

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// As the calendar names it.
    pub name: String,
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
}

/// Whether figures can still change, and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing says.
    Unsaid,
    /// They can.
    Provisional(String),
    /// They can't.
    Locked(String),
}

/// Rows under a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// The rows.
    pub rows: Vec<GroupRow>,
}

/// A row of words with a figure at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// What it is.
    pub is: String,
    /// The figure as it is read; none where words say all.
    pub figure: Option<String>,
    /// What is to be said of it, such as why there is no figure.
    pub note: Option<String>,
}

/// What one component earned.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The component.
    pub component: String,
    /// What it is.
    pub is: String,
    /// How it came about, in words.
    pub why: Option<String>,
    /// What its amounts are of.
    pub grants: Grants,
    /// The entitlement to date; none where there is no answer.
    pub to_date: Option<Exact>,
    /// What was posted before.
    pub before: Exact,
    /// What is posted for this period; none where nothing can be said.
    pub now: Option<Exact>,
}

/// What a line's amounts are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grants {
    /// Money that is owed: part of the total.
    Money,
    /// Money of a fund: in the currency, and not part of the total.
    Fund,
    /// Something that is counted.
    Count,
}

/// What became known of a closed settlement after it was closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// The component.
    pub component: String,
    /// The settlement's last day.
    pub settled_on: Date,
    /// What it adds, in the currency.
    pub amount: Exact,
}

/// What an account of the partner's stands at.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// What it is: held, payable, paid.
    pub what: String,
    /// How much, in the currency.
    pub amount: Exact,
}

/// A question that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// What waits for it.
    pub components: Vec<String>,
    /// Why.
    pub why: String,
}

/// Why a paper can't be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperRefusal {
    /// No paper at all.
    #[error("there is no statement to write")]
    Nothing,
    /// A text that a cell can't hold; nothing is cut.
    #[error(
        "a text of {characters} characters on the statement of {partner} does not fit into a cell of a workbook, which holds {max}; write a PDF, or shorten `{begins}…`"
    )]
    TextTooLong {
        /// Whose statement.
        partner: String,
        /// How long it is.
        characters: usize,
        /// How long it may be.
        max: usize,
        /// How it begins.
        begins: String,
    },
    /// More lines than a sheet holds.
    #[error(
        "the statement of {partner} has more rows than a sheet of a workbook holds, which is {max}; write a PDF, or state shorter periods"
    )]
    TooManyRows {
        /// Whose statement.
        partner: String,
        /// How many there may be.
        max: u32,
    },
    /// What the format's writer did not take.
    #[error("the statement of {partner} can't be written: {why}")]
    Format {
        /// Whose statement.
        partner: String,
        /// Why.
        why: String,
    },
}

impl StatementPaper {
    /// A paper with its heading and nothing else.
    #[must_use]
    pub fn new(
        title: impl Into<String>,
        partner: Party,
        period: Period,
        standing: Standing,
        currency: Currency,
    ) -> Self {
        Self {
            title: title.into(),
            partner,
            period,
            under: Vec::new(),
            standing,
            currency,
            objectives: Vec::new(),
            lines: Vec::new(),
            corrections: Vec::new(),
            balances: Vec::new(),
            beside: Vec::new(),
            open: Vec::new(),
            notes: Vec::new(),
            checks: Vec::new(),
            hashes: Vec::new(),
        }
    }

    /// What the lines of money post for the period.
    #[must_use]
    pub fn total(&self) -> Exact {
        let owed = self
            .lines
            .iter()
            .filter(|line| line.grants == Grants::Money);
        let now = owed.filter_map(|line| line.now.as_ref());
        now.fold(Exact::ZERO, |sum, now| &sum + now)
    }

    /// The total with what corrects closed periods.
    #[must_use]
    pub fn total_with_corrections(&self) -> Exact {
        let amounts = self.corrections.iter().map(|correction| &correction.amount);
        amounts.fold(self.total(), |sum, amount| &sum + amount)
    }

    /// The places that amounts have at least.
    fn places(&self, grants: Grants) -> u32 {
        match grants {
            Grants::Money | Grants::Fund => self.currency.places(),
            Grants::Count => 0,
        }
    }
}

/// What a document of papers is called, and what it is about.
struct About<'p> {
    title: String,
    subject: String,
    last: &'p StatementPaper,
}

impl<'p> About<'p> {
    fn of(papers: &'p [StatementPaper]) -> Result<Self, PaperRefusal> {
        let (Some(first), Some(last)) = (papers.first(), papers.last()) else {
            return Err(PaperRefusal::Nothing);
        };
        let periods = match papers.len() {
            1 => last.period.name.clone(),
            _ => format!("{} to {}", first.period.name, last.period.name),
        };
        Ok(Self {
            title: format!("{}: {periods}", last.title),
            subject: format!("Statement for {} ({})", last.partner.name, last.partner.id),
            last,
        })
    }
}

/// How many places an amount is looked at for its digits to end.
const PLACES_MAX: u32 = 30;

/// The least number of places, from some on, at which an amount loses nothing; none where its digits never end.
pub(crate) fn exact_places(amount: &Exact, least: u32) -> Option<u32> {
    (least..=PLACES_MAX.max(least)).find(|places| amount.to_scaled(*places).is_some())
}

/// An amount with all its digits, at some places at least, its whole part in groups of three.
fn shown(amount: &Exact, least: u32) -> String {
    match exact_places(amount, least) {
        Some(places) => amount.to_grouped(places, Rounding::HalfAway),
        None => amount.to_string(),
    }
}

/// A difference with its sign.
fn signed(amount: &Exact, least: u32) -> String {
    match amount.is_negative() || amount.is_zero() {
        true => shown(amount, least),
        false => format!("+{}", shown(amount, least)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_show_all_their_digits() {
        let shown = |text: &str, least| shown(&Exact::parse(text).unwrap(), least);
        assert_eq!(shown("1234567.5", 2), "1,234,567.50");
        assert_eq!(shown("-0.125", 2), "-0.125");
        assert_eq!(shown("0", 0), "0");
        assert_eq!(super::shown(&Exact::ratio(1, 3).unwrap(), 2), "1/3");
        assert_eq!(signed(&Exact::parse("5").unwrap(), 2), "+5.00");
        assert_eq!(signed(&Exact::ZERO, 2), "0.00");
    }

    #[test]
    fn the_total_is_of_money_that_is_owed() {
        let mut paper = StatementPaper::new(
            "Plan",
            Party {
                id: "P".into(),
                name: "P".into(),
            },
            Period {
                name: "2026".into(),
                first: trueup_base::date::parse_date("2026-01-01").unwrap(),
                last: trueup_base::date::parse_date("2026-12-31").unwrap(),
            },
            Standing::Unsaid,
            Currency::parse("USD").unwrap(),
        );
        for (grants, now) in [
            (Grants::Money, Some("10.10")),
            (Grants::Money, Some("-0.20")),
            (Grants::Money, None),
            (Grants::Fund, Some("500")),
            (Grants::Count, Some("7")),
        ] {
            paper.lines.push(Line {
                component: "c".into(),
                is: String::new(),
                why: None,
                grants,
                to_date: None,
                before: Exact::ZERO,
                now: now.map(|now| Exact::parse(now).unwrap()),
            });
        }
        assert_eq!(paper.total(), Exact::parse("9.90").unwrap());
        paper.corrections.push(Correction {
            component: "c".into(),
            settled_on: trueup_base::date::parse_date("2025-12-31").unwrap(),
            amount: Exact::parse("-10").unwrap(),
        });
        assert_eq!(
            paper.total_with_corrections(),
            Exact::parse("-0.10").unwrap()
        );
    }
}
