//! Facts that are pushed: judged at once, kept in an inbox that lasts before anybody is told, and folded into the tables in
//! batches.
//!
//! ```text
//! .trueup/inbox/000000000007.events    what was acknowledged and is not folded yet, frame by frame
//! .trueup/inbox/fold                   somebody is about to evaluate and asks for a fold
//! ```

mod counter;
mod desk;
mod fold;
mod inbox;

pub use counter::{Counter, NotTaken};
pub use desk::{Desk, Outcome, Push};
pub use fold::{Fold, settle};
pub use inbox::{Batch, Inbox, Segment, segments};
