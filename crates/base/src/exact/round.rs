//! Rounding to a step. The name of the rounding decides, see [`Rounding`].

use std::cmp::Ordering;

use dashu_int::ops::{DivRem, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::Exact;
use super::Repr::Small;
use crate::rounding::Rounding;

impl Exact {
    /// The multiple of `step` that `how` names; `None` if the step is zero or negative.
    ///
    /// ```
    /// use trueup_base::{Exact, Rounding};
    ///
    /// let cent = Exact::parse("0.01")?;
    /// assert_eq!(Exact::parse("2.345")?.round_to(&cent, Rounding::HalfAway), Some(Exact::parse("2.35")?));
    /// assert_eq!(Exact::parse("2.345")?.round_to(&cent, Rounding::HalfEven), Some(Exact::parse("2.34")?));
    /// assert_eq!(Exact::parse("7")?.round_to(&Exact::from_int(5), Rounding::Up), Some(Exact::from_int(10)));
    /// assert_eq!(Exact::ONE.round_to(&Exact::ZERO, Rounding::Up), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn round_to(&self, step: &Exact, how: Rounding) -> Option<Exact> {
        if !step.is_positive() {
            return None;
        }
        if let (Small(a, b), Small(c, d)) = (&self.0, &step.0) {
            // How often the step goes in is (a * d) / (b * c): both products stay within 2^126.
            let times = i128::from(*a) * i128::from(d.get());
            let whole = nearest_small(times, i128::from(b.get()) * i128::from(*c), how);
            if let Some(numerator) = whole.checked_mul(i128::from(*c)) {
                return Some(Exact::from_parts(numerator, u128::from(d.get())));
            }
        }
        let (step, times) = (step.big(), &*self.big() / &*step.big());
        let (numerator, denominator) = times.into_parts();
        Some(Exact::from_big(
            RBig::from(nearest_big(numerator, denominator, how)) * &*step,
        ))
    }

    /// The greatest whole number that is not above it.
    pub fn floor(&self) -> Exact {
        self.to_whole(Rounding::Floor)
    }

    /// The smallest whole number that is not below it.
    pub fn ceiling(&self) -> Exact {
        self.to_whole(Rounding::Ceiling)
    }

    /// Without what stands behind the decimal point.
    pub fn trunc(&self) -> Exact {
        self.to_whole(Rounding::Down)
    }

    /// The whole number that `how` names.
    pub fn to_whole(&self, how: Rounding) -> Exact {
        match &self.0 {
            Small(numerator, denominator) => Exact::from_lowest(
                nearest_small(i128::from(*numerator), i128::from(denominator.get()), how),
                1,
            ),
            super::Repr::Big(big) => {
                let (numerator, denominator) = (**big).clone().into_parts();
                Exact::from_big(RBig::from(nearest_big(numerator, denominator, how)))
            }
        }
    }
}

/// `numerator / denominator` as a whole number; the denominator is above zero and neither is near the ends of i128.
fn nearest_small(numerator: i128, denominator: i128, how: Rounding) -> i128 {
    let (towards_zero, rest) = match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(n), Ok(d)) => (i128::from(n / d), i128::from(n % d)),
        _ => (numerator / denominator, numerator % denominator),
    };
    if rest == 0 {
        return towards_zero;
    }
    let half = (2 * rest.unsigned_abs()).cmp(&denominator.unsigned_abs());
    let negative = numerator < 0;
    if !how.moves_away(negative, half, towards_zero % 2 != 0) {
        towards_zero
    } else if negative {
        towards_zero - 1
    } else {
        towards_zero + 1
    }
}

