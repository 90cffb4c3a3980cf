//! Arithmetic, comparison and choice on curves.

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_base::share::Rest;
use trueup_engine::number::Patch;
use trueup_engine::{Answer, NoAnswer, Number};
use trueup_plan::tree::{Comparison, NoAnswerKind};

use super::told::{Told, Tri};
use super::{Curve, Fraction, Piece, Shape, Spot, combined, cut_at};
use crate::analytic::poly::End;

fn division_by_zero() -> NoAnswer {
    NoAnswer::undefined("a division by zero")
}

/// The reason that shows where one or both have no answer.
fn without<T>(
    left: Option<&NoAnswer>,
    right: Option<&NoAnswer>,
    none: impl FnOnce(NoAnswer) -> T,
) -> Option<T> {
    match (left, right) {
        (Some(left), Some(right)) => Some(none(left.first(right).clone())),
        (Some(reason), None) | (None, Some(reason)) => Some(none(reason.clone())),
        (None, None) => None,
    }
}

impl Spot {
    pub(crate) fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Known(_) | Self::Unknown => None,
        }
    }

    fn with(&self, other: &Self, combine: impl FnOnce(&Exact, &Exact) -> Self) -> Self {
        // What is missing wins over what is undefined, so beside something unknown nothing is said of the reason.
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Known(left), Self::Known(right)) => combine(left, right),
            (Self::None(_) | Self::Known(_), Self::None(_) | Self::Known(_)) => {
                without(self.reason(), other.reason(), Self::None).unwrap_or(Self::Unknown)
            }
        }
    }
}

impl Piece {
    pub(crate) fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::None(reason) => Some(reason),
            Self::Of(_) | Self::Unknown => None,
        }
    }

    fn with(
        &self,
        other: &Self,
        combine: impl FnOnce(&Fraction, &Fraction) -> Option<Fraction>,
    ) -> Self {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Of(left), Self::Of(right)) => {
                combine(left, right).map_or(Self::Unknown, Self::Of)
            }
            (Self::None(_) | Self::Of(_), Self::None(_) | Self::Of(_)) => {
                without(self.reason(), other.reason(), Self::None).unwrap_or(Self::Unknown)
            }
        }
    }
}

impl Curve {
    fn with(
        &self,
        other: &Self,
        slack: Exact,
        at_spot: impl Fn(&Exact, &Exact) -> Exact,
        on_run: impl Fn(&Fraction, &Fraction) -> Option<Fraction>,
    ) -> Self {
        let shape = combined(
            &self.shape,
            &other.shape,
            |left, right| left.with(right, |left, right| Spot::Known(at_spot(left, right))),
            |left, right, _, _, to| to.run(left.with(right, &on_run)),
        );
        Self { shape, slack }
    }

    /// By how much a product may be off: exactly where one factor is the same everywhere, else roughly.
    fn slack_of_product(&self, other: &Self) -> Exact {
        let of = |slack: &Exact, by: &Self| match &by.shape {
            _ if slack.is_zero() => Exact::ZERO,
            Shape::Flat(Spot::Known(figure)) => slack * &figure.abs(),
            Shape::Flat(_) | Shape::Pieces(_) => slack.clone(),
        };
        &of(&self.slack, other) + &of(&other.slack, self)
    }

    /// A quotient of which both parts move, held where its course says; a part of a whole is not held, since it grows with
    /// what is added to it.
    fn held(&self, other: &Self) -> Option<Self> {
        let held_at = other.pieces()?.course.held_at.clone()?;
        if !other.minus(self).moves() {
            return None;
        }
        Some(Self {
            shape: Shape::Flat(match (self.at(&held_at), other.at(&held_at)) {
                (Spot::Known(above), Spot::Known(below)) => match above.checked_div(&below) {
                    Some(quotient) => Spot::Known(quotient),
                    None => Spot::None(division_by_zero()),
                },
                (above, below) => above.with(&below, |_, _| Spot::Unknown),
            }),
            slack: self.slack.clone(),
        })
    }
}

impl Number for Curve {
    type Truth = Told;

    fn known(figure: Exact) -> Self {
        Self::exact(Shape::Flat(Spot::Known(figure)))
    }

    fn none(reason: NoAnswer) -> Self {
        Self::exact(Shape::Flat(Spot::none(reason)))
    }

    fn plus(&self, other: &Self) -> Self {
        let slack = &self.slack + &other.slack;
        // Sums begin with nothing.
        for (nothing, sum) in [(self, other), (other, self)] {
            if nothing.figure().is_some_and(Exact::is_zero) {
                let shape = sum.shape.clone();
                return Self { shape, slack };
            }
        }
        self.with(other, slack, |a, b| a + b, Fraction::plus)
    }

    fn minus(&self, other: &Self) -> Self {
        let slack = &self.slack + &other.slack;
        self.with(other, slack, |a, b| a - b, Fraction::minus)
    }

    fn times(&self, other: &Self) -> Self {
        let slack = self.slack_of_product(other);
        self.with(other, slack, |a, b| a * b, Fraction::times)
    }

