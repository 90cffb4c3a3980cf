//! From a program's folder, facts, journal and books to what a bundle says of a partner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use trueup_base::date::Date;
use trueup_base::id::PartnerId;
use trueup_bundle::declared;
use trueup_bundle::gather::gather;
use trueup_bundle::lines::{Content, sha256};
use trueup_bundle::record::{Posting, Role, Sealed, TextRecord, Under};
use trueup_bundle::{Gathered, Sources, Until, head_of};
use trueup_facts::program::PROGRAM_FILE;
use trueup_facts::snapshot::{Revisions, Snapshot};
use trueup_journal::{Act, Organisation, ring};
use trueup_plan::tree::Plan;
use trueup_program::period;

use crate::agreements::Matched;
use crate::commands::books::{POSTED, posted};
use crate::compute::{self, Prepared};
use crate::failure::Failure;
use crate::folder::Folder;
use crate::locked::{Basis, Standing};
use crate::record::{FACTS_LOGGED, Record, logged};
use crate::refusals::no_partner;
use crate::seals::{self, OnRecord, Parts};

use crate::args::ScopeArgs;
use crate::progress::Progress;

/// Gathers what a bundle says of a partner, by what its period goes by.
pub fn gathered(
    basis: &Basis,
    args: &ScopeArgs,
    partner: &PartnerId,
    record: &Record,
    progress: &Progress,
) -> Result<Gathered, Failure> {
    let (folder, seen) = (&basis.folder, &basis.seen);
    let prepared = compute::prepare_partner(folder, args, partner.as_str(), seen, progress)?;
    let at = prepared.partner(partner.as_str())?;
    let matched = folder
        .matched
        .iter()
        .find(|matched| matched.listed.id == *partner)
        .ok_or_else(|| no_partner(folder, partner.as_str()))?;
    let on_record = OnRecord::of(record)?;
    let mut content = content(basis, args, partner, &prepared)?;
    let plans = under(folder, matched, &mut content)?;
    content.declarations = declarations(folder, &plans);
    let signed = sealed(folder, partner, &on_record, &mut content)?;
    content.postings = postings(record, basis, partner)?;
    content.acts = acts(record, basis, partner, &on_record, (&signed, &content))?;
    let revisions = revisions(folder, &seen.facts, &prepared)?;
    let revision = |kind: &str, id: &str, recorded_on: Option<Date>| {
        let of_kind = revisions.get(kind)?;
        let known = of_kind.get(&(id.to_owned(), recorded_on));
        let latest = || {
            let versions = of_kind.iter().filter(|((own, _), _)| own == id);
            versions.map(|(_, revision)| revision).max()
        };
        known.or_else(latest).copied()
    };
    let family = folder.family_of(prepared.plan);
    let sources = Sources {
        plan: prepared.plan,
        editions: family.map_or(&[], |family| family.editions(partner.as_str())),
        world: &prepared.world,
        measurer: &prepared.source,
        partner: at,
        columns: &matched.listed.columns,
        revision: &revision,
        until: Until {
            until: seen.scope.until,
            from: seen.scope.period.map(|period| period.starts),
        },
    };
    gather(content, &sources).map_err(|why| Failure::Found(why.to_string()))
}

/// The head, and nothing else yet.
fn content(
    basis: &Basis,
    args: &ScopeArgs,
    partner: &PartnerId,
    prepared: &Prepared<'_>,
) -> Result<Content, Failure> {
    let seen = &basis.seen;
    let mut head = head_of(
        &basis.folder.program.name,
        partner.as_str(),
        prepared.plan.currency.code(),
        seen.scope.until,
    );
    head.period.clone_from(&args.period);
    head.from = seen.scope.period.map(|period| period.starts.to_string());
    head.snapshot = seen.facts.number();
    head.facts = seen.facts.digest().to_string();
    head.locked = match basis.standing {
        Standing::Locked(day) => Some(day.to_string()),
        Standing::Unsaid | Standing::Open => None,
    };
    head.run.clone_from(&basis.run);
    Ok(Content::new(head))
}

