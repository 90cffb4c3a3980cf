//! Tables: bands with their convention in words, what the trade calls the method, and a worked line.

use std::collections::BTreeMap;

use super::document::{Block, Column, Line, Piece};
use super::figure;
use super::methods;
use super::names::spaced;
use super::sheet::{Sheet, sentence};
use super::speaker::{At, Speaker};
use super::worked::{Given, Worked};
use crate::tree::walk::{formulas_of_table, parts};
use crate::tree::{Axis, BoundKind, Expr, Form, Name, Reading, Table, TableId, Type, Unit};
use trueup_base::exact::Exact;

impl Speaker<'_> {
    /// Every table under a heading of its own.
    pub(super) fn tables(&self, sheet: &mut Sheet) {
        for (at, table) in (0u16..).zip(&self.plan.tables) {
            sheet.defining(self, TableId(at));
            self.table(TableId(at), table, sheet);
        }
    }

    fn table(&self, id: TableId, table: &Table, sheet: &mut Sheet) {
        let at = At::window(self.asked.window(id)).inside(table);
        let holds = figure::type_words(table.answers, self.plan.currency);
        sheet.say(self.holding(&table.name, &holds, &table.is));
        self.reading(table, &at, sheet);
        match table.axes.as_slice() {
            [axis] => sheet.add(self.bands(table, axis, &at)),
            [down, across] => sheet.add(self.grid(table, down, across, &at)),
            _ => sheet.add(self.combinations(table, &at)),
        }
        self.below(table, &at, sheet);
        if let Some(name) = methods::of(self.plan, id, table) {
            sheet.say(format!("In the trade this is called {name}."));
        }
        if let Some(line) = self.example(id, table) {
            sheet.add(Block::Remark(line));
        }
        if let Some(reason) = &table.cliff {
            sheet.say(format!(
                "It may jump from one band to the next, and both sides agreed why: {}",
                sentence(reason)
            ));
        }
    }

    /// How the bands become one figure.
    fn reading(&self, table: &Table, at: &At<'_>, sheet: &mut Sheet) {
        let arguments: Vec<Line> = table
            .axes
            .iter()
            .map(|axis| Line::new().piece(Piece::Local(spaced(&axis.argument))))
            .collect();
        let asked = super::sheet::listed(arguments);
        let of = table
            .axes
            .iter()
            .map(|axis| figure::type_words(axis.of, self.plan.currency))
            .collect::<Vec<_>>()
            .join(" and ");
        let asked = Line::from("It is asked with ")
            .line(asked)
            .plain(format!(" ({of}). "));
        let argument = Line::new().piece(Piece::Local(at.argument(0)));
        match &table.reading {
            Reading::EachBand(formula) => {
                let before = asked
                    .plain("Every band that ")
                    .line(argument)
                    .plain(" has entered, from the lowest up, adds ");
                sheet.extend(self.statement(formula, at).after(before));
            }
            Reading::OneBand(formula) => {
                let before = if table.axes.len() == 1 {
                    asked
                        .plain("Only the band that ")
                        .line(argument)
                        .plain(" lies in counts, and gives ")
                } else {
                    asked.plain("Only the cell where all of them meet counts, and gives ")
                };
                sheet.extend(self.statement(formula, at).after(before));
            }
            Reading::Line(column) => {
                let column =
                    u16::try_from(*column).map_or_else(|_| String::new(), |index| at.column(index));
                sheet.say(
                    asked
                        .plain("It gives ")
                        .piece(Piece::Local(column))
                        .plain(" on straight lines between these points; below the first and above the last it stays level."),
                );
            }
        }
    }

    fn bands(&self, table: &Table, axis: &Axis, at: &At<'_>) -> Block {
        let mut columns = vec![Column {
            head: Line::new().piece(Piece::Local(spaced(&axis.argument))),
            is_figure: false,
        }];
        columns.extend(table.columns.iter().map(|column| Column {
            head: Line::new().piece(Piece::Local(spaced(&column.name))),
            is_figure: matches!(column.of, Type::Number(_)),
        }));
        let rows = (0..axis.bounds.len())
            .map(|band| {
                let mut row = vec![self.bound(axis, band, at)];
                row.extend(
                    (0..table.columns.len()).map(|column| self.cell(table, &[band], column, at)),
                );
                row
            })
            .collect();
        Block::Table {
            caption: Line::new(),
            columns,
            rows,
        }
    }

    /// Two arguments: one down, one across.
    fn grid(&self, table: &Table, down: &Axis, across: &Axis, at: &At<'_>) -> Block {
        let corner = Line::new()
            .piece(Piece::Local(spaced(&down.argument)))
            .plain(" down, ")
            .piece(Piece::Local(spaced(&across.argument)))
            .plain(" across");
        let mut columns = vec![Column {
            head: corner,
            is_figure: false,
        }];
        columns.extend((0..across.bounds.len()).map(|band| Column {
            head: self.bound(across, band, at),
            is_figure: matches!(table.answers, Type::Number(_)),
        }));
        let rows = (0..down.bounds.len())
            .map(|first| {
                let mut row = vec![self.bound(down, first, at)];
                row.extend(
                    (0..across.bounds.len())
                        .map(|second| self.cell(table, &[first, second], 0, at)),
                );
                row
            })
            .collect();
        Block::Table {
            caption: Line::new(),
            columns,
            rows,
        }
    }

    /// More arguments: a row for each combination.
    fn combinations(&self, table: &Table, at: &At<'_>) -> Block {
        let mut columns: Vec<Column> = table
            .axes
            .iter()
            .map(|axis| Column {
                head: Line::new().piece(Piece::Local(spaced(&axis.argument))),
                is_figure: false,
            })
            .collect();
        columns.extend(table.columns.iter().map(|column| Column {
            head: Line::new().piece(Piece::Local(spaced(&column.name))),
            is_figure: matches!(column.of, Type::Number(_)),
        }));
        let mut rows = Vec::new();
        let mut bands = vec![0usize; table.axes.len()];
        loop {
            let mut row: Vec<Line> = table
                .axes
                .iter()
                .zip(&bands)
                .map(|(axis, band)| self.bound(axis, *band, at))
                .collect();
            row.extend((0..table.columns.len()).map(|column| self.cell(table, &bands, column, at)));
            rows.push(row);
            if !advance(&mut bands, &table.axes) {
                break;
            }
        }
        Block::Table {
            caption: Line::new(),
            columns,
            rows,
        }
    }

    fn cell(&self, table: &Table, bands: &[usize], column: usize, at: &At<'_>) -> Line {
        table
            .cell(bands, column)
            .map_or_else(Line::new, |cell| self.worked_out(cell, at))
    }

    /// A band in words: `from 90,000.00 USD up to but not including 112,500.00 USD`.
    pub(super) fn bound(&self, axis: &Axis, band: usize, at: &At<'_>) -> Line {
        let next = axis.bounds.get(band + 1).map(|bound| &bound.is);
        let until = match next {
            Some(BoundKind::From(next)) => Some((" up to but not including ", next)),
            Some(BoundKind::Above(next)) => Some((" up to and including ", next)),
            Some(
                BoundKind::Lowest | BoundKind::At(_) | BoundKind::Equals(_) | BoundKind::Otherwise,
            )
            | None => None,
        };
        let to = |line: Line, open: &str| match until {
            Some((words, next)) => line.plain(words).line(self.worked_out(next, at)),
            None => line.plain(open),
        };
        match axis.bounds.get(band).map(|bound| &bound.is) {
            Some(BoundKind::Lowest) => match until {
                Some((_, next)) => {
                    let words = match axis.bounds.get(band + 1).map(|bound| &bound.is) {
                        Some(BoundKind::Above(_)) => "up to and including ",
                        _ => "below ",
                    };
                    Line::from(words).line(self.worked_out(next, at))
                }
                None => Line::from("whatever it is"),
            },
            Some(BoundKind::From(from)) => {
                to(Line::from("from ").line(self.worked_out(from, at)), " on")
            }
            // The lowest bound always belongs to the first band.
            Some(BoundKind::Above(above)) if band == 0 => to(
                Line::from("from ")
                    .line(self.worked_out(above, at))
                    .plain(" itself"),
                " on",
            ),
            Some(BoundKind::Above(above)) => {
                to(Line::from("above ").line(self.worked_out(above, at)), "")
            }
            Some(BoundKind::At(point)) => Line::from("at ").line(self.worked_out(point, at)),
            Some(BoundKind::Equals(key)) => self.worked_out(key, at),
            Some(BoundKind::Otherwise) => Line::from("anything else"),
            None => Line::new(),
        }
    }

    /// A bound or a cell: under an agreement that decides it the figure, and beside it what it is.
    fn worked_out(&self, expr: &Expr, at: &At<'_>) -> Line {
        let figure = self.agreed_figure_of(expr, at);
        let said = self.value(
            expr,
            &At {
                is_bare: figure.is_some(),
                ..*at
            },
        );
        match figure {
            Some(figure) => Line::from(format!("{figure} (")).line(said.line).plain(")"),
            None => said.line,
        }
    }

    /// What a formula comes to under the agreement, if the agreement and the plan's text decide it.
    fn agreed_figure_of(&self, expr: &Expr, at: &At<'_>) -> Option<String> {
        self.agreed?;
        let Type::Number(unit) = expr.of else {
            return None;
        };
        let mut figures = BTreeMap::new();
        let mut in_percent = self.is_percent(expr);
        let mut open = vec![expr];
        while let Some(expr) = open.pop() {
            open.extend(parts(expr));
            in_percent |= self.is_percent(expr);
            if let Form::Name(name @ Name::Term(id)) = &expr.form {
                figures.insert(*name, self.known(*name, at.window)?);
                let holding = self.agreed?.holding(self, *id)?;
                in_percent |= holding.in_percent;
            }
        }
        // A figure written in the plan stands there already.
        if figures.is_empty() {
            return None;
        }
        let number = Given::with(figures).number(expr)?;
        Some(figure::in_unit(
            &number,
            unit,
            self.plan.currency,
            in_percent,
        ))
    }

    /// What holds where no band does.
    fn below(&self, table: &Table, at: &At<'_>, sheet: &mut Sheet) {
        if matches!(table.reading, Reading::Line(_)) {
            return;
        }
        for axis in &table.axes {
            let argument = Line::new().piece(Piece::Local(spaced(&axis.argument)));
            let is_keyed = axis
                .bounds
                .iter()
                .any(|bound| matches!(bound.is, BoundKind::Equals(_)));
            let has_rest = axis
                .bounds
                .iter()
                .any(|bound| matches!(bound.is, BoundKind::Otherwise));
            let line = match axis.bounds.first().map(|bound| &bound.is) {
                Some(BoundKind::From(lowest) | BoundKind::Above(lowest)) => Line::from("Where ")
                    .line(argument)
                    .plain(" is below ")
                    .line(self.value(lowest, at).line)
                    .plain(", the table has no answer."),
                Some(_) if is_keyed && !has_rest => Line::from("Where ")
                    .line(argument)
                    .plain(" is anything else, the table has no answer."),
                Some(_) | None => continue,
            };
            sheet.say(line);
        }
    }

    /// What the table gives for one figure.
    fn example(&self, id: TableId, table: &Table) -> Option<Line> {
        let (given, supposed) = self.given(id, table);
        let argument = sample(&given, table)?;
        let worked = given.worked(table, argument)?;
        let axis = table.axes.first()?;
        let mut line = Line::from("For example");
        if !supposed.is_empty() {
            let supposed = supposed
                .into_iter()
                .map(|(name, figure)| {
                    Line::new()
                        .line(self.supposed(name))
                        .plain(format!(" were {figure}"))
                })
                .collect();
            line = line.plain(", if ").line(super::sheet::listed(supposed));
        }
        let is_by_share = self.is_by_share(table);
        let shown = |number: &Exact, of: Type| match of {
            Type::Number(unit) => {
                figure::in_unit(number, unit, self.plan.currency, is_by_share(of))
            }
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => String::new(),
        };
        let argument = shown(&worked.argument, axis.of);
        let exactly = match table.reading {
            Reading::OneBand(_) => "exactly ",
            Reading::EachBand(_) | Reading::Line(_) => "",
        };
        line = line
            .plain(": for ")
            .piece(Piece::Local(spaced(&axis.argument)))
            .plain(format!(" of {exactly}{argument} the table gives "));
        let answer = shown(&worked.answer, table.answers);
        Some(line.plain(match (&table.reading, worked.bands.as_slice()) {
            (Reading::EachBand(_), [_, _, ..]) => {
                let summed: Vec<String> = worked
                    .bands
                    .iter()
                    .map(|(_, part)| shown(part, table.answers))
                    .collect();
                format!("{} = {answer}.", summed.join(" + "))
            }
            (Reading::Line(_), [(_, from), (_, to)]) => format!(
                "{answer}, on the line from {} to {}.",
                shown(from, table.answers),
                shown(to, table.answers)
            ),
            (Reading::EachBand(_) | Reading::OneBand(_) | Reading::Line(_), _) => {
                format!("{answer}.")
            }
        }))
    }

    /// Whether ratios of a table are written in percent: as its cells and bounds are.
    fn is_by_share(&self, table: &Table) -> impl Fn(Type) -> bool {
        let any = formulas_of_table(table)
            .into_iter()
            .any(|formula| self.is_percent(formula));
        move |of| any && of == Type::Number(Unit::RATIO)
    }

    /// A name for which a figure is supposed.
    fn supposed(&self, name: Name) -> Line {
        match name {
            Name::Term(id) => Line::new().piece(self.names.name(id)),
            Name::Value(id) => Line::new().piece(self.names.name(id)),
            Name::Measure(id) => Line::new().piece(self.names.name(id)),
            _ => Line::new(),
        }
    }

    /// The figures an example works with: agreed where they are, else supposed, and then said to be.
    fn given(&self, id: TableId, table: &Table) -> (Given, Vec<(Name, String)>) {
        let mut figures = BTreeMap::new();
        let mut supposed = Vec::new();
        let window = self.asked.window(id);
        let mut open = formulas_of_table(table);
        while let Some(expr) = open.pop() {
            open.extend(parts(expr));
            let (Form::Name(name), Type::Number(unit)) = (&expr.form, expr.of) else {
                continue;
            };
            if figures.contains_key(name) {
                continue;
            }
            if let Some(known) = self.known(*name, window) {
                figures.insert(*name, known);
                continue;
            }
            if matches!(name, Name::Term(_) | Name::Value(_) | Name::Measure(_)) {
                let figure = usual(unit);
                let is_ratio = unit == Unit::RATIO;
                let shown = figure::in_unit(&figure, unit, self.plan.currency, is_ratio);
                supposed.push((*name, shown));
                figures.insert(*name, figure);
            }
        }
        supposed.sort_by_key(|(name, _)| *name);
        (Given::with(figures), supposed)
    }

    /// A figure that the plan or the agreement settles.
    fn known(
        &self,
        name: Name,
        window: Option<trueup_base::calendar::WindowUnit>,
    ) -> Option<Exact> {
        match name {
            Name::Value(id) => {
                let value = self.plan.values.get(id.index())?;
                super::worked::constant(&value.formula)
            }
            Name::Term(id) => {
                let term = self.plan.terms.get(id.index())?;
                let holding = self.agreed?.holding(self, id)?;
                let crate::tree::Literal::Number(whole) = holding.figure else {
                    return None;
                };
                match (term.per, window) {
                    (None, _) => Some(whole),
                    (Some(per), Some(window)) if per == window => Some(whole),
                    (Some(per), Some(window)) => {
                        Some(whole * super::agreed::part_of(term, per, window)?)
                    }
                    (Some(_), None) => None,
                }
            }
            _ => None,
        }
    }
}

