//! A partner's own key: taking it into the ring, and taking steps that are signed with it where its secret is.

use std::path::Path;

use trueup_base::id::PartnerId;
use trueup_facts::texts::Bytes;
use trueup_journal::note::Elsewhere;
use trueup_journal::ring::{self, Held};
use trueup_journal::{
    Custody, Organisation, PublicKey, Ring, RingRefusal, added, retired, rotated,
};
use trueup_program::Proposal;
use trueup_server::Actor;
use trueup_server::wire::{
    AcceptAsked, DisputeAnswer, DisputeOutcome, NewDispute, PartnerKey, PartnerKeys, PartnerStep,
    Permitted, SealedText, SignedText, SigningAnswer, SigningAsked, TextToSign,
};

use crate::away::{self, Away};
use crate::commands::agreement::{accepted, declined, texts_as_of, waiting};
use crate::desk::Desk;
use crate::failure::{Failure, chain};
use crate::folder::Folder;
use crate::record::{Record, unsayable};

use super::look::Look;
use super::{acceptance, announcements, disputes};

/// That nobody can sign for a partner.
pub fn no_key() -> Permitted {
    Permitted::no(
        "nobody can sign for the partner: it has no key, or one that is not here; make one on the page Signing key",
    )
}

fn side(partner: &str) -> Result<Organisation, Failure> {
    PartnerId::new(partner)
        .map(Organisation::Partner)
        .map_err(|error| Failure::Use(format!("{partner}: {error}")))
}

fn own<'r>(ring: &'r Ring, whose: &'r Organisation) -> impl DoubleEndedIterator<Item = &'r Held> {
    ring.of(whose).filter(|held| held.custody == Custody::Own)
}

/// The keys that sign for a partner, the latest first.
pub fn keys(look: &Look, partner: &str) -> Result<PartnerKeys, Failure> {
    let whose = side(partner)?;
    let ring = &look.on_record().ring;
    let signs_with = look.signs_with(&whose);
    let told = |held: &Held| PartnerKey {
        id: held.key.id(),
        key: held.key.text().to_owned(),
        is_custodial: held.custody == Custody::Custodial,
        added_at: held.added_at,
        retired_at: held.retired_at,
        signs_now: signs_with.is_some_and(|now| now.key == held.key),
    };
    let all = ring.all().iter().rev();
    Ok(PartnerKeys {
        partner: partner.to_owned(),
        key_name: format!("{}/{whose}", look.open.basis.folder.program.name),
        may_hold: match (look.record.is_some(), own(ring, &whose).next_back()) {
            (false, _) => Permitted::no("the program has no journal yet, so nobody signs"),
            (true, Some(held)) => Permitted::no(has_own(&held.key)),
            (true, None) => Permitted::yes(),
        },
        keys: all
            .filter(|held| *held.key.organisation() == whose)
            .map(told)
            .collect(),
    })
}

fn has_own(key: &PublicKey) -> String {
    format!(
        "the partner has a key of its own already, {}; bring it here by its backup. If it is lost, the vendor retires it: trueup keys retire {0}",
        key.id()
    )
}

/// Takes a key that a partner made into the ring: in the place of the one that was kept for it, where one was.
pub fn hold(program: &Path, who: &Actor, partner: &str, request: &str) -> Result<(), Failure> {
    let whose = side(partner)?;
    let found = |refusal: RingRefusal| Failure::Found(chain(&refusal));
    let key = ring::requested(request).map_err(found)?;
    if *key.organisation() != whose {
        return Err(Failure::Found(format!(
            "the request is for a key of {}, and you act for {whose}",
            key.organisation()
        )));
    }
    let record = Record::opened(program)?;
    record.append(|ring, after| {
        if let Some(held) = own(ring, &whose).next_back() {
            return Err(Failure::Found(has_own(&held.key)));
        }
        let mut moments = (after..).map(|after| Record::moment(&who.person, after));
        let mut moment = || {
            moments
                .next()
                .unwrap_or_else(|| Record::moment(&who.person, after))
        };
        let vendor = record.key_of(ring, &Organisation::Vendor)?;
        let kept = record.key_of(ring, &whose).ok();
        // A key that was kept hands over by itself, so that the journal shows which it was.
        let first = match &kept {
            Some(kept) => rotated(moment(), kept, request, Custody::Own),
            None => added(moment(), request, Custody::Own, &vendor),
        };
        let mut acts = vec![first.map_err(unsayable)?];
        let others = ring.of(&whose).map(|held| &held.key);
        for other in others.filter(|key| kept.as_ref().is_none_or(|kept| kept.public() != *key)) {
            let because = "the partner holds a key of its own";
            acts.push(retired(moment(), other, because, &vendor).map_err(unsayable)?);
        }
        Ok(acts)
    })?;
    Ok(())
}

