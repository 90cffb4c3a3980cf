//! Nothing is left out: two plans that differ in meaning differ in their full words.

use std::collections::BTreeMap;
use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use trueup_plan::tree::Plan;
use trueup_plan::words::{Length, html, markdown};

use crate::mutants;
use crate::support::{Checked, checked, root};

/// Plans whose every change is tried on every run.
const THOROUGHLY: &[&str] = &[
    "crates/plan/tests/words/plans/everything.yaml",
    "crates/plan/tests/good/reseller.yaml",
    "crates/plan/tests/good/technology_partner.yaml",
    "crates/plan/tests/good/distribution.yaml",
];

fn said(checked: &Checked, plan: &Plan) -> String {
    markdown::render(&[checked.document_of(plan, Length::Full)])
}

/// How many changes of one kind are tried in one plan; `TRUEUP_THOROUGH` tries all, in minutes.
const OF_A_KIND: usize = 3;

#[test]
fn whatever_changes_in_a_plan_changes_its_words() {
    let all = std::env::var_os("TRUEUP_THOROUGH").is_some();
    for path in THOROUGHLY {
        let checked = checked(path).unwrap_or_else(|why| panic!("{path} is refused:\n{why}"));
        let unchanged = said(&checked, &checked.plan);
        let mut seen = BTreeMap::from([(unchanged.clone(), "nothing".to_owned())]);
        let mut tried: BTreeMap<String, usize> = BTreeMap::new();
        let mut alike = String::new();
        for mutant in mutants::of(&checked.plan) {
            let tried = tried.entry(mutant.kind()).or_default();
            *tried += 1;
            if *tried > OF_A_KIND && !all {
                continue;
            }
            let words = said(&checked, &mutant.plan);
            // Which of two equal numbers of one formula has another unit is not told, since no text can make it so.
            let before = if mutant.what.contains("another unit") {
                (words == unchanged).then(|| "nothing".to_owned())
            } else {
                seen.insert(words, mutant.what.clone())
            };
            if let Some(what) = before {
                alike.push_str(&format!("{path}: {} reads like {what}\n", mutant.what));
            }
        }
        assert!(
            tried.len() > 50,
            "only {} kinds of change in {path}",
            tried.len()
        );
        assert_eq!(alike, "");
    }
}

/// Every plan of the repository that passes its check by itself.
fn plans() -> Vec<String> {
    let mut found = Vec::new();
    let mut open = [
        "cases",
        "crates/plan/tests/words/plans",
        "examples",
        "crates/plan/tests/good",
        "crates/cli/starter",
    ]
    .map(|folder| root().join(folder))
    .to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                open.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
                && fs::read_to_string(&path)
                    .is_ok_and(|text| text.lines().any(|line| line.starts_with("plan: ")))
            {
                let path = path
                    .strip_prefix(root())
                    .expect("it lies in the repository");
                found.push(path.display().to_string());
            }
        }
    }
    found.sort();
    found.retain(|path| checked(path).is_ok());
    found
}

#[test]
fn every_plan_of_the_repository_has_words_and_always_the_same() {
    let plans = plans();
    assert!(plans.len() > 80, "only {} plans", plans.len());
    for path in plans {
        let checked = checked(&path).expect("it passed before");
        for length in [Length::Short, Length::Full] {
            let document = checked.document(length);
            assert_eq!(document, checked.document(length), "{path}");
            let text = markdown::render(std::slice::from_ref(&document));
            assert!(
                !text.contains("()"),
                "{path} says nothing somewhere:\n{text}"
            );
            let page = html::render(&[document]);
            assert!(page.ends_with("</html>\n"), "{path}");
        }
    }
}

proptest! {
    #[test]
    fn a_change_anywhere_is_seen(which in any::<Index>(), picks in prop::collection::vec(any::<Index>(), 6)) {
        let plans = plans_once();
        let path = which.get(plans);
        let checked = checked(path).expect("it passed before");
        let unchanged = said(&checked, &checked.plan);
        let mutants = mutants::of(&checked.plan);
        for pick in picks {
            let mutant = pick.get(&mutants);
            prop_assert!(said(&checked, &mutant.plan) != unchanged, "{}: {}", path, mutant.what);
        }
    }
}

fn plans_once() -> &'static [String] {
    static PLANS: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();
    PLANS.get_or_init(plans)
}
