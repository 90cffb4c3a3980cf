//! Terms: what the agreement says, shared out to the window it is asked in.

use trueup_base::calendar::{Calendar, Window, WindowUnit};
use trueup_base::date::{Date, days_between};
use trueup_base::exact::Exact;
use trueup_plan::tree::{Reference, Spread, Term, TermId};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number};
use crate::value::Value;
use crate::windows::{OPEN_END, length_rank};
use crate::world::Cell;

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A term at a place.
    pub(crate) fn term(&mut self, id: TermId, at: &Place) -> Value<N> {
        let term = &self.plan()[id];
        let Some(per) = term.per else {
            return self.agreed(id, term, at);
        };
        let calendar = &self.plan().calendar;
        // Most often the window lies in one of the term's.
        let around = calendar
            .window_at(per, at.window.starts)
            .filter(|around| at.window.ends <= around.ends);
        if let Some(whole) = around {
            let part = Window {
                starts: at.window.starts,
                ends: at.window.ends,
                ..whole
            };
            return match self.part_of(id, term, (&whole, &part), at) {
                Ok(part) => Value::Number(part),
                Err(reason) => Value::None(reason),
            };
        }
        let windows = match per {
            WindowUnit::Agreement => self.whole_agreement(id, at),
            WindowUnit::Day
            | WindowUnit::Week
            | WindowUnit::HalfMonth
            | WindowUnit::Month
            | WindowUnit::Quarter
            | WindowUnit::Half
            | WindowUnit::Year
            | WindowUnit::Period => calendar.windows_in(per, at.window.starts, at.window.ends),
        };
        if windows.is_empty() {
            return Value::None(NoAnswer::undefined(format!(
                "{} has no {per} in this window",
                term.name
            )));
        }
        let mut sum = N::known(Exact::ZERO);
        for whole in windows {
            let Some(part) = whole.cut(at.window.starts, at.window.ends) else {
                continue;
            };
            match self.part_of(id, term, (&whole, &part), at) {
                Ok(part) => sum = sum.plus(&part),
                Err(reason) => return Value::None(reason),
            }
        }
        Value::Number(sum)
    }

    /// What falls on a part of one of the term's windows.
    fn part_of(
        &mut self,
        id: TermId,
        term: &'p Term,
        (whole, part): (&Window, &Window),
        at: &Place,
    ) -> Result<N, NoAnswer> {
        let figure = self.agreed_for(id, term, whole, at).number();
        match spread_share(&self.plan().calendar, &term.spread, whole, part) {
            Some(share) => Ok(figure.times(&N::known(share))),
            None => Err(NoAnswer::undefined(format!(
                "{} can't be shared out to this window",
                term.name
            ))),
        }
    }

    /// The agreement as one window, if it has an end: of an endless one no part is known.
    /// Of several versions each has its own figure, for the days it is written for.
    fn whole_agreement(&self, id: TermId, at: &Place) -> Vec<Window> {
        let edition = self.plan().edition_of(Reference::Term(id));
        self.days_of(at.partner)
            .map(|days| days.written_for(edition))
            .filter(|days| days.until < OPEN_END)
            .and_then(|days| days.window(days.until))
            .into_iter()
            .collect()
    }

    /// What the agreement says, or the plan where the agreement says nothing.
    fn agreed(&mut self, id: TermId, term: &'p Term, at: &Place) -> Value<N> {
        let said = self
            .world()
            .partner(at.partner)
            .and_then(|partner| partner.agreement.terms.get(id.index()));
        match (said, &term.agreed) {
            (Some(Some(cell)), _) if *cell != Cell::Empty => Value::from_cell(cell, String::new),
            (_, Some(agreed)) => self.eval(agreed, at, None),
            (_, None) => Value::None(NoAnswer::missing(format!(
                "the agreement does not say {}",
                term.name
            ))),
        }
    }

    fn agreed_for(&mut self, id: TermId, term: &'p Term, whole: &Window, at: &Place) -> Value<N> {
        let stated = self
            .world()
            .partner(at.partner)
            .and_then(|partner| partner.agreement.stated.get(&(id, whole.full_starts)));
        match stated {
            Some(cell) => Value::from_cell(cell, String::new),
            None => self.agreed(id, term, at),
        }
    }
}

/// Which part of a whole window's figure falls on a part of it.
fn spread_share(
    calendar: &Calendar,
    spread: &Spread,
    whole: &Window,
    part: &Window,
) -> Option<Exact> {
    match spread {
        Spread::Even if length_rank(whole.unit) >= length_rank(WindowUnit::Month) => {
            let months = months_in(calendar, part.starts, part.ends)?;
            months.checked_div(&months_in(calendar, whole.starts, whole.ends)?)
        }
        Spread::Even | Spread::Days => Exact::from_int(days_between(part.starts, part.ends))
            .checked_div(&Exact::from_int(days_between(whole.starts, whole.ends))),
        Spread::Weights(weights) => weighted_share(calendar, weights, whole, part),
    }
}

/// Months from one day to another, as the calendar counts them: each counts by the part of its days that lies between.
/// From 15 March to 1 May it is 17/31 of March and all of April.
fn months_in(calendar: &Calendar, from: Date, until: Date) -> Option<Exact> {
    let share = |month: &Window| {
        let part = month.cut(from, until)?;
        if part.is_whole() {
            return Some(Exact::ONE);
        }
        Exact::from_int(part.days()).checked_div(&Exact::from_int(month.days()))
    };
    if from >= until {
        return Some(Exact::ZERO);
    }
    if let Some(months) = calendar.whole_months(from, until) {
        return Some(Exact::from_int(months));
    }
    let first = calendar.window_at(WindowUnit::Month, from)?;
    let last = calendar.window_at(WindowUnit::Month, until.yesterday().ok()?)?;
    let begun = share(&first)?;
    if first == last {
        return Some(begun);
    }
    // Those between the first and the last are whole.
    let between = Exact::from_int(calendar.windows_between(&first, &last)? - 1);
    Some(&(&begun + &between) + &share(&last)?)
}

/// Listed weights divide the whole window into parts of equally many months; a part is shared out evenly.
fn weighted_share(
    calendar: &Calendar,
    weights: &[Exact],
    whole: &Window,
    part: &Window,
) -> Option<Exact> {
    let months = calendar.windows_in(WindowUnit::Month, whole.starts, whole.ends);
    let is_whole = months.first()?.starts == whole.starts && months.last()?.ends == whole.ends;
    if !is_whole || weights.is_empty() || !months.len().is_multiple_of(weights.len()) {
        return None;
    }
    let all = weights
        .iter()
        .fold(Exact::ZERO, |sum, weight| &sum + weight);
    let mut share = Exact::ZERO;
    for (weight, months) in weights
        .iter()
        .zip(months.chunks(months.len() / weights.len()))
    {
        let (starts, ends) = (months.first()?.starts, months.last()?.ends);
        let (from, until) = (starts.max(part.starts), ends.min(part.ends));
        if from < until {
            let part = months_in(calendar, from, until)?
                .checked_div(&months_in(calendar, starts, ends)?)?;
            share = &share + &(weight * &part);
        }
    }
    share.checked_div(&all)
}
