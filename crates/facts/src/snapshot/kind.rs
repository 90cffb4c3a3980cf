//! One kind's facts at one version of its table.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, Schema, SchemaRef};
use deltalake::kernel::{DataType as DeltaType, PrimitiveType};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::{FactId, PartnerId};
use trueup_engine::world::{Cell, Row};
use trueup_plan::tree::{FactKind, Type};

use super::{OpenRow, ReadError, ReadRefusal};
use crate::dates::day_of_number;
use crate::digest::Digest;
use crate::error::Fault;
use crate::measure::{Version, rows_of};
use crate::program::RESERVED_PREFIX;
use crate::quarantine::read_list;
use crate::store::{
    Delivery, FACT_ID, FACT_SOURCE, FactColumns, FactTable, Lineage, StoredFile, read_file,
};

/// One kind's facts at one version.
#[derive(Debug)]
pub struct KindSnapshot {
    pub(super) table: FactTable,
    /// The files that hold the rows.
    pub(super) files: Vec<StoredFile>,
    /// The files that were delivered, in the order of their digests: what the snapshot is of.
    pub(super) delivered: BTreeSet<StoredFile>,
    /// Which of them each compacted file holds the rows of, as is known now.
    lineage: Arc<Lineage>,
    schema: SchemaRef,
}

impl KindSnapshot {
    pub(super) fn of(table: FactTable) -> Result<Self, Fault> {
        let files = table.files()?;
        let lineage = Arc::new(table.lineage());
        Self::in_files(table, files, lineage)
    }

    /// The facts as they were at a version. Where files of then are gone, those that their rows were written to anew are
    /// read, which `now` knows of.
    pub(super) fn at(
        now: FactTable,
        then: impl FnOnce() -> Result<FactTable, Fault>,
        version: u64,
    ) -> Result<Self, Fault> {
        // Later versions that no delivery made hold the same rows in fewer files.
        if now.version_delivered() <= version {
            return Self::of(now);
        }
        let lineage = Arc::new(now.lineage());
        let then = then()?;
        let files = then.files()?;
        if files.iter().all(|file| then.has(file)) {
            return Self::in_files(then, files, lineage);
        }
        let delivered = then.delivered_until(version);
        let cover = lineage.cover(&delivered, |file| then.has(file));
        let cover = cover.ok_or_else(|| then.vacuumed())?;
        Self::in_files(then, cover.into_iter().collect(), lineage)
    }

