//! What is earned: components and what holds them together.

use super::document::{Block, Line, capital};
use super::figure::{self, unit_noun};
use super::names::{plural, quoted, spaced};
use super::sheet::{Sheet, listed, point, point_and, sentence, told};
use super::speaker::{At, Speaker};
use super::statement::Statement;
use crate::tree::walk::held_by;
use crate::tree::{
    Component, ComponentId, Cut, Each, FactKind, Grant, Guardrail, Instalment, InstalmentWhen,
    Limit, LimitId, MoneyRounding, RecoverFrom, Recovery, Target,
};
use trueup_base::calendar::WindowUnit;
use trueup_base::exact::Exact;

impl Speaker<'_> {
    /// What holds for every component that says nothing else.
    fn as_usual(&self) -> String {
        format!(
            "Unless a component says otherwise: everyone under this plan has it; what it comes to is rounded once, {}; all \
             of it is payable when it is settled; and what has to come back is taken {}.",
            self.rounding(&self.plan.money, Grant::Money),
            taken_back(None)
        )
    }

    /// Every component under a heading of its own.
    pub(super) fn components(&self, sheet: &mut Sheet) {
        if self.plan.components.is_empty() {
            sheet.say("This plan pays nothing.");
            return;
        }
        sheet.say(self.as_usual());
        for (at, component) in (0u16..).zip(&self.plan.components) {
            sheet.defining(self, ComponentId(at));
            sheet.say(defined(&component.name, &component.is));
            sheet.add(Block::Points(self.component(ComponentId(at), component)));
        }
    }

    fn component(&self, id: ComponentId, component: &Component) -> Vec<(Line, Vec<Block>)> {
        let at = At::window(Some(component.over));
        let noun = unit_noun(component.over);
        let mut points = Vec::new();
        if let Some(applies) = &component.applies {
            let Statement { lead, more } = self.statement(applies, &at);
            let lead = Line::from("you, if ").line(lead);
            let statement = Statement { lead, more };
            points.push(point_and(
                "Who has it",
                statement,
                "Otherwise you earn nothing of it.",
            ));
        }
        points.push(told("Earned", earned(component)));
        if let Some(gate) = &component.gate {
            let once = format!(
                "Asked once for the {noun}; where it does not hold, the {noun} earns nothing of this."
            );
            points.push(point_and("Condition", self.statement(gate, &at), &once));
        }
        match &component.each {
            None => points.push(point(
                pays_label(component.grants),
                self.statement(&component.pays, &at),
            )),
            Some(each) => points.push(self.on_rows(component, each, &at)),
        }
        if let Some(least) = &component.at_least {
            points.push(point("At least", self.statement(least, &at)));
        }
        match (&component.at_most, &component.uncapped) {
            (Some(most), _) => points.push(point("At most", self.statement(most, &at))),
            (None, None) if component.grants != Grant::Flag => {
                points.push(told("At most", self.held_elsewhere(id)));
            }
            (None, _) => {}
        }
        if let Some(reason) = &component.uncapped {
            let why = format!(
                "It has no upper bound, and both sides agreed why: {}",
                sentence(reason)
            );
            points.push(told("No cap", why));
        }
        if let Some(rounded) = self.rounded(component) {
            points.push(told("Rounded", rounded));
        }
        if !component.paid.is_empty() {
            let noun = unit_noun(component.over);
            let entries = component
                .paid
                .iter()
                .map(|line| self.instalment(line, noun))
                .collect();
            points.push((Line::from("Payable"), vec![Block::bullets(entries)]));
        }
        if let Some(recovery) = &component.recovers {
            let back = format!("{}.", capital(&taken_back(Some(recovery))));
            points.push(told("Taken back", back));
        }
        if let Some(reason) = &component.cliff {
            let why = format!(
                "It may jump where it does, and both sides agreed why: {}",
                sentence(reason)
            );
            points.push(told("A jump that is meant", why));
        }
        if !component.stacks_with.is_empty() {
            let others = component
                .stacks_with
                .iter()
                .map(|id| Line::new().piece(self.names.name(*id)))
                .collect();
            let line = Line::from("It is meant to pay on the same facts as ")
                .line(listed(others))
                .plain(".");
            points.push(told("Besides", line));
        }
        points
    }

    /// What holds a component down that has no cap of its own.
    fn held_elsewhere(&self, id: ComponentId) -> Line {
        let mut holding: Vec<Line> = (0u16..)
            .map(LimitId)
            .zip(&self.plan.limits)
            .filter(|(_, limit)| limit.at_most.is_some())
            .filter(|(at, _)| held_by(&self.plan.limits, *at).contains(&id))
            .map(|(at, _)| Line::new().piece(self.names.name(at)))
            .collect();
        let caps_it = |guardrail: &&Guardrail| {
            let mut targets = guardrail.changes.iter().map(|change| change.target);
            targets.any(|target| matches!(target, Target::Component(of, _) if of == id))
        };
        let guardrails = self.plan.guardrails.iter().filter(caps_it);
        holding.extend(guardrails.map(|one| Line::from(quoted(&spaced(&one.name)))));
        match holding.is_empty() {
            true => Line::from("Nothing caps it."),
            false => Line::from("Nothing caps it by itself; it is held down by ")
                .line(listed(holding))
                .plain("."),
        }
    }

    fn on_rows(&self, component: &Component, each: &Each, at: &At<'_>) -> (Line, Vec<Block>) {
        let at = at.on(Some(each.kind));
        let kind = &self.plan[each.kind];
        let Statement { lead, more } = self.statement(&component.pays, &at);
        let before = format!("On each of {}: ", self.rows(kind, &each.role));
        let lead = Line::from(before).line(lead);
        let row = spaced(&kind.name);
        let shares = if is_shared(kind, &each.role) {
            " is taken times your share of it,"
        } else {
            ""
        };
        let rounded = match component.rounding {
            Some(_) => " is rounded by itself,",
            None => "",
        };
        let added = format!("What each {row} pays{shares}{rounded} and all are added up.");
        let added = added.replacen(
            &format!("{row} pays and all"),
            &format!("{row} pays is taken as it is, and all"),
            1,
        );
        let statement = Statement { lead, more };
        let Some(filter) = &each.filter else {
            return point_and(pays_label(component.grants), statement, &added);
        };
        let (label, mut blocks) = point(pays_label(component.grants), statement);
        let before = format!("Only those {} count for which ", plural(&row));
        blocks.extend(
            self.statement(filter, &at)
                .between(before, &format!(". {added}")),
        );
        (label, blocks)
    }

    /// The rows that count for the partner in a role.
    pub(super) fn rows(&self, kind: &FactKind, role: &str) -> String {
        let many = plural(&spaced(&kind.name));
        match kind.credited.as_slice() {
            [only] if *only.role == *role => format!("your {many}"),
            _ => format!("the {many} credited to you as {}", quoted(&spaced(role))),
        }
    }

    /// How a component is rounded, where that is not as usual.
    fn rounded(&self, component: &Component) -> Option<String> {
        let is_money = matches!(component.grants, Grant::Money | Grant::Fund);
        match &component.rounding {
            Some(rounding) if is_money && *rounding == self.plan.money => None,
            Some(rounding) => Some(format!(
                "{}.",
                capital(&self.rounding(rounding, component.grants))
            )),
            None if component.grants == Grant::Flag => None,
            None => Some("Not at all.".to_owned()),
        }
    }

    /// A rounding in words, in the unit of what is granted.
    pub(super) fn rounding(&self, rounding: &MoneyRounding, grants: Grant) -> String {
        let step = match grants {
            Grant::Money | Grant::Fund => figure::money(&rounding.to, self.plan.currency),
            Grant::Count | Grant::Flag => figure::decimal(&rounding.to, 0),
        };
        figure::rounding(&step, rounding.mode)
    }

    fn instalment(&self, line: &Instalment, noun: &str) -> Vec<Block> {
        let share = figure::percent(&line.share);
        let when = match &line.when {
            InstalmentWhen::AtSettlement => " when it is settled".to_owned(),
            InstalmentWhen::After(length) => {
                format!(", {} after the end of the {noun}", figure::length(*length))
            }
            InstalmentWhen::On(day) => format!(" on {}", figure::day(*day)),
        };
        let Some(condition) = &line.condition else {
            return vec![Block::said(format!("{share}{when}."))];
        };
        let at = At::window(Some(self.plan.period));
        let period = unit_noun(self.plan.period);
        let otherwise = if line.waits {
            format!("where it does not hold it is asked again each {period}")
        } else {
            "where it does not hold this part is forfeited".to_owned()
        };
        self.statement(condition, &at).between(
            format!("{share}{when}, if "),
            &format!(
                ". That is asked in the {period} of that day; {otherwise}, and while it has no answer this part stays held."
            ),
        )
    }

    /// Every limit under a heading of its own.
    pub(super) fn limits(&self, sheet: &mut Sheet) {
        for (at, limit) in (0u16..).zip(&self.plan.limits) {
            sheet.defining(self, LimitId(at));
            sheet.say(defined(&limit.name, &limit.is));
            sheet.add(Block::Points(self.limit(limit)));
        }
    }

    fn limit(&self, limit: &Limit) -> Vec<(Line, Vec<Block>)> {
        let at = At::window(Some(limit.over));
        let held = limit
            .on
            .iter()
            .map(|reference| Line::new().piece(self.names.name(*reference)))
            .collect();
        let mut points = vec![
            told(
                "Holds together",
                listed(held).plain(if limit.on.len() > 1 {
                    ", in this order."
                } else {
                    "."
                }),
            ),
            told("Over", format!("{}.", capital(&each(limit.over)))),
        ];
        if let Some(most) = &limit.at_most {
            points.push(point("At most", self.statement(most, &at)));
        }
        if limit.at_most.is_some() {
            let cut = match limit.cut {
                Cut::LastFirst => {
                    "The last listed gives way first, down to nothing, then the one before it."
                }
                Cut::ProRata => {
                    "All give way in proportion to what they would pay, in whole units of money, what is left going to \
                     the largest fractions cut off."
                }
            };
            points.push(told("Where it is more", cut));
        }
        if let Some(least) = &limit.at_least {
            let top_up = "What is missing to it is paid as a line of its own, the top-up.";
            points.push(point_and("At least", self.statement(least, &at), top_up));
        }
        points
    }
}

