//! In which windows things are asked, so that prose can say "quarter" where it is always one.
//!
//! Components and limits state their windows; what they build on is asked there, and window functions lead elsewhere. A
//! thing that is asked in windows of several units, or of none, has no unit of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::to_window;
use super::names::Thing;
use super::speaker::At;
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{
    Call, ComponentId, Elsewhere, Expr, Form, GovernanceBlock, LimitId, MeasureId, Name, Plan,
    Reference, TableId, Target, ValueId,
};
use trueup_base::calendar::WindowUnit;

/// The windows of every thing that is asked.
pub(super) struct Asked {
    windows: BTreeMap<Thing, BTreeSet<Option<WindowUnit>>>,
}

impl Asked {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut walk = Walk {
            plan,
            seen: BTreeMap::new(),
            open: Vec::new(),
        };
        for (at, component) in (0u16..).zip(&plan.components) {
            let over = Some(component.over);
            walk.changes(ComponentId(at).into(), over);
            let filter = component
                .each
                .as_ref()
                .and_then(|each| each.filter.as_ref());
            walk.formula(&component.pays, over);
            let others = [
                filter,
                component.applies.as_ref(),
                component.gate.as_ref(),
                component.at_least.as_ref(),
                component.at_most.as_ref(),
            ];
            for formula in others.into_iter().flatten() {
                walk.formula(formula, over);
            }
            for condition in component
                .paid
                .iter()
                .filter_map(|line| line.condition.as_ref())
            {
                walk.formula(condition, Some(plan.period));
            }
        }
        for (at, limit) in (0u16..).zip(&plan.limits) {
            walk.changes(LimitId(at).into(), Some(limit.over));
            for formula in limit.at_least.iter().chain(&limit.at_most) {
                walk.formula(formula, Some(limit.over));
            }
        }
        // What takes the place of a thing is asked where the thing is; conditions and funds are asked in periods.
        for trigger in plan.triggers() {
            walk.formula(plan.when(trigger), Some(plan.period));
        }
        for fund in &plan.funds {
            let claims = fund.claims.iter();
            let on_claims = claims.flat_map(|claims| claims.filter.iter().chain([&claims.of]));
            for formula in fund
                .reimburses
                .iter()
                .chain([&fund.accrues])
                .chain(on_claims)
            {
                walk.formula(formula, Some(plan.period));
            }
        }
        for (_, formula) in approvals(plan) {
            walk.formula(formula, Some(plan.period));
        }
        walk.follow();
        Self { windows: walk.seen }
    }

    /// The unit of the windows a thing is asked in, where it is always the same.
    pub(super) fn window(&self, thing: impl Into<Thing>) -> Option<WindowUnit> {
        let windows = self.windows.get(&thing.into())?;
        let mut all = windows.iter();
        match (all.next(), all.next()) {
            (Some(Some(only)), None) => Some(*only),
            (_, _) => None,
        }
    }

    /// Every unit of windows a thing is asked in.
    pub(super) fn windows(&self, thing: impl Into<Thing>) -> impl Iterator<Item = WindowUnit> {
        let windows = self.windows.get(&thing.into());
        windows.into_iter().flatten().copied().flatten()
    }
}

/// The formulas of blocks that are kept as text, with the block's name.
pub(super) fn approvals(plan: &Plan) -> impl Iterator<Item = (&GovernanceBlock, &Expr)> {
    let evaluated = ["contingencies", "guardrails", "funds"];
    plan.governance
        .iter()
        .filter(move |block| !evaluated.contains(&&*block.block))
        .flat_map(|block| {
            block
                .formulas
                .iter()
                .map(move |(_, formula)| (block, formula))
        })
}

struct Walk<'p> {
    plan: &'p Plan,
    seen: BTreeMap<Thing, BTreeSet<Option<WindowUnit>>>,
    open: Vec<(Thing, Option<WindowUnit>)>,
}

