//! The sheet a document is written on: it numbers sections and clauses, and knows how they begin.

use super::document::{Block, Document, Heading, Line, capital};
use super::names::Thing;
use super::speaker::Speaker;
use super::statement::Statement;

/// A document while it is written.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    blocks: Vec<Block>,
    section: usize,
    clause: usize,
}

impl Sheet {
    /// Begins with a title.
    pub(super) fn titled(title: &str) -> Self {
        let mut sheet = Self::default();
        sheet.heading(1, String::new(), Line::from(title), String::new());
        sheet
    }

    fn heading(&mut self, level: u8, number: String, text: Line, defines: String) {
        self.blocks.push(Block::Heading(Heading {
            level,
            number,
            text,
            defines,
        }));
    }

    /// Begins a numbered section.
    pub(super) fn section(&mut self, title: &str) {
        self.section += 1;
        self.clause = 0;
        self.heading(
            2,
            self.section.to_string(),
            Line::from(title),
            String::new(),
        );
    }

    /// Begins a section that is not counted.
    pub(super) fn aside(&mut self, title: &str) {
        self.heading(2, String::new(), Line::from(title), String::new());
    }

    /// Begins a clause that defines a thing.
    pub(super) fn defining(&mut self, speaker: &Speaker<'_>, thing: impl Into<Thing>) {
        let thing = thing.into();
        self.clause += 1;
        let number = format!("{}.{}", self.section, self.clause);
        let text = Line::from(speaker.names.spelled(thing));
        self.heading(3, number, text, thing.key());
    }

    /// Begins a clause.
    pub(super) fn clause(&mut self, title: &str) {
        self.clause += 1;
        let number = format!("{}.{}", self.section, self.clause);
        self.heading(3, number, Line::from(title), String::new());
    }

    /// Adds a block.
    pub(super) fn add(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Adds blocks.
    pub(super) fn extend(&mut self, blocks: impl IntoIterator<Item = Block>) {
        self.blocks.extend(blocks);
    }

    /// Adds a paragraph.
    pub(super) fn say(&mut self, line: impl Into<Line>) {
        self.add(Block::said(line));
    }

    /// Goes on with the paragraph before, if there is one; else with a paragraph.
    pub(super) fn go_on(&mut self, text: &str) {
        match self.blocks.last_mut() {
            Some(Block::Paragraph(line)) => *line = line.clone().plain(" ").plain(text),
            Some(_) | None => self.say(text),
        }
    }

    /// The document.
    pub(super) fn document(self, title: String) -> Document {
        Document {
            title,
            blocks: self.blocks,
        }
    }
}

/// Words of the plan as a sentence: a capital first and a stop at the end, and otherwise as written.
pub(super) fn sentence(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = capital(&words);
    if said.is_empty() || said.ends_with(['.', '!', '?', '…']) {
        said
    } else {
        format!("{said}.")
    }
}

/// A point: a word or two, and what is said under them.
pub(super) fn point(label: &str, statement: Statement) -> (Line, Vec<Block>) {
    let Statement { lead, more } = statement;
    let end = if more.is_empty() { "." } else { "" };
    let mut blocks = vec![Block::Paragraph(lead.capital().plain(end))];
    blocks.extend(more);
    (Line::from(label), blocks)
}

/// A point of a statement and a sentence after it.
pub(super) fn point_and(label: &str, statement: Statement, after: &str) -> (Line, Vec<Block>) {
    let Statement { lead, more } = statement;
    let statement = Statement {
        lead: lead.capital(),
        more,
    };
    (
        Line::from(label),
        statement.between(Line::new(), &format!(". {after}")),
    )
}

/// A point of one sentence, written with its stop.
pub(super) fn told(label: &str, line: impl Into<Line>) -> (Line, Vec<Block>) {
    (Line::from(label), vec![Block::said(line)])
}

/// Several as one says them: `a, b and c`.
pub(super) fn listed(of: Vec<Line>) -> Line {
    let count = of.len();
    let mut said = Line::new();
    for (at, one) in of.into_iter().enumerate() {
        said = match at {
            0 => said,
            at if at + 1 == count => said.plain(" and "),
            _ => said.plain(", "),
        };
        said = said.line(one);
    }
    said
}
