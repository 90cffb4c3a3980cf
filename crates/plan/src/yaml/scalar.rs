//! Scalars: where each character of the text stands in the file, through quotes, escapes, folds and blocks.

use std::sync::Arc;

use super::{Piece, Scalar};
use crate::span::{FileId, Span};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Block,
}

impl Scalar {
    /// The place of bytes `start..end` of the text, in the file. An empty stretch is the place before its character.
    #[must_use]
    pub fn place(&self, start: usize, end: usize) -> Span {
        let within = self.text.get(start..end).unwrap_or("");
        let last = within
            .char_indices()
            .next_back()
            .map_or(start, |(at, _)| start + at);
        let begins = self.byte_at(start).0;
        let ends = if end > start {
            self.byte_at(last).1
        } else {
            begins
        };
        Span {
            file: self.span.file,
            start: begins,
            end: ends.max(begins),
        }
    }

    /// A part of the text as a scalar of its own.
    #[must_use]
    pub fn part(&self, start: usize, end: usize) -> Self {
        let text = self.text.get(start..end).unwrap_or("");
        let mut pieces = Vec::new();
        for (at, _) in text.char_indices() {
            let (from, until) = self.byte_at(start + at);
            pieces.push(Piece {
                at: narrow(at),
                text: 1,
                start: from,
                file: until - from,
                same: false,
            });
        }
        if let Some(last) = pieces.last_mut() {
            last.text = narrow(text.len()) - last.at;
        }
        for at in 1..pieces.len() {
            let next = pieces[at].at;
            pieces[at - 1].text = next - pieces[at - 1].at;
        }
        Self {
            text: text.into(),
            span: self.place(start, end),
            quoted: self.quoted,
            pieces: Some(pieces.into()),
        }
    }

    /// A scalar that stands in the file as it is.
    #[must_use]
    pub fn plain(text: &str, file: FileId, start: u32) -> Self {
        let span = Span {
            file,
            start,
            end: start.saturating_add(narrow(text.len())),
        };
        Self {
            text: text.into(),
            span,
            quoted: false,
            pieces: None,
        }
    }

    /// A scalar in quotes, whose text stands between them as it is, or is only known to stand somewhere there.
    pub(crate) fn between_quotes(text: &str, span: Span, as_it_is: bool) -> Self {
        let whole = Piece {
            at: 0,
            text: narrow(text.len()),
            start: span.start,
            file: span.end - span.start,
            same: false,
        };
        let pieces: Option<Arc<[Piece]>> = if as_it_is {
            None
        } else {
            Some(Arc::new([whole]))
        };
        Self {
            text: text.into(),
            span,
            quoted: true,
            pieces,
        }
    }

    /// Where the character at a byte of the text begins and ends in the file.
    fn byte_at(&self, at: usize) -> (u32, u32) {
        let at = narrow(at);
        let Some(pieces) = &self.pieces else {
            let start = self.span.start + u32::from(self.quoted);
            let begins = start.saturating_add(at).min(self.span.end);
            let width = self
                .text
                .get(at as usize..)
                .and_then(|rest| rest.chars().next())
                .map_or(0, char::len_utf8);
            return (
                begins,
                begins.saturating_add(narrow(width)).min(self.span.end),
            );
        };
        let found = pieces.partition_point(|piece| piece.at <= at);
        let Some(piece) = found.checked_sub(1).and_then(|found| pieces.get(found)) else {
            return (self.span.start, self.span.end);
        };
        if at >= piece.at + piece.text {
            let end = piece.start + piece.file;
            return (end, end);
        }
        if !piece.same {
            return (piece.start, piece.start + piece.file);
        }
        let begins = piece.start + (at - piece.at);
        let width = self
            .text
            .get(at as usize..)
            .and_then(|rest| rest.chars().next())
            .map_or(1, char::len_utf8);
        (begins, begins + narrow(width))
    }
}

/// Makes the scalar that stands at `start..end` of the source and says `text`.
pub(super) fn scalar(
    source: &str,
    file: FileId,
    style: Style,
    start: usize,
    end: usize,
    text: &str,
) -> Scalar {
    let quote = match style {
        Style::Single => Some('\''),
        Style::Double => Some('"'),
        Style::Plain | Style::Block => None,
    };
    let content = start + usize::from(quote.is_some());
    let as_it_is = source.get(content..).is_some_and(|rest| {
        rest.starts_with(text)
            && quote.is_none_or(|quote| {
                let after = rest.get(text.len()..).unwrap_or("");
                after.starts_with(quote)
                    && !(quote == '\'' && after.starts_with("''"))
                    && !text.contains(['\\', '\n'])
            })
            && !text.contains('\n')
    });
    if as_it_is {
        let ends = content + text.len() + usize::from(quote.is_some());
        let span = Span {
            file,
            start: narrow(start),
            end: narrow(ends),
        };
        return Scalar {
            text: text.into(),
            span,
            quoted: quote.is_some(),
            pieces: None,
        };
    }
    let mut walk = Walk {
        source,
        text,
        style,
        at: content,
        said: 0,
        pieces: Vec::new(),
    };
    let quoted = quote.is_none_or(|quote| {
        source
            .get(start..)
            .is_some_and(|rest| rest.starts_with(quote))
    });
    let followed = quoted && walk.follow(end);
    let ends = match quote {
        Some(quote) if followed => {
            let closes = source
                .get(walk.at..)
                .is_some_and(|rest| rest.starts_with(quote));
            let last = || source.get(walk.at..end).and_then(|rest| rest.rfind(quote));
            let closing = if closes { Some(0) } else { last() };
            closing.map_or(end.max(walk.at), |close| walk.at + close + 1)
        }
        Some(_) | None => end.max(start),
    };
    let span = Span {
        file,
        start: narrow(start),
        end: narrow(ends),
    };
    let pieces: Arc<[Piece]> = if followed {
        walk.pieces.into()
    } else {
        Arc::new([Piece {
            at: 0,
            text: narrow(text.len()),
            start: span.start,
            file: span.end - span.start,
            same: false,
        }])
    };
    Scalar {
        text: text.into(),
        span,
        quoted: style != Style::Plain,
        pieces: Some(pieces),
    }
}

