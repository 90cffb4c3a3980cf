//! Formulas and things of one plan carried over into another: every name becomes what it is there.
//!
//! What the other plan does not know is brought along, if it pays nothing by itself. A name whose unit is another there
//! cannot be carried over, because a formula with it could mean nothing.

use std::collections::BTreeMap;

use crate::diff::names::{List, Matched, Pairs, column_names};
use crate::tree::walk::parts_mut;
use crate::tree::{
    AttributeId, Bound, BoundKind, Call, Change, Claims, ColumnId, Component, ComponentId,
    Contingency, Each, Expr, Form, Fund, GovernanceBlock, Guardrail, KindId, Level, LimitId,
    Measure, MeasureId, Name, NamedValue, Plan, Reading, Reference, Table, TableId, Target, Term,
    TermId, ValueId, ValueKeys,
};

/// A plan that takes over parts of another.
pub(super) struct Carry<'p> {
    pub(super) before: &'p Plan,
    pub(super) after: &'p Plan,
    pub(super) matched: &'p Matched,
    /// The plan before with what has been taken over so far.
    pub(super) plan: Plan,
    brought: BTreeMap<(List, usize), usize>,
}

/// Where the columns of a table after stand in the table before.
pub(super) type Columns = Vec<Option<usize>>;

impl<'p> Carry<'p> {
    pub(super) fn new(before: &'p Plan, after: &'p Plan, matched: &'p Matched) -> Self {
        Self {
            before,
            after,
            matched,
            plan: before.clone(),
            brought: BTreeMap::new(),
        }
    }

    /// A formula of the plan after, in the names of the plan before.
    pub(super) fn expr(&mut self, expr: &Expr) -> Option<Expr> {
        self.expr_in(expr, None)
    }

    /// The same inside a table.
    pub(super) fn expr_in(&mut self, expr: &Expr, columns: Option<&Columns>) -> Option<Expr> {
        let mut carried = expr.clone();
        self.rename(&mut carried, columns)?;
        Some(carried)
    }

    /// A formula that may be left out; nothing at all where it cannot be carried over.
    pub(super) fn optional(&mut self, expr: Option<&Expr>) -> Option<Option<Expr>> {
        match expr {
            Some(expr) => self.expr(expr).map(Some),
            None => Some(None),
        }
    }

