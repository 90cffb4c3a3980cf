//! A second verifier, in Python and without any code of ours, says the same of every bundle, whole or changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use trueup_bundle::verify;

use crate::support::examples;

/// The Python that `make test` sets up, with the packages of tests/python/requirements.txt.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("TRUEUP_PYTHON") {
        return named.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    cache.expect("a home").join("trueup/python/bin/python")
}

const HOLDS: &str = "it holds";

/// What it says first of each file: that it holds, that it does not understand it, or why it does not hold.
fn told(files: &[PathBuf], key: &str) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/verify_bundle.py");
    let run = Command::new(python())
        .arg("-B")
        .arg(script)
        .args(files)
        .args(["--key", key])
        .output()
        .expect("the Python of the tests is there; `make setup` installs it");
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let failed = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(failed.is_empty(), "{failed}");
    files
        .iter()
        .map(|file| {
            let prefix = format!("{}: ", file.display());
            let mut lines = said.lines().filter_map(|line| line.strip_prefix(&prefix));
            match lines.next() {
                Some(first) => first.to_owned(),
                None => panic!("nothing is said of {}:\n{said}\n{failed}", file.display()),
            }
        })
        .collect()
}

#[test]
fn a_second_verifier_agrees_on_every_worked_example() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut files, mut versions, mut key) = (Vec::new(), Vec::new(), None);
    for (at, example) in examples().iter().enumerate() {
        for partner in example.partners() {
            let made = example.made(partner).expect("a bundle");
            let name = Path::new(&example.name)
                .file_name()
                .expect("a name")
                .to_string_lossy();
            let path = folder
                .path()
                .join(format!("{name}-{at}-{}.bundle", partner.0));
            std::fs::write(&path, &made.text).expect("written");
            files.push(path);
            let own = example.world.partner(partner).expect("a partner");
            versions.push(own.agreement.versions.len() > 1);
            key = Some(made.key.text().to_owned());
        }
    }
    let told = told(&files, &key.expect("a key"));
    let wrong: Vec<_> = files
        .iter()
        .zip(&versions)
        .zip(&told)
        .filter(|((_, is_of_versions), told)| match is_of_versions {
            true => !told.starts_with("not understood"),
            false => **told != HOLDS,
        })
        .map(|((file, _), told)| format!("{}: {told}", file.display()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        files.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_second_verifier_agrees_on_what_was_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = crate::tampering::made();
    let mut texts: Vec<Vec<u8>> = vec![made.text.clone().into_bytes()];
    let mut bytes = made.text.clone().into_bytes();
    for at in (0..bytes.len()).step_by(61) {
        bytes[at] ^= 1 << (at % 8);
        texts.push(bytes.clone());
        bytes[at] ^= 1 << (at % 8);
    }
    let lines: Vec<&str> = made.text.lines().collect();
    for at in 0..lines.len() {
        let mut all = lines.clone();
        all.remove(at);
        texts.push((all.join("\n") + "\n").into_bytes());
    }
    texts.extend(crate::tampering::lies().into_iter().map(String::into_bytes));
    let mut files = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let path = folder.path().join(format!("{at}.bundle"));
        std::fs::write(&path, text).expect("written");
        files.push(path);
    }
    let key = made.key.text();
    for (at, (text, told)) in texts.iter().zip(told(&files, key)).enumerate() {
        assert!(!told.starts_with("not understood"), "text {at}: {told}");
        let is_sound = verify(text, &made.key).holds();
        assert_eq!(is_sound, told == HOLDS, "text {at}: {told}");
    }
}
