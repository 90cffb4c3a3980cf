//! The plan's typed tree as JSON: what a second reader of the plan computes from, without reading the plan's text.
//!
//! A formula is a list: its number, what it is, and its parts: `[12, "*", [13, "term", "target.net_sales"], [14, "number", "1/4"]]`.
//! Numbers go through the tree from 0 in the order written here. A name stands as the plan writes it; where the tree holds
//! several versions, with the version's position before it: `1/net_sales`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use trueup_base::calendar::Calendar;
use trueup_base::date::Duration;
use trueup_plan::tree::{
    Allocation, Bound, BoundKind, Call, Change, ColumnId, Comparison, Component, Conversion,
    CreditTo, Cut, Elsewhere, Expr, FactKind, Fold, FoldBy, Form, Fund, InstalmentWhen, KindId,
    Level, Limit, LimitPart, Literal, Measure, MoneyRounding, Name, NamedValue, NoAnswerKind,
    Operator, Plan, RateKind, Reading, RecoverFrom, Reference, Spread, Table, Target, Term,
    Trigger, Type, WindowPart,
};

use crate::record::TreePart;

/// A plan's tree, written, and what its formulas are numbered.
#[derive(Debug)]
pub struct Tree<'p> {
    plan: &'p Plan,
    /// The parts, in their order.
    pub parts: Vec<TreePart>,
    numbers: BTreeMap<usize, u32>,
    questions: BTreeMap<usize, Question>,
    next: u32,
}

/// A formula that asks about other partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The number of the formula.
    pub formula: u32,
    /// What it asks.
    pub asks: &'static str,
}

/// Tells a formula from another for as long as the plan is borrowed; it orders nothing that is shown.
fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// What a call asks of other partners, in one word; none where it asks nothing of them.
#[must_use]
pub fn asks_of_others(call: &Call) -> Option<&'static str> {
    match call {
        Call::Total { .. } => Some("total"),
        Call::Team(_) => Some("team"),
        Call::Rank { .. } => Some("rank"),
        Call::Allocate(allocation) => allocation.rows.is_none().then_some("allocate"),
        Call::Of(..) => Some("of"),
        Call::Least(_)
        | Call::Greatest(_)
        | Call::Clamp { .. }
        | Call::Abs(_)
        | Call::Round { .. }
        | Call::Coalesce(_)
        | Call::Otherwise(..)
        | Call::Weighted(_)
        | Call::DaysBetween(..)
        | Call::MonthsBetween(..)
        | Call::Asked(..)
        | Call::FoldedBy(..)
        | Call::Ever(_)
        | Call::Running { .. }
        | Call::Table(..)
        | Call::Keyed(..)
        | Call::FoldedKeys(..)
        | Call::Convert(_) => None,
    }
}

impl<'p> Tree<'p> {
    /// Of a plan.
    #[must_use]
    pub fn of(plan: &'p Plan) -> Self {
        let mut tree = Self {
            plan,
            parts: Vec::new(),
            numbers: BTreeMap::new(),
            questions: BTreeMap::new(),
            next: 0,
        };
        tree.put("plan".to_owned(), head(plan));
        for (kind, at) in plan.kinds.iter().zip((0u16..).map(KindId)) {
            tree.put(format!("kind {}", kind_name(plan, at)), of_kind(kind));
        }
        let attributes: Vec<Json> = plan
            .attributes
            .iter()
            .map(|attribute| json!([&*attribute.name, word_of(attribute.of)]))
            .collect();
        tree.put("directory".to_owned(), Json::Array(attributes));
        for name in plan.references() {
            let called = name_of(plan, name);
            let (sort, holds) = match name {
                Reference::Term(id) => ("term", tree.term(&plan[id])),
                Reference::Measure(id) => ("measure", tree.measure(&plan[id])),
                Reference::Value(id) => ("value", tree.value(&plan[id])),
                Reference::Table(id) => ("table", tree.table(&plan[id])),
                Reference::Component(id) => ("component", tree.component(&plan[id])),
                Reference::Limit(id) => ("limit", tree.limit(&plan[id])),
            };
            tree.put(format!("{sort} {called}"), holds);
        }
        for trigger in plan.triggers() {
            let holds = tree.trigger(trigger);
            tree.put(trigger_name(plan, trigger), holds);
        }
        for (at, fund) in plan.funds.iter().enumerate() {
            let holds = tree.fund(fund);
            tree.put(format!("fund {at} {}", fund.name), holds);
        }
        tree
    }

