//! How much of each sort of row there is.

use std::cmp::Ordering;
use std::rc::Rc;

use trueup_base::exact::Exact;
use trueup_plan::tree::{ColumnId, Expr, Fold, Name, Type, Unit};

use super::{Scene, Sort};
use crate::analytic::reads::Reads;

/// For each sort of row, how many a window has of it and which figures stand in them; the same in every window of the
/// horizon, and other figures in those before it. Situations are made from one another by the thousand and differ in a
/// figure or two, so they share what is the same in both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Situation {
    copies: Shared<Vec<Exact>>,
    figures: Shared<Vec<Figures>>,
    /// What stands in the one row that there is of each sort in each window before.
    before: Shared<Vec<Figures>>,
}

/// The figures in the open columns of a row.
type Figures = Shared<Vec<(ColumnId, Exact)>>;

/// Something that several situations hold; what they hold together is the same without being looked at.
#[derive(Debug)]
struct Shared<T>(Rc<T>);

impl<T> Shared<T> {
    fn new(all: T) -> Self {
        Self(Rc::new(all))
    }
}

impl<T: Clone> Shared<T> {
    /// For a change, which the others that hold it do not see.
    fn own(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Ord> Ord for Shared<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        match Rc::ptr_eq(&self.0, &other.0) {
            true => Ordering::Equal,
            false => self.0.cmp(&other.0),
        }
    }
}

impl<T: Ord> PartialOrd for Shared<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Ord> Eq for Shared<T> {}

/// What of a sort of row is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Varied {
    /// The figure in a column.
    Column(ColumnId),
    /// How many rows there are.
    Copies,
}

/// One input that is varied: of which sort, and what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Variable {
    pub sort: usize,
    pub what: Varied,
}

/// In which windows an input is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slots {
    /// In all of the horizon alike.
    All,
    /// In one.
    One(usize),
}

impl Slots {
    pub(crate) fn holds(self, scene: &Scene<'_>, slot: usize) -> bool {
        match self {
            Self::All => scene.slots().contains(&slot),
            Self::One(one) => one == slot,
        }
    }
}

impl Situation {
    /// The same figure in every open column, and as many rows of every sort.
    pub(crate) fn even(scene: &Scene<'_>, figure: &Exact, copies: &Exact) -> Self {
        let row = |sort: &Sort| {
            let figures = sort.numbers().map(|column| (column, figure.clone()));
            Shared::new(figures.collect())
        };
        let figures = Shared::new(scene.sorts.iter().map(row).collect());
        Self {
            copies: Shared::new(vec![copies.clone(); scene.sorts.len()]),
            before: Shared::clone(&figures),
            figures,
        }
    }

    /// What an input is here.
    pub(crate) fn figure(&self, variable: Variable) -> Option<&Exact> {
        match variable.what {
            Varied::Copies => self.copies.0.get(variable.sort),
            Varied::Column(column) => in_column(self.figures.0.get(variable.sort)?, column),
        }
    }

    /// What stands in a column of a sort's row in a window.
    pub(crate) fn in_slot(
        &self,
        scene: &Scene<'_>,
        sort: usize,
        slot: usize,
        column: ColumnId,
    ) -> Option<&Exact> {
        let figures = match scene.slots().contains(&slot) || slot == scene.twin() {
            true => &self.figures,
            false => &self.before,
        };
        in_column(figures.0.get(sort)?, column)
    }

    /// How many rows of a sort there are in a window.
    pub(crate) fn copies_in(&self, scene: &Scene<'_>, sort: usize, slot: usize) -> Exact {
        let copies = self.copies(sort);
        if slot == scene.twin() {
            return Exact::ZERO;
        }
        match copies.filter(|_| scene.slots().contains(&slot)) {
            Some(copies) => copies.clone(),
            None => Exact::ONE,
        }
    }

    /// How many rows a window of the horizon has of a sort.
    pub(crate) fn copies(&self, sort: usize) -> Option<&Exact> {
        self.copies.0.get(sort)
    }

    /// The figures in the open columns of a sort.
    pub(crate) fn figures(&self, sort: usize) -> &[(ColumnId, Exact)] {
        self.figures.0.get(sort).map_or(&[], |figures| &figures.0)
    }

    /// Lets a window of the horizon have so many rows of a sort.
    pub(crate) fn set_copies(&mut self, sort: usize, copies: &Exact) {
        if let Some(slot) = self.copies.own().get_mut(sort) {
            *slot = copies.clone();
        }
    }

    /// Lets there be a row of a sort where there is none.
    pub(crate) fn with_a_row(mut self, sort: usize) -> Self {
        if self.copies(sort).is_some_and(Exact::is_zero) {
            self.set_copies(sort, &Exact::ONE);
        }
        self
    }

    /// The same with what stands in the horizon of another also in the windows before.
    pub(crate) fn with_the_past_of(&self, other: &Self) -> Self {
        Self {
            before: other.figures.clone(),
            ..self.clone()
        }
    }

    /// The same with another figure for an input.
    pub(crate) fn with(&self, variable: Variable, figure: &Exact) -> Self {
        let mut other = self.clone();
        match variable.what {
            Varied::Copies => other.set_copies(variable.sort, figure),
            Varied::Column(column) => {
                let figures = other.figures.own().get_mut(variable.sort);
                let mut figures = figures.into_iter().flat_map(Shared::own);
                if let Some((_, slot)) = figures.find(|(of, _)| *of == column) {
                    *slot = figure.clone();
                }
            }
        }
        other
    }
}

