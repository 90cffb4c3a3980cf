//! The statements about messages: what webhooks and people are to be told, and what became of telling it.
//!
//! How far a receiver was told of the acts moves on in one transaction with noting what it is to be told, so nothing is told of
//! twice and nothing is left out.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::any::{Any, AnyRow};
use sqlx::{Row, Transaction};

use crate::database::Database;
use crate::fault::StoreFault;
use crate::journal::{signed, size, unsigned};

/// Who is told of acts, each with a place of its own up to which it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader<'a> {
    /// A webhook.
    Webhook(&'a str),
    /// People, by e-mail.
    Mail,
}

/// Something that somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The webhook or the person.
    pub receiver: String,
    /// What happened: an act by its number, or what the caller calls it.
    pub event: String,
    /// The kind of event.
    pub kind: String,
    /// When it happened.
    pub at: String,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageState {
    /// It is tried, or tried again.
    Waiting,
    /// The receiver has it.
    Arrived,
    /// It was tried often enough.
    Dead,
}

impl MessageState {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Arrived => "arrived",
            Self::Dead => "dead",
        }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The webhook or the person.
    pub receiver: String,
    /// What happened.
    pub event: String,
    /// The kind of event.
    pub kind: String,
    /// When it happened.
    pub at: String,
    /// Where it stands.
    pub state: MessageState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: i64,
    /// What came of the last try.
    pub said: String,
}

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried<'a> {
    /// Where the message stands now.
    pub state: MessageState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: i64,
    /// What came of it.
    pub said: &'a str,
}

const MESSAGE: &str = "select receiver, event, kind, at, state, tries, next_at, said from messages";
/// The latest first; of one instant the later act.
const LATEST: &str = "order by at desc, length(event) desc, event desc, receiver limit";

