//! Standard rows gathered into columns, then ordered by partner and date, so that one partner's rows lie together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Int8Array,
    Int64Builder, RecordBatch, StringArray, StringBuilder, UInt32Array,
};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::shape::{FACT_ID, arrow_schema};
use crate::program::{ColumnType, Kind};
use crate::standardise::{Cells, StandardRow};

/// The most rows of one file: enough to compress and scan well, few enough to sort in memory.
pub const CHUNK_ROWS: usize = 1 << 19;

#[derive(Debug)]
enum Column {
    Text(StringBuilder),
    Day(Date32Builder),
    Flag(BooleanBuilder),
    Number(Decimal128Builder),
}

/// Rows being gathered.
#[derive(Debug)]
pub struct Chunk {
    schema: SchemaRef,
    source: Arc<str>,
    file: Arc<str>,
    partner: Option<usize>,
    dated: usize,
    columns: Vec<Column>,
    ids: StringBuilder,
    revisions: Int64Builder,
    contents: BinaryBuilder,
    recorded_on: Date32Builder,
    rows: Int64Builder,
    partners: HashMap<String, u32>,
    /// What each row is ordered by: its partner's number of appearance and its day.
    order: Vec<(u32, i32)>,
}

impl Chunk {
    /// No rows yet.
    #[must_use]
    pub fn new(kind: &Kind, source: &Arc<str>, file: &Arc<str>) -> Self {
        let schema = arrow_schema(kind);
        let columns =
            kind.columns
                .iter()
                .zip(schema.fields())
                .map(|(column, field)| match column.of {
                    ColumnType::Text | ColumnType::Partner => Column::Text(StringBuilder::new()),
                    ColumnType::Date => Column::Day(Date32Builder::new()),
                    ColumnType::Flag => Column::Flag(BooleanBuilder::new()),
                    ColumnType::Number { .. } => Column::Number(
                        Decimal128Builder::new().with_data_type(field.data_type().clone()),
                    ),
                });
        Self {
            columns: columns.collect(),
            source: source.clone(),
            file: file.clone(),
            partner: kind.partner(),
            dated: kind.dated,
            ids: StringBuilder::new(),
            revisions: Int64Builder::new(),
            contents: BinaryBuilder::new(),
            recorded_on: Date32Builder::new(),
            rows: Int64Builder::new(),
            partners: HashMap::new(),
            order: Vec::new(),
            schema,
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Adds a row without problems.
    pub fn push(&mut self, row: &StandardRow, cells: &dyn Cells, content: u128, at: u64) {
        for (position, column) in self.columns.iter_mut().enumerate() {
            match column {
                Column::Text(builder) => builder.append_option(row.text(position, cells)),
                Column::Day(builder) => builder.append_option(row.day(position)),
                Column::Flag(builder) => builder.append_option(row.flag(position)),
                Column::Number(builder) => builder.append_option(row.number(position)),
            }
        }
        self.ids.append_value(&row.id);
        self.revisions.append_value(row.revision);
        self.contents.append_value(content.to_be_bytes());
        self.recorded_on.append_option(row.recorded_on);
        // A file has fewer than 2^63 rows.
        self.rows
            .append_value(i64::try_from(at).unwrap_or(i64::MAX));
        let partner = self
            .partner
            .and_then(|position| row.text(position, cells))
            .unwrap_or_default();
        let partner = match self.partners.get(partner) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.partners.len()).unwrap_or(u32::MAX);
                self.partners.insert(partner.to_owned(), number);
                number
            }
        };
        self.order
            .push((partner, row.day(self.dated).unwrap_or(i32::MIN)));
    }

    /// The rows as columns, ordered by partner, date and place in the file; nothing is left behind.
    ///
    /// # Errors
    /// When the columns do not fit together.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let count = self.order.len();
        let order = self.ordered();
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for column in &mut self.columns {
            let array: ArrayRef = match column {
                Column::Text(builder) => Arc::new(builder.finish()),
                Column::Day(builder) => Arc::new(builder.finish()),
                Column::Flag(builder) => Arc::new(builder.finish()),
                Column::Number(builder) => Arc::new(builder.finish()),
            };
            arrays.push(take(&array, &order, None)?);
        }
        let ids: ArrayRef = Arc::new(self.ids.finish());
        let revisions: ArrayRef = Arc::new(self.revisions.finish());
        let contents: ArrayRef = Arc::new(self.contents.finish());
        let recorded_on: ArrayRef = Arc::new(self.recorded_on.finish());
        let rows: ArrayRef = Arc::new(self.rows.finish());
        arrays.push(Arc::new(StringArray::from_iter_values(
            std::iter::repeat_n(&*self.source, count),
        )));
        arrays.push(take(&ids, &order, None)?);
        arrays.push(take(&revisions, &order, None)?);
        arrays.push(Arc::new(Int8Array::from_iter_values(std::iter::repeat_n(
            1, count,
        ))));
        arrays.push(take(&contents, &order, None)?);
        arrays.push(take(&recorded_on, &order, None)?);
        arrays.push(Arc::new(StringArray::from_iter_values(
            std::iter::repeat_n(&*self.file, count),
        )));
        arrays.push(take(&rows, &order, None)?);
        RecordBatch::try_new(self.schema.clone(), arrays)
    }

    fn ordered(&mut self) -> UInt32Array {
        let by_name: BTreeMap<&str, u32> = self
            .partners
            .iter()
            .map(|(name, number)| (name.as_str(), *number))
            .collect();
        let mut ranks = vec![0_u32; by_name.len()];
        for (rank, number) in by_name.values().enumerate() {
            if let Some(slot) = ranks.get_mut(*number as usize) {
                *slot = u32::try_from(rank).unwrap_or(u32::MAX);
            }
        }
        let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or(u32::MAX);
        let order = std::mem::take(&mut self.order);
        let mut places: Vec<(u32, i32, u32)> = order
            .into_iter()
            .zip(0_u32..)
            .map(|((partner, day), place)| (rank(partner), day, place))
            .collect();
        places.sort_unstable();
        self.partners.clear();
        places.into_iter().map(|(_, _, place)| place).collect()
    }
}

/// The columns that whole files are skipped by.
#[must_use]
pub fn skip_by(kind: &Kind) -> Vec<&str> {
    [kind.partner(), Some(kind.dated)]
        .into_iter()
        .flatten()
        .filter_map(|at| kind.columns.get(at))
        .map(|column| &*column.name)
        .collect()
}

/// Some batches as one, ordered by partner, date and id as every stored file is; none of none.
///
/// # Errors
/// When they are not of one kind.
pub fn in_order(kind: &Kind, batches: &[RecordBatch]) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(first) = batches.first() else {
        return Ok(None);
    };
    let all = concat_batches(&first.schema(), batches)?;
    let by = [kind.partner(), Some(kind.dated)].into_iter().flatten();
    let columns: Vec<SortColumn> = by
        .filter_map(|at| all.columns().get(at))
        .chain(all.column_by_name(FACT_ID))
        .map(|values| SortColumn {
            values: values.clone(),
            options: None,
        })
        .collect();
    take_record_batch(&all, &lexsort_to_indices(&columns, None)?).map(Some)
}
