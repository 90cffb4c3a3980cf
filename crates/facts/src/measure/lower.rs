//! A row's formula as a typed expression of the executor.
//!
//! What is lowered means the same as in the reference: arithmetic is exact in decimals that have room, comparisons and
//! conditions know no answer beside true and false, and a `case` whose test has no answer has none. Whatever the executor
//! would round, or what depends on a window, other rows or other partners, is refused with its [`Reason`] and stays with the
//! rows. Inside what is lowered the only no answer is *missing*.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{
    Case, Expr, Operator as Op, and, binary_expr, cast, col, lit, not, or,
};
use trueup_base::exact::Exact;
use trueup_engine::world::Partner;
use trueup_plan::tree::{
    self, Call, ColumnId, Comparison, Form, KindId, Level, Literal, Name, NoAnswerKind, Operator,
    Plan, Type, ValueId,
};

use super::lookup::{self, Lookup, day_literal, day_number, look_up};
use super::number::Decimal;
use super::reason::{DEPTH_MAX, PARTS_MAX, Reason};
use crate::store::FACT_ID;

/// Up to so many texts are compared one by one, which is faster than to look them up.
const COMPARED_MAX: usize = 4;

/// A lowered formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// The expression and its type.
    pub shape: Shape,
    /// When it has no answer.
    pub gaps: Gaps,
    /// How many parts it has, names written out.
    pub parts: usize,
}

/// An expression by what it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// An exact number.
    Number(Decimal),
    /// Text, or a partner.
    Text(Expr),
    /// A day.
    Date(Expr),
    /// True or false.
    Flag(Expr),
}

impl Shape {
    /// The expression alone.
    pub fn expr(&self) -> &Expr {
        match self {
            Self::Number(number) => &number.expr,
            Self::Text(expr) | Self::Date(expr) | Self::Flag(expr) => expr,
        }
    }

    fn with(&self, expr: Expr) -> Self {
        match self {
            Self::Number(number) => Self::Number(Decimal {
                expr,
                ..number.clone()
            }),
            Self::Text(_) => Self::Text(expr),
            Self::Date(_) => Self::Date(expr),
            Self::Flag(_) => Self::Flag(expr),
        }
    }
}

/// When a formula has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// Never.
    None,
    /// Where something is missing, for this one reason.
    Because(Arc<str>),
    /// Where something is missing, for reasons that differ from row to row.
    Unclear,
    /// Where something is missing or the rule has no answer.
    Undefined,
}

impl Gaps {
    /// Never.
    pub fn none() -> Self {
        Self::None
    }

    /// For one reason.
    pub fn because(why: &str) -> Self {
        Self::Because(why.into())
    }

    /// For reasons that differ.
    pub fn unclear() -> Self {
        Self::Unclear
    }

    /// The gaps of a formula of two parts.
    fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::None, other) => other.clone(),
            (this, Self::None) => this,
            (Self::Undefined, _) | (_, Self::Undefined) => Self::Undefined,
            (Self::Because(one), Self::Because(two)) if one == *two => Self::Because(one),
            (Self::Because(_) | Self::Unclear, Self::Because(_) | Self::Unclear) => Self::Unclear,
        }
    }
}

impl Lowered {
    /// A literal of the plan.
    pub fn literal(literal: &Literal) -> Result<Self, Reason> {
        let shape = match literal {
            Literal::Number(figure) => Shape::Number(Decimal::literal(figure)?),
            Literal::Text(text) => Shape::Text(lit(&**text)),
            Literal::Date(day) => Shape::Date(day_literal(*day)),
            Literal::Flag(holds) => Shape::Flag(lit(*holds)),
            Literal::Duration(_) | Literal::Missing => return Err(Reason::Types),
        };
        Ok(Self {
            shape,
            gaps: Gaps::None,
            parts: 1,
        })
    }

    /// The formula as a number.
    pub fn number(self) -> Result<Decimal, Reason> {
        match self.shape {
            Shape::Number(number) => Ok(number),
            Shape::Text(_) | Shape::Date(_) | Shape::Flag(_) => Err(Reason::Types),
        }
    }

    /// The formula as a condition.
    pub fn flag(self) -> Result<Expr, Reason> {
        match self.shape {
            Shape::Flag(flag) => Ok(flag),
            Shape::Text(_) | Shape::Date(_) | Shape::Number(_) => Err(Reason::Types),
        }
    }

