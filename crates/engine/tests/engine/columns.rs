//! Columns of floats for the evaluator, as simulation needs them: each lane a future, each with an answer or a reason.

use std::sync::Arc;

use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_engine::number::{NoAnswer, Number, Patch, Truth};
use trueup_plan::tree::{Comparison, NoAnswerKind};

use crate::reading::slow::big;

type Lane<T> = Result<T, NoAnswer>;

/// Numbers; one lane stands for all where they are the same by construction.
#[derive(Clone, Debug)]
pub struct Column(Arc<Vec<Lane<f64>>>);

/// Truths.
#[derive(Clone, Debug)]
pub struct Flags(Arc<Vec<Lane<bool>>>);

fn zip<A: Clone, B: Clone, C>(a: &[A], b: &[B], combine: impl Fn(&A, &B) -> C) -> Vec<C> {
    let lanes = a.len().max(b.len());
    (0..lanes)
        .filter_map(|at| Some(combine(a.get(at).or(a.first())?, b.get(at).or(b.first())?)))
        .collect()
}

fn both<A: Copy, B: Copy, C>(
    a: &Lane<A>,
    b: &Lane<B>,
    combine: impl FnOnce(A, B) -> Lane<C>,
) -> Lane<C> {
    match (a, b) {
        (Ok(a), Ok(b)) => combine(*a, *b),
        (Err(a), Err(b)) => Err(a.first(b).clone()),
        (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason.clone()),
    }
}

/// The one reason all lanes have none, if no lane has an answer.
fn reason_of<T>(lanes: &[Lane<T>]) -> Option<&NoAnswer> {
    let mut reasons = lanes.iter().map(|lane| lane.as_ref().err());
    let first = reasons.next()??;
    reasons
        .all(|other| other.is_some_and(|other| other.kind == first.kind))
        .then_some(first)
}

impl Column {
    pub fn of(lanes: impl Iterator<Item = Option<f64>>) -> Self {
        let missing = || NoAnswer::missing("no rows");
        Self(Arc::new(
            lanes.map(|lane| lane.ok_or_else(missing)).collect(),
        ))
    }

    pub fn lane(&self, at: usize) -> Result<f64, NoAnswerKind> {
        let lane = self.0.get(at).or(self.0.first()).expect("a lane");
        lane.clone().map_err(|reason| reason.kind)
    }

    fn with(&self, other: &Self, combine: impl Fn(f64, f64) -> Lane<f64>) -> Self {
        Self(Arc::new(zip(&self.0, &other.0, |a, b| {
            both(a, b, &combine)
        })))
    }
}

impl Flags {
    pub fn lane(flags: &Flags, at: usize) -> Result<bool, NoAnswerKind> {
        let lane = flags.0.get(at).or(flags.0.first()).expect("a lane");
        lane.clone().map_err(|reason| reason.kind)
    }
}

fn patched<T: Clone>(lanes: &[Lane<T>], patch: Patch, fallback: &[Lane<T>]) -> Vec<Lane<T>> {
    zip(lanes, fallback, |lane, fallback| match lane {
        Err(reason) if patch.covers(reason) => fallback.clone(),
        lane => lane.clone(),
    })
}

fn selected<T: Clone>(
    when: &[Lane<bool>],
    then: &[Lane<T>],
    otherwise: &[Lane<T>],
) -> Vec<Lane<T>> {
    let arms = zip(then, otherwise, |then, otherwise| {
        (then.clone(), otherwise.clone())
    });
    zip(when, &arms, |when, (then, otherwise)| match when {
        Ok(true) => then.clone(),
        Ok(false) => otherwise.clone(),
        Err(reason) => Err(reason.clone()),
    })
}

fn of_kind<T>(lanes: &[Lane<T>], kind: NoAnswerKind) -> Vec<Lane<bool>> {
    lanes
        .iter()
        .map(|lane| {
            Ok(lane
                .as_ref()
                .err()
                .is_some_and(|reason| reason.kind == kind))
        })
        .collect()
}

impl Number for Column {
    type Truth = Flags;

