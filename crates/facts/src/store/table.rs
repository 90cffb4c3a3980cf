//! The table of one kind: opening it, making it, and committing a delivery to it.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, CommitInfo, Transaction};
use deltalake::logstore::LogStore as _;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use tokio::runtime::Runtime;

use super::file::{FileWritten, StoredFile};
use super::shape::delta_columns;
use crate::digest::Digest;
use crate::disk::{Disk, is_staged};
use crate::durable::DurableStore;
use crate::error::{Fault, FileRefusal};
use crate::program::{Kind, state_folder};

/// The folder of a table's quarantined rows; Delta's readers skip names that begin with `_`.
const QUARANTINE: &str = "_quarantine";
/// The folder of a table's log.
const LOG: &str = "_delta_log";
/// The key of Trueup's own entry in a commit.
const ENTRY: &str = "trueup";

/// What a delivery did, as its commit says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Delivery {
    /// The version of this entry's form.
    pub form: u32,
    /// The source.
    pub source: String,
    /// The delivered file, by the name it was delivered under.
    pub file: String,
    /// Its digest as it was delivered.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// The digest of the declarations it was read by.
    pub reading: Digest,
    /// The day it was taken.
    pub taken_on: String,
    /// All rows read.
    pub read: TallyText,
    /// New rows.
    pub accepted: TallyText,
    /// Rows that took the place of known ones.
    pub corrected: TallyText,
    /// Rows known already.
    pub duplicate: TallyText,
    /// Rows of which a later revision was known.
    pub outdated: TallyText,
    /// Rows set aside.
    pub quarantined: TallyText,
    /// Known rows withdrawn by corrections.
    pub withdrawn: TallyText,
    /// The files it added.
    pub files: Vec<StoredFile>,
    /// Where its quarantined rows are listed.
    pub quarantine: Option<QuarantineFile>,
}

/// Rows and sums as a commit says them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TallyText {
    /// How many rows.
    pub rows: u64,
    /// The sum of each number column, as exact text.
    pub sums: BTreeMap<String, String>,
    /// Rows whose number could not be read, by column; absent when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<String, u64>,
}

/// A list of quarantined rows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuarantineFile {
    /// Its digest, which is its name.
    pub digest: Digest,
    /// How many rows it lists.
    pub rows: u64,
}

/// The only process that writes facts of a program, for as long as it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The tables of a program.
#[derive(Debug)]
pub struct Tables {
    runtime: Runtime,
    disk: Disk,
    state: PathBuf,
}

impl Tables {
    /// The tables of the program in a folder.
    ///
    /// # Errors
    /// When the folder is not there or no runtime can be started.
    pub fn of(program: &Path, disk: Disk) -> Result<Self, Fault> {
        let folder = fs::canonicalize(program).map_err(Fault::read(program))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(Fault::Runtime)?;
        Ok(Self {
            runtime,
            disk,
            state: state_folder(&folder),
        })
    }

    /// The disk they are on.
    #[must_use]
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Waits for a future on the tables' runtime.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The folder for what is being written; on the same disk as the tables.
    #[must_use]
    pub fn staging(&self) -> PathBuf {
        self.state.join("staging")
    }

    /// The folder of a kind's table.
    #[must_use]
    pub fn folder(&self, kind: &str) -> PathBuf {
        self.state.join("facts").join(kind)
    }

