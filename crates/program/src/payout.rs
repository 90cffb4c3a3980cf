//! Payouts: to whom money goes, and from what is payable to what was paid.
//!
//! A profile says where a partner's money goes; what one person states another confirms, and until then the one before counts.
//! A payout is prepared by one, approved by another over the same payments, and then ordered once. What became of a payment is
//! what the bank says: paid, returned, or not known, which keeps it from being ordered again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_journal::{Act, Organisation};

use crate::period::in_words;

/// Stating where a partner's money goes.
pub const STATED: &str = "profile.stated";
/// Confirming it.
pub const CONFIRMED: &str = "profile.confirmed";
/// Preparing a payout.
pub const PREPARED: &str = "payout.prepared";
/// Approving it.
pub const APPROVED: &str = "payout.approved";
/// Ordering it: telling the bank.
pub const ORDERED: &str = "payout.ordered";
/// What became of a payment.
pub const REPORTED: &str = "payment.reported";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 6] = [STATED, CONFIRMED, PREPARED, APPROVED, ORDERED, REPORTED];

/// How many times the total of the payout before a payout may be before it needs one more approval.
pub const TIMES: i64 = 2;

/// How money gets to a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A bank transfer.
    BankTransfer,
    /// A credit note, set off against what the partner buys.
    CreditNote,
    /// An invoice that the vendor writes in the partner's name, paid by bank transfer.
    SelfBilling,
}

impl Route {
    /// The route as one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::CreditNote => "credit_note",
            Self::SelfBilling => "self_billing",
        }
    }

    /// Whether a bank is told to pay.
    #[must_use]
    pub fn is_by_bank(self) -> bool {
        match self {
            Self::BankTransfer | Self::SelfBilling => true,
            Self::CreditNote => false,
        }
    }
}

/// What [`STATED`] says. The profile itself is personal and lies in the directory; the digest is over a text with a salt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Whose.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
    /// How the money gets there.
    pub route: Route,
    /// The SHA-256 of the profile's text.
    pub sha256: String,
}

/// What [`CONFIRMED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The place of the act that states it.
    pub profile: u64,
}

/// What [`PREPARED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prepared {
    /// Its number: one more than were ordered.
    pub payout: u64,
    /// The day on which the bank is to pay.
    pub on: String,
    /// How many payments there are.
    pub payments: u64,
    /// How many of them go where no payout went before.
    pub new_accounts: u64,
    /// What they come to, by currency.
    pub totals: BTreeMap<String, String>,
    /// Whose consent plans ask for, beyond four eyes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// The SHA-256 of the list of payments and consents.
    pub sha256: String,
}

/// A consent that a plan asks for: of an office or a body, as its `approvals` name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Whose, such as `finance`.
    pub of: String,
    /// Why, in words.
    pub because: String,
}

/// What [`APPROVED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The place of the act that prepared it.
    pub prepared: u64,
    /// The digest of its list.
    pub sha256: String,
    /// The totals, as whoever approves stated them.
    pub totals: BTreeMap<String, String>,
    /// The office or body for which it is approved, where a plan asks for the consent of one.
    #[serde(default, rename = "as", skip_serializing_if = "Option::is_none")]
    pub office: Option<String>,
}

/// What [`ORDERED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    /// The place of the act that prepared it.
    pub prepared: u64,
    /// The digest of its list.
    pub sha256: String,
    /// The batch that posts it.
    pub batch: u64,
}

/// What a bank says of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// It was paid.
    Paid,
    /// It came back.
    Returned,
    /// Nobody knows yet.
    Unknown,
}

impl Word {
    /// As one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Returned => "returned",
            Self::Unknown => "unknown",
        }
    }
}

/// What [`REPORTED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// The payout.
    pub payout: u64,
    /// Whose payment.
    #[serde(with = "crate::id_text")]
    pub partner: PartnerId,
    /// In which currency.
    pub currency: String,
    /// What the bank says.
    pub word: Word,
    /// Where that is from, or why it came back.
    pub because: String,
}

/// A partner's profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The place of the act that states it.
    pub at: u64,
    /// Who stated it.
    pub by: String,
    /// What it says.
    pub says: Stated,
}

