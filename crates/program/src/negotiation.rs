//! From a proposal to a signature: what the acts about agreements come to.
//!
//! Either side proposes a [`Seal`] that it has signed; the other accepts it by its own signature, or answers with a proposal of
//! its own, which takes the place of the first. Whoever proposed may withdraw, the other may decline. Of one agreement of one
//! partner at most one proposal is open. What is signed stays signed: the next signed version follows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trueup_base::id::PartnerId;
use trueup_journal::note::{self, NotANote};
use trueup_journal::{Act, Organisation, PublicKey, Ring, SecretKey};

use crate::seal::{Seal, SealError};

/// Proposing a version, or countering one.
pub const PROPOSED: &str = "agreement.proposed";
/// Accepting what the other side proposed.
pub const ACCEPTED: &str = "agreement.accepted";
/// Declining it, or withdrawing one's own.
pub const CLOSED: &str = "agreement.declined";

/// The kinds of act that this module reads.
pub const KINDS: [&str; 3] = [PROPOSED, ACCEPTED, CLOSED];

/// What [`PROPOSED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The seal, signed by the side that proposes.
    pub note: String,
    /// Why, in words.
    pub because: String,
    /// The SHA-256 of a kept text that lists every text of the program by its path, so that it can be read again as it was.
    pub texts: String,
}

/// What [`ACCEPTED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The place of the proposal.
    pub proposal: u64,
    /// The seal, signed by both sides.
    pub note: String,
}

/// What [`CLOSED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    /// The place of the proposal.
    pub proposal: u64,
    /// Why, in words.
    pub because: String,
}

/// A proposal that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The place of its act.
    pub at: u64,
    /// Who proposed it.
    pub by: Organisation,
    /// What is proposed.
    pub seal: Seal,
    /// The seal as signed so far.
    pub note: String,
    /// Why.
    pub because: String,
    /// The SHA-256 of the list of texts it was made from.
    pub texts: String,
    /// When.
    pub on: String,
}

/// A version that both sides signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedVersion {
    /// The place of the act that proposed it.
    pub proposed_at: u64,
    /// The place of the act that accepted it.
    pub accepted_at: u64,
    /// What was agreed.
    pub seal: Seal,
    /// The seal with both signatures.
    pub note: String,
    /// The SHA-256 of the list of texts it was made from.
    pub texts: String,
    /// When it was accepted.
    pub on: String,
}

/// One agreement of one partner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The proposal that waits for an answer.
    pub open: Option<Proposal>,
    /// The versions that were signed, the latest last.
    pub signed: Vec<SignedVersion>,
    /// What became of the last proposal, where it was declined or withdrawn: by whom, and why.
    pub closed: Option<(Organisation, String)>,
}

/// All agreements, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Negotiations {
    threads: BTreeMap<(PartnerId, String), Thread>,
    /// Where each proposal that waits for an answer is found.
    open: BTreeMap<u64, (PartnerId, String)>,
}

/// Why a step cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What the act says cannot be read.
    #[error("what it says of an agreement cannot be read")]
    Says(#[source] serde_json::Error),
    /// The seal in it is none.
    #[error("the seal in it does not hold")]
    Seal(#[source] SealError),
    /// Somebody who is no side of the agreement.
    #[error("{behalf} is no side of agreement {agreement} with partner {partner}")]
    NoSide {
        /// In whose name the act is.
        behalf: Organisation,
        /// The agreement.
        agreement: String,
        /// Its partner.
        partner: PartnerId,
    },
    /// The side that proposes has not signed, or the other has already.
    #[error("a proposal is signed by {behalf}, who makes it, and by nobody else yet")]
    ProposedUnsigned {
        /// Who proposes.
        behalf: Organisation,
    },
    /// A key that does not count.
    #[error(
        "the key {key} in the seal is not one that counts for {whose} now; propose again with the key that does"
    )]
    Key {
        /// The key's name and id.
        key: String,
        /// Whose it should be.
        whose: Organisation,
    },
    /// Of another program.
    #[error("it is about program {found}, and this is the journal of {should}")]
    Program {
        /// The program in the seal.
        found: String,
        /// The program of the journal.
        should: String,
    },
    /// Nothing waits for an answer there.
    #[error("no proposal at {0} waits for an answer: it was answered, or another took its place")]
    NotOpen(u64),
    /// One's own proposal.
    #[error("{0} made the proposal; the other side accepts it")]
    Own(Organisation),
    /// Another seal than was proposed.
    #[error("what was signed is not what was proposed at {0}")]
    Other(u64),
    /// The same again.
    #[error(
        "agreement {agreement} of partner {partner} is signed as it is proposed; nothing would change"
    )]
    Same {
        /// The agreement.
        agreement: String,
        /// Its partner.
        partner: PartnerId,
    },
    /// No reason.
    #[error("say why: both sides want to know later")]
    NoReason,
}

