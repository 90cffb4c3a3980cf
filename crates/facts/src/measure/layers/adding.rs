//! Rows added up: one look at each row, whatever number of measures ask for it.
//!
//! Conditions and summands are worked out by the executor for a batch at a time; here each row finds its cell (rows lie by
//! partner and day, so mostly the cell of the row before) and is added to it. Sums are whole numbers of 128 or 256 bits.

use std::collections::HashMap;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int8Array, RecordBatch, StringViewArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Int8Type, i256,
};

use super::super::fault::MeasureFault;
use super::super::few::Few;
use super::super::partials::{Answers, Last};
use super::super::pass::Slot;
use super::super::run::{number_at, value_at, wide_at};
use super::cells::Cells;
use super::layer::{Cell, FROM_THE_START, Layer};
use super::work::{Work, holds};
use crate::store::{FACT_ID, FACT_RECORDED_ON, FACT_SOURCE, FACT_WEIGHT};

/// A row that is in no cell.
const NOWHERE: u32 = u32::MAX;

/// What a slot added up so far, one for each cell.
#[derive(Debug)]
enum Adds {
    Counts(Vec<i64>),
    Sums(Vec<i128>, u32),
    WideSums(Vec<i256>, u32),
    /// Beside each list its last value, below which nothing is looked at.
    Extremes(Vec<Few<i64>>, Vec<i64>, u32, bool),
    WideExtremes(Vec<Few<i256>>, u32, bool),
    Latest(Vec<Few<Last>>),
}

/// A layer being added up.
#[derive(Debug)]
pub struct Adding<'w> {
    work: &'w Work<'w>,
    cells: Cells,
    adds: Vec<Adds>,
    /// Each partner's own edges, by the partner's number.
    own: Vec<Option<&'w [i32]>>,
    /// The cell of each row of the batch at hand.
    rows: Vec<u32>,
}

