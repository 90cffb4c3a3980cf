//! Plans that agreements go over from or to: a program's versions of a plan, in one tree for each group of them.

use std::collections::{BTreeMap, BTreeSet};

use trueup_engine::world::Partner;
use trueup_plan::agreement::AgreementText;
use trueup_plan::diagnostic::Diagnostic;
use trueup_plan::tree::Plan;
use trueup_plan::versions::{self, Version, editions};

use crate::agreements::{self, Matched, VersionOf};
use crate::plans::Standing;

/// Plans between which agreements go over, in one tree.
#[derive(Clone)]
pub struct Family {
    /// What agreements call them, in order.
    pub plans: Vec<String>,
    /// The tree that holds each of them as often as one agreement goes through it.
    pub whole: Plan,
    /// Which of the plans stands at each place of the tree.
    stand: Vec<usize>,
    /// The places of each partner's versions, by the partner's id.
    places: BTreeMap<String, Vec<u16>>,
}

impl Family {
    /// Whether a plan is one of them.
    pub fn has(&self, plan: &str) -> bool {
        self.plans.iter().any(|known| known == plan)
    }

    /// What the plan at a place of the tree is called.
    pub fn called(&self, edition: u16) -> Option<&str> {
        let at = self.stand.get(usize::from(edition))?;
        self.plans.get(*at).map(String::as_str)
    }

    /// The partner as the tree sees it; nothing where it is under none of its plans.
    pub fn partner(
        &self,
        matched: &Matched,
        agreements: &[AgreementText],
        plans: &BTreeMap<String, Plan>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Partner> {
        let places = self.places.get(matched.listed.id.as_str())?;
        let versions: Vec<VersionOf<'_>> = matched
            .versions()
            .zip(places)
            .filter_map(|(at, edition)| {
                let text = agreements.get(at)?;
                Some(VersionOf {
                    text,
                    plan: plans.get(&*text.plan.text)?,
                    edition: *edition,
                })
            })
            .collect();
        agreements::partner_of_versions(&self.whole, matched, &versions, found)
    }

    /// The places of a partner's versions in the tree.
    pub fn editions(&self, partner: &str) -> &[u16] {
        self.places.get(partner).map_or(&[], Vec::as_slice)
    }

    /// The agreement of each of a partner's versions, by the place of its plan.
    pub fn agreement<'f>(
        &self,
        matched: &Matched,
        agreements: &'f [AgreementText],
        edition: u16,
    ) -> Option<&'f AgreementText> {
        let places = self.places.get(matched.listed.id.as_str())?;
        let at = places.iter().position(|place| *place == edition)?;
        agreements.get(matched.versions().nth(at)?)
    }
}

/// What the plan of an agreement is called in the program, where the agreement says more or less than is needed.
pub fn called(agreement: &AgreementText, plans: &BTreeMap<String, Standing>) -> Option<String> {
    let written = &*agreement.plan.text;
    if plans.contains_key(written) {
        return None;
    }
    let (name, version) = written.split_once('@')?;
    let plan = plans.get(name)?.plan.as_ref()?;
    (*plan.version == *version).then(|| name.to_owned())
}

/// Tells what keeps versions of an agreement from following one another; once for all who go the same way.
pub fn check(
    matched: &[Matched],
    agreements: &[AgreementText],
    plans: &BTreeMap<String, Plan>,
    found: &mut Vec<Diagnostic>,
) {
    let ways: BTreeSet<Vec<usize>> = matched
        .iter()
        .filter(|one| !one.later.is_empty())
        .map(|one| one.versions().collect())
        .collect();
    for way in ways {
        let texts: Vec<&AgreementText> = way.iter().filter_map(|at| agreements.get(*at)).collect();
        replaces(&texts, found);
        let versions: Vec<Version<'_>> = texts
            .iter()
            .filter_map(|text| {
                Some(Version {
                    plan: plans.get(&*text.plan.text)?,
                    starts: text.starts,
                    until: text.until,
                    splits: text.splits,
                    replaces: text.replaces.is_some(),
                    span: text.name.span,
                })
            })
            .collect();
        // Two partners may share a part of their way.
        let mut told = Vec::new();
        versions::check(&versions, &mut told);
        told.retain(|diagnostic| !found.contains(diagnostic));
        found.append(&mut told);
    }
}

/// A version takes over from the one before it, and from no other.
fn replaces(texts: &[&AgreementText], found: &mut Vec<Diagnostic>) {
    for pair in texts.windows(2) {
        let [before, after] = pair else { continue };
        let Some(named) = &after.replaces else {
            continue;
        };
        if named.text != before.name.text {
            let told = Diagnostic::error(
                "A8",
                named.span,
                format!(
                    "it says that it takes over from {}, and the version before it is {}",
                    named.text,
                    before.name()
                ),
            )
            .also(before.name.span, "the version before it");
            if !found.contains(&told) {
                found.push(told);
            }
        }
    }
}

/// The groups of plans that agreements go over between.
pub fn of(
    matched: &[Matched],
    agreements: &[AgreementText],
    plans: &BTreeMap<String, Plan>,
) -> Vec<Family> {
    let way = |one: &Matched| -> Vec<&str> {
        let texts = one.versions().filter_map(|at| agreements.get(at));
        texts.map(|text| &*text.plan.text).collect()
    };
    let mut groups: Vec<BTreeSet<&str>> = Vec::new();
    for one in matched.iter().filter(|one| !one.later.is_empty()) {
        let mut group: BTreeSet<&str> = way(one).into_iter().collect();
        let (joined, apart): (Vec<_>, Vec<_>) = groups
            .into_iter()
            .partition(|known| !known.is_disjoint(&group));
        group.extend(joined.into_iter().flatten());
        groups = apart;
        groups.push(group);
    }
    let mut families: Vec<Family> = groups
        .into_iter()
        .filter_map(|group| one_family(&group, matched, &way, plans))
        .collect();
    families.sort_by(|a, b| a.plans.cmp(&b.plans));
    families
}

fn one_family<'a>(
    group: &BTreeSet<&str>,
    matched: &'a [Matched],
    way: &dyn Fn(&'a Matched) -> Vec<&'a str>,
    plans: &BTreeMap<String, Plan>,
) -> Option<Family> {
    let names: Vec<String> = group.iter().map(|name| (*name).to_owned()).collect();
    let (mut ids, mut ways) = (Vec::new(), Vec::new());
    for one in matched {
        let versions: Option<Vec<usize>> = way(one)
            .into_iter()
            .map(|plan| names.iter().position(|name| name == plan))
            .collect();
        if let Some(versions) = versions {
            ids.push(one.listed.id.to_string());
            ways.push(versions);
        }
    }
    let (stand, places) = editions(&ways);
    let each: Option<Vec<&Plan>> = stand.iter().map(|at| plans.get(names.get(*at)?)).collect();
    let whole = Plan::of_several(&each?)?;
    Some(Family {
        plans: names,
        whole,
        stand,
        places: ids.into_iter().zip(places).collect(),
    })
}
