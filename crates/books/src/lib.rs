//! The books: double entry in minor units of a currency, only ever added to.
//!
//! Posting is convergence. A run says what each partner has earned by component and settlement ([`Target`]); the books know
//! what was posted for that so far ([`Booked`]); what is posted is the difference ([`converge`]). So posting twice posts
//! nothing, a corrected fact posts its correction, and whatever order the deliveries came in, the books end at what the last
//! run says. A closing does the same for every account: what is held, payable, lost or owed back ([`settle`]), and
//! [`payments`] is what may be paid of it. Every [`Batch`] sums to zero in each currency ([`trueup_base::invariant::BK1`]).
//!
//! The crate must never know a plan, a database or a clock; it refuses amounts that are no whole number of minor units.
//!
//! ```
//! use std::collections::BTreeMap;
//! use trueup_base::{Currency, Exact, date::parse_date, id::PartnerId};
//! use trueup_books::{Account, Key, Target, converge};
//!
//! let key = Key {
//!     partner: PartnerId::new("P-1")?,
//!     plan: "reseller".into(),
//!     component: "volume_bonus".into(),
//!     settled_on: parse_date("2026-03-31")?,
//!     currency: Currency::parse("EUR")?,
//! };
//! let target = Target::of([(key.clone(), Exact::parse("12.50")?)])?;
//! let booked = BTreeMap::from([((Account::Expense, key), 1_000)]);
//! let postings = converge(&target, &booked, None, &|_| true);
//! let posted: Vec<i64> = postings.iter().map(|posting| posting.amount).collect();
//! assert_eq!(posted, [250, -250]); // 2.50 more: an expense, and owed to the partner
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod batch;
pub mod line;
pub mod opening;
pub mod payment;
pub mod posting;
pub mod settled;
#[cfg(test)]
mod testing;

pub use batch::{Batch, BatchKind};
pub use line::cells_of;
pub use opening::{Opening, TAKEN_OVER, opened};
pub use payment::{Payment, payments, reported};
pub use posting::{
    Account, AmountRefusal, Booked, Key, Posting, Target, converge, excepted, in_units, on,
    opposite, written_off,
};
pub use settled::{BookedKey, Moves, settle, settle_some};
