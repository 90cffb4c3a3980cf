//! Numbers of which only the bounds are known, and truths that may go either way: lanes in which the evaluator works out
//! the bounds of every value at once.
//!
//! A bound is never too narrow; it may be too wide, since a name that stands twice in a formula is taken for two.

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_base::share::Rest;
use trueup_engine::number::Patch;
use trueup_engine::{NoAnswer, Number, Truth};
use trueup_plan::tree::{Comparison, NoAnswerKind};

use crate::analytic::poly::End;

/// Which kinds of no answer are possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NoAnswers {
    pub missing: bool,
    pub undefined: bool,
}

impl NoAnswers {
    const NEITHER: Self = Self {
        missing: false,
        undefined: false,
    };

    fn of(kind: NoAnswerKind) -> Self {
        Self {
            missing: kind == NoAnswerKind::Missing,
            undefined: kind == NoAnswerKind::Undefined,
        }
    }

    fn or(self, other: Self) -> Self {
        Self {
            missing: self.missing || other.missing,
            undefined: self.undefined || other.undefined,
        }
    }

    fn has(self, kind: NoAnswerKind) -> bool {
        match kind {
            NoAnswerKind::Missing => self.missing,
            NoAnswerKind::Undefined => self.undefined,
        }
    }

    fn any(self) -> bool {
        self.missing || self.undefined
    }

    /// What a fallback leaves.
    fn left_by(self, patch: Patch) -> Self {
        match patch {
            Patch::Undefined => Self {
                undefined: false,
                ..self
            },
            Patch::Both => Self::NEITHER,
        }
    }

    fn met_by(self, patch: Patch) -> bool {
        match patch {
            Patch::Undefined => self.undefined,
            Patch::Both => self.any(),
        }
    }
}

/// From one end to another; without an end it goes on for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub low: End,
    pub high: End,
}

/// A number of which the bounds are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The figures it may be; none where it surely has no answer.
    pub ends: Option<Ends>,
    /// The kinds of no answer it may have.
    pub none: NoAnswers,
    /// Why, where it surely has none.
    why: Option<NoAnswer>,
}

impl Range {
    /// Any figure between two ends, both included.
    pub(crate) fn between(low: End, high: End) -> Self {
        Self {
            ends: Some(Ends { low, high }),
            none: NoAnswers::NEITHER,
            why: None,
        }
    }

    /// The same, or missing.
    pub(crate) fn or_missing(self) -> Self {
        Self {
            none: self.none.or(NoAnswers::of(NoAnswerKind::Missing)),
            ..self
        }
    }

    /// Anything at all.
    pub(crate) fn anything() -> Self {
        Self {
            none: NoAnswers {
                missing: true,
                undefined: true,
            },
            ..Self::between(None, None)
        }
    }

    /// The figure it is never above.
    pub(crate) fn high(&self) -> Option<&Exact> {
        self.ends.as_ref()?.high.as_ref()
    }

    /// Whether it may grow without end.
    pub(crate) fn is_unbounded_above(&self) -> bool {
        self.ends.as_ref().is_some_and(|ends| ends.high.is_none())
    }

    /// Not below another.
    pub(crate) fn at_least(&self, least: &Self) -> Self {
        self.or_other(Comparison::More, least)
    }

    /// Not above another.
    pub(crate) fn at_most(&self, most: &Self) -> Self {
        self.or_other(Comparison::Less, most)
    }

    /// What it may be inside other ends.
    pub(crate) fn inside(&self, by: &Ends) -> Self {
        let ends = self.ends.as_ref().map(|own| Ends {
            low: match (&own.low, &by.low) {
                (Some(a), Some(b)) => Some(a.max(b).clone()),
                (Some(only), None) | (None, Some(only)) => Some(only.clone()),
                (None, None) => None,
            },
            high: match (&own.high, &by.high) {
                (Some(a), Some(b)) => Some(a.min(b).clone()),
                (Some(only), None) | (None, Some(only)) => Some(only.clone()),
                (None, None) => None,
            },
        });
        Self {
            ends,
            ..self.clone()
        }
    }

