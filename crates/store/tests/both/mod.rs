//! Databases for tests that run on SQLite and on PostgreSQL alike.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Executor;
use sqlx::any::AnyPoolOptions;
use trueup_store::Database;

const POSTGRES: &str = "TRUEUP_TEST_POSTGRES";

/// A database of one test, and the name of its kind.
pub struct Bench {
    pub name: &'static str,
    /// Removed when the test ends.
    _folder: Option<tempfile::TempDir>,
    pub database: Database,
}

impl Bench {
    /// One on each kind of database.
    pub async fn both() -> [Self; 2] {
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::in_file(&folder.path().join("test.db")).await;
        let sqlite = Self {
            name: "SQLite",
            database: database.expect("opened"),
            _folder: Some(folder),
        };
        [sqlite, Self::postgres().await]
    }

    async fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
            panic!("{POSTGRES} says no address; run the tests by `scripts/with_postgres.sh cargo nextest run …`")
        });
        let at = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("of_test_{}_{at}", std::process::id());
        let admin = AnyPoolOptions::new().max_connections(1).connect(&server);
        let admin = admin.await.expect("a server");
        admin
            .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
            .await
            .expect("a database");
        let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
        Self {
            name: "PostgreSQL",
            database: Database::at(&url).await.expect("opened"),
            _folder: None,
        }
    }
}
