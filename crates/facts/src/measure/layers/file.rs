//! A layer on disk: what it covers, then its cells and answers as columns, in parts that can be read by themselves.
//!
//! ```text
//! trueup layer 3\n
//! length, JSON: the digests of the files it covers
//! length, JSON: partners, keys, values; the parts: whose cells, how long, which digest
//! for each part an Arrow stream of one batch: the cells' columns, then those of each slot
//! ```
//! A file is named by the digest of what stands before the parts, and those are held to their digests; so a single partner's
//! part is as good as the whole. It is worked out again when it is not as it should be, so nothing here is an error.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array,
    Int8Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    UInt32Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Field, Int8Type, Int32Type, Int64Type,
    Schema, UInt32Type, i256,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use trueup_base::exact::Exact;

use super::super::few::{Few, Wins};
use super::super::parallel;
use super::super::partials::{Answers, Last, Value};
use super::layer::{Cell, Layer};
use crate::cached::next_bytes;
use crate::digest::Digest;

const MAGIC: &[u8] = b"trueup layer 3\n";
/// The longest list of digests or names that is believed.
const SECTION_MAX: usize = 1 << 30;
/// A part holds about so many cells.
const PART_CELLS: usize = 4_096;

/// A layer and the files it covers, as bytes, with the name of their file.
pub fn encode(covers: &BTreeSet<Digest>, layer: &Layer) -> Option<(Digest, Vec<u8>)> {
    let mut parts = Vec::new();
    let mut told = Vec::new();
    for (partners, cells) in parts_of(layer) {
        let batch = columns(layer, cells)?;
        let mut bytes = Vec::new();
        let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).ok()?;
        writer.write(&batch).ok()?;
        writer.finish().ok()?;
        drop(writer);
        told.push(Part {
            until: partners,
            length: bytes.len(),
            digest: Digest::of(&bytes),
        });
        parts.push(bytes);
    }
    let mut bytes = MAGIC.to_vec();
    section(&mut bytes, &json!(covers))?;
    let names: Vec<&str> = layer.names.iter().map(|name| &**name).collect();
    let values = |all: &[Value]| all.iter().map(value_to_json).collect::<Vec<Json>>();
    section(
        &mut bytes,
        &json!({ "names": names, "keys": values(&layer.keys), "values": values(&layer.values),
                 "slots": layer.slots.iter().map(slot_to_json).collect::<Vec<Json>>(),
                 "parts": told }),
    )?;
    let name = Digest::of(&bytes);
    bytes.extend(parts.into_iter().flatten());
    Some((name, bytes))
}

/// A part of a layer's file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    /// The place among the names of the first partner behind those of the part.
    until: u32,
    /// Its bytes.
    length: usize,
    /// Their digest.
    digest: Digest,
}

