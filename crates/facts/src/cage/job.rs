//! What a decoder is asked to do.

use serde::{Deserialize, Serialize};

/// What a decoder is asked to do with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decode", rename_all = "snake_case")]
pub enum Job {
    /// Unpack text that is packed with gzip.
    Gzip,
    /// Unpack the one text in a zip archive.
    Zip,
    /// Read rows of Parquet.
    Parquet {
        /// The columns that are read.
        columns: Vec<Wanted>,
    },
    /// Read rows of a workbook.
    Workbook {
        /// The columns that are read.
        columns: Vec<Wanted>,
        /// The sheet; none where there is one only.
        sheet: Option<String>,
        /// The row that holds the names of the columns, from 1.
        header_row: u32,
    },
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// How many decimals are kept where it is read as a number and nothing else.
    pub scale: Option<u8>,
}

impl Job {
    /// The columns that are read.
    #[must_use]
    pub fn columns(&self) -> &[Wanted] {
        match self {
            Self::Gzip | Self::Zip => &[],
            Self::Parquet { columns } | Self::Workbook { columns, .. } => columns,
        }
    }
}