    fn rename(&mut self, expr: &mut Expr, columns: Option<&Columns>) -> Option<()> {
        match &mut expr.form {
            Form::Name(name) => *name = self.name(*name, columns)?,
            Form::Call(Call::Table(id, _)) => *id = TableId(self.thing(List::Tables, id.index())?),
            Form::Call(Call::Allocate(allocation)) => {
                if let Some(kind) = allocation.rows {
                    allocation.rows = Some(self.kind(kind)?);
                }
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
        for part in parts_mut(expr) {
            self.rename(part, columns)?;
        }
        Some(())
    }

    fn name(&mut self, name: Name, columns: Option<&Columns>) -> Option<Name> {
        Some(match name {
            Name::Column(kind, column) => {
                let (kind, column) = self.column(kind, column)?;
                Name::Column(kind, column)
            }
            Name::Followed(kind, column, attribute) => {
                let (kind, column) = self.column(kind, column)?;
                Name::Followed(kind, column, self.attribute(attribute)?)
            }
            Name::Key(kind, column) => {
                let (kind, column) = self.column(kind, column)?;
                Name::Key(kind, column)
            }
            Name::Term(id) => Name::Term(TermId(self.thing(List::Terms, id.index())?)),
            Name::Measure(id) => Name::Measure(MeasureId(self.thing(List::Measures, id.index())?)),
            Name::Value(id) => Name::Value(ValueId(self.thing(List::Values, id.index())?)),
            Name::Component(id) => {
                Name::Component(ComponentId(self.thing(List::Components, id.index())?))
            }
            Name::Limit(id) => Name::Limit(LimitId(self.thing(List::Limits, id.index())?)),
            Name::Attribute(id) => Name::Attribute(self.attribute(id)?),
            Name::BandColumn(at) => match columns {
                Some(columns) => {
                    let there = columns.get(usize::from(at)).copied().flatten()?;
                    Name::BandColumn(u16::try_from(there).ok()?)
                }
                None => name,
            },
            Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Argument(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed => name,
        })
    }

    pub(super) fn kind(&mut self, kind: KindId) -> Option<KindId> {
        self.thing(List::Kinds, kind.index()).map(KindId)
    }

    pub(super) fn column(&mut self, kind: KindId, column: ColumnId) -> Option<(KindId, ColumnId)> {
        let there = self.kind(kind)?;
        let known = self.matched.before(List::Kinds, kind.index());
        let Some(before) = known else {
            // The kind was brought along as it is.
            return Some((there, column));
        };
        let pairs = self.matched.columns(before)?;
        let of = self.after[kind].column(column).of;
        if let Some(at) = pairs.before(column.index()) {
            let id = ColumnId(u16::try_from(at).ok()?);
            return (self.plan[there].column(id).of == of).then_some((there, id));
        }
        let new = self.after[kind].column(column).clone();
        let shape = self.plan.kinds.get_mut(there.index())?;
        let at = match shape
            .columns
            .iter()
            .position(|known| known.name == new.name)
        {
            Some(at) => at,
            None => {
                shape.columns.push(new);
                shape.columns.len() - 1
            }
        };
        Some((there, ColumnId(u16::try_from(at).ok()?)))
    }

    fn attribute(&mut self, id: AttributeId) -> Option<AttributeId> {
        let attribute = &self.after[id];
        let known = self
            .plan
            .attributes
            .iter()
            .position(|known| known.name == attribute.name);
        let at = match known {
            Some(at) => at,
            None => {
                self.plan.attributes.push(attribute.clone());
                self.plan.attributes.len() - 1
            }
        };
        let id = AttributeId(u16::try_from(at).ok()?);
        (self.plan[id].of == attribute.of).then_some(id)
    }

    /// A listed thing, in the names of the plan before.
    pub(super) fn reference(&mut self, reference: Reference) -> Option<Reference> {
        Some(match reference {
            Reference::Term(id) => Reference::Term(TermId(self.thing(List::Terms, id.index())?)),
            Reference::Measure(id) => {
                Reference::Measure(MeasureId(self.thing(List::Measures, id.index())?))
            }
            Reference::Value(id) => {
                Reference::Value(ValueId(self.thing(List::Values, id.index())?))
            }
            Reference::Table(id) => {
                Reference::Table(TableId(self.thing(List::Tables, id.index())?))
            }
            Reference::Component(id) => {
                Reference::Component(ComponentId(self.thing(List::Components, id.index())?))
            }
            Reference::Limit(id) => {
                Reference::Limit(LimitId(self.thing(List::Limits, id.index())?))
            }
        })
    }

    /// The position of a thing of the plan after, brought along where the plan before has none.
    fn thing(&mut self, list: List, after: usize) -> Option<u16> {
        let at = match self.matched.before(list, after) {
            Some(before) => self.is_of_one_type(list, before, after).then_some(before)?,
            None => match self.brought.get(&(list, after)) {
                Some(at) => *at,
                None => self.bring(list, after)?,
            },
        };
        u16::try_from(at).ok()
    }

    fn is_of_one_type(&self, list: List, before: usize, after: usize) -> bool {
        let (old, new) = (self.before, self.after);
        match list {
            // Columns are looked at one by one.
            List::Kinds | List::Limits => true,
            List::Terms => {
                let of = |plan: &Plan, at: usize| plan.terms.get(at).map(|term| term.of);
                of(old, before) == of(new, after)
            }
            List::Measures => {
                let of = |plan: &Plan, at: usize| {
                    let measure = plan.measures.get(at)?;
                    Some((measure.answers, measure.by.is_some()))
                };
                of(old, before) == of(new, after)
            }
            List::Values => {
                let of = |plan: &Plan, at: usize| {
                    let value = plan.values.get(at)?;
                    let is_of_rows = matches!(value.level, Level::Row(_));
                    Some((value.formula.of, is_of_rows, value.each.is_some()))
                };
                of(old, before) == of(new, after)
            }
            List::Tables => {
                let of = |plan: &Plan, at: usize| {
                    let table = plan.tables.get(at)?;
                    let axes: Vec<_> = table.axes.iter().map(|axis| axis.of).collect();
                    Some((table.answers, axes))
                };
                of(old, before) == of(new, after)
            }
            List::Components => {
                let of = |plan: &Plan, at: usize| plan.components.get(at).map(|one| one.grants);
                of(old, before) == of(new, after)
            }
        }
    }

    /// Brings a thing along that pays nothing by itself.
    fn bring(&mut self, list: List, after: usize) -> Option<usize> {
        let key = (list, after);
        match list {
            List::Kinds => {
                let kind = self.after.kinds.get(after)?.clone();
                self.plan.kinds.push(kind);
                let at = self.plan.kinds.len() - 1;
                self.brought.insert(key, at);
                Some(at)
            }
            List::Terms => {
                let term = self.after.terms.get(after)?.clone();
                let at = self.plan.terms.len();
                self.plan.terms.push(term.clone());
                self.brought.insert(key, at);
                let agreed = self.optional(term.agreed.as_ref())?;
                *self.plan.terms.get_mut(at)? = Term { agreed, ..term };
                Some(at)
            }
            List::Measures => {
                let measure = self.after.measures.get(after)?.clone();
                let at = self.plan.measures.len();
                self.plan.measures.push(measure.clone());
                self.brought.insert(key, at);
                let measure = self.measure(&measure)?;
                *self.plan.measures.get_mut(at)? = measure;
                Some(at)
            }
            List::Values => {
                let value = self.after.values.get(after)?.clone();
                let at = self.plan.values.len();
                self.plan.values.push(value.clone());
                self.brought.insert(key, at);
                let formula = self.expr(&value.formula)?;
                let level = self.level(value.level)?;
                let each = self.value_keys(value.each.as_ref())?;
                *self.plan.values.get_mut(at)? = NamedValue {
                    formula,
                    level,
                    each,
                    ..value
                };
                Some(at)
            }
            List::Tables => {
                let table = self.after.tables.get(after)?.clone();
                let at = self.plan.tables.len();
                self.plan.tables.push(table.clone());
                self.brought.insert(key, at);
                let table = self.table(&table)?;
                *self.plan.tables.get_mut(at)? = table;
                Some(at)
            }
            List::Components | List::Limits => None,
        }
    }

    /// What a value has a figure for each of; nothing at all where it can't be carried over.
    #[allow(
        clippy::option_option,
        reason = "the outer one says that it can't, the inner one that it has none"
    )]
    pub(super) fn value_keys(&mut self, each: Option<&ValueKeys>) -> Option<Option<ValueKeys>> {
        let Some(each) = each else {
            return Some(None);
        };
        let (kind, column) = self.column(each.kind, each.column)?;
        Some(Some(ValueKeys {
            kind,
            column,
            role: self.role(each.kind, &each.role),
        }))
    }

    fn target(&mut self, target: Target) -> Option<Target> {
        Some(match target {
            Target::Term(id) => Target::Term(TermId(self.thing(List::Terms, id.index())?)),
            Target::Value(id) => Target::Value(ValueId(self.thing(List::Values, id.index())?)),
            Target::Component(id, part) => {
                Target::Component(ComponentId(self.thing(List::Components, id.index())?), part)
            }
            Target::Limit(id, part) => {
                Target::Limit(LimitId(self.thing(List::Limits, id.index())?), part)
            }
        })
    }

    fn changes(&mut self, changes: &[Change]) -> Option<Vec<Change>> {
        let mut carried = Vec::with_capacity(changes.len());
        for change in changes {
            carried.push(Change {
                target: self.target(change.target)?,
                to: self.expr(&change.to)?,
                lowest: self.optional(change.lowest.as_ref())?,
                highest: self.optional(change.highest.as_ref())?,
                span: change.span,
            });
        }
        Some(carried)
    }

    /// A contingency with everything it mentions.
    pub(super) fn contingency(&mut self, own: &Contingency) -> Option<Contingency> {
        Some(Contingency {
            when: self.expr(&own.when)?,
            changes: self.changes(&own.changes)?,
            ..own.clone()
        })
    }

    /// A guardrail with everything it mentions.
    pub(super) fn guardrail(&mut self, own: &Guardrail) -> Option<Guardrail> {
        Some(Guardrail {
            when: self.expr(&own.when)?,
            changes: self.changes(&own.changes)?,
            ..own.clone()
        })
    }

    /// A fund with everything it mentions.
    pub(super) fn fund(&mut self, own: &Fund) -> Option<Fund> {
        let claims = match &own.claims {
            None => None,
            Some(claims) => {
                let (kind, spent) = self.column(claims.kind, claims.spent)?;
                Some(Claims {
                    kind,
                    spent,
                    role: self.role(claims.kind, &claims.role),
                    of: self.expr(&claims.of)?,
                    filter: self.optional(claims.filter.as_ref())?,
                })
            }
        };
        Some(Fund {
            accrues: self.expr(&own.accrues)?,
            reimburses: self.optional(own.reimburses.as_ref())?,
            claims,
            ..own.clone()
        })
    }

    /// A block as it is written, with its formulas.
    pub(super) fn block(&mut self, own: &GovernanceBlock) -> Option<GovernanceBlock> {
        let mut formulas = Vec::with_capacity(own.formulas.len());
        for (path, formula) in &own.formulas {
            formulas.push((path.clone(), self.expr(formula)?));
        }
        Some(GovernanceBlock {
            formulas,
            ..own.clone()
        })
    }

    pub(super) fn level(&mut self, level: Level) -> Option<Level> {
        Some(match level {
            Level::Row(kind) => Level::Row(self.kind(kind)?),
            Level::Constant | Level::Program | Level::Partner => level,
        })
    }

    pub(super) fn measure(&mut self, measure: &Measure) -> Option<Measure> {
        let (kind, at) = self.column(measure.kind, measure.at)?;
        let role = self.role(measure.kind, &measure.role);
        Some(Measure {
            kind,
            at,
            role,
            of: self.optional(measure.of.as_ref())?,
            filter: self.optional(measure.filter.as_ref())?,
            by: self.optional(measure.by.as_ref())?,
            ..measure.clone()
        })
    }

    /// A role by the name it has in the plan before.
    pub(super) fn role(&self, kind: KindId, role: &crate::tree::Text) -> crate::tree::Text {
        let known = self.matched.before(List::Kinds, kind.index());
        let old = known.and_then(|at| self.before.kinds.get(at).map(|kind| (at, kind)));
        let was = old.and_then(|(at, kind)| {
            kind.credited
                .iter()
                .find(|line| self.matched.role(at, &line.role) == *role)
        });
        was.map_or_else(|| role.clone(), |line| line.role.clone())
    }

    pub(super) fn each(&mut self, each: &Each) -> Option<Each> {
        Some(Each {
            kind: self.kind(each.kind)?,
            role: self.role(each.kind, &each.role),
            filter: self.optional(each.filter.as_ref())?,
        })
    }

    /// A whole table, with its own columns.
    pub(super) fn table(&mut self, table: &Table) -> Option<Table> {
        let reading = match &table.reading {
            Reading::EachBand(formula) => Reading::EachBand(self.expr(formula)?),
            Reading::OneBand(formula) => Reading::OneBand(self.expr(formula)?),
            Reading::Line(column) => Reading::Line(*column),
        };
        let mut carried = Table {
            reading,
            ..table.clone()
        };
        for bound in carried.axes.iter_mut().flat_map(|axis| &mut axis.bounds) {
            *bound = self.bound(bound)?;
        }
        for cell in &mut carried.cells {
            *cell = self.expr(cell)?;
        }
        Some(carried)
    }

    pub(super) fn bound(&mut self, bound: &Bound) -> Option<Bound> {
        let is = match &bound.is {
            BoundKind::Lowest => BoundKind::Lowest,
            BoundKind::Otherwise => BoundKind::Otherwise,
            BoundKind::From(formula) => BoundKind::From(self.expr(formula)?),
            BoundKind::Above(formula) => BoundKind::Above(self.expr(formula)?),
            BoundKind::At(formula) => BoundKind::At(self.expr(formula)?),
            BoundKind::Equals(formula) => BoundKind::Equals(self.expr(formula)?),
        };
        Some(Bound {
            is,
            span: bound.span,
        })
    }

    /// A whole component.
    pub(super) fn component(&mut self, component: &Component) -> Option<Component> {
        let mut paid = component.paid.clone();
        for line in &mut paid {
            line.condition = self.optional(line.condition.as_ref())?;
        }
        let stacks = component.stacks_with.iter().filter_map(|id| {
            let before = self.matched.before(List::Components, id.index())?;
            u16::try_from(before).ok().map(ComponentId)
        });
        let stacks_with = stacks.collect();
        let each = match &component.each {
            Some(each) => Some(self.each(each)?),
            None => None,
        };
        Some(Component {
            applies: self.optional(component.applies.as_ref())?,
            gate: self.optional(component.gate.as_ref())?,
            each,
            pays: self.expr(&component.pays)?,
            at_least: self.optional(component.at_least.as_ref())?,
            at_most: self.optional(component.at_most.as_ref())?,
            paid,
            stacks_with,
            ..component.clone()
        })
    }

    /// Where the columns of a table after stand in the table before.
    pub(super) fn columns(&self, before: usize, after: usize) -> Option<Columns> {
        let old = self.before.tables.get(before)?;
        let new = self.after.tables.get(after)?;
        let (was, is) = column_names(old, new);
        Some(Pairs::by_name(&was, &is).before_of)
    }
}
