//! A layer on disk: what it covers, then its cells and answers as columns.
//!
//! ```text
//! trueup layer 1\n
//! length, JSON: the digests of the files it covers
//! length, JSON: partners, keys, values
//! an Arrow stream of one batch: the cells' columns, then those of each slot
//! ```
//! A file is named by its digest and read only when it still has it. It is worked out again when it is not as it should
//! be, so nothing here is an error.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray, Decimal128Array, Decimal256Array, Int32Array, Int64Array,
    RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Field, Int32Type, Int64Type, Schema,
    UInt32Type,
};
use serde_json::{Value as Json, json};
use trueup_base::exact::Exact;

use super::super::partials::{Answers, Last, Value};
use super::layer::{Cell, Layer};
use crate::digest::Digest;

const MAGIC: &[u8] = b"trueup layer 1\n";
/// The longest list of digests or names that is believed.
const SECTION_MAX: usize = 1 << 30;

/// A layer and the files it covers, as bytes.
pub fn encode(covers: &BTreeSet<Digest>, layer: &Layer) -> Option<Vec<u8>> {
    let mut bytes = MAGIC.to_vec();
    section(&mut bytes, &json!(covers))?;
    let names: Vec<&str> = layer.names.iter().map(|name| &**name).collect();
    let values = |all: &[Value]| all.iter().map(value_to_json).collect::<Vec<Json>>();
    section(
        &mut bytes,
        &json!({ "names": names, "keys": values(&layer.keys), "values": values(&layer.values),
                 "slots": layer.slots.iter().map(slot_to_json).collect::<Vec<Json>>() }),
    )?;
    let batch = columns(layer)?;
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).ok()?;
    writer.write(&batch).ok()?;
    writer.finish().ok()?;
    drop(writer);
    Some(bytes)
}

/// The files that the layer in a file covers; none where it is no layer.
pub fn read_covers(path: &Path) -> Option<BTreeSet<Digest>> {
    let mut file = File::open(path).ok()?;
    let mut head = vec![0; MAGIC.len() + 8];
    file.read_exact(&mut head).ok()?;
    let (magic, length) = head.split_at(MAGIC.len());
    let length = usize::try_from(u64::from_be_bytes(length.try_into().ok()?)).ok()?;
    if magic != MAGIC || length > SECTION_MAX {
        return None;
    }
    let mut covers = Vec::new();
    file.take(u64::try_from(length).ok()?)
        .read_to_end(&mut covers)
        .ok()?;
    serde_json::from_slice(&covers).ok()
}

/// The layer in some bytes; none where they hold none.
pub fn decode(bytes: &[u8]) -> Option<Layer> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (_, rest) = split_section(rest)?;
    let (head, rest) = split_section(rest)?;
    let head: Json = serde_json::from_slice(head).ok()?;
    let list = |name: &str| head.get(name)?.as_array();
    let names = list("names")?
        .iter()
        .map(|name| name.as_str().map(Arc::from));
    let values = |name| {
        list(name)?
            .iter()
            .map(value_of_json)
            .collect::<Option<Vec<Value>>>()
    };
    let mut batches = StreamReader::try_new(rest, None).ok()?;
    let batch = batches.next()?.ok()?;
    let mut columns = batch.columns().iter();
    let mut numbers = || {
        Some(
            columns
                .next()?
                .as_primitive_opt::<UInt32Type>()?
                .values()
                .clone(),
        )
    };
    let (partner, key, own, value) = (numbers()?, numbers()?, numbers()?, numbers()?);
    let mut days = || {
        Some(
            columns
                .next()?
                .as_primitive_opt::<Int32Type>()?
                .values()
                .clone(),
        )
    };
    let (known, step) = (days()?, days()?);
    let mut cells = Vec::with_capacity(batch.num_rows());
    for at in 0..batch.num_rows() {
        cells.push(Cell {
            partner: *partner.get(at)?,
            key: *key.get(at)?,
            known: *known.get(at)?,
            step: *step.get(at)?,
            own: *own.get(at)?,
            value: *value.get(at)?,
        });
    }
    let mut slots = Vec::new();
    for slot in list("slots")? {
        slots.push(answers(slot, &mut columns)?);
    }
    Some(Layer {
        names: names.collect::<Option<Vec<_>>>()?,
        keys: values("keys")?,
        values: values("values")?,
        cells,
        slots,
    })
}

