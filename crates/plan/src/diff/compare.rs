//! Things that belong together, part by part, and those that stand on one side alone.

use std::collections::BTreeSet;

use crate::diff::change::{Change, Kind, Said, Weight};
use crate::diff::edit::Edit;
use crate::diff::keys::Keys;
use crate::diff::names::{List, Matched};
use crate::diff::phrases::{self, Told};
use crate::diff::said;
use crate::diff::slots::{Read, Slot, wording};
use crate::diff::smallest::smallest;
use crate::diff::tables;
use crate::diff::uses::{Thing, Uses, mentioned};
use crate::span::Span;
use crate::tree::{Plan, Reference, Text};

/// Everything a comparison works with, and what it has found.
pub(super) struct Comparison<'r> {
    pub(super) before: Read<'r>,
    pub(super) after: Read<'r>,
    pub(super) matched: &'r Matched,
    pub(super) uses: (Uses, Uses),
    pub(super) keys: Keys,
    pub(super) changes: Vec<Change>,
}

/// What a change is about, while it is put together.
pub(super) struct About {
    pub(super) block: Text,
    pub(super) name: Text,
    pub(super) was_called: Option<Text>,
    /// The thing on each side, for what depends on it.
    pub(super) things: (Option<Thing>, Option<Thing>),
}

/// What a change says, while it is put together.
pub(super) struct Found {
    pub(super) weight: Weight,
    pub(super) kind: Kind,
    pub(super) part: String,
    pub(super) before: Option<(String, Span)>,
    pub(super) after: Option<(String, Span)>,
    pub(super) says: String,
    pub(super) edit: Edit,
}

impl<'r> Comparison<'r> {
    pub(super) fn plans(&self) -> (&'r Plan, &'r Plan) {
        (self.before.plan(), self.after.plan())
    }

