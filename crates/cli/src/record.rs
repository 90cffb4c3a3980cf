//! The program's journal: where it lies, the keys that are kept beside it, and putting acts on it.
//!
//! A program has a journal once somebody opened it. From then on whatever changes its facts is put on it: every new entry of a
//! table's log by its digest ([`facts`]), so that facts can be held to the journal later.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rand_core::OsRng;
use serde::{Deserialize, Serialize};
use trueup_facts::digest::Digest;
use trueup_facts::disk::Disk;
use trueup_facts::program::{Program, state_folder};
use trueup_facts::snapshot::Snapshot;
use trueup_facts::store::Tables;
use trueup_facts::trail::{LogEntry, entries_after};
use trueup_journal::{
    Act, Checkpoint, Draft, Organisation, PublicKey, Ring, SecretKey, opening, ring,
};
use trueup_store::{Appended, Database, Now, Step, StoreFault};

use crate::failure::{Failure, chain};
use crate::kept_keys::{KeptKeys, has_keys, keep_key, keys_folder};

/// The setting that names a PostgreSQL database; without it the journal lies in the program's folder.
const DATABASE: &str = "TRUEUP_DATABASE";

/// The file of the journal in a state folder.
const FILE: &str = "trueup.db";

/// The kind of act that pins facts.
pub const FACTS_LOGGED: &str = "facts.logged";

/// Who acts where a command does by itself what follows from another.
pub const OPERATOR: &str = "operator";

/// The journal of a program.
pub struct Record {
    runtime: &'static tokio::runtime::Runtime,
    database: Database,
    program: PathBuf,
    keys: KeptKeys,
}

/// What [`FACTS_LOGGED`] says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactsLogged {
    /// The number of the latest delivery.
    pub snapshot: u64,
    /// The digest of the list of its files.
    pub digest: Digest,
    /// The version of each table that is pinned now.
    pub versions: BTreeMap<Arc<str>, u64>,
    /// The entries that were not pinned before.
    pub entries: Vec<LogEntry>,
}

/// What waits for databases: one for the whole process, which outlives whoever waits. A server drops records where it may not
/// wait for a runtime to end.
fn runtime() -> std::io::Result<&'static tokio::runtime::Runtime> {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let new = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    // Whoever was first counts; the other one goes.
    Ok(match RUNTIME.set(new) {
        Ok(()) => RUNTIME.wait(),
        Err(late) => {
            late.shutdown_background();
            RUNTIME.wait()
        }
    })
}

impl Record {
    /// The journal of a program, whether anything was put on it or not; none where it has no database yet.
    fn at(program: &Path) -> Result<Option<Self>, Failure> {
        let file = state_folder(program).join(FILE);
        let elsewhere = std::env::var(DATABASE).ok().filter(|url| !url.is_empty());
        if elsewhere.is_none() && !file.is_file() {
            return Ok(None);
        }
        Self::reach(program, &file, elsewhere.as_deref()).map(Some)
    }

    fn reach(program: &Path, file: &Path, elsewhere: Option<&str>) -> Result<Self, Failure> {
        let runtime =
            runtime().map_err(|error| Failure::fault("starting to reach the journal", &error))?;
        let database = runtime
            .block_on(async {
                match elsewhere {
                    Some(url) => Database::at(url).await,
                    None => Database::in_file(file).await,
                }
            })
            .map_err(|fault| Failure::fault("opening the journal", &fault))?;
        Ok(Self {
            runtime,
            database,
            keys: KeptKeys::of(program),
            program: program.to_owned(),
        })
    }

    /// The database that a journal is restored into, with nothing in it yet.
    pub fn to_restore(program: &Path) -> Result<Self, Failure> {
        let state = state_folder(program);
        Disk::default()
            .create_folder(&state)
            .map_err(|error| Failure::fault("making the state folder", &error))?;
        let elsewhere = std::env::var(DATABASE).ok().filter(|url| !url.is_empty());
        Self::reach(program, &state.join(FILE), elsewhere.as_deref())
    }

    /// Closes the database: what was written ahead is written to its place.
    pub fn close(self) {
        self.runtime.block_on(self.database.close());
    }

    /// The journal of a program, if somebody opened one.
    pub fn if_opened(program: &Path) -> Result<Option<Self>, Failure> {
        let Some(record) = Self::at(program)? else {
            return Ok(None);
        };
        let Some(first) = record.wait("reading the journal", async |database| {
            database.opening().await
        })?
        else {
            return Ok(None);
        };
        let mut ring = Ring::default();
        ring.judge(0, &first).map_err(|why| {
            Failure::Fault(format!(
                "reading act 0 of the journal: {}; `trueup verify` says more",
                chain(&why)
            ))
        })?;
        record.is_of(ring.program().unwrap_or_default())?;
        Ok(Some(record))
    }

