//! One look at one subject: what several kinds of finding need, worked out once.

use std::cell::OnceCell;
use std::fmt;

use crate::analytic::{Look, Scene, look_at, scenes_of};
use crate::subject::Subject;

/// A subject and what was worked out about it so far.
pub struct Study<'a> {
    /// What is looked at.
    pub subject: &'a Subject<'a>,
    scenes: OnceCell<Vec<Scene<'a>>>,
    looks: OnceCell<Vec<Look>>,
}

impl<'a> Study<'a> {
    /// Begins to look at a subject.
    #[must_use]
    pub fn new(subject: &'a Subject<'a>) -> Self {
        Self {
            subject,
            scenes: OnceCell::new(),
            looks: OnceCell::new(),
        }
    }

    /// The made-up worlds in which the plan is tried, one for each agreement looked at.
    pub(crate) fn scenes(&self) -> &[Scene<'a>] {
        self.scenes.get_or_init(|| scenes_of(self.subject))
    }

    /// The scenes, each with what was seen in it.
    pub(crate) fn looks(&self) -> impl Iterator<Item = (&Scene<'a>, &Look)> {
        let looks = self
            .looks
            .get_or_init(|| self.scenes().iter().map(look_at).collect());
        self.scenes().iter().zip(looks)
    }
}

impl fmt::Debug for Study<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Study")
            .field("subject", self.subject)
            .finish_non_exhaustive()
    }
}
