//! Days put into steps: between two edges that some window begins or ends at, days need not be told apart.
//!
//! Most edges are everyone's: the ends of months and quarters. Days on which only a few agreements begin or end are edges of
//! those partners alone; otherwise ten thousand agreements with dates of their own would cut every partner's rows by the day.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::{Date, days_between};
use trueup_engine::asks::Asks;
use trueup_engine::world::PartnerIx;

/// The most edges of its own that a partner may have.
const OWN_MAX: usize = 12;
/// So many edges are always worth sharing.
const SHARED_FREELY: usize = 64;

/// Where a pass tells days apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    /// Everyone's, rising.
    pub shared: Vec<Date>,
    /// Single partners', rising.
    pub own: BTreeMap<PartnerIx, Vec<Date>>,
}

/// Edges by cohort while measures are gathered.
pub type CohortEdges = BTreeMap<usize, BTreeSet<Date>>;

impl Edges {
    /// The edges of a pass; with `is_shared` all of them are everyone's.
    pub fn of(asks: &Asks, cohorts: &CohortEdges, is_shared: bool) -> Self {
        let all: BTreeSet<Date> = cohorts.values().flatten().copied().collect();
        let most = cohorts.values().map(BTreeSet::len).max().unwrap_or(0);
        let everyone = || Self {
            shared: all.iter().copied().collect(),
            own: BTreeMap::new(),
        };
        if is_shared || all.len() <= SHARED_FREELY.max(2 * most) {
            return everyone();
        }
        let size = |cohort: &usize| {
            asks.cohorts
                .get(*cohort)
                .map_or(0, |cohort| cohort.partners.len())
        };
        let mut used: BTreeMap<Date, usize> = BTreeMap::new();
        for (cohort, edges) in cohorts {
            for edge in edges {
                *used.entry(*edge).or_default() += size(cohort);
            }
        }
        let partners: usize = cohorts.keys().map(size).sum();
        let (first, last) = (all.first().copied(), all.last().copied());
        let is_common = |edge: &Date| {
            Some(*edge) == first
                || Some(*edge) == last
                || used.get(edge).is_some_and(|count| count * 4 >= partners)
        };
        let shared: Vec<Date> = all.iter().copied().filter(is_common).collect();
        let mut own = BTreeMap::new();
        for (cohort, edges) in cohorts {
            let few: Vec<Date> = edges
                .iter()
                .copied()
                .filter(|edge| !is_common(edge))
                .collect();
            if few.len() > OWN_MAX {
                return everyone();
            }
            if !few.is_empty() {
                for partner in asks
                    .cohorts
                    .get(*cohort)
                    .into_iter()
                    .flat_map(|cohort| &cohort.partners)
                {
                    own.insert(*partner, few.clone());
                }
            }
        }
        Self { shared, own }
    }

    /// The days between the first and the last edge.
    pub fn span(&self) -> Option<(Date, Date)> {
        Some((*self.shared.first()?, *self.shared.last()?)).filter(|(from, until)| from < until)
    }

    /// How many days lie between the first and the last edge.
    pub fn days(&self) -> i64 {
        self.span()
            .map_or(0, |(from, until)| days_between(from, until))
    }

    /// The step that begins at a day for a partner; none where the day is no edge.
    pub fn step(&self, partner: PartnerIx, day: Date) -> Option<Step> {
        let own = self.own.get(&partner).map_or(&[][..], Vec::as_slice);
        let is_edge = self.shared.binary_search(&day).is_ok() || own.binary_search(&day).is_ok();
        is_edge.then(|| Step::new(count_until(&self.shared, day), count_until(own, day)))
    }

    /// Whether every edge is the first of a month.
    pub fn are_months(&self) -> bool {
        self.own.is_empty() && self.shared.iter().all(|edge| edge.day() == 1)
    }
}

/// How many edges lie on or before a day.
fn count_until(edges: &[Date], day: Date) -> u32 {
    u32::try_from(edges.partition_point(|edge| *edge <= day)).unwrap_or(u32::MAX)
}

/// A stretch of days between two edges of a partner: how many shared and how many own edges lie on or before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(u32);

impl Step {
    /// A step by its edges. Steps are in the order of their days.
    pub fn new(shared: u32, own: u32) -> Self {
        // A partner has at most OWN_MAX own edges, and there are fewer than four million days.
        Self(shared.saturating_mul(16).saturating_add(own.min(15)))
    }
}
