//! Periods: where they stand, and the steps, by the same rules as `trueup period`.

use std::path::Path;

use trueup_base::date::Date;
use trueup_server::wire::{
    ApproveAsked, CalculateAsked, ClosedPeriod, EndingPeriod, PeriodSteps, Periods, Permitted,
    WaitingCalculation,
};
use trueup_server::{Actor, Refused};

use crate::args::{ProgramArgs, ScopeArgs};
use crate::commands::period::{approved, calculated, closed, day_of, total_of};
use crate::failure::Failure;
use crate::folder;
use crate::progress::Progress;
use crate::seen::Seen;
use crate::settling;

use super::look::Look;

/// Where periods stand.
pub fn of(look: &Look) -> Result<Periods, Refused> {
    let periods = &look.on_record().periods;
    let closed_on = periods.closed_on();
    let waiting = periods.waiting.as_ref().map(|waiting| WaitingCalculation {
        act: waiting.at,
        until: waiting.until.to_string(),
        by: waiting.by.clone(),
        run: waiting.says.run.clone(),
        sha256: waiting.says.sha256.clone(),
        totals: waiting.says.totals.clone(),
        payable: waiting.says.payable.clone(),
        lines: waiting.says.lines,
        partners: waiting.says.partners,
        open: waiting.says.open,
        unsigned: waiting.says.unsigned,
        approved_by: waiting.approved_by.clone(),
        approvals_needed: waiting.needs() as u64,
    });
    let may_be_closed = ending(look, closed_on);
    let steps = steps(look, waiting.as_ref(), &may_be_closed);
    let closings = periods.closings.iter().rev();
    Ok(Periods {
        has_journal: look.record.is_some(),
        closed_until: closed_on.map(|day| day.to_string()),
        may_be_closed,
        waiting,
        closed: closings
            .map(|closing| ClosedPeriod {
                until: closing.until.to_string(),
                run: closing.run.clone(),
                act: closing.at,
            })
            .collect(),
        steps,
    })
}

/// The periods that ended since the last closing, by the facts there are.
fn ending(look: &Look, closed_on: Option<Date>) -> Vec<EndingPeriod> {
    let basis = &look.open.basis;
    let until = basis.seen.scope.until;
    let mut all: Vec<EndingPeriod> = Vec::new();
    for plan in basis.folder.settled_under() {
        let starts = basis
            .folder
            .agreements
            .iter()
            .map(|agreement| agreement.starts)
            .min();
        let after = closed_on.and_then(|day| day.tomorrow().ok()).or(starts);
        let mut next = after.and_then(|from| plan.calendar.window_at(plan.period, from));
        while let Some(window) = next.filter(|window| window.ends <= until) {
            let ended = EndingPeriod {
                period: plan.calendar.label(&window),
                ends_on: window.last().to_string(),
            };
            if !all.contains(&ended) {
                all.push(ended);
            }
            next = plan.calendar.window_at(plan.period, window.ends);
        }
    }
    all.sort_by(|a, b| (&a.ends_on, &a.period).cmp(&(&b.ends_on, &b.period)));
    all
}

fn steps(
    look: &Look,
    waiting: Option<&WaitingCalculation>,
    ending: &[EndingPeriod],
) -> PeriodSteps {
    if look.record.is_none() {
        let none = || {
            Permitted::no(
                "the program has no journal yet; the operator opens it with `trueup journal open`",
            )
        };
        return PeriodSteps {
            calculate: none(),
            approve: none(),
            close: none(),
        };
    }
    let needs = |waiting: &WaitingCalculation| {
        (waiting.approved_by.len() as u64) < waiting.approvals_needed
    };
    PeriodSteps {
        calculate: match ending.is_empty() {
            true => Permitted::no("no period has ended since the last closing"),
            false => Permitted::yes(),
        },
        approve: match waiting {
            None => Permitted::no("no calculation waits"),
            Some(waiting) if needs(waiting) => Permitted::yes(),
            Some(_) => Permitted::no("it is approved already"),
        },
        close: match waiting {
            None => Permitted::no("no calculation waits"),
            Some(waiting) if needs(waiting) => Permitted::no("it is not approved yet"),
            Some(_) => Permitted::yes(),
        },
    }
}

/// Runs everything as it is known now, and calculates what falls until a day.
pub fn calculate(program: &Path, who: &Actor, asked: &CalculateAsked) -> Result<(), Failure> {
    let until = day_of(program, ("until", &asked.until))?;
    let quiet = Progress::new(true);
    let args = ScopeArgs::of(
        ProgramArgs {
            program: program.to_owned(),
        },
        None,
        None,
    );
    let folder = folder::open(program)?;
    let seen = Seen::as_folded(&args, &folder)?;
    let done = settling::run(&folder, &args, &seen, &quiet)?;
    calculated(program, (&done.hash, until), &who.person, &quiet).map(drop)
}

/// Approves the calculation that waits.
pub fn approve(program: &Path, who: &Actor, asked: &ApproveAsked) -> Result<(), Failure> {
    let mut totals = std::collections::BTreeMap::new();
    for (currency, amount) in &asked.totals {
        let (code, amount) = total_of(&format!("{amount} {currency}"))
            .map_err(|_| Failure::Use(format!("the total of {currency} is no amount: {amount}")))?;
        totals.insert(code, amount);
    }
    approved(program, totals, &who.person).map(drop)
}

/// Closes what was approved.
pub fn close(program: &Path, who: &Actor) -> Result<(), Failure> {
    closed(program, &who.person, &Progress::new(true)).map(drop)
}
