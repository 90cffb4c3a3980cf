//! Sharing a sum so that the parts add up.
//!
//! Pools, splits, deductions over lines, instalments: whatever is shared is shared here, and every unit of it is somewhere.
//! This module must never know who the members are: callers pass weights ordered by id, and a tie goes to the earlier
//! one. It keeps invariants SH1 and SH2 (and with them LAW-1 to LAW-8) and refuses what has no answer ([`ShareError`]).

use std::fmt;
use std::str::FromStr;

use crate::exact::Exact;
use crate::invariant;
use crate::rounding::Rounding;

/// Who gets the units that are left when every part has been cut down to whole steps.
///
/// ```
/// use trueup_base::{Exact, Rest, allocate};
///
/// let weights = [80, 8, 12].map(Exact::from_int);
/// let parts = |rest| allocate(&Exact::from_int(15), &weights, &Exact::ONE, rest);
/// assert_eq!(parts(Rest::Largest)?, [12, 1, 2].map(Exact::from_int)); // of 12, 1.2 and 1.8
/// assert_eq!(parts(Rest::InOrder)?, [13, 1, 1].map(Exact::from_int));
/// assert_eq!(parts(Rest::Stays)?, [12, 1, 1].map(Exact::from_int));
/// assert_eq!("in_order".parse(), Ok(Rest::InOrder));
/// # Ok::<(), trueup_base::ShareError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rest {
    /// One each to those who lost the largest fraction by the cut; a tie goes to the earlier member. The default.
    #[default]
    Largest,
    /// One each in the order of the list, leaving out members without weight.
    InOrder,
    /// Nobody: they stay with the owner of the total.
    Stays,
}

impl Rest {
    /// All of them, in the order in which documents list them.
    pub const ALL: [Rest; 3] = [Rest::Largest, Rest::InOrder, Rest::Stays];

    /// The name used in plans.
    pub const fn name(self) -> &'static str {
        match self {
            Rest::Largest => "largest",
            Rest::InOrder => "in_order",
            Rest::Stays => "stays",
        }
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name of a remainder rule that was not understood.
///
/// ```
/// let error = "random".parse::<trueup_base::Rest>().err().map(|error| error.to_string());
/// assert_eq!(error.as_deref(), Some("`random` is no rule for the rest; write one of largest, in_order, stays"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rule for the rest; write one of largest, in_order, stays")]
pub struct RestNameError(String);

impl FromStr for Rest {
    type Err = RestNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let same = |rest: &Rest| rest.name() == text;
        Rest::ALL
            .into_iter()
            .find(same)
            .ok_or_else(|| RestNameError(crate::exact::excerpt(text)))
    }
}

/// Why a sum cannot be shared.
///
/// ```
/// use trueup_base::{Exact, Rest, ShareError, allocate};
///
/// let nobody = allocate(&Exact::ONE, &[Exact::ZERO], &Exact::ONE, Rest::Largest);
/// assert_eq!(nobody, Err(ShareError::NoWeight));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// All weights are zero, or there are none: who gets it is not said.
    #[error("nobody has a weight, so nobody can get a part; leave the group out or give a weight")]
    NoWeight,
    /// A weight below zero.
    #[error("weight {weight} of member {at} is negative; weights start at zero")]
    NegativeWeight {
        /// Its place in the list, counted from 0.
        at: usize,
        /// The weight.
        weight: Exact,
    },
    /// A step that is not above zero.
    #[error("parts cannot be multiples of {step}; the step must be above zero")]
    Step {
        /// The step.
        step: Exact,
    },
}

