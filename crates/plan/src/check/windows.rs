//! Which window a name is asked in: parts of a period that are settled before it ends, and shorter windows than a
//! component's own.
//!
//! A term with `per` has two answers inside a period: the whole period's and the part so far. Where a component settles
//! before its window ends, both are done in the trade and differ by a lot of money, so the formula says which.

use std::collections::BTreeSet;

use crate::check::components::divides;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{
    Call, ComponentId, ComponentPart, Elsewhere, Expr, Form, LimitId, LimitPart, MeasureId, Name,
    Plan, Reference, TableId, Target, ValueId,
};
use trueup_base::calendar::WindowUnit;

/// How a formula is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    /// The window's unit; none when it is no whole window of any.
    over: Option<WindowUnit>,
    /// Whether the window is a part of its period, settled before the period ends.
    partial: bool,
}

/// A name that was followed, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Followed {
    Value(ValueId, Asked),
    Table(TableId, Asked),
    Measure(MeasureId, Asked),
    Changed(Target, Asked),
}

/// Checks the windows of every component's formulas, and what `full` is asked about.
pub(super) fn check(plan: &Plan, diagnostics: &mut Vec<Diagnostic>) {
    let mut told = BTreeSet::new();
    for (component, at) in plan.components.iter().zip(0..) {
        let settled = Settled {
            name: &component.name,
            span: component.span,
            builds: component.pays.span,
            over: component.over,
            every: component.every,
        };
        let formulas = [
            Some(&component.pays),
            component
                .each
                .as_ref()
                .and_then(|each| each.filter.as_ref()),
            component.gate.as_ref(),
            component.at_least.as_ref(),
            component.at_most.as_ref(),
        ];
        let targets = ComponentPart::ALL.map(|part| Target::Component(ComponentId(at), part));
        let formulas = formulas.into_iter().chain(changed(plan, targets));
        walk(plan, settled, formulas, &mut told, diagnostics);
    }
    for (limit, at) in plan.limits.iter().zip(0..) {
        // A limit holds at every settlement of what it holds.
        let every = limit.on.iter().find_map(|held| match held {
            Reference::Component(id) => {
                let component = plan.components.get(id.index())?;
                (component.every != limit.over
                    && divides(component.every, limit.over, &plan.calendar))
                .then_some(component.every)
            }
            Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_)
            | Reference::Limit(_) => None,
        });
        let settled = Settled {
            name: &limit.name,
            span: limit.span,
            builds: limit.span,
            over: limit.over,
            every: every.unwrap_or(limit.over),
        };
        let formulas = [limit.at_least.as_ref(), limit.at_most.as_ref()];
        let targets = LimitPart::ALL.map(|part| Target::Limit(LimitId(at), part));
        let formulas = formulas.into_iter().chain(changed(plan, targets));
        walk(plan, settled, formulas, &mut told, diagnostics);
    }
    // A fund sets aside what each period of the plan comes to.
    for fund in &plan.funds {
        let settled = Settled {
            name: &fund.name,
            span: fund.span,
            builds: fund.accrues.span,
            over: plan.period,
            every: plan.period,
        };
        walk(plan, settled, [Some(&fund.accrues)], &mut told, diagnostics);
    }
    let mut seen = BTreeSet::new();
    for formula in crate::tree::walk::formulas(plan) {
        refuse_facts_ahead(plan, formula, &mut seen, diagnostics);
    }
}

/// What takes the place of formulas while changes are on.
fn changed(
    plan: &Plan,
    targets: impl IntoIterator<Item = Target>,
) -> impl Iterator<Item = Option<&Expr>> {
    targets.into_iter().flat_map(|target| {
        plan.changes_of(target).flat_map(|(_, change)| {
            let bounds = change.lowest.iter().chain(&change.highest);
            bounds.chain([&change.to]).map(Some)
        })
    })
}

/// What is settled, and in which windows.
#[derive(Clone, Copy)]
struct Settled<'s> {
    name: &'s str,
    span: Span,
    builds: Span,
    over: WindowUnit,
    every: WindowUnit,
}

fn walk<'w>(
    plan: &'w Plan,
    settled: Settled<'w>,
    formulas: impl IntoIterator<Item = Option<&'w Expr>>,
    told: &'w mut BTreeSet<Span>,
    diagnostics: &'w mut Vec<Diagnostic>,
) {
    let asked = Asked {
        over: Some(settled.over),
        partial: settled.every != settled.over,
    };
    let mut walk = Walk {
        plan,
        settled,
        followed: BTreeSet::new(),
        told,
        diagnostics,
    };
    for formula in formulas.into_iter().flatten() {
        walk.expr(formula, asked);
    }
}

