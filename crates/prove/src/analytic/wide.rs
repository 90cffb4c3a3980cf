//! The bounds of everything: every measure anywhere in its range, put to the evaluator at once.
//!
//! Measures are taken for independent of one another, and every partner for anybody, so what comes out is never too
//! narrow. To make it less wide a measure may be held in one part of its range after the other.

use std::collections::BTreeMap;

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Number, Place, Value};
use trueup_plan::tree::{
    ComponentId, Expr, Fold, Form, KindId, MeasureId, Name, Operator, Type, Unit,
};

use crate::analytic::poly::End;
use crate::analytic::range::{Ends, Range};
use crate::analytic::scene::Scene;

/// The bounds of what rows pay, by component.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wide<'s> {
    pub scene: Option<&'s Scene<'s>>,
    /// Where measures are held, by measure and window.
    pub held: BTreeMap<(MeasureId, Date, Date), Range>,
    /// What components that pay on rows come to.
    pub by_rows: BTreeMap<ComponentId, Range>,
}

impl<'s> Wide<'s> {
    /// Every measure anywhere in its range.
    pub(crate) fn of(scene: &'s Scene<'s>) -> Self {
        let mut wide = Self {
            scene: Some(scene),
            ..Self::default()
        };
        for (component, at) in scene.plan.components.iter().zip(0u16..) {
            if component.each.is_some() {
                wide.by_rows
                    .insert(ComponentId(at), Range::between(None, None));
            }
        }
        // Twice, since what one pays may hang on another.
        for _ in 0..2 {
            let next: BTreeMap<ComponentId, Range> = wide
                .by_rows
                .keys()
                .map(|id| (*id, wide.over_rows(scene, *id)))
                .collect();
            wide.by_rows = next;
        }
        wide
    }

    /// With a measure held in a part of its range.
    pub(crate) fn holding(&self, measure: MeasureId, window: &Window, part: Ends) -> Self {
        let mut other = self.clone();
        other.held.insert(
            (measure, window.starts, window.ends),
            Range::between(part.low, part.high),
        );
        other
    }

    /// What a component that pays on rows may come to: any number of any of its rows, then its floor and cap.
    fn over_rows(&self, scene: &'s Scene<'s>, id: ComponentId) -> Range {
        let plan = scene.plan;
        let component = &plan[id];
        let Some(each) = &component.each else {
            return Range::between(None, None);
        };
        let mut evaluator = Evaluator::new(plan, &scene.world, self);
        let (mut low, mut high): (End, End) = (Some(Exact::ZERO), Some(Exact::ZERO));
        for (sort, at) in scene.sorts.iter().zip(0usize..) {
            if sort.kind != each.kind {
                continue;
            }
            let place = scene
                .places
                .get(&(at, scene.slots().start))
                .and_then(|row| scene.credited(sort, *row))
                .zip(scene.horizon.slots.first())
                .map(|(row, slot)| Place {
                    row: Some(row),
                    ..Place::new(scene.partner, *slot)
                });
            let Some(place) = place else { continue };
            let node = evaluator.ask(&component.pays, &place);
            let Value::Number(pays) = evaluator.answer(node) else {
                return Range::anything();
            };
            let Some(ends) = pays.ends else { continue };
            // Many rows come to many times as much; what a row cannot pay, many cannot either.
            if ends.low.is_none_or(|low| low.is_negative()) {
                low = None;
            }
            if ends.high.is_none_or(|high| high.is_positive()) {
                high = None;
            }
        }
        let mut all = Range::between(low, high);
        let windows = evaluator.agreement_windows(
            scene.partner,
            component.over,
            scene.horizon.starts,
            scene.horizon.ends,
        );
        if let Some(window) = windows.first() {
            let place = Place::new(scene.partner, *window);
            let mut bound = |formula: &'s Expr| {
                let node = evaluator.ask(formula, &place);
                match evaluator.answer(node) {
                    Value::Number(bound) => bound,
                    _ => Range::anything(),
                }
            };
            if let Some(least) = &component.at_least {
                all = all.at_least(&bound(least));
            }
            if let Some(most) = &component.at_most {
                all = all.at_most(&bound(most));
            }
        }
        // A gate that is shut pays nothing.
        match component.gate.is_some() || component.applies.is_some() {
            true => all.or_nothing(),
            false => all,
        }
    }

    fn of_measure(&self, scene: &Scene<'_>, ask: &Ask<'_>) -> Option<Range> {
        let key = (ask.measure, ask.window.starts, ask.window.ends);
        if let Some(held) = self.held.get(&key) {
            return Some(held.clone());
        }
        let measure = &scene.plan[ask.measure];
        let zero = || Some(Exact::ZERO);
        let range = match measure.fold {
            Fold::Count | Fold::CountDistinct => Range::between(zero(), None),
            Fold::Sum => match measure.of.as_ref().is_some_and(never_negative) {
                true => Range::between(zero(), None),
                false => Range::between(None, None),
            },
            Fold::Min | Fold::Max | Fold::Latest => {
                let of = measure.of.as_ref()?;
                let Type::Number(_) = of.of else {
                    return None;
                };
                let range = match never_negative(of) {
                    true => Range::between(zero(), None),
                    false => Range::between(None, None),
                };
                range.or_missing()
            }
        };
        Some(match scene.declared(ask.measure, &ask.window) {
            Some(declared) => range.inside(&declared),
            None => range,
        })
    }
}

