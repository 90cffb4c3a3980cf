//! What both sides of an agreement sign.
//!
//! ```text
//! trueup agreement 1
//! program alliance
//! agreement northwind
//! partner P-100
//! from 2026-01-01
//! until 2027-01-01
//! text agreements/northwind.yaml 7d0f…
//! text plans/reseller.yaml 90ab…
//! declaration kind sale 11c2…
//! key vendor alliance/vendor+e9954e8e+AYxH…
//! key own alliance/partner/P-100+f2dd1d99+ASbD…
//! ```
//!
//! It is signed as a note by both keys in it. Whoever trusts the vendor's key and has the note needs nothing else to know what
//! was agreed by whom: the vendor's signature vouches for the partner's key, and the partner's signature stands below it. Of a
//! key that the service keeps it says `custodial`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_journal::note::{self, NotANote, Others, SignatureError, Signatures};
use trueup_journal::{Act, Custody, KeyError, Organisation, PublicKey, Ring};

const TITLE: &str = "trueup agreement 1";

/// What an agreement stands on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A text of the program's folder, by its path: the agreement, its plan, what the plan takes over and reads, its examples.
    Text(String),
    /// A declaration of program.yaml that the plan reads.
    Declaration(String),
}

impl Part {
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Text(path) => ("text", path),
            Self::Declaration(name) => ("declaration", name),
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(path) => f.write_str(path),
            Self::Declaration(name) => write!(f, "{name} in program.yaml"),
        }
    }
}

/// What both sides sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The program.
    pub program: String,
    /// The agreement's name.
    pub agreement: String,
    /// The partner.
    pub partner: PartnerId,
    /// Its first day.
    pub starts: Date,
    /// The day after its last; none of an open agreement.
    pub until: Option<Date>,
    /// What it stands on, each with its SHA-256 in hex.
    pub parts: BTreeMap<Part, String>,
    /// The vendor's key.
    pub vendor_key: PublicKey,
    /// The partner's key.
    pub partner_key: PublicKey,
    /// Who holds the partner's key.
    pub custody: Custody,
}

/// Why a text is no seal, or not signed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// Not a signed note.
    #[error("it is no signed text")]
    Note(#[source] NotANote),
    /// A line that should not stand there, or is missing.
    #[error("it is no seal of an agreement: {what}")]
    Form {
        /// What is wrong.
        what: String,
    },
    /// A name that cannot stand in a line.
    #[error("`{0}` cannot stand in a seal: it is empty, or holds line ends or control characters")]
    Name(String),
    /// A key of somebody else.
    #[error("the key {key} is not one of {whose} in program {program}")]
    Key {
        /// The key's name.
        key: String,
        /// Whose it should be.
        whose: Organisation,
        /// Of which program.
        program: String,
    },
    /// A signature is missing or wrong.
    #[error("it is not signed by both sides")]
    Signature(#[source] SignatureError),
}

/// How what was sealed differs from what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Other days, another key: what is different in words.
    Said(&'static str),
    /// A part that is no longer there.
    Gone(Part),
    /// A part that was not sealed.
    New(Part),
    /// A part with another content.
    Changed(Part),
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Said(what) => f.write_str(what),
            Self::Gone(part) => write!(f, "{part} is gone"),
            Self::New(part) => write!(f, "{part} is new"),
            Self::Changed(part) => write!(f, "{part} changed"),
        }
    }
}

impl Seal {
    /// The text that is signed.
    ///
    /// # Errors
    /// When a name cannot stand in it, or a key is not of the side it stands for.
    pub fn to_text(&self) -> Result<String, SealError> {
        for name in [&self.program, &self.agreement] {
            holds_one_line(name)?;
        }
        self.holds_keys()?;
        let mut text = format!(
            "{TITLE}\nprogram {}\nagreement {}\npartner {}\nfrom {}\n",
            self.program, self.agreement, self.partner, self.starts
        );
        if let Some(until) = self.until {
            let _ = writeln!(text, "until {until}");
        }
        for (part, digest) in &self.parts {
            let (word, name) = part.words();
            holds_one_line(name)?;
            let _ = writeln!(text, "{word} {name} {digest}");
        }
        let _ = writeln!(text, "key vendor {}", self.vendor_key.text());
        let _ = writeln!(text, "key {} {}", self.custody, self.partner_key.text());
        Ok(text)
    }

