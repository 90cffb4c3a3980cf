//! `trueup period`: from a calculation to a closed period.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_books::{Account, BatchKind};
use trueup_journal::Organisation;
use trueup_program::Calculation;
use trueup_program::period::{
    APPROVED, Approved, CALCULATED, CLOSED, Calculated, Closed, in_words, unusual,
};
use trueup_store::Step;

use crate::args::{
    ApproveArgs, PeriodCalculateArgs, PeriodCloseArgs, PeriodCommand, PeriodStatusArgs,
};
use crate::commands::ingest::declared;
use crate::content::{self, Content, Question};
use crate::desk::Desk;
use crate::earned::exact_at;
use crate::failure::Failure;
use crate::output;
use crate::posting::not_signed;
use crate::progress::Progress;
use crate::runs::{self, Reread};

pub mod accepted;

/// Says, calculates, approves or closes.
pub fn run(command: &PeriodCommand, progress: &Progress) -> Result<(), Failure> {
    match command {
        PeriodCommand::Status(args) => status(args),
        PeriodCommand::Calculate(args) => calculate(args, progress),
        PeriodCommand::Approve(args) => approve(args),
        PeriodCommand::Close(args) => close(args, progress),
        PeriodCommand::Accept(args) => accepted::run(args),
    }
}

/// The calculation that waits.
fn waiting(desk: &Desk) -> Result<&Calculation, Failure> {
    desk.on_record.periods.waiting.as_ref().ok_or_else(|| {
        Failure::Found(
            "no calculation waits; `trueup period calculate --until DAY` makes one".to_owned(),
        )
    })
}

fn status(args: &PeriodStatusArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let periods = &desk.on_record.periods;
    let mut text = match periods.closed_on() {
        Some(day) => format!(
            "Closed until {day}, in {}\n",
            output::counted(periods.closings.len(), "closing")
        ),
        None => "Nothing is closed yet\n".to_owned(),
    };
    match &periods.waiting {
        None => text.push_str("No calculation waits; next: trueup period calculate --until DAY\n"),
        Some(waiting) => {
            let _ = writeln!(
                text,
                "Until {}: calculated by {} in act {}, {} in {} of {}",
                waiting.until,
                waiting.by,
                waiting.at,
                in_words(&waiting.says.totals),
                output::counted(
                    usize::try_from(waiting.says.lines).unwrap_or(usize::MAX),
                    "line"
                ),
                output::counted(
                    usize::try_from(waiting.says.partners).unwrap_or(usize::MAX),
                    "partner"
                ),
            );
            text.push_str(&next_of(waiting));
        }
    }
    text.push_str(&accepted::stands(&desk, &args.program.program)?);
    output::print(&text)
}

/// What a calculation that waits needs next.
fn next_of(waiting: &Calculation) -> String {
    let mut text = String::new();
    for check in &waiting.says.checks {
        let _ = writeln!(text, "Look twice: {check}");
    }
    let (found, needs) = (waiting.approved_by.len(), waiting.needs());
    let by = waiting.approved_by.join(", ");
    let _ = match (found, found < needs) {
        (0, _) => writeln!(
            text,
            "not approved yet; next: trueup period approve --total …, by somebody else"
        ),
        (_, true) => writeln!(
            text,
            "approved by {by}; it needs {needs} approvals: trueup period approve --total …, by somebody else"
        ),
        (_, false) => writeln!(text, "approved by {by}; next: trueup period close"),
    };
    text
}

fn calculate(args: &PeriodCalculateArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program.program;
    let until = day_of(program, ("--until", &args.until))?;
    let told = calculated(program, (&args.run, until), &args.by.by, progress)?;
    output::print(&told)
}

