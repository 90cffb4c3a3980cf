//! What holds of every kind of finding.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use trueup_prove::KINDS;

#[test]
fn no_two_kinds_share_a_name_or_a_code() {
    let mut seen = BTreeSet::new();
    for kind in KINDS {
        assert!(seen.insert(kind.name), "{} is there twice", kind.name);
        for code in kind.codes {
            assert!(seen.insert(code), "{code} is there twice");
        }
    }
}

#[test]
fn every_code_has_its_row_on_the_page_of_mistakes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plan-errors.md");
    let page = fs::read_to_string(page).expect("the page of mistakes");
    for kind in KINDS {
        for code in kind.codes {
            assert!(page.contains(&format!("| {code} |")), "{code} has no row");
        }
    }
}
