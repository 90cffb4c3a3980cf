//! The laws of sharing: LAW-1 to LAW-8.

mod laws;

use std::collections::BTreeMap;

use laws::{Reached, law};
use proptest::prelude::*;
use trueup_base::{Exact, Rest, Rounding, allocate, share};

fn decimals() -> impl Strategy<Value = Exact> {
    prop_oneof![
        3 => (-1_000..=1_000_i64).prop_map(Exact::from_int),
        3 => (any::<i32>(), 0..=6_u32).prop_map(|(unscaled, scale)| Exact::from_scaled(i128::from(unscaled), scale)),
        1 => (any::<i64>(), 1..=97_i64).prop_map(|(n, d)| Exact::ratio(n, d).unwrap()),
        1 => any::<i128>().prop_map(|n| Exact::from_scaled(n, 2)),
    ]
}

/// Weights with zeros and with equals among them, and at least one above zero.
fn weights() -> impl Strategy<Value = Vec<Exact>> {
    let weight = prop_oneof![
        2 => (0..=3_i64).prop_map(Exact::from_int),
        2 => decimals().prop_map(|number| number.abs()),
    ];
    (prop::collection::vec(weight, 0..10), 0..10_usize, 1..=9_i64).prop_map(
        |(mut weights, at, one)| {
            weights.insert(at.min(weights.len()), Exact::from_int(one));
            weights
        },
    )
}

fn steps() -> impl Strategy<Value = Exact> {
    prop::sample::select(vec!["1", "0.01", "0.000001", "5", "1/3", "1000"])
        .prop_map(|step| step.parse().unwrap())
}

/// A total that is a multiple of the step, or (a fifth of the cases) any.
fn totals() -> impl Strategy<Value = (Exact, Exact)> {
    (decimals(), steps(), 0..5_u8).prop_map(|(total, step, any)| match any {
        0 => (total, step),
        _ => (total.round_to(&step, Rounding::Down).unwrap(), step),
    })
}

fn rests() -> impl Strategy<Value = Rest> {
    prop::sample::select(Rest::ALL.to_vec())
}

fn quota(total: &Exact, weight: &Exact, weights: &[Exact]) -> Exact {
    (total * weight).checked_div(&weights.iter().sum()).unwrap()
}

#[test]
fn law_1_the_parts_add_up_to_the_total() {
    let exactly = Reached::default();
    law(
        (totals(), weights(), rests()),
        |((total, step), weights, rest)| {
            let parts = allocate(&total, &weights, &step, rest).unwrap();
            let sum: Exact = parts.iter().sum();
            let whole = total.round_to(&step, Rounding::Down).unwrap();
            match rest {
                Rest::Largest | Rest::InOrder => prop_assert_eq!(&sum, &whole),
                Rest::Stays => {
                    let left = (&total - &sum).abs();
                    let members = i64::try_from(weights.len()).unwrap();
                    prop_assert!(
                        sum.abs() <= whole.abs() && left < &step * Exact::from_int(members)
                    );
                }
            }
            for part in &parts {
                prop_assert!(
                    part.checked_div(&step).unwrap().is_integer(),
                    "{part} is no multiple of {step}"
                );
            }
            exactly.note(sum == total);
            Ok(())
        },
    );
    exactly.assert_one_in(3);
}

#[test]
fn law_2_a_part_lies_less_than_one_step_from_its_exact_share() {
    law(
        (totals(), weights(), rests()),
        |((total, step), weights, rest)| {
            let parts = allocate(&total, &weights, &step, rest).unwrap();
            for (part, weight) in parts.iter().zip(&weights) {
                let away = (part - quota(&total, weight, &weights)).abs();
                // In order, a member whose share was whole may get one step more.
                prop_assert!(
                    away < step || (rest == Rest::InOrder && away == step),
                    "{part} is {away} away"
                );
            }
            Ok(())
        },
    );
}

#[test]
fn law_3_nothing_goes_to_who_has_no_weight() {
    law(
        (totals(), weights(), rests()),
        |((total, step), weights, rest)| {
            let parts = allocate(&total, &weights, &step, rest).unwrap();
            prop_assert!(
                parts
                    .iter()
                    .zip(&weights)
                    .all(|(part, weight)| !weight.is_zero() || part.is_zero())
            );
            Ok(())
        },
    );
}

#[test]
fn law_4_a_negative_total_is_the_mirror_image() {
    law(
        (totals(), weights(), rests()),
        |((total, step), weights, rest)| {
            let parts = allocate(&total, &weights, &step, rest).unwrap();
            let mirrored: Vec<Exact> = allocate(&-total, &weights, &step, rest)
                .unwrap()
                .iter()
                .map(|part| -part)
                .collect();
            prop_assert_eq!(parts, mirrored);
            Ok(())
        },
    );
}