    fn over(&self, other: &Self) -> Self {
        if let Some(held) = self.held(other) {
            return held;
        }
        let slack = match other.figure().and_then(|by| Exact::ONE.checked_div(by)) {
            Some(by) => &self.slack * &by.abs(),
            None => &self.slack + &other.slack,
        };
        let quotient = |above: &Spot, below: &Spot| {
            above.with(below, |above, below| match above.checked_div(below) {
                Some(quotient) => Spot::Known(quotient),
                None => Spot::None(division_by_zero()),
            })
        };
        let shape = combined(
            &self.shape,
            &other.shape,
            quotient,
            |above, below, low, high, to| match (above, below) {
                (Piece::Of(_), Piece::Of(divisor)) if divisor.is_zero() => {
                    to.run(Piece::None(division_by_zero()));
                }
                (Piece::Of(dividend), Piece::Of(divisor)) => {
                    let quotient = dividend.over(divisor).map_or(Piece::Unknown, Piece::Of);
                    cut_at(
                        divisor.roots(low, high),
                        low,
                        high,
                        to,
                        |_, _| quotient.clone(),
                        |x| match (dividend.at(x), divisor.at(x)) {
                            (Some(above), Some(below)) => match above.checked_div(&below) {
                                Some(quotient) => Spot::Known(quotient),
                                None => Spot::None(division_by_zero()),
                            },
                            (_, _) => Spot::Unknown,
                        },
                        &Piece::Unknown,
                    );
                }
                (above, below) => to.run(above.with(below, |_, _| None)),
            },
        );
        Self { shape, slack }
    }

    fn abs(&self) -> Self {
        let zero = Self::known(Exact::ZERO);
        Self::select(
            &self.compared(Comparison::Less, &zero),
            &zero.minus(self),
            self,
        )
    }

    fn rounded(&self, step: &Self, mode: Rounding) -> Self {
        let Some(to) = step.figure().cloned() else {
            return match step.reason() {
                Some(reason) => Self::none(reason.clone()),
                None => Self::exact(Shape::Flat(Spot::Unknown)),
            };
        };
        let round = |figure: &Exact| figure.round_to(&to, mode);
        let Some(pieces) = self.pieces() else {
            return match &self.shape {
                Shape::Flat(Spot::Known(figure)) => match round(figure) {
                    Some(rounded) => Self {
                        shape: Shape::Flat(Spot::Known(rounded)),
                        slack: self.slack.clone(),
                    },
                    None => {
                        Self::flat(&Answer::known(figure.clone()).rounded(&Answer::known(to), mode))
                    }
                },
                Shape::Flat(_) | Shape::Pieces(_) => self.clone(),
            };
        };
        if !to.is_positive() {
            return Self::none(NoAnswer::undefined(
                "a rounding to a step that is not above zero",
            ));
        }
        let is_stepped = pieces.runs.iter().all(|run| match run {
            Piece::Of(fraction) => fraction.as_constant().is_some(),
            Piece::None(_) | Piece::Unknown => true,
        });
        if !is_stepped {
            // Thousands of steps are not followed; the curve runs on between them.
            return Self {
                shape: self.shape.clone(),
                slack: &self.slack + &to,
            };
        }
        let rounded = |spot: &Spot| match spot {
            Spot::Known(figure) => round(figure).map_or(Spot::Unknown, Spot::Known),
            Spot::None(_) | Spot::Unknown => spot.clone(),
        };
        let shape = combined(
            &self.shape,
            &Shape::Flat(Spot::Known(Exact::ZERO)),
            |spot, _| rounded(spot),
            |run, _, _, _, to| {
                to.run(match run {
                    Piece::Of(fraction) => fraction
                        .as_constant()
                        .and_then(|figure| round(&figure))
                        .map_or(Piece::Unknown, |figure| {
                            Piece::Of(Fraction::constant(figure))
                        }),
                    Piece::None(_) | Piece::Unknown => run.clone(),
                });
            },
        );
        Self {
            shape,
            slack: self.slack.clone(),
        }
    }

    fn compared(&self, how: Comparison, other: &Self) -> Told {
        Told::compared(&self.shape, how, &other.shape)
    }

    fn select(when: &Told, then: &Self, otherwise: &Self) -> Self {
        let slack = (&then.slack).max(&otherwise.slack).clone();
        let shape = when.choose(
            &then.shape,
            &otherwise.shape,
            |tri, then, otherwise| match tri {
                Tri::Known(true) => then.clone(),
                Tri::Known(false) => otherwise.clone(),
                Tri::None(reason) => Spot::None(reason.clone()),
                Tri::Unknown => match then == otherwise {
                    true => then.clone(),
                    false => Spot::Unknown,
                },
            },
            |tri, then, otherwise| match tri {
                Tri::Known(true) => then.clone(),
                Tri::Known(false) => otherwise.clone(),
                Tri::None(reason) => Piece::None(reason.clone()),
                Tri::Unknown => match then == otherwise {
                    true => then.clone(),
                    false => Piece::Unknown,
                },
            },
        );
        Self { shape, slack }
    }