    /// The number of a formula.
    #[must_use]
    pub fn number(&self, formula: &Expr) -> Option<u32> {
        self.numbers.get(&address(formula)).copied()
    }

    /// The formula that is a question about other partners.
    #[must_use]
    pub fn question(&self, call: &Call) -> Option<Question> {
        self.questions.get(&address(call)).copied()
    }

    fn put(&mut self, part: String, holds: Json) {
        self.parts.push(TreePart { part, holds });
    }

    fn formula(&mut self, formula: &'p Expr) -> Json {
        let n = self.next;
        self.next = self.next.saturating_add(1);
        self.numbers.insert(address(formula), n);
        let mut says = vec![json!(n)];
        match &formula.form {
            Form::Literal(literal) => says.extend(of_literal(literal)),
            Form::Name(name) => says.extend(of_name(self.plan, *name)),
            Form::Negated(x) => self.call(&mut says, "negated", [&**x]),
            Form::Arithmetic(operator, a, b) => self.call(
                &mut says,
                match operator {
                    Operator::Plus => "+",
                    Operator::Minus => "-",
                    Operator::Times => "*",
                    Operator::Over => "/",
                },
                [&**a, &**b],
            ),
            Form::Compared(how, a, b) => self.call(
                &mut says,
                match how {
                    Comparison::Equal => "=",
                    Comparison::NotEqual => "<>",
                    Comparison::Less => "<",
                    Comparison::AtMost => "<=",
                    Comparison::More => ">",
                    Comparison::AtLeast => ">=",
                },
                [&**a, &**b],
            ),
            Form::Between(x, low, high) => self.call(&mut says, "between", [&**x, &**low, &**high]),
            Form::In(x, list) => self.call(&mut says, "in", std::iter::once(&**x).chain(list)),
            Form::Is(x, kind) => self.call(
                &mut says,
                match kind {
                    NoAnswerKind::Missing => "is_missing",
                    NoAnswerKind::Undefined => "is_undefined",
                },
                [&**x],
            ),
            Form::Not(x) => self.call(&mut says, "not", [&**x]),
            Form::And(all) => self.call(&mut says, "and", all),
            Form::Or(all) => self.call(&mut says, "or", all),
            Form::Case(arms, otherwise) => {
                let parts = arms.iter().flat_map(|(test, then)| [test, then]);
                self.call(&mut says, "case", parts.chain([&**otherwise]));
            }
            Form::Call(call) => {
                if let Some(asks) = asks_of_others(call) {
                    let question = Question { formula: n, asks };
                    self.questions.insert(address(call), question);
                }
                self.of_call(&mut says, call);
            }
        }
        Json::Array(says)
    }

    fn call(
        &mut self,
        says: &mut Vec<Json>,
        what: &str,
        parts: impl IntoIterator<Item = &'p Expr>,
    ) {
        says.push(what.into());
        for part in parts {
            let part = self.formula(part);
            says.push(part);
        }
    }

    fn perhaps(&mut self, formula: Option<&'p Expr>) -> Json {
        formula.map_or(Json::Null, |formula| self.formula(formula))
    }

