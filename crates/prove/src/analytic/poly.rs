//! Polynomials over the rationals in one variable, and where they are zero.
//!
//! Degrees stay small: a plan's formulas multiply a figure with a rate, seldom more. Roots are found exactly where they
//! are rational; any other is enclosed between two rationals that have no other root between them, by Sturm's theorem.

use trueup_base::exact::Exact;

/// A polynomial; the coefficient of the highest power, if there is any, is not zero. Most are straight lines, which take
/// no memory of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Poly {
    /// Zero everywhere.
    Zero,
    /// The same figure everywhere.
    Constant(Exact),
    /// The figure at zero, and the slope.
    Line([Exact; 2]),
    /// Three coefficients or more, the lowest power first.
    Long(Vec<Exact>),
}

/// A place where a polynomial is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// Here.
    At(Exact),
    /// At one irrational place between these two, and nowhere else between them.
    Between(Exact, Exact),
}

/// An end of a stretch: a figure, or none where it goes on without end.
pub(crate) type End = Option<Exact>;

impl Poly {
    /// From coefficients, the lowest power first.
    pub(crate) fn new(mut coefficients: Vec<Exact>) -> Self {
        while coefficients.last().is_some_and(Exact::is_zero) {
            coefficients.pop();
        }
        match coefficients.as_slice() {
            [] => Self::Zero,
            [only] => Self::Constant(only.clone()),
            [at_zero, slope] => Self::Line([at_zero.clone(), slope.clone()]),
            [..] => Self::Long(coefficients),
        }
    }

    /// The same figure everywhere.
    pub(crate) fn constant(figure: Exact) -> Self {
        match figure.is_zero() {
            true => Self::Zero,
            false => Self::Constant(figure),
        }
    }

    fn line(at_zero: Exact, slope: Exact) -> Self {
        match slope.is_zero() {
            true => Self::constant(at_zero),
            false => Self::Line([at_zero, slope]),
        }
    }

    /// The variable itself.
    pub(crate) fn variable() -> Self {
        Self::Line([Exact::ZERO, Exact::ONE])
    }

    /// Its coefficients, the lowest power first.
    fn coefficients(&self) -> &[Exact] {
        match self {
            Self::Zero => &[],
            Self::Constant(figure) => std::slice::from_ref(figure),
            Self::Line(line) => line,
            Self::Long(coefficients) => coefficients,
        }
    }

    /// The highest power; none of the polynomial that is zero everywhere.
    pub(crate) fn degree(&self) -> Option<usize> {
        self.coefficients().len().checked_sub(1)
    }

    /// The one figure it has everywhere, if it has.
    pub(crate) fn as_constant(&self) -> Option<Exact> {
        match self {
            Self::Zero => Some(Exact::ZERO),
            Self::Constant(figure) => Some(figure.clone()),
            Self::Line(_) | Self::Long(_) => None,
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Self::Zero)
    }

    /// The coefficient of the highest power.
    pub(crate) fn leading(&self) -> Exact {
        self.coefficients().last().cloned().unwrap_or(Exact::ZERO)
    }

    /// The bits of all coefficients together, to bound what is counted with.
    pub(crate) fn bits(&self) -> usize {
        self.coefficients().iter().map(Exact::bits).sum()
    }

