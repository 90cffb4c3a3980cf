//! `trueup verify`: whether anything was changed, in the whole program or in a proof from elsewhere.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use trueup_facts::digest::Digest;
use trueup_facts::disk::Disk;
use trueup_facts::snapshot::Snapshot;
use trueup_facts::store::Tables;
use trueup_facts::trail::{Trail, entries_after, held};
use trueup_journal::{Checkpoint, Custody, Proof, PublicKey};
use trueup_program::Seal;
use trueup_store::batch_of;

use crate::args::VerifyArgs;
use crate::commands::books::{POSTED, posted};
use crate::commands::bundle;
use crate::failure::{Failure, chain};
use crate::kept_keys::{has_keys, keys_folder};
use crate::record::{FACTS_LOGGED, Record, logged};
use crate::seals::OnRecord;
use crate::{output, runs};

/// How many findings of one sort are shown.
const SHOWN: usize = 20;

/// What was looked through, and what was found.
#[derive(Default)]
pub struct Report {
    /// What was looked through, a line each.
    pub looked: Vec<String>,
    /// What is to be said of it.
    pub notes: Vec<String>,
    /// What is not as it was; nothing where all is whole.
    pub found: Vec<String>,
}

/// Looks through.
pub fn run(args: &VerifyArgs) -> Result<(), Failure> {
    if let (Some(file), Some(key)) = (&args.file, &args.key) {
        return proof(file, key);
    }
    print(&looked_through(&args.program.program, &args.checkpoint)?)
}

/// Looks through everything of a program: journal, agreements, books, facts and runs.
pub fn looked_through(
    program: &Path,
    checkpoints: &[std::path::PathBuf],
) -> Result<Report, Failure> {
    crate::folder::refuse_unless_program(program)?;
    let mut report = Report::default();
    let record = Record::if_opened(program);
    match record {
        Ok(Some(record)) => {
            journal(&record, checkpoints, &mut report)?;
            agreements(&record, program, &mut report)?;
            books(&record, &mut report)?;
            facts_on_record(&record, program, &mut report)?;
        }
        Ok(None) if has_keys(program)? => report.found.push(format!(
            "{} holds keys, and the journal they signed is gone: it was removed, or TRUEUP_DATABASE names another place",
            keys_folder(program).display()
        )),
        Ok(None) if checkpoints.is_empty() => report.notes.push(
            "there is no journal: facts and runs are held to their own digests alone".to_owned(),
        ),
        Ok(None) => report
            .found
            .push("a checkpoint was kept, and there is no journal here".to_owned()),
        // A journal that cannot be opened is what was looked for.
        Err(Failure::Fault(text)) => report.found.push(text),
        Err(other) => return Err(other),
    }
    facts(program, &mut report);
    kept_runs(program, &mut report)?;
    Ok(report)
}

fn print(report: &Report) -> Result<(), Failure> {
    let mut text = String::new();
    for line in &report.looked {
        let _ = writeln!(text, "{line}");
    }
    for note in &report.notes {
        let _ = writeln!(text, "Note: {note}");
    }
    if report.found.is_empty() {
        text.push_str("Nothing was changed\n");
        return output::print(&text);
    }
    let _ = writeln!(
        text,
        "\n{}:",
        output::counted(report.found.len(), "finding")
    );
    for found in report.found.iter().take(SHOWN) {
        let _ = writeln!(text, "  {found}");
    }
    if report.found.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", report.found.len() - SHOWN);
    }
    output::print(&text)?;
    Err(Failure::Findings)
}

