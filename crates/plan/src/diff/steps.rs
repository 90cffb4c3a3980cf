//! Tables of one number as functions of it: straight between a few figures, and so compared exactly and everywhere.
//!
//! All bounds are written out, or all are multiples of one named figure (`70% * goal`, `goal`), which then counts as one;
//! cells are written out; the reading is arithmetic that stays straight inside a band. What is not so has no steps, and
//! nothing is said of it.

use std::collections::BTreeSet;

use trueup_base::exact::Exact;

use crate::check::constant;
use crate::diff::keys::{Key, Keys};
use crate::diff::names::Names;
use crate::diff::way::Way;
use crate::tree::{BoundKind, Expr, Form, Literal, Name, Operator, Reading, Table};

/// A straight line: how high at zero, and how steep.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    at_zero: Exact,
    slope: Exact,
}

impl Line {
    fn level(height: Exact) -> Self {
        Self {
            at_zero: height,
            slope: Exact::ZERO,
        }
    }

    fn at(&self, x: &Exact) -> Exact {
        &self.at_zero + &(&self.slope * x)
    }

    fn is_level(&self) -> bool {
        self.slope.is_zero()
    }

    fn plus(&self, other: &Self, times: &Exact) -> Self {
        Self {
            at_zero: &self.at_zero + &(&other.at_zero * times),
            slope: &self.slope + &(&other.slope * times),
        }
    }

