//! The program that `trueup init` writes, for tests of what is served.

use std::path::{Path, PathBuf};

use crate::args::{Format, IngestArgs, InitArgs, ProgramArgs};
use crate::commands::{ingest, init};
use crate::progress::Progress;

/// Writes the program, with its first facts taken in; it is removed with the folder.
pub fn begun() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("program");
    let dir = program.clone();
    init::run(&InitArgs { dir }).expect("begun");
    take_in(&program, &[]);
    (folder, program)
}

/// Takes in invoices of some files of the program, or everything that its sources name; no row may be set aside.
pub fn take_in(program: &Path, files: &[&str]) {
    taken(program, files, false);
}

/// The same where rows may be set aside.
pub fn take_in_or_set_aside(program: &Path, files: &[&str]) {
    taken(program, files, true);
}

fn taken(program: &Path, files: &[&str], allow_quarantine: bool) {
    let taken = IngestArgs {
        program: ProgramArgs {
            program: program.to_owned(),
        },
        source: (!files.is_empty()).then(|| "invoices".to_owned()),
        files: files.iter().map(|file| program.join(file)).collect(),
        allow_quarantine,
        format: Format::Table,
    };
    ingest::run(&taken, &Progress::new(true)).expect("taken in");
}
