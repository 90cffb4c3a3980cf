//! What a delivery did, as its commit in the log says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::file::{FileWritten, StoredFile};
use crate::digest::Digest;

/// What a delivery did, as its commit says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Delivery {
    /// The version of this entry's form.
    pub form: u32,
    /// Its number among the deliveries of all kinds, from 1: the snapshot it made.
    pub number: u64,
    /// When it was taken, in UTC to the second.
    pub taken_at: String,
    /// The source.
    pub source: String,
    /// The delivered file, by the name it was delivered under.
    pub file: String,
    /// Its digest as it was delivered.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// The digest of the declarations it was read by.
    pub reading: Digest,
    /// The day it was taken, in the program's time zone.
    pub taken_on: String,
    /// All rows read.
    pub read: TallyText,
    /// New rows.
    pub accepted: TallyText,
    /// Rows that took the place of known ones.
    pub corrected: TallyText,
    /// Rows that took a known one out, or said that none is to come.
    pub cancelled: TallyText,
    /// Rows known already.
    pub duplicate: TallyText,
    /// Rows of which a later revision was known.
    pub outdated: TallyText,
    /// Rows set aside.
    pub quarantined: TallyText,
    /// Known rows withdrawn by corrections and cancellations.
    pub withdrawn: TallyText,
    /// Numbers that had more digits than a workbook or a column keeps and were rounded, by column of the file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rounded: BTreeMap<String, u64>,
    /// The files it added.
    pub files: Vec<StoredFile>,
    /// Where its quarantined rows are listed.
    pub quarantine: Option<QuarantineFile>,
    /// The quarantined rows of other deliveries that it settles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repair: Option<Repair>,
    /// The rows that somebody doubts, or no longer doubts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagAct>,
}

/// Rows that somebody doubts, or no longer doubts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FlagAct {
    /// Who.
    pub by: String,
    /// Why.
    pub because: String,
    /// Whether the flags are lifted.
    pub lifted: bool,
    /// The rows.
    pub rows: Vec<FlaggedRow>,
}

/// A row in doubt.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FlaggedRow {
    /// What names it in its source.
    pub id: String,
    /// The revision in doubt.
    pub revision: i64,
}

/// Quarantined rows that were settled, who did it, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repair {
    /// Who put them right or rejected them; none where they came right by themselves, as declarations stand now.
    pub by: Option<String>,
    /// Why.
    pub because: Option<String>,
    /// The rows.
    pub rows: Vec<RepairedRow>,
}

/// A quarantined row that was settled.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RepairedRow {
    /// The digest of the delivered file it stands in.
    pub file: Digest,
    /// Its line or row there.
    pub row: u64,
    /// Whether it never counts.
    pub rejected: bool,
    /// What was changed, by column.
    pub changes: BTreeMap<String, Change>,
}

/// A cell that was changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// What it held; none where nothing.
    pub was: Option<String>,
    /// What it holds.
    pub is: String,
}

/// The version of the form that deliveries are written in.
pub const DELIVERY_FORM: u32 = 2;

/// Rows and sums as a commit says them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TallyText {
    /// How many rows.
    pub rows: u64,
    /// The sum of each number column, as exact text.
    pub sums: BTreeMap<String, String>,
    /// Rows whose number could not be read, by column; absent when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unreadable: BTreeMap<String, u64>,
}

/// A list of quarantined rows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuarantineFile {
    /// Its digest, which is its name.
    pub digest: Digest,
    /// How many rows it lists.
    pub rows: u64,
}

/// A delivery ready to be committed.
#[derive(Debug)]
pub struct Commit {
    /// What it did.
    pub delivery: Delivery,
    /// Its files, where they were written.
    pub files: Vec<(PathBuf, FileWritten)>,
    /// Its list of quarantined rows, where it was written.
    pub quarantine: Option<PathBuf>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}
