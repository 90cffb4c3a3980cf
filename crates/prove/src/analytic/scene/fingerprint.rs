//! What a sort of row does: how it counts in each measure, and what is paid on it. Sorts that do the same are one.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::exact::Exact;
use trueup_engine::world::{RowIx, date_of, role_of};
use trueup_engine::{Answer, Evaluator, Number, Place, RowPlace, Truth, Value};
use trueup_plan::span::Span;
use trueup_plan::tree::{ComponentId, Expr, Form, MeasureId, Name};

use super::{Played, Scene, Situation, Slots, Sort, Variable, Varied};
use crate::analytic::curve::{Course, Curve};
use crate::analytic::survey::nodes;

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
/// The most figures besides, between which conditions on rows tell anything apart.
const BETWEEN_MAX: usize = 16;

/// One situation for each of these figures, which stands in all open columns of all rows.
pub(super) struct Tries(Vec<Situation>);

impl Tries {
    pub(super) fn of(scene: &Scene<'_>) -> Self {
        let even = |figure: &Exact| Situation::even(scene, figure, &Exact::ONE);
        let usual = FIGURES.map(Exact::from_int);
        let between = scene.told_apart();
        let between = between.iter().filter(|figure| !usual.contains(figure));
        Self(usual.iter().chain(between).map(even).collect())
    }

    /// The one with the largest of the figures that every plan is tried with.
    pub(super) fn usual(&self) -> Option<&Situation> {
        self.0.get(FIGURES.len() - 1)
    }

    /// All of them, the usual one first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Situation> {
        let usual = self.usual();
        let others = self.0.iter();
        let others = others.filter(move |one| usual != Some(*one));
        usual.into_iter().chain(others)
    }
}

