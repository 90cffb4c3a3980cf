//! Windows: where a partner's agreement cuts them, and the same value asked in another one.

use trueup_base::calendar::{Calendar, Window, WindowUnit};
use trueup_base::date::{Date, Duration, add_days, add_months};
use trueup_base::exact::Exact;
use trueup_plan::tree::{Comparison, Elsewhere, Expr, FoldBy, Form, Name, WindowPart};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Truth};
use crate::value::Value;
use crate::world::{InForce, Partner, PartnerIx};

/// A day moved by a length of time, forward or back; the day of the month is clamped to the month's end.
pub(crate) fn add(day: Date, length: Duration, sign: i32) -> Option<Date> {
    let months = i64::from(length.months) * i64::from(sign);
    let days = i64::from(length.days) * i64::from(sign);
    add_days(add_months(day, months)?, days)
}

/// How long a unit is beside the others; a listed period counts as a month.
pub(crate) fn length_rank(unit: WindowUnit) -> u8 {
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

/// How many windows a walk goes back before it starts from the agreement's first one instead.
const STEPS_BACK_MAX: u32 = 2;

/// How far a walk has gone back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepsBack {
    depth: u32,
    is_catching_up: bool,
}

/// The end of an agreement that has none.
pub(crate) const OPEN_END: Date = Date::MAX;

/// The days of a partner's agreement: all that windows know of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AgreementDays<'w> {
    /// Its first day.
    pub(crate) starts: Date,
    /// The day after its last.
    pub(crate) until: Date,
    /// Its versions, where there are several.
    pub(crate) versions: &'w [InForce],
}

impl<'w> AgreementDays<'w> {
    /// Those of a partner's agreement.
    pub(crate) fn of(partner: &'w Partner) -> Self {
        Self {
            starts: partner.agreement.starts,
            until: partner.agreement.until.unwrap_or(OPEN_END),
            versions: &partner.agreement.versions,
        }
    }

    /// The windows of a unit between two days, cut to the agreement, to those days and where a version splits them.
    pub(crate) fn windows(
        self,
        calendar: &Calendar,
        unit: WindowUnit,
        from: Date,
        until: Date,
    ) -> Vec<Window> {
        let (from, until) = (from.max(self.starts), until.min(self.until));
        if from >= until {
            return Vec::new();
        }
        if unit == WindowUnit::Agreement {
            return self.window(until).into_iter().collect();
        }
        let windows = calendar
            .windows_in(unit, from, until)
            .into_iter()
            .filter_map(|window| window.cut(from, until));
        match self.versions.is_empty() {
            true => windows.collect(),
            false => windows.flat_map(|window| self.split(window)).collect(),
        }
    }

    /// The last of these windows.
    pub(crate) fn last_window(
        self,
        calendar: &Calendar,
        unit: WindowUnit,
        from: Date,
        until: Date,
    ) -> Option<Window> {
        let cut = (from.max(self.starts), until.min(self.until));
        let last = match self.versions.is_empty() && cut.0 < cut.1 {
            true => cut.1.yesterday().ok(),
            false => None,
        };
        match last.and_then(|last| calendar.window_at(unit, last)) {
            Some(window) => window.cut(cut.0, cut.1),
            None => self.windows(calendar, unit, from, until).pop(),
        }
    }

    /// The agreement as one window, up to a day.
    pub(crate) fn window(self, until: Date) -> Option<Window> {
        let ends = until.min(self.until);
        (self.starts < ends).then_some(Window {
            unit: WindowUnit::Agreement,
            starts: self.starts,
            ends,
            full_starts: self.starts,
            full_ends: self.until,
        })
    }

    /// The settlement windows of a unit that end by a day. A window that the day cuts short has not been settled, unless
    /// the agreement ends there.
    pub(crate) fn settlements(
        self,
        calendar: &Calendar,
        every: WindowUnit,
        until: Date,
    ) -> Vec<Window> {
        self.windows(calendar, every, self.starts, until)
            .into_iter()
            .filter(|window| {
                window.is_final() || window.ends == self.until || self.is_split(window.ends)
            })
            .collect()
    }

