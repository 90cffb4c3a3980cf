//! What if: what a change of one partner's figures would pay, and which nearest changes would have paid more.
//!
//! A change is an override of one name, on one day: a measure that is 200,000 higher is so in every window that holds the
//! day, the quarter, the year so far and the agreement alike, while everything else stays as it was. The evaluator itself
//! answers; nothing here repeats what a plan means. The nearest changes are found by looking where the walk through the
//! plan takes another turn: a band is entered, a comparison turns. Step by step, the way doubles until something is
//! different, and the place is then halved down to the smallest step of the measure.
//!
//! The module must never know how facts were stored. It refuses nothing: what cannot be changed is left as it was.

mod turns;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::{ComponentId, Fold, Grant, MeasureId, Name, TermId, Type, Unit, ValueId};

use crate::evaluate::{Evaluator, Place};
use crate::graph::{Graph, What};
use crate::measure::{Ask, Measurer};
use crate::number::{Answer, NoAnswer, Number};
use crate::settle::Line;
use crate::value::Value;
use crate::world::PartnerIx;

pub use turns::Turn;
use turns::{Turns, turned, turns_of};

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// A measure, by what happened on the day of the change.
    Measure(MeasureId),
    /// A term; one that is shared out over time by as much as its figure for the period changes.
    Term(TermId),
    /// A value, in the period asked about only.
    Value(ValueId),
}

/// One change: how much is added to what was.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is changed.
    pub of: Changed,
    /// What it was in the period.
    pub was: Exact,
    /// What it would be.
    pub becomes: Exact,
}

impl Change {
    /// How much is added.
    #[must_use]
    pub fn added(&self) -> Exact {
        &self.becomes - &self.was
    }
}

/// What goes another way in a second walk through a plan: of the same partner, over other facts.
#[must_use]
pub fn turns_between(
    before: &Graph<'_, Answer>,
    after: &Graph<'_, Answer>,
    partner: PartnerIx,
) -> Vec<Turn> {
    turned(&turns_of(before, partner), &turns_of(after, partner))
}

/// A change that would have paid more, and what decided.
#[derive(Clone, Debug)]
pub struct Nearest {
    /// The change.
    pub change: Change,
    /// What would have gone another way.
    pub turns: Vec<Turn>,
    /// What the components asked about come to without it.
    pub before: Exact,
    /// What they would have come to.
    pub after: Exact,
}

/// How many turns are followed in each direction of a measure.
const TURNS_MAX: usize = 3;

/// A measure is looked at up to so many times what it was.
const TIMES_MAX: i64 = 10;

/// How far a measure is followed that was nothing, in its own steps: a hundred million dollars, ten thousand millions of
/// units.
const STEPS_FROM_NOTHING: i64 = 10_000_000_000;

type Known = (
    MeasureId,
    PartnerIx,
    Date,
    Date,
    Option<Date>,
    Option<String>,
);

/// The facts and the plan as they are, with changes laid over them.
struct Overlaid<'e, 'p, M: Measurer<Answer>> {
    base: &'e RefCell<Base<'p, M>>,
    partner: PartnerIx,
    period: Place,
    changes: Vec<Change>,
}

/// Answers without any change, each worked out once.
struct Base<'p, M: Measurer<Answer>> {
    evaluator: Evaluator<'p, Answer, M>,
    known: BTreeMap<Known, Answer>,
}

impl<M: Measurer<Answer>> Base<'_, M> {
    fn measured(&mut self, ask: &Ask<'_>) -> Answer {
        let key = (
            ask.measure,
            ask.partner,
            ask.window.starts,
            ask.window.ends,
            ask.known_before,
            ask.key.map(str::to_owned),
        );
        if let Some(answer) = self.known.get(&key) {
            return answer.clone();
        }
        let answer = match self.evaluator.measured(ask) {
            Value::Number(answer) => answer,
            other => Answer::None(
                other
                    .reason()
                    .cloned()
                    .unwrap_or_else(|| NoAnswer::undefined("a measure that is no number")),
            ),
        };
        self.known.insert(key, answer.clone());
        answer
    }
}