    fn or(&self, patch: Patch, fallback: &Self) -> Self {
        let shape = combined(
            &self.shape,
            &fallback.shape,
            |spot, fallback| match spot {
                Spot::None(reason) if patch.covers(reason) => fallback.clone(),
                Spot::None(_) | Spot::Known(_) | Spot::Unknown => spot.clone(),
            },
            |run, fallback, _, _, to| {
                to.run(match run {
                    Piece::None(reason) if patch.covers(reason) => fallback.clone(),
                    Piece::None(_) | Piece::Of(_) | Piece::Unknown => run.clone(),
                });
            },
        );
        let slack = (&self.slack).max(&fallback.slack).clone();
        Self { shape, slack }
    }

    fn is(&self, kind: NoAnswerKind) -> Told {
        Told::of(
            &self.shape,
            |spot| match spot {
                Spot::None(reason) => Tri::Known(reason.kind == kind),
                Spot::Known(_) => Tri::Known(false),
                Spot::Unknown => Tri::Unknown,
            },
            |run| match run {
                Piece::None(reason) => Tri::Known(reason.kind == kind),
                Piece::Of(_) => Tri::Known(false),
                Piece::Unknown => Tri::Unknown,
            },
        )
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match &self.shape {
            Shape::Flat(spot) => spot.reason(),
            Shape::Pieces(_) => None,
        }
    }

    fn figure(&self) -> Option<&Exact> {
        match &self.shape {
            Shape::Flat(spot) => spot.figure(),
            Shape::Pieces(_) => None,
        }
    }

    fn shared(
        total: &Self,
        weights: &[Self],
        step: &Self,
        rest: Rest,
    ) -> Result<Vec<Self>, NoAnswer> {
        let figures = |numbers: &[&Self]| -> Option<Vec<Answer>> {
            let known = |number: &&Self| number.figure().cloned().map(Answer::known);
            numbers.iter().map(known).collect()
        };
        let weighed: Vec<&Self> = weights.iter().collect();
        if let (Some(weights), Some(ends)) = (figures(&weighed), figures(&[total, step]))
            && let [total, step] = ends.as_slice()
        {
            let parts = Answer::shared(total, &weights, step, rest)?;
            return Ok(parts.iter().map(Self::flat).collect());
        }
        // In whole units the parts jump from unit to unit; the curve runs between, one unit of slack at most.
        let zero = Self::known(Exact::ZERO);
        let mut all = zero.clone();
        for weight in weights {
            let is_below = weight.compared(Comparison::Less, &zero);
            let below = Self::none(NoAnswer::undefined("a weight is below zero"));
            all = all.plus(&Self::select(&is_below, &below, weight));
        }
        let slack = step.figure().cloned().unwrap_or(Exact::ZERO);
        let part = |weight: &Self| {
            let mut part = total.times(weight).over(&all);
            part.slack = &part.slack + &slack;
            part
        };
        Ok(weights.iter().map(part).collect())
    }
}

/// The sign of a difference between two ends decides a comparison.
pub(super) fn holds(how: Comparison, sign: i32) -> bool {
    trueup_engine::number::holds(how, sign.cmp(&0))
}

/// Whether two runs compare, cut where their difference is zero.
pub(super) fn compare_runs(
    how: Comparison,
    (left, right): (&Piece, &Piece),
    low: &End,
    high: &End,
    to: &mut super::Builder<Tri>,
) {
    match (left, right) {
        (Piece::Of(left), Piece::Of(right)) => match left.minus(right) {
            Some(difference) if difference.is_zero() => to.run(Tri::Known(holds(how, 0))),
            Some(difference) => cut_at(
                difference.roots(low, high),
                low,
                high,
                to,
                |low, high| Tri::Known(holds(how, difference.sign_between(low, high))),
                |x| match difference.at(x) {
                    Some(value) => Tri::Known(holds(how, value.signum())),
                    None => Tri::Unknown,
                },
                &Tri::Unknown,
            ),
            None => to.run(Tri::Unknown),
        },
        (Piece::Unknown, _) | (_, Piece::Unknown) => to.run(Tri::Unknown),
        (Piece::None(_) | Piece::Of(_), Piece::None(_) | Piece::Of(_)) => {
            to.run(without(left.reason(), right.reason(), Tri::None).unwrap_or(Tri::Unknown));
        }
    }
}

/// Whether two places compare.
pub(super) fn compare_spots(how: Comparison, left: &Spot, right: &Spot) -> Tri {
    match (left, right) {
        (Spot::Known(left), Spot::Known(right)) => {
            Tri::Known(trueup_engine::number::holds(how, left.cmp(right)))
        }
        (Spot::Unknown, _) | (_, Spot::Unknown) => Tri::Unknown,
        (Spot::None(_) | Spot::Known(_), Spot::None(_) | Spot::Known(_)) => {
            without(left.reason(), right.reason(), Tri::None).unwrap_or(Tri::Unknown)
        }
    }
}
