//! Runs kept for later: each under the hash of its manifest, every text it read and every part of its lines under their own
//! digests.
//!
//! A run is there whole or not at all, and lasts before it is named: its texts and the parts of its lines first, then its
//! folder, then its line in the order of runs. A text or a part is stored once however many runs have it, and is given back
//! only when it still has its digest. The module never decides what belongs into a manifest or where lines are cut into
//! parts, and knows no clock: when a run was made is told to it.
//!
//! ```text
//! .trueup/texts/<sha256>          a text, as it was read
//! .trueup/lines/<sha256>          a part of the lines of some runs: a JSON array
//! .trueup/runs/<hash>/            manifest.json, and lines.json: which parts its lines are
//! .trueup/runs/order              a line for each time a run was made: its hash, and when
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::disk::{Disk, Naming};
use crate::error::Fault;
use crate::texts::Bytes;

/// The runs and texts of one program.
#[derive(Debug)]
pub struct Kept {
    disk: Disk,
    state: PathBuf,
}

/// A run to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// Everything it depends on.
    pub manifest: &'a Value,
    /// What it came to, in parts that were put before.
    pub lines: &'a [LinesPart],
    /// Every text it read, by its path.
    pub texts: &'a BTreeMap<String, Bytes>,
    /// When it was made, as the order of runs says it: one word.
    pub at: &'a str,
}

/// A part of a run's lines, as runs name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinesPart {
    /// The digest of its text.
    pub sha256: Digest,
    /// How many bytes that has.
    pub bytes: u64,
    /// How many lines are in it.
    pub lines: usize,
}

impl LinesPart {
    /// The part that a text of so many lines is.
    #[must_use]
    pub fn of(text: &[u8], lines: usize) -> Self {
        Self {
            sha256: Digest::of(text),
            bytes: text.len() as u64,
            lines,
        }
    }
}

/// How lines.json says which parts a run's lines are.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    version: u32,
    parts: Vec<LinesPart>,
}

/// The lines of a kept run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptLines {
    /// All of them, as earlier versions kept them.
    Whole(Value),
    /// In parts.
    Parts(Vec<LinesPart>),
}

/// A run that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// The digest of its manifest.
    pub hash: Digest,
    /// When it was made last; none where that was not noted.
    pub at: Option<String>,
}

/// Why what was said names no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRun {
    /// Nothing was kept yet.
    #[error("no run was kept yet; make one with `trueup run`")]
    NoneKept,
    /// There is nothing before the latest.
    #[error("there is one run only, and none before it; `previous` needs two")]
    NoPrevious,
    /// No hash begins so.
    #[error("no run begins with `{said}`; `trueup runs` lists those there are")]
    Unknown {
        /// What was said.
        said: String,
    },
    /// Several hashes begin so.
    #[error("several runs begin with `{said}`: {}; write more of the one you mean", begins.join(", "))]
    Several {
        /// What was said.
        said: String,
        /// How they begin.
        begins: Vec<String>,
    },
}

/// The word for the run made last.
pub const LATEST: &str = "latest";
/// The word for the run made before that one.
pub const PREVIOUS: &str = "previous";

const ORDER: &str = "order";
const MANIFEST: &str = "manifest.json";
const LINES: &str = "lines.json";
/// The version of what stands in lines.json; the first was the lines themselves.
const LISTED_VERSION: u32 = 2;

impl Kept {
    /// What is kept in a program's state folder.
    #[must_use]
    pub fn of(state: &Path, disk: Disk) -> Self {
        Self {
            disk,
            state: state.to_owned(),
        }
    }

    fn runs_folder(&self) -> PathBuf {
        self.state.join("runs")
    }

    fn texts_folder(&self) -> PathBuf {
        self.state.join("texts")
    }

    fn lines_folder(&self) -> PathBuf {
        self.state.join("lines")
    }

