//! Signed notes: texts with signatures under them, as [C2SP](https://c2sp.org/signed-note) writes them.

use signed_note::{Note, NoteError, Signer, VerificationError, Verifier, Verifiers};

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
