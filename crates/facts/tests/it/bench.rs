//! A small program in a folder of its own, and what ingesting it says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use trueup_facts::cage::Decoding;
use trueup_facts::disk::Disk;
use trueup_facts::error::Fault;
use trueup_facts::ingest::{Files, Ingested, Means, Outcome, ingest};
use trueup_facts::program::Program;
use trueup_facts::quarantine::{QuarantinedRow, read_list};
use trueup_facts::snapshot::Snapshot;
use trueup_facts::store::{FactColumns, Tables};
use trueup_plan::diagnostic::render;

/// The declarations most tests share; `{…}` stands for what a test adds to its source.
pub const PROGRAM: &str = r#"
program: shop
currency: EUR
zone: Europe/Berlin
kinds:
  sale:
    is: A line of an invoice
    dated: sold_on
    columns:
      partner: partner
      sold_on: date
      amount: { type: money, scale: 2 }
      units: count
      rush: flag
      note: text
directories:
  partners:
    is: Who sells
    file: partners.csv
    id: key
    columns: { name: name }
    aliases: aliases.csv
sources:
  till:
    is: The till
    owner: finance
    kind: sale
    files: data/*.csv
    id: [number]
{more}
    map:
      partner: partner
      sold_on: day
      amount: amount
      units: units
      rush: { column: rush, values: { Y: yes, N: no } }
      note: note
"#;

/// The header of the shared program's files.
pub const HEADER: &str = "number,partner,day,amount,units,rush,note\n";

/// A program in a folder.
pub struct Bench {
    folder: PathBuf,
    _kept: Option<tempfile::TempDir>,
    /// The disk it works on.
    pub disk: Disk,
    /// Where its decoders run.
    pub decoding: Decoding,
    /// How often something was taken in: two times of three what is stored is looked up on disk.
    taken: AtomicU64,
}

impl Bench {
    /// The shared program.
    pub fn new() -> Self {
        Self::declaring("")
    }

    /// The shared program with more said about its source.
    pub fn declaring(more: &str) -> Self {
        let bench = Self::of(&PROGRAM.replace("{more}", more));
        bench.write("partners.csv", "key,name\nP1,One\nP2,Two\nP3,Three\n");
        bench.write("aliases.csv", "alias,partner,certified_by\nEINS,P1,Ada\n");
        bench
    }

    /// A folder without anything in it.
    pub fn empty() -> Self {
        let kept = tempfile::tempdir().expect("a folder");
        Self {
            folder: kept.path().to_owned(),
            _kept: Some(kept),
            disk: Disk::default(),
            decoding: Decoding::Here,
            taken: AtomicU64::new(0),
        }
    }

    /// A folder that is somebody else's.
    pub fn at(folder: PathBuf) -> Self {
        Self {
            folder,
            _kept: None,
            disk: Disk::default(),
            decoding: Decoding::Here,
            taken: AtomicU64::new(0),
        }
    }

    /// Any program.
    pub fn of(program: &str) -> Self {
        let bench = Self::empty();
        fs::create_dir(bench.path().join("data")).expect("made");
        bench.write("program.yaml", program);
        bench
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// A delivery of the shared program: its header and some lines.
    pub fn deliver(&self, name: &str, lines: &str) {
        self.write(&format!("data/{name}"), format!("{HEADER}{lines}"));
    }

    pub fn program(&self) -> Program {
        let read = Program::read(self.path()).expect("readable");
        read.program
            .unwrap_or_else(|| panic!("{}", render(&read.sources, &read.diagnostics)))
    }

    pub fn try_ingest(&self, files: &Files) -> Result<Ingested, Fault> {
        self.try_ingest_at(files, "2026-11-23T12:00:00Z")
    }

    pub fn try_ingest_at(&self, files: &Files, now: &str) -> Result<Ingested, Fault> {
        let now: Timestamp = now.parse().expect("an instant");
        let means = Means {
            disk: self.disk.clone(),
            decoding: self.decoding.clone(),
            rows_at_hand: match self.taken.fetch_add(1, Ordering::Relaxed) % 3 {
                0 => u64::MAX,
                _ => 0,
            },
        };
        ingest(
            &self.program(),
            files,
            now,
            &means,
            &mut |_| {},
            &AtomicBool::new(false),
        )
    }

    pub fn ingest(&self) -> Ingested {
        self.try_ingest(&Files::Declared).expect("no fault")
    }

    /// The rows that ingesting set aside.
    pub fn quarantined(&self, ingested: &Ingested) -> Vec<QuarantinedRow> {
        let tables = Tables::of(self.path(), self.disk.clone()).expect("tables");
        let table = tables.open("sale").expect("readable").expect("a table");
        let lists = ingested
            .files
            .iter()
            .filter_map(|file| match &file.outcome {
                Outcome::Taken(delivery) => delivery.quarantine.as_ref(),
                Outcome::TakenBefore(_) | Outcome::Refused(_) => None,
            });
        lists
            .flat_map(|list| read_list(&table, list).expect("readable"))
            .collect()
    }

    pub fn snapshot(&self) -> Snapshot {
        Snapshot::open(self.path()).expect("readable")
    }

    /// The net facts of a kind as text, one line for each fact that counts: `id@revision columns…`.
    pub fn state(&self, kind: &str) -> Vec<String> {
        Self::state_of(&self.snapshot(), kind)
    }

    /// The same of a snapshot.
    pub fn state_of(snapshot: &Snapshot, kind: &str) -> Vec<String> {
        let Some(facts) = snapshot.kind(kind) else {
            return Vec::new();
        };
        let mut net: BTreeMap<String, i64> = BTreeMap::new();
        for batch in facts.batches(None).expect("readable") {
            let columns = FactColumns::of(&batch).expect("the columns of facts");
            for at in 0..columns.len() {
                let mut line = format!("{}@{}", columns.id.value(at), columns.revision.value(at));
                for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
                    if !field.name().starts_with("fact_") {
                        let text = arrow::util::display::array_value_to_string(array, at)
                            .expect("a value");
                        line.push_str(&format!(" {text}"));
                    }
                }
                *net.entry(line).or_default() += i64::from(columns.weight.value(at));
            }
        }
        assert!(
            net.values().all(|weight| *weight == 0 || *weight == 1),
            "a fact counts once or not at all: {net:?}"
        );
        net.into_iter()
            .filter(|(_, weight)| *weight == 1)
            .map(|(line, _)| line)
            .collect()
    }
}

/// What ingesting said about each file, in short.
pub fn said(ingested: &Ingested) -> Vec<String> {
    ingested
        .files
        .iter()
        .map(|file| match &file.outcome {
            Outcome::Taken(delivery) => {
                let counts = [
                    ("accepted", &delivery.accepted),
                    ("corrected", &delivery.corrected),
                    ("cancelled", &delivery.cancelled),
                    ("duplicate", &delivery.duplicate),
                    ("outdated", &delivery.outdated),
                    ("quarantined", &delivery.quarantined),
                ];
                let counts = counts.iter().filter(|(_, tally)| tally.rows > 0);
                let counts: Vec<String> = counts
                    .map(|(what, tally)| format!("{} {what}", tally.rows))
                    .collect();
                format!(
                    "{}: {} read = {}",
                    file.file,
                    delivery.read.rows,
                    counts.join(" + ")
                )
            }
            Outcome::TakenBefore(_) => format!("{}: taken before", file.file),
            Outcome::Refused(refusal) => format!("{}: {refusal}", file.file),
        })
        .collect()
}