    fn scaled(&self, times: &Exact) -> Self {
        Self {
            at_zero: &self.at_zero * times,
            slope: &self.slope * times,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Band {
    /// Where it begins; none for one that is open below.
    from: Option<Exact>,
    /// Whether the bound itself belongs to it.
    has_bound: bool,
    cells: Vec<Exact>,
}

/// A table as a function of its argument.
pub(super) struct Steps<'t> {
    table: &'t Table,
    bands: Vec<Band>,
    /// The figure all bounds are multiples of, if it is not one.
    unit: Option<Key>,
}

impl<'t> Steps<'t> {
    /// The function of a table, if it can be said.
    pub(super) fn of(table: &'t Table, names: &Names<'_>, keys: &mut Keys) -> Option<Self> {
        let [axis] = table.axes.as_slice() else {
            return None;
        };
        let mut bounds: Vec<(Option<Key>, bool)> = Vec::with_capacity(axis.bounds.len());
        for (at, bound) in axis.bounds.iter().enumerate() {
            let (formula, has_bound) = match &bound.is {
                BoundKind::Lowest if at == 0 => (None, true),
                BoundKind::From(formula) | BoundKind::At(formula) => (Some(formula), true),
                BoundKind::Above(formula) => (Some(formula), at == 0),
                BoundKind::Lowest | BoundKind::Equals(_) | BoundKind::Otherwise => return None,
            };
            let key = formula.map(|formula| keys.formula(formula, names));
            bounds.push((key, has_bound));
        }
        let unit = bounds
            .iter()
            .filter_map(|(key, _)| *key)
            .find(|key| keys.as_number(*key).is_none())
            .map(|key| keys.without_number(key));
        let mut bands = Vec::with_capacity(bounds.len());
        for (band, (key, has_bound)) in bounds.into_iter().enumerate() {
            let from = match (key, unit) {
                (None, _) => None,
                (Some(key), None) => Some(keys.as_number(key)?),
                (Some(key), Some(unit)) => Some(match keys.as_number(key) {
                    Some(number) if number.is_zero() => number,
                    Some(_) => return None,
                    None => keys.multiple(unit, key)?,
                }),
            };
            let cells = (0..table.columns.len())
                .map(|column| constant::of_expr(table.cell(&[band], column)?))
                .collect::<Option<Vec<Exact>>>()?;
            bands.push(Band {
                from,
                has_bound,
                cells,
            });
        }
        let rises = bands
            .iter()
            .filter_map(|band| band.from.clone())
            .collect::<Vec<_>>()
            .is_sorted_by(|lower, upper| lower < upper);
        // Multiples of a figure that rise, rise only if the figure is positive; two of them make sure that it is.
        let figures = bands.iter().filter(|band| band.from.is_some()).count();
        (rises && (unit.is_none() || figures > 1)).then_some(Self { table, bands, unit })
    }

    /// Whether another table's bounds are multiples of the same figure, and it answers to the same arguments.
    fn is_comparable(&self, other: &Self) -> bool {
        let first = |steps: &Self| steps.bands.first().map(|band| band.from.clone());
        let is_line = |steps: &Self| matches!(steps.table.reading, Reading::Line(_));
        let has_one_unit = match (self.unit, other.unit) {
            (None, None) => true,
            // Money and multiples of a figure that counts as one do not add up; a share of each slice does.
            (Some(own), Some(its)) => {
                own == its && self.power().is_some() && self.power() == other.power()
            }
            (None, Some(_)) | (Some(_), None) => false,
        };
        // A line answers everywhere; a table of bands only from its first bound on.
        has_one_unit && (first(self) == first(other) || is_line(self) && is_line(other))
    }

    /// How often the argument's unit stands in every answer; nothing where answers have figures of their own besides.
    fn power(&self) -> Option<i32> {
        match &self.table.reading {
            Reading::EachBand(formula) | Reading::OneBand(formula) => degree(formula),
            Reading::Line(_) => Some(0),
        }
    }

    /// The band a figure is in.
    fn band_at(&self, x: &Exact) -> Option<usize> {
        self.bands.iter().rposition(|band| match &band.from {
            None => true,
            Some(from) => x > from || x == from && band.has_bound,
        })
    }

    /// The line the function follows around a figure inside a band: `x` only says which stretch is meant.
    fn line_at(&self, x: &Exact) -> Option<Line> {
        match &self.table.reading {
            Reading::Line(column) => self.between_points(x, *column),
            Reading::OneBand(formula) => self.in_band(formula, self.band_at(x)?, true),
            Reading::EachBand(formula) => {
                let last = self.band_at(x)?;
                let mut sum = Line::level(Exact::ZERO);
                for band in 0..=last {
                    sum = sum.plus(&self.in_band(formula, band, band == last)?, &Exact::ONE);
                }
                Some(sum)
            }
        }
    }

    fn between_points(&self, x: &Exact, column: usize) -> Option<Line> {
        let height = |band: &Band| band.cells.get(column).cloned();
        let Some(at) = self.band_at(x) else {
            return Some(Line::level(height(self.bands.first()?)?));
        };
        let (here, next) = (self.bands.get(at)?, self.bands.get(at + 1));
        let (Some(next), Some(from)) = (next, &here.from) else {
            return Some(Line::level(height(here)?));
        };
        let until = next.from.clone()?;
        let slope = (&height(next)? - &height(here)?).checked_div(&(&until - from))?;
        Some(Line {
            at_zero: &height(here)? - &(&slope * from),
            slope,
        })
    }

    /// A reading in one band; `is_last` says that the argument is in it and not above.
    fn in_band(&self, formula: &Expr, band: usize, is_last: bool) -> Option<Line> {
        let here = self.bands.get(band)?;
        let upper = self.bands.get(band + 1).and_then(|next| next.from.clone());
        let argument = Line {
            at_zero: Exact::ZERO,
            slope: Exact::ONE,
        };
        match &formula.form {
            Form::Literal(Literal::Number(number)) => Some(Line::level(number.clone())),
            Form::Name(Name::Argument(_)) => Some(argument),
            Form::Name(Name::BandColumn(at)) => {
                here.cells.get(usize::from(*at)).cloned().map(Line::level)
            }
            Form::Name(Name::Lower) => here.from.clone().map(Line::level),
            Form::Name(Name::Upper) => upper.map(Line::level),
            Form::Name(Name::Width) => Some(Line::level(&upper? - here.from.as_ref()?)),
            Form::Name(Name::Slice) => {
                let until = match (is_last, &upper) {
                    (false, Some(upper)) => Line::level(upper.clone()),
                    (false, None) => return None,
                    (true, _) => argument,
                };
                // Open below, a slice is what lies below the band's own upper bound.
                let from = match &here.from {
                    Some(from) => from.clone(),
                    None => upper?,
                };
                Some(until.plus(&Line::level(from), &-Exact::ONE))
            }
            Form::Negated(x) => Some(self.in_band(x, band, is_last)?.scaled(&-Exact::ONE)),
            Form::Arithmetic(operator, a, b) => {
                let a = self.in_band(a, band, is_last)?;
                let b = self.in_band(b, band, is_last)?;
                match operator {
                    Operator::Plus => Some(a.plus(&b, &Exact::ONE)),
                    Operator::Minus => Some(a.plus(&b, &-Exact::ONE)),
                    Operator::Times if b.is_level() => Some(a.scaled(&b.at_zero)),
                    Operator::Times if a.is_level() => Some(b.scaled(&a.at_zero)),
                    Operator::Times => None,
                    Operator::Over if b.is_level() => {
                        Some(a.scaled(&Exact::ONE.checked_div(&b.at_zero)?))
                    }
                    Operator::Over => None,
                }
            }
            _ => None,
        }
    }

    fn bounds(&self) -> impl Iterator<Item = &Exact> {
        self.bands.iter().filter_map(|band| band.from.as_ref())
    }

    /// Whether there is an answer for a figure.
    fn answers(&self, x: &Exact) -> bool {
        matches!(self.table.reading, Reading::Line(_)) || self.band_at(x).is_some()
    }

    /// Whether the function never falls.
    pub(super) fn never_falls(&self) -> bool {
        self.follows(|line, next, _| {
            !line.slope.is_negative() && next.is_none_or(|(end, high)| high >= line.at(&end))
        })
    }

    /// Whether the function is not negative at zero and never falls: then it is not negative above zero either.
    pub(super) fn rises_from_zero(&self) -> bool {
        let zero = Exact::ZERO;
        let at_zero = self.line_at(&zero).map(|line| line.at(&zero));
        self.never_falls()
            && self.answers(&zero)
            && at_zero.is_some_and(|height| !height.is_negative())
    }

    /// Goes along the stretches from below: each with its line, and with the next bound and how high the function is there.
    fn follows(&self, holds: impl Fn(&Line, Option<(Exact, Exact)>, &Exact) -> bool) -> bool {
        let marks: BTreeSet<&Exact> = self.bounds().collect();
        let marks: Vec<&Exact> = marks.into_iter().collect();
        let mut all = true;
        for (sample, end) in stretches(&marks) {
            if !self.answers(&sample) {
                continue;
            }
            let Some(line) = self.line_at(&sample) else {
                return false;
            };
            let next = match end {
                None => None,
                // On the bound, and just above it.
                Some(end) => {
                    let on = self.line_at(&end).map(|line| line.at(&end));
                    let above = self
                        .line_at(&(&end + &Exact::ONE.min(gap_above(&marks, &end))))
                        .map(|line| line.at(&end));
                    match (on, above) {
                        (Some(on), Some(above)) if on <= above => Some((end, on)),
                        (_, _) => return false,
                    }
                }
            };
            all = all && holds(&line, next, &sample);
        }
        all
    }

    /// How the answers of one table stand to those of another, for every argument that both answer.
    pub(super) fn way_to(&self, after: &Self) -> Way {
        if !self.is_comparable(after) {
            return Way::Open;
        }
        let marks: BTreeSet<&Exact> = self.bounds().chain(after.bounds()).collect();
        let marks: Vec<&Exact> = marks.into_iter().collect();
        let mut way = Way::Same;
        for mark in &marks {
            if !self.answers(mark) {
                continue;
            }
            let (Some(old), Some(new)) = (self.line_at(mark), after.line_at(mark)) else {
                return Way::Open;
            };
            way = way.and(Way::between(&old.at(mark), &new.at(mark)));
        }
        let mut from: Option<&Exact> = None;
        for (sample, end) in stretches(&marks) {
            if self.answers(&sample) {
                let (Some(old), Some(new)) = (self.line_at(&sample), after.line_at(&sample)) else {
                    return Way::Open;
                };
                let gap = new.plus(&old, &-Exact::ONE);
                // At both ends, or toward both sides where the stretch has none.
                let zero = Exact::ZERO;
                let low = match from {
                    Some(from) => Way::between(&zero, &gap.at(from)),
                    None => Way::between(&zero, &-&gap.slope),
                };
                let high = match &end {
                    Some(end) => Way::between(&zero, &gap.at(end)),
                    None => Way::between(&zero, &gap.slope),
                };
                way = way.and(low).and(high);
                // A stretch without ends is level where it does not rise.
                if from.is_none() && end.is_none() || gap.is_level() {
                    way = way.and(Way::between(&zero, &gap.at_zero));
                }
            }
            from = marks
                .iter()
                .copied()
                .find(|mark| Some(*mark) == end.as_ref());
        }
        way
    }
}

/// How often the argument's unit stands in a formula; nothing where parts differ in it.
fn degree(formula: &Expr) -> Option<i32> {
    match &formula.form {
        Form::Literal(_) | Form::Name(Name::BandColumn(_)) => Some(0),
        Form::Name(Name::Argument(_) | Name::Slice | Name::Lower | Name::Upper | Name::Width) => {
            Some(1)
        }
        Form::Negated(x) => degree(x),
        Form::Arithmetic(operator, a, b) => {
            let (a, b) = (degree(a)?, degree(b)?);
            match operator {
                Operator::Plus | Operator::Minus => (a == b).then_some(a),
                Operator::Times => Some(a + b),
                Operator::Over => Some(a - b),
            }
        }
        _ => None,
    }
}

fn gap_above(marks: &[&Exact], end: &Exact) -> Exact {
    let next = marks.iter().find(|mark| **mark > end);
    let half = next.and_then(|next| (*next - end).checked_div(&Exact::from_int(2)));
    half.unwrap_or(Exact::ONE)
}

/// The stretches between figures, from below: a figure inside each, and where it ends.
fn stretches(marks: &[&Exact]) -> Vec<(Exact, Option<Exact>)> {
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        return vec![(Exact::ZERO, None)];
    };
    let mut all = vec![(*first - &Exact::ONE, Some((*first).clone()))];
    for pair in marks.windows(2) {
        if let [lower, upper] = pair {
            let middle = (*lower + *upper).checked_div(&Exact::from_int(2));
            all.push((
                middle.unwrap_or_else(|| (*lower).clone()),
                Some((*upper).clone()),
            ));
        }
    }
    all.push((*last + &Exact::ONE, None));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Strictness, read};
    use crate::diagnostic::Sources;
    use crate::diff::names::{Matched, Which};
    use crate::tree::Plan;

