//! `trueup books ledger`: postings as lines of the ledger, by its own accounts.

use std::fs;
use std::path::Path;

use trueup_books::{Account, Posting};
use trueup_exports::ledger_csv::{self, AccountMap, LedgerAccount, Line, mapped};

use crate::args::BooksLedgerArgs;
use crate::failure::Failure;
use crate::kept_keys::write_secret;
use crate::output;
use crate::record::Record;
use crate::tables::take_rows;

/// The columns of the file that maps accounts.
const COLUMNS: [&str; 3] = ["account", "code", "name"];

/// Writes the postings of some batches.
pub fn write(args: &BooksLedgerArgs) -> Result<(), Failure> {
    let map = accounts_of(&args.accounts)?;
    let record = Record::opened(&args.program.program)?;
    let batches = record.wait("reading batches", async |database| database.batches().await)?;
    let until = args.until_batch.unwrap_or(u64::MAX);
    let asked = args.from_batch..=until;
    let mut lines = Vec::new();
    let (mut first, mut last) = (u64::MAX, 0);
    for batch in batches.iter().filter(|one| asked.contains(&one.number)) {
        let postings = record.wait("reading postings", async |database| {
            database.postings(batch.number).await
        })?;
        (first, last) = (first.min(batch.number), last.max(batch.number));
        lines.extend(postings.iter().map(|one| line(one, batch.number)));
    }
    if lines.is_empty() {
        return Err(Failure::Found(format!(
            "no batch from {} on was posted; `trueup books log` lists them",
            args.from_batch
        )));
    }
    let refused = |refusal: ledger_csv::Refusal| {
        Failure::Found(format!("{}: {refusal}", args.accounts.display()))
    };
    let entries = mapped(&lines, &map).map_err(refused)?;
    let bytes = ledger_csv::write(&entries).map_err(refused)?;
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::fault("writing lines of the ledger", &error))?;
    write_secret(&args.out, &text)?;
    output::print(&format!(
        "{}: {} of {}\n",
        args.out.display(),
        output::counted(entries.len(), "line"),
        match last {
            last if last == first => format!("batch {first}"),
            last => format!("batches {first} to {last}"),
        }
    ))
}

fn line(posting: &Posting, batch: u64) -> Line {
    let key = &posting.key;
    Line {
        on: posting.falls_on,
        account: posting.account.word().to_owned(),
        amount_minor: posting.amount,
        currency: key.currency,
        partner: Some(key.partner.clone()),
        text: format!("{}, settled on {}", key.component, key.settled_on),
        reference: format!("batch {batch}"),
    }
}

/// Which of the ledger's accounts each of ours is.
fn accounts_of(path: &Path) -> Result<AccountMap, Failure> {
    let bytes =
        fs::read(path).map_err(|error| Failure::Use(format!("{}: {error}", path.display())))?;
    let mut map = AccountMap::new();
    take_rows(path, &bytes, &COLUMNS, |row| {
        let cell = |at: usize| row.get(at).unwrap_or_default().to_owned();
        let (ours, code, name) = (cell(0), cell(1), cell(2));
        if Account::of_word(&ours).is_none() {
            let words: Vec<&str> = Account::ALL.iter().map(|one| one.word()).collect();
            return Err(format!(
                "there is no account `{ours}`; there are {}",
                words.join(", ")
            ));
        }
        if code.is_empty() {
            return Err(format!("{ours} needs the ledger's code"));
        }
        match map.insert(ours.clone(), LedgerAccount { code, name }) {
            None => Ok(()),
            Some(_) => Err(format!("{ours} was mapped before; map it once")),
        }
    })?;
    Ok(map)
}
