//! `+`, `-`, `*` and negation, on values and references alike.

use std::iter::Sum;
use std::num::NonZeroU64;
use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::Repr::Small;
use super::{Exact, WHOLE, gcd, gcd_wide};

// A numerator is at least -2^63 and a denominator below 2^63, so the product of any two stays within 2^126 and the sum of
// two such products within 2^127: nothing below can overflow.

#[inline]
fn add(x: &Exact, y: &Exact) -> Exact {
    match (&x.0, &y.0) {
        (Small(a, b), Small(c, d)) => add_small(i128::from(*a), *b, i128::from(*c), *d),
        _ => Exact::from_big(&*x.big() + &*y.big()),
    }
}

#[inline]
fn subtract(x: &Exact, y: &Exact) -> Exact {
    match (&x.0, &y.0) {
        (Small(a, b), Small(c, d)) => add_small(i128::from(*a), *b, -i128::from(*c), *d),
        _ => Exact::from_big(&*x.big() - &*y.big()),
    }
}

/// a/b + c/d (Knuth, The Art of Computer Programming 2, 4.5.1): reducing by the gcd of the denominators first keeps the numbers short.
#[inline]
fn add_small(a: i128, b: NonZeroU64, c: i128, d: NonZeroU64) -> Exact {
    if b == d {
        return match b {
            WHOLE => Exact::from_lowest(a + c, 1),
            _ => Exact::from_parts(a + c, u128::from(b.get())),
        };
    }
    let shared = gcd(b.get(), d.get());
    let (b_rest, d_rest) = (b.get() / shared, d.get() / shared);
    let numerator = a * i128::from(d_rest) + c * i128::from(b_rest);
    // Only a divisor of `shared` can still be common to both.
    let common = match shared {
        1 => 1,
        _ => gcd_wide(numerator.unsigned_abs(), u128::from(shared)),
    };
    let denominator = match common {
        1 => u128::from(b_rest) * u128::from(d.get()),
        // It divides `shared`, and that the whole denominator.
        _ => u128::from(b_rest) * (u128::from(d.get()) / common),
    };
    // `common` divides `shared`, which is below 2^63.
    let numerator = match common {
        1 => numerator,
        _ => numerator / common.cast_signed(),
    };
    Exact::from_lowest(numerator, denominator)
}

#[inline]
fn multiply(x: &Exact, y: &Exact) -> Exact {
    match (&x.0, &y.0) {
        (Small(a, b), Small(c, d)) => multiply_small(*a, b.get(), *c, d.get()),
        _ => Exact::from_big(&*x.big() * &*y.big()),
    }
}

#[inline]
fn multiply_small(a: i64, b: u64, c: i64, d: u64) -> Exact {
    if b == 1 && d == 1 {
        return Exact::from_lowest(i128::from(a) * i128::from(c), 1);
    }
    let across = gcd(a.unsigned_abs(), d).max(1);
    let back = gcd(c.unsigned_abs(), b).max(1);
    // Both divide a denominator, which is below 2^63; narrow divisions are several times faster.
    let numerator = i128::from(a / across.cast_signed()) * i128::from(c / back.cast_signed());
    let denominator = u128::from(b / back) * u128::from(d / across);
    Exact::from_lowest(numerator, denominator)
}

/// (a/b) / (c/d) for c that is not zero.
#[inline]
pub(super) fn divide_small(a: i64, b: NonZeroU64, c: i64, d: NonZeroU64) -> Exact {
    let tops = gcd(a.unsigned_abs(), c.unsigned_abs());
    let bottoms = gcd(b.get(), d.get());
    let sign = i128::from(a.signum() * c.signum());
    let numerator = i128::from(a.unsigned_abs() / tops) * i128::from(d.get() / bottoms) * sign;
    let denominator = u128::from(b.get() / bottoms) * u128::from(c.unsigned_abs() / tops);
    Exact::from_lowest(numerator, denominator)
}

#[inline]
fn negate(x: &Exact) -> Exact {
    match &x.0 {
        Small(numerator, denominator) => {
            Exact::from_lowest(-i128::from(*numerator), u128::from(denominator.get()))
        }
        super::Repr::Big(big) => Exact::from_big(-(**big).clone()),
    }
}

macro_rules! binary {
    ($operator:ident, $method:ident, $assign:ident, $assign_method:ident, $does:path) => {
        impl $operator<&Exact> for &Exact {
            type Output = Exact;

            #[inline]
            fn $method(self, other: &Exact) -> Exact {
                $does(self, other)
            }
        }

        impl $operator<Exact> for &Exact {
            type Output = Exact;

            #[inline]
            fn $method(self, other: Exact) -> Exact {
                $does(self, &other)
            }
        }

        impl $operator<&Exact> for Exact {
            type Output = Exact;

            #[inline]
            fn $method(self, other: &Exact) -> Exact {
                $does(&self, other)
            }
        }

        impl $operator for Exact {
            type Output = Exact;

            #[inline]
            fn $method(self, other: Exact) -> Exact {
                $does(&self, &other)
            }
        }

        impl $assign<&Exact> for Exact {
            #[inline]
            fn $assign_method(&mut self, other: &Exact) {
                *self = $does(self, other);
            }
        }

        impl $assign for Exact {
            #[inline]
            fn $assign_method(&mut self, other: Exact) {
                *self = $does(self, &other);
            }
        }
    };
}

binary!(Add, add, AddAssign, add_assign, self::add);
binary!(Sub, sub, SubAssign, sub_assign, self::subtract);
binary!(Mul, mul, MulAssign, mul_assign, self::multiply);

impl Neg for &Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        negate(self)
    }
}

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        negate(&self)
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(numbers: I) -> Exact {
        numbers.fold(Exact::ZERO, |sum, number| sum + number)
    }
}

impl<'a> Sum<&'a Exact> for Exact {
    fn sum<I: Iterator<Item = &'a Exact>>(numbers: I) -> Exact {
        numbers.fold(Exact::ZERO, |sum, number| sum + number)
    }
}
