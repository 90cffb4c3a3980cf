//! Zip archives in, only where there is one way to read them, and within bounds.
//!
//! A zip archive says everything twice, and its directory may name bytes that another entry has already. What its
//! entries' own headers and its directory do not agree on, encrypted entries, two of one name, and sizes beyond the bounds
//! are refused before anything is unpacked; what an entry unpacks to is held to what it promised.

use std::fs::File;
use std::io::{self, BufReader, Read};

use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use crate::cage::Refusal;

/// The most entries that are taken.
pub const ENTRIES_MAX: usize = 2_000;
/// What an entry may unpack to before the ratio counts.
const RATIO_FREE_BYTES: u64 = 1 << 20;

/// How much may be unpacked.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of all entries together.
    pub unpacked_max: Option<u64>,
    /// Unpacked bytes of an entry for each packed one.
    pub ratio_max: u64,
}

/// Why an archive is not read.
#[derive(Debug)]
pub enum ArchiveError {
    /// The disk failed.
    Disk(io::Error),
    /// What is wrong with it.
    Refused(String),
}

impl ArchiveError {
    fn refused(what: impl Into<String>) -> Self {
        Self::Refused(what.into())
    }

    fn of(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) if error.raw_os_error().is_some() => Self::Disk(error),
            ZipError::CompressionMethodNotSupported(_) => {
                Self::refused("it is packed in a way other than deflate")
            }
            ZipError::InvalidArchive(_) => Self::refused("its directory is missing or damaged"),
            other => Self::Refused(other.to_string()),
        }
    }

    /// The refusal it comes to.
    pub fn into_refusal(self, refused: impl FnOnce(String) -> Refusal) -> Refusal {
        match self {
            Self::Disk(error) => Refusal::unreadable(error),
            Self::Refused(what) => refused(what),
        }
    }
}

/// A zip archive that can be read in one way only.
pub struct Archive {
    zip: ZipArchive<BufReader<File>>,
    names: Vec<String>,
}

impl Archive {
    /// Reads the directory and holds every entry to it.
    ///
    /// # Errors
    /// When it cannot be trusted, or unpacks to more than the bounds allow.
    pub fn open(file: File, bounds: &Bounds) -> Result<Self, ArchiveError> {
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(ArchiveError::of)?;
        if zip.has_duplicate_names() {
            return Err(ArchiveError::refused("two of its entries have one name"));
        }
        if zip.len() > ENTRIES_MAX {
            let what = format!("it has more than {ENTRIES_MAX} entries");
            return Err(ArchiveError::Refused(what));
        }
        let mut sum = 0_u64;
        let mut is_beyond_ratio = false;
        let mut names = Vec::new();
        for at in 0..zip.len() {
            let entry = zip.by_index_data(at).map_err(ArchiveError::of)?;
            if entry.encrypted() {
                let what = "it is encrypted; send it without a password";
                return Err(ArchiveError::refused(what));
            }
            sum = sum.saturating_add(entry.size());
            let measure = entry.compressed_size().saturating_mul(bounds.ratio_max);
            is_beyond_ratio |= entry.size() > measure.max(RATIO_FREE_BYTES);
            names.push(entry.name().map_err(ArchiveError::of)?.into_owned());
        }
        if let Some(max) = bounds.unpacked_max.filter(|max| sum > *max) {
            let what = format!("it unpacks to {sum} bytes and {max} are taken");
            return Err(ArchiveError::Refused(what));
        }
        if is_beyond_ratio {
            let what = format!(
                "one of its entries unpacks to more than {} times its size",
                bounds.ratio_max
            );
            return Err(ArchiveError::Refused(what));
        }
        zip.validate_header_consistency()
            .map_err(|error| match ArchiveError::of(error) {
                ArchiveError::Refused(_) => {
                    ArchiveError::refused("an entry's own header and the directory disagree")
                }
                disk @ ArchiveError::Disk(_) => disk,
            })?;
        Ok(Self { zip, names })
    }

    /// The names of its entries.
    pub fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Whether there is an entry of this name.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Where an entry is, by its name; letters count alike in either case, as they do in workbooks.
    fn find(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|known| known == name);
        exact.or_else(|| {
            let alike = |known: &String| known.eq_ignore_ascii_case(name);
            self.names.iter().position(alike)
        })
    }

    /// An entry's bytes, unpacked.
    ///
    /// # Errors
    /// When there is none, or it is packed in a way that is not read.
    pub fn entry(&mut self, name: &str) -> Result<Entry<'_>, ArchiveError> {
        let at = self
            .find(name)
            .ok_or_else(|| ArchiveError::Refused(format!("it lacks its part `{name}`")))?;
        let file = self.zip.by_index(at).map_err(ArchiveError::of)?;
        let promised = file.size();
        Ok(Entry {
            file,
            promised,
            given: 0,
        })
    }
}

/// An entry being unpacked.
pub struct Entry<'a> {
    file: ZipFile<'a, BufReader<File>>,
    promised: u64,
    given: u64,
}

impl Entry<'_> {
    /// Its size, packed.
    pub fn packed(&self) -> u64 {
        self.file.compressed_size()
    }

    /// Its size, unpacked, as the archive promises it.
    pub fn unpacked(&self) -> u64 {
        self.promised
    }
}

impl Read for Entry<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into).map_err(|error| {
            let what = format!("one of its entries is damaged: {error}");
            io::Error::other(what)
        })?;
        self.given = self.given.saturating_add(read as u64);
        let wrong = |what: &str| {
            let what = format!("one of its entries unpacks to {what} than it promises");
            Err(io::Error::other(what))
        };
        if self.given > self.promised {
            return wrong("more");
        }
        if read == 0 && !into.is_empty() && self.given < self.promised {
            return wrong("less");
        }
        Ok(read)
    }
}
