//! What is known already of the rows of a delivery: read back from the source's own files.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, Int8Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::Parcel;
use super::keys::{KeyLists, half_of};
use crate::digest::Digest;
use crate::error::Fault;
use crate::judge::{Entry, Stored, Verdict, Verdicts};
use crate::quarantine::QuarantinedRow;
use crate::raw::RawCells;
use crate::standardise::Problem;
use crate::store::{
    FACT_CONTENT, FACT_FILE, FACT_ID, FACT_RECORDED_ON, FACT_REVISION, FACT_ROW, FACT_SOURCE,
    FACT_WEIGHT, FactColumns, FactTable, StoredFile, read_file,
};
use crate::words::shown;

const OWN: [&str; 8] = [
    FACT_SOURCE,
    FACT_ID,
    FACT_REVISION,
    FACT_WEIGHT,
    FACT_CONTENT,
    FACT_RECORDED_ON,
    FACT_FILE,
    FACT_ROW,
];

/// The most stored rows of a source that are kept at hand from one delivery to the next.
pub const ROWS_AT_HAND: u64 = 4_000_000;

/// What is stored of one source: where each row lies and what it says.
#[derive(Debug)]
pub struct Index {
    /// The most rows that are kept at hand.
    at_hand_max: u64,
    /// The files read so far.
    files: Vec<StoredFile>,
    /// Their rows, in order: all of them, or those under the keys of one delivery.
    rows: Vec<Stored>,
    /// Whether these are all rows of the files.
    whole: bool,
}

impl Default for Index {
    fn default() -> Self {
        Self::of(ROWS_AT_HAND)
    }
}

impl Index {
    /// Nothing yet, of a source of which at most so many rows are kept at hand.
    pub fn of(at_hand_max: u64) -> Self {
        Self {
            at_hand_max,
            files: Vec::new(),
            rows: Vec::new(),
            whole: false,
        }
    }

    /// The rows, in order.
    pub fn rows(&self) -> &[Stored] {
        &self.rows
    }

    /// Takes note of what is stored under the keys of a delivery, whose entries are in order. Of a source that is not
    /// too large all is kept at hand, so that the next delivery need only look at what was added since; of a larger one only
    /// files are read that have rows under these keys.
    pub fn look_up(
        &mut self,
        table: &FactTable,
        source: &str,
        entries: &[Entry],
    ) -> Result<(), Fault> {
        let files = table.files_of(source)?;
        // Files that were written anew as others would be known twice.
        if self.files.iter().any(|known| !files.contains(known)) {
            *self = Self::of(self.at_hand_max);
        }
        let whole = files.iter().map(|file| file.rows).sum::<u64>() <= self.at_hand_max;
        if !whole || !self.whole {
            *self = Self {
                whole,
                ..Self::of(self.at_hand_max)
            };
        }
        let halves: Vec<u64> = match whole {
            true => Vec::new(),
            false => entries.iter().map(|entry| half_of(entry.key)).collect(),
        };
        let lists = KeyLists::beside(table.folder()).filter(|_| !whole);
        let mut has_new_lists = false;
        for file in files {
            if self.files.contains(&file) {
                continue;
            }
            let listed = lists
                .as_ref()
                .and_then(|lists| lists.has_any(&file, &halves));
            if listed == Some(false) {
                self.files.push(file);
                continue;
            }
            let mut in_file = Vec::new();
            let position = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
            for batch in read_file(table.folder(), &file, Some(&OWN))? {
                let batch = batch.map_err(Fault::columns("read", table.kind()))?;
                let facts = FactColumns::of(&batch).ok_or_else(|| table.lacks_columns(&file))?;
                for at in 0..facts.len() {
                    let key = key_of(&facts, at);
                    if lists.is_some() && listed.is_none() {
                        in_file.push(half_of(key));
                    }
                    if whole
                        || entries
                            .binary_search_by_key(&key, |entry| entry.key)
                            .is_ok()
                    {
                        self.rows.push(Stored {
                            key,
                            revision: facts.revision.value(at),
                            content: facts.content_at(at),
                            weight: facts.weight.value(at),
                            file: position,
                        });
                    }
                }
            }
            if let (Some(lists), None) = (&lists, listed) {
                lists.keep(&file, in_file);
                has_new_lists = true;
            }
            self.files.push(file);
        }
        if let (Some(lists), true) = (&lists, has_new_lists) {
            lists.leave(&table.files()?);
        }
        // Stable, and fast on two ordered runs.
        self.rows.sort();
        Ok(())
    }

