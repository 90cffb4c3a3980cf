//! The statements of the books: closing batches, and reading what was posted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sqlx::any::{Any, AnyRow};
use sqlx::{AssertSqlSafe, Row, Transaction};
use trueup_base::date::{Date, parse_date};
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::{Account, Batch, BatchKind, Booked, BookedKey, Key, Posting, cells_of};

use crate::database::{Database, Dialect};
use crate::fault::StoreFault;
use crate::journal::{damaged, signed, unsigned};

/// How many postings one statement writes to SQLite.
const ROWS_AT_A_TIME: usize = 100;

/// How many postings are read, and written to PostgreSQL, as one text.
const LINES_AT_A_TIME: usize = 5_000;

/// A batch as it is stored, without its postings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRow {
    /// Its number.
    pub number: u64,
    /// What it is, as a word.
    pub kind: String,
    /// The hash of the run it follows.
    pub run: String,
    /// How many postings it has.
    pub postings: u64,
    /// The SHA-256 of its text, in hex.
    pub sha256: String,
}

/// What an account comes to for a partner in a currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The account, as a word.
    pub account: String,
    /// The partner.
    pub partner: String,
    /// The currency's code.
    pub currency: String,
    /// In minor units; debits are above zero.
    pub amount: i64,
}

impl Database {
    /// What each account comes to for each key, payments and exceptions with it.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn balances_by_key(&self) -> Result<Booked, StoreFault> {
        let mut reading = self.reading().await?;
        booked_of_everyone(&mut reading, Date::MAX, Counting::Everything).await
    }

    /// How many batches there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn batch_count(&self) -> Result<u64, StoreFault> {
        let mut reading = self.reading().await?;
        batches(&mut reading).await
    }

    /// What was posted so far for each key by what follows from runs.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn booked(&self) -> Result<Booked, StoreFault> {
        self.booked_until(Date::MAX).await
    }

    /// What was posted for each key so far as it falls on a day or before; what was taken over from another system was closed there.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn booked_until(&self, day: Date) -> Result<Booked, StoreFault> {
        let mut reading = self.reading().await?;
        booked_of_everyone(&mut reading, day, Counting::Runs).await
    }

    /// The same by partner, as it was posted one by one.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn booked_by_partner(
        &self,
        day: Date,
    ) -> Result<BTreeMap<PartnerId, Vec<BookedKey>>, StoreFault> {
        let mut reading = self.reading().await?;
        let mut all: BTreeMap<PartnerId, Vec<BookedKey>> = BTreeMap::new();
        let mut latest: Vec<BookedKey> = Vec::new();
        let mut keep = |some: Vec<BookedKey>| {
            if let Some(first) = some.first() {
                all.entry(first.key.partner.clone())
                    .or_default()
                    .extend(some);
            }
        };
        let mut texts = Texts::of(day, Counting::Runs, &mut reading).await?;
        while let Some((batch, text)) = texts.next(&mut reading).await? {
            // A batch is in the order of keys, for the most part: what is one key's stands together.
            let mut before = "";
            for line in text.lines() {
                let wrong = || damaged(format!("batch {batch} has the posting `{line}`"));
                let (account, place, amount) = cells_of(line).ok_or_else(wrong)?;
                let is_same = place == before;
                before = place;
                if let Some(last) = latest.last_mut().filter(|_| is_same) {
                    last.sides.push((account, amount));
                    continue;
                }
                let key = Key::of_cells(place).ok_or_else(wrong)?;
                if latest
                    .last()
                    .is_some_and(|last| last.key.partner != key.partner)
                {
                    keep(std::mem::take(&mut latest));
                }
                latest.push(BookedKey {
                    key,
                    sides: vec![(account, amount)],
                });
            }
        }
        keep(latest);
        Ok(all)
    }

    /// Whether anything was accrued that falls behind a day. Closings post nothing behind the day that they close.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_accrued_after(&self, day: Date) -> Result<bool, StoreFault> {
        let mut reading = self.reading().await?;
        let found = sqlx::query(
            "select 1 from postings join batches on batches.number = postings.batch \
             where batches.kind = $1 and falls_on > $2 limit 1",
        )
        .bind(BatchKind::Accrual.word().to_owned())
        .bind(day.to_string())
        .fetch_optional(&mut *reading)
        .await
        .map_err(StoreFault::sql("reading what is booked"))?;
        Ok(found.is_some())
    }

    /// What was posted for one partner's keys so far as it falls on a day or before.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn booked_of(&self, partner: &PartnerId, day: Date) -> Result<Booked, StoreFault> {
        let mut reading = self.reading().await?;
        booked_of(&mut reading, day, partner).await
    }

    /// What was taken over from another system.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no posting.
    pub async fn taken_over(&self) -> Result<BTreeSet<Key>, StoreFault> {
        let mut reading = self.reading().await?;
        let doing = || StoreFault::sql("reading what was taken over");
        let rows = sqlx::query(
            "select distinct account, partner, plan, component, settled_on, settled_on, currency, cast(0 as bigint) \
             from postings join batches on batches.number = postings.batch where batches.kind = $1",
        )
        .bind(BatchKind::Opening.word().to_owned())
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let key = |row: &AnyRow| posting(row, 0).map(|posting| posting.key);
        rows.iter().map(key).collect()
    }

    /// The days up to which periods were closed, in order.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no day.
    pub async fn closings(&self) -> Result<Vec<Date>, StoreFault> {
        closings(&mut self.reading().await?).await
    }

    /// The last day that is closed; none where nothing is.
    ///
    /// # Errors
    /// When the database fails, or what is stored is no day.
    pub async fn closed_on(&self) -> Result<Option<Date>, StoreFault> {
        let mut reading = self.reading().await?;
        closed_on(&mut reading).await
    }

    /// What each account comes to, by partner and currency.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn balances(&self) -> Result<Vec<Balance>, StoreFault> {
        let mut reading = self.reading().await?;
        let doing = || StoreFault::sql("adding up accounts");
        let rows = sqlx::query(
            "select account, partner, currency, cast(sum(amount) as bigint) from postings \
             group by account, partner, currency having sum(amount) <> 0 order by account, partner, currency",
        )
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let balance = |row: &AnyRow| {
            Ok(Balance {
                account: row.try_get(0)?,
                partner: row.try_get(1)?,
                currency: row.try_get(2)?,
                amount: row.try_get(3)?,
            })
        };
        rows.iter()
            .map(balance)
            .collect::<Result<_, _>>()
            .map_err(doing())
    }

    /// Every batch, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn batches(&self) -> Result<Vec<BatchRow>, StoreFault> {
        rows(&mut self.reading().await?).await
    }

    /// The postings under a batch's number, in their order, whether or not there is such a batch.
    ///
    /// # Errors
    /// When the database fails, or a row is no posting.
    pub async fn postings(&self, batch: u64) -> Result<Vec<Posting>, StoreFault> {
        postings(&mut self.reading().await?, batch).await
    }
}