    /// Puts the text of a part where runs can name it; it lasts once a run that names it was kept.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn put_lines(&self, text: &[u8], lines: usize) -> Result<LinesPart, Fault> {
        let part = LinesPart::of(text, lines);
        if !self.has_lines(&part) {
            let folder = self.lines_folder();
            let place = folder.join(part.sha256.to_string());
            self.disk
                .create_folder(&folder)
                .map_err(Fault::keep(&folder))?;
            self.disk
                .write_named(&place, text)
                .map_err(Fault::keep(&place))?;
        }
        Ok(part)
    }

    /// Whether a part is there in its full length.
    #[must_use]
    pub fn has_lines(&self, part: &LinesPart) -> bool {
        let place = self.lines_folder().join(part.sha256.to_string());
        fs::metadata(place).is_ok_and(|found| found.is_file() && found.len() == part.bytes)
    }

    /// The text of a part, held to its digest.
    ///
    /// # Errors
    /// When it cannot be read or was damaged.
    pub fn lines_of(&self, part: &LinesPart) -> Result<Vec<u8>, Fault> {
        let path = self.lines_folder().join(part.sha256.to_string());
        let bytes = fs::read(&path).map_err(Fault::read(&path))?;
        held(path, bytes, part.sha256)
    }

    /// Keeps a run and every text it read. The same inputs again change nothing but the order.
    ///
    /// # Errors
    /// When the disk refuses, or a part of its lines was never put.
    pub fn keep(&self, run: NewRun<'_>) -> Result<Digest, Fault> {
        let hash = Digest::of(run.manifest.to_string().as_bytes());
        self.keep_texts(run.texts.values())?;
        let runs = self.runs_folder();
        self.disk.create_folder(&runs).map_err(Fault::keep(&runs))?;
        let place = runs.join(hash.to_string());
        if !place.is_dir() {
            self.have_lines_last(run.lines)?;
            self.keep_whole(&place, run).map_err(Fault::keep(&place))?;
        }
        let order = runs.join(ORDER);
        self.note(&order, hash, run.at)
            .map_err(Fault::keep(&order))?;
        Ok(hash)
    }

    /// Makes the names of parts last, all at once: their bytes were synced when they were put.
    fn have_lines_last(&self, parts: &[LinesPart]) -> Result<(), Fault> {
        let folder = self.lines_folder();
        if let Some(part) = parts.iter().find(|part| !self.has_lines(part)) {
            let place = folder.join(part.sha256.to_string());
            return Err(Fault::keep(&place)(io::ErrorKind::NotFound.into()));
        }
        match parts.is_empty() {
            true => Ok(()),
            false => self.disk.sync_folder(&folder).map_err(Fault::keep(&folder)),
        }
    }

    /// Writes a run aside and moves it into place, so that it is there whole or not.
    fn keep_whole(&self, place: &Path, run: NewRun<'_>) -> io::Result<()> {
        let name = place
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let aside = place.with_file_name(format!(".{name}.{}", std::process::id()));
        let listed = json!(Listed {
            version: LISTED_VERSION,
            parts: run.lines.to_vec(),
        });
        let written = self.disk.create_folder(&aside).and_then(|()| {
            for (file, value) in [(MANIFEST, run.manifest), (LINES, &listed)] {
                let text = format!("{value:#}\n");
                self.disk
                    .write(&aside.join(file), &[text.as_bytes()], Naming::Replaces)?;
            }
            self.disk.rename(&aside, place)?;
            self.disk.sync_folder(&self.runs_folder())
        });
        match written {
            Ok(()) => Ok(()),
            // Another run of the same inputs was faster; it wrote the same.
            Err(_) if place.is_dir() => fs::remove_dir_all(&aside),
            Err(error) => {
                // What is left of the attempt is of no use to anybody; that it cannot be removed changes nothing.
                let _ = fs::remove_dir_all(&aside);
                Err(error)
            }
        }
    }

    /// Adds a line to the order of runs. A line that a killed process left torn is ended first, and is then no line.
    fn note(&self, order: &Path, hash: Digest, at: &str) -> io::Result<()> {
        let is_torn =
            fs::read(order).is_ok_and(|bytes| bytes.last().is_some_and(|last| *last != b'\n'));
        let end = if is_torn { "\n" } else { "" };
        let is_new = !order.exists();
        let mut file = File::options().create(true).append(true).open(order)?;
        file.write_all(format!("{end}{hash} {at}\n").as_bytes())?;
        self.disk.sync_file(&file, order)?;
        if is_new {
            self.disk.sync_folder(&self.runs_folder())?;
        }
        Ok(())
    }

    /// Every kept run, each once, in the order in which they were made last. Those that nobody noted come first, by hash.
    ///
    /// # Errors
    /// When the folder or the order cannot be read.
    pub fn runs(&self) -> Result<Vec<KeptRun>, Fault> {
        let folder = self.runs_folder();
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut at: BTreeMap<Digest, Option<(usize, String)>> = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(Fault::read(&folder))? {
            let entry = entry.map_err(Fault::read(&folder))?;
            if let Some(hash) = entry.file_name().to_str().and_then(Digest::parse)
                && entry.path().is_dir()
            {
                at.insert(hash, None);
            }
        }
        let order = folder.join(ORDER);
        let noted = match fs::read_to_string(&order) {
            Ok(noted) => noted,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Fault::read(&order)(error)),
        };
        for (line, noted) in noted.lines().enumerate() {
            if let Some((hash, when)) = noted.split_once(' ')
                && let Some(slot) = Digest::parse(hash).and_then(|hash| at.get_mut(&hash))
            {
                *slot = Some((line, when.to_owned()));
            }
        }
        let mut runs: Vec<(Option<usize>, KeptRun)> = at
            .into_iter()
            .map(|(hash, noted)| match noted {
                Some((line, at)) => (Some(line), KeptRun { hash, at: Some(at) }),
                None => (None, KeptRun { hash, at: None }),
            })
            .collect();
        runs.sort_by_key(|(line, run)| (*line, run.hash));
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// The run that `latest`, `previous` or the beginning of a hash means.
    ///
    /// # Errors
    /// When the runs cannot be listed; inside, why none is meant.
    pub fn find(&self, said: &str) -> Result<Result<KeptRun, NoRun>, Fault> {
        let mut runs = self.runs()?;
        let latest = runs.pop();
        let Some(latest) = latest else {
            return Ok(Err(NoRun::NoneKept));
        };
        if said == LATEST {
            return Ok(Ok(latest));
        }
        if said == PREVIOUS {
            return Ok(runs.pop().ok_or(NoRun::NoPrevious));
        }
        runs.push(latest);
        let mut begin: Vec<KeptRun> = runs
            .into_iter()
            .filter(|run| !said.is_empty() && run.hash.to_string().starts_with(said))
            .collect();
        Ok(match (begin.pop(), begin.is_empty()) {
            (Some(run), true) => Ok(run),
            (Some(run), false) => {
                begin.push(run);
                Err(NoRun::Several {
                    said: said.to_owned(),
                    begins: begin.iter().map(|run| run.hash.short()).collect(),
                })
            }
            (None, _) => Err(NoRun::Unknown {
                said: said.to_owned(),
            }),
        })
    }

    /// Keeps texts, each under its own digest and once, so that they can be read again whatever becomes of the folder.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn keep_texts<'a>(&self, texts: impl IntoIterator<Item = &'a Bytes>) -> Result<(), Fault> {
        let folder = self.texts_folder();
        self.disk
            .create_folder(&folder)
            .map_err(Fault::keep(&folder))?;
        for bytes in texts {
            let place = folder.join(Digest::of(bytes).to_string());
            if !place.is_file() {
                self.disk
                    .write(&place, &[bytes], Naming::Replaces)
                    .map_err(Fault::keep(&place))?;
            }
        }
        Ok(())
    }

    /// A run's manifest, held to its hash.
    ///
    /// # Errors
    /// When it cannot be read or is not the one that was kept.
    pub fn manifest(&self, hash: Digest) -> Result<Value, Fault> {
        let folder = self.runs_folder().join(hash.to_string());
        let manifest = read_json(&folder, MANIFEST)?;
        let found = Digest::of(manifest.to_string().as_bytes());
        if found != hash {
            let what = format!(
                "the digest of its manifest is {} and not its name",
                found.short()
            );
            return Err(Fault::RunDamaged { path: folder, what });
        }
        Ok(manifest)
    }

    /// A run's lines, or the parts that they are.
    ///
    /// # Errors
    /// When they cannot be read, or a later version kept them.
    pub fn lines(&self, hash: Digest) -> Result<KeptLines, Fault> {
        let folder = self.runs_folder().join(hash.to_string());
        let found = read_json(&folder, LINES)?;
        if found.is_array() {
            return Ok(KeptLines::Whole(found));
        }
        let damaged = |what: String| Fault::RunDamaged {
            path: folder.clone(),
            what: format!("{LINES}: {what}"),
        };
        let listed: Listed =
            serde_json::from_value(found).map_err(|error| damaged(error.to_string()))?;
        match listed.version {
            LISTED_VERSION => Ok(KeptLines::Parts(listed.parts)),
            other => Err(damaged(format!("version {other} of it is not known here"))),
        }
    }

    /// A kept text, held to its digest; none where it was never kept.
    ///
    /// # Errors
    /// When it cannot be read or was damaged.
    pub fn text(&self, digest: Digest) -> Result<Option<Bytes>, Fault> {
        let path = self.texts_folder().join(digest.to_string());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::read(&path)(error)),
        };
        held(path, bytes, digest).map(|bytes| Some(bytes.into()))
    }
}

