//! JSON events as rows: a flat row of cells for each object, however it is wrapped. Plain objects and CloudEvents, one, several in
//! a list, or one a line.
//!
//! An object inside an object is read as `outer.inner`; the attributes of a CloudEvent as `ce-id`, `ce-time` and so on, its data by
//! their own names. Numbers keep the digits they were written with and never pass through a float. An amount of money
//! must be text all the same: whoever writes it as a number has most likely held it in a float before.

use std::fmt;

use serde::Deserialize as _;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::program::{ColumnType, Kind, Mapping, NumberUnit, Source};
use crate::raw::{RawCell, RawCells, TypedCell};
use crate::standardise::Problem;
use crate::words::shown;

/// The longest event.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// How deep objects may stand in objects.
pub const DEPTH_MAX: usize = 16;
/// The most cells of an event.
pub const CELLS_MAX: usize = 4_096;

/// Why a text is no event, or no list of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is no JSON.
    #[error("is no JSON: {0}")]
    Syntax(String),
    /// It is something else than an object.
    #[error("is {0} and not an object with the fields of a row")]
    NotAnObject(&'static str),
    /// A field stands there twice.
    #[error("has the field `{0}` twice")]
    TwoFields(String),
    /// It is nested too deep.
    #[error("has objects inside objects more than {DEPTH_MAX} deep")]
    TooDeep,
    /// It has too many fields.
    #[error("has more than {CELLS_MAX} fields")]
    TooManyCells,
    /// It is too long.
    #[error("is longer than {EVENT_BYTES_MAX} bytes")]
    TooLong,
    /// A CloudEvent whose data is not JSON.
    #[error("is a CloudEvent whose data is no JSON object: {0}")]
    Data(&'static str),
}

impl JsonError {
    fn syntax(error: &serde_json::Error) -> Self {
        let said = error.to_string();
        // The visitor below says this where serde's derive would have taken the last.
        match said
            .strip_prefix(TWICE)
            .and_then(|rest| rest.split_once('\0'))
        {
            Some((name, _)) => Self::TwoFields(shown(name)),
            None => Self::Syntax(shown(&said)),
        }
    }
}

const TWICE: &str = "twice\0";

/// An event as a row, and what is wrong with the way it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its cells, by name.
    pub cells: RawCells,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// The fields of an object, each as it is written, in their order.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
                let mut seen = std::collections::BTreeSet::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if !seen.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format!("{TWICE}{name}\0")));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Each)
    }
}

/// The items of a list, each as it is written.
struct Listed<'a>(Vec<&'a RawValue>);

impl<'de> serde::Deserialize<'de> for Listed<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Listed<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut listed = Vec::new();
                while let Some(item) = list.next_element::<&'de RawValue>()? {
                    listed.push(item);
                }
                Ok(Listed(listed))
            }
        }
        from.deserialize_seq(Each)
    }
}

/// Takes a text apart into its events: the items of a list, or the one object it is.
///
/// # Errors
/// When the text is no JSON.
pub fn events(text: &str) -> Result<Vec<&str>, JsonError> {
    match text.trim_start().starts_with('[') {
        true => serde_json::from_str::<Listed<'_>>(text)
            .map(|listed| listed.0.into_iter().map(RawValue::get).collect())
            .map_err(|error| JsonError::syntax(&error)),
        false => Ok(vec![text]),
    }
}

/// Reads one event of a source.
///
/// # Errors
/// When it is no object, or beyond a bound.
pub fn read(text: &str, source: &Source, kind: &Kind) -> Result<Event, JsonError> {
    if text.len() > EVENT_BYTES_MAX {
        return Err(JsonError::TooLong);
    }
    let fields = fields(text)?;
    let mut event = Event::default();
    let is_cloud_event = fields.0.iter().any(|(name, _)| name == "specversion");
    if is_cloud_event {
        for (name, value) in &fields.0 {
            match name.as_str() {
                "data" => add_all(&mut event, "", &self::data(value)?, 1)?,
                "data_base64" => return Err(JsonError::Data("it is written in base64")),
                attribute => add(&mut event, &format!("{ATTRIBUTE}{attribute}"), value, 1)?,
            }
        }
    } else {
        add_all(&mut event, "", &fields, 1)?;
    }
    refuse_money_in_numbers(&mut event, source, kind);
    Ok(event)
}

/// How the name of a CloudEvent's attribute begins.
pub const ATTRIBUTE: &str = "ce-";

fn data(value: &RawValue) -> Result<Fields<'_>, JsonError> {
    match kind_of(value.get()) {
        "an object" => fields(value.get()),
        other => Err(JsonError::Data(match other {
            "nothing" => "there is none",
            _ => "it is something else",
        })),
    }
}

fn fields(text: &str) -> Result<Fields<'_>, JsonError> {
    let mut from = serde_json::Deserializer::from_str(text);
    match kind_of(text.trim_start()) {
        "an object" => {}
        // What is no JSON at all is said first.
        other => {
            serde_json::from_str::<&RawValue>(text).map_err(|error| JsonError::syntax(&error))?;
            return Err(JsonError::NotAnObject(other));
        }
    }
    let fields = Fields::deserialize(&mut from).map_err(|error| JsonError::syntax(&error))?;
    from.end().map_err(|error| JsonError::syntax(&error))?;
    Ok(fields)
}

/// What a JSON value is, by its first character.
fn kind_of(text: &str) -> &'static str {
    match text.bytes().next() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') | None => "nothing",
        Some(_) => "a number",
    }
}

fn add_all(
    event: &mut Event,
    before: &str,
    fields: &Fields<'_>,
    depth: usize,
) -> Result<(), JsonError> {
    for (name, value) in &fields.0 {
        add(event, &format!("{before}{name}"), value, depth)?;
    }
    Ok(())
}

fn add(event: &mut Event, name: &str, value: &RawValue, depth: usize) -> Result<(), JsonError> {
    let text = value.get();
    let cell = match kind_of(text) {
        "an object" if depth >= DEPTH_MAX => return Err(JsonError::TooDeep),
        "an object" => {
            return add_all(event, &format!("{name}."), &fields(text)?, depth + 1);
        }
        "nothing" => return Ok(()),
        "a text" => {
            let text: String =
                serde_json::from_str(text).map_err(|error| JsonError::syntax(&error))?;
            RawCell::Text(text)
        }
        "true or false" => RawCell::Typed(TypedCell::Flag(text == "true")),
        "a list" => {
            // It matters only where a column is read from it, and is then no value of any type.
            RawCell::Text(text.to_owned())
        }
        _ => RawCell::Typed(TypedCell::Number(text.to_owned())),
    };
    if event.cells.len() >= CELLS_MAX {
        return Err(JsonError::TooManyCells);
    }
    match event.cells.insert(name.to_owned(), cell) {
        None => Ok(()),
        Some(_) => Err(JsonError::TwoFields(shown(name))),
    }
}

fn refuse_money_in_numbers(event: &mut Event, source: &Source, kind: &Kind) {
    for (column, mapping) in kind.columns.iter().zip(&source.map) {
        let is_money = matches!(
            column.of,
            ColumnType::Number {
                unit: NumberUnit::Money,
                ..
            }
        );
        let Some(Mapping::Column { column: name, .. }) = mapping else {
            continue;
        };
        if let Some(RawCell::Typed(TypedCell::Number(text))) =
            event.cells.get(&**name).filter(|_| is_money)
        {
            let says = "is money written as a number, which most programs hold as a float before they write it";
            let help = "send amounts as text: \"1234.56\"";
            let problem = Problem::new(name, text, "money_as_number", says, help);
            event.problems.push(problem);
        }
    }
}
