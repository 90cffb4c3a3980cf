//! Which cell styles make a number a day, a time, or both.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::xml::{Piece, Xml};
use crate::cage::Refusal;

/// What a number means by the style of its cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    /// A number.
    #[default]
    Number,
    /// A day, perhaps with its time.
    Day,
    /// A time alone.
    Time,
}

/// The styles of a workbook, by their number.
#[derive(Debug, Default)]
pub struct Styles(Vec<Shows>);

impl Styles {
    /// What a style shows.
    pub fn get(&self, at: usize) -> Shows {
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// Reads the part that holds them.
pub fn read<R: BufRead>(xml: &mut Xml<R>) -> Result<Styles, Refusal> {
    let mut own: BTreeMap<u32, Shows> = BTreeMap::new();
    let mut styles = Vec::new();
    let mut is_inside = false;
    loop {
        match xml.next()? {
            Piece::Start(tag) if tag.is("numFmt") => {
                let id = tag.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                let code = tag.attribute("formatCode")?.unwrap_or_default();
                own.extend(id.map(|id| (id, shown_by(&code))));
            }
            Piece::Start(tag) if tag.is("cellXfs") => is_inside = true,
            Piece::End(tag) if tag.is("cellXfs") => is_inside = false,
            Piece::Start(tag) if is_inside && tag.is("xf") => {
                let id = tag.attribute("numFmtId")?.and_then(|id| id.parse().ok());
                let id = id.unwrap_or(0);
                styles.push(own.get(&id).copied().unwrap_or_else(|| built_in(id)));
            }
            Piece::Finished => return Ok(Styles(styles)),
            Piece::Start(_) | Piece::End(_) | Piece::Text(_) => {}
        }
    }
}

/// ECMA-376 part 1, 18.8.30 (numFmt): the formats every workbook has, those of East Asia too.
fn built_in(id: u32) -> Shows {
    match id {
        14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57..=58 => Shows::Day,
        18..=21 | 32..=35 | 45..=47 | 55..=56 => Shows::Time,
        _ => Shows::Number,
    }
}

/// What a format's code shows; the section for positive numbers decides.
fn shown_by(code: &str) -> Shows {
    let mut has_day = false;
    let mut has_time = false;
    let mut has_month = false;
    let mut characters = code.chars();
    while let Some(character) = characters.next() {
        match character.to_ascii_lowercase() {
            // What follows stands for itself, or for its width.
            '\\' | '_' | '*' => {
                characters.next();
            }
            '"' => while characters.next().is_some_and(|inside| inside != '"') {},
            '[' => {
                let inside: String = characters.by_ref().take_while(|of| *of != ']').collect();
                // Time gone by is in brackets; so are colours, conditions and languages, which show nothing.
                let is_elapsed = |of: char| matches!(of, 'h' | 'm' | 's' | 'H' | 'M' | 'S');
                has_time |= !inside.is_empty() && inside.chars().all(is_elapsed);
            }
            ';' => break,
            'y' | 'd' => has_day = true,
            'h' | 's' => has_time = true,
            'm' => has_month = true,
            _ => {}
        }
    }
    match (has_day, has_time, has_month) {
        (true, _, _) | (false, false, true) => Shows::Day,
        (false, true, _) => Shows::Time,
        (false, false, false) => Shows::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_shows_what_is_in_it_and_not_in_its_quotes() {
        for (code, shows) in [
            ("yyyy\\-mm\\-dd", Shows::Day),
            ("[$-407]d. mmmm yyyy;@", Shows::Day),
            ("mmm", Shows::Day),
            ("dd/mm/yyyy hh:mm", Shows::Day),
            ("h:mm:ss AM/PM", Shows::Time),
            ("[h]:mm", Shows::Time),
            ("[mm]:ss", Shows::Time),
            ("#,##0.00", Shows::Number),
            ("0.00\" days\"", Shows::Number),
            ("[Red]0.00", Shows::Number),
            ("0.00\\d", Shows::Number),
            ("_-* #,##0.00 _€", Shows::Number),
            ("General", Shows::Number),
            ("0;\"d\"", Shows::Number),
        ] {
            assert_eq!(shown_by(code), shows, "{code}");
        }
    }
}
