//! What each agreement of the folder stands on today, as both sides would sign it, and what the journal says of agreements.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trueup_base::id::PartnerId;
use trueup_facts::digest::Digest;
use trueup_journal::ring::Held;
use trueup_journal::{Act, Custody, Organisation, Ring, ring};
use trueup_plan::tree::Plan;
use trueup_program::{
    Acceptances, Announcements, Disputes, Exceptions, Negotiations, Openings, Part, Payouts,
    Periods, Seal, SignedVersion, acceptance, announcement, dispute, exception, negotiation,
    opening, payout, period,
};

use crate::failure::{Failure, chain};
use crate::folder::Folder;
use crate::record::Record;
use crate::worked;

/// An agreement of one partner, as it stands in the folder.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The partner.
    pub partner: PartnerId,
    /// The agreement's name.
    pub agreement: String,
    /// The agreement, by its position in the folder.
    pub at: usize,
}

/// Every agreement of every partner, in the order of partners and first days.
pub fn standing(folder: &Folder) -> Vec<Standing> {
    let mut all = Vec::new();
    for matched in &folder.matched {
        for at in matched.versions() {
            all.extend(folder.agreements.get(at).map(|agreement| Standing {
                partner: matched.listed.id.clone(),
                agreement: agreement.name().to_string(),
                at,
            }));
        }
    }
    all
}

/// What the agreements of a folder stand on; worked examples are looked for once, and so are the parts of an agreement that
/// many partners have.
pub struct Parts<'f> {
    folder: &'f Folder,
    known: RefCell<BTreeMap<usize, BTreeMap<Part, String>>>,
    /// The files of the worked examples of each plan.
    examples: BTreeMap<String, BTreeMap<String, Digest>>,
}

impl<'f> Parts<'f> {
    /// Of a folder.
    pub fn of(folder: &'f Folder) -> Result<Self, Failure> {
        Ok(Self {
            folder,
            known: RefCell::default(),
            examples: examples(&folder.program.folder)?,
        })
    }

    /// What an agreement stands on, each with its digest.
    fn of_agreement(&self, at: usize) -> Result<BTreeMap<Part, String>, Failure> {
        if let Some(known) = self.known.borrow().get(&at) {
            return Ok(known.clone());
        }
        let parts = self.found(at)?;
        self.known.borrow_mut().insert(at, parts.clone());
        Ok(parts)
    }

    fn found(&self, at: usize) -> Result<BTreeMap<Part, String>, Failure> {
        let folder = self.folder;
        let none = || Failure::Fault("an agreement of the folder is gone".to_owned());
        let agreement = folder.agreements.get(at).ok_or_else(none)?;
        let called = &*agreement.plan.text;
        let mut parts = BTreeMap::new();
        let own = folder.sources.path(agreement.name.span.file).to_owned();
        let of_plan = folder.stands_on.get(called).into_iter().flatten();
        for path in std::iter::once(&own).chain(of_plan) {
            let digest = folder.digest(path).ok_or_else(none)?;
            parts.insert(Part::Text(path.clone()), digest);
        }
        if let Some(plan) = folder.plans.get(called) {
            for (path, digest) in self.examples.get(&*plan.name).into_iter().flatten() {
                parts.insert(Part::Text(path.clone()), digest.to_string());
            }
            for (name, digest) in &folder.program.said {
                if reads(folder, plan, name) {
                    parts.insert(Part::Declaration(name.to_string()), digest.to_string());
                }
            }
        }
        Ok(parts)
    }

