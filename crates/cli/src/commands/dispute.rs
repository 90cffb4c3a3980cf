//! `trueup dispute`: lines that one side does not accept.

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::Key;
use trueup_program::dispute::{Dispute, OPENED, Opened, Outcome, RESOLVED, Resolved};

use crate::args::{DisputeCommand, DisputeOpenArgs, DisputeResolveArgs, ListArgs, OutcomeArg};
use crate::commands::journal::organisation;
use crate::commands::period::day_of;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output;

/// Opens, resolves or lists.
pub fn run(command: &DisputeCommand) -> Result<(), Failure> {
    match command {
        DisputeCommand::Open(args) => open(args),
        DisputeCommand::Resolve(args) => resolve(args),
        DisputeCommand::List(args) => list(args),
    }
}

/// A partner's id as an argument has it.
pub fn partner_of(text: &str) -> Result<PartnerId, Failure> {
    PartnerId::new(text).map_err(|error| Failure::Use(format!("--partner {text}: {error}")))
}

fn open(args: &DisputeOpenArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let partner = partner_of(&args.partner)?;
    let settled_on = day_of(program, ("--settled-on", &args.settled_on))?;
    let booked = desk.record.wait("reading the books", async |database| {
        database.booked_of(&partner, Date::MAX).await
    })?;
    let is_it = |key: &&Key| key.component == args.component && key.settled_on == settled_on;
    let line = booked.keys().map(|(_, key)| key).find(is_it);
    let Some(line) = line else {
        return Err(Failure::Use(format!(
            "nothing was posted for {} of {partner} that was settled on {settled_on}; `trueup books balances` and `trueup statement --partner {partner}` say what was",
            args.component
        )));
    };
    let says = Opened {
        partner,
        plan: line.plan.clone(),
        component: args.component.clone(),
        settled_on: settled_on.to_string(),
        because: args.because.clone(),
    };
    let behalf = organisation(&args.behalf)?;
    let (at, _) = desk.say(OPENED, (&args.by.by, &behalf), &says)?;
    output::print(&format!(
        "Dispute {at}: {} of {}, settled on {settled_on}; its money is held back until it is resolved\n",
        says.component, says.partner
    ))
}

fn resolve(args: &DisputeResolveArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let says = Resolved {
        dispute: args.dispute,
        outcome: match args.outcome {
            OutcomeArg::Upheld => Outcome::Upheld,
            OutcomeArg::Rejected => Outcome::Rejected,
            OutcomeArg::Withdrawn => Outcome::Withdrawn,
        },
        because: args.because.clone(),
    };
    let behalf = organisation(&args.behalf)?;
    desk.say(RESOLVED, (&args.by.by, &behalf), &says)?;
    output::print(&format!(
        "Dispute {} was {}; its money is held back no longer\n",
        args.dispute,
        says.outcome.word()
    ))
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let is_asked = |one: &&Dispute| {
        let asked = args.partner.as_deref();
        asked.is_none_or(|asked| asked == one.says.partner.as_str())
    };
    let cells = |one: &Dispute| {
        let (state, answer) = match &one.resolved {
            None => ("open", ""),
            Some((said, _)) => (said.outcome.word(), said.because.as_str()),
        };
        vec![
            one.at.to_string(),
            one.on.clone(),
            one.behalf.to_string(),
            one.by.clone(),
            one.says.partner.to_string(),
            one.says.component.clone(),
            one.settled_on.to_string(),
            one.says.because.clone(),
            state.to_owned(),
            answer.to_owned(),
        ]
    };
    let heads = [
        "dispute",
        "opened",
        "for",
        "by",
        "partner",
        "component",
        "settled_on",
        "because",
        "state",
        "answer",
    ];
    let all = desk.on_record.disputes.all().iter();
    let rows = all.filter(is_asked).map(cells).collect();
    output::list(
        args.format,
        (&heads, heads.len()),
        rows,
        "Nothing is disputed",
    )
}