    /// Reads the text that is signed.
    ///
    /// # Errors
    /// When it is none, or not written as seals are.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        Self::parse_with(text, PublicKey::parse)
    }

    fn parse_with(
        text: &str,
        key: impl Fn(&str) -> Result<PublicKey, KeyError>,
    ) -> Result<Self, SealError> {
        let form = |what: &str| SealError::Form {
            what: what.to_owned(),
        };
        let mut lines = text.lines();
        let mut said = |word: &str| {
            let line = lines.clone().next().unwrap_or_default();
            let rest = line
                .strip_prefix(word)
                .and_then(|rest| rest.strip_prefix(' '));
            if rest.is_some() {
                lines.next();
            }
            rest.map(str::to_owned)
        };
        if !text.starts_with(&format!("{TITLE}\n")) {
            return Err(form("it begins otherwise"));
        }
        said("trueup");
        let program = said("program").ok_or_else(|| form("the program is missing"))?;
        let agreement = said("agreement").ok_or_else(|| form("the agreement is missing"))?;
        let partner = said("partner")
            .and_then(|id| PartnerId::new(id).ok())
            .ok_or_else(|| form("the partner is missing"))?;
        let day = |text: String| parse_date(&text).map_err(|_| form("a day is none"));
        let starts = said("from").ok_or_else(|| form("its first day is missing"))?;
        let starts = day(starts)?;
        let until = said("until").map(day).transpose()?;
        let mut parts = BTreeMap::new();
        loop {
            let (is_text, rest) = match said("text") {
                Some(rest) => (true, rest),
                None => match said("declaration") {
                    Some(rest) => (false, rest),
                    None => break,
                },
            };
            let (name, digest) = rest
                .rsplit_once(' ')
                .ok_or_else(|| form("a digest is missing"))?;
            let part = match is_text {
                true => Part::Text(name.to_owned()),
                false => Part::Declaration(name.to_owned()),
            };
            parts.insert(part, digest.to_owned());
        }
        let key = |text: Option<String>| {
            let text = text.ok_or_else(|| form("a key is missing"))?;
            key(&text).map_err(|error| form(&error.to_string()))
        };
        let vendor_key = key(said("key vendor"))?;
        let (custody, partner_key) = match said("key own") {
            Some(text) => (Custody::Own, key(Some(text))?),
            None => (Custody::Custodial, key(said("key custodial"))?),
        };
        let seal = Self {
            program,
            agreement,
            partner,
            starts,
            until,
            parts,
            vendor_key,
            partner_key,
            custody,
        };
        match seal.to_text()? == text {
            true => Ok(seal),
            false => Err(form("it is not written as seals are")),
        }
    }

    /// Reads a note, and which of both sides signed it; nobody else may have.
    ///
    /// # Errors
    /// When it is no seal, or a signature is wrong or of a stranger.
    pub fn of_note(signed: &str) -> Result<(Self, Vec<Organisation>), SealError> {
        let seal = Self::parse(&note::text(signed).map_err(SealError::Note)?)?;
        let whose = seal.sides_under(signed, Signatures::Checked)?;
        Ok((seal, whose))
    }

    /// The same of a note that an act holds; keys that the ring knows are not read again.
    ///
    /// # Errors
    /// As [`Seal::of_note`].
    pub fn of_act(
        act: &Act,
        signed: &str,
        ring: &Ring,
    ) -> Result<(Self, Vec<Organisation>), SealError> {
        let text = note::text(signed).map_err(SealError::Note)?;
        let seal = Self::parse_with(&text, |key| ring.read_key(key))?;
        let whose = seal.sides_under(signed, act.signatures())?;
        Ok((seal, whose))
    }

    /// Whether a note is this seal with both signatures below, as an act holds it.
    ///
    /// # Errors
    /// When a signature is missing or wrong.
    pub fn is_signed_in(&self, act: &Act, signed: &str) -> Result<bool, SealError> {
        let text = note::text(signed).map_err(SealError::Note)?;
        if text != self.to_text()? {
            return Ok(false);
        }
        let whose = self.sides_under(signed, act.signatures())?;
        self.holds_both(&whose).map(|()| true)
    }

    /// Whose signatures stand under a note of this seal; nobody else's may.
    fn sides_under(
        &self,
        signed: &str,
        signatures: Signatures,
    ) -> Result<Vec<Organisation>, SealError> {
        let keys = [&self.vendor_key, &self.partner_key];
        let signers = note::signers(signed, &keys, Others::Refused, signatures)
            .map_err(SealError::Signature)?;
        let whose = signers.iter().map(|key| key.organisation().clone());
        Ok(whose.collect())
    }

    fn holds_both(&self, whose: &[Organisation]) -> Result<(), SealError> {
        let missing = [&self.vendor_key, &self.partner_key]
            .into_iter()
            .find(|key| !whose.contains(key.organisation()));
        match missing {
            None => Ok(()),
            Some(key) => Err(SealError::Signature(SignatureError::missing(key))),
        }
    }

    /// Reads a note that both sides signed.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_signed(signed: &str) -> Result<Self, SealError> {
        let (seal, whose) = Self::of_note(signed)?;
        seal.holds_both(&whose)?;
        Ok(seal)
    }

    /// The key of a side.
    #[must_use]
    pub fn key_of(&self, side: &Organisation) -> &PublicKey {
        match side {
            Organisation::Vendor => &self.vendor_key,
            Organisation::Partner(_) => &self.partner_key,
        }
    }

    /// The other side.
    #[must_use]
    pub fn other(&self, side: &Organisation) -> Organisation {
        match side {
            Organisation::Vendor => Organisation::Partner(self.partner.clone()),
            Organisation::Partner(_) => Organisation::Vendor,
        }
    }

    /// Whether an organisation is one of both sides.
    #[must_use]
    pub fn is_side(&self, organisation: &Organisation) -> bool {
        organisation.is_side_of(&self.partner)
    }

    /// How what was agreed differs from another seal of the same agreement; other keys are no other agreement.
    #[must_use]
    pub fn differs_from(&self, now: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        if (self.starts, self.until) != (now.starts, now.until) {
            differences.push(Difference::Said("its days changed"));
        }
        for (part, digest) in &self.parts {
            match now.parts.get(part) {
                None => differences.push(Difference::Gone(part.clone())),
                Some(other) if other != digest => {
                    differences.push(Difference::Changed(part.clone()));
                }
                Some(_) => {}
            }
        }
        let is_new = |part: &&Part| !self.parts.contains_key(*part);
        differences.extend(
            now.parts
                .keys()
                .filter(is_new)
                .cloned()
                .map(Difference::New),
        );
        differences
    }

    /// The paths of the texts that it stands on.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.parts.keys().filter_map(|part| match part {
            Part::Text(path) => Some(path.as_str()),
            Part::Declaration(_) => None,
        })
    }

    fn holds_keys(&self) -> Result<(), SealError> {
        let partner = Organisation::Partner(self.partner.clone());
        for (key, whose) in [
            (&self.vendor_key, &Organisation::Vendor),
            (&self.partner_key, &partner),
        ] {
            if key.organisation() != whose || key.program() != self.program {
                return Err(SealError::Key {
                    key: key.name().to_owned(),
                    whose: whose.clone(),
                    program: self.program.clone(),
                });
            }
        }
        Ok(())
    }
}