    /// The last of the settlement windows of a unit that end by a day.
    pub(crate) fn last_settlement(
        self,
        calendar: &Calendar,
        every: WindowUnit,
        until: Date,
    ) -> Option<Window> {
        if !self.versions.is_empty() {
            return self.settlements(calendar, every, until).pop();
        }
        let last = self.last_window(calendar, every, self.starts, until)?;
        let is_settled = |window: &Window| window.is_final() || window.ends == self.until;
        match is_settled(&last) {
            true => Some(last),
            // The day cuts this one short; the one before it is over.
            false => self
                .last_window(calendar, every, self.starts, last.starts)
                .filter(is_settled),
        }
    }

    /// The window in which everyone's answer is asked from here: the asking agreement's own first day cuts no window of
    /// the others. None where the asking agreement has no part in the window, so that everyone's facts are a baseline.
    pub(crate) fn of_everyone(self, at: &Place) -> Option<Window> {
        let window = at.window;
        let (starts, ends) = (window.starts, window.ends);
        if at.trailing.is_some() || ends <= self.starts || self.until <= starts {
            None
        } else if starts != self.starts {
            Some(window)
        } else if window.unit == WindowUnit::Agreement {
            // Each agreement is a window of its own; only where they end is common.
            Some(Window {
                starts: Date::MIN,
                full_starts: Date::MIN,
                full_ends: OPEN_END,
                ..window
            })
        } else {
            Some(Window {
                starts: window.full_starts,
                ..window
            })
        }
    }

    /// The window in which this agreement's partner is asked where everyone is asked in `common`; none where the
    /// agreement has no part in it.
    pub(crate) fn within(self, common: Window) -> Option<Window> {
        if common.unit == WindowUnit::Agreement && common.starts == Date::MIN {
            self.window(common.ends)
        } else {
            common.cut(self.starts, self.until)
        }
    }

    /// Where a formula is asked that is asked elsewhere.
    pub(crate) fn lead<'p>(
        self,
        calendar: &Calendar,
        where_to: &'p Elsewhere,
        at: &Place,
    ) -> Lead<'p> {
        match where_to {
            Elsewhere::Previous(count, first) => {
                self.previous(calendar, *count, first.as_deref(), at)
            }
            Elsewhere::PreviousYear => match year_earlier(calendar, at) {
                Some(place) => Lead::To(place),
                None => Lead::Nowhere("a year earlier"),
            },
            Elsewhere::YearToDate => {
                let window = calendar
                    .window_at(WindowUnit::Year, at.window.last())
                    .map(|year| Window {
                        starts: if self.starts < at.window.ends {
                            year.starts.max(self.starts)
                        } else {
                            year.starts
                        },
                        ends: at.window.ends,
                        ..year
                    });
                lead_to(window, None, at, "the year so far")
            }
            Elsewhere::SinceStart => lead_to(
                self.window(at.window.ends),
                None,
                at,
                "the agreement so far",
            ),
            Elsewhere::Trailing(length) => {
                let window = add(at.window.ends, *length, -1).map(|starts| Window {
                    starts,
                    full_starts: starts,
                    full_ends: at.window.ends,
                    ..at.window
                });
                let trailing = Some((length.months, length.days));
                lead_to(window, trailing, at, "so far back")
            }
            Elsewhere::Full => {
                let window = at.window;
                let (from, until) = self.unsplit_around(&window);
                Lead::To(Place {
                    judged_until: at.judged_until.or(Some(window.ends)),
                    window: Window {
                        starts: window.full_starts.max(from).min(window.starts),
                        ends: window.full_ends.min(until).max(window.ends),
                        ..window
                    },
                    ..*at
                })
            }
            Elsewhere::ToDate => Lead::To(*at),
        }
    }

    fn previous<'p>(
        self,
        calendar: &Calendar,
        count: u32,
        first: Option<&'p Expr>,
        at: &Place,
    ) -> Lead<'p> {
        let window = match at.trailing_length() {
            Some(length) => back(at.window, length, count),
            // What is carried on goes through every part of a window that a version splits.
            None if first.is_some() && self.splits().next().is_some() => {
                self.parts_back(calendar, &at.window, count)
            }
            None => calendar.shift(&at.window, -i64::from(count)),
        };
        let Some(window) = window else {
            // Nothing lies before an agreement, so that what is asked over all of it begins with the first value.
            return match first.filter(|_| at.window.unit == WindowUnit::Agreement) {
                Some(first) => Lead::First(first),
                None => Lead::Nowhere("so far back"),
            };
        };
        let Some(first) = first else {
            // Without a first value a baseline is asked for: facts before the agreement count, in whole windows.
            return Lead::To(Place { window, ..*at });
        };
        match window.cut(self.starts, self.until) {
            Some(window) if at.window.unit != WindowUnit::Agreement => {
                Lead::To(Place { window, ..*at })
            }
            Some(_) | None => Lead::First(first),
        }
    }
}

