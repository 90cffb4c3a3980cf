//! Markdown: for the terminal, for a repository, for a review.
//!
//! It is CommonMark with tables. Every text is escaped, so that nothing a plan says can become markup. Names stand in
//! square brackets and lead to their heading through link definitions at the end, so the source reads well too.

use std::collections::BTreeMap;

use super::document::{Anchors, Block, Column, Document, Line, Piece, belongs_together};

/// Lines are broken between words so that none is longer, where that can be.
const WIDTH: usize = 100;

/// Documents as Markdown, one after the other.
///
/// ```
/// use trueup_plan::words::document::{Block, Document, Line};
/// use trueup_plan::words::markdown;
///
/// let hostile = Block::said(Line::from("1_000 *stars* & <b>tags</b>"));
/// let said = markdown::render(&[Document { title: String::new(), blocks: vec![hostile] }]);
/// assert_eq!(said, "1_000 \\*stars\\* & \\<b\\>tags\\</b\\>\n");
/// ```
#[must_use]
pub fn render(documents: &[Document]) -> String {
    let mut anchors = Anchors::new();
    let mut parts = Vec::with_capacity(documents.len());
    for document in documents {
        let mut links = BTreeMap::new();
        for heading in document.headings() {
            let anchor = anchors.of(&heading.shown());
            if !heading.defines.is_empty() {
                links.insert(heading.defines.clone(), anchor);
            }
        }
        let mut page = Page {
            links,
            is_alone: documents.len() == 1,
            used: BTreeMap::new(),
        };
        let mut text = page.blocks(&document.blocks, "");
        if !page.used.is_empty() {
            text.push('\n');
            for (name, anchor) in &page.used {
                text.push_str(&format!("[{}]: #{anchor}\n", escaped(name)));
            }
        }
        parts.push(text);
    }
    parts.join("\n---\n\n")
}

struct Page {
    links: BTreeMap<String, String>,
    /// Whether no other document's names can be meant.
    is_alone: bool,
    /// The names that were written, and where they lead.
    used: BTreeMap<String, String>,
}

impl Page {
    fn blocks(&mut self, blocks: &[Block], indent: &str) -> String {
        let mut said = Vec::with_capacity(blocks.len());
        for block in blocks {
            said.push(self.block(block, indent));
        }
        said.join("\n")
    }

    fn block(&mut self, block: &Block, indent: &str) -> String {
        match block {
            Block::Heading(heading) => {
                let marks = "#".repeat(usize::from(heading.level));
                let number = if heading.number.is_empty() {
                    String::new()
                } else {
                    format!("{} ", heading.number)
                };
                let text = self.words(&heading.text).join(" ");
                format!("{indent}{marks} {number}{text}\n")
            }
            Block::Paragraph(line) => self.paragraph(line, indent, indent),
            Block::Remark(line) => {
                let inside = format!("{indent}> ");
                self.paragraph(line, &inside, &inside)
            }
            Block::List {
                is_numbered,
                entries,
            } => {
                let mut said = String::new();
                for (at, entry) in entries.iter().enumerate() {
                    let mark = if *is_numbered {
                        format!("{}. ", at + 1)
                    } else {
                        "- ".to_owned()
                    };
                    said.push_str(&self.entry(&mark, entry, indent));
                }
                said
            }
            Block::Points(points) => {
                let mut said = String::new();
                for (label, blocks) in points {
                    let label = Line::new().strong(format!("{}.", label.text()));
                    let mut entry: Vec<Block> = Vec::with_capacity(blocks.len());
                    let mut rest = blocks.iter();
                    match rest.next() {
                        Some(Block::Paragraph(line)) => {
                            entry.push(Block::Paragraph(label.plain(" ").line(line.clone())));
                        }
                        Some(other) => {
                            entry.push(Block::Paragraph(label));
                            entry.push(other.clone());
                        }
                        None => entry.push(Block::Paragraph(label)),
                    }
                    entry.extend(rest.cloned());
                    said.push_str(&self.entry("- ", &entry, indent));
                }
                said
            }
            Block::Table {
                caption,
                columns,
                rows,
            } => self.table(caption, columns, rows, indent),
            Block::Signatures(sides) => {
                let mut said = String::new();
                for (at, side) in sides.iter().enumerate() {
                    if at > 0 {
                        said.push_str(&format!("{indent}\n"));
                    }
                    said.push_str(&self.paragraph(side, indent, indent));
                    let (long, short) = ("…".repeat(24), "…".repeat(12));
                    said.push_str(&format!(
                        "{indent}\n{indent}Name {long} Date {short} Signature {long}\n"
                    ));
                }
                said
            }
        }
    }

