//! The ring of keys: who may sign for whom, at which place of the journal.
//!
//! Keys are acts themselves. The first act opens the journal with the vendor's key and is signed by it; the vendor adds partners'
//! keys, whose holders show by a [`request`] that they have them; an organisation rotates its own keys, and the vendor retires
//! those that were lost. A key counts from the act after the one that added it up to the one that retires it, so what was
//! signed before stays signed.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signed_note::{Note, Signer};

use crate::act::{Act, ActError, Draft, Kind};
use crate::key::{self, KeyError, PublicKey, SecretKey};
use crate::note::{Others, SignatureError, Signatures, signers};
use crate::organisation::Organisation;

const OPENED: &str = "journal.opened";
const ADDED: &str = "key.added";
const ROTATED: &str = "key.rotated";
const RETIRED: &str = "key.retired";

/// The kinds of act that change the ring: whoever wants to know it needs to read these alone.
pub const KINDS: [&str; 4] = [OPENED, ADDED, ROTATED, RETIRED];

const REQUEST_TITLE: &str = "trueup key 1";

/// Who holds the secret of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Custody {
    /// The organisation itself: nobody else can sign for it.
    Own,
    /// The service that keeps the journal, for a partner: what it signs says no more than that the service did.
    Custodial,
}

impl fmt::Display for Custody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Custodial => "custodial",
        })
    }
}

/// A key of the ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The key.
    pub key: PublicKey,
    /// Who holds its secret.
    pub custody: Custody,
    /// The place of the act that added it; it counts for those after it.
    pub added_at: u64,
    /// The place of the act that retired it; it counts no longer after it.
    pub retired_at: Option<u64>,
}

/// All keys, as of a place in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    held: Vec<Held>,
    /// The places of each organisation's keys, so that one of many partners is found at once.
    places: BTreeMap<Organisation, Vec<usize>>,
    retired: usize,
}

