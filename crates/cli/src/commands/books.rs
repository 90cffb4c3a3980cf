//! `trueup books`: what was posted, and posting.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_books::{Account, Batch, BatchKind, Key, Posting, converge};
use trueup_facts::digest::Digest;
use trueup_journal::Act;
use trueup_store::Balance;

use crate::args::{
    BooksBalancesArgs, BooksCommand, BooksLogArgs, BooksPostArgs, BooksShowArgs, Format,
};
use crate::desk::Desk;
use crate::earned::exact_at;
use crate::failure::Failure;
use crate::output;
use crate::posting::{Earned, not_signed};
use crate::record::Record;
use crate::runs;

mod ledger;

/// The kind of act that states a batch.
pub const POSTED: &str = "books.posted";

/// How many agreements that are not signed are named.
const UNSIGNED_SHOWN: usize = 20;

/// What [`POSTED`] says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posted {
    /// The batch.
    pub batch: u64,
    /// What it is.
    pub kind: String,
    /// The run it follows.
    pub run: String,
    /// How many postings it has.
    pub postings: u64,
    /// What it adds to the expense, by currency.
    pub expense: BTreeMap<String, String>,
    /// The SHA-256 of its text.
    pub sha256: Digest,
}

impl Posted {
    /// What is said of a batch.
    pub fn of(batch: &Batch, sha256: Digest) -> Self {
        let expense = batch.sums(|posting| posting.account == Account::Expense);
        Self {
            batch: batch.number,
            kind: batch.kind.word().to_owned(),
            run: batch.run.clone(),
            postings: batch.postings().len() as u64,
            expense: expense
                .into_iter()
                .map(|(currency, units)| (currency.to_owned(), in_currency(units, currency)))
                .collect(),
            sha256,
        }
    }
}

/// Posts, adds up, lists or shows.
pub fn run(command: &BooksCommand) -> Result<(), Failure> {
    match command {
        BooksCommand::Post(args) => post(args),
        BooksCommand::Balances(args) => balances(args),
        BooksCommand::Log(args) => log(args),
        BooksCommand::Show(args) => show(args),
        BooksCommand::Ledger(args) => ledger::write(args),
    }
}

fn post(args: &BooksPostArgs) -> Result<(), Failure> {
    let program = &args.program.program;
    let desk = Desk::open(program)?;
    let earned = Earned::of(runs::again(program, &args.run)?, &desk.record)?;
    let unsigned = not_signed(&earned.again.folder, &desk.on_record)?;
    let is_covered = |key: &Key| earned.accrues(key) && unsigned.allows(key);
    let booked = desk.record.wait("reading the books", async |database| {
        database.booked().await
    })?;
    let open_from = desk.on_record.periods.open_from();
    let postings = converge(&earned.target, &booked, open_from, &is_covered);
    let mut text = String::new();
    match postings.is_empty() {
        true => text.push_str("Nothing to post\n"),
        false if args.preview => {
            let _ = writeln!(text, "Would post:\n{}", by_currency(&postings));
        }
        false => {
            let (count, sums) = (postings.len(), by_currency(&postings));
            let run = earned.again.hash.to_string();
            let (step, batch) = desk.posting(BatchKind::Accrual, &run, postings, &args.by.by)?;
            desk.write(step)?;
            let _ = writeln!(
                text,
                "Batch {batch}: {} posted, following run {}\n{sums}",
                output::counted(count, "posting"),
                earned.again.hash.short(),
            );
        }
    }
    let left: Vec<&str> = unsigned.says(&earned).collect();
    if !left.is_empty() {
        text.push_str("Not posted, because not signed:\n");
        for says in left.iter().take(UNSIGNED_SHOWN) {
            let _ = writeln!(text, "  {says}");
        }
        if left.len() > UNSIGNED_SHOWN {
            let _ = writeln!(
                text,
                "  and {} more; `trueup agreement list` has them all",
                left.len() - UNSIGNED_SHOWN
            );
        }
    }
    if !earned.open.is_empty() {
        let _ = writeln!(
            text,
            "Not posted, because open: {}",
            output::counted(earned.open.len(), "line")
        );
    }
    output::print(&text)?;
    match left.is_empty() {
        true => Ok(()),
        false => Err(Failure::Findings),
    }
}

/// Minor units as an amount.
pub fn in_currency(units: i128, currency: &str) -> String {
    let places = Currency::parse(currency).map_or(2, Currency::places);
    exact_at(&Exact::from_scaled(units, places), places)
}

/// What postings come to on each account, by currency.
fn by_currency(postings: &[Posting]) -> String {
    let mut sums: BTreeMap<(Account, &str), (usize, i128)> = BTreeMap::new();
    for posting in postings {
        let (count, sum) = sums
            .entry((posting.account, posting.key.currency.code()))
            .or_default();
        *count += 1;
        *sum += i128::from(posting.amount);
    }
    let rows = sums.iter().map(|((account, currency), (count, sum))| {
        vec![
            account.to_string(),
            (*currency).to_owned(),
            count.to_string(),
            output::grouped(&in_currency(*sum, currency)),
        ]
    });
    output::table(&["account", "currency", "postings", "amount"], 2, rows)
}

