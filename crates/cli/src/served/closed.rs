//! Closed periods: what their runs kept is known at once, and a room is opened when somebody asks for what only facts can tell.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_facts::kept::Kept;
use trueup_plan::tree::Grant;
use trueup_program::Closing;
use trueup_server::Refused;
use trueup_server::wire::{PeriodEarned, Standing};

use crate::compute::{Figures, plan_of, prepare_without_facts};
use crate::earned::Status;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked::Basis;
use crate::runs::{self, KeptLine};
use crate::seals::OnRecord;
use crate::seen::Scope;
use crate::threads::on_deep_stack;

use super::figures::money;
use super::refused;
use super::room::{Room, Sum};

/// What was closed in one step, for good.
pub struct Closed {
    program: PathBuf,
    closing: Closing,
    /// The day that the step before closed until; none for the first.
    after: Option<Date>,
    /// The program as its run read it.
    pub folder: Arc<Folder>,
    /// What everybody earned in it.
    pub everyone: Vec<Sum>,
    /// Each partner's periods in short, the earliest first.
    periods: BTreeMap<String, Vec<PeriodEarned>>,
    room: Mutex<Option<Arc<Room>>>,
}

impl Closed {
    /// Whether a period that ends with a day was closed in it.
    pub fn holds(&self, last: Date) -> bool {
        self.after.is_none_or(|after| after < last) && last <= self.closing.until
    }

    /// The place of the act that closed it.
    pub fn act(&self) -> u64 {
        self.closing.at
    }

    /// The partners with something in it.
    pub fn partners(&self) -> impl Iterator<Item = &str> {
        let all = self.periods.iter();
        let some = all.filter(|(_, periods)| !periods.is_empty());
        some.map(|(partner, _)| partner.as_str())
    }

    /// A partner's periods in short, the earliest first.
    pub fn periods_of(&self, partner: &str) -> &[PeriodEarned] {
        self.periods.get(partner).map_or(&[], Vec::as_slice)
    }

    /// The room of its run, opened when it is asked for first.
    pub fn room(&self) -> Result<Arc<Room>, Refused> {
        let broken = |_| Refused::fault("the evaluation broke off; ask again");
        let mut room = self.room.lock().map_err(broken)?;
        if let Some(room) = &*room {
            return Ok(room.clone());
        }
        let opened = on_deep_stack(&|| self.opened()).map_err(refused)?;
        Ok(room.insert(opened).clone())
    }

    fn opened(&self) -> Result<Arc<Room>, Failure> {
        let kept = runs::kept(&self.program);
        let hash = runs::find(&kept, &self.closing.run)?.hash;
        let manifest = runs::manifest(&kept, hash)?;
        let facts = runs::facts_of(&self.program, (hash, &manifest))?;
        let read = ((*self.folder).clone(), facts);
        let basis = Basis::of_closing(&self.closing, self.after, read);
        Room::open(Arc::new(basis), Arc::default())
    }
}

/// Everything that is closed, the earliest first: as it was known before, where it goes by the same run and days.
pub fn all(
    program: &Path,
    on_record: &OnRecord,
    before: &[Arc<Closed>],
) -> Result<Vec<Arc<Closed>>, Failure> {
    let kept = runs::kept(program);
    let mut all: Vec<Option<Arc<Closed>>> = Vec::new();
    let mut new: BTreeMap<&str, Vec<(usize, Part<'_>)>> = BTreeMap::new();
    let mut after = None;
    for (at, closing) in on_record.periods.closings.iter().enumerate() {
        let is_same = |one: &&Arc<Closed>| one.closing == *closing && one.after == after;
        let known = before.iter().find(is_same).cloned();
        if known.is_none() {
            let part = Part { closing, after };
            new.entry(&closing.run).or_default().push((at, part));
        }
        all.push(known);
        after = Some(closing.until);
    }
    // Of one run, texts and lines are read once, however many periods were closed by it.
    for (run, parts) in new {
        let (places, parts): (Vec<usize>, Vec<Part<'_>>) = parts.into_iter().unzip();
        let read = of_run(program, &kept, (run, &parts))?;
        for (at, closed) in places.into_iter().zip(read) {
            if let Some(slot) = all.get_mut(at) {
                *slot = Some(Arc::new(closed));
            }
        }
    }
    Ok(all.into_iter().flatten().collect())
}

/// What one step closed.
struct Part<'a> {
    closing: &'a Closing,
    after: Option<Date>,
}

impl Part<'_> {
    fn holds(&self, last: Date) -> bool {
        self.after.is_none_or(|after| after < last) && last <= self.closing.until
    }
}

