//! One stored file: Parquet, synced, named by its digest, and read only when it still has that digest.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde_json::{Map, Value, json};

use crate::dates::day_of_number;
use crate::digest::{Digest, HashingWriter};
use crate::disk::Disk;
use crate::error::Fault;

/// Rows of one row group: what a reader skips or takes as one.
const GROUP_ROWS: usize = 1 << 17;
const BATCH_ROWS: usize = 8_192;

/// A stored file as the log names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct StoredFile {
    /// Its digest, which is its name.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}

impl StoredFile {
    /// Its name in the table's folder.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.parquet", self.digest)
    }
}

/// A file just written, with what readers may skip it by.
#[derive(Clone, Debug)]
pub struct FileWritten {
    /// The file.
    pub file: StoredFile,
    /// Statistics in Delta's form.
    pub stats: String,
}

/// Writes rows to a file and syncs its bytes; the name is yet to be given.
///
/// # Errors
/// When the disk or the encoder refuses.
pub fn write_file(
    disk: &Disk,
    path: &Path,
    batches: &[RecordBatch],
    skip_by: &[&str],
) -> Result<FileWritten, Fault> {
    let mut properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("trueup".to_owned())
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for name in [super::FACT_ID, super::FACT_CONTENT, super::FACT_ROW] {
        properties = properties.set_column_dictionary_enabled(name.into(), false);
    }
    let schema = match batches.first() {
        Some(batch) => batch.schema(),
        None => std::sync::Arc::new(arrow::datatypes::Schema::empty()),
    };
    // The least and the greatest of other texts skip nothing, and cost more than the texts.
    let is_text = |of: &DataType| matches!(of, DataType::Utf8 | DataType::Binary);
    for field in schema.fields() {
        if is_text(field.data_type()) && !skip_by.contains(&field.name().as_str()) {
            let column = ColumnPath::from(field.name().as_str());
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    let file = File::create(path).map_err(Fault::write(path))?;
    let out = HashingWriter::new(BufWriter::new(file));
    let failed = |error| parquet_fault(path, error);
    let mut writer = ArrowWriter::try_new(out, schema, Some(properties.build())).map_err(failed)?;
    for batch in batches {
        writer.write(batch).map_err(failed)?;
    }
    let out = writer.into_inner().map_err(failed)?;
    let (mut buffered, digest, bytes) = out.finish();
    buffered.flush().map_err(Fault::write(path))?;
    let file = buffered
        .into_inner()
        .map_err(|error| Fault::write(path)(error.into_error()))?;
    disk.sync_file(&file, path).map_err(Fault::write(path))?;
    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    Ok(FileWritten {
        file: StoredFile {
            digest,
            bytes,
            rows,
        },
        stats: stats(batches, skip_by),
    })
}

/// A full disk shows as itself, whatever layers it came through.
fn parquet_fault(path: &Path, error: parquet::errors::ParquetError) -> Fault {
    match error {
        parquet::errors::ParquetError::External(source) => {
            match source.downcast::<std::io::Error>() {
                Ok(source) => Fault::write(path)(*source),
                Err(source) => {
                    Fault::parquet("write", path)(parquet::errors::ParquetError::External(source))
                }
            }
        }
        other => Fault::parquet("write", path)(other),
    }
}

/// Rows, how many cells of each column are empty, and the smallest and greatest of the columns that files are skipped by.
fn stats(batches: &[RecordBatch], skip_by: &[&str]) -> String {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let (mut smallest, mut greatest, mut nulls) = (Map::new(), Map::new(), Map::new());
    let fields = batches.first().map(|batch| batch.schema());
    for (at, field) in fields.iter().flat_map(|schema| schema.fields()).enumerate() {
        let arrays = batches.iter().filter_map(|batch| batch.columns().get(at));
        let missing: usize = arrays.map(|array| array.null_count()).sum();
        nulls.insert(field.name().clone(), json!(missing));
    }
    for name in skip_by {
        let mut range: Option<(String, String)> = None;
        for array in batches
            .iter()
            .filter_map(|batch| batch.column_by_name(name))
        {
            for text in texts(array).into_iter().flatten() {
                range = Some(match range.take() {
                    None => (text.clone(), text),
                    Some((low, high)) => (low.min(text.clone()), high.max(text)),
                });
            }
        }
        // Other readers cut long texts; a bound that is cut is none.
        if let Some((low, high)) = range.filter(|(low, high)| low.len() <= 32 && high.len() <= 32) {
            smallest.insert((*name).to_owned(), Value::String(low));
            greatest.insert((*name).to_owned(), Value::String(high));
        }
    }
    json!({ "numRecords": rows, "minValues": smallest, "maxValues": greatest, "nullCount": nulls })
        .to_string()
}

/// The smallest and greatest value of an array, as text that sorts as the values do.
fn texts(array: &dyn Array) -> [Option<String>; 2] {
    match array.data_type() {
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            [
                arrow::compute::min_string(array),
                arrow::compute::max_string(array),
            ]
            .map(|text| text.map(str::to_owned))
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            // Years have four digits (dates.rs), so their texts sort.
            [arrow::compute::min(array), arrow::compute::max(array)]
                .map(|day| day.and_then(day_of_number).map(|day| day.to_string()))
        }
        _ => [None, None],
    }
}

/// Reads a stored file, all columns or some, after checking that it is the one its name says.
///
/// # Errors
/// When it cannot be read or was damaged.
pub fn read_file(
    folder: &Path,
    file: &StoredFile,
    columns: Option<&[&str]>,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>>, Fault> {
    let path = folder.join(file.name());
    let bytes = std::fs::read(&path).map_err(Fault::read(&path))?;
    let found = Digest::of(&bytes);
    if found != file.digest {
        let what = format!("its digest is {} and not its name", found.short());
        return Err(Fault::Damaged { path, what });
    }
    let failed = |error| Fault::parquet("read", &path)(error);
    let mut builder =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).map_err(failed)?;
    if let Some(columns) = columns {
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder = builder.with_projection(mask);
    }
    let reader = builder
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(failed)?;
    Ok(reader)
}
