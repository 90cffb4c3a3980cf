//! Funds: what is set aside for a partner, what claims take of it, what expires, period by period.
//!
//! What a fund accrues settles like a component: the entitlement to date, as known then, less what was credited before. Each
//! settlement's credit is a lot with its own expiry. What is taken, by a claim or by an entitlement that fell, is taken
//! from the oldest lot; what no lot covers is made up by the next credit. A claim is taken in the period of its day, or,
//! where it became known later, in the one in which it did, and gets its part as far as the balance of that day goes. A claim
//! that is corrected gives back what it got too much, or asks for what it asks more.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::FactId;
use trueup_plan::tree::{Claims, Comparison, Fund, FundId, MoneyRounding};

use crate::component::rounded;
use crate::evaluate::{Evaluator, Place, RowPlace};
use crate::measure::{Measurer, rows_not_read};
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::value::Value;
use crate::windows::{add, less};
use crate::world::{Cell, PartnerIx, date_of, role_of};

/// A fund in one period.
#[derive(Clone, Debug)]
pub struct FundPeriod<N: Number> {
    /// The period, as the agreement cuts it.
    pub window: Window,
    /// The balance at its start.
    pub opening: N,
    /// What its end set aside, corrections of earlier periods included.
    pub accrued: N,
    /// What claims got, less what they gave back.
    pub reimbursed: N,
    /// What expired.
    pub expired: N,
    /// The balance at its end; below zero where what was used fell away later.
    pub closing: N,
    /// The claims of the period, by day and fact.
    pub claims: Vec<Claim<N>>,
    /// Why something has no answer.
    pub open: Vec<NoAnswer>,
}

/// A claim in the period in which it was taken.
#[derive(Clone, Debug)]
pub struct Claim<N: Number> {
    /// The fact.
    pub id: FactId,
    /// Its day.
    pub on: Date,
    /// What it asks for.
    pub asked: N,
    /// What it got; below zero where it gives back.
    pub got: N,
    /// Whether it came too late.
    pub is_late: bool,
}

/// Credit of one settlement.
struct Lot<N: Number> {
    from: Date,
    expires: Option<Date>,
    left: N,
}

/// What a claim asked for, and what it got of which lots.
struct Granted<N: Number> {
    asked: N,
    parts: Vec<(usize, N)>,
}

/// A fund while periods go by.
struct Balance<N: Number> {
    lots: Vec<Lot<N>>,
    /// What was taken and no lot covered.
    short: N,
    credited: BTreeMap<Date, N>,
    granted: BTreeMap<FactId, Granted<N>>,
}

fn zero<N: Number>() -> N {
    N::known(Exact::ZERO)
}

impl<N: Number> Balance<N> {
    fn total(&self) -> N {
        let sum = self
            .lots
            .iter()
            .fold(zero::<N>(), |sum, lot| sum.plus(&lot.left));
        sum.minus(&self.short)
    }

    /// Takes from the oldest lots that are there on a day; says what was taken of which.
    fn take(&mut self, most: &N, on: Date) -> Vec<(usize, N)> {
        let mut wanted = most.clone();
        let mut parts = Vec::new();
        for (at, lot) in self.lots.iter_mut().enumerate() {
            if on < lot.from {
                continue;
            }
            let taken = less(&wanted, &lot.left, Comparison::Less);
            if !is_zero(&taken) {
                lot.left = lot.left.minus(&taken);
                wanted = wanted.minus(&taken);
                parts.push((at, taken));
            }
        }
        parts
    }

    /// Lets lots expire that do so by a day, and says how much.
    fn expire(&mut self, by: Date) -> N {
        let mut expired = zero::<N>();
        for lot in &mut self.lots {
            if lot.expires.is_some_and(|on| on <= by) {
                expired = expired.plus(&lot.left);
                lot.left = zero();
            }
        }
        expired
    }

    /// A credit, or below zero what is taken back.
    fn credit(&mut self, amount: &N, on: Date, expires: Option<Date>) {
        let above = less(amount, &zero(), Comparison::More);
        let below = above.minus(amount);
        let fills = less(&above, &self.short, Comparison::Less);
        self.short = self.short.minus(&fills);
        let left = above.minus(&fills);
        if !is_zero(&left) {
            self.lots.push(Lot {
                from: on,
                expires,
                left,
            });
        }
        let taken = total(&self.take(&below, on));
        self.short = self.short.plus(&below.minus(&taken));
    }