/// The next combination of bands, the last axis changing fastest.
fn advance(bands: &mut [usize], axes: &[Axis]) -> bool {
    for (band, axis) in bands.iter_mut().zip(axes).rev() {
        *band += 1;
        if *band < axis.bounds.len() {
            return true;
        }
        *band = 0;
    }
    false
}

/// A round figure of a unit, to suppose where none is known.
fn usual(unit: Unit) -> Exact {
    match unit {
        Unit::RATIO => Exact::from_scaled(10, 2),
        Unit::COUNT => Exact::from_int(100),
        Unit::SCORE => Exact::from_int(4),
        unit if unit.money > 0 => Exact::from_int(100_000),
        _ => Exact::from_int(100),
    }
}

/// A figure that shows how a table works: for sums of bands one in the highest, for one band the highest bound itself,
/// for lines the middle of the last.
fn sample(given: &Given, table: &Table) -> Option<Exact> {
    let Some(Type::Number(unit)) = table.axes.first().map(|axis| axis.of) else {
        return None;
    };
    let bounds: Vec<Exact> = given.bounds(table)?.into_iter().flatten().collect();
    let half = Exact::ratio(1, 2)?;
    let figure = match (&table.reading, bounds.as_slice()) {
        (_, []) => usual(unit),
        (Reading::OneBand(_), [.., last]) => last.clone(),
        (Reading::Line(_), [.., before, last]) => (before + last) * half,
        (Reading::EachBand(_), [.., before, last]) => last + &((last - before) * half),
        (Reading::EachBand(_) | Reading::Line(_), [last]) if last.is_positive() => {
            last + &(last * &half)
        }
        (Reading::EachBand(_) | Reading::Line(_), [_]) => usual(unit),
    };
    // Nobody counts halves.
    Some(if unit == Unit::COUNT {
        figure.ceiling()
    } else {
        figure
    })
}

impl Worked {
    /// What a table gives for a figure, from the table's own text alone.
    #[must_use]
    pub fn of(table: &Table, argument: Exact) -> Option<Self> {
        Given::default().worked(table, argument)
    }
}
