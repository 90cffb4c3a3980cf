//! Limits: what holds components together.
//!
//! A component enters with its entitlement as of its last settlement. Limits nest by what they hold, the inner first.
//! What is kept is worked out from totals each time, never by remembering room, so that reversals give room back.

use std::collections::BTreeSet;
use std::sync::Arc;

use trueup_base::calendar::{Window, WindowUnit};
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::rounding::Rounding;
use trueup_base::share::Rest;
use trueup_plan::tree::{
    Comparison, ComponentId, Cut, Limit, LimitId, LimitPart, Name, Plan, Reference, Target,
};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{NoAnswer, Number, Patch, Truth};
use crate::value::Value;
use crate::versions::reference_of;
use crate::windows::{length_rank, less};
use crate::world::PartnerIx;

/// What a limit's list leaves an amount of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Earner {
    /// A component.
    Component(ComponentId),
    /// The line a limit's `at_least` adds.
    TopUp(LimitId),
}

/// How limits over the same components stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// Each is asked alone.
    Alone,
    /// They hold one after the other, as listed: what is posted respects all of them.
    InTurn,
}

/// Which limits hold what.
#[derive(Clone, Debug)]
pub(crate) struct Nest {
    /// What each limit holds, in the order of the plan's components.
    held: Vec<Vec<ComponentId>>,
    /// The limits each lists, and those listed by these.
    lists: Vec<BTreeSet<usize>>,
    /// What orders limits from the inside out: how much each holds, how long its window is, how many limits it lists. The
    /// place in the plan decides between those that hold the same and do not list each other.
    order: Vec<(usize, u8, usize)>,
    /// Which limit holds which component, in the order of components.
    holders: Vec<(ComponentId, usize)>,
    outermost: Vec<LimitId>,
}

impl Nest {
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut held = Vec::with_capacity(plan.limits.len());
        let mut holders = Vec::new();
        let mut lists = Vec::with_capacity(plan.limits.len());
        let mut order = Vec::with_capacity(plan.limits.len());
        for (at, limit) in plan.limits.iter().enumerate() {
            let mut components = Vec::with_capacity(limit.on.len());
            let mut listed = BTreeSet::new();
            components_of(plan, limit, 0, &mut components, &mut listed);
            components.sort_unstable();
            components.dedup();
            holders.extend(components.iter().map(|component| (*component, at)));
            order.push((components.len(), length_rank(limit.over), listed.len()));
            held.push(components);
            lists.push(listed);
        }
        holders.sort_unstable();
        let mut nest = Self {
            held,
            lists,
            order,
            holders,
            outermost: Vec::new(),
        };
        nest.outermost = nest.find_outermost();
        nest
    }

    /// Whether any limit holds a component.
    pub(crate) fn is_held(&self, component: ComponentId) -> bool {
        self.holders_of(component).next().is_some()
    }

    fn holders_of(&self, component: ComponentId) -> impl Iterator<Item = usize> + '_ {
        let from = self.holders.partition_point(|(of, _)| *of < component);
        let holders = self.holders.iter().skip(from);
        holders
            .take_while(move |(of, _)| *of == component)
            .map(|(_, at)| *at)
    }

    fn is_inside(&self, inner: usize, outer: usize, nesting: Nesting) -> bool {
        let (Some(a), Some(b)) = (self.held.get(inner), self.held.get(outer)) else {
            return false;
        };
        let is_listed = || self.lists.get(outer).is_some_and(|of| of.contains(&inner));
        inner != outer
            && is_part(a, b)
            && match nesting {
                Nesting::Alone => a.len() < b.len() || is_listed(),
                Nesting::InTurn => self.place_of(inner) < self.place_of(outer),
            }
    }

    /// Where a limit stands from the inside out.
    fn place_of(&self, limit: usize) -> (Option<&(usize, u8, usize)>, usize) {
        (self.order.get(limit), limit)
    }

    /// The limit directly inside `outer` that holds a component.
    fn inner(&self, outer: LimitId, component: ComponentId, nesting: Nesting) -> Option<LimitId> {
        (0..self.held.len())
            .filter(|at| self.is_inside(*at, outer.index(), nesting))
            .filter(|at| {
                self.held
                    .get(*at)
                    .is_some_and(|held| held.contains(&component))
            })
            .max_by_key(|at| self.place_of(*at))
            .and_then(limit_id)
    }

    /// The limits directly inside `outer`.
    fn inners(&self, outer: LimitId, nesting: Nesting) -> Vec<LimitId> {
        let inside: Vec<usize> = (0..self.held.len())
            .filter(|at| self.is_inside(*at, outer.index(), nesting))
            .collect();
        inside
            .iter()
            .filter(|at| {
                !inside
                    .iter()
                    .any(|other| self.is_inside(**at, *other, nesting))
            })
            .filter_map(|at| limit_id(*at))
            .collect()
    }

    /// The limits nothing else holds.
    pub(crate) fn outermost(&self) -> Vec<LimitId> {
        self.outermost.clone()
    }

    fn find_outermost(&self) -> Vec<LimitId> {
        let is_inside_any = |inner: &usize| {
            let first = self.held.get(*inner).and_then(|held| held.first());
            let is_inside = |outer: usize| self.is_inside(*inner, outer, Nesting::InTurn);
            // Only a limit that holds the same can be around it; one that holds nothing is inside any.
            match first {
                Some(first) => self.holders_of(*first).any(is_inside),
                None => (0..self.held.len()).any(is_inside),
            }
        };
        (0..self.held.len())
            .filter(|at| !is_inside_any(at))
            .filter_map(limit_id)
            .collect()
    }

    /// Whether everything one limit holds is held by another too.
    pub(crate) fn holds(&self, outer: LimitId, inner: LimitId) -> bool {
        match (self.held.get(outer.index()), self.held.get(inner.index())) {
            (Some(outer), Some(inner)) => is_part(inner, outer),
            (_, None) | (None, _) => false,
        }
    }

    /// The components a limit holds.
    pub(crate) fn components(&self, limit: LimitId) -> impl Iterator<Item = ComponentId> + '_ {
        self.held.get(limit.index()).into_iter().flatten().copied()
    }
}

