//! Databases with a journal, for tests that run on SQLite and on PostgreSQL alike.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyPool, Executor};
use trueup_journal::testing::Dice;
use trueup_journal::{Act, Draft, Found, Organisation, SecretKey, opening};
use trueup_store::{Appended, Database, among};

/// A database of one test, and a way into it that goes around everything.
pub struct Bench {
    pub name: &'static str,
    /// Removed when the test ends.
    _folder: Option<tempfile::TempDir>,
    pub url: String,
    pub path: Option<std::path::PathBuf>,
    pub database: Database,
    pub vendor: SecretKey,
}

const POSTGRES: &str = "TRUEUP_TEST_POSTGRES";

impl Bench {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // A name that an address cannot hold as it is.
        let path = folder.path().join("a journal? 100%.db");
        let database = Database::in_file(&path).await.expect("opened");
        let url = format!(
            "sqlite://{}/a%20journal%3F%20100%25.db",
            folder.path().display()
        );
        Self {
            name: "SQLite",
            _folder: Some(folder),
            url,
            path: Some(path),
            database,
            vendor: key(1, &Organisation::Vendor),
        }
    }

    async fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!("{POSTGRES} says no address; run the tests by `scripts/with_postgres.sh cargo nextest run …`")
        });
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let admin = around(&server).await;
        admin
            .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
            .await
            .expect("a database");
        let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
        Self {
            name: "PostgreSQL",
            _folder: None,
            database: Database::at(&url).await.expect("opened"),
            url,
            path: None,
            vendor: key(1, &Organisation::Vendor),
        }
    }

    pub async fn both() -> [Self; 2] {
        sqlx::any::install_default_drivers();
        [Self::sqlite().await, Self::postgres().await]
    }

    /// A journal with so many acts, the first of which opens it.
    pub async fn opened(&self, acts: u64) {
        let first = opening("alliance", &self.vendor, at(), "ada").expect("signed");
        self.append(vec![first]).await;
        for _ in 1..acts {
            self.propose().await;
        }
    }

    pub async fn append(&self, acts: Vec<Act>) -> Appended {
        let appended = self
            .database
            .append(among(&[&self.vendor]), |_, _| Ok::<_, ()>(acts))
            .await;
        appended
            .expect("the database works")
            .expect("nothing refused")
            .expect("something to append")
    }

    pub async fn propose(&self) -> Appended {
        let vendor = &self.vendor;
        let appended = self
            .database
            .append(among(&[vendor]), |_, after| {
                Ok::<_, ()>(vec![proposed(vendor, after)])
            })
            .await;
        appended
            .expect("the database works")
            .expect("nothing refused")
            .expect("an act")
    }

    pub async fn found(&self) -> Vec<Found> {
        self.database
            .audit(Vec::new())
            .await
            .expect("audited")
            .found
    }

    /// The same database as another process has it.
    pub async fn anew(&self) -> Database {
        match &self.path {
            Some(path) => Database::in_file(path).await.expect("opened"),
            None => Database::at(&self.url).await.expect("opened"),
        }
    }

    /// Runs statements that the database refuses, after taking its refusals away: who owns a database can.
    pub async fn tamper(&self, statements: &[&str]) {
        let off: &[&str] = match self.name {
            "SQLite" => &[
                "drop trigger acts_follow",
                "drop trigger acts_are_not_updated",
                "drop trigger acts_are_not_deleted",
                "drop trigger checkpoints_follow",
                "drop trigger checkpoints_are_not_updated",
                "drop trigger checkpoints_are_not_deleted",
            ],
            _ => &[
                "alter table acts disable trigger user",
                "alter table checkpoints disable trigger user",
            ],
        };
        self.around_refusals(off).await;
        self.around_refusals(statements).await;
    }

    /// Runs statements once the refusals are away.
    pub async fn around_refusals(&self, statements: &[&str]) {
        let pool = around(&self.url).await;
        let mut connection = pool.acquire().await.expect("a connection");
        for sql in statements {
            let sql = sqlx::AssertSqlSafe((*sql).to_owned());
            connection
                .execute(sql)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", self.name));
        }
        drop(connection);
        pool.close().await;
    }
}

pub async fn around(url: &str) -> AnyPool {
    sqlx::any::install_default_drivers();
    AnyPoolOptions::new()
        .max_connections(1)
        .connect(url)
        .await
        .expect("connected")
}

pub fn key(seed: u64, whose: &Organisation) -> SecretKey {
    SecretKey::new(&mut Dice::new(seed), "alliance", whose).expect("a key")
}

pub fn at() -> jiff::Timestamp {
    "2026-01-05T09:00:00Z".parse().expect("an instant")
}

pub fn proposed(key: &SecretKey, after: u64) -> Act {
    let draft = Draft {
        at: at(),
        by: "ada".to_owned(),
        behalf: key.public().organisation().clone(),
        kind: "agreement.proposed".parse().expect("a kind"),
        after,
        says: format!("{{\"number\":{after}}}"),
    };
    Act::sign(draft, &[key]).expect("signed")
}
