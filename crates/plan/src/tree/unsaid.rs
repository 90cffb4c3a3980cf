//! What a plan leaves out, so that a default of the language holds.

use super::{ComponentId, KindId, Reference};

/// A key that was not written, and of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unsaid {
    /// Which.
    pub key: UnsaidKey,
    /// Of what.
    pub of: UnsaidOf,
}

/// What leaves a key out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnsaidOf {
    /// The plan's own head, or a block without entries.
    Plan,
    /// A kind of fact, or one line of its `credited`, counted from 0.
    Kind(KindId, Option<u16>),
    /// Anything with a name.
    Named(Reference),
    /// One line of a component's `paid`, counted from 0.
    Line(ComponentId, u16),
}

/// A key whose default holds where it is not written, in the order in which defaults are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnsaidKey {
    /// `period`
    Period,
    /// `calendar.year_starts`
    YearStarts,
    /// `over` of a component
    Over,
    /// `every` of a component
    Every,
    /// `for` of a component
    Applies,
    /// `unit` of a component
    Grants,
    /// `dated` of a kind of fact
    Dated,
    /// `credited` of a kind of fact
    Credited,
    /// `role` of a line of `credited`
    CreditRole,
    /// `share` of a line of `credited`
    CreditShare,
    /// `role` of a measure or a component on rows
    Role,
    /// `at` of a measure
    At,
    /// `spread` of a term with `per`
    Spread,
    /// `money`
    Money,
    /// `rounding` of a component
    Rounding,
    /// `mode` of `round`
    Mode,
    /// `to` of `allocate`
    Step,
    /// `rest` of `allocate`
    Rest,
    /// `paid` of a component
    Paid,
    /// `after` and `on` of a line of `paid`
    When,
    /// `else` of a line of `paid`
    Otherwise,
    /// `recovers` of a component
    Recovers,
    /// `over` of a limit
    LimitOver,
    /// `cut` of a limit
    Cut,
    /// `corrections.reach_back`
    ReachBack,
    /// When a new version takes effect, for which there is no key.
    TakesEffect,
}