/// Whether all of one list, which is in order, stands in another.
fn is_part(inner: &[ComponentId], outer: &[ComponentId]) -> bool {
    inner.len() <= outer.len()
        && inner
            .iter()
            .all(|component| outer.binary_search(component).is_ok())
}

fn limit_id(at: usize) -> Option<LimitId> {
    u16::try_from(at).ok().map(LimitId)
}

fn components_of(
    plan: &Plan,
    limit: &Limit,
    depth: usize,
    held: &mut Vec<ComponentId>,
    limits: &mut BTreeSet<usize>,
) {
    for on in &limit.on {
        match on {
            Reference::Component(id) => held.push(*id),
            // A checked plan's limits close no ring; the bound keeps an unchecked one from running on.
            Reference::Limit(id) if depth < plan.limits.len() => {
                limits.insert(id.index());
                components_of(plan, &plan[*id], depth + 1, held, limits);
            }
            Reference::Limit(_)
            | Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_) => {}
        }
    }
}

/// The listed order of a limit's components, inner limits in their place.
fn listed(plan: &Plan, limit: &Limit, depth: usize, order: &mut Vec<ComponentId>) {
    for on in &limit.on {
        match on {
            Reference::Component(id) => {
                if !order.contains(id) {
                    order.push(*id);
                }
            }
            Reference::Limit(id) if depth < plan.limits.len() => {
                listed(plan, &plan[*id], depth + 1, order)
            }
            Reference::Limit(_)
            | Reference::Term(_)
            | Reference::Measure(_)
            | Reference::Value(_)
            | Reference::Table(_) => {}
        }
    }
}

impl<'p, N: Number, M: Measurer<N>> Evaluator<'p, N, M> {
    /// Which limits hold what, worked out once.
    pub(crate) fn nest(&mut self) -> Arc<Nest> {
        let plan = self.plan();
        Arc::clone(self.nest.get_or_insert_with(|| Arc::new(Nest::of(plan))))
    }

    /// What each component keeps under a limit in one of its windows, the top-up last.
    pub fn limited(&mut self, id: LimitId, at: &Place) -> Vec<(Earner, N)> {
        let nest = self.nest();
        self.kept(&nest, id, at, Nesting::Alone)
    }

    /// The windows in which a limit is asked where it is asked over one of its own or a longer one: what a version splits
    /// is as many windows. None in a shorter one.
    pub(crate) fn limit_asked_in(&self, id: LimitId, at: &Place) -> Option<Vec<(LimitId, Window)>> {
        let over = self.plan()[id].over;
        let is_whole = self
            .days_of(at.partner)
            .is_none_or(|days| days.is_whole(&at.window));
        if at.window.unit == over && at.trailing.is_none() && is_whole {
            Some(vec![(id, at.window)])
        } else if length_rank(at.window.unit) < length_rank(over) {
            None
        } else {
            Some(self.limit_windows(id, at.partner, at.window.starts, at.window.ends))
        }
    }