    fn known(figure: Exact) -> Self {
        Self(Arc::new(vec![Ok(big(&figure).to_f64().value())]))
    }

    fn none(reason: NoAnswer) -> Self {
        Self(Arc::new(vec![Err(reason)]))
    }

    fn plus(&self, other: &Self) -> Self {
        self.with(other, |a, b| Ok(a + b))
    }

    fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| Ok(a - b))
    }

    fn times(&self, other: &Self) -> Self {
        self.with(other, |a, b| Ok(a * b))
    }

    fn over(&self, other: &Self) -> Self {
        self.with(other, |a, b| {
            if b == 0.0 {
                Err(NoAnswer::undefined("a division by zero"))
            } else {
                Ok(a / b)
            }
        })
    }

    fn abs(&self) -> Self {
        Self(Arc::new(
            self.0
                .iter()
                .map(|lane| lane.clone().map(f64::abs))
                .collect(),
        ))
    }

    /// Only the finest rounding stands in plans that floats are tried on.
    fn rounded(&self, step: &Self, _mode: Rounding) -> Self {
        self.with(step, |a, step| {
            assert!(step < 1e-12, "a rounding that floats cannot follow");
            Ok(a)
        })
    }

    fn compared(&self, how: Comparison, other: &Self) -> Flags {
        Flags(Arc::new(zip(&self.0, &other.0, |a, b| {
            both(a, b, |a: f64, b: f64| {
                Ok(match how {
                    Comparison::Equal => a == b,
                    Comparison::NotEqual => a != b,
                    Comparison::Less => a < b,
                    Comparison::AtMost => a <= b,
                    Comparison::More => a > b,
                    Comparison::AtLeast => a >= b,
                })
            })
        })))
    }

    fn select(when: &Flags, then: &Self, otherwise: &Self) -> Self {
        Self(Arc::new(selected(&when.0, &then.0, &otherwise.0)))
    }

    fn or(&self, patch: Patch, fallback: &Self) -> Self {
        Self(Arc::new(patched(&self.0, patch, &fallback.0)))
    }

    fn is(&self, kind: NoAnswerKind) -> Flags {
        Flags(Arc::new(of_kind(&self.0, kind)))
    }

    fn reason(&self) -> Option<&NoAnswer> {
        reason_of(&self.0)
    }

    fn figure(&self) -> Option<&Exact> {
        None
    }
}

impl Truth for Flags {
    fn known(holds: bool) -> Self {
        Self(Arc::new(vec![Ok(holds)]))
    }

    fn none(reason: NoAnswer) -> Self {
        Self(Arc::new(vec![Err(reason)]))
    }

    fn and(&self, other: &Self) -> Self {
        Self(Arc::new(zip(&self.0, &other.0, |a, b| match (a, b) {
            (Ok(false), _) | (_, Ok(false)) => Ok(false),
            (Ok(true), known) => known.clone(),
            (none, Ok(true)) => none.clone(),
            (Err(left), Err(right)) => Err(left.first(right).clone()),
        })))
    }

    fn or_else(&self, other: &Self) -> Self {
        self.not().and(&other.not()).not()
    }

    fn not(&self) -> Self {
        Self(Arc::new(
            self.0
                .iter()
                .map(|lane| lane.clone().map(|holds| !holds))
                .collect(),
        ))
    }

    fn all(&self) -> Option<bool> {
        let mut lanes = self.0.iter();
        let first = *lanes.next()?.as_ref().ok()?;
        lanes
            .all(|lane| lane.as_ref() == Ok(&first))
            .then_some(first)
    }

    fn patched(&self, patch: Patch, fallback: &Self) -> Self {
        Self(Arc::new(patched(&self.0, patch, &fallback.0)))
    }

    fn is(&self, kind: NoAnswerKind) -> Self {
        Self(Arc::new(of_kind(&self.0, kind)))
    }

    fn select(when: &Self, then: &Self, otherwise: &Self) -> Self {
        Self(Arc::new(selected(&when.0, &then.0, &otherwise.0)))
    }

    fn reason(&self) -> Option<&NoAnswer> {
        reason_of(&self.0)
    }
}
