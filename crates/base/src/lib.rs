//! Exact numbers, named roundings, calendars, windows and typed ids.
