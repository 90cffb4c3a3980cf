//! What can go wrong while facts are read and kept: a refusal says which rule and what would make it pass, a fault says
//! what the world did.

use std::io;
use std::path::{Path, PathBuf};

use crate::csv_in::CsvError;
use crate::program::Source;

/// The world failed: disk, memory, another process. Nothing is half done; the same command may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or folder could not be written; nothing of this delivery was kept.
    #[error("cannot write {}{}; nothing of this delivery was kept", path.display(), full(source))]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A run or one of its texts could not be kept.
    #[error("cannot write {}{}; the run was not kept", path.display(), full(source))]
    Keep {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A table of facts could not be opened or committed to.
    #[error("cannot {doing} the table of `{kind}`{}; run the same command again", full_below(source.as_ref()))]
    Table {
        /// What was tried.
        doing: &'static str,
        /// The kind of fact.
        kind: String,
        /// Why.
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },
    /// Facts in a form that this version does not read.
    #[error(
        "the facts of `{kind}` were taken in by another version of Trueup; use that one, or ingest the sources into a fresh state folder"
    )]
    OtherForm {
        /// The kind of fact.
        kind: String,
    },
    /// Files of an earlier snapshot that were removed.
    #[error("files of `{kind}` that this snapshot needs were removed by `trueup facts vacuum`, since neither the facts of then nor a kept run needed them; open a later snapshot, or restore {} from a backup", folder.display())]
    Vacuumed {
        /// The kind.
        kind: String,
        /// The folder they were in.
        folder: PathBuf,
    },
    /// Pushed rows of a source that is gone.
    #[error("{} holds rows of the source `{name}`, which program.yaml no longer declares; declare it again, then they are taken in", path.display())]
    InboxSource {
        /// The source.
        name: String,
        /// The segment.
        path: PathBuf,
    },
    /// Pushed rows that no longer fit their source.
    #[error("pushed rows of the source `{name}` cannot be taken in: the table {why}")]
    InboxRefused {
        /// The source.
        name: String,
        /// Why.
        why: String,
    },
    /// A stored file is not what its digest says.
    #[error("{} is damaged: {what}; restore it from a backup, or ingest its delivery into a fresh state folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not agree.
        what: String,
    },
    /// A kept run or one of its texts is not what its digest says.
    #[error("{} is damaged: {what}; restore it from a backup, or remove it and run again", path.display())]
    RunDamaged {
        /// The file.
        path: PathBuf,
        /// What does not agree.
        what: String,
    },
    /// Stored columns could not be built or read.
    #[error("cannot {doing} columns of `{kind}`")]
    Columns {
        /// What was tried.
        doing: &'static str,
        /// The kind of fact.
        kind: String,
        /// Why.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// A stored Parquet file could not be written or read.
    #[error("cannot {doing} {}", path.display())]
    Parquet {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// What was read does not add up with what was kept; a mistake of the program itself, found before anything was kept.
    #[error(
        "the delivery {file} does not add up ({what}); nothing of it was kept, please report this"
    )]
    DoesNotAddUp {
        /// The delivered file.
        file: String,
        /// What does not.
        what: String,
    },
    /// Another process is writing.
    #[error("another process is ingesting into this program (it holds {}); wait for it to end", path.display())]
    Locked {
        /// The lock's file.
        path: PathBuf,
    },
    /// No decoder could be started, or it could not read its file.
    #[error("cannot run a decoder; try again, or send the file as plain CSV")]
    Decoder {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No runtime for the tables' input and output.
    #[error("cannot start the runtime for tables")]
    Runtime(#[source] io::Error),
}

/// Whether a full disk is the reason somewhere below an error.
fn full_below(error: &(dyn std::error::Error + 'static)) -> &'static str {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return full(error);
        }
        at = error.source();
    }
    ""
}

fn full(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => " (the disk is full)",
        _ => "",
    }
}

impl Fault {
    /// A file or folder that cannot be read.
    pub fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// A file or folder that cannot be written.
    pub fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// A run that cannot be kept.
    pub fn keep(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Keep {
            path: path.to_owned(),
            source,
        }
    }

    /// A table that cannot be used.
    pub fn table(
        doing: &'static str,
        kind: &str,
    ) -> impl FnOnce(deltalake::DeltaTableError) -> Self {
        move |source| Self::Table {
            doing,
            kind: kind.to_owned(),
            source: Box::new(source),
        }
    }

