//! Components: what pays, in the order of the language: for, gate, pays, at_least, at_most, rounding.

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_plan::tree::{
    Comparison, Component, ComponentId, ComponentPart, Each, Grant, MoneyRounding, Name, Target,
};

use crate::evaluate::{Evaluator, Place};
use crate::graph::What;
use crate::measure::{Measurer, rows_not_read};
use crate::number::{NoAnswer, Number, Truth};
use crate::value::Value;
use crate::windows::{length_rank, less};

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A component at a place: on a row what that row pays; in its own window its entitlement; in a longer one the sum
    /// of its windows, or of a standing the last one's.
    pub(crate) fn component(&mut self, id: ComponentId, at: &Place) -> Value<N> {
        let component = &self.plan()[id];
        if let (Some(each), Some(row)) = (&component.each, at.row)
            && each.kind == row.kind
        {
            return match self.does_apply(id, at) {
                Applies::No => nothing(component.grants),
                Applies::Unclear(reason) => Value::None(reason),
                Applies::Yes => self.on_row(id, component, each, at),
            };
        }
        // A window that a version splits is as many windows.
        let is_whole = |walk: &Self| {
            let days = walk.days_of(at.partner);
            days.is_none_or(|days| days.is_whole(&at.window))
        };
        if at.trailing.is_none() && at.window.unit == component.over && is_whole(self) {
            let at = &self.as_closed(id, at);
            return self.entitlement(id, component, at);
        }
        if at.trailing.is_none() && length_rank(at.window.unit) < length_rank(component.over) {
            return Value::None(NoAnswer::undefined(format!(
                "{} has one figure for each {}, and a shorter window is asked",
                component.name, component.over
            )));
        }
        let windows: Vec<(ComponentId, Window)> =
            self.component_windows(id, at.partner, at.window.starts, at.window.ends);
        if windows.is_empty() {
            return Value::None(NoAnswer::undefined(format!(
                "{} has no window before the agreement",
                component.name
            )));
        }
        // A standing is no amount: over a longer window it is what it is at the end.
        let windows = match (component.grants, windows.as_slice()) {
            (Grant::Flag, [.., (id, last)]) => {
                let place = Place {
                    window: *last,
                    trailing: None,
                    row: None,
                    ..*at
                };
                return self.named_here(Name::Component(*id), &place);
            }
            (Grant::Flag | Grant::Money | Grant::Count | Grant::Fund, _) => windows,
        };
        let mut sum = N::known(Exact::ZERO);
        for (id, window) in windows {
            let place = Place {
                window,
                trailing: None,
                row: None,
                ..*at
            };
            sum = sum.plus(&self.named_here(Name::Component(id), &place).into_number());
        }
        Value::Number(sum)
    }

    /// Whether a partner has a component in a window.
    pub(crate) fn does_apply(&mut self, id: ComponentId, at: &Place) -> Applies {
        let Some(applies) = &self.plan()[id].applies else {
            return Applies::Yes;
        };
        let target = Target::Component(id, ComponentPart::Applies);
        let holds = self
            .formula(target, applies, &Place { row: None, ..*at })
            .into_truth();
        match (holds.all(), holds.reason()) {
            (Some(true), _) => Applies::Yes,
            (Some(false), _) => Applies::No,
            (None, Some(reason)) => Applies::Unclear(reason.clone()),
            (None, None) => Applies::Unclear(NoAnswer::undefined(
                "who has the component differs between futures",
            )),
        }
    }

    fn entitlement(&mut self, id: ComponentId, component: &'p Component, at: &Place) -> Value<N> {
        let at = &Place { row: None, ..*at };
        let part = |part| Target::Component(id, part);
        match self.does_apply(id, at) {
            Applies::No => return nothing(component.grants),
            Applies::Unclear(reason) => return Value::None(reason),
            Applies::Yes => {}
        }
        let gate = match &component.gate {
            Some(gate) => self
                .formula(part(ComponentPart::Gate), gate, at)
                .into_truth(),
            None => N::Truth::known(true),
        };
        if gate.all() == Some(false) {
            return nothing(component.grants);
        }
        if let Some(reason) = gate.reason() {
            return Value::None(reason.clone());
        }
        if component.grants == Grant::Flag {
            let pays = self.formula(part(ComponentPart::Pays), &component.pays, at);
            let pays = pays.truth();
            return Value::Flag(gate.and(&pays));
        }
        let mut amount = match &component.each {
            Some(each) => self.over_rows(id, component, each, at),
            None => self
                .formula(part(ComponentPart::Pays), &component.pays, at)
                .into_number(),
        };
        if let Some(least) = &component.at_least {
            let least = self.formula(part(ComponentPart::AtLeast), least, at);
            amount = less(&amount, &least.number(), Comparison::More);
        }
        if let Some(most) = &component.at_most {
            let most = self.formula(part(ComponentPart::AtMost), most, at);
            amount = less(&amount, &most.number(), Comparison::Less);
        }
        if let Some(rounding) = &component.rounding {
            amount = rounded(&amount, rounding);
        }
        Value::Number(N::select(&gate, &amount, &N::known(Exact::ZERO)))
    }

    /// What a component that pays on rows pays on those of a window, before floor and cap.
    pub(crate) fn rows_pay(&mut self, id: ComponentId, at: &Place) -> N {
        let component = &self.plan()[id];
        match &component.each {
            Some(each) => self.over_rows(id, component, each, at),
            None => N::known(Exact::ZERO),
        }
    }

    /// What the credited rows of the window pay, each rounded, then added.
    fn over_rows(
        &mut self,
        id: ComponentId,
        component: &'p Component,
        each: &'p Each,
        at: &Place,
    ) -> N {
        let facts = self.world().kind(each.kind);
        if facts.is_some_and(|facts| !facts.has_rows_of(at.partner)) {
            return N::none(rows_not_read(&self.plan()[each.kind].name));
        }
        let mut sum = N::known(Exact::ZERO);
        for (row, _) in self.credits_in(each.kind, &each.role, at) {
            let opened = self.begin_row();
            let place = Place {
                row: Some(row),
                ..*at
            };
            let value = self.on_row(id, component, each, &place);
            let mut amount = value.number();
            if let Some(copies) = self.measurer.copies(each.kind, row.row) {
                amount = amount.times(&copies);
            }
            sum = sum.plus(&amount);
            self.end_row(opened, What::Row(row.row), &place, value);
        }
        sum
    }

    fn on_row(
        &mut self,
        id: ComponentId,
        component: &'p Component,
        each: &'p Each,
        at: &Place,
    ) -> Value<N> {
        let mut counts = N::Truth::known(true);
        if let Some(filter) = &each.filter {
            let target = Target::Component(id, ComponentPart::Filter);
            counts = self.formula(target, filter, at).into_truth();
            if counts.all() == Some(false) {
                return Value::exact(Exact::ZERO);
            }
            if let Some(reason) = counts.reason() {
                return Value::None(reason.clone());
            }
        }
        let share = self.share_of(at);
        let target = Target::Component(id, ComponentPart::Pays);
        let mut amount = self.formula(target, &component.pays, at).into_number();
        if share != Exact::ONE {
            amount = amount.times(&N::known(share));
        }
        if let Some(rounding) = &component.rounding {
            amount = rounded(&amount, rounding);
        }
        Value::Number(N::select(&counts, &amount, &N::known(Exact::ZERO)))
    }

    /// Which part of the row a place's credit is.
    pub(crate) fn share_of(&self, at: &Place) -> Exact {
        at.row
            .and_then(|row| {
                let facts = self.world().kind(row.kind)?;
                let credits = facts.credits(row.role, at.partner);
                credits
                    .iter()
                    .find(|credit| credit.row == row.row && credit.line == row.line)
                    .map(|credit| credit.share.clone())
            })
            .unwrap_or(Exact::ONE)
    }
}

/// Whether a partner has a component.
pub(crate) enum Applies {
    Yes,
    No,
    Unclear(NoAnswer),
}

pub(crate) fn rounded<N: Number>(amount: &N, rounding: &MoneyRounding) -> N {
    amount.rounded(&N::known(rounding.to.clone()), rounding.mode)
}

fn nothing<N: Number>(grants: Grant) -> Value<N> {
    match grants {
        Grant::Flag => Value::flag(false),
        Grant::Money | Grant::Count | Grant::Fund => Value::exact(Exact::ZERO),
    }
}