/// Every batch, in order.
pub(crate) async fn rows(within: &mut Transaction<'_, Any>) -> Result<Vec<BatchRow>, StoreFault> {
    let doing = || StoreFault::sql("reading batches");
    let rows =
        sqlx::query("select number, kind, run, postings, sha256 from batches order by number")
            .fetch_all(&mut **within)
            .await
            .map_err(doing())?;
    let batch = |row: &AnyRow| {
        Ok(BatchRow {
            number: unsigned(row.try_get(0)?),
            kind: row.try_get(1)?,
            run: row.try_get(2)?,
            postings: unsigned(row.try_get(3)?),
            sha256: row.try_get(4)?,
        })
    };
    rows.iter()
        .map(batch)
        .collect::<Result<_, _>>()
        .map_err(doing())
}

/// The days up to which periods were closed, in order.
pub(crate) async fn closings(within: &mut Transaction<'_, Any>) -> Result<Vec<Date>, StoreFault> {
    let doing = || StoreFault::sql("reading closings");
    let rows = sqlx::query("select closed_on from closings order by closed_on")
        .fetch_all(&mut **within)
        .await
        .map_err(doing())?;
    let day = |row: &AnyRow| {
        let text: String = row.try_get(0).map_err(doing())?;
        parse_date(&text).map_err(|_| damaged(format!("a closing has the day `{text}`")))
    };
    rows.iter().map(day).collect()
}