    /// The kinds that have a table, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn kinds(&self) -> Result<Vec<String>, Fault> {
        let facts = self.state.join("facts");
        if !facts.is_dir() {
            return Ok(Vec::new());
        }
        let mut kinds = Vec::new();
        for entry in fs::read_dir(&facts).map_err(Fault::read(&facts))? {
            let entry = entry.map_err(Fault::read(&facts))?;
            if let Ok(kind) = entry.file_name().into_string()
                && has_log(&entry.path())
            {
                kinds.push(kind);
            }
        }
        kinds.sort_unstable();
        Ok(kinds)
    }

    /// Takes the right to write, and clears away what a killed process left half-written.
    ///
    /// # Errors
    /// When another process has it.
    pub fn lock(&self) -> Result<Lock, Fault> {
        self.disk
            .create_folder(&self.state)
            .map_err(Fault::write(&self.state))?;
        let path = self.state.join("facts.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(Fault::write(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Fault::Locked { path }),
            Err(TryLockError::Error(error)) => return Err(Fault::write(&path)(error)),
        }
        let staging = self.staging();
        if staging.exists() {
            fs::remove_dir_all(&staging).map_err(Fault::write(&staging))?;
        }
        self.disk
            .create_folder(&staging)
            .map_err(Fault::write(&staging))?;
        Ok(Lock { _file: file })
    }

    /// Opens the table of a kind, if it was made.
    ///
    /// # Errors
    /// When it is there and cannot be opened.
    pub fn open(&self, kind: &str) -> Result<Option<FactTable>, Fault> {
        let folder = self.folder(kind);
        if !has_log(&folder) {
            return Ok(None);
        }
        self.wait(FactTable::open(&self.disk, kind, folder))
            .map(Some)
    }

    /// Opens the table of a kind as it was at a version.
    ///
    /// # Errors
    /// When it cannot be opened or never had that version.
    pub fn open_at(&self, kind: &str, version: u64) -> Result<FactTable, Fault> {
        self.wait(async {
            let mut table = FactTable::open(&self.disk, kind, self.folder(kind)).await?;
            table
                .delta
                .load_version(version)
                .await
                .map_err(Fault::table("open an earlier version of", kind))?;
            table.read_deliveries().await?;
            Ok(table)
        })
    }

    /// Opens the table of a kind, or makes it with the declared columns.
    ///
    /// # Errors
    /// When it cannot be opened or made, or has other columns.
    pub fn open_or_make(&self, kind: &Kind) -> Result<Result<FactTable, FileRefusal>, Fault> {
        let folder = self.folder(&kind.name);
        self.disk
            .create_folder(&folder.join(QUARANTINE))
            .map_err(Fault::write(&folder))?;
        self.wait(async {
            if has_log(&folder) {
                clear_staged(&folder.join(LOG))?;
                // What a killed process committed may be visible and not yet lasting; from now on it is relied on.
                for folder in [folder.clone(), folder.join(QUARANTINE), folder.join(LOG)] {
                    self.disk
                        .sync_folder(&folder)
                        .map_err(Fault::write(&folder))?;
                }
            } else {
                make(&self.disk, kind, &folder)
                    .await
                    .map_err(Fault::table("make", &kind.name))?;
            }
            let table = FactTable::open(&self.disk, &kind.name, folder).await?;
            Ok(match table.differs(kind)? {
                Some(what) => Err(FileRefusal::TableDiffers { what }),
                None => Ok(table),
            })
        })
    }

    /// Commits a delivery: its files take their names, then the log names them, all synced.
    ///
    /// # Errors
    /// When the disk refuses; nothing of the delivery is visible then.
    pub fn commit(&self, table: &mut FactTable, commit: Commit) -> Result<(), Fault> {
        let entry = table.entry_path(table.version() + 1);
        let named = self.name_files(table, &commit);
        let done = named.and_then(|()| self.wait(table.commit(&commit)));
        // An error after the entry has its name does not take it back: then its files are the table's. Only if there is
        // certainly no entry are they nobody's; that one cannot be removed changes nothing.
        if done.is_err() && matches!(entry.try_exists(), Ok(false)) {
            for (_, name) in places(table, &commit) {
                let _ = fs::remove_file(name);
            }
        }
        done
    }

    fn name_files(&self, table: &FactTable, commit: &Commit) -> Result<(), Fault> {
        for (staged, name) in places(table, commit) {
            self.disk
                .rename(&staged, &name)
                .map_err(Fault::write(&name))?;
        }
        for folder in [table.folder.clone(), table.folder.join(QUARANTINE)] {
            self.disk
                .sync_folder(&folder)
                .map_err(Fault::write(&folder))?;
        }
        Ok(())
    }
}

/// Where each file of a commit lies and where it belongs.
fn places(table: &FactTable, commit: &Commit) -> Vec<(PathBuf, PathBuf)> {
    let mut places: Vec<(PathBuf, PathBuf)> = commit
        .files
        .iter()
        .map(|(staged, written)| (staged.clone(), table.folder.join(written.file.name())))
        .collect();
    if let (Some(staged), Some(list)) = (&commit.quarantine, &commit.delivery.quarantine) {
        places.push((staged.clone(), table.quarantine_path(list)));
    }
    places
}