/// Whoever stands where: among those who lost equally by the cut, equally many get a unit more. (Who of them, the order
/// decides: callers pass members by id.)
#[test]
fn law_5_the_order_decides_among_equals_only() {
    let cases = (
        totals(),
        weights().prop_flat_map(|w| (Just(w.clone()), Just(w).prop_shuffle())),
    );
    law(cases, |((total, step), (weights, shuffled))| {
        let gained_by_lost = |weights: &[Exact]| {
            let parts = allocate(&total, weights, &step, Rest::Largest).unwrap();
            let mut gained: BTreeMap<Exact, Vec<Exact>> = BTreeMap::new();
            for (part, weight) in parts.iter().zip(weights) {
                let share = quota(&total.abs(), weight, weights)
                    .checked_div(&step)
                    .unwrap();
                let units = part.abs().checked_div(&step).unwrap();
                gained
                    .entry(&share - share.floor())
                    .or_default()
                    .push(units - share.floor());
            }
            gained.values_mut().for_each(|gained| gained.sort());
            gained
        };
        prop_assert_eq!(gained_by_lost(&weights), gained_by_lost(&shuffled));
        Ok(())
    });
}

/// Who gets a unit more has lost at least as much by the cut as who gets none, and among equals comes first.
#[test]
fn law_5_ties_go_to_the_earlier() {
    let tied = Reached::default();
    let like = prop::collection::vec((1..=3_i64).prop_map(Exact::from_int), 2..10);
    law(
        (totals(), prop_oneof![weights(), like]),
        |((total, step), weights)| {
            let shares = share::split(&total.abs().checked_div(&step).unwrap(), &weights).unwrap();
            let parts = allocate(&total.abs(), &weights, &step, Rest::Largest).unwrap();
            let got_more =
                |(share, part): (&Exact, &Exact)| part.checked_div(&step).unwrap() > share.floor();
            let more: Vec<bool> = shares.iter().zip(&parts).map(got_more).collect();
            let lost: Vec<Exact> = shares.iter().map(|share| share - share.floor()).collect();
            let mut decided = false;
            for (at, (lost_here, more_here)) in lost.iter().zip(&more).enumerate() {
                for (lost_later, more_later) in lost.iter().zip(&more).skip(at + 1) {
                    match (more_here, more_later) {
                        (false, true) => prop_assert!(lost_later > lost_here, "{lost:?} {more:?}"),
                        (true, false) => prop_assert!(lost_later <= lost_here, "{lost:?} {more:?}"),
                        (true, true) | (false, false) => {}
                    }
                    decided |= more_here != more_later && lost_here == lost_later;
                }
            }
            tied.note(decided);
            Ok(())
        },
    );
    tied.assert_one_in(20);
}

#[test]
fn law_6_only_the_proportion_of_the_weights_counts() {
    let factors = (1..=1_000_000_i64, 1..=1_000_i64).prop_map(|(n, d)| Exact::ratio(n, d).unwrap());
    law(
        (totals(), weights(), rests(), factors),
        |((total, step), weights, rest, factor)| {
            let scaled: Vec<Exact> = weights.iter().map(|weight| weight * &factor).collect();
            prop_assert_eq!(
                allocate(&total, &weights, &step, rest),
                allocate(&total, &scaled, &step, rest)
            );
            Ok(())
        },
    );
}

#[test]
fn law_7_equals_differ_by_one_step_at_most() {
    let differ = Reached::default();
    law(
        (totals(), weights(), rests()),
        |((total, step), weights, rest)| {
            let parts = allocate(&total, &weights, &step, rest).unwrap();
            for (at, (part, weight)) in parts.iter().zip(&weights).enumerate() {
                for (other_part, other_weight) in parts.iter().zip(&weights).skip(at + 1) {
                    if weight == other_weight {
                        prop_assert!((part - other_part).abs() <= step);
                        differ.note(part != other_part);
                    }
                }
            }
            Ok(())
        },
    );
    differ.assert_one_in(100);
}

/// LAW-8: however a sequence is cut, its rounded differences add up to the difference of its rounded ends.
#[test]
fn law_8_cumulative_rounding_telescopes() {
    let shares = prop::collection::vec(decimals(), 0..10);
    let cases = (
        decimals(),
        shares,
        steps(),
        prop::sample::select(Rounding::ALL.to_vec()),
    );
    law(cases, |(total, shares, step, how)| {
        let parts = share::instalments(&total, &shares, &step, how).unwrap();
        for count in 0..=shares.len() {
            let so_far: Exact = shares[..count].iter().sum();
            let paid: Exact = parts[..count].iter().sum();
            prop_assert_eq!(Some(paid), (&total * &so_far).round_to(&step, how));
        }
        Ok(())
    });
}

#[test]
fn a_split_is_exact() {
    law((decimals(), weights()), |(total, weights)| {
        let parts = share::split(&total, &weights).unwrap();
        prop_assert_eq!(parts.iter().sum::<Exact>(), total.clone());
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert_eq!(part, &quota(&total, weight, &weights));
        }
        Ok(())
    });
}
