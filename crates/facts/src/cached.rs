//! Files that may be deleted at any time, since whatever is in them can be worked out again.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::digest::Digest;

/// Keeps bytes in a folder under the digest that names them: there whole or not at all.
///
/// # Errors
/// When the disk refuses; nothing is left then.
pub fn keep(folder: &Path, name: Digest, ending: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let aside = folder.join(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&aside, bytes)
        .and_then(|()| fs::rename(&aside, folder.join(format!("{name}.{ending}"))));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

/// The digest that names a file which was kept under this ending; none where it was not.
pub fn name_of(path: &Path, ending: &str) -> Option<Digest> {
    let is_kept = path.extension().is_some_and(|found| found == ending);
    is_kept.then(|| path.file_stem()?.to_str().and_then(Digest::parse))?
}

/// The next bytes of a file; none where there are fewer.
pub fn next_bytes(file: &mut File, count: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(u64::try_from(count).ok()?)
        .read_to_end(&mut bytes)
        .ok()?;
    (bytes.len() == count).then_some(bytes)
}
