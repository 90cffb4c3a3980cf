//! Checkpoints: the root of the tree at a size, signed by the vendor, as a
//! [C2SP checkpoint](https://c2sp.org/tlog-checkpoint).
//!
//! Its origin is the name of the key that signs it, so that witnesses of other logs can follow this one.

use signed_note::{Note, Signer};

use crate::key::{PublicKey, SecretKey};
use crate::note::{Others, SignatureError, Signatures, signatures_of, signers};
use crate::tree::{Frontier, Hash};

/// A signed root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    note: String,
}

/// Why a text is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note, or not of the form.
    #[error("it is no checkpoint: an origin, a size and a root, each on its line, and signatures")]
    Form,
    /// A checkpoint of another journal.
    #[error("it is a checkpoint of `{found}` and not of `{should}`")]
    Origin {
        /// As found.
        found: String,
        /// The origin of this journal.
        should: String,
    },
    /// Not signed as it should be.
    #[error("its signature does not hold")]
    Signature(#[source] SignatureError),
}

impl Checkpoint {
    /// Signs the root of a tree.
    ///
    /// # Errors
    /// When the key's name cannot be an origin, which no key of this crate has.
    pub fn sign(tree: &Frontier, key: &SecretKey) -> Result<Self, CheckpointError> {
        let origin = key.public().name().to_owned();
        let (size, root) = (tree.size(), tree.root());
        let text = format!("{origin}\n{size}\n{root}\n");
        let mut note = Note::new(text.as_bytes(), &[]).map_err(|_| CheckpointError::Form)?;
        note.add_sigs(&[key.signer() as &dyn Signer])
            .map_err(|_| CheckpointError::Form)?;
        let note = String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Form)?;
        Ok(Self {
            origin,
            size,
            root,
            note,
        })
    }

    /// Reads a checkpoint; its signature is not looked at.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(note: &str) -> Result<Self, CheckpointError> {
        let parsed = Note::from_bytes(note.as_bytes()).map_err(|_| CheckpointError::Form)?;
        let text =
            tlog_tiles::Checkpoint::from_bytes(parsed.text()).map_err(|_| CheckpointError::Form)?;
        let is_canonical = text.to_bytes() == parsed.text() && parsed.to_bytes() == note.as_bytes();
        match is_canonical && text.extension().is_empty() {
            true => Ok(Self {
                origin: text.origin().to_owned(),
                size: text.size(),
                root: Hash(text.hash().0),
                note: note.to_owned(),
            }),
            false => Err(CheckpointError::Form),
        }
    }

    /// Holds it to the key that should have signed it. Others may have signed it besides, as witnesses do.
    ///
    /// # Errors
    /// When it is of another journal, or the key did not sign it.
    pub fn signed_by(&self, key: &PublicKey) -> Result<(), CheckpointError> {
        if self.origin != key.name() {
            return Err(CheckpointError::Origin {
                found: self.origin.clone(),
                should: key.name().to_owned(),
            });
        }
        let signed = signers(&self.note, &[key], Others::Ignored, Signatures::Checked)
            .map_err(CheckpointError::Signature)?;
        match signed.is_empty() {
            false => Ok(()),
            true => Err(CheckpointError::Signature(SignatureError::missing(key))),
        }
    }

    /// The ids of the keys of its origin that it says it is signed by; whether it is says [`Checkpoint::signed_by`].
    #[must_use]
    pub fn key_ids(&self) -> Vec<String> {
        signatures_of(&self.note)
            .iter()
            .filter(|one| one.name() == self.origin)
            .map(|one| format!("{:08x}", one.id()))
            .collect()
    }

    /// Which journal.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many acts lie below it.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The signed text.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organisation::Organisation;
    use crate::testing::Dice;

    fn key(seed: u64) -> SecretKey {
        SecretKey::new(&mut Dice::new(seed), "alliance", &Organisation::Vendor).expect("a key")
    }

    #[test]
    fn any_changed_bit_is_found() {
        let key = key(1);
        let mut tree = Frontier::default();
        tree.push(Hash::of_leaf(b"one"));
        let signed = Checkpoint::sign(&tree, &key).expect("signed");
        let read = Checkpoint::parse(signed.note()).expect("read");
        assert_eq!(read, signed);
        read.signed_by(key.public()).expect("its signature");
        for at in 0..signed.note().len() {
            for bit in 0..8 {
                let mut bytes = signed.note().as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else {
                    continue;
                };
                let holds = Checkpoint::parse(&changed)
                    .is_ok_and(|read| read.signed_by(key.public()).is_ok());
                assert!(!holds, "byte {at}, bit {bit}: {changed}");
            }
        }
    }

    #[test]
    fn another_key_of_the_same_name_does_not_count() {
        let signed = Checkpoint::sign(&Frontier::default(), &key(1)).expect("signed");
        assert!(matches!(
            signed.signed_by(key(2).public()),
            Err(CheckpointError::Signature(SignatureError::Missing { .. }))
        ));
    }

    // The example of c2sp.org/tlog-checkpoint's sister document on signed notes: a checkpoint of another log reads, and is
    // refused for its origin.
    #[test]
    fn a_checkpoint_of_another_log_is_refused_for_its_origin() {
        let other = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
                     — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let read = Checkpoint::parse(other).expect("read");
        assert_eq!(read.size(), 20_852_163);
        assert!(matches!(
            read.signed_by(key(1).public()),
            Err(CheckpointError::Origin { .. })
        ));
    }
}