/// The parts of a layer: the place of the first partner behind it, and its cells. Each has whole partners.
fn parts_of(layer: &Layer) -> Vec<(u32, Range<usize>)> {
    let mut parts: Vec<(u32, Range<usize>)> = Vec::new();
    for of_partner in layer.cells.chunk_by(|one, two| one.partner == two.partner) {
        let until = of_partner.first().map_or(0, |cell| cell.partner + 1);
        match parts.last_mut() {
            Some((partners, cells)) if cells.len() < PART_CELLS => {
                *partners = until;
                cells.end += of_partner.len();
            }
            Some((_, cells)) => {
                let from = cells.end;
                parts.push((until, from..from + of_partner.len()));
            }
            None => parts.push((until, 0..of_partner.len())),
        }
    }
    parts
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

/// What stands before the parts of a layer's file.
struct Head {
    /// The layer without cells and answers.
    layer: Layer,
    parts: Vec<Part>,
}

impl Head {
    /// The head in some bytes of the digest that names their file.
    fn of(bytes: &[u8], name: Digest) -> Option<Self> {
        if Digest::of(bytes) != name {
            return None;
        }
        let (_, rest) = split_section(bytes.strip_prefix(MAGIC)?)?;
        let (head, _) = split_section(rest)?;
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
        Some(Self {
            layer: Layer {
                names: names.collect::<Option<Vec<_>>>()?,
                keys: values("keys")?,
                values: values("values")?,
                cells: Vec::new(),
                slots: list("slots")?
                    .iter()
                    .map(no_answers)
                    .collect::<Option<Vec<_>>>()?,
            },
            parts: Part::deserialize_all(list("parts")?)?,
        })
    }

    /// The layer of some parts, in order, given their bytes.
    fn layer(mut self, parts: Vec<(Part, &[u8])>) -> Option<Layer> {
        let slots = &self.layer.slots;
        let read = parallel::each(parts, |(part, bytes)| {
            (Digest::of(bytes) == part.digest).then_some(())?;
            part_of_layer(bytes, slots)
        });
        for part in read {
            let (cells, answers) = part?;
            self.layer.cells.extend(cells);
            for (slot, more) in self.layer.slots.iter_mut().zip(answers) {
                slot.append(more)?;
            }
        }
        Some(self.layer)
    }
}

impl Part {
    fn deserialize_all(parts: &[Json]) -> Option<Vec<Self>> {
        let part = |part: &Json| Self::deserialize(part).ok();
        parts.iter().map(part).collect()
    }
}

/// The layer in the bytes of a file of some name; none where they hold none.
pub fn decode(bytes: &[u8], name: Digest) -> Option<Layer> {
    let (head, mut rest) = bytes.split_at_checked(head_length(bytes)?)?;
    let head = Head::of(head, name)?;
    let mut parts = Vec::with_capacity(head.parts.len());
    for part in &head.parts {
        let (bytes, more) = rest.split_at_checked(part.length)?;
        parts.push((*part, bytes));
        rest = more;
    }
    rest.is_empty().then_some(())?;
    head.layer(parts)
}

/// As much of the layer in a file of some name as says all about a partner; none where it holds none.
pub fn read_part(file: &mut File, name: Digest, partner: &str) -> Option<Layer> {
    let mut head = Vec::new();
    for _ in 0..2 {
        // Sections follow the magic; each tells its length.
        let length = match head.len() {
            0 => MAGIC.len() + 8,
            _ => 8,
        };
        head.extend(next_bytes(file, length)?);
        let (_, told) = head.split_last_chunk::<8>()?;
        let told = usize::try_from(u64::from_be_bytes(*told)).ok()?;
        head.extend(next_bytes(file, (told <= SECTION_MAX).then_some(told)?)?);
    }
    let start = head.len();
    let head = Head::of(&head, name)?;
    let names = &head.layer.names;
    let Ok(at) = names.binary_search_by(|name| (**name).cmp(partner)) else {
        return head.layer(Vec::new());
    };
    let mut from = start;
    let mut wanted = None;
    for part in &head.parts {
        if usize::try_from(part.until).ok()? > at {
            wanted = Some(*part);
            break;
        }
        from += part.length;
    }
    let Some(part) = wanted else {
        return head.layer(Vec::new());
    };
    file.seek(SeekFrom::Start(u64::try_from(from).ok()?)).ok()?;
    let bytes = next_bytes(file, part.length)?;
    head.layer(vec![(part, &bytes)])
}

/// How long the head of a layer's file is.
fn head_length(bytes: &[u8]) -> Option<usize> {
    let (_, rest) = split_section(bytes.strip_prefix(MAGIC)?)?;
    let (_, rest) = split_section(rest)?;
    Some(bytes.len() - rest.len())
}

/// The cells and answers of a part.
fn part_of_layer(bytes: &[u8], slots: &[Answers]) -> Option<(Vec<Cell>, Vec<Answers>)> {
    let mut batches = StreamReader::try_new(bytes, None).ok()?;
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
    let answers = slots.iter().map(|slot| answers(slot, &mut columns));
    Some((cells, answers.collect::<Option<Vec<_>>>()?))
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
        Answers::Extremes(_, scale, least) => {
            json!({ "is": "extremes", "scale": scale, "least": least })
        }
        Answers::WideExtremes(_, scale, least) => {
            json!({ "is": "wide extremes", "scale": scale, "least": least })
        }
        Answers::Latest(_) => json!({ "is": "latest" }),
    }
}

