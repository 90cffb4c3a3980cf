//! Sorts of rows: which rows a plan tells apart, found from what it compares.
//!
//! A plan that pays on product A and on new customers knows four sorts of sale. For each kind of fact one row is made
//! up that meets every condition it can, and from it others, one condition of the plan changed at a time. Numbers are
//! left open: they are what is varied.

use std::collections::BTreeSet;

use trueup_engine::world::Cell;
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{
    Call, ColumnId, Comparison, CreditTo, Expr, Form, KindId, Literal, Name, NoAnswerKind, Plan,
    Text, Type,
};

use super::terms::texts_of;
use crate::analytic::reads::Reads;

/// What stands in a column of a sort of row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Filled {
    /// Always this.
    Cell(Cell),
    /// Something else in each row.
    Different,
    /// A day so many days after the row's own.
    DaysAfter(i64),
    /// The partner looked at, the one below, or another one.
    Whose(Who),
    /// A number, which is varied.
    Open,
}

/// Who stands in a column of type partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    Own,
    Below,
    Other,
}

/// A sort of row of one kind, credited in one way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sort {
    pub kind: KindId,
    /// The credit line by which the partner looked at is credited.
    pub line: u16,
    /// Whether it is another partner's, so that there is somebody to share and be compared with.
    pub is_others: bool,
    /// What stands in each column.
    pub cells: Vec<Filled>,
}

impl Sort {
    /// The columns that are varied.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = ColumnId> + '_ {
        self.cells
            .iter()
            .zip((0u16..).map(ColumnId))
            .filter(|(filled, _)| **filled == Filled::Open)
            .map(|(_, column)| column)
    }
}

/// The most sorts of one kind that are told apart.
const SORTS_MAX: usize = 40;
/// The most texts of one column that are told apart.
const TEXTS_MAX: usize = 24;
/// How far apart the days of one row are tried, beside none at all.
const DAYS_APART: [i64; 5] = [0, 45, 100, 400, -45];

/// The sorts of a kind that a plan may tell apart; many of them will turn out to make no difference.
pub(crate) fn of(plan: &Plan, id: KindId, reads: &Reads) -> Vec<Sort> {
    let kind = &plan[id];
    let mut read: BTreeSet<ColumnId> = BTreeSet::new();
    for name in &reads.names {
        if let Name::Column(of, column) | Name::Followed(of, column, _) = name
            && *of == id
        {
            read.insert(*column);
        }
    }
    let first = plain(plan, id, 0, &read);
    let mut all = vec![first.clone()];
    for (_, line) in kind.credited.iter().zip(0u16..).skip(1) {
        all.push(plain(plan, id, line, &read));
    }
    let add = |sort: Sort, all: &mut Vec<Sort>| {
        if all.len() < SORTS_MAX && !all.contains(&sort) {
            all.push(sort);
        }
    };
    // Who is credited otherwise is so on rows that count as on those that do not.
    let of_lines = all.clone();
    for test in tests_of(plan, id) {
        for wanted in [true, false] {
            for like in &of_lines {
                let mut sort = like.clone();
                lean(plan, id, test, wanted, &mut sort);
                add(sort, &mut all);
            }
        }
    }
    for column in &read {
        for filled in alternatives(plan, id, *column) {
            let mut sort = first.clone();
            if let Some(slot) = sort.cells.get_mut(column.index())
                && !matches!(slot, Filled::Whose(_))
                && *column != kind.dated
            {
                *slot = filled;
                add(sort, &mut all);
            }
        }
    }
    if reads.others {
        let mut others = first;
        others.is_others = true;
        for filled in &mut others.cells {
            if *filled == Filled::Whose(Who::Own) {
                *filled = Filled::Whose(Who::Other);
            }
        }
        all.push(others);
    }
    all
}

