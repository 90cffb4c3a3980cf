//! Exact numbers, named roundings, calendars, windows and typed ids.

#![deny(clippy::disallowed_types, clippy::disallowed_methods, clippy::float_arithmetic)]
