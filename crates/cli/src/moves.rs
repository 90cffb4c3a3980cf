//! What became of what a run posted: released, held, lost, taken back.

use std::collections::BTreeMap;

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Key, Moves, in_units};
use trueup_engine::payouts::Moved;

use crate::args::{AsOfArgs, Measurer, ProgramArgs, ScopeArgs};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::runs::{Again, KeptLine};
use crate::settling::for_everyone;

/// Sums that are not in minor units yet.
#[derive(Default)]
struct Sums {
    earned: Exact,
    taken_back: Exact,
    moved: BTreeMap<Moved, Exact>,
}

/// The key of a line of a run.
pub fn key_of(again: &Again, line: &KeptLine) -> Result<Key, Failure> {
    let wrong = |what: &str| {
        Failure::Fault(format!(
            "a line of run {} has no {what} that can be read",
            again.hash.short()
        ))
    };
    Ok(Key {
        partner: PartnerId::new(line.partner.as_str()).map_err(|_| wrong("partner"))?,
        plan: line.plan.clone(),
        component: line.component.clone(),
        settled_on: parse_date(&line.settled_until).map_err(|_| wrong("day"))?,
        currency: Currency::parse(&line.currency).map_err(|_| wrong("currency"))?,
    })
}

/// The arguments that ask of everyone what a run was about.
pub fn everyone(again: &Again) -> ScopeArgs {
    ScopeArgs {
        program: ProgramArgs {
            program: again.folder.program.folder.clone(),
        },
        partner: None,
        period: None,
        as_of: AsOfArgs::default(),
        measurer: Measurer::Passes,
    }
}

/// What became of everything that a run of everyone posted until the end of a day. A release at the midnight that ends the day
/// belongs to it, as the settlement itself does.
pub fn until(
    again: &Again,
    day: Date,
    progress: &Progress,
) -> Result<BTreeMap<Key, Moves>, Failure> {
    let mut sums: BTreeMap<Key, Sums> = BTreeMap::new();
    for line in again.lines.iter().filter(|line| line.grants == "money") {
        let key = key_of(again, line)?;
        let Some(amount) = line.posted_exactly().filter(|_| key.settled_on <= day) else {
            continue;
        };
        let sums = sums.entry(key).or_default();
        match amount.is_negative() {
            true => sums.taken_back = &sums.taken_back - &amount,
            false => sums.earned = &sums.earned + &amount,
        }
    }
    let args = everyone(again);
    let ends = day.tomorrow().unwrap_or(day);
    for plan in again.folder.settled_under() {
        let moved = for_everyone(
            (&again.folder, plan, &again.facts),
            (&args, &again.scope),
            progress,
            &|figures, partner| figures.moved(partner, ends),
        )?;
        for one in moved {
            let moved = sums.entry(one.key).or_default().moved.entry(one.what);
            let sum = moved.or_insert(Exact::ZERO);
            *sum = &*sum + &one.amount;
        }
    }
    let mut moves = BTreeMap::new();
    for (key, sums) in sums {
        let units = |amount: &Exact| {
            in_units(&key, amount).map_err(|refusal| Failure::Found(refusal.to_string()))
        };
        let moved = |what| sums.moved.get(&what).map_or(Ok(0), units);
        let found = Moves {
            earned: units(&sums.earned)?,
            taken_back: units(&sums.taken_back)?,
            released: moved(Moved::Released)?,
            forfeited: moved(Moved::Forfeited)?,
            taken_from_held: moved(Moved::TakenFromHeld)?,
            taken_from_payouts: moved(Moved::TakenFromPayout)?,
            invoiced: moved(Moved::Invoiced)?,
        };
        moves.insert(key, found);
    }
    Ok(moves)
}