    /// An entry of a list. Paragraphs of one entry follow each other without a blank line only where a list does.
    fn entry(&mut self, mark: &str, blocks: &[Block], indent: &str) -> String {
        let inside = format!("{indent}{}", " ".repeat(mark.chars().count()));
        let mut said = String::new();
        for (at, block) in blocks.iter().enumerate() {
            match (at, block) {
                (0, Block::Paragraph(line)) => {
                    said.push_str(&self.paragraph(line, &format!("{indent}{mark}"), &inside));
                }
                (0, block) => {
                    said.push_str(&format!("{indent}{mark}\n"));
                    said.push_str(&self.block(block, &inside));
                }
                (_, Block::Paragraph(_) | Block::Table { .. } | Block::Remark(_)) => {
                    said.push('\n');
                    said.push_str(&self.block(block, &inside));
                }
                (_, block) => said.push_str(&self.block(block, &inside)),
            }
        }
        said
    }

    fn paragraph(&mut self, line: &Line, first: &str, rest: &str) -> String {
        let words = self.words(line);
        let mut said = String::new();
        let mut current = first.to_owned();
        let mut is_begun = false;
        for word in words {
            let needed = current.chars().count() + 1 + word.chars().count();
            // A sign that begins a line would need a backslash before it.
            let is_sign = word.starts_with(['-', '+', '=', ':']);
            if is_begun && needed > WIDTH && !is_sign {
                said.push_str(current.trim_end());
                said.push('\n');
                current = rest.to_owned();
                is_begun = false;
            }
            if is_begun {
                current.push(' ');
                current.push_str(&word);
            } else {
                current.push_str(&beginning(&word));
            }
            is_begun = true;
        }
        said.push_str(current.trim_end());
        said.push('\n');
        said
    }

    fn table(
        &mut self,
        caption: &Line,
        columns: &[Column],
        rows: &[Vec<Line>],
        indent: &str,
    ) -> String {
        let mut said = String::new();
        if !caption.is_empty() {
            said.push_str(&self.paragraph(&caption.clone().plain(":"), indent, indent));
            said.push('\n');
        }
        let heads: Vec<String> = columns
            .iter()
            .map(|column| self.cell(&column.head))
            .collect();
        let mut cells = vec![heads];
        for row in rows {
            cells.push(row.iter().map(|cell| self.cell(cell)).collect());
        }
        let widths: Vec<usize> = (0..columns.len())
            .map(|at| {
                let longest = cells
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.chars().count());
                longest.max().unwrap_or(0).clamp(3, 60)
            })
            .collect();
        for (at, row) in cells.iter().enumerate() {
            said.push_str(indent);
            said.push('|');
            for ((cell, column), width) in row.iter().zip(columns).zip(&widths) {
                let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
                if column.is_figure {
                    said.push_str(&format!(" {blanks}{cell} |"));
                } else {
                    said.push_str(&format!(" {cell}{blanks} |"));
                }
            }
            said.push('\n');
            if at == 0 {
                said.push_str(indent);
                said.push('|');
                for (column, width) in columns.iter().zip(&widths) {
                    let dashes = "-".repeat(width + 1);
                    said.push_str(&if column.is_figure {
                        format!("{dashes}:|")
                    } else {
                        format!("-{dashes}|")
                    });
                }
                said.push('\n');
            }
        }
        said
    }

    fn cell(&mut self, line: &Line) -> String {
        // Code in a table still needs its bars escaped.
        let mut said = String::new();
        for c in self.words(line).join(" ").chars() {
            if c == '|' && !said.ends_with('\\') {
                said.push('\\');
            }
            said.push(c);
        }
        said
    }

    /// A line as words that are not broken; what belongs to a word without a blank stays with it.
    fn words(&mut self, line: &Line) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut is_open = false;
        for piece in &line.0 {
            let (begins, ends) = match piece {
                Piece::Plain(text) => (
                    text.starts_with(char::is_whitespace),
                    text.ends_with(char::is_whitespace),
                ),
                Piece::Strong(_) | Piece::Local(_) | Piece::Code(_) | Piece::Name { .. } => {
                    (false, false)
                }
            };
            let spoken = self.piece(piece);
            for (at, word) in spoken.into_iter().enumerate() {
                match words.last_mut() {
                    Some(last) if at == 0 && is_open && !begins => last.push_str(&word),
                    Some(_) | None => words.push(word),
                }
            }
            is_open = !ends;
        }
        glued(words)
    }

    /// A piece as words.
    fn piece(&mut self, piece: &Piece) -> Vec<String> {
        match piece {
            Piece::Plain(text) => text.split_whitespace().map(escaped).collect(),
            Piece::Strong(text) => marked("**", text),
            Piece::Local(text) => marked("*", text),
            Piece::Code(text) => vec![code(text)],
            Piece::Name { of, text } => {
                let spoken = escaped(text);
                let Some(anchor) = self.links.get(of) else {
                    return marked("**", text);
                };
                if !self.is_alone {
                    return vec![format!("[{spoken}](#{anchor})")];
                }
                self.used.insert(text.clone(), anchor.clone());
                vec![format!("[{spoken}]")]
            }
        }
    }
}

