//! Which way a figure moves: up, down, not at all, or not to be said.

/// How a figure after stands to the figure before, wherever both have an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The same everywhere.
    Same,
    /// Never less. Of a condition: it holds wherever it held.
    Up,
    /// Never more. Of a condition: it holds nowhere else.
    Down,
    /// It may go either way, or nothing can be said.
    Open,
}

impl Way {
    /// The way of something that falls when this rises.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
            Self::Same | Self::Open => self,
        }
    }

    /// The way of something that rises with both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Same, way) | (way, Self::Same) => way,
            (Self::Up, Self::Up) => Self::Up,
            (Self::Down, Self::Down) => Self::Down,
            (Self::Up | Self::Down | Self::Open, _) => Self::Open,
        }
    }

    /// The way of something that rises with all of these.
    pub(super) fn all(ways: impl IntoIterator<Item = Self>) -> Self {
        ways.into_iter().fold(Self::Same, Self::and)
    }

    /// The way of a number that goes from one figure to another.
    pub(super) fn between<T: Ord>(before: &T, after: &T) -> Self {
        match after.cmp(before) {
            std::cmp::Ordering::Less => Self::Down,
            std::cmp::Ordering::Equal => Self::Same,
            std::cmp::Ordering::Greater => Self::Up,
        }
    }
}
