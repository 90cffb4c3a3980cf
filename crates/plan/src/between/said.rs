//! What a named thing says, key by key, as far as it decides pay: formulas as they read, words left out.
//!
//! Texts are taken apart field by field, so that a key that is added to the language is not forgotten here.

use super::{Block, Slot};
use crate::document::{
    BandText, BandsText, CalendarText, CellsText, ComponentText, FactText, GovernanceText,
    LimitText, MeasureText, PlanText, ReadingText, RoundingText, SpreadText, TableText, TermText,
    ValueText,
};
use crate::formula::Formula;
use crate::tree::{Fold, Text};
use crate::yaml::{Node, NodeKind, Scalar};

/// A key that says something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaidChange {
    /// The key: `pays`, `at_most`, ``band `from 100`, rate``.
    pub key: String,
    /// What it said; empty where it said nothing.
    pub before: String,
    /// What it says; empty where it says nothing.
    pub after: String,
}

/// Keys and what they say; a key that says nothing is left out.
pub(super) type Said = Vec<(String, String)>;

/// The keys that say something else.
pub(super) fn changes(before: &Said, after: &Said) -> Vec<SaidChange> {
    let find = |said: &Said, key: &str| {
        let found = said.iter().find(|(known, _)| known == key);
        found.map_or_else(String::new, |(_, text)| text.clone())
    };
    let gone = before
        .iter()
        .filter(|(key, _)| !after.iter().any(|(known, _)| known == key));
    let mut changes: Vec<SaidChange> = gone
        .chain(after)
        .map(|(key, _)| SaidChange {
            key: key.clone(),
            before: find(before, key),
            after: find(after, key),
        })
        .filter(|change| change.before != change.after)
        .collect();
    let order = |said: &Said| -> Vec<String> { said.iter().map(|(key, _)| key.clone()).collect() };
    let (was, is) = (order(before), order(after));
    if changes.is_empty() && was != is {
        changes.push(SaidChange {
            key: "order".to_owned(),
            before: was.join(", "),
            after: is.join(", "),
        });
    }
    changes
}

/// What a plan says in a slot; nothing where it has none.
pub(super) fn of(text: &PlanText, slot: &Slot) -> Said {
    let name = &slot.name;
    let mut said = match slot.block {
        Block::Currency => vec![key("currency", word(text.currency.as_ref()))],
        Block::Calendar => text.calendar.as_ref().map(calendar).unwrap_or_default(),
        Block::Period => vec![key("period", word(text.period.as_ref()))],
        Block::Money => rounding("money", text.money.as_ref()),
        Block::Corrections => {
            let back = text
                .corrections
                .as_ref()
                .and_then(|one| one.reach_back.as_ref());
            vec![key("reach_back", formula(back))]
        }
        Block::Facts => find(&text.facts, |one| &one.name, name, fact),
        Block::Terms => find(&text.terms, |one| &one.name, name, term),
        Block::Measures => find(&text.measures, |one| &one.name, name, measure),
        Block::Values => find(&text.values, |one| &one.name, name, value),
        Block::Tables => find(&text.tables, |one| &one.name, name, table),
        Block::Components => find(&text.components, |one| &one.name, name, component),
        Block::Limits => find(&text.limits, |one| &one.name, name, limit),
        Block::Governance => text
            .governance
            .iter()
            .find(|one| entry_name(one) == *name)
            .map(entry)
            .unwrap_or_default(),
    };
    said.retain(|(_, says)| !says.is_empty());
    said
}

/// An entry of governance as one says it: `contingencies.release_slips`, `disputes`.
pub(super) fn entry_name(entry: &GovernanceText) -> Text {
    match &entry.name {
        Some(name) => format!("{}.{}", entry.block.text, name.text).into(),
        None => entry.block.text.clone(),
    }
}

fn find<T>(
    all: &[T],
    name_of: impl Fn(&T) -> &Scalar,
    name: &str,
    says: impl Fn(&T) -> Said,
) -> Said {
    all.iter()
        .find(|one| *name_of(one).text == *name)
        .map(says)
        .unwrap_or_default()
}

fn word(scalar: Option<&Scalar>) -> String {
    scalar.map_or_else(String::new, |scalar| scalar.text.to_string())
}

