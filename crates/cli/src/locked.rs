//! What a statement goes by: of a closed period the run that was approved, of an open one what is known now.
//!
//! A closed period says the same for ever. What came in since falls into later periods, where it is named for what it corrects.

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::Booked;
use trueup_facts::snapshot::Snapshot;
use trueup_program::Closing;

use crate::args::ScopeArgs;
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::record::Record;
use crate::runs;
use crate::seals::OnRecord;
use crate::seen::{Scope, Seen};

/// Whether figures can still change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing says: the program closes no periods.
    #[default]
    Unsaid,
    /// They can.
    Open,
    /// They are as they were approved when everything until this day was closed.
    Locked(Date),
}

/// What periods that end in some days go by.
pub struct Basis {
    /// The program.
    pub folder: Folder,
    /// The facts, and the periods asked about.
    pub seen: Seen,
    /// Whether their figures can still change.
    pub standing: Standing,
    /// The days their ends lie behind; none from the beginning.
    pub after: Option<Date>,
    /// The last day they may end on; none for all later ones.
    pub until: Option<Date>,
    /// What was posted for the partner in closed periods; nothing where the periods are closed themselves.
    pub booked: Booked,
    /// The run that was approved, where the figures are those of one.
    pub run: Option<String>,
}

impl Basis {
    /// Whether a period that ends with a day goes by it.
    pub fn holds(&self, last: Date) -> bool {
        self.after.is_none_or(|after| after < last) && self.until.is_none_or(|until| last <= until)
    }

    /// What a closing closed after the one before it, by the program and the facts that its run read.
    pub fn of_closing(
        closing: &Closing,
        after: Option<Date>,
        (folder, facts): (Folder, Snapshot),
    ) -> Self {
        let until = closing.until;
        Self {
            folder,
            seen: Seen {
                facts,
                scope: Scope {
                    period: None,
                    until: until.tomorrow().unwrap_or(until),
                },
                late: Vec::new(),
            },
            standing: Standing::Locked(until),
            after,
            until: Some(until),
            booked: Booked::new(),
            run: Some(closing.run.clone()),
        }
    }

    fn now(
        args: &ScopeArgs,
        look: Look,
        standing: Standing,
        after: Option<Date>,
    ) -> Result<Self, Failure> {
        let folder = folder::open(&args.program.program)?;
        let seen = look(args, &folder)?;
        Ok(Self {
            folder,
            seen,
            standing,
            after,
            until: None,
            booked: Booked::new(),
            run: None,
        })
    }
}

/// How the facts as they are now are looked at.
pub type Look = fn(&ScopeArgs, &Folder) -> Result<Seen, Failure>;

/// What the periods asked about go by, the earliest first. Whoever asks for an earlier state of the facts gets just that.
pub fn bases(args: &ScopeArgs, look: Look) -> Result<Vec<Basis>, Failure> {
    let program = &args.program.program;
    let is_as_of = args.as_of.snapshot.is_some() || args.as_of.as_known_on.is_some();
    let record = match is_as_of {
        true => None,
        false => Record::if_opened(program)?,
    };
    let unsaid = || Ok(vec![Basis::now(args, look, Standing::Unsaid, None)?]);
    let Some(record) = record else {
        return unsaid();
    };
    let periods = OnRecord::of(&record)?.periods;
    let Some(closed_on) = periods.closed_on() else {
        return unsaid();
    };
    let mut now = Basis::now(args, look, Standing::Open, Some(closed_on))?;
    if let Some(partner) = args
        .partner
        .as_deref()
        .and_then(|id| PartnerId::new(id).ok())
    {
        now.booked = record.wait("reading the books", async |database| {
            database.booked_of(&partner, closed_on).await
        })?;
    }
    let asked = now.seen.scope.period.map(|period| period.last());
    let mut bases = Vec::new();
    let mut after = None;
    for closing in &periods.closings {
        let until = closing.until;
        let is_asked =
            asked.is_none_or(|last| last <= until && after.is_none_or(|after| after < last));
        if is_asked {
            let run = runs::reread(program, &closing.run)?;
            let mut basis = Basis::of_closing(closing, after, (run.folder, run.facts));
            if let Some(period) = args.period.as_deref() {
                basis.seen.scope = Scope::of(Some(period), &basis.folder, &basis.seen.facts)?;
            }
            bases.push(basis);
        }
        after = Some(until);
    }
    let last = asked.or_else(|| now.seen.scope.until.yesterday().ok());
    if last.is_none_or(|last| closed_on < last) {
        bases.push(now);
    }
    Ok(bases)
}
