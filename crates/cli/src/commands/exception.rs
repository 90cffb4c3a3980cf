//! `trueup exception`: one line that no rule gives.

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_books::{BatchKind, Key, excepted, in_units};
use trueup_journal::Organisation;
use trueup_program::exception::{APPROVED, Approved, Exception, PROPOSED, Proposed};

use crate::args::{ExceptionApproveArgs, ExceptionCommand, ExceptionProposeArgs, ListArgs};
use crate::commands::dispute::partner_of;
use crate::commands::period::total_of;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output;
use crate::record::now;

/// What stands in the place of a plan in the books.
const PLAN: &str = "exception";

/// Proposes, approves or lists.
pub fn run(command: &ExceptionCommand) -> Result<(), Failure> {
    match command {
        ExceptionCommand::Propose(args) => propose(args),
        ExceptionCommand::Approve(args) => approve(args),
        ExceptionCommand::List(args) => list(args),
    }
}

fn propose(args: &ExceptionProposeArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let (currency, amount) = total_of(&args.amount)?;
    let today = now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let on = match &args.on {
        Some(text) => {
            parse_date(text).map_err(|error| Failure::Use(format!("--on {text}: {error}")))?
        }
        None => today,
    };
    let says = Proposed {
        partner: partner_of(&args.partner)?,
        amount,
        currency,
        reason: args.reason.clone(),
        because: args.because.clone(),
        on: on.to_string(),
    };
    // Refused now rather than when somebody approves it.
    key_of(&says)?;
    let who = (args.by.by.as_str(), &Organisation::Vendor);
    let (at, _) = desk.say(PROPOSED, who, &says)?;
    output::print(&format!(
        "Exception {at}: {} {} for {}, {}; next: trueup exception approve {at}, by somebody else\n",
        says.amount, says.currency, says.partner, says.reason
    ))
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
    let desk = Desk::open(&args.program.program)?;
    let Some(exception) = desk.on_record.exceptions.waiting(args.exception) else {
        return Err(Failure::Found(format!(
            "no exception {} waits to be approved; `trueup exception list` has them",
            args.exception
        )));
    };
    let (key, units) = key_of(&exception.says)?;
    let open_from: Option<Date> = desk.on_record.periods.open_from();
    let (mut step, batch) = desk.posting(
        BatchKind::Exception,
        &format!("exception {}", exception.at),
        excepted(&key, units, open_from),
        &args.by.by,
    )?;
    let says = Approved {
        exception: exception.at,
        batch,
    };
    desk.then(
        &mut step,
        APPROVED,
        (&args.by.by, &Organisation::Vendor),
        &says,
    )?;
    desk.write(step)?;
    output::print(&format!(
        "Exception {}: {} {} for {} {}, batch {}\n",
        exception.at,
        exception.says.amount,
        exception.says.currency,
        exception.says.partner,
        match units > 0 {
            true => "is payable",
            false => "is taken from later payouts",
        },
        batch
    ))
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
