//! The statements about people: who may sign on, what they may do, and what they have signed on with.
//!
//! Instants are seconds since 1970 and come from the caller. What a cookie or token holds is never stored, only its digest.

use sqlx::any::{Any, AnyRow};
use sqlx::{Row, Transaction};

use crate::database::Database;
use crate::fault::StoreFault;

/// Somebody who may sign on.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The id by which acts name the person.
    pub id: String,
    /// The name to sign on with, in small letters.
    pub name: String,
    /// How the person is called.
    pub shown_name: String,
    /// The password's hash, in PHC form.
    pub password: String,
    /// The shared secret of an authenticator, in base 32; none where there is none.
    pub authenticator: Option<String>,
    /// Whether the person may sign on.
    pub is_active: bool,
    /// What the person may do.
    pub grants: Vec<Granted>,
}

/// A role that somebody has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Granted {
    /// The role, as a word.
    pub role: String,
    /// The one partner it is for; none where it is for every partner.
    pub partner: Option<String>,
}

/// A session that has not ended.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub person: Person,
    /// When it ends by itself.
    pub ends_at: i64,
    /// What it may do of what the person may; none where it may do all of it.
    pub scopes: Option<Vec<String>>,
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// The digest of what its cookie holds.
    pub digest: &'a str,
    /// Whose.
    pub person: &'a str,
    /// When it begins.
    pub began_at: i64,
    /// When it ends by itself.
    pub ends_at: i64,
}

/// A token to make.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// The digest of the token.
    pub digest: &'a str,
    /// Its id, to be named by.
    pub id: &'a str,
    /// Whose.
    pub person: &'a str,
    /// What it is for, in words.
    pub is_for: &'a str,
    /// What it may do.
    pub scopes: &'a [String],
    /// When it is made.
    pub made_at: i64,
    /// When it ends.
    pub ends_at: i64,
}

/// A token, without what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub person: String,
    /// What it is for, in words.
    pub is_for: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub made_at: i64,
    /// When it ends.
    pub ends_at: i64,
}

const PERSON: &str = "select id, name, shown_name, password, authenticator, is_active from people";