fn of_run(
    program: &Path,
    kept: &Kept,
    (run, parts): (&str, &[Part<'_>]),
) -> Result<Vec<Closed>, Failure> {
    let hash = runs::find(kept, run)?.hash;
    let manifest = runs::manifest(kept, hash)?;
    let folder = Arc::new(runs::folder_of(program, kept, (hash, &manifest))?);
    let lines: Vec<KeptLine> = runs::lines(kept, hash)?;
    let periods = periods(&folder, &lines, parts)?;
    let sums: Vec<Sum> = lines.iter().filter_map(Sum::of_kept).collect();
    let closed = parts.iter().zip(periods).map(|(part, periods)| {
        let own = sums.iter().filter(|one| part.holds(one.settled_on));
        Closed {
            program: program.to_owned(),
            closing: part.closing.clone(),
            after: part.after,
            folder: folder.clone(),
            everyone: own.cloned().collect(),
            periods,
            room: Mutex::default(),
        }
    });
    Ok(closed.collect())
}

type OfPartners = BTreeMap<String, Vec<PeriodEarned>>;

/// Each partner's periods in short, for each step that closed some: the periods that the agreement has, with what the lines of
/// the run come to in them.
fn periods(
    folder: &Folder,
    lines: &[KeptLine],
    parts: &[Part<'_>],
) -> Result<Vec<OfPartners>, Failure> {
    let mut own: BTreeMap<&str, Vec<(Date, &KeptLine)>> = BTreeMap::new();
    for line in lines {
        let day = parse_date(&line.settled_until)
            .map_err(|error| Failure::fault("reading the lines of a run", &error))?;
        own.entry(&line.partner).or_default().push((day, line));
    }
    let mut all: Vec<OfPartners> = parts.iter().map(|_| BTreeMap::new()).collect();
    for plan in folder.settled_under() {
        let prepared = prepare_without_facts(folder, plan)?;
        let figures = Figures::new(&prepared);
        for at in prepared.world.all() {
            let Some(who) = prepared.world.partner(at) else {
                continue;
            };
            let partner = who.id.as_str();
            // Whoever went over to another plan has its statements under that one.
            if plan_of(folder, partner).map_or(true, |(own, ..)| !std::ptr::eq(own, plan)) {
                continue;
            }
            let lines = own.get(partner).map_or(&[][..], Vec::as_slice);
            for (part, into) in parts.iter().zip(&mut all) {
                let until = part.closing.until;
                let scope = Scope {
                    period: None,
                    until: until.tomorrow().unwrap_or(until),
                };
                let mut windows = figures.periods(at, &scope);
                windows.retain(|window| part.holds(window.last()));
                let earned = windows.iter().map(|window| {
                    let held = lines
                        .iter()
                        .filter(|(day, _)| window.starts <= *day && *day < window.ends);
                    let (mut total, mut open_lines) = (Exact::ZERO, 0);
                    for (_, line) in held {
                        open_lines += u64::from(!has_figure(line));
                        if let (true, Some(posted)) =
                            (line.grants == Grant::Money.word(), line.posted_exactly())
                        {
                            total = &total + &posted;
                        }
                    }
                    PeriodEarned {
                        period: plan.calendar.label(window),
                        starts_on: window.starts.to_string(),
                        ends_on: window.last().to_string(),
                        standing: Standing::Closed,
                        total: money(&total, plan.currency),
                        open_lines,
                    }
                });
                into.insert(partner.to_owned(), earned.collect());
            }
        }
    }
    Ok(all)
}

/// Whether a line has its figure; older runs say it by their open questions alone.
fn has_figure(line: &KeptLine) -> bool {
    match line.status.is_empty() {
        true => line.open.is_empty(),
        false => line.status == Status::Known.word(),
    }
}
