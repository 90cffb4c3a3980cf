//! Tables band by band: bounds that moved, cells that say something else, bands more and less, another reading.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::align::{Pair, aligned};
use crate::diff::bands::{self, Band, bound_key, effective, is_keyed, plainness, read_columns};
use crate::diff::change::{Kind, Weight};
use crate::diff::compare::{About, Comparison, Found};
use crate::diff::edit::{Edit, TableEdit};
use crate::diff::keys::Key;
use crate::diff::names::{Names, column_names};
use crate::diff::phrases::{self, Told};
use crate::diff::said;
use crate::diff::slots::Read;
use crate::diff::smallest::{Half, smallest};
use crate::span::Span;
use crate::tree::{BoundKind, Expr, Reading, Table, Text};

/// A table of one side.
#[derive(Clone, Copy)]
struct Here<'t> {
    read: Read<'t>,
    table: &'t Table,
    columns: &'t [Text],
}

impl<'t> Here<'t> {
    fn names(&self) -> (Names<'t>, Names<'t>) {
        let inside = |names: Names<'t>| Names {
            columns: Some(self.columns),
            ..names
        };
        (inside(self.read.names), inside(self.read.whole))
    }

    fn half(&self) -> Half<'t> {
        let (names, whole) = self.names();
        Half {
            writer: self.read.writer().inside(self.table),
            names,
            whole,
        }
    }

    fn formula(&self, expr: &Expr) -> String {
        said::formula(&self.half().writer, expr)
    }

    fn bound_formula(&self, axis: usize, at: usize) -> Option<&'t Expr> {
        match &self.table.axes.get(axis)?.bounds.get(at)?.is {
            BoundKind::From(formula)
            | BoundKind::Above(formula)
            | BoundKind::At(formula)
            | BoundKind::Equals(formula) => Some(formula),
            BoundKind::Lowest | BoundKind::Otherwise => None,
        }
    }

    /// A bound as it is written: `from 100,000.00`, `above 20%`, `gold`.
    fn bound(&self, axis: usize, at: usize) -> String {
        let bound = self
            .table
            .axes
            .get(axis)
            .and_then(|axis| axis.bounds.get(at));
        match bound.map(|bound| &bound.is) {
            Some(BoundKind::Lowest) => "from the lowest".to_owned(),
            Some(BoundKind::From(formula)) => format!("from {}", self.formula(formula)),
            Some(BoundKind::Above(formula)) => format!("above {}", self.formula(formula)),
            Some(BoundKind::At(formula)) => format!("at {}", self.formula(formula)),
            Some(BoundKind::Equals(formula)) => format!("for {}", self.formula(formula)),
            Some(BoundKind::Otherwise) => "for all others".to_owned(),
            None => String::new(),
        }
    }

    fn bound_span(&self, axis: usize, at: usize) -> Span {
        let bound = self
            .table
            .axes
            .get(axis)
            .and_then(|axis| axis.bounds.get(at));
        bound.map_or(self.table.span, |bound| bound.span)
    }

    /// What a band says in the columns that are read.
    fn cells(&self, at: usize) -> String {
        let cells: Vec<String> = read_columns(self.table)
            .into_iter()
            .filter_map(|column| {
                let name = &self.table.columns.get(column)?.name;
                Some(format!(
                    "{name} {}",
                    self.formula(self.table.cell(&[at], column)?)
                ))
            })
            .collect();
        cells.join(", ")
    }

    fn texts(&self, bands: &[Band]) -> Vec<String> {
        bands
            .iter()
            .map(|band| format!("{} {}", self.bound(0, band.at), self.cells(band.at)))
            .collect()
    }

    /// How the trade counts a band: from the bottom, where a lowest band that only says the same as the next is not one.
    fn tier(&self, bands: &[Band], at: usize) -> usize {
        let is_below = bands.len() > 1
            && bands
                .first()
                .zip(bands.get(1))
                .is_some_and(|(first, second)| {
                    first.cells == second.cells
                        && matches!(
                            self.table.axes.first().and_then(|axis| axis.bounds.get(first.at)),
                            Some(bound) if bound.is == BoundKind::Lowest
                        )
                });
        if is_below { at.max(1) } else { at + 1 }
    }

    fn reading(&self) -> String {
        match &self.table.reading {
            Reading::EachBand(formula) => format!("each_band: {}", self.formula(formula)),
            Reading::OneBand(formula) => format!("one_band: {}", self.formula(formula)),
            Reading::Line(column) => {
                let name = self.table.columns.get(*column).map(|column| &*column.name);
                format!("line: {}", name.unwrap_or_default())
            }
        }
    }

    fn reading_span(&self) -> Span {
        match &self.table.reading {
            Reading::EachBand(formula) | Reading::OneBand(formula) => formula.span,
            Reading::Line(_) => self.read.place(self.table.span, "line"),
        }
    }
}

