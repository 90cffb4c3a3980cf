//! A program under other plans: its facts, its partners and what was agreed with them stay; a plan takes the place of the
//! one of its name.

use std::collections::{BTreeMap, BTreeSet};

use trueup_plan::agreement::{self, AgreementText};
use trueup_plan::diagnostic::{Diagnostic, Sources, any_error, render};
use trueup_plan::diff::PlanDiff;
use trueup_plan::tree::{Plan, Text};
use trueup_plan::yaml::{Entry, Node, NodeKind, Scalar};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::plans::Standing;
use crate::sides::PlanSide;
use crate::{agreements, fits};

/// What the plan that takes a place comes from.
#[derive(Clone, Copy)]
pub enum From<'a> {
    /// From nothing: its terms are as agreed as they are.
    Nothing,
    /// From a plan whose names it kept.
    Same(&'a Plan),
    /// From a plan by a difference.
    Changed(&'a Plan, &'a PlanDiff),
}

impl From<'_> {
    /// What a term is called in the plan.
    fn term_now(self, plan: &Plan, term: &str) -> Option<Text> {
        match self {
            Self::Nothing | Self::Same(_) => None,
            Self::Changed(before, diff) => diff.term_now(before, plan, term),
        }
    }

    /// Whether a term of the plan was asked for before; where nothing was before, nothing is new.
    fn knew(self, plan: &Plan, term: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Same(before) => before.terms.iter().any(|known| *known.name == *term),
            Self::Changed(before, _) => before.terms.iter().any(|known| {
                self.term_now(plan, &known.name)
                    .is_some_and(|now| *now == *term)
            }),
        }
    }
}

/// The folder with a plan in the place of the one called `name`.
///
/// What another plan called otherwise is carried over. A term that only the plan asks for, that it gives no figure for
/// and that an agreement does not state is refused: nobody could be paid by it.
pub fn under(
    folder: &Folder,
    name: &str,
    side: &PlanSide,
    from: From<'_>,
) -> Result<Folder, Failure> {
    if !folder.plans.contains_key(name) {
        let known: Vec<&str> = folder.plans.keys().map(String::as_str).collect();
        return Err(Failure::Use(format!(
            "the program has no plan {name} whose place could be taken; its plans are {}",
            known.join(", ")
        )));
    }
    let mut plan = side.plan.clone();
    plan.name = name.into();
    let found = fits_the_program(folder, &plan);
    if any_error(&found) {
        return Err(does_not_fit(&side.plan, &side.sources, &found));
    }
    let mut changed = folder.clone();
    for agreement in &mut changed.agreements {
        if *agreement.plan.text == *name {
            carry_terms(agreement, &plan, from);
        }
    }
    refuse_unstated(&changed, &plan, from)?;
    // One mistake in a group's agreement is found with each of its partners.
    let mut told: Vec<Diagnostic> = Vec::new();
    for one in &changed.matched {
        let texts = one.versions().filter_map(|at| changed.agreements.get(at));
        for text in texts.filter(|text| *text.plan.text == *name) {
            let mut found = Vec::new();
            agreements::partner(&plan, one, text, &mut found);
            for one in found {
                if !told.contains(&one) {
                    told.push(one);
                }
            }
        }
    }
    if any_error(&told) {
        return Err(does_not_fit(&side.plan, &folder.sources, &told));
    }
    changed.plans.insert(name.to_owned(), plan);
    changed.gather();
    Ok(changed)
}

fn does_not_fit(plan: &Plan, sources: &Sources, found: &[Diagnostic]) -> Failure {
    Failure::Found(format!(
        "the plan {} does not fit the program with the facts:\n{}",
        plan.name,
        render(sources, found).trim_end()
    ))
}

