//! Whether a stored journal is whole: every act where it was, signed by whom it says, below every checkpoint ever signed.
//!
//! An [`Audit`] is given what is stored, row by row, and says every deviation with its place. It trusts nothing but the keys
//! that the journal itself brings, so a journal that was written anew from its first act on is found only by whoever holds
//! a checkpoint of the old one: [`Audit::hold_to`].

use std::collections::BTreeMap;
use std::fmt;

use crate::act::{Act, ActError};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::ring::{LookedAt, Ring, RingRefusal};
use crate::tree::{Frontier, Hash};

/// A row as it is stored: the act, and what is written beside it so that rows can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its place.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// In whose name.
    pub behalf: String,
    /// What it is.
    pub kind: String,
    /// The hash of its leaf.
    pub hash: String,
    /// The signed text.
    pub note: String,
}

impl Stored {
    /// The row of an act at a place.
    #[must_use]
    pub fn of(seq: u64, act: &Act) -> Self {
        Self {
            seq,
            at: act.at().to_string(),
            who: act.by().to_owned(),
            behalf: act.behalf().to_string(),
            kind: act.kind().to_string(),
            hash: act.leaf().to_string(),
            note: act.note().to_owned(),
        }
    }
}

/// A deviation.
#[derive(Debug)]
pub enum Found {
    /// A place without an act, or two acts at one.
    Order {
        /// The place that should come.
        should: u64,
        /// The one that came.
        found: u64,
    },
    /// Not an act.
    Unreadable {
        /// Its place.
        at: u64,
        /// Why.
        why: ActError,
    },
    /// A column that says something else than the act.
    Column {
        /// Its place.
        at: u64,
        /// The column.
        column: &'static str,
        /// What it says.
        stored: String,
        /// What the act says.
        act: String,
    },
    /// An act that could not have been appended there.
    Refused {
        /// Its place.
        at: u64,
        /// Why.
        why: RingRefusal,
    },
    /// A checkpoint that cannot be read or is not signed.
    Checkpoint {
        /// Its size, as stored.
        size: u64,
        /// Why.
        why: CheckpointError,
    },
    /// A checkpoint that nobody could sign then.
    NoSigner {
        /// Its size.
        size: u64,
    },
    /// The acts below a checkpoint are not those it was signed over.
    Root {
        /// Its size.
        size: u64,
        /// The root it states.
        signed: Hash,
        /// The root of the acts that are there.
        found: Hash,
    },
    /// Fewer acts than a checkpoint was signed over.
    Cut {
        /// How many there are.
        acts: u64,
        /// How many there were.
        size: u64,
    },
    /// Acts behind the last checkpoint.
    Uncovered {
        /// How many there are.
        acts: u64,
        /// How many the last checkpoint is over.
        size: u64,
    },
    /// A stored hash of the tree that is not the one of the acts.
    TreeHash {
        /// Its place.
        at: u64,
    },
    /// Stored hashes missing or too many.
    TreeHashes {
        /// How many the acts have.
        should: u64,
        /// How many are stored.
        found: u64,
    },
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order { should, found } => {
                write!(
                    f,
                    "act {should} should come and act {found} did: acts are missing, doubled or moved"
                )
            }
            Self::Unreadable { at, why } => write!(f, "act {at} cannot be read: {}", Chain(why)),
            Self::Column {
                at,
                column,
                stored,
                act,
            } => write!(
                f,
                "act {at}: the column `{column}` says `{stored}` and the act `{act}`"
            ),
            Self::Refused { at, why } => write!(f, "act {at} cannot stand there: {}", Chain(why)),
            Self::Checkpoint { size, why } => {
                write!(
                    f,
                    "the checkpoint over {size} acts does not hold: {}",
                    Chain(why)
                )
            }
            Self::NoSigner { size } => {
                write!(
                    f,
                    "the checkpoint over {size} acts is signed by no key the vendor had then"
                )
            }
            Self::Root {
                size,
                signed,
                found,
            } => write!(
                f,
                "the first {size} acts are not those that were signed: their root is {found}, and {signed} was signed"
            ),
            Self::Cut { acts, size } => {
                write!(
                    f,
                    "there are {acts} acts, and a checkpoint was signed over {size}: the end is missing"
                )
            }
            Self::Uncovered { acts, size } => {
                write!(
                    f,
                    "there are {acts} acts, and the last checkpoint is over {size}: those behind it are vouched for by nobody"
                )
            }
            Self::TreeHash { at } => write!(
                f,
                "stored hash {at} of the tree is not the one of the acts; `trueup rebuild` writes them again"
            ),
            Self::TreeHashes { should, found } => {
                write!(
                    f,
                    "the acts have {should} hashes of the tree and {found} are stored; `trueup rebuild` writes them again"
                )
            }
        }
    }
}

