//! What shows a finding: the evaluator's own answers to facts written out, before and after.

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::Cell;
use trueup_engine::{Answer, Evaluator, Measurer, Number, Place, Value};
use trueup_plan::diagnostic::{Counterexample, GivenRow, Situation as Shown};
use trueup_plan::tree::{ComponentId, Grant, MeasureId, Name, Type, Unit};

use crate::analytic::draw::{label, name_of};
use crate::analytic::scene::{Played, Scene, Situation, Slots, Variable, Varied};
use crate::analytic::trial::{Paid, in_words};
use crate::analytic::words::{listed, shown_of};

/// The most rows that a counterexample lists.
const ROWS_MAX: usize = 120;

/// One situation as it was put to the evaluator.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// What the open input was.
    pub x: Exact,
    pub paid: Paid,
    /// What each measure that the input moves answers in the window looked at.
    pub measures: Vec<(MeasureId, Exact)>,
    pub rows: Vec<GivenRow>,
    /// How many rows there are besides.
    pub left_out: usize,
}

/// A question to the evaluator: one input of a situation at a figure, looked at in a window.
#[derive(Clone, Copy)]
pub(crate) struct Question<'q> {
    pub situation: &'q Situation,
    pub variable: Variable,
    pub slots: Slots,
    pub window: &'q Window,
}

impl Question<'_> {
    /// Puts a figure to the evaluator; none where a measure then leaves the range it is declared for.
    pub(crate) fn ask(&self, scene: &Scene<'_>, x: &Exact) -> Option<Side> {
        let varied = Some((self.variable, self.slots, x));
        if let Some((trial, paid)) = scene.tried(self.variable.sort, self.situation, varied) {
            let measures = trial.with(|evaluator| self.measures(scene, evaluator));
            let mut rows = trial.rows();
            let left_out = rows.len().saturating_sub(ROWS_MAX);
            rows.truncate(ROWS_MAX);
            return Some(Side {
                left_out,
                x: x.clone(),
                paid,
                measures,
                rows,
            });
        }
        // Too many rows to be written out: one stands for many.
        let played: Played<'_, Answer> = Played::new(scene, self.situation).with(
            self.variable,
            self.slots,
            Answer::known(x.clone()),
        );
        let mut evaluator = Evaluator::new(scene.plan, &scene.world, &played);
        if !scene.keeps_declared(&mut evaluator) {
            return None;
        }
        let entitled = {
            let wanted = &scene.part(self.variable.sort).components;
            evaluator.entitled(scene.partner, scene.horizon.ends, |id| wanted.contains(&id))
        };
        let paid = Paid {
            lines: entitled
                .into_iter()
                .map(|one| (one.earner, one.window, one.amount))
                .collect(),
        };
        let measures = self.measures(scene, &mut evaluator);
        Some(Side {
            x: x.clone(),
            paid,
            measures,
            rows: Vec::new(),
            left_out: 0,
        })
    }

    fn measures<M: Measurer<Answer>>(
        &self,
        scene: &Scene<'_>,
        evaluator: &mut Evaluator<'_, Answer, M>,
    ) -> Vec<(MeasureId, Exact)> {
        let place = Place::new(scene.partner, *self.window);
        let moved = scene.moves.get(self.variable.sort);
        let measures = moved
            .map(|moves| moves.measures.iter())
            .into_iter()
            .flatten();
        measures
            .filter(|id| scene.plan[**id].by.is_none())
            .filter_map(|id| {
                let node = evaluator.ask_name(Name::Measure(*id), &place);
                match evaluator.answer(node) {
                    Value::Number(number) => Some((*id, number.figure()?.clone())),
                    _ => None,
                }
            })
            .collect()
    }

    /// What goes up, as a message says it: a measure the component reads, or else the column.
    pub(crate) fn driver(
        &self,
        scene: &Scene<'_>,
        component: Option<ComponentId>,
        hint: Option<&str>,
        before: &Side,
        after: &Side,
    ) -> (String, String, String) {
        let reads = component.and_then(|id| scene.reads.get(id.index()));
        let moved = before.measures.iter().filter(|(id, figure)| {
            let differs = after
                .measures
                .iter()
                .any(|(other, there)| other == id && there != figure);
            differs && reads.is_none_or(|reads| reads.names.contains(&Name::Measure(*id)))
        });
        let names_it =
            |id: MeasureId| hint.is_some_and(|hint| mentions(hint, &scene.plan[id].name));
        let chosen = moved
            .clone()
            .find(|(id, _)| names_it(*id))
            .or_else(|| moved.clone().next());
        if let Some((id, figure)) = chosen
            && let Some((_, there)) = after.measures.iter().find(|(other, _)| other == id)
        {
            let measure = &scene.plan[*id];
            return (
                measure.name.to_string(),
                shown_of(figure, measure.answers),
                shown_of(there, measure.answers),
            );
        }
        let of = self.unit(scene);
        (
            self.name(scene),
            shown_of(&before.x, of),
            shown_of(&after.x, of),
        )
    }

    /// The input by its column, or the number of its rows.
    pub(crate) fn name(&self, scene: &Scene<'_>) -> String {
        match (self.variable.what, scene.sorts.get(self.variable.sort)) {
            (Varied::Column(column), Some(sort)) => {
                let shape = &scene.plan[sort.kind];
                format!("{}.{}", shape.name, shape.column(column).name)
            }
            (Varied::Copies, Some(sort)) => {
                format!("the number of {} rows", scene.plan[sort.kind].name)
            }
            (_, None) => "the input".to_owned(),
        }
    }

    fn unit(&self, scene: &Scene<'_>) -> Type {
        match (self.variable.what, scene.sorts.get(self.variable.sort)) {
            (Varied::Column(column), Some(sort)) => scene.plan[sort.kind].column(column).of,
            (_, _) => Type::Number(Unit::COUNT),
        }
    }
}

