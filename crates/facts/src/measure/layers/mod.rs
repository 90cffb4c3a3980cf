//! Measures that cost what changed: what each pass adds up over a file is kept, and a run merges what is kept.
//!
//! A file is read once for each pass, by our own operator over sorted rows; its executor's expressions are the ones that the
//! stock plan ([`super::pass`]) is built from, and tests hold the two to each other. A file is read only when it still has the
//! digest that names it.

mod adding;
mod cells;
mod file;
mod kept;
mod layer;
mod work;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use bytes::Bytes;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::context::SessionContext;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use trueup_engine::world::{Partner, PartnerIx};

use super::fault::MeasureFault;
use super::partials::Partials;
use super::pass::Pass;
use super::run::Settings;
use crate::digest::{Digest, PartsHasher};
use crate::error::Fault;
use crate::store::{Lineage, StoredFile};

use adding::Adding;
use cells::merged;
use layer::{Asking, Gathering, Grid, Layer};
use work::Work;

pub use kept::KeptLayers;

/// The files of a kind, and the layers kept of them.
#[derive(Clone, Debug)]
pub struct LayeredFiles {
    /// The folder of the files.
    pub folder: PathBuf,
    /// The files that hold the rows.
    pub files: Vec<StoredFile>,
    /// The files that were delivered: what layers cover, whichever files hold their rows now.
    pub delivered: Vec<StoredFile>,
    /// Which delivered files the others hold the rows of.
    pub lineage: Arc<Lineage>,
    /// Their columns, texts as views.
    pub schema: SchemaRef,
    /// Whether the day a row became known matters.
    pub has_history: bool,
    /// What was worked out before.
    pub kept: Arc<KeptLayers>,
}

impl LayeredFiles {
    /// The files to read for those that no layer covers; none where their rows are only in files with others.
    fn that_hold(&self, left: &[StoredFile]) -> Option<Vec<StoredFile>> {
        let is_there = |file: &StoredFile| self.folder.join(file.name()).is_file();
        let left = left.iter().cloned().collect();
        let cover = self.lineage.cover(&left, is_there)?;
        Some(cover.into_iter().collect())
    }
}

/// Who is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// Everyone there is.
    pub partners: &'a [Partner],
    /// The only one asked about, if it is one.
    pub only: Option<PartnerIx>,
}

impl<'a> Whose<'a> {
    /// Those asked about, by their ids.
    fn ids(self) -> HashMap<&'a str, PartnerIx> {
        let places = (0u32..).map(PartnerIx);
        self.partners
            .iter()
            .zip(places)
            .filter(|(_, at)| self.only.is_none_or(|only| only == *at))
            .map(|(partner, at)| (partner.id.as_str(), at))
            .collect()
    }

    /// The id of the only one asked about.
    fn only_id(self) -> Option<&'a str> {
        let only = self.partners.get(self.only?.0 as usize)?;
        Some(only.id.as_str())
    }
}

/// So many layers may lie beside each other before one partner's question merges them.
const BESIDE_MAX: usize = 24;
/// Rows read at once.
const BATCH_ROWS: usize = 8_192;

/// What a pass answers about the partners.
pub fn answers(
    context: &SessionContext,
    pass: &Pass,
    kind: &str,
    files: &LayeredFiles,
    whose: Whose<'_>,
    settings: Settings,
) -> Result<Partials, MeasureFault> {
    let partners = whose.partners;
    // What is kept tells days of knowledge apart; whether they matter is a matter of today's sources.
    let known_before = match files.has_history {
        true => pass.known_before.as_slice(),
        false => &[],
    };
    let mut gathering = Gathering::default();
    if pass.edges.span().is_some() {
        let work = Work::of(context, pass, kind, &files.schema, partners)?;
        let name = name_of(&work, partners);
        let mut only = whose.only_id();
        let (mut serving, mut left) = files.kept.serving(name, &files.delivered, only);
        if only.is_some() && !left.is_empty() && serving.len() >= BESIDE_MAX {
            // They have become many: merge them, which takes all of them whole.
            only = None;
            (serving, left) = files.kept.serving(name, &files.delivered, only);
        }
        if !left.is_empty() {
            let read = match files.that_hold(&left) {
                Some(read) => read,
                // All of it is read again, what is covered too.
                None => {
                    serving.clear();
                    left.clone_from(&files.delivered);
                    files.files.clone()
                }
            };
            let new = kept::Kept {
                covers: left.iter().map(|file| file.digest).collect(),
                layer: add_up(&work, files, &read, settings)?,
            };
            serving = match only {
                // What serves one partner is a part of what is kept, and nothing to merge with.
                Some(_) => files.kept.keep_beside(name, serving, new),
                None => files.kept.keep(name, serving, new),
            };
        }
        let ids = whose.ids();
        let asking = Asking {
            days: work.days,
            known: work.known.unwrap_or(Grid::Months),
            edges: &pass.edges,
            known_before,
            partners: &ids,
        };
        for kept in &serving {
            kept.layer.gather(&asking, &mut gathering);
        }
    }
    Ok(Partials::keep(
        gathering.gathered,
        pass.edges.clone(),
        known_before.to_vec(),
        partners.len(),
    ))
}

