//! Files written anew as one: what the log says of it, and what stands for what.
//!
//! A delivery's files are what a snapshot is of; a compacted file only holds the same rows in another place. So whatever
//! names or compares snapshots goes by the delivered files, and reading goes by any files that hold the rows of just those.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::file::StoredFile;
use crate::digest::Digest;

/// The version of the form that compactions are written in.
pub const COMPACTION_FORM: u32 = 1;

/// Files of one source that were written anew as one, as the commit says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Compaction {
    /// The version of this entry's form.
    pub form: u32,
    /// When, in UTC to the second.
    pub at: String,
    /// The source.
    pub source: String,
    /// The file they became.
    pub file: StoredFile,
    /// The files it holds the rows of, in the order of their digests.
    pub from: Vec<Digest>,
}

/// A compaction ready to be committed.
#[derive(Debug)]
pub struct CompactionCommit {
    /// Where the file was written.
    pub path: PathBuf,
    /// What readers may skip it by, in Delta's form.
    pub stats: String,
    /// What it is of.
    pub compaction: Compaction,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// All compactions of a table, and which delivered files each file holds the rows of.
#[derive(Debug, Default)]
pub struct Lineage {
    /// By compacted file.
    delivered: BTreeMap<StoredFile, BTreeSet<Digest>>,
}

impl Lineage {
    /// From the compactions of a table, oldest first.
    #[must_use]
    pub fn of(compactions: &[Compaction]) -> Self {
        let mut by_digest: BTreeMap<Digest, BTreeSet<Digest>> = BTreeMap::new();
        let mut delivered = BTreeMap::new();
        for compaction in compactions {
            let mut all = BTreeSet::new();
            for from in &compaction.from {
                match by_digest.get(from) {
                    Some(known) => all.extend(known),
                    None => {
                        all.insert(*from);
                    }
                }
            }
            by_digest.insert(compaction.file.digest, all.clone());
            delivered.insert(compaction.file.clone(), all);
        }
        Self { delivered }
    }

    /// Files that hold the rows of just these delivered ones, each once: compacted ones as far as they go. None where some
    /// of the rows are in no file that is there.
    #[must_use]
    pub fn cover(
        &self,
        delivered: &BTreeSet<StoredFile>,
        is_there: impl Fn(&StoredFile) -> bool,
    ) -> Option<BTreeSet<StoredFile>> {
        let mut left: BTreeMap<Digest, &StoredFile> =
            delivered.iter().map(|file| (file.digest, file)).collect();
        let mut largest_first: Vec<(&StoredFile, &BTreeSet<Digest>)> =
            self.delivered.iter().collect();
        largest_first.sort_by_key(|(_, of)| std::cmp::Reverse(of.len()));
        let mut cover = BTreeSet::new();
        for (file, of) in largest_first {
            if of.iter().all(|one| left.contains_key(one)) && is_there(file) {
                left.retain(|digest, _| !of.contains(digest));
                cover.insert(file.clone());
            }
        }
        for file in left.into_values() {
            if !is_there(file) {
                return None;
            }
            cover.insert(file.clone());
        }
        Some(cover)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> StoredFile {
        StoredFile {
            digest: Digest::of(name.as_bytes()),
            bytes: 1,
            rows: 1,
        }
    }

    fn compaction(name: &str, from: &[&str]) -> Compaction {
        Compaction {
            form: COMPACTION_FORM,
            at: String::new(),
            source: "s".to_owned(),
            file: file(name),
            from: from.iter().map(|name| file(name).digest).collect(),
        }
    }

    fn check(delivered: &str, there: &str, cover: Option<&str>) {
        let lineage = Lineage::of(&[
            compaction("A", &["a", "b"]),
            compaction("B", &["c", "d"]),
            compaction("C", &["A", "B", "e"]),
        ]);
        let set = |names: &str| -> BTreeSet<StoredFile> {
            names.chars().map(|name| file(&name.to_string())).collect()
        };
        let found = lineage.cover(&set(delivered), |file| set(there).contains(file));
        assert_eq!(found, cover.map(set), "{delivered} of {there}");
    }

    #[test]
    fn files_that_are_there_stand_for_those_they_were_made_of() {
        check("abcdef", "Cf", Some("Cf"));
        check("abcdef", "abcdef", Some("abcdef"));
        check("abcd", "AB", Some("AB"));
        check("abc", "ABc", Some("Ac"));
        check("abcde", "ABCe", Some("C"));
        // What holds a row too many stands for nothing.
        check("abcd", "C", None);
        check("a", "AB", None);
        check("", "ABC", Some(""));
    }
}
