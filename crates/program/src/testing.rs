//! What tests of the state machines share.

use serde::Serialize;
use trueup_journal::testing::Dice;
use trueup_journal::{Act, Draft, Organisation, SecretKey};

/// An act that somebody did in an organisation's name, as the one after so many.
pub(crate) fn act<T: Serialize>(
    key: &SecretKey,
    (by, behalf): (&str, &Organisation),
    (kind, after): (&str, u64),
    says: &T,
) -> Act {
    let draft = Draft {
        at: "2026-01-05T09:00:00Z".parse().expect("an instant"),
        by: by.to_owned(),
        behalf: behalf.clone(),
        kind: kind.parse().expect("a kind"),
        after,
        says: serde_json::to_string(says).expect("JSON"),
    };
    Act::sign(draft, &[key]).expect("signed")
}

/// What acts are judged by.
pub(crate) trait Judges: Default {
    /// Why an act may not be done.
    type Refusal;

    /// Whether an act may be done at a place, and what it makes of what stands.
    fn judged(&mut self, at: u64, act: &Act) -> Result<(), Self::Refusal>;
}

/// A table at which people of the vendor act, one act after the other.
pub(crate) struct Table<S> {
    key: SecretKey,
    /// What stands.
    pub(crate) stands: S,
    at: u64,
}

impl<S: Judges> Table<S> {
    /// A table at which nothing was done yet.
    pub(crate) fn new() -> Self {
        let key =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        Self {
            key,
            stands: S::default(),
            at: 1,
        }
    }

    /// Somebody does something; its place.
    pub(crate) fn done<T: Serialize>(
        &mut self,
        by: &str,
        kind: &str,
        says: &T,
    ) -> Result<u64, S::Refusal> {
        let who = (by, &Organisation::Vendor);
        let act = act(&self.key, who, (kind, self.at), says);
        self.stands.judged(self.at, &act)?;
        self.at += 1;
        Ok(self.at - 1)
    }
}
