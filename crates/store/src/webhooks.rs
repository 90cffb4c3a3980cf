//! The statements about webhooks: who is told what happened, and what became of telling it.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::database::Database;
use crate::fault::StoreFault;
use crate::journal::{signed, size, unsigned};

/// Somebody outside who is told what happened.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: String,
    /// Where it is told.
    pub address: String,
    /// The kinds of events that it is told.
    pub kinds: Vec<String>,
    /// With which messages are signed.
    pub secret: String,
    /// When it was added.
    pub made_at: i64,
    /// The act that is looked at next.
    pub next_act: u64,
}

/// A webhook with how many messages wait and how many are given up.
#[derive(Clone, PartialEq, Eq)]
pub struct CountedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// How many messages wait.
    pub waiting: u64,
    /// How many are given up.
    pub dead: u64,
}

/// An event that a webhook is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The act.
    pub act: u64,
    /// The kind of event.
    pub kind: String,
    /// When it happened.
    pub at: String,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried, or tried again.
    Waiting,
    /// The receiver has it.
    Arrived,
    /// It was tried often enough.
    Dead,
}

impl DeliveryState {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Arrived => "arrived",
            Self::Dead => "dead",
        }
    }
}

/// A message to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The webhook.
    pub webhook: String,
    /// The act.
    pub act: u64,
    /// The kind of event.
    pub kind: String,
    /// When it happened.
    pub at: String,
    /// Where it stands.
    pub state: DeliveryState,
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
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: i64,
    /// What came of it.
    pub said: &'a str,
}

const DELIVERY: &str = "select webhook, act, kind, at, state, tries, next_at, said from deliveries";

impl Database {
    /// Adds a webhook, which is told what happens from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_webhook(&self, webhook: &Webhook) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("adding a webhook");
        let mut writing = self.begin().await?;
        let next_act = size(&mut writing).await?;
        sqlx::query(
            "insert into webhooks (id, address, kinds, secret, made_at, next_act) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(webhook.id.clone())
        .bind(webhook.address.clone())
        .bind(webhook.kinds.join(" "))
        .bind(webhook.secret.clone())
        .bind(webhook.made_at)
        .bind(signed(next_act))
        .execute(&mut *writing)
        .await
        .map_err(doing())?;
        writing.commit().await.map_err(doing())
    }

    /// Removes a webhook with its messages; false where there is none of the id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_webhook(&self, id: &str) -> Result<bool, StoreFault> {
        let removed = sqlx::query("delete from webhooks where id = $1")
            .bind(id.to_owned())
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("removing a webhook"))?;
        Ok(removed.rows_affected() > 0)
    }

    /// Every webhook, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn webhooks(&self) -> Result<Vec<CountedWebhook>, StoreFault> {
        let doing = || StoreFault::sql("reading webhooks");
        let mut reading = self.reading().await?;
        let rows = sqlx::query(
            "select id, address, kinds, secret, made_at, next_act, \
             (select count(*) from deliveries d where d.webhook = w.id and d.state = 'waiting'), \
             (select count(*) from deliveries d where d.webhook = w.id and d.state = 'dead') \
             from webhooks w order by made_at, id",
        )
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let all: Result<Vec<_>, sqlx::Error> = rows.iter().map(counted).collect();
        all.map_err(doing())
    }

    /// Notes what a webhook is to be told, and up to which act that is. Noting the same twice changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_deliveries(
        &self,
        webhook: &str,
        (next_act, now): (u64, i64),
        new: &[NewDelivery],
    ) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("noting what a webhook is to be told");
        let mut writing = self.begin().await?;
        let moved =
            sqlx::query("update webhooks set next_act = $2 where id = $1 and next_act < $2")
                .bind(webhook.to_owned())
                .bind(signed(next_act))
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
        // It is gone, or somebody else noted these.
        if moved.rows_affected() == 0 {
            return Ok(());
        }
        for one in new {
            sqlx::query(
                "insert into deliveries (webhook, act, kind, at, state, tries, next_at, said) \
                 values ($1, $2, $3, $4, 'waiting', 0, $5, '') on conflict do nothing",
            )
            .bind(webhook.to_owned())
            .bind(signed(one.act))
            .bind(one.kind.clone())
            .bind(one.at.clone())
            .bind(now)
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        }
        writing.commit().await.map_err(doing())
    }

    /// Messages that are due, the longest due first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn due_deliveries(&self, now: i64, most: u32) -> Result<Vec<Delivery>, StoreFault> {
        let doing = || StoreFault::sql("reading messages that are due");
        let sql = sqlx::AssertSqlSafe(format!(
            "{DELIVERY} where state = 'waiting' and next_at <= $1 order by next_at, webhook, act limit $2"
        ));
        let rows = sqlx::query(sql)
            .bind(now)
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        let all: Result<Vec<_>, sqlx::Error> = rows.iter().map(delivery).collect();
        all.map_err(doing())
    }

    /// Messages to a webhook, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliveries_to(
        &self,
        webhook: &str,
        most: u32,
    ) -> Result<Vec<Delivery>, StoreFault> {
        let doing = || StoreFault::sql("reading messages to a webhook");
        let sql = sqlx::AssertSqlSafe(format!(
            "{DELIVERY} where webhook = $1 order by act desc limit $2"
        ));
        let rows = sqlx::query(sql)
            .bind(webhook.to_owned())
            .bind(i64::from(most))
            .fetch_all(self.pool())
            .await
            .map_err(doing())?;
        let all: Result<Vec<_>, sqlx::Error> = rows.iter().map(delivery).collect();
        all.map_err(doing())
    }

    /// Notes what came of trying to deliver a message; false where there is no such message.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tried_delivery(
        &self,
        (webhook, act): (&str, u64),
        tried: &Tried<'_>,
    ) -> Result<bool, StoreFault> {
        let noted = sqlx::query(
            "update deliveries set state = $3, tries = $4, next_at = $5, said = $6 where webhook = $1 and act = $2",
        )
        .bind(webhook.to_owned())
        .bind(signed(act))
        .bind(tried.state.word().to_owned())
        .bind(i64::from(tried.tries))
        .bind(tried.next_at)
        .bind(tried.said.to_owned())
        .execute(self.pool())
        .await
        .map_err(StoreFault::sql("noting what came of a message"))?;
        Ok(noted.rows_affected() > 0)
    }
}

fn counted(row: &AnyRow) -> Result<CountedWebhook, sqlx::Error> {
    let kinds: String = row.try_get(2)?;
    Ok(CountedWebhook {
        webhook: Webhook {
            id: row.try_get(0)?,
            address: row.try_get(1)?,
            kinds: kinds.split_whitespace().map(str::to_owned).collect(),
            secret: row.try_get(3)?,
            made_at: row.try_get(4)?,
            next_act: unsigned(row.try_get(5)?),
        },
        waiting: unsigned(row.try_get(6)?),
        dead: unsigned(row.try_get(7)?),
    })
}

fn delivery(row: &AnyRow) -> Result<Delivery, sqlx::Error> {
    let state: String = row.try_get(4)?;
    let tries: i64 = row.try_get(5)?;
    Ok(Delivery {
        webhook: row.try_get(0)?,
        act: unsigned(row.try_get(1)?),
        kind: row.try_get(2)?,
        at: row.try_get(3)?,
        state: match state.as_str() {
            "arrived" => DeliveryState::Arrived,
            "dead" => DeliveryState::Dead,
            _ => DeliveryState::Waiting,
        },
        tries: u32::try_from(tries).unwrap_or(u32::MAX),
        next_at: row.try_get(6)?,
        said: row.try_get(7)?,
    })
}
