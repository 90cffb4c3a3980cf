//! What a plan leaves out, so that a default holds: found on its text, since the tree no longer tells what was written.

use crate::check::names::id;
use crate::document::{BandsText, CellsText, PlanText, ReadingText, TableText};
use crate::formula::{Formula, FormulaKind};
use crate::tree::{
    ComponentId, KindId, LimitId, MeasureId, Reference, TableId, TermId, Unsaid, UnsaidKey,
    UnsaidOf, ValueId,
};

/// Everything a plan leaves out, in the order of its blocks.
pub(super) fn of(text: &PlanText) -> Vec<Unsaid> {
    let mut found = Found { unsaid: Vec::new() };
    found.head(text);
    found.kinds(text);
    for (at, term) in text.terms.iter().enumerate() {
        let of = Reference::Term(TermId(id(at)));
        if term.per.is_some() && term.spread.is_none() {
            found.push(UnsaidKey::Spread, UnsaidOf::Named(of));
        }
        found.formulas(UnsaidOf::Named(of), term.agreed.iter());
    }
    for (at, measure) in text.measures.iter().enumerate() {
        let of = UnsaidOf::Named(Reference::Measure(MeasureId(id(at))));
        if measure.role.is_none() {
            found.push(UnsaidKey::Role, of);
        }
        if measure.at.is_none() {
            found.push(UnsaidKey::At, of);
        }
        let folded = measure.fold.iter().filter_map(|fold| fold.of.as_ref());
        found.formulas(of, folded.chain(&measure.filter).chain(&measure.by));
    }
    for (at, value) in text.values.iter().enumerate() {
        let of = UnsaidOf::Named(Reference::Value(ValueId(id(at))));
        if value.each.is_some() && value.role.is_none() {
            found.push(UnsaidKey::Role, of);
        }
        found.formulas(of, value.formula.iter());
    }
    for (at, table) in text.tables.iter().enumerate() {
        let of = UnsaidOf::Named(Reference::Table(TableId(id(at))));
        found.formulas(of, formulas_of(table));
    }
    found.components(text);
    for (at, limit) in text.limits.iter().enumerate() {
        let of = UnsaidOf::Named(Reference::Limit(LimitId(id(at))));
        if limit.over.is_none() {
            found.push(UnsaidKey::LimitOver, of);
        }
        if limit.cut.is_none() {
            found.push(UnsaidKey::Cut, of);
        }
        found.formulas(of, limit.at_most.iter().chain(&limit.at_least));
    }
    let governed = text.governance.iter().flat_map(|block| &block.formulas);
    found.formulas(UnsaidOf::Plan, governed.map(|(_, formula)| formula));
    found.unsaid
}

struct Found {
    unsaid: Vec<Unsaid>,
}

impl Found {
    fn push(&mut self, key: UnsaidKey, of: UnsaidOf) {
        let unsaid = Unsaid { key, of };
        if !self.unsaid.contains(&unsaid) {
            self.unsaid.push(unsaid);
        }
    }

    fn head(&mut self, text: &PlanText) {
        if text.period.is_none() {
            self.push(UnsaidKey::Period, UnsaidOf::Plan);
        }
        let starts = text
            .calendar
            .as_ref()
            .and_then(|calendar| calendar.year_starts.as_ref());
        if starts.is_none() {
            self.push(UnsaidKey::YearStarts, UnsaidOf::Plan);
        }
        if text.money.is_none() {
            self.push(UnsaidKey::Money, UnsaidOf::Plan);
        }
        let reach = text
            .corrections
            .as_ref()
            .and_then(|corrections| corrections.reach_back.as_ref());
        if reach.is_none() {
            self.push(UnsaidKey::ReachBack, UnsaidOf::Plan);
        }
        // There is no other rule to write.
        self.push(UnsaidKey::TakesEffect, UnsaidOf::Plan);
    }

    fn kinds(&mut self, text: &PlanText) {
        for (at, kind) in text.facts.iter().enumerate() {
            let of = KindId(id(at));
            if kind.dated.is_none() {
                self.push(UnsaidKey::Dated, UnsaidOf::Kind(of, None));
            }
            if kind.credited.is_empty() {
                self.push(UnsaidKey::Credited, UnsaidOf::Kind(of, None));
            }
            for (at, line) in kind.credited.iter().enumerate() {
                let of = UnsaidOf::Kind(of, Some(id(at)));
                if line.role.is_none() {
                    self.push(UnsaidKey::CreditRole, of);
                }
                if line.share.is_none() {
                    self.push(UnsaidKey::CreditShare, of);
                }
            }
        }
    }