/// A slot without answers, as [`slot_to_json`] tells it.
fn no_answers(slot: &Json) -> Option<Answers> {
    let scale = || u32::try_from(slot.get("scale")?.as_u64()?).ok();
    let least = || slot.get("least")?.as_bool();
    Some(match slot.get("is")?.as_str()? {
        "counts" => Answers::Counts(Vec::new()),
        "sums" => Answers::Sums(Vec::new(), scale()?),
        "wide sums" => Answers::WideSums(Vec::new(), scale()?),
        "extremes" => Answers::Extremes(Vec::new(), scale()?, least()?),
        "wide extremes" => Answers::WideExtremes(Vec::new(), scale()?, least()?),
        "latest" => Answers::Latest(Vec::new()),
        _ => return None,
    })
}

fn columns(layer: &Layer, range: Range<usize>) -> Option<RecordBatch> {
    let cells = layer.cells.get(range.clone())?;
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
    let rows: Vec<u32> = (0u32..).take(range.end).skip(range.start).collect();
    for slot in &layer.slots {
        let mut of_part = slot.empty();
        slot.pick(&rows, &mut of_part);
        match of_part {
            Answers::Counts(counts) => arrays.push(Arc::new(Int64Array::from(counts))),
            Answers::Sums(sums, _) => arrays.push(narrow_or_wide(sums)),
            Answers::WideSums(sums, _) => arrays.push(Arc::new(Decimal256Array::from(sums))),
            Answers::Extremes(few, ..) => {
                lists(&mut arrays, &few, |standing| {
                    Arc::new(Int64Array::from(standing))
                })?;
            }
            Answers::WideExtremes(few, ..) => {
                lists(&mut arrays, &few, |standing| {
                    Arc::new(Decimal256Array::from(standing))
                })?;
            }
            Answers::Latest(few) => lists(&mut arrays, &few, |standing: Vec<Last>| {
                let dated: Date32Array = standing.iter().map(|last| last.dated).collect();
                let ids: StringArray = standing.iter().map(|last| Some(&*last.id)).collect();
                let of = standing.iter().map(|last| last.of.as_ref());
                let of: StringArray = of.map(|of| of.map(Exact::to_string)).collect();
                let fields = ["dated", "id", "of"].into_iter();
                let arrays: [ArrayRef; 3] = [Arc::new(dated), Arc::new(ids), Arc::new(of)];
                let fields = fields
                    .zip(&arrays)
                    .map(|(name, array)| Field::new(name, array.data_type().clone(), true));
                Arc::new(StructArray::new(fields.collect(), arrays.into(), None))
            })?,
        }
    }
    let fields = arrays
        .iter()
        .enumerate()
        .map(|(at, array)| Field::new(format!("column{at}"), array.data_type().clone(), true));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), arrays).ok()
}

/// Adds the columns of some lists: their values, the values' weights, and which of them were cut.
fn lists<V: Wins>(
    arrays: &mut Vec<ArrayRef>,
    few: &[Few<V>],
    values: impl Fn(Vec<V>) -> ArrayRef,
) -> Option<()> {
    let lengths = few.iter().map(|few| few.standing().len());
    let ends = OffsetBuffer::<i32>::from_lengths(lengths);
    let standing = || few.iter().flat_map(Few::standing);
    let weights: Vec<i64> = standing().map(|(_, weight)| *weight).collect();
    let small: Option<Vec<i8>> = weights.iter().map(|of| i8::try_from(*of).ok()).collect();
    let weights: ArrayRef = match small {
        Some(small) => Arc::new(Int8Array::from(small)),
        None => Arc::new(Int64Array::from(weights)),
    };
    let values = values(standing().map(|(value, _)| value.clone()).collect());
    for array in [values, weights] {
        let field = Arc::new(Field::new("standing", array.data_type().clone(), true));
        let list = ListArray::try_new(field, ends.clone(), array, None).ok()?;
        arrays.push(Arc::new(list));
    }
    let cut: BooleanArray = few.iter().map(|few| Some(few.is_cut())).collect();
    arrays.push(Arc::new(cut));
    Some(())
}

/// Sums in half the room where all of them fit.
fn narrow_or_wide(sums: Vec<i128>) -> ArrayRef {
    let narrow: Option<Vec<i64>> = sums.iter().map(|sum| i64::try_from(*sum).ok()).collect();
    match narrow {
        Some(narrow) => Arc::new(Int64Array::from(narrow)),
        None => Arc::new(Decimal128Array::from(sums)),
    }
}

