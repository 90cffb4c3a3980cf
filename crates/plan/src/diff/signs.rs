//! Which formulas are never negative, and what must be assumed of named figures for it.
//!
//! A plan says little about signs: a target could be negative, and nobody would agree to it. So a name whose sign does
//! not follow from its formula may be assumed not to be negative; each such assumption is kept and told.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::constant;
use crate::diff::keys::Keys;
use crate::diff::names::{List, Matched, Names, Which};
use crate::diff::steps::Steps;
use crate::diff::uses::Thing;
use crate::tree::{
    BoundKind, Call, Elsewhere, Expr, Fold, FoldBy, Form, Literal, Name, Operator, Plan, Reading,
    Table, Text, Type, WindowPart,
};

/// Signs within one plan.
pub(super) struct Signs<'p> {
    plan: &'p Plan,
    /// What is known of a named figure; none while it is being looked at.
    known: BTreeMap<Thing, Option<bool>>,
    /// Names that are assumed not to be negative.
    pub(super) assumed: BTreeSet<Text>,
    may_assume: bool,
}

/// Where a formula stands: in which band of which table, or in none.
#[derive(Clone, Copy)]
pub(super) struct In<'t> {
    pub(super) table: &'t Table,
    /// The band, by axis.
    pub(super) bands: &'t [usize],
}

/// Named figures are followed so far; what lies deeper is not known.
const DEPTH_MAX: usize = 64;

impl<'p> Signs<'p> {
    pub(super) fn of(plan: &'p Plan) -> Self {
        Self {
            plan,
            known: BTreeMap::new(),
            assumed: BTreeSet::new(),
            may_assume: true,
        }
    }

    /// Whether a formula is never negative, given what had to be assumed for it.
    pub(super) fn is_never_negative(&mut self, expr: &Expr, within: Option<In<'_>>) -> bool {
        // What follows from the plan alone needs no assumption.
        let may_assume = std::mem::replace(&mut self.may_assume, false);
        let follows = self.never_negative(expr, within, 0);
        self.may_assume = may_assume;
        if follows {
            return true;
        }
        let before = self.assumed.clone();
        let holds = self.never_negative(expr, within, 0);
        if !holds {
            self.assumed = before;
        }
        holds
    }

