//! A world in parts that can be put in the place of another world's.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_plan::tree::{KindId, Plan};

use crate::world::{Complete, Partner, Rate, Row, RowsRead, World};

/// The facts of one kind.
#[derive(Clone, Debug)]
pub(super) struct KindParts {
    pub(super) rows: Vec<Row>,
    pub(super) complete: Option<Vec<Complete>>,
    /// Whose rows are here; none for everyone's.
    read: Option<BTreeSet<PartnerId>>,
}

/// Rates by source and target currency.
pub(super) type Rates = BTreeMap<(Currency, Currency), Vec<Rate>>;

/// Everything a plan reads.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) partners: Vec<Partner>,
    /// By the position of the kind in the plan.
    pub(super) kinds: Vec<KindParts>,
    pub(super) rates: Rates,
    /// Who is under other plans and stands below somebody, and below whom.
    pub(super) beyond: BTreeMap<PartnerId, PartnerId>,
}

impl Parts {
    pub(super) fn of(world: &World) -> Self {
        let kinds = world
            .facts
            .iter()
            .map(|facts| KindParts {
                rows: facts.rows.clone(),
                complete: facts.complete.clone(),
                read: match &facts.read {
                    RowsRead::All => None,
                    RowsRead::Of(some) => Some(
                        some.iter()
                            .filter_map(|at| Some(world.partner(*at)?.id.clone()))
                            .collect(),
                    ),
                },
            })
            .collect();
        Self {
            partners: world.partners.clone(),
            kinds,
            rates: world.rates.clone(),
            beyond: world.beyond.clone(),
        }
    }

    /// The parts as a plan's world.
    pub(super) fn world(&self, plan: &Plan) -> World {
        let mut world = World::new(plan, self.partners.clone());
        world.beyond = self.beyond.clone();
        for (kind, at) in self.kinds.iter().zip(0u16..) {
            kind.give(&mut world, plan, KindId(at), kind.rows.clone());
        }
        world.rates = self.rates.clone();
        world
    }

    pub(super) fn partner(&self, id: &PartnerId) -> Option<&Partner> {
        self.partners.iter().find(|partner| partner.id == *id)
    }
}

impl KindParts {
    /// Whose rows are here, as another says it.
    pub(super) fn whose_as_in(&mut self, other: &Self) {
        self.read.clone_from(&other.read);
    }

    /// Gives a world rows of the kind, with what is known of its feed.
    pub(super) fn give(&self, world: &mut World, plan: &Plan, kind: KindId, rows: Vec<Row>) {
        world.give(plan, kind, rows, self.complete.clone());
        let read = match &self.read {
            None => RowsRead::All,
            Some(ids) => RowsRead::Of(ids.iter().filter_map(|id| world.find(id)).collect()),
        };
        if let Some(facts) = world.facts.get_mut(kind.index()) {
            facts.read = read;
        }
    }
}

/// Whether a plan asks one partner about another, or looks into the directory for another: then what one earns can depend
/// on what others do.
#[must_use]
pub fn reads_others(plan: &Plan) -> bool {
    use trueup_plan::tree::walk::{formulas, parts};
    use trueup_plan::tree::{Call, Expr, Form, Name};

    fn does(expr: &Expr) -> bool {
        let here = match &expr.form {
            Form::Call(
                Call::Total { .. }
                | Call::Team(_)
                | Call::Rank { .. }
                | Call::Allocate(_)
                | Call::Of(..),
            )
            | Form::Name(Name::Followed(..)) => true,
            Form::Call(_)
            | Form::Name(_)
            | Form::Literal(_)
            | Form::Negated(_)
            | Form::Arithmetic(..)
            | Form::Compared(..)
            | Form::Between(..)
            | Form::In(..)
            | Form::Is(..)
            | Form::Not(_)
            | Form::And(_)
            | Form::Or(_)
            | Form::Case(..) => false,
        };
        here || parts(expr).into_iter().any(does)
    }
    let governance = plan
        .governance
        .iter()
        .flat_map(|block| block.formulas.iter().map(|(_, formula)| formula));
    formulas(plan).into_iter().chain(governance).any(does)
}
