//! The one place where lengths become the floats that the PDF's writer takes.

use std::num::NonZeroU16;

use super::super::About;
use super::fonts::{FontIx, Fonts};
use super::layout::{Drawn, Ink, Kind, Mark, PAGE_HEIGHT, PAGE_WIDTH, PartIx, Pt};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

/// The language of our own words; partners' names and plans' words may be in another.
const LANGUAGE: &str = "en";

/// Draws a document.
///
/// # Errors
/// When the writer finds that it would not be of the kind that archives keep, in its words.
pub fn write(drawn: Drawn, fonts: &Fonts, about: &About<'_>) -> Result<Vec<u8>, String> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| format!("{error:?}"))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut pen = Pen::new(fonts, drawn.parts.len())?;
    for (number, marks) in drawn.pages.iter().enumerate() {
        let size = PageSettings::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT));
        let size = size.ok_or("a page has a size")?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        for mark in marks {
            pen.mark(&mut surface, number, mark)?;
        }
        surface.finish();
        page.finish();
    }
    let mut outline = Outline::new();
    for (part, at) in drawn.parts.iter().zip(&pen.places) {
        if let (Kind::Heading(1 | 2, said), Some((page, y))) = (&part.kind, at) {
            let there = Point::from_xy(points(0), points(*y));
            outline.push_child(OutlineNode::new(
                said.clone(),
                krilla::destination::XyzDestination::new(*page, there),
            ));
        }
    }
    document.set_outline(outline);
    document.set_tag_tree(tree(&drawn, pen.leaves));
    document.set_metadata(metadata(about));
    document.finish().map_err(|error| format!("{error:?}"))
}

fn metadata(about: &About<'_>) -> Metadata {
    // The last period's last day stands for the day it was made.
    let made_on = about.last.period.last;
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let made = DateTime::new(u16::try_from(made_on.year()).unwrap_or(0))
        .month(part(made_on.month()))
        .day(part(made_on.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(about.title.clone())
        .description(about.subject.clone())
        .creator("Trueup".to_owned())
        .language(LANGUAGE.to_owned())
        .document_id(format!("{} {}", about.title, about.subject))
        .creation_date(made)
}

#[expect(
    clippy::disallowed_types,
    reason = "the writer takes floats; they come from whole hundredths of a point here and nowhere else"
)]
#[expect(
    clippy::float_arithmetic,
    reason = "a division by a hundred, the same on every machine"
)]
fn points(length: Pt) -> f32 {
    // Lengths of a page are far below the whole numbers that a float holds.
    length as f32 / f32::from(100_u8)
}

struct Pen<'f> {
    fonts: &'f Fonts,
    loaded: Vec<(FontIx, Font)>,
    /// What was drawn of each part.
    leaves: Vec<Vec<Identifier>>,
    /// Where each part begins.
    places: Vec<Option<(usize, Pt)>>,
}

impl<'f> Pen<'f> {
    fn new(fonts: &'f Fonts, parts: usize) -> Result<Self, String> {
        let mut loaded = Vec::new();
        for ix in FontIx::ALL {
            let font = Font::new(ix.bytes().into(), 0).ok_or("a font can't be read")?;
            loaded.push((ix, font));
        }
        Ok(Self {
            fonts,
            loaded,
            leaves: vec![Vec::new(); parts],
            places: vec![None; parts],
        })
    }