impl Database {
    /// From which act on people are told by e-mail. Where that was not said yet it is from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mail_from(&self) -> Result<u64, StoreFault> {
        let doing = || StoreFault::sql("reading how far people were told");
        // It is asked every second: whoever writes is not kept waiting for what is known.
        let known = sqlx::query("select next_act from mail")
            .fetch_optional(self.pool())
            .await
            .map_err(doing())?;
        if let Some(row) = known {
            return row.try_get(0).map(unsigned).map_err(doing());
        }
        let mut writing = self.begin().await?;
        let next_act = size(&mut writing).await?;
        sqlx::query("insert into mail (one, next_act) values (1, $1) on conflict do nothing")
            .bind(signed(next_act))
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        let row = sqlx::query("select next_act from mail")
            .fetch_one(&mut *writing)
            .await
            .map_err(doing())?;
        writing.commit().await.map_err(doing())?;
        let next_act: i64 = row.try_get(0).map_err(doing())?;
        Ok(unsigned(next_act))
    }

    /// Tells nobody by e-mail any longer: whoever sets it up again is told from then on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_mail(&self) -> Result<(), StoreFault> {
        sqlx::query("delete from mail")
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("ending mail"))?;
        Ok(())
    }

    /// Notes what is to be told of acts, and up to which act that is. Noting the same twice changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_messages(
        &self,
        reader: Reader<'_>,
        (next_act, now): (u64, i64),
        new: &[NewMessage],
    ) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("noting what is to be told");
        let mut writing = self.begin().await?;
        let moving = match reader {
            Reader::Webhook(id) => {
                sqlx::query("update webhooks set next_act = $1 where next_act < $1 and id = $2")
                    .bind(signed(next_act))
                    .bind(id.to_owned())
            }
            Reader::Mail => sqlx::query("update mail set next_act = $1 where next_act < $1")
                .bind(signed(next_act)),
        };
        let moved = moving.execute(&mut *writing).await.map_err(doing())?;
        // It is gone, or somebody else noted these.
        if moved.rows_affected() == 0 {
            return Ok(());
        }
        for one in new {
            insert(&mut writing, one, now).await?;
        }
        writing.commit().await.map_err(doing())
    }

    /// Sources that are late and were noted so, each with the day that it missed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn late_feeds(&self) -> Result<BTreeMap<String, String>, StoreFault> {
        let doing = || StoreFault::sql("reading which feeds are late");
        let rows = sqlx::query("select source, due from late_feeds")
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        let pairs = rows
            .iter()
            .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
        let pairs: Result<_, sqlx::Error> = pairs.collect();
        pairs.map_err(doing())
    }

    /// Notes which sources are late instead of those that were, and what is to be told of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_late_feeds(
        &self,
        late: &BTreeMap<String, String>,
        new: &[NewMessage],
        now: i64,
    ) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("noting which feeds are late");
        let mut writing = self.begin().await?;
        sqlx::query("delete from late_feeds")
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        for (source, due) in late {
            sqlx::query("insert into late_feeds (source, due) values ($1, $2)")
                .bind(source.clone())
                .bind(due.clone())
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
        }
        for one in new {
            insert(&mut writing, one, now).await?;
        }
        writing.commit().await.map_err(doing())
    }

    /// Messages that are due, the longest due first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_messages(&self, now: i64, most: u32) -> Result<Vec<Message>, StoreFault> {
        let doing = || StoreFault::sql("reading messages that are due");
        let sql = sqlx::AssertSqlSafe(format!(
            "{MESSAGE} where state = 'waiting' and next_at <= $1 order by next_at, receiver, event limit $2"
        ));
        let rows = sqlx::query(sql)
            .bind(now)
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        read(&rows).map_err(doing())
    }

    /// Messages to a webhook or a person, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_to(&self, receiver: &str, most: u32) -> Result<Vec<Message>, StoreFault> {
        let doing = || StoreFault::sql("reading messages");
        let sql = sqlx::AssertSqlSafe(format!("{MESSAGE} where receiver = $1 {LATEST} $2"));
        let rows = sqlx::query(sql)
            .bind(receiver.to_owned())
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        read(&rows).map_err(doing())
    }

    /// Messages to people, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn messages_to_people(&self, most: u32) -> Result<Vec<Message>, StoreFault> {
        let doing = || StoreFault::sql("reading messages to people");
        let sql = sqlx::AssertSqlSafe(format!(
            "{MESSAGE} where receiver in (select id from people) {LATEST} $1"
        ));
        let rows = sqlx::query(sql)
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        read(&rows).map_err(doing())
    }

    /// Notes what came of trying to tell something; false where there is no such message.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tried_message(
        &self,
        (receiver, event): (&str, &str),
        tried: &Tried<'_>,
    ) -> Result<bool, StoreFault> {
        let noted = sqlx::query(
            "update messages set state = $3, tries = $4, next_at = $5, said = $6 where receiver = $1 and event = $2",
        )
        .bind(receiver.to_owned())
        .bind(event.to_owned())
        .bind(tried.state.word().to_owned())
        .bind(i64::from(tried.tries))
        .bind(tried.next_at)
        .bind(tried.said.to_owned())
        .execute(self.pool())
        .await
        .map_err(StoreFault::sql("noting what came of a message"))?;
        Ok(noted.rows_affected() > 0)
    }

    /// The kinds of events that people do not want to be told by e-mail, by person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn declined(&self) -> Result<BTreeMap<String, BTreeSet<String>>, StoreFault> {
        let doing = || StoreFault::sql("reading what people decline");
        let rows = sqlx::query("select person, kind from declined")
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in &rows {
            let person = row.try_get(0).map_err(doing())?;
            let kind = row.try_get(1).map_err(doing())?;
            all.entry(person).or_default().insert(kind);
        }
        Ok(all)
    }

    /// Replaces what somebody does not want to be told by e-mail.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decline(&self, person: &str, kinds: &[&str]) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("noting what somebody declines");
        let mut writing = self.begin().await?;
        sqlx::query("delete from declined where person = $1")
            .bind(person.to_owned())
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        for kind in kinds {
            sqlx::query("insert into declined (person, kind) values ($1, $2)")
                .bind(person.to_owned())
                .bind((*kind).to_owned())
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
        }
        writing.commit().await.map_err(doing())
    }
}

async fn insert(
    writing: &mut Transaction<'_, Any>,
    new: &NewMessage,
    now: i64,
) -> Result<(), StoreFault> {
    sqlx::query(
        "insert into messages (receiver, event, kind, at, state, tries, next_at, said) \
         values ($1, $2, $3, $4, 'waiting', 0, $5, '') on conflict do nothing",
    )
    .bind(new.receiver.clone())
    .bind(new.event.clone())
    .bind(new.kind.clone())
    .bind(new.at.clone())
    .bind(now)
    .execute(&mut **writing)
    .await
    .map_err(StoreFault::sql("noting a message"))?;
    Ok(())
}

fn read(rows: &[AnyRow]) -> Result<Vec<Message>, sqlx::Error> {
    rows.iter().map(message).collect()
}

fn message(row: &AnyRow) -> Result<Message, sqlx::Error> {
    let state: String = row.try_get(4)?;
    let tries: i64 = row.try_get(5)?;
    Ok(Message {
        receiver: row.try_get(0)?,
        event: row.try_get(1)?,
        kind: row.try_get(2)?,
        at: row.try_get(3)?,
        state: match state.as_str() {
            "arrived" => MessageState::Arrived,
            "dead" => MessageState::Dead,
            _ => MessageState::Waiting,
        },
        tries: u32::try_from(tries).unwrap_or(u32::MAX),
        next_at: row.try_get(6)?,
        said: row.try_get(7)?,
    })
}