fn holds_one_line(name: &str) -> Result<(), SealError> {
    match name.is_empty() || name.chars().any(char::is_control) {
        true => Err(SealError::Name(name.to_owned())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_journal::SecretKey;
    use trueup_journal::testing::Dice;

    pub(crate) fn keys() -> (SecretKey, SecretKey) {
        let partner = Organisation::partner("P-1").expect("a partner");
        let key =
            |seed, whose| SecretKey::new(&mut Dice::new(seed), "alliance", whose).expect("a key");
        (key(1, &Organisation::Vendor), key(2, &partner))
    }

    fn seal() -> Seal {
        let (vendor, partner) = keys();
        Seal {
            program: "alliance".to_owned(),
            agreement: "northwind".to_owned(),
            partner: PartnerId::new("P-1").expect("a partner"),
            starts: parse_date("2026-01-01").expect("a day"),
            until: parse_date("2027-01-01").ok(),
            parts: BTreeMap::from([
                (
                    Part::Text("plans/a plan.yaml".to_owned()),
                    "90ab".to_owned(),
                ),
                (Part::Declaration("kind sale".to_owned()), "11c2".to_owned()),
            ]),
            vendor_key: vendor.public().clone(),
            partner_key: partner.public().clone(),
            custody: Custody::Own,
        }
    }

    #[test]
    fn a_seal_is_written_as_its_page_says_and_read_again() {
        let seal = seal();
        let text = seal.to_text().expect("written");
        let begins = "trueup agreement 1\nprogram alliance\nagreement northwind\npartner P-1\nfrom 2026-01-01\n\
                      until 2027-01-01\ntext plans/a plan.yaml 90ab\ndeclaration kind sale 11c2\nkey vendor alliance/vendor+";
        assert!(text.starts_with(begins), "{text}");
        assert_eq!(Seal::parse(&text).expect("read"), seal);
        let open = Seal {
            until: None,
            custody: Custody::Custodial,
            ..seal
        };
        assert_eq!(
            Seal::parse(&open.to_text().expect("written")).expect("read"),
            open
        );
    }

    #[test]
    fn a_changed_bit_of_a_signed_seal_is_found() {
        let (vendor, partner) = keys();
        let note =
            note::sign(&seal().to_text().expect("written"), &[&vendor, &partner]).expect("signed");
        Seal::of_signed(&note).expect("both signed");
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(Seal::of_signed(&changed).is_err(), "byte {at}: {changed}");
            }
        }
    }

    #[test]
    fn one_signature_is_no_agreement() {
        let (vendor, partner) = keys();
        let text = seal().to_text().expect("written");
        for (key, side) in [
            (&vendor, Organisation::Vendor),
            (&partner, seal().other(&Organisation::Vendor)),
        ] {
            let note = note::sign(&text, &[key]).expect("signed");
            assert!(matches!(
                Seal::of_signed(&note),
                Err(SealError::Signature(_))
            ));
            assert_eq!(Seal::of_note(&note).expect("read").1, [side]);
        }
    }

    #[test]
    fn what_differs_is_named() {
        let (before, mut after) = (seal(), seal());
        after.starts = parse_date("2026-02-01").expect("a day");
        after.parts.insert(
            Part::Text("plans/a plan.yaml".to_owned()),
            "other".to_owned(),
        );
        after
            .parts
            .insert(Part::Text("plans/bands.csv".to_owned()), "new".to_owned());
        after
            .parts
            .remove(&Part::Declaration("kind sale".to_owned()));
        let said: Vec<String> = before
            .differs_from(&after)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            said,
            [
                "its days changed",
                "plans/a plan.yaml changed",
                "kind sale in program.yaml is gone",
                "plans/bands.csv is new"
            ]
        );
        assert!(before.differs_from(&seal()).is_empty());
    }

    #[test]
    fn names_that_would_forge_a_line_and_keys_of_others_are_refused() {
        let (vendor, partner) = keys();
        let forged = Seal {
            agreement: "x\npartner P-2".to_owned(),
            ..seal()
        };
        assert!(matches!(forged.to_text(), Err(SealError::Name(_))));
        let swapped = Seal {
            vendor_key: partner.public().clone(),
            partner_key: vendor.public().clone(),
            ..seal()
        };
        assert!(matches!(swapped.to_text(), Err(SealError::Key { .. })));
        let elsewhere = Seal {
            program: "other".to_owned(),
            ..seal()
        };
        assert!(matches!(elsewhere.to_text(), Err(SealError::Key { .. })));
    }
}