fn in_column(figures: &Figures, column: ColumnId) -> Option<&Exact> {
    figures
        .0
        .iter()
        .find(|(of, _)| *of == column)
        .map(|(_, figure)| figure)
}

impl Scene<'_> {
    /// Everything that may be varied.
    pub(crate) fn variables(&self) -> Vec<Variable> {
        let mut all = Vec::new();
        for (sort, at) in self.sorts.iter().zip(0usize..) {
            let moves_any = self
                .moves
                .get(at)
                .is_some_and(|moves| !moves.components.is_empty());
            if sort.is_others || !moves_any {
                continue;
            }
            all.extend(sort.numbers().map(|column| Variable {
                sort: at,
                what: Varied::Column(column),
            }));
            if self.is_counted(at) {
                all.push(Variable {
                    sort: at,
                    what: Varied::Copies,
                });
            }
        }
        all
    }

    /// Whether it matters how many rows of a sort there are, and not only what they add up to.
    fn is_counted(&self, at: usize) -> bool {
        let (Some(sort), Some(moves)) = (self.sorts.get(at), self.moves.get(at)) else {
            return false;
        };
        let has_numbers = sort.numbers().next().is_some();
        let is_summed = |id: &trueup_plan::tree::MeasureId| match self.plan[*id].fold {
            Fold::Sum | Fold::Min | Fold::Max | Fold::Latest => has_numbers,
            Fold::Count | Fold::CountDistinct => false,
        };
        // Where rows stand in an order or share something, one cannot stand for many.
        let is_in_order = moves.components.iter().any(|id| {
            self.reads
                .get(id.index())
                .is_some_and(|reads| reads.in_order && reads.rows.contains(&sort.kind))
        });
        if is_in_order {
            return false;
        }
        let is_paid = self.plan.components.iter().any(|component| {
            component
                .each
                .as_ref()
                .is_some_and(|each| each.kind == sort.kind)
        });
        is_paid || !moves.measures.iter().all(is_summed)
    }

    /// The smallest step in which an input moves as people write it: a cent, a piece, a hundredth.
    pub(crate) fn step(&self, variable: Variable) -> Exact {
        let cents = || Exact::from_scaled(1, 2);
        match (variable.what, self.sorts.get(variable.sort)) {
            (Varied::Copies, _) | (_, None) => Exact::ONE,
            (Varied::Column(column), Some(sort)) => match self.plan[sort.kind].column(column).of {
                Type::Number(Unit::MONEY) => self.plan.currency.minor_unit(),
                Type::Number(Unit::COUNT) => Exact::ONE,
                Type::Number(Unit::RATIO) => Exact::from_scaled(1, 4),
                _ => cents(),
            },
        }
    }

    /// Whether a formula asks for the figures of a sort of row.
    pub(crate) fn asks_for_figures(&self, sort: &Sort, formula: &Expr) -> bool {
        let reads = Reads::of_formula(self.plan, formula);
        sort.numbers()
            .any(|column| reads.names.contains(&Name::Column(sort.kind, column)))
    }

    /// Whether a row counts, or is paid on, by what its figures are.
    pub(crate) fn counts_by_figures(&self, at: usize) -> bool {
        let (Some(sort), Some(moves)) = (self.sorts.get(at), self.moves.get(at)) else {
            return false;
        };
        let reads_figure = |formula: &Expr| self.asks_for_figures(sort, formula);
        let by_filter = moves.measures.iter().any(|id| {
            let measure = &self.plan[*id];
            measure.filter.as_ref().is_some_and(reads_figure)
        });
        let by_rows = self.plan.components.iter().any(|component| {
            let each = component.each.as_ref();
            each.is_some_and(|each| {
                each.kind == sort.kind && each.filter.as_ref().is_some_and(reads_figure)
            })
        });
        by_filter || by_rows
    }

    /// A figure that an input plainly may have, where the plan compares it with nothing.
    pub(crate) fn usual(&self, variable: Variable) -> Exact {
        let of = match (variable.what, self.sorts.get(variable.sort)) {
            (Varied::Copies, _) | (_, None) => return Exact::from_int(3),
            (Varied::Column(column), Some(sort)) => self.plan[sort.kind].column(column).of,
        };
        match of {
            Type::Number(Unit::RATIO) => Exact::ONE,
            Type::Number(Unit::SCORE) => Exact::from_int(5),
            Type::Number(Unit::COUNT) => Exact::from_int(10),
            _ => Exact::from_int(1_000),
        }
    }

    /// Whether an input may be below zero: money may, since returns take back.
    pub(crate) fn may_be_negative(&self, variable: Variable) -> bool {
        match (variable.what, self.sorts.get(variable.sort)) {
            (Varied::Copies, _) | (_, None) => false,
            (Varied::Column(column), Some(sort)) => matches!(
                self.plan[sort.kind].column(column).of,
                Type::Number(unit) if unit.money > 0
            ),
        }
    }

    /// Whether an input is money, or the number of rows in which there is some.
    pub(crate) fn brings_money(&self, variable: Variable) -> bool {
        let sort = self.sorts.get(variable.sort);
        match variable.what {
            Varied::Column(_) => self.may_be_negative(variable),
            Varied::Copies => sort.is_some_and(|sort| {
                let mut columns = sort.numbers();
                columns.any(|column| {
                    self.plan[sort.kind].column(column).of == Type::Number(Unit::MONEY)
                })
            }),
        }
    }
}
