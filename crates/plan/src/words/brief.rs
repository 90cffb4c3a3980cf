//! The short version: one page that a partner reads first.

use super::document::{Block, Document, Line};
use super::figure::{self, unit_noun};
use super::names::{quoted, spaced};
use super::pay::{each, granted};
use super::sheet::{Sheet, listed, sentence};
use super::speaker::{At, Speaker};
use crate::tree::walk::parts;
use crate::tree::{
    Component, ComponentId, Effect, Expr, Form, Grant, InstalmentWhen, LimitId, Name, Reference,
    TermId,
};

impl Speaker<'_> {
    /// One page.
    pub(super) fn short(&self) -> Document {
        let mut sheet = Sheet::titled(self.title());
        self.front(&mut sheet);
        sheet.aside("What you can earn");
        let entries = (0u16..)
            .zip(&self.plan.components)
            .map(|(at, component)| vec![Block::Paragraph(self.offer(ComponentId(at), component))])
            .collect();
        sheet.add(Block::bullets(entries));
        for (at, limit) in (0u16..).zip(&self.plan.limits) {
            let held = limit
                .on
                .iter()
                .map(|of| Line::new().piece(self.names.name(*of)))
                .collect();
            let place = At::window(Some(limit.over));
            let mut line = Line::new()
                .piece(self.names.name(LimitId(at)))
                .plain(": ")
                .line(listed(held))
                .plain(if limit.on.len() > 1 {
                    " together come to "
                } else {
                    " comes to "
                });
            if let Some(most) = &limit.at_most {
                line = line.plain("at most ").line(self.value(most, &place).line);
            }
            if let Some(least) = &limit.at_least {
                let and = if limit.at_most.is_some() { " and " } else { "" };
                line = line
                    .plain(format!("{and}at least "))
                    .line(self.value(least, &place).line);
            }
            sheet.say(line.plain(format!(" for {}.", each(limit.over))));
        }
        self.reached(&mut sheet);
        self.payable(&mut sheet);
        self.watched(&mut sheet);
        sheet.aside("If you disagree");
        match self.disputes() {
            Some(points) => sheet.add(points),
            None => sheet.say("The plan states no steps of its own."),
        }
        sheet.aside("Where all of it stands");
        sheet.say(
            Line::from("This is the short version. The full version of these words says everything; what both sides sign is \
                        the plan's text with the SHA-256 hash ")
                .code(&*self.plan.identity)
                .plain("."),
        );
        sheet.document(self.title().to_owned())
    }

    fn offer(&self, id: ComponentId, component: &Component) -> Line {
        let at = At::window(Some(component.over));
        let mut line = Line::new()
            .piece(self.names.name(id))
            .plain(": ")
            .plain(sentence(&component.is));
        if component.grants != Grant::Money {
            line = line.plain(format!(" It grants {}.", granted(component.grants)));
        }
        if let Some(applies) = &component.applies {
            line = line
                .plain(" Only if ")
                .line(self.condition(applies, &at).line)
                .plain(".");
        }
        if let Some(most) = &component.at_most {
            line = line
                .plain(" At most ")
                .line(self.value(most, &at).line)
                .plain(format!(" for {}.", each(component.over)));
        }
        line
    }

    /// What must be reached: agreed figures, and conditions of components.
    fn reached(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let mut entries = Vec::new();
        for (at, term) in (0u16..).zip(&plan.terms) {
            let id = TermId(at);
            if !term.name.starts_with("target.") {
                continue;
            }
            let mut line = Line::new()
                .piece(self.names.name(id))
                .plain(": ")
                .plain(sentence(&term.is));
            let figure = self
                .agreed
                .and_then(|agreed| agreed.gloss(self, id, self.asked.window(id)));
            line = match (figure, self.agreed) {
                (Some(figure), _) => line.plain(" ").strong(format!("{figure}.")),
                (None, Some(_)) => {
                    line.plain(" The full version lists what is agreed for each period.")
                }
                (None, None) => line.plain(" Your agreement states it."),
            };
            entries.push(vec![Block::Paragraph(line)]);
        }
        for (at, component) in (0u16..).zip(&plan.components) {
            if let Some(gate) = &component.gate {
                let place = At::window(Some(component.over));
                let mut line = Line::from("For ")
                    .piece(self.names.name(ComponentId(at)))
                    .plain(": ")
                    .line(self.condition(gate, &place).line)
                    .plain(".");
                for (of, is) in self.meant(gate) {
                    line = line
                        .plain(" ")
                        .piece(self.names.name(of))
                        .plain(": ")
                        .plain(sentence(is));
                }
                entries.push(vec![Block::Paragraph(line)]);
            }
        }
        sheet.aside("What you must reach");
        if entries.is_empty() {
            sheet.say(
                "No component states a target or a condition; each pays from the first fact on.",
            );
        } else {
            sheet.add(Block::bullets(entries));
        }
    }

    /// What may change or hold back any of it.
    fn watched(&self, sheet: &mut Sheet) {
        let plan = self.plan;
        let told = |name: &str, is: &str, effect: String| {
            let is = match is.is_empty() {
                true => String::new(),
                false => format!(" {}", sentence(is)),
            };
            vec![Block::said(format!(
                "{}:{is} {effect}",
                quoted(&spaced(name))
            ))]
        };
        let mut entries: Vec<Vec<Block>> = plan
            .contingencies
            .iter()
            .map(|one| {
                let approved = match one.approved_by.is_empty() {
                    true => "",
                    false => ", once it is approved",
                };
                let effect = format!("While it is so{approved}, other figures hold.");
                told(&one.name, &one.is, effect)
            })
            .collect();
        entries.extend(plan.guardrails.iter().filter_map(|one| {
            let effect = match one.effect {
                Effect::Hold => "While it is so, or cannot be told, nothing becomes payable.",
                Effect::Cap => "While it is so, what you earn is held down.",
                Effect::Warn | Effect::Review => return None,
            };
            Some(told(&one.name, &one.is, effect.to_owned()))
        }));
        if !entries.is_empty() {
            sheet.aside("What may change it");
            sheet.add(Block::bullets(entries));
        }
    }

    /// What the names of a formula are, in the plan's own words.
    fn meant(&self, formula: &Expr) -> Vec<(Reference, &str)> {
        let mut found: Vec<(Reference, &str)> = Vec::new();
        let mut open = vec![formula];
        while let Some(expr) = open.pop() {
            open.extend(parts(expr).into_iter().rev());
            let named = match &expr.form {
                Form::Name(Name::Value(id)) => Some((Reference::Value(*id), &*self.plan[*id].is)),
                Form::Name(Name::Measure(id)) => {
                    Some((Reference::Measure(*id), &*self.plan[*id].is))
                }
                _ => None,
            };
            found.extend(named.filter(|named| !named.1.is_empty() && !found.contains(named)));
        }
        found
    }

    /// When what is earned is paid, components that are paid alike together.
    fn payable(&self, sheet: &mut Sheet) {
        sheet.aside("When you are paid");
        let mut alike: Vec<(String, Vec<Line>)> = Vec::new();
        for (at, component) in (0u16..).zip(&self.plan.components) {
            if component.grants == Grant::Flag {
                continue;
            }
            let name = Line::new().piece(self.names.name(ComponentId(at)));
            let when = when(component);
            match alike.iter_mut().find(|(known, _)| *known == when) {
                Some((_, names)) => names.push(name),
                None => alike.push((when, vec![name])),
            }
        }
        let entries = alike
            .into_iter()
            .map(|(when, names)| vec![Block::Paragraph(listed(names).plain(format!(": {when}")))])
            .collect();
        sheet.add(Block::bullets(entries));
    }
}

fn when(component: &Component) -> String {
    let settled = format!("settled every {}", unit_noun(component.every));
    if component.paid.is_empty() {
        return format!("{settled}, and payable then.");
    }
    let parts: Vec<String> = component
        .paid
        .iter()
        .map(|line| {
            let share = figure::percent(&line.share);
            let when = match &line.when {
                InstalmentWhen::AtSettlement => "then".to_owned(),
                InstalmentWhen::After(length) => format!("{} later", figure::length(*length)),
                InstalmentWhen::On(day) => format!("on {}", figure::day(*day)),
            };
            let condition = if line.condition.is_some() {
                " on a condition"
            } else {
                ""
            };
            format!("{share} payable {when}{condition}")
        })
        .collect();
    format!("{settled}, {}.", parts.join(", "))
}