    /// What both sides would sign of an agreement today; without a key of the partner nothing can be.
    pub fn seal(&self, standing: &Standing, ring: &Ring) -> Result<Result<Seal, NoKey>, Failure> {
        let none = || Failure::Fault("an agreement of the folder is gone".to_owned());
        let agreement = self.folder.agreements.get(standing.at).ok_or_else(none)?;
        let whose = Organisation::Partner(standing.partner.clone());
        let (Some(vendor), Some(partner)) = (
            ring.of(&Organisation::Vendor).next_back(),
            youngest(ring, &whose),
        ) else {
            return Ok(Err(NoKey));
        };
        Ok(Ok(Seal {
            program: self.folder.program.name.to_string(),
            agreement: standing.agreement.clone(),
            partner: standing.partner.clone(),
            starts: agreement.starts,
            until: agreement.until,
            parts: self.of_agreement(standing.at)?,
            vendor_key: vendor.key.clone(),
            partner_key: partner.key.clone(),
            custody: partner.custody,
        }))
    }
}

/// Whether a plan reads what a declaration of program.yaml says.
pub fn reads(folder: &Folder, plan: &Plan, declaration: &str) -> bool {
    let is_read = |kind: &str| plan.kinds.iter().any(|read| *read.name == *kind);
    match declaration.split_once(' ') {
        None => true,
        Some(("kind", kind)) => is_read(kind),
        Some(("source", source)) => folder
            .program
            .source(source)
            .and_then(|source| folder.program.kinds.get(source.kind))
            .is_some_and(|kind| is_read(&kind.name)),
        Some(_) => true,
    }
}

/// The version of a partner's agreement that both sides signed as it stands; none where none is.
pub fn signed<'r>(
    parts: &Parts<'_>,
    on_record: &'r OnRecord,
    standing: &Standing,
) -> Result<Option<&'r SignedVersion>, Failure> {
    let Ok(now) = parts.seal(standing, &on_record.ring)? else {
        return Ok(None);
    };
    let thread = on_record
        .negotiations
        .thread(&standing.partner, &standing.agreement);
    let signed = thread
        .into_iter()
        .flat_map(|thread| thread.signed.iter().rev());
    Ok(signed
        .into_iter()
        .find(|version| version.seal.differs_from(&now).is_empty()))
}

/// Whether a partner's agreement is signed by both sides as it stands; if not, why.
pub fn unsigned(
    parts: &Parts<'_>,
    on_record: &OnRecord,
    standing: &Standing,
) -> Result<Option<String>, Failure> {
    let Ok(now) = parts.seal(standing, &on_record.ring)? else {
        return Ok(Some("the partner has no key".to_owned()));
    };
    let thread = on_record
        .negotiations
        .thread(&standing.partner, &standing.agreement);
    let Some(last) = thread.and_then(|thread| thread.signed.last()) else {
        return Ok(Some("it is not signed by both sides".to_owned()));
    };
    let differs = last.seal.differs_from(&now);
    Ok(differs
        .first()
        .map(|first| format!("since it was signed {first}")))
}

/// A partner that has no key yet.
#[derive(Clone, Copy, Debug)]
pub struct NoKey;

/// The key a partner signs with: its own before one that is kept for it, the younger before the older.
fn youngest<'r>(ring: &'r Ring, whose: &'r Organisation) -> Option<&'r Held> {
    let held: Vec<&Held> = ring.of(whose).collect();
    let own = held.iter().rev().find(|held| held.custody == Custody::Own);
    own.or(held.last()).copied()
}

/// The files of every worked example, by the plan it names.
fn examples(program: &Path) -> Result<BTreeMap<String, BTreeMap<String, Digest>>, Failure> {
    let cases = program.join("cases");
    let mut by_plan: BTreeMap<String, BTreeMap<String, Digest>> = BTreeMap::new();
    if !cases.is_dir() {
        return Ok(by_plan);
    }
    let mut folders: Vec<PathBuf> = Vec::new();
    worked::find(&cases, &mut folders)?;
    for folder in folders {
        let expected = folder.join("expected.yaml");
        let fault =
            |error: std::io::Error| Failure::fault(format!("reading {}", folder.display()), &error);
        let text = std::fs::read_to_string(&expected).map_err(fault)?;
        let Some(plan) = worked::says(&text, "plan") else {
            continue;
        };
        let files = by_plan.entry(plan.to_owned()).or_default();
        for entry in std::fs::read_dir(&folder).map_err(fault)? {
            let path = entry.map_err(fault)?.path();
            if path.is_file()
                && let Ok(inside) = path.strip_prefix(program)
            {
                let bytes = std::fs::read(&path).map_err(fault)?;
                let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                files.insert(inside.join("/"), Digest::of(&bytes));
            }
        }
    }
    Ok(by_plan)
}

