//! Where each formula can be asked: anywhere, for the program, for a partner, on a row.
//!
//! A formula that reads a column is asked on a row; one that reads measures or terms is asked for a partner. The only way
//! from rows up to a partner is a measure (or a component that pays on each row); the way back down needs nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::names::Thing;
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::tree::walk::{formulas_of_table, parts, parts_mut};
use crate::tree::{
    Allocation, Call, Elsewhere, Expr, Form, KindId, Level, Name, Plan, RateKind, TableId, ValueId,
};

/// What is known of where a formula can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// This is known.
    At(Level),
    /// On a row of a kind that only its uses decide, as `running(1)`.
    SomeRow,
    /// It holds a mistake that was told.
    Unknown,
}

/// A reach and the place that made it a row's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) reach: Reach,
    pub(super) row: Option<Span>,
}

impl Found {
    const CONSTANT: Self = Self {
        reach: Reach::At(Level::Constant),
        row: None,
    };

    fn at(level: Level) -> Self {
        Self {
            reach: Reach::At(level),
            row: None,
        }
    }

    /// Whether it is asked on a row.
    pub(super) fn is_row(self) -> bool {
        match self.reach {
            Reach::SomeRow | Reach::At(Level::Row(_)) => true,
            Reach::At(Level::Constant | Level::Program | Level::Partner) | Reach::Unknown => false,
        }
    }
}