    fn is_null(&self) -> Option<Expr> {
        (self.gaps != Gaps::None).then(|| Expr::IsNull(Box::new(self.shape.expr().clone())))
    }
}

/// Where formulas are lowered: on the rows of a kind, credited by a column.
#[derive(Debug)]
pub struct Lowering<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The kind.
    pub kind: KindId,
    /// Its stored columns.
    pub schema: &'a Schema,
    /// Columns that no row leaves empty.
    pub never_empty: &'a BTreeSet<String>,
    /// The program's partners.
    pub partners: &'a [Partner],
    /// The column that names the credited partner, or the one below it.
    pub credited: Arc<str>,
    /// Whether credits go up the hierarchy from there.
    pub upline: bool,
    /// Whether another line of the role credits up the hierarchy.
    pub has_levels: bool,
    /// What has to be looked up, by name.
    pub lookups: BTreeMap<String, Lookup>,
}

impl Lowering<'_> {
    /// Lowers a formula.
    pub fn formula(&mut self, formula: &tree::Expr) -> Result<Lowered, Reason> {
        self.at(formula, 0)
    }

    /// Lowers a condition.
    pub fn condition(&mut self, formula: &tree::Expr) -> Result<Expr, Reason> {
        self.formula(formula)?.flag()
    }

    fn at(&mut self, formula: &tree::Expr, depth: usize) -> Result<Lowered, Reason> {
        if depth >= DEPTH_MAX {
            return Err(Reason::Size);
        }
        let depth = depth + 1;
        let lowered = match &formula.form {
            Form::Literal(Literal::Missing) => missing(formula.of),
            Form::Literal(literal) => Lowered::literal(literal),
            Form::Name(name) => self.name(*name, depth),
            Form::Negated(x) => {
                let x = self.at(x, depth)?;
                let (gaps, parts) = (x.gaps.clone(), x.parts);
                Ok(Lowered {
                    shape: Shape::Number(x.number()?.negated()),
                    gaps,
                    parts,
                })
            }
            Form::Arithmetic(operator, left, right) => {
                self.arithmetic(*operator, left, right, depth)
            }
            Form::Compared(how, left, right) => {
                let (left, right) = (self.at(left, depth)?, self.at(right, depth)?);
                compared(*how, left, right)
            }
            Form::Between(x, low, high) => {
                let x = self.at(x, depth)?;
                let above = compared(Comparison::AtLeast, x.clone(), self.at(low, depth)?)?;
                let below = compared(Comparison::AtMost, x, self.at(high, depth)?)?;
                joined(above, below, and)
            }
            Form::In(x, list) => self.one_of(x, list, depth),
            Form::Is(x, kind) => {
                let x = self.at(x, depth)?;
                let shape = match (kind, &x.gaps) {
                    (_, Gaps::Undefined) => return Err(Reason::NoAnswers),
                    (NoAnswerKind::Undefined, _) | (NoAnswerKind::Missing, Gaps::None) => {
                        lit(false)
                    }
                    (NoAnswerKind::Missing, Gaps::Because(_) | Gaps::Unclear) => {
                        Expr::IsNull(Box::new(x.shape.expr().clone()))
                    }
                };
                Ok(Lowered {
                    shape: Shape::Flag(shape),
                    gaps: Gaps::None,
                    parts: x.parts,
                })
            }
            Form::Not(x) => {
                let x = self.at(x, depth)?;
                let (gaps, parts) = (x.gaps.clone(), x.parts);
                Ok(Lowered {
                    shape: Shape::Flag(not(x.flag()?)),
                    gaps,
                    parts,
                })
            }
            Form::And(all) => self.joined(all, true, depth),
            Form::Or(all) => self.joined(all, false, depth),
            Form::Case(arms, otherwise) => self.case(arms, otherwise, depth),
            Form::Call(call) => self.call(call, depth),
        }?;
        let parts = lowered.parts + 1;
        if parts > PARTS_MAX {
            return Err(Reason::Size);
        }
        Ok(Lowered { parts, ..lowered })
    }

    fn name(&mut self, name: Name, depth: usize) -> Result<Lowered, Reason> {
        let named = |name: &tree::Text| Err(Reason::Name(name.clone()));
        match name {
            Name::Column(kind, column) if kind == self.kind => self.column(column),
            Name::Followed(kind, column, attribute) if kind == self.kind => {
                let by: Arc<str> = self.plan[kind].column(column).name.clone();
                let (lowered, lookup) = look_up(
                    self.plan,
                    self.partners,
                    lookup::Of::Attribute(attribute),
                    &by,
                    false,
                )?;
                self.note(lookup);
                Ok(lowered)
            }
            Name::Column(..) | Name::Followed(..) => Err(Reason::Types),
            Name::Attribute(id) => self.own(lookup::Of::Attribute(id)),
            Name::Term(id) => self.own(lookup::Of::Term(id)),
            Name::Partner if self.upline => Err(Reason::CreditedPartner),
            Name::Partner => Ok(Lowered {
                shape: Shape::Text(column(&self.credited)),
                gaps: Gaps::None,
                parts: 1,
            }),
            Name::CreditLevel if self.has_levels => Err(Reason::CreditLevel),
            Name::CreditLevel => Lowered::literal(&Literal::Number(Exact::ZERO)),
            Name::Value(id) => self.value(id, depth),
            Name::Window(_) => Err(Reason::Window),
            Name::Measure(id) => named(&self.plan[id].name),
            Name::Component(id) => named(&self.plan[id].name),
            Name::Limit(id) => named(&self.plan[id].name),
            Name::Argument(_)
            | Name::BandColumn(_)
            | Name::Lower
            | Name::Upper
            | Name::Width
            | Name::Filled
            | Name::Slice
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => Err(Reason::Types),
        }
    }

    /// Something of the credited partner.
    fn own(&mut self, of: lookup::Of) -> Result<Lowered, Reason> {
        if self.upline {
            return Err(Reason::CreditedPartner);
        }
        let by = self.credited.clone();
        let (lowered, lookup) = look_up(self.plan, self.partners, of, &by, true)?;
        self.note(lookup);
        Ok(lowered)
    }

    fn note(&mut self, lookup: Option<Lookup>) {
        if let Some(lookup) = lookup {
            self.lookups.insert(lookup.name.clone(), lookup);
        }
    }

    fn value(&mut self, id: ValueId, depth: usize) -> Result<Lowered, Reason> {
        let value = &self.plan[id];
        if value.carried || value.every.is_some() || value.level == Level::Program {
            return Err(Reason::Name(value.name.clone()));
        }
        self.at(&value.formula, depth)
    }

    fn column(&self, id: ColumnId) -> Result<Lowered, Reason> {
        let kind = &self.plan[self.kind];
        let shape = kind.column(id);
        let refused = || Reason::Column(format!("{}.{}", kind.name, shape.name));
        let name = stored_name(self.schema, &shape.name);
        let (_, field) = self.schema.column_with_name(name).ok_or_else(refused)?;
        let expr = column(name);
        let stored = match (shape.of, field.data_type()) {
            (Type::Number(_), of) => Shape::Number(Decimal::column(expr, of).ok_or_else(refused)?),
            (
                Type::Text | Type::Partner,
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View,
            ) => Shape::Text(expr),
            (Type::Date, DataType::Date32) => Shape::Date(expr),
            (Type::Flag, DataType::Boolean) => Shape::Flag(expr),
            (Type::Text | Type::Partner | Type::Date | Type::Flag | Type::Duration, _) => {
                return Err(refused());
            }
        };
        let gaps = if field.is_nullable() && !self.never_empty.contains(name) {
            Gaps::because(&format!("{}.{} is empty", kind.name, shape.name))
        } else {
            Gaps::None
        };
        Ok(Lowered {
            shape: stored,
            gaps,
            parts: 1,
        })
    }

    fn arithmetic(
        &mut self,
        operator: Operator,
        left: &tree::Expr,
        right: &tree::Expr,
        depth: usize,
    ) -> Result<Lowered, Reason> {
        if left.of == Type::Date || right.of == Type::Date {
            return self.moved(operator, left, right, depth);
        }
        if operator == Operator::Over {
            return self.divided(left, right, depth);
        }
        let (left, right) = (self.at(left, depth)?, self.at(right, depth)?);
        let (gaps, parts) = (left.gaps.clone().and(&right.gaps), left.parts + right.parts);
        let (left, right) = (left.number()?, right.number()?);
        let number = match operator {
            Operator::Plus => left.added(Op::Plus, right)?,
            Operator::Minus => left.added(Op::Minus, right)?,
            Operator::Times => left.times(right)?,
            Operator::Over => return Err(Reason::Division),
        };
        Ok(Lowered {
            shape: Shape::Number(number),
            gaps,
            parts,
        })
    }

    /// A division by a figure whose reciprocal is a decimal is a product: `x / 4` is `x * 0.25`.
    fn divided(
        &mut self,
        left: &tree::Expr,
        right: &tree::Expr,
        depth: usize,
    ) -> Result<Lowered, Reason> {
        let Form::Literal(Literal::Number(divisor)) = &right.form else {
            return Err(Reason::Division);
        };
        let factor = Exact::ONE.checked_div(divisor).ok_or(Reason::Division)?;
        let factor = Decimal::literal(&factor).map_err(|_| Reason::Division)?;
        let left = self.at(left, depth)?;
        let (gaps, parts) = (left.gaps.clone(), left.parts + 1);
        Ok(Lowered {
            shape: Shape::Number(left.number()?.times(factor)?),
            gaps,
            parts,
        })
    }

    /// A date moved by days; one that would leave the years 1 to 9999 is undefined.
    fn moved(
        &mut self,
        operator: Operator,
        left: &tree::Expr,
        right: &tree::Expr,
        depth: usize,
    ) -> Result<Lowered, Reason> {
        let (date, length) = match (&left.form, &right.form) {
            (_, Form::Literal(Literal::Duration(length))) => (left, *length),
            (Form::Literal(Literal::Duration(length)), _) if operator == Operator::Plus => {
                (right, *length)
            }
            (_, _) => return Err(Reason::DateMoved),
        };
        let days = match operator {
            Operator::Plus => Some(length.days),
            Operator::Minus => length.days.checked_neg(),
            Operator::Times | Operator::Over => None,
        };
        let days = days
            .filter(|days| length.months == 0 && days.unsigned_abs() <= 4_000_000)
            .ok_or(Reason::DateMoved)?;
        let date = self.at(date, depth)?;
        let (gaps, parts) = (Gaps::Undefined, date.parts + 4);
        let Shape::Date(date) = date.shape else {
            return Err(Reason::Types);
        };
        let moved = cast(date, DataType::Int32) + lit(days);
        let (first, last) = (
            day_number(trueup_base::Date::constant(1, 1, 1)),
            day_number(trueup_base::Date::MAX),
        );
        let inside = and(
            binary_expr(moved.clone(), Op::GtEq, lit(first)),
            binary_expr(moved.clone(), Op::LtEq, lit(last)),
        );
        let kept = when(
            vec![(inside, cast(moved, DataType::Date32))],
            lit(ScalarValue::Date32(None)),
        );
        Ok(Lowered {
            shape: Shape::Date(kept),
            gaps,
            parts,
        })
    }

    fn one_of(
        &mut self,
        x: &tree::Expr,
        list: &[tree::Expr],
        depth: usize,
    ) -> Result<Lowered, Reason> {
        let x = self.at(x, depth)?;
        let mut all = Vec::with_capacity(list.len());
        for one in list {
            all.push(self.at(one, depth)?);
        }
        let is_plain = |one: &Lowered| matches!(one.shape.expr(), Expr::Literal(..));
        if let (Shape::Text(text), true) = (&x.shape, all.iter().all(is_plain))
            && all.len() > COMPARED_MAX
        {
            let parts = x.parts + all.len();
            let mut texts = Vec::with_capacity(all.len());
            for one in all {
                match one.shape {
                    Shape::Text(text) => texts.push(text),
                    Shape::Number(_) | Shape::Date(_) | Shape::Flag(_) => {
                        return Err(Reason::Types);
                    }
                }
            }
            let is_in = Expr::InList(InList::new(Box::new(text.clone()), texts, false));
            return Ok(Lowered {
                shape: Shape::Flag(is_in),
                gaps: x.gaps,
                parts,
            });
        }
        let mut any: Option<Lowered> = None;
        for one in all {
            let equal = compared(Comparison::Equal, x.clone(), one)?;
            any = Some(match any {
                None => equal,
                Some(any) => joined(any, equal, or)?,
            });
        }
        any.map_or_else(|| Lowered::literal(&Literal::Flag(false)), Ok)
    }

    fn joined(
        &mut self,
        all: &[tree::Expr],
        is_and: bool,
        depth: usize,
    ) -> Result<Lowered, Reason> {
        let mut whole: Option<Lowered> = None;
        for one in all {
            let one = self.at(one, depth)?;
            whole = Some(match whole {
                None => one,
                Some(before) => joined(before, one, if is_and { and } else { or })?,
            });
        }
        match whole {
            Some(whole) => Ok(whole),
            None => Lowered::literal(&Literal::Flag(is_and)),
        }
    }

    /// The arms of a `case`: a test without an answer ends it without one, where the executor would go on.
    fn case(
        &mut self,
        arms: &[(tree::Expr, tree::Expr)],
        otherwise: &tree::Expr,
        depth: usize,
    ) -> Result<Lowered, Reason> {
        let mut tests = Vec::with_capacity(arms.len());
        let mut answers = Vec::with_capacity(arms.len() + 1);
        for (test, then) in arms {
            tests.push(self.at(test, depth)?);
            answers.push(self.at(then, depth)?);
        }
        answers.push(self.at(otherwise, depth)?);
        let mut gaps = Gaps::None;
        let mut parts = 0;
        for part in tests.iter().chain(&answers) {
            gaps = gaps.and(&part.gaps);
            parts += part.parts;
        }
        let mut shapes = one_type(answers.into_iter().map(|answer| answer.shape).collect())?;
        let Some(last) = shapes.pop() else {
            return Err(Reason::Types);
        };
        let none = no_answer(&last);
        let mut branches = Vec::with_capacity(tests.len());
        for (test, then) in tests.into_iter().zip(shapes) {
            if let Some(is_null) = test.is_null() {
                branches.push((is_null, none.clone()));
            }
            branches.push((test.flag()?, then.expr().clone()));
        }
        Ok(Lowered {
            shape: last.with(when(branches, last.expr().clone())),
            gaps,
            parts,
        })
    }

    fn call(&mut self, call: &Call, depth: usize) -> Result<Lowered, Reason> {
        match call {
            Call::Least(all) => self.extreme(all, Op::Lt, depth),
            Call::Greatest(all) => self.extreme(all, Op::Gt, depth),
            Call::Clamp { x, low, high } => {
                let (x, low, high) = (
                    self.at(x, depth)?,
                    self.at(low, depth)?,
                    self.at(high, depth)?,
                );
                chosen(chosen(x, low, Op::Gt)?, high, Op::Lt)
            }
            Call::Abs(x) => {
                let x = self.at(x, depth)?;
                let (gaps, parts) = (x.gaps.clone(), x.parts + 1);
                let x = x.number()?;
                let zero = Decimal::literal(&Exact::ZERO)?;
                let (aligned, zero) = x.clone().aligned(zero)?;
                let is_less = binary_expr(aligned.expr, Op::Lt, zero.expr);
                let expr = when(vec![(is_less, x.clone().negated().expr)], x.expr.clone());
                Ok(Lowered {
                    shape: Shape::Number(Decimal { expr, ..x }),
                    gaps,
                    parts,
                })
            }
            Call::Coalesce(all) => self.coalesce(all, depth),
            Call::Otherwise(x, _) => {
                let x = self.at(x, depth)?;
                if x.gaps == Gaps::Undefined {
                    Err(Reason::NoAnswers)
                } else {
                    Ok(x)
                }
            }
            Call::Weighted(weighted) => {
                let mut sum: Option<Lowered> = None;
                for (part, weight) in weighted {
                    let part = self.at(part, depth)?;
                    let (gaps, parts) = (part.gaps.clone(), part.parts + 1);
                    let number = part.number()?.times(Decimal::literal(weight)?)?;
                    sum = Some(match sum {
                        None => Lowered {
                            shape: Shape::Number(number),
                            gaps,
                            parts,
                        },
                        Some(before) => {
                            let (gaps, parts) =
                                (before.gaps.clone().and(&gaps), before.parts + parts);
                            Lowered {
                                shape: Shape::Number(before.number()?.added(Op::Plus, number)?),
                                gaps,
                                parts,
                            }
                        }
                    });
                }
                sum.map_or_else(|| Lowered::literal(&Literal::Number(Exact::ZERO)), Ok)
            }
            Call::DaysBetween(from, until) => {
                let (from, until) = (self.at(from, depth)?, self.at(until, depth)?);
                let (gaps, parts) = (from.gaps.clone().and(&until.gaps), from.parts + until.parts);
                let (Shape::Date(from), Shape::Date(until)) = (from.shape, until.shape) else {
                    return Err(Reason::Types);
                };
                let days = cast(until, DataType::Int32) - cast(from, DataType::Int32);
                // From year 1 to 9999 there are 3,652,058 days.
                Ok(Lowered {
                    shape: Shape::Number(Decimal::integer(days, 10)),
                    gaps,
                    parts,
                })
            }
            Call::Round { .. } => Err(Reason::Rounding),
            Call::MonthsBetween(..) => Err(Reason::Months),
            Call::Asked(..) => Err(Reason::Question("another window")),
            Call::FoldedBy(..) => Err(Reason::Question("every window of a unit")),
            Call::Ever(_) => Err(Reason::Question("all windows so far")),
            Call::Running { .. } => Err(Reason::Running),
            Call::Table(id, _) => Err(Reason::Table(self.plan[*id].name.clone())),
            Call::Keyed(..) | Call::FoldedKeys(..) => Err(Reason::Question("a keyed measure")),
            Call::Total { .. } | Call::Team(_) | Call::Rank { .. } | Call::Of(..) => {
                Err(Reason::Question("other partners"))
            }
            Call::Allocate(_) => Err(Reason::Question("a shared sum")),
            Call::Convert(_) => Err(Reason::Question("a rate")),
        }
    }

    fn extreme(&mut self, all: &[tree::Expr], how: Op, depth: usize) -> Result<Lowered, Reason> {
        let mut kept: Option<Lowered> = None;
        for next in all {
            let next = self.at(next, depth)?;
            kept = Some(match kept {
                None => next,
                Some(before) => chosen(before, next, how)?,
            });
        }
        kept.ok_or(Reason::Types)
    }

    fn coalesce(&mut self, all: &[tree::Expr], depth: usize) -> Result<Lowered, Reason> {
        let mut lowered = Vec::with_capacity(all.len());
        for one in all {
            let one = self.at(one, depth)?;
            let is_last = one.gaps == Gaps::None;
            if one.gaps == Gaps::Undefined {
                return Err(Reason::NoAnswers);
            }
            lowered.push(one);
            if is_last {
                break;
            }
        }
        let gaps = lowered.last().map_or(Gaps::None, |last| last.gaps.clone());
        let parts = lowered.iter().map(|one| one.parts).sum();
        let mut shapes = one_type(lowered.into_iter().map(|one| one.shape).collect())?;
        let Some(last) = shapes.pop() else {
            return Err(Reason::Types);
        };
        let branches = shapes
            .into_iter()
            .map(|shape| {
                (
                    Expr::IsNotNull(Box::new(shape.expr().clone())),
                    shape.expr().clone(),
                )
            })
            .collect();
        Ok(Lowered {
            shape: last.with(when(branches, last.expr().clone())),
            gaps,
            parts,
        })
    }
}

