//! Acts: who did what, in whose name, as a signed text.
//!
//! ```text
//! trueup act 1
//! at 2026-01-05T09:00:00Z
//! by ada
//! for vendor
//! kind facts.delivered
//! after 12
//!
//! {"delivery":7,"kind":"sale"}
//!
//! — alliance/vendor 7Zq1…
//! ```
//!
//! `after` is how many acts the author had seen. The place of an act is not in its text: the tree says it. Personal data never
//! stands in an act; `by` is an id, and what is said about a person is kept where it can be erased.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use signed_note::{Note, NoteError, Signer};

use crate::key::{PublicKey, SecretKey};
use crate::note::{Others, SignatureError, Signatures, signers};
use crate::organisation::{Organisation, OrganisationError};
use crate::tree::Hash;

const TITLE: &str = "trueup act 1";

/// The most bytes an author's id or a kind may have.
const WORD_BYTES_MAX: usize = 128;

/// What an act is about: words joined by dots, the thing first.
///
/// ```
/// use trueup_journal::Kind;
///
/// let kind: Kind = "facts.delivered".parse()?;
/// assert_eq!(kind.thing(), "facts");
/// assert!("Facts delivered".parse::<Kind>().is_err());
/// # Ok::<(), trueup_journal::ActError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(String);

impl Kind {
    /// The kind's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is about: the word before the first dot.
    #[must_use]
    pub fn thing(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl FromStr for Kind {
    type Err = ActError;

    fn from_str(text: &str) -> Result<Self, ActError> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))
        };
        let is_kind =
            text.len() <= WORD_BYTES_MAX && text.contains('.') && text.split('.').all(is_word);
        match is_kind {
            true => Ok(Self(text.to_owned())),
            false => Err(ActError::Kind(text.to_owned())),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An act before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// When, to the second.
    pub at: Timestamp,
    /// Who, by an id that is no name.
    pub by: String,
    /// In whose name.
    pub behalf: Organisation,
    /// What it is.
    pub kind: Kind,
    /// How many acts the author had seen.
    pub after: u64,
    /// What it says: a text of its kind, JSON on one line as a rule.
    pub says: String,
}

/// A signed act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    draft: Draft,
    note: String,
    signatures: Signatures,
}

/// Why a text is no act.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not a signed note.
    #[error("it is no signed note")]
    Note(#[source] NoteError),
    /// A line of the head is missing or another.
    #[error("the line of `{line}` is missing or not what it should be: `{found}`")]
    Head {
        /// Which line.
        line: &'static str,
        /// What stands there.
        found: String,
    },
    /// The same act, written another way.
    #[error("it is not written as acts are written")]
    Writing,
    /// No kind.
    #[error(
        "`{0}` is no kind of act: words of small letters joined by dots, as in facts.delivered"
    )]
    Kind(String),
    /// No author's id.
    #[error("`{0}` is no author's id: one word of at most {WORD_BYTES_MAX} bytes")]
    Author(String),
    /// No organisation.
    #[error("it is in nobody's name")]
    Organisation(#[source] OrganisationError),
    /// Nothing is said, or something that a note cannot hold.
    #[error(
        "an act says something, in text without control characters, and neither begins nor ends with an empty line"
    )]
    Says,
}

impl Act {
    /// Signs an act.
    ///
    /// # Errors
    /// When a part of it cannot stand in an act.
    pub fn sign(draft: Draft, keys: &[&SecretKey]) -> Result<Self, ActError> {
        if draft.by.is_empty()
            || draft.by.len() > WORD_BYTES_MAX
            || draft
                .by
                .chars()
                .any(|c| c.is_whitespace() || c.is_control())
        {
            return Err(ActError::Author(draft.by));
        }
        let is_sayable =
            !draft.says.is_empty() && !draft.says.starts_with('\n') && !draft.says.ends_with('\n');
        if !is_sayable {
            return Err(ActError::Says);
        }
        let mut note = Note::new(text_of(&draft).as_bytes(), &[]).map_err(|_| ActError::Says)?;
        let signers: Vec<&dyn Signer> =
            keys.iter().map(|key| key.signer() as &dyn Signer).collect();
        note.add_sigs(&signers).map_err(ActError::Note)?;
        let note = String::from_utf8(note.to_bytes()).map_err(|_| ActError::Says)?;
        Ok(Self {
            draft,
            note,
            signatures: Signatures::Checked,
        })
    }

