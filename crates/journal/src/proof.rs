//! Proofs: that an act lies below a checkpoint, and that a later tree only added to an earlier one.
//!
//! An inclusion proof is written as a [C2SP tlog-proof](https://c2sp.org/tlog-proof), so that tools of others can check it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use tlog_tiles::tlog::{self, HashReader};

use crate::act::{Act, ActError};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::tree::Hash;

const TITLE: &str = "c2sp.org/tlog-proof@v1";

/// The most hashes a proof may have: one for each level of the largest tree.
const HASHES_MAX: usize = 64;

/// That an act lies at a place below a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The act's place.
    pub at: u64,
    /// The hashes beside the way from the leaf to the root, the lowest first.
    pub hashes: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
}

/// Why a proof does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// Not of the form.
    #[error("it is no proof of inclusion: {0}")]
    Form(&'static str),
    /// The act in it is none.
    #[error("the act in it cannot be read")]
    Act(#[source] ActError),
    /// Its checkpoint is none.
    #[error("its checkpoint cannot be read")]
    Checkpoint(#[source] CheckpointError),
    /// The hashes do not lead from the leaf to the root.
    #[error("act {at} does not lie below the root of {size} acts that the checkpoint states")]
    Inclusion {
        /// The act's place.
        at: u64,
        /// The checkpoint's size.
        size: u64,
    },
    /// The later root does not hold the earlier one.
    #[error(
        "the journal of {new} acts does not begin with the one of {old} acts: its past was changed"
    )]
    Consistency {
        /// The earlier size.
        old: u64,
        /// The later size.
        new: u64,
    },
    /// A hash that is needed was not given.
    #[error("hash {0} of the tree is missing")]
    Missing(u64),
    /// What is asked for lies beyond the tree.
    #[error("there are {size} acts and {at} is not among them")]
    Beyond {
        /// What was asked for.
        at: u64,
        /// The size.
        size: u64,
    },
}

impl Proof {
    /// The proof's text, with the act it is about where that is given.
    #[must_use]
    pub fn to_text(&self, act: Option<&Act>) -> String {
        let act = act.map_or_else(String::new, |act| {
            format!("extra {}\n", BASE64_STANDARD.encode(act.note()))
        });
        let hashes: String = self.hashes.iter().map(|hash| format!("{hash}\n")).collect();
        format!(
            "{TITLE}\n{act}index {}\n{hashes}\n{}",
            self.at,
            self.checkpoint.note()
        )
    }

    /// Reads a proof, and the act in it if there is one; whether it holds is another question.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<(Self, Option<Act>), ProofError> {
        let (head, checkpoint) = text
            .split_once("\n\n")
            .ok_or(ProofError::Form("there is no checkpoint"))?;
        let mut lines = head.lines();
        if lines.next() != Some(TITLE) {
            return Err(ProofError::Form("its first line is another"));
        }
        let mut line = lines.next().unwrap_or_default();
        let mut act = None;
        if let Some(extra) = line.strip_prefix("extra ") {
            act = Some(act_in(extra)?);
            line = lines.next().unwrap_or_default();
        }
        let index = line
            .strip_prefix("index ")
            .ok_or(ProofError::Form("the place of the act is missing"))?;
        let at: u64 = index
            .parse()
            .ok()
            .filter(|at: &u64| at.to_string() == index)
            .ok_or(ProofError::Form("the place of the act is no number"))?;
        let mut hashes = Vec::new();
        for line in lines {
            hashes.push(Hash::parse(line).ok_or(ProofError::Form("a line is no hash"))?);
            if hashes.len() > HASHES_MAX {
                return Err(ProofError::Form("it has more hashes than any tree is high"));
            }
        }
        let checkpoint = Checkpoint::parse(checkpoint).map_err(ProofError::Checkpoint)?;
        let proof = Self {
            at,
            hashes,
            checkpoint,
        };
        Ok((proof, act))
    }

    /// Holds it to an act's leaf. The checkpoint's signature is a question of its own.
    ///
    /// # Errors
    /// When the leaf does not lie there below the checkpoint's root.
    pub fn holds_for(&self, leaf: Hash) -> Result<(), ProofError> {
        let (at, size) = (self.at, self.checkpoint.size());
        let hashes: Vec<tlog::Hash> = self.hashes.iter().map(|hash| tlog::Hash(hash.0)).collect();
        let root = tlog::Hash(self.checkpoint.root().0);
        let holds = hashes.len() <= HASHES_MAX
            && at < size
            && tlog::check_record(&hashes, size, root, at, tlog::Hash(leaf.0)).is_ok();
        match holds {
            true => Ok(()),
            false => Err(ProofError::Inclusion { at, size }),
        }
    }
}

