//! Two programs: plan by plan and agreement by agreement, with what a template changes in several plans told once.

use std::collections::BTreeMap;

use crate::diff::agreements::{AgreementSide, agreements};
use crate::diff::change::{Change, Kind, Said, Weight};
use crate::diff::edit::Edit;
use crate::diff::names::Side;
use crate::diff::{PlanDiff, plans};
use crate::span::Span;
use crate::tree::Text;

/// The plans and agreements of one side.
#[derive(Clone, Debug, Default)]
pub struct ProgramSide<'p> {
    /// Its plans.
    pub plans: Vec<Side<'p>>,
    /// Its agreements.
    pub agreements: Vec<AgreementSide<'p>>,
}

/// Two plans that belong together, or one that stands alone, by position.
#[derive(Clone, Debug)]
pub struct PlanPair {
    /// The plan before.
    pub before: Option<usize>,
    /// The plan after.
    pub after: Option<usize>,
    /// What changed between them.
    pub diff: Option<PlanDiff>,
}

/// A change as it is told: once, however many plans take it over from one template.
#[derive(Clone, Debug)]
pub struct Told {
    /// The change.
    pub change: Change,
    /// The plans it is a change of; empty for agreements.
    pub plans: Vec<Text>,
    /// The pair of plans and the position of the change in its difference.
    pub members: Vec<(usize, usize)>,
}

/// The difference between two programs.
#[derive(Clone, Debug)]
pub struct ProgramDiff {
    /// Plans that belong together.
    pub pairs: Vec<PlanPair>,
    /// Everything that changed: of plans first, then of agreements.
    pub told: Vec<Told>,
}

impl ProgramDiff {
    /// Whether nothing changed in meaning.
    #[must_use]
    pub fn means_the_same(&self) -> bool {
        !self
            .told
            .iter()
            .any(|told| told.change.weight == Weight::Meaning)
    }
}

/// Compares two programs. Plans and agreements belong together by their names; one plan and one plan always do, and so do
/// one agreement and one agreement.
#[must_use]
pub fn programs(before: &ProgramSide<'_>, after: &ProgramSide<'_>) -> ProgramDiff {
    let mut all = Programs {
        before,
        after,
        pairs: Vec::new(),
        told: Vec::new(),
    };
    all.pair_plans();
    all.tell_plans();
    all.tell_agreements();
    ProgramDiff {
        pairs: all.pairs,
        told: all.told,
    }
}

struct Programs<'a, 'p> {
    before: &'a ProgramSide<'p>,
    after: &'a ProgramSide<'p>,
    pairs: Vec<PlanPair>,
    told: Vec<Told>,
}

impl Programs<'_, '_> {
    fn pair_plans(&mut self) {
        let (old, new) = (&self.before.plans, &self.after.plans);
        let both = |one: usize, other: usize| {
            let (before, after) = (old.get(one).copied()?, new.get(other).copied()?);
            Some(PlanPair {
                before: Some(one),
                after: Some(other),
                diff: Some(plans(before, after)),
            })
        };
        if let ([_], [_]) = (old.as_slice(), new.as_slice()) {
            self.pairs.extend(both(0, 0));
            return;
        }
        let mut come: Vec<usize> = Vec::new();
        let mut gone: Vec<usize> = (0..old.len()).collect();
        for (other, side) in new.iter().enumerate() {
            let name = &side.plan.name;
            match gone
                .iter()
                .position(|one| old.get(*one).is_some_and(|old| old.plan.name == *name))
            {
                Some(at) => self.pairs.extend(both(gone.remove(at), other)),
                None => come.push(other),
            }
        }
        for other in come {
            // A plan that means the same under another name is that plan.
            let same = gone.iter().position(|one| {
                both(*one, other)
                    .and_then(|pair| pair.diff)
                    .is_some_and(|diff| only_renamed(&diff))
            });
            let pair = match same {
                Some(at) => both(gone.remove(at), other),
                None => Some(PlanPair {
                    before: None,
                    after: Some(other),
                    diff: None,
                }),
            };
            self.pairs.extend(pair);
        }
        self.pairs.extend(gone.into_iter().map(|one| PlanPair {
            before: Some(one),
            after: None,
            diff: None,
        }));
    }

