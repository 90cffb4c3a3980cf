//! What holds of curves and ranges, over generated formulas: a curve says of every figure what exact numbers say of it,
//! and the bounds of a range hold whatever comes out.

use proptest::prelude::*;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::number::Patch;
use trueup_engine::{Answer, Number, Truth};
use trueup_plan::tree::{Comparison, NoAnswerKind};

use crate::analytic::curve::{Course, Curve, Spot};
use crate::analytic::poly::{Poly, Root, simplest};
use crate::analytic::range::Range;

/// A formula of one input.
#[derive(Clone, Debug)]
enum Made {
    Input,
    Figure(Exact),
    Missing,
    Plus(Box<Made>, Box<Made>),
    Minus(Box<Made>, Box<Made>),
    Times(Box<Made>, Box<Made>),
    Over(Box<Made>, Box<Made>),
    Abs(Box<Made>),
    Least(Box<Made>, Box<Made>),
    Greatest(Box<Made>, Box<Made>),
    Otherwise(Box<Made>, Box<Made>),
    Coalesce(Box<Made>, Box<Made>),
    /// Where the first compares so with the second the third, else the fourth.
    Case(Comparison, Box<[Made; 4]>),
    /// The same where both comparisons hold, or either.
    Both(bool, Box<[Made; 5]>),
    /// Nothing where there is no answer of the kind, else the formula.
    IfNone(NoAnswerKind, Box<Made>),
    /// Rounded to whole numbers.
    Whole(Box<Made>),
}

impl Made {
    /// What it comes to in any numbers.
    fn of<N: Number>(&self, input: &N) -> N {
        let both = |a: &Self, b: &Self| (a.of(input), b.of(input));
        match self {
            Self::Input => input.clone(),
            Self::Figure(figure) => N::known(figure.clone()),
            Self::Missing => N::none(trueup_engine::NoAnswer::missing("nothing is there")),
            Self::Plus(a, b) => {
                let (a, b) = both(a, b);
                a.plus(&b)
            }
            Self::Minus(a, b) => {
                let (a, b) = both(a, b);
                a.minus(&b)
            }
            Self::Times(a, b) => {
                let (a, b) = both(a, b);
                a.times(&b)
            }
            Self::Over(a, b) => {
                let (a, b) = both(a, b);
                a.over(&b)
            }
            Self::Abs(a) => a.of(input).abs(),
            Self::Least(a, b) => {
                let (a, b) = both(a, b);
                a.or_other(Comparison::Less, &b)
            }
            Self::Greatest(a, b) => {
                let (a, b) = both(a, b);
                a.or_other(Comparison::More, &b)
            }
            Self::Otherwise(a, b) => {
                let (a, b) = both(a, b);
                a.or(Patch::Undefined, &b)
            }
            Self::Coalesce(a, b) => {
                let (a, b) = both(a, b);
                a.or(Patch::Both, &b)
            }
            Self::Case(how, parts) => {
                let [a, b, then, otherwise] = &**parts;
                let holds = a.of(input).compared(*how, &b.of(input));
                N::select(&holds, &then.of(input), &otherwise.of(input))
            }
            Self::Both(is_and, parts) => {
                let [a, b, c, then, otherwise] = &**parts;
                let first = a.of(input).compared(Comparison::AtLeast, &b.of(input));
                let second = b.of(input).compared(Comparison::Less, &c.of(input));
                let holds = match is_and {
                    true => first.and(&second),
                    false => first.or_else(&second.not()),
                };
                N::select(&holds, &then.of(input), &otherwise.of(input))
            }
            Self::IfNone(kind, a) => {
                let a = a.of(input);
                N::select(&a.is(*kind), &N::known(Exact::ZERO), &a)
            }
            Self::Whole(a) => a
                .of(input)
                .rounded(&N::known(Exact::ONE), Rounding::HalfAway),
        }
    }
}

