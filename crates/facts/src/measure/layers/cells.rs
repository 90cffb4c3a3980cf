//! Cells being numbered while a layer is built, and layers merged into one.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::super::parallel;
use super::super::partials::{Answers, Value};
use super::layer::{Cell, FROM_THE_START, Layer};

/// The widest stretch of steps that a partner's plain cells are found in by position.
const BLOCK_MAX: usize = 4_096;
/// No cell.
const NONE: u32 = u32::MAX;

/// Things by the order in which they came.
#[derive(Debug)]
pub struct Numbered<T> {
    pub all: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of something, new or known.
    pub fn number<Q>(&mut self, of: &Q) -> u32
    where
        Q: Eq + Hash + ?Sized,
        T: std::borrow::Borrow<Q> + for<'a> From<&'a Q>,
    {
        match self.numbers.get(of) {
            Some(number) => *number,
            None => self.add(T::from(of)),
        }
    }

    /// The number of something that is at hand whole.
    pub fn number_of(&mut self, of: &T) -> u32 {
        match self.numbers.get(of) {
            Some(number) => *number,
            None => self.add(of.clone()),
        }
    }

    fn add(&mut self, of: T) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(of.clone());
        self.numbers.insert(of, next);
        next
    }
}

/// One partner's plain cells, by their steps: known from the start, without key, value or edges of its own.
#[derive(Debug, Default)]
struct Block {
    first: i32,
    cells: Vec<u32>,
}

impl Block {
    /// The slot of a step, made if it lies near the others.
    fn slot(&mut self, step: i32) -> Option<&mut u32> {
        if self.cells.is_empty() {
            self.first = step;
        }
        let before = i64::from(self.first) - i64::from(step);
        if before > 0 {
            let more = usize::try_from(before).ok()?;
            if more + self.cells.len() > BLOCK_MAX {
                return None;
            }
            self.cells.splice(0..0, std::iter::repeat_n(NONE, more));
            self.first = step;
        }
        let at = usize::try_from(i64::from(step) - i64::from(self.first)).ok()?;
        if at >= BLOCK_MAX {
            return None;
        }
        if at >= self.cells.len() {
            self.cells.resize(at + 1, NONE);
        }
        self.cells.get_mut(at)
    }
}

/// Cells by the order in which they came.
#[derive(Debug, Default)]
pub struct Cells {
    pub names: Numbered<Arc<str>>,
    pub keys: Numbered<Value>,
    pub values: Numbered<Value>,
    cells: Vec<Cell>,
    blocks: Vec<Block>,
    others: HashMap<Cell, u32>,
}

impl Cells {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// The number of a cell, new or known.
    pub fn number(&mut self, cell: Cell) -> usize {
        let next = u32::try_from(self.cells.len()).unwrap_or(NONE);
        let is_plain =
            cell.key == 0 && cell.value == 0 && cell.own == 0 && cell.known == FROM_THE_START;
        if is_plain {
            let partner = cell.partner as usize;
            if partner >= self.blocks.len() {
                self.blocks.resize_with(partner + 1, Block::default);
            }
            let slot = self
                .blocks
                .get_mut(partner)
                .and_then(|block| block.slot(cell.step));
            if let Some(slot) = slot {
                if *slot == NONE {
                    *slot = next;
                    self.cells.push(cell);
                }
                return *slot as usize;
            }
        }
        let cells = &mut self.cells;
        let number = self.others.entry(cell).or_insert_with(|| {
            cells.push(cell);
            next
        });
        *number as usize
    }

    /// The layer of these cells and their answers, everything in order.
    pub fn into_layer(self, slots: Vec<Answers>) -> Layer {
        let (names, name_numbers) = sorted(self.names.all);
        let (keys, key_numbers) = sorted(self.keys.all);
        let (values, value_numbers) = sorted(self.values.all);
        let number = |numbers: &[u32], at: u32| numbers.get(at as usize).copied().unwrap_or(0);
        let mut cells: Vec<(Cell, u32)> = self
            .cells
            .into_iter()
            .zip(0u32..)
            .map(|(cell, at)| {
                let cell = Cell {
                    partner: number(&name_numbers, cell.partner),
                    key: number(&key_numbers, cell.key),
                    value: number(&value_numbers, cell.value),
                    ..cell
                };
                (cell, at)
            })
            .collect();
        cells.sort_unstable();
        let order: Vec<u32> = cells.iter().map(|(_, at)| *at).collect();
        Layer {
            names,
            keys,
            values,
            cells: cells.into_iter().map(|(cell, _)| cell).collect(),
            slots: parallel::each(slots, |slot| slot.ordered(&order)),
        }
    }
}

