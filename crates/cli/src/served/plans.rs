//! Plans: their text, and what a change to it says and does.

use std::collections::BTreeMap;

use trueup_base::exact::Exact;
use trueup_facts::texts::Texts;
use trueup_plan::check::Strictness;
use trueup_plan::diagnostic::{Diagnostic, Severity as Grave, Sources};
use trueup_plan::diff::{Side, plans as difference};
use trueup_plan::tree::{Grant, Plan};
use trueup_server::wire::{
    Finding, PartnerEffect, Place, PlanChange, PlanCheckAsked, PlanChecked, PlanEffect, PlanList,
    PlanShort, PlanText, Severity,
};
use trueup_server::{Refused, excerpt};

use crate::args::{ProgramArgs, ScopeArgs};
use crate::commands::words::markdown;
use crate::failure::Failure;
use crate::folder::{self, Folder, Found};
use crate::locked::Basis;
use crate::progress::Progress;
use crate::settling;

use super::figures::money;
use super::{name_of, refused};

/// How many partners are named on each side.
const NAMED_MAX: usize = 25;

/// The plans, by name.
pub fn list(folder: &Folder) -> PlanList {
    PlanList {
        plans: folder
            .plans
            .values()
            .map(|plan| short(folder, plan))
            .collect(),
    }
}

fn short(folder: &Folder, plan: &Plan) -> PlanShort {
    let is_under = |matched: &&crate::agreements::Matched| {
        let mut versions = matched
            .versions()
            .filter_map(|at| folder.agreements.get(at));
        versions.any(|agreement| *agreement.plan.text == *plan.name)
    };
    PlanShort {
        name: plan.name.to_string(),
        title: plan.title.to_string(),
        version: plan.version.to_string(),
        is: plan.is.to_string(),
        file: file_of(folder, plan),
        partners: folder.matched.iter().filter(is_under).count() as u64,
    }
}

fn file_of(folder: &Folder, plan: &Plan) -> String {
    folder.sources.path(plan.span.file).to_owned()
}

fn known<'f>(folder: &'f Folder, name: &str) -> Result<&'f Plan, Refused> {
    folder.plans.get(name).ok_or_else(|| {
        let known: Vec<&str> = folder.plans.keys().map(String::as_str).collect();
        let shown = excerpt(name);
        Refused::not_found(format!(
            "the program has no plan {shown}; its plans are {}",
            known.join(", ")
        ))
    })
}

/// A plan's text and what it says.
pub fn plan(folder: &Folder, name: &str) -> Result<PlanText, Refused> {
    let plan = known(folder, name)?;
    Ok(PlanText {
        plan: short(folder, plan),
        text: folder.sources.file_text(plan.span.file).to_owned(),
        words: markdown(folder, plan),
    })
}

/// What a changed text says and does.
pub fn check(basis: &Basis, asked: &PlanCheckAsked) -> Result<PlanChecked, Refused> {
    let folder = &basis.folder;
    let before = known(folder, &asked.plan)?;
    let file = file_of(folder, before);
    let mut texts = folder.texts.clone();
    texts.insert(file.clone(), asked.text.as_bytes().to_vec().into());
    let texts = Texts::kept(&folder.program.folder, texts);
    let found = folder::read_texts(&texts, Strictness::Draft).map_err(refused)?;
    let findings = findings(&found, &file);
    let is_usable = !found.has_error();
    let after = found.folder.as_ref().filter(|_| is_usable);
    let plan = after.and_then(|after| {
        let is_it = |plan: &&Plan| file_of(after, plan) == file;
        after.plans.values().find(is_it).map(|plan| (after, plan))
    });
    let Some((after, plan)) = plan else {
        return Ok(PlanChecked {
            is_usable: false,
            findings,
            words: None,
            changes: Vec::new(),
            effect: None,
            no_effect: Some("the text cannot be used before its mistakes are mended".to_owned()),
        });
    };
    let sides = (
        Side {
            plan: before,
            sources: &folder.sources,
        },
        Side {
            plan,
            sources: &after.sources,
        },
    );
    let diff = difference(sides.0, sides.1);
    let changes = diff
        .changes
        .iter()
        .enumerate()
        .map(|(at, change)| PlanChange {
            says: change.says.clone(),
            may_move_money: diff.may_move_money(at),
        });
    let (effect, no_effect) = match asked.with_effect.unwrap_or(true) {
        false => (None, None),
        true => match effect(basis, after, (before, plan)) {
            Ok(effect) => (Some(effect), None),
            Err(failure) => (None, Some(refused(failure).says)),
        },
    };
    Ok(PlanChecked {
        is_usable,
        findings,
        words: Some(markdown(after, plan)),
        changes: changes.collect(),
        effect,
        no_effect,
    })
}

