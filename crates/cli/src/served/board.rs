//! The joint board: the figures of a partner's home that both sides speak about, and the targets that both agreed.

use trueup_base::calendar::WindowUnit;
use trueup_engine::explain::Figure as Shown;
use trueup_plan::tree::{MeasureId, Reference, TermId};
use trueup_server::Refused;
use trueup_server::wire::{Board, BoardTarget};

use crate::compute::Figures;
use crate::failure::Failure;

use super::figures::figure;
use super::home;
use super::look::Look;
use super::progress::part_of_the_way;
use super::room::Floor;

/// What names a term that is a target: the measure that shows how far it is has the rest of its name.
const TARGET: &str = "target.";

/// How many periods the board shows.
const PERIODS_SHOWN: usize = 8;

/// A partner's joint board.
pub fn of(look: &Look, partner: &str) -> Result<Board, Refused> {
    let home = home::of(look, partner)?;
    let (whose, notes) = (partner.to_owned(), look.open.notes.clone());
    let targets = match home.now {
        Some(_) => look.open.ask(move |floor| targets(floor, &whose, &notes))?,
        None => Vec::new(),
    };
    let first = home.periods.len().saturating_sub(PERIODS_SHOWN);
    Ok(Board {
        partner: home.partner,
        now: home.now,
        objectives: home.objectives,
        targets,
        money: home.money,
        progress: home.progress,
        periods: home.periods.into_iter().skip(first).collect(),
        next_dates: home.next_dates,
        open_disputes: home.open_disputes,
        freshness: home.freshness,
        notes: home.notes,
    })
}

/// Each agreed target with what was reached of it, for the latest period and for the year that it lies in.
fn targets(
    floor: &mut Floor<'_>,
    partner: &str,
    notes: &[String],
) -> Result<Vec<BoardTarget>, Failure> {
    let scope = floor.basis.seen.scope.clone();
    let prepared = floor.about(partner, notes)?;
    let plan = prepared.plan;
    let at = prepared.partner(partner)?;
    let mut figures = Figures::new(prepared);
    let Some(last) = figures.periods(at, &scope).pop() else {
        return Ok(Vec::new());
    };
    let year = plan.calendar.window_at(WindowUnit::Year, last.last());
    let windows = [Some(last), year.filter(|year| *year != last)];
    let mut told: Vec<BoardTarget> = Vec::new();
    for (term, id) in plan.terms.iter().zip((0u16..).map(TermId)) {
        let Some(measured) = term.name.strip_prefix(TARGET) else {
            continue;
        };
        let found = (0u16..)
            .zip(&plan.measures)
            .find(|(_, one)| *one.name == *measured);
        let Some((measure, _)) = found else {
            continue;
        };
        for window in windows.into_iter().flatten() {
            let target = figures.figure(Reference::Term(id), at, window);
            let reached = figures.figure(Reference::Measure(MeasureId(measure)), at, window);
            // Where nothing was agreed there is no target.
            let Shown::Number { exact: agreed, .. } = &target else {
                continue;
            };
            let percent = match &reached {
                Shown::Number { exact, .. } => part_of_the_way(None, exact, agreed),
                _ => None,
            };
            let one = BoardTarget {
                term: term.name.to_string(),
                is: term.is.to_string(),
                period: plan.calendar.label(&window),
                target: figure(&target),
                reached: figure(&reached),
                percent,
            };
            // Versions of a plan may name the same term.
            if !told
                .iter()
                .any(|known| known.term == one.term && known.period == one.period)
            {
                told.push(one);
            }
        }
    }
    Ok(told)
}
