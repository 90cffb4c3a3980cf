//! `trueup backup`: a program with its facts, runs, keys, journal and books as one file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use trueup_facts::digest::HashingWriter;
use trueup_facts::disk::{Disk, Naming, is_staged, staged_name};
use trueup_facts::program::state_folder;
use trueup_facts::store::Tables;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::archive::{Entry, FILES, FORM, JOURNAL, LIST, Listed, Row};
use crate::args::BackupArgs;
use crate::commands::ingest;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::record::{Record, now};

/// Writes the archive.
pub fn run(args: &BackupArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program.program;
    let declared = ingest::declared(program)?;
    if args.out.exists() {
        return Err(Failure::Use(format!(
            "{} is there already, and a backup writes over nothing",
            args.out.display()
        )));
    }
    // Nobody takes in facts meanwhile; acts may be added, and those are not in it.
    let tables = Tables::of(program, Disk::default())
        .map_err(|fault| Failure::fault("reading the facts", &fault))?;
    let lock = tables
        .lock()
        .map_err(|fault| Failure::fault("keeping others from taking in facts", &fault))?;
    let staged = staged_name(&args.out);
    let made = write(&staged, program, &declared.name, progress).and_then(|made| {
        Disk::default()
            .take_name(&staged, &args.out, Naming::MustBeFree)
            .map_err(|error| writing(&args.out, &error))?;
        Ok(made)
    });
    drop(lock);
    match made {
        Ok(made) => output::print(&format!(
            "{}: {made}\nIt holds the keys that sign for the program: keep it as safe as they are\n",
            args.out.display()
        )),
        Err(failure) => {
            // What is left of the attempt is of no use to anybody.
            let _ = fs::remove_file(&staged);
            Err(failure)
        }
    }
}

fn writing(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::fault(format!("writing {}", path.display()), error)
}

/// An archive that is being written.
struct Archive {
    zip: ZipWriter<File>,
    path: PathBuf,
    entries: Vec<Entry>,
}

impl Archive {
    /// Adds an entry of what is written to it.
    fn add(
        &mut self,
        name: &str,
        is_secret: bool,
        write: impl FnOnce(&mut dyn io::Write) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true);
        self.zip
            .start_file(name, options)
            .map_err(|error| writing(&self.path, &error))?;
        let mut hashing = HashingWriter::new(&mut self.zip);
        write(&mut hashing)?;
        let (_, sha256, bytes) = hashing.finish();
        self.entries.push(Entry {
            name: name.to_owned(),
            bytes,
            sha256,
            is_secret,
        });
        Ok(())
    }
}

fn write(path: &Path, program: &Path, name: &str, progress: &Progress) -> Result<String, Failure> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| writing(path, &error))?;
    let mut archive = Archive {
        zip: ZipWriter::new(file),
        path: path.to_owned(),
        entries: Vec::new(),
    };
    // The journal first: whatever it pins is among the files that are read after it.
    let record = Record::if_opened(program)?;
    let mut said = "no journal".to_owned();
    if let Some(record) = &record {
        archive.add(JOURNAL, false, |out| {
            said = journal(record, out)?;
            Ok(())
        })?;
    }
    let mut files = Vec::new();
    gather(program, program, path, &mut files)?;
    let bar = progress.count("files", files.len() as u64);
    for relative in &files {
        let from = program.join(relative);
        let reading = |error: &dyn std::error::Error| {
            Failure::fault(format!("reading {}", from.display()), error)
        };
        let mut source = File::open(&from).map_err(|error| reading(&error))?;
        archive.add(&named(relative)?, is_secret(&source), |out| {
            io::copy(&mut source, out)
                .map(|_| ())
                .map_err(|error| reading(&error))
        })?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let listed = Listed {
        form: FORM.to_owned(),
        program: name.to_owned(),
        made_at: now().to_string(),
        has_journal: record.is_some(),
        entries: std::mem::take(&mut archive.entries),
    };
    let text = serde_json::to_string_pretty(&listed)
        .map_err(|error| Failure::fault("writing what a backup holds", &error))?;
    archive.add(LIST, false, |out| {
        out.write_all(text.as_bytes())
            .map_err(|error| writing(path, &error))
    })?;
    let file = archive
        .zip
        .finish()
        .map_err(|error| writing(path, &error))?;
    Disk::default()
        .sync_file(&file, path)
        .map_err(|error| writing(path, &error))?;
    Ok(format!("{}, {said}", output::counted(files.len(), "file")))
}

/// Writes the journal and the books as lines.
fn journal(record: &Record, out: &mut dyn io::Write) -> Result<String, Failure> {
    let copied = record.wait("reading the journal", async |database| {
        database
            .copy_out(|copied| {
                let line = serde_json::to_string(&Row::from(copied))
                    .map_err(|error| Failure::fault("writing a line of the journal", &error))?;
                writeln!(out, "{line}")
                    .map_err(|error| Failure::fault("writing a line of the journal", &error))
            })
            .await
    })?;
    let counts = copied?;
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    Ok(format!(
        "{} and {}",
        output::counted(number(counts.acts), "act"),
        output::counted(number(counts.postings), "posting")
    ))
}

/// The files of a program, by their paths in it: what can be worked out again is left out, and so is version control.
fn gather(
    program: &Path,
    folder: &Path,
    own: &Path,
    files: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let fault = |error: io::Error| Failure::fault(format!("listing {}", folder.display()), &error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(fault)? {
        paths.push(entry.map_err(fault)?.path());
    }
    paths.sort();
    let state = state_folder(program);
    for path in paths {
        let kind = fs::symlink_metadata(&path)
            .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?
            .file_type();
        let name = path.file_name().map(|name| name.to_string_lossy());
        let is_database = folder == state
            && name
                .as_ref()
                .is_some_and(|name| name.starts_with("trueup.db") || *name == "facts.lock");
        let is_left_out = is_database
            || path == state.join("cache")
            || path == state.join("staging")
            || is_staged(&path)
            || path == own
            || name.is_some_and(|name| name == ".git");
        if is_left_out {
            continue;
        }
        if kind.is_dir() {
            gather(program, &path, own, files)?;
        } else if kind.is_file() {
            files.push(path.strip_prefix(program).unwrap_or(&path).to_owned());
        } else {
            return Err(Failure::Found(format!(
                "{} is a link or no file; a backup holds files: put the file in its place",
                path.display()
            )));
        }
    }
    Ok(())
}

/// The name of a file's entry: its path in the program, with slashes.
fn named(relative: &Path) -> Result<String, Failure> {
    let mut name = FILES.trim_end_matches('/').to_owned();
    for part in relative {
        let part = part.to_str().ok_or_else(|| {
            Failure::Found(format!(
                "the name of {} is no text; give it another",
                relative.display()
            ))
        })?;
        name.push('/');
        name.push_str(part);
    }
    Ok(name)
}

#[cfg(unix)]
fn is_secret(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|found| found.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_secret(_: &File) -> bool {
    true
}