    /// Holds the journal's program to the folder's: one database is one program's.
    fn is_of(&self, found: &str) -> Result<(), Failure> {
        let should = crate::commands::ingest::declared(&self.program)?.name;
        match *should == *found {
            true => Ok(()),
            false => Err(Failure::Use(format!(
                "{} holds the journal of program {found}, and this is program {should}; each has a database of its own",
                self.database.place()
            ))),
        }
    }

    /// The journal of a program.
    pub fn opened(program: &Path) -> Result<Self, Failure> {
        crate::folder::refuse_unless_program(program)?;
        Self::if_opened(program)?.ok_or_else(|| {
            Failure::Use(format!(
                "the program has no journal yet; open it with `trueup journal open --program {}`",
                crate::output::quoted(program)
            ))
        })
    }

    /// Opens a program's journal with a new key of the vendor, which is kept beside it.
    pub fn open(program: &Program, by: &str) -> Result<(Self, Appended), Failure> {
        let folder = &program.folder;
        let state = state_folder(folder);
        Disk::default()
            .create_folder(&state)
            .map_err(|error| Failure::fault("making the state folder", &error))?;
        let elsewhere = std::env::var(DATABASE).ok().filter(|url| !url.is_empty());
        let record = Self::reach(folder, &state.join(FILE), elsewhere.as_deref())?;
        let (ring, size) = record.ring()?;
        if size > 0 {
            return Err(Failure::Use(format!(
                "{} holds a journal already, of {}; `trueup journal log` lists it",
                record.database.place(),
                ring.origin().unwrap_or("another program")
            )));
        }
        if has_keys(folder)? {
            return Err(Failure::Use(format!(
                "{} holds keys of a journal that is not here; restore it, or move them away to begin another",
                keys_folder(folder).display()
            )));
        }
        let key = new_key(&program.name, &Organisation::Vendor)?;
        let act = opening(&program.name, &key, now(), by).map_err(unsayable)?;
        keep_key(folder, &key)?;
        let appended = record.append(|_, _| Ok(vec![act]))?;
        let appended = appended.ok_or_else(|| Failure::Fault("nothing was opened".to_owned()))?;
        Ok((record, appended))
    }

    /// Waits for the database.
    pub fn wait<T>(
        &self,
        what: &str,
        asked: impl AsyncFnOnce(&Database) -> Result<T, StoreFault>,
    ) -> Result<T, Failure> {
        self.runtime
            .block_on(asked(&self.database))
            .map_err(|fault| Failure::fault(what, &fault))
    }

    /// The keys, and how many acts there are.
    pub fn ring(&self) -> Result<(Ring, u64), Failure> {
        self.wait("reading the journal", async |database| {
            database.ring().await
        })
    }

    /// The acts of some kinds, and how many acts there are.
    pub fn acts_of(&self, kinds: &[&str]) -> Result<(Vec<(u64, Act)>, u64), Failure> {
        self.wait("reading the journal", async |database| {
            database.acts_of(kinds).await
        })
    }

    /// The kinds of the acts from a place on.
    pub fn kinds_from(&self, from: u64) -> Result<Vec<String>, Failure> {
        self.wait("reading the journal", async |database| {
            database.kinds_from(from).await
        })
    }

    /// The acts of some kinds, and how many acts there are. What lies below the latest checkpoint is vouched for, where a key
    /// that is kept here signed that checkpoint over the very same acts.
    pub fn judged_acts_of(&self, kinds: &[&str]) -> Result<(Vec<(u64, Act)>, u64), Failure> {
        let is_own = |checkpoint: &Checkpoint| self.keys.signed(checkpoint);
        self.wait("reading the journal", async |database| {
            database.vouched_acts_of(kinds, is_own).await
        })
    }

    /// Appends what is decided on the journal as it is.
    pub fn append(
        &self,
        decide: impl FnOnce(&Ring, u64) -> Result<Vec<Act>, Failure>,
    ) -> Result<Option<Appended>, Failure> {
        self.step(|now| decide(now.ring, now.acts).map(Step::from))
    }

