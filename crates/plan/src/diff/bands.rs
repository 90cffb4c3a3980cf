//! Bands by what they mean: which of them say anything of their own, and what a table is without the others.
//!
//! A bound between two bands that pay alike is no bound; where each slice is paid at its own rate it makes no difference
//! to whom the bound itself belongs; keys of texts have no order. A column that the reading does not mention is not read.

use crate::check::constant;
use crate::diff::keys::{Key, Keys};
use crate::diff::names::{FILLED, LOWER, Names, SLICE, UPPER, WIDTH};
use crate::tree::walk::parts;
use crate::tree::{Axis, BoundKind, Expr, Form, Name, Reading, Table, Text};

/// One band that says something of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    /// Its position among the table's bands, as written.
    pub(super) at: usize,
    /// Where it begins, or what it answers to.
    pub(super) bound: Key,
    /// What it says in the columns that are read.
    pub(super) cells: Vec<Key>,
}

/// The columns a reading reads, by position.
pub(super) fn read_columns(table: &Table) -> Vec<usize> {
    match &table.reading {
        Reading::Line(column) => vec![*column],
        Reading::EachBand(formula) | Reading::OneBand(formula) => {
            let mut columns = Vec::new();
            mentioned(formula, &mut columns);
            columns.sort_unstable();
            columns.dedup();
            columns
        }
    }
}

fn mentioned(expr: &Expr, columns: &mut Vec<usize>) {
    if let Form::Name(Name::BandColumn(at)) = &expr.form {
        columns.push(usize::from(*at));
    }
    for part in parts(expr) {
        mentioned(part, columns);
    }
}

/// What a table means: its reading, its arguments by position, and its bands.
pub(super) fn meaning(table: &Table, columns: &[Text], names: &Names<'_>, keys: &mut Keys) -> Key {
    let names = names.inside(columns);
    let reading = reading(table, columns, &names, keys);
    let mut parts = vec![reading];
    if let [axis] = table.axes.as_slice() {
        let of = keys.leaf(format!("{:?}", axis.of));
        parts.push(of);
        let mut bands = Vec::new();
        let plainness = plainness(table, columns, &names, keys);
        for band in effective(table, columns, plainness, &names, keys) {
            let mut cells = vec![band.bound];
            cells.extend(band.cells);
            bands.push(keys.form("band", cells));
        }
        let bands = if is_keyed(axis) {
            keys.set("keyed bands", bands)
        } else {
            keys.form("bands", bands)
        };
        parts.push(bands);
        return keys.form("table", parts);
    }
    for axis in &table.axes {
        let mut bounds = vec![keys.leaf(format!("{:?}", axis.of))];
        for (at, bound) in axis.bounds.iter().enumerate() {
            let key = bound_key(&bound.is, at == 0, false, &names, keys);
            bounds.push(key);
        }
        parts.push(keys.form("axis", bounds));
    }
    let read = read_columns(table);
    let mut cells = Vec::new();
    for (at, cell) in table.cells.iter().enumerate() {
        let column = at % table.columns.len().max(1);
        if read.contains(&column) {
            cells.push(keys.formula(cell, &names));
        }
    }
    parts.push(keys.form("cells", cells));
    keys.form("grid", parts)
}

/// How bands become one number.
pub(super) fn reading(table: &Table, columns: &[Text], names: &Names<'_>, keys: &mut Keys) -> Key {
    let names = names.inside(columns);
    match &table.reading {
        Reading::EachBand(formula) => {
            let formula = keys.formula(formula, &names);
            keys.form("each_band", vec![formula])
        }
        Reading::OneBand(formula) => {
            let formula = keys.formula(formula, &names);
            keys.form("one_band", vec![formula])
        }
        Reading::Line(column) => {
            let name = columns.get(*column).cloned().unwrap_or_default();
            keys.leaf(format!("line {name}"))
        }
    }
}

