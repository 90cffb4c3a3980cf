//! Standard rows gathered into columns, then ordered by partner and date, so that one partner's rows lie together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BinaryBuilder, BooleanBuilder, Date32Builder,
    Decimal128Builder, Int8Array, Int64Builder, RecordBatch, StringArray, StringBuilder,
    UInt32Array,
};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take, take_record_batch};
use arrow::datatypes::{Date32Type, SchemaRef};
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
    /// How many rows there are.
    count: usize,
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
            count: 0,
            schema,
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
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
        self.count += 1;
    }

    /// The rows as columns, ordered by partner, date and place in the file; nothing is left behind.
    ///
    /// # Errors
    /// When the columns do not fit together.
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let count = std::mem::take(&mut self.count);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        for column in &mut self.columns {
            let array: ArrayRef = match column {
                Column::Text(builder) => Arc::new(builder.finish()),
                Column::Day(builder) => Arc::new(builder.finish()),
                Column::Flag(builder) => Arc::new(builder.finish()),
                Column::Number(builder) => Arc::new(builder.finish()),
            };
            arrays.push(array);
        }
        let order = self.ordered(&arrays, count);
        for array in &mut arrays {
            *array = take(array, &order, None)?;
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

    /// The places of rows by partner, date and place.
    fn ordered(&self, arrays: &[ArrayRef], count: usize) -> UInt32Array {
        let column = |at: usize| arrays.get(at);
        let partners = self.partner.and_then(column);
        let partners = partners.and_then(|array| array.as_string_opt::<i32>());
        let days = column(self.dated).and_then(|array| array.as_primitive_opt::<Date32Type>());
        let ranks = match partners {
            Some(partners) => ranks(partners),
            None => vec![0; count],
        };
        let day = |at: usize| {
            let days = days.filter(|days| days.is_valid(at));
            days.map_or(i32::MIN, |days| days.value(at))
        };
        let ranks = ranks.into_iter().enumerate();
        let mut places: Vec<(u32, i32, u32)> = ranks
            .zip(0_u32..)
            .map(|((at, rank), place)| (rank, day(at), place))
            .collect();
        places.sort_unstable();
        places.into_iter().map(|(_, _, place)| place).collect()
    }
}

/// The rank of each text among those there are; no text comes first.
fn ranks(texts: &StringArray) -> Vec<u32> {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let of_row: Vec<u32> = texts
        .iter()
        .map(|text| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(text.unwrap_or_default()).or_insert(next)
        })
        .collect();
    let by_name: BTreeMap<&str, u32> = numbers.into_iter().collect();
    let mut ranks = vec![0_u32; by_name.len()];
    for (number, rank) in by_name.into_values().zip(0_u32..) {
        if let Some(slot) = ranks.get_mut(number as usize) {
            *slot = rank;
        }
    }
    let rank = |number: u32| ranks.get(number as usize).copied().unwrap_or(u32::MAX);
    of_row.into_iter().map(rank).collect()
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
