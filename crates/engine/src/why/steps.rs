//! The steps from what the first run read to what the second read, in their stated order, each with the world before
//! and after it.
//!
//! Facts go first, as under the first plan: by kind, late ones, then corrected, then cancelled ones, then for how long
//! the kind's feed is complete. Then rates; the directory, column by column, and who stands above whom; who takes part;
//! the agreements' days, their terms one by one, and whatever else they say. The plan's own changes come last, one named
//! thing after the other. What two steps only do together is the later one's.
//!
//! A thing that the second plan does not read any more stays as the first run had it until the plan's own change takes
//! it out: a term that was dropped is not first emptied and then forgotten.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use trueup_base::id::{FactId, PartnerId};
use trueup_base::money::Currency;
use trueup_plan::between::{Edit, Thing};
use trueup_plan::tree::{FactKind, KindId, Plan, TermId, Text};

use super::Runs;
use super::facts::{self, FactBecame, FactChange};
use super::parts::{KindParts, Parts, reads_others};
use crate::world::{Cell, Complete, Partner, Row, World};

/// What made the second run differ from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Facts of one kind that came late, were corrected or cancelled.
    Facts {
        /// The kind.
        kind: Text,
        /// What became of them.
        became: FactBecame,
    },
    /// For how long the feed of a kind is complete.
    Feed {
        /// The kind.
        kind: Text,
        /// In the first run; none means always.
        before: Option<Vec<Complete>>,
        /// In the second.
        after: Option<Vec<Complete>>,
    },
    /// Rates between two currencies.
    Rates {
        /// From.
        from: Currency,
        /// Into.
        into: Currency,
    },
    /// A column of the partner directory.
    Directory {
        /// Its name.
        column: Text,
    },
    /// Who stands above whom.
    Hierarchy,
    /// Who takes part under the plan.
    Members,
    /// When agreements begin and end.
    Days,
    /// A term, as the agreements state it.
    Term {
        /// Its name.
        name: Text,
    },
    /// What else the agreements say.
    Agreement,
    /// Named things of the plan; more than one only where none makes sense without the others.
    Plan {
        /// Which, and what became of them.
        things: Vec<Thing>,
    },
}

/// Whom a step can have touched.
#[derive(Clone, Debug)]
pub(super) enum Touched {
    Everyone,
    These(BTreeSet<PartnerId>),
}

/// One step: a cause, and the worlds on both sides of it.
pub struct Step<'r> {
    /// The cause.
    pub cause: Cause,
    /// The facts it is about; empty for other causes.
    pub facts: Vec<FactChange>,
    pub(super) kind: Option<KindId>,
    pub(super) touched: Touched,
    pub(super) before: (&'r Plan, Arc<World>),
    pub(super) after: (&'r Plan, Arc<World>),
    /// Whether one partner's pay can depend on another's facts or terms.
    pub(super) reads_others: bool,
}

/// A step still to be made.
enum Pending<'r> {
    Facts(facts::Changed),
    Feed(KindId),
    Rates(Currency, Currency),
    Directory(usize),
    Hierarchy,
    Members,
    Days,
    Term(TermId),
    Agreement,
    Edit(&'r Edit),
}

/// A walk through all steps.
pub struct Steps<'r> {
    runs: &'r Runs<'r>,
    plan: &'r Plan,
    world: Arc<World>,
    parts: Parts,
    goal: Parts,
    pending: VecDeque<Pending<'r>>,
    reads_others: bool,
}

impl<'r> Steps<'r> {
    /// The steps between two runs.
    #[must_use]
    pub fn of(runs: &'r Runs<'r>) -> Self {
        let plan = runs.before.plan;
        let parts = Parts::of(runs.before.world);
        let goal_world = runs.later_under(plan);
        let goal = Parts::of(&goal_world);
        let mut pending = VecDeque::new();
        for at in (0u16..).take(plan.kinds.len()) {
            let kind = KindId(at);
            let changed = facts::changed(plan, runs.before.world, &goal_world, kind);
            pending.extend(changed.into_iter().map(Pending::Facts));
            let complete = |parts: &Parts| {
                parts
                    .kinds
                    .get(kind.index())
                    .and_then(|kind| kind.complete.clone())
            };
            if complete(&parts) != complete(&goal) {
                pending.push_back(Pending::Feed(kind));
            }
        }
        let pairs: BTreeSet<(Currency, Currency)> = parts
            .rates
            .keys()
            .chain(goal.rates.keys())
            .copied()
            .collect();
        for pair in pairs {
            if parts.rates.get(&pair) != goal.rates.get(&pair) {
                pending.push_back(Pending::Rates(pair.0, pair.1));
            }
        }
        pending.extend(of_partners(plan, &parts, &goal));
        pending.extend(runs.edits.iter().map(Pending::Edit));
        let reads_others = reads_others(plan)
            || reads_others(runs.after)
            || runs.edits.iter().any(|edit| reads_others(&edit.plan));
        Self {
            runs,
            plan,
            world: Arc::new(runs.before.world.clone()),
            parts,
            goal,
            pending,
            reads_others,
        }
    }

