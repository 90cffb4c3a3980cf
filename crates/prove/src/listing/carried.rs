//! Carried values and how far they unroll: one step for each window of the agreement.

use trueup_base::calendar::WindowUnit;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::Plan;

use crate::listing::reads::name_at;
use crate::registry::Kind;
use crate::study::Study;

/// Values that remember.
pub(crate) const KIND: Kind = Kind {
    name: "carried values",
    codes: &["C4"],
    what: "Values that depend on themselves one window earlier, with the number of steps they take.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    plan.values
        .iter()
        .filter(|value| value.carried)
        .filter_map(|value| Some((value, value.every?)))
        .map(|(value, step)| {
            let message = format!(
                "{} is carried from one {step} to the next: {}",
                value.name,
                length(study, plan, step)
            );
            Diagnostic::note("C4", name_at(value.span, &value.name), message)
        })
        .collect()
}

/// How many steps there are: in the longest agreement that has an end, or in a year.
fn length(study: &Study<'_>, plan: &Plan, step: WindowUnit) -> String {
    let longest = study
        .subject
        .samples
        .iter()
        .filter_map(|sample| {
            let agreement = &sample.partner.agreement;
            let steps = match step {
                WindowUnit::Agreement => 1,
                unit => plan
                    .calendar
                    .windows_in(unit, agreement.starts, agreement.until?)
                    .len(),
            };
            Some((steps, &sample.from))
        })
        .max_by(|(steps, from), (other_steps, other)| {
            // Of two that are as long the one whose name comes first.
            steps.cmp(other_steps).then_with(|| other.cmp(from))
        });
    match longest {
        Some((1, from)) => format!("1 step in {from}"),
        Some((steps, from)) => format!("{steps} steps in {from}"),
        None => match in_a_year(step) {
            Some(1) => "1 step for every year of an agreement".to_owned(),
            Some(steps) => format!("{steps} steps for every year of an agreement"),
            None => format!("1 step for every {step} of an agreement"),
        },
    }
}

fn in_a_year(step: WindowUnit) -> Option<u32> {
    match step {
        WindowUnit::Day => Some(365),
        WindowUnit::Week => Some(52),
        WindowUnit::HalfMonth => Some(24),
        WindowUnit::Month => Some(12),
        WindowUnit::Quarter => Some(4),
        WindowUnit::Half => Some(2),
        WindowUnit::Year => Some(1),
        WindowUnit::Period | WindowUnit::Agreement => None,
    }
}