fn section(bytes: &mut Vec<u8>, json: &Json) -> Option<()> {
    let text = serde_json::to_vec(json).ok()?;
    bytes.extend(u64::try_from(text.len()).ok()?.to_be_bytes());
    bytes.extend(text);
    Some(())
}

fn split_section(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(8)?;
    let length = usize::try_from(u64::from_be_bytes(length.try_into().ok()?)).ok()?;
    rest.split_at_checked(length)
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Empty => Json::Null,
        Value::Number(number) => json!({ "number": number.to_string() }),
        Value::Text(text) => json!(&**text),
        Value::Date(day) => json!(day),
        Value::Flag(holds) => json!(holds),
    }
}

fn value_of_json(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Empty,
        Json::Object(of) => Value::Number(Exact::parse(of.get("number")?.as_str()?).ok()?),
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Number(day) => Value::Date(i32::try_from(day.as_i64()?).ok()?),
        Json::Bool(holds) => Value::Flag(*holds),
        Json::Array(_) => return None,
    })
}

fn slot_to_json(slot: &Answers) -> Json {
    match slot {
        Answers::Counts(_) => json!({ "is": "counts" }),
        Answers::Sums(_, scale) => json!({ "is": "sums", "scale": scale }),
        Answers::WideSums(_, scale) => json!({ "is": "wide sums", "scale": scale }),
        Answers::Extremes(_, least) => json!({ "is": "extremes", "least": least }),
        Answers::Latest(_) => json!({ "is": "latest" }),
    }
}

fn columns(layer: &Layer) -> Option<RecordBatch> {
    let cells = &layer.cells;
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for of in [
        |cell: &Cell| cell.partner,
        |cell: &Cell| cell.key,
        |cell: &Cell| cell.own,
        |cell: &Cell| cell.value,
    ] {
        arrays.push(Arc::new(
            cells.iter().map(of).map(Some).collect::<UInt32Array>(),
        ));
    }
    for of in [|cell: &Cell| cell.known, |cell: &Cell| cell.step] {
        arrays.push(Arc::new(
            cells.iter().map(of).map(Some).collect::<Int32Array>(),
        ));
    }
    for slot in &layer.slots {
        match slot {
            Answers::Counts(counts) => arrays.push(Arc::new(Int64Array::from(counts.clone()))),
            Answers::Sums(sums, _) => arrays.push(narrow_or_wide(sums)),
            Answers::WideSums(sums, _) => {
                arrays.push(Arc::new(Decimal256Array::from(sums.clone())))
            }
            Answers::Extremes(best, _) => {
                let texts = best.iter().map(|best| best.as_ref().map(Exact::to_string));
                arrays.push(Arc::new(texts.collect::<StringArray>()));
            }
            Answers::Latest(latest) => {
                let dated = latest
                    .iter()
                    .map(|last| last.as_ref().and_then(|last| last.dated));
                arrays.push(Arc::new(
                    dated.collect::<datafusion::arrow::array::Date32Array>(),
                ));
                let ids = latest
                    .iter()
                    .map(|last| last.as_ref().map(|last| last.id.to_string()));
                arrays.push(Arc::new(ids.collect::<StringArray>()));
                let of = latest
                    .iter()
                    .map(|last| last.as_ref()?.of.as_ref().map(Exact::to_string));
                arrays.push(Arc::new(of.collect::<StringArray>()));
            }
        }
    }
    let fields = arrays
        .iter()
        .enumerate()
        .map(|(at, array)| Field::new(format!("column{at}"), array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), arrays).ok()
}

/// Sums in half the room where all of them fit.
fn narrow_or_wide(sums: &[i128]) -> ArrayRef {
    let narrow: Option<Vec<i64>> = sums.iter().map(|sum| i64::try_from(*sum).ok()).collect();
    match narrow {
        Some(narrow) => Arc::new(Int64Array::from(narrow)),
        None => Arc::new(Decimal128Array::from(sums.to_vec())),
    }
}

