//! Any text as a plan: the check ends, every place it marks lies in the text, and what passes it passes again as what it
//! is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trueup_plan::check::{Strictness, read};
use trueup_plan::diagnostic::{Severity, Sources, render, to_json};

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let (plan, found) = read(&mut sources, &[("plan.yaml", text)], Strictness::Draft);
    let refused = found
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(
        plan.is_none(),
        refused,
        "a plan comes back exactly when nothing refuses it"
    );
    for mark in found.iter().flat_map(|diagnostic| &diagnostic.marks) {
        let file = sources.file_text(mark.span.file);
        assert!(
            file.get(mark.span.start as usize..mark.span.end as usize)
                .is_some(),
            "{mark:?} lies outside"
        );
    }
    let shown = render(&sources, &found);
    assert!(shown.chars().all(|char| char == '\n' || !char.is_control()));
    assert_eq!(
        to_json(&sources, &found).as_array().map(Vec::len),
        Some(found.len())
    );
    // A plan for signature says at least what a draft says.
    let (strict, _) = read(
        &mut Sources::new(),
        &[("plan.yaml", text)],
        Strictness::Signature,
    );
    assert!(plan.is_some() || strict.is_none());
});
