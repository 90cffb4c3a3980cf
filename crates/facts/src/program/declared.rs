//! Taking declarations apart: keys, texts and names, with a diagnostic for whatever has no place.

use std::collections::BTreeMap;
use std::sync::Arc;

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::span::Span;
use trueup_plan::yaml::{Node, NodeKind, Scalar};

use crate::digest::PartsHasher;
use crate::words::{nearest, shown};

/// Collects what is wrong while declarations are taken apart.
#[derive(Debug, Default)]
pub struct Findings {
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message).help(help));
    }

    /// The values of a map's keys; keys that are not known are reported with the nearest that is.
    pub fn map<'a>(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Option<Keys<'a>> {
        let keys = self.entries(node, what)?;
        for (name, (key, _)) in &keys.values {
            if known.contains(name) {
                continue;
            }
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("{what} takes: {}", known.join(", ")),
            };
            self.error(
                "F001",
                key.span,
                format!("{what} has no key `{}`", shown(name)),
                help,
            );
        }
        Some(keys)
    }

    /// The values of a map whose keys are names of the author's choice.
    pub fn entries<'a>(&mut self, node: &'a Node, what: &str) -> Option<Keys<'a>> {
        if !node.is_map() {
            self.error(
                "F002",
                node.span,
                format!("{what} is not a map"),
                "write keys with values: `key: value`",
            );
            return None;
        }
        let mut keys = Keys {
            span: node.span,
            values: BTreeMap::new(),
            order: Vec::new(),
        };
        for entry in node.entries() {
            keys.values
                .insert(&entry.key.text, (&entry.key, &entry.value));
            keys.order.push((&entry.key, &entry.value));
        }
        Some(keys)
    }

    /// A text.
    pub fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a Scalar> {
        let scalar = node.as_scalar().filter(|scalar| !scalar.text.is_empty());
        if scalar.is_none() {
            self.error(
                "F003",
                node.span,
                format!("{what} is not a text"),
                "write a single value",
            );
        }
        scalar
    }

    /// The text of a key that must be there.
    pub fn required<'a>(&mut self, keys: &Keys<'a>, key: &str, what: &str) -> Option<&'a Scalar> {
        match keys.get(key) {
            Some(node) => self.text(node, &format!("`{key}`")),
            None => {
                self.error(
                    "F004",
                    keys.span,
                    format!("{what} lacks `{key}`"),
                    format!("add `{key}:`"),
                );
                None
            }
        }
    }

    /// The text of a key that may be left out.
    pub fn words(&mut self, keys: &Keys<'_>, key: &str) -> Arc<str> {
        keys.get(key)
            .and_then(|node| self.text(node, &format!("`{key}`")))
            .map_or_else(|| Arc::from(""), |scalar| scalar.text.clone())
    }

    /// One text or a list of them.
    pub fn texts<'a>(&mut self, node: &'a Node, what: &str) -> Vec<&'a Scalar> {
        let items = if node.is_list() {
            node.list()
        } else {
            std::slice::from_ref(node)
        };
        if items.is_empty() {
            self.error(
                "F003",
                node.span,
                format!("{what} is an empty list"),
                "name at least one",
            );
        }
        items
            .iter()
            .filter_map(|item| self.text(item, what))
            .collect()
    }

    /// A name fit for a table, a column or a formula.
    pub fn name(&mut self, scalar: &Scalar, what: &str) -> Option<Arc<str>> {
        let text = &scalar.text;
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 63
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !fits {
            self.error(
                "F005",
                scalar.span,
                format!("`{}` is no name for {what}", shown(text)),
                "a name begins with a small letter and has small letters, digits and _, 63 at most",
            );
        }
        fits.then(|| text.clone())
    }
}

/// The keys of a map and their values.
#[derive(Debug)]
pub struct Keys<'a> {
    pub span: Span,
    values: BTreeMap<&'a str, (&'a Scalar, &'a Node)>,
    pub order: Vec<(&'a Scalar, &'a Node)>,
}

impl<'a> Keys<'a> {
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.values.get(key).map(|(_, value)| *value)
    }
}

/// Hashes what a declaration says: its texts and their nesting, not its layout or comments.
pub fn hash_node(hasher: &mut PartsHasher, node: &Node) {
    match &node.is {
        NodeKind::Scalar(scalar) => {
            hasher.text("text");
            hasher.text(&scalar.text);
        }
        NodeKind::List(items) => {
            hasher.text("list");
            hasher.bytes(&(items.len() as u64).to_be_bytes());
            items.iter().for_each(|item| hash_node(hasher, item));
        }
        NodeKind::Map(entries) => {
            hasher.text("map");
            hasher.bytes(&(entries.len() as u64).to_be_bytes());
            for entry in entries {
                hasher.text(&entry.key.text);
                hash_node(hasher, &entry.value);
            }
        }
        NodeKind::Empty => hasher.text("empty"),
    }
}