/// The versions of the agreement with their texts, and the plans they are about.
fn under<'f>(
    folder: &'f Folder,
    matched: &Matched,
    content: &mut Content,
) -> Result<Vec<&'f Plan>, Failure> {
    let gone = || Failure::Fault("a text of the program is gone".to_owned());
    let mut plans = Vec::new();
    let mut paths: BTreeMap<String, Role> = BTreeMap::new();
    for at in matched.versions() {
        let agreement = folder.agreements.get(at).ok_or_else(gone)?;
        let called = agreement.plan.text.to_string();
        let path = folder.sources.path(agreement.name.span.file).to_owned();
        plans.extend(folder.plans.get(&called));
        for text in folder.stands_on.get(&called).into_iter().flatten() {
            let is_plan = text.ends_with(".yaml") || text.ends_with(".yml");
            let role = if is_plan { Role::Plan } else { Role::Rows };
            paths.insert(text.clone(), role);
        }
        paths.insert(path.clone(), Role::Agreement);
        content.head.under.push(Under {
            agreement: agreement.name().to_string(),
            path,
            plan: called,
        });
    }
    for (path, role) in paths {
        let bytes = folder.texts.get(&path).ok_or_else(gone)?;
        let holds = String::from_utf8(bytes.to_vec())
            .map_err(|_| Failure::Fault(format!("{path} is no text")))?;
        content.texts.push(TextRecord {
            sha256: sha256(holds.as_bytes()),
            path,
            role,
            holds,
        });
    }
    Ok(plans)
}

/// The declarations of program.yaml that the plans read: those that stand in the seals.
fn declarations(folder: &Folder, plans: &[&Plan]) -> Vec<trueup_bundle::record::Declaration> {
    let text = folder.texts.get(PROGRAM_FILE);
    let text = text.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let is_wanted = |name: &str| plans.iter().any(|plan| seals::reads(folder, plan, name));
    declared::of_program(&text.unwrap_or_default(), &is_wanted)
}

/// What both sides signed of each version, as far as it stands as it was signed, and the acts by which they did.
fn sealed(
    folder: &Folder,
    partner: &PartnerId,
    on_record: &OnRecord,
    content: &mut Content,
) -> Result<Vec<u64>, Failure> {
    let parts = Parts::of(folder)?;
    let mut acts = Vec::new();
    let own = seals::standing(folder).into_iter();
    for standing in own.filter(|standing| standing.partner == *partner) {
        if let Some(version) = seals::signed(&parts, on_record, &standing)? {
            content.seals.push(Sealed {
                agreement: standing.agreement.clone(),
                accepted_at: version.accepted_at,
                note: version.note.clone(),
            });
            acts.extend([version.proposed_at, version.accepted_at]);
        }
    }
    Ok(acts)
}

/// The partner's postings for what is settled until then; of what is locked, those that fell on closed days.
fn postings(record: &Record, basis: &Basis, partner: &PartnerId) -> Result<Vec<Posting>, Failure> {
    let all = record.wait("reading the books", async |database| {
        database.postings_of(partner).await
    })?;
    let until = basis.seen.scope.until;
    let is_told = |posting: &trueup_books::Posting| {
        let is_settled = posting.key.settled_on < until;
        match basis.standing {
            Standing::Locked(day) => is_settled && posting.falls_on <= day,
            Standing::Unsaid | Standing::Open => is_settled,
        }
    };
    let told = all.into_iter().filter(|(_, posting)| is_told(posting));
    Ok(told
        .map(|(batch, posting)| Posting {
            batch,
            account: posting.account.word().to_owned(),
            plan: posting.key.plan.clone(),
            component: posting.key.component.clone(),
            settled_on: posting.key.settled_on.to_string(),
            falls_on: posting.falls_on.to_string(),
            currency: posting.key.currency.code().to_owned(),
            units: posting.amount,
        })
        .collect())
}

