//! One pass over the rows of a kind: which columns it works out, what it groups by, what it adds up.
//!
//! Measures that read one kind by one partner column and one date column share a pass. A pass is a logical plan of stock
//! operators, built from typed expressions: a scan, a filter to the days that matter, a projection, one aggregate. Each
//! condition and each summand is worked out once, however many measures use it.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Column, JoinType, ScalarValue};
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::functions::core::expr_fn::named_struct;
use datafusion::functions_aggregate::expr_fn::{count, max, min, sum};
use datafusion::functions_aggregate::first_last::last_value_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{
    Case, Expr, ExprFunctionExt as _, LogicalPlan, LogicalPlanBuilder, Operator, SortExpr, and,
    binary_expr, cast, lit, not,
};
use trueup_base::date::{Date, add_days};
use trueup_engine::world::{Partner, PartnerIx};
use trueup_plan::tree::KindId;

use super::edges::{CohortEdges, Edges};
use super::lookup::{Lookup, day_literal, day_number};
use super::lower::{column, when};
use super::number::Decimal;
use super::stored::Stored;
use crate::store::{FACT_ID, FACT_RECORDED_ON, FACT_SOURCE, FACT_WEIGHT};

/// Up to so many days a day finds its step in a list of all days, beyond in a tree of edges.
const LISTED_DAYS_MAX: i64 = 6_000;

/// The partner a row is grouped under.
pub const PARTNER: &str = "partner";
/// The step of days it lies in.
pub const STEP: &str = "step";
/// How many of the partner's own edges lie before it.
pub const OWN_STEP: &str = "own_step";
/// The step of days in which it became known.
pub const KNOWN: &str = "known";
/// Its key.
pub const KEY: &str = "key";
/// Its value, where different values are counted.
pub const VALUE: &str = "value";

/// What tells one pass from another.
#[derive(Clone, Debug, PartialEq)]
pub struct PassKey {
    /// The kind.
    pub kind: KindId,
    /// The column that names the partner.
    pub credited: Arc<str>,
    /// Whether credits go up the hierarchy from there.
    pub upline: bool,
    /// The column that places a row in a window.
    pub at: Arc<str>,
    /// The key it groups by.
    pub by: Option<Expr>,
    /// The value it groups by, and the condition under which a row counts.
    pub distinct: Option<(Expr, Option<Expr>)>,
}

/// Which rows the stock operators' smallest, largest or latest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Rows as they came, whether or not they were withdrawn later.
    Came,
    /// Rows that withdraw others.
    Withdraws,
}

/// What a pass adds up for each group.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// Rows, weighted.
    Rows {
        /// Where this holds.
        when: Option<usize>,
    },
    /// A sum, weighted.
    Sum {
        /// Where this holds.
        when: Option<usize>,
        /// Of this.
        of: usize,
    },
    /// The smallest or largest, and what stands next to it.
    Extreme {
        /// Where this holds.
        when: Option<usize>,
        /// Of this.
        of: usize,
        /// The smallest.
        least: bool,
    },
    /// The one of the latest date, then of the greatest fact id, and what stands next to it.
    Latest {
        /// Where this holds.
        when: Option<usize>,
        /// Of this.
        of: usize,
    },
    /// Rows whose weight is neither 1 nor -1.
    StrayWeights,
}

/// A pass being gathered.
#[derive(Debug)]
pub struct Pass {
    /// What tells it from others.
    pub key: PassKey,
    /// Where its windows begin and end, by cohort.
    pub cohorts: CohortEdges,
    /// Where its windows begin and end.
    pub edges: Edges,
    /// The days before which things must be known; empty where that cannot matter.
    pub known_before: Vec<Date>,
    /// What is looked up by partner.
    pub lookups: BTreeMap<String, Lookup>,
    /// The conditions and summands worked out for each row.
    columns: Vec<Expr>,
    /// What is added up.
    slots: Vec<Slot>,
    /// The numbers among the columns.
    numbers: BTreeMap<usize, Decimal>,
}