/// The journal, held to itself and to checkpoints that were kept.
fn journal(
    record: &Record,
    kept: &[std::path::PathBuf],
    report: &mut Report,
) -> Result<(), Failure> {
    let mut checkpoints = Vec::new();
    for path in kept {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::fault(format!("reading {}", path.display()), &error))?;
        let checkpoint = Checkpoint::parse(&text)
            .map_err(|error| Failure::Use(format!("{}: {error}", path.display())))?;
        checkpoints.push(checkpoint);
    }
    let said = record.wait("checking the database", async |database| {
        database.own_check().await
    });
    match said {
        Ok(None) => {}
        Ok(Some(said)) => report
            .found
            .push(format!("the database finds itself damaged: {said}")),
        Err(Failure::Fault(text)) => report.found.push(text),
        Err(other) => return Err(other),
    }
    let outcome = record.wait("looking through the journal", async |database| {
        database.audit(checkpoints).await
    });
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(Failure::Fault(text)) => {
            report.found.push(text);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let acts = usize::try_from(outcome.tree.size()).unwrap_or(usize::MAX);
    report.looked.push(format!(
        "Journal {}: {}, {}, root {}",
        outcome.ring.origin().unwrap_or("unopened"),
        output::counted(acts, "act"),
        output::counted(outcome.ring.all().len(), "key"),
        outcome.tree.root()
    ));
    for path in kept {
        report.looked.push(format!(
            "It begins with what {} was signed over",
            path.display()
        ));
    }
    report
        .found
        .extend(outcome.found.iter().map(ToString::to_string));
    Ok(())
}