    /// An act that nobody has signed yet: to be judged and looked at before it is signed elsewhere.
    ///
    /// # Errors
    /// When a part of it cannot stand in an act.
    pub fn unsigned(draft: Draft) -> Result<Self, ActError> {
        Self::sign(draft, &[])
    }

    /// Reads an act that somebody vouches for: whoever asks who signed it, or what is signed in it, is told without the signatures
    /// being checked again. A checkpoint of one's own over the very same text is what vouches for it, because acts are judged
    /// before a checkpoint over them is signed.
    ///
    /// # Errors
    /// When it is no act, or not written as acts are.
    pub fn vouched(note: &str) -> Result<Self, ActError> {
        Ok(Self {
            signatures: Signatures::Vouched,
            ..Self::parse(note)?
        })
    }

    /// What an act is about, before it is read as a whole.
    #[must_use]
    pub fn kind_in(note: &str) -> Option<&str> {
        note.lines()
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix("kind "))
    }

    /// Reads an act as it was stored. Its signatures are not looked at: only whoever knows the keys can.
    ///
    /// # Errors
    /// When it is no act, or not written as acts are.
    pub fn parse(note: &str) -> Result<Self, ActError> {
        let parsed = Note::from_bytes(note.as_bytes()).map_err(ActError::Note)?;
        let text = std::str::from_utf8(parsed.text()).map_err(|_| ActError::Writing)?;
        let (head, says) = text.split_once("\n\n").ok_or(ActError::Says)?;
        let mut lines = head.lines();
        let mut line = |line: &'static str| {
            let found = lines.next().unwrap_or_default();
            let said = match line {
                TITLE => found.strip_prefix(TITLE),
                word => found
                    .strip_prefix(word)
                    .and_then(|rest| rest.strip_prefix(' ')),
            };
            said.ok_or_else(|| ActError::Head {
                line,
                found: found.to_owned(),
            })
        };
        let wrong = |line, found: &str| ActError::Head {
            line,
            found: found.to_owned(),
        };
        line(TITLE)?;
        let at = line("at")?;
        let at = at.parse().map_err(|_| wrong("at", at))?;
        let by = line("by")?.to_owned();
        let behalf = line("for")?.parse().map_err(ActError::Organisation)?;
        let kind = line("kind")?.parse()?;
        let after = line("after")?;
        let after = after.parse().map_err(|_| wrong("after", after))?;
        let draft = Draft {
            at,
            by,
            behalf,
            kind,
            after,
            says: says.strip_suffix('\n').unwrap_or(says).to_owned(),
        };
        // What is signed is the text: another text for the same act would be another act.
        let is_canonical = text_of(&draft) == text && parsed.to_bytes() == note.as_bytes();
        match is_canonical {
            true => Ok(Self {
                draft,
                note: note.to_owned(),
                signatures: Signatures::Checked,
            }),
            false => Err(ActError::Writing),
        }
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.draft.at
    }

    /// Who.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.draft.by
    }

    /// In whose name.
    #[must_use]
    pub fn behalf(&self) -> &Organisation {
        &self.draft.behalf
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.draft.kind
    }

    /// How many acts the author had seen.
    #[must_use]
    pub fn after(&self) -> u64 {
        self.draft.after
    }

    /// What it says.
    #[must_use]
    pub fn says(&self) -> &str {
        &self.draft.says
    }

    /// The text that is signed: its head and what it says.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.draft)
    }

    /// The signed text, as it is stored and hashed.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// Whether its signatures, and those of what it holds, are checked.
    #[must_use]
    pub fn signatures(&self) -> Signatures {
        self.signatures
    }

    /// The hash of its leaf.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        Hash::of_leaf(self.note.as_bytes())
    }

    /// Holds the signatures to keys: each of these signed, and nobody else did.
    ///
    /// # Errors
    /// When one is missing, wrong or of another key.
    pub fn signed_by(&self, keys: &[&PublicKey]) -> Result<(), SignatureError> {
        let signed = self.signers(keys)?;
        match keys.iter().find(|key| !signed.contains(key)) {
            None => Ok(()),
            Some(missing) => Err(SignatureError::missing(missing)),
        }
    }

    /// Which of these keys signed; nobody else may have.
    ///
    /// # Errors
    /// When a signature is wrong or of another key.
    pub fn signers<'k>(
        &self,
        keys: &[&'k PublicKey],
    ) -> Result<Vec<&'k PublicKey>, SignatureError> {
        signers(&self.note, keys, Others::Refused, self.signatures)
    }
}

