//! Numbers and truths as exact functions of one input, so that the evaluator's own walk draws the curve.
//!
//! A [`Curve`] is a piecewise quotient of polynomials with its knots; a [`Told`] is true and false by stretches. They are
//! lanes of the evaluator, one for every real figure of the input: what the evaluator says of a plan is said by the same
//! code for all of them at once. Rounding is not followed step by step where it would make thousands of them; the curve
//! then runs on unrounded, and its `slack` says by how much it may be off. What is not followed at all is said to be
//! unknown, and nothing is ever concluded from it.

mod fraction;
mod number;
mod pieces;
mod told;

use std::rc::Rc;

use trueup_base::exact::Exact;
use trueup_engine::{Answer, NoAnswer};

pub(crate) use fraction::Fraction;
use pieces::{Builder, Run, Walk, together};
pub(crate) use pieces::{Course, Pieces};
pub(crate) use told::{Told, Tri};

use crate::analytic::poly::{End, Root};

/// The most knots that are followed.
const KNOTS_MAX: usize = 600;

/// What a curve says of one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Spot {
    /// A figure.
    Known(Exact),
    /// None, and why.
    None(NoAnswer),
    /// Not followed.
    Unknown,
}

/// What a curve says of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// A function of the input.
    Of(Fraction),
    /// No answer, and why.
    None(NoAnswer),
    /// Not followed.
    Unknown,
}

impl Run for Piece {
    type Spot = Spot;

    fn at(&self, x: &Exact) -> Spot {
        match self {
            Self::Of(fraction) => fraction.at(x).map_or(Spot::Unknown, Spot::Known),
            Self::None(reason) => Spot::None(reason.clone()),
            Self::Unknown => Spot::Unknown,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

impl From<&Spot> for Piece {
    fn from(spot: &Spot) -> Self {
        match spot {
            Spot::Known(figure) => Self::Of(Fraction::constant(figure.clone())),
            Spot::None(reason) => Self::None(reason.clone()),
            Spot::Unknown => Self::Unknown,
        }
    }
}

/// A number that depends on one input.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    pub(crate) shape: Shape,
    /// By how much it may be off, where roundings were not followed.
    pub(crate) slack: Exact,
}

/// The same everywhere, or in pieces.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// The same everywhere.
    Flat(Spot),
    /// In pieces.
    Pieces(Rc<Pieces<Piece>>),
}

impl Curve {
    /// The input itself.
    pub(crate) fn input(course: Course) -> Self {
        let run = Piece::Of(Fraction::variable());
        Self::exact(Shape::Pieces(Rc::new(Pieces::throughout(
            Rc::new(course),
            run,
        ))))
    }

    /// The same everywhere.
    pub(crate) fn flat(answer: &Answer) -> Self {
        Self::exact(Shape::Flat(match answer {
            Answer::Known(figure) => Spot::Known(figure.clone()),
            Answer::None(reason) => Spot::none(reason.clone()),
        }))
    }

    fn exact(shape: Shape) -> Self {
        Self {
            shape,
            slack: Exact::ZERO,
        }
    }

    /// What it says of one place.
    pub(crate) fn at(&self, x: &Exact) -> Spot {
        match &self.shape {
            Shape::Flat(spot) => spot.clone(),
            Shape::Pieces(pieces) => pieces.at(x).unwrap_or(Spot::Unknown),
        }
    }

    /// What it comes to from the left of a place, what it says there, and what it goes on with to the right.
    pub(crate) fn sides(&self, x: &Exact) -> (Spot, Spot, Spot) {
        match &self.shape {
            Shape::Flat(spot) => (spot.clone(), spot.clone(), spot.clone()),
            Shape::Pieces(pieces) => {
                pieces
                    .sides(x)
                    .unwrap_or((Spot::Unknown, Spot::Unknown, Spot::Unknown))
            }
        }
    }

    /// By how much it is broken at a place, the larger of both sides; none where it is not, or has no answer beside it.
    pub(crate) fn jump(&self, x: &Exact) -> Option<Exact> {
        let (Spot::Known(left), Spot::Known(spot), Spot::Known(right)) = self.sides(x) else {
            return None;
        };
        let net = &right - &left;
        if !net.is_zero() {
            return Some(net);
        }
        let out = &spot - &left;
        (!out.is_zero()).then_some(out)
    }

    /// Whether it grows without end.
    pub(crate) fn grows(&self) -> bool {
        let Some(pieces) = self
            .pieces()
            .filter(|pieces| pieces.course.highest.is_none())
        else {
            return false;
        };
        match pieces.runs.last() {
            Some(Piece::Of(fraction)) => {
                let rises = fraction.slope().is_some_and(|slope| {
                    slope.sign_between(&pieces.knots.last().cloned(), &None) > 0
                });
                fraction.is_unbounded_right() && rises
            }
            Some(Piece::None(_) | Piece::Unknown) | None => false,
        }
    }

