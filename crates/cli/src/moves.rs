//! What became of what a run posted: released, held, lost, taken back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Key, Moves, in_units};
use trueup_engine::payouts::Moved;
use trueup_facts::disk::{Disk, folder_of};
use trueup_facts::program::state_folder;

use crate::args::{AsOfArgs, Measurer, ProgramArgs, ScopeArgs};
use crate::failure::Failure;
use crate::folder::Folder;
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

/// The arguments that ask of everyone what a run of a program was about.
pub fn everyone(folder: &Folder) -> ScopeArgs {
    ScopeArgs {
        program: ProgramArgs {
            program: folder.program.folder.clone(),
        },
        partner: None,
        period: None,
        as_of: AsOfArgs::default(),
        measurer: Measurer::Passes,
    }
}

/// What became of everything that a run of everyone posted until the end of a day, worked out and kept for the closing. A release
/// at the midnight that ends the day belongs to it, as the settlement itself does.
pub fn until(
    again: &Again,
    day: Date,
    progress: &Progress,
) -> Result<BTreeMap<Key, Moves>, Failure> {
    let moves = worked_out(again, day, progress)?;
    let place = place(again, day);
    let disk = Disk::default();
    disk.create_folder(folder_of(&place))
        .and_then(|()| disk.write_named(&place, written(&moves).as_bytes()))
        .map_err(|error| Failure::fault(format!("writing {}", place.display()), &error))?;
    Ok(moves)
}

/// The same as it was worked out for a calculation, where that is still there. Whoever asks holds it to the digest that was approved:
/// the file is no more than a shortcut.
pub fn as_calculated(
    again: &Again,
    day: Date,
    progress: &Progress,
) -> Result<BTreeMap<Key, Moves>, Failure> {
    let kept = fs::read_to_string(place(again, day)).ok();
    match kept.and_then(|text| read(&text)) {
        Some(moves) => Ok(moves),
        None => worked_out(again, day, progress),
    }
}

/// Where what became of a run until a day is kept.
fn place(again: &Again, day: Date) -> PathBuf {
    let folder = state_folder(&again.folder.program.folder);
    let folder = folder.join("cache").join("moves");
    folder.join(format!("{}-{day}", again.hash))
}

/// The first line of what is kept: another form is worked out anew.
const FORM: &str = "trueup moves 2";

/// A line for each key, its cells set apart by tabs, and a last one that says how many there are.
fn written(moves: &BTreeMap<Key, Moves>) -> String {
    let mut text = format!("{FORM}\n");
    for (key, of) in moves {
        let _ = write!(
            text,
            "{}\t{}\t{}\t{}\t{}",
            key.partner,
            key.plan,
            key.component,
            key.settled_on,
            key.currency.code()
        );
        for amount in [
            of.earned,
            of.taken_back,
            of.released,
            of.forfeited,
            of.taken_from_held,
            of.taken_from_payouts,
            of.invoiced,
            of.set_aside,
            of.reimbursed,
            of.expired,
            i64::from(of.is_open),
        ] {
            let _ = write!(text, "\t{amount}");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}", moves.len());
    text
}

/// What was written, whole; nothing where it was not.
fn read(text: &str) -> Option<BTreeMap<Key, Moves>> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    if lines.next() != Some(FORM) {
        return None;
    }
    let count: usize = lines.next_back()?.parse().ok()?;
    let mut moves = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let [partner, plan, component, settled_on, currency, amounts @ ..] = cells.as_slice()
        else {
            return None;
        };
        let key = Key {
            partner: PartnerId::new(*partner).ok()?,
            plan: (*plan).to_owned(),
            component: (*component).to_owned(),
            settled_on: parse_date(settled_on).ok()?,
            currency: Currency::parse(currency).ok()?,
        };
        let amounts: Vec<i64> = amounts
            .iter()
            .map(|amount| amount.parse().ok())
            .collect::<Option<_>>()?;
        let [
            earned,
            taken_back,
            released,
            forfeited,
            taken_from_held,
            taken_from_payouts,
            invoiced,
            set_aside,
            reimbursed,
            expired,
            is_open @ (0 | 1),
        ] = *amounts.as_slice()
        else {
            return None;
        };
        let of = Moves {
            earned,
            taken_back,
            released,
            forfeited,
            taken_from_held,
            taken_from_payouts,
            invoiced,
            set_aside,
            reimbursed,
            expired,
            is_open: is_open == 1,
        };
        moves.insert(key, of);
    }
    (moves.len() == count).then_some(moves)
}

fn worked_out(
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
    let args = everyone(&again.folder);
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
            ..Moves::default()
        };
        moves.insert(key, found);
    }
    for plan in again.folder.settled_under() {
        if plan.funds.is_empty() {
            continue;
        }
        let funds = for_everyone(
            (&again.folder, plan, &again.facts),
            (&args, &again.scope),
            progress,
            &|figures, partner| figures.funds(partner, ends),
        )?;
        for one in funds {
            let units = |amount: &Exact| {
                in_units(&one.key, amount).map_err(|refusal| Failure::Found(refusal.to_string()))
            };
            let found = match &one.amounts {
                None => Moves {
                    is_open: true,
                    ..Moves::default()
                },
                Some([set_aside, reimbursed, expired]) => Moves {
                    set_aside: units(set_aside)?,
                    reimbursed: units(reimbursed)?,
                    expired: units(expired)?,
                    ..Moves::default()
                },
            };
            moves.insert(one.key, found);
        }
    }
    Ok(moves)
}

#[cfg(test)]
mod tests {
    use super::*;
    use trueup_base::date::parse_date;

    #[test]
    fn what_is_kept_is_read_whole_or_not_at_all() {
        let key = |partner: &str| Key {
            partner: PartnerId::new(partner).expect("a partner"),
            plan: "reseller".to_owned(),
            component: "volume_bonus".to_owned(),
            settled_on: parse_date("2026-03-31").expect("a day"),
            currency: Currency::parse("USD").expect("a currency"),
        };
        let of = |earned| Moves {
            earned,
            taken_back: 1,
            released: 2,
            forfeited: 3,
            taken_from_held: 4,
            taken_from_payouts: 5,
            invoiced: 6,
            set_aside: 7,
            reimbursed: -8,
            expired: 9,
            is_open: earned < 0,
        };
        let moves = BTreeMap::from([(key("P-1"), of(100)), (key("P-2"), of(-7))]);
        let text = written(&moves);
        assert_eq!(read(&text).as_ref(), Some(&moves));
        for end in 0..text.len() {
            assert_eq!(read(&text[..end]), None, "cut at {end}");
        }
        assert_eq!(read(&text.replace("moves 2", "moves 1")), None);
        assert_eq!(read(&text.replace("\t6", "\tsix")), None);
        assert_eq!(read(&text.replace("\t9\t0", "\t9\t2")), None);
    }
}