fn words(scalars: &[Scalar]) -> String {
    let words: Vec<&str> = scalars.iter().map(|scalar| &*scalar.text).collect();
    words.join(", ")
}

fn formula(formula: Option<&Formula>) -> String {
    formula.map_or_else(String::new, Formula::to_string)
}

fn key(key: &str, says: String) -> (String, String) {
    (key.to_owned(), says)
}

fn rounding(name: &str, rounding: Option<&RoundingText>) -> Said {
    let Some(rounding) = rounding else {
        return Vec::new();
    };
    vec![
        (format!("{name}.to"), formula(rounding.to.as_ref())),
        (format!("{name}.mode"), word(rounding.mode.as_ref())),
    ]
}

fn calendar(calendar: &CalendarText) -> Said {
    let CalendarText {
        year_starts,
        weeks,
        periods,
        span: _,
    } = calendar;
    vec![
        key("year_starts", word(year_starts.as_ref())),
        key("weeks", word(weeks.as_ref())),
        key("periods", words(periods)),
    ]
}

fn fact(fact: &FactText) -> Said {
    let FactText {
        name: _,
        is: _,
        dated,
        columns,
        credited,
        shows: _,
        may_move: _,
        span: _,
    } = fact;
    let mut said = vec![key("dated", word(dated.as_ref()))];
    for (name, of) in columns {
        said.push((format!("columns.{}", name.text), of.text.to_string()));
    }
    for (at, line) in (1..).zip(credited) {
        let share = match &line.share {
            Some(share) => format!(" {share}"),
            None => String::new(),
        };
        let overlay = if line.overlay { " besides" } else { "" };
        let (to, role) = (formula(line.to.as_ref()), word(line.role.as_ref()));
        said.push((
            format!("credited {at}"),
            format!("{to} {role}{share}{overlay}"),
        ));
    }
    said
}

fn term(term: &TermText) -> Said {
    let TermText {
        name: _,
        is: _,
        unit,
        per,
        spread,
        agreed,
        // What a figure may be is for the check, and moves no pay.
        within: _,
        span: _,
    } = term;
    let spread = match spread {
        None => String::new(),
        Some(SpreadText::Word(word)) => word.text.to_string(),
        Some(SpreadText::Weights(weights, _)) => {
            let weights: Vec<String> = weights.iter().map(Formula::to_string).collect();
            weights.join(", ")
        }
    };
    vec![
        key("unit", word(unit.as_ref())),
        key("per", word(per.as_ref())),
        key("spread", spread),
        key("agreed", formula(agreed.as_ref())),
    ]
}

fn measure(measure: &MeasureText) -> Said {
    // Who validates it and what it shows is said to people.
    let MeasureText {
        name: _,
        is: _,
        validated_by: _,
        source: _,
        disputed_in: _,
        shows: _,
        may_move: _,
        within: _,
        fold,
        filter,
        at,
        role,
        by,
        keys,
        span: _,
    } = measure;
    let mut said = Vec::new();
    if let Some(fold) = fold {
        let folded = match fold.fold {
            Fold::Sum => "sum",
            Fold::Count => "count",
            Fold::CountDistinct => "count_distinct",
            Fold::Min => "min",
            Fold::Max => "max",
            Fold::Latest => "latest",
        };
        said.push(key(folded, formula(fold.of.as_ref())));
    }
    said.extend([
        key("where", formula(filter.as_ref())),
        key("at", word(at.as_ref())),
        key("role", word(role.as_ref())),
        key("by", formula(by.as_ref())),
        key("keys", words(keys)),
    ]);
    said
}

fn value(value: &ValueText) -> Said {
    let ValueText {
        name: _,
        is: _,
        formula: is,
        unit: _,
        every,
        each,
        role,
        span: _,
    } = value;
    vec![
        key("formula", formula(is.as_ref())),
        key("every", word(every.as_ref())),
        key("each", word(each.as_ref())),
        key("role", word(role.as_ref())),
    ]
}