struct Walk<'w> {
    plan: &'w Plan,
    settled: Settled<'w>,
    followed: BTreeSet<Followed>,
    told: &'w mut BTreeSet<Span>,
    diagnostics: &'w mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr, asked: Asked) {
        match &expr.form {
            Form::Name(name) => self.name(*name, expr.span, asked),
            Form::Call(Call::Asked(elsewhere, x)) => {
                self.expr(x, self.elsewhere(elsewhere, asked));
                if let Elsewhere::Previous(_, Some(first)) = elsewhere {
                    self.expr(first, asked);
                }
            }
            Form::Call(Call::FoldedBy(_, x, unit)) => {
                let inside = Asked {
                    over: Some(*unit),
                    partial: false,
                };
                self.expr(x, inside);
            }
            Form::Call(Call::Table(id, arguments)) => {
                if self.followed.insert(Followed::Table(*id, asked)) {
                    let plan = self.plan;
                    for formula in plan
                        .tables
                        .get(id.index())
                        .map(formulas_of_table)
                        .unwrap_or_default()
                    {
                        self.expr(formula, asked);
                    }
                }
                for argument in arguments {
                    self.expr(argument, asked);
                }
            }
            _ => {
                for part in parts(expr) {
                    self.expr(part, asked);
                }
            }
        }
    }

    /// The window that a window function asks in.
    fn elsewhere(&self, elsewhere: &Elsewhere, asked: Asked) -> Asked {
        match elsewhere {
            // Earlier windows are whole.
            Elsewhere::Previous(..) | Elsewhere::Full => Asked {
                partial: false,
                ..asked
            },
            Elsewhere::PreviousYear => asked,
            Elsewhere::ToDate => Asked {
                partial: false,
                ..asked
            },
            Elsewhere::YearToDate => Asked {
                over: Some(WindowUnit::Year),
                partial: asked.partial,
            },
            Elsewhere::SinceStart => Asked {
                over: Some(WindowUnit::Agreement),
                partial: asked.partial,
            },
            Elsewhere::Trailing(_) => Asked {
                over: None,
                partial: asked.partial,
            },
        }
    }

    fn name(&mut self, name: Name, span: Span, asked: Asked) {
        let plan = self.plan;
        match name {
            Name::Term(id) => {
                let Some(term) = plan.terms.get(id.index()) else {
                    return;
                };
                self.changes(Target::Term(id), asked);
                if asked.partial && term.per.is_some() {
                    self.which_part(&term.name, span);
                } else if let Some(agreed) = &term.agreed {
                    self.expr(agreed, asked);
                }
            }
            Name::Value(id) => {
                let Some(value) = plan.values.get(id.index()) else {
                    return;
                };
                // A value with a step of its own is asked in whole windows of it.
                let inside = match value.every {
                    Some(every) => Asked {
                        over: Some(every),
                        partial: false,
                    },
                    None => asked,
                };
                if self.followed.insert(Followed::Value(id, inside)) {
                    self.changes(Target::Value(id), inside);
                    self.expr(&value.formula, inside);
                }
            }
            Name::Measure(id) => {
                if self.followed.insert(Followed::Measure(id, asked))
                    && let Some(measure) = plan.measures.get(id.index())
                {
                    for formula in measure.of.iter().chain(&measure.filter) {
                        self.expr(formula, asked);
                    }
                }
            }
            Name::Component(id) => self.shorter(id, span, asked),
            Name::Column(..)
            | Name::Followed(..)
            | Name::Limit(_)
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

    /// What takes the place of a name while a change is on is asked where the name is.
    fn changes(&mut self, target: Target, asked: Asked) {
        let plan = self.plan;
        if !plan.is_changed(target) || !self.followed.insert(Followed::Changed(target, asked)) {
            return;
        }
        for (_, change) in plan.changes_of(target) {
            self.expr(&change.to, asked);
            for bound in change.lowest.iter().chain(&change.highest) {
                self.expr(bound, asked);
            }
        }
    }

    fn which_part(&mut self, term: &str, span: Span) {
        if !self.told.insert(span) {
            return;
        }
        let settled = self.settled;
        let (every, over) = (adverb(settled.every), noun(settled.over));
        let mut diagnostic = Diagnostic::error(
            "S1",
            span,
            format!(
                "settled {every} over {over}: is {term} the whole {}'s or the part so far?",
                bare(settled.over)
            ),
        )
        .help(format!("full({term}) or to_date({term})"));
        if !inside(settled.span, span) {
            diagnostic = diagnostic.also(settled.builds, format!("{} builds on it", settled.name));
        }
        self.diagnostics.push(diagnostic);
    }

    /// A component asked in a window that is not made of whole windows of its own.
    fn shorter(&mut self, id: ComponentId, span: Span, asked: Asked) {
        let (Some(other), Some(over)) = (self.plan.components.get(id.index()), asked.over) else {
            return;
        };
        if divides(other.over, over, &self.plan.calendar) || !self.told.insert(span) {
            return;
        }
        let message = format!(
            "{} is earned over {}; asked in {} it has no answer",
            other.name,
            noun(other.over),
            noun(over)
        );
        self.diagnostics.push(
            Diagnostic::error("S2", span, message)
                .also(
                    other.span,
                    format!("{} is earned over {}", other.name, noun(other.over)),
                )
                .help(format!(
                    "ask it where the window is made of whole {}s",
                    bare(other.over)
                )),
        );
    }
}

/// `full(x)` asks ahead in time, where facts are not known.
fn refuse_facts_ahead(
    plan: &Plan,
    formula: &Expr,
    seen: &mut BTreeSet<Span>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Form::Call(Call::Asked(Elsewhere::Full, x)) = &formula.form
        && let Some((name, span)) = reads_facts(plan, x, &mut BTreeSet::new())
        && seen.insert(formula.span)
    {
        diagnostics.push(
            Diagnostic::error(
                "S6",
                formula.span,
                format!("`full` asks for days to come, and {name} is not known ahead"),
            )
            .also(span, format!("{name} is read from facts"))
            .help("full(…) is for terms; facts so far need no word"),
        );
    }
    for part in parts(formula) {
        refuse_facts_ahead(plan, part, seen, diagnostics);
    }
}

/// The first name that is read from facts, directly or through values and tables.
fn reads_facts(plan: &Plan, expr: &Expr, followed: &mut BTreeSet<Span>) -> Option<(String, Span)> {
    match &expr.form {
        Form::Name(Name::Measure(id)) => {
            return plan
                .measures
                .get(id.index())
                .map(|measure| (measure.name.to_string(), expr.span));
        }
        Form::Name(Name::Component(id)) => {
            return plan
                .components
                .get(id.index())
                .map(|component| (component.name.to_string(), expr.span));
        }
        Form::Name(Name::Value(id)) => {
            let value = plan.values.get(id.index())?;
            if followed.insert(value.span) {
                return reads_facts(plan, &value.formula, followed);
            }
        }
        Form::Call(Call::Table(id, _)) => {
            let table = plan.tables.get(id.index())?;
            if followed.insert(table.span) {
                let found = formulas_of_table(table)
                    .into_iter()
                    .find_map(|formula| reads_facts(plan, formula, followed));
                if found.is_some() {
                    return found;
                }
            }
        }
        _ => {}
    }
    parts(expr)
        .into_iter()
        .find_map(|part| reads_facts(plan, part, followed))
}

fn inside(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

fn adverb(unit: WindowUnit) -> &'static str {
    match unit {
        WindowUnit::Day => "daily",
        WindowUnit::Week => "weekly",
        WindowUnit::HalfMonth => "twice a month",
        WindowUnit::Month => "monthly",
        WindowUnit::Quarter => "quarterly",
        WindowUnit::Half => "every half year",
        WindowUnit::Year => "yearly",
        WindowUnit::Period => "every period",
        WindowUnit::Agreement => "once",
    }
}

fn bare(unit: WindowUnit) -> &'static str {
    match unit {
        WindowUnit::Day => "day",
        WindowUnit::Week => "week",
        WindowUnit::HalfMonth => "half month",
        WindowUnit::Month => "month",
        WindowUnit::Quarter => "quarter",
        WindowUnit::Half => "half year",
        WindowUnit::Year => "year",
        WindowUnit::Period => "period",
        WindowUnit::Agreement => "agreement",
    }
}

fn noun(unit: WindowUnit) -> String {
    let article = if unit == WindowUnit::Agreement {
        "the"
    } else {
        "a"
    };
    format!("{article} {}", bare(unit))
}
