//! Exact numbers, named roundings, calendars, windows and typed ids.
//!
//! Everything above stands on this crate: an amount is an [`Exact`] rational, a rounding has a name ([`Rounding`]), a
//! shared sum is an allocation whose parts add up ([`share`]), a day is a [`Date`], a stretch of days is a [`Window`] of a
//! [`Calendar`], and an id has a type ([`id`]).
//!
//! It must never know a clock, a file, the environment, a random source or a float, and it holds no unordered map. What must
//! always hold here has a name in [`mod@invariant`].
//!
//! ```
//! use trueup_base::{Currency, Exact, Rounding};
//!
//! let net_sales = Exact::parse("1_234.56")?;
//! let rate = Exact::parse("0.025")?;
//! let due = (&net_sales * &rate).round_to(&Currency::parse("USD")?.minor_unit(), Rounding::HalfAway);
//! assert_eq!(due, Some(Exact::parse("30.86")?)); // 30.864
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![deny(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::float_arithmetic
)]
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod calendar;
pub mod date;
pub mod exact;
pub mod id;
pub mod invariant;
pub mod money;
pub mod rounding;
pub mod share;
pub mod zone;

pub use calendar::{Calendar, CalendarError, MonthDay, PeriodTextError, Window, WindowUnit};
pub use date::{Date, Duration};
pub use exact::{Exact, NumberTextError};
pub use money::{Currency, Money};
pub use rounding::Rounding;
pub use share::{Rest, ShareError, allocate};
pub use zone::Zone;