    fn all<'e>(
        &mut self,
        parts: impl IntoIterator<Item = &'e Expr>,
        within: Option<In<'_>>,
        depth: usize,
    ) -> bool {
        let mut all = true;
        for part in parts {
            all = all && self.never_negative(part, within, depth);
        }
        all
    }

    fn never_negative(&mut self, expr: &Expr, within: Option<In<'_>>, depth: usize) -> bool {
        if !matches!(expr.of, Type::Number(_)) || depth > DEPTH_MAX {
            return false;
        }
        if let Some(number) = constant::of_expr(expr) {
            return !number.is_negative();
        }
        match &expr.form {
            Form::Literal(literal) => match literal {
                Literal::Number(number) => !number.is_negative(),
                // A figure that is not there is no negative one.
                Literal::Missing => true,
                Literal::Text(_) | Literal::Date(_) | Literal::Duration(_) | Literal::Flag(_) => {
                    false
                }
            },
            Form::Name(name) => self.name(*name, within, depth),
            Form::Arithmetic(operator, a, b) => match operator {
                Operator::Plus | Operator::Times | Operator::Over => {
                    self.all([&**a, &**b], within, depth)
                }
                Operator::Minus => false,
            },
            Form::Case(arms, otherwise) => {
                let answers = arms.iter().map(|(_, answer)| answer);
                self.all(answers.chain([&**otherwise]), within, depth)
            }
            Form::Call(call) => self.call(call, within, depth),
            Form::Negated(_)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_) => false,
        }
    }

    fn call(&mut self, call: &Call, within: Option<In<'_>>, depth: usize) -> bool {
        match call {
            Call::Least(parts) | Call::Coalesce(parts) => self.all(parts, within, depth),
            Call::Greatest(parts) => {
                let mut any = false;
                for part in parts {
                    any = any || self.never_negative(part, within, depth);
                }
                any
            }
            Call::Clamp { low, high, .. } => self.all([&**low, &**high], within, depth),
            Call::Abs(_) | Call::Rank { .. } => true,
            Call::Round { x, .. } => self.never_negative(x, within, depth),
            Call::Otherwise(x, y) => self.all([&**x, &**y], within, depth),
            Call::Weighted(parts) => {
                let are_positive = parts.iter().all(|(_, weight)| !weight.is_negative());
                are_positive && self.all(parts.iter().map(|(part, _)| part), within, depth)
            }
            Call::Asked(elsewhere, x) => {
                let first = match elsewhere {
                    Elsewhere::Previous(_, first) => first.as_deref(),
                    Elsewhere::PreviousYear
                    | Elsewhere::YearToDate
                    | Elsewhere::SinceStart
                    | Elsewhere::Trailing(_)
                    | Elsewhere::Full
                    | Elsewhere::ToDate => None,
                };
                self.all(std::iter::once(&**x).chain(first), within, depth)
            }
            Call::FoldedBy(fold, x, _) | Call::FoldedKeys(fold, x) => match fold {
                FoldBy::Sum | FoldBy::Min | FoldBy::Max => self.never_negative(x, within, depth),
            },
            Call::Running { x, .. } | Call::Total { x, .. } | Call::Team(x) => {
                self.never_negative(x, within, depth)
            }
            Call::Keyed(x, _) => self.never_negative(x, within, depth),
            Call::Of(_, x) => self.never_negative(x, within, depth),
            Call::Allocate(allocation) => self.never_negative(&allocation.total, within, depth),
            Call::Convert(conversion) => self.never_negative(&conversion.x, within, depth),
            Call::Table(id, arguments) => {
                let plan = self.plan;
                let table = &plan[*id];
                self.table(table, depth + 1)
                    || rises_from_zero(plan, table) && self.all(arguments, within, depth)
            }
            Call::DaysBetween(..) | Call::MonthsBetween(..) | Call::Ever(_) => false,
        }
    }

    /// Whether no band of a table answers a negative figure.
    fn table(&mut self, table: &Table, depth: usize) -> bool {
        match &table.reading {
            Reading::Line(column) => (0..table.axes.first().map_or(0, |axis| axis.bounds.len()))
                .all(|band| {
                    table
                        .cell(&[band], *column)
                        .is_some_and(|cell| self.never_negative(cell, None, depth))
                }),
            Reading::EachBand(formula) | Reading::OneBand(formula) => places(table)
                .iter()
                .all(|bands| self.never_negative(formula, Some(In { table, bands }), depth)),
        }
    }

    fn name(&mut self, name: Name, within: Option<In<'_>>, depth: usize) -> bool {
        let plan = self.plan;
        match name {
            Name::Window(part) => matches!(part, WindowPart::Days | WindowPart::FullDays),
            Name::CreditLevel => true,
            Name::Argument(at) => {
                within.is_some_and(|within| is_above_zero(within, usize::from(at)))
            }
            Name::Lower => within.is_some_and(|within| is_above_zero(within, 0)),
            Name::Slice => within.is_some_and(|within| !is_lowest(within)),
            Name::Width => true,
            Name::Upper => false,
            Name::BandColumn(at) => {
                let cell =
                    within.and_then(|within| within.table.cell(within.bands, usize::from(at)));
                cell.is_some_and(|cell| self.never_negative(cell, within, depth))
            }
            Name::Column(kind, column) => {
                let kind = &plan[kind];
                self.assume(format!("{}.{}", kind.name, kind.column(column).name))
            }
            Name::Term(id) => self.assume(plan[id].name.to_string()),
            Name::Attribute(id) => self.assume(format!("partner.{}", plan[id].name)),
            Name::Measure(id) => {
                let measure = &plan[id];
                match (measure.fold, &measure.of) {
                    (Fold::Count | Fold::CountDistinct, _) => true,
                    (Fold::Sum | Fold::Min | Fold::Max | Fold::Latest, Some(of)) => {
                        let key = (List::Measures, id.index());
                        self.named(key, &measure.name, |signs| {
                            signs.never_negative(of, None, depth + 1)
                        })
                    }
                    (Fold::Sum | Fold::Min | Fold::Max | Fold::Latest, None) => true,
                }
            }
            Name::Value(id) => {
                let value = &plan[id];
                self.named((List::Values, id.index()), &value.name, |signs| {
                    signs.never_negative(&value.formula, None, depth + 1)
                })
            }
            Name::Component(id) => {
                let component = &plan[id];
                self.named((List::Components, id.index()), &component.name, |signs| {
                    let has_floor = component
                        .at_least
                        .as_ref()
                        .is_some_and(|floor| signs.never_negative(floor, None, depth + 1));
                    let stays_above = component
                        .at_most
                        .as_ref()
                        .is_none_or(|cap| signs.never_negative(cap, None, depth + 1));
                    stays_above
                        && (has_floor || signs.never_negative(&component.pays, None, depth + 1))
                })
            }
            Name::Limit(id) => {
                let limit = &plan[id];
                self.assume(limit.name.to_string())
            }
            Name::Followed(..)
            | Name::Partner
            | Name::Filled
            | Name::Was
            | Name::Agreed
            | Name::Key(..) => false,
        }
    }

    /// What follows for a name from what it is made of, or is assumed of it.
    fn named(
        &mut self,
        thing: Thing,
        name: &Text,
        follows: impl FnOnce(&mut Self) -> bool,
    ) -> bool {
        match self.known.get(&thing) {
            Some(Some(known)) => return *known || self.assume(name.to_string()),
            // It reaches itself through the past, where it was not negative if it is not now.
            Some(None) => return true,
            None => {}
        }
        let known = self.known.clone();
        self.known.insert(thing, None);
        let may_assume = std::mem::replace(&mut self.may_assume, false);
        let follows = follows(self);
        self.may_assume = may_assume;
        if !follows {
            // What was found on the way stood on this.
            self.known = known;
        }
        self.known.insert(thing, Some(follows));
        follows || self.assume(name.to_string())
    }

    fn assume(&mut self, name: String) -> bool {
        if self.may_assume {
            self.assumed.insert(name.into());
        }
        self.may_assume
    }
}