    fn plan(table: &str) -> Plan {
        let text = format!(
            "\
plan: steps
currency: EUR
facts:
  sale: {{ columns: {{ id: text, partner: partner, on: date, amount: money }} }}
terms:
  goal: {{ is: Agreed, unit: money }}
measures:
  sales: {{ is: Sales, sum: sale.amount }}
tables:
  rates: {{ is: Rates, of: x, {table} }}
components:
  bonus: {{ is: A bonus, pays: rates(sales) }}
"
        );
        let mut sources = Sources::new();
        let (plan, told) = read(&mut sources, &[("plan.yaml", &text)], Strictness::Draft);
        plan.unwrap_or_else(|| panic!("{}", crate::diagnostic::render(&sources, &told)))
    }

    fn way(before: &str, after: &str) -> Way {
        let (old, new) = (plan(before), plan(after));
        let matched = Matched::by_name(&old, &new);
        let mut keys = Keys::default();
        let names = |plan, which| Names {
            plan,
            which,
            matched: &matched,
            is_guess: false,
            whole: None,
            columns: None,
        };
        let left = Steps::of(&old.tables[0], &names(&old, Which::Before), &mut keys);
        let right = Steps::of(&new.tables[0], &names(&new, Which::After), &mut keys);
        match (left, right) {
            (Some(left), Some(right)) => left.way_to(&right),
            (_, _) => Way::Open,
        }
    }