/// Compares two tables that belong together.
pub(super) fn compare(all: &mut Comparison<'_>, before: usize, after: usize, about: &About) {
    let (old_plan, new_plan) = all.plans();
    let (Some(old), Some(new)) = (old_plan.tables.get(before), new_plan.tables.get(after)) else {
        return;
    };
    let (old_columns, new_columns) = column_names(old, new);
    let left = Here {
        read: all.before,
        table: old,
        columns: &old_columns,
    };
    let right = Here {
        read: all.after,
        table: new,
        columns: &new_columns,
    };
    let mut pair = Tables {
        all,
        left,
        right,
        at: (before, after),
        about,
    };
    if pair.means_the_same() {
        pair.unread_columns();
        return;
    }
    let is_one_shape = old.axes.len() == new.axes.len()
        && std::mem::discriminant(&old.reading) == std::mem::discriminant(&new.reading)
        && old
            .axes
            .iter()
            .zip(&new.axes)
            .all(|(one, other)| is_keyed(one) == is_keyed(other))
        && pair.same_columns_are_read();
    if !is_one_shape {
        pair.another_table();
    } else if old.axes.len() == 1 {
        pair.reading();
        pair.bands();
    } else {
        pair.reading();
        pair.grid();
    }
    pair.unread_columns();
}

struct Tables<'a, 'r, 't> {
    all: &'a mut Comparison<'r>,
    left: Here<'t>,
    right: Here<'t>,
    at: (usize, usize),
    about: &'a About,
}

