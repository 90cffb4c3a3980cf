//! The registry of keys, the reader and the JSON Schema say the same: the good plans write every key, and the schema
//! takes them and refuses what the reader refuses for its keys.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use trueup_plan::diagnostic::Sources;
use trueup_plan::keys::{Form, Place};
use trueup_plan::schema::json_schema;
use trueup_plan::yaml::{self, Node, NodeKind};

fn read(folder: &str) -> Vec<(String, Node)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut plans = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let mut sources = Sources::new();
            let file = sources.add("plan.yaml", &fs::read_to_string(&path).expect("it is text"));
            if let Some(node) = yaml::read(&sources, file, &mut Vec::new()) {
                let name = path
                    .file_stem()
                    .expect("a file has a name")
                    .to_string_lossy()
                    .into_owned();
                plans.push((name, node));
            }
        }
    }
    plans
}

/// The keys that a map at a place writes, and those of the places inside it.
fn written(node: &Node, place: Place, found: &mut BTreeSet<(Place, &'static str)>) {
    for entry in node.entries() {
        let Some(key) = place.key(&entry.key.text) else {
            continue;
        };
        found.insert((place, key.key));
        match key.form {
            Form::Map(inner) => written(&entry.value, inner, found),
            Form::Maps(inner) => entry
                .value
                .list()
                .iter()
                .for_each(|item| written(item, inner, found)),
            Form::Named(inner) | Form::NamedOrFormula(inner) => {
                entry
                    .value
                    .entries()
                    .iter()
                    .for_each(|named| written(&named.value, inner, found));
            }
            Form::Bands => entry
                .value
                .list()
                .iter()
                .for_each(|band| written(band, Place::Band, found)),
            _ => {}
        }
    }
}

#[test]
fn the_good_plans_write_every_key_of_the_registry() {
    let mut found = BTreeSet::new();
    for (_, plan) in read("good") {
        written(&plan, Place::Plan, &mut found);
    }
    for place in Place::ALL {
        for key in place.keys() {
            assert!(
                found.contains(&(*place, key.key)),
                "no good plan writes `{}` of {}",
                key.key,
                place.called()
            );
        }
    }
}

/// A plan as a JSON document, every scalar a text.
fn as_json(node: &Node) -> Value {
    match &node.is {
        NodeKind::Scalar(scalar) => Value::String(scalar.text.to_string()),
        NodeKind::List(items) => items.iter().map(as_json).collect(),
        NodeKind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|entry| (entry.key.text.to_string(), as_json(&entry.value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        NodeKind::Empty => Value::Null,
    }
}

/// Whether a schema takes a value: the words of JSON Schema that ours uses, patterns aside.
fn takes(root: &Value, schema: &Value, value: &Value) -> bool {
    let Value::Object(words) = schema else {
        return schema != &Value::Bool(false);
    };
    words.iter().all(|(word, says)| match word.as_str() {
        "$ref" => {
            let name = says
                .as_str()
                .and_then(|says| says.strip_prefix("#/$defs/"))
                .expect("a definition's name");
            takes(
                root,
                root["$defs"].get(name).expect("the definition is there"),
                value,
            )
        }
        "type" => {
            let is = match value {
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
            };
            says == is
                || says
                    .as_array()
                    .is_some_and(|any| any.iter().any(|one| one == is))
        }
        "enum" => says.as_array().expect("a list").contains(value),
        "oneOf" => {
            says.as_array()
                .expect("a list")
                .iter()
                .filter(|one| takes(root, one, value))
                .count()
                == 1
        }
        "anyOf" => says
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| takes(root, one, value)),
        "allOf" => says
            .as_array()
            .expect("a list")
            .iter()
            .all(|one| takes(root, one, value)),
        "not" => !takes(root, says, value),
        "required" => says
            .as_array()
            .expect("a list")
            .iter()
            .all(|key| has(value, key)),
        "dependentRequired" => says.as_object().expect("keys").iter().all(|(key, needs)| {
            value.get(key).is_none()
                || needs
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(|needed| has(value, needed))
        }),
        "items" => value
            .as_array()
            .is_none_or(|items| items.iter().all(|item| takes(root, says, item))),
        "minItems" => value
            .as_array()
            .is_none_or(|items| items.len() as u64 >= says.as_u64().expect("a number")),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(key, inner)| {
                says.get(key)
                    .is_none_or(|schema| takes(root, schema, inner))
            })
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let known = schema.get("properties");
            let others = object
                .iter()
                .filter(|(key, _)| known.is_none_or(|known| known.get(key).is_none()));
            others
                .into_iter()
                .all(|(_, inner)| takes(root, says, inner))
        }),
        "$schema" | "$defs" | "title" | "description" | "pattern" => true,
        unknown => panic!("the schema uses `{unknown}`, which this test does not know"),
    })
}

fn has(value: &Value, key: &Value) -> bool {
    value.get(key.as_str().expect("a key")).is_some()
}

#[test]
fn the_schema_takes_every_good_plan() {
    let schema = json_schema();
    for (name, plan) in read("good") {
        assert!(takes(&schema, &schema, &as_json(&plan)), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses_for_its_keys() {
    let schema = json_schema();
    let plans = read("bad");
    let about_keys = |name: &str| {
        [
            "key_",
            "word_",
            "block_",
            "form_list",
            "form_text",
            "measure_",
            "limit_",
            "table_",
            "rows_",
            "plan_",
        ]
        .iter()
        .any(|start| name.starts_with(start))
    };
    let mut looked_at = 0;
    for (name, plan) in plans.iter().filter(|(name, _)| about_keys(name)) {
        assert!(!takes(&schema, &schema, &as_json(plan)), "{name}");
        looked_at += 1;
    }
    assert!(looked_at >= 12, "only {looked_at} plans looked at");
}
