//! The statements about webhooks: who outside is told what happened.

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
        let doing = || StoreFault::sql("removing a webhook");
        let mut writing = self.begin().await?;
        let mut removed = 0;
        for sql in [
            "delete from messages where receiver = $1",
            "delete from webhooks where id = $1",
        ] {
            let done = sqlx::query(sql)
                .bind(id.to_owned())
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
            removed = done.rows_affected();
        }
        writing.commit().await.map_err(doing())?;
        Ok(removed > 0)
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
             (select count(*) from messages m where m.receiver = w.id and m.state = 'waiting'), \
             (select count(*) from messages m where m.receiver = w.id and m.state = 'dead') \
             from webhooks w order by made_at, id",
        )
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let all: Result<Vec<_>, sqlx::Error> = rows.iter().map(counted).collect();
        all.map_err(doing())
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
