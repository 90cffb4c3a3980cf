//! The journal for the ledger: what was posted, as lines that an ERP system takes in.
//!
//! A CSV as RFC 4180 has it (UTF-8, commas, CRLF), amounts as plain decimals at the places of their currency, debit and
//! credit in columns of their own, so that nothing is below zero. Accounts are the ledger's: each of ours must be mapped. What
//! does not come to zero by document, day and currency is refused here rather than by the ledger, and a text that a spreadsheet
//! would take for a formula is marked as a text. [`parse`] comes back to the same lines (LAW-42).
//!
//! ```
//! use trueup_base::{Currency, date::parse_date, id::PartnerId};
//! use trueup_exports::ledger_csv::{AccountMap, LedgerAccount, Line, mapped, parse, write};
//!
//! let account = |code: &str, name: &str| LedgerAccount { code: code.to_owned(), name: name.to_owned() };
//! let map = AccountMap::from([
//!     ("expense".to_owned(), account("6420", "Partner incentives")),
//!     ("accrued".to_owned(), account("2180", "Accrued incentives")),
//! ]);
//! let line = |account: &str, amount_minor| Line {
//!     on: parse_date("2026-03-31").unwrap(),
//!     account: account.to_owned(),
//!     amount_minor,
//!     currency: Currency::parse("EUR").unwrap(),
//!     partner: Some(PartnerId::new("P-100").unwrap()),
//!     text: "volume_bonus, 2026-Q1".to_owned(),
//!     reference: "batch 7".to_owned(),
//! };
//! let entries = mapped(&[line("expense", 1_250), line("accrued", -1_250)], &map)?;
//! let bytes = write(&entries)?;
//! assert_eq!(
//!     String::from_utf8_lossy(&bytes),
//!     "date,account,account_name,debit,credit,currency,partner,text,reference\r\n\
//!      2026-03-31,6420,Partner incentives,12.50,,EUR,P-100,\"volume_bonus, 2026-Q1\",batch 7\r\n\
//!      2026-03-31,2180,Accrued incentives,,12.50,EUR,P-100,\"volume_bonus, 2026-Q1\",batch 7\r\n"
//! );
//! assert_eq!(parse(&bytes)?, entries);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_base::{Currency, Date, Exact, Rounding};

use crate::guard::{guarded, unguarded};

/// The columns, in their order.
pub const COLUMNS: [&str; 9] = [
    "date",
    "account",
    "account_name",
    "debit",
    "credit",
    "currency",
    "partner",
    "text",
    "reference",
];

/// Which account of the ledger each of ours is.
pub type AccountMap = BTreeMap<String, LedgerAccount>;

/// An account of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerAccount {
    /// Its code, which is never empty.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A line as the books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The day it falls on.
    pub on: Date,
    /// Our account.
    pub account: String,
    /// In minor units of the currency; debits are above zero.
    pub amount_minor: i64,
    /// What the amount is in.
    pub currency: Currency,
    /// Whom it is about.
    pub partner: Option<PartnerId>,
    /// What it is for.
    pub text: String,
    /// The document it belongs to, such as a batch; it balances by itself.
    pub reference: String,
}

/// A line as the ledger takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The day it falls on.
    pub on: Date,
    /// The ledger's account.
    pub account: LedgerAccount,
    /// In minor units of the currency; debits are above zero.
    pub amount_minor: i64,
    /// What the amount is in.
    pub currency: Currency,
    /// Whom it is about.
    pub partner: Option<PartnerId>,
    /// What it is for.
    pub text: String,
    /// The document it belongs to.
    pub reference: String,
}

/// Why lines are no journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An account that the ledger does not know.
    #[error("account `{account}` has no account of the ledger; map it, and export again")]
    NotMapped {
        /// Ours.
        account: String,
    },
    /// Debits that are not the credits.
    #[error(
        "{reference} does not balance on {on}: its debits less its credits come to {rest} {currency}"
    )]
    Unbalanced {
        /// The document.
        reference: String,
        /// The day.
        on: Date,
        /// What is too much, in the currency.
        rest: String,
        /// The currency.
        currency: Currency,
    },
    /// Neither debit nor credit.
    #[error("a line of {reference} on {on} is of no amount; leave it out")]
    Nothing {
        /// The document.
        reference: String,
        /// The day.
        on: Date,
    },
    /// A document or an account without a name.
    #[error("a line on {on} has no {what}")]
    Unnamed {
        /// What is missing.
        what: &'static str,
        /// The day.
        on: Date,
    },
}

/// Why bytes are no journal of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A cell that would not be written so.
    #[error("line {line} of the journal: `{cell}` is no {column}; write {wanted}")]
    Cell {
        /// Which line, the heads being the first.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there.
        cell: String,
        /// What should.
        wanted: &'static str,
    },
    /// Bytes that would not be written so.
    #[error("byte {at} of the journal: {why}")]
    Form {
        /// Where.
        at: usize,
        /// What is wrong.
        why: String,
    },
    /// Lines that are no journal.
    #[error("the journal is not one that would be written")]
    Refused(#[source] Refusal),
}

/// The lines with the accounts of the ledger.
///
/// # Errors
/// When an account is not mapped.
pub fn mapped(lines: &[Line], map: &AccountMap) -> Result<Vec<Entry>, Refusal> {
    let mapped = lines.iter().map(|line| {
        let Some(account) = map.get(&line.account) else {
            return Err(Refusal::NotMapped {
                account: line.account.clone(),
            });
        };
        Ok(Entry {
            on: line.on,
            account: account.clone(),
            amount_minor: line.amount_minor,
            currency: line.currency,
            partner: line.partner.clone(),
            text: line.text.clone(),
            reference: line.reference.clone(),
        })
    });
    mapped.collect()
}