impl Negotiations {
    /// Every agreement that was ever proposed, by partner and name.
    pub fn threads(&self) -> impl Iterator<Item = (&PartnerId, &str, &Thread)> {
        self.threads
            .iter()
            .map(|((partner, agreement), thread)| (partner, agreement.as_str(), thread))
    }

    /// One agreement of one partner.
    #[must_use]
    pub fn thread(&self, partner: &PartnerId, agreement: &str) -> Option<&Thread> {
        self.threads.get(&(partner.clone(), agreement.to_owned()))
    }

    /// Whether an act may be done, and what it makes of the agreements; acts of other kinds change nothing. The ring is the one
    /// before the act.
    ///
    /// # Errors
    /// When it may not; nothing has changed then.
    pub fn judge(&mut self, at: u64, act: &Act, ring: &Ring) -> Result<(), Refusal> {
        match act.kind().as_str() {
            PROPOSED => self.propose(at, act, ring),
            ACCEPTED => self.accept(at, act, ring),
            CLOSED => self.close(act),
            _ => Ok(()),
        }
    }

    fn propose(&mut self, at: u64, act: &Act, ring: &Ring) -> Result<(), Refusal> {
        let Proposed {
            note,
            because,
            texts,
        } = said(act)?;
        let (seal, signed) = Seal::of_act(act, &note, ring).map_err(Refusal::Seal)?;
        let behalf = act.behalf();
        is_side(&seal, behalf)?;
        if signed.as_slice() != std::slice::from_ref(behalf) {
            return Err(Refusal::ProposedUnsigned {
                behalf: behalf.clone(),
            });
        }
        if because.trim().is_empty() {
            return Err(Refusal::NoReason);
        }
        let should = ring.program().unwrap_or_default();
        if seal.program != should {
            return Err(Refusal::Program {
                found: seal.program,
                should: should.to_owned(),
            });
        }
        counts(&seal.vendor_key, &Organisation::Vendor, ring)?;
        counts(
            &seal.partner_key,
            &Organisation::Partner(seal.partner.clone()),
            ring,
        )?;
        let key = (seal.partner.clone(), seal.agreement.clone());
        let thread = self.threads.get(&key);
        if let Some(last) = thread.and_then(|thread| thread.signed.last())
            && last.seal.differs_from(&seal).is_empty()
        {
            return Err(Refusal::Same {
                agreement: seal.agreement,
                partner: seal.partner,
            });
        }
        let thread = self.threads.entry(key.clone()).or_default();
        if let Some(before) = &thread.open {
            self.open.remove(&before.at);
        }
        self.open.insert(at, key);
        thread.closed = None;
        thread.open = Some(Proposal {
            at,
            by: behalf.clone(),
            seal,
            note,
            because,
            texts,
            on: act.at().to_string(),
        });
        Ok(())
    }

    fn accept(&mut self, at: u64, act: &Act, ring: &Ring) -> Result<(), Refusal> {
        let Accepted { proposal, note } = said(act)?;
        let thread = self.waiting(proposal)?;
        let Some(open) = &thread.open else {
            return Err(Refusal::NotOpen(proposal));
        };
        let behalf = act.behalf();
        is_side(&open.seal, behalf)?;
        if open.by == *behalf {
            return Err(Refusal::Own(behalf.clone()));
        }
        let is_it = open.seal.is_signed_in(act, &note).map_err(Refusal::Seal)?;
        if !is_it {
            return Err(Refusal::Other(proposal));
        }
        // The proposer signed when its key counted; whoever accepts signs now.
        counts(open.seal.key_of(behalf), behalf, ring)?;
        let (seal, texts) = (open.seal.clone(), open.texts.clone());
        thread.open = None;
        thread.signed.push(SignedVersion {
            proposed_at: proposal,
            accepted_at: at,
            seal,
            note,
            texts,
            on: act.at().to_string(),
        });
        self.open.remove(&proposal);
        Ok(())
    }

