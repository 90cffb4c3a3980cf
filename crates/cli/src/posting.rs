//! What a kept run says is earned, and under which agreements it may be posted.

use std::collections::{BTreeMap, BTreeSet};

use trueup_base::date::Date;
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_books::{Key, Target};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::moves::key_of;
use crate::record::Record;
use crate::runs::Again;
use crate::seals::{self, OnRecord, Parts};

/// What a run says is earned, and for which keys the run speaks.
pub struct Earned {
    /// What it says.
    pub target: Target,
    /// Keys of which the run says that nothing can be said yet.
    pub open: BTreeSet<Key>,
    /// Keys that were taken over from another system and of which the run says nothing: it does not know what they are.
    unknown: BTreeSet<Key>,
    /// The run.
    pub again: Again,
}

impl Earned {
    /// Of a kept run, beside what was taken over from another system.
    pub fn of(again: Again, record: &Record) -> Result<Self, Failure> {
        let mut amounts: BTreeMap<Key, Exact> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for line in again.lines.iter().filter(|line| line.grants == "money") {
            let key = key_of(&again, line)?;
            match &line.posted {
                None => {
                    open.insert(key);
                }
                Some(text) => {
                    let amount = Exact::parse(text).map_err(|_| {
                        Failure::Fault(format!("run {} posts `{text}`", again.hash.short()))
                    })?;
                    let sum = amounts.entry(key).or_insert(Exact::ZERO);
                    *sum = &*sum + &amount;
                }
            }
        }
        let mut unknown = record.wait("reading the books", async |database| {
            database.taken_over().await
        })?;
        unknown.retain(|key| !amounts.contains_key(key) && !open.contains(key));
        let target = Target::of(amounts).map_err(|refusal| Failure::Found(refusal.to_string()))?;
        Ok(Self {
            target,
            open,
            unknown,
            again,
        })
    }

    /// Whether the run speaks for a key: it is in its scope, and the run can say what it comes to.
    pub fn speaks_for(&self, key: &Key) -> bool {
        let manifest = &self.again.manifest;
        let is_partner = manifest
            .partner
            .as_deref()
            .is_none_or(|partner| partner == key.partner.as_str());
        let ends = key.settled_on.tomorrow();
        is_partner
            && ends.is_ok_and(|ends| self.again.scope.holds_end(ends))
            && !self.open.contains(key)
            && !self.unknown.contains(key)
    }

    /// Whether what is open is accrued for a key. What funds set aside is posted by closings alone.
    pub fn accrues(&self, key: &Key) -> bool {
        let plan = self.again.folder.plans.get(key.plan.as_str());
        let is_fund = plan.is_some_and(|plan| plan.fund_named(&key.component).is_some());
        self.speaks_for(key) && !is_fund
    }
}

/// Partners with an agreement that is not signed as it stands: the first day of the first such version, and why.
pub struct NotSigned(BTreeMap<PartnerId, (Date, String)>);

impl NotSigned {
    /// Whether nothing stands in the way of posting for a key: what was settled before an unsigned version began was settled
    /// under signed ones.
    pub fn allows(&self, key: &Key) -> bool {
        self.0
            .get(&key.partner)
            .is_none_or(|(starts, _)| key.settled_on < *starts)
    }

    /// Whether a partner has such an agreement.
    pub fn is_of(&self, partner: &PartnerId) -> bool {
        self.0.contains_key(partner)
    }

    /// Whether nothing stands in the way of posting for anything that was settled until a day.
    pub fn allows_all(&self, until: Date) -> bool {
        self.0.values().all(|(starts, _)| until < *starts)
    }

    /// Why nothing is posted for partners that a run has lines of.
    pub fn says<'a>(&'a self, earned: &'a Earned) -> impl Iterator<Item = &'a str> {
        let with_lines: BTreeSet<&str> = earned
            .again
            .lines
            .iter()
            .map(|line| line.partner.as_str())
            .collect();
        self.0
            .iter()
            .filter(move |(partner, _)| with_lines.contains(partner.as_str()))
            .map(|(_, (_, says))| says.as_str())
    }
}

/// Looks at every agreement of the folder as the run read it.
pub fn not_signed(folder: &Folder, on_record: &OnRecord) -> Result<NotSigned, Failure> {
    let parts = Parts::of(folder)?;
    let mut found = BTreeMap::new();
    for standing in seals::standing(folder) {
        let Some(agreement) = folder.agreements.get(standing.at) else {
            continue;
        };
        if let Some(why) = seals::unsigned(&parts, on_record, &standing)? {
            let says = format!("{} of {}: {why}", standing.agreement, standing.partner);
            found
                .entry(standing.partner)
                .or_insert((agreement.starts, says));
        }
    }
    Ok(NotSigned(found))
}