/// The postings under a batch's number, in their order, whether or not there is such a batch.
pub(crate) async fn postings(
    within: &mut Transaction<'_, Any>,
    batch: u64,
) -> Result<Vec<Posting>, StoreFault> {
    let rows = sqlx::query(
        "select account, partner, plan, component, settled_on, falls_on, currency, amount, line from postings \
         where batch = $1 order by line",
    )
    .bind(signed(batch))
    .fetch_all(&mut **within)
    .await
    .map_err(StoreFault::sql("reading postings"))?;
    let mut postings = Vec::with_capacity(rows.len());
    for (should, row) in (0u64..).zip(&rows) {
        let line: i64 = row
            .try_get(8)
            .map_err(StoreFault::sql("reading postings"))?;
        if unsigned(line) != should {
            return Err(damaged(format!(
                "posting {should} of batch {batch} is gone"
            )));
        }
        postings.push(posting(row, batch)?);
    }
    Ok(postings)
}

/// Which batches count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// Those that follow from runs, or stand for what runs of another system said.
    Runs,
    /// Those of payments and exceptions too.
    Everything,
}

async fn booked_of(
    within: &mut Transaction<'_, Any>,
    day: Date,
    partner: &PartnerId,
) -> Result<Booked, StoreFault> {
    let doing = || StoreFault::sql("reading what is booked");
    let rows = sqlx::query(
        "select account, partner, plan, component, settled_on, settled_on, currency, cast(sum(amount) as bigint) \
         from postings join batches on batches.number = postings.batch \
         where batches.kind in ($1, $4, $5) and (falls_on <= $2 or batches.kind = $5) and partner = $3 \
         group by account, partner, plan, component, settled_on, currency having sum(amount) <> 0",
    )
    .bind(BatchKind::Accrual.word().to_owned())
    .bind(day.to_string())
    .bind(partner.as_str().to_owned())
    .bind(BatchKind::Closing.word().to_owned())
    .bind(BatchKind::Opening.word().to_owned())
    .fetch_all(&mut **within)
    .await
    .map_err(doing())?;
    let mut booked = Booked::new();
    for row in &rows {
        let posting = posting(row, 0)?;
        booked.insert((posting.account, posting.key), posting.amount);
    }
    Ok(booked)
}

/// Years of everyone's postings are read as texts of many lines: a row for each would take most of the time.
struct Texts {
    batches: std::vec::IntoIter<BatchRow>,
    day: Date,
    /// The batch that is being read, the day until which of it is, and its next line.
    at: Option<(BatchRow, Date, u64)>,
}

impl Texts {
    async fn of(
        day: Date,
        counting: Counting,
        within: &mut Transaction<'_, Any>,
    ) -> Result<Self, StoreFault> {
        let of_runs = [BatchKind::Accrual, BatchKind::Closing, BatchKind::Opening];
        let counts = |row: &BatchRow| {
            counting == Counting::Everything || of_runs.iter().any(|kind| kind.word() == row.kind)
        };
        let mut batches = rows(within).await?;
        batches.retain(counts);
        Ok(Self {
            batches: batches.into_iter(),
            day,
            at: None,
        })
    }

    /// The next text, and the number of the batch it is of.
    async fn next(
        &mut self,
        within: &mut Transaction<'_, Any>,
    ) -> Result<Option<(u64, String)>, StoreFault> {
        let doing = || StoreFault::sql("reading what is booked");
        let at = self.at.take().filter(|(row, _, from)| *from < row.postings);
        let next = at.or_else(|| {
            let row = self.batches.next()?;
            let day = match row.kind == BatchKind::Opening.word() {
                true => Date::MAX,
                false => self.day,
            };
            Some((row, day, 0))
        });
        let Some((row, day, from)) = next else {
            return Ok(None);
        };
        let number = row.number;
        let until = from + LINES_AT_A_TIME as u64;
        let found = sqlx::query(
            "select coalesce(string_agg(account || '\t' || partner || '\t' || plan || '\t' || component || '\t' || \
             settled_on || '\t' || currency || '\t' || cast(amount as text), '\n'), '') \
             from postings where batch = $1 and line >= $2 and line < $3 and falls_on <= $4",
        )
        .bind(signed(number))
        .bind(signed(from))
        .bind(signed(until))
        .bind(day.to_string())
        .fetch_one(&mut **within)
        .await
        .map_err(doing())?;
        self.at = Some((row, day, until));
        Ok(Some((number, found.try_get(0).map_err(doing())?)))
    }
}