/// Where a plan's column is stored: under its own name, or as the fact's id where the plan calls that `id`.
pub fn stored_name<'a>(schema: &Schema, name: &'a str) -> &'a str {
    if name == "id" && schema.column_with_name(name).is_none() {
        FACT_ID
    } else {
        name
    }
}

/// A stored column by its name, taken as it is written.
pub fn column(name: &str) -> Expr {
    col(datafusion::common::Column::new_unqualified(name))
}

/// `case when … then … else … end`.
pub fn when(branches: Vec<(Expr, Expr)>, otherwise: Expr) -> Expr {
    if branches.is_empty() {
        return otherwise;
    }
    let branches = branches
        .into_iter()
        .map(|(test, then)| (Box::new(test), Box::new(then)))
        .collect();
    Expr::Case(Case::new(None, branches, Some(Box::new(otherwise))))
}

/// The word `missing`, in the type its place asks for.
fn missing(of: Type) -> Result<Lowered, Reason> {
    let shape = match of {
        Type::Number(_) => Shape::Number(Decimal::none()),
        Type::Text | Type::Partner => Shape::Text(lit(ScalarValue::Utf8(None))),
        Type::Date => Shape::Date(lit(ScalarValue::Date32(None))),
        Type::Flag => Shape::Flag(lit(ScalarValue::Boolean(None))),
        Type::Duration => return Err(Reason::Types),
    };
    Ok(Lowered {
        shape,
        gaps: Gaps::because("the plan says missing"),
        parts: 1,
    })
}

