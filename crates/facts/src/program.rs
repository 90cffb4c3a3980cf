//! A program's declarations: kinds of fact, reference lists and sources, read from `program.yaml` with every mistake in it.
//!
//! What is declared here decides what a row means, so each declaration has a digest that acts and snapshots can pin. The
//! module reads the program's own files and nothing else; it never opens a source's files.

mod declared;
mod directory;
mod lower;
mod mapping;
mod rates;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use trueup_base::{Calendar, Currency, Date, Duration};
use trueup_plan::diagnostic::{Diagnostic, Sources};

use crate::cage::Wanted;
use crate::csv_in::CsvStyle;
use crate::dates::{DateFormat, day_number};
use crate::decimal::{DecimalMark, Room};
use crate::digest::Digest;
use crate::error::Fault;
use crate::glob::Glob;
use crate::texts::Texts;

pub use directory::{Alias, Directory, DirectoryRow};
pub use rates::{ListedRate, RateList};

/// The file that declares a program.
pub const PROGRAM_FILE: &str = "program.yaml";
/// The directory that lists the partners.
pub const PARTNERS: &str = "partners";
/// What the columns that Trueup adds to every kind begin with.
pub const RESERVED_PREFIX: &str = "fact_";

/// A program as declared.
#[derive(Clone, Debug)]
pub struct Program {
    /// The folder it stands in.
    pub folder: PathBuf,
    /// Its name.
    pub name: Arc<str>,
    /// Its title, as a reader sees it.
    pub title: Arc<str>,
    /// What it is, in words.
    pub is: Arc<str>,
    /// The currency its money is in.
    pub currency: Currency,
    /// The zone in which instants become dates.
    pub zone: TimeZone,
    /// Where its years start and how they divide.
    pub calendar: Calendar,
    /// Its kinds of fact.
    pub kinds: Vec<Kind>,
    /// Its reference lists.
    pub directories: Vec<Directory>,
    /// Its rates between currencies.
    pub rates: Option<RateList>,
    /// Where its facts come from.
    pub sources: Vec<Source>,
    /// Whether rows count only under a mapping that somebody certified.
    pub needs_certified: bool,
    /// The digest of each declaration: `program`, `kind sale`, `directory partners`, `rates`, `source orders`.
    pub declarations: BTreeMap<Arc<str>, Digest>,
    /// The digest of what each declaration says in program.yaml, whatever the files hold that it names: partners join and
    /// rates change every day, and what was agreed stays the same.
    pub said: BTreeMap<Arc<str>, Digest>,
}

/// What reading a program found.
#[derive(Debug)]
pub struct ProgramRead {
    /// The program, if nothing refuses it.
    pub program: Option<Program>,
    /// The text the diagnostics speak of.
    pub sources: Sources,
    /// Every mistake, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
}

impl Program {
    /// Reads a program's folder.
    ///
    /// # Errors
    /// When a file that the program needs cannot be read at all; mistakes in it are diagnostics.
    pub fn read(folder: &Path) -> Result<ProgramRead, Fault> {
        lower::read(&Texts::in_folder(folder))
    }

    /// Reads a program from its texts.
    ///
    /// # Errors
    /// As [`Program::read`].
    pub fn of_texts(texts: &Texts) -> Result<ProgramRead, Fault> {
        lower::read(texts)
    }

    /// A kind of fact by its name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| &*kind.name == name)
    }

    /// A source by its name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| &*source.name == name)
    }

    /// A source by its name, and the kind of its rows.
    #[must_use]
    pub fn source_and_kind(&self, name: &str) -> Option<(&Source, &Kind)> {
        let source = self.source(name)?;
        Some((source, self.kinds.get(source.kind)?))
    }

    /// A directory by its name.
    #[must_use]
    pub fn directory(&self, name: &str) -> Option<&Directory> {
        self.directories
            .iter()
            .find(|directory| &*directory.name == name)
    }

    /// The partner directory, if one is declared.
    #[must_use]
    pub fn partners(&self) -> Option<&Directory> {
        self.directory(PARTNERS)
    }

    /// The day of a moment in the program's time zone, counted from 1970-01-01.
    #[must_use]
    pub fn today(&self, now: jiff::Timestamp) -> i32 {
        day_number(self.zone.to_datetime(now).date())
    }

    /// The folder of the program's state.
    #[must_use]
    pub fn state_folder(&self) -> PathBuf {
        state_folder(&self.folder)
    }
}

/// The folder of a program's state: never committed, rebuilt from what is.
#[must_use]
pub fn state_folder(program: &Path) -> PathBuf {
    program.join(".trueup")
}

