//! A slow reading of the typed tree, from the language's own page and nothing else: every figure is a big rational, every
//! name is read again each time it is mentioned, nothing is remembered. It reads one window and no rows.
//!
//! It shares no arithmetic with the engine: no small fast path, no lanes, no memory, no graph.

use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::{
    BoundKind, Call, Comparison, Component, Expr, Form, Literal, Name, NoAnswerKind, Operator,
    Plan, Reading, Table,
};

/// What a formula answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    Number(RBig),
    Flag(bool),
    None(NoAnswerKind),
}

use Read::{Flag, None as Nothing, Number};

/// An exact number as a big rational, by way of its digits.
pub fn big(figure: &Exact) -> RBig {
    let digits = |part: Exact| part.to_string();
    let top: IBig = digits(figure.numerator()).parse().expect("whole digits");
    let bottom: UBig = digits(figure.denominator()).parse().expect("whole digits");
    RBig::from_parts(top, bottom)
}

/// A plan with one answer for each measure.
pub struct Slow<'p> {
    pub plan: &'p Plan,
    pub measures: &'p [Option<Exact>],
}

/// The names known inside a band.
struct Band<'a> {
    arguments: &'a [Read],
    cells: Vec<Read>,
    lower: Option<RBig>,
    upper: Option<RBig>,
    filled: bool,
}

/// Of two kinds of no answer, missing wins.
fn worse(a: NoAnswerKind, b: NoAnswerKind) -> Read {
    Nothing(if a == NoAnswerKind::Missing { a } else { b })
}

fn both(a: Read, b: Read, combine: impl FnOnce(RBig, RBig) -> Read) -> Read {
    match (a, b) {
        (Number(a), Number(b)) => combine(a, b),
        (Nothing(a), Nothing(b)) => worse(a, b),
        (Nothing(kind), _) | (_, Nothing(kind)) => Nothing(kind),
        (a, b) => panic!("two numbers are meant, not {a:?} and {b:?}"),
    }
}

fn holds(how: Comparison, a: &RBig, b: &RBig) -> bool {
    match how {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::AtMost => a <= b,
        Comparison::More => a > b,
        Comparison::AtLeast => a >= b,
    }
}

fn compared(how: Comparison, a: Read, b: Read) -> Read {
    both(a, b, |a, b| Flag(holds(how, &a, &b)))
}

/// Any false is false, then any missing is missing, then any undefined; else true.
fn all(parts: Vec<Read>) -> Read {
    if parts.contains(&Flag(false)) {
        return Flag(false);
    }
    for kind in [NoAnswerKind::Missing, NoAnswerKind::Undefined] {
        if parts.contains(&Nothing(kind)) {
            return Nothing(kind);
        }
    }
    Flag(true)
}

fn not(x: Read) -> Read {
    match x {
        Flag(holds) => Flag(!holds),
        other => other,
    }
}

/// A multiple of the step, by the name of the rounding.
pub fn rounded(x: &RBig, step: &RBig, mode: Rounding) -> RBig {
    let times = x / step;
    let floor = RBig::from(times.floor());
    let rest = &times - &floor;
    let half = RBig::from_parts(IBig::ONE, UBig::from(2u8));
    let negative = times < RBig::ZERO;
    let up = match mode {
        Rounding::Floor => false,
        Rounding::Ceiling => rest > RBig::ZERO,
        Rounding::Up => rest > RBig::ZERO && !negative,
        Rounding::Down => rest > RBig::ZERO && negative,
        Rounding::HalfAway => rest > half || (rest == half && !negative),
        Rounding::HalfEven => {
            let odd = RBig::from((&floor / RBig::from(2)).floor()) * RBig::from(2) != floor;
            rest > half || (rest == half && odd)
        }
    };
    (if up { floor + RBig::ONE } else { floor }) * step
}

