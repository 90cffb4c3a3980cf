//! From plans to what everybody is settled to: lines in parts, each of some partners that follow one another.
//!
//! Where lines are cut hangs on the partners' ids alone, so a part is the same text in every run in which nobody of it is
//! settled to anything else, and is written once. Where nobody's pay hangs on another's, a part is moreover worked out once:
//! what its partners' settlements are worked out from has a digest ([`Inputs`]), and under that what they came to is found again
//! ([`at_hand`]). What `--measurer rows` asks for is always worked out.

pub mod at_hand;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trueup_base::id::PartnerId;
use trueup_engine::world::PartnerIx;
use trueup_facts::digest::{Digest, LocalHasher};
use trueup_facts::kept::{Kept, LinesPart};
use trueup_facts::measure::Inputs;
use trueup_facts::snapshot::Snapshot;
use trueup_plan::tree::Plan;

use crate::args::{Measurer, ScopeArgs};
use crate::compute::{Figures, Prepared, Source, Wanted, plan_of, prepare};
use crate::earned::Earned;
use crate::failure::Failure;
use crate::folder::Folder;
use crate::notes;
use crate::progress::Progress;
use crate::refusals::nothing_ends_in;
use crate::runs::{self, Placed};
use crate::seen::{Scope, Seen};
use crate::summary::Summary;
use crate::threads::on_threads;
use at_hand::{AtHand, CameTo};

/// What a run came to.
pub struct Done {
    /// Its lines in parts: by plan, then by partner.
    pub parts: Vec<Settled>,
    /// What all lines come to.
    pub summary: Summary,
    /// SHA-256 of the manifest.
    pub hash: String,
    /// Everything the lines depend on.
    pub manifest: Value,
    /// The number of the snapshot it saw.
    pub snapshot: u64,
    /// What a reader should know about the facts behind them.
    pub notes: Vec<String>,
}

impl Done {
    /// The parts that have lines.
    pub fn parts(&self) -> Vec<LinesPart> {
        let parts = self.parts.iter();
        parts.filter_map(|settled| settled.came_to.part).collect()
    }

    /// The lines: by partner, settlement, plan order.
    pub fn lines<T: Placed + DeserializeOwned + Send>(
        &self,
        kept: &Kept,
    ) -> Result<Vec<T>, Failure> {
        let texts = self.parts.iter().filter_map(|settled| {
            let part = settled.came_to.part?;
            Some(match &settled.text {
                Some(text) => Ok(text.clone()),
                None => runs::text_of(kept, &part),
            })
        });
        runs::lines_in(texts.collect::<Result<_, _>>()?)
    }
}

/// What some partners that follow one another are settled to.
#[derive(Clone, Debug)]
pub struct Settled {
    /// What they came to.
    pub came_to: CameTo,
    /// The text of their lines, where it is not kept.
    pub text: Option<Vec<u8>>,
    /// The digest of what their settlements are worked out from, where that is known.
    inputs: Option<Digest>,
}

/// Where lines go.
#[derive(Clone, Copy)]
enum Keeping<'k> {
    /// To the kept lines.
    Kept {
        kept: &'k Kept,
        at_hand: Option<&'k AtHand>,
    },
    /// Nowhere: they stay here.
    Here,
}

/// Evaluates whoever's inputs are new, and keeps the result with a manifest of its inputs.
pub fn run(
    folder: &Folder,
    args: &ScopeArgs,
    seen: &Seen,
    progress: &Progress,
) -> Result<Done, Failure> {
    let program = &folder.program;
    let kept = runs::kept(&program.folder);
    let at_hand = match args.measurer {
        Measurer::Passes => Some(AtHand::of(&program.state_folder())),
        Measurer::Rows => None,
    };
    let keeping = Keeping::Kept {
        kept: &kept,
        at_hand: at_hand.as_ref(),
    };
    let done = settled(folder, args, seen, keeping, progress)?;
    runs::keep(&kept, folder, &done.manifest, &done.parts())?;
    if let Some(at_hand) = &at_hand {
        let used: BTreeSet<Digest> = done.parts.iter().filter_map(|one| one.inputs).collect();
        at_hand.tidy(&used);
    }
    Ok(done)
}

/// Evaluates every partner of a scope, whatever was worked out before, and keeps nothing.
pub fn evaluated(
    folder: &Folder,
    args: &ScopeArgs,
    seen: &Seen,
    progress: &Progress,
) -> Result<Done, Failure> {
    settled(folder, args, seen, Keeping::Here, progress)
}

