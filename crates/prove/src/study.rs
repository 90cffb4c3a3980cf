//! One look at one subject: what several kinds of finding need, worked out once.

use crate::subject::Subject;

/// A subject and what was worked out about it so far.
#[derive(Debug)]
pub struct Study<'a> {
    /// What is looked at.
    pub subject: &'a Subject<'a>,
}

impl<'a> Study<'a> {
    /// Begins to look at a subject.
    #[must_use]
    pub fn new(subject: &'a Subject<'a>) -> Self {
        Self { subject }
    }
}