/// The answers in the columns of a slot.
fn answers<'a>(
    slot: &Answers,
    columns: &mut impl Iterator<Item = &'a ArrayRef>,
) -> Option<Answers> {
    Some(match slot {
        Answers::Counts(_) => {
            let counts = columns.next()?.as_primitive_opt::<Int64Type>()?;
            Answers::Counts(counts.values().to_vec())
        }
        Answers::Sums(_, scale) => Answers::Sums(whole_numbers(columns.next()?)?, *scale),
        Answers::WideSums(_, scale) => Answers::WideSums(wide_numbers(columns.next()?)?, *scale),
        Answers::Extremes(_, scale, least) => {
            let values = |column: &ArrayRef| {
                let numbers = column.as_primitive_opt::<Int64Type>()?;
                Some(numbers.values().to_vec())
            };
            Answers::Extremes(few(columns, values)?, *scale, *least)
        }
        Answers::WideExtremes(_, scale, least) => {
            Answers::WideExtremes(few(columns, wide_numbers)?, *scale, *least)
        }
        Answers::Latest(_) => Answers::Latest(few(columns, latest)?),
    })
}

fn wide_numbers(column: &ArrayRef) -> Option<Vec<i256>> {
    let numbers = column.as_primitive_opt::<Decimal256Type>()?;
    Some(numbers.values().to_vec())
}

fn whole_numbers(column: &ArrayRef) -> Option<Vec<i128>> {
    Some(match column.data_type() {
        DataType::Int64 => {
            let narrow = column.as_primitive_opt::<Int64Type>()?;
            narrow.values().iter().map(|of| i128::from(*of)).collect()
        }
        _ => column
            .as_primitive_opt::<Decimal128Type>()?
            .values()
            .to_vec(),
    })
}

fn latest(column: &ArrayRef) -> Option<Vec<Last>> {
    let fields = column.as_struct_opt()?;
    let dated = fields.column_by_name("dated")?;
    let dated = dated.as_primitive_opt::<Date32Type>()?;
    let ids = fields.column_by_name("id")?.as_string_opt::<i32>()?;
    let of = fields.column_by_name("of")?.as_string_opt::<i32>()?;
    let last = |((dated, id), of): ((Option<i32>, Option<&str>), Option<&str>)| {
        let of = match of {
            Some(of) => Some(Exact::parse(of).ok()?),
            None => None,
        };
        let id = id?.into();
        Some(Last { dated, id, of })
    };
    dated.iter().zip(ids).zip(of).map(last).collect()
}