    fn close(&mut self, act: &Act) -> Result<(), Refusal> {
        let Closed { proposal, because } = said(act)?;
        if because.trim().is_empty() {
            return Err(Refusal::NoReason);
        }
        let thread = self.waiting(proposal)?;
        if let Some(open) = &thread.open {
            is_side(&open.seal, act.behalf())?;
        }
        thread.open = None;
        thread.closed = Some((act.behalf().clone(), because));
        self.open.remove(&proposal);
        Ok(())
    }

    fn waiting(&mut self, proposal: u64) -> Result<&mut Thread, Refusal> {
        let key = self.open.get(&proposal);
        key.and_then(|key| self.threads.get_mut(key))
            .ok_or(Refusal::NotOpen(proposal))
    }
}

fn said<T: serde::de::DeserializeOwned>(act: &Act) -> Result<T, Refusal> {
    serde_json::from_str(act.says()).map_err(Refusal::Says)
}

fn is_side(seal: &Seal, behalf: &Organisation) -> Result<(), Refusal> {
    match seal.is_side(behalf) {
        true => Ok(()),
        false => Err(Refusal::NoSide {
            behalf: behalf.clone(),
            agreement: seal.agreement.clone(),
            partner: seal.partner.clone(),
        }),
    }
}

fn counts(key: &PublicKey, whose: &Organisation, ring: &Ring) -> Result<(), Refusal> {
    match ring.of(whose).any(|held| held.key == *key) {
        true => Ok(()),
        false => Err(Refusal::Key {
            key: format!("{} {}", key.name(), key.id()),
            whose: whose.clone(),
        }),
    }
}

/// A seal signed by the side that proposes it.
///
/// # Errors
/// When the seal cannot be written.
pub fn proposing(seal: &Seal, key: &SecretKey) -> Result<String, SealError> {
    note::sign(&seal.to_text()?, &[key]).map_err(SealError::Note)
}

