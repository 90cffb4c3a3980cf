//! The statements about steps that were sent with a key, and what they were answered.

use sqlx::Row;
use sqlx::any::AnyRow;

use crate::database::Database;
use crate::fault::StoreFault;

/// A step that somebody sends with a key.
#[derive(Clone, Debug)]
pub struct KeyedStep<'a> {
    /// Who. Keys of others are never looked at.
    pub person: &'a str,
    /// The digest of the key.
    pub key: &'a str,
    /// The digest of the request.
    pub request: &'a str,
    /// Which start of a server takes it.
    pub server: &'a str,
    /// When.
    pub began_at: i64,
    /// What began before is forgotten.
    pub kept_since: i64,
}

/// What a step was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body.
    pub media: String,
    /// The body.
    pub body: String,
}

/// What is known of a step by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownStep {
    /// Nothing: it has begun now.
    New,
    /// The key was sent with another request.
    Other,
    /// It is being taken now.
    UnderWay,
    /// A server that is no more began it, and nobody noted how it ended.
    Unfinished,
    /// It was answered.
    Answered(KeptAnswer),
}

impl Database {
    /// Begins a step, unless something is known of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_step(&self, step: &KeyedStep<'_>) -> Result<KnownStep, StoreFault> {
        let doing = || StoreFault::sql("beginning a step that has a key");
        let mut writing = self.begin().await?;
        sqlx::query("delete from kept_answers where began_at < $1")
            .bind(step.kept_since)
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        let row = sqlx::query(
            "select request, server, status, media, body from kept_answers where person = $1 and key = $2",
        )
        .bind(step.person.to_owned())
        .bind(step.key.to_owned())
        .fetch_optional(&mut *writing)
        .await
        .map_err(doing())?;
        let known = match row {
            Some(row) => known(&row, step).map_err(doing())?,
            None => {
                sqlx::query(
                    "insert into kept_answers (person, key, request, server, began_at) values ($1, $2, $3, $4, $5)",
                )
                .bind(step.person.to_owned())
                .bind(step.key.to_owned())
                .bind(step.request.to_owned())
                .bind(step.server.to_owned())
                .bind(step.began_at)
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
                KnownStep::New
            }
        };
        writing.commit().await.map_err(doing())?;
        Ok(known)
    }

    /// Keeps what a step was answered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_answer(
        &self,
        step: &KeyedStep<'_>,
        answer: &KeptAnswer,
    ) -> Result<(), StoreFault> {
        sqlx::query(
            "update kept_answers set status = $3, media = $4, body = $5 where person = $1 and key = $2",
        )
        .bind(step.person.to_owned())
        .bind(step.key.to_owned())
        .bind(i64::from(answer.status))
        .bind(answer.media.clone())
        .bind(answer.body.clone())
        .execute(self.pool())
        .await
        .map_err(StoreFault::sql("keeping what a step was answered"))?;
        Ok(())
    }

    /// Forgets a step that came to nothing, so that it can be sent again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_step(&self, step: &KeyedStep<'_>) -> Result<(), StoreFault> {
        sqlx::query("delete from kept_answers where person = $1 and key = $2")
            .bind(step.person.to_owned())
            .bind(step.key.to_owned())
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("forgetting a step"))?;
        Ok(())
    }
}

fn known(row: &AnyRow, step: &KeyedStep<'_>) -> Result<KnownStep, sqlx::Error> {
    let request: String = row.try_get(0)?;
    let server: String = row.try_get(1)?;
    let status: Option<i64> = row.try_get(2)?;
    if request != step.request {
        return Ok(KnownStep::Other);
    }
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) => Ok(KnownStep::Answered(KeptAnswer {
            status,
            media: row.try_get(3)?,
            body: row.try_get(4)?,
        })),
        None if server == step.server => Ok(KnownStep::UnderWay),
        None => Ok(KnownStep::Unfinished),
    }
}
