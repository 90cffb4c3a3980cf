//! Whom an act touches, and which feeds are late: what has to be known to tell people of it.

use std::collections::BTreeSet;

use trueup_facts::quality::freshness;
use trueup_program::dispute::{RESOLVED, Resolved};
use trueup_server::Refused;

use crate::notes;

use super::look::Look;
use super::refused;

/// The partners that an act touches; none where it is about all.
pub fn partners(look: &Look, act: u64) -> Result<Option<Vec<String>>, Refused> {
    if act >= look.acts {
        return Err(Refused::fault("the act is not read yet"));
    }
    if let Some(partners) = look.closed_by(act) {
        return Ok(Some(partners));
    }
    if let Some(made) = look.on_record().announcements.of(act) {
        return Ok(made.says.partners.clone());
    }
    let Some(dispute) = dispute_of(look, act)? else {
        return Ok(None);
    };
    let mut all = look.on_record().disputes.all().iter();
    let found = all.find(|one| one.at == dispute);
    let partner = found.map(|one| one.says.partner.to_string());
    Ok(Some(partner.into_iter().collect()))
}

/// The dispute that an act opened or answered.
fn dispute_of(look: &Look, act: u64) -> Result<Option<u64>, Refused> {
    let mut all = look.on_record().disputes.all().iter();
    if all.any(|one| one.at == act) {
        return Ok(Some(act));
    }
    let Some(record) = &look.record else {
        return Ok(None);
    };
    let (resolved, _) = record.acts_of(&[RESOLVED]).map_err(refused)?;
    let found = resolved.iter().find(|(at, _)| *at == act);
    let said = found.and_then(|(_, act)| serde_json::from_str::<Resolved>(act.says()).ok());
    Ok(said.map(|said| said.dispute))
}

/// The sources that are late today, each with the day that it missed.
pub fn late_feeds(look: &Look) -> Result<Vec<(String, String)>, Refused> {
    let basis = &look.open.basis;
    let program = &basis.folder.program;
    let today = notes::today(program).map_err(refused)?;
    let late = program.sources.iter().filter_map(|source| {
        let kind = program.kinds.get(source.kind)?;
        let facts = basis.seen.facts.kind(&kind.name)?;
        let fresh = freshness(source, facts.deliveries(), today);
        fresh.late_days?;
        Some((source.name.to_string(), fresh.due?))
    });
    let late: BTreeSet<(String, String)> = late.collect();
    Ok(late.into_iter().collect())
}
