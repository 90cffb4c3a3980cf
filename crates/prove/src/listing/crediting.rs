//! Overlays: credit that is given besides the shares that make up a row, so that one row pays more than once on purpose.

use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::{CreditTo, KindId, Plan};

use crate::listing::reads::{listed, of_components};
use crate::registry::Kind;
use crate::study::Study;

/// Credit besides the row.
pub(crate) const KIND: Kind = Kind {
    name: "overlays",
    codes: &["D6"],
    what: "Credit that is given besides the shares that make up a row, and what pays by it.",
    find,
};

fn find(study: &Study<'_>) -> Vec<Diagnostic> {
    let plan = study.subject.plan;
    let mut found = Vec::new();
    for (kind, at) in plan.kinds.iter().zip(0u16..) {
        for line in kind.credited.iter().filter(|line| line.overlay) {
            let to = match line.to {
                CreditTo::Column(column) => {
                    format!("the {}", kind.column(column).name)
                }
                CreditTo::Upline(column) => {
                    format!("everyone above the {}", kind.column(column).name)
                }
            };
            let share = trueup_engine::explain::Figure::Number {
                exact: line.share.clone(),
                unit: trueup_plan::tree::Unit::RATIO,
                currency: plan.currency,
            };
            let by = paid_by(plan, KindId(at), &line.role);
            let then = match by.as_slice() {
                [] => "nothing is paid by it".to_owned(),
                names => format!("{} goes by it", listed(names)),
            };
            let message = format!(
                "{to} is credited {share} of every {} besides, as {}: {then}",
                kind.name, line.role
            );
            found.push(Diagnostic::note("D6", line.span, message));
        }
    }
    found
}

/// The components that read a kind in a role.
fn paid_by<'p>(plan: &'p Plan, kind: KindId, role: &str) -> Vec<&'p str> {
    of_components(plan)
        .into_iter()
        .filter(|(component, reads)| {
            let on_rows = component
                .each
                .as_ref()
                .is_some_and(|each| each.kind == kind && &*each.role == role);
            on_rows
                || reads
                    .measures
                    .iter()
                    .any(|id| plan[*id].kind == kind && &*plan[*id].role == role)
        })
        .map(|(component, _)| &*component.name)
        .collect()
}
