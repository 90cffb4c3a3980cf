//! What is looked at: a plan, whom it is agreed with, and what is known of them.

use std::collections::BTreeSet;
use std::fmt;

use trueup_base::date::Date;
use trueup_engine::world::{Partner, World};
use trueup_engine::{Answer, Measurer};
use trueup_plan::check::Strictness;
use trueup_plan::tree::{Plan, Text};

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
    pub facts: Option<Facts<'a>>,
    /// The kinds of fact that some source of the program brings; none where the program is not known.
    pub fed: Option<BTreeSet<Text>>,
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
            fed: None,
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

/// The facts of a program, as far as a plan reads them.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The partners under the plan, with the facts that are read row by row.
    pub world: &'a World,
    /// What answers measures.
    pub measurer: &'a dyn Measurer<Answer>,
    /// The day before which settlements end that can be asked for.
    pub until: Date,
    /// What the directory says of each partner, in the order of the world.
    pub classes: &'a [Class],
}

impl fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts")
            .field("partners", &self.world.partners.len())
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// Which kinds of partner one belongs to, as the directory says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Its type.
    pub partner_type: Option<String>,
    /// Its size.
    pub size: Option<String>,
}

/// A worked example of the plan.
#[derive(Clone, Copy, Debug)]
pub struct WorkedExample<'a> {
    /// Its name: its folder's.
    pub name: &'a str,
    /// Its partners and facts.
    pub world: &'a World,
}
