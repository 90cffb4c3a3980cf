//! Which questions a plan will ask of its measures: every measure, key and window, before any fact is read.
//!
//! It is a walk over the typed graph without values: where the evaluator would branch, this takes both ways, so that what it
//! lists is at least what will be asked. Windows depend on a partner only through the days of its agreement, so partners
//! whose agreements run the same days are walked once. The module shares the evaluator's rules of windows
//! (`AgreementDays`) and must never know a fact.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_plan::tree::{
    Call, ComponentId, ComponentPart, Expr, Form, Fund, InstalmentWhen, KindId, Level, LimitId,
    LimitPart, Literal, MeasureId, Name, Plan, Reference, TableId, Target, TermId, Text, Trigger,
    ValueId,
};

use crate::evaluate::{Place, RowPlace};
use crate::limit::Nest;
use crate::table;
use crate::versions::{Answering, adds_up, answering, reference, stretches, windows_of};
use crate::windows::{AgreementDays, Lead, add, before_now, length_rank, windows_inside};
use crate::world::{Partner, PartnerIx, RowIx};

/// The most places a walk visits; a plan that asks more than this is left to the rows.
pub const PLACES_MAX: usize = 2_000_000;

/// Every question a plan may ask of its measures and rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asks {
    /// Partners whose agreements run the same days, in the order of the first of them.
    pub cohorts: Vec<Cohort>,
    /// What is asked of each measure.
    pub measures: BTreeMap<MeasureId, Asked>,
    /// Where single rows are asked for, by kind and role: one span of days for each cohort.
    pub rows: BTreeMap<(KindId, Text), BTreeMap<usize, (Date, Date)>>,
    /// The days before which things must be known: the ends of settlements.
    pub known_before: BTreeSet<Date>,
    /// Whether the walk was too long to finish; then anything may be asked.
    pub is_cut_short: bool,
}

/// Partners whose agreements run the same days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Who.
    pub partners: Vec<PartnerIx>,
}

/// What is asked of one measure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is asked without a key.
    pub whole: bool,
    /// The keys asked for by name.
    pub keys: BTreeSet<Text>,
    /// Whether it is asked for a key that a formula works out.
    pub any_key: bool,
    /// The first days and ends of all windows asked, by cohort.
    pub edges: BTreeMap<usize, BTreeSet<Date>>,
}

/// Every question that settling a plan by a day may ask, for partners in the order of the world.
///
/// Besides settlements, each measure is asked in every period of the plan, and once more in each window of `besides`.
#[must_use]
pub fn asks(plan: &Plan, partners: &[Partner], until: Date, besides: &[Window]) -> Asks {
    let mut cohorts: BTreeMap<AgreementDays<'_>, Vec<PartnerIx>> = BTreeMap::new();
    for (partner, at) in partners.iter().zip(0u32..) {
        cohorts
            .entry(AgreementDays::of(partner))
            .or_default()
            .push(PartnerIx(at));
    }
    let mut cohorts: Vec<(AgreementDays<'_>, Vec<PartnerIx>)> = cohorts.into_iter().collect();
    cohorts.sort_by_key(|(_, partners)| partners.first().copied());
    let mut walk = Walk {
        plan,
        nest: Nest::of(plan),
        days: cohorts.iter().map(|(days, _)| *days).collect(),
        seen: BTreeSet::new(),
        open: Vec::new(),
        asks: Asks {
            cohorts: cohorts
                .into_iter()
                .map(|(_, partners)| Cohort { partners })
                .collect(),
            ..Asks::default()
        },
    };
    for cohort in 0..walk.days.len() {
        walk.settlements(cohort, until);
        walk.listed(cohort, until, besides);
    }
    while let Some((subject, place)) = walk.open.pop() {
        if walk.asks.is_cut_short {
            break;
        }
        walk.subject(subject, &place);
    }
    walk.asks
}

/// What a place is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Term(TermId),
    Measure(MeasureId, Key),
    Value(ValueId),
    Component(ComponentId),
    Limit(LimitId),
    Trigger(Trigger),
    Table(TableId),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    None,
    Named(Text),
    Any,
}