    /// What a claim gets, or gives back, when it asks for so much from a day on.
    fn claim(&mut self, id: &FactId, asked: N, on: Date, expired: &mut N) -> N {
        let granted = self.granted.remove(id).unwrap_or_else(|| Granted {
            asked: zero(),
            parts: Vec::new(),
        });
        let mut parts = granted.parts;
        let had = total(&parts);
        // It asks for what it asks more than before, not again for what was refused.
        let more = less(&asked.minus(&granted.asked), &zero(), Comparison::More);
        let new = self.take(&more, on);
        let got = total(&new);
        parts.extend(new);
        let mut back = less(&had.minus(&asked), &zero(), Comparison::More);
        let gives_back = back.clone();
        for (at, part) in parts.iter_mut().rev() {
            let returned = less(&back, part, Comparison::Less);
            back = back.minus(&returned);
            *part = part.minus(&returned);
            if let Some(lot) = self.lots.get_mut(*at) {
                match lot.expires.is_some_and(|expires| expires <= on) {
                    true => *expired = expired.plus(&returned),
                    false => lot.left = lot.left.plus(&returned),
                }
            }
        }
        self.granted.insert(id.clone(), Granted { asked, parts });
        got.minus(&gives_back)
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// A partner's fund in every period that ends by a day.
    pub fn fund(&mut self, id: FundId, partner: PartnerIx, until: Date) -> Vec<FundPeriod<N>> {
        let plan = self.plan();
        let Some(days) = self.days_of(partner) else {
            return Vec::new();
        };
        let stretches = self.fund_stretches(id, partner);
        let mut balance = Balance {
            lots: Vec::new(),
            short: zero(),
            credited: BTreeMap::new(),
            granted: BTreeMap::new(),
        };
        let mut periods = Vec::new();
        for window in days.settlements(&plan.calendar, plan.period, until) {
            let opening = balance.total();
            let mut period = FundPeriod {
                window,
                opening,
                accrued: zero(),
                reimbursed: zero(),
                expired: zero(),
                closing: zero(),
                claims: Vec::new(),
                open: Vec::new(),
            };
            self.claims(&stretches, partner, &mut balance, &mut period);
            let last = window.last();
            period.expired = period.expired.plus(&balance.expire(last));
            self.accrue(id, partner, &mut balance, &mut period);
            period.closing = balance.total();
            periods.push(period);
        }
        periods.extend(self.last_claims(&stretches, partner, until, &mut balance));
        periods
    }

    /// The time after the agreement's end in which claims are still taken, for what was spent before it; nothing is set
    /// aside in it.
    fn last_claims(
        &mut self,
        stretches: &[(FundId, Date, Date)],
        partner: PartnerIx,
        until: Date,
        balance: &mut Balance<N>,
    ) -> Option<FundPeriod<N>> {
        let plan = self.plan();
        let (id, ..) = stretches.last()?;
        let length = plan[*id].last_claims?;
        let starts = self.days_of(partner)?.until;
        let ends = add(starts, length, 1)?.min(until);
        if ends <= starts {
            return None;
        }
        let window = Window {
            unit: plan.period,
            starts,
            ends,
            full_starts: starts,
            full_ends: ends,
        };
        let mut period = FundPeriod {
            window,
            opening: balance.total(),
            accrued: zero(),
            reimbursed: zero(),
            expired: zero(),
            closing: zero(),
            claims: Vec::new(),
            open: Vec::new(),
        };
        self.claims(stretches, partner, balance, &mut period);
        period.expired = period.expired.plus(&balance.expire(window.last()));
        period.closing = balance.total();
        Some(period)
    }

    /// What a fund accrues in every period begun so far, less what was credited before.
    fn accrue(
        &mut self,
        id: FundId,
        partner: PartnerIx,
        balance: &mut Balance<N>,
        period: &mut FundPeriod<N>,
    ) {
        let settlement = period.window;
        let known_before = self.has_history().then_some(settlement.ends);
        let starts = self.agreement_starts(partner).unwrap_or(settlement.starts);
        let unit = self.plan().period;
        for window in self.agreement_windows(partner, unit, starts, settlement.ends) {
            if self.is_closed(partner, &window, &settlement) {
                continue;
            }
            // A version that has no such fund sets nothing aside.
            let Some(fund) = self
                .fund_in(id, partner, &window)
                .map(|id| &self.plan()[id])
            else {
                continue;
            };
            let place = Place {
                known_before,
                ..Place::new(partner, window)
            };
            let opened = self.graph.begin();
            let accrues = self.eval(&fund.accrues, &place, None).into_number();
            self.graph.forget_inputs(opened);
            let accrues = rounded(&accrues, self.money_of_fund(fund));
            if let Some(reason) = accrues.reason()
                && !period.open.contains(reason)
            {
                period.open.push(reason.clone());
            }
            let before = balance
                .credited
                .get(&window.starts)
                .cloned()
                .unwrap_or_else(zero);
            // What has no answer credits nothing and takes nothing back.
            let accrues = accrues.or(Patch::Both, &before);
            period.accrued = period.accrued.plus(&accrues.minus(&before));
            balance.credited.insert(window.starts, accrues);
        }
        let last = self.fund_in(id, partner, &settlement).unwrap_or(id);
        let expires = self.plan()[last]
            .expires_after
            .and_then(|length| add(settlement.ends, length, 1));
        balance.credit(&period.accrued, settlement.ends, expires);
    }

    /// What a fund's money is rounded to.
    fn money_of_fund(&self, fund: &Fund) -> &'p MoneyRounding {
        let plan = self.plan();
        let own = plan.editions.iter().find(|edition| {
            let mut funds = edition.funds();
            funds.any(|id| std::ptr::eq(&plan[id], fund))
        });
        own.map_or(&plan.money, |edition| &edition.money)
    }

