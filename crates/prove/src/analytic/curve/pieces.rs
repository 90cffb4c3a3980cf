//! Something said of every place on a line, with finitely many knots: at each knot, and of each run between two.
//!
//! Numbers and truths are both kept so. The knots of several are brought together before they are combined, and a knot
//! where nothing changes is taken out again.

use std::borrow::Cow;
use std::rc::Rc;

use trueup_base::exact::Exact;

use crate::analytic::poly::{End, between};

/// The stretch of the line that is looked at. Its ends belong to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// Where it begins, if it does.
    pub lowest: End,
    /// Where it ends, if it does.
    pub highest: End,
    /// Where quotients of which both parts move are held: a mean that moves because it is made of more is then no reason
    /// for anything.
    pub held_at: Option<Exact>,
}

impl Course {
    /// Whether a place is an end of it.
    fn is_end(&self, x: &Exact) -> bool {
        self.lowest.as_ref() == Some(x) || self.highest.as_ref() == Some(x)
    }
}

/// What is said of a run, and so of every place in it.
pub(crate) trait Run: Clone {
    /// What is said of one place.
    type Spot: Clone + PartialEq;

    /// What the run says of a place in it or at its end.
    fn at(&self, x: &Exact) -> Self::Spot;

    /// Whether two runs say the same.
    fn is_same(&self, other: &Self) -> bool;
}

/// What is said of every place of a course.
#[derive(Clone, Debug)]
pub(crate) struct Pieces<R: Run> {
    pub course: Rc<Course>,
    pub knots: Vec<Exact>,
    pub spots: Vec<R::Spot>,
    /// One more than knots.
    pub runs: Vec<R>,
}

impl<R: Run> Pieces<R> {
    /// The same everywhere. An end of the course is a knot of its own, so that what holds just there is seen; the run
    /// beyond it is empty.
    pub(crate) fn throughout(course: Rc<Course>, run: R) -> Self {
        let ends = [&course.lowest, &course.highest];
        let knots: Vec<Exact> = ends.into_iter().flatten().cloned().collect();
        Self {
            spots: knots.iter().map(|knot| run.at(knot)).collect(),
            runs: vec![run; knots.len() + 1],
            knots,
            course,
        }
    }

    /// The one thing said of all runs, if it is one and no knot but the ends is left.
    pub(crate) fn is_one(&self) -> Option<&R> {
        let first = self.runs.first()?;
        let is_same = self.runs.iter().all(|run| run.is_same(first));
        let of_ends = self
            .knots
            .iter()
            .zip(&self.spots)
            .all(|(knot, spot)| self.course.is_end(knot) && first.at(knot) == *spot);
        (is_same && of_ends).then_some(first)
    }

    /// What is said of a place.
    pub(crate) fn at(&self, x: &Exact) -> Option<R::Spot> {
        match self.knots.binary_search(x) {
            Ok(knot) => self.spots.get(knot).cloned(),
            Err(run) => self.runs.get(run).map(|run| run.at(x)),
        }
    }

    /// What the run to the left of a place comes to there, what is said of the place, and what the run to the right
    /// begins with. At an end of the course there is nothing beyond.
    pub(crate) fn sides(&self, x: &Exact) -> Option<(R::Spot, R::Spot, R::Spot)> {
        match self.knots.binary_search(x) {
            Ok(knot) => {
                let (left, right) = (self.runs.get(knot)?, self.runs.get(knot + 1)?);
                let spot = self.spots.get(knot)?.clone();
                let left = match self.course.lowest.as_ref() == Some(x) {
                    true => spot.clone(),
                    false => left.at(x),
                };
                let right = match self.course.highest.as_ref() == Some(x) {
                    true => spot.clone(),
                    false => right.at(x),
                };
                Some((left, spot, right))
            }
            Err(run) => {
                let spot = self.runs.get(run)?.at(x);
                Some((spot.clone(), spot.clone(), spot))
            }
        }
    }