/// Calculates what falls until a day by a run, and puts it on the journal; what it comes to, in words.
pub fn calculated(
    program: &Path,
    (run, until): (&str, Date),
    by: &str,
    progress: &Progress,
) -> Result<String, Failure> {
    let desk = Desk::open(program)?;
    let run = runs::reread(program, run)?;
    is_whole(&run, until, desk.on_record.periods.closed_on())?;
    let unsigned = not_signed(&run.folder, &desk.on_record)?;
    let question = Question {
        program,
        run: &run,
        until,
        unsigned: &unsigned,
        has_accrued: false,
    };
    let content = Content::of(&desk, question, progress)?;
    let lines = content.count(Account::Expense);
    let says = Calculated {
        until: until.to_string(),
        run: run.hash.to_string(),
        sha256: content.digest().to_string(),
        totals: content.totals(Account::Expense),
        payable: content.totals(Account::Payable),
        lines: lines as u64,
        partners: content.partners() as u64,
        open: content.open as u64,
        unsigned: content.unsigned as u64,
        checks: match desk.on_record.periods.closings.last() {
            Some(before) => unusual(&content.totals(Account::Expense), &before.totals),
            None => Vec::new(),
        },
    };
    content.keep(program);
    desk.say(CALCULATED, (by, &Organisation::Vendor), &says)?;
    let mut text = format!(
        "Until {until}: {} in {} of {}, from run {}\n",
        in_words(&says.totals),
        output::counted(lines, "line"),
        output::counted(content.partners(), "partner"),
        run.hash.short()
    );
    let held = content.totals(Account::Held);
    let _ = match held.is_empty() {
        true => writeln!(text, "Payable then: {}", in_words(&says.payable)),
        false => writeln!(
            text,
            "Payable then: {}; more held than before by {}",
            in_words(&says.payable),
            in_words(&held)
        ),
    };
    let set_aside = content.totals(Account::SetAside);
    if !set_aside.is_empty() {
        let _ = writeln!(text, "Set aside in funds: {}", in_words(&set_aside));
    }
    if content.open > 0 {
        let _ = writeln!(
            text,
            "Open, and not in it: {}",
            output::counted(content.open, "line")
        );
    }
    if content.unsigned_partners > 0 {
        let _ = writeln!(
            text,
            "Not in it, because not signed: {} of {}",
            output::counted(content.unsigned, "line"),
            output::counted(content.unsigned_partners, "partner")
        );
    }
    for check in &says.checks {
        let _ = writeln!(text, "Look twice: {check}");
    }
    text.push_str(match says.checks.is_empty() {
        true => "Next: somebody else approves these totals\n",
        false => "Next: two others approve these totals\n",
    });
    Ok(text)
}

fn approve(args: &ApproveArgs) -> Result<(), Failure> {
    let totals = totals_of(&args.totals)?;
    output::print(&approved(&args.program.program, totals, &args.by.by)?)
}

/// Approves the calculation that waits by its totals; which, in words.
pub fn approved(
    program: &Path,
    totals: BTreeMap<String, String>,
    by: &str,
) -> Result<String, Failure> {
    let desk = Desk::open(program)?;
    let waiting = waiting(&desk)?;
    let says = Approved {
        calculation: waiting.at,
        sha256: waiting.says.sha256.clone(),
        totals,
    };
    let until = waiting.until;
    let (_, after) = desk.say(APPROVED, (by, &Organisation::Vendor), &says)?;
    let mut text = format!("Approved until {until}: {}\n", in_words(&says.totals));
    let waiting = after.periods.waiting.as_ref();
    if let Some(waiting) = waiting.filter(|one| one.approved_by.len() < one.needs()) {
        let _ = writeln!(
            text,
            "It needs {} approvals; next: trueup period approve --total …, by somebody else",
            waiting.needs()
        );
    }
    Ok(text)
}

fn close(args: &PeriodCloseArgs, progress: &Progress) -> Result<(), Failure> {
    output::print(&closed(&args.program.program, &args.by.by, progress)?)
}

