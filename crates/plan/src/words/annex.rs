//! What holds although nobody wrote it, and what a signer would otherwise have to search for: defaults, roundings, the
//! units of plain numbers, changes of a template, the text that is signed.

use std::collections::BTreeMap;

use super::asked::approvals;
use super::document::{Block, Line, Piece};
use super::figure::{self, unit_noun};
use super::names::{Thing, quoted, spaced};
use super::read::columns;
use super::sheet::{Sheet, listed};
use super::speaker::{At, Speaker};
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{
    BoundKind, Call, ComponentId, Cut, Expr, Form, LimitId, Literal, Plan, Reference, Table,
    TableId, Trigger, Type, Unsaid, UnsaidKey, UnsaidOf,
};

impl Speaker<'_> {
    /// Every default that holds because nothing else was written.
    pub(super) fn defaults(&self, sheet: &mut Sheet) {
        if self.plan.unsaid.is_empty() {
            return;
        }
        sheet.section("What holds because nothing else was written");
        let mut keys: Vec<UnsaidKey> = self.plan.unsaid.iter().map(|unsaid| unsaid.key).collect();
        keys.sort_unstable();
        keys.dedup();
        let entries = keys
            .into_iter()
            .map(|key| vec![Block::Paragraph(self.default(key))])
            .collect();
        sheet.add(Block::bullets(entries));
    }

    fn default(&self, key: UnsaidKey) -> Line {
        let plan = self.plan;
        let period = unit_noun(plan.period);
        let code = plan.currency.code();
        let says = match key {
            UnsaidKey::Period => "The plan's period is the month".to_owned(),
            UnsaidKey::YearStarts => "Years begin on 1 January".to_owned(),
            UnsaidKey::Money => {
                format!("Money is rounded to the minor unit of {code}, a half away from zero")
            }
            UnsaidKey::ReachBack => {
                "Late and corrected facts reach back to your agreement's start, however long ago".to_owned()
            }
            UnsaidKey::TakesEffect => {
                "A new version of the plan takes effect for each component at its next window; facts belong to the \
                 version in force on their day"
                    .to_owned()
            }
            UnsaidKey::Dated => "Placed in time by the column “on”".to_owned(),
            UnsaidKey::Credited => "Credited in full to the partner in the column “partner”".to_owned(),
            UnsaidKey::CreditRole => "Credited in a role called as the column".to_owned(),
            UnsaidKey::CreditShare => "Credited with 100%".to_owned(),
            UnsaidKey::Spread => "Shared out to shorter windows by months".to_owned(),
            UnsaidKey::Role => "Counting the credits in the role listed first".to_owned(),
            UnsaidKey::At => "Placed in time as the facts are".to_owned(),
            UnsaidKey::Applies => "Had by everyone under this plan".to_owned(),
            UnsaidKey::Over => format!("Earned for the plan's period, the {period}"),
            UnsaidKey::Every => "Settled once in each of its windows, at its end".to_owned(),
            UnsaidKey::Rounding => "Rounded once, as money is in this plan".to_owned(),
            UnsaidKey::Grants => "Granted in money".to_owned(),
            UnsaidKey::Paid => "Payable, all of it, when it is settled".to_owned(),
            UnsaidKey::When => "Payable, this part of it, when it is settled".to_owned(),
            UnsaidKey::Otherwise => "Forfeited, this part of it, where its condition does not hold".to_owned(),
            UnsaidKey::Recovers => "What has to come back is taken from money held, then from payouts to come, at most \
                                    half of each payout and never by an invoice"
                .to_owned(),
            UnsaidKey::LimitOver => format!("Held over the plan's period, the {period}"),
            UnsaidKey::Cut => "The last listed gives way first".to_owned(),
            UnsaidKey::Mode => "Rounded in its formula to the nearest step, a half away from zero".to_owned(),
            UnsaidKey::Step => "Shared out exactly, and not in whole steps".to_owned(),
            UnsaidKey::Rest => "What is left when parts are cut down goes to the largest fractions cut off".to_owned(),
        };
        let of: Vec<&Unsaid> = plan
            .unsaid
            .iter()
            .filter(|unsaid| unsaid.key == key)
            .collect();
        match self.all_of(&of) {
            Some(all) => Line::from(format!("{says}: {all}.")),
            None => {
                let of: Vec<Line> = of
                    .into_iter()
                    .filter_map(|unsaid| self.unsaid_of(unsaid))
                    .collect();
                if of.is_empty() {
                    return Line::from(says).plain(".");
                }
                Line::from(says).plain(": ").line(listed(of)).plain(".")
            }
        }
    }

    /// Whether a default holds for everything of its kind.
    fn all_of(&self, of: &[&Unsaid]) -> Option<&'static str> {
        let plan = self.plan;
        let count = |is: fn(&UnsaidOf) -> bool| of.iter().filter(|unsaid| is(&unsaid.of)).count();
        let components = count(|of| matches!(of, UnsaidOf::Named(Reference::Component(_))));
        let measures = count(|of| matches!(of, UnsaidOf::Named(Reference::Measure(_))));
        let kinds = count(|of| matches!(of, UnsaidOf::Kind(_, None)));
        let limits = count(|of| matches!(of, UnsaidOf::Named(Reference::Limit(_))));
        let is_all = |found: usize, all: usize| found == of.len() && found == all && all > 1;
        if is_all(components, plan.components.len()) {
            Some("every component")
        } else if is_all(measures, plan.measures.len()) {
            Some("every measure")
        } else if is_all(kinds, plan.kinds.len()) {
            Some("every kind of fact")
        } else if is_all(limits, plan.limits.len()) {
            Some("every limit")
        } else {
            None
        }
    }

    /// What a default is said of.
    fn unsaid_of(&self, unsaid: &Unsaid) -> Option<Line> {
        let (thing, line) = match unsaid.of {
            UnsaidOf::Plan => return None,
            UnsaidOf::Kind(id, line) => (Thing::from(id), line),
            UnsaidOf::Named(of) => (Thing::from(of), None),
            UnsaidOf::Line(id, line) => (Thing::from(id), Some(line)),
        };
        let name = Line::new().piece(self.names.name(thing));
        Some(match line {
            Some(at) => name.plain(format!(" (line {})", u32::from(at) + 1)),
            None => name,
        })
    }

    /// Every rounding there is.
    pub(super) fn roundings(&self, sheet: &mut Sheet) {
        sheet.section("Every rounding");
        let mut rows: Vec<(String, Line, Vec<Line>)> = Vec::new();
        for (at, component) in (0u16..).zip(&self.plan.components) {
            let Some(rounding) = &component.rounding else {
                continue;
            };
            let what = if component.each.is_some() {
                "what each row pays, and with it the sum"
            } else {
                "what the component comes to"
            };
            let how = self.rounding(rounding, component.grants);
            let name = Line::new().piece(self.names.name(ComponentId(at)));
            let alike = |(known, said, _): &&mut (String, Line, Vec<Line>)| {
                *known == how && said.text() == what
            };
            match rows.iter_mut().find(alike) {
                Some((_, _, names)) => names.push(name),
                None => rows.push((how, Line::from(what), vec![name])),
            }
        }
        for (place, formula, at) in self.places().into_iter().chain(self.places_in_tables()) {
            let mut open = vec![formula];
            while let Some(expr) = open.pop() {
                open.extend(parts(expr).into_iter().rev());
                let Form::Call(call) = &expr.form else {
                    continue;
                };
                match call {
                    Call::Round { x, to, mode } => {
                        let step = self.value(to, &at).line.text();
                        let what = self.briefly(x, &at);
                        rows.push((figure::rounding(&step, *mode), what, vec![place.clone()]));
                    }
                    Call::Allocate(allocation) => {
                        let Some(to) = &allocation.to else {
                            continue;
                        };
                        let step = self.value(to, &at).line.text();
                        let what =
                            Line::from("the parts of ").line(self.briefly(&allocation.total, &at));
                        let how = format!(
                            "cut down to a multiple of {step}; the rest goes out as said there"
                        );
                        rows.push((how, what, vec![place.clone()]));
                    }
                    _ => {}
                }
            }
        }
        self.shared_roundings(&mut rows);
        if rows.is_empty() {
            sheet.say("Nothing is rounded anywhere in this plan.");
            return;
        }
        sheet.add(Block::Table {
            caption: Line::new(),
            columns: columns(&[("In", false), ("What is rounded", false), ("How", false)]),
            rows: rows
                .into_iter()
                .map(|(how, what, names)| vec![listed(names), what, Line::from(how)])
                .collect(),
        });
        sheet.say("Nothing else is rounded; between these, all figures are exact.");
    }

    /// What limits and payment schedules round.
    fn shared_roundings(&self, rows: &mut Vec<(String, Line, Vec<Line>)>) {
        let money = figure::money(&self.plan.money.to, self.plan.currency);
        for (at, limit) in (0u16..).zip(&self.plan.limits) {
            let name = Line::new().piece(self.names.name(LimitId(at)));
            let mut bound = |what: &str, how: String| {
                rows.push((how, Line::from(what), vec![name.clone()]));
            };
            if limit.at_most.is_some() {
                bound("the most", format!("cut down to a multiple of {money}"));
            }
            if limit.at_most.is_some() && limit.cut == Cut::ProRata {
                let how = format!("whole multiples of {money}, by the largest fractions cut off");
                bound("the parts that give way", how);
            }
            if limit.at_least.is_some() {
                bound("the least", format!("raised to a multiple of {money}"));
            }
        }
        for (at, component) in (0u16..).zip(&self.plan.components) {
            if component.paid.len() < 2 {
                continue;
            }
            let rounding = component.rounding.as_ref().unwrap_or(&self.plan.money);
            let how = self.rounding(rounding, component.grants);
            let what = "the parts that become payable, each so that the parts up to it are rounded together";
            let name = Line::new().piece(self.names.name(ComponentId(at)));
            rows.push((how, Line::from(what), vec![name]));
        }
    }

    /// A formula where it is only pointed at.
    fn briefly(&self, expr: &Expr, at: &At<'_>) -> Line {
        let statement = self.statement(expr, at);
        if statement.more.is_empty() {
            statement.lead
        } else {
            Line::from("a formula said there")
        }
    }

    /// The unit of every plain number, as the check found it.
    pub(super) fn units(&self, sheet: &mut Sheet) {
        let mut found: BTreeMap<Type, Vec<Line>> = BTreeMap::new();
        for (place, formula, _) in self.places() {
            let mut open = vec![formula];
            while let Some(expr) = open.pop() {
                open.extend(parts(expr).into_iter().rev());
                if let Form::Literal(Literal::Number(number)) = &expr.form
                    && !self.says_its_unit(expr)
                {
                    let said = Line::from(format!("{} in ", figure::decimal(number, 0)))
                        .line(place.clone());
                    note(found.entry(expr.of).or_default(), said);
                }
            }
        }
        for (at, table) in (0u16..).zip(&self.plan.tables) {
            for (of, said) in self.units_of(TableId(at), table) {
                note(found.entry(of).or_default(), said);
            }
        }
        if found.is_empty() {
            return;
        }
        sheet.section("What plain numbers count");
        sheet.say("A number written without a unit has the one its place asks for. These are all of them.");
        let entries = found
            .into_iter()
            .map(|(of, said)| {
                let words = super::document::capital(&figure::type_words(of, self.plan.currency));
                vec![Block::Paragraph(
                    Line::new()
                        .strong(format!("{words}:"))
                        .plain(" ")
                        .line(listed(said))
                        .plain("."),
                )]
            })
            .collect();
        sheet.add(Block::bullets(entries));
    }

    /// The units of a table's plain numbers, column by column: a table has one for all its rows.
    fn units_of(&self, id: TableId, table: &Table) -> Vec<(Type, Line)> {
        let place = || Line::from(" in ").piece(self.names.name(id));
        let mut found = Vec::new();
        let plain = |expr: &Expr| {
            matches!(&expr.form, Form::Literal(Literal::Number(_))) && !self.says_its_unit(expr)
        };
        for axis in &table.axes {
            let any = axis.bounds.iter().any(|bound| match &bound.is {
                BoundKind::From(of)
                | BoundKind::Above(of)
                | BoundKind::At(of)
                | BoundKind::Equals(of) => plain(of),
                BoundKind::Lowest | BoundKind::Otherwise => false,
            });
            if any {
                let said = Line::from("bounds of ").piece(Piece::Local(spaced(&axis.argument)));
                found.push((axis.of, said.line(place())));
            }
        }
        for (at, column) in table.columns.iter().enumerate() {
            let cells = table.cells.iter().skip(at).step_by(table.columns.len());
            if cells.into_iter().any(plain) {
                let said = Line::from("figures of ").piece(Piece::Local(spaced(&column.name)));
                found.push((column.of, said.line(place())));
            }
        }
        // A cell or bound that is a figure has its column's unit; numbers inside formulas have their own.
        let mut open: Vec<&Expr> = formulas_of_table(table)
            .into_iter()
            .filter(|formula| !matches!(formula.form, Form::Literal(_)))
            .collect();
        open.reverse();
        while let Some(expr) = open.pop() {
            if let Form::Literal(Literal::Number(number)) = &expr.form
                && !self.says_its_unit(expr)
            {
                let said = Line::from(figure::decimal(number, 0)).line(place());
                found.push((expr.of, said));
            }
            open.extend(parts(expr).into_iter().rev());
        }
        found
    }

    /// Whether a number is written with its unit.
    fn says_its_unit(&self, expr: &Expr) -> bool {
        let text = self.sources.text(expr.span);
        text.ends_with('%') || text.ends_with(|c: char| c.is_ascii_uppercase())
    }

    /// Every formula outside tables, with where it stands.
    fn places(&self) -> Vec<(Line, &Expr, At<'_>)> {
        let plan: &Plan = self.plan;
        let mut places = Vec::new();
        let named = |thing: Thing| Line::new().piece(self.names.name(thing));
        for (at, term) in (0u16..).zip(&plan.terms) {
            let id = crate::tree::TermId(at);
            let place = At::window(self.asked.window(id));
            places.extend(
                term.agreed
                    .iter()
                    .map(|formula| (named(id.into()), formula, place)),
            );
        }
        for (at, measure) in (0u16..).zip(&plan.measures) {
            let id = crate::tree::MeasureId(at);
            let place = At::window(self.asked.window(id)).on(Some(measure.kind));
            let formulas = measure.of.iter().chain(&measure.filter).chain(&measure.by);
            places.extend(formulas.map(|formula| (named(id.into()), formula, place)));
        }
        for (at, value) in (0u16..).zip(&plan.values) {
            let id = crate::tree::ValueId(at);
            let window = value.every.or_else(|| self.asked.window(id));
            let place = At::window(window).at_level(value.level);
            places.push((named(id.into()), &value.formula, place));
        }
        for (at, component) in (0u16..).zip(&plan.components) {
            let id = ComponentId(at);
            let kind = component.each.as_ref().map(|each| each.kind);
            let place = At::window(Some(component.over));
            let once = [
                &component.applies,
                &component.gate,
                &component.at_least,
                &component.at_most,
            ];
            places.push((named(id.into()), &component.pays, place.on(kind)));
            places.extend(
                once.into_iter()
                    .flatten()
                    .map(|formula| (named(id.into()), formula, place)),
            );
            let filter = component
                .each
                .as_ref()
                .and_then(|each| each.filter.as_ref());
            places.extend(filter.map(|formula| (named(id.into()), formula, place.on(kind))));
            let conditions = component
                .paid
                .iter()
                .filter_map(|line| line.condition.as_ref());
            let released = At::window(Some(plan.period));
            places.extend(conditions.map(|formula| (named(id.into()), formula, released)));
        }
        for (at, limit) in (0u16..).zip(&plan.limits) {
            let id = LimitId(at);
            let place = At::window(Some(limit.over));
            let formulas = limit.at_least.iter().chain(&limit.at_most);
            places.extend(formulas.map(|formula| (named(id.into()), formula, place)));
        }
        let released = At::window(Some(plan.period));
        let called = |block: &str, name: &str| {
            Line::from(if name.is_empty() {
                spaced(block)
            } else {
                format!("{} {}", spaced(block), quoted(&spaced(name)))
            })
        };
        for trigger in plan.triggers() {
            let place = match trigger {
                Trigger::Contingency(id) => called("contingencies", &plan[id].name),
                Trigger::Guardrail(id) => called("guardrails", &plan[id].name),
            };
            let changes = plan.changes(trigger).iter();
            let formulas = changes.flat_map(|change| {
                change
                    .lowest
                    .iter()
                    .chain(&change.highest)
                    .chain([&change.to])
            });
            let formulas = formulas.chain([plan.when(trigger)]);
            places.extend(formulas.map(|formula| (place.clone(), formula, released)));
        }
        for fund in &plan.funds {
            let place = called("funds", &fund.name);
            let kind = fund.claims.as_ref().map(|claims| claims.kind);
            let claims = fund.claims.iter();
            let claims = claims.flat_map(|claims| claims.filter.iter().chain([&claims.of]));
            let formulas = fund.reimburses.iter().chain([&fund.accrues]).chain(claims);
            places.extend(formulas.map(|formula| (place.clone(), formula, released.on(kind))));
        }
        for (block, formula) in approvals(plan) {
            places.push((called(&block.block, &block.name), formula, released));
        }
        places
    }

    /// Every formula of a table, with its place.
    fn places_in_tables(&self) -> Vec<(Line, &Expr, At<'_>)> {
        let mut places = Vec::new();
        for (at, table) in (0u16..).zip(&self.plan.tables) {
            let id = TableId(at);
            let place = At::window(self.asked.window(id)).inside(table);
            let name = Line::new().piece(self.names.name(id));
            let formulas = formulas_of_table(table);
            places.extend(
                formulas
                    .into_iter()
                    .map(|formula| (name.clone(), formula, place)),
            );
        }
        places
    }

    /// The text that is signed.
    pub(super) fn identity(&self, sheet: &mut Sheet) {
        sheet.section("The text this speaks of");
        let plan = self.plan;
        sheet.say(
            Line::from("These words were made from plan ")
                .code(&*plan.name)
                .plain(if plan.version.is_empty() { "" } else { ", version " })
                .plain(&*plan.version)
                .plain(", whose text has the SHA-256 hash ")
                .code(&*plan.identity)
                .plain(
                    ". What both sides sign is that text. One file is hashed as it is; of a plan of several files, the \
                     list of their hashes is hashed, one a line: its own, those of its tables, those of its templates.",
                ),
        );
        if let Some(agreed) = self.agreed {
            sheet.say(
                Line::from("The agreement's own text has the SHA-256 hash ")
                    .code(agreed.identity.clone())
                    .plain("."),
            );
        }
    }
}

/// Notes a figure once.
fn note(said: &mut Vec<Line>, line: Line) {
    if !said.contains(&line) {
        said.push(line);
    }
}
