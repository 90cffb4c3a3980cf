//! `trueup restore`: a program made from its backup, all of it or nothing, and verified.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use trueup_facts::digest::HashingReader;
use trueup_facts::disk::{Disk, folder_of, staged_name};
use trueup_facts::program::state_folder;
use trueup_store::Copied;
use zip::ZipArchive;

use crate::archive::{Entry, FILES, FORM, JOURNAL, LIST, Listed, Row};
use crate::args::{ProgramArgs, RestoreArgs, VerifyArgs};
use crate::commands::verify;
use crate::failure::Failure;
use crate::output;
use crate::progress::Progress;
use crate::record::Record;

/// The longest list of an archive's entries.
const LIST_MAX: u64 = 256 << 20;

/// Makes the program.
pub fn run(args: &RestoreArgs, progress: &Progress) -> Result<(), Failure> {
    let program = &args.program;
    if fs::read_dir(program).is_ok_and(|mut found| found.next().is_some()) || program.is_file() {
        return Err(Failure::Use(format!(
            "{} is there and not empty; a program is restored into a folder of its own",
            program.display()
        )));
    }
    let mut backup = Backup::open(&args.file)?;
    let staged = staged_name(program);
    // What a killed attempt left; it never counted.
    if staged.exists() {
        fs::remove_dir_all(&staged)
            .map_err(|error| Failure::fault(format!("removing {}", staged.display()), &error))?;
    }
    let disk = Disk::default();
    let made = backup
        .unpack(&staged, progress)
        .and_then(|()| match backup.listed.has_journal {
            true => backup.journal(&staged),
            false => Ok(()),
        })
        .and_then(|()| {
            disk.rename(&staged, program)
                .and_then(|()| disk.sync_folder(folder_of(program)))
                .map_err(|error| Failure::fault(format!("making {}", program.display()), &error))
        });
    if let Err(failure) = made {
        // What is left of the attempt is of no use to anybody.
        let _ = fs::remove_dir_all(&staged);
        return Err(failure);
    }
    output::print(&format!(
        "{}: program {} as it was at {}, {} entries\n",
        program.display(),
        backup.listed.program,
        backup.listed.made_at,
        backup.listed.entries.len()
    ))?;
    verify::run(&VerifyArgs {
        file: None,
        key: None,
        program: ProgramArgs {
            program: program.clone(),
        },
        checkpoint: Vec::new(),
    })
}

/// An archive that was opened.
struct Backup {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    listed: Listed,
}

