//! The stored rows of a kind, as a pass reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use trueup_engine::world::Complete;

use super::fault::MeasureFault;
use super::layers::{KeptLayers, LayeredFiles};
use crate::program::Program;
use crate::snapshot::{KindSnapshot, Snapshot};

/// The stored rows of one kind as of a snapshot.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The rows: the declared columns, and those that every fact has.
    pub rows: Arc<dyn TableProvider>,
    /// No more rows than these.
    pub rows_max: u64,
    /// Whether any row withdraws another.
    pub has_corrections: bool,
    /// Whether the day a row became known can matter: one was corrected, or its source says the day.
    pub has_history: bool,
    /// Spans the feed is complete for; none means always.
    pub complete: Option<Vec<Complete>>,
    /// Columns that no row leaves empty, as far as is known.
    pub never_empty: BTreeSet<String>,
    /// A column that holds the month of a date, as years times twelve plus months since January.
    pub month: Option<MonthColumn>,
    /// The files, where what they add up to may be kept; without them the executor's own operators go over the rows.
    pub layers: Option<LayeredFiles>,
}

/// A column that holds the month of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthColumn {
    /// The column of months.
    pub column: String,
    /// The column of dates.
    pub of: String,
}

/// The stored rows of a program by kind; a kind that is not listed has no rows and no complete feed.
pub type StoredKinds = BTreeMap<String, Stored>;

impl Stored {
    /// One kind of a snapshot.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn of(
        program: &Program,
        kind: &str,
        snapshot: &KindSnapshot,
        kept: &Arc<KeptLayers>,
    ) -> Result<Self, MeasureFault> {
        let at = program.kinds.iter().position(|known| &*known.name == kind);
        let mut of_kind = program
            .sources
            .iter()
            .filter(|source| Some(source.kind) == at);
        let has_corrections = snapshot.has_corrections();
        let paths: Vec<String> = snapshot
            .paths()
            .map(|path| path.to_string_lossy().into_owned())
            .collect();
        let rows_max = snapshot.files().iter().map(|file| file.rows).sum();
        let has_history = has_corrections || of_kind.any(|source| source.recorded_on.is_some());
        let layers = LayeredFiles {
            has_history,
            folder: snapshot.folder().to_owned(),
            files: snapshot.files().to_vec(),
            delivered: snapshot.delivered().iter().cloned().collect(),
            lineage: snapshot.lineage().clone(),
            schema: with_views(snapshot.schema()),
            kept: kept.clone(),
        };
        Ok(Self {
            rows: parquet_files(kind, &paths, snapshot.schema())?,
            rows_max,
            has_corrections,
            has_history,
            complete: Some(program.complete(kind)),
            never_empty: snapshot.never_empty()?,
            month: None,
            layers: Some(layers),
        })
    }

    /// Whether a pass must see for itself that every weight is 1 or -1; our own operator looks at every row anyway.
    pub(super) fn may_have_strays(&self) -> bool {
        self.layers.is_none() && self.has_corrections
    }

    /// Whether the day a row became known may matter, now or, where layers are kept, one day.
    pub(super) fn may_have_history(&self) -> bool {
        self.layers.is_some() || self.has_history
    }

    /// The columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

/// Every kind of a snapshot.
///
/// # Errors
/// When the log cannot be read.
pub fn stored_kinds(program: &Program, snapshot: &Snapshot) -> Result<StoredKinds, MeasureFault> {
    let mut kinds = StoredKinds::new();
    for kind in &program.kinds {
        if let Some(facts) = snapshot.kind(&kind.name) {
            kinds.insert(
                kind.name.to_string(),
                Stored::of(program, &kind.name, facts, snapshot.layers())?,
            );
        }
    }
    Ok(kinds)
}

/// Parquet files, by their absolute paths, as the executor reads them; texts as views, which it reads fastest.
///
/// # Errors
/// When a path is none.
pub fn parquet_files(
    kind: &str,
    paths: &[String],
    schema: &Schema,
) -> Result<Arc<dyn TableProvider>, MeasureFault> {
    let failed = || MeasureFault::executor("open", kind);
    let schema = with_views(schema);
    if paths.is_empty() {
        let empty =
            datafusion::datasource::MemTable::try_new(schema, vec![Vec::new()]).map_err(failed())?;
        return Ok(Arc::new(empty));
    }
    let mut urls = Vec::with_capacity(paths.len());
    for path in paths {
        urls.push(ListingTableUrl::parse(file_url(path)).map_err(failed())?);
    }
    let options =
        ListingOptions::new(Arc::new(ParquetFormat::new())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config).map_err(failed())?))
}

/// The same columns, texts as views.
#[must_use]
pub fn with_views(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let of = match field.data_type() {
            DataType::Utf8 => DataType::Utf8View,
            DataType::Binary => DataType::BinaryView,
            other => other.clone(),
        };
        Field::new(field.name(), of, field.is_nullable())
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A path as a URL, so that no character of it means anything.
fn file_url(path: &str) -> String {
    let mut url = "file://".to_owned();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                url.push(char::from(byte));
            }
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}