/// Takes a step that is signed where the partner's key is; what is to be signed next, as long as something is.
pub fn signed(
    program: &Path,
    folder: &Folder,
    (who, partner): (&Actor, &str),
    asked: &SigningAsked,
) -> Result<SigningAnswer, Failure> {
    let whose = side(partner)?;
    let desk = Desk::open(program)?;
    let key = key_of(&desk.on_record.ring, &whose, &asked.key)?;
    let mut given = asked.signed.iter();
    // What both sides sign comes first: the act holds it.
    let mut note = String::new();
    if let PartnerStep::AcceptAgreement {
        agreement,
        proposal,
    } = &asked.step
    {
        let open = waiting(&desk, (partner, agreement), *proposal)?;
        is_for(open, &key, &whose)?;
        let Some(sealed) = given.next() else {
            return seal_of(program, open, &key);
        };
        note = countersigned(open, &key, sealed)?;
    }
    let act = given.next().map(given_text);
    if given.next().is_some() {
        return Err(Failure::Found(
            "more was signed than this step asks for".to_owned(),
        ));
    }
    let desk = desk.signed_by(Away::new(key.clone(), act));
    take((program, folder), &desk, (who, &whose), (&asked.step, note))?;
    Ok(match desk.drafted() {
        Some(text) => SigningAnswer::next(TextToSign {
            key: key.id(),
            text,
            texts: Vec::new(),
        }),
        None => SigningAnswer::done(),
    })
}

fn given_text(signed: &SignedText) -> away::SignedText {
    away::SignedText {
        text: signed.text.clone(),
        signature: signed.signature.clone(),
    }
}

/// The own key of a partner that is meant; whatever else is named is not told from what there is not.
fn key_of(ring: &Ring, whose: &Organisation, id: &str) -> Result<PublicKey, Failure> {
    let found = own(ring, whose).find(|held| held.key.id() == id);
    found.map(|held| held.key.clone()).ok_or_else(|| {
        let id: String = id.chars().take(8).collect();
        Failure::Found(format!(
            "{id} is no key of the partner's own that counts now; look at the page Signing key"
        ))
    })
}

fn is_for(open: &Proposal, key: &PublicKey, whose: &Organisation) -> Result<(), Failure> {
    let wanted = open.seal.key_of(whose);
    match wanted == key {
        true => Ok(()),
        false => Err(Failure::Found(format!(
            "agreement {} was proposed for the key {}, and this is {}; the other side proposes it again",
            open.seal.agreement,
            wanted.id(),
            key.id()
        ))),
    }
}

/// The seal to be signed, with the texts whose digests stand in it.
fn seal_of(program: &Path, open: &Proposal, key: &PublicKey) -> Result<SigningAnswer, Failure> {
    let texts = texts_as_of(program, &open.texts)?;
    let is_sealed = |path: &str| open.seal.texts().any(|sealed| sealed == path);
    let texts = texts.into_iter().filter(|(path, _)| is_sealed(path));
    let read = |(path, bytes): (String, Bytes)| {
        let text = std::str::from_utf8(&bytes).ok()?.to_owned();
        Some(SealedText { path, text })
    };
    Ok(SigningAnswer::next(TextToSign {
        key: key.id(),
        text: written(open)?,
        texts: texts.filter_map(read).collect(),
    }))
}

fn written(open: &Proposal) -> Result<String, Failure> {
    open.seal
        .to_text()
        .map_err(|error| Failure::fault("writing what both sides sign", &error))
}

/// The proposal's seal with the partner's signature below the other side's.
fn countersigned(open: &Proposal, key: &PublicKey, sealed: &SignedText) -> Result<String, Failure> {
    if sealed.text != written(open)? {
        return Err(Failure::Found(
            "what was signed is not what is proposed; look at it again and sign it again"
                .to_owned(),
        ));
    }
    Elsewhere::read(key, &sealed.signature)
        .and_then(|away| away.under_note(&open.note))
        .map_err(|error| Failure::Found(chain(&error)))
}

/// Takes a step as those of pages are taken; `note` is the agreement with both signatures, where one is accepted.
fn take(
    place: (&Path, &Folder),
    desk: &Desk,
    (who, whose): (&Actor, &Organisation),
    (step, note): (&PartnerStep, String),
) -> Result<(), Failure> {
    let partner = who.partner.clone().unwrap_or_default();
    let by = (who.person.as_str(), whose);
    match step {
        PartnerStep::AcceptAgreement { proposal, .. } => accepted(desk, by, (*proposal, note)),
        PartnerStep::DeclineAgreement {
            agreement,
            proposal,
            because,
        } => {
            waiting(desk, (&partner, agreement), *proposal)?;
            declined(desk, by, (*proposal, because.trim()))
        }
        PartnerStep::AcceptStatements { until } => {
            let asked = AcceptAsked {
                until: until.clone(),
            };
            acceptance::accept(desk, who, &partner, &asked)
        }
        PartnerStep::OpenDispute {
            component,
            settled_on,
            because,
        } => {
            let asked = NewDispute {
                partner,
                component: component.clone(),
                settled_on: settled_on.clone(),
                because: because.clone(),
            };
            disputes::open(desk, place, who, &asked).map(drop)
        }
        PartnerStep::WithdrawDispute { dispute, because } => {
            let asked = DisputeAnswer {
                outcome: DisputeOutcome::Withdrawn,
                because: because.clone(),
            };
            disputes::answer(desk, place.1, who, (*dispute, &asked)).map(drop)
        }
        PartnerStep::AcknowledgeAnnouncement { announcement } => {
            announcements::acknowledge(desk, who, &partner, *announcement)
        }
    }
}
