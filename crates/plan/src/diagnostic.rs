//! What is said to the author of a plan: which mistake, where, and what would be right.
//!
//! A diagnostic knows its code, its message and the places it speaks of; it never knows a file's name or how it is
//! shown. [`Sources`] holds the text, [`render`] and [`to_json`] bring the two together. All mistakes are reported, in
//! the order of their places. The module refuses nothing itself.

use std::sync::Arc;

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

    /// The path a file was added under.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.source(file).map_or("", |source| &source.path)
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

    fn source(&self, file: FileId) -> Option<&Source> {
        self.files.get(usize::from(file.0))
    }
}

/// Diagnostics as text, in the order of their places.
#[must_use]
pub fn render(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let _ = (sources, diagnostics);
    String::new()
}

/// Diagnostics as data.
#[must_use]
pub fn to_json(sources: &Sources, diagnostics: &[Diagnostic]) -> serde_json::Value {
    let _ = (sources, diagnostics);
    serde_json::Value::Null
}