/// The plain text at `start..end`, folded as YAML folds it.
pub(super) fn folded(source: &str, file: FileId, start: usize, end: usize) -> Scalar {
    let written = source.get(start..end).unwrap_or("");
    let text = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let kept = if written.contains('\n') {
        text
    } else {
        written.to_owned()
    };
    scalar(source, file, Style::Plain, start, end, &kept)
}

/// Walks the source and the text side by side.
struct Walk<'a> {
    source: &'a str,
    text: &'a str,
    style: Style,
    at: usize,
    said: usize,
    pieces: Vec<Piece>,
}

impl Walk<'_> {
    /// Whether all of the text was found in the source.
    fn follow(&mut self, end: usize) -> bool {
        let indent = self.column();
        while self.said < self.text.len() {
            let Some(next) = self
                .source
                .get(self.at..)
                .and_then(|rest| rest.chars().next())
            else {
                return self.style == Style::Block && self.left().chars().all(|left| left == '\n');
            };
            let done = match (self.style, next) {
                (Style::Double, '\\') => self.escape(),
                (Style::Single, '\'') if self.rest().starts_with("''") => self.take(2, 1),
                (Style::Block, '\n' | '\r') => self.block_break(indent),
                (Style::Plain | Style::Single | Style::Double, ' ' | '\t' | '\n' | '\r') => {
                    self.blanks()
                }
                (Style::Plain | Style::Single | Style::Double | Style::Block, _) => self.same(next),
            };
            if !done {
                return self.style == Style::Block
                    && self.at >= end
                    && self.left().chars().all(|left| left == '\n');
            }
        }
        true
    }

    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn left(&self) -> &str {
        self.text.get(self.said..).unwrap_or("")
    }

    fn column(&self) -> usize {
        let before = self.source.get(..self.at).unwrap_or("");
        before.len() - before.rfind('\n').map_or(0, |at| at + 1)
    }

    /// Bytes of the source that say bytes of the text.
    fn take(&mut self, file: usize, text: usize) -> bool {
        let same = file == text;
        if text > 0 {
            let piece = Piece {
                at: narrow(self.said),
                text: narrow(text),
                start: narrow(self.at),
                file: narrow(file),
                same,
            };
            match self.pieces.last_mut() {
                Some(last)
                    if last.same
                        && same
                        && last.at + last.text == piece.at
                        && last.start + last.file == piece.start =>
                {
                    last.text += piece.text;
                    last.file += piece.file;
                }
                Some(_) | None => self.pieces.push(piece),
            }
        }
        self.at += file;
        self.said += text;
        true
    }

    fn same(&mut self, next: char) -> bool {
        let same = self.left().starts_with(next);
        same && self.take(next.len_utf8(), next.len_utf8())
    }

    /// Blanks inside a line stand for themselves; with a line break among them they fold.
    fn blanks(&mut self) -> bool {
        let run = self.rest().len()
            - self
                .rest()
                .trim_start_matches([' ', '\t', '\n', '\r'])
                .len();
        let blanks = self.rest().get(..run).unwrap_or("");
        if !blanks.contains(['\n', '\r']) {
            let same = self.left().starts_with(blanks);
            return same && self.take(run, run);
        }
        let said = if self.left().starts_with(' ') {
            1
        } else {
            self.left().len() - self.left().trim_start_matches('\n').len()
        };
        self.take(run, said)
    }

    /// A line break of a block, with the empty lines and the indentation after it.
    fn block_break(&mut self, indent: usize) -> bool {
        let mut run = 0;
        let mut breaks = 0;
        loop {
            let rest = self.rest().get(run..).unwrap_or("");
            if rest.starts_with("\r\n") {
                run += 2;
            } else if rest.starts_with(['\n', '\r']) {
                run += 1;
            } else {
                break;
            }
            breaks += 1;
            let line = self.rest().get(run..).unwrap_or("");
            run += line
                .bytes()
                .take(indent)
                .take_while(|byte| *byte == b' ')
                .count();
        }
        let newlines = self
            .left()
            .bytes()
            .take(breaks)
            .take_while(|byte| *byte == b'\n')
            .count();
        let said = if newlines > 0 {
            newlines
        } else {
            usize::from(self.left().starts_with(' '))
        };
        said > 0 && self.take(run, said)
    }

    fn escape(&mut self) -> bool {
        let rest = self.rest();
        let Some(kind) = rest.chars().nth(1) else {
            return false;
        };
        if matches!(kind, '\n' | '\r') {
            let blanks = rest.get(1..).unwrap_or("");
            let run = blanks.len() - blanks.trim_start_matches([' ', '\t', '\n', '\r']).len();
            let said = self.left().len() - self.left().trim_start_matches('\n').len();
            return self.take(1 + run, said);
        }
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let Some(said) = self.left().chars().next() else {
            return false;
        };
        self.take(1 + kind.len_utf8() + digits, said.len_utf8())
    }
}

/// A byte of a file; files of 4 GiB are refused before they are read.
pub(super) fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
