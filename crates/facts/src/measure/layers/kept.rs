//! The layers that were worked out before: which of them serve a snapshot, and keeping new ones.
//!
//! A layer is good for ever, since the files it covers never change; so nothing is ever out of date, only of no use. A
//! snapshot is served by layers that cover only files of its own, each file once; the files that are left are read. Small
//! layers are merged as they become many, so that a run merges few. All of this is a cache: it may be deleted at any time,
//! and what is damaged or cannot be written is worked out again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::cells::merged;
use super::file::{decode, encode, read_covers, read_part};
use super::layer::Layer;
use crate::cached;
use crate::digest::Digest;
use crate::store::StoredFile;

/// So many layers of one pass may lie beside each other before the smaller ones are merged.
const LAYERS_MAX: usize = 6;
/// A layer is merged with the next larger one when that has not so many times as many cells.
const GROWS_BY: usize = 4;
/// So many passes are remembered or kept for each kind; the oldest go first.
const PASSES_MAX: usize = 64;
const ENDING: &str = "layer";

/// Layers kept in a folder, in memory, or both.
#[derive(Debug, Default)]
pub struct KeptLayers {
    folder: Option<PathBuf>,
    memory: Option<Mutex<BTreeMap<Digest, Vec<Arc<Kept>>>>>,
}

/// A layer and the files it covers.
#[derive(Debug)]
pub struct Kept {
    /// The files.
    pub covers: BTreeSet<Digest>,
    /// What they come to.
    pub layer: Layer,
}

/// A layer that there is: at hand, or on disk.
enum There {
    AtHand(Arc<Kept>),
    OnDisk(PathBuf, BTreeSet<Digest>),
}

impl There {
    fn covers(&self) -> &BTreeSet<Digest> {
        match self {
            Self::AtHand(kept) => &kept.covers,
            Self::OnDisk(_, covers) => covers,
        }
    }
}

impl KeptLayers {
    /// No layers, and none are kept.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Layers in the state folder of a program.
    #[must_use]
    pub fn in_folder(state: &Path) -> Self {
        Self {
            folder: Some(state.join("cache").join("measures")),
            memory: None,
        }
    }

