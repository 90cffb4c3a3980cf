//! What a pass adds up over some files, apart from the questions asked: by partner, day or month, key and value.
//!
//! Layers of different files add up to the layer of them all, in any order: sums and counts add, the smallest, largest and
//! latest win. So a file is read once, and what it came to is kept. A layer knows nothing of agreements or periods; it
//! becomes [`Gathered`] answers when somebody asks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::datatypes::i256;
use trueup_base::date::Date;
use trueup_engine::world::PartnerIx;

use super::super::edges::{Edges, Step};
use super::super::few::{Few, Wins};
use super::super::partials::{Answers, Gathered, Group, Value};
use super::super::pass::month_number;
use crate::dates::{day_number, day_of_number};

/// How a layer tells days apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// By the month, whatever is asked: it serves every question whose windows begin with months.
    Months,
    /// By the edges of the questions.
    Edges,
}

impl Grid {
    /// The coarsest grid that tells these edges apart and outlives them.
    pub fn of(mut edges: impl Iterator<Item = Date>) -> Self {
        if edges.all(|edge| edge.day() == 1) {
            Self::Months
        } else {
            Self::Edges
        }
    }
}

/// The day of a row that was known from the start.
pub const FROM_THE_START: i32 = i32::MIN;

/// Which rows are added up together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The partner, by its place among the layer's names.
    pub partner: u32,
    /// The key, by its place.
    pub key: u32,
    /// When it became known: a month, or the edges passed.
    pub known: i32,
    /// When it happened: a month, or the shared edges passed.
    pub step: i32,
    /// The partner's own edges passed.
    pub own: u32,
    /// The value, by its place.
    pub value: u32,
}

/// What a pass adds up over some files: cells in order, and the answers of each slot in the order of the cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// The partners, in order.
    pub names: Vec<Arc<str>>,
    /// The keys.
    pub keys: Vec<Value>,
    /// The values, where different ones are counted.
    pub values: Vec<Value>,
    /// The cells, in order.
    pub cells: Vec<Cell>,
    /// One of each slot.
    pub slots: Vec<Answers>,
}

/// How the cells of a layer answer a question: where its windows begin and end, and whose they are.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// How days are told apart.
    pub days: Grid,
    /// How days of knowledge are told apart.
    pub known: Grid,
    /// Where windows begin and end.
    pub edges: &'a Edges,
    /// The days before which things must be known.
    pub known_before: &'a [Date],
    /// The partners asked about, by their ids.
    pub partners: &'a HashMap<&'a str, PartnerIx>,
}

/// Answers being gathered from layers.
#[derive(Debug, Default)]
pub struct Gathering {
    /// What was gathered.
    pub gathered: Gathered,
    /// Values by their number: the same value of two layers is one.
    numbers: HashMap<Value, u32>,
}

impl Gathering {
    fn value(&mut self, value: &Value) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let next = u32::try_from(self.gathered.values.len()).unwrap_or(u32::MAX);
        self.gathered.values.push(value.clone());
        self.numbers.insert(value.clone(), next);
        next
    }
}

impl Layer {
    /// The cells of a partner.
    fn of_partner(&self, at: usize) -> Range<usize> {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let from = self.cells.partition_point(|cell| cell.partner < at);
        let until = self.cells.partition_point(|cell| cell.partner <= at);
        from..until
    }

