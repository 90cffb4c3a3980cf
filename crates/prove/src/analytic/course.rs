//! A curve gone along from nothing upward: where it rises, falls and jumps, and by how much.

use trueup_base::exact::Exact;

use crate::analytic::curve::{Curve, Piece, Spot};
use crate::analytic::origin::Change;
use crate::analytic::poly::{End, Root};

/// One change on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub change: Change,
    pub by: Exact,
}

/// All changes on the way, and what the rising and the falling ones come to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moves {
    pub moves: Vec<Move>,
    pub rises: Exact,
    pub falls: Exact,
}

/// Goes along a curve from nothing to well beyond its last knot. A change not above the tolerance counts for nothing.
pub(crate) fn along(curve: &Curve, tolerance: &Exact) -> Moves {
    let mut all = Moves::default();
    let Some(pieces) = curve.pieces() else {
        return all;
    };
    let zero = Exact::ZERO;
    let end = match pieces.knots.last() {
        Some(last) if last.is_positive() => &(last * &Exact::from_int(2)) + &Exact::from_int(1_000),
        Some(_) | None => Exact::from_int(1_000_000),
    };
    for (run, nth) in pieces.runs.iter().zip(0usize..) {
        let (low, high) = pieces.ends(nth);
        let low = match low {
            Some(low) if low > zero => low,
            Some(_) | None => zero.clone(),
        };
        let high = high.unwrap_or_else(|| end.clone());
        if high > low
            && let Piece::Of(fraction) = run
        {
            for (from, to) in steady(fraction, low, high) {
                let (Some(before), Some(after)) = (fraction.at(&from), fraction.at(&to)) else {
                    continue;
                };
                all.add(Change::Stretch(from, to), &after - &before, tolerance);
            }
        }
        if let Some(knot) = pieces.knots.get(nth)
            && !knot.is_negative()
        {
            let (left, spot, right) = curve.sides(knot);
            let Spot::Known(spot) = spot else { continue };
            for (from, to) in [
                (&left, &Spot::Known(spot.clone())),
                (&Spot::Known(spot.clone()), &right),
            ] {
                if let (Spot::Known(from), Spot::Known(to)) = (from, to) {
                    all.add(Change::Jump(knot.clone()), to - from, tolerance);
                }
            }
        }
    }
    all
}

/// Where a curve is the highest above nothing from a figure on: the figure and how high. Where it goes on rising without
/// end, well beyond its last knot.
pub(crate) fn highest(curve: &Curve, from: &Exact) -> Option<(Exact, Exact)> {
    let mut found: Option<(Exact, Exact)> = None;
    let mut take = |x: Exact, height: Option<Exact>| {
        if let Some(height) = height
            && height.is_positive()
            && x >= *from
            && found.as_ref().is_none_or(|(_, so_far)| *so_far < height)
        {
            found = Some((x, height));
        }
    };
    let Some(pieces) = curve.pieces() else {
        let spot = curve.at(from);
        take(from.clone(), spot.figure().cloned());
        return found;
    };
    let end = match pieces.knots.last() {
        Some(last) if last.is_positive() => last * &Exact::from_int(2),
        Some(_) | None => Exact::from_int(1_000),
    };
    for (run, nth) in pieces.runs.iter().zip(0usize..) {
        let Piece::Of(fraction) = run else { continue };
        let (low, high) = pieces.ends(nth);
        let low = low.map_or_else(|| from.clone(), |low| low.max(from.clone()));
        let high = high.unwrap_or_else(|| end.clone());
        if low >= high {
            continue;
        }
        for (a, b) in steady(fraction, low, high) {
            take(a.clone(), fraction.at(&a));
            take(b.clone(), fraction.at(&b));
        }
    }
    for (knot, spot) in pieces.knots.iter().zip(&pieces.spots) {
        take(knot.clone(), spot.figure().cloned());
    }
    found
}

/// The least and the greatest slope of a curve from nothing on; none where it is not made of straight lines.
pub(crate) fn slopes(curve: &Curve) -> Option<(Exact, Exact)> {
    let Some(pieces) = curve.pieces() else {
        return Some((Exact::ZERO, Exact::ZERO));
    };
    let mut found: Option<(Exact, Exact)> = None;
    for (run, nth) in pieces.runs.iter().zip(0usize..) {
        let (_, high) = pieces.ends(nth);
        if high.is_some_and(|high| !high.is_positive()) {
            continue;
        }
        let slope = match run {
            Piece::Of(fraction) => fraction.slope()?.as_constant()?,
            Piece::None(_) | Piece::Unknown => return None,
        };
        found = Some(match found {
            Some((least, most)) => (least.min(slope.clone()), most.max(slope)),
            None => (slope.clone(), slope),
        });
    }
    found
}

impl Moves {
    fn add(&mut self, change: Change, by: Exact, tolerance: &Exact) {
        if by.abs() <= *tolerance {
            return;
        }
        if by.is_negative() {
            self.falls = &self.falls - &by;
        } else {
            self.rises = &self.rises + &by;
        }
        self.moves.push(Move { change, by });
    }
}

/// A run cut where it turns.
fn steady(
    fraction: &crate::analytic::curve::Fraction,
    low: Exact,
    high: Exact,
) -> Vec<(Exact, Exact)> {
    let (from, to): (End, End) = (Some(low.clone()), Some(high.clone()));
    let turns = fraction
        .slope()
        .map(|slope| slope.roots(&from, &to))
        .unwrap_or_default();
    let mut parts = Vec::with_capacity(turns.len() + 1);
    let mut from = low;
    for turn in turns {
        let (at, next) = match turn {
            Root::At(x) => (x.clone(), x),
            Root::Between(a, b) => (a, b),
        };
        parts.push((from, at));
        from = next;
    }
    parts.push((from, high));
    parts
}
