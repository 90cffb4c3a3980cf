//! `trueup payout`: from what is payable to what was paid.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, BatchKind, Posting, reported};
use trueup_journal::Organisation;
use trueup_program::payout::{
    APPROVED, Approved, ORDERED, Ordered, PREPARED, Payout, Prepared, REPORTED, Reported, Word,
};
use trueup_program::period::in_words;
use trueup_store::Step;

use crate::args::{
    PayoutApproveArgs, PayoutCommand, PayoutOrderArgs, PayoutPrepareArgs, PayoutReportArgs,
    PayoutShowArgs, PayoutStatusArgs, WordArg,
};
use crate::commands::books::in_currency;
use crate::commands::dispute::partner_of;
use crate::commands::period::totals_of;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::output;
use crate::paying::Gathered;
use crate::progress::Progress;

pub mod file;

/// How many amounts that wait are named.
const WAITING_SHOWN: usize = 20;

/// Prepares, approves, orders, writes, reports or lists.
pub fn run(command: &PayoutCommand, progress: &Progress) -> Result<(), Failure> {
    match command {
        PayoutCommand::Prepare(args) => prepare(args, progress),
        PayoutCommand::Approve(args) => approve(args),
        PayoutCommand::Order(args) => order(args, progress),
        PayoutCommand::File(args) => file::write(args),
        PayoutCommand::Report(args) => report(args),
        PayoutCommand::Status(args) => status(args),
        PayoutCommand::Show(args) => show(args),
    }
}

fn prepare(args: &PayoutPrepareArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program.program;
    let on =
        parse_date(&args.on).map_err(|error| Failure::Use(format!("--on {}: {error}", args.on)))?;
    let desk = Desk::open(program)?;
    let (gathered, waiting) = prepared(&desk, program, on, &args.by.by, progress)?;
    let mut text = String::new();
    match &waiting {
        None => text.push_str("Nothing is to be paid\n"),
        Some(waiting) => {
            let _ = writeln!(
                text,
                "Payout {} on {on}: {} in {}",
                waiting.says.payout,
                in_words(&waiting.says.totals),
                payments_in(waiting)
            );
            text.push_str(&next_of(waiting));
        }
    }
    if !gathered.waits.is_empty() {
        text.push_str("Not in it:\n");
        for says in gathered.waits.iter().take(WAITING_SHOWN) {
            let _ = writeln!(text, "  {says}");
        }
        if gathered.waits.len() > WAITING_SHOWN {
            let _ = writeln!(text, "  and {} more", gathered.waits.len() - WAITING_SHOWN);
        }
    }
    output::print(&text)
}

/// Prepares what may be paid on a day; the payout that waits then, and none where there is nothing to pay.
pub fn prepared(
    desk: &Desk,
    program: &Path,
    on: Date,
    by: &str,
    progress: &Progress,
) -> Result<(Gathered, Option<Payout>), Failure> {
    let number = desk.on_record.payouts.next();
    let gathered = Gathered::of(desk, program, (number, on), progress)?;
    if gathered.payments.is_empty() {
        return Ok((gathered, None));
    }
    let says = Prepared {
        payout: number,
        on: on.to_string(),
        payments: gathered.payments.len() as u64,
        new_accounts: gathered.new_accounts as u64,
        totals: gathered.totals(),
        consents: gathered.consents.clone(),
        sha256: gathered.digest().to_string(),
    };
    let (_, after) = desk.say(PREPARED, (by, &Organisation::Vendor), &says)?;
    Ok((gathered, after.payouts.waiting))
}

fn payments_in(payout: &Payout) -> String {
    let count = usize::try_from(payout.says.payments).unwrap_or(usize::MAX);
    output::counted(count, "payment")
}

/// What a payout that waits needs next.
fn next_of(waiting: &Payout) -> String {
    let mut text = String::new();
    for check in &waiting.checks {
        let _ = writeln!(text, "Look twice: {check}");
    }
    for consent in waiting.missing() {
        let _ = writeln!(
            text,
            "Asks for the consent of {}: {}",
            consent.of, consent.because
        );
    }
    let (found, needs) = (waiting.approved_by.len(), waiting.needs());
    let is_asked = waiting.missing().next().is_some();
    let says = match (found < needs, is_asked) {
        (_, true) => format!(
            "It has {found} of {needs} approvals; next: trueup payout approve --as OFFICE --total …, by somebody of that office\n"
        ),
        (true, false) => format!(
            "It has {found} of {needs} approvals; next: trueup payout approve --total …, by somebody else\n"
        ),
        (false, false) => "It has its approvals; next: trueup payout order\n".to_owned(),
    };
    text.push_str(&says);
    text
}

