//! `trueup exception`: one line that no rule gives.

use std::path::Path;

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_books::{Account, BatchKind, Key, Posting, excepted, in_units, on, written_off};
use trueup_journal::Organisation;
use trueup_program::exception::{APPROVED, Approved, Exception, GivesUp, PROPOSED, Proposed};

use crate::args::{
    ExceptionApproveArgs, ExceptionCommand, ExceptionProposeArgs, ExceptionWriteOffArgs, ListArgs,
    ScopeArgs,
};
use crate::commands::books::in_currency;
use crate::commands::dispute::{line_of, partner_of};
use crate::commands::period::{day_of, total_of};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::moves::everyone;
use crate::output;
use crate::progress::Progress;
use crate::record::now;
use crate::runs;
use crate::seals::OnRecord;
use crate::settling::for_everyone;

/// What stands in the place of a plan in the books.
const PLAN: &str = "exception";

/// Proposes, gives up, approves or lists.
pub fn run(command: &ExceptionCommand, progress: &Progress) -> Result<(), Failure> {
    match command {
        ExceptionCommand::Propose(args) => propose(args),
        ExceptionCommand::WriteOff(args) => write_off(args, progress),
        ExceptionCommand::Approve(args) => approve(args),
        ExceptionCommand::List(args) => list(args),
    }
}

/// What somebody wants to be excepted.
pub struct Wanted<'a> {
    /// Whose.
    pub partner: &'a str,
    /// How much, as `250.00 USD`.
    pub amount: &'a str,
    /// The reason code.
    pub reason: &'a str,
    /// Why, in words.
    pub because: &'a str,
    /// The day it is of; today, if nothing is said.
    pub on: Option<&'a str>,
    /// Who wants it.
    pub by: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(args: &'a ExceptionProposeArgs) -> Self {
        Self {
            partner: &args.partner,
            amount: &args.amount,
            reason: &args.reason,
            because: &args.because,
            on: args.on.as_deref(),
            by: &args.by.by,
        }
    }

    fn says(&self, gives_up: Option<GivesUp>) -> Result<Proposed, Failure> {
        let (currency, amount) = total_of(self.amount)?;
        let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let on = match self.on {
            Some(text) => {
                parse_date(text).map_err(|error| Failure::Use(format!("--on {text}: {error}")))?
            }
            None => today,
        };
        Ok(Proposed {
            partner: partner_of(self.partner)?,
            amount,
            currency,
            reason: self.reason.to_owned(),
            because: self.because.to_owned(),
            on: on.to_string(),
            gives_up,
        })
    }

    fn say(&self, desk: &Desk, says: &Proposed) -> Result<(u64, OnRecord), Failure> {
        desk.say(PROPOSED, (self.by, &Organisation::Vendor), says)
    }
}

fn propose(args: &ExceptionProposeArgs) -> Result<(), Failure> {
    let (at, says, _) = proposed(&args.program.program, &Wanted::of(args))?;
    output::print(&format!(
        "Exception {at}: {} {} for {}, {}; next: trueup exception approve {at}, by somebody else\n",
        says.amount, says.currency, says.partner, says.reason
    ))
}

/// Proposes an exception: its number, what it says, and what the journal says then.
pub fn proposed(program: &Path, wanted: &Wanted<'_>) -> Result<(u64, Proposed, OnRecord), Failure> {
    let desk = Desk::open(program)?;
    let says = wanted.says(None)?;
    // Refused now rather than when somebody approves it.
    key_of(&says)?;
    let (at, after) = wanted.say(&desk, &says)?;
    Ok((at, says, after))
}

fn write_off(args: &ExceptionWriteOffArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.exception.program.program;
    let settled_on = day_of(program, ("--settled-on", &args.settled_on))?;
    let line = (args.component.as_str(), settled_on);
    let (at, says, _) = given_up_by(program, &Wanted::of(&args.exception), line, progress)?;
    output::print(&format!(
        "Exception {at}: {} {} that {} owes for {} settled on {settled_on} is given up, {}; next: trueup exception approve {at}, by somebody else\n",
        says.amount, says.currency, says.partner, args.component, says.reason
    ))
}