    /// Puts a change on the list.
    pub(super) fn push(&mut self, about: &About, found: Found) {
        let (old, new) = self.plans();
        let mut affects = Vec::new();
        if found.weight != Weight::Wording && !is_for_the_check(&found.part) {
            let after = about.things.1.map(|thing| self.uses.1.affected(new, thing));
            let before = about.things.0.map(|thing| self.uses.0.affected(old, thing));
            affects = after.unwrap_or_default();
            for name in before.unwrap_or_default() {
                // What depended on it and is gone is told where it stands.
                if !affects.contains(&name) && is_still_there(new, &name) {
                    affects.push(name);
                }
            }
        }
        let said = |said: Option<(String, Span)>, read: &Read<'_>| {
            said.map(|(text, span)| Said::new(text, span, read.side.sources))
        };
        let change = Change {
            weight: found.weight,
            kind: found.kind,
            block: about.block.clone(),
            name: about.name.clone(),
            was_called: about.was_called.clone(),
            part: found.part,
            before: said(found.before, &self.before),
            after: said(found.after, &self.after),
            says: found.says,
            affects,
            pays: String::new(),
            edit: found.edit,
        };
        self.changes.push(change);
    }

    /// Compares the things of every list.
    pub(super) fn lists(&mut self) {
        for list in List::ALL {
            self.list(list);
        }
    }

    fn list(&mut self, list: List) {
        let (old, new) = self.plans();
        let (old_names, new_names) = (list.names(old), list.names(new));
        // In the order of the plan that is to hold; what is gone comes last.
        let count = new_names.len();
        for after in 0..count {
            let Some(name) = new_names.get(after).map(|name| (*name).clone()) else {
                continue;
            };
            match self.matched.before(list, after) {
                Some(before) => {
                    let was = old_names.get(before).map(|name| (*name).clone());
                    let about = About {
                        block: block_word(list).into(),
                        was_called: was.filter(|was| *was != name),
                        name,
                        things: (Some((list, before)), Some((list, after))),
                    };
                    self.both(list, before, after, &about);
                }
                None => self.alone(list, after, name, Kind::Added),
            }
        }
        let gone: Vec<usize> = self
            .matched
            .list(list)
            .map(|pairs| pairs.gone().collect())
            .unwrap_or_default();
        for before in gone {
            if let Some(name) = old_names.get(before).map(|name| (*name).clone()) {
                self.alone(list, before, name, Kind::Removed);
            }
        }
    }

    /// A thing that stands on both sides.
    fn both(&mut self, list: List, before: usize, after: usize, about: &About) {
        if let Some(was) = &about.was_called {
            let spans = (
                span_of(list, self.before.plan(), before),
                span_of(list, self.after.plan(), after),
            );
            // Values and tables are the plan's own affair; other names are known outside it.
            let weight = match list {
                List::Values | List::Tables => Weight::Name,
                List::Kinds | List::Terms | List::Measures | List::Components | List::Limits => {
                    Weight::Meaning
                }
            };
            let found = Found {
                weight,
                kind: Kind::Renamed,
                part: String::new(),
                before: Some((was.to_string(), spans.0)),
                after: Some((about.name.to_string(), spans.1)),
                says: phrases::renamed(list, was, &about.name),
                edit: Edit::Nothing,
            };
            self.push(about, found);
        }
        if list == List::Tables {
            tables::compare(self, before, after, about);
        } else {
            self.slots(list, before, after, about);
        }
        if list == List::Kinds {
            self.columns_and_credits(before, after, about);
        }
        self.words(list, before, after, about);
    }

    fn slots(&mut self, list: List, before: usize, after: usize, about: &About) {
        let old = self.before.slots(list, before, &mut self.keys);
        let new = self.after.slots(list, after, &mut self.keys);
        let differing: Vec<&'static str> = old
            .iter()
            .zip(&new)
            .filter(|(old, new)| is_changed(old, new))
            .map(|(old, _)| old.part)
            .collect();
        for (old, new) in old.iter().zip(&new) {
            let follows = match new.part {
                // Whose rows are not its own any more is told with the rows.
                "role" | "where" if list == List::Components => {
                    differing.contains(&"each") && (old.says.is_none() || new.says.is_none())
                }
                "spread" => differing.contains(&"per"),
                _ => false,
            };
            if !is_changed(old, new) || follows {
                continue;
            }
            let told = self.told(old, new);
            let kind = match (&old.says, &new.says) {
                (None, Some(_)) => Kind::Added,
                (Some(_), None) => Kind::Removed,
                (_, _) => Kind::Changed,
            };
            // The key of the fold is what it is now.
            let part = if list == List::Measures && old.part != new.part {
                "of".to_owned()
            } else {
                new.part.to_owned()
            };
            let found = Found {
                weight: Weight::Meaning,
                kind,
                says: phrases::slot(list, new.part, &about.name, &told),
                part,
                before: old.says.clone().map(|says| (says, old.span)),
                after: new.says.clone().map(|says| (says, new.span)),
                edit: if is_for_the_check(new.part) {
                    Edit::Nothing
                } else {
                    Edit::Slot {
                        list,
                        before,
                        after,
                        part: new.part,
                    }
                },
            };
            self.push(about, found);
        }
    }

    /// What both sides of a part say, in the shortest way.
    fn told(&mut self, old: &Slot<'_>, new: &Slot<'_>) -> Told {
        let mut told = Told {
            before: old.says.clone(),
            after: new.says.clone(),
            moves: None,
            smallest: None,
        };
        if let (Some(before), Some(after)) = (old.expr, new.expr) {
            let (writer, other) = (self.before.writer(), self.after.writer());
            told.moves = said::moves((&writer, before), (&other, after));
            if told.moves.is_none() {
                told.moves = self.keys.multiple(old.own, new.own).and_then(|times| {
                    phrases::scaled(&writer.text(before), &other.text(after), &times)
                });
            }
            if told.moves.is_none() {
                let halves = (self.before.half(), self.after.half());
                told.smallest = Some(smallest(
                    &mut self.keys,
                    halves.0,
                    halves.1,
                    (before, after),
                ));
            }
        }
        told
    }

    fn words(&mut self, list: List, before: usize, after: usize, about: &About) {
        let (old, new) = self.plans();
        let spans = (span_of(list, old, before), span_of(list, new, after));
        let words = wording(list, old, before);
        for ((part, was), (_, is)) in words.into_iter().zip(wording(list, new, after)) {
            self.word(about, part, (&was, spans.0), (&is, spans.1));
        }
    }

    /// A change of words only.
    pub(super) fn word(&mut self, about: &About, part: &str, was: (&str, Span), is: (&str, Span)) {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let (old, new) = (words(was.0), words(is.0));
        if old == new {
            return;
        }
        let kind = match (old.is_empty(), new.is_empty()) {
            (true, _) => Kind::Added,
            (_, true) => Kind::Removed,
            (false, false) => Kind::Changed,
        };
        let (before, after) = (self.before.place(was.1, part), self.after.place(is.1, part));
        let found = Found {
            weight: Weight::Wording,
            kind,
            part: part.to_owned(),
            says: phrases::reworded(part, &about.name, &old, &new),
            before: (!old.is_empty()).then_some((old, before)),
            after: (!new.is_empty()).then_some((new, after)),
            edit: Edit::Nothing,
        };
        self.push(about, found);
    }

    /// A thing that stands on one side alone.
    fn alone(&mut self, list: List, at: usize, name: Text, kind: Kind) {
        let is_new = kind == Kind::Added;
        let read = if is_new { self.after } else { self.before };
        let plan = read.plan();
        let text = phrases::in_one_line(&read, list, at);
        let says = phrases::alone(&read, list, at, kind);
        let thing = Some((list, at));
        let about = About {
            block: block_word(list).into(),
            name,
            was_called: None,
            things: if is_new { (None, thing) } else { (thing, None) },
        };
        let side = Some((text, span_of(list, plan, at)));
        let found = Found {
            // Whether it moves anything is seen when everything else is known.
            weight: Weight::Meaning,
            kind,
            part: String::new(),
            before: if is_new { None } else { side.clone() },
            after: if is_new { side } else { None },
            says,
            edit: if is_new {
                Edit::Add { list, after: at }
            } else {
                Edit::Remove { list, before: at }
            },
        };
        self.push(&about, found);
    }

    fn columns_and_credits(&mut self, before: usize, after: usize, about: &About) {
        let (old, new) = self.plans();
        let (Some(was), Some(is)) = (old.kinds.get(before), new.kinds.get(after)) else {
            return;
        };
        let pairs = self.matched.columns(before).cloned().unwrap_or_default();
        let place = |read: &Read<'_>, span: Span, name: &str| read.place(span, name);
        let mut columns: Vec<Found> = Vec::new();
        for (at, column) in is.columns.iter().enumerate() {
            let of = said::type_word(column.of);
            let known = pairs.before(at).and_then(|at| was.columns.get(at));
            let now = (of.clone(), place(&self.after, is.span, &column.name));
            let full = format!("{}.{}", is.name, column.name);
            match known {
                None => columns.push(Found {
                    weight: Weight::Meaning,
                    kind: Kind::Added,
                    part: format!("column {}", column.name),
                    says: format!("{full} is a new column ({of})"),
                    before: None,
                    after: Some(now),
                    edit: Edit::Nothing,
                }),
                Some(old_column) => {
                    let then = (
                        said::type_word(old_column.of),
                        place(&self.before, was.span, &old_column.name),
                    );
                    if old_column.name != column.name {
                        columns.push(Found {
                            weight: Weight::Meaning,
                            kind: Kind::Renamed,
                            part: format!("column {}", column.name),
                            says: format!(
                                "{full} is what was called {}.{}; program.yaml must say so too",
                                was.name, old_column.name
                            ),
                            before: Some((old_column.name.to_string(), then.1)),
                            after: Some((column.name.to_string(), now.1)),
                            edit: Edit::Nothing,
                        });
                    }
                    if old_column.of != column.of {
                        columns.push(Found {
                            weight: Weight::Meaning,
                            kind: Kind::Changed,
                            part: format!("column {}", column.name),
                            says: format!("{full} is now {} and no longer {}", now.0, then.0),
                            before: Some(then),
                            after: Some(now),
                            edit: Edit::Together,
                        });
                    }
                }
            }
        }
        for at in pairs.gone() {
            if let Some(column) = was.columns.get(at) {
                let of = said::type_word(column.of);
                columns.push(Found {
                    weight: Weight::Meaning,
                    kind: Kind::Removed,
                    part: format!("column {}", column.name),
                    says: format!("{}.{} is no longer read", was.name, column.name),
                    before: Some((of, place(&self.before, was.span, &column.name))),
                    after: None,
                    edit: Edit::Nothing,
                });
            }
        }
        let own = About {
            block: about.block.clone(),
            name: about.name.clone(),
            was_called: about.was_called.clone(),
            things: (None, None),
        };
        for found in columns {
            // A column that comes or goes is read by what is told besides.
            let is_read = !matches!(found.kind, Kind::Added | Kind::Removed);
            self.push(if is_read { about } else { &own }, found);
        }
        self.credits(before, after, about);
    }

    fn credits(&mut self, before: usize, after: usize, about: &About) {
        let (old, new) = self.plans();
        let (Some(was), Some(is)) = (old.kinds.get(before), new.kinds.get(after)) else {
            return;
        };
        let names = (self.before.names, self.after.names);
        let id = |at: usize| crate::tree::KindId(u16::try_from(at).unwrap_or(u16::MAX));
        let who =
            |names: &crate::diff::names::Names<'_>, at: usize, line: &crate::tree::CreditLine| {
                let (how, column) = match line.to {
                    crate::tree::CreditTo::Column(column) => ("", column),
                    crate::tree::CreditTo::Upline(column) => ("upline ", column),
                };
                let role = names.role(id(at), &line.role);
                (format!("{how}{}", names.column(id(at), column)), role)
            };
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for line in &is.credited {
            let key = who(&names.1, after, line);
            let known = was
                .credited
                .iter()
                .enumerate()
                .find(|(at, other)| !seen.contains(at) && who(&names.0, before, other) == key);
            let now = said::credit_line(is, line);
            match known {
                None => found.push(Found {
                    weight: Weight::Meaning,
                    kind: Kind::Added,
                    part: format!("credit of {}", line.role),
                    says: format!("{} also credits {now}", is.name),
                    before: None,
                    after: Some((now, line.span)),
                    edit: Edit::Credits { before, after },
                }),
                Some((at, other)) => {
                    seen.insert(at);
                    if other.share != line.share || other.overlay != line.overlay {
                        let then = said::credit_line(was, other);
                        found.push(Found {
                            weight: Weight::Meaning,
                            kind: Kind::Changed,
                            part: format!("credit of {}", line.role),
                            says: format!("{} credits {now}, and no longer {then}", is.name),
                            before: Some((then, other.span)),
                            after: Some((now, line.span)),
                            edit: Edit::Credits { before, after },
                        });
                    } else if other.role != line.role {
                        found.push(Found {
                            weight: Weight::Meaning,
                            kind: Kind::Renamed,
                            part: format!("credit of {}", line.role),
                            says: format!(
                                "the role {} of {} is what was called {}",
                                line.role, is.name, other.role
                            ),
                            before: Some((other.role.to_string(), other.span)),
                            after: Some((line.role.to_string(), line.span)),
                            edit: Edit::Nothing,
                        });
                    }
                }
            }
        }
        for (at, line) in was.credited.iter().enumerate() {
            if !seen.contains(&at) {
                let then = said::credit_line(was, line);
                found.push(Found {
                    weight: Weight::Meaning,
                    kind: Kind::Removed,
                    part: format!("credit of {}", line.role),
                    says: format!("{} no longer credits {then}", was.name),
                    before: Some((then, line.span)),
                    after: None,
                    edit: Edit::Credits { before, after },
                });
            }
        }
        for found in found {
            self.push(about, found);
        }
    }

    /// New and vanished values and tables weigh only as much as what uses them.
    ///
    /// One that nothing changed in meaning asks for only says again what was written out, or was never asked for.
    pub(super) fn weigh(&mut self) {
        let asked: Vec<[BTreeSet<Thing>; 2]> = (0..self.changes.len())
            .map(|at| {
                [
                    self.asked_by(at, Kind::Removed),
                    self.asked_by(at, Kind::Added),
                ]
            })
            .collect();
        let mut light = Vec::new();
        for (at, change) in self.changes.iter().enumerate() {
            let (thing, uses, side) = match &change.edit {
                Edit::Add { list, after } => ((*list, *after), &self.uses.1, 1),
                Edit::Remove { list, before } => ((*list, *before), &self.uses.0, 0),
                Edit::Nothing
                | Edit::Slot { .. }
                | Edit::Head(_)
                | Edit::Credits { .. }
                | Edit::Table { .. }
                | Edit::Block { .. }
                | Edit::Together => continue,
            };
            if !matches!(thing.0, List::Values | List::Tables) {
                continue;
            }
            let mut reached = uses.reached([thing]);
            reached.insert(thing);
            let weighs = asked
                .iter()
                .filter_map(|sides| sides.get(side))
                .any(|asked| !asked.is_disjoint(&reached));
            if !weighs {
                light.push(at);
            }
        }
        for at in light {
            let Some(change) = self.changes.get_mut(at) else {
                continue;
            };
            change.weight = Weight::Name;
            let why = match (change.kind, change.affects.is_empty()) {
                (_, true) => "nothing that pays asks for it",
                (Kind::Added, false) => "it says what was written out before",
                (_, false) => "what it said is written out now",
            };
            change.says = format!("{}; {why}", change.says);
        }
    }

    /// What a change of meaning asks for on one side: what its formula mentions, or the changed thing itself.
    fn asked_by(&self, at: usize, side: Kind) -> BTreeSet<Thing> {
        let Some(change) = self.changes.get(at) else {
            return BTreeSet::new();
        };
        if change.weight != Weight::Meaning {
            return BTreeSet::new();
        }
        let is_after = side == Kind::Added;
        let read = if is_after { &self.after } else { &self.before };
        match &change.edit {
            Edit::Slot {
                list,
                before,
                after,
                part,
            } => {
                let position = if is_after { *after } else { *before };
                let slots = read.slots(*list, position, &mut Keys::default());
                // A measure's fold is called by its own word on each side.
                let slot = slots
                    .iter()
                    .position(|slot| slot.part == *part)
                    .or((*list == List::Measures).then_some(0))
                    .and_then(|at| slots.get(at));
                let mut asked = BTreeSet::new();
                if let Some(expr) = slot.and_then(|slot| slot.expr) {
                    mentioned(expr, &mut asked);
                }
                if *part == "paid"
                    && let Some(component) = read.plan().components.get(position)
                {
                    for line in &component.paid {
                        if let Some(condition) = &line.condition {
                            mentioned(condition, &mut asked);
                        }
                    }
                }
                asked
            }
            Edit::Table { before, after, .. } => {
                BTreeSet::from([(List::Tables, if is_after { *after } else { *before })])
            }
            Edit::Add { list, after } if is_after && is_outward(*list) => {
                BTreeSet::from([(*list, *after)])
            }
            Edit::Remove { list, before } if !is_after && is_outward(*list) => {
                BTreeSet::from([(*list, *before)])
            }
            Edit::Add { .. }
            | Edit::Remove { .. }
            | Edit::Nothing
            | Edit::Head(_)
            | Edit::Credits { .. }
            | Edit::Block { .. }
            | Edit::Together => self.asked_by_block(change, is_after),
        }
    }

    /// What the formulas of a changed block of governance mention.
    fn asked_by_block(&self, change: &Change, is_after: bool) -> BTreeSet<Thing> {
        let read = if is_after { &self.after } else { &self.before };
        let mut asked = BTreeSet::new();
        for block in &read.plan().governance {
            let is_it =
                block.block == change.block && (block.name == change.name || block.name.is_empty());
            for (_, formula) in block.formulas.iter().filter(|_| is_it) {
                mentioned(formula, &mut asked);
            }
        }
        asked
    }

    /// The name of a listed thing, as it is called now.
    pub(super) fn listed(&self, plan: &Plan, list: &[Reference]) -> String {
        let names: Vec<&str> = list
            .iter()
            .map(|reference| &**said::name_of(plan, *reference))
            .collect();
        names.join(", ")
    }
}

