//! The table of one kind: its log, its files and its columns.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, CommitInfo, LogicalFileView, Remove, Transaction};
use deltalake::logstore::LogStore as _;
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};

use super::compaction::{COMPACTION_FORM, Compaction, CompactionCommit, Lineage};
use super::delivery::{Commit, DELIVERY_FORM, Delivery, QuarantineFile};
use super::file::StoredFile;
use super::shape::delta_columns;
use crate::digest::Digest;
use crate::disk::Disk;
use crate::durable::DurableStore;
use crate::error::Fault;
use crate::program::Kind;

/// The folder of a table's quarantined rows; Delta's readers skip names that begin with `_`.
pub const QUARANTINE: &str = "_quarantine";
/// The folder of a table's log.
pub const LOG: &str = "_delta_log";
/// The key of Trueup's own entry in a commit.
const ENTRY: &str = "trueup";

/// The key of its entry in a commit that only writes files anew.
const COMPACTION_ENTRY: &str = "trueup_compaction";

/// The log's entry of a version.
pub fn entry_path(folder: &Path, version: u64) -> PathBuf {
    folder.join(LOG).join(format!("{version:020}.json"))
}

/// Whether a table was made in a folder.
pub fn has_log(folder: &Path) -> bool {
    entry_path(folder, 0).is_file()
}

/// The table of one kind.
#[derive(Debug)]
pub struct FactTable {
    kind: Arc<str>,
    pub(super) folder: PathBuf,
    pub(super) delta: DeltaTable,
    deliveries: Vec<Delivery>,
    /// The version that each delivery made.
    versions: Vec<u64>,
    /// Files that were written anew as others, oldest first.
    compactions: Vec<Compaction>,
}

fn connect(disk: &Disk, folder: &Path) -> Result<DeltaTable, DeltaTableError> {
    let location = deltalake::ensure_table_uri(folder.to_string_lossy())?;
    let store = Arc::new(DurableStore::new(disk.clone()));
    DeltaTableBuilder::from_url(location.clone())?
        .with_storage_backend(store, location)
        .build()
}

