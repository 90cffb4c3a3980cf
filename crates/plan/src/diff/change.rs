//! One change: what it is about, what it says before and after, and what it touches.

use serde_json::{Value, json};

use crate::diagnostic::Sources;
use crate::diff::edit::Edit;
use crate::span::Span;
use crate::tree::Text;

/// How much a change weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// What somebody is entitled to, or what both sides agreed, is another thing than before.
    Meaning,
    /// The same under another name, or put together from other names.
    Name,
    /// Only words: what a thing `is`, who validates it, a reason, a title.
    Wording,
}

impl Weight {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Meaning => "meaning",
            Self::Name => "name",
            Self::Wording => "wording",
        }
    }
}

/// What kind of change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It was not there before.
    Added,
    /// It is there no more.
    Removed,
    /// It has another name.
    Renamed,
    /// A bound lies elsewhere.
    Moved,
    /// It says something else.
    Changed,
}

impl Kind {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Changed => "changed",
        }
    }

    /// The kind of the same change, looked at from the other side.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Added => Self::Removed,
            Self::Removed => Self::Added,
            Self::Renamed => Self::Renamed,
            Self::Moved => Self::Moved,
            Self::Changed => Self::Changed,
        }
    }
}

/// What one side says, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it says; empty where nothing is written.
    pub text: String,
    /// The path of its file, as the sources know it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

impl Said {
    pub(super) fn new(text: impl Into<String>, span: Span, sources: &Sources) -> Self {
        Self {
            text: text.into(),
            path: sources.path(span.file).to_owned(),
            line: sources.line_column(span).0,
        }
    }

    fn to_json(&self) -> Value {
        json!({ "says": self.text, "file": self.path, "line": self.line })
    }
}

/// One change between two plans, or two agreements.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// How much it weighs.
    pub weight: Weight,
    /// What kind of change it is.
    pub kind: Kind,
    /// The block it stands in, as in the plan: `tables`, `components`, `disputes`; `plan` for the head.
    pub block: Text,
    /// What is changed, by its name after the change, or before where it is gone.
    pub name: Text,
    /// Its name before, where that is another.
    pub was_called: Option<Text>,
    /// Which part of it: a key such as `gate`, or `rate of tier 2`; empty for the whole.
    pub part: String,
    /// What it said.
    pub before: Option<Said>,
    /// What it says.
    pub after: Option<Said>,
    /// The change in one sentence.
    pub says: String,
    /// Components, limits and blocks of governance that are worked out from it.
    pub affects: Vec<Text>,
    /// Which way the pay moves, where that can be decided; empty otherwise.
    pub pays: String,
    /// What would have to be done to the plan before to make this change alone.
    pub(super) edit: Edit,
}

impl Change {
    /// The change for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let said = |said: &Option<Said>| said.as_ref().map(Said::to_json);
        json!({
            "weight": self.weight.word(),
            "kind": self.kind.word(),
            "block": &*self.block,
            "name": &*self.name,
            "was_called": self.was_called.as_deref(),
            "part": self.part,
            "before": said(&self.before),
            "after": said(&self.after),
            "says": self.says,
            "affects": self.affects.iter().map(|name| &**name).collect::<Vec<_>>(),
            "pays": self.pays,
        })
    }
}