fn small() -> impl Strategy<Value = Exact> {
    (-12i64..=12, 1i64..=3).prop_map(|(a, b)| Exact::ratio(a, b).unwrap_or(Exact::ZERO))
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::AtMost,
        Comparison::More,
        Comparison::AtLeast,
    ])
}

fn made(with_rounding: bool) -> impl Strategy<Value = Made> {
    let leaf = prop_oneof![
        5 => Just(Made::Input),
        4 => small().prop_map(Made::Figure),
        1 => Just(Made::Missing),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        let two = || (one.clone(), one.clone());
        prop_oneof![
            3 => two().prop_map(|(a, b)| Made::Plus(a, b)),
            3 => two().prop_map(|(a, b)| Made::Minus(a, b)),
            2 => two().prop_map(|(a, b)| Made::Times(a, b)),
            2 => two().prop_map(|(a, b)| Made::Over(a, b)),
            1 => one.clone().prop_map(Made::Abs),
            1 => one.clone().prop_map(move |a| match with_rounding {
                true => Made::Whole(a),
                false => Made::Abs(a),
            }),
            2 => two().prop_map(|(a, b)| Made::Least(a, b)),
            2 => two().prop_map(|(a, b)| Made::Greatest(a, b)),
            1 => two().prop_map(|(a, b)| Made::Otherwise(a, b)),
            1 => two().prop_map(|(a, b)| Made::Coalesce(a, b)),
            3 => (comparison(), [inner.clone(), inner.clone(), inner.clone(), inner.clone()])
                .prop_map(|(how, parts)| Made::Case(how, Box::new(parts))),
            2 => (any::<bool>(), [inner.clone(), inner.clone(), inner.clone(), inner.clone(), inner.clone()])
                .prop_map(|(is_and, parts)| Made::Both(is_and, Box::new(parts))),
            1 => (any::<bool>(), one).prop_map(|(missing, a)| Made::IfNone(
                match missing {
                    true => NoAnswerKind::Missing,
                    false => NoAnswerKind::Undefined,
                },
                a,
            )),
        ]
    })
}

