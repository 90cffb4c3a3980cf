//! The JSON Schema (2020-12) of a plan file, for editors: written from the registry of keys, so it says what reading says.
//!
//! Every scalar of a plan is text; editors that read YAML by another schema see numbers and flags, so the schema takes
//! those for text too. Formulas are text here: only [`crate::formula`] knows which text is one.

use serde_json::{Map, Value, json};

use crate::keys::{BOUNDS, FOLDS, Form, Key, Place, READINGS, TYPES};

/// The schema of a plan file.
///
/// ```
/// let schema = trueup_plan::schema::json_schema();
/// assert_eq!(schema["properties"]["components"]["type"], "object");
/// assert_eq!(schema["$defs"]["component"]["required"][0], "pays");
/// ```
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = Map::new();
    schema.insert(
        "$schema".into(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".into(), json!("A Trueup plan"));
    if let Value::Object(plan) = place_schema(Place::Plan) {
        schema.extend(plan);
    }
    let mut defs = Map::new();
    for place in Place::ALL.iter().filter(|place| **place != Place::Plan) {
        defs.insert(def_name(*place).into(), place_schema(*place));
    }
    defs.insert(
        "text".into(),
        json!({ "type": ["string", "number", "boolean"] }),
    );
    defs.insert(
        "formula".into(),
        json!({ "type": ["string", "number", "boolean"], "description": "A formula: 5% * net_sales" }),
    );
    defs.insert(
        "list".into(),
        json!({ "oneOf": [reference("text"), { "type": "array", "items": reference("text") }] }),
    );
    defs.insert(
        "cells".into(),
        json!({ "oneOf": [reference("formula"), { "type": "array", "items": reference("cells") }] }),
    );
    schema.insert("$defs".into(), Value::Object(defs));
    Value::Object(schema)
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn place_schema(place: Place) -> Value {
    let mut properties = Map::new();
    for key in place.keys() {
        properties.insert(key.key.into(), key_schema(key));
    }
    let others = if place == Place::Band {
        reference("formula")
    } else {
        json!(false)
    };
    let mut schema =
        json!({ "type": "object", "properties": properties, "additionalProperties": others });
    let needed: Vec<&str> = place
        .keys()
        .iter()
        .filter(|key| key.required)
        .map(|key| key.key)
        .collect();
    if let Value::Object(schema) = &mut schema {
        if !needed.is_empty() {
            schema.insert("required".into(), json!(needed));
        }
        let required = |keys: &[&str]| {
            keys.iter()
                .map(|key| json!({ "required": [key] }))
                .collect::<Vec<_>>()
        };
        let one_of = |keys: &[&str]| json!({ "oneOf": required(keys) });
        let any_of = |keys: &[&str]| json!({ "anyOf": required(keys) });
        let groups = match place {
            Place::Plan => vec![
                one_of(&["plan", "template"]),
                any_of(&["currency", "from_template", "template"]),
            ],
            Place::Measure => vec![one_of(FOLDS)],
            Place::Table => vec![one_of(READINGS), one_of(&["bands", "rows"])],
            Place::Band => vec![one_of(BOUNDS)],
            Place::Limit => vec![any_of(&["at_most", "at_least"])],
            Place::Component => {
                vec![json!({ "dependentRequired": { "where": ["each"], "role": ["each"] } })]
            }
            Place::Parameter => vec![one_of(&["unit", "names"])],
            Place::Instalment => vec![json!({ "not": { "required": ["after", "on"] } })],
            Place::Calendar
            | Place::Rounding
            | Place::Objective
            | Place::Fact
            | Place::Credit
            | Place::Use
            | Place::Term
            | Place::Value
            | Place::Recovery
            | Place::Corrections
            | Place::Fund
            | Place::Contingency
            | Place::Within
            | Place::Guardrail
            | Place::Body
            | Place::Approval
            | Place::Review
            | Place::Disputes
            | Place::WindingDown => Vec::new(),
        };
        if !groups.is_empty() {
            schema.insert("allOf".into(), Value::Array(groups));
        }
    }
    schema
}

fn key_schema(key: &Key) -> Value {
    let named = |inner: Value| json!({ "type": "object", "additionalProperties": inner });
    let mut schema = match key.form {
        Form::Text | Form::Part => reference("text"),
        Form::Formula => reference("formula"),
        Form::Word(words) => json!({ "enum": words }),
        Form::Flag => json!({ "enum": ["yes", "no", "true", "false", true, false] }),
        Form::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Form::Duration => {
            json!({ "type": "string", "pattern": "^[0-9_]+ (day|week|month|quarter|year)s?$" })
        }
        Form::Currency => json!({ "type": "string", "pattern": "^[A-Z]{3}$" }),
        Form::Agreed => json!({ "type": "string", "pattern": "^agreed.+$" }),
        Form::List => reference("list"),
        Form::Words(words) => {
            json!({ "oneOf": [{ "enum": words }, { "type": "array", "items": { "enum": words } }] })
        }
        Form::Spread(words) => {
            json!({ "oneOf": [{ "enum": words }, { "type": "array", "items": reference("formula") }] })
        }
        Form::Map(place) => reference(def_name(place)),
        Form::Maps(place) => json!({ "type": "array", "items": reference(def_name(place)) }),
        Form::Named(place) => named(reference(def_name(place))),
        Form::NamedOrFormula(place) => {
            named(json!({ "oneOf": [reference("formula"), reference(def_name(place))] }))
        }
        Form::Formulas | Form::Overrides => named(reference("formula")),
        Form::Columns => named(json!({ "enum": TYPES })),
        Form::Bands => json!({ "oneOf": [
            { "type": "array", "items": reference(def_name(Place::Band)), "minItems": 1 },
            named(json!({ "type": "array", "items": reference("text") })),
        ] }),
        Form::Cells => reference("cells"),
        Form::Open => json!({}),
    };
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), json!(key.doc));
    }
    schema
}

/// The name a place has among the definitions.
fn def_name(place: Place) -> &'static str {
    match place {
        Place::Plan => "plan",
        Place::Calendar => "calendar",
        Place::Rounding => "rounding",
        Place::Objective => "objective",
        Place::Fact => "fact",
        Place::Credit => "credit",
        Place::Use => "use",
        Place::Parameter => "parameter",
        Place::Term => "term",
        Place::Measure => "measure",
        Place::Value => "value",
        Place::Table => "table",
        Place::Band => "band",
        Place::Component => "component",
        Place::Instalment => "instalment",
        Place::Recovery => "recovery",
        Place::Limit => "limit",
        Place::Corrections => "corrections",
        Place::Fund => "fund",
        Place::Contingency => "contingency",
        Place::Within => "within",
        Place::Guardrail => "guardrail",
        Place::Body => "body",
        Place::Approval => "approval",
        Place::Review => "review",
        Place::Disputes => "disputes",
        Place::WindingDown => "winding_down",
    }
}
