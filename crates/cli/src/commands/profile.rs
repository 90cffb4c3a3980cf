//! `trueup profile`: where partners' money goes.

use trueup_journal::Organisation;
use trueup_program::payout::{CONFIRMED, Confirmed, Profile, Route, STATED, Stated};

use crate::args::{ListArgs, ProfileCommand, ProfileConfirmArgs, ProfileSetArgs, RouteArg};
use crate::commands::dispute::partner_of;
use crate::commands::journal::organisation;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output;
use crate::profiles::{Kept, account_of};

/// States, confirms or lists.
pub fn run(command: &ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Set(args) => set(args),
        ProfileCommand::Confirm(args) => confirm(args),
        ProfileCommand::List(args) => list(args),
    }
}

fn set(args: &ProfileSetArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let partner = partner_of(&args.partner)?;
    let behalf = organisation(&args.behalf)?;
    let route = match args.route {
        RouteArg::BankTransfer => Route::BankTransfer,
        RouteArg::CreditNote => Route::CreditNote,
        RouteArg::SelfBilling => Route::SelfBilling,
    };
    let kept = Kept::new(
        &partner,
        (&args.name, args.town.as_deref(), args.country.as_deref()),
        account_of(&args.account)?,
        route,
    )?;
    let says = Stated {
        partner,
        route,
        sha256: kept.keep(program)?.to_string(),
    };
    desk.say(STATED, (&args.by.by, &behalf), &says)?;
    output::print(&format!(
        "Profile of {}: {} {}; it counts once somebody else confirms it\n",
        says.partner,
        route.word(),
        kept.account_shown()
    ))
}

fn confirm(args: &ProfileConfirmArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let partner = partner_of(&args.partner)?;
    let profiles = desk.on_record.payouts.profiles.get(&partner);
    let Some(waits) = profiles.and_then(|one| one.waits.as_ref()) else {
        return Err(Failure::Found(format!(
            "no profile of {partner} waits to be confirmed; `trueup profile set` states one"
        )));
    };
    let says = Confirmed { profile: waits.at };
    desk.say(CONFIRMED, (&args.by.by, &Organisation::Vendor), &says)?;
    output::print(&format!(
        "The profile of {partner} that {} stated counts from now on\n",
        waits.by
    ))
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let mut rows = Vec::new();
    for (partner, profiles) in &desk.on_record.payouts.profiles {
        let asked = args.partner.as_deref();
        if asked.is_some_and(|asked| asked != partner.as_str()) {
            continue;
        }
        let both = [("counts", &profiles.counts), ("waits", &profiles.waits)];
        for (state, profile) in both {
            if let Some(profile) = profile {
                rows.push(row(program, state, profile)?);
            }
        }
    }
    let heads = [
        "partner", "state", "route", "name", "country", "account", "act", "by",
    ];
    output::list(
        args.format,
        (&heads, heads.len()),
        rows,
        "No profile was stated yet",
    )
}

fn row(program: &std::path::Path, state: &str, profile: &Profile) -> Result<Vec<String>, Failure> {
    let kept = Kept::of(program, profile)?;
    let (name, country, account) = match &kept {
        Some(kept) => (
            kept.name.clone(),
            kept.country.clone().unwrap_or_default(),
            kept.account_shown(),
        ),
        None => ("erased".to_owned(), String::new(), String::new()),
    };
    Ok(vec![
        profile.says.partner.to_string(),
        state.to_owned(),
        profile.says.route.word().to_owned(),
        name,
        country,
        account,
        profile.at.to_string(),
        profile.by.clone(),
    ])
}
