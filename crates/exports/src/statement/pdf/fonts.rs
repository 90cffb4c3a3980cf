//! Which glyphs a text is, and how wide they stand.
//!
//! Noto Sans in two weights, whose figures are all of one width, and behind it DejaVu Sans for the scripts and signs that
//! Noto's file lacks. Widths are whole hundredths of a point, worked out from the fonts' own whole units.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use rustybuzz::{Direction, Face, Script, ShapePlan, UnicodeBuffer};

use super::layout::{Pt, Style};

/// The fonts of a document, by their place in [`Fonts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FontIx {
    /// Noto Sans.
    Regular,
    /// Noto Sans, bold.
    Bold,
    /// What Noto lacks.
    Fallback,
}

impl FontIx {
    /// Every font.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Fallback];

    /// The bytes of its file.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => notosans::REGULAR_TTF,
            Self::Bold => notosans::BOLD_TTF,
            Self::Fallback => dejavu::sans::regular(),
        }
    }
}

/// Fonts that texts are shaped with.
pub struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
    fallback: Face<'static>,
    /// How a font shapes a script, worked out once.
    plans: RefCell<Vec<(Planned, Rc<ShapePlan>)>>,
}

/// What a shaping plan is for.
type Planned = (FontIx, Direction, Script);

/// A stretch of one font and one direction.
#[derive(Debug)]
pub struct Run {
    /// The font.
    pub font: FontIx,
    /// Its text.
    pub text: String,
    /// Its glyphs, from the left to the right.
    pub glyphs: Vec<Glyph>,
    /// How wide it is.
    pub width: Pt,
}

/// A glyph in the units of its font.
#[derive(Debug)]
pub struct Glyph {
    /// Its number in the font.
    pub id: u32,
    /// How far it moves on.
    pub advance: i32,
    /// Where it stands beside that.
    pub offset: (i32, i32),
    /// The bytes of the text that it stands for.
    pub range: Range<usize>,
}

/// What stands for a sign that no font has.
const MISSING: char = '□';

impl Fonts {
    /// The fonts, read from the program itself.
    pub fn new() -> Self {
        let face = |font: FontIx| {
            Face::from_slice(font.bytes(), 0)
                .expect("the fonts that come with the program are fonts")
        };
        Self {
            regular: face(FontIx::Regular),
            bold: face(FontIx::Bold),
            fallback: face(FontIx::Fallback),
            plans: RefCell::default(),
        }
    }

    fn plan(&self, planned: Planned) -> Rc<ShapePlan> {
        let mut plans = self.plans.borrow_mut();
        if let Some((_, plan)) = plans.iter().find(|(known, _)| *known == planned) {
            return Rc::clone(plan);
        }
        let (font, direction, script) = planned;
        let plan = ShapePlan::new(self.face(font), direction, Some(script), None, &[]);
        let plan = Rc::new(plan);
        plans.push((planned, Rc::clone(&plan)));
        plan
    }

