//! Parquet in: the same rows as from CSV, each number exact, and no trust in anything the file says about itself.
//!
//! Only the file's own physical types are read, never the Arrow schema it may carry, and never its statistics. A column
//! of floats is refused where a standard column would come from it: what a float holds is not what was written. The
//! decoder may give up by panicking on a forged file; that ends the file, not the process, even where it is in no cage.

use std::cell::Cell as Flag;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal128Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};

use crate::error::FileRefusal;
use crate::standardise::{Cell, Cells};
use crate::words::shown;

const BATCH_ROWS: usize = 8_192;

/// A Parquet file whose footer was read.
pub struct ParquetIn {
    builder: ParquetRecordBatchReaderBuilder<File>,
    rows: u64,
}

impl ParquetIn {
    /// Reads the footer: the names of its columns.
    ///
    /// # Errors
    /// When it cannot be decoded.
    pub fn open(file: File) -> Result<(Self, Vec<String>), FileRefusal> {
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder =
            guarded(|| ParquetRecordBatchReaderBuilder::try_new_with_options(file, options))?;
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).map_err(|_| {
            FileRefusal::Parquet {
                what: "a negative number of rows".to_owned(),
            }
        })?;
        let fields = builder.schema().fields().iter();
        let names = fields.map(|field| field.name().clone()).collect();
        Ok((Self { builder, rows }, names))
    }

    /// How many rows the footer promises.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Begins reading some columns, by their positions; `numbers` says which are read as numbers.
    ///
    /// # Errors
    /// When one cannot be read exactly.
    pub fn read(
        self,
        columns: &[usize],
        number: impl Fn(usize) -> bool,
    ) -> Result<Batches, FileRefusal> {
        let schema = self.builder.schema().clone();
        for at in columns {
            if let Some(field) = schema.fields().get(*at) {
                readable(field.name(), field.data_type(), number(*at))?;
            }
        }
        let mask = ProjectionMask::roots(self.builder.parquet_schema(), columns.iter().copied());
        let builder = self
            .builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS);
        let reader = guarded(|| builder.build())?;
        Ok(Batches {
            reader,
            columns: columns.to_vec(),
            width: schema.fields().len(),
            left: self.rows,
        })
    }
}

/// Batches of a Parquet file.
pub struct Batches {
    reader: ParquetRecordBatchReader,
    columns: Vec<usize>,
    width: usize,
    left: u64,
}

impl Batches {
    /// The next rows; none at the end.
    ///
    /// # Errors
    /// When the file cannot be decoded, or has more or fewer rows than its footer says.
    pub fn read_rows(&mut self) -> Result<Option<ParquetRows>, FileRefusal> {
        let reader = &mut self.reader;
        let batch = guarded(|| reader.next().transpose())?;
        let Some(batch) = batch else {
            if self.left > 0 {
                let what = format!("its footer promises {} more rows", self.left);
                return Err(FileRefusal::Parquet { what });
            }
            return Ok(None);
        };
        let more = || FileRefusal::Parquet {
            what: "it has more rows than its footer says".to_owned(),
        };
        self.left = self
            .left
            .checked_sub(batch.num_rows() as u64)
            .ok_or_else(more)?;
        Ok(Some(self.rows(&batch)))
    }

    fn rows(&self, batch: &RecordBatch) -> ParquetRows {
        let mut columns: Vec<Option<Column>> = (0..self.width).map(|_| None).collect();
        for (at, array) in self.columns.iter().zip(batch.columns()) {
            if let Some(slot) = columns.get_mut(*at) {
                *slot = Column::of(array);
            }
        }
        ParquetRows {
            columns,
            rows: batch.num_rows(),
        }
    }
}

/// Some rows of a Parquet file.
pub struct ParquetRows {
    columns: Vec<Option<Column>>,
    rows: usize,
}

impl ParquetRows {
    /// Each row.
    pub fn iter(&self) -> impl Iterator<Item = ParquetRow<'_>> {
        (0..self.rows).map(|row| ParquetRow { rows: self, row })
    }
}

/// One row of a Parquet file.
pub struct ParquetRow<'a> {
    rows: &'a ParquetRows,
    row: usize,
}

impl Cells for ParquetRow<'_> {
    fn cell(&self, at: usize) -> Cell<'_> {
        match self.rows.columns.get(at) {
            Some(Some(column)) => column.cell(self.row),
            Some(None) | None => Cell::Missing,
        }
    }
}

/// A column in one of the forms that can be read exactly.
enum Column {
    Text(ArrayRef),
    LargeText(ArrayRef),
    Flag(ArrayRef),
    Decimal(ArrayRef, u8),
    Whole(ArrayRef, fn(&ArrayRef, usize) -> i128),
    Day(ArrayRef, fn(&ArrayRef, usize) -> i128),
    Time {
        array: ArrayRef,
        seconds: fn(&ArrayRef, usize) -> i128,
        instant: bool,
    },
}

/// The integer in a primitive array.
fn value<T: ArrowPrimitiveType>(array: &ArrayRef, row: usize) -> i128
where
    T::Native: Into<i128>,
{
    array.as_primitive::<T>().value(row).into()
}

fn seconds<T: ArrowPrimitiveType<Native = i64>, const IN_SECOND: i64>(
    array: &ArrayRef,
    row: usize,
) -> i128 {
    i128::from(array.as_primitive::<T>().value(row).div_euclid(IN_SECOND))
}

fn day_of_date64(array: &ArrayRef, row: usize) -> i128 {
    i128::from(
        array
            .as_primitive::<Date64Type>()
            .value(row)
            .div_euclid(86_400_000),
    )
}

