//! Digests of what decides a figure.

use sha2::{Digest, Sha256};

/// SHA-256 of bytes, as lower-case hexadecimal text.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
