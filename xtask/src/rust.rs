//! Rust source cut into code, comments and tests, as far as the checks need it.
//!
//! This is no parser: it knows comments, strings, character literals and matching brackets, and is therefore never
//! fooled by a word inside a string. `code` and `comments` are as long as the file, with blanks where the other stood,
//! so that one offset means one place in all of them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::tree::Tree;

/// One Rust file.
pub struct Source<'a> {
    /// Where it stands, from the root of the repository.
    pub path: &'a str,
    /// What it says.
    pub text: &'a str,
    /// The text without comments and without what stands inside quotes; the quotes stay.
    pub code: String,
    /// The comments alone.
    pub comments: String,
    /// The parts that are compiled for tests only.
    tests: Vec<Range<usize>>,
    is_all_test: bool,
}

/// Every Rust file of the repository.
pub fn sources(tree: &Tree) -> Vec<Source<'_>> {
    let mut sources: Vec<Source<'_>> = tree
        .ending(".rs")
        .map(|(path, text)| Source::new(path, text))
        .collect();
    let test_files: BTreeSet<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let folders = source.path.split('/');
        source.is_all_test = test_files.contains(source.path)
            || folders
                .clone()
                .any(|folder| folder == "tests" || folder == "benches");
    }
    sources
}

impl<'a> Source<'a> {
    /// Reads one file, taken by itself.
    pub fn new(path: &'a str, text: &'a str) -> Self {
        let (code, comments) = cut(text);
        let tests = test_items(&code);
        Self {
            path,
            text,
            code,
            comments,
            tests,
            is_all_test: false,
        }
    }

    /// The number of the line in which this offset lies, from 1.
    pub fn line_of(&self, offset: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
    }

    /// Whether this offset is compiled for tests only.
    pub fn is_test(&self, offset: usize) -> bool {
        self.is_all_test || self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Whether the whole file is compiled for tests only.
    pub fn is_test_file(&self) -> bool {
        self.is_all_test
    }

    /// Every word and number of the code with its offset.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        words(&self.code)
    }

    /// Every place where the code says exactly this.
    pub fn places<'s>(&'s self, said: &'s str) -> impl Iterator<Item = usize> + 's {
        self.code.match_indices(said).map(|(offset, _)| offset)
    }

    /// The text of the string literal that begins at or after `offset`, with nothing but blanks before it.
    pub fn literal_at(&self, offset: usize) -> Option<&'a str> {
        let code = self.code.get(offset..)?;
        let trimmed = code.trim_start().trim_start_matches(['r', 'b', '#']);
        let inside = trimmed.strip_prefix('"')?;
        let from = self.code.len() - inside.len();
        let length = inside.find('"')?;
        self.text.get(from..from + length)
    }

    /// How many arguments stand between the bracket that opens at `open` and its end.
    pub fn arguments_at(&self, open: usize) -> usize {
        let Some(end) = closing(&self.code, open) else {
            return 0;
        };
        let (mut count, mut is_empty, mut at) = (0, true, open + 1);
        while at < end {
            match self.code.as_bytes()[at] {
                b'(' | b'[' | b'{' => {
                    is_empty = false;
                    at = closing(&self.code, at).unwrap_or(end);
                }
                b',' if !is_empty => {
                    count += 1;
                    is_empty = true;
                }
                byte => is_empty &= byte.is_ascii_whitespace(),
            }
            at += 1;
        }
        count + usize::from(!is_empty)
    }

    /// The number of lines outside tests.
    pub fn lines_outside_tests(&self) -> usize {
        let mut offset = 0;
        let mut count = 0;
        for line in self.text.split_inclusive('\n') {
            count += usize::from(!self.is_test(offset));
            offset += line.len();
        }
        count
    }

    /// The functions with a body: name, offset, and how many lines they take.
    pub fn functions(&self) -> Vec<(&str, usize, usize)> {
        let mut found = Vec::new();
        let mut words = self.words().peekable();
        while let Some((offset, word)) = words.next() {
            let Some(&(_, name)) = words.peek() else {
                break;
            };
            if word == "fn"
                && let Some(range) = item_after(&self.code, offset)
                && self.code[range.clone()].ends_with('}')
            {
                found.push((
                    name,
                    offset,
                    self.line_of(range.end) - self.line_of(offset) + 1,
                ));
            }
        }
        found
    }

    /// The tests: where each begins, and its name.
    pub fn tests(&self) -> Vec<(usize, &str)> {
        let name_after = |offset: usize| {
            let words = self.words().skip_while(|(at, _)| *at < offset);
            words
                .skip_while(|(_, word)| *word != "fn")
                .nth(1)
                .map(|(_, name)| (offset, name))
        };
        let attributes = ["#[test]", "#[tokio::test"];
        attributes
            .iter()
            .flat_map(|said| self.places(said))
            .filter_map(name_after)
            .collect()
    }

    /// Whether the file holds generated tests.
    pub fn is_generating(&self) -> bool {
        self.words().any(|(_, word)| word == "proptest")
    }

    /// The files of the modules that this file declares for tests: `#[cfg(test)] mod name;`.
    fn test_modules(&self) -> Vec<String> {
        let (folder, file) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        let inner = match file {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        let mut files = Vec::new();
        for item in &self.tests {
            let code = &self.code[item.clone()];
            let Some(module) = code
                .strip_suffix(';')
                .and_then(|code| code.rsplit_once("mod "))
            else {
                continue;
            };
            let name = module.1.trim();
            files.push(format!("{inner}/{name}.rs"));
            files.push(format!("{inner}/{name}/mod.rs"));
        }
        files
    }
}

