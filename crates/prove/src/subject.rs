//! What is looked at: a plan, whom it is agreed with, and what is known of them.

use trueup_engine::world::{Partner, World};
use trueup_plan::check::Strictness;
use trueup_plan::tree::Plan;

/// A plan and what it is looked at with.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Whether it is a draft or about to be signed.
    pub strictness: Strictness,
    /// Agreements to try it with; without any, figures are assumed and named as assumed.
    pub samples: Vec<Sample>,
    /// Worked examples of the plan, with their facts.
    pub examples: Vec<WorkedExample<'a>>,
    /// The program's own facts, where they were given.
    pub facts: Option<&'a World>,
}

impl<'a> Subject<'a> {
    /// A plan alone.
    #[must_use]
    pub fn new(plan: &'a Plan, strictness: Strictness) -> Self {
        Self {
            plan,
            strictness,
            samples: Vec::new(),
            examples: Vec::new(),
            facts: None,
        }
    }
}

/// A partner with an agreement, as one that the plan is or may be agreed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Where the agreement comes from, as messages name it: `agreement retail-mall`, `case first-plan`.
    pub from: String,
    /// The partner: its directory columns and its terms, in the order of the plan.
    pub partner: Partner,
}

/// A worked example of the plan.
#[derive(Clone, Copy, Debug)]
pub struct WorkedExample<'a> {
    /// Its name: its folder's.
    pub name: &'a str,
    /// Its partners and facts.
    pub world: &'a World,
}