/// Shares `total` in proportion to `weights`, in multiples of `step`.
///
/// Each part is cut down to a multiple of the step, and the units left are given out as `rest` says. Under
/// [`Rest::Largest`] every part lies less than one step from its exact share. A negative total is shared as its mirror image. If the
/// total is itself no multiple of the step, what exceeds the last one cannot be given out and stays with the owner.
///
/// ```
/// use trueup_base::{Exact, Rest, allocate};
///
/// let thirds = [Exact::ONE, Exact::ONE, Exact::ONE];
/// let cent = Exact::parse("0.01")?;
/// let parts = allocate(&Exact::from_int(100), &thirds, &cent, Rest::Largest)?;
/// assert_eq!(parts, [Exact::parse("33.34")?, Exact::parse("33.33")?, Exact::parse("33.33")?]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn allocate(
    total: &Exact,
    weights: &[Exact],
    step: &Exact,
    rest: Rest,
) -> Result<Vec<Exact>, ShareError> {
    if !step.is_positive() {
        return Err(ShareError::Step { step: step.clone() });
    }
    let steps = total
        .abs()
        .checked_div(step)
        .ok_or_else(|| ShareError::Step { step: step.clone() })?;
    let shares = split(&steps, weights)?;
    let mut units: Vec<Exact> = shares.iter().map(Exact::floor).collect();
    let left = steps.floor() - units.iter().sum::<Exact>();
    let mut order: Vec<usize> = Vec::new();
    match rest {
        Rest::Stays => {}
        Rest::InOrder => order.extend(positions(weights, |weight| weight.is_positive())),
        Rest::Largest => {
            let fractions: Vec<Exact> = shares
                .iter()
                .zip(&units)
                .map(|(share, unit)| share - unit)
                .collect();
            order.extend(positions(&fractions, |fraction| fraction.is_positive()));
            // A stable sort: among equal fractions the earlier member stays first.
            order.sort_by(|a, b| fractions.get(*b).cmp(&fractions.get(*a)));
        }
    }
    let given = match rest {
        Rest::Stays => 0,
        Rest::InOrder | Rest::Largest => left
            .to_i64()
            .and_then(|left| usize::try_from(left).ok())
            .unwrap_or(usize::MAX),
    };
    invariant!(
        SH2,
        given <= order.len(),
        "{left} units left of {total}, {} members take one",
        order.len()
    );
    for at in order.into_iter().take(given) {
        if let Some(unit) = units.get_mut(at) {
            *unit += Exact::ONE;
        }
    }
    let stays = if given == 0 { left } else { Exact::ZERO };
    invariant!(
        SH1,
        units.iter().sum::<Exact>() + stays == steps.floor(),
        "{total} by {weights:?} in {step}"
    );
    let step = if total.is_negative() {
        -step
    } else {
        step.clone()
    };
    Ok(units.into_iter().map(|unit| unit * &step).collect())
}

/// Shares `total` in proportion to `weights`, exactly: parts may be any fraction.
///
/// ```
/// use trueup_base::{Exact, share};
///
/// let parts = share::split(&Exact::ONE, &[Exact::from_int(1), Exact::from_int(2)])?;
/// assert_eq!(Some(&parts[0]), Exact::ratio(1, 3).as_ref());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn split(total: &Exact, weights: &[Exact]) -> Result<Vec<Exact>, ShareError> {
    if let Some((at, weight)) = weights
        .iter()
        .enumerate()
        .find(|(_, weight)| weight.is_negative())
    {
        return Err(ShareError::NegativeWeight {
            at,
            weight: weight.clone(),
        });
    }
    let all: Exact = weights.iter().sum();
    let per_weight = total.checked_div(&all).ok_or(ShareError::NoWeight)?;
    Ok(weights.iter().map(|weight| weight * &per_weight).collect())
}

/// Parts of `total` by listed `shares`, each the difference of two rounded running totals, so that the parts of any first
/// lines add up to what these lines together round to, and all of them, when the shares add up to one, to the rounded
/// total. `None` if the step is not above zero.
///
/// ```
/// use trueup_base::{Exact, Rounding, share};
///
/// let thirds = vec![Exact::ratio(1, 3).ok_or("no such ratio")?; 3];
/// let parts = share::instalments(&Exact::ONE, &thirds, &Exact::parse("0.01")?, Rounding::HalfAway);
/// assert_eq!(parts, Some(vec![Exact::parse("0.33")?, Exact::parse("0.34")?, Exact::parse("0.33")?]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn instalments(
    total: &Exact,
    shares: &[Exact],
    step: &Exact,
    how: Rounding,
) -> Option<Vec<Exact>> {
    let (mut running, mut before) = (Exact::ZERO, Exact::ZERO);
    let mut parts = Vec::with_capacity(shares.len());
    for share in shares {
        running += share;
        let so_far = (total * &running).round_to(step, how)?;
        parts.push(&so_far - &before);
        before = so_far;
    }
    Some(parts)
}

