//! Tells the binary which sources it was made of, so that what one build worked out and kept at hand is never taken for what
//! another would work out.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Where lines come from: whatever measures, evaluates, settles and writes them, and the outside crates behind it.
const SOURCES: &[&str] = &[
    "../base/src",
    "../plan/src",
    "../engine/src",
    "../facts/src",
    "src",
    "../../Cargo.lock",
];

fn main() -> io::Result<()> {
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
        list(Path::new(source), &mut files)?;
    }
    files.sort();
    // Nobody chooses these texts against us: two plain hashes tell any two builds apart.
    let mut hashers = [1_u8, 2].map(|salt| {
        let mut hasher = DefaultHasher::new();
        salt.hash(&mut hasher);
        hasher
    });
    for file in files {
        let bytes = fs::read(&file)?;
        for hasher in &mut hashers {
            (&file, &bytes).hash(hasher);
        }
    }
    let [one, two] = hashers.map(|hasher| hasher.finish());
    println!("cargo::rustc-env=TRUEUP_SOURCES={one:016x}{two:016x}");
    // Whether overflow panics or wraps is a matter of the profile.
    let profile = env::var("PROFILE").unwrap_or_default();
    println!("cargo::rustc-env=TRUEUP_PROFILE={profile}");
    Ok(())
}

fn list(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        list(&entry?.path(), files)?;
    }
    Ok(())
}
