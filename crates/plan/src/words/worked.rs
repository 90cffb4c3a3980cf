//! Worked lines: what a table gives for one figure, by exact arithmetic.
//!
//! Only what the table's own text decides is worked out: figures, agreed terms, and names for which a round figure is
//! supposed and said to be. The engine is the judge of what a plan pays; its tests hold these lines to it.

use std::collections::BTreeMap;

use crate::tree::{
    BoundKind, Call, Comparison, Expr, Form, Literal, Name, Operator, Reading, Table,
};
use trueup_base::exact::Exact;

/// What a formula is asked with.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    /// Figures of names: agreed, or supposed.
    pub(super) names: BTreeMap<Name, Exact>,
    /// The table's argument.
    argument: Option<Exact>,
    band: Option<Band>,
}

/// The names known inside a band.
#[derive(Clone, Debug)]
struct Band {
    lower: Option<Exact>,
    upper: Option<Exact>,
    is_filled: bool,
    slice: Exact,
    cells: Vec<Option<Exact>>,
}

/// What a table gives for a figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    /// The figure the table is asked with.
    pub argument: Exact,
    /// What each band gives that was entered, by its position, lowest first; of a line both its points.
    pub bands: Vec<(usize, Exact)>,
    /// What the table gives.
    pub answer: Exact,
}

/// The number a formula writes out, if it writes one.
pub(super) fn constant(expr: &Expr) -> Option<Exact> {
    Given::default().number(expr)
}

impl Given {
    /// Figures for names.
    pub(super) fn with(names: BTreeMap<Name, Exact>) -> Self {
        Self {
            names,
            ..Self::default()
        }
    }

