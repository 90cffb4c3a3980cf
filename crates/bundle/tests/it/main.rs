//! Bundles of worked examples and of plans made here: they hold, they show nobody else, and what is changed is found.

mod cases;
mod properties;
mod second;
mod support;
mod tampering;
