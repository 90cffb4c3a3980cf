//! An object store on a local disk that answers only when what it wrote will survive a power loss.
//!
//! The stock local store never syncs, and gives a commit of the Delta log its name while its bytes may still be in
//! memory only. Here a file is written beside its name, synced, named, and its folder synced; only then is it
//! acknowledged. Reading is the stock store's.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    RenameTargetMode, Result, UploadPart,
};

use crate::disk::{Disk, Naming, folder_of, staged_name};

/// The stock local store, made durable.
#[derive(Debug)]
pub struct DurableStore {
    reads: LocalFileSystem,
    disk: Disk,
}

impl DurableStore {
    /// A store whose root is the disk's.
    #[must_use]
    pub fn new(disk: Disk) -> Self {
        Self {
            reads: LocalFileSystem::new(),
            disk,
        }
    }

    fn place(&self, location: &Path) -> Result<PathBuf> {
        let place = self.reads.path_to_filesystem(location)?;
        self.disk
            .create_folder(folder_of(&place))
            .map_err(|error| refused(location, error))?;
        Ok(place)
    }
}

impl fmt::Display for DurableStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("local disk, synced")
    }
}

fn refused(location: &Path, source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists {
            path: location.to_string(),
            source: source.into(),
        },
        io::ErrorKind::NotFound => Error::NotFound {
            path: location.to_string(),
            source: source.into(),
        },
        _ => Error::Generic {
            store: "local disk",
            source: source.into(),
        },
    }
}

fn naming(mode: &PutMode) -> Result<Naming> {
    match mode {
        PutMode::Overwrite => Ok(Naming::Replaces),
        PutMode::Create => Ok(Naming::MustBeFree),
        PutMode::Update(_) => Err(Error::NotImplemented {
            operation: "a conditional update".to_owned(),
            implementer: "local disk".to_owned(),
        }),
    }
}

