//! Truths along a course: true, false, without an answer or unknown, by stretches.

use std::rc::Rc;

use trueup_base::exact::Exact;
use trueup_engine::number::Patch;
use trueup_engine::{NoAnswer, Truth};
use trueup_plan::tree::{Comparison, NoAnswerKind};

use super::number::{compare_runs, compare_spots};
use super::pieces::{Builder, Course, Pieces, Run, Walk, together};
use super::{Piece, Shape, Spot, shape_of};
use crate::analytic::poly::End;

/// True, false, no answer, or not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tri {
    Known(bool),
    None(NoAnswer),
    Unknown,
}

impl Run for Tri {
    type Spot = Self;

    fn at(&self, _x: &Exact) -> Self {
        self.clone()
    }

    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

impl Tri {
    fn not(&self) -> Self {
        match self {
            Self::Known(holds) => Self::Known(!holds),
            Self::None(_) | Self::Unknown => self.clone(),
        }
    }

    /// Both; false decides over everything.
    fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Known(false), _) | (_, Self::Known(false)) => Self::Known(false),
            (Self::Known(true), known) | (known, Self::Known(true)) => known.clone(),
            (Self::None(left), Self::None(right)) => Self::None(left.first(right).clone()),
            (Self::Unknown, Self::None(_) | Self::Unknown) | (Self::None(_), Self::Unknown) => {
                Self::Unknown
            }
        }
    }
}

/// A truth that depends on one input.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// The same everywhere.
    Flat(Tri),
    /// By stretches.
    Pieces(Rc<Pieces<Tri>>),
}

impl Told {
    /// What it says of one place.
    pub(crate) fn at(&self, x: &Exact) -> Tri {
        match self {
            Self::Flat(tri) => tri.clone(),
            Self::Pieces(pieces) => pieces.at(x).unwrap_or(Tri::Unknown),
        }
    }

    /// What it says to the left of a place, there, and to the right.
    pub(crate) fn sides(&self, x: &Exact) -> Option<(Tri, Tri, Tri)> {
        match self {
            Self::Flat(_) => None,
            Self::Pieces(pieces) => pieces.sides(x),
        }
    }

    /// Whether it holds anywhere, as far as is known.
    pub(crate) fn may_hold(&self) -> bool {
        let may = |tri: &Tri| matches!(tri, Tri::Known(true) | Tri::Unknown);
        match self {
            Self::Flat(tri) => may(tri),
            Self::Pieces(pieces) => pieces.runs.iter().any(may) || pieces.spots.iter().any(may),
        }
    }

    /// Its pieces; none where it is the same everywhere.
    pub(crate) fn pieces(&self) -> Option<&Pieces<Tri>> {
        match self {
            Self::Flat(_) => None,
            Self::Pieces(pieces) => Some(pieces),
        }
    }

    /// The first stretch in which it holds; none where it holds nowhere.
    pub(crate) fn first_stretch(&self, whole: &Course) -> Option<(End, End)> {
        let pieces = match self {
            Self::Flat(Tri::Known(true)) => {
                return Some((whole.lowest.clone(), whole.highest.clone()));
            }
            Self::Flat(_) => return None,
            Self::Pieces(pieces) => pieces,
        };
        let holds = Tri::Known(true);
        let mut found: Option<(End, End)> = None;
        for (run, nth) in pieces.runs.iter().zip(0usize..) {
            let (low, high) = pieces.ends(nth);
            match (&mut found, *run == holds) {
                (None, true) => found = Some((low, high)),
                (Some((_, until)), true) => *until = high,
                (Some(_), false) => break,
                (None, false) => {}
            }
            let spot_holds = pieces.spots.get(nth) == Some(&holds);
            let knot = pieces.knots.get(nth).cloned();
            match (&found, spot_holds) {
                (Some(_), false) => break,
                // A single place in which it holds begins a stretch.
                (None, true) => found = Some((knot.clone(), knot)),
                (Some(_), true) | (None, false) => {}
            }
        }
        found
    }

