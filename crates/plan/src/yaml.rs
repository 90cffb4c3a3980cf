//! YAML as plans use it: maps, lists and text, each with its place.
//!
//! The schema is YAML's failsafe one: every scalar is text, so `NO`, `on` and `1.10` mean what they say. Anchors,
//! aliases, tags, merge keys, duplicate keys and further documents are refused, each with its place; nesting and size
//! are limited before anything recurses. The module knows nothing of plans: any file of a program may be read with it.
//!
//! ```
//! use trueup_plan::diagnostic::Sources;
//! use trueup_plan::yaml;
//!
//! let mut sources = Sources::new();
//! let file = sources.add("terms.yaml", "country: NO\nrate: 1.10\n");
//! let mut diagnostics = Vec::new();
//! let node = yaml::read(&sources, file, &mut diagnostics).expect("two entries");
//! assert_eq!(node.get("country").and_then(yaml::Node::as_text), Some("NO"));
//! assert_eq!(node.get("rate").and_then(yaml::Node::as_text), Some("1.10"));
//! ```

mod build;
mod mistakes;
mod scalar;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Sources};
use crate::span::{FileId, Span};

/// A value in a file, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub is: NodeKind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// Text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys with their values, in the order written.
    Map(Vec<Entry>),
    /// Nothing was written.
    Empty,
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Scalar,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Its text, if it is a scalar.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| &*scalar.text)
    }

    /// Its text with its places, if it is a scalar.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.is {
            NodeKind::Scalar(scalar) => Some(scalar),
            NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Empty => None,
        }
    }

    /// The value of a key, if it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|entry| &*entry.key.text == key)
            .map(|entry| &entry.value)
    }

    /// Its entries; none if it is no map.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        match &self.is {
            NodeKind::Map(entries) => entries,
            NodeKind::Scalar(_) | NodeKind::List(_) | NodeKind::Empty => &[],
        }
    }

    /// Its items; none if it is no list.
    #[must_use]
    pub fn list(&self) -> &[Node] {
        match &self.is {
            NodeKind::List(items) => items,
            NodeKind::Scalar(_) | NodeKind::Map(_) | NodeKind::Empty => &[],
        }
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.is, NodeKind::Map(_))
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.is, NodeKind::List(_))
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self.is, NodeKind::Empty)
    }

    /// What it is, as one says it: `text`, `a list`, `a map`, `nothing`.
    #[must_use]
    pub fn described(&self) -> &'static str {
        match self.is {
            NodeKind::Scalar(_) => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a map of keys",
            NodeKind::Empty => "nothing",
        }
    }
}

/// Text in a file. It knows the place of each of its characters, so a formula in it can be marked exactly.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// What it says, without quotes, escapes and folds.
    pub text: Arc<str>,
    /// Where it is written, quotes included.
    pub span: Span,
    /// Whether it stands in quotes or is a block.
    pub quoted: bool,
    /// Where the pieces of the text stand in the file; none when the text stands there as it is.
    pieces: Option<Arc<[Piece]>>,
}

/// A piece of a scalar: `text` bytes from `at` in the text stand as `file` bytes from `start` in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    at: u32,
    text: u32,
    start: u32,
    file: u32,
    /// Whether each character of the text stands in the file as it is.
    same: bool,
}

/// Two scalars are equal when they say the same, wherever they stand.
impl PartialEq for Scalar {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Scalar {}

/// How much a file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Scalars, lists and maps together.
    pub nodes: usize,
    /// Lists and maps inside one another.
    pub depth: usize,
}

impl Limits {
    /// What a plan may hold: 20,000 nodes, 64 deep.
    pub const PLAN: Self = Self {
        nodes: 20_000,
        depth: 64,
    };
    /// What a file of facts may hold.
    pub const FACTS: Self = Self {
        nodes: 5_000_000,
        depth: 64,
    };
}

/// Reads a file within the limits of a plan. Nothing comes back when the text cannot be read to its end; what was
/// wrong is then among the diagnostics, as are the mistakes that did not stop the reading.
pub fn read(sources: &Sources, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    read_within(sources, file, Limits::PLAN, diagnostics)
}

/// Reads a file within stated limits.
pub fn read_within(
    sources: &Sources,
    file: FileId,
    limits: Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let reading = build::read(sources.file_text(file), file, limits, diagnostics);
    if reading.whole { reading.node } else { None }
}

/// What could be read of a file.
pub(crate) struct Reading {
    /// The root; what could not be read is left out of it.
    pub node: Option<Node>,
    /// Whether nothing was left out.
    pub whole: bool,
}

/// Reads what can be read of a file, so that its other mistakes can be found too.
pub(crate) fn read_what_stands(
    sources: &Sources,
    file: FileId,
    diagnostics: &mut Vec<Diagnostic>,
) -> Reading {
    build::read(sources.file_text(file), file, Limits::PLAN, diagnostics)
}
