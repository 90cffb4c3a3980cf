//! The shim under which tests kill a process at a boundary of what it writes, or let a call fail there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The shim as a library, to be named in `LD_PRELOAD`; `kill_shim.c` says what it is told.
pub fn shim() -> &'static Path {
    static SHIM: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = SHIM.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("kill_shim.c");
        std::fs::write(&source, include_str!("kill_shim.c")).expect("written");
        let library = folder.path().join("kill_shim.so");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .arg(&library)
            .arg(&source)
            .arg("-ldl")
            .output()
            .expect("cc, which links every Rust program too");
        assert!(
            built.status.success(),
            "{}",
            String::from_utf8_lossy(&built.stderr)
        );
        (folder, library)
    });
    path
}