/// An error with what lies below it, in one line.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut below = self.0.source();
        while let Some(error) = below {
            write!(f, ": {error}")?;
            below = error.source();
        }
        Ok(())
    }
}

/// A look through a journal from its first act to its last.
#[derive(Debug, Default)]
pub struct Audit {
    ring: Ring,
    tree: Frontier,
    /// Every hash of the tree that is final, by its place.
    hashes: Vec<Hash>,
    /// Checkpoints still to come, by size.
    waiting: BTreeMap<u64, Vec<Checkpoint>>,
    last: u64,
    found: Vec<Found>,
}

impl Audit {
    /// Begins with the stored checkpoints: size as stored, and text.
    #[must_use]
    pub fn of(checkpoints: impl IntoIterator<Item = (u64, String)>) -> Self {
        let mut audit = Self::default();
        for (size, note) in checkpoints {
            audit.last = audit.last.max(size);
            match Checkpoint::parse(&note) {
                Ok(read) if read.size() == size => audit.hold_to(read),
                Ok(_) => audit.found.push(Found::Checkpoint {
                    size,
                    why: CheckpointError::Form,
                }),
                Err(why) => audit.found.push(Found::Checkpoint { size, why }),
            }
        }
        audit
    }

    /// Holds the journal to a checkpoint besides: one that somebody kept elsewhere.
    pub fn hold_to(&mut self, checkpoint: Checkpoint) {
        self.waiting
            .entry(checkpoint.size())
            .or_default()
            .push(checkpoint);
    }

    /// Looks at rows by themselves, under the keys as they are; it can be asked for parts of them on many threads at once.
    #[must_use]
    pub fn look(&self, rows: &[Stored]) -> Vec<Looked> {
        look(rows, &self.ring)
    }

    /// Takes the next rows, each with what [`Audit::look`] saw of it.
    pub fn take(&mut self, rows: &[Stored], looked: Vec<Looked>) {
        for (row, looked) in rows.iter().zip(looked) {
            self.take_looked(row, looked);
        }
    }

    fn take_looked(&mut self, row: &Stored, looked: Looked) {
        let should = self.tree.size();
        if row.seq != should {
            self.found.push(Found::Order {
                should,
                found: row.seq,
            });
        }
        match looked.act {
            Err(why) => self.found.push(Found::Unreadable { at: should, why }),
            Ok((act, signatures)) => {
                let columns = looked.columns.into_iter();
                self.found
                    .extend(columns.map(|(column, stored, act)| Found::Column {
                        at: should,
                        column,
                        stored,
                        act,
                    }));
                let judged = self.ring.judge_looked_at(should, &act, Some(signatures));
                if let Err(why) = judged {
                    self.found.push(Found::Refused { at: should, why });
                }
            }
        }
        let placed = self.tree.push(looked.leaf);
        self.hashes
            .extend(placed.into_iter().map(|placed| placed.hash));
        self.meet();
    }

