//! `trueup opening`: balances of the system before, so that a program moves in the middle of a year.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::parse_date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, BatchKind, Key, Opening, TAKEN_OVER, in_units, opened};
use trueup_facts::digest::Digest;
use trueup_facts::disk::{Disk, folder_of};
use trueup_facts::program::state_folder;
use trueup_journal::Organisation;
use trueup_program::opening::{APPROVED, Approved, PROPOSED, Proposed};
use trueup_program::period::in_words;

use crate::args::{OpeningApproveArgs, OpeningCommand, OpeningListArgs, OpeningProposeArgs};
use crate::commands::books::in_currency;
use crate::commands::period::totals_of;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output;
use crate::tables::take_rows;

/// The columns of the file.
const COLUMNS: [&str; 7] = [
    "partner",
    "plan",
    "component",
    "settled_on",
    "account",
    "amount",
    "currency",
];

/// Proposes, approves or lists.
pub fn run(command: &OpeningCommand) -> Result<(), Failure> {
    match command {
        OpeningCommand::Propose(args) => propose(args),
        OpeningCommand::Approve(args) => approve(args),
        OpeningCommand::List(args) => list(args),
    }
}

/// Where a list that an act names by its digest is kept.
fn place(program: &Path, sha256: &str) -> PathBuf {
    let folder = state_folder(program).join("openings");
    folder.join(format!("{sha256}.csv"))
}

fn propose(args: &OpeningProposeArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let bytes = fs::read(&args.file)
        .map_err(|error| Failure::fault(format!("reading {}", args.file.display()), &error))?;
    let openings = read(&args.file, &bytes)?;
    is_new(&desk, &openings)?;
    let partners: BTreeSet<&PartnerId> = openings.iter().map(|one| &one.key.partner).collect();
    let sha256 = Digest::of(&bytes).to_string();
    let says = Proposed {
        lines: openings.len() as u64,
        partners: partners.len() as u64,
        totals: totals(&openings),
        because: args.because.clone(),
        sha256,
    };
    let kept = place(program, &says.sha256);
    let disk = Disk::default();
    disk.create_folder(folder_of(&kept))
        .and_then(|()| disk.write_named(&kept, &bytes))
        .and_then(|()| disk.sync_folder(folder_of(&kept)))
        .map_err(|error| Failure::fault(format!("writing {}", kept.display()), &error))?;
    let (at, _) = desk.say(PROPOSED, (&args.by.by, &Organisation::Vendor), &says)?;
    output::print(&format!(
        "Opening {at}: {} in {} of {}; next: trueup opening approve {at} --total …, by somebody else\n",
        in_words(&says.totals),
        output::counted(openings.len(), "line"),
        output::counted(partners.len(), "partner")
    ))
}

