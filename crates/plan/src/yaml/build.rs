//! From the parser's events to nodes, with what plans refuse found on the way.

mod commas;

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError};

use super::mistakes;
use super::scalar::{Style, narrow, scalar};
use super::{Entry, Limits, Node, NodeKind, Reading, Scalar};
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};

/// How often a file with broken blocks is read again without them, to find the mistakes in the others.
const TRIES: usize = 16;

/// Reads what can be read.
pub(super) fn read(
    text: &str,
    file: FileId,
    limits: Limits,
    diagnostics: &mut Vec<Diagnostic>,
) -> Reading {
    let before = diagnostics.len();
    if text.len() >= u32::MAX as usize {
        let start = Span {
            file,
            start: 0,
            end: 0,
        };
        let message = "the file has 4 GiB or more";
        let help = "keep facts in CSV or Parquet files";
        diagnostics.push(Diagnostic::error("Y9", start, message).help(help));
        return Reading {
            node: None,
            whole: false,
        };
    }
    if mistakes::characters(text, file, diagnostics)
        || mistakes::directives(text, file, diagnostics)
    {
        return Reading {
            node: None,
            whole: false,
        };
    }
    let mut left: Option<String> = None;
    for _ in 0..TRIES {
        let source = left.as_deref().unwrap_or(text);
        let mut found = Vec::new();
        let outcome = Builder::new(source, file, limits, &mut found).run();
        for diagnostic in found {
            if !diagnostics[before..].contains(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        match outcome {
            Outcome::Read(node) => {
                return Reading {
                    node,
                    whole: left.is_none(),
                };
            }
            Outcome::TooMuch => break,
            Outcome::Broken(at) => match mistakes::without_block(source, at) {
                Some(next) => left = Some(next),
                None => break,
            },
        }
    }
    Reading {
        node: None,
        whole: false,
    }
}

/// How a reading ended.
enum Outcome {
    /// At the end of the file.
    Read(Option<Node>),
    /// At a limit.
    TooMuch,
    /// At a byte that is no YAML.
    Broken(usize),
}

/// A list or map that is not yet closed.
struct Open {
    start: usize,
    /// Between brackets or braces.
    flow: bool,
    is: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: BTreeMap<Arc<str>, Span>,
        key: Key,
        joined: bool,
    },
}

/// The key whose value comes next.
enum Key {
    /// The key itself comes next.
    None,
    /// A key.
    Some(Scalar),
    /// A key that was refused; its value is read and left out.
    Refused,
}

struct Builder<'a> {
    text: &'a str,
    file: FileId,
    limits: Limits,
    /// The byte of each character, where not every character is one byte.
    bytes: Option<Vec<u32>>,
    /// Bytes of a byte order mark, which the parser does not see.
    skipped: usize,
    open: Vec<Open>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    fn new(
        text: &'a str,
        file: FileId,
        limits: Limits,
        diagnostics: &'a mut Vec<Diagnostic>,
    ) -> Self {
        let skipped = if text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        };
        let seen = text.get(skipped..).unwrap_or("");
        let bytes =
            (!seen.is_ascii()).then(|| seen.char_indices().map(|(at, _)| narrow(at)).collect());
        Self {
            text,
            file,
            limits,
            bytes,
            skipped,
            open: Vec::new(),
            root: None,
            nodes: 0,
            documents: 0,
            diagnostics,
        }
    }

    fn run(mut self) -> Outcome {
        let seen = self.text.get(self.skipped..).unwrap_or("");
        let mut parser = Parser::new_from_str(seen);
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, span)) => {
                    let (start, end) = (self.byte(span.start), self.byte(span.end));
                    if !self.take(event, start, end) {
                        return Outcome::TooMuch;
                    }
                    if self.documents > 1 {
                        break;
                    }
                }
                Err(error) => return self.broken(&error),
            }
        }
        Outcome::Read(self.root)
    }

    fn broken(self, error: &ScanError) -> Outcome {
        let at = self.byte(*error.marker());
        let starts: Vec<usize> = self
            .open
            .iter()
            .filter(|open| open.flow)
            .map(|open| open.start)
            .collect();
        let (diagnostic, at) = mistakes::of_parser(self.text, self.file, at, error.info(), &starts);
        self.diagnostics.push(diagnostic);
        Outcome::Broken(at)
    }

    fn byte(&self, marker: Marker) -> usize {
        let at = match &self.bytes {
            None => marker.index(),
            Some(bytes) => match bytes.get(marker.index()) {
                Some(byte) => *byte as usize,
                None => self.text.len(),
            },
        };
        (at + self.skipped).min(self.text.len())
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            file: self.file,
            start: narrow(start),
            end: narrow(end),
        }
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message).help(help));
    }

    /// One event; false when a limit is reached.
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> bool {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => true,
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let span = self.span(start, end.max(start));
                    self.error(
                        "Y6",
                        span,
                        "a file holds one document",
                        "put what follows `---` into a file of its own",
                    );
                }
                true
            }
            Event::Alias(_) => {
                let span = self.span(start, end);
                let written = self.text.get(start..end).unwrap_or("*").to_owned();
                let message = format!("an alias hides what is meant: `{written}`");
                self.error(
                    "Y2",
                    span,
                    message,
                    "write the text here once more, or give it a name of the plan's",
                );
                self.put(Node {
                    span,
                    is: NodeKind::Empty,
                })
            }
            Event::Scalar(text, style, anchor, tag) => {
                let start = self.after_properties(start, anchor > 0 || tag.is_some());
                let node = self.scalar(&text, style, start, end.max(start));
                self.put(node)
            }
            Event::SequenceStart(anchor, tag) => self.begin(
                start,
                anchor > 0 || tag.is_some(),
                OpenKind::List(Vec::new()),
            ),
            Event::MappingStart(anchor, tag) => {
                let kind = OpenKind::Map {
                    entries: Vec::new(),
                    seen: BTreeMap::new(),
                    key: Key::None,
                    joined: false,
                };
                self.begin(start, anchor > 0 || tag.is_some(), kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
        }
    }

    /// Refuses anchors and tags before a node, and says where the node itself starts.
    fn after_properties(&mut self, start: usize, has_some: bool) -> usize {
        let mut at = start;
        if !has_some {
            return at;
        }
        loop {
            let rest = self.text.get(at..).unwrap_or("");
            let word = rest
                .split([' ', '\t', '\n', '\r', ',', '[', ']', '{', '}'])
                .next()
                .unwrap_or("");
            if word.starts_with('&') {
                let message = format!("an anchor lets one text stand in two places: `{word}`");
                self.error(
                    "Y2",
                    self.span(at, at + word.len()),
                    message,
                    "take it out; a plan says everything where it holds",
                );
            } else if word.starts_with('!') {
                let message = format!("a tag changes what text means: `{word}`");
                let help = "take it out; every value is text and its type comes from the plan";
                self.error("Y3", self.span(at, at + word.len()), message, help);
            } else {
                return at;
            }
            at += word.len();
            at = skip_blanks(self.text, at);
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, start: usize, end: usize) -> Node {
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        if text.is_empty() && style == Style::Plain {
            // The parser places an absent value at whatever comes next; its key's end is where a reader looks.
            let at = self.key_end().unwrap_or(start);
            return Node {
                span: self.span(at, at),
                is: NodeKind::Empty,
            };
        }
        let scalar = scalar(self.text, self.file, style, start, end, text);
        Node {
            span: scalar.span,
            is: NodeKind::Scalar(scalar),
        }
    }

    fn key_end(&self) -> Option<usize> {
        match &self.open.last()?.is {
            OpenKind::Map {
                key: Key::Some(key),
                ..
            } => Some(key.span.end as usize),
            OpenKind::Map { .. } | OpenKind::List(_) => None,
        }
    }

    fn begin(&mut self, start: usize, has_properties: bool, is: OpenKind) -> bool {
        let start = self.after_properties(start, has_properties);
        if self.open.len() >= self.limits.depth {
            let message = format!(
                "lists and maps stand more than {} deep inside one another",
                self.limits.depth
            );
            self.error(
                "Y9",
                self.span(start, start),
                message,
                "a plan needs five or six; look for a bracket too many",
            );
            return false;
        }
        let flow = matches!(self.text.as_bytes().get(start), Some(b'[' | b'{'));
        self.open.push(Open { start, flow, is });
        true
    }

    fn close(&mut self, end: usize) -> bool {
        let Some(open) = self.open.pop() else {
            return true;
        };
        let ends = |last: Option<u32>| match last {
            _ if open.flow => end,
            Some(last) => last as usize,
            None => open.start,
        };
        let node = match open.is {
            OpenKind::List(items) => {
                let end = ends(items.last().map(|item| item.span.end));
                let items = if open.flow {
                    self.joined_items(items)
                } else {
                    items
                };
                Node {
                    span: self.span(open.start, end),
                    is: NodeKind::List(items),
                }
            }
            OpenKind::Map { entries, .. } => {
                let end = ends(entries.last().map(|entry| entry.value.span.end));
                Node {
                    span: self.span(open.start, end),
                    is: NodeKind::Map(entries),
                }
            }
        };
        self.put(node)
    }

    /// A whole node: an item, a key, a value or the root.
    fn put(&mut self, node: Node) -> bool {
        self.nodes += 1;
        if self.nodes > self.limits.nodes {
            let message = format!("the file holds more than {} values", self.limits.nodes);
            self.error(
                "Y9",
                node.span,
                message,
                "keep large tables in a file of rows beside the plan",
            );
            return false;
        }
        let Some(mut open) = self.open.pop() else {
            if self.documents <= 1 {
                self.root = Some(node);
            }
            return true;
        };
        match &mut open.is {
            OpenKind::List(items) => items.push(node),
            OpenKind::Map {
                entries,
                seen,
                key,
                joined,
            } => match std::mem::replace(key, Key::None) {
                Key::None => *key = self.key(node),
                Key::Refused => {}
                Key::Some(key) => {
                    if open.flow && node.is_empty() && !self.has_colon(&key) {
                        self.remainder(entries, &key, joined);
                    } else {
                        *joined = false;
                        self.entry(entries, seen, key, node);
                    }
                }
            },
        }
        self.open.push(open);
        true
    }

    fn key(&mut self, node: Node) -> Key {
        match node.is {
            NodeKind::Scalar(key) if &*key.text == "<<" && !key.quoted => {
                self.error(
                    "Y4",
                    key.span,
                    "a merge key brings in entries from elsewhere: `<<`",
                    "write the entries here",
                );
                Key::Refused
            }
            NodeKind::Scalar(key) => Key::Some(key),
            NodeKind::List(_) | NodeKind::Map(_) => {
                let message = format!("a key is a name; here it is {}", node.described());
                self.error(
                    "Y10",
                    node.span,
                    message,
                    "quote a formula that begins with a bracket or a brace",
                );
                Key::Refused
            }
            NodeKind::Empty => {
                self.error(
                    "Y10",
                    node.span,
                    "a value without a key",
                    "write `key: value`",
                );
                Key::Refused
            }
        }
    }

    fn entry(
        &mut self,
        entries: &mut Vec<Entry>,
        seen: &mut BTreeMap<Arc<str>, Span>,
        key: Scalar,
        value: Node,
    ) {
        if let Some(first) = seen.get(&key.text) {
            let message = format!("`{}` is written twice", key.text);
            self.diagnostics.push(
                Diagnostic::error("Y5", key.span, message)
                    .label("again here")
                    .also(*first, "first here")
                    .help("keep one of them, or give the second another name"),
            );
            return;
        }
        seen.insert(Arc::clone(&key.text), key.span);
        entries.push(Entry { key, value });
    }
}

/// Past blanks, line breaks and comments.
fn skip_blanks(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or("");
        at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        let rest = text.get(at..).unwrap_or("");
        if !rest.starts_with('#') {
            return at;
        }
        at += rest.find('\n').unwrap_or(rest.len());
    }
}
