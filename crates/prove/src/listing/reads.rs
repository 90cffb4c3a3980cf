//! What formulas read, through everything they build on: measures, rows, columns, other components.

use std::collections::BTreeSet;

use trueup_plan::span::Span;
use trueup_plan::tree::walk::{formulas_of_table, parts};
use trueup_plan::tree::{
    Call, ColumnId, Component, ComponentId, Expr, Form, KindId, LimitId, MeasureId, Name, Plan,
    Reference, TableId, TermId, ValueId,
};

/// What formulas read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Measures.
    pub measures: BTreeSet<MeasureId>,
    /// Kinds whose rows are paid on one by one.
    pub rows: BTreeSet<KindId>,
    /// Columns of such rows.
    pub columns: BTreeSet<(KindId, ColumnId)>,
    /// Components.
    pub components: BTreeSet<ComponentId>,
    /// Terms of the agreement.
    pub terms: BTreeSet<TermId>,
    /// Whether something counts from the day on which it first held.
    pub ever: bool,
    /// Whether other partners are asked.
    pub others: bool,
}

impl Reads {
    /// What a formula reads.
    pub fn of_formula(plan: &Plan, formula: &Expr) -> Self {
        let mut walk = Walk::new(plan);
        walk.open.push((formula, Inside::Plan));
        walk.finish()
    }

    /// What a component's pay depends on: who has it, its gate, its rows, what it pays and between which bounds.
    pub fn of_component(plan: &Plan, component: &Component) -> Self {
        let mut walk = Walk::new(plan);
        walk.component(component);
        walk.finish()
    }

    /// What the amounts of a component are made of: its rows and what it pays, not the conditions it pays on.
    pub fn of_amounts(plan: &Plan, component: &Component) -> Self {
        let mut walk = Walk::new(plan);
        walk.amounts_only = true;
        walk.component(component);
        walk.finish()
    }

    /// What a name reads.
    pub fn of_reference(plan: &Plan, reference: Reference) -> Self {
        let mut walk = Walk::new(plan);
        walk.reference(reference);
        walk.finish()
    }

    /// Adds what others read.
    pub fn extend(&mut self, other: Self) {
        self.measures.extend(other.measures);
        self.rows.extend(other.rows);
        self.columns.extend(other.columns);
        self.components.extend(other.components);
        self.terms.extend(other.terms);
        self.ever |= other.ever;
        self.others |= other.others;
    }

    /// The kinds of fact behind the measures and rows.
    pub fn kinds(&self, plan: &Plan) -> BTreeSet<KindId> {
        let measured = self.measures.iter().map(|id| plan[*id].kind);
        measured.chain(self.rows.iter().copied()).collect()
    }

    /// Whether nothing that happens changes it.
    pub fn no_fact(&self) -> bool {
        self.measures.is_empty() && self.rows.is_empty()
    }
}

/// Whose formula is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// A measure's: its columns are the measure's own.
    Measure,
    /// Anything else's.
    Plan,
}

struct Walk<'p> {
    plan: &'p Plan,
    reads: Reads,
    open: Vec<(&'p Expr, Inside)>,
    values: BTreeSet<(ValueId, bool)>,
    tables: BTreeSet<TableId>,
    limits: BTreeSet<LimitId>,
    /// Whether conditions and bounds of components are left out.
    amounts_only: bool,
}

