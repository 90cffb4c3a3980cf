//! The parts of a named thing that can differ: what each means, says, and where it stands.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::WindowUnit;
use trueup_base::exact::Exact;

use crate::check::constant::in_percent;
use crate::diff::bands;
use crate::diff::keys::{Key, Keys};
use crate::diff::names::{List, Names, Side};
use crate::diff::said;
use crate::diff::smallest::Half;
use crate::span::Span;
use crate::tree::walk::parts;
use crate::tree::{
    Component, CreditTo, Expr, Fold, Form, Grant, Instalment, InstalmentWhen, KindId, Limit,
    Measure, MoneyRounding, Name, NamedValue, Plan, RecoverFrom, Recovery, Reference, Shows,
    Spread, Table, Term, Text, Type, ValueId, Within,
};
use crate::written::Writer;

/// One part of a thing.
pub(super) struct Slot<'p> {
    /// The key it is written under.
    pub(super) part: &'static str,
    /// What it means, by the names it mentions.
    pub(super) own: Key,
    /// What it means, with all that its names are made of.
    pub(super) whole: Key,
    /// What it says; nothing where nothing is written.
    pub(super) says: Option<String>,
    /// Its formula, if it is one.
    pub(super) expr: Option<&'p Expr>,
    /// Where it is written.
    pub(super) span: Span,
    /// Whether it says no more than what stands above it: a window that is the plan's, a rounding that is everyone's.
    pub(super) is_inherited: bool,
}

/// One side with the meanings of its names.
#[derive(Clone, Copy)]
pub(super) struct Read<'r> {
    pub(super) side: Side<'r>,
    /// Names as names.
    pub(super) names: Names<'r>,
    /// Names with all that they are made of.
    pub(super) whole: Names<'r>,
}

