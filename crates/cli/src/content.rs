//! What a period comes to: what is posted by closing it, worked out partner by partner.
//!
//! A calculation keeps it under its own digest, which is what people approve. A closing takes it from there, where the journal has
//! nothing since that could make it another; else it is worked out again and held to the digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::{Account, BookedKey, Key, Posting, cells_of, settle_some};
use trueup_facts::cached;
use trueup_facts::digest::Digest;
use trueup_facts::program::state_folder;
use trueup_program::{Calculation, acceptance, announcement, dispute, period};

use crate::commands::books::in_currency;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::moves::{self, Became, Money};
use crate::posting::NotSigned;
use crate::progress::Progress;
use crate::record::{FACTS_LOGGED, Record};
use crate::runs::{self, Reread, Said};
use crate::threads::{beside, on_threads};

/// What a period comes to.
pub struct Content {
    /// What falls into it for each key, in the order of keys.
    pub postings: Vec<Posting>,
    /// The same as text.
    text: String,
    /// How many lines are open.
    pub open: usize,
    /// How many lines are left out because an agreement is not signed.
    pub unsigned: usize,
    /// Of how many partners.
    pub unsigned_partners: usize,
    /// What is to be posted for it beside what was accrued, where anything was.
    pub beside_accrued: Option<Vec<Posting>>,
}

/// What is asked: of a run, until a day.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The program.
    pub program: &'a Path,
    /// The run.
    pub run: &'a Reread,
    /// The last day of the period.
    pub until: Date,
    /// Partners with an agreement that is not signed.
    pub unsigned: &'a NotSigned,
    /// Whether it is to be posted beside what was accrued since the last closing.
    pub has_accrued: bool,
}

/// What the books have, by partner.
type ByPartner = BTreeMap<PartnerId, Vec<BookedKey>>;

/// What there is of one partner.
#[derive(Default)]
struct OfPartner {
    lines: Vec<Said>,
    became: Vec<Became>,
    taken_over: Vec<Key>,
    closed: Vec<BookedKey>,
    booked: Vec<BookedKey>,
}

/// The first line of the text that is hashed.
const FORM: &str = "trueup period 2\n";

const ENDING: &str = "period";

/// Where contents are kept.
fn folder_of(program: &Path) -> PathBuf {
    state_folder(program).join("cache").join("periods")
}

impl Content {
    /// Works out what falls between the last closing and a day: what is earned then, and what corrects what is closed.
    pub fn of(desk: &Desk, question: Question<'_>, progress: &Progress) -> Result<Self, Failure> {
        let closed_on = desk.on_record.periods.closed_on().unwrap_or(Date::MIN);
        let open_from = desk.on_record.periods.open_from();
        let Question {
            run,
            until,
            unsigned,
            has_accrued,
            ..
        } = question;
        let (there, became) = beside(
            || There::read(&desk.record, question, closed_on),
            || moves::until(run, until, progress),
        );
        let (there, became) = (there?, became?);
        let mut all: BTreeMap<PartnerId, OfPartner> = BTreeMap::new();
        for (partner, lines) in there.lines {
            all.entry(partner).or_default().lines = lines;
        }
        for one in became {
            all.entry(one.partner.clone()).or_default().became.push(one);
        }
        for (partner, closed) in there.closed {
            all.entry(partner).or_default().closed = closed;
        }
        for (partner, booked) in there.booked {
            all.entry(partner).or_default().booked = booked;
        }
        for key in there.taken_over {
            let of = all.entry(key.partner.clone()).or_default();
            of.taken_over.push(key);
        }
        let of_partner = |(partner, of): (PartnerId, OfPartner)| -> Result<Self, Failure> {
            let money = Money::of((&of.lines, &of.became), &of.taken_over, until)?;
            let is_covered = |key: &Key| {
                let ends = key.settled_on.tomorrow();
                key.settled_on <= until
                    && ends.is_ok_and(|ends| run.scope.holds_end(ends))
                    && !money.open.contains(key)
                    && !money.unknown.contains(key)
                    && unsigned.allows(key)
            };
            let postings = settle_some(&money.moves, &of.closed, None, &is_covered);
            let left_out: BTreeSet<_> = of
                .lines
                .iter()
                .filter(|line| line.key.settled_on <= until && !unsigned.allows(&line.key))
                .map(|line| (&line.key.plan, &line.key.component, line.key.settled_on))
                .collect();
            let is_in = |key: &&Key| key.settled_on <= until;
            Ok(Self {
                text: as_text(&postings),
                postings,
                open: money.open.iter().filter(is_in).count(),
                unsigned: left_out.len(),
                unsigned_partners: usize::from(!of.lines.is_empty() && unsigned.is_of(&partner)),
                beside_accrued: has_accrued
                    .then(|| settle_some(&money.moves, &of.booked, open_from, &is_covered)),
            })
        };
        let work = |share: Vec<(PartnerId, OfPartner)>| -> Result<Self, Failure> {
            let mut whole = Self::nothing(has_accrued);
            for one in share {
                whole.add(of_partner(one)?);
            }
            Ok(whole)
        };
        let mut whole = Self::nothing(has_accrued);
        whole.text.push_str(FORM);
        for share in on_threads(all.into_iter().collect(), &work) {
            whole.add(share?);
        }
        Ok(whole)
    }

