//! What things are called: every name of a plan has one spelling in prose, and no two names have the same.
//!
//! `net_sales` reads as "net sales", `target.net_sales` as "target for net sales", `term.rate` as "agreed rate". Where
//! two names would read alike, both keep the spelling of the plan.

use std::collections::BTreeMap;

use super::document::Piece;
use crate::tree::{
    Attribute, ColumnId, ComponentId, FactKind, KindId, LimitId, MeasureId, Plan, Reference,
    TableId, TermId, Type, ValueId,
};

/// Anything a document defines under a heading of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    Kind(KindId),
    Reference(Reference),
}

impl Thing {
    /// The key by which references find the heading.
    pub(super) fn key(self) -> String {
        match self {
            Self::Kind(id) => format!("kind {}", id.0),
            Self::Reference(Reference::Term(id)) => format!("term {}", id.0),
            Self::Reference(Reference::Measure(id)) => format!("measure {}", id.0),
            Self::Reference(Reference::Value(id)) => format!("value {}", id.0),
            Self::Reference(Reference::Table(id)) => format!("table {}", id.0),
            Self::Reference(Reference::Component(id)) => format!("component {}", id.0),
            Self::Reference(Reference::Limit(id)) => format!("limit {}", id.0),
        }
    }
}

macro_rules! things {
    ($($id:ty => $of:path;)*) => {$(
        impl From<$id> for Thing {
            fn from(id: $id) -> Self {
                Self::Reference($of(id))
            }
        }
    )*};
}

things! {
    TermId => Reference::Term;
    MeasureId => Reference::Measure;
    ValueId => Reference::Value;
    TableId => Reference::Table;
    ComponentId => Reference::Component;
    LimitId => Reference::Limit;
}

impl From<KindId> for Thing {
    fn from(id: KindId) -> Self {
        Self::Kind(id)
    }
}

impl From<Reference> for Thing {
    fn from(of: Reference) -> Self {
        Self::Reference(of)
    }
}

/// The spelling of every name.
pub(super) struct Names {
    spelled: BTreeMap<Thing, String>,
    as_written: BTreeMap<Thing, String>,
}

impl Names {
    pub(super) fn of(plan: &Plan) -> Self {
        let as_written: BTreeMap<Thing, String> = written(plan).collect();
        let mut alike: BTreeMap<String, usize> = BTreeMap::new();
        let spelled: BTreeMap<Thing, String> = as_written
            .iter()
            .map(|(thing, name)| {
                let words = match thing {
                    Thing::Reference(Reference::Term(_)) => spelled_term(name),
                    Thing::Kind(_) | Thing::Reference(_) => spaced(name),
                };
                *alike.entry(words.clone()).or_default() += 1;
                (*thing, words)
            })
            .collect();
        let spelled = spelled
            .into_iter()
            .map(|(thing, words)| {
                let is_only = alike.get(&words) == Some(&1);
                let own = as_written.get(&thing).cloned().unwrap_or_default();
                (thing, if is_only { words } else { own })
            })
            .collect();
        Self {
            spelled,
            as_written,
        }
    }

    /// What a thing is called in prose.
    pub(super) fn spelled(&self, thing: Thing) -> &str {
        self.spelled.get(&thing).map_or("", String::as_str)
    }

    /// What the plan calls it.
    pub(super) fn as_written(&self, thing: Thing) -> &str {
        self.as_written.get(&thing).map_or("", String::as_str)
    }

    /// The thing a plan calls so.
    pub(super) fn find(&self, name: &str) -> Option<Thing> {
        let found = self.as_written.iter().find(|(_, known)| *known == name);
        found.map(|(thing, _)| *thing)
    }

    /// The thing of a key.
    pub(super) fn by_key(&self, key: &str) -> Option<Thing> {
        self.spelled
            .keys()
            .find(|thing| thing.key() == key)
            .copied()
    }

    /// A reference to a thing.
    pub(super) fn name(&self, thing: impl Into<Thing>) -> Piece {
        let thing = thing.into();
        Piece::Name {
            of: thing.key(),
            text: self.spelled(thing).to_owned(),
        }
    }
}