    fn of_call(&mut self, says: &mut Vec<Json>, call: &'p Call) {
        match call {
            Call::Least(all) => self.call(says, "least", all),
            Call::Greatest(all) => self.call(says, "greatest", all),
            Call::Clamp { x, low, high } => self.call(says, "clamp", [&**x, &**low, &**high]),
            Call::Abs(x) => self.call(says, "abs", [&**x]),
            Call::Round { x, to, mode } => {
                self.call(says, "round", [&**x, &**to]);
                says.push(mode.name().into());
            }
            Call::Coalesce(all) => self.call(says, "coalesce", all),
            Call::Otherwise(x, fallback) => self.call(says, "otherwise", [&**x, &**fallback]),
            Call::Weighted(parts) => {
                says.push("weighted".into());
                for (part, weight) in parts {
                    let part = self.formula(part);
                    says.push(json!([part, weight.to_string()]));
                }
            }
            Call::DaysBetween(a, b) => self.call(says, "days_between", [&**a, &**b]),
            Call::MonthsBetween(a, b) => self.call(says, "months_between", [&**a, &**b]),
            Call::Asked(elsewhere, x) => self.elsewhere(says, elsewhere, x),
            Call::FoldedBy(fold, x, unit) => {
                self.call(says, "folded_by", [&**x]);
                says.extend([json!(fold_word(*fold)), json!(unit.name())]);
            }
            Call::Ever(x) => self.call(says, "ever", [&**x]),
            Call::Running { x, in_order } => {
                self.call(says, "running", [&**x]);
                let in_order = self.perhaps(in_order.as_deref());
                says.push(in_order);
            }
            Call::Table(id, arguments) => {
                says.push("table".into());
                says.push(name_of(self.plan, Reference::Table(*id)).into());
                for argument in arguments {
                    let argument = self.formula(argument);
                    says.push(argument);
                }
            }
            Call::Keyed(x, key) => self.call(says, "keyed", [&**x, &**key]),
            Call::FoldedKeys(fold, x) => {
                self.call(says, "folded_keys", [&**x]);
                says.push(fold_word(*fold).into());
            }
            Call::Total { x, filter } => {
                self.call(says, "total", [&**x]);
                let filter = self.perhaps(filter.as_deref());
                says.push(filter);
            }
            Call::Team(x) => self.call(says, "team", [&**x]),
            Call::Rank { x, within, filter } => {
                self.call(says, "rank", [&**x]);
                let within = self.perhaps(within.as_deref());
                let filter = self.perhaps(filter.as_deref());
                says.extend([within, filter]);
            }
            Call::Allocate(allocation) => self.allocation(says, allocation),
            Call::Of(partner, x) => self.call(says, "of", [&**partner, &**x]),
            Call::Convert(conversion) => self.conversion(says, conversion),
        }
    }

    fn elsewhere(&mut self, says: &mut Vec<Json>, elsewhere: &'p Elsewhere, x: &'p Expr) {
        match elsewhere {
            Elsewhere::Previous(count, first) => {
                self.call(says, "previous", [x]);
                let first = self.perhaps(first.as_deref());
                says.extend([json!(count), first]);
            }
            Elsewhere::PreviousYear => self.call(says, "previous_year", [x]),
            Elsewhere::YearToDate => self.call(says, "year_to_date", [x]),
            Elsewhere::SinceStart => self.call(says, "since_start", [x]),
            Elsewhere::Trailing(length) => {
                self.call(says, "trailing", [x]);
                says.extend([json!(length.months), json!(length.days)]);
            }
            Elsewhere::Full => self.call(says, "full", [x]),
            Elsewhere::ToDate => self.call(says, "to_date", [x]),
        }
    }

    fn allocation(&mut self, says: &mut Vec<Json>, allocation: &'p Allocation) {
        self.call(says, "allocate", [&allocation.total, &allocation.by]);
        let to = self.perhaps(allocation.to.as_ref());
        let within = self.perhaps(allocation.within.as_ref());
        let filter = self.perhaps(allocation.filter.as_ref());
        let rows = allocation
            .rows
            .map_or(Json::Null, |kind| json!(kind_name(self.plan, kind)));
        says.extend([to, within, filter, rows, json!(allocation.rest.name())]);
    }