    /// Adds the layer's cells to the answers: those of the partners asked about, in windows that are asked.
    pub fn gather(&self, asking: &Asking<'_>, gathering: &mut Gathering) {
        let values: Vec<u32> = self
            .values
            .iter()
            .map(|value| gathering.value(value))
            .collect();
        let into = &mut gathering.gathered;
        if into.slots.is_empty() {
            into.slots = self.slots.iter().map(Answers::empty).collect();
        }
        let keys: Vec<Option<u32>> = self.keys.iter().map(|key| into.key(key)).collect();
        let steps = Steps::of(asking);
        let mut take = |range: Range<usize>, partner: PartnerIx, rows: &mut Vec<u32>| {
            for (at, cell) in self
                .cells
                .get(range.clone())
                .unwrap_or_default()
                .iter()
                .enumerate()
            {
                let Some(step) = steps.step(cell) else {
                    continue;
                };
                let key = match self.keys.is_empty() {
                    true => Some(0),
                    false => keys.get(cell.key as usize).copied().flatten(),
                };
                let Some(key) = key else { continue };
                into.groups.push(Group {
                    partner,
                    key,
                    known: steps.known(cell),
                    step,
                    value: values.get(cell.value as usize).copied().unwrap_or(0),
                });
                rows.push(u32::try_from(range.start + at).unwrap_or(u32::MAX));
            }
        };
        let mut rows = Vec::new();
        if asking.partners.len() * 8 < self.names.len() {
            // Few of many: each is looked up. The order of groups does not matter.
            for (id, partner) in asking.partners {
                if let Ok(at) = self.names.binary_search_by(|name| (**name).cmp(id)) {
                    take(self.of_partner(at), *partner, &mut rows);
                }
            }
        } else {
            let mut from = 0;
            for (name, at) in self.names.iter().zip(0u32..) {
                let until = from
                    + self
                        .cells
                        .get(from..)
                        .unwrap_or_default()
                        .partition_point(|cell| cell.partner <= at);
                if let Some(partner) = asking.partners.get(&**name) {
                    take(from..until, *partner, &mut rows);
                }
                from = until;
            }
        }
        for (slot, into) in self.slots.iter().zip(&mut into.slots) {
            slot.pick(&rows, into);
        }
    }
}

/// Cells' months as the steps of a question.
struct Steps<'a> {
    asking: &'a Asking<'a>,
    /// The step of each month, from the first edge's month on.
    months: Vec<u32>,
    first: i32,
    known: Vec<i32>,
}

impl<'a> Steps<'a> {
    fn of(asking: &'a Asking<'a>) -> Self {
        let shared = &asking.edges.shared;
        let mut months = Vec::new();
        let first = shared.first().map_or(0, |edge| month_number(*edge));
        for (pair, passed) in shared.windows(2).zip(1u32..) {
            if let [from, until] = pair {
                months.extend((month_number(*from)..month_number(*until)).map(|_| passed));
            }
        }
        Self {
            asking,
            months,
            first,
            known: asking
                .known_before
                .iter()
                .map(|day| month_number(*day))
                .collect(),
        }
    }

    /// The step of a cell; none outside of all windows.
    fn step(&self, cell: &Cell) -> Option<Step> {
        let shared = match self.asking.days {
            Grid::Months => {
                let at = usize::try_from(cell.step.checked_sub(self.first)?).ok()?;
                *self.months.get(at)?
            }
            Grid::Edges => {
                let passed = u32::try_from(cell.step).ok()?;
                let is_inside = passed > 0 && (passed as usize) < self.asking.edges.shared.len();
                is_inside.then_some(passed)?
            }
        };
        Some(Step::new(shared, cell.own))
    }

    fn known(&self, cell: &Cell) -> u32 {
        if cell.known == FROM_THE_START || self.asking.known_before.is_empty() {
            return 0;
        }
        let passed = match self.asking.known {
            Grid::Months => self.known.partition_point(|month| *month <= cell.known),
            Grid::Edges => usize::try_from(cell.known).unwrap_or(0),
        };
        u32::try_from(passed).unwrap_or(u32::MAX)
    }
}

/// How many edges lie on or before a day, for every day of a span, found by looking it up.
#[derive(Debug)]
pub struct DayTable {
    first: i32,
    passed: Vec<i32>,
    grid: Grid,
    edges: Vec<i32>,
}

/// The days that are looked up in a table: 1990 to 2050.
const TABLE_FIRST: Date = Date::constant(1990, 1, 1);
const TABLE_DAYS: usize = 22_000;

impl DayTable {
    /// The table of a grid over some edges.
    pub fn of(grid: Grid, edges: &[Date]) -> Self {
        let first = day_number(TABLE_FIRST);
        let mut table = Self {
            first,
            passed: Vec::new(),
            grid,
            edges: edges.iter().map(|day| day_number(*day)).collect(),
        };
        table.passed = (first..)
            .take(TABLE_DAYS)
            .map(|day| table.find(day))
            .collect();
        table
    }

