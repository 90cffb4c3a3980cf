//! Which way one change moves the pay: said only where it holds for every partner, every agreement and every figure.
//!
//! The plan and what the change makes of it are walked side by side. Each formula that differs, or asks for something that
//! differs, gets a way: up, down, or open. Rising functions keep a way, falling ones turn it, products keep it while the other factor is
//! never negative; tables are compared as functions. Where a sign has to be assumed, it is told. What moves the pay of one
//! partner by another's figures, when something is earned, or whether there is an answer at all, stays open.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::bands;
use crate::diff::keys::Keys;
use crate::diff::names::{List, Matched, Names, Which};
use crate::diff::signs::{In, Signs};
use crate::diff::uses::{Thing, Uses, of_target};
use crate::diff::way::Way;
use crate::tree::walk::formulas_of_governance;
use crate::tree::{Component, Expr, Plan, Text};
use trueup_base::rounding::Rounding;

/// More assumptions than this make a sentence that says nothing.
const ASSUMED_MAX: usize = 2;

/// Named figures are followed so far.
pub(super) const DEPTH_MAX: usize = 64;

/// What a change does to the pay, in words; empty where nothing can be said.
pub(super) fn said(before: &Plan, after: &Plan) -> String {
    let matched = Matched::by_position(before, after);
    let names = |plan, which| Names {
        plan,
        which,
        matched: &matched,
        is_guess: false,
        whole: None,
        columns: None,
    };
    let (old, new) = (names(before, Which::Before), names(after, Which::After));
    let mut walk = Walk {
        plans: (before, after),
        names: (old, new),
        keys: Keys::default(),
        signs: (Signs::of(before), Signs::of(after)),
        reached: BTreeSet::new(),
        found: BTreeMap::new(),
    };
    walk.reached = walk.reached_by_the_change();
    let mut ways: Vec<(Text, Way)> = Vec::new();
    for (at, component) in after.components.iter().enumerate() {
        let way = match before.components.get(at) {
            Some(old) => walk.component(at, old, component),
            None => entitles(&mut walk.signs.1, component),
        };
        if way != Way::Same {
            ways.push((component.name.clone(), way));
        }
    }
    let limits = walk.limits();
    if walk.is_governed() {
        return String::new();
    }
    let assumed: BTreeSet<Text> = walk
        .signs
        .0
        .assumed
        .union(&walk.signs.1.assumed)
        .cloned()
        .collect();
    if assumed.len() > ASSUMED_MAX || limits == Way::Open {
        return String::new();
    }
    let mut text = match Way::all(ways.iter().map(|(_, way)| *way).chain([limits])) {
        Way::Same => return String::new(),
        Way::Up => "nobody is paid less".to_owned(),
        Way::Down => "nobody is paid more".to_owned(),
        Way::Open => {
            let all_known = ways.iter().all(|(_, way)| *way != Way::Open);
            if !all_known || limits != Way::Same {
                return String::new();
            }
            let of = |wanted: Way| -> Vec<&str> {
                let own = ways.iter().filter(|(_, way)| *way == wanted);
                own.map(|(name, _)| &**name).collect()
            };
            let limits = if after.limits.is_empty() {
                ""
            } else {
                ", before limits"
            };
            format!(
                "{} never less and {} never more{limits}",
                of(Way::Up).join(", "),
                of(Way::Down).join(", ")
            )
        }
    };
    text.push_str(&as_long_as(&assumed));
    text
}

/// What it does to the pay that a thing is gone which nothing asks for.
pub(super) fn gone(before: &Plan, list: List, at: usize) -> String {
    // What is changed while something is on may be more or less than it says.
    let is_governed = before.triggers().any(|trigger| {
        let mut changes = before.changes(trigger).iter();
        changes.any(|change| of_target(change.target) == (list, at))
    });
    if is_governed {
        return String::new();
    }
    let mut signs = Signs::of(before);
    let way = match list {
        List::Components => before
            .components
            .get(at)
            .map(|component| entitles(&mut signs, component).turned()),
        List::Limits => {
            before
                .limits
                .get(at)
                .map(|limit| match (&limit.at_most, &limit.at_least) {
                    (Some(_), None) => Way::Up,
                    (None, Some(_)) => Way::Down,
                    (_, _) => Way::Open,
                })
        }
        List::Kinds | List::Terms | List::Measures | List::Values | List::Tables => None,
    };
    let assumed = signs.assumed;
    let text = match way {
        Some(Way::Up) => "nobody is paid less",
        Some(Way::Down) => "nobody is paid more",
        Some(Way::Same | Way::Open) | None => return String::new(),
    };
    text.to_owned() + &as_long_as(&assumed)
}

