//! The Merkle tree of RFC 6962 over the acts' bytes.
//!
//! The hash of a leaf is SHA-256 of a zero byte and the act's note, that of an inner node SHA-256 of a one byte and both hashes
//! below it. [`Frontier`] is what growing needs: the roots of the full subtrees, at most one of each height.

use tlog_tiles::tlog;

/// A hash of the tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// The hash of a leaf that holds these bytes.
    #[must_use]
    pub fn of_leaf(bytes: &[u8]) -> Self {
        Self(tlog::record_hash(bytes).0)
    }

    /// The hash of a node above two others.
    #[must_use]
    pub fn of_node(left: Self, right: Self) -> Self {
        Self(tlog::node_hash(tlog::Hash(left.0), tlog::Hash(right.0)).0)
    }

    /// Reads base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hash = tlog::Hash::parse_hash(text).ok()?;
        // One hash, one text.
        (hash.to_string() == text).then_some(Self(hash.0))
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&tlog::Hash(self.0), f)
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The root of the tree without leaves: SHA-256 of nothing.
pub const EMPTY: Hash = Hash(tlog::EMPTY_HASH.0);

/// A hash of a full subtree, and where it stands among all such hashes when they are stored one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its place, as in Go's `tlog` (Crosby and Wallach, section 3.3).
    pub at: u64,
    /// The hash.
    pub hash: Hash,
}

/// The right edge of a tree: all that is needed to append to it and to know its root.
///
/// ```
/// use trueup_journal::tree::{EMPTY, Frontier, Hash};
///
/// let mut tree = Frontier::default();
/// assert_eq!(tree.root(), EMPTY);
/// tree.push(Hash::of_leaf(b"one"));
/// tree.push(Hash::of_leaf(b"two"));
/// assert_eq!(tree.root(), Hash::of_node(Hash::of_leaf(b"one"), Hash::of_leaf(b"two")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// The roots of the full subtrees, the largest first; one for each bit of the size.
    roots: Vec<Hash>,
}

impl Frontier {
    /// Where the hashes of a tree of a size stand that its frontier is read from, in order.
    #[must_use]
    pub fn places(size: u64) -> Vec<u64> {
        let mut places = Vec::new();
        let mut before = 0;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            places.push(tlog::stored_hash_index(level, before >> level));
            before += 1 << level;
        }
        places
    }

    /// The frontier of a tree of a size, from the hashes at its [`Frontier::places`]; none where their number is another.
    #[must_use]
    pub fn of(size: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == size.count_ones() as usize).then_some(Self { size, roots })
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; every hash that became final by it comes back, with its place.
    pub fn push(&mut self, leaf: Hash) -> Vec<Placed> {
        let mut hash = leaf;
        let mut final_now = vec![Placed {
            at: tlog::stored_hash_index(0, self.size),
            hash,
        }];
        for level in (0..64u8).take_while(|level| self.size >> level & 1 == 1) {
            let Some(left) = self.roots.pop() else { break };
            hash = Hash::of_node(left, hash);
            let above = level + 1;
            final_now.push(Placed {
                at: tlog::stored_hash_index(above, self.size >> above),
                hash,
            });
        }
        self.roots.push(hash);
        self.size += 1;
        final_now
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            None => EMPTY,
            Some(last) => roots.fold(*last, |right, left| Hash::of_node(*left, right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root as RFC 6962, section 2.1, states it: split at the largest power of two below the size.
    fn as_stated(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => EMPTY,
            [one] => *one,
            more => {
                let split = more.len().next_power_of_two() / 2;
                let (left, right) = more.split_at(split);
                Hash::of_node(as_stated(left), as_stated(right))
            }
        }
    }

    #[test]
    fn the_root_is_the_one_that_the_standard_states() {
        let leaves: Vec<Hash> = (0..130u32)
            .map(|leaf| Hash::of_leaf(&leaf.to_be_bytes()))
            .collect();
        let mut tree = Frontier::default();
        for size in 0..leaves.len() {
            assert_eq!(tree.root(), as_stated(&leaves[..size]), "size {size}");
            tree.push(leaves[size]);
        }
    }

    #[test]
    fn a_frontier_is_read_again_from_what_was_stored() {
        let mut tree = Frontier::default();
        let mut stored: Vec<Hash> = Vec::new();
        for leaf in 0..200u32 {
            let roots = Frontier::places(tree.size())
                .iter()
                .map(|at| stored[usize::try_from(*at).expect("small")])
                .collect();
            assert_eq!(Frontier::of(tree.size(), roots), Some(tree.clone()));
            for placed in tree.push(Hash::of_leaf(&leaf.to_be_bytes())) {
                assert_eq!(
                    placed.at,
                    stored.len() as u64,
                    "places follow each other without a gap"
                );
                stored.push(placed.hash);
            }
        }
    }

    // The eight inputs and the roots over the first one to eight of them that implementations of RFC 6962 share (Certificate
    // Transparency's reference tests).
    #[test]
    fn the_published_vectors_come_out() {
        let inputs: [&str; 8] = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len() / 2)
                .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("digits"))
                .collect()
        };
        let mut tree = Frontier::default();
        for (input, root) in inputs.iter().zip(roots) {
            tree.push(Hash::of_leaf(&hex(input)));
            assert_eq!(tree.root().0.to_vec(), hex(root));
        }
    }
}