/// The bytes of a journal, its lines in the order given.
///
/// # Errors
/// When a document does not balance on a day in a currency, a line is of no amount, or a name is empty.
///
/// See the [module](self) for an example.
pub fn write(entries: &[Entry]) -> Result<Vec<u8>, Refusal> {
    check(entries)?;
    let builder = &mut csv::WriterBuilder::new();
    let mut writer = builder
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer
        .write_record(COLUMNS)
        .expect("writing into memory does not fail");
    for entry in entries {
        let amount = i128::from(entry.amount_minor);
        let places = entry.currency.places();
        let side = |amount: i128| match amount > 0 {
            true => Exact::from_scaled(amount, places).to_fixed(places, Rounding::HalfAway),
            false => String::new(),
        };
        let partner = entry.partner.as_ref().map(PartnerId::as_str);
        let cells = [
            entry.on.to_string(),
            guarded(&entry.account.code),
            guarded(&entry.account.name),
            side(amount),
            side(-amount),
            entry.currency.code().to_owned(),
            guarded(partner.unwrap_or_default()),
            guarded(&entry.text),
            guarded(&entry.reference),
        ];
        writer
            .write_record(cells)
            .expect("writing into memory does not fail");
    }
    Ok(writer
        .into_inner()
        .expect("writing into memory does not fail"))
}

fn check(entries: &[Entry]) -> Result<(), Refusal> {
    let mut rests: BTreeMap<(&str, Date, Currency), i128> = BTreeMap::new();
    for entry in entries {
        let (on, reference) = (entry.on, &entry.reference);
        for (what, name) in [("account", &entry.account.code), ("reference", reference)] {
            if name.is_empty() {
                return Err(Refusal::Unnamed { what, on });
            }
        }
        if entry.amount_minor == 0 {
            return Err(Refusal::Nothing {
                reference: reference.clone(),
                on,
            });
        }
        let rest = rests.entry((reference, on, entry.currency)).or_default();
        *rest += i128::from(entry.amount_minor);
    }
    match rests.into_iter().find(|(_, rest)| *rest != 0) {
        None => Ok(()),
        Some(((reference, on, currency), rest)) => Err(Refusal::Unbalanced {
            reference: reference.to_owned(),
            on,
            rest: Exact::from_scaled(rest, currency.places())
                .to_fixed(currency.places(), Rounding::HalfAway),
            currency,
        }),
    }
}

/// Reads a journal that [`write()`] wrote, and nothing else.
///
/// # Errors
/// When it would have been written otherwise.
///
/// See the [module](self) for an example.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, ParseError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let mut entries = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| ParseError::Form {
            at: error.position().map_or(0, |position| {
                usize::try_from(position.byte()).unwrap_or(usize::MAX)
            }),
            why: error.to_string(),
        })?;
        let cells: Vec<&str> = record.iter().collect();
        match at {
            0 if cells == COLUMNS => {}
            0 => {
                return Err(ParseError::Form {
                    at: 0,
                    why: format!("its columns are not {}", COLUMNS.join(", ")),
                });
            }
            at => entries.push(entry(at + 1, &cells)?),
        }
    }
    let again = write(&entries).map_err(ParseError::Refused)?;
    let differs = bytes.iter().zip(&again).position(|(read, own)| read != own);
    match differs {
        None if bytes.len() == again.len() => Ok(entries),
        differs => Err(ParseError::Form {
            at: differs.unwrap_or(bytes.len().min(again.len())),
            why: "it is not written as we write it".to_owned(),
        }),
    }
}

fn entry(line: usize, cells: &[&str]) -> Result<Entry, ParseError> {
    let [
        on,
        code,
        name,
        debit,
        credit,
        currency,
        partner,
        text,
        reference,
    ] = cells
    else {
        return Err(ParseError::Cell {
            line,
            column: "line",
            cell: cells.join(","),
            wanted: "as many cells as there are columns",
        });
    };
    let wrong = |column, cell: &str, wanted| ParseError::Cell {
        line,
        column,
        cell: cell.to_owned(),
        wanted,
    };
    let own = |column, cell: &str| {
        let text = unguarded(cell).map(str::to_owned);
        text.ok_or_else(|| wrong(column, cell, "a text with an apostrophe where it needs one"))
    };
    let read_currency = Currency::parse(currency);
    let currency = read_currency.map_err(|_| wrong("currency", currency, "a code of ISO 4217"))?;
    let units = |column, cell: &str| {
        let exact = Exact::parse(cell).ok();
        let units = exact.and_then(|exact| exact.to_scaled(currency.places()));
        units.ok_or_else(|| wrong(column, cell, "a decimal of the currency, such as 12.50"))
    };
    let amount = match (debit.is_empty(), credit.is_empty()) {
        (false, true) => units("debit", debit)?,
        (true, false) => -units("credit", credit)?,
        (_, _) => {
            return Err(wrong(
                "debit",
                debit,
                "an amount, in one of debit and credit",
            ));
        }
    };
    let partner = match own("partner", partner)? {
        empty if empty.is_empty() => None,
        id => {
            Some(PartnerId::new(id.as_str()).map_err(|_| wrong("partner", &id, "a partner's id"))?)
        }
    };
    Ok(Entry {
        on: parse_date(on).map_err(|_| wrong("date", on, "a day, such as 2026-03-31"))?,
        account: LedgerAccount {
            code: own("account", code)?,
            name: own("account_name", name)?,
        },
        amount_minor: i64::try_from(amount)
            .map_err(|_| wrong("debit", debit, "an amount that books hold"))?,
        currency,
        partner,
        text: own("text", text)?,
        reference: own("reference", reference)?,
    })
}