/// Finds levels over a plan whose own levels may still be missing.
pub(super) struct Levels<'p> {
    plan: &'p Plan,
    broken: &'p BTreeSet<Thing>,
    pub(super) values: Vec<Found>,
    pub(super) tables: Vec<Found>,
    /// The kinds of values that only their uses decide.
    pub(super) kinds: BTreeMap<ValueId, KindId>,
    told: BTreeSet<Span>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'p> Levels<'p> {
    /// The levels of a plan's values and tables, found from their formulas.
    pub(super) fn of(plan: &'p Plan, broken: &'p BTreeSet<Thing>, sorted: &[Thing]) -> Self {
        let mut levels = Self {
            plan,
            broken,
            values: vec![Found::CONSTANT; plan.values.len()],
            tables: vec![Found::CONSTANT; plan.tables.len()],
            kinds: BTreeMap::new(),
            told: BTreeSet::new(),
            diagnostics: Vec::new(),
        };
        // A carried value may be mentioned before it is looked at, so the pass is repeated until nothing changes;
        // a level only rises, so that is soon. Mistakes are told in the last pass.
        loop {
            let mut changed = false;
            for thing in sorted {
                let found = levels.of_thing(*thing);
                let slot = match thing {
                    Thing::Value(id) => levels.values.get_mut(id.index()),
                    Thing::Table(id) => levels.tables.get_mut(id.index()),
                    Thing::Kind(_)
                    | Thing::Term(_)
                    | Thing::Measure(_)
                    | Thing::Component(_)
                    | Thing::Limit(_) => None,
                };
                if let Some(slot) = slot
                    && slot.reach != found.reach
                {
                    *slot = found;
                    changed = true;
                }
            }
            if !changed {
                return levels;
            }
            levels.told.clear();
            levels.diagnostics.clear();
        }
    }

    /// The levels a checked plan states.
    pub(super) fn known(plan: &'p Plan, broken: &'p BTreeSet<Thing>) -> Self {
        Self {
            plan,
            broken,
            values: plan
                .values
                .iter()
                .map(|value| Found::at(value.level))
                .collect(),
            tables: plan
                .tables
                .iter()
                .map(|table| Found::at(table.level))
                .collect(),
            kinds: BTreeMap::new(),
            told: BTreeSet::new(),
            diagnostics: Vec::new(),
        }
    }

    fn of_thing(&mut self, thing: Thing) -> Found {
        if self.broken.contains(&thing) {
            return Found {
                reach: Reach::Unknown,
                row: None,
            };
        }
        let plan = self.plan;
        match thing {
            Thing::Value(id) => match plan.values.get(id.index()) {
                Some(value) => self.of_expr(&value.formula),
                None => Found::CONSTANT,
            },
            Thing::Table(id) => self.of_table(id),
            Thing::Kind(_)
            | Thing::Term(_)
            | Thing::Measure(_)
            | Thing::Component(_)
            | Thing::Limit(_) => Found::CONSTANT,
        }
    }

    fn of_table(&mut self, id: TableId) -> Found {
        let Some(table) = self.plan.tables.get(id.index()) else {
            return Found::CONSTANT;
        };
        let mut found = Found::CONSTANT;
        for formula in formulas_of_table(table) {
            let one = self.of_expr(formula);
            if one.is_row() {
                self.refuse_row(
                    one,
                    formula,
                    "a table is asked for a partner",
                    "give the column to the table as an argument, or sum it in a measure",
                );
            } else {
                found = self.join(found, one, formula);
            }
        }
        found
    }

    /// Where a formula can be asked.
    pub(super) fn of_expr(&mut self, expr: &Expr) -> Found {
        match &expr.form {
            Form::Literal(_) => Found::CONSTANT,
            Form::Name(name) => self.of_name(*name, expr.span),
            Form::Call(call) => self.of_call(call, expr),
            Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..) => self.of_parts(expr),
        }
    }

    fn of_parts(&mut self, expr: &Expr) -> Found {
        let mut found = Found::CONSTANT;
        for part in parts(expr) {
            let one = self.of_expr(part);
            found = self.join(found, one, part);
        }
        found
    }

    fn of_name(&self, name: Name, span: Span) -> Found {
        let row = |reach| Found {
            reach,
            row: Some(span),
        };
        match name {
            Name::Column(kind, _) | Name::Followed(kind, _, _) => row(Reach::At(Level::Row(kind))),
            Name::CreditLevel => row(Reach::SomeRow),
            Name::Term(_)
            | Name::Measure(_)
            | Name::Component(_)
            | Name::Limit(_)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => Found::at(Level::Partner),
            Name::Value(id) => {
                let found = self
                    .values
                    .get(id.index())
                    .copied()
                    .unwrap_or(Found::CONSTANT);
                let found = match (found.reach, self.kinds.get(&id)) {
                    (Reach::SomeRow, Some(kind)) => Found {
                        reach: Reach::At(Level::Row(*kind)),
                        row: found.row,
                    },
                    _ => found,
                };
                // The place that counts is where the value is mentioned.
                Found {
                    row: found.is_row().then_some(span),
                    ..found
                }
            }
            Name::Window(_)
            | Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice => Found::CONSTANT,
        }
    }

    fn of_call(&mut self, call: &Call, expr: &Expr) -> Found {
        let another_window = "another window is asked about a partner";
        let measure_first = "sum it in a measure, and ask the measure in that window";
        match call {
            Call::Asked(elsewhere, x) => {
                let mut found = self.for_partner(x, another_window, measure_first);
                if let Elsewhere::Previous(_, Some(first)) = elsewhere {
                    let one = self.for_partner(first, another_window, measure_first);
                    found = self.join(found, one, first);
                }
                found
            }
            Call::FoldedBy(_, x, _) | Call::Ever(x) | Call::FoldedKeys(_, x) => {
                self.for_partner(x, another_window, measure_first)
            }
            Call::Running { .. } => {
                let found = self.of_parts(expr);
                match found.reach {
                    Reach::At(Level::Row(_)) | Reach::Unknown => found,
                    Reach::At(Level::Constant | Level::Program | Level::Partner)
                    | Reach::SomeRow => Found {
                        reach: Reach::SomeRow,
                        row: Some(expr.span),
                    },
                }
            }
            Call::Table(id, _) => {
                let arguments = self.of_parts(expr);
                let table = self
                    .tables
                    .get(id.index())
                    .copied()
                    .unwrap_or(Found::CONSTANT);
                self.join(arguments, table, expr)
            }
            Call::Total { x, filter } => {
                let why = "`total` adds over partners";
                self.for_partner(x, why, "sum it in a measure, and total the measure");
                if let Some(filter) = filter {
                    self.for_partner(
                        filter,
                        why,
                        "use a measure or a column of the partner directory",
                    );
                }
                Found::at(Level::Program)
            }
            Call::Team(x) => {
                self.for_partner(x, "`team` adds over partners", "sum it in a measure first");
                Found::at(Level::Partner)
            }
            Call::Rank { x, within, filter } => {
                for part in std::iter::once(&**x)
                    .chain(within.as_deref())
                    .chain(filter.as_deref())
                {
                    self.for_partner(
                        part,
                        "`rank` compares partners",
                        "sum it in a measure first",
                    );
                }
                Found::at(Level::Partner)
            }
            Call::Of(partner, x) => {
                self.for_partner(
                    x,
                    "`of` asks for another partner",
                    "ask for a measure or a value of that partner",
                );
                let whom = self.of_expr(partner);
                self.join(whom, Found::at(Level::Partner), expr)
            }
            Call::Allocate(allocation) => self.of_allocation(allocation),
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
            | Call::Keyed(..) => self.of_parts(expr),
            Call::Convert(conversion) => {
                let x = self.of_expr(&conversion.x);
                match &conversion.rate {
                    RateKind::On(on) => {
                        let on_found = self.of_expr(on);
                        self.join(x, on_found, on)
                    }
                    RateKind::MonthAverage | RateKind::Plan => x,
                }
            }
        }
    }

    fn of_allocation(&mut self, allocation: &Allocation) -> Found {
        let by = self.of_expr(&allocation.by);
        let mut found = by;
        if by.is_row() && allocation.within.is_some() {
            let total = self.of_expr(&allocation.total);
            found = self.join(found, total, &allocation.total);
        } else {
            self.for_partner(
                &allocation.total,
                "what is shared is one sum",
                "sum it in a measure, and share the measure; rows of one group share its own sum with `within => …`",
            );
        }
        for part in allocation
            .to
            .iter()
            .chain(&allocation.within)
            .chain(&allocation.filter)
        {
            if by.is_row() {
                let one = self.of_expr(part);
                found = self.join(found, one, part);
            } else {
                self.for_partner(
                    part,
                    "the weight is a partner's",
                    "weigh rows by a column, or use a measure",
                );
            }
        }
        if by.is_row() {
            found
        } else if by.reach == Reach::Unknown {
            by
        } else {
            Found::at(Level::Partner)
        }
    }

    /// A part that must not be asked on a row.
    fn for_partner(&mut self, expr: &Expr, why: &str, help: &str) -> Found {
        let found = self.of_expr(expr);
        if found.is_row() {
            self.refuse_row(found, expr, why, help);
            return Found {
                reach: Reach::Unknown,
                row: None,
            };
        }
        found
    }

    /// Tells that something read on a row stands where a partner is asked about.
    pub(super) fn refuse_row(&mut self, found: Found, expr: &Expr, why: &str, help: &str) {
        let span = found.row.unwrap_or(expr.span);
        if !self.told.insert(span) {
            return;
        }
        let what = self.row_words(found, expr);
        self.diagnostics
            .push(Diagnostic::error("L1", span, format!("{what}; {why}")).help(help));
    }

    /// What makes a formula a row's: `sale.amount is a column of one sale`.
    fn row_words(&self, found: Found, expr: &Expr) -> String {
        let of = match found.reach {
            Reach::At(Level::Row(kind)) => match self.plan.kinds.get(kind.index()) {
                Some(kind) => format!("one {}", kind.name),
                None => "one row".to_owned(),
            },
            Reach::SomeRow
            | Reach::At(Level::Constant | Level::Program | Level::Partner)
            | Reach::Unknown => "one row".to_owned(),
        };
        match self.first_row_name(expr, found.row) {
            Some(name) => name.in_words(self.plan, &of),
            None => format!("this is asked on {of}"),
        }
    }

    /// The name whose place made a formula a row's.
    fn first_row_name(&self, expr: &Expr, place: Option<Span>) -> Option<RowName> {
        if Some(expr.span) == place {
            return match &expr.form {
                Form::Name(Name::Column(kind, column)) => {
                    Some(RowName::Column(*kind, column.index()))
                }
                Form::Name(Name::Followed(kind, column, _)) => {
                    Some(RowName::Column(*kind, column.index()))
                }
                Form::Name(Name::Value(id)) => Some(RowName::Value(*id)),
                Form::Name(Name::CreditLevel) => Some(RowName::CreditLevel),
                Form::Call(Call::Running { .. }) => Some(RowName::Running),
                _ => None,
            };
        }
        parts(expr)
            .into_iter()
            .find_map(|part| self.first_row_name(part, place))
    }

    /// The level of two parts together.
    fn join(&mut self, a: Found, b: Found, at: &Expr) -> Found {
        let row = a.row.or(b.row);
        let reach = match (a.reach, b.reach) {
            (Reach::Unknown, _) | (_, Reach::Unknown) => Reach::Unknown,
            (Reach::At(Level::Row(x)), Reach::At(Level::Row(y))) if x != y => {
                self.refuse_two_kinds(a, b, x, y, at);
                Reach::Unknown
            }
            (Reach::At(Level::Row(kind)), _) | (_, Reach::At(Level::Row(kind))) => {
                Reach::At(Level::Row(kind))
            }
            (Reach::SomeRow, _) | (_, Reach::SomeRow) => Reach::SomeRow,
            (Reach::At(x), Reach::At(y)) => Reach::At(x.max(y)),
        };
        Found { reach, row }
    }

    fn refuse_two_kinds(&mut self, a: Found, b: Found, x: KindId, y: KindId, at: &Expr) {
        let (first, second) = (a.row.unwrap_or(at.span), b.row.unwrap_or(at.span));
        if !self.told.insert(second) {
            return;
        }
        let name = |kind: KindId| {
            self.plan
                .kinds
                .get(kind.index())
                .map_or("", |kind| &*kind.name)
        };
        let (x, y) = (name(x).to_owned(), name(y).to_owned());
        self.diagnostics.push(
            Diagnostic::error("L2", second, format!("a formula is asked on one {x} or on one {y}, not on both"))
                .label(format!("of one {y}"))
                .also(first, format!("of one {x}"))
                .help(format!("look at the other kind through a measure with a key: by: {y}.…, then measure[{x}.…]")),
        );
    }

    /// Values whose kind only their uses decide get the kind of a formula that mentions them.
    pub(super) fn assign(&mut self, expr: &Expr, kind: KindId) {
        let plan = self.plan;
        let mut found = values_mentioned(expr);
        while let Some((id, span)) = found.pop() {
            let some_row = self
                .values
                .get(id.index())
                .is_some_and(|found| found.reach == Reach::SomeRow);
            match self.kinds.get(&id) {
                _ if !some_row => {}
                Some(known) if *known == kind => {}
                Some(known) => self.refuse_two_uses(id, *known, kind, span),
                None => {
                    self.kinds.insert(id, kind);
                    if let Some(value) = plan.values.get(id.index()) {
                        found.extend(values_mentioned(&value.formula));
                    }
                }
            }
        }
    }

    fn refuse_two_uses(&mut self, id: ValueId, known: KindId, kind: KindId, span: Span) {
        if !self.told.insert(span) {
            return;
        }
        let name = |kind: KindId| {
            self.plan
                .kinds
                .get(kind.index())
                .map_or("", |kind| &*kind.name)
        };
        let value = self
            .plan
            .values
            .get(id.index())
            .map_or("", |value| &*value.name);
        self.diagnostics.push(
            Diagnostic::error(
                "L2",
                span,
                format!(
                    "{value} is asked on one {} here and on one {} elsewhere",
                    name(kind),
                    name(known)
                ),
            )
            .help("write it once for each kind"),
        );
    }
}

