//! A bundle as text: a record a line, in one order and one writing.
//!
//! The lines up to the list of lines are what the vendor signs; the acts and the checkpoint below them prove themselves. What is
//! read is held to its own writing again, so that no two texts are one bundle.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use trueup_journal::{Act, Proof};

use crate::recompute::Derived;
use crate::record::{
    ActRecord, Acts, Declaration, Directory, FORM, Fact, Head, Input, Issued, Kind, Posting, Rate,
    Record, Sealed, TextRecord,
};
use crate::verify::Finding;

/// The most bytes a bundle may have.
pub const BYTES_MAX: usize = 1 << 30;
/// The most bytes one of its lines may have.
pub const LINE_BYTES_MAX: usize = 1 << 26;
/// How many digits of a line's digest the list of lines has: enough to find a changed line by.
const DIGITS: usize = 16;

/// What a bundle says, before it is signed.
#[derive(Clone, Debug)]
pub struct Content {
    /// What it is.
    pub head: Head,
    /// Texts that count.
    pub texts: Vec<TextRecord>,
    /// Declarations of program.yaml.
    pub declarations: Vec<Declaration>,
    /// What both sides signed.
    pub seals: Vec<Sealed>,
    /// What the directory says, of the partner first.
    pub directories: Vec<Directory>,
    /// The kinds of fact, as the plan lists them.
    pub kinds: Vec<Kind>,
    /// The facts, by kind, day and id.
    pub facts: Vec<Fact>,
    /// Rates.
    pub rates: Vec<Rate>,
    /// What is about other partners.
    pub inputs: Vec<Input>,
    /// What follows from these.
    pub derived: Derived,
    /// The partner's postings.
    pub postings: Vec<Posting>,
    /// Which acts follow, and their kinds.
    pub acts: Vec<(u64, String)>,
}

/// Signed lines, waiting for the acts below them.
#[derive(Clone, Debug)]
pub struct Issue {
    lines: String,
    /// What the act says that states them.
    pub says: Issued,
}

/// A bundle as it was read.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What it says.
    pub content: Content,
    /// The number of the line that each record stands in, by the record's place in the text.
    pub names: Vec<String>,
    /// What the act has to say that states it.
    pub says: Issued,
    /// The acts, the one that states the bundle last.
    pub acts: Vec<ActRecord>,
    /// The checkpoint.
    pub checkpoint: String,
}

impl Content {
    /// A content with nothing in it but its head.
    #[must_use]
    pub fn new(head: Head) -> Self {
        Self {
            head,
            texts: Vec::new(),
            declarations: Vec::new(),
            seals: Vec::new(),
            directories: Vec::new(),
            kinds: Vec::new(),
            facts: Vec::new(),
            rates: Vec::new(),
            inputs: Vec::new(),
            derived: Derived::default(),
            postings: Vec::new(),
            acts: Vec::new(),
        }
    }

    /// The records, in the order of a bundle.
    fn records(&self) -> Vec<Record> {
        let mut records = vec![Record::Bundle(self.head.clone())];
        let derived = &self.derived;
        records.extend(self.texts.iter().cloned().map(Record::Text));
        records.extend(self.declarations.iter().cloned().map(Record::Declaration));
        records.extend(self.seals.iter().cloned().map(Record::Seal));
        records.extend(derived.tree.iter().cloned().map(Record::Tree));
        records.extend(self.directories.iter().cloned().map(Record::Directory));
        records.extend(self.kinds.iter().cloned().map(Record::Kind));
        records.extend(self.facts.iter().cloned().map(Record::Fact));
        records.extend(self.rates.iter().cloned().map(Record::Rate));
        records.extend(self.inputs.iter().cloned().map(Record::Input));
        records.extend(derived.places.iter().cloned().map(Record::Place));
        records.extend(derived.nodes.iter().cloned().map(Record::Node));
        records.extend(derived.lines.iter().cloned().map(Record::Line));
        records.extend(self.postings.iter().cloned().map(Record::Posting));
        let follow = self.acts.clone();
        records.push(Record::Acts(Acts { follow }));
        records
    }

    /// The lines that are signed.
    ///
    /// # Errors
    /// When a record cannot be written, which none of these is.
    pub fn issue(&self) -> Result<Issue, serde_json::Error> {
        let (mut lines, mut digests, mut count) = (String::new(), Vec::new(), 0u64);
        for record in self.records() {
            let line = serde_json::to_string(&record)?;
            digests.push(short(line.as_bytes()));
            lines.push_str(&line);
            lines.push('\n');
            count += 1;
        }
        lines.push_str(&serde_json::to_string(&Record::Lines(digests))?);
        lines.push('\n');
        let says = Issued {
            partner: self.head.partner.clone(),
            period: self.head.period.clone(),
            until: self.head.until.clone(),
            lines: count + 1,
            sha256: sha256(lines.as_bytes()),
        };
        Ok(Issue { lines, says })
    }
}