    /// A limit as a value: all that it leaves.
    pub(crate) fn limit_total(&mut self, id: LimitId, at: &Place) -> Value<N> {
        let Some(windows) = self.limit_asked_in(id, at) else {
            let limit = &self.plan()[id];
            return Value::None(NoAnswer::undefined(format!(
                "{} holds over each {}, and a shorter window is asked",
                limit.name, limit.over
            )));
        };
        let mut sum = N::known(Exact::ZERO);
        for (id, window) in windows {
            for (_, kept) in self.limited(
                id,
                &Place {
                    window,
                    trailing: None,
                    row: None,
                    ..*at
                },
            ) {
                sum = sum.plus(&kept);
            }
        }
        Value::Number(sum)
    }

    /// What each earner keeps under a limit and all those inside it, as of the end of the window.
    pub(crate) fn kept(
        &mut self,
        nest: &Nest,
        id: LimitId,
        at: &Place,
        nesting: Nesting,
    ) -> Vec<(Earner, N)> {
        let limit = &self.plan()[id];
        let mut entries = self.entries(nest, id, at, nesting);
        let money = self.money_of(Some(Reference::Limit(id)));
        let step = N::known(money.to.clone());
        let zero = N::known(Exact::ZERO);
        if let Some(most) = &limit.at_most {
            // The most is cut down to whole units of money, so that what is kept needs no rounding again.
            let most = self
                .formula(Target::Limit(id, LimitPart::AtMost), most, at)
                .into_number()
                .rounded(&step, Rounding::Floor);
            entries = match limit.cut {
                Cut::LastFirst => last_first(entries, &most),
                Cut::ProRata => pro_rata(entries, &most, &money.to),
            };
        }
        if let Some(least) = &limit.at_least {
            let least = self
                .formula(Target::Limit(id, LimitPart::AtLeast), least, at)
                .into_number()
                .rounded(&step, Rounding::Ceiling);
            let total = entries
                .iter()
                .fold(zero.clone(), |sum, (_, amount)| sum.plus(amount));
            let missing = least.minus(&total);
            let top_up = N::select(&missing.compared(Comparison::More, &zero), &missing, &zero);
            entries.push((Earner::TopUp(id), top_up));
        }
        entries
    }

    fn entries(
        &mut self,
        nest: &Nest,
        id: LimitId,
        at: &Place,
        nesting: Nesting,
    ) -> Vec<(Earner, N)> {
        let plan = self.plan();
        let mut order = Vec::new();
        listed(plan, &plan[id], 0, &mut order);
        let mut inside = Vec::new();
        for inner in nest.inners(id, nesting) {
            let windows = self.limit_windows(inner, at.partner, at.window.starts, at.window.ends);
            for (answers, window) in windows {
                let place = Place {
                    window,
                    trailing: None,
                    row: None,
                    ..*at
                };
                let kept = self.kept(nest, answers, &place, nesting);
                inside.extend(
                    kept.into_iter()
                        .map(|(earner, kept)| (self.known_as(earner, id), kept)),
                );
            }
        }
        let mut entries = Vec::with_capacity(order.len());
        for component in order {
            let amount = match nest.inner(id, component, nesting) {
                Some(_) => sum_of(&inside, Earner::Component(component)),
                None => self.as_last_settled(component, at),
            };
            entries.push((Earner::Component(component), amount));
        }
        let top_ups: BTreeSet<Earner> = inside
            .iter()
            .map(|(earner, _)| *earner)
            .filter(|earner| matches!(earner, Earner::TopUp(_)))
            .collect();
        for top_up in top_ups {
            entries.push((top_up, sum_of(&inside, top_up)));
        }
        entries
    }

    /// A component's entitlement in a window as of its last settlement there; nothing before the first.
    pub(crate) fn as_last_settled(&mut self, component: ComponentId, at: &Place) -> N {
        let plan = self.plan();
        let shape = &plan[component];
        let (over, every) = (shape.over, shape.every);
        if length_rank(over) > length_rank(at.window.unit) {
            return N::none(NoAnswer::undefined(format!(
                "{} has one figure for each {over}, and a limit holds it over a shorter window",
                shape.name
            )));
        }
        let last_end = |until| {
            let last = self.last_settlement(at.partner, every, until);
            last.map(|last| last.ends)
        };
        let Some(settled) = last_end(at.window.ends).filter(|ends| at.window.starts < *ends) else {
            return N::known(Exact::ZERO);
        };
        // What became known after the window closed counts from the component's next settlement on.
        let known_before = at
            .known_before
            .map(|known| last_end(known).unwrap_or(known));
        let mut sum = N::known(Exact::ZERO);
        for (component, window) in
            self.component_windows(component, at.partner, at.window.starts, settled)
        {
            let place = Place {
                window,
                trailing: None,
                row: None,
                known_before,
                ..*at
            };
            sum = sum.plus(
                &self
                    .named_here(Name::Component(component), &place)
                    .into_number(),
            );
        }
        sum
    }

