//! Ingesting: every declared source, or the files named, one delivery after another.
//!
//! A refused file leaves the others alone; a fault or a wish to stop ends the work with every delivery before it whole.
//! Running it again changes nothing that is done and does what is not.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;

use crate::cage::Decoding;
use crate::deliver::{
    self, Bench, Content, Index, NotDelivered, Parcel, Preview, Progress, ROWS_AT_HAND, deliver,
};
use crate::disk::Disk;
use crate::error::{Fault, FileRefusal};
use crate::input::digest_of_file;
use crate::ledger::Ledger;
use crate::program::{Program, Source};
use crate::reconcile::{Reconciliation, reconcile};
use crate::store::{Delivery, FactTable, Tables};

/// Which files to take.
#[derive(Clone, Debug)]
pub enum Files {
    /// Those that the sources declare.
    Declared,
    /// These, each by the source that declares its name.
    Named(Vec<PathBuf>),
    /// These, of one source.
    Of {
        /// The source.
        source: Arc<str>,
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// What became of one file.
#[derive(Debug)]
pub struct FileOutcome {
    /// The source, if one declares it.
    pub source: Option<Arc<str>>,
    /// The file, by the name it was delivered under.
    pub file: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a file.
#[derive(Debug)]
pub enum Outcome {
    /// It was taken now.
    Taken(Box<Delivery>),
    /// It had been taken before; nothing changed.
    TakenBefore(Box<Delivery>),
    /// It was refused as a whole.
    Refused(FileRefusal),
}

/// What ingesting did.
#[derive(Debug)]
pub struct Ingested {
    /// Each file, in the order taken.
    pub files: Vec<FileOutcome>,
    /// How what was delivered adds up, source by source.
    pub reconciliation: Reconciliation,
    /// Whether somebody asked to stop before all was done.
    pub stopped: bool,
}

impl Ingested {
    /// How many rows of these files are set aside.
    #[must_use]
    pub fn quarantined(&self) -> u64 {
        let rows = |file: &FileOutcome| match &file.outcome {
            Outcome::Taken(delivery) | Outcome::TakenBefore(delivery) => delivery.quarantined.rows,
            Outcome::Refused(_) => 0,
        };
        self.files.iter().map(rows).sum()
    }

    /// How many files were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.files
            .iter()
            .filter(|file| matches!(file.outcome, Outcome::Refused(_)))
            .count()
    }

    /// Whether all is well: nothing refused, set aside or different from its control totals, and nothing left undone.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.refused() == 0
            && self.quarantined() == 0
            && !self.stopped
            && self.reconciliation.agrees()
    }
}

/// What of this machine is used.
#[derive(Clone, Debug)]
pub struct Means {
    /// The disk.
    pub disk: Disk,
    /// Where decoders run.
    pub decoding: Decoding,
    /// The most stored rows of a source that are kept in memory from one delivery to the next; of a larger one, lists of keys on
    /// disk say which files to read.
    pub rows_at_hand: u64,
}

impl Default for Means {
    fn default() -> Self {
        Self {
            disk: Disk::default(),
            decoding: Decoding::default(),
            rows_at_hand: ROWS_AT_HAND,
        }
    }
}

/// Takes files into the program's facts.
///
/// # Errors
/// When the world fails; deliveries before that are whole, the one at hand left nothing.
pub fn ingest(
    program: &Program,
    files: &Files,
    now: Timestamp,
    means: &Means,
    progress: &mut dyn FnMut(Progress<'_>),
    stop: &AtomicBool,
) -> Result<Ingested, Fault> {
    let tables = Tables::of(&program.folder, means.disk.clone())?;
    let _lock = tables.lock()?;
    let mut work = Work {
        program,
        tables: &tables,
        now,
        rows_at_hand: means.rows_at_hand,
        open: None,
        index: None,
        next: None,
    };
    let mut outcomes = Vec::new();
    let mut stopped = false;
    for wanted in wanted(program, files)? {
        let bench = Bench {
            tables: &tables,
            progress: &mut *progress,
            decoding: &means.decoding,
            stop,
        };
        match work.take(&wanted, bench) {
            Ok(outcome) => outcomes.push(FileOutcome {
                source: wanted.source.map(|source| source.name.clone()),
                file: wanted.name,
                outcome,
            }),
            Err(NotDelivered::Fault(fault)) => return Err(fault),
            Err(NotDelivered::Refused(refusal)) => outcomes.push(FileOutcome {
                source: wanted.source.map(|source| source.name.clone()),
                file: wanted.name,
                outcome: Outcome::Refused(refusal),
            }),
            Err(NotDelivered::Stopped) => {
                stopped = true;
                break;
            }
        }
    }
    drop(work);
    let reconciliation = reconcile(program, &outcomes)?;
    Ok(Ingested {
        files: outcomes,
        reconciliation,
        stopped,
    })
}

/// The first file that a source declares.
#[derive(Debug)]
pub struct FirstFile {
    /// Its name in the program's folder.
    pub name: String,
    /// What it would come to, or why it would be refused.
    pub comes_to: Result<Preview, FileRefusal>,
}

/// What the first file that a source declares would come to; none where there is no file.
///
/// # Errors
/// When the world fails.
pub fn preview(
    program: &Program,
    source: &Source,
    now: Timestamp,
    means: &Means,
    rows_max: usize,
) -> Result<Option<FirstFile>, Fault> {
    let mut first = None;
    for glob in &source.files {
        let found = glob
            .files(&program.folder)
            .map_err(Fault::read(&program.folder))?;
        first = first.or_else(|| found.into_iter().next());
    }
    let (Some(name), Some(kind)) = (first, program.kinds.get(source.kind)) else {
        return Ok(None);
    };
    let tables = Tables::of(&program.folder, means.disk.clone())?;
    let _lock = tables.lock()?;
    let path = program.folder.join(&name);
    let (digest, bytes) = digest_of_file(&path).map_err(Fault::read(&path))?;
    let parcel = Parcel {
        program,
        source,
        kind,
        file: name.as_str().into(),
        content: Content::File(path),
        digest,
        bytes,
        now,
        number: 0,
        repair: None,
        flag: None,
    };
    let mut bench = Bench {
        tables: &tables,
        progress: &mut |_| {},
        decoding: &means.decoding,
        stop: &AtomicBool::new(false),
    };
    let comes_to = match deliver::preview(&parcel, &mut bench, rows_max) {
        Ok(preview) => Ok(preview),
        Err(NotDelivered::Refused(refusal)) => Err(refusal),
        Err(NotDelivered::Fault(fault)) => return Err(fault),
        // Nobody can ask to stop.
        Err(NotDelivered::Stopped) => return Ok(None),
    };
    Ok(Some(FirstFile { name, comes_to }))
}

/// A file to take.
struct Wanted<'a> {
    source: Option<&'a Source>,
    name: String,
    path: PathBuf,
}

fn wanted<'a>(program: &'a Program, files: &Files) -> Result<Vec<Wanted<'a>>, Fault> {
    let mut all = Vec::new();
    match files {
        Files::Declared => {
            for source in &program.sources {
                let mut names = Vec::new();
                for glob in &source.files {
                    let found = glob
                        .files(&program.folder)
                        .map_err(Fault::read(&program.folder))?;
                    if found.is_empty() {
                        // A source that delivers nothing is said, not skipped.
                        names.push(glob.text().to_owned());
                    }
                    names.extend(found);
                }
                names.sort_unstable();
                names.dedup();
                all.extend(names.into_iter().map(|name| Wanted {
                    source: Some(source),
                    path: program.folder.join(&name),
                    name,
                }));
            }
        }
        Files::Named(files) => {
            for path in files {
                let name = name_in(&program.folder, path);
                let mut sources = program.sources.iter();
                let source = sources.find(|source| source.declares(&name));
                all.push(Wanted {
                    source,
                    path: path.clone(),
                    name,
                });
            }
        }
        Files::Of { source, files } => {
            let source = program.source(source);
            all.extend(files.iter().map(|path| Wanted {
                source,
                path: path.clone(),
                name: name_in(&program.folder, path),
            }));
        }
    }
    Ok(all)
}

