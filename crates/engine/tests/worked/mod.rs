//! The worked examples of the repository, as the plans and worlds they are.

use std::fs;
use std::path::{Path, PathBuf};

use trueup_base::date::{Date, Duration};
use trueup_engine::cases::{self, CaseFiles};
use trueup_engine::world::{World, date_of};
use trueup_plan::tree::Plan;

/// Examples of what happens to money after it is earned, and of nothing else.
const AFTER_PAY: [&str; 2] = ["last-claims", "smallest-payout"];

/// Every worked example that runs: its plan and its world.
pub fn examples() -> Vec<(Plan, World)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(folder) = open.pop() {
        if folder.join("expected.yaml").is_file() {
            // A tree of several versions, and names under the prefix of a use, are no plan that somebody writes; and when
            // money leaves is no matter of what is paid.
            let setting = cases::setting(&files(&folder));
            let is_written =
                |(plan, _): &(Plan, World)| plan.editions.is_empty() && plan.uses.is_empty();
            if !AFTER_PAY.iter().any(|name| folder.ends_with(name)) {
                found.extend(setting.filter(is_written));
            }
            continue;
        }
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    assert!(found.len() > 80, "only {} examples", found.len());
    found
}

fn files(folder: &Path) -> CaseFiles {
    let entries = fs::read_dir(folder).expect("a folder");
    let files = entries.filter_map(|entry| {
        let path = entry.expect("an entry").path();
        let name = path.file_name()?.to_string_lossy().into_owned();
        CaseFiles::takes(&name).then(|| (name, fs::read_to_string(&path).expect("a text")))
    });
    CaseFiles::new("example", files.collect::<Vec<_>>())
}

/// The day by which everything of an example is settled.
pub fn until(plan: &Plan, world: &World) -> Date {
    let last = world
        .facts
        .iter()
        .zip(&plan.kinds)
        .flat_map(|(facts, kind)| facts.rows.iter().map(|row| date_of(row, kind.dated)))
        .flatten()
        .max()
        .unwrap_or(Date::constant(2026, 1, 1));
    let later = Duration {
        months: 13,
        days: 0,
    };
    later.after(last).expect("a day of the calendar")
}
