//! Which stored files have rows under the keys of a delivery, without reading them: the keys of each file, in order, beside the
//! table.
//!
//! ```text
//! trueup keys 1\n
//! how many keys; for each block of them: its first key, its digest
//! the blocks: halves of keys, in order
//! ```
//! A file never changes, so its list of keys is good for ever. It is named by the file's digest and by the digest of what
//! stands before the blocks, which are held to theirs: a list that was damaged would let a row be counted twice. All of it is
//! a cache: whatever is missing or not as it should be is made again from the file.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::cached::{self, next_bytes};
use crate::digest::Digest;
use crate::store::StoredFile;

const MAGIC: &[u8] = b"trueup keys 1\n";
/// So many keys lie in a block.
const BLOCK_KEYS: usize = 4_096;
/// The bytes of a key, and of a block's line in the head: its first key and its digest.
const KEY_BYTES: usize = 8;
const LINE_BYTES: usize = KEY_BYTES + 32;
const ENDING: &str = "keys";

/// The half of a key that is listed: two rows of one half are told apart by reading the file.
pub fn half_of(key: u128) -> u64 {
    u64::try_from(key >> 64).unwrap_or(u64::MAX)
}

/// Lists of the keys of stored files.
#[derive(Debug)]
pub struct KeyLists {
    folder: PathBuf,
}

impl KeyLists {
    /// The lists beside a table, which lies in the folder of its kind.
    pub fn beside(table: &Path) -> Option<Self> {
        let kind = table.file_name()?;
        let state = table.parent()?.parent()?;
        Some(Self {
            folder: state.join("cache").join("keys").join(kind),
        })
    }

    /// Whether a file may have rows under some keys, which are in order; none where it has no list.
    pub fn has_any(&self, file: &StoredFile, halves: &[u64]) -> Option<bool> {
        let (path, digest) = self.list_of(file)?;
        any_in(&path, digest, halves)
    }

    /// The list of a file, and the digest of its head.
    fn list_of(&self, file: &StoredFile) -> Option<(PathBuf, Digest)> {
        let folder = self.folder.join(file.digest.to_string());
        fs::read_dir(folder).ok()?.find_map(|entry| {
            let path = entry.ok()?.path();
            let digest = cached::name_of(&path, ENDING)?;
            Some((path, digest))
        })
    }

    /// Keeps the list of a file. What cannot be kept is made again the next time.
    pub fn keep(&self, file: &StoredFile, mut halves: Vec<u64>) {
        halves.sort_unstable();
        halves.dedup();
        let (head, blocks) = encode(&halves);
        let folder = self.folder.join(file.digest.to_string());
        let _ = cached::keep(&folder, Digest::of(&head), ENDING, &[head, blocks].concat());
    }