impl Database {
    /// Adds somebody. Nobody is added where the name is taken, or where the first one is asked for and others are there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_person(&self, person: &Person, is_first: bool) -> Result<bool, StoreFault> {
        let doing = || StoreFault::sql("adding a person");
        let mut writing = self.begin().await?;
        let (name, any) = (person.name.clone(), i64::from(is_first));
        let found = sqlx::query("select count(*) from people where name = $1 or $2 = 1")
            .bind(name)
            .bind(any)
            .fetch_one(&mut *writing)
            .await
            .map_err(doing())?;
        let found: i64 = found.try_get(0).map_err(doing())?;
        if found > 0 {
            return Ok(false);
        }
        sqlx::query(
            "insert into people (id, name, shown_name, password, authenticator, code_step, is_active) \
             values ($1, $2, $3, $4, $5, 0, $6)",
        )
        .bind(person.id.clone())
        .bind(person.name.clone())
        .bind(person.shown_name.clone())
        .bind(person.password.clone())
        .bind(person.authenticator.clone())
        .bind(i64::from(person.is_active))
        .execute(&mut *writing)
        .await
        .map_err(doing())?;
        grant(&mut writing, &person.id, &person.grants).await?;
        writing.commit().await.map_err(doing())?;
        Ok(true)
    }

    /// Changes what somebody may do. Every session and token of the person ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_access(
        &self,
        person: &str,
        is_active: bool,
        grants: &[Granted],
    ) -> Result<bool, StoreFault> {
        let doing = || StoreFault::sql("changing what a person may do");
        let mut writing = self.begin().await?;
        let changed = sqlx::query("update people set is_active = $2 where id = $1")
            .bind(person.to_owned())
            .bind(i64::from(is_active))
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        if changed.rows_affected() == 0 {
            return Ok(false);
        }
        for sql in [
            "delete from grants where person = $1",
            "delete from sessions where person = $1",
            "delete from tokens where person = $1",
            // Answers of before may show what the person may see no longer.
            "delete from kept_answers where person = $1",
        ] {
            sqlx::query(sql)
                .bind(person.to_owned())
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
        }
        if !is_active {
            // Whoever comes back may come back by another account.
            sqlx::query("delete from identities where person = $1")
                .bind(person.to_owned())
                .execute(&mut *writing)
                .await
                .map_err(doing())?;
        }
        grant(&mut writing, person, grants).await?;
        writing.commit().await.map_err(doing())?;
        Ok(true)
    }

    /// Gives somebody another password. Every session of the person ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_password(&self, person: &str, password: &str) -> Result<bool, StoreFault> {
        let doing = || StoreFault::sql("changing a password");
        let mut writing = self.begin().await?;
        let changed = sqlx::query("update people set password = $2 where id = $1")
            .bind(person.to_owned())
            .bind(password.to_owned())
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        sqlx::query("delete from sessions where person = $1")
            .bind(person.to_owned())
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        writing.commit().await.map_err(doing())?;
        Ok(changed.rows_affected() > 0)
    }

    /// Gives somebody an authenticator, or takes it away.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_authenticator(
        &self,
        person: &str,
        secret: Option<&str>,
    ) -> Result<bool, StoreFault> {
        let changed =
            sqlx::query("update people set authenticator = $2, code_step = 0 where id = $1")
                .bind(person.to_owned())
                .bind(secret.map(str::to_owned))
                .execute(self.pool())
                .await
                .map_err(StoreFault::sql("changing an authenticator"))?;
        Ok(changed.rows_affected() > 0)
    }

    /// Uses the code of a time step; false where it, or a later one, was used before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_code(&self, person: &str, step: i64) -> Result<bool, StoreFault> {
        let used = sqlx::query("update people set code_step = $2 where id = $1 and code_step < $2")
            .bind(person.to_owned())
            .bind(step)
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("using a code"))?;
        Ok(used.rows_affected() == 1)
    }

    /// How many people there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people_count(&self) -> Result<i64, StoreFault> {
        let doing = || StoreFault::sql("counting people");
        let row = sqlx::query("select count(*) from people")
            .fetch_one(self.pool())
            .await
            .map_err(doing())?;
        row.try_get(0).map_err(doing())
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn people(&self) -> Result<Vec<Person>, StoreFault> {
        let doing = || StoreFault::sql("reading people");
        let mut reading = self.reading().await?;
        let rows = sqlx::query(
            "select id, name, shown_name, password, authenticator, is_active from people order by name",
        )
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let mut people = Vec::with_capacity(rows.len());
        for row in &rows {
            people.push(person_with_grants(&mut reading, row).await?);
        }
        Ok(people)
    }

    /// The person who signs on with a name, whether or not the person may.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn person_named(&self, name: &str) -> Result<Option<Person>, StoreFault> {
        let doing = || StoreFault::sql("reading a person");
        let mut reading = self.reading().await?;
        let sql = sqlx::AssertSqlSafe(format!("{PERSON} where name = $1"));
        let row = sqlx::query(sql)
            .bind(name.to_owned())
            .fetch_optional(&mut *reading)
            .await
            .map_err(doing())?;
        let Some(row) = row else {
            return Ok(None);
        };
        person_with_grants(&mut reading, &row).await.map(Some)
    }

    /// Who signs on by an account at a provider of identities. An account that is known is its person's; one that is not becomes
    /// that of whoever signs on with the name, if the provider vouches for one, unless that person has another account there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn person_by(
        &self,
        issuer: &str,
        subject: &str,
        name: Option<&str>,
    ) -> Result<Option<Person>, StoreFault> {
        let doing = || StoreFault::sql("looking for a person by an account elsewhere");
        let mut writing = self.begin().await?;
        let sql = sqlx::AssertSqlSafe(format!(
            "{PERSON} where id = (select person from identities where issuer = $1 and subject = $2)"
        ));
        let known = sqlx::query(sql)
            .bind(issuer.to_owned())
            .bind(subject.to_owned())
            .fetch_optional(&mut *writing)
            .await
            .map_err(doing())?;
        if let Some(row) = known {
            return person_with_grants(&mut writing, &row).await.map(Some);
        }
        let Some(name) = name else {
            return Ok(None);
        };
        let sql = sqlx::AssertSqlSafe(format!(
            "{PERSON} where name = $1 and is_active = 1 \
             and not exists (select 1 from identities i where i.person = people.id and i.issuer = $2)"
        ));
        let row = sqlx::query(sql)
            .bind(name.to_owned())
            .bind(issuer.to_owned())
            .fetch_optional(&mut *writing)
            .await
            .map_err(doing())?;
        let Some(row) = row else {
            return Ok(None);
        };
        let person = person_with_grants(&mut writing, &row).await?;
        sqlx::query("insert into identities (issuer, subject, person) values ($1, $2, $3)")
            .bind(issuer.to_owned())
            .bind(subject.to_owned())
            .bind(person.id.clone())
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        writing.commit().await.map_err(doing())?;
        Ok(Some(person))
    }

    /// Begins a session, and removes those that have ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_session(&self, session: &NewSession<'_>) -> Result<(), StoreFault> {
        let doing = || StoreFault::sql("beginning a session");
        let mut writing = self.begin().await?;
        sqlx::query("delete from sessions where ends_at <= $1")
            .bind(session.began_at)
            .execute(&mut *writing)
            .await
            .map_err(doing())?;
        sqlx::query(
            "insert into sessions (digest, person, began_at, ends_at) values ($1, $2, $3, $4)",
        )
        .bind(session.digest.to_owned())
        .bind(session.person.to_owned())
        .bind(session.began_at)
        .bind(session.ends_at)
        .execute(&mut *writing)
        .await
        .map_err(doing())?;
        writing.commit().await.map_err(doing())
    }

    /// Who a session is of, if it has not ended and the person may still sign on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session(&self, digest: &str, now: i64) -> Result<Option<Signed>, StoreFault> {
        let doing = || StoreFault::sql("reading a session");
        let mut reading = self.reading().await?;
        let row = sqlx::query(
            "select p.id, p.name, p.shown_name, p.password, p.authenticator, p.is_active, s.ends_at \
             from sessions s join people p on p.id = s.person \
             where s.digest = $1 and s.ends_at > $2 and p.is_active = 1",
        )
        .bind(digest.to_owned())
        .bind(now)
        .fetch_optional(&mut *reading)
        .await
        .map_err(doing())?;
        let Some(row) = row else {
            return Ok(None);
        };
        signed_in(&mut reading, &row).await.map(Some)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, digest: &str) -> Result<(), StoreFault> {
        sqlx::query("delete from sessions where digest = $1")
            .bind(digest.to_owned())
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("ending a session"))?;
        Ok(())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_sessions_of(&self, person: &str) -> Result<(), StoreFault> {
        sqlx::query("delete from sessions where person = $1")
            .bind(person.to_owned())
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("ending a person's sessions"))?;
        Ok(())
    }

    /// Makes a token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_token(&self, token: &NewToken<'_>) -> Result<(), StoreFault> {
        sqlx::query(
            "insert into tokens (digest, id, person, is_for, scopes, made_at, ends_at) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(token.digest.to_owned())
        .bind(token.id.to_owned())
        .bind(token.person.to_owned())
        .bind(token.is_for.to_owned())
        .bind(token.scopes.join(" "))
        .bind(token.made_at)
        .bind(token.ends_at)
        .execute(self.pool())
        .await
        .map_err(StoreFault::sql("making a token"))?;
        Ok(())
    }

    /// Who a token is of, if it has not ended and the person may still sign on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token(&self, digest: &str, now: i64) -> Result<Option<Signed>, StoreFault> {
        let doing = || StoreFault::sql("reading a token");
        let mut reading = self.reading().await?;
        let row = sqlx::query(
            "select p.id, p.name, p.shown_name, p.password, p.authenticator, p.is_active, t.ends_at, t.scopes \
             from tokens t join people p on p.id = t.person \
             where t.digest = $1 and t.ends_at > $2 and p.is_active = 1",
        )
        .bind(digest.to_owned())
        .bind(now)
        .fetch_optional(&mut *reading)
        .await
        .map_err(doing())?;
        let Some(row) = row else {
            return Ok(None);
        };
        let scopes: String = row.try_get(7).map_err(doing())?;
        let mut signed = signed_in(&mut reading, &row).await?;
        signed.scopes = Some(scopes.split_whitespace().map(str::to_owned).collect());
        Ok(Some(signed))
    }

    /// A person's tokens, the latest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tokens_of(&self, person: &str) -> Result<Vec<TokenRow>, StoreFault> {
        let doing = || StoreFault::sql("reading tokens");
        let mut reading = self.reading().await?;
        let rows = sqlx::query(
            "select id, person, is_for, scopes, made_at, ends_at from tokens where person = $1 \
             order by made_at desc, id",
        )
        .bind(person.to_owned())
        .fetch_all(&mut *reading)
        .await
        .map_err(doing())?;
        let token = |row: &AnyRow| {
            let scopes: String = row.try_get(3)?;
            Ok(TokenRow {
                id: row.try_get(0)?,
                person: row.try_get(1)?,
                is_for: row.try_get(2)?,
                scopes: scopes.split_whitespace().map(str::to_owned).collect(),
                made_at: row.try_get(4)?,
                ends_at: row.try_get(5)?,
            })
        };
        rows.iter()
            .map(token)
            .collect::<Result<_, _>>()
            .map_err(doing())
    }

    /// Ends a token of a person; false where the person has none of that id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_token(&self, person: &str, id: &str) -> Result<bool, StoreFault> {
        let ended = sqlx::query("delete from tokens where person = $1 and id = $2")
            .bind(person.to_owned())
            .bind(id.to_owned())
            .execute(self.pool())
            .await
            .map_err(StoreFault::sql("ending a token"))?;
        Ok(ended.rows_affected() > 0)
    }
}