/// Every mistake, those of the text itself with their places.
fn findings(found: &Found, file: &str) -> Vec<Finding> {
    let declared = found.declared.1.iter().map(|one| (&found.declared.0, one));
    let written = found.written.iter().map(|one| (&found.sources, one));
    let all = declared.chain(written);
    all.map(|(sources, one)| finding(sources, one, file))
        .collect()
}

fn finding(sources: &Sources, one: &Diagnostic, file: &str) -> Finding {
    let span = one.span();
    let path = sources.path(span.file);
    let place = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
    let end = trueup_plan::span::Span {
        start: span.end,
        ..span
    };
    let ((line, column), (end_line, end_column)) =
        (sources.line_column(span), sources.line_column(end));
    Finding {
        code: one.code.to_owned(),
        severity: match one.severity {
            Grave::Error => Severity::Error,
            Grave::Warning => Severity::Warning,
            Grave::Note => Severity::Note,
        },
        says: match path == file {
            true => one.message.clone(),
            false => format!("{path}: {}", one.message),
        },
        help: one.help.clone(),
        place: (path == file).then(|| Place {
            file: path.to_owned(),
            line: place(line),
            column: place(column),
            end_line: place(end_line),
            end_column: place(end_column),
        }),
    }
}

/// What everyone under a plan is paid, by partner.
fn paid(basis: &Basis, folder: &Folder, plan: &Plan) -> Result<BTreeMap<String, Exact>, Failure> {
    let args = ScopeArgs::of(
        ProgramArgs {
            program: folder.program.folder.clone(),
        },
        None,
        None,
    );
    let (facts, scope) = (&basis.seen.facts, &basis.seen.scope);
    let quiet = Progress::new(true);
    let mut sums = BTreeMap::new();
    let is_it = |settled: &&Plan| {
        settled.name == plan.name
            || folder
                .family_of(settled)
                .is_some_and(|family| family.has(&plan.name))
    };
    for settled in folder.settled_under().into_iter().filter(is_it) {
        let lines = settling::lines_under(folder, settled, facts, &args, scope, &quiet)?;
        for line in lines {
            let sum = sums.entry(line.partner.to_string()).or_insert(Exact::ZERO);
            if let (Grant::Money, Some(posted)) = (line.grants, &line.posted) {
                *sum = &*sum + posted;
            }
        }
    }
    Ok(sums)
}

fn effect(
    basis: &Basis,
    after: &Folder,
    (old, new): (&Plan, &Plan),
) -> Result<PlanEffect, Failure> {
    if old.currency != new.currency {
        return Err(Failure::Found(
            "the text is in another currency, so what it pays cannot be compared".to_owned(),
        ));
    }
    let before = paid(basis, &basis.folder, old)?;
    let after = paid(basis, after, new)?;
    let currency = old.currency;
    let zero = Exact::ZERO;
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let of =
        |sums: &BTreeMap<String, Exact>, name: &str| sums.get(name).cloned().unwrap_or(Exact::ZERO);
    let mut all: Vec<(Exact, &String)> = names
        .into_iter()
        .map(|name| (&of(&after, name) - &of(&before, name), name))
        .collect();
    // The greatest gain first; of the same the smaller id.
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let told = |(difference, name): &(Exact, &String)| PartnerEffect {
        partner: (*name).clone(),
        partner_name: name_of(&basis.folder, name),
        before: money(&of(&before, name), currency),
        after: money(&of(&after, name), currency),
        difference: money(difference, currency),
    };
    let winners = all.iter().filter(|(difference, _)| *difference > zero);
    let losers = all
        .iter()
        .rev()
        .filter(|(difference, _)| *difference < zero);
    let (gained, lost) = (
        winners.clone().count() as u64,
        losers.clone().count() as u64,
    );
    let sum = |sums: &BTreeMap<String, Exact>| sums.values().sum::<Exact>();
    let (was, is) = (sum(&before), sum(&after));
    Ok(PlanEffect {
        before: money(&was, currency),
        after: money(&is, currency),
        difference: money(&(&is - &was), currency),
        winners: gained,
        losers: lost,
        unchanged: all.len() as u64 - gained - lost,
        most_gained: winners.take(NAMED_MAX).map(told).collect(),
        most_lost: losers.take(NAMED_MAX).map(told).collect(),
    })
}
