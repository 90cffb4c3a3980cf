//! The keys of one place of a plan: known ones only, each in the form the registry says.

use trueup_base::date::parse_date;
use trueup_base::money::Currency;

use crate::diagnostic::Diagnostic;
use crate::elsewhere;
use crate::formula::{self, Formula, FormulaKind, Suffix};
use crate::keys::{Form, Place};
use crate::nearest::nearest;
use crate::span::Span;
use crate::yaml::{Entry, Node, NodeKind, Scalar};

/// Reads forms and reports what is not of its form.
pub(crate) struct Reader<'d> {
    pub diagnostics: &'d mut Vec<Diagnostic>,
    /// How many diagnostics there were before this file.
    pub before: usize,
    /// Parts of the file could not be read, so what is missing may only seem so.
    pub partial: bool,
}

/// A map of keys at a place.
pub(crate) struct Fields<'n> {
    pub place: Place,
    pub entries: &'n [Entry],
    /// Where a missing key is reported: the name of the thing, or the map.
    pub head: Span,
    /// The name and the map.
    pub span: Span,
}

impl<'n> Fields<'n> {
    /// The value of a key, if it is written.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries
            .iter()
            .find(|entry| &*entry.key.text == key)
            .map(|entry| &entry.value)
    }

    /// The key as it is written.
    pub fn written(&self, key: &str) -> Option<&'n Scalar> {
        self.entries
            .iter()
            .map(|entry| &entry.key)
            .find(|written| &*written.text == key)
    }

    fn words(&self, key: &str) -> &'static [&'static str] {
        match self.place.key(key).map(|key| key.form) {
            Some(Form::Word(words) | Form::Words(words) | Form::Spread(words)) => words,
            Some(_) | None => &[],
        }
    }
}

