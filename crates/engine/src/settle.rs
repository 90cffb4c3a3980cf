//! Settlement: the entitlement to date, as known then, less what was posted before.
//!
//! For component c, partner p and settlement k: `post(c, p, k) = sum over windows w of c begun by k of E(c, p, w up to k,
//! facts known at k) - sum of post(c, p, j) for j < k` (LANGUAGE §10). Interim settlement, true-up, late facts,
//! corrections, caps to date and clawbacks are all this one subtraction. A window without an answer posts nothing and
//! reverses nothing; its reason stays with the line. Where the plan says how far corrections reach back, a window that ended
//! longer ago is closed for good.

use std::collections::BTreeMap;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_plan::tree::{Comparison, ComponentId, Grant, LimitId, Name, NoAnswerKind, Reference};

use crate::component::Applies;
use crate::evaluate::{Evaluator, Place};
pub use crate::limit::Earner;
use crate::limit::{Nest, Nesting};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::windows::length_rank;
use crate::world::PartnerIx;

/// One line of a settlement.
#[derive(Clone, Debug)]
pub struct Line<N: Number> {
    /// What earned it.
    pub earner: Earner,
    /// The settlement.
    pub settlement: Window,
    /// Where the entitlement was asked: the window begun last, up to the settlement's end.
    pub place: Place,
    /// What the windows begun so far entitle to, under all limits; no answer where one of them has none.
    pub to_date: N,
    /// What earlier settlements posted.
    pub before: N,
    /// What this settlement posts.
    pub posted: N,
    /// Why windows have no answer.
    pub open: Vec<NoAnswer>,
    /// For which windows it posts, in their order; what it posts for none is left out. They add up to `posted`.
    pub parts: Vec<Part<N>>,
}

/// What a settlement posts for one window.
#[derive(Clone, Debug)]
pub struct Part<N: Number> {
    /// The window; one that ended before the settlement began is corrected by it.
    pub window: Window,
    /// What is posted for it.
    pub posted: N,
}

/// What one window entitles to.
#[derive(Clone, Debug)]
pub struct Entitled<N: Number> {
    /// What earned it.
    pub earner: Earner,
    /// The component's window, or that of the limit that holds it.
    pub window: Window,
    /// How much, under all limits.
    pub amount: N,
}

/// What a window entitles to.
struct Target<N: Number> {
    window: Window,
    entitled: N,
    /// Whether it lies too far back for anything to be posted for it.
    is_closed: bool,
    /// Whether no later settlement can find anything else in it.
    is_at_rest: bool,
}

/// The settlements of one earner so far.
struct Ledger<N: Number> {
    posted: BTreeMap<Date, N>,
    at_rest: AtRest<N>,
}

/// What the leading windows come to that are at rest: each settlement goes on from there.
struct AtRest<N: Number> {
    to_date: N,
    before: N,
    open: Vec<NoAnswer>,
}

impl<N: Number> Ledger<N> {
    fn new() -> Self {
        Self {
            posted: BTreeMap::new(),
            at_rest: AtRest {
                to_date: N::known(Exact::ZERO),
                before: N::known(Exact::ZERO),
                open: Vec::new(),
            },
        }
    }

