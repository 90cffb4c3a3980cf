//! Whether a partner accepted what was closed, and accepting it: the act of `trueup period accept`.

use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_journal::{Custody, Organisation};
use trueup_server::Actor;
use trueup_server::wire::{AcceptAsked, Acceptance, AcceptanceState, Permitted, Statement};

use crate::commands::period::accepted::accepted;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;

use super::look::Look;
use super::signing::no_key;

/// Where a partner stands with a statement.
pub fn of(look: &Look, contested: &Contested<'_>, statement: &Statement) -> Acceptance {
    let closed_on = look.on_record().periods.closed_on();
    let mut told = Acceptance {
        until: closed_on.map(|day| day.to_string()),
        ..Acceptance::not_closed()
    };
    let (Ok(partner), Ok(ends_on)) = (
        PartnerId::new(statement.partner.as_str()),
        parse_date(&statement.ends_on),
    ) else {
        return told;
    };
    let mut settled: Vec<(&str, Date)> = Vec::new();
    for line in &statement.lines {
        settled.extend(parse_date(&line.settled_on).map(|day| (line.plan.as_str(), day)));
    }
    if settled.is_empty() {
        settled.push((&statement.plan, ends_on));
    }
    let (mut last, mut silent) = (None, None);
    let (mut is_free, mut is_open) = (false, false);
    for (plan, day) in settled {
        match contested.standing(&partner, plan, day) {
            Standing::Open => is_open = true,
            Standing::Any => is_free = true,
            Standing::May(day) => {
                is_free = true;
                last = last.max(Some(day));
            }
            Standing::Silent(day) => silent = silent.max(Some(day)),
            Standing::Accepted => {}
        }
    }
    if is_open {
        return told;
    }
    let whose = Organisation::Partner(partner.clone());
    let key = look.signs_with(&whose);
    told.is_custodial = key.is_some_and(|held| held.custody == Custody::Custodial);
    told.last_day = last.or(silent).map(|day| day.to_string());
    (told.state, told.may_accept) = match (is_free, silent) {
        (true, _) if key.is_some() => (AcceptanceState::Open, Permitted::yes()),
        (true, _) => (AcceptanceState::Open, no_key()),
        (false, Some(_)) => (
            AcceptanceState::BySilence,
            Permitted::no("nobody disputed it in time, which accepted it"),
        ),
        (false, None) => (
            AcceptanceState::Accepted,
            Permitted::no("it was accepted already"),
        ),
    };
    if told.state == AcceptanceState::Accepted
        && let Some(given) = look.on_record().acceptances.of(&partner, ends_on)
    {
        told.accepted_on = Some(given.on.clone());
        told.accepted_by = Some(given.by.clone());
    }
    told
}

/// Accepts everything that is closed in the partner's name, if that is what the one who asks saw.
pub fn accept(desk: &Desk, who: &Actor, partner: &str, asked: &AcceptAsked) -> Result<(), Failure> {
    let closed_on = desk.on_record.periods.closed_on();
    if closed_on.map(|day| day.to_string()).as_ref() != Some(&asked.until) {
        return Err(Failure::Found(match closed_on {
            Some(day) => format!(
                "everything until {day} is closed by now, and you were asked about {}; look at it first",
                asked.until
            ),
            None => "nothing is closed yet, so there is nothing to accept".to_owned(),
        }));
    }
    let partner = PartnerId::new(partner).map_err(|error| Failure::Use(error.to_string()))?;
    accepted(desk, &[partner], &who.person)
}
