//! What the figures of an agreement make of a plan: bounds that do not rise, caps below floors.

use std::collections::BTreeSet;

use trueup_base::exact::Exact;
use trueup_engine::world::{Partner, World};
use trueup_engine::{Answer, Evaluator, Number, Place, Reference, Value};
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::tree::{BoundKind, Expr, Plan};

use crate::analytic::origin::written;
use crate::analytic::words::shown_of;
use crate::registry::Kind;
use crate::study::Study;
use crate::subject::Sample;

/// The kind.
pub(crate) const KIND: Kind = Kind {
    name: "agreed figures",
    codes: &[],
    what: "bounds that do not rise and caps below floors, with the figures of an agreement (T2, P3)",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut seen = BTreeSet::new();
    let mut told: BTreeSet<Span> = BTreeSet::new();
    let mut found = Vec::new();
    for sample in &study.subject.samples {
        let agreement = &sample.partner.agreement;
        let figures = (
            sample.partner.attributes.clone(),
            agreement.terms.clone(),
            agreement.stated.clone(),
        );
        if !seen.insert(figures) {
            continue;
        }
        for one in of_agreement(plan, sample) {
            if told.insert(one.span()) {
                found.push(one);
            }
        }
    }
    found
}

fn of_agreement(plan: &Plan, sample: &Sample) -> Vec<Diagnostic> {
    let partner = Partner {
        parent: None,
        ..sample.partner.clone()
    };
    let world = World::new(plan, vec![partner]);
    let mut asking = Asking {
        plan,
        from: &sample.from,
        evaluator: Evaluator::new(plan, &world, &Reference),
    };
    let mut found = Vec::new();
    for table in &plan.tables {
        for axis in &table.axes {
            asking.bounds(&axis.bounds, &table.name, &mut found);
        }
    }
    for component in &plan.components {
        asking.floor_and_cap(
            &component.name,
            component.over,
            (component.at_least.as_ref(), component.at_most.as_ref()),
            &mut found,
        );
    }
    for limit in &plan.limits {
        asking.floor_and_cap(
            &limit.name,
            limit.over,
            (limit.at_least.as_ref(), limit.at_most.as_ref()),
            &mut found,
        );
    }
    found
}

struct Asking<'a> {
    plan: &'a Plan,
    from: &'a str,
    evaluator: Evaluator<'a, Answer>,
}

impl<'a> Asking<'a> {
    /// A formula of terms alone, in the first window of a unit.
    fn figure(
        &mut self,
        formula: &'a Expr,
        over: trueup_base::calendar::WindowUnit,
    ) -> Option<Exact> {
        let partner = self.evaluator.world().all().next()?;
        let starts = self.evaluator.agreement_starts(partner)?;
        let window = match over {
            trueup_base::calendar::WindowUnit::Agreement => {
                let year = trueup_base::calendar::WindowUnit::Year;
                let first = self.plan.calendar.window_at(year, starts)?;
                self.evaluator.agreement_window(partner, first.ends)?
            }
            _ => self.plan.calendar.window_at(over, starts)?.full(),
        };
        let node = self.evaluator.ask(formula, &Place::new(partner, window));
        match self.evaluator.answer(node) {
            Value::Number(number) => number.figure().cloned(),
            _ => None,
        }
    }

    fn bounds(
        &mut self,
        bounds: &'a [trueup_plan::tree::Bound],
        table: &str,
        found: &mut Vec<Diagnostic>,
    ) {
        let mut before: Option<(Exact, Span)> = None;
        for bound in bounds {
            let (BoundKind::From(formula) | BoundKind::Above(formula) | BoundKind::At(formula)) =
                &bound.is
            else {
                continue;
            };
            let Some(figure) = self.figure(formula, self.plan.period) else {
                return;
            };
            if let Some((last, span)) = &before
                && *last >= figure
            {
                found.push(
                    Diagnostic::error(
                        "T2",
                        bound.span,
                        format!(
                            "the bounds of {table} do not rise for {}: {}, then {} ({})",
                            self.from,
                            shown_of(last, formula.of),
                            shown_of(&figure, formula.of),
                            written(self.plan, formula)
                        ),
                    )
                    .also(*span, "the bound before")
                    .help("agree figures that rise, or keep them apart with `within` on the terms"),
                );
                return;
            }
            before = Some((figure, bound.span));
        }
    }

    fn floor_and_cap(
        &mut self,
        name: &str,
        over: trueup_base::calendar::WindowUnit,
        (floor, cap): (Option<&'a Expr>, Option<&'a Expr>),
        found: &mut Vec<Diagnostic>,
    ) {
        let (Some(floor), Some(cap)) = (floor, cap) else {
            return;
        };
        let (Some(least), Some(most)) = (self.figure(floor, over), self.figure(cap, over)) else {
            return;
        };
        if least > most {
            found.push(
                Diagnostic::error(
                    "P3",
                    cap.span,
                    format!(
                        "the cap of {name} is below its floor for {}: at most {}, at least {}",
                        self.from,
                        shown_of(&most, cap.of),
                        shown_of(&least, floor.of)
                    ),
                )
                .also(floor.span, "the floor")
                .help("agree a floor below the cap, or keep them apart with `within` on the terms"),
            );
        }
    }
}
