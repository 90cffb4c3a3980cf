//! How far a partner is: the way to next bands, caps, and the nearest changes that would pay more.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_engine::explain::{BandShown, Explanation, Figure as Shown};
use trueup_engine::payouts::Why;
use trueup_engine::settle::Earner;
use trueup_engine::whatif::{Changed, Nearest, Turn, WhatIf};
use trueup_engine::world::PartnerIx;
use trueup_engine::{Evaluator, Number as _, Place};
use trueup_plan::tree::{BoundKind, Component, Grant, Plan, Reading, Table, Type};
use trueup_server::wire::{CapProgress, Figure, Gain, NextDate, ObjectiveProgress, Progress};

use crate::commands::explain::own_in;
use crate::commands::statement;
use crate::compute::Prepared;
use crate::earned::Earned;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::seen::Scope;

use super::figures::{figure, money, nodes};
use super::room::Floor;
use super::statements::{self, explained};
use super::turned::turn_on_a_page;

/// How many gains are told.
const GAINS_MAX: usize = 8;

/// How far a partner is in the latest period of a basis.
#[derive(Clone, Debug, Default)]
pub struct Far {
    /// The way to next bands.
    pub progress: Vec<Progress>,
    /// How close components are to the most they pay.
    pub caps: Vec<CapProgress>,
    /// The nearest changes that would pay more.
    pub gains: Vec<Gain>,
    /// What is released later.
    pub dates: Vec<NextDate>,
    /// What shows progress toward objectives: the plan, and the figures as the statement has them.
    pub objectives: Vec<ObjectiveProgress>,
    /// What a reader should know about the facts.
    pub notes: Vec<String>,
}

/// Works out how far a partner is; nothing before its first period ends.
pub fn of(
    floor: &mut Floor<'_>,
    partner: &str,
    notes: &[String],
    with_gains: bool,
) -> Result<Far, Failure> {
    let basis = floor.basis;
    let prepared = floor.about(partner, notes)?;
    let at = prepared.partner(partner)?;
    let told = latest(prepared, partner, &basis.seen.scope)?;
    let Some(last) = &told else {
        return Ok(Far {
            notes: prepared.notes.clone(),
            ..Far::default()
        });
    };
    let asked = Asked {
        folder: &basis.folder,
        prepared,
        at,
        own: own_in(prepared, at, &last.window),
    };
    let nearest = match with_gains {
        true => asked.nearest(last),
        false => Vec::new(),
    };
    let mut far = Far {
        dates: asked.dates(last),
        objectives: statements::objectives(last),
        notes: prepared.notes.clone(),
        ..Far::default()
    };
    let lines: Vec<&Earned> = last.lines.iter().collect();
    (far.progress, far.caps) = asked.reached(&lines, &nearest);
    far.gains = nearest
        .iter()
        .take(GAINS_MAX)
        .map(|one| asked.gain(one))
        .collect();
    Ok(far)
}

