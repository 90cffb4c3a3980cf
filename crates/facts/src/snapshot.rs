//! A snapshot: the facts as they were at one version of each table, to be read again and again with the same answer.
//!
//! It is a list of immutable files, each with its digest; what it reads is checked against that. It never writes, and
//! never sees a delivery that is not committed.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, Schema, SchemaRef};
use deltalake::kernel::{DataType as DeltaType, PrimitiveType};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_engine::world::{Cell, Complete, Row};
use trueup_plan::tree::{FactKind, Type};

use crate::dates::day_of_number;
use crate::digest::{Digest, PartsHasher};
use crate::disk::Disk;
use crate::error::Fault;
use crate::program::Program;
use crate::quarantine::{QuarantinedRow, read_list};
use crate::store::{Delivery, FACT_ID, FactColumns, FactTable, StoredFile, Tables, read_file};

/// The facts of a program at one version of each table.
#[derive(Debug)]
pub struct Snapshot {
    kinds: BTreeMap<Arc<str>, KindSnapshot>,
}

/// One kind's facts at one version.
#[derive(Debug)]
pub struct KindSnapshot {
    table: FactTable,
    files: Vec<StoredFile>,
    schema: SchemaRef,
}

/// Why a plan cannot read a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadRefusal {
    /// A column that the facts do not have.
    #[error(
        "the plan reads `{kind}.{column}`, and the stored facts of `{kind}` have no such column; they have: {known}"
    )]
    NoColumn {
        /// The kind.
        kind: String,
        /// The column.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// A column that holds something else.
    #[error(
        "the plan reads `{kind}.{column}` as another type than the stored {found}; declare the same type in both"
    )]
    OtherType {
        /// The kind.
        kind: String,
        /// The column.
        column: String,
        /// What is stored.
        found: String,
    },
}

/// Why rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The plan and the facts do not fit.
    #[error(transparent)]
    Refused(#[from] ReadRefusal),
    /// The world failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A quarantined row that nobody has put right yet.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OpenRow {
    /// The kind it was to be a fact of.
    pub kind: String,
    /// Its source.
    pub source: String,
    /// The file it came in.
    pub file: String,
    /// The day it was taken.
    pub taken_on: String,
    /// The row and its problems.
    #[serde(flatten)]
    pub row: QuarantinedRow,
}

impl Snapshot {
    /// The facts as they are now.
    ///
    /// # Errors
    /// When a table cannot be opened.
    pub fn open(program: &Path) -> Result<Self, Fault> {
        let tables = Tables::of(program, Disk::default())?;
        let mut kinds = BTreeMap::new();
        for kind in tables.kinds()? {
            if let Some(table) = tables.open(&kind)? {
                kinds.insert(kind.as_str().into(), KindSnapshot::of(table)?);
            }
        }
        Ok(Self { kinds })
    }

    /// The facts as they were at these versions; kinds that are not named have none.
    ///
    /// # Errors
    /// When a table cannot be opened or never had that version.
    pub fn open_at(program: &Path, versions: &BTreeMap<Arc<str>, u64>) -> Result<Self, Fault> {
        let tables = Tables::of(program, Disk::default())?;
        let mut kinds = BTreeMap::new();
        for (kind, version) in versions {
            kinds.insert(
                kind.clone(),
                KindSnapshot::of(tables.open_at(kind, *version)?)?,
            );
        }
        Ok(Self { kinds })
    }

    /// The version of each table.
    #[must_use]
    pub fn versions(&self) -> BTreeMap<Arc<str>, u64> {
        self.kinds
            .iter()
            .map(|(kind, facts)| (kind.clone(), facts.table.version()))
            .collect()
    }

    /// The digest of the list of files: two snapshots of one digest hold the same facts.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = PartsHasher::new("trueup snapshot 1");
        for (kind, facts) in &self.kinds {
            hasher.text(kind);
            hasher.fixed(&(facts.files.len() as u64).to_be_bytes());
            facts
                .files
                .iter()
                .for_each(|file| hasher.fixed(&file.digest.0));
        }
        hasher.finish()
    }

    /// The kinds that have facts.
    pub fn kinds(&self) -> impl Iterator<Item = &Arc<str>> {
        self.kinds.keys()
    }

    /// One kind's facts.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Option<&KindSnapshot> {
        self.kinds.get(kind)
    }

    /// The newest day of any fact, by the column that dates its kind; none where there are no facts.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn last_day(&self, program: &Program) -> Result<Option<Date>, Fault> {
        let mut newest = None;
        for (name, facts) in &self.kinds {
            let dated = program
                .kind(name)
                .and_then(|kind| kind.columns.get(kind.dated));
            let Some(dated) = dated else { continue };
            for batch in facts.batches(Some(&[&*dated.name]))? {
                let Some(days) = batch.column_by_name(&dated.name) else {
                    continue;
                };
                let Some(days) = days.as_primitive_opt::<Date32Type>() else {
                    continue;
                };
                newest = newest.max(arrow::compute::max(days));
            }
        }
        Ok(newest.and_then(day_of_number))
    }

    /// The rows of a plan's kind, every version of every fact, for the reference measurer.
    ///
    /// # Errors
    /// When the facts lack a column the plan reads, or cannot be read.
    pub fn rows(&self, kind: &FactKind) -> Result<Vec<Row>, ReadError> {
        self.kind(&kind.name)
            .map_or_else(|| Ok(Vec::new()), |facts| facts.rows(kind))
    }

    /// Checks every file of the snapshot against its digest.
    ///
    /// # Errors
    /// The first file that is damaged or cannot be read.
    pub fn verify(&self) -> Result<(), Fault> {
        for facts in self.kinds.values() {
            for file in &facts.files {
                drop(read_file(facts.table.folder(), file, Some(&[FACT_ID]))?);
            }
            for list in facts
                .table
                .deliveries()
                .iter()
                .filter_map(|delivery| delivery.quarantine.as_ref())
            {
                read_list(&facts.table, list)?;
            }
        }
        Ok(())
    }

    /// The quarantined rows that nobody has put right: of each delivered file its latest reading, without rows whose id
    /// has become a fact since. Conflicts stay until a later revision settles them.
    ///
    /// # Errors
    /// When a list or a table cannot be read.
    pub fn quarantined(&self) -> Result<Vec<OpenRow>, Fault> {
        let mut open = Vec::new();
        for (kind, facts) in &self.kinds {
            facts.open_rows(kind, &mut open)?;
        }
        Ok(open)
    }
}

