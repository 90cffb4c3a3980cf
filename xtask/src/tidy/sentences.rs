//! Tests: their names are sentences, and a generated test can be made to run longer.

use super::{Finding, House};
use crate::rust::Source;

/// Fewer words than these are no sentence.
const SENTENCE_WORDS: usize = 3;

pub fn find(house: &House<'_>) -> Vec<Finding> {
    house
        .sources
        .iter()
        .flat_map(|source| names(source).into_iter().chain(pinned_cases(source)))
        .collect()
}

/// `a_sale_on_the_threshold_earns_the_upper_rate`, never `it_works`.
fn names(source: &Source<'_>) -> Vec<Finding> {
    let is_sentence =
        |name: &str| name.split('_').filter(|word| !word.is_empty()).count() >= SENTENCE_WORDS;
    let tests = source
        .tests()
        .into_iter()
        .filter(|(_, name)| !is_sentence(name));
    tests
        .map(|(offset, name)| {
            let says = format!("`{name}` is no sentence: say what holds");
            Finding::at(source.path, source.line_of(offset), says)
        })
        .collect()
}

/// `make torture` raises PROPTEST_CASES, which a number written in a test would silence.
fn pinned_cases(source: &Source<'_>) -> Vec<Finding> {
    let is_number = |after: &str| after.trim_start().starts_with(|c: char| c.is_ascii_digit());
    ["with_cases(", "cases:"]
        .iter()
        .flat_map(|said| source.places(said).map(move |offset| (offset, offset + said.len())))
        .filter(|(_, end)| source.is_generating() && source.code.get(*end..).is_some_and(is_number))
        .map(|(offset, _)| {
            let says = "a fixed number of cases: take a share of `ProptestConfig::default().cases`, which torture raises";
            Finding::at(source.path, source.line_of(offset), says)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(code: &str) -> Vec<String> {
        let source = Source::new("a.rs", code);
        names(&source)
            .into_iter()
            .chain(pinned_cases(&source))
            .map(|finding| finding.says)
            .collect()
    }

    #[test]
    fn a_test_that_is_no_sentence_is_found() {
        assert_eq!(says("#[test]\nfn it_works() {}").len(), 1);
        assert_eq!(
            says("#[tokio::test(flavor = \"multi_thread\")]\nasync fn reads() {}").len(),
            1
        );
        assert!(says("#[test]\nfn a_gap_pays_nothing() {}\nfn it_works() {}").is_empty());
        assert!(says("// #[test] fn x() {}").is_empty());
    }

    #[test]
    fn a_fixed_number_of_cases_is_found() {
        assert_eq!(
            says("use proptest::prelude::*; ProptestConfig::with_cases(64)").len(),
            1
        );
        assert_eq!(
            says("use proptest::prelude::*; ProptestConfig { cases: 64, ..d }").len(),
            1
        );
        assert!(says("use proptest::prelude::*; Config { cases: d.cases / 8, ..d }").is_empty());
        assert!(says("Court { cases: 64 }").is_empty());
    }
}
