//! What is read off lists and facts: goals and pay, words, kinds of fact, who can reach what.

pub(crate) mod carried;
pub(crate) mod crediting;
mod game;
pub(crate) mod goals;
pub(crate) mod ground;
mod history;
pub(crate) mod literals;
mod most;
pub(crate) mod outcomes;
pub(crate) mod reach;
mod reads;
pub(crate) mod showing;
pub(crate) mod stacking;
pub(crate) mod tunnel;
mod weights;
pub(crate) mod words;