/// How far a partner is on the tables and under the caps that some lines of one period were worked out by.
pub fn reached(
    (folder, prepared): (&Folder, &Prepared<'_>),
    at: PartnerIx,
    lines: &[&Earned],
) -> (Vec<Progress>, Vec<CapProgress>) {
    let Some(last) = lines.last() else {
        return (Vec::new(), Vec::new());
    };
    let asked = Asked {
        folder,
        prepared,
        at,
        own: own_in(prepared, at, &last.settlement),
    };
    asked.reached(lines, &[])
}

/// A partner's latest period; none before the first one ends.
fn latest(
    prepared: &Prepared<'_>,
    partner: &str,
    scope: &Scope,
) -> Result<Option<statement::Statement>, Failure> {
    let plan = prepared.plan;
    let last = scope.until.yesterday().ok();
    let period = last.and_then(|last| plan.calendar.window_at(plan.period, last));
    let only = Scope {
        period,
        until: scope.until,
    };
    let told = statement::statements(prepared, partner, &only)?.pop();
    match told {
        Some(told) => Ok(Some(told)),
        // The agreement ended earlier.
        None => Ok(statement::statements(prepared, partner, scope)?.pop()),
    }
}

struct Asked<'a, 'f> {
    folder: &'a Folder,
    prepared: &'a Prepared<'f>,
    at: PartnerIx,
    own: &'a Plan,
}

impl Asked<'_, '_> {
    fn evaluator(&self) -> Evaluator<'_, trueup_engine::Answer, crate::compute::Source> {
        Evaluator::new(
            self.prepared.plan,
            &self.prepared.world,
            &self.prepared.source,
        )
    }

    fn reached(&self, lines: &[&Earned], nearest: &[Nearest]) -> (Vec<Progress>, Vec<CapProgress>) {
        let (mut progress, mut caps) = (Vec::new(), Vec::new());
        for line in lines.iter().filter(|line| line.grants == Grant::Money) {
            let Ok(told) = explained(self.folder, self.prepared, self.at, line, false) else {
                continue;
            };
            let place = Place::new(self.at, told.window);
            self.bands(line, &told.explanation, place, nearest, &mut progress);
            caps.extend(self.cap(line, &told.explanation, place));
        }
        (progress, caps)
    }

    fn nearest(&self, last: &statement::Statement) -> Vec<Nearest> {
        let evaluator = self.evaluator();
        let window = last.window;
        let windows = evaluator.agreement_windows(self.at, window.unit, window.starts, window.ends);
        let Some(window) = windows.last() else {
            return Vec::new();
        };
        WhatIf::new(evaluator, self.at, Place::new(self.at, *window), &[]).nearest()
    }

    /// A figure of a measure's kind.
    fn figure_of(&self, of: Type, exact: &Exact) -> Figure {
        let Type::Number(unit) = of else {
            return figure(&Shown::Text(exact.to_string()));
        };
        figure(&Shown::Number {
            exact: exact.clone(),
            unit,
            currency: self.prepared.plan.currency,
        })
    }

    fn gain(&self, nearest: &Nearest) -> Gain {
        let plan = self.prepared.plan;
        let (name, is, of) = match nearest.change.of {
            Changed::Measure(id) => (&plan[id].name, &plan[id].is, plan[id].answers),
            Changed::Term(id) => (&plan[id].name, &plan[id].is, plan[id].of),
            Changed::Value(id) => (&plan[id].name, &plan[id].is, plan[id].formula.of),
        };
        let sources = &self.folder.sources;
        Gain {
            measure: name.to_string(),
            is: is.to_string(),
            was: self.figure_of(of, &nearest.change.was),
            becomes: self.figure_of(of, &nearest.change.becomes),
            added: self.figure_of(of, &nearest.change.added()),
            more: money(&(&nearest.after - &nearest.before), plan.currency),
            because: nearest
                .turns
                .iter()
                .map(|turn| turn_on_a_page(plan, sources, turn))
                .collect(),
        }
    }

    /// The way to the next band of each table with one rising argument that a line went through.
    fn bands(
        &self,
        line: &Earned,
        tree: &Explanation,
        place: Place,
        nearest: &[Nearest],
        into: &mut Vec<Progress>,
    ) {
        let mut reached: BTreeMap<&str, &BandShown> = BTreeMap::new();
        for node in nodes(tree) {
            // What was asked in an earlier window is no way ahead; of bands that are added up the last one is reached.
            if let Some(band) = node.band.as_ref().filter(|_| node.period == tree.period) {
                reached.insert(&band.table, band);
            }
        }
        for (name, band) in reached {
            let found = self.prepared.plan.tables.iter().enumerate();
            let mut found = found.filter(|(_, table)| *table.name == *name);
            // Of several versions the one in force, as far as its names tell it.
            let Some((index, table)) = found
                .clone()
                .find(|(_, table)| self.own.tables.iter().any(|own| own.span == table.span))
                .or_else(|| found.next())
            else {
                continue;
            };
            if let Some(progress) = self.progress((line, place), (index, table), band, nearest) {
                into.push(progress);
            }
        }
    }

    fn progress(
        &self,
        (line, place): (&Earned, Place),
        (index, table): (usize, &Table),
        band: &BandShown,
        nearest: &[Nearest],
    ) -> Option<Progress> {
        let [axis] = table.axes.as_slice() else {
            return None;
        };
        let reached = &band.arguments.first()?.figure;
        let Shown::Number { exact, .. } = reached else {
            return None;
        };
        let mut evaluator = self.evaluator();
        let mut from = Vec::new();
        for one in &axis.bounds {
            from.push(match &one.is {
                BoundKind::Lowest => None,
                BoundKind::From(formula) | BoundKind::Above(formula) => {
                    let node = evaluator.ask(formula, &place);
                    Some(evaluator.answer(node).number().figure()?.clone())
                }
                // Points and keys are no steps.
                BoundKind::At(_) | BoundKind::Equals(_) | BoundKind::Otherwise => return None,
            });
        }
        if matches!(table.reading, Reading::Line(_)) {
            return None;
        }
        let next = (0..axis.bounds.len()).find(|at| {
            let is_above = matches!(
                axis.bounds.get(*at).map(|one| &one.is),
                Some(BoundKind::Above(_))
            );
            from.get(*at)
                .and_then(Option::as_ref)
                .is_some_and(|from| match is_above {
                    true => exact <= from,
                    false => exact < from,
                })
        });
        let now = match next {
            Some(next) => next.checked_sub(1),
            None => axis.bounds.len().checked_sub(1),
        };
        let next_from = next.and_then(|at| from.get(at).cloned().flatten());
        let began = now.and_then(|at| from.get(at).cloned().flatten());
        let left = next_from.as_ref().map(|from| from - exact);
        let worth = next.and_then(|next| {
            let enters = |one: &&Nearest| {
                one.turns.iter().any(|turn| {
                    matches!(turn, Turn::Band { table, reached: Some(bands) }
                        if table.index() == index && bands.as_slice() == [next])
                })
            };
            let gain = nearest.iter().find(enters)?;
            Some(money(
                &(&gain.after - &gain.before),
                self.prepared.plan.currency,
            ))
        });
        Some(Progress {
            component: line.component.to_string(),
            component_is: line.is.to_string(),
            table: table.name.to_string(),
            table_is: table.is.to_string(),
            measured: axis.argument.replace('_', " "),
            reached: figure(reached),
            band: now.and(band.bands.first().cloned()),
            cells: band
                .cells
                .iter()
                .map(|one| (one.name.clone(), figure(&one.figure)))
                .collect(),
            percent: next_from
                .as_ref()
                .and_then(|next| part_of_the_way(began.as_ref(), exact, next)),
            next_from: next_from.map(|from| self.figure_of(axis.of, &from)),
            left: left.map(|left| self.figure_of(axis.of, &left)),
            next_cells: self.cells(table, next, place),
            worth,
        })
    }

    /// What a band of a table holds, by column.
    fn cells(&self, table: &Table, band: Option<usize>, place: Place) -> BTreeMap<String, Figure> {
        let Some(band) = band else {
            return BTreeMap::new();
        };
        let mut evaluator = self.evaluator();
        let mut cells = BTreeMap::new();
        for (at, column) in table.columns.iter().enumerate() {
            if let Some(formula) = table.cell(&[band], at) {
                let node = evaluator.ask(formula, &place);
                let answer = evaluator.answer(node);
                let shown = Shown::of(&answer, column.of, self.prepared.plan.currency);
                cells.insert(column.name.to_string(), figure(&shown));
            }
        }
        cells
    }

    /// How close a line's component is to the most it pays.
    fn cap(&self, line: &Earned, tree: &Explanation, place: Place) -> Option<CapProgress> {
        let plan = self.prepared.plan;
        let named = plan.components.iter();
        let mut named = named.filter(|component| component.name == line.component);
        // Of several versions the one in force.
        let is_own = |component: &&Component| {
            let own = self.own.components.iter();
            own.clone().any(|own| own.span == component.span)
        };
        let component = named.clone().find(is_own).or_else(|| named.next())?;
        let mut evaluator = self.evaluator();
        let node = evaluator.ask(component.at_most.as_ref()?, &place);
        let answer = evaluator.answer(node);
        let most = answer.number();
        let most = most.figure()?;
        let Shown::Number { exact: pays, .. } = &tree.figure else {
            return None;
        };
        let left = most - pays;
        let left = if left.is_negative() {
            Exact::ZERO
        } else {
            left
        };
        Some(CapProgress {
            component: line.component.to_string(),
            is: line.is.to_string(),
            most: money(most, plan.currency),
            pays: money(pays, plan.currency),
            left: money(&left, plan.currency),
            percent: part_of_the_way(None, pays, most).unwrap_or(100),
        })
    }

    /// What is held until a day.
    fn dates(&self, last: &statement::Statement) -> Vec<NextDate> {
        let plan = self.prepared.plan;
        let mut evaluator = self.evaluator();
        let payouts = evaluator.payouts(self.at, last.window.ends);
        let mut dates: BTreeMap<(String, String), Exact> = BTreeMap::new();
        for held in payouts.held.iter().filter(|held| held.why == Why::NotYet) {
            let Some(amount) = held.amount.figure() else {
                continue;
            };
            let name = match held.earner {
                Earner::Component(id) => plan[id].name.to_string(),
                Earner::TopUp(id) => format!("{}.top_up", plan[id].name),
            };
            let what = format!(
                "{} of {} is released",
                name,
                plan.calendar.label(&held.settlement)
            );
            let sum = dates
                .entry((held.due.to_string(), what))
                .or_insert(Exact::ZERO);
            *sum = &*sum + amount;
        }
        let told = dates.into_iter().map(|((on, what), amount)| NextDate {
            on,
            what,
            money: Some(money(&amount, plan.currency)),
        });
        told.collect()
    }
}

/// How far a figure is between two others, of 100 and rounded down.
pub fn part_of_the_way(began: Option<&Exact>, here: &Exact, next: &Exact) -> Option<u8> {
    let zero = Exact::ZERO;
    let began = began.unwrap_or(&zero);
    let part = (here - began).checked_div(&(next - began))?;
    let percent = (&part * &Exact::from_int(100)).floor().to_i64()?;
    u8::try_from(percent.clamp(0, 100)).ok()
}