async fn booked_of_everyone(
    within: &mut Transaction<'_, Any>,
    day: Date,
    counting: Counting,
) -> Result<Booked, StoreFault> {
    let mut sums: BTreeMap<(Account, Key), i64> = BTreeMap::new();
    let mut texts = Texts::of(day, counting, within).await?;
    while let Some((batch, text)) = texts.next(within).await? {
        for line in text.lines() {
            let wrong = || damaged(format!("batch {batch} has the posting `{line}`"));
            let (account, place, amount) = cells_of(line).ok_or_else(wrong)?;
            let key = Key::of_cells(place).ok_or_else(wrong)?;
            let sum = sums.entry((account, key)).or_default();
            *sum = sum
                .checked_add(amount)
                .ok_or_else(|| damaged("the books hold more than they can".to_owned()))?;
        }
    }
    sums.retain(|_, sum| *sum != 0);
    Ok(sums)
}

/// How many batches there are.
pub(crate) async fn batches(within: &mut Transaction<'_, Any>) -> Result<u64, StoreFault> {
    let doing = || StoreFault::sql("counting batches");
    let row = sqlx::query("select coalesce(max(number), 0) from batches")
        .fetch_one(&mut **within)
        .await
        .map_err(doing())?;
    row.try_get(0).map(unsigned).map_err(doing())
}

/// The last day that is closed.
pub(crate) async fn closed_on(
    within: &mut Transaction<'_, Any>,
) -> Result<Option<Date>, StoreFault> {
    let doing = || StoreFault::sql("reading what is closed");
    let row = sqlx::query("select max(closed_on) from closings")
        .fetch_one(&mut **within)
        .await
        .map_err(doing())?;
    let text: Option<String> = row.try_get(0).map_err(doing())?;
    text.map(|text| {
        parse_date(&text).map_err(|_| damaged(format!("a closing has the day `{text}`")))
    })
    .transpose()
}

/// Closes everything that falls on a day or before.
pub(crate) async fn close(within: &mut Transaction<'_, Any>, day: Date) -> Result<(), StoreFault> {
    sqlx::query("insert into closings (closed_on) values ($1)")
        .bind(day.to_string())
        .execute(&mut **within)
        .await
        .map_err(StoreFault::sql("closing a period"))?;
    Ok(())
}

/// Writes a batch: its postings first, then the row that closes it.
pub(crate) async fn insert(
    within: &mut Transaction<'_, Any>,
    dialect: Dialect,
    batch: &Batch,
    sha256: &str,
) -> Result<(), StoreFault> {
    match dialect {
        Dialect::Sqlite => insert_rows(within, batch).await?,
        Dialect::Postgres => insert_texts(within, batch).await?,
    }
    sqlx::query(
        "insert into batches (number, kind, run, postings, sha256) values ($1, $2, $3, $4, $5)",
    )
    .bind(signed(batch.number))
    .bind(batch.kind.word().to_owned())
    .bind(batch.run.clone())
    .bind(signed(batch.postings().len() as u64))
    .bind(sha256.to_owned())
    .execute(&mut **within)
    .await
    .map_err(StoreFault::sql("closing a batch"))?;
    Ok(())
}

/// SQLite takes many rows in a statement, as long as the places of their values have no names: it would look for a name among all
/// of a statement's each time one is filled.
async fn insert_rows(within: &mut Transaction<'_, Any>, batch: &Batch) -> Result<(), StoreFault> {
    let lines: Vec<(i64, &Posting)> = (0i64..).zip(batch.postings()).collect();
    let sql = |rows: usize| -> Arc<str> {
        let places = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"; rows].join(", ");
        format!(
            "insert into postings (batch, line, account, partner, plan, component, settled_on, falls_on, currency, amount) values {places}"
        )
        .into()
    };
    let whole = sql(ROWS_AT_A_TIME);
    for some in lines.chunks(ROWS_AT_A_TIME) {
        let sql = match some.len() == ROWS_AT_A_TIME {
            true => Arc::clone(&whole),
            false => sql(some.len()),
        };
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (line, posting) in some {
            let key = &posting.key;
            query = query
                .bind(signed(batch.number))
                .bind(*line)
                .bind(posting.account.word())
                .bind(key.partner.as_str())
                .bind(key.plan.as_str())
                .bind(key.component.as_str())
                .bind(key.settled_on.to_string())
                .bind(posting.falls_on.to_string())
                .bind(key.currency.code())
                .bind(posting.amount);
        }
        query
            .execute(&mut **within)
            .await
            .map_err(StoreFault::sql("writing postings"))?;
    }
    Ok(())
}

