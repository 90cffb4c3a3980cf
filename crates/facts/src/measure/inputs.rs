//! What a partner's settlements are worked out from, as one digest for each partner.
//!
//! The evaluator reads a plan's tree, a world and a measurer, and nothing else. Where nobody's pay hangs on another, that is for
//! one partner: the tree; the partner itself with its agreement; rates, complete feeds and whether facts have a history; its
//! cells in every pass; and its rows, where rows are read. Two equal digests of one build therefore mean equal settlements. A
//! plan in which pay hangs on others has no digests: everybody is then worked out from everything.
//!
//! The digests are of one build on one machine (see [`LocalHasher`]): they name what may be deleted, and never what is kept.

use std::hash::{Hash as _, Hasher};

use trueup_base::date::Date;
use trueup_engine::why::reads_others;
use trueup_engine::world::{KindFacts, PartnerIx, World};
use trueup_plan::tree::{CreditTo, FactKind, Plan};

use super::measured::Measured;
use crate::digest::{Digest, LocalHasher};

/// What settlements under one plan are worked out from.
#[derive(Debug)]
pub struct Inputs<'a> {
    plan: &'a Plan,
    world: &'a World,
    measured: &'a Measured,
    /// What everybody's settlements hang on.
    shared: Digest,
    /// The keys of each pass, by their numbers.
    keys: Vec<Vec<&'a str>>,
}

impl<'a> Inputs<'a> {
    /// The inputs of a plan whose measures were worked out, for settlements that end by a day; none where one partner's pay may
    /// hang on another's figures.
    #[must_use]
    pub fn of(
        plan: &'a Plan,
        world: &'a World,
        measured: &'a Measured,
        until: Date,
    ) -> Option<Self> {
        let goes_up = |kind: &FactKind| {
            let mut lines = kind.credited.iter();
            lines.any(|line| matches!(line.to, CreditTo::Upline(_)))
        };
        if reads_others(plan) || plan.kinds.iter().any(goes_up) {
            return None;
        }
        let mut hasher = LocalHasher::default();
        // A tree's own text has everything in it, and is made once for all partners.
        format!("{plan:?}").hash(&mut hasher);
        until.hash(&mut hasher);
        world.rates.hash(&mut hasher);
        for facts in &world.facts {
            (&facts.complete, facts.has_history).hash(&mut hasher);
        }
        measured.hash_shared(&mut hasher);
        Some(Self {
            plan,
            world,
            measured,
            shared: hasher.digest(),
            keys: measured.key_texts(),
        })
    }

    /// Hashes all that some partner's settlements hang on.
    pub fn hash(&self, partner: PartnerIx, into: &mut impl Hasher) {
        self.shared.hash(into);
        self.world.partner(partner).hash(into);
        self.measured.hash_partner(partner, &self.keys, into);
        for (kind, facts) in self.plan.kinds.iter().zip(&self.world.facts) {
            hash_rows(kind, facts, partner, into);
        }
    }

    /// The digest of all that a partner's settlements hang on.
    #[must_use]
    pub fn digest(&self, partner: PartnerIx) -> Digest {
        let mut hasher = LocalHasher::default();
        self.hash(partner, &mut hasher);
        hasher.digest()
    }
}

/// The rows credited to a partner, as far as rows are read, in the order in which the evaluator finds them.
fn hash_rows(kind: &FactKind, facts: &KindFacts, partner: PartnerIx, into: &mut impl Hasher) {
    facts.has_rows_of(partner).hash(into);
    for role in (0u16..).take(kind.credited.len()) {
        let credits = facts.credits(role, partner);
        credits.len().hash(into);
        for credit in credits {
            (credit.line, &credit.share, credit.level).hash(into);
            facts.rows.get(credit.row.0 as usize).hash(into);
            facts.replaced_on(credit.row).hash(into);
        }
    }
}