/// Things in order, and the new number of each old one.
fn sorted<T: Ord>(all: Vec<T>) -> (Vec<T>, Vec<u32>) {
    let mut numbered: Vec<(T, u32)> = all.into_iter().zip(0u32..).collect();
    numbered.sort_unstable();
    let mut numbers = vec![0; numbered.len()];
    for ((_, old), new) in numbered.iter().zip(0u32..) {
        if let Some(slot) = numbers.get_mut(*old as usize) {
            *slot = new;
        }
    }
    (
        numbered.into_iter().map(|(thing, _)| thing).collect(),
        numbers,
    )
}

/// What several layers of one pass come to.
pub fn merged<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Layer {
    let mut cells = Cells::default();
    // Each layer with the numbers that its cells get.
    let mut numbered: Vec<(&Layer, Vec<usize>)> = Vec::new();
    for layer in layers {
        let names: Vec<u32> = layer
            .names
            .iter()
            .map(|name| cells.names.number_of(name))
            .collect();
        let keys: Vec<u32> = layer
            .keys
            .iter()
            .map(|key| cells.keys.number_of(key))
            .collect();
        let values: Vec<u32> = layer
            .values
            .iter()
            .map(|value| cells.values.number_of(value))
            .collect();
        let number = |numbers: &[u32], at: u32| numbers.get(at as usize).copied().unwrap_or(0);
        let numbers = layer.cells.iter().map(|cell| {
            cells.number(Cell {
                partner: number(&names, cell.partner),
                key: number(&keys, cell.key),
                value: number(&values, cell.value),
                ..*cell
            })
        });
        let numbers = numbers.collect();
        numbered.push((layer, numbers));
    }
    let slots = numbered.first().map_or(0, |(layer, _)| layer.slots.len());
    let count = cells.len();
    let slots = parallel::each((0..slots).collect(), |slot: usize| {
        let mut from_each = numbered
            .iter()
            .filter_map(|(layer, numbers)| Some((layer.slots.get(slot)?, numbers)))
            .peekable();
        let mut sum = from_each
            .peek()
            .map_or(Answers::Counts(Vec::new()), |(from, _)| from.empty());
        sum.push_nothings(count);
        for (from, numbers) in from_each {
            for (at, other) in numbers.iter().zip(0usize..) {
                sum.merge(*at, from, other);
            }
        }
        sum
    });
    cells.into_layer(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(partner: u32, step: i32) -> Cell {
        Cell {
            partner,
            key: 0,
            known: FROM_THE_START,
            step,
            own: 0,
            value: 0,
        }
    }

    #[test]
    fn a_cell_has_one_number_however_far_its_steps_lie_apart() {
        let mut cells = Cells::default();
        let steps = [
            5,
            7,
            3,
            100_000,
            -100_000,
            5,
            4_098,
            i32::MIN + 1,
            i32::MAX,
            3,
        ];
        let numbers: Vec<usize> = steps
            .iter()
            .map(|step| cells.number(cell(2, *step)))
            .collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 0, 5, 6, 7, 2]);
        assert_eq!(cells.number(cell(0, 5)), 8, "another partner's is another");
    }

    fn layer(rows: &[(&str, i32, i64)]) -> Layer {
        let mut cells = Cells::default();
        let mut counts = Vec::new();
        for (name, step, count) in rows {
            let partner = cells.names.number(*name);
            let at = cells.number(cell(partner, *step));
            counts.resize(cells.len(), 0);
            counts[at] += count;
        }
        cells.into_layer(vec![Answers::Counts(counts)])
    }

    #[test]
    fn layers_merge_into_the_layer_of_all_their_rows_in_any_order() {
        let (one, two) = (
            layer(&[("b", 1, 1), ("a", 2, 1), ("b", 1, 1)]),
            layer(&[("c", 1, 1), ("b", 1, -1), ("a", 1, 5)]),
        );
        let all = layer(&[("b", 1, 1), ("a", 2, 1), ("c", 1, 1), ("a", 1, 5)]);
        assert_eq!(merged([&one, &two]), all);
        assert_eq!(merged([&two, &one]), all);
        assert_eq!(merged([&merged([&one]), &two]), all);
    }
}