/// What the journal says of what people decide, the keys as they are now, and how many acts that is after.
#[derive(Clone, Default)]
pub struct OnRecord {
    /// The agreements. What is said is tried on a copy, which shares what is large and stays as it is.
    pub negotiations: Arc<Negotiations>,
    /// The periods.
    pub periods: Periods,
    /// What partners accepted.
    pub acceptances: Acceptances,
    /// Disputes.
    pub disputes: Disputes,
    /// Announcements.
    pub announcements: Announcements,
    /// Exceptions.
    pub exceptions: Exceptions,
    /// Balances of the system before.
    pub openings: Openings,
    /// Payouts, and where they go.
    pub payouts: Payouts,
    /// The keys.
    pub ring: Arc<Ring>,
    /// How many acts there are.
    pub acts: u64,
}

/// The kinds of act that are judged one after the other.
pub fn kinds() -> Vec<&'static str> {
    [
        &ring::KINDS[..],
        &negotiation::KINDS,
        &period::KINDS,
        &acceptance::KINDS,
        &dispute::KINDS,
        &announcement::KINDS,
        &payout::KINDS,
        &exception::KINDS,
        &opening::KINDS,
    ]
    .concat()
}

impl OnRecord {
    /// Reads them.
    pub fn of(record: &Record) -> Result<Self, Failure> {
        let (acts, size) = record.judged_acts_of(&kinds())?;
        let mut on_record = Self::default();
        for (at, act) in acts {
            on_record.judge(at, &act).map_err(|why| {
                Failure::Fault(format!(
                    "reading act {at} of the journal: {why}; `trueup verify` says more"
                ))
            })?;
        }
        on_record.acts = size;
        let ring = &on_record.ring;
        record.wait("reading the journal", async |database| {
            database.remember_ring(ring, size).await
        })?;
        Ok(on_record)
    }

    /// Whether an act may be done, and what the journal says with it; why not, in words.
    pub fn judge(&mut self, at: u64, act: &Act) -> Result<(), String> {
        let kind = act.kind().as_str();
        if ring::KINDS.contains(&kind) {
            Arc::make_mut(&mut self.ring)
                .judge(at, act)
                .map_err(|why| chain(&why))?;
        } else if period::KINDS.contains(&kind) {
            self.periods.judge(at, act).map_err(|why| chain(&why))?;
        } else if acceptance::KINDS.contains(&kind) {
            self.acceptances
                .judge(act, &self.periods)
                .map_err(|why| chain(&why))?;
        } else if dispute::KINDS.contains(&kind) {
            self.disputes
                .judge(at, act, &self.acceptances)
                .map_err(|why| chain(&why))?;
        } else if payout::KINDS.contains(&kind) {
            self.payouts.judge(at, act).map_err(|why| chain(&why))?;
        } else if opening::KINDS.contains(&kind) {
            self.openings.judge(at, act).map_err(|why| chain(&why))?;
        } else if announcement::KINDS.contains(&kind) {
            self.announcements
                .judge(at, act)
                .map_err(|why| chain(&why))?;
        } else if exception::KINDS.contains(&kind) {
            self.exceptions.judge(at, act).map_err(|why| chain(&why))?;
        } else {
            let judged = Arc::make_mut(&mut self.negotiations).judge(at, act, &self.ring);
            judged.map_err(|why| chain(&why))?;
        }
        self.acts = at + 1;
        Ok(())
    }
}
