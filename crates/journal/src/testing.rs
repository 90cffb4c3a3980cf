//! What tests of this crate and of those above it share: randomness that is the same every time.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rand_core::{CryptoRng, RngCore};
use signed_note::Signer as _;

use crate::key::SecretKey;

/// The bare signature of a key over a text, in base64: what a browser sends that has the key.
///
/// # Panics
/// When the key cannot sign, which no key of this crate brings about.
#[must_use]
pub fn bare(text: &str, key: &SecretKey) -> String {
    let signed = key.signer().sign(text.as_bytes());
    BASE64_STANDARD.encode(signed.expect("a key signs whatever it is given"))
}

/// Random numbers from a seed, for keys in tests. Anybody can repeat them: no key made with them keeps a secret.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
}

impl RngCore for Dice {
    fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// SplitMix64.
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let thrown = self.next_u64().to_le_bytes();
            for (byte, thrown) in chunk.iter_mut().zip(thrown) {
                *byte = thrown;
            }
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Dice {}