impl Pass {
    /// A pass without anything to add up.
    pub fn new(key: PassKey) -> Self {
        Self {
            key,
            cohorts: CohortEdges::new(),
            edges: Edges::default(),
            known_before: Vec::new(),
            lookups: BTreeMap::new(),
            columns: Vec::new(),
            slots: Vec::new(),
            numbers: BTreeMap::new(),
        }
    }

    /// A condition, worked out once.
    pub fn condition(&mut self, condition: Option<Expr>) -> Option<usize> {
        condition.map(|condition| self.column(condition))
    }

    /// A number, worked out once.
    pub fn number(&mut self, number: &Decimal) -> usize {
        let at = self.column(number.expr.clone());
        self.numbers.insert(at, number.clone());
        at
    }

    fn column(&mut self, expr: Expr) -> usize {
        match self.columns.iter().position(|known| *known == expr) {
            Some(at) => at,
            None => {
                self.columns.push(expr);
                self.columns.len() - 1
            }
        }
    }

    /// Something to add up, once.
    pub fn slot(&mut self, slot: Slot) -> usize {
        match self.slots.iter().position(|known| *known == slot) {
            Some(at) => at,
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        }
    }

    /// The conditions and summands worked out for each row.
    pub fn columns(&self) -> &[Expr] {
        &self.columns
    }

    /// The decimals of each slot's answer.
    pub fn scales(&self) -> Vec<u32> {
        self.slots.iter().map(|slot| self.scale(slot)).collect()
    }

    /// What is added up.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The decimals of a slot's answer.
    pub fn scale(&self, slot: &Slot) -> u32 {
        match slot {
            Slot::Sum { of, .. } | Slot::Extreme { of, .. } | Slot::Latest { of, .. } => self
                .numbers
                .get(of)
                .map_or(0, |number| u32::from(number.scale)),
            Slot::Rows { .. } | Slot::StrayWeights => 0,
        }
    }

    /// The pass as a logical plan over the stored rows; none where no day matters.
    pub fn plan(
        &self,
        stored: &Stored,
        partners: &[Partner],
    ) -> Result<Option<LogicalPlan>, DataFusionError> {
        let Some((from, until)) = self.edges.span() else {
            return Ok(None);
        };
        let at = column(&self.key.at);
        let months = stored.month.as_ref().filter(|_| self.has_months(stored));
        let inside = match months {
            Some(month) => {
                let month = column(&month.column);
                let ends = month_number(until);
                and(
                    binary_expr(month.clone(), Operator::GtEq, lit(month_number(from))),
                    binary_expr(month, Operator::Lt, lit(ends)),
                )
            }
            None => and(
                binary_expr(at.clone(), Operator::GtEq, day_literal(from)),
                binary_expr(at.clone(), Operator::Lt, day_literal(until)),
            ),
        };
        let credited = column(&self.key.credited);
        let mut plan =
            LogicalPlanBuilder::scan("facts", provider_as_source(stored.rows.clone()), None)?
                .filter(and(inside, Expr::IsNotNull(Box::new(credited.clone()))))?;
        for (by, lookups) in self.lookups_by_column() {
            plan = joined(plan, &by, &lookups, partners)?;
        }
        if let Some((_, Some(condition))) = &self.key.distinct {
            plan = plan.filter(condition.clone())?;
        }
        let mut groups = vec![credited.alias(PARTNER)];
        groups.push(match months {
            Some(month) => column(&month.column).alias(STEP),
            None => step(&at, &self.edges).alias(STEP),
        });
        if !self.edges.own.is_empty() {
            let (with_own, own) = own_step(plan, &at, &self.key.credited, &self.edges, partners)?;
            plan = with_own;
            groups.push(own.alias(OWN_STEP));
        }
        if !self.known_before.is_empty() {
            let recorded_on = column(FACT_RECORDED_ON);
            // What says no day was known from the start.
            let never = (Expr::IsNull(Box::new(recorded_on.clone())), lit(0_i32));
            groups.push(when(vec![never], tree(&recorded_on, &self.known_before, 0)).alias(KNOWN));
        }
        if let Some(by) = &self.key.by {
            groups.push(by.clone().alias(KEY));
        }
        if let Some((value, _)) = &self.key.distinct {
            groups.push(value.clone().alias(VALUE));
        }
        let named: Vec<Expr> = groups
            .iter()
            .filter_map(|group| match group {
                Expr::Alias(alias) => Some(column(&alias.name)),
                _ => None,
            })
            .collect();
        let (columns, adds) = self.projected(stored)?;
        let plan = plan
            .project(groups.into_iter().chain(columns))?
            .aggregate(named, adds)?;
        Ok(Some(plan.build()?))
    }