    fn tell_plans(&mut self) {
        // One change of a template is found in every plan that takes it over, at the same places.
        type Place = (String, Option<(String, usize)>, Option<(String, usize)>);
        let mut known: BTreeMap<Place, usize> = BTreeMap::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            let name = pair
                .after
                .and_then(|after| self.after.plans.get(after))
                .or_else(|| pair.before.and_then(|before| self.before.plans.get(before)))
                .map(|side| side.plan.name.clone())
                .unwrap_or_default();
            let Some(diff) = &pair.diff else {
                let (side, kind) = match pair.after {
                    Some(after) => (self.after.plans.get(after), Kind::Added),
                    None => (
                        pair.before.and_then(|before| self.before.plans.get(before)),
                        Kind::Removed,
                    ),
                };
                if let Some(side) = side {
                    let text = if side.plan.title.is_empty() {
                        side.plan.name.to_string()
                    } else {
                        side.plan.title.to_string()
                    };
                    let said = Said::new(text, first_line(side.plan.span), side.sources);
                    self.told.push(Told {
                        change: alone("plan", &name, kind, said),
                        plans: vec![name],
                        members: Vec::new(),
                    });
                }
                continue;
            };
            for (position, change) in diff.changes.iter().enumerate() {
                let place =
                    |said: &Option<Said>| said.as_ref().map(|said| (said.path.clone(), said.line));
                // Names and words are told once wherever they stand.
                let key = match change.weight {
                    Weight::Meaning => (
                        change.says.clone(),
                        place(&change.before),
                        place(&change.after),
                    ),
                    Weight::Name | Weight::Wording => (change.says.clone(), None, None),
                };
                match known.get(&key).and_then(|told| self.told.get_mut(*told)) {
                    Some(told) => {
                        told.plans.push(name.clone());
                        told.members.push((at, position));
                        for affected in &change.affects {
                            if !told.change.affects.contains(affected) {
                                told.change.affects.push(affected.clone());
                            }
                        }
                        if told.change.pays != change.pays {
                            told.change.pays = String::new();
                        }
                        // What weighs in one plan weighs.
                        told.change.weight = told.change.weight.min(change.weight);
                    }
                    None => {
                        known.insert(key, self.told.len());
                        self.told.push(Told {
                            change: change.clone(),
                            plans: vec![name.clone()],
                            members: vec![(at, position)],
                        });
                    }
                }
            }
        }
    }

    fn tell_agreements(&mut self) {
        let (old, new) = (&self.before.agreements, &self.after.agreements);
        let find = |list: &[AgreementSide<'_>], name: &str| {
            list.iter().position(|side| &*side.text.name.text == name)
        };
        let is_alone = old.len() == 1 && new.len() == 1;
        let mut changes = Vec::new();
        let mut seen = Vec::new();
        for after in new {
            let name = after.text.name();
            let at = if is_alone { Some(0) } else { find(old, &name) };
            match at.and_then(|at| Some((at, old.get(at)?))) {
                Some((at, before)) => {
                    seen.push(at);
                    changes.extend(agreements(*before, *after, &|term| {
                        self.term_now(*before, term)
                    }));
                }
                None => {
                    let text = format!("plan {}", after.text.plan.text);
                    let said = Said::new(text, after.text.name.span, after.sources);
                    changes.push(alone("agreement", &name, Kind::Added, said));
                }
            }
        }
        for (at, before) in old.iter().enumerate() {
            if !seen.contains(&at) {
                let text = format!("plan {}", before.text.plan.text);
                let said = Said::new(text, before.text.name.span, before.sources);
                let name = before.text.name();
                changes.push(alone("agreement", &name, Kind::Removed, said));
            }
        }
        self.told.extend(changes.into_iter().map(|change| Told {
            change,
            plans: Vec::new(),
            members: Vec::new(),
        }));
    }

    /// What a term of an agreement's plan is called now.
    fn term_now(&self, before: AgreementSide<'_>, term: &str) -> Option<Text> {
        let pair = self.pairs.iter().find(|pair| {
            let side = pair.before.and_then(|at| self.before.plans.get(at));
            side.is_some_and(|side| side.plan.name == before.text.plan.text)
        })?;
        let old = self.before.plans.get(pair.before?)?;
        let new = self.after.plans.get(pair.after?)?;
        pair.diff.as_ref()?.term_now(old.plan, new.plan, term)
    }
}

fn only_renamed(diff: &PlanDiff) -> bool {
    diff.changes
        .iter()
        .all(|change| change.weight != Weight::Meaning || change.part == "plan")
}

fn first_line(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

/// A whole plan or agreement that stands on one side alone.
fn alone(word: &str, name: &Text, kind: Kind, said: Said) -> Change {
    let is_new = kind == Kind::Added;
    Change {
        weight: Weight::Meaning,
        kind,
        block: word.into(),
        name: name.clone(),
        was_called: None,
        part: String::new(),
        says: match is_new {
            true => format!("a new {word} {name}: {}", said.text),
            false => format!("the {word} {name} is gone: {}", said.text),
        },
        before: (!is_new).then(|| said.clone()),
        after: is_new.then_some(said),
        affects: Vec::new(),
        pays: String::new(),
        edit: Edit::Nothing,
    }
}
