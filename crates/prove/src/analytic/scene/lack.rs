//! Texts for which a table has no band: a product, a size, a region that nobody listed.
//!
//! They are looked for when a scene is built, since a row that nothing can be paid on leaves everything without an answer.

use trueup_engine::world::Cell;
use trueup_engine::{Answer, Evaluator, NodeId, Place, Value, What};
use trueup_plan::diagnostic::GivenRow;
use trueup_plan::tree::{Call, Expr, Form, Name, NoAnswerKind, TableId, Type};

use super::fingerprint::Tries;
use super::{Played, Scene, Situation, Sort};
use crate::analytic::origin::written;
use crate::analytic::trial::in_words;

/// A text without a band.
#[derive(Clone, Debug)]
pub(crate) struct Lack {
    pub table: TableId,
    /// The argument as it is written.
    pub argument: String,
    /// What it says; none where it is any that is not listed.
    pub says: Option<String>,
    /// What then has no answer.
    pub name: String,
    /// The row, where it is about one.
    pub row: Option<GivenRow>,
}

impl Scene<'_> {
    /// The text of a sort of row for which a table has no band.
    pub(super) fn lack_of(&self, at: usize, sort: &Sort, tries: &Tries) -> Option<Lack> {
        let slot = self.slots().start;
        let row = *self.places.get(&(at, slot))?;
        let place = Place {
            row: Some(self.credited(sort, row)?),
            ..Place::new(self.partner, *self.horizon.slots.first()?)
        };
        let line = self.plan[sort.kind].credited.get(usize::from(sort.line))?;
        let measures = self
            .plan
            .measures
            .iter()
            .filter(|measure| measure.kind == sort.kind && measure.role == line.role)
            .map(|measure| (measure.filter.as_ref(), measure.of.as_ref(), &measure.name));
        let components = self.plan.components.iter().filter_map(|component| {
            let each = component.each.as_ref()?;
            let is_it = each.kind == sort.kind && each.role == line.role;
            is_it.then_some((each.filter.as_ref(), Some(&component.pays), &component.name))
        });
        let (filter_and_formula, shape) = (measures.chain(components), &self.plan[sort.kind]);
        for (filter, formula, name) in filter_and_formula {
            let Some(formula) = formula else { continue };
            let with = tries
                .all()
                .find(|even| filter.is_none_or(|filter| self.holds(filter, &place, even)));
            let Some(even) = with else { continue };
            if let Some((table, argument)) = self.without_band(formula, &place, even) {
                let facts = self.world.kind(sort.kind)?;
                let cells = &facts.rows.get(row.0 as usize)?.cells;
                let says = match &argument.form {
                    Form::Name(Name::Column(_, column)) => match cells.get(column.index()) {
                        // A text made up for the row stands for any that is not listed.
                        Some(Cell::Text(text)) if text.starts_with("row-") => None,
                        Some(cell) => in_words(cell),
                        None => None,
                    },
                    _ => None,
                };
                let written_cells = shape.columns.iter().zip(cells);
                return Some(Lack {
                    table,
                    argument: written(self.plan, argument),
                    says,
                    name: name.to_string(),
                    row: Some(GivenRow {
                        kind: shape.name.to_string(),
                        cells: written_cells
                            .filter_map(|(column, cell)| {
                                Some((column.name.to_string(), in_words(cell)?))
                            })
                            .collect(),
                    }),
                });
            }
        }
        None
    }

    /// The texts of the partner's own columns and terms for which a table has no band.
    pub(super) fn lacks_of_partner(&self, even: &Situation) -> Vec<Lack> {
        let mut found = Vec::new();
        let Some(window) = self.horizon.slots.first() else {
            return found;
        };
        let place = Place::new(self.partner, *window);
        for component in &self.plan.components {
            if component.each.is_some() {
                continue;
            }
            if let Some((table, argument)) = self.without_band(&component.pays, &place, even) {
                found.push(Lack {
                    table,
                    argument: written(self.plan, argument),
                    says: self.said_of(argument, &place, even),
                    name: component.name.to_string(),
                    row: None,
                });
            }
        }
        found
    }

    fn said_of(&self, argument: &Expr, place: &Place, even: &Situation) -> Option<String> {
        let played: Played<'_, Answer> = Played::new(self, even);
        let mut evaluator = Evaluator::new(self.plan, &self.world, &played);
        let node = evaluator.ask(argument, place);
        match evaluator.answer(node) {
            Value::Text(text) => Some(text.to_string()),
            Value::Partner(partner) => Some(partner.as_str().to_owned()),
            _ => None,
        }
    }

    fn holds(&self, filter: &Expr, place: &Place, even: &Situation) -> bool {
        use trueup_engine::Truth;
        let played: Played<'_, Answer> = Played::new(self, even);
        let mut evaluator = Evaluator::new(self.plan, &self.world, &played);
        let node = evaluator.ask(filter, place);
        match evaluator.answer(node) {
            Value::Flag(truth) => truth.all() == Some(true),
            _ => false,
        }
    }

    /// The table without a band for a text that leaves a formula without an answer, and the argument.
    fn without_band<'f>(
        &'f self,
        formula: &'f Expr,
        place: &Place,
        even: &Situation,
    ) -> Option<(TableId, &'f Expr)> {
        let played: Played<'_, Answer> = Played::new(self, even);
        let mut evaluator = Evaluator::new(self.plan, &self.world, &played);
        let mut at = evaluator.ask(formula, place);
        let graph = evaluator.graph();
        let is_open = |id: &NodeId| {
            graph.node(*id).is_some_and(|node| {
                node.value
                    .reason()
                    .is_some_and(|reason| reason.kind == NoAnswerKind::Undefined)
            })
        };
        if !is_open(&at) {
            return None;
        }
        for _ in 0..10_000 {
            match graph.inputs(at).iter().copied().find(is_open) {
                Some(next) => at = next,
                None => break,
            }
        }
        let What::Formula(found) = graph.node(at)?.what else {
            return None;
        };
        let Form::Call(Call::Table(table, arguments)) = &found.form else {
            return None;
        };
        let argument = arguments
            .iter()
            .find(|argument| matches!(argument.of, Type::Text | Type::Partner))?;
        // The formula found is the plan's own, as the one that was asked is.
        Some((*table, own(self, argument)?))
    }
}

fn own<'s>(scene: &'s Scene<'_>, like: &Expr) -> Option<&'s Expr> {
    fn within<'p>(formula: &'p Expr, like: &Expr) -> Option<&'p Expr> {
        if formula.span == like.span && formula.form == like.form {
            return Some(formula);
        }
        trueup_plan::tree::walk::parts(formula)
            .into_iter()
            .find_map(|part| within(part, like))
    }
    trueup_plan::tree::walk::formulas(scene.plan)
        .into_iter()
        .find_map(|formula| within(formula, like))
}
