//! What a partner's settlements posted, by what names a line, so that two of them can be compared.

use std::collections::BTreeMap;

use trueup_base::calendar::Window;
use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::money::Currency;
use trueup_plan::tree::{Grant, Plan, Text};

use crate::evaluate::{Evaluator, Place};
use crate::measure::Measurer;
use crate::number::{Answer, Number};
use crate::settle::{Earner, Line};
use crate::world::PartnerIx;

/// What names a line of one partner, in whatever run it stands: when its settlement ends and what earned it. When the
/// settlement begins is not part of it, since an agreement may cut it in one run and not in the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineKey {
    /// The day after the settlement's last.
    pub ends: Date,
    /// The component, or a limit's `top_up`.
    pub earner: Text,
    /// What it grants.
    pub grants: Grant,
    /// In which currency, for money and fund credit.
    pub currency: Currency,
}

/// What a settlement posts for one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WindowPosted {
    pub(super) window: Window,
    pub(super) label: String,
    pub(super) posted: Exact,
}

/// One line as it was settled.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    /// Where the entitlement was asked.
    pub(super) place: Place,
    /// The settlement's first day.
    pub(super) starts: Date,
    /// The settlement as the calendar names it.
    pub(super) period: String,
    pub(super) posted: Exact,
    pub(super) before: Exact,
    /// What it posts for single windows, by the first day of the full one.
    pub(super) windows: BTreeMap<Date, WindowPosted>,
    /// Why windows have no answer.
    pub(super) open: Vec<String>,
}

/// A partner's lines.
pub(super) type Ledger = BTreeMap<LineKey, Settled>;

/// What an earner is called in lines.
pub(super) fn earner_name(plan: &Plan, earner: Earner) -> Text {
    match earner {
        Earner::Component(id) => plan[id].name.clone(),
        Earner::TopUp(id) => format!("{}.top_up", plan[id].name).into(),
    }
}

/// The earner of a name, where the plan has it.
pub(super) fn earner_of(plan: &Plan, name: &str) -> Option<Earner> {
    let component = plan
        .components
        .iter()
        .zip(0u16..)
        .find(|(component, _)| *component.name == *name)
        .map(|(_, at)| Earner::Component(trueup_plan::tree::ComponentId(at)));
    component.or_else(|| {
        let limit = name.strip_suffix(".top_up")?;
        let (_, at) = plan
            .limits
            .iter()
            .zip(0u16..)
            .find(|(known, _)| *known.name == *limit)?;
        Some(Earner::TopUp(trueup_plan::tree::LimitId(at)))
    })
}

/// Every line of a partner that ends by a day.
pub(super) fn settled<M: Measurer<Answer>>(
    evaluator: &mut Evaluator<'_, Answer, M>,
    partner: PartnerIx,
    until: Date,
) -> Ledger {
    let plan = evaluator.plan();
    let mut ledger = Ledger::new();
    for line in evaluator.settle(partner, until) {
        let grants = match line.earner {
            Earner::Component(id) => plan[id].grants,
            Earner::TopUp(_) => Grant::Money,
        };
        let key = LineKey {
            ends: line.settlement.ends,
            earner: earner_name(plan, line.earner),
            grants,
            currency: plan.currency,
        };
        ledger.insert(key, of_line(plan, &line));
    }
    ledger
}

fn of_line(plan: &Plan, line: &Line<Answer>) -> Settled {
    let figure = |answer: &Answer| answer.figure().cloned().unwrap_or(Exact::ZERO);
    Settled {
        place: line.place,
        starts: line.settlement.starts,
        period: plan.calendar.label(&line.settlement),
        posted: figure(&line.posted),
        before: figure(&line.before),
        windows: line
            .parts
            .iter()
            .map(|part| {
                let posted = WindowPosted {
                    window: part.window,
                    label: plan.calendar.label(&part.window),
                    posted: figure(&part.posted),
                };
                (part.window.full_starts, posted)
            })
            .collect(),
        open: line
            .open
            .iter()
            .map(|reason| reason.why.to_string())
            .collect(),
    }
}

/// What a line posts more in the second ledger than in the first.
pub(super) fn difference(before: &Ledger, after: &Ledger, key: &LineKey) -> Exact {
    let posted = |ledger: &Ledger| {
        ledger
            .get(key)
            .map_or(Exact::ZERO, |line| line.posted.clone())
    };
    &posted(after) - &posted(before)
}

/// The lines that post something else in the second ledger than in the first, or whose open questions are others.
pub(super) fn lines_that_differ(before: &Ledger, after: &Ledger) -> Vec<LineKey> {
    let mut keys: Vec<LineKey> = before.keys().chain(after.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| !difference(before, after, key).is_zero());
    keys
}