/// A component by itself: up where it is never negative.
fn entitles(signs: &mut Signs<'_>, component: &Component) -> Way {
    let is_capped_above = component
        .at_most
        .as_ref()
        .is_none_or(|cap| signs.is_never_negative(cap, None));
    let pays = has_floor(signs, component) || signs.is_never_negative(&component.pays, None);
    if is_capped_above && pays {
        Way::Up
    } else {
        Way::Open
    }
}

fn as_long_as(assumed: &BTreeSet<Text>) -> String {
    let names: Vec<&str> = assumed.iter().map(|name| &**name).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!(", as long as {one} is not negative"),
        several => format!(", as long as {} are not negative", several.join(" and ")),
    }
}

pub(super) struct Walk<'p> {
    pub(super) plans: (&'p Plan, &'p Plan),
    pub(super) names: (Names<'p>, Names<'p>),
    pub(super) keys: Keys,
    pub(super) signs: (Signs<'p>, Signs<'p>),
    /// What differs, and what is worked out from it.
    pub(super) reached: BTreeSet<Thing>,
    /// The ways found so far; a thing that is being looked at has the way that is assumed of it.
    pub(super) found: BTreeMap<Thing, Way>,
}

/// A formula on each side, and the band of the table it stands in.
#[derive(Clone, Copy)]
pub(super) struct Both<'e> {
    pub(super) before: &'e Expr,
    pub(super) after: &'e Expr,
    pub(super) within: Option<(In<'e>, In<'e>)>,
}

impl<'e> Both<'e> {
    pub(super) fn with(self, before: &'e Expr, after: &'e Expr) -> Self {
        Self {
            before,
            after,
            ..self
        }
    }
}

impl<'p> Walk<'p> {
    pub(super) fn same(&mut self, before: &Expr, after: &Expr) -> bool {
        self.keys.formula(before, &self.names.0) == self.keys.formula(after, &self.names.1)
    }