    fn rises(table: &str) -> bool {
        let plan = plan(table);
        let matched = Matched::by_name(&plan, &plan);
        let names = Names {
            plan: &plan,
            which: Which::Before,
            matched: &matched,
            is_guess: false,
            whole: None,
            columns: None,
        };
        Steps::of(&plan.tables[0], &names, &mut Keys::default()).is_some_and(|it| it.never_falls())
    }

    const SLICED: &str =
        "each_band: rate * slice, bands: [ { from: 0, rate: 1% }, { from: 100, rate: 2% } ]";

    #[test]
    fn a_higher_rate_pays_more() {
        let more = SLICED.replace("2%", "3%");
        assert_eq!(way(SLICED, &more), Way::Up);
        assert_eq!(way(&more, SLICED), Way::Down);
        assert_eq!(way(SLICED, SLICED), Way::Same);
    }

    #[test]
    fn a_lower_threshold_pays_more_only_where_the_next_rate_is_higher() {
        let sooner = SLICED.replace("100", "90");
        assert_eq!(way(SLICED, &sooner), Way::Up);
        let falling = SLICED.replace("2%", "0.5%");
        assert_eq!(way(&falling, &falling.replace("100", "90")), Way::Down);
    }

    #[test]
    fn one_rate_up_and_one_down_goes_either_way() {
        let other = SLICED.replace("1%", "0%").replace("2%", "9%");
        assert_eq!(way(SLICED, &other), Way::Open);
    }

