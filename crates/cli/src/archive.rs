//! What a backup is: a ZIP archive of a program's files, its journal and books as lines of JSON, and a list of both with digests.

use serde::{Deserialize, Serialize};
use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Key, Posting};
use trueup_facts::digest::Digest;
use trueup_store::{BatchRow, Copied};

/// The form of the archive, as its list states it.
pub const FORM: &str = "trueup backup 1";
/// The entry that lists the others; the last one.
pub const LIST: &str = "backup.json";
/// The entry with the journal and the books.
pub const JOURNAL: &str = "journal.jsonl";
/// The folder with the program's files.
pub const FILES: &str = "program/";

/// What an archive holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// [`FORM`].
    pub form: String,
    /// Which program.
    pub program: String,
    /// When it was made.
    pub made_at: String,
    /// Whether the program had a journal.
    pub has_journal: bool,
    /// Every entry but this one.
    pub entries: Vec<Entry>,
}

/// An entry of an archive.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Digest,
    /// Whether only its owner may read it.
    pub is_secret: bool,
}

/// A posting as a line has it: account, partner, plan, component, settled on, falls on, currency, minor units.
type PostingLine = (String, String, String, String, String, String, String, i64);

/// A line of the journal's entry.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Row {
    /// An act's signed text.
    Act(String),
    /// A checkpoint: over how many acts, and its signed text.
    Checkpoint(u64, String),
    /// A batch: number, kind, what it follows, digest, and postings.
    Batch(u64, String, String, String, Vec<PostingLine>),
    /// The last day of what was closed.
    Closing(String),
}

impl From<Copied> for Row {
    fn from(copied: Copied) -> Self {
        match copied {
            Copied::Act(note) => Self::Act(note),
            Copied::Checkpoint(size, note) => Self::Checkpoint(size, note),
            Copied::Closing(day) => Self::Closing(day.to_string()),
            Copied::Batch(row, postings) => Self::Batch(
                row.number,
                row.kind,
                row.run,
                row.sha256,
                postings.iter().map(line).collect(),
            ),
        }
    }
}

fn line(posting: &Posting) -> PostingLine {
    let key = &posting.key;
    (
        posting.account.word().to_owned(),
        key.partner.to_string(),
        key.plan.clone(),
        key.component.clone(),
        key.settled_on.to_string(),
        posting.falls_on.to_string(),
        key.currency.code().to_owned(),
        posting.amount,
    )
}

impl Row {
    /// What the line says, as a database takes it.
    ///
    /// # Errors
    /// What in it is nothing that was copied.
    pub fn copied(self) -> Result<Copied, String> {
        Ok(match self {
            Self::Act(note) => Copied::Act(note),
            Self::Checkpoint(size, note) => Copied::Checkpoint(size, note),
            Self::Closing(day) => {
                Copied::Closing(parse_date(&day).map_err(|_| format!("`{day}` is no day"))?)
            }
            Self::Batch(number, kind, run, sha256, lines) => {
                let postings: Vec<Posting> =
                    lines.into_iter().map(posting).collect::<Result<_, _>>()?;
                let row = BatchRow {
                    number,
                    kind,
                    run,
                    postings: postings.len() as u64,
                    sha256,
                };
                Copied::Batch(row, postings)
            }
        })
    }
}

fn posting(line: PostingLine) -> Result<Posting, String> {
    let (account, partner, plan, component, settled_on, falls_on, currency, amount) = line;
    let day = |text: &str| parse_date(text).map_err(|_| format!("`{text}` is no day"));
    Ok(Posting {
        account: Account::of_word(&account).ok_or_else(|| format!("`{account}` is no account"))?,
        key: Key {
            partner: PartnerId::new(partner.as_str()).map_err(|error| error.to_string())?,
            plan,
            component,
            settled_on: day(&settled_on)?,
            currency: Currency::parse(&currency).map_err(|error| error.to_string())?,
        },
        falls_on: day(&falls_on)?,
        amount,
    })
}