    /// Whether the stored months tell its steps apart.
    pub fn has_months(&self, stored: &Stored) -> bool {
        stored
            .month
            .as_ref()
            .is_some_and(|month| *month.of == *self.key.at)
            && self.edges.are_months()
    }

    fn lookups_by_column(&self) -> BTreeMap<Arc<str>, Vec<&Lookup>> {
        let mut by_column: BTreeMap<Arc<str>, Vec<&Lookup>> = BTreeMap::new();
        for lookup in self.lookups.values() {
            by_column.entry(lookup.by.clone()).or_default().push(lookup);
        }
        by_column
    }

    /// The columns worked out for each row, and what is added up over them.
    fn projected(&self, stored: &Stored) -> Result<(Vec<Expr>, Vec<Expr>), DataFusionError> {
        let mut columns = Projected::default();
        let name = |at: usize| format!("column{at}");
        for (at, expr) in self.columns.iter().enumerate() {
            columns.add(name(at), expr.clone());
        }
        let weight = column(FACT_WEIGHT);
        let mut adds = Vec::with_capacity(self.slots.len());
        for (slot, at) in self.slots.iter().zip(0usize..) {
            let (add, filter) = match slot {
                Slot::Rows { when } => (rows(stored, &mut columns), when.map(name)),
                Slot::Sum { when, of } => {
                    let of = match (stored.has_corrections, self.columns.get(*of)) {
                        (true, Some(expr)) => {
                            let signed = format!("signed{of}");
                            columns.add(signed.clone(), weighted(expr));
                            signed
                        }
                        (true, None) | (false, _) => name(*of),
                    };
                    (sum(column(&of)), when.map(name))
                }
                Slot::Extreme { when, of, least } => {
                    let of = column(&name(*of));
                    for side in sides(stored) {
                        let of = of.clone();
                        let add = if *least { min(of) } else { max(of) };
                        let filter = columns.of_side(*side, stored, self.condition_of(*when));
                        let add = match filter {
                            Some(filter) => add.filter(column(&filter)).build()?,
                            None => add,
                        };
                        adds.push(add.alias(side.name(at)));
                    }
                    continue;
                }
                Slot::Latest { when, of } => {
                    columns.add("dated".to_owned(), column(&self.key.at));
                    let slash = binary_expr(column(FACT_SOURCE), Operator::StringConcat, lit("/"));
                    columns.add(
                        "id".to_owned(),
                        binary_expr(slash, Operator::StringConcat, column(FACT_ID)),
                    );
                    let latest = named_struct(vec![
                        lit("dated"),
                        column("dated"),
                        lit("id"),
                        column("id"),
                        lit("of"),
                        column(&name(*of)),
                    ]);
                    let order = vec![
                        column("dated").sort(true, true),
                        column("id").sort(true, true),
                    ];
                    for side in sides(stored) {
                        let rows = columns.of_side(*side, stored, self.condition_of(*when));
                        let add = in_order(latest.clone(), order.clone(), rows);
                        adds.push(add.alias(side.name(at)));
                    }
                    continue;
                }
                Slot::StrayWeights => {
                    let known = binary_expr(weight.clone(), Operator::Eq, lit(1_i8))
                        .or(binary_expr(weight.clone(), Operator::Eq, lit(-1_i8)));
                    columns.add("stray".to_owned(), not(known));
                    (count(lit(1_i64)), Some("stray".to_owned()))
                }
            };
            let add = match filter {
                Some(filter) => add.filter(column(&filter)).build()?,
                None => add,
            };
            adds.push(add.alias(slot_name(at)));
        }
        Ok((columns.0, adds))
    }

