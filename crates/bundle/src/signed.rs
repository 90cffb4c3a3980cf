//! What is signed in a bundle: the checkpoint, the acts below it, the act that states the bundle, and the agreements' seals.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use trueup_journal::Hash;
use trueup_journal::{Act, Checkpoint, Custody, Organisation, Proof, PublicKey, ring};
use trueup_plan::agreement::AgreementText;
use trueup_program::negotiation::{ACCEPTED, Accepted};
use trueup_program::period::{APPROVED, Approved, CALCULATED, CLOSED, Calculated, Closed};
use trueup_program::{Part, Seal};

use crate::declared;
use crate::lines::{Bundle, sha256};
use crate::record::{ISSUED, Issued};
use crate::verify::{Finding, Report, counted};

/// The kind of act that pins facts.
const FACTS_LOGGED: &str = "facts.logged";

/// An act of a bundle, read.
struct Read {
    at: u64,
    act: Act,
}

impl Read {
    fn place(&self) -> String {
        format!("act {} ({})", self.at, self.act.kind())
    }

    fn says<T: DeserializeOwned>(&self) -> Result<T, Finding> {
        serde_json::from_str(self.act.says())
            .map_err(|error| Finding::at(self.place(), format!("what it says is no such: {error}")))
    }
}

/// Errors with their causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Holds everything that is signed to the vendor's key.
pub fn check(bundle: &Bundle, key: &PublicKey, report: &mut Report) {
    let acts = match acts(bundle, key, report) {
        Ok(acts) => acts,
        Err(finding) => {
            report.found.push(finding);
            return;
        }
    };
    texts(bundle, report);
    let seals = seals(bundle, key, &acts, report);
    signatures(key, &acts, &seals, report);
    closing(bundle, &acts, report);
    facts(bundle, &acts, report);
}

/// The acts, each below the checkpoint that the key signed; the last one states the bundle.
fn acts(bundle: &Bundle, key: &PublicKey, report: &mut Report) -> Result<Vec<Read>, Finding> {
    let checkpoint = Checkpoint::parse(&bundle.checkpoint)
        .map_err(|error| Finding::at("the checkpoint", chain(&error)))?;
    checkpoint
        .signed_by(key)
        .map_err(|error| Finding::at("the checkpoint", chain(&error)))?;
    let mut acts: Vec<Read> = Vec::new();
    for record in &bundle.acts {
        let place = format!("act {}", record.at);
        let act = Act::parse(&record.note).map_err(|error| Finding::at(&*place, chain(&error)))?;
        let hashes: Option<Vec<Hash>> =
            record.hashes.iter().map(|hash| Hash::parse(hash)).collect();
        let proof = Proof {
            at: record.at,
            hashes: hashes.ok_or_else(|| Finding::at(&*place, "a hash of its proof is none"))?,
            checkpoint: checkpoint.clone(),
        };
        proof
            .holds_for(act.leaf())
            .map_err(|error| Finding::at(&*place, chain(&error)))?;
        let at = record.at;
        acts.push(Read { at, act });
    }
    let Some((stating, before)) = acts.split_last() else {
        return Err(Finding::at(
            "the acts",
            "there is none that states the bundle",
        ));
    };
    let listed = before
        .iter()
        .map(|read| (read.at, read.act.kind().as_str()));
    let follow = bundle.content.acts.iter();
    if !listed.eq(follow.map(|(at, kind)| (*at, kind.as_str()))) {
        let why = "they are not those that the bundle lists";
        return Err(Finding::at("the acts", why));
    }
    let is_issued = stating.act.kind().as_str() == ISSUED;
    if !is_issued || *stating.act.behalf() != Organisation::Vendor {
        return Err(Finding::at(stating.place(), "it does not state a bundle"));
    }
    let says: Issued = stating.says()?;
    if says != bundle.says {
        return Err(Finding::at(
            stating.place(),
            "it states other lines than these: the bundle was changed since, list of lines and all",
        ));
    }
    report.checked.push(format!(
        "All {} lines are those that act {} states, signed on {}",
        says.lines,
        stating.at,
        stating.act.at()
    ));
    report.checked.push(format!(
        "{} acts lie below the root of {} that {} {} signed",
        acts.len(),
        checkpoint.size(),
        key.name(),
        key.id()
    ));
    Ok(acts)
}

/// Each text is the one of its digest, and each declaration.
fn texts(bundle: &Bundle, report: &mut Report) {
    for text in &bundle.content.texts {
        if sha256(text.holds.as_bytes()) != text.sha256 {
            let place = format!("text {}", text.path);
            report
                .found
                .push(Finding::at(place, "it is not the text of its digest"));
        }
    }
    for one in &bundle.content.declarations {
        if declared::digest(&one.name, &one.says).as_deref() != Some(&*one.sha256) {
            let place = format!("declaration {}", one.name);
            report
                .found
                .push(Finding::at(place, "it is not what its digest is of"));
        }
    }
}