#[async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let naming = naming(&opts.mode)?;
        let place = self.place(location)?;
        let parts: Vec<&[u8]> = payload.iter().map(Bytes::as_ref).collect();
        self.disk
            .write(&place, &parts, naming)
            .map_err(|error| refused(location, error))?;
        Ok(PutResult {
            e_tag: None,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let place = self.place(location)?;
        let staged = staged_name(&place);
        let file = File::create(&staged).map_err(|error| refused(location, error))?;
        Ok(Box::new(Upload {
            location: location.clone(),
            place,
            staged,
            state: Arc::new(Mutex::new(UploadState {
                file: Some(file),
                failed: false,
            })),
            disk: self.disk.clone(),
        }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.reads.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        // What is deleted may come back after a power loss; nothing here relies on its absence.
        self.reads.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.reads.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reads.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let mode = match options.mode {
            CopyMode::Overwrite => PutMode::Overwrite,
            CopyMode::Create => PutMode::Create,
        };
        let bytes = self
            .reads
            .get_opts(from, GetOptions::default())
            .await?
            .bytes()
            .await?;
        self.put_opts(to, bytes.into(), mode.into()).await?;
        Ok(())
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        let naming = match options.target_mode {
            RenameTargetMode::Overwrite => Naming::Replaces,
            RenameTargetMode::Create => Naming::MustBeFree,
        };
        let source = self.reads.path_to_filesystem(from)?;
        let place = self.place(to)?;
        let renamed = || -> io::Result<()> {
            // Whoever wrote the file may not have synced it.
            self.disk.sync_file(&File::open(&source)?, &source)?;
            self.disk.take_name(&source, &place, naming)?;
            self.disk.sync_folder(folder_of(&source))
        };
        renamed().map_err(|error| refused(from, error))
    }
}

/// A file written in parts, one after another.
#[derive(Debug)]
struct Upload {
    location: Path,
    place: PathBuf,
    staged: PathBuf,
    state: Arc<Mutex<UploadState>>,
    disk: Disk,
}

#[derive(Debug)]
struct UploadState {
    file: Option<File>,
    failed: bool,
}

impl UploadState {
    fn append(&mut self, payload: &PutPayload) -> io::Result<()> {
        let Some(file) = self.file.as_mut().filter(|_| !self.failed) else {
            return Err(io::Error::other("the upload was given up"));
        };
        let written = payload.iter().try_for_each(|part| file.write_all(part));
        self.failed = written.is_err();
        written
    }
}

impl Upload {
    fn with_state<T>(&self, act: impl FnOnce(&mut UploadState) -> io::Result<T>) -> Result<T> {
        let mut state = self
            .state
            .lock()
            .map_err(|_| refused(&self.location, io::Error::other("the upload was given up")))?;
        act(&mut state).map_err(|error| refused(&self.location, error))
    }

    fn finish(&self, staged: &FilePath) -> Result<()> {
        self.with_state(|state| {
            let file = state.file.take().filter(|_| !state.failed);
            let file = file.ok_or_else(|| io::Error::other("a part could not be written"))?;
            self.disk.sync_file(&file, staged)?;
            self.disk.take_name(staged, &self.place, Naming::Replaces)
        })
    }
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        // Written at once, not when awaited: parts are called for in order, but may be awaited in any.
        let written = self.with_state(|state| state.append(&data));
        Box::pin(async move { written })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let finished = self.finish(&self.staged);
        if finished.is_err() {
            let _ = std::fs::remove_file(&self.staged);
        }
        finished.map(|()| PutResult {
            e_tag: None,
            version: None,
        })
    }

    async fn abort(&mut self) -> Result<()> {
        self.with_state(|state| {
            state.file = None;
            std::fs::remove_file(&self.staged)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::DiskStep::{self, FileSynced, FolderSynced, Linked, Renamed};
    use object_store::ObjectStoreExt as _;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(future)
    }

    struct Bench {
        folder: tempfile::TempDir,
        store: DurableStore,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            Self {
                folder,
                store: DurableStore::new(Disk::watched()),
            }
        }

        fn at(&self, name: &str) -> (Path, PathBuf) {
            let place = self.folder.path().join(name);
            (Path::from_absolute_path(&place).expect("a path"), place)
        }

        fn steps(&self) -> Vec<DiskStep> {
            self.store.disk.steps()
        }
    }

    #[test]
    fn a_commit_is_synced_before_it_has_its_name_and_its_folder_after() {
        let bench = Bench::new();
        let (location, place) = bench.at("00.json");
        let create = || PutOptions::from(PutMode::Create);
        wait(bench.store.put_opts(&location, "one".into(), create())).expect("written");
        let folder = bench.folder.path().to_owned();
        assert_eq!(
            bench.steps(),
            [
                FileSynced(staged_name(&place)),
                Linked(place.clone()),
                FolderSynced(folder)
            ]
        );
        let again = wait(bench.store.put_opts(&location, "two".into(), create()));
        assert!(
            matches!(again, Err(Error::AlreadyExists { .. })),
            "{again:?}"
        );
        assert_eq!(std::fs::read(&place).expect("readable"), b"one");
        assert_eq!(
            std::fs::read_dir(bench.folder.path())
                .expect("readable")
                .count(),
            1,
            "nothing staged is left"
        );
    }

    #[test]
    fn an_overwrite_a_rename_and_a_copy_are_synced_too() {
        let bench = Bench::new();
        let folder = bench.folder.path().to_owned();
        let (first, first_place) = bench.at("first");
        let (second, second_place) = bench.at("second");
        let (third, third_place) = bench.at("third");
        wait(bench.store.put(&first, "one".into())).expect("written");
        wait(bench.store.rename(&first, &second)).expect("renamed");
        wait(bench.store.copy(&second, &third)).expect("copied");
        assert_eq!(
            bench.steps(),
            [
                FileSynced(staged_name(&first_place)),
                Renamed(first_place.clone()),
                FolderSynced(folder.clone()),
                FileSynced(first_place.clone()),
                Renamed(second_place),
                FolderSynced(folder.clone()),
                FolderSynced(folder.clone()),
                FileSynced(staged_name(&third_place)),
                Renamed(third_place.clone()),
                FolderSynced(folder),
            ]
        );
        assert!(!first_place.exists());
        assert_eq!(std::fs::read(third_place).expect("readable"), b"one");
    }

    #[test]
    fn an_upload_in_parts_is_synced_when_complete_and_leaves_nothing_when_given_up() {
        let bench = Bench::new();
        let folder = bench.folder.path().to_owned();
        let (location, place) = bench.at("deep/file");
        let mut upload = wait(bench.store.put_multipart(&location)).expect("begun");
        let second = upload.put_part("b".into());
        let third = upload.put_part("c".into());
        wait(third).expect("written");
        wait(second).expect("written");
        assert!(!place.exists());
        wait(upload.complete()).expect("completed");
        assert_eq!(std::fs::read(&place).expect("readable"), b"bc");
        let deep = folder.join("deep");
        assert_eq!(
            bench.steps(),
            [
                FolderSynced(folder),
                FileSynced(staged_name(&place)),
                Renamed(place.clone()),
                FolderSynced(deep.clone())
            ]
        );
        let (other, _) = bench.at("deep/other");
        let mut upload = wait(bench.store.put_multipart(&other)).expect("begun");
        wait(upload.abort()).expect("given up");
        assert!(wait(upload.complete()).is_err());
        assert_eq!(std::fs::read_dir(deep).expect("readable").count(), 1);
    }
}