/// A delivery ready to be committed.
#[derive(Debug)]
pub struct Commit {
    /// What it did.
    pub delivery: Delivery,
    /// Its files, where they were written.
    pub files: Vec<(PathBuf, FileWritten)>,
    /// Its list of quarantined rows, where it was written.
    pub quarantine: Option<PathBuf>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// Removes what a process left that was killed between naming an entry and clearing away its staged twin.
fn clear_staged(log: &Path) -> Result<(), Fault> {
    for entry in fs::read_dir(log).map_err(Fault::read(log))? {
        let path = entry.map_err(Fault::read(log))?.path();
        if is_staged(&path) {
            fs::remove_file(&path).map_err(Fault::write(&path))?;
        }
    }
    Ok(())
}

/// The log's entry of a version.
fn entry_path(folder: &Path, version: u64) -> PathBuf {
    folder.join(LOG).join(format!("{version:020}.json"))
}

fn has_log(folder: &Path) -> bool {
    entry_path(folder, 0).is_file()
}

/// The table of one kind.
#[derive(Debug)]
pub struct FactTable {
    kind: Arc<str>,
    folder: PathBuf,
    delta: DeltaTable,
    deliveries: Vec<Delivery>,
}

fn connect(disk: &Disk, folder: &Path) -> Result<DeltaTable, DeltaTableError> {
    let location = deltalake::ensure_table_uri(folder.to_string_lossy())?;
    let store = Arc::new(DurableStore::new(disk.clone()));
    DeltaTableBuilder::from_url(location.clone())?
        .with_storage_backend(store, location)
        .build()
}

async fn make(disk: &Disk, kind: &Kind, folder: &Path) -> Result<(), DeltaTableError> {
    let table = connect(disk, folder)?;
    // The log is the ledger of deliveries: it is never cleaned.
    let configuration = [
        ("delta.enableExpiredLogCleanup", Some("false")),
        ("delta.logRetentionDuration", Some("interval 36500 days")),
        ("delta.appendOnly", Some("true")),
    ];
    CreateBuilder::new()
        .with_log_store(table.log_store())
        .with_table_name(&*kind.name)
        .with_comment(&*kind.is)
        .with_columns(delta_columns(kind)?)
        .with_configuration(configuration)
        .with_save_mode(SaveMode::Ignore)
        .await?;
    Ok(())
}

impl FactTable {
    async fn open(disk: &Disk, kind: &str, folder: PathBuf) -> Result<Self, Fault> {
        let open = async {
            let mut delta = connect(disk, &folder)?;
            delta.load().await?;
            Ok(delta)
        };
        let delta = open.await.map_err(Fault::table("open", kind))?;
        let mut table = Self {
            kind: kind.into(),
            folder,
            delta,
            deliveries: Vec::new(),
        };
        table.read_deliveries().await?;
        Ok(table)
    }

    /// The kind it holds.
    #[must_use]
    pub fn kind(&self) -> &Arc<str> {
        &self.kind
    }

    /// The folder it is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.delta.version().unwrap_or_default()
    }

    /// The table as Delta knows it.
    #[must_use]
    pub fn delta(&self) -> &DeltaTable {
        &self.delta
    }

    /// All deliveries it took, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// The last delivery of a source that had these bytes, if it was read by these declarations.
    #[must_use]
    pub fn delivered(&self, source: &str, digest: Digest, reading: Digest) -> Option<&Delivery> {
        let same = |delivery: &&Delivery| delivery.source == source && delivery.digest == digest;
        self.deliveries
            .iter()
            .rev()
            .find(same)
            .filter(|delivery| delivery.reading == reading)
    }

    /// The files that the log says are the table's, in the order of their digests.
    ///
    /// # Errors
    /// When one is not named by its digest: somebody else wrote to the table.
    pub fn files(&self) -> Result<Vec<StoredFile>, Fault> {
        let state = self
            .delta
            .snapshot()
            .map_err(Fault::table("read", &self.kind))?;
        let rows: HashMap<Digest, u64> = self
            .deliveries
            .iter()
            .flat_map(|delivery| &delivery.files)
            .map(|file| (file.digest, file.rows))
            .collect();
        let mut files = Vec::new();
        for view in state.log_data().iter() {
            let path = view.path();
            let digest = path.strip_suffix(".parquet").and_then(Digest::parse);
            let Some((digest, rows)) =
                digest.and_then(|digest| Some((digest, *rows.get(&digest)?)))
            else {
                let path = self.folder.join(&*path);
                let what = "the log names it, but no delivery added it: another program wrote to the table".to_owned();
                return Err(Fault::Damaged { path, what });
            };
            files.push(StoredFile {
                digest,
                bytes: u64::try_from(view.size()).unwrap_or(0),
                rows,
            });
        }
        files.sort_unstable();
        Ok(files)
    }

    /// The files that hold one source's facts.
    ///
    /// # Errors
    /// As [`FactTable::files`].
    pub fn files_of(&self, source: &str) -> Result<Vec<StoredFile>, Fault> {
        let of: std::collections::HashSet<Digest> = self
            .deliveries
            .iter()
            .filter(|delivery| delivery.source == source)
            .flat_map(|delivery| &delivery.files)
            .map(|file| file.digest)
            .collect();
        Ok(self
            .files()?
            .into_iter()
            .filter(|file| of.contains(&file.digest))
            .collect())
    }