/// The seals, each signed by both sides over the texts and declarations of the bundle.
fn seals(bundle: &Bundle, key: &PublicKey, acts: &[Read], report: &mut Report) -> Vec<Seal> {
    let content = &bundle.content;
    let mut seals = Vec::new();
    let mut named: BTreeMap<Part, bool> = content
        .texts
        .iter()
        .map(|text| (Part::Text(text.path.clone()), false))
        .chain(
            content
                .declarations
                .iter()
                .map(|one| (Part::Declaration(one.name.clone()), false)),
        )
        .collect();
    let mut apart = 0;
    for sealed in &content.seals {
        let place = format!("the seal of agreement {}", sealed.agreement);
        let seal = match Seal::of_signed(&sealed.note) {
            Ok(seal) => seal,
            Err(error) => {
                report.found.push(Finding::at(place, chain(&error)));
                continue;
            }
        };
        let mut wrong = |why: String| report.found.push(Finding::at(&*place, why));
        let head = &content.head;
        if seal.agreement != sealed.agreement
            || seal.program != head.program
            || seal.partner.as_str() != head.partner
        {
            wrong("it is of another agreement, partner or program".to_owned());
        }
        if !head
            .under
            .iter()
            .any(|one| one.agreement == sealed.agreement)
        {
            wrong("the statement is not worked out under that agreement".to_owned());
        }
        let accepted = acts.iter().find(|read| read.at == sealed.accepted_at);
        let says = accepted
            .filter(|read| read.act.kind().as_str() == ACCEPTED)
            .and_then(|read| read.says::<Accepted>().ok());
        if says.is_none_or(|says| says.note != sealed.note) {
            wrong(format!("act {} does not accept it", sealed.accepted_at));
        }
        for (part, digest) in &seal.parts {
            let there = match part {
                Part::Text(path) => content
                    .texts
                    .iter()
                    .find(|text| text.path == *path)
                    .map(|text| &text.sha256),
                Part::Declaration(name) => content
                    .declarations
                    .iter()
                    .find(|one| one.name == *name)
                    .map(|one| &one.sha256),
            };
            match there {
                Some(there) if there == digest => {
                    named.insert(part.clone(), true);
                }
                Some(_) => wrong(format!("both sides signed another {part}")),
                // Worked examples were signed too; nothing is computed from them.
                None if is_example(part) => apart += 1,
                None => wrong(format!("{part} was signed and is not in the bundle")),
            }
        }
        let custody = match seal.custody {
            Custody::Own => "a key of its own".to_owned(),
            Custody::Custodial => {
                "a custodial key, which shows no more than that the service signed for it"
                    .to_owned()
            }
        };
        let vendor = match seal.vendor_key == *key {
            true => String::new(),
            false => format!(", the vendor by an earlier key {}", seal.vendor_key.id()),
        };
        report.checked.push(format!(
            "Agreement {}: both sides signed it as it stands here, with its plan and declarations; the partner by {custody}{vendor}",
            seal.agreement
        ));
        seals.push(seal);
    }
    let is_sealed = |name: &str| content.seals.iter().any(|one| one.agreement == name);
    let unsealed: Vec<&str> = content
        .head
        .under
        .iter()
        .map(|one| one.agreement.as_str())
        .filter(|name| !is_sealed(name))
        .collect();
    match unsealed.is_empty() {
        true => {
            for (part, _) in named.iter().filter(|(_, is_signed)| !**is_signed) {
                let why = "it is in the bundle and nobody signed it";
                report.found.push(Finding::at(part.to_string(), why));
            }
        }
        false => report.notes.push(format!(
            "agreement {} is not signed by both sides: its text and the plan's stand here on the vendor's signature alone",
            unsealed.join(", ")
        )),
    }
    if apart > 0 {
        report.notes.push(format!(
            "the texts of worked examples were signed with the agreements and are not in the bundle ({}); no figure follows from them",
            counted(apart, "text")
        ));
    }
    seals
}

fn is_example(part: &Part) -> bool {
    match part {
        Part::Text(path) => path.starts_with("cases/"),
        Part::Declaration(_) => false,
    }
}

/// The days of the seals are those of the agreements' texts.
pub fn days<'a>(
    bundle: &Bundle,
    agreements: impl Iterator<Item = &'a AgreementText>,
    report: &mut Report,
) {
    let seals: Vec<Seal> = bundle
        .content
        .seals
        .iter()
        .filter_map(|sealed| Seal::of_signed(&sealed.note).ok())
        .collect();
    for text in agreements {
        let own = seals.iter().find(|seal| *seal.agreement == *text.name());
        if own.is_some_and(|seal| (seal.starts, seal.until) != (text.starts, text.until)) {
            let place = format!("the seal of agreement {}", text.name());
            report
                .found
                .push(Finding::at(place, "its days are not those of the text"));
        }
    }
}

