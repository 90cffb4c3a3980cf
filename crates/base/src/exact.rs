//! Exact rational numbers.
//!
//! `+`, `-`, `*` and division never round: an attainment of one third is one third. Almost every number in a program is
//! small, so a numerator and a denominator that fit 64 bits are held in place and computed with 128-bit
//! intermediates, without allocating; everything else lies in dashu's big rational behind a shared pointer.
//!
//! It must never know a currency, a unit or a float. It keeps invariants EX1 and EX2, and one more by its construction:
//! **each number has one representation** (lowest terms, and big only if it does not fit small), so equality and
//! hash are those of the fields. Refusals: a text that is no number ([`NumberTextError`]), a division by zero (`None`).

mod ops;
mod round;
mod text;

use std::cmp::Ordering;
use std::num::NonZeroU64;
use std::sync::Arc;

use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use crate::invariant;

pub(crate) use text::excerpt;
pub use text::{DIGITS_MAX, NumberTextError};

/// The most decimal places a scale may ask for.
pub const SCALE_MAX: u32 = 1_000;

/// An exact rational number.
///
/// ```
/// use trueup_base::Exact;
///
/// let third = Exact::ratio(1, 3).ok_or("no such ratio")?;
/// assert_eq!(&third + &third + &third, Exact::ONE);
/// assert_eq!(third.to_string(), "1/3");
/// assert_eq!(Exact::parse("-12.50")?.to_string(), "-12.5");
/// assert_eq!(Exact::ONE.checked_div(&Exact::ZERO), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Exact(Repr);

/// `Small` whenever the number fits it: the order of the variants' checks in `from_big` keeps that.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// In lowest terms; the denominator is at most `i64::MAX`.
    Small(i64, NonZeroU64),
    Big(Arc<RBig>),
}

use Repr::{Big, Small};