    /// An earner as the version of a limit knows it.
    fn known_as(&self, earner: Earner, limit: LimitId) -> Earner {
        let plan = self.plan();
        let twin = plan
            .edition_of(Reference::Limit(limit))
            .and_then(|edition| plan.edition(edition))
            .and_then(|edition| edition.twin(reference_of(earner)));
        match twin {
            Some(Reference::Component(id)) => Earner::Component(id),
            Some(Reference::Limit(id)) => Earner::TopUp(id),
            Some(
                Reference::Term(_)
                | Reference::Measure(_)
                | Reference::Value(_)
                | Reference::Table(_),
            )
            | None => earner,
        }
    }

    /// The last settlement window of a unit in a partner's agreement that ends by a day.
    pub(crate) fn last_settlement(
        &self,
        partner: PartnerIx,
        every: WindowUnit,
        until: Date,
    ) -> Option<Window> {
        let calendar = &self.plan().calendar;
        self.days_of(partner)?
            .last_settlement(calendar, every, until)
    }

    /// The settlement windows of a unit in a partner's agreement that end by a day.
    pub(crate) fn settlements(
        &self,
        partner: PartnerIx,
        every: WindowUnit,
        until: Date,
    ) -> Vec<Window> {
        self.days_of(partner).map_or_else(Vec::new, |days| {
            days.settlements(&self.plan().calendar, every, until)
        })
    }
}

fn sum_of<N: Number>(amounts: &[(Earner, N)], of: Earner) -> N {
    amounts
        .iter()
        .filter(|(earner, _)| *earner == of)
        .fold(N::known(Exact::ZERO), |sum, (_, amount)| sum.plus(amount))
}

/// The last listed gives way first. Where a later amount has no answer the earlier ones keep what the room allows, and
/// the later ones wait.
fn last_first<N: Number>(entries: Vec<(Earner, N)>, most: &N) -> Vec<(Earner, N)> {
    let zero = N::known(Exact::ZERO);
    let positive = |x: &N| less(x, &zero, Comparison::More);
    let total = entries
        .iter()
        .fold(zero.clone(), |sum, (_, amount)| sum.plus(amount));
    let mut excess = positive(&total.minus(most));
    let mut room = most.clone();
    let mut by_room = Vec::with_capacity(entries.len());
    for (_, amount) in &entries {
        let kept = less(amount, &positive(&room), Comparison::Less);
        room = room.minus(&kept);
        by_room.push(kept);
    }
    let mut kept = Vec::with_capacity(entries.len());
    for ((earner, amount), by_room) in entries.into_iter().zip(by_room).rev() {
        let cut = less(&excess, &positive(&amount), Comparison::Less);
        excess = excess.minus(&cut);
        kept.push((earner, amount.minus(&cut).or(Patch::Both, &by_room)));
    }
    kept.reverse();
    kept
}

/// All give way in proportion, by largest remainder in whole units of money. Where one has no answer all wait.
fn pro_rata<N: Number>(entries: Vec<(Earner, N)>, most: &N, step: &Exact) -> Vec<(Earner, N)> {
    let none = |entries: Vec<(Earner, N)>, reason: &NoAnswer| {
        entries
            .into_iter()
            .map(|(earner, _)| (earner, N::none(reason.clone())))
            .collect()
    };
    let reason = entries
        .iter()
        .map(|(_, amount)| amount)
        .chain([most])
        .find_map(N::reason)
        .cloned();
    if let Some(reason) = reason {
        return none(entries, &reason);
    }
    let zero = N::known(Exact::ZERO);
    let total = entries
        .iter()
        .fold(zero.clone(), |sum, (_, amount)| sum.plus(amount));
    let is_over = total.compared(Comparison::More, most);
    if is_over.all() == Some(false) {
        return entries;
    }
    // Amounts that take back are no shares of a maximum: they stay, and make room for the others.
    let takes_back: Vec<N::Truth> = entries
        .iter()
        .map(|(_, amount)| amount.compared(Comparison::Less, &zero))
        .collect();
    let mut room = most.clone();
    let mut weights = Vec::with_capacity(entries.len());
    for ((_, amount), takes_back) in entries.iter().zip(&takes_back) {
        room = room.minus(&N::select(takes_back, amount, &zero));
        weights.push(N::select(takes_back, &zero, amount));
    }
    match N::shared(&room, &weights, &N::known(step.clone()), Rest::Largest) {
        Ok(parts) => entries
            .into_iter()
            .zip(parts)
            .zip(takes_back)
            .map(|(((earner, amount), part), takes_back)| {
                let cut = N::select(&takes_back, &amount, &part);
                (earner, N::select(&is_over, &cut, &amount))
            })
            .collect(),
        Err(reason) => none(entries, &reason),
    }
}
