//! What the evaluator counts with: numbers and truths that may have no answer, in one lane or in many.
//!
//! The evaluator never asks a number for its digits. It adds, compares and selects, so that the same walk serves one
//! exact rational ([`Answer`]) and a column of simulated futures. A branch is taken only where every lane agrees
//! ([`Truth::all`]); otherwise both sides are computed and [`Number::select`] picks lane by lane.

use std::cmp::Ordering;
use std::fmt::Debug;
use std::sync::Arc;

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_base::share::{self, Rest};
use trueup_plan::tree::{Comparison, NoAnswerKind};

/// Why there is no answer. *Missing*: something that should be there is not. *Undefined*: everything is there and the
/// rule itself has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// Which of the two.
    pub kind: NoAnswerKind,
    /// What is missing, or which rule has no answer, in words.
    pub why: Arc<str>,
}

impl NoAnswer {
    /// Something that should be there is not.
    #[must_use]
    pub fn missing(why: impl Into<Arc<str>>) -> Self {
        Self {
            kind: NoAnswerKind::Missing,
            why: why.into(),
        }
    }

    /// The rule has no answer.
    #[must_use]
    pub fn undefined(why: impl Into<Arc<str>>) -> Self {
        Self {
            kind: NoAnswerKind::Undefined,
            why: why.into(),
        }
    }

    /// Whether it says no more than that the lanes of a number differ where one answer is needed.
    #[must_use]
    pub fn is_between_lanes(&self) -> bool {
        self.why.contains("between futures")
    }

    /// Of two reasons the one that shows: missing wins, then the first.
    #[must_use]
    pub fn first<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.kind == NoAnswerKind::Undefined && other.kind == NoAnswerKind::Missing {
            other
        } else {
            self
        }
    }
}

/// Which kinds of no answer a fallback answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch {
    /// `otherwise`: undefined only.
    Undefined,
    /// `coalesce`: both.
    Both,
}

impl Patch {
    /// Whether the fallback answers for this reason.
    #[must_use]
    pub fn covers(self, reason: &NoAnswer) -> bool {
        match self {
            Self::Undefined => reason.kind == NoAnswerKind::Undefined,
            Self::Both => true,
        }
    }
}

/// A number the evaluator can count with.
pub trait Number: Clone + Debug {
    /// What its comparisons answer.
    type Truth: Truth;

    /// The same figure in every lane.
    fn known(figure: Exact) -> Self;
    /// No answer in any lane.
    fn none(reason: NoAnswer) -> Self;
    /// The sum.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;
    /// The difference.
    #[must_use]
    fn minus(&self, other: &Self) -> Self;
    /// The product.
    #[must_use]
    fn times(&self, other: &Self) -> Self;
    /// The quotient; undefined where the divisor is zero.
    #[must_use]
    fn over(&self, other: &Self) -> Self;
    /// Without its sign.
    #[must_use]
    fn abs(&self) -> Self;
    /// The multiple of `step` that `mode` names; undefined where the step is not positive.
    #[must_use]
    fn rounded(&self, step: &Self, mode: Rounding) -> Self;
    /// A comparison.
    fn compared(&self, how: Comparison, other: &Self) -> Self::Truth;
    /// The first where `when` holds, the second where it does not, no answer where it has none.
    fn select(when: &Self::Truth, then: &Self, otherwise: &Self) -> Self;
    /// The other where it compares so with this one, this one where it does not: the lesser of two, the larger of two.
    #[must_use]
    fn or_other(&self, how: Comparison, other: &Self) -> Self {
        Self::select(&other.compared(how, self), other, self)
    }
    /// The fallback where there is no answer of the kind.
    #[must_use]
    fn or(&self, patch: Patch, fallback: &Self) -> Self;
    /// Whether there is no answer of the kind.
    fn is(&self, kind: NoAnswerKind) -> Self::Truth;
    /// The one reason that no lane has an answer, if that is so.
    fn reason(&self) -> Option<&NoAnswer>;
    /// The one figure of all lanes, where they agree.
    fn figure(&self) -> Option<&Exact>;