impl<'w> Adding<'w> {
    /// Nothing yet.
    pub fn new(work: &'w Work<'w>) -> Self {
        let pass = work.pass;
        let adds = pass.slots().iter().map(|slot| {
            let scale = pass.scale(slot);
            match slot {
                Slot::Rows { .. } | Slot::StrayWeights => Adds::Counts(Vec::new()),
                Slot::Sum { .. } => Adds::Sums(Vec::new(), scale),
                Slot::Extreme { least, .. } => {
                    Adds::Extremes(Vec::new(), Vec::new(), scale, *least)
                }
                Slot::Latest { .. } => Adds::Latest(Vec::new()),
            }
        });
        Self {
            work,
            cells: Cells::default(),
            adds: adds.collect(),
            own: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Adds the rows of a batch, as it lies in a file.
    ///
    /// # Errors
    /// When the columns are not those declared, or the executor fails.
    pub fn batch(&mut self, batch: &RecordBatch) -> Result<(), MeasureFault> {
        let work = self.work;
        let batch = work.completed(batch)?;
        let weights = weights(work, &batch)?;
        self.find_cells(&batch)?;
        for adds in &mut self.adds {
            adds.grow(self.cells.len());
        }
        let worked = work.columns_of(&batch)?;
        let mut masks: HashMap<usize, BooleanBuffer> = HashMap::new();
        let mut mask = |when: Option<usize>| -> Result<Option<BooleanBuffer>, MeasureFault> {
            let Some(at) = when else { return Ok(None) };
            if let Some(known) = masks.get(&at) {
                return Ok(Some(known.clone()));
            }
            let holds = worked.get(at).and_then(holds);
            let holds = holds.ok_or_else(|| work.missing("a condition"))?;
            masks.insert(at, holds.clone());
            Ok(Some(holds))
        };
        for (slot, adds) in work.pass.slots().iter().zip(&mut self.adds) {
            let rows = &self.rows;
            match slot {
                Slot::Rows { when } => {
                    let mask = mask(*when)?;
                    if let Adds::Counts(counts) = adds {
                        count(rows, mask.as_ref(), weights, counts);
                    }
                }
                Slot::Sum { when, of } => {
                    let mask = mask(*when)?;
                    let of = worked.get(*of).ok_or_else(|| work.missing("a summand"))?;
                    adds.sum(rows, mask.as_ref(), weights, of)
                        .ok_or_else(|| answer(work, of.data_type(), "a sum"))?;
                }
                Slot::Extreme { when, of, .. } => {
                    let mask = mask(*when)?;
                    let of = worked.get(*of).ok_or_else(|| work.missing("a number"))?;
                    adds.extreme(rows, mask.as_ref(), weights, of)
                        .ok_or_else(|| answer(work, of.data_type(), "a number"))?;
                }
                Slot::Latest { when, of } => {
                    let mask = mask(*when)?;
                    let of = worked.get(*of).ok_or_else(|| work.missing("a number"))?;
                    latest(work, &batch, rows, mask.as_ref(), weights, of, adds)?;
                }
                Slot::StrayWeights => {}
            }
        }
        Ok(())
    }

    /// The layer of all rows added.
    pub fn finish(mut self) -> Layer {
        let count = self.cells.len();
        for adds in &mut self.adds {
            adds.grow(count);
        }
        let answers = self.adds.into_iter().map(Adds::answers).collect();
        self.cells.into_layer(answers)
    }

    /// Finds the cell of each row of a completed batch.
    fn find_cells(&mut self, batch: &RecordBatch) -> Result<(), MeasureFault> {
        let work = self.work;
        let pass = work.pass;
        let credited = work.column(batch, &pass.key.credited)?;
        let credited = credited
            .as_string_view_opt()
            .ok_or_else(|| work.missing(&pass.key.credited))?;
        let days = work.column(batch, &pass.key.at)?;
        let days = days
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| work.missing(&pass.key.at))?;
        let known = match work.known {
            None => None,
            Some(_) => {
                let known = work.column(batch, FACT_RECORDED_ON)?;
                let known = known
                    .as_primitive_opt::<Date32Type>()
                    .ok_or_else(|| work.missing(FACT_RECORDED_ON))?;
                (known.null_count() < known.len()).then_some(known)
            }
        };
        let key = work
            .key
            .as_ref()
            .map(|key| work.worked_out(key, batch))
            .transpose()?;
        let (value, counts) = match &work.value {
            None => (None, None),
            Some((value, when)) => {
                let counts = match when {
                    None => None,
                    Some(when) => {
                        let when = work.worked_out(when, batch)?;
                        Some(holds(&when).ok_or_else(|| work.missing("a condition"))?)
                    }
                };
                (Some(work.worked_out(value, batch)?), counts)
            }
        };
        self.rows.clear();
        self.rows.reserve(batch.num_rows());
        let mut last: Option<(u128, u32)> = None;
        let mut last_cell: Option<(Cell, u32)> = None;
        for row in 0..batch.num_rows() {
            let is_counted = counts.as_ref().is_none_or(|counts| counts.value(row));
            if credited.is_null(row) || days.is_null(row) || !is_counted {
                self.rows.push(NOWHERE);
                continue;
            }
            // Rows of one partner lie together, and their texts are one text in the file's dictionary.
            let view = credited.views().get(row).copied().unwrap_or_default();
            let partner = match last {
                Some((known, partner)) if known == view => partner,
                Some(_) | None => self.partner(credited, row),
            };
            last = Some((view, partner));
            let day = days.value(row);
            let own = self.own.get(partner as usize).copied().flatten();
            let key = match &key {
                None => 0,
                Some(key) => {
                    let key =
                        value_at(key, row).ok_or_else(|| answer(work, key.data_type(), "a key"))?;
                    self.cells.keys.number_of(&key)
                }
            };
            let value = match &value {
                None => 0,
                Some(value) => {
                    let value = value_at(value, row)
                        .ok_or_else(|| answer(work, value.data_type(), "a value"))?;
                    self.cells.values.number_of(&value)
                }
            };
            let cell = Cell {
                partner,
                key,
                known: match known {
                    Some(known) if known.is_valid(row) => work.known_table.at(known.value(row)),
                    Some(_) | None => FROM_THE_START,
                },
                step: work.day_table.at(day),
                own: own.map_or(0, |own| {
                    u32::try_from(own.partition_point(|edge| *edge <= day)).unwrap_or(u32::MAX)
                }),
                value,
            };
            let number = match last_cell {
                Some((known, number)) if known == cell => number,
                Some(_) | None => u32::try_from(self.cells.number(cell)).unwrap_or(NOWHERE),
            };
            last_cell = Some((cell, number));
            self.rows.push(number);
        }
        Ok(())
    }

    fn partner(&mut self, credited: &StringViewArray, row: usize) -> u32 {
        let id = credited.value(row);
        let number = self.cells.names.number(id);
        let at = number as usize;
        if at >= self.own.len() {
            self.own.resize(at + 1, None);
            if let Some(own) = self.own.get_mut(at) {
                *own = self.work.own.get(id).map(Vec::as_slice);
            }
        }
        number
    }
}

/// The weights of a batch's rows; none where every row counts once.
fn weights<'b>(
    work: &Work<'_>,
    batch: &'b RecordBatch,
) -> Result<Option<&'b Int8Array>, MeasureFault> {
    let weights = work.column(batch, FACT_WEIGHT)?;
    let weights = weights
        .as_primitive_opt::<Int8Type>()
        .filter(|weights| weights.null_count() == 0)
        .ok_or_else(|| work.missing(FACT_WEIGHT))?;
    if weights.values().iter().all(|weight| *weight == 1) {
        return Ok(None);
    }
    if weights
        .values()
        .iter()
        .any(|weight| !matches!(weight, 1 | -1))
    {
        return Err(MeasureFault::Weights {
            kind: work.kind.to_owned(),
        });
    }
    Ok(Some(weights))
}