impl Scene<'_> {
    /// What a sort of row does; nothing where it is not credited to the partner looked at. Where it does nothing in the
    /// first window, its day may be why, and it is what it does in the first one in which it does anything.
    pub(super) fn fingerprint(&self, at: usize, sort: &Sort, tries: &Tries) -> Fingerprint {
        let slots = self.slots().zip(&self.horizon.slots);
        let mut prints = slots.map(|(slot, window)| self.print_in(slot, window, at, sort, tries));
        prints.find(Fingerprint::moves_any).unwrap_or_default()
    }

    fn print_in(
        &self,
        slot: usize,
        window: &Window,
        at: usize,
        sort: &Sort,
        tries: &Tries,
    ) -> Fingerprint {
        let mut print = Fingerprint::default();
        let plan = self.plan;
        let shape = &plan[sort.kind];
        let Some(line) = shape.credited.get(usize::from(sort.line)) else {
            return print;
        };
        let Some(row) = self.places.get(&(at, slot)).copied() else {
            return print;
        };
        let Some(credited) = self.credited(sort, row) else {
            return print;
        };
        let place = Place {
            row: Some(credited),
            ..Place::new(self.partner, *window)
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
            let may_count = || {
                let filter = measure.filter.as_ref();
                filter.is_none_or(|filter| self.may_hold(filter, tries, &place))
            };
            if (counts || may_count()) && on.is_some() {
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
            let may_count = || {
                let filter = each.filter.as_ref();
                filter.is_some_and(|filter| self.may_hold(filter, tries, &place))
            };
            if !counts && !may_count() {
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

    /// Whether a condition on a row may hold: each of its parts does with some figure, be it with another one each.
    fn may_hold(&self, condition: &Expr, tries: &Tries, place: &Place) -> bool {
        match &condition.form {
            Form::And(all) => all.iter().all(|one| self.may_hold(one, tries, place)),
            Form::Or(all) => all.iter().any(|one| self.may_hold(one, tries, place)),
            Form::Name(Name::Value(id)) => self.may_hold(&self.plan[*id].formula, tries, place),
            _ => tries.0.iter().any(|situation| {
                let said = self.said([condition], situation, place);
                said.first().is_some_and(|(holds, _)| *holds == Some(true))
            }),
        }
    }

    /// Figures between which conditions on rows tell anything apart: on each bound, and beyond it.
    fn told_apart(&self) -> Vec<Exact> {
        let mut bounds: BTreeSet<Exact> = BTreeSet::new();
        let (Some(window), slot) = (self.horizon.slots.first(), self.slots().start) else {
            return Vec::new();
        };
        let mut seen: BTreeSet<(Span, u16)> = BTreeSet::new();
        for (sort, at) in self.sorts.iter().zip(0usize..) {
            let row = self.places.get(&(at, slot)).copied();
            let Some(credited) = row.and_then(|row| self.credited(sort, row)) else {
                continue;
            };
            let place = Place {
                row: Some(credited),
                ..Place::new(self.partner, *window)
            };
            let mut tests = Vec::new();
            for filter in self.filters(sort) {
                self.tests_within(filter, &mut tests);
            }
            for test in tests {
                let key = (test.span, sort.line);
                if seen.contains(&key) || !self.asks_for_figures(sort, test) {
                    continue;
                }
                let turns = self.bounds_of(test, sort, at, &place);
                if !turns.is_empty() {
                    seen.insert(key);
                }
                bounds.extend(turns);
            }
        }
        let all: Vec<&Exact> = bounds.iter().filter(|bound| bound.is_positive()).collect();
        // Beyond all of them the most conditions hold together; on a bound the fewest are told apart.
        let beyond = all.last().map(|last| *last + *last);
        let between = all.windows(2).filter_map(|pair| match pair {
            [low, high] => (*low + *high).checked_div(&Exact::from_int(2)),
            _ => None,
        });
        let below = bounds.first().filter(|first| !first.is_positive());
        let below = below.map(|first| &(first + first) - &Exact::ONE);
        let mut figures: Vec<Exact> = beyond.into_iter().chain(below).chain(between).collect();
        figures.extend(all.iter().copied().cloned());
        figures.truncate(BETWEEN_MAX);
        figures
    }

    /// Conditions on rows of a sort.
    fn filters(&self, sort: &Sort) -> impl Iterator<Item = &Expr> {
        let kind = sort.kind;
        let of_measures = self.plan.measures.iter();
        let of_measures = of_measures
            .filter(move |measure| measure.kind == kind)
            .filter_map(|measure| measure.filter.as_ref());
        let of_rows = self.plan.components.iter();
        let of_rows = of_rows
            .filter_map(|component| component.each.as_ref())
            .filter(move |each| each.kind == kind)
            .filter_map(|each| each.filter.as_ref());
        of_measures.chain(of_rows)
    }

    /// The single tests that a condition is made of.
    fn tests_within<'s>(&'s self, condition: &'s Expr, tests: &mut Vec<&'s Expr>) {
        match &condition.form {
            Form::And(all) | Form::Or(all) => {
                for one in all {
                    self.tests_within(one, tests);
                }
            }
            Form::Not(inner) => self.tests_within(inner, tests),
            Form::Name(Name::Value(id)) => self.tests_within(&self.plan[*id].formula, tests),
            _ => tests.push(condition),
        }
    }

    /// Where a test turns along the figures of a row: all of them alike, and one after the other.
    fn bounds_of(&self, test: &Expr, sort: &Sort, at: usize, place: &Place) -> BTreeSet<Exact> {
        let even = Situation::even(self, &Exact::ONE, &Exact::ONE);
        let slots = Slots::One(self.slots().start);
        let variable = |column| Variable {
            sort: at,
            what: Varied::Column(column),
        };
        let mut ways: Vec<Vec<Variable>> = sort.numbers().map(|one| vec![variable(one)]).collect();
        if ways.len() > 1 {
            ways.push(sort.numbers().map(variable).collect());
        }
        let mut bounds = BTreeSet::new();
        for way in ways {
            // Money may be taken back.
            let is_money = way.iter().all(|one| self.may_be_negative(*one));
            let input = Curve::input(Course {
                lowest: (!is_money).then_some(Exact::ZERO),
                ..Course::default()
            });
            let played = way
                .into_iter()
                .fold(Played::new(self, &even), |played, variable| {
                    played.with(variable, slots, input.clone())
                });
            let mut evaluator = Evaluator::new(self.plan, &self.world, &played);
            evaluator.ask(test, place);
            for node in nodes(evaluator.graph()) {
                if let Value::Flag(told) = &node.value
                    && let Some(pieces) = told.pieces()
                {
                    bounds.extend(pieces.knots.iter().cloned());
                }
            }
        }
        bounds
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
