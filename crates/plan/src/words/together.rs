//! Working together: funds, changes agreed beforehand, guardrails, bodies, approvals, reviews, disputes, the end.

use super::document::{Block, Line, capital};
use super::figure::{self, unit_noun};
use super::names::{Thing, plural, spaced};
use super::pay::{defined, is_shared};
use super::sheet::{Sheet, listed, point, point_and, sentence, told};
use super::speaker::{At, Speaker};
use super::statement::Statement;
use crate::tree::{
    Change, Claims, ComponentPart, Contingency, ContingencyId, Effect, Expr, Fund, GovernanceBlock,
    Guardrail, LimitPart, Target, Text, Type,
};
use trueup_base::calendar::WindowUnit;
use trueup_base::date::Duration;

/// A key that is kept as text, and how what it says is told.
struct Told {
    key: &'static str,
    label: &'static str,
    before: &'static str,
    after: &'static str,
}

const fn key(
    key: &'static str,
    label: &'static str,
    before: &'static str,
    after: &'static str,
) -> Told {
    Told {
        key,
        label,
        before,
        after,
    }
}

const BODY: &[Told] = &[
    key("members", "Members", "", ""),
    key("quorum", "Decides with", "at least ", " of them present"),
    key("meets", "Meets", "", ""),
    key("seats", "Seats", "", ""),
];
const APPROVAL: &[Told] = &[
    key("above", "Needed above", "", ""),
    key("by", "Given by", "", ""),
    key("notice", "Takes effect", "", " after notice of it"),
    key("day", "Paid out on", "day ", " of the month"),
    key(
        "smallest",
        "Smallest payout",
        "",
        "; less waits for the next",
    ),
    key("netting", "Set off against claims", "", ""),
    key("currency", "Paid out in", "", ""),
];
const REVIEW: &[Told] = &[
    key("every", "Held", "every ", ""),
    key("by", "By", "", ""),
    key("decides", "May decide", "", ""),
];
const DISPUTES: &[Told] = &[
    key(
        "open_within",
        "Opened",
        "within ",
        " of the statement; whoever says nothing until then accepts it, and what has become payable leaves only after that or once \
          the statement is accepted",
    ),
    key("answer_within", "Answered", "within ", ", at each step"),
    key("path", "Decided by, step by step", "", ""),
    key("hold_disputed", "The disputed part is held", "", ""),
];
const WINDING_DOWN: &[Told] = &[
    key("held", "Money held", "", ""),
    key("owed", "Money owed", "", ""),
    key("unvested", "Shares not yet released", "", ""),
    key(
        "last_claims",
        "Last claims",
        "are taken for ",
        " after the end",
    ),
    key("checklist", "Both sides", "", ""),
];

/// A block, and how its keys are told.
type BlockTold = (&'static str, &'static [Told]);

/// The blocks that are kept as text, and the sections they make up.
const SECTIONS: &[(&str, &[BlockTold])] = &[
    (
        "Who decides",
        &[
            ("bodies", BODY),
            ("approvals", APPROVAL),
            ("reviews", REVIEW),
        ],
    ),
    ("If you disagree", &[("disputes", DISPUTES)]),
    ("When the agreement ends", &[("winding_down", WINDING_DOWN)]),
];