/// Bytes that have the digest which names them.
fn held(path: PathBuf, bytes: Vec<u8>, digest: Digest) -> Result<Vec<u8>, Fault> {
    let found = Digest::of(&bytes);
    if found != digest {
        let what = format!("its digest is {} and not its name", found.short());
        return Err(Fault::RunDamaged { path, what });
    }
    Ok(bytes)
}

/// A file of a run, whose folder is there whole or not at all.
fn read_json(folder: &Path, file: &str) -> Result<Value, Fault> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).map_err(Fault::read(&path))?;
    serde_json::from_str(&text).map_err(|error| Fault::RunDamaged {
        path: folder.to_owned(),
        what: format!("{file}: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::DiskStep::{self, FileSynced, FolderSynced, Renamed};
    use crate::disk::staged_name;
    use serde_json::json;

    struct Bench {
        folder: tempfile::TempDir,
        kept: Kept,
    }

    impl Bench {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let kept = Kept::of(&folder.path().join(".trueup"), Disk::watched());
            Self { folder, kept }
        }

        fn keep(&self, what: &str, at: &str) -> Digest {
            let texts = BTreeMap::from([("plans/a.yaml".to_owned(), Bytes::from(what.as_bytes()))]);
            let lines = json!([what]).to_string();
            let part = self.kept.put_lines(lines.as_bytes(), 1).expect("put");
            let run = NewRun {
                manifest: &json!({ "what": what }),
                lines: &[part],
                texts: &texts,
                at,
            };
            self.kept.keep(run).expect("kept")
        }

        fn order(&self) -> Vec<Digest> {
            let runs = self.kept.runs().expect("listed");
            runs.into_iter().map(|run| run.hash).collect()
        }

        fn at(&self, path: &str) -> PathBuf {
            self.folder.path().join(".trueup").join(path)
        }
    }

    #[test]
    fn a_run_and_its_texts_come_back_as_they_were_kept() {
        let bench = Bench::new();
        let hash = bench.keep("one", "2026-01-01T00:00:00Z");
        assert_eq!(
            bench.kept.manifest(hash).expect("read"),
            json!({ "what": "one" })
        );
        let KeptLines::Parts(parts) = bench.kept.lines(hash).expect("read") else {
            panic!("lines are kept in parts");
        };
        assert_eq!(parts, [LinesPart::of(b"[\"one\"]", 1)]);
        let texts: Vec<Vec<u8>> = parts
            .iter()
            .map(|part| bench.kept.lines_of(part).expect("read"))
            .collect();
        assert_eq!(texts, [b"[\"one\"]"]);
        let text = bench
            .kept
            .text(Digest::of(b"one"))
            .expect("read")
            .expect("kept");
        assert_eq!(&*text, b"one");
        assert_eq!(bench.kept.text(Digest::of(b"other")).expect("read"), None);
        let left: Vec<String> = fs::read_dir(bench.at("runs"))
            .expect("listed")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name.starts_with('.'))
            .collect();
        assert_eq!(left, [""; 0], "nothing half written is left");
    }

    #[test]
    fn texts_and_lines_last_before_the_run_that_names_them_and_the_run_before_its_place_in_the_order()
     {
        let bench = Bench::new();
        let hash = bench.keep("one", "now");
        let runs = bench.at("runs");
        let text = bench.at("texts").join(Digest::of(b"one").to_string());
        let part = bench.at("lines").join(Digest::of(b"[\"one\"]").to_string());
        let place = runs.join(hash.to_string());
        let steps = bench.kept.disk.steps();
        let at = |step: &DiskStep| {
            let last = steps.iter().rposition(|done| done == step);
            last.unwrap_or_else(|| panic!("{step:?} is not among {steps:#?}"))
        };
        let own = part.with_added_extension(std::process::id().to_string());
        let in_order = [
            FileSynced(staged_name(&own)),
            Renamed(part),
            FileSynced(staged_name(&text)),
            Renamed(text),
            FolderSynced(bench.at("texts")),
            FolderSynced(bench.at("lines")),
            Renamed(place),
            FolderSynced(runs.clone()),
        ];
        assert!(
            in_order.windows(2).all(|two| at(&two[0]) < at(&two[1])),
            "{steps:#?}"
        );
        let named = steps
            .iter()
            .position(|step| *step == in_order[6])
            .expect("named");
        let noted = FileSynced(runs.join(ORDER));
        assert!(named < at(&noted), "{steps:#?}");
        let inside: Vec<_> = steps
            .iter()
            .take(named)
            .filter(|step| matches!(step, FileSynced(_)))
            .collect();
        assert_eq!(
            inside.len(),
            4,
            "the part, the text and both files of the run are synced before it is named: {steps:#?}"
        );
    }

    #[test]
    fn runs_are_listed_once_in_the_order_in_which_they_were_made_last() {
        let bench = Bench::new();
        let (one, two) = (bench.keep("one", "t1"), bench.keep("two", "t2"));
        assert_eq!(bench.order(), [one, two]);
        assert_eq!(bench.keep("one", "t3"), one);
        assert_eq!(bench.order(), [two, one]);
        let latest = bench.kept.find(LATEST).expect("listed").expect("found");
        assert_eq!((latest.hash, latest.at.as_deref()), (one, Some("t3")));
        let previous = bench.kept.find(PREVIOUS).expect("listed").expect("found");
        assert_eq!(previous.hash, two);
    }

    #[test]
    fn a_part_is_written_once_however_many_runs_have_it_and_again_where_it_is_torn() {
        let bench = Bench::new();
        let text = b"[1]";
        let part = bench.kept.put_lines(text, 1).expect("put");
        let place = bench.at("lines").join(part.sha256.to_string());
        let written = || {
            let steps = bench.kept.disk.steps();
            let named = steps.iter().filter(|step| **step == Renamed(place.clone()));
            named.count()
        };
        assert_eq!(bench.kept.put_lines(text, 1).expect("put"), part);
        assert_eq!(written(), 1);
        fs::write(&place, "[").expect("torn");
        assert!(!bench.kept.has_lines(&part));
        assert_eq!(bench.kept.put_lines(text, 1).expect("put"), part);
        assert_eq!(written(), 2);
        assert_eq!(bench.kept.lines_of(&part).expect("read"), text);
    }

    #[test]
    fn a_run_is_not_named_without_its_lines() {
        let bench = Bench::new();
        let part = LinesPart::of(b"[1]", 1);
        let run = NewRun {
            manifest: &json!({}),
            lines: &[part],
            texts: &BTreeMap::new(),
            at: "now",
        };
        assert!(bench.kept.keep(run).is_err());
        assert_eq!(bench.order(), []);
    }

    #[test]
    fn lines_that_an_earlier_version_kept_are_read_as_they_are() {
        let bench = Bench::new();
        let hash = bench.keep("one", "t1");
        let listed = bench.at("runs").join(hash.to_string()).join(LINES);
        fs::write(&listed, "[{ \"partner\": \"P-1\" }]").expect("written");
        let whole = KeptLines::Whole(json!([{ "partner": "P-1" }]));
        assert_eq!(bench.kept.lines(hash).expect("read"), whole);
        fs::write(&listed, "{ \"version\": 3, \"parts\": [] }").expect("written");
        assert!(matches!(
            bench.kept.lines(hash),
            Err(Fault::RunDamaged { .. })
        ));
    }

    #[test]
    fn a_torn_line_of_the_order_is_no_line_and_harms_no_other() {
        let bench = Bench::new();
        let one = bench.keep("one", "t1");
        let order = bench.at("runs").join(ORDER);
        let torn = fs::read_to_string(&order).expect("read") + "0123";
        fs::write(&order, torn).expect("written");
        let two = bench.keep("two", "t2");
        assert_eq!(bench.order(), [one, two]);
    }

    #[test]
    fn runs_that_nobody_noted_come_first() {
        let bench = Bench::new();
        let one = bench.keep("one", "t1");
        fs::remove_file(bench.at("runs").join(ORDER)).expect("removed");
        let two = bench.keep("two", "t2");
        assert_eq!(bench.order(), [one, two]);
        assert_eq!(bench.kept.runs().expect("listed")[0].at, None);
    }

    #[test]
    fn a_beginning_means_the_one_run_that_begins_so() {
        let bench = Bench::new();
        let find = |said: &str| bench.kept.find(said).expect("listed").map(|run| run.hash);
        assert_eq!(find(LATEST), Err(NoRun::NoneKept));
        let one = bench.keep("one", "t1");
        assert_eq!(find(PREVIOUS), Err(NoRun::NoPrevious));
        assert_eq!(find(&one.short()), Ok(one));
        assert!(matches!(find(""), Err(NoRun::Unknown { .. })));
        assert!(matches!(find("latest "), Err(NoRun::Unknown { .. })));
        // Seventeen hashes share some first digit.
        for at in 0..17 {
            let _ = bench.keep(&format!("run {at}"), "t");
        }
        let all = bench.order();
        let first = |hash: &Digest| hash.to_string()[..1].to_owned();
        let shared = all
            .iter()
            .find(|one| all.iter().filter(|two| first(two) == first(one)).count() > 1);
        let said = first(shared.expect("two of seventeen"));
        assert!(matches!(find(&said), Err(NoRun::Several { begins, .. }) if begins.len() > 1));
    }

    #[test]
    fn a_text_a_part_or_a_manifest_that_was_changed_is_refused() {
        let bench = Bench::new();
        let hash = bench.keep("one", "t1");
        let digest = Digest::of(b"one");
        fs::write(bench.at("texts").join(digest.to_string()), "two").expect("written");
        assert!(matches!(
            bench.kept.text(digest),
            Err(Fault::RunDamaged { .. })
        ));
        let manifest = bench
            .at("runs")
            .join(hash.to_string())
            .join("manifest.json");
        let part = LinesPart::of(b"[\"one\"]", 1);
        fs::write(bench.at("lines").join(part.sha256.to_string()), "[\"two\"]").expect("written");
        assert!(matches!(
            bench.kept.lines_of(&part),
            Err(Fault::RunDamaged { .. })
        ));
        fs::write(manifest, "{ \"what\": \"two\" }").expect("written");
        assert!(matches!(
            bench.kept.manifest(hash),
            Err(Fault::RunDamaged { .. })
        ));
    }
}