fn answer(work: &Work<'_>, found: &DataType, wanted: &'static str) -> MeasureFault {
    MeasureFault::Answer {
        kind: work.kind.to_owned(),
        found: found.to_string(),
        wanted,
    }
}

/// Does something for each row that is in a cell and counts.
fn each(rows: &[u32], mask: Option<&BooleanBuffer>, mut add: impl FnMut(usize, usize)) {
    match mask {
        None => {
            for (row, cell) in rows.iter().enumerate() {
                if *cell != NOWHERE {
                    add(row, *cell as usize);
                }
            }
        }
        Some(mask) => {
            for row in mask.set_indices() {
                match rows.get(row) {
                    Some(cell) if *cell != NOWHERE => add(row, *cell as usize),
                    Some(_) | None => {}
                }
            }
        }
    }
}

fn count(
    rows: &[u32],
    mask: Option<&BooleanBuffer>,
    weights: Option<&Int8Array>,
    counts: &mut [i64],
) {
    match weights {
        None => each(rows, mask, |_, cell| {
            if let Some(count) = counts.get_mut(cell) {
                *count += 1;
            }
        }),
        Some(weights) => each(rows, mask, |row, cell| {
            if let Some(count) = counts.get_mut(cell) {
                *count += i64::from(weights.value(row));
            }
        }),
    }
}

