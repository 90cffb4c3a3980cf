//! Where everything stands on which page.
//!
//! Places are whole hundredths of a point, from the top left; a page is filled from its top, and what does not fit begins
//! the next. What is drawn is kept as marks, and what it means as a tree beside them.

use std::ops::Range;

use super::fonts::{Fonts, Run};

/// A length: hundredths of a point.
pub type Pt = i64;

/// A4.
pub const PAGE_WIDTH: Pt = 59_528;
/// See [`PAGE_WIDTH`].
pub const PAGE_HEIGHT: Pt = 84_189;
/// Where words begin on each page, and how wide they stand.
pub const X_LEFT: Pt = 5_000;
/// See [`X_LEFT`].
pub const WIDTH: Pt = PAGE_WIDTH - 2 * X_LEFT;
const TOP: Pt = 5_000;
const BOTTOM: Pt = PAGE_HEIGHT - 6_400;

/// What something is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Words.
    Dark,
    /// Words that say less.
    Grey,
    /// Headings.
    Accent,
    /// Rules.
    Pale,
    /// What lies under words.
    Wash,
    /// What can still change.
    Amber,
    /// What cannot.
    Green,
    /// Words on a colour.
    White,
}

impl Ink {
    /// Red, green and blue.
    pub const fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Dark => (0x1B, 0x1F, 0x24),
            Self::Grey => (0x5B, 0x64, 0x70),
            Self::Accent => (0x14, 0x50, 0x7A),
            Self::Pale => (0xD5, 0xDA, 0xE0),
            Self::Wash => (0xF1, 0xF5, 0xF8),
            Self::Amber => (0x8F, 0x5B, 0x00),
            Self::Green => (0x1E, 0x6B, 0x4A),
            Self::White => (0xFF, 0xFF, 0xFF),
        }
    }
}

/// How words look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The height of the letters.
    pub size: Pt,
    /// Whether they are bold.
    pub bold: bool,
    /// Their colour.
    pub ink: Ink,
}

impl Style {
    /// A style.
    pub const fn new(size: Pt, bold: bool, ink: Ink) -> Self {
        Self { size, bold, ink }
    }

    /// From one line to the next.
    pub const fn leading(self) -> Pt {
        self.size * 138 / 100
    }

    /// From the top of a line to where its letters stand.
    pub const fn rise(self) -> Pt {
        self.size * 106 / 100
    }
}

/// A part of the document's structure.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A heading: its level, and what it says.
    Heading(u16, String),
    /// A paragraph.
    Paragraph,
    /// A table.
    Table,
    /// Its heads.
    Heads,
    /// Its rows.
    Rows,
    /// A row.
    Row,
    /// The head of a column.
    Head,
    /// A cell, over so many columns.
    Cell(u32),
}

/// A part of the structure, and where it belongs.
#[derive(Debug)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// What it is part of; nothing is the document.
    pub within: Option<PartIx>,
}

/// A part's place in the document.
pub type PartIx = usize;

/// Something that is drawn.
#[derive(Debug)]
pub enum Mark {
    /// Words in one line.
    Words {
        /// Where they begin.
        x: Pt,
        /// Where their letters stand.
        y: Pt,
        /// How they look.
        style: Style,
        /// Their glyphs.
        runs: Vec<Run>,
        /// What they are part of; nothing for what only decorates.
        part: Option<PartIx>,
    },
    /// A filled rectangle.
    Area {
        /// Its left edge.
        x: Pt,
        /// Its upper edge.
        y: Pt,
        /// How wide.
        width: Pt,
        /// How high.
        height: Pt,
        /// In which colour.
        ink: Ink,
    },
}

/// A document as it will be drawn.
#[derive(Debug, Default)]
pub struct Drawn {
    /// What stands on each page.
    pub pages: Vec<Vec<Mark>>,
    /// Its structure, in reading order.
    pub parts: Vec<Part>,
}