    /// Columns that cannot be built.
    pub fn columns(
        doing: &'static str,
        kind: &str,
    ) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        move |source| Self::Columns {
            doing,
            kind: kind.to_owned(),
            source,
        }
    }

    /// A stored Parquet file that cannot be used.
    pub fn parquet(
        doing: &'static str,
        path: &Path,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        move |source| Self::Parquet {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// A delivered file that is refused as a whole: nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum FileRefusal {
    /// Nothing in it.
    #[error("is empty; a delivery has a header at least")]
    Empty,
    /// Another format than declared.
    #[error("is {found}, and the source declares {declared}; change `format:` or send the other")]
    OtherFormat {
        /// What its first bytes say.
        found: &'static str,
        /// What the source declares.
        declared: &'static str,
    },
    /// Not CSV as it must be.
    #[error(transparent)]
    Csv(CsvError),
    /// Gzip that ends early, is damaged, or has something after it.
    #[error(
        "is cut short or damaged where it is packed (gzip), after {unpacked} unpacked bytes; send it again"
    )]
    Gzip {
        /// Bytes unpacked before.
        unpacked: u64,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// Gzip beyond all measure.
    #[error(
        "unpacks to more than {} times its size; send it unpacked",
        crate::input::GZIP_RATIO_MAX
    )]
    Bomb,
    /// A zip archive that cannot be trusted or unpacked.
    #[error("cannot be unpacked as a zip archive ({what}); send it again, or unpacked")]
    Zip {
        /// What is wrong with it.
        what: String,
    },
    /// A workbook that cannot be trusted or read.
    #[error("cannot be read as a workbook ({what}); save it anew as .xlsx, or send it as CSV")]
    Workbook {
        /// What is wrong with it.
        what: String,
    },
    /// A workbook whose sheet or header is not where the source declares it.
    #[error("{what}")]
    Layout {
        /// What is not there, and what to declare.
        what: String,
    },
    /// A decoder went wrong over it.
    #[error("cannot be decoded (its decoder {how}); it is damaged or forged, send it again")]
    Decoder {
        /// How.
        how: String,
    },
    /// Two columns of one name.
    #[error("has two columns named `{name}`, columns {first} and {second}; a name must be unique")]
    TwoColumns {
        /// The name.
        name: String,
        /// The first one's position, from 1.
        first: usize,
        /// The second one's position, from 1.
        second: usize,
    },
    /// A column name with blanks around it.
    #[error(
        "has a column name with blanks around it: `{name}`, column {at}; the source must send it bare"
    )]
    PaddedColumn {
        /// The name.
        name: String,
        /// Its position, from 1.
        at: usize,
    },
    /// A column without a name.
    #[error("has a column without a name, column {at}")]
    UnnamedColumn {
        /// Its position, from 1.
        at: usize,
    },
    /// A mapped column that is not there.
    #[error("lacks the column `{name}`{hint}")]
    LacksColumn {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// A column whose name only looks like a mapped one.
    #[error(
        "has the column `{written}` (column {at}), which only looks like `{name}`: a letter of it is from another \
         alphabet or invisible; the source must send plain letters"
    )]
    LookAlike {
        /// The name as sent.
        written: String,
        /// Its position, from 1.
        at: usize,
        /// The name it looks like.
        name: String,
    },
    /// JSON that is no row, or cannot be read.
    #[error("line {line} {what}")]
    Json {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// Parquet that cannot be decoded.
    #[error("cannot be decoded as Parquet ({what}); it is damaged or forged, send it again")]
    Parquet {
        /// What the decoder says.
        what: String,
    },
    /// A column of a type that cannot be read exactly.
    #[error("has the column `{name}` as {found}, {why}")]
    ColumnType {
        /// The column.
        name: String,
        /// Its type in the file.
        found: String,
        /// Why that does not do, and what would.
        why: String,
    },
    /// It was changed while it was read.
    #[error("changed while it was read; nothing of it was kept, ingest it when it is complete")]
    Changed,
    /// No declared source delivers such a file.
    #[error("belongs to no declared source; declare it under `sources`, or name the source")]
    NoSource,
    /// Nobody certified the mapping as it stands.
    #[error("belongs to `{name}`, {why}; look at it with `trueup certify {name}`")]
    NotCertified {
        /// The source.
        name: String,
        /// Why its mapping is none that somebody certified.
        why: String,
    },
    /// There is no such file.
    #[error("does not exist")]
    Missing,
    /// Its columns were declared otherwise when the table was made.
    #[error(
        "{what}; columns of stored facts cannot change: give the kind a new name, or start a fresh state folder"
    )]
    TableDiffers {
        /// What differs.
        what: String,
    },
}

impl FileRefusal {
    /// That nobody certified a source's mapping as it stands.
    #[must_use]
    pub fn not_certified(source: &Source) -> Self {
        let why = match &source.certified {
            None => "whose mapping nobody certified yet".to_owned(),
            Some(certified) => format!("whose mapping changed since {} certified it", certified.by),
        };
        Self::NotCertified {
            name: source.name.to_string(),
            why,
        }
    }

    /// A stable code for lists and filters.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::OtherFormat { .. } => "other_format",
            Self::Csv(error) => match error {
                CsvError::Unreadable { .. } => "unreadable",
                CsvError::NotUtf8 { .. } => "not_utf8",
                CsvError::Nul { .. } => "nul_byte",
                CsvError::UnclosedQuote { .. } => "unclosed_quote",
                CsvError::AfterQuote { .. } => "text_after_quote",
                CsvError::RecordBytes { .. }
                | CsvError::RecordLines { .. }
                | CsvError::RecordCells { .. } => "record_too_long",
                CsvError::CutShort { .. } => "cut_short",
            },
            Self::Gzip { .. } => "damaged_gzip",
            Self::Bomb => "gzip_bomb",
            Self::Zip { .. } => "damaged_zip",
            Self::Workbook { .. } => "damaged_workbook",
            Self::Layout { .. } => "workbook_layout",
            Self::Decoder { .. } => "decoder_failed",
            Self::TwoColumns { .. } => "two_columns",
            Self::PaddedColumn { .. } | Self::UnnamedColumn { .. } => "column_name",
            Self::LacksColumn { .. } => "lacks_column",
            Self::LookAlike { .. } => "look_alike",
            Self::Json { .. } => "damaged_json",
            Self::Parquet { .. } => "damaged_parquet",
            Self::ColumnType { .. } => "column_type",
            Self::Changed => "changed_while_read",
            Self::NoSource => "no_source",
            Self::NotCertified { .. } => "not_certified",
            Self::Missing => "no_such_file",
            Self::TableDiffers { .. } => "table_differs",
        }
    }
}