impl Speaker<'_> {
    /// Every block of working together, each kind in a section of its own.
    pub(super) fn together(&self, sheet: &mut Sheet) {
        self.funds(sheet);
        self.contingencies(sheet);
        self.guardrails(sheet);
        for (title, blocks) in SECTIONS {
            let mut is_begun = false;
            for (name, keys) in *blocks {
                let of_this = self
                    .plan
                    .governance
                    .iter()
                    .filter(|block| *block.block == **name);
                for block in of_this {
                    if !is_begun {
                        sheet.section(title);
                        is_begun = true;
                    }
                    self.governed(block, keys, sheet);
                }
            }
        }
    }

    fn funds(&self, sheet: &mut Sheet) {
        if self.plan.funds.is_empty() {
            return;
        }
        sheet.section("Joint funds");
        for fund in &self.plan.funds {
            sheet.clause(&spaced(&fund.name));
            sheet.say(defined(&fund.name, &fund.is));
            sheet.add(Block::Points(self.fund(fund)));
        }
    }

    fn fund(&self, fund: &Fund) -> Vec<(Line, Vec<Block>)> {
        let period = unit_noun(self.plan.period);
        let at = At::window(Some(self.plan.period));
        let mut points = vec![point_and(
            "Set aside",
            self.statement(&fund.accrues, &at),
            &format!("That is for each {period}."),
        )];
        if let Some(claims) = &fund.claims {
            points.push(self.claims(claims));
        }
        let on_claim = at.on(fund.claims.as_ref().map(|claims| claims.kind));
        points.push(match &fund.reimburses {
            None => told("Pays back", "All of what a claim is about."),
            Some(part) => {
                let Statement { lead, more } = self.statement(part, &on_claim);
                let lead = Line::from("of what a claim is about: ").line(lead);
                point("Pays back", Statement { lead, more })
            }
        });
        let written = self
            .plan
            .governance
            .iter()
            .find(|block| &*block.block == "funds" && block.name == fund.name);
        if let Some(needs) = written.and_then(|block| said(block, "needs")) {
            points.push(told(
                "A claim needs",
                format!("{}.", capital(&plain("needs", needs))),
            ));
        }
        if let Some(within) = fund.claim_within {
            let within = figure::length(within);
            points.push(told("Claimed", format!("Within {within} of the expense.")));
        }
        if let Some(lasts) = fund.expires_after {
            points.push(told(
                "Lasts",
                format!(
                    "Credit lapses {} after it was set aside; the oldest is used first.",
                    figure::length(lasts)
                ),
            ));
        }
        points.extend(by("Approved by", &fund.approved_by));
        points
    }

    fn claims(&self, claims: &Claims) -> (Line, Vec<Block>) {
        let kind = &self.plan[claims.kind];
        let at = At::window(Some(self.plan.period)).on(Some(claims.kind));
        let rows = self.rows(kind, &claims.role);
        let shares = if is_shared(kind, &claims.role) {
            ", times your share of it"
        } else {
            ""
        };
        let Statement { lead, more } = self.statement(&claims.of, &at);
        let lead = Line::from(format!("{rows}, each about ")).line(lead);
        let day = format!(
            "The day of the expense is {}.",
            super::names::column(kind, claims.spent)
        );
        let shared = if shares.is_empty() {
            day
        } else {
            format!(
                "What each is about counts{}. {day}",
                shares.trim_start_matches(',')
            )
        };
        let (label, mut blocks) = point_and("Claims are", Statement { lead, more }, &shared);
        if let Some(filter) = &claims.filter {
            let before = format!(
                "Only those {} count for which ",
                plural(&spaced(&kind.name))
            );
            blocks.extend(self.statement(filter, &at).after(before));
        }
        (label, blocks)
    }

    fn contingencies(&self, sheet: &mut Sheet) {
        if self.plan.contingencies.is_empty() {
            return;
        }
        let period = unit_noun(self.plan.period);
        sheet.section("Changes agreed beforehand");
        sheet.say(format!(
            "Whether such a change is on is asked about you in each {period}, as if nothing had been changed. While it is on, \
             what it changes says something else, in whichever windows that is asked: inside a {period} as in the {period}, over a \
             longer window as at its end, and a figure for a longer time is added up from its {}. Days that lie ahead are \
             as agreed. Where the condition has no answer, neither has what is changed. Several changes of one thing take effect \
             in the order written.",
            plural(period)
        ));
        for (at, contingency) in (0u16..).zip(&self.plan.contingencies) {
            sheet.clause(&spaced(&contingency.name));
            sheet.say(defined(&contingency.name, &contingency.is));
            let mut points = self.contingency(contingency);
            points.extend(self.approved(ContingencyId(at), contingency));
            sheet.add(Block::Points(points));
        }
    }

    fn contingency(&self, contingency: &Contingency) -> Vec<(Line, Vec<Block>)> {
        let period = unit_noun(self.plan.period);
        let at = At::window(Some(self.plan.period));
        let lasts = contingency.lasts.map(figure::length);
        let mut points = vec![point("While", self.statement(&contingency.when, &at))];
        points.push(self.changes("What changes", &contingency.changes));
        points.push(match contingency.approved_by.as_slice() {
            [] => {
                let until = lasts.map_or_else(String::new, |lasts| {
                    format!(
                        " It stays on for at most {lasts} without a break; then it is off until the condition was false for \
                         a {period}."
                    )
                });
                told("Begins", format!("By itself.{until}"))
            }
            approved_by => {
                let until = lasts.map_or_else(
                    || ", for as long as that says".to_owned(),
                    |lasts| format!(", for at most {lasts}"),
                );
                told(
                    "Begins",
                    format!(
                        "Only with an approval by {}, in {} that begin on its day or later{until}.",
                        names_of(approved_by),
                        plural(period)
                    ),
                )
            }
        });
        points
    }

    /// What the agreement at hand says of a contingency's approval.
    fn approved(&self, id: ContingencyId, contingency: &Contingency) -> Option<(Line, Vec<Block>)> {
        let agreed = self.agreed?;
        if contingency.approved_by.is_empty() {
            return None;
        }
        let spans: Vec<String> = agreed
            .approved
            .iter()
            .filter(|approved| approved.contingency == id)
            .map(|approved| {
                let from = figure::day(approved.starts);
                match approved.until {
                    Some(until) => {
                        format!("from {from} to {}, both included", figure::last_day(until))
                    }
                    None => format!("from {from} on"),
                }
            })
            .collect();
        Some(told(
            "In this agreement",
            if spans.is_empty() {
                "It is not approved.".to_owned()
            } else {
                format!("Approved {}.", spans.join("; "))
            },
        ))
    }

    fn guardrails(&self, sheet: &mut Sheet) {
        if self.plan.guardrails.is_empty() {
            return;
        }
        let period = unit_noun(self.plan.period);
        sheet.section("What we look out for");
        sheet.say(format!(
            "Each is asked about you in each {period}, as if nothing had been changed."
        ));
        for guardrail in &self.plan.guardrails {
            sheet.clause(&spaced(&guardrail.name));
            sheet.say(defined(&guardrail.name, &guardrail.is));
            sheet.add(Block::Points(self.guardrail(guardrail)));
        }
    }

    fn guardrail(&self, guardrail: &Guardrail) -> Vec<(Line, Vec<Block>)> {
        let at = At::window(Some(self.plan.period));
        let mut points = vec![point(
            "Looked out for",
            self.statement(&guardrail.when, &at),
        )];
        let effect = match guardrail.effect {
            Effect::Warn => "It is shown.",
            Effect::Hold => {
                "Nothing that would become payable does, for as long as it holds or has no answer."
            }
            Effect::Cap => {
                "What is named below is held down for as long as it holds, and never lifted by it."
            }
            Effect::Review => "It is shown, and somebody has to look at it.",
        };
        points.push(told("What then happens", effect));
        if !guardrail.changes.is_empty() {
            points.push(self.changes("Held down", &guardrail.changes));
        }
        points.extend(by("Seen by", &guardrail.seen_by));
        points
    }

    /// What is changed, and to what.
    fn changes(&self, label: &str, changes: &[Change]) -> (Line, Vec<Block>) {
        let entries = changes
            .iter()
            .map(|change| self.changed_to(change))
            .collect();
        (Line::from(label), vec![Block::bullets(entries)])
    }

    fn changed_to(&self, change: &Change) -> Vec<Block> {
        let (thing, part) = target(change.target);
        let window = match change.target {
            Target::Component(id, _) => Some(self.plan[id].over),
            Target::Limit(id, _) => Some(self.plan[id].over),
            Target::Term(_) | Target::Value(_) => self.asked.window(thing),
        };
        let kind = match change.target {
            Target::Component(id, ComponentPart::Pays | ComponentPart::Filter) => {
                self.plan[id].each.as_ref().map(|each| each.kind)
            }
            Target::Component(..) | Target::Limit(..) | Target::Term(_) | Target::Value(_) => None,
        };
        let at = At::window(window).on(kind);
        let at = match change.target {
            Target::Value(id) => at.at_level(self.plan[id].level),
            Target::Component(..) | Target::Limit(..) | Target::Term(_) => at,
        };
        let name = Line::new().piece(self.names.name(thing));
        let says = match (part, change.to.of) {
            ("", Type::Flag) => name.plain(" holds if "),
            ("", _) => name.plain(" is "),
            (part, _) => name.plain(format!(", {part}: ")),
        };
        let mut blocks = self.statement(&change.to, &at).after(says);
        let bounds = [
            ("Not below ", &change.lowest),
            ("Not above ", &change.highest),
        ];
        for (before, bound) in bounds {
            if let Some(bound) = bound {
                blocks.extend(self.statement(bound, &at).after(before));
            }
        }
        super::changes::merged(blocks)
    }

    /// How disagreements are settled, as points.
    pub(super) fn disputes(&self) -> Option<Block> {
        let mut blocks = self.plan.governance.iter();
        let block = blocks.find(|block| &*block.block == "disputes")?;
        Some(Block::Points(self.points(block, DISPUTES)))
    }

    fn governed(&self, block: &GovernanceBlock, keys: &[Told], sheet: &mut Sheet) {
        if !block.name.is_empty() {
            sheet.clause(&spaced(&block.name));
            let line = Line::new()
                .code(&*block.name)
                .plain(format!(" in {}", spaced(&block.block)));
            let is = said(block, "is").unwrap_or_default();
            sheet.say(if is.is_empty() {
                line
            } else {
                line.plain(" · ").plain(sentence(is))
            });
        }
        let points = self.points(block, keys);
        if !points.is_empty() {
            sheet.add(Block::Points(points));
        }
    }

    fn points(&self, block: &GovernanceBlock, keys: &[Told]) -> Vec<(Line, Vec<Block>)> {
        let at = At::window(Some(self.plan.period));
        keys.iter()
            .filter_map(|told_as| {
                if let Some(formula) = formula(block, told_as.key) {
                    let mut statement = self.statement(formula, &at);
                    statement.lead = Line::from(told_as.before).line(statement.lead);
                    if statement.more.is_empty() {
                        statement.lead = statement.lead.plain(told_as.after);
                    }
                    return Some(point(told_as.label, statement));
                }
                let text = plain(told_as.key, said(block, told_as.key)?);
                let line = format!("{}{text}{}", told_as.before, told_as.after);
                Some(told(told_as.label, format!("{}.", capital(&line))))
            })
            .collect()
    }
}