/// The act that a proof carries.
fn act_in(extra: &str) -> Result<Act, ProofError> {
    let wrong = ProofError::Form("what it carries is no act");
    let Ok(note) = BASE64_STANDARD.decode(extra) else {
        return Err(wrong);
    };
    match String::from_utf8(note) {
        Ok(note) => Act::parse(&note).map_err(ProofError::Act),
        Err(_) => Err(wrong),
    }
}

/// The places of the stored hashes that an inclusion proof needs.
#[must_use]
pub fn inclusion_needs(size: u64, at: u64) -> Vec<u64> {
    let asked = Asked::default();
    if at < size {
        // What it answers is of no meaning: it is asked which hashes it wants.
        let _ = tlog::prove_record(size, at, &asked);
    }
    asked.places.into_inner()
}

/// The hashes of an inclusion proof, from stored hashes by their places.
///
/// # Errors
/// When the act lies beyond the tree or a hash is missing.
pub fn inclusion(
    size: u64,
    at: u64,
    stored: &BTreeMap<u64, Hash>,
) -> Result<Vec<Hash>, ProofError> {
    if at >= size {
        return Err(ProofError::Beyond { at, size });
    }
    let hashes = tlog::prove_record(size, at, &Stored(stored))
        .map_err(|_| missing(stored, inclusion_needs(size, at)))?;
    Ok(hashes.into_iter().map(|hash| Hash(hash.0)).collect())
}

/// The places of the stored hashes that a proof of consistency needs.
#[must_use]
pub fn consistency_needs(old: u64, new: u64) -> Vec<u64> {
    let asked = Asked::default();
    if (1..=new).contains(&old) {
        let _ = tlog::prove_tree(new, old, &asked);
    }
    asked.places.into_inner()
}

/// The hashes that show that the tree of `new` acts begins with the one of `old`.
///
/// # Errors
/// When there is nothing to show, or a hash is missing.
pub fn consistency(
    old: u64,
    new: u64,
    stored: &BTreeMap<u64, Hash>,
) -> Result<Vec<Hash>, ProofError> {
    if !(1..=new).contains(&old) {
        return Err(ProofError::Beyond { at: old, size: new });
    }
    let hashes = tlog::prove_tree(new, old, &Stored(stored))
        .map_err(|_| missing(stored, consistency_needs(old, new)))?;
    Ok(hashes.into_iter().map(|hash| Hash(hash.0)).collect())
}

/// Holds a proof of consistency to two roots.
///
/// # Errors
/// When the later tree does not begin with the earlier one.
pub fn is_consistent(
    old: (u64, Hash),
    new: (u64, Hash),
    hashes: &[Hash],
) -> Result<(), ProofError> {
    let proof: Vec<tlog::Hash> = hashes.iter().map(|hash| tlog::Hash(hash.0)).collect();
    let holds = match (old.0, new.0) {
        // Everything begins with nothing.
        (0, _) => hashes.is_empty() && old.1 == crate::tree::EMPTY,
        (old_size, new_size) if old_size <= new_size && hashes.len() <= HASHES_MAX => {
            tlog::check_tree(
                &proof,
                new_size,
                tlog::Hash(new.1.0),
                old_size,
                tlog::Hash(old.1.0),
            )
            .is_ok()
        }
        (_, _) => false,
    };
    match holds {
        true => Ok(()),
        false => Err(ProofError::Consistency {
            old: old.0,
            new: new.0,
        }),
    }
}

fn missing(stored: &BTreeMap<u64, Hash>, needs: Vec<u64>) -> ProofError {
    let gone = needs.into_iter().find(|at| !stored.contains_key(at));
    ProofError::Missing(gone.unwrap_or_default())
}

/// Hashes by their places.
struct Stored<'a>(&'a BTreeMap<u64, Hash>);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let hash = |at| self.0.get(at).map(|hash| tlog::Hash(hash.0));
        let hashes: Option<Vec<tlog::Hash>> = places.iter().map(hash).collect();
        hashes.ok_or(tlog::Error::IndexesNotInTree)
    }
}

/// Remembers which hashes were asked for.
#[derive(Default)]
struct Asked {
    places: RefCell<Vec<u64>>,
}

