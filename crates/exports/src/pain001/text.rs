//! The characters a bank takes, and texts made of nothing else.
//!
//! The interbank space takes `a-z A-Z 0-9 / - ? : ( ) . , ' +` and the space. Names and remittance texts are
//! transliterated into it, as banks themselves do with what they are sent (after EPC217-08): letters lose their marks, Greek
//! and Bulgarian letters become Latin ones, other signs the nearest one there is. Ids are refused instead, because two ids
//! may become one. A letter of any other script has no place in a payment, and is refused.

use std::fmt;

use super::Refusal;

/// How many characters ids, names and remittance texts may have; a name's 70 are SEPA's, the schema has 140.
pub const ID_MAX: usize = 35;
/// See [`ID_MAX`].
pub const NAME_MAX: usize = 70;
/// See [`ID_MAX`].
pub const REMITTANCE_MAX: usize = 140;

/// An id that a bank hands through unchanged: a message's, a payment's. At most [`ID_MAX`] characters.
///
/// ```
/// use trueup_exports::pain001::Id;
///
/// assert_eq!(Id::parse("2026-Q1/P-100")?.as_str(), "2026-Q1/P-100");
/// assert!(Id::parse("2026_Q1").is_err()); // an underscore would come back as something else
/// assert!(Id::parse("a//b").is_err() && Id::parse("/a").is_err()); // slashes that SEPA reserves
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// Takes a text as it is.
    ///
    /// # Errors
    /// When it is empty, longer than [`ID_MAX`] characters, holds another character than a bank takes, a space at an end, or a
    /// slash at an end or two in a row.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let what = "id";
        held_to(what, text, ID_MAX)?;
        if let Some(found) = text.chars().find(|found| !is_taken(*found)) {
            return Err(Refusal::Character {
                what,
                text: text.to_owned(),
                found,
            });
        }
        let at_an_end = |end: char| text.starts_with(end) || text.ends_with(end);
        if at_an_end('/') || at_an_end(' ') || text.contains("//") || text.contains("  ") {
            return Err(Refusal::Slashes(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text of at most `MAX` characters, in a bank's characters.
///
/// ```
/// use trueup_exports::pain001::{Name, Remittance};
///
/// assert_eq!(Name::transliterated("Müller & Søn A/S")?.as_str(), "Muller + Son A/S");
/// assert_eq!(Remittance::transliterated("Αθήνα “Q1”")?.as_str(), "Athina 'Q1'");
/// assert!(Name::transliterated("株式会社").is_err());
/// # Ok::<(), trueup_exports::pain001::Refusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize>(String);

/// The name of a party: at most [`NAME_MAX`] characters.
pub type Name = Text<NAME_MAX>;
/// What a payment is for, as the creditor reads it: at most [`REMITTANCE_MAX`] characters.
pub type Remittance = Text<REMITTANCE_MAX>;
/// A line of an address: at most 70 characters.
pub type Street = Text<70>;
/// A building's number, or a post code: at most 16 characters.
pub type Short = Text<16>;
/// A town: at most 35 characters.
pub type Town = Text<35>;

impl<const MAX: usize> Text<MAX> {
    /// Writes a text in a bank's characters; spaces at its ends go, and several in a row are one.
    ///
    /// # Errors
    /// When nothing is left, more than `MAX` characters are, or a character has no counterpart.
    pub fn transliterated(text: &str) -> Result<Self, Refusal> {
        let what = "text";
        let mut written = String::with_capacity(text.len());
        for found in text.chars() {
            match counterpart(found) {
                Some(counterpart) => written.push_str(counterpart),
                None if is_taken(found) => written.push(found),
                None if found.is_whitespace() => written.push(' '),
                None if is_mark(found) => {}
                None => {
                    return Err(Refusal::Character {
                        what,
                        text: text.to_owned(),
                        found,
                    });
                }
            }
        }
        let words: Vec<&str> = written.split(' ').filter(|word| !word.is_empty()).collect();
        let written = words.join(" ");
        held_to(what, &written, MAX)?;
        Ok(Self(written))
    }

    /// The text in a bank's characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn held_to(what: &'static str, text: &str, max: usize) -> Result<(), Refusal> {
    let characters = text.chars().count();
    match characters {
        0 => Err(Refusal::Empty { what }),
        _ if characters > max => Err(Refusal::TooLong {
            what,
            text: text.to_owned(),
            characters,
            max,
        }),
        _ => Ok(()),
    }
}

/// Whether a bank takes a character as it is.
pub(super) fn is_taken(found: char) -> bool {
    found.is_ascii_alphanumeric() || "/-?:().,'+ ".contains(found)
}

/// Marks that stand above or below the letter before them.
fn is_mark(found: char) -> bool {
    matches!(found, '\u{300}'..='\u{36f}')
}

/// What a letter or sign is written as, where that is something else: each row some characters, and what they all become.
const COUNTERPARTS: &[(&str, &str)] = &[
    ("ÀÁÂÃÄÅĀĂĄǍΑΆ", "A"),
    ("àáâãäåāăąǎαά", "a"),
    ("Æ", "AE"),
    ("æ", "ae"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ÐĎĐΔД", "D"),
    ("ðďđδд", "d"),
    ("ÈÉÊËĒĔĖĘĚΕΈ", "E"),
    ("èéêëēĕėęěεέ", "e"),
    ("ĜĞĠĢΓГ", "G"),
    ("ĝğġģγг", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ÌÍÎÏĨĪĬĮİΗΉΙΊΪИ", "I"),
    ("ìíîïĩīĭįıηήιίϊΐи", "i"),
    ("Ĵ", "J"),
    ("ĵ", "j"),
    ("ĶΚК", "K"),
    ("ķĸκк", "k"),
    ("ĹĻĽĿŁΛЛ", "L"),
    ("ĺļľŀłλл", "l"),
    ("ΜМ", "M"),
    ("μµм", "m"),
    ("ÑŃŅŇŊΝН", "N"),
    ("ñńņňŋνн", "n"),
    ("ÒÓÔÕÖØŌŎŐΟΌΩΏО", "O"),
    ("òóôõöøōŏőοόωώо", "o"),
    ("Œ", "OE"),
    ("œ", "oe"),
    ("ΠП", "P"),
    ("πп", "p"),
    ("ŔŖŘΡР", "R"),
    ("ŕŗřρр", "r"),
    ("ŚŜŞŠȘΣС", "S"),
    ("śŝşšșσςс", "s"),
    ("ß", "ss"),
    ("ẞ", "SS"),
    ("ŢŤŦȚΤТ", "T"),
    ("ţťŧțτт", "t"),
    ("Þ", "TH"),
    ("þ", "th"),
    ("ÙÚÛÜŨŪŬŮŰŲУ", "U"),
    ("ùúûüũūŭůűųу", "u"),
    ("ΒВ", "V"),
    ("βв", "v"),
    ("Ŵ", "W"),
    ("ŵ", "w"),
    ("Ξ", "X"),
    ("ξ", "x"),
    ("ÝŶŸΥΎΫЙЬ", "Y"),
    ("ýÿŷυύϋΰйь", "y"),
    ("ŹŻŽΖЗ", "Z"),
    ("źżžζз", "z"),
    ("Θ", "TH"),
    ("θ", "th"),
    ("Φ", "F"),
    ("φ", "f"),
    ("Χ", "CH"),
    ("χ", "ch"),
    ("Ψ", "PS"),
    ("ψ", "ps"),
    ("А", "A"),
    ("а", "a"),
    ("Б", "B"),
    ("б", "b"),
    ("Е", "E"),
    ("е", "e"),
    ("Ж", "ZH"),
    ("ж", "zh"),
    ("Ф", "F"),
    ("ф", "f"),
    ("Х", "H"),
    ("х", "h"),
    ("Ц", "TS"),
    ("ц", "ts"),
    ("Ч", "CH"),
    ("ч", "ch"),
    ("Ш", "SH"),
    ("ш", "sh"),
    ("Щ", "SHT"),
    ("щ", "sht"),
    ("Ъ", "A"),
    ("ъ", "a"),
    ("Ю", "YU"),
    ("ю", "yu"),
    ("Я", "YA"),
    ("я", "ya"),
    ("&", "+"),
    ("_~–—−·\u{2010}\u{2011}", "-"),
    ("\"`´’‘‚“”„«»‹›", "'"),
    ("[{<", "("),
    ("]}>", ")"),
    ("|\\", "/"),
    (";", ","),
    ("!*#$%^=@•", "."),
    ("…", "..."),
    ("¿", "?"),
    ("¡", "."),
    ("€", "EUR"),
    ("№º°", "."),
];

fn counterpart(found: char) -> Option<&'static str> {
    let row = COUNTERPARTS.iter().find(|(from, _)| from.contains(found));
    row.map(|(_, to)| *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counterpart_is_in_a_banks_characters_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for (from, to) in COUNTERPARTS {
            assert!(to.chars().all(is_taken), "{to}");
            for letter in from.chars() {
                assert!(!is_taken(letter), "{letter} is taken as it is");
                assert!(seen.insert(letter), "{letter} stands twice");
            }
        }
    }

    #[test]
    fn names_of_europe_are_transliterated() {
        for (name, written) in [
            ("Ångström Æbleskiver ApS", "Angstrom AEbleskiver ApS"),
            ("Łódź Spółka", "Lodz Spolka"),
            ("Weiß, Groß & Co. KG", "Weiss, Gross + Co. KG"),
            ("Şişli Ticaret A.Ş.", "Sisli Ticaret A.S."),
            ("Ψυχή ΑΕ", "PSychi AE"),
            ("България ЕООД", "Balgariya EOOD"),
            ("e\u{301}toile", "etoile"), // the mark apart from its letter
            ("  two \t words\n", "two words"),
        ] {
            assert_eq!(Name::transliterated(name).unwrap().as_str(), written);
        }
    }

    #[test]
    fn what_is_transliterated_stays_as_it_is() {
        let once = Remittance::transliterated("Ünïcödé <b> [x] “y” 50 %").unwrap();
        assert_eq!(Remittance::transliterated(once.as_str()), Ok(once));
    }

    #[test]
    fn other_scripts_and_control_characters_are_refused_and_named() {
        for (text, found) in [
            ("東京", '東'),
            ("a\u{0}b", '\u{0}'),
            ("a\u{202e}b", '\u{202e}'),
            ("😀", '😀'),
        ] {
            let refused = Name::transliterated(text).unwrap_err();
            assert!(
                matches!(refused, Refusal::Character { found: named, .. } if named == found),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_name_has_seventy_characters_and_none_is_cut() {
        assert!(Name::transliterated(&"n".repeat(70)).is_ok());
        assert!(Name::transliterated(&"n".repeat(71)).is_err());
        // Sixty-nine letters, of which one becomes two.
        assert!(Name::transliterated(&format!("{}ßß", "n".repeat(67))).is_err());
        assert_eq!(
            Name::transliterated(" \u{301}"),
            Err(Refusal::Empty { what: "text" })
        );
    }

    #[test]
    fn ids_are_refused_rather_than_changed() {
        for text in [
            "", "ü", "a_b", "/a", "a/", "a//b", " a", "a ", "a  b", "a\nb",
        ] {
            assert!(Id::parse(text).is_err(), "{text:?}");
        }
        assert!(Id::parse(&"i".repeat(35)).is_ok());
        assert!(Id::parse(&"i".repeat(36)).is_err());
    }
}
