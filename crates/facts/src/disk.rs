//! The few things done to a local disk so that they last, each by its name and in an order that can be checked.
//!
//! A file counts as written once its bytes and the entry in its folder are both synced; it takes its final name only
//! after its bytes are synced, so no reader ever meets a torn file under it, after a power loss either.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// One thing done to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskStep {
    /// A file's bytes were synced.
    FileSynced(PathBuf),
    /// A file got this name, in place of another of that name.
    Renamed(PathBuf),
    /// A file got this name, which was free.
    Linked(PathBuf),
    /// A folder's entries were synced.
    FolderSynced(PathBuf),
}

/// A local disk. A watched one keeps a list of what was done.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    steps: Option<Arc<Mutex<Vec<DiskStep>>>>,
}

impl Disk {
    /// A disk that keeps a list of what is done to it.
    #[must_use]
    pub fn watched() -> Self {
        Self {
            steps: Some(Arc::default()),
        }
    }

    /// What was done so far, oldest first; empty unless watched.
    #[must_use]
    pub fn steps(&self) -> Vec<DiskStep> {
        let lock = self.steps.as_ref().and_then(|steps| steps.lock().ok());
        lock.map(|steps| steps.clone()).unwrap_or_default()
    }

    fn done(&self, step: DiskStep) {
        if let Some(mut steps) = self.steps.as_ref().and_then(|steps| steps.lock().ok()) {
            steps.push(step);
        }
    }

    /// Syncs a file's bytes.
    ///
    /// # Errors
    /// When the disk refuses; nothing is known about the bytes then, and the file must be written anew.
    pub fn sync_file(&self, file: &File, path: &Path) -> io::Result<()> {
        file.sync_all()?;
        self.done(DiskStep::FileSynced(path.to_owned()));
        Ok(())
    }

    /// Syncs a folder's entries.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()?;
        self.done(DiskStep::FolderSynced(path.to_owned()));
        Ok(())
    }

    /// Makes a folder and those above it, each synced into its parent.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create_folder(&self, path: &Path) -> io::Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.create_folder(parent)?;
        }
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => return Err(error),
        }
        self.sync_folder(folder_of(path))
    }

    /// Gives a synced file its final name, in place of one of that name; the folder is yet to be synced.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        self.done(DiskStep::Renamed(to.to_owned()));
        Ok(())
    }

    /// Gives a synced file a name that must be free; the folder is yet to be synced.
    ///
    /// # Errors
    /// When the name is taken or the disk refuses.
    pub fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)?;
        self.done(DiskStep::Linked(to.to_owned()));
        Ok(())
    }

    /// Writes a whole file so that it lasts, by way of a neighbour with the suffix `staged`.
    ///
    /// # Errors
    /// When the disk refuses or, for [`Naming::MustBeFree`], the name is taken; nothing stands under the name then.
    pub fn write(&self, path: &Path, parts: &[&[u8]], naming: Naming) -> io::Result<()> {
        let staged = staged_name(path);
        let written = self
            .write_staged(&staged, parts)
            .and_then(|()| self.take_name(&staged, path, naming));
        if written.is_err() {
            // What is left of the attempt is of no use to anybody; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&staged);
        }
        written
    }

    /// Writes a whole file whose bytes say its name, such as their digest: whoever writes it beside us writes the same. It is
    /// there whole or not at all; that it lasts under its name takes a sync of its folder, one for as many files as there are.
    ///
    /// # Errors
    /// When the disk refuses; nothing new stands under the name then.
    pub fn write_named(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Two processes must not write into one staged file.
        let own = path.with_added_extension(std::process::id().to_string());
        let staged = staged_name(&own);
        let written = self
            .write_staged(&staged, &[bytes])
            .and_then(|()| self.rename(&staged, path));
        if written.is_err() {
            // What is left of the attempt is of no use to anybody; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&staged);
        }
        written
    }

    fn write_staged(&self, staged: &Path, parts: &[&[u8]]) -> io::Result<()> {
        let mut file = File::create(staged)?;
        for part in parts {
            file.write_all(part)?;
        }
        self.sync_file(&file, staged)
    }

    /// Gives a synced, staged file its final name and syncs the folder.
    ///
    /// # Errors
    /// As [`Disk::write`].
    pub fn take_name(&self, staged: &Path, path: &Path, naming: Naming) -> io::Result<()> {
        match naming {
            Naming::Replaces => self.rename(staged, path)?,
            Naming::MustBeFree => {
                self.link(staged, path)?;
                fs::remove_file(staged)?;
            }
        }
        self.sync_folder(folder_of(path))
    }
}

/// Whether a name may be taken already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The file replaces one of its name.
    Replaces,
    /// The name must be free.
    MustBeFree,
}

/// The folder a path lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The name under which a file is written before it takes its own: always the same, so that what a killed process left
/// is written over by the next.
#[must_use]
pub fn staged_name(path: &Path) -> PathBuf {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    path.with_file_name(format!(".{name}.staged"))
}

/// Whether a path is a name that [`staged_name`] gave.
#[must_use]
pub fn is_staged(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('.') && name.ends_with(".staged"))
}