/// Whether an axis answers to keys and not to a rising figure.
pub(super) fn is_keyed(axis: &Axis) -> bool {
    axis.bounds
        .iter()
        .any(|bound| matches!(bound.is, BoundKind::Equals(_) | BoundKind::Otherwise))
}

/// Where a band begins. `is_continuous` says that a figure on the bound itself is paid alike from both sides.
pub(super) fn bound_key(
    bound: &BoundKind,
    is_first: bool,
    is_continuous: bool,
    names: &Names<'_>,
    keys: &mut Keys,
) -> Key {
    let (head, formula) = match bound {
        BoundKind::Lowest => return keys.leaf("lowest"),
        BoundKind::Otherwise => return keys.leaf("otherwise"),
        BoundKind::From(formula) => ("from", formula),
        // The lowest bound always belongs to the first band.
        BoundKind::Above(formula) if is_first || is_continuous => ("from", formula),
        BoundKind::Above(formula) => ("above", formula),
        BoundKind::At(formula) => ("at", formula),
        BoundKind::Equals(formula) => ("equals", formula),
    };
    let formula = keys.formula(formula, names);
    keys.form(head, vec![formula])
}

/// What bounds say in a table. Two tables are compared by what holds of both, so that a bound that is nothing in the one
/// is not taken for a new one in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plainness {
    /// A bound between bands that pay alike is no bound.
    is_idle_between_equals: bool,
    /// A figure on a bound is paid alike from both sides.
    is_continuous: bool,
}

impl Plainness {
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            is_idle_between_equals: self.is_idle_between_equals && other.is_idle_between_equals,
            is_continuous: self.is_continuous && other.is_continuous,
        }
    }
}

/// What bounds say in a table of one argument.
pub(super) fn plainness(
    table: &Table,
    columns: &[Text],
    names: &Names<'_>,
    keys: &mut Keys,
) -> Plainness {
    let names = names.inside(columns);
    let is_sliced = is_sliced(table, columns, &names, keys);
    // A bound that a term decides may have no answer, or not rise; then it says something although both sides pay alike.
    let is_written_out = table.axes.first().is_some_and(bounds_are_written_out);
    let says_nothing = match &table.reading {
        Reading::OneBand(_) => !says_band_words(table, columns, &names, keys),
        Reading::EachBand(_) => is_sliced,
        Reading::Line(_) => true,
    };
    Plainness {
        is_idle_between_equals: is_written_out && says_nothing,
        is_continuous: is_sliced && cells_are_numbers(table, &names, keys),
    }
}

/// The bands of a table of one argument that say something of their own.
pub(super) fn effective(
    table: &Table,
    columns: &[Text],
    plainness: Plainness,
    names: &Names<'_>,
    keys: &mut Keys,
) -> Vec<Band> {
    let Some(axis) = table.axes.first() else {
        return Vec::new();
    };
    let names = names.inside(columns);
    let read = read_columns(table);
    let mut bands = Vec::with_capacity(axis.bounds.len());
    for (at, bound) in axis.bounds.iter().enumerate() {
        let mut cells = Vec::with_capacity(read.len());
        for column in &read {
            if let Some(cell) = table.cell(&[at], *column) {
                cells.push(keys.formula(cell, &names));
            }
        }
        bands.push(Band {
            at,
            bound: bound_key(&bound.is, at == 0, plainness.is_continuous, &names, keys),
            cells,
        });
    }
    if !plainness.is_idle_between_equals {
        return bands;
    }
    if is_keyed(axis) {
        let others = keys.leaf("otherwise");
        let rest = bands
            .iter()
            .find(|band| band.bound == others)
            .map(|band| band.cells.clone());
        bands.retain(|band| band.bound == others || Some(&band.cells) != rest.as_ref());
        return bands;
    }
    if let Reading::Line(column) = &table.reading {
        without_points_on_a_line(table, axis, *column, &mut bands);
        return bands;
    }
    let lowest = keys.leaf("lowest");
    let is_one_band = matches!(table.reading, Reading::OneBand(_));
    let mut kept: Vec<Band> = Vec::with_capacity(bands.len());
    for band in bands {
        let goes_on = kept
            .last()
            .is_some_and(|last| last.cells == band.cells && (is_one_band || last.bound != lowest));
        if !goes_on {
            kept.push(band);
        }
    }
    kept
}

