//! Acts in the name of an organisation whose key lies elsewhere, such as in its own people's browsers.
//!
//! The step is decided as always. The first time its text is handed out to be signed, and nothing is written; the second time it
//! comes back with its signature, is held to what the step says now, and is taken as any other.

use std::sync::{Mutex, PoisonError};

use trueup_journal::note::Elsewhere;
use trueup_journal::{Act, Draft, Organisation, PublicKey};

use crate::failure::{Failure, chain};
use crate::record::{Record, now, unsayable};

/// How long a signature is taken after the act says that it was done.
const SIGNED_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);

/// A text that was signed elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedText {
    /// The text, byte for byte.
    pub text: String,
    /// The bare Ed25519 signature, in base64.
    pub signature: String,
}

/// A key that is not kept here, and what it signed.
pub struct Away {
    key: PublicKey,
    signed: Option<SignedText>,
    drafted: Mutex<Option<String>>,
}

impl Away {
    /// With a key, and the signed act where it is signed already.
    pub fn new(key: PublicKey, signed: Option<SignedText>) -> Self {
        Self {
            key,
            signed,
            drafted: Mutex::default(),
        }
    }

    /// Whether it signs for an organisation.
    pub fn is_of(&self, organisation: &Organisation) -> bool {
        self.key.organisation() == organisation
    }

    /// Whether the step is only looked at: nothing is written before it is signed.
    pub fn only_drafts(&self) -> bool {
        self.signed.is_none()
    }

    /// The text that waits for its signature.
    pub fn drafted(&self) -> Option<String> {
        let mut drafted = self.drafted.lock().unwrap_or_else(PoisonError::into_inner);
        drafted.take()
    }

    /// The act of a draft: unsigned where it waits for its signature, else the one that was signed, if it says the same.
    pub fn act(&self, draft: Draft, record: &Record) -> Result<Act, Failure> {
        let Some(signed) = &self.signed else {
            let act = Act::unsigned(draft).map_err(unsayable)?;
            let mut drafted = self.drafted.lock().unwrap_or_else(PoisonError::into_inner);
            *drafted = Some(act.text());
            drop(drafted);
            return Ok(act);
        };
        let act = Act::parse(&note_of(&self.key, signed)?).map_err(|error| {
            Failure::Found(format!("what was signed is no act: {}", chain(&error)))
        })?;
        let is_it = act.by() == draft.by
            && *act.behalf() == draft.behalf
            && *act.kind() == draft.kind
            && act.says() == draft.says
            && act.after() <= draft.after;
        if !is_it {
            return Err(Failure::Found(
                "what was signed is not what this step says now; look at it again and sign it again"
                    .to_owned(),
            ));
        }
        let age = now().duration_since(act.at());
        if age.abs() > SIGNED_WITHIN {
            return Err(Failure::Found(format!(
                "it was drawn up at {}, and a signature is taken within {} minutes; sign it again",
                act.at(),
                SIGNED_WITHIN.as_mins()
            )));
        }
        is_new(&act, record)?;
        Ok(act)
    }
}

/// The note of a text and a signature by a key.
pub fn note_of(key: &PublicKey, signed: &SignedText) -> Result<String, Failure> {
    Elsewhere::read(key, &signed.signature)
        .and_then(|away| away.under(&signed.text))
        .map_err(|error| Failure::Found(chain(&error)))
}

/// Refuses an act that stands on the journal already: a signature that was seen is no second act.
fn is_new(act: &Act, record: &Record) -> Result<(), Failure> {
    let (acts, _) = record.acts_of(&[act.kind().as_str()])?;
    match acts.iter().find(|(_, known)| known.note() == act.note()) {
        None => Ok(()),
        Some((at, _)) => Err(Failure::Found(format!(
            "this very act stands on the journal already, at {at}; it is not taken twice"
        ))),
    }
}