impl<M: Measurer<Answer>> Overlaid<'_, '_, M> {
    /// The day on which a change happens: the last of the period.
    fn day(&self) -> Date {
        self.period.window.last()
    }

    fn change(&self, of: Changed) -> Option<&Change> {
        self.changes.iter().find(|change| change.of == of)
    }

    /// What a measure answers when so much happens on the day of the change besides.
    fn with(&self, fold: Fold, answer: &Answer, change: &Change) -> Answer {
        let Answer::Known(figure) = answer else {
            return answer.clone();
        };
        Answer::Known(match fold {
            Fold::Sum | Fold::Count | Fold::CountDistinct => figure + &change.added(),
            Fold::Min => figure.min(&change.becomes).clone(),
            Fold::Max => figure.max(&change.becomes).clone(),
            Fold::Latest => change.becomes.clone(),
        })
    }
}

impl<M: Measurer<Answer>> Measurer<Answer> for Overlaid<'_, '_, M> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        let answer = self.base.borrow_mut().measured(ask);
        let holds_the_day = ask.window.starts <= self.day() && self.day() < ask.window.ends;
        let change = self.change(Changed::Measure(ask.measure));
        Some(match change {
            Some(change) if ask.partner == self.partner && holds_the_day && ask.key.is_none() => {
                let fold = self.base.borrow().evaluator.plan()[ask.measure].fold;
                self.with(fold, &answer, change)
            }
            Some(_) | None => answer,
        })
    }

    fn given(&self, name: Name, at: &Place) -> Option<Value<Answer>> {
        if at.partner != self.partner {
            return None;
        }
        match name {
            Name::Term(id) => {
                let change = self.change(Changed::Term(id))?;
                let mut base = self.base.borrow_mut();
                let is_shared_out = base.evaluator.plan()[id].per.is_some();
                if !is_shared_out {
                    return Some(Value::exact(change.becomes.clone()));
                }
                let holds_the_day = at.window.starts <= self.day() && self.day() < at.window.ends;
                if !holds_the_day {
                    return None;
                }
                let node = base.evaluator.ask_name(name, at);
                let was = base.evaluator.answer(node);
                Some(Value::Number(
                    was.number().plus(&Answer::known(change.added())),
                ))
            }
            Name::Value(id) => {
                let change = self.change(Changed::Value(id))?;
                let is_here = at.window == self.period.window && at.trailing.is_none();
                is_here.then(|| Value::exact(change.becomes.clone()))
            }
            _ => None,
        }
    }
}

/// Questions of what would be if, about one partner's period.
pub struct WhatIf<'p, M: Measurer<Answer>> {
    base: RefCell<Base<'p, M>>,
    partner: PartnerIx,
    period: Place,
    asked: Vec<ComponentId>,
}

impl<'p, M: Measurer<Answer>> WhatIf<'p, M> {
    /// Questions about the components listed; those that grant money where none is listed.
    #[must_use]
    pub fn new(
        evaluator: Evaluator<'p, Answer, M>,
        partner: PartnerIx,
        period: Place,
        asked: &[ComponentId],
    ) -> Self {
        let plan = evaluator.plan();
        let asked = if asked.is_empty() {
            (0u16..)
                .zip(&plan.components)
                .filter(|(_, component)| component.grants == Grant::Money)
                .map(|(at, _)| ComponentId(at))
                .collect()
        } else {
            asked.to_vec()
        };
        Self {
            base: RefCell::new(Base {
                evaluator,
                known: BTreeMap::new(),
            }),
            partner,
            period,
            asked,
        }
    }

    /// What a name comes to in the period as things are, if that is a number.
    pub fn was(&self, name: Name) -> Option<Exact> {
        let mut base = self.base.borrow_mut();
        let node = base.evaluator.ask_name(name, &self.period);
        base.evaluator.answer(node).number().figure().cloned()
    }