    fn nothing(has_accrued: bool) -> Self {
        Self {
            postings: Vec::new(),
            text: String::new(),
            open: 0,
            unsigned: 0,
            unsigned_partners: 0,
            beside_accrued: has_accrued.then(Vec::new),
        }
    }

    /// Adds that of partners who follow.
    fn add(&mut self, next: Self) {
        self.postings.extend(next.postings);
        self.text.push_str(&next.text);
        self.open += next.open;
        self.unsigned += next.unsigned;
        self.unsigned_partners += next.unsigned_partners;
        if let (Some(some), Some(next)) = (&mut self.beside_accrued, next.beside_accrued) {
            some.extend(next);
        }
    }

    /// How many postings there are on an account.
    pub fn count(&self, account: Account) -> usize {
        let on = |posting: &&Posting| posting.account == account;
        self.postings.iter().filter(on).count()
    }

    /// What an account comes to, by currency; of what is owed above zero.
    pub fn totals(&self, account: Account) -> BTreeMap<String, String> {
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        let is_cost = matches!(account, Account::Expense | Account::SetAside);
        let sign = if is_cost { 1 } else { -1 };
        for posting in self.postings.iter().filter(|one| one.account == account) {
            let sum = sums.entry(posting.key.currency.code()).or_default();
            *sum += sign * i128::from(posting.amount);
        }
        let text =
            |(currency, units): (&str, i128)| (currency.to_owned(), in_currency(units, currency));
        sums.into_iter().map(text).collect()
    }