impl Issue {
    /// The bundle, with the acts that follow and then the one that states it, each with its proof below one checkpoint.
    ///
    /// # Errors
    /// When a record cannot be written, which none of these is.
    pub fn with_acts(mut self, proved: &[(Act, Proof)]) -> Result<String, serde_json::Error> {
        for (act, proof) in proved {
            let record = Record::Act(ActRecord {
                at: proof.at,
                note: act.note().to_owned(),
                hashes: proof.hashes.iter().map(ToString::to_string).collect(),
            });
            self.lines.push_str(&serde_json::to_string(&record)?);
            self.lines.push('\n');
        }
        if let Some((_, proof)) = proved.last() {
            let record = Record::Checkpoint(proof.checkpoint.note().to_owned());
            self.lines.push_str(&serde_json::to_string(&record)?);
            self.lines.push('\n');
        }
        Ok(self.lines)
    }
}

/// The SHA-256 of bytes, in hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn short(bytes: &[u8]) -> String {
    let mut digest = sha256(bytes);
    digest.truncate(DIGITS);
    digest
}

/// Where a line stands, as a finding names it.
fn line(number: usize) -> String {
    format!("line {number}")
}

/// Whether a text begins as a bundle does.
#[must_use]
pub fn is_bundle(text: &[u8]) -> bool {
    text.starts_with(b"{\"bundle\":")
}

/// Reads a bundle's text. What was changed since it was signed is found by the list of lines and told first.
///
/// # Errors
/// Everything by which it is none.
pub fn read(text: &[u8]) -> Result<Bundle, Vec<Finding>> {
    let refused = |place: &str, why: &str| vec![Finding::at(place, why)];
    if text.len() > BYTES_MAX {
        let why = format!("it has more than {BYTES_MAX} bytes");
        return Err(refused("the bundle", &why));
    }
    let text = std::str::from_utf8(text)
        .map_err(|error| refused(&format!("byte {}", error.valid_up_to()), "it is no text"))?;
    if !is_bundle(text.as_bytes()) {
        return Err(refused("line 1", "it is not the head of a bundle"));
    }
    let Some(text) = text.strip_suffix('\n') else {
        return Err(refused(
            "the end",
            "it is cut off: the last line does not end",
        ));
    };
    let (mut records, mut found) = (Vec::new(), Vec::new());
    let mut digests = Vec::new();
    let mut signed = 0;
    let mut is_signed = true;
    for (at, written) in text.split('\n').enumerate() {
        if is_signed {
            signed += written.len() + 1;
            digests.push(short(written.as_bytes()));
        }
        if written.len() > LINE_BYTES_MAX {
            return Err(refused(
                &line(at + 1),
                "it is longer than any line of a bundle",
            ));
        }
        match serde_json::from_str::<Record>(written) {
            Ok(record) => {
                // One record, one writing.
                match serde_json::to_string(&record) {
                    Ok(again) if again == written => {}
                    Ok(_) | Err(_) => found.push(Finding::at(
                        format!("line {} ({})", at + 1, record.named()),
                        "it is not written as bundles are",
                    )),
                }
                is_signed &= !matches!(record, Record::Lines(_));
                records.push(record);
            }
            Err(error) => {
                let why = format!("it is no line of a bundle: {error}");
                found.push(Finding::at(line(at + 1), why));
                records.push(Record::Lines(Vec::new()));
            }
        }
    }
    changed(&records, &digests, &mut found);
    if !found.is_empty() {
        return Err(found);
    }
    let names = records.iter().map(Record::named).collect();
    let count = digests.len() as u64;
    let mut bundle = taken(records, names).map_err(|finding| vec![finding])?;
    let lines = text.as_bytes().get(..signed).unwrap_or_default();
    let head = &bundle.content.head;
    bundle.says = Issued {
        partner: head.partner.clone(),
        period: head.period.clone(),
        until: head.until.clone(),
        lines: count,
        sha256: sha256(lines),
    };
    match head.form == FORM {
        true => Ok(bundle),
        false => Err(refused(
            "line 1",
            "it is of a form that this version does not read",
        )),
    }
}

