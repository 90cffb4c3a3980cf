//! Announcements: as they go over the wire, and the steps, by the same rules as `trueup announce`.

use std::path::Path;

use trueup_base::id::PartnerId;
use trueup_journal::Organisation;
use trueup_program::Announcement as Known;
use trueup_server::Actor;
use trueup_server::wire::{
    Announcement, AnnouncementPartner, AnnouncementReader, Audience, NewAnnouncement,
    PartnerAnnouncement, Permitted,
};

use crate::commands::announce::{self, To};
use crate::desk::Desk;
use crate::failure::Failure;
use crate::folder::Folder;

use super::look::Look;
use super::name_of;
use super::signing::no_key;

/// Every announcement, the latest first.
pub fn all(look: &Look) -> Vec<Announcement> {
    let folder = &look.open.basis.folder;
    let all = look.on_record().announcements.all().iter().rev();
    all.map(|one| told(folder, one)).collect()
}

fn told(folder: &Folder, one: &Known) -> Announcement {
    let to = folder.matched.iter().map(|one| one.listed.id.as_str());
    let partners: Vec<AnnouncementPartner> = to
        .filter(|partner| one.is_to(partner))
        .map(|partner| AnnouncementPartner {
            partner: partner.to_owned(),
            name: name_of(folder, partner),
            readers: one
                .read_by
                .iter()
                .filter(|reader| reader.partner.as_str() == partner)
                .map(|reader| AnnouncementReader {
                    person: reader.by.clone(),
                    called: None,
                    read_at: reader.on.clone(),
                })
                .collect(),
        })
        .collect();
    let read = partners.iter().filter(|one| !one.readers.is_empty());
    Announcement {
        id: one.at,
        title: one.says.title.clone(),
        text: one.says.text.clone(),
        to: one.says.to.clone(),
        made_at: one.on.clone(),
        made_by: one.by.clone(),
        withdrawn: one.withdrawn.clone(),
        read: read.count() as u64,
        partners,
        may_withdraw: Permitted::yes(),
    }
}

/// The announcements to a partner that stand, as somebody of it sees them, the latest first.
pub fn of_partner(look: &Look, partner: &str, person: &str) -> Vec<PartnerAnnouncement> {
    let may_sign = may_sign(look, partner);
    let all = look.on_record().announcements.all().iter().rev();
    all.filter(|one| one.withdrawn.is_none() && one.is_to(partner))
        .map(|one| {
            let read = one.read_for(partner, person);
            PartnerAnnouncement {
                id: one.at,
                title: one.says.title.clone(),
                text: one.says.text.clone(),
                made_at: one.on.clone(),
                read_at: read.map(|read| read.on.clone()),
                may_acknowledge: match read {
                    Some(_) => Permitted::no("you have said so already"),
                    None => may_sign.clone(),
                },
            }
        })
        .collect()
}

/// Whether anybody can sign in a partner's name.
fn may_sign(look: &Look, partner: &str) -> Permitted {
    let whose = PartnerId::new(partner).map(Organisation::Partner).ok();
    match whose.as_ref().and_then(|whose| look.signs_with(whose)) {
        Some(_) => Permitted::yes(),
        None => no_key(),
    }
}

/// Makes an announcement.
pub fn make(
    program: &Path,
    folder: &Folder,
    who: &Actor,
    asked: &NewAnnouncement,
) -> Result<(), Failure> {
    let to = match &asked.to {
        Audience::Everybody {} => To::Everybody,
        Audience::Partners { partners } => To::Partners(partners.clone()),
        Audience::Attribute { column, value } => To::Column(column.clone(), value.clone()),
        Audience::Plan { plan } => To::Plan(plan.clone()),
    };
    let says = announce::made(folder, (&asked.title, &asked.text), to)?;
    announce::announce(program, &says, &who.person).map(drop)
}

/// Says in a partner's name that somebody has read an announcement.
pub fn acknowledge(
    desk: &Desk,
    who: &Actor,
    partner: &str,
    announcement: u64,
) -> Result<(), Failure> {
    let partner = PartnerId::new(partner).map_err(|error| Failure::Use(error.to_string()))?;
    let behalf = Organisation::Partner(partner);
    announce::read(desk, (announcement, &behalf), &who.person)
}