    /// How many partners it is of.
    pub fn partners(&self) -> usize {
        let of_one = |one: &Posting, other: &Posting| one.key.partner == other.key.partner;
        self.postings.chunk_by(of_one).count()
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// Keeps it for its closing, in the place of any other. Where the disk refuses, it is worked out again.
    pub fn keep(&self, program: &Path) {
        forget(program);
        let _ = cached::keep(
            &folder_of(program),
            self.digest(),
            ENDING,
            self.text.as_bytes(),
        );
    }

    /// What a calculation came to, as it was kept: where nothing that it hangs on can have changed since, and nobody is left out
    /// of it because of an agreement.
    pub fn as_calculated(
        desk: &Desk,
        calculation: &Calculation,
        (program, unsigned): (&Path, &NotSigned),
    ) -> Result<Option<Self>, Failure> {
        if calculation.says.unsigned > 0 || !unsigned.allows_all(calculation.until) {
            return Ok(None);
        }
        let kinds = desk.record.kinds_from(calculation.at + 1)?;
        if !kinds.iter().all(|kind| leaves_content(kind)) {
            return Ok(None);
        }
        let file = format!("{}.{ENDING}", calculation.says.sha256);
        let Ok(text) = fs::read_to_string(folder_of(program).join(file)) else {
            return Ok(None);
        };
        if Digest::of(text.as_bytes()).to_string() != calculation.says.sha256 {
            return Ok(None);
        }
        Ok(read(&text).map(|postings| Self {
            postings,
            text,
            open: usize::try_from(calculation.says.open).unwrap_or(usize::MAX),
            ..Self::nothing(false)
        }))
    }
}

/// Removes what was kept for a closing.
pub fn forget(program: &Path) {
    let _ = fs::remove_dir_all(folder_of(program));
}

/// Whether an act of a kind leaves what a period comes to as it is: it posts nothing, and is about no agreement and no key.
fn leaves_content(kind: &str) -> bool {
    kind == period::APPROVED
        || kind == FACTS_LOGGED
        || acceptance::KINDS.contains(&kind)
        || announcement::KINDS.contains(&kind)
        || dispute::KINDS.contains(&kind)
}

/// What is there before anything is worked out.
struct There {
    lines: BTreeMap<PartnerId, Vec<Said>>,
    closed: ByPartner,
    booked: ByPartner,
    taken_over: BTreeSet<Key>,
}

impl There {
    fn read(record: &Record, question: Question<'_>, closed_on: Date) -> Result<Self, Failure> {
        let booked_until = |day: Date| {
            record.wait("reading the books", async |database| {
                database.booked_by_partner(day).await
            })
        };
        Ok(Self {
            closed: booked_until(closed_on)?,
            booked: match question.has_accrued {
                true => booked_until(Date::MAX)?,
                false => ByPartner::new(),
            },
            taken_over: record.wait("reading the books", async |database| {
                database.taken_over().await
            })?,
            lines: runs::said(&runs::kept(question.program), question.run.hash)?,
        })
    }
}

/// Postings as they are hashed: a line for each.
fn as_text(postings: &[Posting]) -> String {
    let mut text = String::new();
    for posting in postings {
        text.push_str(&posting.to_line());
        text.push('\n');
    }
    text
}

/// Postings from their text; nothing where it is none.
fn read(text: &str) -> Option<Vec<Posting>> {
    let mut postings: Vec<Posting> = Vec::new();
    let mut before = "";
    for line in text.strip_prefix(FORM)?.lines() {
        let (account, place, amount) = cells_of(line)?;
        // What is posted of one key stands together.
        let key = match postings.last().filter(|_| place == before) {
            Some(last) => last.key.clone(),
            None => Key::of_cells(place)?,
        };
        before = place;
        postings.push(Posting {
            account,
            falls_on: key.settled_on,
            key,
            amount,
        });
    }
    Some(postings)
}

#[cfg(test)]
mod tests {
    use trueup_base::date::parse_date;
    use trueup_base::money::Currency;

    use super::*;

    #[test]
    fn what_is_hashed_is_read_again_as_it_was() {
        let posting = |account, partner: &str, amount| Posting {
            account,
            key: Key {
                partner: PartnerId::new(partner).expect("a partner"),
                plan: "reseller".to_owned(),
                component: "volume_bonus".to_owned(),
                settled_on: parse_date("2026-03-31").expect("a day"),
                currency: Currency::parse("USD").expect("a currency"),
            },
            falls_on: parse_date("2026-03-31").expect("a day"),
            amount,
        };
        let postings = vec![
            posting(Account::Expense, "P-1", 100),
            posting(Account::Payable, "P-1", -100),
            posting(Account::Fund, "P-2", 7),
        ];
        let text = format!("{FORM}{}", as_text(&postings));
        assert_eq!(read(&text), Some(postings));
        for other in [
            text.replace("period 2", "period 1"),
            text.replace("\t7\n", "\tseven\n"),
            text.replace("\t7\n", "\t7\t7\n"),
            text.replace("fund", "funds"),
        ] {
            assert_eq!(read(&other), None, "{other}");
        }
    }

    #[test]
    fn acts_about_agreements_keys_and_postings_ask_for_another_look() {
        for kind in [
            "books.posted",
            "agreement.proposed",
            "agreement.accepted",
            "key.added",
            "period.calculated",
            "something.new",
        ] {
            assert!(!leaves_content(kind), "{kind}");
        }
        assert!(leaves_content(period::APPROVED));
        assert!(leaves_content(FACTS_LOGGED));
    }
}