/// Lists, from the columns that [`lists`] writes.
fn few<'a, V: Wins>(
    columns: &mut impl Iterator<Item = &'a ArrayRef>,
    values: impl Fn(&ArrayRef) -> Option<Vec<V>>,
) -> Option<Vec<Few<V>>> {
    let standing = columns.next()?.as_list_opt::<i32>()?;
    let weights = columns.next()?.as_list_opt::<i32>()?.values();
    let weights: Vec<i64> = match weights.data_type() {
        DataType::Int8 => {
            let small = weights.as_primitive_opt::<Int8Type>()?;
            small.values().iter().map(|of| i64::from(*of)).collect()
        }
        _ => weights.as_primitive_opt::<Int64Type>()?.values().to_vec(),
    };
    let cut = columns.next()?.as_boolean_opt()?;
    let mut all = values(standing.values())?.into_iter().zip(weights);
    let lengths = standing.offsets().lengths();
    lengths
        .zip(cut.values())
        .map(|(length, is_cut)| {
            let few = Few::from_parts(all.by_ref().take(length), is_cut)?;
            (few.standing().len() == length).then_some(few)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn few<V: Wins>(rows: impl IntoIterator<Item = (V, i64)>) -> Few<V> {
        let mut few = Few::default();
        for (value, weight) in rows {
            few.add(value, weight);
        }
        few
    }

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
        let last = |dated, of| Last {
            dated,
            id: "till/ä".into(),
            of,
        };
        let cut = few((0..9).map(|number| (number, 1)));
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
                Answers::Extremes(vec![few([(-125, 1), (7, -1)]), few([])], 2, true),
                Answers::Extremes(vec![cut, few([(i64::MAX, 500)])], 0, false),
                Answers::WideExtremes(vec![few([]), few([(i256::MAX, 1)])], 40, false),
                Answers::Latest(vec![few([(last(Some(7), Some(figure)), 1)]), few([])]),
                Answers::Latest(vec![few([]), few([(last(None, None), -1)])]),
            ],
        }
    }

    #[test]
    fn a_layer_comes_back_as_it_was_kept() {
        let covers = BTreeSet::from([Digest::of(b"one"), Digest::of(b"two")]);
        let (name, bytes) = encode(&covers, &layer()).expect("encoded");
        assert_eq!(decode(&bytes, name), Some(layer()));
        assert_eq!(decode(&bytes, Digest::of(b"other")), None);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("layer");
        std::fs::write(&path, &bytes).expect("written");
        assert_eq!(read_covers(&path), Some(covers));
        let empty = Layer {
            cells: Vec::new(),
            slots: layer().slots.iter().map(Answers::empty).collect(),
            ..layer()
        };
        let (name, bytes) = encode(&BTreeSet::new(), &empty).expect("encoded");
        assert_eq!(decode(&bytes, name), Some(empty));
    }

    #[test]
    fn bytes_that_are_cut_or_changed_are_no_layer() {
        let (name, bytes) = encode(&BTreeSet::new(), &layer()).expect("encoded");
        for end in (0..bytes.len()).step_by(97) {
            assert_eq!(decode(&bytes[..end], name), None, "cut at {end}");
        }
        for at in (0..bytes.len()).step_by(53) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(decode(&changed, name), None, "changed at {at}");
        }
        assert_eq!(read_covers(Path::new("no such file")), None);
    }

    #[test]
    fn one_partner_is_read_without_the_others() {
        let partners = 3_000_u32;
        let cell = |partner, step| Cell {
            partner,
            key: 0,
            known: i32::MIN,
            step,
            own: 0,
            value: 0,
        };
        let cells: Vec<Cell> = (0..partners)
            .flat_map(|partner| [cell(partner, 1), cell(partner, 2), cell(partner, 3)])
            .collect();
        let counts: Vec<i64> = (0..).take(cells.len()).collect();
        let whole = Layer {
            names: (0..partners).map(|at| format!("P{at:05}").into()).collect(),
            cells,
            slots: vec![Answers::Counts(counts)],
            ..Layer::default()
        };
        let (name, bytes) = encode(&BTreeSet::new(), &whole).expect("encoded");
        assert_eq!(decode(&bytes, name), Some(whole.clone()));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("layer");
        std::fs::write(&path, &bytes).expect("written");
        let part = |partner: &str| {
            let mut file = File::open(&path).expect("there");
            read_part(&mut file, name, partner).expect("a layer")
        };
        for at in [0, 1, 1_364, 1_365, 1_366, 2_731, 2_999] {
            let part = part(&format!("P{at:05}"));
            assert!(part.cells.len() <= PART_CELLS + 3, "no more than a part");
            let Some(Answers::Counts(counts)) = part.slots.first() else {
                panic!("counts");
            };
            let theirs: Vec<(Cell, i64)> = part
                .cells
                .iter()
                .zip(counts)
                .filter(|(cell, _)| cell.partner == at)
                .map(|(cell, count)| (*cell, *count))
                .collect();
            let first = i64::from(at) * 3;
            let expected = [
                (cell(at, 1), first),
                (cell(at, 2), first + 1),
                (cell(at, 3), first + 2),
            ];
            assert_eq!(theirs, expected);
        }
        assert!(part("nobody").cells.is_empty());
        // A flipped bit in the partner's part is found, one elsewhere does not matter.
        let last = bytes.len() - 100;
        let mut changed = bytes.clone();
        changed[last] ^= 1;
        std::fs::write(&path, &changed).expect("written");
        let mut file = File::open(&path).expect("there");
        assert_eq!(read_part(&mut file, name, "P02999"), None);
        assert!(!part("P00000").cells.is_empty());
    }
}
