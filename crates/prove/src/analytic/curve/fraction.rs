//! A quotient of two polynomials in lowest terms: what a run of a curve is.

use trueup_base::exact::Exact;

use crate::analytic::poly::{End, Poly, Root, between};

/// The highest degree that is followed.
const DEGREE_MAX: usize = 8;
/// The most bits of coefficients that are followed.
const BITS_MAX: usize = 16_384;

/// A quotient of polynomials; the one below is monic and shares no factor with the one above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    above: Poly,
    below: Poly,
}

impl Fraction {
    pub(crate) fn constant(figure: Exact) -> Self {
        Self::polynomial(Poly::constant(figure))
    }

    pub(crate) fn variable() -> Self {
        Self::polynomial(Poly::variable())
    }

    fn polynomial(above: Poly) -> Self {
        Self {
            above,
            below: Poly::constant(Exact::ONE),
        }
    }

    /// In lowest terms; none where it has grown too large to be followed, or nothing is below.
    fn lowest_terms(above: Poly, below: Poly) -> Option<Self> {
        if let Some(figure) = below.as_constant() {
            let by = Exact::ONE.checked_div(&figure)?;
            return Self::polynomial(above.scaled(&by)).followed();
        }
        let common = above.common(&below);
        let (above, _) = above.divided(&common)?;
        let (below, _) = below.divided(&common)?;
        let by = Exact::ONE.checked_div(&below.leading())?;
        Self {
            above: above.scaled(&by),
            below: below.scaled(&by),
        }
        .followed()
    }

    fn followed(self) -> Option<Self> {
        let degree = self.above.degree().max(self.below.degree()).unwrap_or(0);
        let bits = self.above.bits() + self.below.bits();
        (degree <= DEGREE_MAX && bits <= BITS_MAX).then_some(self)
    }

    pub(crate) fn as_constant(&self) -> Option<Exact> {
        match self.is_polynomial() {
            true => self.above.as_constant(),
            false => None,
        }
    }

    fn is_polynomial(&self) -> bool {
        self.below.degree() == Some(0)
    }

    /// The value at a place; none where the part below is zero.
    pub(crate) fn at(&self, x: &Exact) -> Option<Exact> {
        match self.is_polynomial() {
            true => Some(self.above.at(x)),
            false => self.above.at(x).checked_div(&self.below.at(x)),
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Option<Self> {
        if self.is_polynomial() && other.is_polynomial() {
            return Self::polynomial(self.above.plus(&other.above)).followed();
        }
        let above = self
            .above
            .times(&other.below)
            .plus(&other.above.times(&self.below));
        Self::lowest_terms(above, self.below.times(&other.below))
    }

    pub(crate) fn minus(&self, other: &Self) -> Option<Self> {
        if self.is_polynomial() && other.is_polynomial() {
            return Self::polynomial(self.above.minus(&other.above)).followed();
        }
        self.plus(&other.negated())
    }

    pub(crate) fn negated(&self) -> Self {
        Self {
            above: self.above.negated(),
            below: self.below.clone(),
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Option<Self> {
        let above = self.above.times(&other.above);
        if self.is_polynomial() && other.is_polynomial() {
            return Self::polynomial(above).followed();
        }
        Self::lowest_terms(above, self.below.times(&other.below))
    }

    /// The quotient; where the divisor is zero it has a pole or is not to be asked.
    pub(crate) fn over(&self, other: &Self) -> Option<Self> {
        Self::lowest_terms(
            self.above.times(&other.below),
            self.below.times(&other.above),
        )
    }

    /// Where it is zero, strictly between two ends.
    pub(crate) fn roots(&self, low: &End, high: &End) -> Vec<Root> {
        self.above.roots(low, high)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.above.is_zero()
    }

    /// The sign strictly between two ends with no root and no pole between them.
    pub(crate) fn sign_between(&self, low: &End, high: &End) -> i32 {
        self.at(&between(low, high))
            .map_or(0, |value| value.signum())
    }

    /// How it changes: the derivative; its poles are those of the fraction.
    pub(crate) fn slope(&self) -> Option<Self> {
        if self.is_polynomial() {
            return Some(Self::polynomial(self.above.derivative()));
        }
        let above = self
            .above
            .derivative()
            .times(&self.below)
            .minus(&self.above.times(&self.below.derivative()));
        Self::lowest_terms(above, self.below.times(&self.below))
    }

    /// Whether it grows or falls without end toward the far right.
    pub(crate) fn is_unbounded_right(&self) -> bool {
        self.above.degree() > self.below.degree()
    }
}
