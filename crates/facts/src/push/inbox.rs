//! The inbox: what was acknowledged and is not in the tables yet.
//!
//! A segment is a file of frames, each synced before anybody is told of its rows. A frame that is not whole at the end of a
//! segment was never acknowledged. After a failed sync a segment is left alone and another begun, since nothing is known of
//! what the disk holds.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::disk::Disk;
use crate::error::Fault;
use crate::raw::RawRow;

const SUFFIX: &str = ".events";
/// The length of a frame and half a digest of it.
const HEAD: usize = 4 + 16;

/// Rows of one source that were acknowledged together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The source.
    pub source: String,
    /// When they came, in milliseconds since 1970.
    pub at_ms: i64,
    /// The rows; each stands at its place in the segment, from 1.
    pub rows: Vec<RawRow>,
}

/// A segment that nothing is added to any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Its number; numbers rise.
    pub number: u64,
    /// Where it lies.
    pub path: PathBuf,
}

/// What a segment holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its batches, in order.
    pub batches: Vec<Batch>,
    /// Bytes at its end that are no whole frame, and were never acknowledged.
    pub torn: usize,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    rows: u64,
}

/// The inbox of a program. Only who may write facts may add to it.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    disk: Disk,
    next: u64,
    open: Option<Open>,
}

impl Inbox {
    /// The folder of the inbox in a state folder.
    #[must_use]
    pub fn folder(state: &Path) -> PathBuf {
        state.join("inbox")
    }

    /// Opens the inbox; what is in it is sealed.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub fn open(state: &Path, disk: Disk) -> Result<Self, Fault> {
        let folder = Self::folder(state);
        disk.create_folder(&folder).map_err(Fault::write(&folder))?;
        let last = segments(state)?.last().map_or(0, |segment| segment.number);
        Ok(Self {
            folder,
            disk,
            next: last + 1,
            open: None,
        })
    }

    /// How many rows the segment has that is being written.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.rows)
    }

    /// Adds batches, numbering their rows. When this returns they last.
    ///
    /// # Errors
    /// When the disk refuses: then nothing is acknowledged, and the segment is left as it is.
    pub fn add(&mut self, mut batches: Vec<Batch>) -> Result<(), Fault> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.begin()?,
        };
        for row in batches.iter_mut().flat_map(|batch| &mut batch.rows) {
            open.rows += 1;
            row.at = open.rows;
        }
        let failed = |error| Fault::write(&open.path)(error);
        let payload = serde_json::to_vec(&batches).map_err(|error| failed(error.into()))?;
        let length = u32::try_from(payload.len())
            .map_err(|_| failed(std::io::ErrorKind::FileTooLarge.into()))?;
        let mut frame = Vec::with_capacity(HEAD + payload.len());
        frame.extend(length.to_be_bytes());
        frame.extend(Digest::of(&payload).half().to_be_bytes());
        frame.extend(payload);
        open.file.write_all(&frame).map_err(failed)?;
        self.disk
            .sync_file(&open.file, &open.path)
            .map_err(failed)?;
        self.open = Some(open);
        Ok(())
    }

    fn begin(&mut self) -> Result<Open, Fault> {
        let path = self.folder.join(format!("{:012}{SUFFIX}", self.next));
        self.next += 1;
        let file = File::create_new(&path).map_err(Fault::write(&path))?;
        self.disk
            .sync_folder(&self.folder)
            .map_err(Fault::write(&self.folder))?;
        Ok(Open {
            file,
            path,
            rows: 0,
        })
    }

    /// Ends the segment that is being written.
    pub fn seal(&mut self) {
        self.open = None;
    }

    /// Removes a segment that was folded.
    ///
    /// # Errors
    /// When the disk refuses; it is folded again then, and changes nothing.
    pub fn remove(disk: &Disk, segment: &Segment) -> Result<(), Fault> {
        fs::remove_file(&segment.path).map_err(Fault::write(&segment.path))?;
        let folder = crate::disk::folder_of(&segment.path);
        disk.sync_folder(folder).map_err(Fault::write(folder))
    }
}

