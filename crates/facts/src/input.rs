//! A delivered file as bytes: hashed as it lies there, unpacked if its content says gzip, within bounds.
//!
//! What a file is shows its first bytes, never its name. A small archive that unpacks without end is refused by its
//! ratio. The module opens only the path it is given.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::digest::{Digest, HashingReader};
use crate::texts::Bytes;

/// Unpacked bytes for each packed one, from [`GZIP_FREE_BYTES`] on.
pub const GZIP_RATIO_MAX: u64 = 200;
/// What may be unpacked before the ratio counts.
pub const GZIP_FREE_BYTES: u64 = 16 << 20;

/// What a file's first bytes say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing at all.
    Empty,
    /// Packed with gzip.
    Gzip,
    /// Apache Parquet.
    Parquet,
    /// A zip archive, such as a workbook.
    Zip,
    /// A compound file: a workbook of before 2007 (.xls), or one with a password.
    Compound,
    /// None of these; text, for all one can say.
    Other,
}

impl Content {
    /// What these first bytes say.
    #[must_use]
    pub fn of(first: &[u8]) -> Self {
        match first {
            [] => Self::Empty,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [b'P', b'A', b'R', b'1' | b'E', ..] => Self::Parquet,
            [b'P', b'K', 3 | 5 | 7, _, ..] => Self::Zip,
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Self::Compound,
            _ => Self::Other,
        }
    }
}

/// What a compound file is called where another is declared.
pub const OLD_WORKBOOK: &str = "an old workbook (.xls), or one with a password";

/// A packed file that unpacks beyond all measure.
#[derive(Debug, thiserror::Error)]
#[error("unpacks to more than {GZIP_RATIO_MAX} times its size")]
pub struct Bomb;

type Raw = BufReader<HashingReader<Stand>>;

/// Where a file's bytes stand.
#[derive(Debug)]
pub enum Stand {
    /// On the disk.
    File(File),
    /// In memory.
    Held(Cursor<Bytes>),
}

impl Read for Stand {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(into),
            Self::Held(bytes) => bytes.read(into),
        }
    }
}

/// A file being read.
#[derive(Debug)]
pub enum Input {
    /// As it lies there.
    Plain(Raw),
    /// Through gzip, perhaps of several members.
    Gzip {
        /// What unpacks it.
        unpacking: Box<MultiGzDecoder<Raw>>,
        /// What it gave so far.
        unpacked: u64,
    },
}

impl Input {
    /// Opens a file and looks at its first bytes.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn open(path: &Path) -> io::Result<(Self, Content)> {
        Self::begin(Stand::File(File::open(path)?))
    }

    /// Looks at the first bytes of a file that is in memory.
    ///
    /// # Errors
    /// When its first bytes cannot be read.
    pub fn of_bytes(bytes: Bytes) -> io::Result<(Self, Content)> {
        Self::begin(Stand::Held(Cursor::new(bytes)))
    }

    fn begin(stand: Stand) -> io::Result<(Self, Content)> {
        let mut raw = BufReader::with_capacity(256 * 1024, HashingReader::new(stand));
        let content = Content::of(raw.fill_buf()?);
        let input = match content {
            Content::Gzip => Self::Gzip {
                unpacking: Box::new(MultiGzDecoder::new(raw)),
                unpacked: 0,
            },
            Content::Empty
            | Content::Parquet
            | Content::Zip
            | Content::Compound
            | Content::Other => Self::Plain(raw),
        };
        Ok((input, content))
    }

    /// What a file's first bytes say it is.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub fn content_of(path: &Path) -> io::Result<Content> {
        Ok(Self::open(path)?.1)
    }

    /// How many bytes of the file were read.
    #[must_use]
    pub fn packed_bytes(&self) -> u64 {
        self.raw().get_ref().bytes_read()
    }

    /// Reads what is left and gives the digest of the whole file as it lies there.
    ///
    /// # Errors
    /// When reading fails.
    pub fn finish(&mut self) -> io::Result<Digest> {
        let raw = match self {
            Self::Plain(raw) => raw,
            Self::Gzip { unpacking, .. } => unpacking.get_mut(),
        };
        raw.get_mut().finish()
    }

    fn raw(&self) -> &Raw {
        match self {
            Self::Plain(raw) => raw,
            Self::Gzip { unpacking, .. } => unpacking.get_ref(),
        }
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(raw) => raw.read(into),
            Self::Gzip {
                unpacking,
                unpacked,
            } => {
                let read = unpacking.read(into)?;
                *unpacked += read as u64;
                let packed = unpacking.get_ref().get_ref().bytes_read();
                if *unpacked > GZIP_FREE_BYTES && *unpacked / GZIP_RATIO_MAX > packed {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, Bomb));
                }
                Ok(read)
            }
        }
    }
}

/// The digest and size of a file as it lies there.
///
/// # Errors
/// When it cannot be read.
pub fn digest_of_file(path: &Path) -> io::Result<(Digest, u64)> {
    let mut reader = HashingReader::new(File::open(path)?);
    let mut block = vec![0; 256 * 1024];
    while reader.read(&mut block)? > 0 {}
    Ok((reader.finish()?, reader.bytes_read()))
}
