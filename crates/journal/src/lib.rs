//! The journal: what people decided, signed, in an order that nobody can quietly change.
//!
//! An [`Act`] is a text that says who did what in whose name, as a [C2SP signed note](https://c2sp.org/signed-note) under the
//! key of that organisation. Acts are the leaves of one RFC 6962 Merkle tree ([`tree`]); its root at a size, signed, is a
//! [`Checkpoint`], and whoever holds one can be shown that an act lies below it and that a later journal only added to it
//! ([`proof`]). The keys of organisations are themselves acts ([`ring`]). What is hashed are the stored bytes of a note, never
//! another writing of the same.
//!
//! The crate must never know where acts are stored, a clock or a random source; it says what may be appended ([`Ring::judge`])
//! and whether a journal is whole ([`audit`]). It keeps these invariants: an act once in the tree is in every later tree at the
//! same place; an act counts only under a key its organisation held at that place.
//!
//! ```
//! use trueup_journal::{Draft, Organisation, Ring, SecretKey, opening};
//! # let mut dice = trueup_journal::testing::Dice::new(1);
//! let key = SecretKey::new(&mut dice, "alliance", &Organisation::Vendor)?;
//! let act = opening("alliance", &key, "2026-01-05T09:00:00Z".parse()?, "ada")?;
//! let mut ring = Ring::default();
//! ring.judge(0, &act)?;
//! assert_eq!(ring.origin(), Some("alliance/vendor"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod act;
pub mod audit;
pub mod checkpoint;
pub mod key;
pub mod note;
pub mod organisation;
pub mod proof;
pub mod ring;
pub mod testing;
pub mod tree;

pub use act::{Act, ActError, Draft, Kind};
pub use audit::{Audit, Found, Looked, Stored};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use key::{KeyError, PublicKey, SecretKey};
pub use note::{SignatureError, Signatures};
pub use organisation::{Organisation, OrganisationError};
pub use proof::{Proof, ProofError};
pub use ring::{Custody, Ring, RingRefusal, added, opening, retired, rotated};
pub use tree::{Frontier, Hash};
