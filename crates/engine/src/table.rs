//! Tables: a weighted sum of bands.
//!
//! In each band that was entered the formula is asked with the band's own names. The lanes of a column may stand in
//! different bands, so bands are entered by comparison and chosen by selection; where all lanes agree, bands that were
//! not entered are never looked at.

use std::cmp::Ordering;

use trueup_base::exact::Exact;
use trueup_plan::tree::{Axis, BoundKind, Comparison, Expr, Name, Reading, Table, TableId};

use crate::evaluate::{Evaluator, Place};
use crate::graph::{BandNames, What};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Truth};
use crate::value::Value;

/// The names known inside a band. What a formula does not mention is not worked out.
pub(crate) struct BandFrame<'a, N: Number> {
    arguments: &'a [Value<N>],
    cells: &'a [Value<N>],
    lower: Option<N>,
    upper: Option<N>,
    filled: N::Truth,
    was: Option<Value<N>>,
    agreed: Option<Value<N>>,
}

impl<N: Number> BandFrame<'_, N> {
    /// What is known inside a change: what held before it, and, where it is mentioned, what was agreed.
    pub(crate) fn of_change(was: Value<N>, agreed: Option<Value<N>>) -> Self {
        Self {
            arguments: &[],
            cells: &[],
            lower: None,
            upper: None,
            filled: N::Truth::known(false),
            was: Some(was),
            agreed,
        }
    }

    /// A band's name, or none where the name is not a band's.
    pub(crate) fn name(&self, name: Name) -> Option<Value<N>> {
        match name {
            Name::Argument(at) => self.arguments.get(usize::from(at)).cloned(),
            Name::BandColumn(at) => self.cells.get(usize::from(at)).cloned(),
            Name::Lower => Some(Value::Number(self.lower())),
            Name::Upper => Some(Value::Number(self.upper())),
            Name::Width => Some(Value::Number(self.upper().minus(&self.lower()))),
            Name::Filled => Some(Value::Flag(self.filled.clone())),
            Name::Slice => Some(Value::Number(self.slice())),
            Name::Was => self.was.clone(),
            Name::Agreed => self.agreed.clone(),
            Name::Column(..)
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
            | Name::Key(..) => None,
        }
    }

    fn lower(&self) -> N {
        self.lower.clone().unwrap_or_else(|| open("below"))
    }

    fn upper(&self) -> N {
        self.upper.clone().unwrap_or_else(|| open("above"))
    }

    /// The part of the argument in the band. In the lowest, open one it counts down from the upper bound, so that returns
    /// beyond sales take back.
    fn slice(&self) -> N {
        let x = self
            .arguments
            .first()
            .map_or_else(|| open("on both sides"), Value::number);
        // A band is filled from its upper bound on, and not asked below its lower one; where no more than bounds is known of
        // the argument, that bounds the slice.
        let reached = held_between(&x, self.lower.as_ref(), self.upper.as_ref());
        match self.lower.as_ref().or(self.upper.as_ref()) {
            Some(base) => reached.minus(base),
            None => reached,
        }
    }
}

fn open<N: Number>(which: &str) -> N {
    N::none(NoAnswer::undefined(format!("the band is open {which}")))
}

/// One axis with its bounds worked out for a place.
#[derive(Debug)]
struct Bounds<N: Number> {
    /// For each band the figure it begins with; none where it is open below or answers to a key.
    figures: Vec<Option<N>>,
    /// For each band whether the argument has entered it, or, for keys, whether it is the one.
    entered: Vec<N::Truth>,
    is_keyed: bool,
}

/// Lists that were used and are empty again: a table asked for every partner would otherwise ask for memory each time.
#[derive(Debug)]
pub(crate) struct Spare<N: Number> {
    bounds: Vec<Bounds<N>>,
    values: Vec<Vec<Value<N>>>,
}