fn nearest_big(numerator: IBig, denominator: UBig, how: Rounding) -> IBig {
    let negative = numerator < IBig::ZERO;
    let (towards_zero, rest) = numerator.unsigned_abs().div_rem(&denominator);
    let away = match rest.is_zero() {
        true => false,
        false => {
            let half: Ordering = (rest * 2_u8).cmp(&denominator);
            how.moves_away(negative, half, &towards_zero % 2_u8 != 0)
        }
    };
    let whole = IBig::from(if away {
        towards_zero + 1_u8
    } else {
        towards_zero
    });
    if negative { -whole } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every mode at -2.5 -1.5 -1.2 -0.5 0 0.5 1.2 1.5 2.5.
    #[test]
    fn ties_and_signs_go_where_the_name_says() {
        let numbers = [
            "-2.5", "-1.5", "-1.2", "-0.5", "0", "0.5", "1.2", "1.5", "2.5",
        ];
        let expected = [
            (Rounding::HalfAway, [-3, -2, -1, -1, 0, 1, 1, 2, 3]),
            (Rounding::HalfEven, [-2, -2, -1, 0, 0, 0, 1, 2, 2]),
            (Rounding::Up, [-3, -2, -2, -1, 0, 1, 2, 2, 3]),
            (Rounding::Down, [-2, -1, -1, 0, 0, 0, 1, 1, 2]),
            (Rounding::Floor, [-3, -2, -2, -1, 0, 0, 1, 1, 2]),
            (Rounding::Ceiling, [-2, -1, -1, 0, 0, 1, 2, 2, 3]),
        ];
        // The same ties, far outside 64 bits: 10^30 + x is rounded as x is (10^30 is even).
        let far = Exact::from_scaled(10_i128.pow(30), 0);
        for (how, wholes) in expected {
            for (number, whole) in numbers.iter().zip(wholes) {
                let number = Exact::parse(number).unwrap();
                let whole = Exact::from_int(whole);
                assert_eq!(
                    number.round_to(&Exact::ONE, how),
                    Some(whole.clone()),
                    "{number} {how}"
                );
                if !number.is_negative() {
                    assert_eq!(
                        (&far + &number).to_whole(how),
                        &far + &whole,
                        "far {number} {how}"
                    );
                    assert_eq!(
                        (-&far + &number).to_whole(opposite(how)),
                        -&far + mirrored(&number, how),
                        "far below {number} {how}"
                    );
                }
            }
        }
    }

    /// -10^30 + x lies as far from its neighbours as x does, but on the other side of zero.
    fn opposite(how: Rounding) -> Rounding {
        match how {
            Rounding::Up => Rounding::Floor,
            Rounding::Down => Rounding::Ceiling,
            Rounding::HalfAway | Rounding::HalfEven | Rounding::Floor | Rounding::Ceiling => how,
        }
    }

    fn mirrored(number: &Exact, how: Rounding) -> Exact {
        match how {
            Rounding::Up | Rounding::Floor => number.floor(),
            Rounding::Down | Rounding::Ceiling => number.ceiling(),
            Rounding::HalfAway => -(-number + Exact::ratio(1, 2).unwrap()).floor(),
            Rounding::HalfEven => number.to_whole(Rounding::HalfEven),
        }
    }

    #[test]
    fn a_step_may_be_any_positive_number() {
        let third = Exact::ratio(1, 3).unwrap();
        assert_eq!(
            Exact::ONE.round_to(&third, Rounding::HalfAway),
            Some(Exact::ONE)
        );
        assert_eq!(
            Exact::parse("0.5")
                .unwrap()
                .round_to(&third, Rounding::HalfAway),
            Exact::ratio(2, 3)
        );
        assert_eq!(Exact::ONE.round_to(&-third, Rounding::HalfAway), None);
        let huge = Exact::from_int(i64::MAX);
        let tiny = Exact::ratio(1, i64::MAX).unwrap();
        assert_eq!(huge.round_to(&tiny, Rounding::HalfAway), Some(huge.clone()));
        assert_eq!(tiny.round_to(&huge, Rounding::Up), Some(huge.clone()));
        assert_eq!((-&huge).round_to(&tiny, Rounding::Floor), Some(-huge));
    }
}
