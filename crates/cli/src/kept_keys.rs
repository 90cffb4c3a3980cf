//! The secret keys that are kept beside a program's journal, each in a file of its own that only its owner can read.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use trueup_facts::disk::{Disk, Naming, staged_name};
use trueup_facts::program::state_folder;
use trueup_journal::{Checkpoint, Organisation, PublicKey, SecretKey};

use crate::failure::Failure;

/// How many digits the id of a key has, by which its file is named.
const ID_DIGITS: usize = 8;

/// The kept keys of a program. A file is read when its key is asked for: a program of many partners has many.
pub struct KeptKeys {
    folder: PathBuf,
    read: Mutex<BTreeMap<String, Arc<SecretKey>>>,
}

impl KeptKeys {
    /// Of a program.
    pub fn of(program: &Path) -> Self {
        Self {
            folder: keys_folder(program),
            read: Mutex::default(),
        }
    }

    /// The secret of a key, if it is kept.
    pub fn secret(&self, public: &PublicKey) -> Result<Option<Arc<SecretKey>>, Failure> {
        let named = self.with_id(&public.id())?;
        if let Some(key) = named.filter(|key| key.public() == public) {
            return Ok(Some(key));
        }
        // Somebody may have laid it there under another name.
        for path in files(&self.folder)?
            .iter()
            .filter(|path| !is_named_by_id(path))
        {
            let key = read_key(path)?;
            if key.public() == public {
                return Ok(Some(Arc::new(key)));
            }
        }
        Ok(None)
    }

    /// Whether a checkpoint is signed by a key of the vendor that is kept here: whoever has it signs for the journal.
    pub fn signed(&self, checkpoint: &Checkpoint) -> bool {
        checkpoint.key_ids().iter().any(|id| {
            let key = self.with_id(id).ok().flatten();
            key.is_some_and(|key| {
                *key.public().organisation() == Organisation::Vendor
                    && checkpoint.signed_by(key.public()).is_ok()
            })
        })
    }

    fn with_id(&self, id: &str) -> Result<Option<Arc<SecretKey>>, Failure> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = read.get(id) {
            return Ok(Some(Arc::clone(key)));
        }
        let path = self.folder.join(format!("{id}.key"));
        if !path.is_file() {
            return Ok(None);
        }
        let key = Arc::new(read_key(&path)?);
        read.insert(id.to_owned(), Arc::clone(&key));
        Ok(Some(key))
    }
}

fn is_named_by_id(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.is_some_and(|stem| {
        stem.len() == ID_DIGITS && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Where a program's kept keys lie.
pub fn keys_folder(program: &Path) -> PathBuf {
    state_folder(program).join("keys")
}

/// Keeps a key where the journal's commands find it.
pub fn keep_key(program: &Path, key: &SecretKey) -> Result<(), Failure> {
    let folder = keys_folder(program);
    let path = folder.join(format!("{}.key", key.public().id()));
    Disk::default().create_folder(&folder).map_err(|error| {
        Failure::fault(format!("keeping a key in {}", folder.display()), &error)
    })?;
    write_secret(&path, &key.reveal())
}

/// Writes a file that only its owner can read, and makes it last; one of that name must not be there. It is there whole or not
/// at all.
pub fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let staged = staged_name(path);
    let written = stage_secret(&staged, text)
        .and_then(|()| Disk::default().take_name(&staged, path, Naming::MustBeFree));
    written.map_err(|error| {
        // What is left of the attempt is of no use to anybody.
        let _ = fs::remove_file(&staged);
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => Failure::Use(format!(
                "{} is there already; name another file, or move it away",
                path.display()
            )),
            _ => Failure::fault(format!("writing {}", path.display()), &error),
        }
    })
}

fn stage_secret(staged: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(staged)?;
    file.write_all(text.as_bytes())?;
    Disk::default().sync_file(&file, staged)
}

/// Reads a key from its file.
pub fn read_key(path: &Path) -> Result<SecretKey, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
    SecretKey::parse(&text)
        .map_err(|error| Failure::fault(format!("reading the key in {}", path.display()), &error))
}

/// Whether keys are kept where a program's journal would be.
pub fn has_keys(program: &Path) -> Result<bool, Failure> {
    files(&keys_folder(program)).map(|files| !files.is_empty())
}

/// The files of keys in a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let fault =
        |error: std::io::Error| Failure::fault(format!("listing {}", folder.display()), &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|ending| ending == "key") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}