    pub(crate) fn at(&self, x: &Exact) -> Exact {
        let mut coefficients = self.coefficients().iter().rev();
        let mut value = coefficients.next().cloned().unwrap_or(Exact::ZERO);
        for coefficient in coefficients {
            value = &(&value * x) + coefficient;
        }
        value
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a + b, Exact::clone)
    }

    pub(crate) fn negated(&self) -> Self {
        Self::Zero.minus(self)
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a - b, |coefficient| -coefficient)
    }

    /// Coefficient by coefficient; `alone` is what becomes of one of the other polynomial that stands alone.
    fn with(
        &self,
        other: &Self,
        both: impl Fn(&Exact, &Exact) -> Exact,
        alone: impl Fn(&Exact) -> Exact,
    ) -> Self {
        let (own, others) = (self.coefficients(), other.coefficients());
        let at = |power: usize| match (own.get(power), others.get(power)) {
            (Some(a), Some(b)) => both(a, b),
            (Some(a), None) => a.clone(),
            (None, Some(b)) => alone(b),
            (None, None) => Exact::ZERO,
        };
        match own.len().max(others.len()) {
            0 => Self::Zero,
            1 => Self::constant(at(0)),
            2 => Self::line(at(0), at(1)),
            many => Self::new((0..many).map(at).collect()),
        }
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Zero, _) | (_, Self::Zero) => return Self::Zero,
            (Self::Constant(by), poly) | (poly, Self::Constant(by)) => return poly.scaled(by),
            (Self::Line(_) | Self::Long(_), Self::Line(_) | Self::Long(_)) => {}
        }
        let (own, others) = (self.coefficients(), other.coefficients());
        let mut product = vec![Exact::ZERO; own.len() + others.len() - 1];
        for (i, a) in own.iter().enumerate() {
            for (slot, b) in product.iter_mut().skip(i).zip(others) {
                *slot = &*slot + &(a * b);
            }
        }
        Self::new(product)
    }

    pub(crate) fn scaled(&self, by: &Exact) -> Self {
        match self {
            Self::Zero => Self::Zero,
            Self::Constant(figure) => Self::constant(figure * by),
            Self::Line([at_zero, slope]) => Self::line(at_zero * by, slope * by),
            Self::Long(coefficients) => {
                Self::new(coefficients.iter().map(|figure| figure * by).collect())
            }
        }
    }

    pub(crate) fn derivative(&self) -> Self {
        let slopes = self.coefficients().iter().zip(0i64..).skip(1);
        Self::new(
            slopes
                .map(|(coefficient, power)| coefficient * &Exact::from_int(power))
                .collect(),
        )
    }

    /// Quotient and remainder; nothing to divide by zero.
    pub(crate) fn divided(&self, by: &Self) -> Option<(Self, Self)> {
        let degree = by.degree()?;
        let mut rest = self.coefficients().to_vec();
        let mut quotient = vec![Exact::ZERO; rest.len().saturating_sub(degree)];
        while rest.len() > degree {
            let shift = rest.len() - 1 - degree;
            let factor = rest.last()?.checked_div(&by.leading())?;
            for (slot, coefficient) in rest.iter_mut().skip(shift).zip(by.coefficients()) {
                *slot = &*slot - &(&factor * coefficient);
            }
            if let Some(slot) = quotient.get_mut(shift) {
                *slot = factor;
            }
            // The leading coefficients are equal, so the highest power is gone.
            rest.pop();
        }
        Some((Self::new(quotient), Self::new(rest)))
    }

    /// With the coefficient of the highest power made one.
    pub(crate) fn monic(&self) -> Self {
        match Exact::ONE.checked_div(&self.leading()) {
            Some(by) => self.scaled(&by),
            None => self.clone(),
        }
    }

    /// The greatest common divisor, monic.
    pub(crate) fn common(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.monic(), other.monic());
        while !b.is_zero() {
            let rest = a.divided(&b).map_or(Self::Zero, |(_, rest)| rest.monic());
            a = b;
            b = rest;
        }
        a
    }

    /// Every root strictly between two ends, rising.
    pub(crate) fn roots(&self, lowest: &End, highest: &End) -> Vec<Root> {
        let is_inside = |x: &Exact| {
            lowest.as_ref().is_none_or(|end| end < x) && highest.as_ref().is_none_or(|end| x < end)
        };
        match self {
            Self::Zero | Self::Constant(_) => Vec::new(),
            Self::Line([constant, slope]) => constant
                .checked_div(slope)
                .map(|quotient| -&quotient)
                .filter(is_inside)
                .map(Root::At)
                .into_iter()
                .collect(),
            Self::Long(_) => {
                let reach = self.reach();
                let low = match lowest {
                    Some(end) if *end > -&reach => end.clone(),
                    Some(_) | None => -&reach,
                };
                let high = match highest {
                    Some(end) if *end < reach => end.clone(),
                    Some(_) | None => reach,
                };
                let mut found = Vec::new();
                if low < high {
                    Sturm::of(self).isolate(low, high, 0, &mut found);
                }
                found.retain(|root| match root {
                    Root::At(x) => is_inside(x),
                    Root::Between(..) => true,
                });
                found
            }
        }
    }

    /// A figure beyond which no root lies, on either side (Cauchy's bound).
    fn reach(&self) -> Exact {
        let leading = self.leading();
        let largest = self
            .coefficients()
            .iter()
            .filter_map(|coefficient| coefficient.checked_div(&leading))
            .map(|ratio| ratio.abs())
            .max()
            .unwrap_or(Exact::ONE);
        &largest + &Exact::ONE
    }
}

/// A polynomial without repeated roots, and its Sturm sequence.
struct Sturm {
    sequence: Vec<Poly>,
}

/// How often an enclosure is halved; its width is then below any amount of money.
const HALVINGS_MAX: u32 = 64;