/// A proposal's note with the signature of whoever accepts it.
///
/// # Errors
/// When the note is none.
pub fn accepting(proposal: &Proposal, key: &SecretKey) -> Result<String, NotANote> {
    note::countersign(&proposal.note, &[key])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::act;
    use proptest::prelude::*;
    use trueup_base::date::parse_date;
    use trueup_journal::testing::Dice;
    use trueup_journal::{Custody, added, opening, ring};

    use crate::seal::Part;

    /// Both sides' keys, and a ring that has them.
    struct Table {
        ring: Ring,
        vendor: SecretKey,
        partner: SecretKey,
        negotiations: Negotiations,
        at: u64,
    }

    impl Table {
        fn new() -> Self {
            let whose = Organisation::partner("P-1").expect("a partner");
            let key = |seed, whose| {
                SecretKey::new(&mut Dice::new(seed), "alliance", whose).expect("a key")
            };
            let (vendor, partner) = (key(1, &Organisation::Vendor), key(2, &whose));
            let at = "2026-01-05T09:00:00Z".parse().expect("an instant");
            let mut ring = Ring::default();
            ring.judge(0, &opening("alliance", &vendor, at, "ada").expect("signed"))
                .expect("opened");
            let moment = ring::Moment {
                at,
                by: "ada".to_owned(),
                after: 1,
            };
            let request = ring::request(&partner).expect("a request");
            ring.judge(
                1,
                &added(moment, &request, Custody::Own, &vendor).expect("signed"),
            )
            .expect("added");
            Self {
                ring,
                vendor,
                partner,
                negotiations: Negotiations::default(),
                at: 2,
            }
        }

        fn key(&self, side: &Organisation) -> &SecretKey {
            match side {
                Organisation::Vendor => &self.vendor,
                Organisation::Partner(_) => &self.partner,
            }
        }

        fn partner_side(&self) -> Organisation {
            self.partner.public().organisation().clone()
        }

        fn seal(&self, terms: &str) -> Seal {
            Seal {
                program: "alliance".to_owned(),
                agreement: "northwind".to_owned(),
                partner: PartnerId::new("P-1").expect("a partner"),
                starts: parse_date("2026-01-01").expect("a day"),
                until: None,
                parts: BTreeMap::from([(
                    Part::Text("agreements/northwind.yaml".to_owned()),
                    terms.to_owned(),
                )]),
                vendor_key: self.vendor.public().clone(),
                partner_key: self.partner.public().clone(),
                custody: Custody::Own,
            }
        }

        fn act<T: Serialize>(&self, side: &Organisation, kind: &str, says: &T) -> Act {
            act(self.key(side), ("ada", side), (kind, self.at), says)
        }

        fn judged(&mut self, act: &Act) -> Result<u64, Refusal> {
            let at = self.at;
            self.negotiations.judge(at, act, &self.ring)?;
            self.at += 1;
            Ok(at)
        }

        fn propose(&mut self, side: &Organisation, terms: &str) -> Result<u64, Refusal> {
            let note = proposing(&self.seal(terms), self.key(side)).expect("signed");
            let says = Proposed {
                note,
                because: "a new year".to_owned(),
                texts: String::new(),
            };
            let act = self.act(side, PROPOSED, &says);
            self.judged(&act)
        }

        fn open(&self) -> Option<Proposal> {
            let partner = PartnerId::new("P-1").expect("a partner");
            self.negotiations
                .thread(&partner, "northwind")
                .and_then(|thread| thread.open.clone())
        }

        fn signed(&self) -> Vec<String> {
            let partner = PartnerId::new("P-1").expect("a partner");
            let thread = self.negotiations.thread(&partner, "northwind");
            let versions = thread
                .map(|thread| thread.signed.clone())
                .unwrap_or_default();
            versions
                .iter()
                .map(|version| {
                    assert_eq!(
                        Seal::of_signed(&version.note).expect("both signed"),
                        version.seal
                    );
                    version.seal.parts.values().next().expect("a text").clone()
                })
                .collect()
        }

        fn accept(&mut self, side: &Organisation) -> Result<u64, Refusal> {
            let open = self.open().ok_or(Refusal::NotOpen(0))?;
            let note = accepting(&open, self.key(side)).expect("signed");
            let act = self.act(
                side,
                ACCEPTED,
                &Accepted {
                    proposal: open.at,
                    note,
                },
            );
            self.judged(&act)
        }

        fn close(&mut self, side: &Organisation) -> Result<u64, Refusal> {
            let open = self.open().ok_or(Refusal::NotOpen(0))?;
            let says = Closed {
                proposal: open.at,
                because: "too steep".to_owned(),
            };
            let act = self.act(side, CLOSED, &says);
            self.judged(&act)
        }
    }

    #[test]
    fn what_one_side_proposes_the_other_accepts() {
        let mut table = Table::new();
        let (vendor, partner) = (Organisation::Vendor, table.partner_side());
        table.propose(&vendor, "100").expect("proposed");
        assert!(matches!(table.accept(&vendor), Err(Refusal::Own(_))));
        table.accept(&partner).expect("accepted");
        assert_eq!(table.signed(), ["100"]);
        assert!(matches!(table.accept(&partner), Err(Refusal::NotOpen(_))));
        assert!(matches!(
            table.propose(&partner, "100"),
            Err(Refusal::Same { .. })
        ));
    }

    #[test]
    fn a_counter_takes_the_place_of_what_was_proposed() {
        let mut table = Table::new();
        let (vendor, partner) = (Organisation::Vendor, table.partner_side());
        let first = table.propose(&vendor, "100").expect("proposed");
        table.propose(&partner, "80").expect("countered");
        let says = Closed {
            proposal: first,
            because: "late".to_owned(),
        };
        let late = table.act(&vendor, CLOSED, &says);
        assert!(matches!(table.judged(&late), Err(Refusal::NotOpen(_))));
        table.accept(&vendor).expect("accepted");
        assert_eq!(table.signed(), ["80"]);
    }

    #[test]
    fn what_was_proposed_is_what_is_signed() {
        let mut table = Table::new();
        let (vendor, partner) = (Organisation::Vendor, table.partner_side());
        table.propose(&vendor, "100").expect("proposed");
        let open = table.open().expect("open");
        // The partner signs other terms than were proposed, and has a copy of the vendor's signature under them.
        let other = note::sign(
            &table.seal("50").to_text().expect("written"),
            &[&table.vendor, &table.partner],
        )
        .expect("signed");
        let act = table.act(
            &partner,
            ACCEPTED,
            &Accepted {
                proposal: open.at,
                note: other,
            },
        );
        assert!(matches!(table.judged(&act), Err(Refusal::Other(_))));
        let unsigned = Accepted {
            proposal: open.at,
            note: open.note.clone(),
        };
        let act = table.act(&partner, ACCEPTED, &unsigned);
        assert!(matches!(
            table.judged(&act),
            Err(Refusal::Seal(SealError::Signature(_)))
        ));
    }

    #[test]
    fn keys_that_count_no_longer_sign_nothing() {
        let mut table = Table::new();
        let (vendor, partner) = (Organisation::Vendor, table.partner_side());
        table.propose(&vendor, "100").expect("proposed");
        let moment = ring::Moment {
            at: "2026-01-06T09:00:00Z".parse().expect("an instant"),
            by: "ada".to_owned(),
            after: 3,
        };
        let lost =
            ring::retired(moment, table.partner.public(), "lost", &table.vendor).expect("signed");
        table.ring.judge(3, &lost).expect("retired");
        assert!(matches!(table.accept(&partner), Err(Refusal::Key { .. })));
        assert!(matches!(
            table.propose(&vendor, "90"),
            Err(Refusal::Key { .. })
        ));
    }

    #[test]
    fn a_proposal_without_a_reason_or_by_a_stranger_is_refused() {
        let mut table = Table::new();
        let vendor = Organisation::Vendor;
        let note = proposing(&table.seal("100"), &table.vendor).expect("signed");
        let says = Proposed {
            note: note.clone(),
            because: "  ".to_owned(),
            texts: String::new(),
        };
        let act = table.act(&vendor, PROPOSED, &says);
        assert!(matches!(table.judged(&act), Err(Refusal::NoReason)));
        // The partner puts forward what the vendor signed.
        let says = Proposed {
            note,
            because: "mine".to_owned(),
            texts: String::new(),
        };
        let act = table.act(&table.partner_side(), PROPOSED, &says);
        assert!(matches!(
            table.judged(&act),
            Err(Refusal::ProposedUnsigned { .. })
        ));
    }

    proptest! {
        /// Whatever both sides do in whatever order: what is signed was proposed by one and accepted by the other, and only
        /// grows; a refused step changes nothing.
        #[test]
        fn signed_versions_only_grow(steps in prop::collection::vec((any::<bool>(), 0u8..4, 0u8..3), 1..24)) {
            let mut table = Table::new();
            let mut proposer: Option<Organisation> = None;
            for (by_vendor, step, terms) in steps {
                let side = match by_vendor {
                    true => Organisation::Vendor,
                    false => table.partner_side(),
                };
                let (before, signed) = (table.negotiations.clone(), table.signed());
                let done = match step {
                    0 | 1 => table.propose(&side, &terms.to_string()),
                    2 => table.accept(&side),
                    _ => table.close(&side),
                };
                let after = table.signed();
                prop_assert!(after.starts_with(&signed));
                match (done.is_ok(), step) {
                    (false, _) => prop_assert_eq!(&table.negotiations, &before),
                    (true, 0 | 1) => proposer = Some(side),
                    (true, 2) => {
                        prop_assert_ne!(proposer.as_ref(), Some(&side));
                        prop_assert_eq!(after.len(), signed.len() + 1);
                        prop_assert!(after.windows(2).all(|two| two[0] != two[1]), "the same is not signed twice");
                    }
                    (true, _) => prop_assert!(table.open().is_none()),
                }
            }
        }
    }
}