/// A row that nothing special is to be said of.
fn plain(plan: &Plan, id: KindId, line: u16, read: &BTreeSet<ColumnId>) -> Sort {
    let kind = &plan[id];
    let credited = kind.credited.get(usize::from(line));
    let cells = kind
        .columns
        .iter()
        .zip((0u16..).map(ColumnId))
        .map(|(column, at)| match column.of {
            Type::Partner => match credited.map(|credited| &credited.to) {
                Some(CreditTo::Column(own)) if *own == at => Filled::Whose(Who::Own),
                Some(CreditTo::Upline(below)) if *below == at => Filled::Whose(Who::Below),
                Some(CreditTo::Column(_) | CreditTo::Upline(_)) | None => {
                    let is_credited = kind.credited.iter().any(|other| match other.to {
                        CreditTo::Column(column) | CreditTo::Upline(column) => column == at,
                    });
                    match is_credited && line == 0 {
                        true => Filled::Cell(Cell::Empty),
                        false => Filled::Whose(Who::Other),
                    }
                }
            },
            Type::Date => Filled::DaysAfter(0),
            Type::Flag => Filled::Cell(Cell::Flag(true)),
            Type::Number(_) if read.contains(&at) => Filled::Open,
            Type::Number(_) | Type::Duration => Filled::Cell(Cell::Empty),
            Type::Text => match texts(plan, id, at).into_iter().next() {
                Some(text) => Filled::Cell(Cell::Text(text)),
                None => Filled::Different,
            },
        })
        .collect();
    Sort {
        kind: id,
        line,
        is_others: false,
        cells,
    }
}

/// The texts a column is compared with, or told apart by as the key of a measure.
fn texts(plan: &Plan, id: KindId, column: ColumnId) -> Vec<Text> {
    let mut found = texts_of(plan, Name::Column(id, column));
    for measure in &plan.measures {
        if let Some(by) = &measure.by
            && matches!(by.form, Form::Name(Name::Column(of, at)) if (of, at) == (id, column))
        {
            for key in &measure.keys {
                if !found.contains(key) {
                    found.push(key.clone());
                }
            }
        }
    }
    found.truncate(TEXTS_MAX);
    found
}

/// What else may stand in a column.
fn alternatives(plan: &Plan, id: KindId, column: ColumnId) -> Vec<Filled> {
    match plan[id].column(column).of {
        Type::Text => {
            let texts = texts(plan, id, column).into_iter();
            texts
                .map(|text| Filled::Cell(Cell::Text(text)))
                .chain([Filled::Different])
                .collect()
        }
        Type::Flag => vec![Filled::Cell(Cell::Flag(false))],
        Type::Date => DAYS_APART
            .into_iter()
            .map(Filled::DaysAfter)
            .chain([Filled::Cell(Cell::Empty)])
            .collect(),
        Type::Number(_) | Type::Duration | Type::Partner => Vec::new(),
    }
}

/// Every condition on the rows of a kind.
fn tests_of(plan: &Plan, id: KindId) -> Vec<&Expr> {
    let mut tests = Vec::new();
    for measure in plan.measures.iter().filter(|measure| measure.kind == id) {
        tests.extend(&measure.filter);
    }
    for component in &plan.components {
        if let Some(each) = component.each.as_ref().filter(|each| each.kind == id) {
            tests.extend(&each.filter);
        }
    }
    for formula in formulas(plan) {
        arms(formula, id, &mut tests);
    }
    tests
}

fn arms<'p>(formula: &'p Expr, id: KindId, tests: &mut Vec<&'p Expr>) {
    if let Form::Case(arms, _) = &formula.form {
        tests.extend(
            arms.iter()
                .map(|(test, _)| test)
                .filter(|test| reads_row(test, id)),
        );
    }
    for part in parts(formula) {
        arms(part, id, tests);
    }
}

fn reads_row(formula: &Expr, id: KindId) -> bool {
    match &formula.form {
        Form::Name(Name::Column(of, _) | Name::Followed(of, _, _)) => *of == id,
        _ => parts(formula).into_iter().any(|part| reads_row(part, id)),
    }
}