impl KindSnapshot {
    fn of(table: FactTable) -> Result<Self, Fault> {
        let state = table
            .delta()
            .snapshot()
            .map_err(Fault::table("read", table.kind()))?;
        let stored = state.schema();
        let fields = stored.fields().map(|field| {
            let of = match &field.data_type {
                DeltaType::Primitive(PrimitiveType::Date) => DataType::Date32,
                DeltaType::Primitive(PrimitiveType::Boolean) => DataType::Boolean,
                DeltaType::Primitive(PrimitiveType::Long) => DataType::Int64,
                DeltaType::Primitive(PrimitiveType::Byte) => DataType::Int8,
                DeltaType::Primitive(PrimitiveType::Binary) => DataType::Binary,
                DeltaType::Primitive(PrimitiveType::Decimal(of)) => DataType::Decimal128(
                    of.precision(),
                    i8::try_from(of.scale()).unwrap_or(i8::MAX),
                ),
                _ => DataType::Utf8,
            };
            Field::new(field.name.as_str(), of, field.nullable)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self {
            files: table.files()?,
            table,
            schema,
        })
    }

    /// The version of the table.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.table.version()
    }

    /// The folder of the table.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.table.folder()
    }

    /// The files, in the order of their digests.
    #[must_use]
    pub fn files(&self) -> &[StoredFile] {
        &self.files
    }

    /// Where each file lies.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.files
            .iter()
            .map(|file| self.table.folder().join(file.name()))
    }

    /// The columns of the files.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What was delivered, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> &[Delivery] {
        self.table.deliveries()
    }

    /// Whether any fact was ever corrected.
    #[must_use]
    pub fn has_corrections(&self) -> bool {
        self.deliveries()
            .iter()
            .any(|delivery| delivery.withdrawn.rows > 0)
    }

    /// All batches, of all columns or some, each file checked against its digest first.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn batches(&self, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, Fault> {
        let mut batches = Vec::new();
        for file in &self.files {
            for batch in read_file(self.table.folder(), file, columns)? {
                batches.push(batch.map_err(Fault::columns("read", self.table.kind()))?);
            }
        }
        Ok(batches)
    }

    fn rows(&self, kind: &FactKind) -> Result<Vec<Row>, ReadError> {
        let mut columns = Vec::with_capacity(kind.columns.len());
        for column in &kind.columns {
            columns.push(self.column(kind, &column.name, column.of)?);
        }
        let mut rows: Vec<(i64, Row)> = Vec::new();
        for batch in self.batches(None)? {
            let Some(facts) = FactColumns::of(&batch) else {
                continue;
            };
            let arrays: Vec<Option<&ArrayRef>> =
                columns.iter().map(|at| batch.columns().get(*at)).collect();
            for at in 0..facts.len() {
                // A withdrawn version is followed by the one that took its place; the engine tells which is known when.
                if facts.weight.value(at) < 0 {
                    continue;
                }
                let id = format!("{}/{}", facts.source.value(at), facts.id.value(at));
                let Ok(id) = FactId::new(id) else { continue };
                let cells = arrays.iter().zip(&kind.columns).map(|(array, column)| {
                    array.map_or(Cell::Empty, |array| cell(array, at, column.of))
                });
                let recorded_on = facts
                    .recorded_on
                    .is_valid(at)
                    .then(|| day_of_number(facts.recorded_on.value(at)))
                    .flatten();
                rows.push((
                    facts.revision.value(at),
                    Row {
                        id,
                        cells: cells.collect(),
                        recorded_on,
                    },
                ));
            }
        }
        rows.sort_by(|left, right| (&left.1.id, left.0).cmp(&(&right.1.id, right.0)));
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Where a plan's column is stored: under its own name, or the fact's id where the plan calls that `id`.
    fn column(&self, kind: &FactKind, name: &str, of: Type) -> Result<usize, ReadRefusal> {
        let found = self.schema.index_of(name).ok().or_else(|| {
            (name == "id")
                .then(|| self.schema.index_of(FACT_ID).ok())
                .flatten()
        });
        let Some(at) = found else {
            let own =
                |field: &&Arc<Field>| !field.name().starts_with(crate::program::RESERVED_PREFIX);
            let known: Vec<&str> = self
                .schema
                .fields()
                .iter()
                .filter(own)
                .map(|field| field.name().as_str())
                .collect();
            return Err(ReadRefusal::NoColumn {
                kind: kind.name.to_string(),
                column: name.to_owned(),
                known: known.join(", "),
            });
        };
        let stored = self.schema.field(at).data_type();
        let fits = match of {
            Type::Number(_) => matches!(stored, DataType::Decimal128(..)),
            Type::Date => *stored == DataType::Date32,
            Type::Flag => *stored == DataType::Boolean,
            Type::Text | Type::Partner => *stored == DataType::Utf8,
            Type::Duration => false,
        };
        if fits {
            return Ok(at);
        }
        Err(ReadRefusal::OtherType {
            kind: kind.name.to_string(),
            column: name.to_owned(),
            found: stored.to_string(),
        })
    }

    fn open_rows(&self, kind: &str, open: &mut Vec<OpenRow>) -> Result<(), Fault> {
        let mut latest: BTreeMap<(&str, Digest), &Delivery> = BTreeMap::new();
        for delivery in self.deliveries() {
            latest.insert((&delivery.source, delivery.digest), delivery);
        }
        let mut rows = Vec::new();
        for delivery in self.deliveries() {
            let is_latest = latest
                .get(&(delivery.source.as_str(), delivery.digest))
                .is_some_and(|last| last == &delivery);
            let Some(list) = delivery.quarantine.as_ref().filter(|_| is_latest) else {
                continue;
            };
            rows.extend(
                read_list(&self.table, list)?
                    .into_iter()
                    .map(|row| (delivery, row)),
            );
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut facts: HashSet<(String, String)> = HashSet::new();
        let wanted: HashSet<(&str, &str)> = rows
            .iter()
            .map(|(delivery, row)| (delivery.source.as_str(), row.id.as_str()))
            .collect();
        for batch in self.batches(None)? {
            let Some(columns) = FactColumns::of(&batch) else {
                continue;
            };
            for at in 0..columns.len() {
                if wanted.contains(&(columns.source.value(at), columns.id.value(at))) {
                    facts.insert((
                        columns.source.value(at).to_owned(),
                        columns.id.value(at).to_owned(),
                    ));
                }
            }
        }
        for (delivery, row) in rows {
            let conflict = row
                .problems
                .iter()
                .any(|problem| problem.code == "conflict");
            if !conflict && facts.contains(&(delivery.source.clone(), row.id.clone())) {
                continue;
            }
            open.push(OpenRow {
                kind: kind.to_owned(),
                source: delivery.source.clone(),
                file: delivery.file.clone(),
                taken_on: delivery.taken_on.clone(),
                row,
            });
        }
        Ok(())
    }
}

fn cell(array: &ArrayRef, at: usize, of: Type) -> Cell {
    if array.is_null(at) {
        return Cell::Empty;
    }
    match array.data_type() {
        DataType::Decimal128(_, scale) => {
            let scale = u32::try_from(*scale).unwrap_or(0);
            Cell::Number(Exact::from_scaled(
                array.as_primitive::<Decimal128Type>().value(at),
                scale,
            ))
        }
        DataType::Date32 => day_of_number(array.as_primitive::<Date32Type>().value(at))
            .map_or(Cell::Empty, Cell::Date),
        DataType::Boolean => Cell::Flag(array.as_boolean().value(at)),
        DataType::Utf8 => {
            let text = array.as_string::<i32>().value(at);
            match of {
                Type::Partner => PartnerId::new(text).map_or(Cell::Empty, Cell::Partner),
                Type::Text | Type::Number(_) | Type::Date | Type::Duration | Type::Flag => {
                    Cell::Text(text.into())
                }
            }
        }
        _ => Cell::Empty,
    }
}

impl Program {
    /// The spans for which every source of a kind is declared complete; where one source says nothing, none.
    #[must_use]
    pub fn complete(&self, kind: &str) -> Vec<Complete> {
        let at = self.kinds.iter().position(|known| &*known.name == kind);
        let mut span: Option<(Date, Date)> = None;
        let mut any = false;
        for source in self.sources.iter().filter(|source| Some(source.kind) == at) {
            let Some(complete) = source.complete else {
                return Vec::new();
            };
            span = match span {
                None if !any => Some((complete.from, complete.until)),
                None => None,
                Some((from, until)) => {
                    let both = (from.max(complete.from), until.min(complete.until));
                    (both.0 < both.1).then_some(both)
                }
            };
            any = true;
        }
        span.map(|(from, until)| Complete { from, until })
            .into_iter()
            .collect()
    }
}
