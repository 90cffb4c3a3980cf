//! The exact numbers against dashu's big rationals, which know no fast path, and the roundings against their definition.

mod laws;

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use dashu_int::ops::{Abs, BitTest, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use laws::{Reached, law};
use proptest::prelude::*;
use trueup_base::{Exact, Rounding};

/// Numbers on both sides of the border between the paths: ordinary amounts and rates, and those next to 2^31, 2^62, 2^63, 2^64 and
/// 2^128.
fn numbers() -> impl Strategy<Value = RBig> {
    let ordinary =
        (-1_000_000..=1_000_000_i64, 1..=1_000_u64).prop_map(|(numerator, denominator)| {
            RBig::from_parts(numerator.into(), denominator.into())
        });
    let any = (whole(), whole()).prop_map(|(numerator, denominator)| {
        RBig::from_parts(numerator, denominator.unsigned_abs().max(UBig::ONE))
    });
    prop_oneof![ordinary, any]
}

fn whole() -> impl Strategy<Value = IBig> {
    let near_power = (
        any::<bool>(),
        prop::sample::select(vec![31_usize, 32, 62, 63, 64, 126, 127, 128]),
        -2..=2_i32,
    );
    prop_oneof![
        4 => (-12..=12_i32).prop_map(IBig::from),
        3 => (-1_000_000..=1_000_000_i32).prop_map(IBig::from),
        2 => any::<i64>().prop_map(IBig::from),
        1 => any::<i128>().prop_map(IBig::from),
        4 => near_power.prop_map(|(negative, power, more)| {
            let number = (IBig::ONE << power) + more;
            if negative { -number } else { number }
        }),
        1 => (any::<i128>(), any::<i128>()).prop_map(|(a, b)| IBig::from(a) * IBig::from(b)),
        2 => (0..=40_usize, -9..=9_i32).prop_map(|(power, times)| IBig::from(10).pow(power) * times),
    ]
}

fn exact(number: &RBig) -> Exact {
    format!("{}/{}", number.numerator(), number.denominator())
        .parse()
        .unwrap()
}

fn hash(number: &Exact) -> u64 {
    let mut hasher = DefaultHasher::new();
    number.hash(&mut hasher);
    hasher.finish()
}

/// The number is the one expected, by its text, its equality and its hash: however it was computed, it is held in the one way.
fn same(found: &Exact, expected: &RBig) -> Result<(), TestCaseError> {
    let text = (
        found.numerator().to_string(),
        found.denominator().to_string(),
    );
    prop_assert_eq!(
        text,
        (
            expected.numerator().to_string(),
            expected.denominator().to_string()
        )
    );
    let read = exact(expected);
    prop_assert_eq!(found, &read);
    prop_assert_eq!(hash(found), hash(&read));
    Ok(())
}

#[test]
fn arithmetic_is_that_of_big_rationals() {
    let (within, beyond) = (Reached::default(), Reached::default());
    law((numbers(), numbers()), |(a, b)| {
        let (x, y) = (exact(&a), exact(&b));
        let sum = &a + &b;
        let fits =
            i64::try_from(sum.numerator()).is_ok() && i64::try_from(sum.denominator()).is_ok();
        within.note(fits);
        beyond.note(!fits);
        same(&x, &a)?;
        same(&(&x + &y), &sum)?;
        same(&(&x - &y), &(&a - &b))?;
        same(&(&x * &y), &(&a * &b))?;
        same(&-&x, &-a.clone())?;
        same(&x.abs(), &a.clone().abs())?;
        match x.checked_div(&y) {
            Some(quotient) => same(&quotient, &(&a / &b))?,
            None => prop_assert!(b.is_zero()),
        }
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        prop_assert_eq!(x == y, a == b);
        prop_assert_eq!(x.signum(), a.cmp(&RBig::ZERO) as i32);
        prop_assert_eq!(x.is_integer(), a.is_int());
        prop_assert_eq!(
            x.to_i64(),
            if a.is_int() {
                i64::try_from(a.numerator()).ok()
            } else {
                None
            }
        );
        let bits = a.numerator().bit_len() + a.denominator().bit_len();
        prop_assert_eq!(x.bits(), bits);
        Ok(())
    });
    within.assert_one_in(10);
    beyond.assert_one_in(10);
}

#[test]
fn assigning_and_adding_up_are_the_same_sums() {
    law(prop::collection::vec(numbers(), 0..8), |all| {
        let numbers: Vec<Exact> = all.iter().map(exact).collect();
        let expected = all.iter().fold(RBig::ZERO, |sum, number| sum + number);
        same(&numbers.iter().sum(), &expected)?;
        same(&numbers.iter().cloned().sum(), &expected)?;
        let (mut up, mut down, mut product) = (Exact::ZERO, Exact::ZERO, Exact::ONE);
        for number in &numbers {
            up += number;
            down -= number;
            product *= number;
        }
        same(&up, &expected)?;
        same(&-down, &expected)?;
        same(
            &product,
            &all.iter()
                .fold(RBig::ONE, |product, number| product * number),
        )
    });
}

#[test]
fn ratios_of_whole_numbers_are_in_lowest_terms() {
    law((any::<i64>(), any::<i64>()), |(a, b)| {
        match Exact::ratio(a, b) {
            Some(ratio) => same(
                &ratio,
                &RBig::from_parts_signed(IBig::from(a), IBig::from(b)),
            ),
            None => {
                prop_assert_eq!(b, 0);
                Ok(())
            }
        }
    });
}

/// What a rounding's name means, said with big rationals and without a word of the code under test.
fn rounded(number: &RBig, step: &RBig, how: Rounding) -> RBig {
    let times = number / step;
    let (low, high) = (times.floor(), times.ceil());
    let (to_low, to_high) = (
        &times - RBig::from(low.clone()),
        RBig::from(high.clone()) - &times,
    );
    let positive = times > RBig::ZERO;
    let (nearer_zero, further) = if positive {
        (&low, &high)
    } else {
        (&high, &low)
    };
    let nearest = match to_low.cmp(&to_high) {
        Ordering::Less => Some(&low),
        Ordering::Greater => Some(&high),
        Ordering::Equal => None,
    };
    let whole = match how {
        Rounding::Floor => &low,
        Rounding::Ceiling => &high,
        Rounding::Up => further,
        Rounding::Down => nearer_zero,
        Rounding::HalfAway => nearest.unwrap_or(further),
        Rounding::HalfEven => nearest.unwrap_or(if &low % 2 == 0 { &low } else { &high }),
    };
    RBig::from(whole.clone()) * step
}

fn positive_steps() -> impl Strategy<Value = RBig> {
    let one = RBig::ONE;
    prop_oneof![
        3 => (0..=30_usize).prop_map(|places| RBig::from_parts(IBig::ONE, UBig::from(10_u8).pow(places))),
        1 => numbers().prop_map(|number| number.abs()).prop_map(move |n| if n.is_zero() { one.clone() } else { n }),
    ]
}

/// LAW-9: one rounding, to what its name says and no further away than it may be. Half of the cases are ties.
#[test]
fn a_rounding_does_what_its_name_says() {
    let cases = (
        numbers(),
        positive_steps(),
        any::<bool>(),
        prop::sample::select(Rounding::ALL.to_vec()),
    );
    let half = RBig::from_parts(IBig::ONE, UBig::from(2_u8));
    law(cases, |(number, step, tie, how)| {
        let number = if tie {
            (RBig::from(number.floor()) + &half) * &step
        } else {
            number
        };
        let (x, s) = (exact(&number), exact(&step));
        let found = x.round_to(&s, how).unwrap();
        same(&found, &rounded(&number, &step, how))?;
        let away = (&found - &x).abs();
        let most = match how {
            Rounding::HalfAway | Rounding::HalfEven => &s * exact(&half),
            Rounding::Up | Rounding::Down | Rounding::Floor | Rounding::Ceiling => s.clone(),
        };
        prop_assert!(away <= most && away < s, "{x} {s} {how} {found}");
        // Rounding what is rounded changes nothing.
        prop_assert_eq!(found.round_to(&s, how), Some(found.clone()));
        prop_assert_eq!(x.round_to(&-s, how), None);
        let whole = RBig::ONE;
        same(&x.to_whole(how), &rounded(&number, &whole, how))?;
        same(&x.floor(), &RBig::from(number.floor()))?;
        same(&x.ceiling(), &RBig::from(number.ceil()))?;
        same(&x.trunc(), &RBig::from(number.trunc()))
    });
}

#[test]
fn every_number_reads_back_from_its_text() {
    law(numbers(), |number| {
        let x = exact(&number);
        prop_assert_eq!(x.to_string().parse(), Ok(x.clone()));
        let mut rest = number.denominator().clone();
        rest.remove(&UBig::from(2_u8));
        rest.remove(&UBig::from(5_u8));
        match x.to_decimal() {
            Some(decimal) => {
                prop_assert!(rest.is_one());
                prop_assert!(
                    !(decimal.contains('.') && decimal.ends_with('0')),
                    "{decimal} is not shortest"
                );
                prop_assert_eq!(Exact::parse(&decimal), Ok(x));
            }
            None => prop_assert!(!rest.is_one()),
        }
        Ok(())
    });
}

#[test]
fn scaled_integers_keep_their_value() {
    law((any::<i128>(), 0..=60_u32), |(unscaled, scale)| {
        let number = Exact::from_scaled(unscaled, scale);
        let power = UBig::from(10_u8).pow(usize::try_from(scale).unwrap());
        same(&number, &RBig::from_parts(IBig::from(unscaled), power))?;
        prop_assert_eq!(number.to_scaled(scale), Some(unscaled));
        Ok(())
    });
    law((numbers(), 0..=60_u32), |(number, scale)| {
        let power = UBig::from(10_u8).pow(usize::try_from(scale).unwrap());
        let scaled = &number * RBig::from(power);
        let expected = if scaled.is_int() {
            i128::try_from(scaled.numerator()).ok()
        } else {
            None
        };
        prop_assert_eq!(exact(&number).to_scaled(scale), expected);
        Ok(())
    });
}

#[test]
fn fixed_places_are_the_rounded_number() {
    let cases = (
        numbers(),
        0..=12_u32,
        prop::sample::select(Rounding::ALL.to_vec()),
    );
    law(cases, |(number, scale, how)| {
        let x = exact(&number);
        let fixed = x.to_fixed(scale, how);
        let places = fixed.split_once('.').map_or(0, |(_, places)| places.len());
        prop_assert_eq!(places, usize::try_from(scale).unwrap());
        prop_assert_eq!(
            Exact::parse(&fixed).ok(),
            x.round_to(&Exact::from_scaled(1, scale), how)
        );
        prop_assert_eq!(x.to_grouped(scale, how).replace(',', ""), fixed);
        Ok(())
    });
}

/// The strict text of plans, said once more.
fn is_number_text(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    whole.split('_').all(digits) && digits(places)
}

#[test]
fn a_text_is_read_whole_or_refused() {
    let texts = prop_oneof![
        "-?[0-9]{1,3}(_[0-9]{3}){0,3}(\\.[0-9]{1,25})?",
        "[-+._0-9eE, ]{0,12}",
        "-?[0-9_]{1,60}\\.?[0-9_]{0,4}",
        "\\PC{0,6}",
    ];
    let (read, refused) = (Reached::default(), Reached::default());
    law(texts, |text| {
        let number = Exact::parse(&text);
        read.note(number.is_ok());
        refused.note(number.is_err());
        match number {
            Ok(number) => {
                prop_assert!(is_number_text(&text), "{text} was read");
                let digits: String = text.chars().filter(|c| *c != '_' && *c != '.').collect();
                let places = text.split_once('.').map_or(0, |(_, places)| places.len());
                let unscaled = IBig::from_str_radix(&digits, 10).unwrap();
                same(
                    &number,
                    &RBig::from_parts(unscaled, UBig::from(10_u8).pow(places)),
                )?;
            }
            Err(error) => {
                prop_assert!(!is_number_text(&text), "{text}: {error}");
            }
        }
        Ok(())
    });
    read.assert_one_in(10);
    refused.assert_one_in(10);
}
