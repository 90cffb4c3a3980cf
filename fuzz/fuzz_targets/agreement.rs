//! Any text as an agreement of a plan: reading it ends, and its terms fit the plan or are refused with their place.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trueup_engine::world::Agreement;
use trueup_plan::check::{self, Strictness};
use trueup_plan::diagnostic::{Sources, render};
use trueup_plan::tree::Plan;
use trueup_plan::{agreement, yaml};

const PLAN: &str = include_str!("../../cases/language/terms/plan.yaml");

fn plan() -> &'static Plan {
    static READ: OnceLock<Plan> = OnceLock::new();
    READ.get_or_init(|| {
        let (plan, _) = check::read(
            &mut Sources::new(),
            &[("plan.yaml", PLAN)],
            Strictness::Draft,
        );
        plan.expect("the plan of the page is right")
    })
}

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let mut found = Vec::new();
    let file = sources.add("agreement.yaml", text);
    if let Some(node) = yaml::read(&sources, file, &mut found)
        && let Some(read) = agreement::read(&node, &mut found)
        && let Some(terms) = &read.terms
    {
        let stated = agreement::terms(plan(), terms, &mut found);
        let _ = Agreement::new(plan(), read.starts, read.until, &stated);
    }
    for mark in found.iter().flat_map(|diagnostic| &diagnostic.marks) {
        let file = sources.file_text(mark.span.file);
        assert!(
            file.get(mark.span.start as usize..mark.span.end as usize)
                .is_some()
        );
    }
    let _ = render(&sources, &found);
});
