//! The desk: judges what is pushed beside what is known, and keeps what is new before it answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::inbox::{Batch, Inbox, read, segments};
use crate::digest::Digest;
use crate::disk::Disk;
use crate::error::{Fault, FileRefusal};
use crate::header::Header;
use crate::json_in;
use crate::judge::CANCELLED;
use crate::program::{Format, Program, Source};
use crate::raw::{InOrder, RawCells, RawRow};
use crate::standardise::{Problem, StandardRow, Standardiser};
use crate::store::{FACT_CONTENT, FACT_ID, FACT_REVISION, Tables, read_file};

/// The most known rows of a source that are kept at hand. Beyond that a fold says what becomes of a row.
pub const AT_HAND_MAX: u64 = 4_000_000;

/// Events of one source that came together.
#[derive(Clone, Debug)]
pub struct Push {
    /// The source.
    pub source: Arc<str>,
    /// The events, as they were written.
    pub events: Vec<String>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Accepted,
    /// It takes the place of what was known.
    Corrected,
    /// It takes back what was known, or what is to come.
    Cancelled,
    /// It is known; nothing changed.
    Duplicate,
    /// A later revision is known; nothing changed.
    Outdated,
    /// It is kept, and judged when it is folded: too much is known to have it all at hand.
    Received,
    /// Another event said otherwise under the same id and revision; nothing changed.
    Conflict,
    /// It cannot be read; nothing changed.
    Wrong(Vec<Problem>),
}

impl Outcome {
    /// In a word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Corrected => "corrected",
            Self::Cancelled => "cancelled",
            Self::Duplicate => "duplicate",
            Self::Outdated => "outdated",
            Self::Received => "received",
            Self::Conflict => "conflict",
            Self::Wrong(_) => "wrong",
        }
    }

    /// Whether it was refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Conflict | Self::Wrong(_))
    }
}

/// The last revision known under an id, and what it says.
type Last = (i64, u128);

/// What the desk knows of a source.
struct Known {
    /// The position of its source in the program.
    source: usize,
    standardiser: Standardiser,
    names: Vec<String>,
    /// By half a digest of the id; none when there are too many.
    last: Option<HashMap<u128, Last>>,
}

/// Judges and keeps.
pub struct Desk {
    program: Arc<Program>,
    inbox: Inbox,
    known: BTreeMap<Arc<str>, Known>,
    row: StandardRow,
}

impl Desk {
    /// Opens the desk for every source that may be pushed to. Whoever does has the right to write.
    ///
    /// # Errors
    /// When a table or the inbox cannot be read.
    pub fn open(program: Arc<Program>, tables: &Tables, disk: &Disk) -> Result<Self, Fault> {
        let inbox = Inbox::open(tables.state(), disk.clone())?;
        let mut desk = Self {
            inbox,
            known: BTreeMap::new(),
            row: StandardRow::default(),
            program: program.clone(),
        };
        for (at, source) in program.sources.iter().enumerate() {
            let is_open = source.is_certified() || !program.needs_certified;
            if !matches!(&source.format, Format::Json) || !is_open {
                continue;
            }
            if let Ok(mut known) = desk.known_of(at, source) {
                known.last = stored(&program, source, tables)?;
                desk.known.insert(source.name.clone(), known);
            }
        }
        desk.remember_inbox(tables)?;
        Ok(desk)
    }

    fn known_of(&self, at: usize, source: &Source) -> Result<Known, FileRefusal> {
        let names: Vec<String> = source
            .columns_read()
            .iter()
            .map(ToString::to_string)
            .collect();
        let header = Header::new(names.iter().map(String::as_str))?;
        let kind = self
            .program
            .kinds
            .get(source.kind)
            .ok_or(FileRefusal::NoSource)?;
        // What takes a row back and has no date is placed when it is folded; here no row is placed.
        let standardiser = Standardiser::new(&self.program, kind, source, header, 0)?;
        Ok(Known {
            source: at,
            standardiser,
            names,
            last: None,
        })
    }

    /// Remembers what was acknowledged and is not folded yet.
    fn remember_inbox(&mut self, tables: &Tables) -> Result<(), Fault> {
        for segment in segments(tables.state())? {
            for batch in read(&segment)?.batches {
                let Some(known) = self.known.get_mut(&*batch.source) else {
                    continue;
                };
                for row in &batch.rows {
                    let names = known.names.iter().map(String::as_str);
                    let cells = InOrder::of(&row.cells, names);
                    known.standardiser.read(&cells, &mut self.row);
                    let says = self.row.content(&cells);
                    let key = key_of(&self.row);
                    note(known.last.as_mut(), key, (self.row.revision, says));
                }
            }
        }
        Ok(())
    }