    fn from_pieces(pieces: Pieces<Tri>) -> Self {
        match pieces.is_one() {
            Some(only) => Self::Flat(only.clone()),
            None => Self::Pieces(Rc::new(pieces)),
        }
    }

    /// What is said of a number, place by place and run by run.
    pub(super) fn of(
        shape: &Shape,
        at_spot: impl Fn(&Spot) -> Tri,
        on_run: impl Fn(&Piece) -> Tri,
    ) -> Self {
        match shape {
            Shape::Flat(spot) => Self::Flat(at_spot(spot)),
            Shape::Pieces(pieces) => {
                let mut builder = Builder::new(&pieces.course, pieces.knots.len());
                let mut spots = pieces.knots.iter().zip(&pieces.spots);
                for run in &pieces.runs {
                    builder.run(on_run(run));
                    if let Some((knot, spot)) = spots.next() {
                        builder.knot(knot.clone(), at_spot(spot));
                    }
                }
                Self::from_pieces(builder.done())
            }
        }
    }

    /// A comparison of two numbers.
    pub(super) fn compared(left: &Shape, how: Comparison, right: &Shape) -> Self {
        let (mut flat, mut flat_right) = (None, None);
        let course = match (left, right) {
            (Shape::Flat(left), Shape::Flat(right)) => {
                return Self::Flat(compare_spots(how, left, right));
            }
            (Shape::Pieces(pieces), _) | (_, Shape::Pieces(pieces)) => &pieces.course,
        };
        let (mut left, mut right) = (left.walk(&mut flat), right.walk(&mut flat_right));
        let knots = together(left.knots(), right.knots());
        let mut builder = Builder::new(course, knots.len());
        let mut low = course.lowest.clone();
        for knot in knots.iter() {
            let high: End = Some(knot.clone());
            if let (Some(left), Some(right)) = (left.run(), right.run()) {
                compare_runs(how, (left, right), &low, &high, &mut builder);
            }
            if let (Some(left), Some(right)) = (left.pass(knot), right.pass(knot)) {
                builder.knot(knot.clone(), compare_spots(how, &left, &right));
            }
            low = high;
        }
        if let (Some(left), Some(right)) = (left.run(), right.run()) {
            compare_runs(how, (left, right), &low, &course.highest, &mut builder);
        }
        Self::from_pieces(builder.done())
    }

    /// A number chosen by this truth.
    pub(super) fn choose(
        &self,
        then: &Shape,
        otherwise: &Shape,
        at_spot: impl Fn(&Tri, &Spot, &Spot) -> Spot,
        on_run: impl Fn(&Tri, &Piece, &Piece) -> Piece,
    ) -> Shape {
        let course = match (self, then, otherwise) {
            (Self::Flat(Tri::Known(true)), _, _) => return then.clone(),
            (Self::Flat(Tri::Known(false)), _, _) => return otherwise.clone(),
            (Self::Flat(tri), Shape::Flat(then), Shape::Flat(otherwise)) => {
                return Shape::Flat(at_spot(tri, then, otherwise));
            }
            (Self::Pieces(pieces), _, _) => &pieces.course,
            (Self::Flat(_), Shape::Pieces(pieces), _)
            | (Self::Flat(_), Shape::Flat(_), Shape::Pieces(pieces)) => &pieces.course,
        };
        let (mut flat, mut flat_otherwise) = (None, None);
        let mut when = self.walk();
        let mut then = then.walk(&mut flat);
        let mut otherwise = otherwise.walk(&mut flat_otherwise);
        let of_both = together(then.knots(), otherwise.knots());
        let knots = together(when.knots(), &of_both);
        let mut builder = Builder::new(course, knots.len());
        for knot in knots.iter() {
            if let (Some(tri), Some(then), Some(otherwise)) =
                (when.run(), then.run(), otherwise.run())
            {
                builder.run(on_run(tri, then, otherwise));
            }
            if let (Some(tri), Some(then), Some(otherwise)) =
                (when.pass(knot), then.pass(knot), otherwise.pass(knot))
            {
                builder.knot(knot.clone(), at_spot(&tri, &then, &otherwise));
            }
        }
        if let (Some(tri), Some(then), Some(otherwise)) = (when.run(), then.run(), otherwise.run())
        {
            builder.run(on_run(tri, then, otherwise));
        }
        shape_of(builder.done())
    }