fn written(plan: &Plan) -> impl Iterator<Item = (Thing, String)> {
    fn numbered<'a, T, I: Into<Thing>>(
        list: &'a [T],
        id: impl Fn(u16) -> I + 'a,
        name: impl Fn(&T) -> &str + 'a,
    ) -> impl Iterator<Item = (Thing, String)> + 'a {
        (0u16..)
            .zip(list)
            .map(move |(at, thing)| (id(at).into(), name(thing).to_owned()))
    }
    numbered(&plan.kinds, KindId, |kind| &kind.name)
        .chain(numbered(&plan.terms, TermId, |term| &term.name))
        .chain(numbered(&plan.measures, MeasureId, |measure| &measure.name))
        .chain(numbered(&plan.values, ValueId, |value| &value.name))
        .chain(numbered(&plan.tables, TableId, |table| &table.name))
        .chain(numbered(&plan.components, ComponentId, |component| {
            &component.name
        }))
        .chain(numbered(&plan.limits, LimitId, |limit| &limit.name))
}

/// A name with blanks between its words.
pub(super) fn spaced(name: &str) -> String {
    name.replace(['_', '.'], " ")
}

fn spelled_term(name: &str) -> String {
    match name.split_once('.') {
        Some(("term", rest)) => format!("agreed {}", spaced(rest)),
        Some((first, rest)) => format!("{} for {}", spaced(first), spaced(rest)),
        None => spaced(name),
    }
}

/// More than one of something: `sales`, `deliveries`, `test runs`.
pub(super) fn plural(noun: &str) -> String {
    let before_y = noun.strip_suffix('y').filter(|stem| {
        stem.chars()
            .last()
            .is_some_and(|letter| !"aeiou".contains(letter))
    });
    if let Some(stem) = before_y {
        return format!("{stem}ies");
    }
    if ["s", "x", "z", "ch", "sh"]
        .iter()
        .any(|end| noun.ends_with(end))
    {
        return format!("{noun}es");
    }
    format!("{noun}s")
}

/// Text set apart from prose; a mark of the same kind inside is doubled, so that what is said inside stays inside.
pub(super) fn quoted(text: &str) -> String {
    format!("“{}”", text.replace('”', "””"))
}

/// Past participles that do not end in `ed`, as they name the day of a fact.
const PARTICIPLES: &[&str] = &[
    "begun", "bought", "built", "due", "given", "held", "kept", "known", "left", "lost", "made",
    "met", "paid", "put", "run", "sent", "sold", "taken", "told", "won", "written",
];

/// Other words that columns are called by and that are no nouns.
const NO_NOUNS: &[&str] = &[
    "what", "ran", "new", "who", "which", "by", "for", "in", "of", "is", "has",
];

/// A column of a row: `the sale's amount`, `the day the sale was returned`.
pub(super) fn column(kind: &FactKind, id: ColumnId) -> String {
    let column = kind.column(id);
    let noun = spaced(&kind.name);
    if column.of == Type::Date {
        if &*column.name == "on" {
            return format!("the {noun}'s date");
        }
        if let Some(stem) = column.name.strip_suffix("_on") {
            let last = stem.rsplit('_').next().unwrap_or(stem);
            if last.ends_with("ed") || PARTICIPLES.contains(&last) {
                return format!("the day the {noun} was {}", spaced(stem));
            }
        }
        return format!("the {noun}'s day {}", quoted(&spaced(&column.name)));
    }
    let said = spaced(&column.name);
    let last = said.rsplit(' ').next().unwrap_or(&said);
    let is_noun =
        !(last.ends_with("ed") || PARTICIPLES.contains(&last) || NO_NOUNS.contains(&last));
    if is_noun {
        format!("the {noun}'s {said}")
    } else {
        format!("the {noun}'s {}", quoted(&said))
    }
}

/// A column of the partner directory, for the partner spoken to.
pub(super) fn attribute(attribute: &Attribute) -> String {
    match &*attribute.name {
        "starts" => "the first day of your agreement".to_owned(),
        "ends" => "the day after the last of your agreement".to_owned(),
        name => format!("your {}", spaced(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_read_as_what_they_are_agreed_for() {
        assert_eq!(spelled_term("target.net_sales"), "target for net sales");
        assert_eq!(spelled_term("term.release_delay"), "agreed release delay");
        assert_eq!(spelled_term("quota"), "quota");
    }

    #[test]
    fn more_than_one_of_a_kind_is_english() {
        let many = ["sale", "survey", "delivery", "box", "test run"].map(plural);
        assert_eq!(
            many,
            ["sales", "surveys", "deliveries", "boxes", "test runs"]
        );
    }

    #[test]
    fn what_is_quoted_cannot_end_its_quotation() {
        assert_eq!(quoted("gold”, “silver"), "“gold””, “silver”");
    }
}