/// The name a file is delivered under: its path in the program's folder, or its own name if it lies elsewhere.
fn name_in(folder: &Path, path: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (folder, path) = (whole(folder), whole(path));
    match path.strip_prefix(&folder) {
        Ok(inside) => inside
            .to_string_lossy()
            .replace(std::path::MAIN_SEPARATOR, "/"),
        Err(_) => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

struct Work<'a> {
    program: &'a Program,
    tables: &'a Tables,
    now: Timestamp,
    rows_at_hand: u64,
    /// The table used last; the next file is often of the same kind.
    open: Option<FactTable>,
    /// What is stored of the source delivered last.
    index: Option<(Arc<str>, Index)>,
    /// The number of the next delivery, once it was asked for.
    next: Option<u64>,
}

impl Work<'_> {
    fn take(&mut self, wanted: &Wanted<'_>, mut bench: Bench<'_>) -> Result<Outcome, NotDelivered> {
        let source = wanted.source.ok_or(FileRefusal::NoSource)?;
        let kind = self
            .program
            .kinds
            .get(source.kind)
            .ok_or(FileRefusal::NoSource)?;
        if self.program.needs_certified && !source.is_certified() {
            return Err(FileRefusal::not_certified(source).into());
        }
        if !wanted.path.is_file() {
            return Err(FileRefusal::Missing.into());
        }
        let mut table = match self.open.take().filter(|table| *table.kind() == kind.name) {
            Some(table) => table,
            None => self.tables.open_or_make(kind)??,
        };
        let (digest, bytes) = digest_of_file(&wanted.path).map_err(Fault::read(&wanted.path))?;
        let before = table
            .delivered(&source.name, digest, source.reading)
            .cloned();
        let outcome = match before {
            Some(delivery) => Outcome::TakenBefore(Box::new(delivery)),
            None => {
                let number = match self.next {
                    Some(number) => number,
                    None => Ledger::of(self.tables)?.last() + 1,
                };
                let parcel = Parcel {
                    program: self.program,
                    source,
                    kind,
                    file: wanted.name.as_str().into(),
                    content: Content::File(wanted.path.clone()),
                    digest,
                    bytes,
                    now: self.now,
                    number,
                    repair: None,
                    flag: None,
                };
                let kept = self.index.take().filter(|(of, _)| *of == source.name);
                let mut index =
                    kept.map_or_else(|| Index::of(self.rows_at_hand), |(_, index)| index);
                let delivery = deliver(&parcel, &mut table, &mut index, &mut bench)?;
                self.index = Some((source.name.clone(), index));
                self.next = Some(number + 1);
                Outcome::Taken(Box::new(delivery))
            }
        };
        self.open = Some(table);
        Ok(outcome)
    }
}