impl<N: Number> Default for Spare<N> {
    fn default() -> Self {
        Self {
            bounds: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<N: Number> Spare<N> {
    /// An empty list of values.
    pub(crate) fn values(&mut self) -> Vec<Value<N>> {
        self.values.pop().unwrap_or_default()
    }

    /// Keeps a list that is no longer needed.
    pub(crate) fn keep_values(&mut self, mut values: Vec<Value<N>>) {
        values.clear();
        self.values.push(values);
    }

    fn bounds(&mut self) -> Bounds<N> {
        self.bounds.pop().unwrap_or_else(|| Bounds {
            figures: Vec::new(),
            entered: Vec::new(),
            is_keyed: false,
        })
    }

    fn keep_bounds(&mut self, mut bounds: Bounds<N>) {
        bounds.figures.clear();
        bounds.entered.clear();
        bounds.is_keyed = false;
        self.bounds.push(bounds);
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A table's answer for its arguments.
    pub(crate) fn table(&mut self, id: TableId, arguments: &[Value<N>], at: &Place) -> Value<N> {
        let table = &self.plan()[id];
        if let Some(reason) = arguments.iter().find_map(Value::reason) {
            return Value::None(reason.clone());
        }
        match &table.reading {
            Reading::Line(column) => self.line(id, table, *column, arguments, at),
            Reading::EachBand(formula) => self.each_band(id, table, formula, arguments, at),
            Reading::OneBand(formula) => self.one_band(id, table, formula, arguments, at),
        }
    }

    fn each_band(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        at: &Place,
    ) -> Value<N> {
        let (Some(axis), Some(argument)) = (table.axes.first(), arguments.first()) else {
            return no_band(table);
        };
        self.with_bounds(table, (axis, argument), at, |walk, bounds| {
            walk.of_each_band(id, table, formula, arguments, bounds, at)
        })
    }

    /// What is answered within the bounds of an axis, whose lists are used again.
    fn with_bounds(
        &mut self,
        table: &'p Table,
        (axis, argument): (&'p Axis, &Value<N>),
        at: &Place,
        answer: impl FnOnce(&mut Self, &Bounds<N>) -> Value<N>,
    ) -> Value<N> {
        match self.bounds(table, axis, argument, at) {
            Ok(bounds) => {
                let value = answer(self, &bounds);
                self.spare.keep_bounds(bounds);
                value
            }
            Err(reason) => Value::None(reason),
        }
    }

    fn of_each_band(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        bounds: &Bounds<N>,
        at: &Place,
    ) -> Value<N> {
        let mut sum = N::known(Exact::ZERO);
        for (band, entered) in bounds.entered.iter().enumerate() {
            if entered.all() == Some(false) {
                if bounds.is_keyed {
                    continue;
                }
                break;
            }
            let contribution = self
                .in_band(id, table, formula, arguments, bounds, &[band], at)
                .into_number();
            sum = sum.plus(&N::select(entered, &contribution, &N::known(Exact::ZERO)));
        }
        self.if_any_entered(table, bounds, Value::Number(sum))
    }

    fn one_band(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        at: &Place,
    ) -> Value<N> {
        if let ([axis], [argument, ..]) = (table.axes.as_slice(), arguments) {
            return self.with_bounds(table, (axis, argument), at, |walk, bounds| {
                walk.of_one_axis(id, table, formula, arguments, bounds, at)
            });
        }
        let mut axes = Vec::with_capacity(table.axes.len());
        for (axis, argument) in table.axes.iter().zip(arguments) {
            match self.bounds(table, axis, argument, at) {
                Ok(bounds) => axes.push(bounds),
                Err(reason) => return Value::None(reason),
            }
        }
        let mut bands = Vec::with_capacity(axes.len());
        self.choose(id, table, formula, arguments, &axes, &mut bands, at)
    }

    /// The band of the only axis: the highest entered decides; of keys at most one is entered.
    fn of_one_axis(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        bounds: &Bounds<N>,
        at: &Place,
    ) -> Value<N> {
        let highest = bounds
            .entered
            .iter()
            .rposition(|entered| entered.all() != Some(false));
        let Some(highest) = highest else {
            return no_band(table);
        };
        match bounds.entered.get(highest).and_then(Truth::all) {
            Some(true) => self.in_band(id, table, formula, arguments, bounds, &[highest], at),
            Some(false) | None => {
                let axes = std::slice::from_ref(bounds);
                self.choose(id, table, formula, arguments, axes, &mut Vec::new(), at)
            }
        }
    }

    /// Chooses a band on one axis after the other, from the highest down.
    #[allow(
        clippy::too_many_arguments,
        reason = "the walk's whole state, one axis deeper each time"
    )]
    fn choose(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        axes: &[Bounds<N>],
        bands: &mut Vec<usize>,
        at: &Place,
    ) -> Value<N> {
        let Some(bounds) = axes.get(bands.len()) else {
            return match axes.first() {
                Some(first) if axes.len() == 1 => {
                    self.in_band(id, table, formula, arguments, first, bands, at)
                }
                Some(_) | None => {
                    let keyed = Bounds {
                        figures: Vec::new(),
                        entered: Vec::new(),
                        is_keyed: true,
                    };
                    self.in_band(id, table, formula, arguments, &keyed, bands, at)
                }
            };
        };
        // The highest band entered decides; of keys at most one is entered.
        let mut sure = None;
        let mut open: Vec<(usize, N::Truth)> = Vec::new();
        for (band, entered) in bounds.entered.iter().enumerate().rev() {
            match entered.all() {
                Some(false) => {}
                Some(true) => {
                    bands.push(band);
                    sure = Some(self.choose(id, table, formula, arguments, axes, bands, at));
                    bands.pop();
                    break;
                }
                None => open.push((band, entered.clone())),
            }
        }
        let mut answer = sure.unwrap_or_else(|| no_band(table));
        for (band, entered) in open.into_iter().rev() {
            bands.push(band);
            let here = self.choose(id, table, formula, arguments, axes, bands, at);
            bands.pop();
            answer = Value::select(&entered, &here, &answer);
        }
        answer
    }

    fn if_any_entered(&self, table: &Table, bounds: &Bounds<N>, value: Value<N>) -> Value<N> {
        let any = if bounds.is_keyed {
            bounds
                .entered
                .iter()
                .fold(N::Truth::known(false), |any, entered| any.or_else(entered))
        } else {
            bounds
                .entered
                .first()
                .cloned()
                .unwrap_or_else(|| N::Truth::known(false))
        };
        match any.all() {
            Some(true) => value,
            Some(false) => no_band(table),
            None => Value::select(&any, &value, &no_band(table)),
        }
    }

    /// The formula in one band, with the band's names.
    #[allow(
        clippy::too_many_arguments,
        reason = "one band of one table for one place"
    )]
    fn in_band(
        &mut self,
        id: TableId,
        table: &'p Table,
        formula: &'p Expr,
        arguments: &[Value<N>],
        bounds: &Bounds<N>,
        bands: &[usize],
        at: &Place,
    ) -> Value<N> {
        let opened = self.graph.begin();
        let band = bands.first().copied().unwrap_or(0);
        let mut frame = frame_of(arguments, bounds, band);
        let mut cells = self.spare.values();
        for column in 0..table.columns.len() {
            let value = match table.cell(bands, column) {
                // A cell may mention the band's bounds, not another cell.
                Some(cell) => self.eval(cell, at, Some(&frame)),
                None => no_band(table),
            };
            cells.push(value);
        }
        frame.cells = &cells;
        let value = self.eval(formula, at, Some(&frame));
        let (lower, upper, slice) = if self.graph.explains() {
            let (lower, upper, slice) = (frame.lower(), frame.upper(), frame.slice());
            (
                Value::Number(lower),
                Value::Number(upper),
                Value::Number(slice),
            )
        } else {
            self.graph.forget_inputs(opened);
            self.spare.keep_values(cells);
            return value;
        };
        let names = self.graph.keep_band(BandNames {
            bands: bands.to_vec(),
            arguments: arguments.to_vec(),
            lower,
            upper,
            slice,
            cells,
        });
        self.graph.end(opened, What::Band(id, names), at, &value);
        value
    }

    fn line(
        &mut self,
        id: TableId,
        table: &'p Table,
        column: usize,
        arguments: &[Value<N>],
        at: &Place,
    ) -> Value<N> {
        let (Some(axis), Some(argument)) = (table.axes.first(), arguments.first()) else {
            return no_band(table);
        };
        self.with_bounds(table, (axis, argument), at, |walk, bounds| {
            walk.along(id, table, column, arguments, bounds, at)
        })
    }

    /// Where the line is for an argument.
    fn along(
        &mut self,
        id: TableId,
        table: &'p Table,
        column: usize,
        arguments: &[Value<N>],
        bounds: &Bounds<N>,
        at: &Place,
    ) -> Value<N> {
        let Some(x) = arguments.first().map(Value::number) else {
            return no_band(table);
        };
        let mut heights = Vec::with_capacity(bounds.entered.len());
        for band in 0..bounds.entered.len() {
            let height = match table.cell(&[band], column) {
                Some(cell) => self.eval(cell, at, None).into_number(),
                None => no_band(table).number(),
            };
            heights.push(height);
        }
        let Some(level_below) = heights.first() else {
            return no_band(table);
        };
        let mut answer = level_below.clone();
        let mut band_reached = 0;
        for (band, entered) in bounds.entered.iter().enumerate() {
            if entered.all() == Some(false) {
                break;
            }
            let (Some(Some(from)), Some(height)) = (bounds.figures.get(band), heights.get(band))
            else {
                break;
            };
            let here = match (bounds.figures.get(band + 1), heights.get(band + 1)) {
                (Some(Some(until)), Some(next)) => {
                    // The line is asked between its two points only; where no more than bounds is known of the argument,
                    // that bounds the answer.
                    let x = held_between(&x, Some(from), Some(until));
                    let part = x.minus(from).over(&until.minus(from));
                    height.plus(&next.minus(height).times(&part))
                }
                (_, _) => height.clone(),
            };
            answer = N::select(entered, &here, &answer);
            band_reached = band;
        }
        let value = Value::Number(answer);
        if !self.graph.explains() {
            return value;
        }
        let open = || Value::None(NoAnswer::undefined("the line is level here"));
        let figure = |band: usize| match bounds.figures.get(band) {
            Some(Some(figure)) => Value::Number(figure.clone()),
            Some(None) | None => open(),
        };
        let lower = figure(band_reached);
        let upper = figure(band_reached + 1);
        let opened = self.graph.begin();
        let names = self.graph.keep_band(BandNames {
            bands: vec![band_reached],
            arguments: arguments.to_vec(),
            slice: open(),
            lower,
            upper,
            cells: heights
                .into_iter()
                .skip(band_reached)
                .take(2)
                .map(Value::Number)
                .collect(),
        });
        self.graph.end(opened, What::Band(id, names), at, &value);
        value
    }

    /// The bounds of an axis for a place, and which of its bands the argument has entered.
    fn bounds(
        &mut self,
        table: &'p Table,
        axis: &'p Axis,
        argument: &Value<N>,
        at: &Place,
    ) -> Result<Bounds<N>, NoAnswer> {
        let mut bounds = self.spare.bounds();
        let mut none_yet = N::Truth::known(true);
        for (band, bound) in axis.bounds.iter().enumerate() {
            let (figure, entered) = match &bound.is {
                BoundKind::Lowest => (None, N::Truth::known(true)),
                BoundKind::From(formula) | BoundKind::At(formula) => {
                    let figure = self.eval(formula, at, None);
                    (
                        Some(figure.number()),
                        argument.compared(Comparison::AtLeast, &figure),
                    )
                }
                BoundKind::Above(formula) => {
                    let figure = self.eval(formula, at, None);
                    // The lowest bound always belongs to the first band.
                    let how = if band == 0 {
                        Comparison::AtLeast
                    } else {
                        Comparison::More
                    };
                    (Some(figure.number()), argument.compared(how, &figure))
                }
                BoundKind::Equals(formula) => {
                    bounds.is_keyed = true;
                    let key = self.eval(formula, at, None);
                    (None, argument.compared(Comparison::Equal, &key))
                }
                BoundKind::Otherwise => {
                    bounds.is_keyed = true;
                    (None, none_yet.clone())
                }
            };
            if let Some(reason) = entered.reason() {
                return Err(reason.clone());
            }
            none_yet = none_yet.and(&entered.not());
            bounds.figures.push(figure);
            bounds.entered.push(entered);
        }
        must_rise(table, &bounds)?;
        Ok(bounds)
    }
}

/// Bounds made of terms can fall for an agreement although the plan's text looks right; then no band is the right one.
fn must_rise<N: Number>(table: &Table, bounds: &Bounds<N>) -> Result<(), NoAnswer> {
    let figures = bounds.figures.iter().flatten().filter_map(Number::figure);
    let mut before: Option<&Exact> = None;
    for upper in figures {
        if let Some(lower) = before
            && lower.cmp(upper) != Ordering::Less
        {
            return Err(NoAnswer::undefined(format!(
                "the bounds of {} do not rise for this agreement: {lower}, then {upper}",
                table.name
            )));
        }
        before = Some(upper);
    }
    Ok(())
}

fn frame_of<'a, N: Number>(
    arguments: &'a [Value<N>],
    bounds: &Bounds<N>,
    band: usize,
) -> BandFrame<'a, N> {
    let figure = |at: usize| bounds.figures.get(at).cloned().flatten();
    let lower = figure(band);
    let upper = if bounds.is_keyed {
        None
    } else {
        figure(band + 1)
    };
    let filled = if bounds.is_keyed {
        N::Truth::known(false)
    } else {
        bounds
            .entered
            .get(band + 1)
            .cloned()
            .unwrap_or_else(|| N::Truth::known(false))
    };
    BandFrame {
        arguments,
        cells: &[],
        lower,
        upper,
        filled,
        was: None,
        agreed: None,
    }
}

fn held_between<N: Number>(x: &N, low: Option<&N>, high: Option<&N>) -> N {
    let below = match high {
        Some(high) => x.or_other(Comparison::Less, high),
        None => x.clone(),
    };
    match low {
        Some(low) => below.or_other(Comparison::More, low),
        None => below,
    }
}

/// Every formula written in a table.
pub(crate) fn formulas(table: &Table) -> impl Iterator<Item = &Expr> {
    let reading = match &table.reading {
        Reading::EachBand(formula) | Reading::OneBand(formula) => Some(formula),
        Reading::Line(_) => None,
    };
    let bounds = table.axes.iter().flat_map(|axis| &axis.bounds);
    let bounds = bounds.filter_map(|bound| match &bound.is {
        BoundKind::From(bound)
        | BoundKind::Above(bound)
        | BoundKind::At(bound)
        | BoundKind::Equals(bound) => Some(bound),
        BoundKind::Lowest | BoundKind::Otherwise => None,
    });
    reading.into_iter().chain(&table.cells).chain(bounds)
}

fn no_band<N: Number>(table: &Table) -> Value<N> {
    Value::None(NoAnswer::undefined(format!(
        "{} has no band for this figure",
        table.name
    )))
}