    /// How many steps are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.pending.len()
    }

    /// The next step.
    pub fn step(&mut self) -> Option<Step<'r>> {
        let pending = self.pending.pop_front()?;
        let before = (self.plan, Arc::clone(&self.world));
        let (mut changes, mut of_kind) = (Vec::new(), None);
        let mut touched = Touched::Everyone;
        let cause = match pending {
            Pending::Facts(changed) => {
                let kind = changed.kind;
                if let Some(parts) = self.parts.kinds.get_mut(kind.index()) {
                    replace_facts(parts, &changed.facts);
                }
                self.world = Arc::new(self.parts.world(self.plan));
                if !self.reads_others {
                    let ids: BTreeSet<&FactId> = changed.facts.iter().map(|one| &one.id).collect();
                    let mut these = facts::credited(&before.1, kind, &ids);
                    these.extend(facts::credited(&self.world, kind, &ids));
                    touched = Touched::These(these);
                }
                changes = changed.facts;
                of_kind = Some(kind);
                Cause::Facts {
                    kind: self.plan[kind].name.clone(),
                    became: changed.became,
                }
            }
            Pending::Feed(kind) => self.feed(kind),
            Pending::Rates(from, into) => {
                match self.goal.rates.get(&(from, into)) {
                    Some(rates) => self.parts.rates.insert((from, into), rates.clone()),
                    None => self.parts.rates.remove(&(from, into)),
                };
                Cause::Rates { from, into }
            }
            Pending::Directory(at) => {
                self.each_partner(|own, new| {
                    if let (Some(own), Some(new)) =
                        (own.attributes.get_mut(at), new.attributes.get(at))
                    {
                        own.clone_from(new);
                    }
                });
                let attribute = self.plan.attributes.get(at);
                Cause::Directory {
                    column: attribute.map_or_else(|| "".into(), |one| one.name.clone()),
                }
            }
            Pending::Hierarchy => {
                self.each_partner(|own, new| own.parent.clone_from(&new.parent));
                if have_same_members(&self.parts, &self.goal) {
                    self.parts.beyond.clone_from(&self.goal.beyond);
                }
                Cause::Hierarchy
            }
            Pending::Members => {
                let partners = self.goal.partners.iter().map(|new| {
                    let own = self.parts.partner(&new.id);
                    own.unwrap_or(new).clone()
                });
                self.parts.partners = partners.collect();
                self.parts.beyond.clone_from(&self.goal.beyond);
                // The facts are the second run's by now, and so is whose facts they are.
                for (own, new) in self.parts.kinds.iter_mut().zip(&self.goal.kinds) {
                    own.whose_as_in(new);
                }
                Cause::Members
            }
            Pending::Days => {
                touched = self.agreements_change(|own, new| {
                    own.agreement.starts = new.agreement.starts;
                    own.agreement.until = new.agreement.until;
                });
                Cause::Days
            }
            Pending::Term(id) => {
                touched = self.agreements_change(|own, new| take_term(own, new, id));
                Cause::Term {
                    name: self.plan[id].name.clone(),
                }
            }
            Pending::Agreement => {
                touched = self.agreements_change(|own, new| {
                    own.agreement.clone_from(&new.agreement);
                });
                Cause::Agreement
            }
            Pending::Edit(edit) => {
                self.plan = &edit.plan;
                self.world = Arc::new(self.runs.later_under(&edit.plan));
                self.parts = Parts::of(&self.world);
                Cause::Plan {
                    things: edit.things.clone(),
                }
            }
        };
        let is_made = matches!(cause, Cause::Facts { .. } | Cause::Plan { .. });
        if !is_made {
            self.world = Arc::new(self.parts.world(self.plan));
        }
        Some(Step {
            cause,
            facts: changes,
            kind: of_kind,
            touched,
            before,
            after: (self.plan, Arc::clone(&self.world)),
            reads_others: self.reads_others,
        })
    }

    fn feed(&mut self, kind: KindId) -> Cause {
        let (own, new) = (
            self.parts.kinds.get_mut(kind.index()),
            self.goal.kinds.get(kind.index()),
        );
        let (mut before, mut after) = (None, None);
        if let (Some(own), Some(new)) = (own, new) {
            before = std::mem::replace(&mut own.complete, new.complete.clone());
            after.clone_from(&new.complete);
        }
        Cause::Feed {
            kind: self.plan[kind].name.clone(),
            before,
            after,
        }
    }

    /// Changes every partner that both runs have.
    fn each_partner(&mut self, mut change: impl FnMut(&mut Partner, &Partner)) {
        let new: BTreeMap<&PartnerId, &Partner> = self
            .goal
            .partners
            .iter()
            .map(|one| (&one.id, one))
            .collect();
        for own in &mut self.parts.partners {
            if let Some(new) = new.get(&own.id) {
                change(own, new);
            }
        }
    }

    /// Changes agreements, and says whose pay that can touch.
    fn agreements_change(&mut self, mut change: impl FnMut(&mut Partner, &Partner)) -> Touched {
        let mut these = BTreeSet::new();
        self.each_partner(|own, new| {
            let before = own.agreement.clone();
            change(own, new);
            if own.agreement != before {
                these.insert(own.id.clone());
            }
        });
        match self.reads_others {
            true => Touched::Everyone,
            false => Touched::These(these),
        }
    }
}