fn table(table: &TableText) -> Said {
    let TableText {
        name: _,
        is: _,
        of,
        reading,
        bands,
        cliff: _,
        span: _,
    } = table;
    let mut said = vec![key("of", words(of))];
    match reading {
        Some(ReadingText::EachBand(is)) => said.push(key("each_band", formula(is.as_ref()))),
        Some(ReadingText::OneBand(is)) => said.push(key("one_band", formula(is.as_ref()))),
        Some(ReadingText::Line(column)) => said.push(key("line", column.text.to_string())),
        None => {}
    }
    match bands {
        BandsText::Bands(bands) => said.extend(bands.iter().flat_map(band)),
        BandsText::Grid { axes, cells } => {
            for (argument, bounds) in axes {
                let bounds: Vec<String> = bounds.iter().map(|bound| bound.described()).collect();
                said.push((format!("bands.{}", argument.text), bounds.join(", ")));
            }
            cells_said(cells, "cell", &mut said);
        }
        BandsText::Rows(file) => said.push(key("rows", file.text.to_string())),
        BandsText::None => {}
    }
    said
}

fn band(band: &BandText) -> Said {
    let bound = band
        .bound
        .as_ref()
        .map_or_else(|| "?".to_owned(), |bound| bound.described());
    band.cells
        .iter()
        .map(|(column, cell)| {
            let key = format!("band `{bound}`, {}", column.text);
            (key, formula(cell.as_ref()))
        })
        .collect()
}

fn cells_said(cells: &CellsText, at: &str, into: &mut Said) {
    match cells {
        CellsText::Cell(cell, _) => into.push((at.to_owned(), formula(cell.as_ref()))),
        CellsText::List(list, _) => {
            for (position, cells) in (1..).zip(list) {
                cells_said(cells, &format!("{at} {position}"), into);
            }
        }
    }
}

fn component(component: &ComponentText) -> Said {
    let ComponentText {
        name: _,
        is: _,
        applies,
        over,
        every,
        gate,
        each,
        role,
        filter,
        pays,
        at_least,
        at_most,
        uncapped: _,
        cliff: _,
        rounding: rounds,
        paid,
        recovers,
        unit,
        stacks_with: _,
        span: _,
    } = component;
    let mut said = vec![
        key("unit", word(unit.as_ref())),
        key("for", formula(applies.as_ref())),
        key("over", word(over.as_ref())),
        key("every", word(every.as_ref())),
        key("gate", formula(gate.as_ref())),
        key("each", word(each.as_ref())),
        key("role", word(role.as_ref())),
        key("where", formula(filter.as_ref())),
        key("pays", formula(pays.as_ref())),
        key("at_least", formula(at_least.as_ref())),
        key("at_most", formula(at_most.as_ref())),
    ];
    said.extend(rounding("rounding", rounds.as_ref()));
    for (at, line) in (1..).zip(paid) {
        let parts = [
            ("share", formula(line.share.as_ref())),
            ("after", formula(line.after.as_ref())),
            ("on", word(line.on.as_ref())),
            ("if", formula(line.condition.as_ref())),
            ("else", if line.waits { "wait" } else { "" }.to_owned()),
        ];
        for (part, says) in parts {
            said.push((format!("paid {at}, {part}"), says));
        }
    }
    if let Some(recovers) = recovers {
        said.extend([
            key("recovers.from", words(&recovers.from)),
            key("recovers.at_most", formula(recovers.at_most.as_ref())),
            key("recovers.within", formula(recovers.within.as_ref())),
        ]);
    }
    said
}

fn limit(limit: &LimitText) -> Said {
    let LimitText {
        name: _,
        is: _,
        on,
        over,
        at_most,
        at_least,
        cut,
        span: _,
    } = limit;
    vec![
        key("on", words(on)),
        key("over", word(over.as_ref())),
        key("at_most", formula(at_most.as_ref())),
        key("at_least", formula(at_least.as_ref())),
        key("cut", word(cut.as_ref())),
    ]
}

fn entry(entry: &GovernanceText) -> Said {
    entry
        .says
        .iter()
        .map(|(name, says)| (name.text.to_string(), node(says)))
        .collect()
}

/// A piece of YAML on one line.
fn node(of: &Node) -> String {
    match &of.is {
        NodeKind::Scalar(scalar) => scalar.text.to_string(),
        NodeKind::List(list) => {
            let parts: Vec<String> = list.iter().map(node).collect();
            format!("[{}]", parts.join(", "))
        }
        NodeKind::Map(entries) => {
            let parts: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key.text, node(&entry.value)))
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        NodeKind::Empty => String::new(),
    }
}