/// Why an act cannot stand at its place.
#[derive(Debug, thiserror::Error)]
pub enum RingRefusal {
    /// The first act is another than the opening, or a later one is an opening.
    #[error("a journal is opened by its first act and by no other; this is `{kind}` at {at}")]
    Opening {
        /// Its kind.
        kind: String,
        /// Its place.
        at: u64,
    },
    /// Its author saw acts that are not there.
    #[error("its author had seen {after} acts, and only {at} lie before it: acts are missing")]
    After {
        /// How many its author had seen.
        after: u64,
        /// Its place.
        at: u64,
    },
    /// Nobody can sign for the organisation.
    #[error("{0} has no key yet; the vendor adds one with `trueup keys add`")]
    NoKey(Organisation),
    /// The signatures do not count.
    #[error("it is not signed as an act of {behalf} is")]
    Signature {
        /// In whose name it is.
        behalf: Organisation,
        /// Why.
        #[source]
        source: SignatureError,
    },
    /// An act about keys that says something else.
    #[error("what it says of keys cannot be read")]
    Says(#[source] serde_json::Error),
    /// A key that is none.
    #[error("the key in it cannot be read")]
    Key(#[source] KeyError),
    /// A key of somebody else.
    #[error("the key is one of {found}, where one of {should} is wanted")]
    Whose {
        /// The name in the key.
        found: String,
        /// The name that should stand there.
        should: String,
    },
    /// A key that was there before.
    #[error("key {0} was added before; an organisation's keys need ids of their own")]
    Again(String),
    /// A key that is not there.
    #[error("{behalf} has no key {id} that counts now")]
    Unknown {
        /// Whose it should be.
        behalf: Organisation,
        /// Its id.
        id: String,
    },
    /// Whoever asks for a key to be added does not show that they have it.
    #[error("the request for the key is not signed by the key itself")]
    Request,
    /// Only the vendor may do this.
    #[error("only the vendor can do this, and the act is in the name of {0}")]
    VendorOnly(Organisation),
    /// A journal needs somebody who can sign for the vendor.
    #[error("this is the vendor's last key; rotate it instead")]
    LastOfVendor,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    program: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    request: String,
    custody: Custody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotated {
    old: String,
    request: String,
    custody: Custody,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retired {
    organisation: String,
    key: String,
    because: String,
}

/// When an act is done, by whom, and after how many others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// Who, by an id that is no name.
    pub by: String,
    /// How many acts the author had seen.
    pub after: u64,
}

/// Which keys signed an act, and under which keys that was asked.
pub(crate) struct LookedAt {
    keys: (usize, usize),
    signed: Result<Vec<String>, SignatureError>,
}

impl Ring {
    /// The journal's origin, which is the name of the vendor's keys; none before it is opened.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        self.held.first().map(|first| first.key.name())
    }

    /// The program whose journal it is; none before it is opened.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.held.first().map(|first| first.key.program())
    }

    /// Every key there ever was, the oldest first.
    #[must_use]
    pub fn all(&self) -> &[Held] {
        &self.held
    }

    /// The keys that can sign for an organisation now, the oldest first.
    pub fn of<'r>(&'r self, whose: &'r Organisation) -> impl DoubleEndedIterator<Item = &'r Held> {
        self.ever_of(whose).filter(|held| held.retired_at.is_none())
    }

    /// The keys that an organisation ever had, the oldest first.
    fn ever_of(&self, whose: &Organisation) -> impl DoubleEndedIterator<Item = &Held> {
        let places = self.places.get(whose).into_iter().flatten();
        places.filter_map(|place| self.held.get(*place))
    }

    /// A key by its text: the one of the ring where it was ever added, which spares reading it.
    ///
    /// # Errors
    /// When it is no key.
    pub fn read_key(&self, text: &str) -> Result<PublicKey, KeyError> {
        let whose = key::organisation_in(text);
        let mut ever = whose.iter().flat_map(|whose| self.ever_of(whose));
        match ever.find(|held| held.key.text() == text) {
            Some(held) => Ok(held.key.clone()),
            None => PublicKey::parse(text),
        }
    }

    /// The vendor's keys that could sign a checkpoint over so many acts.
    pub fn of_vendor_at(&self, size: u64) -> impl Iterator<Item = &PublicKey> {
        self.ever_of(&Organisation::Vendor)
            .filter(move |held| {
                held.added_at < size && held.retired_at.is_none_or(|retired_at| size <= retired_at)
            })
            .map(|held| &held.key)
    }

    /// Whether an act may stand at a place, and what it makes of the ring. A refused act changes nothing.
    ///
    /// # Errors
    /// When it may not.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), RingRefusal> {
        self.judge_looked_at(at, act, None)
    }

    /// Which keys of whoever an act is for signed it, by the keys as they are; it can be asked on many threads at once.
    pub(crate) fn look_at(&self, act: &Act) -> LookedAt {
        let keys: Vec<&PublicKey> = self.of(act.behalf()).map(|held| &held.key).collect();
        let signed = act.signers(&keys);
        LookedAt {
            keys: self.keys_were(),
            signed: signed.map(|signed| signed.into_iter().map(PublicKey::id).collect()),
        }
    }

    /// Tells apart which keys there are: none is ever removed, and one that is retired stays so.
    fn keys_were(&self) -> (usize, usize) {
        (self.held.len(), self.retired)
    }

    /// As [`Ring::judge`]; its signatures are not looked at again where they were under the same keys.
    pub(crate) fn judge_looked_at(
        &mut self,
        at: u64,
        act: &Act,
        looked_at: Option<LookedAt>,
    ) -> Result<(), RingRefusal> {
        let kind = act.kind().as_str();
        if (kind == OPENED) != (at == 0) {
            return Err(RingRefusal::Opening {
                kind: kind.to_owned(),
                at,
            });
        }
        if act.after() > at {
            return Err(RingRefusal::After {
                after: act.after(),
                at,
            });
        }
        if kind == OPENED {
            return self.open(act);
        }
        let behalf = act.behalf();
        let keys: Vec<&PublicKey> = self.of(behalf).map(|held| &held.key).collect();
        if keys.is_empty() {
            return Err(RingRefusal::NoKey(behalf.clone()));
        }
        let refused = |source| RingRefusal::Signature {
            behalf: behalf.clone(),
            source,
        };
        let signed = match looked_at.filter(|before| before.keys == self.keys_were()) {
            Some(before) => before.signed,
            None => self.look_at(act).signed,
        };
        let signed = signed.map_err(refused)?;
        if let (true, Some(key)) = (signed.is_empty(), keys.last()) {
            return Err(refused(SignatureError::missing(key)));
        }
        match kind {
            ADDED => self.add(at, act),
            ROTATED => self.rotate(at, act, &signed),
            RETIRED => self.retire(at, act),
            _ => Ok(()),
        }
    }