    /// A fund as the version in force in a window has it.
    fn fund_in(&self, id: FundId, partner: PartnerIx, window: &Window) -> Option<FundId> {
        let plan = self.plan();
        let Some(edition) = self
            .edition_at(partner, window)
            .and_then(|edition| plan.edition(edition))
        else {
            return Some(id);
        };
        let mut funds = edition.funds();
        funds.find(|own| plan[*own].name == plan[id].name)
    }

    /// Whose rules hold for claims of which days: a version that has no such fund leaves the one before to pay out.
    fn fund_stretches(&self, id: FundId, partner: PartnerIx) -> Vec<(FundId, Date, Date)> {
        let plan = self.plan();
        let Some(days) = self.days_of(partner) else {
            return Vec::new();
        };
        if days.versions.is_empty() {
            return vec![(id, days.starts, Date::MAX)];
        }
        let mut stretches: Vec<(FundId, Date, Date)> = Vec::new();
        for (at, version) in days.versions.iter().enumerate() {
            let until = days
                .versions
                .get(at + 1)
                .map_or(Date::MAX, |next| next.from);
            let own = plan.edition(version.edition).and_then(|edition| {
                let mut funds = edition.funds();
                funds.find(|own| plan[*own].name == plan[id].name)
            });
            match (own, stretches.last_mut()) {
                (Some(own), _) => stretches.push((own, version.from, until)),
                (None, Some(before)) => before.2 = until,
                (None, None) => {}
            }
        }
        stretches
    }

    /// The claims that are there by the end of a period: what is new of them takes its part.
    fn claims(
        &mut self,
        stretches: &[(FundId, Date, Date)],
        partner: PartnerIx,
        balance: &mut Balance<N>,
        period: &mut FundPeriod<N>,
    ) {
        let mut seen: BTreeSet<&FactId> = BTreeSet::new();
        for (id, from, until) in stretches {
            let fund = &self.plan()[*id];
            if let Some(claims) = &fund.claims {
                let days = (*from, *until);
                if !self.claims_of(fund, claims, (partner, days), &mut seen, balance, period) {
                    return;
                }
            }
        }
        // A claim that is no longer there asks for nothing.
        let gone: Vec<FactId> = balance
            .granted
            .keys()
            .filter(|id| !seen.contains(id))
            .cloned()
            .collect();
        for id in gone {
            let starts = period.window.starts;
            self.take_claim(&id, starts, zero(), false, balance, period);
        }
    }

