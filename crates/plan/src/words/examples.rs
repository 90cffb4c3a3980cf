//! Worked examples: the facts that go in and the figures that must come out, as both sides sign them.
//!
//! They are shown as their files write them, row by row, with thousands set apart; what they come to is the engine's to
//! say, and is not worked out here.

use super::document::{Block, Column, Line};
use super::names::{Thing, spaced};
use super::sheet::Sheet;
use super::speaker::Speaker;
use crate::yaml::{Node, NodeKind};
use trueup_base::exact::Exact;

/// The files of a worked example.
#[derive(Clone, Debug)]
pub struct ExampleFiles {
    /// Its name, as the plan lists it.
    pub name: String,
    /// What happens in it: partners and facts.
    pub facts: Option<Node>,
    /// What must come out.
    pub expected: Option<Node>,
}

/// Keys of the figures that must come out, in the order in which they are shown, and what they are called.
const CHECKED: &[(&str, &str)] = &[
    ("partner", "Partner"),
    ("period", "In"),
    ("span", "Over"),
    ("on", "On"),
    ("of", "What"),
    ("settled", "Settled"),
    ("paid", "Paid"),
    ("limited", "Under the limit"),
    ("contingency", "Change"),
    ("guardrail", "Guardrail"),
    ("is", "Is"),
];

impl Speaker<'_> {
    /// Every example, with its facts and figures where they are at hand.
    pub(super) fn examples(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        if plan.examples.is_empty() {
            return;
        }
        sheet.section("Worked examples");
        sheet.say(
            "These examples belong to the plan: facts in, figures out. They are run on every change and signed with it. \
             What stands in them is as their files write it.",
        );
        for example in &plan.examples {
            sheet.clause(&spaced(&example.case));
            sheet.say(Line::new().code(&*example.case));
            let Some(files) = self
                .examples
                .iter()
                .find(|files| files.name == *example.case)
            else {
                continue;
            };
            if let Some(facts) = &files.facts {
                self.facts(facts, sheet);
            }
            if let Some(expected) = &files.expected {
                self.expected(expected, sheet);
            }
        }
    }

    fn facts(&self, facts: &Node, sheet: &mut Sheet) {
        if let Some(partners) = facts.get("partners") {
            let rows: Vec<(Option<String>, &Node)> = partners
                .entries()
                .iter()
                .map(|entry| (Some(entry.key.text.to_string()), &entry.value))
                .collect();
            sheet.extend(table("The partners", Some("partner"), &rows));
        }
        if let Some(kinds) = facts.get("facts") {
            for kind in kinds.entries() {
                let rows: Vec<(Option<String>, &Node)> =
                    kind.value.list().iter().map(|row| (None, row)).collect();
                let caption = format!(
                    "The facts: {}",
                    super::names::plural(&spaced(&kind.key.text))
                );
                sheet.extend(table(&caption, None, &rows));
            }
        }
        for (key, caption) in [("fx", "Rates between currencies")] {
            if let Some(list) = facts.get(key) {
                let rows: Vec<(Option<String>, &Node)> =
                    list.list().iter().map(|row| (None, row)).collect();
                sheet.extend(table(caption, None, &rows));
            }
        }
    }

    fn expected(&self, expected: &Node, sheet: &mut Sheet) {
        let Some(checks) = expected.get("checks") else {
            return;
        };
        let said = |check: &Node, key: &str| {
            let own = check.get(key).or_else(|| match key {
                // What stands above holds for every line that says nothing else.
                "partner" | "period" | "span" => expected.get(key),
                _ => None,
            });
            own.map(flat)
        };
        let shown: Vec<&(&str, &str)> = CHECKED
            .iter()
            .filter(|(key, _)| checks.list().iter().any(|check| said(check, key).is_some()))
            .collect();
        let rows = checks
            .list()
            .iter()
            .map(|check| {
                shown
                    .iter()
                    .map(|(key, _)| {
                        let text = said(check, key).unwrap_or_default();
                        match self.names.find(&text) {
                            Some(thing @ Thing::Reference(_)) if *key != "partner" => {
                                Line::new().piece(self.names.name(thing))
                            }
                            _ => Line::from(text),
                        }
                    })
                    .collect()
            })
            .collect();
        sheet.add(Block::Table {
            caption: Line::from("What must come out"),
            columns: shown
                .iter()
                .map(|(key, head)| Column {
                    head: Line::from(*head),
                    is_figure: *key == "is",
                })
                .collect(),
            rows,
        });
    }
}

/// A table of maps: a column for each key that any of them has.
fn table(caption: &str, first: Option<&str>, rows: &[(Option<String>, &Node)]) -> Option<Block> {
    let mut keys: Vec<&str> = Vec::new();
    for entry in rows.iter().flat_map(|(_, row)| row.entries()) {
        if !keys.contains(&&*entry.key.text) {
            keys.push(&entry.key.text);
        }
    }
    if rows.is_empty() || (keys.is_empty() && first.is_none()) {
        return None;
    }
    let column = |head: &str, is_figure: bool| Column {
        head: Line::from(super::document::capital(&spaced(head))),
        is_figure,
    };
    let is_figure = |key: &str| {
        let mut cells = rows.iter().filter_map(|(_, row)| row.get(key)?.as_text());
        cells.all(is_number)
            && rows
                .iter()
                .any(|(_, row)| row.get(key).is_some_and(|cell| cell.as_text().is_some()))
    };
    let mut columns: Vec<Column> = first.map(|head| column(head, false)).into_iter().collect();
    columns.extend(keys.iter().map(|key| column(key, is_figure(key))));
    let rows = rows
        .iter()
        .map(|(name, row)| {
            let cells = keys
                .iter()
                .map(|key| Line::from(row.get(key).map(flat).unwrap_or_default()));
            name.iter()
                .map(|name| Line::from(name.as_str()))
                .chain(cells)
                .collect()
        })
        .collect();
    Some(Block::Table {
        caption: Line::from(caption),
        columns,
        rows,
    })
}

/// What a node says on one line, its figures with their thousands set apart.
fn flat(node: &Node) -> String {
    match &node.is {
        NodeKind::Scalar(scalar) => grouped(&scalar.text),
        NodeKind::List(list) => list.iter().map(flat).collect::<Vec<_>>().join("; "),
        NodeKind::Map(entries) => entries
            .iter()
            .map(|entry| match &entry.value.is {
                NodeKind::Map(_) | NodeKind::List(_) => {
                    format!("{}: ({})", entry.key.text, flat(&entry.value))
                }
                NodeKind::Scalar(_) | NodeKind::Empty => {
                    format!("{}: {}", entry.key.text, flat(&entry.value))
                }
            })
            .collect::<Vec<_>>()
            .join("; "),
        NodeKind::Empty => String::new(),
    }
}

/// A number with commas where it is written with underscores; an id made of digits stays as it is.
fn grouped(text: &str) -> String {
    if is_number(text) {
        text.replace('_', ",")
    } else {
        text.to_owned()
    }
}

fn is_number(text: &str) -> bool {
    Exact::parse(text.strip_suffix('%').unwrap_or(text)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_figures_and_ids_as_ids() {
        let said = ["400_000", "12.5%", "10001", "P_100", "2026-01-01"].map(grouped);
        assert_eq!(said, ["400,000", "12.5%", "10001", "P_100", "2026-01-01"]);
    }
}
