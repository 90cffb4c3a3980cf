//! Kept runs: what each read, and reading it again as it was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use trueup_base::date::{Date, parse_date};
use trueup_base::exact::Exact;
use trueup_base::id::PartnerId;
use trueup_base::money::Currency;
use trueup_books::Key;
use trueup_facts::digest::Digest;
use trueup_facts::disk::Disk;
use trueup_facts::kept::{Kept, KeptLines, KeptRun, LinesPart, NewRun};
use trueup_facts::program::{PROGRAM_FILE, state_folder};
use trueup_facts::snapshot::Snapshot;
use trueup_facts::texts::Texts;
use trueup_plan::check::Strictness;

use crate::earned::Earned;
use crate::failure::Failure;
use crate::folder::{self, Folder};
use crate::seen::Scope;
use crate::threads::on_threads;

/// What a run depends on, as its manifest says it.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    /// The version of Trueup that made it.
    pub engine: String,
    /// The one partner it was about.
    pub partner: Option<String>,
    /// The one period it was about.
    pub period: Option<String>,
    /// The day after the last one settled.
    pub settled_until: String,
    /// Every text it read, by its path.
    pub texts: BTreeMap<String, Digest>,
    /// The facts it saw.
    pub facts: FactsSeen,
}

/// The facts a run saw.
#[derive(Debug, Deserialize)]
pub struct FactsSeen {
    /// The number of the snapshot; none where an older run does not say it.
    pub snapshot: Option<u64>,
    /// The digest of the list of their files.
    pub digest: Digest,
    /// The version of each table.
    pub versions: BTreeMap<Arc<str>, u64>,
}

/// A line of a kept run, as far as anybody needs it.
#[derive(Clone, Debug, Deserialize)]
pub struct KeptLine {
    /// Who.
    pub partner: String,
    /// Under which plan.
    pub plan: String,
    /// The settlement as the calendar names it.
    pub period: String,
    /// The settlement's last day.
    pub settled_until: String,
    /// The component, or a limit's `top_up`.
    pub component: String,
    /// In which currency.
    pub currency: String,
    /// What was posted; none where nothing can be said.
    pub posted: Option<String>,
    /// What it grants; money where an older run does not say it.
    #[serde(default = "money")]
    pub grants: String,
    /// Whether it has its figure, as one word; nothing where an older run does not say it.
    #[serde(default)]
    pub status: String,
    /// The open questions.
    #[serde(default)]
    pub open: Vec<String>,
}

fn money() -> String {
    "money".to_owned()
}

/// What a line of a kept run says of money.
#[derive(Debug)]
pub struct Said {
    /// What it is for.
    pub key: Key,
    /// Whether it grants money.
    pub is_money: bool,
    /// What was posted; none where nothing can be said.
    pub posted: Option<Exact>,
}

/// The figures of a line and what they are for, as they stand in its text.
#[derive(Deserialize)]
struct Figures<'t> {
    #[serde(borrow)]
    partner: Cow<'t, str>,
    #[serde(borrow)]
    plan: Cow<'t, str>,
    #[serde(borrow)]
    settled_until: Cow<'t, str>,
    #[serde(borrow)]
    component: Cow<'t, str>,
    #[serde(borrow)]
    currency: Cow<'t, str>,
    posted: Option<String>,
    #[serde(borrow, default = "also_money")]
    grants: Cow<'t, str>,
}

fn also_money() -> Cow<'static, str> {
    Cow::Borrowed("money")
}

