//! `trueup announce`: what partners are told in plain words, and who of them has read it.

use std::path::Path;

use trueup_journal::Organisation;
use trueup_program::announcement::{
    ACKNOWLEDGED, Acknowledged, Announcement, MADE, Made, WITHDRAWN, Withdrawn,
};

use crate::args::{
    AnnounceAcknowledgeArgs, AnnounceCommand, AnnounceListArgs, AnnounceMakeArgs,
    AnnounceWithdrawArgs, ToArgs,
};
use crate::commands::journal::organisation;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::{folder, output};

/// Makes, lists, acknowledges or withdraws.
pub fn run(command: &AnnounceCommand) -> Result<(), Failure> {
    match command {
        AnnounceCommand::Make(args) => make(args),
        AnnounceCommand::List(args) => list(args),
        AnnounceCommand::Acknowledge(args) => acknowledge(args),
        AnnounceCommand::Withdraw(args) => withdraw(args),
    }
}

/// Whom an announcement is to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody, also those who join later.
    Everybody,
    /// Some partners.
    Partners(Vec<String>),
    /// Partners of which a column of the directory says this.
    Column(String, String),
    /// Partners under a plan.
    Plan(String),
}

/// What an announcement says, with the partners that it is to.
pub fn made(folder: &Folder, (title, text): (&str, &str), to: To) -> Result<Made, Failure> {
    let everyone = || folder.matched.iter();
    let id = |one: &crate::agreements::Matched| one.listed.id.to_string();
    let (to, partners) = match to {
        To::Everybody => ("everybody".to_owned(), None),
        To::Partners(asked) => {
            for partner in &asked {
                if !everyone().any(|one| one.listed.id.as_str() == partner) {
                    return Err(Failure::Use(format!("no partner {partner} takes part")));
                }
            }
            (asked.join(", "), Some(asked))
        }
        To::Column(column, value) => {
            let is = |one: &&crate::agreements::Matched| {
                one.listed.columns.get(column.as_str()) == Some(&value)
            };
            let partners: Vec<String> = everyone().filter(is).map(id).collect();
            if partners.is_empty() {
                return Err(Failure::Use(format!(
                    "the directory says {column} {value} of no partner that takes part"
                )));
            }
            (format!("{column} {value}"), Some(partners))
        }
        To::Plan(plan) => {
            let is_under = |one: &&crate::agreements::Matched| {
                let last = one.versions().last();
                let agreement = last.and_then(|at| folder.agreements.get(at));
                agreement.is_some_and(|agreement| *agreement.plan.text == *plan)
            };
            let partners: Vec<String> = everyone().filter(is_under).map(id).collect();
            if partners.is_empty() {
                return Err(Failure::Use(format!("no partner is under the plan {plan}")));
            }
            (format!("plan {plan}"), Some(partners))
        }
    };
    let partners = partners.map(|mut partners| {
        partners.sort();
        partners.dedup();
        partners
    });
    Ok(Made {
        title: title.trim().to_owned(),
        text: text.trim().to_owned(),
        to,
        partners,
    })
}

/// Puts an announcement on the journal; its number.
pub fn announce(program: &Path, says: &Made, by: &str) -> Result<u64, Failure> {
    let desk = Desk::open(program)?;
    let (at, _) = desk.say(MADE, (by, &Organisation::Vendor), says)?;
    Ok(at)
}

/// Says in a partner's name that somebody has read an announcement.
pub fn read(
    desk: &Desk,
    (announcement, behalf): (u64, &Organisation),
    by: &str,
) -> Result<(), Failure> {
    let Organisation::Partner(partner) = behalf else {
        return Err(Failure::Use(
            "partners say that they have read an announcement; say --for partner/ID".to_owned(),
        ));
    };
    let says = Acknowledged {
        announcement,
        partner: partner.clone(),
    };
    desk.say(ACKNOWLEDGED, (by, behalf), &says).map(drop)
}

/// Takes an announcement back.
pub fn take_back(
    program: &Path,
    (announcement, because): (u64, &str),
    by: &str,
) -> Result<(), Failure> {
    let says = Withdrawn {
        announcement,
        because: because.trim().to_owned(),
    };
    let desk = Desk::open(program)?;
    desk.say(WITHDRAWN, (by, &Organisation::Vendor), &says)
        .map(drop)
}

fn asked(to: &ToArgs) -> Result<To, Failure> {
    Ok(match (&to.is, &to.plan) {
        (Some(is), _) => {
            let (column, value) = is.split_once('=').ok_or_else(|| {
                Failure::Use(format!("--where {is}: say COLUMN=VALUE, such as tier=gold"))
            })?;
            To::Column(column.to_owned(), value.to_owned())
        }
        (None, Some(plan)) => To::Plan(plan.clone()),
        (None, None) if to.partners.is_empty() => To::Everybody,
        (None, None) => To::Partners(to.partners.clone()),
    })
}

fn make(args: &AnnounceMakeArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let folder = folder::open(program)?;
    let says = made(&folder, (&args.title, &args.text), asked(&args.to)?)?;
    let at = announce(program, &says, &args.by.by)?;
    let count = says.partners.as_ref();
    let count = count.map_or(folder.matched.len(), Vec::len);
    output::print(&format!(
        "Announcement {at}, to {}: {}\n",
        says.to,
        output::counted(count, "partner")
    ))
}

fn acknowledge(args: &AnnounceAcknowledgeArgs) -> Result<(), Failure> {
    let behalf = organisation(&args.behalf)?;
    let desk = Desk::open(&args.program.program)?;
    read(&desk, (args.announcement, &behalf), &args.by.by)?;
    output::print(&format!(
        "Announcement {} was read by {} for {behalf}\n",
        args.announcement, args.by.by
    ))
}

fn withdraw(args: &AnnounceWithdrawArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    take_back(program, (args.announcement, &args.because), &args.by.by)?;
    output::print(&format!(
        "Announcement {} is taken back\n",
        args.announcement
    ))
}

fn list(args: &AnnounceListArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let folder = folder::open(&args.program.program)?;
    let cells = |one: &Announcement| {
        let to = folder.matched.iter().map(|one| one.listed.id.as_str());
        let to: Vec<&str> = to.filter(|partner| one.is_to(partner)).collect();
        let has_read = |partner: &&&str| {
            let mut readers = one.read_by.iter();
            readers.any(|reader| reader.partner.as_str() == **partner)
        };
        let read = to.iter().filter(has_read).count();
        vec![
            one.at.to_string(),
            one.on.clone(),
            one.by.clone(),
            one.says.to.clone(),
            one.says.title.clone(),
            format!("{read} of {}", to.len()),
            one.withdrawn.clone().unwrap_or_default(),
        ]
    };
    let heads = [
        "announcement",
        "made",
        "by",
        "to",
        "title",
        "read",
        "taken_back",
    ];
    let rows = desk.on_record.announcements.all().iter().map(cells);
    output::list(
        args.format,
        (&heads, heads.len()),
        rows.collect(),
        "Nothing was announced",
    )
}
