//! The evaluator: any name of a plan, asked for a partner in a window, perhaps on one credited row.
//!
//! Evaluation is a walk over the typed tree with one memory: a name asked twice at one place is computed once. A walk
//! that goes back window by window catches up from the agreement's start, so that its depth is bounded by the plan's
//! text and not by the agreement's length.

use std::collections::BTreeSet;
use std::sync::Arc;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::{Date, Duration};
use trueup_plan::tree::{
    Comparison, ComponentId, Expr, Form, KindId, Level, Name, NamedValue, Operator, Plan, Target,
    ValueId,
};

use crate::graph::{Graph, NodeId, Opened, What};
use crate::keyed::Keys;
use crate::limit::Nest;
use crate::measure::Measurer;
use crate::memory::{Memory, Subject};
use crate::number::{Answer, NoAnswer, Number, Truth};
use crate::others::Shared;
use crate::table::{BandFrame, Spare};
use crate::value::Value;
use crate::windows::{StepsBack, length_rank};
use crate::world::{Credit, PartnerIx, RowIx, World};

/// Where a value is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// For whom.
    pub partner: PartnerIx,
    /// In which window.
    pub window: Window,
    /// The length of a trailing window, which is no window of the calendar.
    pub trailing: Option<(i32, i32)>,
    /// On which credited row.
    pub row: Option<RowPlace>,
    /// For which key of a value with keys.
    pub key: Option<KeyIx>,
    /// As known before this day; none for all that is known.
    pub known_before: Option<Date>,
    /// Whether it is asked as both sides agreed, with no contingency and no guardrail on.
    pub as_agreed: bool,
    /// Where the window reaches ahead: the day by which contingencies and guardrails are judged.
    pub judged_until: Option<Date>,
    /// Where a formula is asked of somebody else: the edition of the plan that one's window is under, whose names are meant.
    pub under: Option<u16>,
}

/// A key of a value with keys, by its position among those that were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyIx(pub(crate) u32);

impl Place {
    /// A partner in a window, with all that is known.
    #[must_use]
    pub fn new(partner: PartnerIx, window: Window) -> Self {
        Self {
            partner,
            window,
            trailing: None,
            row: None,
            key: None,
            known_before: None,
            as_agreed: false,
            judged_until: None,
            under: None,
        }
    }

    /// Whether it has nothing that a name may be remembered without.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.row.is_none()
            && self.key.is_none()
            && self.known_before.is_none()
            && !self.as_agreed
            && self.judged_until.is_none()
    }

    /// The length of a trailing window.
    #[must_use]
    pub fn trailing_length(&self) -> Option<Duration> {
        self.trailing
            .map(|(months, days)| Duration { months, days })
    }
}

/// A credited row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowPlace {
    /// Its kind.
    pub kind: KindId,
    /// The role it is credited in, by position.
    pub role: u16,
    /// The row.
    pub row: RowIx,
    /// The credit line by which it is credited, by position.
    pub line: u16,
    /// The distance between the credited partner and the row's own.
    pub level: u32,
}

impl RowPlace {
    /// The place of a credit.
    #[must_use]
    pub fn new(kind: KindId, role: u16, credit: &Credit) -> Self {
        Self {
            kind,
            role,
            row: credit.row,
            line: credit.line,
            level: credit.level,
        }
    }
}

/// How much of the walk is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Names and formulas, not rows.
    Figures,
    /// Everything, down to each row.
    Rows,
}

