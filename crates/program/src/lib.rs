//! What people decide about a program: agreements between proposal and signature, periods between calculation and closing.
//!
//! What both sides sign is a [`Seal`]: a text that names the partner, the agreement's days and the digest of every text it
//! stands on, and the key of each side. [`Negotiations`] is what the acts about agreements come to; it says who may take which
//! step ([`Negotiations::judge`]), and nobody can accept their own proposal.
//!
//! [`Periods`] is the same for closings: what was calculated is approved by somebody else over the same figures, and closed for
//! good. [`Payouts`] takes what is payable from preparing to what the bank says of it, and [`Disputes`] keeps back the lines that
//! one side does not accept.
//!
//! The crate must never know where texts lie, what a plan pays, or a clock; whether a seal fits the texts of today is asked
//! by whoever has them ([`Seal::differs_from`]).

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod acceptance;
pub mod announcement;
pub mod dispute;
pub mod exception;
mod id_text;
pub mod negotiation;
pub mod opening;
pub mod payout;
pub mod period;
pub mod seal;
#[cfg(test)]
mod testing;

pub use acceptance::{AcceptanceRefusal, Acceptances};
pub use announcement::{Announcement, AnnouncementRefusal, Announcements};
pub use dispute::{Dispute, DisputeRefusal, Disputes};
pub use exception::{Exception, ExceptionRefusal, Exceptions};
pub use negotiation::{Negotiations, Proposal, Refusal, SignedVersion, Thread};
pub use opening::{OpeningRefusal, Openings};
pub use payout::{Payout, PayoutRefusal, Payouts};
pub use period::{Calculation, Closing, PeriodRefusal, Periods};
pub use seal::{Difference, Part, Seal, SealError};