fn settled(
    folder: &Folder,
    args: &ScopeArgs,
    seen: &Seen,
    keeping: Keeping<'_>,
    progress: &Progress,
) -> Result<Done, Failure> {
    let Seen {
        facts: snapshot,
        scope,
        ..
    } = seen;
    if let Some(partner) = &args.partner {
        plan_of(folder, partner)?;
    }
    if folder.matched.is_empty() {
        return Err(Failure::Found(
            "nobody takes part: no agreement in agreements/ is for a partner of the directory"
                .to_owned(),
        ));
    }
    let (mut parts, mut summary) = (Vec::new(), Summary::default());
    for plan in folder.settled_under() {
        let under = Under::of(folder, plan, snapshot, args, scope, progress)?;
        parts.extend(under.settled(keeping, progress)?);
    }
    for settled in &parts {
        summary.add(&settled.came_to.summary);
    }
    if let (Some(period), 0) = (&args.period, summary.lines) {
        return Err(nothing_ends_in(period, scope, folder.plans.values()));
    }
    let manifest = manifest(folder, snapshot, args, scope);
    Ok(Done {
        parts,
        summary,
        hash: Digest::of(manifest.to_string().as_bytes()).to_string(),
        manifest,
        snapshot: snapshot.number(),
        notes: notes::of(folder, snapshot)?
            .into_iter()
            .chain(seen.late.iter().map(|late| late.says.clone()))
            .collect(),
    })
}

/// What everyone earned under one plan, or the one partner asked for: by partner as listed, then by settlement. The
/// plan may be another than the folder's of that name.
pub fn lines_under(
    folder: &Folder,
    plan: &Plan,
    snapshot: &Snapshot,
    args: &ScopeArgs,
    scope: &Scope,
    progress: &Progress,
) -> Result<Vec<Earned>, Failure> {
    for_everyone(
        (folder, plan, snapshot),
        (args, scope),
        progress,
        &|figures, partner| figures.earned(partner, scope),
    )
}

