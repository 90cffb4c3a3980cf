//! The six named roundings.
//!
//! Nothing in this project rounds without one of these names. This module knows nothing of money: what is rounded, and to
//! which step, is said by [`Exact::round_to`](crate::Exact::round_to).

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// How a number between two multiples of a step moves to one of them.
///
/// ```
/// use trueup_base::{Exact, Rounding};
///
/// let loss = Exact::parse("-2.5")?;
/// let rounded = |how| loss.round_to(&Exact::ONE, how);
/// assert_eq!(rounded(Rounding::HalfAway), Some(Exact::from_int(-3)));
/// assert_eq!(rounded(Rounding::HalfEven), Some(Exact::from_int(-2)));
/// assert_eq!(rounded(Rounding::Up), Some(Exact::from_int(-3)));
/// assert_eq!(rounded(Rounding::Down), Some(Exact::from_int(-2)));
/// assert_eq!(rounded(Rounding::Floor), Some(Exact::from_int(-3)));
/// assert_eq!(rounded(Rounding::Ceiling), Some(Exact::from_int(-2)));
/// assert_eq!("half_even".parse(), Ok(Rounding::HalfEven));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rounding {
    /// To the nearest multiple; a tie goes away from zero. The default of every component.
    #[default]
    HalfAway,
    /// To the nearest multiple; a tie goes to the even one.
    HalfEven,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards minus infinity.
    Floor,
    /// Towards plus infinity.
    Ceiling,
}

/// The name of a rounding that was not understood.
///
/// ```
/// let error = "half_up".parse::<trueup_base::Rounding>().err().map(|error| error.to_string());
/// assert!(error.is_some_and(|said| said.starts_with("`half_up` is no rounding; write one of half_away")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rounding; write one of half_away, half_even, up, down, floor, ceiling")]
pub struct RoundingNameError(String);

impl Rounding {
    /// All of them, in the order in which documents list them.
    pub const ALL: [Rounding; 6] = [
        Rounding::HalfAway,
        Rounding::HalfEven,
        Rounding::Up,
        Rounding::Down,
        Rounding::Floor,
        Rounding::Ceiling,
    ];

    /// The name used in plans.
    pub const fn name(self) -> &'static str {
        match self {
            Rounding::HalfAway => "half_away",
            Rounding::HalfEven => "half_even",
            Rounding::Up => "up",
            Rounding::Down => "down",
            Rounding::Floor => "floor",
            Rounding::Ceiling => "ceiling",
        }
    }

    /// Whether a number that lies strictly between two multiples moves to the one further from zero. `half` says how
    /// what is cut off, without its sign, compares with half a step; `odd` that the multiple nearer to zero is an odd one.
    pub(crate) fn moves_away(self, negative: bool, half: Ordering, odd: bool) -> bool {
        match self {
            Rounding::HalfAway => half.is_ge(),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && odd),
            Rounding::Up => true,
            Rounding::Down => false,
            Rounding::Floor => negative,
            Rounding::Ceiling => !negative,
        }
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rounding {
    type Err = RoundingNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let same = |rounding: &Rounding| rounding.name() == text;
        Rounding::ALL
            .into_iter()
            .find(same)
            .ok_or_else(|| RoundingNameError(crate::exact::excerpt(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for rounding in Rounding::ALL {
            assert_eq!(rounding.to_string().parse(), Ok(rounding));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "half_up".parse::<Rounding>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`half_up` is no rounding; write one of half_away, half_even, up, down, floor, ceiling"
        );
    }
}
