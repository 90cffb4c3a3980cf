//! Changes agreed beforehand: whether a contingency or guardrail is on, and what then holds in the place of a formula.
//!
//! Whether one is on is asked for a partner in each period of the plan, as if nothing had been changed: a trigger is judged by
//! what both sides agreed, so that no change can switch itself off. What is changed is asked where its name is; over a
//! longer window than a period what holds at its end holds, and a term that is shared out is added up from its
//! periods, each as it held. Days that lie ahead are as agreed.

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::walk::parts;
use trueup_plan::tree::{
    Change, Comparison, ContingencyId, Expr, Form, Name, Target, TermId, Trigger,
};

use crate::evaluate::{Evaluator, Place};
use crate::graph::{NodeId, What};
use crate::measure::Measurer;
use crate::memory::Subject;
use crate::number::{Number, Patch, Truth};
use crate::table::BandFrame;
use crate::value::Value;
use crate::windows::{add, less};
use crate::world::PartnerIx;

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A formula of the plan, or what takes its place.
    pub(crate) fn formula(&mut self, target: Target, formula: &'p Expr, at: &Place) -> Value<N> {
        // Names build on one another hundreds deep; a name that nothing changes takes no more of the stack than before.
        if !self.may_change(target, at) {
            return self.eval(formula, at, None);
        }
        self.changed(target, at, &|asker, at| asker.eval(formula, at, None))
    }

    /// A term, or what takes its place: added up from the periods of the window where it is shared out.
    pub(crate) fn term_or_change(&mut self, id: TermId, at: &Place) -> Value<N> {
        let target = Target::Term(id);
        if !self.may_change(target, at) {
            return self.term(id, at);
        }
        let term = |asker: &mut Self, at: &Place| asker.term(id, at);
        if self.plan()[id].per.is_none() {
            return self.changed(target, at, &term);
        }
        let pieces = self.pieces(at);
        if pieces.len() < 2 {
            return self.changed(target, at, &term);
        }
        let mut sum = N::known(Exact::ZERO);
        for window in pieces {
            let place = Place { window, ..*at };
            sum = sum.plus(&self.changed(target, &place, &term).into_number());
        }
        Value::Number(sum)
    }

    /// The window's parts that lie in one period each.
    fn pieces(&self, at: &Place) -> Vec<Window> {
        let calendar = &self.plan().calendar;
        let window = at.window;
        let mut edges = vec![window.starts];
        if self.plan().period != WindowUnit::Agreement {
            let periods = calendar.windows_in(self.plan().period, window.starts, window.ends);
            edges.extend(periods.iter().map(|period| period.ends));
        }
        // A period that is under way is judged by its part so far; what is ahead of it is as agreed.
        edges.extend(at.judged_until);
        edges.retain(|edge| window.starts <= *edge && *edge < window.ends);
        edges.push(window.ends);
        edges.sort_unstable();
        edges.dedup();
        edges
            .windows(2)
            .filter_map(|pair| match pair {
                [from, until] => window.cut(*from, *until),
                _ => None,
            })
            .collect()
    }

    fn may_change(&self, target: Target, at: &Place) -> bool {
        !at.as_agreed && self.changed.contains(&target)
    }

    /// What `asked` answers, with the changes that are on.
    pub(crate) fn changed(
        &mut self,
        target: Target,
        at: &Place,
        asked: &dyn Fn(&mut Self, &Place) -> Value<N>,
    ) -> Value<N> {
        if !self.may_change(target, at) {
            return asked(self, at);
        }
        let plan = self.plan();
        let mut on: Vec<(Trigger, &'p Change, N::Truth)> = Vec::new();
        for (trigger, change) in plan.changes_of(target) {
            let holds = self.is_on(trigger, at);
            if holds.all() != Some(false) {
                on.push((trigger, change, holds));
            }
        }
        if on.is_empty() {
            return asked(self, at);
        }
        let opened = self.graph.begin();
        let mut value = asked(self, at);
        self.graph.end(opened, What::Was(target), at, &value);
        for (trigger, change, holds) in on {
            value = match holds.reason() {
                Some(reason) => Value::None(reason.clone()),
                None => {
                    let opened = self.graph.begin();
                    let to = self.changed_to(trigger, change, &value, at, asked);
                    let value = Value::select(&holds, &to, &value);
                    let what = What::Changed(trigger, change);
                    self.graph.end(opened, what, at, &value);
                    value
                }
            };
        }
        value
    }

    /// What one change makes of what held before it, inside its bounds.
    fn changed_to(
        &mut self,
        trigger: Trigger,
        change: &'p Change,
        was: &Value<N>,
        at: &Place,
        asked: &dyn Fn(&mut Self, &Place) -> Value<N>,
    ) -> Value<N> {
        let formulas = || {
            std::iter::once(&change.to)
                .chain(&change.lowest)
                .chain(&change.highest)
        };
        let agreed = formulas().any(mentions_agreed).then(|| {
            let opened = self.graph.begin();
            let as_agreed = Place {
                as_agreed: true,
                ..*at
            };
            let value = asked(self, &as_agreed);
            self.graph.forget_inputs(opened);
            value
        });
        let frame = BandFrame::of_change(was.clone(), agreed);
        let mut to = self.eval(&change.to, at, Some(&frame));
        let bounds = [
            (&change.lowest, Comparison::More),
            (&change.highest, Comparison::Less),
        ];
        for (bound, how) in bounds {
            if let Some(bound) = bound {
                let bound = self.eval(bound, at, Some(&frame));
                to = held(&to, &bound, how);
            }
        }
        match trigger {
            Trigger::Contingency(_) => to,
            // A cap holds down and never lifts.
            Trigger::Guardrail(_) => match (&to, was) {
                (Value::Flag(to), Value::Flag(was)) => Value::Flag(to.and(was)),
                (to, was) => held(to, was, Comparison::Less),
            },
        }
    }

    /// Asks whether a contingency or guardrail is on, and returns the node of the answer.
    pub fn ask_trigger(&mut self, trigger: Trigger, at: &Place) -> NodeId {
        let opened = self.graph.begin();
        let holds = self.is_on(trigger, at);
        match self.graph.last_open(opened) {
            Some(id) => id,
            None => {
                let what = What::Trigger(trigger);
                self.graph.end_answer(opened, what, at, Value::Flag(holds))
            }
        }
    }

    /// Whether a contingency or guardrail is on in the period that a place's window ends in.
    pub fn is_on(&mut self, trigger: Trigger, at: &Place) -> N::Truth {
        let Some(window) = self.period_of(at) else {
            return N::Truth::known(false);
        };
        let place = self.key_place(
            &Place {
                window,
                trailing: None,
                row: None,
                key: None,
                as_agreed: true,
                judged_until: None,
                ..*at
            },
            false,
            false,
        );
        let subject = Subject::Trigger(trigger);
        let key = self.memory.key(subject, &place);
        if let Some(id) = self.memory.get(key, &place, &self.graph) {
            self.graph.reuse(id);
            return self.answer(id).truth();
        }
        let opened = self.graph.begin();
        let holds = match trigger {
            Trigger::Contingency(id) => self.contingency(id, &place),
            Trigger::Guardrail(_) => self
                .eval(self.plan().when(trigger), &place, None)
                .into_truth(),
        };
        let value = Value::Flag(holds.clone());
        let id = self
            .graph
            .end_answer(opened, What::Trigger(trigger), &place, value);
        self.memory.keep(key, id);
        holds
    }

    /// The period a window ends in, as the agreement cuts it and as far as the window goes; none outside the agreement, and
    /// where the window lies ahead of the day by which things are judged.
    fn period_of(&self, at: &Place) -> Option<Window> {
        let days = self.days_of(at.partner)?;
        let ends = at
            .judged_until
            .map_or(at.window.ends, |day| at.window.ends.min(day));
        if ends <= at.window.starts || ends <= days.starts || days.until < ends {
            return None;
        }
        if self.plan().period == WindowUnit::Agreement {
            return days.window(ends);
        }
        self.plan()
            .calendar
            .window_at(self.plan().period, ends.yesterday().ok()?)?
            .cut(days.starts, ends)
    }

    fn contingency(&mut self, id: ContingencyId, at: &Place) -> N::Truth {
        let contingency = &self.plan()[id];
        if !contingency.approved_by.is_empty() {
            if !self.is_approved(id, at.partner, at.window.starts) {
                return N::Truth::known(false);
            }
            return self.eval(&contingency.when, at, None).into_truth();
        }
        let holds = self.eval(&contingency.when, at, None).into_truth();
        let Some(lasts) = contingency.lasts else {
            return holds;
        };
        if holds.all() == Some(false) {
            return holds;
        }
        // It has lasted long enough when it has held ever since a period that began so long ago.
        let starts = self
            .agreement_starts(at.partner)
            .unwrap_or(at.window.starts);
        let unit = self.plan().period;
        let mut lasted = N::Truth::known(true);
        let earlier = self.agreement_windows(at.partner, unit, starts, at.window.starts);
        for window in earlier.into_iter().rev() {
            let opened = self.graph.begin();
            let place = Place { window, ..*at };
            let held = self.eval(&contingency.when, &place, None).into_truth();
            self.graph.forget_inputs(opened);
            // A period without an answer did not show that it held.
            lasted = lasted.and(&held.patched(Patch::Both, &N::Truth::known(false)));
            if lasted.all() == Some(false) {
                return holds;
            }
            if add(window.starts, lasts, 1).is_some_and(|over| over <= at.window.starts) {
                return holds.and(&lasted.not());
            }
        }
        holds
    }

    /// Whether an approval is in force in a period that begins on a day.
    fn is_approved(&self, id: ContingencyId, partner: PartnerIx, period: Date) -> bool {
        let lasts = self.plan()[id].lasts;
        self.world().partner(partner).is_some_and(|partner| {
            let approved = partner.agreement.approved.get(&id);
            approved.into_iter().flatten().any(|approved| {
                let lasted = lasts.and_then(|lasts| add(approved.starts, lasts, 1));
                let until = approved.until.into_iter().chain(lasted).min();
                approved.starts <= period && until.is_none_or(|until| period < until)
            })
        })
    }
}

/// One of two, days as well as numbers: the one for which the comparison with the other holds.
fn held<N: Number>(a: &Value<N>, b: &Value<N>, how: Comparison) -> Value<N> {
    match (a, b) {
        (Value::Date(_), Value::Date(_)) => Value::select(&b.compared(how, a), b, a),
        (a, b) => Value::Number(less(&a.number(), &b.number(), how)),
    }
}

fn mentions_agreed(formula: &Expr) -> bool {
    formula.form == Form::Name(Name::Agreed) || parts(formula).into_iter().any(mentions_agreed)
}
