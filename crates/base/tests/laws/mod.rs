//! Runs a law on generated cases: always the same ones, and others each time.

use std::hash::{BuildHasher, Hasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// How many cases each seed generates.
const CASES: u32 = 256;

/// The seed that every run uses.
const FIXED: u64 = 20_130_831;

/// Holds a law to 256 cases of a fixed seed and 256 of a random one, which `TRUEUP_SEED` sets; a failure shrinks and names its seed.
pub fn law<S: Strategy>(cases: S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let chosen = std::env::var("TRUEUP_SEED")
        .ok()
        .map(|seed| seed.parse().expect("a seed is a whole number"));
    let random = chosen.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    for seed in [FIXED, random] {
        let config = Config {
            cases: CASES,
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            ..Config::default()
        };
        if let Err(failure) = TestRunner::new(config).run(&cases, &holds) {
            panic!("TRUEUP_SEED={seed}: {failure}");
        }
    }
}