/// A pass's name: the digest of everything that what it adds up depends on, but for the files.
fn name_of(work: &Work<'_>, partners: &[Partner]) -> Digest {
    let pass = work.pass;
    let mut hasher = PartsHasher::new("trueup layer 3");
    hasher.text(env!("CARGO_PKG_VERSION"));
    hasher.text(work.kind);
    hasher.text(&format!(
        "{} {} {:?} {:?}",
        pass.key.credited, pass.key.at, pass.key.by, pass.key.distinct
    ));
    hasher.text(&format!(
        "{:?} {:?} {:?}",
        pass.columns(),
        pass.slots(),
        pass.scales()
    ));
    hasher.text(&format!("{:?} {:?}", work.days, work.known));
    if work.days == Grid::Edges {
        hasher.text(&format!("{:?}", pass.edges.shared));
        for (partner, edges) in &pass.edges.own {
            let id = partners
                .get(partner.0 as usize)
                .map_or("", |partner| partner.id.as_str());
            hasher.text(&format!("{id} {edges:?}"));
        }
    }
    if work.known == Some(Grid::Edges) {
        hasher.text(&format!("{:?}", pass.known_before));
    }
    for lookup in pass.lookups.values() {
        hasher.text(&format!("{} {}", lookup.by, lookup.name));
        for (partner, cell) in partners.iter().zip(&lookup.cells) {
            hasher.text(partner.id.as_str());
            hasher.text(&format!("{cell:?}"));
        }
    }
    hasher.finish()
}

/// Adds up files, several at once.
fn add_up(
    work: &Work<'_>,
    of: &LayeredFiles,
    files: &[StoredFile],
    settings: Settings,
) -> Result<Layer, MeasureFault> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = settings
        .partitions
        .unwrap_or(cores)
        .clamp(1, files.len().max(1));
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<MeasureFault>> = Mutex::new(None);
    let layers = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut adding = Adding::new(work);
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(fault) = add_file(&mut adding, work, of, file, settings) {
                            *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
                            next.store(files.len(), Ordering::Relaxed);
                            return Layer::default();
                        }
                    }
                    adding.finish()
                })
            })
            .collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(layer) => layer,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined.collect::<Vec<Layer>>()
    });
    if let Some(fault) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    let mut layers = layers.into_iter();
    Ok(match (layers.len(), layers.next()) {
        (1, Some(only)) => only,
        (_, first) => merged(&first.into_iter().chain(layers).collect::<Vec<Layer>>()),
    })
}

fn add_file(
    adding: &mut Adding<'_>,
    work: &Work<'_>,
    of: &LayeredFiles,
    file: &StoredFile,
    settings: Settings,
) -> Result<(), MeasureFault> {
    let path = of.folder.join(file.name());
    let bytes = std::fs::read(&path).map_err(Fault::read(&path))?;
    let found = Digest::of(&bytes);
    if found != file.digest {
        let what = format!("its digest is {} and not its name", found.short());
        return Err(Fault::Damaged { path, what }.into());
    }
    let unreadable = |source| MeasureFault::Footer {
        path: path.to_string_lossy().into_owned(),
        source,
    };
    let options = ArrowReaderOptions::new().with_schema(of.schema.clone());
    let builder =
        ParquetRecordBatchReaderBuilder::try_new_with_options(Bytes::from(bytes), options)
            .map_err(unreadable)?;
    let mask = ProjectionMask::columns(
        builder.parquet_schema(),
        work.columns.iter().map(String::as_str),
    );
    let batches = builder
        .with_projection(mask)
        .with_batch_size(settings.batch_rows.unwrap_or(BATCH_ROWS).max(1))
        .build()
        .map_err(unreadable)?;
    for batch in batches {
        let batch =
            batch.map_err(|error| MeasureFault::executor("read", work.kind)(error.into()))?;
        adding.batch(&batch)?;
    }
    Ok(())
}