impl Sturm {
    fn of(poly: &Poly) -> Self {
        let repeated = poly.common(&poly.derivative());
        let simple = match poly.divided(&repeated) {
            Some((quotient, _)) => quotient.monic(),
            None => poly.monic(),
        };
        let mut sequence = vec![simple.derivative()];
        sequence.insert(0, simple);
        loop {
            let next = match sequence.as_slice() {
                [.., a, b] => a.divided(b).map(|(_, rest)| rest.negated()),
                [..] => None,
            };
            match next {
                Some(rest) if !rest.is_zero() => sequence.push(rest),
                Some(_) | None => break,
            }
        }
        Self { sequence }
    }

    fn simple(&self) -> Option<&Poly> {
        self.sequence.first()
    }

    fn is_root(&self, x: &Exact) -> bool {
        self.simple().is_some_and(|simple| simple.at(x).is_zero())
    }

    /// How often the sign changes along the sequence.
    fn changes(&self, x: &Exact) -> usize {
        let mut changes = 0;
        let mut before = 0;
        for poly in &self.sequence {
            let sign = poly.at(x).signum();
            if sign != 0 {
                if before != 0 && sign != before {
                    changes += 1;
                }
                before = sign;
            }
        }
        changes
    }

    /// Roots above `low` and up to `high`, counted.
    fn count(&self, low: &Exact, high: &Exact) -> usize {
        self.changes(low).saturating_sub(self.changes(high))
    }

    /// The roots strictly between two figures, rising; `halvings` were made to get here.
    fn isolate(&self, low: Exact, high: Exact, halvings: u32, found: &mut Vec<Root>) {
        let at_end = usize::from(self.is_root(&high));
        let inside = self.count(&low, &high).saturating_sub(at_end);
        if inside == 0 {
            return;
        }
        let middle = simplest(&low, &high).filter(|_| inside == 1 && halvings.is_multiple_of(8));
        if let Some(guess) = middle
            && self.is_root(&guess)
        {
            found.push(Root::At(guess));
            return;
        }
        if halvings >= HALVINGS_MAX {
            // Several roots so close together are one place for every purpose here.
            found.push(Root::Between(low, high));
            return;
        }
        let Some(middle) = (&low + &high).checked_div(&Exact::from_int(2)) else {
            return;
        };
        let is_root = self.is_root(&middle);
        self.isolate(low, middle.clone(), halvings + 1, found);
        if is_root {
            found.push(Root::At(middle.clone()));
        }
        self.isolate(middle, high, halvings + 1, found);
    }
}

/// The rational with the smallest denominator strictly between two others.
pub(crate) fn simplest(low: &Exact, high: &Exact) -> Option<Exact> {
    if low >= high {
        return None;
    }
    if low.is_negative() && high.is_positive() {
        return Some(Exact::ZERO);
    }
    if high.signum() <= 0 {
        return simplest(&-high, &-low).map(|found| -&found);
    }
    // Continued fractions: as long as both have the same whole part, look at what is left, turned over.
    let mut wholes: Vec<Exact> = Vec::new();
    let (mut low, mut high) = (low.clone(), Some(high.clone()));
    for _ in 0..256 {
        let whole = floor(&low);
        let next = &whole + &Exact::ONE;
        if high.as_ref().is_none_or(|high| next < *high) {
            return Some(folded(&wholes, next));
        }
        // Between `low` and `high` there is no whole number: their fractions are turned over.
        let (low_rest, high_rest) = (&low - &whole, high.as_ref().map(|high| high - &whole)?);
        low = Exact::ONE.checked_div(&high_rest)?;
        high = Exact::ONE.checked_div(&low_rest);
        wholes.push(whole);
    }
    None
}

fn folded(wholes: &[Exact], last: Exact) -> Exact {
    wholes
        .iter()
        .rev()
        .fold(last, |value, whole| match Exact::ONE.checked_div(&value) {
            Some(turned) => whole + &turned,
            None => whole.clone(),
        })
}

/// The largest whole number that is not above.
pub(crate) fn floor(x: &Exact) -> Exact {
    x.round_to(&Exact::ONE, trueup_base::rounding::Rounding::Floor)
        .unwrap_or(Exact::ZERO)
}

/// A figure strictly between two ends.
pub(crate) fn between(lowest: &End, highest: &End) -> Exact {
    match (lowest, highest) {
        (Some(low), Some(high)) => simplest(low, high).unwrap_or_else(|| low.clone()),
        (Some(low), None) => &floor(low) + &Exact::ONE,
        (None, Some(high)) => &floor(high) - &Exact::ONE,
        (None, None) => Exact::ZERO,
    }
}
