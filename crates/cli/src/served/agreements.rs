//! A partner's agreements as they go over the wire, and answering what is proposed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use trueup_base::id::PartnerId;
use trueup_journal::{Custody, Organisation, PublicKey};
use trueup_plan::agreement::{self, Stated};
use trueup_plan::diff::{Side, plans as difference};
use trueup_plan::tree::Plan;
use trueup_plan::words;
use trueup_program::Thread;
use trueup_server::Actor;
use trueup_server::wire::{
    AgreementAnswer, AgreementList, AgreementOutcome, AgreementShown, Permitted, PlanChange,
    ProposedAgreement, SignedAgreement,
};

use crate::args::{ByArgs, ChosenArgs, ProgramArgs};
use crate::commands::agreement::{Answer, answered, folder_as_of, state_of};
use crate::commands::words::markdown;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::seals::{Parts, standing};

use super::look::Look;
use super::name_of;
use super::signing::no_key;

/// The texts that agreements were made from, each list of them read once.
struct Texts<'p> {
    program: &'p Path,
    read: BTreeMap<String, Arc<Folder>>,
}

impl Texts<'_> {
    fn of(&mut self, digest: &str) -> Result<Arc<Folder>, Failure> {
        if let Some(known) = self.read.get(digest) {
            return Ok(known.clone());
        }
        let folder = Arc::new(folder_as_of(self.program, digest)?);
        self.read.insert(digest.to_owned(), folder.clone());
        Ok(folder)
    }
}

/// An agreement's plan and own text in a folder.
fn under<'f>(folder: &'f Folder, agreement: &str) -> Option<(&'f Plan, &'f str)> {
    let mut all = folder.agreements.iter();
    let found = all.find(|one| *one.name() == *agreement)?;
    let plan = folder.plans.get(&*found.plan.text)?;
    Some((plan, folder.sources.file_text(found.name.span.file)))
}

fn side<'f>(folder: &'f Folder, plan: &'f Plan) -> Side<'f> {
    Side {
        plan,
        sources: &folder.sources,
    }
}

/// The figures that an agreement states, by their terms and the periods they are for.
fn stated(folder: &Folder, plan: &Plan, agreement: &str) -> BTreeMap<String, String> {
    let mut all = folder.agreements.iter();
    let text = all.find(|one| *one.name() == *agreement);
    let Some(node) = text.and_then(|text| text.terms.as_ref()) else {
        return BTreeMap::new();
    };
    let named = |one: &Stated| {
        let term = plan.terms.get(one.term.index())?;
        let what = match one.period {
            Some(period) => format!("{} in {}", term.name, plan.calendar.label(&period)),
            None => term.name.to_string(),
        };
        Some((what, words::stated(plan, &folder.sources, one)))
    };
    let stated = agreement::terms(plan, node, &mut Vec::new());
    stated.iter().filter_map(named).collect()
}

/// Which agreed figures are others, in words.
fn changed_figures(
    was: &BTreeMap<String, String>,
    is: &BTreeMap<String, String>,
) -> Vec<PlanChange> {
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let says = |name: &String| match (was.get(name), is.get(name)) {
        (Some(was), Some(is)) if was == is => None,
        (Some(was), Some(is)) => Some(format!("{name} is agreed as {is} instead of {was}")),
        (None, Some(is)) => Some(format!(
            "{name} is agreed as {is}, where the plan's own figure held"
        )),
        (Some(was), None) => Some(format!(
            "{name} is no longer agreed, as {was}: the plan's own figure holds"
        )),
        (None, None) => None,
    };
    let says = names.into_iter().filter_map(says);
    says.map(|says| PlanChange {
        says,
        may_move_money: true,
    })
    .collect()
}

/// What changed in meaning between two states of an agreement, in words: the figures that are agreed, and its plan.
fn changes(before: &Folder, after: &Folder, agreement: &str) -> Vec<PlanChange> {
    let (Some((was, _)), Some((is, _))) = (under(before, agreement), under(after, agreement))
    else {
        return Vec::new();
    };
    let mut changes = changed_figures(
        &stated(before, was, agreement),
        &stated(after, is, agreement),
    );
    let diff = difference(side(before, was), side(after, is));
    let told = diff.changes.iter().enumerate();
    changes.extend(told.map(|(at, change)| PlanChange {
        says: change.says.clone(),
        may_move_money: diff.may_move_money(at),
    }));
    changes
}