    /// The lines of the settlements that end in the period, under changes.
    pub fn settled(&self, changes: &[Change]) -> Vec<Line<Answer>> {
        let overlaid = self.overlaid(changes);
        let (plan, world) = self.ground();
        let ends = self.period.window.ends;
        Evaluator::new(plan, world, &overlaid)
            .settle(self.partner, ends)
            .into_iter()
            .filter(|line| {
                self.period.window.starts < line.settlement.ends && line.settlement.ends <= ends
            })
            .collect()
    }

    /// What the components asked about post in the period, under changes.
    pub fn posted(&self, changes: &[Change]) -> Exact {
        self.settled(changes)
            .iter()
            .filter(|line| match line.earner {
                crate::settle::Earner::Component(id) => self.asked.contains(&id),
                crate::settle::Earner::TopUp(_) => true,
            })
            .filter_map(|line| line.posted.figure().cloned())
            .fold(Exact::ZERO, |sum, posted| &sum + &posted)
    }

    /// The measures that the components asked about read in the period, keyed ones aside.
    pub fn measures(&self) -> Vec<MeasureId> {
        let (plan, world) = self.ground();
        let overlaid = self.overlaid(&[]);
        let mut evaluator = Evaluator::new(plan, world, &overlaid);
        for (component, place) in self.places(&evaluator) {
            evaluator.ask_component(component, &place);
        }
        let day = self.period.window.last();
        let read: BTreeSet<MeasureId> = evaluator
            .graph()
            .nodes()
            .filter(|node| node.place.partner == self.partner)
            .filter(|node| node.place.window.starts <= day && day < node.place.window.ends)
            .filter_map(|node| match node.what {
                What::Name(Name::Measure(id)) if plan[id].by.is_none() => Some(id),
                _ => None,
            })
            .collect();
        read.into_iter().collect()
    }

    /// The nearest changes of each measure that would have paid more, the smallest part of what was first.
    pub fn nearest(&self) -> Vec<Nearest> {
        let before = self.posted(&[]);
        let mut all: Vec<(Exact, Nearest)> = Vec::new();
        for measure in self.measures() {
            let Some(was) = self.was(Name::Measure(measure)) else {
                continue;
            };
            for sign in [1, -1] {
                for nearest in self.along(measure, &was, sign, &before) {
                    let size = nearest.change.added().abs();
                    let part = size.checked_div(&was.abs()).unwrap_or(size);
                    all.push((part, nearest));
                }
            }
        }
        all.sort_by(|a, b| {
            (&a.0, a.1.change.of, &a.1.change.becomes).cmp(&(
                &b.0,
                b.1.change.of,
                &b.1.change.becomes,
            ))
        });
        all.into_iter().map(|(_, nearest)| nearest).collect()
    }

    /// The turns along one measure in one direction, those that pay more.
    fn along(&self, measure: MeasureId, was: &Exact, sign: i64, before: &Exact) -> Vec<Nearest> {
        let (plan, _) = self.ground();
        let step = step_of(plan[measure].answers);
        let signed_step = &step * &Exact::from_int(sign);
        let steps_max = was
            .abs()
            .checked_div(&step)
            .and_then(|steps| (&steps * &Exact::from_int(TIMES_MAX)).floor().to_i64())
            .filter(|steps| *steps > 0)
            .unwrap_or(STEPS_FROM_NOTHING);
        // A count and a sum of counts do not fall below nothing.
        let steps_max = match plan[measure].answers {
            Type::Number(unit) if sign < 0 && unit == Unit::COUNT => was
                .checked_div(&step)
                .and_then(|steps| steps.floor().to_i64())
                .unwrap_or(0),
            _ => steps_max,
        };
        let change_at = |steps: i64| Change {
            of: Changed::Measure(measure),
            was: was.clone(),
            becomes: was + &(&signed_step * &Exact::from_int(steps)),
        };
        let turns_at = |steps: i64| self.turns(&[change_at(steps)]);
        let mut found = Vec::new();
        let (mut from, mut here) = (0i64, turns_at(0));
        for _ in 0..TURNS_MAX {
            let Some(at) = first_change(from, steps_max, &mut |steps| turns_at(steps) != here)
            else {
                break;
            };
            let change = change_at(at);
            let there = turns_at(at);
            let after = self.posted(std::slice::from_ref(&change));
            if after > *before {
                found.push(Nearest {
                    change,
                    turns: turned(&here, &there),
                    before: before.clone(),
                    after,
                });
            }
            (from, here) = (at, there);
        }
        found
    }

