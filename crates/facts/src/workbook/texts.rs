//! The texts that a workbook's cells share, and how any text in it is written.

use std::io::BufRead;

use super::xml::{Piece, Xml};
use crate::cage::Refusal;

/// What a cell may hold, by the format.
const CELL_CHARACTERS_MAX: usize = 32_767;

/// Texts that cells share, by their number.
#[derive(Debug, Default)]
pub struct Texts {
    all: String,
    ends: Vec<usize>,
}

impl Texts {
    /// A text by its number from 0.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let begin = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.all.get(begin..end)
    }
}

/// Reads the part that holds them. What it says about their number is not believed.
pub fn read<R: BufRead>(xml: &mut Xml<R>) -> Result<Texts, Refusal> {
    let mut texts = Texts::default();
    let mut text = Text::default();
    loop {
        match xml.next()? {
            Piece::Start(tag) if tag.is("si") => text = Text::default(),
            Piece::Start(tag) => text.begin(tag.name()),
            Piece::End(tag) if tag.is("si") => {
                texts.all.push_str(&text.text()?);
                texts.ends.push(texts.all.len());
            }
            Piece::End(tag) => text.end(tag.name()),
            Piece::Text(stretch) => text.push(&stretch)?,
            Piece::Finished => return Ok(texts),
        }
    }
}

/// A text being read: its runs one after another, without what says how to pronounce it.
#[derive(Debug, Default)]
pub struct Text {
    text: String,
    is_inside: bool,
    is_phonetic: bool,
}

impl Text {
    /// An element begins.
    pub fn begin(&mut self, name: &[u8]) {
        match name {
            b"t" => self.is_inside = !self.is_phonetic,
            b"rPh" => self.is_phonetic = true,
            _ => {}
        }
    }

    /// An element ends.
    pub fn end(&mut self, name: &[u8]) {
        match name {
            b"t" => self.is_inside = false,
            b"rPh" => self.is_phonetic = false,
            _ => {}
        }
    }

    /// Takes a stretch that belongs to it.
    pub fn push(&mut self, stretch: &str) -> Result<(), Refusal> {
        if self.is_inside {
            push_bounded(&mut self.text, stretch)?;
        }
        Ok(())
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The text as its author sees it.
    pub fn text(&self) -> Result<String, Refusal> {
        finished(self.text.clone())
    }
}

/// Takes a stretch while it may still fit into a cell.
pub fn push_bounded(text: &mut String, stretch: &str) -> Result<(), Refusal> {
    // A character has four bytes at most, and one that is written as `_x0000_` seven.
    if text.len() + stretch.len() > 7 * CELL_CHARACTERS_MAX {
        return Err(too_long());
    }
    text.push_str(stretch);
    Ok(())
}

/// A text with the characters that no XML can hold put in (`_x000D_`), if a cell can hold it.
pub fn finished(text: String) -> Result<String, Refusal> {
    let text = match text.contains("_x") {
        true => unescaped(&text),
        false => text,
    };
    if text.len() > CELL_CHARACTERS_MAX && text.chars().count() > CELL_CHARACTERS_MAX {
        return Err(too_long());
    }
    Ok(text)
}

fn too_long() -> Refusal {
    Refusal::workbook(format!(
        "one of its cells has more than {CELL_CHARACTERS_MAX} characters"
    ))
}

/// ECMA-376 part 1, 22.9.2.19 (ST_Xstring): `_xHHHH_` stands for a character.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match escaped(from) {
            Some(character) => {
                out.push(character);
                rest = from.get(ESCAPE_BYTES..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

const ESCAPE_BYTES: usize = 7;

fn escaped(from: &str) -> Option<char> {
    let digits = from
        .get(..ESCAPE_BYTES)?
        .strip_prefix("_x")?
        .strip_suffix('_')?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_no_xml_holds_are_put_in() {
        for (written, meant) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_x00_", "_x00_"),
            ("_xD800_", "_xD800_"),
            ("a_x", "a_x"),
            ("_x00é_x", "_x00é_x"),
        ] {
            assert_eq!(finished(written.to_owned()).expect("short"), meant);
        }
    }
}