/// Whether each band pays a share of its slice, and its cells know nothing of the band: then the sum has no steps.
fn is_sliced(table: &Table, columns: &[Text], names: &Names<'_>, keys: &mut Keys) -> bool {
    let Reading::EachBand(formula) = &table.reading else {
        return false;
    };
    let names = names.inside(columns);
    let formula = keys.formula(formula, &names);
    let slice = keys.leaf(SLICE);
    let others = band_words(keys, &[LOWER, UPPER, WIDTH, FILLED, SLICE]);
    let cells: Vec<Key> = table
        .cells
        .iter()
        .map(|cell| keys.formula(cell, &names))
        .collect();
    keys.is_share_of(formula, slice, &others)
        && !cells.iter().any(|cell| keys.mentions(*cell, &others))
}

/// Whether every cell that is read is a number written out, so that it always has an answer.
fn cells_are_numbers(table: &Table, names: &Names<'_>, keys: &mut Keys) -> bool {
    table.cells.iter().all(|cell| {
        let key = keys.formula(cell, names);
        keys.as_number(key).is_some()
    })
}

/// Whether every bound is written out in the plan.
fn bounds_are_written_out(axis: &Axis) -> bool {
    axis.bounds.iter().all(|bound| match &bound.is {
        BoundKind::Lowest | BoundKind::Otherwise => true,
        BoundKind::From(formula)
        | BoundKind::Above(formula)
        | BoundKind::At(formula)
        | BoundKind::Equals(formula) => {
            matches!(formula.form, Form::Literal(_)) || constant::of_expr(formula).is_some()
        }
    })
}

fn says_band_words(table: &Table, columns: &[Text], names: &Names<'_>, keys: &mut Keys) -> bool {
    let words = band_words(keys, &[LOWER, UPPER, WIDTH, FILLED, SLICE]);
    let reading = reading(table, columns, names, keys);
    let cells: Vec<Key> = table
        .cells
        .iter()
        .map(|cell| keys.formula(cell, names))
        .collect();
    keys.mentions(reading, &words) || cells.iter().any(|cell| keys.mentions(*cell, &words))
}

fn band_words(keys: &mut Keys, words: &[&str]) -> Vec<Key> {
    words.iter().map(|word| keys.leaf(*word)).collect()
}

/// Leaves out points that lie on the straight line between their neighbours, or on the level outside.
fn without_points_on_a_line(table: &Table, axis: &Axis, column: usize, bands: &mut Vec<Band>) {
    let mut at = 0;
    while bands.len() > 1 && at < bands.len() {
        let point = |at: usize| {
            let band = bands.get(at)?;
            let bound = match &axis.bounds.get(band.at)?.is {
                BoundKind::At(formula) | BoundKind::From(formula) | BoundKind::Above(formula) => {
                    constant::of_expr(formula)?
                }
                BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => return None,
            };
            Some((bound, constant::of_expr(table.cell(&[band.at], column)?)?))
        };
        let before = at.checked_sub(1).map(point);
        let after = (at + 1 < bands.len()).then(|| point(at + 1));
        let is_on_line = match (before, point(at), after) {
            (None, Some((_, own)), Some(Some((_, next)))) => own == next,
            (Some(Some((_, last))), Some((_, own)), None) => own == last,
            (Some(Some((x, low))), Some((here, own)), Some(Some((until, high)))) => {
                (&here - &x) * (&high - &low) == (&own - &low) * (&until - &x)
            }
            (_, _, _) => false,
        };
        if is_on_line {
            bands.remove(at);
            // Its neighbours have new neighbours.
            at = at.saturating_sub(1);
        } else {
            at += 1;
        }
    }
}