impl Slow<'_> {
    pub fn formula(&self, formula: &Expr) -> Read {
        self.read(formula, None)
    }

    /// For, gate, pays, floor, cap, rounding.
    pub fn component(&self, component: &Component) -> Read {
        if let Some(gate) = &component.gate {
            match self.formula(gate) {
                Flag(true) => {}
                Flag(false) => return Number(RBig::ZERO),
                other => return other,
            }
        }
        let mut amount = self.formula(&component.pays);
        if let Some(floor) = &component.at_least {
            amount = both(amount, self.formula(floor), |a, b| Number(a.max(b)));
        }
        if let Some(cap) = &component.at_most {
            amount = both(amount, self.formula(cap), |a, b| Number(a.min(b)));
        }
        match (&component.rounding, amount) {
            (Some(rounding), Number(amount)) => {
                Number(rounded(&amount, &big(&rounding.to), rounding.mode))
            }
            (_, amount) => amount,
        }
    }

    fn read(&self, formula: &Expr, band: Option<&Band<'_>>) -> Read {
        let x = |part: &Expr| self.read(part, band);
        match &formula.form {
            Form::Literal(literal) => match literal {
                Literal::Number(figure) => Number(big(figure)),
                Literal::Flag(holds) => Flag(*holds),
                Literal::Missing => Nothing(NoAnswerKind::Missing),
                Literal::Text(_) | Literal::Date(_) | Literal::Duration(_) => {
                    panic!("no such literal is made")
                }
            },
            Form::Name(name) => self.name(*name, band),
            Form::Negated(part) => both(Number(RBig::ZERO), x(part), |a, b| Number(a - b)),
            Form::Arithmetic(operator, a, b) => both(x(a), x(b), |a, b| match operator {
                Operator::Plus => Number(a + b),
                Operator::Minus => Number(a - b),
                Operator::Times => Number(a * b),
                Operator::Over if b == RBig::ZERO => Nothing(NoAnswerKind::Undefined),
                Operator::Over => Number(a / b),
            }),
            Form::Compared(how, a, b) => compared(*how, x(a), x(b)),
            Form::Between(part, low, high) => all(vec![
                compared(Comparison::AtLeast, x(part), x(low)),
                compared(Comparison::AtMost, x(part), x(high)),
            ]),
            Form::In(part, list) => not(all(list
                .iter()
                .map(|one| not(compared(Comparison::Equal, x(part), x(one))))
                .collect())),
            Form::Is(part, kind) => Flag(x(part) == Nothing(*kind)),
            Form::Not(part) => not(x(part)),
            Form::And(parts) => all(parts.iter().map(x).collect()),
            Form::Or(parts) => not(all(parts.iter().map(|part| not(x(part))).collect())),
            Form::Case(arms, otherwise) => {
                for (test, then) in arms {
                    match x(test) {
                        Flag(true) => return x(then),
                        Flag(false) => {}
                        other => return other,
                    }
                }
                x(otherwise)
            }
            Form::Call(call) => self.call(call, band),
        }
    }

    fn call(&self, call: &Call, band: Option<&Band<'_>>) -> Read {
        let x = |part: &Expr| self.read(part, band);
        let fold = |parts: &[Expr], pick: fn(RBig, RBig) -> RBig| {
            let mut answers = parts.iter().map(x);
            let first = answers.next().unwrap_or(Nothing(NoAnswerKind::Undefined));
            answers.fold(first, |a, b| both(a, b, |a, b| Number(pick(a, b))))
        };
        match call {
            Call::Least(parts) => fold(parts, Ord::min),
            Call::Greatest(parts) => fold(parts, Ord::max),
            Call::Clamp { x: part, low, high } => {
                let held = both(x(part), x(low), |a, b| Number(a.max(b)));
                both(held, x(high), |a, b| Number(a.min(b)))
            }
            Call::Abs(part) => match x(part) {
                Number(number) if number < RBig::ZERO => Number(-number),
                other => other,
            },
            Call::Round { x: part, to, mode } => both(x(part), x(to), |a, step| {
                if step <= RBig::ZERO {
                    Nothing(NoAnswerKind::Undefined)
                } else {
                    Number(rounded(&a, &step, *mode))
                }
            }),
            Call::Coalesce(parts) => {
                let mut last = Nothing(NoAnswerKind::Undefined);
                for part in parts {
                    last = x(part);
                    if !matches!(last, Nothing(_)) {
                        break;
                    }
                }
                last
            }
            Call::Otherwise(part, fallback) => match x(part) {
                Nothing(NoAnswerKind::Undefined) => x(fallback),
                other => other,
            },
            Call::Weighted(parts) => {
                parts
                    .iter()
                    .fold(Number(RBig::ZERO), |sum, (part, weight)| {
                        both(sum, x(part), |sum, part| Number(sum + part * big(weight)))
                    })
            }
            Call::Table(id, arguments) => {
                let arguments: Vec<Read> = arguments.iter().map(x).collect();
                if let Some(none) = arguments
                    .iter()
                    .find(|argument| matches!(argument, Nothing(_)))
                {
                    return none.clone();
                }
                self.table(&self.plan[*id], &arguments)
            }
            other => panic!("no {other:?} is made"),
        }
    }

    fn name(&self, name: Name, band: Option<&Band<'_>>) -> Read {
        let bound = |figure: &Option<RBig>| match figure {
            Some(figure) => Number(figure.clone()),
            None => Nothing(NoAnswerKind::Undefined),
        };
        match (name, band) {
            (Name::Term(id), _) => match &self.plan[id].agreed {
                Some(agreed) => self.formula(agreed),
                None => Nothing(NoAnswerKind::Missing),
            },
            (Name::Measure(id), _) => match self.measures.get(id.index()) {
                Some(Some(figure)) => Number(big(figure)),
                _ => Nothing(NoAnswerKind::Missing),
            },
            (Name::Value(id), _) => self.formula(&self.plan[id].formula),
            (Name::Component(id), _) => self.component(&self.plan[id]),
            (Name::Argument(at), Some(band)) => band.arguments[usize::from(at)].clone(),
            (Name::BandColumn(at), Some(band)) => band.cells[usize::from(at)].clone(),
            (Name::Lower, Some(band)) => bound(&band.lower),
            (Name::Upper, Some(band)) => bound(&band.upper),
            (Name::Width, Some(band)) => {
                both(bound(&band.upper), bound(&band.lower), |a, b| Number(a - b))
            }
            (Name::Filled, Some(band)) => Flag(band.filled),
            (Name::Slice, Some(band)) => {
                let Some(Number(x)) = band.arguments.first().cloned() else {
                    panic!("a slice of no number")
                };
                let reached = match &band.upper {
                    Some(upper) if band.filled => upper.clone(),
                    _ => x,
                };
                match (&band.lower, &band.upper) {
                    (Some(lower), _) => Number(reached - lower),
                    // The lowest, open band: what lies below its upper bound.
                    (None, Some(upper)) => Number(reached - upper),
                    (None, None) => Number(reached),
                }
            }
            (other, _) => panic!("no {other:?} is made"),
        }
    }

    fn table(&self, table: &Table, arguments: &[Read]) -> Read {
        let [axis] = table.axes.as_slice() else {
            panic!("no grid is made")
        };
        let Some(Number(x)) = arguments.first() else {
            panic!("a table is asked about a number")
        };
        let bound_of = |band: usize| match axis.bounds.get(band).map(|bound| &bound.is) {
            Some(BoundKind::From(bound) | BoundKind::Above(bound) | BoundKind::At(bound)) => {
                match self.formula(bound) {
                    Number(figure) => Some(figure),
                    other => panic!("a bound is {other:?}"),
                }
            }
            _ => None,
        };
        let is_keyed = axis
            .bounds
            .iter()
            .any(|bound| matches!(bound.is, BoundKind::Equals(_) | BoundKind::Otherwise));
        let in_band = |formula: &Expr, at: usize, filled: bool| {
            let mut band = Band {
                arguments,
                cells: Vec::new(),
                lower: bound_of(at),
                upper: if is_keyed { None } else { bound_of(at + 1) },
                filled,
            };
            band.cells = (0..table.columns.len())
                .map(|column| match table.cell(&[at], column) {
                    Some(cell) => self.read(cell, Some(&band)),
                    None => Nothing(NoAnswerKind::Undefined),
                })
                .collect();
            self.read(formula, Some(&band))
        };
        let entered: Vec<usize> = (0..axis.bounds.len())
            .filter(|band| match &axis.bounds[*band].is {
                BoundKind::Lowest | BoundKind::Otherwise => true,
                BoundKind::From(_) | BoundKind::At(_) => {
                    bound_of(*band).is_some_and(|bound| *x >= bound)
                }
                BoundKind::Above(_) => {
                    bound_of(*band).is_some_and(|bound| *x > bound || (*band == 0 && *x == bound))
                }
                BoundKind::Equals(key) => self.formula(key) == Number(x.clone()),
            })
            .collect();
        let undefined = Nothing(NoAnswerKind::Undefined);
        match &table.reading {
            Reading::EachBand(formula) => {
                let Some(top) = entered.last() else {
                    return undefined;
                };
                entered.iter().fold(Number(RBig::ZERO), |sum, band| {
                    both(sum, in_band(formula, *band, band < top), |a, b| {
                        Number(a + b)
                    })
                })
            }
            Reading::OneBand(formula) => {
                // Of keys the one that fits stands before the rest; of bounds the highest counts.
                let band = if is_keyed {
                    entered.first()
                } else {
                    entered.last()
                };
                match band {
                    Some(band) => in_band(formula, *band, false),
                    None => undefined,
                }
            }
            Reading::Line(column) => {
                let height = |band: usize| match table.cell(&[band], *column) {
                    Some(cell) => self.formula(cell),
                    None => Nothing(NoAnswerKind::Undefined),
                };
                let Some(last) = entered.last().copied() else {
                    return height(0);
                };
                match (bound_of(last), bound_of(last + 1)) {
                    (Some(left), Some(right)) => {
                        both(height(last), height(last + 1), |low, high| {
                            let part = (x - &left) / (right - left);
                            Number(&low + (high - &low) * part)
                        })
                    }
                    _ => height(last),
                }
            }
        }
    }
}