/// Whether a thing weighs by itself: it pays, is agreed or counted.
fn is_outward(list: List) -> bool {
    match list {
        List::Values | List::Tables => false,
        List::Kinds | List::Terms | List::Measures | List::Components | List::Limits => true,
    }
}

fn is_changed(old: &Slot<'_>, new: &Slot<'_>) -> bool {
    let follows_what_is_above = old.is_inherited && new.is_inherited;
    old.own != new.own && old.whole != new.whole && !follows_what_is_above
}

/// What is declared for the check to go by changes no figure.
fn is_for_the_check(part: &str) -> bool {
    matches!(part, "within" | "may_move")
}

fn is_still_there(plan: &Plan, name: &Text) -> bool {
    let listed = [List::Components, List::Limits]
        .iter()
        .any(|list| list.names(plan).contains(&name));
    listed
        || plan
            .governance
            .iter()
            .any(|block| block.name == *name || block.block == *name)
}

/// The key of the block a list stands in.
pub(super) fn block_word(list: List) -> &'static str {
    match list {
        List::Kinds => "facts",
        List::Terms => "terms",
        List::Measures => "measures",
        List::Values => "values",
        List::Tables => "tables",
        List::Components => "components",
        List::Limits => "limits",
    }
}

/// Where a thing is written.
pub(super) fn span_of(list: List, plan: &Plan, at: usize) -> Span {
    match list {
        List::Kinds => plan.kinds.get(at).map(|thing| thing.span),
        List::Terms => plan.terms.get(at).map(|thing| thing.span),
        List::Measures => plan.measures.get(at).map(|thing| thing.span),
        List::Values => plan.values.get(at).map(|thing| thing.span),
        List::Tables => plan.tables.get(at).map(|thing| thing.span),
        List::Components => plan.components.get(at).map(|thing| thing.span),
        List::Limits => plan.limits.get(at).map(|thing| thing.span),
    }
    .unwrap_or(plan.span)
}
