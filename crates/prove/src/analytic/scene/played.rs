//! A situation, as the evaluator asks about it: it stands in for the open columns of rows and for how many there are.

use std::cell::RefCell;
use std::collections::BTreeMap;

use trueup_base::date::Date;
use trueup_engine::world::{PartnerIx, RowIx, date_of};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Number, Place, Value};
use trueup_plan::tree::{KindId, MeasureId, Name};

use super::{Scene, Situation, Slots, Variable, Varied};

/// A situation of a scene in which some inputs are other numbers.
pub(crate) struct Played<'s, N: Number> {
    scene: &'s Scene<'s>,
    situation: &'s Situation,
    /// Inputs that are something else, in which windows.
    varied: Vec<(Variable, Slots, N)>,
    /// What measures answer where nothing that they count is varied.
    measured: Option<&'s Measured>,
}

/// What measures answer in a situation, worked out when asked for the first time.
#[derive(Debug, Default)]
pub(crate) struct Measured(RefCell<BTreeMap<Asked, Option<Answer>>>);

/// A measure, for whom, from which day until which.
type Asked = (MeasureId, PartnerIx, Date, Date);

impl<'s, N: Number> Played<'s, N> {
    /// A situation as it is.
    pub(crate) fn new(scene: &'s Scene<'s>, situation: &'s Situation) -> Self {
        Self {
            scene,
            situation,
            varied: Vec::new(),
            measured: None,
        }
    }

    /// With another number for an input.
    pub(crate) fn with(mut self, variable: Variable, slots: Slots, number: N) -> Self {
        self.varied.push((variable, slots, number));
        self
    }

    /// Remembers what measures answer from one use of the same situation to the next.
    pub(crate) fn remembering(mut self, measured: &'s Measured) -> Self {
        self.measured = Some(measured);
        self
    }

    fn varied(&self, sort: usize, slot: usize, what: Varied) -> Option<&N> {
        self.varied
            .iter()
            .find(|(variable, slots, _)| {
                variable.sort == sort && variable.what == what && slots.holds(self.scene, slot)
            })
            .map(|(_, _, number)| number)
    }

    /// Whether what a measure counts in a window is varied.
    fn is_moved(&self, ask: &Ask<'_>) -> bool {
        let scene = self.scene;
        let measure = &scene.plan[ask.measure];
        self.varied.iter().any(|(variable, slots, _)| {
            let counts = scene
                .moves
                .get(variable.sort)
                .is_none_or(|moves| moves.measures.contains(&ask.measure));
            counts
                && scene.slots().chain([scene.twin()]).any(|slot| {
                    slots.holds(scene, slot)
                        && scene
                            .places
                            .get(&(variable.sort, slot))
                            .and_then(|row| {
                                let facts = scene.world.kind(measure.kind)?;
                                date_of(facts.rows.get(row.0 as usize)?, measure.at)
                            })
                            .is_none_or(|day| ask.window.contains(day))
                })
        })
    }
}

impl Measured {
    fn answer(&self, scene: &Scene<'_>, situation: &Situation, ask: &Ask<'_>) -> Option<Answer> {
        let key = (ask.measure, ask.partner, ask.window.starts, ask.window.ends);
        if let Some(known) = self.0.borrow().get(&key) {
            return known.clone();
        }
        let played: Played<'_, Answer> = Played::new(scene, situation);
        let evaluator = Evaluator::new(scene.plan, &scene.world, &played);
        let mut evaluator = evaluator.without_explanation();
        let place = Place::new(ask.partner, ask.window);
        let node = evaluator.ask_name(Name::Measure(ask.measure), &place);
        let answer = match evaluator.answer(node) {
            Value::Number(answer) => Some(answer),
            Value::None(reason) => Some(Answer::none(reason)),
            // Days and texts have no lanes; the rows answer them.
            Value::Flag(_)
            | Value::Date(_)
            | Value::Duration(_)
            | Value::Text(_)
            | Value::Partner(_) => None,
        };
        self.0.borrow_mut().insert(key, answer.clone());
        answer
    }
}

impl Scene<'_> {
    /// Whether every measure lies where it is declared to.
    pub(crate) fn allows(&self, situation: &Situation) -> bool {
        let played: Played<'_, Answer> = Played::new(self, situation);
        let evaluator = Evaluator::new(self.plan, &self.world, &played);
        self.keeps_declared(&mut evaluator.without_explanation())
    }
}

impl<N: Number> Measurer<N> for Played<'_, N> {
    fn measure(&self, ask: &Ask<'_>) -> Option<N> {
        if ask.key.is_some() || self.is_moved(ask) {
            return None;
        }
        let answer = self.measured?.answer(self.scene, self.situation, ask)?;
        Some(match answer {
            Answer::Known(figure) => N::known(figure),
            Answer::None(reason) => N::none(reason),
        })
    }

    fn given(&self, name: Name, at: &Place) -> Option<Value<N>> {
        let Name::Column(kind, column) = name else {
            return None;
        };
        let row = at.row.filter(|row| row.kind == kind)?;
        let (sort, slot) = *self.scene.rows.get(&(kind, row.row))?;
        if let Some(number) = self.varied(sort, slot, Varied::Column(column)) {
            return Some(Value::Number(number.clone()));
        }
        let figure = self.situation.in_slot(self.scene, sort, slot, column)?;
        Some(Value::Number(N::known(figure.clone())))
    }

    fn copies(&self, kind: KindId, row: RowIx) -> Option<N> {
        let (sort, slot) = *self.scene.rows.get(&(kind, row))?;
        if let Some(number) = self.varied(sort, slot, Varied::Copies) {
            return Some(number.clone());
        }
        let copies = self.situation.copies_in(self.scene, sort, slot);
        match copies == trueup_base::exact::Exact::ONE {
            true => None,
            false => Some(N::known(copies)),
        }
    }
}
