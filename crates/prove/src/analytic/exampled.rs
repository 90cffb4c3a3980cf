//! Whether a component pays in a worked example: then what no drawing shows of it somebody has worked out.

use trueup_base::exact::Exact;
use trueup_engine::settle::Earner;
use trueup_engine::world::PartnerIx;
use trueup_engine::{Answer, Evaluator, Number, Reference};
use trueup_plan::tree::ComponentId;

use crate::listing::ground::Ground;
use crate::study::Study;

/// Whether any partner of a worked example gets anything of a component.
pub(crate) fn pays(study: &Study<'_>, component: ComponentId) -> bool {
    let plan = study.subject.plan;
    Ground::of_examples(study.subject)
        .into_iter()
        .any(|ground| {
            let evaluator: Evaluator<'_, Answer, _> =
                Evaluator::new(plan, ground.world, &Reference);
            let mut evaluator = evaluator.without_explanation();
            let partners = ground.world.partners.iter().zip(0u32..);
            partners.into_iter().any(|(_, at)| {
                let entitled =
                    evaluator.entitled(PartnerIx(at), ground.until, |id| id == component);
                entitled.iter().any(|one| {
                    one.earner == Earner::Component(component)
                        && one.amount.figure().is_some_and(|pays| *pays != Exact::ZERO)
                })
            })
        })
}