impl HashReader for Asked {
    fn read_hashes(&self, places: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        self.places.borrow_mut().extend(places);
        Ok(vec![tlog::EMPTY_HASH; places.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::SecretKey;
    use crate::organisation::Organisation;
    use crate::testing::Dice;
    use crate::tree::Frontier;

    struct Grown {
        leaves: Vec<Hash>,
        stored: BTreeMap<u64, Hash>,
        /// By size.
        trees: Vec<Frontier>,
    }

    fn grown(size: u64) -> Grown {
        let mut tree = Frontier::default();
        let (mut leaves, mut stored, mut trees) = (Vec::new(), BTreeMap::new(), vec![tree.clone()]);
        for at in 0..size {
            let leaf = Hash::of_leaf(&at.to_be_bytes());
            leaves.push(leaf);
            stored.extend(
                tree.push(leaf)
                    .into_iter()
                    .map(|placed| (placed.at, placed.hash)),
            );
            trees.push(tree.clone());
        }
        Grown {
            leaves,
            stored,
            trees,
        }
    }

    fn checkpoint(tree: &Frontier) -> Checkpoint {
        let key =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        Checkpoint::sign(tree, &key).expect("signed")
    }

    fn only(stored: &BTreeMap<u64, Hash>, needs: &[u64]) -> BTreeMap<u64, Hash> {
        needs.iter().map(|at| (*at, stored[at])).collect()
    }

    #[test]
    fn every_act_of_every_tree_is_included_and_no_other() {
        let grown = grown(70);
        for size in 1..=70u64 {
            let checkpoint = checkpoint(&grown.trees[size as usize]);
            for at in 0..size {
                let stored = only(&grown.stored, &inclusion_needs(size, at));
                let hashes = inclusion(size, at, &stored).expect("a proof");
                let proof = Proof {
                    at,
                    hashes,
                    checkpoint: checkpoint.clone(),
                };
                let (proof, act) = Proof::parse(&proof.to_text(None)).expect("read again");
                assert_eq!(act, None);
                proof
                    .holds_for(grown.leaves[at as usize])
                    .expect("it holds");
                let other = grown.leaves[((at + 1) % 70) as usize];
                assert!(proof.holds_for(other).is_err(), "{at} of {size}");
                if size > 1 {
                    let elsewhere = Proof {
                        at: (at + 1) % size,
                        ..proof.clone()
                    };
                    assert!(
                        elsewhere.holds_for(grown.leaves[at as usize]).is_err(),
                        "{at} of {size}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_tree_begins_with_every_earlier_one() {
        let grown = grown(40);
        for new in 1..=40u64 {
            let later = (new, grown.trees[new as usize].root());
            for old in 0..=new {
                let earlier = (old, grown.trees[old as usize].root());
                let hashes = match old {
                    0 => Vec::new(),
                    old => {
                        consistency(old, new, &only(&grown.stored, &consistency_needs(old, new)))
                            .expect("a proof")
                    }
                };
                is_consistent(earlier, later, &hashes).expect("it holds");
                let other = (old, Hash::of_leaf(b"another past"));
                assert!(
                    is_consistent(other, later, &hashes).is_err(),
                    "{old} of {new}"
                );
            }
        }
    }

    #[test]
    fn any_changed_bit_of_a_proof_is_found() {
        let grown = grown(11);
        let key =
            SecretKey::new(&mut Dice::new(1), "alliance", &Organisation::Vendor).expect("a key");
        let proof = Proof {
            at: 6,
            hashes: inclusion(11, 6, &grown.stored).expect("a proof"),
            checkpoint: checkpoint(&grown.trees[11]),
        };
        let text = proof.to_text(None);
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                let holds = Proof::parse(&changed).is_ok_and(|(proof, _)| {
                    proof.checkpoint.signed_by(key.public()).is_ok()
                        && proof.holds_for(grown.leaves[6]).is_ok()
                });
                assert!(!holds, "byte {at}, bit {bit}: {changed}");
            }
        }
    }

    #[test]
    fn what_lies_beyond_the_tree_and_what_is_missing_is_said() {
        let grown = grown(5);
        assert!(matches!(
            inclusion(5, 5, &grown.stored),
            Err(ProofError::Beyond { at: 5, size: 5 })
        ));
        assert!(matches!(
            consistency(0, 5, &grown.stored),
            Err(ProofError::Beyond { .. })
        ));
        assert!(matches!(
            inclusion(5, 2, &BTreeMap::new()),
            Err(ProofError::Missing(_))
        ));
    }
}