    /// Where a day lies on the grid.
    pub fn at(&self, day: i32) -> i32 {
        let at = usize::try_from(i64::from(day) - i64::from(self.first));
        match at.ok().and_then(|at| self.passed.get(at)) {
            Some(passed) => *passed,
            None => self.find(day),
        }
    }

    fn find(&self, day: i32) -> i32 {
        match self.grid {
            // A stored day lies in the years 1 to 9999.
            Grid::Months => day_of_number(day).map_or(FROM_THE_START + 1, month_number),
            Grid::Edges => {
                i32::try_from(self.edges.partition_point(|edge| *edge <= day)).unwrap_or(i32::MAX)
            }
        }
    }
}

impl Answers {
    /// No answers of the same kind.
    pub fn empty(&self) -> Self {
        match self {
            Self::Counts(_) => Self::Counts(Vec::new()),
            Self::Sums(_, scale) => Self::Sums(Vec::new(), *scale),
            Self::WideSums(_, scale) => Self::WideSums(Vec::new(), *scale),
            Self::Extremes(_, scale, least) => Self::Extremes(Vec::new(), *scale, *least),
            Self::WideExtremes(_, scale, least) => Self::WideExtremes(Vec::new(), *scale, *least),
            Self::Latest(_) => Self::Latest(Vec::new()),
        }
    }

    /// Adds the answers at some places to others of the same kind.
    pub(super) fn pick(&self, rows: &[u32], into: &mut Self) {
        fn add<T: Clone>(from: &[T], rows: &[u32], into: &mut Vec<T>) {
            into.extend(
                rows.iter()
                    .filter_map(|row| from.get(*row as usize).cloned()),
            );
        }
        match (self, into) {
            (Self::Counts(from), Self::Counts(into)) => add(from, rows, into),
            (Self::Sums(from, _), Self::Sums(into, _)) => add(from, rows, into),
            (Self::WideSums(from, _), Self::WideSums(into, _)) => add(from, rows, into),
            (Self::Sums(from, _), Self::WideSums(into, _)) => {
                let wide = rows.iter().filter_map(|row| from.get(*row as usize));
                into.extend(wide.map(|sum| i256::from_i128(*sum)));
            }
            (Self::WideSums(..), into @ Self::Sums(..))
            | (Self::WideExtremes(..), into @ Self::Extremes(..)) => {
                into.widen();
                self.pick(rows, into);
            }
            (Self::Extremes(from, ..), Self::Extremes(into, ..)) => add(from, rows, into),
            (Self::WideExtremes(from, ..), Self::WideExtremes(into, ..)) => add(from, rows, into),
            (Self::Extremes(from, ..), Self::WideExtremes(into, ..)) => {
                let few = rows.iter().filter_map(|row| from.get(*row as usize));
                into.extend(few.map(Few::widened));
            }
            (Self::Latest(from), Self::Latest(into)) => add(from, rows, into),
            (
                Self::Counts(_)
                | Self::Sums(..)
                | Self::WideSums(..)
                | Self::Extremes(..)
                | Self::WideExtremes(..)
                | Self::Latest(_),
                _,
            ) => {}
        }
    }

    /// Adds one answer at a place to another: what a cell comes to over two layers.
    pub(super) fn merge(&mut self, at: usize, from: &Self, other: usize) {
        match from {
            Self::Counts(from) => {
                if let (Self::Counts(sums), Some(more)) = (self, from.get(other))
                    && let Some(sum) = sums.get_mut(at)
                {
                    *sum += *more;
                }
            }
            Self::Sums(from, _) => {
                if let Some(more) = from.get(other) {
                    self.add(at, *more);
                }
            }
            Self::WideSums(from, _) => {
                if let Some(more) = from.get(other) {
                    self.widen();
                    self.add_wide(at, *more);
                }
            }
            Self::Extremes(from, ..) => match self {
                Self::Extremes(few, ..) => merge_few(few, at, from.get(other)),
                Self::WideExtremes(few, ..) => {
                    merge_few(few, at, from.get(other).map(Few::widened).as_ref());
                }
                Self::Counts(_) | Self::Sums(..) | Self::WideSums(..) | Self::Latest(_) => {}
            },
            Self::WideExtremes(from, ..) => {
                self.widen();
                if let Self::WideExtremes(few, ..) = self {
                    merge_few(few, at, from.get(other));
                }
            }
            Self::Latest(from) => {
                if let Self::Latest(few) = self {
                    merge_few(few, at, from.get(other));
                }
            }
        }
    }

