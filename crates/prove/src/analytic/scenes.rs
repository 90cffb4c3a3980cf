//! Which agreements a plan is tried with: those it has, as different from one another as they come.

use std::collections::BTreeSet;

use trueup_base::exact::Exact;
use trueup_engine::world::{Agreement, Cell, Partner};
use trueup_plan::tree::{AttributeId, Name, Plan, Type};

use crate::analytic::scene::{Scene, texts_of};
use crate::subject::{Sample, Subject};

/// The most agreements of the subject that are tried.
const SAMPLES_MAX: usize = 4;
/// The most agreements that are made up for kinds of partner nobody is of.
const MADE_UP_MAX: usize = 4;

/// The scenes of a subject.
pub(crate) fn of<'a>(subject: &Subject<'a>) -> Vec<Scene<'a>> {
    let plan = subject.plan;
    let mut chosen = chosen(subject);
    let made_up = made_up(plan, &chosen);
    chosen.extend(made_up);
    chosen
        .iter()
        .filter_map(|sample| Scene::new(plan, sample))
        .collect()
}

/// Agreements that differ: for each kind of partner one, then those with the least and the most agreed.
fn chosen(subject: &Subject<'_>) -> Vec<Sample> {
    let samples = &subject.samples;
    if samples.is_empty() {
        return nobody(subject.plan).into_iter().collect();
    }
    let mut order: Vec<(usize, Exact)> = samples
        .iter()
        .enumerate()
        .map(|(at, sample)| (at, size_of(&sample.partner)))
        .collect();
    order.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    let ends = order.first().into_iter().chain(order.last());
    let ends: Vec<usize> = ends.map(|(at, _)| *at).collect();
    let mut kinds = BTreeSet::new();
    let mut agreed = BTreeSet::new();
    let mut kept = Vec::new();
    let first_of_kind: Vec<usize> = (0..samples.len())
        .filter(|at| {
            samples
                .get(*at)
                .is_some_and(|sample| kinds.insert(sample.partner.attributes.clone()))
        })
        .collect();
    for at in first_of_kind.into_iter().chain(ends) {
        if let Some(sample) = samples.get(at)
            && kept.len() < SAMPLES_MAX
            && agreed.insert((
                sample.partner.attributes.clone(),
                sample.partner.agreement.terms.clone(),
            ))
        {
            kept.push(sample.clone());
        }
    }
    kept
}

/// What an agreement's figures come to, to tell a small one from a large one.
fn size_of(partner: &Partner) -> Exact {
    let figures = partner.agreement.terms.iter().flatten();
    figures.fold(Exact::ZERO, |sum, cell| match cell {
        Cell::Number(figure) => &sum + figure,
        Cell::Text(_) | Cell::Date(_) | Cell::Flag(_) | Cell::Partner(_) | Cell::Empty => sum,
    })
}

/// A partner nobody knows anything of, for a plan that stands alone.
fn nobody(plan: &Plan) -> Option<Sample> {
    let starts = trueup_base::date::parse_date("2026-01-01").ok()?;
    Some(Sample {
        from: "nobody's agreement".to_owned(),
        partner: Partner {
            id: trueup_base::id::PartnerId::new("p").ok()?,
            parent: None,
            attributes: plan.attributes.iter().map(|_| Cell::Empty).collect(),
            agreement: Agreement::new(plan, starts, None, &[]),
        },
    })
}

/// For each text that a plan compares a partner's column with and that no agreement has, one like the first that has it.
fn made_up(plan: &Plan, chosen: &[Sample]) -> Vec<Sample> {
    let Some(first) = chosen.first() else {
        return Vec::new();
    };
    let mut made_up = Vec::new();
    for (attribute, at) in plan.attributes.iter().zip(0u16..) {
        if attribute.of != Type::Text {
            continue;
        }
        for text in texts_of(plan, Name::Attribute(AttributeId(at))) {
            let cell = Cell::Text(text.clone());
            let index = usize::from(at);
            let has_it = |sample: &Sample| sample.partner.attributes.get(index) == Some(&cell);
            if chosen.iter().chain(&made_up).any(has_it) || made_up.len() >= MADE_UP_MAX {
                continue;
            }
            let mut sample = first.clone();
            while sample.partner.attributes.len() <= index {
                sample.partner.attributes.push(Cell::Empty);
            }
            if let Some(slot) = sample.partner.attributes.get_mut(index) {
                *slot = cell;
            }
            sample.from = format!("{} with {} '{text}'", first.from, attribute.name);
            made_up.push(sample);
        }
    }
    made_up
}