struct Walk<'p> {
    plan: &'p Plan,
    nest: Nest,
    days: Vec<AgreementDays<'p>>,
    /// A place's partner stands for its cohort, by position.
    seen: BTreeSet<(Subject, Place)>,
    open: Vec<(Subject, Place)>,
    asks: Asks,
}

impl<'p> Walk<'p> {
    fn push(&mut self, subject: Subject, place: Place) {
        if self.seen.len() >= PLACES_MAX {
            self.asks.is_cut_short = true;
        } else if self.seen.insert((subject.clone(), place)) {
            self.open.push((subject, place));
        }
    }

    fn days_at(&self, at: &Place) -> Option<AgreementDays<'p>> {
        self.days.get(at.partner.0 as usize).copied()
    }

    fn place(cohort: usize, window: Window) -> Place {
        // A cohort has at least one partner, and partners are counted in 32 bits.
        Place::new(PartnerIx(u32::try_from(cohort).unwrap_or(u32::MAX)), window)
    }

    /// What the settlements of a cohort ask.
    fn settlements(&mut self, cohort: usize, until: Date) {
        let plan = self.plan;
        let Some(days) = self.days.get(cohort).copied() else {
            return;
        };
        for (component, at) in plan.components.iter().zip(0u16..) {
            let id = ComponentId(at);
            if !days.has_edition(plan.edition_of(Reference::Component(id))) {
                continue;
            }
            let settlements = days.settlements(&plan.calendar, component.every, until);
            let ends = settlements.iter().map(|settlement| settlement.ends);
            for end in ends.chain([until]) {
                let name = Reference::Component(id);
                for (answers, window) in windows_of(plan, days, name, days.starts, end) {
                    self.push_answering(answers, Self::place(cohort, window));
                }
            }
            for settlement in &settlements {
                self.asks.known_before.insert(settlement.ends);
                self.releases(id, cohort, settlement, until);
            }
        }
        for at in (0u16..).take(plan.limits.len()) {
            let name = Reference::Limit(LimitId(at));
            if !days.has_edition(plan.edition_of(name)) {
                continue;
            }
            let held: Vec<ComponentId> = self.nest.components(LimitId(at)).collect();
            for component in held {
                let every = plan[component].every;
                for settlement in days.settlements(&plan.calendar, every, until) {
                    let (from, until) = (days.starts, settlement.ends);
                    for (answers, window) in windows_of(plan, days, name, from, until) {
                        self.push_answering(answers, Self::place(cohort, window));
                    }
                }
            }
        }
    }

    /// The conditions of releases, asked in the period of the release and, where they wait, in those after it.
    fn releases(&mut self, id: ComponentId, cohort: usize, settlement: &Window, until: Date) {
        let plan = self.plan;
        for instalment in &plan[id].paid {
            let Some(condition) = &instalment.condition else {
                continue;
            };
            for earned_on in [settlement.last(), settlement.ends] {
                let on = match &instalment.when {
                    InstalmentWhen::AtSettlement => Some(earned_on),
                    InstalmentWhen::After(length) => add(earned_on, *length, 1),
                    InstalmentWhen::On(day) => Some(*day),
                };
                let first = on.and_then(|on| plan.calendar.window_at(plan.period, on));
                let Some(first) = first else { continue };
                let waits =
                    plan.calendar
                        .windows_in(plan.period, first.ends, until.max(first.ends));
                let later = waits.into_iter().filter(|_| instalment.waits);
                for window in [first].into_iter().chain(later) {
                    self.formula(condition, &Self::place(cohort, window));
                }
            }
        }
    }

    /// What a statement lists: every measure and every objective's names, in each period.
    fn listed(&mut self, cohort: usize, until: Date, besides: &[Window]) {
        let plan = self.plan;
        let Some(days) = self.days.get(cohort).copied() else {
            return;
        };
        let periods = days.windows(&plan.calendar, plan.period, days.starts, until);
        for window in periods.into_iter().chain(besides.iter().copied()) {
            let place = Self::place(cohort, window);
            for trigger in plan.triggers() {
                self.trigger(trigger, &place);
            }
            for fund in &plan.funds {
                self.fund(fund, days.starts, &place);
            }
            for (measure, at) in plan.measures.iter().zip(0u16..) {
                let name = Name::Measure(MeasureId(at));
                if !days.has_edition(plan.edition_of(Reference::Measure(MeasureId(at)))) {
                    continue;
                }
                self.name(name, Key::None, &place);
                for key in &measure.keys {
                    self.name(name, Key::Named(key.clone()), &place);
                }
            }
            for reference in plan.objectives.iter().flat_map(|objective| &objective.by) {
                match *reference {
                    Reference::Term(id) => self.name(Name::Term(id), Key::None, &place),
                    Reference::Measure(id) => self.name(Name::Measure(id), Key::None, &place),
                    Reference::Value(id) => self.name(Name::Value(id), Key::None, &place),
                    Reference::Component(id) => self.name(Name::Component(id), Key::None, &place),
                    Reference::Limit(id) => self.name(Name::Limit(id), Key::None, &place),
                    Reference::Table(_) => {}
                }
            }
        }
    }

    fn subject(&mut self, subject: Subject, at: &Place) {
        let plan = self.plan;
        match subject {
            Subject::Term(id) => {
                if self.in_stretches(Reference::Term(id), &Key::None, at) {
                    return;
                }
                self.changes(Target::Term(id), at);
                if let Some(agreed) = &plan[id].agreed {
                    self.formula(agreed, at);
                }
            }
            Subject::Measure(id, key) => self.measure(id, key, at),
            Subject::Value(id) => self.value(id, at),
            Subject::Component(id) => self.component(id, at),
            Subject::Limit(id) => self.limit(id, at),
            Subject::Trigger(trigger) => self.formula(plan.when(trigger), at),
            Subject::Table(id) => {
                for formula in table::formulas(&plan[id]) {
                    self.formula(formula, at);
                }
            }
        }
    }

    fn measure(&mut self, id: MeasureId, key: Key, at: &Place) {
        let plan = self.plan;
        let measure = &plan[id];
        if self.in_stretches(Reference::Measure(id), &key, at) {
            return;
        }
        let asked = self.asks.measures.entry(id).or_default();
        match key {
            Key::None => asked.whole = true,
            Key::Named(key) => {
                asked.keys.insert(key);
            }
            Key::Any => asked.any_key = true,
        }
        let edges = asked.edges.entry(at.partner.0 as usize).or_default();
        edges.insert(at.window.starts);
        edges.insert(at.window.ends);
        let on_row = on_row(measure.kind, at);
        let formulas = [&measure.of, &measure.filter, &measure.by];
        for formula in formulas.into_iter().flatten() {
            self.formula(formula, &on_row);
        }
    }

    fn value(&mut self, id: ValueId, at: &Place) {
        let plan = self.plan;
        let value = &plan[id];
        self.changes(Target::Value(id), at);
        let is_whole = self
            .days_at(at)
            .is_none_or(|days| days.is_whole(&at.window));
        let step = match value.every {
            Some(step) if at.window.unit != step || at.trailing.is_some() || !is_whole => step,
            Some(_) | None => return self.formula(&value.formula, at),
        };
        let Some(days) = self.days_at(at) else { return };
        if at.trailing.is_none() && length_rank(at.window.unit) < length_rank(step) {
            return;
        }
        let last = days
            .windows(&plan.calendar, step, at.window.starts, at.window.ends)
            .pop();
        let Some(last) = last else { return };
        if value.carried {
            for window in days.windows(&plan.calendar, step, days.starts, last.starts) {
                self.name(Name::Value(id), Key::None, &in_window(window, None, at));
            }
        }
        self.name(Name::Value(id), Key::None, &in_window(last, at.row, at));
    }

    fn component(&mut self, id: ComponentId, at: &Place) {
        let plan = self.plan;
        let component = &plan[id];
        let is_whole = self
            .days_at(at)
            .is_none_or(|days| days.is_whole(&at.window));
        let is_own = at.trailing.is_none() && at.window.unit == component.over && is_whole;
        if at.row.is_none() && !is_own {
            if at.trailing.is_some() || length_rank(at.window.unit) >= length_rank(component.over) {
                let windows = self.days_at(at).map_or_else(Vec::new, |days| {
                    let (from, until) = (at.window.starts, at.window.ends);
                    windows_of(plan, days, Reference::Component(id), from, until)
                });
                for (answers, window) in windows {
                    self.push_answering(answers, in_window(window, None, at));
                }
            }
            return;
        }
        for part in ComponentPart::ALL {
            self.changes(Target::Component(id, part), at);
        }
        let whole = Place { row: None, ..*at };
        let once = [
            &component.applies,
            &component.gate,
            &component.at_least,
            &component.at_most,
        ];
        for formula in once.into_iter().flatten() {
            self.formula(formula, &whole);
        }
        let Some(each) = &component.each else {
            return self.formula(&component.pays, &whole);
        };
        if at.row.is_none() {
            let days = (at.window.starts, at.window.ends);
            self.rows(each.kind, &each.role, days, at);
        }
        let on_row = on_row(each.kind, at);
        for formula in each.filter.iter().chain([&component.pays]) {
            self.formula(formula, &on_row);
        }
    }

    fn limit(&mut self, id: LimitId, at: &Place) {
        let plan = self.plan;
        let limit = &plan[id];
        let Some(days) = self.days_at(at) else { return };
        let (from, until) = (at.window.starts, at.window.ends);
        let is_whole = days.is_whole(&at.window);
        if at.window.unit != limit.over || at.trailing.is_some() || !is_whole {
            for (answers, window) in windows_of(plan, days, Reference::Limit(id), from, until) {
                self.push_answering(answers, in_window(window, None, at));
            }
            return;
        }
        for part in LimitPart::ALL {
            self.changes(Target::Limit(id, part), at);
        }
        for bound in [&limit.at_most, &limit.at_least].into_iter().flatten() {
            self.formula(bound, at);
        }
        for other in (0u16..).map(LimitId).take(plan.limits.len()) {
            if other != id && self.nest.holds(id, other) {
                let name = Reference::Limit(other);
                for (answers, window) in windows_of(plan, days, name, from, until) {
                    self.push_answering(answers, in_window(window, None, at));
                }
            }
        }
        let held: Vec<ComponentId> = self.nest.components(id).collect();
        for component in held {
            let shape = &plan[component];
            let settled = days
                .settlements(&plan.calendar, shape.every, at.window.ends)
                .pop()
                .map(|settlement| settlement.ends);
            let Some(settled) = settled else { continue };
            let name = Reference::Component(component);
            for (answers, window) in windows_of(plan, days, name, from, settled) {
                self.push_answering(answers, in_window(window, None, at));
            }
        }
    }

    /// A name that answers itself where it is asked.
    fn push_answering(&mut self, name: Reference, place: Place) {
        match name {
            Reference::Term(id) => self.push(Subject::Term(id), place),
            Reference::Measure(id) => self.push(Subject::Measure(id, Key::None), place),
            Reference::Value(id) => self.push(Subject::Value(id), place),
            Reference::Component(id) => self.push(Subject::Component(id), place),
            Reference::Limit(id) => self.push(Subject::Limit(id), place),
            Reference::Table(id) => self.push(Subject::Table(id), place),
        }
    }

    /// Whether a name is asked in parts of the window, of several versions; each part is then asked for.
    fn in_stretches(&mut self, name: Reference, key: &Key, at: &Place) -> bool {
        let plan = self.plan;
        if plan.editions.is_empty() || !adds_up(plan, name) {
            return false;
        }
        let Some(days) = self.days_at(at) else {
            return false;
        };
        let stretches = stretches(plan, days, name, &at.window);
        if stretches.len() < 2 {
            return false;
        }
        for (answers, window) in stretches {
            let place = Place { window, ..*at };
            match answers {
                Reference::Measure(id) => self.push(Subject::Measure(id, key.clone()), place),
                Reference::Term(id) => self.push(Subject::Term(id), place),
                Reference::Value(_)
                | Reference::Table(_)
                | Reference::Component(_)
                | Reference::Limit(_) => {}
            }
        }
        true
    }

    /// The name that answers for a name at a place; none where nobody does.
    fn answering(&self, name: Name, at: &Place) -> Option<Name> {
        let plan = self.plan;
        let (false, Some(asked), Some(days)) =
            (plan.editions.is_empty(), reference(name), self.days_at(at))
        else {
            return Some(name);
        };
        match answering(plan, days, asked, at) {
            Answering::Name(Reference::Term(id)) => Some(Name::Term(id)),
            Answering::Name(Reference::Measure(id)) => Some(Name::Measure(id)),
            Answering::Name(Reference::Value(id)) => Some(Name::Value(id)),
            Answering::Name(Reference::Component(id)) => Some(Name::Component(id)),
            Answering::Name(Reference::Limit(id)) => Some(Name::Limit(id)),
            Answering::Name(Reference::Table(_)) | Answering::Nobody => None,
        }
    }

    fn name(&mut self, name: Name, key: Key, at: &Place) {
        let plan = self.plan;
        let whole = Place { row: None, ..*at };
        let Some(name) = self.answering(name, at) else {
            return;
        };
        let at = &Place { under: None, ..*at };
        let whole = Place {
            under: None,
            ..whole
        };
        match name {
            Name::Term(id) => self.push(Subject::Term(id), whole),
            Name::Measure(id) => self.push(Subject::Measure(id, key), whole),
            Name::Value(id) => {
                let keeps_row = matches!(plan[id].level, Level::Row(_));
                self.push(Subject::Value(id), if keeps_row { *at } else { whole });
            }
            Name::Component(id) => {
                let each = plan[id].each.as_ref();
                let is_row = at
                    .row
                    .is_some_and(|row| each.is_some_and(|each| each.kind == row.kind));
                self.push(Subject::Component(id), if is_row { *at } else { whole });
            }
            Name::Limit(id) => self.push(Subject::Limit(id), whole),
            Name::Column(..)
            | Name::Followed(..)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => {}
        }
    }

    fn formula(&mut self, formula: &'p Expr, at: &Place) {
        match &formula.form {
            Form::Literal(_) => {}
            Form::Name(name) => self.name(*name, Key::None, at),
            Form::Negated(x) | Form::Is(x, _) | Form::Not(x) => self.formula(x, at),
            Form::Arithmetic(_, left, right) | Form::Compared(_, left, right) => {
                self.all([&**left, &**right], at);
            }
            Form::Between(x, low, high) => self.all([&**x, &**low, &**high], at),
            Form::In(x, list) => self.all([&**x].into_iter().chain(list), at),
            Form::And(all) | Form::Or(all) => self.all(all, at),
            Form::Case(arms, otherwise) => {
                let arms = arms.iter().flat_map(|(test, then)| [test, then]);
                self.all(arms.chain([&**otherwise]), at);
            }
            Form::Call(call) => self.call(call, at),
        }
    }

    fn all(&mut self, formulas: impl IntoIterator<Item = &'p Expr>, at: &Place) {
        for formula in formulas {
            self.formula(formula, at);
        }
    }

    fn call(&mut self, call: &'p Call, at: &Place) {
        match call {
            Call::Least(all) | Call::Greatest(all) | Call::Coalesce(all) => self.all(all, at),
            Call::Clamp { x, low, high } => self.all([&**x, &**low, &**high], at),
            Call::Abs(x) => self.formula(x, at),
            Call::Round { x, to, .. } => self.all([&**x, &**to], at),
            Call::Otherwise(x, y) | Call::DaysBetween(x, y) | Call::MonthsBetween(x, y) => {
                self.all([&**x, &**y], at);
            }
            Call::Weighted(parts) => self.all(parts.iter().map(|(part, _)| part), at),
            Call::Asked(..) => self.asked(call, &Key::None, at),
            Call::FoldedBy(_, x, unit) => {
                for window in windows_inside(&self.plan.calendar, *unit, &at.window) {
                    self.formula(x, &in_window(window, at.row, at));
                }
            }
            Call::Ever(x) => {
                self.formula(x, at);
                let Some(days) = self.days_at(at) else { return };
                let calendar = &self.plan.calendar;
                let unit = at.window.unit;
                let earlier = days.windows(calendar, unit, days.starts, at.window.starts);
                for window in before_now(calendar, self.plan.period, &earlier, at) {
                    self.formula(x, &Place { window, ..*at });
                }
            }
            Call::Running { x, in_order } => {
                self.all([&**x].into_iter().chain(in_order.as_deref()), at);
            }
            Call::Table(id, arguments) => {
                self.all(arguments, at);
                let asked = Reference::Table(*id);
                let days = self.days_at(at);
                let answers = days.map(|days| answering(self.plan, days, asked, at));
                match answers {
                    Some(Answering::Name(Reference::Table(id))) => {
                        self.push(Subject::Table(id), *at);
                    }
                    Some(Answering::Name(_) | Answering::Nobody) | None => {
                        self.push(Subject::Table(*id), *at);
                    }
                }
            }
            Call::Keyed(measure, key) => {
                self.formula(key, at);
                let key = match &key.form {
                    Form::Literal(Literal::Text(key)) => Key::Named(key.clone()),
                    Form::Literal(_)
                    | Form::Name(_)
                    | Form::Negated(_)
                    | Form::Arithmetic(..)
                    | Form::Compared(..)
                    | Form::Between(..)
                    | Form::In(..)
                    | Form::Is(..)
                    | Form::Not(_)
                    | Form::And(_)
                    | Form::Or(_)
                    | Form::Case(..)
                    | Form::Call(_) => Key::Any,
                };
                self.keyed(measure, &key, &Place { row: None, ..*at });
            }
            Call::FoldedKeys(_, keyed) => {
                match crate::functions::keyed_in(keyed).and_then(|name| self.answering(name, at)) {
                    Some(Name::Measure(id)) => {
                        let plan = self.plan;
                        for key in &plan[id].keys {
                            self.keyed(keyed, &Key::Named(key.clone()), at);
                        }
                    }
                    Some(Name::Value(id)) => {
                        self.rows_with_keys(id, at);
                        self.keyed(keyed, &Key::Any, at);
                    }
                    Some(_) | None => {}
                }
            }
            Call::Total { x, filter } => {
                self.everyone([&**x].into_iter().chain(filter.as_deref()), at);
            }
            Call::Team(x) => self.everyone([&**x], at),
            Call::Rank { x, within, filter } => {
                let besides = within.as_deref().into_iter().chain(filter.as_deref());
                self.everyone([&**x].into_iter().chain(besides), at);
            }
            Call::Allocate(allocation) => {
                let whole = Place { row: None, ..*at };
                match (allocation.rows, &allocation.within) {
                    (Some(_), Some(_)) => self.formula(&allocation.total, at),
                    (Some(_), None) | (None, _) => self.formula(&allocation.total, &whole),
                }
                let members = [&allocation.by]
                    .into_iter()
                    .chain(&allocation.filter)
                    .chain(&allocation.within);
                match allocation.rows {
                    Some(_) => self.all(members, at),
                    None => self.everyone(members, at),
                }
                if let Some(to) = &allocation.to {
                    self.formula(to, &whole);
                }
            }
            Call::Of(partner, x) => {
                self.formula(partner, at);
                self.everyone([&**x], at);
            }
            Call::Convert(conversion) => {
                self.formula(&conversion.x, at);
                if let trueup_plan::tree::RateKind::On(day) = &conversion.rate {
                    self.formula(day, at);
                }
            }
        }
    }

    /// What a fund sets aside in a period, and the claims made until its end.
    fn fund(&mut self, fund: &'p Fund, starts: Date, at: &Place) {
        self.formula(&fund.accrues, at);
        let Some(claims) = &fund.claims else {
            self.all(&fund.reimburses, at);
            return;
        };
        let last = self.days_at(at).and_then(|days| {
            let last = fund.last_claims.map(|length| add(days.until, length, 1));
            last.flatten()
        });
        let until = last.map_or(at.window.ends, |last| last.max(at.window.ends));
        self.rows(claims.kind, &claims.role, (starts, until), at);
        let on_row = on_row(claims.kind, at);
        let formulas = claims.filter.iter().chain(&fund.reimburses);
        self.all(formulas.chain([&claims.of]), &on_row);
    }

    /// What may take the place of a formula, and what turns it on.
    fn changes(&mut self, target: Target, at: &Place) {
        let plan = self.plan;
        if at.as_agreed {
            return;
        }
        for (trigger, change) in plan.changes_of(target) {
            let bounds = change.lowest.iter().chain(&change.highest);
            self.all(bounds.chain([&change.to]), at);
            self.trigger(trigger, at);
        }
    }

    /// What turns something on, asked in every period up to a window's end.
    fn trigger(&mut self, trigger: Trigger, at: &Place) {
        let plan = self.plan;
        let Some(days) = self.days_at(at) else { return };
        let ends = at
            .judged_until
            .map_or(at.window.ends, |day| at.window.ends.min(day));
        for window in days.windows(&plan.calendar, plan.period, days.starts, ends) {
            let place = Place {
                as_agreed: true,
                key: None,
                judged_until: None,
                ..in_window(window, None, at)
            };
            self.push(Subject::Trigger(trigger), place);
        }
    }

    /// The rows whose column holds the keys of a value: all since the agreement's start.
    fn rows_with_keys(&mut self, id: ValueId, at: &Place) {
        let (Some(keys), Some(days)) = (&self.plan[id].each, self.days_at(at)) else {
            return;
        };
        self.rows(keys.kind, &keys.role, (days.starts, at.window.ends), at);
    }

    /// Rows of a kind and role in a span of days.
    fn rows(&mut self, kind: KindId, role: &Text, (from, until): (Date, Date), at: &Place) {
        let span = self
            .asks
            .rows
            .entry((kind, role.clone()))
            .or_default()
            .entry(at.partner.0 as usize)
            .or_insert((from, until));
        span.0 = span.0.min(from);
        span.1 = span.1.max(until);
    }

    /// Formulas asked for any partner, in this window as each agreement cuts it.
    fn everyone(&mut self, formulas: impl IntoIterator<Item = &'p Expr>, at: &Place) {
        let common = self.days_at(at).and_then(|days| days.of_everyone(at));
        let places: Vec<Place> = (0u32..)
            .map(PartnerIx)
            .zip(&self.days)
            .map(|(partner, days)| {
                let window = common
                    .and_then(|common| days.within(common))
                    .unwrap_or(at.window);
                let version = days.version_of(&window).or_else(|| days.versions.first());
                Place {
                    partner,
                    row: None,
                    window,
                    under: version.map(|version| version.edition),
                    ..*at
                }
            })
            .collect();
        for formula in formulas {
            for place in &places {
                self.formula(formula, place);
            }
        }
    }

    /// A keyed measure keeps its key on the way to another window.
    fn keyed(&mut self, x: &'p Expr, key: &Key, at: &Place) {
        match &x.form {
            Form::Name(name @ Name::Measure(_)) => self.name(*name, key.clone(), at),
            Form::Call(call @ Call::Asked(..)) => self.asked(call, key, at),
            Form::Literal(_)
            | Form::Name(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..)
            | Form::Call(_) => self.formula(x, at),
        }
    }

    fn asked(&mut self, call: &'p Call, key: &Key, at: &Place) {
        let (Call::Asked(where_to, x), Some(days)) = (call, self.days_at(at)) else {
            return;
        };
        if let trueup_plan::tree::Elsewhere::Previous(_, Some(first)) = where_to
            && !self.plan.editions.is_empty()
        {
            // Where the version then in force lacks what is asked, the first value answers.
            self.formula(first, at);
        }
        match (days.lead(&self.plan.calendar, where_to, at), key) {
            (Lead::To(place), Key::None) => self.formula(x, &place),
            (Lead::To(place), Key::Named(_) | Key::Any) => self.keyed(x, key, &place),
            (Lead::First(first), _) => self.formula(first, at),
            (Lead::Nowhere(_), _) => {}
        }
    }
}

/// The same partner in another window of the calendar.
fn in_window(window: Window, row: Option<RowPlace>, at: &Place) -> Place {
    Place {
        window,
        trailing: None,
        row,
        ..*at
    }
}

/// On some row of a kind.
fn on_row(kind: KindId, at: &Place) -> Place {
    let row = RowPlace {
        kind,
        role: 0,
        row: RowIx(0),
        line: 0,
        level: 0,
    };
    Place {
        row: Some(row),
        ..*at
    }
}