impl Figures<'_> {
    /// What they say; `like` is a partner that may be the line's own.
    fn read(self, hash: Digest, like: Option<&PartnerId>) -> Result<Said, Failure> {
        let wrong = |what: &str| {
            Failure::Fault(format!(
                "a line of run {} has no {what} that can be read",
                hash.short()
            ))
        };
        let partner = match like.filter(|like| like.as_str() == self.partner) {
            Some(like) => like.clone(),
            None => PartnerId::new(&*self.partner).map_err(|_| wrong("partner"))?,
        };
        let posted = self.posted.map(|text| {
            Exact::parse(&text)
                .map_err(|_| Failure::Fault(format!("run {} posts `{text}`", hash.short())))
        });
        Ok(Said {
            key: Key {
                partner,
                plan: self.plan.into_owned(),
                component: self.component.into_owned(),
                settled_on: parse_date(&self.settled_until).map_err(|_| wrong("day"))?,
                currency: Currency::parse(&self.currency).map_err(|_| wrong("currency"))?,
            },
            is_money: self.grants == "money",
            posted: posted.transpose()?,
        })
    }
}

/// The kept runs of a program.
pub fn kept(program: &Path) -> Kept {
    Kept::of(&state_folder(program), Disk::default())
}

/// A line that knows its place among those of a run.
pub trait Placed {
    /// Whose it is, and the settlement's last day.
    fn place(&self) -> (&str, &str);
}

impl Placed for KeptLine {
    fn place(&self) -> (&str, &str) {
        (&self.partner, &self.settled_until)
    }
}

impl Placed for Value {
    fn place(&self) -> (&str, &str) {
        let says = |name| self.get(name).and_then(Self::as_str).unwrap_or_default();
        (says("partner"), says("settled_until"))
    }
}

/// Keeps a run under the hash of its inputs, with every text it read.
pub fn keep(
    kept: &Kept,
    folder: &Folder,
    manifest: &Value,
    parts: &[LinesPart],
) -> Result<Digest, Failure> {
    let run = NewRun {
        manifest,
        lines: parts,
        texts: &folder.texts,
        at: &jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string(),
    };
    kept.keep(run)
        .map_err(|fault| Failure::fault("keeping the run", &fault))
}

/// Lines as they are kept: a JSON array with a row for each.
pub fn as_kept(lines: &[Earned]) -> Result<Vec<u8>, Failure> {
    let mut text = b"[".to_vec();
    for (at, line) in lines.iter().enumerate() {
        text.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut text, &line.written())
            .map_err(|error| Failure::fault("writing the lines of a run", &error))?;
    }
    text.extend_from_slice(b"\n]\n");
    Ok(text)
}

/// The text of a part of kept lines.
pub fn text_of(kept: &Kept, part: &LinesPart) -> Result<Vec<u8>, Failure> {
    kept.lines_of(part)
        .map_err(|fault| Failure::fault("reading the lines of a run", &fault))
}

/// The lines of some parts, by partner and settlement; those of one settlement in the order of the parts.
pub fn lines_in<T: Placed + DeserializeOwned + Send>(
    texts: Vec<Vec<u8>>,
) -> Result<Vec<T>, Failure> {
    let work = |share: Vec<Vec<u8>>| -> Result<Vec<T>, Failure> {
        let mut lines = Vec::new();
        for text in share {
            let part: Vec<T> = serde_json::from_slice(&text)
                .map_err(|error| Failure::fault("reading the lines of a run", &error))?;
            lines.extend(part);
        }
        Ok(lines)
    };
    let shares: Vec<Vec<T>> = on_threads(texts, &work)
        .into_iter()
        .collect::<Result<_, _>>()?;
    let mut lines: Vec<T> = shares.into_iter().flatten().collect();
    lines.sort_by(|one, two| one.place().cmp(&two.place()));
    Ok(lines)
}

/// A kept run's lines, as they were written or as [`KeptLine`]s.
pub fn lines<T: Placed + DeserializeOwned + Send>(
    kept: &Kept,
    hash: Digest,
) -> Result<Vec<T>, Failure> {
    match kept_lines(kept, hash)? {
        KeptLines::Whole(lines) => serde_json::from_value(lines)
            .map_err(|error| Failure::fault(format!("reading run {}", hash.short()), &error)),
        KeptLines::Parts(parts) => {
            let texts = parts.iter().map(|part| text_of(kept, part));
            lines_in(texts.collect::<Result<_, _>>()?)
        }
    }
}