/// PostgreSQL takes thousands of lines as one text, and an answer for each statement would take most of the time.
async fn insert_texts(within: &mut Transaction<'_, Any>, batch: &Batch) -> Result<(), StoreFault> {
    let doing = || StoreFault::sql("writing postings");
    let mut from = 0;
    for some in batch.postings().chunks(LINES_AT_A_TIME) {
        let mut lines = Vec::with_capacity(some.len());
        for posting in some {
            lines.push(as_cells(posting)?);
        }
        sqlx::query(
            "insert into postings (batch, line, account, partner, plan, component, settled_on, falls_on, currency, amount) \
             select $1, $2 + at - 1, split_part(cells, chr(9), 1), split_part(cells, chr(9), 2), split_part(cells, chr(9), 3), \
             split_part(cells, chr(9), 4), split_part(cells, chr(9), 5), split_part(cells, chr(9), 6), split_part(cells, chr(9), 7), \
             cast(split_part(cells, chr(9), 8) as bigint) \
             from unnest(string_to_array($3, chr(10))) with ordinality as lines (cells, at)",
        )
        .bind(signed(batch.number))
        .bind(from)
        .bind(lines.join("\n"))
        .execute(&mut **within)
        .await
        .map_err(doing())?;
        from += signed(some.len() as u64);
    }
    Ok(())
}

/// A posting as its cells, set apart by tabs.
fn as_cells(posting: &Posting) -> Result<String, StoreFault> {
    let key = &posting.key;
    let cells = [
        posting.account.word(),
        key.partner.as_str(),
        &key.plan,
        &key.component,
        &key.settled_on.to_string(),
        &posting.falls_on.to_string(),
        key.currency.code(),
        &posting.amount.to_string(),
    ];
    match cells.iter().any(|cell| cell.contains(['\t', '\n'])) {
        true => Err(damaged(format!(
            "a posting for {} holds a tab or the end of a line",
            key.partner
        ))),
        false => Ok(cells.join("\t")),
    }
}

pub(crate) fn posting(row: &AnyRow, batch: u64) -> Result<Posting, StoreFault> {
    let text = |at: usize| -> Result<String, StoreFault> {
        row.try_get(at).map_err(StoreFault::sql("reading postings"))
    };
    let wrong = |what: &str, found: &str| {
        damaged(format!(
            "a posting of batch {batch} has the {what} `{found}`"
        ))
    };
    let (account, partner, currency) = (text(0)?, text(1)?, text(6)?);
    let day = |at: usize| {
        let text = text(at)?;
        parse_date(&text).map_err(|_| wrong("day", &text))
    };
    Ok(Posting {
        account: Account::of_word(&account).ok_or_else(|| wrong("account", &account))?,
        key: Key {
            partner: PartnerId::new(partner.as_str()).map_err(|_| wrong("partner", &partner))?,
            plan: text(2)?,
            component: text(3)?,
            settled_on: day(4)?,
            currency: Currency::parse(&currency).map_err(|_| wrong("currency", &currency))?,
        },
        falls_on: day(5)?,
        amount: row
            .try_get(7)
            .map_err(StoreFault::sql("reading postings"))?,
    })
}

/// Sums of all postings that do not come to zero, by currency: of books that are whole there are none.
pub(crate) async fn unbalanced(
    within: &mut Transaction<'_, Any>,
) -> Result<BTreeMap<String, i64>, StoreFault> {
    let doing = || StoreFault::sql("adding up the books");
    let rows = sqlx::query(
        "select currency, cast(sum(amount) as bigint) from postings group by currency having sum(amount) <> 0",
    )
    .fetch_all(&mut **within)
    .await
    .map_err(doing())?;
    let pair = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter()
        .map(pair)
        .collect::<Result<_, _>>()
        .map_err(doing())
}

impl Database {
    /// What the books do not come to zero by, in each currency; nothing where they balance.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_balance(&self) -> Result<BTreeMap<String, i64>, StoreFault> {
        let mut reading = self.reading().await?;
        unbalanced(&mut reading).await
    }
}

/// A batch from its row and its postings, as far as it can be one.
#[must_use]
pub fn batch_of(row: &BatchRow, postings: Vec<Posting>) -> Option<Batch> {
    let kind = BatchKind::ALL
        .into_iter()
        .find(|kind| kind.word() == row.kind)?;
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for posting in &postings {
        *sums.entry(posting.key.currency.code()).or_default() += i128::from(posting.amount);
    }
    let is_whole = sums.values().all(|sum| *sum == 0) && postings.len() as u64 == row.postings;
    is_whole.then(|| Batch::new(row.number, kind, row.run.clone(), postings))
}
