//! Why a decoder refuses a file, on its way out of the cage.

use std::io;

use serde::{Deserialize, Serialize};

use super::decoded::NotDecoded;
use crate::error::{Fault, FileRefusal};
use crate::words::shown;

/// Why a decoder refuses a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
pub enum Refusal {
    /// The decoder could not be locked in: this machine's fault, not the file's.
    NotCaged { what: String },
    /// The file could not be read: the disk's fault.
    Unreadable { what: String },
    /// There is nothing in it.
    Empty,
    /// Gzip that is damaged.
    Gzip { what: String },
    /// A zip archive that cannot be trusted or unpacked.
    Zip { what: String },
    /// A workbook or the like where text is declared.
    Office,
    /// Parquet that cannot be decoded.
    Parquet { what: String },
    /// A column of a type that cannot be read exactly.
    ColumnType {
        name: String,
        found: String,
        why: String,
    },
    /// A workbook that cannot be trusted or read.
    Workbook { what: String },
    /// A sheet or header that is not where it is declared.
    Layout { what: String },
}

impl Refusal {
    /// A workbook that cannot be trusted or read.
    pub fn workbook(what: impl Into<String>) -> Self {
        Self::Workbook { what: what.into() }
    }

    /// A file that could not be read.
    pub fn unreadable(error: io::Error) -> Self {
        Self::Unreadable {
            what: error.to_string(),
        }
    }

    /// What a refusal of a reader comes to, where the reader is in a cage.
    pub fn of(refusal: FileRefusal) -> Self {
        match refusal {
            FileRefusal::ColumnType { name, found, why } => Self::ColumnType { name, found, why },
            FileRefusal::Parquet { what } => Self::Parquet { what },
            other => Self::Parquet {
                what: other.to_string(),
            },
        }
    }

    /// What it comes to outside; `declared` is the source's format, and so many bytes were unpacked before. Whatever came
    /// out of a cage may be forged, so its texts are shown as texts from outside are.
    pub fn into_not_decoded(self, declared: &'static str, unpacked: u64) -> NotDecoded {
        let fault = |what: String| {
            let source = io::Error::other(what);
            NotDecoded::Fault(Fault::Decoder { source })
        };
        NotDecoded::Refused(match self {
            Self::NotCaged { what } => {
                return fault(format!("it cannot be locked in: {}", shown(&what)));
            }
            Self::Unreadable { what } => {
                return fault(format!("it cannot read its file: {}", shown(&what)));
            }
            Self::Empty => FileRefusal::Empty,
            Self::Gzip { what } => FileRefusal::Gzip {
                unpacked,
                source: io::Error::new(io::ErrorKind::InvalidData, shown(&what)),
            },
            Self::Zip { what } => FileRefusal::Zip { what: shown(&what) },
            Self::Office => FileRefusal::OtherFormat {
                found: "a workbook or another office document",
                declared,
            },
            Self::Parquet { what } => FileRefusal::Parquet { what: shown(&what) },
            Self::ColumnType { name, found, why } => FileRefusal::ColumnType {
                name: shown(&name),
                found: shown(&found),
                why: shown(&why),
            },
            Self::Workbook { what } => FileRefusal::Workbook { what: shown(&what) },
            Self::Layout { what } => FileRefusal::Layout { what: shown(&what) },
        })
    }
}