/// A kind of fact: the standard shape its rows are stored in.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Its name.
    pub name: Arc<str>,
    /// What it is, in words.
    pub is: Arc<str>,
    /// The position of the column that places a row in a window.
    pub dated: usize,
    /// Its columns, in the order declared.
    pub columns: Vec<KindColumn>,
}

impl Kind {
    /// The position of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| &*known.name == column)
    }

    /// What a column holds.
    #[must_use]
    pub fn type_of(&self, column: &str) -> Option<ColumnType> {
        let at = self.position(column)?;
        self.columns.get(at).map(|known| known.of)
    }

    /// The position of the first partner column, by which rows are clustered.
    #[must_use]
    pub fn partner(&self) -> Option<usize> {
        self.columns
            .iter()
            .position(|column| column.of == ColumnType::Partner)
    }

    /// Its numbers: position, name and room of each.
    pub fn numbers(&self) -> impl Iterator<Item = (usize, &KindColumn, Room)> {
        self.columns
            .iter()
            .enumerate()
            .filter_map(|(at, column)| match column.of {
                ColumnType::Number { room, .. } => Some((at, column, room)),
                ColumnType::Text | ColumnType::Partner | ColumnType::Date | ColumnType::Flag => {
                    None
                }
            })
    }
}

/// A column of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindColumn {
    /// Its name.
    pub name: Arc<str>,
    /// What it holds.
    pub of: ColumnType,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text, verbatim.
    Text,
    /// A partner's id.
    Partner,
    /// A day.
    Date,
    /// True or false.
    Flag,
    /// An exact number.
    Number {
        /// What it counts.
        unit: NumberUnit,
        /// How many digits it has.
        room: Room,
    },
}

impl ColumnType {
    /// The word a declaration uses for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Partner => "partner",
            Self::Date => "date",
            Self::Flag => "flag",
            Self::Number { unit, .. } => unit.word(),
        }
    }
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberUnit {
    /// Money, in the program's currency.
    Money,
    /// A count.
    Count,
    /// A score.
    Score,
    /// A ratio.
    Ratio,
}

impl NumberUnit {
    /// The word a declaration uses for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::Count => "count",
            Self::Score => "score",
            Self::Ratio => "ratio",
        }
    }

    /// Whether a sum of it says something: money and counts add up, scores and ratios do not.
    #[must_use]
    pub fn adds_up(self) -> bool {
        match self {
            Self::Money | Self::Count => true,
            Self::Score | Self::Ratio => false,
        }
    }
}

/// The column that says whether a row takes back what was said under its id, and what it then holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelled {
    /// The column of the source.
    pub column: Arc<str>,
    /// What it holds in such a row, verbatim.
    pub values: Vec<Arc<str>>,
}

/// Who looked at a mapping and says that it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// Who.
    pub by: Arc<str>,
    /// How the digest of the mapping begins that they looked at.
    pub mapping: Arc<str>,
}

/// A source: where facts of one kind come from and what their columns mean.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: Arc<str>,
    /// What it is, in words.
    pub is: Arc<str>,
    /// Who answers for it.
    pub owner: Arc<str>,
    /// The position of its kind in the program.
    pub kind: usize,
    /// Which files it delivers.
    pub files: Vec<Glob>,
    /// How they are written.
    pub format: Format,
    /// The columns that together name a row.
    pub id: Vec<Arc<str>>,
    /// The column that carries a rising revision.
    pub revision: Option<Arc<str>>,
    /// The column that says when a row became known.
    pub recorded_on: Option<(Arc<str>, DateFormat)>,
    /// How a row says that it takes back what was said under its id.
    pub cancelled: Option<Cancelled>,
    /// Who certified its mapping.
    pub certified: Option<Certified>,
    /// How old its newest delivery may be.
    pub fresh: Option<Duration>,
    /// The span for which it is declared complete.
    pub complete: Option<DateSpan>,
    /// Where each column of the kind comes from, by position; none is stored as missing.
    pub map: Vec<Option<Mapping>>,
    /// What its owner says it adds up to.
    pub control: Option<Control>,
    /// The digest of its mapping: of what it says of a row, without the directories it looks into.
    pub mapping: Digest,
    /// The digest of all that decides how its rows are read: its mapping, its kind, the directories it looks into.
    pub reading: Digest,
}

