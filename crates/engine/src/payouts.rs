//! From postings to payouts: when what was posted becomes payable, what is held, and where a negative posting is taken from.
//!
//! A posting is shared out by its component's schedule. A share without a condition is released on its day; one with a
//! condition when the period is over in which it is asked. While a guardrail with `hold` was on in the last period that
//! ended, nothing is released; it is looked at again when the next period ends. A negative posting lowers what its component
//! still holds, then takes its part of payouts, the oldest debt first; what is left is never written off here.
//!
//! All of it follows from the postings and the facts known by a day: nothing is remembered, so asking twice answers
//! twice the same, and a later day only adds to what an earlier one said.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_plan::tree::{
    Comparison, Effect, Expr, GovernanceBlock, Grant, InstalmentWhen, RecoverFrom, Recovery,
    Trigger,
};

use crate::component::rounded;
use crate::evaluate::{Evaluator, Place};
use crate::limit::Earner;
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::settle::Line;
use crate::versions::reference_of;
use crate::windows::{add, less};
use crate::world::PartnerIx;

/// What became of an amount on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moved {
    /// It became payable.
    Released,
    /// Its condition was false, and it is lost.
    Forfeited,
    /// A negative posting lowered what was held.
    TakenFromHeld,
    /// A negative posting was taken from a payout.
    TakenFromPayout,
    /// A negative posting was left to an invoice.
    Invoiced,
}

/// An amount that moved.
#[derive(Clone, Debug)]
pub struct Movement<N: Number> {
    /// When.
    pub on: Date,
    /// Whose posting it belongs to.
    pub earner: Earner,
    /// The settlement that posted it.
    pub settlement: Window,
    /// What became of it.
    pub what: Moved,
    /// How much, never below zero.
    pub amount: N,
}

/// A share that is held.
#[derive(Clone, Debug)]
pub struct Held<N: Number> {
    /// Whose it is.
    pub earner: Earner,
    /// The settlement that posted it.
    pub settlement: Window,
    /// The day it falls due.
    pub due: Date,
    /// How much.
    pub amount: N,
    /// Why it is held.
    pub why: Why,
}

/// Why a share is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its day has not come, or the period in which its condition is asked is not over.
    NotYet,
    /// Its condition was false and waits for the next period.
    Waits,
    /// Its condition has no answer.
    Open(NoAnswer),
    /// A guardrail holds it.
    Guardrail(Trigger),
}

/// A negative posting that is not made good yet.
#[derive(Clone, Debug)]
pub struct Owed<N: Number> {
    /// Whose posting it is.
    pub earner: Earner,
    /// The settlement that posted it.
    pub settlement: Window,
    /// How much is left.
    pub amount: N,
    /// The day from which it is no longer taken from payouts; none where it is taken until it is made good.
    pub until: Option<Date>,
}

/// What a partner's postings came to by a day.
#[derive(Clone, Debug)]
pub struct Payouts<N: Number> {
    /// What moved, by day, then in the order of settlement and plan.
    pub movements: Vec<Movement<N>>,
    /// What is held at the end.
    pub held: Vec<Held<N>>,
    /// What is owed at the end.
    pub owed: Vec<Owed<N>>,
    /// What leaves, by day: what was released less what was taken of it, as far as it is no less than the smallest payout.
    pub leaves: Vec<Leaving<N>>,
    /// What waits to be more.
    pub waits: N,
}

/// Whose consent a payout needs.
#[derive(Clone, Debug)]
pub struct Consent<'p, N: Number> {
    /// The offices and bodies, as the plan names them.
    pub by: Vec<&'p str>,
    /// Above which amount; every payout where the plan names none.
    pub above: Option<N>,
}

/// A payout.
#[derive(Clone, Debug)]
pub struct Leaving<N: Number> {
    /// When.
    pub on: Date,
    /// How much.
    pub amount: N,
}

