//! What is said to the author of a plan: which mistake, where, and what would be right.
//!
//! A diagnostic knows its code, its message and the places it speaks of; it never knows a file's name or how it is
//! shown. [`Sources`] holds the text, [`render`] and [`to_json`] bring the two together. All mistakes are reported, in
//! the order of their places. The module refuses nothing itself.

mod counterexample;
mod render;

use std::sync::Arc;

use serde_json::{Value, json};

pub use self::counterexample::{Counterexample, GivenRow, Situation};
pub use self::render::render;
use crate::span::{FileId, Span};

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The plan is refused.
    Error,
    /// The plan is taken; somebody should look.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place a diagnostic speaks of, and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The place.
    pub span: Span,
    /// What is said beside it; may be empty.
    pub label: String,
}

/// One thing to say to the author of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable code: a letter for the kind of rule and a number.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The places, the one it is reported at first; never empty.
    pub marks: Vec<Mark>,
    /// What would be right.
    pub help: Option<String>,
    /// What shows it, where it is about what a plan does and not about how it is written.
    pub shown_by: Option<Box<Counterexample>>,
    /// Figures behind the message, by name, exact.
    pub figures: Box<[(String, String)]>,
}

impl Diagnostic {
    /// A mistake that refuses the plan.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message.into())
    }

    /// Something to look at.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message.into())
    }

    /// Something good to know.
    #[must_use]
    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message.into())
    }

    fn new(severity: Severity, code: &'static str, span: Span, message: String) -> Self {
        Self {
            code,
            severity,
            message,
            marks: vec![Mark {
                span,
                label: String::new(),
            }],
            help: None,
            shown_by: None,
            figures: Box::default(),
        }
    }

    /// What is said beside the first place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(first) = self.marks.first_mut() {
            first.label = label.into();
        }
        self
    }

    /// A further place.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.marks.push(Mark {
            span,
            label: label.into(),
        });
        self
    }

    /// What would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What shows it.
    #[must_use]
    pub fn shown_by(mut self, shown_by: Counterexample) -> Self {
        self.shown_by = Some(Box::new(shown_by));
        self
    }

    /// A figure behind the message.
    #[must_use]
    pub fn figure(mut self, name: impl Into<String>, exact: impl Into<String>) -> Self {
        let mut figures = std::mem::take(&mut self.figures).into_vec();
        figures.push((name.into(), exact.into()));
        self.figures = figures.into();
        self
    }

    /// The place it is reported at.
    #[must_use]
    pub fn span(&self) -> Span {
        self.marks.first().map(|mark| mark.span).unwrap_or_default()
    }
}

/// Whether any of these refuses the plan.
#[must_use]
pub fn any_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// One file's text.
#[derive(Clone, Debug)]
struct Source {
    path: Arc<str>,
    text: Arc<str>,
    /// The byte at which each line begins.
    lines: Vec<u32>,
}

/// The files of a plan, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file under the path its caller knows it by.
    pub fn add(&mut self, path: &str, text: &str) -> FileId {
        let mut lines = vec![0];
        for (at, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                lines.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(Source {
            path: path.into(),
            text: text.into(),
            lines,
        });
        id
    }

    /// Adds a file as it was read. Bytes that are no UTF-8 are reported, and the text is then not to be read on.
    pub fn add_bytes(
        &mut self,
        path: &str,
        bytes: &[u8],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<FileId> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Some(self.add(path, text)),
            Err(error) => {
                let file = self.add(path, &String::from_utf8_lossy(bytes));
                // Up to here the text stands as it was read.
                let start = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
                let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
                let span = Span {
                    file,
                    start,
                    end: start.saturating_add(3),
                };
                let message = match bytes {
                    [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                        "the file is UTF-16 and not UTF-8".to_owned()
                    }
                    _ => format!("the file is not UTF-8: byte 0x{byte:02X} begins no character"),
                };
                diagnostics.push(
                    Diagnostic::error("Y8", span, message).help("save the file as UTF-8 text"),
                );
                None
            }
        }
    }

    /// Every file, in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        (0u16..).take(self.files.len()).map(FileId)
    }

    /// The path a file was added under.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.source(file).map_or("", |source| &source.path)
    }

    /// The file of this path; of several the first.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self.files.iter().position(|source| &*source.path == path)?;
        u16::try_from(at).ok().map(FileId)
    }

    /// A file's whole text.
    #[must_use]
    pub fn file_text(&self, file: FileId) -> &str {
        self.source(file).map_or("", |source| &source.text)
    }

    /// The text of a place; empty when the place is not in the file.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file_text(span.file)
            .get(span.start as usize..span.end as usize)
            .unwrap_or("")
    }

    /// The line and the column a place begins at, both from 1, the column in characters.
    #[must_use]
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.source(span.file) else {
            return (1, 1);
        };
        let line = source
            .lines
            .partition_point(|start| *start <= span.start)
            .max(1);
        let start = source.lines.get(line - 1).copied().unwrap_or(0) as usize;
        let before = source.text.get(start..span.start as usize).unwrap_or("");
        (line, before.chars().count() + 1)
    }

    /// The byte a line begins at and its text without the line's end; lines count from 1.
    fn line(&self, file: FileId, line: usize) -> (usize, &str) {
        let Some(source) = self.source(file) else {
            return (0, "");
        };
        let start = line
            .checked_sub(1)
            .and_then(|at| source.lines.get(at))
            .map_or(0, |start| *start as usize);
        let rest = source.text.get(start..).unwrap_or("");
        (
            start,
            rest.split(['\n'])
                .next()
                .unwrap_or("")
                .trim_end_matches('\r'),
        )
    }

    fn source(&self, file: FileId) -> Option<&Source> {
        self.files.get(usize::from(file.0))
    }
}

/// Diagnostics in the order of their places: file, line, column; of two at one place the heavier first.
fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| {
        let span = diagnostic.span();
        (span.file, span.start, diagnostic.severity, span.end)
    });
    ordered
}

/// Diagnostics as data, in the order of their places: a list of objects with `code`, `severity`, `message`, `help`, and
/// `marks`, the first mark being the place it is reported at; what is about pay has a `counterexample`, and what states
/// figures has them, exact, under `figures`. Lines and columns count from 1, columns in characters.
#[must_use]
pub fn to_json(sources: &Sources, diagnostics: &[Diagnostic]) -> Value {
    let mark = |mark: &Mark| {
        let end = Span {
            start: mark.span.end.max(mark.span.start),
            ..mark.span
        };
        let (line, column) = sources.line_column(mark.span);
        let (end_line, end_column) = sources.line_column(end);
        json!({
            "file": sources.path(mark.span.file),
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
            "label": mark.label,
        })
    };
    let one = |diagnostic: &Diagnostic| {
        let mut told = json!({
            "code": diagnostic.code,
            "severity": diagnostic.severity.word(),
            "message": diagnostic.message,
            "help": diagnostic.help,
            "marks": diagnostic.marks.iter().map(mark).collect::<Vec<_>>(),
        });
        if let (Value::Object(told), Some(shown_by)) = (&mut told, &diagnostic.shown_by) {
            told.insert("counterexample".to_owned(), shown_by.to_json());
        }
        if let (Value::Object(told), false) = (&mut told, diagnostic.figures.is_empty()) {
            let figures = diagnostic.figures.iter();
            let figures = figures.map(|(name, exact)| (name.clone(), exact.clone().into()));
            told.insert("figures".to_owned(), Value::Object(figures.collect()));
        }
        told
    };
    in_order(diagnostics).into_iter().map(one).collect()
}