    /// What a settlement posts, when the windows begun by it, after those at rest, entitle to `targets`.
    fn settle(
        &mut self,
        earner: Earner,
        settlement: Window,
        place: Place,
        targets: Vec<Target<N>>,
    ) -> Line<N> {
        let zero = N::known(Exact::ZERO);
        let mut to_date = self.at_rest.to_date.clone();
        let mut before = self.at_rest.before.clone();
        let mut open = self.at_rest.open.clone();
        let (mut posted, mut parts) = (zero.clone(), Vec::new());
        let mut is_leading = true;
        for target in targets {
            let (whole, is_at_rest) = (target.window, target.is_at_rest);
            let window = whole.starts;
            let so_far = self.posted.get(&window).unwrap_or(&zero).clone();
            let entitled = match target.is_closed {
                true => so_far.clone(),
                false => target.entitled,
            };
            if let Some(reason) = entitled.reason()
                && !open.contains(reason)
            {
                open.push(reason.clone());
            }
            to_date = to_date.plus(&entitled);
            before = before.plus(&so_far);
            // Anything missing posts nothing and reverses nothing.
            let target = entitled.or(Patch::Both, &so_far);
            let part = target.minus(&so_far);
            if !is_zero(&part) {
                posted = posted.plus(&part);
                parts.push(Part {
                    window: whole,
                    posted: part,
                });
            }
            is_leading &= is_at_rest;
            if is_leading {
                // The next settlement finds this window as it is now, and posts nothing for it.
                self.at_rest.to_date = to_date.clone();
                self.at_rest.before = self.at_rest.before.plus(&target);
                self.at_rest.open.clone_from(&open);
                self.posted.remove(&window);
            } else {
                self.posted.insert(window, target);
            }
        }
        Line {
            earner,
            settlement,
            place,
            to_date,
            before,
            posted,
            open,
            parts,
        }
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// Every settlement of a partner that ends by a day, in the order of settlement and plan.
    pub fn settle(&mut self, partner: PartnerIx, until: Date) -> Vec<Line<N>> {
        let nest = self.nest();
        let mut lines = Vec::new();
        for at in 0..self.plan().components.len() {
            let Some(id) = u16::try_from(at).ok().map(ComponentId) else {
                break;
            };
            if self.is_of_partner(Reference::Component(id), partner) {
                self.settle_component(&nest, id, partner, until, &mut lines);
            }
        }
        for limit in self.outermost_of(&nest, partner) {
            self.settle_limit(&nest, limit, partner, until, &mut lines);
        }
        lines.sort_by_key(|line| (line.settlement.ends, order_of(line.earner)));
        lines
    }

    /// What the windows begun by the last settlement before a day entitle to, under all limits, with all that is known:
    /// what all settlements until then come to.
    /// Only components are asked that are wanted, and those that share a limit with them.
    pub fn entitled(
        &mut self,
        partner: PartnerIx,
        until: Date,
        is_wanted: impl Fn(ComponentId) -> bool,
    ) -> Vec<Entitled<N>> {
        let plan = self.plan();
        let nest = self.nest();
        let outermost = self.outermost_of(&nest, partner);
        let starts = self.agreement_starts(partner).unwrap_or(until);
        let last = |walk: &Self, every| {
            let settlement = walk.last_settlement(partner, every, until);
            settlement.map(|settlement| settlement.ends)
        };
        let mut all = Vec::new();
        for (component, id) in plan.components.iter().zip((0u16..).map(ComponentId)) {
            if !self.is_of_partner(Reference::Component(id), partner) {
                continue;
            }
            if component.grants == Grant::Flag || !is_wanted(id) {
                continue;
            }
            let Some(ends) = last(self, component.every) else {
                continue;
            };
            for window in self.windows_alone(&nest, id, partner, ends) {
                let place = Place::new(partner, window);
                let amount = self.named_here(Name::Component(id), &place).into_number();
                let earner = Earner::Component(id);
                all.push(Entitled {
                    earner,
                    window,
                    amount,
                });
            }
        }
        for limit in outermost {
            if !nest.components(limit).any(&is_wanted) {
                continue;
            }
            let held = nest.components(limit).map(|id| plan[id].every);
            let Some(ends) = held
                .min_by_key(|every| length_rank(*every))
                .and_then(|every| last(self, every))
            else {
                continue;
            };
            for window in self.windows_answered(limit, partner, starts, ends) {
                let place = Place::new(partner, window);
                for (earner, amount) in self.kept(&nest, limit, &place, Nesting::InTurn) {
                    all.push(Entitled {
                        earner,
                        window,
                        amount,
                    });
                }
            }
        }
        all
    }

    /// By which day something must have become known to count in a settlement that ends on a day; none where no fact says
    /// when it became known.
    pub fn known_at(&self, settled: Date) -> Option<Date> {
        self.has_history().then_some(settled)
    }

    /// The limits nothing else holds, of the partner's versions.
    fn outermost_of(&self, nest: &Nest, partner: PartnerIx) -> Vec<LimitId> {
        let mut outermost = nest.outermost();
        outermost.retain(|limit| self.is_of_partner(Reference::Limit(*limit), partner));
        outermost
    }

    /// The windows of a component in which it answers itself and no limit holds it.
    fn windows_alone(
        &self,
        nest: &Nest,
        id: ComponentId,
        partner: PartnerIx,
        until: Date,
    ) -> Vec<Window> {
        let starts = self.agreement_starts(partner).unwrap_or(until);
        if self.plan().editions.is_empty() {
            return match nest.is_held(id) {
                true => Vec::new(),
                false => self.agreement_windows(partner, self.plan()[id].over, starts, until),
            };
        }
        let holders: Vec<LimitId> = self
            .outermost_of(nest, partner)
            .into_iter()
            .filter(|limit| {
                nest.components(*limit)
                    .any(|held| self.is_same_earner(Earner::Component(held), Earner::Component(id)))
            })
            .collect();
        let held: Vec<Window> = holders
            .into_iter()
            .flat_map(|limit| self.windows_answered(limit, partner, starts, until))
            .collect();
        self.component_windows(id, partner, starts, until)
            .into_iter()
            .filter(|(answers, _)| *answers == id)
            .map(|(_, window)| window)
            .filter(|window| !held.iter().any(|held| held.contains(window.starts)))
            .collect()
    }

    /// The windows of a limit in which it answers itself.
    fn windows_answered(
        &self,
        id: LimitId,
        partner: PartnerIx,
        from: Date,
        until: Date,
    ) -> Vec<Window> {
        self.limit_windows(id, partner, from, until)
            .into_iter()
            .filter(|(answers, _)| *answers == id)
            .map(|(_, window)| window)
            .collect()
    }

    fn settle_component(
        &mut self,
        nest: &Nest,
        id: ComponentId,
        partner: PartnerIx,
        until: Date,
        lines: &mut Vec<Line<N>>,
    ) {
        let component = &self.plan()[id];
        if component.grants == Grant::Flag {
            return;
        }
        let settlements = self.settlements(partner, component.every, until);
        let alone = |walk: &Self, ends| walk.windows_alone(nest, id, partner, ends);
        let mut begun = self.begun(&settlements, alone);
        let mut ledger = Ledger::new();
        let mut rested_had_it = false;
        for settlement in settlements {
            let windows = begun.by(settlement.ends, |ends| alone(self, ends));
            // A version that is over only corrects what it posted.
            let Some((last, _)) = windows.last() else {
                continue;
            };
            let is_over = last.ends <= settlement.starts;
            let mut place = Place {
                known_before: self.known_at(settlement.ends),
                ..Place::new(partner, settlement)
            };
            let mut targets = Vec::with_capacity(windows.len());
            let mut have_it = Vec::with_capacity(windows.len());
            for (window, is_done) in windows {
                place = Place { window, ..place };
                let entitled = self.named_here(Name::Component(id), &place).into_number();
                have_it.push(!matches!(self.does_apply(id, &place), Applies::No));
                targets.push(Target {
                    window,
                    is_closed: self.is_closed(partner, &window, &settlement),
                    is_at_rest: is_done && self.is_at_rest(&entitled),
                    entitled,
                });
            }
            let has_it = rested_had_it || have_it.contains(&true);
            have_it.truncate(begun.rest(&targets));
            rested_had_it |= have_it.contains(&true);
            let line = ledger.settle(Earner::Component(id), settlement, place, targets);
            if (has_it && !is_over) || !is_zero(&line.posted) {
                lines.push(line);
            }
        }
    }

    /// The windows that settlements go through, which `windows` lists up to a day.
    fn begun(&self, settlements: &[Window], windows: impl Fn(&Self, Date) -> Vec<Window>) -> Begun {
        // Versions answer for other windows as time goes on, and what becomes known later changes those that are over.
        let is_steady = self.plan().editions.is_empty() && !self.has_history();
        let last = settlements.last().filter(|_| is_steady);
        Begun {
            whole: last.map(|last| windows(self, last.ends)),
            resting: 0,
        }
    }

    /// Whether later settlements can find nothing else in a window that is over, even if corrections no longer reach it.
    fn is_at_rest(&self, entitled: &N) -> bool {
        let is_open = || {
            let missing = entitled.is(NoAnswerKind::Missing);
            missing.or_else(&entitled.is(NoAnswerKind::Undefined)).all() != Some(false)
        };
        self.plan().reach_back.is_none() || !is_open()
    }

    /// Whether corrections no longer reach a window: it ended longer before the settlement's end than the plan reaches back.
    pub(crate) fn is_closed(
        &self,
        partner: PartnerIx,
        window: &Window,
        settlement: &Window,
    ) -> bool {
        let reached_until = self.reached_until(partner, window, settlement);
        reached_until.is_some_and(|until| until < settlement.ends)
    }

    /// The last day of settlements that may still correct a window, as the version says that is in force at a settlement.
    fn reached_until(
        &self,
        partner: PartnerIx,
        window: &Window,
        settlement: &Window,
    ) -> Option<Date> {
        let plan = self.plan();
        let edition = self.edition_at(partner, settlement);
        let reach_back = match edition.and_then(|edition| plan.edition(edition)) {
            Some(edition) => edition.reach_back,
            None => plan.reach_back,
        };
        reach_back?.after(window.ends)
    }

    /// A component's own window as whoever builds on it finds it: one that corrections no longer reach is as it was settled
    /// last, so that a true-up takes off what was posted, and a limit over a longer window opens nothing again.
    pub(crate) fn as_closed(&self, id: ComponentId, at: &Place) -> Place {
        let closed_at = || {
            let every = self.plan()[id].every;
            let now = self.last_settlement(at.partner, every, at.known_before?)?;
            let until = self.reached_until(at.partner, &at.window, &now)?;
            let last = self.last_settlement(at.partner, every, until)?;
            (until < now.ends && at.window.starts < last.ends).then_some(last.ends)
        };
        Place {
            known_before: closed_at().or(at.known_before),
            ..*at
        }
    }

    /// Components under one limit settle together, as often as the one that settles most often.
    fn settle_limit(
        &mut self,
        nest: &Nest,
        limit: LimitId,
        partner: PartnerIx,
        until: Date,
        lines: &mut Vec<Line<N>>,
    ) {
        let plan = self.plan();
        let components: Vec<ComponentId> = nest.components(limit).collect();
        let Some(every) = components
            .iter()
            .map(|id| plan[*id].every)
            .min_by_key(|unit| length_rank(*unit))
        else {
            return;
        };
        let starts = self.agreement_starts(partner).unwrap_or(until);
        let settlements = self.settlements(partner, every, until);
        let answered = |walk: &Self, ends| walk.windows_answered(limit, partner, starts, ends);
        let mut begun = self.begun(&settlements, answered);
        let mut ledgers: BTreeMap<Earner, Ledger<N>> = BTreeMap::new();
        for settlement in settlements {
            let mut place = Place {
                known_before: self.known_at(settlement.ends),
                ..Place::new(partner, settlement)
            };
            let mut targets: BTreeMap<Earner, Vec<Target<N>>> = BTreeMap::new();
            let windows = begun.by(settlement.ends, |ends| answered(self, ends));
            let is_over = windows
                .last()
                .is_none_or(|(last, _)| last.ends <= settlement.starts);
            for (window, is_done) in windows {
                place = Place { window, ..place };
                let is_closed = self.is_closed(partner, &window, &settlement);
                let kept = self.kept(nest, limit, &place, Nesting::InTurn);
                // They rest together: of each earner as many windows lie behind.
                let is_at_rest = is_done && kept.iter().all(|(_, kept)| self.is_at_rest(kept));
                for (earner, entitled) in kept {
                    targets.entry(earner).or_default().push(Target {
                        window,
                        entitled,
                        is_closed,
                        is_at_rest,
                    });
                }
            }
            if let Some(targets) = targets.values().next() {
                begun.rest(targets);
            }
            for (earner, targets) in targets {
                let (own_place, is_due) = self.own_settlement(earner, settlement, &place, every);
                let ledger = ledgers.entry(earner).or_insert_with(Ledger::new);
                let line = ledger.settle(earner, settlement, own_place, targets);
                if (is_due && !is_over) || !is_zero(&line.posted) {
                    lines.push(line);
                }
            }
        }
    }

    /// Where an earner's own entitlement is asked at a settlement, and whether it settles then at all.
    fn own_settlement(
        &mut self,
        earner: Earner,
        settlement: Window,
        at: &Place,
        every: WindowUnit,
    ) -> (Place, bool) {
        let plan = self.plan();
        match earner {
            Earner::TopUp(_) => (*at, false),
            Earner::Component(id) => {
                let component = &plan[id];
                let starts = self
                    .agreement_starts(at.partner)
                    .unwrap_or(settlement.starts);
                let own = self.last_component_window(id, at.partner, starts, settlement.ends);
                let (id, window) = own.unwrap_or((id, settlement));
                let place = Place { window, ..*at };
                let settles = component.every == every
                    || self
                        .last_settlement(at.partner, component.every, settlement.ends)
                        .is_some_and(|last| last.ends == settlement.ends);
                let has_it = !matches!(self.does_apply(id, &place), Applies::No);
                (place, settles && has_it)
            }
        }
    }
}

/// The windows begun by one settlement after the other. Of a plan of one version, without a past that changes, they are cut
/// from one list, and those that are over and have been settled are left behind.
struct Begun {
    whole: Option<Vec<Window>>,
    resting: usize,
}

impl Begun {
    /// Those begun by a day that are not at rest, each with whether it is over by then for good.
    fn by(&self, day: Date, listed: impl FnOnce(Date) -> Vec<Window>) -> Vec<(Window, bool)> {
        match &self.whole {
            Some(whole) => whole
                .iter()
                .skip(self.resting)
                .map_while(|window| Some((window.cut(window.starts, day)?, window.ends <= day)))
                .collect(),
            None => {
                let listed = listed(day).into_iter();
                listed.map(|window| (window, false)).collect()
            }
        }
    }

    /// Leaves behind the leading windows that are at rest, and says how many they are.
    fn rest<N: Number>(&mut self, targets: &[Target<N>]) -> usize {
        let resting = targets.iter().take_while(|target| target.is_at_rest);
        let resting = resting.count();
        self.resting += resting;
        resting
    }
}

/// Whether every lane is zero.
fn is_zero<N: Number>(number: &N) -> bool {
    number
        .compared(Comparison::Equal, &N::known(Exact::ZERO))
        .all()
        == Some(true)
}

fn order_of(earner: Earner) -> (u8, u16) {
    match earner {
        Earner::Component(id) => (0, id.0),
        Earner::TopUp(id) => (1, id.0),
    }
}