/// The profiles of a partner: the one that counts, and the one that waits to be confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    /// The one that counts.
    pub counts: Option<Profile>,
    /// The one that waits.
    pub waits: Option<Profile>,
}

/// A payout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The place of the act that prepared it.
    pub at: u64,
    /// Who prepared it.
    pub by: String,
    /// The day on which the bank is to pay.
    pub on: Date,
    /// What it says.
    pub says: Prepared,
    /// Who approved.
    pub approved_by: Vec<String>,
    /// Which offices and bodies consented, and by whom.
    pub consented: BTreeMap<String, String>,
    /// Why it needs one more approval than others.
    pub checks: Vec<String>,
    /// Once it is ordered: the place of the act, its instant, and the batch.
    pub ordered: Option<(u64, String, u64)>,
    /// Where each partner's money was to go when it was ordered.
    pub profiles: BTreeMap<PartnerId, Profile>,
    /// What became of payments, by partner and currency.
    pub words: BTreeMap<(PartnerId, String), Word>,
}

impl Payout {
    /// How many approvals it needs. Whoever consents for an office approves, and nobody consents for two.
    #[must_use]
    pub fn needs(&self) -> usize {
        let eyes = match self.checks.is_empty() {
            true => 1,
            false => 2,
        };
        self.says.consents.len().max(eyes)
    }

    /// The consents that are still missing.
    pub fn missing(&self) -> impl Iterator<Item = &Consent> {
        let consents = self.says.consents.iter();
        consents.filter(|one| !self.consented.contains_key(&one.of))
    }

    /// Somebody consents for an office.
    fn consent(&mut self, of: String, by: &str) -> Result<(), PayoutRefusal> {
        let asked: Vec<&str> = self.says.consents.iter().map(|one| &*one.of).collect();
        if !asked.contains(&&*of) {
            let asked = (!asked.is_empty()).then(|| asked.join(", "));
            return Err(PayoutRefusal::NotAsked { of, asked });
        }
        if let Some(by) = self.consented.get(&of) {
            let by = by.clone();
            return Err(PayoutRefusal::Consented { of, by });
        }
        self.consented.insert(of, by.to_owned());
        Ok(())
    }
}

/// Profiles and payouts, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payouts {
    /// Profiles.
    pub profiles: BTreeMap<PartnerId, Profiles>,
    /// The payout that waits to be approved and ordered.
    pub waiting: Option<Payout>,
    /// Payouts that were ordered, in order.
    pub ordered: Vec<Payout>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PayoutRefusal {
    /// What the act says cannot be read.
    #[error("what it says of a payout cannot be read")]
    Says(#[source] serde_json::Error),
    /// Not a day.
    #[error("`{0}` is no day")]
    Day(String),
    /// A partner's act.
    #[error("the vendor pays, and this is in the name of {0}")]
    VendorOnly(Organisation),
    /// Another partner's profile.
    #[error("the profile is {profile}'s, and this is in the name of {behalf}")]
    NotYours {
        /// Whose profile.
        profile: PartnerId,
        /// In whose name.
        behalf: Organisation,
    },
    /// Nothing waits there.
    #[error("no profile at {0} waits to be confirmed")]
    NoProfile(u64),
    /// The same person.
    #[error("{0} did it; somebody else confirms or approves")]
    Own(String),
    /// Twice the same person.
    #[error("{0} approved it already")]
    Twice(String),
    /// Another number.
    #[error("the next payout is number {0}")]
    Number(u64),
    /// Nothing waits there.
    #[error(
        "no payout prepared at {0} waits: it was ordered, or a later one took its place and its approvals fell"
    )]
    NotWaiting(u64),
    /// Other payments than were prepared.
    #[error("these are not the payments that were prepared at {0}")]
    Other(u64),
    /// Other totals.
    #[error("the totals of the payout are {prepared}, and you state {stated}")]
    Totals {
        /// As prepared.
        prepared: String,
        /// As stated.
        stated: String,
    },
    /// Not approved.
    #[error("it has {found} of {needs} approvals; `trueup payout approve` gives them")]
    NotApproved {
        /// How many it has.
        found: usize,
        /// How many it needs.
        needs: usize,
    },
    /// A consent is missing.
    #[error("the consent of {0} is missing; `trueup payout approve --as` gives it")]
    NotConsented(String),
    /// Nobody's consent.
    #[error(
        "no plan asks for the consent of {of} to this payout{}",
        asked.as_ref().map_or_else(String::new, |asked| format!("; asked for is that of {asked}"))
    )]
    NotAsked {
        /// Whose.
        of: String,
        /// Whose is asked for.
        asked: Option<String>,
    },
    /// Twice the same office.
    #[error("{by} consented for {of} already")]
    Consented {
        /// Whose.
        of: String,
        /// By whom.
        by: String,
    },
    /// No such payout.
    #[error("there is no payout {0} that was ordered")]
    NoPayout(u64),
    /// Not what can become of it.
    #[error("the payment of {partner} was reported as {was}; it cannot become {now}")]
    Over {
        /// Whose.
        partner: PartnerId,
        /// What it was.
        was: &'static str,
        /// What it should become.
        now: &'static str,
    },
    /// No reason.
    #[error("say where it is known from: the bank's statement, or its message")]
    NoReason,
}