impl<'p> Walk<'p> {
    fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            reads: Reads::default(),
            open: Vec::new(),
            values: BTreeSet::new(),
            tables: BTreeSet::new(),
            limits: BTreeSet::new(),
            amounts_only: false,
        }
    }

    fn finish(mut self) -> Reads {
        while let Some((formula, inside)) = self.open.pop() {
            match &formula.form {
                Form::Name(name) => self.name(*name, inside),
                Form::Call(Call::Table(id, _)) => self.table(*id, inside),
                Form::Call(Call::Ever(_)) => self.reads.ever = true,
                Form::Call(Call::Allocate(allocation)) => {
                    self.reads.rows.extend(allocation.rows);
                    self.reads.others = true;
                }
                Form::Call(
                    Call::Total { .. } | Call::Team(_) | Call::Rank { .. } | Call::Of(..),
                ) => {
                    self.reads.others = true;
                }
                Form::Literal(_)
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
                | Form::Call(_) => {}
            }
            self.open
                .extend(parts(formula).into_iter().map(|part| (part, inside)));
        }
        self.reads
    }

    fn name(&mut self, name: Name, inside: Inside) {
        match name {
            Name::Measure(id) => self.reference(Reference::Measure(id)),
            Name::Value(id) => self.value(id, inside),
            Name::Component(id) => self.reference(Reference::Component(id)),
            Name::Limit(id) => self.reference(Reference::Limit(id)),
            Name::Term(id) => self.reference(Reference::Term(id)),
            Name::Column(kind, column) | Name::Followed(kind, column, _) => {
                if inside == Inside::Plan {
                    self.reads.columns.insert((kind, column));
                }
            }
            Name::Attribute(_)
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

    fn value(&mut self, id: ValueId, inside: Inside) {
        if self.values.insert((id, inside == Inside::Plan)) {
            self.open.push((&self.plan[id].formula, inside));
        }
    }

    fn table(&mut self, id: TableId, inside: Inside) {
        if self.tables.insert(id) {
            let formulas = formulas_of_table(&self.plan[id]);
            self.open
                .extend(formulas.into_iter().map(|formula| (formula, inside)));
        }
    }

    fn reference(&mut self, reference: Reference) {
        match reference {
            Reference::Measure(id) => {
                if self.reads.measures.insert(id) {
                    let measure = &self.plan[id];
                    let formulas = [&measure.of, &measure.filter, &measure.by];
                    self.open.extend(
                        formulas
                            .into_iter()
                            .flatten()
                            .map(|formula| (formula, Inside::Measure)),
                    );
                }
            }
            Reference::Value(id) => self.value(id, Inside::Plan),
            Reference::Table(id) => self.table(id, Inside::Plan),
            Reference::Component(id) => {
                if self.reads.components.insert(id) {
                    self.component(&self.plan[id]);
                }
            }
            Reference::Limit(id) => {
                if self.limits.insert(id) {
                    let limit = &self.plan[id];
                    let bounds = limit.at_least.iter().chain(&limit.at_most);
                    self.open
                        .extend(bounds.map(|formula| (formula, Inside::Plan)));
                    for held in &limit.on {
                        self.reference(*held);
                    }
                }
            }
            Reference::Term(id) => {
                self.reads.terms.insert(id);
            }
        }
    }

    fn component(&mut self, component: &'p Component) {
        self.reads
            .rows
            .extend(component.each.as_ref().map(|each| each.kind));
        if self.amounts_only {
            self.open.push((&component.pays, Inside::Plan));
            return;
        }
        let filter = component
            .each
            .as_ref()
            .and_then(|each| each.filter.as_ref());
        let formulas = [
            component.applies.as_ref(),
            component.gate.as_ref(),
            filter,
            Some(&component.pays),
            component.at_least.as_ref(),
            component.at_most.as_ref(),
        ];
        self.open.extend(
            formulas
                .into_iter()
                .flatten()
                .map(|formula| (formula, Inside::Plan)),
        );
        // A condition on every part of the schedule decides the whole; on one part it decides that part.
        let conditions = component.paid.iter().map(|line| line.condition.as_ref());
        if let Some(conditions) = conditions.collect::<Option<Vec<_>>>() {
            self.open.extend(
                conditions
                    .into_iter()
                    .map(|condition| (condition, Inside::Plan)),
            );
        }
    }
}

/// The components of a plan with what each reads.
pub(crate) fn of_components(plan: &Plan) -> Vec<(&Component, Reads)> {
    plan.components
        .iter()
        .map(|component| (component, Reads::of_component(plan, component)))
        .collect()
}

/// The place of a name that begins what is written about it.
pub(crate) fn name_at(whole: Span, name: &str) -> Span {
    let end = u32::try_from(name.len()).map_or(whole.end, |long| whole.start.saturating_add(long));
    Span {
        end: end.min(whole.end),
        ..whole
    }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let names: Vec<T> = names.into_iter().collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.as_ref().to_owned(),
        Some((last, first)) => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}