    /// Which way every comparison and table goes in the walk to the components asked about.
    fn turns(&self, changes: &[Change]) -> Turns {
        let (plan, world) = self.ground();
        let overlaid = self.overlaid(changes);
        let mut evaluator = Evaluator::new(plan, world, &overlaid);
        for (component, place) in self.places(&evaluator) {
            evaluator.ask_component(component, &place);
        }
        turns_of(evaluator.graph(), self.partner)
    }

    /// Where each component asked about is asked: its own window that holds the period's last day, up to the period's end.
    fn places<K: Measurer<Answer>>(
        &self,
        evaluator: &Evaluator<'_, Answer, K>,
    ) -> Vec<(ComponentId, Place)> {
        let plan = evaluator.plan();
        let ends = self.period.window.ends;
        self.asked
            .iter()
            .filter_map(|id| {
                let over = plan[*id].over;
                let from = plan
                    .calendar
                    .window_at(over, self.period.window.last())
                    .map_or(Date::MIN, |window| window.starts);
                let window = evaluator
                    .agreement_windows(self.partner, over, from, ends)
                    .pop()?;
                Some((*id, Place::new(self.partner, window)))
            })
            .collect()
    }

    fn overlaid(&self, changes: &[Change]) -> Overlaid<'_, 'p, M> {
        Overlaid {
            base: &self.base,
            partner: self.partner,
            period: self.period,
            changes: changes.to_vec(),
        }
    }

    fn ground(&self) -> (&'p trueup_plan::tree::Plan, &'p crate::world::World) {
        let base = self.base.borrow();
        (base.evaluator.plan(), base.evaluator.world())
    }
}

/// The smallest change of a measure that is looked at: a cent, one of a count, a hundredth of a score or of a percent.
fn step_of(of: Type) -> Exact {
    match of {
        Type::Number(unit) if unit == Unit::COUNT => Exact::ONE,
        Type::Number(unit) if unit == Unit::RATIO => Exact::from_scaled(1, 4),
        Type::Number(_) | Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => {
            Exact::from_scaled(1, 2)
        }
    }
}

/// The first number of steps beyond `from` at which `differs` holds: the way doubles until it does, and is then halved.
/// Where it turns there and back between two looks, the turn is not seen.
fn first_change(from: i64, max: i64, differs: &mut dyn FnMut(i64) -> bool) -> Option<i64> {
    let mut ahead = 1i64;
    let mut same = from;
    loop {
        let look = from.saturating_add(ahead).min(max);
        if look <= same {
            return None;
        }
        if differs(look) {
            let (mut low, mut high) = (same, look);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if differs(middle) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return Some(high);
        }
        same = look;
        ahead = ahead.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_is_found_to_the_step() {
        for turn in [1i64, 2, 3, 7, 1_000, 4_095, 4_096] {
            assert_eq!(first_change(0, 5_000, &mut |at| at >= turn), Some(turn));
        }
        assert_eq!(first_change(0, 5_000, &mut |at| at >= 5_001), None);
        assert_eq!(first_change(10, 5_000, &mut |at| at > 10), Some(11));
        assert_eq!(first_change(5_000, 5_000, &mut |_| true), None);
    }
}