/// Each act is signed in the name it is in, by a key that the bundle knows.
fn signatures(key: &PublicKey, acts: &[Read], seals: &[Seal], report: &mut Report) {
    let mut known: Vec<PublicKey> = vec![key.clone()];
    for read in acts {
        let says: Option<Json> = serde_json::from_str(read.act.says()).ok();
        let text = |name: &str| says.as_ref()?.get(name)?.as_str().map(str::to_owned);
        if ring::KINDS.contains(&read.act.kind().as_str()) {
            let own = text("key").and_then(|key| PublicKey::parse(&key).ok());
            let asked = text("request").and_then(|request| ring::requested(&request).ok());
            known.extend(own.into_iter().chain(asked));
        }
    }
    for seal in seals {
        known.extend([seal.vendor_key.clone(), seal.partner_key.clone()]);
    }
    for read in acts {
        let behalf = read.act.behalf();
        let mut keys: Vec<&PublicKey> = Vec::new();
        for one in known.iter().filter(|one| one.organisation() == behalf) {
            if one.program() == key.program() && !keys.contains(&one) {
                keys.push(one);
            }
        }
        match read.act.signers(&keys) {
            Ok(signed) if !signed.is_empty() => {}
            Ok(_) => {
                let why = format!("no key of {behalf} that the bundle knows signed it");
                report.found.push(Finding::at(read.place(), why));
            }
            Err(error) => {
                report.found.push(Finding::at(read.place(), chain(&error)));
            }
        }
    }
    if !acts.is_empty() {
        report.checked.push(
            "Each act is signed in the name it is in, by a key that the bundle shows".to_owned(),
        );
    }
}

/// What is locked was calculated, approved by somebody else, and closed.
fn closing(bundle: &Bundle, acts: &[Read], report: &mut Report) {
    let head = &bundle.content.head;
    let Some(locked) = &head.locked else {
        return;
    };
    let found = closed(acts, locked, head.run.as_deref());
    match found {
        Ok((calculated, approved, closing)) => report.checked.push(format!(
            "Everything until {locked} is closed: calculated by {} (act {}), approved by {} (act {}), closed by {} (act {})",
            calculated.act.by(),
            calculated.at,
            approved.act.by(),
            approved.at,
            closing.act.by(),
            closing.at
        )),
        Err(finding) => report.found.push(finding),
    }
}

type ClosedBy<'a> = (&'a Read, &'a Read, &'a Read);

fn closed<'a>(acts: &'a [Read], locked: &str, run: Option<&str>) -> Result<ClosedBy<'a>, Finding> {
    let of_kind = |kind: &'static str| {
        acts.iter()
            .filter(move |read| read.act.kind().as_str() == kind)
    };
    let none = |what: &str| Finding::at("the closing", format!("no act {what}"));
    for closing in of_kind(CLOSED) {
        let says: Closed = closing.says()?;
        if says.until != locked {
            continue;
        }
        let calculated = of_kind(CALCULATED).find(|read| read.at == says.calculation);
        let calculated = calculated.ok_or_else(|| none("calculates it"))?;
        let figures: Calculated = calculated.says()?;
        for approved in of_kind(APPROVED) {
            let approval: Approved = approved.says()?;
            if approval.calculation != calculated.at {
                continue;
            }
            let is_same = approval.sha256 == figures.sha256 && says.sha256 == figures.sha256;
            let is_so = is_same
                && figures.until == locked
                && Some(&*figures.run) == run
                && approved.act.by() != calculated.act.by();
            return match is_so {
                true => Ok((calculated, approved, closing)),
                false => Err(Finding::at(
                    approved.place(),
                    "it is not somebody else's approval of the run that the statement goes by",
                )),
            };
        }
        return Err(none("approves it"));
    }
    Err(none("closes what the head says is locked"))
}

/// The facts' snapshot is one that an act pins.
fn facts(bundle: &Bundle, acts: &[Read], report: &mut Report) {
    let head = &bundle.content.head;
    let mut pins = acts
        .iter()
        .filter(|read| read.act.kind().as_str() == FACTS_LOGGED);
    let pinned = pins.find(|read| {
        let says: Option<Json> = serde_json::from_str(read.act.says()).ok();
        let digest = says.as_ref().and_then(|says| says.get("digest")?.as_str());
        digest == Some(&*head.facts)
    });
    match pinned {
        Some(read) => report.checked.push(format!(
            "The facts are of snapshot {}, whose files act {} pins",
            head.snapshot, read.at
        )),
        None => report.notes.push(format!(
            "no act in the bundle pins snapshot {} of the facts",
            head.snapshot
        )),
    }
}