    /// The sources that may be pushed to.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<str>> {
        self.known.keys()
    }

    /// How many rows wait in the segment that is being written.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.inbox.rows()
    }

    /// Ends the segment that is being written, so that it can be folded.
    pub fn seal(&mut self) {
        self.inbox.seal();
    }

    /// Judges what came and keeps what is new; when this returns, what was accepted lasts. What came together is synced
    /// together.
    ///
    /// # Errors
    /// When the disk refuses: nothing of what came is acknowledged.
    pub fn take(&mut self, pushes: &[Push], now: Timestamp) -> Result<Vec<Vec<Outcome>>, Fault> {
        let mut batches = Vec::new();
        let mut notes: Vec<(Arc<str>, u128, Last)> = Vec::new();
        let mut outcomes = Vec::with_capacity(pushes.len());
        // What came earlier in the same group is known too.
        let mut fresh: HashMap<(Arc<str>, u128), Last> = HashMap::new();
        for push in pushes {
            let mut batch = Batch {
                source: push.source.to_string(),
                at_ms: now.as_millisecond(),
                rows: Vec::new(),
            };
            let mut judged = Vec::with_capacity(push.events.len());
            for event in &push.events {
                let (cells, key, last) = match self.standardise(&push.source, event) {
                    Ok(standard) => standard,
                    Err(problems) => {
                        judged.push(Outcome::Wrong(problems));
                        continue;
                    }
                };
                let slot = (push.source.clone(), key);
                let known = self.known.get(&push.source);
                let known = known.and_then(|known| known.last.as_ref());
                let before = fresh
                    .get(&slot)
                    .or_else(|| known.and_then(|known| known.get(&key)));
                let outcome = match judge(before.copied(), last) {
                    Outcome::Accepted if known.is_none() => Outcome::Received,
                    outcome => outcome,
                };
                let is_kept = !outcome.is_refused()
                    && !matches!(outcome, Outcome::Duplicate | Outcome::Outdated);
                if is_kept {
                    batch.rows.push(RawRow { at: 0, cells });
                    fresh.insert(slot, last);
                    notes.push((push.source.clone(), key, last));
                }
                judged.push(outcome);
            }
            outcomes.push(judged);
            if !batch.rows.is_empty() {
                batches.push(batch);
            }
        }
        if !batches.is_empty() {
            self.inbox.add(batches)?;
        }
        for (source, key, last) in notes {
            let known = self.known.get_mut(&source);
            note(known.and_then(|known| known.last.as_mut()), key, last);
        }
        Ok(outcomes)
    }

    /// An event's cells, what names it, and what it says; or what is wrong with it.
    fn standardise(
        &mut self,
        source: &Arc<str>,
        event: &str,
    ) -> Result<(RawCells, u128, Last), Vec<Problem>> {
        let problem = |says: String| {
            let help = "send one JSON object with the fields that the source maps";
            vec![Problem::new("", "", "not_an_event", says, help)]
        };
        let unknown = || problem(format!("no source `{source}` takes events"));
        let known = self.known.get_mut(source).ok_or_else(unknown)?;
        let declared = self.program.sources.get(known.source);
        let kind = declared.and_then(|source| self.program.kinds.get(source.kind));
        let (Some(declared), Some(kind)) = (declared, kind) else {
            return Err(unknown());
        };
        let event =
            json_in::read(event, declared, kind).map_err(|error| problem(error.to_string()))?;
        if !event.problems.is_empty() {
            return Err(event.problems);
        }
        let mut cells = event.cells;
        cells.retain(|name, _| known.names.contains(name));
        let row = &mut self.row;
        let in_order = InOrder::of(&cells, known.names.iter().map(String::as_str));
        known.standardiser.read(&in_order, row);
        if !row.problems.is_empty() {
            return Err(std::mem::take(&mut row.problems));
        }
        let says = row.content(&in_order);
        let key = key_of(row);
        let last = (row.revision, says);
        Ok((cells, key, last))
    }
}

fn key_of(row: &StandardRow) -> u128 {
    Digest::of(row.id.as_bytes()).half()
}

fn note(known: Option<&mut HashMap<u128, Last>>, key: u128, last: Last) {
    if let Some(known) = known {
        let slot = known.entry(key).or_insert(last);
        if slot.0 <= last.0 {
            *slot = last;
        }
    }
}

fn judge(before: Option<Last>, (revision, says): Last) -> Outcome {
    let is_cancellation = says == CANCELLED;
    match before {
        Some((known, same)) if known == revision && same == says => Outcome::Duplicate,
        Some((known, _)) if known == revision => Outcome::Conflict,
        Some((known, _)) if known > revision => Outcome::Outdated,
        _ if is_cancellation => Outcome::Cancelled,
        // What counts again after it was taken back is new.
        Some((_, CANCELLED)) | None => Outcome::Accepted,
        Some(_) => Outcome::Corrected,
    }
}

/// The last revision of every stored row of a source; none where there are too many.
fn stored(
    program: &Program,
    source: &Source,
    tables: &Tables,
) -> Result<Option<HashMap<u128, Last>>, Fault> {
    use arrow::array::AsArray as _;
    use arrow::datatypes::Int64Type;

    let mut last = HashMap::new();
    let kind = program.kinds.get(source.kind);
    let Some(kind) = kind else {
        return Ok(Some(last));
    };
    let Some(table) = tables.open(&kind.name)? else {
        return Ok(Some(last));
    };
    let files = table.files_of(&source.name)?;
    if files.iter().map(|file| file.rows).sum::<u64>() > AT_HAND_MAX {
        return Ok(None);
    }
    for file in files {
        let columns = [FACT_ID, FACT_REVISION, FACT_CONTENT];
        for batch in read_file(table.folder(), &file, Some(&columns))? {
            let batch = batch.map_err(Fault::columns("read", table.kind()))?;
            let ids = batch
                .column_by_name(FACT_ID)
                .and_then(|column| column.as_string_opt::<i32>());
            let revisions = batch
                .column_by_name(FACT_REVISION)
                .and_then(|column| column.as_primitive_opt::<Int64Type>());
            let contents = batch
                .column_by_name(FACT_CONTENT)
                .and_then(|column| column.as_binary_opt::<i32>());
            let (Some(ids), Some(revisions), Some(contents)) = (ids, revisions, contents) else {
                return Err(table.lacks_columns(&file));
            };
            for at in 0..batch.num_rows() {
                let says: Option<[u8; 16]> = contents.value(at).try_into().ok();
                let says = says.map_or(0, u128::from_be_bytes);
                let key = Digest::of(ids.value(at).as_bytes()).half();
                note(Some(&mut last), key, (revisions.value(at), says));
            }
        }
    }
    Ok(Some(last))
}