/// A partner's agreements, the latest first.
pub fn of(look: &Look, program: &Path, partner: &str) -> Result<AgreementList, Failure> {
    let folder = &look.open.basis.folder;
    let parts = Parts::of(folder)?;
    let on_record = look.on_record();
    let mut texts = Texts {
        program,
        read: BTreeMap::new(),
    };
    let mut agreements = Vec::new();
    for one in standing(folder) {
        if one.partner.as_str() != partner {
            continue;
        }
        let thread = on_record.negotiations.thread(&one.partner, &one.agreement);
        let now = match look.record {
            Some(_) => parts.seal(&one, &on_record.ring)?.ok(),
            None => None,
        };
        let (state, says) = match look.record {
            Some(_) => state_of(thread, now.as_ref()),
            None => ("draft", "the program has no journal yet".to_owned()),
        };
        let signed = thread.and_then(|thread| thread.signed.last());
        let signed = signed.map(|last| texts.of(&last.texts)).transpose()?;
        let shown: &Folder = signed.as_deref().unwrap_or(folder);
        let Some((plan, text)) =
            under(shown, &one.agreement).or_else(|| under(folder, &one.agreement))
        else {
            continue;
        };
        let dated = folder.agreements.get(one.at);
        agreements.push(AgreementShown {
            name: one.agreement.clone(),
            plan_title: match plan.title.is_empty() {
                true => plan.name.to_string(),
                false => plan.title.to_string(),
            },
            plan: format!("{} {}", plan.name, plan.version),
            starts_on: dated
                .map(|text| text.starts.to_string())
                .unwrap_or_default(),
            ends_until: dated.and_then(|text| text.until).map(|day| day.to_string()),
            state: state.to_owned(),
            says,
            text: text.to_owned(),
            words: markdown(shown, plan),
            is_as_signed: signed.is_some(),
            signed: thread.map(versions).unwrap_or_default(),
            changes: changed_last(thread, &mut texts, &one.agreement)?,
            proposal: proposed(thread, &mut texts, (signed.as_deref(), &one.agreement))?,
            may_answer: may_answer(look, thread, &one.partner),
        });
    }
    agreements.sort_by(|one, two| two.starts_on.cmp(&one.starts_on));
    Ok(AgreementList {
        partner: partner.to_owned(),
        partner_name: name_of(folder, partner),
        agreements,
    })
}

fn versions(thread: &Thread) -> Vec<SignedAgreement> {
    let signed = thread.signed.iter().rev();
    signed
        .map(|version| SignedAgreement {
            proposed_at: version.proposed_at,
            accepted_at: version.accepted_at,
            signed_on: version.on.clone(),
            is_custodial: version.seal.custody == Custody::Custodial,
        })
        .collect()
}

/// What the latest signed version changed against the one before it.
fn changed_last(
    thread: Option<&Thread>,
    texts: &mut Texts<'_>,
    agreement: &str,
) -> Result<Vec<PlanChange>, Failure> {
    let signed = thread.map_or(&[][..], |thread| &thread.signed);
    match signed {
        [.., before, last] if before.texts != last.texts => {
            let (before, last) = (texts.of(&before.texts)?, texts.of(&last.texts)?);
            Ok(changes(&before, &last, agreement))
        }
        _ => Ok(Vec::new()),
    }
}

fn proposed(
    thread: Option<&Thread>,
    texts: &mut Texts<'_>,
    (signed, agreement): (Option<&Folder>, &str),
) -> Result<Option<ProposedAgreement>, Failure> {
    let Some(open) = thread.and_then(|thread| thread.open.as_ref()) else {
        return Ok(None);
    };
    let as_proposed = texts.of(&open.texts)?;
    let words = under(&as_proposed, agreement).map(|(plan, _)| markdown(&as_proposed, plan));
    Ok(Some(ProposedAgreement {
        proposal: open.at,
        by: open.by.to_string(),
        because: open.because.clone(),
        proposed_on: open.on.clone(),
        words: words.unwrap_or_default(),
        changes: signed.map_or_else(Vec::new, |signed| changes(signed, &as_proposed, agreement)),
    }))
}

fn may_answer(look: &Look, thread: Option<&Thread>, partner: &PartnerId) -> Permitted {
    let whose = Organisation::Partner(partner.clone());
    let Some(open) = thread.and_then(|thread| thread.open.as_ref()) else {
        return Permitted::no("nothing is proposed");
    };
    if open.by == whose {
        return Permitted::no("it is your own proposal; the other side answers");
    }
    let wanted = open.seal.key_of(&whose);
    let counts = |key: &PublicKey| {
        look.on_record()
            .ring
            .of(&whose)
            .any(|held| held.key == *key)
    };
    if !counts(wanted) {
        return Permitted::no(format!(
            "it was proposed for the key {}, which counts no longer; the other side proposes it again, for the key that does",
            wanted.id()
        ));
    }
    match look.signs_with(&whose) {
        Some(_) => Permitted::yes(),
        None => no_key(),
    }
}

/// Answers a proposal in the partner's name.
pub fn answer(
    program: &Path,
    who: &Actor,
    (partner, agreement): (&str, &str),
    asked: &AgreementAnswer,
) -> Result<(), Failure> {
    let chosen = ChosenArgs {
        agreements: vec![agreement.to_owned()],
        all: false,
        partner: Some(partner.to_owned()),
        behalf: format!("partner/{partner}"),
        key_file: None,
        program: ProgramArgs {
            program: program.to_owned(),
        },
        by: ByArgs {
            by: who.person.clone(),
        },
    };
    let because = asked.because.as_deref().unwrap_or_default().trim();
    let answer = match asked.outcome {
        AgreementOutcome::Accepted => Answer::Accept,
        AgreementOutcome::Declined if because.is_empty() => {
            return Err(Failure::Use("say why it is declined".to_owned()));
        }
        AgreementOutcome::Declined => Answer::Decline(because),
    };
    answered(&chosen, asked.proposal, answer)
}