/// Closes what was approved, for good; what was posted, in words.
pub fn closed(program: &Path, by: &str, progress: &Progress) -> Result<String, Failure> {
    let desk = Desk::open(program)?;
    let waiting = waiting(&desk)?;
    let run = runs::reread(program, &waiting.says.run)?;
    let unsigned = not_signed(&run.folder, &desk.on_record)?;
    let closed_on = desk.on_record.periods.closed_on().unwrap_or(Date::MIN);
    let has_accrued = desk.record.wait("reading the books", async |database| {
        database.has_accrued_after(closed_on).await
    })?;
    let kept = match has_accrued {
        true => None,
        false => Content::as_calculated(&desk, waiting, (program, &unsigned))?,
    };
    let content = match kept {
        Some(content) => content,
        None => {
            let question = Question {
                program,
                run: &run,
                until: waiting.until,
                unsigned: &unsigned,
                has_accrued,
            };
            Content::of(&desk, question, progress)?
        }
    };
    if content.digest().to_string() != waiting.says.sha256 {
        return Err(Failure::Found(format!(
            "what run {} comes to until {} is no longer what was approved: agreements were signed or changed since; calculate again",
            run.hash.short(),
            waiting.until
        )));
    }
    let open_from = desk.on_record.periods.open_from();
    let postings = match content.beside_accrued {
        // Nothing was accrued since the last closing: what was approved is what is to be posted.
        None => content
            .postings
            .into_iter()
            .map(|posting| posting.within(open_from))
            .collect(),
        Some(postings) => postings,
    };
    let says = Closed {
        calculation: waiting.at,
        until: waiting.until.to_string(),
        sha256: waiting.says.sha256.clone(),
    };
    let posted = postings.len();
    let run = run.hash.to_string();
    let mut step = match postings.is_empty() {
        true => Step::default(),
        false => desk.posting(BatchKind::Closing, &run, postings, by)?.0,
    };
    step.closes = Some(waiting.until);
    desk.then(&mut step, CLOSED, (by, &Organisation::Vendor), &says)?;
    desk.write(step)?;
    content::forget(program);
    Ok(format!(
        "Closed until {}: {}; {} for it\n",
        waiting.until,
        in_words(&waiting.says.totals),
        output::counted(posted, "posting")
    ))
}

/// A day, or the last day of a period's name.
pub fn day_of(program: &std::path::Path, (option, text): (&str, &str)) -> Result<Date, Failure> {
    if let Ok(day) = parse_date(text) {
        return Ok(day);
    }
    let calendar = declared(program)?.calendar;
    calendar
        .parse_period(text)
        .map(|window| window.last())
        .map_err(|error| Failure::Use(format!("{option} {text}: it is no day, and {error}")))
}

/// A run that says what everyone earned up to a day, from what is closed on.
fn is_whole(run: &Reread, until: Date, closed_on: Option<Date>) -> Result<(), Failure> {
    let short = run.hash.short();
    if run.manifest.partner.is_some() {
        return Err(Failure::Use(format!(
            "run {short} is about one partner; a period is everyone's"
        )));
    }
    let scope = &run.scope;
    let reaches = until.tomorrow().is_ok_and(|ends| scope.holds_end(ends));
    let begins = scope
        .period
        .is_none_or(|period| closed_on.is_some_and(|closed_on| period.starts <= closed_on));
    match reaches && begins {
        true => Ok(()),
        false => Err(Failure::Use(format!(
            "run {short} does not say what everything until {until} comes to; run without --period, over facts that reach so far"
        ))),
    }
}

/// Totals, one for each currency.
pub fn totals_of(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut totals = BTreeMap::new();
    for text in texts {
        let (currency, amount) = total_of(text)?;
        if totals.insert(currency, amount).is_some() {
            return Err(Failure::Use(format!(
                "--total {text}: the currency is there twice"
            )));
        }
    }
    Ok(totals)
}

/// A total as `11920.00 USD`, in the form in which totals are compared.
pub fn total_of(text: &str) -> Result<(String, String), Failure> {
    let wrong = || {
        Failure::Use(format!(
            "--total {text}: write the amount and the currency, such as '11920.00 USD'"
        ))
    };
    let (amount, code) = text.trim().split_once(' ').ok_or_else(wrong)?;
    let currency = Currency::parse(code.trim()).map_err(|_| wrong())?;
    let amount = Exact::parse(amount).map_err(|_| wrong())?;
    Ok((
        currency.code().to_owned(),
        exact_at(&amount, currency.places()),
    ))
}