/// The lines that are not those in the list.
fn changed(records: &[Record], digests: &[String], found: &mut Vec<Finding>) {
    let listed = records.iter().find_map(|record| match record {
        Record::Lines(listed) if !listed.is_empty() => Some(listed),
        Record::Lines(_)
        | Record::Bundle(_)
        | Record::Text(_)
        | Record::Declaration(_)
        | Record::Seal(_)
        | Record::Tree(_)
        | Record::Directory(_)
        | Record::Kind(_)
        | Record::Fact(_)
        | Record::Rate(_)
        | Record::Input(_)
        | Record::Place(_)
        | Record::Node(_)
        | Record::Line(_)
        | Record::Posting(_)
        | Record::Acts(_)
        | Record::Act(_)
        | Record::Checkpoint(_) => None,
    });
    let Some(listed) = listed else {
        found.push(Finding::at("the list of lines", "it is gone"));
        return;
    };
    let there = digests.len().saturating_sub(1);
    if listed.len() != there {
        let why = format!("it lists {} lines and there are {there}", listed.len());
        found.push(Finding::at("the list of lines", why));
    }
    let both = listed.iter().zip(digests).enumerate();
    for (at, _) in both.filter(|(_, (listed, digest))| listed != digest) {
        let named = records.get(at).map(Record::named).unwrap_or_default();
        found.push(Finding::at(
            format!("line {} ({named})", at + 1),
            "it is not the line that was signed",
        ));
        // Behind a line that is gone or too many, all the others are elsewhere.
        if listed.len() != there {
            break;
        }
    }
}

/// The records sorted out; each must stand where its kind does.
fn taken(records: Vec<Record>, names: Vec<String>) -> Result<Bundle, Finding> {
    let mut head = None;
    let mut derived = Derived::default();
    let (mut texts, mut declarations, mut seals) = (Vec::new(), Vec::new(), Vec::new());
    let (mut directories, mut kinds, mut facts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut rates, mut inputs, mut postings) = (Vec::new(), Vec::new(), Vec::new());
    let (mut follow, mut lists, mut acts, mut checkpoint) = (None, 0, Vec::new(), None);
    let mut before = 0;
    for (at, record) in records.into_iter().enumerate() {
        let (rank, is_first) = match record {
            Record::Bundle(one) => (0, head.replace(one).is_none()),
            Record::Text(one) => (1, put(&mut texts, one)),
            Record::Declaration(one) => (2, put(&mut declarations, one)),
            Record::Seal(one) => (3, put(&mut seals, one)),
            Record::Tree(one) => (4, put(&mut derived.tree, one)),
            Record::Directory(one) => (5, put(&mut directories, one)),
            Record::Kind(one) => (6, put(&mut kinds, one)),
            Record::Fact(one) => (7, put(&mut facts, one)),
            Record::Rate(one) => (8, put(&mut rates, one)),
            Record::Input(one) => (9, put(&mut inputs, one)),
            Record::Place(one) => (10, put(&mut derived.places, one)),
            Record::Node(one) => (11, put(&mut derived.nodes, one)),
            Record::Line(one) => (12, put(&mut derived.lines, one)),
            Record::Posting(one) => (13, put(&mut postings, one)),
            Record::Acts(one) => (14, follow.replace(one.follow).is_none()),
            Record::Lines(_) => {
                lists += 1;
                (15, lists == 1)
            }
            Record::Act(one) => (16, put(&mut acts, one)),
            Record::Checkpoint(one) => (17, checkpoint.replace(one).is_none()),
        };
        if rank < before || !is_first {
            let named = names.get(at).map(String::as_str).unwrap_or_default();
            let place = format!("line {} ({named})", at + 1);
            return Err(Finding::at(place, "it stands where it does not belong"));
        }
        before = rank;
    }
    let gone = |what: &str| Finding::at(what, "it is gone");
    let says = Issued {
        partner: String::new(),
        period: None,
        until: String::new(),
        lines: 0,
        sha256: String::new(),
    };
    Ok(Bundle {
        content: Content {
            head: head.ok_or_else(|| gone("the head"))?,
            texts,
            declarations,
            seals,
            directories,
            kinds,
            facts,
            rates,
            inputs,
            derived,
            postings,
            acts: follow.ok_or_else(|| gone("the list of acts"))?,
        },
        names,
        says,
        acts,
        checkpoint: checkpoint.ok_or_else(|| gone("the checkpoint"))?,
    })
}

fn put<T>(list: &mut Vec<T>, one: T) -> bool {
    list.push(one);
    true
}