impl Payouts {
    /// The number of the next payout.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.ordered.len() as u64 + 1
    }

    /// The profile of a partner that counts.
    #[must_use]
    pub fn profile(&self, partner: &PartnerId) -> Option<&Profile> {
        self.profiles.get(partner)?.counts.as_ref()
    }

    /// Whether a payout went to a partner's profile as it is.
    #[must_use]
    pub fn was_used(&self, profile: &Profile) -> bool {
        let partner = &profile.says.partner;
        self.ordered
            .iter()
            .any(|payout| payout.profiles.get(partner) == Some(profile))
    }

    /// Whether an act may be done, and what it makes of the payouts; acts of other kinds change nothing.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), PayoutRefusal> {
        let kind = act.kind().as_str();
        if !KINDS.contains(&kind) {
            return Ok(());
        }
        if kind == STATED {
            return self.state(at, act);
        }
        if *act.behalf() != Organisation::Vendor {
            return Err(PayoutRefusal::VendorOnly(act.behalf().clone()));
        }
        match kind {
            CONFIRMED => self.confirm(act),
            PREPARED => self.prepare(at, act),
            APPROVED => self.approve(act),
            ORDERED => self.order(at, act),
            _ => self.report(act),
        }
    }

    fn state(&mut self, at: u64, act: &Act) -> Result<(), PayoutRefusal> {
        let says: Stated = said(act)?;
        if !act.behalf().is_side_of(&says.partner) {
            return Err(PayoutRefusal::NotYours {
                profile: says.partner,
                behalf: act.behalf().clone(),
            });
        }
        let profiles = self.profiles.entry(says.partner.clone()).or_default();
        profiles.waits = Some(Profile {
            at,
            by: act.by().to_owned(),
            says,
        });
        Ok(())
    }

    fn confirm(&mut self, act: &Act) -> Result<(), PayoutRefusal> {
        let Confirmed { profile } = said(act)?;
        let is_it = |one: &&mut Profiles| one.waits.as_ref().is_some_and(|one| one.at == profile);
        let profiles = self
            .profiles
            .values_mut()
            .find(is_it)
            .ok_or(PayoutRefusal::NoProfile(profile))?;
        if let Some(own) = profiles.waits.as_ref().filter(|one| one.by == act.by()) {
            return Err(PayoutRefusal::Own(own.by.clone()));
        }
        profiles.counts = profiles.waits.take();
        Ok(())
    }

    fn prepare(&mut self, at: u64, act: &Act) -> Result<(), PayoutRefusal> {
        let says: Prepared = said(act)?;
        let on = parse_date(&says.on).map_err(|_| PayoutRefusal::Day(says.on.clone()))?;
        if says.payout != self.next() {
            return Err(PayoutRefusal::Number(self.next()));
        }
        let mut checks = Vec::new();
        if says.new_accounts > 0 && !self.ordered.is_empty() {
            checks.push(format!(
                "{} of {} payments go where no payout went before",
                says.new_accounts, says.payments
            ));
        }
        if let Some(last) = self.ordered.last() {
            for (currency, total) in &says.totals {
                let before = last.says.totals.get(currency);
                if !is_within(total, before.map(String::as_str)) {
                    checks.push(format!(
                        "{total} {currency} are more than {TIMES} times the {} of the payout before",
                        before.map_or("nothing", String::as_str)
                    ));
                }
            }
        }
        self.waiting = Some(Payout {
            at,
            by: act.by().to_owned(),
            on,
            says,
            approved_by: Vec::new(),
            consented: BTreeMap::new(),
            checks,
            ordered: None,
            profiles: BTreeMap::new(),
            words: BTreeMap::new(),
        });
        Ok(())
    }

    fn approve(&mut self, act: &Act) -> Result<(), PayoutRefusal> {
        let Approved {
            prepared,
            sha256,
            totals,
            office,
        } = said(act)?;
        let waiting = self.waiting_at(prepared, &sha256)?;
        if waiting.says.totals != totals {
            return Err(PayoutRefusal::Totals {
                prepared: in_words(&waiting.says.totals),
                stated: in_words(&totals),
            });
        }
        let by = act.by().to_owned();
        if waiting.by == by {
            return Err(PayoutRefusal::Own(by));
        }
        if waiting.approved_by.contains(&by) {
            return Err(PayoutRefusal::Twice(by));
        }
        if let Some(of) = office {
            waiting.consent(of, &by)?;
        }
        waiting.approved_by.push(by);
        Ok(())
    }

    fn order(&mut self, at: u64, act: &Act) -> Result<(), PayoutRefusal> {
        let Ordered {
            prepared,
            sha256,
            batch,
        } = said(act)?;
        let waiting = self.waiting_at(prepared, &sha256)?;
        let (found, needs) = (waiting.approved_by.len(), waiting.needs());
        if found < needs {
            return Err(PayoutRefusal::NotApproved { found, needs });
        }
        let missing: Vec<&str> = waiting.missing().map(|one| one.of.as_str()).collect();
        if !missing.is_empty() {
            return Err(PayoutRefusal::NotConsented(missing.join(" and of ")));
        }
        let counting = self.profiles.iter();
        let profiles = counting
            .filter_map(|(partner, one)| Some((partner.clone(), one.counts.clone()?)))
            .collect();
        if let Some(mut payout) = self.waiting.take() {
            payout.ordered = Some((at, act.at().to_string(), batch));
            payout.profiles = profiles;
            self.ordered.push(payout);
        }
        Ok(())
    }

    fn report(&mut self, act: &Act) -> Result<(), PayoutRefusal> {
        let Reported {
            payout,
            partner,
            currency,
            word,
            because,
        } = said(act)?;
        if because.trim().is_empty() {
            return Err(PayoutRefusal::NoReason);
        }
        let ordered = self
            .ordered
            .iter_mut()
            .find(|one| one.says.payout == payout)
            .ok_or(PayoutRefusal::NoPayout(payout))?;
        let place = (partner, currency);
        let may = match (ordered.words.get(&place), word) {
            (None, _) | (Some(Word::Unknown), Word::Paid | Word::Returned) => true,
            (Some(Word::Paid), Word::Returned) => true,
            (Some(Word::Unknown), Word::Unknown)
            | (Some(Word::Paid), Word::Paid | Word::Unknown)
            | (Some(Word::Returned), _) => false,
        };
        if !may {
            let was = ordered
                .words
                .get(&place)
                .map_or("nothing", |one| one.word());
            return Err(PayoutRefusal::Over {
                partner: place.0,
                was,
                now: word.word(),
            });
        }
        ordered.words.insert(place, word);
        Ok(())
    }

    fn waiting_at(&mut self, prepared: u64, sha256: &str) -> Result<&mut Payout, PayoutRefusal> {
        let waiting = self
            .waiting
            .as_mut()
            .filter(|waiting| waiting.at == prepared)
            .ok_or(PayoutRefusal::NotWaiting(prepared))?;
        match waiting.says.sha256 == sha256 {
            true => Ok(waiting),
            false => Err(PayoutRefusal::Other(prepared)),
        }
    }
}

