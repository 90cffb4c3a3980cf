//! Facts: declared sources in, standardised facts in Delta Lake tables out.
#![forbid(unsafe_code)]

pub mod csv_in;
pub mod dates;
pub mod decimal;
pub mod digest;
pub mod disk;
pub mod durable;
pub mod input;