    /// The files with rows under these keys.
    fn files_with(&self, keys: &HashSet<u128>) -> Vec<&StoredFile> {
        let mut positions: Vec<u32> = keys
            .iter()
            .flat_map(|key| {
                let (_, from) = self
                    .rows
                    .split_at(self.rows.partition_point(|row| row.key < *key));
                from.iter()
                    .take_while(|row| row.key == *key)
                    .map(|row| row.file)
            })
            .collect();
        positions.sort_unstable();
        positions.dedup();
        positions
            .into_iter()
            .filter_map(|position| self.files.get(position as usize))
            .collect()
    }
}

/// What names a row: half a digest of its id.
pub fn key_of(facts: &FactColumns<'_>, at: usize) -> u128 {
    Digest::of(facts.id.value(at).as_bytes()).half()
}

/// Stored rows under some keys that a test picks out.
fn pick(
    table: &FactTable,
    index: &Index,
    keys: &HashSet<u128>,
    wanted: impl Fn(&FactColumns<'_>, usize) -> bool,
) -> Result<Vec<RecordBatch>, Fault> {
    let mut picked = Vec::new();
    for file in index.files_with(keys) {
        for batch in read_file(table.folder(), file, None)? {
            let batch = batch.map_err(Fault::columns("read", table.kind()))?;
            let facts = FactColumns::of(&batch).ok_or_else(|| table.lacks_columns(file))?;
            let chosen: BooleanArray = (0..facts.len())
                .map(|at| Some(keys.contains(&key_of(&facts, at)) && wanted(&facts, at)))
                .collect();
            if chosen.true_count() > 0 {
                let rows = filter_record_batch(&batch, &chosen);
                picked.push(rows.map_err(Fault::columns("filter", table.kind()))?);
            }
        }
    }
    Ok(picked)
}

/// The day a correcting row became known: as its source says, or else the day it was delivered.
pub fn known_since(facts: &FactColumns<'_>, at: usize, parcel: &Parcel<'_>) -> i32 {
    if facts.recorded_on.is_valid(at) {
        return facts.recorded_on.value(at);
    }
    parcel.today()
}

/// Rows whose corrections each have the day they became known.
pub fn date_corrections(
    batch: &RecordBatch,
    of_row: &[Verdict],
    parcel: &Parcel<'_>,
) -> Result<RecordBatch, ArrowError> {
    let Some(facts) = FactColumns::of(batch).filter(|_| of_row.iter().any(|of| of.takes_out()))
    else {
        return Ok(batch.clone());
    };
    let since: Vec<Option<i32>> = of_row
        .iter()
        .enumerate()
        .map(|(at, verdict)| match verdict {
            Verdict::Corrected | Verdict::Cancelled => Some(known_since(&facts, at, parcel)),
            Verdict::Accepted | Verdict::Duplicate | Verdict::Outdated | Verdict::Conflict => facts
                .recorded_on
                .is_valid(at)
                .then(|| facts.recorded_on.value(at)),
        })
        .collect();
    replaced(batch, FACT_RECORDED_ON, Arc::new(Date32Array::from(since)))
}

/// A batch with other values in one column.
fn replaced(batch: &RecordBatch, name: &str, with: ArrayRef) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let columns = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| {
            if field.name() == name {
                with.clone()
            } else {
                column.clone()
            }
        });
    let columns = columns.collect();
    RecordBatch::try_new(schema, columns)
}

/// The known rows that corrections take the place of, with weight -1, known since their correction; a row whose own day is
/// later was never known, so that no day knows less than nothing of a fact.
pub fn withdrawals(
    table: &FactTable,
    index: &Index,
    verdicts: &Verdicts,
    recorded_by: &HashMap<u64, i32>,
) -> Result<Vec<RecordBatch>, Fault> {
    let target = |facts: &FactColumns<'_>, at: usize| {
        let key = key_of(facts, at);
        verdicts
            .withdrawn
            .get(&key)
            .copied()
            .filter(|(revision, content, _)| {
                facts.weight.value(at) > 0
                    && facts.revision.value(at) == *revision
                    && facts.content_at(at) == *content
            })
    };
    let keys: HashSet<u128> = verdicts.withdrawn.keys().copied().collect();
    let picked = pick(table, index, &keys, |facts, at| target(facts, at).is_some())?;
    let fault = || Fault::columns("withdraw", table.kind());
    let mut batches = Vec::new();
    for batch in picked {
        let Some(facts) = FactColumns::of(&batch) else {
            continue;
        };
        let since: Vec<Option<i32>> = (0..facts.len())
            .map(|at| {
                let own = facts
                    .recorded_on
                    .is_valid(at)
                    .then(|| facts.recorded_on.value(at));
                let (_, _, row) = target(&facts, at)?;
                recorded_by.get(&row).copied().max(own)
            })
            .collect();
        let since: ArrayRef = Arc::new(Date32Array::from(since));
        let dated = replaced(&batch, FACT_RECORDED_ON, since).map_err(fault())?;
        batches.push(taken_out(&dated).map_err(fault())?);
    }
    Ok(batches)
}