    fn components(&mut self, text: &PlanText) {
        for (at, component) in text.components.iter().enumerate() {
            let component_id = ComponentId(id(at));
            let of = UnsaidOf::Named(Reference::Component(component_id));
            let is_unsaid = [
                (UnsaidKey::Applies, component.applies.is_none()),
                (UnsaidKey::Over, component.over.is_none()),
                (UnsaidKey::Every, component.every.is_none()),
                (
                    UnsaidKey::Role,
                    component.each.is_some() && component.role.is_none(),
                ),
                (UnsaidKey::Grants, component.unit.is_none()),
            ];
            for (key, is_unsaid) in is_unsaid {
                if is_unsaid {
                    self.push(key, of);
                }
            }
            let granted = component.unit.as_ref().map(|unit| &*unit.text);
            let is_money = !matches!(granted, Some("count" | "flag"));
            if is_money && component.rounding.is_none() {
                self.push(UnsaidKey::Rounding, of);
            }
            if granted != Some("flag") {
                if component.paid.is_empty() {
                    self.push(UnsaidKey::Paid, of);
                }
                if component.recovers.is_none() {
                    self.push(UnsaidKey::Recovers, of);
                }
            }
            for (at, line) in component.paid.iter().enumerate() {
                let of = UnsaidOf::Line(component_id, id(at));
                if line.after.is_none() && line.on.is_none() {
                    self.push(UnsaidKey::When, of);
                }
                if line.condition.is_some() && !line.waits {
                    self.push(UnsaidKey::Otherwise, of);
                }
            }
            let formulas = [
                &component.applies,
                &component.gate,
                &component.pays,
                &component.filter,
                &component.at_least,
                &component.at_most,
            ];
            self.formulas(of, formulas.into_iter().flatten());
            let conditions = component
                .paid
                .iter()
                .filter_map(|line| line.condition.as_ref());
            self.formulas(of, conditions);
        }
    }

    /// What functions leave out.
    fn formulas<'t>(&mut self, of: UnsaidOf, formulas: impl Iterator<Item = &'t Formula>) {
        let mut open: Vec<&Formula> = formulas.collect();
        while let Some(formula) = open.pop() {
            if let FormulaKind::Call {
                name, arguments, ..
            } = &formula.is
            {
                let says = |word: &str| {
                    arguments.iter().any(|argument| {
                        argument
                            .word
                            .as_ref()
                            .is_some_and(|(said, _)| &**said == word)
                    })
                };
                match &**name {
                    "round" if !says("mode") => self.push(UnsaidKey::Mode, of),
                    "allocate" if !says("to") => self.push(UnsaidKey::Step, of),
                    "allocate" if !says("rest") => self.push(UnsaidKey::Rest, of),
                    _ => {}
                }
            }
            open.extend(parts(formula));
        }
    }
}

fn formulas_of(table: &TableText) -> impl Iterator<Item = &Formula> {
    let reading = match &table.reading {
        Some(ReadingText::EachBand(formula) | ReadingText::OneBand(formula)) => formula.as_ref(),
        Some(ReadingText::Line(_)) | None => None,
    };
    let mut found: Vec<&Formula> = reading.into_iter().collect();
    match &table.bands {
        BandsText::Bands(bands) => {
            for band in bands {
                found.extend(band.bound.iter().filter_map(|bound| bound.formula.as_ref()));
                found.extend(band.cells.iter().filter_map(|(_, cell)| cell.as_ref()));
            }
        }
        BandsText::Grid { axes, cells } => {
            let bounds = axes.iter().flat_map(|(_, bounds)| bounds);
            found.extend(bounds.filter_map(|bound| bound.formula.as_ref()));
            let mut open = vec![cells];
            while let Some(cells) = open.pop() {
                match cells {
                    CellsText::Cell(cell, _) => found.extend(cell),
                    CellsText::List(list, _) => open.extend(list),
                }
            }
        }
        BandsText::Rows(_) | BandsText::None => {}
    }
    found.into_iter()
}

/// The formulas directly inside a formula.
fn parts(formula: &Formula) -> Vec<&Formula> {
    match &formula.is {
        FormulaKind::Number { .. }
        | FormulaKind::Text(_)
        | FormulaKind::Date(_)
        | FormulaKind::True
        | FormulaKind::False
        | FormulaKind::Missing
        | FormulaKind::Name(_) => Vec::new(),
        FormulaKind::Call { arguments, .. } => {
            arguments.iter().map(|argument| &argument.value).collect()
        }
        FormulaKind::Negated(x) | FormulaKind::Not(x) | FormulaKind::Is { x, .. } => vec![&**x],
        FormulaKind::Keyed(a, b)
        | FormulaKind::Arithmetic(_, a, b)
        | FormulaKind::Compared(_, a, b) => vec![&**a, &**b],
        FormulaKind::Between { x, low, high, .. } => vec![&**x, &**low, &**high],
        FormulaKind::In { x, list, .. } => std::iter::once(&**x).chain(list).collect(),
        FormulaKind::And(parts) | FormulaKind::Or(parts) => parts.iter().collect(),
        FormulaKind::Case { arms, otherwise } => arms
            .iter()
            .flat_map(|(test, answer)| [test, answer])
            .chain([&**otherwise])
            .collect(),
    }
}