impl Reader<'_> {
    pub fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.diagnostics
            .push(Diagnostic::error(code, span, message).help(help));
    }

    /// Whether a mistake at this place was reported before.
    fn is_reported(&self, span: Span) -> bool {
        let end = span.end.max(span.start + 1);
        self.diagnostics.iter().skip(self.before).any(|diagnostic| {
            diagnostic.marks.iter().any(|mark| {
                mark.span.file == span.file && mark.span.start < end && mark.span.end > span.start
            })
        })
    }

    /// Something else stands where a form is expected.
    pub fn not_of_form(&mut self, node: &Node, what: &str, expected: &str, help: &str) {
        if node.is_empty() {
            if self.partial || self.is_reported(node.span) {
                return;
            }
            self.error(
                "K3",
                node.span,
                format!("{what} says nothing"),
                format!("write {expected}, or take the key out"),
            );
            return;
        }
        let message = format!("{what} is {expected}; here it is {}", node.described());
        self.error("K3", node.span, message, help);
    }

    /// The keys of a map at a place, checked against the registry.
    pub fn fields<'n>(&mut self, node: &'n Node, place: Place, head: Span) -> Option<Fields<'n>> {
        if !node.is_map() {
            let first: Vec<&str> = place.keys().iter().take(3).map(|key| key.key).collect();
            let help = match elsewhere::example(place) {
                Some(example) => format!("write {example}"),
                None => format!("write `key: value`, with keys such as {}", first.join(", ")),
            };
            self.not_of_form(node, place.called(), "a map of keys", &help);
            return None;
        }
        let span = Span {
            start: head.start.min(node.span.start),
            ..node.span
        };
        let fields = Fields {
            place,
            entries: node.entries(),
            head,
            span,
        };
        let unknown = fields
            .entries
            .iter()
            .filter(|entry| place.key(&entry.key.text).is_none());
        if place == Place::Fact
            && fields.get("columns").is_none()
            && let Some(column) = unknown.clone().find(|entry| names_a_type(&entry.value))
        {
            let message = format!("the column `{}` stands under `columns`", column.key.text);
            let help = "columns: { partner: partner, on: date, amount: money }";
            self.error("K1", column.key.span, message, help);
            return Some(fields);
        }
        for entry in unknown {
            self.unknown_key(&entry.key, place);
        }
        for key in place.keys().iter().filter(|key| key.required) {
            if fields.get(key.key).is_none() && !self.partial {
                let message = format!("{} says no `{}`", place.called(), key.key);
                self.error(
                    "K2",
                    head,
                    message,
                    format!("{}: {}", key.key, lower_first(key.doc)),
                );
            }
        }
        Some(fields)
    }

    pub fn unknown_key(&mut self, key: &Scalar, place: Place) {
        let known = || place.keys().iter().map(|key| key.key);
        let help = match (
            elsewhere::key(place, &key.text),
            nearest(&key.text, known()),
        ) {
            (Some(help), _) => help.to_owned(),
            (None, Some(meant)) => format!("did you mean `{meant}`?"),
            (None, None) => match Place::ALL
                .iter()
                .find(|other| other.key(&key.text).is_some_and(|_| **other != place))
            {
                Some(other) if *other != Place::Plan => {
                    format!(
                        "it is a key of {}; here stand {}",
                        other.called(),
                        listed(known())
                    )
                }
                Some(_) => format!(
                    "it stands at the top of the file; here stand {}",
                    listed(known())
                ),
                None => format!("here stand {}", listed(known())),
            },
        };
        self.error(
            "K1",
            key.span,
            format!("{} has no key `{}`", place.called(), shown(&key.text)),
            help,
        );
    }

    /// The text of a key.
    pub fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<Scalar> {
        let node = fields.get(key)?;
        self.scalar(node, &format!("`{key}`"))
    }

    pub fn scalar(&mut self, node: &Node, what: &str) -> Option<Scalar> {
        match &node.is {
            // A block of text ends in a line break that belongs to the file and not to the text.
            NodeKind::Scalar(scalar) if scalar.text.ends_with('\n') => {
                Some(scalar.part(0, scalar.text.trim_end().len()))
            }
            NodeKind::Scalar(scalar) => Some(scalar.clone()),
            NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Empty => {
                self.not_of_form(
                    node,
                    what,
                    "text",
                    "write it on one line, in double quotes if it begins with [ or {",
                );
                None
            }
        }
    }

    /// One of the words the registry lists for a key.
    pub fn word(&mut self, fields: &Fields<'_>, key: &str) -> Option<Scalar> {
        let scalar = self.text(fields, key)?;
        self.known_word(scalar, key, fields.words(key))
    }

    fn known_word(&mut self, scalar: Scalar, key: &str, words: &[&str]) -> Option<Scalar> {
        if words.contains(&&*scalar.text) {
            return Some(scalar);
        }
        let meant = match key {
            // What a component grants is no type.
            "unit" if words.contains(&"score") => elsewhere::type_of(&scalar.text),
            "mode" => elsewhere::rounding(&scalar.text),
            _ => None,
        };
        let help = match (meant, nearest(&scalar.text, words.iter().copied())) {
            (Some(meant), _) => format!("write {meant}"),
            (None, Some(meant)) => format!("did you mean `{meant}`?"),
            (None, None) => format!("write one of {}", words.join(", ")),
        };
        self.error(
            "K5",
            scalar.span,
            format!("`{key}` knows no `{}`", shown(&scalar.text)),
            help,
        );
        None
    }

    /// A list of words out of those the registry lists.
    pub fn words(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Scalar> {
        let words = fields.words(key);
        let written = self.list(fields, key);
        written
            .into_iter()
            .filter_map(|scalar| self.known_word(scalar, key, words))
            .collect()
    }

    /// The formula of a key.
    pub fn formula(&mut self, fields: &Fields<'_>, key: &str) -> Option<Formula> {
        let node = fields.get(key)?;
        self.formula_of(node, &format!("`{key}`"))
    }

    pub fn formula_of(&mut self, node: &Node, what: &str) -> Option<Formula> {
        match &node.is {
            NodeKind::Scalar(scalar) => formula::parse(scalar, self.diagnostics),
            NodeKind::List(_) | NodeKind::Map(_) | NodeKind::Empty => {
                self.not_of_form(
                    node,
                    what,
                    "a formula",
                    "write it on one line, in double quotes if it begins with [ or {",
                );
                None
            }
        }
    }

    /// A formula that is a length of time.
    pub fn duration(&mut self, fields: &Fields<'_>, key: &str) -> Option<Formula> {
        let scalar = self.text(fields, key)?;
        // What is no length of time is told so, and not what it is as a formula.
        let formula = formula::parse(&scalar, &mut Vec::new());
        let is_duration = |is: &FormulaKind| {
            matches!(
                is,
                FormulaKind::Number {
                    suffix: Suffix::Duration(_),
                    ..
                }
            )
        };
        let duration = formula.filter(|formula| is_duration(&formula.is));
        if duration.is_none() {
            let message = format!("`{key}` is a length of time");
            let help = "write a number of days, weeks, months, quarters or years: 6 months";
            self.error("K3", scalar.span, message, help);
        }
        duration
    }

    /// A formula that goes on as a sentence: `50% of each payout`.
    pub fn part(&mut self, fields: &Fields<'_>, key: &str) -> Option<Formula> {
        let scalar = self.text(fields, key)?;
        let end = scalar.text.find(" of ").unwrap_or(scalar.text.len());
        formula::parse(&scalar.part(0, end), self.diagnostics)
    }

    /// A date, as it is written.
    pub fn date(&mut self, fields: &Fields<'_>, key: &str) -> Option<Scalar> {
        let scalar = self.text(fields, key)?;
        if parse_date(&scalar.text).is_ok() {
            return Some(scalar);
        }
        let message = format!("`{}` is no date", shown(&scalar.text));
        self.error(
            "K5",
            scalar.span,
            message,
            "write year-month-day, a day that is in the calendar: 2026-06-20",
        );
        None
    }

    /// A currency's code, as it is written.
    pub fn currency(&mut self, fields: &Fields<'_>, key: &str) -> Option<Scalar> {
        let scalar = self.text(fields, key)?;
        match Currency::parse(&scalar.text) {
            Ok(_) => Some(scalar),
            Err(error) => {
                let text = error.to_string();
                let (message, help) = text
                    .split_once("; ")
                    .unwrap_or((&text, "write its three capitals, such as EUR"));
                self.error("K5", scalar.span, message, help);
                None
            }
        }
    }

    /// `yes` or `no`.
    pub fn flag(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let scalar = self.text(fields, key)?;
        self.is_yes(&scalar, key)
    }

    pub fn is_yes(&mut self, scalar: &Scalar, key: &str) -> Option<bool> {
        match &*scalar.text {
            "yes" | "true" => Some(true),
            "no" | "false" => Some(false),
            _ => {
                let message = format!("`{key}` knows no `{}`", shown(&scalar.text));
                self.error("K5", scalar.span, message, "write yes or no");
                None
            }
        }
    }

    /// `agreed` and a reason: the reason.
    pub fn agreed(&mut self, fields: &Fields<'_>, key: &str) -> Option<Scalar> {
        let scalar = self.text(fields, key)?;
        let reason = scalar.text.strip_prefix("agreed").and_then(|rest| {
            let reason = rest.trim_start_matches([',', ':', ';', ' ', '-', '–', '\n']);
            (reason.len() < rest.len() && !reason.is_empty()).then_some(reason)
        });
        match reason {
            Some(reason) => Some(scalar.part(scalar.text.len() - reason.len(), scalar.text.len())),
            None => {
                let message = format!("`{key}` gives no reason");
                self.error(
                    "K5",
                    scalar.span,
                    message,
                    "write `agreed` and why both sides want it: agreed, the last step is a prize",
                );
                None
            }
        }
    }

    /// Texts of a list, or one text alone.
    pub fn list(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Scalar> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        match &node.is {
            NodeKind::Scalar(scalar) => vec![scalar.clone()],
            NodeKind::List(items) => items
                .iter()
                .filter_map(|item| self.scalar(item, &format!("an item of `{key}`")))
                .collect(),
            NodeKind::Map(_) | NodeKind::Empty => {
                self.not_of_form(
                    node,
                    &format!("`{key}`"),
                    "a list",
                    "write the items in brackets: [a, b]",
                );
                Vec::new()
            }
        }
    }

    /// The maps of a list.
    pub fn maps<'n>(&mut self, fields: &Fields<'n>, key: &str, place: Place) -> Vec<Fields<'n>> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        if !node.is_list() {
            let help = format!(
                "begin each with a dash, or write [ {{ … }}, {{ … }} ]; each is {}",
                place.called()
            );
            self.not_of_form(node, &format!("`{key}`"), "a list", &help);
            return Vec::new();
        }
        node.list()
            .iter()
            .filter_map(|item| self.fields(item, place, start_of(item.span)))
            .collect()
    }

    /// The one map of a key.
    pub fn map<'n>(&mut self, fields: &Fields<'n>, key: &str, place: Place) -> Option<Fields<'n>> {
        let node = fields.get(key)?;
        let head = fields.written(key).map_or(node.span, |key| key.span);
        self.fields(node, place, head)
    }

    /// Names and what is written for each.
    pub fn named<'n>(&mut self, fields: &Fields<'n>, key: &str) -> &'n [Entry] {
        let Some(node) = fields.get(key) else {
            return &[];
        };
        if !node.is_map() {
            let help = "write each on a line of its own, indented: `name: …`";
            self.not_of_form(node, &format!("`{key}`"), "a map of names", help);
        }
        for entry in node.entries() {
            if entry.key.text.is_empty() {
                self.error(
                    "K6",
                    entry.key.span,
                    format!("a name in `{key}` is empty"),
                    "give it a name",
                );
            }
        }
        node.entries()
    }

    /// At most one of several keys, or exactly one.
    pub fn one_of<'n>(
        &mut self,
        fields: &Fields<'n>,
        keys: &[&'static str],
        needed: Option<&str>,
    ) -> Option<&'static str> {
        let written: Vec<(&'static str, &'n Scalar)> = keys
            .iter()
            .filter_map(|key| fields.written(key).map(|written| (*key, written)))
            .collect();
        match written.as_slice() {
            [] => {
                if let Some(why) = needed
                    && !self.partial
                {
                    let message =
                        format!("{} says none of {}", fields.place.called(), keys.join(", "));
                    self.error("K4", fields.head, message, why);
                }
                None
            }
            [(key, _)] => Some(key),
            [(_, first), (_, second), ..] => {
                let message = format!(
                    "`{}` and `{}` do not stand together",
                    first.text, second.text
                );
                self.diagnostics.push(
                    Diagnostic::error("K4", second.span, message)
                        .also(first.span, "the other")
                        .help(format!("keep one of {}", keys.join(", "))),
                );
                None
            }
        }
    }
}

/// Whether a value is the word for a type, as a column has it.
fn names_a_type(value: &Node) -> bool {
    let types = Place::Term.key("unit").map(|key| key.form);
    match (value.as_scalar(), types) {
        (Some(scalar), Some(Form::Word(words))) => words.contains(&&*scalar.text),
        (Some(_) | None, _) => false,
    }
}

/// Where a thing without a name begins.
fn start_of(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

fn listed<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    keys.collect::<Vec<_>>().join(", ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// Text of the author in a message: not longer than a line holds.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