    /// Holds the checkpoints of the present size to the tree.
    fn meet(&mut self) {
        let size = self.tree.size();
        let Some(checkpoints) = self.waiting.remove(&size) else {
            return;
        };
        let root = self.tree.root();
        for checkpoint in checkpoints {
            let held: Vec<_> = self
                .ring
                .of_vendor_at(size)
                .map(|key| checkpoint.signed_by(key))
                .collect();
            if !held.iter().any(Result::is_ok) {
                let why = held.into_iter().find_map(Result::err);
                self.found.push(match why {
                    Some(why) => Found::Checkpoint { size, why },
                    None => Found::NoSigner { size },
                });
            }
            if checkpoint.root() != root {
                self.found.push(Found::Root {
                    size,
                    signed: checkpoint.root(),
                    found: root,
                });
            }
        }
    }

    /// Holds the stored hashes of the tree, in the order of their places, to those of the acts.
    pub fn hold_hashes(&mut self, stored: impl IntoIterator<Item = (u64, String)>) {
        let mut count = 0;
        for (at, text) in stored {
            let place = usize::try_from(count).ok();
            let should = place.and_then(|place| self.hashes.get(place));
            if at != count || should.is_none_or(|should| should.to_string() != text) {
                self.found.push(Found::TreeHash { at });
            }
            count += 1;
        }
        let should = self.hashes.len() as u64;
        if count != should {
            self.found.push(Found::TreeHashes {
                should,
                found: count,
            });
        }
    }

    /// Every deviation, and what the journal came to.
    #[must_use]
    pub fn end(mut self) -> Outcome {
        let acts = self.tree.size();
        if acts == 0 {
            self.waiting.remove(&0);
        }
        if let Some(size) = self.waiting.keys().next_back() {
            self.found.push(Found::Cut { acts, size: *size });
        }
        if acts > self.last {
            self.found.push(Found::Uncovered {
                acts,
                size: self.last,
            });
        }
        Outcome {
            found: self.found,
            ring: self.ring,
            tree: self.tree,
        }
    }
}

/// What a row is by itself, whatever came before it.
pub struct Looked {
    act: Result<(Act, LookedAt), ActError>,
    /// Columns that say something else than the act: their name, what they say, and what the act says.
    columns: Vec<(&'static str, String, String)>,
    leaf: Hash,
}

fn look(rows: &[Stored], ring: &Ring) -> Vec<Looked> {
    let one = |row: &Stored| {
        let leaf = Hash::of_leaf(row.note.as_bytes());
        let mut columns = Vec::new();
        let act = Act::parse(&row.note).map(|act| {
            let says = [
                ("at", &row.at, act.at().to_string()),
                ("who", &row.who, act.by().to_owned()),
                ("behalf", &row.behalf, act.behalf().to_string()),
                ("kind", &row.kind, act.kind().to_string()),
                ("hash", &row.hash, leaf.to_string()),
            ];
            for (column, stored, act) in says {
                if *stored != act {
                    columns.push((column, stored.clone(), act));
                }
            }
            let signatures = ring.look_at(&act);
            (act, signatures)
        });
        Looked { act, columns, leaf }
    };
    rows.iter().map(one).collect()
}

/// What an audit came to.
#[derive(Debug)]
pub struct Outcome {
    /// Every deviation, in the order in which it was met.
    pub found: Vec<Found>,
    /// The keys.
    pub ring: Ring,
    /// The tree.
    pub tree: Frontier,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Draft;
    use crate::key::SecretKey;
    use crate::organisation::Organisation;
    use crate::ring::opening;
    use crate::testing::Dice;

    /// What is stored of a journal: its rows, and a checkpoint after each.
    #[derive(Clone)]
    struct Journal {
        rows: Vec<Stored>,
        checkpoints: Vec<(u64, String)>,
    }