fn latest(
    work: &Work<'_>,
    batch: &RecordBatch,
    rows: &[u32],
    mask: Option<&BooleanBuffer>,
    weights: Option<&Int8Array>,
    of: &ArrayRef,
    adds: &mut Adds,
) -> Result<(), MeasureFault> {
    let text = |name| {
        let column = work.column(batch, name)?;
        column
            .as_string_view_opt()
            .ok_or_else(|| work.missing(name))
    };
    let (sources, ids) = (text(FACT_SOURCE)?, text(FACT_ID)?);
    let days = work.column(batch, &work.pass.key.at)?;
    let days = days
        .as_primitive_opt::<Date32Type>()
        .ok_or_else(|| work.missing(&work.pass.key.at))?;
    let Adds::Latest(latest) = adds else {
        return Ok(());
    };
    // Rows lie by their days, so backwards the latest come first and the others need no look at their ids.
    for (row, cell) in rows.iter().enumerate().rev() {
        if *cell == NOWHERE || mask.is_some_and(|mask| !mask.value(row)) {
            continue;
        }
        let dated = days.is_valid(row).then(|| days.value(row));
        let Some(few) = latest.get_mut(*cell as usize) else {
            continue;
        };
        if few.floor().is_some_and(|floor| floor.dated > dated) {
            continue;
        }
        // A fact's id is its source's name and its id there, with a slash between.
        let id = format!("{}/{}", sources.value(row), ids.value(row)).into();
        let of = number_at(of, row).ok_or_else(|| answer(work, of.data_type(), "a number"))?;
        few.add(Last { dated, id, of }, weight(weights, row));
    }
    Ok(())
}

fn add_wide(few: &mut [Few<i256>], cell: usize, number: i256, least: bool, weight: i64) {
    if let Some(few) = few.get_mut(cell) {
        let score = if least { number.wrapping_neg() } else { number };
        few.add(score, weight);
    }
}

fn weight(weights: Option<&Int8Array>, row: usize) -> i64 {
    weights.map_or(1, |weights| i64::from(weights.value(row)))
}

impl Adds {
    fn grow(&mut self, count: usize) {
        match self {
            Self::Counts(all) => all.resize(count, 0),
            Self::Sums(all, _) => all.resize(count, 0),
            Self::WideSums(all, _) => all.resize(count, i256::ZERO),
            Self::Extremes(all, floors, ..) => {
                all.resize_with(count, Few::default);
                floors.resize(count, i64::MIN);
            }
            Self::WideExtremes(all, ..) => all.resize_with(count, Few::default),
            Self::Latest(all) => all.resize_with(count, Few::default),
        }
    }

    /// Adds up a column; none where it is none of numbers.
    fn sum(
        &mut self,
        rows: &[u32],
        mask: Option<&BooleanBuffer>,
        weights: Option<&Int8Array>,
        of: &ArrayRef,
    ) -> Option<()> {
        let valid = of.nulls().map(|nulls| nulls.inner().clone());
        let mask = match (mask, valid) {
            (None, valid) => valid,
            (Some(mask), None) => Some(mask.clone()),
            (Some(mask), Some(valid)) => Some(mask & &valid),
        };
        let mask = mask.as_ref();
        if let (Self::Sums(sums, scale), DataType::Decimal256(..)) = (&*self, of.data_type()) {
            *self = Self::WideSums(
                sums.iter().map(|sum| i256::from_i128(*sum)).collect(),
                *scale,
            );
        }
        let mut too_large: Vec<(usize, i128)> = Vec::new();
        match self {
            Self::Sums(sums, _) => {
                let numbers = of.as_primitive_opt::<Decimal128Type>()?.values();
                let mut add = |cell: usize, row: usize, withdraws: bool| {
                    if let (Some(sum), Some(number)) = (sums.get_mut(cell), numbers.get(row)) {
                        // A decimal has at most 38 digits, so its negative is one too.
                        let number = if withdraws { -*number } else { *number };
                        match sum.checked_add(number) {
                            Some(more) => *sum = more,
                            None => too_large.push((cell, number)),
                        }
                    }
                };
                match weights {
                    None => each(rows, mask, |row, cell| add(cell, row, false)),
                    Some(weights) => each(rows, mask, |row, cell| {
                        add(cell, row, weights.value(row) < 0);
                    }),
                }
            }
            Self::WideSums(sums, _) => {
                let wide;
                let numbers = match of.data_type() {
                    DataType::Decimal256(..) => of.as_primitive_opt::<Decimal256Type>()?.values(),
                    _ => {
                        let narrow = of.as_primitive_opt::<Decimal128Type>()?.values();
                        wide = narrow
                            .iter()
                            .map(|number| i256::from_i128(*number))
                            .collect();
                        &wide
                    }
                };
                each(rows, mask, |row, cell| {
                    if let (Some(sum), Some(number)) = (sums.get_mut(cell), numbers.get(row)) {
                        let withdraws = weights.is_some_and(|weights| weights.value(row) < 0);
                        *sum = if withdraws {
                            sum.wrapping_sub(*number)
                        } else {
                            sum.wrapping_add(*number)
                        };
                    }
                });
            }
            Self::Counts(_) | Self::Extremes(..) | Self::WideExtremes(..) | Self::Latest(_) => {
                return None;
            }
        }
        if let (Self::Sums(sums, scale), false) = (&*self, too_large.is_empty()) {
            let mut wide: Vec<i256> = sums.iter().map(|sum| i256::from_i128(*sum)).collect();
            for (cell, number) in too_large {
                if let Some(sum) = wide.get_mut(cell) {
                    *sum = sum.wrapping_add(i256::from_i128(number));
                }
            }
            *self = Self::WideSums(wide, *scale);
        }
        Some(())
    }