    fn conversion(&mut self, says: &mut Vec<Json>, conversion: &'p Conversion) {
        self.call(says, "convert", [&conversion.x]);
        says.extend([json!(conversion.from.code()), json!(conversion.into.code())]);
        let rate = match &conversion.rate {
            RateKind::On(on) => self.formula(on),
            RateKind::MonthAverage => json!("month_average"),
            RateKind::Plan => json!("plan"),
        };
        says.push(rate);
    }

    fn term(&mut self, term: &'p Term) -> Json {
        json!({
            "of": word_of(term.of),
            "per": term.per.map(|per| per.name()),
            "spread": match &term.spread {
                Spread::Even => json!("even"),
                Spread::Days => json!("days"),
                Spread::Weights(weights) => weights.iter().map(ToString::to_string).collect(),
            },
            "agreed": self.perhaps(term.agreed.as_ref()),
        })
    }

    fn measure(&mut self, measure: &'p Measure) -> Json {
        let kind = &self.plan[measure.kind];
        json!({
            "fold": match measure.fold {
                Fold::Sum => "sum",
                Fold::Count => "count",
                Fold::CountDistinct => "count_distinct",
                Fold::Min => "min",
                Fold::Max => "max",
                Fold::Latest => "latest",
            },
            "kind": kind_name(self.plan, measure.kind),
            "of": self.perhaps(measure.of.as_ref()),
            "where": self.perhaps(measure.filter.as_ref()),
            "at": column(kind, measure.at),
            "role": &*measure.role,
            "by": self.perhaps(measure.by.as_ref()),
            "keys": measure.keys.iter().map(|key| &**key).collect::<Vec<_>>(),
        })
    }

    fn value(&mut self, value: &'p NamedValue) -> Json {
        json!({
            "formula": self.formula(&value.formula),
            "on": match value.level {
                Level::Constant => json!("constant"),
                Level::Program => json!("program"),
                Level::Partner => json!("partner"),
                Level::Row(kind) => json!({ "row": kind_name(self.plan, kind) }),
            },
            "every": value.every.map(|every| every.name()),
            "each": value.each.as_ref().map(|keys| {
                let kind = &self.plan[keys.kind];
                json!({
                    "kind": kind_name(self.plan, keys.kind),
                    "column": column(kind, keys.column),
                    "role": &*keys.role,
                })
            }),
        })
    }

    fn table(&mut self, table: &'p Table) -> Json {
        let reading = match &table.reading {
            Reading::EachBand(formula) => json!(["each_band", self.formula(formula)]),
            Reading::OneBand(formula) => json!(["one_band", self.formula(formula)]),
            Reading::Line(column) => json!(["line", column]),
        };
        let mut axes = Vec::new();
        for axis in &table.axes {
            let bounds: Vec<Json> = axis.bounds.iter().map(|bound| self.bound(bound)).collect();
            axes.push(json!({ "argument": &*axis.argument, "bounds": bounds }));
        }
        let cells: Vec<Json> = table.cells.iter().map(|cell| self.formula(cell)).collect();
        json!({
            "reading": reading,
            "axes": axes,
            "columns": table.columns.iter().map(|column| &*column.name).collect::<Vec<_>>(),
            "cells": cells,
        })
    }

    fn bound(&mut self, bound: &'p Bound) -> Json {
        match &bound.is {
            BoundKind::Lowest => json!(["lowest"]),
            BoundKind::From(formula) => json!(["from", self.formula(formula)]),
            BoundKind::Above(formula) => json!(["above", self.formula(formula)]),
            BoundKind::At(formula) => json!(["at", self.formula(formula)]),
            BoundKind::Equals(formula) => json!(["equals", self.formula(formula)]),
            BoundKind::Otherwise => json!(["otherwise"]),
        }
    }