    /// The figures it may be, where it has an answer.
    pub(crate) fn answered(&self) -> Self {
        Self {
            none: NoAnswers::NEITHER,
            ends: Some(self.ends.clone().unwrap_or(Ends {
                low: Some(Exact::ZERO),
                high: Some(Exact::ZERO),
            })),
            why: None,
        }
    }

    /// The same, or nothing at all.
    pub(crate) fn or_nothing(&self) -> Self {
        self.joined(&Self::known(Exact::ZERO))
    }

    /// What it may be together with what another may be.
    pub(crate) fn or_else(&self, other: &Self) -> Self {
        self.joined(other)
    }

    fn or_undefined(self) -> Self {
        Self {
            none: self.none.or(NoAnswers::of(NoAnswerKind::Undefined)),
            ..self
        }
    }

    fn joined(&self, other: &Self) -> Self {
        let ends = match (&self.ends, &other.ends) {
            (Some(a), Some(b)) => Some(hull(a, b)),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        };
        Self {
            why: self.why.clone().filter(|_| ends.is_none()),
            ends,
            none: self.none.or(other.none),
        }
    }

    fn with(&self, other: &Self, combine: impl FnOnce(&Ends, &Ends) -> Ends) -> Self {
        let ends = match (&self.ends, &other.ends) {
            (Some(a), Some(b)) => Some(combine(a, b)),
            (_, None) | (None, _) => None,
        };
        let why = match (&self.why, &other.why) {
            (Some(a), Some(b)) => Some(a.first(b).clone()),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        };
        Self {
            ends,
            none: self.none.or(other.none),
            why,
        }
    }
}

fn least(a: &End, b: &End) -> End {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b).clone()),
        (None, _) | (_, None) => None,
    }
}

fn most(a: &End, b: &End) -> End {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b).clone()),
        (None, _) | (_, None) => None,
    }
}

fn hull(a: &Ends, b: &Ends) -> Ends {
    Ends {
        low: least(&a.low, &b.low),
        high: most(&a.high, &b.high),
    }
}

fn sum(a: &End, b: &End) -> End {
    Some(a.as_ref()? + b.as_ref()?)
}

fn negated(ends: &Ends) -> Ends {
    let turned = |end: &End| end.as_ref().map(|figure| -figure);
    Ends {
        low: turned(&ends.high),
        high: turned(&ends.low),
    }
}

/// A figure, or an end that goes on: below or above all figures.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Below,
    Figure(Exact),
    Above,
}

impl Reach {
    fn low(end: &End) -> Self {
        end.clone().map_or(Self::Below, Self::Figure)
    }

    fn high(end: &End) -> Self {
        end.clone().map_or(Self::Above, Self::Figure)
    }

    fn end(self) -> End {
        match self {
            Self::Figure(figure) => Some(figure),
            Self::Below | Self::Above => None,
        }
    }

    fn sign(&self) -> i32 {
        match self {
            Self::Below => -1,
            Self::Figure(figure) => figure.signum(),
            Self::Above => 1,
        }
    }

    /// The product; nothing times no end is nothing, since every figure short of the end gives nothing.
    fn times(&self, other: &Self) -> Self {
        if let (Self::Figure(a), Self::Figure(b)) = (self, other) {
            return Self::Figure(a * b);
        }
        match self.sign() * other.sign() {
            0 => Self::Figure(Exact::ZERO),
            sign if sign > 0 => Self::Above,
            _ => Self::Below,
        }
    }
}

fn product(a: &Ends, b: &Ends) -> Ends {
    let corners: Vec<Reach> = [Reach::low(&a.low), Reach::high(&a.high)]
        .iter()
        .flat_map(|x| [Reach::low(&b.low), Reach::high(&b.high)].map(|y| x.times(&y)))
        .collect();
    let low = corners.iter().min().cloned().unwrap_or(Reach::Below);
    let high = corners.iter().max().cloned().unwrap_or(Reach::Above);
    Ends {
        low: low.end(),
        high: high.end(),
    }
}