fn waiting(desk: &Desk) -> Result<&Payout, Failure> {
    desk.on_record.payouts.waiting.as_ref().ok_or_else(|| {
        Failure::Found("no payout waits; `trueup payout prepare --on DAY` prepares one".to_owned())
    })
}

fn approve(args: &PayoutApproveArgs) -> Result<(), Failure> {
    let PayoutApproveArgs {
        approve: args,
        office,
    } = args;
    let desk = Desk::open(&args.program.program)?;
    let after = approved(
        &desk,
        (totals_of(&args.totals)?, office.clone()),
        &args.by.by,
    )?;
    let mut text = String::new();
    if let Some(waiting) = &after {
        let _ = writeln!(
            text,
            "Approved payout {}: {}",
            waiting.says.payout,
            in_words(&waiting.says.totals)
        );
        text.push_str(&next_of(waiting));
    }
    output::print(&text)
}

/// Approves the payout that waits, by its totals; as it waits then.
pub fn approved(
    desk: &Desk,
    (totals, office): (BTreeMap<String, String>, Option<String>),
    by: &str,
) -> Result<Option<Payout>, Failure> {
    let waits = waiting(desk)?;
    let says = Approved {
        prepared: waits.at,
        sha256: waits.says.sha256.clone(),
        totals,
        office,
    };
    let (_, after) = desk.say(APPROVED, (by, &Organisation::Vendor), &says)?;
    Ok(after.payouts.waiting)
}

/// The first day on which something can fall that happens on a day.
fn open_on(desk: &Desk, day: Date) -> Date {
    let open_from = desk.on_record.periods.open_from();
    open_from.map_or(day, |open| open.max(day))
}

fn order(args: &PayoutOrderArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let batch = ordered_now(&desk, program, &args.by.by, progress)?;
    let waits = waiting(&desk)?;
    let number = waits.says.payout;
    output::print(&format!(
        "Ordered payout {number}: {} in {}, batch {batch}; next: trueup payout file {number} …\n",
        in_words(&waits.says.totals),
        payments_in(waits)
    ))
}

/// Orders the payout that waits, if it is still what may be paid; the batch that posts it.
pub fn ordered_now(
    desk: &Desk,
    program: &Path,
    by: &str,
    progress: &Progress,
) -> Result<u64, Failure> {
    let waits = waiting(desk)?;
    let number = waits.says.payout;
    let gathered = Gathered::of(desk, program, (number, waits.on), progress)?;
    if gathered.digest().to_string() != waits.says.sha256 {
        return Err(Failure::Found(format!(
            "what is payable is no longer what was prepared for payout {number}: books, disputes or profiles changed since; prepare it again"
        )));
    }
    let postings = gathered.ordered(open_on(desk, waits.on));
    let sha256 = &waits.says.sha256;
    let (mut step, batch) = desk.posting(BatchKind::Payment, sha256, postings, by)?;
    let says = Ordered {
        prepared: waits.at,
        sha256: sha256.clone(),
        batch,
    };
    desk.then(&mut step, ORDERED, (by, &Organisation::Vendor), &says)?;
    desk.write(step)?;
    Ok(batch)
}

/// A payment of an ordered payout.
pub struct Paid {
    /// To whom.
    pub partner: PartnerId,
    /// In which currency.
    pub currency: Currency,
    /// How much, in minor units.
    pub amount: i128,
    postings: Vec<Posting>,
}

/// A payout that was ordered, and the batch that posted it.
pub fn ordered(desk: &Desk, number: u64) -> Result<(&Payout, u64), Failure> {
    let payouts = desk.on_record.payouts.ordered.iter();
    let found = payouts.filter_map(|one| Some((one, one.ordered.as_ref()?.2)));
    let mut found = found.filter(|(one, _)| one.says.payout == number);
    found.next().ok_or_else(|| {
        Failure::Use(format!(
            "there is no payout {number} that was ordered; `trueup payout status` lists them"
        ))
    })
}

/// The payments of an ordered payout, by partner and currency, from what ordering it posted.
pub fn payments_of(desk: &Desk, batch: u64) -> Result<Vec<Paid>, Failure> {
    let postings = desk.record.wait("reading postings", async |database| {
        database.postings(batch).await
    })?;
    let mut found: BTreeMap<(PartnerId, Currency), Paid> = BTreeMap::new();
    for posting in postings {
        let (partner, currency) = (posting.key.partner.clone(), posting.key.currency);
        let paid = found
            .entry((partner.clone(), currency))
            .or_insert_with(|| Paid {
                partner,
                currency,
                amount: 0,
                postings: Vec::new(),
            });
        if posting.account == Account::Ordered {
            paid.amount -= i128::from(posting.amount);
        }
        paid.postings.push(posting);
    }
    Ok(found.into_values().collect())
}