    fn entry_path(&self, version: u64) -> PathBuf {
        entry_path(&self.folder, version)
    }

    /// Where a list of quarantined rows lies.
    #[must_use]
    pub fn quarantine_path(&self, list: &QuarantineFile) -> PathBuf {
        self.folder
            .join(QUARANTINE)
            .join(format!("{}.jsonl", list.digest))
    }

    /// What differs between the table's columns and the declared ones.
    fn differs(&self, kind: &Kind) -> Result<Option<String>, Fault> {
        let fault = || Fault::table("compare the columns of", &self.kind);
        let state = self.delta.snapshot().map_err(fault())?;
        let schema = state.schema();
        let declared = delta_columns(kind).map_err(fault())?;
        let stored: Vec<_> = schema.fields().collect();
        for (at, column) in declared.iter().enumerate() {
            match stored.get(at) {
                Some(other) if other.name == column.name && other.data_type == column.data_type => {
                }
                Some(other) => {
                    return Ok(Some(format!(
                        "the kind `{}` declares the column `{}` as {} where its table has `{}` as {}",
                        kind.name, column.name, column.data_type, other.name, other.data_type
                    )));
                }
                None => {
                    return Ok(Some(format!(
                        "the table of `{}` lacks the column `{}`",
                        kind.name, column.name
                    )));
                }
            }
        }
        let more = stored.get(declared.len());
        Ok(more.map(|column| {
            format!(
                "the table of `{}` has the column `{}` besides",
                kind.name, column.name
            )
        }))
    }

    async fn read_deliveries(&mut self) -> Result<(), Fault> {
        let mut deliveries = Vec::new();
        let log = self.delta.log_store();
        for version in 0..=self.version() {
            let entry = log
                .read_commit_entry(version)
                .await
                .map_err(Fault::table("read the log of", &self.kind))?;
            let Some(entry) = entry else {
                let path = self.entry_path(version);
                return Err(Fault::Damaged {
                    path,
                    what: "the log lacks this entry".to_owned(),
                });
            };
            for line in entry
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let damaged = |error: serde_json::Error| {
                    let path = self.entry_path(version);
                    Fault::Damaged {
                        path,
                        what: error.to_string(),
                    }
                };
                let action: serde_json::Value = serde_json::from_slice(line).map_err(damaged)?;
                let own = action.get("commitInfo").and_then(|info| info.get(ENTRY));
                if let Some(own) = own {
                    deliveries.push(serde_json::from_value(own.clone()).map_err(damaged)?);
                }
            }
        }
        self.deliveries = deliveries;
        Ok(())
    }

    async fn commit(&mut self, commit: &Commit) -> Result<(), Fault> {
        self.commit_to_log(commit)
            .await
            .map_err(Fault::table("commit to", &self.kind))?;
        self.deliveries.push(commit.delivery.clone());
        Ok(())
    }

    async fn commit_to_log(&mut self, commit: &Commit) -> Result<(), DeltaTableError> {
        let delivery = &commit.delivery;
        let entry = serde_json::to_value(delivery).map_err(|error| {
            DeltaTableError::Generic(format!("cannot encode the delivery: {error}"))
        })?;
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: None,
            predicate: None,
        };
        let info = CommitInfo {
            timestamp: Some(commit.at_ms),
            operation: Some("WRITE".to_owned()),
            operation_parameters: Some(HashMap::from([("mode".to_owned(), "Append".into())])),
            engine_info: Some("trueup".to_owned()),
            is_blind_append: Some(true),
            info: HashMap::from([(ENTRY.to_owned(), entry.clone())]),
            ..CommitInfo::default()
        };
        let mut actions = vec![Action::CommitInfo(info)];
        actions.extend(commit.files.iter().map(|(_, written)| {
            Action::Add(Add {
                path: written.file.name(),
                size: i64::try_from(written.file.bytes).unwrap_or(i64::MAX),
                modification_time: commit.at_ms,
                data_change: true,
                stats: Some(written.stats.clone()),
                ..Add::default()
            })
        }));
        // The same delivery can never be committed twice, not by another process either.
        let name = format!(
            "trueup/{}/{}/{}",
            delivery.source, delivery.digest, delivery.reading
        );
        let properties = CommitProperties::default()
            .with_metadata([(ENTRY.to_owned(), entry)])
            .with_application_transaction(Transaction::new(name, 1))
            // Rows were judged against the version at hand; on another they must be judged again.
            .with_max_retries(0)
            .with_cleanup_expired_logs(Some(false));
        let log = self.delta.log_store();
        let state = self.delta.snapshot()?;
        CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(state as &dyn TableReference), log, operation)
            .await?;
        self.delta.update_state().await
    }
}
