//! The columns of a stored kind: those declared, and those that every fact has besides.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, Date32Array, Int8Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int8Type, Int64Type, Schema, SchemaRef};
use deltalake::kernel::{DataType as DeltaType, MetadataValue, PrimitiveType, StructField};

use crate::program::{ColumnType, Kind};

/// The source a fact came from.
pub const FACT_SOURCE: &str = "fact_source";
/// What names it there.
pub const FACT_ID: &str = "fact_id";
/// Its revision.
pub const FACT_REVISION: &str = "fact_revision";
/// 1 for a fact, -1 for one withdrawn by a correction; every sum is weighted by it.
pub const FACT_WEIGHT: &str = "fact_weight";
/// Half a digest of what it says.
pub const FACT_CONTENT: &str = "fact_content";
/// The day it became known; none for what was known from the start, as far as its source says.
pub const FACT_RECORDED_ON: &str = "fact_recorded_on";
/// The delivered file it came in.
pub const FACT_FILE: &str = "fact_file";
/// Its line or row there.
pub const FACT_ROW: &str = "fact_row";

/// Name, Arrow type, Delta type, and whether it may be missing.
fn own_fields() -> [(&'static str, DataType, DeltaType, bool); 8] {
    [
        (FACT_SOURCE, DataType::Utf8, DeltaType::STRING, false),
        (FACT_ID, DataType::Utf8, DeltaType::STRING, false),
        (FACT_REVISION, DataType::Int64, DeltaType::LONG, false),
        (FACT_WEIGHT, DataType::Int8, DeltaType::BYTE, false),
        (FACT_CONTENT, DataType::Binary, DeltaType::BINARY, false),
        (FACT_RECORDED_ON, DataType::Date32, DeltaType::DATE, true),
        (FACT_FILE, DataType::Utf8, DeltaType::STRING, false),
        (FACT_ROW, DataType::Int64, DeltaType::LONG, false),
    ]
}

/// The Arrow schema of a kind's files.
#[must_use]
pub fn arrow_schema(kind: &Kind) -> SchemaRef {
    let declared = kind.columns.iter().map(|column| {
        let of = match column.of {
            ColumnType::Text | ColumnType::Partner => DataType::Utf8,
            ColumnType::Date => DataType::Date32,
            ColumnType::Flag => DataType::Boolean,
            ColumnType::Number { room, .. } => {
                // A scale is at most 28 (program.rs).
                DataType::Decimal128(room.digits, i8::try_from(room.scale).unwrap_or(i8::MAX))
            }
        };
        Field::new(&*column.name, of, true)
    });
    let own = own_fields()
        .into_iter()
        .map(|(name, of, _, missing)| Field::new(name, of, missing));
    Arc::new(Schema::new(declared.chain(own).collect::<Vec<_>>()))
}

/// The Delta columns of a kind; each says in its metadata which word declared it.
pub fn delta_columns(kind: &Kind) -> Result<Vec<StructField>, deltalake::DeltaTableError> {
    let mut columns = Vec::new();
    for column in &kind.columns {
        let of = match column.of {
            ColumnType::Text | ColumnType::Partner => DeltaType::STRING,
            ColumnType::Date => DeltaType::DATE,
            ColumnType::Flag => DeltaType::BOOLEAN,
            ColumnType::Number { room, .. } => {
                DeltaType::Primitive(PrimitiveType::decimal(room.digits, room.scale)?)
            }
        };
        let word = MetadataValue::String(column.of.word().to_owned());
        columns.push(StructField::nullable(&*column.name, of).with_metadata([(TYPE_KEY, word)]));
    }
    columns.extend(
        own_fields()
            .into_iter()
            .map(|(name, _, of, missing)| StructField::new(name, of, missing)),
    );
    Ok(columns)
}

/// The key under which a Delta column says which word declared it.
pub const TYPE_KEY: &str = "trueup.type";

/// The columns that every fact has, of one batch.
#[derive(Clone, Debug)]
pub struct FactColumns<'a> {
    /// What names each fact in its source.
    pub id: &'a StringArray,
    /// Its revision.
    pub revision: &'a Int64Array,
    /// Its weight.
    pub weight: &'a Int8Array,
    /// Half a digest of what it says.
    pub content: &'a BinaryArray,
    /// The day it became known, if its source says.
    pub recorded_on: &'a Date32Array,
    /// Its line or row in the delivered file.
    pub row: &'a Int64Array,
    /// The source it came from.
    pub source: &'a StringArray,
    /// The delivered file it came in.
    pub file: &'a StringArray,
}

impl<'a> FactColumns<'a> {
    /// Finds them; none when one is missing or of another type.
    #[must_use]
    pub fn of(batch: &'a RecordBatch) -> Option<Self> {
        let column = |name: &str| -> Option<&'a ArrayRef> { batch.column_by_name(name) };
        Some(Self {
            id: column(FACT_ID)?.as_string_opt::<i32>()?,
            revision: column(FACT_REVISION)?.as_primitive_opt::<Int64Type>()?,
            weight: column(FACT_WEIGHT)?.as_primitive_opt::<Int8Type>()?,
            content: column(FACT_CONTENT)?.as_binary_opt::<i32>()?,
            recorded_on: column(FACT_RECORDED_ON)?.as_primitive_opt::<Date32Type>()?,
            row: column(FACT_ROW)?.as_primitive_opt::<Int64Type>()?,
            source: column(FACT_SOURCE)?.as_string_opt::<i32>()?,
            file: column(FACT_FILE)?.as_string_opt::<i32>()?,
        })
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// The content of one fact.
    #[must_use]
    pub fn content_at(&self, at: usize) -> u128 {
        let bytes: Option<[u8; 16]> = self.content.value(at).try_into().ok();
        bytes.map_or(0, u128::from_be_bytes)
    }
}