    fn component(&mut self, component: &'p Component) -> Json {
        let each = component.each.as_ref().map(|each| {
            json!({
                "kind": kind_name(self.plan, each.kind),
                "role": &*each.role,
                "where": self.perhaps(each.filter.as_ref()),
            })
        });
        let mut paid = Vec::new();
        for line in &component.paid {
            paid.push(json!({
                "share": line.share.to_string(),
                "when": match line.when {
                    InstalmentWhen::AtSettlement => json!("at_settlement"),
                    InstalmentWhen::After(length) => json!({ "after": duration(length) }),
                    InstalmentWhen::On(day) => json!({ "on": day.to_string() }),
                },
                "if": self.perhaps(line.condition.as_ref()),
                "waits": line.waits,
            }));
        }
        json!({
            "grants": component.grants.word(),
            "for": self.perhaps(component.applies.as_ref()),
            "over": component.over.name(),
            "every": component.every.name(),
            "gate": self.perhaps(component.gate.as_ref()),
            "each": each,
            "pays": self.formula(&component.pays),
            "at_least": self.perhaps(component.at_least.as_ref()),
            "at_most": self.perhaps(component.at_most.as_ref()),
            "rounding": component.rounding.as_ref().map(rounding),
            "paid": paid,
            "recovers": component.recovers.as_ref().map(|recovery| json!({
                "from": recovery.from.iter().map(|from| match from {
                    RecoverFrom::Held => "held",
                    RecoverFrom::NextPayouts => "next_payouts",
                    RecoverFrom::Invoice => "invoice",
                }).collect::<Vec<_>>(),
                "at_most": recovery.at_most.as_ref().map(ToString::to_string),
                "within": recovery.within.map(duration),
            })),
        })
    }

    fn limit(&mut self, limit: &'p Limit) -> Json {
        let on: Vec<Json> = limit
            .on
            .iter()
            .map(|on| json!([sort_of(*on), name_of(self.plan, *on)]))
            .collect();
        let edition = self.plan.references().find_map(|name| match name {
            Reference::Limit(id) if std::ptr::eq(&self.plan[id], limit) => {
                self.plan.edition(self.plan.edition_of(name)?)
            }
            Reference::Limit(_)
            | Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_)
            | Reference::Component(_) => None,
        });
        let money = edition.map_or(&self.plan.money, |edition| &edition.money);
        json!({
            "on": on,
            "over": limit.over.name(),
            "at_most": self.perhaps(limit.at_most.as_ref()),
            "at_least": self.perhaps(limit.at_least.as_ref()),
            "cut": match limit.cut {
                Cut::LastFirst => "last_first",
                Cut::ProRata => "pro_rata",
            },
            "to": money.to.to_string(),
        })
    }

    fn trigger(&mut self, trigger: Trigger) -> Json {
        let plan = self.plan;
        let when = self.formula(plan.when(trigger));
        let mut changes = Vec::new();
        for change in plan.changes(trigger) {
            changes.push(self.change(change));
        }
        let (lasts, approved_by, effect) = match trigger {
            Trigger::Contingency(id) => {
                let one = &plan[id];
                let by: Vec<&str> = one.approved_by.iter().map(|who| &**who).collect();
                (one.lasts, by, None)
            }
            Trigger::Guardrail(id) => (None, Vec::new(), Some(plan[id].effect.word())),
        };
        json!({
            "when": when,
            "changes": changes,
            "lasts": lasts.map(duration),
            "approved_by": approved_by,
            "effect": effect,
        })
    }

    fn change(&mut self, change: &'p Change) -> Json {
        json!({
            "target": target_name(self.plan, change.target),
            "to": self.formula(&change.to),
            "lowest": self.perhaps(change.lowest.as_ref()),
            "highest": self.perhaps(change.highest.as_ref()),
        })
    }

    fn fund(&mut self, fund: &'p Fund) -> Json {
        let claims = fund.claims.as_ref().map(|claims| {
            let kind = &self.plan[claims.kind];
            json!({
                "kind": kind_name(self.plan, claims.kind),
                "role": &*claims.role,
                "of": self.formula(&claims.of),
                "where": self.perhaps(claims.filter.as_ref()),
                "spent": column(kind, claims.spent),
            })
        });
        json!({
            "accrues": self.formula(&fund.accrues),
            "reimburses": self.perhaps(fund.reimburses.as_ref()),
            "claims": claims,
            "claim_within": fund.claim_within.map(duration),
            "expires_after": fund.expires_after.map(duration),
            "last_claims": fund.last_claims.map(duration),
        })
    }
}