    fn open(&mut self, act: &Act) -> Result<(), RingRefusal> {
        let Opened { program, key } = said(act)?;
        let key = PublicKey::parse(&key).map_err(RingRefusal::Key)?;
        named(&key, &program, &Organisation::Vendor)?;
        if *act.behalf() != Organisation::Vendor {
            return Err(RingRefusal::VendorOnly(act.behalf().clone()));
        }
        act.signed_by(&[&key])
            .map_err(|source| RingRefusal::Signature {
                behalf: Organisation::Vendor,
                source,
            })?;
        self.hold(key, Custody::Own, 0)
    }

    fn add(&mut self, at: u64, act: &Act) -> Result<(), RingRefusal> {
        if *act.behalf() != Organisation::Vendor {
            return Err(RingRefusal::VendorOnly(act.behalf().clone()));
        }
        let Added { request, custody } = said(act)?;
        let key = requested_by(&request, act.signatures())?;
        let program = self.program().unwrap_or_default().to_owned();
        named(&key, &program, key.organisation())?;
        self.hold(key, custody, at)
    }

    fn rotate(&mut self, at: u64, act: &Act, signed: &[String]) -> Result<(), RingRefusal> {
        let behalf = act.behalf();
        let Rotated {
            old,
            request,
            custody,
        } = said(act)?;
        let key = requested_by(&request, act.signatures())?;
        let program = self.program().unwrap_or_default().to_owned();
        named(&key, &program, behalf)?;
        // Who holds another key of the organisation cannot take this one away: the old key itself hands over.
        let place = self
            .place_of(behalf, &old)
            .filter(|_| signed.contains(&old))
            .ok_or_else(|| RingRefusal::Unknown {
                behalf: behalf.clone(),
                id: old.clone(),
            })?;
        self.hold(key, custody, at)?;
        self.retire_at(place, at);
        Ok(())
    }

    fn retire(&mut self, at: u64, act: &Act) -> Result<(), RingRefusal> {
        let Retired {
            organisation, key, ..
        } = said(act)?;
        let unknown = |behalf: &Organisation| RingRefusal::Unknown {
            behalf: behalf.clone(),
            id: key.clone(),
        };
        let whose: Organisation = organisation.parse().map_err(|_| unknown(act.behalf()))?;
        if whose != *act.behalf() && *act.behalf() != Organisation::Vendor {
            return Err(RingRefusal::VendorOnly(act.behalf().clone()));
        }
        if whose == Organisation::Vendor && self.of(&whose).count() == 1 {
            return Err(RingRefusal::LastOfVendor);
        }
        let place = self.place_of(&whose, &key).ok_or_else(|| unknown(&whose))?;
        self.retire_at(place, at);
        Ok(())
    }

    fn retire_at(&mut self, place: usize, at: u64) {
        if let Some(held) = self.held.get_mut(place) {
            held.retired_at = Some(at);
            self.retired += 1;
        }
    }

    fn place_of(&self, whose: &Organisation, id: &str) -> Option<usize> {
        let is_it = |held: &Held| held.retired_at.is_none() && held.key.id() == id;
        let mut places = self.places.get(whose).into_iter().flatten().copied();
        places.find(|place| self.held.get(*place).is_some_and(is_it))
    }