/// Proposes that what somebody owes is given up, once nothing takes it from payouts any longer.
pub fn given_up_by(
    program: &Path,
    wanted: &Wanted<'_>,
    (component, settled_on): (&str, Date),
    progress: &Progress,
) -> Result<(u64, Proposed, OnRecord), Failure> {
    let desk = Desk::open(program)?;
    let partner = partner_of(wanted.partner)?;
    let Some(line) = line_of(&desk, &partner, (component, settled_on))? else {
        return Err(Failure::Use(format!(
            "nothing was posted for {component} of {partner} that was settled on {settled_on}; `trueup books balances --partner {partner}` says what was"
        )));
    };
    let gives_up = GivesUp {
        plan: line.plan.clone(),
        component: line.component.clone(),
        settled_on: settled_on.to_string(),
    };
    let says = wanted.says(Some(gives_up))?;
    let (_, units) = key_of(&says)?;
    given_up(&desk, &says, units)?;
    if let Some(until) = taken_until(&desk, program, &line, progress)? {
        return Err(Failure::Found(format!(
            "what {component} of {partner} owes for {settled_on} is still taken from payouts{until}; it is given up when that is over"
        )));
    }
    let (at, after) = wanted.say(&desk, &says)?;
    Ok((at, says, after))
}

/// Until when what is recoverable for a line is still taken from payouts, in words; nothing where nothing takes it.
fn taken_until(
    desk: &Desk,
    program: &Path,
    line: &Key,
    progress: &Progress,
) -> Result<Option<String>, Failure> {
    let Some(closing) = desk.on_record.periods.closings.last() else {
        return Ok(None);
    };
    let run = runs::reread(program, &closing.run)?;
    let args = ScopeArgs {
        partner: Some(line.partner.to_string()),
        ..everyone(&run.folder)
    };
    let ends = closing.until.tomorrow().unwrap_or(closing.until);
    for plan in run.folder.settled_under() {
        let owed = for_everyone(
            (&run.folder, plan, &run.facts),
            (&args, &run.scope),
            progress,
            &|figures, partner| figures.owed(partner, ends),
        )?;
        if let Some((_, until)) = owed.into_iter().find(|(key, _)| key == line) {
            return Ok(match until {
                Some(until) if until <= ends => None,
                Some(until) => Some(format!(" until {until}")),
                None => Some(String::new()),
            });
        }
    }
    Ok(None)
}

/// What giving something up posts; refused where the partner owes less.
fn given_up(desk: &Desk, says: &Proposed, units: i64) -> Result<Option<Vec<Posting>>, Failure> {
    let Some(gives_up) = &says.gives_up else {
        return Ok(None);
    };
    let day = parse_date(&gives_up.settled_on)
        .map_err(|_| Failure::Use(format!("`{}` is no day", gives_up.settled_on)))?;
    let key = Key {
        plan: gives_up.plan.clone(),
        component: gives_up.component.clone(),
        settled_on: day,
        ..key_of(says)?.0
    };
    let balances = desk.record.wait("reading the books", async |database| {
        database.balances_by_key().await
    })?;
    let open_from = desk.on_record.periods.open_from();
    let postings = written_off(&key, units, &balances, open_from);
    postings.map(Some).ok_or_else(|| {
        let owed = [Account::Overpaid, Account::Recoverable]
            .map(|account| i128::from(on(&balances, account, &key).max(0)));
        let code = key.currency.code();
        Failure::Found(format!(
            "{} owes {} {code} for {} settled on {day}, and {} {} cannot be given up of it",
            key.partner,
            in_currency(owed.iter().sum(), code),
            key.component,
            says.amount,
            says.currency
        ))
    })
}

