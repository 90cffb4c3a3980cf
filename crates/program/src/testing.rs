//! What tests of the state machines share.

use serde::Serialize;
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
