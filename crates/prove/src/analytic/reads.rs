//! What a formula, a component or a limit reads, however far behind other names.

use std::collections::BTreeSet;

use trueup_plan::tree::walk::{formulas_of_table, parts};
use trueup_plan::tree::{
    Call, Component, ComponentId, ComponentPart, Expr, Form, KindId, LimitId, LimitPart, MeasureId,
    Name, Plan, Reference, TableId, Target,
};

/// Everything reached from somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Names, columns of rows among them.
    pub names: BTreeSet<Name>,
    /// Tables.
    pub tables: BTreeSet<TableId>,
    /// Kinds on whose rows something is paid or counted row by row.
    pub rows: BTreeSet<KindId>,
    /// Whether rows are counted in an order, or share something among themselves.
    pub in_order: bool,
    /// Whether the fact's id decides that order somewhere, since nothing else is said.
    pub in_order_of_ids: bool,
    /// What decides the order where that is said.
    pub ordered_by: BTreeSet<Name>,
    /// Whether other partners are asked.
    pub others: bool,
}

impl Reads {
    /// What a component reads.
    pub(crate) fn of_component(plan: &Plan, id: ComponentId) -> Self {
        let mut reads = Self::default();
        reads.name(plan, Name::Component(id));
        reads
    }

    /// What a formula reads.
    pub(crate) fn of_formula(plan: &Plan, formula: &Expr) -> Self {
        let mut reads = Self::default();
        reads.formula(plan, formula);
        reads
    }

    /// What everything that pays reads.
    pub(crate) fn of_all(plan: &Plan) -> Self {
        let mut reads = Self::default();
        for (_, at) in plan.components.iter().zip(0u16..) {
            reads.name(plan, Name::Component(ComponentId(at)));
        }
        for (_, at) in plan.limits.iter().zip(0u16..) {
            reads.name(plan, Name::Limit(LimitId(at)));
        }
        reads
    }

    /// The components that a limit holds, by itself or through other limits.
    pub(crate) fn held_by(plan: &Plan, limit: LimitId) -> BTreeSet<ComponentId> {
        let mut held = BTreeSet::new();
        let (mut open, mut seen) = (vec![limit], BTreeSet::from([limit]));
        while let Some(limit) = open.pop() {
            for on in &plan[limit].on {
                match on {
                    Reference::Component(id) => {
                        held.insert(*id);
                    }
                    Reference::Limit(id) if seen.insert(*id) => open.push(*id),
                    Reference::Limit(_)
                    | Reference::Term(_)
                    | Reference::Measure(_)
                    | Reference::Value(_)
                    | Reference::Table(_) => {}
                }
            }
        }
        held
    }

    /// The measures among the names.
    pub(crate) fn measures(&self) -> impl Iterator<Item = MeasureId> + '_ {
        self.names.iter().filter_map(|name| match name {
            Name::Measure(id) => Some(*id),
            _ => None,
        })
    }

    fn name(&mut self, plan: &Plan, name: Name) {
        if !self.names.insert(name) {
            return;
        }
        for target in targets(name) {
            for (trigger, change) in plan.changes_of(target) {
                self.formula(plan, plan.when(trigger));
                let bounds = [&change.lowest, &change.highest];
                self.formulas(plan, bounds.into_iter().flatten().chain([&change.to]));
            }
        }
        match name {
            Name::Term(id) => self.formulas(plan, plan[id].agreed.as_ref()),
            Name::Measure(id) => {
                let measure = &plan[id];
                let formulas = [&measure.of, &measure.filter, &measure.by];
                self.formulas(plan, formulas.into_iter().flatten());
            }
            Name::Value(id) => self.formula(plan, &plan[id].formula),
            Name::Component(id) => self.component(plan, &plan[id]),
            Name::Limit(id) => {
                let limit = &plan[id];
                self.formulas(
                    plan,
                    [&limit.at_most, &limit.at_least].into_iter().flatten(),
                );
                for on in &limit.on {
                    match on {
                        Reference::Component(id) => self.name(plan, Name::Component(*id)),
                        Reference::Limit(id) => self.name(plan, Name::Limit(*id)),
                        Reference::Term(_)
                        | Reference::Measure(_)
                        | Reference::Value(_)
                        | Reference::Table(_) => {}
                    }
                }
            }
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

    fn component(&mut self, plan: &Plan, component: &Component) {
        if let Some(each) = &component.each {
            self.rows.insert(each.kind);
            self.formulas(plan, each.filter.as_ref());
        }
        let formulas = [
            &component.applies,
            &component.gate,
            &component.at_least,
            &component.at_most,
        ];
        self.formulas(plan, formulas.into_iter().flatten());
        self.formula(plan, &component.pays);
    }

    fn formulas<'e>(&mut self, plan: &Plan, formulas: impl IntoIterator<Item = &'e Expr>) {
        for formula in formulas {
            self.formula(plan, formula);
        }
    }

    fn formula(&mut self, plan: &Plan, formula: &Expr) {
        match &formula.form {
            Form::Name(name) => self.name(plan, *name),
            Form::Call(call) => {
                match call {
                    Call::Table(id, _) if self.tables.insert(*id) => {
                        self.formulas(plan, formulas_of_table(&plan[*id]));
                    }
                    Call::Running { in_order, .. } => {
                        self.in_order = true;
                        match in_order {
                            Some(by) => {
                                let by = Self::of_formula(plan, by);
                                self.ordered_by.extend(by.names);
                            }
                            None => self.in_order_of_ids = true,
                        }
                    }
                    Call::Allocate(allocation) => {
                        self.in_order |= allocation.rows.is_some();
                        self.in_order_of_ids |= allocation.rows.is_some();
                        self.others |= allocation.rows.is_none();
                    }
                    Call::Total { .. } | Call::Team(_) | Call::Rank { .. } | Call::Of(..) => {
                        self.others = true;
                    }
                    _ => {}
                }
                self.formulas(plan, parts(formula));
            }
            _ => self.formulas(plan, parts(formula)),
        }
    }
}

/// What a contingency or guardrail may change of a name.
pub(crate) fn targets(name: Name) -> Vec<Target> {
    match name {
        Name::Term(id) => vec![Target::Term(id)],
        Name::Value(id) => vec![Target::Value(id)],
        Name::Component(id) => ComponentPart::ALL
            .into_iter()
            .map(|part| Target::Component(id, part))
            .collect(),
        Name::Limit(id) => LimitPart::ALL
            .into_iter()
            .map(|part| Target::Limit(id, part))
            .collect(),
        _ => Vec::new(),
    }
}