/// One over something; and whether that may be nothing.
fn turned_over(ends: &Ends) -> (Option<Ends>, bool) {
    let one_over = |figure: &Exact| Exact::ONE.checked_div(figure);
    let zero = Exact::ZERO;
    let low_is_positive = ends.low.as_ref().is_some_and(Exact::is_positive);
    let high_is_negative = ends.high.as_ref().is_some_and(Exact::is_negative);
    if low_is_positive || high_is_negative {
        let low = ends.high.as_ref().map_or(Some(zero.clone()), one_over);
        let high = ends.low.as_ref().map_or(Some(zero), one_over);
        return (Some(Ends { low, high }), false);
    }
    let low_is_zero = ends.low.as_ref().is_some_and(Exact::is_zero);
    let high_is_zero = ends.high.as_ref().is_some_and(Exact::is_zero);
    match (low_is_zero, high_is_zero) {
        (true, true) => (None, true),
        (true, false) => {
            let low = ends.high.as_ref().map_or(Some(zero), one_over);
            (Some(Ends { low, high: None }), true)
        }
        (false, true) => {
            let high = ends.low.as_ref().map_or(Some(zero), one_over);
            (Some(Ends { low: None, high }), true)
        }
        (false, false) => (
            Some(Ends {
                low: None,
                high: None,
            }),
            true,
        ),
    }
}

impl Number for Range {
    type Truth = May;

    fn known(figure: Exact) -> Self {
        Self::between(Some(figure.clone()), Some(figure))
    }

    fn none(reason: NoAnswer) -> Self {
        if reason.is_between_lanes() {
            return Self::anything();
        }
        Self {
            ends: None,
            none: NoAnswers::of(reason.kind),
            why: Some(reason),
        }
    }

    fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| Ends {
            low: sum(&a.low, &b.low),
            high: sum(&a.high, &b.high),
        })
    }

    fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| {
            let b = negated(b);
            Ends {
                low: sum(&a.low, &b.low),
                high: sum(&a.high, &b.high),
            }
        })
    }

    fn times(&self, other: &Self) -> Self {
        self.with(other, product)
    }

    fn over(&self, other: &Self) -> Self {
        let Some(divisor) = &other.ends else {
            return self.with(other, product);
        };
        let (turned, may_be_zero) = turned_over(divisor);
        let turned = match turned {
            Some(ends) => Self {
                ends: Some(ends),
                ..other.clone()
            },
            None => Self {
                none: other.none,
                ..Self::none(NoAnswer::undefined("a division by zero"))
            },
        };
        let quotient = self.with(&turned, product);
        match may_be_zero {
            true => quotient.or_undefined(),
            false => quotient,
        }
    }

    fn abs(&self) -> Self {
        let ends = self.ends.as_ref().map(|ends| {
            let turned = negated(ends);
            if ends.low.as_ref().is_some_and(|low| !low.is_negative()) {
                ends.clone()
            } else if ends.high.as_ref().is_some_and(|high| !high.is_positive()) {
                turned
            } else {
                Ends {
                    low: Some(Exact::ZERO),
                    high: most(&ends.high, &turned.high),
                }
            }
        });
        Self {
            ends,
            ..self.clone()
        }
    }

    fn rounded(&self, step: &Self, mode: Rounding) -> Self {
        let Some(to) = step.figure() else {
            // A step that is not one figure: anything near, or nothing that is known.
            return Self::anything();
        };
        if !to.is_positive() {
            return Self::none(NoAnswer::undefined(
                "a rounding to a step that is not above zero",
            ));
        }
        let round = |end: &End| end.as_ref().and_then(|figure| figure.round_to(to, mode));
        let ends = self.ends.as_ref().map(|ends| Ends {
            low: round(&ends.low),
            high: round(&ends.high),
        });
        Self {
            ends,
            ..self.clone()
        }
    }

    fn compared(&self, how: Comparison, other: &Self) -> May {
        let none = self.none.or(other.none);
        let (Some(a), Some(b)) = (&self.ends, &other.ends) else {
            let why = self.with(other, product).why;
            return May {
                hold: false,
                fail: false,
                none,
                why,
            };
        };
        let (a_low, a_high) = (Reach::low(&a.low), Reach::high(&a.high));
        let (b_low, b_high) = (Reach::low(&b.low), Reach::high(&b.high));
        let may_be_less = a_low < b_high;
        let may_be_more = a_high > b_low;
        let may_be_equal = a_low <= b_high && b_low <= a_high;
        let holds = |how| match how {
            Comparison::Equal => may_be_equal,
            Comparison::NotEqual => may_be_less || may_be_more,
            Comparison::Less => may_be_less,
            Comparison::AtMost => may_be_less || may_be_equal,
            Comparison::More => may_be_more,
            Comparison::AtLeast => may_be_more || may_be_equal,
        };
        let opposite = match how {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::AtLeast,
            Comparison::AtMost => Comparison::More,
            Comparison::More => Comparison::AtMost,
            Comparison::AtLeast => Comparison::Less,
        };
        May {
            hold: holds(how),
            fail: holds(opposite),
            none,
            why: None,
        }
    }

    fn select(when: &May, then: &Self, otherwise: &Self) -> Self {
        let mut chosen: Option<Self> = None;
        for (may, side) in [(when.hold, then), (when.fail, otherwise)] {
            if may {
                chosen = Some(match chosen {
                    Some(so_far) => so_far.joined(side),
                    None => side.clone(),
                });
            }
        }
        match chosen {
            Some(chosen) => Self {
                none: chosen.none.or(when.none),
                ..chosen
            },
            None => match &when.why {
                Some(reason) => Self::none(reason.clone()),
                None => Self {
                    ends: None,
                    none: when.none,
                    why: None,
                },
            },
        }
    }

    fn or_other(&self, how: Comparison, other: &Self) -> Self {
        let lesser = |a: &End, b: &End| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b).clone()),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        };
        let larger = |a: &End, b: &End| match (a, b) {
            (Some(a), Some(b)) => Some(a.max(b).clone()),
            (Some(only), None) | (None, Some(only)) => Some(only.clone()),
            (None, None) => None,
        };
        match how {
            Comparison::Less | Comparison::AtMost => self.with(other, |a, b| Ends {
                low: least(&a.low, &b.low),
                high: lesser(&a.high, &b.high),
            }),
            Comparison::More | Comparison::AtLeast => self.with(other, |a, b| Ends {
                low: larger(&a.low, &b.low),
                high: most(&a.high, &b.high),
            }),
            Comparison::Equal | Comparison::NotEqual => {
                Self::select(&other.compared(how, self), other, self)
            }
        }
    }

    fn or(&self, patch: Patch, fallback: &Self) -> Self {
        if !self.none.met_by(patch) {
            return self.clone();
        }
        let left = Self {
            none: self.none.left_by(patch),
            why: None,
            ..self.clone()
        };
        left.joined(fallback)
    }

    fn is(&self, kind: NoAnswerKind) -> May {
        let other_none = match kind {
            NoAnswerKind::Missing => self.none.undefined,
            NoAnswerKind::Undefined => self.none.missing,
        };
        May {
            hold: self.none.has(kind),
            fail: self.ends.is_some() || other_none,
            none: NoAnswers::NEITHER,
            why: None,
        }
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match self.ends {
            Some(_) => None,
            None => self.why.as_ref(),
        }
    }

    fn figure(&self) -> Option<&Exact> {
        match &self.ends {
            Some(Ends {
                low: Some(low),
                high: Some(high),
            }) if low == high && !self.none.any() => Some(low),
            Some(_) | None => None,
        }
    }

    fn shared(
        total: &Self,
        weights: &[Self],
        step: &Self,
        _rest: Rest,
    ) -> Result<Vec<Self>, NoAnswer> {
        // Whoever shares gets something between nothing and all of it, give or take a step.
        let share = Self::between(Some(Exact::ZERO), Some(Exact::ONE));
        let step = match step.figure() {
            Some(step) => Self::between(Some(-step), Some(step.clone())),
            None => Self::anything(),
        };
        let part = total.times(&share).plus(&step).or_undefined();
        let none = weights
            .iter()
            .fold(part.none, |none, weight| none.or(weight.none));
        Ok(vec![Self { none, ..part }; weights.len()])
    }
}

