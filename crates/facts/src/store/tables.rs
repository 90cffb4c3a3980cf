//! The tables of a program: who may write, which there are, and giving a delivery to one.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tokio::runtime::Runtime;

use super::compaction::CompactionCommit;
use super::delivery::Commit;
use super::file::StoredFile;
use super::table::{FactTable, LOG, QUARANTINE, has_log, make};
use crate::disk::{Disk, is_staged};
use crate::error::{Fault, FileRefusal};
use crate::program::{Kind, state_folder};

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

    /// The folder of the program's state.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
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

    /// Whether the table of a kind was made.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        has_log(&self.folder(kind))
    }

    /// Opens the table of a kind, if it was made.
    ///
    /// # Errors
    /// When it is there and cannot be opened.
    pub fn open(&self, kind: &str) -> Result<Option<FactTable>, Fault> {
        if !self.has(kind) {
            return Ok(None);
        }
        self.wait(FactTable::open(&self.disk, kind, self.folder(kind)))
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

    /// Commits a compaction: its file takes its name, then the log names it in place of the others, all synced.
    ///
    /// # Errors
    /// When the disk refuses; the table is as it was then.
    pub fn commit_compaction(
        &self,
        table: &mut FactTable,
        commit: &CompactionCommit,
        group: &[StoredFile],
    ) -> Result<(), Fault> {
        let entry = table.entry_path(table.version() + 1);
        let name = table.folder.join(commit.compaction.file.name());
        let named = self
            .disk
            .rename(&commit.path, &name)
            .map_err(Fault::write(&name))
            .and_then(|()| {
                let folder = &table.folder;
                self.disk.sync_folder(folder).map_err(Fault::write(folder))
            });
        let done = named.and_then(|()| self.wait(table.commit_compaction(commit, group)));
        // As with deliveries: only if there is certainly no entry is the file nobody's.
        if done.is_err() && matches!(entry.try_exists(), Ok(false)) {
            let _ = fs::remove_file(name);
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