/// Answers any name of a plan anywhere.
pub struct Evaluator<'p, N: Number = Answer, M = crate::Reference> {
    plan: &'p Plan,
    world: &'p World,
    pub(crate) measurer: &'p M,
    pub(crate) memory: Memory,
    pub(crate) graph: Graph<'p, N>,
    pub(crate) shared: Shared<N>,
    pub(crate) detail: Detail,
    pub(crate) back: StepsBack,
    /// The keys that values with keys were asked for.
    pub(crate) keys: Keys,
    /// What contingencies and guardrails may change.
    pub(crate) changed: BTreeSet<Target>,
    /// Which limits hold what, once it was asked.
    pub(crate) nest: Option<Arc<Nest>>,
    pub(crate) spare: Spare<N>,
    has_history: bool,
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// An evaluator of a plan over a world.
    #[must_use]
    pub fn new(plan: &'p Plan, world: &'p World, measurer: &'p M) -> Self {
        Self {
            plan,
            world,
            measurer,
            memory: Memory::new(plan),
            graph: Graph::new(),
            shared: Shared::default(),
            detail: Detail::Figures,
            back: StepsBack::default(),
            keys: Keys::default(),
            changed: plan
                .triggers()
                .flat_map(|trigger| plan.changes(trigger))
                .map(|change| change.target)
                .collect(),
            nest: None,
            spare: Spare::default(),
            has_history: world.facts.iter().any(|facts| facts.has_history),
        }
    }

    /// Keeps every row in the graph from here on, as an explanation down to the rows needs.
    #[must_use]
    pub fn with_rows(mut self) -> Self {
        self.detail = Detail::Rows;
        self
    }

    /// Keeps names with their answers and nothing of how they came about: faster, where nobody asks why.
    #[must_use]
    pub fn without_explanation(mut self) -> Self {
        self.graph.keep_answers_only();
        self
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &'p World {
        self.world
    }

    /// Everything asked so far, as a graph.
    #[must_use]
    pub fn graph(&self) -> &Graph<'p, N> {
        &self.graph
    }

    /// Forgets what was asked about single partners; what was worked out for the whole program stays.
    pub fn forget_partner(&mut self) {
        self.memory.clear();
        self.graph.clear();
        self.forget_rows();
    }

    /// Whether the day something became known can matter at all.
    #[must_use]
    pub fn has_history(&self) -> bool {
        self.has_history
    }

    /// Asks a formula, and returns the node of its answer.
    pub fn ask(&mut self, formula: &'p Expr, at: &Place) -> NodeId {
        let opened = self.graph.begin();
        let value = self.eval(formula, at, None);
        self.graph
            .end_answer(opened, What::Formula(formula), at, value)
    }

    /// Asks a name, and returns the node of its answer.
    pub fn ask_name(&mut self, name: Name, at: &Place) -> NodeId {
        let opened = self.graph.begin();
        let value = self.named(name, at);
        match self.graph.last_open(opened) {
            Some(id) => id,
            None => self.graph.end_answer(opened, What::Name(name), at, value),
        }
    }

    /// Asks a component for its entitlement, and returns the node of its answer.
    pub fn ask_component(&mut self, component: ComponentId, at: &Place) -> NodeId {
        let opened = self.graph.begin();
        let value = self.named(Name::Component(component), at);
        let component = match self.answering(Name::Component(component), at) {
            Ok(Name::Component(answers)) => answers,
            Ok(_) | Err(_) => component,
        };
        let place = self.key_place(at, true, false);
        let key = self.memory.key(Subject::Component(component), &place);
        match self.memory.get(key, &place, &self.graph) {
            Some(id) => id,
            None => {
                self.graph
                    .end_answer(opened, What::Name(Name::Component(component)), at, value)
            }
        }
    }

    /// The answer of a node.
    #[must_use]
    pub fn answer(&self, id: NodeId) -> Value<N> {
        match self.graph.node(id) {
            Some(node) => node.value.clone(),
            None => Value::None(NoAnswer::undefined("nothing was asked")),
        }
    }

    /// A formula's answer at a place; `bands` is the table it stands in.
    pub(crate) fn eval(
        &mut self,
        formula: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        match &formula.form {
            Form::Literal(literal) => Value::from_literal(literal),
            Form::Name(name) => match bands.and_then(|frame| frame.name(*name)) {
                Some(value) => value,
                None => self.named(*name, at),
            },
            Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..)
            | Form::Call(_) => {
                if !self.graph.explains() {
                    return self.compound(formula, at, bands);
                }
                let opened = self.graph.begin();
                let value = self.compound(formula, at, bands);
                self.graph.end(opened, What::Formula(formula), at, &value);
                value
            }
        }
    }

    fn compound(
        &mut self,
        formula: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        match &formula.form {
            Form::Literal(_) | Form::Name(_) => self.eval(formula, at, bands),
            Form::Negated(x) => {
                let zero = N::known(trueup_base::exact::Exact::ZERO);
                Value::Number(zero.minus(&self.eval(x, at, bands).into_number()))
            }
            Form::Arithmetic(operator, left, right) => {
                let left = self.eval(left, at, bands);
                let right = self.eval(right, at, bands);
                arithmetic(*operator, &left, &right)
            }
            Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_) => Value::Flag(self.verdict(formula, at, bands)),
            Form::Case(arms, otherwise) => self.case(arms, otherwise, at, bands),
            Form::Call(call) => self.call(call, at, bands),
        }
    }

    /// A formula that is true or false.
    fn verdict(
        &mut self,
        formula: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> N::Truth {
        match &formula.form {
            Form::Compared(how, left, right) => {
                let left = self.eval(left, at, bands);
                let right = self.eval(right, at, bands);
                left.compared(*how, &right)
            }
            Form::Between(x, low, high) => {
                let x = self.eval(x, at, bands);
                let above = x.compared(Comparison::AtLeast, &self.eval(low, at, bands));
                let below = x.compared(Comparison::AtMost, &self.eval(high, at, bands));
                above.and(&below)
            }
            Form::In(x, list) => {
                let x = self.eval(x, at, bands);
                let mut any = N::Truth::known(false);
                for one in list {
                    any = any.or_else(&x.compared(Comparison::Equal, &self.eval(one, at, bands)));
                }
                any
            }
            Form::Is(x, kind) => self.eval(x, at, bands).is(*kind),
            Form::Not(x) => self.eval(x, at, bands).into_truth().not(),
            Form::And(all) => {
                let mut both = N::Truth::known(true);
                for one in all {
                    both = both.and(&self.eval(one, at, bands).into_truth());
                    if both.all() == Some(false) {
                        break;
                    }
                }
                both
            }
            Form::Or(all) => {
                let mut any = N::Truth::known(false);
                for one in all {
                    any = any.or_else(&self.eval(one, at, bands).into_truth());
                    if any.all() == Some(true) {
                        break;
                    }
                }
                any
            }
            Form::Literal(_)
            | Form::Name(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Case(..)
            | Form::Call(_) => self.eval(formula, at, bands).into_truth(),
        }
    }

    /// The arms of a `case`, in order; one whose test has no answer ends it without an answer.
    fn case(
        &mut self,
        arms: &'p [(Expr, Expr)],
        otherwise: &'p Expr,
        at: &Place,
        bands: Option<&BandFrame<'_, N>>,
    ) -> Value<N> {
        let Some(((test, then), rest)) = arms.split_first() else {
            return self.eval(otherwise, at, bands);
        };
        let holds = self.eval(test, at, bands).into_truth();
        match holds.all() {
            Some(true) => self.eval(then, at, bands),
            Some(false) => self.case(rest, otherwise, at, bands),
            None => {
                if let Some(reason) = holds.reason() {
                    return Value::None(reason.clone());
                }
                let then = self.eval(then, at, bands);
                let rest = self.case(rest, otherwise, at, bands);
                Value::select(&holds, &then, &rest)
            }
        }
    }

    /// A name's answer at a place, by the version of the agreement that answers there.
    pub(crate) fn named(&mut self, name: Name, at: &Place) -> Value<N> {
        if self.plan.editions.is_empty() {
            return self.named_here(name, at);
        }
        match self.answering(name, at) {
            Ok(name) => self.named_here(name, &Place { under: None, ..*at }),
            Err(reason) => Value::None(reason),
        }
    }

    /// A name's own answer at a place, from memory where it was asked before.
    pub(crate) fn named_here(&mut self, name: Name, at: &Place) -> Value<N> {
        // Names build on one another hundreds deep, so what stands here is small.
        let (subject, keeps_row, keeps_key) = match name {
            Name::Term(id) => (Subject::Term(id), false, false),
            Name::Measure(id) => (Subject::Measure(id), false, false),
            Name::Value(id) => {
                let value = &self.plan[id];
                let is_row = matches!(value.level, Level::Row(_));
                (Subject::Value(id), is_row, value.each.is_some())
            }
            Name::Component(id) => (Subject::Component(id), self.is_on_row_of(id, at), false),
            Name::Limit(id) => (Subject::Limit(id), false, false),
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
            | Name::Key(..) => return self.read(name, at),
        };
        // Most places are nothing but a partner and a window, and are remembered as they are.
        let stripped;
        let place = match at.is_plain() {
            true => at,
            false => {
                stripped = self.key_place(at, keeps_row, keeps_key);
                &stripped
            }
        };
        let key = self.memory.key(subject, place);
        if let Some(id) = self.memory.get(key, place, &self.graph) {
            self.graph.reuse(id);
            return self.answer(id);
        }
        let opened = self.graph.begin();
        let value = match self.measurer.given(name, place) {
            Some(given) => given,
            None => self.worked_out(subject, place),
        };
        let id = self
            .graph
            .end_answer(opened, What::Name(name), place, value.clone());
        self.memory.keep(key, id);
        value
    }

    fn worked_out(&mut self, subject: Subject, at: &Place) -> Value<N> {
        match subject {
            Subject::Term(id) => self.term_of_versions(id, at),
            Subject::Measure(id) => self.measure_of_versions(id, at),
            Subject::Value(id) => self.value(id, at),
            Subject::Component(id) => self.component(id, at),
            Subject::Limit(id) => self.limit_total(id, at),
            Subject::Trigger(trigger) => Value::Flag(self.is_on(trigger, at)),
        }
    }

    /// A name that is read, not worked out.
    fn read(&mut self, name: Name, at: &Place) -> Value<N> {
        let opened = self.graph.begin();
        let value = match self.measurer.given(name, at) {
            Some(given) => given,
            None => self.plain_name(name, at),
        };
        self.graph.end(opened, What::Name(name), at, &value);
        value
    }

    /// Whether a component is asked on one of the rows it pays on.
    fn is_on_row_of(&self, id: ComponentId, at: &Place) -> bool {
        let each = self.plan[id].each.as_ref();
        at.row
            .is_some_and(|row| each.is_some_and(|each| each.kind == row.kind))
    }

    /// The place a name is remembered under: without the row and the key where it does not read one, and without the day
    /// of knowledge where that cannot matter.
    pub(crate) fn key_place(&self, at: &Place, keeps_row: bool, keeps_key: bool) -> Place {
        Place {
            row: at.row.filter(|_| keeps_row),
            key: at.key.filter(|_| keeps_key),
            known_before: at.known_before.filter(|_| self.has_history),
            as_agreed: at.as_agreed && !self.changed.is_empty(),
            judged_until: at
                .judged_until
                .filter(|day| !self.changed.is_empty() && *day < at.window.ends),
            ..*at
        }
    }

    fn value(&mut self, id: ValueId, at: &Place) -> Value<N> {
        let value = &self.plan[id];
        match value.every {
            None => self.formula(Target::Value(id), &value.formula, at),
            Some(step) => self.stepped(id, value, step, at),
        }
    }

    /// A value with a step: the answer of the last step in the window.
    fn stepped(
        &mut self,
        id: ValueId,
        value: &'p NamedValue,
        step: WindowUnit,
        at: &Place,
    ) -> Value<N> {
        let is_whole = self
            .days_of(at.partner)
            .is_none_or(|days| days.is_whole(&at.window));
        if at.window.unit == step && at.trailing.is_none() && is_whole {
            return self.formula(Target::Value(id), &value.formula, at);
        }
        if at.trailing.is_none() && length_rank(at.window.unit) < length_rank(step) {
            return Value::None(NoAnswer::undefined(format!(
                "{} has one figure for each {step}, and a shorter window is asked",
                value.name
            )));
        }
        let Some(last) = self.last_step(step, at) else {
            return Value::None(NoAnswer::undefined(format!(
                "{} has no step in this window",
                value.name
            )));
        };
        self.named(
            Name::Value(id),
            &Place {
                window: last,
                trailing: None,
                ..*at
            },
        )
    }

    pub(crate) fn begin_row(&self) -> Opened {
        self.graph.begin()
    }

    pub(crate) fn drop_row(&mut self, opened: Opened) {
        self.graph.forget_inputs(opened);
    }

    /// Keeps a row as an input of what is open where the walk goes down to the rows, and leaves it out otherwise.
    pub(crate) fn end_row(&mut self, opened: Opened, what: What<'p>, at: &Place, value: Value<N>) {
        match self.detail {
            Detail::Rows => self.graph.end(opened, what, at, &value),
            Detail::Figures => self.graph.forget_inputs(opened),
        }
    }
}

/// Arithmetic on numbers, and on days and lengths of time.
fn arithmetic<N: Number>(operator: Operator, left: &Value<N>, right: &Value<N>) -> Value<N> {
    match (operator, left, right) {
        (Operator::Plus, Value::Date(day), Value::Duration(length))
        | (Operator::Plus, Value::Duration(length), Value::Date(day)) => moved(*day, *length, 1),
        (Operator::Minus, Value::Date(day), Value::Duration(length)) => moved(*day, *length, -1),
        (Operator::Plus, Value::Duration(a), Value::Duration(b)) => Value::Duration(Duration {
            months: a.months.saturating_add(b.months),
            days: a.days.saturating_add(b.days),
        }),
        (Operator::Minus, Value::Duration(a), Value::Duration(b)) => Value::Duration(Duration {
            months: a.months.saturating_sub(b.months),
            days: a.days.saturating_sub(b.days),
        }),
        (_, Value::Number(left), Value::Number(right)) => {
            Value::Number(of_numbers(operator, left, right))
        }
        (_, _, _) => Value::Number(of_numbers(operator, &left.number(), &right.number())),
    }
}

fn of_numbers<N: Number>(operator: Operator, left: &N, right: &N) -> N {
    match operator {
        Operator::Plus => left.plus(right),
        Operator::Minus => left.minus(right),
        Operator::Times => left.times(right),
        Operator::Over => left.over(right),
    }
}

fn moved<N: Number>(day: Date, length: Duration, sign: i32) -> Value<N> {
    match crate::windows::add(day, length, sign) {
        Some(day) => Value::Date(day),
        None => Value::None(NoAnswer::undefined("a day outside the years 1 to 9999")),
    }
}
