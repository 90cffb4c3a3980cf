//! The other readers: Python, with the packages of tests/python/requirements.txt.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The Python that `make test` sets up.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("TRUEUP_PYTHON") {
        return named.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("a home").join("trueup/python/bin/python")
}

/// What a script of tests/python says about a file or folder.
pub fn read_elsewhere(script: &str, path: &Path) -> Value {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python");
    let read = Command::new(python())
        .arg(scripts.join(script))
        .arg(path)
        .output()
        .expect("the Python of the tests is there; `make setup` installs it");
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    serde_json::from_slice(&read.stdout).expect("JSON")
}