    /// Its pieces; none where it is the same everywhere.
    pub(crate) fn pieces(&self) -> Option<&Pieces<Piece>> {
        match &self.shape {
            Shape::Flat(_) => None,
            Shape::Pieces(pieces) => Some(pieces),
        }
    }

    /// Whether it moves with the input.
    pub(crate) fn moves(&self) -> bool {
        matches!(self.shape, Shape::Pieces(_))
    }
}

impl Spot {
    /// No answer. What the evaluator cannot say because the lanes differ is not known, which is another thing.
    pub(crate) fn none(reason: NoAnswer) -> Self {
        match reason.is_between_lanes() {
            true => Self::Unknown,
            false => Self::None(reason),
        }
    }

    /// The figure.
    pub(crate) fn figure(&self) -> Option<&Exact> {
        match self {
            Self::Known(figure) => Some(figure),
            Self::None(_) | Self::Unknown => None,
        }
    }
}

impl Shape {
    /// To be gone along; `flat` is where the one run of what is the same everywhere stands meanwhile.
    fn walk<'a>(&'a self, flat: &'a mut Option<Piece>) -> Walk<'a, Piece> {
        match self {
            Self::Flat(spot) => Walk::Flat(flat.insert(Piece::from(spot)), spot),
            Self::Pieces(pieces) => Walk::Pieces(pieces, 0),
        }
    }
}

/// From pieces, unless there are too many to be followed or they say the same everywhere.
fn shape_of(pieces: Pieces<Piece>) -> Shape {
    if pieces.knots.len() > KNOTS_MAX {
        return Shape::Flat(Spot::Unknown);
    }
    match pieces.is_one() {
        Some(Piece::None(reason)) => Shape::Flat(Spot::None(reason.clone())),
        Some(Piece::Unknown) => Shape::Flat(Spot::Unknown),
        Some(Piece::Of(fraction)) => match fraction.as_constant() {
            Some(figure) => Shape::Flat(Spot::Known(figure)),
            None => Shape::Pieces(Rc::new(pieces)),
        },
        None => Shape::Pieces(Rc::new(pieces)),
    }
}

/// Combines two shapes: what is said at a place, and of a run between two ends, which may come out in several pieces.
fn combined(
    left: &Shape,
    right: &Shape,
    mut at_spot: impl FnMut(&Spot, &Spot) -> Spot,
    mut on_run: impl FnMut(&Piece, &Piece, &End, &End, &mut Builder<Piece>),
) -> Shape {
    let (mut flat, mut flat_right) = (None, None);
    let course = match (left, right) {
        (Shape::Flat(left), Shape::Flat(right)) => return Shape::Flat(at_spot(left, right)),
        (Shape::Pieces(pieces), _) | (_, Shape::Pieces(pieces)) => &pieces.course,
    };
    let (mut left, mut right) = (left.walk(&mut flat), right.walk(&mut flat_right));
    let knots = together(left.knots(), right.knots());
    let mut builder = Builder::new(course, knots.len());
    let mut low = course.lowest.clone();
    for knot in knots.iter() {
        let high = Some(knot.clone());
        if let (Some(left), Some(right)) = (left.run(), right.run()) {
            on_run(left, right, &low, &high, &mut builder);
        }
        if let (Some(left), Some(right)) = (left.pass(knot), right.pass(knot)) {
            builder.knot(knot.clone(), at_spot(&left, &right));
        }
        low = high;
    }
    if let (Some(left), Some(right)) = (left.run(), right.run()) {
        on_run(left, right, &low, &course.highest, &mut builder);
    }
    shape_of(builder.done())
}

/// Cuts a run at roots: `on` is told each part's ends, `at` each root. An irrational root is a sliver of which nothing is
/// said.
fn cut_at<R: Run>(
    roots: Vec<Root>,
    low: &End,
    high: &End,
    builder: &mut Builder<R>,
    mut on: impl FnMut(&End, &End) -> R,
    mut at: impl FnMut(&Exact) -> R::Spot,
    unknown: &R,
) {
    let mut from = low.clone();
    for root in roots {
        match root {
            Root::At(x) => {
                let until = Some(x.clone());
                builder.run(on(&from, &until));
                builder.knot(x.clone(), at(&x));
                from = until;
            }
            Root::Between(a, b) => {
                let until = Some(a.clone());
                if from != until {
                    builder.run(on(&from, &until));
                    builder.knot(a.clone(), at(&a));
                }
                builder.run(unknown.clone());
                from = Some(b.clone());
                if from == *high {
                    return;
                }
                builder.knot(b.clone(), at(&b));
            }
        }
    }
    builder.run(on(&from, high));
}