/// What a change speaks of: the thing, and the part of it in words.
fn target(target: Target) -> (Thing, &'static str) {
    match target {
        Target::Term(id) => (id.into(), ""),
        Target::Value(id) => (id.into(), ""),
        Target::Component(id, part) => (
            id.into(),
            match part {
                ComponentPart::Applies => "who has it",
                ComponentPart::Gate => "the condition",
                ComponentPart::Filter => "which rows count",
                ComponentPart::Pays => "what it pays",
                ComponentPart::AtLeast => "the least",
                ComponentPart::AtMost => "the most",
            },
        ),
        Target::Limit(id, part) => (
            id.into(),
            match part {
                LimitPart::AtMost => "the most",
                LimitPart::AtLeast => "the least",
            },
        ),
    }
}

/// A point that lists who.
fn by(label: &str, who: &[Text]) -> Option<(Line, Vec<Block>)> {
    (!who.is_empty()).then(|| told(label, format!("{}.", capital(&names_of(who)))))
}

/// Names of bodies and people in a sentence.
fn names_of(who: &[Text]) -> String {
    listed(who.iter().map(|name| Line::from(spaced(name))).collect()).text()
}

fn formula<'b>(block: &'b GovernanceBlock, path: &str) -> Option<&'b Expr> {
    let found = block.formulas.iter().find(|(known, _)| &**known == path);
    found.map(|(_, formula)| formula)
}

fn said<'b>(block: &'b GovernanceBlock, key: &str) -> Option<&'b str> {
    let found = block.says.iter().find(|(known, _)| &**known == key);
    found.map(|(_, says)| &**says)
}

/// What a key says in prose: names with blanks, units of time as they are called, yes and no.
fn plain(key: &str, says: &str) -> String {
    if let Ok(length) = Duration::parse(says) {
        return figure::length(length);
    }
    if key == "every"
        && let Ok(unit) = says.parse::<WindowUnit>()
    {
        return unit_noun(unit).to_owned();
    }
    let is_name = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    says.split(' ')
        .map(|word| {
            let bare = word.trim_matches([',', ':', ';', '(', ')']);
            if is_name(bare) {
                word.replace('_', " ")
            } else {
                word.to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}