/// The agreements: each step was one that could be taken, and the texts that were signed are there.
fn agreements(record: &Record, program: &Path, report: &mut Report) -> Result<(), Failure> {
    let on_record = match OnRecord::of(record) {
        Ok(on_record) => on_record,
        Err(Failure::Fault(text)) => {
            report.found.push(text);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let kept = runs::kept(program);
    let (mut signed, mut open, mut lists) = (0, 0, BTreeSet::new());
    for (_, _, thread) in on_record.negotiations.threads() {
        signed += thread.signed.len();
        open += usize::from(thread.open.is_some());
        lists.extend(thread.signed.iter().map(|version| version.texts.clone()));
        lists.extend(thread.open.iter().map(|open| open.texts.clone()));
    }
    let mut texts: BTreeSet<String> = lists.clone();
    for list in &lists {
        let bytes = Digest::parse(list).and_then(|digest| kept.text(digest).ok().flatten());
        let named = bytes.and_then(|bytes| {
            serde_json::from_slice::<std::collections::BTreeMap<String, String>>(&bytes).ok()
        });
        texts.extend(
            named
                .into_iter()
                .flat_map(std::collections::BTreeMap::into_values),
        );
    }
    for text in &texts {
        match Digest::parse(text).map(|digest| kept.text(digest)) {
            Some(Ok(Some(_))) => {}
            Some(Err(fault)) => report.found.push(chain(&fault)),
            Some(Ok(None)) | None => report.found.push(format!(
                "text {text}, which was proposed or signed, is gone from .trueup/texts"
            )),
        }
    }
    let closings = record.wait("reading the books", async |database| {
        database.closings().await
    });
    let stated: Vec<_> = on_record
        .periods
        .closings
        .iter()
        .map(|closing| closing.until)
        .collect();
    match closings {
        Ok(closings) if closings == stated => {}
        Ok(_) => report
            .found
            .push("the closings of the books are not those that acts state".to_owned()),
        Err(Failure::Fault(text)) => report.found.push(text),
        Err(other) => return Err(other),
    }
    report.looked.push(format!(
        "Agreements: {} signed, {open} proposed, {}",
        output::counted(signed, "version"),
        output::counted(texts.len(), "text")
    ));
    Ok(())
}

/// The books: each batch is the one that its act states, and together they come to zero.
fn books(record: &Record, report: &mut Report) -> Result<(), Failure> {
    let stored = record.wait("reading the books", async |database| {
        let rows = database.batches().await?;
        let mut stored = Vec::new();
        for row in rows {
            let postings = database.postings(row.number).await;
            stored.push((row, postings));
        }
        Ok((stored, database.trial_balance().await?))
    });
    let (stored, off) = match stored {
        Ok(stored) => stored,
        Err(Failure::Fault(text)) => {
            report.found.push(text);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let (acts, _) = match record.acts_of(&[POSTED]) {
        Ok(acts) => acts,
        // Told already where the journal was looked through.
        Err(Failure::Fault(_)) => return Ok(()),
        Err(other) => return Err(other),
    };
    let mut stated = std::collections::BTreeMap::new();
    for (at, act) in &acts {
        let said = posted(*at, act)?;
        stated.insert(said.batch, (*at, said));
    }
    let mut postings = 0;
    for (row, own) in stored {
        let number = row.number;
        let own = match own {
            Ok(own) => own,
            Err(fault) => {
                report.found.push(chain(&fault));
                stated.remove(&number);
                continue;
            }
        };
        postings += own.len();
        let digest = batch_of(&row, own).map(|batch| Digest::of(batch.to_text().as_bytes()));
        let is_own = digest.is_some_and(|digest| digest.to_string() == row.sha256);
        match stated.remove(&number) {
            Some((_, said)) if is_own && Some(said.sha256) == digest => {}
            Some((at, _)) => report.found.push(format!(
                "batch {number} of the books was changed: it is not the one that act {at} states"
            )),
            None => report
                .found
                .push(format!("batch {number} of the books is stated by no act")),
        }
    }
    for (number, (at, _)) in stated {
        report.found.push(format!(
            "batch {number} of the books is gone; act {at} states it"
        ));
    }
    for (currency, units) in off {
        report.found.push(format!(
            "the books do not come to zero in {currency}: {units} minor units are left"
        ));
    }
    report.looked.push(format!(
        "Books: {}, {}",
        acts.len().to_string()
            + if acts.len() == 1 {
                " batch"
            } else {
                " batches"
            },
        output::counted(postings, "posting")
    ));
    Ok(())
}

/// The facts' logs, held to the acts that pin them.
fn facts_on_record(record: &Record, program: &Path, report: &mut Report) -> Result<(), Failure> {
    let acts = match record.acts_of(&[FACTS_LOGGED]) {
        Ok((acts, _)) => acts,
        Err(Failure::Fault(text)) => {
            report.found.push(text);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let fault = |fault| Failure::fault("reading the logs of the facts", &fault);
    let tables = Tables::of(program, Disk::default()).map_err(fault)?;
    let (mut pinned, mut versions) = (0, std::collections::BTreeMap::new());
    for (at, act) in &acts {
        let said = logged(*at, act)?;
        for entry in &said.entries {
            pinned += 1;
            let what = match entry.delivery {
                Some(number) => format!(
                    "delivery {number}, entry {} of {}",
                    entry.version, entry.kind
                ),
                None => format!("entry {} of {}", entry.version, entry.kind),
            };
            match held(&tables, entry).map_err(fault)? {
                Trail::Same => {}
                Trail::Gone => report.found.push(format!(
                    "{what} is gone; act {at} has it as {}",
                    entry.sha256.short()
                )),
                Trail::Other { found } => report.found.push(format!(
                    "{what} was changed: it is {} and act {at} has it as {}",
                    found.short(),
                    entry.sha256.short()
                )),
            }
        }
        versions = said.versions;
    }
    let word = if pinned == 1 { "entry" } else { "entries" };
    report.looked.push(format!(
        "Facts on the journal: {pinned} {word} of their logs"
    ));
    match entries_after(&tables, &versions) {
        Ok(beyond) if beyond.is_empty() => {}
        Ok(beyond) => report.notes.push(format!(
            "{} of the facts' logs are not on the journal yet; the next command that takes in facts puts them there",
            entries(beyond.len())
        )),
        Err(damaged) => report.found.push(damaged.to_string()),
    }
    Ok(())
}

fn entries(count: usize) -> String {
    match count {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}

/// The facts' files, held to the digests their logs have of them.
fn facts(program: &Path, report: &mut Report) {
    if !trueup_facts::program::state_folder(program)
        .join("facts")
        .is_dir()
    {
        return;
    }
    match Snapshot::open(program) {
        Ok(snapshot) => {
            let verified = snapshot.verified();
            report.looked.push(format!(
                "Facts: snapshot {}, {}",
                snapshot.number(),
                output::counted(verified.files, "file")
            ));
            report
                .found
                .extend(verified.damaged.iter().map(|fault| chain(fault)));
        }
        Err(fault) => report.found.push(chain(&fault)),
    }
}

/// Kept runs, each with the texts it read and the facts it saw.
fn kept_runs(program: &Path, report: &mut Report) -> Result<(), Failure> {
    let kept = runs::kept(program);
    let listed = kept
        .runs()
        .map_err(|fault| Failure::fault("listing the runs", &fault))?;
    let mut texts = BTreeSet::new();
    for run in &listed {
        match runs::manifest(&kept, run.hash) {
            Err(Failure::Fault(text)) => report.found.push(text),
            Err(other) => return Err(other),
            Ok(manifest) => texts.extend(manifest.texts.into_values()),
        }
        if let Err(Failure::Fault(text)) = runs::lines::<runs::KeptLine>(&kept, run.hash) {
            report.found.push(text);
        }
    }
    for digest in &texts {
        match kept.text(*digest) {
            Ok(Some(_)) => {}
            Ok(None) => report
                .found
                .push(format!("text {} that runs read is gone", digest.short())),
            Err(fault) => report.found.push(chain(&fault)),
        }
    }
    report.looked.push(format!(
        "Runs: {}, {}",
        output::counted(listed.len(), "run"),
        output::counted(texts.len(), "text")
    ));
    Ok(())
}

/// An agreement by itself: signed by both sides, the vendor's side by the key.
fn agreement(seal: &Seal, key: &PublicKey, file: &Path) -> Result<(), Failure> {
    if seal.vendor_key != *key {
        return Err(Failure::Found(format!(
            "{} does not hold: the vendor's side is signed by {} {}, and not by the key you trust",
            file.display(),
            seal.vendor_key.name(),
            seal.vendor_key.id()
        )));
    }
    let until = match seal.until {
        Some(until) => format!("until before {until}"),
        None => "without an end".to_owned(),
    };
    let custody = match seal.custody {
        Custody::Own => "by a key of its own",
        Custody::Custodial => {
            "by a custodial key, which the service keeps: it shows that the service signed for the partner"
        }
    };
    let mut text = format!(
        "Agreement {} of partner {} in program {}, from {} {until}.\n\
         The vendor signed it by {}; the partner signed it {custody}.\nBoth signed these texts, by their digests:\n",
        seal.agreement,
        seal.partner,
        seal.program,
        seal.starts,
        seal.vendor_key.id()
    );
    for (part, digest) in &seal.parts {
        let _ = writeln!(text, "  {part}  {digest}");
    }
    output::print(&text)
}

/// A key as it was published: its text, or a file with it.
fn stated_key(key: &str) -> Result<PublicKey, Failure> {
    let file = Path::new(key);
    let text = match file.is_file() {
        true => std::fs::read_to_string(file)
            .map_err(|error| Failure::fault(format!("reading {key}"), &error))?,
        false => key.to_owned(),
    };
    PublicKey::parse(text.trim()).map_err(|error| Failure::Use(error.to_string()))
}

/// A proof by itself: the act in it, below a checkpoint that the key signed.
fn proof(file: &Path, key: &str) -> Result<(), Failure> {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::fault(format!("reading {}", file.display()), &error))?;
    let key = stated_key(key)?;
    if trueup_bundle::lines::is_bundle(&bytes) {
        return bundle::check(file, &bytes, &key);
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::Found(format!(
            "{} does not hold: it is no text; a bundle, a proof or an agreement is one",
            file.display()
        ))
    })?;
    let refused = |error: &dyn std::error::Error| {
        Failure::Found(format!(
            "{} does not hold: {}",
            file.display(),
            chain(error)
        ))
    };
    if text.starts_with("trueup agreement ") {
        let seal = Seal::of_signed(&text).map_err(|error| refused(&error))?;
        return agreement(&seal, &key, file);
    }
    let (proof, act) = Proof::parse(&text).map_err(|error| refused(&error))?;
    let act = act.ok_or_else(|| {
        Failure::Found(format!(
            "{} holds no act; `trueup journal prove` writes proofs with their acts",
            file.display()
        ))
    })?;
    proof
        .checkpoint
        .signed_by(&key)
        .map_err(|error| refused(&error))?;
    proof
        .holds_for(act.leaf())
        .map_err(|error| refused(&error))?;
    output::print(&format!(
        "Act {} of {}, below the root of {} that {} {} signed:\n\n{}",
        proof.at,
        key.program(),
        output::counted(
            usize::try_from(proof.checkpoint.size()).unwrap_or(usize::MAX),
            "act"
        ),
        key.name(),
        key.id(),
        act.note()
    ))
}