/// The acts that a bundle shows: the keys of both sides, the agreements, the facts, the postings and the closing.
fn acts(
    record: &Record,
    basis: &Basis,
    partner: &PartnerId,
    on_record: &OnRecord,
    (signed, content): (&[u64], &Content),
) -> Result<Vec<(u64, String)>, Failure> {
    let kinds = [
        &ring::KINDS[..],
        &period::KINDS,
        &[POSTED, FACTS_LOGGED],
        &trueup_program::negotiation::KINDS,
    ]
    .concat();
    let (all, _) = record.acts_of(&kinds)?;
    let batches: BTreeSet<u64> = content.postings.iter().map(|one| one.batch).collect();
    let closing = closing(basis, on_record, &all);
    let mut wanted = Vec::new();
    let mut pinned = None;
    for (at, act) in &all {
        let kind = act.kind().as_str();
        let is_wanted = if ring::KINDS.contains(&kind) {
            is_key_of(act, partner)
        } else if kind == POSTED {
            batches.contains(&posted(*at, act)?.batch)
        } else if kind == FACTS_LOGGED {
            if logged(*at, act)?.digest.to_string() == content.head.facts {
                pinned = Some((*at, kind.to_owned()));
            }
            false
        } else {
            closing.contains(at) || signed.contains(at)
        };
        if is_wanted {
            wanted.push((*at, kind.to_owned()));
        }
    }
    wanted.extend(pinned);
    wanted.sort();
    wanted.dedup();
    Ok(wanted)
}

/// The acts by which what is locked was calculated, approved and closed.
fn closing(basis: &Basis, on_record: &OnRecord, all: &[(u64, Act)]) -> BTreeSet<u64> {
    let Standing::Locked(day) = basis.standing else {
        return BTreeSet::new();
    };
    let closings = on_record.periods.closings.iter();
    let mut acts: BTreeSet<u64> = closings
        .filter(|closing| closing.until == day)
        .map(|closing| closing.at)
        .collect();
    let calculation = |act: &Act| {
        let says: Option<Value> = serde_json::from_str(act.says()).ok();
        says?.get("calculation")?.as_u64()
    };
    let closed = all.iter().filter(|(at, _)| acts.contains(at));
    let calculated: BTreeSet<u64> = closed.filter_map(|(_, act)| calculation(act)).collect();
    let approved = all.iter().filter(|(_, act)| {
        act.kind().as_str() == period::APPROVED
            && calculation(act).is_some_and(|at| calculated.contains(&at))
    });
    acts.extend(approved.map(|(at, _)| *at));
    acts.extend(calculated);
    acts
}

/// Whether an act is about a key of the vendor or of the partner.
fn is_key_of(act: &Act, partner: &PartnerId) -> bool {
    let own = Organisation::Partner(partner.clone());
    let is_its = |whose: &Organisation| *whose == Organisation::Vendor || *whose == own;
    let says: Option<Value> = serde_json::from_str(act.says()).ok();
    let text = |name: &str| says.as_ref()?.get(name)?.as_str();
    if let Some(request) = text("request") {
        return ring::requested(request).is_ok_and(|key| is_its(key.organisation()));
    }
    match text("organisation") {
        Some(whose) => whose.parse().is_ok_and(|whose| is_its(&whose)),
        None => is_its(act.behalf()),
    }
}

/// The revisions of the partner's facts, where a source has revisions.
fn revisions(
    folder: &Folder,
    facts: &Snapshot,
    prepared: &Prepared<'_>,
) -> Result<BTreeMap<String, Revisions>, Failure> {
    let program = &folder.program;
    let mut revisions = BTreeMap::new();
    for (kind, rows) in prepared.plan.kinds.iter().zip(&prepared.world.facts) {
        let has_revisions = program.sources.iter().any(|source| {
            let of = program.kinds.get(source.kind);
            source.revision.is_some() && of.is_some_and(|of| *of.name == *kind.name)
        });
        if !has_revisions {
            continue;
        }
        let ids: BTreeSet<String> = rows.rows.iter().map(|row| row.id.to_string()).collect();
        let own = facts.revisions(&kind.name, &ids);
        let own = own.map_err(|fault| Failure::fault("reading the facts", &fault))?;
        revisions.insert(kind.name.to_string(), own);
    }
    Ok(revisions)
}