/// What differs between the partners of both runs.
fn of_partners<'r>(plan: &Plan, own: &Parts, goal: &Parts) -> Vec<Pending<'r>> {
    let new: BTreeMap<&PartnerId, &Partner> =
        goal.partners.iter().map(|one| (&one.id, one)).collect();
    let both: Vec<(&Partner, &Partner)> = own
        .partners
        .iter()
        .filter_map(|one| Some((one, *new.get(&one.id)?)))
        .collect();
    let mut pending = Vec::new();
    for at in 0..plan.attributes.len() {
        if both
            .iter()
            .any(|(own, new)| own.attributes.get(at) != new.attributes.get(at))
        {
            pending.push(Pending::Directory(at));
        }
    }
    let members_differ = !have_same_members(own, goal);
    // Who comes or goes changes who is beyond; that is told with them.
    let others_moved = !members_differ && own.beyond != goal.beyond;
    if others_moved || both.iter().any(|(own, new)| own.parent != new.parent) {
        pending.push(Pending::Hierarchy);
    }
    if members_differ {
        pending.push(Pending::Members);
    }
    let days = |partner: &Partner| (partner.agreement.starts, partner.agreement.until);
    if both.iter().any(|(own, new)| days(own) != days(new)) {
        pending.push(Pending::Days);
    }
    let mut as_stated: Vec<Partner> = both.iter().map(|(own, _)| (*own).clone()).collect();
    for (own, (_, new)) in as_stated.iter_mut().zip(&both) {
        own.agreement.starts = new.agreement.starts;
        own.agreement.until = new.agreement.until;
    }
    for id in (0u16..).map(TermId).take(plan.terms.len()) {
        let mut differs = false;
        for (own, (_, new)) in as_stated.iter_mut().zip(&both) {
            let before = own.agreement.clone();
            take_term(own, new, id);
            differs |= own.agreement != before;
        }
        if differs {
            pending.push(Pending::Term(id));
        }
    }
    if as_stated
        .iter()
        .zip(&both)
        .any(|(own, (_, new))| own.agreement != new.agreement)
    {
        pending.push(Pending::Agreement);
    }
    pending
}

fn have_same_members(one: &Parts, other: &Parts) -> bool {
    let ids = |parts: &Parts| -> Vec<PartnerId> {
        parts.partners.iter().map(|one| one.id.clone()).collect()
    };
    ids(one) == ids(other)
}

