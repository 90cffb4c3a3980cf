//! Text that is no YAML: what the parser says, said to the author of a plan, and how to go on after it.

use super::scalar::narrow;
use crate::diagnostic::Diagnostic;
use crate::span::{FileId, Span};

/// Refuses characters that hide or turn text, or that YAML does not know. True when any was found.
pub(super) fn characters(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut found = 0;
    for (at, char) in text.char_indices() {
        let after = || {
            text.get(at + char.len_utf8()..)
                .and_then(|rest| rest.chars().next())
        };
        let what = match char {
            '\t' | '\n' | '\u{85}' => None,
            '\r' if after() == Some('\n') => None,
            '\r' => {
                Some("a carriage return without a line feed ends the line for some readers only")
            }
            '\u{feff}' if at == 0 => None,
            '\u{feff}' => Some("a byte order mark stands inside the text"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(
                "a character turns the direction of writing, so text reads otherwise than it is",
            ),
            '\u{fffe}' | '\u{ffff}' => Some("a character that no text holds"),
            _ if char.is_control() => Some("a control character"),
            _ => None,
        };
        if let Some(what) = what {
            found += 1;
            let span = Span {
                file,
                start: narrow(at),
                end: narrow(at + char.len_utf8()),
            };
            let message = format!("{what}: U+{:04X}", u32::from(char));
            diagnostics.push(
                Diagnostic::error("Y8", span, message)
                    .help("take it out, or save the file as UTF-8 text"),
            );
            if found == 10 {
                break;
            }
        }
    }
    found > 0
}

/// Refuses directives: a file says nothing about YAML itself, and what the parser counts inside one is not to be
/// relied on. True when there is one.
pub(super) fn directives(text: &str, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    for line in text.get(at..).unwrap_or("").split('\n') {
        if line.starts_with('%') {
            let end = at + line.trim_end().len();
            let span = Span {
                file,
                start: narrow(at),
                end: narrow(end),
            };
            let message = "a line that begins with `%` is a directive, and a plan has none";
            let help = "take it out, or indent it if it belongs to a text";
            diagnostics.push(Diagnostic::error("Y6", span, message).help(help));
            return true;
        }
        at += line.len() + 1;
    }
    false
}

/// What the parser's message means for the author, and the byte of the block that is to be left out.
pub(super) fn of_parser(
    text: &str,
    file: FileId,
    at: usize,
    info: &str,
    open: &[usize],
) -> (Diagnostic, usize) {
    let at = clip(text, at);
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .filter(|next| *next != '\n' && *next != '\r');
    let span = Span {
        file,
        start: narrow(at),
        end: narrow(at + width.map_or(0, char::len_utf8)),
    };
    let (code, message, help) = said(text, at, info);
    let mut diagnostic = Diagnostic::error(code, span, message).help(help);
    let unclosed = in_flow(info)
        .then(|| open_bracket(text, at).or(open.last().copied()))
        .flatten();
    if let Some(start) = unclosed {
        let bracket = Span {
            file,
            start: narrow(start),
            end: narrow(start + 1),
        };
        diagnostic = diagnostic.also(bracket, "opened here");
    }
    (diagnostic, unclosed.unwrap_or(at))
}

/// Messages about a list or map between brackets.
fn in_flow(info: &str) -> bool {
    info.contains("flow") || info.contains("misplaced bracket") || info.contains("node content")
}

fn said(text: &str, at: usize, info: &str) -> (&'static str, String, &'static str) {
    let line_start = text
        .get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1);
    let before = text.get(line_start..at).unwrap_or("");
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    if info.contains("recursion limit") {
        return (
            "Y9",
            "brackets stand more than 64 deep inside one another".into(),
            "look for a bracket too many",
        );
    }
    if info.contains("tab") {
        let message = "a tab indents the line; how far is for each editor to say".into();
        return ("Y7", message, "indent with spaces");
    }
    if info.contains("unknown anchor") {
        let message = "an alias hides what is meant".into();
        return (
            "Y2",
            message,
            "write the text here once more; a formula that begins with `*` is not finished",
        );
    }
    if info.contains("quoted scalar, found unexpected") || info.contains("indentation in quoted") {
        return (
            "Y10",
            "a quote is opened and not closed".into(),
            "close it, or double an apostrophe inside single quotes",
        );
    }
    if info.contains("mapping values are not allowed") || info.contains("illegal placement of ':'")
    {
        let message = "a colon and a blank begin a value, and none can begin here".into();
        let help = match before.contains(" ? ") {
            true => "a choice is written `case when … then … else … end`",
            false => "put the text in quotes, or check how far the line is indented",
        };
        return ("Y10", message, help);
    }
    if info.contains("invalid indentation")
        || info.contains("block mapping")
        || info.contains("block collection")
    {
        let message = if before.trim().is_empty() {
            "the line is not indented like its neighbours".into()
        } else {
            "this does not fit what the lines before began".into()
        };
        return (
            "Y10",
            message,
            "begin the keys of one map, or the dashes of one list, in one column",
        );
    }
    if info.contains("simple key expect") {
        return (
            "Y10",
            "the line has no `key: value`".into(),
            "write a colon and a blank after the key, or indent the line to continue the text above",
        );
    }
    if info.contains("trailing content") {
        return (
            "Y10",
            "text stands after the closing quote".into(),
            "put the whole text in double quotes",
        );
    }
    if info.contains("escape") || info.contains("hexadecimal") {
        return (
            "Y10",
            "a backslash inside double quotes begins an escape, and this is none".into(),
            "use single quotes",
        );
    }
    if info.contains("comment intercepting") {
        return (
            "Y10",
            "a comment stands between two lines of one text".into(),
            "move the comment above the text, or quote a `#` that belongs to it",
        );
    }
    if in_flow(info) {
        let message = match next {
            None => "the file ends inside brackets".into(),
            Some('[' | '{') => "a bracket opens in the middle of a text".into(),
            Some(_) => "a `,` or the closing bracket is missing".into(),
        };
        let help = "close the bracket; inside { } and [ ] a formula with `[`, `]` or a comma stands in double quotes";
        return ("Y10", message, help);
    }
    if info.contains("unexpected character") || info.contains("anchor or alias") {
        let message = match next {
            Some(char) => format!("text does not begin with `{char}`"),
            None => "text is missing".into(),
        };
        return ("Y10", message, "put the text in quotes");
    }
    if info.contains("directive") || info.contains("document") {
        return (
            "Y6",
            "a file holds one document without directives".into(),
            "take the line out",
        );
    }
    (
        "Y10",
        format!("this is no YAML: {info}"),
        "quote the text, or check brackets and indentation",
    )
}

