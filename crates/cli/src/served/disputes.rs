//! Disputes: as they go over the wire, and the steps, by the same rules as `trueup dispute`.

use std::path::Path;

use trueup_base::date::parse_date;
use trueup_base::id::PartnerId;
use trueup_journal::Organisation;
use trueup_program::dispute::{Dispute as Known, Outcome, RESOLVED, Resolved};
use trueup_server::Actor;
use trueup_server::wire::{
    Dispute, DisputeAnswer, DisputeOutcome, DisputeState, NewDispute, Permitted,
};

use crate::commands::dispute;
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::seals::OnRecord;

/// What became of a dispute.
pub fn state(dispute: &Known) -> DisputeState {
    match dispute.resolved.as_ref().map(|(said, _)| said.outcome) {
        None => DisputeState::Open,
        Some(Outcome::Upheld) => DisputeState::Upheld,
        Some(Outcome::Rejected) => DisputeState::Rejected,
        Some(Outcome::Withdrawn) => DisputeState::Withdrawn,
    }
}

/// A dispute as it goes over the wire.
pub fn told(folder: &Folder, dispute: &Known) -> Dispute {
    let partner = dispute.says.partner.as_str();
    Dispute {
        id: dispute.at,
        partner: partner.to_owned(),
        partner_name: super::name_of(folder, partner),
        plan: dispute.says.plan.clone(),
        component: dispute.says.component.clone(),
        settled_on: dispute.settled_on.to_string(),
        because: dispute.says.because.clone(),
        opened_on: dispute.on.clone(),
        opened_by: dispute.by.clone(),
        in_the_name_of: dispute.behalf.to_string(),
        state: state(dispute),
        answer: dispute
            .resolved
            .as_ref()
            .map(|(said, _)| said.because.clone()),
        answered_by: dispute.resolved.as_ref().map(|(_, by)| by.clone()),
        may_answer: Permitted::yes(),
        may_withdraw: Permitted::yes(),
    }
}

/// In whose name somebody acts.
fn behalf(who: &Actor) -> Result<Organisation, Failure> {
    match &who.partner {
        None => Ok(Organisation::Vendor),
        Some(partner) => partner_of(partner).map(Organisation::Partner),
    }
}

fn partner_of(partner: &str) -> Result<PartnerId, Failure> {
    PartnerId::new(partner).map_err(|error| Failure::Use(format!("{partner}: {error}")))
}

/// Opens a dispute on a line that something was posted for.
pub fn open(
    desk: &Desk,
    (program, folder): (&Path, &Folder),
    who: &Actor,
    asked: &NewDispute,
) -> Result<Dispute, Failure> {
    let partner = partner_of(&asked.partner)?;
    let settled_on = parse_date(&asked.settled_on)
        .map_err(|error| Failure::Use(format!("settled_on {}: {error}", asked.settled_on)))?;
    let Some(line) = dispute::line_of(desk, &partner, (&asked.component, settled_on))? else {
        return Err(Failure::Use(format!(
            "nothing was posted for {} that was settled on {settled_on}; dispute a line of a closed period",
            asked.component
        )));
    };
    let behalf = behalf(who)?;
    let by = (who.person.as_str(), &behalf);
    let (at, after) = dispute::opened(desk, program, by, (&line, asked.because.trim()))?;
    found(folder, &after, at)
}

/// Answers a dispute, or takes it back.
pub fn answer(
    desk: &Desk,
    folder: &Folder,
    who: &Actor,
    (dispute, asked): (u64, &DisputeAnswer),
) -> Result<Dispute, Failure> {
    let says = Resolved {
        dispute,
        outcome: match asked.outcome {
            DisputeOutcome::Upheld => Outcome::Upheld,
            DisputeOutcome::Rejected => Outcome::Rejected,
            DisputeOutcome::Withdrawn => Outcome::Withdrawn,
        },
        because: asked.because.trim().to_owned(),
    };
    let (_, after) = desk.say(RESOLVED, (&who.person, &behalf(who)?), &says)?;
    found(folder, &after, dispute)
}

fn found(folder: &Folder, on_record: &OnRecord, at: u64) -> Result<Dispute, Failure> {
    let mut all = on_record.disputes.all().iter();
    all.find(|one| one.at == at)
        .map(|one| told(folder, one))
        .ok_or_else(|| Failure::Fault(format!("dispute {at} is not on the journal")))
}
