//! One sentence has one reading: no two formulas are said in the same words.

use std::collections::BTreeMap;

use proptest::prelude::*;
use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::Sources;
use trueup_plan::span::Span;
use trueup_plan::tree::{
    Call, Comparison, Elsewhere, Expr, FoldBy, Form, Literal, MeasureId, Name, NoAnswerKind,
    Operator, Plan, TableId, Type, Unit, ValueId,
};
use trueup_plan::words::{self, Length, Subject, markdown};

const PLAN: &str = "\
plan: small
currency: EUR
facts:
  sale: { columns: { partner: partner, on: date, amount: money } }
measures:
  sales: { is: Sales, sum: sale.amount }
  lines: { is: Lines, count: sale }
values:
  said: { is: What is said, formula: 1 * sales }
  glad: { is: Glad, formula: sales > 1 }
tables:
  rates: { is: Rates, of: sold, one_band: rate, bands: [ { from: 0, rate: 1 } ] }
components:
  bonus: { is: A bonus, gate: glad, pays: rates(sales) * said }
";

fn of(form: Form, of: Type) -> Expr {
    Expr {
        form,
        of,
        span: Span::default(),
    }
}

const MONEY: Type = Type::Number(Unit::MONEY);

fn number() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(of(Form::Name(Name::Measure(MeasureId(0))), MONEY)),
        Just(of(
            Form::Name(Name::Measure(MeasureId(1))),
            Type::Number(Unit::COUNT)
        )),
        (1i64..3).prop_map(|n| of(Form::Literal(Literal::Number(Exact::from_int(n))), MONEY)),
    ];
    leaf.prop_recursive(5, 24, 3, |inner| {
        let pair = (inner.clone(), inner.clone());
        let operators = prop_oneof![
            Just(Operator::Plus),
            Just(Operator::Minus),
            Just(Operator::Times),
            Just(Operator::Over),
        ];
        let windows = prop_oneof![
            Just(Elsewhere::Previous(1, None)),
            Just(Elsewhere::PreviousYear),
            Just(Elsewhere::Trailing(Duration { months: 2, days: 0 })),
        ];
        prop_oneof![
            4 => (operators, pair.clone())
                .prop_map(|(operator, (a, b))| of(Form::Arithmetic(operator, Box::new(a), Box::new(b)), MONEY)),
            1 => inner.clone().prop_map(|x| of(Form::Negated(Box::new(x)), MONEY)),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(|of_these| of(Form::Call(Call::Least(of_these)), MONEY)),
            1 => prop::collection::vec(inner.clone(), 2..4).prop_map(|of_these| of(Form::Call(Call::Coalesce(of_these)), MONEY)),
            1 => pair.clone().prop_map(|(a, b)| of(Form::Call(Call::Otherwise(Box::new(a), Box::new(b))), MONEY)),
            1 => (windows, inner.clone()).prop_map(|(to, x)| of(Form::Call(Call::Asked(to, Box::new(x))), MONEY)),
            1 => pair.clone().prop_map(|(x, first)| {
                of(Form::Call(Call::Asked(Elsewhere::Previous(1, Some(Box::new(first))), Box::new(x))), MONEY)
            }),
            1 => inner.clone().prop_map(|x| {
                of(Form::Call(Call::FoldedBy(FoldBy::Max, Box::new(x), WindowUnit::Month)), MONEY)
            }),
            1 => inner.clone().prop_map(|x| of(Form::Call(Call::Table(TableId(0), vec![x])), MONEY)),
            1 => pair.clone().prop_map(|(x, to)| {
                let (x, to) = (Box::new(x), Box::new(to));
                of(Form::Call(Call::Round { x, to, mode: Rounding::HalfAway }), MONEY)
            }),
            1 => inner.clone().prop_map(|x| {
                of(Form::Call(Call::Total { x: Box::new(x), filter: None }), MONEY)
            }),
            1 => (condition(inner.clone()), pair).prop_map(|(test, (a, b))| {
                of(Form::Case(vec![(test, a)], Box::new(b)), MONEY)
            }),
            1 => (condition(inner.clone()), condition(inner.clone()), inner.clone(), inner.clone(), inner).prop_map(
                |(first, second, a, b, c)| of(Form::Case(vec![(first, a), (second, b)], Box::new(c)), MONEY)
            ),
        ]
    })
}

