//! Worked examples in the place of facts.

use std::collections::BTreeMap;
use std::path::Path;

use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_engine::cases::{self, CaseFiles};
use trueup_engine::world::{Cell, World, date_of};
use trueup_engine::{Answer, Evaluator, Reference};
use trueup_plan::tree::Plan;

use super::{Asked, Plans, all_before};
use crate::earned::Earned;
use crate::effects::Known;
use crate::failure::Failure;
use crate::seen::Scope;
use crate::{output, worked};

/// A worked example and the plan it is about.
pub(super) struct Example {
    pub(super) files: CaseFiles,
    pub(super) plan: String,
}

/// The worked examples below a folder that are about one of the plans before.
pub(super) fn below(plans: &Plans<'_>, dir: &Path) -> Result<Vec<Example>, Failure> {
    let mut folders = Vec::new();
    worked::find(dir, &mut folders)?;
    folders.sort();
    let names: Vec<String> = (0..plans.diff.pairs.len())
        .filter_map(|pair| all_before(plans, pair))
        .map(|(plan, _)| plan.name.to_string())
        .collect();
    let mut examples = Vec::new();
    for folder in folders {
        let files = worked::read(&folder)?;
        let plan = files.plan_name();
        if let Some(plan) = plan.filter(|plan| names.contains(plan)) {
            examples.push(Example { files, plan });
        }
    }
    if examples.is_empty() {
        return Err(Failure::Found(format!(
            "there are no facts to work the difference out with: {} has taken in none, and holds no worked example of {}; \
             take facts in with `trueup ingest --program {}`",
            dir.display(),
            names.join(", "),
            output::quoted(dir)
        )));
    }
    Ok(examples)
}

/// A partner of a worked example, told apart from those of other examples.
fn called(example: &Example, partner: &str) -> String {
    format!("{}/{partner}", example.files.name)
}

/// What an example says of its partners.
pub(super) fn known_of(example: &Example) -> BTreeMap<String, Known> {
    let Some((plan, world)) = cases::setting(&example.files) else {
        return BTreeMap::new();
    };
    world
        .partners
        .iter()
        .map(|partner| {
            let columns = plan.attributes.iter().zip(&partner.attributes);
            let columns = columns.filter_map(|(attribute, cell)| match cell {
                Cell::Text(text) => Some((attribute.name.to_string(), text.to_string())),
                Cell::Number(_)
                | Cell::Date(_)
                | Cell::Flag(_)
                | Cell::Partner(_)
                | Cell::Empty => None,
            });
            let known = Known {
                name: None,
                columns: columns.collect(),
            };
            (called(example, partner.id.as_str()), known)
        })
        .collect()
}

/// The settlements of a worked example's partners, up to the end of the period of its last fact.
pub(super) fn settled(
    example: &Example,
    plan: &Plan,
    world: &World,
    asked: &Asked<'_>,
) -> Result<Vec<Earned>, Failure> {
    let period = match asked.period {
        None => None,
        Some(text) => Some(
            plan.calendar
                .parse_period(text)
                .map_err(|error| Failure::Use(format!("--period {text}: {error}")))?,
        ),
    };
    let last = world
        .facts
        .iter()
        .zip(&plan.kinds)
        .flat_map(|(facts, kind)| facts.rows.iter().map(|row| date_of(row, kind.dated)))
        .flatten()
        .max();
    let until = match (period, last) {
        (Some(period), _) => period.ends,
        (None, Some(last)) => end_of_periods(plan, last),
        (None, None) => return Ok(Vec::new()),
    };
    let scope = Scope { period, until };
    let mut evaluator: Evaluator<'_, Answer, Reference> = Evaluator::new(plan, world, &Reference);
    let mut lines = Vec::new();
    for at in world.all() {
        let Some(partner) = world.partner(at) else {
            continue;
        };
        if asked
            .partner
            .is_some_and(|wanted| wanted != partner.id.as_str())
        {
            continue;
        }
        let name = called(example, partner.id.as_str());
        let id = PartnerId::new(name.as_str()).unwrap_or_else(|_| partner.id.clone());
        for line in evaluator.settle(at, until) {
            if scope.holds(&line.settlement) {
                lines.push(Earned::from_line(plan, &id, &line));
            }
        }
        evaluator.forget_partner();
    }
    Ok(lines)
}

/// The end of the longest window of a plan that a day lies in.
fn end_of_periods(plan: &Plan, last: Date) -> Date {
    let units = plan
        .components
        .iter()
        .map(|component| component.every)
        .chain([plan.period]);
    units
        .filter_map(|unit| plan.calendar.window_at(unit, last))
        .map(|window| window.ends)
        .max()
        .unwrap_or(last)
}
