//! Runs a law on generated cases, and counts what the cases reached.

use std::cell::Cell;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Holds a law to as many cases as `PROPTEST_CASES` says (else 256), of the seed that `PROPTEST_RNG_SEED` says (else any).
pub fn law<S: Strategy>(cases: S, holds: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if let Err(failure) = TestRunner::new(config).run(&cases, &holds) {
        panic!("{failure}");
    }
}

/// How often the cases of a law reached what makes it worth testing. Cases that never get there prove nothing.
#[derive(Debug, Default)]
pub struct Reached {
    there: Cell<u32>,
    all: Cell<u32>,
}

impl Reached {
    /// Counts one case.
    pub fn note(&self, there: bool) {
        self.there.set(self.there.get() + u32::from(there));
        self.all.set(self.all.get() + 1);
    }

    /// Fails unless at least one case in `of` got there.
    pub fn assert_one_in(&self, of: u32) {
        assert!(
            self.there.get() * of >= self.all.get() && self.there.get() > 0,
            "too few of the cases got there: {self:?}"
        );
    }
}