/// Whether a partner may have less than all of a row in a role.
pub(super) fn is_shared(kind: &FactKind, role: &str) -> bool {
    kind.credited
        .iter()
        .any(|line| *line.role == *role && line.share != Exact::ONE)
}

/// How a definition begins: the plan's own name, and what it is.
pub(super) fn defined(name: &str, is: &str) -> Line {
    let line = Line::new().code(name);
    if is.is_empty() {
        line
    } else {
        line.plain(" · ").plain(sentence(is))
    }
}

fn pays_label(grants: Grant) -> &'static str {
    match grants {
        Grant::Money => "Pays",
        Grant::Count => "Grants goods, in number",
        Grant::Fund => "Grants credit in a fund",
        Grant::Flag => "Grants a standing, while it holds that",
    }
}

/// `each quarter`, `the whole agreement`.
pub(super) fn each(unit: WindowUnit) -> String {
    match unit {
        WindowUnit::Agreement => "the whole agreement".to_owned(),
        unit => format!("each {}", unit_noun(unit)),
    }
}

fn earned(component: &Component) -> String {
    let over = each(component.over);
    let noun = unit_noun(component.over);
    if component.over == component.every {
        return format!("For {over}, settled when it ends.");
    }
    format!(
        "For {over}, settled every {} on the {noun} so far: each settlement brings what is owed by then, less what was \
         settled before.",
        unit_noun(component.every)
    )
}