    fn journal(acts: u64) -> Journal {
        let vendor =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        let at = "2026-01-05T09:00:00Z".parse().expect("an instant");
        let mut tree = Frontier::default();
        let (mut rows, mut checkpoints) = (Vec::new(), Vec::new());
        for seq in 0..acts {
            let act = match seq {
                0 => opening("alliance", &vendor, at, "ada"),
                after => Act::sign(
                    Draft {
                        at,
                        by: "ada".to_owned(),
                        behalf: Organisation::Vendor,
                        kind: "period.closed".parse().expect("a kind"),
                        after,
                        says: format!("{after}"),
                    },
                    &[&vendor],
                ),
            };
            let act = act.expect("signed");
            tree.push(act.leaf());
            rows.push(Stored::of(seq, &act));
            let checkpoint = Checkpoint::sign(&tree, &vendor).expect("signed");
            checkpoints.push((tree.size(), checkpoint.note().to_owned()));
        }
        Journal { rows, checkpoints }
    }

    fn found(journal: &Journal) -> Vec<Found> {
        let mut audit = Audit::of(journal.checkpoints.clone());
        // In parts, each looked at under the keys before it.
        let each = 1 + journal.rows.len() % 3;
        for part in journal.rows.chunks(each) {
            let looked = audit.look(part);
            audit.take(part, looked);
        }
        audit.end().found
    }

    #[test]
    fn any_changed_bit_of_any_act_is_found() {
        let whole = journal(3);
        assert!(found(&whole).is_empty());
        // Every bit of the last act and of a checkpoint; the others are no different, and signatures take their time.
        for at in 0..whole.rows[2].note.len() {
            for bit in 0..7 {
                let mut changed = whole.clone();
                let mut bytes = changed.rows[2].note.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                if let Ok(note) = String::from_utf8(bytes) {
                    changed.rows[2].note = note;
                    assert!(!found(&changed).is_empty(), "byte {at}, bit {bit}");
                }
            }
        }
        for at in 0..whole.checkpoints[1].1.len() {
            let mut changed = whole.clone();
            let mut bytes = changed.checkpoints[1].1.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(note) = String::from_utf8(bytes) {
                changed.checkpoints[1].1 = note;
                assert!(!found(&changed).is_empty(), "byte {at}");
            }
        }
    }

    #[test]
    fn what_is_missing_doubled_or_moved_is_found_and_named() {
        let whole = journal(6);
        let changed = |change: &dyn Fn(&mut Journal)| {
            let mut journal = whole.clone();
            change(&mut journal);
            found(&journal)
        };
        let missing = changed(&|journal| drop(journal.rows.remove(3)));
        assert!(
            matches!(
                missing.first(),
                Some(Found::Order {
                    should: 3,
                    found: 4
                })
            ),
            "{missing:?}"
        );
        let end = changed(&|journal| drop(journal.rows.pop()));
        assert!(
            matches!(end.as_slice(), [Found::Cut { acts: 5, size: 6 }]),
            "{end:?}"
        );
        let both = changed(&|journal| {
            journal.rows.pop();
            journal.checkpoints.pop();
        });
        assert!(
            both.is_empty(),
            "whoever holds no checkpoint cannot know: {both:?}"
        );
        let uncovered = changed(&|journal| drop(journal.checkpoints.pop()));
        assert!(
            matches!(
                uncovered.as_slice(),
                [Found::Uncovered { acts: 6, size: 5 }]
            ),
            "{uncovered:?}"
        );
        let moved = changed(&|journal| {
            journal.rows.swap(2, 3);
            for (seq, row) in (0..).zip(&mut journal.rows) {
                row.seq = seq;
            }
        });
        assert!(
            moved
                .iter()
                .any(|found| matches!(found, Found::Root { size: 3, .. })),
            "{moved:?}"
        );
    }

    #[test]
    fn every_finding_says_what_and_where() {
        let mut journal = journal(4);
        journal.rows[2].who = "eve".to_owned();
        let said: Vec<String> = found(&journal).iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["act 2: the column `who` says `eve` and the act `ada`"]
        );
    }
}
