//! The XML of a workbook's parts, without anything that no workbook needs.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesEnd, BytesStart, Event};

use crate::cage::Refusal;
use crate::words::shown;

/// More attributes than any element of a workbook has.
const ATTRIBUTES_MAX: usize = 64;
/// Deeper than any part of a workbook nests.
const DEPTH_MAX: usize = 48;

/// XML being read.
pub struct Xml<R> {
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
}

/// A piece of XML.
pub enum Piece<'a> {
    /// An element begins.
    Start(Tag<'a>),
    /// An element ends.
    End(Tag<'a>),
    /// Text, or a stretch of it.
    Text(String),
    /// There is no more.
    Finished,
}

/// An element's tag.
pub enum Tag<'a> {
    /// Where it begins, with its attributes.
    Start(BytesStart<'a>),
    /// Where it ends.
    End(BytesEnd<'a>),
}

impl Tag<'_> {
    /// Whether its name is this, whatever namespace it is in.
    pub fn is(&self, name: &str) -> bool {
        self.name() == name.as_bytes()
    }

    /// Its name without its namespace.
    pub fn name(&self) -> &[u8] {
        match self {
            Self::Start(tag) => tag.local_name().into_inner(),
            Self::End(tag) => tag.local_name().into_inner(),
        }
    }

    /// An attribute, whatever namespace it is in.
    pub fn attribute(&self, name: &str) -> Result<Option<String>, Refusal> {
        let Self::Start(tag) = self else {
            return Ok(None);
        };
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(no_xml)?;
            if attribute.key.local_name().as_ref() == name.as_bytes() {
                let value = attribute.unescape_value().map_err(|_| entities())?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }
}

fn no_xml(error: impl std::fmt::Display) -> Refusal {
    Refusal::workbook(format!(
        "one of its parts is no XML: {}",
        shown(&error.to_string())
    ))
}

fn entities() -> Refusal {
    Refusal::workbook("it declares entities of its own, which no workbook needs")
}

impl<R: BufRead> Xml<R> {
    pub fn new(from: R) -> Self {
        let mut reader = Reader::from_reader(from);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            depth: 0,
        }
    }

    /// The next piece that says something.
    ///
    /// # Errors
    /// When it is none that a workbook has.
    pub fn next(&mut self) -> Result<Piece<'_>, Refusal> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        let event = event.map_err(|error| match error {
            quick_xml::Error::Io(error) => Refusal::workbook(error.to_string()),
            other => no_xml(other),
        })?;
        Ok(match event {
            Event::Start(tag) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err(Refusal::workbook("one of its parts nests without end"));
                }
                // Not compared with each other: a million of them would take a million times a million steps.
                let mut attributes = tag.attributes();
                let attributes = attributes.with_checks(false);
                if attributes.take(ATTRIBUTES_MAX + 1).count() > ATTRIBUTES_MAX {
                    let what = "one of its elements has more attributes than any workbook's";
                    return Err(Refusal::workbook(what));
                }
                Piece::Start(Tag::Start(tag))
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                Piece::End(Tag::End(tag))
            }
            Event::Text(text) => Piece::Text(text.xml10_content().map_err(no_xml)?.into_owned()),
            Event::CData(text) => Piece::Text(text.xml10_content().map_err(no_xml)?.into_owned()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(no_xml)?;
                match character {
                    Some(character) => Piece::Text(character.to_string()),
                    None => {
                        let name = reference.decode().map_err(no_xml)?;
                        let text = resolve_predefined_entity(&name).ok_or_else(entities)?;
                        Piece::Text(text.to_owned())
                    }
                }
            }
            Event::DocType(_) => {
                return Err(Refusal::workbook("it has a DTD, which no workbook needs"));
            }
            Event::Eof if self.depth > 0 => {
                return Err(Refusal::workbook("one of its parts is cut short"));
            }
            Event::Eof => Piece::Finished,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {
                Piece::Text(String::new())
            }
        })
    }
}