/// Whether a formula as text mentions a name as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .any(|word| word == name)
}

/// What all situations of a scene share, and each of the sides.
pub(crate) fn counterexample(scene: &Scene<'_>, sides: &[&Side]) -> Counterexample {
    let mut held = vec![("agreement".to_owned(), scene.from.clone())];
    if let Some(own) = scene.own() {
        held.push(("partner".to_owned(), own.id.as_str().to_owned()));
        held.push(("starts".to_owned(), own.agreement.starts.to_string()));
        for (term, cell) in scene.plan.terms.iter().zip(&own.agreement.terms) {
            if let Some(says) = cell.as_ref().and_then(in_words) {
                held.push((said(scene, &term.name), says));
            }
        }
        for (attribute, cell) in scene.plan.attributes.iter().zip(&own.attributes) {
            if *cell != Cell::Empty
                && let Some(says) = in_words(cell)
            {
                held.push((said(scene, &format!("partner.{}", attribute.name)), says));
            }
        }
    }
    Counterexample {
        held,
        situations: sides.iter().map(|side| situation(scene, side)).collect(),
    }
}

/// A name, with a word where its figure was assumed.
fn said(scene: &Scene<'_>, name: &str) -> String {
    match scene.assumed.iter().any(|assumed| assumed == name) {
        true => format!("{name} (assumed)"),
        false => name.to_owned(),
    }
}

fn situation(scene: &Scene<'_>, side: &Side) -> Shown {
    let mut given: Vec<(String, String)> = side
        .measures
        .iter()
        .map(|(id, figure)| (scene.plan[*id].name.to_string(), figure.to_string()))
        .collect();
    if side.left_out > 0 {
        given.push((
            "further rows like these".to_owned(),
            side.left_out.to_string(),
        ));
    }
    let mut answers: Vec<(String, String)> = Vec::new();
    for (earner, window, amount) in &side.paid.lines {
        let says = match (amount.figure(), amount.reason()) {
            (Some(figure), _) => figure.to_string(),
            (None, Some(reason)) => format!("no answer: {}", reason.why),
            (None, None) => continue,
        };
        answers.push((
            format!("{} in {}", name_of(scene, *earner), label(scene, window)),
            says,
        ));
    }
    let total = side.paid.total(scene, Grant::Money);
    answers.push(("all pay".to_owned(), total.to_string()));
    Shown {
        given,
        rows: side.rows.clone(),
        answers,
    }
}

/// What an earner gets in a window on two sides.
pub(crate) fn part(
    before: &Side,
    after: &Side,
    earner: Earner,
    window: &Window,
) -> Option<(Exact, Exact)> {
    let of =
        |side: &Side| -> Option<Exact> { side.paid.in_window(earner, window)?.figure().cloned() };
    Some((of(before)?, of(after)?))
}

/// What was assumed of an agreement, for the end of a message; empty where nothing was.
pub(crate) fn under(scene: &Scene<'_>) -> String {
    let Some(own) = scene.own() else {
        return String::new();
    };
    let terms: Vec<String> = scene
        .plan
        .terms
        .iter()
        .zip(&own.agreement.terms)
        .filter_map(|(term, cell)| match cell {
            Some(Cell::Number(figure)) => {
                Some(format!("{} {}", term.name, shown_of(figure, term.of)))
            }
            _ => None,
        })
        .collect();
    let assumed = match scene.assumed.as_slice() {
        [] => String::new(),
        [..] if scene.assumed.len() == terms.len() => ", assumed".to_owned(),
        few if few.len() <= 2 => format!(", {} assumed", listed(few)),
        many => format!(", {} figures assumed", many.len()),
    };
    match terms.len() {
        0 => String::new(),
        1..=3 => format!(" (at {}{assumed})", terms.join(", ")),
        _ => format!(" (under {}{assumed})", scene.from),
    }
}