/// A document while it is filled.
pub struct Flow<'f> {
    /// What words are shaped with.
    pub fonts: &'f Fonts,
    drawn: Drawn,
    y: Pt,
    is_missing: bool,
}

impl<'f> Flow<'f> {
    /// A document with an empty page.
    pub fn new(fonts: &'f Fonts) -> Self {
        Self {
            fonts,
            drawn: Drawn {
                pages: vec![Vec::new()],
                parts: Vec::new(),
            },
            y: TOP,
            is_missing: false,
        }
    }

    /// The document.
    pub fn finish(self) -> Drawn {
        self.drawn
    }

    /// Begins a paper on a page of its own; says which.
    pub fn begin(&mut self) -> usize {
        if self.drawn.pages.last().is_some_and(|page| !page.is_empty()) {
            self.turn();
        }
        self.is_missing = false;
        self.count() - 1
    }

    /// How many pages there are.
    pub fn count(&self) -> usize {
        self.drawn.pages.len()
    }

    /// Whether a sign of the paper was missing in all fonts.
    pub fn has_missing(&self) -> bool {
        self.is_missing
    }

    /// How far down the page is filled.
    pub fn y(&self) -> Pt {
        self.y
    }

    /// How much room the page has left, and how much any page has.
    pub fn room(&self) -> Pt {
        BOTTOM - self.y
    }

    /// How much room an empty page has.
    pub const fn room_max() -> Pt {
        BOTTOM - TOP
    }

    /// Begins another page.
    pub fn turn(&mut self) {
        self.drawn.pages.push(Vec::new());
        self.y = TOP;
    }

    /// Begins another page where less room is left.
    pub fn keep(&mut self, height: Pt) {
        if self.room() < height {
            self.turn();
        }
    }

    /// Leaves some room, except at the top of a page.
    pub fn gap(&mut self, height: Pt) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Goes down.
    pub fn down(&mut self, height: Pt) {
        self.y += height;
    }

    /// Adds a part to the structure.
    pub fn part(&mut self, kind: Kind, within: Option<PartIx>) -> PartIx {
        self.drawn.parts.push(Part { kind, within });
        self.drawn.parts.len() - 1
    }

    fn draw(&mut self, mark: Mark) {
        if let Some(page) = self.drawn.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Fills a rectangle.
    pub fn area(&mut self, x: Pt, y: Pt, width: Pt, height: Pt, ink: Ink) {
        self.draw(Mark::Area {
            x,
            y,
            width,
            height,
            ink,
        });
    }

    /// Writes showable words whose line begins at some height; of a `right` line `x` is the end.
    pub fn line(
        &mut self,
        x: Pt,
        top: Pt,
        style: Style,
        text: &str,
        right: bool,
        part: Option<PartIx>,
    ) {
        let text = if right { text.trim_end() } else { text };
        let runs = self.fonts.shaped(style, text);
        let width: Pt = runs.iter().map(|run| run.width).sum();
        self.draw(Mark::Words {
            x: if right { x - width } else { x },
            y: top + style.rise(),
            style,
            runs,
            part,
        });
    }

    /// A text in lines of at most some width, each showable. A word that is wider is broken.
    pub fn broken(&mut self, style: Style, text: &str, width: Pt) -> Vec<String> {
        let (text, is_missing) = self.fonts.showable(text);
        self.is_missing |= is_missing;
        let blank = self.fonts.width(style, " ");
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut filled: Pt = 0;
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            for (at, piece) in self.pieces(style, word, width).into_iter().enumerate() {
                let wide = self.fonts.width(style, &piece);
                if !line.is_empty() && (at > 0 || filled + blank + wide > width) {
                    // The blank between two words stands at the line's end, for whoever reads or copies on.
                    line.push_str(if at > 0 { "" } else { " " });
                    lines.push(std::mem::take(&mut line));
                    filled = 0;
                }
                if !line.is_empty() {
                    line.push(' ');
                    filled += blank;
                }
                line.push_str(&piece);
                filled += wide;
            }
        }
        lines.push(line);
        lines
    }