    #[test]
    fn a_rate_below_zero_sales_is_looked_at_too() {
        let open =
            "each_band: rate * slice, bands: [ { from: lowest, rate: 1% }, { from: 0, rate: 1% } ]";
        assert_eq!(
            way(
                open,
                &open.replace("{ from: lowest, rate: 1% }", "{ from: lowest, rate: 2% }")
            ),
            Way::Down
        );
        assert_eq!(
            way(
                open,
                &open.replace("{ from: 0, rate: 1% }", "{ from: 0, rate: 2% }")
            ),
            Way::Up
        );
    }

    #[test]
    fn another_first_bound_is_not_compared() {
        assert_eq!(
            way(SLICED, &SLICED.replace("from: 0", "from: 1")),
            Way::Open
        );
    }

    #[test]
    fn multiples_of_one_figure_are_compared_by_it() {
        let by_goal =
            "each_band: rate * slice, bands: [ { from: 0, rate: 1% }, { from: goal, rate: 2% } ]";
        assert_eq!(
            way(by_goal, &by_goal.replace("from: goal", "from: 90% * goal")),
            Way::Up
        );
        assert_eq!(
            way(by_goal, &by_goal.replace("from: goal", "from: 90")),
            Way::Open
        );
        let two = "each_band: rate * slice, bands: [ { from: 0, rate: 1% }, { from: goal, rate: 2% }, \
                   { from: 120% * goal, rate: 3% } ]";
        assert_eq!(way(two, &two.replace("120%", "110%")), Way::Up);
        assert_eq!(way(two, &two.replace("rate: 3%", "rate: 1%")), Way::Down);
    }

    #[test]
    fn a_step_to_whom_the_bound_belongs_is_a_step() {
        let whole = "one_band: lump, bands: [ { from: 0, lump: 0 }, { from: 100, lump: 50 } ]";
        assert_eq!(
            way(whole, &whole.replace("from: 100", "above: 100")),
            Way::Down
        );
        assert!(rises(whole));
        assert!(!rises(&whole.replace("lump: 0 }", "lump: 60 }")));
    }

    #[test]
    fn points_of_a_line_are_compared_between_them_too() {
        let line = "line: pay, bands: [ { at: 0, pay: 0 }, { at: 100, pay: 10 } ]";
        assert_eq!(way(line, &line.replace("pay: 10", "pay: 12")), Way::Up);
        assert_eq!(way(line, &line.replace("at: 100", "at: 120")), Way::Down);
        assert_eq!(
            way(
                line,
                &line.replace("{ at: 0, pay: 0 }", "{ at: 50, pay: 1 }")
            ),
            Way::Open
        );
        assert!(rises(line));
        assert!(!rises(&line.replace("pay: 10", "pay: -1")));
    }
}