    /// Removes the lists of files that are no longer a table's.
    pub fn leave(&self, files: &[StoredFile]) {
        let there: BTreeSet<String> = files.iter().map(|file| file.digest.to_string()).collect();
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let is_there = entry
                .file_name()
                .to_str()
                .is_some_and(|name| there.contains(name));
            if !is_there {
                // Left there it is of no use and does no harm.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// A list as bytes: what stands before the blocks, and the blocks.
fn encode(halves: &[u64]) -> (Vec<u8>, Vec<u8>) {
    let mut head = MAGIC.to_vec();
    head.extend(
        u64::try_from(halves.len())
            .unwrap_or(u64::MAX)
            .to_be_bytes(),
    );
    let mut blocks = Vec::with_capacity(halves.len() * KEY_BYTES);
    for block in halves.chunks(BLOCK_KEYS) {
        let bytes: Vec<u8> = block.iter().flat_map(|half| half.to_be_bytes()).collect();
        head.extend(block.first().copied().unwrap_or(0).to_be_bytes());
        head.extend(Digest::of(&bytes).0);
        blocks.extend(bytes);
    }
    (head, blocks)
}

/// Whether any of some halves stands in a list; none where the list is not as it should be.
fn any_in(path: &Path, digest: Digest, halves: &[u64]) -> Option<bool> {
    let mut file = File::open(path).ok()?;
    let mut head = next_bytes(&mut file, MAGIC.len() + KEY_BYTES)?;
    let (magic, count) = head.split_last_chunk::<KEY_BYTES>()?;
    let count = usize::try_from(u64::from_be_bytes(*count)).ok()?;
    let length = file.metadata().ok()?.len();
    if magic != MAGIC || u64::try_from(count.checked_mul(KEY_BYTES)?).ok()? > length {
        return None;
    }
    let lines = next_bytes(&mut file, count.div_ceil(BLOCK_KEYS) * LINE_BYTES)?;
    head.extend(&lines);
    if Digest::of(&head) != digest {
        return None;
    }
    let lines: Vec<(u64, &[u8])> = lines
        .chunks_exact(LINE_BYTES)
        .filter_map(|line| {
            let (first, digest) = line.split_first_chunk::<KEY_BYTES>()?;
            Some((u64::from_be_bytes(*first), digest))
        })
        .collect();
    let mut at = file.stream_position().ok()?;
    for (number, (first, digest)) in lines.iter().enumerate() {
        let length = (count - number * BLOCK_KEYS).min(BLOCK_KEYS) * KEY_BYTES;
        let wanted = between(halves, *first, lines.get(number + 1).map(|(next, _)| *next));
        let wanted = halves.get(wanted).unwrap_or_default();
        if !wanted.is_empty() {
            file.seek(SeekFrom::Start(at)).ok()?;
            let block = next_bytes(&mut file, length)?;
            if Digest::of(&block).0.as_slice() != *digest {
                return None;
            }
            if has_common(&block, wanted) {
                return Some(true);
            }
        }
        at += u64::try_from(length).ok()?;
    }
    Some(false)
}

/// The halves from one on and below the next, if there is one.
fn between(halves: &[u64], first: u64, next: Option<u64>) -> Range<usize> {
    let from = halves.partition_point(|half| *half < first);
    let until = match next {
        Some(next) => halves.partition_point(|half| *half < next),
        None => halves.len(),
    };
    from..until
}

/// Whether a block and some halves, both in order, have one in common.
fn has_common(block: &[u8], halves: &[u64]) -> bool {
    let mut rest = halves;
    for key in block.as_chunks::<KEY_BYTES>().0 {
        let key = u64::from_be_bytes(*key);
        // The next that is not below lies a few places on: look ever further, then between.
        let mut reach = 1;
        while rest.get(reach - 1).is_some_and(|half| *half < key) {
            reach *= 2;
        }
        let near = rest.get(..reach.min(rest.len())).unwrap_or(rest);
        let skipped = near.partition_point(|half| *half < key);
        rest = rest.get(skipped..).unwrap_or_default();
        match rest.first() {
            None => return false,
            Some(half) if *half == key => return true,
            Some(_) => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(of: &[u8]) -> StoredFile {
        StoredFile {
            digest: Digest::of(of),
            rows: 1,
            bytes: 1,
        }
    }

    fn lists() -> (tempfile::TempDir, KeyLists) {
        let folder = tempfile::tempdir().expect("a folder");
        let lists = KeyLists::beside(&folder.path().join("facts").join("sale")).expect("beside");
        (folder, lists)
    }

    proptest! {
        #[test]
        fn a_list_tells_whether_a_key_is_in_it(
            listed in prop::collection::vec(0_u64..50_000, 0..9_000),
            wanted in prop::collection::btree_set(0_u64..50_000, 0..60),
        ) {
            let (_folder, lists) = lists();
            let file = stored(b"one");
            prop_assert_eq!(lists.has_any(&file, &[1]), None, "it has no list");
            lists.keep(&file, listed.clone());
            let wanted: Vec<u64> = wanted.into_iter().collect();
            let expected = wanted.iter().any(|half| listed.contains(half));
            prop_assert_eq!(lists.has_any(&file, &wanted), Some(expected));
            for half in &wanted {
                prop_assert_eq!(lists.has_any(&file, &[*half]), Some(listed.contains(half)));
            }
        }
    }

    #[test]
    fn a_damaged_list_is_none_where_it_would_be_read() {
        let (_folder, lists) = lists();
        let file = stored(b"one");
        lists.keep(&file, (0..10_000).map(|at| at * 3).collect());
        let (path, _) = lists.list_of(&file).expect("kept");
        let whole = fs::read(&path).expect("read");
        // The head, and a byte of the second block.
        for at in [
            0,
            MAGIC.len() + 2,
            MAGIC.len() + 20,
            whole.len() - 8 * 4_096,
        ] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, &damaged).expect("written");
            assert_eq!(lists.has_any(&file, &[5_000 * 3 + 1]), None, "byte {at}");
        }
        for length in [0, 10, MAGIC.len() + 30, whole.len() - 8 * 4_096] {
            fs::write(&path, &whole[..length]).expect("written");
            assert_eq!(
                lists.has_any(&file, &[5_000 * 3 + 1]),
                None,
                "{length} bytes"
            );
        }
        fs::write(&path, &whole).expect("written");
        assert_eq!(lists.has_any(&file, &[5_000 * 3 + 1]), Some(false));
    }

    #[test]
    fn lists_go_with_their_files() {
        let (_folder, lists) = lists();
        let (one, two) = (stored(b"one"), stored(b"two"));
        for file in [&one, &two] {
            lists.keep(file, vec![7]);
        }
        lists.leave(std::slice::from_ref(&two));
        assert_eq!(lists.has_any(&one, &[7]), None);
        assert_eq!(lists.has_any(&two, &[7]), Some(true));
    }
}