    /// A word whole, or in pieces that fit.
    fn pieces(&self, style: Style, word: &str, width: Pt) -> Vec<String> {
        if self.fonts.width(style, word) <= width {
            return vec![word.to_owned()];
        }
        let mut pieces = Vec::new();
        let mut piece = String::new();
        let mut filled: Pt = 0;
        for sign in word.chars() {
            let wide = self.fonts.width_of(style, sign);
            if !piece.is_empty() && filled + wide > width {
                pieces.push(std::mem::take(&mut piece));
                filled = 0;
            }
            piece.push(sign);
            filled += wide;
        }
        pieces.push(piece);
        pieces
    }

    /// A paragraph over the whole width.
    pub fn paragraph(&mut self, style: Style, text: &str) {
        self.block(style, text, Kind::Paragraph);
    }

    /// A heading of some level.
    pub fn heading(&mut self, style: Style, level: u16, text: &str) {
        let (said, _) = self.fonts.showable(text);
        self.block(style, text, Kind::Heading(level, said));
    }

    fn block(&mut self, style: Style, text: &str, kind: Kind) {
        let lines = self.broken(style, text, WIDTH);
        if lines.iter().all(String::is_empty) {
            return;
        }
        let part = self.part(kind, None);
        for line in lines {
            self.keep(style.leading());
            self.line(X_LEFT, self.y, style, &line, false, Some(part));
            self.y += style.leading();
        }
    }

    /// A word on a colour, at the right of the page's top.
    pub fn badge(&mut self, style: Style, word: &str, ink: Ink) {
        let wide = self.fonts.width(style, word);
        let (inside, height) = (700, style.leading() + 500);
        let left = X_LEFT + WIDTH - wide - 2 * inside;
        self.area(left, self.y - 250, wide + 2 * inside, height, ink);
        let part = self.part(Kind::Paragraph, None);
        self.line(left + inside, self.y, style, word, false, Some(part));
    }

    /// What stands at the foot of some pages: what they are of, their number, and hashes.
    pub fn feet(&mut self, pages: Range<usize>, of: &str, hashes: &str) {
        const FOOT: Style = Style::new(700, false, Ink::Grey);
        let of = self.cut(FOOT, of, WIDTH - 8_000);
        let hashes = self.cut(FOOT, hashes, WIDTH);
        let count = self.drawn.pages.len();
        for at in pages {
            let number = format!("Page {} of {count}", at + 1);
            let top = BOTTOM + 1_500;
            let words = [
                (X_LEFT, top, of.as_str(), false),
                (X_LEFT + WIDTH, top, number.as_str(), true),
                (X_LEFT, top + FOOT.leading(), hashes.as_str(), false),
            ];
            let mut marks = vec![Mark::Area {
                x: X_LEFT,
                y: BOTTOM + 1_000,
                width: WIDTH,
                height: 50,
                ink: Ink::Pale,
            }];
            for (x, top, text, right) in words {
                if text.is_empty() {
                    continue;
                }
                let runs = self.fonts.shaped(FOOT, text);
                let width: Pt = runs.iter().map(|run| run.width).sum();
                marks.push(Mark::Words {
                    x: if right { x - width } else { x },
                    y: top + FOOT.rise(),
                    style: FOOT,
                    runs,
                    part: None,
                });
            }
            if let Some(page) = self.drawn.pages.get_mut(at) {
                page.extend(marks);
            }
        }
    }

    /// A text in one line, its end left out where it is too wide; the whole stands elsewhere.
    fn cut(&mut self, style: Style, text: &str, width: Pt) -> String {
        let lines = self.broken(style, text, width - self.fonts.width(style, " …"));
        match lines.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, ..] => format!("{} …", first.trim_end()),
        }
    }
}