impl Source {
    /// Whether it declares a file of that name, which is its path in the program's folder.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        self.files.iter().any(|glob| glob.matches(name))
    }

    /// Whether somebody certified the mapping as it stands.
    #[must_use]
    pub fn is_certified(&self) -> bool {
        self.certified
            .as_ref()
            .is_some_and(|certified| *certified.mapping == *self.mapping.short())
    }

    /// The columns of a delivered row that are read, each once, in order.
    #[must_use]
    pub fn columns_read(&self) -> Vec<Arc<str>> {
        let mut read: BTreeSet<&Arc<str>> = self.id.iter().collect();
        read.extend(&self.revision);
        read.extend(self.recorded_on.as_ref().map(|(column, _)| column));
        read.extend(self.cancelled.as_ref().map(|cancelled| &cancelled.column));
        read.extend(
            self.map
                .iter()
                .flatten()
                .filter_map(|mapping| match mapping {
                    Mapping::Constant(_) => None,
                    Mapping::Column { column, .. } | Mapping::Listed { column, .. } => Some(column),
                }),
        );
        read.into_iter().cloned().collect()
    }
}

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters, plain or packed with gzip or zip.
    Csv {
        /// Its delimiter and last line.
        style: CsvStyle,
        /// Its decimal mark.
        mark: DecimalMark,
    },
    /// Apache Parquet.
    Parquet,
    /// JSON objects, in files or pushed.
    Json,
    /// A workbook (Office Open XML).
    Workbook {
        /// The sheet; none where there is one only.
        sheet: Option<Arc<str>>,
        /// The row that holds the names of the columns, from 1.
        header_row: u32,
    },
}

impl Format {
    /// The decimal mark of numbers written as text.
    #[must_use]
    pub fn mark(&self) -> DecimalMark {
        match self {
            Self::Csv { mark, .. } => *mark,
            Self::Parquet | Self::Json | Self::Workbook { .. } => DecimalMark::Point,
        }
    }
}

impl Source {
    /// The columns of a file that are read, each with its decimals where it is read as a number and nothing else.
    #[must_use]
    pub fn columns_wanted(&self, kind: &Kind) -> Vec<Wanted> {
        let scale_of = |name: &Arc<str>| {
            let is_named = self.id.contains(name)
                || self.revision.as_ref() == Some(name)
                || self
                    .recorded_on
                    .as_ref()
                    .is_some_and(|(column, _)| column == name)
                || self.cancelled.as_ref().is_some_and(|of| of.column == *name);
            let mut scale = None;
            for (column, mapping) in kind.columns.iter().zip(&self.map) {
                match (mapping, column.of) {
                    (
                        Some(Mapping::Column { column: from, .. }),
                        ColumnType::Number { room, .. },
                    ) if from == name => {
                        scale = scale.max(Some(room.scale));
                    }
                    (
                        Some(
                            Mapping::Column { column: from, .. }
                            | Mapping::Listed { column: from, .. },
                        ),
                        _,
                    ) if from == name => return None,
                    _ => {}
                }
            }
            scale.filter(|_| !is_named)
        };
        let read = self.columns_read().into_iter();
        read.map(|name| Wanted {
            scale: scale_of(&name),
            name: name.to_string(),
        })
        .collect()
    }
}

/// Days from one on, to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateSpan {
    /// The first day.
    pub from: Date,
    /// The day after the last.
    pub until: Date,
}

impl DateSpan {
    /// Whether all days of another span lie in this one.
    #[must_use]
    pub fn covers(self, from: Date, until: Date) -> bool {
        self.from <= from && until <= self.until
    }
}

/// Where a column of a kind comes from.
#[derive(Clone, Debug)]
pub enum Mapping {
    /// The same value on every row.
    Constant(Typed),
    /// A column of the source, read as the kind's column says.
    Column {
        /// The source's column.
        column: Arc<str>,
        /// How a date is written.
        format: DateFormat,
    },
    /// A column of the source whose every value is listed beforehand.
    Listed {
        /// The source's column.
        column: Arc<str>,
        /// What each of its values stands for; none for missing.
        values: Arc<BTreeMap<Arc<str>, Option<Typed>>>,
        /// What a value outside the list is.
        unlisted: Unlisted,
    },
}

/// What a value outside a list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlisted {
    /// An identity that no directory knows.
    Identity {
        /// The directory.
        directory: Arc<str>,
    },
    /// A key that a directory lacks.
    Key {
        /// The directory.
        directory: Arc<str>,
    },
    /// A value that the mapping does not name.
    Value,
}

/// A value of a kind's column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Typed {
    /// Text, or a partner's id.
    Text(Arc<str>),
    /// A number, in its column's smallest steps.
    Number(i128),
    /// A day's number, from 1970-01-01.
    Day(i32),
    /// True or false.
    Flag(bool),
}

/// What a source's owner says it adds up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// How many rows.
    pub rows: Option<u64>,
    /// Sums, by the position of the kind's column, in its smallest steps.
    pub sums: BTreeMap<usize, i128>,
}