/// A truth that may go either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct May {
    /// It may hold.
    pub hold: bool,
    /// It may not hold.
    pub fail: bool,
    /// The kinds of no answer it may have.
    pub none: NoAnswers,
    why: Option<NoAnswer>,
}

impl Truth for May {
    fn known(holds: bool) -> Self {
        Self {
            hold: holds,
            fail: !holds,
            none: NoAnswers::NEITHER,
            why: None,
        }
    }

    fn none(reason: NoAnswer) -> Self {
        if reason.is_between_lanes() {
            return Self {
                hold: true,
                fail: true,
                none: NoAnswers {
                    missing: true,
                    undefined: true,
                },
                why: None,
            };
        }
        Self {
            hold: false,
            fail: false,
            none: NoAnswers::of(reason.kind),
            why: Some(reason),
        }
    }

    fn and(&self, other: &Self) -> Self {
        // No answer only where neither is false: each that may have none beside one that may hold or have none.
        let none = |a: &Self, b: &Self| match b.hold || b.none.any() {
            true => a.none,
            false => NoAnswers::NEITHER,
        };
        let hold = self.hold && other.hold;
        let fail = self.fail || other.fail;
        Self {
            hold,
            fail,
            none: none(self, other).or(none(other, self)),
            why: self
                .why
                .clone()
                .or_else(|| other.why.clone())
                .filter(|_| !hold && !fail),
        }
    }

    fn or_else(&self, other: &Self) -> Self {
        self.not().and(&other.not()).not()
    }

    fn not(&self) -> Self {
        Self {
            hold: self.fail,
            fail: self.hold,
            ..self.clone()
        }
    }

    fn all(&self) -> Option<bool> {
        match (self.hold, self.fail, self.none.any()) {
            (true, false, false) => Some(true),
            (false, true, false) => Some(false),
            (_, _, _) => None,
        }
    }

    fn patched(&self, patch: Patch, fallback: &Self) -> Self {
        if !self.none.met_by(patch) {
            return self.clone();
        }
        Self {
            hold: self.hold || fallback.hold,
            fail: self.fail || fallback.fail,
            none: self.none.left_by(patch).or(fallback.none),
            why: None,
        }
    }

    fn is(&self, kind: NoAnswerKind) -> Self {
        let other_none = match kind {
            NoAnswerKind::Missing => self.none.undefined,
            NoAnswerKind::Undefined => self.none.missing,
        };
        Self {
            hold: self.none.has(kind),
            fail: self.hold || self.fail || other_none,
            none: NoAnswers::NEITHER,
            why: None,
        }
    }

    fn select(when: &Self, then: &Self, otherwise: &Self) -> Self {
        let side = |may: bool, side: &Self| match may {
            true => (side.hold, side.fail, side.none),
            false => (false, false, NoAnswers::NEITHER),
        };
        let (then_hold, then_fail, then_none) = side(when.hold, then);
        let (other_hold, other_fail, other_none) = side(when.fail, otherwise);
        Self {
            hold: then_hold || other_hold,
            fail: then_fail || other_fail,
            none: when.none.or(then_none).or(other_none),
            why: when.why.clone(),
        }
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match self.hold || self.fail {
            true => None,
            false => self.why.as_ref(),
        }
    }
}