/// Whether the plan says what program.yaml says.
fn fits_the_program(folder: &Folder, plan: &Plan) -> Vec<Diagnostic> {
    let mut name = Scalar::plain(&plan.name, plan.span.file, plan.span.start);
    name.span.end = plan.span.start;
    let standing = Standing {
        name,
        plan: Some(plan.clone()),
        texts: BTreeSet::new(),
    };
    let mut found = Vec::new();
    let plans = BTreeMap::from([(plan.name.to_string(), standing)]);
    fits::programs(&folder.program, &plans, &mut found);
    found
}

/// Lets an agreement state what the plan asks for: terms by the names they have now, without those it asks for no more.
fn carry_terms(agreement: &mut AgreementText, plan: &Plan, from: From<'_>) {
    let Some(terms) = &mut agreement.terms else {
        return;
    };
    let NodeKind::Map(entries) = &mut terms.is else {
        return;
    };
    let asked: BTreeSet<&str> = plan.terms.iter().map(|term| &*term.name).collect();
    let carried: Vec<Entry> = entries
        .drain(..)
        .filter_map(|mut entry| {
            if let Some(now) = from.term_now(plan, &entry.key.text) {
                entry.key.text = now;
            }
            asked.contains(&*entry.key.text).then_some(entry)
        })
        .collect();
    *entries = carried;
}

/// Refuses a term that only the plan after knows, that it gives no figure for, and that an agreement leaves out.
fn refuse_unstated(folder: &Folder, plan: &Plan, from: From<'_>) -> Result<(), Failure> {
    let in_use: BTreeSet<usize> = folder
        .matched
        .iter()
        .flat_map(agreements::Matched::versions)
        .collect();
    for term in plan.terms.iter().filter(|term| term.declared) {
        if term.agreed.is_some() || from.knew(plan, &term.name) {
            continue;
        }
        let without: Vec<&str> = folder
            .agreements
            .iter()
            .enumerate()
            .filter(|(at, text)| in_use.contains(at) && *text.plan.text == *plan.name)
            .filter(|(_, text)| !states(text.terms.as_ref(), &term.name))
            .map(|(_, text)| &*text.name.text)
            .collect();
        if let [first, others @ ..] = without.as_slice() {
            let who = match others.len() {
                0 => format!("the agreement {first} does"),
                1 => format!("the agreements {first} and 1 other do"),
                more => format!("the agreements {first} and {more} others do"),
            };
            return Err(Failure::Found(format!(
                "nobody can be paid by the plan after: it asks for the term {}, which {who} not state; give it a figure \
                 in the plan (agreed: …), or state it in the agreements",
                term.name
            )));
        }
    }
    Ok(())
}

fn states(terms: Option<&Node>, name: &str) -> bool {
    terms.is_some_and(|terms| terms.entries().iter().any(|entry| *entry.key.text == *name))
}

/// The folder with an agreement in the place of the one called `name`.
pub fn with_agreement(
    folder: &Folder,
    name: &str,
    text: &AgreementText,
    sources: &Sources,
) -> Result<Folder, Failure> {
    let mut changed = folder.clone();
    let Some(slot) = changed
        .agreements
        .iter_mut()
        .find(|known| *known.name.text == *name)
    else {
        return Err(Failure::Use(format!(
            "the program with the facts has no agreement {name} whose place could be taken"
        )));
    };
    *slot = text.clone();
    let Some(directory) = folder.program.partners() else {
        return Ok(changed);
    };
    let listed = crate::world::listed(directory);
    let mut found = Vec::new();
    changed.matched =
        agreements::matched(&listed, &directory.columns, &changed.agreements, &mut found);
    match changed.plans.get(&*text.plan.text) {
        Some(plan) => {
            if let Some(terms) = &text.terms {
                agreement::terms(plan, terms, &mut found);
            }
        }
        None => {
            return Err(Failure::Found(format!(
                "the agreement {} is under the plan {}, and the program with the facts has none of that name",
                text.name(),
                text.plan.text
            )));
        }
    }
    if any_error(&found) {
        return Err(Failure::Found(format!(
            "the agreement {} does not fit the program with the facts:\n{}",
            text.name(),
            render(sources, &found).trim_end()
        )));
    }
    changed.gather();
    Ok(changed)
}