/// The denominator of whole numbers.
const WHOLE: NonZeroU64 = NonZeroU64::MIN;

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact::from_int(0);

    /// One.
    pub const ONE: Exact = Exact::from_int(1);

    /// A whole number.
    pub const fn from_int(whole: i64) -> Exact {
        Exact(Small(whole, WHOLE))
    }

    /// `numerator / denominator`; `None` if the denominator is zero.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// assert_eq!(Exact::ratio(-4, -6), Exact::ratio(2, 3));
    /// assert_eq!(Exact::ratio(1, 0), None);
    /// ```
    pub fn ratio(numerator: i64, denominator: i64) -> Option<Exact> {
        if denominator == 0 {
            return None;
        }
        let sign = i128::from(denominator.signum());
        Some(Exact::from_parts(
            i128::from(numerator) * sign,
            u128::from(denominator.unsigned_abs()),
        ))
    }

    /// `unscaled` with its decimal point moved `scale` places to the left: 12345 at scale 2 is 123.45.
    ///
    /// # Panics
    ///
    /// If `scale` is above [`SCALE_MAX`] (EX1): scales come from checked declarations.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// assert_eq!(Exact::from_scaled(12_345, 2).to_string(), "123.45");
    /// ```
    pub fn from_scaled(unscaled: i128, scale: u32) -> Exact {
        invariant!(EX1, scale <= SCALE_MAX, "scale {scale}");
        match pow10(scale) {
            Some(power) => Exact::from_parts(unscaled, power),
            None => Exact::from_big(RBig::from_parts(IBig::from(unscaled), big_pow10(scale))),
        }
    }

    /// `self / divisor`; `None` if the divisor is zero.
    #[inline]
    pub fn checked_div(&self, divisor: &Exact) -> Option<Exact> {
        if divisor.is_zero() {
            return None;
        }
        Some(match (&self.0, &divisor.0) {
            (Small(a, b), Small(c, d)) => ops::divide_small(*a, *b, *c, *d),
            _ => Exact::from_big(&*self.big() / &*divisor.big()),
        })
    }

    /// The number without its sign.
    pub fn abs(&self) -> Exact {
        if self.is_negative() {
            -self
        } else {
            self.clone()
        }
    }

    /// Whether it is zero.
    #[inline]
    pub fn is_zero(&self) -> bool {
        self.signum() == 0
    }

    /// Whether it is below zero.
    #[inline]
    pub fn is_negative(&self) -> bool {
        self.signum() < 0
    }

    /// Whether it is above zero.
    #[inline]
    pub fn is_positive(&self) -> bool {
        self.signum() > 0
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Small(_, denominator) => *denominator == WHOLE,
            Big(big) => big.is_int(),
        }
    }

    /// -1, 0 or 1.
    #[inline]
    pub fn signum(&self) -> i32 {
        match &self.0 {
            Small(numerator, _) => match numerator.cmp(&0) {
                Ordering::Less => -1,
                Ordering::Equal => 0,
                Ordering::Greater => 1,
            },
            // Zero is always small.
            Big(big) => match big.sign() {
                dashu_int::Sign::Positive => 1,
                dashu_int::Sign::Negative => -1,
            },
        }
    }

    /// As an `i64`, if it is a whole number that fits.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Small(numerator, denominator) if *denominator == WHOLE => Some(*numerator),
            Small(..) | Big(_) => None,
        }
    }

    /// The whole number of units of 10^-scale, if there is no rest and it fits: 123.45 at scale 2 is 12345.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// let due = Exact::parse("123.45")?;
    /// assert_eq!(due.to_scaled(2), Some(12_345));
    /// assert_eq!(due.to_scaled(1), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_scaled(&self, scale: u32) -> Option<i128> {
        if let (Small(numerator, denominator), Some(power)) = (&self.0, pow10(scale)) {
            // In lowest terms, so the denominator divides the product only if it divides the power.
            let denominator = u128::from(denominator.get());
            return match power % denominator {
                0 => i128::try_from(power / denominator)
                    .ok()?
                    .checked_mul(i128::from(*numerator)),
                _ => None,
            };
        }
        if scale > SCALE_MAX {
            return None;
        }
        let scaled = &*self.big() * RBig::from(big_pow10(scale));
        if scaled.is_int() {
            i128::try_from(scaled.numerator()).ok()
        } else {
            None
        }
    }

    /// The numerator in lowest terms, which carries the sign.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// let share = Exact::parse("-0.75")?;
    /// assert_eq!((share.numerator(), share.denominator()), (Exact::from_int(-3), Exact::from_int(4)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn numerator(&self) -> Exact {
        match &self.0 {
            Small(numerator, _) => Exact::from_int(*numerator),
            Big(big) => Exact::from_big(RBig::from(big.numerator().clone())),
        }
    }

    /// The denominator in lowest terms, always positive.
    pub fn denominator(&self) -> Exact {
        match &self.0 {
            Small(_, denominator) => Exact::from_parts(i128::from(denominator.get()), 1),
            Big(big) => Exact::from_big(RBig::from(big.denominator().clone())),
        }
    }

    /// How many bits the numerator and the denominator have together: what a guard against numbers that grow without
    /// end (a value that squares itself every day) may ask.
    ///
    /// ```
    /// use trueup_base::Exact;
    ///
    /// assert_eq!(Exact::parse("0.25")?.bits(), 1 + 3); // 1/4
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn bits(&self) -> usize {
        match &self.0 {
            Small(numerator, denominator) => {
                let zeros = numerator.unsigned_abs().leading_zeros() + denominator.leading_zeros();
                2 * u64::BITS as usize - zeros as usize
            }
            Big(big) => big.numerator().bit_len() + big.denominator().bit_len(),
        }
    }

    /// From a numerator and a denominator above zero, not necessarily in lowest terms.
    fn from_parts(numerator: i128, denominator: u128) -> Exact {
        if denominator == 1 {
            return Exact::from_lowest(numerator, 1);
        }
        if let (Ok(numerator), Ok(bottom)) = (i64::try_from(numerator), i64::try_from(denominator))
        {
            // Narrow divisions are several times faster. The divisor is at most the denominator, so it fits.
            let divisor = gcd(numerator.unsigned_abs(), bottom.unsigned_abs());
            let lowest =
                i64::try_from(divisor).map(|divisor| (numerator / divisor, bottom / divisor));
            if let Ok((numerator, bottom)) = lowest
                && let Some(bottom) = NonZeroU64::new(bottom.unsigned_abs())
            {
                return Exact(Small(numerator, bottom));
            }
        }
        let divisor = gcd_wide(numerator.unsigned_abs(), denominator);
        if divisor == 1 {
            return Exact::from_lowest(numerator, denominator);
        }
        match i128::try_from(divisor) {
            Ok(positive) => Exact::from_lowest(numerator / positive, denominator / divisor),
            // Only i128::MIN has so large a divisor; big numbers reduce it.
            Err(_) => Exact::from_big(RBig::from_parts(
                IBig::from(numerator),
                UBig::from(denominator),
            )),
        }
    }

    /// From a numerator and a denominator above zero in lowest terms.
    #[inline]
    fn from_lowest(numerator: i128, denominator: u128) -> Exact {
        match (i64::try_from(numerator), small_denominator(denominator)) {
            (Ok(numerator), Some(denominator)) => Exact(Small(numerator, denominator)),
            _ => Exact(Big(Arc::new(RBig::from_parts(
                IBig::from(numerator),
                UBig::from(denominator),
            )))),
        }
    }

    /// From a big rational, which is small again if it fits.
    fn from_big(big: RBig) -> Exact {
        let numerator = i64::try_from(big.numerator());
        let denominator = u128::try_from(big.denominator())
            .ok()
            .and_then(small_denominator);
        match (numerator, denominator) {
            (Ok(numerator), Some(denominator)) => Exact(Small(numerator, denominator)),
            _ => Exact(Big(Arc::new(big))),
        }
    }

    /// As a big rational, for the slow path.
    fn big(&self) -> Arc<RBig> {
        match &self.0 {
            Small(numerator, denominator) => Arc::new(RBig::from_parts(
                IBig::from(*numerator),
                UBig::from(denominator.get()),
            )),
            Big(big) => Arc::clone(big),
        }
    }
}