/// Makes the table of a kind.
pub async fn make(disk: &Disk, kind: &Kind, folder: &Path) -> Result<(), DeltaTableError> {
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
    pub(super) async fn open(disk: &Disk, kind: &str, folder: PathBuf) -> Result<Self, Fault> {
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
            versions: Vec::new(),
            compactions: Vec::new(),
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

    /// All deliveries, each with the version of the table that it made.
    pub fn logged(&self) -> impl Iterator<Item = (u64, &Delivery)> {
        self.versions.iter().copied().zip(&self.deliveries)
    }

    /// The version that the last delivery made: later ones only wrote files anew.
    #[must_use]
    pub fn version_delivered(&self) -> u64 {
        self.versions.last().copied().unwrap_or_default()
    }

    /// The files that were delivered until a version, whichever hold their rows now: what a snapshot is of.
    #[must_use]
    pub fn delivered_until(&self, version: u64) -> BTreeSet<StoredFile> {
        let until = self.logged().take_while(|(made, _)| *made <= version);
        until
            .flat_map(|(_, delivery)| delivery.files.iter().cloned())
            .collect()
    }

    /// Which delivered files each compacted one holds the rows of.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        Lineage::of(&self.compactions)
    }

    /// Whether a file is in the table's folder.
    #[must_use]
    pub fn has(&self, file: &StoredFile) -> bool {
        self.folder.join(file.name()).is_file()
    }

    /// That files of an earlier state are gone.
    #[must_use]
    pub fn vacuumed(&self) -> Fault {
        Fault::Vacuumed {
            kind: self.kind.to_string(),
            folder: self.folder.clone(),
        }
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
            .chain(self.compactions.iter().map(|compaction| &compaction.file))
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

    /// What the log says of each file's columns, in Delta's form; nothing where it says nothing.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn stats(&self) -> Result<Vec<serde_json::Value>, Fault> {
        let state = self
            .delta
            .snapshot()
            .map_err(Fault::table("read", &self.kind))?;
        let files = state.log_data();
        let said = |view: LogicalFileView| {
            let read = view
                .stats()
                .and_then(|said| serde_json::from_str(&said).ok());
            read.unwrap_or_default()
        };
        Ok(files.iter().map(said).collect())
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
            .chain(
                self.compactions
                    .iter()
                    .filter(|compaction| compaction.source == source)
                    .map(|compaction| &compaction.file),
            )
            .map(|file| file.digest)
            .collect();
        Ok(self
            .files()?
            .into_iter()
            .filter(|file| of.contains(&file.digest))
            .collect())
    }

    pub(super) fn entry_path(&self, version: u64) -> PathBuf {
        entry_path(&self.folder, version)
    }

    /// Where a list of quarantined rows lies.
    #[must_use]
    pub fn quarantine_path(&self, list: &QuarantineFile) -> PathBuf {
        self.folder
            .join(QUARANTINE)
            .join(format!("{}.jsonl", list.digest))
    }

    /// That a file is none of facts, though the log names it.
    #[must_use]
    pub fn lacks_columns(&self, file: &StoredFile) -> Fault {
        Fault::Damaged {
            path: self.folder.join(file.name()),
            what: "it lacks the columns of facts".to_owned(),
        }
    }

    /// What differs between the table's columns and the declared ones.
    pub(super) fn differs(&self, kind: &Kind) -> Result<Option<String>, Fault> {
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

    pub(super) async fn read_deliveries(&mut self) -> Result<(), Fault> {
        let mut deliveries = Vec::new();
        let mut versions = Vec::new();
        let mut compactions = Vec::new();
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
                let info = action.get("commitInfo");
                if let Some(own) = info.and_then(|info| info.get(COMPACTION_ENTRY)) {
                    let compaction: Compaction =
                        serde_json::from_value(own.clone()).map_err(damaged)?;
                    if compaction.form != COMPACTION_FORM {
                        return Err(self.of_other_form());
                    }
                    compactions.push(compaction);
                }
                if let Some(own) = info.and_then(|info| info.get(ENTRY)) {
                    let form = own.get("form").and_then(serde_json::Value::as_u64);
                    if form != Some(DELIVERY_FORM.into()) {
                        return Err(self.of_other_form());
                    }
                    deliveries.push(serde_json::from_value(own.clone()).map_err(damaged)?);
                    versions.push(version);
                }
            }
        }
        self.deliveries = deliveries;
        self.versions = versions;
        self.compactions = compactions;
        Ok(())
    }

    fn of_other_form(&self) -> Fault {
        Fault::OtherForm {
            kind: self.kind.to_string(),
        }
    }

    pub(super) async fn commit_compaction(
        &mut self,
        commit: &CompactionCommit,
        group: &[StoredFile],
    ) -> Result<(), Fault> {
        self.compaction_to_log(commit, group)
            .await
            .map_err(Fault::table("commit to", &self.kind))?;
        self.compactions.push(commit.compaction.clone());
        Ok(())
    }

    async fn compaction_to_log(
        &mut self,
        commit: &CompactionCommit,
        group: &[StoredFile],
    ) -> Result<(), DeltaTableError> {
        let compaction = &commit.compaction;
        let entry = serde_json::to_value(compaction).map_err(|error| {
            DeltaTableError::Generic(format!("cannot encode the compaction: {error}"))
        })?;
        let add = added(&compaction.file, &commit.stats, commit.at_ms);
        let mut actions = vec![Action::Add(Add {
            data_change: false,
            ..add
        })];
        actions.extend(group.iter().map(|file| {
            Action::Remove(Remove {
                path: file.name(),
                data_change: false,
                deletion_timestamp: Some(commit.at_ms),
                extended_file_metadata: Some(true),
                partition_values: Some(HashMap::new()),
                size: Some(size_of(file)),
                ..Remove::default()
            })
        }));
        let operation = DeltaOperation::Optimize {
            predicate: None,
            target_size: size_of(&compaction.file),
        };
        let properties =
            CommitProperties::default().with_metadata([(COMPACTION_ENTRY.to_owned(), entry)]);
        self.write_to_log(actions, operation, properties).await
    }

    pub(super) async fn commit(&mut self, commit: &Commit) -> Result<(), Fault> {
        self.commit_to_log(commit)
            .await
            .map_err(Fault::table("commit to", &self.kind))?;
        self.deliveries.push(commit.delivery.clone());
        self.versions.push(self.version());
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
        actions.extend(
            commit.files.iter().map(|(_, written)| {
                Action::Add(added(&written.file, &written.stats, commit.at_ms))
            }),
        );
        // The same delivery can never be committed twice, not by another process either.
        let name = format!(
            "trueup/{}/{}/{}",
            delivery.source, delivery.digest, delivery.reading
        );
        let properties = CommitProperties::default()
            .with_metadata([(ENTRY.to_owned(), entry)])
            .with_application_transaction(Transaction::new(name, 1));
        self.write_to_log(actions, operation, properties).await
    }

    async fn write_to_log(
        &mut self,
        actions: Vec<Action>,
        operation: DeltaOperation,
        properties: CommitProperties,
    ) -> Result<(), DeltaTableError> {
        let properties = properties
            // What is written was decided on the version at hand; on another it must be decided again.
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

/// A file's size, as the log says it.
fn size_of(file: &StoredFile) -> i64 {
    i64::try_from(file.bytes).unwrap_or(i64::MAX)
}

/// A file that is added, with rows that were not there.
fn added(file: &StoredFile, stats: &str, at_ms: i64) -> Add {
    Add {
        path: file.name(),
        size: size_of(file),
        modification_time: at_ms,
        data_change: true,
        stats: Some(stats.to_owned()),
        ..Add::default()
    }
}