    /// A number, if what is given decides it.
    pub(super) fn number(&self, expr: &Expr) -> Option<Exact> {
        match &expr.form {
            Form::Literal(Literal::Number(number)) => Some(number.clone()),
            Form::Name(name) => self.name(*name),
            Form::Negated(x) => Some(-self.number(x)?),
            Form::Arithmetic(operator, a, b) => {
                let (a, b) = (self.number(a)?, self.number(b)?);
                match operator {
                    Operator::Plus => Some(a + b),
                    Operator::Minus => Some(a - b),
                    Operator::Times => Some(a * b),
                    Operator::Over => a.checked_div(&b),
                }
            }
            Form::Case(arms, otherwise) => {
                for (test, answer) in arms {
                    if self.holds(test)? {
                        return self.number(answer);
                    }
                }
                self.number(otherwise)
            }
            Form::Call(call) => self.called(call),
            Form::Literal(_)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_) => None,
        }
    }

    fn called(&self, call: &Call) -> Option<Exact> {
        let all = |of: &[Expr]| {
            of.iter()
                .map(|x| self.number(x))
                .collect::<Option<Vec<_>>>()
        };
        match call {
            Call::Least(of) => all(of)?.into_iter().min(),
            Call::Greatest(of) => all(of)?.into_iter().max(),
            Call::Clamp { x, low, high } => {
                let (x, low, high) = (self.number(x)?, self.number(low)?, self.number(high)?);
                Some(x.max(low).min(high))
            }
            Call::Abs(x) => Some(self.number(x)?.abs()),
            Call::Round { x, to, mode } => self.number(x)?.round_to(&self.number(to)?, *mode),
            Call::Weighted(of) => {
                let mut sum = Exact::ZERO;
                for (x, weight) in of {
                    sum += self.number(x)? * weight;
                }
                Some(sum)
            }
            Call::Coalesce(_)
            | Call::Otherwise(..)
            | Call::DaysBetween(..)
            | Call::MonthsBetween(..)
            | Call::Asked(..)
            | Call::FoldedBy(..)
            | Call::Ever(_)
            | Call::Running { .. }
            | Call::Table(..)
            | Call::Keyed(..)
            | Call::FoldedKeys(..)
            | Call::Total { .. }
            | Call::Team(_)
            | Call::Rank { .. }
            | Call::Allocate(_)
            | Call::Of(..)
            | Call::Convert(_) => None,
        }
    }

    fn name(&self, name: Name) -> Option<Exact> {
        let band = self.band.as_ref();
        match name {
            Name::Argument(0) => self.argument.clone(),
            Name::BandColumn(at) => band?.cells.get(usize::from(at))?.clone(),
            Name::Lower => band?.lower.clone(),
            Name::Upper => band?.upper.clone(),
            Name::Width => Some(band?.upper.clone()? - band?.lower.clone()?),
            Name::Slice => Some(band?.slice.clone()),
            Name::Argument(_)
            | Name::Filled
            | Name::Column(..)
            | Name::Followed(..)
            | Name::Term(_)
            | Name::Measure(_)
            | Name::Value(_)
            | Name::Component(_)
            | Name::Limit(_)
            | Name::Attribute(_)
            | Name::Partner
            | Name::Window(_)
            | Name::CreditLevel
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => self.names.get(&name).cloned(),
        }
    }

    /// Whether a condition holds, if what is given decides it.
    fn holds(&self, expr: &Expr) -> Option<bool> {
        match &expr.form {
            Form::Literal(Literal::Flag(flag)) => Some(*flag),
            Form::Name(Name::Filled) => Some(self.band.as_ref()?.is_filled),
            Form::Compared(how, a, b) => {
                let order = self.number(a)?.cmp(&self.number(b)?);
                Some(match how {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::AtMost => order.is_le(),
                    Comparison::More => order.is_gt(),
                    Comparison::AtLeast => order.is_ge(),
                })
            }
            Form::Between(x, low, high) => {
                let x = self.number(x)?;
                Some(x >= self.number(low)? && x <= self.number(high)?)
            }
            Form::Not(x) => Some(!self.holds(x)?),
            Form::And(parts) => {
                let all: Option<Vec<bool>> = parts.iter().map(|part| self.holds(part)).collect();
                Some(all?.into_iter().all(|holds| holds))
            }
            Form::Or(parts) => {
                let all: Option<Vec<bool>> = parts.iter().map(|part| self.holds(part)).collect();
                Some(all?.into_iter().any(|holds| holds))
            }
            Form::Literal(_)
            | Form::Name(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Case(..)
            | Form::Call(_) => None,
        }
    }

    /// The figures the bands of a table with one argument begin with, none where a band is open below; nothing when they
    /// are not decided, do not rise, or answer to keys.
    pub(super) fn bounds(&self, table: &Table) -> Option<Vec<Option<Exact>>> {
        let [axis] = table.axes.as_slice() else {
            return None;
        };
        let mut figures = Vec::with_capacity(axis.bounds.len());
        for bound in &axis.bounds {
            figures.push(match &bound.is {
                BoundKind::Lowest => None,
                BoundKind::From(bound) | BoundKind::Above(bound) | BoundKind::At(bound) => {
                    Some(self.number(bound)?)
                }
                BoundKind::Equals(_) | BoundKind::Otherwise => return None,
            });
        }
        let rise: Vec<&Exact> = figures.iter().flatten().collect();
        rise.windows(2)
            .all(|pair| matches!(pair, [a, b] if a < b))
            .then_some(figures)
    }

    /// What a table with one argument gives for a figure.
    pub(super) fn worked(&self, table: &Table, argument: Exact) -> Option<Worked> {
        let bounds = self.bounds(table)?;
        let axis = table.axes.first()?;
        let is_entered = |at: usize| match (bounds.get(at), axis.bounds.get(at)) {
            (Some(None), _) => true,
            (Some(Some(figure)), Some(bound)) => match bound.is {
                // The lowest bound always belongs to the first band.
                BoundKind::Above(_) if at > 0 => argument > *figure,
                _ => argument >= *figure,
            },
            (_, _) => false,
        };
        if let Reading::Line(column) = table.reading {
            return self.on_line(table, column, &bounds, argument);
        }
        let last = (0..bounds.len()).rev().find(|at| is_entered(*at))?;
        let in_band = |at: usize, formula: &Expr| {
            let lower = bounds.get(at).cloned().flatten();
            let upper = bounds.get(at + 1).cloned().flatten();
            let is_filled = is_entered(at + 1);
            let reached = match &upper {
                Some(upper) if is_filled => upper.clone(),
                Some(_) | None => argument.clone(),
            };
            let base = lower
                .clone()
                .or_else(|| upper.clone())
                .unwrap_or(Exact::ZERO);
            let mut inside = Self {
                names: self.names.clone(),
                argument: Some(argument.clone()),
                band: Some(Band {
                    slice: reached - base,
                    lower,
                    upper,
                    is_filled,
                    cells: Vec::new(),
                }),
            };
            let cells = (0..table.columns.len())
                .map(|column| inside.number(table.cell(&[at], column)?))
                .collect();
            if let Some(band) = &mut inside.band {
                band.cells = cells;
            }
            inside.number(formula)
        };
        let mut bands = Vec::new();
        match &table.reading {
            Reading::EachBand(formula) => {
                for at in 0..=last {
                    bands.push((at, in_band(at, formula)?));
                }
            }
            Reading::OneBand(formula) => bands.push((last, in_band(last, formula)?)),
            Reading::Line(_) => return None,
        }
        let answer = bands.iter().fold(Exact::ZERO, |sum, (_, part)| &sum + part);
        Some(Worked {
            argument,
            bands,
            answer,
        })
    }

    fn on_line(
        &self,
        table: &Table,
        column: usize,
        bounds: &[Option<Exact>],
        argument: Exact,
    ) -> Option<Worked> {
        let at = |band: usize| {
            let from = bounds.get(band)?.clone()?;
            Some((from, self.number(table.cell(&[band], column)?)?))
        };
        let mut bands = Vec::new();
        let mut answer = at(0)?.1;
        for band in 0..bounds.len() {
            let (from, height) = at(band)?;
            if argument < from {
                break;
            }
            (answer, bands) = match at(band + 1) {
                Some((until, next)) => {
                    let part = (&argument - &from).checked_div(&(until - from))?;
                    let here = &height + &((&next - &height) * part);
                    (here, vec![(band, height), (band + 1, next)])
                }
                None => (height.clone(), vec![(band, height)]),
            };
        }
        Some(Worked {
            argument,
            bands,
            answer,
        })
    }
}