/// Where a formula is asked that is asked elsewhere.
pub(crate) enum Lead<'p> {
    /// At this place.
    To(Place),
    /// Nowhere: the first value answers, at the same place.
    First(&'p Expr),
    /// Nowhere: there is no such window.
    Nowhere(&'static str),
}

fn lead_to<'p>(
    window: Option<Window>,
    trailing: Option<(i32, i32)>,
    at: &Place,
    what: &'static str,
) -> Lead<'p> {
    match window {
        Some(window) => Lead::To(Place {
            window,
            trailing,
            ..*at
        }),
        None => Lead::Nowhere(what),
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// The first day of a partner's agreement.
    #[must_use]
    pub fn agreement_starts(&self, partner: PartnerIx) -> Option<Date> {
        self.days_of(partner).map(|days| days.starts)
    }

    /// The days of a partner's agreement.
    pub(crate) fn days_of(&self, partner: PartnerIx) -> Option<AgreementDays<'p>> {
        self.world().partner(partner).map(AgreementDays::of)
    }

    /// The windows of a unit between two days, cut to a partner's agreement and to those days.
    #[must_use]
    pub fn agreement_windows(
        &self,
        partner: PartnerIx,
        unit: WindowUnit,
        from: Date,
        until: Date,
    ) -> Vec<Window> {
        self.days_of(partner).map_or_else(Vec::new, |days| {
            days.windows(&self.plan().calendar, unit, from, until)
        })
    }

    /// The agreement as one window, up to a day.
    #[must_use]
    pub fn agreement_window(&self, partner: PartnerIx, until: Date) -> Option<Window> {
        self.days_of(partner)?.window(until)
    }

    /// The last window of a unit that ends where this one ends.
    pub(crate) fn last_step(&self, step: WindowUnit, at: &Place) -> Option<Window> {
        let (from, until) = (at.window.starts, at.window.ends);
        self.days_of(at.partner)?
            .last_window(&self.plan().calendar, step, from, until)
    }

    /// A property of the window asked in.
    pub(crate) fn window_part(&self, part: WindowPart, at: &Place) -> Value<N> {
        let window = &at.window;
        match part {
            WindowPart::Starts => Value::Date(window.starts),
            WindowPart::Ends => Value::Date(window.ends),
            WindowPart::Last => Value::Date(window.last()),
            WindowPart::Days => Value::exact(Exact::from_int(window.days())),
            WindowPart::FullDays => Value::exact(Exact::from_int(window.full_days())),
            // Where the agreement ends inside a period, that is the period's last settlement.
            WindowPart::Final => {
                let days = self.days_of(at.partner);
                let is_last = days
                    .is_some_and(|days| days.until == window.ends || days.is_split(window.ends));
                Value::flag(window.is_final() || is_last)
            }
        }
    }

    /// The same formula asked in another window.
    pub(crate) fn elsewhere(
        &mut self,
        where_to: &'p Elsewhere,
        x: &'p Expr,
        at: &Place,
        key: Option<&str>,
    ) -> Value<N> {
        let Some(days) = self.days_of(at.partner) else {
            return no_window("without a partner");
        };
        let lead = days.lead(&self.plan().calendar, where_to, at);
        let lead = match (lead, where_to) {
            // Where the version then in force does not have what is asked for, it begins with its first value.
            (Lead::To(place), Elsewhere::Previous(_, Some(first)))
                if self.is_lacking_then(x, &place) =>
            {
                Lead::First(first)
            }
            (lead, _) => lead,
        };
        match lead {
            Lead::To(place) => match where_to {
                Elsewhere::Previous(_, Some(_)) => self.step_back(x, &place, key),
                Elsewhere::Previous(_, None)
                | Elsewhere::PreviousYear
                | Elsewhere::YearToDate
                | Elsewhere::SinceStart
                | Elsewhere::Trailing(_)
                | Elsewhere::Full
                | Elsewhere::ToDate => self.asked(x, &place, key),
            },
            Lead::First(first) => self.eval(first, at, None),
            Lead::Nowhere(what) => no_window(what),
        }
    }

    /// A formula one window earlier, which may ask the window before that, and so on to the agreement's start. A walk that
    /// has gone back far stops and answers from the start on, so that its depth does not grow with the agreement.
    fn step_back(&mut self, x: &'p Expr, at: &Place, key: Option<&str>) -> Value<N> {
        self.back.depth += 1;
        if self.back.depth > STEPS_BACK_MAX && !self.back.is_catching_up && at.trailing.is_none() {
            self.back.is_catching_up = true;
            let opened = self.graph.begin();
            let starts = self
                .agreement_starts(at.partner)
                .unwrap_or(at.window.starts);
            let unit = at.window.unit;
            for window in self.agreement_windows(at.partner, unit, starts, at.window.starts) {
                self.asked(x, &Place { window, ..*at }, key);
            }
            self.graph.forget_inputs(opened);
            self.back.is_catching_up = false;
        }
        let value = self.asked(x, at, key);
        self.back.depth -= 1;
        value
    }

    /// A formula at another place; a keyed measure keeps its key on the way.
    pub(crate) fn asked(&mut self, x: &'p Expr, at: &Place, key: Option<&str>) -> Value<N> {
        match (key, &x.form) {
            (Some(key), Form::Name(Name::Measure(id))) => self.keyed_measure(*id, at, key),
            (Some(key), Form::Name(Name::Value(id))) => self.value_of_key(*id, key, at),
            (Some(key), Form::Call(trueup_plan::tree::Call::Asked(where_to, inner))) => {
                self.elsewhere(where_to, inner, at, Some(key))
            }
            (Some(_) | None, _) => self.eval(x, at, None),
        }
    }

    /// Asked in every window of a unit inside this one, and folded.
    pub(crate) fn folded_by(
        &mut self,
        fold: FoldBy,
        x: &'p Expr,
        unit: WindowUnit,
        at: &Place,
    ) -> Value<N> {
        let windows = windows_inside(&self.plan().calendar, unit, &at.window);
        if windows.is_empty() {
            return Value::None(NoAnswer::undefined(format!(
                "no {unit} lies in this window"
            )));
        }
        let answers: Vec<N> = windows
            .into_iter()
            .map(|window| {
                self.eval(
                    x,
                    &Place {
                        window,
                        trailing: None,
                        ..*at
                    },
                    None,
                )
                .into_number()
            })
            .collect();
        Value::Number(fold_numbers(fold, answers))
    }

    /// Whether a condition held in this window or in any of the same unit since the agreement's start. Of windows longer than
    /// a period it is asked as of each period's end: what held once is not taken back by the months after it.
    pub(crate) fn ever(&mut self, x: &'p Expr, at: &Place) -> Value<N> {
        let plan = self.plan();
        let starts = self
            .agreement_starts(at.partner)
            .unwrap_or(at.window.starts);
        let earlier = self.agreement_windows(at.partner, at.window.unit, starts, at.window.starts);
        let mut held = N::Truth::known(false);
        for window in before_now(&plan.calendar, plan.period, &earlier, at) {
            // `ever` looks inside: a window without an answer did not show that the condition held.
            let then = self.eval(x, &Place { window, ..*at }, None).into_truth();
            held = held.or_else(&then.patched(crate::number::Patch::Both, &N::Truth::known(false)));
            if held.all() == Some(true) {
                return Value::Flag(held);
            }
        }
        let now = self.eval(x, at, None).into_truth();
        Value::Flag(held.or_else(&now))
    }
}

