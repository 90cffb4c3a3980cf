//! What a sort of row does: how it counts in each measure, and what is paid on it. Sorts that do the same are one.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::exact::Exact;
use trueup_engine::world::{RowIx, date_of, role_of};
use trueup_engine::{Answer, Evaluator, Number, Place, RowPlace, Truth, Value};
use trueup_plan::tree::{ComponentId, Expr, MeasureId, Name};

use super::{Played, Scene, Situation, Sort};

/// What a row does, in words that two rows share only if they do the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint {
    of_measures: BTreeMap<MeasureId, Vec<String>>,
    of_components: BTreeMap<ComponentId, Vec<String>>,
}

impl Fingerprint {
    pub(super) fn moves_any(&self) -> bool {
        !self.of_measures.is_empty() || !self.of_components.is_empty()
    }

    pub(super) fn measures(&self) -> BTreeSet<MeasureId> {
        self.of_measures.keys().copied().collect()
    }

    pub(super) fn components(&self) -> impl Iterator<Item = ComponentId> + '_ {
        self.of_components.keys().copied()
    }
}

/// Figures with which a row is tried.
const FIGURES: [i64; 3] = [1, 7, 5_000];

/// One situation for each of these figures, which stands in all open columns of all rows.
pub(super) struct Tries(Vec<Situation>);

impl Tries {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let even = |figure| Situation::even(scene, &Exact::from_int(figure), &Exact::ONE);
        Self(FIGURES.map(even).into())
    }

    /// The one with the largest figure.
    pub(super) fn largest(&self) -> Option<&Situation> {
        self.0.last()
    }
}

impl Scene<'_> {
    /// What a sort of row does; nothing where it is not credited to the partner looked at.
    pub(super) fn fingerprint(&self, at: usize, sort: &Sort, tries: &Tries) -> Fingerprint {
        let mut print = Fingerprint::default();
        let plan = self.plan;
        let shape = &plan[sort.kind];
        let Some(line) = shape.credited.get(usize::from(sort.line)) else {
            return print;
        };
        let slot = self.slots().start;
        let (Some(row), Some(window)) = (
            self.places.get(&(at, slot)).copied(),
            self.horizon.slots.first().copied(),
        ) else {
            return print;
        };
        let Some(credited) = self.credited(sort, row) else {
            return print;
        };
        let place = Place {
            row: Some(credited),
            ..Place::new(self.partner, window)
        };
        for (measure, id) in plan.measures.iter().zip((0u16..).map(MeasureId)) {
            if measure.kind != sort.kind || measure.role != line.role {
                continue;
            }
            let formulas = [&measure.filter, &measure.of, &measure.by];
            let on = self
                .world
                .kind(sort.kind)
                .and_then(|facts| facts.rows.get(row.0 as usize))
                .and_then(|row| date_of(row, measure.at));
            let mut says = vec![format!("{on:?}")];
            let mut counts = true;
            for situation in &tries.0 {
                let said = self.said(formulas.into_iter().flatten(), situation, &place);
                counts &= measure.filter.is_none()
                    || said.first().is_some_and(|(holds, _)| *holds != Some(false));
                says.extend(said.into_iter().map(|(_, text)| text));
            }
            // A threshold on an amount lets the row count for some figures and not for others.
            let depends = tries.0.iter().any(|situation| {
                let said = self.said(measure.filter.iter(), situation, &place);
                said.first().is_some_and(|(holds, _)| *holds == Some(true))
            });
            if (counts || depends) && on.is_some() {
                print.of_measures.insert(id, says);
            }
        }
        for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
            let Some(each) = &component.each else {
                continue;
            };
            if each.kind != sort.kind || each.role != line.role {
                continue;
            }
            let mut says = Vec::new();
            let mut counts = false;
            for situation in &tries.0 {
                let filter = self.said(each.filter.iter(), situation, &place);
                counts |= filter
                    .first()
                    .is_none_or(|(holds, _)| *holds != Some(false));
                let pays = self.said([&component.pays], situation, &place);
                says.extend(filter.into_iter().chain(pays).map(|(_, text)| text));
            }
            if !counts {
                continue;
            }
            // What a row pays may hang on figures that are not there yet; then its texts tell it from others.
            if let Some(reads) = self.reads.get(id.index()) {
                for (column, filled) in sort.cells.iter().enumerate() {
                    let is_read = reads.names.iter().any(|name| match name {
                        Name::Column(kind, read) | Name::Followed(kind, read, _) => {
                            *kind == sort.kind && read.index() == column
                        }
                        _ => false,
                    });
                    if is_read {
                        says.push(format!("{filled:?}"));
                    }
                }
            }
            print.of_components.insert(id, says);
        }
        print
    }

    /// The place of a row credited to the partner looked at.
    pub(crate) fn credited(&self, sort: &Sort, row: RowIx) -> Option<RowPlace> {
        let shape = &self.plan[sort.kind];
        let line = shape.credited.get(usize::from(sort.line))?;
        let role = role_of(shape, &line.role)?;
        let facts = self.world.kind(sort.kind)?;
        facts
            .credits(role, self.partner)
            .iter()
            .find(|credit| credit.row == row && credit.line == sort.line)
            .map(|credit| RowPlace::new(sort.kind, role, credit))
    }

    /// What formulas say on a row in a situation: whether it holds, and in words.
    fn said<'f>(
        &'f self,
        formulas: impl IntoIterator<Item = &'f Expr>,
        situation: &Situation,
        place: &Place,
    ) -> Vec<(Option<bool>, String)> {
        let played: Played<'_, Answer> = Played::new(self, situation);
        let evaluator = Evaluator::new(self.plan, &self.world, &played);
        let mut evaluator = evaluator.without_explanation();
        formulas
            .into_iter()
            .map(|formula| {
                let node = evaluator.ask(formula, place);
                let answer = evaluator.answer(node);
                let holds = match &answer {
                    Value::Flag(truth) => truth.all(),
                    _ => None,
                };
                (holds, in_words(&answer))
            })
            .collect()
    }
}

fn in_words(answer: &Value<Answer>) -> String {
    if let Some(reason) = answer.reason() {
        return format!("none: {}", reason.why);
    }
    match answer {
        Value::Number(number) => match number.figure() {
            Some(figure) => figure.to_string(),
            None => String::new(),
        },
        Value::Flag(truth) => format!("{:?}", truth.all()),
        Value::Date(day) => day.to_string(),
        // Texts that differ from row to row do not tell sorts apart.
        Value::Text(text) if text.starts_with("row-") => "different".to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Partner(partner) => partner.as_str().to_owned(),
        Value::Duration(_) | Value::None(_) => String::new(),
    }
}