    fn face(&self, font: FontIx) -> &Face<'static> {
        match font {
            FontIx::Regular => &self.regular,
            FontIx::Bold => &self.bold,
            FontIx::Fallback => &self.fallback,
        }
    }

    /// How many units a font has to the height of its letters.
    pub fn units_per_em(&self, font: FontIx) -> i32 {
        self.face(font).units_per_em()
    }

    /// A text that the fonts can show, and whether a sign was missing: blanks for control characters, nothing for signs that
    /// only steer, boxes for what no font has.
    pub fn showable(&self, text: &str) -> (String, bool) {
        let mut is_missing = false;
        let mut showable = String::with_capacity(text.len());
        for sign in text.chars() {
            match sign {
                _ if sign.is_control() || sign.is_whitespace() => showable.push(' '),
                _ if steers(sign) => {}
                _ if self.font_of(sign, FontIx::Regular).is_some() => showable.push(sign),
                _ => {
                    is_missing = true;
                    showable.push(MISSING);
                }
            }
        }
        (showable, is_missing)
    }

    fn font_of(&self, sign: char, wanted: FontIx) -> Option<FontIx> {
        let has = |font: &FontIx| self.face(*font).glyph_index(sign).is_some();
        [wanted, FontIx::Regular, FontIx::Fallback]
            .into_iter()
            .find(has)
    }

    /// The glyphs of a showable text, stretch by stretch.
    pub fn shaped(&self, style: Style, text: &str) -> Vec<Run> {
        let wanted = match style.bold {
            true => FontIx::Bold,
            false => FontIx::Regular,
        };
        let mut stretches: Vec<(FontIx, bool, String)> = Vec::new();
        for sign in text.chars() {
            let font = self.font_of(sign, wanted).unwrap_or(wanted);
            let is_neutral = !sign.is_alphanumeric();
            let is_leftward = is_leftward(sign);
            match stretches.last_mut() {
                // What has no direction goes with what came before it.
                Some((same, leftward, stretch))
                    if *same == font && (is_neutral || *leftward == is_leftward) =>
                {
                    stretch.push(sign);
                }
                _ => stretches.push((font, is_leftward, sign.to_string())),
            }
        }
        let stretches = stretches.into_iter();
        stretches
            .map(|(font, is_leftward, text)| self.run(font, is_leftward, text, style.size))
            .collect()
    }

    /// How wide a showable text stands.
    pub fn width(&self, style: Style, text: &str) -> Pt {
        self.shaped(style, text).iter().map(|run| run.width).sum()
    }

    /// How wide a sign stands by itself, as near as breaking a word needs it.
    pub fn width_of(&self, style: Style, sign: char) -> Pt {
        let wanted = match style.bold {
            true => FontIx::Bold,
            false => FontIx::Regular,
        };
        let face = self.face(self.font_of(sign, wanted).unwrap_or(wanted));
        let glyph = face.glyph_index(sign);
        let units = glyph.and_then(|glyph| face.glyph_hor_advance(glyph));
        i64::from(units.unwrap_or(0)) * style.size / i64::from(face.units_per_em()) + 1
    }

    fn run(&self, font: FontIx, is_leftward: bool, text: String, size: Pt) -> Run {
        let face = self.face(font);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        let direction = match is_leftward {
            true => Direction::RightToLeft,
            false => Direction::LeftToRight,
        };
        buffer.set_direction(direction);
        let plan = self.plan((font, direction, buffer.script()));
        let shaped = rustybuzz::shape_with_plan(face, &plan, buffer);
        let mut starts: Vec<usize> = shaped
            .glyph_infos()
            .iter()
            .map(|info| info.cluster as usize)
            .collect();
        starts.sort_unstable();
        let mut glyphs = Vec::with_capacity(shaped.len());
        let mut units = 0_i64;
        for (info, place) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let start = info.cluster as usize;
            let end = starts.get(starts.partition_point(|next| *next <= start));
            units += i64::from(place.x_advance);
            glyphs.push(Glyph {
                id: info.glyph_id,
                advance: place.x_advance,
                offset: (place.x_offset, place.y_offset),
                range: start..end.copied().unwrap_or(text.len()),
            });
        }
        Run {
            font,
            text,
            glyphs,
            width: units * size / i64::from(face.units_per_em()),
        }
    }
}

/// Signs that steer how others are shown and have no form: marks of direction, joiners of no width, tags.
fn steers(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Letters of scripts that are written from the right to the left.
fn is_leftward(sign: char) -> bool {
    matches!(
        sign,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
    )
}

#[cfg(test)]
mod tests {
    use super::super::layout::Ink;
    use super::*;

    const TEN: Style = Style::new(1_000, false, Ink::Dark);

    #[test]
    fn all_figures_are_of_one_width() {
        let fonts = Fonts::new();
        for bold in [false, true] {
            let style = Style::new(1_000, bold, Ink::Dark);
            let widths: std::collections::BTreeSet<Pt> = ('0'..='9')
                .map(|figure| fonts.width(style, &figure.to_string()))
                .collect();
            assert_eq!(widths.len(), 1);
        }
    }

    #[test]
    fn signs_come_from_the_first_font_that_has_them() {
        let fonts = Fonts::new();
        let runs = fonts.shaped(TEN, "Ωж✓x");
        let fonts_of: Vec<FontIx> = runs.iter().map(|run| run.font).collect();
        assert_eq!(
            fonts_of,
            [FontIx::Regular, FontIx::Fallback, FontIx::Regular]
        );
        assert!(
            runs.iter()
                .all(|run| run.glyphs.iter().all(|glyph| glyph.id != 0))
        );
    }

    #[test]
    fn what_no_font_has_is_a_box_and_what_steers_is_nothing() {
        let fonts = Fonts::new();
        assert_eq!(
            fonts.showable("a\u{202e}b\u{0}c\n中"),
            ("ab c □".to_owned(), true)
        );
        assert_eq!(fonts.showable("Zoë → №1"), ("Zoë → №1".to_owned(), false));
    }

    #[test]
    fn arabic_letters_are_joined_and_stand_from_the_right() {
        let fonts = Fonts::new();
        let runs = fonts.shaped(TEN, "شركة");
        assert_eq!(runs.len(), 1);
        let starts: Vec<usize> = runs[0]
            .glyphs
            .iter()
            .map(|glyph| glyph.range.start)
            .collect();
        let mut sorted = starts.clone();
        sorted.sort_by_key(|start| std::cmp::Reverse(*start));
        assert_eq!(starts, sorted);
    }
}