fn positions(
    numbers: &[Exact],
    takes_part: impl Fn(&Exact) -> bool,
) -> impl Iterator<Item = usize> {
    numbers
        .iter()
        .enumerate()
        .filter(move |(_, number)| takes_part(number))
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `total by weights in step, rest => parts`, all as text.
    fn check(total: &str, weights: &str, step: &str, rest: Rest, parts: &str) {
        let number = |text: &str| text.trim().parse::<Exact>().unwrap();
        let weights: Vec<Exact> = weights.split(',').map(number).collect();
        let got = allocate(&number(total), &weights, &number(step), rest).unwrap();
        let got: Vec<String> = got.iter().map(Exact::to_string).collect();
        assert_eq!(
            got.join(", "),
            parts,
            "{total} by {weights:?} in {step}, {rest}"
        );
    }

    #[test]
    fn what_is_left_goes_to_the_largest_fractions_and_ties_to_the_earlier() {
        check(
            "100",
            "1, 1, 1",
            "0.01",
            Rest::Largest,
            "33.34, 33.33, 33.33",
        );
        check("100", "1, 1, 4", "1", Rest::Largest, "17, 17, 66"); // 16.67 16.67 66.67: two units, three equal fractions
        check("7", "3, 1, 1", "1", Rest::Largest, "4, 2, 1"); // 4.2 1.4 1.4
        check("0.05", "1, 1", "0.01", Rest::Largest, "0.03, 0.02");
        check("5", "0, 1, 0, 1", "1", Rest::Largest, "0, 3, 0, 2");
    }

    #[test]
    fn a_negative_total_is_the_mirror_image() {
        check(
            "-100",
            "1, 1, 1",
            "0.01",
            Rest::Largest,
            "-33.34, -33.33, -33.33",
        );
        check("-15", "80, 8, 12", "1", Rest::InOrder, "-13, -1, -1");
    }

    #[test]
    fn in_order_hands_out_one_each_but_never_to_nobody() {
        check("15", "0.80, 0.08, 0.12", "1", Rest::InOrder, "13, 1, 1");
        check("15", "0.80, 0.15, 0.05", "1", Rest::InOrder, "13, 2, 0");
        check("5", "0, 1, 1", "1", Rest::InOrder, "0, 3, 2");
    }

    #[test]
    fn what_stays_is_what_the_parts_leave() {
        check(
            "0.4",
            "100, 25, 5",
            "0.000001",
            Rest::Stays,
            "0.307692, 0.076923, 0.015384",
        );
    }

    #[test]
    fn what_exceeds_the_last_step_stays_too() {
        check("10.005", "1, 1", "0.01", Rest::Largest, "5, 5");
        check("0.009", "1, 1", "0.01", Rest::Largest, "0, 0");
        check("0.019", "1, 1, 1", "0.01", Rest::InOrder, "0.01, 0, 0");
    }

    #[test]
    fn no_weight_is_no_answer() {
        let cent = Exact::from_scaled(1, 2);
        assert_eq!(
            allocate(&Exact::ONE, &[], &cent, Rest::Largest),
            Err(ShareError::NoWeight)
        );
        assert_eq!(
            allocate(&Exact::ZERO, &[Exact::ZERO], &cent, Rest::Stays),
            Err(ShareError::NoWeight)
        );
        let weights = [Exact::from_int(2), Exact::from_int(-1)];
        assert_eq!(
            allocate(&Exact::ONE, &weights, &cent, Rest::Largest),
            Err(ShareError::NegativeWeight {
                at: 1,
                weight: Exact::from_int(-1)
            })
        );
        assert_eq!(
            allocate(&Exact::ONE, &[Exact::ONE], &Exact::ZERO, Rest::Largest),
            Err(ShareError::Step { step: Exact::ZERO })
        );
    }
}