    /// The same, and whatever was used stays in memory: for a process that answers many times.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self {
            memory: Some(Mutex::default()),
            ..self
        }
    }

    /// The layers of a pass that serve these files, and the files that none covers. For one partner they may be parts of what
    /// is kept, which say all about that partner.
    pub(super) fn serving(
        &self,
        pass: Digest,
        files: &[StoredFile],
        only: Option<&str>,
    ) -> (Vec<Arc<Kept>>, Vec<StoredFile>) {
        let wanted: BTreeSet<Digest> = files.iter().map(|file| file.digest).collect();
        let mut there: Vec<There> = self
            .remembered(pass)
            .into_iter()
            .map(There::AtHand)
            .collect();
        for (path, covers) in self.on_disk(pass) {
            if there.iter().all(|known| *known.covers() != covers) {
                there.push(There::OnDisk(path, covers));
            }
        }
        there.retain(|there| !there.covers().is_empty() && there.covers().is_subset(&wanted));
        there.sort_by_key(|there| std::cmp::Reverse(there.covers().len()));
        let mut covered: BTreeSet<Digest> = BTreeSet::new();
        let mut serving = Vec::new();
        for there in there {
            if !there.covers().is_disjoint(&covered) {
                continue;
            }
            let kept = match there {
                There::AtHand(kept) => kept,
                There::OnDisk(path, covers) => {
                    let Some(layer) = read(&path, only) else {
                        continue;
                    };
                    let kept = Arc::new(Kept { covers, layer });
                    if only.is_none() {
                        self.remember(pass, kept.clone());
                    }
                    kept
                }
            };
            covered.extend(kept.covers.iter().copied());
            serving.push(kept);
        }
        let left = files.iter().filter(|file| !covered.contains(&file.digest));
        (serving, left.cloned().collect())
    }

    /// Keeps a new layer beside those that served with it, and merges small ones; gives back all that serve now.
    pub(super) fn keep(
        &self,
        pass: Digest,
        mut serving: Vec<Arc<Kept>>,
        new: Kept,
    ) -> Vec<Arc<Kept>> {
        serving = self.keep_beside(pass, serving, new);
        if self.folder.is_none() && self.memory.is_none() {
            return serving;
        }
        serving.sort_by_key(|kept| std::cmp::Reverse(kept.layer.cells.len()));
        while let [.., larger, smaller] = serving.as_slice() {
            let is_close =
                larger.layer.cells.len() < GROWS_BY.saturating_mul(smaller.layer.cells.len());
            if !is_close && serving.len() <= LAYERS_MAX {
                break;
            }
            let whole = Arc::new(Kept {
                covers: larger.covers.union(&smaller.covers).copied().collect(),
                layer: merged([&larger.layer, &smaller.layer]),
            });
            self.add(pass, &whole);
            self.forget(pass, &[larger.clone(), smaller.clone()]);
            serving.truncate(serving.len() - 2);
            serving.push(whole);
            serving.sort_by_key(|kept| std::cmp::Reverse(kept.layer.cells.len()));
        }
        serving
    }

    /// Keeps a new layer beside parts that served with it, which cannot be merged.
    pub(super) fn keep_beside(
        &self,
        pass: Digest,
        mut serving: Vec<Arc<Kept>>,
        new: Kept,
    ) -> Vec<Arc<Kept>> {
        let new = Arc::new(new);
        self.add(pass, &new);
        serving.push(new);
        serving
    }

    fn remembered(&self, pass: Digest) -> Vec<Arc<Kept>> {
        let Some(memory) = &self.memory else {
            return Vec::new();
        };
        let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.get(&pass).cloned().unwrap_or_default()
    }

    fn remember(&self, pass: Digest, kept: Arc<Kept>) {
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            if !memory.contains_key(&pass) && memory.len() >= PASSES_MAX {
                memory.pop_first();
            }
            let of_pass = memory.entry(pass).or_default();
            of_pass.retain(|known| known.covers != kept.covers);
            of_pass.push(kept);
        }
    }

    fn folder_of(&self, pass: Digest) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(pass.to_string()))
    }

    fn on_disk(&self, pass: Digest) -> Vec<(PathBuf, BTreeSet<Digest>)> {
        let Some(folder) = self.folder_of(pass) else {
            return Vec::new();
        };
        let Ok(entries) = fs::read_dir(folder) else {
            return Vec::new();
        };
        let mut there: Vec<(PathBuf, BTreeSet<Digest>)> = entries
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                cached::name_of(&path, ENDING)?;
                let covers = read_covers(&path)?;
                Some((path, covers))
            })
            .collect();
        there.sort();
        there
    }

    fn add(&self, pass: Digest, kept: &Arc<Kept>) {
        self.remember(pass, kept.clone());
        let Some(folder) = self.folder_of(pass) else {
            return;
        };
        // What cannot be kept is worked out again the next time.
        let _ = write(&folder, kept);
        if let Some(all) = folder.parent() {
            let _ = leave_few(all, &folder);
        }
    }

    fn forget(&self, pass: Digest, gone: &[Arc<Kept>]) {
        if let Some(memory) = &self.memory {
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(of_pass) = memory.get_mut(&pass) {
                of_pass.retain(|known| gone.iter().all(|gone| gone.covers != known.covers));
            }
        }
        for (path, covers) in self.on_disk(pass) {
            if gone.iter().any(|gone| gone.covers == covers) {
                // Left there it is of no use and does no harm.
                let _ = fs::remove_file(path);
            }
        }
    }
}

/// The layer in a file that still is what it is named by, or as much of it as says all about one partner.
fn read(path: &Path, only: Option<&str>) -> Option<Layer> {
    let named = cached::name_of(path, ENDING)?;
    match only {
        None => decode(&fs::read(path).ok()?, named),
        Some(partner) => read_part(&mut fs::File::open(path).ok()?, named, partner),
    }
}

fn write(folder: &Path, kept: &Kept) -> std::io::Result<()> {
    let Some((name, bytes)) = encode(&kept.covers, &kept.layer) else {
        return Ok(());
    };
    cached::keep(folder, name, ENDING, &bytes)
}

/// Removes the folders of passes that were not added to for longest.
fn leave_few(all: &Path, but: &Path) -> std::io::Result<()> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(all)? {
        let entry = entry?;
        folders.push((entry.metadata()?.modified()?, entry.path()));
    }
    folders.sort();
    let surplus = folders.len().saturating_sub(PASSES_MAX);
    for (_, folder) in folders
        .into_iter()
        .filter(|(_, path)| path != but)
        .take(surplus)
    {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