fn no_answer(shape: &Shape) -> Expr {
    match shape {
        Shape::Number(number) => cast(lit(ScalarValue::Null), number.data_type()),
        Shape::Text(_) => lit(ScalarValue::Utf8(None)),
        Shape::Date(_) => lit(ScalarValue::Date32(None)),
        Shape::Flag(_) => lit(ScalarValue::Boolean(None)),
    }
}

fn joined(left: Lowered, right: Lowered, how: fn(Expr, Expr) -> Expr) -> Result<Lowered, Reason> {
    let (gaps, parts) = (left.gaps.clone().and(&right.gaps), left.parts + right.parts);
    Ok(Lowered {
        shape: Shape::Flag(how(left.flag()?, right.flag()?)),
        gaps,
        parts,
    })
}

fn compared(how: Comparison, left: Lowered, right: Lowered) -> Result<Lowered, Reason> {
    let (gaps, parts) = (left.gaps.clone().and(&right.gaps), left.parts + right.parts);
    let operator = match how {
        Comparison::Equal => Op::Eq,
        Comparison::NotEqual => Op::NotEq,
        Comparison::Less => Op::Lt,
        Comparison::AtMost => Op::LtEq,
        Comparison::More => Op::Gt,
        Comparison::AtLeast => Op::GtEq,
    };
    let (left, right) = match (left.shape, right.shape) {
        (Shape::Number(left), Shape::Number(right)) => {
            let (left, right) = left.aligned(right)?;
            (left.expr, right.expr)
        }
        (Shape::Text(left), Shape::Text(right)) | (Shape::Date(left), Shape::Date(right)) => {
            (left, right)
        }
        (Shape::Flag(left), Shape::Flag(right))
            if matches!(how, Comparison::Equal | Comparison::NotEqual) =>
        {
            (left, right)
        }
        (Shape::Number(_) | Shape::Text(_) | Shape::Date(_) | Shape::Flag(_), _) => {
            return Err(Reason::Types);
        }
    };
    Ok(Lowered {
        shape: Shape::Flag(binary_expr(left, operator, right)),
        gaps,
        parts,
    })
}