impl Default for Exact {
    fn default() -> Self {
        Exact::ZERO
    }
}

impl From<i64> for Exact {
    fn from(whole: i64) -> Self {
        Exact::from_int(whole)
    }
}

impl Ord for Exact {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Small(a, b), Small(c, d)) if b == d => a.cmp(c),
            (Small(a, b), Small(c, d)) => {
                let left = i128::from(*a) * i128::from(d.get());
                let right = i128::from(*c) * i128::from(b.get());
                left.cmp(&right)
            }
            _ => self
                .signum()
                .cmp(&other.signum())
                .then_with(|| self.big().cmp(&other.big())),
        }
    }
}

impl PartialOrd for Exact {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[inline]
fn small_denominator(denominator: u128) -> Option<NonZeroU64> {
    let fits = i64::try_from(denominator).ok()?;
    NonZeroU64::new(fits.unsigned_abs())
}

/// 10^exponent, if it fits.
fn pow10(exponent: u32) -> Option<u128> {
    10_u128.checked_pow(exponent)
}

fn big_pow10(exponent: u32) -> UBig {
    UBig::from(10_u8).pow(exponent as usize)
}

/// The greatest common divisor; of zero and x it is x.
fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, b) = if a < b { (a, b) } else { (b, a) };
    if a == 0 {
        return b;
    }
    // One division first: most often an amount meets a denominator such as 100, and little is left to do.
    let mut b = b % a;
    if b == 0 {
        return a;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            (a, b) = (b, a);
        }
        b -= a;
        if b == 0 {
            return a << shift;
        }
    }
}

fn gcd_wide(mut a: u128, mut b: u128) -> u128 {
    loop {
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(gcd(a, b));
        }
        if b == 0 {
            return a;
        }
        (a, b) = (b, a % b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_two_words() {
        assert_eq!(size_of::<Exact>(), 16);
    }

    #[test]
    fn what_fits_small_is_small_again_after_a_detour() {
        let large = Exact::from_int(i64::MAX);
        let larger = &large + &Exact::ONE;
        assert!(matches!(larger.0, Big(_)));
        assert_eq!(&larger - &Exact::ONE, large);
        assert!(matches!((&larger - &Exact::ONE).0, Small(..)));
        assert!(larger > large);
        assert!(-&larger < -&large);
    }

    /// The numbers next to every border of the small path, against each other.
    #[test]
    fn a_number_is_big_only_if_it_does_not_fit_small() {
        let borders = [
            0,
            1,
            2,
            10,
            (1 << 31) - 1,
            1 << 32,
            (1 << 62) + 1,
            i64::MAX - 1,
            i64::MAX,
            i64::MIN,
            i64::MIN + 1,
        ];
        let whole = borders.iter().flat_map(|n| [*n, n.wrapping_neg()]);
        let numbers: Vec<Exact> = whole
            .flat_map(|n| [1, 2, 3, 10, 1 << 62, i64::MAX].map(|d| Exact::ratio(n, d).unwrap()))
            .collect();
        let held_well = |number: &Exact| {
            let fits = i64::try_from(number.big().numerator()).is_ok()
                && i64::try_from(number.big().denominator()).is_ok();
            matches!(number.0, Small(..)) == fits
        };
        for x in &numbers {
            for y in &numbers {
                let quotient = x.checked_div(y);
                for result in [x + y, x - y, x * y].iter().chain(&quotient) {
                    assert!(held_well(result), "{x} {y} {result}");
                }
            }
        }
    }

    #[test]
    fn the_smallest_i64_is_no_special_case() {
        let smallest = Exact::from_int(i64::MIN);
        assert_eq!(-&-&smallest, smallest);
        assert_eq!(smallest.abs().to_string(), "9223372036854775808");
        assert_eq!(Exact::ratio(i64::MIN, i64::MIN), Some(Exact::ONE));
        assert_eq!(
            Exact::ratio(1, i64::MIN).map(|r| r.to_string()),
            Some(
                "-0.0000000000000000001084202172485504434007452800869941711425781250"
                    .trim_end_matches('0')
                    .to_owned()
            )
        );
        assert_eq!(Exact::from_parts(i128::MIN, 1 << 127), Exact::from_int(-1));
    }

    #[test]
    fn scales_move_the_point_both_ways() {
        assert_eq!(Exact::from_scaled(-5, 3).to_string(), "-0.005");
        assert_eq!(Exact::from_scaled(1, 40).to_scaled(40), Some(1));
        assert_eq!(Exact::from_scaled(1, 40).to_scaled(39), None);
        assert_eq!(
            Exact::ratio(1, 3).and_then(|third| third.to_scaled(1_000)),
            None
        );
        assert_eq!(Exact::from_int(1).to_scaled(39), None); // 10^39 does not fit
        assert_eq!(
            Exact::from_scaled(i128::MIN, 0).to_scaled(0),
            Some(i128::MIN)
        );
    }

    #[test]
    #[should_panic(expected = "invariant EX1 is broken")]
    fn a_scale_without_end_is_refused() {
        let _ = Exact::from_scaled(1, u32::MAX);
    }
}
