//! How long a plan is looked at, and where its rows lie: as long as its longest window, in windows of its shortest.

use trueup_base::calendar::{Calendar, Window, WindowUnit};
use trueup_base::date::Date;
use trueup_engine::world::Agreement;
use trueup_plan::tree::walk::{formulas, parts};
use trueup_plan::tree::{Call, Elsewhere, Expr, Form, Plan};

/// The most windows rows lie in.
const SLOTS_MAX: usize = 13;

/// A stretch of time and the windows in it in which rows lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Horizon {
    /// The first day.
    pub starts: Date,
    /// The day after the last.
    pub ends: Date,
    /// Where rows lie, inside it.
    pub slots: Vec<Window>,
    /// Where rows lie before it, where the plan looks back that far.
    pub before: Vec<Window>,
}

/// The windows a plan asks in.
struct Units {
    shortest: WindowUnit,
    longest: WindowUnit,
    looks_back: bool,
}

/// How long a unit is beside the others; a listed period counts as a month.
fn length(unit: WindowUnit) -> u8 {
    match unit {
        WindowUnit::Day => 0,
        WindowUnit::Week => 1,
        WindowUnit::HalfMonth => 2,
        WindowUnit::Month | WindowUnit::Period => 3,
        WindowUnit::Quarter => 4,
        WindowUnit::Half => 5,
        WindowUnit::Year => 6,
        WindowUnit::Agreement => 7,
    }
}

impl Units {
    fn of(plan: &Plan) -> Self {
        let mut units = Self {
            shortest: plan.period,
            longest: plan.period,
            looks_back: false,
        };
        for component in &plan.components {
            units.take(component.over);
            units.take(component.every);
        }
        for limit in &plan.limits {
            units.take(limit.over);
        }
        for value in &plan.values {
            if let Some(every) = value.every {
                units.take(every);
            }
        }
        for formula in formulas(plan) {
            units.formula(formula);
        }
        units
    }

    fn take(&mut self, unit: WindowUnit) {
        if length(unit) < length(self.shortest) {
            self.shortest = unit;
        }
        if length(unit) > length(self.longest) {
            self.longest = unit;
        }
    }

    fn formula(&mut self, formula: &Expr) {
        match &formula.form {
            Form::Call(Call::FoldedBy(_, _, unit)) => self.take(*unit),
            Form::Call(Call::Asked(elsewhere, _)) => match elsewhere {
                Elsewhere::YearToDate => self.take(WindowUnit::Year),
                Elsewhere::PreviousYear | Elsewhere::Trailing(_) | Elsewhere::Previous(_, None) => {
                    self.looks_back = true;
                }
                Elsewhere::Previous(_, Some(_))
                | Elsewhere::SinceStart
                | Elsewhere::Full
                | Elsewhere::ToDate => {}
            },
            _ => {}
        }
        for part in parts(formula) {
            self.formula(part);
        }
    }
}

/// The horizon of a plan under an agreement: the first whole year of it, or a few whole windows of a plan of short ones.
pub(crate) fn of(plan: &Plan, agreement: &Agreement) -> Option<Horizon> {
    let units = Units::of(plan);
    let calendar = &plan.calendar;
    let until = agreement.until.unwrap_or(Date::MAX);
    let is_long = length(units.longest) >= length(WindowUnit::Half);
    let unit = match is_long {
        true => WindowUnit::Year,
        false => units.longest,
    };
    let first = first_whole(calendar, unit, agreement.starts, until)?;
    // A plan of one window alone is looked at over two of them, so that what is carried from one to the next shows.
    let has_shorter = length(units.shortest) < length(unit);
    let more = i64::from(!has_shorter || !is_long);
    let last = match calendar.shift(&first, more) {
        Some(last) if last.ends <= until => last,
        Some(_) | None => first,
    };
    let (starts, ends) = (first.starts, last.ends);
    let mut slots = calendar.windows_in(units.shortest, starts, ends);
    if slots.len() > SLOTS_MAX {
        slots = calendar.windows_in(WindowUnit::Month, starts, ends);
    }
    if slots.is_empty() || slots.len() > SLOTS_MAX {
        slots = vec![first];
    }
    let slots: Vec<Window> = slots
        .into_iter()
        .filter_map(|slot| slot.cut(starts, ends))
        .collect();
    let before = match units.looks_back {
        true => slots
            .iter()
            .filter_map(|slot| calendar.year_earlier(slot))
            .chain(slots.first().and_then(|slot| calendar.shift(slot, -1)))
            .filter(|slot| slot.ends <= starts)
            .collect(),
        false => Vec::new(),
    };
    Some(Horizon {
        starts,
        ends,
        slots,
        before,
    })
}

/// The first window of a unit that lies whole in an agreement; a part of one where there is no whole one.
fn first_whole(calendar: &Calendar, unit: WindowUnit, starts: Date, until: Date) -> Option<Window> {
    let starts = match unit {
        // Listed periods begin where the list begins.
        WindowUnit::Period => calendar
            .periods()
            .first()
            .map_or(starts, |first| starts.max(*first)),
        _ => starts,
    };
    let at_start = calendar.window_at(unit, starts)?;
    if at_start.starts >= starts && at_start.ends <= until {
        return Some(at_start);
    }
    match calendar.shift(&at_start, 1) {
        Some(next) if next.ends <= until => Some(next),
        Some(_) | None => at_start.cut(starts, until),
    }
}