/// Whether a table answers nothing negative to what is not negative: it is not negative at zero and never falls.
fn rises_from_zero(plan: &Plan, table: &Table) -> bool {
    let matched = Matched::default();
    let names = Names {
        plan,
        which: Which::Before,
        matched: &matched,
        is_guess: false,
        whole: None,
        columns: None,
    };
    Steps::of(table, &names, &mut Keys::default()).is_some_and(|steps| steps.rises_from_zero())
}

/// Every band of a table, by axis.
pub(super) fn places(table: &Table) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new()];
    for axis in &table.axes {
        places = places
            .into_iter()
            .flat_map(|place: Vec<usize>| {
                (0..axis.bounds.len()).map(move |band| {
                    let mut place = place.clone();
                    place.push(band);
                    place
                })
            })
            .collect();
    }
    places
}

/// Whether a band begins at zero or above, so that nothing in it is negative.
fn is_above_zero(within: In<'_>, axis: usize) -> bool {
    let band = within.bands.get(axis).copied();
    let bound = band.and_then(|band| within.table.axes.get(axis)?.bounds.get(band));
    match bound.map(|bound| &bound.is) {
        Some(
            BoundKind::From(formula)
            | BoundKind::Above(formula)
            | BoundKind::At(formula)
            | BoundKind::Equals(formula),
        ) => constant::of_expr(formula).is_some_and(|figure| !figure.is_negative()),
        Some(BoundKind::Lowest | BoundKind::Otherwise) | None => false,
    }
}

fn is_lowest(within: In<'_>) -> bool {
    let band = within.bands.first().copied().unwrap_or(0);
    let axis = within.table.axes.first();
    axis.and_then(|axis| axis.bounds.get(band))
        .is_none_or(|bound| bound.is == BoundKind::Lowest)
}