/// A kind of fact, told apart from another of the same name that another version declares otherwise.
#[must_use]
pub fn kind_name(plan: &Plan, id: KindId) -> String {
    let name = &plan[id].name;
    let first = plan.kinds.iter().position(|kind| kind.name == *name);
    match first == Some(id.index()) {
        true => name.to_string(),
        false => format!("{}/{name}", id.index()),
    }
}

/// A name of the tree, told apart from the same name of another version.
#[must_use]
pub fn name_of(plan: &Plan, name: Reference) -> String {
    match plan.edition_of(name) {
        Some(edition) => format!("{edition}/{}", plan.name_of(name)),
        None => plan.name_of(name).to_string(),
    }
}

/// A contingency or guardrail, told apart from the same of another version.
#[must_use]
pub fn trigger_name(plan: &Plan, trigger: Trigger) -> String {
    let edition = plan
        .editions
        .iter()
        .position(|edition| edition.has_trigger(trigger));
    let own = match trigger {
        Trigger::Contingency(id) => ("contingency", &plan[id].name),
        Trigger::Guardrail(id) => ("guardrail", &plan[id].name),
    };
    match edition {
        Some(edition) => format!("{} {edition}/{}", own.0, own.1),
        None => format!("{} {}", own.0, own.1),
    }
}

/// What a change takes the place of.
#[must_use]
pub fn target_name(plan: &Plan, target: Target) -> String {
    match target {
        Target::Term(id) => format!("term {}", name_of(plan, Reference::Term(id))),
        Target::Value(id) => format!("value {}", name_of(plan, Reference::Value(id))),
        Target::Component(id, part) => {
            let name = name_of(plan, Reference::Component(id));
            format!("component {name} {}", part.word())
        }
        Target::Limit(id, part) => {
            let word = match part {
                LimitPart::AtMost => "at_most",
                LimitPart::AtLeast => "at_least",
            };
            format!("limit {} {word}", name_of(plan, Reference::Limit(id)))
        }
    }
}

/// The word for a property of a window.
fn window_word(part: WindowPart) -> &'static str {
    match part {
        WindowPart::Starts => "starts",
        WindowPart::Ends => "ends",
        WindowPart::Last => "last",
        WindowPart::Days => "days",
        WindowPart::FullDays => "full_days",
        WindowPart::Final => "final",
    }
}

fn sort_of(name: Reference) -> &'static str {
    match name {
        Reference::Term(_) => "term",
        Reference::Measure(_) => "measure",
        Reference::Value(_) => "value",
        Reference::Table(_) => "table",
        Reference::Component(_) => "component",
        Reference::Limit(_) => "limit",
    }
}

fn head(plan: &Plan) -> Json {
    let editions: Vec<Json> = plan
        .editions
        .iter()
        .map(|edition| {
            json!({
                "called": &*edition.called,
                "version": &*edition.version,
                "money": rounding(&edition.money),
                "reach_back": edition.reach_back.map(duration),
            })
        })
        .collect();
    json!({
        "name": &*plan.name,
        "version": &*plan.version,
        "title": &*plan.title,
        "currency": plan.currency.code(),
        "calendar": calendar(&plan.calendar),
        "period": plan.period.name(),
        "money": rounding(&plan.money),
        "reach_back": plan.reach_back.map(duration),
        "versions": editions,
    })
}