fn text_of(draft: &Draft) -> String {
    let Draft {
        at,
        by,
        behalf,
        kind,
        after,
        says,
    } = draft;
    let at = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{TITLE}\nat {at}\nby {by}\nfor {behalf}\nkind {kind}\nafter {after}\n\n{says}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Dice;
    use proptest::prelude::*;

    fn key(seed: u64) -> SecretKey {
        SecretKey::new(&mut Dice::new(seed), "alliance", &Organisation::Vendor).expect("a key")
    }

    fn draft(says: &str) -> Draft {
        Draft {
            at: "2026-01-05T09:00:00Z".parse().expect("an instant"),
            by: "ada".to_owned(),
            behalf: Organisation::Vendor,
            kind: "facts.delivered".parse().expect("a kind"),
            after: 12,
            says: says.to_owned(),
        }
    }

    #[test]
    fn an_act_is_written_as_its_page_says() {
        let act = Act::sign(draft("{\"delivery\":7}"), &[&key(1)]).expect("signed");
        let text = "trueup act 1\nat 2026-01-05T09:00:00Z\nby ada\nfor vendor\nkind facts.delivered\nafter 12\n\n\
                    {\"delivery\":7}\n\n— alliance/vendor ";
        assert!(act.note().starts_with(text), "{}", act.note());
        act.signed_by(&[key(1).public()]).expect("its signature");
    }

    #[test]
    fn a_change_of_any_byte_is_refused() {
        let key = key(1);
        let act = Act::sign(draft("one\n\ntwo"), &[&key]).expect("signed");
        for at in 0..act.note().len() {
            for bit in 0..8 {
                let mut bytes = act.note().as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                let holds =
                    Act::parse(&changed).is_ok_and(|act| act.signed_by(&[key.public()]).is_ok());
                assert!(!holds, "byte {at}, bit {bit}: {changed}");
            }
        }
    }

    #[test]
    fn signatures_of_strangers_and_missing_ones_are_told_apart() {
        let (one, two) = (key(1), key(2));
        let both = Act::sign(draft("x"), &[&one, &two]).expect("signed");
        both.signed_by(&[one.public(), two.public()]).expect("both");
        assert!(matches!(
            both.signed_by(&[one.public()]),
            Err(SignatureError::Stranger { .. })
        ));
        let alone = Act::sign(draft("x"), &[&one]).expect("signed");
        assert!(matches!(
            alone.signed_by(&[one.public(), two.public()]),
            Err(SignatureError::Missing { .. })
        ));
    }

    #[test]
    fn what_cannot_stand_in_an_act_is_refused() {
        for says in ["", "\n", "x\n", "\nx", "a\tb", "a\u{1}b"] {
            assert!(
                matches!(Act::sign(draft(says), &[&key(1)]), Err(ActError::Says)),
                "{says:?}"
            );
        }
        for by in ["", "two words", "a\nb"] {
            let wrong = Draft {
                by: by.to_owned(),
                ..draft("x")
            };
            assert!(
                matches!(Act::sign(wrong, &[&key(1)]), Err(ActError::Author(_))),
                "{by:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_signed_is_read_again(says in "[ -~äß€\n]{1,60}", after in any::<u64>(), second in 0i64..4_000_000_000) {
            let at = Timestamp::from_second(second).expect("an instant");
            let asked = Draft { at, after, ..draft(&says) };
            if let Ok(act) = Act::sign(asked.clone(), &[&key(1)]) {
                let again = Act::parse(act.note()).expect("read");
                prop_assert_eq!(&again, &act);
                prop_assert_eq!(again.draft, asked);
            }
        }
    }
}
