//! A document: headings, paragraphs, lists, tables and references between named things, before anybody renders it.
//!
//! One model, two renderers: what [`markdown`](super::markdown) and [`html`](super::html) write is decided here once. The
//! model knows no plan. Text is kept as it reads; escaping is a renderer's business, and every renderer escapes all of it.

use std::collections::BTreeMap;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Prose.
    Plain(String),
    /// Prose that leads a point or stands out.
    Strong(String),
    /// A name that is known only where it stands: an argument or a column of a table, a part of a formula.
    Local(String),
    /// Text as a plan writes it: a name, a hash.
    Code(String),
    /// A thing the document defines under a heading of its own.
    Name {
        /// The thing, as [`Heading::defines`] says it.
        of: String,
        /// What it is called here.
        text: String,
    },
}

impl Piece {
    /// The text alone.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text)
            | Self::Strong(text)
            | Self::Local(text)
            | Self::Code(text)
            | Self::Name { text, .. } => text,
        }
    }
}

/// A line: the pieces of a sentence, a cell or a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Piece>);

impl Line {
    /// No text yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds prose; what follows prose becomes one piece with it.
    #[must_use]
    pub fn plain(mut self, text: impl AsRef<str>) -> Self {
        self.push_plain(text.as_ref());
        self
    }

    /// Adds a piece.
    #[must_use]
    pub fn piece(mut self, piece: Piece) -> Self {
        match piece {
            Piece::Plain(text) => self.push_plain(&text),
            Piece::Strong(_) | Piece::Local(_) | Piece::Code(_) | Piece::Name { .. } => {
                self.0.push(piece);
            }
        }
        self
    }

    /// Adds prose that stands out.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.piece(Piece::Strong(text.into()))
    }

    /// Adds text as a plan writes it.
    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.piece(Piece::Code(text.into()))
    }

    /// Adds another line's pieces.
    #[must_use]
    pub fn line(mut self, other: Self) -> Self {
        for piece in other.0 {
            self = self.piece(piece);
        }
        self
    }

    fn push_plain(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Piece::Plain(before)) => before.push_str(text),
            Some(_) | None => self.0.push(Piece::Plain(text.to_owned())),
        }
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| piece.text().is_empty())
    }

    /// How many characters are said.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0
            .iter()
            .map(|piece| piece.text().chars().count())
            .sum()
    }

    /// The text alone.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(Piece::text).collect()
    }

    /// The same beginning with a capital, as a sentence does; a name keeps its spelling.
    #[must_use]
    pub fn capital(mut self) -> Self {
        if let Some(Piece::Plain(text) | Piece::Strong(text)) = self.0.first_mut() {
            *text = capital(text);
        }
        self
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::new().plain(text)
    }
}

/// A text beginning with a capital.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Whether two words of a line are one figure: an amount and its currency, which no line end should part.
pub(super) fn belongs_together(before: &str, after: &str) -> bool {
    let is_figure = before.ends_with(|c: char| c.is_ascii_digit());
    let code = after.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    is_figure && code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// From 1, the document's title, down.
    pub level: u8,
    /// Its number, as one cites it: `4.2`; empty where it has none.
    pub number: String,
    /// What it says.
    pub text: Line,
    /// The thing defined under it, unique in the document; empty where it defines none.
    pub defines: String,
}

impl Heading {
    /// Number and text as one reads them.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = self.text.text();
        if self.number.is_empty() {
            text
        } else {
            format!("{} {text}", self.number)
        }
    }
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its head.
    pub head: Line,
    /// Whether it holds figures, which are set to the right.
    pub is_figure: bool,
}

/// A block of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(Heading),
    /// A paragraph.
    Paragraph(Line),
    /// A paragraph set apart from the rest: a remark, an example.
    Remark(Line),
    /// A list.
    List {
        /// Whether its entries are numbered.
        is_numbered: bool,
        /// What stands in each entry: a line first, then whatever belongs to it.
        entries: Vec<Vec<Block>>,
    },
    /// Points: each a word or two and what is said under them.
    Points(Vec<(Line, Vec<Block>)>),
    /// A table.
    Table {
        /// What it shows; may be empty.
        caption: Line,
        /// Its columns.
        columns: Vec<Column>,
        /// Its rows, each with one cell for each column.
        rows: Vec<Vec<Line>>,
    },
    /// Places to sign, each with the side it is for.
    Signatures(Vec<Line>),
}

impl Block {
    /// A paragraph of prose.
    #[must_use]
    pub fn said(line: impl Into<Line>) -> Self {
        Self::Paragraph(line.into())
    }

    /// A list with bullets.
    #[must_use]
    pub fn bullets(entries: Vec<Vec<Block>>) -> Self {
        Self::List {
            is_numbered: false,
            entries,
        }
    }
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its title, without markup: for a window, a tab, a list.
    pub title: String,
    /// What stands in it, its title's heading first.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The headings, in their order.
    pub fn headings(&self) -> impl Iterator<Item = &Heading> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Heading(heading) => Some(heading),
            Block::Paragraph(_)
            | Block::Remark(_)
            | Block::List { .. }
            | Block::Points(_)
            | Block::Table { .. }
            | Block::Signatures(_) => None,
        })
    }
}

/// Where links lead: an anchor for every heading, made as GitHub makes them, so that links hold there too.
#[derive(Clone, Debug, Default)]
pub struct Anchors {
    used: BTreeMap<String, usize>,
}

impl Anchors {
    /// No heading yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The anchor of the next heading.
    ///
    /// ```
    /// use trueup_plan::words::document::Anchors;
    ///
    /// let mut anchors = Anchors::new();
    /// assert_eq!(anchors.of("4.1 net sales"), "41-net-sales");
    /// assert_eq!(anchors.of("4.1 Net sales!"), "41-net-sales-1");
    /// ```
    pub fn of(&mut self, heading: &str) -> String {
        let plain: String = heading
            .chars()
            .flat_map(char::to_lowercase)
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let mut anchor = plain.clone();
        let mut count = self.used.get(&plain).copied().unwrap_or(0);
        while self.used.contains_key(&anchor) {
            count += 1;
            anchor = format!("{plain}-{count}");
        }
        self.used.insert(plain, count);
        self.used.entry(anchor.clone()).or_insert(0);
        anchor
    }
}
