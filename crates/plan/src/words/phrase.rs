//! Phrases: pieces of a sentence that know how strongly they hold together.
//!
//! A formula of the plan has one reading, and so must its sentence: a part that would fall apart inside a longer phrase
//! stands in brackets. The strengths below are those of the grammar, with room between them for words.

use super::document::{Line, Piece};

/// How strongly a phrase holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Several alternatives or parts, told one after the other.
    Loose,
    /// Conditions joined by `and` or `or`.
    Joined,
    /// Words that go on to the end of the phrase.
    Open,
    /// A condition.
    Clause,
    /// Arithmetic with commas in it.
    Paused,
    /// A phrase of several words that has an end.
    Closed,
    /// A sum.
    Sum,
    /// A minus before it.
    Negated,
    /// A product.
    Product,
    /// Something asked in another window, or at a key.
    Asked,
    /// A name or a figure.
    Atom,
}

/// A phrase.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub(super) line: Line,
    pub(super) strength: Strength,
    /// How deep its brackets are.
    pub(super) depth: usize,
    /// Whether it tells several things that read better below each other.
    pub(super) is_listed: bool,
}

impl Phrase {
    /// A single thing.
    pub(super) fn atom(piece: Piece) -> Self {
        Words::new().piece(piece).of(Strength::Atom)
    }

    /// A single thing in plain words.
    pub(super) fn plain(text: impl Into<String>, strength: Strength) -> Self {
        Words::new().say(text.into()).of(strength)
    }

    /// Whether it can stand in one line of prose.
    pub(super) fn fits(&self) -> bool {
        self.line.length() <= 120 && self.depth <= 1 && !self.is_listed
    }
}

/// A phrase as it is put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    line: Line,
    depth: usize,
    is_listed: bool,
}

impl Words {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds words of its own.
    pub(super) fn say(mut self, text: impl AsRef<str>) -> Self {
        self.line = self.line.plain(text);
        self
    }

    /// Adds a piece.
    pub(super) fn piece(mut self, piece: Piece) -> Self {
        self.line = self.line.piece(piece);
        self
    }

    /// Adds a phrase, in brackets if it is weaker than what is needed here.
    pub(super) fn hold(self, phrase: Phrase, least: Strength) -> Self {
        if phrase.strength >= least {
            self.open(phrase)
        } else {
            self.bracket(phrase)
        }
    }

    /// Adds a phrase in brackets.
    pub(super) fn bracket(self, phrase: Phrase) -> Self {
        let depth = phrase.depth + 1;
        self.say("(").open(Phrase { depth, ..phrase }).say(")")
    }

    /// Adds a phrase as it is: what follows must not be able to run into it.
    pub(super) fn open(mut self, phrase: Phrase) -> Self {
        self.line = self.line.line(phrase.line);
        self.depth = self.depth.max(phrase.depth);
        self.is_listed |= phrase.is_listed;
        self
    }

    /// Says that the parts read better below each other.
    pub(super) fn listed(mut self, is_listed: bool) -> Self {
        self.is_listed |= is_listed;
        self
    }

    /// The phrase.
    pub(super) fn of(self, strength: Strength) -> Phrase {
        Phrase {
            line: self.line,
            strength,
            depth: self.depth,
            is_listed: self.is_listed,
        }
    }
}
