//! What a command goes by: the facts as of some snapshot, and the periods it is about.

use std::path::Path;

use trueup_base::calendar::Window;
use trueup_base::date::{Date, parse_date};
use trueup_facts::ledger::{Ledger, NoSnapshot};
use trueup_facts::push;
use trueup_facts::snapshot::Snapshot;

use crate::args::{AsOfArgs, ScopeArgs};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::notes;

/// Which periods are asked about.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The period, if one was named.
    pub period: Option<Window>,
    /// The day after the last one settled: the end of the period, or of the last period with facts.
    pub until: Date,
}

/// The facts that a command goes by, and the periods it is about.
#[derive(Debug)]
pub struct Seen {
    /// The facts, as of the snapshot asked for.
    pub facts: Snapshot,
    /// Which periods.
    pub scope: Scope,
    /// Feeds that are late today; none where an earlier state is asked for.
    pub late: Vec<notes::LateFeed>,
}

impl Seen {
    /// What a command sees: with whatever was acknowledged until now, unless an earlier state is asked for.
    pub fn of(args: &ScopeArgs, folder: &Folder) -> Result<Self, Failure> {
        if args.as_of.snapshot.is_some() || args.as_of.as_known_on.is_some() {
            return Self::as_folded(args, folder);
        }
        push::settle(&folder.program)
            .map_err(|fault| Failure::fault("taking in what was pushed", &fault))?;
        crate::record::facts(&folder.program.folder)?;
        let seen = Self::as_folded(args, folder)?;
        let late = notes::late(folder, &seen.facts)?;
        Ok(Self { late, ..seen })
    }

    /// What a server sees, which takes in by itself what is pushed: the tables, and the feeds that are late today.
    pub fn served(args: &ScopeArgs, folder: &Folder) -> Result<Self, Failure> {
        let seen = Self::as_folded(args, folder)?;
        let late = notes::late(folder, &seen.facts)?;
        Ok(Self { late, ..seen })
    }

    /// What is seen of the tables alone.
    pub fn as_folded(args: &ScopeArgs, folder: &Folder) -> Result<Self, Failure> {
        let facts = facts_as_of(folder, &args.as_of)?;
        let scope = Scope::of(args.period.as_deref(), folder, &facts)?;
        Ok(Self {
            facts,
            scope,
            late: Vec::new(),
        })
    }
}

impl Scope {
    /// The scope of a period's name, or of all periods with facts.
    pub fn of(period: Option<&str>, folder: &Folder, facts: &Snapshot) -> Result<Self, Failure> {
        let calendar = &folder.program.calendar;
        let period = match period {
            None => None,
            Some(text) => Some(
                calendar
                    .parse_period(text)
                    .map_err(|error| Failure::Use(format!("--period {text}: {error}")))?,
            ),
        };
        let until = match period {
            Some(window) => window.ends,
            None => last_day_with_facts(folder, facts)?,
        };
        Ok(Self { period, until })
    }

    /// Whether a settlement belongs to the scope: it ends in it.
    pub fn holds(&self, settlement: &Window) -> bool {
        self.holds_end(settlement.ends)
    }

    /// Whether a settlement that ends before a day belongs to the scope.
    pub fn holds_end(&self, ends: Date) -> bool {
        match self.period {
            Some(period) => period.starts < ends && ends <= period.ends,
            None => ends <= self.until,
        }
    }
}

/// The end of the last period that a feed is complete for, or that has facts.
pub fn last_day_with_facts(folder: &Folder, facts: &Snapshot) -> Result<Date, Failure> {
    let declared = folder
        .program
        .sources
        .iter()
        .filter_map(|source| source.complete)
        .map(|span| span.until)
        .max();
    let newest = facts
        .last_day(&folder.program)
        .map_err(|error| Failure::fault("reading the facts", &error))?;
    let last = match (declared, newest) {
        (Some(until), Some(newest)) if newest >= until => newest,
        (Some(until), _) => return Ok(until),
        (None, Some(newest)) => newest,
        (None, None) => {
            return Err(Failure::Found(
                "there are no facts yet; take them in with `trueup ingest`".to_owned(),
            ));
        }
    };
    // Whole periods: the newest fact's period counts to its end.
    let ends = folder
        .plans
        .values()
        .filter_map(|plan| plan.calendar.window_at(plan.period, last))
        .map(|window| window.ends)
        .max();
    ends.ok_or_else(|| Failure::Found("there is no plan to run; put one into plans/".to_owned()))
}

/// The facts of a program's folder as they are now.
pub fn snapshot(dir: &Path) -> Result<Snapshot, Failure> {
    Snapshot::open(dir).map_err(|error| Failure::fault("opening the facts", &error))
}

/// The facts as they were known at a time, or now.
pub fn facts_as_of(folder: &Folder, as_of: &AsOfArgs) -> Result<Snapshot, Failure> {
    let dir = &folder.program.folder;
    let ledger = || Ledger::read(dir).map_err(|error| Failure::fault("reading the ledger", &error));
    let none = |why: NoSnapshot| Failure::Use(why.to_string());
    let (ledger, number) = match (as_of.snapshot, &as_of.as_known_on) {
        (None, None) => return snapshot(dir),
        (Some(number), _) => (ledger()?, number),
        (None, Some(text)) => {
            let day = parse_date(text)
                .map_err(|error| Failure::Use(format!("--as-known-on {text}: {error}")))?;
            let ledger = ledger()?;
            let number = ledger.known_on(day).map_err(none)?;
            (ledger, number)
        }
    };
    let versions = ledger.versions_at(number).map_err(none)?;
    Snapshot::open_at(dir, &versions)
        .map_err(|error| Failure::fault(format!("opening snapshot {number}"), &error))
}