    /// Adds to a sum, which becomes wide where it leaves its room.
    fn add(&mut self, at: usize, more: i128) {
        if let Self::Sums(sums, _) = self
            && let Some(sum) = sums.get_mut(at)
            && let Some(total) = sum.checked_add(more)
        {
            *sum = total;
            return;
        }
        self.widen();
        self.add_wide(at, i256::from_i128(more));
    }

    /// The same numbers in the wide type.
    fn widen(&mut self) {
        match self {
            Self::Sums(sums, scale) => {
                let wide = sums.iter().map(|sum| i256::from_i128(*sum)).collect();
                *self = Self::WideSums(wide, *scale);
            }
            Self::Extremes(few, scale, least) => {
                let wide = few.iter().map(Few::widened).collect();
                *self = Self::WideExtremes(wide, *scale, *least);
            }
            Self::Counts(_) | Self::WideSums(..) | Self::WideExtremes(..) | Self::Latest(_) => {}
        }
    }

    fn add_wide(&mut self, at: usize, more: i256) {
        if let Self::WideSums(sums, _) = self
            && let Some(sum) = sums.get_mut(at)
        {
            // Sums of 38 digits over fewer than 2^63 rows have fewer than 77.
            *sum = sum.wrapping_add(more);
        }
    }

    /// Puts the answers of further cells of the same slot behind these; none where they are of another kind.
    pub(super) fn append(&mut self, more: Self) -> Option<()> {
        match (self, more) {
            (Self::Counts(all), Self::Counts(more)) => all.extend(more),
            (Self::Sums(all, _), Self::Sums(more, _)) => all.extend(more),
            (Self::WideSums(all, _), Self::WideSums(more, _)) => all.extend(more),
            (Self::Extremes(all, ..), Self::Extremes(more, ..)) => all.extend(more),
            (Self::WideExtremes(all, ..), Self::WideExtremes(more, ..)) => all.extend(more),
            (Self::Latest(all), Self::Latest(more)) => all.extend(more),
            (
                Self::Counts(_)
                | Self::Sums(..)
                | Self::WideSums(..)
                | Self::Extremes(..)
                | Self::WideExtremes(..)
                | Self::Latest(_),
                _,
            ) => return None,
        }
        Some(())
    }

    /// The same answers in another order.
    pub(super) fn ordered(self, order: &[u32]) -> Self {
        fn taken<T: Default>(mut all: Vec<T>, order: &[u32]) -> Vec<T> {
            let place = |at: &u32| all.get_mut(*at as usize).map(std::mem::take);
            order.iter().filter_map(place).collect()
        }
        match self {
            Self::Counts(all) => Self::Counts(taken(all, order)),
            Self::Sums(all, scale) => Self::Sums(taken(all, order), scale),
            Self::WideSums(all, scale) => Self::WideSums(taken(all, order), scale),
            Self::Extremes(all, scale, least) => Self::Extremes(taken(all, order), scale, least),
            Self::WideExtremes(all, scale, least) => {
                Self::WideExtremes(taken(all, order), scale, least)
            }
            Self::Latest(all) => Self::Latest(taken(all, order)),
        }
    }

    /// Adds the answer of nothing at the end, so many times.
    pub(super) fn push_nothings(&mut self, count: usize) {
        match self {
            Self::Counts(all) => all.resize(all.len() + count, 0),
            Self::Sums(all, _) => all.resize(all.len() + count, 0),
            Self::WideSums(all, _) => all.resize(all.len() + count, i256::ZERO),
            Self::Extremes(all, ..) => all.resize_with(all.len() + count, Few::default),
            Self::WideExtremes(all, ..) => all.resize_with(all.len() + count, Few::default),
            Self::Latest(all) => all.resize_with(all.len() + count, Few::default),
        }
    }
}

fn merge_few<V: Wins>(all: &mut [Few<V>], at: usize, more: Option<&Few<V>>) {
    if let (Some(few), Some(more)) = (all.get_mut(at), more) {
        few.merge(more);
    }
}