/// What a kept run's lines say of money, by partner.
pub fn said(kept: &Kept, hash: Digest) -> Result<BTreeMap<PartnerId, Vec<Said>>, Failure> {
    let texts = match kept_lines(kept, hash)? {
        KeptLines::Whole(lines) => vec![lines.to_string().into_bytes()],
        KeptLines::Parts(parts) => {
            let texts = parts.iter().map(|part| text_of(kept, part));
            texts.collect::<Result<_, _>>()?
        }
    };
    let work = |share: Vec<Vec<u8>>| -> Result<Vec<(PartnerId, Vec<Said>)>, Failure> {
        let mut all: Vec<(PartnerId, Vec<Said>)> = Vec::new();
        for text in share {
            let lines: Vec<Figures<'_>> = serde_json::from_slice(&text)
                .map_err(|error| Failure::fault("reading the lines of a run", &error))?;
            for line in lines {
                // A part is in the order of partners, so most lines are the same partner's as the one before.
                let last = all.last().map(|(partner, _)| partner);
                let said = line.read(hash, last)?;
                match all.last_mut() {
                    Some((partner, lines)) if *partner == said.key.partner => lines.push(said),
                    Some(_) | None => all.push((said.key.partner.clone(), vec![said])),
                }
            }
        }
        Ok(all)
    };
    let mut by_partner: BTreeMap<PartnerId, Vec<Said>> = BTreeMap::new();
    for share in on_threads(texts, &work) {
        for (partner, lines) in share? {
            by_partner.entry(partner).or_default().extend(lines);
        }
    }
    Ok(by_partner)
}

/// The parts that a kept run's lines are in; none of a run that an earlier version kept whole.
pub fn parts(kept: &Kept, hash: Digest) -> Result<Option<Vec<LinesPart>>, Failure> {
    Ok(match kept_lines(kept, hash)? {
        KeptLines::Whole(_) => None,
        KeptLines::Parts(parts) => Some(parts),
    })
}

fn kept_lines(kept: &Kept, hash: Digest) -> Result<KeptLines, Failure> {
    kept.lines(hash)
        .map_err(|fault| Failure::fault(format!("reading run {}", hash.short()), &fault))
}

/// The run that `latest`, `previous` or the beginning of its hash means.
pub fn find(kept: &Kept, said: &str) -> Result<KeptRun, Failure> {
    kept.find(said)
        .map_err(|fault| Failure::fault("listing the runs", &fault))?
        .map_err(|none| Failure::Use(none.to_string()))
}

/// What a kept run depends on.
pub fn manifest(kept: &Kept, hash: Digest) -> Result<Manifest, Failure> {
    let fault = |error: &dyn std::error::Error| {
        Failure::fault(format!("reading run {}", hash.short()), error)
    };
    let manifest = kept.manifest(hash).map_err(|error| fault(&error))?;
    serde_json::from_value(manifest).map_err(|error| fault(&error))
}

/// Sums of posted money by a key, in the key's order.
pub fn totals<'l, K: Ord>(
    lines: impl IntoIterator<Item = &'l KeptLine>,
    key: impl Fn(&'l KeptLine) -> K,
) -> BTreeMap<K, Exact> {
    let mut totals = BTreeMap::new();
    for line in lines.into_iter().filter(|line| line.grants == "money") {
        let sum = totals.entry(key(line)).or_insert(Exact::ZERO);
        if let Some(posted) = line.posted_exactly() {
            *sum = &*sum + &posted;
        }
    }
    totals
}

impl KeptLine {
    /// What was posted, as a number.
    pub fn posted_exactly(&self) -> Option<Exact> {
        self.posted.as_ref()?.parse().ok()
    }
}

/// What a run read, as it was: its program, its facts and what it was about.
pub struct Reread {
    /// Its hash.
    pub hash: Digest,
    /// What it depends on.
    pub manifest: Manifest,
    /// The program as it was read then.
    pub folder: Folder,
    /// The facts as they were then.
    pub facts: Snapshot,
    /// Which periods it was about.
    pub scope: Scope,
}

