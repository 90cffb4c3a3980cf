//! Who asks for what: the graph of a plan's names, from each thing to those that mention it.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::names::List;
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{Call, Expr, Form, Name, Plan, Reference, Target, Text};

/// A thing of a plan: its list and its position there.
pub(super) type Thing = (List, usize);

/// The things of a plan and who asks for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    users: BTreeMap<Thing, BTreeSet<Thing>>,
    /// Blocks of governance whose formulas ask for a thing, by position.
    blocks: BTreeMap<Thing, BTreeSet<usize>>,
}

impl Uses {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut uses = Self::default();
        let thing = |list: List, at: usize| (list, at);
        for (at, term) in plan.terms.iter().enumerate() {
            uses.formulas(thing(List::Terms, at), term.agreed.as_ref());
        }
        for (at, measure) in plan.measures.iter().enumerate() {
            let user = thing(List::Measures, at);
            let own = measure.of.iter().chain(&measure.filter).chain(&measure.by);
            uses.formulas(user, own);
            uses.add((List::Kinds, measure.kind.index()), user);
        }
        for (at, value) in plan.values.iter().enumerate() {
            let user = thing(List::Values, at);
            uses.formulas(user, [&value.formula]);
            if let Some(each) = &value.each {
                uses.add((List::Kinds, each.kind.index()), user);
            }
        }
        for (at, table) in plan.tables.iter().enumerate() {
            uses.formulas(thing(List::Tables, at), formulas_of_table(table));
        }
        for (at, component) in plan.components.iter().enumerate() {
            let user = thing(List::Components, at);
            let once = [
                &component.applies,
                &component.gate,
                &component.at_least,
                &component.at_most,
            ];
            uses.formulas(user, once.into_iter().flatten());
            uses.formulas(user, [&component.pays]);
            if let Some(each) = &component.each {
                uses.formulas(user, each.filter.as_ref());
                uses.add((List::Kinds, each.kind.index()), user);
            }
            let conditions = component.paid.iter();
            uses.formulas(user, conditions.filter_map(|line| line.condition.as_ref()));
        }
        for (at, limit) in plan.limits.iter().enumerate() {
            let user = thing(List::Limits, at);
            uses.formulas(user, limit.at_most.iter().chain(&limit.at_least));
            for on in &limit.on {
                if let Some(used) = of_reference(*on) {
                    uses.add(used, user);
                }
            }
        }
        // What is changed while something is on is worked out from that, and from what it then comes to.
        for trigger in plan.triggers() {
            for change in plan.changes(trigger) {
                let user = of_target(change.target);
                let own = [plan.when(trigger), &change.to];
                let within = change.lowest.iter().chain(&change.highest);
                uses.formulas(user, own.into_iter().chain(within));
            }
        }
        for (at, block) in plan.governance.iter().enumerate() {
            for (_, formula) in &block.formulas {
                let mut found = BTreeSet::new();
                mentioned(formula, &mut found);
                for used in found {
                    uses.blocks.entry(used).or_default().insert(at);
                }
            }
        }
        uses
    }

    fn add(&mut self, used: Thing, user: Thing) {
        self.users.entry(used).or_default().insert(user);
    }

    fn formulas<'e>(&mut self, user: Thing, formulas: impl IntoIterator<Item = &'e Expr>) {
        let mut found = BTreeSet::new();
        for formula in formulas {
            mentioned(formula, &mut found);
        }
        for used in found {
            self.add(used, user);
        }
    }

    /// Who asks for a thing.
    pub(super) fn users(&self, list: List, at: usize) -> BTreeSet<Thing> {
        self.users.get(&(list, at)).cloned().unwrap_or_default()
    }

    /// Everything that is worked out from these things, they themselves left out unless they ask for themselves.
    pub(super) fn reached(&self, from: impl IntoIterator<Item = Thing>) -> BTreeSet<Thing> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<Thing> = from.into_iter().collect();
        while let Some(used) = open.pop() {
            for user in self.users.get(&used).into_iter().flatten() {
                if reached.insert(*user) {
                    open.push(*user);
                }
            }
        }
        reached
    }

    /// The names of the components, limits and blocks of governance that are worked out from a thing, in plan order.
    pub(super) fn affected(&self, plan: &Plan, thing: Thing) -> Vec<Text> {
        let mut reached = self.reached([thing]);
        reached.remove(&thing);
        let mut names = Vec::new();
        for list in [List::Components, List::Limits] {
            let of_list = list.names(plan);
            let own = reached.iter().filter(|(of, _)| *of == list);
            names.extend(own.filter_map(|(_, at)| of_list.get(*at).map(|name| (*name).clone())));
        }
        let mut blocks: BTreeSet<usize> = BTreeSet::new();
        for used in reached.iter().chain([&thing]) {
            blocks.extend(self.blocks.get(used).into_iter().flatten());
        }
        let blocks = blocks.into_iter().filter_map(|at| plan.governance.get(at));
        names.extend(blocks.map(|block| match block.name.is_empty() {
            true => block.block.clone(),
            false => block.name.clone(),
        }));
        names
    }
}

/// The thing a change beforehand takes the place in.
pub(super) fn of_target(target: Target) -> Thing {
    match target {
        Target::Term(id) => (List::Terms, id.index()),
        Target::Value(id) => (List::Values, id.index()),
        Target::Component(id, _) => (List::Components, id.index()),
        Target::Limit(id, _) => (List::Limits, id.index()),
    }
}

/// The things a formula mentions.
pub(super) fn mentioned(expr: &Expr, found: &mut BTreeSet<Thing>) {
    match &expr.form {
        Form::Name(name) => found.extend(of_name(*name)),
        Form::Call(Call::Table(id, _)) => {
            found.insert((List::Tables, id.index()));
        }
        Form::Call(Call::Allocate(allocation)) => {
            found.extend(allocation.rows.map(|kind| (List::Kinds, kind.index())));
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
    for part in parts(expr) {
        mentioned(part, found);
    }
}

fn of_name(name: Name) -> Option<Thing> {
    match name {
        Name::Column(kind, _) | Name::Followed(kind, ..) | Name::Key(kind, _) => {
            Some((List::Kinds, kind.index()))
        }
        Name::Term(id) => Some((List::Terms, id.index())),
        Name::Measure(id) => Some((List::Measures, id.index())),
        Name::Value(id) => Some((List::Values, id.index())),
        Name::Component(id) => Some((List::Components, id.index())),
        Name::Limit(id) => Some((List::Limits, id.index())),
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
        | Name::Agreed => None,
    }
}

fn of_reference(reference: Reference) -> Option<Thing> {
    match reference {
        Reference::Term(id) => Some((List::Terms, id.index())),
        Reference::Measure(id) => Some((List::Measures, id.index())),
        Reference::Value(id) => Some((List::Values, id.index())),
        Reference::Table(id) => Some((List::Tables, id.index())),
        Reference::Component(id) => Some((List::Components, id.index())),
        Reference::Limit(id) => Some((List::Limits, id.index())),
    }
}
