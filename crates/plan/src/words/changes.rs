//! What a plan changes of its template: each change with what the template says, and what the plan adds.

use super::asked::Asked;
use super::document::{Block, Line, Piece};
use super::names::{Names, Thing};
use super::sheet::{Sheet, listed, sentence};
use super::speaker::{At, Speaker};
use crate::span::FileId;
use crate::tree::{ComponentId, LimitId, MeasureId, TableId, TermId, ValueId};
use crate::tree::{Expr, Override, Plan, Reading, Reference, Type};

/// The first two paragraphs in one, where nothing stands between them.
pub(super) fn merged(blocks: Vec<Block>) -> Vec<Block> {
    let mut said: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks {
        match (said.last_mut(), block) {
            (Some(Block::Paragraph(before)), Block::Paragraph(line)) => {
                *before = std::mem::take(before).plain(" ").line(line);
            }
            (_, block) => said.push(block),
        }
    }
    said
}

/// A formula that an override may change, where it stands.
struct Slot<'p> {
    thing: Thing,
    is: &'p str,
    /// The part of the thing in words; empty for what it mainly says.
    part: &'static str,
    formula: Option<&'p Expr>,
    at: At<'p>,
}

impl Speaker<'_> {
    /// Every change, and everything added.
    pub(super) fn changed(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let Some(template) = &plan.from_template else {
            return;
        };
        sheet.section("What this plan changes of its template");
        sheet.say(
            Line::from("The plan takes over everything of ")
                .code(&**template)
                .plain(if plan.overrides.is_empty() {
                    " and changes nothing of it."
                } else {
                    " except for these changes. What is said above is the plan with them."
                }),
        );
        let before = self.template.map(|template| Speaker {
            plan: template,
            sources: self.sources,
            names: Names::of(template),
            asked: Asked::of(template),
            agreed: None,
            kinds: &[],
            examples: &[],
            template: None,
        });
        let entries = plan
            .overrides
            .iter()
            .map(|change| self.change(change, before.as_ref()))
            .collect::<Vec<_>>();
        if !entries.is_empty() {
            sheet.add(Block::bullets(entries));
        }
        let added = self.added(plan.span.file);
        if !added.is_empty() {
            sheet.say(
                Line::from("The plan itself adds ")
                    .line(listed(added))
                    .plain("."),
            );
        }
    }

    fn change(&self, change: &Override, before: Option<&Speaker<'_>>) -> Vec<Block> {
        let target = &*change.target;
        let own = slot(self, target);
        let old = before.and_then(|before| Some((before, slot(before, target)?)));
        let name = match (&own, &old) {
            (Some(slot), _) => Line::new().piece(self.names.name(slot.thing)),
            (None, Some((before, slot))) => Line::new().piece(Piece::Name {
                of: String::new(),
                text: before.names.spelled(slot.thing).to_owned(),
            }),
            (None, None) => Line::new().code(target),
        };
        // What is gone is gone whole, whichever of its formulas the change named.
        let part = own.as_ref().map_or("", |slot| slot.part);
        let subject = if part.is_empty() {
            name
        } else {
            name.plain(format!(", {part}"))
        };
        let mut blocks = match &own {
            Some(Slot {
                formula: Some(formula),
                at,
                ..
            }) => {
                let says = match (part.is_empty(), formula.of) {
                    (true, Type::Flag) => " now holds if ",
                    (true, _) => " is now ",
                    (false, _) => ": ",
                };
                self.statement(formula, at).after(subject.plain(says))
            }
            Some(_) => vec![Block::Paragraph(subject.plain(": nothing."))],
            None => {
                let is = old.as_ref().map_or("", |(_, slot)| slot.is);
                let line = subject.plain(" is left out. ").plain(sentence(is));
                vec![Block::Paragraph(line)]
            }
        };
        let Some((before, slot)) = &old else {
            return blocks;
        };
        let Some(formula) = slot.formula else {
            blocks.push(Block::said("The template says nothing of it."));
            return merged(blocks);
        };
        let statement = before.statement(formula, &slot.at);
        let said = statement.after("The template says: ");
        blocks.extend(said.into_iter().map(|block| self.led_home(block, before)));
        merged(blocks)
    }

    /// A block of another plan's words, its names leading to this plan's.
    fn led_home(&self, block: Block, from: &Speaker<'_>) -> Block {
        let line = |line: Line| {
            line.0
                .into_iter()
                .fold(Line::new(), |said, piece| match piece {
                    Piece::Name { of, text } => {
                        let written = from
                            .names
                            .by_key(&of)
                            .map(|thing| from.names.as_written(thing));
                        match written.and_then(|name| self.names.find(name)) {
                            Some(thing) => said.piece(self.names.name(thing)),
                            None => said.piece(Piece::Name {
                                of: String::new(),
                                text,
                            }),
                        }
                    }
                    other => said.piece(other),
                })
        };
        match block {
            Block::Paragraph(said) => Block::Paragraph(line(said)),
            Block::List {
                is_numbered,
                entries,
            } => Block::List {
                is_numbered,
                entries: entries
                    .into_iter()
                    .map(|entry| {
                        entry
                            .into_iter()
                            .map(|block| self.led_home(block, from))
                            .collect()
                    })
                    .collect(),
            },
            other @ (Block::Heading(_)
            | Block::Remark(_)
            | Block::Points(_)
            | Block::Table { .. }
            | Block::Signatures(_)) => other,
        }
    }

    /// What stands in the plan's own file.
    fn added(&self, file: FileId) -> Vec<Line> {
        let plan = self.plan;
        let mut added: Vec<Thing> = Vec::new();
        macro_rules! own {
            ($($list:ident => $id:path),*) => {$(
                for (at, thing) in (0u16..).zip(&plan.$list) {
                    if thing.span.file == file {
                        added.push($id(at).into());
                    }
                }
            )*};
        }
        own!(kinds => crate::tree::KindId, terms => TermId, measures => MeasureId, values => ValueId,
             tables => TableId, components => ComponentId, limits => LimitId);
        added
            .into_iter()
            .map(|thing| Line::new().piece(self.names.name(thing)))
            .collect()
    }
}