/// Every word and number with its offset.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = code.as_bytes().get(from..)?;
        let start = from + rest.iter().position(|byte| is_word(*byte))?;
        let length = code.as_bytes()[start..]
            .iter()
            .take_while(|byte| is_word(**byte))
            .count();
        from = start + length;
        Some((start, &code[start..from]))
    })
}

/// What kind of text a byte belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Layer {
    Code,
    Comment,
    Quoted,
}

/// A stretch of one layer. Its first `open` and last `close` bytes are quotes, which stay in the code so that a check
/// can see that a literal stands there.
struct Part {
    layer: Layer,
    length: usize,
    open: usize,
    close: usize,
}

impl Part {
    fn plain(layer: Layer, length: usize) -> Self {
        Self {
            layer,
            length,
            open: 0,
            close: 0,
        }
    }

    fn quoted(length: usize, quotes: usize) -> Self {
        let close = 1 + quotes.saturating_sub(2);
        Self {
            layer: Layer::Quoted,
            length,
            open: quotes,
            close: close.min(length - quotes),
        }
    }
}

/// The code and the comments of a text, each as long as the text.
fn cut(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut layers = Vec::with_capacity(bytes.len());
    while layers.len() < bytes.len() {
        let part = next_part(text, layers.len());
        let inside = part.length - part.open - part.close;
        layers.extend(std::iter::repeat_n(Layer::Code, part.open));
        layers.extend(std::iter::repeat_n(part.layer, inside));
        layers.extend(std::iter::repeat_n(Layer::Code, part.close));
    }
    let only = |wanted: Layer| -> String {
        let kept = bytes.iter().zip(&layers).map(|(byte, layer)| match byte {
            b'\n' => '\n',
            _ if *layer != wanted => ' ',
            byte if byte.is_ascii() => char::from(*byte),
            _ => '_',
        });
        kept.collect()
    };
    (only(Layer::Code), only(Layer::Comment))
}

/// The part that begins at `at`; at least one byte long.
fn next_part(text: &str, at: usize) -> Part {
    let rest = &text.as_bytes()[at..];
    let before = at
        .checked_sub(1)
        .map_or(b' ', |before| text.as_bytes()[before]);
    let part = match rest {
        [b'/', b'/', ..] => {
            let length = rest
                .iter()
                .position(|byte| *byte == b'\n')
                .unwrap_or(rest.len());
            Some(Part::plain(Layer::Comment, length))
        }
        [b'/', b'*', ..] => Some(Part::plain(Layer::Comment, block_comment(rest))),
        [b'"', ..] => Some(Part::quoted(string(rest), 1)),
        [b'r', ..] if !is_word(before) || matches!(before, b'b' | b'c') => raw_string(rest),
        [b'\'', ..] => character(&text[at..]).map(|length| Part::quoted(length, 1)),
        _ => None,
    };
    part.unwrap_or(Part::plain(Layer::Code, 1))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The length of a block comment; these nest.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a string with its quotes.
fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A raw string from its `r` on; none where the `r` begins a raw name such as `r#type`.
fn raw_string(rest: &[u8]) -> Option<Part> {
    let marks = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    let open = marks + 2;
    if rest.get(open - 1) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(marks)].concat();
    let inside = rest[open..]
        .windows(close.len())
        .position(|window| window == close);
    let length = inside.map_or(rest.len(), |inside| open + inside + close.len());
    Some(Part::quoted(length, open))
}

/// The length of a character literal with its quotes; none where the quote begins a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1);
    let (_, first) = characters.next()?;
    if first == '\\' {
        characters.next();
        return characters
            .find(|(_, character)| *character == '\'')
            .map(|(at, _)| at + 1);
    }
    characters
        .next()
        .filter(|(_, character)| *character == '\'')
        .map(|(at, _)| at + 1)
}

/// The items that stand under `#[test]` or a `#[cfg(…)]` that names `test`.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices("#[") {
        if items.last().is_some_and(|item| item.contains(&start)) {
            continue;
        }
        let Some(end) = closing(code, start + 1) else {
            continue;
        };
        let inside = &code[start + 2..end];
        let mut said = words(inside).map(|(_, word)| word);
        let is_test = match said.next() {
            Some("test") => true,
            Some("cfg") => said.any(|word| word == "test") && !inside.contains("not("),
            _ => false,
        };
        if is_test && let Some(item) = item_after(code, end + 1) {
            items.push(start..item.end);
        }
    }
    items
}