impl Backup {
    fn open(path: &Path) -> Result<Self, Failure> {
        let reading = |error: &dyn std::error::Error| {
            Failure::fault(format!("reading {}", path.display()), error)
        };
        let file = File::open(path).map_err(|error| reading(&error))?;
        let none = |why: String| Failure::Found(format!("{} is no backup: {why}", path.display()));
        let mut zip =
            ZipArchive::new(BufReader::new(file)).map_err(|error| none(error.to_string()))?;
        let mut text = String::new();
        zip.by_name(LIST)
            .map_err(|error| none(error.to_string()))?
            .take(LIST_MAX)
            .read_to_string(&mut text)
            .map_err(|error| none(error.to_string()))?;
        let listed: Listed =
            serde_json::from_str(&text).map_err(|error| none(error.to_string()))?;
        if listed.form != FORM {
            return Err(none(format!(
                "its form is `{}`, and this version reads `{FORM}`",
                listed.form
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            zip,
            listed,
        })
    }

    fn changed(&self, name: &str) -> Failure {
        Failure::Found(format!(
            "{} was changed or is damaged: {name} is not what was backed up; nothing was restored",
            self.path.display()
        ))
    }

    /// Writes the program's files into a folder, each as it was backed up.
    fn unpack(&mut self, folder: &Path, progress: &Progress) -> Result<(), Failure> {
        let disk = Disk::default();
        let entries = std::mem::take(&mut self.listed.entries);
        let bar = progress.count("files", entries.len() as u64);
        let mut folders = vec![folder.to_owned()];
        let making = |path: &Path, error: &io::Error| {
            Failure::fault(format!("writing {}", path.display()), error)
        };
        disk.create_folder(folder)
            .map_err(|error| making(folder, &error))?;
        for entry in &entries {
            bar.inc(1);
            let Some(relative) = entry.name.strip_prefix(FILES) else {
                continue;
            };
            let path = inside(folder, relative).ok_or_else(|| {
                Failure::Found(format!(
                    "{} names the file `{}`, which lies outside of the program; nothing was restored",
                    self.path.display(),
                    relative.escape_debug()
                ))
            })?;
            let parent = folder_of(&path).to_owned();
            disk.create_folder(&parent)
                .map_err(|error| making(&parent, &error))?;
            folders.push(parent);
            let mut options = File::options();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(
                &mut options,
                if entry.is_secret { 0o600 } else { 0o644 },
            );
            let mut file = options.open(&path).map_err(|error| making(&path, &error))?;
            let is_whole = {
                let found = self.zip.by_name(&entry.name);
                let found = found.map_err(|_| entry.name.clone());
                match found {
                    Ok(found) => {
                        copied(entry, found, &mut file).map_err(|error| making(&path, &error))?
                    }
                    Err(_) => false,
                }
            };
            if !is_whole {
                return Err(self.changed(&entry.name));
            }
            disk.sync_file(&file, &path)
                .map_err(|error| making(&path, &error))?;
        }
        folders.sort();
        folders.dedup();
        for folder in &folders {
            disk.sync_folder(folder)
                .map_err(|error| making(folder, &error))?;
        }
        bar.finish_and_clear();
        self.listed.entries = entries;
        Ok(())
    }

    /// Writes the journal and the books into their database, all in one transaction.
    fn journal(&mut self, folder: &Path) -> Result<(), Failure> {
        let damaged = self.changed(JOURNAL);
        let Some(entry) = self.listed.entries.iter().find(|one| one.name == JOURNAL) else {
            return Err(damaged);
        };
        let record = Record::to_restore(folder)?;
        let standing = record.wait("reading the database", async |database| {
            database.checkpoint().await
        })?;
        let found = self
            .zip
            .by_name(JOURNAL)
            .map_err(|error| Failure::fault(format!("reading {}", self.path.display()), &error))?;
        let mut lines = Lines::of(entry, found);
        let lines = std::iter::from_fn(move || lines.following());
        if let Some(standing) = standing {
            // An attempt that was killed after the database had it all.
            let mut last = None;
            for line in lines {
                if let Copied::Checkpoint(_, note) = line? {
                    last = Some(note);
                }
            }
            return match last.as_deref() == Some(standing.note()) {
                true => Ok(()),
                false => Err(Failure::Use(
                    "the database that TRUEUP_DATABASE names is not empty; what is restored has a database of its own".to_owned(),
                )),
            };
        }
        record.wait("writing the journal", async |database| {
            database.copy_in(lines).await
        })??;
        record.close();
        // The database's own files are there by now; that they are lasts with their folder.
        let state = state_folder(folder);
        Disk::default()
            .sync_folder(&state)
            .map_err(|error| Failure::fault(format!("writing {}", state.display()), &error))
    }
}

/// Copies an entry; whether it was the one that is listed.
fn copied(entry: &Entry, from: impl Read, to: &mut File) -> io::Result<bool> {
    let mut reader = HashingReader::new(from.take(entry.bytes.saturating_add(1)));
    match io::copy(&mut reader, to) {
        Ok(_) => {}
        // What does not unpack was changed.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(false),
        Err(error) => return Err(error),
    }
    let sha256 = reader.finish()?;
    Ok(reader.bytes_read() == entry.bytes && sha256 == entry.sha256)
}

/// A path below a folder; none where it would lead out of it.
fn inside(folder: &Path, relative: &str) -> Option<PathBuf> {
    let path = Path::new(relative);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (is_plain && !relative.is_empty() && !relative.contains('\\')).then(|| folder.join(path))
}

/// The lines of the journal's entry; the last one fails where they are not those that are listed.
struct Lines<'a, R: Read> {
    entry: &'a Entry,
    reader: BufReader<HashingReader<io::Take<R>>>,
    number: u64,
    is_over: bool,
}

impl<'a, R: Read> Lines<'a, R> {
    fn of(entry: &'a Entry, from: R) -> Self {
        Self {
            entry,
            reader: BufReader::new(HashingReader::new(from.take(entry.bytes.saturating_add(1)))),
            number: 0,
            is_over: false,
        }
    }

    fn wrong(&self, why: &str) -> Failure {
        Failure::Found(format!(
            "the backup was changed or is damaged: line {} of {JOURNAL}: {why}; nothing was restored",
            self.number
        ))
    }

    fn read(&mut self) -> Result<Option<Copied>, Failure> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line);
        self.number += 1;
        match read {
            Err(error) => Err(self.wrong(&error.to_string())),
            Ok(0) => {
                let hashing = self.reader.get_mut();
                let sha256 = hashing.finish();
                let is_whole = hashing.bytes_read() == self.entry.bytes
                    && sha256.is_ok_and(|sha256| sha256 == self.entry.sha256);
                match is_whole {
                    true => Ok(None),
                    false => Err(self.wrong("they are not the lines that were backed up")),
                }
            }
            Ok(_) => {
                let row: Row =
                    serde_json::from_str(&line).map_err(|error| self.wrong(&error.to_string()))?;
                row.copied().map(Some).map_err(|why| self.wrong(&why))
            }
        }
    }

    /// What the next line says; nothing after the last one, or after one that fails.
    fn following(&mut self) -> Option<Result<Copied, Failure>> {
        if self.is_over {
            return None;
        }
        let read = self.read().transpose();
        self.is_over = !matches!(read, Some(Ok(_)));
        read
    }
}
