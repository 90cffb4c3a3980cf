//! Signed notes: texts with signatures under them, as [C2SP](https://c2sp.org/signed-note) writes them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use signed_note::{Note, NoteError, Signature, Signer, VerificationError, Verifier, Verifiers};

use crate::key::{PublicKey, SecretKey};

/// Why a signature does not count.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// A key that should have signed did not.
    #[error("{key} did not sign it")]
    Missing {
        /// The name and id of the key.
        key: String,
    },
    /// A signature by a key that has no say in it.
    #[error("{key} signed it and has no say in it")]
    Stranger {
        /// The name and id of the key.
        key: String,
    },
    /// A signature that is not one of this text.
    #[error("a signature does not fit the text")]
    Wrong(#[source] NoteError),
    /// What was brought from elsewhere is no signature of this text by this key.
    #[error("what was sent is no signature of {key} over this text")]
    Unfit {
        /// The name and id of the key.
        key: String,
    },
}

/// Why a text cannot be signed or is no signed note.
#[derive(Debug, thiserror::Error)]
#[error("it is no text that can be signed, or no signed note")]
pub struct NotANote(#[source] NoteError);

/// Signs a text, which ends with a line's end and holds no control characters.
///
/// # Errors
/// When the text cannot stand in a note.
pub fn sign(text: &str, keys: &[&SecretKey]) -> Result<String, NotANote> {
    let note = Note::new(text.as_bytes(), &[]).map_err(NotANote)?;
    with_signatures(note, keys)
}

/// Puts further signatures under a note.
///
/// # Errors
/// When it is no note.
pub fn countersign(note: &str, keys: &[&SecretKey]) -> Result<String, NotANote> {
    let note = Note::from_bytes(note.as_bytes()).map_err(NotANote)?;
    with_signatures(note, keys)
}

/// A signature that was made where the secret is, to be put under a text here.
#[derive(Clone, Debug)]
pub struct Elsewhere<'k> {
    key: &'k PublicKey,
    signature: Vec<u8>,
}

impl<'k> Elsewhere<'k> {
    /// The bare Ed25519 signature of a key, in base64. Whether it fits a text is seen when it is put under one.
    ///
    /// # Errors
    /// When it is no base64.
    pub fn read(key: &'k PublicKey, signature: &str) -> Result<Self, SignatureError> {
        match BASE64_STANDARD.decode(signature) {
            Ok(signature) => Ok(Self { key, signature }),
            Err(_) => Err(SignatureError::unfit(key)),
        }
    }

    /// Puts the signature under a text that has none yet.
    ///
    /// # Errors
    /// When the text cannot stand in a note, or the signature is not one of it.
    pub fn under(&self, text: &str) -> Result<String, SignatureError> {
        self.added(text, Vec::new())
    }

    /// Puts the signature under a note that others signed.
    ///
    /// # Errors
    /// When it is no note, or the signature is not one of it.
    pub fn under_note(&self, note: &str) -> Result<String, SignatureError> {
        let above = text(note).map_err(|NotANote(wrong)| SignatureError::Wrong(wrong))?;
        let mut others = signatures_of(note);
        others.retain(|one| !self.key.is_named(one.name(), one.id()));
        self.added(&above, others)
    }

    fn added(&self, text: &str, mut signatures: Vec<Signature>) -> Result<String, SignatureError> {
        let verifier = self.key.verifier();
        if !verifier.verify(text.as_bytes(), &self.signature) {
            return Err(SignatureError::unfit(self.key));
        }
        let own = Signature::new(
            verifier.name().to_owned(),
            verifier.key_id(),
            self.signature.clone(),
        );
        signatures.push(own.map_err(SignatureError::Wrong)?);
        let note = Note::new(text.as_bytes(), &signatures).map_err(SignatureError::Wrong)?;
        String::from_utf8(note.to_bytes())
            .map_err(|_| SignatureError::Wrong(NoteError::MalformedNote))
    }
}

fn with_signatures(mut note: Note, keys: &[&SecretKey]) -> Result<String, NotANote> {
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key.signer() as &dyn Signer).collect();
    note.add_sigs(&signers).map_err(NotANote)?;
    String::from_utf8(note.to_bytes()).map_err(|_| NotANote(NoteError::MalformedNote))
}