/// What was said of a payment; none before anything was.
pub fn word_of(payout: &Payout, paid: &Paid) -> Option<Word> {
    let place = (paid.partner.clone(), paid.currency.code().to_owned());
    payout.words.get(&place).copied()
}

fn report(args: &PayoutReportArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let word = match args.word {
        WordArg::Paid => Word::Paid,
        WordArg::Returned => Word::Returned,
        WordArg::Unknown => Word::Unknown,
    };
    let asked = args.partner.as_deref().map(partner_of).transpose()?;
    let told = (args.payout, asked, word, args.because.as_str());
    let count = reported_as(&desk, told, &args.by.by)?;
    output::print(&format!(
        "{} of payout {}: {}\n",
        output::counted(count, "payment"),
        args.payout,
        match word {
            Word::Paid => "paid",
            Word::Returned => "returned, and payable again",
            Word::Unknown => "not known; not ordered again until it is",
        }
    ))
}

/// Says what became of a partner's payments of a payout, or of all that nothing was said of yet; of how many.
pub fn reported_as(
    desk: &Desk,
    (number, asked, word, because): (u64, Option<PartnerId>, Word, &str),
    by: &str,
) -> Result<usize, Failure> {
    let (payout, batch) = ordered(desk, number)?;
    let all = payments_of(desk, batch)?;
    let meant: Vec<&Paid> = all
        .iter()
        .filter(|paid| match &asked {
            Some(partner) => paid.partner == *partner,
            None => word_of(payout, paid).is_none(),
        })
        .collect();
    if meant.is_empty() {
        return Err(Failure::Use(match &asked {
            Some(partner) => format!("payout {number} has no payment to {partner}"),
            None => format!("something was said of every payment of payout {number}"),
        }));
    }
    let falls_on = Some(open_on(desk, payout.on));
    let mut postings = Vec::new();
    for paid in &meant {
        let was_paid = word_of(payout, paid) == Some(Word::Paid);
        match word {
            Word::Paid => postings.extend(reported(&paid.postings, was_paid, true, falls_on)),
            Word::Returned => postings.extend(reported(&paid.postings, was_paid, false, falls_on)),
            Word::Unknown => {}
        }
    }
    let mut step = match postings.is_empty() {
        true => Step::default(),
        false => {
            let (kind, sha256) = (BatchKind::Payment, &payout.says.sha256);
            desk.posting(kind, sha256, postings, by)?.0
        }
    };
    for paid in &meant {
        let says = Reported {
            payout: number,
            partner: paid.partner.clone(),
            currency: paid.currency.code().to_owned(),
            word,
            because: because.to_owned(),
        };
        desk.then(&mut step, REPORTED, (by, &Organisation::Vendor), &says)?;
    }
    desk.write(step)?;
    Ok(meant.len())
}

fn status(args: &PayoutStatusArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let payouts = &desk.on_record.payouts;
    let mut text = String::new();
    for payout in &payouts.ordered {
        let count = |word| payout.words.values().filter(|one| **one == word).count() as u64;
        let (paid, returned, unknown) = (
            count(Word::Paid),
            count(Word::Returned),
            count(Word::Unknown),
        );
        let open = payout
            .says
            .payments
            .saturating_sub(paid + returned + unknown);
        let _ = writeln!(
            text,
            "Payout {} on {}: {} in {}; {paid} paid, {returned} returned, {unknown} not known, {open} not reported",
            payout.says.payout,
            payout.on,
            in_words(&payout.says.totals),
            payments_in(payout),
        );
    }
    match &payouts.waiting {
        Some(waiting) => {
            let _ = writeln!(
                text,
                "Payout {} on {}, prepared by {}: {} in {}",
                waiting.says.payout,
                waiting.on,
                waiting.by,
                in_words(&waiting.says.totals),
                payments_in(waiting)
            );
            text.push_str(&next_of(waiting));
        }
        None => text.push_str("No payout waits; next: trueup payout prepare --on DAY\n"),
    }
    output::print(&text)
}

fn show(args: &PayoutShowArgs) -> Result<(), Failure> {
    let desk = Desk::open(&args.program.program)?;
    let (payout, batch) = ordered(&desk, args.payout)?;
    let heads = ["partner", "route", "currency", "amount", "state"];
    let rows: Vec<Vec<String>> = payments_of(&desk, batch)?
        .iter()
        .map(|paid| {
            let profile = payout.profiles.get(&paid.partner);
            let code = paid.currency.code();
            vec![
                paid.partner.to_string(),
                profile.map_or("", |one| one.says.route.word()).to_owned(),
                code.to_owned(),
                in_currency(paid.amount, code),
                word_of(payout, paid)
                    .map_or("ordered", Word::word)
                    .to_owned(),
            ]
        })
        .collect();
    output::list(args.format, (&heads, 3), rows, "Nothing was ordered")
}
