//! Terms: what the agreement says, shared out to the window it is asked in.

use trueup_base::calendar::Window;
use trueup_base::date::{Date, add_months, days_between};
use trueup_base::exact::Exact;
use trueup_plan::tree::{Spread, Term, TermId};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number};
use crate::value::Value;
use crate::world::Cell;

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A term at a place.
    pub(crate) fn term(&mut self, id: TermId, at: &Place) -> Value<N> {
        let term = &self.plan()[id];
        let Some(per) = term.per else {
            return self.agreed(id, term, at);
        };
        let windows = self
            .plan()
            .calendar
            .windows_in(per, at.window.starts, at.window.ends);
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
            let figure = self.agreed_for(id, term, &whole, at).number();
            let Some(share) = spread_share(&term.spread, &whole, &part) else {
                return Value::None(NoAnswer::undefined(format!(
                    "{} can't be shared out to this window",
                    term.name
                )));
            };
            sum = sum.plus(&figure.times(&N::known(share)));
        }
        Value::Number(sum)
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
fn spread_share(spread: &Spread, whole: &Window, part: &Window) -> Option<Exact> {
    match spread {
        Spread::Days => Exact::from_int(days_between(part.starts, part.ends))
            .checked_div(&Exact::from_int(days_between(whole.starts, whole.ends))),
        Spread::Even => {
            months_in(part.starts, part.ends)?.checked_div(&months_in(whole.starts, whole.ends)?)
        }
        Spread::Weights(weights) => weighted_share(weights, whole, part),
    }
}

/// Months from one day to another: each calendar month counts by the part of its days that lies between. From 15 March
/// to 1 May it is 17/31 of March and all of April.
fn months_in(from: Date, until: Date) -> Option<Exact> {
    let mut sum = Exact::ZERO;
    let mut at = from;
    while at < until {
        let month_starts = at.first_of_month();
        let month_ends = add_months(month_starts, 1)?;
        let stops = month_ends.min(until);
        let part = Exact::from_int(days_between(at, stops))
            .checked_div(&Exact::from_int(days_between(month_starts, month_ends)))?;
        sum = &sum + &part;
        at = stops;
    }
    Some(sum)
}

/// Listed weights divide the whole window into parts of equal months; inside a part days count alike.
fn weighted_share(weights: &[Exact], whole: &Window, part: &Window) -> Option<Exact> {
    let count = i64::try_from(weights.len()).ok()?;
    let months = months_in(whole.starts, whole.ends)?.to_i64()?;
    if count == 0 || months % count != 0 {
        return None;
    }
    let all = weights
        .iter()
        .fold(Exact::ZERO, |sum, weight| &sum + weight);
    let mut share = Exact::ZERO;
    for (weight, at) in weights.iter().zip(0i64..) {
        let starts = add_months(whole.starts, at * (months / count))?;
        let ends = add_months(whole.starts, (at + 1) * (months / count))?;
        let (from, until) = (starts.max(part.starts), ends.min(part.ends));
        if from < until {
            let days = Exact::from_int(days_between(from, until))
                .checked_div(&Exact::from_int(days_between(starts, ends)))?;
            share = &share + &(weight * &days);
        }
    }
    share.checked_div(&all)
}
