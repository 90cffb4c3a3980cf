//! Tells the binary which sources it was made of, so that what one build worked out and kept at hand is never taken for what
//! another would work out; and gathers the web app's files, where they were built before, so that the one binary serves them.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
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

/// Where the web app lies once it is built; without it the binary serves the API alone.
const APP: &str = "../../web/dist";

fn main() -> io::Result<()> {
    app()?;
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

/// Writes the list of the app's files, each with its bytes, for the binary to take in.
fn app() -> io::Result<()> {
    let app = Path::new(APP);
    let mut files = Vec::new();
    // A folder that is not there would have everything built anew each time.
    if app.join("index.html").is_file() {
        println!("cargo::rerun-if-changed={APP}");
        list(app, &mut files)?;
    } else if app.parent().is_some_and(Path::is_dir) {
        println!("cargo::rerun-if-changed=../../web/package.json");
    }
    files.sort();
    // Copied, because whoever builds the app anew takes the old files away while the binary is built.
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let copies = out.join("app");
    if copies.is_dir() {
        fs::remove_dir_all(&copies)?;
    }
    let mut text = "&[\n".to_owned();
    for file in files {
        let inside = file.strip_prefix(app).unwrap_or(&file);
        let copy = copies.join(inside);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, &copy)?;
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
        let _ = writeln!(
            text,
            "    ({:?}, include_bytes!({copy:?})),",
            parts.join("/")
        );
    }
    text.push_str("]\n");
    fs::write(out.join("app.rs"), text)
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
