//! `trueup dispute`: lines that one side does not accept.

use std::path::Path;
use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_books::Key;
use trueup_journal::Organisation;
use trueup_program::dispute::{Dispute, OPENED, Opened, Outcome, RESOLVED, Resolved};

use crate::args::{DisputeCommand, DisputeOpenArgs, DisputeResolveArgs, ListArgs, OutcomeArg};
use crate::commands::journal::organisation;
use crate::commands::period::day_of;
use crate::contested::{Contested, Standing};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::seals::OnRecord;
use crate::{folder, output, runs};

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

/// The line of a partner's component that was settled on a day, if something was posted for it.
pub fn line_of(
    desk: &Desk,
    partner: &PartnerId,
    (component, settled_on): (&str, Date),
) -> Result<Option<Key>, Failure> {
    let booked = desk.record.wait("reading the books", async |database| {
        database.booked_of(partner, Date::MAX).await
    })?;
    let mut keys = booked.into_keys().map(|(_, key)| key);
    Ok(keys.find(|key| key.component == component && key.settled_on == settled_on))
}

/// Opens a dispute on a line while it may be disputed; its number, and what the journal says then.
pub fn opened(
    desk: &Desk,
    program: &Path,
    who: (&str, &Organisation),
    (line, because): (&Key, &str),
) -> Result<(u64, OnRecord), Failure> {
    if let Some(closing) = desk.on_record.periods.closings.last() {
        let run = runs::reread(program, &closing.run)?;
        let contested = Contested::of(&desk.on_record, &run.folder);
        let standing = contested.standing(&line.partner, &line.plan, line.settled_on);
        // That it was accepted is for the journal's own rules to say.
        if matches!(standing, Standing::Silent(_))
            && let Some(why) = standing.why_not(line.settled_on)
        {
            return Err(Failure::Found(why));
        }
    }
    let says = Opened {
        partner: line.partner.clone(),
        plan: line.plan.clone(),
        component: line.component.clone(),
        settled_on: line.settled_on.to_string(),
        because: because.to_owned(),
    };
    desk.say(OPENED, who, &says)
}

fn open(args: &DisputeOpenArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let partner = partner_of(&args.partner)?;
    let settled_on = day_of(program, ("--settled-on", &args.settled_on))?;
    let Some(line) = line_of(&desk, &partner, (&args.component, settled_on))? else {
        return Err(Failure::Use(format!(
            "nothing was posted for {} of {partner} that was settled on {settled_on}; `trueup books balances` and `trueup statement --partner {partner}` say what was",
            args.component
        )));
    };
    let behalf = organisation(&args.behalf)?;
    let who = (args.by.by.as_str(), &behalf);
    let (at, _) = opened(&desk, program, who, (&line, &args.because))?;
    let folder = folder::open(program)?;
    let contested = Contested::of(&desk.on_record, &folder);
    let holds = contested.terms(&line.plan).is_none_or(|terms| terms.holds);
    output::print(&format!(
        "Dispute {at}: {} of {partner}, settled on {settled_on}; {}\n",
        line.component,
        match holds {
            true => "its money is held back until it is resolved",
            false => "by the plan its money is not held back meanwhile",
        }
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
        "Dispute {} was {}; it holds nothing back any longer\n",
        args.dispute,
        says.outcome.word()
    ))
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let folder = folder::open(&args.program.program)?;
    let contested = Contested::of(&desk.on_record, &folder);
    let is_asked = |one: &&Dispute| {
        let asked = args.partner.as_deref();
        asked.is_none_or(|asked| asked == one.says.partner.as_str())
    };
    let cells = |one: &Dispute| {
        let (state, answer) = match &one.resolved {
            None => ("open", ""),
            Some((said, _)) => (said.outcome.word(), said.because.as_str()),
        };
        let due = match one.resolved {
            None => contested.answered_by(&one.says.plan, &one.on),
            Some(_) => None,
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
            match due {
                Some(day) if contested.is_over(day) => "overdue".to_owned(),
                Some(_) | None => state.to_owned(),
            },
            due.map(|day| day.to_string()).unwrap_or_default(),
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
        "answer_by",
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