fn answers<'a>(slot: &Json, columns: &mut impl Iterator<Item = &'a ArrayRef>) -> Option<Answers> {
    let scale = || u32::try_from(slot.get("scale")?.as_u64()?).ok();
    Some(match slot.get("is")?.as_str()? {
        "counts" => {
            let counts = columns.next()?.as_primitive_opt::<Int64Type>()?;
            Answers::Counts(counts.values().to_vec())
        }
        "sums" => {
            let column = columns.next()?;
            let sums = match column.data_type() {
                DataType::Int64 => column
                    .as_primitive_opt::<Int64Type>()?
                    .values()
                    .iter()
                    .map(|sum| i128::from(*sum))
                    .collect(),
                _ => column
                    .as_primitive_opt::<Decimal128Type>()?
                    .values()
                    .to_vec(),
            };
            Answers::Sums(sums, scale()?)
        }
        "wide sums" => {
            let sums = columns.next()?.as_primitive_opt::<Decimal256Type>()?;
            Answers::WideSums(sums.values().to_vec(), scale()?)
        }
        "extremes" => {
            let best = exacts(columns.next()?)?;
            Answers::Extremes(best, slot.get("least")?.as_bool()?)
        }
        "latest" => {
            let dated = columns.next()?.as_primitive_opt::<Date32Type>()?;
            let ids = columns.next()?.as_string_opt::<i32>()?;
            let of = exacts(columns.next()?)?;
            let latest = ids
                .iter()
                .zip(dated.iter())
                .zip(of)
                .map(|((id, dated), of)| {
                    id.map(|id| Last {
                        dated,
                        id: id.into(),
                        of,
                    })
                });
            Answers::Latest(latest.collect())
        }
        _ => return None,
    })
}

fn exacts(column: &ArrayRef) -> Option<Vec<Option<Exact>>> {
    let texts = column.as_string_opt::<i32>()?;
    let exact = |text: Option<&str>| match text {
        None => Some(None),
        Some(text) => Exact::parse(text).ok().map(Some),
    };
    texts.iter().map(exact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::i256;

    fn layer() -> Layer {
        let cell = |partner, step| Cell {
            partner,
            key: 1,
            known: i32::MIN,
            step,
            own: 3,
            value: 2,
        };
        let figure = Exact::parse("-1.25").expect("a number");
        let last = Last {
            dated: Some(7),
            id: "till/ä".into(),
            of: Some(Exact::from_int(-5)),
        };
        Layer {
            names: vec!["a".into(), "b".into()],
            keys: vec![Value::Empty, Value::Text("x".into())],
            values: vec![
                Value::Number(figure.clone()),
                Value::Date(-3),
                Value::Flag(true),
            ],
            cells: vec![cell(0, 24_000), cell(1, -1)],
            slots: vec![
                Answers::Counts(vec![1, -1]),
                Answers::Sums(vec![12, -7], 2),
                Answers::Sums(vec![i128::MAX, 0], 28),
                Answers::WideSums(vec![i256::MAX, i256::ZERO], 40),
                Answers::Extremes(vec![Some(figure), None], true),
                Answers::Latest(vec![Some(last.clone()), None]),
                Answers::Latest(vec![
                    None,
                    Some(Last {
                        dated: None,
                        of: None,
                        ..last
                    }),
                ]),
            ],
        }
    }

    #[test]
    fn a_layer_comes_back_as_it_was_kept() {
        let covers = BTreeSet::from([Digest::of(b"one"), Digest::of(b"two")]);
        let bytes = encode(&covers, &layer()).expect("encoded");
        assert_eq!(decode(&bytes), Some(layer()));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("layer");
        std::fs::write(&path, &bytes).expect("written");
        assert_eq!(read_covers(&path), Some(covers));
        let empty = Layer::default();
        let bytes = encode(&BTreeSet::new(), &empty).expect("encoded");
        assert_eq!(decode(&bytes), Some(empty));
    }

    #[test]
    fn bytes_that_are_cut_are_no_layer() {
        let bytes = encode(&BTreeSet::new(), &layer()).expect("encoded");
        for end in (0..bytes.len()).step_by(97) {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(read_covers(Path::new("no such file")), None);
    }
}