/// What an exception is booked under, and how much.
fn key_of(says: &Proposed) -> Result<(Key, i64), Failure> {
    let wrong =
        |what: &str| Failure::Use(format!("the exception has no {what} that can be booked"));
    let is_code = |text: &str| {
        let known = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '_';
        !text.is_empty() && text.len() <= 40 && text.chars().all(known)
    };
    if !is_code(&says.reason) {
        return Err(Failure::Use(format!(
            "--reason {}: write a code of lower-case letters, such as goodwill",
            says.reason
        )));
    }
    let key = Key {
        partner: says.partner.clone(),
        plan: PLAN.to_owned(),
        component: says.reason.clone(),
        settled_on: parse_date(&says.on).map_err(|_| wrong("day"))?,
        currency: Currency::parse(&says.currency).map_err(|_| wrong("currency"))?,
    };
    let amount = Exact::parse(&says.amount).map_err(|_| wrong("amount"))?;
    let units = in_units(&key, &amount).map_err(|refusal| Failure::Use(refusal.to_string()))?;
    match units {
        0 => Err(wrong("amount above or below zero,")),
        units => Ok((key, units)),
    }
}

fn approve(args: &ExceptionApproveArgs) -> Result<(), Failure> {
    let (approved, _) = approved(&args.program.program, args.exception, &args.by.by)?;
    let says = &approved.exception.says;
    output::print(&format!(
        "Exception {}: {} {} for {} {}, batch {}\n",
        approved.exception.at,
        says.amount,
        says.currency,
        says.partner,
        match (says.gives_up.is_some(), approved.is_given) {
            (true, _) => "is given up",
            (false, true) => "is payable",
            (false, false) => "is taken from later payouts",
        },
        approved.batch
    ))
}

/// An exception that was approved.
pub struct NowApproved {
    /// The exception, as it waited.
    pub exception: Exception,
    /// The batch that posts it.
    pub batch: u64,
    /// Whether the partner gets something, and does not owe more.
    pub is_given: bool,
}

/// Approves what somebody else proposed, which posts it; and what the journal says then.
pub fn approved(
    program: &Path,
    exception: u64,
    by: &str,
) -> Result<(NowApproved, OnRecord), Failure> {
    let desk = Desk::open(program)?;
    let Some(exception) = desk.on_record.exceptions.waiting(exception) else {
        return Err(Failure::Found(format!(
            "no exception {exception} waits to be approved; `trueup exception list` has them"
        )));
    };
    let (key, units) = key_of(&exception.says)?;
    let open_from: Option<Date> = desk.on_record.periods.open_from();
    let given_up = given_up(&desk, &exception.says, units)?;
    let postings = given_up.unwrap_or_else(|| excepted(&key, units, open_from));
    let (mut step, batch) = desk.posting(
        BatchKind::Exception,
        &format!("exception {}", exception.at),
        postings,
        by,
    )?;
    let says = Approved {
        exception: exception.at,
        batch,
    };
    desk.then(&mut step, APPROVED, (by, &Organisation::Vendor), &says)?;
    let approved = NowApproved {
        exception: exception.clone(),
        batch,
        is_given: units > 0,
    };
    Ok((approved, desk.write(step)?))
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let is_asked = |one: &&Exception| {
        let asked = args.partner.as_deref();
        asked.is_none_or(|asked| asked == one.says.partner.as_str())
    };
    let all = desk.on_record.exceptions.all().iter().filter(is_asked);
    let rows: Vec<Vec<String>> = all
        .map(|one| {
            let (approved, batch) = match &one.approved {
                Some((by, batch)) => (by.clone(), batch.to_string()),
                None => (String::new(), String::new()),
            };
            vec![
                one.at.to_string(),
                one.says.partner.to_string(),
                one.says.amount.clone(),
                one.says.currency.clone(),
                one.says.on.clone(),
                one.says.reason.clone(),
                one.says.because.clone(),
                one.by.clone(),
                approved,
                batch,
            ]
        })
        .collect();
    let heads = [
        "exception",
        "partner",
        "amount",
        "currency",
        "on",
        "reason",
        "because",
        "by",
        "approved_by",
        "batch",
    ];
    output::list(
        args.format,
        (&heads, heads.len()),
        rows,
        "No exception was made",
    )
}