/// Half of a payout, where the plan says nothing of recovery.
const DEFAULT_FROM: [RecoverFrom; 2] = [RecoverFrom::Held, RecoverFrom::NextPayouts];

/// A share on its way.
struct Share<'p, N: Number> {
    earner: Earner,
    settlement: Window,
    due: Date,
    amount: N,
    condition: Option<&'p Expr>,
    waits: bool,
    /// The period in which the condition is asked; none where there is no condition, or once it was true.
    asked_in: Option<Window>,
    /// The day on which it is looked at next.
    next: Date,
    why: Why,
}

/// A negative posting on its way.
struct Debt<N: Number> {
    earner: Earner,
    settlement: Window,
    amount: N,
    until: Option<Date>,
    from_payouts: bool,
    at_most: Exact,
    /// The day on which what is left is invoiced.
    invoiced_on: Option<Date>,
}

/// The state of one partner's payouts while days go by.
struct Days<'p, N: Number> {
    agenda: BTreeSet<Date>,
    shares: Vec<Share<'p, N>>,
    debts: Vec<Debt<N>>,
    movements: Vec<Movement<N>>,
}

impl<N: Number> Days<'_, N> {
    /// Comes to a later day too; the day itself is under way.
    fn look_at(&mut self, next: Date, day: Date) {
        if next > day {
            self.agenda.insert(next);
        }
    }

    fn moved(&mut self, on: Date, of: (Earner, Window), what: Moved, amount: N) {
        if !is_zero(&amount) {
            self.movements.push(Movement {
                on,
                earner: of.0,
                settlement: of.1,
                what,
                amount,
            });
        }
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// What a partner's postings came to by a day.
    pub fn payouts(&mut self, partner: PartnerIx, until: Date) -> Payouts<N> {
        let mut lines: BTreeMap<Date, Vec<Line<N>>> = BTreeMap::new();
        for line in self.settle(partner, until) {
            if self.grants(line.earner) == Grant::Money {
                lines.entry(line.settlement.ends).or_default().push(line);
            }
        }
        let mut days = Days {
            agenda: lines.keys().copied().collect(),
            shares: Vec::new(),
            debts: Vec::new(),
            movements: Vec::new(),
        };
        while let Some(day) = days.agenda.pop_first() {
            if day > until {
                break;
            }
            for line in lines.get(&day).into_iter().flatten() {
                self.posted(line, &mut days);
            }
            self.release(partner, day, &mut days);
            self.recover(day, &mut days);
            days.shares.retain(|share| !is_zero(&share.amount));
            days.debts.retain(|debt| !is_zero(&debt.amount));
        }
        let (leaves, waits) = self.leaving(partner, until, &days.movements);
        Payouts {
            leaves,
            waits,
            movements: days.movements,
            held: days
                .shares
                .into_iter()
                .map(|share| Held {
                    earner: share.earner,
                    settlement: share.settlement,
                    due: share.due,
                    amount: share.amount,
                    why: share.why,
                })
                .collect(),
            owed: days
                .debts
                .into_iter()
                .map(|debt| Owed {
                    earner: debt.earner,
                    settlement: debt.settlement,
                    amount: debt.amount,
                    until: debt.until,
                })
                .collect(),
        }
    }

    /// What leaves of what was released: less than the smallest payout waits for the next, at the agreement's end for nothing
    /// more. Where the smallest payout has no answer, it waits.
    fn leaving(
        &mut self,
        partner: PartnerIx,
        until: Date,
        movements: &[Movement<N>],
    ) -> (Vec<Leaving<N>>, N) {
        let zero = N::known(Exact::ZERO);
        let ends = self.days_of(partner).map_or(Date::MAX, |days| days.until);
        let mut days: BTreeMap<Date, N> = BTreeMap::new();
        for movement in movements {
            let day = days.entry(movement.on).or_insert_with(|| zero.clone());
            match movement.what {
                Moved::Released => *day = day.plus(&movement.amount),
                Moved::TakenFromPayout => *day = day.minus(&movement.amount),
                Moved::Forfeited | Moved::TakenFromHeld | Moved::Invoiced => {}
            }
        }
        if ends <= until {
            days.entry(ends).or_insert_with(|| zero.clone());
        }
        let (mut leaves, mut waits) = (Vec::new(), zero.clone());
        for (on, amount) in days {
            waits = waits.plus(&amount);
            let is_enough = match ends <= on {
                true => N::Truth::known(true),
                false => self.is_enough(partner, on, &waits),
            };
            let goes = is_enough.patched(Patch::Both, &N::Truth::known(false));
            let amount = N::select(&goes, &waits, &zero);
            waits = waits.minus(&amount);
            if !is_zero(&amount) {
                leaves.push(Leaving { on, amount });
            }
        }
        (leaves, waits)
    }

    /// Whether an amount is no less than the smallest payout of a day.
    fn is_enough(&mut self, partner: PartnerIx, day: Date, amount: &N) -> N::Truth {
        match self.smallest_payout(partner, day) {
            Some(smallest) => amount.compared(Comparison::AtLeast, &smallest),
            None => N::Truth::known(true),
        }
    }

    /// The smallest payout of a day, as the plan has it in the period that ended last; none where it names none.
    pub fn smallest_payout(&mut self, partner: PartnerIx, day: Date) -> Option<N> {
        let (block, place) = self.payout_rule(partner, day)?;
        self.of_payout_rule(block, "smallest", &place)
    }

    /// Whose consent a payout of a day needs, and above which amount, as the plan has it in the period that ended last; none
    /// where it asks for nobody's. Without an amount every payout needs it.
    pub fn payout_consent(&mut self, partner: PartnerIx, day: Date) -> Option<Consent<'p, N>> {
        let (block, place) = self.payout_rule(partner, day)?;
        let (_, by) = block.says.iter().find(|(key, _)| &**key == "by")?;
        Some(Consent {
            by: by.split(", ").collect(),
            above: self.of_payout_rule(block, "above", &place),
        })
    }

    /// What the plan says of payouts, in the period that ended last, and where it is asked.
    fn payout_rule(&self, partner: PartnerIx, day: Date) -> Option<(&'p GovernanceBlock, Place)> {
        let plan = self.plan();
        let last = day.yesterday().ok()?;
        let window = plan.calendar.window_at(plan.period, last)?;
        let edition = self
            .edition_at(partner, &window)
            .and_then(|edition| plan.edition(edition));
        let blocks = match edition {
            Some(edition) => plan.governance.get(edition.governance.clone())?,
            None => &plan.governance[..],
        };
        let is_it =
            |block: &&GovernanceBlock| &*block.block == "approvals" && &*block.name == "payout";
        let place = Place {
            known_before: self.has_history().then_some(day),
            ..Place::new(partner, window)
        };
        Some((blocks.iter().find(is_it)?, place))
    }

    fn of_payout_rule(&mut self, block: &'p GovernanceBlock, key: &str, at: &Place) -> Option<N> {
        let (_, formula) = block.formulas.iter().find(|(path, _)| &**path == key)?;
        Some(self.eval(formula, at, None).into_number())
    }

    fn grants(&self, earner: Earner) -> Grant {
        match earner {
            Earner::Component(id) => self.plan()[id].grants,
            Earner::TopUp(_) => Grant::Money,
        }
    }

    /// A posting on its day: shared out by the schedule, or, below zero, taken from what is held and then owed.
    fn posted(&mut self, line: &Line<N>, days: &mut Days<'p, N>) {
        let zero = N::known(Exact::ZERO);
        let above = less(&line.posted, &zero, Comparison::More);
        let below = above.minus(&line.posted);
        if !is_zero(&below) {
            self.taken_back(line, below, days);
        }
        if !is_zero(&above) {
            self.shared_out(line, &above, days);
        }
    }

    fn shared_out(&mut self, line: &Line<N>, amount: &N, days: &mut Days<'p, N>) {
        let day = line.settlement.ends;
        let Earner::Component(id) = line.earner else {
            return days.shares.push(Share {
                earner: line.earner,
                settlement: line.settlement,
                due: day,
                amount: amount.clone(),
                condition: None,
                waits: false,
                asked_in: None,
                next: day,
                why: Why::NotYet,
            });
        };
        let component = &self.plan()[id];
        let rounding = component
            .rounding
            .as_ref()
            .unwrap_or_else(|| self.money_of(Some(reference_of(line.earner))));
        let earned_on = line.place.window.ends.min(day);
        let whole = [Exact::ONE];
        let at_settlement = InstalmentWhen::AtSettlement;
        let lines: Vec<(&Exact, &InstalmentWhen, Option<&'p Expr>, bool)> =
            match component.paid.is_empty() {
                true => vec![(&whole[0], &at_settlement, None, false)],
                false => component
                    .paid
                    .iter()
                    .map(|line| (&line.share, &line.when, line.condition.as_ref(), line.waits))
                    .collect(),
            };
        let (mut shares, mut before) = (Exact::ZERO, N::known(Exact::ZERO));
        for (share, when, condition, waits) in lines {
            shares = &shares + share;
            let so_far = match shares == Exact::ONE {
                true => amount.clone(),
                false => rounded(&amount.times(&N::known(shares.clone())), rounding),
            };
            let part = so_far.minus(&before);
            before = so_far;
            // A release beyond the calendar never comes.
            let due = match when {
                InstalmentWhen::AtSettlement => day,
                InstalmentWhen::After(length) => add(earned_on, *length, 1).unwrap_or(Date::MAX),
                InstalmentWhen::On(on) => *on,
            }
            .max(day);
            let asked_in =
                condition.and_then(|_| self.plan().calendar.window_at(self.plan().period, due));
            let next = match (condition, asked_in) {
                (None, _) => due,
                (Some(_), Some(period)) => period.ends.max(due),
                (Some(_), None) => Date::MAX,
            };
            days.look_at(next, day);
            days.shares.push(Share {
                earner: line.earner,
                settlement: line.settlement,
                due,
                amount: part,
                condition,
                waits,
                asked_in,
                next,
                why: Why::NotYet,
            });
        }
    }

    fn taken_back(&mut self, line: &Line<N>, amount: N, days: &mut Days<'p, N>) {
        let day = line.settlement.ends;
        let recovers = match line.earner {
            Earner::Component(id) => self.plan()[id].recovers.as_ref(),
            Earner::TopUp(_) => None,
        };
        let from = recovers.map_or(&DEFAULT_FROM[..], |recovers| &recovers.from);
        let place = |place| from.iter().position(|known| *known == place);
        let mut left = amount;
        if place(RecoverFrom::Held).is_some() {
            let mut order: Vec<usize> = (0..days.shares.len())
                .filter(|at| {
                    days.shares
                        .get(*at)
                        .is_some_and(|share| self.is_same_earner(share.earner, line.earner))
                })
                .collect();
            order.sort_by_key(|at| days.shares.get(*at).map(|share| share.due));
            for at in order {
                let Some(share) = days.shares.get_mut(at) else {
                    continue;
                };
                let taken = less(&left, &share.amount, Comparison::Less);
                share.amount = share.amount.minus(&taken);
                left = left.minus(&taken);
                let of = (share.earner, share.settlement);
                days.moved(day, of, Moved::TakenFromHeld, taken);
            }
        }
        if is_zero(&left) {
            return;
        }
        let (payouts, invoice) = (place(RecoverFrom::NextPayouts), place(RecoverFrom::Invoice));
        let within = recovers.and_then(|recovers| recovers.within);
        let until = within.and_then(|within| add(day, within, 1));
        let is_invoiced_first = match (payouts, invoice) {
            (Some(payouts), Some(invoice)) => invoice < payouts,
            (None, invoice) => invoice.is_some(),
            (Some(_), None) => false,
        };
        let invoiced_on = match (invoice, is_invoiced_first) {
            (None, _) => None,
            (Some(_), true) => Some(day),
            // After the last payout of the time agreed, or of the agreement.
            (Some(_), false) => {
                until.or_else(|| self.days_of(line.place.partner).map(|days| days.until))
            }
        };
        if let Some(on) = invoiced_on {
            days.look_at(on, day);
        }
        days.debts.push(Debt {
            earner: line.earner,
            settlement: line.settlement,
            amount: left,
            until,
            from_payouts: payouts.is_some() && !is_invoiced_first,
            at_most: at_most_of(recovers),
            invoiced_on,
        });
    }

    /// The shares that are looked at on a day.
    fn release(&mut self, partner: PartnerIx, day: Date, days: &mut Days<'p, N>) {
        let mut held: Option<Result<N::Truth, (Trigger, NoAnswer)>> = None;
        for at in 0..days.shares.len() {
            let Some(share) = days.shares.get(at) else {
                continue;
            };
            if share.next != day {
                continue;
            }
            let of = (share.earner, share.settlement);
            let amount = share.amount.clone();
            let holds = match (share.condition, share.asked_in) {
                (Some(condition), Some(period)) => self.asked_at(condition, partner, period, day),
                (Some(_), None) | (None, _) => N::Truth::known(true),
            };
            if let Some(reason) = holds.reason() {
                let why = Why::Open(reason.clone());
                self.look_again(day, at, why, days);
                continue;
            }
            let zero = N::known(Exact::ZERO);
            let mut left = zero.clone();
            let mut due = N::select(&holds, &amount, &zero);
            let lost = amount.minus(&due);
            if share.waits {
                left = lost;
            } else {
                days.moved(day, of, Moved::Forfeited, lost);
            }
            let mut why = Why::Waits;
            if !is_zero(&due) {
                let guard = held.get_or_insert_with(|| self.is_held(partner, day));
                match guard {
                    Ok(is_held) if is_held.all() == Some(false) => {}
                    Ok(is_held) => {
                        let kept = N::select(is_held, &due, &zero);
                        due = due.minus(&kept);
                        left = left.plus(&kept);
                        why = self.holder(partner, day).map_or(Why::Waits, Why::Guardrail);
                    }
                    Err((_, reason)) => {
                        left = left.plus(&due);
                        due = zero;
                        why = Why::Open(reason.clone());
                    }
                }
            }
            days.moved(day, of, Moved::Released, due);
            if let Some(share) = days.shares.get_mut(at) {
                // Once a condition was true, only a guardrail can hold.
                if holds.all() == Some(true) {
                    share.asked_in = None;
                    share.condition = None;
                }
                share.amount = left;
            }
            self.look_again(day, at, why, days);
        }
    }

    /// A share that is held is looked at again when the next period ends.
    fn look_again(&mut self, day: Date, at: usize, why: Why, days: &mut Days<'p, N>) {
        let next = self
            .plan()
            .calendar
            .window_at(self.plan().period, day)
            .map(|period| period.ends)
            .filter(|next| *next > day);
        let Some(share) = days.shares.get_mut(at) else {
            return;
        };
        if is_zero(&share.amount) {
            return;
        }
        share.why = why;
        let Some(next) = next else {
            share.next = Date::MAX;
            return;
        };
        share.next = next;
        if share.waits && share.condition.is_some() {
            // It is asked again in the period that ends then.
            share.asked_in = self.plan().calendar.window_at(self.plan().period, day);
        }
        days.agenda.insert(next);
    }

    fn asked_at(
        &mut self,
        formula: &'p Expr,
        partner: PartnerIx,
        window: Window,
        day: Date,
    ) -> N::Truth {
        let place = Place {
            known_before: self.has_history().then_some(day),
            ..Place::new(partner, window)
        };
        self.eval(formula, &place, None).into_truth()
    }

    /// Whether a guardrail holds payouts: by what was in the last period that ended; or which one has no answer.
    fn is_held(&mut self, partner: PartnerIx, day: Date) -> Result<N::Truth, (Trigger, NoAnswer)> {
        let mut any = N::Truth::known(false);
        for (trigger, place) in self.holders(partner, day) {
            let holds = self.is_on(trigger, &place);
            if let Some(reason) = holds.reason() {
                return Err((trigger, reason.clone()));
            }
            any = any.or_else(&holds);
        }
        Ok(any)
    }

    /// The guardrail that holds payouts on a day.
    fn holder(&mut self, partner: PartnerIx, day: Date) -> Option<Trigger> {
        let holders = self.holders(partner, day);
        holders
            .into_iter()
            .find(|(trigger, place)| self.is_on(*trigger, place).all() == Some(true))
            .map(|(trigger, _)| trigger)
    }

    /// The guardrails that may hold payouts, and where they are asked on a day: in the last period that has ended.
    fn holders(&self, partner: PartnerIx, day: Date) -> Vec<(Trigger, Place)> {
        let plan = self.plan();
        let last = day.yesterday().ok().and_then(|last| {
            let period = plan.calendar.window_at(plan.period, last)?;
            match period.ends <= day {
                true => Some(period),
                false => plan.calendar.shift(&period, -1),
            }
        });
        let Some(window) = last else {
            return Vec::new();
        };
        let place = Place {
            known_before: self.has_history().then_some(day),
            ..Place::new(partner, window)
        };
        plan.triggers()
            .filter(|trigger| self.is_in_force(*trigger, partner, &window))
            .filter(|trigger| match trigger {
                Trigger::Contingency(_) => false,
                Trigger::Guardrail(id) => plan[*id].effect == Effect::Hold,
            })
            .map(|trigger| (trigger, place))
            .collect()
    }

    /// What debts take of a day's payout, and what of them is invoiced.
    fn recover(&mut self, day: Date, days: &mut Days<'p, N>) {
        let zero = N::known(Exact::ZERO);
        let payout = days
            .movements
            .iter()
            .filter(|movement| movement.on == day && movement.what == Moved::Released)
            .fold(zero.clone(), |sum, movement| sum.plus(&movement.amount));
        let step = N::known(self.plan().money.to.clone());
        let mut taken_of_it = zero.clone();
        for at in 0..days.debts.len() {
            let Some(debt) = days.debts.get_mut(at) else {
                continue;
            };
            let of = (debt.earner, debt.settlement);
            if debt.from_payouts && debt.until.is_none_or(|until| day <= until) {
                let most = payout
                    .times(&N::known(debt.at_most.clone()))
                    .rounded(&step, Rounding::Floor);
                let room = less(&most.minus(&taken_of_it), &zero, Comparison::More);
                let taken = less(&debt.amount, &room, Comparison::Less);
                debt.amount = debt.amount.minus(&taken);
                taken_of_it = taken_of_it.plus(&taken);
                days.moved(day, of, Moved::TakenFromPayout, taken);
            }
            let Some(debt) = days.debts.get_mut(at) else {
                continue;
            };
            if debt.invoiced_on.is_some_and(|on| on <= day) {
                let invoiced = std::mem::replace(&mut debt.amount, zero.clone());
                days.moved(day, of, Moved::Invoiced, invoiced);
            }
        }
    }
}

fn at_most_of(recovers: Option<&Recovery>) -> Exact {
    match recovers {
        Some(recovers) => recovers.at_most.clone(),
        None => None,
    }
    .unwrap_or_else(|| Exact::from_scaled(5, 1))
}

fn is_zero<N: Number>(number: &N) -> bool {
    let is_zero = number.compared(Comparison::Equal, &N::known(Exact::ZERO));
    is_zero.patched(Patch::Both, &N::Truth::known(true)).all() == Some(true)
}