    /// Writes what is decided on journal and books as they are, in one step.
    pub fn step(
        &self,
        decide: impl FnOnce(Now<'_>) -> Result<Step, Failure>,
    ) -> Result<Option<Appended>, Failure> {
        // What is wrong with a file is said instead of that no key is there.
        let unread = Cell::new(None);
        let keys = |public: &PublicKey| match self.keys.secret(public) {
            Ok(key) => key.map(|key| SecretKey::clone(&key)),
            Err(failure) => {
                unread.set(Some(failure));
                None
            }
        };
        let written = self.runtime.block_on(self.database.step(keys, decide));
        match (written, unread.take()) {
            (Ok(written), _) => written,
            (Err(StoreFault::NoKey), Some(failure)) => Err(failure),
            // The journal's own rules say no; nothing is wrong with the world.
            (Err(refused @ StoreFault::Refused { .. }), _) => Err(Failure::Found(chain(&refused))),
            (Err(fault), _) => Err(Failure::fault("writing to the journal", &fault)),
        }
    }

    /// The kept key that signs for an organisation now; the youngest, if there are several.
    pub fn key_of(&self, ring: &Ring, whose: &Organisation) -> Result<Arc<SecretKey>, Failure> {
        for held in ring.of(whose).rev() {
            if let Some(key) = self.keys.secret(&held.key)? {
                return Ok(key);
            }
        }
        Err(Failure::Use(format!(
            "no key of {whose} that counts now is kept in {}; `trueup keys list` says who has them",
            keys_folder(&self.program).display()
        )))
    }

    /// Signs what is said in an organisation's name, by the key of it that is kept here. Nothing is appended where acts were
    /// added since there were `seen`: what is said might be other now.
    pub fn say<T: Serialize>(
        &self,
        kind: &str,
        behalf: &Organisation,
        by: &str,
        seen: u64,
        says: &T,
    ) -> Result<Option<Appended>, Failure> {
        let says = serde_json::to_string(says)
            .map_err(|error| Failure::fault("writing what an act says", &error))?;
        self.append(|ring, after| {
            if after != seen {
                return Ok(Vec::new());
            }
            let draft = Draft {
                at: now(),
                by: by.to_owned(),
                behalf: behalf.clone(),
                kind: kind.parse().map_err(unsayable)?,
                after,
                says,
            };
            let act = Act::sign(draft, &[&*self.key_of(ring, behalf)?]).map_err(unsayable)?;
            Ok(vec![act])
        })
    }

    /// When an act is done, by whom, and after how many others.
    pub fn moment(by: &str, after: u64) -> ring::Moment {
        ring::Moment {
            at: now(),
            by: by.to_owned(),
            after,
        }
    }

    /// What the latest act that pins facts says; nothing where none does.
    fn logged(&self) -> Result<Option<FactsLogged>, Failure> {
        let latest = self.wait("reading the journal", async |database| {
            database.latest_of(FACTS_LOGGED).await
        })?;
        latest.map(|(at, act)| logged(at, &act)).transpose()
    }
}

/// The database of a program, which journal, books and people stand in; made where there is none.
pub async fn database(program: &Path) -> Result<Database, Failure> {
    let state = state_folder(program);
    Disk::default()
        .create_folder(&state)
        .map_err(|error| Failure::fault("making the state folder", &error))?;
    let elsewhere = std::env::var(DATABASE).ok().filter(|url| !url.is_empty());
    let database = match elsewhere {
        Some(url) => Database::at(&url).await,
        None => Database::in_file(&state.join(FILE)).await,
    };
    database.map_err(|fault| Failure::fault("opening the database", &fault))
}

/// Reads what an act that pins facts says.
pub fn logged(at: u64, act: &Act) -> Result<FactsLogged, Failure> {
    serde_json::from_str(act.says())
        .map_err(|error| Failure::fault(format!("reading act {at}"), &error))
}

/// Puts on the journal what happened to the facts since they were put on it last; nothing where there is no journal, or
/// nothing happened.
pub fn facts(program: &Path) -> Result<(), Failure> {
    match Record::if_opened(program)? {
        Some(record) => facts_on(&record),
        None => Ok(()),
    }
}

/// The same on a journal that is opened.
pub fn facts_on(record: &Record) -> Result<(), Failure> {
    let program = record.program.as_path();
    let fault = |fault| Failure::fault("putting the facts on the journal", &fault);
    let tables = Tables::of(program, Disk::default()).map_err(fault)?;
    loop {
        let (_, acts) = record.ring()?;
        let mut versions = record
            .logged()?
            .map_or_else(BTreeMap::new, |last| last.versions);
        let entries = entries_after(&tables, &versions).map_err(fault)?;
        if entries.is_empty() {
            return Ok(());
        }
        for entry in &entries {
            versions.insert(entry.kind.clone(), entry.version);
        }
        let snapshot = Snapshot::open(program).map_err(fault)?;
        let says = FactsLogged {
            snapshot: snapshot.number(),
            digest: snapshot.digest(),
            versions,
            entries,
        };
        let vendor = Organisation::Vendor;
        // Somebody else may have put them there meanwhile.
        if record
            .say(FACTS_LOGGED, &vendor, OPERATOR, acts, &says)?
            .is_some()
        {
            return Ok(());
        }
    }
}

/// Now, to the second: what acts are dated by.
pub fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// An act that cannot be written as it was asked for.
pub fn unsayable(error: trueup_journal::ActError) -> Failure {
    Failure::Use(format!("the act cannot be signed: {}", chain(&error)))
}

/// A new key; its randomness is the system's.
pub fn new_key(program: &str, whose: &Organisation) -> Result<SecretKey, Failure> {
    SecretKey::new(&mut OsRng, program, whose)
        .map_err(|error| Failure::Use(format!("a key cannot be made: {error}")))
}