    /// The ends of a run.
    pub(crate) fn ends(&self, run: usize) -> (End, End) {
        let low = match run.checked_sub(1) {
            Some(before) => self.knots.get(before).cloned(),
            None => self.course.lowest.clone(),
        };
        let high = match self.knots.get(run) {
            Some(knot) => Some(knot.clone()),
            None => self.course.highest.clone(),
        };
        (low, high)
    }

    /// A place inside a run.
    pub(crate) fn inside(&self, run: usize) -> Exact {
        let (low, high) = self.ends(run);
        between(&low, &high)
    }
}

/// What is said along a course, gone along from left to right.
pub(crate) enum Walk<'a, R: Run> {
    /// The same everywhere: of every run, and of every place.
    Flat(&'a R, &'a R::Spot),
    /// In pieces, of which so many lie behind.
    Pieces(&'a Pieces<R>, usize),
}

impl<'a, R: Run> Walk<'a, R> {
    /// Its knots, all of them.
    pub(crate) fn knots(&self) -> &'a [Exact] {
        match self {
            Self::Flat(..) => &[],
            Self::Pieces(pieces, _) => &pieces.knots,
        }
    }

    /// The run it has come to.
    pub(crate) fn run(&self) -> Option<&'a R> {
        match self {
            Self::Flat(run, _) => Some(run),
            Self::Pieces(pieces, behind) => pieces.runs.get(*behind),
        }
    }

    /// Goes on to a knot, its own or one inside its run, and says what is said there.
    pub(crate) fn pass(&mut self, knot: &Exact) -> Option<R::Spot> {
        match self {
            Self::Flat(_, spot) => Some(spot.clone()),
            Self::Pieces(pieces, behind) if pieces.knots.get(*behind) == Some(knot) => {
                let spot = pieces.spots.get(*behind).cloned();
                *behind += 1;
                spot
            }
            Self::Pieces(pieces, behind) => pieces.runs.get(*behind).map(|run| run.at(knot)),
        }
    }
}

/// Knots of two, together: both lists rise.
pub(crate) fn together<'a>(a: &'a [Exact], b: &'a [Exact]) -> Cow<'a, [Exact]> {
    if b.is_empty() || a == b {
        return Cow::Borrowed(a);
    }
    if a.is_empty() {
        return Cow::Borrowed(b);
    }
    let mut all = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a, b);
    while let ([first, rest_a @ ..], [second, rest_b @ ..]) = (a, b) {
        let order = first.cmp(second);
        all.push(if order.is_gt() { second } else { first }.clone());
        if order.is_le() {
            a = rest_a;
        }
        if order.is_ge() {
            b = rest_b;
        }
    }
    all.extend(a.iter().chain(b).cloned());
    Cow::Owned(all)
}

/// Pieces as they are put together, from left to right.
pub(crate) struct Builder<R: Run> {
    course: Rc<Course>,
    knots: Vec<Exact>,
    spots: Vec<R::Spot>,
    runs: Vec<R>,
}

impl<R: Run> Builder<R> {
    /// For about so many knots.
    pub(crate) fn new(course: &Rc<Course>, knots: usize) -> Self {
        Self {
            course: Rc::clone(course),
            knots: Vec::with_capacity(knots),
            spots: Vec::with_capacity(knots),
            runs: Vec::with_capacity(knots + 1),
        }
    }

    /// The next run; after the first, a knot comes before it.
    pub(crate) fn run(&mut self, run: R) {
        let joins = match (self.runs.last(), self.knots.last(), self.spots.last()) {
            (Some(before), Some(knot), Some(spot)) if self.runs.len() == self.knots.len() => {
                !self.course.is_end(knot) && before.is_same(&run) && before.at(knot) == *spot
            }
            (_, _, _) => false,
        };
        if joins {
            self.knots.pop();
            self.spots.pop();
        } else {
            self.runs.push(run);
        }
    }

    /// A knot after the last run.
    pub(crate) fn knot(&mut self, at: Exact, spot: R::Spot) {
        self.knots.push(at);
        self.spots.push(spot);
    }

    pub(crate) fn done(self) -> Pieces<R> {
        Pieces {
            course: self.course,
            knots: self.knots,
            spots: self.spots,
            runs: self.runs,
        }
    }
}
