//! Opening a database, and beginning to write to it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use sqlx::any::{Any, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Connection, Executor, Row, Transaction};

use trueup_journal::Ring;

use crate::fault::StoreFault;

static SQLITE_TABLES: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_TABLES: Migrator = sqlx::migrate!("migrations/postgres");

/// How long to wait for somebody else who writes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pool: AnyPool,
    dialect: Dialect,
    place: String,
    ring: Arc<Mutex<Option<KnownRing>>>,
}

/// The keys as they were after some acts: what came before is not judged again.
#[derive(Clone, Debug)]
pub(crate) struct KnownRing {
    pub(crate) ring: Ring,
    /// How many acts it is after.
    pub(crate) acts: u64,
    /// The hash of the last of them, as it is stored: by it the journal is known to be the same still.
    pub(crate) last: String,
}

impl Database {
    /// Opens the SQLite database in a file, and makes it where there is none.
    ///
    /// # Errors
    /// When it cannot be opened, or was written by a later version.
    pub async fn in_file(path: &Path) -> Result<Self, StoreFault> {
        let mut url = "sqlite://".to_owned();
        // What a path may hold and an address may not.
        for byte in path.as_os_str().as_encoded_bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                    url.push(char::from(*byte));
                }
                other => {
                    let _ = write!(url, "%{other:02X}");
                }
            }
        }
        url.push_str("?mode=rwc");
        Self::open(&url, Dialect::Sqlite, path.display().to_string()).await
    }

    /// Opens the PostgreSQL database at an address: `postgres://user:password@host/name`.
    ///
    /// # Errors
    /// When it cannot be opened, or was written by a later version.
    pub async fn at(url: &str) -> Result<Self, StoreFault> {
        let place = without_password(url);
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            let what = "an address begins with postgres://".into();
            return Err(StoreFault::Open {
                place,
                source: sqlx::Error::Configuration(what),
            });
        }
        Self::open(url, Dialect::Postgres, place).await
    }

    async fn open(url: &str, dialect: Dialect, place: String) -> Result<Self, StoreFault> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let fault = |source| StoreFault::Open {
            place: place.clone(),
            source,
        };
        let tables = match dialect {
            Dialect::Sqlite => &SQLITE_TABLES,
            Dialect::Postgres => &POSTGRES_TABLES,
        };
        // By a connection of its own: a pool tries again and again what cannot succeed, and then says that time ran out.
        let mut first = AnyConnection::connect(url).await.map_err(fault)?;
        settings(&mut first, dialect).await.map_err(fault)?;
        is_durable(&mut first, dialect, &place).await?;
        tables
            .run(&mut first)
            .await
            .map_err(|source| StoreFault::Version {
                place: place.clone(),
                source,
            })?;
        first.close().await.map_err(fault)?;
        let pool = AnyPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(PATIENCE)
            .after_connect(move |connection, _| {
                Box::pin(async move { settings(connection, dialect).await })
            })
            .connect(url)
            .await
            .map_err(fault)?;
        Ok(Self {
            pool,
            dialect,
            place,
            ring: Arc::default(),
        })
    }

    pub(crate) fn known_ring(&self) -> Option<KnownRing> {
        self.ring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn knows_ring(&self, known: KnownRing) {
        *self.ring.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Where it is, without a password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the database finds itself whole, in its own words where it does not.
    ///
    /// # Errors
    /// When it cannot be asked.
    pub async fn own_check(&self) -> Result<Option<String>, StoreFault> {
        match self.dialect {
            // PostgreSQL has no such question; what it stores is held to hashes like everything else.
            Dialect::Postgres => Ok(None),
            Dialect::Sqlite => {
                let doing = StoreFault::sql("checking itself");
                let row = sqlx::query("pragma integrity_check")
                    .fetch_one(&self.pool)
                    .await
                    .map_err(&doing)?;
                let said: String = row.try_get(0).map_err(doing)?;
                Ok((said != "ok").then_some(said))
            }
        }
    }

    /// Closes every connection: what was written ahead is written to its place.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Begins to write. One at a time does: another waits here until the first is through.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Any>, StoreFault> {
        let doing = StoreFault::sql("beginning to write");
        match self.dialect {
            // Otherwise it would begin to read and fail when it comes to write.
            Dialect::Sqlite => self.pool.begin_with("begin immediate").await.map_err(doing),
            Dialect::Postgres => {
                let mut transaction = self.pool.begin().await.map_err(&doing)?;
                transaction
                    .execute("lock table acts in exclusive mode")
                    .await
                    .map_err(doing)?;
                Ok(transaction)
            }
        }
    }
}

async fn settings(connection: &mut AnyConnection, dialect: Dialect) -> Result<(), sqlx::Error> {
    let wanted: &[&'static str] = match dialect {
        Dialect::Sqlite => &[
            "pragma busy_timeout = 10000",
            "pragma journal_mode = wal",
            "pragma synchronous = full",
            "pragma foreign_keys = on",
            "pragma recursive_triggers = on",
            "pragma trusted_schema = off",
        ],
        Dialect::Postgres => &[
            "set synchronous_commit = on",
            "set statement_timeout = '60s'",
            "set default_transaction_isolation = 'repeatable read'",
        ],
    };
    for sql in wanted {
        connection.execute(*sql).await?;
    }
    Ok(())
}

/// Reads the settings back: a switch that failed says nothing by itself.
async fn is_durable(
    connection: &mut AnyConnection,
    dialect: Dialect,
    place: &str,
) -> Result<(), StoreFault> {
    let wanted: &[(&str, &str, &str)] = match dialect {
        Dialect::Sqlite => &[
            (
                "journal_mode",
                "select journal_mode from pragma_journal_mode",
                "wal",
            ),
            // 2 is full.
            (
                "synchronous",
                "select cast(synchronous as text) from pragma_synchronous",
                "2",
            ),
        ],
        Dialect::Postgres => &[
            ("fsync", "show fsync", "on"),
            ("full_page_writes", "show full_page_writes", "on"),
        ],
    };
    let doing = StoreFault::sql("reading its settings");
    for (setting, sql, should) in wanted {
        let row = sqlx::query(*sql)
            .fetch_one(&mut *connection)
            .await
            .map_err(&doing)?;
        let found: String = row.try_get(0).map_err(&doing)?;
        if found != *should {
            return Err(StoreFault::Setting {
                place: place.to_owned(),
                setting,
                found,
                should,
            });
        }
    }
    Ok(())
}

/// An address as it may be printed.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    match rest.split_once('@') {
        Some((user, host)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_printed_without_its_password() {
        for (url, shown) in [
            (
                "postgres://ada:secret@db.example/x",
                "postgres://ada@db.example/x",
            ),
            ("postgres://db.example/x", "postgres://db.example/x"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