    /// The parts of a total by weight, in whole multiples of a step.
    ///
    /// # Errors
    /// The reason that nothing can be shared; also where the figures differ between lanes, unless the number knows how.
    fn shared(
        total: &Self,
        weights: &[Self],
        step: &Self,
        rest: Rest,
    ) -> Result<Vec<Self>, NoAnswer> {
        let single = |number: &Self| {
            number.figure().cloned().ok_or_else(|| {
                number.reason().cloned().unwrap_or_else(|| {
                    NoAnswer::undefined("a sum shared in whole units differs between futures")
                })
            })
        };
        let weights = weights.iter().map(single).collect::<Result<Vec<_>, _>>()?;
        let parts = share::allocate(&single(total)?, &weights, &single(step)?, rest)
            .map_err(|error| NoAnswer::undefined(error.to_string()))?;
        Ok(parts.into_iter().map(Self::known).collect())
    }
}

/// True, false or no answer, in one lane or in many.
pub trait Truth: Clone + Debug {
    /// The same in every lane.
    fn known(holds: bool) -> Self;
    /// No answer in any lane.
    fn none(reason: NoAnswer) -> Self;
    /// Both; false decides over no answer.
    #[must_use]
    fn and(&self, other: &Self) -> Self;
    /// Either; true decides over no answer.
    #[must_use]
    fn or_else(&self, other: &Self) -> Self;
    /// The opposite.
    #[must_use]
    fn not(&self) -> Self;
    /// What every lane answers, if all do and agree.
    fn all(&self) -> Option<bool>;
    /// The fallback where there is no answer of the kind.
    #[must_use]
    fn patched(&self, patch: Patch, fallback: &Self) -> Self;
    /// Whether there is no answer of the kind.
    #[must_use]
    fn is(&self, kind: NoAnswerKind) -> Self;
    /// The first where `when` holds, the second where it does not, no answer where it has none.
    #[must_use]
    fn select(when: &Self, then: &Self, otherwise: &Self) -> Self;
    /// The one reason that no lane has an answer, if that is so.
    fn reason(&self) -> Option<&NoAnswer>;
}

/// One exact rational, or the reason there is none.
///
/// ```
/// use trueup_base::exact::Exact;
/// use trueup_engine::{Answer, Number};
///
/// let third = Answer::known(Exact::from_int(1)).over(&Answer::known(Exact::from_int(3)));
/// assert_eq!(third.times(&Answer::known(Exact::from_int(3))), Answer::known(Exact::from_int(1)));
/// assert!(third.over(&Answer::known(Exact::ZERO)).reason().is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A figure.
    Known(Exact),
    /// None, and why.
    None(NoAnswer),
}

/// The longest number that is counted with, in bits of numerator and denominator together: some twenty thousand digits.
/// Money never comes near it; a value that squares itself every day passes it in weeks and has no answer from then on.
const BITS_MAX: usize = 65_536;

impl Answer {
    /// A figure that was worked out, unless it has grown beyond all use.
    fn counted(figure: Exact) -> Self {
        if figure.bits() > BITS_MAX {
            return Self::None(NoAnswer::undefined(
                "a number of more than twenty thousand digits",
            ));
        }
        Self::Known(figure)
    }

    fn both(&self, other: &Self, combine: impl FnOnce(&Exact, &Exact) -> Self) -> Self {
        match (self, other) {
            (Self::Known(left), Self::Known(right)) => combine(left, right),
            (Self::None(left), Self::None(right)) => Self::None(left.first(right).clone()),
            (Self::None(reason), Self::Known(_)) | (Self::Known(_), Self::None(reason)) => {
                Self::None(reason.clone())
            }
        }
    }
}

impl Number for Answer {
    type Truth = Verdict;

    fn known(figure: Exact) -> Self {
        Self::Known(figure)
    }

    fn none(reason: NoAnswer) -> Self {
        Self::None(reason)
    }

    fn plus(&self, other: &Self) -> Self {
        self.both(other, |left, right| Self::counted(left + right))
    }

    fn minus(&self, other: &Self) -> Self {
        self.both(other, |left, right| Self::counted(left - right))
    }

    fn times(&self, other: &Self) -> Self {
        self.both(other, |left, right| Self::counted(left * right))
    }