impl Tables<'_, '_, '_> {
    fn edit(&self, of: TableEdit) -> Edit {
        Edit::Table {
            before: self.at.0,
            after: self.at.1,
            of,
        }
    }

    fn means_the_same(&mut self) -> bool {
        let keys = &mut self.all.keys;
        let (left, right) = (self.left, self.right);
        let mut same = |names: (&Names<'_>, &Names<'_>)| {
            bands::meaning(left.table, left.columns, names.0, keys)
                == bands::meaning(right.table, right.columns, names.1, keys)
        };
        same((&left.read.names, &right.read.names)) || same((&left.read.whole, &right.read.whole))
    }

    /// Whether both readings read the same columns, whatever they are called.
    fn same_columns_are_read(&self) -> bool {
        let read = |here: &Here<'_>| {
            let mut names: Vec<Text> = read_columns(here.table)
                .into_iter()
                .filter_map(|column| here.columns.get(column).cloned())
                .collect();
            names.sort();
            names
        };
        read(&self.left) == read(&self.right)
    }

    /// Whether two formulas of the tables differ.
    fn differ(&mut self, old: &Expr, new: &Expr) -> bool {
        let (left, right) = (self.left.names(), self.right.names());
        let keys = &mut self.all.keys;
        keys.formula(old, &left.0) != keys.formula(new, &right.0)
            && keys.formula(old, &left.1) != keys.formula(new, &right.1)
    }

    fn told(&mut self, old: &Expr, new: &Expr) -> Told {
        let (left, right) = (self.left.half(), self.right.half());
        let mut told = Told {
            before: Some(said::formula(&left.writer, old)),
            after: Some(said::formula(&right.writer, new)),
            moves: said::moves((&left.writer, old), (&right.writer, new)),
            smallest: None,
        };
        if told.moves.is_none() {
            let keys = &mut self.all.keys;
            let (was, is) = (
                keys.formula(old, &left.names),
                keys.formula(new, &right.names),
            );
            let times = keys.multiple(was, is);
            told.moves = times.and_then(|times| {
                phrases::scaled(&left.writer.text(old), &right.writer.text(new), &times)
            });
        }
        if told.moves.is_none() {
            told.smallest = Some(smallest(&mut self.all.keys, left, right, (old, new)));
        }
        told
    }

    /// The whole table is another one.
    fn another_table(&mut self) {
        let name = &self.about.name;
        let (old, new) = (self.left.reading(), self.right.reading());
        let says = if old == new {
            format!("{name} has other arguments or other bands")
        } else {
            format!("{name} is read another way: {new}, and no longer {old}")
        };
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Changed,
            part: "table".to_owned(),
            before: Some((old, self.left.reading_span())),
            after: Some((new, self.right.reading_span())),
            says,
            edit: self.edit(TableEdit::Whole),
        };
        self.all.push(self.about, found);
    }

    fn reading(&mut self) {
        let formulas = |here: &Here<'_>| match &here.table.reading {
            Reading::EachBand(formula) | Reading::OneBand(formula) => Some(formula.clone()),
            Reading::Line(_) => None,
        };
        let (Some(old), Some(new)) = (formulas(&self.left), formulas(&self.right)) else {
            return;
        };
        if !self.differ(&old, &new) {
            return;
        }
        let told = self.told(&old, &new);
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Changed,
            part: "reading".to_owned(),
            says: format!("what a band of {} counts {}", self.about.name, told.goes()),
            before: Some((self.left.reading(), old.span)),
            after: Some((self.right.reading(), new.span)),
            edit: self.edit(TableEdit::Reading),
        };
        self.all.push(self.about, found);
    }

    fn bands(&mut self) {
        let keys = &mut self.all.keys;
        let (left, right) = (self.left, self.right);
        let (old_names, new_names) = (&left.read.names, &right.read.names);
        let plain = plainness(left.table, left.columns, old_names, keys).and(plainness(
            right.table,
            right.columns,
            new_names,
            keys,
        ));
        let mut bands = |here: &Here<'_>, names: &Names<'_>| {
            effective(here.table, here.columns, plain, names, keys)
        };
        let old = bands(&left, old_names);
        let mut new = bands(&right, new_names);
        // What is only put together from other names is the same.
        let whole = (
            bands(&left, &left.read.whole),
            bands(&right, &right.read.whole),
        );
        as_called_before(&old, &whole.0, &mut new, &whole.1);
        let is_keyed = left.table.axes.first().is_some_and(is_keyed);
        let pairs = if is_keyed {
            by_key(&old, &new)
        } else {
            aligned((&old, &left.texts(&old)), (&new, &right.texts(&new)))
        };
        let mut next = 0;
        for pair in pairs {
            match pair {
                Pair::Both(one, other) => {
                    next = one + 1;
                    if let (Some(was), Some(is)) = (old.get(one), new.get(other)) {
                        self.band((&old, one, was), (&new, other, is), is_keyed);
                    }
                }
                Pair::Gone(one) => {
                    next = one + 1;
                    self.gone(&old, one, is_keyed);
                }
                Pair::Come(other) => {
                    let before = old.get(next).map_or_else(
                        || left.table.axes.first().map_or(0, |axis| axis.bounds.len()),
                        |band| band.at,
                    );
                    self.come(&new, other, before, is_keyed);
                }
            }
        }
    }

    /// What one band is called in a sentence.
    fn called(&self, here: &Here<'_>, bands: &[Band], at: usize, is_keyed: bool) -> String {
        let name = &self.about.name;
        let bound = bands
            .get(at)
            .map(|band| here.bound(0, band.at))
            .unwrap_or_default();
        match &here.table.reading {
            _ if is_keyed => format!("{name} {bound}"),
            Reading::Line(_) => format!("{name} {bound}"),
            Reading::EachBand(_) | Reading::OneBand(_) => {
                format!("tier {} of {name} ({bound})", here.tier(bands, at))
            }
        }
    }

    fn band(
        &mut self,
        (old, one, was): (&[Band], usize, &Band),
        (new, other, is): (&[Band], usize, &Band),
        is_keyed: bool,
    ) {
        if was.bound != is.bound {
            self.bound((old, one, was), (new, other, is));
        }
        let (left, right) = (self.left, self.right);
        for column in read_columns(left.table) {
            let name = left.columns.get(column).cloned().unwrap_or_default();
            let there = right.columns.iter().position(|other| *other == name);
            let (Some(cell), Some((there, now))) = (
                left.table.cell(&[was.at], column),
                there.and_then(|there| Some((there, right.table.cell(&[is.at], there)?))),
            ) else {
                continue;
            };
            if !self.differ(cell, now) {
                continue;
            }
            let told = self.told(cell, now);
            let shown = right
                .table
                .columns
                .get(there)
                .map(|column| column.name.clone())
                .unwrap_or_default();
            let called = self.called(&right, new, other, is_keyed);
            let found = Found {
                weight: Weight::Meaning,
                kind: Kind::Changed,
                part: match is_keyed {
                    true => format!("{shown} {}", part_name(&right, new, other, is_keyed)),
                    false => format!("{shown} of {}", part_name(&right, new, other, is_keyed)),
                },
                says: format!("{shown} of {called} {}", told.goes()),
                before: told.before.clone().map(|text| (text, cell.span)),
                after: told.after.clone().map(|text| (text, now.span)),
                edit: self.edit(TableEdit::Cell {
                    before: (vec![was.at], column),
                    after: (vec![is.at], there),
                }),
            };
            self.all.push(self.about, found);
        }
    }

    fn bound(
        &mut self,
        (old, one, was): (&[Band], usize, &Band),
        (new, other, is): (&[Band], usize, &Band),
    ) {
        let (left, right) = (self.left, self.right);
        let name = self.about.name.clone();
        let what = match &right.table.reading {
            Reading::Line(_) => format!("point {} of {name}", right.tier(new, other)),
            Reading::EachBand(_) | Reading::OneBand(_) => {
                let (before, now) = (left.tier(old, one), right.tier(new, other));
                if before == now {
                    format!("threshold of tier {now} of {name}")
                } else {
                    format!("threshold of tier {now} (tier {before} before) of {name}")
                }
            }
        };
        let formulas = (left.bound_formula(0, was.at), right.bound_formula(0, is.at));
        let differs = match formulas {
            (Some(before), Some(after)) => self.differ(before, after),
            (_, _) => true,
        };
        let (before, after) = (left.bound(0, was.at), right.bound(0, is.at));
        let says = match formulas {
            (Some(from), Some(to)) if differs => {
                let told = self.told(from, to);
                format!("{what} {}", told.goes())
            }
            _ => format!("{what} is now {after}, and no longer {before}"),
        };
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Moved,
            part: match &right.table.reading {
                Reading::Line(_) => part_name(&right, new, other, false),
                Reading::EachBand(_) | Reading::OneBand(_) => {
                    format!("threshold of {}", part_name(&right, new, other, false))
                }
            },
            says,
            before: Some((before, left.bound_span(0, was.at))),
            after: Some((after, right.bound_span(0, is.at))),
            edit: self.edit(TableEdit::Bound {
                axis: 0,
                before: was.at,
                after: is.at,
            }),
        };
        self.all.push(self.about, found);
    }

    fn come(&mut self, new: &[Band], at: usize, before: usize, is_keyed: bool) {
        let right = self.right;
        let Some(band) = new.get(at) else {
            return;
        };
        let cells = right.cells(band.at);
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Added,
            part: part_name(&right, new, at, is_keyed),
            says: format!("{} is new: {cells}", self.called(&right, new, at, is_keyed)),
            before: None,
            after: Some((
                format!("{}: {cells}", right.bound(0, band.at)),
                right.bound_span(0, band.at),
            )),
            edit: self.edit(TableEdit::AddBand {
                at: before,
                after: band.at,
            }),
        };
        self.all.push(self.about, found);
    }

    fn gone(&mut self, old: &[Band], at: usize, is_keyed: bool) {
        let left = self.left;
        let Some(band) = old.get(at) else {
            return;
        };
        let until = match old.get(at + 1) {
            _ if is_keyed => band.at + 1,
            Some(next) => next.at,
            None => left.table.axes.first().map_or(0, |axis| axis.bounds.len()),
        };
        let cells = left.cells(band.at);
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Removed,
            part: part_name(&left, old, at, is_keyed),
            says: format!(
                "{} is gone; it said {cells}",
                self.called(&left, old, at, is_keyed)
            ),
            before: Some((
                format!("{}: {cells}", left.bound(0, band.at)),
                left.bound_span(0, band.at),
            )),
            after: None,
            edit: self.edit(TableEdit::RemoveBands {
                from: band.at,
                until,
            }),
        };
        self.all.push(self.about, found);
    }

    /// A grid: bounds of each argument, then cells where all bounds are paired.
    fn grid(&mut self) {
        let (left, right) = (self.left, self.right);
        let mut paired: Vec<Vec<(usize, usize)>> = Vec::with_capacity(left.table.axes.len());
        let mut is_whole = false;
        for axis in 0..left.table.axes.len() {
            let old = self.bounds_of(&left, axis);
            let new = self.bounds_of(&right, axis);
            let keyed = left.table.axes.get(axis).is_some_and(is_keyed);
            let pairs = if keyed {
                by_key(&old, &new)
            } else {
                let texts = |here: &Here<'_>, bands: &[Band]| -> Vec<String> {
                    bands.iter().map(|band| here.bound(axis, band.at)).collect()
                };
                aligned((&old, &texts(&left, &old)), (&new, &texts(&right, &new)))
            };
            let mut both = Vec::new();
            for pair in pairs {
                match pair {
                    Pair::Both(one, other) => {
                        both.push((one, other));
                        let moved = old.get(one).map(|band| band.bound)
                            != new.get(other).map(|band| band.bound);
                        if moved {
                            self.grid_bound(axis, one, other);
                        }
                    }
                    Pair::Gone(one) => {
                        is_whole = true;
                        self.grid_line(axis, one, Kind::Removed);
                    }
                    Pair::Come(other) => {
                        is_whole = true;
                        self.grid_line(axis, other, Kind::Added);
                    }
                }
            }
            paired.push(both);
        }
        let mut places: Vec<(Vec<usize>, Vec<usize>)> = vec![(Vec::new(), Vec::new())];
        for axis in &paired {
            places = places
                .into_iter()
                .flat_map(|(old, new)| {
                    axis.iter().map(move |(one, other)| {
                        let (mut old, mut new) = (old.clone(), new.clone());
                        old.push(*one);
                        new.push(*other);
                        (old, new)
                    })
                })
                .collect();
        }
        for (old, new) in places {
            self.grid_cell(old, new, is_whole);
        }
    }

    fn bounds_of(&mut self, here: &Here<'_>, axis: usize) -> Vec<Band> {
        let bounds = here.table.axes.get(axis).map(|axis| axis.bounds.as_slice());
        let keys = &mut self.all.keys;
        bounds
            .unwrap_or_default()
            .iter()
            .enumerate()
            .map(|(at, bound)| Band {
                at,
                bound: bound_key(&bound.is, at == 0, false, &here.read.names, keys),
                cells: Vec::new(),
            })
            .collect()
    }

    fn argument(&self, here: &Here<'_>, axis: usize) -> Text {
        let axis = here.table.axes.get(axis);
        axis.map(|axis| axis.argument.clone()).unwrap_or_default()
    }

    fn grid_bound(&mut self, axis: usize, one: usize, other: usize) {
        let (left, right) = (self.left, self.right);
        let argument = self.argument(&right, axis);
        let (before, after) = (left.bound(axis, one), right.bound(axis, other));
        let found = Found {
            weight: Weight::Meaning,
            kind: Kind::Moved,
            part: format!("bound {} of {argument}", other + 1),
            says: format!(
                "bound {} of {argument} in {} is now {after}, and no longer {before}",
                other + 1,
                self.about.name
            ),
            before: Some((before, left.bound_span(axis, one))),
            after: Some((after, right.bound_span(axis, other))),
            edit: self.edit(TableEdit::Bound {
                axis,
                before: one,
                after: other,
            }),
        };
        self.all.push(self.about, found);
    }

    fn grid_line(&mut self, axis: usize, at: usize, kind: Kind) {
        let here = if kind == Kind::Added {
            self.right
        } else {
            self.left
        };
        let argument = self.argument(&here, axis);
        let bound = here.bound(axis, at);
        let side = Some((bound.clone(), here.bound_span(axis, at)));
        let name = &self.about.name;
        let found = Found {
            weight: Weight::Meaning,
            kind,
            part: format!("{argument} {bound}"),
            says: match kind {
                Kind::Added => format!("{name} has new figures for {argument} {bound}"),
                _ => format!("{name} has no figures of its own for {argument} {bound} any more"),
            },
            before: (kind != Kind::Added).then(|| side.clone()).flatten(),
            after: (kind == Kind::Added).then(|| side.clone()).flatten(),
            edit: self.edit(TableEdit::Whole),
        };
        self.all.push(self.about, found);
    }

    fn grid_cell(&mut self, old: Vec<usize>, new: Vec<usize>, is_whole: bool) {
        let (left, right) = (self.left, self.right);
        for column in read_columns(left.table) {
            let name = left.columns.get(column).cloned().unwrap_or_default();
            let there = right.columns.iter().position(|other| *other == name);
            let (Some(cell), Some((there, now))) = (
                left.table.cell(&old, column),
                there.and_then(|there| Some((there, right.table.cell(&new, there)?))),
            ) else {
                continue;
            };
            if !self.differ(cell, now) {
                continue;
            }
            let place: Vec<String> = new
                .iter()
                .enumerate()
                .map(|(axis, at)| {
                    let bound = right.bound(axis, *at);
                    let argument = self.argument(&right, axis);
                    format!("{argument} {}", bound.trim_start_matches("for "))
                })
                .collect();
            let place = place.join(", ");
            let told = self.told(cell, now);
            let edit = if is_whole {
                TableEdit::Whole
            } else {
                TableEdit::Cell {
                    before: (old.clone(), column),
                    after: (new.clone(), there),
                }
            };
            let found = Found {
                weight: Weight::Meaning,
                kind: Kind::Changed,
                part: format!("cell for {place}"),
                says: format!("{} for {place} {}", self.about.name, told.goes()),
                before: told.before.clone().map(|text| (text, cell.span)),
                after: told.after.clone().map(|text| (text, now.span)),
                edit: self.edit(edit),
            };
            self.all.push(self.about, found);
        }
    }

    /// Columns that no reading reads: they say something that counts nowhere.
    fn unread_columns(&mut self) {
        let (left, right) = (self.left, self.right);
        let unread = |here: &Here<'_>| -> Vec<(Text, Vec<String>)> {
            let read = read_columns(here.table);
            let width = here.table.columns.len().max(1);
            here.table
                .columns
                .iter()
                .enumerate()
                .filter(|(column, _)| !read.contains(column))
                .map(|(column, known)| {
                    let cells = here.table.cells.iter().enumerate();
                    let own = cells.filter(|(at, _)| at % width == column);
                    let texts = own.map(|(_, cell)| here.formula(cell)).collect();
                    (known.name.clone(), texts)
                })
                .collect()
        };
        let (old, new) = (unread(&left), unread(&right));
        if old == new {
            return;
        }
        let shown = |columns: &[(Text, Vec<String>)]| {
            let texts: Vec<String> = columns
                .iter()
                .map(|(name, cells)| format!("{name} {}", cells.join(", ")))
                .collect();
            texts.join("; ")
        };
        let (old, new) = (shown(&old), shown(&new));
        let found = Found {
            weight: Weight::Name,
            kind: Kind::Changed,
            part: "columns that are not read".to_owned(),
            says: format!(
                "{} says something else in columns that it does not read",
                self.about.name
            ),
            before: Some((old, left.table.span)),
            after: Some((new, right.table.span)),
            edit: Edit::Nothing,
        };
        self.all.push(self.about, found);
    }
}

