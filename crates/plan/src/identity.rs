//! What is signed of a plan: the hash of its text.
//!
//! A plan that stands in one file is identified by the SHA-256 of that file, as `sha256sum` prints it. One that is made
//! of several (its own, the rows of its tables, its templates) is identified by the SHA-256 of the list of theirs, one
//! hash a line, in that order; so anybody can check it with tools that know nothing of plans.

use sha2::{Digest, Sha256};

use crate::diagnostic::Sources;
use crate::span::FileId;

/// The hash of the text a plan is made of, in hex.
///
/// ```
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::identity::identity;
///
/// let mut sources = Sources::new();
/// let file = sources.add("plan.yaml", "plan: bonus\n");
/// assert_eq!(identity(&sources, &[file]), "d51edfe90f0eea7421eb2b0dd1089d72267040b21bf7be097af2f5b3db894369");
/// ```
#[must_use]
pub fn identity(sources: &Sources, files: &[FileId]) -> String {
    let hashes: Vec<String> = files
        .iter()
        .map(|file| hex(sources.file_text(*file).as_bytes()))
        .collect();
    match hashes.as_slice() {
        [only] => only.clone(),
        several => {
            let mut list = several.join("\n");
            list.push('\n');
            hex(list.as_bytes())
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
