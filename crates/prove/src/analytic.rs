//! What is proved of formulas: by breakpoints, by bounds, and by trying what the analysis proposes.
//!
//! Numbers are the evaluator's own lanes. A [`curve`] is one exact figure for every real figure of one input, a
//! [`range`] the bounds of a value; so the same walk that pays draws the pay and bounds it. A [`scene`] is a made-up world
//! with one row of each sort that the plan tells apart; a [`trial`] is such a world with every row written out, which
//! decides whether what was drawn is true.

pub(crate) mod agreed;
pub(crate) mod bands;
pub(crate) mod cliffs;
pub(crate) mod cost;
mod course;
mod curve;
mod draw;
mod evidence;
mod exampled;
pub(crate) mod falls;
mod hole;
#[cfg(test)]
mod laws;
pub(crate) mod moved;
pub(crate) mod never;
pub(crate) mod open;
pub(crate) mod order;
mod origin;
mod poly;
mod range;
mod reads;
mod scene;
mod scenes;
pub(crate) mod split;
mod survey;
mod trial;
pub(crate) mod undecided;
mod wide;
mod words;

pub(crate) use scene::Scene;
pub(crate) use scenes::of as scenes_of;
pub(crate) use survey::{Look, of as look_at};