/// The item that begins at or after `from`: up to its `;`, or to the end of its `{ … }`.
fn item_after(code: &str, from: usize) -> Option<Range<usize>> {
    let mut at = from;
    while let Some(byte) = code.as_bytes().get(at) {
        match byte {
            b'(' | b'[' => at = closing(code, at)?,
            b'{' => return closing(code, at).map(|end| from..end + 1),
            b';' => return Some(from..at + 1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the bracket that opens at `open` closes.
fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_strings_and_comments_are_no_code() {
        let text = "let a = \"x.unwrap()\"; // b.unwrap()\n/* c /* d */ e */ f('\"', 'g', r#\"h\"i\"#, b\"j\\\"k\");";
        let source = Source::new("a.rs", text);
        let said: Vec<&str> = source.words().map(|(_, word)| word).collect();
        assert_eq!(said, ["let", "a", "f", "r", "b"]);
        assert_eq!(source.code.len(), text.len());
        assert!(source.comments.contains("b.unwrap()") && source.comments.contains("e */"));
        assert!(!source.comments.contains("let"));
    }

    #[test]
    fn a_lifetime_opens_no_literal() {
        let source = Source::new(
            "a.rs",
            "fn a<'x>(b: &'x str, c: char) -> &'x str { if c == '\\'' { b } else { d } }",
        );
        assert!(source.words().any(|(_, word)| word == "d"));
        let source = Source::new(
            "a.rs",
            "match c { 'é' => one, '\\u{1F600}' => two, _ => 'l: loop {} }",
        );
        let said: Vec<&str> = source.words().map(|(_, word)| word).collect();
        assert_eq!(said, ["match", "c", "one", "two", "_", "l", "loop"]);
    }

    #[test]
    fn a_raw_name_opens_no_literal() {
        let source = Source::new("a.rs", "let r#type = for_r; let s = br\"x\"; last");
        assert_eq!(source.words().last().unwrap().1, "last");
        assert!(!source.words().any(|(_, word)| word == "x"));
    }

    #[test]
    fn a_literal_is_read_where_it_stands() {
        let source = Source::new("a.rs", "a.expect(\n    \"two words: é\") + b.expect(why)");
        let places: Vec<usize> = source
            .places(".expect(")
            .map(|at| at + ".expect(".len())
            .collect();
        assert_eq!(source.literal_at(places[0]), Some("two words: é"));
        assert_eq!(source.literal_at(places[1]), None);
    }

    #[test]
    fn arguments_are_counted_at_the_top_level() {
        let count = |code: &str| Source::new("a.rs", code).arguments_at(1);
        assert_eq!(count("f()"), 0);
        assert_eq!(count("f(\n)"), 0);
        assert_eq!(count("f(\"a, b\")"), 1);
        assert_eq!(count("f(g(a, b), [c, d],)"), 2);
        assert_eq!(count("f(a, b, c)"), 3);
    }

    #[test]
    fn tests_are_told_from_the_rest() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { c(\"}\") }\n}\nfn d() {}\n#[cfg(not(test))]\nfn e() {}\n#[test]\nfn f() {}\n";
        let source = Source::new("src/lib.rs", text);
        let is_test = |name: &str| source.is_test(text.find(name).unwrap());
        assert!(
            !is_test("fn a")
                && is_test("fn b")
                && !is_test("fn d")
                && !is_test("fn e")
                && is_test("fn f")
        );
        assert_eq!(source.lines_outside_tests(), 4);
    }

    #[test]
    fn a_file_declared_for_tests_is_a_test() {
        let tree = Tree::from([
            ("a/src/lib.rs", "#[cfg(test)]\nmod golden;\nmod sum;\n"),
            ("a/src/golden.rs", ""),
            ("a/src/sum.rs", "#[cfg(test)]\npub(crate) mod cases;\n"),
            ("a/src/sum/cases.rs", ""),
            ("a/tests/all.rs", ""),
        ]);
        let tests: Vec<&str> = sources(&tree)
            .iter()
            .filter(|source| source.is_test_file())
            .map(|source| source.path)
            .collect();
        assert_eq!(
            tests,
            ["a/src/golden.rs", "a/src/sum/cases.rs", "a/tests/all.rs"]
        );
    }

    #[test]
    fn functions_are_measured_from_name_to_brace() {
        let source = Source::new(
            "a.rs",
            "fn a(x: [u8; 3]) -> u8 {\n    1\n}\ntrait B {\n    fn c();\n}\n",
        );
        let found: Vec<(&str, usize)> = source
            .functions()
            .into_iter()
            .map(|(name, _, lines)| (name, lines))
            .collect();
        assert_eq!(found, [("a", 3)]);
    }
}
