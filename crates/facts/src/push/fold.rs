//! Folding: what waits in the inbox becomes deliveries, one for each segment and source.
//!
//! A segment is removed once all its deliveries are committed. Killed in between, the next fold finds the commits by their
//! digest and changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::inbox::{Inbox, Segment, read, segments};
use crate::compact::{Merge, compact};
use crate::deliver::{Content, Index, NotDelivered, Parcel, deliver_unwatched};
use crate::digest::PartsHasher;
use crate::disk::Disk;
use crate::error::Fault;
use crate::ledger::Ledger;
use crate::program::Program;
use crate::raw::RawRow;
use crate::store::{Delivery, Tables};

/// How long who evaluates waits for a fold.
const PATIENCE: Duration = Duration::from_secs(20);

/// Folds segments.
pub struct Fold<'a> {
    program: &'a Program,
    tables: &'a Tables,
    /// The number of the last delivery, once it was asked for.
    last: Option<u64>,
    indexes: BTreeMap<String, Index>,
}

impl<'a> Fold<'a> {
    /// Whoever folds has the right to write.
    #[must_use]
    pub fn new(program: &'a Program, tables: &'a Tables) -> Self {
        Self {
            program,
            tables,
            last: None,
            indexes: BTreeMap::new(),
        }
    }

    /// Folds sealed segments, oldest first.
    ///
    /// # Errors
    /// The first fault; segments without one are folded, and the others wait on.
    pub fn all(&mut self, segments: &[Segment]) -> Result<Vec<Delivery>, Fault> {
        let mut deliveries = Vec::new();
        let mut failed = None;
        for segment in segments {
            match self.one(segment) {
                Ok(more) => deliveries.extend(more),
                // One that cannot be folded does not keep the others waiting.
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        if let Some(now) = deliveries.last().and_then(taken_at) {
            compact(self.tables, self.program, Merge::Many, now)?;
        }
        failed.map_or(Ok(deliveries), Err)
    }

    fn one(&mut self, segment: &Segment) -> Result<Vec<Delivery>, Fault> {
        let segment_read = read(segment)?;
        let mut by_source: BTreeMap<String, (i64, Vec<RawRow>)> = BTreeMap::new();
        for batch in segment_read.batches {
            let (at_ms, rows) = by_source.entry(batch.source).or_default();
            *at_ms = batch.at_ms.max(*at_ms);
            rows.extend(batch.rows);
        }
        let mut deliveries = Vec::new();
        for (name, (at_ms, rows)) in by_source {
            let mut hasher = PartsHasher::new("trueup pushed 1");
            hasher.text(&name);
            hasher.fixed(&segment_read.digest.0);
            let digest = hasher.finish();
            let Some((source, kind)) = self.program.source_and_kind(&name) else {
                return Err(Fault::InboxSource {
                    name,
                    path: segment.path.clone(),
                });
            };
            let refused = |refusal: crate::error::FileRefusal| Fault::InboxRefused {
                name: name.clone(),
                why: refusal.to_string(),
            };
            let mut table = self.tables.open_or_make(kind)?.map_err(refused)?;
            if table.deliveries().iter().any(|one| one.digest == digest) {
                continue;
            }
            let number = match self.last {
                Some(last) => last,
                None => Ledger::of(self.tables)?.last(),
            } + 1;
            let parcel = Parcel {
                program: self.program,
                source,
                kind,
                file: format!("pushed/{:012}", segment.number).into(),
                content: Content::Rows(&rows),
                digest,
                bytes: fs::metadata(&segment.path).map_or(0, |file| file.len()),
                now: Timestamp::from_millisecond(at_ms).unwrap_or_default(),
                number,
                repair: None,
                flag: None,
            };
            let index = self.indexes.entry(name.clone()).or_default();
            match deliver_unwatched(&parcel, &mut table, index, self.tables) {
                Ok(delivery) => {
                    self.last = Some(number);
                    deliveries.push(delivery);
                }
                Err(NotDelivered::Fault(fault)) => {
                    self.last = None;
                    return Err(fault);
                }
                Err(NotDelivered::Refused(refusal)) => return Err(refused(refusal)),
                // Nobody can ask to stop.
                Err(NotDelivered::Stopped) => {}
            }
        }
        Inbox::remove(self.tables.disk(), segment)?;
        Ok(deliveries)
    }
}

/// When a delivery was taken: a fold has no clock of its own.
fn taken_at(delivery: &Delivery) -> Option<Timestamp> {
    delivery.taken_at.parse().ok()
}

/// Where somebody asks for a fold.
pub fn request_path(state: &Path) -> PathBuf {
    Inbox::folder(state).join("fold")
}

/// Sees to it that what is acknowledged now counts: folds it, or asks the process that has the right to write and waits.
///
/// # Errors
/// When the world fails, or the other process does not fold in time.
pub fn settle(program: &Program) -> Result<(), Fault> {
    let state = program.state_folder();
    let waiting = segments(&state)?;
    let Some(last) = waiting.last().map(|segment| segment.number) else {
        return Ok(());
    };
    let tables = Tables::of(&program.folder, Disk::default())?;
    let started = Instant::now();
    loop {
        match tables.lock() {
            Ok(_lock) => {
                let waiting = segments(&state)?;
                Fold::new(program, &tables).all(&waiting)?;
                return Ok(());
            }
            Err(Fault::Locked { .. }) if started.elapsed() < PATIENCE => {}
            Err(fault) => return Err(fault),
        }
        let request = request_path(&state);
        if !request.exists() {
            fs::write(&request, b"").map_err(Fault::write(&request))?;
        }
        std::thread::sleep(Duration::from_millis(20));
        let left = segments(&state)?;
        if left.iter().all(|segment| segment.number > last) {
            return Ok(());
        }
    }
}