    pub(super) fn same_maybe(&mut self, before: Option<&Expr>, after: Option<&Expr>) -> bool {
        match (before, after) {
            (None, None) => true,
            (Some(before), Some(after)) => self.same(before, after),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }

    /// The things whose own text differs, and all that asks for them.
    fn reached_by_the_change(&mut self) -> BTreeSet<Thing> {
        let (old, new) = self.plans;
        let mut changed: BTreeSet<Thing> = BTreeSet::new();
        for (at, (one, other)) in old.terms.iter().zip(&new.terms).enumerate() {
            let same = self.same_maybe(one.agreed.as_ref(), other.agreed.as_ref());
            if !same || one.per != other.per || one.spread != other.spread || one.of != other.of {
                changed.insert((List::Terms, at));
            }
        }
        for (at, (one, other)) in old.measures.iter().zip(&new.measures).enumerate() {
            let same = self.same_maybe(one.of.as_ref(), other.of.as_ref())
                && self.same_maybe(one.filter.as_ref(), other.filter.as_ref())
                && self.same_maybe(one.by.as_ref(), other.by.as_ref());
            let of_one_kind = one.fold == other.fold
                && one.kind == other.kind
                && one.at == other.at
                && one.role == other.role
                && one.keys == other.keys;
            if !same || !of_one_kind {
                changed.insert((List::Measures, at));
            }
        }
        for (at, (one, other)) in old.values.iter().zip(&new.values).enumerate() {
            let is_alike = one.every == other.every && one.each == other.each;
            if !self.same(&one.formula, &other.formula) || !is_alike {
                changed.insert((List::Values, at));
            }
        }
        for (at, (one, other)) in old.tables.iter().zip(&new.tables).enumerate() {
            let columns: Vec<Text> = one
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            let same = one.columns == other.columns
                && bands::meaning(one, &columns, &self.names.0, &mut self.keys)
                    == bands::meaning(other, &columns, &self.names.1, &mut self.keys);
            if !same {
                changed.insert((List::Tables, at));
            }
        }
        for (at, (one, other)) in old.kinds.iter().zip(&new.kinds).enumerate() {
            // Columns that are only read besides change nothing.
            let credits = |kind: &crate::tree::FactKind| -> Vec<_> {
                let lines = kind.credited.iter();
                lines
                    .map(|line| {
                        let who = (line.to.clone(), line.role.clone());
                        (who, line.share.clone(), line.overlay)
                    })
                    .collect()
            };
            if one.dated != other.dated || credits(one) != credits(other) {
                changed.insert((List::Kinds, at));
            }
        }
        for (at, (one, other)) in old.components.iter().zip(&new.components).enumerate() {
            if !self.is_same_component(one, other) {
                changed.insert((List::Components, at));
            }
        }
        for (at, (one, other)) in old.limits.iter().zip(&new.limits).enumerate() {
            let same = self.same_maybe(one.at_most.as_ref(), other.at_most.as_ref())
                && self.same_maybe(one.at_least.as_ref(), other.at_least.as_ref());
            if !same || one.on != other.on || one.over != other.over || one.cut != other.cut {
                changed.insert((List::Limits, at));
            }
        }
        for list in List::ALL {
            let (was, is) = (list.names(old).len(), list.names(new).len());
            changed.extend((was..is).map(|at| (list, at)));
        }
        let mut reached = Uses::of(new).reached(changed.iter().copied());
        reached.extend(Uses::of(old).reached(changed.iter().copied()));
        reached.extend(changed);
        reached
    }

    fn is_same_component(&mut self, old: &Component, new: &Component) -> bool {
        let formulas = [
            (old.applies.as_ref(), new.applies.as_ref()),
            (old.gate.as_ref(), new.gate.as_ref()),
            (old.at_least.as_ref(), new.at_least.as_ref()),
            (old.at_most.as_ref(), new.at_most.as_ref()),
            (Some(&old.pays), Some(&new.pays)),
            (filter(old), filter(new)),
        ];
        let same = formulas
            .into_iter()
            .all(|(one, other)| self.same_maybe(one, other));
        same && old.rounding == new.rounding && self.is_earned_alike(old, new)
    }

    /// Whether everything but formulas and the rounding is the same: windows, rows, schedule.
    fn is_earned_alike(&mut self, old: &Component, new: &Component) -> bool {
        let rows = |component: &Component| {
            let each = component.each.as_ref();
            each.map(|each| (each.kind, each.role.clone()))
        };
        let schedules = old.paid.len() == new.paid.len()
            && old.paid.iter().zip(&new.paid).all(|(one, other)| {
                one.share == other.share
                    && one.when == other.when
                    && one.waits == other.waits
                    && self.same_maybe(one.condition.as_ref(), other.condition.as_ref())
            });
        schedules
            && rows(old) == rows(new)
            && old.over == new.over
            && old.every == new.every
            && old.recovers == new.recovers
            && old.grants == new.grants
    }

    /// Whether what changed decides when something is on, or is itself changed by that.
    fn is_governed(&mut self) -> bool {
        let (old, new) = self.plans;
        for plan in [old, new] {
            if formulas_of_governance(plan)
                .into_iter()
                .any(|formula| self.is_reached(formula))
            {
                return true;
            }
            for trigger in plan.triggers() {
                let mut changes = plan.changes(trigger).iter();
                if changes.any(|change| self.reached.contains(&of_target(change.target))) {
                    return true;
                }
            }
        }
        let same = |one: &Plan, other: &Plan| {
            one.contingencies == other.contingencies
                && one.guardrails == other.guardrails
                && one.funds == other.funds
        };
        !same(old, new)
    }

    pub(super) fn is_reached(&self, expr: &Expr) -> bool {
        let mut found = BTreeSet::new();
        crate::diff::uses::mentioned(expr, &mut found);
        found.iter().any(|thing| self.reached.contains(thing))
    }

    /// Whether conditions on the schedule depend on what changed; then it is open what is released.
    fn is_schedule_reached(&self, component: &Component) -> bool {
        component
            .paid
            .iter()
            .filter_map(|line| line.condition.as_ref())
            .any(|condition| self.is_reached(condition))
    }

    pub(super) fn component(&mut self, at: usize, old: &'p Component, new: &'p Component) -> Way {
        let thing = (List::Components, at);
        if !self.reached.contains(&thing) {
            return Way::Same;
        }
        self.remembered(thing, |walk| walk.component_anew(old, new))
    }

    fn component_anew(&mut self, old: &'p Component, new: &'p Component) -> Way {
        if !self.is_earned_alike(old, new) || self.is_schedule_reached(new) {
            return Way::Open;
        }
        // Rows are those of a kind; whose they are may have changed.
        let kind_is_reached = new
            .each
            .as_ref()
            .is_some_and(|each| self.reached.contains(&(List::Kinds, each.kind.index())));
        if kind_is_reached {
            return Way::Open;
        }
        let mut way = self.formulas(&old.pays, &new.pays);
        for (one, other) in [
            (old.applies.as_ref(), new.applies.as_ref()),
            (old.gate.as_ref(), new.gate.as_ref()),
            (filter(old), filter(new)),
        ] {
            let opens = self.condition(one, other);
            if opens == Way::Same {
                continue;
            }
            // A condition that holds more often pays more only if what it lets through is never negative.
            let pays = (
                self.signs.0.is_never_negative(&old.pays, None)
                    || has_floor(&mut self.signs.0, old),
                self.signs.1.is_never_negative(&new.pays, None)
                    || has_floor(&mut self.signs.1, new),
            );
            way = if pays == (true, true) {
                way.and(opens)
            } else {
                Way::Open
            };
        }
        let floor = match (&old.at_least, &new.at_least) {
            (None, None) => Way::Same,
            (None, Some(_)) => Way::Up,
            (Some(_), None) => Way::Down,
            (Some(one), Some(other)) => self.formulas(one, other),
        };
        let cap = match (&old.at_most, &new.at_most) {
            (None, None) => Way::Same,
            (None, Some(_)) => Way::Down,
            (Some(_), None) => Way::Up,
            (Some(one), Some(other)) => self.formulas(one, other),
        };
        way.and(floor).and(cap).and(self.rounding(old, new))
    }

    /// The way of one figure that is rounded otherwise: no multiple of a step below it is larger than the floor, and none above it
    /// smaller than the ceiling.
    fn rounding(&self, old: &Component, new: &Component) -> Way {
        let (old_plan, new_plan) = self.plans;
        let (before, after) = match (&old.rounding, &new.rounding) {
            (None, None) => return Way::Same,
            (one, other) => (
                one.as_ref().unwrap_or(&old_plan.money),
                other.as_ref().unwrap_or(&new_plan.money),
            ),
        };
        if before == after {
            return Way::Same;
        }
        if before.to != after.to {
            return Way::Open;
        }
        let height = |mode: Rounding| match mode {
            Rounding::Floor => 0,
            Rounding::HalfAway | Rounding::HalfEven | Rounding::Up | Rounding::Down => 1,
            Rounding::Ceiling => 2,
        };
        match Way::between(&height(before.mode), &height(after.mode)) {
            Way::Same => Way::Open,
            way => way,
        }
    }

    /// What holds several together moves the pay only by its bounds; whom it holds must be the same.
    fn limits(&mut self) -> Way {
        let (old, new) = self.plans;
        let mut way = Way::Same;
        for (at, new) in new.limits.iter().enumerate() {
            if !self.reached.contains(&(List::Limits, at)) {
                continue;
            }
            let Some(old) = old.limits.get(at) else {
                // A new cap takes, a new floor gives.
                way = way.and(match (&new.at_most, &new.at_least) {
                    (Some(_), None) => Way::Down,
                    (None, Some(_)) => Way::Up,
                    (_, _) => Way::Open,
                });
                continue;
            };
            if old.on != new.on || old.over != new.over {
                return Way::Open;
            }
            let cap = match (&old.at_most, &new.at_most) {
                (None, None) => Way::Same,
                (None, Some(_)) => Way::Down,
                (Some(_), None) => Way::Up,
                (Some(one), Some(other)) => self.formulas(one, other),
            };
            let floor = match (&old.at_least, &new.at_least) {
                (None, None) => Way::Same,
                (None, Some(_)) => Way::Up,
                (Some(_), None) => Way::Down,
                (Some(one), Some(other)) => self.formulas(one, other),
            };
            way = way.and(cap).and(floor);
        }
        way
    }

    /// The way of a condition; one that is not written always holds.
    pub(super) fn condition(&mut self, before: Option<&Expr>, after: Option<&Expr>) -> Way {
        match (before, after) {
            (None, None) => Way::Same,
            (None, Some(_)) => Way::Down,
            (Some(_), None) => Way::Up,
            (Some(before), Some(after)) => self.formulas(before, after),
        }
    }

    pub(super) fn formulas(&mut self, before: &Expr, after: &Expr) -> Way {
        self.expr(
            Both {
                before,
                after,
                within: None,
            },
            0,
        )
    }

    /// Remembers a way. A thing that reaches itself, through the past, is first assumed to be the same, and then to go the
    /// way that was found; if it does, so it is.
    pub(super) fn remembered(&mut self, thing: Thing, find: impl Fn(&mut Self) -> Way) -> Way {
        if let Some(way) = self.found.get(&thing) {
            return *way;
        }
        let mut assumed = Way::Same;
        for _ in 0..2 {
            let known = self.found.clone();
            self.found.insert(thing, assumed);
            let way = find(self);
            if way == assumed || way == Way::Open {
                self.found.insert(thing, way);
                return way;
            }
            // What was found on the way stood on another assumption.
            self.found = known;
            assumed = way;
        }
        let way = {
            self.found.insert(thing, assumed);
            find(self)
        };
        let way = if way == assumed { way } else { Way::Open };
        self.found.insert(thing, way);
        way
    }
}

fn filter(component: &Component) -> Option<&Expr> {
    component
        .each
        .as_ref()
        .and_then(|each| each.filter.as_ref())
}

fn has_floor(signs: &mut Signs<'_>, component: &Component) -> bool {
    component
        .at_least
        .as_ref()
        .is_some_and(|floor| signs.is_never_negative(floor, None))
}
