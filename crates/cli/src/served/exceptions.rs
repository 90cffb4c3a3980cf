//! Exceptions: as they go over the wire, and the steps, by the same functions as `trueup exception`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use trueup_base::date::parse_date;
use trueup_books::{Account, Booked};
use trueup_program::exception::Exception as Known;
use trueup_server::Actor;
use trueup_server::wire::{
    Exception, ExceptionList, GivenUp, Money, NewException, Owed, Permitted,
};

use crate::commands::books::in_currency;
use crate::commands::exception::{Wanted, approved, given_up_by, proposed};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::progress::Progress;
use crate::seals::OnRecord;

use super::look::Look;
use super::name_of;

/// Every exception, the latest first, and what may be given up.
pub fn list(look: &Look) -> Result<ExceptionList, Failure> {
    let folder = &look.open.basis.folder;
    let all = look.on_record().exceptions.all();
    let reasons: BTreeSet<&str> = all.iter().map(|one| one.says.reason.as_str()).collect();
    let (may_propose, owed) = match &look.record {
        None => {
            let why =
                "the program has no journal yet; the operator opens it with `trueup journal open`";
            (Permitted::no(why), Vec::new())
        }
        Some(record) => {
            let balances = record.wait("reading the books", async |database| {
                database.balances_by_key().await
            })?;
            (Permitted::yes(), owed(folder, &balances))
        }
    };
    Ok(ExceptionList {
        exceptions: all.iter().rev().map(|one| told(folder, one)).collect(),
        reasons: reasons.into_iter().map(str::to_owned).collect(),
        currency: folder.program.currency.code().to_owned(),
        owed,
        may_propose,
    })
}

/// What partners owe, by settlement.
fn owed(folder: &Folder, balances: &Booked) -> Vec<Owed> {
    let mut all: BTreeMap<_, i128> = BTreeMap::new();
    for ((account, key), units) in balances {
        if matches!(account, Account::Overpaid | Account::Recoverable) && *units > 0 {
            *all.entry(key).or_default() += i128::from(*units);
        }
    }
    let told = all.into_iter().map(|(key, units)| {
        let partner = key.partner.as_str();
        Owed {
            partner: partner.to_owned(),
            partner_name: name_of(folder, partner),
            component: key.component.clone(),
            settled_on: key.settled_on.to_string(),
            money: Money {
                amount: in_currency(units, key.currency.code()),
                currency: key.currency.code().to_owned(),
            },
        }
    });
    told.collect()
}

/// An exception as it goes over the wire.
fn told(folder: &Folder, one: &Known) -> Exception {
    let says = &one.says;
    let partner = says.partner.as_str();
    Exception {
        id: one.at,
        partner: partner.to_owned(),
        partner_name: name_of(folder, partner),
        money: Money {
            amount: says.amount.clone(),
            currency: says.currency.clone(),
        },
        reason: says.reason.clone(),
        because: says.because.clone(),
        on: says.on.clone(),
        gives_up: says.gives_up.as_ref().map(|given| GivenUp {
            component: given.component.clone(),
            settled_on: given.settled_on.clone(),
        }),
        proposed_by: one.by.clone(),
        approved_by: one.approved.as_ref().map(|(by, _)| by.clone()),
        batch: one.approved.as_ref().map(|(_, batch)| *batch),
        may_approve: Permitted::yes(),
    }
}

/// Proposes an exception.
pub fn propose(
    program: &Path,
    folder: &Folder,
    who: &Actor,
    asked: &NewException,
) -> Result<Exception, Failure> {
    let wanted = Wanted {
        partner: &asked.partner,
        amount: &format!("{} {}", asked.amount, asked.currency),
        reason: &asked.reason,
        because: asked.because.trim(),
        on: asked.on.as_deref(),
        by: &who.person,
    };
    let (at, _, after) = match &asked.gives_up {
        None => proposed(program, &wanted)?,
        Some(given) => {
            let day = parse_date(&given.settled_on).map_err(|error| {
                Failure::Use(format!("settled_on {}: {error}", given.settled_on))
            })?;
            let line = (given.component.as_str(), day);
            given_up_by(program, &wanted, line, &Progress::new(true))?
        }
    };
    found(folder, &after, at)
}

/// Approves an exception.
pub fn approve(
    program: &Path,
    folder: &Folder,
    who: &Actor,
    exception: u64,
) -> Result<Exception, Failure> {
    let (_, after) = approved(program, exception, &who.person)?;
    found(folder, &after, exception)
}

fn found(folder: &Folder, on_record: &OnRecord, at: u64) -> Result<Exception, Failure> {
    let mut all = on_record.exceptions.all().iter();
    all.find(|one| one.at == at)
        .map(|one| told(folder, one))
        .ok_or_else(|| Failure::Fault(format!("exception {at} is not on the journal")))
}