    /// Keeps the best few of a column; none where it is none of numbers.
    fn extreme(
        &mut self,
        rows: &[u32],
        mask: Option<&BooleanBuffer>,
        weights: Option<&Int8Array>,
        of: &ArrayRef,
    ) -> Option<()> {
        if matches!(of.data_type(), DataType::Decimal256(..)) {
            self.widen_extremes();
        }
        let mut too_large: Vec<(usize, usize)> = Vec::new();
        match self {
            Self::Extremes(few, floors, _, least) => {
                let numbers = of.as_primitive_opt::<Decimal128Type>()?;
                each(rows, mask, |row, cell| {
                    if numbers.is_null(row) {
                        return;
                    }
                    let number = numbers.value(row);
                    let score = if *least {
                        number.wrapping_neg()
                    } else {
                        number
                    };
                    let Ok(score) = i64::try_from(score) else {
                        too_large.push((row, cell));
                        return;
                    };
                    let (Some(few), Some(floor)) = (few.get_mut(cell), floors.get_mut(cell)) else {
                        return;
                    };
                    if score < *floor {
                        return;
                    }
                    few.add(score, weight(weights, row));
                    if let Some(last) = few.floor() {
                        *floor = *last;
                    }
                });
            }
            Self::WideExtremes(few, _, least) => {
                let mut is_number = true;
                each(rows, mask, |row, cell| match wide_at(of, row) {
                    Some(Some(number)) => add_wide(few, cell, number, *least, weight(weights, row)),
                    Some(None) => {}
                    None => is_number = false,
                });
                is_number.then_some(())?;
            }
            Self::Counts(_) | Self::Sums(..) | Self::WideSums(..) | Self::Latest(_) => return None,
        }
        if !too_large.is_empty() {
            self.widen_extremes();
        }
        if let Self::WideExtremes(few, _, least) = self {
            for (row, cell) in too_large {
                if let Some(number) = wide_at(of, row)? {
                    add_wide(few, cell, number, *least, weight(weights, row));
                }
            }
        }
        Some(())
    }

    /// Keeps extremes in the wide type from now on.
    fn widen_extremes(&mut self) {
        if let Self::Extremes(few, _, scale, least) = self {
            let wide = few.iter().map(Few::widened).collect();
            *self = Self::WideExtremes(wide, *scale, *least);
        }
    }

    fn answers(self) -> Answers {
        match self {
            Self::Counts(counts) => Answers::Counts(counts),
            Self::Sums(sums, scale) => Answers::Sums(sums, scale),
            Self::WideSums(sums, scale) => Answers::WideSums(sums, scale),
            Self::Extremes(few, _, scale, least) => Answers::Extremes(few, scale, least),
            Self::WideExtremes(few, scale, least) => Answers::WideExtremes(few, scale, least),
            Self::Latest(latest) => Answers::Latest(latest),
        }
    }
}