/// Whether a formula on rows is never below nothing: a column that is no money, and sums and products of such.
fn never_negative(formula: &Expr) -> bool {
    match &formula.form {
        Form::Name(Name::Column(..)) => {
            matches!(formula.of, Type::Number(unit) if unit.money == 0)
        }
        Form::Literal(trueup_plan::tree::Literal::Number(figure)) => !figure.is_negative(),
        Form::Arithmetic(Operator::Plus | Operator::Times | Operator::Over, left, right) => {
            never_negative(left) && never_negative(right)
        }
        _ => false,
    }
}

impl Measurer<Range> for Wide<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Range> {
        self.of_measure(self.scene?, ask)
    }

    fn given(&self, name: Name, at: &Place) -> Option<Value<Range>> {
        match name {
            Name::Column(kind, column) if at.row.is_some_and(|row| row.kind == kind) => {
                let unit = self.number(kind, column.index())?;
                let low = match unit.money {
                    0 => Some(Exact::ZERO),
                    _ => None,
                };
                Some(Value::Number(Range::between(low, None)))
            }
            Name::Component(id) if at.row.is_none() => {
                let pays = self.by_rows.get(&id)?;
                Some(Value::Number(pays.clone()))
            }
            _ => None,
        }
    }
}

impl Wide<'_> {
    fn number(&self, kind: KindId, column: usize) -> Option<Unit> {
        match self.scene?.plan[kind].columns.get(column)?.of {
            Type::Number(unit) => Some(unit),
            _ => None,
        }
    }
}

impl Scene<'_> {
    /// Whether any measure says between which figures it lies.
    pub(crate) fn has_declared(&self) -> bool {
        let mut measures = self.plan.measures.iter();
        measures.any(|measure| measure.within.is_some() && measure.by.is_none())
    }

    /// Each measure that is declared to lie somewhere, in each period and in the windows before: what it answers, and
    /// where it should lie.
    pub(crate) fn each_declared<N: Number, M: Measurer<N>>(
        &self,
        evaluator: &mut Evaluator<'_, N, M>,
        mut on: impl FnMut(&N, &Ends),
    ) {
        let (starts, ends) = (self.horizon.starts, self.horizon.ends);
        let mut windows = evaluator.agreement_windows(self.partner, self.plan.period, starts, ends);
        let calendar = &self.plan.calendar;
        for before in &self.horizon.before {
            let period = calendar.window_at(self.plan.period, before.starts);
            windows.extend(period.filter(|period| !windows.contains(period)));
        }
        for window in windows {
            let place = Place::new(self.partner, window);
            for (measure, id) in self.plan.measures.iter().zip((0u16..).map(MeasureId)) {
                if measure.within.is_none() || measure.by.is_some() {
                    continue;
                }
                let Some(range) = self.declared(id, &window) else {
                    continue;
                };
                let node = evaluator.ask_name(Name::Measure(id), &place);
                if let Value::Number(answer) = evaluator.answer(node) {
                    on(&answer, &range);
                }
            }
        }
    }

    /// Whether every measure lies where it is declared to.
    pub(crate) fn keeps_declared<M: Measurer<Answer>>(
        &self,
        evaluator: &mut Evaluator<'_, Answer, M>,
    ) -> bool {
        let mut keeps = true;
        if self.has_declared() {
            self.each_declared(evaluator, |answer, range| {
                if let Some(figure) = answer.figure() {
                    keeps &= range.low.as_ref().is_none_or(|low| low <= figure);
                    keeps &= range.high.as_ref().is_none_or(|high| figure <= high);
                }
            });
        }
        keeps
    }

    /// Where a measure is declared to lie in a window; what is declared is for one period of the plan.
    pub(crate) fn declared(&self, id: MeasureId, window: &Window) -> Option<Ends> {
        let measure = &self.plan[id];
        let within = measure.within.as_ref()?;
        let (low, high) = (within.lowest.clone(), within.highest.clone());
        let adds_up = match measure.fold {
            Fold::Sum | Fold::Count | Fold::CountDistinct => true,
            Fold::Min | Fold::Max | Fold::Latest => false,
        };
        if !adds_up {
            return Some(Ends { low, high });
        }
        let periods = self
            .plan
            .calendar
            .windows_in(self.plan.period, window.starts, window.ends);
        let is_whole =
            periods.first()?.starts == window.starts && periods.last()?.ends == window.ends;
        let many = Exact::from_int(i64::try_from(periods.len()).ok()?);
        // A part of a period may hold all of it, or nothing.
        let part = |end: Exact, is_low: bool| match (is_whole, end.is_negative() == is_low) {
            (true, _) | (false, true) => &end * &many,
            (false, false) => Exact::ZERO,
        };
        // Customers that come again count once in a longer window.
        let low = match measure.fold {
            Fold::CountDistinct => low.filter(|_| periods.len() == 1),
            Fold::Sum | Fold::Count | Fold::Min | Fold::Max | Fold::Latest => low,
        };
        Some(Ends {
            low: low.map(|low| part(low, true)),
            high: high.map(|high| part(high, false)),
        })
    }
}
