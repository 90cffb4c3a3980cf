//! Partners: the list, and one partner.

use trueup_plan::agreement::AgreementText;
use trueup_server::Refused;
use trueup_server::wire::{AgreementShort, Partner, PartnerPage, PartnerShort, PartnersAsked};

use crate::agreements::Matched;
use crate::folder::Folder;

/// How many partners a page has where nothing is said.
const PAGE: u16 = 50;

/// A page of partners, by id.
pub fn page(
    folder: &Folder,
    only: Option<&[&str]>,
    asked: &PartnersAsked,
) -> Result<PartnerPage, Refused> {
    let holds = asked.holds.as_deref().map(str::to_lowercase);
    let is_asked = |one: &PartnerShort| {
        let is_held = holds.as_deref().is_none_or(|text| {
            one.id.to_lowercase().contains(text) || one.name.to_lowercase().contains(text)
        });
        is_held
            && only.is_none_or(|only| only.contains(&one.id.as_str()))
            && asked.plan.as_ref().is_none_or(|plan| *plan == one.plan)
    };
    let mut partners: Vec<PartnerShort> = folder
        .matched
        .iter()
        .filter_map(|matched| short(folder, matched))
        .filter(is_asked)
        .collect();
    partners.sort_by(|a, b| a.id.cmp(&b.id));
    let total = partners.len() as u64;
    if let Some(after) = &asked.after {
        partners.retain(|one| one.id > *after);
    }
    let limit = usize::from(asked.limit.unwrap_or(PAGE));
    let has_more = partners.len() > limit;
    partners.truncate(limit);
    let next = partners.last().filter(|_| has_more);
    Ok(PartnerPage {
        next: next.map(|last| last.id.clone()),
        partners,
        total,
    })
}

fn short(folder: &Folder, matched: &Matched) -> Option<PartnerShort> {
    let agreement = folder.agreements.get(matched.versions().last()?)?;
    let mut attributes = matched.listed.columns.clone();
    let id = matched.listed.id.to_string();
    Some(PartnerShort {
        name: attributes.remove("name").unwrap_or_else(|| id.clone()),
        id,
        plan: agreement.plan.text.to_string(),
        plan_title: title(folder, agreement),
        agreement_starts_on: agreement.starts.to_string(),
        attributes,
    })
}

/// What a plan is called on pages.
fn title(folder: &Folder, agreement: &AgreementText) -> String {
    let plan = folder.plans.get(&*agreement.plan.text);
    plan.filter(|plan| !plan.title.is_empty()).map_or_else(
        || agreement.plan.text.to_string(),
        |plan| plan.title.to_string(),
    )
}

/// A partner that takes part.
pub fn known<'f>(folder: &'f Folder, partner: &str) -> Result<&'f Matched, Refused> {
    let mut matched = folder.matched.iter();
    matched
        .find(|matched| matched.listed.id.as_str() == partner)
        .ok_or_else(|| trueup_server::no_partner(partner))
}

/// One partner.
pub fn partner(folder: &Folder, partner: &str) -> Result<Partner, Refused> {
    let matched = known(folder, partner)?;
    let agreements = matched.versions().filter_map(|at| {
        let agreement = folder.agreements.get(at)?;
        let plan = folder.plans.get(&*agreement.plan.text)?;
        Some(AgreementShort {
            name: agreement.name().to_string(),
            plan: plan.name.to_string(),
            plan_title: title(folder, agreement),
            plan_version: plan.version.to_string(),
            plan_is: plan.is.to_string(),
            starts_on: agreement.starts.to_string(),
            ends_until: agreement.until.map(|day| day.to_string()),
        })
    });
    let mut attributes = matched.listed.columns.clone();
    Ok(Partner {
        id: partner.to_owned(),
        name: attributes
            .remove("name")
            .unwrap_or_else(|| partner.to_owned()),
        parent: matched.listed.parent.as_ref().map(ToString::to_string),
        attributes,
        agreements: agreements.collect(),
    })
}