/// Whether a total is no more than so many times the one before. What cannot be read is not.
fn is_within(total: &str, before: Option<&str>) -> bool {
    match (Exact::parse(total), Exact::parse(before.unwrap_or("0"))) {
        (Ok(total), Ok(before)) => total <= &before * &Exact::from_scaled(i128::from(TIMES), 0),
        (_, _) => false,
    }
}

fn said<T: serde::de::DeserializeOwned>(act: &Act) -> Result<T, PayoutRefusal> {
    serde_json::from_str(act.says()).map_err(PayoutRefusal::Says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Judges, Table};
    use proptest::prelude::*;

    impl Judges for Payouts {
        type Refusal = PayoutRefusal;

        fn judged(&mut self, at: u64, act: &Act) -> Result<(), PayoutRefusal> {
            self.judge(at, act)
        }
    }

    impl Table<Payouts> {
        fn prepare(
            &mut self,
            by: &str,
            sum: &str,
            new_accounts: u64,
        ) -> Result<u64, PayoutRefusal> {
            let says = Prepared {
                payout: self.stands.next(),
                on: "2026-04-15".to_owned(),
                payments: 3,
                new_accounts,
                totals: BTreeMap::from([("EUR".to_owned(), sum.to_owned())]),
                consents: Vec::new(),
                sha256: format!("of {sum}"),
            };
            self.done(by, PREPARED, &says)
        }

        fn approve(&mut self, by: &str, prepared: u64, sum: &str) -> Result<u64, PayoutRefusal> {
            self.consent(by, prepared, (sum, None))
        }

        fn consent(
            &mut self,
            by: &str,
            prepared: u64,
            (sum, office): (&str, Option<&str>),
        ) -> Result<u64, PayoutRefusal> {
            let says = Approved {
                prepared,
                sha256: format!("of {sum}"),
                totals: BTreeMap::from([("EUR".to_owned(), sum.to_owned())]),
                office: office.map(str::to_owned),
            };
            self.done(by, APPROVED, &says)
        }

        fn order(&mut self, prepared: u64, sum: &str) -> Result<u64, PayoutRefusal> {
            let says = Ordered {
                prepared,
                sha256: format!("of {sum}"),
                batch: 1,
            };
            self.done("ada", ORDERED, &says)
        }

        fn report(&mut self, payout: u64, word: Word) -> Result<u64, PayoutRefusal> {
            let says = Reported {
                payout,
                partner: PartnerId::new("P-1").expect("a partner"),
                currency: "EUR".to_owned(),
                word,
                because: "the bank's statement".to_owned(),
            };
            self.done("ada", REPORTED, &says)
        }
    }

    #[test]
    fn what_one_prepares_another_approves_and_it_is_ordered_once() {
        let mut table = Table::<Payouts>::new();
        let first = table.prepare("ada", "100.00", 3).expect("prepared");
        assert!(matches!(
            table.order(first, "100.00"),
            Err(PayoutRefusal::NotApproved { found: 0, needs: 1 })
        ));
        assert!(matches!(
            table.approve("ada", first, "100.00"),
            Err(PayoutRefusal::Own(_))
        ));
        table.approve("bob", first, "100.00").expect("approved");
        table.order(first, "100.00").expect("ordered");
        assert!(matches!(
            table.order(first, "100.00"),
            Err(PayoutRefusal::NotWaiting(_))
        ));
    }

    #[test]
    fn a_payout_much_larger_than_the_last_or_to_new_accounts_needs_two() {
        let mut table = Table::<Payouts>::new();
        let first = table.prepare("ada", "100.00", 3).expect("prepared");
        table.approve("bob", first, "100.00").expect("approved");
        table.order(first, "100.00").expect("ordered");
        for (sum, new_accounts, needs) in [("200.00", 0, 1), ("200.01", 0, 2), ("50.00", 1, 2)] {
            table.prepare("ada", sum, new_accounts).expect("prepared");
            let waiting = table.stands.waiting.clone().expect("it waits");
            assert_eq!(waiting.needs(), needs, "{:?}", waiting.checks);
        }
    }

    #[test]
    fn each_office_that_a_plan_names_consents_by_a_person_of_its_own() {
        let mut table = Table::<Payouts>::new();
        let consent = |of: &str| Consent {
            of: of.to_owned(),
            because: "a payment above 50.00 EUR".to_owned(),
        };
        let says = Prepared {
            payout: 1,
            on: "2026-04-15".to_owned(),
            payments: 1,
            new_accounts: 0,
            totals: BTreeMap::from([("EUR".to_owned(), "100.00".to_owned())]),
            consents: vec![consent("finance"), consent("board")],
            sha256: "of 100.00".to_owned(),
        };
        let first = table.done("ada", PREPARED, &says).expect("prepared");
        let gives = |office: &'static str| ("100.00", Some(office));
        assert!(matches!(
            table.consent("bob", first, gives("sales")),
            Err(PayoutRefusal::NotAsked { .. })
        ));
        assert!(matches!(
            table.consent("ada", first, gives("finance")),
            Err(PayoutRefusal::Own(_))
        ));
        table
            .consent("bob", first, gives("finance"))
            .expect("given");
        assert!(matches!(
            table.consent("bob", first, gives("board")),
            Err(PayoutRefusal::Twice(_))
        ));
        assert!(matches!(
            table.consent("cyd", first, gives("finance")),
            Err(PayoutRefusal::Consented { .. })
        ));
        table.approve("cyd", first, "100.00").expect("approved");
        assert!(matches!(
            table.order(first, "100.00"),
            Err(PayoutRefusal::NotConsented(of)) if of == "board"
        ));
        table.consent("dan", first, gives("board")).expect("given");
        table.order(first, "100.00").expect("ordered");
    }

    #[test]
    fn an_account_is_changed_by_two() {
        let mut table = Table::<Payouts>::new();
        let partner = PartnerId::new("P-1").expect("a partner");
        let stated = Stated {
            partner: partner.clone(),
            route: Route::BankTransfer,
            sha256: "of an account".to_owned(),
        };
        let profile = table.done("ada", STATED, &stated).expect("stated");
        assert_eq!(table.stands.profile(&partner), None);
        let confirmed = Confirmed { profile };
        assert!(matches!(
            table.done("ada", CONFIRMED, &confirmed),
            Err(PayoutRefusal::Own(_))
        ));
        table.done("bob", CONFIRMED, &confirmed).expect("confirmed");
        let found = table.stands.profile(&partner).map(|one| &one.says);
        assert_eq!(found, Some(&stated));
    }

    #[test]
    fn what_is_not_known_becomes_known_and_what_came_back_stays_back() {
        let mut table = Table::<Payouts>::new();
        let first = table.prepare("ada", "100.00", 0).expect("prepared");
        table.approve("bob", first, "100.00").expect("approved");
        assert!(matches!(
            table.report(1, Word::Paid),
            Err(PayoutRefusal::NoPayout(1))
        ));
        table.order(first, "100.00").expect("ordered");
        table.report(1, Word::Unknown).expect("not known");
        table.report(1, Word::Paid).expect("then paid");
        assert!(matches!(
            table.report(1, Word::Unknown),
            Err(PayoutRefusal::Over { .. })
        ));
        table.report(1, Word::Returned).expect("and it came back");
        assert!(matches!(
            table.report(1, Word::Paid),
            Err(PayoutRefusal::Over { .. })
        ));
    }

    proptest! {
        /// LAW-35, LAW-37, LAW-38: whatever is tried, payouts are numbered one after the other, each was approved by as many others as
        /// it needs over just its payments, and a refusal changes nothing.
        #[test]
        fn nothing_is_ordered_but_what_others_approved(
            steps in prop::collection::vec((0u8..3, 0u8..3, 1u8..5, 0u64..2), 1..40)
        ) {
            let people = ["ada", "bob", "cyd"];
            let mut table = Table::<Payouts>::new();
            let mut last = (0, String::new());
            for (step, who, sum, new_accounts) in steps {
                let by = people[usize::from(who)];
                let before = table.stands.clone();
                let sum = format!("{sum}00.00");
                let done = match step {
                    0 => table.prepare(by, &sum, new_accounts).inspect(|at| last = (*at, sum.clone())),
                    1 => table.approve(by, last.0, &sum),
                    _ => table.order(last.0, &last.1.clone()),
                };
                let after = &table.stands;
                match done {
                    Err(_) => prop_assert_eq!(after, &before),
                    Ok(_) if step == 2 => {
                        let ordered = after.ordered.last().expect("one was ordered");
                        prop_assert_eq!(ordered.says.payout, after.ordered.len() as u64);
                        prop_assert!(!ordered.approved_by.contains(&ordered.by));
                        prop_assert!(ordered.approved_by.len() >= ordered.needs());
                    }
                    Ok(_) => prop_assert_eq!(&after.ordered, &before.ordered),
                }
            }
        }
    }
}
