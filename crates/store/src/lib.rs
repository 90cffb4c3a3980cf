//! The journal and the books in a database: SQLite beside the program by default, PostgreSQL by its address.
//!
//! One path of SQL serves both; only the tables and triggers are written twice, in `migrations`. The database refuses to change
//! or remove an act whoever asks, and takes acts one after the other without a gap. The crate must never know what an act is
//! about: it stores what [`trueup_journal`] judged, in one transaction with the hashes of the tree and a checkpoint over it.
//!
//! Only a transaction can write acts and postings: there is no other handle with a statement that inserts them. People, sessions
//! and tokens stand beside them and can be changed and removed, as can what steps with a key were answered
//! and who is told of acts.

#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

mod books;
mod copy;
mod database;
mod fault;
mod journal;
mod kept;
mod messages;
mod of_partner;
mod people;
mod values;
mod webhooks;

pub use books::{Balance, BatchRow, batch_of};
pub use copy::{Copied, Counts};
pub use database::Database;
pub use fault::StoreFault;
pub use journal::{Appended, Now, Page, Step, among};
pub use kept::{KeptAnswer, KeyedStep, KnownStep};
pub use messages::{Message, MessageState, NewMessage, Reader, Tried};
pub use people::{Granted, NewSession, NewToken, Person, Signed, TokenRow};
pub use webhooks::{CountedWebhook, Webhook};
