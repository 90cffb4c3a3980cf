//! The most that can be earned: figures for measures where a plan has agreements, or nothing, but no facts.
//!
//! Every measure is tried at nothing and at powers of ten, a figure for each of the plan's periods, until the pay of the
//! agreement's first year rises no more; the smallest such figure is kept. That says something only where pay has an end:
//! where it still rises at the last figure tried, nothing is assumed. Windows before the agreement have half as much.

use std::collections::BTreeMap;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::{Date, days_between};
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::{Agreement, Cell, Partner, PartnerIx, World};
use trueup_engine::{Answer, Ask, Evaluator, Measurer};
use trueup_plan::tree::{Fold, MeasureId, Plan, Type, Unit};

use crate::listing::game::{Mover, is_money};
use crate::subject::Subject;

/// How many powers of ten are tried.
const POWERS: u32 = 9;
/// How often the measures are gone through.
const PASSES: usize = 2;

/// How many settlements of everything one measure takes.
pub(crate) const TRIES: usize = PASSES * (POWERS as usize + 1);

/// A partner with an agreement and assumed figures.
pub(crate) struct Most<'a> {
    plan: &'a Plan,
    /// Where the agreement comes from; none where it was assumed too.
    pub(crate) from: Option<&'a str>,
    /// The partner alone.
    pub(crate) world: World,
    /// The end of the agreement's first year.
    pub(crate) until: Date,
    figures: BTreeMap<MeasureId, Exact>,
    starts: Date,
}

impl<'a> Most<'a> {
    /// The figures at which the most is earned; none where some measure can always earn more, or where other partners or
    /// single rows decide.
    pub(crate) fn of(
        subject: &Subject<'a>,
        samples: &'a [crate::Sample],
        movers: &[Mover],
    ) -> Option<Self> {
        let plan = subject.plan;
        let sample = samples.first();
        let mut partner = match sample {
            Some(sample) => sample.partner.clone(),
            None => nobody(plan)?,
        };
        assume_terms(plan, &mut partner);
        let starts = partner.agreement.starts;
        let year = plan.calendar.window_at(WindowUnit::Year, starts)?;
        let until = match partner.agreement.until {
            Some(until) => until.min(year.ends),
            None => year.ends,
        };
        let mut measures = Vec::with_capacity(movers.len());
        for mover in movers {
            match mover {
                Mover::Measure(id) => measures.push(*id),
                Mover::Rows(_) => return None,
            }
        }
        let mut most = Self {
            plan,
            from: sample.map(|sample| &*sample.from),
            world: World::new(plan, vec![partner]),
            until,
            figures: measures.iter().map(|id| (*id, Exact::ONE)).collect(),
            starts,
        };
        for _ in 0..PASSES {
            for id in &measures {
                most.raise(*id)?;
            }
        }
        Some(most)
    }

    /// Puts a measure where the most is earned while the others stay; none where it could always earn more.
    fn raise(&mut self, id: MeasureId) -> Option<()> {
        let mut best: Option<(Exact, Exact)> = None;
        let mut last = None;
        let tried = std::iter::once(Exact::ZERO)
            .chain((0..POWERS).map(|power| Exact::from_int(10i64.pow(power))));
        for figure in tried {
            self.figures.insert(id, figure.clone());
            let paid = self.paid();
            if best.as_ref().is_none_or(|(most, _)| paid > *most) {
                best = Some((paid.clone(), figure.clone()));
            }
            last = Some(figure);
        }
        let (_, figure) = best?;
        if Some(&figure) == last.as_ref() {
            return None;
        }
        self.figures.insert(id, figure);
        Some(())
    }

    /// What is paid by the end of the year.
    fn paid(&self) -> Exact {
        let mut evaluator = Evaluator::new(self.plan, &self.world, self);
        let mut sum = Exact::ZERO;
        for line in evaluator.settle(PartnerIx(0), self.until) {
            let pays_money = match line.earner {
                Earner::Component(id) => is_money(self.plan[id].grants),
                Earner::TopUp(_) => true,
            };
            if let (true, Answer::Known(posted)) = (pays_money, &line.posted) {
                sum = &sum + posted;
            }
        }
        sum
    }

    /// How many of the plan's periods a window has.
    fn periods(&self, window: &Window) -> Exact {
        let days = |window: &Window| Exact::from_int(days_between(window.starts, window.ends));
        let period = self
            .plan
            .calendar
            .window_at(self.plan.period, window.starts);
        match period {
            Some(period) if window.unit != self.plan.period => days(window)
                .checked_div(&days(&period))
                .unwrap_or(Exact::ONE),
            Some(_) | None => Exact::ONE,
        }
    }
}

impl Measurer<Answer> for Most<'_> {
    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        let figure = self.figures.get(&ask.measure)?;
        let figure = match self.plan[ask.measure].fold {
            Fold::Sum | Fold::Count | Fold::CountDistinct => figure * &self.periods(&ask.window),
            Fold::Min | Fold::Max | Fold::Latest => figure.clone(),
        };
        if ask.window.ends <= self.starts {
            let half = figure.checked_div(&Exact::from_int(2));
            return half.map(Answer::Known);
        }
        Some(Answer::Known(figure))
    }
}

/// A partner of whom nothing is known.
fn nobody(plan: &Plan) -> Option<Partner> {
    let starts = trueup_base::date::parse_date("2026-01-01").ok()?;
    let year = plan.calendar.window_at(WindowUnit::Year, starts)?;
    Some(Partner {
        id: trueup_base::id::PartnerId::new("nobody").ok()?,
        parent: None,
        attributes: plan.attributes.iter().map(|_| Cell::Empty).collect(),
        agreement: Agreement::new(plan, year.starts, None, &[]),
    })
}

/// Gives every number that the agreement leaves open, and that the plan has no figure for, a figure.
fn assume_terms(plan: &Plan, partner: &mut Partner) {
    for (term, slot) in plan.terms.iter().zip(&mut partner.agreement.terms) {
        if slot.is_some() || term.agreed.is_some() {
            continue;
        }
        let figure = match term.of {
            Type::Number(Unit::MONEY) => 100_000,
            Type::Number(Unit::COUNT) => 100,
            Type::Number(Unit::SCORE) => 4,
            Type::Number(_) => 1,
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => continue,
        };
        *slot = Some(Cell::Number(Exact::from_int(figure)));
    }
}