/// The values a formula mentions, with the places.
fn values_mentioned(expr: &Expr) -> Vec<(ValueId, Span)> {
    let mut found = Vec::new();
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if let Form::Name(Name::Value(id)) = &expr.form {
            found.push((*id, expr.span));
        }
        open.extend(parts(expr));
    }
    found
}

/// A name that is asked on a row.
enum RowName {
    Column(KindId, usize),
    Value(ValueId),
    CreditLevel,
    Running,
}

impl RowName {
    fn in_words(&self, plan: &Plan, of: &str) -> String {
        match self {
            Self::Column(kind, column) => {
                let name = plan.kinds.get(kind.index()).and_then(|kind| {
                    let column = kind.columns.get(*column)?;
                    Some(format!("{}.{}", kind.name, column.name))
                });
                format!("{} is a column of {of}", name.unwrap_or_default())
            }
            Self::Value(id) => {
                let name = plan.values.get(id.index()).map_or("", |value| &*value.name);
                format!("{name} is asked on {of}")
            }
            Self::CreditLevel => "credit.level belongs to the credit of one row".to_owned(),
            Self::Running => "`running` is asked on one row".to_owned(),
        }
    }
}

/// Says in every `allocate` whether rows share.
pub(super) fn mark_shared_rows(levels: &mut Levels<'_>, expr: &mut Expr, asked_on: Option<KindId>) {
    if let Form::Call(Call::Allocate(allocation)) = &mut expr.form {
        allocation.rows = match levels.of_expr(&allocation.by).reach {
            Reach::At(Level::Row(kind)) => Some(kind),
            Reach::SomeRow => asked_on,
            Reach::At(Level::Constant | Level::Program | Level::Partner) | Reach::Unknown => None,
        };
    }
    for part in parts_mut(expr) {
        mark_shared_rows(levels, part, asked_on);
    }
}