    fn hold(&mut self, key: PublicKey, custody: Custody, at: u64) -> Result<(), RingRefusal> {
        let is_there = |held: &Held| held.key.name() == key.name() && held.key.id() == key.id();
        if self.ever_of(key.organisation()).any(is_there) {
            return Err(RingRefusal::Again(format!("{} {}", key.name(), key.id())));
        }
        let places = self.places.entry(key.organisation().clone()).or_default();
        places.push(self.held.len());
        self.held.push(Held {
            key,
            custody,
            added_at: at,
            retired_at: None,
        });
        Ok(())
    }
}

/// What an act about keys says.
fn said<T: serde::de::DeserializeOwned>(act: &Act) -> Result<T, RingRefusal> {
    serde_json::from_str(act.says()).map_err(RingRefusal::Says)
}

fn named(key: &PublicKey, program: &str, whose: &Organisation) -> Result<(), RingRefusal> {
    let should = format!("{program}/{whose}");
    match key.name() == should {
        true => Ok(()),
        false => Err(RingRefusal::Whose {
            found: key.name().to_owned(),
            should,
        }),
    }
}

/// A request to add a key: the key, signed by itself, so that nobody can have another's key added as their own.
///
/// # Errors
/// When a note cannot hold it, which no key of this crate brings about.
pub fn request(key: &SecretKey) -> Result<String, ActError> {
    let text = format!("{REQUEST_TITLE}\n{}\n", key.public().text());
    let mut note = Note::new(text.as_bytes(), &[]).map_err(ActError::Note)?;
    note.add_sigs(&[key.signer() as &dyn Signer])
        .map_err(ActError::Note)?;
    String::from_utf8(note.to_bytes()).map_err(|_| ActError::Writing)
}

/// The key of a request, if the request is signed by it.
///
/// # Errors
/// When it is no request, or not signed by the key in it.
pub fn requested(request: &str) -> Result<PublicKey, RingRefusal> {
    requested_by(request, Signatures::Checked)
}

fn requested_by(request: &str, signatures: Signatures) -> Result<PublicKey, RingRefusal> {
    let (text, _) = request.rsplit_once("\n\n").ok_or(RingRefusal::Request)?;
    let (title, key) = text.split_once('\n').ok_or(RingRefusal::Request)?;
    if title != REQUEST_TITLE {
        return Err(RingRefusal::Request);
    }
    let key = PublicKey::parse(key).map_err(RingRefusal::Key)?;
    match signers(request, &[&key], Others::Refused, signatures) {
        Ok(signed) if !signed.is_empty() => Ok(key),
        Ok(_) | Err(_) => Err(RingRefusal::Request),
    }
}

/// The act that opens a journal with the vendor's first key.
///
/// # Errors
/// When a part of it cannot stand in an act.
pub fn opening(program: &str, key: &SecretKey, at: Timestamp, by: &str) -> Result<Act, ActError> {
    let says = Opened {
        program: program.to_owned(),
        key: key.public().text().to_owned(),
    };
    let moment = Moment {
        at,
        by: by.to_owned(),
        after: 0,
    };
    about_keys(moment, Organisation::Vendor, OPENED, &says, key)
}

/// The act by which the vendor adds the key of a [`request`].
///
/// # Errors
/// When a part of it cannot stand in an act.
pub fn added(
    moment: Moment,
    request: &str,
    custody: Custody,
    vendor: &SecretKey,
) -> Result<Act, ActError> {
    let says = Added {
        request: request.to_owned(),
        custody,
    };
    about_keys(moment, Organisation::Vendor, ADDED, &says, vendor)
}

/// The act by which an organisation puts the key of a [`request`] in the place of its old one.
///
/// # Errors
/// When a part of it cannot stand in an act.
pub fn rotated(
    moment: Moment,
    old: &SecretKey,
    request: &str,
    custody: Custody,
) -> Result<Act, ActError> {
    let says = Rotated {
        old: old.public().id(),
        request: request.to_owned(),
        custody,
    };
    let behalf = old.public().organisation().clone();
    about_keys(moment, behalf, ROTATED, &says, old)
}

