//! Plans made of the fuzzer's bytes: the evaluator answers what a slow reading over big rationals answers.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/engine/tests/reading/mod.rs"]
mod reading;

fuzz_target!(|bytes: &[u8]| {
    reading::agree(bytes);
});