/// The segments in a state folder, oldest first; the last may still be written to.
///
/// # Errors
/// When the folder cannot be listed.
pub fn segments(state: &Path) -> Result<Vec<Segment>, Fault> {
    let folder = Inbox::folder(state);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Fault::read(&folder))? {
        let path = entry.map_err(Fault::read(&folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
        if let Some(number) = number {
            segments.push(Segment { number, path });
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Reads a sealed segment.
///
/// # Errors
/// When it cannot be read, or a frame before its last is damaged.
pub fn read(segment: &Segment) -> Result<Read, Fault> {
    let bytes = fs::read(&segment.path).map_err(Fault::read(&segment.path))?;
    let digest = Digest::of(&bytes);
    let mut batches = Vec::new();
    let mut left = bytes.as_slice();
    while !left.is_empty() {
        let Some((payload, after)) = frame(left) else {
            // An acknowledged frame has frames after it that are whole, or is whole itself.
            if later_frame(left) {
                return Err(Fault::Damaged {
                    path: segment.path.clone(),
                    what: format!(
                        "its frame at byte {} is not what was acknowledged",
                        bytes.len() - left.len()
                    ),
                });
            }
            break;
        };
        let read: Vec<Batch> = serde_json::from_slice(payload).map_err(|error| Fault::Damaged {
            path: segment.path.clone(),
            what: error.to_string(),
        })?;
        batches.extend(read);
        left = after;
    }
    Ok(Read {
        digest,
        batches,
        torn: left.len(),
    })
}

/// The whole frame at the beginning, and what is after it.
fn frame(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (half, rest) = rest.split_first_chunk::<16>()?;
    let length = u32::from_be_bytes(*length) as usize;
    let (payload, after) = rest.split_at_checked(length)?;
    let is_whole = Digest::of(payload).half() == u128::from_be_bytes(*half);
    is_whole.then_some((payload, after))
}

/// Whether a whole frame follows the broken one, as far as its length can be believed.
fn later_frame(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let length = u32::from_be_bytes(*length) as usize;
    let after = rest.get(16..).and_then(|rest| rest.get(length..));
    after.is_some_and(|after| frame(after).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw::{RawCell, RawCells};

    fn batch(source: &str, ids: &[&str]) -> Batch {
        Batch {
            source: source.to_owned(),
            at_ms: 7,
            rows: ids
                .iter()
                .map(|id| RawRow {
                    at: 0,
                    cells: RawCells::from([("id".to_owned(), RawCell::Text((*id).to_owned()))]),
                })
                .collect(),
        }
    }

    fn written() -> (tempfile::TempDir, Segment) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut inbox = Inbox::open(folder.path(), Disk::default()).expect("opened");
        inbox.add(vec![batch("a", &["1", "2"])]).expect("added");
        inbox
            .add(vec![batch("b", &["3"]), batch("a", &["4"])])
            .expect("added");
        inbox.seal();
        let segment = segments(folder.path()).expect("listed").remove(0);
        (folder, segment)
    }

    #[test]
    fn what_was_added_is_read_in_order_and_numbered() {
        let (folder, segment) = written();
        let read = read(&segment).expect("read");
        let rows: Vec<(String, u64)> = read
            .batches
            .iter()
            .flat_map(|batch| batch.rows.iter().map(|row| (batch.source.clone(), row.at)))
            .collect();
        let expected = [("a", 1), ("a", 2), ("b", 3), ("a", 4)];
        assert_eq!(rows, expected.map(|(source, at)| (source.to_owned(), at)));
        assert_eq!((segment.number, read.torn), (1, 0));
        let mut again = Inbox::open(folder.path(), Disk::default()).expect("opened");
        again.add(vec![batch("a", &["5"])]).expect("added");
        let numbers: Vec<u64> = segments(folder.path())
            .expect("listed")
            .iter()
            .map(|segment| segment.number)
            .collect();
        assert_eq!(
            numbers,
            [1, 2],
            "an earlier process's segment is never added to"
        );
    }

    #[test]
    fn a_segment_cut_anywhere_has_its_whole_frames() {
        let (_folder, segment) = written();
        let bytes = fs::read(&segment.path).expect("read");
        let (_, after) = frame(&bytes).expect("a frame");
        let first = bytes.len() - after.len();
        for kept in 0..bytes.len() {
            fs::write(&segment.path, &bytes[..kept]).expect("written");
            let read = read(&segment).expect("read");
            assert_eq!(read.batches.len(), usize::from(kept >= first), "{kept}");
        }
    }

    #[test]
    fn a_flipped_bit_before_the_last_frame_is_damage_and_in_it_drops_that_frame_only() {
        let (_folder, segment) = written();
        let bytes = fs::read(&segment.path).expect("read");
        let (_, after) = frame(&bytes).expect("a frame");
        let first = bytes.len() - after.len();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            fs::write(&segment.path, &flipped).expect("written");
            match read(&segment) {
                Err(Fault::Damaged { .. }) => assert!(at < first, "{at}"),
                Err(other) => panic!("{at}: {other}"),
                // A length that cannot be believed hides what comes after it; nothing of it counts then.
                Ok(read) => assert!(
                    (at >= first && read.batches.len() == 1) || (at < 4 && read.batches.is_empty()),
                    "{at}: {read:?}"
                ),
            }
        }
    }
}