    /// To be gone along.
    fn walk(&self) -> Walk<'_, Tri> {
        match self {
            Self::Flat(tri) => Walk::Flat(tri, tri),
            Self::Pieces(pieces) => Walk::Pieces(pieces, 0),
        }
    }

    fn with(&self, other: &Self, combine: impl Fn(&Tri, &Tri) -> Tri) -> Self {
        let course = match (self, other) {
            (Self::Flat(left), Self::Flat(right)) => return Self::Flat(combine(left, right)),
            (Self::Pieces(pieces), _) | (_, Self::Pieces(pieces)) => &pieces.course,
        };
        let (mut left, mut right) = (self.walk(), other.walk());
        let knots = together(left.knots(), right.knots());
        let mut builder = Builder::new(course, knots.len());
        for knot in knots.iter() {
            if let (Some(left), Some(right)) = (left.run(), right.run()) {
                builder.run(combine(left, right));
            }
            if let (Some(left), Some(right)) = (left.pass(knot), right.pass(knot)) {
                builder.knot(knot.clone(), combine(&left, &right));
            }
        }
        if let (Some(left), Some(right)) = (left.run(), right.run()) {
            builder.run(combine(left, right));
        }
        Self::from_pieces(builder.done())
    }

    fn each(&self, change: impl Fn(&Tri) -> Tri) -> Self {
        self.with(&Self::Flat(Tri::Known(true)), |tri, _| change(tri))
    }
}

impl Truth for Told {
    fn known(holds: bool) -> Self {
        Self::Flat(Tri::Known(holds))
    }

    fn none(reason: NoAnswer) -> Self {
        Self::Flat(match reason.is_between_lanes() {
            true => Tri::Unknown,
            false => Tri::None(reason),
        })
    }

    fn and(&self, other: &Self) -> Self {
        self.with(other, Tri::and)
    }

    fn or_else(&self, other: &Self) -> Self {
        self.with(other, |left, right| left.not().and(&right.not()).not())
    }

    fn not(&self) -> Self {
        self.each(Tri::not)
    }

    fn all(&self) -> Option<bool> {
        match self {
            Self::Flat(Tri::Known(holds)) => Some(*holds),
            Self::Flat(Tri::None(_) | Tri::Unknown) | Self::Pieces(_) => None,
        }
    }

    fn patched(&self, patch: Patch, fallback: &Self) -> Self {
        self.with(fallback, |tri, fallback| match tri {
            Tri::None(reason) if patch.covers(reason) => fallback.clone(),
            Tri::None(_) | Tri::Known(_) | Tri::Unknown => tri.clone(),
        })
    }

    fn is(&self, kind: NoAnswerKind) -> Self {
        self.each(|tri| match tri {
            Tri::None(reason) => Tri::Known(reason.kind == kind),
            Tri::Known(_) => Tri::Known(false),
            Tri::Unknown => Tri::Unknown,
        })
    }

    fn select(when: &Self, then: &Self, otherwise: &Self) -> Self {
        // (when and then) or (not when and otherwise), and no answer where `when` has none.
        let chosen = when.with(then, |when, then| match when {
            Tri::Known(true) => then.clone(),
            Tri::Known(false) => Tri::Known(false),
            Tri::None(_) | Tri::Unknown => when.clone(),
        });
        let other = when.with(otherwise, |when, otherwise| match when {
            Tri::Known(false) => otherwise.clone(),
            Tri::Known(true) => Tri::Known(false),
            Tri::None(_) | Tri::Unknown => when.clone(),
        });
        chosen.or_else(&other)
    }

    fn reason(&self) -> Option<&NoAnswer> {
        match self {
            Self::Flat(Tri::None(reason)) => Some(reason),
            Self::Flat(Tri::Known(_) | Tri::Unknown) | Self::Pieces(_) => None,
        }
    }
}