fn condition(number: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    let flag = |form| of(form, Type::Flag);
    let leaf = prop_oneof![
        Just(flag(Form::Name(Name::Value(ValueId(1))))),
        (number.clone(), number.clone()).prop_map(move |(a, b)| {
            flag(Form::Compared(
                Comparison::AtLeast,
                Box::new(a),
                Box::new(b),
            ))
        }),
        (number.clone(), number.clone(), number.clone()).prop_map(move |(x, low, high)| {
            flag(Form::Between(Box::new(x), Box::new(low), Box::new(high)))
        }),
        (number.clone(), prop::collection::vec(number.clone(), 1..3))
            .prop_map(move |(x, list)| flag(Form::In(Box::new(x), list))),
        number.prop_map(move |x| flag(Form::Is(Box::new(x), NoAnswerKind::Missing))),
    ];
    leaf.prop_recursive(3, 8, 3, move |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(move |x| flag(Form::Not(Box::new(x)))),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(move |parts| flag(Form::And(parts))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(move |parts| flag(Form::Or(parts))),
            inner.prop_map(move |x| flag(Form::Call(Call::Ever(Box::new(x))))),
        ]
    })
}

fn said(plan: &mut Plan, sources: &Sources, formula: &Expr) -> String {
    plan.values[0].formula = formula.clone();
    let subject = Subject {
        plan,
        sources,
        kinds: &[],
        examples: &[],
        template: None,
        agreed: None,
    };
    let said = markdown::render(&[words::document(&subject, Length::Full)]);
    let (_, said) = said.split_once("`said`").expect("the value is said");
    let (said, _) = said.split_once("###").expect("the next value follows");
    said.to_owned()
}

proptest! {
    #[test]
    fn no_two_formulas_are_said_alike(formulas in prop::collection::vec(prop_oneof![number(), condition(number().boxed())], 12)) {
        let mut sources = Sources::new();
        let (plan, found) = read(&mut sources, &[("plan.yaml", PLAN)], Strictness::Draft);
        let mut plan = plan.unwrap_or_else(|| panic!("{found:?}"));
        let mut seen: BTreeMap<String, Expr> = BTreeMap::new();
        let variants = formulas.iter().flat_map(|formula| std::iter::once(formula.clone()).chain(regrouped(formula)));
        for formula in variants.collect::<Vec<_>>() {
            let words = said(&mut plan, &sources, &formula);
            if let Some(before) = seen.get(&words) {
                prop_assert!(*before == formula, "{words}\nsays both\n{before:#?}\nand\n{formula:#?}");
            }
            seen.insert(words, formula);
        }
    }
}

/// The same words in another grouping: `(a + b) * c` and `a + b * c`, `not (a and b)` and `not a and b`.
fn regrouped(formula: &Expr) -> Vec<Expr> {
    let mut found = Vec::new();
    match &formula.form {
        Form::Arithmetic(outer, left, c) => {
            if let Form::Arithmetic(inner, a, b) = &left.form {
                let right = of(Form::Arithmetic(*outer, b.clone(), c.clone()), formula.of);
                found.push(of(
                    Form::Arithmetic(*inner, a.clone(), Box::new(right)),
                    formula.of,
                ));
            }
            if let Form::Call(Call::Least(parts)) = &left.form {
                let mut parts = parts.clone();
                let last = parts.pop().expect("two parts at least");
                parts.push(of(
                    Form::Arithmetic(*outer, Box::new(last), c.clone()),
                    formula.of,
                ));
                found.push(of(Form::Call(Call::Least(parts)), formula.of));
            }
            if let Form::Call(Call::Asked(to, x)) = &c.form {
                let inside = of(
                    Form::Arithmetic(*outer, left.clone(), x.clone()),
                    formula.of,
                );
                found.push(of(
                    Form::Call(Call::Asked(to.clone(), Box::new(inside))),
                    formula.of,
                ));
            }
        }
        Form::Not(x) => {
            if let Form::And(parts) = &x.form {
                let mut parts = parts.clone();
                parts[0] = of(Form::Not(Box::new(parts[0].clone())), Type::Flag);
                found.push(of(Form::And(parts), Type::Flag));
            }
        }
        Form::And(parts) => {
            if let Some(Form::Or(inner)) = parts.last().map(|last| &last.form) {
                let mut first = parts.clone();
                first.pop();
                first.push(inner[0].clone());
                let mut all = vec![of(Form::And(first), Type::Flag)];
                all.extend(inner.iter().skip(1).cloned());
                found.push(of(Form::Or(all), Type::Flag));
            }
        }
        _ => {}
    }
    found
}