/// The later of two where the comparison holds between it and the earlier; none where either is missing.
fn chosen(before: Lowered, next: Lowered, how: Op) -> Result<Lowered, Reason> {
    let (gaps, parts) = (
        before.gaps.clone().and(&next.gaps),
        before.parts + next.parts + 2,
    );
    let nulls: Vec<Expr> = [before.is_null(), next.is_null()]
        .into_iter()
        .flatten()
        .collect();
    let mut shapes = one_type(vec![before.shape, next.shape])?.into_iter();
    let (Some(before), Some(next)) = (shapes.next(), shapes.next()) else {
        return Err(Reason::Types);
    };
    if matches!(before, Shape::Text(_) | Shape::Flag(_)) {
        return Err(Reason::Types);
    }
    let none = no_answer(&before);
    let mut branches: Vec<(Expr, Expr)> =
        nulls.into_iter().map(|null| (null, none.clone())).collect();
    let takes_over = binary_expr(next.expr().clone(), how, before.expr().clone());
    branches.push((takes_over, next.expr().clone()));
    Ok(Lowered {
        shape: before.with(when(branches, before.expr().clone())),
        gaps,
        parts,
    })
}

/// Answers of one type; numbers get room for all of them.
fn one_type(shapes: Vec<Shape>) -> Result<Vec<Shape>, Reason> {
    let mut widest: Option<Decimal> = None;
    for shape in &shapes {
        if let Shape::Number(number) = shape {
            widest = Some(match widest {
                None => number.clone(),
                Some(wide) => wide.aligned(number.clone())?.0,
            });
        }
    }
    let Some(widest) = widest else {
        let same = shapes.windows(2).all(|pair| match pair {
            [one, other] => std::mem::discriminant(one) == std::mem::discriminant(other),
            _ => true,
        });
        return if same { Ok(shapes) } else { Err(Reason::Types) };
    };
    shapes
        .into_iter()
        .map(|shape| match shape {
            Shape::Number(number) => Ok(Shape::Number(number.aligned(widest.clone())?.0)),
            Shape::Text(_) | Shape::Date(_) | Shape::Flag(_) => Err(Reason::Types),
        })
        .collect()
}