fn approve(args: &OpeningApproveArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let Some(waiting) = desk.on_record.openings.waiting(args.opening) else {
        return Err(Failure::Found(format!(
            "no opening {} waits to be approved; `trueup opening list` has them",
            args.opening
        )));
    };
    let sha256 = &waiting.says.sha256;
    let path = place(program, sha256);
    let bytes = fs::read(&path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
    if Digest::of(&bytes).to_string() != *sha256 {
        return Err(Failure::Fault(format!(
            "{} was changed: it is not the list that act {} states; propose it again",
            path.display(),
            waiting.at
        )));
    }
    let openings = read(&path, &bytes)?;
    is_new(&desk, &openings)?;
    let (earned, paid) = opened(&openings, desk.on_record.periods.open_from());
    let count = earned.len() + paid.len();
    let (mut step, first) = desk.posting(BatchKind::Opening, sha256, earned, &args.by.by)?;
    let mut batches = vec![first];
    if !paid.is_empty() {
        batches.push(first + 1);
        desk.also_posting(
            &mut step,
            (BatchKind::Payment, first + 1),
            sha256,
            paid,
            &args.by.by,
        )?;
    }
    let says = Approved {
        opening: waiting.at,
        totals: totals_of(&args.totals)?,
        batches,
    };
    let who = (args.by.by.as_str(), &Organisation::Vendor);
    desk.then(&mut step, APPROVED, who, &says)?;
    desk.write(step)?;
    output::print(&format!(
        "Opening {}: {} taken over, {}\n",
        waiting.at,
        in_words(&says.totals),
        output::counted(count, "posting")
    ))
}

/// What lines come to as earned, by currency.
fn totals(openings: &[Opening]) -> BTreeMap<String, String> {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for posting in opened(openings, None).0 {
        if posting.account == Account::Expense {
            let sum = sums.entry(posting.key.currency.code()).or_default();
            *sum += i128::from(posting.amount);
        }
    }
    let sums = sums.into_iter();
    sums.map(|(currency, units)| (currency.to_owned(), in_currency(units, currency)))
        .collect()
}

/// Nothing may be in the books yet for what is taken over: it would be there twice.
fn is_new(desk: &Desk, openings: &[Opening]) -> Result<(), Failure> {
    let balances = desk.record.wait("reading the books", async |database| {
        database.balances_by_key().await
    })?;
    let booked: BTreeSet<&Key> = balances.keys().map(|(_, key)| key).collect();
    match openings.iter().find(|one| booked.contains(&one.key)) {
        None => Ok(()),
        Some(one) => Err(Failure::Found(format!(
            "{} of {}, settled on {}, is in the books already; balances are taken over before anything is posted for them",
            one.key.component, one.key.partner, one.key.settled_on
        ))),
    }
}

/// The lines of a list.
fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Opening>, Failure> {
    let mut seen = BTreeSet::new();
    let mut openings = Vec::new();
    take_rows(path, bytes, &COLUMNS, |row| {
        let opening = opening(row)?;
        if !seen.insert((opening.key.clone(), opening.account)) {
            return Err(
                "the same partner, settlement and account stood before; write one line of them"
                    .to_owned(),
            );
        }
        openings.push(opening);
        Ok(())
    })?;
    match openings.is_empty() {
        true => Err(Failure::Use(format!(
            "{}:1: it has no line",
            path.display()
        ))),
        false => Ok(openings),
    }
}

fn opening(row: &csv::StringRecord) -> Result<Opening, String> {
    let cell = |at: usize| row.get(at).unwrap_or_default();
    let (plan, component) = (cell(1), cell(2));
    if plan.is_empty() || component.is_empty() {
        return Err("it names no plan or no component".to_owned());
    }
    let account = Account::of_word(cell(4)).filter(|account| TAKEN_OVER.contains(account));
    let account = account.ok_or_else(|| {
        let words: Vec<&str> = TAKEN_OVER.iter().map(|one| one.word()).collect();
        format!(
            "nothing is taken over on `{}`; accounts are {}",
            cell(4).escape_debug(),
            words.join(", ")
        )
    })?;
    let key = Key {
        partner: PartnerId::new(cell(0)).map_err(|error| error.to_string())?,
        plan: plan.to_owned(),
        component: component.to_owned(),
        settled_on: parse_date(cell(3)).map_err(|error| error.to_string())?,
        currency: Currency::parse(cell(6)).map_err(|error| error.to_string())?,
    };
    let amount = Exact::parse(cell(5)).map_err(|error| error.to_string())?;
    let amount = in_units(&key, &amount).map_err(|refusal| refusal.to_string())?;
    match amount > 0 {
        true => Ok(Opening {
            key,
            account,
            amount,
        }),
        false => Err(
            "the amount has to be above zero; what a partner owes stands on recoverable or overpaid"
                .to_owned(),
        ),
    }
}

fn list(args: &OpeningListArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let rows = desk.on_record.openings.all().iter().map(|one| {
        vec![
            one.at.to_string(),
            one.says.lines.to_string(),
            one.says.partners.to_string(),
            in_words(&one.says.totals),
            one.says.because.clone(),
            one.by.clone(),
            one.approved_by.clone().unwrap_or_default(),
        ]
    });
    let heads = [
        "opening",
        "lines",
        "partners",
        "earned",
        "because",
        "by",
        "approved_by",
    ];
    output::list(
        args.format,
        (&heads, heads.len()),
        rows.collect(),
        "Nothing was taken over",
    )
}
