//! SHA-256 of what is read and written: a file's name, a row's content, a declaration's version.

use std::fmt;
use std::hash::Hasher;
use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest written as 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64
            || !text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The first half as a number, for keys of maps: two texts share it with a chance of one in 2^128.
    #[must_use]
    pub fn half(self) -> u128 {
        let [head @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.0;
        u128::from_be_bytes(head)
    }

    /// The first twelve digits, enough to tell digests apart on a screen.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

/// Hashes parts so that no two lists of parts read alike: each part goes in with its length.
#[derive(Clone, Debug)]
pub struct PartsHasher(Sha256);

impl PartsHasher {
    /// Begins with the name and version of what is encoded.
    #[must_use]
    pub fn new(encoding: &str) -> Self {
        let mut hasher = Self(Sha256::new());
        hasher.text(encoding);
        hasher
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    /// Bytes whose length the encoding fixes.
    pub fn fixed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// Makes a SHA-256 of whatever derives [`Hash`](std::hash::Hash). How a value feeds a hasher is a matter of the compiler and the
/// machine, so such a digest may name what this build keeps for itself, and nothing that has to be found again by another.
#[derive(Clone, Debug, Default)]
pub struct LocalHasher {
    sha: Sha256,
    waiting: Vec<u8>,
}

/// So many bytes are hashed at once; values feed a hasher in a few bytes each.
const WAITING_MAX: usize = 4096;

impl LocalHasher {
    /// The digest of all that was fed.
    #[must_use]
    pub fn digest(mut self) -> Digest {
        self.sha.update(&self.waiting);
        Digest(self.sha.finalize().into())
    }
}

impl Hasher for LocalHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= WAITING_MAX {
            self.sha.update(&self.waiting);
            self.waiting.clear();
        }
    }

    fn finish(&self) -> u64 {
        let Digest(
            [
                head @ ..,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
            ],
        ) = self.clone().digest();
        u64::from_be_bytes(head)
    }
}

/// Hashes what is read through it.
#[derive(Debug)]
pub struct HashingReader<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> HashingReader<R> {
    /// Reads from `inner`.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// How much was read.
    pub fn bytes_read(&self) -> u64 {
        self.bytes
    }

    /// Reads what is left and gives the digest of all.
    ///
    /// # Errors
    /// When reading fails.
    pub fn finish(&mut self) -> io::Result<Digest> {
        io::copy(self, &mut io::sink())?;
        Ok(Digest(self.hasher.clone().finalize().into()))
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.hasher.update(into.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}

/// Hashes what is written through it.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Writes to `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Sha256::new(),
            bytes: 0,
        }
    }

    /// What was written to, the digest and the count of the bytes.
    pub fn finish(self) -> (W, Digest, u64) {
        (
            self.inner,
            Digest(self.hasher.finalize().into()),
            self.bytes,
        )
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digests_are_the_published_ones_and_read_back() {
        let abc = Digest::of(b"abc");
        assert_eq!(abc.to_string(), ABC);
        assert_eq!(Digest::parse(ABC), Some(abc));
        assert_eq!(Digest::parse(&ABC.to_uppercase()), None);
        assert_eq!(abc.half(), 0xba78_16bf_8f01_cfea_4141_40de_5dae_2223);
        assert_eq!(abc.short(), "ba7816bf8f01");
    }

    #[test]
    fn reading_and_writing_hash_alike() {
        let mut reader = HashingReader::new(&b"abc"[..]);
        let mut one = [0; 1];
        reader.read_exact(&mut one).expect("there is a byte");
        assert_eq!(reader.finish().expect("readable").to_string(), ABC);
        let mut writer = HashingWriter::new(Vec::new());
        writer.write_all(b"abc").expect("writable");
        assert_eq!(writer.finish(), (b"abc".to_vec(), Digest::of(b"abc"), 3));
    }

    #[test]
    fn moving_a_boundary_between_parts_changes_the_digest() {
        let of = |parts: &[&str]| {
            let mut hasher = PartsHasher::new("test 1");
            parts.iter().for_each(|part| hasher.text(part));
            hasher.finish()
        };
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_ne!(of(&["ab"]), of(&["ab", ""]));
    }
}