/// Rows with weight -1.
pub fn taken_out(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let weights = std::iter::repeat_n(-1_i8, batch.num_rows());
    let weights: ArrayRef = Arc::new(Int8Array::from_iter_values(weights));
    replaced(batch, FACT_WEIGHT, weights)
}

/// A row that says something under the same id: its batch and place, and whether it is stored.
type Other<'a> = (&'a RecordBatch, usize, bool);

/// Conflicting rows as they are set aside, each with the row that says otherwise.
pub fn explain_conflicts(
    table: &FactTable,
    index: &Index,
    parcel: &Parcel<'_>,
    conflicts: &[RecordBatch],
) -> Result<Vec<QuarantinedRow>, Fault> {
    let mut ids: HashSet<(String, i64)> = HashSet::new();
    for facts in conflicts.iter().filter_map(FactColumns::of) {
        ids.extend(
            (0..facts.len()).map(|at| (facts.id.value(at).to_owned(), facts.revision.value(at))),
        );
    }
    let keys: HashSet<u128> = ids
        .iter()
        .map(|(id, _)| Digest::of(id.as_bytes()).half())
        .collect();
    let known = pick(table, index, &keys, |facts, at| {
        facts.weight.value(at) > 0
            && ids.contains(&(facts.id.value(at).to_owned(), facts.revision.value(at)))
    })?;
    let mut others: HashMap<(String, i64), Vec<Other<'_>>> = HashMap::new();
    for (batches, stored) in [(known.as_slice(), true), (conflicts, false)] {
        for batch in batches {
            let Some(facts) = FactColumns::of(batch) else {
                continue;
            };
            for at in 0..facts.len() {
                let key = (facts.id.value(at).to_owned(), facts.revision.value(at));
                others.entry(key).or_default().push((batch, at, stored));
            }
        }
    }
    let mut rows = Vec::new();
    for batch in conflicts {
        let Some(facts) = FactColumns::of(batch) else {
            continue;
        };
        for at in 0..facts.len() {
            let key = (facts.id.value(at).to_owned(), facts.revision.value(at));
            let content = facts.content_at(at);
            let other = others
                .get(&key)
                .into_iter()
                .flatten()
                .find(|(batch, at, _)| {
                    FactColumns::of(batch).is_some_and(|facts| facts.content_at(*at) != content)
                });
            let (column, value, says) = match other {
                Some((other, other_at, stored)) => {
                    differs(parcel, (batch, at), (other, *other_at), *stored)
                }
                None => (
                    String::new(),
                    String::new(),
                    "another row says otherwise under the same id".to_owned(),
                ),
            };
            let help = "nothing says which is true: send the true row with a higher revision, or take the false one back at its source";
            let problem = Problem::new(&column, &value, "conflict", says, help);
            let row = u64::try_from(facts.row.value(at)).unwrap_or(0);
            rows.push(QuarantinedRow {
                row,
                id: shown(facts.id.value(at)),
                problems: vec![problem],
                cells: RawCells::new(),
            });
        }
    }
    rows.sort_by_key(|row| row.row);
    Ok(rows)
}

/// In which column two rows differ, and where the other one came from.
fn differs(
    parcel: &Parcel<'_>,
    (mine, at): (&RecordBatch, usize),
    (other, other_at): (&RecordBatch, usize),
    stored: bool,
) -> (String, String, String) {
    let place = FactColumns::of(other).map_or_else(String::new, |facts| {
        let row = facts.row.value(other_at);
        if stored {
            format!(
                "row {row} of {}, taken before,",
                shown(facts.file.value(other_at))
            )
        } else {
            format!("row {row} of the same file")
        }
    });
    for (position, column) in parcel.kind.columns.iter().enumerate() {
        let (Some(left), Some(right)) =
            (mine.columns().get(position), other.columns().get(position))
        else {
            continue;
        };
        if left.slice(at, 1).to_data() != right.slice(other_at, 1).to_data() {
            let says = format!(
                "{place} says {} under the same id and revision",
                written(right, other_at)
            );
            return (column.name.to_string(), written(left, at), says);
        }
    }
    (
        String::new(),
        String::new(),
        format!("{place} says otherwise under the same id and revision"),
    )
}

fn written(array: &ArrayRef, at: usize) -> String {
    if array.is_null(at) {
        return "nothing".to_owned();
    }
    let options = FormatOptions::default();
    match ArrayFormatter::try_new(array, &options) {
        Ok(formatter) => shown(&formatter.value(at).to_string()),
        Err(_) => "something else".to_owned(),
    }
}