/// A band as the part of a table that is changed.
fn part_name(here: &Here<'_>, bands: &[Band], at: usize, is_keyed: bool) -> String {
    let bound = bands.get(at).map(|band| here.bound(0, band.at));
    match &here.table.reading {
        _ if is_keyed => bound.unwrap_or_default(),
        Reading::Line(_) => format!("point {}", here.tier(bands, at)),
        Reading::EachBand(_) | Reading::OneBand(_) => format!("tier {}", here.tier(bands, at)),
    }
}

/// Gives what means the same on both sides, with all that it is made of, the key it had before.
fn as_called_before(old: &[Band], old_whole: &[Band], new: &mut [Band], new_whole: &[Band]) {
    let parts = |band: &Band| -> Vec<Key> {
        std::iter::once(band.bound)
            .chain(band.cells.iter().copied())
            .collect()
    };
    let mut known: BTreeMap<Key, Key> = BTreeMap::new();
    for band in old {
        if let Some(whole) = old_whole.iter().find(|whole| whole.at == band.at) {
            known.extend(parts(whole).into_iter().zip(parts(band)));
        }
    }
    let own: BTreeSet<Key> = old.iter().flat_map(parts).collect();
    for band in new {
        let Some(whole) = new_whole.iter().find(|whole| whole.at == band.at) else {
            continue;
        };
        let keys = std::iter::once(&mut band.bound).chain(&mut band.cells);
        for (key, whole) in keys.zip(parts(whole)) {
            if !own.contains(key)
                && let Some(before) = known.get(&whole)
            {
                *key = *before;
            }
        }
    }
}

/// Pairs bands that answer to the same key.
fn by_key(old: &[Band], new: &[Band]) -> Vec<Pair> {
    let find = |bands: &[Band], key: Key| bands.iter().position(|band| band.bound == key);
    let mut pairs: Vec<Pair> = old
        .iter()
        .enumerate()
        .map(|(one, band)| match find(new, band.bound) {
            Some(other) => Pair::Both(one, other),
            None => Pair::Gone(one),
        })
        .collect();
    let come = new
        .iter()
        .enumerate()
        .filter(|(_, band)| find(old, band.bound).is_none());
    pairs.extend(come.map(|(other, _)| Pair::Come(other)));
    pairs
}