/// Where `ever` looks before it looks at a place itself: in the earlier windows of the same unit and in this one, each as it was at
/// the end of every period inside it. A trailing window is no window of the calendar and has no parts.
pub(crate) fn before_now(
    calendar: &Calendar,
    period: WindowUnit,
    earlier: &[Window],
    at: &Place,
) -> Vec<Window> {
    if at.trailing.is_some() {
        return earlier.to_vec();
    }
    let windows = earlier.iter();
    windows
        .flat_map(|window| so_far(calendar, period, window).chain([*window]))
        .chain(so_far(calendar, period, &at.window))
        .collect()
}

/// A window as it was at each end of a period inside it; nothing for one that is no longer than a period.
fn so_far<'w>(
    calendar: &Calendar,
    period: WindowUnit,
    window: &'w Window,
) -> impl Iterator<Item = Window> + use<'w> {
    let is_longer = length_rank(window.unit) > length_rank(period);
    let periods = match is_longer {
        true => calendar.windows_in(period, window.starts, window.ends),
        false => Vec::new(),
    };
    let ends = periods.into_iter().map(|period| period.ends);
    ends.take_while(|ends| *ends < window.ends)
        .filter_map(|ends| window.cut(window.starts, ends))
}

/// Every window of a unit inside another window, cut to it.
pub(crate) fn windows_inside(
    calendar: &Calendar,
    unit: WindowUnit,
    window: &Window,
) -> Vec<Window> {
    calendar
        .windows_in(unit, window.starts, window.ends)
        .into_iter()
        .filter_map(|inside| inside.cut(window.starts, window.ends))
        .collect()
}

