//! Bytes out: what banks read of what was decided.
//!
//! [`pain001`] writes a payment file in ISO 20022 pain.001.001.09, the message by which a company tells its bank to pay. What
//! cannot be paid as it stands is refused by name before a byte is written: an amount that is not above zero, an account whose
//! check digits are wrong, an id that stands twice (LAW-35, LAW-36).
//!
//! The crate must never know a clock, a file or a database: the same payments are the same bytes.

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod account;
pub mod pain001;

pub use account::{AccountRefusal, Bic, Iban};
pub use pain001::{PaymentFile, PaymentFileRefusal, Transfer};