/// Makes a row as a condition wants it, as far as that is a matter of texts, flags and what is there.
fn lean(plan: &Plan, id: KindId, test: &Expr, wanted: bool, sort: &mut Sort) {
    let kind = &plan[id];
    let column = |expr: &Expr| match &expr.form {
        Form::Name(Name::Column(of, at)) if *of == id => Some(*at),
        _ => None,
    };
    let mut set = |at: ColumnId, filled: Filled| {
        if let Some(slot) = sort.cells.get_mut(at.index())
            && !matches!(slot, Filled::Whose(_))
        {
            *slot = filled;
        }
    };
    match &test.form {
        Form::Name(Name::Column(of, at)) if *of == id => {
            set(*at, Filled::Cell(Cell::Flag(wanted)));
        }
        Form::Not(inner) => lean(plan, id, inner, !wanted, sort),
        Form::Name(Name::Value(value)) => lean(plan, id, &plan[*value].formula, wanted, sort),
        Form::Call(Call::Coalesce(all)) => {
            if let Some(first) = all.first() {
                lean(plan, id, first, wanted, sort);
            }
        }
        Form::And(all) if wanted => {
            for one in all {
                lean(plan, id, one, true, sort);
            }
        }
        Form::Or(all) if !wanted => {
            for one in all {
                lean(plan, id, one, false, sort);
            }
        }
        Form::And(all) | Form::Or(all) => {
            if let Some(first) = all.iter().find(|one| reads_row(one, id)) {
                lean(plan, id, first, wanted, sort);
            }
        }
        Form::Compared(how, left, right) if days_between(left, right).is_some() => {
            if let Some((from, until, days)) = days_between(left, right) {
                let apart = [days, days + 1, days - 1];
                let apart = apart
                    .into_iter()
                    .find(|apart| holds(*how, *apart, days) == wanted);
                match (column(from), column(until), apart) {
                    (Some(at), _, Some(apart)) if at != kind.dated => {
                        set(at, Filled::DaysAfter(-apart));
                    }
                    (_, Some(at), Some(apart)) if at != kind.dated => {
                        set(at, Filled::DaysAfter(apart));
                    }
                    (_, _, _) => {}
                }
            }
        }
        Form::Compared(how @ (Comparison::Equal | Comparison::NotEqual), left, right) => {
            let (at, says) = match (column(left), column(right)) {
                (Some(at), _) => (at, right),
                (None, Some(at)) => (at, left),
                (None, None) => return,
            };
            if let Form::Literal(Literal::Text(text)) = &says.form {
                match (*how == Comparison::Equal) == wanted {
                    true => set(at, Filled::Cell(Cell::Text(text.clone()))),
                    false => set(at, Filled::Different),
                }
            }
        }
        Form::In(x, list) => {
            let first = list.first().map(|first| &first.form);
            if let (Some(at), Some(Form::Literal(Literal::Text(text)))) = (column(x), first) {
                match wanted {
                    true => set(at, Filled::Cell(Cell::Text(text.clone()))),
                    false => set(at, Filled::Different),
                }
            }
        }
        Form::Is(x, NoAnswerKind::Missing) => {
            if let Some(at) = column(x) {
                let present = match kind.column(at).of {
                    Type::Date => Filled::DaysAfter(0),
                    Type::Text => Filled::Different,
                    Type::Flag => Filled::Cell(Cell::Flag(true)),
                    Type::Partner => Filled::Whose(Who::Other),
                    Type::Number(_) => Filled::Open,
                    Type::Duration => Filled::Cell(Cell::Empty),
                };
                match wanted {
                    true => set(at, Filled::Cell(Cell::Empty)),
                    false => set(at, present),
                }
            }
        }
        _ => {}
    }
}

/// The two days of which a comparison says how far apart they are, and the figure.
fn days_between<'f>(left: &'f Expr, right: &'f Expr) -> Option<(&'f Expr, &'f Expr, i64)> {
    match (&left.form, &right.form) {
        (Form::Call(Call::DaysBetween(from, until)), Form::Literal(Literal::Number(days))) => {
            Some((from, until, days.to_i64()?))
        }
        (_, _) => None,
    }
}

fn holds(how: Comparison, left: i64, right: i64) -> bool {
    match how {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::AtMost => left <= right,
        Comparison::More => left > right,
        Comparison::AtLeast => left >= right,
    }
}