impl<'p> Walk<'p> {
    fn found(&mut self, thing: impl Into<Thing>, window: Option<WindowUnit>) {
        let thing = thing.into();
        if self.seen.entry(thing).or_default().insert(window) {
            self.open.push((thing, window));
        }
    }

    fn follow(&mut self) {
        let plan = self.plan;
        while let Some((thing, window)) = self.open.pop() {
            match thing {
                Thing::Reference(Reference::Value(id)) => self.value(id, window),
                Thing::Reference(Reference::Table(id)) => self.table(id, window),
                Thing::Reference(Reference::Measure(id)) => self.measure(id, window),
                Thing::Reference(Reference::Term(id)) => {
                    self.changes(thing, window);
                    if let Some(agreed) = plan
                        .terms
                        .get(id.index())
                        .and_then(|term| term.agreed.as_ref())
                    {
                        self.formula(agreed, window);
                    }
                }
                // These state their own windows.
                Thing::Reference(Reference::Component(_) | Reference::Limit(_))
                | Thing::Kind(_) => {}
            }
        }
    }

    /// What takes the place of a thing while a change is on.
    fn changes(&mut self, of: Thing, window: Option<WindowUnit>) {
        let plan = self.plan;
        for change in plan.triggers().flat_map(|trigger| plan.changes(trigger)) {
            let target: Thing = match change.target {
                Target::Term(id) => id.into(),
                Target::Value(id) => id.into(),
                Target::Component(id, _) => id.into(),
                Target::Limit(id, _) => id.into(),
            };
            if target == of {
                for formula in change
                    .lowest
                    .iter()
                    .chain(&change.highest)
                    .chain([&change.to])
                {
                    self.formula(formula, window);
                }
            }
        }
    }

    fn value(&mut self, id: ValueId, window: Option<WindowUnit>) {
        self.changes(id.into(), window);
        if let Some(value) = self.plan.values.get(id.index()) {
            self.formula(&value.formula, value.every.or(window));
        }
    }

    fn table(&mut self, id: TableId, window: Option<WindowUnit>) {
        let formulas = self.plan.tables.get(id.index()).map(formulas_of_table);
        for formula in formulas.unwrap_or_default() {
            self.formula(formula, window);
        }
    }

    fn measure(&mut self, id: MeasureId, window: Option<WindowUnit>) {
        if let Some(measure) = self.plan.measures.get(id.index()) {
            let formulas = measure.of.iter().chain(&measure.filter).chain(&measure.by);
            for formula in formulas {
                self.formula(formula, window);
            }
        }
    }

    fn formula(&mut self, expr: &'p Expr, window: Option<WindowUnit>) {
        let mut open = vec![(expr, window)];
        while let Some((expr, window)) = open.pop() {
            match &expr.form {
                Form::Name(name) => self.name(*name, window),
                Form::Call(Call::Asked(elsewhere, x)) => {
                    open.push((x, to_window(elsewhere, &At::window(window))));
                    if let Elsewhere::Previous(_, Some(first)) = elsewhere {
                        open.push((first, window));
                    }
                }
                Form::Call(Call::FoldedBy(_, x, unit)) => open.push((x, Some(*unit))),
                Form::Call(Call::Table(id, arguments)) => {
                    self.found(*id, window);
                    open.extend(arguments.iter().map(|argument| (argument, window)));
                }
                _ => open.extend(parts(expr).into_iter().map(|part| (part, window))),
            }
        }
    }

    fn name(&mut self, name: Name, window: Option<WindowUnit>) {
        match name {
            Name::Term(id) => self.found(id, window),
            Name::Measure(id) => self.found(id, window),
            Name::Value(id) => {
                let every = self
                    .plan
                    .values
                    .get(id.index())
                    .and_then(|value| value.every);
                self.found(id, every.or(window));
            }
            Name::Component(_)
            | Name::Limit(_)
            | Name::Column(..)
            | Name::Followed(..)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => {}
        }
    }
}