fn calendar(calendar: &Calendar) -> Json {
    json!({
        "year_starts": calendar.year_starts().to_string(),
        "weeks": calendar.weeks(),
        "periods": calendar.periods().iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn of_kind(kind: &FactKind) -> Json {
    let columns: Vec<Json> = kind
        .columns
        .iter()
        .map(|column| json!([&*column.name, word_of(column.of)]))
        .collect();
    let credited: Vec<Json> = kind
        .credited
        .iter()
        .map(|line| {
            let (how, to) = match line.to {
                CreditTo::Column(to) => ("to", to),
                CreditTo::Upline(to) => ("upline", to),
            };
            json!({
                how: column(kind, to),
                "role": &*line.role,
                "share": line.share.to_string(),
                "overlay": line.overlay,
            })
        })
        .collect();
    json!({ "dated": column(kind, kind.dated), "columns": columns, "credited": credited })
}

fn column(kind: &FactKind, id: ColumnId) -> &str {
    &kind.column(id).name
}

fn rounding(rounding: &MoneyRounding) -> Json {
    json!({ "to": rounding.to.to_string(), "mode": rounding.mode.name() })
}

fn duration(length: Duration) -> Json {
    json!([length.months, length.days])
}

fn fold_word(fold: FoldBy) -> &'static str {
    match fold {
        FoldBy::Sum => "sum",
        FoldBy::Min => "min",
        FoldBy::Max => "max",
    }
}

/// What a type holds, in one word.
fn word_of(of: Type) -> &'static str {
    match of {
        Type::Number(_) => "number",
        Type::Date => "date",
        Type::Duration => "duration",
        Type::Flag => "flag",
        Type::Text => "text",
        Type::Partner => "partner",
    }
}

fn of_literal(literal: &Literal) -> Vec<Json> {
    match literal {
        Literal::Number(figure) => vec![json!("number"), json!(figure.to_string())],
        Literal::Text(text) => vec![json!("text"), json!(&**text)],
        Literal::Date(day) => vec![json!("date"), json!(day.to_string())],
        Literal::Duration(length) => {
            vec![json!("duration"), json!(length.months), json!(length.days)]
        }
        Literal::Flag(holds) => vec![json!("flag"), json!(holds)],
        Literal::Missing => vec![json!("missing")],
    }
}

fn of_name(plan: &Plan, name: Name) -> Vec<Json> {
    let thing = |sort: &str, of| vec![json!(sort), json!(name_of(plan, of))];
    match name {
        Name::Column(kind, id) => {
            let named = kind_name(plan, kind);
            vec![
                json!("column"),
                json!(named),
                json!(column(&plan[kind], id)),
            ]
        }
        Name::Followed(kind, id, attribute) => {
            vec![
                json!("followed"),
                json!(kind_name(plan, kind)),
                json!(column(&plan[kind], id)),
                json!(&*plan[attribute].name),
            ]
        }
        Name::Term(id) => thing("term", Reference::Term(id)),
        Name::Measure(id) => thing("measure", Reference::Measure(id)),
        Name::Value(id) => thing("value", Reference::Value(id)),
        Name::Component(id) => thing("component", Reference::Component(id)),
        Name::Limit(id) => thing("limit", Reference::Limit(id)),
        Name::Attribute(id) => vec![json!("attribute"), json!(&*plan[id].name)],
        Name::Partner => vec![json!("partner")],
        Name::Window(part) => vec![json!("window"), json!(window_word(part))],
        Name::CreditLevel => vec![json!("credit_level")],
        Name::Argument(at) => vec![json!("argument"), json!(at)],
        Name::BandColumn(at) => vec![json!("band_column"), json!(at)],
        Name::Lower => vec![json!("lower")],
        Name::Upper => vec![json!("upper")],
        Name::Width => vec![json!("width")],
        Name::Filled => vec![json!("filled")],
        Name::Slice => vec![json!("slice")],
        Name::Was => vec![json!("was")],
        Name::Agreed => vec![json!("agreed")],
        Name::Key(kind, id) => {
            let named = kind_name(plan, kind);
            vec![json!("key"), json!(named), json!(column(&plan[kind], id))]
        }
    }
}