impl Column {
    fn of(array: &ArrayRef) -> Option<Self> {
        let array = array.clone();
        Some(match array.data_type() {
            DataType::Utf8 => Self::Text(array),
            DataType::LargeUtf8 => Self::LargeText(array),
            DataType::Boolean => Self::Flag(array),
            DataType::Decimal128(_, scale) => {
                let scale = u8::try_from(*scale).ok()?;
                Self::Decimal(array, scale)
            }
            DataType::Int8 => Self::Whole(array, value::<Int8Type>),
            DataType::Int16 => Self::Whole(array, value::<Int16Type>),
            DataType::Int32 => Self::Whole(array, value::<Int32Type>),
            DataType::Int64 => Self::Whole(array, value::<Int64Type>),
            DataType::UInt8 => Self::Whole(array, value::<UInt8Type>),
            DataType::UInt16 => Self::Whole(array, value::<UInt16Type>),
            DataType::UInt32 => Self::Whole(array, value::<UInt32Type>),
            DataType::UInt64 => Self::Whole(array, value::<UInt64Type>),
            DataType::Date32 => Self::Day(array, value::<Date32Type>),
            DataType::Date64 => Self::Day(array, day_of_date64),
            DataType::Timestamp(unit, zone) => {
                let seconds = match unit {
                    TimeUnit::Second => seconds::<TimestampSecondType, 1>,
                    TimeUnit::Millisecond => seconds::<TimestampMillisecondType, 1_000>,
                    TimeUnit::Microsecond => seconds::<TimestampMicrosecondType, 1_000_000>,
                    TimeUnit::Nanosecond => seconds::<TimestampNanosecondType, 1_000_000_000>,
                };
                let instant = zone.is_some();
                Self::Time {
                    array,
                    seconds,
                    instant,
                }
            }
            _ => return None,
        })
    }

    fn array(&self) -> &ArrayRef {
        match self {
            Self::Text(array)
            | Self::LargeText(array)
            | Self::Flag(array)
            | Self::Decimal(array, _)
            | Self::Whole(array, _)
            | Self::Day(array, _)
            | Self::Time { array, .. } => array,
        }
    }

    fn cell(&self, row: usize) -> Cell<'_> {
        if row >= self.array().len() || self.array().is_null(row) {
            return Cell::Missing;
        }
        match self {
            Self::Text(array) => text(array.as_string::<i32>().value(row)),
            Self::LargeText(array) => text(array.as_string::<i64>().value(row)),
            Self::Flag(array) => Cell::Flag(array.as_boolean().value(row)),
            Self::Decimal(array, scale) => Cell::Number {
                unscaled: array.as_primitive::<Decimal128Type>().value(row),
                scale: *scale,
            },
            Self::Whole(array, value) => Cell::Number {
                unscaled: value(array, row),
                scale: 0,
            },
            // No calendar has a day or a second that does not fit; what does not is refused as a date.
            Self::Day(array, value) => {
                Cell::Day(i32::try_from(value(array, row)).unwrap_or(i32::MAX))
            }
            Self::Time {
                array,
                seconds,
                instant,
            } => {
                let seconds = i64::try_from(seconds(array, row)).unwrap_or(i64::MAX);
                if *instant {
                    return Cell::Instant(seconds);
                }
                match jiff::Timestamp::from_second(seconds) {
                    Ok(instant) => Cell::Wall(jiff::tz::Offset::UTC.to_datetime(instant)),
                    Err(_) => Cell::Day(i32::MAX),
                }
            }
        }
    }
}

fn text(text: &str) -> Cell<'_> {
    if text.is_empty() {
        Cell::Missing
    } else {
        Cell::Text(text)
    }
}

fn readable(name: &str, of: &DataType, number: bool) -> Result<(), FileRefusal> {
    let refused = |found: &str, why: &str| {
        Err(FileRefusal::ColumnType {
            name: shown(name),
            found: found.to_owned(),
            why: why.to_owned(),
        })
    };
    match of {
        DataType::Float16 | DataType::Float32 | DataType::Float64 if number => refused(
            if *of == DataType::Float64 {
                "DOUBLE"
            } else {
                "FLOAT"
            },
            "which cannot hold amounts exactly (0.1 is none of its values); write it as DECIMAL(28, s) or as text",
        ),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => refused(
            "a float",
            "which has no exact text; write it as an integer or as text",
        ),
        DataType::Decimal128(_, scale) if *scale < 0 => refused(
            "a decimal of negative scale",
            "which is not read here; write it with a scale of 0 or more",
        ),
        DataType::Decimal256(..) => refused(
            "a decimal of more than 38 digits",
            "and 28 are kept; write it as DECIMAL(28, s)",
        ),
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Boolean
        | DataType::Decimal128(..)
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..) => Ok(()),
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => refused(
            "raw bytes",
            "which have no text; mark the column as a string",
        ),
        other => refused(
            &shown(&other.to_string()),
            "which is no plain column; write text, integers, decimals or dates",
        ),
    }
}

thread_local! {
    static DECODING: Flag<bool> = const { Flag::new(false) };
}

/// Runs a decoder that may panic on a forged file, and says what it found.
fn guarded<T, E: std::fmt::Display>(
    decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, FileRefusal> {
    quiet_hook();
    DECODING.set(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    DECODING.set(false);
    match decoded {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(FileRefusal::Parquet {
            what: shown(&error.to_string()),
        }),
        Err(_) => Err(FileRefusal::Parquet {
            what: "the decoder gave up".to_owned(),
        }),
    }
}

/// A panic of the decoder is an answer about the file, not news for the terminal.
fn quiet_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !DECODING.get() {
                before(info);
            }
        }));
    });
}