    /// The claims of a stretch of days; false where its rows were not read.
    fn claims_of(
        &mut self,
        fund: &'p Fund,
        claims: &'p Claims,
        (partner, (from, until)): (PartnerIx, (Date, Date)),
        seen: &mut BTreeSet<&'p FactId>,
        balance: &mut Balance<N>,
        period: &mut FundPeriod<N>,
    ) -> bool {
        let plan = self.plan();
        let shape = &plan[claims.kind];
        let (Some(facts), Some(role)) =
            (self.world().kind(claims.kind), role_of(shape, &claims.role))
        else {
            return true;
        };
        if !facts.has_rows_of(partner) {
            period.open.push(rows_not_read(&shape.name));
            return false;
        }
        let settlement = period.window;
        let known_before = self.has_history().then_some(settlement.ends);
        let ended = self.days_of(partner).map(|days| days.until);
        for credit in facts.credits(role, partner) {
            let Some(row) = facts.rows.get(credit.row.0 as usize) else {
                continue;
            };
            let Some(day) = date_of(row, shape.dated) else {
                continue;
            };
            let in_time = from <= day && day < until && day < settlement.ends;
            // A claim that two lines of one role credit is one claim.
            if !in_time || !facts.is_known(credit.row, known_before) || !seen.insert(&row.id) {
                continue;
            }
            let place = Place {
                row: Some(RowPlace::new(claims.kind, role, credit)),
                known_before,
                ..Place::new(partner, settlement)
            };
            let spent = row.cells.get(claims.spent.index());
            // What was spent after the agreement's end is no claim on it.
            let is_after = matches!(spent, Some(Cell::Date(spent)) if ended.is_some_and(|ended| ended <= *spent));
            if is_after && claims.spent != shape.dated {
                continue;
            }
            let (asked, is_late) = match self.asked_for(fund, claims, &place, day, spent) {
                Ok(Some(asked)) => asked,
                // No claim on this fund; one that was is one that asks for nothing.
                Ok(None) if !balance.granted.contains_key(&row.id) => continue,
                Ok(None) => (zero(), false),
                Err(reason) => {
                    if !period.open.contains(&reason) {
                        period.open.push(reason);
                    }
                    continue;
                }
            };
            self.take_claim(&row.id, day, asked, is_late, balance, period);
        }
        true
    }

    fn take_claim(
        &mut self,
        id: &FactId,
        day: Date,
        asked: N,
        is_late: bool,
        balance: &mut Balance<N>,
        period: &mut FundPeriod<N>,
    ) {
        let is_new = balance
            .granted
            .get(id)
            .is_none_or(|before| !is_zero(&before.asked.minus(&asked)));
        if !is_new {
            return;
        }
        // What became known after its period is taken at the balance of this one.
        let on = day.max(period.window.starts);
        period.expired = period.expired.plus(&balance.expire(on));
        let got = balance.claim(id, asked.clone(), on, &mut period.expired);
        period.reimbursed = period.reimbursed.plus(&got);
        period.claims.push(Claim {
            id: id.clone(),
            on: day,
            asked,
            got,
            is_late,
        });
    }

    /// What a claim asks of the fund: its part of the expense, zero where it came too late.
    fn asked_for(
        &mut self,
        fund: &'p Fund,
        claims: &'p Claims,
        at: &Place,
        day: Date,
        spent: Option<&Cell>,
    ) -> Result<Option<(N, bool)>, NoAnswer> {
        let opened = self.graph.begin();
        let asked = self.part_of_expense(fund, claims, at);
        self.graph.forget_inputs(opened);
        let Some(asked) = asked else {
            return Ok(None);
        };
        if let Some(reason) = asked.reason() {
            return Err(reason.clone());
        }
        let Some(within) = fund.claim_within else {
            return Ok(Some((asked, false)));
        };
        match spent {
            Some(Cell::Date(spent)) => {
                let is_late = add(*spent, within, 1).is_some_and(|last| last < day);
                Ok(Some(match is_late {
                    true => (zero(), true),
                    false => (asked, false),
                }))
            }
            Some(
                Cell::Number(_) | Cell::Text(_) | Cell::Flag(_) | Cell::Partner(_) | Cell::Empty,
            )
            | None => Err(NoAnswer::missing(format!(
                "a claim on {} does not say the day of its expense",
                fund.name
            ))),
        }
    }

    /// The fund's part of an expense; nothing where the row is no claim on it.
    fn part_of_expense(&mut self, fund: &'p Fund, claims: &'p Claims, at: &Place) -> Option<N> {
        let counts = match &claims.filter {
            Some(filter) => self.eval(filter, at, None).into_truth(),
            None => N::Truth::known(true),
        };
        if counts.all() == Some(false) {
            return None;
        }
        if let Some(reason) = counts.reason() {
            return Some(N::none(reason.clone()));
        }
        let expense = self.eval(&claims.of, at, None).into_number();
        let part = match &fund.reimburses {
            Some(part) => self.eval(part, at, None),
            None => Value::exact(Exact::ONE),
        };
        let share = self.share_of(at);
        let asked = expense.times(&part.number()).times(&N::known(share));
        let asked = rounded(&asked, self.money_of_fund(fund));
        Some(N::select(&counts, &asked, &zero()))
    }
}

fn total<N: Number>(parts: &[(usize, N)]) -> N {
    parts.iter().fold(zero(), |sum, (_, part)| sum.plus(part))
}

fn is_zero<N: Number>(number: &N) -> bool {
    number.compared(Comparison::Equal, &zero()).all() == Some(true)
}
