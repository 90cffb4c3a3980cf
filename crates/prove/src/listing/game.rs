//! One partner's pay under other figures: what each measure adds and what is lost without it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::{PartnerIx, RowIx, World, date_of};
use trueup_engine::{Answer, Ask, Evaluator, Measurer, Number, Place, Value};
use trueup_plan::tree::{Grant, KindId, MeasureId, Name, Plan, Type};

use crate::listing::ground::Ground;

/// What can move pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mover {
    /// A measure.
    Measure(MeasureId),
    /// The rows of a kind, where a component pays on each.
    Rows(KindId),
}

/// Where a mover stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    AsIs,
    Nothing,
    Twice,
}

/// What each mover moved, in money, over all that was looked at.
#[derive(Default)]
pub(crate) struct Moved {
    /// All variable pay.
    pub(crate) variable: Exact,
    /// The part of it that each moved.
    pub(crate) parts: BTreeMap<Mover, Exact>,
}

/// One partner's pay under other figures.
pub(crate) struct Game<'g, 'a> {
    plan: &'a Plan,
    ground: &'g Ground<'a>,
    partner: PartnerIx,
    movers: &'g [Mover],
    starts: Date,
    real: RefCell<Evaluator<'g, Answer, &'a dyn Measurer<Answer>>>,
    without: BTreeMap<BTreeSet<KindId>, World>,
}

impl<'g, 'a> Game<'g, 'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        ground: &'g Ground<'a>,
        partner: PartnerIx,
        movers: &'g [Mover],
    ) -> Self {
        let starts = ground
            .world
            .partner(partner)
            .map_or(Date::MIN, |partner| partner.agreement.starts);
        Self {
            plan,
            ground,
            partner,
            movers,
            starts,
            real: RefCell::new(Evaluator::new(plan, ground.world, &ground.measurer)),
            without: BTreeMap::new(),
        }
    }

    /// Adds what every mover moves of this partner's pay.
    pub(crate) fn play(mut self, moved: &mut Moved) {
        let as_is: Vec<End> = vec![End::AsIs; self.movers.len()];
        let pay = self.pay(&as_is);
        let mut worse = as_is.clone();
        let mut lost = Vec::with_capacity(self.movers.len());
        for at in 0..self.movers.len() {
            let (end, least) = self.worse_end(&as_is, at, &pay);
            if let Some(slot) = worse.get_mut(at) {
                *slot = end;
            }
            lost.push(&pay - &least);
        }
        let nothing = self.pay(&worse);
        let variable = &pay - &nothing;
        if !variable.is_positive() {
            return;
        }
        let mut parts = Vec::with_capacity(self.movers.len());
        let mut sum = Exact::ZERO;
        for (at, lost) in lost.iter().enumerate() {
            let alone = self.with(&worse, at, End::AsIs);
            let added = &self.pay(&alone) - &nothing;
            let part = (&added + lost).max(Exact::ZERO);
            sum = &sum + &part;
            parts.push(part);
        }
        for (mover, part) in self.movers.iter().zip(parts) {
            let Some(part) = (&part * &variable).checked_div(&sum) else {
                continue;
            };
            let so_far = moved.parts.entry(*mover).or_insert(Exact::ZERO);
            *so_far = &*so_far + &part;
        }
        moved.variable = &moved.variable + &variable;
    }

    fn with(&self, ends: &[End], at: usize, end: End) -> Vec<End> {
        let mut ends = ends.to_vec();
        if let Some(slot) = ends.get_mut(at) {
            *slot = end;
        }
        ends
    }

    /// The end at which less is paid, and what is paid there. Where both ends pay more, none is worse.
    fn worse_end(&mut self, as_is: &[End], at: usize, pay: &Exact) -> (End, Exact) {
        let none = self.pay(&self.with(as_is, at, End::Nothing));
        let is_measure = matches!(self.movers.get(at), Some(Mover::Measure(_)));
        if none < *pay || !is_measure {
            return (End::Nothing, none.min(pay.clone()));
        }
        let twice = self.pay(&self.with(as_is, at, End::Twice));
        if twice < *pay {
            (End::Twice, twice)
        } else if none == *pay {
            (End::Nothing, none)
        } else {
            (End::AsIs, pay.clone())
        }
    }

    /// What the partner is paid by the end with the movers at these ends.
    fn pay(&mut self, ends: &[End]) -> Exact {
        let mut measures = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for (mover, end) in self.movers.iter().zip(ends) {
            match mover {
                Mover::Measure(id) => {
                    measures.insert(*id, *end);
                }
                Mover::Rows(kind) if *end == End::Nothing => {
                    gone.insert(*kind);
                }
                Mover::Rows(_) => {}
            }
        }
        self.prepare(&gone);
        let world = self.without.get(&gone).unwrap_or(self.ground.world);
        let changed = Changed {
            plan: self.plan,
            real: &self.real,
            measurer: self.ground.measurer,
            ends: &measures,
            whose: self.partner,
            from: self.starts,
        };
        let mut evaluator = Evaluator::new(self.plan, world, &changed);
        let mut sum = Exact::ZERO;
        for line in evaluator.settle(self.partner, self.ground.until) {
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

    /// The world without the rows of some kinds from the agreement's start on; measures are answered by the whole one.
    fn prepare(&mut self, gone: &BTreeSet<KindId>) {
        if gone.is_empty() || self.without.contains_key(gone) {
            return;
        }
        let mut world = self.ground.world.clone();
        for kind in gone {
            let Some(facts) = self.ground.world.kind(*kind) else {
                continue;
            };
            let dated = self.plan[*kind].dated;
            let before = facts
                .rows
                .iter()
                .filter(|row| date_of(row, dated).is_some_and(|day| day < self.starts))
                .cloned()
                .collect();
            world.give(self.plan, *kind, before, facts.complete.clone());
        }
        self.without.insert(gone.clone(), world);
    }
}

/// Measures as they are, but for one partner from one day on some at another end.
struct Changed<'c, 'g, 'a> {
    plan: &'a Plan,
    real: &'c RefCell<Evaluator<'g, Answer, &'a dyn Measurer<Answer>>>,
    measurer: &'a dyn Measurer<Answer>,
    ends: &'c BTreeMap<MeasureId, End>,
    whose: PartnerIx,
    from: Date,
}

impl Measurer<Answer> for Changed<'_, '_, '_> {
    fn given(&self, name: Name, at: &Place) -> Option<Value<Answer>> {
        self.measurer.given(name, at)
    }

    fn copies(&self, kind: KindId, row: RowIx) -> Option<Answer> {
        self.measurer.copies(kind, row)
    }

    fn measure(&self, ask: &Ask<'_>) -> Option<Answer> {
        match self.plan[ask.measure].answers {
            Type::Number(_) => {}
            Type::Date | Type::Duration | Type::Flag | Type::Text | Type::Partner => return None,
        }
        let real = self.real.borrow_mut().measured(ask).number();
        if ask.partner != self.whose || ask.window.ends <= self.from {
            return Some(real);
        }
        Some(match (self.ends.get(&ask.measure), &real) {
            (Some(End::Nothing), Answer::Known(_)) => Answer::Known(Exact::ZERO),
            (Some(End::Twice), Answer::Known(_)) => real.plus(&real),
            (None | Some(End::AsIs), _) | (Some(End::Nothing | End::Twice), Answer::None(_)) => {
                real
            }
        })
    }
}

/// Whether a component grants money, or credit in a fund.
pub(crate) fn is_money(grants: Grant) -> bool {
    match grants {
        Grant::Money | Grant::Fund => true,
        Grant::Count | Grant::Flag => false,
    }
}
