//! `trueup period accept`, and who accepted what is closed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use trueup_base::id::PartnerId;
use trueup_books::Account;
use trueup_journal::Organisation;
use trueup_program::acceptance::{STATEMENT_ACCEPTED, StatementAccepted};
use trueup_store::Step;

use crate::args::{EVERYONE, PeriodAcceptArgs};
use crate::commands::journal::organisation;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::{output, runs};

/// Accepts everything that is closed.
pub fn run(args: &PeriodAcceptArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let Some(closing) = desk.on_record.periods.closings.last() else {
        return Err(Failure::Found(
            "nothing is closed yet, so there is nothing to accept".to_owned(),
        ));
    };
    let partners: Vec<PartnerId> = match args.behalf.as_str() {
        EVERYONE => able(&desk)?,
        whose => match organisation(whose)? {
            Organisation::Partner(partner) => vec![partner],
            Organisation::Vendor => {
                return Err(Failure::Use(
                    "--for vendor: a partner accepts its own statements, as partner/ID".to_owned(),
                ));
            }
        },
    };
    accepted(&desk, &partners, &args.by.by)?;
    output::print(&format!(
        "Everything until {} is accepted by {}\n",
        closing.until,
        output::counted(partners.len(), "partner")
    ))
}

/// Puts on the journal that partners accept everything that is closed, each in its own name.
pub fn accepted(desk: &Desk, partners: &[PartnerId], by: &str) -> Result<(), Failure> {
    let Some(closing) = desk.on_record.periods.closings.last() else {
        return Err(Failure::Found(
            "nothing is closed yet, so there is nothing to accept".to_owned(),
        ));
    };
    let mut step = Step::default();
    for partner in partners {
        let says = StatementAccepted {
            partner: partner.clone(),
            closing: closing.at,
            until: closing.until.to_string(),
        };
        let behalf = Organisation::Partner(partner.clone());
        desk.then(&mut step, STATEMENT_ACCEPTED, (by, &behalf), &says)?;
    }
    if !step.acts.is_empty() {
        desk.write(step)?;
    }
    Ok(())
}

/// Partners who have something in the books that they did not accept yet, and whose key is kept here.
fn able(desk: &Desk) -> Result<Vec<PartnerId>, Failure> {
    let on_record = &desk.on_record;
    let closed_on = on_record.periods.closed_on();
    let is_able = |partner: &PartnerId| {
        let whose = Organisation::Partner(partner.clone());
        on_record.acceptances.until(partner) < closed_on
            && desk.record.key_of(&on_record.ring, &whose).is_ok()
    };
    Ok(with_books(desk)?.into_iter().filter(is_able).collect())
}

/// Everyone who earned something that is closed.
fn with_books(desk: &Desk) -> Result<BTreeSet<PartnerId>, Failure> {
    let Some(closed_on) = desk.on_record.periods.closed_on() else {
        return Ok(BTreeSet::new());
    };
    let booked = desk.record.wait("reading the books", async |database| {
        database.booked_until(closed_on).await
    })?;
    let earned = booked
        .into_keys()
        .filter(|(account, _)| *account == Account::Expense);
    Ok(earned.map(|(_, key)| key.partner).collect())
}

/// Who accepted the last closing, in words; nothing where nothing is closed.
pub fn stands(desk: &Desk, program: &Path) -> Result<String, Failure> {
    let Some(closing) = desk.on_record.periods.closings.last() else {
        return Ok(String::new());
    };
    let run = runs::reread(program, &closing.run)?;
    let contested = Contested::of(&desk.on_record, &run.folder);
    let booked = desk.record.wait("reading the books", async |database| {
        database.booked_until(closing.until).await
    })?;
    let (mut accepted, mut silent, mut free) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut last = None;
    for (account, key) in booked.keys() {
        if *account != Account::Expense {
            continue;
        }
        match contested.standing(&key.partner, &key.plan, key.settled_on) {
            Standing::Accepted => {
                accepted.insert(&key.partner);
            }
            Standing::Silent(_) => {
                silent.insert(&key.partner);
            }
            Standing::May(day) => {
                free.insert(&key.partner);
                last = last.max(Some(day));
            }
            Standing::Open | Standing::Any => {}
        }
    }
    // Whoever may still dispute something has not accepted everything.
    silent.retain(|partner| !free.contains(partner));
    accepted.retain(|partner| !free.contains(partner) && !silent.contains(partner));
    let mut text = String::new();
    for (count, what) in [
        (accepted.len(), "accepted everything that is closed"),
        (silent.len(), "did not dispute it in time, which accepts it"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{} {what}", output::counted(count, "partner"));
        }
    }
    if let Some(last) = last {
        let _ = writeln!(
            text,
            "{} may dispute it, the last one until {last}; what they may dispute is not paid out before",
            output::counted(free.len(), "partner")
        );
    }
    Ok(text)
}