impl<'r> Read<'r> {
    pub(super) fn plan(&self) -> &'r Plan {
        self.side.plan
    }

    pub(super) fn writer(&self) -> Writer<'r> {
        Writer::new(self.side.plan, self.side.sources)
    }

    pub(super) fn half(&self) -> Half<'r> {
        Half {
            writer: self.writer(),
            names: self.names,
            whole: self.whole,
        }
    }

    /// The parts of a thing.
    pub(super) fn slots(&self, list: List, at: usize, keys: &mut Keys) -> Vec<Slot<'r>> {
        let plan = self.plan();
        let slots = match list {
            List::Kinds => plan.kinds.get(at).map(|kind| self.kind(kind, at, keys)),
            List::Terms => plan.terms.get(at).map(|term| self.term(term, keys)),
            List::Measures => plan.measures.get(at).map(|one| self.measure(one, keys)),
            List::Values => plan.values.get(at).map(|value| self.value(value, keys)),
            List::Tables => plan.tables.get(at).map(|table| self.table(table, keys)),
            List::Components => plan.components.get(at).map(|one| self.component(one, keys)),
            List::Limits => plan.limits.get(at).map(|limit| self.limit(limit, keys)),
        };
        slots.unwrap_or_default()
    }

    /// What a thing means as a whole.
    pub(super) fn meaning(&self, list: List, at: usize, keys: &mut Keys) -> Key {
        let mut own: Vec<Key> = self
            .slots(list, at, keys)
            .iter()
            .map(|slot| slot.own)
            .collect();
        if list == List::Kinds
            && let Some(kind) = self.plan().kinds.get(at)
        {
            let mut more = Vec::new();
            for column in &kind.columns {
                more.push(keys.leaf(format!("{} {:?}", column.name, column.of)));
            }
            for line in &kind.credited {
                let (who, column) = match line.to {
                    CreditTo::Column(column) => ("in", column),
                    CreditTo::Upline(column) => ("above", column),
                };
                let column = &kind.column(column).name;
                let (role, share) = (&line.role, &line.share);
                let text = format!("{who} {column} {role} {share} {}", line.overlay);
                more.push(keys.leaf(text));
            }
            own.push(keys.set("kind", more));
        }
        keys.form("thing", own)
    }

    fn formula_slot(
        &self,
        part: &'static str,
        expr: Option<&'r Expr>,
        span: Span,
        keys: &mut Keys,
    ) -> Slot<'r> {
        Slot {
            part,
            own: keys.optional(expr, &self.names),
            whole: keys.optional(expr, &self.whole),
            says: expr.map(|expr| said::formula(&self.writer(), expr)),
            expr,
            span: expr.map_or(span, |expr| expr.span),
            is_inherited: false,
        }
    }

    fn word_slot(
        &self,
        part: &'static str,
        means: impl Into<String>,
        says: Option<String>,
        span: Span,
        keys: &mut Keys,
    ) -> Slot<'r> {
        let key = keys.leaf(means);
        Slot {
            part,
            own: key,
            whole: key,
            says,
            expr: None,
            span: self.place(span, part),
            is_inherited: false,
        }
    }

    /// Where a key stands inside a thing; the thing's own place where it is not written.
    pub(super) fn place(&self, span: Span, key: &str) -> Span {
        said::place_of_key(self.side.sources, span, key).unwrap_or(span)
    }

    fn kind(&self, kind: &crate::tree::FactKind, at: usize, keys: &mut Keys) -> Vec<Slot<'r>> {
        let id = KindId(u16::try_from(at).unwrap_or(u16::MAX));
        let dated = self.names.column(id, kind.dated);
        let says = Some(format!("{}.{}", kind.name, kind.column(kind.dated).name));
        let mut slots = vec![self.word_slot("dated", dated, says, kind.span, keys)];
        let first = kind.credited.first().map(|first| first.role.clone());
        let role = first
            .as_ref()
            .map(|role| self.names.role(id, role).to_string());
        let says = first.map(|role| role.to_string());
        slots.push(self.word_slot("role", format!("{role:?}"), says, kind.span, keys));
        slots.push(self.may_move(kind.may_move.as_ref(), kind.span, keys));
        slots
    }

    fn may_move(&self, share: Option<&Exact>, span: Span, keys: &mut Keys) -> Slot<'r> {
        let says = share.map(in_percent);
        self.word_slot("may_move", format!("{share:?}"), says, span, keys)
    }

    /// Between which figures something lies.
    fn within(&self, ends: Option<&Within>, of: Type, span: Span, keys: &mut Keys) -> Slot<'r> {
        // Without an end it goes on both ways, as where nothing is written.
        let ends = ends.filter(|ends| **ends != Within::default());
        let says = ends.map(|ends| said::within(ends, of, self.plan().currency));
        self.word_slot("within", format!("{ends:?}"), says, span, keys)
    }

    fn term(&self, term: &'r Term, keys: &mut Keys) -> Vec<Slot<'r>> {
        let unit = said::type_word(term.of);
        let spread = match &term.spread {
            Spread::Even => "evenly by months".to_owned(),
            Spread::Days => "by days".to_owned(),
            Spread::Weights(weights) => format!("as {}", said::proportions(weights)),
        };
        let per = term.per.map(|per| per.to_string());
        let spreads = term.per.is_some();
        vec![
            self.word_slot("unit", unit.clone(), Some(unit), term.span, keys),
            self.word_slot("per", format!("{per:?}"), per, term.span, keys),
            // Without `per` nothing is shared out.
            self.word_slot(
                "spread",
                if spreads { &spread } else { "" },
                spreads.then(|| spread.clone()),
                term.span,
                keys,
            ),
            self.formula_slot("agreed", term.agreed.as_ref(), term.span, keys),
            self.within(term.within.as_ref(), term.of, term.span, keys),
        ]
    }

    fn measure(&self, measure: &'r Measure, keys: &mut Keys) -> Vec<Slot<'r>> {
        let plan = self.plan();
        let kind = &plan[measure.kind];
        let (word, counts_rows) = match measure.fold {
            Fold::Sum => ("sum", false),
            Fold::Count => ("count", measure.of.is_none()),
            Fold::CountDistinct => ("count_distinct", false),
            Fold::Min => ("min", false),
            Fold::Max => ("max", false),
            Fold::Latest => ("latest", false),
        };
        let mut fold = |names: &Names<'_>| {
            let kind = keys.leaf(names.thing(List::Kinds, measure.kind.index()));
            let of = keys.optional(measure.of.as_ref(), names);
            keys.form(format!("fold {word}"), vec![kind, of])
        };
        let (own, whole) = (fold(&self.names), fold(&self.whole));
        let of = match (&measure.of, counts_rows) {
            (Some(of), _) => said::formula(&self.writer(), of),
            (None, _) => kind.name.to_string(),
        };
        let folded = Slot {
            part: word,
            own,
            whole,
            says: Some(format!("{word} of {of}")),
            expr: measure.of.as_ref(),
            span: measure.of.as_ref().map_or(measure.span, |of| of.span),
            is_inherited: false,
        };
        let role = self.names.role(measure.kind, &measure.role).to_string();
        let mut roles = self.word_slot(
            "role",
            role,
            Some(measure.role.to_string()),
            measure.span,
            keys,
        );
        roles.is_inherited = kind
            .credited
            .first()
            .is_some_and(|first| first.role == measure.role);
        let mut at = self.word_slot(
            "at",
            self.names.column(measure.kind, measure.at),
            Some(format!("{}.{}", kind.name, kind.column(measure.at).name)),
            measure.span,
            keys,
        );
        at.is_inherited = measure.at == kind.dated;
        let mut declared: Vec<&str> = measure.keys.iter().map(|key| &**key).collect();
        declared.sort_unstable();
        let declared = declared.join(", ");
        let says = (!declared.is_empty()).then(|| declared.clone());
        vec![
            folded,
            self.formula_slot("where", measure.filter.as_ref(), measure.span, keys),
            at,
            roles,
            self.formula_slot("by", measure.by.as_ref(), measure.span, keys),
            self.word_slot("keys", declared, says, measure.span, keys),
            self.may_move(measure.may_move.as_ref(), measure.span, keys),
            self.within(measure.within.as_ref(), measure.answers, measure.span, keys),
        ]
    }

    fn value(&self, value: &'r NamedValue, keys: &mut Keys) -> Vec<Slot<'r>> {
        let every = value.every.map(|every| every.to_string());
        vec![
            self.formula_slot("formula", Some(&value.formula), value.span, keys),
            self.word_slot("every", format!("{every:?}"), every, value.span, keys),
            self.each_slot(value, keys),
        ]
    }

    /// What a value has one figure for each of.
    fn each_slot(&self, value: &NamedValue, keys: &mut Keys) -> Slot<'r> {
        let plan = self.plan();
        let means = value.each.as_ref().map(|each| {
            let role = self.names.role(each.kind, &each.role);
            format!("{} {role}", self.names.column(each.kind, each.column))
        });
        let says = value.each.as_ref().map(|each| {
            let kind = &plan[each.kind];
            let role = kind.credited.first().map(|first| first.role.clone());
            let column = format!("{}.{}", kind.name, kind.column(each.column).name);
            match role == Some(each.role.clone()) {
                true => column,
                false => format!("{column} in the role {}", each.role),
            }
        });
        self.word_slot("each", format!("{means:?}"), says, value.span, keys)
    }

    /// A table by its own column names: enough to see whether it is another table under another name.
    fn table(&self, table: &'r Table, keys: &mut Keys) -> Vec<Slot<'r>> {
        let columns: Vec<Text> = table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        let own = bands::meaning(table, &columns, &self.names, keys);
        let whole = bands::meaning(table, &columns, &self.whole, keys);
        vec![Slot {
            part: "bands",
            own,
            whole,
            says: None,
            expr: None,
            span: table.span,
            is_inherited: false,
        }]
    }

    fn component(&self, component: &'r Component, keys: &mut Keys) -> Vec<Slot<'r>> {
        let plan = self.plan();
        let span = component.span;
        let mut slots = vec![self.formula_slot("for", component.applies.as_ref(), span, keys)];
        slots.push(self.window_slot("over", component.over, plan.period, span, keys));
        slots.push(self.window_slot("every", component.every, component.over, span, keys));
        slots.push(self.formula_slot("gate", component.gate.as_ref(), span, keys));
        let each = component.each.as_ref();
        let kind = each.map(|each| self.names.thing(List::Kinds, each.kind.index()));
        let says = each.map(|each| plan[each.kind].name.to_string());
        slots.push(self.word_slot("each", format!("{kind:?}"), says, span, keys));
        let role = each.map(|each| self.names.role(each.kind, &each.role).to_string());
        let says = each.map(|each| each.role.to_string());
        let mut roles = self.word_slot("role", format!("{role:?}"), says, span, keys);
        roles.is_inherited = each.is_none_or(|each| {
            let first = plan[each.kind].credited.first();
            first.is_some_and(|first| first.role == each.role)
        });
        slots.push(roles);
        let filter = each.and_then(|each| each.filter.as_ref());
        slots.push(self.formula_slot("where", filter, span, keys));
        slots.push(self.formula_slot("pays", Some(&component.pays), span, keys));
        slots.push(self.formula_slot("at_least", component.at_least.as_ref(), span, keys));
        slots.push(self.formula_slot("at_most", component.at_most.as_ref(), span, keys));
        let rounding = component.rounding.as_ref().map(said::rounding);
        let means = format!("{rounding:?}");
        let mut rounding = self.word_slot("rounding", means, rounding, span, keys);
        let is_money = matches!(component.grants, Grant::Money | Grant::Fund);
        rounding.is_inherited = match &component.rounding {
            Some(own) => is_money && *own == plan.money,
            None => !is_money,
        };
        slots.push(rounding);
        slots.push(self.paid_slot(component, keys));
        let recovers = recovery(component.recovers.as_ref());
        let says = component.recovers.is_some().then(|| recovers.clone());
        slots.push(self.word_slot("recovers", recovers, says, span, keys));
        let unit = match component.grants {
            Grant::Money => "money",
            Grant::Count => "count",
            Grant::Fund => "fund",
            Grant::Flag => "flag",
        };
        slots.push(self.word_slot("unit", unit, Some(unit.to_owned()), span, keys));
        let mut means: Vec<String> = component
            .stacks_with
            .iter()
            .map(|id| self.names.thing(List::Components, id.index()))
            .collect();
        means.sort();
        let stacks: Vec<&str> = component
            .stacks_with
            .iter()
            .map(|id| &*plan[*id].name)
            .collect();
        let says = (!stacks.is_empty()).then(|| stacks.join(", "));
        slots.push(self.word_slot("stacks_with", means.join(", "), says, span, keys));
        slots
    }

    fn window_slot(
        &self,
        part: &'static str,
        own: WindowUnit,
        above: WindowUnit,
        span: Span,
        keys: &mut Keys,
    ) -> Slot<'r> {
        let word = said::window(own);
        Slot {
            is_inherited: own == above,
            ..self.word_slot(part, own.to_string(), Some(word), span, keys)
        }
    }

    fn paid_slot(&self, component: &'r Component, keys: &mut Keys) -> Slot<'r> {
        let mut meaning = |names: &Names<'_>| {
            let mut lines = Vec::with_capacity(component.paid.len());
            for line in &component.paid {
                let share = keys.number(&line.share);
                let condition = keys.optional(line.condition.as_ref(), names);
                let head = format!("{:?} {}", line.when, line.waits);
                lines.push(keys.form(head, vec![share, condition]));
            }
            if lines.is_empty() {
                // All at settlement is what holds where nothing is written.
                let share = keys.number(&Exact::ONE);
                let none = keys.maybe(None);
                let head = format!("{:?} false", InstalmentWhen::AtSettlement);
                lines.push(keys.form(head, vec![share, none]));
            }
            keys.form("paid", lines)
        };
        let (own, whole) = (meaning(&self.names), meaning(&self.whole));
        Slot {
            part: "paid",
            own,
            whole,
            says: Some(self.schedule(&component.paid)),
            expr: None,
            span: component
                .paid
                .first()
                .map_or(component.span, |line| line.span),
            is_inherited: false,
        }
    }

    fn schedule(&self, paid: &[Instalment]) -> String {
        if paid.is_empty() {
            return "all at settlement".to_owned();
        }
        let lines: Vec<String> = paid
            .iter()
            .map(|line| {
                let when = match &line.when {
                    InstalmentWhen::AtSettlement => "at settlement".to_owned(),
                    InstalmentWhen::After(length) => format!("after {length}"),
                    InstalmentWhen::On(day) => format!("on {day}"),
                };
                let mut text = format!("{} {when}", in_percent(&line.share));
                if let Some(condition) = &line.condition {
                    text.push_str(&format!(" if {}", self.writer().text(condition)));
                    if line.waits {
                        text.push_str(", else waiting");
                    }
                }
                text
            })
            .collect();
        lines.join("; ")
    }

    fn limit(&self, limit: &'r Limit, keys: &mut Keys) -> Vec<Slot<'r>> {
        let plan = self.plan();
        let means: Vec<String> = limit
            .on
            .iter()
            .map(|on| self.names.reference(*on))
            .collect();
        let says: Vec<&str> = limit
            .on
            .iter()
            .map(|on| &**said::name_of(plan, *on))
            .collect();
        // Of limits over the same things the one listed first holds first.
        let same = |other: &Limit| {
            let set = |limit: &Limit| -> BTreeSet<Reference> { limit.on.iter().copied().collect() };
            set(other) == set(limit)
        };
        let mut earlier: Vec<String> = plan
            .limits
            .iter()
            .enumerate()
            .take_while(|(_, other)| !std::ptr::eq(*other, limit))
            .filter(|(_, other)| same(other))
            .map(|(at, _)| self.names.thing(List::Limits, at))
            .collect();
        earlier.sort();
        let after = (!earlier.is_empty()).then(|| format!("after {} others", earlier.len()));
        let cut = match limit.cut {
            crate::tree::Cut::LastFirst => "the last listed gives way first",
            crate::tree::Cut::ProRata => "all give way in proportion",
        };
        vec![
            self.word_slot(
                "on",
                means.join(", "),
                Some(says.join(", ")),
                limit.span,
                keys,
            ),
            self.window_slot("over", limit.over, plan.period, limit.span, keys),
            self.formula_slot("at_most", limit.at_most.as_ref(), limit.span, keys),
            self.formula_slot("at_least", limit.at_least.as_ref(), limit.span, keys),
            self.word_slot("cut", cut, Some(cut.to_owned()), limit.span, keys),
            self.word_slot("order", earlier.join(", "), after, limit.span, keys),
        ]
    }
}

/// Where a negative posting is taken from, with what holds where nothing is written.
fn recovery(recovers: Option<&Recovery>) -> String {
    let default = Recovery {
        from: vec![RecoverFrom::Held, RecoverFrom::NextPayouts],
        at_most: Exact::ratio(1, 2),
        within: None,
    };
    // What is not said of it is as where nothing is said.
    let recovers = recovers.unwrap_or(&default);
    let from: Vec<&str> = recovers
        .from
        .iter()
        .map(|from| match from {
            RecoverFrom::Held => "held money",
            RecoverFrom::NextPayouts => "the next payouts",
            RecoverFrom::Invoice => "an invoice",
        })
        .collect();
    let mut text = from.join(", then ");
    let most = recovers.at_most.as_ref().or(default.at_most.as_ref());
    if let Some(most) = most {
        text.push_str(&format!(", at most {} of each payout", in_percent(most)));
    }
    if let Some(within) = &recovers.within {
        text.push_str(&format!(", within {within}"));
    }
    text
}

/// What every value comes to with all that it is made of. A value with a step of its own, or with a figure for each key, is
/// asked elsewhere and stays a name.
pub(super) fn whole_values(names: &Names<'_>, keys: &mut Keys) -> BTreeMap<ValueId, Key> {
    let plan = names.plan;
    let mut whole: BTreeMap<ValueId, Key> = BTreeMap::new();
    let mut open: Vec<(ValueId, bool)> = (0..plan.values.len())
        .rev()
        .filter_map(|at| u16::try_from(at).ok())
        .map(|at| (ValueId(at), false))
        .collect();
    let mut entered = BTreeSet::new();
    while let Some((id, is_ready)) = open.pop() {
        let value = &plan[id];
        if whole.contains_key(&id) || value.every.is_some() || value.each.is_some() {
            continue;
        }
        if is_ready {
            let own = Names {
                whole: Some(&whole),
                ..*names
            };
            let key = keys.formula(&value.formula, &own);
            whole.insert(id, key);
            continue;
        }
        // A ring among values without a step has been refused; whatever is entered twice is left a name.
        if !entered.insert(id) {
            continue;
        }
        open.push((id, true));
        let mut mentioned = Vec::new();
        values_in(&value.formula, &mut mentioned);
        open.extend(mentioned.into_iter().map(|inner| (inner, false)));
    }
    whole
}

fn values_in(expr: &Expr, found: &mut Vec<ValueId>) {
    if let Form::Name(Name::Value(id)) = &expr.form {
        found.push(*id);
    }
    for part in parts(expr) {
        values_in(part, found);
    }
}

/// Words that say nothing about money.
pub(super) fn wording(list: List, plan: &Plan, at: usize) -> Vec<(&'static str, Text)> {
    let none = || Text::from("");
    let is = |text: &Text| vec![("is", text.clone())];
    let shows = |shows: Option<Shows>| shows.map_or_else(none, |shows| shows.word().into());
    match list {
        List::Kinds => plan
            .kinds
            .get(at)
            .map(|kind| vec![("is", kind.is.clone()), ("shows", shows(kind.shows))]),
        List::Terms => plan.terms.get(at).map(|term| is(&term.is)),
        List::Measures => plan.measures.get(at).map(|measure| {
            vec![
                ("is", measure.is.clone()),
                ("validated_by", measure.validated_by.clone()),
                ("source", measure.source.clone()),
                ("disputed_in", measure.disputed_in.clone()),
                ("shows", shows(measure.shows)),
            ]
        }),
        List::Values => plan.values.get(at).map(|value| is(&value.is)),
        List::Tables => plan.tables.get(at).map(|table| {
            let cliff = table.cliff.clone().unwrap_or_else(none);
            vec![("is", table.is.clone()), ("cliff", cliff)]
        }),
        List::Components => plan.components.get(at).map(|component| {
            let reason = |reason: &Option<Text>| reason.clone().unwrap_or_else(none);
            vec![
                ("is", component.is.clone()),
                ("uncapped", reason(&component.uncapped)),
                ("cliff", reason(&component.cliff)),
            ]
        }),
        List::Limits => plan.limits.get(at).map(|limit| is(&limit.is)),
    }
    .unwrap_or_default()
}

/// A rounding that components take over unless they say otherwise.
pub(super) fn same_rounding(before: &MoneyRounding, after: &MoneyRounding) -> bool {
    before.to == after.to && before.mode == after.mode
}