/// A run as it was, with what it came to.
pub struct Again {
    /// Its hash.
    pub hash: Digest,
    /// What it depends on.
    pub manifest: Manifest,
    /// The program as it was read then.
    pub folder: Folder,
    /// The facts as they were then.
    pub facts: Snapshot,
    /// Which periods it was about.
    pub scope: Scope,
    /// What it came to.
    pub lines: Vec<KeptLine>,
}

/// Reads a kept run again with its lines, whatever became of the folder since.
pub fn again(program: &Path, said: &str) -> Result<Again, Failure> {
    let Reread {
        hash,
        manifest,
        folder,
        facts,
        scope,
    } = reread(program, said)?;
    Ok(Again {
        lines: lines(&kept(program), hash)?,
        hash,
        manifest,
        folder,
        facts,
        scope,
    })
}

/// Reads again what a kept run read, whatever became of the folder since.
pub fn reread(program: &Path, said: &str) -> Result<Reread, Failure> {
    let kept = kept(program);
    let hash = find(&kept, said)?.hash;
    let manifest = manifest(&kept, hash)?;
    let folder = folder_of(program, &kept, (hash, &manifest))?;
    let facts = facts_of(program, (hash, &manifest))?;
    let scope = scope(&folder, &manifest)?;
    Ok(Reread {
        hash,
        manifest,
        folder,
        facts,
        scope,
    })
}

/// The program as a kept run read it.
pub fn folder_of(
    program: &Path,
    kept: &Kept,
    (hash, manifest): (Digest, &Manifest),
) -> Result<Folder, Failure> {
    let short = hash.short();
    if !manifest.texts.contains_key(PROGRAM_FILE) {
        return Err(Failure::Use(format!(
            "run {short} was kept by an earlier Trueup, without the texts it read; run again to compare"
        )));
    }
    let fault =
        |error: &dyn std::error::Error| Failure::fault(format!("reading run {short}"), error);
    let mut texts = BTreeMap::new();
    for (path, digest) in &manifest.texts {
        match kept.text(*digest).map_err(|error| fault(&error))? {
            Some(bytes) => texts.insert(path.clone(), bytes),
            None => {
                return Err(Failure::Fault(format!(
                    "reading run {short}: {path} as the run read it is gone from .trueup/texts; restore {digest} there"
                )));
            }
        };
    }
    let found = folder::read_texts(&Texts::kept(program, texts), Strictness::Draft)?;
    let has_error = found.has_error();
    let said = found.rendered();
    match found.folder {
        Some(folder) if !has_error => Ok(folder),
        Some(_) | None => Err(Failure::Found(format!(
            "{}\nrun {short} was made by Trueup {} from texts that this one refuses",
            said.trim_end(),
            manifest.engine
        ))),
    }
}

/// The facts as a kept run saw them.
pub fn facts_of(
    program: &Path,
    (hash, manifest): (Digest, &Manifest),
) -> Result<Snapshot, Failure> {
    let short = hash.short();
    let fault =
        |error: &dyn std::error::Error| Failure::fault(format!("reading run {short}"), error);
    let facts =
        Snapshot::open_at(program, &manifest.facts.versions).map_err(|error| fault(&error))?;
    if facts.digest() != manifest.facts.digest {
        return Err(Failure::Fault(format!(
            "reading run {short}: the facts of its versions are not those it saw; restore .trueup/facts from a backup"
        )));
    }
    Ok(facts)
}

fn scope(folder: &Folder, manifest: &Manifest) -> Result<Scope, Failure> {
    let fault =
        |error: &dyn std::error::Error| Failure::fault("reading what a run was about", error);
    let until: Date = parse_date(&manifest.settled_until).map_err(|error| fault(&error))?;
    let period = match &manifest.period {
        None => None,
        Some(text) => Some(
            folder
                .program
                .calendar
                .parse_period(text)
                .map_err(|error| fault(&error))?,
        ),
    };
    Ok(Scope { period, until })
}