async fn grant(
    writing: &mut Transaction<'_, Any>,
    person: &str,
    grants: &[Granted],
) -> Result<(), StoreFault> {
    for grant in grants {
        sqlx::query("insert into grants (person, role, partner) values ($1, $2, $3)")
            .bind(person.to_owned())
            .bind(grant.role.clone())
            .bind(grant.partner.clone().unwrap_or_default())
            .execute(&mut **writing)
            .await
            .map_err(StoreFault::sql("granting a role"))?;
    }
    Ok(())
}

/// The person of a row, with what the person may do.
async fn person_with_grants(
    within: &mut Transaction<'_, Any>,
    row: &AnyRow,
) -> Result<Person, StoreFault> {
    let mut person = person_in(row).map_err(StoreFault::sql("reading a person"))?;
    person.grants = grants_of(within, &person.id).await?;
    Ok(person)
}

/// Who signed on by a session or a token: its person, and behind that when it ends.
async fn signed_in(within: &mut Transaction<'_, Any>, row: &AnyRow) -> Result<Signed, StoreFault> {
    Ok(Signed {
        person: person_with_grants(within, row).await?,
        ends_at: row.try_get(6).map_err(StoreFault::sql(
            "reading when somebody has to sign on again",
        ))?,
        scopes: None,
    })
}

async fn grants_of(
    reading: &mut Transaction<'_, Any>,
    person: &str,
) -> Result<Vec<Granted>, StoreFault> {
    let doing = || StoreFault::sql("reading roles");
    let rows =
        sqlx::query("select role, partner from grants where person = $1 order by role, partner")
            .bind(person.to_owned())
            .fetch_all(&mut **reading)
            .await
            .map_err(doing())?;
    let granted = |row: &AnyRow| {
        let partner: String = row.try_get(1)?;
        Ok(Granted {
            role: row.try_get(0)?,
            partner: (!partner.is_empty()).then_some(partner),
        })
    };
    rows.iter()
        .map(granted)
        .collect::<Result<_, _>>()
        .map_err(doing())
}

fn person_in(row: &AnyRow) -> Result<Person, sqlx::Error> {
    let is_active: i64 = row.try_get(5)?;
    Ok(Person {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        shown_name: row.try_get(2)?,
        password: row.try_get(3)?,
        authenticator: row.try_get(4)?,
        is_active: is_active == 1,
        grants: Vec::new(),
    })
}