/// Asks something of everyone under a plan, or of the one partner asked for, by partner as listed.
pub fn for_everyone<T: Send>(
    (folder, plan, snapshot): (&Folder, &Plan, &Snapshot),
    (args, scope): (&ScopeArgs, &Scope),
    progress: &Progress,
    asked: &(dyn Fn(&mut Figures<'_>, PartnerIx) -> Vec<T> + Sync),
) -> Result<Vec<T>, Failure> {
    let under = Under::of(folder, plan, snapshot, args, scope, progress)?;
    let bar = under.bar(progress);
    let work = |share: Vec<PartnerIx>| {
        let mut figures = Figures::new(&under.prepared);
        let mut answers = Vec::new();
        for partner in share {
            answers.extend(asked(&mut figures, partner));
            bar.inc(1);
        }
        answers
    };
    let answers = on_threads(under.wanted.clone(), &work);
    bar.finish_and_clear();
    Ok(answers.into_iter().flatten().collect())
}

/// One plan, measured, and whoever is to be settled under it.
struct Under<'f> {
    prepared: Prepared<'f>,
    wanted: Vec<PartnerIx>,
    scope: &'f Scope,
}

impl<'f> Under<'f> {
    fn of(
        folder: &'f Folder,
        plan: &'f Plan,
        snapshot: &Snapshot,
        args: &ScopeArgs,
        scope: &'f Scope,
        progress: &Progress,
    ) -> Result<Self, Failure> {
        let step = progress.step(format!("measuring for plan {}", plan.name));
        let wanted = Wanted::Settlements(args.partner.as_deref());
        let prepared = prepare(folder, plan, snapshot, scope.until, args.measurer, wanted)?;
        step.finish_and_clear();
        let wanted = match &args.partner {
            Some(id) => prepared.partner(id).into_iter().collect(),
            None => prepared.world.all().collect(),
        };
        Ok(Self {
            prepared,
            wanted,
            scope,
        })
    }

    fn bar(&self, progress: &Progress) -> indicatif::ProgressBar {
        let what = format!("settling plan {}", self.prepared.plan.name);
        progress.count(what, self.wanted.len() as u64)
    }

    /// What the partners are settled to, in parts that do not depend on the number of threads.
    fn settled(&self, keeping: Keeping<'_>, progress: &Progress) -> Result<Vec<Settled>, Failure> {
        let bar = self.bar(progress);
        let inputs = match (keeping, &self.prepared.source) {
            (
                Keeping::Kept {
                    at_hand: Some(_), ..
                },
                Source::Passes(measured),
            ) => Inputs::of(
                self.prepared.plan,
                &self.prepared.world,
                measured,
                self.scope.until,
            ),
            (
                Keeping::Kept { .. } | Keeping::Here,
                Source::Passes(_) | Source::Rows | Source::Beside { .. },
            ) => None,
        };
        let work = |share: Vec<Vec<PartnerIx>>| -> Result<Vec<Settled>, Failure> {
            let mut figures = Figures::new(&self.prepared);
            let settled = share.into_iter().map(|partners| {
                let settled = self.part(&partners, inputs.as_ref(), &mut figures, keeping);
                bar.inc(partners.len() as u64);
                settled
            });
            settled.collect()
        };
        let parts = on_threads(self.parts(), &work).into_iter();
        let parts = parts.collect::<Result<Vec<_>, _>>()?.concat();
        bar.finish_and_clear();
        Ok(parts)
    }

    /// The partners by their ids, cut after those whose id says so.
    fn parts(&self) -> Vec<Vec<PartnerIx>> {
        let id = |at: &PartnerIx| self.prepared.world.partner(*at).map(|one| &one.id);
        let mut wanted = self.wanted.clone();
        wanted.sort_by_key(id);
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        for partner in wanted {
            part.push(partner);
            if part.len() >= PARTNERS_MIN && id(&partner).is_some_and(may_end_part) {
                parts.push(std::mem::take(&mut part));
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
        parts
    }

    fn part(
        &self,
        partners: &[PartnerIx],
        inputs: Option<&Inputs<'_>>,
        figures: &mut Figures<'_>,
        keeping: Keeping<'_>,
    ) -> Result<Settled, Failure> {
        let inputs = inputs.map(|inputs| digest(inputs, partners, self.scope));
        if let (
            Keeping::Kept {
                kept,
                at_hand: Some(at_hand),
            },
            Some(name),
        ) = (keeping, inputs)
            && let Some(came_to) = at_hand.find(name)
            && came_to.part.is_none_or(|part| kept.has_lines(&part))
        {
            return Ok(Settled {
                came_to,
                text: None,
                inputs,
            });
        }
        let mut lines = Vec::new();
        for partner in partners {
            lines.extend(figures.earned(*partner, self.scope));
        }
        let summary = Summary::of(&lines);
        let text = runs::as_kept(&lines)?;
        let (part, text) = match keeping {
            _ if lines.is_empty() => (None, None),
            Keeping::Here => (Some(LinesPart::of(&text, lines.len())), Some(text)),
            Keeping::Kept { kept, .. } => {
                let part = kept.put_lines(&text, lines.len());
                let part = part.map_err(|fault| Failure::fault("keeping the run", &fault))?;
                (Some(part), None)
            }
        };
        let came_to = CameTo { part, summary };
        if let (
            Keeping::Kept {
                at_hand: Some(at_hand),
                ..
            },
            Some(name),
        ) = (keeping, inputs)
        {
            at_hand.keep(name, &came_to);
        }
        Ok(Settled {
            came_to,
            text,
            inputs,
        })
    }
}

/// The fewest partners of a part, but for the last: files stay few, and no part is much longer than the others.
const PARTNERS_MIN: usize = 16;
/// After those, one in so many partners ends a part.
const ONE_ENDS_IN: u8 = 16;

/// Whether a part may end with a partner, whoever else there is: so the parts after one who joins or leaves are soon those that
/// they were.
fn may_end_part(id: &PartnerId) -> bool {
    let Digest([first, ..]) = Digest::of(id.as_str().as_bytes());
    first.is_multiple_of(ONE_ENDS_IN)
}

/// The digest of all that the settlements of some partners are worked out from.
fn digest(inputs: &Inputs<'_>, partners: &[PartnerIx], scope: &Scope) -> Digest {
    let mut hasher = LocalHasher::default();
    hasher.write(concat!(env!("TRUEUP_SOURCES"), " ", env!("TRUEUP_PROFILE")).as_bytes());
    (scope.period, scope.until, partners.len()).hash(&mut hasher);
    for partner in partners {
        inputs.hash(*partner, &mut hasher);
    }
    hasher.digest()
}

/// Everything a run depends on. What the program reads is in it by digest, so that the same manifest means the same
/// lines on any machine.
fn manifest(folder: &Folder, snapshot: &Snapshot, args: &ScopeArgs, scope: &Scope) -> Value {
    let declared: BTreeMap<String, String> = folder
        .program
        .declarations
        .iter()
        .map(|(what, digest)| (what.to_string(), digest.to_string()))
        .collect();
    let versions: BTreeMap<String, u64> = snapshot
        .versions()
        .into_iter()
        .map(|(kind, version)| (kind.to_string(), version))
        .collect();
    let texts: BTreeMap<&str, String> = folder
        .texts
        .iter()
        .map(|(path, bytes)| (&**path, Digest::of(bytes).to_string()))
        .collect();
    json!({
        "engine": env!("CARGO_PKG_VERSION"),
        "program": &*folder.program.name,
        "partner": args.partner,
        "period": args.period,
        "settled_until": scope.until.to_string(),
        "declarations": declared,
        "texts": texts,
        "facts": {
            "snapshot": snapshot.number(),
            "digest": snapshot.digest().to_string(),
            "versions": versions,
        },
    })
}