/// Where an amount that falls again is taken from.
fn taken_back(recovery: Option<&Recovery>) -> String {
    let Some(recovery) = recovery else {
        return "from money held, then from payouts to come, at most half of each payout and never by an invoice".to_owned();
    };
    let places: Vec<String> = recovery
        .from
        .iter()
        .map(|place| {
            match place {
                RecoverFrom::Held => "from money held",
                RecoverFrom::NextPayouts => "from payouts to come",
                RecoverFrom::Invoice => "by an invoice to you",
            }
            .to_owned()
        })
        .collect();
    let places = match places.as_slice() {
        [] => "from money held, then from payouts to come".to_owned(),
        places => places.join(", then "),
    };
    let most = match &recovery.at_most {
        Some(part) => format!(", at most {} of each payout", figure::percent(part)),
        None => ", with no part of a payout named as the most".to_owned(),
    };
    let within = match recovery.within {
        Some(length) => format!(", within {}", figure::length(length)),
        None => ", whenever there is something to take it from".to_owned(),
    };
    format!("{places}{most}{within}")
}

/// How an act of a grant is called where it is only mentioned.
pub(super) fn granted(grants: Grant) -> &'static str {
    match grants {
        Grant::Money => "money",
        Grant::Count => "goods",
        Grant::Fund => "credit in a fund",
        Grant::Flag => "a standing",
    }
}
