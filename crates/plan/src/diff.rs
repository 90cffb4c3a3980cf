//! What changed in meaning between two plans, or two agreements, and not in text.
//!
//! Two checked trees are compared thing by thing and part by part. Two formulas are the same if the laws of arithmetic
//! and logic make one out of the other, also through values that only give a part a name; so layout, order, other
//! names of arguments, `5%` or `0.05` and defaults that became explicit are no change. What is left is told one change at
//! a time, each with the smallest part that differs, both places, what is worked out from it, and, where it can be
//! decided for every partner and every figure, which way the pay moves.
//!
//! The module must never know a fact or an agreement's figures: what a change comes to in money is found by running both
//! plans. Of one change it knows how to make it alone ([`PlanDiff::alone`]), so that its own effect can be found so too.

mod agreements;
mod align;
mod alone;
mod bands;
mod blocks;
mod carry;
mod change;
mod compare;
mod direction;
mod edit;
mod keys;
mod names;
mod phrases;
mod program;
mod removal;
mod renames;
mod said;
mod signs;
mod slots;
mod smallest;
mod sound;
mod steps;
mod tables;
mod uses;
mod way;
mod ways;

use std::collections::BTreeMap;

pub use self::agreements::{AgreementSide, agreements};
pub use self::change::{Change, Kind, Said, Weight};
pub use self::names::Side;
pub use self::program::{PlanPair, ProgramDiff, ProgramSide, Told, programs};

use self::compare::Comparison;
use self::keys::Keys;
use self::names::{List, Matched, Names, Which};
use self::slots::{Read, whole_values};
use self::uses::Uses;
use crate::tree::{Plan, Text};

/// The changes from one plan to another.
#[derive(Clone, Debug)]
pub struct PlanDiff {
    /// One after the other, in the order in which a plan is read.
    pub changes: Vec<Change>,
    matched: Matched,
}

/// Compares two plans.
///
/// ```
/// use trueup_plan::check::{Strictness, read};
/// use trueup_plan::diagnostic::Sources;
/// use trueup_plan::diff::{Side, plans};
///
/// let text = |pays: &str| format!("\
/// plan: cash-back
/// currency: USD
/// facts:
///   sale: {{ columns: {{ partner: partner, on: date, amount: money }} }}
/// measures:
///   sales: {{ is: What was bought, sum: sale.amount }}
/// components:
///   rebate: {{ is: A part of it, pays: {pays} }}
/// ");
/// let said = |pays: &str, other: &str| {
///     let (mut old, mut new) = (Sources::new(), Sources::new());
///     let (before, _) = read(&mut old, &[("plan.yaml", &text(pays))], Strictness::Draft);
///     let (after, _) = read(&mut new, &[("plan.yaml", &text(other))], Strictness::Draft);
///     let (before, after) = (before.unwrap(), after.unwrap());
///     let diff = plans(
///         Side { plan: &before, sources: &old },
///         Side { plan: &after, sources: &new },
///     );
///     diff.changes.into_iter().map(|change| change.says).collect::<Vec<_>>()
/// };
/// assert!(said("2% * sales", "sales * 0.02").is_empty());
/// assert_eq!(
///     said("2% * sales", "2.5% * sales"),
///     ["what rebate pays rises from 2% * sales to 2.5% * sales (+25%)"],
/// );
/// ```
#[must_use]
pub fn plans(before: Side<'_>, after: Side<'_>) -> PlanDiff {
    let mut keys = Keys::default();
    let matched = renames::matched(before, after, &mut keys);
    let names = |which| Names {
        plan: match which {
            Which::Before => before.plan,
            Which::After => after.plan,
        },
        which,
        matched: &matched,
        is_guess: false,
        whole: None,
        columns: None,
    };
    let (old, new) = (names(Which::Before), names(Which::After));
    let whole = (whole_values(&old, &mut keys), whole_values(&new, &mut keys));
    fn read<'r>(
        side: Side<'r>,
        names: Names<'r>,
        whole: &'r BTreeMap<crate::tree::ValueId, keys::Key>,
    ) -> Read<'r> {
        Read {
            side,
            names,
            whole: Names {
                whole: Some(whole),
                ..names
            },
        }
    }
    let mut all = Comparison {
        before: read(before, old, &whole.0),
        after: read(after, new, &whole.1),
        matched: &matched,
        uses: (Uses::of(before.plan), Uses::of(after.plan)),
        keys,
        changes: Vec::new(),
    };
    all.head();
    all.objectives();
    all.lists();
    all.governance();
    all.examples();
    all.weigh();
    let changes = all.changes;
    let mut diff = PlanDiff { changes, matched };
    for at in 0..diff.changes.len() {
        if let Some(alone) = diff.alone(before.plan, after.plan, &[at]) {
            let said = match diff.changes.get(at).map(|change| &change.edit) {
                // Positions behind it are other ones now, so it is looked at by itself.
                Some(edit::Edit::Remove { list, before: gone }) => {
                    direction::gone(before.plan, *list, *gone)
                }
                Some(_) | None => direction::said(before.plan, &alone),
            };
            if let Some(change) = diff.changes.get_mut(at) {
                change.pays = said;
            }
        }
    }
    diff
}

impl PlanDiff {
    /// Whether nothing changed in meaning.
    #[must_use]
    pub fn means_the_same(&self) -> bool {
        !self
            .changes
            .iter()
            .any(|change| change.weight == Weight::Meaning)
    }

    /// The first change that is made by doing the same: credits go together, and so do the parts of a contingency.
    #[must_use]
    pub fn made_with(&self, change: usize) -> usize {
        let edit = self.changes.get(change).map(|change| &change.edit);
        let first = self
            .changes
            .iter()
            .position(|other| Some(&other.edit) == edit);
        first.unwrap_or(change)
    }

    /// Whether a change can move money at all: words, goals and rules about who decides do not.
    #[must_use]
    pub fn may_move_money(&self, change: usize) -> bool {
        self.changes
            .get(change)
            .is_some_and(|change| change.edit != edit::Edit::Nothing)
    }

    /// The plan before with some of the changes made and nothing else, by their positions; nothing where they can only be
    /// made together with others, or move no money.
    ///
    /// What a changed formula newly asks for comes along. The plans are those that were compared.
    #[must_use]
    pub fn alone(&self, before: &Plan, after: &Plan, changes: &[usize]) -> Option<Plan> {
        let edits: Option<Vec<_>> = changes
            .iter()
            .map(|at| self.changes.get(*at).map(|change| &change.edit))
            .collect();
        alone::made(before, after, &self.matched, &edits?)
    }

    /// What a term of the plan before is called in the plan after; nothing where it is gone.
    #[must_use]
    pub fn term_now(&self, before: &Plan, after: &Plan, term: &str) -> Option<Text> {
        let at = before.terms.iter().position(|known| *known.name == *term)?;
        let now = self.matched.after(List::Terms, at)?;
        after.terms.get(now).map(|term| term.name.clone())
    }
}