    fn in_files(
        table: FactTable,
        files: Vec<StoredFile>,
        lineage: Arc<Lineage>,
    ) -> Result<Self, Fault> {
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
            files,
            lineage,
            delivered: table.delivered_until(table.version()),
            table,
            schema,
        })
    }

    /// The version of the table that the last delivery made.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.table.version_delivered()
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> &FactTable {
        &self.table
    }

    /// The folder of the table.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.table.folder()
    }

    /// The files that hold the rows, in the order of their digests.
    #[must_use]
    pub fn files(&self) -> &[StoredFile] {
        &self.files
    }

    /// The files that were delivered, in the order of their digests.
    #[must_use]
    pub fn delivered(&self) -> &BTreeSet<StoredFile> {
        &self.delivered
    }

    /// Which delivered files each compacted one holds the rows of.
    #[must_use]
    pub fn lineage(&self) -> &Arc<Lineage> {
        &self.lineage
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

    /// Whether any fact was ever corrected or cancelled.
    #[must_use]
    pub fn has_corrections(&self) -> bool {
        self.deliveries()
            .iter()
            .any(|delivery| delivery.withdrawn.rows + delivery.cancelled.rows > 0)
    }

    /// The columns that no row leaves empty, as the log says it of every file.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn never_empty(&self) -> Result<BTreeSet<String>, Fault> {
        let mut full: BTreeSet<String> = self
            .schema
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        for stats in self.table.stats()? {
            full.retain(|name| {
                let missing = stats.get("nullCount").and_then(|counts| counts.get(name));
                missing.and_then(serde_json::Value::as_u64) == Some(0)
            });
        }
        Ok(full)
    }

    /// The newest day in a column that files are skipped by, as the log says it of every file; where it does not, the files
    /// themselves are read.
    ///
    /// # Errors
    /// When the log or a file cannot be read.
    pub fn last_day(&self, column: &str) -> Result<Option<Date>, Fault> {
        let mut newest = None;
        for stats in self.table.stats()? {
            let day = stats.get("maxValues").and_then(|values| values.get(column));
            let Some(day) = day.and_then(|day| day.as_str()?.parse().ok()) else {
                return self.last_day_read(column);
            };
            newest = newest.max(Some(day));
        }
        Ok(newest)
    }

    fn last_day_read(&self, column: &str) -> Result<Option<Date>, Fault> {
        let mut newest = None;
        for batch in self.batches(Some(&[column]))? {
            let days = batch.column_by_name(column);
            if let Some(days) = days.and_then(|days| days.as_primitive_opt::<Date32Type>()) {
                newest = newest.max(arrow::compute::max(days));
            }
        }
        Ok(newest.and_then(day_of_number))
    }

    /// All batches, of all columns or some, each file checked against its digest first.
    ///
    /// # Errors
    /// When a file is damaged or cannot be read.
    pub fn batches(&self, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, Fault> {
        self.batches_of(self.files.iter(), columns)
    }

    fn batches_of<'f>(
        &self,
        files: impl Iterator<Item = &'f StoredFile>,
        columns: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, Fault> {
        let mut batches = Vec::new();
        for file in files {
            for batch in read_file(self.table.folder(), file, columns)? {
                batches.push(batch.map_err(Fault::columns("read", self.table.kind()))?);
            }
        }
        Ok(batches)
    }

    pub(super) fn rows(&self, kind: &FactKind) -> Result<Vec<Row>, ReadError> {
        let versions = self.versions(kind, self.files.iter())?;
        Ok(rows_of(versions, self.has_corrections()))
    }

    /// The stored versions of the rows in some files.
    fn versions<'f>(
        &self,
        kind: &FactKind,
        files: impl Iterator<Item = &'f StoredFile>,
    ) -> Result<Vec<Version>, ReadError> {
        let mut columns = Vec::with_capacity(kind.columns.len());
        for column in &kind.columns {
            columns.push(self.column(kind, &column.name, column.of)?);
        }
        let mut versions: Vec<Version> = Vec::new();
        for batch in self.batches_of(files, None)? {
            let Some(facts) = FactColumns::of(&batch) else {
                continue;
            };
            let arrays: Vec<Option<&ArrayRef>> =
                columns.iter().map(|at| batch.columns().get(*at)).collect();
            for at in 0..facts.len() {
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
                versions.push(Version {
                    row: Row {
                        id,
                        cells: cells.collect(),
                        recorded_on,
                    },
                    revision: facts.revision.value(at),
                    weight: i64::from(facts.weight.value(at)),
                });
            }
        }
        Ok(versions)
    }

    /// Every stored version of the rows in files that an earlier state of the table did not have, whatever its weight:
    /// with them the later facts differ from the earlier. None where the earlier state had files that are gone, so that
    /// everything may differ.
    ///
    /// # Errors
    /// When the facts lack a column the plan reads, or cannot be read.
    pub fn rows_beyond(
        &self,
        earlier: Option<&Self>,
        kind: &FactKind,
    ) -> Result<Option<Vec<Row>>, ReadError> {
        let none = BTreeSet::new();
        let known = earlier.map_or(&none, |earlier| &earlier.delivered);
        let new: Vec<&StoredFile> = self.delivered.difference(known).collect();
        // Rows that were written anew among others are not told from them.
        if !known.is_subset(&self.delivered) || !new.iter().all(|file| self.table.has(file)) {
            return Ok(None);
        }
        let versions = self.versions(kind, new.into_iter())?;
        Ok(Some(
            versions.into_iter().map(|version| version.row).collect(),
        ))
    }

    /// Where a plan's column is stored: under its own name, or the fact's id where the plan calls that `id`.
    fn column(&self, kind: &FactKind, name: &str, of: Type) -> Result<usize, ReadRefusal> {
        let found = self.schema.index_of(name).ok().or_else(|| {
            (name == "id")
                .then(|| self.schema.index_of(FACT_ID).ok())
                .flatten()
        });
        let Some(at) = found else {
            let own = |field: &&Arc<Field>| !field.name().starts_with(RESERVED_PREFIX);
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

    pub(super) fn open_rows(&self, kind: &str, open: &mut Vec<OpenRow>) -> Result<(), Fault> {
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
        let settled: HashSet<(&str, Digest, u64)> = self
            .deliveries()
            .iter()
            .flat_map(|delivery| {
                let settled = delivery.repair.iter().flat_map(|repair| &repair.rows);
                settled.map(|row| (delivery.source.as_str(), row.file, row.row))
            })
            .collect();
        rows.retain(|(delivery, row)| {
            !settled.contains(&(delivery.source.as_str(), delivery.digest, row.row))
        });
        if rows.is_empty() {
            return Ok(());
        }
        let mut facts: HashSet<(String, String)> = HashSet::new();
        let wanted: HashSet<(&str, &str)> = rows
            .iter()
            .map(|(delivery, row)| (delivery.source.as_str(), row.id.as_str()))
            .collect();
        for batch in self.batches(Some(&[FACT_SOURCE, FACT_ID]))? {
            let text = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
            let (Some(sources), Some(ids)) = (text(FACT_SOURCE), text(FACT_ID)) else {
                continue;
            };
            for at in 0..batch.num_rows() {
                let (source, id) = (sources.value(at), ids.value(at));
                if wanted.contains(&(source, id)) {
                    facts.insert((source.to_owned(), id.to_owned()));
                }
            }
        }
        for (delivery, row) in rows {
            if !row.is_conflict() && facts.contains(&(delivery.source.clone(), row.id.clone())) {
                continue;
            }
            open.push(OpenRow {
                kind: kind.to_owned(),
                source: delivery.source.clone(),
                file: delivery.file.clone(),
                digest: delivery.digest,
                delivery: delivery.number,
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