    fn mark(&mut self, surface: &mut Surface<'_>, page: usize, mark: &Mark) -> Result<(), String> {
        match mark {
            Mark::Area {
                x,
                y,
                width,
                height,
                ink,
            } => {
                let layout = Artifact::with_kind(ArtifactType::Layout);
                surface.start_tagged(ContentTag::Artifact(layout));
                surface.set_fill(Some(fill(*ink)));
                let area = Rect::from_xywh(points(*x), points(*y), points(*width), points(*height));
                let mut path = PathBuilder::new();
                path.push_rect(area.ok_or("an area has a size")?);
                surface.draw_path(&path.finish().ok_or("an area has edges")?);
                surface.end_tagged();
            }
            Mark::Words {
                x,
                y,
                style,
                runs,
                part,
            } => {
                let tag = match part {
                    Some(_) => ContentTag::Span(SpanTag::empty()),
                    None => {
                        ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther))
                    }
                };
                let drawn = surface.start_tagged(tag);
                surface.set_fill(Some(fill(style.ink)));
                let mut x = *x;
                for run in runs {
                    let Some((_, font)) = self.loaded.iter().find(|(ix, _)| *ix == run.font) else {
                        return Err("a font is not loaded".to_owned());
                    };
                    let units = self.fonts.units_per_em(run.font);
                    let glyphs: Vec<KrillaGlyph> = run
                        .glyphs
                        .iter()
                        .map(|glyph| {
                            KrillaGlyph::new(
                                GlyphId::new(glyph.id),
                                of_em(glyph.advance, units),
                                of_em(glyph.offset.0, units),
                                of_em(glyph.offset.1, units),
                                of_em(0, units),
                                glyph.range.clone(),
                                None,
                            )
                        })
                        .collect();
                    let start = Point::from_xy(points(x), points(*y));
                    let size = points(style.size);
                    surface.draw_glyphs(start, &glyphs, font.clone(), &run.text, size, false);
                    x += run.width;
                }
                surface.end_tagged();
                if let Some(part) = *part {
                    if let Some(leaves) = self.leaves.get_mut(part) {
                        leaves.push(drawn);
                    }
                    if let Some(place @ None) = self.places.get_mut(part) {
                        *place = Some((page, y - style.rise()));
                    }
                }
            }
        }
        Ok(())
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "the writer takes floats; they come from the fonts' whole units here and nowhere else"
)]
#[expect(
    clippy::float_arithmetic,
    reason = "one division of two whole numbers, the same on every machine"
)]
fn of_em(units: i32, per_em: i32) -> f32 {
    units as f32 / per_em as f32
}

fn fill(ink: Ink) -> Fill {
    let (red, green, blue) = ink.rgb();
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

/// The document's structure.
fn tree(drawn: &Drawn, leaves: Vec<Vec<Identifier>>) -> TagTree {
    let mut within: Vec<Vec<PartIx>> = vec![Vec::new(); drawn.parts.len()];
    let mut roots = Vec::new();
    for (ix, part) in drawn.parts.iter().enumerate() {
        match part.within.and_then(|around| within.get_mut(around)) {
            Some(around) => around.push(ix),
            None => roots.push(ix),
        }
    }
    let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
    for root in roots {
        if let Some(group) = group(drawn, &leaves, &within, root) {
            tree.push(group);
        }
    }
    tree
}

fn group(
    drawn: &Drawn,
    leaves: &[Vec<Identifier>],
    within: &[Vec<PartIx>],
    ix: PartIx,
) -> Option<TagGroup> {
    let part = drawn.parts.get(ix)?;
    let mut group = match &part.kind {
        Kind::Heading(level, said) => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            TagGroup::new(Tag::Hn(level, Some(said.clone())))
        }
        Kind::Paragraph => TagGroup::new(Tag::P),
        Kind::Table => TagGroup::new(Tag::Table),
        Kind::Heads => TagGroup::new(Tag::THead),
        Kind::Rows => TagGroup::new(Tag::TBody),
        Kind::Row => TagGroup::new(Tag::TR),
        Kind::Head => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        Kind::Cell(over) => {
            let over = std::num::NonZeroU32::new(*over).filter(|over| over.get() > 1);
            TagGroup::new(Tag::TD.with_col_span(over))
        }
    };
    for leaf in leaves.get(ix).into_iter().flatten() {
        group.push(Node::Leaf(*leaf));
    }
    for inner in within.get(ix).into_iter().flatten() {
        if let Some(inner) = self::group(drawn, leaves, within, *inner) {
            group.push(inner);
        }
    }
    Some(group)
}