/// The act by which the vendor, or the organisation itself, says that a key counts no longer.
///
/// # Errors
/// When a part of it cannot stand in an act.
pub fn retired(
    moment: Moment,
    key: &PublicKey,
    because: &str,
    signer: &SecretKey,
) -> Result<Act, ActError> {
    let says = Retired {
        organisation: key.organisation().to_string(),
        key: key.id(),
        because: because.to_owned(),
    };
    let behalf = signer.public().organisation().clone();
    about_keys(moment, behalf, RETIRED, &says, signer)
}

fn about_keys<T: Serialize>(
    moment: Moment,
    behalf: Organisation,
    kind: &str,
    says: &T,
    signer: &SecretKey,
) -> Result<Act, ActError> {
    let Moment { at, by, after } = moment;
    let kind: Kind = kind.parse()?;
    let says = serde_json::to_string(says).map_err(|_| ActError::Says)?;
    let draft = Draft {
        at,
        by,
        behalf,
        kind,
        after,
        says,
    };
    Act::sign(draft, &[signer])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Dice;

    fn key(seed: u64, whose: &Organisation) -> SecretKey {
        SecretKey::new(&mut Dice::new(seed), "alliance", whose).expect("a key")
    }

    fn partner() -> Organisation {
        Organisation::partner("P-1").expect("a partner")
    }

    fn moment(after: u64) -> Moment {
        Moment {
            at: "2026-01-05T09:00:00Z".parse().expect("an instant"),
            by: "ada".to_owned(),
            after,
        }
    }

    fn act(behalf: &Organisation, after: u64, key: &SecretKey) -> Act {
        let Moment { at, by, after } = moment(after);
        let draft = Draft {
            at,
            by,
            behalf: behalf.clone(),
            kind: "agreement.proposed".parse().expect("a kind"),
            after,
            says: "{}".to_owned(),
        };
        Act::sign(draft, &[key]).expect("signed")
    }

    /// A ring that the vendor opened and to which a partner's key was added.
    fn opened() -> (Ring, SecretKey, SecretKey) {
        let (vendor, own) = (key(1, &Organisation::Vendor), key(2, &partner()));
        let mut ring = Ring::default();
        let first = opening("alliance", &vendor, moment(0).at, "ada").expect("signed");
        ring.judge(0, &first).expect("opened");
        let second = added(
            moment(1),
            &request(&own).expect("a request"),
            Custody::Own,
            &vendor,
        )
        .expect("signed");
        ring.judge(1, &second).expect("added");
        (ring, vendor, own)
    }

    #[test]
    fn each_side_signs_for_itself_alone() {
        let (mut ring, vendor, own) = opened();
        ring.judge(2, &act(&Organisation::Vendor, 2, &vendor))
            .expect("the vendor for itself");
        ring.judge(3, &act(&partner(), 2, &own))
            .expect("the partner for itself");
        let wrong = [
            act(&partner(), 2, &vendor),
            act(&Organisation::Vendor, 2, &own),
        ];
        for act in wrong {
            assert!(matches!(
                ring.judge(4, &act),
                Err(RingRefusal::Signature { .. })
            ));
        }
        let stranger = Organisation::partner("P-2").expect("a partner");
        let strange = act(&stranger, 2, &key(3, &stranger));
        assert!(matches!(
            ring.judge(4, &strange),
            Err(RingRefusal::NoKey(_))
        ));
    }

    #[test]
    fn a_key_counts_after_it_was_added_and_until_it_is_retired() {
        let (mut ring, vendor, own) = opened();
        let new = key(4, &partner());
        let rotate = rotated(
            moment(2),
            &own,
            &request(&new).expect("a request"),
            Custody::Own,
        )
        .expect("signed");
        ring.judge(2, &rotate).expect("rotated");
        assert!(
            ring.judge(3, &act(&partner(), 3, &own)).is_err(),
            "the old key"
        );
        ring.judge(3, &act(&partner(), 3, &new))
            .expect("the new key");
        let lost =
            retired(moment(4), new.public(), "the laptop was stolen", &vendor).expect("signed");
        ring.judge(4, &lost).expect("retired");
        assert!(matches!(
            ring.judge(5, &act(&partner(), 5, &new)),
            Err(RingRefusal::NoKey(_))
        ));
        let last = retired(moment(5), vendor.public(), "no reason", &vendor).expect("signed");
        assert!(matches!(
            ring.judge(5, &last),
            Err(RingRefusal::LastOfVendor)
        ));
    }

    #[test]
    fn the_vendors_keys_sign_checkpoints_of_their_time() {
        let (mut ring, vendor, _) = opened();
        let new = key(5, &Organisation::Vendor);
        let rotate = rotated(
            moment(2),
            &vendor,
            &request(&new).expect("a request"),
            Custody::Custodial,
        )
        .expect("signed");
        ring.judge(2, &rotate).expect("rotated");
        let at = |size| ring.of_vendor_at(size).cloned().collect::<Vec<_>>();
        assert_eq!(at(1), [vendor.public().clone()]);
        assert_eq!(at(2), [vendor.public().clone()]);
        assert_eq!(at(3), [new.public().clone()]);
    }

    #[test]
    fn a_key_is_added_by_the_vendor_for_whoever_has_it() {
        let (ring, vendor, own) = opened();
        let other = key(6, &partner());
        let by_partner = added(
            moment(2),
            &request(&other).expect("a request"),
            Custody::Own,
            &own,
        )
        .expect("signed");
        assert!(
            ring.clone().judge(2, &by_partner).is_err(),
            "a partner cannot add keys"
        );
        let forged = request(&other)
            .expect("a request")
            .replace(other.public().text(), own.public().text());
        let act = added(moment(2), &forged, Custody::Own, &vendor).expect("signed");
        assert!(matches!(
            ring.clone().judge(2, &act),
            Err(RingRefusal::Request)
        ));
        let again = added(
            moment(2),
            &request(&own).expect("a request"),
            Custody::Own,
            &vendor,
        )
        .expect("signed");
        assert!(matches!(
            ring.clone().judge(2, &again),
            Err(RingRefusal::Again(_))
        ));
        let elsewhere = SecretKey::new(&mut Dice::new(7), "other", &partner()).expect("a key");
        let act = added(
            moment(2),
            &request(&elsewhere).expect("a request"),
            Custody::Own,
            &vendor,
        )
        .expect("signed");
        assert!(matches!(
            ring.clone().judge(2, &act),
            Err(RingRefusal::Whose { .. })
        ));
    }

    #[test]
    fn only_the_old_key_hands_over() {
        let (mut ring, vendor, own) = opened();
        let second = key(8, &partner());
        let add = added(
            moment(2),
            &request(&second).expect("a request"),
            Custody::Custodial,
            &vendor,
        )
        .expect("signed");
        ring.judge(2, &add).expect("added");
        // The custodial key claims to be the old one.
        let new = key(9, &partner());
        let Act { .. } = act(&partner(), 3, &second);
        let says = format!(
            "{{\"old\":\"{}\",\"request\":{},\"custody\":\"own\"}}",
            own.public().id(),
            serde_json::to_string(&request(&new).expect("a request")).expect("JSON")
        );
        let Moment { at, by, after } = moment(3);
        let draft = Draft {
            at,
            by,
            behalf: partner(),
            kind: ROTATED.parse().expect("a kind"),
            after,
            says,
        };
        let forged = Act::sign(draft, &[&second]).expect("signed");
        assert!(matches!(
            ring.judge(3, &forged),
            Err(RingRefusal::Unknown { .. })
        ));
    }

    #[test]
    fn a_journal_is_opened_once_and_first() {
        let (mut ring, vendor, _) = opened();
        let again = opening("alliance", &vendor, moment(0).at, "ada").expect("signed");
        assert!(matches!(
            ring.judge(2, &again),
            Err(RingRefusal::Opening { .. })
        ));
        let first = act(&Organisation::Vendor, 0, &vendor);
        assert!(matches!(
            Ring::default().judge(0, &first),
            Err(RingRefusal::Opening { .. })
        ));
        assert!(matches!(
            ring.judge(2, &act(&Organisation::Vendor, 3, &vendor)),
            Err(RingRefusal::After { after: 3, at: 2 })
        ));
    }
}