/// The text above the signatures; a note that is written in another way than notes are is none.
///
/// # Errors
/// When it is no note.
pub fn text(note: &str) -> Result<String, NotANote> {
    let parsed = Note::from_bytes(note.as_bytes()).map_err(NotANote)?;
    let malformed = || NotANote(NoteError::MalformedNote);
    match parsed.to_bytes() == note.as_bytes() {
        true => String::from_utf8(parsed.text().to_vec()).map_err(|_| malformed()),
        false => Err(malformed()),
    }
}

impl SignatureError {
    /// Of a key whose signature is missing.
    #[must_use]
    pub fn missing(key: &PublicKey) -> Self {
        Self::Missing {
            key: format!("{} {}", key.name(), key.id()),
        }
    }

    fn unfit(key: &PublicKey) -> Self {
        Self::Unfit {
            key: format!("{} {}", key.name(), key.id()),
        }
    }
}

/// What signatures of unknown keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The note is refused for them.
    Refused,
    /// They are passed over, as of witnesses.
    Ignored,
}

/// Whether signatures are checked when it is asked whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signatures {
    /// Each is.
    Checked,
    /// They were when the text was put on a journal, and it is known to be the same text since.
    Vouched,
}

/// Which of these keys signed a note.
///
/// # Errors
/// When a signature is wrong, or of another key where that is refused.
pub fn signers<'k>(
    note: &str,
    keys: &[&'k PublicKey],
    others: Others,
    signatures: Signatures,
) -> Result<Vec<&'k PublicKey>, SignatureError> {
    let (good, strange) = match signatures {
        Signatures::Vouched => signatures_of(note)
            .into_iter()
            .partition(|one| keys.iter().any(|key| key.is_named(one.name(), one.id()))),
        Signatures::Checked => {
            let parsed = Note::from_bytes(note.as_bytes()).map_err(SignatureError::Wrong)?;
            match parsed.verify(&Known(keys)) {
                Ok(both) => both,
                // It is said below whose is missing or too many.
                Err(NoteError::UnverifiedNote) => (Vec::new(), signatures_of(note)),
                Err(error) => return Err(SignatureError::Wrong(error)),
            }
        }
    };
    match (others, strange.first()) {
        (Others::Refused, Some(strange)) => Err(SignatureError::Stranger {
            key: format!("{} {:08x}", strange.name(), strange.id()),
        }),
        (Others::Refused | Others::Ignored, _) => Ok(keys
            .iter()
            .copied()
            .filter(|key| good.iter().any(|good| key.is_named(good.name(), good.id())))
            .collect()),
    }
}

/// The signatures under a note, whoever's they are.
pub(crate) fn signatures_of(note: &str) -> Vec<signed_note::Signature> {
    let lines = note.rsplit_once("\n\n").map_or("", |(_, lines)| lines);
    lines
        .lines()
        .filter_map(|line| signed_note::Signature::from_bytes(line.as_bytes()).ok())
        .collect()
}

struct Known<'a>(&'a [&'a PublicKey]);

impl Verifiers for Known<'_> {
    fn verifier(&self, name: &str, id: u32) -> Result<&dyn Verifier, VerificationError> {
        match self.0.iter().find(|key| key.is_named(name, id)) {
            Some(key) => Ok(key.verifier()),
            None => Err(VerificationError::UnknownKey {
                name: name.to_owned(),
                id,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Organisation;
    use crate::testing::{Dice, bare};

    fn key(seed: u64) -> SecretKey {
        SecretKey::new(&mut Dice::new(seed), "alliance", &Organisation::Vendor).expect("a key")
    }

    #[test]
    fn a_signature_from_elsewhere_comes_to_the_same_note() {
        let (one, two) = (key(1), key(2));
        let text = "a text\n";
        let away = bare(text, &two);
        let away = Elsewhere::read(two.public(), &away).expect("base64");
        assert_eq!(
            away.under(text).expect("signed"),
            sign(text, &[&two]).expect("signed")
        );
        let first = sign(text, &[&one]).expect("signed");
        assert_eq!(
            away.under_note(&first).expect("signed"),
            countersign(&first, &[&two]).expect("signed")
        );
    }

    #[test]
    fn a_signature_of_another_text_or_key_is_refused() {
        let (one, two) = (key(1), key(2));
        let refused = |signature: &str, text: &str| {
            Elsewhere::read(one.public(), signature)
                .and_then(|away| away.under(text))
                .is_err()
        };
        assert!(!refused(&bare("a text\n", &one), "a text\n"));
        assert!(refused(&bare("another\n", &one), "a text\n"));
        assert!(refused(&bare("a text\n", &two), "a text\n"));
        assert!(refused("", "a text\n"));
        assert!(refused("no base64!", "a text\n"));
    }
}