/// Lets a partner's agreement state of a term what another states.
fn take_term(own: &mut Partner, new: &Partner, id: TermId) {
    let (own, new) = (&mut own.agreement, &new.agreement);
    if let (Some(own), Some(new)) = (own.terms.get_mut(id.index()), new.terms.get(id.index())) {
        own.clone_from(new);
    }
    own.stated.retain(|(term, _), _| *term != id);
    let stated = new.stated.iter().filter(|((term, _), _)| *term == id);
    own.stated
        .extend(stated.map(|(at, cell)| (*at, cell.clone())));
}

/// Puts facts as the second run knows them in the place of the first's.
fn replace_facts(parts: &mut KindParts, facts: &[FactChange]) {
    parts.rows = with_facts(&parts.rows, facts);
}

/// Rows with some facts as the second run knows them.
pub(super) fn with_facts(rows: &[Row], facts: &[FactChange]) -> Vec<Row> {
    let ids: BTreeSet<&FactId> = facts.iter().map(|one| &one.id).collect();
    let kept = rows.iter().filter(|row| !ids.contains(&row.id));
    let new = facts.iter().flat_map(|one| &one.after);
    kept.chain(new).cloned().collect()
}

/// Gives a world of the later inputs what only the first plan reads, as the first run had it.
pub(super) fn carry_over(world: World, plan: &Plan, last: &Plan, first: (&Plan, &World)) -> World {
    let (first_plan, first_world) = first;
    let same_kind = |kind: &FactKind| {
        let known = last.kinds.iter().any(|other| other.name == kind.name);
        let (_, at) = first_plan
            .kinds
            .iter()
            .zip(0usize..)
            .find(|(other, _)| other.name == kind.name && other.columns == kind.columns)?;
        (!known).then_some(at)
    };
    let kinds: Vec<(usize, usize)> = plan
        .kinds
        .iter()
        .zip(0usize..)
        .filter_map(|(kind, at)| Some((at, same_kind(kind)?)))
        .collect();
    let terms: Vec<(usize, usize)> = plan
        .terms
        .iter()
        .zip(0usize..)
        .filter(|(term, _)| !last.terms.iter().any(|other| other.name == term.name))
        .filter_map(|(term, at)| {
            let same = |other: &trueup_plan::tree::Term| {
                other.name == term.name && other.of == term.of && other.per == term.per
            };
            Some((at, first_plan.terms.iter().position(same)?))
        })
        .collect();
    let attributes: Vec<(usize, usize)> = plan
        .attributes
        .iter()
        .zip(0usize..)
        .filter(|(one, _)| !last.attributes.iter().any(|other| other.name == one.name))
        .filter_map(|(one, at)| {
            let same = |other: &trueup_plan::tree::Attribute| *other == *one;
            Some((at, first_plan.attributes.iter().position(same)?))
        })
        .collect();
    if kinds.is_empty() && terms.is_empty() && attributes.is_empty() {
        return world;
    }
    let mut parts = Parts::of(&world);
    let from = Parts::of(first_world);
    for (at, was) in kinds {
        if let (Some(own), Some(first)) = (parts.kinds.get_mut(at), from.kinds.get(was)) {
            own.clone_from(first);
        }
    }
    for own in &mut parts.partners {
        let Some(first) = from.partner(&own.id) else {
            continue;
        };
        for (at, was) in &terms {
            carry_term(own, *at, first, *was);
        }
        for (at, was) in &attributes {
            if let (Some(own), Some(first)) =
                (own.attributes.get_mut(*at), first.attributes.get(*was))
            {
                own.clone_from(first);
            }
        }
    }
    parts.world(plan)
}

fn carry_term(own: &mut Partner, at: usize, first: &Partner, was: usize) {
    let figure: Option<Option<Cell>> = first.agreement.terms.get(was).cloned();
    if let (Some(own), Some(figure)) = (own.agreement.terms.get_mut(at), figure) {
        *own = figure;
    }
    let (Ok(at), Ok(was)) = (u16::try_from(at), u16::try_from(was)) else {
        return;
    };
    let stated = first.agreement.stated.iter();
    let stated = stated.filter(|((term, _), _)| *term == TermId(was));
    own.agreement
        .stated
        .extend(stated.map(|((_, day), cell)| ((TermId(at), *day), cell.clone())));
}
