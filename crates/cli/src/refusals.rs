//! Questions that have no answer because they ask about nobody or nothing: what is said instead.

use trueup_facts::program::Program;
use trueup_plan::tree::Plan;

use crate::failure::Failure;
use crate::folder::Folder;
use crate::seen::Scope;

/// That a program declares no source of a name.
pub fn no_source(program: &Program, name: &str) -> Failure {
    let known: Vec<&str> = program.sources.iter().map(|source| &*source.name).collect();
    Failure::Use(format!(
        "program.yaml declares no source `{name}`; its sources are {}",
        known.join(", ")
    ))
}

/// Why there is nothing to say about a partner.
pub fn no_partner(folder: &Folder, partner: &str) -> Failure {
    let listed = folder
        .program
        .partners()
        .map(crate::world::listed)
        .unwrap_or_default();
    Failure::Use(if listed.iter().any(|one| one.id.as_str() == partner) {
        format!(
            "partner {partner} takes no part: no agreement in agreements/ is its own or that of a group it belongs to"
        )
    } else {
        format!(
            "there is no partner {partner}; the directory `partners` of program.yaml lists who there is"
        )
    })
}

/// Why a period holds no settlement: it is shorter than the plans' own, or nobody has an agreement then.
pub fn nothing_ends_in<'p>(
    period: &str,
    scope: &Scope,
    plans: impl IntoIterator<Item = &'p Plan>,
) -> Failure {
    let longer = plans.into_iter().find_map(|plan| {
        let asked = scope.period?;
        let own = plan.calendar.window_at(plan.period, asked.starts)?;
        (own.ends > asked.ends).then(|| (plan, plan.calendar.label(&own)))
    });
    Failure::Use(match longer {
        Some((plan, own)) => format!(
            "nothing is settled in {period}: plan {} settles every {}; write --period {own}",
            plan.name,
            plan.period.to_string().replace('_', " ")
        ),
        None => format!("nothing is settled in {period}: no agreement runs then"),
    })
}