    fn condition_of(&self, at: Option<usize>) -> Option<(usize, Expr)> {
        at.and_then(|at| Some((at, self.columns.get(at)?.clone())))
    }
}

/// The name of a slot's answer.
pub fn slot_name(at: usize) -> String {
    format!("slot{at}")
}

/// The name of what a slot's answer would be of the rows that withdraw others.
pub fn withdrawn_name(at: usize) -> String {
    format!("withdrawn{at}")
}

impl Side {
    /// The name of a slot's answer for rows of this side.
    fn name(self, slot: usize) -> String {
        match self {
            Self::Came => slot_name(slot),
            Self::Withdraws => withdrawn_name(slot),
        }
    }
}

/// The sides of which the best must be known.
fn sides(stored: &Stored) -> &'static [Side] {
    match stored.has_corrections {
        true => &[Side::Came, Side::Withdraws],
        false => &[Side::Came],
    }
}

/// The columns of a projection, each once.
#[derive(Debug, Default)]
struct Projected(Vec<Expr>);

impl Projected {
    fn add(&mut self, name: String, expr: Expr) {
        let named = expr.alias(name);
        if !self.0.contains(&named) {
            self.0.push(named);
        }
    }

    /// A condition that also holds only for rows of one side.
    fn of_side(
        &mut self,
        side: Side,
        stored: &Stored,
        condition: Option<(usize, Expr)>,
    ) -> Option<String> {
        if side == Side::Came && !stored.has_corrections {
            return condition.map(|(at, _)| format!("column{at}"));
        }
        let (word, operator) = match side {
            Side::Came => ("standing", Operator::Gt),
            Side::Withdraws => ("withdrawn", Operator::Lt),
        };
        let stands = binary_expr(column(FACT_WEIGHT), operator, lit(0_i8));
        let (name, stands) = match condition {
            Some((at, condition)) => (format!("{word}{at}"), and(condition, stands)),
            None => (word.to_owned(), stands),
        };
        self.add(name.clone(), stands);
        Some(name)
    }
}

/// The last in an order, of the rows where a condition holds. Both stand in one call: adding either later drops the other.
fn in_order(of: Expr, order: Vec<SortExpr>, filter: Option<String>) -> Expr {
    let filter = filter.map(|filter| Box::new(column(&filter)));
    Expr::AggregateFunction(AggregateFunction::new_udf(
        last_value_udaf(),
        vec![of],
        false,
        filter,
        order,
        None,
    ))
}

/// Rows counted with their weights.
fn rows(stored: &Stored, columns: &mut Projected) -> Expr {
    if stored.has_corrections {
        columns.add(
            "weight".to_owned(),
            cast(column(FACT_WEIGHT), DataType::Int64),
        );
        sum(column("weight"))
    } else {
        count(lit(1_i64))
    }
}

/// A summand with the sign of its row's weight; rows of any other weight are refused when the pass is read.
fn weighted(expr: &Expr) -> Expr {
    let withdraws = binary_expr(column(FACT_WEIGHT), Operator::Lt, lit(0_i8));
    when(
        vec![(withdraws, Expr::Negative(Box::new(expr.clone())))],
        expr.clone(),
    )
}

/// Rows beside what is looked up by a partner they name.
fn joined(
    plan: LogicalPlanBuilder,
    by: &Arc<str>,
    lookups: &[&Lookup],
    partners: &[Partner],
) -> Result<LogicalPlanBuilder, DataFusionError> {
    let id = format!("look.{by}.id");
    let mut names = vec![id.clone()];
    names.extend(lookups.iter().map(|lookup| lookup.name.clone()));
    let rows: Vec<Vec<Expr>> = partners
        .iter()
        .enumerate()
        .map(|(at, partner)| {
            let cells = lookups
                .iter()
                .filter_map(|lookup| lookup.cells.get(at).cloned())
                .map(lit);
            [lit(partner.id.as_str())]
                .into_iter()
                .chain(cells)
                .collect()
        })
        .collect();
    let right = values(rows, names)?;
    let on = (
        vec![Column::new_unqualified(&**by)],
        vec![Column::new_unqualified(id)],
    );
    plan.join(right, JoinType::Left, on, None)
}

