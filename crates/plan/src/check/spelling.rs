//! How names may be written, and what a mistyped one was probably meant to be.
//!
//! Names are lower-case Latin words, so two names that look alike are alike. The module knows no plan.

use crate::diagnostic::Diagnostic;
use crate::yaml::Scalar;

/// Words of formulas: they can name nothing, not even a column.
const FORMULA_WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "in",
    "between",
    "case",
    "when",
    "then",
    "else",
    "end",
    "true",
    "false",
    "missing",
    "undefined",
    "date",
];

/// Names that are known inside a band, and inside an override.
pub(super) const BAND_WORDS: &[&str] = &["lower", "upper", "width", "filled", "slice"];

/// First words of names that the language gives.
const GIVEN: &[&str] = &["window", "partner", "credit", "was", "agreed"];

/// The functions of the language.
pub(super) const FUNCTIONS: &[&str] = &[
    "least",
    "greatest",
    "clamp",
    "abs",
    "round",
    "coalesce",
    "otherwise",
    "weighted",
    "days_between",
    "months_between",
    "previous",
    "previous_year",
    "year_to_date",
    "since_start",
    "trailing",
    "full",
    "to_date",
    "sum_by",
    "min_by",
    "max_by",
    "ever",
    "running",
    "total",
    "team",
    "rank",
    "allocate",
    "of",
    "sum_of",
    "min_of",
    "max_of",
    "convert",
    "upline",
];

/// The words that can name nothing, in alphabetical order.
///
/// ```
/// use trueup_plan::check::reserved_words;
///
/// assert!(reserved_words().contains(&"slice"));
/// assert!(!reserved_words().contains(&"sales"));
/// ```
#[must_use]
pub fn reserved_words() -> Vec<&'static str> {
    let mut words = [FORMULA_WORDS, BAND_WORDS, GIVEN, FUNCTIONS].concat();
    words.sort_unstable();
    words
}

/// What a name stands for, as far as its spelling goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// Something a formula may mention anywhere.
    Global,
    /// The name of a term, which may have several words with dots between.
    Dotted,
    /// A column or an argument, known only beside its kind or inside its table.
    Local,
    /// A role or a word of governance, which no formula mentions.
    Outside,
}

/// Checks how a name is written; says whether it can be used.
pub(super) fn check(name: &Scalar, naming: Naming, diagnostics: &mut Vec<Diagnostic>) -> bool {
    let text = &*name.text;
    if let Some(letter) = text.chars().find(|letter| !letter.is_ascii()) {
        let mut mistake = Diagnostic::error(
            "N4",
            name.span,
            format!(
                "the name `{}` holds U+{:04X}; names are written in the letters a to z",
                shown(text),
                u32::from(letter)
            ),
        );
        if let Some(latin) = look_alike(letter) {
            mistake = mistake.help(format!("it looks like `{latin}`: type that letter"));
        }
        diagnostics.push(mistake);
        return false;
    }
    let words: Vec<&str> = if naming == Naming::Dotted {
        text.split('.').collect()
    } else {
        vec![text]
    };
    if text.len() > 100 || !words.iter().all(|word| is_word(word)) {
        diagnostics.push(
            Diagnostic::error(
                "N5",
                name.span,
                format!(
                    "`{}` cannot be a name: names are lower-case words of letters, digits and underscores",
                    shown(text)
                ),
            )
            .help_if(suggested_form(text).filter(|form| form != text), |form| format!("write `{form}`")),
        );
        return false;
    }
    let reserved = match naming {
        Naming::Global => {
            FORMULA_WORDS.contains(&text)
                || FUNCTIONS.contains(&text)
                || BAND_WORDS.contains(&text)
                || GIVEN.contains(&text)
        }
        Naming::Dotted => words.first().is_some_and(|first| {
            FORMULA_WORDS.contains(first)
                || GIVEN.contains(first)
                || (words.len() == 1 && (FUNCTIONS.contains(first) || BAND_WORDS.contains(first)))
        }),
        Naming::Local => FORMULA_WORDS.contains(&text) || BAND_WORDS.contains(&text),
        Naming::Outside => false,
    };
    if reserved {
        diagnostics.push(
            Diagnostic::error(
                "N3",
                name.span,
                format!("`{text}` is a word of the language and cannot be a name"),
            )
            .help("choose another name"),
        );
    }
    !reserved
}

/// Adds a help that may be absent.
pub(super) trait HelpIf {
    /// The help, made from what there is.
    fn help_if<T>(self, there: Option<T>, help: impl FnOnce(T) -> String) -> Self;
}

impl HelpIf for Diagnostic {
    fn help_if<T>(self, there: Option<T>, help: impl FnOnce(T) -> String) -> Self {
        match there {
            Some(there) => self.help(help(there)),
            None => self,
        }
    }
}

/// A name as a message shows it: short, and without anything that moves the cursor.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(60)
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if text.chars().count() > 60 {
        shown.push('…');
    }
    shown
}

fn is_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// The same in the form of a name, if there is one.
fn suggested_form(text: &str) -> Option<String> {
    let form: String = text
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '_'
            }
        })
        .collect();
    is_word(&form).then_some(form)
}

/// The Latin letter that a Cyrillic or Greek one looks like.
fn look_alike(letter: char) -> Option<char> {
    const PAIRS: &[(char, char)] = &[
        ('а', 'a'),
        ('е', 'e'),
        ('о', 'o'),
        ('р', 'p'),
        ('с', 'c'),
        ('х', 'x'),
        ('у', 'y'),
        ('і', 'i'),
        ('ј', 'j'),
        ('ѕ', 's'),
        ('ԁ', 'd'),
        ('ɡ', 'g'),
        ('һ', 'h'),
        ('ӏ', 'l'),
        ('ո', 'n'),
        ('ѵ', 'v'),
        ('ԝ', 'w'),
        ('α', 'a'),
        ('ο', 'o'),
        ('ν', 'v'),
        ('ρ', 'p'),
        ('τ', 't'),
        ('ι', 'i'),
        ('κ', 'k'),
        ('υ', 'u'),
        ('χ', 'x'),
        ('ⅼ', 'l'),
        ('ı', 'i'),
        ('ｅ', 'e'),
        ('ａ', 'a'),
        ('ｏ', 'o'),
    ];
    PAIRS
        .iter()
        .find(|(other, _)| *other == letter)
        .map(|(_, latin)| *latin)
}