/// Words with a figure and its currency in one.
fn glued(words: Vec<String>) -> Vec<String> {
    let mut said: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        match said.last_mut() {
            Some(last) if belongs_together(last, &word) => {
                last.push(' ');
                last.push_str(&word);
            }
            Some(_) | None => said.push(word),
        }
    }
    said
}

/// Text between marks, as words.
fn marked(mark: &str, text: &str) -> Vec<String> {
    let mut words: Vec<String> = text.split_whitespace().map(escaped).collect();
    if let Some(first) = words.first_mut() {
        first.insert_str(0, mark);
    }
    if let Some(last) = words.last_mut() {
        last.push_str(mark);
    }
    words
}

/// Text as it is written, between as many backticks as it needs.
fn code(text: &str) -> String {
    let mut longest = 0;
    let mut here = 0;
    for c in text.chars() {
        here = if c == '`' { here + 1 } else { 0 };
        longest = longest.max(here);
    }
    let fence = "`".repeat(longest + 1);
    // Code cannot hold a line end, and a backtick at its edge would belong to the fence.
    let text = text.replace(['\n', '\r'], " ");
    if text.starts_with('`') || text.ends_with('`') {
        format!("{fence} {text} {fence}")
    } else {
        format!("{fence}{text}{fence}")
    }
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        let is_markup = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '$' | '{' | '}' => true,
            // An underscore inside a word is no emphasis.
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            // Only what looks like an entity would be one.
            '&' => next.is_alphanumeric() || next == '#',
            '!' => next == '[',
            // No link is made of a text that looks like an address.
            ':' => next == '/',
            '.' => {
                text.to_ascii_lowercase().starts_with("www.") && before.eq_ignore_ascii_case(&'w')
            }
            _ => false,
        };
        if is_markup {
            said.push('\\');
        }
        said.push(c);
        before = c;
    }
    said
}

/// A word as the first of a line, where some would begin a list, a rule or a definition.
fn beginning(word: &str) -> String {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = digits.len() < word.len() && matches!(digits, "." | ")");
    if is_number {
        let (number, rest) = word.split_at(word.len() - digits.len());
        return format!("{number}\\{rest}");
    }
    if word.starts_with(['-', '+', '=', ':']) {
        return format!("\\{word}");
    }
    match word.split_once("]:") {
        Some((name, rest)) if name.starts_with('[') => format!("{name}]\\:{rest}"),
        Some(_) | None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(block: Block) -> String {
        render(&[Document {
            title: String::new(),
            blocks: vec![block],
        }])
    }

    #[test]
    fn what_a_plan_says_never_becomes_markup() {
        let line = Line::from("![x](y) [a]: b ~~c~~ http://d www.e.f $g$ `h` <i>");
        assert_eq!(
            said(Block::Paragraph(line)),
            "\\!\\[x\\](y) \\[a\\]: b \\~\\~c\\~\\~ http\\://d www\\.e.f \\$g\\$ \\`h\\` \\<i\\>\n"
        );
    }

    #[test]
    fn no_line_begins_a_list_or_a_rule() {
        for word in ["-", "+", "1.", "12)", "---", "===", ":x"] {
            let first = said(Block::said(word));
            assert!(first.contains('\\'), "{word} begins a paragraph as {first}");
            let long = "long ".repeat(20);
            let broken = said(Block::said(format!("{long}{word} end {long}{word} end")));
            for line in broken.lines() {
                let first = line.split(' ').next().unwrap_or_default();
                assert!(first != word, "{word} begins a line of {broken}");
            }
        }
    }

    #[test]
    fn code_holds_backticks() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
    }

    #[test]
    fn a_name_that_leads_nowhere_is_no_link() {
        let line = Line::new().piece(Piece::Name {
            of: "value 0".to_owned(),
            text: "sales".to_owned(),
        });
        assert_eq!(said(Block::Paragraph(line)), "**sales**\n");
    }
}