fn balances(args: &BooksBalancesArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let mut all = record.wait("adding up accounts", async |database| {
        database.balances().await
    })?;
    if let Some(partner) = &args.partner {
        all.retain(|one| one.partner == *partner);
    }
    let cells = |one: &Balance| {
        vec![
            one.account.clone(),
            one.partner.clone(),
            one.currency.clone(),
            in_currency(i128::from(one.amount), &one.currency),
        ]
    };
    let heads = ["account", "partner", "currency", "amount"];
    match args.format {
        Format::Table if all.is_empty() => output::print("Nothing was posted yet\n"),
        Format::Table => {
            let mut rows: Vec<Vec<String>> = Vec::new();
            let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
            for one in &all {
                let mut row = cells(one);
                if let Some(amount) = row.last_mut() {
                    *amount = output::grouped(amount);
                }
                rows.push(row);
                *sums.entry((&one.account, &one.currency)).or_default() += i128::from(one.amount);
            }
            for ((account, currency), sum) in sums {
                rows.push(vec![
                    account.to_owned(),
                    "all".to_owned(),
                    currency.to_owned(),
                    output::grouped(&in_currency(sum, currency)),
                ]);
            }
            output::print(&format!("{}\n", output::table(&heads, 3, rows)))
        }
        Format::Csv => output::csv(&heads, all.iter().map(cells)),
        Format::Json => output::json(&Value::Array(
            all.iter()
                .map(|one| {
                    json!({
                        "account": one.account,
                        "partner": one.partner,
                        "currency": one.currency,
                        "amount": in_currency(i128::from(one.amount), &one.currency),
                    })
                })
                .collect(),
        )),
    }
}

fn log(args: &BooksLogArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let (acts, _) = record.acts_of(&[POSTED])?;
    let mut batches = Vec::new();
    for (at, act) in &acts {
        batches.push((*at, act, posted(*at, act)?));
    }
    let is_shown = args.format == Format::Table;
    let cells = |(at, act, posted): &(u64, &Act, Posted)| {
        let amount = |amount: &str| match is_shown {
            true => output::grouped(amount),
            false => amount.to_owned(),
        };
        let amounts: Vec<String> = posted
            .expense
            .iter()
            .map(|(currency, sum)| format!("{} {currency}", amount(sum)))
            .collect();
        vec![
            posted.batch.to_string(),
            act.at().to_string(),
            act.by().to_owned(),
            posted.kind.clone(),
            posted.run.chars().take(12).collect(),
            at.to_string(),
            posted.postings.to_string(),
            amounts.join(", "),
        ]
    };
    let heads = [
        "batch", "at", "by", "kind", "run", "act", "postings", "expense",
    ];
    match args.format {
        Format::Table if batches.is_empty() => output::print("Nothing was posted yet\n"),
        Format::Table => output::print(&format!(
            "{}\n",
            output::table(&heads, 6, batches.iter().map(cells))
        )),
        Format::Csv => output::csv(&heads, batches.iter().map(cells)),
        Format::Json => output::json(&Value::Array(
            batches
                .iter()
                .map(|(at, act, posted)| {
                    json!({
                        "batch": posted.batch,
                        "at": act.at().to_string(),
                        "by": act.by(),
                        "kind": posted.kind,
                        "run": posted.run,
                        "act": at,
                        "postings": posted.postings,
                        "expense": posted.expense,
                        "sha256": posted.sha256,
                    })
                })
                .collect(),
        )),
    }
}

fn show(args: &BooksShowArgs) -> Result<(), Failure> {
    let record = Record::opened(&args.program.program)?;
    let postings = record.wait("reading postings", async |database| {
        database.postings(args.batch).await
    })?;
    if postings.is_empty() {
        return Err(Failure::Use(format!(
            "there is no batch {}; `trueup books log` lists them",
            args.batch
        )));
    }
    let cells = |posting: &Posting| {
        let key = &posting.key;
        vec![
            posting.account.to_string(),
            key.partner.to_string(),
            key.plan.clone(),
            key.component.clone(),
            key.settled_on.to_string(),
            posting.falls_on.to_string(),
            key.currency.code().to_owned(),
            in_currency(i128::from(posting.amount), key.currency.code()),
        ]
    };
    let heads = [
        "account",
        "partner",
        "plan",
        "component",
        "settled_on",
        "falls_on",
        "currency",
        "amount",
    ];
    let rows = postings.iter().map(cells).collect();
    output::list(args.format, (&heads, 7), rows, "Nothing was posted")
}

/// Reads what an act that states a batch says.
pub fn posted(at: u64, act: &Act) -> Result<Posted, Failure> {
    serde_json::from_str(act.says())
        .map_err(|error| Failure::fault(format!("reading act {at}"), &error))
}