    fn over(&self, other: &Self) -> Self {
        self.both(other, |left, right| match left.checked_div(right) {
            Some(quotient) => Self::counted(quotient),
            None => Self::None(NoAnswer::undefined("a division by zero")),
        })
    }

    fn abs(&self) -> Self {
        match self {
            Self::Known(figure) => Self::Known(figure.abs()),
            Self::None(_) => self.clone(),
        }
    }

    fn rounded(&self, step: &Self, mode: Rounding) -> Self {
        self.both(step, |figure, step| match figure.round_to(step, mode) {
            Some(rounded) => Self::Known(rounded),
            None => Self::None(NoAnswer::undefined(
                "a rounding to a step that is not above zero",
            )),
        })
    }

    fn compared(&self, how: Comparison, other: &Self) -> Verdict {
        match (self, other) {
            (Self::Known(left), Self::Known(right)) => Verdict::Known(holds(how, left.cmp(right))),
            (Self::None(left), Self::None(right)) => Verdict::None(left.first(right).clone()),
            (Self::None(reason), Self::Known(_)) | (Self::Known(_), Self::None(reason)) => {
                Verdict::None(reason.clone())
            }
        }
    }

    fn select(when: &Verdict, then: &Self, otherwise: &Self) -> Self {
        match when {
            Verdict::Known(true) => then.clone(),
            Verdict::Known(false) => otherwise.clone(),
            Verdict::None(reason) => Self::None(reason.clone()),
        }
    }

    fn or(&self, patch: Patch, fallback: &Self) -> Self {
        match self {
            Self::None(reason) if patch.covers(reason) => fallback.clone(),
            Self::None(_) | Self::Known(_) => self.clone(),
        }
    }

    fn is(&self, kind: NoAnswerKind) -> Verdict {
        Verdict::Known(self.reason().is_some_and(|reason| reason.kind == kind))
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::Known(_) => None,
            Self::None(reason) => Some(reason),
        }
    }

    fn figure(&self) -> Option<&Exact> {
        match self {
            Self::Known(figure) => Some(figure),
            Self::None(_) => None,
        }
    }
}

/// True, false, or the reason it is neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// An answer.
    Known(bool),
    /// None, and why.
    None(NoAnswer),
}

impl Truth for Verdict {
    fn known(holds: bool) -> Self {
        Self::Known(holds)
    }

    fn none(reason: NoAnswer) -> Self {
        Self::None(reason)
    }

    fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (Self::Known(true), known) => known.clone(),
            (none, Self::Known(true)) => none.clone(),
            (Self::None(left), Self::None(right)) => Self::None(left.first(right).clone()),
        }
    }

    fn or_else(&self, other: &Self) -> Self {
        self.not().and(&other.not()).not()
    }

    fn not(&self) -> Self {
        match self {
            Self::Known(holds) => Self::Known(!holds),
            Self::None(_) => self.clone(),
        }
    }

    fn all(&self) -> Option<bool> {
        match self {
            Self::Known(holds) => Some(*holds),
            Self::None(_) => None,
        }
    }

    fn patched(&self, patch: Patch, fallback: &Self) -> Self {
        match self {
            Self::None(reason) if patch.covers(reason) => fallback.clone(),
            Self::None(_) | Self::Known(_) => self.clone(),
        }
    }

    fn is(&self, kind: NoAnswerKind) -> Self {
        Self::Known(self.reason().is_some_and(|reason| reason.kind == kind))
    }

    fn select(when: &Self, then: &Self, otherwise: &Self) -> Self {
        match when {
            Self::Known(true) => then.clone(),
            Self::Known(false) => otherwise.clone(),
            Self::None(_) => when.clone(),
        }
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::Known(_) => None,
            Self::None(reason) => Some(reason),
        }
    }
}

/// Whether a comparison holds for an ordering.
#[must_use]
pub fn holds(how: Comparison, ordering: Ordering) -> bool {
    match how {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::AtMost => ordering.is_le(),
        Comparison::More => ordering.is_gt(),
        Comparison::AtLeast => ordering.is_ge(),
    }
}
