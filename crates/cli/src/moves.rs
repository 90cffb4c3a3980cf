//! What became of what a run posted: released, held, lost, taken back; worked out for each partner by itself.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Key, Moves, in_units};
use trueup_engine::payouts::Moved;

use crate::args::{AsOfArgs, Measurer, ProgramArgs, ScopeArgs};
use crate::earned::{FundAmounts, MovedAmount};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::progress::Progress;
use crate::runs::{Again, KeptLine, Reread, Said};
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

/// What became of a partner's money under one plan.
pub struct Became {
    /// Whose.
    pub partner: PartnerId,
    /// Of what it earned.
    pub moved: Vec<MovedAmount>,
    /// Of its funds.
    pub funds: Vec<FundAmounts>,
}

/// What became of everyone's money until the end of a day. A release at the midnight that ends the day belongs to it, as the
/// settlement itself does.
pub fn until(run: &Reread, day: Date, progress: &Progress) -> Result<Vec<Became>, Failure> {
    let args = everyone(&run.folder);
    let ends = day.tomorrow().unwrap_or(day);
    let mut all = Vec::new();
    for plan in run.folder.settled_under() {
        let has_funds = !plan.funds.is_empty();
        all.extend(for_everyone(
            (&run.folder, plan, &run.facts),
            (&args, &run.scope),
            progress,
            &|figures, partner| {
                let became = figures.of(partner).map(|whose| Became {
                    partner: whose.clone(),
                    moved: figures.moved(partner, ends),
                    funds: match has_funds {
                        true => figures.funds(partner, ends),
                        false => Vec::new(),
                    },
                });
                became.into_iter().collect()
            },
        )?);
    }
    Ok(all)
}

/// One partner's money: what a run says of it, and what became of that until a day.
pub struct Money {
    /// What became of it, for each key.
    pub moves: BTreeMap<Key, Moves>,
    /// Keys of which the run says that nothing can be said yet.
    pub open: BTreeSet<Key>,
    /// Keys that were taken over from another system and of which the run says nothing: it does not know what they are.
    pub unknown: BTreeSet<Key>,
}

impl Money {
    /// Puts together what the run's lines say and what became of it, beside what was taken over from another system.
    pub fn of(
        (lines, became): (&[Said], &[Became]),
        taken_over: &[Key],
        day: Date,
    ) -> Result<Self, Failure> {
        let refused = |refusal: trueup_books::AmountRefusal| Failure::Found(refusal.to_string());
        let mut amounts: BTreeMap<&Key, Exact> = BTreeMap::new();
        let mut sums: BTreeMap<&Key, Sums> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for line in lines.iter().filter(|line| line.is_money) {
            let key = &line.key;
            let Some(amount) = &line.posted else {
                open.insert(key.clone());
                continue;
            };
            let sum = amounts.entry(key).or_insert(Exact::ZERO);
            *sum = &*sum + amount;
            if key.settled_on > day {
                continue;
            }
            let sums = sums.entry(key).or_default();
            match amount.is_negative() {
                true => sums.taken_back = &sums.taken_back - amount,
                false => sums.earned = &sums.earned + amount,
            }
        }
        // What is settled later has to be bookable too.
        for (key, sum) in &amounts {
            in_units(key, sum).map_err(refused)?;
        }
        let is_unknown = |key: &&Key| !amounts.contains_key(key) && !open.contains(*key);
        let unknown = taken_over.iter().filter(is_unknown).cloned().collect();
        for one in became.iter().flat_map(|one| &one.moved) {
            let moved = sums.entry(&one.key).or_default().moved.entry(one.what);
            let sum = moved.or_insert(Exact::ZERO);
            *sum = &*sum + &one.amount;
        }
        let mut moves = BTreeMap::new();
        for (key, sums) in sums {
            let units = |amount: &Exact| in_units(key, amount).map_err(refused);
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
            moves.insert(key.clone(), found);
        }
        for one in became.iter().flat_map(|one| &one.funds) {
            let units = |amount: &Exact| in_units(&one.key, amount).map_err(refused);
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
            moves.insert(one.key.clone(), found);
        }
        Ok(Self {
            moves,
            open,
            unknown,
        })
    }
}
