//! Declarations of program.yaml as a bundle carries them, and their digests.
//!
//! A declaration is hashed as a tree of texts, lists and maps, each part with its length before it. The names and the encoding
//! are those under which both sides sign declarations.

use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use trueup_plan::diagnostic::Sources;
use trueup_plan::yaml::{self, Node, NodeKind};

use crate::record::Declaration;

/// What the program says about itself.
const OWN: [&str; 4] = ["program", "currency", "zone", "calendar"];

/// The declarations in a program's text whose names are wanted, in the order of their names.
#[must_use]
pub fn of_program(text: &str, is_wanted: &dyn Fn(&str) -> bool) -> Vec<Declaration> {
    let mut sources = Sources::new();
    let file = sources.add("program.yaml", text);
    let mut found = Vec::new();
    let Some(node) = yaml::read(&sources, file, &mut found) else {
        return Vec::new();
    };
    let mut own = Map::new();
    for key in OWN {
        if let Some(says) = node.get(key) {
            own.insert(key.to_owned(), json_of(says));
        }
    }
    let mut all = vec![("program".to_owned(), Json::Object(own))];
    if let Some(rates) = node.get("rates") {
        all.push(("rates".to_owned(), json_of(rates)));
    }
    for (key, word) in [
        ("kinds", "kind"),
        ("directories", "directory"),
        ("sources", "source"),
    ] {
        let named = node.get(key).map(Node::entries).unwrap_or_default();
        all.extend(
            named
                .iter()
                .map(|entry| (format!("{word} {}", entry.key.text), json_of(&entry.value))),
        );
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all.into_iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, says)| Declaration {
            sha256: digest(&name, &says).unwrap_or_default(),
            name,
            says,
        })
        .collect()
}

/// The digest of a declaration; none of what is no declaration.
#[must_use]
pub fn digest(name: &str, says: &Json) -> Option<String> {
    let mut hasher = Hasher(Sha256::new());
    let word = name.split(' ').next().unwrap_or_default();
    hasher.text(&format!("trueup {word} 1"));
    match (word, says) {
        ("program", Json::Object(own)) => {
            let mut known = 0;
            for key in OWN {
                hasher.text(key);
                match own.get(key) {
                    Some(says) => {
                        known += 1;
                        hasher.node(says)?;
                    }
                    None => hasher.text("none"),
                }
            }
            // What is not hashed is not signed.
            (known == own.len()).then_some(())?;
        }
        ("rates" | "kind" | "directory" | "source", _) => hasher.node(says)?,
        (_, _) => return None,
    }
    let mut text = String::with_capacity(64);
    for byte in hasher.0.finalize() {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
    }
    Some(text)
}

fn json_of(node: &Node) -> Json {
    match &node.is {
        NodeKind::Scalar(scalar) => Json::String(scalar.text.to_string()),
        NodeKind::List(items) => items.iter().map(json_of).collect(),
        NodeKind::Map(entries) => Json::Object(
            entries
                .iter()
                .map(|entry| (entry.key.text.to_string(), json_of(&entry.value)))
                .collect(),
        ),
        NodeKind::Empty => Json::Null,
    }
}

struct Hasher(Sha256);

impl Hasher {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn node(&mut self, says: &Json) -> Option<()> {
        match says {
            Json::String(text) => {
                self.text("text");
                self.text(text);
            }
            Json::Array(items) => {
                self.text("list");
                self.bytes(&(items.len() as u64).to_be_bytes());
                for item in items {
                    self.node(item)?;
                }
            }
            Json::Object(entries) => {
                self.text("map");
                self.bytes(&(entries.len() as u64).to_be_bytes());
                for (key, value) in entries {
                    self.text(key);
                    self.node(value)?;
                }
            }
            Json::Null => self.text("empty"),
            // Text is all that a declaration holds.
            Json::Bool(_) | Json::Number(_) => return None,
        }
        Some(())
    }
}