/// Numbers added, or the smallest or largest of them; the least of nothing is undefined.
pub(crate) fn fold_numbers<N: Number>(fold: FoldBy, answers: Vec<N>) -> N {
    let none = || N::none(NoAnswer::undefined("the least or largest of nothing"));
    match fold {
        FoldBy::Sum => answers
            .iter()
            .fold(N::known(Exact::ZERO), |sum, next| sum.plus(next)),
        FoldBy::Min => answers
            .into_iter()
            .reduce(|a, b| less(&a, &b, Comparison::Less))
            .unwrap_or_else(none),
        FoldBy::Max => answers
            .into_iter()
            .reduce(|a, b| less(&a, &b, Comparison::More))
            .unwrap_or_else(none),
    }
}

/// The one of two numbers for which the comparison with the other holds.
pub(crate) fn less<N: Number>(a: &N, b: &N, how: Comparison) -> N {
    a.or_other(how, b)
}

/// The same window a year earlier.
fn year_earlier(calendar: &Calendar, at: &Place) -> Option<Place> {
    let window = match at.trailing {
        Some(_) => Window {
            starts: add_months(at.window.starts, -12)?,
            ends: add_months(at.window.ends, -12)?,
            full_starts: add_months(at.window.full_starts, -12)?,
            full_ends: add_months(at.window.full_ends, -12)?,
            ..at.window
        },
        None if at.window.unit == WindowUnit::Agreement => {
            let starts = add_months(at.window.starts, -12)?;
            let ends = add_months(at.window.ends, -12)?;
            Window {
                starts,
                ends,
                full_starts: starts,
                full_ends: ends,
                ..at.window
            }
        }
        None => calendar.year_earlier(&at.window)?,
    };
    Some(Place { window, ..*at })
}

fn back(window: Window, length: Duration, count: u32) -> Option<Window> {
    let mut window = window;
    for _ in 0..count {
        let starts = add(window.starts, length, -1)?;
        window = Window {
            starts,
            ends: window.starts,
            full_starts: starts,
            full_ends: window.starts,
            ..window
        };
    }
    Some(window)
}

fn no_window<N: Number>(what: &str) -> Value<N> {
    Value::None(NoAnswer::undefined(format!("there is no window {what}")))
}
