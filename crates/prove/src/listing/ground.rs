//! The facts that a plan is looked at with: those of its program, or those of its worked examples.

use trueup_base::calendar::WindowUnit;
use trueup_base::date::Date;
use trueup_engine::world::{World, date_of};
use trueup_engine::{Answer, Measurer, Reference};
use trueup_plan::tree::Plan;

use crate::subject::{Facts, Subject};

/// Partners, their facts, and until when they are settled.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    /// The worked example's name; none for the program's own facts.
    pub example: Option<&'a str>,
    /// The partners and their facts.
    pub world: &'a World,
    /// What answers measures.
    pub measurer: &'a dyn Measurer<Answer>,
    /// The day before which settlements end.
    pub until: Date,
}

impl<'a> Ground<'a> {
    /// The program's facts.
    pub fn of_facts(facts: Facts<'a>) -> Self {
        Self {
            example: None,
            world: facts.world,
            measurer: facts.measurer,
            until: facts.until,
        }
    }

    /// The worked examples that hold facts, each until the end of the year of its last fact.
    pub fn of_examples(subject: &Subject<'a>) -> Vec<Self> {
        subject
            .examples
            .iter()
            .filter_map(|example| {
                Some(Self {
                    example: Some(example.name),
                    world: example.world,
                    measurer: &Reference,
                    until: end_of_last_year(subject.plan, example.world)?,
                })
            })
            .collect()
    }
}

/// The end of the year in which the last fact happened.
fn end_of_last_year(plan: &Plan, world: &World) -> Option<Date> {
    let last = plan
        .kinds
        .iter()
        .zip(&world.facts)
        .filter_map(|(kind, facts)| {
            facts
                .rows
                .iter()
                .filter_map(|row| date_of(row, kind.dated))
                .max()
        })
        .max()?;
    let year = plan.calendar.window_at(WindowUnit::Year, last)?;
    Some(year.ends)
}