fn values(rows: Vec<Vec<Expr>>, names: Vec<String>) -> Result<LogicalPlan, DataFusionError> {
    let columns = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| column(&format!("column{}", at + 1)).alias(name));
    LogicalPlanBuilder::values(rows)?
        .project(columns.collect::<Vec<_>>())?
        .build()
}

/// How many of the partner's own edges lie on or before a row's day.
fn own_step(
    plan: LogicalPlanBuilder,
    at: &Expr,
    credited: &Arc<str>,
    edges: &Edges,
    partners: &[Partner],
) -> Result<(LogicalPlanBuilder, Expr), DataFusionError> {
    let width = edges.own.values().map(Vec::len).max().unwrap_or(0);
    let name = |edge: usize| format!("own.{edge}");
    let mut names = vec!["own.id".to_owned()];
    names.extend((0..width).map(name));
    let mut rows = Vec::with_capacity(edges.own.len());
    for (PartnerIx(partner), own) in &edges.own {
        let Some(partner) = partners.get(*partner as usize) else {
            continue;
        };
        let days = (0..width).map(|edge| {
            lit(ScalarValue::Date32(
                own.get(edge).map(|day| day_number(*day)),
            ))
        });
        rows.push([lit(partner.id.as_str())].into_iter().chain(days).collect());
    }
    let on = (
        vec![Column::new_unqualified(&**credited)],
        vec![Column::new_unqualified("own.id")],
    );
    let plan = plan.join(values(rows, names)?, JoinType::Left, on, None)?;
    let mut step = lit(0_i32);
    for edge in 0..width {
        let is_past = binary_expr(at.clone(), Operator::GtEq, column(&name(edge)));
        step = binary_expr(
            step,
            Operator::Plus,
            when(vec![(is_past, lit(1_i32))], lit(0_i32)),
        );
    }
    Ok((plan, step))
}

/// How many edges lie on or before a day between the first and the last of them.
fn step(day: &Expr, edges: &Edges) -> Expr {
    let Some((from, until)) = edges.span().filter(|_| edges.days() <= LISTED_DAYS_MAX) else {
        return tree(day, &edges.shared, 0);
    };
    let mut listed = Vec::new();
    let mut passed = 0_i32;
    let mut next = edges.shared.iter().peekable();
    let mut at = Some(from);
    while let Some(day) = at.filter(|day| *day < until) {
        while next.next_if(|edge| **edge <= day).is_some() {
            passed += 1;
        }
        listed.push((Box::new(day_literal(day)), Box::new(lit(passed))));
        at = add_days(day, 1);
    }
    if listed.len() < 2 {
        return lit(passed);
    }
    Expr::Case(Case::new(
        Some(Box::new(day.clone())),
        listed,
        Some(Box::new(lit(0_i32))),
    ))
}

/// How many edges lie on or before a day, by halving; `before` lie before these.
fn tree(day: &Expr, edges: &[Date], before: i32) -> Expr {
    let middle = edges.len() / 2;
    let (lower, upper) = edges.split_at(middle);
    let Some((edge, later)) = upper.split_first() else {
        return lit(before);
    };
    // There are fewer than four million days.
    let passed = before.saturating_add(i32::try_from(middle).unwrap_or(i32::MAX));
    let is_earlier = binary_expr(day.clone(), Operator::Lt, day_literal(*edge));
    when(
        vec![(is_earlier, tree(day, lower, before))],
        tree(day, later, passed.saturating_add(1)),
    )
}

/// A month as years times twelve plus months since January.
pub fn month_number(day: Date) -> i32 {
    i32::from(day.year()) * 12 + i32::from(day.month()) - 1
}
