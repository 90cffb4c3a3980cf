//! The revisions of single facts, for whoever shows where a row comes from.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;

use super::Snapshot;
use crate::dates::day_of_number;
use crate::error::Fault;
use crate::store::FactColumns;

/// The revision of each version of some facts, by the fact's id and the day the version was recorded.
pub type Revisions = BTreeMap<(String, Option<Date>), i64>;

impl Snapshot {
    /// The revisions of some facts of a kind. An id is the source's name and the fact's id there, with a slash between.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn revisions(&self, kind: &str, ids: &BTreeSet<String>) -> Result<Revisions, Fault> {
        let mut revisions = Revisions::new();
        let Some(facts) = self.kind(kind) else {
            return Ok(revisions);
        };
        for batch in facts.batches(None)? {
            let Some(columns) = FactColumns::of(&batch) else {
                continue;
            };
            for at in 0..columns.len() {
                let id = format!("{}/{}", columns.source.value(at), columns.id.value(at));
                if columns.weight.value(at) < 0 || !ids.contains(&id) {
                    continue;
                }
                let recorded_on = arrow::array::Array::is_valid(columns.recorded_on, at)
                    .then(|| day_of_number(columns.recorded_on.value(at)))
                    .flatten();
                let revision = columns.revision.value(at);
                let known = revisions.entry((id, recorded_on)).or_insert(revision);
                *known = revision.max(*known);
            }
        }
        Ok(revisions)
    }
}