proptest! {
    #[test]
    fn a_curve_says_of_every_figure_what_exact_numbers_say(
        formula in made(false),
        figures in prop::collection::vec(small(), 1..12),
        from_zero in any::<bool>(),
    ) {
        let lowest = from_zero.then_some(Exact::ZERO);
        let curve = formula.of(&Curve::input(Course { lowest, ..Course::default() }));
        // Where anything turns is where a mistake would be.
        let knots = curve.pieces().map_or(&[][..], |pieces| &pieces.knots);
        let inside = figures.iter().chain(knots).filter(|x| !from_zero || !x.is_negative());
        for x in inside {
            let exact = formula.of(&Answer::known(x.clone()));
            match curve.at(x) {
                Spot::Known(figure) => prop_assert_eq!(Some(&figure), exact.figure(), "at {}", x),
                Spot::None(reason) => prop_assert_eq!(Some(reason.kind), exact.reason().map(|reason| reason.kind), "at {}", x),
                Spot::Unknown => {}
            }
        }
    }

    #[test]
    fn a_curve_with_roundings_is_off_by_no_more_than_its_slack(
        formula in made(false),
        scale in 1i64..50,
        figures in prop::collection::vec(small(), 1..8),
    ) {
        // What is rounded in the end, and added to what is not.
        let rounded = Made::Plus(
            Box::new(Made::Whole(Box::new(Made::Times(Box::new(Made::Figure(Exact::from_int(scale))), Box::new(formula.clone()))))),
            Box::new(Made::Input),
        );
        let curve = rounded.of(&Curve::input(Course::default()));
        for x in &figures {
            let exact = rounded.of(&Answer::known(x.clone()));
            if let (Spot::Known(figure), Some(exact)) = (curve.at(x), exact.figure()) {
                prop_assert!((&figure - exact).abs() <= curve.slack, "at {}: {} and {}", x, figure, exact);
            }
        }
    }

    #[test]
    fn what_comes_out_lies_within_its_bounds(
        formula in made(true),
        ends in (small(), small()),
        inside in prop::collection::vec(0i64..=6, 1..8),
        open in 0u8..4,
    ) {
        let (low, high) = (ends.0.clone().min(ends.1.clone()), ends.0.max(ends.1));
        let range = Range::between((open & 1 == 0).then(|| low.clone()), (open & 2 == 0).then(|| high.clone()));
        let bounds = formula.of(&range);
        for part in inside {
            let part = Exact::ratio(part, 6).unwrap_or(Exact::ZERO);
            let x = &low + &(&(&high - &low) * &part);
            let exact = formula.of(&Answer::known(x.clone()));
            match (exact.figure(), exact.reason()) {
                (Some(figure), _) => {
                    let ends = bounds.ends.as_ref();
                    prop_assert!(ends.is_some(), "{} has a figure and its bounds none", x);
                    if let Some(ends) = ends {
                        prop_assert!(ends.low.as_ref().is_none_or(|low| low <= figure), "{} at {} is below {:?}", figure, x, ends);
                        prop_assert!(ends.high.as_ref().is_none_or(|high| figure <= high), "{} at {} is above {:?}", figure, x, ends);
                    }
                }
                (None, Some(reason)) => prop_assert!(match reason.kind {
                    NoAnswerKind::Missing => bounds.none.missing,
                    NoAnswerKind::Undefined => bounds.none.undefined,
                }, "no answer at {} is not foreseen", x),
                (None, None) => {}
            }
        }
    }

    #[test]
    fn every_rational_root_is_found_and_every_other_one_enclosed(
        roots in prop::collection::btree_set(small(), 0..4),
        irrational in prop::option::of(2i64..40),
    ) {
        let mut poly = Poly::constant(Exact::from_int(3));
        for root in &roots {
            poly = poly.times(&Poly::new(vec![-root, Exact::ONE]));
        }
        if let Some(square) = irrational {
            poly = poly.times(&Poly::new(vec![Exact::from_int(-square), Exact::ZERO, Exact::ONE]));
        }
        let found = poly.roots(&None, &None);
        let is_square = irrational.is_some_and(|square| (1..7).any(|side| side * side == square));
        let (mut exact, mut enclosed) = (Vec::new(), 0);
        for root in &found {
            match root {
                Root::At(x) => exact.push(x.clone()),
                Root::Between(a, b) => {
                    prop_assert!(poly.at(a).signum() * poly.at(b).signum() < 0, "no root between {} and {}", a, b);
                    enclosed += 1;
                }
            }
        }
        for root in &roots {
            prop_assert!(exact.contains(root), "{} is not among {:?}", root, found);
        }
        if irrational.is_some() && !is_square {
            prop_assert_eq!(enclosed, 2);
        } else {
            prop_assert_eq!(enclosed, 0);
        }
    }

    #[test]
    fn the_simplest_between_two_figures_lies_between_them(a in small(), b in small()) {
        let (low, high) = (a.clone().min(b.clone()), a.max(b));
        match simplest(&low, &high) {
            Some(found) => prop_assert!(low < found && found < high),
            None => prop_assert_eq!(low, high),
        }
    }
}

#[test]
fn a_quotient_of_which_both_parts_move_is_held_where_its_course_says() {
    let held = Course {
        held_at: Some(Exact::ONE),
        ..Course::default()
    };
    let input = Curve::input(held);
    let ten = Curve::known(Exact::from_int(10));
    // (10 + x) / (30 + 2x), a mean of unlike parts, stands as at 1; x / (10 + x), a part of a whole, does not.
    let mean = ten
        .plus(&input)
        .over(&Curve::known(Exact::from_int(30)).plus(&input).plus(&input));
    assert_eq!(
        mean.at(&Exact::from_int(7)).figure(),
        Exact::ratio(11, 32).as_ref()
    );
    let part = input.over(&ten.plus(&input));
    assert_eq!(
        part.at(&Exact::from_int(10)).figure(),
        Exact::ratio(1, 2).as_ref()
    );
}