/// The last bracket of the block around a byte that is opened before it and not closed, quotes and comments aside.
fn open_bracket(text: &str, at: usize) -> Option<usize> {
    let start = block_start(text, at);
    let mut open: Vec<usize> = Vec::new();
    let mut quote: Option<char> = None;
    let mut before = ' ';
    let mut comment = false;
    for (offset, char) in text.get(start..at)?.char_indices() {
        let here = start + offset;
        match (quote, char) {
            _ if comment => comment = char != '\n',
            (Some(open_quote), _) if char == open_quote => quote = None,
            (Some(_), _) => {}
            (None, '#') if before.is_whitespace() => comment = true,
            (None, '"' | '\'') if matches!(before, ' ' | '\n' | '[' | '{' | ',') => {
                quote = Some(char)
            }
            (None, '[' | '{') => open.push(here),
            (None, ']' | '}') => {
                open.pop();
            }
            (None, _) => {}
        }
        before = char;
    }
    open.pop()
}

/// The text without the block around a byte, blanked so that all places stay; nothing when no block is left.
pub(super) fn without_block(text: &str, at: usize) -> Option<String> {
    let start = block_start(text, at);
    let end = next_block(text, at);
    let block = text.get(start..end)?;
    if block.trim().is_empty() {
        return None;
    }
    let mut left = String::with_capacity(text.len());
    left.push_str(text.get(..start)?);
    left.extend(block.chars().flat_map(|char| {
        let kept = if char == '\n' { '\n' } else { ' ' };
        std::iter::repeat_n(kept, if char == '\n' { 1 } else { char.len_utf8() })
    }));
    left.push_str(text.get(end..)?);
    Some(left)
}

/// Where the top-level key around a byte begins.
fn block_start(text: &str, at: usize) -> usize {
    let mut start = clip(text, at);
    loop {
        start = text
            .get(..start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        if start == 0 || begins_block(text, start) {
            return start;
        }
        start -= 1;
    }
}

/// Where the first top-level key after a byte begins.
fn next_block(text: &str, at: usize) -> usize {
    let mut from = clip(text, at);
    while let Some(next) = text.get(from..).and_then(|rest| rest.find('\n')) {
        from += next + 1;
        if begins_block(text, from) {
            return from;
        }
    }
    text.len()
}

fn begins_block(text: &str, at: usize) -> bool {
    text.get(at..)
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase()))
}

/// The character a byte belongs to.
fn clip(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
