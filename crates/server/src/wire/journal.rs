//! The journal: acts as they were signed, the checkpoint over them, and what looking through everything came to.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which acts are asked for.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JournalAsked {
    /// Only acts of this kind, such as `period.closed`.
    pub kind: Option<String>,
    /// Only acts in this partner's name, or that say something of it.
    pub partner: Option<String>,
    /// Only acts before this place.
    pub before: Option<u64>,
    /// How many at most: 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
}

/// An act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActShort {
    /// Its place.
    pub act: u64,
    /// When it was signed.
    pub at: String,
    /// Who did it, by the id that the journal has.
    pub by: String,
    /// In whose name: `vendor`, or `partner/P-100`.
    pub in_the_name_of: String,
    /// What it is, such as `period.closed`.
    pub kind: String,
    /// The partner that it says something of; none where it is about no single one.
    pub partner: Option<String>,
    /// What it says in short: its plain fields, without digests and lists.
    pub says: String,
}

/// A page of the journal, the newest acts first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JournalPage {
    /// What the journal is called in its checkpoints.
    pub origin: String,
    /// How many acts there are.
    pub size: u64,
    /// The root of the tree over them, as the latest checkpoint has it; none before one was signed.
    pub root: Option<String>,
    /// How many acts the latest checkpoint was signed over.
    pub signed_size: Option<u64>,
    /// The latest checkpoint, as it was signed.
    pub checkpoint: Option<String>,
    /// The kinds of act there can be.
    pub kinds: Vec<String>,
    /// The acts.
    pub acts: Vec<ActShort>,
    /// What to ask for with `before` to read on; none where these are the last.
    pub next: Option<u64>,
}

/// Who signed an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActSigner {
    /// In whose name the key signs.
    pub in_the_name_of: String,
    /// The key, as it is published.
    pub key: String,
    /// Whether the key's secret is kept by the service and not by the organisation itself.
    pub is_custodial: bool,
}

/// An act as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActShown {
    /// The act.
    pub act: ActShort,
    /// What it says, whole.
    pub content: String,
    /// The hash of its leaf in the tree.
    pub hash: String,
    /// The signed text, byte for byte.
    pub note: String,
    /// Who signed it; none where the signatures do not hold.
    pub signers: Vec<ActSigner>,
    /// Why its signatures do not hold; none where they do.
    pub wrong: Option<String>,
}

/// What looking through everything came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LookedThrough {
    /// Whether nothing was changed.
    pub is_whole: bool,
    /// What was looked through, a line each.
    pub looked: Vec<String>,
    /// What is to be said of it.
    pub notes: Vec<String>,
    /// What is not as it was.
    pub found: Vec<String>,
}

/// What checking a bundle came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BundleVerdict {
    /// Whether everything in it holds.
    pub holds: bool,
    /// The verdict in the words of `trueup verify`.
    pub says: String,
    /// The vendor's key that it was checked with.
    pub key: String,
}
