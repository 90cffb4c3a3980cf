//! How far out a value lies, by statistics that a few wild values do not move, in whole numbers.
//!
//! Medians and median absolute deviations break down only when half of the values are wrong (Rousseeuw and Croux 1993). The two
//! sides of the median have deviations of their own (double MAD, Rosenmai 2013), so that amounts, which are skewed, do not look
//! like errors for being large. Where more than half of a side is equal its middle deviation is zero, and its mean
//! deviation is taken instead (Iglewicz and Hoaglin 1993).

/// A value is far out when it lies more than so many deviations from the median: what a slipped decimal point, a missing currency or
/// a summed line makes, and a large deal rarely is.
pub const FAR_OUT: i128 = 20;
/// The values that a spread needs.
pub const ROWS_MIN: usize = 30;

/// A median, and the deviations below and above it. A deviation is a fraction, since a mean may be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The lower of the two in the middle where there are two.
    pub median: i128,
    below: (i128, i128),
    above: (i128, i128),
}

impl Spread {
    /// The spread of enough values.
    #[must_use]
    pub fn of(values: Vec<i128>) -> Option<Self> {
        (values.len() >= ROWS_MIN)
            .then(|| Self::of_any(values))
            .flatten()
    }

    /// The spread of any values; none where there are none.
    #[must_use]
    pub fn of_any(mut values: Vec<i128>) -> Option<Self> {
        let median = middle(&mut values)?;
        let side = |is_on: &dyn Fn(i128) -> bool| {
            let deviations: Vec<i128> = values
                .iter()
                .filter(|value| is_on(**value))
                .map(|value| value.abs_diff(median))
                .map(|deviation| i128::try_from(deviation).unwrap_or(i128::MAX))
                .collect();
            deviation(deviations)
        };
        Some(Self {
            median,
            below: side(&|value| value <= median),
            above: side(&|value| value >= median),
        })
    }

    /// Whether a value lies beyond so many deviations.
    #[must_use]
    pub fn is_beyond(&self, value: i128, deviations: i128) -> bool {
        let (over, under) = self.side(value);
        let distance = i128::try_from(value.abs_diff(self.median)).unwrap_or(i128::MAX);
        // distance / (over / under) > deviations, in whole numbers.
        over > 0 && distance.saturating_mul(under) > over.saturating_mul(deviations)
    }

    /// How many deviations a value lies out, in tenths, where that is far.
    #[must_use]
    pub fn far_out(&self, value: i128) -> Option<u64> {
        if !self.is_beyond(value, FAR_OUT) {
            return None;
        }
        let (over, under) = self.side(value);
        let distance = i128::try_from(value.abs_diff(self.median)).unwrap_or(i128::MAX);
        let tenths = distance
            .saturating_mul(under)
            .saturating_mul(10)
            .checked_div(over)?;
        Some(u64::try_from(tenths).unwrap_or(u64::MAX))
    }

    fn side(&self, value: i128) -> (i128, i128) {
        match value < self.median {
            true => self.below,
            false => self.above,
        }
    }
}

/// The middle of some values.
fn middle(values: &mut [i128]) -> Option<i128> {
    let at = values.len().checked_sub(1)? / 2;
    let (_, middle, _) = values.select_nth_unstable(at);
    Some(*middle)
}

/// The middle of some deviations, or their mean where the middle is zero; as a fraction.
fn deviation(mut deviations: Vec<i128>) -> (i128, i128) {
    match middle(&mut deviations) {
        None => (0, 1),
        Some(0) => {
            let sum = deviations
                .iter()
                .fold(0_i128, |sum, one| sum.saturating_add(*one));
            (sum, i128::try_from(deviations.len()).unwrap_or(1).max(1))
        }
        Some(middle) => (middle, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slipped_point_is_far_out_and_a_large_deal_is_not() {
        // A skewed month: many small amounts, some large ones.
        let mut amounts: Vec<i128> = (1..=100).map(|at| at * at).collect();
        amounts.push(30_000);
        amounts.push(500_000);
        let spread = Spread::of(amounts).expect("a spread");
        assert_eq!(spread.median, 2_601);
        assert_eq!(spread.far_out(30_000), None);
        assert!(spread.far_out(500_000).is_some_and(|tenths| tenths > 1_000));
        assert_eq!(spread.far_out(2_601), None);
        assert_eq!(spread.far_out(1), None);
        assert!(spread.far_out(-100_000).is_some());
    }

    #[test]
    fn equal_values_leave_only_what_differs_far_out() {
        let mut values = vec![100; 200];
        values.push(101);
        values.push(10_000);
        let spread = Spread::of(values).expect("a spread");
        assert_eq!(spread.far_out(100), None);
        assert_eq!(spread.far_out(101), None);
        assert!(spread.far_out(10_000).is_some());
        let all_equal = Spread::of(vec![5; 40]).expect("a spread");
        assert_eq!(all_equal.far_out(6), None, "nothing says how far is far");
    }

    #[test]
    fn few_values_have_no_spread() {
        assert_eq!(Spread::of(vec![1; ROWS_MIN - 1]), None);
        assert_eq!(Spread::of_any(Vec::new()), None);
        let extreme = Spread::of_any(vec![i128::MIN, 0, i128::MAX]).expect("a spread");
        assert!(!extreme.is_beyond(i128::MAX, 2));
    }

    proptest! {
        #[test]
        fn neither_order_nor_place_changes_what_is_far_out(mut values in prop::collection::vec(-1_000_i128..1_000, 30..80), shift in -500_i128..500) {
            let spread = Spread::of(values.clone()).expect("a spread");
            let told: Vec<Option<u64>> = values.iter().map(|value| spread.far_out(*value)).collect();
            let moved = Spread::of(values.iter().map(|value| value + shift).collect()).expect("a spread");
            let told_moved: Vec<Option<u64>> = values.iter().map(|value| moved.far_out(value + shift)).collect();
            prop_assert_eq!(&told, &told_moved);
            values.reverse();
            prop_assert_eq!(Spread::of(values), Some(spread));
        }
    }
}