/// The formula that a name of `overrides` means, in a plan.
fn slot<'s>(speaker: &'s Speaker<'_>, target: &str) -> Option<Slot<'s>> {
    let plan: &Plan = speaker.plan;
    let (block, rest) = target.split_once('.')?;
    let (name, part) = match block {
        "terms" => (rest, ""),
        _ => rest.split_once('.').unwrap_or((rest, "")),
    };
    let thing = speaker.names.find(name)?;
    let Thing::Reference(reference) = thing else {
        return None;
    };
    let at = At::window(speaker.asked.window(thing));
    let said = |is: &'s str, part: &'static str, formula: Option<&'s Expr>, at: At<'s>| {
        Some(Slot {
            thing,
            is,
            part,
            formula,
            at,
        })
    };
    match (block, reference) {
        ("terms", Reference::Term(id)) => {
            let term = &plan[id];
            said(
                &term.is,
                "what holds where an agreement does not state it",
                term.agreed.as_ref(),
                at,
            )
        }
        ("measures", Reference::Measure(id)) => {
            let measure = &plan[id];
            let at = at.on(Some(measure.kind));
            match part {
                "where" => said(
                    &measure.is,
                    "which facts count",
                    measure.filter.as_ref(),
                    at,
                ),
                _ => said(&measure.is, "", measure.of.as_ref(), at),
            }
        }
        ("values", Reference::Value(id)) => {
            let value = &plan[id];
            let window = value.every.or(at.window);
            said(
                &value.is,
                "",
                Some(&value.formula),
                At::window(window).at_level(value.level),
            )
        }
        ("tables", Reference::Table(id)) => {
            let table = &plan[id];
            let formula = match &table.reading {
                Reading::EachBand(formula) | Reading::OneBand(formula) => Some(formula),
                Reading::Line(_) => None,
            };
            said(&table.is, "what a band gives", formula, at.inside(table))
        }
        ("components", Reference::Component(id)) => {
            let component = &plan[id];
            let once = At::window(Some(component.over));
            let on_row = once.on(component.each.as_ref().map(|each| each.kind));
            match part {
                "for" => said(
                    &component.is,
                    "who has it",
                    component.applies.as_ref(),
                    once,
                ),
                "gate" => said(
                    &component.is,
                    "the condition",
                    component.gate.as_ref(),
                    once,
                ),
                "where" => {
                    let filter = component
                        .each
                        .as_ref()
                        .and_then(|each| each.filter.as_ref());
                    said(&component.is, "which rows count", filter, on_row)
                }
                "at_least" => said(
                    &component.is,
                    "the least",
                    component.at_least.as_ref(),
                    once,
                ),
                "at_most" => said(&component.is, "the most", component.at_most.as_ref(), once),
                _ => said(&component.is, "", Some(&component.pays), on_row),
            }
        }
        ("limits", Reference::Limit(id)) => {
            let limit = &plan[id];
            let over = At::window(Some(limit.over));
            match part {
                "at_least" => said(&limit.is, "the least", limit.at_least.as_ref(), over),
                _ => said(&limit.is, "the most", limit.at_most.as_ref(), over),
            }
        }
        _ => None,
    }
}
